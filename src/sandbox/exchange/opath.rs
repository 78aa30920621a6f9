//! OPATH, the language of `-Filter`: `DisplayName -like 'A*' -and -not (Company -eq $null)`.

use serde_json::{Value, json};
use winnow::Result as Parsed;
use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, fail, opt, peek, preceded, repeat};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::binding::moment;
use super::{parameters, properties};
use crate::sandbox::odata::joined;

const DEEPEST: usize = 60;
const LONGEST: usize = 16_384;
const LONGEST_SHOWN: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub enum Opath {
    And(Box<Opath>, Box<Opath>),
    Or(Box<Opath>, Box<Opath>),
    Not(Box<Opath>),
    Test { property: String, how: How, value: Value },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Like,
    NotLike,
}

/// Reads a filter and holds it against the properties there are. What it says of a filter that will not do follows the
/// service's words.
pub fn read(text: &str) -> Result<Opath, String> {
    let quoted = |at: usize| {
        let shown: String = text.chars().take(LONGEST_SHOWN).collect();
        format!("\\\"{shown}\\\" at position {}.", at + 1)
    };
    let syntax = |at: usize| {
        format!(
            "Invalid filter syntax. For a description of the filter parameter syntax see the command help. {}",
            quoted(at)
        )
    };
    if text.len() > LONGEST {
        return Err(syntax(0));
    }
    let inner = text.trim();
    let inner = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(inner);
    let mut input = inner.trim();
    let found = either(&mut input, 0);
    let at = text.chars().count().saturating_sub(input.chars().count());
    match found {
        Ok(found) if input.trim().is_empty() => found.held(),
        _ => Err(syntax(at)),
    }
}

fn either(input: &mut &str, depth: usize) -> Parsed<Opath> {
    let first = both(input, depth)?;
    let mut rest = Vec::new();
    while word(input, "-or") {
        rest.push(both(input, depth)?);
    }
    Ok(joined(first, rest, Opath::Or))
}

fn both(input: &mut &str, depth: usize) -> Parsed<Opath> {
    let first = single(input, depth)?;
    let mut rest = Vec::new();
    while word(input, "-and") {
        rest.push(single(input, depth)?);
    }
    Ok(joined(first, rest, Opath::And))
}

fn word(input: &mut &str, wanted: &'static str) -> bool {
    let taken: Parsed<Option<_>> =
        opt((multispace0, Caseless(wanted), peek(one_of([' ', '(', '\t', '\n', '\r'])))).parse_next(input);
    taken.is_ok_and(|taken| taken.is_some())
}

fn single(input: &mut &str, depth: usize) -> Parsed<Opath> {
    if depth > DEEPEST {
        return fail.parse_next(input);
    }
    multispace0.parse_next(input)?;
    if word(input, "-not") || opt('!').parse_next(input)?.is_some() {
        return Ok(Opath::Not(Box::new(single(input, depth + 1)?)));
    }
    if opt('(').parse_next(input)?.is_some() {
        let inner = either(input, depth + 1)?;
        preceded(multispace0, ')').parse_next(input)?;
        return Ok(inner);
    }
    let property: &str =
        take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_').parse_next(input)?;
    multispace1.parse_next(input)?;
    let how = how.parse_next(input)?;
    multispace1.parse_next(input)?;
    let value = value.parse_next(input)?;
    Ok(Opath::Test { property: property.to_owned(), how, value })
}

fn how(input: &mut &str) -> Parsed<How> {
    alt((
        Caseless("-eq").value(How::Eq),
        Caseless("-ne").value(How::Ne),
        Caseless("-gt").value(How::Gt),
        Caseless("-ge").value(How::Ge),
        Caseless("-lt").value(How::Lt),
        Caseless("-le").value(How::Le),
        Caseless("-like").value(How::Like),
        Caseless("-notlike").value(How::NotLike),
    ))
    .parse_next(input)
}

fn value(input: &mut &str) -> Parsed<Value> {
    match input.chars().next() {
        Some('\'') => quoted(input, '\'', "''"),
        Some('"') => quoted(input, '"', "\"\""),
        _ => {
            let bare: &str = take_while(1.., |c: char| c.is_ascii_alphanumeric() || "$-.:@_".contains(c))
                .parse_next(input)?;
            Ok(match bare.to_ascii_lowercase().as_str() {
                "$true" => Value::Bool(true),
                "$false" => Value::Bool(false),
                "$null" => Value::Null,
                _ => bare.parse::<i64>().map_or_else(|_| Value::from(bare), Value::from),
            })
        }
    }
}

fn quoted(input: &mut &str, quote: char, doubled: &'static str) -> Parsed<Value> {
    let piece = alt((doubled.value(&doubled[..1]), take_while(1.., move |c: char| c != quote)));
    let text = repeat(0.., piece).fold(String::new, |mut text, piece: &str| {
        text.push_str(piece);
        text
    });
    delimited(quote, text, quote).map(Value::String).parse_next(input)
}

