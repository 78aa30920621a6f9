//! What a service's refusal means, and what to do about it: from the services' own codes to usher's words.
//!
//! Graph asks callers to branch on codes, but gives many cases one code (`Request_BadRequest`); there the sentence is looked
//! at as well, last.

use crate::identity;
use crate::problem::{Kind, Problem};
use crate::transport::{Failure, ServiceError};

impl Failure {
    /// The object asked for is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Failure::Answered(error) => {
                error.status == 404
                    || error
                        .exception
                        .as_deref()
                        .is_some_and(|name| name.ends_with("ManagementObjectNotFoundException"))
            }
            _ => false,
        }
    }

    /// A link or an object that was to be made is there already.
    pub fn says_it_exists(&self) -> bool {
        let Failure::Answered(error) = self else { return false };
        let exception = error.exception.as_deref().unwrap_or_default();
        error.code == "RoleAssignmentExists"
            || error.message.contains("object references already exist")
            || error
                .message
                .contains("A conflicting object with one or more of the specified property values is present")
            || exception.ends_with("MemberAlreadyExistsException")
    }
}

/// A failure as a script and a person are told of it.
pub fn problem(failure: Failure, doing: &str) -> Problem {
    match failure {
        Failure::Answered(error) => answered(*error),
        Failure::NotSent { service, error, .. } => Problem {
            retriable: true,
            ..Problem::new(Kind::Unavailable, format!("{} could not be reached: {error}", service.name()))
                .hint("nothing was sent; check the connection and run it again")
        },
        Failure::NoAnswer { service, error, .. } => Problem {
            retriable: true,
            ..Problem::new(Kind::Unavailable, format!("{} gave no answer: {error}", service.name()))
        },
        Failure::Unknown { service, reason, status, client_request_id, request_id, .. } => Problem {
            status,
            request_id: request_id.or(Some(client_request_id)),
            ..Problem::new(
                Kind::UnknownOutcome,
                format!(
                    "{} gave no clear answer, so it may or may not have been done: {reason}",
                    service.name()
                ),
            )
            .hint("look before you repeat it; running the script again looks by itself")
        },
        Failure::SignIn(error) => sign_in(error),
        Failure::Cancelled => Problem::interrupted(),
        // The service answered that it was done, in words that cannot be read.
        Failure::Malformed { service, method, status: Some(status), what, .. } if method != "GET" => {
            Problem {
                status: Some(status),
                ..Problem::new(
                    Kind::UnknownOutcome,
                    format!("{} answered {status}, but the {what}", service.name()),
                )
            }
        }
        malformed @ Failure::Malformed { .. } => Problem::new(Kind::Internal, malformed.to_string()),
    }
    .doing(doing)
}

fn answered(error: ServiceError) -> Problem {
    let (kind, message, hint) = meaning(&error);
    Problem {
        status: Some(error.status),
        code: Some(error.exception.clone().unwrap_or_else(|| error.code.clone()))
            .filter(|code| !code.is_empty()),
        request_id: error.request_id.clone().or(error.client_request_id.clone()),
        retriable: matches!(error.status, 429 | 500 | 502..=504),
        hint: hint.map(str::to_owned),
        ..Problem::new(kind, message)
    }
}

