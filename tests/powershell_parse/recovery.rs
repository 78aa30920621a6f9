//! A line that cannot be read is one statement; what stands around it is read.

use usher::powershell::parse;
use usher::powershell::syntax::StatementKind;

use super::read;

#[test]
fn one_bad_line_does_not_take_the_function_with_it() {
    let text = "function Get-It {\n  $a = 1\n  $x = = 5\n  Get-B $a\n}\nGet-It\n";
    assert_eq!(
        read(text),
        "function Get-It {$a Set 1; <unreadable: `=` does not belong here>; <Get-B $a>}; <Get-It>"
    );
}

#[test]
fn an_unreadable_statement_keeps_its_place_and_text() {
    let text = "Get-A\nif $x { 1 }\nGet-B";
    let block = parse::script(text);
    let bad = &block.statements[1];
    assert!(matches!(bad.kind, StatementKind::Unreadable(_)));
    assert_eq!(&text[bad.span.start..bad.span.end], "if $x { 1 }");
    assert_eq!(bad.span.line, 2);
    assert_eq!(block.statements.len(), 3);
}

#[test]
fn a_stray_brace_is_one_statement() {
    assert_eq!(read("Get-A\n}\nGet-B"), "<Get-A>; <unreadable: `}` does not belong here>; <Get-B>");
}

#[test]
fn a_brace_that_is_never_closed_keeps_what_stands_in_it() {
    assert_eq!(read("if ($a) {\n  Get-A\n"), "if ($a) {<Get-A>; <unreadable: this brace is never closed>}");
}

#[test]
fn a_parenthesis_that_is_never_closed_ends_with_its_block() {
    assert_eq!(
        read("function F {\n  $x = (Get-A\n}\nGet-B"),
        "function F {<unreadable: the `)` that closes a bracket is missing>}; <Get-B>"
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line() {
    assert_eq!(read("Get-A\nGet-B \"x\nGet-C"), "<Get-A>; <unreadable: a quote is never closed>; <Get-C>");
}

#[test]
fn marks_of_a_merge_are_one_statement_each() {
    assert_eq!(
        read("Get-A\n=======\nGet-B"),
        "<Get-A>; <unreadable: `=======` does not belong here>; <Get-B>"
    );
}

#[test]
fn deep_nesting_is_given_up_and_not_followed() {
    let text = format!("{}1{}\nGet-A", "(".repeat(5000), ")".repeat(5000));
    assert!(read(&text).ends_with("<Get-A>"));
    let strings = "\"$(".repeat(3000);
    assert!(read(&strings).contains("unreadable"));
}
