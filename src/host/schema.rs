//! Arguments held against a verb's schema, in one place: every problem at once, in words; what a spreadsheet cell means is put right.

use serde_json::{Map, Value, json};

use crate::problem::{Kind, Problem};
use crate::verbs::{Card, Entry};

/// The arguments as the options type takes them, or all that is wrong with them.
pub fn check(entry: &Entry, arguments: Map<String, Value>) -> Result<Value, Vec<Problem>> {
    let schema = entry.schema();
    let mut problems = Vec::new();
    let mut object = Map::new();
    let known = schema["properties"].as_object();
    for (name, value) in arguments {
        match known.and_then(|known| known.get(&name)) {
            Some(expected) => {
                if let Some(value) = fit(&name, value, expected, &mut problems) {
                    object.insert(name, value);
                }
            }
            None => problems.push(unknown(&entry.card, &name, &value, known)),
        }
    }
    for name in required(schema).filter(|name| !object.contains_key(*name)) {
        if !problems.iter().any(|problem| problem.option.as_deref() == Some(name)) {
            problems.push(missing(&entry.card, name));
        }
    }
    if problems.is_empty() { Ok(Value::Object(object)) } else { Err(problems) }
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn invalid(option: &str, message: String) -> Problem {
    Problem::new(Kind::InvalidOption, message).option(option)
}

fn unknown(card: &Card, name: &str, value: &Value, known: Option<&Map<String, Value>>) -> Problem {
    let options = || {
        known
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .filter(|name| !card.positional.contains(name))
    };
    if let Some(shape) = card.returns.shape().filter(|shape| shape.knows(name)) {
        return invalid(name, format!("`{name}` cannot be set: it is read-only in a {}", shape.name));
    }
    let problem = invalid(name, format!("there is no option `{name}`"));
    let _ = value;
    match crate::words::nearest(name, options()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None if options().next().is_none() => problem.hint(format!("`{}` takes no options", card.name)),
        None => problem.hint(format!("`{}` takes {}", card.name, options().collect::<Vec<_>>().join(", "))),
    }
}

fn missing(card: &Card, name: &str) -> Problem {
    let what = if card.positional.contains(&name) { "argument" } else { "option" };
    invalid(name, format!("the {what} `{name}` is missing")).hint("an empty cell, (), counts as not given")
}

/// A value as the schema takes it; `None` where it was left out or does not fit.
fn fit(path: &str, value: Value, schema: &Value, problems: &mut Vec<Problem>) -> Option<Value> {
    if value.is_null() {
        return None;
    }
    if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        let real: Vec<&Value> = choices.iter().filter(|choice| choice["type"] != "null").collect();
        if let [only] = real.as_slice() {
            return fit(path, value, only, problems);
        }
        let constants: Vec<&Value> = real.iter().filter_map(|choice| choice.get("const")).collect();
        return one_of(path, value, &constants, problems);
    }
    if let Some(constants) = schema.get("enum").and_then(Value::as_array) {
        return one_of(
            path,
            value,
            &constants.iter().filter(|constant| !constant.is_null()).collect::<Vec<_>>(),
            problems,
        );
    }
    if schema.get("x-names").is_some() {
        return match &value {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(_) | Value::Object(_) => Some(value),
            _ => refuse(path, &value, schema, problems),
        };
    }
    let kinds = kinds(schema);
    if kinds.is_empty() {
        return Some(value);
    }
    let wants = |kind: &str| kinds.contains(&kind);
    match value {
        Value::String(text) if wants("string") => text_fits(path, text, schema, problems),
        Value::String(text) if wants("boolean") => match text.trim().to_lowercase().as_str() {
            "true" | "yes" => Some(json!(true)),
            "false" | "no" => Some(json!(false)),
            _ => refuse(path, &Value::String(text), schema, problems),
        },
        Value::String(text) if wants("integer") || wants("number") => match text.trim().parse::<i64>() {
            Ok(number) => fit(path, json!(number), schema, problems),
            Err(_) => refuse(path, &Value::String(text), schema, problems),
        },
        Value::Number(number) if wants("integer") || wants("number") => {
            let whole = number.is_i64() || number.is_u64();
            if wants("integer") && !whole {
                return refuse(path, &Value::Number(number), schema, problems);
            }
            in_range(path, &number, schema, problems).then_some(Value::Number(number))
        }
        Value::Number(number) if wants("string") => text_fits(path, number.to_string(), schema, problems),
        Value::Bool(flag) if wants("boolean") => Some(Value::Bool(flag)),
        Value::Array(values) if wants("array") => {
            let items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
            let fitted = values
                .into_iter()
                .enumerate()
                .filter_map(|(n, value)| fit(&format!("{path}[{n}]"), value, &items, problems));
            Some(fitted.collect())
        }
        Value::Object(map) if wants("object") => {
            Some(Value::Object(object_fits(path, map, schema, problems)))
        }
        // One thing where a list is taken is a list of one.
        single if wants("array") && !single.is_object() => {
            let items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
            fit(path, single, &items, problems).map(|value| json!([value]))
        }
        other => refuse(path, &other, schema, problems),
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => Vec::new(),
    }
}

