//! Privileged Identity Management, read: who may take which directory role and who has one from when until when.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row};
use super::options::{Options, Shape};
use super::routes::{Needs, route};
use super::schema::basic::{EQ, RANGE, STARTS};
use super::schema::{Entity, complex, flag, moment, text};
use super::{pim, roles};
use crate::sandbox::tenant::{
    DirectoryAssignment, Kind, Plane, Schedule, Tenant, directory_grant, map, written,
};

const READ_ELIGIBLE: Needs = &[
    "RoleEligibilitySchedule.Read.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.ReadWrite.Directory",
];
const WRITE_ELIGIBLE: Needs =
    &["RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"];
const READ_ACTIVE: Needs = &[
    "RoleAssignmentSchedule.Read.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleManagement.ReadWrite.Directory",
];
const WRITE_ACTIVE: Needs =
    &["RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"];

macro_rules! collection {
    ($path:literal, $needs:ident, $list:ident, $one:ident) => {
        &[
            route("GET", concat!("/roleManagement/directory/", $path), $needs, Read($list)),
            route(
                "GET",
                concat!("/roleManagement/directory/", $path, "/filterByCurrentUser/{}"),
                $needs,
                Read($list),
            ),
            route("GET", concat!("/roleManagement/directory/", $path, "/{}"), $needs, Read($one)),
        ]
    };
}

pub static ELIGIBILITY_REQUESTS: &[Route] =
    collection!("roleEligibilityScheduleRequests", READ_ELIGIBLE, eligibility_requests, eligibility_request);
pub static ASSIGNMENT_REQUESTS: &[Route] =
    collection!("roleAssignmentScheduleRequests", READ_ACTIVE, assignment_requests, assignment_request);
pub static ELIGIBILITIES: &[Route] =
    collection!("roleEligibilitySchedules", READ_ELIGIBLE, eligibilities, eligibility);
pub static ELIGIBILITY_INSTANCES: &[Route] = collection!(
    "roleEligibilityScheduleInstances",
    READ_ELIGIBLE,
    eligibility_instances,
    eligibility_instance
);
pub static ASSIGNMENTS: &[Route] =
    collection!("roleAssignmentSchedules", READ_ACTIVE, assignment_schedules, assignment_schedule);
pub static ASSIGNMENT_INSTANCES: &[Route] =
    collection!("roleAssignmentScheduleInstances", READ_ACTIVE, assignment_instances, assignment_instance);
pub static WRITES: &[Route] = &[
    route(
        "POST",
        "/roleManagement/directory/roleEligibilityScheduleRequests",
        WRITE_ELIGIBLE,
        Write(pim::request_eligibility),
    ),
    route(
        "POST",
        "/roleManagement/directory/roleEligibilityScheduleRequests/{}/cancel",
        WRITE_ELIGIBLE,
        Write(pim::cancel_eligibility),
    ),
    route(
        "POST",
        "/roleManagement/directory/roleAssignmentScheduleRequests",
        WRITE_ACTIVE,
        Write(pim::request_assignment),
    ),
    route(
        "POST",
        "/roleManagement/directory/roleAssignmentScheduleRequests/{}/cancel",
        WRITE_ACTIVE,
        Write(pim::cancel_assignment),
    ),
];

const REQUEST_ENDS: &[&str] =
    &["principal", "roleDefinition", "directoryScope", "appScope", "targetSchedule", "activatedUsing"];
const ENDS: &[&str] = &["principal", "roleDefinition", "directoryScope", "appScope", "activatedUsing"];

macro_rules! request_entity {
    ($name:literal, $set:literal) => {
        Entity {
            name: $name,
            set: concat!("roleManagement/directory/", $set),
            directory: false,
            expands: REQUEST_ENDS,
            properties: &[
                text("id").usual().filter(EQ),
                text("status").usual().filter(EQ),
                moment("createdDateTime").usual().filter(EQ | RANGE),
                moment("completedDateTime").usual().filter(EQ | RANGE),
                text("approvalId").usual().filter(EQ),
                text("customData").usual(),
                text("action").usual().filter(EQ),
                text("principalId").usual().filter(EQ),
                text("roleDefinitionId").usual().filter(EQ),
                text("directoryScopeId").usual().filter(EQ | STARTS),
                text("appScopeId").usual().filter(EQ),
                flag("isValidationOnly").usual(),
                text("targetScheduleId").usual().filter(EQ),
                text("justification").usual(),
                complex("createdBy").usual().filter(EQ),
                complex("scheduleInfo").usual(),
                complex("ticketInfo").usual(),
            ],
        }
    };
}

