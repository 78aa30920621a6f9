//! Device code: a program without a browser shows a code, and somebody types it elsewhere.

use serde_json::json;
use uuid::Uuid;

use super::super::http::{Reply, Request, pairs};
use super::super::tenant::Tenant;
use super::super::world::World;
use super::client::{Form, application};
use super::desk::{Device, Verdict};
use super::failure::Failure;
use super::grants::{Exchange, Grant, asked, granted};
use super::pages::{self, Choice};
use super::resource::Wanted;
use super::{is_anybodys, known_tenant, person};

/// Seconds after which a code that nobody typed is worth nothing.
const LIFETIME: i64 = 900;

/// Seconds between two polls.
const INTERVAL: i64 = 5;

/// Letters and digits that nobody takes for one another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

fn user_code() -> String {
    let bytes = Uuid::new_v4();
    bytes
        .as_bytes()
        .iter()
        .take(9)
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect()
}

/// `POST /devicecode`.
pub fn begin(world: &World, request: &Request, name: &str, old: bool) -> Result<Reply, Failure> {
    let form = Form::of(request);
    world.read(|tenant| {
        known_tenant(tenant, name)?;
        let app = application(tenant, form.needed("client_id")?)?;
        let (scope, resource) = asked(&form, old);
        if scope.is_empty() && resource.is_none() {
            return Err(Failure::missing("scope"));
        }
        Wanted::read(&scope, resource.as_deref(), tenant)?;
        let now = tenant.clock.now().as_millisecond();
        let code = user_code();
        let device = Device {
            user_code: code.clone(),
            app: app.client_id,
            scope,
            resource,
            verdict: super::approved_as(tenant).map_or(Verdict::Pending, Verdict::Granted),
            expires: now + LIFETIME * 1000,
            polled: i64::MIN,
            interval: INTERVAL,
        };
        let device_code = world.desk.open().expect(device, now);
        let name = if is_anybodys(name) { "common" } else { name };
        let address = format!("{}/{name}/oauth2/deviceauth", request.base);
        let message = format!(
            "To sign in, use a web browser to open the page {address} and enter the code {code} to authenticate."
        );
        let mut body = json!({
            "user_code": code,
            "device_code": device_code,
            "verification_uri": address,
            "expires_in": LIFETIME,
            "interval": INTERVAL,
            "message": message,
        });
        if old {
            body["verification_url"] = body["verification_uri"].take();
            body["expires_in"] = json!(LIFETIME.to_string());
            body["interval"] = json!(INTERVAL.to_string());
        }
        Ok(Reply::ok(body).with("cache-control", "no-store, no-cache"))
    })
}

/// The device asks whether somebody has typed its code.
pub fn poll(exchange: &Exchange, tenant: &mut Tenant) -> Result<Reply, Failure> {
    let form = exchange.form;
    let name = form
        .get("device_code")
        .or_else(|| form.get("code"))
        .ok_or_else(|| Failure::missing("device_code"))?;
    let now = tenant.clock.now().as_millisecond();
    let device = {
        let mut waiting = exchange.world.desk.open();
        let Some(device) = waiting.devices.get_mut(name) else {
            let text = "Invalid verification code due to User typing in wrong user code for device code flow. \
                        Authorization isn't approved.";
            return Err(Failure::new(400, "bad_verification_code", 70018, text));
        };
        if device.app != exchange.app.client_id {
            return Err(Failure::foreign_grant());
        }
        if device.expires <= now {
            let text = "The provided value for the input parameter 'device_code' is not valid. This device code has \
                        expired.";
            return Err(Failure::new(400, "expired_token", 70020, text));
        }
        let soon = now < device.polled.saturating_add(device.interval * 1000);
        device.polled = now;
        if device.verdict == Verdict::Pending {
            if soon {
                device.interval += INTERVAL;
                let text = "The client polls too often. Increase the interval between requests by 5 seconds.";
                return Err(Failure::new(400, "slow_down", 70016, text));
            }
            let text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
            return Err(Failure::new(400, "authorization_pending", 70016, text));
        }
        device.clone()
    };
    let user = match device.verdict {
        Verdict::Granted(user) => user,
        _ => {
            exchange.world.desk.open().devices.remove(name);
            let text = "User declined to consent to access the app.";
            return Err(Failure::new(400, "authorization_declined", 65004, text));
        }
    };
    // A code buys one token.
    exchange.world.desk.open().devices.remove(name);
    let wanted = Wanted::read(&device.scope, device.resource.as_deref(), tenant)?;
    let grant = Grant {
        user,
        wanted,
        scope: device.scope,
        resource: device.resource,
        nonce: None,
        interactive: true,
        confidential: false,
    };
    granted(exchange, tenant, grant)
}

/// The page where the code is typed, and where one says who one is.
pub fn page(world: &World, request: &Request) -> Reply {
    let fields = if request.method.as_str() == "POST" {
        pairs(&String::from_utf8_lossy(&request.body))
    } else {
        request.query.clone()
    };
    let field = |names: &[&str]| {
        let found = fields.iter().find(|(key, _)| names.contains(&key.as_str()));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let Some(code) = field(&["code", "otc", "user_code"]) else {
        return Reply::html(200, pages::device_code(&request.path, "", None));
    };
    world.read(|tenant| {
        let now = tenant.clock.now().as_millisecond();
        let mut waiting = world.desk.open();
        let Some(device) = waiting.device(Some(code), now) else {
            let trouble = "That code isn't right, or has expired. Check it on the device and try again.";
            return Reply::html(200, pages::device_code(&request.path, code, Some(trouble)));
        };
        let app = tenant.app(device.app).map(|app| app.name.clone()).unwrap_or_default();
        // Only what was sent from the page itself decides.
        let decides = request.method.as_str() == "POST";
        if decides && field(&["decline"]).is_some() {
            device.verdict = Verdict::Declined;
            return Reply::html(
                200,
                pages::done("Declined", &format!("{app} was told no. You can close this window.")),
            );
        }
        let typed = field(&["user"]).or_else(|| field(&["address"])).filter(|_| decides);
        let mut trouble = None;
        if let Some(typed) = typed {
            let found = person::needed(tenant, typed).and_then(|user| person::admit(user).map(|()| user));
            match found {
                Ok(user) => {
                    device.verdict = Verdict::Granted(user.id);
                    let name = user.text("displayName").unwrap_or_default();
                    let text =
                        format!("{name} has signed in to {app} on the device. You can close this window.");
                    return Reply::html(200, pages::done("You have signed in", &text));
                }
                Err(failure) => trouble = Some(failure.description(request)),
            }
        }
        let hidden = [("code", device.user_code.as_str())];
        let scopes = Wanted::read(&device.scope, device.resource.as_deref(), tenant);
        let scopes = scopes
            .ok()
            .and_then(|wanted| tenant.app(device.app).map(|app| wanted.granted(app)))
            .unwrap_or_default();
        let choice = Choice {
            action: &request.path,
            app: &app,
            place: Some(&device.user_code),
            scopes: &scopes,
            hidden: &hidden,
            typed: typed.unwrap_or_default(),
            trouble: trouble.as_deref(),
        };
        Reply::html(200, pages::choose(tenant, &choice))
    })
}
