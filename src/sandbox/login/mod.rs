//! Sign-in, as login.microsoftonline.com does it: for applications and for people.
//!
//! | file | what it does |
//! |---|---|
//! | `discovery` | documents that libraries read first |
//! | `client`, `assertion` | which application asks, and its proof |
//! | `grants` | the token endpoint, and what every answer holds |
//! | `code`, `device`, `refresh` | the ways of people to a token |
//! | `machine` | the identity of an Azure machine |
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
mod machine;
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
pub use person::{SignIn, signed_in};
pub use resource::Audience;
pub use token::{Claims, Refused, Tokens};

/// One address of sign-in; `{}` stands for the tenant at the start, and for anything after it.
struct Way {
    methods: &'static [&'static str],
    path: &'static str,
    /// The tenant is given as it stands in the address, in lower case.
    run: fn(&World, &Request, &str) -> Reply,
}

const fn way(
    methods: &'static [&'static str],
    path: &'static str,
    run: fn(&World, &Request, &str) -> Reply,
) -> Way {
    Way { methods, path, run }
}

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const BOTH: &[&str] = &["GET", "POST"];

static WAYS: &[Way] = &[
    way(POST, "/{}/oauth2/v2.0/token", |w, r, name| grants::token_endpoint(w, r, name, false)),
    way(POST, "/{}/oauth2/token", |w, r, name| grants::token_endpoint(w, r, name, true)),
    way(POST, "/{}/oauth2/v2.0/devicecode", |w, r, name| told(r, device::begin(w, r, name, false))),
    way(POST, "/{}/oauth2/devicecode", |w, r, name| told(r, device::begin(w, r, name, true))),
    way(BOTH, "/{}/oauth2/deviceauth", |w, r, _| device::page(w, r)),
    way(BOTH, "/{}/oauth2/v2.0/authorize", |w, r, name| code::authorize(w, r, name, false)),
    way(BOTH, "/{}/oauth2/authorize", |w, r, name| code::authorize(w, r, name, true)),
    way(POST, "/{}/login", code::chosen),
    way(GET, "/msi/token", |w, r, _| machine::token(w, r)),
    way(GET, "/{}/oauth2/nativeclient", |_, _, _| {
        Reply::html(200, pages::done("You have signed in", "You can close this window."))
    }),
    way(BOTH, "/{}/oauth2/v2.0/logout", |_, r, _| discovery::signed_out(r)),
    way(BOTH, "/{}/oauth2/logout", |_, r, _| discovery::signed_out(r)),
    way(GET, "/{}/adminconsent", consent),
    way(GET, "/{}/v2.0/adminconsent", consent),
    way(GET, "/{}/v2.0/.well-known/openid-configuration", |w, r, name| {
        told(r, w.read(|tenant| discovery::openid_configuration(tenant, name, r, false)))
    }),
    way(GET, "/{}/.well-known/openid-configuration", |w, r, name| {
        told(r, w.read(|tenant| discovery::openid_configuration(tenant, name, r, true)))
    }),
    way(GET, "/{}/discovery/instance", |_, r, _| discovery::instances(r)),
    way(GET, "/{}/discovery/v2.0/keys", |_, _, _| Reply::ok(token::published_keys())),
    way(GET, "/{}/discovery/keys", |_, _, _| Reply::ok(token::published_keys())),
    way(GET, "/{}/userrealm", |w, r, _| {
        w.read(|tenant| discovery::realm(tenant, r.option("user").unwrap_or_default()))
    }),
    way(GET, "/{}/userrealm/{}", |w, r, _| {
        w.read(|tenant| discovery::realm(tenant, r.segments.last().map_or("", String::as_str)))
    }),
];

fn consent(world: &World, request: &Request, name: &str) -> Reply {
    told(request, world.read(|tenant| discovery::admin_consent(tenant, name, request)))
}

fn told(request: &Request, reply: Result<Reply, Failure>) -> Reply {
    reply.unwrap_or_else(|failure| failure.reply(request))
}

/// Method and path of everything here.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    WAYS.iter().flat_map(|way| way.methods.iter().map(|method| (*method, way.path)))
}

fn fits(path: &str, request: &Request) -> bool {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.clone().count() == request.segments.len()
        && parts
            .zip(&request.segments)
            .all(|(part, segment)| part == "{}" || part.eq_ignore_ascii_case(segment))
}

/// Paths that belong to sign-in when no Host name says so.
pub fn takes(request: &Request) -> bool {
    WAYS.iter().any(|way| fits(way.path, request))
}

pub fn answer(world: &World, request: &Request) -> Reply {
    let found =
        WAYS.iter().find(|way| way.methods.contains(&request.method.as_str()) && fits(way.path, request));
    let Some(way) = found else { return unknown(request) };
    let name = request.segments.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    let mut reply = (way.run)(world, request, &name);
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
