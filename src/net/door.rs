//! The HTTP client behind the door, with its guard.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use url::{Host, Url};

use super::record::Exchange;
use super::{Error, Recorder, error};

/// How long an exchange may take when the request does not say.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(100);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than the services' own: a connection they close while a write travels leaves its outcome unknown.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const IN_FLIGHT: usize = 64;

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// This machine alone: addresses in `127.0.0.0/8`, `::1`, and `localhost`.
    LoopbackOnly,
    /// Any address, through the system's proxy if there is one; other machines by https only.
    Anywhere,
    /// The identity service of an Azure machine: a link-local address without encryption, never through a proxy.
    Metadata,
}

/// One request as it goes on the wire.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// From connecting to the last byte of the answer.
    pub timeout: Duration,
}

impl Request {
    /// A request without headers or body, and with the usual time-out.
    pub fn new(method: Method, url: Url) -> Request {
        Request { method, url, headers: HeaderMap::new(), body: None, timeout: DEFAULT_TIMEOUT }
    }
}

/// One answer, read to its end and decompressed.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    /// Empty as well when an error's body cannot be decompressed: Exchange refuses a cmdlet with NUL bytes said to be gzip.
    pub body: Bytes,
}

/// The one door to the network; clones share connections and recording.
#[derive(Clone)]
pub struct Door {
    client: reqwest::Client,
    /// For this machine's own addresses, which no proxy is asked for: http to it would cross the network in the clear.
    here: Arc<OnceLock<reqwest::Client>>,
    authorities: Arc<[reqwest::Certificate]>,
    guard: Guard,
    /// Shared by clones, for a recording may begin and end while they are used.
    recorder: Arc<RwLock<Option<Arc<Recorder>>>>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl Door {
    /// Opens the door; with a recorder, every exchange is written down.
    pub fn new(guard: Guard, recorder: Option<Recorder>) -> Result<Door, Error> {
        Door::open(guard, recorder, Vec::new())
    }

    /// A door to anywhere, through the proxy that HTTPS_PROXY, NO_PROXY and the system name, that trusts the authorities in
    /// a file of PEM beside the system's.
    pub fn trusting(recorder: Option<Recorder>, ca_file: Option<&Path>) -> Result<Door, Error> {
        let authorities = ca_file.map(authorities).transpose()?.unwrap_or_default();
        Door::open(Guard::Anywhere, recorder, authorities)
    }

    fn open(
        guard: Guard,
        recorder: Option<Recorder>,
        authorities: Vec<reqwest::Certificate>,
    ) -> Result<Door, Error> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = match guard {
            // No certificates: reading the system's store costs more than the whole start of usher may.
            Guard::LoopbackOnly => builder().no_proxy().dns_resolver(LocalhostOnly).tls_certs_only([]),
            Guard::Metadata => builder().no_proxy().tls_certs_only([]),
            Guard::Anywhere => builder().tls_certs_merge(authorities.iter().cloned()),
        };
        let client = built(client)?;
        let here = OnceLock::new();
        if guard == Guard::LoopbackOnly {
            let _ = here.set(client.clone());
        }
        let (here, authorities) = (Arc::new(here), authorities.into());
        Ok(Door { client, here, authorities, guard, recorder: Arc::new(RwLock::new(recorder.map(Arc::new))) })
    }

    /// Writes every exchange from now on down, in another file than before or in none.
    pub fn record(&self, recorder: Option<Recorder>) {
        *self.recorder.write().unwrap_or_else(PoisonError::into_inner) = recorder.map(Arc::new);
    }

    fn client(&self, url: &Url) -> Result<reqwest::Client, Error> {
        if !is_loopback(url) {
            return Ok(self.client.clone());
        }
        if let Some(here) = self.here.get() {
            return Ok(here.clone());
        }
        let here = builder().no_proxy().dns_resolver(LocalhostOnly);
        let here = built(here.tls_certs_merge(self.authorities.iter().cloned()))?;
        Ok(self.here.get_or_init(|| here).clone())
    }

