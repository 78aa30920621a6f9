//! What a call takes: its options, and the values that can be listed, from the verb's schema and what the tenant has.

use serde_json::{Map, Value};

use super::place::Slot;
use super::{Candidate, Known, Names};
use crate::catalogue;
use crate::host::Named;
use crate::host::schema::takes;
use crate::verbs::Entry;

pub fn entry_of(slot: &Slot) -> Option<&'static Entry> {
    catalogue::entries().iter().find(|entry| entry.card.name == slot.call)
}

/// A schema without what says that it may be left out.
pub fn real(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    let real = choices.and_then(|choices| {
        let mut real = choices.iter().filter(|choice| choice["type"] != "null");
        real.next().filter(|_| real.next().is_none())
    });
    real.unwrap_or(schema)
}

/// The options that may stand in a map of a call: those of the verb, or of an option that is a map itself.
fn options_of(slot: &Slot) -> Option<(&'static Entry, &'static Map<String, Value>, bool)> {
    let entry = entry_of(slot)?;
    let mut schema = entry.schema();
    for key in &slot.path {
        let inner = real(&schema["properties"][key]);
        schema = if inner["items"].is_object() { real(&inner["items"]) } else { inner };
    }
    Some((entry, schema["properties"].as_object()?, slot.path.is_empty()))
}

pub fn keys(slot: &Slot, given: &[String]) -> Vec<Candidate> {
    let Some((entry, options, outermost)) = options_of(slot) else { return Vec::new() };
    let positional = |name: &str| outermost && entry.card.positional.contains(&name);
    let candidate = |(name, schema): (&String, &Value)| {
        let about =
            schema["description"].as_str().unwrap_or_default().split("\n\n").next().unwrap_or_default();
        Candidate {
            replacement: format!("{name}: "),
            name: name.clone(),
            about: format!("{}: {}", kind(schema), about.replace('\n', " ")),
        }
    };
    let free = options.iter().filter(|(name, _)| !positional(name) && !given.contains(name));
    free.map(candidate).collect()
}

/// What an option takes, in as few words as say it.
fn kind(schema: &Value) -> String {
    let schema = real(schema);
    let names = |schema: &Value| schema["x-names"].as_str().map(str::to_owned);
    if let Some(name) = names(schema) {
        return name;
    }
    match names(real(&schema["items"])) {
        Some(name) => format!("{name}s"),
        None => takes(schema),
    }
}

/// What may be chosen for a value: as it is written in code, and whether it is text.
pub struct Choice {
    pub value: String,
    pub is_text: bool,
    pub about: String,
}

pub fn values(slot: &Slot, typed: &str, known: &dyn Known) -> Vec<Choice> {
    let text = |named: Named| Choice { value: named.name, is_text: true, about: named.about };
    let Some(entry) = entry_of(slot) else { return Vec::new() };
    let (name, schema) = match slot.path.split_last() {
        Some((last, way)) => {
            let around = Slot { path: way.to_vec(), ..slot.clone() };
            let Some((_, options, _)) = options_of(&around) else { return Vec::new() };
            (last.as_str(), options.get(last).unwrap_or(&Value::Null))
        }
        None => match entry.card.positional.get(slot.n) {
            Some(name) => (*name, &entry.schema()["properties"][*name]),
            None => return Vec::new(),
        },
    };
    let schema = real(schema);
    let schema = if schema["items"].is_object() { real(&schema["items"]) } else { schema };
    if matches!(name, "select" | "columns") {
        let shape = entry.card.returns.shape();
        let names = shape.into_iter().flat_map(|shape| shape.names());
        return names.map(|name| text(Named::new(name, ""))).collect();
    }
    if name == "path" && !slot.call.ends_with("_request") {
        return known.files(typed).into_iter().map(text).collect();
    }
    if name == "domain" {
        return known.names(Names::Domains).into_iter().map(text).collect();
    }
    let lists: &[Names] = match schema["x-names"].as_str() {
        Some("user") => &[Names::Users],
        Some("group") => &[Names::Groups],
        Some("principal") => &[Names::Groups, Names::Users],
        Some("licence") => &[Names::Licences],
        Some("mail contact") => &[Names::Contacts],
        Some("role") => match slot.call.contains("azure") {
            true => &[Names::AzureRoles],
            false => &[Names::DirectoryRoles, Names::AzureRoles],
        },
        _ => &[],
    };
    if !lists.is_empty() {
        return lists.iter().flat_map(|list| known.names(*list)).map(text).collect();
    }
    if schema["type"] == "boolean" || schema["type"][0] == "boolean" {
        return ["true", "false"]
            .map(|value| Choice { value: value.to_owned(), is_text: false, about: String::new() })
            .into();
    }
    constants(schema).into_iter().map(text).collect()
}

/// The names that an enumeration has.
fn constants(schema: &Value) -> Vec<Named> {
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let described = schema["oneOf"].as_array().into_iter().flatten().filter_map(|choice| {
        Some(Named::new(choice["const"].as_str()?, choice["description"].as_str().unwrap_or_default()))
    });
    listed.map(|name| Named::new(name, "")).chain(described).collect()
}
