//! `-e`, and how values come out.

use crate::usher::Usher;

const TWO: &str =
    "[#{ name: \"Ann\", email: \"ann@fabrikam.example\" }, #{ name: \"Bo; \\\"B\\\"\", email: () }]";

fn output(format: &str, code: &str) -> String {
    let ran = Usher::new().args(["--output", format]).code(code).run();
    ran.success();
    ran.stdout
}

#[test]
fn the_value_of_a_line_is_json_in_a_pipe() {
    for (code, printed) in [
        ("1 + 1", "2"),
        ("\"text\"", "\"text\""),
        ("1.5", "1.5"),
        ("true", "true"),
        ("()", ""),
        ("let x = 1;", ""),
        ("[]", "[]"),
        ("parse_date(\"2024-02-29\")", "\"2024-02-29T00:00:00Z\""),
    ] {
        Usher::new().code(code).run().success().stdout_is(printed);
    }
}

#[test]
fn the_same_value_in_every_format() {
    insta::assert_snapshot!(output("table", TWO), @r#"
    name     email
    ─────────────────────────────
    Ann      ann@fabrikam.example
    Bo; "B"
    "#);
    insta::assert_snapshot!(output("csv", TWO), @r#"
    name,email
    Ann,ann@fabrikam.example
    "Bo; ""B""",
    "#);
    let json: serde_json::Value = serde_json::from_str(&output("json", TWO)).unwrap();
    let lines: Vec<serde_json::Value> =
        output("ndjson", TWO).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json, serde_json::json!(lines));
    assert_eq!(json[0], serde_json::json!({ "name": "Ann", "email": "ann@fabrikam.example" }));
    assert!(json[1]["email"].is_null());
}

#[test]
fn text_is_printed_bare_in_a_table() {
    assert_eq!(output("table", "\"text\""), "text\n");
}

#[test]
fn an_unknown_format_is_a_usage_error() {
    Usher::new().args(["--output", "xml"]).code("1").run().exits(2).stderr_has("xml").stderr_has("ndjson");
}

#[test]
fn columns_come_out_as_the_literal_has_them() {
    let usher = Usher::new();
    let code = "let people = [#{ zip: \"1\", name: \"Ann\", city: \"Berlin\" }];
        export_csv(people, \"people.csv\");
        print(format_table(people));";
    let ran = usher.again().code(code).run();
    ran.success();
    assert_eq!(usher.read("people.csv").trim_start_matches('\u{feff}').lines().next(), Some("zip,name,city"));
    assert_eq!(ran.stdout.lines().next(), Some("zip  name  city"));
}

#[test]
fn columns_can_be_chosen() {
    let code = "print(format_table([#{ b: 1, a: 2, c: 3 }], #{ columns: [\"c\", \"a\"] }))";
    Usher::new().code(code).run().success().stdout_has("c  a\n");
}

#[test]
fn what_follows_two_dashes_is_the_scripts() {
    let usher = Usher::new().script("args.rhai", "print(args.join(\"|\"));");
    usher
        .clone()
        .args(["a.csv", "--", "--what-if", "-x", "b c"])
        .run()
        .success()
        .stdout_is("a.csv|--what-if|-x|b c");
    usher.again().code("args.len()").args(["--", "--tenant"]).run().success().stdout_is("1");
}

#[test]
fn options_are_recognised_anywhere_before_two_dashes() {
    let usher = Usher::new().script("args.rhai", "print(args.join(\"|\"));");
    usher
        .clone()
        .args(["a.csv", "--what-if", "b.csv"])
        .run()
        .success()
        .stdout_has("a.csv|b.csv")
        .stderr_has("preview");
}

#[test]
fn print_goes_to_stdout_and_everything_else_to_stderr() {
    let ran = Usher::new()
        .code("print(\"data\"); let invited = new_invitation(#{ invitedUserEmailAddress: \"a@fabrikam.example\" });")
        .run();
    ran.success().stdout_is("data");
    insta::assert_snapshot!(ran.told(), @r"
    tenant: sandbox (simulated, no mail is sent)
    new_invitation a@fabrikam.example: done
    ledger: run RUN, 1 write sent, head HEAD
    ");
}

#[test]
fn quiet_leaves_only_results() {
    let ran = Usher::new()
        .args(["-q"])
        .code("new_invitation(#{ invitedUserEmailAddress: \"a@fabrikam.example\" }).status")
        .run();
    ran.success().stdout_is("\"PendingAcceptance\"");
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_script_can_start_with_a_shebang() {
    Usher::new()
        .script("s.rhai", "#!/usr/bin/env -S usher run\nprint(\"hi\");\nthrow \"boom\";")
        .run()
        .exits(1)
        .stdout_has("hi")
        .stderr_has("s.rhai:3:1");
}

#[test]
fn a_script_ends_with_the_exit_code_it_gives() {
    Usher::new().code("print(1); exit(7); print(2)").run().exits(7).stdout_is("1");
    Usher::new().code("exit(0)").run().success().stdout_is("");
    Usher::new().code("exit(256)").run().exits(1);
    Usher::new().code("exit(\"a result\")").run().success().stdout_has("a result");
}
