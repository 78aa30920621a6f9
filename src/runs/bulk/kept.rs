//! What a row gave back, kept small until somebody asks: a script often ends a row with a whole user, and there are many rows.

use serde_json::Value;

/// A value of a row.
#[derive(Clone, Debug, Default)]
pub enum Kept {
    #[default]
    Nothing,
    /// Texts, numbers and the like stay as they are.
    Plain(Value),
    /// Maps and lists as JSON, which is a fraction of what they take in memory.
    Json(Box<str>),
}

impl Kept {
    pub fn is_nothing(&self) -> bool {
        matches!(self, Kept::Nothing)
    }

    pub fn value(&self) -> Value {
        match self {
            Kept::Nothing => Value::Null,
            Kept::Plain(value) => value.clone(),
            Kept::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        }
    }
}

impl From<Value> for Kept {
    fn from(value: Value) -> Kept {
        match value {
            Value::Null => Kept::Nothing,
            Value::Object(_) | Value::Array(_) => Kept::Json(value.to_string().into()),
            plain => Kept::Plain(plain),
        }
    }
}
