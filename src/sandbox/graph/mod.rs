//! Microsoft Graph: which route a call takes, what it must hold, and how it is answered.

mod access_reviews;
mod activities;
mod app_roles;
mod applications;
mod audit;
mod audit_logs;
mod batch;
mod call;
mod contacts;
mod cross_tenant;
mod delta;
mod directory;
mod directory_roles;
mod group_settings;
mod groups;
mod invitations;
mod licences;
mod list;
mod mail;
mod membership;
mod navigation;
mod options;
mod organization;
mod pim;
mod policies;
mod principals;
mod properties;
mod review_decisions;
mod review_scope;
mod role_catalogue;
mod roles;
mod routes;
mod schedules;
mod schema;
mod sharepoint;
mod single;
mod standing;
mod synchronization;
mod units;
mod users;

use std::borrow::Cow;
use std::sync::OnceLock;

use self::call::{Answer, Call, Fault};
use self::standing::Standing;
use super::http::{Content, Reply, Request};
use super::login::{Audience, Claims, Refused};
use super::tenant::{Service, Tenant};
use super::trouble::{self, Place, Verdict};
use super::world::World;

pub use app_roles::{EXCHANGE_APP, GRAPH_APP, permissions_named};
pub use applications::registration;
pub use audit::redeemed;
pub use audit_logs::shown as directory_audit;
pub use cross_tenant::bars;
pub use policies::{b2b_definition, is_blocked_domain};
pub use roles::{role_by_name, role_name};

/// A route: its segments, `{}` for a key, and the permissions of which one is enough.
pub struct Route {
    method: &'static str,
    path: &'static str,
    needs: &'static [&'static str],
    run: Run,
}

#[derive(Clone, Copy)]
enum Run {
    Read(fn(&Call, &Tenant) -> Answer),
    Write(fn(&Call, &mut Tenant) -> Answer),
}

fn all_routes() -> impl Iterator<Item = &'static Route> {
    routes::TABLES.iter().copied().flatten()
}

/// Method, path and permissions of every route.
pub fn routes() -> Vec<(&'static str, &'static str, &'static [&'static str])> {
    all_routes().map(|route| (route.method, route.path, route.needs)).collect()
}

pub fn answer(world: &World, request: &Request) -> Reply {
    let reply =
        checked(world, request).unwrap_or_else(|fault| fault.reply(request, &world.read(Tenant::stamp)));
    with_metadata(reply, request)
}

/// As much of the metadata as the caller asked for, and the type of the body to match.
fn with_metadata(reply: Reply, request: &Request) -> Reply {
    let level = call::metadata(request);
    let reply = if level == "none" { call::without_metadata(reply) } else { reply };
    match &reply.content {
        Content::Json(_) => {
            let kind = format!(
                "application/json;odata.metadata={level};odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
            );
            reply.with("content-type", kind).with("odata-version", "4.0")
        }
        _ => reply,
    }
}

fn checked(world: &World, request: &Request) -> Answer {
    let tenant = world.read(|tenant| tenant.profile.tenant_id);
    let caller = world.tokens.check(request.bearer(), Audience::Graph, tenant).map_err(unauthenticated)?;
    if batch::takes(request) {
        return saved(world.write(|tenant| batch::answer(world, request, &caller, tenant)));
    }
    let headers = match world.troubles.limits.graph(request, || world.asker(caller.app)) {
        Verdict::Admitted(headers) => headers,
        Verdict::Refused(reply) => return Ok(reply),
    };
    let date = || world.read(Tenant::stamp);
    let reply = routed(world, request, &caller).unwrap_or_else(|fault| fault.reply(request, &date()));
    Ok(headers.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value)))
}

fn routed(world: &World, request: &Request, caller: &Claims) -> Answer {
    let request = &*oneself(request, caller)?;
    let found = find(request)?;
    let route = found.route;
    match route.run {
        Run::Read(run) => world.read(|tenant| run(&found.permitted(caller, tenant)?, tenant)),
        Run::Write(run) => {
            saved(world.write(|tenant| audit::written(route, &found.permitted(caller, tenant)?, tenant, run)))
        }
    }
}

/// `/me` is the user who signed in.
fn oneself<'a>(request: &'a Request, caller: &Claims) -> Result<Cow<'a, Request>, Fault> {
    let first = |request: &Request, name: &str| {
        request.segments.get(1).is_some_and(|first| first.eq_ignore_ascii_case(name))
    };
    let mut request = Cow::Borrowed(request);
    // Addresses of the older service named the tenant, be it by this alias; they are still taken.
    if first(&request, "myorganization") {
        request.to_mut().segments.remove(1);
    }
    if !first(&request, "me") {
        return Ok(request);
    }
    if caller.person.is_none() {
        return Err(Fault::bad(
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        ));
    }
    request.to_mut().segments.splice(1..2, ["users".to_owned(), caller.principal.to_string()]);
    Ok(request)
}

