//! Binding: the parameters of a call held against those of the cmdlet, before the cmdlet runs.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Place;
use super::addresses::address;
use super::fault::Fault;
use super::parameters::{Choices, Kind, Parameter, Parameters};

/// Parameters that every cmdlet takes.
const COMMON: [&str; 14] = [
    "Confirm",
    "WhatIf",
    "Debug",
    "Verbose",
    "ErrorAction",
    "ErrorVariable",
    "InformationAction",
    "InformationVariable",
    "OutBuffer",
    "OutVariable",
    "PipelineVariable",
    "ProgressAction",
    "WarningAction",
    "WarningVariable",
];

/// Who calls, as far as a cmdlet wants to know.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub principal: Uuid,
    pub name: String,
    /// A user, not an application.
    pub person: bool,
    /// Where `X-AnchorMailbox` sends the call.
    pub anchor: Option<String>,
    /// Whether the cmdlet changes something.
    pub writes: bool,
}

/// The part of an answer that is asked for: so many objects behind a place. More than that need not be made.
#[derive(Clone, Debug)]
pub struct Window {
    pub after: Option<Place>,
    pub size: usize,
}

impl Window {
    pub const WHOLE: Window = Window { after: None, size: usize::MAX };

    pub fn holds(&self, place: &Place) -> bool {
        self.after.as_ref().is_none_or(|after| place > after)
    }
}

/// What was given, in the cmdlet's spelling. A null is kept: it clears.
#[derive(Debug)]
pub struct Bound {
    values: Map<String, Value>,
    pub caller: Caller,
    pub window: Window,
}

pub fn bind(given: Option<&Value>, known: Parameters, caller: Caller) -> Result<Bound, Fault> {
    let mut values = Map::new();
    let all = (1_u16 << known.sets) - 1;
    let mut sets = all;
    for (name, value) in given.and_then(Value::as_object).into_iter().flatten() {
        if name.contains("@odata") || name.contains("@data") {
            continue;
        }
        let found = known.list.iter().find(|known| known.name.eq_ignore_ascii_case(name));
        let (spelled, value) = match found {
            Some(parameter) => {
                sets &= parameter.sets;
                (parameter.name, converted(parameter, value)?)
            }
            None => match COMMON.iter().find(|common| common.eq_ignore_ascii_case(name)) {
                Some(common) => (*common, value.clone()),
                None => return Err(Fault::parameter(name)),
            },
        };
        values.insert(spelled.to_owned(), value);
    }
    if sets == 0 {
        return Err(Fault::sets());
    }
    let missing = |set: u32| {
        known
            .list
            .iter()
            .filter(move |parameter| parameter.needed_in & (1 << set) != 0)
            .filter(|parameter| !values.contains_key(parameter.name))
            .map(|parameter| parameter.name)
    };
    let mut fitting = (0..known.sets).filter(|set| sets & (1 << set) != 0);
    let first = fitting.clone().next().unwrap_or_default();
    if !fitting.any(|set| missing(set).next().is_none()) {
        return Err(Fault::mandatory(&missing(first).collect::<Vec<_>>()));
    }
    Ok(Bound { values, caller, window: Window::WHOLE })
}

/// The value as the cmdlet takes it, if it can be made into one.
fn converted(parameter: &Parameter, value: &Value) -> Result<Value, Fault> {
    let name = parameter.name;
    let refuse = |wanted: &str| Err(Fault::value(name, &shown(value), wanted));
    match (parameter.kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Kind::Switch, Value::Bool(_)) | (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        // PowerShell makes numbers into Booleans, texts never.
        (Kind::Boolean, Value::Number(number)) => Ok(json!(number.as_f64() != Some(0.0))),
        (Kind::Switch, _) => refuse("System.Management.Automation.SwitchParameter"),
        (Kind::Boolean, _) => refuse("System.Boolean"),
        (Kind::Number, _) => match number(value) {
            Some(number) => Ok(json!(number)),
            None => refuse("System.Int32"),
        },
        (Kind::Unlimited, Value::String(text)) if text.eq_ignore_ascii_case("unlimited") => {
            Ok(json!("Unlimited"))
        }
        (Kind::Unlimited, _) => match number(value).and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Ok(json!(number)),
            None => refuse("Microsoft.Exchange.Data.Unlimited`1[System.UInt32]"),
        },
        (Kind::Guid, _) => match value.as_str().map(Uuid::try_parse) {
            Some(Ok(id)) => Ok(json!(id.to_string())),
            _ => refuse("System.Guid"),
        },
        (Kind::Date, _) => match value.as_str().and_then(moment) {
            Some(_) => Ok(value.clone()),
            None => refuse("System.DateTime"),
        },
        (Kind::Choice(choices), _) => choice(parameter, choices, &shown(value)).map(Value::String),
        (Kind::Choices(choices), Value::Array(items)) => {
            items.iter().map(|item| choice(parameter, choices, &shown(item)).map(Value::String)).collect()
        }
        (Kind::Choices(choices), _) => {
            let names = shown(value);
            names.split(',').map(|one| choice(parameter, choices, one.trim()).map(Value::String)).collect()
        }
        (Kind::Address, _) => match value.as_str().map(address) {
            Some(Ok(_)) => Ok(value.clone()),
            _ => refuse("Microsoft.Exchange.Data.SmtpAddress"),
        },
        (Kind::Proxy, Value::String(_)) => Ok(value.clone()),
        (Kind::Proxy, _) => refuse("Microsoft.Exchange.Data.ProxyAddress"),
        (Kind::Proxies, _) => values(value)
            .map_or_else(|| refuse("Microsoft.Exchange.Data.ProxyAddressCollection"), |()| Ok(value.clone())),
        (Kind::List, _) => values(value)
            .map_or_else(|| refuse("Microsoft.Exchange.Data.MultiValuedProperty`1"), |()| Ok(value.clone())),
        (Kind::Text(longest), Value::String(text)) => {
            let length = text.chars().count();
            if longest > 0 && length > longest {
                return Err(Fault::too_long(name, longest, length));
            }
            Ok(value.clone())
        }
        (Kind::Text(_), Value::Number(_) | Value::Bool(_)) => Ok(json!(shown(value))),
        (Kind::Text(_), _) => refuse("System.String"),
    }
}

