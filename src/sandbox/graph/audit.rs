//! The audit log of the directory: written at the one place that every change through Graph passes, read under
//! `/auditLogs`. Sign-ins are noted where people sign in and only read here.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::activities::CALLS;
use super::call::{Answer, Call, Fault};
use super::list::entity_of;
use super::navigation::{pointed_at, subject};
use super::properties::{text, value};
use super::{Route, roles};
use crate::sandbox::http::Content;
use crate::sandbox::tenant::{Audit, Initiator, Kind, Object, Target, Tenant, Word};

/// What an entry tells of: how its targets are found, before the change or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The object in the address.
    Subject,
    /// The object in the address, with what the body changes of it.
    Changed,
    /// The object that the answer shows.
    Made,
    /// The user that an invitation made or found.
    Invited,
    /// The second object in the address.
    Second,
    /// The object that the body points at, and the one in the address.
    Joined,
    /// The second object in the address, and the first.
    Left,
    /// An object in the bin.
    Binned,
    /// The principal and the role that the body names.
    Role,
    /// The principal and the role of an assignment.
    Unassigned,
    /// The application and the one who is given its role.
    AppRole,
    /// Something that is no object, of this type.
    Named(&'static str),
}

type Write = fn(&Call, &mut Tenant) -> Answer;

/// Makes a change and notes it. Refusals leave no trace, but for those of invitations.
pub fn written(route: &'static Route, call: &Call, tenant: &mut Tenant, run: Write) -> Answer {
    let Some((name, about)) = logged(route) else { return run(call, tenant) };
    let before = before(call, tenant, about);
    let mark = tenant.mark();
    let answer = run(call, tenant);
    match &answer {
        Ok(reply) => {
            let body = match &reply.content {
                Content::Json(body) => body,
                _ => &Value::Null,
            };
            note(call, tenant, name, about, before, body, mark);
        }
        Err(fault) if about == About::Invited => {
            let mut audit = entry(call, tenant, name.into());
            audit.failure = Some(fault.message.clone().into());
            if let Some(address) =
                call.body().ok().and_then(|body| text(&body, "invitedUserEmailAddress").map(Box::from))
            {
                audit.details.push(("invitedUserEmailAddress".into(), address));
            }
            tenant.note(audit);
        }
        Err(_) => {}
    }
    answer
}

fn logged(route: &'static Route) -> Option<(&'static str, About)> {
    type Known = HashMap<(&'static str, &'static str), (&'static str, About)>;
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        CALLS.iter().map(|(method, path, name, about)| ((*method, *path), (*name, *about))).collect()
    });
    known.get(&(route.method, route.path)).copied()
}

fn entry(call: &Call, tenant: &Tenant, activity: Word) -> Audit {
    let caller = tenant.get(call.caller.principal);
    let person = caller.filter(|object| object.kind == Kind::User);
    Audit {
        at: tenant.clock.now().as_millisecond(),
        activity,
        correlation: Uuid::try_parse(&call.request.client_id).unwrap_or(call.request.id),
        by: Initiator {
            id: call.caller.principal,
            name: caller.and_then(|object| object.text("displayName")).unwrap_or_default().into(),
            upn: person.and_then(|object| object.text("userPrincipalName")).map(Box::from),
        },
        failure: None,
        targets: Vec::new(),
        details: Vec::new(),
    }
}

/// An object as the log speaks of it.
pub fn target(object: &Object) -> Target {
    let kind = match object.kind {
        Kind::User => "User",
        Kind::Group => "Group",
        Kind::ServicePrincipal => "ServicePrincipal",
        Kind::Application => "Application",
        Kind::Contact => "Contact",
        Kind::AdministrativeUnit => "AdministrativeUnit",
    };
    Target {
        id: Some(object.id),
        kind: kind.into(),
        name: object.text("displayName").map(Box::from),
        upn: object.text("userPrincipalName").map(Box::from),
        unified: (object.kind == Kind::Group).then(|| object.is_unified()),
        changes: Vec::new(),
    }
}

fn boxed(value: &Value) -> Option<Box<str>> {
    (!value.is_null()).then(|| value.to_string().into())
}

/// A value as the log writes it: in brackets.
fn bracketed(value: Option<&Value>) -> Option<Box<str>> {
    match value {
        None | Some(Value::Null) => Some("[]".into()),
        Some(Value::Array(items)) => Some(Value::Array(items.clone()).to_string().into()),
        Some(found) => Some(format!("[{found}]").into()),
    }
}

/// Property names start with a capital in the log.
fn capital(name: &str) -> Word {
    let mut name = name.to_owned();
    // A name may be anything that a caller made up.
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name.into()
}

