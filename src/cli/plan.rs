//! `usher plan`: a saved plan is looked at, and approved by a second person.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::report;
use crate::clock::Clock;
use crate::problem::{Kind, Problem};
use crate::runs::saved::{Person, SavedPlan};
use crate::terminal;
use crate::words::count;

#[derive(Subcommand)]
pub enum Plan {
    /// What a saved plan would do, and who has approved it
    Show(Show),
    /// Say yes to a plan that somebody else made
    ///
    /// The approval names you and the hash of the plan; it holds for just this plan. It is no signature: keep plans where only
    /// the two of you can write.
    Approve(Approve),
}

#[derive(Args)]
pub struct Show {
    /// The plan, from --plan-out
    file: PathBuf,
}

#[derive(Args)]
pub struct Approve {
    /// The plan, from --plan-out
    file: PathBuf,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Plan {
    pub fn main(self) -> Exit {
        let done = match self {
            Plan::Show(show) => SavedPlan::read(&show.file).map(|plan| {
                terminal::tell(&shown(&plan));
                Exit::Done
            }),
            Plan::Approve(approve) => approve.main(),
        };
        done.unwrap_or_else(|problem| {
            terminal::say(&report::problem(&problem));
            Exit::of(&problem)
        })
    }
}

impl Approve {
    fn main(self) -> crate::problem::Result<Exit> {
        let mut plan = SavedPlan::read(&self.file)?;
        let by = who(None);
        // Refused before anything is asked.
        let now = Clock::default().now();
        plan.approve(by.clone(), now)?;
        terminal::say(&shown_plan(&plan));
        let question = format!("approve this plan as {}?", by.account);
        if !self.yes && !terminal::ask(&question) {
            return Err(Problem::new(Kind::Stopped, "the plan was not approved")
                .hint("answer yes, or give --yes when nobody is there to ask"));
        }
        plan.write(&self.file)?;
        terminal::tell(&format!("approved by {}: plan {}", by.account, short(&plan.hash)));
        Ok(Exit::Done)
    }
}

/// This user of this machine, and who is signed in to the tenant.
pub fn who(operator: Option<&str>) -> Person {
    let name = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
    let host = whoami::hostname().unwrap_or_else(|_| "localhost".to_owned());
    Person { account: format!("{name}@{host}"), operator: operator.map(str::to_owned) }
}

/// A hash as people compare it.
pub fn short(hash: &str) -> &str {
    &hash[..hash.len().min(16)]
}

/// The plan, with who made it and who approved it.
fn shown(plan: &SavedPlan) -> String {
    let mut out = shown_plan(plan);
    for approval in &plan.approvals {
        out.push_str(&format!(
            "approved by {} at {}\n",
            approval.by.account,
            super::output::moment(approval.at)
        ));
    }
    if plan.approvals.is_empty() {
        out.push_str("approved by nobody yet\n");
        if plan.wants_approval() {
            out.push_str(
                "it removes objects or touches roles: with --require-approval it needs a second person\n",
            );
        }
    }
    out.trim_end().to_owned()
}

fn shown_plan(plan: &SavedPlan) -> String {
    const LISTED: usize = 40;
    let contents = &plan.contents;
    let mut out = format!(
        "plan {} of {} for {}, made by {} at {}, good until {}\n",
        short(&plan.hash),
        contents.script,
        contents.tenant_domain,
        contents.author.account,
        super::output::moment(contents.made),
        super::output::moment(contents.expires)
    );
    for effect in contents.effects.iter().take(LISTED) {
        out.push_str(&format!("  {:<9} {:<24} {}\n", effect.action, effect.verb, effect.target));
    }
    if contents.effects.len() > LISTED {
        out.push_str(&format!("  … and {} more\n", crate::words::thousands(contents.effects.len() - LISTED)));
    }
    out.push_str(&format!("{}\n", count(contents.effects.len(), "write")));
    out
}
