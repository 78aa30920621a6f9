//! From when until when a role is wanted: what `scheduleInfo` says, in Graph and in Azure alike.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    Never,
    AtMoment,
    AfterDuration,
}

/// Moments are milliseconds of the tenant's clock.
#[derive(Clone, Debug)]
pub struct Period {
    /// Not before now: a start in the past is now.
    pub start: i64,
    pub end: Option<i64>,
    pub expiry: Expiry,
    /// As the caller wrote them.
    pub duration: Option<String>,
    pub wanted_start: Option<Timestamp>,
    pub wanted_end: Option<Timestamp>,
}

impl Period {
    /// From now on, without an end.
    pub fn open(now: i64) -> Period {
        Period {
            start: now,
            end: None,
            expiry: Expiry::Never,
            duration: None,
            wanted_start: None,
            wanted_end: None,
        }
    }

    /// Nothing when a moment, a duration or the type cannot be read.
    pub fn read(info: &Value, now: i64) -> Option<Period> {
        let mut period = Period::open(now);
        if info.is_null() {
            return Some(period);
        }
        period.wanted_start = moment(field(info, "startDateTime"))?;
        if let Some(start) = period.wanted_start {
            period.start = start.as_millisecond().max(now);
        }
        let expiration = field(info, "expiration");
        period.wanted_end = moment(field(expiration, "endDateTime"))?;
        period.duration = match field(expiration, "duration") {
            Value::Null => None,
            value => Some(value.as_str()?.to_owned()),
        };
        let kind = match field(expiration, "type") {
            Value::Null => "notspecified".to_owned(),
            value => value.as_str()?.to_ascii_lowercase(),
        };
        match kind.as_str() {
            "noexpiration" | "notspecified" => {}
            "afterdatetime" => {
                period.expiry = Expiry::AtMoment;
                period.end = Some(period.wanted_end?.as_millisecond());
            }
            "afterduration" => {
                period.expiry = Expiry::AfterDuration;
                // Without a duration the service takes it as never.
                if let Some(text) = &period.duration {
                    period.end = Some(later(period.start, text)?);
                }
            }
            _ => return None,
        }
        Some(period)
    }

    /// True when it lasts no longer than so many hours.
    pub fn fits_hours(&self, hours: i64) -> bool {
        self.end.is_some_and(|end| end - self.start <= hours * 3_600_000)
    }

    /// True unless it would be over before it starts.
    pub fn lasts(&self) -> bool {
        self.end.is_none_or(|end| end > self.start)
    }
}

/// The moment an ISO 8601 duration after another.
fn later(start: i64, duration: &str) -> Option<i64> {
    let span: Span = duration.parse().ok()?;
    let start = Timestamp::from_millisecond(start).ok()?.to_zoned(TimeZone::UTC);
    Some(start.checked_add(span).ok()?.timestamp().as_millisecond())
}

/// The outer nothing stands for what is no moment, the inner one for none given.
#[allow(clippy::option_option, reason = "absent and unreadable differ")]
fn moment(value: &Value) -> Option<Option<Timestamp>> {
    match value {
        Value::Null => Some(None),
        value => Some(Some(value.as_str()?.parse().ok()?)),
    }
}

/// A value by its name in any case; null when it is not there.
pub fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    value
        .as_object()
        .and_then(|map| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
        .map_or(&Value::Null, |(_, value)| value)
}

/// A moment as the services write it: as many digits after the second as there are.
pub fn written(at: i64) -> Value {
    Timestamp::from_millisecond(at).map_or(Value::Null, |at| Value::String(at.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOON: i64 = 1_800_000_000_000;

    #[test]
    fn a_start_in_the_past_is_now() {
        let info = json!({ "StartDateTime": "2020-01-01T00:00:00Z", "expiration": { "type": "AfterDuration", "duration": "PT5H" } });
        let period = Period::read(&info, NOON).unwrap();
        assert_eq!((period.start, period.end), (NOON, Some(NOON + 5 * 3_600_000)));
        assert!(period.fits_hours(5) && !period.fits_hours(4));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for info in [
            json!({ "startDateTime": "soon" }),
            json!({ "expiration": { "type": "whenever" } }),
            json!({ "expiration": { "type": "afterDuration", "duration": "8 hours or so" } }),
            json!({ "expiration": { "type": "afterDateTime" } }),
        ] {
            assert!(Period::read(&info, NOON).is_none(), "{info}");
        }
    }
}
