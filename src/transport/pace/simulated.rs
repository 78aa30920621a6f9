//! The pacer against services that exist only here, in time that does not pass: how close it comes to each limit, and how
//! rarely it is refused.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::board::{Board, Lesson, Ticket};
use super::limits::{Item, Limits, Workload};
use super::meter::Turn;
use super::signals::{Blame, Signals};
use crate::transport::{Call, Method, Reason};

/// How a service limits its callers.
#[derive(Clone, Copy)]
enum Limit {
    /// So many in the last so many seconds.
    Sliding(f64, f64),
    /// So many between two strokes of its clock.
    Fixed(f64, f64),
    /// A bucket of so many, filled with so many a second.
    Bucket(f64, f64),
    /// So many at once.
    AtOnce(usize),
}

/// What a refusal says.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    Nothing,
    RetryAfter,
    /// `Retry-After`, and how much is used.
    Everything,
}

struct Service {
    limit: Limit,
    says: Says,
    accepted: VecDeque<(f64, f64)>,
    used: f64,
    left: f64,
    at: f64,
    under_way: usize,
}

impl Service {
    fn new(limit: Limit, says: Says) -> Service {
        let left = if let Limit::Bucket(size, _) = limit { size } else { 0.0 };
        Service { limit, says, accepted: VecDeque::new(), used: 0.0, left, at: 0.0, under_way: 0 }
    }

    /// Whether a call that costs so much is accepted, and how long to wait if not.
    fn asked(&mut self, now: f64, cost: f64) -> Result<(), f64> {
        match self.limit {
            Limit::Sliding(most, seconds) => {
                self.forget(now - seconds);
                if self.used + cost > most + 1e-9 {
                    let mut over = self.used + cost - most;
                    let enough = self.accepted.iter().find(|(_, cost)| {
                        over -= cost;
                        over <= 1e-9
                    });
                    return Err(enough.map_or(seconds, |(at, _)| at + seconds - now));
                }
            }
            Limit::Fixed(most, seconds) => {
                // Its clock does not start when we do.
                let stroke = ((now + 1.7) / seconds).floor() * seconds - 1.7;
                self.forget(stroke - 1e-9);
                if self.used + cost > most + 1e-9 {
                    return Err(stroke + seconds - now);
                }
            }
            Limit::Bucket(size, per_second) => {
                self.left = (self.left + (now - self.at) * per_second).min(size);
                self.at = now;
                if self.left < cost {
                    return Err((cost - self.left) / per_second);
                }
                self.left -= cost;
            }
            Limit::AtOnce(most) => {
                if self.under_way >= most {
                    return Err(1.0);
                }
            }
        }
        self.under_way += 1;
        self.accepted.push_back((now, cost));
        self.used += cost;
        Ok(())
    }

    fn forget(&mut self, until: f64) {
        while let Some((_, cost)) = self.accepted.front().filter(|(at, _)| *at <= until) {
            self.used -= cost;
            self.accepted.pop_front();
        }
    }

    fn signals(&self, cost: f64, refused: bool) -> Signals {
        if self.says != Says::Everything {
            return Signals::default();
        }
        if let Limit::Bucket(..) = self.limit {
            return Signals { remaining: Some(self.left.floor()), ..Signals::default() };
        }
        let most = if let Limit::Sliding(most, _) = self.limit { most } else { 1.0 };
        let used = (self.used + if refused { cost } else { 0.0 }) / most;
        Signals {
            units: Some(cost),
            used: (used >= 0.8).then_some(used),
            blames: refused.then_some(Blame::Units),
            ..Signals::default()
        }
    }
}

struct Came {
    seconds: f64,
    refused: usize,
    sent: usize,
    /// When each was accepted, as its sender heard.
    answers: Vec<f64>,
}

impl std::fmt::Debug for Came {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = 100.0 * self.refused as f64 / self.sent as f64;
        write!(f, "{:.1} s, {} refused ({part:.2} %)", self.seconds, self.refused)
    }
}

impl Came {
    /// How long it took from one answer to the last, against what the limit makes necessary between them: so much of the
    /// run that all of it had to be waited for, and none of it is the time that answers take.
    fn against(&self, most: f64, seconds: f64) -> f64 {
        let windows = ((self.answers.len() - 1) as f64 / most).floor();
        let first = self.answers[self.answers.len() - 1 - (windows * most) as usize];
        (self.seconds - first) / (windows * seconds)
    }
}

