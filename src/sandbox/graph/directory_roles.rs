//! Directory roles the old way: templates, roles activated from them, and their members.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made};
use super::navigation::{self, ANYTHING};
use super::options::{Options, Shape};
use super::properties::{text, value};
use super::roles::{self, BUILT_IN, as_directory_role};
use super::routes::{READ_ROLES, WRITE_ROLES, route};
use super::schema::{self, Entity, basic::EQ, complex, moment};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{DirectoryAssignment, Object, Tenant, directory_grant, map};

pub static ROUTES: &[Route] = &[
    route("GET", "/directoryRoleTemplates", READ_ROLES, Read(templates)),
    route("GET", "/directoryRoleTemplates/{}", READ_ROLES, Read(template)),
    route("GET", "/directoryRoles", READ_ROLES, Read(activated)),
    route("POST", "/directoryRoles", WRITE_ROLES, Write(activate)),
    route("GET", "/directoryRoles/{}", READ_ROLES, Read(role)),
    route("GET", "/directoryRoles/{}/members", READ_ROLES, Read(members)),
    route("GET", "/directoryRoles/{}/members/$ref", READ_ROLES, Read(references)),
    route("POST", "/directoryRoles/{}/members/$ref", WRITE_ROLES, Write(add_member)),
    route("GET", "/directoryRoles/{}/members/{}", READ_ROLES, Read(members)),
    route("DELETE", "/directoryRoles/{}/members/{}/$ref", WRITE_ROLES, Write(remove_member)),
    route("GET", "/directoryRoles/{}/scopedMembers", READ_ROLES, Read(scoped_members)),
    route("POST", "/directoryRoles/{}/scopedMembers", WRITE_ROLES, Write(add_scoped_member)),
    route("DELETE", "/directoryRoles/{}/scopedMembers/{}", WRITE_ROLES, Write(remove_scoped_member)),
];

static TEMPLATE: Entity = Entity {
    name: "directoryRoleTemplate",
    set: "directoryRoleTemplates",
    directory: true,
    expands: &[],
    properties: &[
        schema::text("id").usual().filter(EQ),
        moment("deletedDateTime").usual(),
        schema::text("description").usual(),
        schema::text("displayName").usual().filter(EQ),
    ],
};
static SCOPED_MEMBERSHIP: Entity = Entity {
    name: "scopedRoleMembership",
    set: "scopedRoleMemberships",
    directory: true,
    expands: &[],
    properties: &[
        schema::text("id").usual().filter(EQ),
        schema::text("roleId").usual().filter(EQ),
        schema::text("administrativeUnitId").usual().filter(EQ),
        complex("roleMemberInfo").usual(),
    ],
};

static TEMPLATES: Shape = Shape::of(&[&TEMPLATE], "directoryRoleTemplates");
static ACTIVATED: Shape = Shape::of(&[&schema::DIRECTORY_ROLE], "directoryRoles");
static SCOPED: Shape = Shape::of(&[&SCOPED_MEMBERSHIP], "scopedRoleMemberships");

fn templates(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &TEMPLATES, BUILT_IN.iter().map(as_template))
}

fn as_template((id, name, description): &(&str, &str, &str)) -> Map<String, Value> {
    map(json!({ "id": id, "description": description, "displayName": name }))
}

fn template(call: &Call, tenant: &Tenant) -> Answer {
    let found = BUILT_IN.iter().find(|(id, ..)| id.eq_ignore_ascii_case(call.key(0)));
    let found = found.ok_or_else(|| Fault::missing(call.key(0)))?;
    let options = Options::of_one(call, &TEMPLATE)?;
    list::one(call, tenant, 200, &Row::made(0, &TEMPLATE, as_template(found)), &options)
}

fn activated(call: &Call, tenant: &Tenant) -> Answer {
    let roles = tenant.activated_roles();
    let options = Options::read(call, &ACTIVATED)?;
    let rows = (1..).zip(roles).filter_map(|(place, role)| row(tenant, role, place, &options));
    list::list(call, tenant, &ACTIVATED, &options, rows)
}

fn row<'a>(tenant: &Tenant, role: Uuid, place: u64, options: &Options) -> Option<Row<'a>> {
    let mut properties = as_directory_role(tenant, role)?;
    if options.expand.iter().any(|expand| expand.name == "members") {
        let members = holders(tenant, role).into_iter().take(20);
        let members: Value = members.map(|(_, object)| list::embedded(tenant, object)).collect();
        properties.insert("members".to_owned(), members);
    }
    Some(Row::made(place, &schema::DIRECTORY_ROLE, properties))
}

/// The key of the address: the role's own id, or `roleTemplateId='...'` in either spelling.
fn named(tenant: &Tenant, key: &str) -> Option<(Uuid, bool)> {
    let template = key
        .split_once('=')
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("roleTemplateId"))
        .map(|(_, id)| id.trim_matches(['\'', ' ']));
    if let Some(template) = template {
        let role = roles::role_by_name(template).filter(|_| Uuid::try_parse(template).is_ok())?;
        return Some((role, tenant.activated_roles().contains(&role)));
    }
    let id = Uuid::try_parse(key).ok()?.to_string();
    let own = |role: &Uuid| as_directory_role(tenant, *role).is_some_and(|found| found["id"] == id.as_str());
    tenant.activated_roles().into_iter().find(own).map(|role| (role, true))
}

fn subject(call: &Call, tenant: &Tenant) -> Result<Uuid, Fault> {
    match named(tenant, call.key(0)) {
        Some((role, true)) => Ok(role),
        _ => Err(Fault::missing(call.key(0))),
    }
}