/// What can be said only before the change is made.
fn before(call: &Call, tenant: &Tenant, about: About) -> Vec<Target> {
    let second = || Uuid::try_parse(call.key(1)).ok().and_then(|id| tenant.get(id)).map(target);
    let first = || subject(call, tenant).ok().map(target);
    match about {
        About::Subject => first().into_iter().collect(),
        About::Changed => {
            subject(call, tenant).ok().map(|object| changed(call, object)).into_iter().collect()
        }
        About::Second => second().into_iter().collect(),
        About::Left => {
            second().into_iter().chain(first().or_else(|| role_in_address(call, tenant))).collect()
        }
        About::Joined => {
            let body = call.body().unwrap_or_default();
            let member =
                body.get("@odata.id").and_then(Value::as_str).and_then(|to| pointed_at(tenant, to).ok());
            let member = member.and_then(|id| tenant.get(id)).map(target);
            member.into_iter().chain(first().or_else(|| role_in_address(call, tenant))).collect()
        }
        About::Binned => Uuid::try_parse(call.key(0))
            .ok()
            .and_then(|id| tenant.binned(id))
            .map(target)
            .into_iter()
            .collect(),
        About::Unassigned => {
            let granted = tenant.directory_assignments.get(call.key(0));
            let holder = granted.and_then(|granted| tenant.get(granted.principal)).map(target);
            let role = granted.and_then(|granted| role_target(tenant, granted.role));
            holder.into_iter().chain(role).collect()
        }
        About::AppRole => app_role(call, tenant),
        About::Named(_) | About::Made | About::Invited | About::Role => Vec::new(),
    }
}

fn changed(call: &Call, object: &Object) -> Target {
    let mut found = target(object);
    let body = call.body().unwrap_or_default();
    let entity = entity_of(object.kind);
    let mut names = Vec::with_capacity(body.len());
    for (name, new) in body.iter().filter(|(name, _)| !name.contains('@')) {
        let Some(property) = entity.property(name) else { continue };
        let name = capital(property.name);
        names.push(name.clone());
        let (old, new) = if property.name == "passwordProfile" {
            (None, None)
        } else {
            (bracketed(object.properties.get(property.name)), bracketed(Some(new)))
        };
        found.changes.push((name, old, new));
    }
    included(&mut found, &names);
    found
}

fn included(target: &mut Target, names: &[Word]) {
    if !names.is_empty() {
        target.changes.push(("Included Updated Properties".into(), None, boxed(&json!(names.join(", ")))));
    }
}

