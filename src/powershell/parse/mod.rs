//! PowerShell text becomes a tree. It reads statement by statement and never fails: what it cannot read is one statement that says so.

mod detect;
mod lexer;
mod reader;
mod token;

use super::syntax::Block;

pub use detect::{is_powershell, is_unfinished};

/// A whole script, or what was typed at a prompt.
pub fn script(text: &str) -> Block {
    reader::read(text, lexer::lex(text))
}
