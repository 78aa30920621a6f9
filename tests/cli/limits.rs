//! What a run may not do, and how it is said.

use crate::usher::Usher;

const INVITE: &str = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" })";

#[test]
fn a_write_that_was_not_allowed_ends_the_run_and_names_the_option() {
    let usher = Usher::new();
    let code = format!("try {{ {INVITE} }} catch (e) {{ print(\"caught\"); }} print(\"went on\");");
    let ran = usher.clone().args(["--allow", "set_user", "--record", "wire.jsonl"]).code(&code).run();
    ran.exits(3)
        .stdout_is("")
        .stderr_has("error: this run may not call `new_invitation`")
        .stderr_has("hint: allow it with --allow set_user,new_invitation");
    assert!(!usher.exists("wire.jsonl") || usher.read("wire.jsonl").is_empty(), "a request was made");
    usher.again().args(["--allow", "set_user,new_invitation"]).code(INVITE).run().success();
}

#[test]
fn reading_needs_no_allowance() {
    Usher::new()
        .args(["--allow", "set_user"])
        .code("get_users().len() > 0")
        .run()
        .success()
        .stdout_is("true");
}

#[test]
fn an_allowance_that_is_no_verb_is_a_usage_error() {
    Usher::new()
        .args(["--allow", "new_invitatoin"])
        .code("1")
        .run()
        .exits(2)
        .stderr_has("there is no verb `new_invitatoin`");
}

#[test]
fn an_allowance_in_a_bulk_stops_the_other_rows() {
    let usher = Usher::with_scripts();
    let ran = usher
        .again()
        .args(["scripts/onboard.rhai", "scripts/guests.csv", "--allow", "set_user", "--throttle-limit", "1"])
        .run();
    ran.exits(3).stdout_has("24 not attempted");
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("--allow set_user,new_invitation"));
}

const CONTACTS: &str = "for i in 0..26 { new_mail_contact(#{ name: `Contact ${i}`, externalEmailAddress: `c${i}@fabrikam.example` }); }";
const REMOVE: &str =
    "for i in 0..26 { try { remove_mail_contact(`c${i}@fabrikam.example`); } catch { print(\"caught\"); } }";

#[test]
fn a_run_removes_25_objects_and_no_more_unless_told() {
    let usher = Usher::new();
    usher.again().code(CONTACTS).run().success();
    let ran = usher.again().code(REMOVE).run();
    ran.exits(5).stdout_is("");
    insta::assert_snapshot!(ran.error().lines().next().unwrap(), @"error: removing the mail contact `c25@fabrikam.example`: 25 objects may be removed here, and this would be one more");
    ran.stderr_has("--max-removals N");
    let left = "get_mail_contacts().filter(|c| c.externalEmailAddress.contains(\"fabrikam\")).len()";
    assert_eq!(usher.ask(left), 1);
    usher.again().code(CONTACTS).run();
    usher.again().args(["--max-removals", "26"]).code(REMOVE).run().success();
    assert_eq!(usher.ask(left), 0);
}

#[test]
fn a_preview_shows_where_the_guard_would_stop() {
    let usher = Usher::new();
    usher.again().code(CONTACTS).run().success();
    let ran = usher.again().code(REMOVE).what_if().run();
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("--max-removals"), "{ran:?}");
}