fn object_fits(
    path: &str,
    map: Map<String, Value>,
    schema: &Value,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let known = schema["properties"].as_object();
    let mut object = Map::new();
    for (name, value) in map {
        let inner = format!("{path}.{name}");
        match known.and_then(|known| known.get(&name)) {
            Some(expected) => {
                if let Some(value) = fit(&inner, value, expected, problems) {
                    object.insert(name, value);
                }
            }
            None => {
                let problem = invalid(&inner, format!("there is no option `{inner}`"));
                let near =
                    crate::words::nearest(&name, known.into_iter().flat_map(Map::keys).map(String::as_str));
                problems.push(match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem,
                });
            }
        }
    }
    object
}

fn one_of(path: &str, value: Value, constants: &[&Value], problems: &mut Vec<Problem>) -> Option<Value> {
    // Letter case does not count in Microsoft's enumerations.
    if let Some(text) = value.as_str()
        && let Some(known) = constants
            .iter()
            .find(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(text.trim())))
    {
        return Some((*known).clone());
    }
    let names: Vec<String> =
        constants.iter().filter_map(|known| known.as_str()).map(|known| format!("`{known}`")).collect();
    problems.push(with_value(
        invalid(path, format!("`{path}` takes {}, and got {}", names.join(" or "), shown(&value))),
        &value,
    ));
    None
}

fn text_fits(path: &str, text: String, schema: &Value, problems: &mut Vec<Problem>) -> Option<Value> {
    let refuse = |message: String| invalid(path, message).value(&text);
    let length = text.chars().count();
    let problem = match schema.get("format").and_then(Value::as_str) {
        Some("email") if !is_address(text.trim()) => Some(
            refuse(format!("`{text}` is not an e-mail address"))
                .hint("addresses look like `ann@fabrikam.example`"),
        ),
        Some("uri")
            if url::Url::parse(text.trim()).map_or(true, |url| !matches!(url.scheme(), "https" | "http")) =>
        {
            Some(refuse(format!("`{text}` is not a web address")).hint("web addresses begin with `https://`"))
        }
        Some("date-time") if super::date::parse(&text).is_none() => Some(
            refuse(format!("`{text}` is not a date"))
                .hint("dates look like `2026-03-31`, or come from days_ago(90)"),
        ),
        _ => None,
    };
    let problem = problem.or_else(|| match (schema["minLength"].as_u64(), schema["maxLength"].as_u64()) {
        (_, Some(most)) if length as u64 > most => {
            Some(refuse(format!("`{path}` takes up to {most} characters, and got {length}")))
        }
        (Some(least), _) if (length as u64) < least => Some(refuse(format!(
            "`{path}` takes at least {}, and got none",
            crate::words::count(least as usize, "character")
        ))),
        _ => None,
    });
    // The only patterns there are: two letters.
    let problem = problem.or_else(|| {
        let two_letters = schema["pattern"] == "^[A-Za-z]{2}$";
        (two_letters && !(text.trim().len() == 2 && text.trim().bytes().all(|b| b.is_ascii_alphabetic())))
            .then(|| {
                refuse(format!("`{path}` takes two letters, and got `{text}`"))
                    .hint("a country of ISO 3166, such as `DE` or `US`")
            })
    });
    match problem {
        Some(problem) => {
            problems.push(problem);
            None
        }
        None if schema.get("format").is_some() && schema["format"] == "date-time" => {
            super::date::parse(&text).map(|date| json!(date.to_string()))
        }
        None if schema.get("format").is_some() || schema.get("pattern").is_some() => Some(json!(text.trim())),
        None => Some(Value::String(text)),
    }
}

fn in_range(path: &str, number: &serde_json::Number, schema: &Value, problems: &mut Vec<Problem>) -> bool {
    let value = number.as_f64().unwrap_or_default();
    let low =
        schema["minimum"].as_f64().filter(|least| value < *least).map(|least| format!("at least {least}"));
    let high = schema["maximum"].as_f64().filter(|most| value > *most).map(|most| format!("at most {most}"));
    match low.or(high) {
        Some(bound) => {
            problems.push(invalid(path, format!("`{path}` takes {bound}, and got {number}")));
            false
        }
        None => true,
    }
}

