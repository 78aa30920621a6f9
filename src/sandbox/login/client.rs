//! Which application asks, and how it proves that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::super::http::{Request, pairs};
use super::super::tenant::{App, Tenant};
use super::assertion;
use super::failure::Failure;

/// How an application proved who it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    None,
    Secret,
    Certificate,
}

impl Proof {
    /// As tokens write it in `appidacr`.
    pub fn number(self) -> &'static str {
        match self {
            Proof::None => "0",
            Proof::Secret => "1",
            Proof::Certificate => "2",
        }
    }
}

/// The parameters of a request, from its body.
pub struct Form {
    pairs: Vec<(String, String)>,
    /// `client_secret_basic`: id and secret from the header.
    basic: Option<(String, String)>,
}

impl Form {
    pub fn of(request: &Request) -> Form {
        let pairs = pairs(&String::from_utf8_lossy(&request.body));
        let basic = request.header("authorization").and_then(|value| {
            let (scheme, encoded) = value.split_once(' ')?;
            let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            scheme.eq_ignore_ascii_case("basic").then(|| (decoded(id), decoded(secret)))
        });
        Form { pairs, basic }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let found = found.filter(|value| !value.is_empty());
        match name {
            "client_id" => found.or(self.basic.as_ref().map(|(id, _)| id.as_str())),
            "client_secret" => found.or(self.basic.as_ref().map(|(_, secret)| secret.as_str())),
            _ => found,
        }
    }

    pub fn needed(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| Failure::missing(name))
    }
}

/// Both parts of the header are form-encoded within.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The application with an id, if it may be used at all.
pub fn application<'a>(tenant: &'a Tenant, client_id: &str) -> Result<&'a App, Failure> {
    let found = Uuid::try_parse(client_id).ok().and_then(|id| tenant.app(id));
    let app = found.ok_or_else(|| {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant.",
            tenant.profile.display_name
        );
        Failure::new(400, "unauthorized_client", 700_016, text)
    })?;
    let Some(principal) = tenant.get(app.principal) else {
        let text = format!(
            "The client application {} is missing service principal in the tenant {}.",
            app.client_id, tenant.profile.tenant_id
        );
        return Err(Failure::client(7_000_229, text));
    };
    if principal.properties.get("accountEnabled").and_then(serde_json::Value::as_bool) == Some(false) {
        let text = format!("Application '{}'({}) is disabled.", app.client_id, app.name);
        return Err(Failure::new(400, "unauthorized_client", 7_000_112, text));
    }
    Ok(app)
}

/// The application of a request and its proof. What is presented has to be right, even where nothing would be needed.
pub fn identify<'a>(tenant: &'a Tenant, form: &Form) -> Result<(&'a App, Proof), Failure> {
    let app = application(tenant, form.needed("client_id")?)?;
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    if app.public && (secret.is_some() || assertion.is_some()) {
        let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
        return Err(Failure::client(700_025, text));
    }
    if let Some(assertion) = assertion {
        let kind = form.needed("client_assertion_type")?;
        if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
            let text =
                format!("The value '{kind}' of the parameter 'client_assertion_type' is not supported.");
            return Err(Failure::request(50027, text));
        }
        assertion::verify(tenant, app, assertion)?;
        return Ok((app, Proof::Certificate));
    }
    match secret {
        None => Ok((app, Proof::None)),
        Some(secret) if secret == app.secret => Ok((app, Proof::Secret)),
        Some(_) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{}'.",
                app.client_id
            );
            Err(Failure::client(7_000_215, text))
        }
    }
}

/// An application that is no public client has to prove itself.
pub fn proven(app: &App, proof: Proof) -> Result<(), Failure> {
    if !app.public && proof == Proof::None { Err(unproven()) } else { Ok(()) }
}

pub fn unproven() -> Failure {
    let text =
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    Failure::client(7_000_218, text)
}
