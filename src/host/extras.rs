//! What admins miss in the language: text and lists that behave as they expect.

use indexmap::IndexMap;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, NativeCallContext};
use serde_json::{Map, Value};

use super::errors::thrown;
use super::record::Record;
use super::values::{from_json, to_json, type_name};
use crate::problem::{Kind, Problem};

type Outcome<T> = Result<T, Box<EvalAltResult>>;

fn invalid(message: String) -> Box<EvalAltResult> {
    thrown(Problem::new(Kind::InvalidInput, message))
}

/// Parts of a cell that holds several values, split at `;` or, where there is none, at `,`.
fn split_list(text: &str) -> Array {
    let separator = if text.contains(';') { ';' } else { ',' };
    text.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| Dynamic::from(part.to_owned()))
        .collect()
}

fn same_address(a: &str, b: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().to_lowercase();
        text.strip_prefix("smtp:").map(str::to_owned).unwrap_or(text)
    };
    bare(a) == bare(b)
}

/// A property of an element by name, for sort_by("name") and its kin.
fn property(context: &NativeCallContext, value: &Dynamic, by: &Dynamic) -> Outcome<Dynamic> {
    if let Some(f) = by.read_lock::<FnPtr>() {
        return f.call_within_context(context, (value.clone(),));
    }
    let Some(name) = by.read_lock::<ImmutableString>() else {
        return Err(invalid(format!(
            "this takes the name of a property or a closure, and got {}",
            type_name(by)
        )));
    };
    let object = to_json(value).map_err(thrown)?;
    Ok(object.get(name.as_str()).map_or(Dynamic::UNIT, |value| from_json(&name, value, None)))
}

/// Empty values first, then numbers and dates by size, then text without regard to case.
fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        _ => 4,
    };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(a), Value::String(b)) => {
            a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b))
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn sorted(context: &NativeCallContext, array: &Array, by: &Dynamic) -> Outcome<Array> {
    let keyed: Outcome<Vec<(Value, Dynamic)>> = array
        .iter()
        .map(|value| Ok((to_json(&property(context, value, by)?).map_err(thrown)?, value.clone())))
        .collect();
    let mut keyed = keyed?;
    keyed.sort_by(|(a, _), (b, _)| compare(a, b));
    Ok(keyed.into_iter().map(|(_, value)| value).collect())
}

/// An object with a list of elements under each key, keys in the order they were met.
fn grouped(context: &NativeCallContext, array: &Array, by: &Dynamic) -> Outcome<Array> {
    let mut groups: IndexMap<String, (Dynamic, Array)> = IndexMap::new();
    for value in array {
        let key = property(context, value, by)?;
        let text = to_json(&key).map_err(thrown)?.to_string();
        groups.entry(text).or_insert_with(|| (key, Array::new())).1.push(value.clone());
    }
    let group = |(key, values): (Dynamic, Array)| {
        let mut map = rhai::Map::new();
        map.insert("key".into(), key);
        map.insert("count".into(), (values.len() as i64).into());
        map.insert("values".into(), values.into());
        Dynamic::from(map)
    };
    Ok(groups.into_values().map(group).collect())
}

fn unique(array: &Array) -> Outcome<Array> {
    let mut seen = std::collections::HashSet::new();
    let mut kept = Array::new();
    for value in array {
        if seen.insert(to_json(value).map_err(thrown)?.to_string()) {
            kept.push(value.clone());
        }
    }
    Ok(kept)
}

fn sum(array: &Array) -> Outcome<Dynamic> {
    let mut whole: i64 = 0;
    let mut fraction: Option<f64> = None;
    for value in array {
        match (value.as_int(), value.as_float()) {
            (Ok(n), _) => match fraction.as_mut() {
                Some(sum) => *sum += n as f64,
                None => {
                    whole = whole.checked_add(n).ok_or_else(|| invalid("the sum is too large".to_owned()))?
                }
            },
            (_, Ok(x)) => fraction = Some(fraction.unwrap_or(whole as f64) + x),
            _ => return Err(invalid(format!("only numbers have a sum, and this is {}", type_name(value)))),
        }
    }
    Ok(fraction.map_or(Dynamic::from(whole), Dynamic::from))
}

