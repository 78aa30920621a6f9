//! One or several: PowerShell tells them apart only where it has to.

use indexmap::IndexMap;
use rhai::{Array, Dynamic, FnPtr, Map, Module, NativeCallContext};

use super::super::record::Record;
use super::super::rows::{RowValue, RowsValue};
use super::super::values::to_json;
use super::compare::{same, sorting};
use super::text::{as_number, number, text};
use super::{Outcome, dates, invalid, native, objects};

/// The elements of a list; `None` where it is none.
pub fn items(value: &Dynamic) -> Option<Vec<Dynamic>> {
    if let Some(array) = value.read_lock::<Array>() {
        return Some(array.iter().map(Dynamic::flatten_clone).collect());
    }
    let rows = value.read_lock::<RowsValue>()?;
    Some(rows.0.iter().map(|row| Dynamic::from(RowValue(row))).collect())
}

/// What a `foreach` goes through.
pub fn each(value: &Dynamic) -> Vec<Dynamic> {
    match items(value) {
        Some(items) => items,
        None if value.is_unit() => Vec::new(),
        None => vec![value.clone()],
    }
}

/// What a pipeline of these gives.
pub fn one(value: &Dynamic) -> Dynamic {
    match items(value) {
        Some(mut items) if items.len() < 2 => items.pop().unwrap_or(Dynamic::UNIT),
        _ => value.clone(),
    }
}

fn whole(value: &Dynamic) -> usize {
    number(value)
        .and_then(|number| number.as_int().ok())
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(0)
}

/// `+` on whatever the left side is.
fn add(a: &Dynamic, b: &Dynamic) -> Outcome {
    use super::super::date::{Date, Span};
    if a.is_unit() {
        return Ok(b.clone());
    }
    if let Some(mut list) = items(a) {
        list.extend(match items(b) {
            Some(more) => more,
            None => vec![b.clone()],
        });
        return Ok(list.into());
    }
    if a.is::<Date>() || a.is::<Span>() {
        let negative = match b.read_lock::<Span>() {
            Some(span) => Dynamic::from(Span(-span.0)),
            None => return Err(invalid(format!("`{}` cannot be added to a date", text(b)))),
        };
        return dates::subtract(a, &negative);
    }
    if let (Some(left), Some(right)) = (a.read_lock::<Map>(), b.read_lock::<Map>()) {
        let mut sum = left.clone();
        sum.extend(right.iter().map(|(name, value)| (name.clone(), value.clone())));
        return Ok(sum.into());
    }
    if as_number(a).is_some() || a.as_bool().is_ok() {
        let (Some(left), Some(right)) = (number(a), number(b)) else {
            return Err(invalid(format!("`{}` is no number", text(b))));
        };
        return match (left.as_int(), right.as_int()) {
            (Ok(left), Ok(right)) => {
                left.checked_add(right).map(Dynamic::from).ok_or_else(|| invalid("the sum is too large"))
            }
            _ => Ok((as_number(&left).unwrap_or(0.0) + as_number(&right).unwrap_or(0.0)).into()),
        };
    }
    match a.is::<rhai::ImmutableString>() || a.is_char() {
        true => Ok(format!("{}{}", text(a), text(b)).into()),
        // Objects become a list only where one of them is a list already.
        false => match items(b) {
            Some(more) => Ok(std::iter::once(a.clone()).chain(more).collect::<Array>().into()),
            None => Err(invalid("an object and something else make no sum: put them into a list, [a, b]")),
        },
    }
}

/// Whole where it comes out even, as PowerShell divides.
fn divide(a: &Dynamic, b: &Dynamic) -> Outcome {
    let (Some(left), Some(right)) = (number(a), number(b)) else {
        let wrong = if number(a).is_none() { a } else { b };
        return Err(invalid(format!("`{}` is no number", text(wrong))));
    };
    let divisor = as_number(&right).unwrap_or(0.0);
    if divisor == 0.0 {
        return Err(invalid("a number is divided by zero"));
    }
    match (left.as_int(), right.as_int()) {
        (Ok(left), Ok(right)) if left.checked_rem(right) == Some(0) => Ok((left / right).into()),
        _ => Ok((as_number(&left).unwrap_or(0.0) / divisor).into()),
    }
}

/// More than any script counts through.
const LONGEST: u64 = 4_000_000;

