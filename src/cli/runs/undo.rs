//! `usher runs undo`: shows how a run is taken back, asks, and does it as a run of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::run::{Stage, with_session};
use crate::cli::{Common, home, report};
use crate::problem::{Kind, Problem, Result};
use crate::runs::bulk::{Ended, Input, Options, Status};
use crate::runs::context::Scope;
use crate::runs::ledger::{Ledger, RunSummary};
use crate::runs::undo::{Inverse, Left, Stays, Steps, UndoPlan};
use crate::terminal;
use crate::words::{count, thousands};

/// What a run did is taken back, the last write first
///
/// Each step is shown before it is done, and a question is asked. What someone else has changed since is left alone, and so is
/// what cannot be undone, such as a mail that was sent; both are listed.
#[derive(Args)]
pub struct Undo {
    /// The run, by its name or the beginning of it
    run: String,
    /// Only what was done for this row or target
    #[arg(long, value_name = "KEY")]
    row: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Undo {
    pub fn main(self) -> Exit {
        match self.undo() {
            Ok(exit) => exit,
            Err(problem) => {
                terminal::say(&report::problem(&problem));
                Exit::of(&problem)
            }
        }
    }

    fn undo(self) -> Result<Exit> {
        let ledger = Ledger::open(&home()).map_err(crate::runs::ledger_problem)?;
        let summary = ledger.run(&self.run).map_err(|error| {
            let problem = crate::runs::ledger_problem(error);
            Problem { kind: Kind::InvalidOption, ..problem }
        })?;
        drop(ledger);
        let preview_only = self.common.what_if;
        // Worked out in a preview: nothing can be sent while it is looked at.
        let looking = Common { what_if: true, events: None, ..self.common.clone() };
        let (told, row) = (summary.clone(), self.row.clone());
        let worked_out = Arc::new(std::sync::Mutex::new(None));
        let slot = worked_out.clone();
        let exit = with_session(looking, move |stage| {
            let session = &stage.host.session();
            let planned =
                stage.runtime.block_on(session.plan_undo(&told, row.as_deref(), &crate::catalogue::Table));
            stage.runtime.block_on(session.close());
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(planned);
            }
            Exit::Done
        });
        let planned = worked_out.lock().ok().and_then(|mut slot| slot.take());
        let Some(planned) = planned else { return Ok(exit) };
        let plan = planned?;
        terminal::tell(&shown(&summary, &plan));
        if plan.count() == 0 || preview_only {
            return Ok(Exit::Done);
        }
        let question = format!(
            "take run {} on {} back, {}?",
            summary.name,
            summary.start.tenant_domain,
            count(plan.count(), "write")
        );
        let sure = self.common.yes;
        // What is removed was counted, shown and agreed to.
        let common = Common { max_removals: usize::MAX, yes: true, quiet: true, ..self.common };
        Ok(with_session(common, move |stage| {
            if sure || stage.asks(&question) {
                return carry_out(stage, &summary, plan);
            }
            let problem = match stage.host.session().cancel.is_cancelled() {
                true => Problem::interrupted(),
                false => Problem::new(Kind::Stopped, "the undo was not confirmed; nothing was changed")
                    .hint("answer yes, or give --yes when nobody is there to ask"),
            };
            terminal::say(&report::problem(&problem));
            Exit::of(&problem)
        }))
    }
}

/// Does the steps: stage by stage, rows side by side.
fn carry_out(stage: &Stage, summary: &RunSummary, plan: UndoPlan) -> Exit {
    let session = &stage.host.session();
    if let Ok(mut subject) = session.subject.lock() {
        subject.script = format!("undo of {}", summary.name);
        subject.undoes = Some(summary.name.clone());
        subject.folder =
            std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
    }
    let mut failed: Vec<(String, Problem)> = Vec::new();
    let mut stopped = None;
    for rows in plan.stages {
        let keys: Vec<Value> = rows.iter().map(|steps| json!({ "row": named(steps) })).collect();
        let options = Options { key: Some("row".into()), title: Some("undo".into()), ..Options::default() };
        let work = |index: usize, scope: &Arc<Scope>| -> Ended {
            for step in &rows[index].steps {
                let Some(entry) = crate::catalogue::find(step.verb) else { continue };
                let call = entry.call(step.arguments.clone(), session, Some(scope));
                if let Err(problem) = stage.runtime.block_on(call) {
                    return Ended::Failed(problem);
                }
            }
            Ended::Done(Value::Null)
        };
        let concluded =
            session.bulk(Input::Values(Arc::new(keys)), &options, &work).and_then(|mut report| {
                stage.runtime.block_on(session.conclude_bulk(&mut report))?;
                Ok(report)
            });
        let report = match concluded {
            Ok(report) => report,
            Err(problem) => {
                stopped = Some(problem);
                break;
            }
        };
        for (row, steps) in report.rows.iter().zip(&rows) {
            if let (Status::Failed, Some(problem)) =
                (row.status, row.detail.as_ref().and_then(|detail| detail.error.clone()))
            {
                failed.push((named(steps), *problem));
            }
        }
        // The stages before rest on this one.
        stopped = report.stopped;
        if stopped.is_some() {
            break;
        }
    }
    for (row, problem) in &failed {
        terminal::say(&format!("{row}: {}", report::problem(problem)));
    }
    terminal::tell(&format!("run {} taken back: {} sent", summary.name, count(session.written(), "write")));
    let exit = match (&stopped, failed.is_empty()) {
        (Some(problem), _) => match Exit::of(problem) {
            Exit::Script => Exit::Stopped,
            exit => exit,
        },
        (None, false) => Exit::RowsFailed,
        (None, true) => Exit::Done,
    };
    stage.end(exit)
}

fn named(steps: &Steps) -> String {
    if steps.row.is_empty() { "the script itself".to_owned() } else { steps.row.clone() }
}

/// The steps, and what stays.
fn shown(summary: &RunSummary, plan: &UndoPlan) -> String {
    const LISTED: usize = 40;
    let mut out = format!("how run {} of {} is taken back\n", summary.name, summary.start.script);
    let line = |step: &Inverse| format!("  {:<28} undoes {}\n", step.verb, step.of);
    plan.steps().take(LISTED).for_each(|step| out.push_str(&line(step)));
    if plan.count() > LISTED {
        out.push_str(&format!("  … and {} more\n", thousands(plan.count() - LISTED)));
    }
    if plan.count() == 0 {
        out.push_str("  nothing is left to take back\n");
    }
    let of = |left: Left| plan.stays.iter().filter(move |stays| stays.left == left).collect::<Vec<_>>();
    let mut list = |title: &str, stays: Vec<&Stays>| {
        if stays.is_empty() {
            return;
        }
        out.push_str(&format!("\n{title}\n"));
        for stay in stays.iter().take(LISTED) {
            out.push_str(&format!("  {}: {}\n", stay.what, stay.why));
        }
        if stays.len() > LISTED {
            out.push_str(&format!("  … and {} more\n", thousands(stays.len() - LISTED)));
        }
    };
    list("cannot be undone", of(Left::Impossible));
    list("changed since, and left alone", of(Left::Changed));
    list("not known", of(Left::Unknown));
    let already = of(Left::Already).len();
    out.push('\n');
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    plan.steps().for_each(|step| *counts.entry(step.verb).or_default() += 1);
    for (verb, n) in counts {
        out.push_str(&format!("{:>7}  {verb}\n", thousands(n)));
    }
    if already > 0 {
        let are = if already == 1 { "is" } else { "are" };
        out.push_str(&format!("{:>7}  {are} undone already\n", thousands(already)));
    }
    out.trim_end().to_owned()
}
