//! What a service says when it says no: Graph, Exchange and Azure each in their own way, read into the same facts.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Call;
use crate::identity::Service;
use crate::net::scrub;

/// An error a service answered with. Tokens and redeem tickets are not in it, whatever the service wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct ServiceError {
    /// None only in an error made by hand.
    pub service: Option<Service>,
    pub status: u16,
    /// The service's word for it, as `Request_BadRequest`; may be empty.
    pub code: String,
    /// The most telling sentence; empty when the service gave none.
    pub message: String,
    /// Exchange: the .NET type of the exception, which says more than code and status.
    pub exception: Option<String>,
    /// Exchange: its own number, as `Ex6F9304`.
    pub ex_code: Option<String>,
    /// Exchange: the cmdlet that was called.
    pub cmdlet: Option<String>,
    /// Exchange: the body was blank, which is how it refuses a cmdlet that does not exist or that no role of the caller includes.
    pub cmdlet_refused: bool,
    /// The property or object it is about.
    pub target: Option<String>,
    pub details: Vec<Detail>,
    /// Graph: more exact codes than `code`, the outermost first.
    pub inner_codes: Vec<String>,
    pub request_id: Option<String>,
    pub client_request_id: Option<String>,
    pub retry_after: Option<Duration>,
    pub method: &'static str,
    pub path: String,
}

/// One of several reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    pub code: String,
    pub message: String,
    pub target: Option<String>,
}

/// What Exchange says about everything; never the reason.
const GENERIC: [&str; 2] = ["Error executing cmdlet", "Invalid Operation"];
/// Exchange's throttling, which may come with any status and as plain text.
const CONCURRENCY: &str = "You have reached the maximum number of concurrent requests";

/// Whether the body is Exchange's plain-text word for too many calls at once.
pub(super) fn is_concurrency_limit(body: &[u8]) -> bool {
    let text = &body[..body.len().min(CONCURRENCY.len() + 16)];
    String::from_utf8_lossy(text).trim_start_matches(['"', ' ', '\u{feff}']).starts_with(CONCURRENCY)
}

impl ServiceError {
    /// Reads an error's body, whatever it is.
    pub(super) fn read(call: &Call, status: u16, body: &[u8]) -> ServiceError {
        let mut error = ServiceError {
            service: Some(call.service),
            status,
            cmdlet: call.cmdlet().map(str::to_owned),
            method: call.method.name(),
            path: call.shown_path(),
            ..ServiceError::default()
        };
        let unmarked = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        match serde_json::from_slice::<Value>(unmarked) {
            Ok(Value::Object(body)) => error.read_object(&body),
            Ok(Value::String(text)) => error.message = clean(&text),
            _ => error.read_text(body),
        }
        if call.service == Service::Exchange {
            error.read_exchange();
        }
        error
    }

    fn read_object(&mut self, body: &Map<String, Value>) {
        let error = member(body, "error").or_else(|| member(body, "odata.error"));
        match error {
            Some(Value::Object(error)) => self.read_error(error),
            // OAuth's shape, which the services' front doors use as well.
            Some(Value::String(code)) => {
                self.code = clean(code);
                self.message = text(body, "error_description").unwrap_or_default();
            }
            _ => {
                self.code = text(body, "code").unwrap_or_default();
                self.message = text(body, "message").unwrap_or_default();
            }
        }
    }

    fn read_error(&mut self, error: &Map<String, Value>) {
        self.code = text(error, "code").unwrap_or_default();
        self.message = text(error, "message").unwrap_or_default();
        self.target = text(error, "target").filter(|target| !target.is_empty());
        if let Some(Value::Array(details)) = member(error, "details") {
            self.details = details.iter().filter_map(Value::as_object).map(detail).collect();
        }
        let mut inner = member(error, "innererror").and_then(Value::as_object);
        // Inner errors nest; a body that nests without end was not written by a service.
        for _ in 0..8 {
            let Some(here) = inner else { break };
            self.request_id = self.request_id.take().or_else(|| text(here, "request-id"));
            self.client_request_id =
                self.client_request_id.take().or_else(|| text(here, "client-request-id"));
            self.inner_codes.extend(text(here, "code").filter(|code| !code.is_empty()));
            if let Some(Value::Object(exception)) = member(here, "internalexception") {
                self.exception = text(exception, "type").filter(|name| !name.is_empty());
                if let Some(message) = text(exception, "message").filter(|message| !message.trim().is_empty())
                {
                    self.message = message;
                }
            }
            inner = member(here, "innererror").and_then(Value::as_object);
        }
    }

    fn read_text(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        // A page of HTML is a gateway's, and says nothing that its status does not.
        if !text.is_empty() && !text.starts_with('<') && !text.contains('\0') && !text.contains('\u{fffd}') {
            let end = text.char_indices().nth(500).map_or(text.len(), |(at, _)| at);
            self.message = clean(&text[..end]);
        }
    }

