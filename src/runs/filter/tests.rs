//! What the client's reading of `$filter` has to hold.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn ann() -> Value {
    json!({
        "displayName": "Ann O'Neill",
        "mail": "ann@fabrikam.example",
        "userType": "Guest",
        "accountEnabled": true,
        "department": null,
        "createdDateTime": "2026-03-01T12:00:00.1234567Z",
        "employeeHireDate": "2026-03-01",
        "passwordPolicies": "None",
        "logins": 3,
        "share": 0.5,
        "proxyAddresses": ["SMTP:ann@fabrikam.example", "smtp:a@fabrikam.example"],
        "assignedLicenses": [{ "skuId": "c7df2760-2c81-4ef7-b578-5b5392b571df", "disabledPlans": [] }],
        "otherMails": [],
        "signInActivity": { "lastSignInDateTime": "0001-01-01T00:00:00Z" },
        "expires": "9999-12-31T23:59:59Z",
        "@odata.type": "#microsoft.graph.user",
    })
}

/// What the filter says of Ann.
fn of_ann(filter: &str) -> Option<bool> {
    Filter::parse(filter).unwrap_or_else(|e| panic!("{filter}: {e}")).matches(&ann())
}

#[track_caller]
fn holds(filters: &[&str]) {
    for filter in filters {
        assert_eq!(of_ann(filter), Some(true), "{filter}");
    }
}

#[track_caller]
fn fails(filters: &[&str]) {
    for filter in filters {
        assert_eq!(of_ann(filter), Some(false), "{filter}");
    }
}

#[track_caller]
fn cannot_be_told(filters: &[&str]) {
    for filter in filters {
        assert_eq!(of_ann(filter), None, "{filter}");
    }
}

#[track_caller]
fn is_refused(filter: &str, at: usize, expected: &str) {
    let error = Filter::parse(filter).expect_err(filter);
    assert_eq!((error.at, error.expected.as_str()), (at, expected), "{filter}");
}

#[test]
fn text_is_equal_in_any_case() {
    holds(&["userType eq 'guest'", "MAIL EQ 'Ann@Fabrikam.Example'", "userType ne 'Member'"]);
    fails(&["userType ne 'GUEST'", "mail eq 'bob@fabrikam.example'"]);
}

#[test]
fn a_quote_is_written_twice() {
    holds(&["displayName eq 'Ann O''Neill'", "contains(displayName,'''')"]);
    fails(&["displayName eq ''"]);
}

#[test]
fn and_binds_tighter_than_or_and_parentheses_tightest() {
    holds(&["accountEnabled eq true or logins eq 1 and logins eq 2"]);
    fails(&["(accountEnabled eq true or logins eq 1) and logins eq 2"]);
    holds(&["not logins eq 1 and logins eq 3", "not not (logins eq 3)", "NOT(logins eq 1)"]);
}

#[test]
fn numbers_compare_as_numbers() {
    holds(&["logins gt 2", "logins ge 3", "logins lt 10", "logins le 3.0", "share eq 0.5", "share gt -1"]);
    fails(&["logins gt 3", "logins lt 3", "logins eq 3.5"]);
}

#[test]
fn dates_compare_as_instants() {
    holds(&[
        "createdDateTime ge 2026-01-01T00:00:00Z",
        "createdDateTime lt 2026-03-01T14:00:01+02:00",
        "createdDateTime gt 2026-03-01T14:00:00+02:00",
        "createdDateTime eq 2026-03-01t12:00:00.1234567z",
        "createdDateTime gt 2026-03-01",
        "employeeHireDate eq 2026-03-01T00:00:00Z",
        "2026-01-01T00:00:00Z le createdDateTime",
    ]);
    fails(&["createdDateTime lt 2026-01-01T00:00:00Z"]);
    cannot_be_told(&["displayName gt 2026-01-01T00:00:00Z"]);
}

#[test]
fn the_services_first_and_last_day_are_dates() {
    holds(&[
        "signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z",
        "expires eq 9999-12-31T23:59:59Z",
        "expires gt 9999-12-31T00:00:00Z",
    ]);
}