    /// A door to the identity service of this machine, with the same recording.
    pub fn to_metadata(&self) -> Result<Door, Error> {
        let door = Door::new(Guard::Metadata, None)?;
        Ok(Door { recorder: self.recorder.clone(), ..door })
    }

    /// Sends one request and reads its answer whole. Whatever the status, an answer is `Ok`.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        self.check(&request.url)?;
        let recorder = self.recorder.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(recorder) = &recorder else { return self.exchange(request).await };
        let mut exchange = Exchange::started(recorder, request.clone());
        let result = self.exchange(request).await;
        exchange.ended(result.as_ref().ok());
        result
    }

    async fn exchange(&self, request: Request) -> Result<Response, Error> {
        let Request { method, url, headers, body, timeout } = request;
        let mut wire = reqwest::Request::new(method, url.clone());
        *wire.headers_mut() = headers;
        *wire.timeout_mut() = Some(timeout);
        *wire.body_mut() = body.map(reqwest::Body::from);
        let client = self.client(&url)?;
        let answer =
            client.execute(wire).await.map_err(|error| Error::before_answer(address(&url), &error))?;
        let status = answer.status().as_u16();
        let mut answer = answer;
        let headers = std::mem::take(answer.headers_mut());
        let body = match answer.bytes().await {
            Ok(body) => body,
            Err(error) if status >= 400 && error.is_decode() && !error.is_timeout() => Bytes::new(),
            Err(error) => {
                let reason = error::reason(&error);
                return Err(Error::CutShort { address: address(&url), status, reason });
            }
        };
        Ok(Response { status, headers, body })
    }

    fn check(&self, url: &Url) -> Result<(), Error> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::Invalid { address: address(url), reason: "not an http address".to_owned() });
        }
        let here = is_loopback(url);
        if self.guard == Guard::LoopbackOnly && !here {
            return Err(Error::Refused { address: address(url) });
        }
        let metadata = self.guard == Guard::Metadata && is_link_local(url);
        if self.guard == Guard::Metadata && !here && !metadata {
            return Err(Error::Refused { address: address(url) });
        }
        if url.scheme() == "http" && !here && !metadata {
            // Whatever leaves this machine carries a token or a secret.
            return Err(Error::Invalid { address: address(url), reason: "not encrypted".to_owned() });
        }
        Ok(())
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .pool_max_idle_per_host(IN_FLIGHT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        // A redirect would carry the token elsewhere, a repeat would do a write twice: both are decided above.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
}

fn built(client: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    client.build().map_err(|error| Error::Setup { reason: error::reason(&error) })
}

/// The certificates in a file of PEM; one without any is a mistake.
fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, Error> {
    let failed =
        |reason: String| Error::Setup { reason: format!("the CA file `{}`: {reason}", path.display()) };
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| failed(error::reason(&error)))?;
    match found.is_empty() {
        true => Err(failed("there is no certificate in it; it has to be PEM".to_owned())),
        false => Ok(found),
    }
}

/// Whether the address is this machine: `127.0.0.0/8`, `::1`, or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Whether the address is one that no router passes on: there Azure puts the identity service of a machine.
fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(ip)) if ip.is_link_local())
}

/// Scheme, host and port: enough for a message, and never a secret.
fn address(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Knows `localhost`, and that only as far as it is this machine: a hosts file can say otherwise.
struct LocalhostOnly;

impl Resolve for LocalhostOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if !name.as_str().eq_ignore_ascii_case("localhost") {
                return Err("not on this machine".into());
            }
            let found = tokio::net::lookup_host(("localhost", 0)).await?;
            let found: Vec<SocketAddr> = found.filter(|address| address.ip().is_loopback()).collect();
            if found.is_empty() {
                return Err("`localhost` does not lead to this machine".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
