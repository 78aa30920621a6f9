//! Products with their seats, and who holds one.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::Write;
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made};
use super::navigation::subject;
use super::options::{Options, Shape};
use super::properties::value;
use super::routes::{Needs, route};
use super::schema;
use crate::sandbox::tenant::{Kind, Relation, Tenant, map};

const WRITE: Needs = &["LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
const WRITE_OF_GROUPS: Needs =
    &["LicenseAssignment.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("POST", "/users/{}/assignLicense", WRITE, Write(assign)),
    route("POST", "/users/{}/reprocessLicenseAssignment", WRITE, Write(reprocess)),
    route("POST", "/groups/{}/assignLicense", WRITE_OF_GROUPS, Write(assign_to_group)),
];

static SKUS: Shape = Shape::of(&[&schema::SUBSCRIBED_SKU], "subscribedSkus");
static DETAILS: Shape = Shape::of(&[&schema::LICENSE_DETAILS], "licenseDetails");

fn products(tenant: &Tenant) -> impl Iterator<Item = Map<String, Value>> + '_ {
    tenant.setting("skus").as_array().into_iter().flatten().map(|sku| {
        let mut product = map(sku.clone());
        let used = tenant.seats_used(sku["skuId"].as_str().unwrap_or_default());
        product.insert("consumedUnits".to_owned(), json!(used));
        product
    })
}

