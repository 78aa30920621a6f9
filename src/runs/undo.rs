//! Taking a run back: the inverse of each of its writes, the last one first. It is worked out in a preview, so that each step
//! sees what the steps before it would have undone; what someone else has changed since is left alone.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use futures::StreamExt;
use indexmap::IndexMap;
use serde_json::Value;

use super::context::Scope;
use super::effect::Step;
use super::ledger::{Address, AddressId, EffectRecord, Ledger, RunSummary, Status, Undo};
use super::made::Made;
use super::resume::Verbs;
use super::session::Session;
use crate::problem::{Kind, Problem, Result};

/// How many rows are looked at side by side.
const AT_ONCE: usize = 16;

/// One step back.
#[derive(Clone, Debug)]
pub struct Inverse {
    pub verb: &'static str,
    pub arguments: Value,
    /// What is taken back: "add_group_member ann@fabrikam.example in Suppliers".
    pub of: String,
}

/// Why a write is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It is undone already.
    Already,
    /// Somebody has changed it since.
    Changed,
    Impossible,
    /// It is not known whether it happened.
    Unknown,
}

/// A write that stays.
#[derive(Clone, Debug)]
pub struct Stays {
    pub what: String,
    pub why: String,
    pub left: Left,
}

/// The steps of one row, or of the script itself, in the order in which they are to be done.
#[derive(Clone, Debug)]
pub struct Steps {
    /// The row's key; empty for the script itself.
    pub row: String,
    pub steps: Vec<Inverse>,
}

/// How a run is taken back.
#[derive(Clone, Debug, Default)]
pub struct UndoPlan {
    /// One after the other; the rows of each side by side.
    pub stages: Vec<Vec<Steps>>,
    pub stays: Vec<Stays>,
}

impl UndoPlan {
    pub fn steps(&self) -> impl Iterator<Item = &Inverse> {
        self.stages.iter().flatten().flat_map(|steps| &steps.steps)
    }

    pub fn count(&self) -> usize {
        self.steps().count()
    }
}

impl Session {
    /// Works out how a run is taken back, or the one row of it. Only in a preview.
    pub async fn plan_undo(
        &self,
        summary: &RunSummary,
        row: Option<&str>,
        verbs: &dyn Verbs,
    ) -> Result<UndoPlan> {
        let tenant = &self.services().await?.tenant;
        if !summary.start.tenant_id.eq_ignore_ascii_case(&tenant.id) {
            return Err(Problem::new(
                Kind::Stopped,
                format!(
                    "run {} is of tenant {}, and this goes to {}",
                    summary.name, summary.start.tenant_domain, tenant.domain
                ),
            )
            .hint("choose the tenant of the run with --tenant"));
        }
        let records = records_of(self.ledger()?, &summary.id)?;
        let look = Look {
            ids: made_by(&records),
            before: Mutex::new(TakenBack::of(self.ledger()?, &summary.name)?),
            restored: Mutex::default(),
            scope: Scope::script(),
            verbs,
        };
        let mut plan = UndoPlan::default();
        for stage in stages(records, row) {
            let mut rows = futures::stream::iter(stage)
                .map(|(row, records)| async {
                    let mut steps = Vec::new();
                    let mut stays = Vec::new();
                    let mut intact = HashSet::new();
                    for record in records {
                        match self.inverse(&record, &look, &mut intact).await? {
                            Ok(inverse) => steps.push(inverse),
                            Err(Some(stay)) => stays.push(stay),
                            Err(None) => {}
                        }
                        stays.extend(lasting(&record));
                    }
                    Ok::<_, Problem>((Steps { row, steps }, stays))
                })
                .buffered(AT_ONCE);
            let mut stage = Vec::new();
            while let Some(looked) = rows.next().await {
                let (steps, stays) = looked?;
                plan.stays.extend(stays);
                let steps = Steps { steps: without_what_cancels(steps.steps), ..steps };
                if !steps.steps.is_empty() {
                    stage.push(steps);
                }
            }
            drop(rows);
            if !stage.is_empty() {
                plan.stages.push(stage);
            }
        }
        Ok(plan)
    }

