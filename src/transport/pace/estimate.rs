//! How long so many calls take at the pace the services allow, before any is sent.

use std::time::Duration;

use super::limits::{
    AZURE_CHANGES, AZURE_READS, Limits, PROTECTION, REPORTS, TENANT_WRITES, UNITS, UNITS_SECONDS, WRITES,
    Workload,
};
use super::window::{Bucket, Window};

/// So many calls of one workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub workload: Workload,
    pub calls: u64,
}

/// The least time that these calls take: what the limits make them wait for, or what the services take to answer so
/// many, whichever is longer. Nothing where no limits are known.
pub fn estimate(limits: Limits, loads: &[Load]) -> Duration {
    if !limits.published {
        return Duration::ZERO;
    }
    let calls = |workload: Workload| -> f64 {
        loads.iter().filter(|load| load.workload == workload).map(|load| load.calls as f64).sum()
    };
    let writes = calls(Workload::Writes) + calls(Workload::Invitations);
    let others = calls(Workload::Reports) + calls(Workload::Protection);
    // A read of the directory costs one unit or two; the smallest tenant is assumed as long as its size is not known.
    let units = writes + 2.0 * calls(Workload::Reads) + others;
    let bucket = |(size, per_second), workload| Bucket::full(size, per_second).least(calls(workload));
    let waits = [
        Window { most: UNITS[0], seconds: UNITS_SECONDS }.least(units),
        WRITES.least(writes),
        TENANT_WRITES.least(writes),
        REPORTS.least(calls(Workload::Reports)),
        PROTECTION.least(calls(Workload::Protection)),
        bucket(AZURE_READS, Workload::AzureReads),
        bucket(AZURE_CHANGES, Workload::AzureWrites),
        bucket(AZURE_CHANGES, Workload::AzureDeletes),
    ];
    let answers = Workload::ALL.iter().map(|workload| calls(*workload) * answered_in(*workload));
    let seconds = waits.into_iter().chain(answers).fold(0.0, f64::max);
    Duration::try_from_secs_f64(seconds / f64::from(limits.clock_rate)).unwrap_or(Duration::MAX)
}

/// Seconds that a call costs when as many are under way as usual: Graph answers a read in a fifth of a second and a
/// write in a third, an invitation takes about one, a cmdlet of Exchange two.
fn answered_in(workload: Workload) -> f64 {
    match workload {
        Workload::Reads => 0.2 / 16.0,
        Workload::Writes => 0.35 / 16.0,
        Workload::Invitations => 1.0 / 8.0,
        Workload::Exchange => 2.0 / 8.0,
        Workload::Reports | Workload::Protection => 0.0,
        Workload::Batches => 0.5 / 4.0,
        Workload::AzureReads | Workload::AzureWrites | Workload::AzureDeletes => 0.5 / 16.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(loads: &[(Workload, u64)]) -> u64 {
        let loads: Vec<Load> =
            loads.iter().map(|(workload, calls)| Load { workload: *workload, calls: *calls }).collect();
        estimate(Limits::published(), &loads).as_secs()
    }

    #[test]
    fn windows_are_waited_for_once_they_are_full() {
        assert_eq!(seconds(&[]), 0);
        assert_eq!(seconds(&[(Workload::Writes, 2_000)]), 43, "as long as the answers take");
        assert_eq!(seconds(&[(Workload::Writes, 6_000)]), 150);
        assert_eq!(seconds(&[(Workload::Writes, 4_000), (Workload::Invitations, 2_001)]), 300);
        assert_eq!(seconds(&[(Workload::Reports, 100)]), 190);
        assert_eq!(seconds(&[(Workload::AzureWrites, 2_000)]), 180);
        assert_eq!(seconds(&[(Workload::Exchange, 1_000)]), 250);
    }

    #[test]
    fn nothing_is_said_where_no_limits_are_known() {
        let load = Load { workload: Workload::Writes, calls: 100_000 };
        assert_eq!(estimate(Limits::unknown(), &[load]), Duration::ZERO);
        let slow = estimate(Limits::published(), &[load]);
        assert_eq!(estimate(Limits::published().faster(10), &[load]), slow / 10);
    }
}