fn range(a: &Dynamic, b: &Dynamic) -> Outcome {
    let end = |value: &Dynamic| {
        number(value)
            .and_then(|number| {
                number
                    .as_int()
                    .ok()
                    .or_else(|| as_number(&number).map(|number| number.round_ties_even() as i64))
            })
            .ok_or_else(|| invalid(format!("`{}` is no number", text(value))))
    };
    let (from, to) = (end(a)?, end(b)?);
    if from.abs_diff(to) >= LONGEST {
        return Err(invalid(format!("a range has at most {LONGEST} numbers")));
    }
    let list: Array = match from <= to {
        true => (from..=to).map(Dynamic::from).collect(),
        false => (to..=from).rev().map(Dynamic::from).collect(),
    };
    Ok(list.into())
}

/// What an element is sorted or grouped by: a property, or what a closure says of it.
fn keyed(context: &NativeCallContext, item: &Dynamic, key: &Dynamic) -> Outcome {
    match key.read_lock::<FnPtr>() {
        Some(f) => f.call_within_context(context, (item.clone(),)),
        None => objects::get(item, &text(key)),
    }
}

fn keys_of(
    context: &NativeCallContext,
    item: &Dynamic,
    keys: &[Dynamic],
) -> Result<Vec<Dynamic>, Box<rhai::EvalAltResult>> {
    match keys {
        [] => Ok(vec![item.clone()]),
        keys => keys.iter().map(|key| keyed(context, item, key)).collect(),
    }
}

