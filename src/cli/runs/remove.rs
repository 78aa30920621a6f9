//! `usher runs prune` and `usher runs forget`: what is taken out of the ledger, said before it is done.

use clap::Args;
use jiff::{Span, Timestamp, Zoned};
use serde_json::json;

use super::super::exit::Exit;
use super::super::output::{self, Output};
use super::{flat, object, subject};
use crate::runs::ledger::{Error, Ledger, RunState, RunSummary};
use crate::terminal;
use crate::words::count;

/// Runs and entries that are named one by one.
const NAMED: usize = 10;

#[derive(Args)]
pub struct Prune {
    /// How old a run must be to go: 30d, 12w, 6mo, 1y
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Span,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

/// "30d", "12w", "6mo", "1y".
fn age(text: &str) -> Result<Span, String> {
    let wrong = || format!("`{text}` is no age; ages look like 30d, 12w, 6mo, 1y");
    let span: Span = text.trim().trim_start_matches('P').parse().map_err(|_| wrong())?;
    match before(span) {
        Some(before) if span.is_positive() && before < Timestamp::now() => Ok(span),
        _ => Err(wrong()),
    }
}

fn before(age: Span) -> Option<Timestamp> {
    Zoned::now().checked_sub(age).ok().map(|before| before.timestamp())
}

impl Prune {
    pub fn main(self, ledger: &Ledger) -> Result<Exit, Error> {
        let before = before(self.older_than).unwrap_or(Timestamp::MIN);
        let old: Vec<RunSummary> = ledger
            .runs()?
            .into_iter()
            .filter(|run| run.started < before && run.state != RunState::Running)
            .collect();
        let day = output::moment(before);
        if old.is_empty() {
            self.output.write(Vec::new(), Vec::new);
            terminal::say(&format!("no run began before {day}: nothing was removed"));
            return Ok(Exit::Done);
        }
        terminal::say(&format!("{} began before {day}", count(old.len(), "run")));
        for run in old.iter().take(NAMED) {
            terminal::say(&format!(
                "  {}  {:<11}  {}  {}",
                run.name,
                run.state,
                output::moment(run.started),
                subject(&run.start)
            ));
        }
        if old.len() > NAMED {
            terminal::say(&format!("  … and {} more", old.len() - NAMED));
        }
        let unfinished = old.iter().filter(|run| run.state != RunState::Done).count();
        if unfinished > 0 {
            terminal::say(&format!(
                "warning: {} not done and can then no longer be resumed",
                match (unfinished, old.len()) {
                    (1, 1) => "it is".to_owned(),
                    (1, _) => "1 of them is".to_owned(),
                    (n, _) => format!("{n} of them are"),
                }
            ));
        }
        if !agreed(self.yes, "remove them for good? Then they can be neither shown, verified nor undone") {
            return Ok(refused());
        }
        let removed = ledger.prune(before)?;
        let objects = old.iter().filter(|run| removed.contains(&run.name)).map(object);
        let objects: Vec<_> = objects.collect();
        self.output.write(objects.clone(), || objects.iter().map(flat).collect());
        terminal::say(&format!("removed {}", count(removed.len(), "run")));
        Ok(Exit::Done)
    }
}

#[derive(Args)]
pub struct Forget {
    /// The key of the person's rows, as `usher runs show` has it: an address mostly
    #[arg(long, value_name = "KEY")]
    row: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

impl Forget {
    pub fn main(self, ledger: &Ledger) -> Result<Exit, Error> {
        let whom = self.row.trim();
        if whom.is_empty() {
            terminal::say("error: --row takes the key of a row, an address mostly");
            return Ok(Exit::Usage);
        }
        let found = ledger.whereabouts(whom)?;
        if found.erased == 0 {
            self.output.write(Vec::new(), Vec::new);
            terminal::say(&format!("no run has a row `{whom}` or a write on it: there is nothing to erase"));
            mentions(whom, &found.mentions);
            return Ok(Exit::Done);
        }
        terminal::say(&format!(
            "`{whom}` is in {}: {} of {}",
            count(found.runs.len(), "run"),
            count(found.erased as usize, "value"),
            named(&found.runs)
        ));
        terminal::say("these runs can still be verified, and no longer be resumed; what they did to `{}` can no longer be undone".replace("{}", whom).as_str());
        if !agreed(self.yes, "erase them for good?") {
            return Ok(refused());
        }
        let done = ledger.forget(whom, Timestamp::now())?;
        let objects: Vec<_> = done
            .runs
            .iter()
            .map(|name| ledger.run(name).map_or_else(|_| json!({ "name": name }), |run| object(&run)))
            .collect();
        self.output.write(objects.clone(), || objects.iter().map(flat).collect());
        terminal::say(&format!(
            "erased {} in {}",
            count(done.erased as usize, "value"),
            count(done.runs.len(), "run")
        ));
        mentions(whom, &done.mentions);
        terminal::say(
            "files that runs wrote (results, events, recordings, logs) are not usher's to change: look there too",
        );
        Ok(Exit::Done)
    }
}

/// Where somebody is still spoken of, so that a person can decide about it.
fn mentions(whom: &str, mentions: &[(String, u32)]) {
    if mentions.is_empty() {
        return;
    }
    terminal::say(&format!(
        "`{whom}` is still mentioned in {}, among the arguments of a script or in the rows of others:",
        if mentions.len() == 1 { "1 entry".to_owned() } else { count(mentions.len(), "entry") }
    ));
    for (run, entry) in mentions.iter().take(NAMED) {
        terminal::say(&format!("  {run}, entry {entry}"));
    }
    if mentions.len() > NAMED {
        terminal::say(&format!("  … and {} more", mentions.len() - NAMED));
    }
    terminal::say("hint: `usher runs export RUN` shows an entry; `usher runs prune` removes whole runs");
}

fn named(runs: &[String]) -> String {
    match runs.len() {
        n if n > NAMED => format!("{} and {} more", runs[..NAMED].join(", "), n - NAMED),
        _ => runs.join(", "),
    }
}

fn agreed(yes: bool, question: &str) -> bool {
    yes || terminal::ask(question)
}

fn refused() -> Exit {
    match terminal::can_ask() {
        true => terminal::say("nothing was removed"),
        false => terminal::say(
            "error: nobody is there to ask, so nothing was removed\nhint: --yes does it without asking",
        ),
    }
    Exit::Stopped
}
