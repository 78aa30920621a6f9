//! What the line editor asks while a line is typed: where it ends, what could follow, how it looks.

use std::borrow::Cow;
use std::path::Path;

use anstyle::Style;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{SearchDirection, SearchResult};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};

use super::complete::place::{self, Place};
use super::complete::{Candidate, Known, Names, complete, words_of};
use super::names::Tenant;
use super::{colors, line};
use crate::catalogue;
use crate::host::{Interpreter, Named, Thing};
use crate::table::text::on_a_line;
use crate::terminal;

/// From so many candidates on, their names alone are shown, in columns.
const MANY: usize = 20;
/// How much of a candidate's line its name may take.
const NAME: usize = 44;

/// The session, as the line editor sees it.
pub struct Reading {
    pub interpreter: Interpreter,
    pub tenant: Tenant,
    colors: bool,
}

impl Reading {
    pub fn new(interpreter: Interpreter) -> Reading {
        let tenant = Tenant::new(interpreter.host().clone());
        Reading { interpreter, tenant, colors: terminal::colors() }
    }
}

impl Helper for Reading {}

impl Validator for Reading {
    /// Enter goes on to another line while something is open; an empty line gives up on that.
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let gives_up = text.contains('\n') && text.lines().last().is_some_and(|line| line.trim().is_empty())
            || text.ends_with('\n');
        let goes_on = !gives_up && line::is_unfinished(text, &self.interpreter);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Reading {
    type Candidate = Pair;

    fn complete(&self, text: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let found = complete(text, cursor, self);
        let width = terminal::width().unwrap_or(80).saturating_sub(2);
        let names = found.candidates.iter().map(|candidate| candidate.name.chars().count());
        let column = names.max().unwrap_or(0).min(NAME);
        let many = found.candidates.len() > MANY;
        let pair = |candidate: Candidate| Pair {
            display: match many || candidate.about.is_empty() {
                true => on_a_line(candidate.replacement.trim_end_matches([' ', ':', '(', ')']), width),
                false => {
                    let name = on_a_line(&candidate.name, NAME);
                    on_a_line(&format!("{name:<column$}  {}", candidate.about), width)
                }
            },
            replacement: candidate.replacement,
        };
        Ok((found.start, found.candidates.into_iter().map(pair).collect()))
    }
}

/// The grey end of a line.
pub struct Grey {
    shown: String,
    /// What the right arrow puts into the line.
    taken: Option<String>,
}

impl Hint for Grey {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

impl Hinter for Reading {
    type Hint = Grey;

    fn hint(&self, text: &str, cursor: usize, context: &Context<'_>) -> Option<Grey> {
        // Without colours nobody could tell it from what was typed.
        if !self.colors || cursor < text.len() || text.trim().is_empty() {
            return None;
        }
        let here = place::find(text, cursor);
        // What will be asked for by the next key is asked of the tenant now.
        let waits =
            words_of(&here).into_iter().filter(|which| self.tenant.known(*which).is_none()).count() > 0;
        if let Some(earlier) = earlier(text, context) {
            return Some(earlier);
        }
        if waits {
            return Some(Grey {
                shown: "  asking the tenant for its names; Tab shows them".to_owned(),
                taken: None,
            });
        }
        rest_of_call(&here.place, &text[here.start..cursor]).map(|shown| Grey { shown, taken: None })
    }
}

/// The rest of the last line that began like this one.
fn earlier(text: &str, context: &Context<'_>) -> Option<Grey> {
    let newest = context.history().len().checked_sub(1)?;
    let from = context.history_index().min(newest);
    let found = context.history().starts_with(text, from, SearchDirection::Reverse).ok()??;
    let SearchResult { entry, .. } = found;
    let rest = entry.get(text.len()..).filter(|rest| !rest.is_empty())?;
    // Of several lines the first is enough to know them by.
    let shown = match rest.split_once('\n') {
        Some((first, _)) => format!("{first} …"),
        None => rest.to_owned(),
    };
    Some(Grey { shown, taken: Some(rest.to_owned()) })
}

/// What a call that was just opened takes.
fn rest_of_call(place: &Place, typed: &str) -> Option<String> {
    let Place::Value { slot, quoted: false } = place else { return None };
    let entry = catalogue::entries().iter().find(|entry| entry.card.name == slot.call)?;
    if !typed.is_empty() || !slot.path.is_empty() {
        return None;
    }
    let signature = entry.signature();
    let arguments = signature.split_once('(')?.1.trim_end_matches(')');
    let rest: Vec<&str> = arguments.split(", ").skip(slot.n).collect();
    (!rest.is_empty() && !arguments.is_empty()).then(|| format!("{})", rest.join(", ")))
}

impl Highlighter for Reading {
    fn highlight<'l>(&self, text: &'l str, cursor: usize) -> Cow<'l, str> {
        Cow::Owned(colors::painted(text, cursor))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let grey = Style::new().dimmed();
        Cow::Owned(format!("{grey}{hint}{grey:#}"))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        let grey = Style::new().dimmed();
        match candidate.split_once("  ") {
            Some((name, about)) => Cow::Owned(format!("{name}  {grey}{about}{grey:#}")),
            None => Cow::Borrowed(candidate),
        }
    }

    /// A cursor that moves may stand at another bracket.
    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::ForcedRefresh
    }
}

impl Known for Reading {
    fn variables(&self) -> Vec<Named> {
        self.interpreter.variables()
    }

    fn variable(&self, name: &str) -> Option<Thing> {
        self.interpreter.variable(name)
    }

    fn functions(&self) -> Vec<Named> {
        self.interpreter.functions()
    }

    fn imports(&self) -> Vec<(String, String)> {
        self.interpreter.imports()
    }

    fn module(&self, path: &str) -> Vec<Named> {
        self.interpreter.module(path)
    }

    fn names(&self, which: Names) -> Vec<Named> {
        self.tenant.awaited(which)
    }

    fn files(&self, typed: &str) -> Vec<Named> {
        files(typed)
    }
}

/// Files and folders whose path begins so, folders with a `/` at the end.
fn files(typed: &str) -> Vec<Named> {
    let (folder, begun) = match typed.rfind(['/', '\\']) {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let named = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let hidden = name.starts_with('.') && !begun.starts_with('.');
        let fits = name.to_lowercase().starts_with(&begun.to_lowercase()) && !name.contains(char::is_control);
        let end = if entry.path().is_dir() { "/" } else { "" };
        (fits && !hidden).then(|| Named::new(format!("{folder}{name}{end}"), ""))
    };
    let mut found: Vec<Named> = entries.filter_map(Result::ok).filter_map(named).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}
