//! What a run says while it works: to a person a bar with rate and time left, always on stderr.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::host::Output;
use crate::runs::session::Watch;
use crate::terminal;

/// stderr and stdout as one terminal sees them: lines go above the bar, never through it.
#[derive(Default)]
pub struct Console {
    quiet: bool,
    yes: bool,
    bar: Mutex<Option<(ProgressBar, usize)>>,
}

impl Console {
    pub fn new(quiet: bool, yes: bool) -> Console {
        Console { quiet, yes, bar: Mutex::new(None) }
    }

    /// The bar is only borrowed for a moment: whoever asks a question must not keep Ctrl-C from being heard.
    fn around<T>(&self, write: impl FnOnce() -> T) -> T {
        let bar =
            self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(bar, _)| bar.clone());
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Watch for Console {
    fn bulk_begins(&self, title: &str, rows: usize) {
        if self.quiet || !terminal::stderr_is_terminal() {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(rows as u64), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template(
            "{prefix} {wide_bar} {human_pos}/{human_len} · {rate} · {eta} left {msg}",
        );
        if let Ok(style) = style {
            let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0} rows/s", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate).progress_chars("━╸─"));
        }
        bar.set_prefix(title.to_owned());
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some((bar, 0));
    }

    fn row_ends(&self, failed: bool) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((bar, failures)) = bar.as_mut() {
            if failed {
                *failures += 1;
                bar.set_message(format!("· {failures} failed"));
            }
            bar.inc(1);
        }
    }

    fn bulk_ends(&self) {
        if let Some((bar, _)) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    fn says(&self, line: &str) {
        if !self.quiet || line.starts_with("warning") {
            self.around(|| terminal::say(line));
        }
    }

    fn confirms(&self, question: &str) -> bool {
        self.yes || terminal::ask(question)
    }
}

impl Output for Console {
    fn print(&self, text: &str) {
        self.around(|| terminal::tell(text));
    }
}
