//! Tables as a page, and values as JSON.

use std::sync::Arc;

use html_escape::encode_quoted_attribute;
use rhai::{Dynamic, Map, Module};
use serde_json::Value;

use super::super::index::Index;
use super::super::values::{from_json, to_json};
use super::lists::each;
use super::text::text;
use super::{Outcome, Place, invalid, native, objects};

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => encode_quoted_attribute(text).into_owned(),
        Value::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => encode_quoted_attribute(&other.to_string()).into_owned(),
    }
}

fn to_html(value: &Dynamic, options: &Dynamic, index: &Index) -> Outcome {
    let given = |name: &str| -> Result<String, Box<rhai::EvalAltResult>> {
        let lines: Vec<String> = each(&objects::get(options, name)?).iter().map(text).collect();
        Ok(lines.join("\n"))
    };
    let (mut columns, rows) = super::csv::rows(value, index)?;
    let wanted: Vec<String> = each(&objects::get(options, "columns")?).iter().map(text).collect();
    if !wanted.is_empty() {
        columns = wanted;
    }
    let list = given("as")?.eq_ignore_ascii_case("list");
    let found = |row: &serde_json::Map<String, Value>, name: &str| {
        row.iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map_or_else(String::new, |(_, value)| cell(value))
    };
    let mut table = String::from("<table>\n");
    if !list {
        let heads: String =
            columns.iter().map(|name| format!("<th>{}</th>", encode_quoted_attribute(name))).collect();
        table.push_str(&format!("<tr>{heads}</tr>\n"));
    }
    for row in &rows {
        match list {
            true => {
                for name in &columns {
                    table.push_str(&format!(
                        "<tr><td>{}:</td><td>{}</td></tr>\n",
                        encode_quoted_attribute(name),
                        found(row, name)
                    ));
                }
                table.push_str("<tr><td colspan=\"2\"><hr></td></tr>\n");
            }
            false => {
                let cells: String =
                    columns.iter().map(|name| format!("<td>{}</td>", found(row, name))).collect();
                table.push_str(&format!("<tr>{cells}</tr>\n"));
            }
        }
    }
    table.push_str("</table>\n");
    let (before, after) = (given("before")?, given("after")?);
    let body = given("body")?;
    // A table of nothing is none; what stands around it is the page.
    let table = if rows.is_empty() { String::new() } else { table };
    let inner = format!("{before}\n{table}{after}\n");
    if super::compare::truth(&objects::get(options, "fragment")?) {
        return Ok(inner.into());
    }
    let title = given("title")?;
    let title = if title.is_empty() { "HTML TABLE".to_owned() } else { title };
    let head = match given("head")? {
        head if head.is_empty() => format!("<title>{}</title>", encode_quoted_attribute(&title)),
        head => head,
    };
    let page = format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n{head}\n</head>\n<body>\n{body}\n{inner}</body>\n</html>\n"
    );
    Ok(page.into())
}

/// Keys in the order in which the script wrote them.
fn ordered(value: Value, index: &Index) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(|value| ordered(value, index)).collect(),
        Value::Object(mut map) => {
            let mut keys: Vec<String> = map.keys().cloned().collect();
            let order = index.order(&mut keys).unwrap_or_else(|| map.keys().cloned().collect());
            let entries: Vec<(String, Value)> = order
                .into_iter()
                .filter_map(|key| map.shift_remove(&key).map(|value| (key, value)))
                .collect();
            Value::Object(entries.into_iter().map(|(key, value)| (key, ordered(value, index))).collect())
        }
        other => other,
    }
}

fn json(value: &Dynamic, compress: bool, index: &Index) -> Outcome {
    let value = ordered(to_json(value).map_err(super::thrown)?, index);
    let shown = if compress { serde_json::to_string(&value) } else { serde_json::to_string_pretty(&value) };
    shown.map(Dynamic::from).map_err(|error| invalid(error.to_string()))
}

/// Objects of JSON read like those of the services: names in any order, nothing sorted.
pub fn from_text(value: &Dynamic) -> Outcome {
    let lines: Vec<String> = each(value).iter().map(text).collect();
    let whole = lines.join("\n");
    if whole.trim().is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let parsed: Value = serde_json::from_str(whole.trim_start_matches('\u{feff}'))
        .map_err(|error| invalid(format!("this is no JSON: {error}")))?;
    Ok(from_json("", &parsed, None))
}

pub fn register(module: &mut Module, place: &Place) {
    let indexes: [Arc<Index>; 4] = std::array::from_fn(|_| place.index.clone());
    let [a, b, c, d] = indexes;
    native!(module, "to_html", |x| to_html(&x, &Dynamic::from(Map::new()), &a));
    native!(module, "to_html", |x, options| to_html(&x, &options, &b));
    native!(module, "to_json", |x| json(&x, false, &c));
    native!(module, "to_json", |x, options| json(
        &x,
        super::compare::truth(&objects::get(&options, "compress")?),
        &d
    ));
    native!(module, "from_json", |x| from_text(&x));
}
