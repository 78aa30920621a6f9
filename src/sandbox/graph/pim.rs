//! Privileged Identity Management, asked: requests to be given a directory role for a time, or to take one.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::list;
use super::options::Options;
use super::properties::{text, value};
use super::{roles, schedules};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{
    Expiry, Kind, Period, Plane, Schedule, Service, Tenant, directory_grant, map, written,
};

/// Longer than this nobody may activate a role at once.
const LONGEST_ACTIVATION_HOURS: i64 = 8;
/// Sooner than this an activation cannot be given back.
const SHORTEST_ACTIVATION: i64 = 5 * 60_000;

const ACTIONS: [&str; 9] = [
    "adminAssign",
    "adminUpdate",
    "adminRemove",
    "selfActivate",
    "selfDeactivate",
    "adminExtend",
    "adminRenew",
    "selfExtend",
    "selfRenew",
];

pub fn request_eligibility(call: &Call, tenant: &mut Tenant) -> Answer {
    request(call, tenant, true)
}

pub fn request_assignment(call: &Call, tenant: &mut Tenant) -> Answer {
    request(call, tenant, false)
}

/// What a request asks for, all of it looked up.
struct Wish {
    action: &'static str,
    eligible: bool,
    principal: Uuid,
    role: Uuid,
    scope: String,
    period: Period,
    justified: bool,
    now: i64,
}

/// What becomes of it.
struct Outcome {
    status: &'static str,
    completed: Option<i64>,
    target: Option<Uuid>,
    effect: Effect,
}

enum Effect {
    Nothing,
    Plan(Schedule),
    End(Schedule),
    /// An assignment that no schedule stands behind.
    Take(String),
}

fn request(call: &Call, tenant: &mut Tenant, eligible: bool) -> Answer {
    let body = call.body()?;
    let wish = read(call, tenant, &body, eligible)?;
    let id = Uuid::new_v4();
    let outcome = decide(call, tenant, &wish, id)?;
    let only_asked = value(&body, "isValidationOnly") == true;
    let mut item = map(json!({
        "id": id.to_string(),
        "status": outcome.status,
        "createdDateTime": written(wish.now),
        "completedDateTime": outcome.completed.map(written),
        "approvalId": null,
        "customData": text(&body, "customData"),
        "action": wish.action,
        "principalId": wish.principal.to_string(),
        "roleDefinitionId": wish.role.to_string(),
        "directoryScopeId": wish.scope,
        "appScopeId": null,
        "isValidationOnly": only_asked,
        "targetScheduleId": outcome.target.map(|target| target.to_string()),
        "justification": text(&body, "justification"),
        "createdBy": {
            "application": null,
            "device": null,
            "user": { "displayName": null, "id": call.caller.principal.to_string() },
        },
    }));
    let ends = matches!(wish.action, "adminRemove" | "selfDeactivate");
    item.insert("scheduleInfo".to_owned(), if ends { Value::Null } else { shown(&wish.period) });
    let ticket = value(&body, "ticketInfo").as_object();
    let of_ticket = |name: &str| ticket.and_then(|ticket| text(ticket, name));
    item.insert(
        "ticketInfo".to_owned(),
        json!({ "ticketNumber": of_ticket("ticketNumber"), "ticketSystem": of_ticket("ticketSystem") }),
    );
    if !only_asked {
        let shelf = Plane::Directory.requests(eligible);
        tenant.shelve(shelf, &id.to_string(), Value::Object(item.clone()));
        match outcome.effect {
            Effect::Nothing => {}
            Effect::Plan(schedule) => tenant.plan(&schedule),
            Effect::End(schedule) => tenant.end_schedule(&schedule),
            Effect::Take(assignment) => {
                tenant.revoke_directory_role(&assignment);
            }
        }
    }
    let entity = if eligible { &schedules::ELIGIBILITY_REQUEST } else { &schedules::ASSIGNMENT_REQUEST };
    let row = schedules::row(tenant, entity, 0, item, &Options::default());
    list::one(call, tenant, 201, &row, &Options::default())
}

/// `scheduleInfo` as the service gives it back.
fn shown(period: &Period) -> Value {
    let (kind, end, duration) = match period.expiry {
        Expiry::Never => ("noExpiration", None, None),
        Expiry::AtMoment => ("afterDateTime", period.end, None),
        Expiry::AfterDuration => ("afterDuration", None, period.duration.as_deref()),
    };
    json!({
        "startDateTime": written(period.start),
        "recurrence": null,
        "expiration": { "type": kind, "endDateTime": end.map(written), "duration": duration },
    })
}

