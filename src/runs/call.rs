//! What a run that was taken up again knows of a call: which of its writes are done, and what they gave.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde_json::Value;

use super::context::{Note, What};
use super::ledger::{Address, EffectRecord, Status};
use super::session::Session;
use crate::problem::{Kind, Problem, Result};

/// A call's writes as they were recorded, by their parts.
#[derive(Debug, Default)]
pub struct Recorded {
    parts: BTreeMap<u32, EffectRecord>,
    /// All parts that the call had.
    all: Vec<u32>,
}

fn is_done(record: &EffectRecord) -> bool {
    matches!(record.status, Some(Status::Done | Status::Already | Status::Changed))
}

impl Recorded {
    /// A call of which this part is known to have been begun, and nothing else.
    pub(super) fn begun_with(part: u32, record: EffectRecord) -> Recorded {
        Recorded { parts: BTreeMap::from([(part, record)]), all: Vec::new() }
    }

    /// What the call gave back, if all of it is done.
    pub(super) fn result(&self) -> Option<Value> {
        let done = |part: &u32| self.parts.get(part).is_some_and(is_done);
        if self.all.is_empty() || !self.all.iter().all(done) {
            return None;
        }
        let outcomes = || self.parts.values().filter_map(|record| record.outcome.as_ref());
        let said = outcomes().find_map(|outcome| outcome.result.clone());
        // A call of one write that gave back what the write did says it once.
        said.or_else(|| match self.all.len() {
            1 => outcomes().next().map(|outcome| outcome.output.clone()),
            _ => None,
        })
    }

    pub(super) fn has_done(&self) -> bool {
        self.parts.values().any(is_done)
    }

    pub(super) fn output(&self, part: u32) -> Option<Value> {
        let record = self.parts.get(&part).filter(|record| is_done(record))?;
        Some(record.outcome.as_ref().map(|outcome| outcome.output.clone()).unwrap_or_default())
    }

    /// Whether that write was sent, whatever came of it.
    pub(super) fn begun(&self, part: u32) -> bool {
        self.parts.get(&part).is_some_and(|record| record.status != Some(Status::Failed))
    }

    /// For the row's report: what was done before the run was taken up again.
    pub(super) fn notes(&self, verb: &'static str) -> Vec<Note> {
        let note = |record: &EffectRecord| Note {
            verb: verb.into(),
            target: target(record),
            outcome: match record.status {
                Some(Status::Changed) => What::Changed,
                Some(Status::Already) => What::Already,
                _ => What::Done,
            },
            detail: record.outcome.as_ref().and_then(|outcome| outcome.note.clone()),
        };
        self.parts.values().map(note).collect()
    }

    /// A write that may or may not have happened is not repeated.
    pub(super) fn in_doubt(&self) -> Option<Problem> {
        let doubted =
            self.parts.values().find(|record| matches!(record.status, None | Some(Status::Unknown)))?;
        let target = target(doubted);
        let mut problem = Problem::new(
            Kind::UnknownOutcome,
            format!("it is not known whether this was done before for `{target}`, and looking did not tell"),
        )
        .hint("look at the tenant; then --repeat-unknown does it once more")
        .value(target);
        problem.request_id =
            doubted.outcome.as_ref().and_then(|outcome| outcome.request_ids.first().cloned());
        Some(problem)
    }

    pub(super) fn doubted(&self, verb: &'static str) -> Note {
        let target = self.parts.values().map(target).next().unwrap_or_default();
        Note {
            verb: verb.into(),
            target,
            outcome: What::Unknown,
            detail: Some("not known from the time before".to_owned()),
        }
    }
}

fn target(record: &EffectRecord) -> String {
    record.intent.as_ref().map(|intent| intent.target.clone()).unwrap_or_default()
}

impl Session {
    /// What is recorded of a call. The first part of a call is 0 or 1.
    pub(super) fn recorded(&self, address: &Address) -> Result<Recorded> {
        let Some(run) = self.run_begun().filter(|run| run.was_resumed()) else {
            return Ok(Recorded::default());
        };
        let mut recorded = Recorded::default();
        let look = |part: u32, recorded: &mut Recorded| -> Result<bool> {
            let address = address.part(part);
            let Some(known) = run.recorded(&address) else { return Ok(false) };
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(address.id());
            let record = run.effect(known.effect).map_err(super::ledger_problem)?;
            if let Some(intent) = &record.intent
                && recorded.all.is_empty()
            {
                recorded.all.clone_from(&intent.parts);
            }
            recorded.parts.insert(part, record);
            Ok(true)
        };
        let first = match look(0, &mut recorded)? {
            true => 0,
            false if look(1, &mut recorded)? => 1,
            false => return Ok(recorded),
        };
        if recorded.all.is_empty() {
            recorded.all.push(first);
        }
        for part in recorded.all.clone() {
            if !recorded.parts.contains_key(&part) {
                look(part, &mut recorded)?;
            }
        }
        Ok(recorded)
    }
}
