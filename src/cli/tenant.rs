//! Which tenant a run goes to, and the way there.

use std::path::PathBuf;
use std::sync::Mutex;

use async_trait::async_trait;

use crate::identity::{Credentials, Endpoints, SandboxConnection, Service, claims};
use crate::net::{Door, Guard, Recorder};
use crate::problem::{Kind, Problem, Result};
use crate::runs::session::Connect;
use crate::sandbox;
use crate::services::explain::sign_in;
use crate::services::simulator::Simulator;
use crate::services::{Services, TenantFacts};
use crate::transport::{Cancel, Transport};

/// The name of the tenant that comes with usher.
pub const SANDBOX: &str = "sandbox";

/// A sandbox: one served elsewhere on this machine, or usher's own, started at first use.
pub struct Sandbox {
    /// Where it is served, if it is served elsewhere.
    address: Option<String>,
    state: PathBuf,
    record: Option<PathBuf>,
    cancel: Cancel,
    running: Mutex<Option<sandbox::Running>>,
}

impl Sandbox {
    pub fn new(address: Option<String>, state: PathBuf, record: Option<PathBuf>, cancel: Cancel) -> Sandbox {
        Sandbox { address, state, record, cancel, running: Mutex::new(None) }
    }

    async fn find(&self) -> Result<String> {
        if let Some(address) = &self.address {
            return Ok(address.trim_end_matches('/').to_owned());
        }
        start_or_join(&self.state).await.map(|(address, running)| {
            if let Ok(mut slot) = self.running.lock() {
                *slot = running;
            }
            address
        })
    }
}

/// usher's own sandbox: started here, or the one that another usher has started on the same state.
pub async fn start_or_join(state: &std::path::Path) -> Result<(String, Option<sandbox::Running>)> {
    let failed = |error: String| Problem::new(Kind::Unavailable, error).doing("starting the sandbox");
    if let Some(folder) = state.parent() {
        crate::disk::private_folder(folder).map_err(|error| failed(error.to_string()))?;
    }
    let options = sandbox::Options {
        http: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        store: sandbox::Store::File(state.to_owned()),
        seed: "contoso".to_owned(),
    };
    match sandbox::start(options).await {
        Ok(running) => Ok((running.url().to_owned(), Some(running))),
        Err(sandbox::Error::InUse { url }) => Ok((url, None)),
        Err(error) => Err(failed(error.to_string())),
    }
}

#[async_trait]
impl Connect for Sandbox {
    async fn connect(&self) -> Result<Services> {
        let recorder = match &self.record {
            Some(path) => Some(
                Recorder::create(path)
                    .map_err(|error| Problem::new(Kind::File, error.to_string()).doing("recording"))?,
            ),
            None => None,
        };
        let address = self.find().await?;
        let unreachable = |reason: String| {
            Problem::new(Kind::Unavailable, reason)
                .doing(format!("reaching the sandbox at {address}"))
                .hint("`usher sandbox serve --http 127.0.0.1:8080` serves one")
        };
        let door =
            Door::new(Guard::LoopbackOnly, recorder).map_err(|error| unreachable(error.to_string()))?;
        let connection = SandboxConnection::fetch(&door, &address)
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        let endpoints: Endpoints = connection.endpoints();
        let credentials = Credentials::client_secret(
            &door,
            &endpoints,
            &connection.tenant_id,
            &connection.client_id,
            connection.client_secret.clone(),
        );
        let token = credentials.token(Service::Graph).await.map_err(sign_in)?;
        let claims = claims(&token).unwrap_or_default();
        let acts_as_app = claims.is_app_only();
        let operator = claims.user.or(claims.app_name).or(claims.app_id).unwrap_or_default();
        let facts = TenantFacts {
            name: SANDBOX.to_owned(),
            id: connection.tenant_id.clone(),
            domain: connection.tenant_domain.clone(),
            simulated: true,
            operator,
            acts_as_app,
        };
        let transport = Transport::new(door.clone(), credentials, endpoints).stopped_by(&self.cancel);
        Ok(Services::new(transport, facts, Some(Simulator::new(door, address.clone()))))
    }

    fn name(&self) -> &str {
        SANDBOX
    }
}
