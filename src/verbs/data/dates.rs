//! Dates: now, some days ago, and from text.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::verbs::card::{cmdlet, example};
use crate::verbs::{Area, Card, Entry, Returns, Verb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::hosted::<Now>());
    entries.push(Entry::hosted::<DaysAgo>());
    entries.push(Entry::hosted::<ParseDate>());
}

/// This moment.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Now {}

impl Verb for Now {
    const CARD: Card = Card {
        name: "now",
        area: Area::Data,
        summary: "This moment, as a date; on a sandbox, the tenant's own",
        cmdlets: &[cmdlet("Get-Date")],
        returns: Returns::Date,
        examples: &[example("print(now() > days_ago(1))", "true")],
        ..Card::PLAIN
    };
}

/// Some days before this moment.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DaysAgo {
    /// How many days, of 24 hours each.
    pub days: f64,
}

impl Verb for DaysAgo {
    const CARD: Card = Card {
        name: "days_ago",
        area: Area::Data,
        summary: "The moment that many days ago",
        details: "Dates compare with dates only: comparing `()` or text with one is an error, so that a guest without a date is never taken for an old one.",
        positional: &["days"],
        required: 1,
        returns: Returns::Date,
        examples: &[example("print((now() - days_ago(90)).days)", "90")],
        ..Card::PLAIN
    };
}

/// A date from text.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParseDate {
    /// ISO 8601, such as `2026-03-31` or `2026-03-31T08:00:00Z`; a day alone begins at midnight UTC.
    pub text: String,
}

impl Verb for ParseDate {
    const CARD: Card = Card {
        name: "parse_date",
        area: Area::Data,
        summary: "A date from ISO 8601 text",
        positional: &["text"],
        required: 1,
        returns: Returns::Date,
        examples: &[example("print(parse_date(\"2026-03-31\"))", "2026-03-31T00:00:00Z")],
        ..Card::PLAIN
    };
}
