//! Between the script's values and JSON.

use rhai::{Dynamic, FnPtr};
use serde_json::{Map, Value};

use super::bulk::Outcome;
use super::date::{self, Date, Span};
use super::errors::Thrown;
use super::record::Record;
use super::rows::{RowValue, RowsValue};
use crate::problem::{Kind, Problem, Result};
use crate::verbs::shapes::Shape;

/// A value of a service as a script sees it. `name` is the property it stands under: names of dates end in `DateTime`.
pub fn from_json(name: &str, value: &Value, shape: Option<&'static Shape>) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(fraction)) => fraction.into(),
            (None, None) => number.to_string().into(),
        },
        Value::String(text) if is_date_name(name) => match date::parse(text) {
            Some(date) => Dynamic::from(date),
            None => text.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(values) => {
            values.iter().map(|value| from_json("", value, shape)).collect::<rhai::Array>().into()
        }
        Value::Object(map) => {
            // The protocol's own words are none of an object's that usher knows; a raw answer is left as it is.
            let own = map.iter().filter(|(name, _)| shape.is_none() || !name.starts_with("@odata."));
            Dynamic::from(Record::new(
                shape,
                own.map(|(name, value)| (name.clone(), value.clone())).collect(),
            ))
        }
    }
}

fn is_date_name(name: &str) -> bool {
    name.ends_with("DateTime")
        || matches!(name, "whenCreatedUTC" | "whenChangedUTC" | "createdOn" | "updatedOn" | "at")
}

/// A script's value as JSON. Closures have no such form.
pub fn to_json(value: &Dynamic) -> Result<Value> {
    if let Some(lock) = value.is_shared().then(|| value.flatten_clone()) {
        return to_json(&lock);
    }
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
        return Ok(Value::String(text.to_string()));
    }
    if let Ok(whole) = value.as_int() {
        return Ok(whole.into());
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(flag.into());
    }
    if let Ok(fraction) = value.as_float() {
        return Ok(serde_json::Number::from_f64(fraction).map_or(Value::Null, Value::Number));
    }
    if let Ok(letter) = value.as_char() {
        return Ok(Value::String(letter.to_string()));
    }
    if let Some(record) = value.read_lock::<Record>() {
        return Ok(Value::Object((*record.current).clone()));
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        let mut object = Map::with_capacity(map.len());
        for (name, value) in map.iter() {
            object.insert(name.to_string(), to_json(value)?);
        }
        return Ok(Value::Object(object));
    }
    if let Some(values) = value.read_lock::<rhai::Array>() {
        return values.iter().map(to_json).collect();
    }
    if let Some(date) = value.read_lock::<Date>() {
        return Ok(Value::String(date.to_string()));
    }
    if let Some(span) = value.read_lock::<Span>() {
        return Ok(span.0.as_secs().into());
    }
    if let Some(row) = value.read_lock::<RowValue>() {
        return Ok(Value::Object(row.0.to_object()));
    }
    if let Some(rows) = value.read_lock::<RowsValue>() {
        return Ok(rows.0.iter().map(|row| Value::Object(row.to_object())).collect());
    }
    if let Some(outcome) = value.read_lock::<Outcome>() {
        return Ok(outcome.to_json());
    }
    if let Some(error) = value.read_lock::<Thrown>() {
        return Ok(error.0.to_json());
    }
    if value.is::<FnPtr>() {
        return Err(Problem::new(Kind::InvalidOption, "a closure cannot be given here"));
    }
    Ok(Value::String(value.to_string()))
}

/// The kind of a value in words.
pub fn type_name(value: &Dynamic) -> &'static str {
    match value {
        _ if value.is_unit() => "nothing, ()",
        _ if value.is::<rhai::ImmutableString>() => "text",
        _ if value.is_int() => "a whole number",
        _ if value.is_float() => "a number",
        _ if value.is_bool() => "true or false",
        _ if value.is_array() => "an array",
        _ if value.is_map() => "a map",
        _ if value.is::<Record>() => "an object",
        _ if value.is::<Date>() => "a date",
        _ if value.is::<RowsValue>() => "rows",
        _ if value.is::<RowValue>() => "a row",
        _ if value.is::<FnPtr>() => "a closure",
        _ => "a value of another kind",
    }
}
