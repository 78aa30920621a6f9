//! `usher runs`: the ledger, as people and auditors ask it.

mod export;
mod list;
mod remove;
mod resume;
mod show;
mod undo;
mod verify;

pub use list::table as newest;
pub use resume::tell as tell_settled;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::exit::Exit;
use super::home;
use crate::runs::ledger::{Error, Ledger, RunStart, RunSummary};
use crate::{terminal, words};

/// Past and present runs: what they did, whether the record of it is whole, what is left to do.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Runs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    list: list::List,
}

#[derive(Subcommand)]
enum What {
    /// The runs, newest first; the same as `usher runs` alone
    List(list::List),
    /// What a run did, row by row and write by write, and what to do next
    Show(show::Show),
    /// Take up a run that did not go through: what is done stays done, the rest is done now
    Resume(resume::Resume),
    /// Take back what a run did, after showing it
    Undo(undo::Undo),
    /// Whether the ledger still says what was written; exit code 1 when it does not
    Verify(verify::Verify),
    /// A run as JSON lines, for auditors: every entry with the hashes that bind it
    Export(export::Export),
    /// Take old runs out of the ledger
    Prune(remove::Prune),
    /// Take a person's data out of all runs; their chains can still be verified
    Forget(remove::Forget),
}

impl Runs {
    pub fn main(self) -> Exit {
        let what = match self.what {
            Some(What::Resume(resume)) => return resume.main(),
            Some(What::Undo(undo)) => return undo.main(),
            other => other,
        };
        let done = Ledger::open(&home()).and_then(|ledger| match what {
            None => self.list.main(&ledger),
            Some(What::List(list)) => list.main(&ledger),
            Some(What::Show(show)) => show.main(&ledger),
            Some(What::Verify(verify)) => verify.main(&ledger),
            Some(What::Export(export)) => export.main(&ledger),
            Some(What::Prune(prune)) => prune.main(&ledger),
            Some(What::Forget(forget)) => forget.main(&ledger),
            // Carried out above: they need a session.
            Some(What::Resume(_) | What::Undo(_)) => Ok(Exit::Done),
        });
        done.unwrap_or_else(|error| failed(&error))
    }
}

/// Says what is wrong with the ledger, or with what was asked of it.
fn failed(error: &Error) -> Exit {
    let near = match error {
        Error::NoSuchRun { run } => near(run),
        _ => None,
    };
    terminal::say(&format!("error: {error}"));
    if let Some(hint) = near.or_else(|| error.hint()) {
        terminal::say(&format!("hint: {hint}"));
    }
    match error {
        Error::NoSuchRun { .. } | Error::Ambiguous { .. } | Error::NoSuchEffect { .. } => Exit::Usage,
        Error::Held { .. } | Error::Busy { .. } => Exit::Stopped,
        _ => Exit::Script,
    }
}

/// A name that was mistyped, or that there is nothing to choose from.
fn near(run: &str) -> Option<String> {
    let names = Ledger::open(&home()).and_then(|ledger| ledger.names()).ok()?;
    if names.is_empty() {
        return Some("there are no runs yet: a run is kept from its first write on".to_owned());
    }
    let near = words::nearest(run, names.iter().map(|(_, name)| name.as_str()))?;
    Some(format!("did you mean `{near}`? `usher runs` lists them"))
}

/// What a run ran, in a few words.
fn subject(start: &RunStart) -> String {
    match (&start.undoes, &start.code) {
        (Some(run), _) => format!("undo of {run}"),
        (None, Some(code)) => {
            let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("-e {line}")
        }
        (None, None) => start.script.clone(),
    }
}

/// A run as programs read it.
fn object(run: &RunSummary) -> Value {
    json!({
        "id": run.id,
        "name": run.name,
        "state": run.state.word(),
        "script": run.start.script,
        "arguments": run.start.args,
        "folder": Some(&run.start.folder).filter(|folder| !folder.is_empty()),
        "tenant": run.start.tenant_domain,
        "tenantId": run.start.tenant_id,
        "operator": run.start.operator,
        "reason": run.start.reason,
        "undoes": run.start.undoes,
        "started": run.started,
        "ended": run.ended,
        "rows": run.counts.rows,
        "succeeded": run.counts.succeeded,
        "failed": run.counts.failed,
        "skipped": run.counts.skipped,
        "notAttempted": run.counts.not_attempted,
        "effects": run.counts.effects,
        "head": run.head,
    })
}

/// The same for a line of a file of columns.
fn flat(object: &Value) -> serde_json::Map<String, Value> {
    object.as_object().cloned().unwrap_or_default()
}
