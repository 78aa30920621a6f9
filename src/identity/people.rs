//! Sign-in of people: somebody is asked once, and what that gives is redeemed for each service.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::error::refusal;
use super::person::{Pause, Person};
use super::{Error, Secret, Token, browser, claims, device};
use crate::net::{Bytes, Door, HeaderValue, Method, Request, Response, Url};

const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a busy sign-in service is asked while somebody waits at the terminal.
const TRIES: u32 = 6;

/// Where and as which app people sign in.
#[derive(Debug, Clone)]
pub(super) struct People {
    pub(super) door: Door,
    pub(super) login: String,
    pub(super) tenant: String,
    pub(super) client_id: String,
    pub(super) way: Way,
}

/// How somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Browser,
    DeviceCode,
}

/// What the token endpoint gave.
pub(super) struct Granted {
    pub(super) token: Token,
    pub(super) refresh_token: Option<Secret>,
    /// Who it is, from the id token.
    pub(super) user: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Secret,
    expires_in: Value,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
}

impl People {
    /// Asks somebody to sign in. `scope` names one service.
    pub(super) async fn ask(
        &self,
        person: &dyn Person,
        scope: &str,
        demanded: Option<&str>,
        known: Option<&str>,
    ) -> Result<Granted, Error> {
        let scope = format!("{scope} offline_access openid profile");
        match self.way {
            Way::Browser => browser::sign_in(self, person, &scope, demanded, known).await,
            Way::DeviceCode => device::sign_in(self, person, &scope, demanded).await,
        }
    }

    /// A token for one service by what an earlier sign-in gave.
    pub(super) async fn refresh(&self, refresh_token: &str, scope: &str) -> Result<Granted, Error> {
        let scope = format!("{scope} offline_access openid profile");
        self.exchange(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("refresh_token", refresh_token),
            ("scope", &scope),
        ])
        .await
    }

    pub(super) fn address(&self, of: &str) -> Result<Url, Error> {
        let invalid = |reason: &str| Error::Invalid { value: self.tenant.clone(), reason: reason.to_owned() };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if self.tenant.is_empty() || !self.tenant.chars().all(plain) {
            return Err(invalid("neither a tenant's id nor a domain of it"));
        }
        Url::parse(&format!("{}/{}/oauth2/v2.0/{of}", self.login, self.tenant))
            .map_err(|_| invalid("the address of the sign-in service is none"))
    }

    /// One exchange with the token endpoint.
    pub(super) async fn exchange(&self, fields: &[(&str, &str)]) -> Result<Granted, Error> {
        let asked = SystemTime::now();
        let answer = self.post("token", fields).await?;
        let malformed = |reason: &str| Error::Malformed { status: answer.status, reason: reason.to_owned() };
        let given: Answer =
            serde_json::from_slice(&answer.body).map_err(|_| malformed("there is no token in it"))?;
        let lasts = match &given.expires_in {
            Value::Number(seconds) => seconds.as_i64(),
            Value::String(seconds) => seconds.parse().ok(),
            _ => None,
        };
        let lasts = lasts.ok_or_else(|| malformed("it does not say how long the token lasts"))?;
        let asked = asked.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) as i64;
        // Counted from here: the clock that the token's own times are of may be another.
        let token = Token::kept(given.access_token, asked, asked.saturating_add(lasts));
        let id = given.id_token.as_ref().and_then(|token| claims::read(token.reveal()));
        let user = id.and_then(|id| id.user().map(str::to_owned));
        Ok(Granted { token, refresh_token: given.refresh_token, user })
    }

    /// Sends a form; anything but 200 is a refusal.
    pub(super) async fn post(&self, to: &str, fields: &[(&str, &str)]) -> Result<Response, Error> {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::new(Method::POST, self.address(to)?);
        request.headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        request.headers.insert("accept", HeaderValue::from_static("application/json"));
        request.body = Some(Bytes::from(form));
        request.timeout = TIMEOUT;
        let answer = self.door.send(request).await?;
        match answer.status {
            200 => Ok(answer),
            status => Err(refusal(status, &answer.headers, &answer.body)),
        }
    }
}

/// Does it again while the sign-in service is busy, where somebody at a terminal waits for it.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    person: &dyn Person,
    mut work: impl FnMut() -> F,
) -> Result<T, Error> {
    let mut tries = 1;
    loop {
        match work().await {
            Err(error) if error.may_pass() && tries < TRIES => {
                let usual = Duration::from_secs(1 << tries);
                person.wait(error.retry_after().unwrap_or(usual), Pause::Busy).await;
                tries += 1;
            }
            done => return done,
        }
    }
}
