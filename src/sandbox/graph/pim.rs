//! Privileged Identity Management, asked: requests to be given a directory role for a time, or to take one.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::list;
use super::options::Options;
use super::properties::{text, value};
use super::{roles, schedules};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::requests::{Refusal, Wish, action};
use crate::sandbox::tenant::{Expiry, Kind, Period, Plane, Service, Tenant, map, written};

pub fn request_eligibility(call: &Call, tenant: &mut Tenant) -> Answer {
    request(call, tenant, true)
}

pub fn request_assignment(call: &Call, tenant: &mut Tenant) -> Answer {
    request(call, tenant, false)
}

fn refused(refusal: Refusal) -> Fault {
    Fault::bad(refusal.code, refusal.message)
}

fn request(call: &Call, tenant: &mut Tenant, eligible: bool) -> Answer {
    let body = call.body()?;
    let wish = read(call, tenant, &body, eligible)?;
    let outcome = tenant.judge(&wish).map_err(refused)?;
    let only_asked = value(&body, "isValidationOnly") == true;
    let mut item = map(json!({
        "id": wish.id.to_string(),
        "status": outcome.status,
        "createdDateTime": written(tenant.milliseconds()),
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
        tenant.shelve(shelf, &wish.id.to_string(), Value::Object(item.clone()));
        tenant.carry_out(Plane::Directory, outcome.effect);
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
    let action = action(given)
        .ok_or_else(|| Fault::bad("BadRequest", format!("Requested value '{given}' was not found.")))?;
    let period = Period::read(value(body, "scheduleInfo"), tenant.milliseconds())
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
    let object = object.filter(|object| tenant.sees(Service::Pim, object));
    let object = object.ok_or_else(|| refused(Refusal::subject()))?;
    roles::holder(tenant, &principal)?;
    let role = needed("roleDefinitionId")?;
    let role = roles::known_role(tenant, role).ok_or_else(|| refused(Refusal::role()))?;
    let scope = match (text(body, "directoryScopeId"), text(body, "appScopeId")) {
        (Some(scope), _) => scope,
        (None, Some("/")) => "/",
        _ => needed("directoryScopeId")?,
    };
    let scope = roles::scope_of(tenant, scope)
        .ok_or_else(|| Fault::bad("ResourceNotFound", "The resource is not found."))?;
    Ok(Wish {
        id: Uuid::new_v4(),
        plane: Plane::Directory,
        action,
        eligible,
        principal: object.id,
        role,
        scope,
        period,
        justified: text(body, "justification").is_some_and(|why| !why.trim().is_empty()),
        properties: Value::Null,
        covers: str::eq_ignore_ascii_case,
    })
}

pub fn cancel_eligibility(call: &Call, tenant: &mut Tenant) -> Answer {
    cancel(call, tenant, true)
}

pub fn cancel_assignment(call: &Call, tenant: &mut Tenant) -> Answer {
    cancel(call, tenant, false)
}

fn cancel(call: &Call, tenant: &mut Tenant, eligible: bool) -> Answer {
    match tenant.call_off(Plane::Directory, eligible, &call.key(0).to_ascii_lowercase()) {
        None => Err(Fault::missing(call.key(0))),
        Some(Ok(())) => Ok(Reply::empty(204)),
        Some(Err(status)) => Err(Fault::bad(
            "InvalidRoleAssignmentRequest",
            format!("A request with the status '{status}' cannot be cancelled."),
        )),
    }
}
