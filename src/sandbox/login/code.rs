//! Authorization code: a browser goes to the sign-in page and comes back to the program with a code.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use super::super::http::{Reply, Request, pairs};
use super::super::tenant::{App, Tenant};
use super::super::world::World;
use super::client::application;
use super::desk::Code;
use super::failure::Failure;
use super::grants::{Exchange, Grant, asked, client_info, granted, same_proof};
use super::pages::{self, Choice};
use super::resource::Wanted;
use super::{approved_as, known_tenant, person};

/// Milliseconds that a code is good for.
const LIFETIME: i64 = 600_000;

/// Where programs on a device let themselves be called back without a server.
const NATIVE: [&str; 3] = [
    "https://login.microsoftonline.com/common/oauth2/nativeclient",
    "https://login.live.com/oauth20_desktop.srf",
    "urn:ietf:wg:oauth:2.0:oob",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Query,
    Fragment,
    Form,
}

/// Where the browser is sent at the end, and with what.
struct Back {
    redirect: String,
    mode: Mode,
    state: Option<String>,
}

/// What the program asked for.
struct Ask {
    app: App,
    back: Back,
    scope: String,
    resource: Option<String>,
    wanted: Wanted,
    challenge: Option<(String, bool)>,
    nonce: Option<String>,
    prompt: String,
    hint: String,
    client_info: bool,
}

/// The part of it that is told to the program when it is wrong.
struct Asked {
    scope: String,
    resource: Option<String>,
    wanted: Wanted,
    challenge: Option<(String, bool)>,
}

/// A request that cannot be sent on to the page.
enum Trouble {
    /// Nobody to send back to: the person is told.
    Here(Failure),
    /// The program is told.
    There(Back, Failure),
}

/// Loopback with any port and path, and the addresses of programs on a device.
fn may_come_back(redirect: &str) -> bool {
    if NATIVE.contains(&redirect) {
        return true;
    }
    let Ok(address) = url::Url::parse(redirect) else { return false };
    if address.fragment().is_some() {
        return false;
    }
    match address.scheme() {
        "http" | "https" => match address.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        "ms-appx-web" => true,
        scheme => scheme.starts_with("msal") || scheme.starts_with("msauth"),
    }
}

fn read(tenant: &Tenant, name: &str, fields: &[(String, String)], old: bool) -> Result<Ask, Trouble> {
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    };
    known_tenant(tenant, name).map_err(Trouble::Here)?;
    let client = field("client_id").ok_or_else(|| Trouble::Here(Failure::missing("client_id")))?;
    let app = application(tenant, client).map_err(Trouble::Here)?.clone();
    let redirect = field("redirect_uri").unwrap_or(NATIVE[0]).to_owned();
    if !may_come_back(&redirect) {
        let text = format!(
            "The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured for \
             the application '{}'. Make sure the redirect URI sent in the request matches one added to your \
             application in the Azure portal.",
            app.client_id
        );
        return Err(Trouble::Here(Failure::request(50011, text)));
    }
    let state = field("state").map(str::to_owned);
    let mode = match field("response_mode") {
        None | Some("query") => Ok(Mode::Query),
        Some("fragment") => Ok(Mode::Fragment),
        Some("form_post") => Ok(Mode::Form),
        Some(other) => Err(Failure::request(
            900_144,
            format!("The value '{other}' of the parameter 'response_mode' is not supported."),
        )),
    };
    let (mode, wrong_mode) = match mode {
        Ok(mode) => (mode, None),
        Err(failure) => (Mode::Query, Some(failure)),
    };
    let back = Back { redirect, mode, state };
    let read = || -> Result<Asked, Failure> {
        if let Some(failure) = wrong_mode {
            return Err(failure);
        }
        match field("response_type") {
            Some("code") => {}
            None => return Err(Failure::missing("response_type")),
            Some(other) => {
                let text = format!("response_type '{other}' is not enabled for the application.");
                return Err(Failure::new(400, "unsupported_response_type", 700_054, text));
            }
        }
        let resource = field("resource").map(str::to_owned);
        let scope = match (field("scope"), old) {
            (_, true) => "openid profile offline_access".to_owned(),
            (Some(scope), _) => scope.to_owned(),
            (None, _) => return Err(Failure::missing("scope")),
        };
        let wanted = Wanted::read(&scope, resource.as_deref(), tenant)?;
        let challenge = match (field("code_challenge"), field("code_challenge_method")) {
            (None, _) => None,
            (Some(challenge), None | Some("plain")) => Some((challenge.to_owned(), false)),
            (Some(challenge), Some("S256")) => Some((challenge.to_owned(), true)),
            (Some(_), Some(other)) => {
                let text = format!("Transform algorithm '{other}' of the code challenge is not supported.");
                return Err(Failure::request(501_491, text));
            }
        };
        Ok(Asked { scope, resource, wanted, challenge })
    };
    let Asked { scope, resource, wanted, challenge } = match read() {
        Ok(read) => read,
        Err(failure) => return Err(Trouble::There(back, failure)),
    };
    Ok(Ask {
        app,
        back,
        scope,
        resource,
        wanted,
        challenge,
        nonce: field("nonce").map(str::to_owned),
        prompt: field("prompt").unwrap_or_default().to_owned(),
        hint: field("login_hint").unwrap_or_default().to_owned(),
        client_info: field("client_info") == Some("1"),
    })
}

