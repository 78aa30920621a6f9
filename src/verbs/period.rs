//! Lengths of time as scripts write them: `7d`, `5m`, `P7D`, or seconds.

use std::borrow::Cow;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::problem::{Kind, Problem, Result};

/// A length of time; weeks and days count 24 hours a day.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Period(Value);

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "x-takes": "a length of time such as `7d` or `5m`, or seconds" })
    }
}

impl Period {
    pub fn length(&self, option: &str) -> Result<SignedDuration> {
        let text = match &self.0 {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let length = match text.parse::<f64>() {
            Ok(seconds) => SignedDuration::try_from_secs_f64(seconds).ok(),
            Err(_) => text
                .parse::<Span>()
                .ok()
                .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()),
        };
        length.filter(|length| !length.is_negative()).ok_or_else(|| {
            Problem::new(Kind::InvalidOption, format!("`{text}` is no length of time"))
                .option(option)
                .hint("lengths look like `7d`, `12h`, `5m`, `90s` or `P7D`; years and months are too uneven")
                .value(&text)
        })
    }
}

/// `12 s`, `5 min`, `3 days`: how a message says it.
pub fn said(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    match seconds {
        0..120 => crate::words::count(seconds as usize, "second"),
        120..7200 => crate::words::count((seconds / 60) as usize, "minute"),
        7200..172_800 => crate::words::count((seconds / 3600) as usize, "hour"),
        _ => crate::words::count((seconds / 86_400) as usize, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lengths_are_read_in_the_ways_people_write_them() {
        for (given, seconds) in [
            (json!("7d"), 604_800),
            (json!("P7D"), 604_800),
            (json!("1w"), 604_800),
            (json!("5m"), 300),
            (json!("90"), 90),
            (json!(90), 90),
            (json!(" 1h 30m "), 5400),
        ] {
            assert_eq!(Period(given.clone()).length("x").unwrap().as_secs(), seconds, "{given}");
        }
        for bad in [json!("soon"), json!("-5m"), json!("2 years"), json!("")] {
            assert!(Period(bad.clone()).length("x").is_err(), "{bad}");
        }
        assert_eq!(said(SignedDuration::from_hours(24 * 7)), "7 days");
        assert_eq!(said(SignedDuration::from_secs(300)), "5 minutes");
    }
}
