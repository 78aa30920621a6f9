//! Whether an exchange is to be repeated, and after how long: the rules that keep a write from happening twice.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use uuid::Uuid;

use super::Call;
use super::reply::header;
use super::service_error::is_concurrency_limit;
use super::waits::Reason;
use crate::net::{self, HeaderMap, Response};

const FIRST_WAIT: Duration = Duration::from_millis(500);
const FIRST_THROTTLED_WAIT: Duration = Duration::from_secs(2);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// What to do after an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is an answer, good or bad.
    Final,
    /// The token was not accepted.
    Unauthorized,
    /// Once more, after what the service asks for, or what is usual.
    Again { reason: Reason, after: Option<Duration> },
    /// A write that may have been carried out.
    Unknown,
}

/// Judges an exchange.
pub(super) fn verdict(call: &Call, result: &Result<Response, net::Error>) -> Verdict {
    match result {
        Ok(answer) => judge(call, answer),
        Err(error) => judge_error(call, error),
    }
}

/// Judges an answer.
fn judge(call: &Call, answer: &Response) -> Verdict {
    let after = || retry_after(&answer.headers);
    let once_more = |reason| Verdict::Again { reason, after: after() };
    match answer.status {
        401 => Verdict::Unauthorized,
        429 => once_more(Reason::Throttled),
        _ if call.service == crate::identity::Service::Exchange && is_concurrency_limit(&answer.body) => {
            once_more(Reason::Throttled)
        }
        // With a time to come back, the service itself turned the call away; without, it may be a gateway that gave up on it.
        503 if call.repeatable || after().is_some() => once_more(Reason::Unavailable),
        502 | 504 if call.repeatable => once_more(Reason::Unavailable),
        502..=504 => Verdict::Unknown,
        _ => Verdict::Final,
    }
}

/// Judges an exchange that gave no answer.
fn judge_error(call: &Call, error: &net::Error) -> Verdict {
    match (error.surely_not_sent(), error.may_pass()) {
        (true, true) => Verdict::Again { reason: Reason::Unreachable, after: None },
        (true, false) => Verdict::Final,
        (false, _) if call.repeatable => Verdict::Again { reason: Reason::Unavailable, after: None },
        (false, _) => Verdict::Unknown,
    }
}

/// How long to wait before attempt `next` (the first repeat is 2).
pub(super) fn wait(reason: Reason, after: Option<Duration>, next: u32) -> Duration {
    let chance = f64::from(Uuid::new_v4().as_u128() as u32) / f64::from(u32::MAX);
    match after {
        // A little later than told: all who were told the same come back together otherwise.
        Some(after) => after + Duration::from_millis(250).mul_f64(chance),
        None => {
            let first = if reason == Reason::Throttled { FIRST_THROTTLED_WAIT } else { FIRST_WAIT };
            let doubled = first.saturating_mul(1 << next.saturating_sub(2).min(16));
            doubled.min(LONGEST_BACKOFF).mul_f64(0.5 + chance / 2.0)
        }
    }
}

/// `Retry-After` in seconds, which may have a fraction, or as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = header(headers, "retry-after")?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds.is_finite().then(|| Duration::try_from_secs_f64(seconds.max(0.0)).ok())?;
    }
    let until = date(text)?;
    // By the service's own clock where it tells it: ours may be wrong.
    let now = header(headers, "date").and_then(date).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::HeaderValue;

    fn after(value: &'static str, now: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(value));
        if let Some(now) = now {
            headers.insert("date", HeaderValue::from_static(now));
        }
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_as_seconds_fractions_and_dates() {
        assert_eq!(after("10", None), Some(Duration::from_secs(10)));
        assert_eq!(after(" 0.5 ", None), Some(Duration::from_millis(500)));
        assert_eq!(after("-3", None), Some(Duration::ZERO));
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(after("Sun, 06 Nov 1994 08:49:49 GMT", now), Some(Duration::from_secs(12)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:07 GMT", now), Some(Duration::ZERO));
        for odd in ["", "soon", "NaN", "inf", "1e400"] {
            assert_eq!(after(odd, None), None, "{odd}");
        }
    }

    #[test]
    fn waits_grow_and_are_bounded() {
        for next in 2..40 {
            let wait = wait(Reason::Throttled, None, next);
            assert!(wait >= Duration::from_secs(1) && wait <= LONGEST_BACKOFF, "{next}: {wait:?}");
        }
        let told = wait(Reason::Throttled, Some(Duration::from_secs(7)), 2);
        assert!(told >= Duration::from_secs(7) && told <= Duration::from_millis(7250));
    }
}
