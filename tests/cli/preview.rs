//! `--what-if`: what would be done is told, and nothing is.

use crate::usher::Usher;

const JOB: [&str; 2] = ["scripts/onboard.rhai", "scripts/guests.csv"];

#[test]
fn a_preview_counts_what_would_be_done() {
    let ran = Usher::with_scripts().args(JOB).what_if().run();
    ran.success()
        .stderr_has("tenant: sandbox (simulated, no mail is sent; preview, nothing is changed)")
        .stdout_has("25 rows: 25 planned")
        .stdout_has("     25  would create by new_invitation")
        .stdout_has("     25  would change by set_user")
        .stdout_has("preview: 134 writes planned, nothing was sent");
}

#[test]
fn a_preview_changes_nothing_and_writes_no_files() {
    let usher = Usher::with_scripts();
    let before = (usher.tenant(), usher.guests_and_mails());
    usher.again().args(JOB).what_if().run().success();
    assert_eq!((usher.tenant(), usher.guests_and_mails()), before);
    assert!(!usher.exists("guests.results.csv") && !usher.exists("guests.failed.csv"));
}

#[test]
fn a_preview_plans_what_the_run_then_does() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).what_if().run().stdout_has("preview: 134 writes planned");
    usher.again().args(JOB).run().stderr_has("134 writes sent");
    let again = usher.again().args(JOB).what_if().run();
    again.success().stdout_has("preview: 0 writes planned").stdout_has("134  are already as wanted");
    again.stdout_has("25 rows: 25 already done");
}

#[test]
fn a_preview_warns_of_what_is_in_the_way() {
    let usher = Usher::with_scripts().csv(
        "list.csv",
        "email,displayName,licence,usageLocation\n\
         new@fabrikam.example,New,,\n\
         old@fabrikam.example,Old,,\n\
         listed@fabrikam.example,Listed,,\n\
         pat@blocked.example,Pat,,\n\
         drawer@fabrikam.example,Drawer,VISIOCLIENT,DE\n",
    );
    usher
        .again()
        .code(
            "new_invitation(#{ invitedUserEmailAddress: \"old@fabrikam.example\" });
             new_mail_contact(#{ name: \"Listed\", externalEmailAddress: \"listed@fabrikam.example\" });",
        )
        .run()
        .success();
    let before = usher.tenant();
    let ran = usher.again().args(["scripts/onboard.rhai", "list.csv"]).what_if().run();
    ran.stdout_has("`old@fabrikam.example` is already a guest")
        .stdout_has("the mail contact `Listed` is on `listed@fabrikam.example`")
        .stdout_has(
            "list.csv:5:1 (email): inviting `pat@blocked.example`: `blocked.example` is on the tenant's list",
        )
        .stdout_has("no seat of `VISIOCLIENT` would be left for `drawer@fabrikam.example`")
        .stdout_has("nothing was sent");
    assert_eq!(usher.tenant(), before);
}

#[test]
fn warnings_stand_in_the_order_of_the_rows() {
    let usher = Usher::with_scripts();
    usher.again().args(JOB).run().success();
    let ran = usher.again().args(JOB).what_if().run();
    let people = usher.table("scripts/guests.csv");
    let wanted: Vec<String> = people
        .iter()
        .map(|row| format!("  `{}` is already a guest", row["email"].as_str().unwrap()))
        .collect();
    let warned: Vec<&str> =
        ran.stdout.lines().filter(|line| line.ends_with("` is already a guest")).collect();
    assert_eq!(warned, wanted);
}

#[test]
fn the_guide_previews_to_its_end_although_its_steps_build_on_each_other() {
    let usher = Usher::with_scripts();
    let before = (usher.tenant(), usher.guests_and_mails());
    let ran = usher.again().args(["scripts/guide.rhai"]).what_if().run();
    ran.success()
        .stdout_has("Ann Lee (Fabrikam) is a Guest, PendingAcceptance")
        .stdout_has("the guest is gone (30 days in the bin), and so is the contact")
        .stdout_has("  create    new_invitation           ann@fabrikam.example")
        .stdout_has("preview: 13 writes planned, nothing was sent");
    assert_eq!((usher.tenant(), usher.guests_and_mails()), before);
}

#[test]
fn a_preview_sees_what_it_would_have_done_so_far() {
    let code =
        "let guest = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).invitedUser;
        set_user(guest, #{ department: \"Sales\" });
        add_group_member(\"Suppliers\", guest);
        print(get_user(\"ann@fabrikam.example\").department);
        print(get_users(#{ filter: \"department eq 'Sales' and userType eq 'Guest'\" }).len());
        remove_user(guest);
        print(find_user(\"ann@fabrikam.example\") == ());";
    Usher::new().code(code).what_if().run().success().stdout_has("Sales\n1\ntrue\n");
}
