//! A `$batch` taken apart: what reads is read at once, each write is a write of its own, and the answers are put together
//! as Graph would.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::effect::RawWrite;
use super::{AS_IT_IS, invalid, refuse_planned_in, texts};
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::raw::Raw;
use crate::transport::{Failure, Reply};

/// One request of the batch.
struct Part {
    id: String,
    raw: Raw,
    /// Places in the batch of those that have to go well before.
    after: Vec<usize>,
}

fn refuse(message: String) -> Problem {
    invalid("body", message).hint(
        "a batch is #{ requests: [#{ id: \"1\", method: \"PATCH\", url: \"/users/...\", body: #{ ... } }] }",
    )
}

/// The requests of a batch, in its order.
fn parts(batch: &Raw, tenant: &Reader<'_>) -> Result<Vec<Part>> {
    let requests = batch.body.as_ref().and_then(|body| body["requests"].as_array());
    let requests = requests.ok_or_else(|| refuse("the batch has no `requests`".to_owned()))?;
    let version = batch.segments().next();
    let endpoints = tenant.services().transport.endpoints();
    let text = |request: &Value, name: &str| match &request[name] {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(refuse(format!("a request of the batch has no `{name}`"))),
    };
    let ids = requests.iter().map(|request| text(request, "id")).collect::<Result<Vec<_>>>()?;
    let place = |id: &str| ids.iter().position(|other| other.eq_ignore_ascii_case(id));
    let mut parts = Vec::with_capacity(requests.len());
    for (n, (request, id)) in requests.iter().zip(&ids).enumerate() {
        if place(id) != Some(n) {
            return Err(refuse(format!("two requests of the batch have the id `{id}`")));
        }
        let mut raw =
            Raw::graph(endpoints, &text(request, "method")?, &text(request, "url")?, version.as_deref())?;
        raw.headers = texts("headers", request.get("headers").filter(|headers| !headers.is_null()))?;
        // What it is goes without saying: the body is JSON here.
        raw.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        raw.body = request.get("body").filter(|body| !body.is_null()).cloned();
        if raw.is_batch() {
            return Err(refuse(format!("request `{id}` is a batch itself")));
        }
        let named = request["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let after = named.map(|other| {
            place(other)
                .filter(|other| *other != n)
                .ok_or_else(|| refuse(format!("request `{id}` depends on `{other}`, which is not there")))
        });
        parts.push(Part { id: id.clone(), raw, after: after.collect::<Result<_>>()? });
    }
    Ok(parts)
}

/// Whether nothing in the batch changes anything.
pub fn reads(batch: &Raw, tenant: &Reader<'_>) -> bool {
    parts(batch, tenant).is_ok_and(|parts| parts.iter().all(|part| part.raw.reads()))
}

/// An order in which each comes after those it depends on; among equals, the one they were given in.
fn ordered(parts: &[Part]) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = Vec::with_capacity(parts.len());
    while order.len() < parts.len() {
        let ready =
            |n: &usize| !order.contains(n) && parts[*n].after.iter().all(|other| order.contains(other));
        match (0..parts.len()).find(ready) {
            Some(next) => order.push(next),
            None => return Err(refuse("requests of the batch depend on each other in a circle".to_owned())),
        }
    }
    Ok(order)
}

/// An answer as Graph puts it into a batch.
fn answered(id: &str, result: std::result::Result<Reply, Failure>) -> std::result::Result<Value, Failure> {
    let mut headers = Map::new();
    let (status, body) = match result {
        Ok(reply) => {
            headers.extend(reply.request_id.map(|id| ("request-id".to_owned(), json!(id))));
            headers.extend(reply.location.map(|place| ("Location".to_owned(), json!(place))));
            (reply.status, reply.body)
        }
        Err(Failure::Answered(error)) => {
            headers.extend(error.request_id.clone().map(|id| ("request-id".to_owned(), json!(id))));
            headers.extend(
                error.retry_after.map(|wait| ("Retry-After".to_owned(), json!(wait.as_secs().to_string()))),
            );
            let inner =
                json!({ "request-id": error.request_id, "client-request-id": error.client_request_id });
            let body =
                json!({ "error": { "code": error.code, "message": error.message, "innerError": inner } });
            (error.status, body)
        }
        Err(other) => return Err(other),
    };
    Ok(json!({ "id": id, "status": status, "headers": headers, "body": body }))
}

/// What Graph answers for a request whose predecessor failed.
fn after_a_failure(id: &str) -> Value {
    let error = json!({ "code": "FailedDependency", "message": "Failed to process the request as a request it depends on failed." });
    json!({ "id": id, "status": 424, "headers": {}, "body": { "error": error } })
}

fn failed(response: &Value) -> bool {
    response["status"].as_u64().is_some_and(|status| status >= 400)
}

