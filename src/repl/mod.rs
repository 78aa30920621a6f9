//! The prompt: a line at a time, with what earlier lines left behind. Lines that are piped in go the same way.

mod history;
mod line;
mod prompt;

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use rustyline::error::ReadlineError;
use rustyline::{Config, Editor};

use crate::host::{Answer, Host, Interpreter, ScriptError};
use crate::problem::{Kind, Problem};
use crate::terminal;
use history::History;
use line::{Reading, Word};

/// What is around the prompt: how values and errors are shown, and who hears of Ctrl-C.
pub trait Front {
    fn show(&self, answer: &Answer);
    fn report(&self, error: &ScriptError);
    /// The reference; without words, the list of verbs.
    fn help(&self, words: &[String]) -> Result<String, String>;
    /// Whether nothing runs that Ctrl-C could stop.
    fn idle(&self, idle: bool);
}

const LINES_KEPT: usize = 10_000;

/// Reads lines from the person at the terminal until Ctrl-D.
pub fn run(host: Arc<Host>, front: &dyn Front, history: &Path, greets: bool) {
    let config = Config::builder()
        .auto_add_history(false)
        .max_history_size(LINES_KEPT)
        .map_or_else(|_| Config::default(), |config| config.build());
    let mut editor: Editor<Reading, _> = match Editor::with_config(config) {
        Ok(editor) => editor,
        Err(error) => return terminal::say(&format!("error: no prompt here: {error}")),
    };
    editor.set_helper(Some(Reading::new(Interpreter::new(host.clone(), std::env::current_dir().ok()))));
    let history = History::open(history, &mut editor);
    if greets {
        terminal::say("`help` lists the verbs, `help VERB` explains one, Ctrl-D leaves");
    }
    loop {
        front.idle(true);
        let read = editor.readline(&prompt::of(&host.session()));
        front.idle(false);
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
        match line::word(text) {
            Some(Word::Leave) => break,
            Some(Word::Help(words)) => help(front, &words),
            None => {
                // Whatever was stopped before, this line was not.
                host.session().cancel.renew();
                let _ = one(&mut reading.interpreter, front, text);
                host.session().cancel.renew();
            }
        }
    }
    front.idle(false);
}

/// Runs the lines of stdin without a prompt. The first that fails ends it: those after it were written for one that
/// went well.
pub fn read(host: Arc<Host>, front: &dyn Front) -> Result<(), Problem> {
    let mut interpreter = Interpreter::new(host, std::env::current_dir().ok());
    let mut pending = String::new();
    for read in std::io::stdin().lock().lines() {
        let read = read.map_err(|error| {
            let problem = Problem::new(Kind::File, error.to_string()).doing("reading the lines");
            front.report(&ScriptError { problem: problem.clone(), frames: Vec::new() });
            problem
        })?;
        pending.push_str(&read);
        if interpreter.is_unfinished(&pending) && line::word(&pending).is_none() {
            pending.push('\n');
            continue;
        }
        let text = std::mem::take(&mut pending);
        match line::word(&text) {
            Some(Word::Leave) => return Ok(()),
            Some(Word::Help(words)) => help(front, &words),
            None => one(&mut interpreter, front, text.trim_end())?,
        }
    }
    match pending.trim().is_empty() {
        true => Ok(()),
        false => one(&mut interpreter, front, pending.trim_end()),
    }
}

fn one(interpreter: &mut Interpreter, front: &dyn Front, text: &str) -> Result<(), Problem> {
    match interpreter.line(text) {
        Ok(answer) => {
            front.show(&answer);
            Ok(())
        }
        Err(error) => {
            front.report(&error);
            Err(error.problem)
        }
    }
}

fn help(front: &dyn Front, words: &[String]) {
    match front.help(words) {
        Ok(text) => terminal::tell(&text),
        Err(text) => terminal::say(&text),
    }
}
