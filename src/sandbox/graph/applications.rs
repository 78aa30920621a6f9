//! App registrations, their secrets, and the templates that enterprise applications are made from.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made, rows_of};
use super::navigation::{of_app, subject};
use super::options::{Options, Shape};
use super::principals;
use super::properties::{checked, text, value};
use super::routes::{Needs, READ_APPLICATIONS, route};
use super::schema::basic::{EQ, RANGE, SORT, STARTS};
use super::schema::{Entity, Holds, complex, flag, items, moment, property, text as words, texts};
use crate::sandbox::clock;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Kind, Object, Tenant, map};

pub const WRITE_APPLICATIONS: Needs = &["Application.ReadWrite.All", "Directory.ReadWrite.All"];

pub static APPLICATION: Entity = Entity {
    name: "application",
    set: "applications",
    directory: true,
    expands: &["owners"],
    properties: &[
        words("id").usual().filter(EQ),
        moment("deletedDateTime").usual().filter(EQ | RANGE),
        words("appId").usual().filter(EQ),
        words("applicationTemplateId").usual().filter(EQ),
        words("disabledByMicrosoftStatus").usual(),
        moment("createdDateTime").usual().filter(EQ | RANGE),
        words("displayName").usual().set(256).filter(EQ | STARTS | SORT),
        words("description").usual().set(1024).filter(EQ | STARTS),
        words("groupMembershipClaims").usual().set(120),
        texts("identifierUris").usual().set(256).filter(EQ | STARTS),
        flag("isDeviceOnlyAuthSupported").usual().set(1),
        flag("isFallbackPublicClient").usual().set(1),
        words("notes").usual().set(1024),
        words("publisherDomain").usual().filter(EQ | STARTS),
        words("serviceManagementReference").usual().set(256),
        words("signInAudience").usual().set(64),
        texts("tags").usual().set(256).filter(EQ),
        property("tokenEncryptionKeyId", Holds::Guid).usual().set(36),
        words("samlMetadataUrl").usual().set(256),
        words("defaultRedirectUri").usual().set(256),
        words("uniqueName").usual().filter(EQ | STARTS),
        complex("optionalClaims").usual().set(1),
        items("addIns").usual().set(1),
        complex("api").usual().set(1),
        items("appRoles").usual().set(1),
        complex("info").usual().set(1),
        items("keyCredentials").usual().set(1),
        complex("parentalControlSettings").usual().set(1),
        items("passwordCredentials").usual().set(1),
        complex("publicClient").usual().set(1),
        items("requiredResourceAccess").usual().set(1),
        complex("verifiedPublisher").usual(),
        complex("web").usual().set(1),
        complex("spa").usual().set(1),
        complex("servicePrincipalLockConfiguration").usual().set(1),
    ],
};

static APPLICATIONS: Shape = Shape::of(&[&APPLICATION], "applications");

static TEMPLATE: Entity = Entity {
    name: "applicationTemplate",
    set: "applicationTemplates",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual().filter(EQ),
        words("displayName").usual().filter(EQ | STARTS),
        words("homePageUrl").usual(),
        texts("supportedSingleSignOnModes").usual(),
        texts("supportedProvisioningTypes").usual(),
        words("logoUrl").usual(),
        texts("categories").usual(),
        words("publisher").usual().filter(EQ),
        words("description").usual(),
    ],
};

static TEMPLATES: Shape = Shape::of(&[&TEMPLATE], "applicationTemplates");

pub static ROUTES: &[Route] = &[
    route("GET", "/applications", READ_APPLICATIONS, Read(all)),
    route("POST", "/applications", WRITE_APPLICATIONS, Write(create)),
    route("GET", "/applications/$count", READ_APPLICATIONS, Read(count)),
    route("GET", "/applications/{}", READ_APPLICATIONS, Read(get)),
    route("PATCH", "/applications/{}", WRITE_APPLICATIONS, Write(update)),
    route("DELETE", "/applications/{}", WRITE_APPLICATIONS, Write(delete)),
    route("POST", "/applications/{}/addPassword", WRITE_APPLICATIONS, Write(add_password)),
    route("POST", "/applications/{}/removePassword", WRITE_APPLICATIONS, Write(remove_password)),
    route("GET", "/applicationTemplates", READ_APPLICATIONS, Read(templates)),
    route("GET", "/applicationTemplates/{}", READ_APPLICATIONS, Read(template)),
    route("POST", "/applicationTemplates/{}/instantiate", WRITE_APPLICATIONS, Write(instantiate)),
];

