//! What outsiders may do here: the authorization policy, and the list of domains that may or may not be invited.

use serde_json::{Value, json};

use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made};
use super::options::{Options, Shape};
use super::properties::checked;
use super::schema;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Tenant, map};

static B2B: Shape = Shape::of(&[&schema::B2B_POLICY], "policies/b2bManagementPolicies");

/// A policy longer than this is refused.
const LONGEST_POLICY: usize = 25_000;

pub fn authorization(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &schema::AUTHORIZATION_POLICY)?;
    let policy = map(tenant.setting("authorizationPolicy").clone());
    let row = Row::made(0, &schema::AUTHORIZATION_POLICY, policy);
    list::one(call, tenant, 200, &row, &options)
}

pub fn set_authorization(call: &Call, tenant: &mut Tenant) -> Answer {
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

pub fn b2b(call: &Call, tenant: &Tenant) -> Answer {
    beta_only(call)?;
    list_made(call, tenant, &B2B, [map(tenant.setting("b2bManagementPolicy").clone())])
}

pub fn set_b2b(call: &Call, tenant: &mut Tenant) -> Answer {
    beta_only(call)?;
    let changes = checked(&schema::B2B_POLICY, &call.body()?)?;
    let mut policy = map(tenant.setting("b2bManagementPolicy").clone());
    if policy.get("id").and_then(Value::as_str) != Some(call.key(0)) {
        return Err(Fault::missing(call.key(0)));
    }
    if let Some(definition) = changes.get("definition") {
        let text = definition[0].as_str().unwrap_or_default();
        if text.len() > LONGEST_POLICY {
            return Err(Fault::request("Failure to update policy due to object limit."));
        }
        let parsed: Value = serde_json::from_str(text)
            .map_err(|_| Fault::request("The definition of the policy is not valid JSON."))?;
        let lists = &parsed["B2BManagementPolicy"]["InvitationsAllowedAndBlockedDomainsPolicy"];
        let filled = |name: &str| lists[name].as_array().is_some_and(|list| !list.is_empty());
        if filled("AllowedDomains") && filled("BlockedDomains") {
            return Err(Fault::request("A policy holds either allowed or blocked domains, not both."));
        }
    }
    policy.extend(changes);
    tenant.set_setting("b2bManagementPolicy", Value::Object(policy));
    Ok(Reply::empty(204))
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
