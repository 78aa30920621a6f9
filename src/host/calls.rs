//! Verbs as functions of the language: any number of arguments, positional ones first, one map of options last.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Module, NativeCallContext, Position};
use serde_json::{Map, Value};

use super::Host;
use super::bulk::current_scope;
use super::errors::{Skipping, thrown_at};
use super::record::Record;
use super::values::{from_json, to_json, type_name};
use crate::problem::{Kind, Problem};
use crate::verbs::{Entry, Returns};

/// More arguments than any verb takes, so that one too many is told of in our words.
const MOST: usize = 6;

type Outcome = Result<Dynamic, Box<EvalAltResult>>;

pub fn register(engine: &mut Engine, host: &Arc<Host>) {
    let mut sandbox = Module::new();
    for entry in crate::catalogue::entries() {
        for count in 0..=MOST {
            let types = vec![TypeId::of::<Dynamic>(); count];
            let host = host.clone();
            let call = move |context: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                let values = arguments.iter().map(|argument| argument.flatten_clone()).collect();
                let position = context.call_position();
                // An error of a closure has its own place already.
                invoke(&host, entry, &context, values).map_err(|mut error| {
                    if error.position().is_none() {
                        error.set_position(position);
                    }
                    error
                })
            };
            match entry.card.name.strip_prefix("sandbox::") {
                Some(name) => {
                    rhai::FuncRegistration::new(name).set_into_module_raw(
                        &mut sandbox,
                        &types,
                        rhai_function(call),
                    );
                }
                None => {
                    engine.register_raw_fn(entry.card.name, &types, call);
                }
            }
        }
    }
    engine.register_static_module("sandbox", sandbox.into());
}

fn rhai_function(
    call: impl Fn(NativeCallContext, &mut [&mut Dynamic]) -> Outcome + Send + Sync + 'static,
) -> rhai::RhaiFunc {
    rhai::RhaiFunc::Method {
        func: rhai::Shared::new(move |context: Option<NativeCallContext>, arguments: &mut [&mut Dynamic]| {
            match context {
                Some(context) => call(context, arguments),
                None => Err(super::errors::thrown(Problem::new(
                    Kind::Internal,
                    "a verb was called without a place",
                ))),
            }
        }),
        has_context: true,
        is_pure: true,
        is_volatile: true,
    }
}

fn invoke(
    host: &Arc<Host>,
    entry: &'static Entry,
    context: &NativeCallContext,
    mut values: Vec<Dynamic>,
) -> Outcome {
    let source = context.call_source().unwrap_or_default().to_owned();
    let position = context.call_position();
    let at = |problem: Problem| thrown_at(problem.verb(entry.card.name), position);
    let usage = match entry.card.name {
        "bulk" => Some("bulk(rows, |row| { ... }) or bulk(rows, #{ title: \"...\" }, |row| { ... })"),
        "in_tenant" => Some("in_tenant(\"fabrikam\", || { ... })"),
        _ => None,
    };
    let closure = match (usage, usage.and_then(|_| values.pop())) {
        (None, _) => None,
        (Some(_), Some(last)) if last.is::<FnPtr>() => last.try_cast::<FnPtr>(),
        (Some(usage), other) => {
            let got = other.as_ref().map_or("no closure", |value| type_name(value));
            let message = format!("`{}` takes a closure last, and got {got}", entry.card.name);
            return Err(at(Problem::new(Kind::InvalidOption, message).hint(usage)));
        }
    };
    let rows = values.first().cloned().unwrap_or(Dynamic::UNIT);
    let arguments = gather(entry, values).map_err(&at)?;
    let arguments = match super::schema::check(entry, arguments) {
        Ok(arguments) => arguments,
        Err(problems) => {
            let (problem, place) = together(host, problems, &source, position);
            return Err(thrown_at(problem.verb(entry.card.name), place));
        }
    };
    if let (Some(closure), "in_tenant") = (&closure, entry.card.name) {
        let name = arguments["name"].as_str().unwrap_or_default();
        return super::elsewhere::in_tenant(host, context, name, closure);
    }
    if let Some(closure) = closure {
        return super::bulk::run(host, context, &rows, &arguments, &closure);
    }
    if entry.is_hosted() {
        return super::data::call(host, entry.card.name, &rows, &arguments).map_err(at);
    }
    let scope = current_scope();
    let result = host.wait(entry.call(arguments, &host.session(), scope.as_deref()));
    let value = result.map_err(|mut problem| {
        // The key that holds a wrong value is a better place than the call.
        let key = problem
            .option
            .clone()
            .and_then(|option| host.index.keys(&source, position).into_iter().find(|key| key.name == option));
        problem.verb.get_or_insert(entry.card.name);
        match key {
            Some(key) => thrown_at(problem, key.at),
            None => at(problem),
        }
    })?;
    Ok(shaped(&value, entry.card.returns))
}

