//! The identity of an Azure machine, as App Service offers it: a token for whoever runs there, without a secret.
//!
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>

use serde_json::json;

use super::super::http::{Reply, Request};
use super::super::world::World;
use super::client::{Form, Proof};
use super::grants::{Exchange, issue};
use super::resource::Wanted;

/// `GET {IDENTITY_ENDPOINT}?resource=…&api-version=2019-08-01`.
pub fn token(world: &World, request: &Request) -> Reply {
    let refused = |message: &str| {
        Reply::json(
            400,
            json!({ "statusCode": 400, "message": message, "correlationId": request.id.to_string() }),
        )
    };
    // What a page in a browser cannot send along proves that it is a program of this machine that asks.
    if request.header("x-identity-header").is_none_or(str::is_empty) {
        return Reply::json(
            401,
            json!({ "statusCode": 401, "message": "X-IDENTITY-HEADER header is missing." }),
        );
    }
    let Some(resource) = request.option("resource") else { return refused("resource is missing.") };
    let form = Form::of(request);
    world.read(|tenant| {
        let wanted_id = request.option("client_id");
        let found = tenant.apps().find(|app| match wanted_id {
            Some(id) => app.client_id.to_string() == id.to_lowercase(),
            None => app.label == "administrator",
        });
        let Some(app) = found.cloned() else {
            return refused("No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.");
        };
        let wanted = match Wanted::read("", Some(resource), tenant) {
            Ok(wanted) => wanted,
            Err(failure) => return refused(&failure.text),
        };
        let roles = app.roles.iter().filter(|role| wanted.audience.knows(role)).cloned().collect();
        let (principal, name, id) = (app.principal, app.name.clone(), app.client_id);
        let exchange = Exchange { world, request, form: &form, app, proof: Proof::Certificate, old: true };
        let token = issue(&exchange, tenant, principal, &wanted, name, roles, None);
        let ends = jiff::Timestamp::now().as_second() + 3599;
        Reply::ok(json!({
            "access_token": token,
            "client_id": id.to_string(),
            "expires_on": ends.to_string(),
            "resource": wanted.resource,
            "token_type": "Bearer",
        }))
    })
}