/// Kind, message and advice for what a service answered.
fn meaning(error: &ServiceError) -> (Kind, String, Option<&'static str>) {
    let text = || match error.message.is_empty() {
        true => format!("the service answered {} {}", error.status, error.code),
        false => lowered(&error.message),
    };
    let says = |part: &str| error.message.contains(part);
    let exception = error.exception.as_deref().unwrap_or_default();
    if let Some(cmdlet) = error.cmdlet.as_deref().filter(|_| error.cmdlet_refused) {
        let message = format!("Exchange does not let this sign-in run {cmdlet}");
        return (
            Kind::PermissionDenied,
            message,
            Some("it needs Exchange.ManageAsApp and the role Exchange Recipient Administrator"),
        );
    }
    if exception.ends_with("ProxyAddressExistsException")
        || exception.ends_with("WLCDManagedMemberExistsException")
        || says("property proxyAddresses already exists")
    {
        return (
            Kind::Conflict,
            text(),
            Some("another object holds this address: a user, a guest, a group or a contact"),
        );
    }
    if exception.ends_with("NameNotAvailableException")
        || says("is already being used. Please try another name")
    {
        return (
            Kind::AlreadyExists,
            text(),
            Some("names of recipients are unique; the address makes a good one"),
        );
    }
    match error.status {
        401 => (Kind::SignIn, text(), Some("sign in again")),
        429 => (
            Kind::Throttled,
            text(),
            Some("the service asked to slow down more often than usher waits for; try again later"),
        ),
        404 => (Kind::NotFound, text(), None),
        409 => (Kind::Conflict, text(), None),
        _ if says("suspicious activity") => {
            (Kind::InvitationsBlocked, text(), Some("only Microsoft's support can lift this block"))
        }
        403 if says("Guest invitations not allowed") => (
            Kind::InvitationsBlocked,
            text(),
            Some("the tenant's setting `allowInvitesFrom` keeps this sign-in from inviting"),
        ),
        403 if says("domain") && says("invit") => {
            (Kind::Blocked, text(), Some("the list of domains is kept under External collaboration settings"))
        }
        403 => (Kind::PermissionDenied, text(), None),
        412 if says("blocked from signing in") => (Kind::Conflict, text(), None),
        _ if says("does not have any available licenses") => {
            (Kind::NoSeats, text(), Some("get_subscribed_skus() shows what is free"))
        }
        _ if says("invalid usage location") => {
            (Kind::InvalidInput, text(), Some("give `usageLocation`, two letters such as `DE`"))
        }
        // Exchange says 500 where it means no; Graph and Azure may have done the work before they stumbled.
        500 if error.method != "GET" && error.cmdlet.is_none() => (
            Kind::UnknownOutcome,
            text(),
            Some(
                "the service stumbled, so it may or may not have been done; running the script again looks by itself",
            ),
        ),
        500..=599 => (Kind::Unavailable, text(), Some("the service is out of order; try again later")),
        _ => (Kind::InvalidInput, text(), None),
    }
}

/// The service's sentence as a part of ours: no capital at the start, no full stop at the end.
fn lowered(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut letters = message.chars();
    match (letters.next(), letters.next()) {
        // An acronym or a name keeps its capitals.
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(std::iter::once(second)).chain(letters).collect()
        }
        _ => message.to_owned(),
    }
}

/// A sign-in that failed.
pub fn sign_in(error: identity::Error) -> Problem {
    match error {
        identity::Error::Refused(refusal) => {
            let code =
                refusal.number.map_or_else(|| refusal.error.clone(), |number| format!("AADSTS{number}"));
            let problem = Problem {
                status: Some(refusal.status),
                code: Some(code),
                request_id: refusal.correlation_id.clone(),
                ..Problem::new(Kind::SignIn, lowered(&refusal.description))
            };
            match refusal.hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        }
        other => Problem {
            retriable: other.may_pass(),
            hint: other.hint(),
            ..Problem::new(Kind::SignIn, other.to_string())
        },
    }
    .doing("signing in")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str, message: &str) -> Failure {
        Failure::Answered(Box::new(ServiceError {
            status,
            code: code.into(),
            message: message.into(),
            ..ServiceError::default()
        }))
    }

    #[test]
    fn a_duplicate_member_is_told_from_other_bad_requests() {
        let duplicate = refused(
            400,
            "Request_BadRequest",
            "One or more added object references already exist for the following modified properties: 'members'.",
        );
        assert!(duplicate.says_it_exists());
        assert!(!refused(400, "Request_BadRequest", "Invalid value.").says_it_exists());
    }

    #[test]
    fn no_seats_and_missing_permissions_concern_the_tenant() {
        let seats = refused(
            400,
            "Request_BadRequest",
            "Subscription with SKU x does not have any available licenses.",
        );
        assert!(problem(seats, "x").concerns_the_tenant());
        let denied =
            refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
        assert_eq!(
            problem(denied, "reading").sentence(),
            "reading: insufficient privileges to complete the operation"
        );
    }
}