impl Opath {
    /// The same with every property in its own spelling and every value of its kind.
    fn held(self) -> Result<Opath, String> {
        Ok(match self {
            Opath::And(left, right) => Opath::And(Box::new(left.held()?), Box::new(right.held()?)),
            Opath::Or(left, right) => Opath::Or(Box::new(left.held()?), Box::new(right.held()?)),
            Opath::Not(inner) => Opath::Not(Box::new(inner.held()?)),
            Opath::Test { property, how, value } => {
                let spelled = properties::spelled(&property).ok_or_else(|| {
                    format!(
                        "\\\"{property}\\\" is not a recognized filterable property. For a complete list of \
                         filterable properties see the command help."
                    )
                })?;
                let value = fitting(spelled, how, value)?;
                Opath::Test { property: spelled.to_owned(), how, value }
            }
        })
    }

    /// Whether an object fits whose properties `of` knows by name.
    pub fn holds(&self, of: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Opath::And(left, right) => left.holds(of) && right.holds(of),
            Opath::Or(left, right) => left.holds(of) || right.holds(of),
            Opath::Not(inner) => !inner.holds(of),
            Opath::Test { property, how, value } => {
                let found = of(property);
                match how {
                    How::Ne => !any(&found, How::Eq, value),
                    How::NotLike => !any(&found, How::Like, value),
                    how => any(&found, *how, value),
                }
            }
        }
    }

    /// Texts that every row it wants must go by, one of them at least; nothing when it does not say.
    pub fn handles(&self) -> Option<Vec<String>> {
        const KNOWN: [&str; 8] = [
            "emailaddresses",
            "primarysmtpaddress",
            "externalemailaddress",
            "windowsemailaddress",
            "name",
            "alias",
            "displayname",
            "userprincipalname",
        ];
        match self {
            Opath::Or(left, right) => {
                let mut all = left.handles()?;
                all.extend(right.handles()?);
                Some(all)
            }
            Opath::And(left, right) => left.handles().or_else(|| right.handles()),
            Opath::Test { property, how: How::Eq, value: Value::String(text) } => {
                KNOWN.contains(&property.to_ascii_lowercase().as_str()).then(|| vec![plain(text)])
            }
            _ => None,
        }
    }
}

/// Lower case, and an address without its scheme.
fn plain(text: &str) -> String {
    let text = text.to_lowercase();
    text.strip_prefix("smtp:").map(str::to_owned).unwrap_or(text)
}

/// The value as the property's kind has it, or why it cannot be.
fn fitting(property: &str, how: How, value: Value) -> Result<Value, String> {
    let refuse = |value: &Value, wanted: &str| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Err(format!("Cannot convert value \\\"{value}\\\" to type \\\"{wanted}\\\"."))
    };
    if value.is_null() {
        return Ok(value);
    }
    if properties::is_flag(property) {
        let text = value.as_str().map(|text| text.trim_start_matches('$').to_ascii_lowercase());
        return match (&value, text.as_deref()) {
            (Value::Bool(_), _) => Ok(value),
            (_, Some("true")) => Ok(json!(true)),
            (_, Some("false")) => Ok(json!(false)),
            _ => refuse(&value, "System.Boolean"),
        };
    }
    if properties::is_date(property) {
        return match value.as_str().and_then(moment) {
            Some(at) => Ok(json!(at.to_string())),
            None => refuse(&value, "System.DateTime"),
        };
    }
    if let (Some(choices), How::Eq | How::Ne) = (parameters::enumeration(property), how) {
        let text = value.as_str().unwrap_or_default();
        return match choices.names.iter().find(|name| name.eq_ignore_ascii_case(text)) {
            Some(name) => Ok(json!(name)),
            None => refuse(&value, choices.kind),
        };
    }
    if let (How::Like | How::NotLike, Value::String(pattern)) = (how, &value) {
        let middle = pattern.strip_prefix('*').unwrap_or(pattern);
        if middle.strip_suffix('*').unwrap_or(middle).contains('*') {
            return Err(format!(
                "Invalid filter syntax. A wildcard is only supported at the beginning or at the end of the value \
                 \\\"{pattern}\\\"."
            ));
        }
    }
    Ok(match value {
        Value::Number(number) => json!(number.to_string()),
        value => value,
    })
}

/// For a property of several values it is enough that one fits. An empty text is no value at all.
fn any(found: &Value, how: How, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Array(items), Value::Null) => items.is_empty() && how == How::Eq,
        (Value::Array(items), _) => items.iter().any(|item| one(item, how, wanted)),
        (Value::Null, Value::Null) => how == How::Eq,
        (Value::String(found), Value::Null) => found.is_empty() && how == How::Eq,
        (found, wanted) => one(found, how, wanted),
    }
}

