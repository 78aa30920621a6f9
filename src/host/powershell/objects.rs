//! Properties in any letter case and by old names, whatever kind of object has them.

use rhai::{Array, Dynamic, ImmutableString, Map, Module};

use super::super::date::{Date, Span};
use super::super::errors::Thrown;
use super::super::record::Record;
use super::super::rows::RowValue;
use super::super::values::{from_json, to_json};
use super::lists::{count, items};
use super::text::{as_text, text};
use super::{Outcome, invalid, native};

/// Old names of what objects of the directory have, where only the running script knows which object it is.
const OLD: &[(&str, &[&str])] = &[
    ("objectid", &["id"]),
    ("userstate", &["externalUserState"]),
    ("userstatechangedon", &["externalUserStateChangeDateTime"]),
    ("whencreated", &["createdDateTime"]),
    ("refreshtokensvalidfromdatetime", &["signInSessionsValidFromDateTime"]),
    ("telephonenumber", &["businessPhones"]),
    ("mobile", &["mobilePhone"]),
    ("physicaldeliveryofficename", &["officeLocation"]),
    ("accountskuid", &["skuPartNumber"]),
    ("resourceid", &["id"]),
    ("resourcegroupname", &["resourceGroup"]),
    ("resourcetype", &["type"]),
    ("primarysmtpaddress", &["mail"]),
    ("firstname", &["givenName"]),
    ("lastname", &["surname"]),
    ("title", &["jobTitle"]),
    ("office", &["officeLocation"]),
    ("objecttype", &["type"]),
    ("upn", &["userPrincipalName"]),
];

fn old_names(name: &str) -> &'static [&'static str] {
    OLD.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map_or(&[], |(_, names)| names)
}

/// The name that an object has for what is asked for.
fn own_name<'a>(names: impl Iterator<Item = &'a str> + Clone, wanted: &str) -> Option<&'a str> {
    let same = |wanted: &str| names.clone().find(|name| name.eq_ignore_ascii_case(wanted));
    same(wanted).or_else(|| old_names(wanted).iter().find_map(|old| same(old)))
}

/// The property of a value, `()` where it has none.
pub fn get(value: &Dynamic, name: &str) -> Outcome {
    if value.is_unit() {
        return Ok(Dynamic::UNIT);
    }
    if let Some(record) = value.read_lock::<Record>() {
        if name.eq_ignore_ascii_case("additionalProperties") {
            return Ok(value.clone());
        }
        let own = own_name(record.current.keys().map(String::as_str), name);
        let found = own.and_then(|own| record.current.get_key_value(own));
        return Ok(match found {
            Some((own, found)) => from_json(own, found, record.shape.and_then(|shape| shape.nested(own))),
            None if matches!(name.to_lowercase().as_str(), "count" | "length") => 1_i64.into(),
            None => Dynamic::UNIT,
        });
    }
    if let Some(map) = value.read_lock::<Map>() {
        let own = own_name(map.keys().map(|key| key.as_str()), name);
        return Ok(match own.and_then(|own| map.get(own)) {
            Some(found) => found.flatten_clone(),
            None => match name.to_lowercase().as_str() {
                "count" | "length" => count(value).into(),
                "keys" => map.keys().map(|key| Dynamic::from(key.to_string())).collect::<Array>().into(),
                "values" => map.values().map(Dynamic::flatten_clone).collect::<Array>().into(),
                _ => Dynamic::UNIT,
            },
        });
    }
    if let Some(row) = value.read_lock::<RowValue>() {
        let names = row.0.table().columns().iter().map(|column| column.name());
        if row.0.table().find(name).is_none() && own_name(names, name).is_none() {
            return Ok(Dynamic::UNIT);
        }
        let own = own_name(row.0.table().columns().iter().map(|column| column.name()), name).unwrap_or(name);
        return Ok(match row.0.get(own) {
            Ok(Some(cell)) => cell.into_owned().into(),
            _ => Dynamic::UNIT,
        });
    }
    if let Some(list) = items(value) {
        if matches!(name.to_lowercase().as_str(), "count" | "length" | "longlength") {
            return Ok(count(value).into());
        }
        // Of each element, and what is nothing is left out.
        let mut found = Array::new();
        for item in &list {
            let of_one = get(item, name)?;
            match items(&of_one) {
                Some(several) => found.extend(several),
                None if of_one.is_unit() => {}
                None => found.push(of_one),
            }
        }
        return Ok(super::lists::one(&found.into()));
    }
    of_value(value, &name.to_lowercase())
}