    /// Takes Exchange's facts out of `<code>|<exception>|<text>`, and puts the text in the place of the generic message.
    fn read_exchange(&mut self) {
        let generic =
            GENERIC.iter().any(|generic| self.message.starts_with(generic)) || self.message.is_empty();
        for detail in &mut self.details {
            let mut parts = detail.message.splitn(3, '|');
            let (Some(ex_code), Some(exception), Some(said)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            // A sentence with bars in it is not of this form.
            if ex_code.contains(' ') || exception.contains(' ') {
                continue;
            }
            self.ex_code = self.ex_code.take().or_else(|| some(ex_code));
            self.exception = self.exception.take().or_else(|| some(exception));
            detail.message = said.trim().to_owned();
        }
        if generic && let Some(detail) = self.details.iter().find(|detail| !detail.message.is_empty()) {
            self.message = detail.message.clone();
        }
        if self.target.is_none() {
            self.target = self.details.iter().find_map(|detail| detail.target.clone());
        }
        self.cmdlet_refused = self.status == 403 && self.code.is_empty() && self.message.is_empty();
    }
}

fn detail(detail: &Map<String, Value>) -> Detail {
    Detail {
        code: text(detail, "code").unwrap_or_default(),
        message: text(detail, "message").unwrap_or_default(),
        target: text(detail, "target").filter(|target| !target.is_empty()),
    }
}

/// A member by its name in any case: `innerError` and `innererror` are both on the wire.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match member(object, name)? {
        Value::String(text) => Some(clean(text)),
        Value::Number(number) => Some(number.to_string()),
        // Older OData: `{"lang": "en-US", "value": "…"}`.
        Value::Object(message) => Some(clean(message.get("value")?.as_str()?)),
        _ => None,
    }
}

fn clean(text: &str) -> String {
    scrub(text.trim()).into_owned()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Method;
    use serde_json::json;

    fn exchange(status: u16, body: &[u8]) -> ServiceError {
        ServiceError::read(&Call::exchange("t", "Get-MailContact", json!({}), true), status, body)
    }

    fn graph(status: u16, body: &[u8]) -> ServiceError {
        ServiceError::read(&Call::graph(Method::Post, "/v1.0/invitations?x=1"), status, body)
    }

    #[test]
    fn exchange_says_what_the_innermost_exception_says() {
        let body = json!({"error": {"code": "NotFound", "message": "Error executing cmdlet",
            "details": [{"code": "Client", "target": "", "message": "Ex6F9304|Microsoft.Exchange.ManagementObjectNotFoundException|The object 'x' couldn't be found."}],
            "innererror": {"message": "Error executing cmdlet", "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "internalexception": {"message": "The object 'x' couldn't be found on 'DC1'.", "type": "Microsoft.Exchange.ManagementObjectNotFoundException", "stacktrace": ""}}}});
        let error = exchange(404, body.to_string().as_bytes());
        assert_eq!(error.message, "The object 'x' couldn't be found on 'DC1'.");
        assert_eq!(error.ex_code.as_deref(), Some("Ex6F9304"));
        assert_eq!(error.exception.as_deref(), Some("Microsoft.Exchange.ManagementObjectNotFoundException"));
        assert_eq!(error.details[0].message, "The object 'x' couldn't be found.");
        assert_eq!(error.cmdlet.as_deref(), Some("Get-MailContact"));
    }

    #[test]
    fn exchange_details_stand_in_for_the_generic_message() {
        let body = json!({"error": {"code": "BadRequest", "message": "Error executing cmdlet",
            "details": [{"code": "Client", "target": "x", "message": "|A.B.AmbiguousParameterSetException|Parameter set | cannot be resolved."}]}});
        let error = exchange(400, body.to_string().as_bytes());
        assert_eq!(error.message, "Parameter set | cannot be resolved.");
        assert_eq!((error.ex_code, error.target.as_deref()), (None, Some("x")));
        assert_eq!(error.exception.as_deref(), Some("A.B.AmbiguousParameterSetException"));
    }

    #[test]
    fn a_blank_403_of_exchange_refuses_the_cmdlet() {
        assert!(exchange(403, &[0; 64]).cmdlet_refused);
        assert!(exchange(403, b"").cmdlet_refused);
        assert!(!exchange(401, b"").cmdlet_refused);
    }

    #[test]
    fn graph_request_ids_are_found_however_deep_and_in_any_case() {
        let body = json!({"error": {"code": "", "message": "no", "innererror": {"innerError": {"request-id": "r", "client-request-id": "c", "code": "exact"}}}});
        let error = graph(400, body.to_string().as_bytes());
        assert_eq!((error.request_id.as_deref(), error.client_request_id.as_deref()), (Some("r"), Some("c")));
        assert_eq!(error.inner_codes, ["exact"]);
        assert_eq!(error.path, "/v1.0/invitations");
    }

    #[test]
    fn odd_bodies_are_read_without_harm() {
        for body in [
            &b""[..],
            b"null",
            b"[]",
            b"42",
            b"\"text\"",
            b"{\"error\":null}",
            b"{\"error\":{\"code\":7,\"message\":{\"lang\":\"en\",\"value\":\"v\"},\"details\":7,\"innerError\":[]}}",
            b"<html>no</html>",
            b"\xff\xfe",
            b"{",
            &[0; 9],
        ] {
            for status in [400, 403, 500] {
                let _ = (graph(status, body), exchange(status, body));
            }
        }
        assert_eq!(graph(400, b"{\"error\":{\"code\":7,\"message\":{\"value\":\"v\"}}}").message, "v");
        assert_eq!(graph(502, b"<html>no</html>").message, "");
    }

    #[test]
    fn a_redeem_ticket_in_a_message_is_blotted_out() {
        let body = json!({"error": {"code": "x", "message": "see https://login/redeem?ticket=secret&v=1"}});
        assert_eq!(
            graph(400, body.to_string().as_bytes()).message,
            "see https://login/redeem?ticket=***&v=1"
        );
    }

    #[test]
    fn exchange_concurrency_text_is_recognised() {
        assert!(is_concurrency_limit(
            b"You have reached the maximum number of concurrent requests per tenant. Please wait"
        ));
        assert!(!is_concurrency_limit(b"{\"error\":{}}"));
        assert!(!is_concurrency_limit(b""));
    }
}
