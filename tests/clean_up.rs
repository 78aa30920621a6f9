//! What a clean-up may not do: touch whom it cannot judge, take a preview for the truth, or go around a guard by raw calls.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "specs/stage.rs"]
mod stage;

use stage::{Stage, Told, describe};

const MAY: &[&str] = &["User.ReadWrite.All", "User.EnableDisableAccount.All"];

#[track_caller]
fn fine(told: Told) -> Told {
    if let Some(error) = &told.error {
        panic!("{}", describe(error));
    }
    told
}

#[test]
fn nobody_is_removed_where_sign_ins_cannot_be_read() {
    let mut stage = Stage::new();
    stage.become_app(MAY, &[], &[]);
    let script = r#"
        import "reports" as reports;
        remove_user("old.account@proseware.example", #{ unlessActiveWithin: "7d" });
        disable_user("old.account@proseware.example", #{ unlessActiveWithin: "7d" });
        let told = get_user_activity("old.account@proseware.example");
        print(told.active); print(told.known); print(told.reason);
        print(reports::stale(#{}).filter(|g| g.state == "Accepted").len());
        print(reports::guest_activity(#{}).filter(|g| g.verdict == "unknown").len() > 5);
    "#;
    let told = fine(stage.play(script, &[], None));
    assert_eq!(told.sent, [""; 0]);
    assert_eq!(
        told.printed,
        "true\nfalse\ncounts as active, for the sign-in may not read sign-ins (AuditLog.Read.All)\n0\ntrue"
    );
    // With the permission the same guest is long gone.
    stage.become_app(&[MAY, &["AuditLog.Read.All"]].concat(), &[], &[]);
    let told = fine(stage.play(
        "remove_user(\"old.account@proseware.example\", #{ unlessActiveWithin: \"7d\" });",
        &[],
        None,
    ));
    assert_eq!(told.sent, ["DELETE /v1.0/users/{id}"]);
}

fn preview(script: &str) -> Told {
    let mut stage = Stage::new();
    stage.policy.what_if = true;
    let told = stage.play(script, &[], None);
    assert_eq!(told.sent, [""; 0], "a preview sends nothing");
    told
}

#[test]
fn a_preview_sees_what_raw_writes_would_do() {
    let told = fine(preview(
        r#"
        let u = get_user("lee.gu@fabrikam.example");
        graph_request("PATCH", `/users/${u.id}`, #{ body: #{ department: "Purchasing" } });
        print(get_user(u.id).department);
        let g = graph_request("POST", "/groups", #{ body: #{ displayName: "Made raw", groupTypes: [], mailEnabled: false } });
        print(g.id.starts_with("planned:"));
        print(get_group("Made raw").displayName);
        graph_request("DELETE", `/users/${u.id}`);
        print(find_user(u.id) == ());
        let done = graph_request("POST", "/$batch", #{ body: #{ requests: [
            #{ id: "1", method: "POST", url: "/groups", body: #{ displayName: "Another" } },
        ] } });
        print(done.responses[0].status);
    "#,
    ));
    assert_eq!(told.printed, "Purchasing\ntrue\nMade raw\ntrue\n201");
}

#[test]
fn a_row_that_needs_a_planned_id_ends_as_not_known_and_others_go_on() {
    let told = fine(preview(
        r#"
        let result = bulk([#{ email: "ann@fabrikam.example" }, #{ email: "lee.gu@fabrikam.example" }], |row| {
            let i = new_invitation(#{ invitedUserEmailAddress: row.email });
            try {
                graph_request("GET", `/users/${i.invitedUser.id}`).displayName
            } catch (err) {
                "caught"
            }
        });
        print(result.rows.map(|r| r.status));
        print(result.failed);
        print(result.rows[0].reason.starts_with("not known beyond here: GET /v1.0/users/planned:"));
    "#,
    ));
    assert_eq!(told.printed, "[\"skipped\", \"done\"]\n0\ntrue");
}

#[test]
fn a_preview_removes_restores_and_purges() {
    let told = fine(preview(
        r#"
        let u = get_user("lee.gu@fabrikam.example");
        remove_user(u);
        print(get_deleted_users().map(|d| d.displayName));
        restore_user(u.mail);
        print(get_user(u.id).displayName);
        print(get_users(#{ filter: "displayName eq 'Lee Gu'" }).len());
        remove_user(u);
        purge_user(u.id);
        print(get_deleted_users().len());
        wait_until("lee.gu@fabrikam.example", #{ timeout: 0 });
    "#,
    ));
    assert_eq!(told.printed, "[\"Lee Gu\"]\nLee Gu\n1\n0");
}

#[test]
fn a_preview_sees_planned_members_through_groups() {
    let told = fine(preview(
        r#"
        let count = || get_group_members("External partners", #{ transitive: true }).map(|m| m.displayName);
        print("Lee Gu" in count.call());
        remove_group_member("External partners", get_group("Suppliers"));
        print("Patti Fernández" in count.call());
        add_group_member("External partners", get_group("Suppliers"));
        add_group_member("Suppliers", "old.account@proseware.example");
        print("Former Consultant" in count.call());
        let groups = get_memberships("old.account@proseware.example", #{ transitive: true });
        print(groups.some(|g| g.displayName == "External partners"));
    "#,
    ));
    assert_eq!(told.printed, "true\nfalse\ntrue\ntrue");
}

#[test]
fn an_offboarding_is_previewed_to_its_end() {
    let told = fine(preview(
        r#"
        import "guests" as guests;
        let done = guests::offboard("diego.siciliani@fabrikam.example");
        print(done.outcome);
        print(find_user("diego.siciliani@fabrikam.example") == ());
    "#,
    ));
    assert_eq!(told.printed, "removed\ntrue");
}

#[test]
fn raw_reads_pass_an_allowance_and_raw_writes_do_not() {
    let mut stage = Stage::new();
    stage.policy.allow = Some(["add_sponsor".to_owned()].into());
    fine(stage.play("graph_request(\"GET\", \"/users\"); exchange_command(\"Get-MailContact\");", &[], None));
    for write in [
        "graph_request(\"POST\", \"/groups\", #{ body: #{ displayName: \"x\" } })",
        "graph_request(\"POST\", \"/$batch\", #{ body: #{ requests: [#{ id: 1, method: \"DELETE\", url: \"/groups/x\" }] } })",
        "exchange_command(\"Remove-MailContact\", #{ parameters: #{ Identity: \"sales@litware.example\" } })",
        "azure_request(\"DELETE\", \"/subscriptions/x\", #{ apiVersion: \"2022-12-01\" })",
    ] {
        let told = stage.play(write, &[], None);
        assert_eq!(told.sent, [""; 0], "{write}");
        assert_eq!(told.error.unwrap().problem.kind.word(), "not_allowed", "{write}");
    }
}

#[test]
fn raw_removals_count_for_the_guard() {
    let mut stage = Stage::new();
    stage.policy.max_removals = 1;
    let told = stage.play(
        r#"
        let g = get_group("Suppliers");
        let c = get_user("carlos.vega@litware.example");
        graph_request("DELETE", `/groups/${g.id}/members/${c.id}/$ref`);
        graph_request("DELETE", `/users/${c.id}`);
        exchange_command("Remove-MailContact", #{ parameters: #{ Identity: "sales@litware.example" } });
    "#,
        &[],
        None,
    );
    assert_eq!(told.sent, ["DELETE /v1.0/groups/{id}/members/{id}/$ref", "DELETE /v1.0/users/{id}"]);
    assert_eq!(told.error.unwrap().problem.kind.word(), "stopped");
}
