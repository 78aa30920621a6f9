//! Finding a limit that nobody published, by running into it as rarely as possible.
//!
//! The first refusal shows that there is one. One call at a time then asks when there is room again, at the moments at
//! which limits over round times would have some; that tells how long the time is, and the memory of what was accepted
//! how much fits into it. From then on the limit is kept to, and now and then a single call looks whether it has moved.

use super::window::{Log, Room, Window};

/// Times over which services count.
const TIMES: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 150.0, 300.0, 600.0];
/// How long to wait at least after a refusal that says nothing; doubled with each.
const FIRST_WAIT: f64 = 1.0;
const LONGEST_WAIT: f64 = 60.0;
/// Fewer calls than these before a refusal say nothing about a limit.
const TELLING: f64 = 4.0;
/// A time that is known as exactly as this is known well enough.
const EXACT: f64 = 0.95;

/// What is known of a limit.
#[derive(Debug, Default)]
pub enum Search {
    /// Nothing was ever refused.
    #[default]
    Idle,
    Looking(Looking),
    Found(Found),
}

/// Calls are being refused; one at a time asks when that ends.
#[derive(Debug)]
pub struct Looking {
    refused_at: f64,
    /// When a call was last refused.
    failed_at: f64,
    /// How often one was refused since.
    failures: u32,
    /// The service says when to come back.
    told: bool,
}

/// A limit as far as it is known.
#[derive(Debug)]
pub struct Found {
    pub window: Window,
    /// A time that is too short.
    too_short: f64,
    /// Calls beyond the limit are tried from then on, one at a time.
    try_at: f64,
    /// How many windows to wait after the next one that is refused.
    patience: f64,
    /// How many went well in a row.
    went_well: u32,
    shortened: bool,
    /// The time before it was last shortened, and until when that is on trial.
    longer: Option<(f64, f64)>,
}

/// A call that goes beyond what is known to be allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beyond {
    /// One more than fit so far.
    Amount,
    /// As many, in less time.
    Sooner(f64),
}

/// A call that was refused.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    pub now: f64,
    /// For how long, if the service says.
    pub after: Option<f64>,
    pub beyond: Option<Beyond>,
    /// How many were, without one that was accepted in between.
    pub in_a_row: u32,
    /// From 0 to 1: keeps several askers apart.
    pub spread: f64,
}

/// What a call may do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leave {
    Now(Option<Beyond>),
    At(f64),
    AfterAnswer,
}

impl Search {
    pub fn leave(&self, log: &Log, under_way: f64, now: f64, amount: f64) -> Leave {
        let Search::Found(found) = self else { return Leave::Now(None) };
        let at = match found.window.room(log, under_way, now, amount) {
            // A shorter time is on trial: what fits only by it goes alone.
            Room::Now if under_way > 0.0 && found.is_on_trial(log, under_way, now, amount) => {
                return Leave::AfterAnswer;
            }
            Room::Now => return Leave::Now(None),
            Room::AfterAnswer => return Leave::AfterAnswer,
            Room::At(at) => at,
        };
        // What goes beyond goes alone, so that no more than one is refused.
        if under_way > 0.0 {
            return Leave::At(at);
        }
        if now >= found.try_at && found.fullness(log, now) >= 0.9 {
            return Leave::Now(Some(Beyond::Amount));
        }
        let at = if found.try_at > now { at.min(found.try_at) } else { at };
        let Some(seconds) = found.sooner() else { return Leave::At(at) };
        match (Window { seconds, ..found.window }).room(log, 0.0, now, amount) {
            Room::Now => Leave::Now(Some(Beyond::Sooner(seconds))),
            Room::At(sooner) => Leave::At(at.min(sooner)),
            Room::AfterAnswer => Leave::At(at),
        }
    }

    /// A call was refused; when the next may go.
    pub fn refused(&mut self, log: &Log, under_way: f64, refusal: Refusal) -> f64 {
        let Refusal { now, after, beyond, in_a_row, spread } = refusal;
        match self {
            Search::Idle => self.look(log, now, after, spread),
            Search::Looking(looking) => {
                looking.failed_at = now;
                looking.failures += 1;
                looking.told |= after.is_some();
                after.map_or_else(|| looking.next(log, now, spread), |after| now + after)
            }
            // The limit was kept to, again and again, and is not the right one.
            Search::Found(_) if beyond.is_none() && in_a_row > 3 => self.look(log, now, after, spread),
            Search::Found(found) => {
                found.narrow(log, under_way, now, beyond);
                let wait = match (beyond, after) {
                    (_, Some(after)) => after,
                    // What is known is still true.
                    (Some(_), None) => 0.0,
                    // It was hardly over; the wait grows while that does not help.
                    (None, None) => {
                        let part = found.window.seconds / 20.0 * f64::from(1_u32 << in_a_row.min(10));
                        part.min(backed_off(in_a_row, spread))
                    }
                };
                now + wait
            }
        }
    }

    fn look(&mut self, log: &Log, now: f64, after: Option<f64>, spread: f64) -> f64 {
        let looking = Looking { refused_at: now, failed_at: now, failures: 0, told: after.is_some() };
        let next = after.map_or_else(|| looking.next(log, now, spread), |after| now + after);
        *self = Search::Looking(looking);
        next
    }

    /// A call that was sent then was accepted, and is not in the log yet.
    pub fn accepted(&mut self, log: &Log, sent: f64, now: f64, beyond: Option<Beyond>) {
        match self {
            Search::Idle => {}
            Search::Looking(looking) => {
                *self = looking.concluded(log, sent, now).map_or(Search::Idle, Search::Found);
            }
            Search::Found(found) => match beyond {
                None => {}
                Some(Beyond::Amount) => found.widen(log, now),
                Some(Beyond::Sooner(seconds)) => {
                    found.longer = Some((found.window.seconds, now + found.window.seconds));
                    found.window.seconds = seconds;
                    found.shortened = true;
                }
            },
        }
    }

