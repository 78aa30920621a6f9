//! Refusals in the words of the sign-in service, with their `AADSTS` numbers.

use serde_json::json;
use uuid::Uuid;

use super::super::http::{Reply, Request};

/// A refusal: OAuth's word, the service's number, and the sentence that people search the web for.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: u16,
    pub error: &'static str,
    pub code: u32,
    pub text: String,
}

impl Failure {
    pub fn new(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Failure {
        Failure { status, error, code, text: text.into() }
    }

    /// What the caller holds buys nothing.
    pub fn grant(code: u32, text: impl Into<String>) -> Failure {
        Failure::new(400, "invalid_grant", code, text)
    }

    /// The application did not prove who it is.
    pub fn client(code: u32, text: impl Into<String>) -> Failure {
        Failure::new(401, "invalid_client", code, text)
    }

    pub fn request(code: u32, text: impl Into<String>) -> Failure {
        Failure::new(400, "invalid_request", code, text)
    }

    pub fn missing(name: &str) -> Failure {
        Failure::request(900_144, format!("The request body must contain the following parameter: '{name}'."))
    }

    pub fn unknown_user(user: &str, directory: &str) -> Failure {
        Failure::grant(
            50034,
            format!(
                "The user account {user} does not exist in the {directory} directory. To sign into this application, \
                 the account must be added to the directory."
            ),
        )
    }

    pub fn blocked_user() -> Failure {
        Failure::grant(50057, "The user account is disabled.")
    }

    pub fn pending_guest() -> Failure {
        Failure::grant(
            50014,
            "The user's redemption is in a pending state. The guest user account isn't fully created yet.",
        )
    }

    pub fn wrong_password() -> Failure {
        Failure::grant(50126, "Error validating credentials due to invalid username or password.")
    }

    pub fn malformed_grant() -> Failure {
        Failure::grant(9_002_313, "Invalid request. Request is malformed or invalid.")
    }

    /// The grant was given to another application.
    pub fn foreign_grant() -> Failure {
        Failure::grant(70000, "Provided grant is invalid or malformed.")
    }

    /// The sentence with its number and the ids that support asks for.
    pub fn description(&self, request: &Request) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
            self.code,
            self.text,
            request.id,
            correlation(request),
            written_now()
        )
    }

    pub fn reply(self, request: &Request) -> Reply {
        let body = json!({
            "error": self.error,
            "error_description": self.description(request),
            "error_codes": [self.code],
            "timestamp": written_now(),
            "trace_id": request.id.to_string(),
            "correlation_id": correlation(request),
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        Reply::json(self.status, body).with("cache-control", "no-store, no-cache")
    }
}

/// The caller's own id where it is one.
fn correlation(request: &Request) -> String {
    Uuid::try_parse(&request.client_id).map_or_else(|_| request.id.to_string(), |id| id.to_string())
}

fn written_now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
