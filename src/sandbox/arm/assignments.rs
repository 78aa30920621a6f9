//! Role assignments: made once for each principal, role and scope; removed twice without complaint.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Fault;
use super::paging::values;
use super::scope::{Scope, subscription_of};
use super::wish::Wish;
use super::{Answer, Call, definitions};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{AzureAssignment, Kind, Object, Plane, Service, Tenant, field};

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

fn shown(call: &Call, granted: &AzureAssignment) -> Value {
    let mut properties = json!({
        "roleDefinitionId": definitions::id_at(&granted.scope, granted.role),
        "principalId": granted.principal.to_string(),
        "scope": granted.scope,
    });
    // Older versions know less of an assignment.
    let unknown: &[&str] = match call.version {
        version if version < "2018-09-01" => &["principalType"],
        _ => &[],
    };
    let later = ["condition", "conditionVersion", "description", "delegatedManagedIdentityResourceId"];
    for (name, value) in granted.properties.as_object().into_iter().flatten() {
        let hidden = unknown.contains(&name.as_str())
            || (call.version < "2020-03-01" && later.contains(&name.as_str()));
        if !hidden {
            properties[name] = value.clone();
        }
    }
    json!({
        "properties": properties,
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", granted.scope.trim_end_matches('/'), granted.name),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": granted.name.to_string(),
    })
}

/// What an assignment is to be, all of it looked up.
struct Wanted {
    role: Uuid,
    principal: Uuid,
    kind: &'static str,
    optional: Value,
}

/// `principalType` as Azure names kinds.
pub fn kind_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Group => "Group",
        Kind::ServicePrincipal => "ServicePrincipal",
        _ => "User",
    }
}

fn read(call: &Call, tenant: &Tenant) -> Result<Wanted, Fault> {
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| Fault::content())?;
    let given = field(&body, "properties");
    let needed = |name: &str| {
        field(given, name).as_str().ok_or_else(|| {
            Fault::new(
                400,
                "BadRequestFormat",
                format!("The request was incorrectly formatted: '{name}' is missing."),
            )
        })
    };
    let (role_id, principal_id) = (needed("roleDefinitionId")?, needed("principalId")?);
    let role = definitions::find(tenant, role_id).ok_or_else(|| definitions::unknown(role_id))?;
    let wanted_kind = field(given, "principalType").as_str();
    let found = Uuid::try_parse(principal_id).ok().and_then(|id| tenant.get(id));
    let found =
        found.filter(|object| matches!(object.kind, Kind::User | Kind::Group | Kind::ServicePrincipal));
    // Told what the principal is, Azure does not look it up in its own, late copy; but a group it does.
    let seen = |object: &&Object| {
        tenant.sees(Service::Azure, object) || (wanted_kind.is_some() && object.kind != Kind::Group)
    };
    let principal = found.filter(seen).ok_or_else(|| {
        let shown = principal_id.replace('-', "");
        Fault::new(
            400,
            "PrincipalNotFound",
            format!(
                "Principal {shown} does not exist in the directory {}. Check that you have the correct principal ID. If \
                 you are creating this principal and then immediately assigning a role, this error might be related to \
                 a replication delay. In this case, set the role assignment principalType property to a value, such as \
                 ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype",
                tenant.profile.tenant_id
            ),
        )
    })?;
    let kind = kind_of(principal.kind);
    if let Some(wanted) = wanted_kind
        && !wanted.eq_ignore_ascii_case(kind)
    {
        let message = format!(
            "The PrincipalId '{}' has type '{kind}' , which is different from specified PrincipalType '{wanted}'.",
            principal.id.simple()
        );
        return Err(Fault::new(400, "UnmatchedPrincipalType", message));
    }
    let mut optional = json!({});
    for name in ["condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description"] {
        optional[name] = field(given, name).clone();
    }
    Ok(Wanted { role, principal: principal.id, kind, optional })
}

/// The assignment of this name, if the same is wanted again; refused when something stands against it.
fn before<'a>(
    tenant: &'a Tenant,
    scope: &Scope,
    name: Uuid,
    wanted: &Wanted,
) -> Result<Option<&'a AzureAssignment>, Fault> {
    let is_it = |granted: &AzureAssignment| {
        granted.role == wanted.role
            && granted.principal == wanted.principal
            && granted.scope.eq_ignore_ascii_case(scope.shown())
    };
    if let Some(before) = tenant.azure_assignments.get(&name.to_string()) {
        if is_it(before) {
            return Ok(Some(before));
        }
        let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(Fault::new(400, "RoleAssignmentUpdateNotPermitted", message));
    }
    match tenant.azure_assignments.of(wanted.principal).find(|granted| is_it(granted)) {
        None => Ok(None),
        Some(twin) => Err(Fault::new(
            409,
            "RoleAssignmentExists",
            format!(
                "The role assignment already exists. The ID of the existing role assignment is {}.",
                twin.name.simple()
            ),
        )),
    }
}

fn guid(name: &str) -> Result<Uuid, Fault> {
    Uuid::try_parse(name).map_err(|_| {
        Fault::new(
            400,
            "InvalidRoleAssignmentId",
            format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."),
        )
    })
}

