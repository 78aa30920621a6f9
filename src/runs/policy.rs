//! What this run may do: preview, allowance, guard and confirmation, as the command line set them.

use std::collections::BTreeSet;

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
    /// When nothing new is begun any more.
    pub until: Option<super::window::Until>,
}

impl Policy {
    /// Removals a run may make before it stops, unless the command line says otherwise.
    pub const MAX_REMOVALS: usize = 25;
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            what_if: false,
            allow: None,
            confirm: false,
            max_removals: Policy::MAX_REMOVALS,
            throttle_limit: None,
            until: None,
        }
    }
}
