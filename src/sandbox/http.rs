//! What arrives and what goes back, before any service has looked at it.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use uuid::Uuid;

/// One request, its address taken apart.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    /// `scheme://authority` as the caller wrote it: links in answers carry it.
    pub base: String,
    /// The authority without its port, lower case.
    pub host: String,
    pub path: String,
    /// Decoded segments; `users('x')` counts as two.
    pub segments: Vec<String>,
    pub raw_query: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub id: Uuid,
    /// What the caller sent as `client-request-id`, else the same as `id`.
    pub client_id: String,
}

impl Request {
    /// Takes an address of the form `/path?query` apart.
    pub fn new(method: Method, base: String, target: &str, headers: HeaderMap, body: Bytes) -> Request {
        let (path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let host = base.split("://").nth(1).unwrap_or_default();
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let id = Uuid::new_v4();
        let client_id = headers
            .get("client-request-id")
            .and_then(|value| value.to_str().ok())
            .map_or_else(|| id.to_string(), str::to_owned);
        Request {
            method,
            host: host.trim_matches(['[', ']']).to_ascii_lowercase(),
            segments: segments(path),
            query: pairs(raw_query),
            raw_query: raw_query.to_owned(),
            path: path.to_owned(),
            base,
            headers,
            body,
            id,
            client_id,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A query option by name, in any case.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The token of `Authorization: Bearer ...`.
    pub fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The address again, its query replaced.
    pub fn address(&self, query: &str) -> String {
        let mut address = format!("{}{}", self.base, self.path);
        if !query.is_empty() {
            let _ = write!(address, "?{query}");
        }
        address
    }

    /// The raw query without one option, for links to a next page.
    pub fn query_without(&self, option: &str) -> String {
        let kept: Vec<&str> = self
            .raw_query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .filter(|pair| !decode(pair.split('=').next().unwrap_or_default()).eq_ignore_ascii_case(option))
            .collect();
        kept.join("&")
    }
}

/// Form and query text to pairs; `+` is a space.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::with_capacity(8);
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = decode(raw);
        match keyed(&segment) {
            // `delta()`: a function without parameters.
            Some((name, key)) if key.is_empty() => found.push(name),
            Some((name, key)) => found.extend([name, key]),
            None => found.push(whole(segment)),
        }
    }
    found
}

/// Official SDKs write the namespace by its alias: `graph.user` for `microsoft.graph.user`.
fn whole(segment: String) -> String {
    match segment.get(..6) {
        Some(alias) if alias.eq_ignore_ascii_case("graph.") && segment.len() > 6 => {
            format!("microsoft.{segment}")
        }
        _ => segment,
    }
}

/// `users('x')`, `directoryRoles(roleTemplateId='x')`: a name and its key.
fn keyed(segment: &str) -> Option<(String, String)> {
    let (name, rest) = segment.strip_suffix(')')?.split_once('(')?;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') {
        return None;
    }
    let key = match rest.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(key) => key.replace("''", "'"),
        None => rest.to_owned(),
    };
    Some((name.to_owned(), key))
}

/// What goes back.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content,
}

pub enum Content {
    Empty,
    Json(Value),
    Text(String),
    Html(String),
    Raw(Bytes),
}

impl Reply {
    pub fn json(status: u16, value: Value) -> Reply {
        Reply { status, headers: Vec::new(), content: Content::Json(value) }
    }

    pub fn ok(value: Value) -> Reply {
        Reply::json(200, value)
    }

    pub fn text(status: u16, text: String) -> Reply {
        Reply { status, headers: Vec::new(), content: Content::Text(text) }
    }

    pub fn html(status: u16, page: String) -> Reply {
        Reply { status, headers: Vec::new(), content: Content::Html(page) }
    }

    pub fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), content: Content::Empty }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}