/// `GET /authorize` (or the same as a form): the sign-in page, unless it is known who signs in.
pub fn authorize(world: &World, request: &Request, name: &str, old: bool) -> Reply {
    let sent = if request.method.as_str() == "POST" {
        String::from_utf8_lossy(&request.body).into_owned()
    } else {
        request.raw_query.clone()
    };
    world.read(|tenant| {
        let ask = match read(tenant, name, &pairs(&sent), old) {
            Ok(ask) => ask,
            Err(trouble) => return said(request, trouble),
        };
        if let Some(user) = approved_as(tenant) {
            return grant(world, tenant, &ask, user);
        }
        if ask.prompt == "none" {
            let text = "Session information is not sufficient for single-sign-on.";
            return said(request, Trouble::There(ask.back, Failure::new(400, "login_required", 50058, text)));
        }
        choose(tenant, name, &ask, &sent, old, &ask.hint, None)
    })
}

/// The page was sent: somebody was chosen, or declined.
pub fn chosen(world: &World, request: &Request, name: &str) -> Reply {
    let fields = pairs(&String::from_utf8_lossy(&request.body));
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    };
    let (sent, old) = (field("request").unwrap_or_default(), field("old").is_some());
    let outcome = world.write(|tenant| {
        let ask = match read(tenant, name, &pairs(sent), old) {
            Ok(ask) => ask,
            Err(trouble) => return said(request, trouble),
        };
        if field("decline").is_some() {
            let failure =
                Failure::new(400, "access_denied", 65004, "User declined to consent to access the app.");
            return said(request, Trouble::There(ask.back, failure));
        }
        let Some(typed) = field("user").or_else(|| field("address")) else {
            let trouble = "Choose somebody, or type an address.";
            return choose(tenant, name, &ask, sent, old, "", Some(trouble));
        };
        let found = person::needed(tenant, typed);
        let admitted = found.and_then(|user| {
            let id = user.id;
            person::admit(user)
                .map(|()| id)
                .map_err(|failure| Failure { text: failure.text.clone(), ..failure })
        });
        match admitted {
            Ok(user) => grant(world, tenant, &ask, user),
            Err(failure) => {
                if let Some(user) = person::find(tenant, typed).map(|user| user.id) {
                    let sign_in = person::SignIn {
                        user,
                        app: ask.app.client_id,
                        audience: ask.wanted.audience,
                        interactive: true,
                        client: "Browser",
                        failure: Some(&failure),
                        at: None,
                    };
                    person::signed_in(tenant, &sign_in);
                }
                let trouble = failure.description(request);
                choose(tenant, name, &ask, sent, old, typed, Some(&trouble))
            }
        }
    });
    outcome.unwrap_or_else(|unsaved| Reply::html(500, pages::done("Something went wrong", &unsaved.0)))
}

fn choose(
    tenant: &Tenant,
    name: &str,
    ask: &Ask,
    sent: &str,
    old: bool,
    typed: &str,
    trouble: Option<&str>,
) -> Reply {
    let mut hidden = vec![("request", sent)];
    if old {
        hidden.push(("old", "1"));
    }
    let choice = Choice {
        action: &format!("/{name}/login"),
        app: &ask.app.name,
        place: None,
        scopes: &ask.wanted.granted(&ask.app),
        hidden: &hidden,
        typed,
        trouble,
    };
    Reply::html(200, pages::choose(tenant, &choice)).with("cache-control", "no-store, no-cache")
}

