//! Binds, loads, serves, stops; and lets go wrong on the way what is to go wrong.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::error::Error;
use super::http::{Content, Reply, Request};
use super::router::{Side, side};
use super::store::{Disk, owner};
use super::trouble::{self, Place, Then, Weather, refusal};
use super::wire::{self, Arrived, Body, Gone};
use super::world::{Addresses, World};
use super::{Options, Store, control, router, seed, tls};

/// A sandbox that serves; dropped, it stops at once.
pub struct Running {
    connection: Value,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

impl Running {
    pub fn url(&self) -> &str {
        &self.world.addresses.http
    }

    /// What a client needs to sign in: public, and but for the addresses fixed by the seed.
    pub fn connection(&self) -> &Value {
        &self.connection
    }

    /// Answers what is under way, then lets address and state file go.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = futures::future::join_all(&mut self.servers);
        if tokio::time::timeout(Duration::from_secs(2), ended).await.is_err() {
            self.servers.iter().for_each(JoinHandle::abort);
        }
        self.world.close();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
        self.world.close();
    }
}

/// Loads the state, or plants the seed in it, and serves it on the current runtime.
pub async fn start(options: Options) -> Result<Running, Error> {
    for address in [Some(options.http), options.https].into_iter().flatten() {
        if !address.ip().is_loopback() && !options.public {
            return Err(Error::NotLoopback { address });
        }
    }
    let weather = options.faults.as_deref().map(Weather::from_file).transpose()?.unwrap_or_default();
    let (tenant, disk) = match &options.store {
        Store::Memory => (seed::plant(&options.seed)?, None),
        Store::File(path) => {
            // The seed is checked even where it will not be needed: a typing slip should not wait for a reset.
            let planted = seed::find(&options.seed)?;
            let mut disk = match Disk::open(path) {
                Err(Error::InUse { url }) if url.is_empty() => {
                    return Err(Error::InUse { url: wait_for(path).await });
                }
                opened => opened?,
            };
            match disk.load()? {
                Some(tenant) => (tenant, Some(disk)),
                None => {
                    let mut tenant = planted();
                    tenant.settle();
                    disk.replace(&mut tenant)?;
                    (tenant, Some(disk))
                }
            }
        }
    };
    let (plain, http) = bind(options.http).await?;
    let mut addresses = Addresses { http: format!("http://{http}"), https: None };
    let mut secure = None;
    if let Some(address) = options.https {
        let ca_file = options.ca_file.clone().ok_or(Error::NoAuthorityFile)?;
        let (listener, https) = bind(address).await?;
        secure = Some((listener, tls::acceptor(https, &ca_file)?));
        // Certificates are for names and for 127.0.0.1; clients of several languages do better with a name.
        let host =
            if https.ip().is_loopback() { format!("localhost:{}", https.port()) } else { https.to_string() };
        addresses.https = Some((format!("https://{host}"), ca_file));
    }
    if let Some(disk) = &disk {
        disk.announce(&addresses.http)?;
    }
    let world = Arc::new(World::new(tenant, disk, addresses));
    world.weather(weather);
    world.weather(options.weather());
    let connection = control::connection(&world);
    let (stop, stopped) = watch::channel(false);
    let answerer = Answerer(Arc::clone(&world));
    let mut servers = vec![tokio::spawn(wire::serve(plain, None, answerer.clone(), stopped.clone()))];
    if let Some((listener, acceptor)) = secure {
        servers.push(tokio::spawn(wire::serve(listener, Some(acceptor), answerer, stopped)));
    }
    Ok(Running { connection, world, stop, servers })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let listen = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    Ok((listener, bound))
}

