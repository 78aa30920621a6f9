//! What an object is in, asked by actions that take and give ids, and what it owns.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::applications::WRITE_APPLICATIONS;
use super::call::{Answer, Call, Fault};
use super::groups::{members, transitive_members};
use super::list::scalar;
use super::navigation::{
    ANYTHING, already, cast, check_member_groups, get_member_groups, linked, member_of, reference, subject,
    transitive_member_of,
};
use super::properties::{text, value};
use super::roles;
use super::routes::{Needs, READ_APPLICATIONS, READ_MEMBERS, READ_MEMBERSHIPS, route};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant};

const READ_USERS: Needs =
    &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const READ_OBJECTS: Needs = &["Directory.Read.All", "Directory.ReadWrite.All"];
/// Whoever may read one kind of object may ask about objects of that kind.
const READ_ANY: Needs = &[
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
];
const RENEW: Needs = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const CONVERT: Needs = &["User-ConvertToInternal.ReadWrite.All", "User.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("POST", "/users/{}/getMemberObjects", READ_USERS, Read(get_member_objects)),
    route("POST", "/users/{}/checkMemberObjects", READ_USERS, Read(check_member_objects)),
    route("POST", "/groups/{}/getMemberGroups", READ_MEMBERS, Read(get_member_groups)),
    route("POST", "/groups/{}/checkMemberGroups", READ_MEMBERS, Read(check_member_groups)),
    route("POST", "/groups/{}/getMemberObjects", READ_MEMBERS, Read(get_member_objects)),
    route("POST", "/groups/{}/checkMemberObjects", READ_MEMBERS, Read(check_member_objects)),
    route("GET", "/groups/{}/owners/{}", READ_MEMBERS, Read(owners)),
    route("GET", "/groups/{}/owners/$count", READ_MEMBERS, Read(owners)),
    route("GET", "/groups/{}/owners/{}/$count", READ_MEMBERS, Read(owners)),
    route("GET", "/groups/{}/members/{}/$count", READ_MEMBERS, Read(members)),
    route("GET", "/groups/{}/transitiveMembers/$count", READ_MEMBERS, Read(transitive_members)),
    route("GET", "/groups/{}/transitiveMembers/{}/$count", READ_MEMBERS, Read(transitive_members)),
    route("GET", "/users/{}/memberOf/$count", READ_MEMBERSHIPS, Read(member_of)),
    route("GET", "/users/{}/memberOf/{}/$count", READ_MEMBERSHIPS, Read(member_of)),
    route("GET", "/users/{}/transitiveMemberOf/$count", READ_MEMBERSHIPS, Read(transitive_member_of)),
    route("GET", "/users/{}/transitiveMemberOf/{}/$count", READ_MEMBERSHIPS, Read(transitive_member_of)),
    route("POST", "/groups/{}/renew", RENEW, Write(renew)),
    route("GET", "/groups/{}/members/$ref", READ_MEMBERS, Read(member_references)),
    route("GET", "/groups/{}/owners/$ref", READ_MEMBERS, Read(owner_references)),
    route("POST", "/contacts/{}/getMemberGroups", READ_OBJECTS, Read(get_member_groups)),
    route("POST", "/contacts/{}/checkMemberGroups", READ_OBJECTS, Read(check_member_groups)),
    route("POST", "/servicePrincipals/{}/getMemberGroups", READ_APPLICATIONS, Read(get_member_groups)),
    route("POST", "/servicePrincipals/{}/checkMemberGroups", READ_APPLICATIONS, Read(check_member_groups)),
    route("POST", "/contacts/{}/getMemberObjects", READ_OBJECTS, Read(get_member_objects)),
    route("POST", "/contacts/{}/checkMemberObjects", READ_OBJECTS, Read(check_member_objects)),
    route("POST", "/servicePrincipals/{}/getMemberObjects", READ_APPLICATIONS, Read(get_member_objects)),
    route("POST", "/servicePrincipals/{}/checkMemberObjects", READ_APPLICATIONS, Read(check_member_objects)),
    route("POST", "/directoryObjects/{}/getMemberGroups", READ_ANY, Read(get_member_groups)),
    route("POST", "/directoryObjects/{}/checkMemberGroups", READ_ANY, Read(check_member_groups)),
    route("POST", "/directoryObjects/{}/getMemberObjects", READ_ANY, Read(get_member_objects)),
    route("POST", "/directoryObjects/{}/checkMemberObjects", READ_ANY, Read(check_member_objects)),
    route("GET", "/applications/{}/owners", READ_APPLICATIONS, Read(owners)),
    route("GET", "/applications/{}/owners/{}", READ_APPLICATIONS, Read(owners)),
    route("POST", "/applications/{}/owners/$ref", WRITE_APPLICATIONS, Write(add_owner)),
    route("DELETE", "/applications/{}/owners/{}/$ref", WRITE_APPLICATIONS, Write(remove_owner)),
    route("GET", "/servicePrincipals/{}/owners", READ_APPLICATIONS, Read(owners)),
    route("GET", "/servicePrincipals/{}/owners/{}", READ_APPLICATIONS, Read(owners)),
    route("POST", "/servicePrincipals/{}/owners/$ref", WRITE_APPLICATIONS, Write(add_owner)),
    route("DELETE", "/servicePrincipals/{}/owners/{}/$ref", WRITE_APPLICATIONS, Write(remove_owner)),
    route("GET", "/servicePrincipals/{}/ownedObjects", READ_APPLICATIONS, Read(owned)),
    route("GET", "/servicePrincipals/{}/ownedObjects/{}", READ_APPLICATIONS, Read(owned)),
    route("GET", "/servicePrincipals/{}/memberOf", READ_APPLICATIONS, Read(member_of)),
    route("GET", "/servicePrincipals/{}/transitiveMemberOf", READ_APPLICATIONS, Read(transitive_member_of)),
    route("GET", "/users/{}/ownedObjects", READ_USERS, Read(owned)),
    route("GET", "/users/{}/ownedObjects/{}", READ_USERS, Read(owned)),
    route("POST", "/users/{}/convertExternalToInternalMemberUser", CONVERT, Write(convert)),
];