#[test]
fn one_of_a_list_is_enough() {
    holds(&["userType in ('Member', 'GUEST')", "logins IN (1,3)", "department in (null)"]);
    fails(&["userType in ('Member')", "department in ('Sales')"]);
}

#[test]
fn the_beginning_the_end_and_the_middle_of_a_text_are_found() {
    holds(&[
        "startsWith(displayName,'ANN')",
        "startswith( displayName , 'ann' )",
        "endsWith(mail,'@Fabrikam.example')",
        "CONTAINS(mail,'FABRIKAM')",
        "startsWith(mail,'ann') eq true",
        "startsWith('annabel','ANN')",
    ]);
    fails(&["startsWith(mail,'bob')", "endsWith(mail,'contoso.example')", "contains(mail,'contoso')"]);
}

#[test]
fn a_part_is_found_whatever_letter_it_ends_with() {
    let filter = Filter::parse("startsWith(displayName,'ΟΔΟΣ')").unwrap();
    assert_eq!(filter.matches(&json!({ "displayName": "οδοσα" })), Some(true));
}

#[test]
fn any_asks_for_one_and_all_for_each() {
    holds(&[
        "proxyAddresses/any(p:p eq 'smtp:ANN@fabrikam.example')",
        "proxyAddresses/any(p: startsWith(p,'smtp:a@'))",
        "proxyAddresses/ANY( P : p eq 'smtp:a@fabrikam.example' or p eq 'x' )",
        "proxyAddresses/all(p:endsWith(p,'@fabrikam.example'))",
        "proxyAddresses/any()",
        "assignedLicenses/any(l:l/skuId eq c7df2760-2c81-4ef7-b578-5b5392b571df)",
        "assignedLicenses/any(l:L/SKUID eq C7DF2760-2C81-4EF7-B578-5B5392B571DF)",
        "assignedLicenses/all(l:l/disabledPlans/$count eq 0)",
        "otherMails/all(m:m eq 'x')",
        "not otherMails/any()",
    ]);
    fails(&[
        "proxyAddresses/all(p:startsWith(p,'smtp:ann'))",
        "otherMails/any(m:m ne 'x')",
        "absent/any()",
        "absent/any(a:a eq 'x')",
        "assignedLicenses/any(l:l/disabledPlans/any())",
    ]);
}

#[test]
fn a_lambda_sees_the_variables_around_it_and_the_object() {
    holds(&[
        "assignedLicenses/any(l:proxyAddresses/any(p:l/skuId ne null and endsWith(p,$it/mail)))",
        "proxyAddresses/any(p:otherMails/all(m:m eq p) and startsWith(p,'SMTP'))",
    ]);
}

#[test]
fn lists_are_counted_and_one_that_is_not_there_is_empty() {
    holds(&[
        "proxyAddresses/$count eq 2",
        "assignedLicenses/$count ne 0",
        "otherMails/$Count eq 0",
        "absent/$count eq 0",
    ]);
    cannot_be_told(&["mail/$count eq 0"]);
}

#[test]
fn a_property_that_is_not_there_is_null() {
    holds(&[
        "department eq null",
        "absent eq null",
        "absent/deeper eq null",
        "department/deeper eq NULL",
        "mail ne null",
        "absent ne 'x'",
        "signInActivity ne null",
    ]);
    fails(&["mail eq null", "absent eq 'x'", "absent gt 1", "absent le null", "startsWith(absent,'x')"]);
}

#[test]
fn what_is_null_stays_null_when_negated() {
    fails(&["not startsWith(absent,'x')", "absent", "not absent", "startsWith(absent,'x') or not absent"]);
}

#[test]
fn true_and_false_need_no_comparison() {
    holds(&["accountEnabled", "true", "not false", "AccountEnabled eq TRUE"]);
    fails(&["not accountEnabled"]);
}

