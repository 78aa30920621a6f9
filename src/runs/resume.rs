//! Taking a run up again: first it is found out what became of the writes that were under way, by reading; at the end it is
//! said what the script did not ask for any more.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};

use super::call::Recorded;
use super::effect::{Effect, Happened, Step};
use super::ledger::{EffectRecord, Intent, Outcome, Resumption, RowStatus, Run, Status};
use super::made::{Made, names_made, names_removed};
use super::session::Session;
use super::write::Prepare;
use crate::problem::{Kind, Problem, Result};

/// The table of verbs, as the rooms above have it.
pub trait Verbs: Send + Sync {
    /// A writing verb with these arguments, ready to look; `None` when there is no such verb any more.
    fn prepare(&self, verb: &str, arguments: &Value) -> Option<Result<Box<dyn Prepare>>>;
    /// The name as the table has it.
    fn name(&self, verb: &str) -> Option<&'static str>;
}

/// How many look-ups are under way at once.
const AT_ONCE: usize = 8;
/// How many things are listed before the rest is counted.
const LISTED: usize = 10;

/// What became of the writes of which nothing was known.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    pub done: Vec<String>,
    pub not_done: Vec<String>,
    /// What could not be found out, and why.
    pub unknown: Vec<(String, String)>,
}

impl Session {
    /// Takes up a run, holds it against every other process, and finds out what became of writes that were under way.
    pub async fn resume(&self, name: &str, verbs: &dyn Verbs) -> Result<Settled> {
        let services = self.services().await?;
        let ledger = self.ledger()?;
        let summary = ledger.run(name).map_err(super::ledger_problem)?;
        if !summary.start.tenant_id.eq_ignore_ascii_case(&services.tenant.id) {
            return Err(Problem::new(
                Kind::Stopped,
                format!(
                    "run {} is of tenant {}, and this goes to {}",
                    summary.name, summary.start.tenant_domain, services.tenant.domain
                ),
            )
            .hint("choose the tenant of the run with --tenant"));
        }
        let subject = self.subject.lock().map(|subject| subject.clone()).unwrap_or_default();
        let input = |(path, hash)| super::ledger::Input { path, hash };
        let resumption = Resumption {
            at: self.clock.now(),
            script_hash: subject.script_hash,
            inputs: subject.inputs.into_iter().map(input).collect(),
            operator: services.tenant.operator.clone(),
            usher_version: env!("CARGO_PKG_VERSION").into(),
        };
        let refused = |error| Problem { doing: None, ..super::ledger_problem(error) };
        let run = ledger.reopen(&summary.id, resumption).map_err(refused)?;
        let ids = self.remember(&run)?;
        self.run_begins(&run)?;
        let _ = self.run.set(run);
        self.settle(verbs, &ids).await
    }

    /// What the run made before is its own, as if it had just made it. Gives ids by the addresses of their effects.
    fn remember(&self, run: &Run) -> Result<HashMap<String, String>> {
        let mut ids = HashMap::new();
        for (address, recorded) in run.addresses() {
            if !matches!(recorded.status, Some(Status::Done | Status::Changed)) {
                continue;
            }
            let record = run.effect(recorded.effect).map_err(super::ledger_problem)?;
            let (Some(intent), Some(outcome)) = (record.intent, record.outcome) else { continue };
            self.made.add(&outcome.created, &intent.target, address.to_string(), outcome.at);
            if let Some(id) = outcome.created.into_iter().next() {
                ids.insert(address.to_string(), id);
            }
        }
        Ok(ids)
    }

    async fn settle(&self, verbs: &dyn Verbs, ids: &HashMap<String, String>) -> Result<Settled> {
        let Some(run) = self.run_begun() else { return Ok(Settled::default()) };
        let mut open = run.open_intents().map_err(super::ledger_problem)?;
        open.extend(run.unknown().map_err(super::ledger_problem)?);
        let mut looked = futures::stream::iter(open)
            .map(|record| async move {
                let found = self.what_became_of(verbs, ids, &record).await;
                (record, found)
            })
            .buffer_unordered(AT_ONCE);
        let mut settled = Settled::default();
        while let Some((record, found)) = looked.next().await {
            let Some(intent) = &record.intent else { continue };
            let said = format!("{} {}", intent.address.verb, intent.target);
            let outcome = match found? {
                Found::Done(outcome) => {
                    self.made.add(&outcome.created, &intent.target, intent.address.to_string(), outcome.at);
                    settled.done.push(said);
                    *outcome
                }
                Found::NotDone => {
                    settled.not_done.push(said);
                    let why = json!({ "error": { "kind": "not_done", "message": "it was looked up when the run was taken up again: nothing was changed" } });
                    Outcome::new(self.clock.now(), Status::Failed, why)
                }
                Found::Unknown(why) => {
                    settled.unknown.push((said, why.clone()));
                    let why = json!({ "error": { "kind": Kind::UnknownOutcome.word(), "message": why } });
                    Outcome::new(self.clock.now(), Status::Unknown, why)
                }
            };
            run.conclude(record.id, outcome).await.map_err(super::ledger_problem)?;
        }
        Ok(settled)
    }

