//! Why an exchange came to nothing, and whether the service may have carried it out all the same.

/// An exchange that gave no whole answer.
///
/// After a write the difference that counts is [`Error::surely_not_sent`]: only then may it be sent again blindly.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The guard refused the address; nothing was connected.
    #[error("`{address}` is not on this machine")]
    Refused { address: String },
    /// The request cannot be put on the wire.
    #[error("request to `{address}` cannot be sent: {reason}")]
    Invalid { address: String, reason: String },
    /// No connection: the name is unknown, nobody listens, or TLS was not agreed on.
    #[error("no connection to `{address}`: {reason}")]
    Unreachable { address: String, reason: String },
    /// The connection was lost or the time ran out after the request may have left.
    #[error("no answer from `{address}`: {reason}")]
    Interrupted { address: String, reason: String, timed_out: bool },
    /// The service answered with this status, but its body did not arrive whole.
    #[error("answer {status} from `{address}` was cut short: {reason}")]
    CutShort { address: String, status: u16, reason: String },
    /// The client could not be set up, or the recording could not be written.
    #[error("{reason}")]
    Setup { reason: String },
}

impl Error {
    /// Whether no byte of the request can have reached the service.
    pub fn surely_not_sent(&self) -> bool {
        !matches!(self, Error::Interrupted { .. } | Error::CutShort { .. })
    }

    /// Whether the same request may fare better a little later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Interrupted { .. } | Error::CutShort { .. })
    }

    /// Sorts an error of the client while it was waiting for the answer's head.
    pub(super) fn before_answer(address: String, error: &reqwest::Error) -> Error {
        let reason = reason(error);
        if error.is_builder() {
            Error::Invalid { address, reason }
        } else if error.is_connect() {
            Error::Unreachable { address, reason }
        } else {
            Error::Interrupted { address, reason, timed_out: error.is_timeout() }
        }
    }
}

/// The innermost cause: reqwest's own text repeats the URL, and a URL may hold a secret.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() { "connecting took too long" } else { "the time ran out" }.to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::addr_eq(cause, error) {
        return "the request failed".to_owned();
    }
    super::scrub(&cause.to_string()).into_owned()
}
