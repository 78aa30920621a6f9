//! One raw write to Graph or Azure: what it is called in a preview, what it would make true, how it is looked for afterwards.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::called;
use crate::identity::Service;
use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::raw::Raw;
use crate::transport::{Failure, Method, Reply};
use crate::verbs::refs::is_guid;

/// One write in a service's own words.
pub struct RawWrite(pub Raw);

impl RawWrite {
    /// As the script worded it, for both ways of sending.
    pub async fn send(&self, permit: &Permit, tenant: &Writer) -> std::result::Result<Reply, Failure> {
        match self.0.service {
            Service::Graph => tenant.graph(permit).raw(&self.0).await,
            _ => tenant.azure(permit).raw(&self.0).await,
        }
    }

    fn read(&self) -> Raw {
        let mut read = Raw { method: Method::Get, body: None, headers: Vec::new(), ..self.0.clone() };
        if let (Service::Graph, Some(Value::Object(body))) = (self.0.service, &self.0.body) {
            // Without being asked for, most properties do not come back.
            let names: Vec<&str> = body.keys().map(String::as_str).collect();
            read.query.push(("$select".to_owned(), names.join(",")));
        }
        read
    }

    /// The collection and the id of an object that previews keep track of: `/v1.0/users/{id}`.
    fn known_object(&self) -> Option<(Collection, String)> {
        if self.0.service != Service::Graph {
            return None;
        }
        let segments: Vec<String> = self.0.segments().collect();
        match segments.as_slice() {
            [_, set, id] if is_guid(id) => Some((collection(set)?, id.clone())),
            _ => None,
        }
    }
}

fn collection(set: &str) -> Option<Collection> {
    match set {
        "users" => Some(Collection::Users),
        "groups" => Some(Collection::Groups),
        _ => None,
    }
}

/// Whether an object has everything that was written to it, as far as it shows.
fn has(object: &Value, wanted: &Value) -> bool {
    match (object, wanted) {
        (Value::Object(object), Value::Object(wanted)) => {
            wanted.iter().all(|(name, value)| has(object.get(name).unwrap_or(&Value::Null), value))
        }
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && other.iter().all(|wanted| one.iter().any(|item| has(item, wanted)))
        }
        _ => object == wanted,
    }
}

#[async_trait]
impl Effect for RawWrite {
    fn doing(&self) -> String {
        format!("calling {}", called(&self.0))
    }

    fn action(&self) -> Action {
        match (self.0.method, self.0.is_tie()) {
            (Method::Delete, true) => Action::TakeAway,
            (Method::Delete, false) => Action::Remove,
            (Method::Post, true) => Action::Add,
            (Method::Post, false) if !self.0.is_action() => Action::Create,
            _ => Action::Change,
        }
    }

    fn target(&self) -> String {
        called(&self.0)
    }

    fn service(&self) -> Service {
        self.0.service
    }

    fn removes_an_object(&self) -> bool {
        self.0.removes_an_object()
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = self.send(permit, tenant).await;
        reply.map(Applied::done).map_err(|failure| problem(failure, &self.doing()))
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        // An action is no address that can be read, and a list does not tell whose entry is whose.
        if self.0.method == Method::Post || self.0.segments().any(|part| part == "$ref") {
            return Ok(Happened::Unknown);
        }
        let read = self.read();
        let services = tenant.services();
        let found = match self.0.service {
            Service::Graph => services.graph.raw(&read).await,
            _ => services.azure.raw(&read).await,
        };
        Ok(match (found, self.0.method, &self.0.body) {
            (Err(failure), Method::Delete, _) if failure.is_not_found() => Happened::Done(Value::Null),
            (Ok(_), Method::Delete, _) => Happened::NotDone,
            (Err(failure), Method::Put, _) if failure.is_not_found() => Happened::NotDone,
            (Ok(reply), _, Some(wanted)) if has(&reply.body, wanted) => Happened::Done(reply.body),
            (Ok(_), _, Some(_)) => Happened::NotDone,
            _ => Happened::Unknown,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Impossible("usher does not know what a raw call has changed")
    }

    fn placeholder(&self, address: &str, _: &[Value]) -> Value {
        if self.0.method != Method::Post || self.action() != Action::Create {
            return Value::Null;
        }
        let mut made = self.0.body.clone().filter(Value::is_object).unwrap_or_else(|| json!({}));
        made["id"] = json!(address);
        made
    }

    fn facts(&self, output: &Value, _: &[Value]) -> Vec<Fact> {
        let segments: Vec<String> = self.0.segments().collect();
        let body = self.0.body.clone().unwrap_or_default();
        match (self.0.method, self.known_object(), segments.as_slice()) {
            (Method::Delete, Some((collection, id)), _) => vec![Fact::Gone { collection, id }],
            (Method::Patch, Some((collection, id)), _) => vec![Fact::Changed { collection, id, patch: body }],
            (Method::Post, _, [_, set]) if self.0.service == Service::Graph => collection(set)
                .map(|collection| Fact::Exists { collection, object: output.clone() })
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_found_among_more() {
        let object = json!({ "a": 1, "b": { "c": "x", "d": 2 }, "e": ["1", "2"] });
        assert!(has(&object, &json!({ "b": { "c": "x" }, "e": ["2", "1"] })));
        assert!(has(&object, &json!({ "f": null })));
        assert!(!has(&object, &json!({ "a": 2 })));
        assert!(!has(&object, &json!({ "e": ["1"] })));
    }
}
