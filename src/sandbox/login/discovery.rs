//! What libraries read before they sign anybody in: discovery documents, the realm of an account; and the pages around.

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::super::http::{Reply, Request};
use super::super::tenant::Tenant;
use super::client::application;
use super::failure::Failure;
use super::{is_anybodys, known_tenant, pages};

pub fn openid_configuration(
    tenant: &Tenant,
    name: &str,
    request: &Request,
    old: bool,
) -> Result<Reply, Failure> {
    let id = tenant.profile.tenant_id;
    let (shown, named) = if is_anybodys(name) || name == "consumers" {
        // Whose tokens these are is known when somebody has signed in.
        (name.to_owned(), "{tenantid}".to_owned())
    } else {
        known_tenant(tenant, name)?;
        (id.to_string(), id.to_string())
    };
    let base = format!("{}/{shown}", request.base);
    let version = if old { "" } else { "/v2.0" };
    let issuer = match old {
        true => format!("https://sts.windows.net/{named}/"),
        false => format!("{}/{named}/v2.0", request.base),
    };
    Ok(Reply::ok(json!({
        "token_endpoint": format!("{base}/oauth2{version}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/discovery{version}/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": format!("{base}/oauth2{version}/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2{version}/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{base}/oauth2{version}/logout"),
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host",
            "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash",
            "c_hash", "email",
        ],
        "tenant_region_scope": if is_anybodys(name) { Value::Null } else { json!("EU") },
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })))
}

/// Which hosts speak for one another. The sandbox's own stands beside the public ones.
pub fn instances(request: &Request) -> Reply {
    let authority: &str = request.base.split("://").nth(1).unwrap_or_default();
    let mut metadata = vec![json!({
        "preferred_network": "login.microsoftonline.com",
        "preferred_cache": "login.windows.net",
        "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    })];
    if !super::super::router::is_service_host(authority) {
        let mut aliases = vec![authority];
        // Some libraries look the host up without its port.
        if request.host != authority {
            aliases.push(&request.host);
        }
        metadata.push(
            json!({ "preferred_network": authority, "preferred_cache": authority, "aliases": aliases }),
        );
    }
    let asked = request.option("authorization_endpoint").unwrap_or_default();
    let name = url::Url::parse(asked).ok();
    let name = name.as_ref().and_then(|url| url.path_segments()?.next()).filter(|name| !name.is_empty());
    Reply::ok(json!({
        "tenant_discovery_endpoint":
            format!("{}/{}/v2.0/.well-known/openid-configuration", request.base, name.unwrap_or("common")),
        "api-version": "1.1",
        "metadata": metadata,
    }))
}

/// How an account signs in: all of the tenant's own with a password, others nobody knows how.
pub fn realm(tenant: &Tenant, user: &str) -> Reply {
    let domain = user.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if !tenant.owns_domain(domain) {
        return Reply::ok(json!({
            "ver": "1.0", "account_type": "Unknown", "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }));
    }
    Reply::ok(json!({
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": domain,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }))
}

/// There is no session in the browser to end: who asks is sent on, or told.
pub fn signed_out(request: &Request) -> Reply {
    match request.option("post_logout_redirect_uri").filter(|to| is_local(to)) {
        Some(to) => {
            let state = request.option("state").map(|state| ("state", state.to_owned()));
            Reply::empty(302).with("location", with_fields(to, state.as_slice()))
        }
        None => Reply::html(200, pages::done("You signed out of your account", "You can close this window.")),
    }
}

/// Consent for the whole tenant. Every application here has it from the start, so that only the answer is given.
pub fn admin_consent(tenant: &Tenant, name: &str, request: &Request) -> Result<Reply, Failure> {
    known_tenant(tenant, name)?;
    let app = application(tenant, request.option("client_id").ok_or_else(|| Failure::missing("client_id"))?)?;
    let to = request.option("redirect_uri").unwrap_or("http://localhost");
    if !is_local(to) {
        let text = format!(
            "The redirect URI '{to}' specified in the request does not match the redirect URIs configured for the \
             application '{}'.",
            app.client_id
        );
        return Err(Failure::request(50011, text));
    }
    let state = request.option("state").map(|state| ("state", state.to_owned()));
    let mut yes =
        vec![("admin_consent", "True".to_owned()), ("tenant", tenant.profile.tenant_id.to_string())];
    let mut no = vec![
        ("error", "access_denied".to_owned()),
        ("error_description", "AADSTS65004: User declined to consent to access the app.".to_owned()),
        ("admin_consent", "True".to_owned()),
    ];
    yes.extend(state.clone());
    no.extend(state);
    let (yes, no) = (with_fields(to, &yes), with_fields(to, &no));
    if super::approved_as(tenant).is_some() {
        return Ok(Reply::empty(302).with("location", yes));
    }
    Ok(Reply::html(200, pages::consent(&app.name, &app.roles, &yes, &no)))
}

fn is_local(address: &str) -> bool {
    let Ok(address) = url::Url::parse(address) else { return false };
    let local = match address.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    local && matches!(address.scheme(), "http" | "https")
}

fn with_fields(address: &str, fields: &[(&str, String)]) -> String {
    if fields.is_empty() {
        return address.to_owned();
    }
    let mut query = Serializer::new(String::new());
    for (name, value) in fields {
        query.append_pair(name, value);
    }
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{}", query.finish())
}
