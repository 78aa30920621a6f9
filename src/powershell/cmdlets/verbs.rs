//! Cmdlets that a verb stands for: the cards say which, and where the parameters go.

use serde_json::Value;

use super::super::code::{Code, Gives, Pieces, Severity};
use super::Outcome;
use super::arguments::{Arguments, items};
use super::layout::{call, list, map, native};
use super::{filters, gives_of, properties};
use crate::verbs::Entry;
use crate::words::camel;

/// A verb that may be meant, and where its card sends parameters.
struct Candidate {
    entry: &'static Entry,
    parameters: &'static [(&'static str, &'static str)],
}

fn candidates(name: &str) -> Vec<Candidate> {
    let named = |entry: &'static Entry| {
        let mut cmdlets = entry.card.cmdlets.iter();
        let cmdlet = cmdlets.find(|cmdlet| super::parameters::plain_name(cmdlet.name) == name)?;
        Some(Candidate { entry, parameters: cmdlet.parameters })
    };
    crate::catalogue::entries().iter().filter_map(named).collect()
}

/// Where a parameter of this cmdlet goes in a call of this verb.
fn argument(candidate: &Candidate, arguments: &Arguments, parameter: &str) -> Option<String> {
    let schema = candidate.entry.schema()["properties"].as_object()?;
    let takes = |name: &str| schema.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    let listed =
        arguments.known.and_then(|known| known.parameter(parameter)).and_then(|known| known.argument);
    let carded = candidate.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(parameter));
    listed
        .and_then(takes)
        .or_else(|| carded.and_then(|(_, argument)| takes(argument)))
        .or_else(|| takes(&camel(parameter)))
}

/// The call of the verb that fits what was given best.
pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    let given: Vec<String> = arguments.left().into_iter().map(str::to_owned).collect();
    let mut best: Option<(usize, usize, Candidate)> = None;
    for candidate in candidates(name) {
        let card = &candidate.entry.card;
        let placed: Vec<String> =
            given.iter().filter_map(|parameter| argument(&candidate, arguments, parameter)).collect();
        let needed = &card.positional[..card.required.min(card.positional.len())];
        let filled = needed.iter().all(|needed| placed.iter().any(|placed| placed == needed));
        if !filled && arguments.splatted.is_empty() {
            continue;
        }
        let unplaced = given.len() - placed.len();
        // Of two that take the same, the one that names what it is about.
        if best
            .as_ref()
            .is_none_or(|(left, keys, _)| (unplaced, usize::MAX - needed.len()) < (*left, usize::MAX - *keys))
        {
            best = Some((unplaced, needed.len(), candidate));
        }
    }
    let (unplaced, _, candidate) = best?;
    // What the verb does not take, the path of Graph may.
    if unplaced > 0 && super::graph::has_path(name) {
        return None;
    }
    Some(write(&candidate, arguments))
}

fn write(candidate: &Candidate, arguments: &mut Arguments) -> Outcome {
    let card = candidate.entry.card;
    let schema = &candidate.entry.schema()["properties"];
    let mut positional: Vec<Option<Code>> = vec![None; card.positional.len()];
    let mut options: Vec<(String, Code)> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for (parameter, value) in arguments.rest() {
        let Some(target) = argument(candidate, arguments, &parameter) else {
            unknown.push(format!("-{parameter}"));
            continue;
        };
        if let Some(place) = card.positional.iter().position(|name| *name == target) {
            positional[place] = Some(value);
            continue;
        }
        if let Some(value) = option(&target, value, &schema[&target], card.returns) {
            options.push((target, value));
        }
    }
    if !unknown.is_empty() {
        let message = format!("{} takes no {}: left out", card.name, unknown.join(", "));
        arguments.remark(Severity::Attention, message);
    }
    let mut splatted = arguments.splatted.clone().into_iter();
    if let Some(table) = splatted.next() {
        return spread(candidate, arguments, positional, &options, &table);
    }
    if !schema["select"].is_null() {
        properties::ask_for(&mut options, card.returns, &arguments.reads);
    }
    let positional: Vec<Code> = positional.into_iter().map_while(|value| value).collect();
    let code = call(card.name, &positional, &options).giving(gives_of(card.returns));
    arguments.done(code)
}

/// A call whose options are in a table that is only known when the script runs.
fn spread(
    candidate: &Candidate,
    arguments: &mut Arguments,
    positional: Vec<Option<Code>>,
    options: &[(String, Code)],
    table: &Code,
) -> Outcome {
    let card = candidate.entry.card;
    let mut taken: Vec<Code> = Vec::new();
    let mut values: Vec<Code> = Vec::new();
    for (place, name) in card.positional.iter().enumerate().take(card.required) {
        let value = positional.get(place).cloned().flatten();
        values.push(value.unwrap_or_else(|| {
            let parameter = parameter_for(candidate, arguments, name);
            taken.push(Code::string(&parameter));
            native("get", &[table.clone(), Code::string(&parameter)])
        }));
    }
    let mut inner = vec![table.clone()];
    if !taken.is_empty() {
        inner.push(list(&taken));
    }
    let mut rest = native("options", &inner).text;
    if !options.is_empty() {
        rest = format!("{} + {rest}", map(options).text);
    }
    values.push(Code::atom(rest));
    let code = call(card.name, &values, &[]).giving(gives_of(card.returns));
    arguments.done(code)
}