fn one(found: &Value, how: How, wanted: &Value) -> bool {
    if how == How::Like {
        let text = |value: &Value| value.as_str().map(plain);
        return match (text(found), text(wanted)) {
            (Some(found), Some(pattern)) => like(&found, &pattern),
            _ => false,
        };
    }
    let order = match (found, wanted) {
        (Value::Bool(found), Value::Bool(wanted)) => found.cmp(wanted),
        (Value::Number(found), Value::String(wanted)) => match (found.as_f64(), wanted.parse::<f64>()) {
            (Some(found), Ok(wanted)) => found.total_cmp(&wanted),
            _ => return false,
        },
        (Value::String(found), Value::String(wanted)) => match (date(found), date(wanted)) {
            (Some(found), Some(wanted)) => found.cmp(&wanted),
            _ => plain(found).cmp(&plain(wanted)),
        },
        _ => return false,
    };
    match how {
        How::Eq => order.is_eq(),
        How::Gt => order.is_gt(),
        How::Ge => order.is_ge(),
        How::Lt => order.is_lt(),
        How::Le => order.is_le(),
        How::Ne | How::Like | How::NotLike => false,
    }
}

/// A moment in full, as data has it. Nothing else is taken for one.
fn date(text: &str) -> Option<jiff::Timestamp> {
    text.contains('T').then(|| text.parse().ok())?
}

/// `*` stands for any text.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let middle: Vec<&str> = parts.collect();
    let Some((last, middle)) = middle.split_last() else { return rest.is_empty() };
    let mut rest = rest;
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(filter: &str, row: &Value) -> bool {
        let read = read(filter).unwrap_or_else(|trouble| panic!("{filter}: {trouble}"));
        read.holds(&|name| row[name].clone())
    }

    #[test]
    fn operators_join_and_negate() {
        let row = json!({ "Name": "Ann", "Company": "Fabrikam", "HiddenFromAddressListsEnabled": true });
        assert!(holds("Name -eq 'ann' -and -not (Company -eq 'Litware')", &row));
        assert!(holds("Name -ne 'Bob' -and HiddenFromAddressListsEnabled -eq $true", &row));
        assert!(holds("hiddenfromaddresslistsenabled -eq 'True'", &row));
        assert!(holds("Phone -eq $null -or Name -eq 'x'", &row));
        assert!(holds("((Name -ge 'Ann') -and (Name -lt 'Ao'))", &row));
        assert!(!holds("{Name -like 'B*'}", &row));
    }

    #[test]
    fn stars_stand_for_text_at_the_ends() {
        let row = json!({ "Name": "Ann Berg" });
        for yes in ["A*", "*berg", "*nn*", "ann berg", "*"] {
            assert!(holds(&format!("Name -like '{yes}'"), &row), "{yes}");
        }
        assert!(holds("Name -notlike 'ann'", &row));
        assert!(read("Name -like 'a*g'").is_err());
    }

    #[test]
    fn addresses_match_with_and_without_their_scheme() {
        let row = json!({ "EmailAddresses": ["SMTP:ann@x.example", "smtp:a@x.example"] });
        assert!(holds("EmailAddresses -eq 'smtp:ANN@x.example'", &row));
        assert!(holds("EmailAddresses -eq 'a@x.example'", &row));
        assert!(holds("EmailAddresses -like '*@x.example'", &row));
    }

    #[test]
    fn dates_compare_as_dates() {
        let row = json!({ "WhenCreated": "2026-01-31T08:00:00+00:00" });
        assert!(holds("WhenCreated -gt '1/30/2026'", &row));
        assert!(holds("WhenCreated -le '2026-01-31T08:00:00Z'", &row));
        assert!(!holds("WhenCreated -lt '01/31/2026 7:59 AM'", &row));
        assert!(read("WhenCreated -gt 'soon'").unwrap_err().contains("System.DateTime"));
    }

    #[test]
    fn quotes_are_doubled() {
        assert!(holds("Name -eq 'O''Brien'", &json!({ "Name": "O'Brien" })));
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(read("Shoe -eq '44'").unwrap_err().contains("not a recognized filterable property"));
        assert!(read("Name -eqq 'x'").unwrap_err().contains("Invalid filter syntax"));
        assert!(read("RecipientTypeDetails -eq 'Guest'").unwrap_err().contains("RecipientTypeDetails"));
        assert!(read(&"(".repeat(10_000)).is_err());
        assert!(read(&format!("{}Name -eq 'x'", "-not ".repeat(5000))).is_err());
        assert!(read("").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in proptest::prelude::any::<String>()) {
            if let Err(trouble) = read(&text) {
                prop_assert!(!trouble.is_empty());
            }
        }

        #[test]
        fn near_filters_are_read_or_refused(text in "(Name|Alias|[a-c$()' ,\"*]|-eq|-not|-and|-or|-like| ){0,40}") {
            if let Ok(read) = read(&text) {
                let _ = read.holds(&|_| json!("a"));
            }
        }

        #[test]
        fn matching_any_pattern_ends(text in "[ab*]{0,12}", pattern in "[ab*]{0,12}") {
            let _ = like(&text, &pattern);
        }
    }
}
