//! An effect: exactly one write to a service, with what has to be known before and after it.

use async_trait::async_trait;
use serde_json::Value;

use super::reader::Reader;
use super::write::{Permit, Writer};
use crate::identity::Service;
use crate::problem::Result;

/// What a write does to its target, in the words of a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    Create,
    Change,
    Add,
    TakeAway,
    Remove,
}

impl Action {
    /// "would create", "would change".
    pub fn infinitive(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Change => "change",
            Action::Add => "add",
            Action::TakeAway => "take away",
            Action::Remove => "remove",
        }
    }
}

/// What came of an effect.
#[derive(Debug)]
pub struct Applied {
    pub output: Value,
    pub request_id: Option<String>,
    /// The service said that this was so already.
    pub already: bool,
}

impl Applied {
    pub fn done(reply: crate::transport::Reply) -> Applied {
        Applied { output: reply.body, request_id: reply.request_id, already: false }
    }

    pub fn already() -> Applied {
        Applied { output: Value::Null, request_id: None, already: true }
    }
}

/// Whether a write that was sent has happened, found out by reading.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    Done(Value),
    NotDone,
    Unknown,
}

/// How an effect is taken back: a verb with its arguments, or why it cannot be.
#[derive(Clone, Debug)]
pub enum Undo {
    Call { verb: &'static str, arguments: Value },
    Impossible(&'static str),
}

impl From<Undo> for super::ledger::Undo {
    fn from(undo: Undo) -> super::ledger::Undo {
        match undo {
            Undo::Call { verb, arguments } => super::ledger::Undo::Call { verb: verb.to_owned(), arguments },
            Undo::Impossible(why) => super::ledger::Undo::Impossible(why.to_owned()),
        }
    }
}

/// A collection of a tenant, as previews keep track of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    Users,
    Groups,
    Contacts,
    DirectoryRoles,
    AzureRoles,
    Skus,
    /// The bin.
    DeletedUsers,
}

/// What a write would make true: later reads of a preview are answered through these.
#[derive(Clone, Debug)]
pub enum Fact {
    Exists {
        collection: Collection,
        object: Value,
    },
    Changed {
        collection: Collection,
        id: String,
        patch: Value,
    },
    Gone {
        collection: Collection,
        id: String,
    },
    Linked {
        collection: Collection,
        id: String,
        relation: &'static str,
        object: Value,
    },
    Unlinked {
        collection: Collection,
        id: String,
        relation: &'static str,
        other: String,
    },
    /// Seats of a licence taken (or given back, when negative).
    Seats {
        sku: String,
        taken: i64,
    },
}

/// One write.
#[async_trait]
pub trait Effect: Send + Sync {
    /// What is being done, for messages: "inviting `ann@fabrikam.example`".
    fn doing(&self) -> String;
    fn action(&self) -> Action;
    /// What is acted on, for people: `ann@fabrikam.example`, `Helpdesk administrators`.
    fn target(&self) -> String;
    /// What the target looked like before, as far as this write touches it.
    fn before(&self) -> Value {
        Value::Null
    }
    /// What it costs, said before it is done.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
    /// Which of its call's writes this is, the same whenever the call is made again.
    fn part(&self) -> u32 {
        0
    }
    /// Which service it is sent to, so that a preview can say how long the pacing will take.
    fn service(&self) -> Service {
        Service::Graph
    }
    /// Whether this takes an object out of the tenant (memberships and assignments do not count).
    fn removes_an_object(&self) -> bool {
        false
    }
    /// Sends it. `earlier` holds the outputs of the same verb's earlier effects.
    async fn apply(&self, permit: &Permit, tenant: &Writer, earlier: &[Value]) -> Result<Applied>;
    /// Finds out by reading whether it happened.
    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened>;
    /// What a service says of a write only in the answer to it, for one that turned out done though its answer was lost: asked
    /// for in a way that changes nothing.
    async fn asked_again(&self, _: &Permit, _: &Writer, found: Value) -> Result<Value> {
        Ok(found)
    }
    fn undo(&self, output: &Value) -> Undo;
    /// What of it cannot be taken back by any undo: a mail that was sent.
    fn lasting(&self) -> Option<String> {
        None
    }
    /// What the service said against it, where an output tells of a refusal that is no error of the call: a request of a
    /// `$batch`.
    fn refused(&self, _output: &Value) -> Option<String> {
        None
    }
    /// What stands in for the output in a preview; its id is the effect's address.
    fn placeholder(&self, _address: &str, _earlier: &[Value]) -> Value {
        Value::Null
    }
    /// What is true once it is done.
    fn facts(&self, output: &Value, earlier: &[Value]) -> Vec<Fact>;
}

/// What a verb gives back, from the outputs of its effects.
pub type Finish = Box<dyn FnOnce(Vec<Value>) -> Value + Send>;

/// What is left to do once a verb has looked.
pub enum Step {
    /// It only read after all: here is what it read.
    Read(Value),
    /// Nothing: here is the output, and why ("already a guest").
    Done { output: Value, target: String, note: String },
    /// One or more writes, in this order.
    Do { effects: Vec<Box<dyn Effect>>, finish: Finish, notes: Vec<String> },
}

impl Step {
    pub fn done(output: Value, target: impl Into<String>, note: impl Into<String>) -> Step {
        Step::Done { output, target: target.into(), note: note.into() }
    }

    /// A single effect whose output is the verb's.
    pub fn one(effect: impl Effect + 'static) -> Step {
        Step::Do {
            effects: vec![Box::new(effect)],
            finish: Box::new(|mut outputs| outputs.pop().unwrap_or_default()),
            notes: Vec::new(),
        }
    }

    /// A single effect; the verb gives back something made from its output.
    pub fn one_then(
        effect: impl Effect + 'static,
        finish: impl FnOnce(Value) -> Value + Send + 'static,
    ) -> Step {
        Step::Do {
            effects: vec![Box::new(effect)],
            finish: Box::new(move |mut outputs| finish(outputs.pop().unwrap_or_default())),
            notes: Vec::new(),
        }
    }
}

/// Whether an id stands for something a preview would have made.
pub fn is_placeholder(id: &str) -> bool {
    id.starts_with(PLACEHOLDER)
}

/// How the id of a placeholder begins; no service gives out such ids.
pub const PLACEHOLDER: &str = "planned:";
