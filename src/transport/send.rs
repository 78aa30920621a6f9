//! The exchange itself: signed, paced, repeated where that is safe, and stopped when it is told to.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::address::{address, headers};
use super::failure::Malformed;
use super::reply::{self, Reply};
use super::retry::{self, Verdict};
use super::waits::{Reason, Waiting, Waits};
use super::{Call, Cancel, Failure, Lesson, Method, Pace, Permit, ServiceError, Time};
use crate::identity::{Credentials, Endpoints, Service, Token};
use crate::net::{self, Bytes, DEFAULT_TIMEOUT, Door, Request, Response, Url};

/// Exchange itself gives up on a cmdlet after fifteen minutes.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(960);

/// How long a call keeps trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often a throttled call is sent.
    pub throttled_tries: u32,
    /// How often a call is sent that meets another passing trouble.
    pub tries: u32,
    /// How long one call waits between its attempts, all together.
    pub longest_wait: Duration,
    /// How long a write that is under way may go on after it was cancelled.
    pub grace: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            throttled_tries: 8,
            tries: 5,
            longest_wait: Duration::from_secs(15 * 60),
            grace: Duration::from_secs(10),
        }
    }
}

/// The way to the services of one tenant; clones share pace, tokens and connections.
#[derive(Debug, Clone)]
pub struct Transport {
    shared: Arc<Shared>,
    waits: Waits,
    cancel: Cancel,
}

#[derive(Debug, Clone)]
struct Shared {
    door: Door,
    credentials: Credentials,
    endpoints: Endpoints,
    pace: Pace,
    time: Time,
    patience: Patience,
    /// Exchange groups the calls of one connection by it.
    connection_id: String,
}

impl Transport {
    pub fn new(door: Door, credentials: Credentials, endpoints: Endpoints) -> Transport {
        let time = Time::real();
        let shared = Shared {
            door,
            credentials,
            endpoints,
            pace: Pace::new(time),
            time,
            patience: Patience::default(),
            connection_id: Uuid::new_v4().to_string(),
        };
        Transport { shared: Arc::new(shared), waits: Waits::new(None, time), cancel: Cancel::new() }
    }

    /// The same way, with another clock for waits. Said before anything is sent.
    pub fn with_time(mut self, time: Time) -> Transport {
        let shared = Arc::make_mut(&mut self.shared);
        (shared.time, shared.pace) = (time, Pace::new(time));
        self.waits = self.waits.at(time);
        self
    }

    /// The same way, with other limits to trying again.
    pub fn with_patience(mut self, patience: Patience) -> Transport {
        Arc::make_mut(&mut self.shared).patience = patience;
        self
    }

    /// The same way, telling this observer of every wait, and counting waits from now.
    pub fn watched_by(&self, observer: impl Fn(Waiting) + Send + Sync + 'static) -> Transport {
        Transport { waits: Waits::new(Some(Arc::new(observer)), self.shared.time), ..self.clone() }
    }

    /// The same way, until it is cancelled.
    pub fn stopped_by(&self, cancel: &Cancel) -> Transport {
        Transport { cancel: cancel.clone(), ..self.clone() }
    }

    /// For how long calls waited because a service was not ready for them.
    pub fn waited(&self) -> Duration {
        self.waits.waited()
    }

    /// Waits where everybody can see it, for a reason that lies with a service.
    pub async fn rest(&self, service: Service, duration: Duration, reason: Reason) -> Result<(), Failure> {
        let _counted = self.waits.begin(Waiting { service, duration, reason });
        self.unless_cancelled(self.shared.time.sleep(duration)).await
    }

    pub fn credentials(&self) -> &Credentials {
        &self.shared.credentials
    }

    pub fn endpoints(&self) -> &Endpoints {
        &self.shared.endpoints
    }

    pub fn pace(&self) -> &Pace {
        &self.shared.pace
    }

    /// Does one call, however many exchanges that takes.
    pub async fn call(&self, call: Call) -> Result<Reply, Failure> {
        self.exchange(&call).await
    }

    pub(super) async fn exchange(&self, call: &Call) -> Result<Reply, Failure> {
        let url = address(self.shared.endpoints.base(call.service), call)
            .map_err(|what| self.malformed(call, None, what))?;
        let mut attempts = Attempts {
            way: self,
            call,
            url,
            body: call.body.as_ref().map(|body| Bytes::from(body.to_string())),
            sent: 0,
            throttled: 0,
            troubled: 0,
            waited: Duration::ZERO,
            refused: None,
            doubt: None,
        };
        loop {
            match attempts.one().await {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(failure) => return Err(attempts.in_doubt(failure)),
            }
        }
    }

