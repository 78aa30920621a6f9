//! Lines in another language than usher's own: what they come to in it.
//!
//! The one place that decides it. None is known yet, so every line is usher's own.

use crate::host::Interpreter;

/// A line in usher's language, and what whoever typed it should know of the translation.
#[derive(Debug, Default)]
pub struct Translated {
    pub code: String,
    pub notes: Vec<String>,
}

/// What a line comes to, or why it cannot be said in usher's language; `None` for a line that is usher's own.
pub fn translated(_text: &str, _known: &Interpreter) -> Option<Result<Translated, String>> {
    None
}

/// Whether a line goes on; `None` for a line that is usher's own.
pub fn is_unfinished(_text: &str, _known: &Interpreter) -> Option<bool> {
    None
}
