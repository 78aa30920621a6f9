//! The grammar of `$filter`. Nesting is bounded, so no text can exhaust the stack.

use jiff::Timestamp;
use uuid::Uuid;
use winnow::Result;
use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, fail, opt, peek, preceded, repeat, separated};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::filter::{Argument, Filter, How, Literal, Path};
use super::joined;

/// Deeper nesting than this no service takes either.
const DEEPEST: usize = 60;
const LONGEST: usize = 16_384;

/// The tree of a filter, or nothing when the text is none.
pub fn parse(text: &str) -> Option<Filter> {
    if text.len() > LONGEST {
        return None;
    }
    let mut input = text.trim();
    let filter = either(&mut input, 0).ok()?;
    multispace0::<_, winnow::error::ContextError>.parse_next(&mut input).ok()?;
    input.is_empty().then_some(filter)
}

fn either(input: &mut &str, depth: usize) -> Result<Filter> {
    let first = both(input, depth)?;
    let mut rest = Vec::new();
    while word(input, "or") {
        rest.push(both(input, depth)?);
    }
    Ok(joined(first, rest, Filter::Or))
}

fn both(input: &mut &str, depth: usize) -> Result<Filter> {
    let first = single(input, depth)?;
    let mut rest = Vec::new();
    while word(input, "and") {
        rest.push(single(input, depth)?);
    }
    Ok(joined(first, rest, Filter::And))
}

fn single(input: &mut &str, depth: usize) -> Result<Filter> {
    if depth > DEEPEST {
        return fail.parse_next(input);
    }
    multispace0.parse_next(input)?;
    if input.starts_with('(') {
        '('.parse_next(input)?;
        let inner = either(input, depth + 1)?;
        preceded(multispace0, ')').parse_next(input)?;
        return Ok(inner);
    }
    let negated: Option<&str> =
        opt((Caseless("not"), peek(one_of([' ', '(', '\t']))).take()).parse_next(input)?;
    if negated.is_some() {
        return Ok(Filter::Not(Box::new(single(input, depth + 1)?)));
    }
    let path = path.parse_next(input)?;
    if input.starts_with('(') {
        return called(input, path, depth);
    }
    multispace1.parse_next(input)?;
    if opt((Caseless("in"), multispace0, '(')).parse_next(input)?.is_some() {
        let values: Vec<Literal> =
            separated(0.., delimited(multispace0, literal, multispace0), ',').parse_next(input)?;
        preceded(multispace0, ')').parse_next(input)?;
        return Ok(Filter::In { path, values });
    }
    let how = how.parse_next(input)?;
    multispace1.parse_next(input)?;
    let value = literal.parse_next(input)?;
    Ok(Filter::Compare { path, how, value })
}

/// After a name and before `(`: a lambda when the name ends in `any` or `all`, else a function.
fn called(input: &mut &str, mut path: Path, depth: usize) -> Result<Filter> {
    '('.parse_next(input)?;
    let last = path.last().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    if path.len() > 1 && (last == "any" || last == "all") {
        path.pop();
        multispace0.parse_next(input)?;
        if opt(')').parse_next(input)?.is_some() {
            return Ok(Filter::Lambda { path, all: last == "all", variable: String::new(), body: None });
        }
        let variable = name.parse_next(input)?.to_owned();
        (multispace0, ':').parse_next(input)?;
        let body = Some(Box::new(either(input, depth + 1)?));
        preceded(multispace0, ')').parse_next(input)?;
        return Ok(Filter::Lambda { path, all: last == "all", variable, body });
    }
    if path.len() != 1 {
        return fail.parse_next(input);
    }
    let argument = delimited(multispace0, argument, multispace0);
    let arguments: Vec<Argument> = separated(0.., argument, ',').parse_next(input)?;
    preceded(multispace0, ')').parse_next(input)?;
    Ok(Filter::Call { name: last, arguments })
}

/// Takes a joining word with space around it, or nothing at all.
fn word(input: &mut &str, wanted: &'static str) -> bool {
    let before = *input;
    let taken: Result<_> =
        (multispace0, Caseless(wanted), peek(one_of([' ', '(', '\t', '\n', '\r']))).void().parse_next(input);
    let spaced = before.starts_with(char::is_whitespace) || !before.starts_with(char::is_alphabetic);
    if taken.is_err() || !spaced {
        *input = before;
        return false;
    }
    true
}

fn how(input: &mut &str) -> Result<How> {
    alt((
        Caseless("eq").value(How::Eq),
        Caseless("ne").value(How::Ne),
        Caseless("gt").value(How::Gt),
        Caseless("ge").value(How::Ge),
        Caseless("lt").value(How::Lt),
        Caseless("le").value(How::Le),
    ))
    .parse_next(input)
}

