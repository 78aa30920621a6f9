//! Which service a request is for: by the Host it names, else by its path.

use serde_json::json;

use super::http::{Reply, Request};
use super::world::World;
use super::{arm, control, exchange, graph, login, redemption};

/// The public names of the services that are imitated.
pub const SERVICE_HOSTS: [&str; 9] = [
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "graph.microsoft.com",
    "outlook.office365.com",
    "outlook.office.com",
    "management.azure.com",
    "management.core.windows.net",
];

/// One of the four services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Login,
    Graph,
    Exchange,
    Azure,
}

/// True for the names that the real services go by: links for them say `https`.
pub fn is_service_host(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    SERVICE_HOSTS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The service that a request is for; nothing for what is part of none.
pub fn side(request: &Request) -> Option<Side> {
    match request.host.as_str() {
        "login.microsoftonline.com" | "login.microsoft.com" | "login.windows.net" | "sts.windows.net" => {
            return Some(Side::Login);
        }
        "graph.microsoft.com" => return Some(Side::Graph),
        "outlook.office365.com" | "outlook.office.com" => return Some(Side::Exchange),
        "management.azure.com" | "management.core.windows.net" => return Some(Side::Azure),
        _ => {}
    }
    let first = request.segments.first()?;
    let is = |name: &&str| first.eq_ignore_ascii_case(name);
    if ["v1.0", "beta"].iter().any(is) {
        Some(Side::Graph)
    } else if is(&"adminapi") {
        Some(Side::Exchange)
    } else if ["subscriptions", "providers", "tenants", "metadata"].iter().any(is) {
        Some(Side::Azure)
    } else if is_redemption(request) {
        Some(Side::Login)
    } else {
        login::takes(request).then_some(Side::Login)
    }
}

/// True for the controls, which are part of no service.
pub fn is_control(request: &Request) -> bool {
    !is_service_host(&request.host)
        && request.segments.first().is_some_and(|first| first.eq_ignore_ascii_case("sandbox"))
}

/// The link in an invitation mail.
fn is_redemption(request: &Request) -> bool {
    matches!(request.segments.as_slice(), [only] if only.eq_ignore_ascii_case("redeem"))
}

pub fn route(world: &World, request: &Request) -> Reply {
    if is_control(request) {
        return control::answer(world, request);
    }
    if is_redemption(request) {
        return redemption::answer(world, request);
    }
    match side(request) {
        Some(Side::Login) => login::answer(world, request),
        Some(Side::Graph) => graph::answer(world, request),
        Some(Side::Exchange) => exchange::answer(world, request),
        Some(Side::Azure) => arm::answer(world, request),
        None => unknown(request),
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
