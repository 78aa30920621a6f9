//! The exchange itself: signed, paced, repeated where that is safe, and stopped when it is told to.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::address::{address, headers};
use super::pace::{Item, Limits, Permit};
use super::reply::Reply;
use super::retry;
use super::tries::{Next, Tries, lesson, malformed, unknown};
use super::waits::{Reason, Waiting, Waits};
use super::{Call, Cancel, Failure, Method, Pace, Time};
use crate::identity::{Credentials, Endpoints, Service, Token, challenge};
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
            throttled_tries: 10,
            tries: 5,
            longest_wait: Duration::from_secs(15 * 60),
            grace: Duration::from_secs(10),
        }
    }
}

/// The way to the services of one tenant; clones share pace, tokens and connections.
#[derive(Debug, Clone)]
pub struct Transport {
    pub(super) shared: Arc<Shared>,
    pub(super) waits: Waits,
    cancel: Cancel,
}

#[derive(Debug, Clone)]
pub(super) struct Shared {
    door: Door,
    credentials: Credentials,
    pub(super) endpoints: Endpoints,
    pub(super) pace: Pace,
    time: Time,
    pub(super) patience: Patience,
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
            pace: Pace::new(Limits::unknown(), time),
            time,
            patience: Patience::default(),
            connection_id: Uuid::new_v4().to_string(),
        };
        Transport { shared: Arc::new(shared), waits: Waits::new(None, time), cancel: Cancel::new() }
    }

    /// The same way, with another clock for waits. Said before anything is sent.
    pub fn with_time(mut self, time: Time) -> Transport {
        let shared = Arc::make_mut(&mut self.shared);
        (shared.time, shared.pace) = (time, Pace::new(shared.pace.limits(), time));
        self.waits = self.waits.at(time);
        self
    }

    /// The same way, knowing these limits. Said before anything is sent.
    pub fn with_limits(mut self, limits: Limits) -> Transport {
        let shared = Arc::make_mut(&mut self.shared);
        shared.pace = Pace::new(limits, shared.time);
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
        self.wait(service, duration, reason).await
    }

    /// The door that its calls go through.
    pub fn door(&self) -> &Door {
        &self.shared.door
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
            .map_err(|what| malformed(call, None, what))?;
        let mut attempts = Attempts {
            way: self,
            call,
            item: [Item::of(call)],
            url,
            body: call.body.as_ref().map(|body| Bytes::from(body.to_string())),
            tries: Tries::default(),
            again: false,
            refused: None,
        };
        loop {
            match attempts.one().await {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(failure) => return Err(attempts.tries.in_doubt(failure)),
            }
        }
    }

    /// Waits for what may be given up at any moment.
    pub(super) async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::Cancelled),
            done = work => Ok(done),
        }
    }

    /// Sends; what only reads is given up at once when cancelled, a write gets its grace and is then left open: nothing.
    pub(super) async fn send(
        &self,
        request: Request,
        reading: bool,
    ) -> Result<Option<Result<Response, net::Error>>, Failure> {
        let shared = &*self.shared;
        if reading {
            return self.unless_cancelled(shared.door.send(request)).await.map(Some);
        }
        let mut sending = pin!(shared.door.send(request));
        tokio::select! {
            biased;
            result = &mut sending => return Ok(Some(result)),
            () = self.cancel.cancelled() => {}
        }
        Ok(tokio::time::timeout(shared.time.really(shared.patience.grace), sending).await.ok())
    }

    /// Waits before another attempt, where it can be seen.
    pub(super) async fn wait(
        &self,
        service: Service,
        duration: Duration,
        reason: Reason,
    ) -> Result<(), Failure> {
        let _counted = self.waits.begin(Waiting { service, duration, reason });
        self.unless_cancelled(self.shared.time.sleep(duration)).await
    }

    /// How long a wait really takes.
    pub(super) fn really(&self, wait: Duration) -> Duration {
        self.shared.time.really(wait)
    }

    /// How long a wait was meant to be that really takes this long.
    pub(super) fn meant(&self, wait: Duration) -> Duration {
        self.shared.time.meant(wait)
    }

    /// A token, another than the one that was refused. Where there is none for the moment, how long to wait for one.
    pub(super) async fn token(
        &self,
        service: Service,
        refused: Option<&Refused>,
        tries: &mut Tries,
    ) -> Result<Result<Token, (Reason, Duration)>, Failure> {
        let credentials = &self.shared.credentials;
        let signed_in = match refused {
            None => self.unless_cancelled(credentials.token(service)).await?,
            Some(Refused { token, demanded }) => {
                self.unless_cancelled(credentials.renewed(service, token, demanded.as_deref())).await?
            }
        };
        let error = match signed_in {
            Ok(token) => return Ok(Ok(token)),
            Err(error) => error,
        };
        let reason = match &error {
            crate::identity::Error::Network(_) => Reason::Unreachable,
            _ => Reason::Unavailable,
        };
        let patience = self.shared.patience;
        let wait = error.may_pass().then(|| tries.next_wait(patience, reason, error.retry_after())).flatten();
        wait.map(|wait| Err((reason, wait))).ok_or(error.into())
    }
}

