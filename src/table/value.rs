//! A JSON value as the text of one cell, the same in CSV files and in text tables.

use std::borrow::Cow;

use serde_json::Value;

/// Between the items of a list in one cell; `split_list` takes it apart again.
pub(super) const LIST_SEPARATOR: &str = "; ";

/// Null is empty, lists are joined with `; ` (nulls in them left out), objects are compact JSON.
pub fn value_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(items) => {
            let texts: Vec<_> = items.iter().filter(|item| !item.is_null()).map(value_text).collect();
            Cow::Owned(texts.join(LIST_SEPARATOR))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Cow::Owned(value.to_string()),
    }
}