fn name<'a>(input: &mut &'a str) -> Result<&'a str> {
    (
        one_of(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$'),
        take_while(0.., |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.'),
    )
        .take()
        .parse_next(input)
}

fn path(input: &mut &str) -> Result<Path> {
    separated(1.., name.map(str::to_owned), '/').parse_next(input)
}

fn argument(input: &mut &str) -> Result<Argument> {
    alt((literal.map(Argument::Literal), path.map(Argument::Path))).parse_next(input)
}

fn literal(input: &mut &str) -> Result<Literal> {
    if input.starts_with('\'') {
        return quoted.map(Literal::Text).parse_next(input);
    }
    let bare = take_while(1.., |c: char| c.is_ascii_alphanumeric() || "-.:+_".contains(c));
    bare.verify_map(classify).parse_next(input)
}

fn quoted(input: &mut &str) -> Result<String> {
    let piece = alt(("''".value("'"), take_while(1.., |c: char| c != '\'')));
    let text = repeat(0.., piece).fold(String::new, |mut text, piece: &str| {
        text.push_str(piece);
        text
    });
    delimited('\'', text, '\'').parse_next(input)
}

fn classify(word: &str) -> Option<Literal> {
    match word.to_ascii_lowercase().as_str() {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Flag(true)),
        "false" => return Some(Literal::Flag(false)),
        _ => {}
    }
    if word.len() == 36
        && let Ok(guid) = Uuid::try_parse(word)
    {
        return Some(Literal::Guid(guid.to_string()));
    }
    if let Ok(number) = word.parse() {
        return Some(Literal::Number(number));
    }
    if let Ok(moment) = word.parse::<Timestamp>() {
        return Some(Literal::Moment(moment));
    }
    let date: jiff::civil::Date = word.parse().ok()?;
    Some(Literal::Moment(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn holds(filter: &str, row: Value) -> bool {
        let filter = parse(filter).unwrap_or_else(|| panic!("{filter} is no filter"));
        filter.holds(row.as_object().unwrap(), &|_| Value::Null)
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(holds("a eq 1 or a eq 2 and b eq 3", json!({ "a": 1, "b": 0 })));
        assert!(!holds("(a eq 1 or a eq 2) and b eq 3", json!({ "a": 1, "b": 0 })));
    }

    #[test]
    fn quotes_are_doubled_inside_text() {
        assert!(holds("name eq 'O''Brien'", json!({ "name": "o'brien" })));
    }

    #[test]
    fn lambdas_look_into_collections() {
        let row = json!({ "proxyAddresses": ["SMTP:a@x.example"], "assignedLicenses": [{ "skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46" }] });
        assert!(holds("proxyAddresses/any(p:p eq 'smtp:A@x.example')", row.clone()));
        assert!(holds(
            "assignedLicenses/any(u:u/skuId eq cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46)",
            row.clone()
        ));
        assert!(holds("assignedLicenses/$count eq 1", row.clone()));
        assert!(!holds("proxyAddresses/all(p:startswith(p,'x'))", row));
    }

    #[test]
    fn moments_compare_as_moments() {
        let row = json!({ "createdDateTime": "2026-01-02T00:00:00Z" });
        assert!(holds("createdDateTime ge 2026-01-02T01:00:00+01:00", row.clone()));
        assert!(holds("createdDateTime lt 2026-01-02T00:00:01Z", row));
    }

    #[test]
    fn in_and_not_and_functions_work() {
        let row = json!({ "a": "x", "b": null });
        assert!(holds("a in ('y', 'x')", row.clone()));
        assert!(holds("not(a eq 'y') and b eq null", row.clone()));
        assert!(holds("endsWith(a,'X')", row));
    }

    #[test]
    fn many_terms_make_no_deep_tree() {
        fn depth(filter: &Filter) -> usize {
            match filter {
                Filter::And(left, right) | Filter::Or(left, right) => 1 + depth(left).max(depth(right)),
                _ => 0,
            }
        }
        let texts: Vec<String> = (0..1000).map(|number| format!("a eq {number}")).collect();
        let filter = parse(&texts.join(" or ")).unwrap();
        assert_eq!(depth(&filter), 10);
        let mut seen = Vec::new();
        filter.walk(&mut |node| {
            if let Filter::Compare { value: Literal::Number(number), .. } = node {
                seen.push(*number);
            }
        });
        assert!(seen.iter().copied().eq(0..1000), "the order is lost");
    }

    #[test]
    fn nonsense_is_no_filter() {
        for text in
            ["", "a", "a eq", "a eq 'x", "a xx 1", "(a eq 1", "a eq 1 b eq 2", "a eq 1or b eq 2", "not"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"(".repeat(10_000)), None);
        assert_eq!(parse(&"not ".repeat(4_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn near_filters_are_read_without_a_panic(text in "[a-c/$()' ,:0-9eqnotandrli-]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_quoted_text_is_found_again(text in any::<String>()) {
            let filter = format!("a eq '{}'", text.replace('\'', "''"));
            let row = json!({ "a": text });
            prop_assert!(holds(&filter, row), "the text was lost");
        }
    }
}
