//! Role assignments: made once for each principal, role and scope; removed twice without complaint.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Fault;
use super::scope::Scope;
use super::{Answer, Call, definitions, values};
use crate::sandbox::http::Reply;
use crate::sandbox::odata::filter::{Argument, Filter, How};
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{AzureAssignment, Kind, Tenant};

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

fn shown(granted: &AzureAssignment) -> Value {
    let mut properties = json!({
        "roleDefinitionId": format!("{}/providers/Microsoft.Authorization/roleDefinitions/{}", subscription(&granted.scope), granted.role),
        "principalId": granted.principal.to_string(),
        "scope": granted.scope,
    });
    for (name, value) in granted.properties.as_object().into_iter().flatten() {
        properties[name] = value.clone();
    }
    json!({
        "properties": properties,
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", granted.scope.trim_end_matches('/'), granted.name),
        "type": "Microsoft.Authorization/roleAssignments",
        "name": granted.name.to_string(),
    })
}

/// The subscription that a scope lies in, as the start of an id.
fn subscription(scope: &str) -> String {
    scope.split('/').nth(2).map(|id| format!("/subscriptions/{id}")).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
}

pub fn put(call: &Call, tenant: &mut Tenant, scope: &Scope, name: &str) -> Answer {
    scope.permit(call, tenant, "Microsoft.Authorization/roleAssignments/write")?;
    let name = Uuid::try_parse(name).map_err(|_| {
        Fault::new(
            400,
            "InvalidRoleAssignmentId",
            format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."),
        )
    })?;
    let body: Value = serde_json::from_slice(&call.request.body).map_err(|_| {
        Fault::new(
            400,
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized.",
        )
    })?;
    let given = body.get("properties").or_else(|| body.get("Properties")).unwrap_or(&Value::Null);
    let needed = |name: &str| {
        text(given, name).ok_or_else(|| {
            Fault::new(
                400,
                "BadRequestFormat",
                format!("The request was incorrectly formatted: '{name}' is missing."),
            )
        })
    };
    let (role_id, principal_id) = (needed("roleDefinitionId")?, needed("principalId")?);
    let role =
        definitions::find(role_id).and_then(|role| Uuid::try_parse(role.id).ok()).ok_or_else(|| {
            let guid = role_id.rsplit('/').next().unwrap_or_default();
            Fault::new(
                400,
                "InvalidRoleDefinitionId",
                format!("The specified role definition with ID '{guid}' does not exist."),
            )
        })?;
    let found = Uuid::try_parse(principal_id).ok().and_then(|id| tenant.get(id));
    let principal = found.filter(|object| object.kind != Kind::Contact).ok_or_else(|| {
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
    let kind = match principal.kind {
        Kind::Group => "Group",
        Kind::ServicePrincipal => "ServicePrincipal",
        _ => "User",
    };
    if let Some(wanted) = text(given, "principalType")
        && !wanted.eq_ignore_ascii_case(kind)
    {
        let message = format!(
            "The PrincipalId '{}' has type '{kind}' , which is different from specified PrincipalType '{wanted}'.",
            principal.id.simple()
        );
        return Err(Fault::new(400, "UnmatchedPrincipalType", message));
    }
    let principal = principal.id;
    if let Some(before) = tenant.azure_assignments.get(&name.to_string()) {
        let same = before.role == role
            && before.principal == principal
            && before.scope.eq_ignore_ascii_case(scope.shown());
        return if same {
            Ok(Reply::ok(shown(before)))
        } else {
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            Err(Fault::new(400, "RoleAssignmentUpdateNotPermitted", message))
        };
    }
    let twin = tenant
        .azure_assignments
        .of(principal)
        .find(|granted| granted.role == role && granted.scope.eq_ignore_ascii_case(scope.shown()));
    if let Some(twin) = twin {
        let message = format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            twin.name.simple()
        );
        return Err(Fault::new(409, "RoleAssignmentExists", message));
    }
    let now = tenant.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string();
    let caller = call.caller.principal.to_string();
    let optional = |name: &str| text(given, name).map_or(Value::Null, Value::from);
    let properties = json!({
        "principalType": kind,
        "condition": optional("condition"),
        "conditionVersion": optional("conditionVersion"),
        "createdOn": now,
        "updatedOn": now,
        "createdBy": caller,
        "updatedBy": caller,
        "delegatedManagedIdentityResourceId": null,
        "description": optional("description"),
    });
    let granted =
        AzureAssignment { name, principal, role, scope: scope.shown().to_owned(), sequence: 0, properties };
    let answer = shown(&granted);
    tenant.grant_azure_role(granted);
    Ok(Reply::json(201, answer))
}

pub fn get(call: &Call, tenant: &Tenant, scope: &Scope, name: &str) -> Answer {
    scope.permit(call, tenant, "Microsoft.Authorization/roleAssignments/read")?;
    at(tenant, scope, name).map(|granted| Reply::ok(shown(granted))).ok_or_else(|| {
        Fault::new(404, "RoleAssignmentNotFound", format!("The role assignment '{name}' is not found."))
    })
}

fn at<'a>(tenant: &'a Tenant, scope: &Scope, name: &str) -> Option<&'a AzureAssignment> {
    let name = Uuid::try_parse(name).ok()?;
    let granted = tenant.azure_assignments.get(&name.to_string())?;
    granted.scope.eq_ignore_ascii_case(scope.shown()).then_some(granted)
}