    /// Looks at the tenant as the verb itself would: finds it its work done, it is done.
    async fn what_became_of(
        &self,
        verbs: &dyn Verbs,
        ids: &HashMap<String, String>,
        record: &EffectRecord,
    ) -> Result<Found> {
        let Some(intent) = &record.intent else { return Ok(Found::Unknown("it was erased".to_owned())) };
        let Some(arguments) = Made::as_made(&intent.address.arguments, ids) else {
            return Ok(Found::Unknown("it was about something of which it is not known either".to_owned()));
        };
        let verb = &intent.address.verb;
        let recorded = Recorded::begun_with(intent.address.index, record.clone());
        let mut wait = Duration::from_millis(250);
        loop {
            let prepare = match verbs.prepare(verb, &arguments) {
                Some(Ok(prepare)) => prepare,
                Some(Err(problem)) => return Ok(Found::Unknown(problem.sentence())),
                None => return Ok(Found::Unknown(format!("there is no verb `{verb}` any more"))),
            };
            let reader = self.reader_at(&self.script_effects, Some(&recorded)).await?;
            let found = match prepare.prepare(&reader).await {
                Ok(Step::Read(_)) => Found::Unknown("it only reads by now".to_owned()),
                Ok(Step::Done { output, .. }) => {
                    Found::Done(Box::new(Outcome::new(self.clock.now(), Status::Done, output)))
                }
                Ok(Step::Do { effects, .. }) => {
                    match effects.into_iter().find(|effect| effect.part() == intent.address.index) {
                        Some(effect) => self.looked_behind(effect.as_ref(), &reader).await?,
                        // The other parts are still to be done, and this one is not.
                        None => {
                            Found::Done(Box::new(Outcome::new(self.clock.now(), Status::Done, Value::Null)))
                        }
                    }
                }
                Err(problem) if problem.kind == Kind::Interrupted => return Err(problem),
                Err(problem) => Found::Unknown(problem.sentence()),
            };
            // That nothing is to be seen is believed once the service has had the time it takes to show a write.
            let shows_within = self.services().await?.tenant.lateness.own();
            let age = self.clock.now().duration_since(intent.at);
            let left = shows_within.saturating_sub(Duration::try_from(age).unwrap_or_default());
            if !matches!(found, Found::NotDone) || left.is_zero() {
                return Ok(found);
            }
            reader.rest(crate::identity::Service::Graph, wait.min(left)).await?;
            wait = wait.mul_f64(1.6).min(Duration::from_secs(5));
        }
    }

    async fn looked_behind(&self, effect: &dyn Effect, reader: &super::reader::Reader<'_>) -> Result<Found> {
        Ok(match effect.reconcile(reader).await {
            Ok(Happened::Done(found)) => {
                let output = self.asked_again(effect, found).await?;
                let facts = effect.facts(&output, &[]);
                let mut outcome = Outcome::new(self.clock.now(), Status::Done, output);
                outcome.created = names_made(&reader.tenant().id, effect, &outcome.output, &facts);
                outcome.removed = names_removed(&reader.tenant().id, effect, &facts);
                outcome.undo = Some(effect.undo(&outcome.output).into());
                outcome.lasting = effect.lasting();
                Found::Done(Box::new(outcome))
            }
            Ok(Happened::NotDone) => Found::NotDone,
            Ok(Happened::Unknown) => Found::Unknown("looking at the tenant did not tell".to_owned()),
            Err(problem) if problem.kind == Kind::Interrupted => return Err(problem),
            Err(problem) => Found::Unknown(problem.sentence()),
        })
    }

    /// What the run had done and the script did not ask for any more, when it went through to its end.
    pub fn not_asked_for(&self) -> Result<Vec<String>> {
        let Some(run) = self.run_begun().filter(|run| run.was_resumed()) else { return Ok(Vec::new()) };
        let rows = run.rows_before().map_err(super::ledger_problem)?;
        let through: BTreeSet<(u32, String)> = rows
            .iter()
            .filter(|row| row.status != RowStatus::Failed)
            .map(|row| (row.bulk, row.key.clone()))
            .collect();
        let unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut left: Vec<Intent> = Vec::new();
        for (address, recorded) in run.addresses() {
            let done = matches!(recorded.status, Some(Status::Done | Status::Changed));
            if !done || asked.contains(&address) {
                continue;
            }
            let record = run.effect(recorded.effect).map_err(super::ledger_problem)?;
            let Some(intent) = record.intent else { continue };
            let place = (intent.address.bulk, intent.address.row.clone());
            // Of a row that failed again it is not known what it would have come to.
            if !through.contains(&place) && !unfinished.contains(&place) {
                left.push(intent);
            }
        }
        left.sort_by_key(|intent| intent.at);
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A row that is not in the list any more speaks for all that was done for it.
        let mut rows_gone: Vec<String> = Vec::new();
        for row in rows.iter().filter(|row| !met.contains(&(row.bulk, row.key.clone()))) {
            rows_gone.push(format!("row {}: not in the list any more", row.key));
            left.retain(|intent| (intent.address.bulk, &intent.address.row) != (row.bulk, &row.key));
        }
        let more = (left.len() + rows_gone.len()).saturating_sub(LISTED);
        let mut said: Vec<String> = left
            .iter()
            .map(|intent| {
                let row = match intent.address.row.is_empty() {
                    true => String::new(),
                    false => format!(" (row {})", intent.address.row),
                };
                format!("{} {}{row}", intent.address.verb, intent.target)
            })
            .chain(rows_gone)
            .take(LISTED)
            .collect();
        if more > 0 {
            said.push(format!("and {more} more"));
        }
        Ok(said)
    }
}

enum Found {
    Done(Box<Outcome>),
    NotDone,
    Unknown(String),
}