/// A token that a service did not accept, and what it demands of the next one.
#[derive(Debug)]
pub(super) struct Refused {
    pub token: Token,
    pub demanded: Option<String>,
}

/// A call under way.
struct Attempts<'a> {
    way: &'a Transport,
    call: &'a Call,
    item: [Item; 1],
    url: Url,
    body: Option<Bytes>,
    tries: Tries,
    /// The service refused it because it was too much.
    again: bool,
    refused: Option<Refused>,
}

impl Attempts<'_> {
    /// One attempt: a reply, a failure, or nothing yet.
    async fn one(&mut self) -> Result<Option<Reply>, Failure> {
        let (way, call) = (self.way, self.call);
        let shared = &*way.shared;
        let enter = shared.pace.enter(self.item[0].workload, &self.item, self.again, &way.waits);
        // One call is never one too many.
        let Some(permit) = way.unless_cancelled(enter).await? else { return Ok(None) };
        let token = match way.token(call.service, self.refused.as_ref(), &mut self.tries).await? {
            Ok(token) => token,
            Err((reason, wait)) => {
                permit.unused();
                way.wait(call.service, wait, reason).await?;
                return Ok(None);
            }
        };
        let id = Uuid::new_v4().to_string();
        let mut request = Request::new(wire_method(call.method), self.url.clone());
        request.headers = headers(call, &token, &id, self.tries.sent, &shared.connection_id)
            .map_err(|what| malformed(call, None, what))?;
        request.body = self.body.clone();
        request.timeout = if call.service == Service::Exchange { EXCHANGE_TIMEOUT } else { DEFAULT_TIMEOUT };
        self.tries.sent += 1;
        let started = Instant::now();
        let Some(result) = way.send(request, call.reading).await? else {
            return Err(unknown(call, None, "cancelled before it was answered".to_owned(), &id));
        };
        tracing::debug!(
            service = call.service.name(),
            method = call.method.name(),
            path = call.shown_path(),
            status = result.as_ref().ok().map(|answer| answer.status),
            attempt = self.tries.sent,
            client_request_id = id,
            took = ?started.elapsed(),
            "exchange"
        );
        self.conclude(permit, token, &id, result).await
    }

    /// Judges what came back, and waits if it is to be sent once more.
    async fn conclude(
        &mut self,
        permit: Permit,
        token: Token,
        id: &str,
        result: Result<Response, net::Error>,
    ) -> Result<Option<Reply>, Failure> {
        let (way, call) = (self.way, self.call);
        let patience = way.shared.patience;
        let verdict = retry::verdict(call, &result);
        let lesson = lesson(&way.shared.pace, patience, call, verdict, &result);
        let held = permit.learned(&[lesson]).first().copied().unwrap_or_default();
        let demanded = result.as_ref().ok().and_then(|answer| challenge(&answer.headers));
        match self.tries.settle(call, patience, id, verdict, result, held) {
            Next::Done(reply) => Ok(Some(reply)),
            Next::Failed(failure) => Err(failure),
            Next::Unauthorized(_) if self.refused.is_none() => {
                self.refused = Some(Refused { token, demanded });
                Ok(None)
            }
            Next::Unauthorized(failure) => Err(failure),
            Next::Again { reason: Reason::Throttled, .. } => {
                // The pacer lets it go when it is time, as one of those who wait for the same.
                self.again = true;
                Ok(None)
            }
            Next::Again { reason, wait } => {
                way.wait(call.service, wait, reason).await?;
                Ok(None)
            }
        }
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
