//! Columns of objects: chosen, worked out, held against each other.

use rhai::{Array, Dynamic, FnPtr, Map, Module, NativeCallContext};

use super::super::record::Record;
use super::super::values::{from_json, to_json};
use super::lists::{each, items};
use super::text::text;
use super::{Outcome, native, objects, patterns};

/// A column: a property, a pattern of names, or a name with a closure that works the value out.
enum Column {
    Named(String),
    Every(String),
    Worked(String, FnPtr),
}

fn column(value: &Dynamic) -> Result<Option<Column>, Box<rhai::EvalAltResult>> {
    if let Some(map) = value.read_lock::<Map>() {
        let whole = Dynamic::from(map.clone());
        let name = ["name", "n", "label", "l"]
            .iter()
            .find_map(|key| objects::get(&whole, key).ok().filter(|name| !name.is_unit()));
        let worked = ["value", "expression", "e"]
            .iter()
            .find_map(|key| objects::get(&whole, key).ok().filter(|value| !value.is_unit()));
        let name = name.map(|name| text(&name)).unwrap_or_default();
        return Ok(match worked {
            Some(worked) => match worked.read_lock::<FnPtr>() {
                Some(f) => Some(Column::Worked(name, f.clone())),
                None => Some(Column::Named(text(&worked))),
            },
            None => None,
        });
    }
    let name = text(value);
    Ok(Some(if name.contains(['*', '?']) { Column::Every(name) } else { Column::Named(name) }))
}

/// Properties of an object that a pattern names, in the object's order.
fn named(item: &Dynamic, pattern: &str) -> Result<Vec<(String, Dynamic)>, Box<rhai::EvalAltResult>> {
    let pattern = patterns::wildcard(pattern, false)?;
    let Ok(serde_json::Value::Object(map)) = to_json(item) else { return Ok(Vec::new()) };
    Ok(map
        .iter()
        .filter(|(name, _)| pattern.is_match(name))
        .map(|(name, value)| (name.clone(), from_json(name, value, None)))
        .collect())
}

fn narrowed(context: &NativeCallContext, item: &Dynamic, columns: &[Column], without: &[String]) -> Outcome {
    let mut object = serde_json::Map::new();
    let mut put = |name: &str, value: &Dynamic| -> Result<(), Box<rhai::EvalAltResult>> {
        let out = without
            .iter()
            .map(|pattern| patterns::wildcard(pattern, false))
            .collect::<Result<Vec<_>, _>>()?;
        if !out.iter().any(|pattern| pattern.is_match(name)) {
            object.insert(name.to_owned(), to_json(value).map_err(super::thrown)?);
        }
        Ok(())
    };
    for column in columns {
        match column {
            Column::Named(name) => put(name, &objects::get(item, name)?)?,
            Column::Every(pattern) => {
                for (name, value) in named(item, pattern)? {
                    put(&name, &value)?;
                }
            }
            Column::Worked(name, f) => {
                put(name, &f.call_within_context::<Dynamic>(context, (item.clone(),))?)?
            }
        }
    }
    Ok(Dynamic::from(Record::new(None, object)))
}

/// Objects with these columns alone, in this order; what one of them lacks is empty.
fn select(context: &NativeCallContext, list: &Dynamic, columns: &Dynamic, without: &Dynamic) -> Outcome {
    let mut wanted = Vec::new();
    for value in each(columns) {
        wanted.extend(column(&value)?);
    }
    let without: Vec<String> = each(without).iter().map(text).collect();
    if wanted.is_empty() {
        wanted.push(Column::Every("*".to_owned()));
    }
    let narrow = |item: &Dynamic| narrowed(context, item, &wanted, &without);
    match items(list) {
        Some(list) => Ok(list.iter().map(narrow).collect::<Result<Array, _>>()?.into()),
        None if list.is_unit() => Ok(Dynamic::UNIT),
        None => narrow(list),
    }
}

/// What only one side has: `=>` for the second, `<=` for the first, `==` for both.
fn compare(first: &Dynamic, second: &Dynamic, properties: &Dynamic, both: bool) -> Outcome {
    let names: Vec<String> = each(properties).iter().map(text).collect();
    let mark = |item: &Dynamic| -> Result<String, Box<rhai::EvalAltResult>> {
        let values: Vec<String> = match names.is_empty() {
            true => vec![text(item)],
            false => names
                .iter()
                .map(|name| objects::get(item, name).map(|value| text(&value)))
                .collect::<Result<_, _>>()?,
        };
        Ok(values.join("\n").to_lowercase())
    };
    let mut left: Vec<(String, Dynamic)> = Vec::new();
    for item in each(first) {
        left.push((mark(&item)?, item));
    }
    let mut out = Array::new();
    let shown = |item: &Dynamic, sign: &str| -> Outcome {
        let mut map = Map::new();
        for name in &names {
            map.insert(name.as_str().into(), objects::get(item, name)?);
        }
        map.insert("inputObject".into(), item.clone());
        map.insert("sideIndicator".into(), sign.to_owned().into());
        Ok(map.into())
    };
    let mut right = Vec::new();
    for item in each(second) {
        let mark = mark(&item)?;
        match left.iter().position(|(other, _)| *other == mark) {
            Some(place) => {
                let (_, same) = left.remove(place);
                if both {
                    out.push(shown(&same, "==")?);
                }
            }
            None => right.push(item),
        }
    }
    for item in &right {
        out.push(shown(item, "=>")?);
    }
    for (_, item) in &left {
        out.push(shown(item, "<=")?);
    }
    Ok(out.into())
}

pub fn register(module: &mut Module) {
    native!(module, "select", context, |list, columns| select(&context, &list, &columns, &Dynamic::UNIT));
    native!(module, "select", context, |list, columns, without| select(&context, &list, &columns, &without));
    native!(module, "compare_objects", |first, second, properties, both| {
        compare(&first, &second, &properties, super::compare::truth(&both))
    });
}
