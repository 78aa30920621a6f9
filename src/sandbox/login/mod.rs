//! Sign-in, as login.microsoftonline.com does it: for applications and for people.
//!
//! | file | what it does |
//! |---|---|
//! | `discovery` | documents that libraries read first |
//! | `client`, `assertion` | which application asks, and its proof |
//! | `grants` | the token endpoint, and what every answer holds |
//! | `code`, `device`, `refresh` | the ways of people to a token |
//! | `person` | who may sign in, and what is remembered of it |
//! | `resource` | scopes, and the services that they belong to |
//! | `token` | access tokens, made and checked |
//! | `pages` | what somebody in a browser sees |

mod assertion;
mod client;
mod code;
pub mod controls;
mod desk;
mod device;
mod discovery;
mod failure;
mod grants;
mod known;
mod pages;
mod person;
mod refresh;
mod resource;
mod token;

use uuid::Uuid;

use super::http::{Content, Reply, Request};
use super::router::unknown;
use super::tenant::Tenant;
use super::world::World;
use failure::Failure;

pub use desk::Desk;
pub use known::install as install_microsoft;
pub use person::end_sessions;
pub use resource::Audience;
pub use token::{Claims, Refused, Tokens};

/// Paths that belong to sign-in when no Host name says so.
pub fn takes(request: &Request) -> bool {
    let rest: Vec<String> =
        request.segments.iter().skip(1).map(|segment| segment.to_ascii_lowercase()).collect();
    matches!(
        rest.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        ["oauth2", ..]
            | ["v2.0", ".well-known" | "adminconsent", ..]
            | [".well-known" | "discovery" | "userrealm", ..]
            | ["login" | "adminconsent"]
    )
}

pub fn answer(world: &World, request: &Request) -> Reply {
    let segments: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let told = |reply: Result<Reply, Failure>| reply.unwrap_or_else(|failure| failure.reply(request));
    let mut reply = match (request.method.as_str(), segments.as_slice()) {
        ("POST", [name, "oauth2", "v2.0", "token"]) => grants::token_endpoint(world, request, name, false),
        ("POST", [name, "oauth2", "token"]) => grants::token_endpoint(world, request, name, true),
        ("POST", [name, "oauth2", "v2.0", "devicecode"]) => told(device::begin(world, request, name, false)),
        ("GET" | "POST", [name, "oauth2", "devicecode"]) => told(device::begin(world, request, name, true)),
        ("GET" | "POST", [_, "oauth2", "deviceauth"]) => device::page(world, request),
        ("GET" | "POST", [name, "oauth2", "v2.0", "authorize"]) => {
            code::authorize(world, request, name, false)
        }
        ("GET" | "POST", [name, "oauth2", "authorize"]) => code::authorize(world, request, name, true),
        ("POST", [name, "login"]) => code::chosen(world, request, name),
        ("GET", [_, "oauth2", "nativeclient"]) => {
            Reply::html(200, pages::done("You have signed in", "You can close this window."))
        }
        ("GET" | "POST", [_, "oauth2", "v2.0", "logout"] | [_, "oauth2", "logout"]) => {
            discovery::signed_out(request)
        }
        ("GET", [name, "adminconsent"] | [name, "v2.0", "adminconsent"]) => {
            told(world.read(|tenant| discovery::admin_consent(tenant, name, request)))
        }
        ("GET", [name, "v2.0", ".well-known", "openid-configuration"]) => {
            told(world.read(|tenant| discovery::openid_configuration(tenant, name, request, false)))
        }
        ("GET", [name, ".well-known", "openid-configuration"]) => {
            told(world.read(|tenant| discovery::openid_configuration(tenant, name, request, true)))
        }
        ("GET", ["common", "discovery", "instance"]) => discovery::instances(request),
        ("GET", [_, "userrealm", user]) => world.read(|tenant| discovery::realm(tenant, user)),
        ("GET", [_, "userrealm"]) => {
            let user = request.option("user").unwrap_or_default();
            world.read(|tenant| discovery::realm(tenant, user))
        }
        ("GET", [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"]) => {
            Reply::ok(token::published_keys())
        }
        _ => return unknown(request),
    };
    let headers = match &reply.content {
        Content::Json(_) => vec![("content-type", "application/json; charset=utf-8")],
        Content::Html(_) => vec![("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")],
        _ => Vec::new(),
    };
    for (name, value) in headers {
        reply = reply.with(name, value);
    }
    reply.with("x-content-type-options", "nosniff").with("x-ms-request-id", request.id.to_string())
}

/// True when a path or parameter names this tenant, by id or by one of its domains.
pub fn is_tenant(state: &Tenant, name: &str) -> bool {
    match Uuid::try_parse(name) {
        Ok(id) => id == state.profile.tenant_id,
        Err(_) => state.owns_domain(name),
    }
}

/// Names that leave open which tenant somebody is in.
fn is_anybodys(name: &str) -> bool {
    matches!(name, "common" | "organizations")
}

fn known_tenant(state: &Tenant, name: &str) -> Result<(), Failure> {
    if is_anybodys(name) || is_tenant(state, name) {
        return Ok(());
    }
    if Uuid::try_parse(name).is_err() && !name.contains('.') {
        let text = format!(
            "Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
        );
        return Err(Failure::request(900_023, text));
    }
    let text = format!(
        "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    Err(Failure::request(90002, text))
}

/// Who every sign-in is granted as, if that was asked for.
fn approved_as(state: &Tenant) -> Option<Uuid> {
    state.setting(person::APPROVES).as_str().and_then(|id| Uuid::try_parse(id).ok())
}

/// The sign-in page for a service's challenge, on the caller's own host where that is not the service's.
pub fn challenge_address(request: &Request, tenant: &str) -> String {
    let base = match super::router::is_service_host(&request.host) {
        true => "https://login.microsoftonline.com",
        false => request.base.as_str(),
    };
    format!("{base}/{}", if tenant.is_empty() { "common" } else { tenant })
}
