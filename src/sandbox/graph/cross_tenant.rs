//! Cross-tenant access: what is open to other organizations by default and to single partners, and which organization
//! a domain belongs to.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row};
use super::options::{Options, Shape};
use super::properties::{checked, text, value};
use super::routes::{Needs, route};
use super::schema::{Entity, complex, flag, moment, text as words, texts};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Tenant, map};

static POLICY: Entity = Entity {
    name: "crossTenantAccessPolicy",
    set: "policies/crossTenantAccessPolicy",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual(),
        moment("deletedDateTime").usual(),
        words("displayName").usual().set(256),
        texts("allowedCloudEndpoints").usual().set(256),
    ],
};

static DEFAULT: Entity = Entity {
    name: "crossTenantAccessPolicyConfigurationDefault",
    set: "policies/crossTenantAccessPolicy/default",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual(),
        flag("isServiceDefault").usual(),
        complex("inboundTrust").usual().set(1),
        complex("b2bCollaborationOutbound").usual().set(1),
        complex("b2bCollaborationInbound").usual().set(1),
        complex("b2bDirectConnectOutbound").usual().set(1),
        complex("b2bDirectConnectInbound").usual().set(1),
        complex("tenantRestrictions").usual().set(1),
        complex("automaticUserConsentSettings").usual().set(1),
        complex("invitationRedemptionIdentityProviderConfiguration").usual().set(1),
    ],
};

static PARTNER: Entity = Entity {
    name: "crossTenantAccessPolicyConfigurationPartner",
    set: "policies/crossTenantAccessPolicy/partners",
    directory: false,
    expands: &["identitySynchronization"],
    properties: &[
        words("tenantId").usual().set(36),
        flag("isServiceProvider").usual().set(1),
        flag("isInMultiTenantOrganization").usual(),
        complex("inboundTrust").usual().set(1),
        complex("b2bCollaborationOutbound").usual().set(1),
        complex("b2bCollaborationInbound").usual().set(1),
        complex("b2bDirectConnectOutbound").usual().set(1),
        complex("b2bDirectConnectInbound").usual().set(1),
        complex("tenantRestrictions").usual().set(1),
        complex("automaticUserConsentSettings").usual().set(1),
    ],
};

static SYNCHRONIZATION: Entity = Entity {
    name: "crossTenantIdentitySyncPolicyPartner",
    set: "policies/crossTenantAccessPolicy/partners",
    directory: false,
    expands: &[],
    properties: &[
        words("tenantId").usual(),
        words("displayName").usual().set(256),
        complex("userSyncInbound").usual().set(1),
    ],
};

static PARTNERS: Shape = Shape::of(&[&PARTNER], "policies/crossTenantAccessPolicy/partners");

const READ: Needs = &["Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess"];
const WRITE: Needs = &["Policy.ReadWrite.CrossTenantAccess"];
const FIND: Needs = &["CrossTenantInformation.ReadBasic.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/policies/crossTenantAccessPolicy", READ, Read(policy)),
    route("PATCH", "/policies/crossTenantAccessPolicy", WRITE, Write(set_policy)),
    route("GET", "/policies/crossTenantAccessPolicy/default", READ, Read(default)),
    route("PATCH", "/policies/crossTenantAccessPolicy/default", WRITE, Write(set_default)),
    route("POST", "/policies/crossTenantAccessPolicy/default/resetToSystemDefault", WRITE, Write(reset)),
    route("GET", "/policies/crossTenantAccessPolicy/partners", READ, Read(partners)),
    route("POST", "/policies/crossTenantAccessPolicy/partners", WRITE, Write(add_partner)),
    route("GET", "/policies/crossTenantAccessPolicy/partners/{}", READ, Read(partner)),
    route("PATCH", "/policies/crossTenantAccessPolicy/partners/{}", WRITE, Write(set_partner)),
    route("DELETE", "/policies/crossTenantAccessPolicy/partners/{}", WRITE, Write(remove_partner)),
    route("GET", "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization", READ, Read(sync)),
    route(
        "PUT",
        "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization",
        WRITE,
        Write(add_sync),
    ),
    route(
        "PATCH",
        "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization",
        WRITE,
        Write(set_sync),
    ),
    route(
        "DELETE",
        "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization",
        WRITE,
        Write(remove_sync),
    ),
    route("GET", "/tenantRelationships/findTenantInformationByDomainName/{}", FIND, Read(find_by_domain)),
    route("GET", "/tenantRelationships/findTenantInformationByTenantId/{}", FIND, Read(find_by_id)),
];

