//! Rules of dynamic groups: `(user.department -eq "Sales") -and (user.proxyAddresses -any (_ -startsWith "smtp:"))`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use winnow::Result;
use winnow::ascii::{Caseless, multispace0, multispace1};
use winnow::combinator::{alt, delimited, fail, opt, peek, preceded, separated, terminated};
use winnow::prelude::*;
use winnow::token::{any as any_one, none_of, one_of, take_while};

use super::{Kind, Object};

/// Deeper nesting than this no rule has.
const DEEPEST: usize = 40;
const LONGEST: usize = 3072;
const REMEMBERED: usize = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
    Not(Box<Rule>),
    Compare {
        property: String,
        how: How,
        value: Operand,
    },
    /// Some item, or each, satisfies what is said of it.
    Items {
        property: String,
        all: bool,
        rule: Box<Rule>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Eq,
    StartsWith,
    Contains,
    Match,
    In,
    Ge,
    Le,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Null,
    Flag(bool),
    Text(String),
    List(Vec<Operand>),
}

/// What rules call by other names than Graph does.
const NAMES: &[(&str, &str)] = &[
    ("facsimileTelephoneNumber", "faxNumber"),
    ("mobile", "mobilePhone"),
    ("objectId", "id"),
    ("physicalDeliveryOfficeName", "officeLocation"),
    ("telephoneNumber", "businessPhones"),
    ("dirSyncEnabled", "onPremisesSyncEnabled"),
];

const PROPERTIES: &[&str] = &[
    "accountEnabled",
    "assignedPlans",
    "city",
    "companyName",
    "country",
    "createdDateTime",
    "creationType",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeType",
    "externalUserState",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "manager",
    "memberOf",
    "onPremisesDistinguishedName",
    "onPremisesSecurityIdentifier",
    "onPremisesSamAccountName",
    "otherMails",
    "passwordPolicies",
    "postalCode",
    "preferredLanguage",
    "proxyAddresses",
    "sipProxyAddress",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
    "faxNumber",
    "mobilePhone",
    "id",
    "officeLocation",
    "businessPhones",
    "onPremisesSyncEnabled",
];

/// True when a user belongs to a dynamic group.
pub fn belongs(group: &Object, user: &Object) -> bool {
    if user.kind != Kind::User {
        return false;
    }
    let rule = group.text("membershipRule").unwrap_or_default();
    known(rule).is_some_and(|rule| holds(&rule, user, None))
}

/// A rule read before; nothing when the text is none.
fn known(text: &str) -> Option<Arc<Rule>> {
    type Known = RwLock<Option<HashMap<String, Option<Arc<Rule>>>>>;
    static KNOWN: Known = RwLock::new(None);
    let read = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(rule) = read.as_ref().and_then(|known| known.get(text)) {
        return rule.clone();
    }
    drop(read);
    let rule = parse(text).map(Arc::new);
    let mut write = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let known = write.get_or_insert_default();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(text.to_owned(), rule.clone());
    rule
}

/// The rule that a text holds, if it is one.
pub fn parse(text: &str) -> Option<Rule> {
    if text.len() > LONGEST {
        return None;
    }
    let mut input = text;
    terminated(|input: &mut &str| either(input, 0), multispace0)
        .parse_next(&mut input)
        .ok()
        .filter(|_| input.is_empty())
}

fn either(input: &mut &str, depth: usize) -> Result<Rule> {
    let mut left = both(input, depth)?;
    while word(input, "or") {
        left = Rule::Or(Box::new(left), Box::new(both(input, depth)?));
    }
    Ok(left)
}

fn both(input: &mut &str, depth: usize) -> Result<Rule> {
    let mut left = single(input, depth)?;
    while word(input, "and") {
        left = Rule::And(Box::new(left), Box::new(single(input, depth)?));
    }
    Ok(left)
}

