//! The socket, written to as it is, and what every answer must be.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use usher::sandbox::Store;

use crate::sandbox_support::{ARM, EXCHANGE, GRAPH, Sandbox};

/// Nothing that can be sent keeps the sandbox busy for longer, not on a loaded machine either.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Graph,
    Exchange,
    Azure,
    Login,
    /// The identity service of an Azure machine.
    Machine,
    /// Any of them, or none.
    Somewhere,
}

pub struct Target {
    runtime: tokio::runtime::Runtime,
    pub sandbox: Sandbox,
    authority: String,
    tokens: [String; 3],
}

pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Target {
    pub fn new(seed: &str) -> Target {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sandbox, tokens) = runtime.block_on(async {
            let sandbox = Sandbox::of(seed, Store::Memory).await;
            let tokens =
                [sandbox.token(GRAPH).await, sandbox.token(EXCHANGE).await, sandbox.token(ARM).await];
            (sandbox, tokens)
        });
        let authority = sandbox.running.url().trim_start_matches("http://").to_owned();
        Target { runtime, sandbox, authority, tokens }
    }

    /// The tenant as it was at the start: what was sent may have taken it apart.
    pub fn afresh(&self) {
        self.runtime.block_on(self.sandbox.post("/sandbox/reset", json!({})));
    }

    pub fn send(&self, side: Side, method: &str, target: &str, headers: &str, body: &[u8]) -> Reply {
        let token = match side {
            Side::Graph | Side::Somewhere => &self.tokens[0],
            Side::Exchange => &self.tokens[1],
            Side::Azure => &self.tokens[2],
            Side::Login | Side::Machine => "",
        };
        let mut request =
            format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.authority);
        if !token.is_empty() {
            request.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if !headers.to_lowercase().contains("content-type") {
            request.push_str("Content-Type: application/json\r\n");
        }
        request.push_str(&format!("{headers}Content-Length: {}\r\n\r\n", body.len()));
        let started = Instant::now();
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server that has refused already may not read to the end.
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(body));
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let shown = || format!("{method} {:.300} {:.600}", target, String::from_utf8_lossy(body));
        assert!(!answer.is_empty(), "no answer ({read:?}): {}", shown());
        assert!(started.elapsed() < PATIENCE, "too slow: {}", shown());
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head: {}", shown()));
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        Reply { status, body: answer[end + 4..].to_vec() }
    }

    /// Sends, and holds what comes back against what every answer must be.
    pub fn check(&self, side: Side, method: &str, target: &str, headers: &str, body: &[u8]) -> Reply {
        let reply = self.send(side, method, target, headers, body);
        if let Err(trouble) = well_formed(side, method, &reply) {
            panic!(
                "{trouble}\n{method} {target:.1500}\n{headers}{:.1500}\n-> {} {:.600}",
                String::from_utf8_lossy(body),
                reply.status,
                String::from_utf8_lossy(&reply.body)
            );
        }
        reply
    }

    pub fn get(&self, side: Side, target: &str) -> Reply {
        self.check(side, "GET", target, "ConsistencyLevel: eventual\r\n", b"")
    }

    pub fn json(&self, side: Side, method: &str, target: &str, body: &Value) -> Reply {
        self.check(side, method, target, "", body.to_string().as_bytes())
    }

    pub fn tenant(&self) -> String {
        self.sandbox.connection("tenantId")
    }

    pub fn subscription(&self) -> String {
        self.sandbox.connection("subscriptionId")
    }
}

pub fn well_formed(side: Side, method: &str, reply: &Reply) -> Result<(), String> {
    let text = String::from_utf8_lossy(&reply.body);
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let ambiguous = side == Side::Exchange && text.contains("ManagementObjectAmbiguousException");
    if reply.status >= 500 && reply.status != 501 && !ambiguous {
        return Err("the service failed".to_owned());
    }
    if reply.status < 400 || method == "HEAD" {
        return Ok(());
    }
    let texts = |value: &Value, names: &[&str]| names.iter().all(|name| value[name].is_string());
    let error = &body["error"];
    let fits = match side {
        Side::Graph => {
            texts(error, &["code", "message"])
                && texts(&error["innerError"], &["request-id", "client-request-id"])
                && (reply.status == 501 || texts(&error["innerError"], &["date"]))
        }
        Side::Azure => texts(error, &["code", "message"]),
        Side::Exchange => match reply.status {
            401 | 405 => reply.body.is_empty(),
            403 if body.is_null() => reply.body == [0; 32],
            501 => texts(error, &["code", "message"]),
            _ => {
                let inner = &error["innererror"]["internalexception"];
                texts(error, &["code", "message"]) && texts(inner, &["message", "type"])
            }
        },
        Side::Login => {
            (reply.status == 501 && texts(error, &["code", "message"]))
                || is_page(&text)
                || (texts(&body, &["error", "error_description", "timestamp", "trace_id", "correlation_id"])
                    && body["error_codes"][0].is_u64())
        }
        Side::Machine => body["statusCode"] == reply.status && texts(&body, &["message"]),
        // Before any service is asked, the line itself may be refused.
        Side::Somewhere => error.is_object() || error.is_string() || text.is_empty() || is_page(&text),
    };
    if fits { Ok(()) } else { Err("the refusal has a shape of its own".to_owned()) }
}

/// People in browsers are told on a page.
pub fn is_page(text: &str) -> bool {
    text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype html>"))
}
