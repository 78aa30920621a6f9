//! The way to the tenant of a run: the simulated one here, a real one in `real`.

pub mod real;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::identity::{Claims, Credentials, Endpoints, SandboxConnection, Service, claims};
use crate::net::{Door, Guard, Recorder};
use crate::problem::{Kind, Problem, Result};
use crate::runs::session::{Connect, Watch};
use crate::sandbox;
use crate::services::explain::sign_in;
use crate::services::grants::Grants;
use crate::services::simulator::Simulator;
use crate::services::{Lateness, Services, TenantFacts};
use crate::transport::{Cancel, Limits, Transport};

/// The name of the tenant that comes with usher.
pub const SANDBOX: &str = "sandbox";

/// A sandbox: one served elsewhere on this machine, or usher's own, started at first use.
pub struct Sandbox {
    /// Where it is served, if it is served elsewhere.
    address: Option<String>,
    state: PathBuf,
    record: Option<PathBuf>,
    cancel: Cancel,
    watch: Arc<dyn Watch>,
    /// The server of usher's own sandbox, where this process is the one that has it.
    running: Arc<Mutex<Option<sandbox::Running>>>,
}

impl Sandbox {
    pub fn new(
        address: Option<String>,
        state: PathBuf,
        record: Option<PathBuf>,
        cancel: Cancel,
        watch: Arc<dyn Watch>,
    ) -> Sandbox {
        Sandbox { address, state, record, cancel, watch, running: Arc::default() }
    }

    async fn find(&self) -> Result<String> {
        if let Some(address) = &self.address {
            return Ok(address.trim_end_matches('/').to_owned());
        }
        let failed = |error: String| Problem::new(Kind::Unavailable, error).doing("starting the sandbox");
        if let Some(folder) = self.state.parent() {
            crate::disk::private_folder(folder).map_err(|error| failed(error.to_string()))?;
        }
        if let Some(running) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(running.url().to_owned());
        }
        match sandbox::start(options(&self.state, FREE_PORT)).await {
            Ok(running) => {
                let address = running.url().to_owned();
                keep(&self.running, running);
                Ok(address)
            }
            Err(sandbox::Error::InUse { url }) => {
                tokio::spawn(stand_by(self.state.clone(), url.clone(), self.running.clone()));
                Ok(url)
            }
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// What the token for Graph says that the sign-in was granted.
fn grants(claims: &Claims) -> Grants {
    let of_app = claims.is_app_only();
    let held = if of_app { &claims.roles } else { &claims.scopes };
    Grants { held: held.clone(), of_app }
}

/// The file of `--record`.
fn recorder(path: Option<&PathBuf>) -> Result<Option<Recorder>> {
    path.map(|path| Recorder::create(path))
        .transpose()
        .map_err(|error| Problem::new(Kind::File, error.to_string()).doing("recording"))
}

const FREE_PORT: u16 = 0;
/// How often whoever joined another usher's sandbox looks whether it is still there.
const LOOK: Duration = Duration::from_millis(20);

fn options(state: &Path, port: u16) -> sandbox::Options {
    let mut options = sandbox::Options::new(sandbox::Store::File(state.to_owned()), "contoso");
    options.http = SocketAddr::from(([127, 0, 0, 1], port));
    options
}

fn keep(slot: &Mutex<Option<sandbox::Running>>, running: sandbox::Running) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
}

/// The usher that serves the sandbox may end before this one does: then this one serves it on, at the same address.
async fn stand_by(state: PathBuf, address: String, slot: Arc<Mutex<Option<sandbox::Running>>>) {
    let Some(port) = address.rsplit(':').next().and_then(|port| port.parse().ok()) else { return };
    loop {
        tokio::time::sleep(LOOK).await;
        match sandbox::start(options(&state, port)).await {
            Ok(running) => return keep(&slot, running),
            Err(sandbox::Error::InUse { .. } | sandbox::Error::Listen { .. }) => {}
            Err(_) => return,
        }
    }
}

#[async_trait]
impl Connect for Sandbox {
    async fn connect(&self) -> Result<Services> {
        let recorder = recorder(self.record.as_ref())?;
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
        let operator = claims.operator();
        let facts = TenantFacts {
            name: SANDBOX.to_owned(),
            id: connection.tenant_id.clone(),
            domain: connection.tenant_domain.clone(),
            simulated: true,
            operator,
            acts_as_app,
            ahead: jiff::SignedDuration::from_secs(connection.ahead_seconds),
            lateness: Lateness::of_seconds(connection.visible_within_seconds, connection.late_within_seconds),
        };
        let watch = self.watch.clone();
        let limits = Limits::told(connection.throttling.as_deref(), connection.clock_rate);
        let transport = Transport::new(door.clone(), credentials, endpoints)
            .with_limits(limits)
            .stopped_by(&self.cancel)
            .watched_by(move |waiting| watch.call_waits(waiting));
        let simulator = Simulator::new(door, address.clone());
        Ok(Services::new(transport, facts, Some(simulator)).granted(grants(&claims)))
    }

    async fn seed(&self, name: &str) -> Result<()> {
        let address = self.find().await?;
        let failed = |reason: String| Problem::new(Kind::InvalidInput, reason).doing("seeding the sandbox");
        let door = Door::new(Guard::LoopbackOnly, None).map_err(|error| failed(error.to_string()))?;
        Simulator::new(door, address).seed(name).await.map_err(failed)?;
        Ok(())
    }

    fn name(&self) -> &str {
        SANDBOX
    }

    async fn close(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.stop().await;
        }
    }
}
