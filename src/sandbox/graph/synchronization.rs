//! Synchronization of users with another tenant: jobs of an enterprise application, their credentials and their state.
//! Jobs keep their books here; no user travels.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::applications::SYNCHRONIZATION;
use super::call::{Answer, Call, Fault};
use super::cross_tenant::lets_out;
use super::navigation::subject;
use super::properties::{text, value};
use super::routes::{Needs, route};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Kind, Object, Tenant};

const READ: Needs = &["Synchronization.Read.All", "Synchronization.ReadWrite.All"];
const WRITE: Needs = &["Synchronization.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/servicePrincipals/{}/synchronization/templates", READ, Read(templates)),
    route("GET", "/servicePrincipals/{}/synchronization/jobs", READ, Read(jobs)),
    route("POST", "/servicePrincipals/{}/synchronization/jobs", WRITE, Write(create)),
    route("POST", "/servicePrincipals/{}/synchronization/jobs/validateCredentials", WRITE, Write(validate)),
    route("GET", "/servicePrincipals/{}/synchronization/jobs/{}", READ, Read(job)),
    route("DELETE", "/servicePrincipals/{}/synchronization/jobs/{}", WRITE, Write(remove)),
    route(
        "POST",
        "/servicePrincipals/{}/synchronization/jobs/{}/validateCredentials",
        WRITE,
        Write(validate),
    ),
    route("POST", "/servicePrincipals/{}/synchronization/jobs/{}/start", WRITE, Write(start)),
    route("POST", "/servicePrincipals/{}/synchronization/jobs/{}/pause", WRITE, Write(pause)),
    route("POST", "/servicePrincipals/{}/synchronization/jobs/{}/restart", WRITE, Write(restart)),
    route("POST", "/servicePrincipals/{}/synchronization/jobs/{}/provisionOnDemand", WRITE, Write(provision)),
    route("PUT", "/servicePrincipals/{}/synchronization/secrets", WRITE, Write(set_secrets)),
];

const SHELF: &str = "synchronizationJobs";
const SECRETS: &str = "synchronizationSecrets";
const TEMPLATE: &str = "Azure2Azure";
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The application, if it is one that synchronizes with another tenant.
fn application<'a>(call: &Call, tenant: &'a Tenant) -> Result<&'a Object, Fault> {
    let found = subject(call, tenant)?;
    if found.text("applicationTemplateId") != Some(SYNCHRONIZATION) {
        return Err(Fault::new(
            404,
            "NotFound",
            "The application is not made from a template that can be synchronized.",
        ));
    }
    Ok(found)
}

fn way(call: &Call, application: &Object, rest: &str) -> String {
    call.context(&format!("servicePrincipals('{}')/synchronization/{rest}", application.id))
}

fn templates(call: &Call, tenant: &Tenant) -> Answer {
    let application = application(call, tenant)?;
    let template = json!({
        "id": TEMPLATE, "applicationId": application.text("appId"), "default": true,
        "description": "Users of this tenant as guests of another.", "discoverable": true, "factoryTag": TEMPLATE,
        "metadata": [],
    });
    Ok(Reply::ok(json!({ "@odata.context": way(call, application, "templates"), "value": [template] })))
}

fn shown(job: &Value) -> Value {
    let mut shown = job.clone();
    if let Some(shown) = shown.as_object_mut() {
        shown.shift_remove("application");
    }
    shown
}

fn jobs(call: &Call, tenant: &Tenant) -> Answer {
    let application = application(call, tenant)?;
    let id = application.id.to_string();
    let jobs =
        tenant.shelf(SHELF).filter(|(_, job)| job["application"] == id.as_str()).map(|(_, job)| shown(job));
    Ok(Reply::ok(json!({
        "@odata.context": way(call, application, "jobs"), "value": jobs.collect::<Vec<_>>(),
    })))
}

fn find(call: &Call, tenant: &Tenant) -> Result<Value, Fault> {
    let id = application(call, tenant)?.id.to_string();
    let found = tenant.shelved(SHELF, call.key(1)).filter(|job| job["application"] == id.as_str());
    found.cloned().ok_or_else(|| {
        Fault::new(404, "JobNotFound", format!("The synchronization job '{}' was not found.", call.key(1)))
    })
}

fn answered(call: &Call, tenant: &Tenant, status: u16, job: &Value) -> Answer {
    let mut body = Map::new();
    let application = application(call, tenant)?;
    body.insert("@odata.context".to_owned(), json!(way(call, application, "jobs/$entity")));
    if let Value::Object(job) = shown(job) {
        body.extend(job);
    }
    Ok(Reply::json(status, Value::Object(body)))
}

fn job(call: &Call, tenant: &Tenant) -> Answer {
    answered(call, tenant, 200, &find(call, tenant)?)
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let owner = application(call, tenant)?.id.to_string();
    if text(&body, "templateId") != Some(TEMPLATE) {
        return Err(Fault::bad("TemplateNotFound", "The template of the synchronization job was not found."));
    }
    if tenant.shelf(SHELF).any(|(_, job)| job["application"] == owner.as_str()) {
        return Err(Fault::new(
            409,
            "JobAlreadyExists",
            "The application has a synchronization job already.",
        ));
    }
    let id = format!("{TEMPLATE}.{}.{}", tenant.profile.tenant_id.simple(), Uuid::new_v4());
    let job = json!({
        "application": owner,
        "id": id,
        "templateId": TEMPLATE,
        "schedule": { "expiration": null, "interval": "PT40M", "state": "Disabled" },
        "status": {
            "code": "Paused",
            "countSuccessiveCompleteFailures": 0,
            "escrowsPruned": false,
            "lastExecution": null,
            "lastSuccessfulExecution": null,
            "lastSuccessfulExecutionWithExports": null,
            "progress": [],
            "quarantine": null,
            "steadyStateFirstAchievedTime": NEVER,
            "steadyStateLastAchievedTime": NEVER,
            "synchronizedEntryCountByType": [],
            "troubleshootingUrl": null,
        },
        "synchronizationJobSettings": [],
    });
    tenant.shelve(SHELF, &id, job.clone());
    answered(call, tenant, 201, &job)
}

