//! The language: what is wrong in a script is said where it is, and nothing passes silently.

use crate::usher::{Ended, Usher};

fn run(code: &str) -> Ended {
    Usher::new().code(code).run()
}

/// The error that a line of code ends with.
fn error(code: &str) -> String {
    let ran = run(code);
    ran.exits(1);
    ran.error()
}

fn first_line(code: &str) -> String {
    error(code).lines().next().unwrap_or_default().to_owned()
}

fn prints(code: &str, text: &str) {
    run(code).success().stdout_is(text);
}

#[test]
fn a_missing_key_is_an_error() {
    insta::assert_snapshot!(error("let m = #{ a: 1 }; m.b"), @r#"
    error: the map has no key `b`
      --> -e:1:22
       |
     1 | let m = #{ a: 1 }; m.b
       |                      ^
    hint: `"key" in map` tells whether there is one
    "#);
}

#[test]
fn an_unknown_variable_is_an_error() {
    insta::assert_snapshot!(error("let people = 1;\nprint(peple);"), @r"
    error: there is no variable `peple`
      --> -e:2:7
       |
     2 | print(peple);
       |       ^
    hint: variables are made with `let`; functions do not see the script's variables, only their arguments
    ");
}

#[test]
fn a_missing_argument_is_named() {
    insta::assert_snapshot!(error("add_group_member(\"Suppliers\")"), @r#"
    error: the argument `member` of `add_group_member` is missing
      --> -e:1:1
       |
     1 | add_group_member("Suppliers")
       | ^
    hint: add_group_member(group, member)
    "#);
}

#[test]
fn a_function_of_the_script_says_how_many_arguments_it_takes() {
    let told = error("fn greet(name, town) { name } greet(1)");
    assert!(told.contains("greet") && told.contains("2 arguments"), "{told}");
}

#[test]
fn an_unknown_function_is_told_the_nearest() {
    insta::assert_snapshot!(error("new_invitaton(#{})"), @r"
    error: there is no function `new_invitaton`
      --> -e:1:1
       |
     1 | new_invitaton(#{})
       | ^
    hint: did you mean `new_invitation`?
    ");
}

#[test]
fn a_cmdlet_is_told_its_verb() {
    for (cmdlet, verb) in [
        ("NewMailContact", "new_mail_contact"),
        ("New_MgInvitation", "new_invitation"),
        ("NewAzureADMSInvitation", "new_invitation"),
        ("AddAzureADGroupMember", "add_group_member"),
        ("removemguser", "remove_user"),
    ] {
        let told = error(&format!("{cmdlet}(#{{}})"));
        assert!(told.contains(&format!("did you mean `{verb}`?")), "{told}");
    }
}

#[test]
fn a_cmdlet_as_powershell_writes_it_is_told_its_verb() {
    let told = error("New-MgInvitation(#{})");
    assert!(told.contains("`new_invitation`"), "{told}");
}

#[test]
fn all_problems_of_the_options_are_told_at_once_with_their_places() {
    let code = "new_invitation(#{\n    invitedUserEmailAdress: \"ann@fabrikam.example\",\n    sendInvitationMessage: \"perhaps\",\n})";
    insta::assert_snapshot!(error(code), @r#"
    error: 3 options are wrong:
      2:5: there is no option `invitedUserEmailAdress` (did you mean `invitedUserEmailAddress`?)
      3:5: `sendInvitationMessage` takes true or false, and got the text `perhaps`
      the option `invitedUserEmailAddress` is missing (an empty cell, (), counts as not given)
      --> -e:2:5
       |
     2 |     invitedUserEmailAdress: "ann@fabrikam.example",
       |     ^
    "#);
}

#[test]
fn an_option_of_the_wrong_type_says_what_it_takes_and_what_it_got() {
    let told =
        error("new_invitation(#{ invitedUserEmailAddress: \"a@fabrikam.example\", inviteRedirectUrl: 5 })");
    assert!(told.contains("`5` is not a web address"), "{told}");
}

#[test]
fn an_empty_value_is_as_if_not_given() {
    prints(
        "new_invitation(#{ invitedUserEmailAddress: \"a@fabrikam.example\", invitedUserDisplayName: () }).status",
        "\"PendingAcceptance\"",
    );
    assert_eq!(
        first_line("new_invitation(#{ invitedUserEmailAddress: () })"),
        "error: the option `invitedUserEmailAddress` is missing"
    );
    let code = "let user = \"megan.bowen@contoso.example\"; let before = get_user(user).department; set_user(user, #{ department: (), city: \"Bonn\" }); get_user(user).department == before && before != ()";
    prints(code, "true");
}

#[test]
fn clearing_is_said() {
    let code = "let user = \"megan.bowen@contoso.example\"; set_user(user, #{ clear: [\"department\"] }); get_user(user).department == ()";
    prints(code, "true");
}

#[test]
fn dates_compare_with_dates_only() {
    for (code, what) in [
        ("now() < ()", "an empty value"),
        ("() > now()", "an empty value"),
        ("now() < \"2020-01-01\"", "text"),
    ] {
        assert_eq!(first_line(code), format!("error: a date cannot be compared with {what}"));
    }
    prints("days_ago(90) < now()", "true");
}

#[test]
fn nothing_is_neither_more_nor_less_than_anything() {
    for code in ["() < 5", "5 > ()", "() <= \"a\""] {
        assert!(first_line(code).contains("cannot be compared"), "{code}: {}", first_line(code));
    }
    prints("() == ()", "true");
}

#[test]
fn numbers_do_not_run_over() {
    assert!(first_line("9223372036854775807 + 1").contains("overflow"));
    assert!(first_line("0 - 9223372036854775807 - 2").contains("overflow"));
    assert!(first_line("9223372036854775807 * 2").contains("overflow"));
}

#[test]
fn text_is_not_run_as_code() {
    assert!(first_line("eval(\"1\")").contains("eval"));
}

#[test]
fn an_unclosed_comment_is_an_error() {
    insta::assert_snapshot!(error("print(1);\n/* not yet\nprint(2);"), @r"
    error: the comment that opens here is never closed
      --> -e:2:1
       |
     2 | /* not yet
       | ^
    hint: close it with `*/`
    ");
}

#[test]
fn an_error_shows_the_way_to_it_through_functions_and_modules() {
    let usher = Usher::new()
        .file("lib/people.rhai", "fn mail_of(person) {\n    person.mail\n}\n")
        .script("main.rhai", "import \"lib/people\" as people;\n\nfn greet(person) {\n    people::mail_of(person)\n}\n\ngreet(#{ name: \"Ann\" });\n");
    let ran = usher.run();
    ran.exits(1);
    insta::assert_snapshot!(ran.error(), @r#"
    error: the map has no key `mail`
      --> lib/people.rhai:2:12
       |
     2 |     person.mail
       |            ^
      mail_of called from main.rhai:4:13
      greet called from main.rhai:7:1
    hint: `"key" in map` tells whether there is one
    "#);
}

#[test]
fn modules_come_from_below_the_scripts_folder_only() {
    let usher = Usher::new().file("../outside.rhai", "fn f() { 1 }").file("beside.rhai", "fn f() { 1 }");
    let absolute = usher.path("beside.rhai").canonicalize().unwrap();
    let mut paths = vec![
        "../outside".to_owned(),
        "lib/../../outside".to_owned(),
        absolute.display().to_string().replace('\\', "/"),
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(usher.path("../outside.rhai"), usher.path("link.rhai")).unwrap();
        paths.push("link".to_owned());
    }
    for path in paths {
        let ran = usher.again().code(&format!("import \"{path}\" as m; m::f()")).run();
        ran.exits(1).stderr_has(&format!("`{path}` lies outside the script's folder"));
    }
    usher.again().code("import \"beside\" as m; m::f()").run().success().stdout_is("1");
}

#[test]
fn an_unknown_module_is_told_the_nearest() {
    assert!(error("import \"gests\" as guests;").contains("did you mean `guests`?"));
}

#[test]
fn catch_sees_what_went_wrong() {
    let code = "try { get_user(\"nobody@fabrikam.example\") } catch (e) {
        print(e.kind); print(e.message); print(e.hint); print(e.verb); print(e.retriable); print(e.status == ());
    }";
    run(code).success();
    insta::assert_snapshot!(run(code).stdout, @r"
    not_found
    there is no user `nobody@fabrikam.example`
    find_user() gives () instead of this error
    get_user
    false
    true
    ");
}

#[test]
fn catch_sees_what_a_script_threw() {
    prints(
        "try { throw #{ message: \"no room\", kind: \"full\" } } catch (e) { print(e.kind + \": \" + e.message) }",
        "full: no room",
    );
    prints("try { throw \"boom\" } catch (e) { print(e) }", "boom");
}

#[test]
fn an_error_in_a_row_has_its_place_for_the_script_too() {
    let usher = Usher::new().csv("list.csv", "email,name\nann@fabrikam,Ann\n");
    let code = "let result = bulk(import_csv(\"list.csv\"), |row| new_invitation(#{ invitedUserEmailAddress: row.email }));
        let e = result.rows[0].error; print(`${e.file}:${e.line}:${e.column} ${e.kind}`);";
    usher.clone().code(code).run().exits(4).stdout_has("list.csv:2:1 invalid_");
}

#[test]
fn a_row_that_throws_fails_alone() {
    let code = "let r = bulk([1, 2, 3], |n| if n == 2 { throw \"two\" } else { n * 10 }); print(r.rows.map(|row| row.status).join(\",\"));";
    run(code).exits(4).stdout_has("done,failed,done");
}

#[test]
fn assigning_to_a_captured_variable_is_refused_before_any_row() {
    let code = "let n = 0;\nbulk([1, 2], |x| { new_invitation(#{ invitedUserEmailAddress: `a${x}@fabrikam.example` }); n += x; });";
    let usher = Usher::new();
    let ran = usher.clone().code(code).run();
    ran.exits(1);
    insta::assert_snapshot!(ran.error(), @r#"
    error: `n` is outside of the closure, and rows run side by side: what they assign to it would be lost
      --> -e:2:92
       |
     2 | bulk([1, 2], |x| { new_invitation(#{ invitedUserEmailAddress: `a${x}@fabrikam.example` }); n += x; });
       |                                                                                            ^
    hint: return a value from the closure; `bulk` collects them in `result.rows`
    "#);
    assert_eq!(usher.ask("find_user(\"a1@fabrikam.example\") == ()"), true);
}

#[test]
fn a_variable_of_the_closures_own_may_be_assigned() {
    prints("let r = bulk([1, 2], |x| { let n = 0; n += x; n }); r.rows[1].value", "2");
}

#[test]
fn a_row_can_be_skipped_with_a_reason() {
    let ran = run("print(bulk([1, 2], |n| if n == 1 { skip(\"odd\") } else { n }));");
    ran.success().stdout_has("skipped  odd").stdout_has("2 rows: 1 done, 1 skipped");
}

#[test]
fn a_bulk_inside_a_bulk_is_refused() {
    run("print(bulk([1], |n| bulk([2], |m| m)));").exits(4).stdout_has("a bulk cannot run inside a bulk");
}

#[test]
fn rows_see_imports_constants_and_what_they_captured() {
    let code = "import \"guests\" as guests; const DOMAIN = \"@fabrikam.example\"; let prefix = \"a.\";
        let r = bulk([#{ mail: \"ann\" }], |row| prefix + guests::first_of(row, [\"mail\"]) + global::DOMAIN);
        r.rows[0].value";
    prints(code, "\"a.ann@fabrikam.example\"");
}

#[test]
fn a_row_can_call_the_scripts_functions() {
    prints("fn twice(n) { n * 2 } let r = bulk([1, 2], |n| twice(n)); r.rows[1].value", "4");
}

#[test]
fn keys_that_stand_twice_fail_the_later_row() {
    let ran = run("print(bulk([#{ email: \"a@b.example\" }, #{ email: \"A@b.example\" }], |p| p.email));");
    ran.exits(4).stdout_has("stands twice: row 1 has it too").stdout_has("2 rows: 1 failed, 1 done");
}

#[test]
fn rows_keep_their_order() {
    let code = "let r = bulk((0..200).to_array(), |n| n); r.rows.map(|row| row.value) == (0..200).to_array()";
    let ran = run(&code.replace("(0..200).to_array()", "{ let a = []; for i in 0..200 { a.push(i); } a }"));
    ran.success().stdout_is("true");
}

#[test]
fn a_function_that_calls_itself_without_end_is_stopped() {
    run("fn a(x) { a(x + 1) } a(0)").exits(1).stderr_has("too deep");
}

#[test]
fn arrays_and_texts_do_what_admins_miss() {
    prints("\" a \".trim()", "\"a\"");
    prints("[3, 1, 2].sort_by(|n| n).join(\", \")", "\"1, 2, 3\"");
    prints("[1, 1, 2].unique().len()", "2");
    prints("[1, 2].sum()", "3");
    prints("split_list(\"Kahn, Wendy; Lee, Ann\").len()", "2");
    prints("split_list(\"a, b\").len()", "2");
    prints("same_address(\"Ann@Fabrikam.example\", \"ann@fabrikam.example\")", "true");
}

#[test]
fn an_unknown_property_is_told_the_nearest_and_one_not_selected_names_select() {
    let told = error("get_user(\"megan.bowen@contoso.example\").dispalyName");
    assert!(told.contains("did you mean `displayName`?"), "{told}");
    let told = error("get_user(\"megan.bowen@contoso.example\", #{ select: [\"id\"] }).displayName");
    assert!(told.contains("select"), "{told}");
}
