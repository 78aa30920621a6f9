//! What services write beside their answers about their limits.

use std::time::Duration;

use crate::net::HeaderMap;
use crate::transport::reply::header;

/// The headers that correct what is thought of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Signals {
    /// `x-ms-resource-unit`: what the call cost.
    pub units: Option<f64>,
    /// `x-ms-throttle-limit-percentage`: how much of a limit is used; Graph says it from 0.8 on.
    pub used: Option<f64>,
    /// `x-ms-throttle-information`: which limit it was.
    pub blames: Option<Blame>,
    /// `x-ms-ratelimit-remaining-*`: how many calls are left.
    pub remaining: Option<f64>,
    /// `Rate-Limit-Reset`, where `Rate-Limit-Remaining` says that nothing is left.
    pub spent_for: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    Units,
    Writes,
    /// The service itself is short of something.
    Other,
}

/// Whatever a header says of a reset further away than this, it was not meant for us.
const LONGEST_RESET: f64 = 300.0;

impl Signals {
    pub fn read(headers: &HeaderMap) -> Signals {
        let number = |name: &str| -> Option<f64> {
            let number: f64 = header(headers, name)?.trim().parse().ok()?;
            (number.is_finite() && number >= 0.0).then_some(number)
        };
        let blames = header(headers, "x-ms-throttle-information").map(|information| {
            if information.contains("WriteLimit") {
                Blame::Writes
            } else if information.contains("ResourceUnitLimit") {
                Blame::Units
            } else {
                Blame::Other
            }
        });
        let spent = number("rate-limit-remaining").is_some_and(|remaining| remaining < 1.0);
        Signals {
            units: number("x-ms-resource-unit"),
            used: number("x-ms-throttle-limit-percentage"),
            blames,
            remaining: remaining(headers),
            spent_for: if spent { reset(headers) } else { None },
        }
    }
}

/// Azure names the operation in the header; only one of them comes with an answer.
fn remaining(headers: &HeaderMap) -> Option<f64> {
    const KINDS: [&str; 6] = [
        "x-ms-ratelimit-remaining-subscription-reads",
        "x-ms-ratelimit-remaining-subscription-writes",
        "x-ms-ratelimit-remaining-subscription-deletes",
        "x-ms-ratelimit-remaining-tenant-reads",
        "x-ms-ratelimit-remaining-tenant-writes",
        "x-ms-ratelimit-remaining-tenant-deletes",
    ];
    let told = |name: &&str| header(headers, name)?.trim().parse::<u32>().ok();
    KINDS.iter().find_map(told).map(f64::from)
}

/// Exchange writes a moment, others seconds.
fn reset(headers: &HeaderMap) -> Option<f64> {
    let text = header(headers, "rate-limit-reset")?.trim();
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until: jiff::Timestamp = text.parse().ok()?;
            Duration::try_from(until.duration_since(jiff::Timestamp::now())).ok()?.as_secs_f64()
        }
    };
    (0.0..=LONGEST_RESET).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{HeaderName, HeaderValue};

    fn signals(pairs: &[(&'static str, &'static str)]) -> Signals {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Signals::read(&pairs.collect())
    }

    #[test]
    fn headers_of_graph_azure_and_exchange_are_read() {
        let graph = signals(&[
            ("x-ms-resource-unit", "3"),
            ("x-ms-throttle-limit-percentage", "0.91"),
            ("x-ms-throttle-information", "WriteLimitExceeded"),
        ]);
        assert_eq!((graph.units, graph.used, graph.blames), (Some(3.0), Some(0.91), Some(Blame::Writes)));
        let azure = signals(&[("x-ms-ratelimit-remaining-subscription-writes", "198")]);
        assert_eq!(azure.remaining, Some(198.0));
        let exchange = signals(&[("rate-limit-remaining", "0"), ("rate-limit-reset", "12")]);
        assert_eq!(exchange.spent_for, Some(12.0));
        assert_eq!(signals(&[("rate-limit-remaining", "7"), ("rate-limit-reset", "12")]).spent_for, None);
    }

    #[test]
    fn headers_that_say_nothing_sensible_are_passed_over() {
        let odd = signals(&[
            ("x-ms-resource-unit", "many"),
            ("x-ms-throttle-limit-percentage", "NaN"),
            ("x-ms-ratelimit-remaining-subscription-reads", "-1"),
            ("rate-limit-remaining", "0"),
            ("rate-limit-reset", "soon"),
        ]);
        assert_eq!(odd, Signals::default());
    }
}