/// Whether this copy of the directory has heard of what the address names.
fn known(call: &Call, tenant: &Tenant) -> Result<(), Fault> {
    if tenant.delays().graph == 0 {
        return Ok(());
    }
    let unseen = |key: &&&str| {
        let object = match uuid::Uuid::try_parse(key) {
            Ok(id) => tenant.get(id),
            Err(_) => tenant.user(key),
        };
        object.is_some_and(|object| !tenant.sees(Service::Graph, object))
    };
    match call.keys.iter().find(unseen) {
        Some(key) => Err(Fault::missing(key)),
        None => Ok(()),
    }
}

/// Answers one call of a batch, with the tenant already in hand.
fn within(world: &World, request: &Request, caller: &Claims, tenant: &mut Tenant) -> Reply {
    let fault = world.troubles.strike(request, Place::InBatch);
    if let Some(reply) = fault.as_ref().and_then(|fault| trouble::instead(fault, request)) {
        return reply;
    }
    let headers = match world.troubles.limits.graph(request, || tenant.asker(caller.app)) {
        Verdict::Admitted(headers) => headers,
        Verdict::Refused(reply) => return reply,
    };
    let mut reply = answered(request, caller, tenant);
    if let Some(fault) = &fault {
        trouble::twist(fault, request, &mut reply, tenant);
    }
    if let Some(reply) = fault.as_ref().and_then(|fault| trouble::afterwards(fault, request)) {
        return reply;
    }
    headers.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}

fn answered(request: &Request, caller: &Claims, tenant: &mut Tenant) -> Reply {
    let date = tenant.stamp();
    let answer = oneself(request, caller).and_then(|request| {
        let found = find(&request)?;
        let call = found.permitted(caller, tenant)?;
        match found.route.run {
            Run::Read(run) => run(&call, tenant),
            Run::Write(run) => audit::written(found.route, &call, tenant, run),
        }
    });
    answer.unwrap_or_else(|fault| fault.reply(request, &date))
}

fn saved(result: Result<Answer, super::world::Unsaved>) -> Answer {
    result.unwrap_or_else(|unsaved| {
        Err(Fault::new(
            500,
            "InternalServerError",
            format!("The state of the sandbox could not be saved: {}", unsaved.0),
        ))
    })
}

fn unauthenticated(refused: Refused) -> Fault {
    let message = match refused {
        Refused::Missing => "Access token is empty.",
        Refused::Unreadable => "CompactToken parsing failed with error code: 80049217",
        Refused::Signature => "Access token validation failure. Invalid signature.",
        Refused::Expired => "Lifetime validation failed, the token is expired.",
        Refused::Audience => "Access token validation failure. Invalid audience.",
        Refused::Tenant => "Access token validation failure. The token is for another tenant.",
    };
    Fault::new(401, "InvalidAuthenticationToken", message)
}

struct Found<'a> {
    request: &'a Request,
    route: &'static Route,
    version: &'static str,
    keys: Vec<&'a str>,
}

impl<'a> Found<'a> {
    /// The call, if its caller may make it.
    fn permitted(&self, caller: &'a Claims, tenant: &Tenant) -> Result<Call<'a>, Fault> {
        let call = Call {
            request: self.request,
            caller,
            standing: Standing::of(tenant, caller),
            version: self.version,
            keys: self.keys.clone(),
        };
        standing::permit(&call, tenant, self.route)?;
        known(&call, tenant)?;
        Ok(call)
    }
}

/// Actions and functions may be called by their whole name: `microsoft.graph.assignLicense`.
fn unqualified(segment: &str) -> Option<&str> {
    let (space, name) = segment.split_at_checked("microsoft.graph.".len())?;
    space.eq_ignore_ascii_case("microsoft.graph.").then_some(name)
}

fn find(request: &Request) -> Result<Found<'_>, Fault> {
    static PATTERNS: OnceLock<Vec<Vec<&'static str>>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        all_routes().map(|route| route.path.split('/').filter(|part| !part.is_empty()).collect()).collect()
    });
    let version = match request.segments.first().map(|segment| segment.to_ascii_lowercase()).as_deref() {
        Some("v1.0") => "v1.0",
        Some("beta") => "beta",
        _ => return Err(Fault::bad("BadRequest", "Invalid version.")),
    };
    let segments = &request.segments[1..];
    for (route, pattern) in all_routes().zip(patterns) {
        if pattern.len() != segments.len() || request.method.as_str() != route.method {
            continue;
        }
        let fits = pattern.iter().zip(segments).all(|(part, segment)| {
            (*part == "{}" && !segment.starts_with('$'))
                || part.eq_ignore_ascii_case(segment)
                || unqualified(segment).is_some_and(|name| part.eq_ignore_ascii_case(name))
        });
        if !fits {
            continue;
        }
        let keys: Vec<&str> = pattern
            .iter()
            .zip(segments)
            .filter(|(part, _)| **part == "{}")
            .map(|(_, segment)| segment.as_str())
            .collect();
        return Ok(Found { request, route, version, keys });
    }
    Err(unknown(request))
}

/// What no route of the sandbox imitates, said as such.
fn unknown(request: &Request) -> Fault {
    let text = format!("The sandbox does not imitate {} {}.", request.method, request.path);
    Fault::new(501, "NotImplemented", text)
}
