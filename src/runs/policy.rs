//! What this run may do: preview, allowance, guard and confirmation, as the command line set them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::saved::SavedPlan;
use crate::problem::{Kind, Problem, Result};

/// The rules of one run, fixed before it begins.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Nothing is sent; what would be is shown.
    pub what_if: bool,
    /// Only these verbs may write; `None` is no limit beyond the account's permissions.
    pub allow: Option<BTreeSet<String>>,
    /// Ask before the first write of each verb.
    pub confirm: bool,
    /// The writes come from a prompt: the first question of a session says so, and where it goes.
    pub at_prompt: bool,
    /// How many objects a run may remove.
    pub max_removals: usize,
    /// Rows of a bulk in flight at once; chosen by the pace when not set.
    pub throttle_limit: Option<usize>,
    /// Names, addresses and ids to which nothing is done, in small letters.
    pub never_touch: BTreeSet<String>,
    /// The plan that is carried out; nothing else is done.
    pub carry_out: Option<Arc<SavedPlan>>,
    /// Removals and roles are done only by a plan that a second person approved.
    pub require_approval: bool,
    /// How long a service may take to show what was just made.
    pub wait_limit: Duration,
    /// Writes of which nobody knows whether they happened are made once more.
    pub repeat_unknown: bool,
    /// When nothing new is begun any more.
    pub until: Option<super::window::Until>,
    /// What the tenant's profile and the environment demand, whatever the command line says.
    pub demands: Vec<Demands>,
}

/// Rules that no option takes away.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    /// Who demands it: "the tenant's profile `contoso`".
    pub by: String,
    /// No write is sent.
    pub read_only: bool,
    /// The only verbs that may write.
    pub allow: Option<BTreeSet<String>>,
    pub require_approval: bool,
    pub never_touch: Vec<String>,
}

impl Policy {
    /// Removals a run may make before it stops, unless the command line says otherwise.
    pub const MAX_REMOVALS: usize = 25;

    /// How long is waited for a service that does not show yet what was made.
    pub const WAIT_LIMIT: Duration = Duration::from_mins(15);

    /// The same rules, and these.
    pub fn demanding(mut self, demands: Demands) -> Policy {
        self.require_approval |= demands.require_approval;
        self.never_touch.extend(demands.never_touch.iter().map(|name| name.trim().to_lowercase()));
        self.demands.push(demands);
        self
    }

    /// Whether a verb may write at all: decided before anything is asked of the tenant.
    pub(super) fn lets(&self, verb: &'static str) -> Result<()> {
        for Demands { by, read_only, allow, .. } in &self.demands {
            // A preview sends nothing, so there is nothing to refuse.
            if *read_only && !self.what_if {
                let message = format!("{by} is read-only, and `{verb}` writes");
                let problem = Problem::new(Kind::NotAllowed, message).verb(verb);
                return Err(problem.hint("--what-if shows what it would do; nothing is sent from here"));
            }
            if allow.as_ref().is_some_and(|allowed| !allowed.contains(verb)) {
                let listed = allow.iter().flatten().map(|verb| format!("`{verb}`")).collect::<Vec<_>>();
                let listed = if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") };
                let problem = Problem::new(Kind::NotAllowed, format!("{by} does not let `{verb}` write"));
                return Err(problem
                    .verb(verb)
                    .hint(format!("it allows {listed}; --allow cannot add to that")));
            }
        }
        match &self.allow {
            Some(allowed) if !allowed.contains(verb) => {
                let listed = allowed.iter().map(String::as_str).collect::<Vec<_>>().join(",");
                let with = if listed.is_empty() { verb.to_owned() } else { format!("{listed},{verb}") };
                Err(Problem::new(Kind::NotAllowed, format!("this run may not call `{verb}`"))
                    .hint(format!("allow it with --allow {with}"))
                    .verb(verb))
            }
            _ => Ok(()),
        }
    }

    /// Whether any write may be sent.
    pub(super) fn is_read_only(&self) -> bool {
        self.demands.iter().any(|demands| demands.read_only)
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            what_if: false,
            allow: None,
            confirm: false,
            at_prompt: false,
            max_removals: Policy::MAX_REMOVALS,
            throttle_limit: None,
            never_touch: BTreeSet::new(),
            carry_out: None,
            require_approval: false,
            wait_limit: Policy::WAIT_LIMIT,
            repeat_unknown: false,
            until: None,
            demands: Vec::new(),
        }
    }
}
