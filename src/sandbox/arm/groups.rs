//! Resource groups: made, changed, and deleted with everything in them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Fault;
use super::paging::values;
use super::places;
use super::resources::{by_tag, items, scope_of, tag_filter};
use super::scope::{Place, Scope, covers};
use super::{Answer, Call};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Plane, Schedule, Tenant, field};

const READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
const WRITE: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";
const DELETE: &str = "Microsoft.Resources/subscriptions/resourceGroups/delete";

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Place::find(tenant, &call.request.segments[..2])?.enter(call, tenant, READ)?;
    let text = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty());
    let tag = match text {
        None => None,
        Some(text) => Some(tag_filter(text).ok_or_else(|| Fault::filter(text))?),
    };
    let found = items(tenant, "resourceGroups").filter(|item| scope_of(item).is_within(&scope.0));
    let found = found.filter(|item| tag.as_ref().is_none_or(|tag| by_tag(item, tag)));
    values(call, found.cloned().collect())
}

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Place::find(tenant, &call.request.segments)?.enter(call, tenant, READ)?;
    Ok(Reply::ok(found(tenant, &scope)))
}

fn found(tenant: &Tenant, scope: &Scope) -> Value {
    let group = items(tenant, "resourceGroups").find(|item| item["id"] == scope.0.as_str());
    group.cloned().unwrap_or(Value::Null)
}

/// Whether it is there, in a status alone.
pub fn head(call: &Call, tenant: &Tenant) -> Answer {
    match Place::find(tenant, &call.request.segments)?.enter(call, tenant, READ) {
        Ok(_) => Ok(Reply::empty(204)),
        Err(fault) if fault.status == 404 => Ok(Reply::empty(404)),
        Err(fault) => Err(fault),
    }
}

fn good_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
    (1..=90).contains(&name.chars().count()) && name.chars().all(fits) && !name.ends_with('.')
}

pub fn put(call: &Call, tenant: &mut Tenant) -> Answer {
    let segments = &call.request.segments;
    let root = Place::find(tenant, &segments[..2])?.open()?;
    let name = &segments[3];
    let scope = Scope(format!("{}/resourceGroups/{name}", root.0));
    scope.permit(call, tenant, WRITE)?;
    if !good_name(name) {
        let message = format!(
            "The provided resource group name '{name}' has these invalid characters or is too long or ends with '.'. \
             The name can only be a letter, digit, '-', '.', '(', ')' or '_', up to 90 of them."
        );
        return Err(Fault::new(400, "InvalidResourceGroup", message));
    }
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| Fault::content())?;
    let Some(location) = field(&body, "location").as_str().filter(|text| !text.is_empty()) else {
        let message = "The location property is required for this definition.";
        return Err(Fault::new(400, "LocationRequired", message));
    };
    let Some(location) = places::region(location) else {
        let all: Vec<&str> = places::regions().collect();
        let message = format!(
            "The provided location '{location}' is not available for resource group. List of available regions is '{}'.",
            all.join(",")
        );
        return Err(Fault::new(400, "LocationNotAvailableForResourceGroup", message));
    };
    let before = Place::find(tenant, segments)?.open().ok().map(|scope| found(tenant, &scope));
    if let Some(before) = &before
        && before["location"] != location
    {
        let message = format!(
            "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
            before["location"].as_str().unwrap_or_default()
        );
        return Err(Fault::new(409, "InvalidResourceGroupLocation", message));
    }
    let mut group = json!({
        "id": scope.0,
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
    });
    if let Some(before) = &before {
        group["id"] = before["id"].clone();
        group["name"] = before["name"].clone();
    }
    for name in ["tags", "managedBy"] {
        if !field(&body, name).is_null() {
            group[name] = field(&body, name).clone();
        }
    }
    group["properties"] = json!({ "provisioningState": "Succeeded" });
    store(tenant, &group);
    Ok(Reply::json(if before.is_some() { 200 } else { 201 }, group))
}

/// Only tags and the manager can be changed.
pub fn patch(call: &Call, tenant: &mut Tenant) -> Answer {
    let scope = Place::find(tenant, &call.request.segments)?.enter(call, tenant, WRITE)?;
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| Fault::content())?;
    let mut group = found(tenant, &scope);
    for name in ["tags", "managedBy"] {
        if !field(&body, name).is_null() {
            group[name] = field(&body, name).clone();
        }
    }
    store(tenant, &group);
    Ok(Reply::ok(group))
}

fn store(tenant: &mut Tenant, group: &Value) {
    let mut all: Vec<Value> = items(tenant, "resourceGroups").cloned().collect();
    match all.iter_mut().find(|known| known["id"] == group["id"]) {
        Some(known) => *known = group.clone(),
        None => all.push(group.clone()),
    }
    tenant.set_setting("resourceGroups", Value::Array(all));
}

/// Answered at once with where to ask how it goes on; by then it is done.
pub fn delete(call: &Call, tenant: &mut Tenant) -> Answer {
    let scope = Place::find(tenant, &call.request.segments)?.enter(call, tenant, DELETE)?;
    for setting in ["resourceGroups", "resources"] {
        let rest = items(tenant, setting).filter(|item| !scope_of(item).is_within(&scope.0));
        let rest: Vec<Value> = rest.cloned().collect();
        tenant.set_setting(setting, Value::Array(rest));
    }
    for eligible in [true, false] {
        let all = tenant.schedules(Plane::Azure, eligible).map(|(_, schedule)| schedule);
        let all: Vec<Schedule> = all.filter(|schedule| covers(&scope.0, &schedule.scope)).collect();
        all.iter().for_each(|schedule| tenant.end_schedule(schedule));
    }
    let granted = tenant.azure_assignments.iter().filter(|granted| covers(&scope.0, &granted.scope));
    let granted: Vec<Uuid> = granted.map(|granted| granted.name).collect();
    granted.into_iter().for_each(|name| {
        tenant.revoke_azure_role(name);
    });
    let job = Uuid::new_v4().simple();
    let subscription = &call.request.segments[1];
    let address = format!(
        "{}/subscriptions/{subscription}/operationresults/{job}?api-version={}",
        call.request.base, call.version
    );
    Ok(Reply::empty(202).with("location", address).with("retry-after", "1"))
}
