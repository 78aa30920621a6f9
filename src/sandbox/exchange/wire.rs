//! Answers as they travel: pages with links to the next one, warnings, batches.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::binding::{Caller, Window};
use super::fault::Fault;
use super::{Access, Outcome, Output, Place, invoke};
use crate::sandbox::http::{Content, Reply, Request};
use crate::sandbox::trouble;
use crate::sandbox::world::World;

const LARGEST_PAGE: usize = 1000;
const LARGEST_BATCH: usize = 10;

/// How long a link to a next page is good for, by the machine's clock.
const LINK_SECONDS: i64 = 30 * 60;

fn context(request: &Request) -> String {
    format!("{}/adminapi/beta/$metadata#Exchange.GenericHashTable", request.base)
}

/// The body of an answer before its objects.
fn envelope(request: &Request, warnings: &[String]) -> Map<String, Value> {
    let mut body = Map::new();
    let plain = request.header("accept").is_some_and(|accept| accept.contains("odata.metadata=none"));
    if !plain {
        body.insert("@odata.context".to_owned(), Value::String(context(request)));
        body.insert("adminapi.warnings@odata.type".to_owned(), json!("#Collection(String)"));
    }
    body.insert("@adminapi.warnings".to_owned(), json!(warnings));
    body
}

/// What would be asked before the cmdlet runs; it has not run.
pub fn question(request: &Request, cmdlet: &str, identity: &str) -> Reply {
    let mut body = envelope(request, &[]);
    let question = match identity {
        "" => format!("Are you sure you want to perform this action?\n{cmdlet}"),
        _ => format!("Are you sure you want to perform this action?\n{cmdlet} \"{identity}\""),
    };
    body.insert("@adminapi.confirmationmessage".to_owned(), json!(question));
    body.insert("value".to_owned(), json!([]));
    Reply::ok(Value::Object(body))
}

/// Where a link goes on, and until when.
fn token(last: &Place, now: Timestamp) -> String {
    URL_SAFE_NO_PAD.encode(json!([last.key, last.sequence, now.as_second() + LINK_SECONDS]).to_string())
}

fn after(token: &str, now: Timestamp) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (key, sequence, until): (String, u64, i64) = serde_json::from_slice(&bytes).ok()?;
    (now.as_second() <= until).then_some(Place { key, sequence })
}

/// The page that a request asks for.
pub fn window(request: &Request) -> Result<Window, Fault> {
    let wanted = request.header("prefer").and_then(|prefer| {
        let (_, rest) = prefer.split_once("odata.maxpagesize=")?;
        rest.split([';', ',']).next()?.trim().parse::<usize>().ok()
    });
    let size = wanted.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE);
    let after = match request.option("$skiptoken") {
        None => None,
        Some(token) => Some(after(token, Timestamp::now()).ok_or_else(Fault::expired)?),
    };
    Ok(Window { after, size })
}

