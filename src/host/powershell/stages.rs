//! Stages of a pipeline that need closures or compare whole lists, and errors that are passed over.

use rhai::{Array, Dynamic, EvalAltResult, FnPtr, Map, Module, NativeCallContext};
use serde_json::Map as Object;

use super::super::record::Record;
use super::super::values::to_json;
use super::compare::same;
use super::lists::{each, items};
use super::patterns::wildcard;
use super::text::{as_number, number, text};
use super::{Outcome, invalid, native, objects};

/// One level of lists less, and what is nothing is left out: what a pipeline passes on.
fn flatten(list: &Dynamic) -> Array {
    each(list).iter().flat_map(each).filter(|item| !item.is_unit()).collect()
}

/// A column of `Select-Object`: a name, with `*` for any letters, or what a closure says.
enum Column {
    Name(String),
    Pattern(String),
    Closure(String, FnPtr),
}

fn columns(list: &Dynamic) -> Result<Vec<Column>, Box<EvalAltResult>> {
    each(list)
        .iter()
        .map(|column| {
            if let Some(map) = column.read_lock::<Map>() {
                let entry = |names: &[&str]| {
                    map.iter()
                        .find(|(key, _)| {
                            let key = key.to_lowercase();
                            !key.is_empty() && names.iter().any(|name| name.starts_with(&key))
                        })
                        .map(|(_, value)| value.flatten_clone())
                };
                let name = entry(&["name", "label"]).map(|name| text(&name)).unwrap_or_default();
                let value = entry(&["value", "expression"]);
                let closure = value.as_ref().and_then(|value| value.read_lock::<FnPtr>().map(|f| f.clone()));
                return match closure {
                    Some(f) => Ok(Column::Closure(name, f)),
                    None => value.map(|value| Column::Name(text(&value))).ok_or_else(|| {
                        invalid("a column needs a name and a closure: #{ name: \"Age\", value: |item| ... }")
                    }),
                };
            }
            let name = text(column);
            Ok(if name.contains('*') { Column::Pattern(name) } else { Column::Name(name) })
        })
        .collect()
}

/// Whether a name is one of those that a pattern means.
fn fits(name: &str, pattern: &str) -> bool {
    wildcard(pattern, false).is_ok_and(|pattern| pattern.is_match(name))
}

