//! The controls of a simulated tenant, which no real one has: its outbox, its guests' acceptance, its reset.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::net::{Bytes, Door, Error, HeaderName, HeaderValue, Method, Request, Url};

/// The way to a sandbox's own controls.
#[derive(Clone, Debug)]
pub struct Simulator {
    door: Door,
    address: String,
}

impl Simulator {
    pub fn new(door: Door, address: String) -> Simulator {
        Simulator { door, address }
    }

    /// Mails that were kept instead of sent.
    pub async fn outbox(&self) -> Result<Value, String> {
        self.ask(Method::GET, "outbox", None).await
    }

    /// A guest accepts the invitation.
    pub async fn accept(&self, user: &str, issuer: Option<&str>) -> Result<Value, String> {
        let mut body = json!({ "user": user });
        if let Some(issuer) = issuer {
            body["issuer"] = json!(issuer);
        }
        self.ask(Method::POST, "accept", Some(body)).await
    }

    /// Somebody signs in, or tries to.
    pub async fn sign_in(&self, user: &str, failed: bool) -> Result<Value, String> {
        self.ask(Method::POST, "sign-in", Some(json!({ "user": user, "failed": failed }))).await
    }

    /// Sets the clock ahead; how far it is ahead of this machine's then.
    pub async fn advance(&self, by: &str) -> Result<SignedDuration, String> {
        let told = self.ask(Method::POST, "clock", Some(json!({ "advance": by }))).await?;
        let ahead = told["aheadSeconds"].as_i64().ok_or("the sandbox did not say what time it is")?;
        Ok(SignedDuration::from_secs(ahead))
    }

    /// How late its services show what is written.
    pub async fn lateness(&self) -> Result<super::Lateness, String> {
        let told = self.ask(Method::GET, "connection", None).await?;
        let seconds = |name: &str| told[name].as_f64().unwrap_or(0.0);
        Ok(super::Lateness::of_seconds(seconds("visibleWithinSeconds"), seconds("lateWithinSeconds")))
    }

    /// What is to go wrong from now on.
    pub async fn fault(&self, fault: Value) -> Result<Value, String> {
        self.ask(Method::POST, "faults", Some(fault)).await
    }

    /// Nothing goes wrong any more.
    pub async fn calm(&self) -> Result<Value, String> {
        self.ask(Method::DELETE, "faults", None).await
    }

    /// Everything back to how the seed has it.
    pub async fn reset(&self) -> Result<Value, String> {
        self.ask(Method::POST, "reset", Some(json!({}))).await
    }

    /// Another tenant, with ids and secrets of its own.
    pub async fn seed(&self, name: &str) -> Result<Value, String> {
        self.ask(Method::POST, "reset", Some(json!({ "seed": name }))).await
    }

    async fn ask(&self, method: Method, what: &str, body: Option<Value>) -> Result<Value, String> {
        let url =
            Url::parse(&format!("{}/sandbox/{what}", self.address)).map_err(|error| error.to_string())?;
        let mut request = Request::new(method, url);
        request
            .headers
            .insert(HeaderName::from_static("accept"), HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            request.headers.insert(
                HeaderName::from_static("content-type"),
                HeaderValue::from_static("application/json"),
            );
            request.body = Some(Bytes::from(body.to_string()));
        }
        let answer = self.door.send(request).await.map_err(|error: Error| error.to_string())?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match answer.status {
            200..=299 => Ok(body),
            _ => Err(body["error"]["message"]
                .as_str()
                .map_or_else(|| format!("the sandbox answered {}", answer.status), str::to_owned)),
        }
    }
}
