//! Roles of applications, and who was given which: people and groups on enterprise applications, and applications on
//! the services whose permissions they hold.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, below};
use super::navigation::{of_app, subject};
use super::options::{Options, Shape};
use super::properties::value;
use super::routes::{Needs, READ_APPLICATIONS, route};
use super::schema::basic::{EQ, STARTS};
use super::schema::{Entity, Holds, moment, property, text};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{AppRoleAssignment, Kind, Object, Service, Tenant, map};

/// The application id of Microsoft Graph itself.
pub const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
pub const EXCHANGE_APP: &str = "00000002-0000-0ff1-ce00-000000000000";

static ASSIGNMENT: Entity = Entity {
    name: "appRoleAssignment",
    set: "appRoleAssignments",
    directory: true,
    expands: &[],
    properties: &[
        text("id").usual().filter(EQ),
        moment("deletedDateTime").usual(),
        property("appRoleId", Holds::Guid).usual(),
        moment("createdDateTime").usual(),
        text("principalDisplayName").usual().filter(EQ | STARTS),
        property("principalId", Holds::Guid).usual(),
        text("principalType").usual(),
        text("resourceDisplayName").usual(),
        property("resourceId", Holds::Guid).usual().filter(EQ),
    ],
};

static ASSIGNMENTS: Shape = Shape::of(&[&ASSIGNMENT], "appRoleAssignments");

const READ_OF_PRINCIPALS: Needs =
    &["Directory.Read.All", "Directory.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"];
const WRITE: Needs = &["AppRoleAssignment.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/servicePrincipals/{}/appRoleAssignedTo", READ_APPLICATIONS, Read(all)),
    route("POST", "/servicePrincipals/{}/appRoleAssignedTo", WRITE, Write(assign)),
    route("GET", "/servicePrincipals/{}/appRoleAssignedTo/{}", READ_APPLICATIONS, Read(one)),
    route("DELETE", "/servicePrincipals/{}/appRoleAssignedTo/{}", WRITE, Write(remove)),
    route("GET", "/servicePrincipals/{}/appRoleAssignments", READ_APPLICATIONS, Read(all)),
    route("POST", "/servicePrincipals/{}/appRoleAssignments", WRITE, Write(assign)),
    route("GET", "/servicePrincipals/{}/appRoleAssignments/{}", READ_APPLICATIONS, Read(one)),
    route("DELETE", "/servicePrincipals/{}/appRoleAssignments/{}", WRITE, Write(remove)),
    route("GET", "/users/{}/appRoleAssignments", READ_OF_PRINCIPALS, Read(all)),
    route("POST", "/users/{}/appRoleAssignments", WRITE, Write(assign)),
    route("GET", "/users/{}/appRoleAssignments/{}", READ_OF_PRINCIPALS, Read(one)),
    route("DELETE", "/users/{}/appRoleAssignments/{}", WRITE, Write(remove)),
    route("GET", "/groups/{}/appRoleAssignments", READ_OF_PRINCIPALS, Read(all)),
    route("POST", "/groups/{}/appRoleAssignments", WRITE, Write(assign)),
    route("GET", "/groups/{}/appRoleAssignments/{}", READ_OF_PRINCIPALS, Read(one)),
    route("DELETE", "/groups/{}/appRoleAssignments/{}", WRITE, Write(remove)),
];

/// Seen from the application whose roles they are, or from the one who was given them.
fn from_resource(call: &Call) -> bool {
    call.request.segments.get(3).is_some_and(|segment| segment.eq_ignore_ascii_case("appRoleAssignedTo"))
}

/// `servicePrincipals('...')/appRoleAssignedTo`, as contexts say it.
fn way(call: &Call, object: &Object) -> String {
    let set = match object.kind {
        Kind::User => "users",
        Kind::Group => "groups",
        _ => "servicePrincipals",
    };
    let last = if from_resource(call) { "appRoleAssignedTo" } else { "appRoleAssignments" };
    format!("{set}('{}')/{last}", object.id)
}

