//! The published limits: how much of a service an application may use in how much time.
//!
//! Graph counts resource units and writes in windows that slide, Azure fills buckets, Exchange looks at what is under way.
//! (<https://learn.microsoft.com/graph/throttling-limits>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>)

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::refusal;
use crate::sandbox::http::{Reply, Request};

/// Whether the limits hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Throttling {
    #[default]
    Off,
    Published,
    /// They hold, and nothing is said of them: no `Retry-After`, no header of limits.
    Silent,
}

/// What is under way at Exchange at most, for the whole tenant.
const EXCHANGE_AT_ONCE: usize = 10;

/// Resource units in ten seconds, by the size of the tenant.
const UNITS: [(usize, f64); 3] = [(50, 3_500.0), (500, 5_000.0), (usize::MAX, 8_000.0)];
const UNITS_SECONDS: f64 = 10.0;
const WRITES: f64 = 3_000.0;
const WRITES_SECONDS: f64 = 150.0;
const TENANT_WRITES: f64 = 18_000.0;
const TENANT_WRITES_SECONDS: f64 = 300.0;
const REPORTS: f64 = 5.0;
const REPORTS_SECONDS: f64 = 10.0;

/// Buckets of Azure: how many requests they hold, and how many come back in a second.
const READS: (f64, f64) = (250.0, 25.0);
const CHANGES: (f64, f64) = (200.0, 10.0);

