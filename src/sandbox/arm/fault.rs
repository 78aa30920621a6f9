//! Refusals in Azure's shape, with its codes.

use serde_json::json;

use crate::sandbox::http::Reply;
use crate::sandbox::login::Refused;

#[derive(Debug)]
pub struct Fault {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
}

impl Fault {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Fault {
        Fault { status, code, message: message.into() }
    }

    pub fn unauthenticated(refused: Refused) -> Fault {
        let (code, message) = match refused {
            Refused::Missing => {
                ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
            }
            Refused::Expired => ("ExpiredAuthenticationToken", "The access token has expired."),
            Refused::Audience => (
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource. It should exactly match one of the \
                 allowed audiences 'https://management.core.windows.net/','https://management.azure.com/'.",
            ),
            Refused::Tenant => {
                ("InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer.")
            }
            Refused::Unreadable | Refused::Signature => {
                ("InvalidAuthenticationToken", "The access token is invalid.")
            }
        };
        Fault::new(401, code, message)
    }

    pub fn missing_version(path: &str) -> Fault {
        Fault::new(
            400,
            "MissingApiVersionParameter",
            format!(
                "The api-version query parameter (?api-version=) is required for all requests. Path: '{path}'."
            ),
        )
    }

    pub fn content() -> Fault {
        Fault::new(
            400,
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized.",
        )
    }

    pub fn filter(text: &str) -> Fault {
        Fault::new(
            400,
            "InvalidFilterInQueryString",
            format!("Invalid $filter '{text}' specified in the query string."),
        )
    }

    pub fn denied(name: &str, principal: &str, action: &str, scope: &str) -> Fault {
        Fault::new(
            403,
            "AuthorizationFailed",
            format!(
                "The client '{name}' with object id '{principal}' does not have authorization to perform action \
                 '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please \
                 refresh your credentials."
            ),
        )
    }

    pub fn reply(self) -> Reply {
        Reply::json(self.status, json!({ "error": { "code": self.code, "message": self.message } }))
    }
}
