//! Dates as people say them, for a person who looks at a terminal.

use jiff::{SignedDuration, Timestamp};

use crate::words::count;

/// "3 days ago", "in 2 hours", "just now": the largest unit that fits, without a fraction.
pub fn ago(date: Timestamp, now: Timestamp) -> String {
    let distance = now.duration_since(date);
    let length = distance.abs();
    let units: [(SignedDuration, &str); 6] = [
        (SignedDuration::from_hours(24 * 365), "year"),
        // Months differ; a mean one is near enough for words.
        (SignedDuration::from_secs(2_629_746), "month"),
        (SignedDuration::from_hours(24), "day"),
        (SignedDuration::from_hours(1), "hour"),
        (SignedDuration::from_mins(1), "minute"),
        (SignedDuration::from_secs(10), ""),
    ];
    let found = units.into_iter().find(|(unit, _)| length >= *unit);
    let Some((unit, name)) = found.filter(|(_, name)| !name.is_empty()) else {
        return match (found, distance.is_negative()) {
            (None, _) => "just now".to_owned(),
            (_, true) => "in less than a minute".to_owned(),
            (_, false) => "less than a minute ago".to_owned(),
        };
    };
    let many = usize::try_from(length.as_secs() / unit.as_secs()).unwrap_or(usize::MAX);
    match distance.is_negative() {
        true => format!("in {}", count(many, name)),
        false => format!("{} ago", count(many, name)),
    }
}

/// "2026-03-31 08:00 (3 days ago)", in universal time.
pub fn dated(date: Timestamp, now: Timestamp) -> String {
    format!("{} UTC ({})", date.strftime("%Y-%m-%d %H:%M"), ago(date, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_its_largest_unit() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let told = |date: &str| ago(date.parse().unwrap(), now);
        assert_eq!(told("2026-11-22T11:59:58Z"), "just now");
        assert_eq!(told("2026-11-22T11:59:30Z"), "less than a minute ago");
        assert_eq!(told("2026-11-22T11:58:30Z"), "1 minute ago");
        assert_eq!(told("2026-11-22T09:00:00Z"), "3 hours ago");
        assert_eq!(told("2026-11-19T11:00:00Z"), "3 days ago");
        assert_eq!(told("2026-08-01T12:00:00Z"), "3 months ago");
        assert_eq!(told("2020-11-01T12:00:00Z"), "6 years ago");
        assert_eq!(told("2026-11-29T12:00:00Z"), "in 7 days");
        assert_eq!(dated("2026-11-19T11:00:00Z".parse().unwrap(), now), "2026-11-19 11:00 UTC (3 days ago)");
    }
}