#[derive(Default)]
pub struct Limits {
    on: AtomicBool,
    silent: AtomicBool,
    under_way: AtomicUsize,
    windows: Mutex<HashMap<(Counted, Uuid), Window>>,
    buckets: Mutex<HashMap<(String, Uuid), Bucket>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Counted {
    Units,
    Writes,
    TenantWrites,
    Reports,
}

/// Who asks, in which tenant.
pub struct Asker {
    pub app: Uuid,
    pub tenant: Uuid,
    pub users: usize,
    /// How much faster than the machine's the tenant's time runs.
    pub rate: u32,
}

/// Whether a request may go on; the headers go with whatever is answered.
pub enum Verdict {
    Admitted(Vec<(&'static str, String)>),
    Refused(Reply),
}

impl Limits {
    pub fn set(&self, throttling: Throttling) {
        self.on.store(throttling != Throttling::Off, Ordering::Relaxed);
        self.silent.store(throttling == Throttling::Silent, Ordering::Relaxed);
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub fn on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    pub fn described(&self) -> Value {
        json!(match (self.on(), self.silent()) {
            (false, _) => "off",
            (true, false) => "published",
            (true, true) => "silent",
        })
    }

    /// Counts a request to Graph. Who asks is looked up only where the limits hold: it takes a count of the users.
    pub fn graph(&self, request: &Request, asker: impl FnOnce() -> Asker) -> Verdict {
        let cost = cost(request);
        let mut headers = vec![("x-ms-resource-unit", cost.units.to_string())];
        if !self.on() {
            return Verdict::Admitted(headers);
        }
        let asker = asker();
        let units = UNITS.iter().find(|(most, _)| asker.users < *most).map_or(8_000.0, |(_, units)| *units);
        let rate = f64::from(asker.rate.max(1));
        let mut counts = vec![(
            Counted::Units,
            asker.app,
            units,
            UNITS_SECONDS,
            f64::from(cost.units),
            "ResourceUnitLimitExceeded",
        )];
        if cost.write {
            counts.push((Counted::Writes, asker.app, WRITES, WRITES_SECONDS, 1.0, "WriteLimitExceeded"));
            counts.push((
                Counted::TenantWrites,
                asker.tenant,
                TENANT_WRITES,
                TENANT_WRITES_SECONDS,
                1.0,
                "WriteLimitExceeded",
            ));
        }
        if cost.report {
            counts.push((
                Counted::Reports,
                asker.app,
                REPORTS,
                REPORTS_SECONDS,
                1.0,
                "ResourceUnitLimitExceeded",
            ));
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut fullest = 0.0_f64;
        let mut over: Option<(f64, &str)> = None;
        for (counted, key, limit, seconds, amount, information) in &counts {
            let window = windows.entry((*counted, *key)).or_insert_with(|| Window::new(now, seconds / rate));
            let (used, wait) = window.room(now, *limit, *amount);
            fullest = fullest.max((used + amount) / limit);
            if let Some(wait) = wait
                && over.is_none_or(|(longest, _)| wait > longest)
            {
                over = Some((wait, information));
            }
        }
        for (counted, key, _, _, amount, _) in &counts {
            // What was refused counts as use of resources all the same, but no write was made.
            if let Some(window) = windows.get_mut(&(*counted, *key))
                && (over.is_none() || *counted == Counted::Units)
            {
                window.add(now, *amount);
            }
        }
        if self.silent() {
            return match over {
                None => Verdict::Admitted(Vec::new()),
                Some(_) => Verdict::Refused(refusal(request, 429, None)),
            };
        }
        if fullest >= 0.8 {
            headers.push(("x-ms-throttle-limit-percentage", format!("{:.2}", fullest.min(1.8))));
        }
        let Some((wait, information)) = over else { return Verdict::Admitted(headers) };
        let mut reply = refusal(request, 429, Some(whole_seconds(wait)));
        let scope = format!("Tenant_Application/ReadWrite/{}/{}", asker.app, asker.tenant);
        reply = reply.with("x-ms-throttle-scope", scope).with("x-ms-throttle-information", information);
        for (name, value) in headers {
            reply = reply.with(name, value);
        }
        Verdict::Refused(reply)
    }

    /// Counts a request to Azure; the headers tell how many are left.
    pub fn azure(&self, request: &Request, asker: impl FnOnce() -> Asker) -> Verdict {
        let kind = match request.method {
            Method::GET | Method::HEAD => "reads",
            Method::DELETE => "deletes",
            _ => "writes",
        };
        let subscription =
            request.segments.first().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"));
        let subscription = request.segments.get(1).filter(|_| subscription).map(|id| id.to_lowercase());
        let header: &'static str = match (kind, subscription.is_some()) {
            ("reads", true) => "x-ms-ratelimit-remaining-subscription-reads",
            ("deletes", true) => "x-ms-ratelimit-remaining-subscription-deletes",
            (_, true) => "x-ms-ratelimit-remaining-subscription-writes",
            ("reads", false) => "x-ms-ratelimit-remaining-tenant-reads",
            (_, false) => "x-ms-ratelimit-remaining-tenant-writes",
        };
        let (size, per_second) = if kind == "reads" { READS } else { CHANGES };
        if !self.on() {
            return Verdict::Admitted(vec![(header, (size - 1.0).to_string())]);
        }
        let asker = asker();
        let per_second = per_second * f64::from(asker.rate.max(1));
        let key = (format!("{}/{kind}", subscription.unwrap_or_default()), asker.app);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let bucket = buckets.entry(key).or_insert_with(|| Bucket { left: size, at: now });
        match bucket.take(now, size, per_second) {
            Ok(_) if self.silent() => Verdict::Admitted(Vec::new()),
            Err(_) if self.silent() => Verdict::Refused(refusal(request, 429, None)),
            Ok(left) => Verdict::Admitted(vec![(header, (left as u64).to_string())]),
            Err(wait) => {
                let reply = refusal(request, 429, Some(whole_seconds(wait)));
                Verdict::Refused(reply.with(header, "0"))
            }
        }
    }

    /// A place among the requests under way at Exchange; nothing when there are too many.
    pub fn exchange(&self) -> Option<UnderWay<'_>> {
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = UnderWay(&self.under_way);
        (!self.on() || before < EXCHANGE_AT_ONCE).then_some(place)
    }
}

/// Given back when the answer is ready.
pub struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Services say whole seconds, and never zero.
pub(super) fn whole_seconds(wait: f64) -> u64 {
    (wait.ceil() as u64).max(1)
}

const SLOTS: usize = 50;

/// How much was used in the last so many seconds, in slots that are forgotten one by one.
pub(super) struct Window {
    slot_seconds: f64,
    slots: [f64; SLOTS],
    begun: Instant,
    /// The number of the newest slot since `begun`.
    newest: u64,
}

impl Window {
    pub(super) fn new(now: Instant, seconds: f64) -> Window {
        Window { slot_seconds: seconds / SLOTS as f64, slots: [0.0; SLOTS], begun: now, newest: 0 }
    }

    fn advance(&mut self, now: Instant) {
        let at = (now.duration_since(self.begun).as_secs_f64() / self.slot_seconds) as u64;
        for number in self.newest + 1..=at.min(self.newest + SLOTS as u64) {
            self.slots[(number % SLOTS as u64) as usize] = 0.0;
        }
        self.newest = self.newest.max(at);
    }

    /// How much is used, and how long to wait until an amount fits, if it does not now.
    pub(super) fn room(&mut self, now: Instant, limit: f64, amount: f64) -> (f64, Option<f64>) {
        self.advance(now);
        let used: f64 = self.slots.iter().sum();
        let mut excess = used + amount - limit;
        if excess <= 0.0 {
            return (used, None);
        }
        let elapsed = now.duration_since(self.begun).as_secs_f64();
        for age in (0..SLOTS as u64).rev() {
            let Some(number) = self.newest.checked_sub(age) else { continue };
            excess -= self.slots[(number % SLOTS as u64) as usize];
            if excess <= 0.0 {
                // This slot is forgotten when its successor of one whole window later begins.
                let forgotten = (number + SLOTS as u64) as f64 * self.slot_seconds;
                return (used, Some((forgotten - elapsed).max(0.0)));
            }
        }
        (used, Some(self.slot_seconds * SLOTS as f64))
    }

    pub(super) fn add(&mut self, now: Instant, amount: f64) {
        self.advance(now);
        self.slots[(self.newest % SLOTS as u64) as usize] += amount;
    }
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    /// Takes one; what is left, or the seconds until there is one.
    fn take(&mut self, now: Instant, size: f64, per_second: f64) -> Result<f64, f64> {
        let since = now.duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * per_second).min(size);
        self.at = now;
        if self.left < 1.0 {
            return Err((1.0 - self.left) / per_second);
        }
        self.left -= 1.0;
        Ok(self.left)
    }
}

struct Cost {
    units: u32,
    write: bool,
    report: bool,
}

/// What a request costs, as the page on throttling has it.
fn cost(request: &Request) -> Cost {
    let segments: Vec<String> =
        request.segments.iter().skip(1).map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let action = segments.last().copied().unwrap_or_default();
    let checks = matches!(action, "checkmembergroups" | "checkmemberobjects");
    let gets = matches!(action, "getmembergroups" | "getmemberobjects");
    let by_ids = action == "getbyids";
    if request.method != Method::GET && !checks && !gets && !by_ids {
        return Cost { units: 1, write: true, report: false };
    }
    let base: i32 = match segments.as_slice() {
        _ if checks => 4,
        _ if gets => 2,
        _ if by_ids => 3,
        ["groups", _, "members"] => 3,
        ["groups", _, "transitivemembers"] => 5,
        [_, _, "memberof" | "transitivememberof"] => 2,
        ["users"] => 2,
        ["subscribedskus"] => 3,
        ["applications"] => 2,
        ["serviceprincipals", _, "approleassignments"] => 2,
        _ => 1,
    };
    let selects = i32::from(request.option("$select").is_some());
    let short = request.option("$top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let expands = i32::from(request.option("$expand").is_some());
    let units = (base - selects - i32::from(short) + expands).max(1);
    Cost {
        units: units.unsigned_abs(),
        write: false,
        report: segments.first().is_some_and(|first| *first == "auditlogs"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_window_forgets_what_is_older_than_itself() {
        let begun = Instant::now();
        let mut window = Window::new(begun, 10.0);
        for _ in 0..100 {
            assert!(window.room(begun, 100.0, 1.0).1.is_none());
            window.add(begun, 1.0);
        }
        let (used, wait) = window.room(begun, 100.0, 1.0);
        assert!((used - 100.0).abs() < 1e-9);
        let wait = wait.unwrap();
        assert!((9.0..=10.0).contains(&wait), "{wait}");
        let later = begun + Duration::from_secs_f64(wait + 0.01);
        assert!(window.room(later, 100.0, 1.0).1.is_none());
    }

    #[test]
    fn a_window_that_nobody_used_for_long_is_empty() {
        let begun = Instant::now();
        let mut window = Window::new(begun, 10.0);
        window.add(begun, 50.0);
        let (used, wait) = window.room(begun + Duration::from_secs(3600), 100.0, 1.0);
        assert!(used.abs() < 1e-9 && wait.is_none());
    }

    #[test]
    fn a_bucket_fills_again_and_no_further_than_its_size() {
        let begun = Instant::now();
        let mut bucket = Bucket { left: 1.0, at: begun };
        assert!(bucket.take(begun, 200.0, 10.0).is_ok());
        let wait = bucket.take(begun, 200.0, 10.0).unwrap_err();
        assert!((wait - 0.1).abs() < 1e-9);
        let left = bucket.take(begun + Duration::from_secs(1000), 200.0, 10.0).unwrap();
        assert!((left - 199.0).abs() < 1e-9);
    }
}
