//! Raw calls: what no verb covers, in the service's own words, on the same path as every verb: pace, preview, allowance,
//! guard, ledger.

mod azure;
mod batch;
mod effect;
mod exchange;
mod graph;

use serde_json::{Map, Value, json};

use super::Entry;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::PLACEHOLDER;
use crate::runs::reader::Reader;
use crate::services::raw::Raw;

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<graph::GraphRequest>());
    entries.push(Entry::writes::<exchange::ExchangeCommand>());
    entries.push(Entry::writes::<azure::AzureRequest>());
}

/// What stands in for a refusal when a preview reads raw.
const AS_IT_IS: &str = "raw reads show the tenant as it is, without what this preview would have done before";

fn invalid(option: &str, message: String) -> Problem {
    Problem::new(Kind::InvalidOption, message).option(option)
}

/// A map of texts: headers, or what comes after the `?`.
fn texts(option: &str, given: Option<&Value>) -> Result<Vec<(String, String)>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let Value::Object(map) = given else {
        return Err(invalid(option, format!("`{option}` takes a map")));
    };
    let text = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::String(text) => Some(Ok((name.clone(), text.clone()))),
        Value::Bool(_) | Value::Number(_) => Some(Ok((name.clone(), value.to_string()))),
        _ => Some(Err(invalid(option, format!("`{option}.{name}` takes text, a number, or true or false")))),
    };
    map.iter().filter_map(text).collect()
}

/// Ends a row of a preview where the call needs what only a real run would know.
fn refuse_planned(tenant: &Reader<'_>, what: &str, parts: &[&Value]) -> Result<()> {
    fn named(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains(PLACEHOLDER),
            Value::Array(values) => values.iter().any(named),
            Value::Object(map) => map.values().any(named),
            _ => false,
        }
    }
    match tenant.is_preview() && parts.iter().any(|part| named(part)) {
        true => Err(Problem::new(
            Kind::NotKnownYet,
            format!("{what} needs the id of something that would be made before, and this preview has made nothing"),
        )
        .hint("a verb, where there is one for it, is previewed to the end")),
        false => Ok(()),
    }
}

fn refuse_planned_in(tenant: &Reader<'_>, raw: &Raw) -> Result<()> {
    let query: Map<String, Value> =
        raw.query.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
    let body = raw.body.clone().unwrap_or_default();
    refuse_planned(tenant, &called(raw), &[&json!(raw.path), &Value::Object(query), &body])
}

/// `POST /v1.0/users`, as messages and previews name it.
fn called(raw: &Raw) -> String {
    format!("{} {}", raw.method.name(), raw.shown_path())
}