fn read(call: &Call, tenant: &Tenant, body: &Map<String, Value>, eligible: bool) -> Result<Wish, Fault> {
    let needed = |name: &str| {
        text(body, name).ok_or_else(|| {
            Fault::bad("BadRequest", format!("A value is required for property '{name}' of the request."))
        })
    };
    let given = needed("action")?;
    let action = ACTIONS.into_iter().find(|action| action.eq_ignore_ascii_case(given)).ok_or_else(|| {
        let message = format!("Requested value '{given}' was not found.");
        Fault::bad("BadRequest", message)
    })?;
    let now = tenant.milliseconds();
    let period = Period::read(value(body, "scheduleInfo"), now)
        .ok_or_else(|| Fault::bad("BadRequest", "Invalid value specified for property 'scheduleInfo'."))?;
    let by_itself = action.starts_with("self");
    let principal = match text(body, "principalId") {
        // Somebody who asks for themselves is known.
        None if by_itself => call.caller.principal.to_string(),
        _ => needed("principalId")?.to_owned(),
    };
    let is_person = tenant.get(call.caller.principal).is_some_and(|caller| caller.kind == Kind::User);
    if by_itself && !(is_person && principal.eq_ignore_ascii_case(&call.caller.principal.to_string())) {
        return Err(Fault::denied());
    }
    let object = Uuid::try_parse(&principal).ok().and_then(|id| tenant.get(id));
    let object = object.filter(|object| object.kind != Kind::Contact && tenant.sees(Service::Pim, object));
    let object = object.ok_or_else(|| Fault::bad("SubjectNotFound", "The subject is not found."))?;
    let role = needed("roleDefinitionId")?;
    let role = roles::known_role(tenant, role)
        .ok_or_else(|| Fault::bad("RoleNotFound", "The role is not found."))?;
    roles::holder(tenant, &principal)?;
    let scope = match (text(body, "directoryScopeId"), text(body, "appScopeId")) {
        (Some(scope), _) => scope,
        (None, Some("/")) => "/",
        _ => needed("directoryScopeId")?,
    };
    let scope = roles::scope_of(tenant, scope)
        .ok_or_else(|| Fault::bad("ResourceNotFound", "The resource is not found."))?;
    let justified = text(body, "justification").is_some_and(|why| !why.trim().is_empty());
    Ok(Wish { action, eligible, principal: object.id, role, scope, period, justified, now })
}

fn failed(rules: &[&str]) -> Fault {
    let rules = rules.iter().map(|rule| format!("\"{rule}\"")).collect::<Vec<_>>().join(",");
    Fault::bad(
        "RoleAssignmentRequestPolicyValidationFailed",
        format!("The following policy rules failed: [{rules}]"),
    )
}

fn exists() -> Fault {
    Fault::bad("RoleAssignmentExists", "The Role assignment already exists.")
}

