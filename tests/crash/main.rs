//! The crash suite: usher is killed with SIGKILL at entries of its ledger and at random moments, taken up again, and in the end
//! the tenant is as if nothing had happened.
//!
//! A sample of it runs always; `CRASH=whole` kills at every position of a run over 200 rows, `CRASH=10` at every tenth of them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]
#![allow(clippy::print_stderr, reason = "the whole of it takes long, and tells how far it is")]

mod place;
mod tenant;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use place::{Kill, Place, addresses};
use serde_json::Value;
use tenant::{Tenant, differences};
use usher::runs::ledger::RunState;

/// What goes wrong while the run is killed: each kind of trouble of a write, and some of reads.
const TROUBLES: &str = r#"[
    { "on": "POST /invitations", "then": "timedOut", "every": 7, "skip": 1, "times": "always" },
    { "on": "POST /invitations", "then": "timedOutBefore", "every": 11, "times": "always" },
    { "on": "POST /invitations", "then": "resetAfter", "every": 8, "times": "always" },
    { "on": "POST /invitations", "then": "internalErrorAfter", "every": 13, "skip": 3, "times": "always" },
    { "on": "POST /invitations", "then": "cut", "every": 17, "times": "always" },
    { "on": "New-MailContact", "then": "timedOut", "every": 3, "times": "always" },
    { "on": "New-MailContact", "then": "resetAfter", "every": 5, "times": "always" },
    { "on": "POST /groups/**", "then": "resetAfter", "every": 7, "times": "always" },
    { "on": "POST /groups/**", "then": "resetBefore", "every": 9, "times": "always" },
    { "on": "PATCH /users/*", "then": "internalErrorAfter", "every": 6, "times": "always" },
    { "on": "POST /users/**", "then": "timedOut", "every": 6, "times": "always" },
    { "on": "POST /roleManagement/**", "then": "resetAfter", "every": 6, "times": "always" },
    { "on": "PUT *", "then": "timedOut", "every": 6, "times": "always" },
    { "on": "graph", "then": "throttled", "retryAfter": 1, "every": 60, "times": "always" },
    { "on": "graph", "then": "unavailable", "every": 75, "times": "always" },
    { "on": "exchange", "then": "throttled", "retryAfter": 1, "every": 5, "times": "always" }
]"#;

const CALM: &str = "[]";

/// As often in a run over many rows as in one over thirty, or each would wait for minutes.
fn troubles(rows: usize) -> String {
    let mut troubles: Value = serde_json::from_str(TROUBLES).unwrap();
    for trouble in troubles.as_array_mut().unwrap() {
        let every = trouble["every"].as_u64().unwrap();
        trouble["every"] = (every * (rows as u64).div_ceil(30)).into();
    }
    troubles.to_string()
}

/// The same order of chance each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// How much is done.
struct Size {
    rows: usize,
    /// Every how manieth position of the ledger.
    every: usize,
    moments: usize,
}

impl Size {
    fn asked_for(rows: usize, every: usize, moments: usize) -> Size {
        let whole = |every| Size { rows: 200, every, moments: 50 };
        match std::env::var("CRASH").ok().as_deref() {
            Some("whole") => whole(1),
            Some(number) => whole(number.parse().expect("CRASH is `whole` or a number")),
            None => Size { rows, every, moments },
        }
    }
}

/// What an uninterrupted run leaves.
struct Truth {
    state: Value,
    effects: BTreeMap<String, String>,
    entries: usize,
    took: Duration,
}

#[derive(Default)]
struct Figures {
    scenarios: usize,
    kills: usize,
    resumes: usize,
    guests: usize,
    /// Redeem URLs in the files of results.
    links: usize,
    struck: BTreeMap<String, u64>,
    different: Vec<String>,
}

fn truth(tenant: &Tenant, rows: usize) -> Truth {
    tenant.anew(CALM);
    let place = Place::new(rows, &tenant.url);
    let ended = place.go_on(None);
    assert_eq!(ended.code, Some(0), "{}", ended.whole());
    let (entries, effects) = place.ledger();
    Truth { state: tenant.state(), effects, entries, took: ended.took }
}

/// Kills, takes up, kills again now and then, until it goes through; then looks whether all is as it should be.
fn one(
    tenant: &Tenant,
    truth: &Truth,
    rows: usize,
    troubles: &str,
    first: Kill,
    again: Vec<Kill>,
) -> Result<Figures, String> {
    tenant.anew(troubles);
    let place = Place::new(rows, &tenant.url);
    let mut figures = Figures { scenarios: 1, guests: rows, ..Figures::default() };
    let mut kills = std::iter::once(first).chain(again);
    let mut log = Vec::new();
    loop {
        let kill = kills.next();
        let taken_up = place.state().is_some();
        let ended = place.go_on(kill);
        figures.resumes += usize::from(taken_up);
        figures.kills += usize::from(ended.code.is_none());
        log.push(format!("-- {kill:?}: {}", ended.whole()));
        match ended.code {
            Some(0) => break,
            None if place.state() == Some(RunState::Done) => break,
            None => {}
            // What a trouble left of a row is taken up as well.
            Some(4 | 5) if troubles != CALM && log.len() < 20 => {}
            _ => return Err(format!("it did not go through\n{}", log.join("\n"))),
        }
    }
    if troubles != CALM {
        figures.struck = tenant.struck();
    }
    match judge(tenant, truth, &place, rows, troubles == CALM) {
        Ok(links) => Ok(Figures { links, ..figures }),
        Err(what) => Err(format!("{what}\n{}", log.join("\n"))),
    }
}

