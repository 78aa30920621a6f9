//! Azure's roles, built in and custom: ids, names, and what each allows.

use serde_json::{Value, json};
use uuid::Uuid;

use super::assignments::moment;
use super::fault::Fault;
use super::paging::values;
use super::scope::{Scope, covers, subscription_of};
use super::{Answer, Call};
use crate::sandbox::http::Reply;
use crate::sandbox::odata::filter::{Filter, How};
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Tenant, field, map};

struct Role {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

const fn role(
    id: &'static str,
    name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
) -> Role {
    Role { id, name, description, actions, not_actions, data_actions }
}

const READ: &str = "*/read";
const NOT_FOR_CONTRIBUTORS: &[&str] = &[
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
    "Microsoft.Blueprint/blueprintAssignments/write",
    "Microsoft.Blueprint/blueprintAssignments/delete",
    "Microsoft.Compute/galleries/share/action",
    "Microsoft.Purview/consents/write",
    "Microsoft.Purview/consents/delete",
    "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
    "Microsoft.Subscription/cancel/action",
    "Microsoft.Subscription/enable/action",
];

#[rustfmt::skip]
static ROLES: &[Role] = &[
    role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", &["*"], &[], &[]),
    role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.", &["*"], NOT_FOR_CONTRIBUTORS, &[]),
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources, but does not allow you to make any changes.", &[READ], &[], &[]),
    role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Lets you manage user access to Azure resources.", &[READ, "Microsoft.Authorization/*", "Microsoft.Support/*"], &[], &[]),
    role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.", &["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", READ, "Microsoft.Support/*"], &[], &[]),
    role("fb1c8493-542b-48eb-b624-b4c8fea62acd", "Security Admin", "Security Admin Role", &["Microsoft.Authorization/*/read", "Microsoft.Security/*", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[], &[]),
    role("39bc4728-0917-49c7-9d2c-d95423bc2eb4", "Security Reader", "Security Reader Role", &["Microsoft.Authorization/*/read", "Microsoft.Security/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[], &[]),
    role("5e467623-bb1f-42f4-a55d-6e525e11384b", "Backup Contributor", "Lets you manage backup service, but can't create vaults and give access to others.", &["Microsoft.Authorization/*/read", "Microsoft.RecoveryServices/*", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[], &[]),
    role("00c29273-979b-4161-815c-10b084fb9324", "Backup Operator", "Lets you manage backup services, except removal of backup, vault creation and giving access to others.", &["Microsoft.Authorization/*/read", "Microsoft.RecoveryServices/Vaults/*", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[], &[]),
    role("a795c7a0-d4a2-40c1-ae25-d81f01202912", "Backup Reader", "Can view backup services, but can't make changes.", &["Microsoft.Authorization/*/read", "Microsoft.RecoveryServices/Vaults/*/read"], &[], &[]),
    role("9980e02c-c2be-4d73-94e8-173b1dc7cf3c", "Virtual Machine Contributor", "Lets you manage virtual machines, but not access to them, and not the virtual network or storage account they're connected to.", &["Microsoft.Authorization/*/read", "Microsoft.Compute/virtualMachines/*", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[], &[]),
    role("1c0163c0-47e6-4577-8991-ea5c82e286e4", "Virtual Machine Administrator Login", "View Virtual Machines in the portal and login as administrator", &["Microsoft.Compute/virtualMachines/*/read"], &[], &["Microsoft.Compute/virtualMachines/login/action", "Microsoft.Compute/virtualMachines/loginAsAdmin/action"]),
    role("fb879df8-f326-4884-b1cf-06f3ad86be52", "Virtual Machine User Login", "View Virtual Machines in the portal and login as a regular user.", &["Microsoft.Compute/virtualMachines/*/read"], &[], &["Microsoft.Compute/virtualMachines/login/action"]),
    role("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", "Allows for read access to Azure Storage blob containers and data", &["Microsoft.Storage/storageAccounts/blobServices/containers/read"], &[], &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]),
    role("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor", "Allows for read, write and delete access to Azure Storage blob containers and data", &["Microsoft.Storage/storageAccounts/blobServices/containers/*"], &[], &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"]),
    role("43d0d8ad-25c7-4714-9337-8ba259a9fe05", "Monitoring Reader", "Can read all monitoring data.", &[READ, "Microsoft.Insights/*/read"], &[], &[]),
    role("749f88d5-cbae-40b8-bcfc-e573ddc772fa", "Monitoring Contributor", "Can read all monitoring data and update monitoring settings.", &[READ, "Microsoft.Insights/*"], &[], &[]),
    role("73c42c96-874c-492b-b04d-ab87d138a893", "Log Analytics Reader", "Log Analytics Reader can view and search all monitoring data as well as view monitoring settings.", &[READ], &[], &[]),
    role("4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Read secret contents.", &[], &[], &["Microsoft.KeyVault/vaults/secrets/getSecret/action"]),
    role("de139f84-1756-47ae-9be6-808fbbe84772", "Website Contributor", "Lets you manage websites (not web plans), but not access to them.", &["Microsoft.Authorization/*/read", "Microsoft.Web/sites/*", "Microsoft.Resources/subscriptions/resourceGroups/read"], &[], &[]),
    role("72fafb9e-0641-4937-9268-a91bfd8191a3", "Cost Management Reader", "Can view cost data and configuration (e.g. budgets, exports)", &["Microsoft.Consumption/*/read", "Microsoft.CostManagement/*/read"], &[], &[]),
];

const CUSTOM: &str = "azureRoleDefinitions";

fn guid(id: &str) -> Option<Uuid> {
    Uuid::try_parse(id.rsplit('/').next().unwrap_or_default()).ok()
}

/// A role by the guid at the end of an id, whatever stands before it.
pub fn find(tenant: &Tenant, id: &str) -> Option<Uuid> {
    let role = guid(id)?;
    (built_in(role).is_some() || tenant.shelved(CUSTOM, &role.to_string()).is_some()).then_some(role)
}

fn built_in(role: Uuid) -> Option<&'static Role> {
    let id = role.to_string();
    ROLES.iter().find(|role| role.id == id)
}

pub fn unknown(id: &str) -> Fault {
    let guid = id.rsplit('/').next().unwrap_or_default();
    Fault::new(
        400,
        "InvalidRoleDefinitionId",
        format!("The specified role definition with ID '{guid}' does not exist."),
    )
}

/// The id of a role as it is written at a scope.
pub fn id_at(scope: &str, role: Uuid) -> String {
    format!("{}/providers/Microsoft.Authorization/roleDefinitions/{role}", subscription_of(scope))
}

/// Name and kind of a role, for those who show it beside something else.
pub fn name_of(tenant: &Tenant, role: Uuid) -> (String, &'static str) {
    match (built_in(role), tenant.shelved(CUSTOM, &role.to_string())) {
        (Some(role), _) => (role.name.to_owned(), "BuiltInRole"),
        (None, Some(custom)) => (custom["roleName"].as_str().unwrap_or_default().to_owned(), "CustomRole"),
        (None, None) => (String::new(), "BuiltInRole"),
    }
}

/// True when a role has an action and does not take it away again.
pub fn allows(tenant: &Tenant, role: Uuid, action: &str) -> bool {
    if let Some(role) = built_in(role) {
        let any = |patterns: &[&str]| patterns.iter().any(|pattern| like(action, pattern));
        return any(role.actions) && !any(role.not_actions);
    }
    let Some(custom) = tenant.shelved(CUSTOM, &role.to_string()) else { return false };
    let any = |permission: &Value, name: &str| {
        let patterns = permission[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        patterns.into_iter().any(|pattern| like(action, pattern))
    };
    let mut permissions = custom["permissions"].as_array().into_iter().flatten();
    permissions.any(|permission| any(permission, "actions") && !any(permission, "notActions"))
}

/// Stars stand for any text, slashes too.
fn like(action: &str, pattern: &str) -> bool {
    let (action, pattern) = (action.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn shown(properties: Value, scope: &Scope, role: &str) -> Value {
    json!({
        "properties": properties,
        "id": format!("{}/providers/Microsoft.Authorization/roleDefinitions/{role}", subscription_of(&scope.0)),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role,
    })
}

fn properties(role: &Role) -> Value {
    let at = "2015-02-02T21:55:09.8806423Z";
    json!({
        "roleName": role.name,
        "type": "BuiltInRole",
        "description": role.description,
        "assignableScopes": ["/"],
        "permissions": [{
            "actions": role.actions, "notActions": role.not_actions,
            "dataActions": role.data_actions, "notDataActions": [],
        }],
        "createdOn": at, "updatedOn": at, "createdBy": null, "updatedBy": null,
    })
}

/// Whether a custom role can be given at a scope or, if asked so, below it.
fn assignable(custom: &Value, scope: &Scope, below: bool) -> bool {
    let scopes = custom["assignableScopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    scopes.into_iter().any(|place| scope.is_within(place) || (below && covers(scope.shown(), place)))
}

pub fn list(call: &Call, tenant: &Tenant, scope: &Scope) -> Answer {
    let mut wish = Wish { filter: None, below: false };
    let text = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty());
    if let Some(text) = text {
        let filter = grammar::parse(text).ok_or_else(|| Fault::filter(text))?;
        wish.take(filter).ok_or_else(|| Fault::filter(text))?;
    }
    let wanted = |properties: &Value| {
        wish.filter.as_ref().is_none_or(|filter| {
            let row = map(json!({ "roleName": properties["roleName"], "type": properties["type"] }));
            filter.holds(&row, &|_| Value::Null)
        })
    };
    let all = ROLES.iter().map(|role| (role.id.to_owned(), properties(role)));
    let custom = tenant.shelf_keys(CUSTOM).filter_map(|key| {
        let custom = tenant.shelved(CUSTOM, key).filter(|custom| assignable(custom, scope, wish.below))?;
        Some((key.to_owned(), custom.clone()))
    });
    let found = all.chain(custom).filter(|(_, properties)| wanted(properties));
    values(call, found.map(|(id, properties)| shown(properties, scope, &id)).collect())
}

/// `roleName eq`, `type eq` and `atScopeAndBelow()`, in any combination by `and`.
struct Wish {
    filter: Option<Filter>,
    below: bool,
}

impl Wish {
    fn take(&mut self, filter: Filter) -> Option<()> {
        match filter {
            Filter::And(left, right) => {
                self.take(*left)?;
                self.take(*right)
            }
            Filter::Call { name, arguments } if name == "atscopeandbelow" && arguments.is_empty() => {
                self.below = true;
                Some(())
            }
            Filter::Compare { path, how: How::Eq, value } => {
                let known = ["roleName", "type"];
                let name =
                    known.into_iter().find(|known| path.len() == 1 && path[0].eq_ignore_ascii_case(known))?;
                let compare = Filter::Compare { path: vec![name.to_owned()], how: How::Eq, value };
                self.filter = Some(match self.filter.take() {
                    None => compare,
                    Some(before) => Filter::And(Box::new(before), Box::new(compare)),
                });
                Some(())
            }
            _ => None,
        }
    }
}

pub fn get(_call: &Call, tenant: &Tenant, scope: &Scope, name: &str) -> Answer {
    let missing = || {
        Fault::new(
            404,
            "RoleDefinitionDoesNotExist",
            format!("The specified role definition with ID '{name}' does not exist."),
        )
    };
    let role = guid(name).ok_or_else(missing)?;
    match (built_in(role), tenant.shelved(CUSTOM, &role.to_string())) {
        (Some(found), _) => Ok(Reply::ok(shown(properties(found), scope, found.id))),
        (None, Some(custom)) => Ok(Reply::ok(shown(custom.clone(), scope, &role.to_string()))),
        (None, None) => Err(missing()),
    }
}

pub fn put(call: &Call, tenant: &mut Tenant, scope: &Scope, name: &str) -> Answer {
    let role = Uuid::try_parse(name).map_err(|_| {
        let message = format!("The role definition ID '{name}' is not valid. It must be a GUID.");
        Fault::new(400, "InvalidRoleDefinitionId", message)
    })?;
    if built_in(role).is_some() {
        let message = "A built-in role definition cannot be created or updated.";
        return Err(Fault::new(403, "RoleDefinitionBuiltInNotUpdatable", message));
    }
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| Fault::content())?;
    let given = field(&body, "properties");
    let role_name = field(given, "roleName").as_str().filter(|name| !name.is_empty());
    let scopes = field(given, "assignableScopes").as_array().filter(|scopes| !scopes.is_empty());
    let (Some(role_name), Some(scopes)) = (role_name, scopes) else {
        let message = "The role definition is not valid: it needs a name and at least one assignable scope.";
        return Err(Fault::new(400, "InvalidRoleDefinition", message));
    };
    let key = role.to_string();
    let taken = ROLES.iter().any(|known| known.name.eq_ignore_ascii_case(role_name))
        || tenant.shelf_keys(CUSTOM).any(|other| {
            let custom = tenant.shelved(CUSTOM, other);
            other != key && custom.is_some_and(|custom| custom["roleName"] == role_name)
        });
    if taken {
        let message = format!(
            "Custom role with same name already exists in this directory. Use a different name than '{role_name}'."
        );
        return Err(Fault::new(409, "RoleDefinitionWithSameNameExists", message));
    }
    let lists = |permission: &Value| {
        let list = |name: &str| match field(permission, name) {
            Value::Array(items) => Value::Array(items.clone()),
            _ => json!([]),
        };
        json!({
            "actions": list("actions"), "notActions": list("notActions"),
            "dataActions": list("dataActions"), "notDataActions": list("notDataActions"),
        })
    };
    let permissions: Vec<Value> =
        field(given, "permissions").as_array().into_iter().flatten().map(lists).collect();
    let (now, caller) = (moment(tenant), call.caller.principal.to_string());
    let before = tenant.shelved(CUSTOM, &key);
    let of_before = |name: &str, now: &str| before.map_or_else(|| json!(now), |before| before[name].clone());
    let properties = json!({
        "roleName": role_name,
        "type": "CustomRole",
        "description": field(given, "description").as_str().unwrap_or_default(),
        "assignableScopes": scopes,
        "permissions": permissions,
        "createdOn": of_before("createdOn", &now), "updatedOn": now,
        "createdBy": of_before("createdBy", &caller), "updatedBy": caller,
    });
    tenant.shelve(CUSTOM, &key, properties.clone());
    Ok(Reply::json(201, shown(properties, scope, &key)))
}

pub fn delete(_call: &Call, tenant: &mut Tenant, scope: &Scope, name: &str) -> Answer {
    let Some(role) = guid(name) else { return Ok(Reply::empty(204)) };
    if built_in(role).is_some() {
        let message = "A built-in role definition cannot be deleted.";
        return Err(Fault::new(403, "RoleDefinitionBuiltInNotDeletable", message));
    }
    if tenant.azure_assignments.iter().any(|granted| granted.role == role) {
        let message =
            "There are existing role assignments referencing role. (code: RoleDefinitionHasAssignments)";
        return Err(Fault::new(400, "RoleDefinitionHasAssignments", message));
    }
    match tenant.unshelve(CUSTOM, &role.to_string()) {
        Some(properties) => Ok(Reply::ok(shown(properties, scope, &role.to_string()))),
        None => Ok(Reply::empty(204)),
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_star_stands_for_any_text() {
        for (action, pattern) in [
            ("Microsoft.Authorization/roleAssignments/read", "*/read"),
            ("microsoft.authorization/roleassignments/WRITE", "Microsoft.Authorization/*/Write"),
            ("Microsoft.Support/x", "Microsoft.Support/*"),
            ("a/b/c", "a/b/c"),
            ("a/b/c/d", "a*b*d"),
        ] {
            assert!(like(action, pattern), "{action} {pattern}");
        }
        assert!(!like("a/write", "*/read"));
        assert!(!like("a/b/c/d", "a/b/c"));
    }
}