#[test]
fn what_is_not_understood_cannot_be_told() {
    cannot_be_told(&[
        "tolower(displayName) eq 'ann'",
        "isof('microsoft.graph.user')",
        "geo.distance(a,b) lt 3",
        "microsoft.graph.user/mail eq 'x'",
        "mail has microsoft.graph.kind'read' or passwordPolicies has 'None'",
        "mail eq duration'P1D'",
        "mail eq 3",
        "accountEnabled gt 'x'",
        "assignedLicenses/skuId eq 'x'",
        "proxyAddresses eq null",
        "mail",
        "mail/any()",
    ]);
    holds(&["@odata.type eq '#microsoft.graph.user'"]);
}

#[test]
fn the_unknown_decides_nothing_that_is_decided_without_it() {
    fails(&["odd() and mail eq 'x'", "mail eq 'x' and odd()", "odd() and startsWith(absent,'x')"]);
    holds(&[
        "odd() or userType eq 'Guest'",
        "proxyAddresses/any(p:p eq 'smtp:a@fabrikam.example' or odd(p))",
    ]);
    cannot_be_told(&[
        "odd() and userType eq 'Guest'",
        "odd() or mail eq 'x'",
        "not odd()",
        "not (odd() and startsWith(absent,'x'))",
        "proxyAddresses/any(p:odd(p))",
    ]);
}

#[test]
fn a_refusal_says_where_and_what_was_expected() {
    let value = "a property, a value or a function";
    let end = "an operator, `and`, `or` or the end";
    let closing = "an operator, `and`, `or` or `)`";
    is_refused("", 0, value);
    is_refused("mail eq", 7, value);
    is_refused("mail eq 'x' and ", 16, value);
    is_refused("mail eq 'x' oder", 12, end);
    is_refused("mail foo 'x'", 5, end);
    is_refused("(mail eq 'x'", 12, closing);
    is_refused("mail eq 'x')", 11, end);
    is_refused("mail eq 'x", 10, "a closing `'`");
    is_refused("mail in 'x'", 8, "`(`");
    is_refused("mail in ()", 9, value);
    is_refused("mail in ('x'", 12, "`,` or `)`");
    is_refused("a eq 1 and startsWith(a)", 11, "a function with two arguments");
    is_refused("created gt 2026-13-01", 11, "a number, a date or a guid");
    is_refused("created gt 2026-01-01T00:00:00", 11, "a number, a date or a guid");
    is_refused("a/ eq 1", 2, "a property");
    is_refused("a/some(x:x eq 1)", 2, "`any` or `all`");
    is_refused("a/all()", 6, "a variable and `:`");
    is_refused("é eq 'é", 9, "a closing `'`");
    assert_eq!(
        Filter::parse("mail eq").unwrap_err().to_string(),
        "reading the filter: expected a property, a value or a function at byte 7"
    );
}

