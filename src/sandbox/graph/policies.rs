//! What outsiders may do here: the authorization policy, and the list of domains that may or may not be invited.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made};
use super::options::{Options, Shape};
use super::properties::checked;
use super::routes::{Needs, route};
use super::schema;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Tenant, map};

static B2B: Shape = Shape::of(&[&schema::B2B_POLICY], "policies/b2bManagementPolicies");

const READ: Needs = &["Policy.Read.All", "Policy.ReadWrite.Authorization"];
const WRITE: Needs = &["Policy.ReadWrite.Authorization"];
const READ_B2B: Needs =
    &["Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.B2BManagementPolicy", "Policy.Read.All"];
const WRITE_B2B: Needs = &["Policy.ReadWrite.B2BManagementPolicy"];

pub static ROUTES: &[Route] = &[
    route("GET", "/policies/authorizationPolicy", READ, Read(authorization)),
    route("PATCH", "/policies/authorizationPolicy", WRITE, Write(set_authorization)),
    route("GET", "/policies/authorizationPolicy/authorizationPolicy", READ, Read(authorization)),
    route("PATCH", "/policies/authorizationPolicy/authorizationPolicy", WRITE, Write(set_authorization)),
    route("GET", "/policies/b2bManagementPolicies", READ_B2B, Read(b2b)),
    route("POST", "/policies/b2bManagementPolicies", WRITE_B2B, Write(add_b2b)),
    route("GET", "/policies/b2bManagementPolicies/{}", READ_B2B, Read(one_b2b)),
    route("PATCH", "/policies/b2bManagementPolicies/{}", WRITE_B2B, Write(set_b2b)),
    route("DELETE", "/policies/b2bManagementPolicies/{}", WRITE_B2B, Write(remove_b2b)),
];

/// A policy longer than this is refused.
const LONGEST_POLICY: usize = 25_000;

/// The policy has a second name in beta, and only there.
fn known_name(call: &Call) -> Result<(), Fault> {
    if call.version != "beta" && call.request.segments.len() > 3 {
        return Err(Fault::bad("BadRequest", "Resource not found for the segment 'authorizationPolicy'."));
    }
    Ok(())
}

fn authorization(call: &Call, tenant: &Tenant) -> Answer {
    known_name(call)?;
    let options = Options::of_one(call, &schema::AUTHORIZATION_POLICY)?;
    let policy = map(tenant.setting("authorizationPolicy").clone());
    let row = Row::made(0, &schema::AUTHORIZATION_POLICY, policy);
    list::one(call, tenant, 200, &row, &options)
}

fn set_authorization(call: &Call, tenant: &mut Tenant) -> Answer {
    known_name(call)?;
    let changes = checked(&schema::AUTHORIZATION_POLICY, &call.body()?)?;
    if let Some(from) = changes.get("allowInvitesFrom").and_then(Value::as_str) {
        let known = ["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"];
        if !known.contains(&from) {
            return Err(Fault::bad("BadRequest", "Invalid value specified for property 'allowInvitesFrom'."));
        }
    }
    let mut policy = map(tenant.setting("authorizationPolicy").clone());
    policy.extend(changes);
    tenant.set_setting("authorizationPolicy", Value::Object(policy));
    Ok(Reply::empty(204))
}

fn beta_only(call: &Call) -> Result<(), Fault> {
    if call.version == "beta" {
        return Ok(());
    }
    Err(Fault::bad("BadRequest", "Resource not found for the segment 'b2bManagementPolicies'."))
}

fn b2b(call: &Call, tenant: &Tenant) -> Answer {
    beta_only(call)?;
    let policy = Some(tenant.setting("b2bManagementPolicy")).filter(|policy| policy.is_object());
    list_made(call, tenant, &B2B, policy.cloned().map(map))
}

/// The one policy there can be, if it has this id.
fn b2b_of(call: &Call, tenant: &Tenant) -> Result<Map<String, Value>, Fault> {
    beta_only(call)?;
    let policy = map(tenant.setting("b2bManagementPolicy").clone());
    let found =
        policy.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(call.key(0)));
    if found { Ok(policy) } else { Err(Fault::missing(call.key(0))) }
}

fn one_b2b(call: &Call, tenant: &Tenant) -> Answer {
    let policy = b2b_of(call, tenant)?;
    let options = Options::of_one(call, &schema::B2B_POLICY)?;
    list::one(call, tenant, 200, &Row::made(0, &schema::B2B_POLICY, policy), &options)
}

