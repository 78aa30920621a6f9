//! One thing that is counted: what was used of it, what is known of its limit, and how it comes back from a refusal.

use super::search::{Beyond, Leave, Refusal, Search};
use super::window::{Bucket, Log, Room, Window};
use crate::transport::Reason;

/// What is known of a limit.
#[derive(Debug)]
pub enum Bound {
    /// It is found out.
    Unknown(Search),
    /// It is published.
    Published(Published),
    Bucket(Bucket),
}

/// A published limit, as far as it holds here.
#[derive(Debug)]
pub struct Published {
    pub window: Window,
    /// The part of it that is left to us: less after a refusal, and slowly more again.
    share: f64,
    shared_at: f64,
}

/// The least part of a published limit that is ever tried.
const LEAST_SHARE: f64 = 0.5;

impl Published {
    pub fn new(window: Window) -> Published {
        Published { window, share: 1.0, shared_at: 0.0 }
    }

    fn now(&self, now: f64) -> Window {
        if self.share >= 1.0 {
            return self.window;
        }
        let back = 0.05 * (now - self.shared_at).max(0.0) / self.window.seconds;
        Window { most: (self.window.most * (self.share + back).min(1.0)).floor().max(1.0), ..self.window }
    }

    fn refused(&mut self, now: f64) {
        self.share = (self.now(now).most / self.window.most * 0.95).max(LEAST_SHARE);
        self.shared_at = now;
    }
}

/// Whether a call may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    Now(Option<Beyond>),
    At(f64, Reason),
    AfterAnswer,
    /// One call of several: something was refused, and one asks whether that has ended.
    Alone,
}

/// What a call under way holds of a meter.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub amount: f64,
    beyond: Option<Beyond>,
    /// After which refusal it was sent.
    era: u32,
}

/// How a call ended, for one meter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// It was accepted, and counts so much.
    Accepted(f64),
    /// It was refused because of this, for so long if the service says.
    Refused(Option<f64>),
    /// It was turned away for a while, for a reason that is no limit.
    TurnedAway(f64),
    /// It does not count: it was refused because of something else, or never sent.
    Uncounted,
    /// Nobody knows; it may count.
    Silent,
}

#[derive(Debug)]
pub struct Meter {
    pub log: Log,
    pub bound: Bound,
    pub under_way: f64,
    not_before: f64,
    /// A refusal was not followed by anything accepted yet: one call at a time.
    doubted: bool,
    /// Calls under way that were sent since.
    probes: u32,
    era: u32,
    in_a_row: u32,
}

impl Meter {
    pub fn new(bound: Bound) -> Meter {
        Meter {
            log: Log::default(),
            bound,
            under_way: 0.0,
            not_before: f64::NEG_INFINITY,
            doubted: false,
            probes: 0,
            era: 0,
            in_a_row: 0,
        }
    }

    pub fn turn(&mut self, now: f64, amount: f64) -> Turn {
        if now < self.not_before {
            return Turn::At(self.not_before, Reason::Held);
        }
        if self.doubted && self.probes > 0 {
            return Turn::AfterAnswer;
        }
        let room = match &mut self.bound {
            Bound::Unknown(search) => match search.leave(&self.log, self.under_way, now, amount) {
                Leave::Now(beyond) => return Turn::Now(beyond),
                Leave::At(at) => Room::At(at),
                Leave::AfterAnswer => Room::AfterAnswer,
            },
            Bound::Published(published) => published.now(now).room(&self.log, self.under_way, now, amount),
            Bound::Bucket(bucket) => bucket.room(now, amount),
        };
        match room {
            Room::Now => Turn::Now(None),
            Room::At(at) => Turn::At(at, Reason::Paced),
            Room::AfterAnswer => Turn::AfterAnswer,
        }
    }

    pub fn begin(&mut self, now: f64, amount: f64, beyond: Option<Beyond>) -> Part {
        self.under_way += amount;
        self.probes += 1;
        if let Bound::Bucket(bucket) = &mut self.bound {
            bucket.take(now, amount);
        }
        Part { amount, beyond, era: self.era }
    }

    /// A call ended. `spread` from 0 to 1 keeps several askers apart.
    pub fn end(&mut self, part: &Part, sent: f64, now: f64, ending: Ending, spread: f64) {
        self.under_way = (self.under_way - part.amount).max(0.0);
        let current = part.era == self.era;
        if current {
            self.probes = self.probes.saturating_sub(1);
        }
        match ending {
            Ending::Accepted(amount) => {
                if current {
                    if let Bound::Unknown(search) = &mut self.bound {
                        search.accepted(&self.log, sent, now, part.beyond);
                    }
                    (self.doubted, self.in_a_row) = (false, 0);
                }
                self.log.add(self.counts_from(sent, now), amount);
            }
            Ending::Silent => self.log.add(now, part.amount),
            Ending::Uncounted => {
                if let Bound::Bucket(bucket) = &mut self.bound {
                    bucket.take(now, -part.amount);
                }
            }
            Ending::TurnedAway(after) => {
                self.hold(now + after);
                if current {
                    self.doubt();
                }
            }
            // It was sent before the refusal that is known already, and says no more than that one.
            Ending::Refused(after) if !current => {
                if let Some(after) = after {
                    self.hold(now + after);
                }
            }
            Ending::Refused(after) => {
                self.doubt();
                self.in_a_row += 1;
                let told = after.unwrap_or_else(|| {
                    f64::from(1_u32 << self.in_a_row.min(6)).min(60.0) * (0.5 + spread / 2.0)
                });
                let next = match &mut self.bound {
                    Bound::Unknown(search) => {
                        let (beyond, in_a_row) = (part.beyond, self.in_a_row);
                        let refusal = Refusal { now, after, beyond, in_a_row, spread };
                        search.refused(&self.log, self.under_way, refusal)
                    }
                    Bound::Published(published) => {
                        published.refused(now);
                        now + told
                    }
                    Bound::Bucket(bucket) => {
                        bucket.empty(now);
                        now + told
                    }
                };
                self.hold(next);
            }
        }
    }

    pub fn hold(&mut self, until: f64) {
        self.not_before = self.not_before.max(until);
    }

    fn doubt(&mut self) {
        self.doubted = true;
        self.era = self.era.wrapping_add(1);
        self.probes = 0;
    }

    /// The service counts a call at some moment between its sending and its answer. The later is the safer, but where the
    /// window is short, slow answers must not cost much of it.
    fn counts_from(&self, sent: f64, now: f64) -> f64 {
        match &self.bound {
            Bound::Published(published) => now.min(sent + published.window.seconds / 10.0),
            _ => now,
        }
    }

    pub fn is_doubted(&self) -> bool {
        self.doubted
    }

    pub fn not_before(&self) -> f64 {
        self.not_before
    }
}
