//! What Azure has without anybody having made it: regions, and providers of resources with their types.

use serde_json::{Value, json};

use super::fault::Fault;
use super::paging::values;
use super::scope::Place;
use super::{Answer, Call};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::Tenant;

/// Name, display name, where, paired with, geography group, latitude, longitude.
type Region =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const REGIONS: &[Region] = &[
    ("eastus", "East US", "Virginia", "westus", "US", "37.3719", "-79.8164"),
    ("eastus2", "East US 2", "Virginia", "centralus", "US", "36.6681", "-78.3889"),
    ("southcentralus", "South Central US", "Texas", "northcentralus", "US", "29.4167", "-98.5"),
    ("westus2", "West US 2", "Washington", "westcentralus", "US", "47.233", "-119.852"),
    ("westus3", "West US 3", "Phoenix", "eastus", "US", "33.448376", "-112.074036"),
    ("australiaeast", "Australia East", "New South Wales", "australiasoutheast", "Asia Pacific", "-33.86", "151.2094"),
    ("southeastasia", "Southeast Asia", "Singapore", "eastasia", "Asia Pacific", "1.283", "103.833"),
    ("northeurope", "North Europe", "Ireland", "westeurope", "Europe", "53.3478", "-6.2597"),
    ("swedencentral", "Sweden Central", "Gävle", "swedensouth", "Europe", "60.67488", "17.14127"),
    ("uksouth", "UK South", "London", "ukwest", "UK", "50.941", "-0.799"),
    ("westeurope", "West Europe", "Netherlands", "northeurope", "Europe", "52.3667", "4.9"),
    ("centralus", "Central US", "Iowa", "eastus2", "US", "41.5908", "-93.6208"),
    ("southafricanorth", "South Africa North", "Johannesburg", "southafricawest", "Africa", "-25.73134", "28.21837"),
    ("centralindia", "Central India", "Pune", "southindia", "Asia Pacific", "18.5822", "73.9197"),
    ("eastasia", "East Asia", "Hong Kong", "southeastasia", "Asia Pacific", "22.267", "114.188"),
    ("japaneast", "Japan East", "Tokyo, Saitama", "japanwest", "Asia Pacific", "35.68", "139.77"),
    ("koreacentral", "Korea Central", "Seoul", "koreasouth", "Asia Pacific", "37.5665", "126.978"),
    ("canadacentral", "Canada Central", "Toronto", "canadaeast", "Canada", "43.653", "-79.383"),
    ("francecentral", "France Central", "Paris", "francesouth", "Europe", "46.3772", "2.373"),
    ("germanywestcentral", "Germany West Central", "Frankfurt", "germanynorth", "Europe", "50.110924", "8.682127"),
    ("norwayeast", "Norway East", "Norway", "norwaywest", "Europe", "59.913868", "10.752245"),
    ("switzerlandnorth", "Switzerland North", "Zurich", "switzerlandwest", "Europe", "47.451542", "8.564572"),
    ("uaenorth", "UAE North", "Dubai", "uaecentral", "Middle East", "25.266666", "55.316666"),
    ("brazilsouth", "Brazil South", "Sao Paulo State", "southcentralus", "South America", "-23.55", "-46.633"),
    ("northcentralus", "North Central US", "Illinois", "southcentralus", "US", "41.8819", "-87.6278"),
    ("westus", "West US", "California", "eastus", "US", "37.783", "-122.417"),
    ("westcentralus", "West Central US", "Wyoming", "westus2", "US", "40.89", "-110.234"),
    ("ukwest", "UK West", "Cardiff", "uksouth", "UK", "53.427", "-3.084"),
    ("switzerlandwest", "Switzerland West", "Geneva", "switzerlandnorth", "Europe", "46.204391", "6.143158"),
];

pub fn regions() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(name, ..)| *name)
}

/// A region by its name or its display name, in any case.
pub fn region(text: &str) -> Option<&'static str> {
    let wanted = text.replace(' ', "").to_lowercase();
    regions().find(|name| *name == wanted)
}

pub fn locations(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Place::find(tenant, &call.request.segments[..2])?;
    let scope = scope.enter(call, tenant, "Microsoft.Resources/subscriptions/locations/read")?;
    let all = REGIONS.iter().map(|(name, shown, place, pair, group, latitude, longitude)| {
        json!({
            "id": format!("{}/locations/{name}", scope.0),
            "name": name,
            "type": "Region",
            "displayName": shown,
            "regionalDisplayName": format!("({group}) {shown}"),
            "metadata": {
                "regionType": "Physical",
                "regionCategory": "Recommended",
                "geographyGroup": group,
                "longitude": longitude,
                "latitude": latitude,
                "physicalLocation": place,
                "pairedRegion": [{ "name": pair, "id": format!("{}/locations/{pair}", scope.0) }],
            },
        })
    });
    values(call, all.collect())
}

