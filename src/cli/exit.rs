//! Exit codes.

use crate::problem::{Kind, Problem};
use crate::runs::bulk::Tally;

/// What the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Script,
    Usage,
    /// Sign-in, permission or allowance.
    Refused,
    RowsFailed,
    /// Stopped by a guard, a refusal or the tenant; resumable.
    Stopped,
    Interrupted,
    /// The script's own: `exit(7)`.
    Own(u8),
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Script => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::RowsFailed => 4,
            Exit::Stopped => 5,
            Exit::Interrupted => 130,
            Exit::Own(code) => code,
        }
    }

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