pub fn register(engine: &mut Engine) {
    engine
        .register_fn("trim", |text: ImmutableString| -> ImmutableString { text.trim().into() })
        .register_fn("join", |array: &mut Array, separator: &str| {
            array.iter().map(super::show::text).collect::<Vec<_>>().join(separator)
        })
        .register_fn("split_list", |text: &str| split_list(text))
        .register_fn("split_list", |_: ()| Array::new())
        .register_fn("same_address", |a: &str, b: &str| same_address(a, b))
        .register_fn("same_address", |_: (), _: &str| false)
        .register_fn("same_address", |_: &str, _: ()| false)
        .register_fn("same_address", |_: (), _: ()| false)
        .register_fn("sort_by", |context: NativeCallContext, array: &mut Array, by: Dynamic| {
            sorted(&context, array, &by)
        })
        // Rhai has a function of this name for closures, which sorts in place and gives nothing.
        .register_fn("sort_by", |context: NativeCallContext, array: &mut Array, by: FnPtr| {
            sorted(&context, array, &Dynamic::from(by))
        })
        .register_fn("group_by", |context: NativeCallContext, array: &mut Array, by: Dynamic| {
            grouped(&context, array, &by)
        })
        .register_fn("unique", |array: &mut Array| unique(array))
        .register_fn("sum", |array: &mut Array| sum(array))
        .register_fn("pad", |text: &mut ImmutableString, length: i64, padding: &str| -> Outcome<()> {
            let missing = usize::try_from(length).unwrap_or(0).saturating_sub(text.chars().count());
            if padding.is_empty() && missing > 0 {
                return Err(invalid("text cannot be padded with nothing".to_owned()));
            }
            if missing > MOST_PADDING {
                return Err(invalid(format!("text is padded up to {MOST_PADDING} characters")));
            }
            *text = text.chars().chain(padding.chars().cycle().take(missing)).collect::<String>().into();
            Ok(())
        })
        .register_fn(
            "filter",
            |context: NativeCallContext, array: &mut Array, test: FnPtr| -> Outcome<Array> {
                let mut kept = Array::new();
                for value in array.iter() {
                    if verdict(&test.call_within_context::<Dynamic>(&context, (value.clone(),))?)? {
                        kept.push(value.clone());
                    }
                }
                Ok(kept)
            },
        )
        .register_fn("to_object", |map: &mut rhai::Map| -> Outcome<Record> {
            let mut object = Map::new();
            for (name, value) in map.iter() {
                object.insert(name.to_string(), to_json(value).map_err(thrown)?);
            }
            Ok(Record::new(None, object))
        });
    refuse_empty(engine);
}

/// What a test said. Anything but yes or no is a slip of the pen, and no reason to leave everything out.
pub fn verdict(value: &Dynamic) -> Outcome<bool> {
    value.as_bool().map_err(|_| {
        thrown(
            Problem::new(
                Kind::InvalidInput,
                format!("the closure of `filter` gave {}; it must give true or false", type_name(value)),
            )
            .hint("`==` compares, `=` assigns"),
        )
    })
}

/// Beyond this a text is not padded but filled.
const MOST_PADDING: usize = 1_000_000;

/// Rhai says that `()` is not less than anything, without a word. That is how clean-up scripts remove the wrong people.
fn refuse_empty(engine: &mut Engine) {
    fn empty() -> Outcome<bool> {
        Err(thrown(
            Problem::new(Kind::InvalidInput, "an empty value, (), cannot be compared by size")
                .hint("check `x != ()` first: what is not known is neither more nor less"),
        ))
    }
    macro_rules! refuse {
        ($($operator:literal),*) => { $(
            engine.register_fn($operator, |_: (), _: ()| empty());
            engine.register_fn($operator, |_: (), _: Dynamic| empty());
            engine.register_fn($operator, |_: Dynamic, _: ()| empty());
            engine.register_fn($operator, |_: (), _: i64| empty());
            engine.register_fn($operator, |_: i64, _: ()| empty());
            engine.register_fn($operator, |_: (), _: f64| empty());
            engine.register_fn($operator, |_: f64, _: ()| empty());
            engine.register_fn($operator, |_: (), _: ImmutableString| empty());
            engine.register_fn($operator, |_: ImmutableString, _: ()| empty());
        )* };
    }
    refuse!("<", "<=", ">", ">=");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_a_cell_splits_at_semicolons_or_else_commas() {
        let text = |parts: Array| parts.iter().map(Dynamic::to_string).collect::<Vec<_>>();
        assert_eq!(text(split_list("A, B; C ;")), ["A, B", "C"]);
        assert_eq!(text(split_list("A, B")), ["A", "B"]);
    }

    #[test]
    fn addresses_are_the_same_in_any_case() {
        assert!(same_address("SMTP:Ann@Fabrikam.example", "ann@fabrikam.example "));
        assert!(!same_address("ann@fabrikam.example", "bob@fabrikam.example"));
    }
}