pub static ELIGIBILITY_REQUEST: Entity =
    request_entity!("unifiedRoleEligibilityScheduleRequest", "roleEligibilityScheduleRequests");
pub static ASSIGNMENT_REQUEST: Entity =
    request_entity!("unifiedRoleAssignmentScheduleRequest", "roleAssignmentScheduleRequests");
static ELIGIBILITY: Entity = Entity {
    name: "unifiedRoleEligibilitySchedule",
    set: "roleManagement/directory/roleEligibilitySchedules",
    directory: false,
    expands: ENDS,
    properties: &[
        text("id").usual().filter(EQ),
        text("principalId").usual().filter(EQ),
        text("roleDefinitionId").usual().filter(EQ),
        text("directoryScopeId").usual().filter(EQ | STARTS),
        text("appScopeId").usual().filter(EQ),
        text("createdUsing").usual().filter(EQ),
        moment("createdDateTime").usual().filter(EQ | RANGE),
        moment("modifiedDateTime").usual().filter(EQ | RANGE),
        text("status").usual().filter(EQ),
        text("memberType").usual().filter(EQ),
        complex("scheduleInfo").usual(),
    ],
};
static ASSIGNMENT: Entity = Entity {
    name: "unifiedRoleAssignmentSchedule",
    set: "roleManagement/directory/roleAssignmentSchedules",
    directory: false,
    expands: ENDS,
    properties: &[
        text("id").usual().filter(EQ),
        text("principalId").usual().filter(EQ),
        text("roleDefinitionId").usual().filter(EQ),
        text("directoryScopeId").usual().filter(EQ | STARTS),
        text("appScopeId").usual().filter(EQ),
        text("createdUsing").usual().filter(EQ),
        moment("createdDateTime").usual().filter(EQ | RANGE),
        moment("modifiedDateTime").usual().filter(EQ | RANGE),
        text("status").usual().filter(EQ),
        text("assignmentType").usual().filter(EQ),
        text("memberType").usual().filter(EQ),
        complex("scheduleInfo").usual(),
    ],
};
static ELIGIBILITY_INSTANCE: Entity = Entity {
    name: "unifiedRoleEligibilityScheduleInstance",
    set: "roleManagement/directory/roleEligibilityScheduleInstances",
    directory: false,
    expands: ENDS,
    properties: &[
        text("id").usual().filter(EQ),
        text("principalId").usual().filter(EQ),
        text("roleDefinitionId").usual().filter(EQ),
        text("directoryScopeId").usual().filter(EQ | STARTS),
        text("appScopeId").usual().filter(EQ),
        moment("startDateTime").usual().filter(EQ | RANGE),
        moment("endDateTime").usual().filter(EQ | RANGE),
        text("memberType").usual().filter(EQ),
        text("roleEligibilityScheduleId").usual().filter(EQ),
    ],
};
static ASSIGNMENT_INSTANCE: Entity = Entity {
    name: "unifiedRoleAssignmentScheduleInstance",
    set: "roleManagement/directory/roleAssignmentScheduleInstances",
    directory: false,
    expands: ENDS,
    properties: &[
        text("id").usual().filter(EQ),
        text("principalId").usual().filter(EQ),
        text("roleDefinitionId").usual().filter(EQ),
        text("directoryScopeId").usual().filter(EQ | STARTS),
        text("appScopeId").usual().filter(EQ),
        moment("startDateTime").usual().filter(EQ | RANGE),
        moment("endDateTime").usual().filter(EQ | RANGE),
        text("assignmentType").usual().filter(EQ),
        text("memberType").usual().filter(EQ),
        text("roleAssignmentOriginId").usual().filter(EQ),
        text("roleAssignmentScheduleId").usual().filter(EQ),
    ],
};

static ELIGIBILITY_REQUEST_SHAPE: Shape =
    Shape::of(&[&ELIGIBILITY_REQUEST], "roleManagement/directory/roleEligibilityScheduleRequests");
static ASSIGNMENT_REQUEST_SHAPE: Shape =
    Shape::of(&[&ASSIGNMENT_REQUEST], "roleManagement/directory/roleAssignmentScheduleRequests");
