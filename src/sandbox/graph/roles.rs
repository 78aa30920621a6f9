//! Directory roles: what there are, custom ones too, and who has which.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, embedded};
use super::options::{Options, Shape, required};
use super::properties::{text, value};
use super::routes::{Needs, READ_ROLES, WRITE_ROLES, route};
use super::schema;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{DirectoryAssignment, Kind, Object, Plane, Tenant, map};

pub use super::role_catalogue::{BUILT_IN, role_by_name, role_name};

const READ_ASSIGNMENTS: Needs = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

pub static ROUTES: &[Route] = &[
    route("GET", "/roleManagement/directory/roleDefinitions", READ_ROLES, Read(definitions)),
    route("POST", "/roleManagement/directory/roleDefinitions", WRITE_ROLES, Write(define)),
    route("GET", "/roleManagement/directory/roleDefinitions/{}", READ_ROLES, Read(definition)),
    route("PATCH", "/roleManagement/directory/roleDefinitions/{}", WRITE_ROLES, Write(redefine)),
    route("DELETE", "/roleManagement/directory/roleDefinitions/{}", WRITE_ROLES, Write(undefine)),
    route("GET", "/roleManagement/directory/roleAssignments", READ_ASSIGNMENTS, Read(assignments)),
    route("POST", "/roleManagement/directory/roleAssignments", WRITE_ROLES, Write(assign)),
    route("GET", "/roleManagement/directory/roleAssignments/{}", READ_ASSIGNMENTS, Read(assignment)),
    route("DELETE", "/roleManagement/directory/roleAssignments/{}", WRITE_ROLES, Write(unassign)),
    route("GET", "/roleManagement/directory/transitiveRoleAssignments", READ_ASSIGNMENTS, Read(transitive)),
];

static DEFINITIONS: Shape =
    Shape::of(&[&schema::ROLE_DEFINITION], "roleManagement/directory/roleDefinitions");
static ASSIGNMENTS: Shape =
    Shape::of(&[&schema::ROLE_ASSIGNMENT], "roleManagement/directory/roleAssignments");
static TRANSITIVE: Shape =
    Shape::of(&[&schema::ROLE_ASSIGNMENT], "roleManagement/directory/transitiveRoleAssignments");

/// Definitions that the tenant made itself.
const CUSTOM: &str = "directoryRoleDefinitions";

