//! Long results: a page at a time, in the pager of the user's choice.

use std::process::Command;

use crate::terminal;

/// Shows a text; one that is taller than the terminal by `PAGER`, else by `less`, else whole.
pub fn show(text: &str) {
    let tall = |height: usize| text.lines().count() + 1 > height;
    // What another program makes of a terminal without cursor movement is not to be relied on.
    if !terminal::can_draw() || !terminal::height().is_some_and(tall) || !paged(text) {
        terminal::tell(text);
    }
}

/// Whether a pager took it.
fn paged(text: &str) -> bool {
    let chosen = std::env::var("PAGER").unwrap_or_default();
    let mut words = chosen.split_whitespace();
    let mut command = match words.next() {
        Some("cat") => return false,
        Some(program) => {
            let mut command = Command::new(program);
            command.args(words);
            command
        }
        None => Command::new("less"),
    };
    // Colours as they are, no questions for what fits, the text stays on the screen, long lines are cut.
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "-FRXS");
    }
    terminal::lend(&mut command, Some(text)).is_ok()
}