fn shaped(value: &Value, returns: Returns) -> Dynamic {
    match (value, returns) {
        (_, Returns::Nothing) => Dynamic::UNIT,
        (Value::Object(_), Returns::One(shape) | Returns::Maybe(shape)) => from_json("", value, Some(shape)),
        (Value::Array(_), Returns::Many(shape)) => from_json("", value, Some(shape)),
        _ => from_json("", value, returns.shape()),
    }
}

/// Positional arguments by their names, and the options beside them.
fn gather(entry: &Entry, values: Vec<Dynamic>) -> Result<Map<String, Value>, Problem> {
    let card = &entry.card;
    let count = values.len();
    let mut arguments = Map::new();
    if count > card.positional.len() + 1 {
        return Err(Problem::new(
            Kind::InvalidOption,
            format!(
                "`{}` got {}, which is more than it takes",
                card.name,
                crate::words::count(count, "argument")
            ),
        )
        .hint(entry.signature()));
    }
    for (n, value) in values.into_iter().enumerate() {
        let Some(name) = card.positional.get(n) else {
            options(entry, &value, &mut arguments)?;
            continue;
        };
        if value.is_unit() {
            return Err(Problem::new(
                Kind::InvalidOption,
                format!("`{name}` of `{}` is empty, ()", card.name),
            )
            .hint("an empty cell, or a find_...() that found nothing, gives (); check for it first")
            .option(*name));
        }
        // Tables stay where they are: they are handed over beside the arguments.
        let taken =
            if entry.is_hosted() && n == 0 && !value.is_string() && !value.is_int() && !value.is_float() {
                Value::Bool(true)
            } else {
                to_json(&value)?
            };
        arguments.insert((*name).to_owned(), taken);
    }
    if card.name.starts_with("set_") && card.positional.len() == 1 && count == 1 {
        return Err(Problem::new(Kind::InvalidOption, "nothing to change was given")
            .hint(format!("an object that was changed is handed in twice: {}(x, x)", card.name)));
    }
    if count < card.required && card.positional.len() >= card.required {
        let missing = card.positional[count];
        return Err(Problem::new(
            Kind::InvalidOption,
            format!("the argument `{missing}` of `{}` is missing", card.name),
        )
        .hint(entry.signature())
        .option(missing));
    }
    Ok(arguments)
}

fn options(entry: &Entry, value: &Dynamic, arguments: &mut Map<String, Value>) -> Result<(), Problem> {
    let given = match value.read_lock::<Record>() {
        // An object that was read and is handed back: what was not changed is not meant.
        Some(record) => record.changes(),
        None => match to_json(value)? {
            Value::Object(map) => map,
            Value::Null => return Ok(()),
            _ => {
                return Err(Problem::new(
                    Kind::InvalidOption,
                    format!(
                        "`{}` takes a map of options last, and got {}",
                        entry.card.name,
                        type_name(value)
                    ),
                )
                .hint(entry.signature()));
            }
        },
    };
    for (name, value) in given {
        if entry.card.positional.contains(&name.as_str()) && arguments.contains_key(&name) {
            return Err(Problem::new(
                Kind::InvalidOption,
                format!("`{name}` is given twice: as an argument and as an option"),
            )
            .option(name));
        }
        arguments.insert(name, value);
    }
    Ok(())
}

/// All that is wrong with a call, as one problem; at the first key that is wrong.
fn together(host: &Host, problems: Vec<Problem>, source: &str, call: Position) -> (Problem, Position) {
    let keys = host.index.keys(source, call);
    let place = |problem: &Problem| {
        let option = problem.option.as_deref()?.split(['.', '[']).next()?;
        keys.iter().find(|key| key.name == option).map(|key| key.at)
    };
    let first = problems.iter().find_map(place).unwrap_or(call);
    if let [_] = problems.as_slice() {
        return (problems.into_iter().next().unwrap_or_else(Problem::interrupted), first);
    }
    let line = |problem: &Problem| {
        let at = place(problem)
            .and_then(|at| Some(format!("{}:{}: ", at.line()?, at.position()?)))
            .unwrap_or_default();
        let hint = problem.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("\n  {at}{}{hint}", problem.message)
    };
    let lines: String = problems.iter().map(line).collect();
    let mut problem = Problem::new(
        Kind::InvalidOption,
        format!("{} are wrong:{lines}", crate::words::count(problems.len(), "option")),
    );
    problem.value = problems.iter().find_map(|problem| problem.value.clone());
    (problem, first)
}

/// `skip(reason)`: nothing of the row runs after it.
pub fn skipping(reason: &str) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(Skipping(reason.to_owned())), Position::NONE))
}
