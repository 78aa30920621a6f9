//! What `/sandbox/` has for sign-in: approving without a browser, sign-ins made to happen, the published certificate.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::control::refuse;
use super::super::http::Reply;
use super::super::tenant::{Kind, Object, Tenant};
use super::super::world::World;
use super::desk::Verdict;
use super::failure::Failure;
use super::known::MICROSOFT;
use super::person::{self, SignIn};
use super::resource::Audience;

/// `{"userCode"?, "user"?}`: somebody types a device's code and signs in.
pub fn approve(world: &World, body: &Value) -> Reply {
    world.read(|tenant| {
        let user = match body["user"].as_str() {
            Some(name) => person::find(tenant, name),
            None => first_administrator(tenant),
        };
        let Some(user) = user else {
            return refuse(
                404,
                "NotFound",
                &format!("no user `{}`", body["user"].as_str().unwrap_or("(any)")),
            );
        };
        let now = tenant.clock.now().as_millisecond();
        let mut waiting = world.desk.open();
        let Some(device) = waiting.device(body["userCode"].as_str(), now) else {
            let message = match body["userCode"].as_str() {
                Some(code) => format!("nothing waits for the code `{code}`"),
                None => "not exactly one device waits: give its `userCode`".to_owned(),
            };
            return refuse(404, "NothingToApprove", &message);
        };
        device.verdict = Verdict::Granted(user.id);
        Reply::ok(json!({
            "userCode": device.user_code,
            "clientId": device.app.to_string(),
            "user": user.text("userPrincipalName"),
        }))
    })
}

fn first_administrator(tenant: &Tenant) -> Option<&Object> {
    let global = super::super::graph::role_by_name("Global Administrator")?;
    tenant.of_kind(Kind::User).find(|user| tenant.directory_roles_of(user.id).contains(&global))
}

/// `{"approve": "<upn>"|null}`: from now on nobody is asked who signs in.
pub fn approve_all(tenant: &mut Tenant, body: &Value) -> Reply {
    let user = match &body["approve"] {
        Value::Null => Value::Null,
        Value::String(name) => match person::find(tenant, name) {
            Some(user) => json!(user.id.to_string()),
            None => return refuse(404, "NotFound", &format!("no user `{name}`")),
        },
        _ => return refuse(400, "BadRequest", "`approve` is a user principal name, or null"),
    };
    tenant.set_setting(person::APPROVES, user.clone());
    Reply::ok(json!({ "approve": user }))
}

/// `{"user", "app"?, "failed"?, "at"?}`: somebody signs in somewhere.
pub fn sign_in(tenant: &mut Tenant, body: &Value) -> Reply {
    let name = body["user"].as_str().unwrap_or_default();
    let Some(user) = person::find(tenant, name).map(|user| user.id) else {
        return refuse(404, "NotFound", &format!("no user `{name}`"));
    };
    let app = match body["app"].as_str() {
        None => MICROSOFT[0].client_id,
        Some(text) => match Uuid::try_parse(text).ok().filter(|id| tenant.app(*id).is_some()) {
            Some(id) => id,
            None => return refuse(404, "NotFound", &format!("no application `{text}`")),
        },
    };
    let at = match body["at"].as_str().map(str::parse::<jiff::Timestamp>) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(_)) => {
            return refuse(400, "BadRequest", "`at` is a moment such as `2026-01-31T08:00:00Z`");
        }
    };
    let failure = (body["failed"] == true).then(Failure::wrong_password);
    let sign_in = SignIn {
        user,
        app,
        audience: Audience::Graph,
        interactive: true,
        client: "Browser",
        failure: failure.as_ref(),
        at,
    };
    person::signed_in(tenant, &sign_in);
    let activity = tenant.get(user).and_then(|user| user.properties.get("signInActivity")).cloned();
    Reply::ok(json!({ "id": user.to_string(), "signInActivity": activity }))
}

/// The administrator's certificate with its key.
pub fn certificate() -> Reply {
    Reply::text(200, super::assertion::published_certificate()).with("content-type", "application/x-pem-file")
}