fn refuse(path: &str, value: &Value, schema: &Value, problems: &mut Vec<Problem>) -> Option<Value> {
    problems.push(with_value(
        invalid(path, format!("`{path}` takes {}, and got {}", takes(schema), shown(value))),
        value,
    ));
    None
}

fn with_value(problem: Problem, value: &Value) -> Problem {
    match value.as_str() {
        Some(text) => problem.value(text),
        None => problem,
    }
}

/// What a schema takes, in words.
pub fn takes(schema: &Value) -> String {
    if let Some(words) = schema.get("x-takes").and_then(Value::as_str) {
        return words.to_owned();
    }
    if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        let real: Vec<&Value> = choices.iter().filter(|choice| choice["type"] != "null").collect();
        if let [only] = real.as_slice() {
            return takes(only);
        }
        let names: Vec<String> = real
            .iter()
            .filter_map(|choice| choice["const"].as_str())
            .map(|name| format!("`{name}`"))
            .collect();
        return names.join(" or ");
    }
    if let Some(constants) = schema.get("enum").and_then(Value::as_array) {
        return constants
            .iter()
            .filter_map(Value::as_str)
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let one = |kind: &str| match kind {
        "string" => match schema.get("format").and_then(Value::as_str) {
            Some("email") => "an e-mail address".to_owned(),
            Some("uri") => "a web address".to_owned(),
            Some("date-time") => "a date".to_owned(),
            _ => "text".to_owned(),
        },
        "boolean" => "true or false".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "array" => match schema.get("items") {
            Some(items) if items.get("x-names").is_some() => format!("an array, each {}", takes(items)),
            Some(items) if items.get("type").is_some() => {
                format!("an array of {}", takes(items).trim_start_matches("an ").trim_start_matches("a "))
            }
            _ => "an array".to_owned(),
        },
        "object" => "a map".to_owned(),
        other => other.to_owned(),
    };
    match kinds(schema).as_slice() {
        [] => "any value".to_owned(),
        kinds => kinds.iter().map(|kind| one(kind)).collect::<Vec<_>>().join(" or "),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

/// Whether text can be an address: what is surely wrong is caught here, the rest is the service's to say.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(char::is_whitespace)
            && !part.contains(['@', ',', ';', '<', '>', '(', ')', '"', '\\', ':'])
    };
    let labels_fit =
        domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    plain(local)
        && plain(domain)
        && local.len() <= 64
        && domain.contains('.')
        && labels_fit
        && !local.starts_with('.')
        && !local.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn messages(name: &str, given: Value) -> Vec<String> {
        let entry = crate::catalogue::find(name).unwrap();
        check(entry, arguments(given)).unwrap_err().into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let told = messages(
            "new_invitation",
            json!({ "invitedUserEmailAddres": "a@b.example", "sendInvitationMessage": "perhaps" }),
        );
        assert_eq!(
            told,
            [
                "there is no option `invitedUserEmailAddres`",
                "`sendInvitationMessage` takes true or false, and got the text `perhaps`",
                "the option `invitedUserEmailAddress` is missing",
            ]
        );
    }

    #[test]
    fn a_cell_says_yes_as_well_as_true() {
        let entry = crate::catalogue::find("new_invitation").unwrap();
        let given = json!({ "invitedUserEmailAddress": " ann@fabrikam.example ", "sendInvitationMessage": "TRUE", "invitedUserDisplayName": null });
        let fitted = check(entry, arguments(given)).unwrap();
        assert_eq!(
            fitted,
            json!({ "invitedUserEmailAddress": "ann@fabrikam.example", "sendInvitationMessage": true })
        );
    }

    #[test]
    fn addresses_are_told_from_what_cannot_be_one() {
        for good in ["ann@fabrikam.example", "conan.o'neill@x.example", "a+b@sub.fabrikam.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "ann@fabrikam",
            "ann",
            "@fabrikam.example",
            "ann@",
            "a b@x.example",
            "a@x..example",
            "a@b@x.example",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn enumerations_do_not_mind_letter_case() {
        let entry = crate::catalogue::find("new_invitation").unwrap();
        let given = json!({ "invitedUserEmailAddress": "a@b.example", "invitedUserType": "guest" });
        assert_eq!(check(entry, arguments(given)).unwrap()["invitedUserType"], "Guest");
    }
}
