//! A plan is saved, looked at, approved by a second person, and carried out to the letter.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::Value;

use crate::usher::{Ended, Usher};

const JOB: &str = "print(bulk(import_csv(args[0]), |row| {
        let invitation = new_invitation(#{ invitedUserEmailAddress: row.email });
        add_group_member(\"Suppliers\", invitation);
        add_license(invitation, \"POWER_BI_STANDARD\", #{ usageLocation: \"DE\" });
    }));";

const LIST: &str = "email\nanna@fabrikam.example\nben@fabrikam.example\n";

/// A plan in `plan.json`, and the tenant as it was before.
fn planned() -> (Usher, Value) {
    let usher = Usher::new().csv("list.csv", LIST).script("job.rhai", JOB);
    let before = usher.tenant();
    let made = usher.clone().args(["list.csv", "--what-if", "--plan-out", "plan.json"]).run();
    made.success().stderr_has("wrote plan.json");
    assert_eq!(usher.tenant(), before);
    (usher, before)
}

fn carry_out(usher: &Usher, words: &[&str]) -> Ended {
    usher.again().args(["--plan", "plan.json"]).args(words).run()
}

#[test]
fn a_plan_that_is_carried_out_is_what_was_shown() {
    let (usher, _) = planned();
    let shown = usher.again().command(["plan", "show", "plan.json"]).run();
    shown
        .success()
        .stdout_has("  create    new_invitation           anna@fabrikam.example\n")
        .stdout_has("  add       add_group_member         ben@fabrikam.example in Suppliers\n")
        .stdout_has("8 writes")
        .stdout_has("approved by nobody yet");
    carry_out(&usher, &["job.rhai", "list.csv"]).success().stderr_has("8 writes sent");
    assert_eq!(
        usher.ask("get_group_members(\"Suppliers\").filter(|m| m.mail == \"ben@fabrikam.example\").len()"),
        1
    );
    let export = usher.again().command(["runs", "export", "last"]).run();
    let start: Value = serde_json::from_str(export.stdout.lines().nth(1).unwrap()).unwrap();
    let hash = start["value"]["plan"].as_str().unwrap();
    assert!(shown.stdout.contains(&hash[..16]), "{hash}");
    // Carried out again, nothing of it is left to do.
    carry_out(&usher, &["job.rhai", "list.csv"])
        .success()
        .stdout_has("2 already done")
        .stderr_has("note: planned and not needed: new_invitation anna@fabrikam.example");
}

#[test]
fn what_was_planned_and_not_needed_is_listed_shortly() {
    let list = (0..30).fold("email\n".to_owned(), |text, n| text + &*format!("guest{n}@fabrikam.example\n"));
    let (usher, _) = planned();
    let usher = usher.csv("list.csv", &list);
    usher.again().args(["job.rhai", "list.csv", "--what-if", "--plan-out", "plan.json"]).run().success();
    carry_out(&usher, &["job.rhai", "list.csv"]).success();
    let again = carry_out(&usher, &["job.rhai", "list.csv"]);
    again.success().stderr_has("note: planned and not needed: 110 more");
    assert_eq!(again.stderr.matches("planned and not needed").count(), 11);
}

#[test]
fn the_author_cannot_approve_it() {
    let (usher, _) = planned();
    let approve = |words: &[&str]| usher.again().command(["plan", "approve", "plan.json"]).args(words).run();
    approve(&["--yes"]).exits(5).stderr_has("made this plan, and cannot approve it");
    usher.again().command(["plan", "show", "plan.json"]).run().stdout_has("approved by nobody yet");
}

#[test]
fn another_script_other_arguments_and_a_changed_plan_are_refused() {
    let (usher, before) = planned();
    let usher = usher.file("job.rhai", format!("{JOB}\n// a remark"));
    carry_out(&usher, &["job.rhai", "list.csv"])
        .exits(5)
        .stderr_has("error: the script `job.rhai` was changed since the plan was made");
    let usher = usher.file("job.rhai", JOB).csv("other.csv", LIST);
    carry_out(&usher, &["job.rhai", "other.csv"])
        .exits(5)
        .stderr_has("error: the script's arguments were changed since the plan was made");
    let plan = usher.read("plan.json");
    let usher = usher.file("plan.json", plan.replace("Suppliers", "Partners"));
    carry_out(&usher, &["job.rhai", "list.csv"]).exits(2).stderr_has("it was changed after it was made");
    usher.again().command(["plan", "show", "plan.json"]).run().exits(1);
    let usher = usher.file("plan.json", "{}");
    carry_out(&usher, &["job.rhai", "list.csv"]).exits(2).stderr_has("not a plan");
    assert_eq!(usher.tenant(), before);
}

#[test]
fn a_changed_list_stops_at_the_first_write_that_is_not_in_the_plan() {
    let (usher, before) = planned();
    let usher = usher.csv("list.csv", "email\nanne@fabrikam.example\nanna@fabrikam.example\n");
    let ran = carry_out(&usher, &["job.rhai", "list.csv", "--throttle-limit", "1"]);
    ran.exits(5)
        .stdout_has("the plan has no new_invitation of `anne@fabrikam.example`")
        .stdout_has("1 not attempted");
    assert_eq!(usher.tenant(), before);
}

#[test]
fn a_changed_tenant_stops_it_too() {
    let (usher, _) = planned();
    let elsewhere = "new_invitation(#{ invitedUserEmailAddress: \"anna@fabrikam.example\" })";
    usher.again().code(elsewhere).run().success();
    // She is another guest than the one who was planned: what would be done for her nobody has seen.
    let ran = carry_out(&usher, &["job.rhai", "list.csv", "--throttle-limit", "1"]);
    ran.exits(5).stdout_has("the plan has no add_group_member of");
}

#[test]
fn an_old_plan_is_refused() {
    let (usher, _) = planned();
    usher.again().code("sandbox::advance_clock(\"2d\")").run().success();
    let before = usher.tenant();
    carry_out(&usher, &["job.rhai", "list.csv"]).exits(5).stderr_has("error: the plan expired at ");
    assert_eq!(usher.tenant(), before);
}

#[test]
fn a_plan_is_for_its_tenant() {
    let (usher, _) = planned();
    let mut serving = usher.again().command(["sandbox", "serve", "--memory", "--seed", "tiny"]).start();
    let connection: Value = serde_json::from_str(&serving.line()).unwrap();
    let url = connection["http"].as_str().unwrap();
    let ran = carry_out(&usher, &["job.rhai", "list.csv", "--sandbox", url]);
    ran.exits(5)
        .stderr_has("error: the plan was made for tenant contoso.onmicrosoft.com, and this run goes to");
}
