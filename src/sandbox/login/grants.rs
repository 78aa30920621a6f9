//! The token endpoint: what may be exchanged for a token, and what the answer holds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::http::{Reply, Request};
use super::super::tenant::{App, Tenant};
use super::super::world::World;
use super::client::{Form, Proof, identify, proven, unproven};
use super::failure::Failure;
use super::known::microsoft;
use super::person::{self, SignIn};
use super::resource::{Audience, Wanted};
use super::token::{self, Claims, Person};
use super::{code, device, known_tenant, refresh};

/// How long a token is good for.
const LIFETIME_SECONDS: i64 = 3599;

/// What every grant is answered from.
pub struct Exchange<'a> {
    pub world: &'a World,
    pub request: &'a Request,
    pub form: &'a Form,
    pub app: App,
    pub proof: Proof,
    /// The older endpoint: a resource in place of scopes, numbers as text.
    pub old: bool,
}

/// A person who was found to be who they say, and what they get.
pub struct Grant {
    pub user: Uuid,
    pub wanted: Wanted,
    /// The scopes as asked for, kept for later refreshes.
    pub scope: String,
    pub resource: Option<String>,
    pub nonce: Option<String>,
    pub interactive: bool,
    /// The application had to prove itself, and has to again.
    pub confidential: bool,
}

pub fn token_endpoint(world: &World, request: &Request, name: &str, old: bool) -> Reply {
    exchanged(world, request, name, old).unwrap_or_else(|failure| failure.reply(request))
}

fn exchanged(world: &World, request: &Request, name: &str, old: bool) -> Result<Reply, Failure> {
    world.read(|tenant| known_tenant(tenant, name))?;
    let form = Form::of(request);
    let grant = form.needed("grant_type")?;
    let (app, proof) = world.read(|tenant| {
        let (app, proof) = identify(tenant, &form)?;
        Ok((app.clone(), proof))
    })?;
    let exchange = Exchange { world, request, form: &form, app, proof, old };
    let change = |run: fn(&Exchange, &mut Tenant) -> Result<Reply, Failure>| {
        world.write(|tenant| run(&exchange, tenant)).unwrap_or_else(|unsaved| {
            Err(Failure::new(
                503,
                "temporarily_unavailable",
                90_033,
                format!("A transient error: {}", unsaved.0),
            ))
        })
    };
    match grant {
        "client_credentials" => world.read(|tenant| client_credentials(&exchange, tenant, name)),
        "authorization_code" => change(code::redeem),
        "refresh_token" => change(refresh::redeem),
        "password" => change(password),
        "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => change(device::poll),
        _ => {
            let text = format!("The app requested an unsupported grant type '{grant}'.");
            Err(Failure::new(400, "unsupported_grant_type", 70003, text))
        }
    }
}

/// An application for itself.
fn client_credentials(exchange: &Exchange, tenant: &Tenant, name: &str) -> Result<Reply, Failure> {
    let Exchange { app, proof, form, old, .. } = exchange;
    if *proof == Proof::None {
        return Err(unproven());
    }
    if super::is_anybodys(name) {
        let text = "No tenant-identifying information found in either the request or implied by any provided \
                    credentials.";
        return Err(Failure::request(50059, text));
    }
    let (scope, resource) = asked(form, *old);
    if scope.is_empty() && resource.is_none() {
        return Err(Failure::missing(if *old { "resource" } else { "scope" }));
    }
    let wanted = Wanted::read(&scope, resource.as_deref(), tenant)?;
    if !wanted.is_default() {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(Failure::new(400, "invalid_scope", 1_002_012, text));
    }
    let roles = app.roles.iter().filter(|role| wanted.audience.knows(role)).cloned().collect();
    let token = issue(exchange, tenant, app.principal, &wanted, app.name.clone(), roles, None);
    Ok(written(exchange, json!({}), token, &wanted))
}