    pub(super) fn malformed(&self, call: &Call, status: Option<u16>, what: Malformed) -> Failure {
        let (service, method, path) = (call.service, call.method.name(), call.shown_path());
        Failure::Malformed { service, method, path, status, what }
    }

    /// Waits for what may be given up at any moment.
    async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::Cancelled),
            done = work => Ok(done),
        }
    }
}

/// A call under way: what its attempts so far have shown.
struct Attempts<'a> {
    way: &'a Transport,
    call: &'a Call,
    url: Url,
    body: Option<Bytes>,
    sent: u32,
    throttled: u32,
    troubled: u32,
    waited: Duration,
    refused: Option<Token>,
    /// A write of which an earlier attempt may have been carried out.
    doubt: Option<Failure>,
}

impl Attempts<'_> {
    /// One attempt: a reply, a failure, or nothing yet.
    async fn one(&mut self) -> Result<Option<Reply>, Failure> {
        let (way, call) = (self.way, self.call);
        let shared = &*way.shared;
        let permit = way.unless_cancelled(shared.pace.enter(call.service, &way.waits)).await?;
        let signed_in = match &self.refused {
            None => way.unless_cancelled(shared.credentials.token(call.service)).await?,
            Some(refused) => way.unless_cancelled(shared.credentials.renewed(call.service, refused)).await?,
        };
        let token = match signed_in {
            Ok(token) => token,
            Err(error) => {
                drop(permit);
                let reason = match &error {
                    crate::identity::Error::Network(_) => Reason::Unreachable,
                    _ => Reason::Unavailable,
                };
                let wait = error.may_pass().then(|| self.next_wait(reason, error.retry_after())).flatten();
                return match wait {
                    Some(wait) => self.wait(reason, wait).await,
                    None => Err(error.into()),
                };
            }
        };
        let id = Uuid::new_v4().to_string();
        let mut request = Request::new(wire_method(call.method), self.url.clone());
        request.headers = headers(call, &token, &id, self.sent, &shared.connection_id)
            .map_err(|what| way.malformed(call, None, what))?;
        request.body = self.body.clone();
        request.timeout = if call.service == Service::Exchange { EXCHANGE_TIMEOUT } else { DEFAULT_TIMEOUT };
        self.sent += 1;
        let started = Instant::now();
        let result = self.send(request, &id).await?;
        tracing::debug!(
            service = call.service.name(),
            method = call.method.name(),
            path = call.shown_path(),
            status = result.as_ref().ok().map(|answer| answer.status),
            attempt = self.sent,
            client_request_id = id,
            took = ?started.elapsed(),
            "exchange"
        );
        self.conclude(permit, token, id, result).await
    }

    /// Sends; a read is given up at once when cancelled, a write gets its grace.
    async fn send(&self, request: Request, id: &str) -> Result<Result<Response, net::Error>, Failure> {
        let shared = &*self.way.shared;
        if self.call.reading {
            return self.way.unless_cancelled(shared.door.send(request)).await;
        }
        let mut sending = pin!(shared.door.send(request));
        tokio::select! {
            biased;
            result = &mut sending => return Ok(result),
            () = self.way.cancel.cancelled() => {}
        }
        match tokio::time::timeout(shared.time.really(shared.patience.grace), sending).await {
            Ok(result) => Ok(result),
            Err(_) => Err(self.unknown(None, "cancelled before it was answered".to_owned(), id)),
        }
    }

    /// Judges what came back, and waits if it is to be sent once more.
    async fn conclude(
        &mut self,
        permit: Permit,
        token: Token,
        id: String,
        result: Result<Response, net::Error>,
    ) -> Result<Option<Reply>, Failure> {
        let verdict = match &result {
            Ok(answer) => retry::judge(self.call, answer),
            Err(error) => retry::judge_error(self.call, error),
        };
        let wait = match verdict {
            Verdict::Again { reason, after } => self.next_wait(reason, after).map(|wait| (reason, wait)),
            Verdict::Final | Verdict::Unauthorized | Verdict::Unknown => None,
        };
        let lesson = match (verdict, &result) {
            (Verdict::Again { reason: Reason::Throttled, after }, _) => {
                Lesson::Throttled(after.unwrap_or_else(|| retry::wait(Reason::Throttled, None, 2)))
            }
            (Verdict::Again { after: Some(after), .. }, _) => Lesson::Throttled(after),
            (Verdict::Final, Ok(_)) => Lesson::Answered,
            _ => Lesson::Nothing,
        };
        // However long one call is told to wait: the others are not held for hours by it.
        let lesson = match lesson {
            Lesson::Throttled(hold) => Lesson::Throttled(hold.min(self.way.shared.patience.longest_wait)),
            other => other,
        };
        self.way.shared.pace.learned(&permit, lesson);
        drop(permit);
        match verdict {
            Verdict::Unauthorized if self.refused.is_none() => {
                self.refused = Some(token);
                Ok(None)
            }
            Verdict::Again { after, .. } => {
                if !self.call.reading && may_have_been_done(&result, after) {
                    self.doubt = Some(self.unknown_after(&result, &id));
                }
                match wait {
                    Some((reason, wait)) => self.wait(reason, wait).await,
                    None => Err(self.ended(result, id)),
                }
            }
            Verdict::Unknown => Err(self.unknown_after(&result, &id)),
            Verdict::Final | Verdict::Unauthorized => match result {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    match Reply::read(&answer, id, self.sent) {
                        Ok(reply) => Ok(Some(reply)),
                        Err(what) => Err(self.way.malformed(self.call, Some(answer.status), what)),
                    }
                }
                result => Err(self.ended(result, id)),
            },
        }
    }

    /// How long to wait before the next attempt; none when there is to be no other.
    fn next_wait(&mut self, reason: Reason, after: Option<Duration>) -> Option<Duration> {
        let patience = self.way.shared.patience;
        let (count, most) = match reason {
            Reason::Throttled => (&mut self.throttled, patience.throttled_tries),
            _ => (&mut self.troubled, patience.tries),
        };
        *count += 1;
        if *count >= most {
            return None;
        }
        let wait = retry::wait(reason, after, *count + 1);
        self.waited += wait;
        (self.waited <= patience.longest_wait).then_some(wait)
    }

    async fn wait(&self, reason: Reason, wait: Duration) -> Result<Option<Reply>, Failure> {
        let way = self.way;
        let _counted = way.waits.begin(Waiting { service: self.call.service, duration: wait, reason });
        way.unless_cancelled(way.shared.time.sleep(wait)).await?;
        Ok(None)
    }

    /// What the last attempt came to, when there is no other.
    fn ended(&self, result: Result<Response, net::Error>, id: String) -> Failure {
        let (service, method, path) = (self.call.service, self.call.method.name(), self.call.shown_path());
        match result {
            Ok(answer) => {
                let mut error = ServiceError::read(self.call, answer.status, &answer.body);
                error.request_id = reply::request_id(&answer.headers).or(error.request_id);
                error.client_request_id = Some(id);
                error.retry_after = retry::retry_after(&answer.headers);
                Failure::Answered(Box::new(error))
            }
            Err(error) if error.surely_not_sent() => Failure::NotSent { service, method, path, error },
            Err(error) => Failure::NoAnswer { service, method, path, error },
        }
    }

    /// A failure after an attempt that may have been carried out leaves that open; only an answer to the same write settles it.
    fn in_doubt(&mut self, failure: Failure) -> Failure {
        let settled = match &failure {
            Failure::Answered(error) => !matches!(error.status, 429 | 502..=504),
            Failure::Unknown { .. } => true,
            Failure::Malformed { status, .. } => status.is_some(),
            _ => false,
        };
        if settled { failure } else { self.doubt.take().unwrap_or(failure) }
    }

    fn unknown_after(&self, result: &Result<Response, net::Error>, id: &str) -> Failure {
        match result {
            Ok(answer) => self.unknown(
                Some(answer),
                "the answer does not say whether it was carried out".to_owned(),
                id,
            ),
            Err(error) => self.unknown(None, error.to_string(), id),
        }
    }

    fn unknown(&self, answer: Option<&Response>, reason: String, id: &str) -> Failure {
        Failure::Unknown {
            service: self.call.service,
            method: self.call.method.name(),
            path: self.call.shown_path(),
            status: answer.map(|answer| answer.status),
            reason,
            client_request_id: id.to_owned(),
            request_id: answer.and_then(|answer| reply::request_id(&answer.headers)),
        }
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

fn wire_method(method: Method) -> net::Method {
    match method {
        Method::Get => net::Method::GET,
        Method::Post => net::Method::POST,
        Method::Put => net::Method::PUT,
        Method::Patch => net::Method::PATCH,
        Method::Delete => net::Method::DELETE,
    }
}
