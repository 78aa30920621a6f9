//! What `--what-if` came to: how much of what would be done, and what to mind.

use crate::identity::Service;
use crate::runs::effect::Action;
use crate::runs::plan::{Plan, Planned};
use crate::transport::{Limits, Load, Workload, estimate};
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
    if let Some(pace) = pace(&planned) {
        out.push_str(&format!("{pace}\n"));
    }
    out.push_str(&format!("preview: {} planned, nothing was sent", count(planned.len(), "write")));
    out
}

/// How long the services' published limits make the writes take, where that is long enough to plan for.
fn pace(planned: &[Planned]) -> Option<String> {
    const WORTH_SAYING: u64 = 20;
    let workload = |planned: &Planned| match (planned.service, planned.action) {
        (Service::Graph, Action::Create) if planned.verb == "new_invitation" => Workload::Invitations,
        (Service::Graph, _) => Workload::Writes,
        (Service::Exchange, _) => Workload::Exchange,
        (Service::Azure, Action::Remove | Action::TakeAway) => Workload::AzureDeletes,
        (Service::Azure, _) => Workload::AzureWrites,
    };
    let mut loads: Vec<Load> = Vec::new();
    for planned in planned {
        let workload = workload(planned);
        match loads.iter_mut().find(|load| load.workload == workload) {
            Some(load) => load.calls += 1,
            None => loads.push(Load { workload, calls: 1 }),
        }
    }
    // Each write is looked before.
    loads.push(Load { workload: Workload::Reads, calls: 2 * planned.len() as u64 });
    let seconds = estimate(Limits::published(), &loads).as_secs();
    if seconds < WORTH_SAYING {
        return None;
    }
    let time = match seconds {
        0..90 => count(seconds as usize, "second"),
        90..5400 => count((seconds as usize).div_ceil(60), "minute"),
        _ => count((seconds as usize).div_ceil(3600), "hour"),
    };
    Some(format!("at the pace the services allow, this takes about {time}"))
}
