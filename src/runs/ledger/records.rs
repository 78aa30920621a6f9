//! What the ledger keeps: runs, effects and rows, as callers hand them in and get them back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::Address;

/// Small numbers in the file, words everywhere else. The numbers are the format: never reuse one.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            pub(super) fn code(self) -> u8 {
                match self { $($name::$variant => $number,)* }
            }

            pub(super) fn from_code(code: u8) -> Option<Self> {
                match code { $($number => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.word())
            }
        }
    };
}

words! {
    /// What an entry of the chain tells of.
    Kind {
        Start = 1 "start",
        Intent = 2 "intent",
        Outcome = 3 "outcome",
        Row = 4 "row",
        End = 5 "end",
        Resume = 6 "resume",
        /// Values of earlier entries were erased.
        Forget = 7 "forget",
    }
}

words! {
    /// What came of an effect.
    Status {
        Done = 1 "done",
        /// Nothing was sent: it was so already.
        Already = 2 "already",
        Changed = 3 "changed",
        Failed = 4 "failed",
        /// Sent, and not known whether it happened.
        Unknown = 5 "unknown",
    }
}

words! {
    RowStatus {
        Done = 1 "done",
        Failed = 2 "failed",
        Skipped = 3 "skipped",
    }
}

words! {
    RunState {
        Running = 1 "running",
        Done = 2 "done",
        Failed = 3 "failed",
        Stopped = 4 "stopped",
        /// Ended without a word, or by Ctrl-C.
        Interrupted = 5 "interrupted",
    }
}

/// A run as it begins. `Default` is there for the fields that most runs leave empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RunStart {
    #[serde(skip)]
    pub at: Timestamp,
    pub script: String,
    pub script_hash: String,
    pub args: Vec<String>,
    pub inputs: Vec<Input>,
    pub tenant_id: String,
    pub tenant_domain: String,
    pub operator: String,
    pub usher_version: String,
    /// Where it was started: what relative paths are relative to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// The text of a run that has no file, as with `-e`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The run that this one takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// The hash of the plan that this run carries out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// A file that a run reads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Input {
    pub path: String,
    pub hash: String,
}

/// A run taken up again; the script may have been corrected in between.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Resumption {
    #[serde(skip)]
    pub at: Timestamp,
    pub script_hash: String,
    pub inputs: Vec<Input>,
    pub operator: String,
    pub usher_version: String,
}

/// One service write, before it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    #[serde(skip)]
    pub at: Timestamp,
    #[serde(flatten)]
    pub address: Address,
    /// Whom or what it is done to, as a person would say it.
    pub target: String,
    /// What was there before: what an undo goes back to.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// The other writes of the same call, where there are any: their parts, this one's among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<u32>,
    /// How it is taken back, as far as that is known before it is done; an outcome that knows better says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// What came of an intent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    #[serde(skip)]
    pub at: Timestamp,
    pub status: Status,
    /// What the verb gives back, or the error as a map.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// Ids of objects that did not exist before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub created: Vec<String>,
    /// Ids of objects that are no longer there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// What the call gave back, said with the last of its writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// How it is taken back, where the intent did not say just this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
    /// What of it lasts, whatever is taken back: a mail that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<String>,
    /// Why nothing was to be done: "already a member".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_request_ids: Vec<String>,
}

impl Outcome {
    pub fn new(at: Timestamp, status: Status, output: Value) -> Outcome {
        Outcome {
            at,
            status,
            output,
            created: vec![],
            removed: vec![],
            result: None,
            undo: None,
            lasting: None,
            note: None,
            request_ids: vec![],
            client_request_ids: vec![],
        }
    }
}

/// How an effect is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Undo {
    /// By a verb with these arguments.
    Call { verb: String, arguments: Value },
    /// Not at all, and why.
    Impossible(String),
}

/// A row of a `bulk` that is through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowEnd {
    #[serde(skip)]
    pub at: Timestamp,
    pub bulk: u32,
    #[serde(rename = "row")]
    pub key: String,
    /// Where the row stands in its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    pub status: RowStatus,
    pub attempts: u32,
    /// What the closure gave, the reason it was skipped for, or the error.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub result: Value,
    /// Verb, target and outcome of each effect.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub effects: Value,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Counts {
    pub rows: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub skipped: u64,
    pub not_attempted: u64,
    pub effects: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RunEnd {
    pub counts: Counts,
}

/// Which values were erased, by their entries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Erasure {
    pub erased: Vec<u32>,
}

/// Names an effect within its run: the number of its intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct EffectId(pub u32);

/// What is known of an effect without reading its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    pub effect: EffectId,
    /// `None`: intended, and no word since.
    pub status: Option<Status>,
    /// The entry of the outcome; 0 where there is none.
    pub(super) outcome: u32,
}

/// An effect with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRecord {
    pub id: EffectId,
    /// `None`: erased.
    pub intent: Option<Intent>,
    pub status: Option<Status>,
    /// `None`: no outcome yet, or erased.
    pub outcome: Option<Outcome>,
}

/// A run as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    pub id: String,
    /// Short and easy to type: the day and six letters.
    pub name: String,
    /// A run that no process holds and that never ended is `Interrupted`.
    pub state: RunState,
    pub started: Timestamp,
    #[serde(flatten)]
    pub start: RunStart,
    pub ended: Option<Timestamp>,
    /// As given at the end; counted from the entries when there was none.
    pub counts: Counts,
    /// The last hash of the chain.
    pub head: String,
}

/// One entry of a run's chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    pub seq: u32,
    pub kind: Kind,
    pub at: Timestamp,
    /// The intent that an outcome belongs to.
    pub of: Option<EffectId>,
    /// The outcome's, the row's or the run's status, in words.
    pub status: Option<&'static str>,
    /// `None`: erased.
    pub value: Option<Value>,
    /// Goes before the value in its digest; erased with it.
    pub salt: Option<String>,
    /// What the chain has in the value's place.
    pub digest: String,
    pub hash: String,
}