/// An owner that is just starting leaves its address in a moment.
async fn wait_for(path: &std::path::Path) -> String {
    for _ in 0..200 {
        let url = owner(path);
        if !url.is_empty() {
            return url;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    String::new()
}

#[derive(Clone)]
struct Answerer(Arc<World>);

impl wire::Answer for Answerer {
    fn answer(
        &self,
        arrived: Arrived,
    ) -> impl Future<Output = Result<Response<Body>, Gone>> + Send + 'static {
        let world = Arc::clone(&self.0);
        async move {
            let parts = arrived.parts;
            let Some(body) = arrived.body else {
                return Ok(respond(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE.as_u16()), None));
            };
            // Over HTTP/1.1 the name is in `Host`; a proxy's client may send it in the address.
            let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
            let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
            let host = host.unwrap_or("localhost");
            let scheme = if arrived.secure || router::is_service_host(host) { "https" } else { "http" };
            let base = format!("{scheme}://{host}");
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            let request = Request::new(parts.method, base, target, parts.headers, body);
            if router::is_control(&request) {
                return Ok(respond(router::route(&world, &request), Some(&request)));
            }
            let answer = served(&world, &request).await;
            world.journal.note(&request, answer.as_ref().ok().map(|answer| answer.status().as_u16()));
            answer
        }
    }
}

/// A request to one of the services, with everything that may befall it.
async fn served(world: &World, request: &Request) -> Result<Response<Body>, Gone> {
    let place = match side(request) {
        Some(Side::Exchange) => match world.troubles.limits.exchange() {
            None => return Ok(respond(refusal(request, 429, None), Some(request))),
            place => place,
        },
        _ => None,
    };
    let latency = world.troubles.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let fault = world.troubles.strike(request, Place::Alone);
    drop(place);
    let Some(fault) = fault else { return Ok(respond(router::route(world, request), Some(request))) };
    if let Some(reply) = trouble::instead(&fault, request) {
        return Ok(respond(reply, Some(request)));
    }
    match &fault {
        Then::ResetBefore => return Err(Gone),
        Then::ExpiredToken => {
            if let Some(token) = request.bearer() {
                world.tokens.expire(token);
            }
        }
        _ => {}
    }
    let mut reply = router::route(world, request);
    if let Some(instead) = trouble::afterwards(&fault, request) {
        return Ok(respond(instead, Some(request)));
    }
    match fault {
        Then::ResetAfter => return Err(Gone),
        // Where the disk fails, the user stays: the fault did not happen.
        Then::SamePageAgain | Then::Vanished => {
            let _ = world.write(|tenant| trouble::twist(&fault, request, &mut reply, tenant));
        }
        Then::Slow { seconds } => {
            let over = Duration::from_secs_f64(seconds);
            return Ok(respond_with(reply, Some(request), |bytes| Body::slowly(bytes, over)));
        }
        Then::Cut => return Ok(respond_with(reply, Some(request), Body::cut)),
        _ => {}
    }
    Ok(respond(reply, Some(request)))
}

fn respond(reply: Reply, request: Option<&Request>) -> Response<Body> {
    respond_with(reply, request, Body::whole)
}

fn respond_with(reply: Reply, request: Option<&Request>, body: impl FnOnce(Bytes) -> Body) -> Response<Body> {
    let (kind, bytes) = match reply.content {
        Content::Empty => (None, Bytes::new()),
        Content::Text(text) => (Some("text/plain"), Bytes::from(text)),
        Content::Html(page) => (Some("text/html; charset=utf-8"), Bytes::from(page)),
        Content::Raw(bytes) => (None, bytes),
        Content::Json(value) => {
            let bytes = serde_json::to_vec(&value).expect("JSON values have text keys");
            (Some("application/json; charset=utf-8"), Bytes::from(bytes))
        }
    };
    let mut response = Response::new(body(bytes));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(request) = request {
        let pairs =
            [("request-id", request.id.to_string()), ("client-request-id", request.client_id.clone())];
        for (name, value) in pairs {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            // A page may set several cookies; of everything else the last word counts.
            if name == header::SET_COOKIE {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
    }
    response
}
