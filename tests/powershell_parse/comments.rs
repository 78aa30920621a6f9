//! Comments stay where they are: above, beside, in front of a script's parameters.

use usher::powershell::parse;
use usher::powershell::syntax::{Comment, ExpressionKind, StatementKind};

fn comment(lines: &[&str], blank: bool) -> Comment {
    Comment { lines: lines.iter().map(|line| line.to_string()).collect(), blank }
}

#[test]
fn comments_stand_above_and_beside() {
    let block = parse::script("# one\n# two\n\n# three\nGet-A # here\n\nGet-B;  # there\n# last\n");
    assert_eq!(block.statements[0].above, [comment(&["one", "two"], false), comment(&["three"], true)]);
    assert_eq!(block.statements[0].beside.as_deref(), Some("here"));
    assert_eq!(block.statements[1].above, [comment(&[], true)]);
    assert_eq!(block.statements[1].beside.as_deref(), Some("there"));
    assert_eq!(block.closing, [comment(&["last"], false)]);
}

#[test]
fn an_empty_line_between_a_comment_and_its_statement_is_kept() {
    let block = parse::script("Get-A\n# about\n\nGet-B");
    assert_eq!(block.statements[1].above, [comment(&["about"], false), comment(&[], true)]);
}

#[test]
fn the_help_of_a_script_comes_first() {
    let text = "<#\n  .SYNOPSIS\n    Removes guests.\n#>\n# more\nparam($a)\nGet-A";
    let block = parse::script(text);
    assert_eq!(block.opening, [comment(&[".SYNOPSIS", "  Removes guests.", "more"], false)]);
    let block = parse::script("<# .SYNOPSIS\n x #>\n# about\nGet-A");
    assert_eq!(block.opening.len(), 1);
    assert_eq!(block.statements[0].above, [comment(&["about"], false)]);
}

#[test]
fn comments_within_a_statement_go_above_it() {
    let block = parse::script("Get-A | # all\n  # sorted\n  Sort-Object Id # by id\nGet-B");
    assert_eq!(block.statements[0].above, [comment(&["all", "sorted"], false)]);
    assert_eq!(block.statements[0].beside.as_deref(), Some("by id"));
}

#[test]
fn comments_of_entries_and_blocks_stay_inside() {
    let block = parse::script(
        "$h = @{\n  # the first\n  a = 1 # one\n  b = 2\n}\nif ($x) { # why\n  # do it\n  Get-A\n  # done\n}\n",
    );
    let StatementKind::Assign { value, .. } = &block.statements[0].kind else { panic!("an assignment") };
    let StatementKind::Pipeline(pipeline) = &value.kind else { panic!("a pipeline") };
    let usher::powershell::syntax::Element::Expression(table) = &pipeline.elements[0] else {
        panic!("an expression")
    };
    let ExpressionKind::Hash { entries, .. } = &table.kind else { panic!("a table") };
    assert_eq!(entries[0].above, [comment(&["the first"], false)]);
    assert_eq!(entries[0].beside.as_deref(), Some("one"));
    assert!(block.statements[0].above.is_empty());
    let StatementKind::If { arms, .. } = &block.statements[1].kind else { panic!("an if") };
    let body = &arms[0].1;
    assert_eq!(body.statements[0].above, [comment(&["why", "do it"], false)]);
    assert_eq!(body.closing, [comment(&["done"], false)]);
}

#[test]
fn comments_before_else_and_between_clauses_stay_in_the_branch() {
    let block = parse::script(
        "if ($x) {\n  1\n}\n# otherwise\nelse {\n  2\n}\nswitch ($x) {\n  # first\n  'a' { 1 }\n  'b' { 2 } # second\n}\n",
    );
    let StatementKind::If { otherwise, .. } = &block.statements[0].kind else { panic!("an if") };
    assert_eq!(otherwise.as_ref().unwrap().statements[0].above, [comment(&["otherwise"], false)]);
    let StatementKind::Switch { arms, .. } = &block.statements[1].kind else { panic!("a switch") };
    assert_eq!(arms[0].1.statements[0].above, [comment(&["first"], false)]);
    assert_eq!(arms[1].1.statements[0].beside.as_deref(), Some("second"));
}

#[test]
fn parameters_keep_what_is_said_of_them() {
    let block = parse::script(
        "param(\n  # how many days\n  [int]$Days = 90, # at least\n  [switch]$Force # do it\n)\n",
    );
    assert_eq!(block.parameters[0].comment.as_deref(), Some("how many days at least"));
    assert_eq!(block.parameters[1].comment.as_deref(), Some("do it"));
    let block =
        parse::script("param([Parameter(Mandatory=$true, HelpMessage='The domain, please')] $Domain)");
    assert_eq!(block.parameters[0].help.as_deref(), Some("The domain, please"));
}
