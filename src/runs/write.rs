//! The path of a write, the same for every verb:
//! allowed? recorded? prepare; nothing to do? preview? planned? guard; confirm; intent, durable; apply; outcome.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::Recorded;
use super::context::{Note, Scope, What};
use super::effect::{Action, Applied, Effect, Finish, Happened, PLACEHOLDER, Step, Undo};
use super::events::Told;
use super::ledger::{self, Address, EffectId, Intent, Outcome, Run, Status};
use super::made::{names_made, names_removed};
use super::plan::Planned;
use super::reader::{Reader, bare_address};
use super::session::Session;
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::services::Services;
use crate::services::azure::AzureWrites;
use crate::services::exchange::ExchangeWrites;
use crate::services::graph::GraphWrites;
use crate::transport::Reason;

/// How often a write is sent again of which reading has shown that it was not carried out.
const TRIES: u32 = 4;
/// How the refusal of a write ends that the person at the terminal said no to.
pub(super) const UNCONFIRMED: &str = "was not confirmed";
/// How often a lost answer is asked for again, which changes nothing.
const ASKED: u32 = 8;

/// Leave to send one write. Only this file can make one.
pub struct Permit(());

/// The writing halves of the services; useless without a [`Permit`].
pub struct Writer {
    graph: GraphWrites,
    exchange: ExchangeWrites,
    azure: AzureWrites,
}

impl Writer {
    fn new(services: &Services) -> Writer {
        Writer {
            graph: GraphWrites::new(services.transport.clone()),
            exchange: ExchangeWrites::new(services.transport.clone(), services.tenant.id.clone()),
            azure: AzureWrites::new(services.transport.clone()),
        }
    }

    pub fn graph(&self, _: &Permit) -> &GraphWrites {
        &self.graph
    }

    pub fn exchange(&self, _: &Permit) -> &ExchangeWrites {
        &self.exchange
    }

    pub fn azure(&self, _: &Permit) -> &AzureWrites {
        &self.azure
    }
}

/// The first half of a writing verb, ready to look at the tenant.
#[async_trait::async_trait]
pub trait Prepare: Send {
    async fn prepare(self: Box<Self>, tenant: &Reader<'_>) -> Result<Step>;
}

/// Makes the first half anew: a look that came too early is repeated.
pub type Making<'a> = &'a (dyn Fn() -> Result<Box<dyn Prepare>> + Send + Sync);

impl Session {
    /// Carries a writing verb out, or plans it.
    pub async fn write(
        &self,
        verb: &'static str,
        arguments: &Value,
        make: Making<'_>,
        scope: Option<&Scope>,
    ) -> Result<Value> {
        let scope = scope.unwrap_or(&self.script_effects);
        self.policy.lets(verb)?;
        let arguments = self.made.as_planned(arguments);
        let address = scope.address(verb, &arguments);
        let recorded = self.recorded(&address)?;
        if let Some(result) = recorded.result() {
            recorded.notes(verb).into_iter().for_each(|note| scope.note(note));
            return Ok(result);
        }
        if let Some(problem) = recorded.in_doubt().filter(|_| !self.policy.repeat_unknown) {
            scope.note(recorded.doubted(verb));
            return Err(problem.verb(verb));
        }
        let step = self.prepared(make, scope, &recorded).await.map_err(|problem| problem.verb(verb))?;
        match step {
            Step::Read(output) => Ok(output),
            Step::Done { output, target, note } => {
                self.tell(Told::already(scope, verb, &target))?;
                match &self.plan {
                    Some(plan) => plan.note_already(),
                    // What is left of a call of which something was done is looked at anew each time.
                    None if recorded.has_done() => {}
                    None => self.keep_found_done(scope, address, &target, &note, &output),
                }
                scope.note(Note { verb: verb.into(), target, outcome: What::Already, detail: Some(note) });
                Ok(output)
            }
            Step::Do { effects, finish, notes } => {
                let mut call =
                    Call { verb, scope, address, recorded, parts: Vec::new(), outputs: Vec::new() };
                if effects.len() > 1 {
                    call.parts = effects.iter().map(|effect| effect.part()).collect();
                }
                let mut finish = Some(finish);
                let mut result = Value::Null;
                for (n, effect) in effects.iter().enumerate() {
                    let last = n + 1 == effects.len();
                    let finish = if last { finish.take() } else { None };
                    result = self
                        .one(&mut call, effect.as_ref(), finish)
                        .await
                        .map_err(|problem| problem.verb(verb))?;
                }
                for note in notes {
                    self.say_once(&note);
                }
                Ok(result)
            }
        }
    }

