//! Bulk: the daily job.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::verbs::card::example;
use crate::verbs::{Area, Card, Entry, Returns, Verb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::hosted::<Bulk>());
    entries.push(Entry::hosted::<Skip>());
}

/// A closure over many rows.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bulk {
    /// Rows of a file, or an array of objects.
    pub rows: Value,
    /// The column or property that names a row; the first of email, invitedUserEmailAddress, userPrincipalName and id when left out.
    pub key: Option<String>,
    /// Rows in flight at once; chosen by the pace the service allows when left out.
    #[schemars(range(min = 1, max = 64))]
    pub throttle_limit: Option<usize>,
    /// What progress and the summary call it.
    pub title: Option<String>,
    /// At most so many objects removed.
    pub max_removals: Option<usize>,
    /// Stop once so many rows have failed.
    #[schemars(range(min = 1))]
    pub stop_after_errors: Option<usize>,
}

impl Verb for Bulk {
    const CARD: Card = Card {
        name: "bulk",
        area: Area::Bulk,
        summary: "Run a closure for each row, several at once, each failing alone",
        details: "Gives `#{ rows, succeeded, failed, skipped, notAttempted, waitedSeconds, runId }`; each row has `input`, `status`, `value` or `error`, `effects` and `attempts`. Over a CSV file it writes `<input>.results.csv`, and `<input>.failed.csv` with the rows to mend and feed back.\n\nThe closure returns a value and `bulk` collects them; variables from outside are copies in it, and assigning to one is an error.",
        positional: &["rows"],
        required: 1,
        returns: Returns::Value,
        examples: &[example(
            "let people = [#{ email: \"ann@fabrikam.example\" }, #{ email: \"bob@fabrikam.example\" }];\nlet result = bulk(people, |row| {\n    new_invitation(#{ invitedUserEmailAddress: row.email }).invitedUser.id\n});\nprint(result.succeeded)",
            "2",
        )],
        ..Card::PLAIN
    };
}

/// Leave a row.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Skip {
    /// Why, for the report.
    pub reason: String,
}

impl Verb for Skip {
    const CARD: Card = Card {
        name: "skip",
        area: Area::Bulk,
        summary: "End a row of a bulk as skipped, with a reason",
        positional: &["reason"],
        required: 1,
        returns: Returns::Nothing,
        examples: &[example(
            "let result = bulk([#{ id: \"a\" }, #{ id: \"b\" }], |row| {\n    if row.id == \"a\" { skip(\"not this one\") }\n});\nprint(result.skipped)",
            "1",
        )],
        ..Card::PLAIN
    };
}
