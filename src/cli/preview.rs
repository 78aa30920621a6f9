//! What `--what-if` came to: how much of what would be done, and what to mind.

use crate::runs::effect::Action;
use crate::runs::plan::Plan;
use crate::words::{count, thousands};

/// Effects that are listed one by one; more are only counted.
const LISTED: usize = 40;

/// The plan in words, for stdout.
pub fn show(plan: &Plan, max_removals: usize) -> String {
    let mut summary = plan.summary();
    let mut out = String::from("what would be done\n");
    let planned = plan.planned();
    for effect in planned.iter().take(LISTED) {
        out.push_str(&format!("  {:<9} {:<24} {}\n", effect.action.infinitive(), effect.verb, effect.target));
    }
    if planned.len() > LISTED {
        out.push_str(&format!("  … and {} more\n", thousands(planned.len() - LISTED)));
    }
    let removals = planned.iter().filter(|effect| effect.action == Action::Remove).count();
    if removals > max_removals {
        summary.warnings.push(format!(
            "a run stops when it has removed {}; this one would need --max-removals {removals}",
            count(max_removals, "object")
        ));
    }
    if planned.is_empty() {
        out.push_str("  nothing\n");
    }
    if !summary.warnings.is_empty() {
        out.push_str("\nwarnings\n");
        for warning in &summary.warnings {
            out.push_str(&format!("  {warning}\n"));
        }
    }
    out.push('\n');
    for ((action, verb), n) in &summary.counts {
        out.push_str(&format!("{:>7}  would {} by {verb}\n", thousands(*n), action.infinitive()));
    }
    if summary.already > 0 {
        out.push_str(&format!(
            "{:>7}  {} already as wanted\n",
            thousands(summary.already),
            if summary.already == 1 { "is" } else { "are" }
        ));
    }
    out.push_str(&format!("preview: {} planned, nothing was sent", count(planned.len(), "write")));
    out
}
