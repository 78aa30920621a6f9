//! `/sandbox/`: what a real tenant has no address for. Needs no token, only loopback.

use serde_json::{Value, json};
use uuid::Uuid;

use super::census::{self, Without};
use super::error::Error;
use super::http::{Reply, Request};
use super::login::controls;
use super::redemption;
use super::router::unknown;
use super::show;
use super::tenant::{App, Kind, Object, Tenant, map};
use super::trouble;
use super::world::World;

/// What a client needs to sign in.
pub fn connection(world: &World) -> Value {
    world.read(|tenant| {
        let profile = &tenant.profile;
        let secret = tenant.app(profile.client_id).map(|app| app.secret.clone());
        let mut connection = json!({ "http": world.addresses.http });
        if let Some((https, ca_file)) = &world.addresses.https {
            connection["https"] = json!(https);
            connection["caFile"] = json!(ca_file);
        }
        let known = json!({
            "tenantId": profile.tenant_id.to_string(),
            "tenantDomain": profile.initial_domain,
            "subscriptionId": profile.subscription_id.to_string(),
            "clientId": profile.client_id.to_string(),
            "clientSecret": secret,
            "clients": clients(tenant),
        });
        if tenant.clock.ahead() > 0 {
            connection["aheadSeconds"] = json!(tenant.clock.ahead());
        }
        // A client that knows the limits keeps to them; one that knows the rate of the clock knows how long they last.
        if world.troubles.limits.described() == "published" {
            connection["throttling"] = json!("published");
        }
        if tenant.clock.rate() > 1 {
            connection["clockRate"] = json!(tenant.clock.rate());
        }
        let delays = tenant.delays();
        let seconds = |milliseconds: i64| milliseconds as f64 / 1000.0 / f64::from(tenant.clock.rate());
        if delays.longest() > 0 {
            connection["visibleWithinSeconds"] = json!(seconds(delays.graph.max(delays.contacts)));
            connection["lateWithinSeconds"] = json!(seconds(delays.longest()));
        }
        if let (Value::Object(connection), Value::Object(known)) = (&mut connection, known) {
            connection.extend(known);
        }
        connection
    })
}

/// The registrations that a seed brings: the administrator's, one that only reads, one that only invites.
fn clients(tenant: &Tenant) -> Vec<Value> {
    let mut told: Vec<&App> = tenant.apps().filter(|app| !app.label.is_empty()).collect();
    // The administrator's comes first.
    told.sort_by_key(|app| (app.client_id != tenant.profile.client_id, app.label != "reader"));
    let shown = |app: &App| {
        json!({
            "name": app.label,
            "clientId": app.client_id.to_string(),
            "clientSecret": app.secret,
            "roles": app.roles,
        })
    };
    told.into_iter().map(shown).collect()
}

pub fn answer(world: &World, request: &Request) -> Reply {
    // A web page that points its own name at this machine must not reach the controls.
    let local = request.host == "localhost"
        || request.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if !local {
        return refuse(
            403,
            "Forbidden",
            "only requests to a loopback address reach the controls of the sandbox",
        );
    }
    // Nor must a page from elsewhere that sends a form here.
    let strange = request
        .header("origin")
        .is_some_and(|origin| origin != "null" && !origin.eq_ignore_ascii_case(&request.base));
    if strange && request.method != http::Method::GET {
        return refuse(403, "Forbidden", "a page from elsewhere must not use the controls of the sandbox");
    }
    let body: Value = match request.body.is_empty() {
        true => json!({}),
        false => match serde_json::from_slice(&request.body) {
            Ok(body) => body,
            Err(error) => return refuse(400, "BadRequest", &format!("the body is not JSON: {error}")),
        },
    };
    let name = request.segments.get(1).map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    match (request.method.as_str(), name.as_str()) {
        (_, "faults") => trouble::answer(world, request).unwrap_or_else(|| unknown(request)),
        ("GET", "connection") => Reply::ok(connection(world)),
        ("GET", "") => show::tenant(world),
        ("GET", "requests") => show::requests(world),
        ("GET", "outbox") if show::wants_page(request) => show::outbox(world),
        ("GET", "outbox") => Reply::ok(world.read(|tenant| tenant.mails().cloned().collect())),
        ("GET", "state") => {
            let without = Without::of(request.option("without"));
            Reply::ok(world.read(|tenant| census::take(tenant, without)))
        }
        ("GET", "routes") => Reply::ok(routes()),
        ("POST", "reset") => reset(world, &body),
        ("POST", "accept") => change(world, |tenant| accept(tenant, &body)),
        ("GET", "clock") => Reply::ok(world.read(time)),
        ("POST", "clock") => change(world, |tenant| move_clock(tenant, &body)),
        ("GET", "certificate") => controls::certificate(),
        ("POST", "approve") => controls::approve(world, &body),
        ("POST", "login") => change(world, |tenant| controls::approve_all(tenant, &body)),
        ("POST", "sign-in") => change(world, |tenant| controls::sign_in(tenant, &body)),
        ("POST", "apps") => change(world, |tenant| register(tenant, &body)),
        _ => unknown(request),
    }
}

pub fn refuse(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, json!({ "error": { "code": code, "message": message } }))
}

fn change(world: &World, act: impl FnOnce(&mut Tenant) -> Reply) -> Reply {
    world.write(act).unwrap_or_else(|unsaved| refuse(500, "Unsaved", &unsaved.0))
}

fn routes() -> Value {
    let all = super::routes().into_iter().map(|route| {
        json!({
            "service": route.service, "method": route.method, "path": route.path, "permissions": route.needs,
        })
    });
    json!({ "value": all.collect::<Vec<_>>() })
}

