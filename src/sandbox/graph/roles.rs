//! Directory roles: what there are, and who has which.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::list::{self, Row, embedded, list_made};
use super::options::{Options, Shape, required};
use super::properties::{text, value};
use super::schema;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{DirectoryAssignment, Tenant, map};

static DEFINITIONS: Shape =
    Shape::of(&[&schema::ROLE_DEFINITION], "roleManagement/directory/roleDefinitions");
static ASSIGNMENTS: Shape =
    Shape::of(&[&schema::ROLE_ASSIGNMENT], "roleManagement/directory/roleAssignments");
static ACTIVATED: Shape = Shape::of(&[&schema::DIRECTORY_ROLE], "directoryRoles");

/// Template id, name, description. Built-in roles have their template's id.
const BUILT_IN: &[(&str, &str, &str)] = &[
    (
        "62e90394-69f5-4237-9190-012177145e10",
        "Global Administrator",
        "Can manage all aspects of Microsoft Entra ID and Microsoft services that use Microsoft Entra identities.",
    ),
    (
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "Global Reader",
        "Can read everything that a Global Administrator can, but not update anything.",
    ),
    (
        "fe930be7-5e62-47db-91af-98c3a49a38b1",
        "User Administrator",
        "Can manage all aspects of users and groups, including resetting passwords for limited admins.",
    ),
    (
        "95e79109-95c0-4d8e-aee3-d01accf2d47b",
        "Guest Inviter",
        "Can invite guest users independent of the 'members can invite guests' setting.",
    ),
    (
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        "Directory Readers",
        "Can read basic directory information. Commonly used to grant directory read access to applications and guests.",
    ),
    (
        "9360feb5-f418-4baa-8175-e2a00bac4301",
        "Directory Writers",
        "Can read and write basic directory information. For granting access to applications, not intended for users.",
    ),
    (
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Helpdesk Administrator",
        "Can reset passwords for non-administrators and Helpdesk Administrators.",
    ),
    ("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader", "Can read sign-in and audit reports."),
    (
        "5d6b6bb7-de71-4623-b4af-96380a352509",
        "Security Reader",
        "Can read security information and reports in Microsoft Entra ID and Office 365.",
    ),
    (
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Security Administrator",
        "Can read security information and reports, and manage configuration in Microsoft Entra ID and Office 365.",
    ),
    (
        "29232cdf-9323-42fd-ade2-1d097af3e4de",
        "Exchange Administrator",
        "Can manage all aspects of the Exchange product.",
    ),
    (
        "31392ffb-586c-42d1-9346-e59415a2cc4e",
        "Exchange Recipient Administrator",
        "Can create or update Exchange Online recipients within the Exchange Online organization.",
    ),
    (
        "fdd7a751-b60b-444a-984c-02652fe8fa1c",
        "Groups Administrator",
        "Members of this role can create/manage groups, create/manage groups settings like naming and expiration policies, and view groups activity and audit reports.",
    ),
    (
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Role Administrator",
        "Can manage role assignments in Microsoft Entra ID, and all aspects of Privileged Identity Management.",
    ),
    (
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Privileged Authentication Administrator",
        "Can access to view, set and reset authentication method information for any user (admin or non-admin).",
    ),
    (
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
        "Can create and manage all aspects of app registrations and enterprise apps.",
    ),
    (
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Cloud Application Administrator",
        "Can create and manage all aspects of app registrations and enterprise apps except App Proxy.",
    ),
    (
        "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
        "License Administrator",
        "Can manage product licenses on users and groups.",
    ),
    (
        "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
        "SharePoint Administrator",
        "Can manage all aspects of the SharePoint service.",
    ),
    (
        "69091246-20e8-4a56-aa4d-066075b2a7a8",
        "Teams Administrator",
        "Can manage the Microsoft Teams service.",
    ),
    (
        "c4e39bd9-1100-46d3-8c65-fb160da0071f",
        "Authentication Administrator",
        "Can access to view, set and reset authentication method information for any non-admin user.",
    ),
    (
        "b0f54661-2d74-4c50-afa3-1ec803f12efe",
        "Billing Administrator",
        "Can perform common billing related tasks like updating payment information.",
    ),
    (
        "17315797-102d-40b4-93e0-432062caca18",
        "Compliance Administrator",
        "Can read and manage compliance configuration and reports in Microsoft Entra ID and Microsoft 365.",
    ),
    (
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "Conditional Access Administrator",
        "Can manage Conditional Access capabilities.",
    ),
    (
        "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b",
        "Message Center Reader",
        "Can read messages and updates for their organization in Office 365 Message Center only.",
    ),
];

pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
pub const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
pub const GUEST_INVITER: &str = "95e79109-95c0-4d8e-aee3-d01accf2d47b";

/// A built-in role by its name or its id.
pub fn role_by_name(name: &str) -> Option<Uuid> {
    BUILT_IN
        .iter()
        .find(|(id, known, _)| known.eq_ignore_ascii_case(name) || id.eq_ignore_ascii_case(name))
        .and_then(|(id, ..)| Uuid::try_parse(id).ok())
}

/// The name of a built-in role.
pub fn role_name(role: Uuid) -> Option<&'static str> {
    let role = role.to_string();
    BUILT_IN.iter().find(|(id, ..)| *id == role).map(|(_, name, _)| *name)
}

