//! Several calls of Graph in one request, each of them judged, repeated and answered for by itself.
//!
//! <https://learn.microsoft.com/graph/json-batching>

use std::collections::HashMap;

use futures::future::join_all;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::address::{address, headers};
use super::failure::Malformed;
use super::pace::Item;
use super::retry;
use super::send::Refused;
use super::tries::{Next, Tries, lesson, malformed, unknown};
use super::waits::Reason;
use super::{Call, Failure, Method, Reply, Transport, Workload};
use crate::identity::{Service, Token, challenge};
use crate::net::{Bytes, HeaderMap, HeaderName, HeaderValue, Method as WireMethod, Request, Response};

/// Graph takes no more in one request.
const MOST: usize = 20;

/// A call on its way, and which one it is of those that were asked for.
struct Pending {
    index: usize,
    call: Call,
    item: Item,
    /// Below the version, with its query.
    address: String,
    tries: Tries,
    not_before: Option<(Instant, Reason)>,
}

type Outcome = (usize, Result<Reply, Failure>);

impl Transport {
    /// Does many calls, those of Graph in batches of twenty: the answers in the order of the calls. The calls are
    /// independent of each other, and run in any order. What is throttled is sent again alone, a write without a clear
    /// answer is [`Failure::Unknown`], as if each had been a request of its own.
    pub async fn batch(&self, calls: Vec<Call>) -> Vec<Result<Reply, Failure>> {
        let mut results: Vec<Option<Result<Reply, Failure>>> = calls.iter().map(|_| None).collect();
        let mut alone = Vec::new();
        let mut versions: HashMap<String, Vec<Pending>> = HashMap::new();
        for (index, call) in calls.into_iter().enumerate() {
            match self.prepared(index, &call) {
                Ok(Some((version, pending))) => versions.entry(version).or_default().push(pending),
                Ok(None) => alone.push((index, call)),
                Err(failure) => results[index] = Some(Err(failure)),
            }
        }
        let mut batches = Vec::new();
        for (version, mut pending) in versions {
            while !pending.is_empty() {
                let rest = pending.split_off(pending.len().min(MOST));
                batches.push(self.one_batch(version.clone(), std::mem::replace(&mut pending, rest)));
            }
        }
        let alone = alone.into_iter().map(async |(index, call)| vec![(index, self.call(call).await)]);
        let (batched, single) = tokio::join!(join_all(batches), join_all(alone));
        for (index, result) in batched.into_iter().chain(single).flatten() {
            results[index] = Some(result);
        }
        results.into_iter().map(|result| result.unwrap_or(Err(Failure::Cancelled))).collect()
    }

