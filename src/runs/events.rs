//! Events: a line of JSON for each effect as it happens, for a SIEM. `docs/events.md` has the schema.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::context::{Scope, What};
use super::effect::{Action, Effect};
use super::ledger::{Counts, Outcome, Run, RunState};
use super::session::Session;
use crate::net::scrub;
use crate::problem::{Kind, Problem, Result};

/// One line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    time: Timestamp,
    #[serde(flatten)]
    what: Happening<'a>,
    /// The same in every line that one process wrote.
    session: &'a str,
    operator: &'a str,
    tenant: Tenant<'a>,
    /// `None` as long as nothing had to be written.
    run: Option<Named<'a>>,
    script: &'a str,
    reason: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Tenant<'a> {
    id: &'a str,
    name: &'a str,
    domain: &'a str,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Happening<'a> {
    RunBegin {
        arguments: &'a [String],
        usher_version: &'a str,
    },
    Effect {
        row: Option<&'a str>,
        verb: &'a str,
        target: &'a str,
        action: Option<String>,
        outcome: &'a str,
        request_id: Option<&'a str>,
        client_request_id: Option<&'a str>,
        error: Option<Error<'a>>,
    },
    RunEnd {
        state: &'a str,
        counts: Counts,
        head: Option<&'a str>,
    },
}

#[derive(Debug, Serialize)]
struct Error<'a> {
    kind: &'a str,
    message: &'a str,
    status: Option<u64>,
    code: Option<&'a str>,
}

/// What there is to tell of one effect, or of a verb that found its work done.
pub(super) struct Told {
    row: Option<String>,
    verb: &'static str,
    target: String,
    /// `None` where nothing had to be sent, and so nothing says what would have been.
    action: Option<Action>,
    outcome: What,
    request_id: Option<String>,
    client_request_id: Option<String>,
    error: Value,
}

impl Told {
    /// An effect, from the outcome that goes into the ledger.
    pub(super) fn of(
        scope: &Scope,
        verb: &'static str,
        effect: &dyn Effect,
        what: What,
        outcome: &Outcome,
    ) -> Told {
        Told {
            action: Some(effect.action()),
            outcome: what,
            request_id: outcome.request_ids.last().cloned(),
            client_request_id: outcome.client_request_ids.last().cloned(),
            error: outcome.output.get("error").cloned().unwrap_or_default(),
            ..Told::already(scope, verb, &effect.target())
        }
    }

    /// A verb that found its work done.
    pub(super) fn already(scope: &Scope, verb: &'static str, target: &str) -> Told {
        Told {
            row: Some(scope.row.clone()).filter(|row| !row.is_empty()),
            verb,
            target: target.to_owned(),
            action: None,
            outcome: What::Already,
            request_id: None,
            client_request_id: None,
            error: Value::Null,
        }
    }
}

/// Where events go. Once a line could not be written, no further effect is begun: nobody would hear of it.
pub struct Events {
    /// What messages call it.
    name: String,
    session: String,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    begun: bool,
    broken: Option<String>,
}

impl Events {
    /// `out` gets each line in one piece.
    pub fn new(name: impl Into<String>, out: Box<dyn Write + Send>) -> Events {
        let state = State { out, begun: false, broken: None };
        Events { name: name.into(), session: uuid::Uuid::new_v4().to_string(), state: state.into() }
    }

    fn put(&self, state: &mut State, event: &Event<'_>) -> Result<()> {
        if let Some(reason) = &state.broken {
            return Err(self.unwritable(reason));
        }
        let mut line = serde_json::to_string(event).unwrap_or_default();
        line.push('\n');
        if let Err(error) = state.out.write_all(line.as_bytes()).and_then(|()| state.out.flush()) {
            let reason = error.to_string();
            let problem = self.unwritable(&reason);
            state.broken = Some(reason);
            return Err(problem);
        }
        Ok(())
    }

    fn unwritable(&self, reason: &str) -> Problem {
        Problem::new(Kind::Stopped, format!("`{}`: {reason}", self.name))
            .doing("writing events")
            .hint("nothing is done that no event tells of; see that the file can be written")
    }
}