fn all(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &APPLICATIONS)?;
    list::list(call, tenant, &APPLICATIONS, &options, rows_of(tenant, Kind::Application, &options))
}

fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &APPLICATIONS)?;
    list::count(call, &options, rows_of(tenant, Kind::Application, &options))
}

fn get(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &APPLICATION)?;
    list::one(call, tenant, 200, &Row::of(0, subject(call, tenant)?), &options)
}

/// What a registration is where nothing else was said.
pub fn registration(tenant: &Tenant, app: Uuid, name: &str) -> Map<String, Value> {
    map(json!({
        "appId": app.to_string(),
        "createdDateTime": tenant.stamp(),
        "displayName": name,
        "publisherDomain": tenant.profile.default_domain,
        "signInAudience": "AzureADMyOrg",
        "api": {
            "acceptMappedClaims": null, "knownClientApplications": [], "requestedAccessTokenVersion": null,
            "oauth2PermissionScopes": [], "preAuthorizedApplications": [],
        },
        "info": {
            "logoUrl": null, "marketingUrl": null, "privacyStatementUrl": null, "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "parentalControlSettings": { "countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow" },
        "publicClient": { "redirectUris": [] },
        "spa": { "redirectUris": [] },
        "verifiedPublisher": { "displayName": null, "verifiedPublisherId": null, "addedDateTime": null },
        "web": {
            "homePageUrl": null, "logoutUrl": null, "redirectUris": [], "redirectUriSettings": [],
            "implicitGrantSettings": { "enableAccessTokenIssuance": false, "enableIdTokenIssuance": false },
        },
    }))
}

/// Parts of a registration are changed name by name; what is not named stays.
fn merge(into: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, change) in changes {
        match (into.get_mut(&name), change) {
            (Some(Value::Object(before)), Value::Object(change)) => before.extend(change),
            (_, change) => {
                into.insert(name, change);
            }
        }
    }
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let mut changes = checked(&APPLICATION, &body)?;
    let name = text(&body, "displayName").ok_or_else(|| {
        Fault::request("A value is required for property 'displayName' of resource 'Application'.")
    })?;
    unique(tenant, &changes, None)?;
    let mut passwords = changes.shift_remove("passwordCredentials");
    let mut properties = registration(tenant, Uuid::new_v4(), name);
    merge(&mut properties, changes);
    let id = tenant.insert(Object::new(Uuid::new_v4(), Kind::Application, properties));
    let wanted = passwords.as_mut().and_then(Value::as_array_mut).into_iter().flatten();
    let mut told = Vec::new();
    for wish in wanted {
        told.push(issue_password(tenant, id, wish)?);
    }
    let application = tenant.get(id).ok_or_else(|| Fault::missing(name))?;
    let mut row = Row::of(0, application);
    if !told.is_empty() {
        // The only time that the secrets are shown.
        row.properties.to_mut().insert("passwordCredentials".to_owned(), Value::Array(told));
    }
    list::one(call, tenant, 201, &row, &Options::default())
}

fn unique(tenant: &Tenant, changes: &Map<String, Value>, own: Option<Uuid>) -> Result<(), Fault> {
    let wanted = changes.get("identifierUris").and_then(Value::as_array);
    for uri in wanted.into_iter().flatten().filter_map(Value::as_str) {
        let taken = tenant.of_kind(Kind::Application).any(|other| {
            Some(other.id) != own
                && other.texts("identifierUris").any(|known| known.eq_ignore_ascii_case(uri))
        });
        if taken {
            return Err(Fault::conflict("identifierUris"));
        }
    }
    Ok(())
}

fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let changes = checked(&APPLICATION, &call.body()?)?;
    let application = subject(call, tenant)?;
    let id = application.id;
    unique(tenant, &changes, Some(id))?;
    let removed: Vec<&str> = application
        .properties
        .get("appRoles")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|role| role["isEnabled"] != false)
        .filter_map(|role| role["id"].as_str())
        .collect();
    if let Some(wanted) = changes.get("appRoles").and_then(Value::as_array)
        && removed.iter().any(|id| wanted.iter().all(|role| role["id"] != *id))
    {
        return Err(Fault::bad(
            "CannotDeleteOrUpdateEnabledEntitlement",
            "Property value cannot be deleted unless it is disabled first.",
        ));
    }
    let principal = application.text("appId").and_then(|app| of_app(tenant, Kind::ServicePrincipal, app));
    let (principal, roles) = (principal.map(|found| found.id), changes.get("appRoles").cloned());
    tenant.update(id, |application| merge(&mut application.properties, changes));
    if let (Some(principal), Some(roles)) = (principal, roles) {
        tenant.update(principal, |found| found.set("appRoles", roles));
    }
    Ok(Reply::empty(204))
}

fn delete(call: &Call, tenant: &mut Tenant) -> Answer {
    let application = subject(call, tenant)?;
    let id = application.id;
    let principal = application.text("appId").and_then(|app| of_app(tenant, Kind::ServicePrincipal, app));
    let principal = principal.map(|found| found.id);
    tenant.discard(id);
    if let Some(principal) = principal {
        tenant.discard(principal);
    }
    Ok(Reply::empty(204))
}

/// Secrets by their key id, apart from the objects, which never show them again.
const SECRETS: &str = "applicationSecrets";

/// The secret with which an application signs in; one that nobody knows where it has none.
pub fn newest_secret(tenant: &Tenant, app: Uuid) -> String {
    let app = app.to_string();
    let found = tenant.shelf(SECRETS).rev().find(|(_, secret)| secret["appId"] == app.as_str());
    found
        .and_then(|(_, secret)| secret["secret"].as_str().map(str::to_owned))
        .unwrap_or_else(|| format!("public-{}", Uuid::new_v4().simple()))
}

/// Makes a secret and keeps all but its text on the object.
fn issue_password(tenant: &mut Tenant, application: Uuid, wish: &Value) -> Result<Value, Fault> {
    let wish = map(wish.clone());
    let now = tenant.clock.now();
    let moment = |name: &str| -> Result<Option<jiff::Timestamp>, Fault> {
        match value(&wish, name) {
            Value::Null => Ok(None),
            found => found.as_str().and_then(|found| found.parse().ok()).map(Some).ok_or_else(|| {
                Fault::request(format!(
                    "Invalid value specified for property '{name}' of resource 'PasswordCredential'."
                ))
            }),
        }
    };
    let start = moment("startDateTime")?.unwrap_or(now);
    let end = match moment("endDateTime")? {
        Some(end) => end,
        None => {
            let two_years = jiff::Span::new().years(2);
            start
                .to_zoned(jiff::tz::TimeZone::UTC)
                .checked_add(two_years)
                .map_or(start, |end| end.timestamp())
        }
    };
    if end <= start {
        return Err(Fault::request("The end date of a credential must come after its start date."));
    }
    let (key, secret) = (Uuid::new_v4(), format!("public-{}", Uuid::new_v4().simple()));
    let shown = json!({
        "customKeyIdentifier": null,
        "displayName": value(&wish, "displayName"),
        "endDateTime": clock::stamp(end),
        "hint": secret.get(..3),
        "keyId": key.to_string(),
        "secretText": null,
        "startDateTime": clock::stamp(start),
    });
    let mut app = None;
    tenant.update(application, |application| {
        app = application.text("appId").and_then(|app| Uuid::try_parse(app).ok());
        let list = application.properties.entry("passwordCredentials").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(shown.clone());
        }
    });
    if let Some(app) = app {
        tenant.shelve(SECRETS, &key.to_string(), json!({ "appId": app.to_string(), "secret": secret }));
        // A seeded application keeps the secret that its seed fixes.
        if let Some(mut known) =
            tenant.app(app).filter(|app| app.client_id != tenant.profile.client_id).cloned()
        {
            known.secret.clone_from(&secret);
            tenant.register(known);
        }
    }
    let mut told = shown;
    told["secretText"] = json!(secret);
    Ok(told)
}