/// Longer than this no policy is kept.
const LONGEST_POLICY: usize = 25 * 1024;

const SHELF: &str = "crossTenantPartners";
const SYNC_SHELF: &str = "crossTenantIdentitySynchronization";
const SETTING: &str = "crossTenantDefault";

fn policy_of(tenant: &Tenant) -> Map<String, Value> {
    match tenant.setting("crossTenantAccessPolicy") {
        Value::Object(policy) => policy.clone(),
        _ => map(json!({
            "id": Uuid::new_v5(&tenant.profile.tenant_id, b"crossTenantAccessPolicy").to_string(),
            "displayName": "CrossTenantAccessPolicy",
            "allowedCloudEndpoints": [],
        })),
    }
}

fn policy(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &POLICY)?;
    list::one(call, tenant, 200, &Row::made(0, &POLICY, policy_of(tenant)), &options)
}

fn set_policy(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = checked(&POLICY, &call.body()?)?;
    let mut policy = policy_of(tenant);
    policy.extend(changes);
    tenant.set_setting("crossTenantAccessPolicy", Value::Object(policy));
    Ok(Reply::empty(204))
}

/// What Microsoft starts every tenant with.
fn system_default(tenant: &Tenant) -> Map<String, Value> {
    let setting = |access: &str| {
        json!({
            "usersAndGroups": { "accessType": access, "targets": [{ "target": "AllUsers", "targetType": "user" }] },
            "applications": {
                "accessType": access, "targets": [{ "target": "AllApplications", "targetType": "application" }],
            },
        })
    };
    let mut restrictions = setting("blocked");
    restrictions["devices"] = Value::Null;
    map(json!({
        "id": Uuid::new_v5(&tenant.profile.tenant_id, b"crossTenantDefault").to_string(),
        "isServiceDefault": true,
        "inboundTrust": {
            "isMfaAccepted": false, "isCompliantDeviceAccepted": false, "isHybridAzureADJoinedDeviceAccepted": false,
        },
        "b2bCollaborationOutbound": setting("allowed"),
        "b2bCollaborationInbound": setting("allowed"),
        "b2bDirectConnectOutbound": setting("blocked"),
        "b2bDirectConnectInbound": setting("blocked"),
        "tenantRestrictions": restrictions,
        "automaticUserConsentSettings": { "inboundAllowed": false, "outboundAllowed": false },
        "invitationRedemptionIdentityProviderConfiguration": {
            "primaryIdentityProviderPrecedenceOrder":
                ["azureActiveDirectory", "externalFederation", "socialIdentityProviders"],
            "fallbackIdentityProvider": "emailOneTimePasscode",
        },
    }))
}

fn default_of(tenant: &Tenant) -> Map<String, Value> {
    match tenant.setting(SETTING) {
        Value::Object(found) => found.clone(),
        _ => system_default(tenant),
    }
}

fn default(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &DEFAULT)?;
    list::one(call, tenant, 200, &Row::made(0, &DEFAULT, default_of(tenant)), &options)
}

fn set_default(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = valid(checked(&DEFAULT, &call.body()?)?)?;
    let mut found = default_of(tenant);
    merge(&mut found, changes);
    found.insert("isServiceDefault".to_owned(), json!(false));
    fits(&found)?;
    tenant.set_setting(SETTING, Value::Object(found));
    Ok(Reply::empty(204))
}

fn reset(_: &Call, tenant: &mut Tenant) -> Answer {
    tenant.set_setting(SETTING, Value::Null);
    Ok(Reply::empty(204))
}

