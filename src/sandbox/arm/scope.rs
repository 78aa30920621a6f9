//! Scopes: the tenant's root, a management group, a subscription, a resource group, a resource. And who may do what
//! at one.

use serde_json::Value;
use uuid::Uuid;

use super::Call;
use super::definitions;
use super::fault::Fault;
use crate::sandbox::tenant::{AzureAssignment, Tenant};

const GROUPS: &str = "/providers/Microsoft.Management/managementGroups/";

/// In the tenant's own spelling, with a leading slash; empty for the root.
#[derive(Clone, Debug)]
pub struct Scope(pub String);

/// What an address names. Whether it is there is only told to those who may do something there.
pub struct Place {
    scope: Scope,
    missing: Option<Fault>,
}

impl Place {
    pub fn find(tenant: &Tenant, segments: &[String]) -> Result<Place, Fault> {
        let there = |scope: String| Ok(Place { scope: Scope(scope), missing: None });
        let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        // An older spelling names the provider of subscriptions first.
        let (segments, lower) = match lower.as_slice() {
            ["providers", "microsoft.subscription", ..] => (&segments[2..], &lower[2..]),
            _ => (segments, lower.as_slice()),
        };
        match lower {
            [] => there(String::new()),
            ["providers", "microsoft.management", "managementgroups", name] => {
                let root = tenant.profile.tenant_id.to_string();
                let missing = (*name != root).then(|| {
                    let message = format!("The management group '{}' cannot be found.", segments[3]);
                    Fault::new(404, "NotFound", message)
                });
                Ok(Place { scope: Scope(format!("{GROUPS}{}", segments[3])), missing })
            }
            ["subscriptions", id, rest @ ..] => {
                let root = subscription(tenant, &segments[1], id)?;
                if rest.is_empty() { there(root) } else { Ok(below(tenant, &root, &segments[2..])) }
            }
            _ => Err(Fault::new(
                404,
                "NotFound",
                format!("The scope '/{}' was not found.", segments.join("/")),
            )),
        }
    }

    /// Lets the call in if a role of the caller, direct or by a group, has the action here.
    pub fn enter(self, call: &Call, tenant: &Tenant, action: &str) -> Result<Scope, Fault> {
        self.scope.permit(call, tenant, action)?;
        self.open()
    }

    /// Without asking who comes.
    pub fn open(self) -> Result<Scope, Fault> {
        match self.missing {
            None => Ok(self.scope),
            Some(fault) => Err(fault),
        }
    }
}

fn subscription(tenant: &Tenant, shown: &str, id: &str) -> Result<String, Fault> {
    if Uuid::try_parse(id).is_err() {
        let message = format!("The provided subscription identifier '{shown}' is malformed or invalid.");
        return Err(Fault::new(400, "InvalidSubscriptionId", message));
    }
    known(tenant, "subscriptions", &format!("/subscriptions/{id}")).ok_or_else(|| {
        let message = format!("The subscription '{shown}' could not be found.");
        Fault::new(404, "SubscriptionNotFound", message)
    })
}

/// A group or a resource of a subscription.
fn below(tenant: &Tenant, root: &str, segments: &[String]) -> Place {
    let asked = format!("{root}/{}", segments.join("/"));
    let gone = |fault: Fault| Place { scope: Scope(asked.clone()), missing: Some(fault) };
    let group = segments.get(1).map(String::as_str).unwrap_or_default();
    let no_group =
        || Fault::new(404, "ResourceGroupNotFound", format!("Resource group '{group}' could not be found."));
    let group_id = known(tenant, "resourceGroups", &format!("{root}/resourceGroups/{group}"));
    let in_group = segments[0].eq_ignore_ascii_case("resourceGroups");
    let Some(group_id) = group_id.filter(|_| in_group) else { return gone(no_group()) };
    if segments.len() == 2 {
        return Place { scope: Scope(group_id), missing: None };
    }
    let rest = segments[2..].join("/");
    match known(tenant, "resources", &format!("{group_id}/{rest}")) {
        Some(id) => Place { scope: Scope(id), missing: None },
        None => {
            let shown = rest.strip_prefix("providers/").unwrap_or(&rest);
            gone(Fault::new(
                404,
                "ResourceNotFound",
                format!(
                    "The Resource '{shown}' under resource group '{group}' was not found. For more details please go \
                     to https://aka.ms/ARMResourceNotFoundFix"
                ),
            ))
        }
    }
}

/// True when the second place is the first or lies below it. The one management group holds everything.
pub fn covers(above: &str, below: &str) -> bool {
    let (above, below) = (above.trim_end_matches('/').to_ascii_lowercase(), below.to_ascii_lowercase());
    let inside = below.strip_prefix(&above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    inside || above.starts_with(&GROUPS.to_ascii_lowercase()) && below.starts_with("/subscriptions/")
}

/// The subscription that a scope lies in, as the start of an id; empty outside of all.
pub fn subscription_of(scope: &str) -> String {
    let mut parts = scope.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some(first), Some(id)) if first.eq_ignore_ascii_case("subscriptions") => {
            format!("/subscriptions/{id}")
        }
        _ => String::new(),
    }
}

impl Scope {
    /// True when `self` is `other` or lies below it.
    pub fn is_within(&self, other: &str) -> bool {
        covers(other, &self.0)
    }

    pub fn shown(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }

    pub fn permit(&self, call: &Call, tenant: &Tenant, action: &str) -> Result<(), Fault> {
        if self.permits(call, tenant, action) {
            return Ok(());
        }
        let caller = call.caller;
        Err(Fault::denied(&caller.called(), &caller.principal.to_string(), action, self.shown()))
    }

    pub fn permits(&self, call: &Call, tenant: &Tenant, action: &str) -> bool {
        held(tenant, call.caller.principal).any(|granted| {
            self.is_within(&granted.scope) && definitions::allows(tenant, granted.role, action)
        })
    }
}

/// What a principal was given in Azure, by its groups too.
pub fn held(tenant: &Tenant, principal: Uuid) -> impl Iterator<Item = &AzureAssignment> {
    let groups = tenant.get(principal).map(|object| tenant.all_groups_of(object)).unwrap_or_default();
    let holders = std::iter::once(principal).chain(groups.into_iter().map(|(_, group)| group.id));
    holders.flat_map(|holder| tenant.azure_assignments.of(holder))
}

fn known(tenant: &Tenant, setting: &str, id: &str) -> Option<String> {
    let items = tenant.setting(setting).as_array()?;
    items
        .iter()
        .filter_map(|item: &Value| item["id"].as_str())
        .find(|known| known.eq_ignore_ascii_case(id))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_covers_itself_and_what_lies_below() {
        assert!(covers("/", "/subscriptions/a/resourceGroups/b"));
        assert!(covers("/subscriptions/A", "/subscriptions/a/resourceGroups/b"));
        assert!(covers("/providers/Microsoft.Management/managementGroups/x", "/subscriptions/a"));
        assert!(!covers("/subscriptions/a/resourceGroups/b", "/subscriptions/a/resourceGroups/bc"));
        assert!(!covers("/subscriptions/a/resourceGroups/b", "/subscriptions/a"));
    }
}