/// A page of the objects, trimmed to what `$select` names. The link to the next one is posted to with the same body.
pub fn page(request: &Request, window: &Window, outcome: Outcome) -> Reply {
    let size = window.size;
    let rest = outcome.objects.into_iter().filter(|(place, _)| window.holds(place));
    let mut objects: Vec<Output> = rest.take(size + 1).collect();
    let more = objects.len() > size;
    objects.truncate(size);
    let mut body = envelope(request, &outcome.warnings);
    if let Some((last, _)) = objects.last().filter(|_| more) {
        let rest = request.query_without("$skiptoken");
        let joint = if rest.is_empty() { "" } else { "&" };
        let link = request.address(&format!("{rest}{joint}$skiptoken={}", token(last, Timestamp::now())));
        body.insert("@odata.nextLink".to_owned(), Value::String(link));
    }
    let select: Vec<&str> =
        request.option("$select").into_iter().flat_map(|names| names.split(',')).map(str::trim).collect();
    let trimmed = objects.into_iter().map(|(_, mut object)| {
        if !select.is_empty() {
            object.retain(|name, _| select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
        }
        Value::Object(object)
    });
    body.insert("value".to_owned(), trimmed.collect());
    let reply = Reply::ok(Value::Object(body));
    let warnings = json!(outcome.warnings).to_string();
    // A header has no room for every sign a name may hold.
    if outcome.warnings.is_empty() || !warnings.is_ascii() {
        reply
    } else {
        reply.with("x-warnings", warnings)
    }
}

/// At most ten calls in one. Without `odata.continue-on-error` the first that fails is the last that runs.
pub fn batch(world: &World, request: &Request, access: Access, caller: &Caller) -> Reply {
    let body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(_) => return Fault::task("The request body is not valid JSON.").reply(request),
    };
    let Some(calls) = body["requests"].as_array() else {
        return Fault::task("A batch names its requests in 'requests'.").reply(request);
    };
    if calls.len() > LARGEST_BATCH {
        return Fault::task(format!("A batch holds at most {LARGEST_BATCH} requests.")).reply(request);
    }
    let goes_on = request.header("prefer").is_some_and(|prefer| prefer.contains("continue-on-error"));
    let mut responses = Vec::with_capacity(calls.len());
    for call in calls {
        let reply = one(world, request, access, caller, call);
        let failed = reply.status >= 400;
        let body = match reply.content {
            Content::Json(value) => value,
            _ => Value::Null,
        };
        let headers = json!({ "Content-Type": "application/json; charset=utf-8" });
        responses.push(json!({ "id": call["id"], "status": reply.status, "headers": headers, "body": body }));
        if failed && !goes_on {
            break;
        }
    }
    Reply::ok(json!({ "responses": responses }))
}

fn one(world: &World, request: &Request, access: Access, caller: &Caller, call: &Value) -> Reply {
    let mut headers = HeaderMap::new();
    for (name, value) in call["headers"].as_object().into_iter().flatten() {
        if let (Ok(name), Some(Ok(value))) =
            (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::from_str))
        {
            headers.insert(name, value);
        }
    }
    let url = call["url"].as_str().unwrap_or_default();
    // Absolute as a rule; what is relative counts from the batch's own address.
    let target = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
        None if url.starts_with('/') => url.to_owned(),
        None => format!("{}/{url}", request.path.rsplit_once('/').map_or("", |(start, _)| start)),
    };
    let body = Bytes::from(call["body"].to_string());
    let inner = Request::new(Method::POST, request.base.clone(), &target, headers, body);
    let same = |at: usize, wanted: &str| {
        inner.segments.get(at).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    };
    let own = request.segments.get(2).is_some_and(|tenant| same(2, tenant));
    if call["method"].as_str().is_some_and(|method| !method.eq_ignore_ascii_case("POST")) || same(1, "v1.0") {
        return Reply::empty(405);
    }
    if !(own && same(0, "adminapi") && same(1, "beta") && same(3, "invokecommand")) {
        return Fault::task(format!(
            "The batch holds a request for an address that is not one of its own: {url}"
        ))
        .reply(request);
    }
    let anchor = inner.header("x-anchormailbox").map(str::to_owned);
    let caller = Caller { anchor: anchor.or_else(|| caller.anchor.clone()), ..caller.clone() };
    let fault = world.troubles.strike(&inner, trouble::Place::InBatch);
    if let Some(reply) = fault.as_ref().and_then(|fault| trouble::instead(fault, &inner)) {
        return reply;
    }
    let reply = invoke(world, &inner, access, caller);
    fault.as_ref().and_then(|fault| trouble::afterwards(fault, &inner)).unwrap_or(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_on_where_it_says_for_half_an_hour() {
        let now = Timestamp::now();
        let place = Place { key: "ann".to_owned(), sequence: 7 };
        let link = token(&place, now);
        let later = |seconds| now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
        assert_eq!(after(&link, later(1799)), Some(place));
        assert_eq!(after(&link, later(1801)), None);
        assert_eq!(after("WzFd", now), None);
    }
}