    /// A call as it stands in a batch, with its version; nothing when it cannot stand in one.
    fn prepared(&self, index: usize, call: &Call) -> Result<Option<(String, Pending)>, Failure> {
        let item = Item::of(call);
        let careful = item.workload == Workload::Invitations && self.pace().is_careful();
        if call.service != Service::Graph || careful {
            return Ok(None);
        }
        let url = address(self.shared.endpoints.base(Service::Graph), call)
            .map_err(|what| malformed(call, None, what))?;
        let Some((version, path)) = url.path().trim_start_matches('/').split_once('/') else {
            return Ok(None);
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let pending = Pending {
            index,
            call: call.clone(),
            item,
            address: format!("/{path}{query}"),
            tries: Tries::default(),
            not_before: None,
        };
        Ok(Some((version.to_owned(), pending)))
    }

    /// Sends up to twenty calls until each is answered for.
    async fn one_batch(&self, version: String, mut pending: Vec<Pending>) -> Vec<Outcome> {
        let mut done = Vec::new();
        let mut refused = None;
        let mut tries = Tries::default();
        while !pending.is_empty() {
            if let Err(failure) =
                self.round(&version, &mut pending, &mut done, &mut refused, &mut tries).await
            {
                // What concerns the whole batch concerns each of its calls.
                let ended = |mut one: Pending| (one.index, Err(one.tries.in_doubt(failure.clone())));
                done.extend(pending.drain(..).map(ended));
            }
        }
        done
    }

    /// One request, with those calls that may go now.
    async fn round(
        &self,
        version: &str,
        pending: &mut Vec<Pending>,
        done: &mut Vec<Outcome>,
        refused: &mut Option<Refused>,
        tries: &mut Tries,
    ) -> Result<(), Failure> {
        let shared = &*self.shared;
        let mut going = self.ready(pending).await?;
        let again =
            going.iter().any(|one| one.not_before.is_some_and(|(_, reason)| reason == Reason::Throttled));
        let permit = loop {
            let items: Vec<Item> = going.iter().map(|one| one.item.clone()).collect();
            let enter = shared.pace.enter(Workload::Batches, &items, again, &self.waits);
            match self.unless_cancelled(enter).await {
                Ok(Some(permit)) => break permit,
                // After a refusal one call asks before the others go.
                Ok(None) => pending.extend(going.drain(1..)),
                Err(failure) => {
                    pending.append(&mut going);
                    return Err(failure);
                }
            }
        };
        let token = match self.token(Service::Graph, refused.as_ref(), tries).await {
            Ok(Ok(token)) => token,
            Ok(Err((reason, wait))) => {
                permit.unused();
                pending.append(&mut going);
                return self.wait(Service::Graph, wait, reason).await;
            }
            Err(failure) => {
                permit.unused();
                pending.append(&mut going);
                return Err(failure);
            }
        };
        let id = Uuid::new_v4().to_string();
        let request = match self.request(version, &going, &token, &id) {
            Ok(request) => request,
            Err(failure) => {
                permit.unused();
                pending.append(&mut going);
                return Err(failure);
            }
        };
        let reading = going.iter().all(|one| one.call.reading);
        for one in &mut going {
            one.tries.sent += 1;
        }
        let sent = self.send(request, reading).await;
        let result = match sent {
            Ok(Some(result)) => result,
            Ok(None) => {
                let cancelled = "cancelled before it was answered";
                done.extend(going.into_iter().map(|one| match one.call.reading {
                    true => (one.index, Err(Failure::Cancelled)),
                    false => (one.index, Err(unknown(&one.call, None, cancelled.to_owned(), &id))),
                }));
                return Ok(());
            }
            Err(failure) => {
                pending.append(&mut going);
                return Err(failure);
            }
        };
        if result.as_ref().is_ok_and(|answer| answer.status == 401) && refused.is_none() {
            permit.unused();
            let demanded = result.as_ref().ok().and_then(|answer| challenge(&answer.headers));
            *refused = Some(Refused { token, demanded });
            pending.append(&mut going);
            return Ok(());
        }
        let mut answers = result.as_ref().ok().filter(|answer| answer.status == 200).map(parts);
        let answered: Vec<_> = going
            .into_iter()
            .enumerate()
            .map(|(n, one)| {
                let own = match &mut answers {
                    Some(answers) => answers.remove(&n.to_string()).map(Ok),
                    None => Some(result.clone()),
                };
                let verdict = own.as_ref().map(|own| retry::verdict(&one.call, own));
                (one, own, verdict)
            })
            .collect();
        let lessons: Vec<_> = answered
            .iter()
            .map(|(one, own, verdict)| match (own, verdict) {
                (Some(own), Some(verdict)) => lesson(&shared.pace, shared.patience, &one.call, *verdict, own),
                _ => Default::default(),
            })
            .collect();
        let held = permit.learned(&lessons);
        for ((mut one, own, verdict), held) in answered.into_iter().zip(held) {
            let (Some(own), Some(verdict)) = (own, verdict) else {
                let failure = match one.call.reading {
                    true => malformed(&one.call, Some(200), Malformed::NoPart),
                    false => unknown(&one.call, None, Malformed::NoPart.to_string(), &id),
                };
                done.push((one.index, Err(failure)));
                continue;
            };
            match one.tries.settle(&one.call, shared.patience, &id, verdict, own, held) {
                Next::Done(reply) => done.push((one.index, Ok(reply))),
                Next::Failed(failure) | Next::Unauthorized(failure) => {
                    let failure = one.tries.in_doubt(failure);
                    done.push((one.index, Err(failure)));
                }
                Next::Again { reason, wait } => {
                    one.not_before = Some((Instant::now() + self.really(wait), reason));
                    pending.push(one);
                }
            }
        }
        Ok(())
    }

    /// Takes out the calls that may go now; waits for the first of them where none may.
    async fn ready(&self, pending: &mut Vec<Pending>) -> Result<Vec<Pending>, Failure> {
        let now = Instant::now();
        let later = |one: &Pending| one.not_before.map(|(at, reason)| (at.max(now), reason));
        let first = pending.iter().filter_map(later).min_by_key(|(at, _)| *at);
        if let Some((at, reason)) = first
            && at > now
            && pending.iter().all(|one| one.not_before.is_some())
        {
            self.wait(Service::Graph, self.meant(at - now), reason).await?;
        }
        let now = Instant::now();
        let goes = |one: &mut Pending| one.not_before.is_none_or(|(at, _)| at <= now);
        let going: Vec<Pending> = pending.extract_if(.., goes).collect();
        // A clock that is a little behind must not lead to an empty batch.
        Ok(if going.is_empty() { pending.drain(..1).collect() } else { going })
    }

    fn request(&self, version: &str, going: &[Pending], token: &Token, id: &str) -> Result<Request, Failure> {
        let requests: Vec<Value> = going.iter().enumerate().map(|(n, one)| one.written(n)).collect();
        let call =
            Call::graph(Method::Post, format!("/{version}/$batch")).body(json!({ "requests": requests }));
        let broken = |what| malformed(&call, None, what);
        let url = address(self.shared.endpoints.base(Service::Graph), &call).map_err(broken)?;
        let mut request = Request::new(WireMethod::POST, url);
        let repeats = going.iter().map(|one| one.tries.sent).max().unwrap_or_default();
        request.headers = headers(&call, token, id, repeats, "").map_err(broken)?;
        request.body = call.body.as_ref().map(|body| Bytes::from(body.to_string()));
        Ok(request)
    }
}

impl Pending {
    fn written(&self, n: usize) -> Value {
        let call = &self.call;
        let mut headers: Map<String, Value> =
            call.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let mut written = json!({ "id": n.to_string(), "method": call.method.name(), "url": self.address });
        // An action without a body is refused in a batch.
        let empty = (call.method == Method::Post).then(|| json!({}));
        if let Some(body) = call.body.clone().or(empty) {
            headers.insert("Content-Type".to_owned(), json!("application/json"));
            written["body"] = body;
        }
        if !headers.is_empty() {
            written["headers"] = Value::Object(headers);
        }
        written
    }
}

/// The answers of a batch by their ids, each as if it had come alone.
fn parts(answer: &Response) -> HashMap<String, Response> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let responses = body.get("responses").and_then(Value::as_array).cloned().unwrap_or_default();
    responses.into_iter().filter_map(part).collect()
}

fn part(mut response: Value) -> Option<(String, Response)> {
    let id = match &response["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let status = u16::try_from(response["status"].as_u64()?).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        let text = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(text)) {
            headers.insert(name, value);
        }
    }
    let json = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .is_none_or(|kind| kind.contains("json"));
    let body = match response["body"].take() {
        Value::Null => Bytes::new(),
        Value::String(text) if !json => Bytes::from(text),
        body => Bytes::from(body.to_string()),
    };
    Some((id, Response { status, headers, body }))
}