/// Back to the program with a code.
fn grant(world: &World, tenant: &Tenant, ask: &Ask, user: Uuid) -> Reply {
    let now = tenant.clock.now().as_millisecond();
    let code = Code {
        app: ask.app.client_id,
        user,
        redirect: ask.back.redirect.clone(),
        challenge: ask.challenge.clone(),
        scope: ask.scope.clone(),
        resource: ask.resource.clone(),
        nonce: ask.nonce.clone(),
        expires: now + LIFETIME,
        used: false,
    };
    let code = world.desk.open().hand_out(code, now);
    let mut fields = vec![("code", code)];
    if ask.client_info {
        fields.push(("client_info", client_info(tenant, user)));
    }
    fields.extend(ask.back.state.clone().map(|state| ("state", state)));
    fields.push(("session_state", Uuid::new_v4().to_string()));
    sent_back(&ask.back, &fields)
}

fn said(request: &Request, trouble: Trouble) -> Reply {
    match trouble {
        Trouble::Here(failure) => Reply::html(
            failure.status,
            pages::refused("Sorry, but we're having trouble signing you in.", &failure.description(request)),
        ),
        Trouble::There(back, failure) => {
            let mut fields = vec![
                ("error", failure.error.to_owned()),
                ("error_description", failure.description(request)),
            ];
            if failure.code == 65004 {
                fields.push(("error_subcode", "cancel".to_owned()));
            }
            fields.extend(back.state.clone().map(|state| ("state", state)));
            sent_back(&back, &fields)
        }
    }
}

fn sent_back(back: &Back, fields: &[(&str, String)]) -> Reply {
    if back.mode == Mode::Form {
        return Reply::html(200, pages::form_post(&back.redirect, fields))
            .with("cache-control", "no-store, no-cache");
    }
    let mut query = Serializer::new(String::new());
    for (name, value) in fields {
        query.append_pair(name, value);
    }
    let joint = match back.mode {
        Mode::Fragment => '#',
        _ if back.redirect.contains('?') => '&',
        _ => '?',
    };
    let address = format!("{}{joint}{}", back.redirect, query.finish());
    Reply::empty(302).with("location", address).with("cache-control", "no-store, no-cache")
}

/// The program redeems its code, once.
pub fn redeem(exchange: &Exchange, tenant: &mut Tenant) -> Result<Reply, Failure> {
    let form = exchange.form;
    let name = form.needed("code")?;
    same_proof(exchange)?;
    let now = tenant.clock.now().as_millisecond();
    let code = {
        let mut waiting = exchange.world.desk.open();
        let code = waiting.codes.get_mut(name).ok_or_else(Failure::malformed_grant)?;
        if code.app != exchange.app.client_id {
            return Err(Failure::foreign_grant());
        }
        if code.used {
            let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an \
                        existing refresh token.";
            return Err(Failure::grant(54005, text));
        }
        if code.expires <= now {
            let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new \
                        interactive authorization request for this user and resource.";
            return Err(Failure::grant(70008, text));
        }
        let redirect = form.get("redirect_uri").unwrap_or(NATIVE[0]);
        if redirect != code.redirect {
            let text = format!(
                "The reply address '{redirect}' does not match the reply address '{}' provided when requesting \
                 Authorization code.",
                code.redirect
            );
            return Err(Failure::new(400, "invalid_client", 500_112, text));
        }
        let verifier = form.get("code_verifier");
        let fits = match (&code.challenge, verifier) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((challenge, false)), Some(verifier)) => challenge == verifier,
            (Some((challenge, true)), Some(verifier)) => {
                let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
                *challenge == URL_SAFE_NO_PAD.encode(digest)
            }
        };
        if !fits {
            let text =
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
            return Err(Failure::grant(501_481, text));
        }
        code.used = true;
        code.clone()
    };
    let (scope, resource) = match asked(form, exchange.old) {
        (scope, None) if scope.is_empty() => (code.scope, code.resource),
        asked => asked,
    };
    let wanted = Wanted::read(&scope, resource.as_deref(), tenant)?;
    let grant = Grant {
        user: code.user,
        wanted,
        scope,
        resource,
        nonce: code.nonce,
        interactive: true,
        confidential: !exchange.app.public,
    };
    granted(exchange, tenant, grant)
}
