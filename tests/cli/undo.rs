//! A run is taken back: shown first, asked about, done; what cannot be undone and what others have changed is listed.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::Value;

use crate::usher::{Ended, Usher};

const JOB: &str = "print(bulk(import_csv(args[0]), |row| {
        let invitation = new_invitation(#{ invitedUserEmailAddress: row.email, sendInvitationMessage: true });
        let guest = invitation.invitedUser;
        set_user(guest, #{ companyName: \"Fabrikam\" });
        add_group_member(\"Suppliers\", guest);
        assign_role(guest, \"Guest Inviter\");
    }));
    set_user(\"noor.janssen@contoso.example\", #{ department: \"Front desk\" });";

const LIST: &str = "email\nanna@fabrikam.example\nben@fabrikam.example\n";

fn ran() -> (Usher, Value, String) {
    let usher = Usher::new().csv("list.csv", LIST).script("job.rhai", JOB);
    let before = usher.tenant();
    usher.clone().args(["list.csv"]).run().success();
    let runs = usher.again().command(["runs", "--output", "json"]).run().json();
    (usher, before, runs[0]["name"].as_str().unwrap().to_owned())
}

fn undo(usher: &Usher, run: &str, words: &[&str]) -> Ended {
    usher.again().command(["runs", "undo", run]).args(words).run()
}

#[test]
fn a_run_is_shown_asked_about_and_taken_back() {
    let (usher, before, run) = ran();
    let after = usher.tenant();
    let shown = undo(&usher, &run, &["--what-if"]);
    shown
        .success()
        .stdout_has("remove_user                  undoes new_invitation anna@fabrikam.example")
        .stdout_has("set_user                     undoes set_user noor.janssen@contoso.example")
        .stdout_has("      2  unassign_role")
        .stdout_has(
            "new_invitation anna@fabrikam.example: the invitation was mailed to anna@fabrikam.example",
        );
    // What the script did last goes first.
    let first = shown.stdout.lines().nth(1).unwrap();
    assert!(first.contains("noor.janssen"), "{first}");
    assert_eq!(usher.tenant(), after, "a preview changes nothing");
    undo(&usher, &run, &[]).exits(5).stderr_has("error: the undo was not confirmed; nothing was changed");
    assert_eq!(usher.tenant(), after, "nobody said yes");
    undo(&usher, &run, &["--yes"]).success().stdout_has(&format!("run {run} taken back: 9 writes sent"));
    assert_eq!(usher.tenant(), before);
    let runs = usher.again().command(["runs", "--output", "json"]).run().json();
    assert_eq!(runs[0]["script"], format!("undo of {run}"));
    assert_eq!(runs[0]["state"], "done");
    usher.again().command(["runs", "verify"]).run().success();
}

#[test]
fn what_is_undone_already_is_not_undone_again() {
    let (usher, before, run) = ran();
    undo(&usher, &run, &["--yes"]).success();
    let again = undo(&usher, &run, &["--yes"]);
    again
        .success()
        .stdout_has("nothing is left to take back")
        .stdout_has("9  are undone already")
        .stdout_lacks("left alone");
    assert_eq!(usher.tenant(), before);
}

#[test]
fn one_row_is_taken_back_alone() {
    let (usher, _, run) = ran();
    let shown = undo(&usher, &run, &["--row", "BEN@fabrikam.example", "--yes"]);
    shown.success().stdout_lacks("anna@").stdout_has(&format!("run {run} taken back: 4 writes sent"));
    assert_eq!(usher.ask("find_user(\"ben@fabrikam.example\") == ()"), true);
    assert_eq!(usher.ask("get_user(\"anna@fabrikam.example\").companyName"), "Fabrikam");
    let rest = undo(&usher, &run, &["--yes"]);
    rest.success().stdout_has("4  are undone already").stdout_lacks("left alone");
    undo(&usher, &run, &["--row", "nobody@fabrikam.example"])
        .success()
        .stdout_has("nothing is left to take back");
}

#[test]
fn what_somebody_changed_since_is_left_alone_and_listed() {
    let (usher, _, run) = ran();
    let since = "set_user(\"noor.janssen@contoso.example\", #{ department: \"Security\" });
        remove_group_member(\"Suppliers\", \"ben@fabrikam.example\")";
    usher.again().code(since).run().success();
    let taken_back = undo(&usher, &run, &["--yes"]);
    taken_back
        .success()
        .stdout_has(
            "changed since, and left alone\n  set_user noor.janssen@contoso.example: it was changed since",
        )
        .stdout_has("1  is undone already");
    assert_eq!(usher.ask("get_user(\"noor.janssen@contoso.example\").department"), "Security");
    assert_eq!(usher.ask("find_user(\"ben@fabrikam.example\") == ()"), true);
}

#[test]
fn what_is_never_touched_is_not_touched_by_an_undo_either() {
    let (usher, _, run) = ran();
    let taken_back = undo(&usher, &run, &["--yes", "--never-touch", "anna@fabrikam.example"]);
    taken_back.exits(4).stderr_has("`anna@fabrikam.example` is on the list of what is never touched");
    assert_eq!(usher.ask("get_user(\"anna@fabrikam.example\").companyName"), "Fabrikam");
    assert_eq!(usher.ask("find_user(\"ben@fabrikam.example\") == ()"), true);
}

#[test]
fn a_list_of_what_is_never_touched_is_kept_at_home() {
    let list = "# nobody removes the front desk\nnoor.janssen@contoso.example\nSuppliers  # nor this group\n";
    let usher = Usher::new().file("../home/never-touch.txt", list);
    let refused = |code: &str| {
        let ran = usher.again().code(code).run();
        ran.exits(1).stderr_has("is on the list of what is never touched");
    };
    refused("set_user(\"noor.janssen@contoso.example\", #{ department: \"x\" })");
    refused("add_group_member(\"Suppliers\", \"lee.gu@fabrikam.example\")");
    usher.again().code("add_group_member(\"Project Falcon\", \"lee.gu@fabrikam.example\")").run().success();
}

#[test]
fn a_run_that_was_stopped_is_taken_back_as_far_as_it_went() {
    let usher = Usher::new();
    let before = usher.tenant();
    let job = "new_invitation(#{ invitedUserEmailAddress: \"anna@fabrikam.example\" });
        throw \"enough\";";
    usher.clone().script("job.rhai", job).run().exits(1);
    undo(&usher, "last", &["--yes"]).success().stdout_has("taken back: 1 write sent");
    assert_eq!(usher.tenant(), before);
}

#[test]
fn a_run_that_is_not_there_cannot_be_taken_back() {
    Usher::new().command(["runs", "undo", "last"]).run().exits(1);
}
