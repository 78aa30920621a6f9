//! A run that did not go through is taken up again: what is done stays done, the rest is done now.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::Value;

use crate::usher::{Ended, Running, Usher};

const JOB: &str = "let result = bulk(import_csv(args[0]), |row| {
        let invitation = new_invitation(#{ invitedUserEmailAddress: row.email, sendInvitationMessage: true });
        add_group_member(\"Suppliers\", invitation);
        add_group_member(row.group, invitation);
        invitation.inviteRedeemUrl
    });
    print(result);";

const LIST: &str = "email,group
anna@fabrikam.example,Project Falcon
ben@fabrikam.example,Nowhere
cleo@fabrikam.example,Project Falcon
";

/// A run of which one row failed.
fn half_done() -> Usher {
    let usher = Usher::new().csv("list.csv", LIST).script("job.rhai", JOB);
    usher.clone().args(["list.csv"]).run().exits(4).stdout_has("3 rows: 1 failed, 2 done");
    usher
}

fn resume(usher: &Usher, words: &[&str]) -> Ended {
    usher.again().command(["runs", "resume", "last"]).args(words).run()
}

fn runs(usher: &Usher) -> Vec<Value> {
    let listed = usher.again().command(["runs", "--output", "json"]).run();
    listed.success().json().as_array().unwrap().clone()
}

fn mails_to(usher: &Usher, address: &str) -> Value {
    usher.ask(&format!("sandbox::outbox().filter(|mail| mail.to == \"{address}\").len()"))
}

/// A sandbox that goes on serving, with these faults, and the option that leads to it.
fn served(usher: &Usher, faults: &str, more: &[&str]) -> (Running, String) {
    let usher = usher.clone().file("faults.json", faults);
    let words = ["sandbox", "serve", "--memory", "--faults", "faults.json"];
    let mut serving = usher.again().command(words).args(more).start();
    let connection: Value = serde_json::from_str(&serving.line()).unwrap();
    (serving, connection["http"].as_str().unwrap().to_owned())
}

#[test]
fn the_rows_that_failed_are_done_once_the_list_is_corrected() {
    let usher = half_done().csv("list.csv", &LIST.replace("Nowhere", "External partners"));
    let first = runs(&usher)[0].clone();
    let ran = resume(&usher, &[]);
    ran.success()
        .stdout_has("3 rows: 3 done")
        .stderr_has("1 write sent")
        .stderr_has("removed list.failed.csv: no row fails any more");
    let after = runs(&usher);
    assert_eq!(after.len(), 1, "it keeps its name");
    assert_eq!((&after[0]["name"], &after[0]["state"]), (&first["name"], &Value::from("done")));
    for row in usher.table("list.results.csv") {
        assert_eq!(row["status"], "done", "{row}");
        assert!(row["value"].as_str().unwrap().contains("/redeem?"), "{row}");
        assert_eq!(mails_to(&usher, row["email"].as_str().unwrap()), 1);
    }
    usher.again().command(["runs", "verify"]).run().success();
}

#[test]
fn what_a_corrected_script_does_not_ask_for_any_more_is_said() {
    let corrected =
        JOB.replace("\"Suppliers\"", "\"External partners\"").replace("row.group", "\"Suppliers\"");
    let usher = half_done().file("job.rhai", &corrected);
    // Still done for the row that failed: the invitation, and one of its memberships by another call.
    let ran = resume(&usher, &[]);
    ran.success().stdout_has("3 rows: 3 done").stderr_has("1 write sent");
    let corrected =
        JOB.replace("\"Suppliers\"", "\"External partners\"").replace("row.group", "\"Project Falcon\"");
    let usher = half_done().file("job.rhai", corrected);
    resume(&usher, &[]).success().stderr_has(
        "note: done earlier in this run, and not asked for any more; it stays as it is:\n  \
         add_group_member ben@fabrikam.example in Suppliers (row ben@fabrikam.example)",
    );
}

