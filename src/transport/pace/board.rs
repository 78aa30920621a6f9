//! Everything that is counted, and who may go next: the pacer without its waiting, so that tests can move its clock.

use std::collections::HashMap;

use super::limits::{
    AZURE_CHANGES, AZURE_READS, Counted, Item, Limits, PROTECTION, REPORTS, TENANT_WRITES, UNITS,
    UNITS_SECONDS, WRITES, Workload,
};
use super::meter::{Bound, Ending, Meter, Part, Published, Turn};
use super::search::Search;
use super::signals::{Blame, Signals};
use super::width::Width;
use super::window::{Bucket, Window};
use crate::transport::Reason;

/// A little is left in a bucket, for what is late on its way.
const BUCKET: f64 = 0.96;
/// Graph says how much is used from here on.
const SAID_FROM: f64 = 0.8;
/// The part of a window in which what we count is counted by the service as well, however late its answers are.
const SURELY: f64 = 0.85;
/// How far our account and the service's may be apart.
const APART: f64 = 0.05;

/// What an answer teaches. Times are by the service's clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Lesson {
    /// It was answered.
    Answered,
    /// It was too much; the service may say for how long.
    Throttled { after: Option<f64>, at_once: bool },
    /// The service is out of order for so long.
    TurnedAway(f64),
    /// Nothing is learned: no answer, or one that says nothing of the pace.
    #[default]
    Nothing,
    /// It was not sent.
    Unused,
}

/// The leave to send a request, with what it holds.
#[derive(Debug)]
pub struct Ticket {
    pub lane: Workload,
    pub sent: f64,
    items: Vec<Held>,
}

impl Ticket {
    pub fn items(&self) -> usize {
        self.items.len()
    }
}

#[derive(Debug)]
struct Held {
    workload: Workload,
    parts: Vec<(Counted, Part)>,
    /// Resource units that were surely counted before it.
    units_before: f64,
}

#[derive(Debug)]
pub struct Board {
    graph_published: bool,
    azure_published: bool,
    meters: HashMap<Counted, Meter>,
    lanes: Vec<Width>,
    careful: Option<Careful>,
    /// The size of the tenant, as an index of [`UNITS`].
    size: usize,
    /// A larger one was tried and refused.
    size_is_sure: bool,
    /// From 0 to 1.
    chance: fn() -> f64,
}

/// A slow start for invitations: Microsoft blocks tenants whose first ones look like abuse, and only its support lifts that.
#[derive(Debug, Clone, Copy)]
struct Careful {
    sent: u32,
    last: f64,
}

/// Seconds between the first invitations, and how many are that far apart.
const CAREFUL: [(u32, f64); 2] = [(10, 3.0), (30, 1.0)];

impl Careful {
    fn gap(self) -> Option<f64> {
        CAREFUL.iter().find(|(until, _)| self.sent < *until).map(|(_, gap)| *gap)
    }
}

impl Board {
    pub fn new(limits: Limits, chance: fn() -> f64) -> Board {
        Board {
            graph_published: limits.published,
            azure_published: limits.published,
            meters: HashMap::new(),
            lanes: Workload::ALL.iter().map(|workload| Width::new(workload.width())).collect(),
            careful: None,
            size: 0,
            size_is_sure: false,
            chance,
        }
    }

    pub fn careful_invitations(&mut self) {
        self.careful.get_or_insert(Careful { sent: 0, last: f64::NEG_INFINITY });
    }

    pub fn is_careful(&self) -> bool {
        self.careful.is_some_and(|careful| careful.gap().is_some())
    }

    pub fn width(&self, workload: Workload) -> usize {
        self.lanes[workload as usize].now()
    }

    /// Lets a request go, or says what it waits for.
    pub fn enter(&mut self, now: f64, lane: Workload, items: &[Item]) -> Result<Ticket, Turn> {
        if !self.lanes[lane as usize].has_room() {
            return Err(Turn::AfterAnswer);
        }
        if lane == Workload::Invitations
            && let Some(careful) = self.careful
            && let Some(gap) = careful.gap()
        {
            if self.lanes[lane as usize].inside > 0 {
                return Err(Turn::AfterAnswer);
            }
            if now < careful.last + gap {
                return Err(Turn::At(careful.last + gap, Reason::Paced));
            }
        }
        let mut latest: Option<(f64, Reason)> = None;
        let mut leaves = Vec::new();
        for (counted, amount) in sums(items) {
            let meter = self.meter(counted);
            if items.len() > 1 && meter.is_doubted() {
                return Err(Turn::Alone);
            }
            match meter.turn(now, amount) {
                Turn::Alone => return Err(Turn::Alone),
                Turn::Now(beyond) => leaves.push((counted.clone(), beyond)),
                Turn::AfterAnswer => return Err(Turn::AfterAnswer),
                Turn::At(at, reason) if latest.is_none_or(|(latest, _)| at > latest) => {
                    latest = Some((at, reason));
                }
                Turn::At(..) => {}
            }
        }
        if let Some((at, reason)) = latest {
            return Err(Turn::At(at, reason));
        }
        self.lanes[lane as usize].inside += 1;
        if lane == Workload::Invitations
            && let Some(careful) = &mut self.careful
        {
            (careful.sent, careful.last) = (careful.sent + 1, now);
        }
        let units_before = self.units_used(now);
        let held = items.iter().map(|item| {
            let parts = item.amounts.iter().map(|(counted, amount)| {
                let beyond =
                    leaves.iter().find(|(known, _)| known == counted).and_then(|(_, beyond)| *beyond);
                (counted.clone(), self.meter(counted).begin(now, *amount, beyond))
            });
            Held { workload: item.workload, parts: parts.collect(), units_before }
        });
        Ok(Ticket { lane, sent: now, items: held.collect() })
    }

