//! Service principals: what stands in this tenant for an application, its own or somebody else's.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::applications::{WRITE_APPLICATIONS, add_password, remove_password};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made, rows_of};
use super::navigation::{of_app, subject};
use super::options::{Options, Shape};
use super::properties::{checked, text, value};
use super::routes::{Needs, READ_APPLICATIONS, route};
use super::schema;
use super::schema::basic::EQ;
use super::schema::{Entity, text as words};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{App, Kind, Object, Tenant, map};

static PRINCIPALS: Shape = Shape::of(&[&schema::SERVICE_PRINCIPAL], "servicePrincipals");

static GRANT: Entity = Entity {
    name: "oAuth2PermissionGrant",
    set: "oauth2PermissionGrants",
    directory: true,
    expands: &[],
    properties: &[
        words("clientId").usual().filter(EQ),
        words("consentType").usual().filter(EQ),
        words("id").usual(),
        words("principalId").usual().filter(EQ),
        words("resourceId").usual().filter(EQ),
        words("scope").usual(),
    ],
};

static GRANTS: Shape = Shape::of(&[&GRANT], "oauth2PermissionGrants");

const READ_GRANTS: Needs =
    &["Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"];
const WRITE_GRANTS: Needs = &["DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/servicePrincipals", READ_APPLICATIONS, Read(all)),
    route("POST", "/servicePrincipals", WRITE_APPLICATIONS, Write(create)),
    route("GET", "/servicePrincipals/$count", READ_APPLICATIONS, Read(count)),
    route("GET", "/servicePrincipals/{}", READ_APPLICATIONS, Read(get)),
    route("PATCH", "/servicePrincipals/{}", WRITE_APPLICATIONS, Write(update)),
    route("DELETE", "/servicePrincipals/{}", WRITE_APPLICATIONS, Write(delete)),
    route("POST", "/servicePrincipals/{}/addPassword", WRITE_APPLICATIONS, Write(add_password)),
    route("POST", "/servicePrincipals/{}/removePassword", WRITE_APPLICATIONS, Write(remove_password)),
    route("GET", "/servicePrincipals/{}/oauth2PermissionGrants", READ_GRANTS, Read(grants_of)),
    route("GET", "/oauth2PermissionGrants", READ_GRANTS, Read(grants)),
    route("POST", "/oauth2PermissionGrants", WRITE_GRANTS, Write(grant)),
    route("GET", "/oauth2PermissionGrants/{}", READ_GRANTS, Read(granted)),
    route("PATCH", "/oauth2PermissionGrants/{}", WRITE_GRANTS, Write(change_grant)),
    route("DELETE", "/oauth2PermissionGrants/{}", WRITE_GRANTS, Write(revoke)),
];

fn all(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &PRINCIPALS)?;
    list::list(call, tenant, &PRINCIPALS, &options, rows_of(tenant, Kind::ServicePrincipal, &options))
}

fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &PRINCIPALS)?;
    list::count(call, &options, rows_of(tenant, Kind::ServicePrincipal, &options))
}

fn get(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &schema::SERVICE_PRINCIPAL)?;
    list::one(call, tenant, 200, &Row::of(0, subject(call, tenant)?), &options)
}

/// What a service principal starts as, made from the application's registration.
pub fn made(tenant: &Tenant, application: &Object) -> Map<String, Value> {
    let app = application.text("appId").unwrap_or_default();
    let mut names = vec![json!(app)];
    names.extend(application.texts("identifierUris").map(|name| json!(name)));
    let part =
        |name: &str, inner: &str| application.properties.get(name).and_then(|part| part.get(inner)).cloned();
    map(json!({
        "accountEnabled": true,
        "appDisplayName": application.text("displayName"),
        "appId": app,
        "applicationTemplateId": application.text("applicationTemplateId"),
        "appOwnerOrganizationId": tenant.profile.tenant_id.to_string(),
        "appRoleAssignmentRequired": false,
        "appRoles": application.properties.get("appRoles").cloned().unwrap_or_else(|| json!([])),
        "displayName": application.text("displayName"),
        "homepage": part("web", "homePageUrl"),
        "oauth2PermissionScopes": part("api", "oauth2PermissionScopes").unwrap_or_else(|| json!([])),
        "replyUrls": part("web", "redirectUris").unwrap_or_else(|| json!([])),
        "servicePrincipalNames": names,
        "servicePrincipalType": "Application",
        "signInAudience": application.text("signInAudience"),
        "tags": application.properties.get("tags").cloned().unwrap_or_else(|| json!([])),
    }))
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let changes = checked(&schema::SERVICE_PRINCIPAL, &body)?;
    let app = text(&body, "appId").ok_or_else(|| {
        Fault::request("A value is required for property 'appId' of resource 'ServicePrincipal'.")
    })?;
    if of_app(tenant, Kind::ServicePrincipal, app).is_some() {
        return Err(Fault::new(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            format!(
                "The service principal cannot be created, updated, or restored because the service principal name {app} \
                 is already in use."
            ),
        ));
    }
    let application = of_app(tenant, Kind::Application, app).ok_or_else(|| {
        Fault::request(format!(
            "The appId '{app}' of the service principal does not reference a valid application object."
        ))
    })?;
    let mut properties = made(tenant, application);
    properties.extend(changes);
    let id = enter(tenant, properties);
    let principal = tenant.get(id).ok_or_else(|| Fault::missing(app))?;
    list::one(call, tenant, 201, &Row::of(0, principal), &Options::default())
}