fn role(call: &Call, tenant: &Tenant) -> Answer {
    let role = subject(call, tenant)?;
    let options = Options::of_one(call, &schema::DIRECTORY_ROLE)?;
    let row = row(tenant, role, 0, &options).ok_or_else(|| Fault::missing(call.key(0)))?;
    list::one(call, tenant, 200, &row, &options)
}

fn activate(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let Some(template) = text(&body, "roleTemplateId") else {
        return Err(Fault::request(
            "A value is required for property 'roleTemplateId' of resource 'DirectoryRole'.",
        ));
    };
    let role = Uuid::try_parse(template).ok().and_then(|id| roles::role_by_name(&id.to_string()));
    let role = role.ok_or_else(|| Fault::missing(template))?;
    if tenant.activated_roles().contains(&role) {
        return Err(Fault::request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    tenant.activate_role(role);
    let row = row(tenant, role, 0, &Options::default()).ok_or_else(|| Fault::missing(template))?;
    list::one(call, tenant, 201, &row, &Options::default())
}

/// Those who hold a role in the whole directory.
fn holders(tenant: &Tenant, role: Uuid) -> Vec<(u64, &Object)> {
    let all = tenant.directory_assignments.iter();
    all.filter(|granted| granted.role == role && granted.scope == "/")
        .filter_map(|granted| Some((granted.sequence, tenant.get(granted.principal)?)))
        .collect()
}

fn members(call: &Call, tenant: &Tenant) -> Answer {
    let role = subject(call, tenant)?;
    let shape = match call.keys.get(1) {
        None => &ANYTHING,
        Some(name) => navigation::cast(name).ok_or_else(|| Fault::missing(name))?,
    };
    navigation::linked(call, tenant, shape, holders(tenant, role))
}

fn references(call: &Call, tenant: &Tenant) -> Answer {
    let role = subject(call, tenant)?;
    let address = |id: Uuid| format!("{}/{}/directoryObjects/{id}", call.request.base, call.version);
    let items: Vec<Value> =
        holders(tenant, role).iter().map(|(_, object)| json!({ "@odata.id": address(object.id) })).collect();
    Ok(Reply::ok(json!({ "@odata.context": call.context("Collection($ref)"), "value": items })))
}

fn add_member(call: &Call, tenant: &mut Tenant) -> Answer {
    // Addressed by its template a role need not have been activated.
    let (role, _) = named(tenant, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    let member = navigation::reference(call, tenant)?;
    roles::holder(tenant, &member.to_string())?;
    if roles::holds(tenant, member, role, "/") {
        return Err(navigation::already("members"));
    }
    tenant.grant_directory_role(member, role, "/");
    Ok(Reply::empty(204))
}

fn remove_member(call: &Call, tenant: &mut Tenant) -> Answer {
    let role = subject(call, tenant)?;
    let member = Uuid::try_parse(call.key(1)).map_err(|_| Fault::missing(call.key(1)))?;
    if !roles::take(tenant, &directory_grant(member, role, "/")) {
        return Err(Fault::missing(call.key(1)));
    }
    Ok(Reply::empty(204))
}

fn scoped<'a>(tenant: &Tenant, granted: &DirectoryAssignment) -> Option<Row<'a>> {
    let unit = granted.scope.strip_prefix("/administrativeUnits/")?;
    let member = tenant.get(granted.principal)?;
    let role = as_directory_role(tenant, granted.role)?;
    let properties = map(json!({
        "id": granted.id,
        "roleId": role["id"],
        "administrativeUnitId": unit,
        "roleMemberInfo": { "id": member.id.to_string(), "displayName": member.text("displayName") },
    }));
    Some(Row::made(granted.sequence, &SCOPED_MEMBERSHIP, properties))
}

fn scoped_members(call: &Call, tenant: &Tenant) -> Answer {
    let role = subject(call, tenant)?;
    let options = Options::read(call, &SCOPED)?;
    let all = tenant.directory_assignments.iter().filter(|granted| granted.role == role);
    let rows: Vec<Row> = all.filter_map(|granted| scoped(tenant, granted)).collect();
    list::list(call, tenant, &SCOPED, &options, rows.into_iter())
}

fn add_scoped_member(call: &Call, tenant: &mut Tenant) -> Answer {
    let (role, _) = named(tenant, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    let body = call.body()?;
    let needed = |name: &str| {
        Fault::request(format!(
            "A value is required for property '{name}' of resource 'ScopedRoleMembership'."
        ))
    };
    let unit = text(&body, "administrativeUnitId").ok_or_else(|| needed("administrativeUnitId"))?;
    let scope = format!("/administrativeUnits/{unit}");
    let scope = roles::scope_of(tenant, &scope).ok_or_else(|| Fault::missing(unit))?;
    let member = value(&body, "roleMemberInfo").as_object().and_then(|info| text(info, "id"));
    let member = roles::holder(tenant, member.ok_or_else(|| needed("roleMemberInfo"))?)?.id;
    if roles::holds(tenant, member, role, &scope) {
        return Err(navigation::already("scopedMembers"));
    }
    let id = tenant.grant_directory_role(member, role, &scope);
    let row = tenant.directory_assignments.get(&id).and_then(|granted| scoped(tenant, granted));
    list::one(call, tenant, 201, &row.ok_or_else(|| Fault::missing(&id))?, &Options::default())
}

fn remove_scoped_member(call: &Call, tenant: &mut Tenant) -> Answer {
    subject(call, tenant)?;
    if !roles::take(tenant, call.key(1)) {
        return Err(Fault::missing(call.key(1)));
    }
    Ok(Reply::empty(204))
}
