//! How fast each service is called: up to its limits where they are known, and otherwise until it says that it is too much.
//!
//! | file | what is in it |
//! |---|---|
//! | `limits` | the published limits, and what a call counts as |
//! | `window` | the arithmetic of windows and buckets |
//! | `search` | finding a limit that is not published |
//! | `meter` | one thing that is counted, and how it comes back from a refusal |
//! | `width` | how many calls are under way at once |
//! | `signals` | what services write beside their answers |
//! | `board` | all of these together: who may go next |
//! | `estimate` | how long so many calls will take |

mod board;
mod estimate;
mod limits;
mod meter;
mod search;
mod signals;
#[cfg(test)]
mod simulated;
mod width;
mod window;

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use uuid::Uuid;

use super::Time;
use super::waits::{Counted as Shown, Reason, Waiting, Waits};
use board::{Board, Ticket};
use meter::Turn;

pub use estimate::{Load, estimate};
pub use limits::{Limits, Workload};

pub(super) use board::Lesson;
pub(super) use limits::Item;
pub(super) use signals::Signals;

/// The pace of one tenant's services; clones share it.
#[derive(Debug, Clone)]
pub struct Pace(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    board: Mutex<Board>,
    /// Something was answered, so that there may be room.
    changed: Notify,
    /// One line for each workload: whoever is first waits for room, the others for it.
    lines: Vec<tokio::sync::Mutex<()>>,
    limits: Limits,
    time: Time,
    started: Instant,
}

/// The right to have one request under way; dropped without a lesson, it makes room for the next and teaches nothing.
#[derive(Debug)]
pub(super) struct Permit {
    pace: Pace,
    ticket: Option<Ticket>,
}

impl Permit {
    /// Takes in what the request showed, item by item: after how long each may be sent again.
    pub fn learned(mut self, lessons: &[(Lesson, Signals)]) -> Vec<Duration> {
        let Some(ticket) = self.ticket.take() else { return Vec::new() };
        self.pace.ended(ticket, lessons)
    }
}

impl Permit {
    /// Nothing was sent: nothing is counted.
    pub fn unused(mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let lessons = vec![(Lesson::Unused, Signals::default()); ticket.items()];
        self.pace.ended(ticket, &lessons);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.pace.ended(ticket, &[]);
        }
    }
}

impl Pace {
    pub(super) fn new(limits: Limits, time: Time) -> Pace {
        Pace(Arc::new(Shared {
            board: Mutex::new(Board::new(limits, chance)),
            changed: Notify::new(),
            lines: Workload::ALL.iter().map(|_| tokio::sync::Mutex::default()).collect(),
            limits,
            time,
            started: Instant::now(),
        }))
    }

    /// Waits for its turn. Time spent because of a limit is shown; waiting for other calls is not.
    /// `again` says that the service refused this very request before. Nothing comes of several items of which only one
    /// may go.
    pub(super) async fn enter(
        &self,
        lane: Workload,
        items: &[Item],
        again: bool,
        waits: &Waits,
    ) -> Option<Permit> {
        let _first = self.0.lines[lane as usize].lock().await;
        let mut shown: Option<(Reason, f64, Shown<'_>)> = None;
        loop {
            // In line before looking, so that room that comes free in between is not missed.
            let mut changed = pin!(self.0.changed.notified());
            changed.as_mut().enable();
            let now = self.seconds();
            let turn = self.board().enter(now, lane, items);
            match turn {
                Ok(ticket) => return Some(Permit { pace: self.clone(), ticket: Some(ticket) }),
                Err(Turn::Alone) => return None,
                Err(Turn::At(at, reason)) => {
                    let reason = if again && reason == Reason::Held { Reason::Throttled } else { reason };
                    let duration = self.really(at - now);
                    let told = shown.as_ref().is_some_and(|(before, until, _)| {
                        *before == reason && at <= *until + 0.1 * (at - now)
                    });
                    if !told {
                        let meant = self.0.time.meant(duration);
                        let waiting = Waiting { service: lane.service(), duration: meant, reason };
                        shown = Some((reason, at, waits.begin(waiting)));
                    }
                    tokio::select! {
                        () = tokio::time::sleep(duration) => {}
                        () = changed => {}
                    }
                }
                Err(_) => {
                    shown = None;
                    changed.await;
                }
            }
        }
    }

    fn ended(&self, ticket: Ticket, lessons: &[(Lesson, Signals)]) -> Vec<Duration> {
        let now = self.seconds();
        let moments = self.board().leave(now, ticket, lessons);
        self.0.changed.notify_waiters();
        moments.into_iter().map(|at| self.0.time.meant(self.really(at - now))).collect()
    }

    /// How many calls may be under way at once just now.
    pub fn width(&self, workload: Workload) -> usize {
        self.board().width(workload)
    }

    /// Which limits were known from the start.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The first invitations from now on go one by one: the first ten three seconds apart, twenty more a second apart.
    /// Microsoft blocks tenants whose first invitations look like abuse, and only its support lifts that.
    pub fn careful_invitations(&self) {
        self.board().careful_invitations();
    }

    /// Whether invitations still go one by one.
    pub fn is_careful(&self) -> bool {
        self.board().is_careful()
    }

    /// A wait that a service asked for, in its own seconds as the limits count them.
    pub(super) fn by_its_clock(&self, after: Duration) -> f64 {
        after.as_secs_f64() * f64::from(self.0.limits.clock_rate)
    }

    /// Seconds since the start by the service's clock.
    fn seconds(&self) -> f64 {
        self.by_its_clock(self.0.time.meant(self.0.started.elapsed()))
    }

    fn really(&self, seconds: f64) -> Duration {
        let seconds = seconds.max(0.0) / f64::from(self.0.limits.clock_rate);
        self.0.time.really(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From 0 to 1, so that several askers do not come back together.
fn chance() -> f64 {
    f64::from(Uuid::new_v4().as_u128() as u32) / f64::from(u32::MAX)
}
