//! The door to the terminal: what kind it is, and asking the person at it.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use unicode_width::UnicodeWidthStr;

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
    ask_unless(question, || false)
}

/// The same, and no as well once it is given up.
pub fn ask_unless(question: &str, given_up: impl Fn() -> bool) -> bool {
    if !can_ask() {
        return false;
    }
    let answer = answer_to(&format!("{question} [y/N] "), given_up);
    answer.is_some_and(|answer| matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// A question with any answer; none where nobody is there, or where they leave or give up.
pub fn ask_for(what: &str, given_up: impl Fn() -> bool) -> Option<String> {
    can_ask().then(|| answer_to(&format!("{what}: "), given_up)).flatten()
}

fn answer_to(question: &str, given_up: impl Fn() -> bool) -> Option<String> {
    let mut err = std::io::stderr().lock();
    let fitted = stderr_width().map_or_else(|| question.to_owned(), |width| fitted(question, width));
    let _ = write!(err, "{fitted}");
    let _ = err.flush();
    // Whoever is told that it is given up must get at the terminal.
    drop(err);
    while !is_answered() {
        if given_up() {
            return None;
        }
    }
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer).ok().filter(|read| *read > 0);
    read.map(|_| answer.trim_end_matches(['\n', '\r']).to_owned())
}

/// Whether there is a line to read; looks for a moment only, because a signal does not end the reading of one.
#[cfg(unix)]
fn is_answered() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    const MOMENT: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    let stdin = std::io::stdin();
    match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&MOMENT)) {
        Ok(ready) => ready > 0,
        // Reading it will tell why.
        Err(error) => error != rustix::io::Errno::INTR,
    }
}

/// Ctrl-C ends the reading of a line here.
#[cfg(not(unix))]
fn is_answered() -> bool {
    true
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

/// Lines for the person, on stderr; long ones are broken between words where there is a terminal. A closed pipe is no reason
/// to fail.
pub fn say(text: &str) {
    let text = match stderr_width() {
        Some(width) => fitted(text, width),
        None => text.to_owned(),
    };
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn stderr_width() -> Option<usize> {
    let width =
        || terminal_size::terminal_size_of(std::io::stderr()).map(|(columns, _)| usize::from(columns.0));
    stderr_is_terminal().then(width).flatten().filter(|width| *width >= 20)
}

/// Long lines broken between words, each part as far in as the line. What somebody may copy as one piece, and excerpts of
/// scripts, stay whole.
fn fitted(text: &str, width: usize) -> String {
    text.split('\n').map(|line| fitted_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn fitted_line(line: &str, width: usize) -> String {
    let is_excerpt = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with('|');
    if line.width() <= width || is_excerpt || line.contains('\x1b') || line.contains(": usher ") {
        return line.to_owned();
    }
    let words = line.trim_start();
    let indent = &line[..line.len() - words.len()];
    let mut out = String::new();
    let mut column = 0;
    for word in words.split(' ') {
        if column > 0 && column + 1 + word.width() <= width {
            out.push(' ');
            column += 1;
        } else {
            out.push_str(if column == 0 { "" } else { "\n" });
            out.push_str(indent);
            column = indent.width();
        }
        out.push_str(word);
        column += word.width();
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        assert_eq!(fitted("one two three", 8), "one two\nthree");
        assert_eq!(fitted("  one two three\nfour\n", 9), "  one two\n  three\nfour\n");
        assert_eq!(fitted("https://a.example/long and more", 10), "https://a.example/long\nand more");
        assert_eq!(fitted("blåbærsyltetøy på brød", 14), "blåbærsyltetøy\npå brød");
    }

    #[test]
    fn what_is_copied_or_shows_a_script_stays_whole() {
        for line in [
            "next: usher run --tenant there",
            "  12 | let guest = new_invitation(#{})",
            "\x1b[2mgrey on and on\x1b[0m",
        ] {
            assert_eq!(fitted(line, 10), line);
        }
        assert_eq!(fitted("one two", 8), "one two");
    }
}