fn missing() -> Fault {
    Fault::bad("RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
}

fn decide(call: &Call, tenant: &Tenant, wish: &Wish, id: Uuid) -> Result<Outcome, Fault> {
    let current = tenant
        .schedules(Plane::Directory, wish.eligible)
        .map(|(_, schedule)| schedule)
        .find(|schedule| schedule.is_for(wish.principal, wish.role, &wish.scope));
    let held = !wish.eligible && roles::holds(tenant, wish.principal, wish.role, &wish.scope);
    match wish.action {
        "adminAssign" | "selfActivate" => {
            let mut outcome = begin(tenant, wish, id)?;
            if current.is_some() || held {
                return Err(exists());
            }
            if wish.action == "selfActivate"
                && let Effect::Plan(schedule) = &mut outcome.effect
            {
                let eligibility = eligibility(call, tenant, wish).ok_or_else(missing)?;
                schedule.linked = Some(eligibility.id);
                // Nobody keeps a role for longer than they may have it.
                schedule.end = [schedule.end, eligibility.end].into_iter().flatten().min();
            }
            Ok(outcome)
        }
        "adminUpdate" | "adminExtend" => change(wish, current.ok_or_else(missing)?),
        "adminRenew" => match current {
            Some(current) => change(wish, current),
            None if held => Err(exists()),
            None => begin(tenant, wish, id),
        },
        "adminRemove" => match current {
            Some(current) => Ok(ended(Effect::End(current))),
            None if held => Ok(ended(Effect::Take(directory_grant(wish.principal, wish.role, &wish.scope)))),
            None => Err(missing()),
        },
        "selfDeactivate" => {
            let current = current.filter(|schedule| schedule.linked.is_some()).ok_or_else(missing)?;
            if current.start <= wish.now && wish.now - current.start < SHORTEST_ACTIVATION {
                return Err(Fault::bad(
                    "ActiveDurationTooShort",
                    "Active duration is too short. Minimum required is 5 minutes.",
                ));
            }
            Ok(ended(Effect::End(current)))
        }
        // An extension asked for oneself waits until an administrator decides.
        _ => {
            if wish.action == "selfExtend" && current.is_none() {
                return Err(missing());
            }
            let target = current.map(|schedule| schedule.id);
            Ok(Outcome { status: "PendingAdminDecision", completed: None, target, effect: Effect::Nothing })
        }
    }
}

/// The eligibility that the caller can make use of now, be it a group's.
fn eligibility(call: &Call, tenant: &Tenant, wish: &Wish) -> Option<Schedule> {
    let me = tenant.get(call.caller.principal)?;
    let mut principals = vec![me.id];
    principals.extend(tenant.all_groups_of(me).iter().map(|(_, group)| group.id));
    tenant.schedules(Plane::Directory, true).map(|(_, schedule)| schedule).find(|schedule| {
        principals.iter().any(|principal| schedule.is_for(*principal, wish.role, &wish.scope))
            && schedule.start <= wish.period.start
            && schedule.end.is_none_or(|end| wish.period.start < end)
    })
}

fn begin(tenant: &Tenant, wish: &Wish, id: Uuid) -> Result<Outcome, Fault> {
    let activation = wish.action == "selfActivate";
    let mut broken = Vec::new();
    if !wish.period.lasts() || activation && !wish.period.fits_hours(LONGEST_ACTIVATION_HOURS) {
        broken.push("ExpirationRule");
    }
    if !wish.eligible && !wish.justified {
        broken.push("JustificationRule");
    }
    if activation && wish.eligible {
        broken.push("EligibilityRule");
    }
    if !broken.is_empty() {
        return Err(failed(&broken));
    }
    let later = wish.period.start > wish.now;
    let schedule = Schedule {
        id,
        plane: Plane::Directory,
        eligible: wish.eligible,
        principal: wish.principal,
        role: wish.role,
        scope: wish.scope.clone(),
        start: wish.period.start,
        end: wish.period.end,
        created: tenant.milliseconds(),
        modified: None,
        request: id,
        linked: None,
        assignment: None,
        properties: Value::Null,
    };
    Ok(Outcome {
        status: if later { "Granted" } else { "Provisioned" },
        completed: Some(wish.period.start),
        target: Some(id),
        effect: Effect::Plan(schedule),
    })
}

fn change(wish: &Wish, mut current: Schedule) -> Result<Outcome, Fault> {
    if !wish.period.lasts() {
        return Err(failed(&["ExpirationRule"]));
    }
    // What runs already goes on running; only what is still to come can be put off.
    if current.start > wish.now {
        current.start = wish.period.start;
    }
    current.end = wish.period.end;
    current.modified = Some(wish.now);
    Ok(Outcome {
        status: "Provisioned",
        completed: Some(wish.now),
        target: Some(current.id),
        effect: Effect::Plan(current),
    })
}

fn ended(effect: Effect) -> Outcome {
    Outcome { status: "Revoked", completed: None, target: None, effect }
}

pub fn cancel_eligibility(call: &Call, tenant: &mut Tenant) -> Answer {
    cancel(call, tenant, true)
}

pub fn cancel_assignment(call: &Call, tenant: &mut Tenant) -> Answer {
    cancel(call, tenant, false)
}

/// Only what has not begun can be called off.
fn cancel(call: &Call, tenant: &mut Tenant, eligible: bool) -> Answer {
    let shelf = Plane::Directory.requests(eligible);
    let key = call.key(0).to_ascii_lowercase();
    let Some(mut request) = tenant.shelved(shelf, &key).cloned() else { return Err(Fault::missing(&key)) };
    if !matches!(request["status"].as_str(), Some("Granted" | "PendingAdminDecision")) {
        let status = request["status"].as_str().unwrap_or_default();
        return Err(Fault::bad(
            "InvalidRoleAssignmentRequest",
            format!("A request with the status '{status}' cannot be cancelled."),
        ));
    }
    let planned = tenant
        .schedules(Plane::Directory, eligible)
        .map(|(_, schedule)| schedule)
        .find(|schedule| schedule.request.to_string() == key && request["status"] == "Granted");
    if let Some(planned) = planned {
        tenant.end_schedule(&planned);
    }
    request["status"] = json!("Canceled");
    tenant.shelve(shelf, &key, request);
    Ok(Reply::empty(204))
}
