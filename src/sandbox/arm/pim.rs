//! Privileged Identity Management for Azure, asked: requests to be given a role for a time, or to take one.

use serde_json::{Value, json};
use uuid::Uuid;

use super::assignments::{kind_of, moment};
use super::fault::Fault;
use super::schedules;
use super::scope::{Place, Scope, covers};
use super::{Answer, Call, definitions};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::requests::{Refusal, Wish, action};
use crate::sandbox::tenant::{Expiry, Kind, Period, Plane, Service, Tenant, field, written};

fn refused(refusal: Refusal) -> Fault {
    Fault::new(400, refusal.code, refusal.message)
}

/// Makes a request under a name of the caller's choice. With `only_asked` it is judged and forgotten.
pub fn put(
    call: &Call,
    tenant: &mut Tenant,
    place: Place,
    name: &str,
    eligible: bool,
    only_asked: bool,
) -> Answer {
    let scope = place.open()?;
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| Fault::content())?;
    let given = field(&body, "properties");
    let wish = read(call, tenant, &scope, name, given, eligible)?;
    let shelf = Plane::Azure.requests(eligible);
    if !only_asked && tenant.shelved(shelf, &wish.id.to_string()).is_some() {
        let message = format!("A request with the name '{}' exists already.", wish.id);
        return Err(Fault::new(409, "RoleAssignmentRequestExists", message));
    }
    let outcome = tenant.judge(&wish).map_err(refused)?;
    let target = outcome.target.map(|target| target.to_string());
    let kind = if eligible { "Eligibility" } else { "Assignment" };
    let mut action = wish.action.to_owned();
    action[..1].make_ascii_uppercase();
    let mut properties = json!({
        format!("targetRole{kind}ScheduleId"): target,
        format!("targetRole{kind}ScheduleInstanceId"): null,
        "scope": wish.scope,
        "roleDefinitionId": definitions::id_at(&wish.scope, wish.role),
        "principalId": wish.principal.to_string(),
        "principalType": wish.properties["principalType"],
        "requestType": action,
        "status": outcome.status,
        "approvalId": null,
        "scheduleInfo": shown(&wish.period),
        "ticketInfo": {
            "ticketNumber": field(field(given, "ticketInfo"), "ticketNumber"),
            "ticketSystem": field(field(given, "ticketInfo"), "ticketSystem"),
        },
        "justification": field(given, "justification"),
        "requestorId": call.caller.principal.to_string(),
        "createdOn": moment(tenant),
        "condition": field(given, "condition"),
        "conditionVersion": field(given, "conditionVersion"),
    });
    if !eligible {
        let linked = field(given, "linkedRoleEligibilityScheduleId");
        if !linked.is_null() {
            properties["linkedRoleEligibilityScheduleId"] = linked.clone();
        }
    }
    if !only_asked {
        tenant.shelve(shelf, &wish.id.to_string(), properties.clone());
        tenant.carry_out(Plane::Azure, outcome.effect);
    }
    let answer = schedules::request_shown(tenant, eligible, &wish.id.to_string(), &properties);
    Ok(Reply::json(if only_asked { 200 } else { 201 }, answer))
}

/// `scheduleInfo` as the service gives it back: what was asked, in its spelling.
fn shown(period: &Period) -> Value {
    let kind = match period.expiry {
        Expiry::Never => "NoExpiration",
        Expiry::AtMoment => "AfterDateTime",
        Expiry::AfterDuration => "AfterDuration",
    };
    let start = period.wanted_start.map_or_else(|| written(period.start), |at| json!(at.to_string()));
    json!({
        "startDateTime": start,
        "expiration": {
            "type": kind,
            "endDateTime": period.wanted_end.map(|at| at.to_string()),
            "duration": period.duration,
        },
    })
}

fn read(
    call: &Call,
    tenant: &Tenant,
    scope: &Scope,
    name: &str,
    given: &Value,
    eligible: bool,
) -> Result<Wish, Fault> {
    let invalid = |message: String| Fault::new(400, "InvalidRequest", message);
    let id = Uuid::try_parse(name)
        .map_err(|_| invalid(format!("The name '{name}' of the request is not a GUID.")))?;
    let needed = |name: &str| {
        field(given, name).as_str().ok_or_else(|| invalid(format!("The property '{name}' is missing.")))
    };
    let asked = needed("requestType")?;
    let action = action(asked).ok_or_else(|| invalid(format!("The request type '{asked}' is unknown.")))?;
    let principal = needed("principalId")?;
    let by_itself = action.starts_with("self");
    let caller = call.caller.principal;
    if by_itself {
        let is_person = tenant.get(caller).is_some_and(|caller| caller.kind == Kind::User);
        if !(is_person && principal.eq_ignore_ascii_case(&caller.to_string())) {
            let message = format!("The requestor {caller} does not have permissions for this request.");
            return Err(Fault::new(403, "InsufficientPermissions", message));
        }
    } else {
        let kind = if eligible { "roleEligibility" } else { "roleAssignment" };
        scope.permit(call, tenant, &format!("Microsoft.Authorization/{kind}ScheduleRequests/write"))?;
    }
    let period = Period::read(field(given, "scheduleInfo"), tenant.milliseconds())
        .ok_or_else(|| invalid("The schedule of the request cannot be read.".to_owned()))?;
    let object = Uuid::try_parse(principal).ok().and_then(|id| tenant.get(id));
    let object = object
        .filter(|object| matches!(object.kind, Kind::User | Kind::Group | Kind::ServicePrincipal))
        .filter(|object| tenant.sees(Service::Pim, object))
        .ok_or_else(|| refused(Refusal::subject()))?;
    let role =
        definitions::find(tenant, needed("roleDefinitionId")?).ok_or_else(|| refused(Refusal::role()))?;
    let now = moment(tenant);
    Ok(Wish {
        id,
        plane: Plane::Azure,
        action,
        eligible,
        principal: object.id,
        role,
        scope: scope.shown().to_owned(),
        period,
        justified: true,
        properties: json!({
            "principalType": kind_of(object.kind),
            "condition": field(given, "condition"),
            "conditionVersion": field(given, "conditionVersion"),
            "createdOn": now,
            "updatedOn": now,
            "createdBy": caller.to_string(),
            "updatedBy": caller.to_string(),
            "delegatedManagedIdentityResourceId": null,
            "description": null,
        }),
        covers,
    })
}

pub fn cancel(call: &Call, tenant: &mut Tenant, place: Place, name: &str, eligible: bool) -> Answer {
    let scope = place.open()?;
    let key = name.to_ascii_lowercase();
    let own = tenant
        .shelved(Plane::Azure.requests(eligible), &key)
        .is_some_and(|request| request["requestorId"] == call.caller.principal.to_string().as_str());
    if !own {
        let kind = if eligible { "roleEligibility" } else { "roleAssignment" };
        scope.permit(
            call,
            tenant,
            &format!("Microsoft.Authorization/{kind}ScheduleRequests/cancel/action"),
        )?;
    }
    match tenant.call_off(Plane::Azure, eligible, &key) {
        None => Err(schedules::missing(name)),
        Some(Ok(())) => Ok(Reply::empty(200)),
        Some(Err(status)) => Err(Fault::new(
            400,
            "InvalidRoleAssignmentRequest",
            format!("A request with the status '{status}' cannot be cancelled."),
        )),
    }
}