    /// What was done already is so when the run is taken up again, even if later writes of the run have changed it by then:
    /// who is taken out of a group, in vain, and then put in, would be taken out otherwise.
    fn keep_found_done(&self, scope: &Scope, address: Address, target: &str, note: &str, output: &Value) {
        let now = self.clock.now();
        let intent = Intent {
            at: now,
            address,
            target: target.to_owned(),
            before: Value::Null,
            parts: Vec::new(),
            undo: None,
        };
        let outcome = Outcome::new(now, Status::Already, output.clone());
        scope.found_done(intent, Outcome { note: Some(note.to_owned()), ..outcome });
    }

    /// The first half: what a service does not see yet of what was just made is waited for.
    async fn prepared(&self, make: Making<'_>, scope: &Scope, recorded: &Recorded) -> Result<Step> {
        let mut waiting = self.waiting(Some(scope));
        loop {
            let reader = self.reader_at(scope, Some(recorded)).await?;
            match make()?.prepare(&reader).await {
                Err(refused) if self.plan.is_none() => waiting.out(refused, Service::Graph).await?,
                step => return step,
            }
        }
    }

    /// Leave to send a write; where the tenant is read-only there is none, whatever led here.
    fn permit(&self) -> Result<Permit> {
        match self.policy.is_read_only() {
            true => Err(Problem::new(Kind::NotAllowed, "nothing is written to this tenant: it is read-only")),
            false => Ok(Permit(())),
        }
    }

    /// One write of a call. `finish` comes with the last one and makes what the call gives back.
    async fn one(&self, call: &mut Call<'_>, effect: &dyn Effect, finish: Option<Finish>) -> Result<Value> {
        let address = call.address.part(effect.part());
        if let Some(plan) = &self.plan {
            let output = effect.placeholder(&format!("{PLACEHOLDER}{address}"), &call.outputs);
            let planned = Planned {
                order: self.order(call.scope),
                address: address.to_string(),
                row: (!call.scope.row.is_empty()).then(|| call.scope.row.clone()),
                verb: call.verb,
                action: effect.action(),
                target: effect.target(),
                service: effect.service(),
                warnings: effect.warnings(),
            };
            call.scope.note(Note {
                verb: call.verb.into(),
                target: effect.target(),
                outcome: What::Planned,
                detail: effect.warnings().into_iter().next(),
            });
            plan.add(planned, effect.facts(&output, &call.outputs));
            return Ok(call.gives(output, finish));
        }
        if let Some(output) = call.recorded.output(effect.part()) {
            call.scope.note(Note {
                verb: call.verb.into(),
                target: effect.target(),
                outcome: What::Already,
                detail: Some("done earlier in this run".into()),
            });
            return Ok(call.gives(output, finish));
        }
        if self.cancel.is_cancelled() {
            return Err(Problem::interrupted());
        }
        if let Some(plan) = &self.policy.carry_out {
            plan.holds(&address.to_string(), call.verb, effect)?;
        }
        self.approved(call.verb, effect)?;
        self.spare(effect)?;
        self.may_begin()?;
        self.guard(effect)?;
        self.confirm(call.scope, call.verb, effect).await?;
        for warning in effect.warnings() {
            self.say_once(&format!("warning: {warning}"));
        }
        if call.verb == "new_invitation" && self.services().await?.transport.pace().is_careful() {
            self.say_once("the first invitations go out slowly: a directory that sees many at once for the first time may block them all, and only Microsoft's support lifts that");
        }
        let run = self.run().await?;
        let intent = Intent {
            at: self.clock.now(),
            address: address.clone(),
            target: effect.target(),
            before: effect.before(),
            parts: call.parts.clone(),
            undo: undo_known_before(effect),
        };
        if run.was_resumed() {
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(address.id());
        }
        self.script_effects.tell_found_done(run);
        call.scope.tell_found_done(run);
        let id = run.intend(intent).await.map_err(super::ledger_problem)?;
        self.written.fetch_add(1, Ordering::Relaxed);
        let applied = self.applied(effect, &call.outputs, call.scope).await;
        self.conclude(run, id, &address, effect, applied, call, finish).await
    }