/// Puts a service principal into the directory, and lets its application sign in once it has a secret.
pub fn enter(tenant: &mut Tenant, properties: Map<String, Value>) -> Uuid {
    let app = properties.get("appId").and_then(Value::as_str).and_then(|app| Uuid::try_parse(app).ok());
    let name = properties.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let principal = tenant.insert(Object::new(Uuid::new_v4(), Kind::ServicePrincipal, properties));
    if let Some(client_id) = app {
        let secret = super::applications::newest_secret(tenant, client_id);
        tenant.register(App { client_id, principal, name, secret, ..App::default() });
    }
    principal
}

fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = checked(&schema::SERVICE_PRINCIPAL, &call.body()?)?;
    let id = subject(call, tenant)?.id;
    if changes.contains_key("appId") {
        return Err(Fault::request("Property 'appId' is read-only and cannot be set."));
    }
    tenant.update(id, |principal| changes.into_iter().for_each(|(name, value)| principal.set(&name, value)));
    Ok(Reply::empty(204))
}

fn delete(call: &Call, tenant: &mut Tenant) -> Answer {
    let id = subject(call, tenant)?.id;
    tenant.discard(id);
    Ok(Reply::empty(204))
}

const SHELF: &str = "oauth2PermissionGrants";

fn grants(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &GRANTS, tenant.shelf(SHELF).map(|(_, grant)| map(grant.clone())))
}

fn grants_of(call: &Call, tenant: &Tenant) -> Answer {
    let id = subject(call, tenant)?.id.to_string();
    let held = tenant.shelf(SHELF).filter(|(_, grant)| grant["clientId"] == id.as_str());
    let reply = list_made(call, tenant, &GRANTS, held.map(|(_, grant)| map(grant.clone())))?;
    Ok(list::below(reply, GRANTS.set, &format!("servicePrincipals('{id}')/oauth2PermissionGrants")))
}

fn granted(call: &Call, tenant: &Tenant) -> Answer {
    let found = tenant.shelved(SHELF, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    let options = Options::of_one(call, &GRANT)?;
    list::one(call, tenant, 200, &Row::made(0, &GRANT, map(found.clone())), &options)
}

/// Delegated permissions of one application on another: for everybody, or for one user.
fn grant(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let needed = |name: &str| {
        text(&body, name).map(str::to_owned).ok_or_else(|| {
            Fault::request(format!(
                "A value is required for property '{name}' of resource 'OAuth2PermissionGrant'."
            ))
        })
    };
    let (client, resource, kind) = (needed("clientId")?, needed("resourceId")?, needed("consentType")?);
    let principal = value(&body, "principalId").clone();
    for id in [&client, &resource] {
        tenant.find(Kind::ServicePrincipal, id).ok_or_else(|| Fault::missing(id))?;
    }
    let fits = match kind.as_str() {
        "AllPrincipals" => principal.is_null(),
        "Principal" => principal.as_str().is_some_and(|id| tenant.find(Kind::User, id).is_some()),
        _ => false,
    };
    if !fits {
        return Err(Fault::request(
            "Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'.",
        ));
    }
    let taken = tenant.shelf(SHELF).any(|(_, held)| {
        held["clientId"] == client.as_str()
            && held["resourceId"] == resource.as_str()
            && held["principalId"] == principal
    });
    if taken {
        return Err(Fault::new(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "Permission entry already exists.",
        ));
    }
    let id = Uuid::new_v4().simple().to_string();
    let made = json!({
        "clientId": client, "consentType": kind, "id": id, "principalId": principal, "resourceId": resource,
        "scope": value(&body, "scope"),
    });
    tenant.shelve(SHELF, &id, made.clone());
    list::one(call, tenant, 201, &Row::made(0, &GRANT, map(made)), &Options::default())
}

fn change_grant(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let mut found = tenant.shelved(SHELF, call.key(0)).cloned().ok_or_else(|| Fault::missing(call.key(0)))?;
    found["scope"] = value(&body, "scope").clone();
    tenant.shelve(SHELF, call.key(0), found);
    Ok(Reply::empty(204))
}

fn revoke(call: &Call, tenant: &mut Tenant) -> Answer {
    tenant.unshelve(SHELF, call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    Ok(Reply::empty(204))
}
