//! PowerShell's comparisons: the left side says of which kind they are, and letter case matters only to the exact ones.

use std::cmp::Ordering;

use rhai::{Dynamic, Map, Module};

use super::super::date::{Date, Span};
use super::lists::items;
use super::text::{as_number, as_text, number, text};
use super::{Outcome, dates, invalid, native};

/// What an `if` takes for true.
pub fn truth(value: &Dynamic) -> bool {
    if value.is_unit() {
        return false;
    }
    if let Ok(flag) = value.as_bool() {
        return flag;
    }
    if let Some(number) = as_number(value) {
        return number != 0.0;
    }
    if let Some(text) = as_text(value) {
        return !text.is_empty();
    }
    match items(value) {
        Some(list) => match list.as_slice() {
            [] => false,
            [one] => truth(one),
            _ => true,
        },
        None => true,
    }
}

fn texts(a: &str, b: &str, exact: bool) -> Ordering {
    match exact {
        true => a.cmp(b),
        false => a.to_lowercase().cmp(&b.to_lowercase()),
    }
}

/// How two single values stand to each other; `None` where the right one cannot be what the left one is.
fn order(a: &Dynamic, b: &Dynamic, exact: bool) -> Option<Ordering> {
    if let Some(date) = a.read_lock::<Date>() {
        return Some(date.0.cmp(&dates::date(b)?.0));
    }
    if let Some(span) = a.read_lock::<Span>() {
        return match b.read_lock::<Span>() {
            Some(other) => Some(span.0.cmp(&other.0)),
            None => span.0.as_secs_f64().partial_cmp(&(as_number(&number(b)?)? / 1e7)),
        };
    }
    if let Some(left) = as_text(a) {
        return Some(texts(&left, &text(b), exact));
    }
    if let Ok(flag) = a.as_bool() {
        return Some(flag.cmp(&truth(b)));
    }
    if let Some(left) = as_number(a) {
        if b.is_unit() {
            return None;
        }
        return match (a.as_int(), number(b)?.as_int()) {
            (Ok(a), Ok(b)) => Some(a.cmp(&b)),
            _ => left.partial_cmp(&as_number(&number(b)?)?),
        };
    }
    None
}

/// Whether two single values are equal as PowerShell sees it.
pub fn same(a: &Dynamic, b: &Dynamic, exact: bool) -> bool {
    if a.is_unit() || b.is_unit() {
        return a.is_unit() && b.is_unit();
    }
    match order(a, b, exact) {
        Some(order) => order == Ordering::Equal,
        None => match (super::super::values::to_json(a), super::super::values::to_json(b)) {
            (Ok(a), Ok(b)) => (a.is_object() || a.is_array()) && a == b,
            _ => false,
        },
    }
}

/// Of a list, the elements that compare; whether that is true. Of one value, whether it compares.
fn any(a: &Dynamic, test: impl Fn(&Dynamic) -> Result<bool, Box<rhai::EvalAltResult>>) -> Outcome {
    match items(a) {
        Some(list) => {
            let mut kept = rhai::Array::new();
            for item in list {
                if test(&item)? {
                    kept.push(item);
                }
            }
            Ok(truth(&kept.into()).into())
        }
        None => Ok(test(a)?.into()),
    }
}

fn sized(a: &Dynamic, b: &Dynamic, exact: bool, wanted: fn(Ordering) -> bool) -> Outcome {
    any(a, |a| {
        // Nothing is neither more nor less: a missing date is not an old one.
        if a.is_unit() || b.is_unit() {
            let other = if a.is_unit() { b } else { a };
            return match other.is::<Date>() || other.is_unit() {
                true => Ok(false),
                false => {
                    Ok(wanted(order(&zero_like(a, b), &zero_like(b, a), exact).unwrap_or(Ordering::Equal)))
                }
            };
        }
        match order(a, b, exact) {
            Some(order) => Ok(wanted(order)),
            None => Err(invalid(format!("`{}` cannot be compared with `{}` by size", text(a), text(b)))),
        }
    })
}

/// What nothing counts as beside a number or text.
fn zero_like(value: &Dynamic, other: &Dynamic) -> Dynamic {
    match value.is_unit() {
        false => value.clone(),
        true if as_text(other).is_some() => String::new().into(),
        true => 0_i64.into(),
    }
}

