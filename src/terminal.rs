//! The door to the terminal: what kind it is, and asking the person at it.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a person types.
pub fn stdin_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Whether results go to a person.
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether messages and progress go to a person.
pub fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether there is somebody to ask.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Columns of the terminal; `None` where output goes elsewhere.
pub fn width() -> Option<usize> {
    stdout_is_terminal()
        .then(|| terminal_size::terminal_size().map_or(80, |(columns, _)| usize::from(columns.0)).max(20))
}

/// Lines of the terminal; `None` where output goes elsewhere.
pub fn height() -> Option<usize> {
    let (_, lines) = terminal_size::terminal_size()?;
    stdout_is_terminal().then_some(usize::from(lines.0))
}

/// Whether the terminal is one that a program can draw on.
pub fn can_draw() -> bool {
    stdout_is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether colours are welcome: <https://no-color.org>, and not on a dumb terminal.
pub fn colors() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stdout_is_terminal() && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A question with yes or no; anything but yes is no.
pub fn ask(question: &str) -> bool {
    if !can_ask() {
        return false;
    }
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{question} [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Lends the terminal to another program until it ends; gives whether it ended well.
pub fn lend(program: &mut Command, input: Option<&str>) -> std::io::Result<bool> {
    if input.is_some() {
        program.stdin(Stdio::piped());
    }
    let mut running = program.spawn()?;
    if let (Some(mut pipe), Some(input)) = (running.stdin.take(), input) {
        // Whoever leaves a pager early has seen enough.
        let _ = writeln!(pipe, "{input}");
    }
    Ok(running.wait()?.success())
}

/// A line for the person, on stderr. A closed pipe is no reason to fail.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Whether stdout belongs to something else than results.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes stdout for lines of one kind: what would be told there goes to stderr from now on.
pub fn take_stdout() -> std::io::Stdout {
    TAKEN.store(true, Ordering::Relaxed);
    std::io::stdout()
}

/// Data, on stdout. When nobody reads it any more the work goes on all the same: it may be half done.
pub fn tell(text: &str) {
    static GONE: AtomicBool = AtomicBool::new(false);
    if TAKEN.load(Ordering::Relaxed) {
        return say(text);
    }
    if GONE.load(Ordering::Relaxed) {
        return;
    }
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        GONE.store(true, Ordering::Relaxed);
    }
}
