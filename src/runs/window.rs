//! Until when a run may begin something new: `--until`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::session::Session;
use super::write::UNCONFIRMED;
use crate::problem::{Kind, Problem, Result};

/// The end of a window. What is in flight then is finished; no row and no effect is begun after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until(Timestamp);

impl Until {
    pub fn new(end: Timestamp) -> Until {
        Until(end)
    }

    pub fn is_over(self, now: Timestamp) -> bool {
        now >= self.0
    }

    /// What a row or an effect is told that comes too late.
    pub fn problem(self) -> Problem {
        let end = self.0.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M");
        Problem::new(Kind::Stopped, format!("{OVER} {end}")).hint("the rest can be done in the next window")
    }
}

const OVER: &str = "the window is over: nothing new is begun from";

impl Session {
    /// Refuses what would begin after the window, or what no event could tell of. By this machine's clock,
    /// whatever the tenant's says: it is people's hours that are meant.
    pub(super) fn may_begin(&self) -> Result<()> {
        self.events_go_on()?;
        match self.policy.until {
            Some(until) if self.plan.is_none() && until.is_over(self.clock.on_the_wall()) => {
                Err(until.problem())
            }
            _ => Ok(()),
        }
    }

    /// Why a bulk ends, from what its row ran into: that this very row was looked up when Ctrl-C came says nothing.
    pub(super) fn ends_for(&self, problem: &Problem) -> Problem {
        match problem.kind {
            Kind::Interrupted => Problem::interrupted(),
            _ => problem.clone(),
        }
    }

    /// Whether a row that ended so is still to be done, rather than failed: Ctrl-C, a no, or the end of the window
    /// came before it was through.
    pub(super) fn puts_off(&self, problem: &Problem) -> bool {
        match problem.kind {
            Kind::Interrupted => true,
            Kind::Stopped => problem.message.starts_with(OVER) || problem.message.ends_with(UNCONFIRMED),
            // Cut off while it was sent; a resume finds out what came of it.
            Kind::UnknownOutcome => self.cancel.is_cancelled(),
            _ => false,
        }
    }
}
