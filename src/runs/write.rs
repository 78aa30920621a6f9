//! The path of a write, the same for every verb:
//! allowed? prepare; nothing to do? preview? recorded? guard; confirm; intent, durable; apply; outcome.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::context::{Note, Scope, What};
use super::effect::{Applied, Effect, Happened, PLACEHOLDER, Step};
use super::ledger::{Address, Intent, Outcome, Recorded, Run, Status};
use super::plan::Planned;
use super::reader::Reader;
use super::session::Session;
use crate::problem::{Kind, Problem, Result};
use crate::services::Services;
use crate::services::azure::AzureWrites;
use crate::services::exchange::ExchangeWrites;
use crate::services::graph::GraphWrites;

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

impl Session {
    /// Carries a writing verb out, or plans it.
    pub async fn write(
        &self,
        verb: &'static str,
        arguments: &Value,
        prepare: Box<dyn Prepare>,
        scope: Option<&Scope>,
    ) -> Result<Value> {
        let scope = scope.unwrap_or(&self.script_effects);
        self.allowed(verb)?;
        let address = scope.address(verb, arguments);
        let reader = self.reader_at(self.order(scope)).await?;
        match prepare.prepare(&reader).await.map_err(|problem| problem.verb(verb))? {
            Step::Done { output, target, note } => {
                scope.note(Note { verb, target, outcome: What::Already, detail: Some(note) });
                if let Some(plan) = &self.plan {
                    plan.note_already();
                }
                Ok(output)
            }
            Step::Read(output) => Ok(output),
            Step::Do { effects, finish, notes } => {
                let mut outputs = Vec::with_capacity(effects.len());
                for (index, effect) in effects.iter().enumerate() {
                    let address = match index {
                        0 => address.clone(),
                        i => Address::new(scope.bulk, &scope.row, verb, arguments, address.nth, i as u32),
                    };
                    let output = self
                        .one(verb, &address, effect.as_ref(), &outputs, scope)
                        .await
                        .map_err(|problem| problem.verb(verb))?;
                    outputs.push(output);
                }
                for note in notes {
                    self.say_once(&note);
                }
                Ok(finish(outputs))
            }
        }
    }

    /// `--allow`: any other write ends the run before a request.
    fn allowed(&self, verb: &'static str) -> Result<()> {
        match &self.policy.allow {
            Some(allowed) if !allowed.contains(verb) => {
                let listed = allowed.iter().map(String::as_str).collect::<Vec<_>>().join(",");
                let with = if listed.is_empty() { verb.to_owned() } else { format!("{listed},{verb}") };
                Err(Problem::new(Kind::NotAllowed, format!("this run may not call `{verb}`"))
                    .hint(format!("allow it with --allow {with}"))
                    .verb(verb))
            }
            _ => Ok(()),
        }
    }

    async fn one(
        &self,
        verb: &'static str,
        address: &Address,
        effect: &dyn Effect,
        earlier: &[Value],
        scope: &Scope,
    ) -> Result<Value> {
        if let Some(plan) = &self.plan {
            let output = effect.placeholder(&format!("{PLACEHOLDER}{address}"), earlier);
            let planned = Planned {
                order: self.order(scope),
                address: address.to_string(),
                row: (!scope.row.is_empty()).then(|| scope.row.clone()),
                verb,
                action: effect.action(),
                target: effect.target(),
                warnings: effect.warnings(),
            };
            scope.note(Note {
                verb,
                target: effect.target(),
                outcome: What::Planned,
                detail: effect.warnings().into_iter().next(),
            });
            plan.add(planned, effect.facts(&output, earlier));
            return Ok(output);
        }
        if let Some(output) = self.recorded(address)? {
            scope.note(Note {
                verb,
                target: effect.target(),
                outcome: What::Already,
                detail: Some("done earlier in this run".into()),
            });
            return Ok(output);
        }
        if self.cancel.is_cancelled() {
            return Err(Problem::interrupted());
        }
        self.guard(effect)?;
        self.confirm(verb, effect).await?;
        for warning in effect.warnings() {
            self.say_once(&format!("warning: {warning}"));
        }
        let run = self.run().await?;
        let intent = Intent {
            at: self.clock.now(),
            address: address.clone(),
            target: effect.target(),
            before: effect.before(),
            parts: Vec::new(),
        };
        let id = run.intend(intent).await.map_err(super::ledger_problem)?;
        self.written.fetch_add(1, Ordering::Relaxed);
        let writer = Writer::new(self.services().await?);
        let applied = effect
            .apply(&Permit(()), &writer, earlier)
            .await
            .map_err(|problem| problem.doing(effect.doing()));
        self.conclude(run, id, effect, earlier, applied, verb, scope).await
    }

    /// What this run recorded at the address, when it was taken up again.
    fn recorded(&self, address: &Address) -> Result<Option<Value>> {
        let Some(run) = self.run.get() else { return Ok(None) };
        match run.recorded(address) {
            Some(Recorded {
                effect, status: Some(Status::Done | Status::Already | Status::Changed), ..
            }) => {
                let record = run.effect(effect).map_err(super::ledger_problem)?;
                Ok(Some(record.outcome.map(|outcome| outcome.output).unwrap_or_default()))
            }
            _ => Ok(None),
        }
    }