    /// A request ended, with a lesson for each of its items. Gives the moment before which each is not to be sent again.
    pub fn leave(&mut self, now: f64, ticket: Ticket, lessons: &[(Lesson, Signals)]) -> Vec<f64> {
        let lane = &mut self.lanes[ticket.lane as usize];
        let mut answered = false;
        for (lesson, _) in lessons {
            match lesson {
                Lesson::Throttled { at_once, .. } => lane.refused(ticket.sent, now, *at_once),
                Lesson::TurnedAway(_) => lane.refused(ticket.sent, now, false),
                Lesson::Answered => answered = true,
                Lesson::Nothing | Lesson::Unused => {}
            }
        }
        if answered {
            lane.answered();
        }
        lane.inside = lane.inside.saturating_sub(1);
        let nothing = (Lesson::Nothing, Signals::default());
        let sent = ticket.sent;
        ticket
            .items
            .into_iter()
            .enumerate()
            .map(|(n, held)| {
                let (lesson, signals) = *lessons.get(n).unwrap_or(&nothing);
                self.item_ended(now, sent, &held, lesson, signals)
            })
            .collect()
    }

    fn item_ended(&mut self, now: f64, sent: f64, held: &Held, lesson: Lesson, signals: Signals) -> f64 {
        if lesson == Lesson::Answered {
            self.correct(now, held, signals);
        } else if signals.blames.is_some() {
            self.adopt_graph();
        }
        let blamed = blamed(held, signals);
        let spread = (self.chance)();
        let mut not_before = f64::NEG_INFINITY;
        for (counted, part) in &held.parts {
            let is_units = *counted == Counted::Units;
            let ending = match lesson {
                Lesson::Answered if is_units => Ending::Accepted(signals.units.unwrap_or(part.amount)),
                Lesson::Answered => Ending::Accepted(part.amount),
                Lesson::Throttled { at_once: true, after } if *counted == blamed => {
                    // Too many at once are no more than fits into a time; the width takes care of them.
                    Ending::TurnedAway(after.unwrap_or(1.0 + spread))
                }
                Lesson::Throttled { after, .. } if *counted == blamed => Ending::Refused(after),
                Lesson::TurnedAway(after) if *counted == Counted::Calls(held.workload) => {
                    Ending::TurnedAway(after)
                }
                // What was refused counts as use of resources all the same.
                Lesson::Throttled { .. } if is_units => Ending::Silent,
                Lesson::Throttled { .. } | Lesson::TurnedAway(_) | Lesson::Unused => Ending::Uncounted,
                Lesson::Nothing => Ending::Silent,
            };
            let refused = matches!(ending, Ending::Refused(_));
            let meter = self.meter(counted);
            meter.end(part, sent, now, ending, spread);
            if refused || matches!(ending, Ending::TurnedAway(_)) {
                not_before = not_before.max(meter.not_before());
            }
            if refused && is_units {
                meter.log.add(now, part.amount);
                self.smaller();
            }
        }
        if let Some(seconds) = signals.spent_for {
            self.meter(&Counted::Calls(held.workload)).hold(now + seconds);
        }
        not_before
    }

    /// Holds what is thought against what the service says.
    fn correct(&mut self, now: f64, held: &Held, signals: Signals) {
        if let Some(remaining) = signals.remaining
            && let Some((counted @ Counted::Azure(workload, _), _)) =
                held.parts.iter().find(|(counted, _)| matches!(counted, Counted::Azure(..)))
        {
            let (size, per_second) = azure(*workload);
            let evident = remaining < size / 2.0;
            let meter = self.meter(counted);
            // A bucket that runs dry is one that holds, whether anybody said so before or not.
            if evident && matches!(meter.bound, Bound::Unknown(_)) {
                meter.bound = Bound::Bucket(Bucket::full(size, per_second));
            }
            let others = meter.under_way - 1.0;
            if let Bound::Bucket(bucket) = &mut meter.bound {
                bucket.told(now, remaining, others);
            }
        }
        if signals.used.is_some() {
            self.adopt_graph();
        }
        if !self.graph_published || !held.parts.iter().any(|(counted, _)| *counted == Counted::Units) {
            return;
        }
        // The tenant is larger than thought when the service counts as less what we know to be more.
        let used = signals.used.or(signals.units.map(|_| SAID_FROM)).filter(|used| *used > 0.0);
        if let Some(used) = used
            && held.units_before / UNITS[self.size] > used + APART
        {
            self.larger(held.units_before / used);
        }
        // Somebody else uses the same limit when it counts more than all that we sent.
        let Some(used) = signals.used else { return };
        let counts = [Counted::Units, Counted::Writes, Counted::TenantWrites];
        let here = counts.iter().filter(|counted| held.parts.iter().any(|(known, _)| known == *counted));
        let fullest = here
            .filter_map(|counted| {
                let meter = self.meters.get(counted)?;
                let Bound::Published(Published { window, .. }) = &meter.bound else { return None };
                let part = (meter.log.used(now, window.seconds) + meter.under_way) / window.most;
                Some((counted.clone(), part, window.most))
            })
            .max_by(|(_, a, _), (_, b, _)| a.total_cmp(b));
        if let Some((counted, part, most)) = fullest
            && used > part + APART
        {
            let others = (used.min(1.0) - part).max(0.0) * most;
            self.meter(&counted).log.add(now, others);
        }
    }

