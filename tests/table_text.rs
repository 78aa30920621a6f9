//! Text tables: what fits, what is left out, and what a terminal is spared.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::{Value, json};
use usher::table::text::{Column, Style, columns_of, list, table};

fn rows(rows: &Value) -> Vec<Vec<Value>> {
    rows.as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect()
}

fn columns(titles: &[&str]) -> Vec<Column> {
    titles.iter().map(|&title| title.into()).collect()
}

fn plain(titles: &[&str], cells: Value, width: Option<usize>) -> String {
    table(&columns(titles), &rows(&cells), width, Style::default())
}

#[test]
fn a_table_has_a_header_a_rule_and_no_boxes() {
    let cells = json!([["Ann Lee", 3, ["Sales", "Suppliers"]], ["Zoë", 12, null]]);
    assert_eq!(
        plain(&["name", "n", "groups"], cells, None),
        "name      n  groups\n\
         ────────────────────────────\n\
         Ann Lee   3  Sales; Suppliers\n\
         Zoë      12\n"
            .replace("────────────────────────────", &"─".repeat(29))
    );
}

#[test]
fn wide_characters_take_two_places() {
    let cells = json!([["王芳", "x"], ["e\u{301}", "x"], ["👩‍👩‍👧", "x"], ["ab", "x"]]);
    let text = plain(&["n", "y"], cells, None);
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), ["王芳  x", "e\u{301}     x", "👩‍👩‍👧    x", "ab    x"]);
}

#[test]
fn long_cells_end_in_an_ellipsis() {
    let cells = json!([["a very long message that goes on", "x"]]);
    let text = plain(&["message", "y"], cells.clone(), Some(19));
    assert_eq!(text.lines().nth(2), Some("a very long mes…  x"));
    let ascii = Style { ascii: true, ..Style::default() };
    let text = table(&columns(&["message", "y"]), &rows(&cells), Some(19), ascii);
    assert_eq!(text, "message           y\n-------------------\na very long m...  x\n");
}

#[test]
fn room_that_is_left_goes_to_the_first_columns() {
    let cells = json!([["hans.peter.mueller@fabrikam.example", "a message that goes on and on and on"]]);
    let text = plain(&["email", "message"], cells, Some(60));
    assert_eq!(text.lines().nth(2), Some("hans.peter.mueller@fabrikam.example  a message that goes on…"));
}

#[test]
fn an_emoji_is_not_cut_in_two() {
    let text = plain(&["m"], json!([["12345678👩‍👩‍👧👩‍👩‍👧 and more"]]), Some(11));
    assert_eq!(text.lines().nth(2), Some("12345678👩‍👩‍👧…"));
}

#[test]
fn long_cells_can_go_on_below() {
    let style = Style { wrap: true, ..Style::default() };
    let text = table(
        &columns(&["name", "message"]),
        &rows(&json!([["Ann", "welcome to our tenant"]])),
        Some(22),
        style,
    );
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), ["Ann   welcome to our", "      tenant"]);
}

#[test]
fn the_least_important_columns_are_left_out_and_named() {
    let columns =
        [Column::new("name", 9), Column::new("id", 0), Column::new("company", 5), Column::new("mail", 9)];
    let cells =
        rows(&json!([["Ann Lee Long", "0123456789abcdef", "Fabrikam Limited", "ann@fabrikam.example"]]));
    let text = table(&columns, &cells, Some(30), Style::default());
    assert_eq!(text.lines().next(), Some("name          mail"));
    assert_eq!(text.lines().last(), Some("not shown: id, company"));
    let text = table(&columns, &cells, Some(3), Style::default());
    assert!(text.lines().all(|line| line.chars().count() <= 3), "{text}");
}

#[test]
fn a_table_is_never_wider_than_its_width() {
    let cells =
        json!([["王芳王芳王芳王芳", "ann@fabrikam.example", "🙂🙂🙂🙂🙂🙂", 12345], ["", null, "x", 1]]);
    for width in 1..80 {
        for wrap in [false, true] {
            let style = Style { wrap, ..Style::default() };
            let text =
                table(&columns(&["name", "address", "mood", "count"]), &rows(&cells), Some(width), style);
            for line in text.lines() {
                assert!(unicode_width::UnicodeWidthStr::width(line) <= width.max(2), "{width}: {line}");
            }
        }
    }
}

#[test]
fn without_a_terminal_nothing_is_cut() {
    let long = "x".repeat(500);
    assert!(plain(&["a", "b"], json!([[long, 1]]), None).contains(&long));
}

#[test]
fn names_cannot_command_the_terminal() {
    let text = plain(&["name"], json!([["\u{1b}[2Jann\r\nlee\u{202e}x\u{7}\tz"]]), None);
    assert_eq!(text.lines().nth(2), Some("\u{fffd}[2Jann leex\u{fffd} z"));
}

#[test]
fn colours_are_only_in_the_header_and_the_rule() {
    let style = Style { color: true, ..Style::default() };
    let text = table(&columns(&["a"]), &rows(&json!([["x"]])), None, style);
    assert_eq!(text, "\u{1b}[1ma\u{1b}[0m\n\u{1b}[2m─\u{1b}[0m\nx\n");
}

#[test]
fn objects_bring_their_columns_in_order() {
    let objects = [json!({"z": 1, "a": 2}), json!({"m": 3, "a": "2026-11-21T18:00:00Z"})];
    let objects: Vec<_> = objects.iter().map(|object| object.as_object().unwrap().clone()).collect();
    let (columns, rows) = columns_of(&objects);
    let text = table(&columns, &rows, None, Style::default());
    assert_eq!(text.lines().next(), Some("z  a                     m"));
    assert_eq!(text.lines().last(), Some("   2026-11-21T18:00:00Z  3"));
}

#[test]
fn a_list_has_one_property_a_line() {
    let object = json!({"displayName": "Ann", "mail": null, "message": "Hello\nyou there", "n": [1, 2]});
    assert_eq!(
        list(object.as_object().unwrap(), Some(23), Style::default()),
        "displayName  Ann\nmail\nmessage      Hello\n             you there\nn            1; 2\n"
    );
}

#[test]
fn an_empty_table_is_its_header() {
    assert_eq!(plain(&["a", "bc"], json!([]), Some(80)), "a  bc\n─────\n");
    assert_eq!(plain(&[], json!([]), Some(80)), "");
}
