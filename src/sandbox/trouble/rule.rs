//! A fault and the requests that it strikes.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Place;
use crate::sandbox::http::Request;
use crate::sandbox::router::{self, Side};

/// One line of a fault file: which requests, what happens to them, and how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// `graph`, `POST /invitations`, `* /users/*/manager/$ref`, `New-MailContact`: a method where it matters, then
    /// a service, a path without its version (`*` for one segment, `**` for the rest) or a cmdlet.
    #[serde(deserialize_with = "target")]
    pub on: Target,
    #[serde(deserialize_with = "kind")]
    pub then: Kind,
    /// Seconds for `Retry-After`; absent, the header is left out.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// How long a slow body takes.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// How many requests it strikes: once unless said otherwise.
    #[serde(default)]
    pub times: Times,
    /// How many requests go well before the first is struck.
    #[serde(default)]
    pub skip: u64,
    /// Every how manieth request it strikes, from then on.
    #[serde(default)]
    pub every: Option<u64>,
    /// The part of them it strikes, from 0 to 1; the same ones at each start.
    #[serde(default)]
    pub chance: Option<f64>,
}

/// How many times a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    Always,
    Just(u64),
}

impl Default for Times {
    fn default() -> Self {
        Times::Just(1)
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(word) if word == "always" => Ok(Times::Always),
            Value::Number(number) if number.as_u64().is_some_and(|number| number > 0) => {
                Ok(Times::Just(number.as_u64().unwrap_or(1)))
            }
            other => Err(serde::de::Error::custom(format!(
                "`times` is a number from 1, or \"always\", not {other}"
            ))),
        }
    }
}

/// What happens, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Throttled,
    Unavailable,
    TimedOut,
    TimedOutBefore,
    InternalError,
    InternalErrorAfter,
    ResetBefore,
    ResetAfter,
    Slow,
    Cut,
    ExpiredToken,
    SamePageAgain,
    Vanished,
    Suspicious,
    ConsentRequired,
    StrongerSignIn,
    SignInBlocked,
    SignInExpired,
    NotSubscribed,
    ClaimsChallenge,
}

const KINDS: &[(&str, Kind)] = &[
    ("throttled", Kind::Throttled),
    ("unavailable", Kind::Unavailable),
    ("timedOut", Kind::TimedOut),
    ("timedOutBefore", Kind::TimedOutBefore),
    ("internalError", Kind::InternalError),
    ("internalErrorAfter", Kind::InternalErrorAfter),
    ("resetBefore", Kind::ResetBefore),
    ("resetAfter", Kind::ResetAfter),
    ("slow", Kind::Slow),
    ("cut", Kind::Cut),
    ("expiredToken", Kind::ExpiredToken),
    ("samePageAgain", Kind::SamePageAgain),
    ("vanished", Kind::Vanished),
    ("suspicious", Kind::Suspicious),
    ("consentRequired", Kind::ConsentRequired),
    ("strongerSignIn", Kind::StrongerSignIn),
    ("signInBlocked", Kind::SignInBlocked),
    ("signInExpired", Kind::SignInExpired),
    ("notSubscribed", Kind::NotSubscribed),
    ("claimsChallenge", Kind::ClaimsChallenge),
];

fn kind<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
    let name = String::deserialize(from)?;
    KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind).ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|(known, _)| *known).collect();
        serde::de::Error::custom(format!("no fault `{name}`: `then` is one of {}", known.join(", ")))
    })
}

/// What happens to a request that was struck.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// 429.
    Throttled {
        retry_after: Option<u64>,
    },
    /// 503.
    Unavailable {
        retry_after: Option<u64>,
    },
    /// 504, after the write took effect.
    TimedOut,
    /// 504, and nothing was done.
    TimedOutBefore,
    InternalError,
    InternalErrorAfter,
    /// The connection is reset, and nothing was done.
    ResetBefore,
    /// The connection is reset after the write took effect.
    ResetAfter,
    Slow {
        seconds: f64,
    },
    /// The body ends in the middle.
    Cut,
    /// The token is good no more.
    ExpiredToken,
    /// The link to the next page leads to the same page once more.
    SamePageAgain,
    /// An invitation is answered as usual, and its user never appears.
    Vanished,
    /// Invitations are blocked for the whole tenant.
    Suspicious,
    /// The token endpoint says no, with this number.
    SignIn(u32),
    /// 401: the service wants a token that says more.
    ClaimsChallenge,
}