const PROVIDERS: &[(&str, &[&str])] = &[
    (
        "Microsoft.Authorization",
        &[
            "roleAssignments",
            "roleDefinitions",
            "denyAssignments",
            "roleEligibilitySchedules",
            "roleEligibilityScheduleInstances",
            "roleEligibilityScheduleRequests",
            "roleAssignmentSchedules",
            "roleAssignmentScheduleInstances",
            "roleAssignmentScheduleRequests",
        ],
    ),
    ("Microsoft.Compute", &["virtualMachines", "disks", "availabilitySets"]),
    ("Microsoft.KeyVault", &["vaults"]),
    ("Microsoft.Management", &["managementGroups"]),
    ("Microsoft.Network", &["virtualNetworks", "networkInterfaces", "publicIPAddresses"]),
    ("Microsoft.RecoveryServices", &["vaults"]),
    ("Microsoft.Resources", &["subscriptions", "resourceGroups", "tenants", "deployments"]),
    ("Microsoft.Sql", &["servers", "servers/databases"]),
    ("Microsoft.Storage", &["storageAccounts"]),
    ("Microsoft.Web", &["sites", "serverFarms"]),
];

fn versions(kind: &str) -> &'static [&'static str] {
    match kind {
        kind if kind.contains("Schedule") => &["2020-10-01", "2020-10-01-preview"],
        "roleAssignments" | "roleDefinitions" => &["2022-04-01", "2018-01-01-preview", "2015-07-01"],
        "denyAssignments" => &["2022-04-01", "2018-07-01-preview"],
        "subscriptions" | "tenants" => &["2022-12-01", "2020-01-01", "2016-06-01"],
        "resourceGroups" | "deployments" => &["2025-04-01", "2022-09-01", "2021-04-01"],
        _ => &["2024-03-01", "2023-01-01", "2022-03-01"],
    }
}

fn shown(root: &str, (name, kinds): &(&str, &[&str])) -> Value {
    let global = matches!(*name, "Microsoft.Authorization" | "Microsoft.Management" | "Microsoft.Resources");
    let places: Vec<&str> = match global {
        true => Vec::new(),
        false => REGIONS.iter().map(|(_, shown, ..)| *shown).collect(),
    };
    let kinds: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({
                "resourceType": kind,
                "locations": places,
                "apiVersions": versions(kind),
                "capabilities": if global { "None" } else { "SupportsTags, SupportsLocation" },
            })
        })
        .collect();
    json!({
        "id": format!("{root}/providers/{name}"),
        "namespace": name,
        "resourceTypes": kinds,
        "registrationState": "Registered",
        "registrationPolicy": if global { "RegistrationFree" } else { "RegistrationRequired" },
    })
}

/// Of a subscription, or of Azure itself.
pub fn providers(call: &Call, tenant: &Tenant) -> Answer {
    let root = root(call, tenant, "Microsoft.Resources/subscriptions/providers/read")?;
    values(call, PROVIDERS.iter().map(|provider| shown(&root, provider)).collect())
}

pub fn provider(call: &Call, tenant: &Tenant) -> Answer {
    let root = root(call, tenant, "Microsoft.Resources/subscriptions/providers/read")?;
    Ok(Reply::ok(shown(&root, named(call)?)))
}

/// Everything is registered already.
pub fn register(call: &Call, tenant: &Tenant) -> Answer {
    let provider = named(call)?;
    let root = root(call, tenant, &format!("{}/register/action", provider.0))?;
    Ok(Reply::ok(shown(&root, provider)))
}

fn root(call: &Call, tenant: &Tenant, action: &str) -> Result<String, Fault> {
    if !call.request.segments[0].eq_ignore_ascii_case("subscriptions") {
        return Ok(String::new());
    }
    Ok(Place::find(tenant, &call.request.segments[..2])?.enter(call, tenant, action)?.0)
}

fn named(call: &Call) -> Result<&'static (&'static str, &'static [&'static str]), Fault> {
    let segments = &call.request.segments;
    let at =
        segments.iter().position(|segment| segment.eq_ignore_ascii_case("providers")).unwrap_or_default();
    let name = segments.get(at + 1).map(String::as_str).unwrap_or_default();
    PROVIDERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let message = format!("The resource namespace '{name}' is invalid.");
        Fault::new(404, "InvalidResourceNamespace", message)
    })
}

fn management_group(tenant: &Tenant) -> Value {
    let id = tenant.profile.tenant_id.to_string();
    json!({
        "id": format!("/providers/Microsoft.Management/managementGroups/{id}"),
        "type": "Microsoft.Management/managementGroups",
        "name": id,
        "properties": { "tenantId": id, "displayName": "Tenant Root Group" },
    })
}

/// There is one, and only for those who may see it.
pub fn management_groups(call: &Call, tenant: &Tenant) -> Answer {
    let group = management_group(tenant);
    let id = tenant.profile.tenant_id.to_string();
    let path = ["providers", "Microsoft.Management", "managementGroups", id.as_str()].map(str::to_owned);
    let seen =
        Place::find(tenant, &path)?.enter(call, tenant, "Microsoft.Management/managementGroups/read").is_ok();
    values(call, if seen { vec![group] } else { Vec::new() })
}

pub fn one_management_group(call: &Call, tenant: &Tenant) -> Answer {
    Place::find(tenant, &call.request.segments)?.enter(
        call,
        tenant,
        "Microsoft.Management/managementGroups/read",
    )?;
    Ok(Reply::ok(management_group(tenant)))
}