pub fn delete(call: &Call, tenant: &mut Tenant, scope: &Scope, name: &str) -> Answer {
    scope.permit(call, tenant, "Microsoft.Authorization/roleAssignments/delete")?;
    let Some(granted) = at(tenant, scope, name) else { return Ok(Reply::empty(204)) };
    let owners = |tenant: &Tenant, scope: &str| {
        let all = tenant.azure_assignments.iter();
        all.filter(|other| other.role.to_string() == OWNER && other.scope.eq_ignore_ascii_case(scope)).count()
    };
    let at_subscription = granted.scope == subscription(&granted.scope);
    if at_subscription && granted.role.to_string() == OWNER && owners(tenant, &granted.scope) == 1 {
        return Err(Fault::new(
            400,
            "RoleAssignmentDeleteNotPermitted",
            "Cannot delete the last RBAC admin assignment.",
        ));
    }
    let name = granted.name;
    match tenant.revoke_azure_role(name) {
        Some(granted) => Ok(Reply::ok(shown(&granted))),
        None => Ok(Reply::empty(204)),
    }
}

/// What `$filter` of the list asks for.
#[derive(Default)]
struct Wish {
    at_scope: bool,
    principal: Option<Uuid>,
    assigned_to: Option<Uuid>,
}

pub fn list(call: &Call, tenant: &Tenant, scope: &Scope) -> Answer {
    scope.permit(call, tenant, "Microsoft.Authorization/roleAssignments/read")?;
    let mut wish = Wish::default();
    if let Some(text) = call.request.option("$filter").map(str::trim).filter(|text| !text.is_empty()) {
        let filter = grammar::parse(text).ok_or_else(|| Fault::filter(text))?;
        read(&filter, &mut wish).ok_or_else(|| Fault::filter(text))?;
    }
    let mut principals = Vec::new();
    if let Some(id) = wish.assigned_to {
        let object = tenant.get(id);
        if object.is_some_and(|object| object.kind == Kind::Group) {
            return Err(Fault::filter("assignedTo() of a group"));
        }
        principals.push(id);
        principals.extend(
            object.map(|object| tenant.all_groups_of(object)).unwrap_or_default().iter().map(|(_, g)| g.id),
        );
    }
    principals.extend(wish.principal);
    let everybody = wish.assigned_to.is_none() && wish.principal.is_none();
    let candidates: Vec<&AzureAssignment> = if everybody {
        tenant.azure_assignments.iter().collect()
    } else {
        principals.iter().flat_map(|principal| tenant.azure_assignments.of(*principal)).collect()
    };
    let found = candidates.into_iter().filter(|granted| {
        // At the scope or above it; below it only when nothing says otherwise.
        scope.is_within(&granted.scope)
            || (!wish.at_scope && Scope(granted.scope.clone()).is_within(&scope.0))
    });
    Ok(values(found.map(shown).collect()))
}

fn read(filter: &Filter, wish: &mut Wish) -> Option<()> {
    match filter {
        Filter::And(left, right) => {
            read(left, wish)?;
            read(right, wish)
        }
        Filter::Call { name, arguments } => match (name.as_str(), arguments.as_slice()) {
            ("atscope", []) => {
                wish.at_scope = true;
                Some(())
            }
            ("assignedto", [Argument::Literal(id)]) => {
                wish.assigned_to = Some(Uuid::try_parse(id.text()?).ok()?);
                Some(())
            }
            _ => None,
        },
        Filter::Compare { path, how: How::Eq, value }
            if path.len() == 1 && path[0].eq_ignore_ascii_case("principalId") =>
        {
            wish.principal = Some(Uuid::try_parse(value.text()?).ok()?);
            Some(())
        }
        _ => None,
    }
}
