//! The limits that Microsoft publishes, and what a call counts as under them.
//!
//! <https://learn.microsoft.com/graph/throttling-limits>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>

use super::window::Window;
use crate::identity::Service;
use crate::transport::{Call, Method};

/// Graph's resource units in ten seconds for an application in a tenant of up to 50, up to 500, and more users.
pub const UNITS: [f64; 3] = [3_500.0, 5_000.0, 8_000.0];
pub const UNITS_SECONDS: f64 = 10.0;
/// Writes of an application in a tenant.
pub const WRITES: Window = Window { most: 3_000.0, seconds: 150.0 };
/// Writes of everybody in a tenant.
pub const TENANT_WRITES: Window = Window { most: 18_000.0, seconds: 300.0 };
/// Audit and sign-in reports.
pub const REPORTS: Window = Window { most: 5.0, seconds: 10.0 };
/// Conditional access and identity protection, which never say when to come back.
pub const PROTECTION: Window = Window { most: 1.0, seconds: 1.0 };
/// Buckets of Azure: what they hold, and what comes back in a second.
pub const AZURE_READS: (f64, f64) = (250.0, 25.0);
pub const AZURE_CHANGES: (f64, f64) = (200.0, 10.0);

/// Which limits are known to hold before a service has said anything, and how fast its clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub(super) published: bool,
    pub(super) clock_rate: u32,
}

impl Limits {
    /// Nothing is known: the services are asked as fast as they answer, until they say otherwise.
    pub fn unknown() -> Limits {
        Limits { published: false, clock_rate: 1 }
    }

    /// The published limits hold, as in every real tenant.
    pub fn published() -> Limits {
        Limits { published: true, clock_rate: 1 }
    }

    /// The same on a service whose clock runs so many times as fast as ours.
    pub fn faster(self, clock_rate: u32) -> Limits {
        Limits { clock_rate: clock_rate.max(1), ..self }
    }

    /// What a tenant's own account says of itself: `published`, or nothing.
    pub fn told(throttling: Option<&str>, clock_rate: u32) -> Limits {
        let limits = if throttling == Some("published") { Limits::published() } else { Limits::unknown() };
        limits.faster(clock_rate)
    }

    pub fn are_published(self) -> bool {
        self.published
    }
}

/// A part of a service that is paced by itself: its calls wait in one line, and others do not wait for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Workload {
    /// Reads of the directory.
    Reads,
    /// Writes of the directory.
    Writes,
    /// Invitations, for which no limit is published.
    Invitations,
    /// Audit and sign-in reports.
    Reports,
    /// Conditional access and identity protection.
    Protection,
    /// Several calls of Graph in one request.
    Batches,
    /// Cmdlets of Exchange.
    Exchange,
    AzureReads,
    AzureWrites,
    AzureDeletes,
}

impl Workload {
    pub const ALL: [Workload; 10] = [
        Workload::Reads,
        Workload::Writes,
        Workload::Invitations,
        Workload::Reports,
        Workload::Protection,
        Workload::Batches,
        Workload::Exchange,
        Workload::AzureReads,
        Workload::AzureWrites,
        Workload::AzureDeletes,
    ];

    pub fn service(self) -> Service {
        match self {
            Workload::Exchange => Service::Exchange,
            Workload::AzureReads | Workload::AzureWrites | Workload::AzureDeletes => Service::Azure,
            _ => Service::Graph,
        }
    }

    /// Which part of its service a call is for.
    pub fn of(call: &Call) -> Workload {
        match call.service {
            Service::Exchange => Workload::Exchange,
            Service::Azure => match call.method {
                Method::Get => Workload::AzureReads,
                Method::Delete => Workload::AzureDeletes,
                _ => Workload::AzureWrites,
            },
            Service::Graph => of_graph(call, &Address::of(call)),
        }
    }

    /// How many calls are under way at once, to begin with and at most, and how many answers for each of them it takes
    /// until there is one more.
    pub(super) fn width(self) -> (usize, usize, usize) {
        match self {
            // Ten at once for everybody in the tenant is what is seen; the others need room as well.
            Workload::Exchange => (4, 8, 1),
            // Their limit is not known, and those that are under way when it is met are refused together.
            Workload::Invitations => (8, 32, 10),
            Workload::Batches => (4, 16, 1),
            Workload::Reports | Workload::Protection => (4, 8, 1),
            _ => (16, 64, 1),
        }
    }
}

/// Something that is counted: a call may count for several.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counted {
    Units,
    Writes,
    TenantWrites,
    /// The calls of one workload.
    Calls(Workload),
    /// The calls of a kind to one subscription of Azure, or to none.
    Azure(Workload, String),
}

/// A call as the limits see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub workload: Workload,
    pub amounts: Vec<(Counted, f64)>,
}

