//! Dates: they print as ISO 8601, count days, and compare with dates alone.

use jiff::{SignedDuration, Timestamp};
use rhai::{Dynamic, Engine, EvalAltResult};

use super::errors::thrown;
use crate::problem::{Kind, Problem};

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub Timestamp);

impl std::fmt::Display for Date {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Services write whole seconds; more digits than they have would only be noise.
        match self.0.subsec_nanosecond() {
            0 => write!(out, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%SZ")),
            _ => write!(out, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
        }
    }
}

/// The time between two dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub SignedDuration);

impl Span {
    /// Whole days, rounded to the nearest second first, so that ninety days are ninety.
    fn days(self) -> i64 {
        (self.0.as_secs_f64().round() as i64) / 86_400
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:#}", SignedDuration::from_secs(self.0.as_secs()))
    }
}

/// A date or a day from ISO 8601 text.
pub fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(Date(moment));
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(Date(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()))
}

pub fn days(count: f64) -> SignedDuration {
    let count = if count.is_nan() { 0.0 } else { count };
    SignedDuration::from_secs_f64((count * 86_400.0).clamp(-3e11, 3e11))
}

fn moved(date: Date, by: SignedDuration) -> Result<Date, Box<EvalAltResult>> {
    date.0
        .checked_add(by)
        .map(Date)
        .map_err(|_| thrown(Problem::new(Kind::InvalidInput, "the date lies too far away")))
}

fn incomparable(other: &Dynamic) -> Box<EvalAltResult> {
    let what = match other {
        _ if other.is_unit() => "an empty value".to_owned(),
        _ => super::values::type_name(other).to_owned(),
    };
    thrown(Problem::new(Kind::InvalidInput, format!("a date cannot be compared with {what}")).hint(
        "a missing date is neither old nor new: check `x != ()` first; parse_date() makes a date of text",
    ))
}

fn no_size(other: &Dynamic) -> Box<EvalAltResult> {
    let what = super::values::type_name(other);
    thrown(
        Problem::new(Kind::InvalidInput, format!("a time between two dates cannot be compared with {what}"))
            .hint("take its days: `(now() - date).days > 90`"),
    )
}

pub fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Date>("Date")
        .register_type_with_name::<Span>("Duration")
        .register_fn("to_string", |date: &mut Date| date.to_string())
        .register_fn("to_debug", |date: &mut Date| date.to_string())
        .register_fn("to_string", |span: &mut Span| span.to_string())
        .register_fn("to_debug", |span: &mut Span| span.to_string())
        .register_get("days", |span: &mut Span| span.days())
        .register_get("hours", |span: &mut Span| span.0.as_hours())
        .register_get("minutes", |span: &mut Span| span.0.as_mins())
        .register_get("seconds", |span: &mut Span| span.0.as_secs())
        .register_get("totalDays", |span: &mut Span| span.0.as_secs_f64() / 86_400.0)
        .register_get("totalHours", |span: &mut Span| span.0.as_secs_f64() / 3600.0)
        .register_get("totalMinutes", |span: &mut Span| span.0.as_secs_f64() / 60.0)
        .register_get("totalSeconds", |span: &mut Span| span.0.as_secs_f64())
        .register_get("totalMilliseconds", |span: &mut Span| span.0.as_secs_f64() * 1000.0)
        .register_get("year", |date: &mut Date| i64::from(utc(*date).year()))
        .register_get("month", |date: &mut Date| i64::from(utc(*date).month()))
        .register_get("day", |date: &mut Date| i64::from(utc(*date).day()))
        .register_fn("add_days", |date: &mut Date, n: i64| moved(*date, days(n as f64)))
        .register_fn("add_days", |date: &mut Date, n: f64| moved(*date, days(n)))
        .register_fn("-", |a: Date, b: Date| Span(a.0.duration_since(b.0)))
        .register_fn("-", |date: Date, span: Span| moved(date, -span.0))
        .register_fn("+", |date: Date, span: Span| moved(date, span.0))
        .register_fn("format", |date: &mut Date, pattern: &str| -> Result<String, Box<EvalAltResult>> {
            jiff::fmt::strtime::format(pattern, &date.0.to_zoned(jiff::tz::TimeZone::UTC)).map_err(|error| {
                thrown(Problem::new(Kind::InvalidInput, format!("`{pattern}` is no date format: {error}")))
            })
        });
    macro_rules! compare {
        ($($name:literal $operator:tt),*) => { $(
            engine.register_fn($name, |a: Date, b: Date| a.0 $operator b.0);
            engine.register_fn($name, |_: Date, _: ()| -> Result<bool, Box<EvalAltResult>> {
                Err(incomparable(&Dynamic::UNIT))
            });
            engine.register_fn($name, |_: (), _: Date| -> Result<bool, Box<EvalAltResult>> {
                Err(incomparable(&Dynamic::UNIT))
            });
            engine.register_fn($name, |a: Span, b: Span| a.0 $operator b.0);
            engine.register_fn($name, |_: Span, b: Dynamic| -> Result<bool, Box<EvalAltResult>> { Err(no_size(&b)) });
            engine.register_fn($name, |a: Dynamic, _: Span| -> Result<bool, Box<EvalAltResult>> { Err(no_size(&a)) });
            engine.register_fn($name, |_: Date, b: Dynamic| -> Result<bool, Box<EvalAltResult>> { Err(incomparable(&b)) });
            engine.register_fn($name, |a: Dynamic, _: Date| -> Result<bool, Box<EvalAltResult>> { Err(incomparable(&a)) });
        )* };
    }
    compare!("<" <, "<=" <=, ">" >, ">=" >=);
    engine
        .register_fn("==", |a: Date, b: Date| a == b)
        .register_fn("!=", |a: Date, b: Date| a != b)
        .register_fn("==", |a: Span, b: Span| a == b)
        .register_fn("!=", |a: Span, b: Span| a != b);
}

fn utc(date: Date) -> jiff::Zoned {
    date.0.to_zoned(jiff::tz::TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!(parse("2026-03-31").unwrap().to_string(), "2026-03-31T00:00:00Z");
        assert_eq!(parse("2026-03-31T08:00:00+02:00").unwrap().to_string(), "2026-03-31T06:00:00Z");
        assert!(parse("31.3.2026").is_none());
    }
}