fn all_definitions() -> impl Iterator<Item = Map<String, Value>> {
    BUILT_IN.iter().map(|(id, name, description)| {
        map(json!({
            "id": id,
            "description": description,
            "displayName": name,
            "isBuiltIn": true,
            "isEnabled": true,
            "resourceScopes": ["/"],
            "templateId": id,
            "version": "1",
            "rolePermissions": [],
        }))
    })
}

fn definition_of(role: &str) -> Option<Map<String, Value>> {
    all_definitions()
        .find(|definition| definition["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(role)))
}

/// The activated form of a role, as it stands among memberships.
pub fn as_directory_role(tenant: &Tenant, role: Uuid) -> Option<Map<String, Value>> {
    let definition = definition_of(&role.to_string())?;
    Some(map(json!({
        "id": Uuid::new_v5(&tenant.profile.tenant_id, role.as_bytes()).to_string(),
        "description": definition["description"],
        "displayName": definition["displayName"],
        "roleTemplateId": definition["templateId"],
    })))
}

pub fn definitions(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &DEFINITIONS, all_definitions())
}

pub fn definition(call: &Call, tenant: &Tenant) -> Answer {
    let found = definition_of(call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    let options = Options::of_one(call, &schema::ROLE_DEFINITION)?;
    list::one(call, tenant, 200, &Row::made(0, &schema::ROLE_DEFINITION, found), &options)
}

pub fn activated(call: &Call, tenant: &Tenant) -> Answer {
    let mut roles: Vec<Uuid> = tenant.directory_assignments.iter().map(|granted| granted.role).collect();
    roles.sort_unstable();
    roles.dedup();
    list_made(call, tenant, &ACTIVATED, roles.into_iter().filter_map(|role| as_directory_role(tenant, role)))
}

fn row<'a>(tenant: &Tenant, granted: &DirectoryAssignment, options: &Options) -> Row<'a> {
    let mut properties = map(json!({
        "id": granted.id,
        "principalId": granted.principal.to_string(),
        "directoryScopeId": granted.scope,
        "roleDefinitionId": granted.role.to_string(),
    }));
    for expand in &options.expand {
        let found = match expand.name {
            "principal" => tenant.get(granted.principal).map(|object| embedded(tenant, object)),
            _ => definition_of(&granted.role.to_string()).map(Value::Object),
        };
        properties.insert(expand.name.to_owned(), found.unwrap_or(Value::Null));
    }
    Row::made(granted.sequence, &schema::ROLE_ASSIGNMENT, properties)
}

pub fn assignments(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &ASSIGNMENTS)?;
    // Most callers ask about one principal: the others need not be looked at.
    let principal = options.filter.as_ref().and_then(|filter| required(filter, "principalId"));
    let granted: Vec<&DirectoryAssignment> = match principal.and_then(|id| Uuid::try_parse(id).ok()) {
        Some(principal) => tenant.directory_assignments.of(principal).collect(),
        None => tenant.directory_assignments.iter().collect(),
    };
    let rows = granted.into_iter().map(|granted| row(tenant, granted, &options));
    list::list(call, tenant, &ASSIGNMENTS, &options, rows)
}

pub fn assignment(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &schema::ROLE_ASSIGNMENT)?;
    let granted = tenant.directory_assignments.get(call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    list::one(call, tenant, 200, &row(tenant, granted, &options), &options)
}

pub fn assign(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let needed = |name: &str| {
        text(&body, name).ok_or_else(|| {
            Fault::request(format!("A value is required for property '{name}' of resource 'RoleAssignment'."))
        })
    };
    let (role, principal) = (needed("roleDefinitionId")?, needed("principalId")?);
    let scopes = (text(&body, "directoryScopeId"), text(&body, "appScopeId"));
    let scope = match scopes {
        (Some(scope), None) => scope,
        (None, Some(_)) => {
            return Err(Fault::request("Only directory scopes are known to this role management provider."));
        }
        _ => return Err(Fault::request("Exactly one of 'directoryScopeId' and 'appScopeId' must be given.")),
    };
    if !value(&body, "id").is_null() {
        return Err(Fault::request("Property 'id' is read-only and cannot be set."));
    }
    let definition = definition_of(role).ok_or_else(|| Fault::missing(role))?;
    let role = definition["id"]
        .as_str()
        .and_then(|id| Uuid::try_parse(id).ok())
        .ok_or_else(|| Fault::missing(role))?;
    let found = Uuid::try_parse(principal).ok().and_then(|id| tenant.get(id));
    let principal = found.ok_or_else(|| Fault::missing(principal))?;
    if principal.kind == crate::sandbox::tenant::Kind::Group && !principal.flag("isAssignableToRole") {
        return Err(Fault::request(
            "The group cannot be assigned to a role: isAssignableToRole is not set on it.",
        ));
    }
    let principal = principal.id;
    let taken = tenant
        .directory_assignments
        .of(principal)
        .any(|granted| granted.role == role && granted.scope.eq_ignore_ascii_case(scope));
    if taken {
        return Err(Fault::request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    let id = tenant.grant_directory_role(principal, role, scope);
    let granted = tenant.directory_assignments.get(&id).ok_or_else(|| Fault::missing(&id))?;
    list::one(call, tenant, 201, &row(tenant, granted, &Options::default()), &Options::default())
}

pub fn unassign(call: &Call, tenant: &mut Tenant) -> Answer {
    if !tenant.revoke_directory_role(call.key(0)) {
        return Err(Fault::missing(call.key(0)));
    }
    Ok(Reply::empty(204))
}
