//! What goes wrong on purpose: faults by rule, the published limits of the services, and limits of one's own.

mod control;
mod limits;
mod quota;
mod refusals;
mod rule;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::Error;
use super::http::{Content, Reply, Request};
use super::tenant::{Delays, Tenant};

pub use control::answer;
pub use limits::{Asker, Limits, Throttling, Verdict};
pub use refusals::refusal;
pub use rule::{Rule, Then};

use quota::Quota;
use rule::Active;

/// Everything that can be made to go wrong, and how often it has.
#[derive(Default)]
pub struct Troubles {
    rules: Mutex<Vec<Active>>,
    quotas: Mutex<Vec<Quota>>,
    /// How fast the tenant's time runs, for the quotas.
    rate: AtomicU32,
    /// Spares every request the lock while nothing is to go wrong.
    any: AtomicBool,
    latency_micros: AtomicU64,
    pub limits: Limits,
}

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Alone,
    InBatch,
}

impl Troubles {
    /// What befalls this request, if anything does.
    pub fn strike(&self, request: &Request, place: Place) -> Option<Then> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(then) = rules.iter_mut().find_map(|rule| rule.strikes(request, place)) {
            return Some(then);
        }
        drop(rules);
        let rate = self.rate.load(Ordering::Relaxed);
        let mut quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        let retry_after = quotas.iter_mut().find_map(|quota| quota.refuses(request, rate))?;
        Some(Then::Throttled { retry_after })
    }

    fn limit(&self, limits: Vec<quota::Limit>) {
        let mut quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        quotas.extend(limits.into_iter().map(Quota::new));
        if !quotas.is_empty() {
            self.any.store(true, Ordering::Relaxed);
        }
    }

    pub fn add(&self, rules: Vec<Rule>) {
        let mut active = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        active.extend(rules.into_iter().map(Active::new));
        if !active.is_empty() {
            self.any.store(true, Ordering::Relaxed);
        }
    }

    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.quotas.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.any.store(false, Ordering::Relaxed);
    }

    pub fn latency(&self) -> Duration {
        Duration::from_micros(self.latency_micros.load(Ordering::Relaxed))
    }

    pub fn set_latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_micros.store(micros, Ordering::Relaxed);
    }

    pub fn described(&self, tenant: &Tenant) -> Value {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        json!({
            "faults": rules.iter().map(Active::described).collect::<Vec<_>>(),
            "limits": quotas.iter().map(Quota::described).collect::<Vec<_>>(),
            "throttling": self.limits.described(),
            "delays": delays_described(tenant.delays()),
            "clockRate": tenant.clock.rate(),
            "latencyMilliseconds": self.latency().as_millis() as u64,
        })
    }

    /// Takes what `--faults FILE` and `POST /sandbox/faults` hold.
    pub fn apply(&self, weather: Weather, tenant: &mut Tenant) {
        self.add(weather.faults);
        self.limit(weather.limits);
        if let Some(throttling) = weather.throttling {
            self.limits.set(throttling);
        }
        if let Some(delays) = weather.delays {
            tenant.set_delays(delays.0);
        }
        if let Some(rate) = weather.clock_rate {
            tenant.clock.set_rate(rate);
        }
        self.rate.store(tenant.clock.rate(), Ordering::Relaxed);
        if let Some(latency) = weather.latency_milliseconds {
            self.set_latency(Duration::from_millis(latency));
        }
    }
}

/// The troubles of a sandbox as they are written down.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Weather {
    pub faults: Vec<Rule>,
    /// Limits beside the published ones.
    pub limits: Vec<quota::Limit>,
    pub throttling: Option<limits::Throttling>,
    pub delays: Option<NamedDelays>,
    pub clock_rate: Option<u32>,
    pub latency_milliseconds: Option<u64>,
}

impl Weather {
    /// Reads it from text: one fault, a list of faults, or everything. What is wrong is told with line and column.
    pub fn read(text: &str) -> Result<Weather, String> {
        let told = |error: serde_json::Error| error.to_string();
        let faults = match serde_json::from_str(text).map_err(told)? {
            Value::Array(_) => serde_json::from_str::<Vec<Rule>>(text).map_err(told)?,
            Value::Object(map) if map.contains_key("limit") => {
                let limits = vec![serde_json::from_str::<quota::Limit>(text).map_err(told)?];
                return Ok(Weather { limits, ..Weather::default() });
            }
            Value::Object(map) if map.contains_key("on") || map.contains_key("then") => {
                vec![serde_json::from_str::<Rule>(text).map_err(told)?]
            }
            _ => return serde_json::from_str(text).map_err(told),
        };
        Ok(Weather { faults, ..Weather::default() })
    }