    fn units_used(&self, now: f64) -> f64 {
        // What is about to be forgotten may be forgotten there already.
        self.meters.get(&Counted::Units).map_or(0.0, |units| units.log.used(now, UNITS_SECONDS * SURELY))
    }

    fn larger(&mut self, limit: f64) {
        if self.size_is_sure {
            return;
        }
        let size = UNITS.iter().position(|units| *units >= limit * (1.0 - APART)).unwrap_or(UNITS.len() - 1);
        if size > self.size {
            self.resize(size);
        }
    }

    /// What a tenant of this size may was refused: it is smaller.
    fn smaller(&mut self) {
        if self.size > 0 {
            self.size_is_sure = true;
            self.resize(self.size - 1);
        }
    }

    fn resize(&mut self, size: usize) {
        self.size = size;
        let window = Window { most: UNITS[size], seconds: UNITS_SECONDS };
        self.meter(&Counted::Units).bound = Bound::Published(Published::new(window));
    }

    /// Graph speaks of its limits, so they hold.
    fn adopt_graph(&mut self) {
        if self.graph_published {
            return;
        }
        self.graph_published = true;
        for (counted, meter) in &mut self.meters {
            let bound = bound(counted, true, self.azure_published, self.size);
            if !matches!(counted, Counted::Azure(..)) && !matches!(bound, Bound::Unknown(_)) {
                meter.bound = bound;
            }
        }
    }

    fn meter(&mut self, counted: &Counted) -> &mut Meter {
        if !self.meters.contains_key(counted) {
            let bound = bound(counted, self.graph_published, self.azure_published, self.size);
            self.meters.insert(counted.clone(), Meter::new(bound));
        }
        self.meters.get_mut(counted).expect("it was just put there")
    }

    /// The limit of a workload that was found out, for tests and for the log.
    #[cfg(test)]
    pub fn found(&self, workload: Workload) -> Option<Window> {
        match &self.meters.get(&Counted::Calls(workload))?.bound {
            Bound::Unknown(search) => search.found(),
            _ => None,
        }
    }
}

/// What several items count together.
fn sums(items: &[Item]) -> Vec<(&Counted, f64)> {
    let mut sums: Vec<(&Counted, f64)> = Vec::new();
    for (counted, amount) in items.iter().flat_map(|item| &item.amounts) {
        match sums.iter_mut().find(|(known, _)| *known == counted) {
            Some((_, sum)) => *sum += amount,
            None => sums.push((counted, *amount)),
        }
    }
    sums
}

/// What a refusal is about.
fn blamed(held: &Held, signals: Signals) -> Counted {
    let counts = |counted: &Counted| held.parts.iter().any(|(known, _)| known == counted);
    let own = Counted::Calls(held.workload);
    match signals.blames {
        Some(Blame::Writes) if counts(&Counted::Writes) => Counted::Writes,
        Some(Blame::Units) if held.workload != Workload::Reports && counts(&Counted::Units) => Counted::Units,
        _ => {
            let azure = held.parts.iter().find(|(counted, _)| matches!(counted, Counted::Azure(..)));
            azure.map_or(own, |(counted, _)| counted.clone())
        }
    }
}

fn azure(workload: Workload) -> (f64, f64) {
    let (size, per_second) = if workload == Workload::AzureReads { AZURE_READS } else { AZURE_CHANGES };
    ((size * BUCKET).floor(), per_second)
}

fn bound(counted: &Counted, graph: bool, azure_published: bool, size: usize) -> Bound {
    let published = |window| Bound::Published(Published::new(window));
    match counted {
        Counted::Units if graph => published(Window { most: UNITS[size], seconds: UNITS_SECONDS }),
        Counted::Writes if graph => published(WRITES),
        Counted::TenantWrites if graph => published(TENANT_WRITES),
        Counted::Calls(Workload::Reports) if graph => published(REPORTS),
        Counted::Calls(Workload::Protection) if graph => published(PROTECTION),
        Counted::Azure(workload, _) if azure_published => {
            let (size, per_second) = azure(*workload);
            Bound::Bucket(Bucket::full(size, per_second))
        }
        _ => Bound::Unknown(Search::Idle),
    }
}
