//! `$filter` as a tree, and whether a row satisfies it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// `startswith(displayName, 'a') and not (mail eq null)` and the like.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare { path: Path, how: How, value: Literal },
    In { path: Path, values: Vec<Literal> },
    Call { name: String, arguments: Vec<Argument> },
    Lambda { path: Path, all: bool, variable: String, body: Option<Box<Filter>> },
}

/// `assignedLicenses/skuId`: the names between the slashes.
pub type Path = Vec<String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Path(Path),
    Literal(Literal),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Flag(bool),
    Number(i64),
    Text(String),
    Guid(String),
    Moment(Timestamp),
}

impl Literal {
    /// The text of a quoted literal or of a bare guid.
    pub fn text(&self) -> Option<&str> {
        match self {
            Literal::Text(text) | Literal::Guid(text) => Some(text),
            _ => None,
        }
    }
}

impl Filter {
    /// Calls `see` on this node and on all below it, outermost first.
    pub fn walk<'a>(&'a self, see: &mut impl FnMut(&'a Filter)) {
        see(self);
        match self {
            Filter::And(left, right) | Filter::Or(left, right) => {
                left.walk(see);
                right.walk(see);
            }
            Filter::Not(inner) => inner.walk(see),
            Filter::Lambda { body: Some(body), .. } => body.walk(see),
            _ => {}
        }
    }

    /// True when the row satisfies the filter; `absent` gives what a property is when the row does not hold it.
    pub fn holds(&self, row: &Map<String, Value>, absent: &dyn Fn(&str) -> Value) -> bool {
        self.check(&Scope { row, absent, bound: None })
    }

    fn check(&self, scope: &Scope) -> bool {
        match self {
            Filter::And(left, right) => left.check(scope) && right.check(scope),
            Filter::Or(left, right) => left.check(scope) || right.check(scope),
            Filter::Not(inner) => !inner.check(scope),
            Filter::Compare { path, how, value } => compare(&scope.value(path), *how, value),
            Filter::In { path, values } => {
                let found = scope.value(path);
                values.iter().any(|value| compare(&found, How::Eq, value))
            }
            Filter::Call { name, arguments } => call(name, arguments, scope),
            Filter::Lambda { path, all, variable, body } => {
                let found = scope.value(path);
                let items = found.as_array().map(Vec::as_slice).unwrap_or_default();
                let Some(body) = body else { return !items.is_empty() };
                let passes = |item: &Value| {
                    body.check(&Scope { row: scope.row, absent: scope.absent, bound: Some((variable, item)) })
                };
                if *all { items.iter().all(passes) } else { items.iter().any(passes) }
            }
        }
    }
}

struct Scope<'a> {
    row: &'a Map<String, Value>,
    absent: &'a dyn Fn(&str) -> Value,
    bound: Option<(&'a str, &'a Value)>,
}

impl<'a> Scope<'a> {
    fn value(&self, path: &[String]) -> Cow<'a, Value> {
        let Some((first, rest)) = path.split_first() else { return Cow::Owned(Value::Null) };
        let start: Cow<'a, Value> = match self.bound {
            Some((variable, item)) if variable == first => Cow::Borrowed(item),
            _ => match self.row.get(first) {
                Some(value) => Cow::Borrowed(value),
                None => Cow::Owned((self.absent)(first)),
            },
        };
        rest.iter().fold(start, |value, name| {
            // A cast to a derived type changes nothing about the value.
            if name.starts_with("microsoft.graph.") {
                return value;
            }
            if name == "$count" {
                return Cow::Owned(Value::from(value.as_array().map_or(0, Vec::len)));
            }
            match value {
                Cow::Borrowed(Value::Object(map)) => map
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map_or(Cow::Owned(Value::Null), |(_, value)| Cow::Borrowed(value)),
                _ => Cow::Owned(Value::Null),
            }
        })
    }
}

fn compare(found: &Value, how: How, wanted: &Literal) -> bool {
    use std::cmp::Ordering;
    let order: Option<Ordering> = match (found, wanted) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Bool(found), Literal::Flag(wanted)) => Some(found.cmp(wanted)),
        (Value::Number(found), Literal::Number(wanted)) => found.as_i64().map(|found| found.cmp(wanted)),
        (Value::String(found), Literal::Moment(wanted)) => {
            found.parse::<Timestamp>().ok().map(|found| found.cmp(wanted))
        }
        (Value::String(found), Literal::Text(wanted) | Literal::Guid(wanted)) => {
            Some(found.to_lowercase().cmp(&wanted.to_lowercase()))
        }
        _ => None,
    };
    match how {
        How::Eq => order == Some(Ordering::Equal),
        How::Ne => order != Some(Ordering::Equal),
        // Nothing comes before or after nothing.
        _ if matches!(wanted, Literal::Null) => false,
        How::Gt => order == Some(Ordering::Greater),
        How::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        How::Lt => order == Some(Ordering::Less),
        How::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

fn call(name: &str, arguments: &[Argument], scope: &Scope) -> bool {
    let text = |argument: &Argument| -> Option<String> {
        match argument {
            Argument::Literal(literal) => literal.text().map(str::to_lowercase),
            Argument::Path(path) => scope.value(path).as_str().map(str::to_lowercase),
        }
    };
    let [first, second] = arguments else { return false };
    let (Some(first), Some(second)) = (text(first), text(second)) else { return false };
    match name {
        "startswith" => first.starts_with(&second),
        "endswith" => first.ends_with(&second),
        "contains" => first.contains(&second),
        // The older form, with its arguments the other way around.
        "substringof" => second.contains(&first),
        _ => false,
    }
}
