//! Subscriptions, resource groups and resources. Read-only here.

use serde_json::{Value, json};

use super::fault::Fault;
use super::scope::Scope;
use super::{Answer, Call, values};
use crate::sandbox::http::Reply;
use crate::sandbox::odata::filter::Filter;
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Tenant, map};

fn items<'a>(tenant: &'a Tenant, setting: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    tenant.setting(setting).as_array().into_iter().flatten()
}

fn scope_of(item: &Value) -> Scope {
    Scope(item["id"].as_str().unwrap_or_default().to_owned())
}

pub fn tenants(tenant: &Tenant) -> Reply {
    let id = tenant.profile.tenant_id;
    values(vec![json!({
        "id": format!("/tenants/{id}"), "tenantId": id.to_string(), "displayName": tenant.profile.display_name,
        "defaultDomain": tenant.profile.default_domain, "domains": [tenant.profile.default_domain, tenant.profile.initial_domain],
        "tenantCategory": "Home", "tenantType": "AAD",
    })])
}

/// Those that the caller may see; the others are not mentioned.
pub fn subscriptions(call: &Call, tenant: &Tenant) -> Reply {
    let seen = items(tenant, "subscriptions").filter(|item| {
        let scope = scope_of(item);
        scope.permits(call, tenant, "Microsoft.Resources/subscriptions/read")
            || tenant
                .azure_assignments
                .of(call.caller.principal)
                .any(|granted| Scope(granted.scope.clone()).is_within(&scope.0))
    });
    Reply::ok(json!({ "value": seen.collect::<Vec<_>>(), "count": { "type": "Total", "value": 1 } }))
}

pub fn subscription(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Scope::find(tenant, &call.request.segments[..2])?;
    scope.permit(call, tenant, "Microsoft.Resources/subscriptions/read")?;
    find(tenant, "subscriptions", &scope)
}

fn find(tenant: &Tenant, setting: &str, scope: &Scope) -> Answer {
    let found = items(tenant, setting).find(|item| item["id"].as_str() == Some(scope.0.as_str()));
    let found = found.ok_or_else(|| Fault::new(404, "NotFound", format!("'{}' was not found.", scope.0)))?;
    Ok(Reply::ok(found.clone()))
}

pub fn groups(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Scope::find(tenant, &call.request.segments[..2])?;
    scope.permit(call, tenant, "Microsoft.Resources/subscriptions/resourceGroups/read")?;
    Ok(values(
        items(tenant, "resourceGroups").filter(|item| scope_of(item).is_within(&scope.0)).cloned().collect(),
    ))
}

/// A resource group, or a resource by its whole id.
pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Scope::find(tenant, &call.request.segments)?;
    if call.request.segments.len() == 4 {
        scope.permit(call, tenant, "Microsoft.Resources/subscriptions/resourceGroups/read")?;
        return find(tenant, "resourceGroups", &scope);
    }
    let kind = items(tenant, "resources").find(|item| item["id"].as_str() == Some(scope.0.as_str()));
    let kind = kind.and_then(|item| item["type"].as_str()).unwrap_or_default();
    scope.permit(call, tenant, &format!("{kind}/read"))?;
    find(tenant, "resources", &scope)
}

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let depth = if call.request.segments.len() > 3 { 4 } else { 2 };
    let scope = Scope::find(tenant, &call.request.segments[..depth])?;
    scope.permit(call, tenant, "Microsoft.Resources/subscriptions/resources/read")?;
    let text = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty());
    let filter = match text {
        None => None,
        Some(text) => Some(grammar::parse(text).filter(known).ok_or_else(|| Fault::filter(text))?),
    };
    let wanted = |item: &&Value| {
        filter.as_ref().is_none_or(|filter| {
            let group = item["id"].as_str().and_then(|id| id.split('/').nth(4)).unwrap_or_default();
            let row = map(json!({
                "name": item["name"], "resourceType": item["type"], "location": item["location"], "resourceGroup": group,
            }));
            filter.holds(&row, &|_| Value::Null)
        })
    };
    let mut found: Vec<Value> = items(tenant, "resources")
        .filter(|item| scope_of(item).is_within(&scope.0))
        .filter(wanted)
        .cloned()
        .collect();
    if let Some(top) = call.request.option("$top").and_then(|top| top.parse().ok()) {
        found.truncate(top);
    }
    Ok(values(found))
}

/// The properties and functions that this list can be filtered by.
fn known(filter: &Filter) -> bool {
    let mut good = true;
    filter.walk(&mut |node| match node {
        Filter::Compare { path, .. } | Filter::In { path, .. } => {
            good &= path.len() == 1
                && ["name", "resourceType", "location", "resourceGroup"].contains(&path[0].as_str());
        }
        Filter::Call { name, .. } => good &= matches!(name.as_str(), "substringof" | "startswith"),
        Filter::Lambda { .. } => good = false,
        _ => {}
    });
    good
}