enum Event {
    Arrives(usize, Ticket),
    Answered(usize, Ticket, Lesson, Signals, bool),
}

/// Sends so many calls of one kind, so many in flight, each way taking from 5 to 55 ms and the service about 40.
fn send(board: &mut Board, service: &mut Service, call: &Call, rows: usize, in_flight: usize) -> Came {
    let item = Item::of(call);
    let cost = item.amounts.iter().find(|(counted, _)| *counted == super::limits::Counted::Units);
    let cost = match (service.says, cost) {
        (Says::Everything, Some((_, cost))) => *cost,
        _ => 1.0,
    };
    let mut chance = 7_u64;
    let mut delay = |least: f64, spread: f64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + spread * (chance >> 40) as f64 / (1_u64 << 24) as f64
    };
    let mut events: BinaryHeap<(Reverse<u64>, usize)> = BinaryHeap::new();
    let mut happens: Vec<Option<Event>> = Vec::new();
    let mut line: VecDeque<usize> = (0..in_flight.min(rows)).collect();
    let (mut begun, mut done) = (line.len(), 0);
    let (mut now, mut wake) = (0.0_f64, None);
    let mut came = Came { seconds: 0.0, refused: 0, sent: 0, answers: Vec::new() };
    let mut answers = Vec::new();
    let micros = |seconds: f64| (seconds * 1e6) as u64;
    while done < rows {
        while let Some(row) = line.front().copied() {
            match board.enter(now, item.workload, std::slice::from_ref(&item)) {
                Ok(ticket) => {
                    line.pop_front();
                    came.sent += 1;
                    events.push((Reverse(micros(now + delay(0.005, 0.05))), happens.len()));
                    happens.push(Some(Event::Arrives(row, ticket)));
                    wake = None;
                }
                Err(Turn::At(at, _)) => {
                    assert!(at > now, "a wait of nothing at {now}");
                    wake = Some(at);
                    break;
                }
                Err(_) => {
                    wake = None;
                    break;
                }
            }
        }
        let next = events.peek().map(|(Reverse(at), _)| *at as f64 / 1e6);
        match (wake, next) {
            (Some(at), next) if next.is_none_or(|next| at < next) => {
                now = at;
                wake = None;
                continue;
            }
            (_, Some(next)) => now = now.max(next),
            (_, None) => panic!("everything waits for nothing at {now}: {board:?}"),
        }
        let (_, event) = events.pop().unwrap();
        match happens[event].take().unwrap() {
            Event::Arrives(row, ticket) => {
                let accepted = service.asked(now, cost);
                let after = accepted.err().map(|after| after.ceil().max(1.0));
                let after = after.filter(|_| service.says != Says::Nothing);
                let lesson = match accepted {
                    Ok(()) => Lesson::Answered,
                    Err(_) => Lesson::Throttled { after, at_once: matches!(service.limit, Limit::AtOnce(_)) },
                };
                let signals = service.signals(cost, accepted.is_err());
                let work = if accepted.is_ok() { 0.04 } else { 0.0 };
                events.push((Reverse(micros(now + work + delay(0.005, 0.05))), happens.len()));
                happens.push(Some(Event::Answered(row, ticket, lesson, signals, accepted.is_ok())));
            }
            Event::Answered(row, ticket, lesson, signals, accepted) => {
                board.leave(now, ticket, &[(lesson, signals)]);
                if accepted {
                    service.under_way -= 1;
                    done += 1;
                    answers.push(now);
                    if begun < rows {
                        line.push_back(begun);
                        begun += 1;
                    }
                } else {
                    came.refused += 1;
                    line.push_back(row);
                }
            }
        }
    }
    came.seconds = now;
    came.answers = answers;
    came
}

fn board(limits: Limits) -> Board {
    Board::new(limits, || 0.5)
}

fn invite() -> Call {
    Call::graph(Method::Post, "/v1.0/invitations")
}

fn change() -> Call {
    Call::graph(Method::Patch, "/v1.0/users/x")
}

fn check() -> Call {
    Call::graph(Method::Post, "/v1.0/users/x/checkMemberGroups").reading()
}

fn words(says: Says) -> &'static str {
    match says {
        Says::Nothing => "nothing said",
        Says::RetryAfter => "Retry-After",
        Says::Everything => "everything said",
    }
}