static ELIGIBILITY_SHAPE: Shape =
    Shape::of(&[&ELIGIBILITY], "roleManagement/directory/roleEligibilitySchedules");
static ASSIGNMENT_SHAPE: Shape =
    Shape::of(&[&ASSIGNMENT], "roleManagement/directory/roleAssignmentSchedules");
static ELIGIBILITY_INSTANCE_SHAPE: Shape =
    Shape::of(&[&ELIGIBILITY_INSTANCE], "roleManagement/directory/roleEligibilityScheduleInstances");
static ASSIGNMENT_INSTANCE_SHAPE: Shape =
    Shape::of(&[&ASSIGNMENT_INSTANCE], "roleManagement/directory/roleAssignmentScheduleInstances");

type Found = (u64, Map<String, Value>);

/// Everything of one collection, as the service writes it.
type All = fn(&Tenant) -> Vec<Found>;

/// A collection, or the part of it that is the caller's own.
fn listed(call: &Call, tenant: &Tenant, shape: &'static Shape, all: All) -> Answer {
    let options = Options::read(call, shape)?;
    let mut found = all(tenant);
    if let Some(on) = call.keys.first() {
        own(call, tenant, on, &mut found)?;
    }
    let entity = shape.entities[0];
    let rows = found.into_iter().map(|(place, properties)| row(tenant, entity, place, properties, &options));
    list::list(call, tenant, shape, &options, rows)
}

/// `filterByCurrentUser(on='principal')`: the caller's own, by its groups too.
fn own(call: &Call, tenant: &Tenant, on: &str, found: &mut Vec<Found>) -> Result<(), Fault> {
    let by = on.split_once('=').map(|(_, by)| by.trim_matches(['\'', ' ']).to_ascii_lowercase());
    let me = tenant.get(call.caller.principal).filter(|object| object.kind == Kind::User);
    let Some(me) = me else {
        return Err(Fault::bad("BadRequest", "The request is only valid with a signed-in user."));
    };
    let id = me.id.to_string();
    match by.as_deref() {
        Some("principal") => {
            let groups: Vec<String> =
                tenant.all_groups_of(me).iter().map(|(_, group)| group.id.to_string()).collect();
            found.retain(|(_, item)| {
                let holder = item["principalId"].as_str().unwrap_or_default();
                holder == id || groups.iter().any(|group| group == holder)
            });
            for (_, item) in found {
                if item["principalId"] != id.as_str() && item.contains_key("memberType") {
                    item.insert("memberType".to_owned(), json!("Group"));
                }
            }
        }
        Some("createdby") => found.retain(|(_, item)| item["createdBy"]["user"]["id"] == id.as_str()),
        // Nothing here waits for an approver.
        Some("approver") => found.clear(),
        _ => return Err(Fault::bad("BadRequest", format!("Invalid value '{on}' for the parameter 'on'."))),
    }
    Ok(())
}

fn single(call: &Call, tenant: &Tenant, shape: &'static Shape, all: All) -> Answer {
    let entity = shape.entities[0];
    let options = Options::of_one(call, entity)?;
    let found = all(tenant).into_iter().find(|(_, item)| item["id"] == call.key(0));
    let (place, properties) = found.ok_or_else(|| Fault::missing(call.key(0)))?;
    list::one(call, tenant, 200, &row(tenant, entity, place, properties, &options), &options)
}

pub fn row<'a>(
    tenant: &Tenant,
    entity: &'static Entity,
    place: u64,
    mut properties: Map<String, Value>,
    options: &Options,
) -> Row<'a> {
    for expand in &options.expand {
        let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let found = match expand.name {
            "targetSchedule" => {
                let all =
                    if entity.name == ELIGIBILITY_REQUEST.name { eligible(tenant) } else { active(tenant) };
                let target = text("targetScheduleId");
                let found = all.into_iter().find(|(_, item)| item["id"] == target.as_str());
                found.map_or(Value::Null, |(_, item)| Value::Object(item))
            }
            "activatedUsing" => {
                let schedule = match entity.name == ASSIGNMENT_INSTANCE.name {
                    true => text("roleAssignmentScheduleId"),
                    false if entity.name == ASSIGNMENT.name => text("id"),
                    false => text("targetScheduleId"),
                };
                activated_using(tenant, &schedule, entity.name == ASSIGNMENT_INSTANCE.name)
            }
            name => {
                let principal = Uuid::try_parse(&text("principalId")).unwrap_or_default();
                roles::end_of(tenant, name, principal, &text("roleDefinitionId"), &text("directoryScopeId"))
            }
        };
        properties.insert(expand.name.to_owned(), found);
    }
    Row::made(place, entity, properties)
}

