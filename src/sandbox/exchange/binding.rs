//! Binding: the parameters of a call held against those of the cmdlet.

use serde_json::{Map, Value};

use super::fault::Fault;
use super::parameters::Parameters;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Text,
    /// A switch or a Boolean.
    Flag,
    Number,
    /// Several values; one alone will do, and a table with `Add` and `Remove` changes what is there.
    List,
}

/// Parameters that every cmdlet takes.
const COMMON: [&str; 12] = [
    "Confirm",
    "WhatIf",
    "Debug",
    "Verbose",
    "ErrorAction",
    "ErrorVariable",
    "InformationAction",
    "InformationVariable",
    "OutBuffer",
    "OutVariable",
    "WarningAction",
    "WarningVariable",
];

/// What was given, in the cmdlet's spelling. A null is kept: it clears.
#[derive(Debug)]
pub struct Bound(Map<String, Value>);

pub fn bind(given: Option<&Value>, known: Parameters) -> Result<Bound, Fault> {
    let mut bound = Map::new();
    for (name, value) in given.and_then(Value::as_object).into_iter().flatten() {
        if name.contains("@odata") || name.contains("@data") {
            continue;
        }
        let found = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (spelled, kind) = match found {
            Some((spelled, kind)) => (*spelled, Some(*kind)),
            None => match COMMON.iter().find(|common| common.eq_ignore_ascii_case(name)) {
                Some(common) => (*common, None),
                None => return Err(Fault::parameter(name)),
            },
        };
        if let Some(kind) = kind {
            fits(spelled, kind, value)?;
        }
        bound.insert(spelled.to_owned(), value.clone());
    }
    Ok(Bound(bound))
}

fn fits(name: &str, kind: Kind, value: &Value) -> Result<(), Fault> {
    let fits = match (kind, value) {
        (_, Value::Null) => true,
        (Kind::Flag, value) => value.is_boolean(),
        (Kind::Number, value) => {
            value.is_i64() || value.as_str().is_some_and(|text| text.parse::<i64>().is_ok())
        }
        (Kind::Text, value) => value.is_string() || value.is_number() || value.is_boolean(),
        (Kind::List, _) => true,
    };
    if fits {
        return Ok(());
    }
    let wanted = match kind {
        Kind::Flag => "System.Boolean",
        Kind::Number => "System.Int32",
        _ => "System.String",
    };
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Err(Fault::value(name, &value, wanted))
}

impl Bound {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn list(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    }

    pub fn needed(&self, name: &str) -> Result<&str, Fault> {
        let text = self.text(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            Fault::task(format!("Cannot bind argument to parameter '{name}' because it is missing."))
        })
    }

    /// Everything but who is meant and how the cmdlet is to behave.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .filter(|(name, _)| *name != "Identity" && !COMMON.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value))
    }
}
