//! What this run may do: preview, allowance, guard and confirmation, as the command line set them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::saved::SavedPlan;

/// The rules of one run, fixed before it begins.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Nothing is sent; what would be is shown.
    pub what_if: bool,
    /// Only these verbs may write; `None` is no limit beyond the account's permissions.
    pub allow: Option<BTreeSet<String>>,
    /// Ask before the first write of each verb.
    pub confirm: bool,
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
}

impl Policy {
    /// Removals a run may make before it stops, unless the command line says otherwise.
    pub const MAX_REMOVALS: usize = 25;

    /// How long is waited for a service that does not show yet what was made.
    pub const WAIT_LIMIT: Duration = Duration::from_mins(15);
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            what_if: false,
            allow: None,
            confirm: false,
            max_removals: Policy::MAX_REMOVALS,
            throttle_limit: None,
            never_touch: BTreeSet::new(),
            carry_out: None,
            require_approval: false,
            wait_limit: Policy::WAIT_LIMIT,
            repeat_unknown: false,
            until: None,
        }
    }
}
