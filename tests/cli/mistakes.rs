//! A list with mistakes: each is told where it is, the good rows are done, and the rest can be mended and fed back.

use crate::usher::Usher;

const JOB: [&str; 2] = ["scripts/onboard.rhai", "scripts/guests-with-mistakes.csv"];

#[test]
fn each_mistake_has_its_own_line_and_the_good_rows_are_done() {
    let ran = Usher::with_scripts().args(JOB).run();
    ran.exits(4)
        .stderr_has("wrote guests-with-mistakes.results.csv")
        .stderr_has("wrote guests-with-mistakes.failed.csv");
    insta::assert_snapshot!(ran.printed(), @r"
    scripts/guests-with-mistakes.csv:3:1 (email): `ann@fabrikam` is not an e-mail address
        hint: addresses look like `ann@fabrikam.example`
    scripts/guests-with-mistakes.csv:5:63 (groups): there is no group `Project Falkon`
        hint: did you mean `Project Falcon`?
    scripts/guests-with-mistakes.csv:6:1 (email): `Chloe.Brussard@northwind.example` stands twice: line 4 has it too
        hint: remove one of the two; the first was done
    scripts/guests-with-mistakes.csv:7:90 (licence): there is no licence `POWERBI_STANDARD`
        hint: did you mean `POWER_BI_STANDARD`?
    scripts/guests-with-mistakes.csv:8:1 (email): inviting `lynne.robbins@contoso.example`: `contoso.example` is a domain of this tenant, and its own people cannot be guests
        hint: create an account for this person, or use an address outside of the organization
    scripts/guests-with-mistakes.csv:9:87: the row has 5 cells, the header has 11
        hint: an empty cell still needs its delimiter
    scripts/guests-with-mistakes.csv:10:1 (email): inviting `patti.fernandez@blocked.example`: `blocked.example` is on the tenant's list of blocked domains
        hint: the list is kept in the Entra admin center under External collaboration settings

    line  row                               status  what happened
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
       2  paul.cannon@fabrikam.example      done    new_invitation, set_user, add_sponsor, add_group_member, add_license
       4  chloe.brussard@northwind.example  done    new_invitation, set_user, add_sponsor, add_group_member, add_license
      11  joni.sherman@litware.example      done    new_invitation, set_user, add_sponsor, add_group_member, add_license
      13  haruka.ito@proseware.example      done    new_invitation, set_user, add_sponsor, add_group_member, add_license,
                                                    assign_role
      14  nestor.wilke@tailspin.example     done    new_invitation, set_user, add_sponsor, add_group_member, assign_role

    12 rows: 7 failed, 5 done · run RUN
    ");
}

#[test]
fn every_place_that_is_named_holds_what_is_said_of_it() {
    let usher = Usher::with_scripts();
    let ran = usher.again().args(JOB).run();
    let text = usher.read("scripts/guests-with-mistakes.csv");
    let lines: Vec<&str> = text.lines().collect();
    for told in ran.stdout.lines().filter(|line| line.contains(") : ") || line.contains("): `")) {
        let mut parts = told.splitn(4, ':').skip(1);
        let line: usize = parts.next().unwrap().parse().unwrap();
        let column: usize = parts.next().unwrap().split(' ').next().unwrap().parse().unwrap();
        let value = told.split('`').nth(1).unwrap();
        let from: String = lines[line - 1].chars().skip(column - 1).collect();
        assert!(from.contains(value), "{told}\n{from}");
    }
}

#[test]
fn the_good_rows_are_guests_and_no_others() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().exits(4);
    for (address, is_guest) in [
        ("paul.cannon@fabrikam.example", true),
        ("nestor.wilke@tailspin.example", true),
        ("lynne.robbins@contoso.example", false),
        ("diego.siciliani@adatum.example", false),
        ("patti.fernandez@blocked.example", false),
    ] {
        let found =
            usher.ask(&format!("get_guests().filter(|guest| guest.mail == \"{address}\").len() == 1"));
        assert_eq!(found, is_guest, "{address}");
    }
}

#[test]
fn the_failed_rows_keep_their_cells_and_say_why() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().exits(4);
    let (list, failed) =
        (usher.read("scripts/guests-with-mistakes.csv"), usher.read("guests-with-mistakes.failed.csv"));
    assert_eq!(failed.lines().next().unwrap(), format!("{},usher: error", list.lines().next().unwrap()));
    let mut rows = failed.lines().skip(1);
    assert_eq!(rows.clone().count(), 7);
    for row in list.lines().filter(|line| {
        line.starts_with("ann@fabrikam") || line.starts_with("wendy") || line.starts_with("diego")
    }) {
        assert!(rows.any(|failed| failed.starts_with(row)), "{row}\n{failed}");
    }
}