    /// Sends it, and does not rest before it is known what came of it: a refusal that only came too early is waited out, an
    /// answer that says nothing is looked behind, and what was surely not carried out is sent again.
    async fn applied(&self, effect: &dyn Effect, earlier: &[Value], scope: &Scope) -> Result<Applied> {
        let services = self.services().await?;
        let writer = Writer::new(services);
        let mut waiting = self.waiting(Some(scope));
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = Instant::now();
            let applied = effect.apply(&self.permit()?, &writer, earlier).await;
            let refused = match applied.map_err(|problem| problem.doing(effect.doing())) {
                Ok(applied) => return Ok(applied),
                Err(refused) if refused.kind == Kind::UnknownOutcome => {
                    match self.found_out(effect, &refused, sent, scope).await {
                        Happened::Done(found) => {
                            // Stopped on the way, it is left open: a resume finds it out anew.
                            let Ok(output) = self.asked_again(effect, found).await else {
                                return Err(refused);
                            };
                            let request_id = refused.request_id;
                            return Ok(Applied { output, request_id, already: false });
                        }
                        Happened::Unknown => return Err(refused),
                        Happened::NotDone if tries >= TRIES => {
                            return Err(Problem {
                                kind: Kind::Unavailable,
                                retriable: true,
                                hint: Some(
                                    "it was looked up: nothing was changed, so it can be run again"
                                        .to_owned(),
                                ),
                                ..refused
                            });
                        }
                        Happened::NotDone => {
                            let wait = Duration::from_millis(250 << tries.min(6));
                            let rested = services.transport.rest(effect.service(), wait, Reason::Unavailable);
                            rested.await.map_err(|_| Problem::interrupted())?;
                            continue;
                        }
                    }
                }
                Err(refused) => refused,
            };
            waiting.out(refused, effect.service()).await?;
            tries -= 1;
        }
    }

    /// Looks whether a write happened that got no clear answer. That nothing is to be seen is believed once the service has
    /// had the time it takes to show a write.
    async fn found_out(
        &self,
        effect: &dyn Effect,
        refused: &Problem,
        sent: Instant,
        scope: &Scope,
    ) -> Happened {
        tracing::info!(doing = effect.doing(), reason = refused.message, "looking whether it was done");
        let mut wait = Duration::from_millis(250);
        loop {
            let Ok(reader) = self.reader_at(scope, None).await else { return Happened::Unknown };
            let happened = effect.reconcile(&reader).await.unwrap_or(Happened::Unknown);
            let Ok(services) = self.services().await else { return Happened::Unknown };
            let left = services.tenant.lateness.own().saturating_sub(sent.elapsed());
            if happened != Happened::NotDone || left.is_zero() {
                return happened;
            }
            let _aside = scope.step_aside();
            let rested = services.transport.rest(effect.service(), wait.min(left), Reason::Unseen).await;
            if rested.is_err() {
                return Happened::Unknown;
            }
            wait = wait.mul_f64(1.6).min(Duration::from_secs(5));
        }
    }

    /// What the lost answer to a write would have said. A service that does not say it again leaves what was found.
    pub(super) async fn asked_again(&self, effect: &dyn Effect, found: Value) -> Result<Value> {
        let services = self.services().await?;
        let writer = Writer::new(services);
        for tries in 1..=ASKED {
            let Ok(permit) = self.permit() else { break };
            match effect.asked_again(&permit, &writer, found.clone()).await {
                Ok(output) => return Ok(output),
                Err(problem) if problem.kind == Kind::Interrupted => return Err(problem),
                Err(problem) => {
                    tracing::info!(
                        doing = effect.doing(),
                        reason = problem.message,
                        "the answer was not said again"
                    );
                    if problem.kind != Kind::UnknownOutcome {
                        break;
                    }
                }
            }
            let wait = Duration::from_millis(250 << tries.min(4));
            let rested = services.transport.rest(effect.service(), wait, Reason::Unavailable);
            rested.await.map_err(|_| Problem::interrupted())?;
        }
        Ok(found)
    }