/// Each part that is named replaces its like; null takes a part away, so that the default counts again.
fn merge(into: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, change) in changes {
        match (into.get_mut(&name), change) {
            (Some(Value::Object(before)), Value::Object(change)) => before.extend(change),
            (_, change) => {
                into.insert(name, change);
            }
        }
    }
}

fn fits(policy: &Map<String, Value>) -> Result<(), Fault> {
    if Value::Object(policy.clone()).to_string().len() > LONGEST_POLICY {
        return Err(Fault::request("Failure to update policy due to object limit."));
    }
    Ok(())
}

/// Holds the words of a change against those the service knows, and writes them as it does.
fn valid(mut changes: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let settings = [
        "b2bCollaborationOutbound",
        "b2bCollaborationInbound",
        "b2bDirectConnectOutbound",
        "b2bDirectConnectInbound",
        "tenantRestrictions",
    ];
    for name in settings {
        let Some(Value::Object(setting)) = changes.get_mut(name) else { continue };
        for (part, configuration) in setting.iter_mut() {
            match part.as_str() {
                "usersAndGroups" | "applications" if configuration.is_object() => {}
                "usersAndGroups" | "applications" | "devices" if configuration.is_null() => continue,
                "devices" => continue,
                _ => return Err(wrong(name)),
            }
            known(&mut configuration["accessType"], &["allowed", "blocked"], name)?;
            let targets = configuration["targets"].as_array_mut().ok_or_else(|| wrong(name))?;
            if targets.is_empty() {
                return Err(wrong(name));
            }
            for target in targets {
                if target["target"].as_str().is_none_or(str::is_empty) {
                    return Err(wrong(name));
                }
                known(&mut target["targetType"], &["user", "group", "application"], name)?;
            }
        }
    }
    for name in ["inboundTrust", "automaticUserConsentSettings"] {
        let Some(Value::Object(setting)) = changes.get(name) else { continue };
        if !setting.values().all(|value| value.is_boolean() || value.is_null()) {
            return Err(wrong(name));
        }
    }
    Ok(changes)
}

fn wrong(property: &str) -> Fault {
    Fault::request(format!(
        "Invalid value specified for property '{property}' of resource 'CrossTenantAccessPolicy'."
    ))
}

/// A word in any case, put into the service's own.
fn known(word: &mut Value, words: &[&str], property: &str) -> Result<(), Fault> {
    let found = word.as_str().and_then(|word| words.iter().find(|known| known.eq_ignore_ascii_case(word)));
    *word = json!(found.ok_or_else(|| wrong(property))?);
    Ok(())
}

fn partner_row<'a>(tenant: &Tenant, place: u64, partner: &Value) -> Row<'a> {
    let mut properties = map(partner.clone());
    if let Some(sync) = partner["tenantId"].as_str().and_then(|id| tenant.shelved(SYNC_SHELF, id)) {
        properties.insert("identitySynchronization".to_owned(), sync.clone());
    }
    Row::made(place, &PARTNER, properties)
}

fn partners(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &PARTNERS)?;
    let rows = tenant.shelf(SHELF).map(|(place, partner)| partner_row(tenant, place, partner));
    list::list(call, tenant, &PARTNERS, &options, rows)
}

fn key(call: &Call) -> String {
    call.key(0).to_ascii_lowercase()
}

fn partner_of<'a>(call: &Call, tenant: &'a Tenant) -> Result<&'a Value, Fault> {
    tenant.shelved(SHELF, &key(call)).ok_or_else(|| Fault::missing(call.key(0)))
}

fn partner(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &PARTNER)?;
    list::one(call, tenant, 200, &partner_row(tenant, 0, partner_of(call, tenant)?), &options)
}

fn taken() -> Fault {
    Fault::new(
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "Another object with the same value for property tenantId already exists.",
    )
}