fn built_in() -> impl Iterator<Item = Map<String, Value>> {
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

/// A definition by its id.
pub fn definition_of(tenant: &Tenant, role: &str) -> Option<Map<String, Value>> {
    if let Some(Value::Object(custom)) = tenant.shelved(CUSTOM, &role.to_ascii_lowercase()) {
        return Some(custom.clone());
    }
    built_in().find(|definition| definition["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(role)))
}

/// The id of a definition that is there.
pub fn known_role(tenant: &Tenant, role: &str) -> Option<Uuid> {
    Uuid::try_parse(definition_of(tenant, role)?["id"].as_str()?).ok()
}

/// The activated form of a role, as it stands among memberships. Custom roles have none.
pub fn as_directory_role(tenant: &Tenant, role: Uuid) -> Option<Map<String, Value>> {
    let id = role.to_string();
    let definition = built_in().find(|definition| definition["id"] == id.as_str())?;
    Some(map(json!({
        "id": Uuid::new_v5(&tenant.profile.tenant_id, role.as_bytes()).to_string(),
        "description": definition["description"],
        "displayName": definition["displayName"],
        "roleTemplateId": definition["templateId"],
    })))
}

fn definitions(call: &Call, tenant: &Tenant) -> Answer {
    let custom = tenant.shelf(CUSTOM).map(|(_, value)| map(value.clone()));
    list::list_made(call, tenant, &DEFINITIONS, built_in().chain(custom))
}

fn definition(call: &Call, tenant: &Tenant) -> Answer {
    let found = definition_of(tenant, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    let options = Options::of_one(call, &schema::ROLE_DEFINITION)?;
    list::one(call, tenant, 200, &Row::made(0, &schema::ROLE_DEFINITION, found), &options)
}

fn define(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let needed = |name: &str| {
        Fault::request(format!(
            "A value is required for property '{name}' of resource 'UnifiedRoleDefinition'."
        ))
    };
    let name = text(&body, "displayName").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| needed("displayName"))?.to_owned();
    let enabled = value(&body, "isEnabled").as_bool().ok_or_else(|| needed("isEnabled"))?;
    let permissions =
        permissions(value(&body, "rolePermissions"))?.ok_or_else(|| needed("rolePermissions"))?;
    let taken = tenant.shelf(CUSTOM).any(|(_, known)| known["displayName"] == name.as_str());
    if taken {
        return Err(Fault::conflict("displayName"));
    }
    let id = Uuid::new_v4().to_string();
    let template = text(&body, "templateId").and_then(|id| Uuid::try_parse(id).ok());
    let definition = json!({
        "id": id,
        "description": text(&body, "description"),
        "displayName": name,
        "isBuiltIn": false,
        "isEnabled": enabled,
        "resourceScopes": ["/"],
        "templateId": template.map_or_else(|| id.clone(), |template| template.to_string()),
        "version": text(&body, "version"),
        "rolePermissions": permissions,
    });
    tenant.shelve(CUSTOM, &id, definition.clone());
    let row = Row::made(0, &schema::ROLE_DEFINITION, map(definition));
    list::one(call, tenant, 201, &row, &Options::default())
}

/// What a custom role allows, in the service's shape; nothing when the body does not say.
fn permissions(given: &Value) -> Result<Option<Value>, Fault> {
    let Value::Array(items) = given else { return Ok(None) };
    let read = |item: &Value| {
        let item = item.as_object()?;
        let actions = value(item, "allowedResourceActions").as_array()?;
        let known = actions.iter().all(|action| {
            action.as_str().is_some_and(|action| action.starts_with("microsoft.") && action.contains('/'))
        });
        let condition = text(item, "condition");
        known.then(|| json!({ "allowedResourceActions": actions, "condition": condition }))
    };
    let all: Option<Vec<Value>> = items.iter().map(read).collect();
    let all = all.ok_or_else(|| Fault::request("One or more of the resource actions are not supported."))?;
    Ok(Some(Value::Array(all)))
}

fn redefine(call: &Call, tenant: &mut Tenant) -> Answer {
    let key = own_definition(call, tenant)?;
    let body = call.body()?;
    let Some(mut definition) = tenant.shelved(CUSTOM, &key).cloned() else {
        return Err(Fault::missing(&key));
    };
    for name in ["displayName", "description", "version"] {
        if let Some(new) = text(&body, name) {
            definition[name] = json!(new);
        }
    }
    if let Some(enabled) = value(&body, "isEnabled").as_bool() {
        definition["isEnabled"] = json!(enabled);
    }
    if let Some(permissions) = permissions(value(&body, "rolePermissions"))? {
        definition["rolePermissions"] = permissions;
    }
    tenant.shelve(CUSTOM, &key, definition);
    Ok(Reply::empty(204))
}

fn undefine(call: &Call, tenant: &mut Tenant) -> Answer {
    let key = own_definition(call, tenant)?;
    let used = tenant.directory_assignments.iter().any(|granted| granted.role.to_string() == key);
    if used {
        return Err(Fault::request("The role definition cannot be deleted while it is assigned."));
    }
    tenant.unshelve(CUSTOM, &key);
    Ok(Reply::empty(204))
}

/// The key of a custom definition; built-in ones cannot be changed.
fn own_definition(call: &Call, tenant: &Tenant) -> Result<String, Fault> {
    let key = call.key(0).to_ascii_lowercase();
    let definition = definition_of(tenant, &key).ok_or_else(|| Fault::missing(call.key(0)))?;
    if definition["isBuiltIn"] == true {
        return Err(Fault::request("A built-in role definition cannot be updated or deleted."));
    }
    Ok(key)
}

/// The place that a scope stands for, or nothing when it does not exist.
pub fn scope_of(tenant: &Tenant, scope: &str) -> Option<String> {
    if scope == "/" {
        return Some(scope.to_owned());
    }
    let parts: Vec<&str> = scope.strip_prefix('/')?.split('/').collect();
    let id = match parts.as_slice() {
        [id] => Uuid::try_parse(id).ok()?,
        [set, id] if set.eq_ignore_ascii_case("administrativeUnits") => {
            let id = Uuid::try_parse(id).ok()?;
            if tenant.shelved("administrativeUnits", &id.to_string()).is_some() {
                return Some(format!("/administrativeUnits/{id}"));
            }
            id
        }
        _ => return None,
    };
    tenant.get(id).map(|_| scope.to_owned())
}

/// What `$expand` puts in for the ends of an assignment, a schedule or a request.
pub fn end_of(tenant: &Tenant, name: &str, principal: Uuid, role: &str, scope: &str) -> Value {
    match name {
        "principal" => tenant.get(principal).map_or(Value::Null, |object| embedded(tenant, object)),
        "roleDefinition" => definition_of(tenant, role).map_or(Value::Null, Value::Object),
        "directoryScope" => {
            let id = scope.rsplit('/').next().unwrap_or_default();
            let object = Uuid::try_parse(id).ok().and_then(|id| tenant.get(id));
            object.map_or_else(|| json!({ "id": scope }), |object| embedded(tenant, object))
        }
        _ => Value::Null,
    }
}

fn row<'a>(tenant: &Tenant, granted: &DirectoryAssignment, options: &Options) -> Row<'a> {
    let role = granted.role.to_string();
    let mut properties = map(json!({
        "id": granted.id,
        "principalId": granted.principal.to_string(),
        "directoryScopeId": granted.scope,
        "roleDefinitionId": role,
    }));
    for expand in &options.expand {
        let found = end_of(tenant, expand.name, granted.principal, &role, &granted.scope);
        properties.insert(expand.name.to_owned(), found);
    }
    Row::made(granted.sequence, &schema::ROLE_ASSIGNMENT, properties)
}

/// Assignments whose principal is not in the bin, of one principal if the filter names it.
fn granted<'a>(tenant: &'a Tenant, options: &Options) -> Vec<&'a DirectoryAssignment> {
    let principal = options.filter.as_ref().and_then(|filter| required(filter, "principalId"));
    let mut granted: Vec<&DirectoryAssignment> = match principal.and_then(|id| Uuid::try_parse(id).ok()) {
        Some(principal) => tenant.directory_assignments.of(principal).collect(),
        None => tenant.directory_assignments.iter().collect(),
    };
    granted.retain(|granted| tenant.get(granted.principal).is_some());
    granted
}

fn assignments(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &ASSIGNMENTS)?;
    let rows = granted(tenant, &options).into_iter().map(|granted| row(tenant, granted, &options));
    list::list(call, tenant, &ASSIGNMENTS, &options, rows)
}

