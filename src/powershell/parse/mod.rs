//! PowerShell text becomes a tree. It reads statement by statement and never fails: what it cannot read is one statement that says so.

mod lexer;
mod reader;
mod token;

use super::syntax::Block;

/// A whole script, or what was typed at a prompt.
pub fn script(text: &str) -> Block {
    reader::read(text, lexer::lex(text))
}
