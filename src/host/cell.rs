//! What stands in the cells of tables and lists: no JSON, dates as they are wanted.

use serde_json::{Map, Value};

use super::date::Date;

/// A value as it stands in a table: no JSON, dates to the second or in words.
pub fn cell(name: &str, value: Option<&Value>, in_words: impl Fn(Date) -> Option<String> + Copy) -> Value {
    match value {
        Some(Value::Object(map)) => compact(map).into(),
        Some(Value::Array(values)) => values.iter().map(|value| cell("", Some(value), in_words)).collect(),
        Some(Value::String(text)) if name.ends_with("DateTime") => match super::date::parse(text) {
            Some(date) if in_words(date).is_some() => in_words(date).into(),
            Some(date) => date.to_string().split('.').next().map_or_else(String::new, ended).into(),
            None => text.as_str().into(),
        },
        Some(value) => value.clone(),
        None => Value::Null,
    }
}

/// A date whose fraction was cut off keeps its time zone.
fn ended(date: &str) -> String {
    if date.ends_with('Z') { date.to_owned() } else { format!("{date}Z") }
}

/// An object inside a cell: `skuId: 05e9..., state: on`, without what is empty.
fn compact(map: &Map<String, Value>) -> String {
    let told = super::data::told(map);
    let part = |(name, value): (&String, &Value)| {
        let value = cell(name, Some(value), |_| None);
        let text = crate::table::value_text(&value);
        match told.get(name) {
            Some(Value::Object(_)) => format!("{name}: ({text})"),
            Some(Value::Array(_)) => format!("{name}: [{text}]"),
            _ => format!("{name}: {text}"),
        }
    };
    told.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Several long texts in one cell of a list stand below each other.
pub fn lines_of_objects(value: Value) -> Value {
    match value {
        Value::Array(values)
            if values.iter().any(|value| value.as_str().is_some_and(|text| text.contains(": "))) =>
        {
            let lines: Vec<_> =
                values.iter().map(|value| crate::table::value_text(value).into_owned()).collect();
            lines.join("\n").into()
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_a_cell_is_no_json() {
        let licence = serde_json::json!({ "disabledPlans": [], "skuId": "05e9", "state": { "on": true } });
        assert_eq!(cell("x", Some(&licence), |_| None), "skuId: 05e9, state: (on: true)");
        let date = serde_json::json!("2026-03-31T08:00:00.1234567Z");
        assert_eq!(cell("createdDateTime", Some(&date), |_| None), "2026-03-31T08:00:00Z");
    }
}
