//! How usher finds the way into a sandbox: the sandbox tells, because its ids and secrets are public.

use serde::Deserialize;

use super::{Endpoints, Error, Secret};
use crate::net::{Door, Method, Request, Url, is_loopback};

/// A sandbox's own account of how to sign in to it.
///
/// Its members are read in camel case as in snake case, so that a line typed by hand does as well.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SandboxConnection {
    /// Its address, without a slash at the end.
    pub http: String,
    #[serde(alias = "tenant_id")]
    pub tenant_id: String,
    #[serde(alias = "tenant_domain")]
    pub tenant_domain: String,
    #[serde(alias = "subscription_id")]
    pub subscription_id: String,
    #[serde(alias = "client_id")]
    pub client_id: String,
    #[serde(alias = "client_secret")]
    pub client_secret: Secret,
    /// How far its clock was set ahead, in seconds.
    #[serde(alias = "ahead_seconds", default)]
    pub ahead_seconds: i64,
    /// How late what was written may show, in seconds of this machine.
    #[serde(alias = "visible_within_seconds", default)]
    pub visible_within_seconds: f64,
    /// How late the latest of its services hears of a new object.
    #[serde(alias = "late_within_seconds", default)]
    pub late_within_seconds: f64,
    /// Which limits hold: `published`, or nothing where none are known to.
    #[serde(default)]
    pub throttling: Option<String>,
    /// How many seconds pass for it in one of this machine.
    #[serde(alias = "clock_rate", default = "one")]
    pub clock_rate: u32,
}

fn one() -> u32 {
    1
}

impl SandboxConnection {
    /// Asks the sandbox at this address. Refuses an address of another machine: what is asked for there is not a sandbox.
    pub async fn fetch(door: &Door, address: &str) -> Result<SandboxConnection, Error> {
        let base = on_this_machine(address)?;
        let url = format!("{}/sandbox/connection", base.as_str().trim_end_matches('/'));
        let url = on_this_machine(&url)?;
        let answer = door.send(Request::new(Method::GET, url)).await?;
        let not_a_sandbox = |reason: String| Error::Malformed { status: answer.status, reason };
        if answer.status != 200 {
            return Err(not_a_sandbox("no sandbox is there".to_owned()));
        }
        let mut connection: SandboxConnection =
            serde_json::from_slice(&answer.body).map_err(|error| not_a_sandbox(error.to_string()))?;
        on_this_machine(&connection.http)?;
        connection.http.truncate(connection.http.trim_end_matches('/').len());
        Ok(connection)
    }

    /// The four services of this sandbox.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::sandbox(&self.http)
    }
}

fn on_this_machine(address: &str) -> Result<Url, Error> {
    let invalid = |reason: &str| Error::Invalid { value: address.to_owned(), reason: reason.to_owned() };
    let url = Url::parse(address).map_err(|_| invalid("not an address"))?;
    if !is_loopback(&url) {
        return Err(invalid("a sandbox is on this machine only"));
    }
    Ok(url)
}
