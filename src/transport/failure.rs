//! Why a call came to nothing, as facts: what a script is told is worded elsewhere.

use super::ServiceError;
use crate::identity::{self, Service};
use crate::net;

/// A call that gave no reply. After a write, only [`Failure::Unknown`] leaves open whether it was carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The service said no, and did nothing.
    #[error("{0}")]
    Answered(Box<ServiceError>),
    /// The request never reached the service.
    #[error("{} was not reached: {error}", service.name())]
    NotSent { service: Service, method: &'static str, path: String, error: net::Error },
    /// A read got no answer, however often it was tried.
    #[error("{} gave no answer: {error}", service.name())]
    NoAnswer { service: Service, method: &'static str, path: String, error: net::Error },
    /// The request may have reached the service, and no answer says what became of it.
    #[error("{} {method} {path}: outcome unknown: {reason}", service.name())]
    Unknown {
        service: Service,
        method: &'static str,
        path: String,
        /// The gateway's answer, if there was one.
        status: Option<u16>,
        reason: String,
        /// What to give Microsoft's support.
        client_request_id: String,
        request_id: Option<String>,
    },
    /// There is no token to send it with.
    #[error(transparent)]
    SignIn(#[from] identity::Error),
    /// Stopped before it was sent, or while it was only reading.
    #[error("cancelled")]
    Cancelled,
    /// The answer, or the address, is not one this service has. With a status, a write was carried out; without, nothing was sent.
    #[error("{} {method} {path}: {what}", service.name())]
    Malformed { service: Service, method: &'static str, path: String, status: Option<u16>, what: Malformed },
}

/// What is wrong with an answer, or with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The body does not parse.
    #[error("answer is not JSON")]
    NotJson,
    /// A page without its items.
    #[error("page has no items")]
    NoItems,
    /// The address is not on the service's own origin, where alone its token goes.
    #[error("`{origin}` is not the service's own address")]
    ForeignAddress { origin: String },
    /// A path that does not start with `/`, or leaves where it started by `..`.
    #[error("path is not a plain one")]
    BadPath,
    /// A batch that was answered without this call.
    #[error("batch was answered without it")]
    NoPart,
    /// The pages lead in a circle.
    #[error("pages repeat")]
    Loop,
    /// A header that cannot be put on the wire.
    #[error("header `{name}` cannot be sent")]
    BadHeader { name: String },
}