    /// The step that takes a write back, or why there is none.
    async fn inverse(
        &self,
        record: &EffectRecord,
        look: &Look<'_>,
        intact: &mut HashSet<String>,
    ) -> Result<std::result::Result<Inverse, Option<Stays>>> {
        let Look { ids, before, scope, verbs, .. } = look;
        let Some(intent) = &record.intent else {
            let what = "a write that was erased from the ledger".to_owned();
            let why = "what it was is not known any more".to_owned();
            return Ok(Err(Some(Stays { what, why, left: Left::Unknown })));
        };
        let of = format!("{} {}", intent.address.verb, intent.target);
        let stays = |left: Left, why: String| Ok(Err(Some(Stays { what: of.clone(), why, left })));
        match record.status {
            Some(Status::Done | Status::Changed) => {}
            Some(Status::Unknown) | None => {
                return stays(
                    Left::Unknown,
                    "it is not known whether it happened; resume the run first".into(),
                );
            }
            Some(Status::Already | Status::Failed) => return Ok(Err(None)),
        }
        let (verb, arguments) = match undo_of(record) {
            Some(Undo::Call { verb, arguments }) => (verb, arguments),
            Some(Undo::Impossible(why)) => return stays(Left::Impossible, why),
            None => return stays(Left::Impossible, "the ledger does not say how".into()),
        };
        let Some(name) = verbs.name(&verb) else {
            return stays(Left::Impossible, format!("there is no verb `{verb}`"));
        };
        // What came of it since is somebody else's doing.
        if before.lock().unwrap_or_else(PoisonError::into_inner).take(name, &arguments) {
            return stays(Left::Already, "it was taken back before".into());
        }
        // Is it undone already? Is it still as the run left it?
        match self.looks(name, &arguments, scope, *verbs).await? {
            // In the bin it cannot be looked at; the step before brings it back as it was.
            Looks::Done | Looks::Refused(_) if look.is_of_restored(&arguments) => {
                return Ok(Ok(Inverse { verb: name, arguments, of }));
            }
            Looks::Done => return stays(Left::Already, "it is undone already".into()),
            Looks::Refused(problem) if is_gone(&problem, ids) => {
                return stays(Left::Already, "it went with what the run had made".into());
            }
            Looks::Refused(problem) => return stays(Left::Changed, problem.sentence()),
            Looks::Open => {}
        }
        let Some(made) = Made::as_made(&intent.address.arguments, ids) else {
            return stays(Left::Unknown, "what it was about is not known any more".into());
        };
        // Who comes back from the bin has everything as it was, and nothing of it can be looked at before.
        if look.is_of_restored(&arguments) {
            intact.insert(intent.address.part(0).to_string());
        }
        // Once for all writes of a call: with the first of them taken back it looks as if it had to be done.
        let call = intent.address.part(0).to_string();
        if !intact.contains(&call) {
            match self.looks(&intent.address.verb, &made, scope, *verbs).await? {
                Looks::Done => {}
                Looks::Open => return stays(Left::Changed, "it was changed since".into()),
                Looks::Refused(problem) => {
                    return stays(Left::Changed, format!("it was changed since: {}", problem.sentence()));
                }
            }
            intact.insert(call);
        }
        // From here on the preview sees it undone.
        let making = || {
            verbs
                .prepare(name, &arguments)
                .unwrap_or_else(|| Err(Problem::new(Kind::Internal, "no such verb")))
        };
        match self.write(name, &arguments, &making, Some(scope)).await {
            Ok(_) => {
                if name == "restore_user" {
                    look.restores(&arguments);
                }
                Ok(Ok(Inverse { verb: name, arguments, of }))
            }
            Err(problem) => stays(Left::Changed, problem.sentence()),
        }
    }

    /// What a verb finds when it looks.
    async fn looks(&self, verb: &str, arguments: &Value, scope: &Scope, verbs: &dyn Verbs) -> Result<Looks> {
        let prepare = match verbs.prepare(verb, arguments) {
            Some(Ok(prepare)) => prepare,
            Some(Err(problem)) => return Ok(Looks::Refused(problem.into())),
            None => {
                let message = format!("there is no verb `{verb}` any more");
                return Ok(Looks::Refused(Problem::new(Kind::Unsupported, message).into()));
            }
        };
        let reader = self.reader_at(scope, None).await?;
        match prepare.prepare(&reader).await {
            Ok(Step::Done { .. } | Step::Read(_)) => Ok(Looks::Done),
            Ok(Step::Do { .. }) => Ok(Looks::Open),
            Err(problem) if problem.kind == Kind::Interrupted => Err(problem),
            Err(problem) => Ok(Looks::Refused(problem.into())),
        }
    }
}

/// What every look at a write goes by.
struct Look<'a> {
    /// Ids of what the run made, by the addresses of their effects.
    ids: HashMap<String, String>,
    before: Mutex<TakenBack>,
    /// Ids of users whom a step brings back from the bin.
    restored: Mutex<HashSet<String>>,
    scope: Scope,
    verbs: &'a dyn Verbs,
}

impl Look<'_> {
    fn restores(&self, arguments: &Value) {
        let mut restored = self.restored.lock().unwrap_or_else(PoisonError::into_inner);
        restored.extend(texts(arguments).map(str::to_lowercase));
    }

    fn is_of_restored(&self, arguments: &Value) -> bool {
        let restored = self.restored.lock().unwrap_or_else(PoisonError::into_inner);
        texts(arguments).any(|text| restored.contains(&text.to_lowercase()))
    }
}

fn texts(arguments: &Value) -> impl Iterator<Item = &str> {
    arguments.as_object().into_iter().flat_map(|given| given.values()).filter_map(Value::as_str)
}

/// Steps that earlier runs took to undo a run, unless those were undone in their turn.
#[derive(Default)]
struct TakenBack(HashMap<AddressId, usize>);

