//! Azure's built-in roles: ids, names, and what each allows.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Fault;
use super::scope::Scope;
use super::{Answer, Call, values};
use crate::sandbox::http::Reply;
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Tenant, map};

pub struct Role {
    pub id: &'static str,
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
const WRITES_OF_ROLES: &[&str] = &[
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
];

#[rustfmt::skip]
static ROLES: &[Role] = &[
    role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", &["*"], &[], &[]),
    role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.", &["*"], WRITES_OF_ROLES, &[]),
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources, but does not allow you to make any changes.", &[READ], &[], &[]),
    role("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Lets you manage user access to Azure resources.", &[READ, "Microsoft.Authorization/*", "Microsoft.Support/*"], &[], &[]),
    role("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator", "Manage access to Azure resources by assigning roles using Azure RBAC.", &["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", READ, "Microsoft.Support/*"], &[], &[]),
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

/// A role by the guid at the end of an id, whatever stands before it.
pub fn find(id: &str) -> Option<&'static Role> {
    let guid = id.rsplit('/').next().unwrap_or_default();
    ROLES.iter().find(|role| role.id.eq_ignore_ascii_case(guid))
}

/// True when a role has an action and does not take it away again.
pub fn allows(role: Uuid, action: &str) -> bool {
    let Some(role) = find(&role.to_string()) else { return false };
    let any = |patterns: &[&str]| patterns.iter().any(|pattern| like(action, pattern));
    any(role.actions) && !any(role.not_actions)
}

fn like(action: &str, pattern: &str) -> bool {
    let (action, pattern) = (action.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => action == pattern,
        Some((before, after)) => {
            action.len() >= before.len() + after.len()
                && action.starts_with(before)
                && action.ends_with(after)
        }
    }
}

fn shown(role: &Role, scope: &Scope) -> Value {
    let at = "2015-02-02T21:55:09.8806423Z";
    let subscription: String = match scope.0.split('/').nth(2) {
        Some(subscription) => format!("/subscriptions/{subscription}"),
        None => String::new(),
    };
    json!({
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [{
                "actions": role.actions, "notActions": role.not_actions,
                "dataActions": role.data_actions, "notDataActions": [],
            }],
            "createdOn": at, "updatedOn": at, "createdBy": null, "updatedBy": null,
        },
        "id": format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}", role.id),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
    })
}

pub fn list(call: &Call, _tenant: &Tenant, scope: &Scope) -> Answer {
    let text = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty());
    let filter = match text {
        None => None,
        // All roles of the sandbox are built in, so what can be assigned here is all of them.
        Some(text) if text.eq_ignore_ascii_case("atScopeAndBelow()") => None,
        Some(text) => Some(grammar::parse(text).ok_or_else(|| Fault::filter(text))?),
    };
    let wanted = |role: &&Role| {
        filter.as_ref().is_none_or(|filter| {
            let row = map(json!({ "roleName": role.name, "type": "BuiltInRole" }));
            filter.holds(&row, &|_| Value::Null)
        })
    };
    Ok(values(ROLES.iter().filter(wanted).map(|role| shown(role, scope)).collect()))
}

pub fn get(_call: &Call, _tenant: &Tenant, scope: &Scope, name: &str) -> Answer {
    match find(name) {
        Some(role) => Ok(Reply::ok(shown(role, scope))),
        None => Err(Fault::new(
            404,
            "RoleDefinitionDoesNotExist",
            format!("The specified role definition with ID '{name}' does not exist."),
        )),
    }
}
