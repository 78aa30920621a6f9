//! Lines at a prompt: what one line made, the next one knows.

use rhai::{AST, Dynamic, Scope};
use usher::powershell::Session;

/// Runs lines one after the other, as a prompt does: functions and variables stay.
fn answers(lines: &[&str]) -> Vec<String> {
    let engine = super::engine();
    let mut scope = Scope::new();
    let mut functions = AST::empty();
    let mut session = Session::new();
    lines
        .iter()
        .map(|line| {
            let code = session.line(line).code;
            let ast = match engine.compile_with_scope(&scope, &code) {
                Ok(ast) => ast,
                Err(error) => panic!("{error}\n{line}\n{code}"),
            };
            let whole = functions.merge(&ast);
            let value = engine.eval_ast_with_scope::<Dynamic>(&mut scope, &whole);
            functions = whole.clone_functions_only();
            match value {
                Ok(value) => value.to_string(),
                Err(error) => panic!("{error}\n{line}\n{code}"),
            }
        })
        .collect()
}

#[test]
fn names_are_the_same_in_any_case_and_on_any_line() {
    assert_eq!(answers(&["$UserCount = 2", "$usercount += 3", "$USERCOUNT"])[2], "5");
}

#[test]
fn functions_stay_callable_and_see_variables() {
    let lines = [
        "function Get-Label($n) { \"<$n>\" }",
        "$base = 10",
        "function Get-Both($n) { \"$n of $base\" }",
        "Get-Both 4",
        "$base = 20",
        "get-both 5",
        "Get-Label 'x'",
    ];
    let answers = answers(&lines);
    assert_eq!(
        (answers[3].as_str(), answers[5].as_str(), answers[6].as_str()),
        ("4 of 10", "5 of 20", "<x>")
    );
}

#[test]
fn a_variable_made_in_a_block_is_there_afterwards() {
    assert_eq!(answers(&["if ($true) { $inside = 'yes' }", "$inside"])[1], "yes");
    assert_eq!(answers(&["foreach ($i in 1..3) { $last = $i }", "$last"])[1], "3");
}

#[test]
fn lists_grow_over_lines() {
    assert_eq!(answers(&["$all = @()", "$all += 'a'", "$all += 'b'", "$all.Count"])[3], "2");
}

#[test]
fn a_new_value_of_another_kind_is_taken() {
    assert_eq!(answers(&["$x = 5", "$x = 'text'", "\"$x\""])[2], "text");
}