/// Scopes and resource of a request.
pub fn asked(form: &Form, old: bool) -> (String, Option<String>) {
    let resource = form.get("resource").map(str::to_owned);
    let scope = form.get("scope").unwrap_or_default().to_owned();
    if old && resource.is_some() {
        ("openid profile offline_access".to_owned(), resource)
    } else {
        (scope, resource)
    }
}

/// Name and password. Everybody has the same one, which is no secret.
fn password(exchange: &Exchange, tenant: &mut Tenant) -> Result<Reply, Failure> {
    let form = exchange.form;
    let (name, given) = (form.needed("username")?, form.needed("password")?);
    let (scope, resource) = asked(form, exchange.old);
    let scope = if scope.is_empty() && resource.is_none() { "openid profile".to_owned() } else { scope };
    let wanted = Wanted::read(&scope, resource.as_deref(), tenant)?;
    let user = person::needed(tenant, name)?.id;
    if given != person::password(tenant) {
        return Err(failed(exchange, tenant, user, wanted.audience, Failure::wrong_password()));
    }
    let grant = Grant { user, wanted, scope, resource, nonce: None, interactive: true, confidential: false };
    granted(exchange, tenant, grant)
}

/// Remembers that somebody was refused, and hands the refusal on.
pub fn failed(
    exchange: &Exchange,
    tenant: &mut Tenant,
    user: Uuid,
    audience: Audience,
    failure: Failure,
) -> Failure {
    let sign_in = SignIn {
        user,
        app: exchange.app.client_id,
        audience,
        interactive: true,
        client: client_of(exchange),
        failure: Some(&failure),
        at: None,
    };
    person::signed_in(tenant, &sign_in);
    failure
}

fn client_of(exchange: &Exchange) -> &'static str {
    if exchange.app.public || exchange.proof == Proof::None {
        "Mobile Apps and Desktop clients"
    } else {
        "Browser"
    }
}

/// The answer to a person's grant, whichever it was.
pub fn granted(exchange: &Exchange, tenant: &mut Tenant, grant: Grant) -> Result<Reply, Failure> {
    let found = tenant
        .get(grant.user)
        .ok_or_else(|| Failure::unknown_user(&grant.user.to_string(), &tenant.profile.display_name))?;
    let admitted = person::admit(found);
    if let Err(failure) = admitted {
        let audience = grant.wanted.audience;
        return Err(if grant.interactive {
            failed(exchange, tenant, grant.user, audience, failure)
        } else {
            failure
        });
    }
    let name = found.text("displayName").unwrap_or_default().to_owned();
    let granted = grant.wanted.granted(&exchange.app);
    let person = described(tenant, grant.user, granted.clone());
    let mut more = json!({ "scope": grant.wanted.answered(&granted) });
    if grant.wanted.has("openid") {
        more["id_token"] = json!(id_token(exchange, tenant, &grant, &person, &name));
    }
    if grant.wanted.has("offline_access") {
        more["refresh_token"] = json!(refresh::issue(tenant, &exchange.app, &grant));
        if microsoft(exchange.app.client_id).is_some_and(|known| known.family) {
            more["foci"] = json!("1");
        }
    }
    // Libraries of Microsoft ask, but those that do not read past it.
    if exchange.form.get("client_info") == Some("1") {
        more["client_info"] = json!(client_info(tenant, grant.user));
    }
    let sign_in = SignIn {
        user: grant.user,
        app: exchange.app.client_id,
        audience: grant.wanted.audience,
        interactive: grant.interactive,
        client: client_of(exchange),
        failure: None,
        at: None,
    };
    person::signed_in(tenant, &sign_in);
    let token = issue(exchange, tenant, grant.user, &grant.wanted, name, Vec::new(), Some(person));
    Ok(written(exchange, more, token, &grant.wanted))
}

/// Who somebody is across tenants: object and home tenant.
pub fn client_info(tenant: &Tenant, user: Uuid) -> String {
    let info = json!({ "uid": user.to_string(), "utid": tenant.profile.tenant_id.to_string() });
    URL_SAFE_NO_PAD.encode(info.to_string())
}