#[test]
fn a_row_that_left_the_list_is_said() {
    let usher = half_done();
    let fewer: String = LIST
        .lines()
        .filter(|line| !line.contains("anna") && !line.contains("ben"))
        .fold(String::new(), |text, line| text + line + "\n");
    let usher = usher.csv("list.csv", &fewer);
    resume(&usher, &[]).success().stderr_has("row anna@fabrikam.example: not in the list any more");
}

#[test]
fn the_script_may_come_from_elsewhere() {
    let usher = half_done().file("corrected.rhai", JOB.replace("row.group", "\"Project Falcon\""));
    let ran = usher.again().args(["--resume", "last", "corrected.rhai", "list.csv"]).run();
    ran.success().stdout_has("3 rows: 3 done").stderr_has("1 write sent");
}

#[test]
fn a_run_that_is_done_is_not_resumed() {
    let usher = half_done().csv("list.csv", &LIST.replace("Nowhere", "Suppliers"));
    resume(&usher, &[]).success();
    let name = runs(&usher)[0]["name"].as_str().unwrap().to_owned();
    let ran = resume(&usher, &[]);
    ran.exits(5);
    assert_eq!(
        ran.error(),
        format!(
            "error: resuming run `{name}`: it is done, and nothing of it is left to do\nhint: `usher runs show {name}` tells what it did; `usher run` begins a new one"
        )
    );
}

#[test]
fn a_run_that_was_never_there_is_not_resumed() {
    let usher = half_done();
    let ran = usher.again().command(["runs", "resume", "260101-nobody"]).run();
    ran.exits(2).stderr_has("the ledger has none of that name");
    Usher::new().command(["runs", "resume", "last"]).run().exits(2);
}

#[cfg(unix)]
#[test]
fn two_processes_cannot_resume_the_same_run() {
    let endless = format!("print(\"at work\"); while true {{}}\n{JOB}");
    let usher = half_done().file("job.rhai", &endless).file("other.rhai", JOB);
    let mut first = usher.again().command(["runs", "resume", "last"]).start();
    assert_eq!(first.line(), "at work");
    resume(&usher, &[]).exits(5).stderr_has("is being run on tenant `sandbox` already");
    let ran = usher.again().args(["--resume", "last", "other.rhai", "list.csv"]).run();
    ran.exits(5).stderr_has("another process holds it");
    first.interrupt();
    first.end().exits(130);
    usher.clone().csv("list.csv", &LIST.replace("Nowhere", "Suppliers"));
    usher.again().args(["--resume", "last", "other.rhai", "list.csv"]).run().success();
}

#[test]
fn a_bulk_that_the_tenant_stopped_is_resumed_when_the_cause_is_gone() {
    let list: String = (0..12).fold("email,licence\n".to_owned(), |text, n| {
        text + &*format!("guest{n}@fabrikam.example,VISIOCLIENT\n")
    });
    let usher = Usher::with_scripts()
        .csv("list.csv", &list.replace("licence", "licence,usageLocation").replace("CLIENT", "CLIENT,DE"));
    let ran = usher.again().args(["scripts/onboard.rhai", "list.csv", "--throttle-limit", "1"]).run();
    ran.exits(5)
        .stdout_has("no seat of `VISIOCLIENT` is left")
        .stderr_has("resume it with: usher runs resume");
    let waiting = usher.table("list.failed.csv").len();
    assert!(waiting > 8, "{waiting} rows are left");
    // Nothing after the first refusal was tried.
    let failed = usher.table("list.failed.csv");
    assert_eq!(failed.iter().filter(|row| row["usher: error"] == "not attempted").count(), waiting - 1);
    let usher = usher.csv(
        "list.csv",
        &list.replace("licence", "licence,usageLocation").replace("VISIOCLIENT", "POWER_BI_STANDARD,DE"),
    );
    resume(&usher, &[]).success().stdout_has("12 rows: 12 done");
    for n in 0..12 {
        assert_eq!(mails_to(&usher, &format!("guest{n}@fabrikam.example")), 1);
    }
}

