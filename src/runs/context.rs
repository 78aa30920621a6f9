//! Where a call stands: in the script itself, or in a row of a bulk. It numbers equal calls and collects what was done.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ledger::{Address, AddressId, Intent, Outcome, Run};
use super::slots::{Aside, Slots};

/// What became of one verb's work, for a row's report.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Note {
    pub verb: Cow<'static, str>,
    pub target: String,
    pub outcome: What,
    /// "already a guest", or the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Note {
    /// Whether the tenant is another one for it, or may be.
    pub fn left_a_mark(&self) -> bool {
        matches!(self.outcome, What::Done | What::Changed | What::Unknown)
    }
}

/// The outcome of a verb's work, in the words a report uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    Done,
    Changed,
    Already,
    Failed,
    Unknown,
    Planned,
}

impl What {
    pub fn word(self) -> &'static str {
        match self {
            What::Done => "done",
            What::Changed => "changed",
            What::Already => "already",
            What::Failed => "failed",
            What::Unknown => "unknown",
            What::Planned => "planned",
        }
    }
}

/// One place in a run.
#[derive(Debug)]
pub struct Scope {
    pub bulk: u32,
    pub row: String,
    /// Which row of the bulk, from 0; the last of all outside of one.
    pub index: usize,
    equals: Mutex<HashMap<AddressId, u32>>,
    notes: Mutex<Vec<Note>>,
    /// Calls that found their work done, and that the ledger has not been told of.
    found_done: Mutex<Vec<(Intent, Outcome)>>,
    slots: Option<Arc<Slots>>,
}

impl Scope {
    /// Outside of any bulk.
    pub fn script() -> Scope {
        Scope::row(0, String::new(), usize::MAX, None)
    }

    pub fn row(bulk: u32, key: String, index: usize, slots: Option<Arc<Slots>>) -> Scope {
        Scope {
            bulk,
            row: key,
            index,
            equals: Mutex::default(),
            notes: Mutex::default(),
            found_done: Mutex::default(),
            slots,
        }
    }

    /// Whether it is a row's.
    pub fn in_bulk(&self) -> bool {
        self.slots.is_some()
    }

    /// The row waits: until the guard is dropped, another one may take its place.
    pub fn step_aside(&self) -> Option<Aside<'_>> {
        self.slots.as_ref().map(|slots| slots.step_aside())
    }

    /// The address of the next call of this verb with these arguments.
    pub fn address(&self, verb: &str, arguments: &Value) -> Address {
        let first = Address::new(self.bulk, &self.row, verb, arguments, 0, 0);
        let mut equals = self.equals.lock().unwrap_or_else(PoisonError::into_inner);
        let nth = equals.entry(first.id()).or_default();
        let address = match *nth {
            0 => first,
            n => Address::new(self.bulk, &self.row, verb, arguments, n, 0),
        };
        *nth += 1;
        address
    }

    /// Keeps in mind what a call found done; it matters once something is written here.
    pub(super) fn found_done(&self, intent: Intent, outcome: Outcome) {
        self.found_done.lock().unwrap_or_else(PoisonError::into_inner).push((intent, outcome));
    }

    /// Tells the ledger of it, before anything else is written.
    pub(super) fn tell_found_done(&self, run: &Run) {
        // Held until all is told: another row's write must not come before.
        let mut found = self.found_done.lock().unwrap_or_else(PoisonError::into_inner);
        found.drain(..).for_each(|(intent, outcome)| run.note_already(&intent, &outcome));
    }

    pub fn note(&self, note: Note) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