/// `-and` and its like; the dash may be missing.
fn word(input: &mut &str, wanted: &'static str) -> bool {
    let ends = peek(one_of([' ', '(', '\t', '\n', '\r']));
    let taken: Result<Option<_>> = opt((multispace0, opt('-'), Caseless(wanted), ends)).parse_next(input);
    matches!(taken, Ok(Some(_)))
}

fn single(input: &mut &str, depth: usize) -> Result<Rule> {
    if depth > DEEPEST {
        return fail.parse_next(input);
    }
    multispace0.parse_next(input)?;
    if word(input, "not") {
        return Ok(Rule::Not(Box::new(single(input, depth + 1)?)));
    }
    if opt('(').parse_next(input)?.is_some() {
        let inner = either(input, depth + 1)?;
        preceded(multispace0, ')').parse_next(input)?;
        return Ok(inner);
    }
    let property = property.parse_next(input)?;
    multispace1.parse_next(input)?;
    if let Some(all) = opt(preceded('-', alt((Caseless("any").value(false), Caseless("all").value(true)))))
        .parse_next(input)?
    {
        multispace0.parse_next(input)?;
        let rule = delimited('(', |input: &mut &str| either(input, depth + 1), (multispace0, ')'))
            .parse_next(input)?;
        return Ok(Rule::Items { property, all, rule: Box::new(rule) });
    }
    let (how, negated) = preceded(opt('-'), how).parse_next(input)?;
    multispace1.parse_next(input)?;
    let value = operand(input, depth)?;
    if (how == How::In) != matches!(value, Operand::List(_)) {
        return fail.parse_next(input);
    }
    let compare = Rule::Compare { property, how, value };
    Ok(if negated { Rule::Not(Box::new(compare)) } else { compare })
}

/// `user.department`, `_`, or a part of an item such as `assignedPlan.servicePlanId`.
fn property(input: &mut &str) -> Result<String> {
    let name = take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    name.verify_map(|name: &str| {
        if name == "_" {
            return Some(String::new());
        }
        let (owner, name) = name.split_once('.')?;
        if !owner.eq_ignore_ascii_case("user") {
            return Some(format!(".{name}"));
        }
        let name =
            NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(name, |(_, graph)| graph);
        let number =
            name.to_ascii_lowercase().strip_prefix("extensionattribute").and_then(|n| n.parse::<u8>().ok());
        match number {
            Some(number @ 1..=15) => Some(format!("extensionAttribute{number}")),
            _ if name.starts_with("extension_") => Some(name.to_owned()),
            _ => PROPERTIES
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name))
                .map(|known| (*known).to_owned()),
        }
    })
    .parse_next(input)
}

fn how(input: &mut &str) -> Result<(How, bool)> {
    let name = take_while(1.., |c: char| c.is_ascii_alphabetic());
    name.verify_map(|name: &str| {
        Some(match name.to_ascii_lowercase().as_str() {
            "eq" | "equals" => (How::Eq, false),
            "ne" | "notequals" => (How::Eq, true),
            "startswith" => (How::StartsWith, false),
            "notstartswith" => (How::StartsWith, true),
            "contains" => (How::Contains, false),
            "notcontains" => (How::Contains, true),
            "match" => (How::Match, false),
            "notmatch" => (How::Match, true),
            "in" => (How::In, false),
            "notin" => (How::In, true),
            "ge" => (How::Ge, false),
            "le" => (How::Le, false),
            _ => return None,
        })
    })
    .parse_next(input)
}

fn operand(input: &mut &str, depth: usize) -> Result<Operand> {
    if opt('[').parse_next(input)?.is_some() {
        if depth > DEEPEST {
            return fail.parse_next(input);
        }
        let one = |input: &mut &str| operand(input, DEEPEST + 1);
        let list = separated(0.., delimited(multispace0, one, multispace0), ',').parse_next(input)?;
        ']'.parse_next(input)?;
        return Ok(Operand::List(list));
    }
    if input.starts_with(['"', '\'']) {
        return quoted.map(Operand::Text).parse_next(input);
    }
    let bare = take_while(1.., |c: char| c.is_ascii_alphanumeric() || "$-.:".contains(c));
    bare.verify_map(|word: &str| {
        Some(match word.to_ascii_lowercase().as_str() {
            "null" | "$null" => Operand::Null,
            "true" | "$true" => Operand::Flag(true),
            "false" | "$false" => Operand::Flag(false),
            _ => return None,
        })
    })
    .parse_next(input)
}