/// At most so many times what the limit makes necessary, and at most so many of a hundred refused.
#[track_caller]
fn holds(came: &Came, (most, seconds): (f64, f64), (times, refused): (f64, f64), name: &str) {
    let against = came.against(most, seconds);
    assert!(
        against <= times,
        "{name}: {came:?}, {against:.3} times what {most} in {seconds} s make necessary"
    );
    let part = 100.0 * came.refused as f64 / came.sent as f64;
    assert!(part < refused, "{name}: {came:?}");
    assert_eq!(came.answers.len(), came.sent - came.refused, "{name}: nothing is lost");
}

#[test]
fn limits_nobody_published_are_found_and_kept_to() {
    for says in [Says::Nothing, Says::RetryAfter] {
        for in_flight in [16, 64] {
            for (most, seconds) in [(150.0, 5.0), (400.0, 10.0), (300.0, 20.0), (500.0, 60.0)] {
                let mut board = board(Limits::unknown());
                let mut service = Service::new(Limit::Sliding(most, seconds), says);
                let came = send(&mut board, &mut service, &invite(), 2_000, in_flight);
                let name = format!("{most} in {seconds} s, {in_flight} in flight, {}", words(says));
                // Whole seconds to come back after are more than the limit itself asks for.
                let times = if says == Says::RetryAfter { 1.06 } else { 1.05 };
                holds(&came, (most, seconds), (times, 1.0), &name);
                let found = board.found(Workload::Invitations).expect("a limit that was met");
                assert!((found.seconds - seconds).abs() <= 0.06 * seconds, "{name}: {found:?}");
            }
        }
    }
}

#[test]
fn limits_of_the_directory_are_found_where_they_are_not_told() {
    for says in [Says::Nothing, Says::RetryAfter] {
        for in_flight in [16, 64] {
            for (limit, call) in [((3_000.0, 150.0), change()), ((875.0, 10.0), check())] {
                let mut board = board(Limits::unknown());
                let mut service = Service::new(Limit::Sliding(limit.0, limit.1), says);
                let came = send(&mut board, &mut service, &call, 4_000, in_flight);
                let name = format!("{limit:?}, {in_flight} in flight, {}", words(says));
                // Sixty-four that are under way together are refused together.
                holds(&came, limit, (1.06, 1.25), &name);
            }
        }
    }
}

/// What is possible where a service counts by strokes of its own clock, in odd times, or from a bucket, and says nothing.
#[test]
fn limits_of_other_kinds_are_come_close_to() {
    for says in [Says::Nothing, Says::RetryAfter] {
        for limit in [(150.0, 5.0), (400.0, 10.0), (500.0, 60.0)] {
            let mut service = Service::new(Limit::Fixed(limit.0, limit.1), says);
            let came = send(&mut board(Limits::unknown()), &mut service, &invite(), 2_000, 16);
            holds(&came, limit, (1.2, 1.6), &format!("strokes: {limit:?}, {}", words(says)));
        }
        let mut service = Service::new(Limit::Sliding(150.0, 7.0), says);
        let came = send(&mut board(Limits::unknown()), &mut service, &invite(), 2_000, 16);
        holds(&came, (150.0, 7.0), (1.2, 1.0), &format!("an odd time, {}", words(says)));
        for in_flight in [16, 64] {
            let mut service = Service::new(Limit::Bucket(200.0, 10.0), says);
            let came = send(&mut board(Limits::unknown()), &mut service, &change(), 2_000, in_flight);
            assert!(
                came.seconds <= 180.0 * 1.05 && came.refused <= 110,
                "a bucket, {}: {came:?}",
                words(says)
            );
        }
    }
}

#[test]
fn published_limits_are_used_whole_and_nothing_is_refused() {
    for in_flight in [16, 64] {
        for (limit, call) in [((3_000.0, 150.0), change()), ((875.0, 10.0), check())] {
            let mut service = Service::new(Limit::Sliding(limit.0, limit.1), Says::Nothing);
            let came = send(&mut board(Limits::published()), &mut service, &call, 4_000, in_flight);
            holds(&came, limit, (1.05, f64::MIN_POSITIVE), &format!("{limit:?}, {in_flight} in flight"));
        }
        let assign = Call::azure(Method::Put, "/subscriptions/s/x", "2022-04-01");
        let mut service = Service::new(Limit::Bucket(200.0, 10.0), Says::Nothing);
        let came = send(&mut board(Limits::published()), &mut service, &assign, 2_000, in_flight);
        assert!(came.seconds <= 180.0 * 1.05 && came.refused == 0, "{came:?}");
    }
    let reports = Call::graph(Method::Get, "/v1.0/auditLogs/signIns");
    let mut service = Service::new(Limit::Sliding(5.0, 10.0), Says::Nothing);
    let came = send(&mut board(Limits::published()), &mut service, &reports, 100, 16);
    holds(&came, (5.0, 10.0), (1.05, f64::MIN_POSITIVE), "reports");
}

