//! Authorization code with PKCE (RFC 7636, RFC 8252): a browser on this machine signs in and comes back to a port of ours.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::error::brought_back;
use super::people::{Granted, People, patiently};
use super::person::Person;
use super::{Error, Secret};

/// How long somebody may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long a browser may take to read the page at the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the browser came back with.
type Brought = Result<Secret, Error>;

pub(super) async fn sign_in(
    people: &People,
    person: &dyn Person,
    scope: &str,
    demanded: Option<&str>,
    known: Option<&str>,
) -> Result<Granted, Error> {
    let no_port = |error: std::io::Error| Error::Unusable {
        what: "a port of this machine for the browser to come back to".to_owned(),
        reason: error.to_string(),
        hint: Some("--device-code signs in without one".to_owned()),
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    // As it is registered: any port is let through for `localhost`.
    let redirect = format!("http://localhost:{port}");
    let (state, verifier) = (random()?, random()?);
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.reveal().as_bytes()));
    let mut address = people.address("authorize")?;
    {
        let mut query = address.query_pairs_mut();
        query
            .append_pair("client_id", &people.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &redirect)
            .append_pair("response_mode", "query")
            .append_pair("scope", scope)
            .append_pair("state", state.reveal())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        match known {
            Some(known) => query.append_pair("login_hint", known),
            // Otherwise the browser takes whoever is signed in to it, which is not always who is meant.
            None => query.append_pair("prompt", "select_account"),
        };
        if let Some(demanded) = demanded {
            query.append_pair("claims", demanded);
        }
    }
    let (sender, mut brought) = mpsc::channel(1);
    let state = Arc::new(state);
    let serving = tokio::spawn(serve(listener, state, sender));
    person.browse(address.as_str());
    let Ok(Some(code)) = tokio::time::timeout(PATIENCE, brought.recv()).await else {
        serving.abort();
        return Err(Error::Unfinished { reason: "nobody signed in within 15 minutes" });
    };
    // Whoever was let in still reads the last page; nobody else is let in.
    brought.close();
    let granted = match code {
        Err(error) => Err(error),
        Ok(code) => {
            let fields = [
                ("grant_type", "authorization_code"),
                ("client_id", people.client_id.as_str()),
                ("code", code.reveal()),
                ("redirect_uri", &redirect),
                ("code_verifier", verifier.reveal()),
                ("scope", scope),
            ];
            patiently(person, || people.exchange(&fields)).await
        }
    };
    let _ = tokio::time::timeout(FAREWELL, serving).await;
    granted
}

/// 256 bits, as text that fits into an address.
fn random() -> Result<Secret, Error> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Unusable {
        what: "random numbers".to_owned(),
        reason: "the system gives none".to_owned(),
        hint: None,
    })?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Lets browsers in until one brings what is waited for, and has read the page at the end.
async fn serve(listener: TcpListener, state: Arc<Secret>, brought: mpsc::Sender<Brought>) {
    let mut visits = tokio::task::JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            // Somebody took the answer: those who are still here read to the end.
            () = brought.closed() => break,
        };
        let Ok((stream, _)) = stream else { continue };
        let (state, brought) = (state.clone(), brought.clone());
        visits.spawn(async move {
            let service = service_fn(move |request| answer(request, state.clone(), brought.clone()));
            let mut server = http1::Builder::new();
            // One page a visit, so that the last one is known to be read.
            server.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30));
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
    drop(listener);
    // A connection that a browser opened in advance says nothing and is not waited for.
    let _ = tokio::time::timeout(FAREWELL / 2, async { while visits.join_next().await.is_some() {} }).await;
}

type Page = hyper::Response<Full<Bytes>>;

async fn answer(
    request: hyper::Request<Incoming>,
    state: Arc<Secret>,
    brought: mpsc::Sender<Brought>,
) -> Result<Page, Infallible> {
    let query = request.uri().query().unwrap_or_default();
    let field = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if request.method() != hyper::Method::GET || request.uri().path() != "/" {
        return Ok(page(404, "Nothing is here", "This address only takes the end of a sign-in."));
    }
    // A page from elsewhere cannot know the state, and so cannot sign anybody in as somebody else.
    let ours = field("state").is_some_and(|given| given == state.reveal());
    if !ours {
        return Ok(page(
            400,
            "This is not the sign-in that usher waits for",
            "Use the address that usher printed last, and close older windows.",
        ));
    }
    let (result, shown) = match (field("code"), field("error")) {
        (Some(code), _) => (
            Ok(Secret::new(code)),
            page(200, "You are signed in to usher", "You can close this window and go back to the terminal."),
        ),
        (None, Some(error)) => (
            Err(brought_back(&error, &field("error_description").unwrap_or_default())),
            page(200, "usher was not signed in", "The terminal says why. You can close this window."),
        ),
        (None, None) => {
            return Ok(page(400, "There is no answer in this address", "Begin again with usher login."));
        }
    };
    // A second answer, as by reloading the page, changes nothing.
    let _ = brought.try_send(result);
    Ok(shown)
}

/// A plain page. Nothing that came with the request is in it.
fn page(status: u16, title: &str, text: &str) -> Page {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <body style=\"font-family: system-ui, sans-serif; margin: 4rem auto; max-width: 32rem\">\
         <h1>{title}</h1><p>{text}</p></body></html>\n"
    );
    let mut page = Page::new(Full::new(Bytes::from(html)));
    *page.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("x-frame-options", "DENY"),
    ];
    for (name, value) in headers {
        page.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    page
}