/// Something where a list is wanted: plain values, or a table that adds and removes plain values.
fn values(value: &Value) -> Option<()> {
    let plain = |value: &Value| !value.is_array() && !value.is_object();
    match value {
        Value::Array(items) => items.iter().all(plain).then_some(()),
        Value::Object(table) => table
            .iter()
            .filter(|(key, _)| !key.contains('@'))
            .all(|(key, value)| {
                ["add", "remove"].contains(&key.to_ascii_lowercase().as_str())
                    && (plain(value) || value.as_array().is_some_and(|items| items.iter().all(plain)))
            })
            .then_some(()),
        _ => Some(()),
    }
}

fn number(value: &Value) -> Option<i64> {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    i32::try_from(number).ok().map(i64::from)
}

fn choice(parameter: &Parameter, choices: &Choices, given: &str) -> Result<String, Fault> {
    let found = choices.names.iter().find(|name| name.eq_ignore_ascii_case(given));
    found.map(|name| (*name).to_owned()).ok_or_else(|| Fault::choice(parameter.name, given, choices))
}

/// A value as a message quotes it.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A moment as scripts write it: `2026-01-31T08:00:00Z`, `2026-01-31`, `01/31/2026`, `1/31/2026 8:00:00 AM`; UTC
/// where nothing else is said.
pub fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let utc =
        |civil: jiff::civil::DateTime| civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
        return utc(civil);
    }
    const FORMS: [&str; 5] =
        ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y"];
    FORMS.iter().find_map(|form| {
        let read = jiff::fmt::strtime::parse(form, text).ok()?;
        let date = read.to_date().ok()?;
        utc(read.to_datetime().unwrap_or_else(|_| date.at(0, 0, 0, 0)))
    })
}

impl Bound {
    pub fn within(self, window: Window) -> Bound {
        Bound { window, ..self }
    }

    /// The same call, asking for everything at once.
    pub fn whole(&self) -> Bound {
        Bound { values: self.values.clone(), caller: self.caller.clone(), window: Window::WHOLE }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(moment)
    }

    pub fn list(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    }

    pub fn needed(&self, name: &str) -> Result<&str, Fault> {
        let text = self.text(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            Fault::task(format!(
                "Cannot bind argument to parameter '{name}' because it is null or an empty string."
            ))
        })
    }

    /// Everything that was given, common parameters apart.
    pub fn given(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values
            .iter()
            .filter(|(name, _)| !COMMON.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Everything but who is meant and how the cmdlet is to behave.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Value)> {
        const MANNER: [&str; 4] = ["Identity", "ForceUpgrade", "BypassSecurityGroupManagerCheck", "Force"];
        self.given().filter(|(name, _)| !MANNER.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_scripts_write_them() {
        for text in [
            "2026-01-31T08:00:00Z",
            "01/31/2026 8:00 AM",
            "1/31/2026 08:00:00",
            "2026-01-31T08:00:00.0000000Z",
        ] {
            assert_eq!(
                moment(text).map(|at| at.to_string()).as_deref(),
                Some("2026-01-31T08:00:00Z"),
                "{text}"
            );
        }
        assert_eq!(moment("01/31/2026").map(|at| at.to_string()).as_deref(), Some("2026-01-31T00:00:00Z"));
        assert_eq!(moment("2026-01-31").map(|at| at.to_string()).as_deref(), Some("2026-01-31T00:00:00Z"));
        assert_eq!(moment("soon"), None);
    }
}