/// The failed rows of `name`, each mistake put right.
fn mended(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line
            .replace("ann@fabrikam,", "ann@fabrikam.example,")
            .replace("Project Falkon,", "Project Falcon,")
            .replace("POWERBI_STANDARD,", "POWER_BI_STANDARD,")
            .replace("lynne.robbins@contoso.example,", "lynne.robbins@wingtip.example,")
            .replace(
                "A. Datum Corporation,,External partners",
                "A. Datum Corporation,,External partners,,,,,,",
            )
            .replace("patti.fernandez@blocked.example,", "patti.fernandez@wingtip.example,");
        if !line.starts_with("Chloe.Brussard") {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

#[test]
fn mended_rows_are_fed_back_and_the_rest_is_done() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().exits(4);
    let (guests, mails) = usher.guests_and_mails();
    let usher = usher.clone().csv("mended.csv", &mended(&usher.read("guests-with-mistakes.failed.csv")));
    let ran = usher.again().args(["scripts/onboard.rhai", "mended.csv"]).run();
    ran.success().stdout_has("6 rows: 6 done");
    // None of the six had got as far as an invitation: what is mistyped is found before the mail is out.
    assert_eq!(usher.guests_and_mails(), (guests + 6, mails + 6));
    assert!(!usher.exists("mended.failed.csv"));
}

/// The row that stood twice stands once now, and is done.
#[test]
fn rows_that_are_fed_back_unmended_fail_again() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().exits(4);
    let before = usher.guests_and_mails();
    let ran = usher.again().args(["scripts/onboard.rhai", "guests-with-mistakes.failed.csv"]).run();
    ran.exits(4).stdout_has("7 rows: 6 failed, 1 done");
    for why in [
        "not an e-mail address",
        "no group `Project Falkon`",
        "a domain of this tenant",
        "cells, the header has",
        "blocked domains",
    ] {
        ran.stdout_has(why);
    }
    assert_eq!(usher.guests_and_mails(), before);
    let header = usher.read("guests-with-mistakes.failed.failed.csv").lines().next().unwrap().to_owned();
    assert_eq!(header.matches("usher: error").count(), 1, "{header}");
}

#[test]
fn a_list_without_the_column_is_one_error() {
    let usher = Usher::new().csv("list.csv", "name,mail\nAnn,ann@fabrikam.example\nBo,bo@fabrikam.example\n");
    let ran = usher.clone().code("import_csv(\"list.csv\")[0].email").run();
    ran.exits(1);
    insta::assert_snapshot!(ran.error(), @r#"
    error: `list.csv` has no column `email`; it has `name`, `mail`
      --> -e:1:26
       |
     1 | import_csv("list.csv")[0].email
       |                          ^
    hint: did you mean `mail` for `email`?
    hint: if the file may lack it: import_csv(path, #{ optional: ["email"] })
    "#);
    let ran = usher.again().code("print(bulk(import_csv(\"list.csv\"), |row| row.email));").run();
    assert_eq!(
        ran.stdout.matches("has no column `email`").count()
            + ran.stderr.matches("has no column `email`").count(),
        1
    );
    let ran = usher.again().code("import_csv(\"list.csv\", #{ required: [\"email\", \"company\"] })").run();
    ran.exits(1).stderr_has("reading `list.csv`: no column `email`, `company`; it has `name`, `mail`");
    usher
        .again()
        .code("import_csv(\"list.csv\", #{ optional: [\"email\"] })[0].email == ()")
        .run()
        .success()
        .stdout_is("true");
}

#[test]
fn a_key_that_stands_twice_is_told_with_its_own_value() {
    let usher = Usher::new().csv("list.csv", "email,badge\na@fabrikam.example,17\nb@fabrikam.example,17\n");
    let ran = usher
        .clone()
        .code("print(bulk(import_csv(\"list.csv\"), #{ key: \"badge\" }, |row| row.email));")
        .run();
    ran.exits(4).stdout_has("list.csv:3:20 (badge): `17` stands twice: line 2 has it too");
}

#[test]
fn an_empty_list_is_nothing_to_do() {
    let usher = Usher::with_scripts().csv("list.csv", "email,displayName\n");
    usher
        .clone()
        .args(["scripts/onboard.rhai", "list.csv"])
        .run()
        .success()
        .stdout_has("0 rows: nothing to do");
}

#[test]
fn a_row_without_an_address_fails_alone() {
    let usher =
        Usher::with_scripts().csv("list.csv", "email,displayName\n,Nobody\nann@fabrikam.example,Ann\n");
    let ran = usher.clone().args(["scripts/onboard.rhai", "list.csv"]).run();
    ran.exits(4).stdout_has("list.csv:2: the row has no address").stdout_has("2 rows: 1 failed, 1 done");
}
