//! OPATH, the language of `-Filter`: `DisplayName -like 'A*' -and -not (Company -eq $null)`.

use serde_json::{Map, Value};
use winnow::Result;
use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, fail, opt, peek, preceded, repeat};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

const DEEPEST: usize = 60;
const LONGEST: usize = 16_384;

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

pub fn parse(text: &str) -> Option<Opath> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
    let mut input = text.trim();
    let found = either(&mut input, 0).ok()?;
    input.trim().is_empty().then_some(found)
}

fn either(input: &mut &str, depth: usize) -> Result<Opath> {
    let mut left = both(input, depth)?;
    while word(input, "-or") {
        left = Opath::Or(Box::new(left), Box::new(both(input, depth)?));
    }
    Ok(left)
}

fn both(input: &mut &str, depth: usize) -> Result<Opath> {
    let mut left = single(input, depth)?;
    while word(input, "-and") {
        left = Opath::And(Box::new(left), Box::new(single(input, depth)?));
    }
    Ok(left)
}

fn word(input: &mut &str, wanted: &'static str) -> bool {
    let taken: Result<Option<_>> =
        opt((multispace0, Caseless(wanted), peek(one_of([' ', '(', '\t', '\n', '\r'])))).parse_next(input);
    taken.is_ok_and(|taken| taken.is_some())
}

fn single(input: &mut &str, depth: usize) -> Result<Opath> {
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

fn how(input: &mut &str) -> Result<How> {
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

fn value(input: &mut &str) -> Result<Value> {
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

fn quoted(input: &mut &str, quote: char, doubled: &'static str) -> Result<Value> {
    let piece = alt((doubled.value(&doubled[..1]), take_while(1.., move |c: char| c != quote)));
    let text = repeat(0.., piece).fold(String::new, |mut text, piece: &str| {
        text.push_str(piece);
        text
    });
    delimited(quote, text, quote).map(Value::String).parse_next(input)
}

impl Opath {
    pub fn holds(&self, row: &Map<String, Value>) -> bool {
        match self {
            Opath::And(left, right) => left.holds(row) && right.holds(row),
            Opath::Or(left, right) => left.holds(row) || right.holds(row),
            Opath::Not(inner) => !inner.holds(row),
            Opath::Test { property, how, value } => {
                let found =
                    row.iter().find(|(name, _)| name.eq_ignore_ascii_case(property)).map(|(_, found)| found);
                match (how, found) {
                    (How::Ne, found) => !any(found, How::Eq, value),
                    (How::NotLike, found) => !any(found, How::Like, value),
                    (how, found) => any(found, *how, value),
                }
            }
        }
    }

    /// The first property that no row has, if there is one.
    pub fn unknown<'a>(&'a self, row: &Map<String, Value>) -> Option<&'a str> {
        match self {
            Opath::And(left, right) | Opath::Or(left, right) => {
                left.unknown(row).or_else(|| right.unknown(row))
            }
            Opath::Not(inner) => inner.unknown(row),
            Opath::Test { property, .. } => {
                (!row.keys().any(|name| name.eq_ignore_ascii_case(property))).then_some(property)
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

/// For a property of several values it is enough that one fits.
fn any(found: Option<&Value>, how: How, wanted: &Value) -> bool {
    match found {
        Some(Value::Array(items)) => match wanted {
            Value::Null => items.is_empty() && how == How::Eq,
            _ => items.iter().any(|item| one(item, how, wanted)),
        },
        Some(found) => one(found, how, wanted),
        None => wanted.is_null() && how == How::Eq,
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
        (Value::Null, Value::Null) => return how == How::Eq,
        (Value::Bool(found), Value::Bool(wanted)) => found.cmp(wanted),
        (Value::Bool(found), Value::String(wanted)) => {
            found.to_string().cmp(&wanted.trim_start_matches('$').to_lowercase())
        }
        (Value::Number(found), Value::Number(wanted)) => found.as_i64().cmp(&wanted.as_i64()),
        (Value::String(found), Value::String(wanted)) => plain(found).cmp(&plain(wanted)),
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
    use serde_json::json;

    fn holds(filter: &str, row: Value) -> bool {
        parse(filter).unwrap_or_else(|| panic!("{filter} is no filter")).holds(row.as_object().unwrap())
    }

    #[test]
    fn operators_join_and_negate() {
        let row = json!({ "Name": "Ann", "Company": "Fabrikam", "Hidden": true });
        assert!(holds("Name -eq 'ann' -and -not (Company -eq 'Litware')", row.clone()));
        assert!(holds("Name -ne 'Bob' -and Hidden -eq $true", row.clone()));
        assert!(holds("Phone -eq $null -or Name -eq 'x'", row.clone()));
        assert!(!holds("{Name -like 'B*'}", row));
    }

    #[test]
    fn stars_stand_for_any_text() {
        let row = json!({ "Name": "Ann Berg" });
        for yes in ["A*", "*berg", "*nn*", "ann berg", "a*b*g"] {
            assert!(holds(&format!("Name -like '{yes}'"), row.clone()), "{yes}");
        }
        assert!(holds("Name -notlike 'ann'", row));
    }

    #[test]
    fn addresses_match_with_and_without_their_scheme() {
        let row = json!({ "EmailAddresses": ["SMTP:ann@x.example", "smtp:a@x.example"] });
        assert!(holds("EmailAddresses -eq 'smtp:ANN@x.example'", row.clone()));
        assert!(holds("EmailAddresses -eq 'a@x.example'", row));
    }

    #[test]
    fn quotes_are_doubled() {
        assert!(holds("Name -eq 'O''Brien'", json!({ "Name": "O'Brien" })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in proptest::prelude::any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn near_filters_are_read_without_a_panic(text in "[a-c$()' ,\"-eqnotandrlik*]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn matching_any_pattern_ends(text in "[ab*]{0,12}", pattern in "[ab*]{0,12}") {
            let _ = like(&text, &pattern);
        }
    }
}
