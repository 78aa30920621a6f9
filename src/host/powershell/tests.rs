//! The functions as scripts call them, and what holds of them whatever they are given.

use proptest::prelude::*;
use rhai::{Dynamic, Engine, Scope};

use super::super::index::Index;
use super::super::{date, errors, record, rows};
use super::{NAME, Place, module};
use crate::disk::Folders;

struct Stage {
    engine: Engine,
    _folder: tempfile::TempDir,
}

struct Nobody;

impl crate::runs::session::Watch for Nobody {}

fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::new();
    engine.set_fast_operators(false);
    record::register(&mut engine);
    rows::register(&mut engine);
    date::register(&mut engine);
    errors::register(&mut engine);
    let place = Place {
        folders: Folders::new(folder.path(), &[]).unwrap(),
        index: std::sync::Arc::<Index>::default(),
        watch: std::sync::Arc::new(Nobody),
        fails: std::sync::Arc::new(|| {}),
        answers: super::answers(vec!["first".into(), "second".into()]),
    };
    engine.register_static_module("ps", module(&place).into());
    Stage { engine, _folder: folder }
}

/// What an expression gives, as text that shows kinds.
fn value(stage: &Stage, code: &str) -> String {
    match stage.engine.eval::<Dynamic>(code) {
        Ok(value) => match value.read_lock::<rhai::ImmutableString>() {
            Some(text) => text.to_string(),
            None if value.is_unit() => "()".to_owned(),
            None if value.is::<date::Date>() => value.clone_cast::<date::Date>().to_string(),
            None => value.to_string(),
        },
        Err(error) => match error.unwrap_inner() {
            rhai::EvalAltResult::ErrorRuntime(value, _) => value
                .read_lock::<errors::Thrown>()
                .map_or_else(|| value.to_string(), |thrown| format!("error: {}", thrown.0.message)),
            other => format!("error: {other}"),
        },
    }
}