impl Item {
    pub fn of(call: &Call) -> Item {
        let workload = Workload::of(call);
        let mut amounts = vec![(Counted::Calls(workload), 1.0)];
        match call.service {
            Service::Graph => {
                let (units, write) = cost(call);
                amounts.push((Counted::Units, units));
                if write {
                    amounts.push((Counted::Writes, 1.0));
                    amounts.push((Counted::TenantWrites, 1.0));
                }
            }
            Service::Azure => amounts.push((Counted::Azure(workload, subscription(call)), 1.0)),
            Service::Exchange => {}
        }
        Item { workload, amounts }
    }
}

/// A path in its segments, without origin and version, and its options; all in small letters.
struct Address {
    segments: Vec<String>,
    options: Vec<(String, String)>,
}

impl Address {
    fn of(call: &Call) -> Address {
        let path = call.path.to_ascii_lowercase();
        let path = match path.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => path.as_str(),
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut segments: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if segments.first().is_some_and(|first| first == "v1.0" || first == "beta") {
            segments.remove(0);
        }
        let in_path = query.split('&').filter_map(|option| option.split_once('='));
        let options = in_path
            .map(|(name, value)| (name.replace("%24", "$"), value.to_owned()))
            .chain(call.query.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())))
            .collect();
        Address { segments, options }
    }

    fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn of_graph(call: &Call, address: &Address) -> Workload {
    match address.segments().as_slice() {
        ["invitations", ..] if call.method == Method::Post => Workload::Invitations,
        ["auditlogs", ..] => Workload::Reports,
        ["identity", "conditionalaccess", ..] | ["identityprotection", ..] => Workload::Protection,
        _ if call.reading => Workload::Reads,
        _ => Workload::Writes,
    }
}

/// Resource units, and whether it counts as a write.
fn cost(call: &Call) -> (f64, bool) {
    let address = Address::of(call);
    let segments = address.segments();
    let action = segments.last().copied().unwrap_or_default();
    let action = action.rsplit('.').next().unwrap_or_default();
    let base: i32 = match (action, segments.as_slice()) {
        ("checkmembergroups" | "checkmemberobjects", _) => 4,
        ("getmembergroups" | "getmemberobjects", _) => 2,
        ("getbyids", _) => 3,
        _ if call.method != Method::Get => return (1.0, true),
        (_, ["groups", _, "members"]) => 3,
        (_, ["groups", _, "transitivemembers"]) => 5,
        (_, [_, _, "memberof" | "transitivememberof"]) => 2,
        (_, ["subscribedskus"]) => 3,
        (_, ["users" | "applications"] | ["serviceprincipals", _, "approleassignments"]) => 2,
        _ => 1,
    };
    let selects = i32::from(address.option("$select").is_some());
    let short = address.option("$top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let expands = i32::from(address.option("$expand").is_some());
    (f64::from((base - selects - i32::from(short) + expands).max(1)), false)
}

fn subscription(call: &Call) -> String {
    match Address::of(call).segments().as_slice() {
        ["subscriptions", id, ..] => (*id).to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Call {
        Call::graph(Method::Get, path)
    }

    #[test]
    fn calls_cost_what_the_page_on_throttling_says() {
        let units = |call: &Call| cost(call).0;
        assert_eq!(units(&get("/v1.0/users")), 2.0);
        assert_eq!(units(&get("/v1.0/users").query("$select", "id").query("$top", "5")), 1.0);
        assert_eq!(units(&get("https://graph.example/v1.0/users?$select=id&$skiptoken=x")), 1.0);
        assert_eq!(units(&get("/v1.0/groups/x/members").query("$expand", "y")), 4.0);
        assert_eq!(units(&get("/v1.0/groups/x/transitiveMembers/microsoft.graph.user")), 1.0);
        assert_eq!(units(&get("/beta/groups/x/transitiveMembers").query("$top", "999")), 5.0);
        let check = Call::graph(Method::Post, "/v1.0/users/x/microsoft.graph.checkMemberGroups").reading();
        assert_eq!(cost(&check), (4.0, false));
        assert_eq!(cost(&Call::graph(Method::Patch, "/v1.0/users/x")), (1.0, true));
    }

    #[test]
    fn a_call_waits_with_those_of_its_kind() {
        assert_eq!(Workload::of(&Call::graph(Method::Post, "/v1.0/invitations")), Workload::Invitations);
        assert_eq!(Workload::of(&get("/beta/auditLogs/signIns")), Workload::Reports);
        assert_eq!(Workload::of(&get("/v1.0/identity/conditionalAccess/policies")), Workload::Protection);
        assert_eq!(Workload::of(&get("/v1.0/users")), Workload::Reads);
        let role = "/subscriptions/ABC/providers/Microsoft.Authorization/roleAssignments/1";
        let put = Item::of(&Call::azure(Method::Put, role, "2022-04-01"));
        assert_eq!(put.workload, Workload::AzureWrites);
        assert!(put.amounts.contains(&(Counted::Azure(Workload::AzureWrites, "abc".into()), 1.0)));
    }

    #[test]
    fn what_a_tenant_says_of_itself_decides() {
        assert!(Limits::told(Some("published"), 1).are_published());
        assert_eq!(Limits::told(None, 20), Limits::unknown().faster(20));
    }
}
