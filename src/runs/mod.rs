//! What happens to a write between the script and the service: preview, guard, confirmation, ledger; and bulk, many rows at once.

pub mod bulk;
mod call;
pub mod context;
pub mod effect;
pub mod events;
pub mod filter;
mod late;
pub mod ledger;
mod made;
pub mod plan;
pub mod policy;
pub mod reader;
pub mod resume;
pub mod saved;
pub mod session;
mod slots;
pub mod undo;
mod unseen;
pub mod window;
pub mod write;

use crate::problem::{Kind, Problem};

/// What the ledger says when it cannot write or read.
pub fn ledger_problem(error: ledger::Error) -> Problem {
    let hint = error.hint();
    let problem = Problem::new(Kind::Stopped, error.to_string()).doing("keeping the ledger");
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}
