//! Azure Resource Manager: subscriptions, their resources, and who may do what where.

mod assignments;
mod definitions;
mod endpoints;
mod fault;
mod groups;
mod paging;
mod pim;
mod places;
mod resources;
mod schedules;
mod scope;
mod version;
mod ways;
mod wish;

use http::Method;

use self::fault::Fault;
use self::schedules::Collection;
use self::scope::Place;
use self::version::Of;
pub use self::ways::routes;
use super::http::{Reply, Request};
use super::login::{Audience, Claims, challenge_address};
use super::router::unknown;
use super::tenant::Tenant;
use super::trouble::Verdict;
use super::world::World;

/// One call: who makes it, to what, and in which version of the interface.
struct Call<'a> {
    request: &'a Request,
    caller: &'a Claims,
    version: &'a str,
}

type Answer = Result<Reply, Fault>;

pub fn answer(world: &World, request: &Request) -> Reply {
    let lower: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    if lower.as_slice() == ["metadata", "endpoints"] {
        return endpoints::answer(request);
    }
    let mut reply = routed(world, request, &lower).unwrap_or_else(Fault::reply);
    if reply.status == 401 {
        let tenant = world.read(|tenant| tenant.profile.tenant_id).to_string();
        let challenge = format!(
            "Bearer authorization_uri=\"{}\", error=\"invalid_token\", error_description=\"The access token is \
             missing or invalid.\"",
            challenge_address(request, &tenant)
        );
        reply = reply.with("www-authenticate", challenge);
    }
    let correlation = request.header("x-ms-correlation-request-id").map(str::to_owned);
    reply = reply
        .with("x-ms-request-id", request.id.to_string())
        .with("x-ms-correlation-request-id", correlation.unwrap_or_else(|| request.id.to_string()))
        .with("x-ms-routing-request-id", format!("SANDBOX:{}", request.id));
    let wants_own = request.header("x-ms-return-client-request-id");
    if wants_own.is_some_and(|wish| wish.eq_ignore_ascii_case("true"))
        && let Some(own) = request.header("x-ms-client-request-id")
    {
        reply = reply.with("x-ms-client-request-id", own.to_owned());
    }
    reply
}

fn routed(world: &World, request: &Request, lower: &[&str]) -> Answer {
    let tenant = world.read(|tenant| tenant.profile.tenant_id);
    let caller =
        world.tokens.check(request.bearer(), Audience::Arm, tenant).map_err(Fault::unauthenticated)?;
    match world.troubles.limits.azure(request, || world.asker(caller.app)) {
        Verdict::Admitted(headers) => Ok(headers.into_iter().fold(
            admitted(world, request, lower, &caller).unwrap_or_else(Fault::reply),
            |reply, (name, value)| reply.with(name, value),
        )),
        Verdict::Refused(reply) => Ok(reply),
    }
}

fn admitted(world: &World, request: &Request, lower: &[&str], caller: &Claims) -> Answer {
    // The part of the address before `providers/Microsoft.Authorization` is the scope.
    let authorization = lower
        .windows(2)
        .rposition(|pair| pair == ["providers", "microsoft.authorization"])
        .filter(|at| lower.len() > at + 2);
    let of = match authorization {
        Some(at) => Of::Authorization(&request.segments[at + 2]),
        None if lower.len() > 4 && lower.get(4) == Some(&"providers") => Of::Resource,
        None => Of::Resources,
    };
    let version = version::check(request, &of)?;
    let call = Call { request, caller, version };
    match authorization {
        Some(at) => authorized(world, &call, &lower[at + 2..], at),
        None => resourced(world, &call, lower),
    }
}

