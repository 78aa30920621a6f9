//! PowerShell text as a tree: what it says, what is left when a line cannot be read, and what counts as PowerShell at the prompt.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod comments;
mod expressions;
mod fuzz;
mod prompt;
mod recovery;
mod show;
mod statements;

use usher::powershell::parse;

/// What a text is read as, on one line.
fn read(text: &str) -> String {
    show::block(&parse::script(text))
}