#[test]
fn memberships_are_not_counted_as_removals() {
    let code = "let guest = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).invitedUser;
        for i in 0..30 { add_group_member(\"Suppliers\", guest); remove_group_member(\"Suppliers\", guest); }";
    Usher::new().code(code).run().success();
}

#[test]
fn a_question_that_nobody_can_answer_stops_the_run() {
    let usher = Usher::new();
    let ran = usher.clone().args(["--confirm"]).code(INVITE).run();
    ran.exits(5).stderr_has("`new_invitation` was not confirmed").stderr_has("--yes");
    assert_eq!(usher.ask("find_user(\"ann@fabrikam.example\") == ()"), true);
    usher.again().args(["--confirm", "--yes"]).code(INVITE).run().success();
}

#[test]
fn a_script_for_another_tenant_is_refused() {
    let ran = Usher::new().script("job.rhai", "// what it does\n//! tenant: other\nprint(\"ran\");\n").run();
    ran.exits(5).stdout_is("");
    insta::assert_snapshot!(ran.error(), @r"
    error: the script is meant for tenant `other`, and this run goes to `sandbox`
      --> job.rhai:2:1
       |
     2 | //! tenant: other
       | ^
    hint: choose the tenant on the command line: --tenant other
    ");
    Usher::new()
        .script("job.rhai", "//! tenant: sandbox\nprint(\"ran\");\n")
        .run()
        .success()
        .stdout_is("ran");
    Usher::new()
        .code("connect(#{ tenant: \"other\" })")
        .run()
        .exits(5)
        .stderr_has("meant for tenant `other`");
}

#[test]
fn an_unknown_tenant_is_an_error() {
    Usher::new().args(["--tenant", "nope"]).code("1").run().exits(2).stderr_has("there is no tenant `nope`");
    Usher::new().args(["--tenant", "sandbox"]).code("1").run().success();
}

#[test]
fn an_unknown_option_is_never_an_argument() {
    let usher = Usher::with_scripts();
    for option in ["--whatif", "--what-iff", "-x", "--dryrun"] {
        let ran = usher.again().args(["scripts/onboard.rhai", "scripts/guests.csv", option]).run();
        ran.exits(2).stderr_has(option).stdout_is("");
    }
    assert_eq!(usher.ask("find_user(\"ann.lee@fabrikam.example\") == ()"), true);
}

#[test]
fn a_script_that_is_not_there_is_a_usage_error() {
    Usher::new().args(["job.rhai"]).run().exits(2).stderr_has("`job.rhai`: there is no such file");
    Usher::new().run().exits(2).stderr_has("SCRIPT");
    Usher::new().command(["rnu"]).run().exits(2).stderr_has("rnu");
}

#[test]
fn a_script_reads_and_writes_below_the_working_folder_only() {
    let usher = Usher::new()
        .csv("../beside/list.csv", "email\nann@fabrikam.example\n")
        .csv("list.csv", "email\nbo@fabrikam.example\n");
    let beside = usher.path("../beside").canonicalize().unwrap();
    let absolute = beside.join("list.csv").display().to_string().replace('\\', "/");
    for path in ["../beside/list.csv", "sub/../../beside/list.csv", &absolute] {
        let lies =
            format!("`{path}` lies outside the working directory and the folders given with --allow-path");
        usher.again().code(&format!("import_csv(\"{path}\").len()")).run().exits(1).stderr_has(&lies);
        usher
            .again()
            .code(&format!("export_csv([#{{ a: 1 }}], \"{path}\")"))
            .run()
            .exits(1)
            .stderr_has(&lies);
    }
    assert_eq!(usher.read("../beside/list.csv"), "email\nann@fabrikam.example\n");
    usher.again().code("import_csv(\"list.csv\").len()").run().success().stdout_is("1");
    let allowed = usher.again().args(["--allow-path", "../beside"]);
    allowed.code("export_csv(import_csv(\"../beside/list.csv\"), \"../beside/out.csv\")").run().success();
    assert!(usher.exists("../beside/out.csv"));
}

#[cfg(unix)]
#[test]
fn a_link_is_no_way_out_of_the_working_folder() {
    let usher = Usher::new().csv("../beside/list.csv", "email\nann@fabrikam.example\n");
    std::os::unix::fs::symlink(usher.path("../beside"), usher.path("link")).unwrap();
    usher
        .again()
        .code("import_csv(\"link/list.csv\")")
        .run()
        .exits(1)
        .stderr_has("lies outside the working directory");
    usher
        .again()
        .code("export_csv([#{ a: 1 }], \"link/new.csv\")")
        .run()
        .exits(1)
        .stderr_has("lies outside the working directory");
    assert!(!usher.exists("../beside/new.csv"));
}

#[test]
fn a_file_named_on_the_command_line_may_be_read_wherever_it_is() {
    let usher = Usher::new()
        .csv("../beside/list.csv", "email\nann@fabrikam.example\n")
        .csv("../beside/other.csv", "a\n1\n");
    usher
        .again()
        .code("import_csv(args[0]).len()")
        .args(["../beside/list.csv"])
        .run()
        .success()
        .stdout_is("1");
    usher.again().code("export_csv([#{ a: 1 }], args[0])").args(["../beside/list.csv"]).run().exits(1);
    let neighbour =
        usher.again().code("import_csv(\"../beside/other.csv\").len()").args(["../beside/list.csv"]).run();
    neighbour.exits(1).stderr_has("lies outside");
}

#[test]
fn results_of_a_list_from_elsewhere_are_written_here() {
    let usher = Usher::with_scripts().csv("../beside/list.csv", "email\nann@fabrikam.example\n");
    usher.again().args(["scripts/onboard.rhai", "../beside/list.csv"]).run().success();
    assert!(usher.exists("list.results.csv") && !usher.exists("../beside/list.results.csv"));
}

#[cfg(unix)]
#[test]
fn files_that_usher_writes_are_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let usher = Usher::with_scripts();
    usher
        .again()
        .args(["scripts/onboard.rhai", "scripts/guests.csv", "--record", "wire.jsonl", "--log", "usher.log"])
        .run()
        .success();
    for name in ["guests.results.csv", "wire.jsonl", "usher.log", "../home"] {
        let mode = std::fs::metadata(usher.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_is_made_harmless() {
    let usher = Usher::new();
    usher.clone().code("export_csv([#{ name: \"=cmd|'/c calc'!A0\" }], \"out.csv\")").run().success();
    assert!(
        !usher.read("out.csv").lines().any(|line| line.starts_with('=') || line.starts_with("\"=")),
        "{}",
        usher.read("out.csv")
    );
}
