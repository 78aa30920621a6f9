//! Which service a request is for: by the Host it names, else by its path.

use serde_json::json;

use super::http::{Reply, Request};
use super::world::World;
use super::{arm, control, exchange, graph, login};

const LOGIN: &str = "login.microsoftonline.com";
const GRAPH: &str = "graph.microsoft.com";
const EXCHANGE: &str = "outlook.office365.com";
const ARM: &str = "management.azure.com";

/// True for the names that the real services go by: links for them say `https`.
pub fn is_service_host(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    [LOGIN, GRAPH, EXCHANGE, ARM].iter().any(|known| name.eq_ignore_ascii_case(known))
}

pub fn route(world: &World, request: &Request) -> Reply {
    match request.host.as_str() {
        LOGIN => return login::answer(world, request),
        GRAPH => return graph::answer(world, request),
        EXCHANGE => return exchange::answer(world, request),
        ARM => return arm::answer(world, request),
        _ => {}
    }
    let Some(first) = request.segments.first() else { return unknown(request) };
    match first.to_ascii_lowercase().as_str() {
        "sandbox" => control::answer(world, request),
        "v1.0" | "beta" => graph::answer(world, request),
        "adminapi" => exchange::answer(world, request),
        "subscriptions" | "providers" | "tenants" | "metadata" => arm::answer(world, request),
        _ if login::takes(request) => login::answer(world, request),
        _ => unknown(request),
    }
}

/// What no service of the sandbox imitates, said as such.
pub fn unknown(request: &Request) -> Reply {
    let message = format!("The sandbox does not imitate {} {}.", request.method, request.path);
    let inner = json!({ "request-id": request.id.to_string(), "client-request-id": request.client_id });
    Reply::json(
        501,
        json!({ "error": { "code": "NotImplemented", "message": message, "innerError": inner } }),
    )
}