fn sort(context: &NativeCallContext, list: &Dynamic, keys: &Dynamic, descending: bool) -> Outcome {
    // A key may have a direction of its own: `#{ by: "name", descending: true }`.
    let (keys, flips): (Vec<Dynamic>, Vec<bool>) = each(keys)
        .into_iter()
        .map(|key| {
            let own = key.read_lock::<Map>().and_then(|map| {
                let by = map.get("by")?.flatten_clone();
                Some((by, map.get("descending").is_some_and(super::compare::truth)))
            });
            own.unwrap_or((key, descending))
        })
        .unzip();
    let mut keyed: Vec<(Vec<Dynamic>, Dynamic)> = Vec::new();
    for item in each(list) {
        keyed.push((keys_of(context, &item, &keys)?, item));
    }
    let flip = |at: usize| flips.get(at).copied().unwrap_or(descending);
    keyed.sort_by(|(a, _), (b, _)| {
        let orders = a.iter().zip(b).enumerate().map(|(at, (a, b))| match flip(at) {
            true => sorting(b, a),
            false => sorting(a, b),
        });
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(keyed.into_iter().map(|(_, item)| item).collect::<Array>().into())
}

/// Groups in the order in which they were met; text is the same in any letter case.
fn group(context: &NativeCallContext, list: &Dynamic, key: &Dynamic) -> Outcome {
    let keys = each(key);
    let mut groups: IndexMap<String, (String, Array)> = IndexMap::new();
    for item in each(list) {
        let values = keys_of(context, &item, &keys)?;
        let name = values.iter().map(text).collect::<Vec<_>>().join(", ");
        groups.entry(name.to_lowercase()).or_insert_with(|| (name, Array::new())).1.push(item);
    }
    let shown = |(name, group): (String, Array)| {
        let mut map = Map::new();
        map.insert("name".into(), name.into());
        map.insert("count".into(), i64::try_from(group.len()).unwrap_or(i64::MAX).into());
        map.insert("group".into(), group.into());
        Dynamic::from(map)
    };
    Ok(groups.into_values().map(shown).collect::<Array>().into())
}

fn unique(context: &NativeCallContext, list: &Dynamic, keys: &Dynamic) -> Outcome {
    let keys = each(keys);
    let mut seen = std::collections::HashSet::new();
    let mut kept = Array::new();
    for item in each(list) {
        let values = keys_of(context, &item, &keys)?;
        let mark: Vec<String> = values
            .iter()
            .map(|value| match items(value).is_some() || value.is_map() || value.is::<Record>() {
                true => to_json(value).map(|value| value.to_string()).unwrap_or_default(),
                false => text(value),
            })
            .collect();
        if seen.insert(mark) {
            kept.push(item);
        }
    }
    Ok(kept.into())
}

fn measure(context: &NativeCallContext, list: &Dynamic, key: &Dynamic) -> Outcome {
    let mut values = Vec::new();
    let mut count = 0_i64;
    for item in each(list) {
        let value = if key.is_unit() { item } else { keyed(context, &item, key)? };
        if !value.is_unit() {
            count += 1;
            values.push(value);
        }
    }
    let numbers: Vec<f64> =
        values.iter().filter_map(number).filter_map(|number| as_number(&number)).collect();
    let sum: f64 = numbers.iter().sum();
    let tidy = |number: f64| match number.fract() == 0.0 && number.abs() < 9.0e15 {
        true => Dynamic::from(number as i64),
        false => number.into(),
    };
    let mut map = Map::new();
    map.insert("count".into(), count.into());
    map.insert("sum".into(), if numbers.is_empty() { Dynamic::UNIT } else { tidy(sum) });
    map.insert(
        "average".into(),
        if numbers.is_empty() { Dynamic::UNIT } else { tidy(sum / numbers.len() as f64) },
    );
    let extreme = |wanted: std::cmp::Ordering| {
        let mut found: Option<&Dynamic> = None;
        for value in &values {
            if found.is_none_or(|found| sorting(value, found) == wanted) {
                found = Some(value);
            }
        }
        found.cloned().unwrap_or(Dynamic::UNIT)
    };
    map.insert("maximum".into(), extreme(std::cmp::Ordering::Greater));
    map.insert("minimum".into(), extreme(std::cmp::Ordering::Less));
    Ok(map.into())
}

/// Objects with these properties alone, in this order; what one of them lacks is empty.
fn without(list: &Dynamic, wanted: &Dynamic) -> Outcome {
    if let Some(map) = list.read_lock::<Map>() {
        let wanted = text(wanted);
        let kept: Map = map
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case(&wanted))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        return Ok(kept.into());
    }
    let mut list = each(list);
    if let Some(place) = list.iter().position(|item| same(item, wanted, true)) {
        drop(list.remove(place));
    }
    Ok(list.into())
}

pub fn count(value: &Dynamic) -> i64 {
    match (value.is_unit(), items(value)) {
        (true, _) => 0,
        (false, Some(items)) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        (false, None) => match value.read_lock::<Map>() {
            Some(map) => i64::try_from(map.len()).unwrap_or(i64::MAX),
            None => 1,
        },
    }
}

pub fn register(module: &mut Module) {
    native!(module, "each", |x| Ok(each(&x).into()));
    native!(module, "one", |x| Ok(one(&x)));
    native!(module, "count", |x| Ok(count(&x).into()));
    native!(module, "first", |x, n| Ok(each(&x).into_iter().take(whole(&n)).collect::<Array>().into()));
    native!(module, "last", |x, n| {
        let list = each(&x);
        let skipped = list.len().saturating_sub(whole(&n));
        Ok(list.into_iter().skip(skipped).collect::<Array>().into())
    });
    native!(module, "append", |list, x| {
        let mut list = each(&list);
        list.push(x.clone());
        Ok(list.into())
    });
    native!(module, "without", |list, x| without(&list, &x));
    native!(module, "add", |a, b| add(&a, &b));
    native!(module, "divide", |a, b| divide(&a, &b));
    native!(module, "range", |a, b| range(&a, &b));
    native!(module, "join", |list, separator| {
        let parts: Vec<String> = each(&list).iter().map(text).collect();
        Ok(parts.join(&text(&separator)).into())
    });
    native!(module, "sort", context, |list| sort(&context, &list, &Dynamic::UNIT, false));
    native!(module, "sort", context, |list, keys| sort(&context, &list, &keys, false));
    native!(module, "sort", context, |list, keys, descending| sort(
        &context,
        &list,
        &keys,
        super::compare::truth(&descending)
    ));
    native!(module, "group", context, |list, key| group(&context, &list, &key));
    native!(module, "unique", context, |list| unique(&context, &list, &Dynamic::UNIT));
    native!(module, "unique", context, |list, keys| unique(&context, &list, &keys));
    native!(module, "measure", context, |list| measure(&context, &list, &Dynamic::UNIT));
    native!(module, "measure", context, |list, key| measure(&context, &list, &key));
    native!(module, "entries", |map| objects::entries(&map));
}
