//! What the attempts of one call have shown so far, and what follows from the next answer.

use std::time::Duration;

use super::failure::Malformed;
use super::pace::{Lesson, Pace, Signals};
use super::reply::{self, Reply};
use super::retry::{self, Verdict};
use super::service_error::is_concurrency_limit;
use super::waits::Reason;
use super::{Call, Failure, Patience, ServiceError};
use crate::identity::Service;
use crate::net::{self, Response};

/// The attempts of one call.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// How often it was sent.
    pub sent: u32,
    throttled: u32,
    troubled: u32,
    waited: Duration,
    /// A write of which an earlier attempt may have been carried out.
    doubt: Option<Failure>,
}

/// What is to be done after an attempt.
pub(super) enum Next {
    Done(Reply),
    Failed(Failure),
    /// The token was not accepted; once more with another, if this was the first.
    Unauthorized(Failure),
    /// Once more. The pacer knows when a throttled call may go; for everything else this long is waited.
    Again {
        reason: Reason,
        wait: Duration,
    },
}

/// What an answer teaches the pacer.
pub(super) fn lesson(
    pace: &Pace,
    patience: Patience,
    call: &Call,
    verdict: Verdict,
    result: &Result<Response, net::Error>,
) -> (Lesson, Signals) {
    let Ok(answer) = result else { return (Lesson::Nothing, Signals::default()) };
    // However long one call is told to wait: the others are not held for hours by it.
    let told = |after: Duration| {
        pace.by_its_clock(retry::wait(Reason::Throttled, Some(after.min(patience.longest_wait)), 2))
    };
    let lesson = match verdict {
        Verdict::Again { reason: Reason::Throttled, after } => Lesson::Throttled {
            after: after.map(told),
            at_once: call.service == Service::Exchange && is_concurrency_limit(&answer.body),
        },
        Verdict::Again { after: Some(after), .. } => Lesson::TurnedAway(told(after)),
        Verdict::Final => Lesson::Answered,
        _ => Lesson::Nothing,
    };
    (lesson, Signals::read(&answer.headers))
}

impl Tries {
    /// What follows from an answer; `held` is for how long the pacer keeps a throttled call back.
    pub fn settle(
        &mut self,
        call: &Call,
        patience: Patience,
        id: &str,
        verdict: Verdict,
        result: Result<Response, net::Error>,
        held: Duration,
    ) -> Next {
        match verdict {
            Verdict::Unauthorized => Next::Unauthorized(self.ended(call, result, id)),
            Verdict::Again { reason, after } => {
                // What the service asks for counts, even where the pacer would not have everybody wait as long.
                let after = if reason == Reason::Throttled {
                    Some(after.unwrap_or_default().max(held))
                } else {
                    after
                };
                let wait = self.next_wait(patience, reason, after);
                if !call.reading && may_have_been_done(&result, after) {
                    self.doubt = Some(unknown_after(call, &result, id));
                }
                match wait {
                    Some(wait) => Next::Again { reason, wait },
                    None => Next::Failed(self.ended(call, result, id)),
                }
            }
            Verdict::Unknown => Next::Failed(unknown_after(call, &result, id)),
            Verdict::Final => match result {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    match Reply::read(&answer, id.to_owned(), self.sent) {
                        Ok(reply) => Next::Done(reply),
                        Err(what) => Next::Failed(malformed(call, Some(answer.status), what)),
                    }
                }
                result => Next::Failed(self.ended(call, result, id)),
            },
        }
    }

    /// How long to wait before the next attempt; none when there is to be no other.
    pub fn next_wait(
        &mut self,
        patience: Patience,
        reason: Reason,
        after: Option<Duration>,
    ) -> Option<Duration> {
        let (count, most) = match reason {
            Reason::Throttled => (&mut self.throttled, patience.throttled_tries),
            _ => (&mut self.troubled, patience.tries),
        };
        *count += 1;
        if *count >= most {
            return None;
        }
        let wait = match (reason, after) {
            (Reason::Throttled, Some(after)) => after,
            _ => retry::wait(reason, after, *count + 1),
        };
        self.waited += wait;
        (self.waited <= patience.longest_wait).then_some(wait)
    }

    /// What the last attempt came to, when there is no other.
    fn ended(&self, call: &Call, result: Result<Response, net::Error>, id: &str) -> Failure {
        let (service, method, path) = (call.service, call.method.name(), call.shown_path());
        match result {
            Ok(answer) => {
                let mut error = ServiceError::read(call, answer.status, &answer.body);
                error.request_id = reply::request_id(&answer.headers).or(error.request_id);
                error.client_request_id = Some(id.to_owned());
                error.retry_after = retry::retry_after(&answer.headers);
                Failure::Answered(Box::new(error))
            }
            Err(error) if error.surely_not_sent() => Failure::NotSent { service, method, path, error },
            Err(error) => Failure::NoAnswer { service, method, path, error },
        }
    }

    /// A failure after an attempt that may have been carried out leaves that open; only an answer to the same write settles it.
    pub fn in_doubt(&mut self, failure: Failure) -> Failure {
        let settled = match &failure {
            Failure::Answered(error) => !matches!(error.status, 429 | 502..=504),
            Failure::Unknown { .. } => true,
            Failure::Malformed { status, .. } => status.is_some(),
            _ => false,
        };
        if settled { failure } else { self.doubt.take().unwrap_or(failure) }
    }
}

pub(super) fn malformed(call: &Call, status: Option<u16>, what: Malformed) -> Failure {
    let (service, method, path) = (call.service, call.method.name(), call.shown_path());
    Failure::Malformed { service, method, path, status, what }
}

pub(super) fn unknown_after(call: &Call, result: &Result<Response, net::Error>, id: &str) -> Failure {
    match result {
        Ok(answer) => {
            unknown(call, Some(answer), "the answer does not say whether it was carried out".to_owned(), id)
        }
        Err(error) => unknown(call, None, error.to_string(), id),
    }
}

pub(super) fn unknown(call: &Call, answer: Option<&Response>, reason: String, id: &str) -> Failure {
    Failure::Unknown {
        service: call.service,
        method: call.method.name(),
        path: call.shown_path(),
        status: answer.map(|answer| answer.status),
        reason,
        client_request_id: id.to_owned(),
        request_id: answer.and_then(|answer| reply::request_id(&answer.headers)),
    }
}

/// Whether a write that is about to be repeated may have been carried out already.
fn may_have_been_done(result: &Result<Response, net::Error>, after: Option<Duration>) -> bool {
    match result {
        Ok(answer) => match answer.status {
            502 | 504 => true,
            503 => after.is_none(),
            _ => false,
        },
        Err(error) => !error.surely_not_sent(),
    }
}
