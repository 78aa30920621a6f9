//! Azure Resource Manager: subscriptions, their resources, and who may do what where.

mod assignments;
mod definitions;
mod fault;
mod resources;
mod scope;

use http::Method;
use serde_json::{Value, json};

use self::fault::Fault;
use self::scope::Scope;
use super::http::{Reply, Request};
use super::login::{Audience, Claims, challenge_address};
use super::router::unknown;
use super::tenant::Tenant;
use super::trouble::Verdict;
use super::world::World;

/// One call: who makes it, and to what.
struct Call<'a> {
    request: &'a Request,
    caller: &'a Claims,
}

type Answer = Result<Reply, Fault>;

pub fn answer(world: &World, request: &Request) -> Reply {
    let lower: Vec<String> = request.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    if lower.as_slice() == ["metadata", "endpoints"] {
        return endpoints(request);
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
    reply
        .with("x-ms-request-id", request.id.to_string())
        .with("x-ms-correlation-request-id", request.client_id.clone())
        .with("x-ms-routing-request-id", format!("SANDBOX:{}", request.id))
}

fn routed(world: &World, request: &Request, lower: &[&str]) -> Answer {
    let tenant = world.read(|tenant| tenant.profile.tenant_id);
    let caller =
        world.tokens.check(request.bearer(), Audience::Arm, tenant).map_err(Fault::unauthenticated)?;
    match world.troubles.limits.azure(request, &world.asker(caller.app)) {
        Verdict::Admitted(headers) => Ok(headers.into_iter().fold(
            admitted(world, request, lower, &caller).unwrap_or_else(Fault::reply),
            |reply, (name, value)| reply.with(name, value),
        )),
        Verdict::Refused(reply) => Ok(reply),
    }
}

fn admitted(world: &World, request: &Request, lower: &[&str], caller: &Claims) -> Answer {
    if request.option("api-version").is_none_or(str::is_empty) {
        return Err(Fault::missing_version(&request.path));
    }
    let call = Call { request, caller };
    let read = request.method == Method::GET;
    // The part of the address before `providers/Microsoft.Authorization` is the scope.
    let authorization = lower
        .windows(2)
        .rposition(|pair| pair == ["providers", "microsoft.authorization"])
        .map(|at| (at, &lower[at + 2..]));
    if let Some((at, rest)) = authorization {
        let scope = |tenant: &Tenant| Scope::find(tenant, &request.segments[..at]);
        let name = request.segments.get(at + 3).map(String::as_str).unwrap_or_default();
        return match (request.method.as_str(), rest) {
            ("GET", ["roledefinitions"]) => {
                world.read(|tenant| definitions::list(&call, tenant, &scope(tenant)?))
            }
            ("GET", ["roledefinitions", _]) => {
                world.read(|tenant| definitions::get(&call, tenant, &scope(tenant)?, name))
            }
            ("GET", ["roleassignments"]) => {
                world.read(|tenant| assignments::list(&call, tenant, &scope(tenant)?))
            }
            ("GET", ["roleassignments", _]) => {
                world.read(|tenant| assignments::get(&call, tenant, &scope(tenant)?, name))
            }
            ("PUT", ["roleassignments", _]) => {
                saved(world.write(|tenant| assignments::put(&call, tenant, &scope(tenant)?, name)))
            }
            ("DELETE", ["roleassignments", _]) => {
                saved(world.write(|tenant| assignments::delete(&call, tenant, &scope(tenant)?, name)))
            }
            _ => Ok(unknown(request)),
        };
    }
    match lower {
        ["tenants"] if read => Ok(world.read(resources::tenants)),
        ["subscriptions"] if read => Ok(world.read(|tenant| resources::subscriptions(&call, tenant))),
        ["subscriptions", _] if read => world.read(|tenant| resources::subscription(&call, tenant)),
        ["subscriptions", _, "resourcegroups"] if read => {
            world.read(|tenant| resources::groups(&call, tenant))
        }
        ["subscriptions", _, "resources"] | ["subscriptions", _, "resourcegroups", _, "resources"]
            if read =>
        {
            world.read(|tenant| resources::list(&call, tenant))
        }
        ["subscriptions", _, "resourcegroups", ..] if read => {
            world.read(|tenant| resources::get(&call, tenant))
        }
        _ => Ok(unknown(request)),
    }
}

fn saved(result: Result<Answer, super::world::Unsaved>) -> Answer {
    result.unwrap_or_else(|unsaved| Err(Fault::new(500, "InternalServerError", unsaved.0)))
}

/// What Azure's own tools ask first; one object, endpoints without a slash at the end.
fn endpoints(request: &Request) -> Reply {
    let base = &request.base;
    Reply::ok(json!({
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": base,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": base,
        "microsoftGraphResourceId": base,
        "graph": base,
        "graphAudience": "https://graph.microsoft.com",
        "suffixes": { "storage": "core.windows.net", "keyVaultDns": "vault.azure.net" },
    }))
}

fn values(items: Vec<Value>) -> Reply {
    Reply::ok(json!({ "value": items }))
}
