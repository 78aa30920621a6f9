//! `--not-before` and `--until`: moments as people say them.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// A moment, or a time of day that will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    /// The next time that the clock on the wall shows this.
    Clock(Time),
}

impl When {
    /// For clap: ISO 8601 with or without a zone, or a time of day.
    pub fn parse(text: &str) -> Result<When, String> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(When::At(at));
        }
        if let Ok(at) = text.parse::<Zoned>() {
            return Ok(When::At(at.timestamp()));
        }
        if text.contains('-')
            && let Ok(local) = text.parse::<DateTime>()
            && let Ok(at) = local.to_zoned(TimeZone::system())
        {
            return Ok(When::At(at.timestamp()));
        }
        if text.contains(':')
            && let Ok(time) = Time::strptime("%H:%M", text).or_else(|_| Time::strptime("%H:%M:%S", text))
        {
            return Ok(When::Clock(time));
        }
        Err("a moment looks like 22:00, 2026-11-30T22:00 or 2026-11-30T22:00:00Z".to_owned())
    }

    /// The moment, for someone who asks at `now`: a time of day is today's, or tomorrow's when that is over.
    pub fn after(self, now: &Zoned) -> Timestamp {
        let time = match self {
            When::At(at) => return at,
            When::Clock(time) => time,
        };
        let on = |day: jiff::civil::Date| day.to_datetime(time).to_zoned(now.time_zone().clone()).ok();
        let today = on(now.date()).filter(|at| *at > *now);
        let tomorrow = || now.date().checked_add(1.day()).ok().and_then(on);
        today.or_else(tomorrow).map_or(Timestamp::MAX, |at| at.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let ten = When::parse("22:00").unwrap();
        let after = |now: &str| ten.after(&at(now)).to_zoned(TimeZone::get("Europe/Oslo").unwrap());
        assert_eq!(after("2026-11-21T21:59[Europe/Oslo]"), at("2026-11-21T22:00[Europe/Oslo]"));
        assert_eq!(after("2026-11-21T22:00[Europe/Oslo]"), at("2026-11-22T22:00[Europe/Oslo]"));
        // The night in which the clocks go forward.
        assert_eq!(after("2026-03-28T23:00[Europe/Oslo]"), at("2026-03-29T22:00[Europe/Oslo]"));
    }

    #[test]
    fn a_moment_is_said_with_or_without_a_zone() {
        let parsed = When::parse("2026-11-30T22:00:00Z");
        assert_eq!(parsed, Ok(When::At("2026-11-30T22:00:00Z".parse().unwrap())));
        assert_eq!(When::parse("2026-11-30T23:00:00+01:00"), parsed);
        let local = When::parse("2026-11-30T22:00").unwrap();
        let expected = "2026-11-30T22:00".parse::<DateTime>().unwrap().to_zoned(TimeZone::system()).unwrap();
        assert_eq!(local, When::At(expected.timestamp()));
        assert_eq!(When::parse("2026-11-30 22:00"), Ok(local));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "ten", "25:00", "22", "22.00", "2026-13-01", "30d"] {
            assert!(When::parse(text).is_err(), "{text}");
        }
    }
}