impl TakenBack {
    fn of(ledger: &Ledger, run: &str) -> Result<TakenBack> {
        let mut all = TakenBack::default();
        for undo in ledger.runs().map_err(super::ledger_problem)? {
            if undo.start.undoes.as_deref() != Some(run) {
                continue;
            }
            let mut again = TakenBack::of(ledger, &undo.name)?;
            let records = records_of(ledger, &undo.id)?;
            let ids = made_by(&records);
            for record in records.iter().rev() {
                let Some(intent) = &record.intent else { continue };
                let stands = matches!(record.status, Some(Status::Done | Status::Changed | Status::Already));
                let undone = match undo_of(record) {
                    Some(Undo::Call { verb, arguments }) => again.take(&verb, &arguments),
                    _ => false,
                };
                if stands
                    && !undone
                    && intent.address.index == 0
                    && let Some(arguments) = Made::as_made(&intent.address.arguments, &ids)
                {
                    *all.0.entry(step_id(&intent.address.verb, &arguments)).or_default() += 1;
                }
            }
        }
        Ok(all)
    }

    /// Whether the step was taken; each counts once.
    fn take(&mut self, verb: &str, arguments: &Value) -> bool {
        match self.0.get_mut(&step_id(verb, arguments)) {
            Some(times) if *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        }
    }
}

/// The same for the same verb with the same arguments, wherever it is called.
fn step_id(verb: &str, arguments: &Value) -> AddressId {
    Address::new(0, "", verb, arguments, 0, 0).id()
}

fn undo_of(record: &EffectRecord) -> Option<Undo> {
    let told = record.outcome.as_ref().and_then(|outcome| outcome.undo.clone());
    told.or_else(|| record.intent.as_ref()?.undo.clone())
}

fn records_of(ledger: &Ledger, run: &str) -> Result<Vec<EffectRecord>> {
    let known = ledger.effects(run).map_err(super::ledger_problem)?;
    let record = |effect| ledger.effect(run, effect).map_err(super::ledger_problem);
    known.into_iter().map(record).collect()
}

/// Leaves out pairs of steps that would only undo each other: what the run took back itself, as a role given and taken away.
fn without_what_cancels(mut steps: Vec<Inverse>) -> Vec<Inverse> {
    let mirrors = |one: &Inverse, other: &Inverse| {
        let target = |step: &Inverse| step.of.split_once(' ').map(|(_, target)| target.to_owned());
        one.arguments == other.arguments
            && target(one) == target(other)
            && one.of.split(' ').next() == Some(other.verb)
            && other.of.split(' ').next() == Some(one.verb)
    };
    let mut from = 0;
    while from < steps.len() {
        match (from + 1..steps.len()).find(|later| mirrors(&steps[from], &steps[*later])) {
            Some(later) => {
                steps.remove(later);
                steps.remove(from);
            }
            None => from += 1,
        }
    }
    steps
}

enum Looks {
    Done,
    Open,
    Refused(Box<Problem>),
}

/// Whether what is not found is something that the run itself had made: what hung on it is gone as well.
fn is_gone(problem: &Problem, ids: &HashMap<String, String>) -> bool {
    let message = problem.message.to_lowercase();
    problem.kind == Kind::NotFound && ids.values().any(|id| message.contains(id.as_str()))
}

/// What of a write lasts, whatever is taken back.
fn lasting(record: &EffectRecord) -> Option<Stays> {
    if !matches!(record.status, Some(Status::Done | Status::Changed)) {
        return None;
    }
    let (intent, outcome) = (record.intent.as_ref()?, record.outcome.as_ref()?);
    let why = outcome.lasting.clone()?;
    Some(Stays { what: format!("{} {}", intent.address.verb, intent.target), why, left: Left::Impossible })
}

/// Ids of what the run made, by the addresses of their effects.
fn made_by(records: &[EffectRecord]) -> HashMap<String, String> {
    let made = |record: &EffectRecord| {
        let id = record.outcome.as_ref()?.created.first()?.clone();
        Some((record.intent.as_ref()?.address.to_string(), id))
    };
    records.iter().filter_map(made).collect()
}

type Rows = IndexMap<String, Vec<EffectRecord>>;

/// The last write first. What rows of one bulk did is taken back side by side, what the script did itself in its order.
fn stages(records: Vec<EffectRecord>, row: Option<&str>) -> Vec<Rows> {
    let mut stages: Vec<(u32, Rows)> = Vec::new();
    for record in records.into_iter().rev() {
        let (bulk, key) = match &record.intent {
            Some(intent) => (intent.address.bulk, intent.address.row.clone()),
            None => (0, String::new()),
        };
        if let Some(wanted) = row {
            let target = record.intent.as_ref().map(|intent| intent.target.as_str()).unwrap_or_default();
            if !key.eq_ignore_ascii_case(wanted) && !target.eq_ignore_ascii_case(wanted) {
                continue;
            }
        }
        match stages.last_mut() {
            Some((stage, rows)) if *stage == bulk => rows.entry(key).or_default().push(record),
            _ => stages.push((bulk, Rows::from([(key, vec![record])]))),
        }
    }
    stages.into_iter().map(|(_, rows)| rows).collect()
}