    pub fn from_file(path: &Path) -> Result<Weather, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        Weather::read(&text).map_err(|reason| Error::Faults { path: path.to_owned(), reason })
    }
}

/// Replication delays by a name, or one by one in seconds.
#[derive(Clone, Copy, Debug)]
pub struct NamedDelays(pub Delays);

/// How late each service sees what is new, in seconds: graph, exchange, azure, pim, applications, contacts.
const REALISTIC: [i64; 6] = [2, 40, 30, 60, 60, 60];
const CRUEL: [i64; 6] = [30, 300, 600, 120, 300, 600];

impl NamedDelays {
    pub fn of(name: &str) -> Option<NamedDelays> {
        let seconds = match name {
            "off" => [0; 6],
            "realistic" => REALISTIC,
            "cruel" => CRUEL,
            _ => return None,
        };
        let [graph, exchange, azure, pim, applications, contacts] = seconds.map(|seconds| seconds * 1000);
        Some(NamedDelays(Delays { graph, exchange, azure, pim, applications, contacts }))
    }
}

impl<'de> serde::Deserialize<'de> for NamedDelays {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match Value::deserialize(from)? {
            Value::String(name) => NamedDelays::of(&name).ok_or_else(|| {
                D::Error::custom(format!("no delays `{name}`: they are off, realistic or cruel"))
            }),
            Value::Object(map) => {
                let mut delays = json!({});
                for (name, seconds) in map {
                    let seconds = seconds.as_f64().filter(|seconds| (0.0..=1e9).contains(seconds));
                    let seconds = seconds.ok_or_else(|| {
                        D::Error::custom(format!("the delay of `{name}` is not a number of seconds"))
                    })?;
                    delays[name] = json!((seconds * 1000.0) as i64);
                }
                serde_json::from_value(delays).map(NamedDelays).map_err(D::Error::custom)
            }
            _ => Err(D::Error::custom("`delays` is a name or a map of seconds by service")),
        }
    }
}

fn delays_described(delays: Delays) -> Value {
    for name in ["off", "realistic", "cruel"] {
        if NamedDelays::of(name).is_some_and(|named| named.0 == delays) {
            return json!(name);
        }
    }
    let mut described = serde_json::to_value(delays).unwrap_or_default();
    for seconds in described.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        *seconds = json!(seconds.as_f64().unwrap_or(0.0) / 1000.0);
    }
    described
}

/// A reply in place of the service's, where a fault is one.
pub fn instead(then: &Then, request: &Request) -> Option<Reply> {
    match *then {
        Then::Throttled { retry_after } => Some(refusal(request, 429, retry_after)),
        Then::Unavailable { retry_after } => Some(refusal(request, 503, retry_after)),
        Then::TimedOutBefore => Some(refusal(request, 504, None)),
        Then::InternalError => Some(refusal(request, 500, None)),
        Then::Suspicious => Some(refusals::suspicious(request)),
        Then::SignIn(code) => Some(refusals::sign_in(request, code)),
        Then::ClaimsChallenge => Some(refusals::claims_challenge(request)),
        _ => None,
    }
}

/// A reply that hides what the service answered after it did its work.
pub fn afterwards(then: &Then, request: &Request) -> Option<Reply> {
    match then {
        Then::TimedOut => Some(refusal(request, 504, None)),
        Then::InternalErrorAfter => Some(refusal(request, 500, None)),
        _ => None,
    }
}

/// Makes what the service answered untrue: a link that leads back, a user who is lost on the way.
pub fn twist(then: &Then, request: &Request, reply: &mut Reply, tenant: &mut Tenant) {
    let Content::Json(body) = &mut reply.content else { return };
    match then {
        Then::SamePageAgain => {
            for name in ["@odata.nextLink", "nextLink"] {
                if body.get(name).is_some() {
                    body[name] = Value::String(request.address(&request.raw_query));
                }
            }
        }
        Then::Vanished => {
            if let Some(id) = body["invitedUser"]["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()) {
                tenant.purge(id);
            }
        }
        _ => {}
    }
}
