//! Exit codes.

use crate::problem::{Kind, Problem};
use crate::runs::bulk::Tally;

/// What the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Script = 1,
    Usage = 2,
    /// Sign-in, permission or allowance.
    Refused = 3,
    RowsFailed = 4,
    /// Stopped by a guard, a refusal or the tenant; resumable.
    Stopped = 5,
    Interrupted = 130,
}

impl Exit {
    pub fn of(problem: &Problem) -> Exit {
        match problem.kind {
            Kind::NotAllowed | Kind::PermissionDenied | Kind::SignIn => Exit::Refused,
            Kind::Stopped => Exit::Stopped,
            Kind::Interrupted => Exit::Interrupted,
            _ => Exit::Script,
        }
    }

    /// A script that ended well may still have left rows behind.
    pub fn of_rows(tally: &Tally) -> Exit {
        match &tally.stopped {
            Some(problem) => match Exit::of(problem) {
                Exit::Script => Exit::Stopped,
                exit => exit,
            },
            None if tally.failed > 0 => Exit::RowsFailed,
            None => Exit::Done,
        }
    }
}