fn product(tenant: &Tenant, sku: &str) -> Option<Map<String, Value>> {
    products(tenant).find(|product| product["skuId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(sku)))
}

pub fn skus(call: &Call, tenant: &Tenant) -> Answer {
    if call.request.option("$filter").is_some() {
        return Err(Fault::request(
            "The query specified in the URI is not valid. $filter is not supported here.",
        ));
    }
    list_made(call, tenant, &SKUS, products(tenant))
}

pub fn sku(call: &Call, tenant: &Tenant) -> Answer {
    let key = call.key(0);
    let found = products(tenant)
        .find(|product| product["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(key)));
    let found = found.ok_or_else(|| Fault::missing(key))?;
    let options = Options::of_one(call, &schema::SUBSCRIBED_SKU)?;
    list::one(call, tenant, 200, &Row::made(0, &schema::SUBSCRIBED_SKU, found), &options)
}

pub fn details(call: &Call, tenant: &Tenant) -> Answer {
    let user = subject(call, tenant)?;
    let held = user.properties.get("assignedLicenses").and_then(Value::as_array).cloned().unwrap_or_default();
    let items = held.iter().filter_map(|licence| {
        let product = product(tenant, licence["skuId"].as_str()?)?;
        let disabled = licence["disabledPlans"].as_array();
        let plans: Vec<Value> = product["servicePlans"]
            .as_array()?
            .iter()
            .map(|plan| {
                let off = disabled.is_some_and(|disabled| disabled.contains(&plan["servicePlanId"]));
                let mut plan = plan.clone();
                plan["provisioningStatus"] = json!(if off { "Disabled" } else { "Success" });
                plan
            })
            .collect();
        let id = Uuid::new_v5(&user.id, product["skuId"].as_str()?.as_bytes());
        Some(map(json!({
            "id": id.simple().to_string(),
            "skuId": product["skuId"],
            "skuPartNumber": product["skuPartNumber"],
            "servicePlans": plans,
        })))
    });
    let items: Vec<Map<String, Value>> = items.collect();
    let set = format!("users('{}')/licenseDetails", user.id);
    let mut reply = list_made(call, tenant, &DETAILS, items)?;
    if let crate::sandbox::http::Content::Json(body) = &mut reply.content {
        body["@odata.context"] = json!(call.context(&set));
    }
    Ok(reply)
}

type Wishes = (Vec<Value>, Vec<Value>);

fn wishes(call: &Call) -> Result<Wishes, Fault> {
    let body = call.body()?;
    let list = |name: &str| match value(&body, name) {
        Value::Array(list) => Ok(list.clone()),
        _ => Err(Fault::request(format!(
            "The parameter '{name}' of the action is missing or is not a collection."
        ))),
    };
    Ok((list("addLicenses")?, list("removeLicenses")?))
}

fn place_of(held: &[Value], sku: &str) -> Option<usize> {
    held.iter().position(|licence| licence["skuId"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(sku)))
}

/// What is to be added, each in the service's spelling and held against what the tenant bought.
fn offered(tenant: &Tenant, add: &[Value]) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::with_capacity(add.len());
    for licence in add {
        let sku = licence["skuId"].as_str().unwrap_or_default();
        let product = product(tenant, sku).ok_or_else(|| {
            Fault::request(format!("License {sku} does not correspond to a valid company License."))
        })?;
        let plans = product["servicePlans"].as_array().cloned().unwrap_or_default();
        let disabled = licence["disabledPlans"].as_array().cloned().unwrap_or_default();
        for plan in &disabled {
            let known = plans.iter().any(|known| {
                known["servicePlanId"]
                    .as_str()
                    .is_some_and(|id| plan.as_str().is_some_and(|p| p.eq_ignore_ascii_case(id)))
            });
            if !known {
                let plan = plan.as_str().unwrap_or_default();
                return Err(Fault::request(format!(
                    "License assignment failed because service plan {plan} does not belong to the license {sku}."
                )));
            }
        }
        found.push(json!({ "disabledPlans": disabled, "skuId": product["skuId"] }));
    }
    Ok(found)
}

/// All or nothing, as the service does it.
fn assign(call: &Call, tenant: &mut Tenant) -> Answer {
    let (add, remove) = wishes(call)?;
    let user = subject(call, tenant)?;
    let id = user.id;
    let mut own = tenant.own_licences(user);
    let all = user.properties.get("assignedLicenses").and_then(Value::as_array).cloned().unwrap_or_default();
    for sku in &remove {
        let sku = sku.as_str().unwrap_or_default();
        let Some(place) = place_of(&own, sku) else {
            return Err(Fault::request(if place_of(&all, sku).is_some() {
                "User license is inherited from a group membership and it cannot be removed directly from the user."
            } else {
                "User does not have a corresponding license."
            }));
        };
        own.remove(place);
    }
    if !add.is_empty() && user.text("usageLocation").is_none() {
        return Err(Fault::request(
            "License assignment cannot be done for user with invalid usage location.",
        ));
    }
    for entry in offered(tenant, &add)? {
        let sku = entry["skuId"].as_str().unwrap_or_default().to_owned();
        match place_of(&own, &sku) {
            Some(place) => own[place] = entry,
            None => {
                let bought = product(tenant, &sku).map_or(0, |product| {
                    let units = &product["prepaidUnits"];
                    units["enabled"].as_u64().unwrap_or(0) + units["warning"].as_u64().unwrap_or(0)
                });
                if place_of(&all, &sku).is_none() && u64::from(tenant.seats_used(&sku)) >= bought {
                    return Err(Fault::request(format!(
                        "Subscription with SKU {sku} does not have any available licenses."
                    )));
                }
                own.push(entry);
            }
        }
    }
    tenant.relicense(id, Some(own));
    shown(call, tenant, id)
}

fn shown(call: &Call, tenant: &Tenant, id: Uuid) -> Answer {
    let user = tenant.get(id).ok_or_else(|| Fault::missing(call.key(0)))?;
    let mut names: Vec<String> =
        schema::USER.properties.iter().filter(|property| property.usual).map(|p| p.name.to_owned()).collect();
    names.extend(
        [
            "accountEnabled",
            "assignedLicenses",
            "assignedPlans",
            "city",
            "companyName",
            "usageLocation",
            "userType",
        ]
        .map(str::to_owned),
    );
    let options = Options { select: Some(names), ..Options::default() };
    let mut reply = list::one(call, tenant, 200, &Row::of(0, user), &options)?;
    if let crate::sandbox::http::Content::Json(body) = &mut reply.content {
        body["@odata.context"] = json!(call.context("users/$entity"));
    }
    Ok(reply)
}

/// Works out again what groups give to a user, where seats were missing before.
fn reprocess(call: &Call, tenant: &mut Tenant) -> Answer {
    let id = subject(call, tenant)?.id;
    tenant.relicense(id, None);
    shown(call, tenant, id)
}

/// Accepted: the members get theirs behind the caller's back.
fn assign_to_group(call: &Call, tenant: &mut Tenant) -> Answer {
    let (add, remove) = wishes(call)?;
    let group = subject(call, tenant)?;
    if !(group.flag("securityEnabled") || group.is_unified()) {
        return Err(Fault::request(
            "Licenses can be assigned to security groups and Microsoft 365 groups only.",
        ));
    }
    let id = group.id;
    let mut held =
        group.properties.get("assignedLicenses").and_then(Value::as_array).cloned().unwrap_or_default();
    for sku in &remove {
        let place = place_of(&held, sku.as_str().unwrap_or_default())
            .ok_or_else(|| Fault::request("Group does not have a corresponding license."))?;
        held.remove(place);
    }
    for entry in offered(tenant, &add)? {
        match place_of(&held, entry["skuId"].as_str().unwrap_or_default()) {
            Some(place) => held[place] = entry,
            None => held.push(entry),
        }
    }
    tenant.update(id, |group| {
        group.set("assignedLicenses", held);
        group.set("hasMembersWithLicenseErrors", Value::Null);
    });
    let members: Vec<Uuid> = tenant
        .targets(Relation::Member, id)
        .filter(|(_, member)| member.kind == Kind::User)
        .map(|(_, member)| member.id)
        .collect();
    members.into_iter().for_each(|member| tenant.relicense(member, None));
    let group = tenant.get(id).ok_or_else(|| Fault::missing(call.key(0)))?;
    list::one(call, tenant, 202, &Row::of(0, group), &Options::default())
}
