//! Binds, loads, serves, stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::serve::ListenerExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::error::Error;
use super::http::{Content, Reply, Request};
use super::store::{Disk, owner};
use super::world::World;
use super::{Options, Store, control, router, seed};

/// Larger bodies than this none of the services take.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A sandbox that serves; dropped, it stops at once.
pub struct Running {
    url: String,
    connection: Value,
    world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a client needs to sign in: public, and but for the address fixed by the seed.
    pub fn connection(&self) -> &Value {
        &self.connection
    }

    /// Answers what is under way, then lets address and state file go.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if tokio::time::timeout(Duration::from_secs(2), &mut self.server).await.is_err() {
            self.server.abort();
        }
        self.world.close();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
        self.world.close();
    }
}

/// Loads the state, or plants the seed in it, and serves it on the current runtime.
pub async fn start(options: Options) -> Result<Running, Error> {
    if !options.http.ip().is_loopback() {
        return Err(Error::NotLoopback { address: options.http });
    }
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
    let listen = |source| Error::Listen { address: options.http, source };
    let listener = TcpListener::bind(options.http).await.map_err(listen)?;
    let url = format!("http://{}", listener.local_addr().map_err(listen)?);
    if let Some(disk) = &disk {
        disk.announce(&url)?;
    }
    let world = Arc::new(World::new(tenant, disk, url.clone()));
    let connection = control::connection(&world);
    let app = Router::new().fallback(answer).with_state(Arc::clone(&world));
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = tokio::spawn(async move {
        let until = async move {
            let _ = stopped.await;
        };
        let _ = axum::serve(listener, app).with_graceful_shutdown(until).await;
    });
    Ok(Running { url, connection, world, stop: Some(stop), server })
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

async fn answer(State(world): State<Arc<World>>, request: axum::extract::Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return respond(Reply::empty(StatusCode::PAYLOAD_TOO_LARGE.as_u16()), None);
    };
    let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let scheme = if router::is_service_host(host) { "https" } else { "http" };
    let base = format!("{scheme}://{host}");
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let request = Request::new(parts.method, base, target, parts.headers, body);
    let reply = router::route(&world, &request);
    respond(reply, Some(&request))
}

fn respond(reply: Reply, request: Option<&Request>) -> Response<Body> {
    let (kind, body) = match reply.content {
        Content::Empty => (None, Body::empty()),
        Content::Text(text) => (Some("text/plain"), Body::from(text)),
        Content::Html(page) => (Some("text/html; charset=utf-8"), Body::from(page)),
        Content::Raw(bytes) => (None, Body::from(bytes)),
        Content::Json(value) => {
            let bytes = serde_json::to_vec(&value).expect("JSON values have text keys");
            (Some("application/json;odata.metadata=minimal;charset=utf-8"), Body::from(bytes))
        }
    };
    let mut response = Response::new(body);
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
            headers.insert(name, value);
        }
    }
    response
}
