//! Administrative units: parts of the directory with administrators of their own. Read only.

use serde_json::json;

use super::Route;
use super::Run::Read;
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, below, rows_of};
use super::navigation::{ANYTHING, cast, linked};
use super::options::{Options, Shape};
use super::roles;
use super::routes::{Needs, route};
use super::schema::basic::{EQ, SORT, STARTS};
use super::schema::{Entity, flag, moment, text};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant};

pub static ADMINISTRATIVE_UNIT: Entity = Entity {
    name: "administrativeUnit",
    set: "directory/administrativeUnits",
    directory: true,
    expands: &["members"],
    properties: &[
        text("id").usual().filter(EQ),
        moment("deletedDateTime").usual(),
        text("displayName").usual().filter(EQ | STARTS | SORT),
        text("description").usual().filter(EQ),
        flag("isMemberManagementRestricted").usual().filter(EQ),
        text("membershipRule").usual(),
        text("membershipRuleProcessingState").usual(),
        text("membershipType").usual(),
        text("visibility").usual(),
    ],
};

static UNITS: Shape = Shape::of(&[&ADMINISTRATIVE_UNIT], "directory/administrativeUnits");

const READ: Needs = &[
    "AdministrativeUnit.Read.All",
    "AdministrativeUnit.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_SCOPED: Needs = &["RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"];

pub static ROUTES: &[Route] = &[
    route("GET", "/directory/administrativeUnits", READ, Read(all)),
    route("GET", "/directory/administrativeUnits/$count", READ, Read(count)),
    route("GET", "/directory/administrativeUnits/{}", READ, Read(one)),
    route("GET", "/directory/administrativeUnits/{}/members", READ, Read(members)),
    route("GET", "/directory/administrativeUnits/{}/members/{}", READ, Read(members)),
    route("GET", "/directory/administrativeUnits/{}/scopedRoleMembers", READ_SCOPED, Read(scoped)),
];

fn all(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &UNITS)?;
    list::list(call, tenant, &UNITS, &options, rows_of(tenant, Kind::AdministrativeUnit, &options))
}

fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &UNITS)?;
    list::count(call, &options, rows_of(tenant, Kind::AdministrativeUnit, &options))
}

fn unit<'a>(call: &Call, tenant: &'a Tenant) -> Result<&'a Object, Fault> {
    tenant.find(Kind::AdministrativeUnit, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))
}

fn one(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &ADMINISTRATIVE_UNIT)?;
    list::one(call, tenant, 200, &Row::of(0, unit(call, tenant)?), &options)
}

/// The second key is a cast.
fn members(call: &Call, tenant: &Tenant) -> Answer {
    let unit = unit(call, tenant)?;
    let shape = match call.keys.get(1) {
        None => &ANYTHING,
        Some(name) => cast(name).ok_or_else(|| Fault::missing(name))?,
    };
    linked(call, tenant, shape, tenant.targets(Relation::Member, unit.id).collect())
}

/// Who holds a role over this unit only.
fn scoped(call: &Call, tenant: &Tenant) -> Answer {
    let unit = unit(call, tenant)?.id;
    let scope = format!("/administrativeUnits/{unit}");
    let held =
        tenant.directory_assignments.iter().filter(|granted| granted.scope.eq_ignore_ascii_case(&scope));
    let held = held.filter_map(|granted| {
        let role = roles::as_directory_role(tenant, granted.role)?;
        let member = tenant.get(granted.principal)?;
        Some(json!({
            "id": granted.id,
            "roleId": role["id"],
            "administrativeUnitId": unit.to_string(),
            "roleMemberInfo": { "id": member.id.to_string(), "displayName": member.text("displayName") },
        }))
    });
    let held: Vec<_> = held.collect();
    let context = call.context("scopedRoleMemberships");
    let reply = Reply::ok(json!({ "@odata.context": context, "value": held }));
    Ok(below(
        reply,
        "scopedRoleMemberships",
        &format!("directory/administrativeUnits('{unit}')/scopedRoleMembers"),
    ))
}
