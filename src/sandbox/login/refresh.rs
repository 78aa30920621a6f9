//! Refresh tokens: a session kept. They hold all that is needed, so that a server started again still knows them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::http::Reply;
use super::super::tenant::{App, Tenant};
use super::failure::Failure;
use super::grants::{Exchange, Grant, asked, granted};
use super::known::microsoft;
use super::resource::Wanted;
use super::{client, person, token};

/// Unused for longer than this, a session is over.
const INACTIVE_SECONDS: i64 = 90 * 86_400;

/// The published key signs these too: nothing here is a secret.
fn key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, token::PRIVATE_KEY)
}

pub fn issue(tenant: &Tenant, app: &App, grant: &Grant) -> String {
    let payload = json!({
        "user": grant.user.to_string(),
        "app": app.client_id.to_string(),
        "session": person::sessions(tenant, grant.user),
        "issued": jiff::Timestamp::now().as_second(),
        "scope": grant.scope,
        "resource": grant.resource,
        "confidential": grant.confidential,
        "tenant": tenant.profile.tenant_id.to_string(),
        "id": Uuid::new_v4().to_string(),
    });
    let text = URL_SAFE_NO_PAD.encode(payload.to_string());
    let tag = hmac::sign(&key(), text.as_bytes());
    format!("1.{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn read(token: &str) -> Option<Value> {
    let (text, tag) = token.strip_prefix("1.")?.split_once('.')?;
    hmac::verify(&key(), text.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// A new token for the same person, for the same service or another one.
pub fn redeem(exchange: &Exchange, tenant: &mut Tenant) -> Result<Reply, Failure> {
    let held = read(exchange.form.needed("refresh_token")?).ok_or_else(Failure::malformed_grant)?;
    let id = |name: &str| held[name].as_str().and_then(|text| Uuid::try_parse(text).ok());
    let (Some(user), Some(app)) = (id("user"), id("app")) else { return Err(Failure::malformed_grant()) };
    if id("tenant") != Some(tenant.profile.tenant_id) {
        let text = "Provided grant is intended to use against other tenant.";
        return Err(Failure::grant(700_005, text));
    }
    let related = |id: Uuid| microsoft(id).is_some_and(|known| known.family);
    if app != exchange.app.client_id && !(related(app) && related(exchange.app.client_id)) {
        return Err(Failure::foreign_grant());
    }
    let confidential = held["confidential"] == true;
    if confidential {
        client::proven(&exchange.app, exchange.proof)?;
    }
    let issued = held["issued"].as_i64().unwrap_or_default();
    let shown = |second: i64| {
        jiff::Timestamp::from_second(second)
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string())
            .unwrap_or_default()
    };
    if jiff::Timestamp::now().as_second() - issued > INACTIVE_SECONDS {
        let text = format!(
            "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for \
             90.00:00:00.",
            shown(issued)
        );
        return Err(Failure::grant(700_082, text));
    }
    let found = tenant
        .get(user)
        .ok_or_else(|| Failure::unknown_user("{EUII Hidden}", &tenant.profile.tenant_id.to_string()))?;
    person::admit(found)?;
    if held["session"].as_u64() != Some(person::sessions(tenant, user)) {
        let from = found.text("signInSessionsValidFromDateTime").unwrap_or_default();
        let text = format!(
            "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might \
             have changed or reset their password. The grant was issued on '{}' and the TokensValidFrom date (before \
             which tokens are not valid) for this user is '{from}'.",
            shown(issued)
        );
        return Err(Failure::grant(50173, text));
    }
    let text = |name: &str| held[name].as_str().map(str::to_owned);
    let (scope, resource) = match asked(exchange.form, exchange.old) {
        (scope, None) if scope.is_empty() => (text("scope").unwrap_or_default(), text("resource")),
        asked => asked,
    };
    let mut wanted = Wanted::read(&scope, resource.as_deref(), tenant)?;
    // Who refreshes gets a newer refresh token whether they ask for it or not.
    wanted.keep();
    let nonce = None;
    let grant = Grant { user, wanted, scope, resource, nonce, interactive: false, confidential };
    granted(exchange, tenant, grant)
}