/// Properties of what is no object.
fn of_value(value: &Dynamic, name: &str) -> Outcome {
    if let Some(error) = value.read_lock::<Thrown>() {
        let map = error.0.to_json();
        let own = match name {
            "exception" | "errordetails" => return Ok(value.clone()),
            "fullyqualifiederrorid" => "code",
            other => other,
        };
        let found = map.as_object().and_then(|map| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(own)));
        return Ok(found.map_or(Dynamic::UNIT, |(key, value)| from_json(key, value, None)));
    }
    if let Some(date) = value.read_lock::<Date>() {
        let part =
            |format: &str| super::dates::formatted(*date, format).and_then(|text| text.parse::<i64>().ok());
        let number = match name {
            "year" => part("yyyy"),
            "month" => part("%M"),
            "day" => part("%d"),
            "hour" => part("%H"),
            "minute" => part("%m"),
            "second" => part("%s"),
            "millisecond" => part("fff"),
            _ => None,
        };
        return Ok(match (number, name) {
            (Some(number), _) => number.into(),
            (None, "dayofweek") => super::dates::formatted(*date, "dddd").unwrap_or_default().into(),
            _ => Dynamic::UNIT,
        });
    }
    if let Some(span) = value.read_lock::<Span>() {
        let seconds = span.0.as_secs_f64();
        let whole = span.0.as_secs();
        return Ok(match name {
            "days" => (whole / 86_400).into(),
            "hours" => (whole / 3600 % 24).into(),
            "minutes" => (whole / 60 % 60).into(),
            "seconds" => (whole % 60).into(),
            "totaldays" => (seconds / 86_400.0).into(),
            "totalhours" => (seconds / 3600.0).into(),
            "totalminutes" => (seconds / 60.0).into(),
            "totalseconds" => seconds.into(),
            "totalmilliseconds" => (seconds * 1000.0).into(),
            _ => Dynamic::UNIT,
        });
    }
    if let Some(text) = as_text(value) {
        return Ok(match name {
            "length" => i64::try_from(text.chars().count()).unwrap_or(i64::MAX).into(),
            "count" => 1_i64.into(),
            // Parts of a version.
            "major" | "minor" | "build" => {
                let place = ["major", "minor", "build"].iter().position(|part| *part == name).unwrap_or(0);
                let number = text.split('.').nth(place).and_then(|part| part.parse::<i64>().ok());
                number.map_or(Dynamic::UNIT, Dynamic::from)
            }
            // An address that Exchange has as an object with parts.
            "address" | "value" => value.clone(),
            _ => Dynamic::UNIT,
        });
    }
    Ok(if matches!(name, "count" | "length") { 1_i64.into() } else { Dynamic::UNIT })
}

/// The object or map with the property set, under the name that it has in any letter case.
fn set(value: &Dynamic, name: &str, what: &Dynamic) -> Outcome {
    if let Some(map) = value.read_lock::<Map>() {
        let mut map = map.clone();
        let own = map.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
        map.insert(own.unwrap_or_else(|| name.into()), what.clone());
        return Ok(map.into());
    }
    let mut record = match value.read_lock::<Record>() {
        Some(record) => record.clone(),
        None => match to_json(value) {
            Ok(serde_json::Value::Object(map)) => Record::new(None, map),
            _ => return Err(invalid(format!("`{}` is no object: it takes no properties", text(value)))),
        },
    };
    let own = own_name(record.current.keys().map(String::as_str), name).unwrap_or(name).to_owned();
    let what = to_json(what).map_err(super::thrown)?;
    std::sync::Arc::make_mut(&mut record.current).insert(own, what);
    Ok(Dynamic::from(record))
}

/// Names and values of a map or an object.
pub fn entries(value: &Dynamic) -> Outcome {
    let pairs: Vec<(String, Dynamic)> = if let Some(map) = value.read_lock::<Map>() {
        map.iter().map(|(name, value)| (name.to_string(), value.flatten_clone())).collect()
    } else if let Some(list) = items(value) {
        return Ok(list.into());
    } else {
        match to_json(value) {
            Ok(serde_json::Value::Object(map)) => {
                map.iter().map(|(name, value)| (name.clone(), from_json(name, value, None))).collect()
            }
            _ => Vec::new(),
        }
    };
    let shown = |(name, value): (String, Dynamic)| {
        let mut map = Map::new();
        map.insert("key".into(), name.clone().into());
        map.insert("name".into(), name.into());
        map.insert("value".into(), value);
        Dynamic::from(map)
    };
    Ok(pairs.into_iter().map(shown).collect::<Array>().into())
}

fn has(value: &Dynamic, wanted: &Dynamic) -> bool {
    if let Some(list) = items(value) {
        return list.iter().any(|item| super::compare::same(item, wanted, true));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let wanted = text(wanted);
        return map.keys().any(|key| key.eq_ignore_ascii_case(&wanted));
    }
    if let Some(record) = value.read_lock::<Record>() {
        return own_name(record.current.keys().map(String::as_str), &text(wanted)).is_some();
    }
    if let Some(row) = value.read_lock::<RowValue>() {
        return row.0.table().find(&text(wanted)).is_some();
    }
    as_text(value).is_some_and(|whole: ImmutableString| whole.contains(&text(wanted)))
}

/// `[0]`, `[-1]`, `["Name"]`; `()` beyond the end.
fn item(value: &Dynamic, index: &Dynamic) -> Outcome {
    let at = index.as_int().ok();
    let place = |len: usize| {
        let len = i64::try_from(len).ok()?;
        let at = at?;
        usize::try_from(if at < 0 { len + at } else { at }).ok()
    };
    if let Some(list) = items(value) {
        if let Some(indexes) = items(index) {
            return Ok(indexes.iter().map(|index| item(value, index)).collect::<Result<Array, _>>()?.into());
        }
        return match at {
            Some(_) => {
                Ok(place(list.len()).and_then(|place| list.get(place).cloned()).unwrap_or(Dynamic::UNIT))
            }
            None => get(value, &text(index)),
        };
    }
    if let (Some(whole), Some(_)) = (as_text(value), at) {
        let letters: Vec<char> = whole.chars().collect();
        let letter = place(letters.len()).and_then(|place| letters.get(place).copied());
        return Ok(letter.map_or(Dynamic::UNIT, |letter| letter.to_string().into()));
    }
    match at {
        Some(0 | -1) if !value.is_map() && !value.is_unit() => Ok(value.clone()),
        _ => get(value, &text(index)),
    }
}

pub fn register(module: &mut Module) {
    native!(module, "get", |x, name| get(&x, &text(&name)));
    native!(module, "set", |x, name, value| set(&x, &text(&name), &value));
    native!(module, "has", |x, wanted| Ok(has(&x, &wanted).into()));
    native!(module, "item", |x, index| item(&x, &index));
}