/// What is wrong, or how many guests' links are in the results.
fn judge(tenant: &Tenant, truth: &Truth, place: &Place, rows: usize, calm: bool) -> Result<usize, String> {
    let mut wrong = Vec::new();
    let state = tenant.state();
    differences("", &truth.state, &state, &mut wrong);
    let mails: Vec<&str> =
        state["outbox"].as_array().unwrap().iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    for address in addresses(rows) {
        let got = mails.iter().filter(|to| **to == address).count();
        if got != 1 {
            wrong.push(format!("{address} got {got} mails"));
        }
    }
    let (_, effects) = place.ledger();
    // What a trouble hid is found done already, and is no effect of this run then.
    for (address, what) in &truth.effects {
        if calm && !effects.contains_key(address) {
            wrong.push(format!("not done by this run: {what}"));
        }
    }
    for (address, what) in &effects {
        if calm && !truth.effects.contains_key(address) {
            wrong.push(format!("done by this run alone: {what}"));
        }
    }
    if place.failed_rows() {
        wrong.push("the file of failed rows is still there".to_owned());
    }
    let results = place.results();
    if results.iter().map(|(address, ..)| address.clone()).collect::<Vec<_>>() != addresses(rows) {
        wrong.push(format!("the results have other rows: {results:?}"));
    }
    let mut links = BTreeSet::new();
    for (address, status, value) in &results {
        if status != "done" && status != "already" {
            wrong.push(format!("{address} is {status}"));
        }
        // Where the answer was lost only the mail has the link.
        if !value.is_empty() && (!value.contains("/redeem?rd=") || !links.insert(value.clone())) {
            wrong.push(format!("{address} has no redeem URL of its own: `{value}`"));
        }
    }
    if wrong.is_empty() { Ok(links.len()) } else { Err(wrong.join("\n")) }
}

/// Goes through all scenarios, several at once, and says what came of them.
fn all(name: &str, size: &Size, troubles: &str, workers: usize) {
    let begun = Instant::now();
    let tenant = Tenant::serve();
    let truth = truth(&tenant, size.rows);
    drop(tenant);
    let mut chance = Chance(20_260_607);
    let mut scenarios: Vec<(Kill, Vec<Kill>)> = Vec::new();
    // Beyond the last position nobody is killed: that is the run as it always goes.
    for (n, position) in (1..=truth.entries + 1).step_by(size.every).enumerate() {
        let kills = [Kill::Before(position), Kill::After(position)];
        // A sample takes one of the two, in turn.
        let taken = if size.every == 1 { &kills[..] } else { &kills[n % 2..=n % 2] };
        for kill in taken {
            let again = match chance.below(3) {
                0 => vec![Kill::After(1 + chance.below(40)), Kill::Before(1 + chance.below(20))],
                _ => Vec::new(),
            };
            scenarios.push((*kill, again));
        }
    }
    for _ in 0..size.moments {
        let moment = || truth.took.mul_f64(1.1).as_micros() as usize;
        let first = Kill::At(Duration::from_micros(chance.below(moment()) as u64));
        let again = Kill::At(Duration::from_micros(chance.below(moment()) as u64));
        scenarios.push((first, if chance.below(2) == 0 { vec![again] } else { Vec::new() }));
    }
    let (next, figures) = (AtomicUsize::new(0), Mutex::new(Figures::default()));
    std::thread::scope(|threads| {
        for _ in 0..workers {
            threads.spawn(|| {
                let tenant = Tenant::serve();
                while let Some((first, again)) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = format!("{first:?} {again:?}");
                    let came = one(&tenant, &truth, size.rows, troubles, *first, again.clone());
                    let mut figures = figures.lock().unwrap();
                    match came {
                        Ok(came) => figures.add(came),
                        Err(what) => {
                            figures.scenarios += 1;
                            eprintln!("{name}, {told}: {what}");
                            figures.different.push(format!("{told}: {what}"));
                        }
                    }
                    if figures.scenarios % 100 == 0 {
                        eprintln!(
                            "{name}: {} of {} after {:?}",
                            figures.scenarios,
                            scenarios.len(),
                            begun.elapsed()
                        );
                    }
                }
            });
        }
    });
    let figures = figures.into_inner().unwrap();
    eprintln!(
        "{name}: {} rows, {} entries in the ledger, {} scenarios: {} kills, {} resumes, {} guests, {} links, troubles {:?}, {} differ, {:?}",
        size.rows,
        truth.entries,
        figures.scenarios,
        figures.kills,
        figures.resumes,
        figures.guests,
        figures.links,
        figures.struck,
        figures.different.len(),
        begun.elapsed()
    );
    assert!(figures.kills > 0, "nobody was killed");
    // Any one run may lose every answer; hardly all of them do.
    assert!(figures.links > figures.scenarios, "most guests' links are not in the results");
    assert!(
        figures.different.is_empty(),
        "{} of {} came out differently\n\n{}",
        figures.different.len(),
        figures.scenarios,
        figures.different.iter().take(3).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

impl Figures {
    fn add(&mut self, other: Figures) {
        self.scenarios += other.scenarios;
        self.kills += other.kills;
        self.resumes += other.resumes;
        self.guests += other.guests;
        self.links += other.links;
        for (kind, times) in other.struck {
            *self.struck.entry(kind).or_default() += times;
        }
    }
}

#[test]
fn killed_anywhere_and_taken_up_again_the_tenant_is_as_if_nothing_had_happened() {
    all("calm", &Size::asked_for(9, 11, 4), CALM, 2);
}

#[test]
fn the_same_while_the_services_stumble() {
    let size = Size::asked_for(9, 17, 2);
    // Most of the time is spent waiting for services.
    all("troubled", &size, &troubles(size.rows), 4);
}