fn holds(table: &[(&str, &str)]) {
    let stage = stage();
    let wrong: Vec<String> = table
        .iter()
        .map(|(code, expected)| (code, expected, value(&stage, code)))
        .filter(|(_, expected, got)| got != *expected)
        .map(|(code, expected, got)| format!("{code}\n  expected {expected}\n  got      {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comparisons_take_the_left_sides_kind() {
    holds(&[
        (r#"ps::eq("Guest", "guest")"#, "true"),
        (r#"ps::eq_exact("Guest", "guest")"#, "false"),
        (r#"ps::eq("5", 5)"#, "true"),
        (r#"ps::eq(5, "5")"#, "true"),
        (r#"ps::eq(5, "five")"#, "false"),
        (r#"ps::eq(true, "x")"#, "true"),
        (r#"ps::eq((), "")"#, "false"),
        (r#"ps::eq((), ())"#, "true"),
        (r#"ps::ne("a", ())"#, "true"),
        (r#"ps::eq(["a", "B"], "b")"#, "true"),
        (r#"ps::eq([], "b")"#, "false"),
        (r#"ps::lt(5, "10")"#, "true"),
        (r#"ps::lt("5", 10)"#, "false"),
        (r#"ps::gt((), 90)"#, "false"),
        (r#"ps::lt((), ps::date("2026-01-01"))"#, "false"),
        (r#"ps::gt((), ps::date("2026-01-01"))"#, "false"),
        (r#"ps::lt(ps::date("2026-01-01"), "02/01/2026")"#, "true"),
        (r#"ps::contains(["Guest"], "GUEST")"#, "true"),
        (r#"ps::is_in("x", "X")"#, "true"),
        (r#"ps::like("ann#EXT#@contoso", "*#ext#*")"#, "true"),
        (r#"ps::like(["a", "b"], "B")"#, "true"),
        (r#"ps::matches("Ann Lee", "^ann\\s")"#, "true"),
        (r#"ps::groups("ann@x.example", "@(?<domain>.+)$").domain"#, "x.example"),
        (r#"ps::groups("ann", "@")"#, "()"),
    ]);
}

#[test]
fn what_is_true_is_what_powershell_takes_for_true() {
    holds(&[
        ("ps::truth(())", "false"),
        (r#"ps::truth("")"#, "false"),
        (r#"ps::truth("false")"#, "true"),
        ("ps::truth(0)", "false"),
        ("ps::truth(0.0)", "false"),
        ("ps::truth([])", "false"),
        ("ps::truth([0])", "false"),
        ("ps::truth([0, 0])", "true"),
        ("ps::truth(#{})", "true"),
        ("ps::truth([[]])", "false"),
    ]);
}

#[test]
fn one_and_several_are_told_apart_only_where_asked() {
    holds(&[
        ("ps::each(())", "[]"),
        ("ps::each(5)", "[5]"),
        ("ps::one([])", "()"),
        ("ps::one([5])", "5"),
        ("ps::one([5, 6])", "[5, 6]"),
        ("ps::count(())", "0"),
        ("ps::count(7)", "1"),
        (r#"ps::get([#{ Id: "a" }, #{ ID: "b" }], "id")"#, r#"["a", "b"]"#),
        (r#"ps::get([#{ Id: "a" }], "id")"#, "a"),
        (r#"ps::get(#{ id: "a" }, "ObjectId")"#, "a"),
        (r#"ps::get(#{ a: 1 }, "b")"#, "()"),
        (r#"ps::get((), "b")"#, "()"),
        (r#"ps::get("Ann", "Length")"#, "3"),
        (r#"ps::item([1, 2], 5)"#, "()"),
        (r#"ps::item([1, 2], -1)"#, "2"),
        (r#"ps::item(#{ Name: "Ann" }, "name")"#, "Ann"),
        (r#"ps::item("Ann", 0)"#, "A"),
        (r#"ps::join(ps::sort(["b", "A", "c"], [], true), ",")"#, "c,b,A"),
        (r#"ps::group([#{ t: "Guest" }, #{ t: "guest" }, #{ t: "Member" }], "t").len()"#, "2"),
        (r#"ps::measure([#{ n: 1 }, #{ n: 4 }], "N").average"#, "2.5"),
        (r#"ps::select(#{ id: 1, b: 2 }, ["ID"]).to_json()"#, r#"{"ID":1}"#),
        (r#"ps::without([1, 2, 1], 1)"#, "[2, 1]"),
        (r#"ps::range(3, 1)"#, "[3, 2, 1]"),
    ]);
}

#[test]
fn sums_follow_the_left_side() {
    holds(&[
        (r#"ps::add("1", 2)"#, "12"),
        (r#"ps::add(1, "2")"#, "3"),
        (r#"ps::add([1], [2, 3])"#, "[1, 2, 3]"),
        (r#"ps::add((), "x")"#, "x"),
        (r#"ps::divide(6, 3)"#, "2"),
        (r#"ps::divide(7, 2)"#, "3.5"),
        (r#"ps::whole(2.5)"#, "2"),
        (r#"ps::whole("3.5")"#, "4"),
        (r#"ps::round(2.345, 2)"#, "2.35"),
        (r#"ps::number(())"#, "0"),
        (r#"ps::subtract(ps::date("2026-03-31"), ps::date("2026-03-01")).days"#, "30"),
        (r#"ps::span(ps::date("2026-03-01"), ps::date("2026-03-02T12:00:00Z")).totalDays"#, "1.5"),
        (r#"ps::span((), ps::date("2026-03-02"))"#, "()"),
        (r#"ps::add_months(ps::date("2026-01-31"), 1)"#, "2026-02-28T00:00:00Z"),
        (r#"ps::midnight(ps::date("2026-01-31T15:04:00Z"))"#, "2026-01-31T00:00:00Z"),
        (r#"ps::text(ps::date("2026-01-31"))"#, "01/31/2026 00:00:00"),
        (r#"ps::text([1, true, ()])"#, "1 True "),
        (r#"ps::text(#{ a: 1, b: "x" })"#, "@{a=1; b=x}"),
    ]);
}

#[test]
fn tables_grow_under_the_columns_that_they_have() {
    let stage = stage();
    let code = r#"
        ps::append_csv("out.csv", #{ Name: "Ann", Mail: "ann@fabrikam.example" });
        ps::append_csv(`.\out.csv`, #{ mail: "b,c", name: "=cmd" });
        ps::append_csv("out.csv", [#{ Name: "Dee" }, #{ Name: "Eve", Mail: () }]);
        ps::read_text("out.csv")
    "#;
    let expected = "Mail,Name\r\nann@fabrikam.example,Ann\r\n\"b,c\",'=cmd\r\n,Dee\r\n,Eve\r\n";
    assert_eq!(value(&stage, code), expected);
    assert_eq!(value(&stage, r#"ps::from_csv(["a;b", "1;2"], #{ delimiter: ";" })[0].b"#), "2");
    assert_eq!(value(&stage, r#"ps::to_csv([#{ a: 1, b: "x y" }])"#), r#"["a,b", "1,x y"]"#);
}

#[test]
fn text_files_are_written_a_line_each_and_stay_below_the_folder() {
    let stage = stage();
    assert_eq!(
        value(
            &stage,
            r#"ps::write_text("a.txt", ["x", 1]); ps::append_text("a.txt", "y"); ps::read_lines("a.txt")"#
        ),
        r#"["x", "1", "y"]"#
    );
    assert_eq!(
        value(
            &stage,
            r#"ps::make_folder("b\\c"); ps::write_text("b/c/d.txt", "z"); ps::path_exists("b\\c\\d.txt")"#
        ),
        "true"
    );
    assert!(value(&stage, r#"ps::write_text("../a.txt", "x")"#).contains("outside the working directory"));
    assert!(value(&stage, r#"ps::read_text("/etc/passwd")"#).contains("outside the working directory"));
    assert_eq!(value(&stage, r#"ps::remove_file("a.txt"); ps::path_exists("a.txt")"#), "false");
}

#[test]
fn arguments_are_bound_by_name_by_position_and_by_type() {
    let declared = r#"[#{ name: "Days", type: "int" }, #{ name: "Path", type: "string", mandatory: true }, #{ name: "Force", type: "switch" }]"#;
    let stage = stage();
    let bound = |arguments: &str| {
        value(
            &stage,
            &format!(
                "let p = ps::parameters({arguments}, {declared}); `${{p.Days}} ${{p.Path}} ${{p.Force}}`"
            ),
        )
    };
    assert_eq!(bound(r#"["30", "x.csv", "-Force"]"#), "30 x.csv true");
    assert_eq!(bound(r#"["-Pa", "x.csv", "-days:7"]"#), "7 x.csv false");
    assert!(bound(r#"["-Days", "soon", "x"]"#).contains("-Days takes a whole number, and got `soon`"));
    assert!(bound(r#"["-Days", "3"]"#).contains("the script needs -Path"));
    assert!(bound(r#"["-Nothing"]"#).contains("no parameter -Nothing"));
    let stage = self::stage();
    assert_eq!(value(&stage, r#"ps::answer("Sure?") + ps::answer("Really?")"#), "firstsecond");
    assert!(value(&stage, r#"ps::answer("More?")"#).contains("nobody is there to be asked"));
}

#[test]
fn every_function_of_the_list_is_there() {
    let stage = stage();
    let listed =
        include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `")?.split(" | ").next());
    let mut missing = Vec::new();
    for cell in listed {
        // `a(x)`, `b(y)` and `a b c (x)` alike.
        let names =
            cell.split('(').next().unwrap_or_default().split([' ', ',', '`']).filter(|name| !name.is_empty());
        for name in names {
            let known = stage.engine.compile(format!("ps::{name}()")).is_ok()
                && (0..5).any(|count| {
                    let given = vec!["()"; count].join(", ");
                    !value(&stage, &format!("ps::{name}({given})")).contains("Function not found")
                });
            if !known {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(NAME, "powershell");
}

#[test]
fn the_page_has_the_list_as_it_is_here() {
    let page = include_str!("../../../docs/powershell.md");
    let listed = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! "));
    let missing: Vec<&str> = listed.filter(|line| line.starts_with("| `") && !page.contains(line)).collect();
    assert!(missing.is_empty(), "docs/powershell.md lacks\n{}", missing.join("\n"));
}

fn anything() -> impl Strategy<Value = Dynamic> {
    let leaf = prop_oneof![
        Just(Dynamic::UNIT),
        any::<bool>().prop_map(Dynamic::from),
        any::<i64>().prop_map(Dynamic::from),
        any::<f64>().prop_map(Dynamic::from),
        "\\PC{0,12}".prop_map(Dynamic::from),
        prop_oneof!["2026-0[1-9]-1[0-9]", "[0-9]{1,3}(\\.[0-9])?", "\\{[0-9]?[,:}][N2d}]{0,3}"]
            .prop_map(Dynamic::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Dynamic::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3).prop_map(|map| {
                map.into_iter().map(|(key, value)| (key.as_str().into(), value)).collect::<rhai::Map>().into()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever they are given, they give a value or an error that can be caught.
    #[test]
    fn nothing_panics(a in anything(), b in anything(), c in anything()) {
        let stage = stage();
        let mut scope = Scope::new();
        scope.push_dynamic("a", a).push_dynamic("b", b).push_dynamic("c", c);
        let names = [
            "eq", "lt", "like", "matches", "groups", "contains", "compare", "truth", "text", "format", "replace", "split", "join",
            "replace_text", "split_at", "index_of", "insert_text", "remove_text", "pad_left", "number", "whole", "round", "add",
            "subtract", "divide", "date", "date_text", "new_date", "add_days", "add_months", "span", "duration", "duration_of", "each",
            "one", "count", "first", "last", "append", "without", "sort", "group", "unique", "measure", "select", "get", "has", "item",
            "set", "entries", "to_json", "from_json", "to_csv", "from_csv", "to_html", "options", "body", "key", "linked", "sku",
            "licenses", "recipients", "addresses", "quoted", "url_encode", "url_decode", "html_encode", "html_decode", "to_base64", "from_base64", "is_type",
            "type_of", "out_string", "path", "join_path", "split_path", "parameters", "identity", "date_with", "midnight",
        ];
        for name in names {
            for given in ["a", "a, b", "a, b, c"] {
                let _either = stage.engine.eval_with_scope::<Dynamic>(&mut scope, &format!("ps::{name}({given})"));
            }
        }
    }

    /// A value between apostrophes of a filter cannot end them.
    #[test]
    fn quoted_text_has_no_apostrophe_of_its_own(text in "\\PC{0,20}") {
        let stage = stage();
        let mut scope = Scope::new();
        scope.push("x", text.clone());
        let quoted = stage.engine.eval_with_scope::<String>(&mut scope, "ps::quoted(x)").unwrap();
        prop_assert_eq!(quoted.replace("''", "").matches('\'').count(), 0);
        prop_assert_eq!(quoted.replace("''", "'"), text);
    }

    /// Text means the same after it was base64, in a link, or JSON.
    #[test]
    fn text_comes_back(text in "\\PC{0,20}") {
        let stage = stage();
        let mut scope = Scope::new();
        scope.push("x", text.clone());
        for code in ["ps::from_base64(ps::to_base64(x))", "ps::url_decode(ps::url_encode(x))", "ps::html_decode(ps::html_encode(x))", "ps::from_json(ps::to_json([x]))[0]"] {
            prop_assert_eq!(&stage.engine.eval_with_scope::<String>(&mut scope, code).unwrap(), &text);
        }
    }

    /// Equal is equal from both sides, and either less, equal or more.
    #[test]
    fn comparing_text_is_orderly(a in "[a-cA-C]{0,3}", b in "[a-cA-C]{0,3}") {
        let stage = stage();
        let mut scope = Scope::new();
        scope.push("a", a).push("b", b);
        let mut ask = |code: &str| stage.engine.eval_with_scope::<bool>(&mut scope, code).unwrap();
        prop_assert_eq!(ask("ps::eq(a, b)"), ask("ps::eq(b, a)"));
        let count = [ask("ps::lt(a, b)"), ask("ps::eq(a, b)"), ask("ps::gt(a, b)")].iter().filter(|held| **held).count();
        prop_assert_eq!(count, 1);
    }

    /// A wildcard without its signs is the text itself, whatever it holds.
    #[test]
    fn escaped_text_is_like_itself(text in "[^\\[\\]*?`\\p{C}]{0,12}") {
        let stage = stage();
        let mut scope = Scope::new();
        scope.push("x", text);
        prop_assert!(stage.engine.eval_with_scope::<bool>(&mut scope, "ps::like(x, x) && ps::matches(x, ps::escape(x))").unwrap());
    }
}
