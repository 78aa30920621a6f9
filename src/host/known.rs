//! What an interpreter has at hand, described for completion: variables and what is in them, functions, modules.

use rhai::Dynamic;
use serde_json::Value;

use super::bulk::Outcome;
use super::date::{Date, Span};
use super::library;
use super::modules::LIBRARY;
use super::record::Record;
use super::rows::{RowValue, RowsValue};
use super::script::Interpreter;
use super::{show, values};
use crate::verbs::shapes::Shape;
use crate::words::count;

/// Something that can be written, and what it is in a few words.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub about: String,
}

impl Named {
    pub fn new(name: impl Into<String>, about: impl Into<String>) -> Named {
        Named { name: name.into(), about: about.into() }
    }
}

/// What kind of value something is, as far as that matters for what may follow its point.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// Its properties, and the kind of object in the services' words, where it has one.
    Object {
        kind: Option<&'static str>,
        properties: Vec<(Named, Thing)>,
    },
    List(Box<Thing>),
    Rows(Box<Thing>),
    Text,
    Date,
    Span,
    Other,
}

impl Thing {
    /// An object of this kind, of which only the kind is known.
    pub fn of(shape: &'static Shape) -> Thing {
        let property = |name: &&'static str| {
            let thing = match shape.nested(name) {
                Some(nested) => Thing::of(nested),
                None if name.ends_with("DateTime") => Thing::Date,
                None => Thing::Other,
            };
            (Named::new(*name, ""), thing)
        };
        Thing::Object { kind: Some(shape.name), properties: shape.default.iter().map(property).collect() }
    }
}

/// How deep values are looked into.
const DEPTH: usize = 3;
/// How much of a value is shown beside its name.
const PREVIEW: usize = 40;

fn thing(value: &Dynamic, depth: usize) -> Thing {
    if depth == 0 {
        return Thing::Other;
    }
    if let Some(record) = value.read_lock::<Record>() {
        let property = |(name, value): (&String, &Value)| {
            let shape = record.shape.and_then(|shape| shape.nested(name));
            let value = values::from_json(name, value, shape);
            (Named::new(name, preview(&value)), thing(&value, depth - 1))
        };
        return Thing::Object {
            kind: record.shape.map(|shape| shape.name),
            properties: record.current.iter().map(property).collect(),
        };
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        let property = |(name, value): (&rhai::Identifier, &Dynamic)| {
            (Named::new(name.as_str(), preview(value)), thing(value, depth - 1))
        };
        return Thing::Object { kind: None, properties: map.iter().map(property).collect() };
    }
    if let Some(row) = value.read_lock::<RowValue>() {
        let cells = row.0.to_object();
        let property = |(name, cell): (String, Value)| {
            (Named::new(name, crate::table::value_text(&cell).into_owned()), Thing::Text)
        };
        return Thing::Object { kind: None, properties: cells.into_iter().map(property).collect() };
    }
    if let Some(rows) = value.read_lock::<RowsValue>() {
        let first = rows.0.get(0).map_or(Thing::Other, |row| thing(&Dynamic::from(RowValue(row)), depth));
        return Thing::Rows(Box::new(first));
    }
    if let Some(array) = value.read_lock::<rhai::Array>() {
        return Thing::List(Box::new(array.first().map_or(Thing::Other, |first| thing(first, depth))));
    }
    match value {
        _ if value.is_string() => Thing::Text,
        _ if value.is::<Date>() => Thing::Date,
        _ if value.is::<Span>() => Thing::Span,
        _ => Thing::Other,
    }
}

/// What a value is, on a part of a line.
fn preview(value: &Dynamic) -> String {
    if value.is_unit() {
        return "empty".to_owned();
    }
    if let Some(array) = value.read_lock::<rhai::Array>() {
        let kind = array.first().and_then(|first| Some(first.read_lock::<Record>()?.shape?.name));
        return count(array.len(), kind.unwrap_or("element"));
    }
    if let Some(rows) = value.read_lock::<RowsValue>() {
        return count(rows.0.len(), "row");
    }
    if let Some(outcome) = value.read_lock::<Outcome>() {
        return format!("the outcome of {}", count(outcome.0.rows.len(), "row"));
    }
    if value.is_map() || value.is::<RowValue>() {
        return values::type_name(value).to_owned();
    }
    let text = show::text(value);
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(PREVIEW).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

impl Interpreter {
    /// Variables, the newest first.
    pub fn variables(&self) -> Vec<Named> {
        let mut found: Vec<Named> =
            self.scope.iter_raw().map(|(name, _, value)| Named::new(name, preview(value))).collect();
        found.reverse();
        found
    }

    /// Their names alone.
    pub fn names(&self) -> Vec<String> {
        self.scope.iter_raw().map(|(name, ..)| name.to_owned()).collect()
    }

    /// What a variable holds.
    pub fn variable(&self, name: &str) -> Option<Thing> {
        self.scope.get(name).map(|value| thing(value, DEPTH))
    }

    /// Functions of earlier lines.
    pub fn functions(&self) -> Vec<Named> {
        let own = self.functions.iter_functions().filter(|function| !function.name.starts_with("anon$"));
        own.map(|function| {
            Named::new(function.name, format!("{}({})", function.name, function.params.join(", ")))
        })
        .collect()
    }

    /// Modules that earlier lines imported: the name each goes under, and its own.
    pub fn imports(&self) -> Vec<(String, String)> {
        let path = |import: &str| import.split('"').nth(1).unwrap_or_default().to_owned();
        self.imports.iter().map(|(name, import)| (name.clone(), path(import))).collect()
    }

    /// The functions of a module, with how each is called and the first line about it.
    pub fn module(&self, path: &str) -> Vec<Named> {
        let own = || {
            let file = self.root.as_ref()?.join(path).with_extension("rhai");
            String::from_utf8(crate::disk::read(&file).ok()?).ok()
        };
        let library = LIBRARY.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        library.or_else(own).map(|text| functions_in(&text)).unwrap_or_default()
    }
}

/// Its functions, each with its first line.
fn functions_in(text: &str) -> Vec<Named> {
    let named = |function: library::Function| match function.about.lines().next() {
        Some(about) => Named::new(function.name, format!("{}  {about}", function.signature)),
        None => Named::new(function.name, function.signature),
    };
    library::about(text).functions.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_known_by_its_first_element() {
        let map: rhai::Map = [("email".into(), Dynamic::from("ann@fabrikam.example".to_owned()))].into();
        let list = Dynamic::from(vec![Dynamic::from(map)]);
        let Thing::List(element) = thing(&list, DEPTH) else { panic!() };
        let Thing::Object { properties, .. } = *element else { panic!() };
        assert_eq!(properties[0].0, Named::new("email", "ann@fabrikam.example"));
        assert_eq!(preview(&list), "1 element");
    }
}