fn properties(tenant: &Tenant, granted: &AppRoleAssignment) -> Option<Map<String, Value>> {
    let (principal, resource) = (tenant.get(granted.principal)?, tenant.get(granted.resource)?);
    let kind = match principal.kind {
        Kind::User => "User",
        Kind::Group => "Group",
        _ => "ServicePrincipal",
    };
    Some(map(json!({
        "id": granted.id,
        "appRoleId": granted.role.to_string(),
        "createdDateTime": granted.created,
        "principalDisplayName": principal.text("displayName"),
        "principalId": principal.id.to_string(),
        "principalType": kind,
        "resourceDisplayName": resource.text("displayName"),
        "resourceId": resource.id.to_string(),
    })))
}

fn row<'a>(tenant: &Tenant, granted: &AppRoleAssignment) -> Option<Row<'a>> {
    Some(Row::made(granted.sequence, &ASSIGNMENT, properties(tenant, granted)?))
}

fn all(call: &Call, tenant: &Tenant) -> Answer {
    let object = subject(call, tenant)?;
    let options = Options::read(call, &ASSIGNMENTS)?;
    let reply = if from_resource(call) {
        let granted = tenant.app_role_assignments.iter().filter(|granted| granted.resource == object.id);
        list::list(call, tenant, &ASSIGNMENTS, &options, granted.filter_map(|granted| row(tenant, granted)))
    } else {
        let granted = tenant.app_role_assignments.of(object.id);
        list::list(call, tenant, &ASSIGNMENTS, &options, granted.filter_map(|granted| row(tenant, granted)))
    };
    Ok(below(reply?, ASSIGNMENTS.set, &way(call, object)))
}

/// What `$expand` puts under either name.
pub fn expanded(tenant: &Tenant, object: &Object, name: &str) -> Value {
    let shown = |granted: &AppRoleAssignment| properties(tenant, granted).map(Value::Object);
    let held = tenant.app_role_assignments.iter().filter(|granted| match name {
        "appRoleAssignedTo" => granted.resource == object.id,
        _ => granted.principal == object.id,
    });
    held.filter_map(shown).collect()
}

/// The assignment that the second key names, if it is one of this object's.
fn find<'a>(call: &Call, tenant: &'a Tenant, object: &Object) -> Result<&'a AppRoleAssignment, Fault> {
    let found = tenant.app_role_assignments.get(call.key(1)).filter(|granted| {
        object.id == if from_resource(call) { granted.resource } else { granted.principal }
    });
    found.ok_or_else(|| Fault::missing(call.key(1)))
}

fn one(call: &Call, tenant: &Tenant) -> Answer {
    let object = subject(call, tenant)?;
    let granted = find(call, tenant, object)?;
    let options = Options::of_one(call, &ASSIGNMENT)?;
    let row = row(tenant, granted).ok_or_else(|| Fault::missing(call.key(1)))?;
    Ok(below(list::one(call, tenant, 200, &row, &options)?, ASSIGNMENTS.set, &way(call, object)))
}

fn assign(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let needed = |name: &str| {
        let found = value(&body, name).as_str().ok_or_else(|| {
            Fault::request(format!(
                "A value is required for property '{name}' of resource 'AppRoleAssignment'."
            ))
        })?;
        Uuid::try_parse(found).map_err(|_| {
            Fault::request(format!(
                "Invalid value specified for property '{name}' of resource 'AppRoleAssignment'."
            ))
        })
    };
    let (principal, resource) = (needed("principalId")?, needed("resourceId")?);
    let role = match value(&body, "appRoleId") {
        Value::Null => Uuid::nil(),
        _ => needed("appRoleId")?,
    };
    let object = subject(call, tenant)?;
    let (property, named) =
        if from_resource(call) { ("resourceId", resource) } else { ("principalId", principal) };
    if object.id != named {
        return Err(Fault::request(format!(
            "The value of '{property}' does not match the object in the address of the request."
        )));
    }
    let way = way(call, object);
    // What the service has not heard of yet and what does not exist look the same to it.
    let unheard = || Fault::request("Not a valid reference update");
    let applications = |id: Uuid| tenant.get(id).filter(|found| tenant.sees(Service::Applications, found));
    let target =
        applications(resource).filter(|found| found.kind == Kind::ServicePrincipal).ok_or_else(unheard)?;
    let known = |found: &&Object| matches!(found.kind, Kind::User | Kind::Group | Kind::ServicePrincipal);
    let holder = applications(principal).filter(known).ok_or_else(unheard)?;
    let permission = offered(target, holder.kind, role)?;
    let app = holder.text("appId").and_then(|app| Uuid::try_parse(app).ok());
    let service = is_service(target);
    if tenant.app_role_assignments.of(principal).any(|held| held.resource == resource && held.role == role) {
        return Err(Fault::request("Permission being assigned already exists on the object"));
    }
    let id = tenant.grant_app_role(principal, resource, role);
    if let (Some(app), Some(permission), true) = (app, permission, service) {
        consent(tenant, app, |roles| {
            if !roles.contains(&permission) {
                roles.push(permission);
            }
        });
    }
    let granted = tenant.app_role_assignments.get(&id).ok_or_else(|| Fault::missing(&id))?;
    let row = row(tenant, granted).ok_or_else(|| Fault::missing(&id))?;
    Ok(below(list::one(call, tenant, 201, &row, &Options::default())?, ASSIGNMENTS.set, &way))
}