/// The cmdlet's name for an argument of the verb.
fn parameter_for(candidate: &Candidate, arguments: &Arguments, argument: &str) -> String {
    let listed = arguments.known.into_iter().flat_map(|known| &known.parameters);
    let listed =
        listed.filter(|parameter| parameter.argument == Some(argument)).map(|parameter| parameter.name);
    let carded = candidate.parameters.iter().filter(|(_, target)| *target == argument).map(|(name, _)| *name);
    listed.chain(carded).next().unwrap_or(argument).to_owned()
}

/// A value in the form that the verb's option takes; `None` where leaving it out says the same.
fn option(name: &str, value: Code, schema: &Value, returns: crate::verbs::Returns) -> Option<Code> {
    match name {
        "select" => return select(value, returns),
        "filter" => return Some(filters::translated(&value, returns.shape())),
        "orderBy" => return Some(order(value, returns)),
        "columns" => return Some(texts(value)),
        "top" if value.literal.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("unlimited")) => {
            return None;
        }
        _ => {}
    }
    let takes = |kind: &str| match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    };
    if takes("array") {
        return Some(match items(&value) {
            Some(items) => list(&items),
            None if matches!(value.gives, Gives::Many(_) | Gives::Rows) => value,
            None => native("each", &[value]),
        });
    }
    if takes("object") && !takes("string") {
        return Some(nested(value));
    }
    if takes("boolean")
        && let Some(text) = &value.literal
        && let Ok(flag) = text.to_lowercase().trim_start_matches('$').parse::<bool>()
    {
        return Some(Code::truth(flag));
    }
    if takes("integer")
        && let Some(number) = value.literal.as_deref().and_then(|text| text.parse::<i64>().ok())
    {
        return Some(Code::atom(number.to_string()).giving(Gives::Number));
    }
    Some(value)
}

/// A table inside the options: its keys in the service's letter case, recipients as bare addresses.
fn nested(value: Code) -> Code {
    match &value.pieces {
        Pieces::Map(entries) => {
            let inner: Vec<(String, Code)> = entries
                .iter()
                .filter(|(key, _)| !key.starts_with('@'))
                .map(|(key, value)| {
                    let name = camel(key);
                    let value = match name.as_str() {
                        "ccRecipients" => addresses(value),
                        _ => value.clone(),
                    };
                    (name, value)
                })
                .collect();
            map(&inner)
        }
        _ => native("options", &[value]),
    }
}

/// `@(@{ emailAddress = @{ address = "x" } })` as `["x"]`.
fn addresses(value: &Code) -> Code {
    let address = |item: &Code| -> Option<Code> {
        let Pieces::Map(outer) = &item.pieces else { return None };
        let Pieces::Map(inner) = &super::arguments::entry(outer, "emailAddress")?.pieces else { return None };
        super::arguments::entry(inner, "address").cloned()
    };
    let found: Option<Vec<Code>> = items(value).and_then(|items| items.iter().map(address).collect());
    found.map_or_else(|| native("addresses", std::slice::from_ref(value)), |found| list(&found))
}

fn select(value: Code, returns: crate::verbs::Returns) -> Option<Code> {
    let known = items(&value)?;
    let words: Option<Vec<&str>> = known.iter().map(|item| item.literal.as_deref()).collect();
    let Some(words) = words else { return Some(native("each", &[value])) };
    let words: Vec<&str> = words.iter().flat_map(|word| word.split(',')).map(str::trim).collect();
    properties::selection(words.iter().copied(), returns)
}

fn texts(value: Code) -> Code {
    items(&value).map_or_else(|| native("each", std::slice::from_ref(&value)), |items| list(&items))
}

/// `DisplayName desc` in the service's letter case.
fn order(value: Code, returns: crate::verbs::Returns) -> Code {
    let Some(text) = items(&value).and_then(|items| {
        let words: Option<Vec<String>> = items.iter().map(|item| item.literal.clone()).collect();
        words.map(|words| words.join(","))
    }) else {
        return value;
    };
    let parts: Vec<String> = text
        .split(',')
        .map(|part| {
            let (name, direction) = part.trim().split_once(' ').unwrap_or((part.trim(), ""));
            let name = properties::name_in(name, returns.shape());
            if direction.is_empty() { name } else { format!("{name} {}", direction.trim().to_lowercase()) }
        })
        .collect();
    Code::string(&parts.join(","))
}