pub async fn prepare(batch: Raw, tenant: &Reader<'_>) -> Result<Step> {
    let parts = parts(&batch, tenant)?;
    let order = ordered(&parts)?;
    let ids: Vec<String> = parts.iter().map(|part| part.id.clone()).collect();
    let mut responses: Vec<Option<Value>> = vec![None; parts.len()];
    let mut effects: Vec<Box<dyn Effect>> = Vec::new();
    // At which place among the effects a request of the batch stands.
    let mut places: Vec<Option<usize>> = vec![None; parts.len()];
    for n in order {
        let part = &parts[n];
        refuse_planned_in(tenant, &part.raw)?;
        if part.after.iter().any(|other| responses[*other].as_ref().is_some_and(failed)) {
            responses[n] = Some(after_a_failure(&part.id));
            continue;
        }
        let after: Vec<usize> = part.after.iter().filter_map(|other| places[*other]).collect();
        if !part.raw.reads() {
            places[n] = Some(effects.len());
            let write = RawWrite(part.raw.clone());
            effects.push(Box::new(BatchWrite { id: part.id.clone(), part: n as u32, after, write }));
            continue;
        }
        if !after.is_empty() {
            return Err(Problem::new(
                Kind::Unsupported,
                format!("request `{}` of the batch reads what an earlier one of it writes", part.id),
            )
            .hint("read in a call of its own after the batch"));
        }
        tenant.warn(AS_IT_IS.to_owned());
        let response = answered(&part.id, tenant.services().graph.raw(&part.raw).await);
        let doing = || format!("calling {} of a batch", super::called(&part.raw));
        responses[n] = Some(response.map_err(|failure| problem(failure, &doing()))?);
    }
    let together = move |outputs: Vec<Value>| {
        for (n, place) in places.iter().enumerate() {
            if let Some(place) = place {
                responses[n] = outputs.get(*place).cloned();
            }
        }
        // What stands in for an output may lack the id.
        let response = |(id, response): (String, Option<Value>)| {
            let mut response = response.unwrap_or_default();
            response["id"] = json!(id);
            response
        };
        json!({ "responses": ids.into_iter().zip(responses).map(response).collect::<Vec<_>>() })
    };
    match effects.is_empty() {
        true => Ok(Step::Read(together(Vec::new()))),
        false => Ok(Step::Do { effects, finish: Box::new(together), notes: Vec::new() }),
    }
}

/// One writing request of a batch. That the service refuses it is an answer, not an error of the call.
struct BatchWrite {
    id: String,
    part: u32,
    /// Places among the effects of those that have to go well before.
    after: Vec<usize>,
    write: RawWrite,
}

#[async_trait]
impl Effect for BatchWrite {
    fn doing(&self) -> String {
        format!("{}, request `{}` of a batch", self.write.doing(), self.id)
    }

    fn action(&self) -> Action {
        self.write.action()
    }

    fn target(&self) -> String {
        self.write.target()
    }

    fn part(&self) -> u32 {
        self.part
    }

    fn service(&self) -> Service {
        Service::Graph
    }

    fn removes_an_object(&self) -> bool {
        self.write.removes_an_object()
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, earlier: &[Value]) -> Result<Applied> {
        if self.after.iter().any(|place| earlier.get(*place).is_some_and(failed)) {
            return Ok(Applied { output: after_a_failure(&self.id), request_id: None, already: false });
        }
        let output = answered(&self.id, self.write.send(permit, tenant).await)
            .map_err(|failure| problem(failure, &self.doing()))?;
        let request_id = output["headers"]["request-id"].as_str().map(str::to_owned);
        Ok(Applied { output, request_id, already: false })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match self.write.reconcile(tenant).await? {
            Happened::Done(body) => {
                Happened::Done(json!({ "id": self.id, "status": 200, "headers": {}, "body": body }))
            }
            other => other,
        })
    }

    fn undo(&self, output: &Value) -> Undo {
        self.write.undo(&output["body"])
    }

    fn refused(&self, output: &Value) -> Option<String> {
        let error = &output["body"]["error"];
        let said = error["message"].as_str().or(error["code"].as_str()).unwrap_or("the service refused it");
        failed(output).then(|| said.to_owned())
    }

    fn placeholder(&self, address: &str, earlier: &[Value]) -> Value {
        let body = self.write.placeholder(address, earlier);
        let status = if body.is_null() { 204 } else { 201 };
        json!({ "id": self.id, "status": status, "headers": {}, "body": body })
    }

    fn facts(&self, output: &Value, earlier: &[Value]) -> Vec<Fact> {
        match failed(output) {
            true => Vec::new(),
            false => self.write.facts(&output["body"], earlier),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Endpoints;

    fn part(id: &str, after: &[usize]) -> Part {
        let endpoints = Endpoints::sandbox("http://127.0.0.1:9");
        let raw = Raw::graph(&endpoints, "POST", "/users", None).unwrap();
        Part { id: id.to_owned(), raw, after: after.to_vec() }
    }

    #[test]
    fn requests_follow_what_they_depend_on() {
        let parts = [part("a", &[2]), part("b", &[]), part("c", &[1]), part("d", &[])];
        assert_eq!(ordered(&parts).unwrap(), [1, 2, 0, 3]);
        assert!(ordered(&[part("a", &[1]), part("b", &[0])]).is_err());
    }
}