fn add_b2b(call: &Call, tenant: &mut Tenant) -> Answer {
    beta_only(call)?;
    let changes = checked(&schema::B2B_POLICY, &call.body()?)?;
    sound(&changes)?;
    if !changes.contains_key("definition") {
        return Err(Fault::request(
            "A value is required for property 'definition' of resource 'B2bManagementPolicy'.",
        ));
    }
    if tenant.setting("b2bManagementPolicy").is_object() {
        return Err(Fault::conflict("isOrganizationDefault"));
    }
    let mut policy = map(json!({
        "id": Uuid::new_v4().to_string(), "displayName": "B2BManagementPolicy", "isOrganizationDefault": true,
    }));
    policy.extend(changes);
    tenant.set_setting("b2bManagementPolicy", Value::Object(policy.clone()));
    list::one(call, tenant, 201, &Row::made(0, &schema::B2B_POLICY, policy), &Options::default())
}

fn set_b2b(call: &Call, tenant: &mut Tenant) -> Answer {
    let mut policy = b2b_of(call, tenant)?;
    let changes = checked(&schema::B2B_POLICY, &call.body()?)?;
    sound(&changes)?;
    policy.extend(changes);
    tenant.set_setting("b2bManagementPolicy", Value::Object(policy));
    Ok(Reply::empty(204))
}

fn remove_b2b(call: &Call, tenant: &mut Tenant) -> Answer {
    b2b_of(call, tenant)?;
    tenant.set_setting("b2bManagementPolicy", Value::Null);
    Ok(Reply::empty(204))
}

/// A definition is JSON within a text, not too long, with one list of domains at most.
fn sound(changes: &Map<String, Value>) -> Result<(), Fault> {
    let Some(definition) = changes.get("definition") else { return Ok(()) };
    let text = definition[0].as_str().unwrap_or_default();
    if text.len() > LONGEST_POLICY {
        return Err(Fault::request("Failure to update policy due to object limit."));
    }
    let parsed: Value = serde_json::from_str(text)
        .map_err(|_| Fault::request("The definition of the policy is not valid JSON."))?;
    let lists = &parsed["B2BManagementPolicy"]["InvitationsAllowedAndBlockedDomainsPolicy"];
    let list = |name: &str| lists[name].as_array();
    let filled = |name: &str| list(name).is_some_and(|list| !list.is_empty());
    if filled("AllowedDomains") && filled("BlockedDomains") {
        return Err(Fault::request("A policy holds either allowed or blocked domains, not both."));
    }
    if list("AllowedDomains").is_some_and(Vec::is_empty) && list("BlockedDomains").is_none() {
        return Err(Fault::request("The list of allowed domains must not be empty."));
    }
    Ok(())
}

/// The definition that says which domains are barred.
pub fn b2b_definition(blocked: &[&str]) -> Value {
    let definition = json!({ "B2BManagementPolicy": {
        "InvitationsAllowedAndBlockedDomainsPolicy": { "BlockedDomains": blocked },
        "AutoRedeemPolicy": { "AdminConsentedForUsersIntoTenantIds": [], "NoAADConsentForUsersFromTenantsIds": [] },
    } });
    json!([definition.to_string()])
}

/// True when the tenant's list bars a domain: on the deny list, or not on an allow list.
pub fn is_blocked_domain(tenant: &Tenant, domain: &str) -> bool {
    let definition = tenant.setting("b2bManagementPolicy")["definition"][0].as_str().unwrap_or_default();
    let Ok(definition) = serde_json::from_str::<Value>(definition) else { return false };
    let lists = &definition["B2BManagementPolicy"]["InvitationsAllowedAndBlockedDomainsPolicy"];
    let holds = |name: &str| {
        let list = lists[name].as_array().filter(|list| !list.is_empty())?;
        Some(list.iter().filter_map(Value::as_str).any(|entry| {
            let entry = entry.trim_start_matches("*.");
            entry.eq_ignore_ascii_case(domain)
                || domain.to_ascii_lowercase().ends_with(&format!(".{}", entry.to_ascii_lowercase()))
        }))
    };
    holds("BlockedDomains").unwrap_or(false) || holds("AllowedDomains").is_some_and(|allowed| !allowed)
}