/// A backtick or a backslash takes the meaning from the character behind it.
fn quoted(input: &mut &str) -> Result<String> {
    let quote = one_of(['"', '\'']).parse_next(input)?;
    let mut text = String::new();
    loop {
        if opt(quote).parse_next(input)?.is_some() {
            return Ok(text);
        }
        let escaped: Option<char> = opt(preceded(one_of(['`', '\\']), any_one)).parse_next(input)?;
        text.push(match escaped {
            Some(c) => c,
            None => none_of(quote).parse_next(input)?,
        });
    }
}

fn holds(rule: &Rule, user: &Object, item: Option<&Value>) -> bool {
    match rule {
        Rule::And(left, right) => holds(left, user, item) && holds(right, user, item),
        Rule::Or(left, right) => holds(left, user, item) || holds(right, user, item),
        Rule::Not(inner) => !holds(inner, user, item),
        Rule::Items { property, all, rule } => {
            let items =
                user.properties.get(property).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let passes = |item: &Value| holds(rule, user, Some(item));
            if *all { items.iter().all(passes) } else { items.iter().any(passes) }
        }
        Rule::Compare { property, how, value } => {
            let absent = if property == "accountEnabled" { Value::Bool(true) } else { Value::Null };
            let found = match (property.strip_prefix('.'), item) {
                (Some(part), Some(item)) => item.get(part),
                (None, Some(item)) if property.is_empty() => Some(item),
                _ if property.starts_with("extensionAttribute") => {
                    user.properties.get("onPremisesExtensionAttributes").and_then(|all| all.get(property))
                }
                _ => user.properties.get(property),
            };
            compare(found.unwrap_or(&absent), *how, value)
        }
    }
}

fn compare(found: &Value, how: How, wanted: &Operand) -> bool {
    // Of a collection, one item must do; parts of items are looked for with `-any` only.
    if let (Value::Array(items), false) = (found, matches!(wanted, Operand::Null)) {
        let how = if how == How::Contains { How::Eq } else { how };
        return items.iter().any(|item| compare(item, how, wanted));
    }
    match (found, wanted) {
        (_, Operand::List(list)) => list.iter().any(|one| compare(found, How::Eq, one)),
        (Value::Null, Operand::Null) => how == How::Eq,
        (Value::Array(items), Operand::Null) => how == How::Eq && items.is_empty(),
        (Value::Bool(found), Operand::Flag(wanted)) => how == How::Eq && found == wanted,
        (Value::Bool(found), Operand::Text(wanted)) => {
            how == How::Eq && found.to_string().eq_ignore_ascii_case(wanted)
        }
        (Value::String(found), Operand::Text(wanted)) => {
            let (found, wanted) = (found.to_lowercase(), wanted.to_lowercase());
            match how {
                How::Eq | How::In => found == wanted,
                How::StartsWith => found.starts_with(&wanted),
                How::Contains => found.contains(&wanted),
                How::Match => matches(&found, &wanted),
                How::Ge => found >= wanted,
                How::Le => found <= wanted,
            }
        }
        _ => false,
    }
}

/// The few patterns that rules use: `^`, `$`, `.`, `.*`, `.+` and plain text, found anywhere.
fn matches(text: &str, pattern: &str) -> bool {
    let start = pattern.strip_prefix('^');
    let pattern: Vec<char> = start.unwrap_or(pattern).chars().collect();
    let text: Vec<char> = text.chars().collect();
    let starts = if start.is_some() { 0..=0 } else { 0..=text.len() };
    starts.into_iter().any(|at| matches_here(&text[at..], &pattern, &mut 10_000))
}

