//! Why there is no token.

use std::time::Duration;

use serde::Deserialize;

use super::Service;
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
    /// Only a person can go on, and nobody is there to be asked.
    #[error("{reason}")]
    SignInNeeded { profile: String, reason: String },
    /// A secret, a certificate, a token or the place they are kept in cannot be used.
    #[error("{what}: {reason}")]
    Unusable { what: String, reason: String, hint: Option<String> },
    /// This way of signing in gives no token for the service.
    #[error("there is no token for {}: {reason}", .service.name())]
    NoToken { service: Service, reason: String },
    /// The person did not do their part.
    #[error("{reason}")]
    Unfinished { reason: &'static str },
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
            _ => false,
        }
    }

    /// What usually helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Refused(refusal) => refusal.hint.map(str::to_owned),
            Error::SignInNeeded { profile, .. } => Some(format!("`usher login --name {profile}` signs in")),
            Error::Unusable { hint, .. } => hint.clone(),
            Error::Unfinished { .. } => Some("run `usher login` again".to_owned()),
            _ => None,
        }
    }

    /// Whether it is this one service that the tenant, or this way of signing in, does not have: the others may work.
    pub fn lacks_the_service(&self) -> bool {
        match self {
            Error::Refused(refusal) => {
                matches!(refusal.number, Some(500_011 | 500_014 | 650_052 | 650_057))
            }
            Error::NoToken { .. } => true,
            _ => false,
        }
    }

    /// Whether a person can mend it by signing in once more.
    pub(super) fn wants_a_person(&self) -> bool {
        const NUMBERS: &[u32] = &[
            16000, 50058, 50076, 50078, 50079, 50089, 50132, 50133, 50173, 54005, 70000, 70008, 70043,
            700_005, 700_082, 700_084, 9_002_313,
        ];
        let Error::Refused(refusal) = self else { return false };
        let asked = matches!(refusal.error.as_str(), "interaction_required" | "login_required");
        asked || refusal.number.is_some_and(|number| NUMBERS.contains(&number))
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
    /// What the next sign-in has to bring along, as JSON: no secret, but nothing to read either.
    pub claims: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    correlation_id: Option<String>,
    claims: Option<String>,
}

/// Reads an answer without a token.
pub(super) fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return Error::Malformed { status, reason: "no error in it".to_owned() };
    };
    let described = body.error_description.as_str();
    let number = number_in(described).or_else(|| body.error_codes.first().copied());
    let retry_after = headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok())
        .map(|seconds| Duration::from_secs(seconds.into()));
    let told = Told { error: body.error, correlation_id: body.correlation_id, claims: body.claims };
    Error::Refused(Box::new(worded(status, told, described, number, retry_after)))
}

/// What the browser brought back in place of a code.
pub(super) fn brought_back(error: &str, description: &str) -> Error {
    let told = Told { error: error.to_owned(), correlation_id: None, claims: None };
    Error::Refused(Box::new(worded(400, told, description, number_in(description), None)))
}

struct Told {
    error: String,
    correlation_id: Option<String>,
    claims: Option<String>,
}

fn worded(
    status: u16,
    told: Told,
    described: &str,
    number: Option<u32>,
    retry_after: Option<Duration>,
) -> Refusal {
    let correlation_id = told.correlation_id.or_else(|| after(described, "Correlation ID:"));
    let end = ["\r", "\n", "Trace ID:"].iter().filter_map(|end| described.find(end)).min();
    let description = described[..end.unwrap_or(described.len())].trim();
    let hint = number.and_then(hint).or_else(|| hint_for(&told.error));
    let description =
        if description.is_empty() { told.error.clone() } else { scrub(description).into_owned() };
    Refusal {
        status,
        error: told.error,
        number,
        description,
        correlation_id,
        hint,
        retry_after,
        claims: told.claims,
    }
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

/// Where the service gives no number, or one that says nothing.
fn hint_for(error: &str) -> Option<&'static str> {
    Some(match error {
        "authorization_declined" | "access_denied" => {
            "somebody declined; run `usher login` again to be asked once more"
        }
        "expired_token" | "code_expired" => "the code was not typed in time; `usher login` gives another",
        "bad_verification_code" => "the code is good no more; `usher login` gives another",
        "consent_required" => "an administrator consents to the app once for the tenant",
        _ => return None,
    })
}

fn hint(number: u32) -> Option<&'static str> {
    Some(match number {
        1000502 => "the certificate is expired: make a new one at the app registration",
        700024 => "see that this machine's clock is right, and that the certificate is still valid",
        700211 | 700212 | 700213 | 70021 => {
            "the app registration has no federated credential for this issuer and subject"
        }
        7000112 => {
            "the app is disabled in this tenant: an administrator enables it under Enterprise applications"
        }
        50105 => "the app is open to assigned people only: an administrator assigns the account to it",
        50173 | 70008 | 70043 => "the sign-in is no longer accepted: sign in again",
        65004 => "somebody declined; run `usher login` again to be asked once more",
        70020 => "the code was not typed in time; `usher login` gives another",
        530001..=530003 => {
            "a Conditional Access policy wants a managed device: sign in in its browser, without --device-code"
        }
        650052 => "the tenant has no subscription to this service",
        650057 => "the app registration does not list this service: add its permission there, then consent",
        500014 => "the service is switched off in this tenant",
        90094 => "only an administrator can consent to what the app asks for",
        50059 => "give the tenant: --tenant DOMAIN",
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