/// So many ids one question holds.
const MOST_IDS: usize = 20;

/// Groups, roles and units, by others too.
fn containers(tenant: &Tenant, object: &Object, security_only: bool) -> Vec<String> {
    let groups = tenant.all_groups_of(object);
    let kept = groups.iter().filter(|(_, group)| !security_only || group.flag("securityEnabled"));
    let mut ids: Vec<String> = kept.map(|(_, group)| group.id.to_string()).collect();
    let granted = tenant.directory_assignments.of(object.id).filter(|granted| granted.scope == "/");
    let roles = granted.filter_map(|granted| roles::as_directory_role(tenant, granted.role));
    ids.extend(roles.filter_map(|role| role["id"].as_str().map(str::to_owned)));
    ids
}

fn get_member_objects(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.body()?;
    let security_only = value(&body, "securityEnabledOnly") == true;
    let object = subject(call, tenant)?;
    if security_only && object.kind != Kind::User {
        return Err(Fault::request("'securityEnabledOnly' can be true for users only."));
    }
    scalar(call, "Collection(Edm.String)", json!(containers(tenant, object, security_only)))
}

fn check_member_objects(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.body()?;
    let asked = value(&body, "ids").as_array().cloned().unwrap_or_default();
    if asked.len() > MOST_IDS {
        return Err(Fault::request(format!("Too many ids: at most {MOST_IDS} can be checked at once.")));
    }
    let known = containers(tenant, subject(call, tenant)?, false);
    let found = asked
        .into_iter()
        .filter(|id| id.as_str().is_some_and(|id| known.iter().any(|known| known.eq_ignore_ascii_case(id))));
    scalar(call, "Collection(Edm.String)", found.collect())
}

fn references(call: &Call, tenant: &Tenant, objects: Vec<(u64, &Object)>) -> Answer {
    let kind = |object: &Object| match object.kind {
        Kind::User => "User",
        Kind::Group => "Group",
        Kind::Contact => "Contact",
        _ => "ServicePrincipal",
    };
    let links: Vec<Value> = objects
        .into_iter()
        .map(|(_, object)| {
            let link = format!(
                "{}/v2/{}/directoryObjects/{}/Microsoft.DirectoryServices.{}",
                call.request.base,
                tenant.profile.tenant_id,
                object.id,
                kind(object)
            );
            json!({ "@odata.id": link })
        })
        .collect();
    Ok(Reply::ok(json!({ "@odata.context": call.context("Collection($ref)"), "value": links })))
}

fn member_references(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    references(call, tenant, tenant.members(group))
}

fn owner_references(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    references(call, tenant, tenant.targets(Relation::Owner, group.id).collect())
}

