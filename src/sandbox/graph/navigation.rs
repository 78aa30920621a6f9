//! From one object to those it is linked to: manager, sponsors, groups and roles.

use std::borrow::Cow;

use serde_json::{Value, json};
use uuid::Uuid;

use super::applications::APPLICATION;
use super::call::{Answer, Call, Fault};
use super::list::{Row, count, embedded, list, one_of};
use super::options::{Options, Shape};
use super::units::ADMINISTRATIVE_UNIT;
use super::{roles, schema};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{DirectoryAssignment, Kind, Object, Relation, Service, Tenant};

pub static ANYTHING: Shape = Shape::of(
    &[
        &schema::USER,
        &schema::GROUP,
        &schema::CONTACT,
        &schema::SERVICE_PRINCIPAL,
        &schema::DIRECTORY_ROLE,
        &APPLICATION,
        &ADMINISTRATIVE_UNIT,
    ],
    "directoryObjects",
)
.typed();
static USERS: Shape = Shape::of(&[&schema::USER], "users");
static GROUPS: Shape = Shape::of(&[&schema::GROUP], "groups");
static CONTACTS: Shape = Shape::of(&[&schema::CONTACT], "contacts");
static PRINCIPALS: Shape = Shape::of(&[&schema::SERVICE_PRINCIPAL], "servicePrincipals");
static APPLICATIONS: Shape = Shape::of(&[&APPLICATION], "applications");
static UNITS: Shape = Shape::of(&[&ADMINISTRATIVE_UNIT], "directory/administrativeUnits");
static ROLES: Shape = Shape::of(&[&schema::DIRECTORY_ROLE], "directoryRoles");

/// The shape that a cast such as `microsoft.graph.group` asks for.
pub fn cast(name: &str) -> Option<&'static Shape> {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("microsoft.graph.")? {
        "user" => Some(&USERS),
        "group" => Some(&GROUPS),
        "orgcontact" => Some(&CONTACTS),
        "serviceprincipal" => Some(&PRINCIPALS),
        "application" => Some(&APPLICATIONS),
        "administrativeunit" => Some(&UNITS),
        "directoryrole" => Some(&ROLES),
        _ => None,
    }
}

/// The object that the first key of a route names.
pub fn subject<'a>(call: &Call, tenant: &'a Tenant) -> Result<&'a Object, Fault> {
    let key = call.key(0);
    let found = match call.request.segments.get(1).map(|segment| segment.to_ascii_lowercase()).as_deref() {
        Some("users") => tenant.user(key),
        Some("groups") => tenant.find(Kind::Group, key),
        Some("contacts") => tenant.find(Kind::Contact, key),
        Some("serviceprincipals") => keyed(tenant, Kind::ServicePrincipal, key),
        Some("applications") => keyed(tenant, Kind::Application, key),
        Some("directoryobjects") => Uuid::try_parse(key).ok().and_then(|id| tenant.get(id)),
        _ => None,
    };
    found.ok_or_else(|| Fault::missing(key))
}

/// By object id, or by `appId='...'`.
fn keyed<'a>(tenant: &'a Tenant, kind: Kind, key: &str) -> Option<&'a Object> {
    match key.strip_prefix("appId='").and_then(|rest| rest.strip_suffix('\'')) {
        Some(app) => of_app(tenant, kind, app),
        None => tenant.find(kind, key),
    }
}

/// The service principal or the registration of an application.
pub fn of_app<'a>(tenant: &'a Tenant, kind: Kind, app: &str) -> Option<&'a Object> {
    tenant.known_as(app).find(|object| {
        object.kind == kind && object.text("appId").is_some_and(|id| id.eq_ignore_ascii_case(app))
    })
}

/// The object that `{"@odata.id": ".../directoryObjects/{id}"}` points at.
pub fn reference(call: &Call, tenant: &Tenant) -> Result<Uuid, Fault> {
    let body = call.body()?;
    let Some(address) = body.get("@odata.id").and_then(Value::as_str) else {
        return Err(Fault::request("The reference must hold an '@odata.id'."));
    };
    pointed_at(tenant, address)
}