#[test]
fn headers_tell_of_limits_that_nobody_told_of() {
    for in_flight in [16, 64] {
        let mut service = Service::new(Limit::Sliding(3_500.0, 10.0), Says::Everything);
        let came = send(&mut board(Limits::unknown()), &mut service, &check(), 4_000, in_flight);
        holds(&came, (875.0, 10.0), (1.05, f64::MIN_POSITIVE), "resource units");
        let assign = Call::azure(Method::Put, "/subscriptions/s/x", "2022-04-01");
        let mut service = Service::new(Limit::Bucket(200.0, 10.0), Says::Everything);
        let came = send(&mut board(Limits::unknown()), &mut service, &assign, 2_000, in_flight);
        assert!(came.seconds <= 180.0 * 1.05 && came.refused == 0, "{came:?}");
    }
}

#[test]
fn the_size_of_the_tenant_is_learnt() {
    for units in [5_000.0, 8_000.0] {
        let mut service = Service::new(Limit::Sliding(units, 10.0), Says::Everything);
        let came = send(&mut board(Limits::published()), &mut service, &check(), 20_000, 64);
        holds(&came, (units / 4.0, 10.0), (1.05, f64::MIN_POSITIVE), "a larger tenant");
    }
}

#[test]
fn exchange_is_asked_as_much_at_once_as_it_takes() {
    let call = Call::exchange("t", "New-MailContact", serde_json::json!({}), false);
    for (at_once, refused) in [(10, 0), (6, 20), (3, 20), (1, 50)] {
        let mut board = board(Limits::unknown());
        let mut service = Service::new(Limit::AtOnce(at_once), Says::Nothing);
        let came = send(&mut board, &mut service, &call, 2_000, 16);
        assert!(came.refused <= refused, "{at_once} at once: {came:?}");
        assert_eq!(board.width(Workload::Exchange), at_once.min(8));
    }
}

#[test]
fn after_a_refusal_one_call_asks_before_the_others_go() {
    let mut board = board(Limits::unknown());
    let item = [Item::of(&invite())];
    let tickets: Vec<Ticket> =
        (0..8).map(|_| board.enter(0.0, Workload::Invitations, &item).unwrap()).collect();
    let throttled = |after| [(Lesson::Throttled { after, at_once: false }, Signals::default())];
    for (n, ticket) in tickets.into_iter().enumerate() {
        board.leave(0.1 + n as f64 / 100.0, ticket, &throttled(Some(10.0)));
    }
    let Err(Turn::At(at, Reason::Held)) = board.enter(1.0, Workload::Invitations, &item) else {
        panic!("held")
    };
    assert!((10.0..11.0).contains(&at), "{at}");
    let probe = board.enter(at, Workload::Invitations, &item).unwrap();
    assert_eq!(board.enter(at, Workload::Invitations, &item).unwrap_err(), Turn::AfterAnswer);
    assert!(board.enter(at, Workload::Reads, &[Item::of(&check())]).is_ok(), "others are not concerned");
    board.leave(at + 0.1, probe, &[(Lesson::Answered, Signals::default())]);
    assert!(board.enter(at + 0.1, Workload::Invitations, &item).is_ok());
    assert!(board.enter(at + 0.1, Workload::Invitations, &item).is_ok(), "one refusal is no limit yet");
}

#[test]
fn careful_invitations_go_one_by_one_at_first() {
    let mut board = board(Limits::unknown());
    board.careful_invitations();
    let mut service = Service::new(Limit::Sliding(1e9, 1.0), Says::Nothing);
    let came = send(&mut board, &mut service, &invite(), 500, 16);
    assert!(came.answers[9] >= 27.0 && came.answers[29] >= 47.0, "{came:?}");
    assert!(came.seconds < 60.0 && !board.is_careful(), "{came:?}");
}
