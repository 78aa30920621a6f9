//! `usher runs`: the newest first, with how far each came.

use clap::Args;
use serde_json::Value;

use super::super::exit::Exit;
use super::super::output::{self, Output};
use super::{flat, object, subject};
use crate::runs::ledger::{Error, Ledger, RunState, RunSummary};
use crate::terminal;
use crate::words::{count, thousands};

/// Runs that the table shows; who wants the others asks for them.
const LISTED: usize = 40;

#[derive(Args, Default)]
pub struct List {
    /// Every run, however many there are
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: Output,
}

impl List {
    pub fn main(self, ledger: &Ledger) -> Result<Exit, Error> {
        let runs = ledger.runs()?;
        if !self.output.is_for_people() {
            let objects: Vec<Value> = runs.iter().map(object).collect();
            self.output.write(objects, || runs.iter().map(|run| flat(&object(run))).collect());
            return Ok(Exit::Done);
        }
        if runs.is_empty() {
            terminal::say("no runs yet: a run is kept from its first write on");
            return Ok(Exit::Done);
        }
        terminal::tell(&table(&runs, if self.all { runs.len() } else { LISTED }));
        Ok(Exit::Done)
    }
}

/// The newest runs, at most so many, and how many there are beside them.
pub fn table(runs: &[RunSummary], most: usize) -> String {
    let columns =
        [("run", 9), ("state", 8), ("rows", 7), ("script", 6), ("tenant", 2), ("who", 1), ("started", 5)];
    let rows: Vec<Vec<Value>> = runs.iter().take(most).map(line).collect();
    let mut text = output::table(&columns, &rows, false);
    if runs.len() > most {
        let more = count(runs.len() - most, "older run");
        text = format!("{}\n… and {more}: usher runs --all", text.trim_end());
    }
    text
}

fn line(run: &RunSummary) -> Vec<Value> {
    let script = match run.start.args.is_empty() {
        true => subject(&run.start),
        false => format!("{} {}", subject(&run.start), run.start.args.join(" ")),
    };
    vec![
        run.name.as_str().into(),
        run.state.word().into(),
        counts(run).into(),
        script.into(),
        run.start.tenant_domain.as_str().into(),
        run.start.operator.as_str().into(),
        output::moment(run.started).into(),
    ]
}

/// "24 of 25"; the writes where there were no rows.
fn counts(run: &RunSummary) -> String {
    let counts = &run.counts;
    let number = |n: u64| thousands(usize::try_from(n).unwrap_or(usize::MAX));
    match counts.rows {
        0 => count(usize::try_from(counts.effects).unwrap_or(usize::MAX), "write"),
        // Nobody knows yet how many there will be.
        _ if matches!(run.state, RunState::Running | RunState::Interrupted) && run.ended.is_none() => {
            format!("{} so far", number(counts.succeeded + counts.skipped))
        }
        rows => format!("{} of {}", number(counts.succeeded + counts.skipped), number(rows)),
    }
}