pub fn pointed_at(tenant: &Tenant, address: &str) -> Result<Uuid, Fault> {
    let last = address.rsplit('/').next().unwrap_or_default();
    let last = last.split_once('(').map_or(last, |(_, key)| key).trim_matches([')', '\'']);
    let key = percent_encoding::percent_decode_str(last).decode_utf8_lossy();
    if Uuid::try_parse(&key).is_err() && !key.contains('@') {
        return Err(Fault::request("Invalid object identifier in the reference."));
    }
    let found = match Uuid::try_parse(&key) {
        Ok(id) => tenant.get(id),
        Err(_) => tenant.user(&key),
    };
    let found = found.filter(|object| tenant.sees(Service::Graph, object));
    found.map(|object| object.id).ok_or_else(|| Fault::missing(&key))
}

/// Links to the objects, each a row.
pub fn linked(call: &Call, tenant: &Tenant, shape: &Shape, objects: Vec<(u64, &Object)>) -> Answer {
    let options = Options::read(call, shape)?;
    let rows = objects.into_iter().map(|(sequence, object)| Row::of(sequence, object));
    let rows = rows.filter(|row| shape.entities.iter().any(|entity| entity.name == row.entity.name));
    if is_counted(call) { count(call, &options, rows) } else { list(call, tenant, shape, &options, rows) }
}

/// `/$count` after a collection asks for its size.
fn is_counted(call: &Call) -> bool {
    call.request.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("$count"))
}

pub fn manager(call: &Call, tenant: &Tenant) -> Answer {
    let user = subject(call, tenant)?;
    let Some((_, manager)) = tenant.targets(Relation::Manager, user.id).next() else {
        return Err(Fault::missing("manager"));
    };
    let options = Options::of_one(call, &schema::USER)?;
    one_of(call, tenant, 200, &Row::of(0, manager), &options, "directoryObjects", true)
}

pub fn set_manager(call: &Call, tenant: &mut Tenant) -> Answer {
    let user = subject(call, tenant)?.id;
    let manager = reference(call, tenant)?;
    if user == manager {
        return Err(Fault::request("A user cannot be their own manager."));
    }
    if !tenant.get(manager).is_some_and(|object| matches!(object.kind, Kind::User | Kind::Contact)) {
        return Err(Fault::request("The manager must be a user or a contact."));
    }
    tenant.unlink_all(Relation::Manager, user);
    tenant.link(Relation::Manager, user, manager);
    Ok(Reply::empty(204))
}

pub fn remove_manager(call: &Call, tenant: &mut Tenant) -> Answer {
    let user = subject(call, tenant)?.id;
    if tenant.targets(Relation::Manager, user).next().is_none() {
        return Err(Fault::missing("manager"));
    }
    tenant.unlink_all(Relation::Manager, user);
    Ok(Reply::empty(204))
}

pub fn direct_reports(call: &Call, tenant: &Tenant) -> Answer {
    let user = subject(call, tenant)?;
    linked(call, tenant, &ANYTHING, tenant.sources(Relation::Manager, user.id).collect())
}

pub fn sponsors(call: &Call, tenant: &Tenant) -> Answer {
    let user = subject(call, tenant)?;
    linked(call, tenant, &ANYTHING, tenant.targets(Relation::Sponsor, user.id).collect())
}

pub fn add_sponsor(call: &Call, tenant: &mut Tenant) -> Answer {
    let user = subject(call, tenant)?.id;
    let sponsor = reference(call, tenant)?;
    if !tenant.get(sponsor).is_some_and(|object| matches!(object.kind, Kind::User | Kind::Group)) {
        return Err(Fault::request("A sponsor must be a user or a group."));
    }
    if !tenant.link(Relation::Sponsor, user, sponsor) {
        return Err(already("sponsors"));
    }
    Ok(Reply::empty(204))
}

pub fn remove_sponsor(call: &Call, tenant: &mut Tenant) -> Answer {
    let user = subject(call, tenant)?.id;
    let sponsor = Uuid::try_parse(call.key(1)).map_err(|_| Fault::missing(call.key(1)))?;
    // The link of somebody in the bin waits, unseen, for a restore.
    if tenant.get(sponsor).is_none() || !tenant.unlink(Relation::Sponsor, user, sponsor) {
        return Err(Fault::missing(call.key(1)));
    }
    Ok(Reply::empty(204))
}

/// The documented refusal of a link that is there already.
pub fn already(property: &str) -> Fault {
    Fault::request(format!(
        "One or more added object references already exist for the following modified properties: '{property}'."
    ))
}