fn add_partner(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let changes = valid(checked(&PARTNER, &body)?)?;
    let id = text(&body, "tenantId")
        .and_then(|id| Uuid::try_parse(id).ok())
        .filter(|id| *id != tenant.profile.tenant_id)
        .ok_or_else(|| wrong("tenantId"))?
        .to_string();
    if tenant.shelved(SHELF, &id).is_some() {
        return Err(taken());
    }
    let mut partner =
        map(json!({ "automaticUserConsentSettings": { "inboundAllowed": null, "outboundAllowed": null } }));
    merge(&mut partner, changes);
    partner.insert("tenantId".to_owned(), json!(id));
    fits(&partner)?;
    let partner = Value::Object(partner);
    tenant.shelve(SHELF, &id, partner.clone());
    list::one(call, tenant, 201, &partner_row(tenant, 0, &partner), &Options::default())
}

fn set_partner(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = valid(checked(&PARTNER, &call.body()?)?)?;
    let mut partner = map(partner_of(call, tenant)?.clone());
    if changes.get("tenantId").is_some_and(|id| *id != partner["tenantId"]) {
        return Err(Fault::request("Property 'tenantId' is read-only and cannot be set."));
    }
    merge(&mut partner, changes);
    fits(&partner)?;
    tenant.shelve(SHELF, &key(call), Value::Object(partner));
    Ok(Reply::empty(204))
}

fn remove_partner(call: &Call, tenant: &mut Tenant) -> Answer {
    partner_of(call, tenant)?;
    tenant.unshelve(SYNC_SHELF, &key(call));
    tenant.unshelve(SHELF, &key(call));
    Ok(Reply::empty(204))
}

fn sync_of<'a>(call: &Call, tenant: &'a Tenant) -> Result<&'a Value, Fault> {
    partner_of(call, tenant)?;
    tenant.shelved(SYNC_SHELF, &key(call)).ok_or_else(|| Fault::missing(call.key(0)))
}

fn sync(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &SYNCHRONIZATION)?;
    let row = Row::made(0, &SYNCHRONIZATION, map(sync_of(call, tenant)?.clone()));
    let set = format!("{}('{}')/identitySynchronization", SYNCHRONIZATION.set, key(call));
    list::one_of(call, tenant, 200, &row, &options, &set, false)
}

fn sync_changes(call: &Call) -> Result<Map<String, Value>, Fault> {
    let changes = checked(&SYNCHRONIZATION, &call.body()?)?;
    match value(&changes, "userSyncInbound") {
        Value::Object(inbound) if !inbound.get("isSyncAllowed").is_none_or(Value::is_boolean) => {
            Err(wrong("userSyncInbound"))
        }
        _ => Ok(changes),
    }
}

/// Once; what is there already is changed by PATCH.
fn add_sync(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = sync_changes(call)?;
    partner_of(call, tenant)?;
    if tenant.shelved(SYNC_SHELF, &key(call)).is_some() {
        return Err(taken());
    }
    let mut sync = map(json!({ "tenantId": key(call), "displayName": null, "userSyncInbound": null }));
    merge(&mut sync, changes);
    tenant.shelve(SYNC_SHELF, &key(call), Value::Object(sync));
    Ok(Reply::empty(204))
}

fn set_sync(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = sync_changes(call)?;
    let mut sync = map(sync_of(call, tenant)?.clone());
    merge(&mut sync, changes);
    tenant.shelve(SYNC_SHELF, &key(call), Value::Object(sync));
    Ok(Reply::empty(204))
}

fn remove_sync(call: &Call, tenant: &mut Tenant) -> Answer {
    sync_of(call, tenant)?;
    tenant.unshelve(SYNC_SHELF, &key(call));
    Ok(Reply::empty(204))
}