/// The owners of a group, an application or a service principal; the second key is a cast.
fn owners(call: &Call, tenant: &Tenant) -> Answer {
    let object = subject(call, tenant)?;
    let shape = match call.keys.get(1) {
        None => &ANYTHING,
        Some(name) => cast(name).ok_or_else(|| Fault::missing(name))?,
    };
    linked(call, tenant, shape, tenant.targets(Relation::Owner, object.id).collect())
}

fn add_owner(call: &Call, tenant: &mut Tenant) -> Answer {
    let object = subject(call, tenant)?.id;
    let owner = reference(call, tenant)?;
    let fits = |owner: &Object| matches!(owner.kind, Kind::User | Kind::ServicePrincipal);
    if !tenant.get(owner).is_some_and(fits) {
        return Err(Fault::request("The owner must be a user or a service principal."));
    }
    if !tenant.link(Relation::Owner, object, owner) {
        return Err(already("owners"));
    }
    Ok(Reply::empty(204))
}

fn remove_owner(call: &Call, tenant: &mut Tenant) -> Answer {
    let object = subject(call, tenant)?.id;
    let owner = Uuid::try_parse(call.key(1)).map_err(|_| Fault::missing(call.key(1)))?;
    if !tenant.unlink(Relation::Owner, object, owner) {
        return Err(Fault::missing(call.key(1)));
    }
    Ok(Reply::empty(204))
}

/// A group that would expire lives on.
fn renew(call: &Call, tenant: &mut Tenant) -> Answer {
    let (id, now) = (subject(call, tenant)?.id, tenant.stamp());
    tenant.update(id, |group| group.set("renewedDateTime", now));
    Ok(Reply::empty(204))
}

/// The second key is a cast.
fn owned(call: &Call, tenant: &Tenant) -> Answer {
    let user = subject(call, tenant)?;
    let shape = match call.keys.get(1) {
        None => &ANYTHING,
        Some(name) => cast(name).ok_or_else(|| Fault::missing(name))?,
    };
    linked(call, tenant, shape, tenant.sources(Relation::Owner, user.id).collect())
}

/// A guest becomes one of the tenant's own people, under a new name and with a password here.
fn convert(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let needed = |name: &str| {
        text(&body, name).map(str::to_owned).ok_or_else(|| {
            Fault::request(format!("A value is required for property '{name}' of resource 'User'."))
        })
    };
    let upn = needed("userPrincipalName")?;
    if !value(&body, "passwordProfile")["password"].is_string() {
        return Err(Fault::request("A value is required for property 'passwordProfile' of resource 'User'."));
    }
    let user = subject(call, tenant)?;
    let (id, external) = (user.id, user.text("creationType") == Some("Invitation"));
    if !external {
        return Err(Fault::request("The user is not an external user and cannot be converted."));
    }
    let domain = upn.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if !tenant.owns_domain(domain) {
        return Err(Fault::request("Property userPrincipalName is invalid."));
    }
    let taken = |other: &Object| other.id != id;
    if tenant.user(&upn).is_some_and(taken) || tenant.holder(&upn).is_some_and(taken) {
        return Err(Fault::conflict("userPrincipalName"));
    }
    let mail = text(&body, "mail").map(str::to_owned);
    let (now, issuer) = (tenant.stamp(), tenant.profile.initial_domain.clone());
    tenant.update(id, |user: &mut Object| {
        user.set("userPrincipalName", upn.clone());
        user.set("userType", "Member");
        user.set("creationType", Value::Null);
        user.set("externalUserState", Value::Null);
        user.set("externalUserStateChangeDateTime", Value::Null);
        user.set("mailNickname", upn.split('@').next().unwrap_or_default());
        user.set(
            "identities",
            json!([{ "signInType": "userPrincipalName", "issuer": issuer, "issuerAssignedId": upn }]),
        );
        user.redemption = None;
        if let Some(mail) = &mail {
            let before =
                user.properties.get("proxyAddresses").and_then(Value::as_array).cloned().unwrap_or_default();
            user.set("proxyAddresses", crate::sandbox::tenant::with_primary(&before, mail));
            user.set("mail", mail.clone());
        }
    });
    let user = tenant.get(id).ok_or_else(|| Fault::missing(call.key(0)))?;
    Ok(Reply::ok(json!({
        "@odata.context": call.context("microsoft.graph.conversionUserDetails"),
        "convertedToInternalUserDateTime": now,
        "displayName": user.text("displayName"),
        "mail": user.text("mail"),
        "userPrincipalName": user.text("userPrincipalName"),
    })))
}
