//! Objects as scripts see them: properties in their own order, complete, and honest about what was not read.

use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString};
use serde_json::{Map, Value};

use super::errors::thrown;
use super::values::{from_json, to_json};
use crate::problem::{Kind, Problem};
use crate::verbs::shapes::Shape;

/// An object of a service, or any ordered set of properties.
#[derive(Clone, Debug)]
pub struct Record {
    pub shape: Option<&'static Shape>,
    /// As it was read: what a write compares with.
    pub original: Arc<Map<String, Value>>,
    pub current: Arc<Map<String, Value>>,
}

impl Record {
    pub fn new(shape: Option<&'static Shape>, map: Map<String, Value>) -> Record {
        let map = Arc::new(map);
        Record { shape, original: map.clone(), current: map }
    }

    /// What was changed since it was read.
    pub fn changes(&self) -> Map<String, Value> {
        let differs = |(name, value): &(&String, &Value)| self.original.get(*name) != Some(*value);
        self.current.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn get(&self, name: &str) -> Result<Dynamic, Problem> {
        if let Some(value) = self.current.get(name) {
            let shape = self.shape.and_then(|shape| shape.nested(name));
            return Ok(from_json(name, value, shape));
        }
        let kind = self.shape.map_or("object", |shape| shape.name);
        if let Some(shape) = self.shape.filter(|shape| shape.knows(name)) {
            let problem = Problem::new(Kind::InvalidInput, format!("`{name}` of this {kind} was not read"));
            return Err(match shape.selectable {
                true => problem.hint(format!("ask for it: get_{kind}(x, #{{ select: [\"{name}\", ...] }})")),
                false => problem.hint("the service did not give it here; read the object itself"),
            });
        }
        if let Some(verb) = self.shape.and_then(|shape| shape.elsewhere(name)) {
            let message = format!("{} {kind} does not carry its {name}", super::an(kind));
            return Err(Problem::new(Kind::InvalidInput, message).hint(format!("{verb} reads them")));
        }
        let listed: Vec<&str> = self.shape.into_iter().flat_map(Shape::names).collect();
        let known = self.current.keys().map(String::as_str).chain(listed);
        let problem =
            Problem::new(Kind::InvalidInput, format!("{} {kind} has no property `{name}`", super::an(kind)));
        Err(match crate::words::nearest(name, known) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        })
    }

    /// What people call it.
    pub fn label(&self) -> String {
        let text =
            |name: &str| self.current.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = text("displayName")
            .or_else(|| text("invitedUserDisplayName"))
            .or_else(|| text("roleDefinitionName"))
            .or_else(|| text("name"))
            .or_else(|| text("skuPartNumber"));
        let address =
            text("mail").or_else(|| text("invitedUserEmailAddress")).or_else(|| text("externalEmailAddress"));
        match (name, address, text("id")) {
            (Some(name), Some(address), _) => format!("{name} <{}>", address.trim_start_matches("SMTP:")),
            (Some(one), None, _) | (None, Some(one), _) | (None, None, Some(one)) => one.to_owned(),
            (None, None, None) => Value::Object((*self.current).clone()).to_string(),
        }
    }
}

pub fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Record>("Object")
        .register_indexer_get(|record: &mut Record, name: ImmutableString| record.get(&name).map_err(thrown))
        .register_indexer_set(
            |record: &mut Record, name: ImmutableString, value: Dynamic| -> Result<(), Box<EvalAltResult>> {
                let value = to_json(&value).map_err(thrown)?;
                Arc::make_mut(&mut record.current).insert(name.to_string(), value);
                Ok(())
            },
        )
        .register_fn("contains", |record: &mut Record, name: &str| record.current.contains_key(name))
        .register_fn("keys", |record: &mut Record| -> rhai::Array {
            record.current.keys().map(|name| Dynamic::from(name.clone())).collect()
        })
        .register_fn("values", |record: &mut Record| -> rhai::Array {
            record.current.iter().map(|(name, value)| from_json(name, value, None)).collect()
        })
        .register_fn("len", |record: &mut Record| record.current.len() as i64)
        .register_fn("to_map", |record: &mut Record| -> rhai::Map {
            record
                .current
                .iter()
                .map(|(name, value)| (name.as_str().into(), from_json(name, value, None)))
                .collect()
        })
        .register_fn("to_json", |record: &mut Record| Value::Object((*record.current).clone()).to_string())
        .register_fn("to_string", |record: &mut Record| record.label())
        .register_fn("to_debug", |record: &mut Record| record.label())
        .register_fn("==", |a: Record, b: Record| a.current == b.current)
        .register_fn("!=", |a: Record, b: Record| a.current != b.current);
}