fn described(tenant: &Tenant, user: Uuid, scopes: Vec<String>) -> Person {
    let Some(user) = tenant.get(user) else { return Person::default() };
    let text = |name: &str| user.text(name).map(str::to_owned);
    let upn = text("userPrincipalName").unwrap_or_default();
    // An account from elsewhere is called as it is there.
    let unique_name =
        if upn.contains("#EXT#") { text("mail").unwrap_or_else(|| upn.clone()) } else { upn.clone() };
    Person {
        upn,
        unique_name,
        given_name: text("givenName"),
        family_name: text("surname"),
        guest: user.is_guest(),
        scopes,
    }
}

pub fn issue(
    exchange: &Exchange,
    tenant: &Tenant,
    principal: Uuid,
    wanted: &Wanted,
    name: String,
    roles: Vec<String>,
    person: Option<Person>,
) -> String {
    let now = jiff::Timestamp::now().as_second();
    exchange.world.tokens.issue(Claims {
        audience: wanted.audience,
        resource: wanted.resource.clone(),
        tenant: tenant.profile.tenant_id,
        principal,
        app: exchange.app.client_id,
        app_name: exchange.app.name.clone(),
        name,
        roles,
        person,
        directory_roles: tenant.directory_roles_of(principal),
        proof: exchange.proof,
        not_before: now - 300,
        expires: now + LIFETIME_SECONDS + 1,
    })
}

fn written(exchange: &Exchange, more: Value, token: String, wanted: &Wanted) -> Reply {
    let mut body = json!({ "token_type": "Bearer" });
    if exchange.old {
        let now = jiff::Timestamp::now().as_second();
        body["expires_in"] = json!(LIFETIME_SECONDS.to_string());
        body["ext_expires_in"] = json!(LIFETIME_SECONDS.to_string());
        body["expires_on"] = json!((now + LIFETIME_SECONDS + 1).to_string());
        body["not_before"] = json!((now - 300).to_string());
        body["resource"] = json!(wanted.resource);
    } else {
        body["expires_in"] = json!(LIFETIME_SECONDS);
        body["ext_expires_in"] = json!(LIFETIME_SECONDS);
    }
    body["access_token"] = json!(token);
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    Reply::ok(body).with("cache-control", "no-store, no-cache").with("pragma", "no-cache")
}

/// What an application learns of who signed in to it.
fn id_token(exchange: &Exchange, tenant: &Tenant, grant: &Grant, person: &Person, name: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let id = tenant.profile.tenant_id;
    let app = &exchange.app;
    let mut payload = json!({
        "aud": app.client_id.to_string(),
        "iss": if exchange.old { format!("https://sts.windows.net/{id}/") } else { format!("{}/{id}/v2.0", exchange.request.base) },
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS + 1,
        "name": name,
        "oid": grant.user.to_string(),
        "preferred_username": person.unique_name,
        "puid": token::puid(grant.user),
        "rh": format!("1.{}", token::pairwise(id, app.client_id)),
        "sub": token::pairwise(grant.user, app.client_id),
        "tid": id.to_string(),
        "uti": super::desk::secret(),
        "ver": if exchange.old { "1.0" } else { "2.0" },
    });
    if exchange.old {
        payload["upn"] = json!(person.upn);
        payload["unique_name"] = json!(person.unique_name);
    }
    if grant.wanted.has("email") {
        let mail = tenant.get(grant.user).and_then(|user| user.text("mail"));
        payload["email"] = json!(mail.unwrap_or(&person.unique_name));
    }
    if let Some(nonce) = &grant.nonce {
        payload["nonce"] = json!(nonce);
    }
    token::signed(&payload)
}

/// For grants that began at the authorize endpoint.
pub fn same_proof(exchange: &Exchange) -> Result<(), Failure> {
    proven(&exchange.app, exchange.proof)
}