fn remove(call: &Call, tenant: &mut Tenant) -> Answer {
    find(call, tenant)?;
    tenant.unshelve(SHELF, call.key(1));
    Ok(Reply::empty(204))
}

/// `[{key, value}]`, looked up by key in any case.
fn entry<'a>(list: &'a Value, name: &str) -> Option<&'a str> {
    let list = list.as_array()?;
    let found =
        list.iter().find(|one| one["key"].as_str().is_some_and(|key| key.eq_ignore_ascii_case(name)))?;
    found["value"].as_str()
}

/// The other tenant must be named, and this one must let its users consent by themselves there.
fn sound(tenant: &Tenant, credentials: &Value) -> Result<(), Fault> {
    let wrong =
        |what: &str| Fault::bad("InvalidCredentials", format!("The credentials hold no valid '{what}'."));
    let company = entry(credentials, "CompanyId").filter(|id| Uuid::try_parse(id).is_ok());
    let company = company.ok_or_else(|| wrong("CompanyId"))?;
    if !entry(credentials, "AuthenticationType").is_some_and(|kind| kind.eq_ignore_ascii_case("SyncPolicy")) {
        return Err(wrong("AuthenticationType"));
    }
    if !lets_out(tenant, company) {
        return Err(Fault::bad(
            "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure",
            "The source tenant does not have automatic user consent with the target tenant enabled in its \
             cross-tenant access settings.",
        ));
    }
    Ok(())
}

fn saved(tenant: &Tenant, application: &Object) -> Value {
    tenant.shelved(SECRETS, &application.id.to_string()).cloned().unwrap_or(Value::Null)
}

fn validate(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let application = application(call, tenant)?;
    if value(&body, "useSavedCredentials") == true {
        sound(tenant, &saved(tenant, application))?;
    } else {
        sound(tenant, value(&body, "credentials"))?;
    }
    Ok(Reply::empty(204))
}

fn set_secrets(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let id = application(call, tenant)?.id.to_string();
    let Value::Array(secrets) = value(&body, "value") else {
        return Err(Fault::bad("BadRequest", "The body must hold the secrets under 'value'."));
    };
    tenant.shelve(SECRETS, &id, json!(secrets));
    Ok(Reply::empty(204))
}

fn change(call: &Call, tenant: &mut Tenant, code: &str, state: &str) -> Answer {
    let mut job = find(call, tenant)?;
    job["status"]["code"] = json!(code);
    job["schedule"]["state"] = json!(state);
    tenant.shelve(SHELF, call.key(1), job);
    Ok(Reply::empty(204))
}

fn start(call: &Call, tenant: &mut Tenant) -> Answer {
    let application = application(call, tenant)?;
    sound(tenant, &saved(tenant, application))?;
    change(call, tenant, "Active", "Active")
}

fn pause(call: &Call, tenant: &mut Tenant) -> Answer {
    change(call, tenant, "Paused", "Disabled")
}

fn restart(call: &Call, tenant: &mut Tenant) -> Answer {
    change(call, tenant, "Active", "Active")
}

/// One user at once. The answer is JSON in a text, as the service gives it.
fn provision(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    find(call, tenant)?;
    let application = application(call, tenant)?;
    sound(tenant, &saved(tenant, application))?;
    let subjects = value(&body, "parameters")[0]["subjects"].as_array().cloned().unwrap_or_default();
    let Some(user) = subjects.first().and_then(|one| one["objectId"].as_str()) else {
        return Err(Fault::bad("BadRequest", "The parameters name no subject."));
    };
    let found = tenant.find(Kind::User, user).ok_or_else(|| Fault::missing(user))?;
    let assigned = tenant.app_role_assignments.of(found.id).any(|granted| granted.resource == application.id);
    let step = |name: &str, kind: &str, status: &str| json!({ "name": name, "provisioningStepType": kind, "status": status, "description": "", "details": {} });
    let steps = if assigned {
        json!([
            step("EntryImport", "import", "success"),
            step("EntrySynchronizationScoping", "scoping", "success"),
            step("EntrySynchronizationExport", "export", "success"),
        ])
    } else {
        json!([
            step("EntryImport", "import", "success"),
            step("EntrySynchronizationScoping", "scoping", "skipped")
        ])
    };
    let key = json!([{
        "provisioningSteps": steps,
        "sourceIdentity": { "id": found.id.to_string(), "displayName": found.text("displayName") },
        "statusInfo": { "status": if assigned { "success" } else { "skipped" } },
    }]);
    Ok(Reply::ok(json!({
        "@odata.context": call.context("microsoft.graph.stringKeyStringValuePair"),
        "key": key.to_string(),
        "value": if assigned { Value::Null } else { json!("NotEffectivelyEntitled") },
    })))
}
