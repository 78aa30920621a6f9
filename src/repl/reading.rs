//! What the line editor asks while a line is typed: where it ends, what could follow, how it looks.

use std::borrow::Cow;

use anstyle::Style;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{SearchDirection, SearchResult};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};
use serde_json::Value;

use super::complete::place::{self, Place};
use super::complete::{Candidate, Known, Names, complete, words_of};
use super::names::Tenant;
use super::{colors, line};
use crate::host::{Interpreter, Named, Thing};
use crate::table::text::on_a_line;
use crate::terminal;
use crate::{catalogue, disk};

/// From so many candidates on, their names alone are shown, in columns.
const MANY: usize = 20;
/// What is said while the tenant has not answered.
const ASKING: &str = "  asking the tenant for its names; Tab shows them";
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
        Ok((found.start, listed(found.candidates)))
    }
}

/// Candidates as they are listed: with what they are for, or, where they are many, by their names alone.
fn listed(mut candidates: Vec<Candidate>) -> Vec<Pair> {
    let width = terminal::width().unwrap_or(80).saturating_sub(2);
    let name =
        |candidate: &Candidate| candidate.replacement.trim_end_matches([' ', ':', '(', ')']).to_owned();
    let many = candidates.len() > MANY;
    let mut more = None;
    let common = common(&candidates);
    if many {
        let longest = candidates.iter().map(|candidate| name(candidate).chars().count()).max().unwrap_or(1);
        let columns = (width / (longest + 2)).max(1);
        // One screen is what anybody reads, and the line itself belongs on it.
        let room = columns * terminal::height().unwrap_or(24).saturating_sub(4).max(4);
        if candidates.len() > room {
            more = Some(candidates.len() + 1 - room);
            candidates.truncate(room - 1);
        }
    }
    let names = candidates.iter().map(|candidate| candidate.name.chars().count());
    let column = names.max().unwrap_or(0).min(NAME);
    let pair = |candidate: &Candidate| Pair {
        display: match many || candidate.about.is_empty() {
            true => on_a_line(&name(candidate), width),
            false => {
                let name = on_a_line(&candidate.name, NAME);
                on_a_line(&format!("{name:<column$}  {}", candidate.about), width)
            }
        },
        replacement: candidate.replacement.clone(),
    };
    let mut pairs: Vec<Pair> = candidates.iter().map(pair).collect();
    if let Some(more) = more {
        // Those that are not listed have a say in how far the word is written on.
        pairs.push(Pair { display: format!("… {more} more"), replacement: common });
    }
    pairs
}

/// What all of them begin with.
fn common(candidates: &[Candidate]) -> String {
    let mut texts = candidates.iter().map(|candidate| candidate.replacement.as_str());
    let first = texts.next().unwrap_or_default();
    let shared = |so_far: usize, text: &str| {
        first.chars().zip(text.chars()).take(so_far).take_while(|(a, b)| a == b).count()
    };
    let length = texts.fold(first.chars().count(), shared);
    first.chars().take(length).collect()
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
        if cursor < text.len() || text.trim().is_empty() {
            return None;
        }
        let here = place::find(text, cursor);
        // What will be asked for by the next key is asked of the tenant now.
        let waits =
            words_of(&here).into_iter().filter(|which| self.tenant.known(*which).is_none()).count() > 0;
        // Without colours nobody could tell it from what was typed.
        if !self.colors {
            return None;
        }
        let shown = |shown: String| Grey { shown, taken: None };
        earlier(text, context).or_else(|| {
            let call = rest_of_call(&here.place, &text[here.start..cursor]);
            call.or_else(|| waits.then(|| ASKING.to_owned())).map(shown)
        })
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
    let needed = entry.schema()["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let needed: Vec<&str> = needed.filter(|name| !entry.card.positional.contains(name)).collect();
    let told = |argument: &str| match argument {
        "#{ options }" if !needed.is_empty() => format!("#{{ {}: …, … }}", needed.join(": …, ")),
        other => other.to_owned(),
    };
    let rest: Vec<String> = arguments.split(", ").skip(slot.n).map(told).collect();
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
        disk::beginning_so(typed).into_iter().map(|path| Named::new(path, "")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str) -> Candidate {
        Candidate { replacement: name.to_owned(), name: name.to_owned(), about: "what it is".to_owned() }
    }

    #[test]
    fn few_candidates_are_listed_with_what_they_are() {
        let listed = listed(vec![candidate("get_user("), candidate("get_users(")]);
        assert_eq!(listed[1].display, "get_users(  what it is");
    }

    #[test]
    fn more_than_a_screen_is_not_listed_and_still_counts() {
        let names = (0..500).map(|n| candidate(&format!("property_number_{n:03}")));
        let listed = listed(names.chain([candidate("prop")]).collect());
        let last = listed.last().unwrap();
        assert!(listed.len() < 100 && last.display.ends_with(" more"), "{}", listed.len());
        assert_eq!(last.replacement, "prop");
    }
}
