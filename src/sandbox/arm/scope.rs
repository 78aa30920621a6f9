//! Scopes: the tenant's root, a subscription, a resource group, a resource. And who may do what at one.

use serde_json::Value;

use super::Call;
use super::definitions;
use super::fault::Fault;
use crate::sandbox::tenant::{AzureAssignment, Tenant};

/// A place that exists, in the tenant's own spelling, with a leading slash; empty for the root.
#[derive(Clone, Debug)]
pub struct Scope(pub String);

impl Scope {
    pub fn find(tenant: &Tenant, segments: &[String]) -> Result<Scope, Fault> {
        // An older spelling names the provider of subscriptions first.
        let segments = match segments {
            [first, second, rest @ ..]
                if first.eq_ignore_ascii_case("providers")
                    && second.eq_ignore_ascii_case("Microsoft.Subscription") =>
            {
                rest
            }
            segments => segments,
        };
        let Some(first) = segments.first() else { return Ok(Scope(String::new())) };
        if !first.eq_ignore_ascii_case("subscriptions") {
            return Err(Fault::new(
                404,
                "NotFound",
                format!("The scope '/{}' was not found.", segments.join("/")),
            ));
        }
        let subscription = segments.get(1).map(String::as_str).unwrap_or_default();
        let root =
            known(tenant, "subscriptions", &format!("/subscriptions/{subscription}")).ok_or_else(|| {
                let message = format!("The subscription '{subscription}' could not be found.");
                Fault::new(404, "SubscriptionNotFound", message)
            })?;
        if segments.len() <= 2 {
            return Ok(Scope(root));
        }
        let group = segments.get(3).map(String::as_str).unwrap_or_default();
        let group_id = known(tenant, "resourceGroups", &format!("{root}/resourceGroups/{group}"));
        let in_group = segments[2].eq_ignore_ascii_case("resourceGroups");
        let group_id = group_id.filter(|_| in_group).ok_or_else(|| {
            Fault::new(404, "ResourceGroupNotFound", format!("Resource group '{group}' could not be found."))
        })?;
        if segments.len() == 4 {
            return Ok(Scope(group_id));
        }
        let rest = segments[4..].join("/");
        known(tenant, "resources", &format!("{group_id}/{rest}")).map(Scope).ok_or_else(|| {
            let shown = rest.trim_start_matches("providers/");
            let message = format!(
                "The Resource '{shown}' under resource group '{group}' was not found. For more details please go to \
                 https://aka.ms/ARMResourceNotFoundFix"
            );
            Fault::new(404, "ResourceNotFound", message)
        })
    }

    /// True when `self` is `other` or lies below it.
    pub fn is_within(&self, other: &str) -> bool {
        let (own, other) = (self.0.to_ascii_lowercase(), other.trim_end_matches('/').to_ascii_lowercase());
        own.strip_prefix(&other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub fn shown(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }

    /// Lets the call pass if a role of the caller, direct or by a group, has the action here.
    pub fn permit(&self, call: &Call, tenant: &Tenant, action: &str) -> Result<(), Fault> {
        if self.permits(call, tenant, action) {
            return Ok(());
        }
        let caller = call.caller;
        Err(Fault::denied(&caller.called(), &caller.principal.to_string(), action, self.shown()))
    }

    pub fn permits(&self, call: &Call, tenant: &Tenant, action: &str) -> bool {
        let fits = |granted: &AzureAssignment| {
            self.is_within(&granted.scope) && definitions::allows(granted.role, action)
        };
        let principal = call.caller.principal;
        if tenant.azure_assignments.of(principal).any(fits) {
            return true;
        }
        let groups = tenant.get(principal).map(|object| tenant.all_groups_of(object)).unwrap_or_default();
        groups.iter().any(|(_, group)| tenant.azure_assignments.of(group.id).any(fits))
    }
}

fn known(tenant: &Tenant, setting: &str, id: &str) -> Option<String> {
    let items = tenant.setting(setting).as_array()?;
    items
        .iter()
        .filter_map(|item: &Value| item["id"].as_str())
        .find(|known| known.eq_ignore_ascii_case(id))
        .map(str::to_owned)
}