/// The requests that a rule is about.
#[derive(Clone, Debug)]
pub struct Target {
    text: String,
    method: Option<String>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Anything,
    Service(Side),
    Path(Vec<String>),
    Cmdlet(String),
}

pub(super) fn target<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Target, D::Error> {
    let text = String::deserialize(from)?;
    Target::read(&text).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "`on` does not say which requests: `{text}`. It is a service (graph, exchange, azure, login), a path such \
             as `POST /invitations`, or a cmdlet such as `New-MailContact`"
        ))
    })
}

impl Target {
    fn read(text: &str) -> Option<Target> {
        const METHODS: [&str; 6] = ["GET", "POST", "PATCH", "PUT", "DELETE", "*"];
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let method = match words.first() {
            Some(first) if METHODS.contains(first) => {
                let first = words.remove(0);
                (first != "*").then(|| first.to_owned())
            }
            _ => None,
        };
        let what = match words.as_slice() {
            [] | ["*"] => What::Anything,
            ["graph"] => What::Service(Side::Graph),
            ["exchange"] => What::Service(Side::Exchange),
            ["azure"] => What::Service(Side::Azure),
            ["login"] => What::Service(Side::Login),
            [path] if path.starts_with('/') => {
                What::Path(path.split('/').filter(|part| !part.is_empty()).map(str::to_lowercase).collect())
            }
            [cmdlet] if cmdlet.contains('-') => What::Cmdlet(cmdlet.to_lowercase()),
            _ => return None,
        };
        if method.is_none() && matches!(what, What::Anything) && text.trim() != "*" {
            return None;
        }
        Some(Target { text: text.to_owned(), method, what })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn takes(&self, request: &Request) -> bool {
        if self.method.as_ref().is_some_and(|method| method != request.method.as_str()) {
            return false;
        }
        match &self.what {
            What::Anything => true,
            What::Service(side) => router::side(request) == Some(*side),
            What::Path(pattern) => {
                let versioned = request
                    .segments
                    .first()
                    .is_some_and(|first| ["v1.0", "beta"].iter().any(|v| first.eq_ignore_ascii_case(v)));
                fits(pattern, &request.segments[usize::from(versioned)..])
            }
            What::Cmdlet(name) => {
                // The body is small, and only requests to Exchange get here.
                router::side(request) == Some(Side::Exchange)
                    && serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| {
                        body["CmdletInput"]["CmdletName"]
                            .as_str()
                            .is_some_and(|found| found.eq_ignore_ascii_case(name))
                    })
            }
        }
    }
}

fn fits(pattern: &[String], segments: &[String]) -> bool {
    match (pattern.split_first(), segments.split_first()) {
        (None, None) => true,
        (Some((part, _)), _) if part == "**" => true,
        (Some((part, rest)), Some((segment, segments))) => {
            (part == "*" || part.eq_ignore_ascii_case(segment)) && fits(rest, segments)
        }
        _ => false,
    }
}

/// A rule with how often it was asked and how often it struck.
pub struct Active {
    rule: Rule,
    met: u64,
    struck: u64,
}

impl Active {
    pub fn new(rule: Rule) -> Active {
        Active { rule, met: 0, struck: 0 }
    }

    pub fn strikes(&mut self, request: &Request, place: Place) -> Option<Then> {
        let spent = matches!(self.rule.times, Times::Just(times) if self.struck >= times);
        if spent || !self.possible(request, place) || !self.rule.on.takes(request) {
            return None;
        }
        self.met += 1;
        let past = self.met.checked_sub(self.rule.skip + 1)?;
        if self.rule.every.is_some_and(|every| every > 1 && past % every != 0)
            || self.rule.chance.is_some_and(|chance| scattered(self.met) >= chance)
        {
            return None;
        }
        self.struck += 1;
        let retry_after = self.rule.retry_after;
        Some(match self.rule.then {
            Kind::Throttled => Then::Throttled { retry_after },
            Kind::Unavailable => Then::Unavailable { retry_after },
            Kind::TimedOut => Then::TimedOut,
            Kind::TimedOutBefore => Then::TimedOutBefore,
            Kind::InternalError => Then::InternalError,
            Kind::InternalErrorAfter => Then::InternalErrorAfter,
            Kind::ResetBefore => Then::ResetBefore,
            Kind::ResetAfter => Then::ResetAfter,
            Kind::Slow => Then::Slow { seconds: self.rule.seconds.unwrap_or(1.0).clamp(0.0, 3600.0) },
            Kind::Cut => Then::Cut,
            Kind::ExpiredToken => Then::ExpiredToken,
            Kind::SamePageAgain => Then::SamePageAgain,
            Kind::Vanished => Then::Vanished,
            Kind::Suspicious => Then::Suspicious,
            Kind::ConsentRequired => Then::SignIn(65001),
            Kind::StrongerSignIn => Then::SignIn(50076),
            Kind::SignInBlocked => Then::SignIn(53003),
            Kind::SignInExpired => Then::SignIn(700_082),
            Kind::NotSubscribed => Then::SignIn(650_052),
            Kind::ClaimsChallenge => Then::ClaimsChallenge,
        })
    }