    /// Writes the outcome down, whatever it was, before anybody hears of it.
    #[allow(clippy::too_many_arguments)]
    async fn conclude(
        &self,
        run: &Run,
        id: super::ledger::EffectId,
        effect: &dyn Effect,
        earlier: &[Value],
        applied: Result<Applied>,
        verb: &'static str,
        scope: &Scope,
    ) -> Result<Value> {
        let applied = match applied {
            Err(problem) if problem.kind == Kind::UnknownOutcome => self.found_out(effect, problem).await,
            clear => clear,
        };
        let now = self.clock.now();
        let target = effect.target();
        tracing::info!(
            verb,
            target,
            outcome = applied.as_ref().map_or_else(|p| p.kind.word(), |_| "done"),
            "write"
        );
        match applied {
            Ok(Applied { output, request_id, already }) => {
                let refused = effect.refused(&output);
                let status = match (&refused, already) {
                    (Some(_), _) => Status::Failed,
                    (None, true) => Status::Already,
                    (None, false) => Status::Done,
                };
                let mut outcome = Outcome::new(now, status, output.clone());
                if refused.is_none() {
                    outcome.created = created_ids(effect, &output);
                }
                outcome.request_ids.extend(request_id);
                if status == Status::Done {
                    outcome.undo = Some(match effect.undo(&output) {
                        super::effect::Undo::Call { verb, arguments } => {
                            super::ledger::Undo::Call { verb: verb.to_owned(), arguments }
                        }
                        super::effect::Undo::Impossible(why) => {
                            super::ledger::Undo::Impossible(why.to_owned())
                        }
                    });
                }
                for id in &outcome.created {
                    self.fresh.add(id, target.clone());
                }
                run.conclude(id, outcome).await.map_err(super::ledger_problem)?;
                let memory = self.memory();
                if memory.keeps_contacts() {
                    effect.facts(&output, earlier).iter().for_each(|fact| memory.learn(fact));
                }
                let (what, detail) = match (already, effect.action()) {
                    _ if refused.is_some() => (What::Failed, refused),
                    (true, _) => (What::Already, Some("it was so already".to_owned())),
                    (false, super::effect::Action::Change) => (What::Changed, None),
                    (false, _) => (What::Done, None),
                };
                scope.note(Note { verb, target, outcome: what, detail });
                Ok(output)
            }
            Err(problem) => {
                let unknown = problem.kind == Kind::UnknownOutcome;
                let status = if unknown { Status::Unknown } else { Status::Failed };
                let mut outcome = Outcome::new(now, status, json!({ "error": problem.to_json() }));
                outcome.request_ids.extend(problem.request_id.clone());
                run.conclude(id, outcome).await.map_err(super::ledger_problem)?;
                let what = if unknown { What::Unknown } else { What::Failed };
                scope.note(Note { verb, target, outcome: what, detail: Some(problem.message.clone()) });
                Err(problem)
            }
        }
    }

    /// A write without a clear answer: reading tells whether it happened. Nothing is sent twice.
    async fn found_out(&self, effect: &dyn Effect, problem: Problem) -> Result<Applied> {
        let reader = self.reader().await?;
        match effect.reconcile(&reader).await {
            Ok(Happened::Done(output)) => {
                Ok(Applied { output, request_id: problem.request_id, already: false })
            }
            Ok(Happened::NotDone) => Err(Problem {
                kind: Kind::Unavailable,
                retriable: true,
                hint: Some("it was looked up: nothing was changed, so it can be run again".to_owned()),
                ..problem
            }),
            Ok(Happened::Unknown) | Err(_) => Err(problem),
        }
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
    async fn confirm(&self, verb: &'static str, effect: &dyn Effect) -> Result<()> {
        if !self.policy.confirm {
            return Ok(());
        }
        let mut confirmed = self.confirmed.lock().await;
        if confirmed.contains(verb) {
            return Ok(());
        }
        let tenant = self.tenant_name();
        let question = format!(
            "{} on tenant {tenant}, first `{}`: go on with every `{verb}` of this run?",
            effect.action().infinitive(),
            effect.target()
        );
        if self.watch.confirms(&question) {
            confirmed.insert(verb);
            return Ok(());
        }
        Err(Problem::new(Kind::Stopped, format!("`{verb}` was not confirmed"))
            .doing(effect.doing())
            .hint("answer yes, or run with --yes when nobody is there to ask"))
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

/// Ids of objects that did not exist before this effect.
fn created_ids(effect: &dyn Effect, output: &Value) -> Vec<String> {
    if effect.action() != super::effect::Action::Create {
        return Vec::new();
    }
    let invited = output.get("invitedUser").and_then(|user| user.get("id")).and_then(Value::as_str);
    let own = Some(super::plan::id_of(output)).filter(|id| !id.is_empty());
    invited.map(str::to_owned).or(own).into_iter().collect()
}