pub fn member_of(call: &Call, tenant: &Tenant) -> Answer {
    let object = subject(call, tenant)?;
    memberships(call, tenant, tenant.groups_of(object), tenant.directory_assignments.of(object.id).collect())
}

pub fn transitive_member_of(call: &Call, tenant: &Tenant) -> Answer {
    let object = subject(call, tenant)?;
    memberships(call, tenant, tenant.all_groups_of(object), tenant.directory_grants_of(object))
}

fn memberships(
    call: &Call,
    tenant: &Tenant,
    groups: Vec<(u64, &Object)>,
    mut granted: Vec<&DirectoryAssignment>,
) -> Answer {
    let shape = match call.keys.get(1) {
        None => &ANYTHING,
        Some(name) => cast(name).ok_or_else(|| Fault::missing(name))?,
    };
    let options = Options::read(call, shape)?;
    let mut rows: Vec<Row> = groups.into_iter().map(|(sequence, group)| Row::of(sequence, group)).collect();
    // A role held twice, by a group too, is one membership.
    granted.retain(|granted| granted.scope == "/");
    granted.sort_by_key(|granted| (granted.role, granted.sequence));
    granted.dedup_by_key(|granted| granted.role);
    for granted in granted {
        if let Some(role) = roles::as_directory_role(tenant, granted.role) {
            rows.push(Row {
                sequence: granted.sequence,
                entity: &schema::DIRECTORY_ROLE,
                properties: Cow::Owned(role),
                object: None,
            });
        }
    }
    rows.retain(|row| shape.entities.iter().any(|entity| entity.name == row.entity.name));
    rows.sort_by_key(|row| row.sequence);
    let rows = rows.into_iter();
    if is_counted(call) { count(call, &options, rows) } else { list(call, tenant, shape, &options, rows) }
}

/// The ids of all groups that an object is in, by others too.
pub fn get_member_groups(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.body()?;
    let security_only = super::properties::value(&body, "securityEnabledOnly") == true;
    let mut groups = tenant.all_groups_of(subject(call, tenant)?);
    groups.retain(|(_, group)| group.kind == Kind::Group);
    let ids = groups.iter().filter(|(_, group)| !security_only || group.flag("securityEnabled"));
    super::list::scalar(
        call,
        "Collection(Edm.String)",
        ids.map(|(_, group)| json!(group.id.to_string())).collect(),
    )
}

/// Which of the groups asked about an object is in.
pub fn check_member_groups(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.body()?;
    let asked = super::properties::value(&body, "groupIds").as_array().cloned().unwrap_or_default();
    if asked.len() > 20 {
        return Err(Fault::request("Too many group ids: at most 20 can be checked at once."));
    }
    let groups = tenant.all_groups_of(subject(call, tenant)?);
    let asked = asked.iter().filter_map(Value::as_str).filter_map(|id| Uuid::try_parse(id).ok());
    let found = asked.filter(|id| groups.iter().any(|(_, group)| group.id == *id));
    super::list::scalar(call, "Collection(Edm.String)", found.map(|id| json!(id.to_string())).collect())
}

/// What `$expand` puts under a name.
pub fn expanded(tenant: &Tenant, id: Uuid, name: &str) -> Value {
    let Some(object) = tenant.get(id) else { return Value::Null };
    // The service expands at most twenty.
    let many = |objects: Vec<(u64, &Object)>| -> Value {
        objects.into_iter().take(20).map(|(_, object)| embedded(tenant, object)).collect()
    };
    match name {
        "manager" => {
            tenant.targets(Relation::Manager, id).next().map_or(Value::Null, |(_, m)| embedded(tenant, m))
        }
        "sponsors" => many(tenant.targets(Relation::Sponsor, id).collect()),
        "owners" => many(tenant.targets(Relation::Owner, id).collect()),
        "ownedObjects" => many(tenant.sources(Relation::Owner, id).collect()),
        "appRoleAssignments" | "appRoleAssignedTo" => super::app_roles::expanded(tenant, object, name),
        "directReports" => many(tenant.sources(Relation::Manager, id).collect()),
        "memberOf" => many(tenant.groups_of(object)),
        "transitiveMemberOf" => many(tenant.all_groups_of(object)),
        "members" => many(tenant.members(object)),
        _ => json!([]),
    }
}