    /// Writes the outcome down, whatever it was, before anybody hears of it.
    #[allow(clippy::too_many_arguments)]
    async fn conclude(
        &self,
        run: &Run,
        id: EffectId,
        address: &Address,
        effect: &dyn Effect,
        applied: Result<Applied>,
        call: &mut Call<'_>,
        finish: Option<Finish>,
    ) -> Result<Value> {
        let now = self.clock.now();
        let tenant = self.services().await?.tenant.id.clone();
        let (verb, target) = (call.verb, effect.target());
        tracing::info!(
            verb,
            target,
            outcome = applied.as_ref().map_or_else(|p| p.kind.word(), |_| "done"),
            "write"
        );
        match applied {
            Ok(Applied { output, request_id, already }) => {
                let facts = effect.facts(&output, &call.outputs);
                let refused = effect.refused(&output);
                let status = match (already, effect.action()) {
                    _ if refused.is_some() => Status::Failed,
                    (true, _) => Status::Already,
                    (false, Action::Change) => Status::Changed,
                    (false, _) => Status::Done,
                };
                let mut outcome = Outcome::new(now, status, output.clone());
                outcome.request_ids.extend(request_id);
                if matches!(status, Status::Done | Status::Changed) {
                    outcome.created = names_made(&tenant, effect, &output, &facts);
                    outcome.removed = names_removed(&tenant, effect, &facts);
                    let undo = Some(effect.undo(&output).into());
                    outcome.undo = undo.filter(|undo| Some(undo) != undo_known_before(effect).as_ref());
                    outcome.lasting = effect.lasting();
                    self.made.add(&outcome.created, &target, address.to_string(), now);
                    self.made.forget(&outcome.removed);
                    if let (Some(guest), true) = (outcome.created.first(), output["invitedUser"].is_object())
                    {
                        self.unseen.expect(guest, call.scope, id, &target);
                    }
                }
                let is_last = finish.is_some();
                let result = call.gives(output, finish);
                let of_its_own = is_last && (call.parts.len() > 1 || outcome.output != result);
                outcome.result = of_its_own.then(|| result.clone());
                let (what, detail) = match status {
                    Status::Failed => (What::Failed, refused),
                    Status::Already => (What::Already, Some("it was so already".to_owned())),
                    Status::Changed => (What::Changed, None),
                    _ => (What::Done, None),
                };
                let told = Told::of(call.scope, verb, effect, what, &outcome);
                match call.scope.in_bulk() && self.events.get().is_none() {
                    // The row's next intent waits for it. An event is told of what is in the ledger only.
                    true => run.note_outcome(id, outcome),
                    false => run.conclude(id, outcome).await,
                }
                .map_err(super::ledger_problem)?;
                self.made.hang(&facts);
                let memory = self.memory();
                if memory.keeps_contacts() {
                    facts.iter().for_each(|fact| memory.learn(fact));
                }
                if effect.action() != Action::Create {
                    self.unseen.seen_in(&facts);
                }
                call.scope.note(Note { verb: verb.into(), target, outcome: what, detail });
                self.tell(told)?;
                Ok(result)
            }
            Err(problem) => {
                let unknown = problem.kind == Kind::UnknownOutcome;
                let status = if unknown { Status::Unknown } else { Status::Failed };
                let mut outcome = Outcome::new(now, status, json!({ "error": problem.to_json() }));
                outcome.request_ids.extend(problem.request_id.clone());
                let what = if unknown { What::Unknown } else { What::Failed };
                let told = Told::of(call.scope, verb, effect, what, &outcome);
                run.conclude(id, outcome).await.map_err(super::ledger_problem)?;
                call.scope.note(Note {
                    verb: verb.into(),
                    target,
                    outcome: what,
                    detail: Some(problem.message.clone()),
                });
                self.tell(told)?;
                Err(problem)
            }
        }
    }

    /// Where a second person is asked for, removals and roles want a plan that has their word.
    fn approved(&self, verb: &str, effect: &dyn Effect) -> Result<()> {
        let wanted = self.policy.require_approval
            && (effect.action() == Action::Remove || effect.removes_an_object() || verb.contains("role"));
        if !wanted || self.policy.carry_out.as_ref().is_some_and(|plan| plan.is_approved()) {
            return Ok(());
        }
        Err(Problem::new(Kind::Stopped, "removals and roles need a plan that a second person approved")
            .doing(effect.doing())
            .hint("--what-if --plan-out FILE makes the plan, `usher plan approve FILE` is for the second person, --plan FILE carries it out"))
    }