#[test]
fn a_tenant_that_may_not_be_invited_to_stops_the_whole_script() {
    let job = format!("{JOB}\nprint(\"after the bulk\");");
    let usher = Usher::new().csv("list.csv", &LIST.replace("Nowhere", "Suppliers")).script("job.rhai", &job);
    let suspicious = r#"[{ "on": "POST /invitations", "then": "suspicious", "skip": 1 }]"#;
    let (_serving, url) = served(&usher, suspicious, &[]);
    let ran = usher.clone().args(["list.csv", "--throttle-limit", "1", "--sandbox", &url]).run();
    ran.exits(5).stdout_has("3 rows: 1 failed, 1 done, 1 not attempted").stdout_lacks("after the bulk");
    resume(&usher, &["--sandbox", &url]).success().stdout_has("3 rows: 3 done").stdout_has("after the bulk");
}

#[test]
fn a_guest_who_never_appears_is_told_of_and_a_resume_invites_again() {
    let vanished = r#"[{ "on": "POST /invitations", "then": "vanished", "skip": 1 }]"#;
    for job in [
        JOB,
        "print(bulk(import_csv(args[0]), |row| new_invitation(#{ invitedUserEmailAddress: row.email }).invitedUser.id));",
    ] {
        let usher =
            Usher::new().csv("list.csv", &LIST.replace("Nowhere", "Suppliers")).script("job.rhai", job);
        let (_serving, url) = served(&usher, vanished, &[]);
        let ran = usher.clone().args(["list.csv", "--throttle-limit", "1", "--sandbox", &url]).run();
        ran.exits(4)
            .stdout_has("`ben@fabrikam.example` was invited, and no guest ever appeared")
            .stdout_has("3 rows: 1 failed, 2 done");
        resume(&usher, &["--sandbox", &url]).success().stdout_has("3 rows: 3 done");
        let there = "print(get_guests().filter(|guest| guest.mail == \"ben@fabrikam.example\").len())";
        usher.again().args(["--sandbox", &url]).code(there).run().success().stdout_is("1");
    }
}

#[test]
fn where_services_hear_late_of_what_is_new_every_row_is_done() {
    let usher = Usher::with_scripts();
    let (_serving, url) = served(&usher, "[]", &["--delays", "realistic", "--clock-rate", "20"]);
    let ran = usher.again().args(["scripts/onboard.rhai", "scripts/guests.csv", "--sandbox", &url]).run();
    ran.success().stdout_has("25 rows: 25 done");
}

#[test]
fn a_row_that_waits_for_a_service_holds_up_no_other_and_is_seen_to_wait() {
    let job = "let result = bulk(import_csv(args[0]), |row| {
            let invitation = new_invitation(#{ invitedUserEmailAddress: row.email });
            if row.news == \"yes\" {
                add_group_member(\"Marketing news\", invitation);
            }
        });
        print(result.waitedSeconds > 0);";
    let list = (0..6).fold("email,news\n".to_owned(), |text, n| {
        text + &*format!("g{n}@fabrikam.example,{}\n", if n == 0 { "yes" } else { "no" })
    });
    let usher = Usher::new().csv("list.csv", &list).script("job.rhai", job);
    // Exchange, which keeps this group, hears of the first guest seven seconds later.
    let (_serving, url) = served(&usher, "[]", &["--delays", "realistic", "--clock-rate", "6"]);
    let words = ["list.csv", "--sandbox", &url, "--throttle-limit", "1", "--progress", "json"];
    let ran = usher.clone().args(words).run();
    ran.success().stdout_has("true");
    let told = ran.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    assert_eq!(told.filter_map(|told| told["waiting"].as_u64()).max(), Some(1), "{}", ran.stderr);
    let export = usher.again().command(["runs", "export", "last"]).run();
    let entries = export.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows: Vec<Value> =
        entries.filter(|entry| entry["kind"] == "row").map(|entry| entry["value"]["row"].clone()).collect();
    assert_eq!(rows.last().unwrap(), "g0@fabrikam.example", "the others went by: {rows:?}");
}
