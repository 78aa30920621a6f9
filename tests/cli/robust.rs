//! What must not be lost, whatever goes wrong around it.

use super::usher::Usher;

const INVITE: &str = "let result = bulk(import_csv(args[0]), |row| {
    new_invitation(#{ invitedUserEmailAddress: row.email }).invitedUser.id
});
";

fn list(rows: usize) -> String {
    let row = |n: usize| format!("person{n}@fabrikam.example\n");
    format!("email\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn rows_that_failed_are_told_of_even_if_the_script_keeps_the_result() {
    let people = "email\nann@fabrikam.example\nbob@fabrikam\n";
    let ran = Usher::new().csv("list.csv", people).script("job.rhai", INVITE).args(["list.csv"]).run();
    ran.exits(4)
        .stderr_has("list.csv:3:1 (email): `bob@fabrikam` is not an e-mail address")
        .stderr_has("2 rows: 1 failed, 1 done");
}

#[test]
fn a_result_file_that_cannot_be_written_takes_nothing_else_with_it() {
    let usher = Usher::new()
        .csv("list.csv", &list(3))
        .script("job.rhai", &format!("{INVITE}print(result);"))
        .file("list.results.csv/in-the-way", "");
    usher
        .args(["list.csv"])
        .run()
        .success()
        .stdout_has("3 rows: 3 done")
        .stderr_has("warning: `list.results.csv` could not be written");
}

#[test]
fn a_second_bulk_over_a_file_does_not_take_the_first_ones_results() {
    let usher = Usher::new()
        .csv("list.csv", &list(2))
        .script("job.rhai", &format!("{INVITE}{}", INVITE.replace("let result", "let again")));
    let ran = usher.clone().args(["list.csv"]).run();
    ran.success().stderr_has("wrote list.results.csv").stderr_has("wrote list.results-2.csv");
    assert_eq!(usher.table("list.results.csv")[0]["status"], "done");
    assert_eq!(usher.table("list.results-2.csv")[0]["status"], "already");
}

#[test]
fn the_failed_rows_of_an_earlier_run_go_once_none_fails_any_more() {
    let usher = Usher::new().csv("list.csv", "email\nbob@fabrikam\n").script("job.rhai", INVITE);
    usher.clone().args(["list.csv"]).run().exits(4).stderr_has("wrote list.failed.csv");
    let usher = usher.csv("list.csv", "email\nbob@fabrikam.example\n");
    usher.args(["list.csv"]).run().success().stderr_has("removed list.failed.csv");
}

#[test]
fn a_member_who_only_mentions_an_address_is_not_removed_by_it() {
    let code = "set_user(\"adele.vance@contoso.example\", #{ otherMails: [\"private@fabrikam.example\"] });
        remove_user(\"private@fabrikam.example\");
        print(get_user(\"adele.vance@contoso.example\").displayName);
        print(new_invitation(#{ invitedUserEmailAddress: \"private@fabrikam.example\" }).alreadyExisted);";
    Usher::new().code(code).run().success().stdout_is("Adele Vance\nfalse");
}

#[test]
fn modules_that_import_each_other_are_an_error() {
    let usher = Usher::new()
        .file("b.rhai", "import \"c\" as c;")
        .file("c.rhai", "import \"b\" as b;")
        .script("job.rhai", "import \"b\" as b;");
    usher.run().exits(1).stderr_has("modules import each other: b.rhai -> c.rhai -> b.rhai");
}

#[test]
fn a_bulks_own_limit_of_removals_ends_with_it() {
    let code = "let ids = [1, 2, 3, 4].map(|n| new_invitation(#{ invitedUserEmailAddress: `p${n}@fabrikam.example` }).invitedUser.id);
        bulk([#{ id: ids[0] }], #{ maxRemovals: 1 }, |row| remove_user(row.id));
        bulk([#{ id: ids[1] }, #{ id: ids[2] }], #{ maxRemovals: 5 }, |row| remove_user(row.id));
        remove_user(ids[3]);
        print(get_guests(#{ domain: \"fabrikam.example\", filter: \"startsWith(mail,'p')\" }).len());";
    Usher::new().code(code).run().success().stdout_is("0");
}

#[test]
fn an_excel_workbook_is_told_from_a_csv() {
    let usher = Usher::new().file("book.xlsx", "PK\u{3}\u{4}rest").script("job.rhai", INVITE);
    usher.args(["book.xlsx"]).run().exits(1).stderr_has("is an Excel workbook, not a CSV file");
}

#[test]
fn a_wrong_option_is_never_turned_into_an_argument() {
    let usher = Usher::new().script("job.rhai", "print(1)");
    let ran = usher.args(["-WhatIf"]).run();
    ran.exits(2).stderr_has("there is no option `-WhatIf`").stderr_has("did you mean `--what-if`?");
}

#[test]
fn an_option_of_a_run_is_told_its_place() {
    let ran = Usher::new().command(["-e", "1 + 1"]).run();
    ran.exits(2).stderr_has("there is no option `-e`").stderr_has("usher run -e ...");
}

#[test]
fn options_before_the_command_are_told_their_place() {
    let ran = Usher::new().command(["--tenant", "contoso", "-q", "run", "job.rhai"]).run();
    ran.exits(2)
        .stderr_has("options stand behind the command")
        .stderr_has("usher run --tenant <NAME> --quiet ...");
}

#[test]
fn lost_changes_to_captured_variables_are_seen_in_every_form() {
    for change in
        ["found.push(row.id)", "m.list.push(row.id)", "a[0].push(row.id)", "push(found, row.id)", "m.n += 1"]
    {
        let code = format!(
            "let found = []; let m = #{{ list: [], n: 0 }}; let a = [[]];
            bulk([#{{ id: 1 }}], |row| {{ {change}; }});"
        );
        Usher::new().code(&code).run().exits(1).stderr_has("what they assign to it would be lost");
    }
}

#[test]
fn what_cannot_be_compared_by_size_is_an_error() {
    for (code, why) in [
        ("(now() - days_ago(3)) > 90", "a time between two dates cannot be compared with a whole number"),
        ("() < []", "an empty value, (), cannot be compared by size"),
        ("[1, 2].filter(|x| x + 1)", "the closure of `filter` gave a whole number"),
        ("let t = \"x\"; t.pad(10, \"\")", "text cannot be padded with nothing"),
    ] {
        Usher::new().code(code).run().exits(1).stderr_has(why);
    }
}
