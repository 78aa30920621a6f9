//! Why there is no token.

use std::time::Duration;

use serde::Deserialize;

use crate::net::{self, HeaderMap, scrub};

/// A sign-in that gave no token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The sign-in service said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The sign-in service was not reached.
    #[error(transparent)]
    Network(#[from] net::Error),
    /// What was given cannot be a sign-in: an address that is not a sandbox's, an impossible tenant id.
    #[error("`{value}`: {reason}")]
    Invalid { value: String, reason: String },
    /// Something answered, but not a sign-in service or a sandbox.
    #[error("answer {status} is not one of a sign-in: {reason}")]
    Malformed { status: u16, reason: String },
}

impl Error {
    /// Whether the same sign-in may succeed a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            Error::Refused(refusal) => {
                matches!(refusal.status, 429 | 500..) || refusal.error == "temporarily_unavailable"
            }
            Error::Network(error) => error.may_pass(),
            Error::Malformed { status, .. } => matches!(status, 429 | 500..),
            Error::Invalid { .. } => false,
        }
    }

    /// How long the sign-in service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Error::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }
}

/// What the sign-in service said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct Refusal {
    pub status: u16,
    /// OAuth's word, as `invalid_client`.
    pub error: String,
    /// The number after `AADSTS`.
    pub number: Option<u32>,
    /// The first line of the description: what follows are trace id, correlation id and time.
    pub description: String,
    pub correlation_id: Option<String>,
    /// What usually helps.
    pub hint: Option<&'static str>,
    pub retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    correlation_id: Option<String>,
}

/// Reads an answer without a token.
pub(super) fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return Error::Malformed { status, reason: "no error in it".to_owned() };
    };
    let described = body.error_description.as_str();
    let number = number_in(described).or_else(|| body.error_codes.first().copied());
    let correlation_id = body.correlation_id.or_else(|| after(described, "Correlation ID:"));
    let description = ["\r", "\n", "Trace ID:"].iter().filter_map(|end| described.find(end)).min();
    let description = described[..description.unwrap_or(described.len())].trim();
    Error::Refused(Box::new(Refusal {
        status,
        error: body.error,
        number,
        description: scrub(description).into_owned(),
        correlation_id,
        hint: number.and_then(hint),
        retry_after: headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok())
            .map(|seconds| Duration::from_secs(seconds.into())),
    }))
}

fn number_in(description: &str) -> Option<u32> {
    let digits = &description[description.find("AADSTS")? + "AADSTS".len()..];
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

fn after(text: &str, label: &str) -> Option<String> {
    let rest = &text[text.find(label)? + label.len()..];
    rest.split_whitespace().next().map(str::to_owned)
}

fn hint(number: u32) -> Option<&'static str> {
    Some(match number {
        7000215 => "the client secret is wrong: give the secret's value, not its id",
        7000222 => "the client secret has expired: make a new one at the app registration",
        7000218 => "the app is not public: sign in with its secret or certificate",
        7000229 => "the app has no service principal in this tenant: consent to it there first",
        700016 => "no such app in this tenant: check client id and tenant",
        700027 => "the certificate is not known to the app; one that was just changed needs some minutes",
        700082 => "the sign-in is too old: sign in again",
        70011 => "the scope does not fit the cloud",
        90002 => "no such tenant: check its id or domain, and the cloud",
        90071 => "the partner tenant does not accept this one's multi-factor sign-in",
        900023 => "neither a tenant's id nor a domain of it",
        65001 => "nobody has consented to the app: an administrator grants it once for the tenant",
        53003 => "a Conditional Access policy blocks this sign-in",
        50076 | 50079 => "the account needs multi-factor sign-in, which this way of signing in cannot do",
        50020 | 16003 => "the account is not in this tenant",
        50014 => "the guest has not redeemed the invitation yet",
        50034 => "no such account in this tenant",
        50057 => "the account is disabled",
        50126 => "user name or password is wrong",
        500011 => "the service is not set up in this tenant: it has no principal there",
        50011 => "the redirect address is not registered with the app",
        9002327 => "the redirect address is registered for a web page: register it for mobile and desktop",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_number_sentence_and_correlation_id() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: x","error_codes":[7000215]}"#;
        let Error::Refused(refusal) = refusal(401, &HeaderMap::new(), body) else { panic!() };
        assert_eq!(refusal.number, Some(7000215));
        assert_eq!(refusal.description, "AADSTS7000215: Invalid client secret provided.");
        assert_eq!(refusal.correlation_id.as_deref(), Some("c-1"));
        assert!(refusal.hint.is_some_and(|hint| hint.contains("secret")));
    }

    #[test]
    fn a_page_instead_of_a_sign_in_is_named_so() {
        assert!(matches!(refusal(502, &HeaderMap::new(), b"<html>"), Error::Malformed { status: 502, .. }));
    }
}
