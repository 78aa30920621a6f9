//! `$batch`: up to twenty calls in one.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::call::{Answer, Fault, metadata, without_metadata};
use super::within;
use crate::sandbox::http::{Content, Reply, Request};
use crate::sandbox::login::Claims;
use crate::sandbox::tenant::Tenant;
use crate::sandbox::world::World;

const MOST: usize = 20;

pub fn takes(request: &Request) -> bool {
    request.method == Method::POST
        && request.segments.len() == 2
        && request.segments[1].eq_ignore_ascii_case("$batch")
        && ["v1.0", "beta"].iter().any(|version| request.segments[0].eq_ignore_ascii_case(version))
}

/// The calls run one after the other, in the order in which they stand.
pub fn answer(world: &World, request: &Request, caller: &Claims, tenant: &mut Tenant) -> Answer {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Fault::bad("BadRequest", "Unable to read JSON request payload."))?;
    let Some(calls) = body["requests"].as_array() else {
        return Err(Fault::bad("BadRequest", "Invalid batch payload format."));
    };
    if calls.len() > MOST {
        return Err(Fault::bad(
            "BadRequest",
            format!("Number of batch request steps exceeds the maximum value of {MOST}."),
        ));
    }
    let mut seen: HashMap<String, u16> = HashMap::new();
    for call in calls {
        let id = label(&call["id"]);
        if id.is_empty() || call["method"].as_str().is_none() || call["url"].as_str().is_none() {
            return Err(Fault::bad("BadRequest", "Invalid batch payload format."));
        }
        if seen.insert(id.clone(), 0).is_some() {
            let message = format!("Request Id {id} is not unique; ids are compared without regard to case.");
            return Err(Fault::bad("BadRequest", message));
        }
    }
    let mut responses = Vec::with_capacity(calls.len());
    for call in calls {
        let failed = call["dependsOn"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|on| seen.get(&label(on)).is_none_or(|status| !(200..300).contains(status)));
        let reply = if failed {
            let message = "Failed Dependency. A call that this one depends on has failed.";
            Fault::new(424, "FailedDependency", message).reply(request, &tenant.stamp())
        } else {
            one(world, request, caller, tenant, call)?
        };
        seen.insert(label(&call["id"]), reply.status);
        responses.push(written(&call["id"], reply));
    }
    Ok(Reply::ok(json!({ "responses": responses })))
}

fn label(id: &Value) -> String {
    match id {
        Value::String(text) => text.to_lowercase(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn one(world: &World, outer: &Request, caller: &Claims, tenant: &mut Tenant, call: &Value) -> Answer {
    let method = call["method"].as_str().unwrap_or_default().to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Fault::bad("BadRequest", "Invalid method in a batch request."))?;
    let mut headers = HeaderMap::new();
    for (name, value) in call["headers"].as_object().into_iter().flatten() {
        if let (Ok(name), Some(Ok(value))) =
            (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::from_str))
        {
            headers.insert(name, value);
        }
    }
    let body = match &call["body"] {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let address = call["url"].as_str().unwrap_or_default().trim_start_matches('/');
    let target = format!("/{}/{address}", outer.segments[0]);
    let inner = Request::new(method, outer.base.clone(), &target, headers, body);
    let reply = within(world, &inner, caller, tenant);
    let bare = metadata(&inner) == "none";
    Ok(if bare { without_metadata(reply) } else { reply }.with("request-id", inner.id.to_string()))
}

fn written(id: &Value, reply: Reply) -> Value {
    let mut headers = json!({ "Cache-Control": "no-cache" });
    let body = match reply.content {
        Content::Json(value) => {
            headers["Content-Type"] = json!("application/json");
            Some(value)
        }
        Content::Text(text) | Content::Html(text) => {
            headers["Content-Type"] = json!("text/plain");
            // A count comes as the number that it is.
            Some(text.parse::<u64>().map_or(Value::String(text), Value::from))
        }
        Content::Empty | Content::Raw(_) => None,
    };
    for (name, value) in reply.headers {
        headers[name] = json!(value);
    }
    let mut response = json!({ "id": id, "status": reply.status, "headers": headers });
    if let Some(body) = body {
        response["body"] = body;
    }
    response
}