/// Roles, assignments and schedules at a scope, which is what stands before them in the address.
fn authorized(world: &World, call: &Call, rest: &[&str], at: usize) -> Answer {
    let segments = &call.request.segments;
    let place = |tenant: &Tenant| Place::find(tenant, &segments[..at]);
    let enter = |tenant: &Tenant, what: &str| {
        place(tenant)?.enter(call, tenant, &format!("Microsoft.Authorization/{what}"))
    };
    // Built-in roles are no secret where no place is named.
    let reading = |tenant: &Tenant| match at {
        0 => place(tenant)?.open(),
        _ => enter(tenant, "roleDefinitions/read"),
    };
    let name = segments.get(at + 3).map(String::as_str).unwrap_or_default();
    let method = call.request.method.as_str();
    if let Some(collection) = rest.first().and_then(|first| Collection::named(first)) {
        return match (method, &rest[1..], collection) {
            ("GET", [], _) => world.read(|tenant| schedules::list(call, tenant, place(tenant)?, collection)),
            ("GET", [_], _) => {
                world.read(|tenant| schedules::get(call, tenant, place(tenant)?, collection, name))
            }
            ("PUT", [_], Collection::Requests { eligible }) => saved(world.write(|tenant| {
                let place = place(tenant)?;
                pim::put(call, tenant, place, name, eligible, false)
            })),
            ("POST", [_, "validate"], Collection::Requests { eligible }) => saved(world.write(|tenant| {
                let place = place(tenant)?;
                pim::put(call, tenant, place, name, eligible, true)
            })),
            ("POST", [_, "cancel"], Collection::Requests { eligible }) => saved(world.write(|tenant| {
                let place = place(tenant)?;
                pim::cancel(call, tenant, place, name, eligible)
            })),
            _ => Ok(unknown(call.request)),
        };
    }
    match (method, rest) {
        ("GET", ["roledefinitions"]) => {
            world.read(|tenant| definitions::list(call, tenant, &reading(tenant)?))
        }
        ("GET", ["roledefinitions", _]) => {
            world.read(|tenant| definitions::get(call, tenant, &reading(tenant)?, name))
        }
        ("PUT", ["roledefinitions", _]) => saved(world.write(|tenant| {
            let scope = enter(tenant, "roleDefinitions/write")?;
            definitions::put(call, tenant, &scope, name)
        })),
        ("DELETE", ["roledefinitions", _]) => saved(world.write(|tenant| {
            let scope = enter(tenant, "roleDefinitions/delete")?;
            definitions::delete(call, tenant, &scope, name)
        })),
        ("GET", ["roleassignments"]) => {
            world.read(|tenant| assignments::list(call, tenant, &enter(tenant, "roleAssignments/read")?))
        }
        ("GET", ["roleassignments", _]) => {
            world.read(|tenant| assignments::get(call, tenant, &enter(tenant, "roleAssignments/read")?, name))
        }
        ("PUT", ["roleassignments", _]) => saved(world.write(|tenant| {
            let scope = enter(tenant, "roleAssignments/write")?;
            assignments::put(call, tenant, &scope, name)
        })),
        ("POST", ["roleassignments", _, "validate"]) => world.read(|tenant| {
            assignments::validate(call, tenant, &enter(tenant, "roleAssignments/write")?, name)
        }),
        ("DELETE", ["roleassignments", _]) => saved(world.write(|tenant| {
            let scope = enter(tenant, "roleAssignments/delete")?;
            assignments::delete(call, tenant, &scope, name)
        })),
        ("POST", ["elevateaccess"]) if at == 0 => {
            saved(world.write(|tenant| assignments::elevate(call, tenant)))
        }
        ("GET", ["denyassignments"]) => world.read(|tenant| {
            enter(tenant, "denyAssignments/read")?;
            paging::values(call, Vec::new())
        }),
        _ => Ok(unknown(call.request)),
    }
}

fn resourced(world: &World, call: &Call, lower: &[&str]) -> Answer {
    match (&call.request.method, lower) {
        (&Method::GET, lower) => world.read(|tenant| read(call, tenant, lower)),
        (&Method::HEAD, ["subscriptions", _, "resourcegroups", _]) => {
            world.read(|tenant| groups::head(call, tenant))
        }
        (&Method::PUT, ["subscriptions", _, "resourcegroups", _]) => {
            saved(world.write(|tenant| groups::put(call, tenant)))
        }
        (&Method::PATCH, ["subscriptions", _, "resourcegroups", _]) => {
            saved(world.write(|tenant| groups::patch(call, tenant)))
        }
        (&Method::DELETE, ["subscriptions", _, "resourcegroups", _]) => {
            saved(world.write(|tenant| groups::delete(call, tenant)))
        }
        (&Method::POST, ["subscriptions", _, "providers", _, "register"]) => {
            world.read(|tenant| places::register(call, tenant))
        }
        _ => Ok(unknown(call.request)),
    }
}

fn read(call: &Call, tenant: &Tenant, lower: &[&str]) -> Answer {
    match lower {
        ["tenants"] => resources::tenants(call, tenant),
        ["providers"] | ["subscriptions", _, "providers"] => places::providers(call, tenant),
        ["providers", "microsoft.management", "managementgroups"] => places::management_groups(call, tenant),
        ["providers", "microsoft.management", "managementgroups", _] => {
            places::one_management_group(call, tenant)
        }
        ["providers", _] | ["subscriptions", _, "providers", _] => places::provider(call, tenant),
        ["subscriptions"] => resources::subscriptions(call, tenant),
        ["subscriptions", _] => resources::subscription(call, tenant),
        ["subscriptions", _, "locations"] => places::locations(call, tenant),
        ["subscriptions", _, "resourcegroups"] => groups::list(call, tenant),
        ["subscriptions", _, "resourcegroups", _] => groups::get(call, tenant),
        ["subscriptions", _, "resources"] | ["subscriptions", _, "resourcegroups", _, "resources"] => {
            resources::list(call, tenant)
        }
        // Whatever was begun is done by the time somebody asks.
        ["subscriptions", _, "operationresults", _] => Ok(Reply::empty(200)),
        ["subscriptions", _, "resourcegroups", _, "providers", _, _, _, ..] => resources::get(call, tenant),
        _ => Ok(unknown(call.request)),
    }
}

fn saved(result: Result<Answer, super::world::Unsaved>) -> Answer {
    result.unwrap_or_else(|unsaved| Err(Fault::new(500, "InternalServerError", unsaved.0)))
}

/// What a role of Azure is called.
pub fn role_name(tenant: &Tenant, role: uuid::Uuid) -> String {
    definitions::name_of(tenant, role).0
}