/// The eligibility behind an activated schedule.
fn activated_using(tenant: &Tenant, schedule: &str, instance: bool) -> Value {
    let linked = tenant
        .schedules(Plane::Directory, false)
        .find(|(_, found)| found.id.to_string() == schedule)
        .and_then(|(_, found)| found.linked);
    let Some(linked) = linked.map(|id| id.to_string()) else { return Value::Null };
    let (all, key) =
        if instance { (may_now(tenant), "roleEligibilityScheduleId") } else { (eligible(tenant), "id") };
    let found = all.into_iter().find(|(_, item)| item[key] == linked.as_str());
    found.map_or(Value::Null, |(_, item)| Value::Object(item))
}

fn requests(tenant: &Tenant, eligible: bool) -> Vec<Found> {
    let all = tenant.shelf(Plane::Directory.requests(eligible));
    all.map(|(place, value)| (place, map(value.clone()))).collect()
}

fn common(schedule: &Schedule) -> Map<String, Value> {
    map(json!({
        "id": schedule.id.to_string(),
        "principalId": schedule.principal.to_string(),
        "roleDefinitionId": schedule.role.to_string(),
        "directoryScopeId": schedule.scope,
        "appScopeId": null,
    }))
}

fn living(tenant: &Tenant, is_eligible: bool) -> impl Iterator<Item = (u64, Schedule)> + '_ {
    let all = tenant.schedules(Plane::Directory, is_eligible);
    all.filter(|(_, schedule)| tenant.get(schedule.principal).is_some())
}

fn with_times(tenant: &Tenant, schedule: &Schedule) -> Map<String, Value> {
    let mut item = common(schedule);
    let kind = if schedule.end.is_some() { "afterDateTime" } else { "noExpiration" };
    let status = if schedule.start > tenant.milliseconds() { "Granted" } else { "Provisioned" };
    item.extend(map(json!({
        "createdUsing": schedule.request.to_string(),
        "createdDateTime": written(schedule.created),
        "modifiedDateTime": schedule.modified.map(written),
        "status": status,
        "memberType": "Direct",
        "scheduleInfo": {
            "startDateTime": written(schedule.start),
            "recurrence": null,
            "expiration": { "type": kind, "endDateTime": schedule.end.map(written), "duration": null },
        },
    })));
    item
}

fn eligible(tenant: &Tenant) -> Vec<Found> {
    living(tenant, true).map(|(place, schedule)| (place, with_times(tenant, &schedule))).collect()
}

fn assigned_or_activated(schedule: &Schedule) -> &'static str {
    if schedule.linked.is_some() { "Activated" } else { "Assigned" }
}

/// Assignments without a schedule of their own: given for good, outside of Privileged Identity Management.
fn unscheduled(tenant: &Tenant) -> Vec<&DirectoryAssignment> {
    let scheduled: Vec<String> =
        tenant.schedules(Plane::Directory, false).filter_map(|(_, schedule)| schedule.assignment).collect();
    let all = tenant.directory_assignments.iter();
    all.filter(|granted| !scheduled.contains(&granted.id) && tenant.get(granted.principal).is_some())
        .collect()
}

fn active(tenant: &Tenant) -> Vec<Found> {
    let mut found: Vec<Found> = living(tenant, false)
        .map(|(place, schedule)| {
            let mut item = with_times(tenant, &schedule);
            item.insert("assignmentType".to_owned(), json!(assigned_or_activated(&schedule)));
            (place, item)
        })
        .collect();
    found.extend(unscheduled(tenant).into_iter().map(|granted| {
        let item = map(json!({
            "id": granted.id,
            "principalId": granted.principal.to_string(),
            "roleDefinitionId": granted.role.to_string(),
            "directoryScopeId": granted.scope,
            "appScopeId": null,
            "createdUsing": null,
            "createdDateTime": null,
            "modifiedDateTime": null,
            "status": "Provisioned",
            "assignmentType": "Assigned",
            "memberType": "Direct",
            "scheduleInfo": {
                "startDateTime": written(tenant.milliseconds()),
                "recurrence": null,
                "expiration": { "type": "noExpiration", "endDateTime": null, "duration": null },
            },
        }));
        (granted.sequence, item)
    }));
    found.sort_by_key(|(place, _)| *place);
    found
}