/// The value of a role that an application offers to this kind of principal. Where it offers none, the empty id stands for
/// access as such.
fn offered(resource: &Object, kind: Kind, role: Uuid) -> Result<Option<String>, Fault> {
    let wanted = if kind == Kind::ServicePrincipal { "Application" } else { "User" };
    let roles = resource.properties.get("appRoles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let open = |found: &&Value| {
        found["isEnabled"] != false
            && found["allowedMemberTypes"]
                .as_array()
                .is_some_and(|types| types.iter().any(|kind| kind == wanted))
    };
    if role.is_nil() && !roles.iter().any(|found| open(&found)) {
        return Ok(None);
    }
    let id = role.to_string();
    let found = roles.iter().filter(open).find(|found| found["id"].as_str().is_some_and(|known| known == id));
    let found = found.ok_or_else(|| {
        Fault::request(format!(
            "Permission being assigned was not found on application '{}'.",
            resource.text("appId").unwrap_or_default()
        ))
    })?;
    Ok(found["value"].as_str().map(str::to_owned))
}

/// Whether the roles of an application are permissions that tokens for one of the services here carry.
fn is_service(resource: &Object) -> bool {
    resource.text("appId").is_some_and(|app| app == GRAPH_APP || app == EXCHANGE_APP)
}

/// What an application was given on a service stands in its tokens from now on.
fn consent(tenant: &mut Tenant, app: Uuid, change: impl FnOnce(&mut Vec<String>)) {
    if let Some(mut app) = tenant.app(app).cloned() {
        change(&mut app.roles);
        tenant.register(app);
    }
}

/// Permissions by name as the roles that the services offer, each with the service.
pub fn permissions_named(tenant: &Tenant, names: &[String]) -> Vec<(Uuid, Uuid)> {
    let mut found = Vec::with_capacity(names.len());
    for service in
        [GRAPH_APP, EXCHANGE_APP].iter().filter_map(|app| of_app(tenant, Kind::ServicePrincipal, app))
    {
        let roles = service.properties.get("appRoles").and_then(Value::as_array);
        for role in roles.into_iter().flatten() {
            let named = role["value"].as_str().is_some_and(|value| names.iter().any(|name| name == value));
            if let Some(id) = role["id"].as_str().filter(|_| named).and_then(|id| Uuid::try_parse(id).ok()) {
                found.push((service.id, id));
            }
        }
    }
    found
}

fn remove(call: &Call, tenant: &mut Tenant) -> Answer {
    let granted = find(call, tenant, subject(call, tenant)?)?.clone();
    let id = |object: Option<&Object>| {
        object.and_then(|found| found.text("appId")).and_then(|app| Uuid::try_parse(app).ok())
    };
    let app =
        id(tenant.get(granted.principal)).filter(|_| tenant.get(granted.resource).is_some_and(is_service));
    let value = tenant
        .get(granted.resource)
        .and_then(|resource| resource.properties.get("appRoles")?.as_array())
        .and_then(|roles| roles.iter().find(|role| role["id"] == granted.role.to_string().as_str()))
        .and_then(|role| role["value"].as_str().map(str::to_owned));
    tenant.revoke_app_role(&granted.id);
    if let (Some(app), Some(value)) = (app, value) {
        consent(tenant, app, |roles| roles.retain(|role| *role != value));
    }
    Ok(Reply::empty(204))
}