fn compare(a: &Dynamic, b: &Dynamic) -> Outcome {
    let order = match (a.is_unit(), b.is_unit()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => order(a, b, true)
            .ok_or_else(|| invalid(format!("`{}` cannot be compared with `{}`", text(a), text(b))))?,
    };
    Ok(match order {
        Ordering::Less => -1_i64,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
    .into())
}

/// The order that lists are sorted in: nothing first, then by the kind of the left one.
pub fn sorting(a: &Dynamic, b: &Dynamic) -> Ordering {
    match (a.is_unit(), b.is_unit()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => order(a, b, false).unwrap_or_else(|| texts(&text(a), &text(b), false)),
    }
}

fn contains(list: &Dynamic, wanted: &Dynamic, exact: bool) -> bool {
    match items(list) {
        Some(list) => list.iter().any(|item| same(item, wanted, exact)),
        None => same(list, wanted, exact),
    }
}

/// What .NET calls the type of a value.
fn type_name(value: &Dynamic) -> &'static str {
    match value {
        _ if as_text(value).is_some() => "System.String",
        _ if value.is_int() => "System.Int64",
        _ if value.is_float() => "System.Double",
        _ if value.is_bool() => "System.Boolean",
        _ if value.is::<Date>() => "System.DateTime",
        _ if value.is::<Span>() => "System.TimeSpan",
        _ if value.is::<rhai::FnPtr>() => "System.Management.Automation.ScriptBlock",
        _ if items(value).is_some() => "System.Object[]",
        _ if value.is_map() => "System.Collections.Hashtable",
        _ => "System.Management.Automation.PSCustomObject",
    }
}

fn is_type(value: &Dynamic, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let wanted = wanted.trim_start_matches("system.").trim_start_matches("collections.");
    if value.is_unit() {
        return false;
    }
    match wanted {
        "object" => true,
        "string" => as_text(value).is_some(),
        "int" | "int32" | "long" | "int64" | "uint32" | "byte" | "short" => value.is_int(),
        "double" | "float" | "single" | "decimal" => value.is_float(),
        "valuetype" => value.is_int() || value.is_float() || value.is_bool() || value.is::<Date>(),
        "bool" | "boolean" | "switch" => value.is_bool(),
        "datetime" => value.is::<Date>(),
        "timespan" => value.is::<Span>(),
        "array" | "object[]" | "string[]" | "int[]" | "arraylist" | "ienumerable" | "ilist"
        | "icollection" => items(value).is_some(),
        "hashtable" | "idictionary" | "ordered" | "specialized.ordereddictionary" => value.is_map(),
        "scriptblock" => value.is::<rhai::FnPtr>(),
        "psobject"
        | "pscustomobject"
        | "management.automation.psobject"
        | "management.automation.pscustomobject" => {
            value.is_map()
                || value.is::<super::super::record::Record>()
                || value.is::<super::super::rows::RowValue>()
        }
        _ => false,
    }
}

pub fn register(module: &mut Module) {
    for (suffix, exact) in [("", false), ("_exact", true)] {
        native!(module, format!("eq{suffix}"), |a, b| any(&a, |a| Ok(same(a, &b, exact))));
        native!(module, format!("ne{suffix}"), |a, b| any(&a, |a| Ok(!same(a, &b, exact))));
        native!(module, format!("lt{suffix}"), |a, b| sized(&a, &b, exact, Ordering::is_lt));
        native!(module, format!("le{suffix}"), |a, b| sized(&a, &b, exact, Ordering::is_le));
        native!(module, format!("gt{suffix}"), |a, b| sized(&a, &b, exact, Ordering::is_gt));
        native!(module, format!("ge{suffix}"), |a, b| sized(&a, &b, exact, Ordering::is_ge));
        native!(module, format!("contains{suffix}"), |list, x| Ok(contains(&list, &x, exact).into()));
        native!(module, format!("is_in{suffix}"), |x, list| Ok(contains(&list, &x, exact).into()));
    }
    native!(module, "compare", |a, b| compare(&a, &b));
    native!(module, "truth", |x| Ok(truth(&x).into()));
    native!(module, "is_type", |x, name| Ok(is_type(&x, &text(&name)).into()));
    native!(module, "type_of", |x| {
        if x.is_unit() {
            return Err(invalid("nothing, (), has no type")).map(|()| x.clone());
        }
        let full = type_name(&x);
        let mut map = Map::new();
        map.insert("name".into(), full.rsplit('.').next().unwrap_or(full).to_owned().into());
        map.insert("fullName".into(), full.to_owned().into());
        Ok(map.into())
    });
}
