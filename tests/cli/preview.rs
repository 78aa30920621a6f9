//! `--what-if`: what would be done is told, and nothing is.

use crate::usher::{Ended, Usher};

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

/// What a preview of these lines prints, before its plan.
fn previewed(code: &str) -> Ended {
    let ran = Usher::new().code(code).what_if().run();
    ran.success();
    ran
}

#[test]
fn what_a_preview_changed_comes_into_filters_and_stays_in_those_it_fits() {
    previewed(
        "let all = #{ filter: \"userType eq 'Guest'\", select: [\"displayName\"] };
        let guests = get_users(all);
        let guest = guests[0].id;
        let before = guests.len();
        set_user(guest, #{ department: \"XDEP\" });
        print(get_users(#{ filter: \"department eq 'XDEP'\" }).len());
        print(get_users(#{ filter: \"userType eq 'Guest' and department eq 'XDEP'\", select: [\"displayName\"] }).len());
        print(get_users(#{ filter: \"not (department eq 'XDEP') and userType eq 'Guest'\" }).len() == before - 1);
        print(get_users(all).len() == before);",
    )
    .stdout_has("1\n1\ntrue\ntrue\n");
}

#[test]
fn a_contact_is_found_by_the_address_a_preview_gave_it() {
    previewed(
        "set_mail_contact(\"sales@litware.example\", #{ externalEmailAddress: \"s2@litware.example\" });
        print(find_mail_contact(\"s2@litware.example\") != ());
        print(find_mail_contact(\"sales@litware.example\") == ());
        print(get_mail_contact(\"s2@litware.example\").externalEmailAddress.contains(\"s2@\"));",
    )
    .stdout_has("true\ntrue\ntrue\n");
}

#[test]
fn a_search_finds_the_planned_by_their_words() {
    let ran = previewed(
        "new_invitation(#{ invitedUserEmailAddress: \"zoe@fabrikam.example\", invitedUserDisplayName: \"Zoe Quux\" });
        print(get_users(#{ search: \"\\\"displayName:quu\\\"\" }).len());
        print(get_users(#{ search: \"\\\"displayName:nobodyatall\\\"\" }).len());
        print(get_users(#{ search: \"\\\"displayName:quu\\\" OR \\\"displayName:nix\\\"\" }).len());",
    );
    ran.stdout_has("1\n0\n0\n").stdout_has("a preview cannot tell whether planned objects match");
}

#[test]
fn what_a_preview_removed_is_in_no_relation_and_takes_no_writes() {
    previewed(
        "let g = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });
        let before = get_group_members(\"Suppliers\").len();
        add_group_member(\"Suppliers\", g);
        print(get_group_members(\"Suppliers\").len() - before);
        remove_user(g);
        print(get_group_members(\"Suppliers\").len() - before);
        let refused = |f| { try { f.call(); return \"planned\"; } catch (e) { return e.kind; } };
        print(refused.call(|| add_group_member(\"Suppliers\", g)));
        print(refused.call(|| set_manager(g, \"lee@contoso.example\")));
        print(refused.call(|| get_memberships(g)));
        let member = get_group_members(\"Suppliers\")[0];
        remove_user(member);
        print(get_group_members(\"Suppliers\").len() - before);
        print(refused.call(|| add_group_member(\"Suppliers\", member)));
        remove_user(member);",
    )
    .stdout_has("1\n0\nnot_found\nnot_found\nnot_found\n-1\nnot_found\n")
    .stdout_has("1  is already as wanted");
}

#[test]
fn a_member_is_listed_once_and_as_what_it_is() {
    previewed(
        "let before = get_group_members(\"Suppliers\").len();
        let g = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });
        for who in [g, get_group(\"Helpdesk administrators\")] {
            add_group_member(\"Suppliers\", who);
            remove_group_member(\"Suppliers\", who);
            add_group_member(\"Suppliers\", who);
            add_group_member(\"Suppliers\", who);
        }
        print(get_group_members(\"Suppliers\").len() - before);
        print(get_group_members(\"Suppliers\").filter(|m| m.displayName == \"Helpdesk administrators\").map(|m| m.type));",
    )
    .stdout_has("2\n")
    .stdout_has("group")
    .stdout_has("2  are already as wanted");
}

#[test]
fn a_planned_guest_answers_to_its_sign_in_name_and_accepts() {
    previewed(
        "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });
        let name = get_user(i).userPrincipalName;
        print(get_user(name.to_upper()).id == get_user(i).id);
        print(sandbox::accept_invitation(i).externalUserState);
        print(get_user(i).externalUserStateChangeDateTime != ());
        print(get_users(#{ filter: \"externalUserState eq 'PendingAcceptance' and mail eq 'ann@fabrikam.example'\" }).len());",
    )
    .stdout_has("true\nAccepted\ntrue\n0\n");
}

/// Contacts are asked for one by one at first, and remembered all together from the fifth invitation on.
const MANY: &str = "let contact = |name| name + \"@fabrikam.example\";
    for name in [\"gone\", \"moved\"] { new_mail_contact(#{ name: name, externalEmailAddress: contact.call(name) }); }
    for n in 0..6 { new_invitation(#{ invitedUserEmailAddress: `g${n}@fabrikam.example` }); }
    remove_mail_contact(contact.call(\"gone\"));
    set_mail_contact(contact.call(\"moved\"), #{ externalEmailAddress: contact.call(\"there\") });
    set_mail_contact(\"sales@litware.example\", #{ externalEmailAddress: \"s2@litware.example\" });
    for address in [contact.call(\"gone\"), contact.call(\"moved\"), \"sales@litware.example\", contact.call(\"there\"), \"s2@litware.example\"] {
        new_invitation(#{ invitedUserEmailAddress: address });
    }";

#[test]
fn remembered_contacts_follow_what_is_done_to_them() {
    for ran in [Usher::new().code(MANY).what_if().run(), Usher::new().code(MANY).run()] {
        ran.success();
        let told = format!("{}{}", ran.stdout, ran.stderr);
        for address in ["there@fabrikam.example", "s2@litware.example"] {
            assert!(told.contains(&format!("is on `{address}`")), "{address}: {told}");
        }
        for address in ["gone@fabrikam.example", "moved@fabrikam.example", "sales@litware.example"] {
            assert!(!told.contains(&format!("is on `{address}`")), "{address}: {told}");
        }
    }
}
