//! Changing properties: what was asked for, what is to be emptied, and the way back.

use serde_json::{Map, Value, json};

use crate::problem::{Kind, Problem, Result};

/// What is to be set, together with what `clear` empties; `empty` gives the value that empties a property.
pub fn wanted(
    given: Value,
    clear: Option<&[String]>,
    clearable: &[&str],
    empty: fn(&str) -> Value,
) -> Result<Map<String, Value>> {
    let Value::Object(given) = given else { return Ok(Map::new()) };
    let mut wanted: Map<String, Value> = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
    for name in clear.into_iter().flatten() {
        let refuse = |message: String| Problem::new(Kind::InvalidOption, message).option("clear").value(name);
        let Some(known) = clearable.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            return Err(refuse(format!("`{name}` cannot be cleared"))
                .hint(format!("these can: {}", clearable.join(", "))));
        };
        if wanted.contains_key(*known) {
            return Err(refuse(format!("`{known}` is both set and cleared")));
        }
        wanted.insert((*known).to_owned(), empty(known));
    }
    Ok(wanted)
}

/// Whether there is anything to do. An object that was read and is handed back unchanged gives nothing, and means it.
pub fn asked(wanted: &Map<String, Value>, subject: &Value) -> Result<()> {
    match wanted.is_empty() && !subject.is_object() {
        true => Err(Problem::new(Kind::InvalidOption, "nothing to change was given")
            .hint("an empty cell counts as not given; `clear: [\"name\"]` empties a property")),
        false => Ok(()),
    }
}

/// The arguments that put properties back to what they were: `subject` names whose they are.
pub fn back(subject: &str, whose: Value, before: &Map<String, Value>) -> Value {
    let nothing = |value: &Value| value.is_null() || value == "";
    let (cleared, set): (Vec<_>, Vec<_>) = before.iter().partition(|(_, value)| nothing(value));
    let mut arguments: Map<String, Value> =
        set.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    arguments.insert(subject.to_owned(), whose);
    if !cleared.is_empty() {
        arguments.insert("clear".to_owned(), cleared.into_iter().map(|(name, _)| json!(name)).collect());
    }
    Value::Object(arguments)
}
