//! Privileged Identity Management for Azure, read: who may take which role where, and who has one until when.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Fault;
use super::paging::values;
use super::resources::items;
use super::scope::{Place, covers};
use super::wish::Wish;
use super::{Answer, Call, definitions};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{AzureAssignment, Plane, Schedule, Tenant, written};

/// The collections, by their names in addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    Requests { eligible: bool },
    Schedules { eligible: bool },
    Instances { eligible: bool },
}

impl Collection {
    /// From a segment in lower case.
    pub fn named(segment: &str) -> Option<Collection> {
        Some(match segment {
            "roleeligibilityschedulerequests" => Collection::Requests { eligible: true },
            "roleassignmentschedulerequests" => Collection::Requests { eligible: false },
            "roleeligibilityschedules" => Collection::Schedules { eligible: true },
            "roleassignmentschedules" => Collection::Schedules { eligible: false },
            "roleeligibilityscheduleinstances" => Collection::Instances { eligible: true },
            "roleassignmentscheduleinstances" => Collection::Instances { eligible: false },
            _ => return None,
        })
    }

    fn eligible(self) -> bool {
        match self {
            Collection::Requests { eligible }
            | Collection::Schedules { eligible }
            | Collection::Instances { eligible } => eligible,
        }
    }

    /// As ids and types write it, which is not how addresses do.
    fn shown(self) -> String {
        let kind = if self.eligible() { "RoleEligibility" } else { "RoleAssignment" };
        let rest = match self {
            Collection::Requests { .. } => "ScheduleRequests",
            Collection::Schedules { .. } => "Schedules",
            Collection::Instances { .. } => "ScheduleInstances",
        };
        format!("{kind}{rest}")
    }

    fn action(self) -> String {
        let mut name = self.shown();
        name[..1].make_ascii_lowercase();
        format!("Microsoft.Authorization/{name}/read")
    }

    fn id(self, scope: &str, name: &str) -> String {
        let scope = scope.trim_end_matches('/');
        format!("{scope}/providers/Microsoft.Authorization/{}/{name}", self.shown())
    }

    fn item(self, properties: Value, name: &str) -> Value {
        let scope = properties["scope"].as_str().unwrap_or_default().to_owned();
        json!({
            "properties": properties,
            "name": name,
            "id": self.id(&scope, name),
            "type": format!("Microsoft.Authorization/{}", self.shown()),
        })
    }
}

pub fn missing(name: &str) -> Fault {
    Fault::new(404, "ResourceNotFound", format!("The resource '{name}' is not found."))
}

pub fn list(call: &Call, tenant: &Tenant, place: Place, collection: Collection) -> Answer {
    let wish = Wish::read(call, &["roleDefinitionId", "status", "requestType", "requestorId"])?;
    let scope = match wish.as_target {
        // Everybody may know what they may do themselves.
        true => place.open()?,
        false => place.enter(call, tenant, &collection.action())?,
    };
    let principals = wish.principals(call, tenant)?;
    let found = all(tenant, collection).into_iter().filter(|item| {
        let properties = &item["properties"];
        let principal = properties["principalId"].as_str().and_then(|id| Uuid::try_parse(id).ok());
        principals.as_ref().is_none_or(|all| principal.is_some_and(|principal| all.contains(&principal)))
            && wish.reaches(&scope, properties["scope"].as_str().unwrap_or_default())
            && wish.fits(properties)
    });
    values(call, found.collect())
}