#[test]
fn depth_is_bounded_and_width_is_not() {
    let nested = |depth| format!("{}a eq 1{}", "(".repeat(depth), ")".repeat(depth));
    is_refused(&nested(10_000), DEEPEST, "less nesting");
    is_refused(&"(".repeat(10_000), DEEPEST, "less nesting");
    is_refused(&"f(".repeat(10_000), 2 * DEEPEST, "less nesting");
    is_refused(&"a/any(b:".repeat(10_000), 8 * DEEPEST, "less nesting");
    holds(&[&("not ".repeat(10_000) + "true"), &("mail eq 'x' or ".repeat(10_000) + "true")]);
    // On half the usual stack, for a filter may be read at the bottom of a deep script.
    let inmost = DEEPEST - 1;
    let deepest = [
        nested(inmost),
        format!("{}a eq 1{}", "not (".repeat(inmost), ")".repeat(inmost)),
        format!("{}a eq 1{}", "a/all(b:".repeat(inmost), ")".repeat(inmost)),
        format!("{}a{}", "startsWith(a,".repeat(inmost), ")".repeat(inmost)),
    ];
    let read = move || {
        for filter in deepest {
            Filter::parse(&filter).unwrap().matches(&json!({ "a": [1] }));
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap();
}

/// A filter of a simple form, with an evaluation too plain to be wrong.
#[derive(Debug, Clone)]
enum Plain {
    Is(&'static str, Option<String>),
    IsNot(&'static str, Option<String>),
    Begins(&'static str, String),
    Both(Box<Plain>, Box<Plain>),
    Either(Box<Plain>, Box<Plain>),
    Not(Box<Plain>),
}

const NAMES: [&str; 3] = ["mail", "userType", "city"];

impl Plain {
    fn text(&self) -> String {
        let value = |value: &Option<String>| match value {
            Some(text) => format!("'{}'", text.replace('\'', "''")),
            None => "null".to_owned(),
        };
        match self {
            Plain::Is(name, wanted) => format!("{name} eq {}", value(wanted)),
            Plain::IsNot(name, wanted) => format!("{} NE  {}", name.to_uppercase(), value(wanted)),
            Plain::Begins(name, part) => format!("startswith({name}, {})", value(&Some(part.clone()))),
            Plain::Both(left, right) => format!("({}) and ({})", left.text(), right.text()),
            Plain::Either(left, right) => format!("({} OR {})", left.text(), right.text()),
            Plain::Not(inner) => format!("not({})", inner.text()),
        }
    }

    /// None is null.
    fn naive(&self, object: &Value) -> Option<bool> {
        let held = |name: &str| object[name].as_str().map(str::to_ascii_lowercase);
        let wanted = |text: &Option<String>| text.as_ref().map(|text| text.to_ascii_lowercase());
        match self {
            Plain::Is(name, text) => Some(held(name) == wanted(text)),
            Plain::IsNot(name, text) => Some(held(name) != wanted(text)),
            Plain::Begins(name, part) => held(name).map(|text| text.starts_with(&part.to_ascii_lowercase())),
            Plain::Not(inner) => inner.naive(object).map(|truth| !truth),
            Plain::Both(left, right) => match (left.naive(object), right.naive(object)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Plain::Either(left, right) => match (left.naive(object), right.naive(object)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    let name = || prop::sample::select(&NAMES[..]);
    let leaf = prop_oneof![
        (name(), prop::option::of("[aB' ]{0,2}")).prop_map(|(name, text)| Plain::Is(name, text)),
        (name(), prop::option::of("[aB' ]{0,2}")).prop_map(|(name, text)| Plain::IsNot(name, text)),
        (name(), "[aB']{0,1}").prop_map(|(name, text)| Plain::Begins(name, text)),
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let pair = || (inner.clone(), inner.clone());
        prop_oneof![
            pair().prop_map(|(left, right)| Plain::Both(Box::new(left), Box::new(right))),
            pair().prop_map(|(left, right)| Plain::Either(Box::new(left), Box::new(right))),
            inner.clone().prop_map(|inner| Plain::Not(Box::new(inner))),
        ]
    })
}

/// Text made of the language's own pieces gets further than noise does.
fn scraps() -> impl Strategy<Value = String> {
    let pieces = "mail|logins|proxyAddresses|/|any(|all(|any()|p:|p|$count|(|)|,| |'|'x'|startsWith(|\
        not | eq | gt | in | and | or |null|true|1|-1.5e9|2026-01-01T00:00:00Z|9999-12-31T23:59:59-12:00|\
        c7df2760-2c81-4ef7-b578-5b5392b571df|é|@|.";
    let pieces: Vec<_> = pieces.split('|').collect();
    prop::collection::vec(prop::sample::select(pieces), 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![any::<String>(), scraps()]) {
        match Filter::parse(&text) {
            Ok(filter) => { filter.matches(&ann()); }
            Err(error) => {
                prop_assert!(text.is_char_boundary(error.at), "{error}");
                prop_assert!(!error.expected.is_empty());
            }
        }
    }

    #[test]
    fn a_simple_filter_agrees_with_a_naive_evaluation(
        plain in plain(),
        values in prop::collection::vec(prop::option::of("[Ab' ]{0,2}"), NAMES.len()),
    ) {
        let pairs = NAMES.iter().zip(values);
        let object: Value = pairs.map(|(name, value)| (name.to_string(), json!(value))).collect();
        let filter = Filter::parse(&plain.text()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(filter.matches(&object), Some(plain.naive(&object) == Some(true)), "{}", plain.text());
    }
}
