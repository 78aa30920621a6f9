//! The prompt: a line at a time, with what earlier lines left behind.

use std::path::Path;
use std::sync::Arc;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};

use crate::disk;
use crate::host::{Host, Interpreter, ScriptError};
use crate::terminal;

/// Reads lines until Ctrl-D. `report` words an error.
pub fn run(host: &Arc<Host>, history: &Path, _banner: &str, report: impl Fn(&ScriptError) -> String) {
    let mut interpreter = Interpreter::new(host.clone(), std::env::current_dir().ok());
    let config = Config::builder()
        .auto_add_history(false)
        .max_history_size(10_000)
        .map_or_else(|_| Config::default(), |config| config.build());
    let mut editor: Editor<(), FileHistory> = match Editor::with_config(config) {
        Ok(editor) => editor,
        Err(error) => {
            terminal::say(&format!("error: no prompt here: {error}"));
            return;
        }
    };
    // A history that is not there yet is an empty one.
    let _ = editor.load_history(history);
    if terminal::stdout_is_terminal() {
        terminal::say("`help` lists the verbs, Ctrl-D leaves");
    }
    let mut pending = String::new();
    loop {
        let prompt = if pending.is_empty() { "usher> " } else { "  ...> " };
        match editor.readline(prompt) {
            Ok(line) => {
                pending.push_str(&line);
                pending.push('\n');
                if interpreter.is_unfinished(&pending) && !line.trim().is_empty() {
                    continue;
                }
                let text = std::mem::take(&mut pending);
                let text = text.trim_end();
                if text.trim().is_empty() {
                    continue;
                }
                let _ = editor.add_history_entry(text);
                if leaves(text) {
                    break;
                }
                one(host, &mut interpreter, text, &report);
            }
            // Ctrl-C drops what was typed.
            Err(ReadlineError::Interrupted) => pending.clear(),
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                terminal::say(&format!("error: {error}"));
                break;
            }
        }
    }
    save(&mut editor, history);
}

fn leaves(text: &str) -> bool {
    matches!(text.trim().trim_end_matches(';').trim_end_matches("()"), "exit" | "quit")
}

fn one(
    host: &Arc<Host>,
    interpreter: &mut Interpreter,
    text: &str,
    report: &impl Fn(&ScriptError) -> String,
) {
    let word = text.trim().trim_end_matches("()");
    if word == "help" || word.starts_with("help ") {
        return help(word.trim_start_matches("help").trim());
    }
    match interpreter.line(text) {
        Ok(answer) if answer.is_nothing() => {}
        Ok(answer) => terminal::tell(&answer.show(host.look)),
        Err(error) => terminal::say(&report(&error)),
    }
    // Ctrl-C was for this line; the next one begins afresh.
    host.session.cancel.renew();
}

fn help(name: &str) {
    use crate::catalogue;
    if name.is_empty() {
        for entry in catalogue::entries() {
            terminal::tell(&format!("  {:<32} {}", entry.card.name, entry.card.summary));
        }
        return;
    }
    match catalogue::find(name) {
        Some(entry) => terminal::tell(&format!(
            "{}: {}\n`usher help {}` shows everything",
            entry.card.name, entry.card.summary, entry.card.name
        )),
        None => {
            let near =
                catalogue::nearest(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            terminal::say(&format!("there is no verb `{name}`{near}"));
        }
    }
}

/// The history belongs to the user alone.
fn save(editor: &mut Editor<(), FileHistory>, history: &Path) {
    if let Some(folder) = history.parent()
        && disk::private_folder(folder).is_ok()
        && (history.exists() || disk::create_private(history).is_ok())
    {
        let _ = editor.save_history(history);
    }
}