impl Session {
    /// The run has its place in the ledger: whoever watches gets its name, and the events their first line.
    pub(super) fn run_begins(&self, run: &Run) -> Result<()> {
        self.watch.run_begins(run.name());
        match self.events.get() {
            Some(events) => {
                let mut state = events.state.lock().unwrap_or_else(PoisonError::into_inner);
                self.begin_events(events, &mut state, Some(run))
            }
            None => Ok(()),
        }
    }

    /// Tells of an effect when its outcome is in the ledger, or of a verb that found its work done.
    pub(super) fn tell(&self, told: Told) -> Result<()> {
        let Some(events) = self.events.get().filter(|_| self.plan.is_none()) else { return Ok(()) };
        let mut state = events.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.begin_events(events, &mut state, self.run_begun())?;
        let (target, message) = (scrub(&told.target), told.error["message"].as_str().map(scrub));
        let failed = matches!(told.outcome, What::Failed | What::Unknown);
        let what = Happening::Effect {
            row: told.row.as_deref(),
            verb: told.verb,
            target: &target,
            action: told.action.map(|action| action.infinitive().replace(' ', "_")),
            outcome: told.outcome.word(),
            request_id: told.request_id.as_deref(),
            client_request_id: told.client_request_id.as_deref(),
            error: failed.then(|| Error {
                kind: told.error["kind"].as_str().unwrap_or_default(),
                message: message.as_deref().unwrap_or_default(),
                status: told.error["status"].as_u64(),
                code: told.error["code"].as_str(),
            }),
        };
        self.put_event(events, &mut state, self.run_begun(), what)
    }

    /// Refuses what nobody would hear of.
    pub(super) fn events_go_on(&self) -> Result<()> {
        let Some(events) = self.events.get() else { return Ok(()) };
        let state = events.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.broken.as_ref().map_or(Ok(()), |reason| Err(events.unwritable(reason)))
    }

    /// Ends the events of this process, if there were any.
    pub fn end_events(&self, ended: RunState, head: Option<&str>) -> Result<()> {
        let Some(events) = self.events.get() else { return Ok(()) };
        let mut state = events.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.begun || state.broken.is_some() {
            return Ok(());
        }
        let tally = self.tally_so_far();
        let counts = Counts {
            rows: tally.rows as u64,
            succeeded: tally.succeeded as u64,
            failed: tally.failed as u64,
            skipped: tally.skipped as u64,
            not_attempted: tally.not_attempted as u64,
            effects: self.written() as u64,
        };
        let what = Happening::RunEnd { state: ended.word(), counts, head };
        self.put_event(events, &mut state, self.run_begun(), what)
    }

    fn begin_events(&self, events: &Events, state: &mut State, run: Option<&Run>) -> Result<()> {
        if state.begun {
            return Ok(());
        }
        let subject = self.subject.lock().map(|subject| subject.clone()).unwrap_or_default();
        let arguments = &subject.arguments;
        let what = Happening::RunBegin { arguments, usher_version: env!("CARGO_PKG_VERSION") };
        self.put_event(events, state, run, what)?;
        state.begun = true;
        Ok(())
    }

    fn put_event(
        &self,
        events: &Events,
        state: &mut State,
        run: Option<&Run>,
        what: Happening<'_>,
    ) -> Result<()> {
        let subject = self.subject.lock().map(|subject| subject.clone()).unwrap_or_default();
        let facts = self.services.get().map(|services| &services.tenant);
        let event = Event {
            time: self.clock.now(),
            what,
            session: &events.session,
            operator: facts.map_or("", |facts| &facts.operator),
            tenant: Tenant {
                id: facts.map_or("", |facts| &facts.id),
                name: self.tenant_name(),
                domain: facts.map_or("", |facts| &facts.domain),
            },
            run: run.map(|run| Named { id: run.id(), name: run.name() }),
            script: &subject.script,
            reason: subject.reason.as_deref(),
        };
        events.put(state, &event)
    }
}