fn role_target(tenant: &Tenant, role: Uuid) -> Option<Target> {
    let known = roles::as_directory_role(tenant, role)?;
    Some(Target {
        id: known["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()),
        kind: "Role".into(),
        name: known["displayName"].as_str().map(Box::from),
        changes: vec![
            ("Role.ObjectID".into(), None, boxed(&known["id"])),
            ("Role.DisplayName".into(), None, boxed(&known["displayName"])),
            ("Role.TemplateId".into(), None, boxed(&known["roleTemplateId"])),
        ],
        ..Target::default()
    })
}

/// `/directoryRoles/{id}` and `/directoryRoles(roleTemplateId='...')`.
fn role_in_address(call: &Call, tenant: &Tenant) -> Option<Target> {
    let key = call.key(0).split_once('=').map_or(call.key(0), |(_, id)| id.trim_matches('\''));
    let id = Uuid::try_parse(key).ok()?;
    let by_id = tenant.directory_assignments.iter().map(|granted| granted.role).find(|role| {
        roles::as_directory_role(tenant, *role).is_some_and(|known| known["id"] == id.to_string().as_str())
    });
    role_target(tenant, by_id.unwrap_or(id))
}

fn app_role(call: &Call, tenant: &Tenant) -> Vec<Target> {
    let body = call.body().unwrap_or_default();
    let id = |name: &str| text(&body, name).and_then(|id| Uuid::try_parse(id).ok());
    let (principal, resource) = match tenant.app_role_assignments.get(call.key(1)) {
        Some(granted) => (Some(granted.principal), Some(granted.resource)),
        None => (id("principalId"), id("resourceId")),
    };
    let object = |id: Option<Uuid>| id.and_then(|id| tenant.get(id)).map(target);
    object(resource).into_iter().chain(object(principal)).collect()
}

/// The full name of an entry whose name depends on what it was done to.
fn named(name: &'static str, about: About, targets: &[Target], body: &Map<String, Value>) -> Word {
    let kind = |at: usize| targets.get(at).map_or("", |target| &*target.kind);
    match about {
        About::AppRole => {
            let adding = name.starts_with("Add");
            match (kind(1), adding) {
                ("User", true) => "Add app role assignment grant to user",
                ("User", false) => "Remove app role assignment from user",
                ("Group", true) => "Add app role assignment to group",
                ("Group", false) => "Remove app role assignment from group",
                (_, true) => "Add app role assignment to service principal",
                (_, false) => "Remove app role assignment from service principal",
            }
        }
        About::Binned => match (kind(0), name.starts_with("Restore")) {
            ("Group", true) => "Restore Group",
            ("Group", false) => "Hard Delete group",
            ("Application", true) => "Restore application",
            ("Application", false) => "Hard Delete application",
            ("ServicePrincipal", true) => "Restore service principal",
            ("ServicePrincipal", false) => "Hard delete service principal",
            _ => name,
        },
        About::Role
            if text(body, "action").is_some_and(|action| action.to_ascii_lowercase().ends_with("remove")) =>
        {
            if name.contains("eligible") {
                "Remove eligible member from role"
            } else {
                "Remove member from role"
            }
        }
        _ => name,
    }
    .into()
}

fn note(
    call: &Call,
    tenant: &mut Tenant,
    name: &'static str,
    about: About,
    mut targets: Vec<Target>,
    answer: &Value,
    mark: u64,
) {
    let id_in = |value: &Value| value.as_str().and_then(|id| Uuid::try_parse(id).ok());
    let made = |tenant: &Tenant, id: &Value| id_in(id).and_then(|id| tenant.get(id)).map(born);
    // Only what the body decides needs it read again.
    let body = match about {
        About::Role | About::Named(_) | About::Changed | About::Invited => call.body().unwrap_or_default(),
        _ => Map::new(),
    };
    match about {
        About::Made => targets.extend(made(tenant, &answer["id"])),
        About::Role => {
            let holder = id_in(value(&body, "principalId")).and_then(|id| tenant.get(id)).map(target);
            let role = id_in(value(&body, "roleDefinitionId")).and_then(|role| role_target(tenant, role));
            targets.extend(holder.into_iter().chain(role));
        }
        About::Named(kind) => {
            let shown = ["displayName", "tenantId", "id"].iter().find_map(|name| answer[*name].as_str());
            let shown = shown.or_else(|| text(&body, "displayName")).or_else(|| call.keys.first().copied());
            targets.push(Target {
                id: id_in(&answer["id"]).or_else(|| Uuid::try_parse(call.key(0)).ok()),
                kind: kind.into(),
                name: shown.map(Box::from),
                changes: body
                    .iter()
                    .filter(|(name, _)| !name.contains('@'))
                    .map(|(name, new)| (capital(name), None, boxed(new)))
                    .collect(),
                ..Target::default()
            });
        }
        _ => {}
    }
    let mut audit = entry(call, tenant, named(name, about, &targets, &body));
    match about {
        About::Invited => {
            let id = id_in(&answer["invitedUser"]["id"]);
            let guest = id.and_then(|id| tenant.get(id));
            if let Some(guest) = guest {
                if guest.sequence > mark {
                    let mut added = audit.clone();
                    added.activity = "Add user".into();
                    added.targets = vec![born(guest)];
                    tenant.note(added);
                }
                targets.extend(id.and_then(|id| tenant.get(id)).map(target));
            }
            let told = [
                ("oid", id.map(|id| id.to_string())),
                ("InvitationId", answer["id"].as_str().map(str::to_owned)),
            ];
            audit.details.extend(
                told.into_iter()
                    .filter_map(|(name, value)| Some((Word::from(name), value?.into_boxed_str()))),
            );
            let address = text(&body, "invitedUserEmailAddress").unwrap_or_default();
            audit.details.push(("invitedUserEmailAddress".into(), address.into()));
        }
        About::Joined | About::Left => relate(&mut targets, about),
        About::Changed => {
            let ways =
                [("members@odata.bind", "Add member to group"), ("owners@odata.bind", "Add owner to group")];
            let bound = |(name, activity)| {
                let list = value(&body, name).as_array().into_iter().flatten().filter_map(Value::as_str);
                list.map(move |to| (to, activity))
            };
            for (to, activity) in ways.into_iter().flat_map(bound) {
                let Ok(member) = pointed_at(tenant, to) else { continue };
                let mut joined = audit.clone();
                joined.activity = activity.into();
                joined.targets =
                    tenant.get(member).map(target).into_iter().chain(targets.first().cloned()).collect();
                joined.targets.iter_mut().for_each(|target| target.changes.clear());
                relate(&mut joined.targets, About::Joined);
                tenant.note(joined);
            }
            if targets.first().is_some_and(|target| target.changes.is_empty()) {
                return;
            }
            if let (Some(user), Value::Bool(enabled)) = (targets.first(), value(&body, "accountEnabled"))
                && user.kind == "User"
            {
                let mut switched = audit.clone();
                switched.activity = if *enabled { "Enable account" } else { "Disable account" }.into();
                switched.targets = vec![Target { changes: Vec::new(), ..user.clone() }];
                let change = user.changes.iter().find(|(name, ..)| name == "AccountEnabled");
                switched.targets[0].changes.extend(change.cloned());
                tenant.note(switched);
            }
        }
        About::Subject if name.starts_with("Delete") => {
            if let Some(target) = targets.first_mut() {
                target.changes.push(("Is Hard Deleted".into(), None, boxed(&json!("False"))));
            }
        }
        _ => {}
    }
    audit.targets = targets;
    tenant.note(audit);
}

/// A new object with what it was made from.
fn born(object: &Object) -> Target {
    let mut found = target(object);
    let told = ["accountEnabled", "displayName", "mail", "mailNickname", "userPrincipalName", "userType"];
    let mut names = Vec::new();
    for name in told {
        if let Some(value) = object.properties.get(name) {
            names.push(capital(name));
            found.changes.push((capital(name), Some("[]".into()), bracketed(Some(value))));
        }
    }
    included(&mut found, &names);
    found
}

/// The member is told what it joined or left.
fn relate(targets: &mut [Target], about: About) {
    let [member, whole, ..] = targets else { return };
    if whole.kind == "Role" {
        return;
    }
    let id = whole.id.map(|id| json!(id.to_string()).to_string().into_boxed_str());
    let name = whole.name.as_ref().map(|name| json!(name).to_string().into_boxed_str());
    for (what, value) in [("ObjectID", id), ("DisplayName", name)] {
        let (old, new) = if about == About::Left { (value, None) } else { (None, value) };
        member.changes.push((format!("{}.{what}", whole.kind).into(), old, new));
    }
}

/// Notes that a guest followed the link of an invitation.
pub fn redeemed(tenant: &mut Tenant, guest: Uuid) {
    let Some(object) = tenant.get(guest) else { return };
    let text = |name: &str| object.text(name).map(Box::<str>::from);
    let audit = Audit {
        at: tenant.clock.now().as_millisecond(),
        activity: "Redeem external user invite".into(),
        correlation: Uuid::new_v4(),
        by: Initiator {
            id: guest,
            name: text("displayName").unwrap_or_default(),
            upn: text("mail").or_else(|| text("userPrincipalName")),
        },
        failure: None,
        targets: vec![target(object)],
        details: Vec::new(),
    };
    tenant.note(audit);
}

/// A refusal where the tenant has no plan that includes reports.
pub fn needs_premium(tenant: &Tenant) -> Result<(), Fault> {
    let skus = tenant.setting("skus").as_array().map_or(&[][..], Vec::as_slice);
    let premium =
        skus.iter().any(|sku| {
            sku["servicePlans"].as_array().into_iter().flatten().any(|plan| {
                plan["servicePlanName"].as_str().is_some_and(|name| name.starts_with("AAD_PREMIUM"))
            })
        });
    if premium {
        return Ok(());
    }
    Err(Fault::new(
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or tenant doesn't have premium license",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::{Run, all_routes};
    use super::logged;

    /// Writes that the directory's own log does not tell of: other services log them, or nobody does.
    const EXCUSED: &[&str] = &[
        "/admin/sharepoint/settings",
        "/directoryRoles",
        "/directoryRoles/{}/scopedMembers",
        "/directoryRoles/{}/scopedMembers/{}",
        "/identityGovernance/accessReviews/definitions/{}",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/batchRecordDecisions",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/decisions/{}",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/stop",
        "/identityGovernance/accessReviews/definitions/{}/stop",
        "/oauth2PermissionGrants/{}",
        "/policies/crossTenantAccessPolicy",
        "/roleManagement/directory/roleAssignmentScheduleRequests/{}/cancel",
        "/roleManagement/directory/roleEligibilityScheduleRequests/{}/cancel",
        "/servicePrincipals/{}/synchronization/jobs",
        "/servicePrincipals/{}/synchronization/jobs/validateCredentials",
        "/servicePrincipals/{}/synchronization/jobs/{}",
        "/servicePrincipals/{}/synchronization/jobs/{}/pause",
        "/servicePrincipals/{}/synchronization/jobs/{}/provisionOnDemand",
        "/servicePrincipals/{}/synchronization/jobs/{}/restart",
        "/servicePrincipals/{}/synchronization/jobs/{}/start",
        "/servicePrincipals/{}/synchronization/jobs/{}/validateCredentials",
        "/servicePrincipals/{}/synchronization/secrets",
        "/users/{}/reprocessLicenseAssignment",
        "/users/{}/sendMail",
    ];

    #[test]
    fn a_write_is_told_of_or_excused() {
        let silent: Vec<String> = all_routes()
            .filter(|route| matches!(route.run, Run::Write(_)) && logged(route).is_none())
            .filter(|route| !EXCUSED.contains(&route.path))
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        assert!(silent.is_empty(), "no activity is named for:\n{}", silent.join("\n"));
    }
}