fn reset(world: &World, body: &Value) -> Reply {
    let current = world.read(|tenant| tenant.profile.seed.clone());
    match world.reset(body["seed"].as_str().unwrap_or(&current)) {
        Ok(()) => Reply::ok(connection(world)),
        Err(error @ Error::UnknownSeed { .. }) => refuse(400, "UnknownSeed", &error.to_string()),
        Err(error) => refuse(500, "Unsaved", &error.to_string()),
    }
}

/// The guest follows the link: what happens in a browser with a real tenant.
fn accept(tenant: &mut Tenant, body: &Value) -> Reply {
    let Some(key) = body["user"].as_str() else { return refuse(400, "BadRequest", "`user` names nobody") };
    let found = tenant.user(key).or_else(|| tenant.known_as(key).find(|object| object.is_guest()));
    let Some(id) = found.map(|user| user.id) else {
        return refuse(404, "NotFound", &format!("no user `{key}`"));
    };
    let issuer = body["issuer"].as_str().unwrap_or("ExternalAzureAD");
    match redemption::accept(tenant, id, body["ticket"].as_str(), issuer) {
        Ok(()) => Reply::ok(json!({ "id": id.to_string(), "externalUserState": "Accepted" })),
        Err(refusal) => refuse(refusal.status(), refusal.code(), &format!("`{key}`: {}", refusal.text())),
    }
}

fn time(tenant: &Tenant) -> Value {
    json!({ "now": tenant.stamp(), "aheadSeconds": tenant.clock.ahead(), "clockRate": tenant.clock.rate() })
}

/// `{"advance": "P30D"}` or `{"advanceSeconds": 3600}`: the tenant's time goes on, the machine's does not.
fn move_clock(tenant: &mut Tenant, body: &Value) -> Reply {
    let seconds = match (&body["advance"], body["advanceSeconds"].as_i64()) {
        (Value::String(text), _) => text.parse::<jiff::Span>().ok().and_then(|span| {
            let start = tenant.clock.now().to_zoned(jiff::tz::TimeZone::UTC);
            let end = start.checked_add(span).ok()?;
            Some(end.timestamp().as_second() - start.timestamp().as_second())
        }),
        (_, seconds) => seconds,
    };
    match seconds {
        Some(seconds) if seconds >= 0 => {
            tenant.clock.set_ahead(tenant.clock.ahead().saturating_add(seconds).min(100 * 365 * 86_400));
            let profile = tenant.profile.clone();
            tenant.set_profile(profile);
            Reply::ok(time(tenant))
        }
        _ => refuse(
            400,
            "BadRequest",
            "`advance` is a duration such as `P30D` or `PT2H`, and time does not go back",
        ),
    }
}

/// Another application, with exactly the permissions and directory roles asked for.
fn register(tenant: &mut Tenant, body: &Value) -> Reply {
    let texts = |name: &str| -> Vec<String> {
        let list = body[name].as_array();
        list.into_iter().flatten().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
    };
    let name = body["displayName"].as_str().unwrap_or("Sandbox application").to_owned();
    let (client_id, principal) = (Uuid::new_v4(), Uuid::new_v4());
    let secret = format!("public-{}", Uuid::new_v4().simple());
    let mut roles = Vec::new();
    for wanted in texts("directoryRoles") {
        match super::graph::role_by_name(&wanted) {
            Some(role) => roles.push(role),
            None => return refuse(400, "BadRequest", &format!("no directory role `{wanted}`")),
        }
    }
    let app =
        App { client_id, principal, name, secret: secret.clone(), roles: texts("roles"), ..App::default() };
    add_app(tenant, app);
    for role in roles {
        tenant.grant_directory_role(principal, role, "/");
    }
    Reply::json(
        201,
        json!({ "clientId": client_id.to_string(), "clientSecret": secret, "principalId": principal.to_string() }),
    )
}

/// An app registration and the service principal that stands for it.
pub fn add_app(tenant: &mut Tenant, app: App) {
    let properties = json!({
        "accountEnabled": true,
        "appId": app.client_id.to_string(),
        "appRoleAssignmentRequired": false,
        "appDisplayName": app.name,
        "displayName": app.name,
        "servicePrincipalType": "Application",
        "appOwnerOrganizationId": tenant.profile.tenant_id.to_string(),
        "signInAudience": "AzureADMyOrg",
        "servicePrincipalNames": [app.client_id.to_string()],
    });
    let principal = app.principal;
    tenant.insert(Object::new(principal, Kind::ServicePrincipal, map(properties)));
    let registered = super::graph::registration(tenant, app.client_id, &app.name);
    let id = Uuid::new_v5(&app.client_id, b"registration");
    tenant.insert(Object::new(id, Kind::Application, registered));
    for (resource, role) in super::graph::permissions_named(tenant, &app.roles) {
        tenant.grant_app_role(principal, resource, role);
    }
    tenant.register(app);
}

#[cfg(test)]
mod tests {
    use super::super::{seed, tenant::with_primary};
    use super::*;

    #[test]
    fn a_new_primary_address_keeps_the_old_one() {
        let before = [json!("SMTP:old@fabrikam.example"), json!("x500:something")];
        let after = with_primary(&before, "new@fabrikam.example");
        assert_eq!(
            after,
            json!(["SMTP:new@fabrikam.example", "smtp:old@fabrikam.example", "x500:something"])
        );
    }

    #[test]
    fn every_seed_has_an_administrator() {
        for name in seed::NAMES {
            let tenant = seed::plant(name).unwrap();
            assert!(tenant.app(tenant.profile.client_id).is_some(), "{name}");
        }
    }
}