/// The fuel keeps a rule with many stars from taking for ever.
fn matches_here(text: &[char], pattern: &[char], fuel: &mut u32) -> bool {
    *fuel = fuel.saturating_sub(1);
    if *fuel == 0 {
        return false;
    }
    let (one, rest) = match pattern {
        [] => return true,
        ['$'] => return text.is_empty(),
        ['\\', c, rest @ ..] => (Some(*c), rest),
        ['.', rest @ ..] => (None, rest),
        [c, rest @ ..] => (Some(*c), rest),
    };
    let fits = |c: &char| one.is_none_or(|wanted| wanted == *c);
    let repeat = match rest {
        ['*', rest @ ..] => Some((0, rest)),
        ['+', rest @ ..] => Some((1, rest)),
        _ => None,
    };
    match repeat {
        None => text.first().is_some_and(fits) && matches_here(&text[1..], rest, fuel),
        Some((least, rest)) => {
            let most = text.iter().take_while(|c| fits(c)).count();
            (least..=most).any(|count| matches_here(&text[count..], rest, fuel))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::super::map;
    use super::*;

    fn user() -> Object {
        let properties = json!({
            "displayName": "Ann Berg", "department": "Sales", "userType": "Guest", "mail": "ann@fabrikam.example",
            "accountEnabled": true, "proxyAddresses": ["SMTP:ann@fabrikam.example", "smtp:a.berg@fabrikam.example"],
            "onPremisesExtensionAttributes": { "extensionAttribute3": "partner" },
            "assignedPlans": [{ "servicePlanId": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "capabilityStatus": "Enabled" }],
        });
        Object::new(Uuid::nil(), Kind::User, map(properties))
    }

    #[track_caller]
    fn check(text: &str) -> bool {
        holds(&parse(text).unwrap_or_else(|| panic!("{text} is no rule")), &user(), None)
    }

    #[test]
    fn rules_hold_as_they_read() {
        for text in [
            r#"user.userType -eq "guest""#,
            r#"(user.userType -eq "Guest") -and (user.department -ne "IT")"#,
            r#"user.department -in ["IT", "Sales"]"#,
            r#"user.department -notIn ["IT"]"#,
            r#"user.mail -match "^ann@.*\\.example$""#,
            r#"user.mail -contains "fabrikam" -and -not (user.displayName -startsWith "Bob")"#,
            "user.accountEnabled -eq true -and user.companyName -eq null",
            r#"user.proxyAddresses -any (_ -contains "a.berg")"#,
            r#"user.proxyAddresses -contains "smtp:a.berg@fabrikam.example""#,
            r#"user.extensionAttribute3 -eq "partner""#,
            r#"user.assignedPlans -any (assignedPlan.servicePlanId -eq "41781fb2-bc02-4b7c-bd55-b576c07bb09d" -and assignedPlan.capabilityStatus -eq "Enabled")"#,
            r#"user.department -eq "IT" -or user.department -eq "Sales" -and user.userType -eq "Guest""#,
            "user.mail -ne null",
        ] {
            assert!(check(text), "{text}");
        }
        for text in [
            r#"user.userType -eq "Member""#,
            r#"user.proxyAddresses -contains "berg""#,
            r#"user.department -notStartsWith "Sa""#,
            r#"-not user.userType -eq "Guest""#,
            r#"user.otherMails -any (_ -contains "x")"#,
        ] {
            assert!(!check(text), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_rule() {
        for text in [
            "",
            "user.department",
            r#"user.nothing -eq "x""#,
            r#"department -eq "x""#,
            r#"user.department -is "x""#,
            r#"(user.department -eq "x""#,
            r#"user.department -in "x""#,
            r#"user.department -eq x"#,
            r#"user.department -eq "x" user.mail -eq "y""#,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"(".repeat(3000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn near_rules_are_read_and_held_without_a_panic(text in "[a-c\\-\\\\$()\\[\\]\"' ,_.*+^usermatch]{0,60}") {
            let _ = parse(&format!("user.mail -match \"{text}\"")).map(|rule| holds(&rule, &user(), None));
            let _ = parse(&text);
        }
    }
}