pub fn put(call: &Call, tenant: &mut Tenant, scope: &Scope, name: &str) -> Answer {
    let name = guid(name)?;
    let wanted = read(call, tenant)?;
    let now = moment(tenant);
    let caller = call.caller.principal.to_string();
    let mut properties = wanted.optional.clone();
    properties["principalType"] = json!(wanted.kind);
    properties["updatedOn"] = json!(now);
    properties["updatedBy"] = json!(caller);
    if let Some(before) = before(tenant, scope, name, &wanted)? {
        let changed = wanted.optional.as_object().into_iter().flatten();
        let changed = changed.clone().any(|(name, value)| before.properties[name] != *value);
        if !changed {
            return Ok(Reply::ok(shown(call, before)));
        }
        properties["createdOn"] = before.properties["createdOn"].clone();
        properties["createdBy"] = before.properties["createdBy"].clone();
        tenant.amend_azure_role(name, properties);
        let amended = tenant.azure_assignments.get(&name.to_string());
        return Ok(Reply::ok(amended.map_or(Value::Null, |granted| shown(call, granted))));
    }
    properties["createdOn"] = json!(now);
    properties["createdBy"] = json!(caller);
    let granted = AzureAssignment {
        name,
        principal: wanted.principal,
        role: wanted.role,
        scope: scope.shown().to_owned(),
        sequence: 0,
        properties,
    };
    let answer = shown(call, &granted);
    tenant.grant_azure_role(granted);
    Ok(Reply::json(201, answer))
}

/// Now, in as many digits as Azure writes.
pub fn moment(tenant: &Tenant) -> String {
    tenant.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string()
}

/// What `put` would say, without doing it.
pub fn validate(call: &Call, tenant: &Tenant, scope: &Scope, name: &str) -> Answer {
    let verdict = guid(name)
        .and_then(|name| Ok((name, read(call, tenant)?)))
        .and_then(|(name, wanted)| before(tenant, scope, name, &wanted).map(|_| ()));
    Ok(Reply::ok(match verdict {
        Ok(()) => json!({ "isValid": true }),
        Err(fault) => {
            json!({ "isValid": false, "errorInfo": { "code": fault.code, "message": fault.message } })
        }
    }))
}

/// Whoever administers the whole directory may make themselves administrator of access to all of Azure.
pub fn elevate(call: &Call, tenant: &mut Tenant) -> Answer {
    let caller = tenant.get(call.caller.principal);
    let held = caller.map(|caller| tenant.directory_grants_of(caller)).unwrap_or_default();
    let global =
        held.iter().any(|granted| granted.scope == "/" && granted.role.to_string() == GLOBAL_ADMINISTRATOR);
    if !global {
        let action = "Microsoft.Authorization/elevateAccess/action";
        return Err(Fault::denied(&call.caller.called(), &call.caller.principal.to_string(), action, "/"));
    }
    let role = Uuid::try_parse(ACCESS_ADMINISTRATOR).unwrap_or_default();
    let principal = call.caller.principal;
    let held =
        tenant.azure_assignments.of(principal).any(|granted| granted.role == role && granted.scope == "/");
    if !held {
        let kind = tenant.get(principal).map_or("ServicePrincipal", |caller| kind_of(caller.kind));
        let (now, caller) = (moment(tenant), principal.to_string());
        tenant.grant_azure_role(AzureAssignment {
            name: Uuid::new_v4(),
            principal,
            role,
            scope: "/".to_owned(),
            sequence: 0,
            properties: json!({
                "principalType": kind, "condition": null, "conditionVersion": null, "description": null,
                "delegatedManagedIdentityResourceId": null,
                "createdOn": now, "updatedOn": now, "createdBy": caller, "updatedBy": caller,
            }),
        });
    }
    Ok(Reply::empty(200))
}

pub fn get(call: &Call, tenant: &Tenant, scope: &Scope, name: &str) -> Answer {
    at(tenant, scope, name).map(|granted| Reply::ok(shown(call, granted))).ok_or_else(|| {
        Fault::new(404, "RoleAssignmentNotFound", format!("The role assignment '{name}' is not found."))
    })
}

fn at<'a>(tenant: &'a Tenant, scope: &Scope, name: &str) -> Option<&'a AzureAssignment> {
    let name = Uuid::try_parse(name).ok()?;
    let granted = tenant.azure_assignments.get(&name.to_string())?;
    granted.scope.eq_ignore_ascii_case(scope.shown()).then_some(granted)
}

pub fn delete(call: &Call, tenant: &mut Tenant, scope: &Scope, name: &str) -> Answer {
    let Some(granted) = at(tenant, scope, name) else { return Ok(Reply::empty(204)) };
    let owners = |tenant: &Tenant, scope: &str| {
        let all = tenant.azure_assignments.iter();
        all.filter(|other| other.role.to_string() == OWNER && other.scope.eq_ignore_ascii_case(scope)).count()
    };
    let at_subscription = granted.scope == subscription_of(&granted.scope);
    if at_subscription && granted.role.to_string() == OWNER && owners(tenant, &granted.scope) == 1 {
        return Err(Fault::new(
            400,
            "RoleAssignmentDeleteNotPermitted",
            "Cannot delete the last RBAC admin assignment.",
        ));
    }
    let (name, answer) = (granted.name, shown(call, granted));
    let scheduled = tenant
        .schedules(Plane::Azure, false)
        .map(|(_, schedule)| schedule)
        .find(|schedule| schedule.assignment.as_deref() == Some(name.to_string().as_str()));
    match scheduled {
        Some(schedule) => tenant.end_schedule(&schedule),
        None => {
            tenant.revoke_azure_role(name);
        }
    }
    Ok(Reply::ok(answer))
}

pub fn list(call: &Call, tenant: &Tenant, scope: &Scope) -> Answer {
    let wish = Wish::read(call, &[])?;
    let candidates: Vec<&AzureAssignment> = match wish.principals(call, tenant)? {
        None => tenant.azure_assignments.iter().collect(),
        Some(all) => all.iter().flat_map(|principal| tenant.azure_assignments.of(*principal)).collect(),
    };
    let found = candidates.into_iter().filter(|granted| wish.reaches(scope, &granted.scope));
    values(call, found.map(|granted| shown(call, granted)).collect())
}