/// Other organizations: tenant id, name, domains, the first one its default.
const OUTSIDE: &[(&str, &str, &[&str])] = &[
    ("6f2a41c8-9d0e-4b57-8c1f-2e7d35a0b964", "Fabrikam", &["fabrikam.example", "fabrikam.onmicrosoft.com"]),
    (
        "c0d9e7b2-4f68-4a13-b5e0-7a91d24c8f36",
        "Northwind Traders",
        &["northwind.example", "northwind.onmicrosoft.com"],
    ),
    ("1b84f6d5-e237-4c9a-90ab-5d3c68e1f072", "Adatum", &["adatum.example", "adatum.onmicrosoft.com"]),
    ("e95c3a07-58bd-4e21-a7f4-0c6b92d8413a", "Litware", &["litware.example", "litware.onmicrosoft.com"]),
    (
        "47ad0f1e-b63c-4895-83d7-f2019e5ca6b8",
        "Proseware",
        &["proseware.example", "proseware.onmicrosoft.com"],
    ),
];

/// True when nobody from an organization may be a guest here. Domains that no organization owns are not asked about.
pub fn bars(tenant: &Tenant, domain: &str) -> bool {
    let owner =
        OUTSIDE.iter().find(|(_, _, domains)| domains.iter().any(|known| known.eq_ignore_ascii_case(domain)));
    let Some((id, ..)) = owner else { return false };
    let own = tenant.shelved(SHELF, id).map(|partner| &partner["b2bCollaborationInbound"]);
    let everybody = |setting: &Value, part: &str, word: &str| {
        setting[part]["accessType"] == "blocked"
            && setting[part]["targets"]
                .as_array()
                .is_some_and(|targets| targets.iter().any(|t| t["target"] == word))
    };
    let barred = |setting: &Value| {
        everybody(setting, "usersAndGroups", "AllUsers")
            || everybody(setting, "applications", "AllApplications")
    };
    match own {
        Some(setting) if !setting.is_null() => barred(setting),
        _ => barred(&tenant.setting(SETTING)["b2bCollaborationInbound"]),
    }
}

/// True when users who go to a partner need not consent there themselves.
pub fn lets_out(tenant: &Tenant, partner: &str) -> bool {
    let own = tenant.shelved(SHELF, &partner.to_ascii_lowercase());
    let own = own.map(|partner| &partner["automaticUserConsentSettings"]["outboundAllowed"]);
    match own {
        Some(Value::Bool(allowed)) => *allowed,
        _ => tenant.setting(SETTING)["automaticUserConsentSettings"]["outboundAllowed"] == true,
    }
}

/// `domainName='fabrikam.example'` and the like: what stands between the quotes.
fn argument<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    let (found, rest) = call.key(0).split_once('=').unwrap_or_default();
    if !found.trim().eq_ignore_ascii_case(name) {
        return Err(Fault::bad("BadRequest", format!("The function needs the parameter '{name}'.")));
    }
    Ok(rest.trim().trim_matches('\''))
}

fn told(call: &Call, tenant: &Tenant, fits: impl Fn(&str, &[&str]) -> bool, asked: &str) -> Answer {
    let profile = &tenant.profile;
    let (id, own) =
        (profile.tenant_id.to_string(), [profile.default_domain.as_str(), &profile.initial_domain]);
    let mut known = OUTSIDE.iter().copied().chain([(id.as_str(), profile.display_name.as_str(), &own[..])]);
    let (id, name, domains) = known.find(|(id, _, domains)| fits(id, domains)).ok_or_else(|| {
        Fault::new(404, "Request_ResourceNotFound", format!("Tenant '{asked}' was not found."))
    })?;
    Ok(Reply::ok(json!({
        "@odata.context": call.context("microsoft.graph.tenantInformation"),
        "tenantId": id,
        "federationBrandName": null,
        "displayName": name,
        "defaultDomainName": domains.first(),
    })))
}

fn find_by_domain(call: &Call, tenant: &Tenant) -> Answer {
    let asked = argument(call, "domainName")?;
    told(call, tenant, |_, domains| domains.iter().any(|known| known.eq_ignore_ascii_case(asked)), asked)
}

fn find_by_id(call: &Call, tenant: &Tenant) -> Answer {
    let asked = argument(call, "tenantId")?;
    told(call, tenant, |id, _| id.eq_ignore_ascii_case(asked), asked)
}
