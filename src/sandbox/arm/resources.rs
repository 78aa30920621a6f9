//! Subscriptions, and the resources in them. Resources can be read here, not made.

use serde_json::{Value, json};

use super::fault::Fault;
use super::paging::{page, values};
use super::scope::{Place, Scope, covers, held};
use super::{Answer, Call};
use crate::sandbox::http::Reply;
use crate::sandbox::odata::filter::{Filter, How};
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Tenant, map};

pub fn items<'a>(tenant: &'a Tenant, setting: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    tenant.setting(setting).as_array().into_iter().flatten()
}

pub fn scope_of(item: &Value) -> Scope {
    Scope(item["id"].as_str().unwrap_or_default().to_owned())
}

pub fn tenants(call: &Call, tenant: &Tenant) -> Answer {
    let id = tenant.profile.tenant_id;
    let shown = json!({
        "id": format!("/tenants/{id}"), "tenantId": id.to_string(), "displayName": tenant.profile.display_name,
        "defaultDomain": tenant.profile.default_domain, "domains": [tenant.profile.default_domain, tenant.profile.initial_domain],
        "tenantCategory": "Home", "tenantType": "AAD",
    });
    values(call, vec![shown])
}

/// A subscription shows to those who hold a role in it or anywhere below.
fn sees(call: &Call, tenant: &Tenant, scope: &Scope) -> bool {
    scope.permits(call, tenant, "Microsoft.Resources/subscriptions/read")
        || held(tenant, call.caller.principal).any(|granted| covers(&scope.0, &granted.scope))
}

/// Those that the caller may see; the others are not mentioned.
pub fn subscriptions(call: &Call, tenant: &Tenant) -> Answer {
    let seen = items(tenant, "subscriptions").filter(|item| sees(call, tenant, &scope_of(item)));
    let seen: Vec<Value> = seen.cloned().collect();
    let count = json!({ "count": { "type": "Total", "value": seen.len() } });
    page(call, seen, map(count))
}

pub fn subscription(call: &Call, tenant: &Tenant) -> Answer {
    let scope = Place::find(tenant, &call.request.segments[..2])?.open()?;
    if !sees(call, tenant, &scope) {
        scope.permit(call, tenant, "Microsoft.Resources/subscriptions/read")?;
    }
    find(tenant, "subscriptions", &scope)
}

fn find(tenant: &Tenant, setting: &str, scope: &Scope) -> Answer {
    let found = items(tenant, setting).find(|item| item["id"].as_str() == Some(scope.0.as_str()));
    let found = found.ok_or_else(|| Fault::new(404, "NotFound", format!("'{}' was not found.", scope.0)))?;
    Ok(Reply::ok(found.clone()))
}

/// A resource by its whole id.
pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let segments = &call.request.segments;
    // `providers/{namespace}/{type}/{name}/{type}/{name}`: every second segment is a type.
    let mut kind = segments.get(5).cloned().unwrap_or_default();
    for part in segments.iter().skip(6).step_by(2) {
        kind = format!("{kind}/{part}");
    }
    let scope = Place::find(tenant, segments)?.enter(call, tenant, &format!("{kind}/read"))?;
    find(tenant, "resources", &scope)
}

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let depth = if call.request.segments.len() > 3 { 4 } else { 2 };
    let scope = Place::find(tenant, &call.request.segments[..depth])?;
    let scope = scope.enter(call, tenant, "Microsoft.Resources/subscriptions/resources/read")?;
    let text = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty());
    let (mut filter, mut tag) = (None, None);
    if let Some(text) = text {
        tag = tag_filter(text);
        if tag.is_none() {
            filter = Some(grammar::parse(text).and_then(known).ok_or_else(|| Fault::filter(text))?);
        }
    }
    let wanted = |item: &&Value| {
        let passes = filter.as_ref().is_none_or(|filter| {
            let group = item["id"].as_str().and_then(|id| id.split('/').nth(4)).unwrap_or_default();
            let row = map(json!({
                "name": item["name"], "resourceType": item["type"], "location": item["location"], "resourceGroup": group,
                "identity": item["identity"], "plan": item["plan"],
            }));
            filter.holds(&row, &|_| Value::Null)
        });
        passes && tag.as_ref().is_none_or(|tag| by_tag(item, tag))
    };
    let expanded = call.request.option("$expand").unwrap_or_default().to_ascii_lowercase();
    let found = items(tenant, "resources").filter(|item| scope_of(item).is_within(&scope.0)).filter(wanted);
    let found = found.map(|item| {
        let mut item = item.clone();
        for name in ["createdTime", "changedTime", "provisioningState"] {
            if expanded.contains(&name.to_ascii_lowercase()) && item[name].is_null() {
                item[name] = match name {
                    "provisioningState" => json!("Succeeded"),
                    _ => json!("2023-05-02T09:15:00.0000000Z"),
                };
            }
        }
        // The service leaves tags out where it filters by them.
        if tag.is_some()
            && let Some(item) = item.as_object_mut()
        {
            item.shift_remove("tags");
        }
        item
    });
    values(call, found.collect())
}

/// `tagName eq 'a'` with or without `and tagValue eq 'b'`; nothing for any other filter.
pub fn tag_filter(text: &str) -> Option<(String, Option<String>)> {
    let equal = |filter: &Filter, name: &str| match filter {
        Filter::Compare { path, how: How::Eq, value }
            if path.len() == 1 && path[0].eq_ignore_ascii_case(name) =>
        {
            value.text().map(str::to_owned)
        }
        _ => None,
    };
    match grammar::parse(text)? {
        Filter::And(left, right) => Some((equal(&left, "tagName")?, Some(equal(&right, "tagValue")?))),
        single => Some((equal(&single, "tagName")?, None)),
    }
}

/// Names of tags match in any case, their values do not.
pub fn by_tag(item: &Value, (name, value): &(String, Option<String>)) -> bool {
    let mut tags = item["tags"].as_object().into_iter().flatten();
    tags.any(|(key, found)| {
        key.eq_ignore_ascii_case(name)
            && value.as_ref().is_none_or(|value| found.as_str() == Some(value.as_str()))
    })
}

/// The filter with its names in the service's spelling, if this list can be filtered so.
fn known(mut filter: Filter) -> Option<Filter> {
    const PLAIN: [&str; 4] = ["name", "resourceType", "location", "resourceGroup"];
    const DEEP: [&str; 2] = ["identity", "plan"];
    fn spell(path: &mut [String]) -> Option<()> {
        let deep = path.len() > 1;
        let first = path.first_mut()?;
        let known = PLAIN.iter().filter(|_| !deep).chain(&DEEP);
        let name = known.into_iter().find(|known| known.eq_ignore_ascii_case(first))?;
        (*name).clone_into(first);
        Some(())
    }
    fn check(filter: &mut Filter) -> Option<()> {
        match filter {
            Filter::And(left, right) | Filter::Or(left, right) => {
                check(left)?;
                check(right)
            }
            Filter::Compare { path, how: How::Eq | How::Ne, .. } => spell(path),
            Filter::Call { name, arguments } if name == "substringof" => {
                use crate::sandbox::odata::filter::Argument;
                match arguments.as_mut_slice() {
                    [Argument::Literal(_), Argument::Path(path)] => {
                        spell(path)?;
                        ["name", "resourceGroup"].contains(&path[0].as_str()).then_some(())
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
    check(&mut filter)?;
    Some(filter)
}