fn may_now(tenant: &Tenant) -> Vec<Found> {
    let now = tenant.milliseconds();
    living(tenant, true)
        .filter(|(_, schedule)| schedule.runs(now))
        .map(|(place, schedule)| {
            let mut item = common(&schedule);
            let id = directory_grant(schedule.principal, schedule.role, &schedule.scope);
            item.extend(map(json!({
                "id": format!("{id}-e"),
                "startDateTime": written(schedule.start),
                "endDateTime": schedule.end.map(written),
                "memberType": "Direct",
                "roleEligibilityScheduleId": schedule.id.to_string(),
            })));
            (place, item)
        })
        .collect()
}

fn has_now(tenant: &Tenant) -> Vec<Found> {
    let now = tenant.milliseconds();
    let mut found: Vec<Found> = living(tenant, false)
        .filter(|(_, schedule)| schedule.runs(now))
        .map(|(place, schedule)| {
            let mut item = common(&schedule);
            let id = directory_grant(schedule.principal, schedule.role, &schedule.scope);
            item.extend(map(json!({
                "id": id,
                "startDateTime": written(schedule.start),
                "endDateTime": schedule.end.map(written),
                "assignmentType": assigned_or_activated(&schedule),
                "memberType": "Direct",
                "roleAssignmentOriginId": id,
                "roleAssignmentScheduleId": schedule.id.to_string(),
            })));
            (place, item)
        })
        .collect();
    found.extend(unscheduled(tenant).into_iter().map(|granted| {
        let item = map(json!({
            "id": granted.id,
            "principalId": granted.principal.to_string(),
            "roleDefinitionId": granted.role.to_string(),
            "directoryScopeId": granted.scope,
            "appScopeId": null,
            "startDateTime": null,
            "endDateTime": null,
            "assignmentType": "Assigned",
            "memberType": "Direct",
            "roleAssignmentOriginId": granted.id,
            "roleAssignmentScheduleId": granted.id,
        }));
        (granted.sequence, item)
    }));
    found.sort_by_key(|(place, _)| *place);
    found
}

fn eligibility_requests(call: &Call, tenant: &Tenant) -> Answer {
    listed(call, tenant, &ELIGIBILITY_REQUEST_SHAPE, |tenant| requests(tenant, true))
}
fn eligibility_request(call: &Call, tenant: &Tenant) -> Answer {
    single(call, tenant, &ELIGIBILITY_REQUEST_SHAPE, |tenant| requests(tenant, true))
}
fn assignment_requests(call: &Call, tenant: &Tenant) -> Answer {
    listed(call, tenant, &ASSIGNMENT_REQUEST_SHAPE, |tenant| requests(tenant, false))
}
fn assignment_request(call: &Call, tenant: &Tenant) -> Answer {
    single(call, tenant, &ASSIGNMENT_REQUEST_SHAPE, |tenant| requests(tenant, false))
}
fn eligibilities(call: &Call, tenant: &Tenant) -> Answer {
    listed(call, tenant, &ELIGIBILITY_SHAPE, eligible)
}
fn eligibility(call: &Call, tenant: &Tenant) -> Answer {
    single(call, tenant, &ELIGIBILITY_SHAPE, eligible)
}
fn eligibility_instances(call: &Call, tenant: &Tenant) -> Answer {
    listed(call, tenant, &ELIGIBILITY_INSTANCE_SHAPE, may_now)
}
fn eligibility_instance(call: &Call, tenant: &Tenant) -> Answer {
    single(call, tenant, &ELIGIBILITY_INSTANCE_SHAPE, may_now)
}
fn assignment_schedules(call: &Call, tenant: &Tenant) -> Answer {
    listed(call, tenant, &ASSIGNMENT_SHAPE, active)
}
fn assignment_schedule(call: &Call, tenant: &Tenant) -> Answer {
    single(call, tenant, &ASSIGNMENT_SHAPE, active)
}
fn assignment_instances(call: &Call, tenant: &Tenant) -> Answer {
    listed(call, tenant, &ASSIGNMENT_INSTANCE_SHAPE, has_now)
}
fn assignment_instance(call: &Call, tenant: &Tenant) -> Answer {
    single(call, tenant, &ASSIGNMENT_INSTANCE_SHAPE, has_now)
}
