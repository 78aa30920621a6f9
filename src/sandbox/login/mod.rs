//! Sign-in, as login.microsoftonline.com does it: discovery documents, keys, tokens for applications.

mod token;

use serde_json::{Value, json};
use uuid::Uuid;

use super::http::{Reply, Request, pairs};
use super::router::unknown;
use super::tenant::Tenant;
use super::world::World;

pub use token::{Audience, Claims, Refused, Tokens};

/// How long a token is good for.
const LIFETIME_SECONDS: i64 = 3599;

/// Paths that belong to sign-in when no Host name says so.
pub fn takes(request: &Request) -> bool {
    let rest: Vec<String> =
        request.segments.iter().skip(1).map(|segment| segment.to_ascii_lowercase()).collect();
    matches!(
        rest.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        ["oauth2", ..] | ["v2.0", ".well-known", ..] | [".well-known", ..] | ["discovery", ..]
    )
}

pub fn answer(world: &World, request: &Request) -> Reply {
    let segments: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"]) => world
            .read(|state| sign_in(world, state, tenant, request))
            .unwrap_or_else(|failure| failure.reply(request)),
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"])
        | ("GET", [tenant, ".well-known", "openid-configuration"]) => world
            .read(|state| openid_configuration(state, tenant, request))
            .unwrap_or_else(|f| f.reply(request)),
        ("GET", ["common", "discovery", "instance"]) => instance_discovery(request),
        ("GET", [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"]) => {
            Reply::ok(token::published_keys())
        }
        _ => unknown(request),
    }
}

/// A refusal in the words of the token endpoint.
struct Failure {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

impl Failure {
    fn new(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Failure {
        Failure { status, error, code, text: text.into() }
    }

    fn reply(self, request: &Request) -> Reply {
        let at = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {at}",
            self.code, self.text, request.id, request.client_id
        );
        Reply::json(
            self.status,
            json!({
                "error": self.error,
                "error_description": description,
                "error_codes": [self.code],
                "timestamp": at,
                "trace_id": request.id.to_string(),
                "correlation_id": request.client_id,
                "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
            }),
        )
    }
}

/// True when a path or parameter names this tenant, by id or by one of its domains.
pub fn is_tenant(state: &Tenant, name: &str) -> bool {
    match Uuid::try_parse(name) {
        Ok(id) => id == state.profile.tenant_id,
        Err(_) => state.owns_domain(name),
    }
}

fn known_tenant(state: &Tenant, name: &str) -> Result<(), Failure> {
    if is_tenant(state, name) {
        return Ok(());
    }
    let text = format!(
        "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    Err(Failure::new(400, "invalid_request", 90002, text))
}

fn sign_in(world: &World, state: &Tenant, tenant: &str, request: &Request) -> Result<Reply, Failure> {
    known_tenant(state, tenant)?;
    let body = String::from_utf8_lossy(&request.body);
    let form = pairs(&body);
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let missing = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        Failure::new(400, "invalid_request", 900_144, text)
    };
    let grant = field("grant_type").ok_or_else(|| missing("grant_type"))?;
    let client = field("client_id").ok_or_else(|| missing("client_id"))?;
    let app = Uuid::try_parse(client).ok().and_then(|id| state.app(id)).ok_or_else(|| {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory '{}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant.",
            state.profile.display_name
        );
        Failure::new(400, "unauthorized_client", 700_016, text)
    })?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(Failure::new(400, "unsupported_grant_type", 70003, text));
    }
    let secret = field("client_secret").ok_or_else(|| {
        let text =
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        Failure::new(401, "invalid_client", 7_000_218, text)
    })?;
    if secret != app.secret {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{}'.",
            app.client_id
        );
        return Err(Failure::new(401, "invalid_client", 7_000_215, text));
    }
    let scope = field("scope").or_else(|| field("resource")).ok_or_else(|| missing("scope"))?;
    let audience = Audience::of_scope(scope, field("resource").is_some()).map_err(|resource| match resource {
        None => {
            let text = format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input \
                 parameter 'scope' is not valid. The scope {scope} is not valid."
            );
            Failure::new(400, "invalid_scope", 70011, text)
        }
        Some(resource) => {
            let text = format!(
                "The resource principal named {resource} was not found in the tenant named {}.",
                state.profile.display_name
            );
            Failure::new(400, "invalid_resource", 500_011, text)
        }
    })?;
    let now = jiff::Timestamp::now().as_second();
    let claims = Claims {
        audience,
        tenant: state.profile.tenant_id,
        principal: app.principal,
        app: app.client_id,
        name: app.name.clone(),
        roles: app.roles.iter().filter(|role| audience.knows(role)).cloned().collect(),
        not_before: now - 300,
        expires: now + LIFETIME_SECONDS + 1,
    };
    let token = world.tokens.issue(claims);
    Ok(Reply::ok(json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": token,
    }))
    .with("cache-control", "no-store, no-cache"))
}

fn openid_configuration(state: &Tenant, tenant: &str, request: &Request) -> Result<Reply, Failure> {
    let shown = match tenant {
        "common" | "organizations" | "consumers" => tenant.to_owned(),
        _ => {
            known_tenant(state, tenant)?;
            state.profile.tenant_id.to_string()
        }
    };
    let base = format!("{}/{shown}", request.base);
    Ok(Reply::ok(json!({
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{base}/v2.0"),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "appid", "roles"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })))
}

fn instance_discovery(request: &Request) -> Reply {
    let authority: &str = request.base.split("://").nth(1).unwrap_or_default();
    let alias = |name: &str| -> Value {
        json!({ "preferred_network": name, "preferred_cache": name, "aliases": [name] })
    };
    Reply::ok(json!({
        "tenant_discovery_endpoint": format!("{}/common/v2.0/.well-known/openid-configuration", request.base),
        "api-version": "1.1",
        "metadata": [alias("login.microsoftonline.com"), alias(authority)],
    }))
}