    /// The never-touch list: nothing is done to what stands on it, whatever a script says.
    fn spare(&self, effect: &dyn Effect) -> Result<()> {
        if self.policy.never_touch.is_empty() {
            return Ok(());
        }
        let (before, target) = (effect.before(), effect.target().to_lowercase());
        let names = ["id", "guid", "mail", "userPrincipalName", "externalEmailAddress", "displayName"];
        let known: Vec<String> =
            names.iter().map(|name| bare_address(&before[*name]).to_lowercase()).collect();
        // "ann@fabrikam.example in Suppliers" is about both.
        let is_about = |name: &String| {
            known.contains(name)
                || target == *name
                || target.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(' '))
                || target.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with(' '))
        };
        if let Some(name) = self.policy.never_touch.iter().find(|name| is_about(name)) {
            return Err(Problem::new(
                Kind::Blocked,
                format!("`{name}` is on the list of what is never touched"),
            )
            .doing(effect.doing())
            .hint("take the row out of the list of work, or the name off the never-touch list")
            .value(name));
        }
        Ok(())
    }

    /// At most so many objects removed a run: a wrong filter should not empty a tenant.
    fn guard(&self, effect: &dyn Effect) -> Result<()> {
        if !effect.removes_an_object() {
            return Ok(());
        }
        let limit = self.removal_limit.load(Ordering::SeqCst);
        if self.removed.fetch_add(1, Ordering::SeqCst) >= limit {
            return Err(Problem::new(
                Kind::Stopped,
                format!("{} may be removed here, and this would be one more", crate::words::count(limit, "object")),
            )
            .doing(effect.doing())
            .hint("look at what was removed; if it is right, --max-removals N and the bulk's `maxRemovals` set the limit"));
        }
        Ok(())
    }

    /// Once per verb and run, where the policy asks for it.
    async fn confirm(&self, scope: &Scope, verb: &'static str, effect: &dyn Effect) -> Result<()> {
        if !self.policy.confirm {
            return Ok(());
        }
        let mut confirmed = self.confirmed.lock().await;
        if confirmed.verbs.contains(verb) {
            return Ok(());
        }
        if self.cancel.is_cancelled() {
            return Err(Problem::interrupted());
        }
        let refused = || {
            Err(Problem::new(Kind::Stopped, format!("`{verb}` {UNCONFIRMED}"))
                .doing(effect.doing())
                .hint("answer yes, or run with --yes when nobody is there to ask"))
        };
        // Rows that were under way meanwhile ask no more.
        if scope.in_bulk() && confirmed.refused_in == Some(scope.bulk) {
            return refused();
        }
        let tenant = &self.services().await?.tenant;
        let (called, what) = (tenant.called(), effect.action().infinitive());
        // At a prompt nobody wrote down beforehand where it goes: the first write says more than those after it.
        let question = match self.policy.at_prompt && !tenant.simulated && confirmed.verbs.is_empty() {
            true => format!(
                "the first write of this session goes to a real tenant:\n  tenant  {called}\n  write   {what} `{}` ({verb})\ngo on with it, and with every `{verb}` after it?",
                effect.target()
            ),
            false => format!(
                "{what} on tenant {called}, first `{}`: go on with every `{verb}` of this run?",
                effect.target()
            ),
        };
        if self.watch.confirms(&question) {
            confirmed.verbs.insert(verb);
            return Ok(());
        }
        if self.cancel.is_cancelled() {
            return Err(Problem::interrupted());
        }
        confirmed.refused_in = Some(scope.bulk);
        refused()
    }

    /// How many writes were sent so far.
    pub fn written(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }

    /// What was done outside of any bulk.
    pub fn script_notes(&self) -> Vec<Note> {
        self.script_effects.notes()
    }
}

/// How a write is taken back, if that does not follow from its answer: it is known then even if the answer is lost.
fn undo_known_before(effect: &dyn Effect) -> Option<ledger::Undo> {
    match effect.undo(&Value::Null) {
        Undo::Call { arguments, .. } if lacks(&arguments) => None,
        Undo::Call { verb, arguments } => Some(ledger::Undo::Call { verb: verb.to_owned(), arguments }),
        Undo::Impossible(_) => None,
    }
}

fn lacks(arguments: &Value) -> bool {
    arguments.as_object().is_some_and(|arguments| arguments.values().any(Value::is_null))
}

/// A call of a verb under way.
struct Call<'a> {
    verb: &'static str,
    scope: &'a Scope,
    address: Address,
    recorded: Recorded,
    /// The parts of a call of several writes.
    parts: Vec<u32>,
    outputs: Vec<Value>,
}

impl Call<'_> {
    /// Takes an output in; gives what the call gives back with the last one, and nothing before.
    fn gives(&mut self, output: Value, finish: Option<Finish>) -> Value {
        self.outputs.push(output);
        finish.map_or(Value::Null, |finish| finish(std::mem::take(&mut self.outputs)))
    }
}