pub fn add_password(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let application = subject(call, tenant)?.id;
    let told = issue_password(tenant, application, value(&body, "passwordCredential"))?;
    let mut reply = map(json!({ "@odata.context": call.context("microsoft.graph.passwordCredential") }));
    reply.extend(map(told));
    Ok(Reply::ok(Value::Object(reply)))
}

pub fn remove_password(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let key = text(&body, "keyId").unwrap_or_default().to_ascii_lowercase();
    let application = subject(call, tenant)?;
    let held = application
        .properties
        .get("passwordCredentials")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let kept: Vec<Value> = held.iter().filter(|held| held["keyId"] != key.as_str()).cloned().collect();
    if kept.len() == held.len() {
        return Err(Fault::request("No credentials found to be removed"));
    }
    let id = application.id;
    tenant.update(id, |application| application.set("passwordCredentials", kept));
    tenant.unshelve(SECRETS, &key);
    Ok(Reply::empty(204))
}

/// An application of one's own, and the one that synchronizes users with another tenant.
pub const SYNCHRONIZATION: &str = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7";
const CUSTOM: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

fn known_templates() -> impl Iterator<Item = Map<String, Value>> {
    let one = |id: &str, name: &str, modes: &[&str], provisioning: &[&str]| {
        map(json!({
            "id": id, "displayName": name, "homePageUrl": null, "supportedSingleSignOnModes": modes,
            "supportedProvisioningTypes": provisioning, "logoUrl": null, "categories": [],
            "publisher": "Microsoft", "description": null,
        }))
    };
    [
        one(CUSTOM, "Custom", &["saml", "password", "notSupported"], &["sync"]),
        one(SYNCHRONIZATION, "Cross-tenant synchronization", &["notSupported"], &["sync"]),
    ]
    .into_iter()
}

fn templates(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &TEMPLATES, known_templates())
}

fn known_template(key: &str) -> Result<Map<String, Value>, Fault> {
    let found = known_templates()
        .find(|template| template["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(key)));
    found.ok_or_else(|| Fault::missing(key))
}

fn template(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &TEMPLATE)?;
    list::one(call, tenant, 200, &Row::made(0, &TEMPLATE, known_template(call.key(0))?), &options)
}

/// A registration and its service principal in one.
fn instantiate(call: &Call, tenant: &mut Tenant) -> Answer {
    let template = known_template(call.key(0))?;
    let body = call.body()?;
    let name = text(&body, "displayName")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Fault::bad("BadRequest", "A value is required for the parameter 'displayName'."))?;
    let mut properties = registration(tenant, Uuid::new_v4(), name);
    let role = |id: &str, name: &str, value: Value| {
        json!({
            "allowedMemberTypes": ["User"], "description": name, "displayName": name, "id": id, "isEnabled": true,
            "origin": "Application", "value": value,
        })
    };
    let roles = json!([
        role("18d14569-c3bd-439b-9a66-3a2aee01d14f", "User", Value::Null),
        role("b9632174-c057-4f7e-951b-be3adc52bfe6", "msiam_access", Value::Null),
    ]);
    properties.insert("appRoles".to_owned(), roles);
    properties.insert("applicationTemplateId".to_owned(), template["id"].clone());
    let application = tenant.insert(Object::new(Uuid::new_v4(), Kind::Application, properties));
    let made = tenant.get(application).map(|application| principals::made(tenant, application));
    let mut made = made.unwrap_or_default();
    made.insert("appRoleAssignmentRequired".to_owned(), json!(true));
    made.insert("tags".to_owned(), json!(["WindowsAzureActiveDirectoryIntegratedApp"]));
    let principal = principals::enter(tenant, made);
    let shown = |id: Uuid| {
        let mut shown = tenant.get(id).map_or(Value::Null, |object| list::embedded(tenant, object));
        if let Some(shown) = shown.as_object_mut() {
            shown.shift_remove("@odata.type");
        }
        shown
    };
    Ok(Reply::json(
        201,
        json!({
            "@odata.context": call.context("microsoft.graph.applicationServicePrincipal"),
            "application": shown(application),
            "servicePrincipal": shown(principal),
        }),
    ))
}