fn assignment(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &schema::ROLE_ASSIGNMENT)?;
    let granted = seen(tenant, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    list::one(call, tenant, 200, &row(tenant, granted, &options), &options)
}

/// The roles of one principal, by its groups too.
fn transitive(call: &Call, tenant: &Tenant) -> Answer {
    if call.version != "beta" {
        return Err(Fault::bad(
            "BadRequest",
            "Resource not found for the segment 'transitiveRoleAssignments'.",
        ));
    }
    let options = Options::read(call, &TRANSITIVE)?;
    let principal = options.filter.as_ref().and_then(|filter| required(filter, "principalId"));
    let Some(principal) = principal.filter(|_| call.eventual() && call.request.option("$count").is_some())
    else {
        return Err(Fault::bad(
            "Request_UnsupportedQuery",
            "The request needs a filter by principalId, $count=true and the header ConsistencyLevel: eventual.",
        ));
    };
    let object = Uuid::try_parse(principal).ok().and_then(|id| tenant.get(id));
    let mut held = object.map(|object| tenant.directory_grants_of(object)).unwrap_or_default();
    held.sort_by_key(|granted| granted.sequence);
    // The filter names the principal; the rows name those who hold the role for it.
    let rows = held.into_iter().map(|granted| row(tenant, granted, &options));
    let unfiltered = Options { filter: None, count: true, ..Options::default() };
    list::list(call, tenant, &TRANSITIVE, &unfiltered, rows)
}

/// An object that roles can be given to.
pub fn holder<'a>(tenant: &'a Tenant, id: &str) -> Result<&'a Object, Fault> {
    let found = Uuid::try_parse(id).ok().and_then(|id| tenant.get(id));
    let object = found
        .filter(|object| matches!(object.kind, Kind::User | Kind::Group | Kind::ServicePrincipal))
        .ok_or_else(|| Fault::missing(id))?;
    if object.kind == Kind::Group && !object.flag("isAssignableToRole") {
        return Err(Fault::request(
            "The group cannot be assigned to a role: isAssignableToRole is not set on it.",
        ));
    }
    Ok(object)
}

fn assign(call: &Call, tenant: &mut Tenant) -> Answer {
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
    let role = known_role(tenant, role).ok_or_else(|| Fault::missing(role))?;
    let principal = holder(tenant, principal)?.id;
    let scope = scope_of(tenant, scope).ok_or_else(|| Fault::missing(scope.trim_start_matches('/')))?;
    if holds(tenant, principal, role, &scope) {
        return Err(Fault::request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    let id = tenant.grant_directory_role(principal, role, &scope);
    let granted = tenant.directory_assignments.get(&id).ok_or_else(|| Fault::missing(&id))?;
    list::one(call, tenant, 201, &row(tenant, granted, &Options::default()), &Options::default())
}

/// Whether somebody has a role at exactly this scope, not by a group.
pub fn holds(tenant: &Tenant, principal: Uuid, role: Uuid, scope: &str) -> bool {
    let mut held = tenant.directory_assignments.of(principal);
    held.any(|granted| granted.role == role && granted.scope.eq_ignore_ascii_case(scope))
}

fn unassign(call: &Call, tenant: &mut Tenant) -> Answer {
    if !take(tenant, call.key(0)) {
        return Err(Fault::missing(call.key(0)));
    }
    Ok(Reply::empty(204))
}

/// An assignment whose principal is not in the bin.
fn seen<'a>(tenant: &'a Tenant, id: &str) -> Option<&'a DirectoryAssignment> {
    tenant.directory_assignments.get(id).filter(|granted| tenant.get(granted.principal).is_some())
}

/// Takes an assignment away, with the schedule that it may come from.
pub fn take(tenant: &mut Tenant, id: &str) -> bool {
    if seen(tenant, id).is_none() {
        return false;
    }
    let scheduled = tenant
        .schedules(Plane::Directory, false)
        .map(|(_, schedule)| schedule)
        .find(|schedule| schedule.assignment.as_deref() == Some(id));
    match scheduled {
        Some(schedule) => {
            tenant.end_schedule(&schedule);
            true
        }
        None => tenant.revoke_directory_role(id),
    }
}