    /// Some faults belong to a connection, some to one request only.
    fn possible(&self, request: &Request, place: Place) -> bool {
        let invitation = || {
            request.method == http::Method::POST
                && request.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("invitations"))
        };
        match self.rule.then {
            Kind::ResetBefore | Kind::ResetAfter | Kind::Slow | Kind::Cut | Kind::ExpiredToken => {
                place == Place::Alone
            }
            Kind::Vanished | Kind::Suspicious => invitation(),
            Kind::ConsentRequired
            | Kind::StrongerSignIn
            | Kind::SignInBlocked
            | Kind::SignInExpired
            | Kind::NotSubscribed => {
                request.segments.last().is_some_and(|last| last == "token")
                    && router::side(request) == Some(Side::Login)
            }
            Kind::ClaimsChallenge => place == Place::Alone && request.bearer().is_some(),
            Kind::SamePageAgain => request.method != http::Method::DELETE,
            _ => true,
        }
    }

    pub fn described(&self) -> Value {
        let name = KINDS.iter().find(|(_, kind)| *kind == self.rule.then).map(|(name, _)| *name);
        let mut described = json!({ "on": self.rule.on.text, "then": name });
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                described[name] = value;
            }
        };
        put("retryAfter", json!(self.rule.retry_after));
        put("seconds", json!(self.rule.seconds));
        put(
            "times",
            match self.rule.times {
                Times::Always => json!("always"),
                Times::Just(times) => json!(times),
            },
        );
        put("skip", if self.rule.skip > 0 { json!(self.rule.skip) } else { Value::Null });
        put("every", json!(self.rule.every));
        put("chance", json!(self.rule.chance));
        put("met", json!(self.met));
        put("struck", json!(self.struck));
        described
    }
}

/// A number from 0 to 1 that looks like chance and is the same for the same count (SplitMix64).
fn scattered(count: u64) -> f64 {
    let mut x = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;

    fn request(method: &str, target: &str) -> Request {
        let method: Method = method.parse().unwrap();
        Request::new(method, "http://localhost".to_owned(), target, HeaderMap::new(), Bytes::new())
    }

    fn rule(value: Value) -> Active {
        Active::new(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn a_rule_strikes_what_it_names_as_often_as_it_says() {
        let mut rule = rule(json!({ "on": "POST /invitations", "then": "throttled", "times": 2, "skip": 1 }));
        let hits: Vec<bool> = (0..5)
            .map(|_| rule.strikes(&request("POST", "/v1.0/invitations"), Place::Alone).is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert!(rule.strikes(&request("GET", "/v1.0/users"), Place::Alone).is_none());
    }

    #[test]
    fn a_star_stands_for_one_segment_and_two_for_the_rest() {
        let fits = |pattern: &str, path: &str| {
            let mut rule = rule(json!({ "on": pattern, "then": "unavailable" }));
            rule.strikes(&request("PATCH", path), Place::Alone).is_some()
        };
        assert!(fits("PATCH /users/*", "/v1.0/users/ann"));
        assert!(!fits("PATCH /users/*", "/v1.0/users/ann/manager"));
        assert!(fits("/users/**", "/beta/users/ann/manager"));
        assert!(fits("graph", "/v1.0/users"));
        assert!(!fits("azure", "/v1.0/users"));
    }

    #[test]
    fn a_tenth_by_chance_is_about_a_tenth() {
        let mut rule =
            rule(json!({ "on": "graph", "then": "unavailable", "times": "always", "chance": 0.1 }));
        let hits = (0..10_000)
            .filter(|_| rule.strikes(&request("GET", "/v1.0/users"), Place::Alone).is_some())
            .count();
        assert!((900..1100).contains(&hits), "{hits}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in [
            json!({ "on": "somewhere", "then": "throttled" }),
            json!({ "on": "graph", "then": "explodes" }),
            json!({ "on": "graph", "then": "cut", "times": 0 }),
            json!({ "on": "graph", "then": "cut", "tims": 1 }),
        ] {
            assert!(serde_json::from_value::<Rule>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
