//! Products as Microsoft sells them: real ids, the plans that matter.

use serde_json::{Value, json};
use uuid::Uuid;

pub const SPE_E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
pub const ENTERPRISEPACK: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
pub const POWER_BI_STANDARD: &str = "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235";
pub const FLOW_FREE: &str = "f30db892-07e9-47e9-837c-80727f46fd3d";
pub const AAD_PREMIUM: &str = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4";
pub const VISIOCLIENT: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";

type Plan = (&'static str, &'static str);

const EXCHANGE: Plan = ("efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE");
const SHAREPOINT: Plan = ("5dbe027f-2339-4123-9542-606e4d348a72", "SHAREPOINTENTERPRISE");
const TEAMS: Plan = ("57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1");
const OFFICE: Plan = ("43de0ff5-c92c-492b-9116-175376d08c38", "OFFICESUBSCRIPTION");
const INTUNE: Plan = ("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A");
const ENTRA: Plan = ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM");
const MFA: Plan = ("8a256a2b-b617-496d-b51b-e76466e88db0", "MFA_PREMIUM");
const DISCOVERY: Plan = ("932ad362-64a8-4783-9106-97849a1a30b9", "ADALLOM_S_DISCOVERY");
const FOUNDATION: Plan = ("113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION");
const BI: Plan = ("2049e525-b859-401b-b2a0-e0a31c4b1fe4", "BI_AZURE_P0");
const FLOW: Plan = ("50e68c76-46c6-4674-81f9-75456511b170", "FLOW_P2_VIRAL");
const VISIO: Plan = ("663a804f-1c30-4ff0-9915-9db84f0d1cea", "VISIO_CLIENT_SUBSCRIPTION");
const VISIO_ONLINE: Plan = ("2bdbaf8f-738f-4ac7-9234-3c3ee2ce7d0f", "VISIOONLINE");

fn sku(tenant: Uuid, id: &str, name: &str, seats: u32, plans: &[Plan]) -> Value {
    let plans: Vec<Value> = plans
        .iter()
        .map(|(id, name)| {
            let company = *name == "EXCHANGE_S_FOUNDATION";
            json!({
                "servicePlanId": id,
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": if company { "Company" } else { "User" },
            })
        })
        .collect();
    json!({
        "accountName": "Contoso",
        "accountId": tenant.to_string(),
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "id": format!("{tenant}_{id}"),
        "prepaidUnits": { "enabled": seats, "suspended": 0, "warning": 0, "lockedOut": 0 },
        "servicePlans": plans,
        "skuId": id,
        "skuPartNumber": name,
        "subscriptionIds": [Uuid::new_v5(&tenant, id.as_bytes()).to_string()],
    })
}

/// The products of a tenant with their seats.
pub fn all(tenant: Uuid) -> Value {
    json!([
        sku(tenant, SPE_E3, "SPE_E3", 25, &[EXCHANGE, SHAREPOINT, TEAMS, OFFICE, INTUNE, ENTRA, MFA]),
        sku(tenant, ENTERPRISEPACK, "ENTERPRISEPACK", 10, &[EXCHANGE, SHAREPOINT, TEAMS, OFFICE]),
        sku(tenant, POWER_BI_STANDARD, "POWER_BI_STANDARD", 1_000_000, &[FOUNDATION, BI]),
        sku(tenant, FLOW_FREE, "FLOW_FREE", 10_000, &[FOUNDATION, FLOW]),
        sku(tenant, AAD_PREMIUM, "AAD_PREMIUM", 20, &[FOUNDATION, ENTRA, MFA, DISCOVERY]),
        sku(tenant, VISIOCLIENT, "VISIOCLIENT", 5, &[FOUNDATION, VISIO_ONLINE, VISIO]),
    ])
}