pub fn get(call: &Call, tenant: &Tenant, place: Place, collection: Collection, name: &str) -> Answer {
    let scope = place.open()?;
    let found = all(tenant, collection).into_iter().find(|item| {
        item["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
            && covers(item["properties"]["scope"].as_str().unwrap_or_default(), scope.shown())
    });
    let own = found.as_ref().is_some_and(|found| {
        found["properties"]["principalId"] == call.caller.principal.to_string().as_str()
    });
    if !own {
        scope.permit(call, tenant, &collection.action())?;
    }
    found.map(Reply::ok).ok_or_else(|| missing(name))
}

fn all(tenant: &Tenant, collection: Collection) -> Vec<Value> {
    let eligible = collection.eligible();
    let shelf = Plane::Azure.requests(eligible);
    let now = tenant.milliseconds();
    let schedules = tenant.schedules(Plane::Azure, eligible).map(|(_, schedule)| schedule);
    match collection {
        Collection::Requests { .. } => tenant
            .shelf_keys(shelf)
            .filter_map(|key| Some(request_shown(tenant, eligible, key, tenant.shelved(shelf, key)?)))
            .collect(),
        Collection::Schedules { .. } => {
            let mut found: Vec<Value> = schedules.map(|schedule| planned(tenant, &schedule)).collect();
            if !eligible {
                found.extend(unscheduled(tenant).into_iter().map(|granted| for_good(tenant, granted, false)));
            }
            found
        }
        Collection::Instances { .. } => {
            let running = schedules.filter(|schedule| schedule.runs(now));
            let mut found: Vec<Value> = running.map(|schedule| running_now(tenant, &schedule)).collect();
            if !eligible {
                found.extend(unscheduled(tenant).into_iter().map(|granted| for_good(tenant, granted, true)));
            }
            found
        }
    }
}

pub fn request_shown(tenant: &Tenant, eligible: bool, name: &str, properties: &Value) -> Value {
    let mut properties = properties.clone();
    let scope = properties["scope"].as_str().unwrap_or_default().to_owned();
    let role = properties["roleDefinitionId"].as_str().and_then(|id| definitions::find(tenant, id));
    let principal = properties["principalId"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    properties["expandedProperties"] =
        expanded(tenant, &scope, role.unwrap_or_default(), principal.unwrap_or_default());
    Collection::Requests { eligible }.item(properties, name)
}

/// Names beside the ids.
fn expanded(tenant: &Tenant, scope: &str, role: Uuid, principal: Uuid) -> Value {
    let (role_name, kind) = definitions::name_of(tenant, role);
    let place = ["subscriptions", "resourceGroups", "resources"]
        .into_iter()
        .find_map(|setting| items(tenant, setting).find(|item| item["id"] == scope));
    let (shown, place_kind) = match place {
        Some(place) if !place["displayName"].is_null() => (place["displayName"].clone(), "subscription"),
        Some(place) if place["type"] == "Microsoft.Resources/resourceGroups" => {
            (place["name"].clone(), "resourcegroup")
        }
        Some(place) => (place["name"].clone(), place["type"].as_str().unwrap_or("resource")),
        None => (json!("Tenant Root Group"), "managementgroup"),
    };
    let object = tenant.get(principal);
    let kind_of_principal = object.map(|object| super::assignments::kind_of(object.kind));
    json!({
        "scope": { "id": scope, "displayName": shown, "type": place_kind },
        "roleDefinition": {
            "id": definitions::id_at(scope, role), "displayName": role_name, "type": kind,
        },
        "principal": {
            "id": principal.to_string(),
            "displayName": object.and_then(|object| object.text("displayName")),
            "email": object.and_then(|object| object.text("mail").or(object.text("userPrincipalName"))),
            "type": kind_of_principal,
        },
    })
}

fn common(tenant: &Tenant, schedule: &Schedule) -> Value {
    json!({
        "scope": schedule.scope,
        "roleDefinitionId": definitions::id_at(&schedule.scope, schedule.role),
        "principalId": schedule.principal.to_string(),
        "principalType": schedule.properties["principalType"],
        "status": if schedule.runs(tenant.milliseconds()) { "Provisioned" } else { "Granted" },
        "startDateTime": written(schedule.start),
        "endDateTime": schedule.end.map(written),
        "memberType": "Direct",
        "createdOn": schedule.properties["createdOn"],
        "condition": schedule.properties["condition"],
        "conditionVersion": schedule.properties["conditionVersion"],
    })
}

fn linked_id(schedule: &Schedule) -> Value {
    let linked = schedule.linked.map(|linked| linked.to_string());
    json!(linked.map(|linked| Collection::Schedules { eligible: true }.id(&schedule.scope, &linked)))
}

fn planned(tenant: &Tenant, schedule: &Schedule) -> Value {
    let eligible = schedule.eligible;
    let mut properties = common(tenant, schedule);
    let request = Collection::Requests { eligible }.id(&schedule.scope, &schedule.request.to_string());
    properties["updatedOn"] = written(schedule.modified.unwrap_or(schedule.created));
    if eligible {
        properties["roleEligibilityScheduleRequestId"] = json!(request);
    } else {
        properties["roleAssignmentScheduleRequestId"] = json!(request);
        properties["linkedRoleEligibilityScheduleId"] = linked_id(schedule);
        properties["assignmentType"] =
            json!(if schedule.linked.is_some() { "Activated" } else { "Assigned" });
    }
    properties["expandedProperties"] = expanded(tenant, &schedule.scope, schedule.role, schedule.principal);
    Collection::Schedules { eligible }.item(properties, &schedule.id.to_string())
}

fn running_now(tenant: &Tenant, schedule: &Schedule) -> Value {
    let eligible = schedule.eligible;
    let mut properties = common(tenant, schedule);
    let planned = Collection::Schedules { eligible }.id(&schedule.scope, &schedule.id.to_string());
    if eligible {
        properties["roleEligibilityScheduleId"] = json!(planned);
    } else {
        properties["roleAssignmentScheduleId"] = json!(planned);
        properties["originRoleAssignmentId"] = json!(schedule.assignment.as_ref().map(|name| format!(
            "{}/providers/Microsoft.Authorization/RoleAssignments/{name}",
            schedule.scope.trim_end_matches('/')
        )));
        properties["linkedRoleEligibilityScheduleId"] = linked_id(schedule);
        properties["linkedRoleEligibilityScheduleInstanceId"] = json!(schedule.linked.map(|linked| {
            let name = Uuid::new_v5(&linked, b"instance").to_string();
            Collection::Instances { eligible: true }.id(&schedule.scope, &name)
        }));
        properties["assignmentType"] =
            json!(if schedule.linked.is_some() { "Activated" } else { "Assigned" });
    }
    properties["expandedProperties"] = expanded(tenant, &schedule.scope, schedule.role, schedule.principal);
    let name = Uuid::new_v5(&schedule.id, b"instance").to_string();
    Collection::Instances { eligible }.item(properties, &name)
}

/// Assignments that no schedule stands behind.
fn unscheduled(tenant: &Tenant) -> Vec<&AzureAssignment> {
    let scheduled: Vec<String> =
        tenant.schedules(Plane::Azure, false).filter_map(|(_, schedule)| schedule.assignment).collect();
    let all = tenant.azure_assignments.iter();
    all.filter(|granted| !scheduled.contains(&granted.name.to_string())).collect()
}

fn for_good(tenant: &Tenant, granted: &AzureAssignment, instance: bool) -> Value {
    let name = granted.name.to_string();
    let mut properties = json!({
        "scope": granted.scope,
        "roleDefinitionId": definitions::id_at(&granted.scope, granted.role),
        "principalId": granted.principal.to_string(),
        "principalType": granted.properties["principalType"],
        "status": "Provisioned",
        "startDateTime": granted.properties["createdOn"],
        "endDateTime": null,
        "memberType": "Direct",
        "assignmentType": "Assigned",
        "createdOn": granted.properties["createdOn"],
        "linkedRoleEligibilityScheduleId": null,
        "condition": granted.properties["condition"],
        "conditionVersion": granted.properties["conditionVersion"],
        "expandedProperties": expanded(tenant, &granted.scope, granted.role, granted.principal),
    });
    if !instance {
        properties["updatedOn"] = granted.properties["updatedOn"].clone();
        properties["roleAssignmentScheduleRequestId"] = Value::Null;
        return Collection::Schedules { eligible: false }.item(properties, &name);
    }
    properties["roleAssignmentScheduleId"] =
        json!(Collection::Schedules { eligible: false }.id(&granted.scope, &name));
    properties["originRoleAssignmentId"] = json!(format!(
        "{}/providers/Microsoft.Authorization/RoleAssignments/{name}",
        granted.scope.trim_end_matches('/')
    ));
    properties["linkedRoleEligibilityScheduleInstanceId"] = Value::Null;
    Collection::Instances { eligible: false }.item(properties, &name)
}