    #[cfg(test)]
    pub fn found(&self) -> Option<Window> {
        match self {
            Search::Found(found) => Some(found.window),
            _ => None,
        }
    }
}

fn backed_off(times: u32, spread: f64) -> f64 {
    (FIRST_WAIT * f64::from(1_u32 << times.min(10))).min(LONGEST_WAIT) * (0.75 + spread / 2.0)
}

impl Looking {
    /// When there would be room, if the limit were over each of the round times.
    fn rooms<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = (f64, f64)> + 'a {
        TIMES.iter().filter_map(|seconds| {
            let first = log.first_after(self.refused_at - seconds)?;
            (first <= self.refused_at).then_some((*seconds, first + seconds))
        })
    }

    /// When to ask next.
    fn next(&self, log: &Log, now: f64, spread: f64) -> f64 {
        let patient = backed_off(self.failures, spread);
        let later =
            |earliest: f64| self.rooms(log).map(|(_, room)| room).filter(move |room| *room > earliest);
        // A guess at the time is a better reason to ask than that some time has passed.
        let earliest = now + if later(now).next().is_some() { patient / 4.0 } else { patient };
        if self.rooms(log).any(|(_, room)| room > self.failed_at && room <= earliest) {
            return earliest;
        }
        let next = later(earliest).fold(f64::INFINITY, f64::min);
        // Further away than anybody would wait for a guess.
        if !next.is_finite() || next - now > (1.5 * LONGEST_WAIT).max(5.0 * patient) {
            return now + patient;
        }
        next + (next - now) * 0.02 * spread
    }

    fn concluded(&self, log: &Log, sent: f64, now: f64) -> Option<Found> {
        let waited = sent - self.refused_at;
        let round = || TIMES.into_iter().find(|seconds| *seconds >= waited).unwrap_or(waited);
        let seconds = if self.told {
            // What the service says is rounded up.
            let nearest =
                self.rooms(log).min_by(|(_, a), (_, b)| (a - sent).abs().total_cmp(&(b - sent).abs()));
            nearest
                .filter(|(_, room)| (room - sent).abs() <= 1.0_f64.max(0.3 * waited))
                .map(|(seconds, _)| seconds)
        } else {
            self.rooms(log)
                .find(|(_, room)| *room > self.failed_at && *room <= sent)
                .map(|(seconds, _)| seconds)
        };
        let told = self.told && seconds.is_some();
        let seconds = seconds.unwrap_or_else(round);
        let most = log.total() - log.until(self.refused_at - seconds);
        if most < TELLING {
            // So little cannot have been too much: the service was busy with others.
            return None;
        }
        let too_short = match log.first_after(self.refused_at - seconds) {
            // What the service says and what is round agree.
            _ if told => seconds * EXACT,
            Some(first) => self.failed_at - first,
            None => 0.0,
        };
        Some(Found {
            window: Window { most, seconds },
            too_short: too_short.clamp(0.0, seconds),
            // A service that says when to come back has said most of it already.
            try_at: if self.told { now + 4.0 * seconds } else { now },
            patience: if self.told { 16.0 } else { 1.0 },
            went_well: 0,
            shortened: false,
            longer: None,
        })
    }
}

impl Found {
    fn is_on_trial(&self, log: &Log, under_way: f64, now: f64, amount: f64) -> bool {
        self.longer.is_some_and(|(seconds, until)| {
            let before = Window { seconds, ..self.window };
            now < until && before.room(log, under_way, now, amount) != Room::Now
        })
    }

    /// How much of what fits was used within a time that is surely counted.
    fn fullness(&self, log: &Log, now: f64) -> f64 {
        log.used(now, self.too_short.max(self.window.seconds / 2.0)) / self.window.most
    }

    /// A shorter time that is worth trying.
    fn sooner(&self) -> Option<f64> {
        let seconds = self.window.seconds;
        let sooner = if self.shortened {
            f64::midpoint(self.too_short, seconds).max(seconds / 2.0)
        } else {
            seconds * EXACT
        };
        (self.too_short < seconds * EXACT * 0.99 && sooner > self.too_short).then_some(sooner)
    }

    /// One more went well. The first steps are small.
    fn widen(&mut self, log: &Log, now: f64) {
        if self.fullness(log, now) < 1.0 - 0.5 / self.window.most {
            // Something may have been forgotten meanwhile: this says little.
            self.window.most += 1.0;
            self.try_at = now + self.window.seconds * self.patience;
            return;
        }
        self.went_well += 1;
        self.window.most += if self.went_well > 3 { (self.window.most * 0.1).floor().max(1.0) } else { 1.0 };
    }

    fn narrow(&mut self, log: &Log, under_way: f64, now: f64, beyond: Option<Beyond>) {
        self.went_well = 0;
        if let Some(Beyond::Sooner(seconds)) = beyond {
            self.too_short = self.too_short.max(seconds);
            return;
        }
        self.try_at = now + self.window.seconds * self.patience;
        self.patience = (self.patience * 2.0).min(64.0);
        if beyond.is_some() {
            return;
        }
        // The time was shortened too early.
        if let Some((longer, on_trial)) = self.longer.take()
            && now < on_trial
        {
            self.too_short = self.too_short.max(self.window.seconds);
            self.window.seconds = longer;
            return;
        }
        let used = log.used(now, self.window.seconds) + under_way;
        self.window.most = used.min(self.window.most - 1.0).floor().max(1.0);
    }
}
