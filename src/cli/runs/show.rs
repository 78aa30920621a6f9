//! `usher runs show`: one run, row by row and write by write, and what is left to do about it.

use clap::Args;
use serde_json::{Map, Value};

use super::super::exit::Exit;
use super::super::output::{self, Output};
use super::{object, subject};
use crate::runs::ledger::{Error, Ledger, RunState, RunSummary};
use crate::terminal;
use crate::words::{count, thousands};

mod told;

use told::{Told, Write};

/// Rows and writes that a table shows; who wants the others asks for them.
const LISTED: usize = 40;

#[derive(Args)]
pub struct Show {
    /// The run: its name or id, the beginning of either, or `last`
    #[arg(value_name = "ID")]
    run: String,
    /// Only rows that failed, and writes that failed or nobody knows of
    #[arg(long)]
    failed: bool,
    /// Only the row of this key, with everything that is known of its writes
    #[arg(long, value_name = "KEY")]
    row: Option<String>,
    /// Every row and write, however many there are
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: Output,
}

impl Show {
    pub fn main(self, ledger: &Ledger) -> Result<Exit, Error> {
        let run = ledger.run(&self.run)?;
        let mut told = Told::of(ledger, &run)?;
        let unknown = told.writes.iter().filter(|write| write.is_open()).count();
        let erased = told.erased;
        if let Some(key) = &self.row {
            told.keep_row(key);
            if told.rows.is_empty() && told.writes.is_empty() {
                terminal::say(&format!(
                    "error: run `{}` has no row `{key}`\nhint: `usher runs show {}` lists its rows",
                    run.name, run.name
                ));
                return Ok(Exit::Usage);
            }
        }
        if self.failed {
            told.keep_failed();
        }
        if !self.output.is_for_people() {
            let mut all = object(&run);
            all["results"] = told.rows.iter().map(told::Row::object).collect();
            all["writes"] = told.writes.iter().map(Write::object).collect();
            self.output.write(vec![all], || told.flat());
            return Ok(Exit::Done);
        }
        terminal::tell(&output::list(&header(&run)));
        match self.row {
            Some(_) => self.one_row(&told),
            None => self.tables(&told),
        }
        next(&run, unknown, erased);
        Ok(Exit::Done)
    }

    /// Everything about a row, under each other.
    fn one_row(&self, told: &Told) {
        for row in &told.rows {
            let mut facts = Map::new();
            facts.insert("row".into(), row.key.as_str().into());
            row.line.iter().for_each(|line| drop(facts.insert("line".into(), (*line).into())));
            facts.insert("status".into(), row.status.into());
            if !row.happened.is_empty() {
                facts.insert("what happened".into(), row.happened.as_str().into());
            }
            if !row.input.is_null() {
                facts.insert("input".into(), row.input.to_string().into());
            }
            terminal::tell(&format!("\n{}", output::list(&facts)));
        }
        for write in &told.writes {
            terminal::tell(&format!("\n{}", output::list(&write.facts())));
        }
    }

    fn tables(&self, told: &Told) {
        let most = if self.all { usize::MAX } else { LISTED };
        let rows: Vec<Vec<Value>> = told
            .rows
            .iter()
            .take(most)
            .map(|row| vec![row.key.as_str().into(), row.status.into(), row.happened.as_str().into()])
            .collect();
        if !rows.is_empty() {
            let columns = [("row", 4), ("status", 3), ("what happened", 2)];
            terminal::tell(&format!("\n{}", output::table(&columns, &rows, true)));
            more(told.rows.len(), most, "row");
        }
        let writes: Vec<Vec<Value>> = told.writes.iter().take(most).map(Write::line).collect();
        if !writes.is_empty() {
            let columns = [("write", 5), ("target", 4), ("outcome", 6), ("row", 2), ("request", 1)];
            terminal::tell(&format!("\n{}", output::table(&columns, &writes, false)));
            more(told.writes.len(), most, "write");
        }
        if rows.is_empty() && writes.is_empty() {
            terminal::tell(if self.failed {
                "\nno row and no write failed"
            } else {
                "\nno rows and no writes"
            });
        }
    }
}

fn more(all: usize, shown: usize, what: &str) {
    if all > shown {
        terminal::tell(&format!("… and {} more: --all shows them", count(all - shown, what)));
    }
}

fn header(run: &RunSummary) -> Map<String, Value> {
    let start = &run.start;
    let mut facts = Map::new();
    let mut fact = |name: &str, text: String| {
        if !text.is_empty() {
            facts.insert(name.to_owned(), text.into());
        }
    };
    fact("run", run.name.clone());
    fact("id", run.id.clone());
    fact("state", run.state.word().to_owned());
    fact("script", format!("{} {}", subject(start), start.args.join(" ")).trim_end().to_owned());
    fact("folder", start.folder.clone());
    fact("tenant", format!("{} ({})", start.tenant_domain, start.tenant_id));
    fact("operator", start.operator.clone());
    fact("reason", start.reason.clone().unwrap_or_default());
    fact("started", output::moment(run.started));
    fact("ended", run.ended.map(output::moment).unwrap_or_default());
    let number = |n: u64| thousands(usize::try_from(n).unwrap_or(usize::MAX));
    let counts = &run.counts;
    let parts = [
        (counts.succeeded, "done"),
        (counts.failed, "failed"),
        (counts.skipped, "skipped"),
        (counts.not_attempted, "not attempted"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", number(*n))).collect();
    if counts.rows > 0 {
        let so_far = if run.ended.is_none() { " so far" } else { "" };
        fact("rows", format!("{}{so_far}: {}", number(counts.rows), parts.join(", ")));
    }
    fact("writes", number(counts.effects));
    fact("head", run.head.clone());
    facts
}

/// What to do about the run, if there is anything.
fn next(run: &RunSummary, unknown: usize, erased: bool) {
    let name = &run.name;
    let mut lines = Vec::new();
    match run.state {
        RunState::Running => {
            lines.push("it is being carried out; Ctrl-C there leaves it to be resumed".to_owned());
        }
        RunState::Done => {}
        _ if erased => {
            lines.push("personal data in it was erased, so it cannot be resumed: start a new run".to_owned());
        }
        _ => lines.push(format!("resume it: usher runs resume {name}")),
    }
    if unknown > 0 && run.state != RunState::Running {
        lines.insert(
            0,
            format!(
                "of {} nobody knows whether it happened; a resume looks before it goes on",
                count(unknown, "write")
            ),
        );
    }
    if run.counts.effects > 0 && run.state != RunState::Running && run.start.undoes.is_none() {
        lines.push(format!("take it back: usher runs undo {name} --what-if"));
    }
    if !lines.is_empty() {
        terminal::tell(&format!("\n{}", lines.join("\n")));
    }
}
