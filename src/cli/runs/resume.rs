//! Taking a run up again: the script and its arguments come from the ledger.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::run::{CODE, Job, work};
use crate::cli::{Common, home, report};
use crate::problem::{Kind, Problem, Result};
use crate::runs::ledger::Ledger;
use crate::runs::resume::Settled;
use crate::runs::session::Watch;
use crate::terminal;

/// `usher runs resume`.
#[derive(Args)]
pub struct Resume {
    /// The run, by its name or the beginning of it
    run: String,
    /// Do once more what may or may not have happened
    #[arg(long)]
    repeat_unknown: bool,
    #[command(flatten)]
    common: Common,
}

impl Resume {
    pub fn main(self) -> Exit {
        match job(&self.run) {
            Ok(job) => {
                let mut common = self.common;
                common.special.repeat_unknown = self.repeat_unknown;
                work(common, job)
            }
            Err(problem) => {
                terminal::say(&report::problem(&problem));
                Exit::Usage
            }
        }
    }
}

/// The script of a run, as it was started: in its folder, with its arguments.
fn job(run: &str) -> Result<Job> {
    let ledger = Ledger::open(&home()).map_err(crate::runs::ledger_problem)?;
    let summary = ledger.run(run).map_err(crate::runs::ledger_problem)?;
    let start = &summary.start;
    let refuse = |message: String| Problem::new(Kind::InvalidOption, message);
    if let Some(undone) = &start.undoes {
        return Err(refuse(format!("run {} takes run {undone} back", summary.name))
            .hint(format!("usher runs undo {undone} looks anew what is left to take back")));
    }
    if let Some(code) = &start.code {
        return Ok(Job::code(code.clone(), start.args.clone()).resuming(&summary.id));
    }
    if start.script == "prompt" || start.script == CODE {
        return Err(refuse(format!(
            "run {} was typed at a prompt, and there is no script to run again",
            summary.name
        )));
    }
    if !start.folder.is_empty() {
        std::env::set_current_dir(Path::new(&start.folder)).map_err(|error| {
            refuse(format!("the run was started in `{}`: {error}", start.folder))
                .hint("usher run --resume RUN SCRIPT [ARG...] takes it up from anywhere")
        })?;
    }
    let job = Job::file(&start.script, start.args.clone()).map_err(|(error, _)| {
        refuse(error.trim_start_matches("error: ").to_owned())
            .hint("usher run --resume RUN SCRIPT [ARG...] takes it up with a script from elsewhere")
    })?;
    Ok(job.resuming(&summary.id))
}

/// What was found out about writes that were under way.
pub fn tell(settled: &Settled, watch: &Arc<dyn Watch>) {
    for what in &settled.done {
        watch.says(&format!("looked up: {what} was done"));
    }
    for what in &settled.not_done {
        watch.says(&format!("looked up: {what} was not done, and is done again"));
    }
    for (what, why) in &settled.unknown {
        watch.says(&format!("warning: it is not known whether {what} was done: {why}; it is not repeated"));
    }
}
