//! A plan as a file: what a preview found would be done, to be looked at, approved by a second person, and carried out to the
//! letter.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::ledger::{canonical, fingerprint};
use super::plan::Plan;
use crate::problem::{Kind, Problem, Result};

/// For how long a plan holds: what it was made from changes.
pub const HOLDS: SignedDuration = SignedDuration::from_hours(24);

const FORMAT: u32 = 1;

/// What the file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contents {
    pub format: u32,
    pub usher: String,
    pub tenant_id: String,
    pub tenant_domain: String,
    pub script: String,
    pub script_hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub arguments: Vec<String>,
    pub author: Person,
    pub made: Timestamp,
    pub expires: Timestamp,
    pub effects: Vec<PlannedEffect>,
}

/// Somebody, as far as this machine and the tenant know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The account of the machine.
    pub account: String,
    /// Who is signed in to the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// One write that may be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedEffect {
    pub address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    pub verb: String,
    pub action: String,
    pub target: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A second person's word for a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    pub by: Person,
    pub at: Timestamp,
    /// The hash of the plan that was approved.
    pub hash: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    plan: Contents,
    hash: String,
    #[serde(default)]
    approvals: Vec<Approval>,
}

/// A plan that was read, and what of it was carried out so far.
#[derive(Debug)]
pub struct SavedPlan {
    pub contents: Contents,
    pub hash: String,
    pub approvals: Vec<Approval>,
    by_address: BTreeMap<String, usize>,
    met: Mutex<HashSet<String>>,
}

impl SavedPlan {
    /// The plan of a preview. `contents` has everything but the effects.
    pub fn of(plan: &Plan, contents: Contents) -> SavedPlan {
        let effect = |planned: super::plan::Planned| PlannedEffect {
            address: planned.address,
            row: planned.row,
            verb: planned.verb.to_owned(),
            action: planned.action.infinitive().to_owned(),
            target: planned.target,
            warnings: planned.warnings,
        };
        let effects = plan.planned().into_iter().map(effect).collect();
        let contents = Contents { format: FORMAT, effects, ..contents };
        let hash = hash(&contents);
        SavedPlan::with(contents, hash, Vec::new())
    }

    fn with(contents: Contents, hash: String, approvals: Vec<Approval>) -> SavedPlan {
        let addresses = contents.effects.iter().enumerate();
        let by_address = addresses.map(|(n, effect)| (effect.address.clone(), n)).collect();
        SavedPlan { contents, hash, approvals, by_address, met: Mutex::default() }
    }

    pub fn read(path: &Path) -> Result<SavedPlan> {
        let shown = path.display();
        let failed =
            |message: String| Problem::new(Kind::File, message).doing(format!("reading the plan `{shown}`"));
        let bytes = crate::disk::read(path).map_err(|error| failed(error.to_string()))?;
        let file: File = serde_json::from_slice(&bytes).map_err(|error| {
            failed(format!("not a plan: {error}")).hint("--what-if --plan-out FILE writes one")
        })?;
        if file.plan.format != FORMAT {
            return Err(failed(format!("its format is {}, and this usher knows {FORMAT}", file.plan.format))
                .hint("make the plan again"));
        }
        if hash(&file.plan) != file.hash {
            return Err(failed("it was changed after it was made".to_owned()).hint("make the plan again"));
        }
        Ok(SavedPlan::with(file.plan, file.hash, file.approvals))
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        let file =
            File { plan: self.contents.clone(), hash: self.hash.clone(), approvals: self.approvals.clone() };
        let text = serde_json::to_string_pretty(&file).unwrap_or_default() + "\n";
        crate::disk::write_private(path, text.as_bytes()).map_err(|error| {
            Problem::new(Kind::File, error.to_string())
                .doing(format!("writing the plan `{}`", path.display()))
        })
    }

    /// A second person says yes.
    pub fn approve(&mut self, by: Person, at: Timestamp) -> Result<()> {
        self.is_current(at)?;
        let author = &self.contents.author;
        let same_operator = by.operator.is_some() && by.operator == author.operator;
        if by.account == author.account || same_operator {
            return Err(Problem::new(
                Kind::Stopped,
                format!("`{}` made this plan, and cannot approve it", by.account),
            )
            .hint("a second person approves it, from an account of their own"));
        }
        self.approvals.retain(|known| known.by != by);
        self.approvals.push(Approval { by, at, hash: self.hash.clone() });
        Ok(())
    }

    /// Whether somebody other than the author has approved just this plan.
    pub fn is_approved(&self) -> bool {
        let author = &self.contents.author;
        self.approvals
            .iter()
            .any(|approval| approval.hash == self.hash && approval.by.account != author.account)
    }

    /// What of it somebody has to approve where a second person is asked for: removals and roles.
    pub fn wants_approval(&self) -> bool {
        let removes = |effect: &PlannedEffect| effect.action == super::effect::Action::Remove.infinitive();
        self.contents.effects.iter().any(|effect| removes(effect) || effect.verb.contains("role"))
    }

    pub fn is_current(&self, now: Timestamp) -> Result<()> {
        match now > self.contents.expires {
            true => {
                Err(Problem::new(Kind::Stopped, format!("the plan expired at {}", self.contents.expires))
                    .hint("make it again: what it was made from may have changed"))
            }
            false => Ok(()),
        }
    }

    /// Whether it is a plan for this script with these arguments.
    pub fn is_of(&self, script_hash: &str, arguments: &[String]) -> Result<()> {
        let refuse = |what: &str| {
            Err(Problem::new(Kind::Stopped, format!("{what} since the plan was made"))
                .hint("make the plan again with --what-if --plan-out FILE, and look at what changed"))
        };
        if self.contents.script_hash != script_hash {
            return refuse(&format!("the script `{}` was changed", self.contents.script));
        }
        if self.contents.arguments != arguments {
            return refuse("the script's arguments were changed");
        }
        Ok(())
    }

    pub fn is_for(&self, tenant_id: &str, domain: &str) -> Result<()> {
        match self.contents.tenant_id.eq_ignore_ascii_case(tenant_id) {
            true => Ok(()),
            false => Err(Problem::new(
                Kind::Stopped,
                format!(
                    "the plan was made for tenant {}, and this run goes to {domain}",
                    self.contents.tenant_domain
                ),
            )
            .hint("choose the tenant with --tenant, or make a plan for this one")),
        }
    }

    /// Whether a write is in the plan; the first that is not stops the run.
    pub(super) fn holds(&self, address: &str, verb: &str, effect: &dyn Effect) -> Result<()> {
        if self.by_address.contains_key(address) {
            self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_owned());
            return Ok(());
        }
        Err(Problem::new(Kind::Stopped, format!("the plan has no {verb} of `{}`", effect.target()))
            .doing(effect.doing())
            .hint("something has changed since the plan was made; make it again and compare"))
    }

    /// What was planned and not done: found done already, or never asked for.
    pub fn left(&self) -> Vec<&PlannedEffect> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        self.contents.effects.iter().filter(|effect| !met.contains(&effect.address)).collect()
    }
}

fn hash(contents: &Contents) -> String {
    let value = serde_json::to_value(contents).unwrap_or_default();
    fingerprint(canonical(&value).to_string().as_bytes())
}
