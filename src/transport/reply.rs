//! A service's answer that is not an error.

use serde_json::Value;

use super::failure::Malformed;
use crate::net::{HeaderMap, Response};

/// What a service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    /// Null when there is none; text when it is not JSON and does not claim to be.
    pub body: Value,
    /// The service's own id of this exchange, for Microsoft's support.
    pub request_id: Option<String>,
    /// Ours, made anew for each attempt.
    pub client_request_id: String,
    /// Where to look next, after an accepted job.
    pub location: Option<String>,
    /// How often it was sent.
    pub attempts: u32,
}

impl Reply {
    pub(super) fn read(
        answer: &Response,
        client_request_id: String,
        attempts: u32,
    ) -> Result<Reply, Malformed> {
        Ok(Reply {
            status: answer.status,
            body: body(answer)?,
            request_id: request_id(&answer.headers),
            client_request_id,
            location: header(&answer.headers, "location").map(str::to_owned),
            attempts,
        })
    }
}

fn body(answer: &Response) -> Result<Value, Malformed> {
    let bytes = answer.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&answer.body);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    match (serde_json::from_slice(bytes), header(&answer.headers, "content-type")) {
        (Ok(value), _) => Ok(value),
        (Err(_), Some(kind)) if !kind.contains("json") => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::String(text.to_owned())),
            Err(_) => Err(Malformed::NotJson),
        },
        (Err(_), _) => Err(Malformed::NotJson),
    }
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Graph and Exchange call it one thing, Azure the other.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = header(headers, "request-id").or_else(|| header(headers, "x-ms-request-id"))?;
    Some(id.to_owned())
}
