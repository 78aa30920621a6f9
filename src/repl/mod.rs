//! The prompt: a line at a time, with what earlier lines left behind. Lines that are piped in go the same way.

mod colors;
pub mod command;
mod complete;
mod foreign;
mod history;
mod line;
mod names;
mod pager;
mod prompt;
mod reading;
mod script;
mod sitting;

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::{CompletionType, Config, Editor};

use crate::host::{Answer, Host, Interpreter, ScriptError};
use crate::problem::{Kind, Problem};
use crate::terminal;
use history::History;
use reading::Reading;
use sitting::{Next, Sitting};

/// What is around the prompt: how values and errors are shown, who hears of Ctrl-C, and what needs the command line.
pub trait Front {
    /// A result as it is to be shown; nothing for none. At a prompt dates read as people say them.
    fn text(&self, answer: &Answer, at_prompt: bool) -> Option<String>;
    /// Whether results are shown to people, and not as data.
    fn for_people(&self) -> bool;
    /// Everything in a result.
    fn whole(&self, answer: &Answer) -> String;
    /// Tells what was written since it last did.
    fn told(&self);
    fn report(&self, error: &ScriptError);
    /// The reference; without words, the list of verbs.
    fn help(&self, words: &[String]) -> Result<String, String>;
    /// Whether nothing runs that Ctrl-C could stop.
    fn idle(&self, idle: bool);
    /// From now on, writes are only shown, or are sent again.
    fn what_if(&self, on: bool) -> Result<(), Problem>;
    /// The ledger's newest runs.
    fn runs(&self) -> Result<String, Problem>;
    /// Records every exchange in this file, or none any more; gives what to say of it.
    fn record(&self, file: Option<&Path>) -> Result<String, Problem>;
}

const LINES_KEPT: usize = 10_000;

/// Reads lines from the person at the terminal until Ctrl-D.
pub fn run(host: Arc<Host>, front: &dyn Front, history: &Path, greets: bool) {
    let config = Config::builder()
        .auto_add_history(false)
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .bell_style(BellStyle::None)
        .max_history_size(LINES_KEPT)
        .map_or_else(|_| Config::default(), |config| config.build());
    let mut editor: Editor<Reading, _> = match Editor::with_config(config) {
        Ok(editor) => editor,
        Err(error) => return terminal::say(&format!("error: no prompt here: {error}")),
    };
    editor.set_helper(Some(Reading::new(Interpreter::new(host.clone(), std::env::current_dir().ok()))));
    let history = History::open(history, &mut editor);
    if greets {
        terminal::say("`help` lists the verbs, `:help` what else there is; Tab completes, Ctrl-D leaves");
    }
    let mut sitting = Sitting::new(front, true);
    let mut begun = String::new();
    loop {
        front.idle(true);
        let read = editor.readline_with_initial(&prompt::of(&host.session()), (&begun, ""));
        front.idle(false);
        begun.clear();
        let text = match read {
            Ok(text) => text,
            // Ctrl-C drops what was typed.
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                terminal::say(&format!("error: {error}"));
                break;
            }
        };
        let text = text.trim_end();
        if text.trim_start().is_empty() {
            continue;
        }
        history.add(&mut editor, text);
        let Some(reading) = editor.helper_mut() else { break };
        let sent = host.session().written();
        match sitting.take(&mut reading.interpreter, text) {
            Ok(Next::Leaves) => break,
            Ok(Next::With(text)) => begun = text,
            Ok(Next::Goes) | Err(_) => {}
        }
        if host.session().written() != sent {
            reading.tenant.forget();
        }
    }
    front.idle(false);
}

/// Runs the lines of stdin without a prompt. The first that fails ends it: those after it were written for one that
/// went well.
pub fn read(host: Arc<Host>, front: &dyn Front) -> Result<(), Problem> {
    let mut interpreter = Interpreter::new(host, std::env::current_dir().ok());
    let mut sitting = Sitting::new(front, false);
    let mut pending = String::new();
    for read in std::io::stdin().lock().lines() {
        let read = read.map_err(|error| {
            let problem = Problem::new(Kind::File, error.to_string()).doing("reading the lines");
            front.report(&ScriptError { problem: problem.clone(), frames: Vec::new() });
            problem
        })?;
        pending.push_str(&read);
        if line::is_unfinished(&pending, &interpreter) {
            pending.push('\n');
            continue;
        }
        let text = std::mem::take(&mut pending);
        if sitting.take(&mut interpreter, text.trim_end())? == Next::Leaves {
            return Ok(());
        }
    }
    match pending.trim().is_empty() {
        true => Ok(()),
        false => sitting.take(&mut interpreter, pending.trim_end()).map(drop),
    }
}