fn names_of(item: &Dynamic) -> Vec<String> {
    match to_json(item) {
        Ok(serde_json::Value::Object(object)) => object.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Objects with these columns, in this order.
fn select(context: &NativeCallContext, list: &Dynamic, wanted: &Dynamic, excluded: &Dynamic) -> Outcome {
    let columns = columns(wanted)?;
    let excluded: Vec<String> = each(excluded).iter().map(text).collect();
    let narrowed = |item: &Dynamic| -> Outcome {
        let mut object = Object::new();
        let mut put = |name: &str, value: Dynamic| -> Result<(), Box<EvalAltResult>> {
            let kept = !excluded.iter().any(|pattern| fits(name, pattern));
            if kept && !object.contains_key(name) {
                object.insert(name.to_owned(), to_json(&value).map_err(super::thrown)?);
            }
            Ok(())
        };
        for column in &columns {
            match column {
                Column::Name(name) => put(name, objects::get(item, name)?)?,
                Column::Closure(name, f) => put(name, f.call_within_context(context, (item.clone(),))?)?,
                Column::Pattern(pattern) => {
                    for name in names_of(item) {
                        if fits(&name, pattern) {
                            put(&name, objects::get(item, &name)?)?;
                        }
                    }
                }
            }
        }
        if columns.is_empty() {
            for name in names_of(item) {
                put(&name, objects::get(item, &name)?)?;
            }
        }
        Ok(Dynamic::from(Record::new(None, object)))
    };
    match items(list) {
        Some(list) => Ok(list.iter().map(narrowed).collect::<Result<Array, _>>()?.into()),
        None if list.is_unit() => Ok(Dynamic::UNIT),
        None => narrowed(list),
    }
}

/// What is in one list and not in the other: `<=` only in the first, `=>` only in the second, `==` in both.
fn compare_objects(first: &Dynamic, second: &Dynamic, keys: &Dynamic, equal: bool) -> Outcome {
    let keys: Vec<String> = each(keys).iter().map(text).collect();
    let (first, mut second) = (each(first), each(second));
    let alike = |a: &Dynamic, b: &Dynamic| -> Result<bool, Box<EvalAltResult>> {
        if keys.is_empty() {
            return Ok(same(a, b, false));
        }
        for key in &keys {
            if !same(&objects::get(a, key)?, &objects::get(b, key)?, false) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let side = |item: &Dynamic, sign: &str| -> Outcome {
        let mut map = Map::new();
        if keys.is_empty() {
            map.insert("InputObject".into(), item.clone());
        }
        for key in &keys {
            map.insert(key.as_str().into(), objects::get(item, key)?);
        }
        map.insert("SideIndicator".into(), sign.into());
        Ok(map.into())
    };
    let (mut both, mut left) = (Array::new(), Array::new());
    for item in &first {
        let mut found = None;
        for (at, other) in second.iter().enumerate() {
            if alike(item, other)? {
                found = Some(at);
                break;
            }
        }
        match found {
            Some(at) => {
                drop(second.remove(at));
                both.push(side(item, "==")?);
            }
            None => left.push(side(item, "<=")?),
        }
    }
    let mut out = if equal { both } else { Array::new() };
    for item in &second {
        out.push(side(item, "=>")?);
    }
    out.append(&mut left);
    Ok(out.into())
}

/// Lines of `key = value` as a map.
fn string_data(value: &Dynamic) -> Map {
    let whole = each(value).iter().map(text).collect::<Vec<_>>().join("\n");
    whole
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().into(), value.trim().to_owned().into()))
        .collect()
}

/// `*` on whatever the left side is.
fn multiply(a: &Dynamic, b: &Dynamic) -> Outcome {
    let needs = |value: &Dynamic| {
        number(value)
            .and_then(|number| as_number(&number))
            .ok_or_else(|| invalid(format!("`{}` is no number", text(value))))
    };
    let times = |value: &Dynamic| -> Result<usize, Box<EvalAltResult>> {
        let times = needs(value)?;
        // As many as no script means.
        if !(0.0..=1_000_000.0).contains(&times) {
            return Err(invalid(format!("nothing is repeated {times} times")));
        }
        Ok(times.round_ties_even() as usize)
    };
    if a.is_unit() {
        return Ok(0_i64.into());
    }
    if let Some(list) = items(a) {
        return Ok(std::iter::repeat_n(list, times(b)?).flatten().collect::<Array>().into());
    }
    if a.is::<rhai::ImmutableString>() {
        return Ok(text(a).repeat(times(b)?).into());
    }
    let product = match (number(a).and_then(|a| a.as_int().ok()), number(b).and_then(|b| b.as_int().ok())) {
        (Some(a), Some(b)) => a.checked_mul(b),
        _ => None,
    };
    match product {
        Some(product) => Ok(product.into()),
        None => Ok((needs(a)? * needs(b)?).into()),
    }
}

/// Whole where it fits.
fn rounded(value: &Dynamic, how: fn(f64) -> f64) -> Outcome {
    let number = number(value).ok_or_else(|| invalid(format!("`{}` is no number", text(value))))?;
    if number.is_int() {
        return Ok(number);
    }
    let rounded = how(as_number(&number).unwrap_or_default());
    Ok(if rounded.abs() < 9.0e15 { Dynamic::from(rounded as i64) } else { rounded.into() })
}

fn trimmed(value: &Dynamic, letters: &str, start: bool, end: bool) -> String {
    let value = text(value);
    let cut =
        |letter: char| if letters.is_empty() { letter.is_whitespace() } else { letters.contains(letter) };
    let mut kept = value.as_str();
    if start {
        kept = kept.trim_start_matches(cut);
    }
    if end {
        kept = kept.trim_end_matches(cut);
    }
    kept.to_owned()
}

pub fn register(module: &mut Module) {
    native!(module, "string_data", |x| Ok(string_data(&x).into()));
    native!(module, "flatten", |list| Ok(flatten(&list).into()));
    native!(module, "select", context, |list, columns| select(&context, &list, &columns, &Dynamic::UNIT));
    native!(module, "select", context, |list, columns, excluded| select(
        &context, &list, &columns, &excluded
    ));
    native!(module, "compare_objects", |first, second, keys, equal| compare_objects(
        &first,
        &second,
        &keys,
        super::compare::truth(&equal)
    ));
    native!(module, "multiply", |a, b| multiply(&a, &b));
    native!(module, "floor", |x| rounded(&x, f64::floor));
    native!(module, "ceiling", |x| rounded(&x, f64::ceil));
    native!(module, "truncate", |x| rounded(&x, f64::trunc));
    native!(module, "length", |x| objects::get(&x, "Length"));
    for (name, start, end) in [("trim", true, true), ("trim_start", true, false), ("trim_end", false, true)] {
        native!(module, name, |x| Ok(trimmed(&x, "", start, end).into()));
        native!(module, name, |x, letters| Ok(trimmed(&x, &text(&letters), start, end).into()));
    }
}
