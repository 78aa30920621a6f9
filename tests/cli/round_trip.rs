//! The scripts of the golden files, run on a sandbox: what they leave and print is what PowerShell would.

use serde_json::{Value, json};

use crate::usher::{Ended, Usher};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/powershell_convert/golden");

/// A folder with a script, and the command that runs it.
fn script(name: &str) -> Usher {
    let text = std::fs::read_to_string(format!("{GOLDEN}/{name}.ps1")).expect("a script");
    Usher::new().file(&format!("{name}.ps1"), text)
}

fn run(usher: &Usher, name: &str, arguments: &[&str]) -> Ended {
    let file = format!("{name}.ps1");
    usher.again().args([file.as_str(), "-q", "--"]).args(arguments).run()
}

fn sorted(list: &Value) -> Vec<String> {
    let mut texts: Vec<String> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|text| text.as_str().expect("a text").to_owned())
        .collect();
    texts.sort();
    texts
}

#[test]
fn everybody_in_a_file_is_invited_and_in_the_group() {
    let list = "Email,Name\n ann@fabrikam.example ,Ann Lee\nnobody,Nobody\ncid@fabrikam.example,Cid Moe\n";
    let usher = script("bulk-invite").file("guests.csv", list);
    let (guests, mails) = usher.guests_and_mails();
    let ran = run(&usher, "bulk-invite", &["-CsvPath", "guests.csv", "-GroupName", "Project Falcon"]);
    ran.success().stdout_has("3 rows, 1 failed").stderr_has("warning: nobody failed");
    assert_eq!(usher.guests_and_mails(), (guests + 2, mails + 2));
    let members = usher.ask("get_group_members(\"Project Falcon\").map(|member| member.mail)");
    assert!(sorted(&members).contains(&"cid@fabrikam.example".to_owned()), "{members}");
    let states: Vec<String> =
        usher.table("invited.csv").iter().map(|row| row["Status"].as_str().unwrap().to_owned()).collect();
    assert_eq!((states[0].as_str(), states[2].as_str()), ("invited", "invited"));
    assert!(states[1].starts_with("failed: "), "{states:?}");
    run(&usher, "bulk-invite", &["-CsvPath", "missing.csv"]).exits(1).stderr_has("There is no file");
}

#[test]
fn contacts_without_a_guest_are_listed_and_disabled_guests_of_one_partner_removed() {
    let usher = script("contacts");
    usher.ask("disable_user(\"lee.gu@fabrikam.example\"); 1");
    let expected = usher.ask(
        "let guests = get_guests().map(|guest| guest.mail); get_mail_contacts().map(|contact| contact.primarySmtpAddress).filter(|mail| !guests.contains(mail))",
    );
    assert!(!sorted(&expected).is_empty());
    let gone = "get_guests().filter(|guest| !guest.accountEnabled && guest.mail.ends_with(\"@fabrikam.example\")).len()";
    assert_ne!(usher.ask(gone), json!(0));
    run(&usher, "contacts", &[]).success();
    let listed = usher.table("contacts-without-guest.csv").iter().map(|row| row["Address"].clone()).collect();
    assert_eq!(sorted(&listed), sorted(&expected));
    assert_eq!(usher.ask(gone), json!(0));
}

#[test]
fn what_is_compared_the_wrong_way_round_removes_the_wrong_ones_as_it_did() {
    let usher = script("delete-inactive");
    let active = "get_guests(#{ select: [\"id\", \"displayName\", \"signInActivity\"] }).filter(|guest| guest.signInActivity != () && guest.signInActivity.lastSignInDateTime != () && guest.signInActivity.lastSignInDateTime > days_ago(90)).map(|guest| guest.displayName)";
    let (there, wrong) = (usher.guests_and_mails().0, sorted(&usher.ask(active)));
    assert!(wrong.len() > 2, "{wrong:?}");
    let ran = run(&usher, "delete-inactive", &[]);
    ran.success().stdout_has("a month\n is never set");
    let mut removed: Vec<String> =
        ran.stdout.lines().filter_map(|line| line.strip_prefix("removing ")).map(str::to_owned).collect();
    removed.sort();
    assert_eq!(removed, wrong);
    assert_eq!(usher.guests_and_mails().0, there - wrong.len() as u64);
}

#[test]
fn functions_take_and_give_what_they_did() {
    run(&script("functions"), "functions", &[]).success().stdout_is(
        "Ann  |\nfirst\nnumbers: 1 2 3\n2 good\nfabrikam.example\nnorthwind.example\n120\nfound 2\n2 entries\ninfo: first\nerror: second",
    );
}

#[test]
fn a_report_has_a_line_for_each_guest_with_their_groups() {
    let usher = script("guest-report");
    let guests = usher.guests_and_mails().0;
    run(&usher, "guest-report", &[]).success().stdout_has(&format!("The report has {guests} guests"));
    let rows = usher.table("GuestUserReport.csv");
    assert_eq!(rows.len() as u64, guests);
    let (name, groups) = (&rows[0]["UserPrincipalName"], rows[0]["GroupMembership"].as_str().unwrap());
    let expected = usher.ask(&format!("get_memberships({name}).map(|group| group.displayName)"));
    let mut named: Vec<&str> = groups.split(',').filter(|group| *group != "-").collect();
    named.sort_unstable();
    assert_eq!(named, sorted(&expected));
}

#[test]
fn the_guide_leaves_a_contact_a_guest_a_member_and_a_role() {
    let usher = script("guide");
    run(&usher, "guide", &[]).success();
    let left = usher.ask(
        "let ann = get_user(\"ann@fabrikam.example\"); #{ contact: get_mail_contact(\"ann@fabrikam.example\").displayName, guest: ann.userType, member: get_group_members(\"Helpdesk administrators\").some(|member| member.id == ann.id), roles: get_role_assignments(ann).map(|role| role.roleDefinitionName), mails: sandbox::outbox().filter(|mail| mail.to == \"ann@fabrikam.example\").len() }",
    );
    assert_eq!(
        left,
        json!({ "contact": "Ann Lee (Fabrikam)", "guest": "Guest", "member": true, "roles": ["Security Admin"], "mails": 1 })
    );
}

#[test]
fn the_language_means_what_it_meant() {
    run(&script("language"), "language", &[]).success().stdout_is(
        "true\ntrue\nfalse\ntrue\ntrue\na\nb\nc\n2026.03.31\n1\n3\n1\n2\n6\ntrue\nnothing\nitem 0 is 1\nitem 1 is 2\nitem 2 is 3\nn is 1\nn is 3\na = 1\nb c = 2\nd = 3\ne = 4\n10\n20\n30\nc-b-a\ntable\nmany\ncaught boom\ntidied",
    );
}

#[test]
fn who_never_came_is_counted() {
    let usher = script("last-sign-in");
    let seen = usher.ask(
        "let guests = get_guests(#{ select: [\"id\", \"signInActivity\"] }); [guests.len(), guests.filter(|guest| guest.signInActivity == () || guest.signInActivity.lastSignInDateTime == ()).len()]",
    );
    let ran = run(&usher, "last-sign-in", &[]);
    ran.success().stdout_has(&format!("{} guests, {} never came", seen[0], seen[1]));
    let states: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("enabled ")).collect();
    assert_eq!(states.len(), 1, "{ran:?}");
}

#[test]
fn what_cannot_be_translated_is_not_begun() {
    let usher = script("left-alone");
    run(&usher, "left-alone", &[]).exits(1).stdout_is("").stderr_has("nothing of it is run");
}

#[test]
fn old_invitations_are_sent_again_left_alone_or_taken_back_by_domain() {
    let usher = script("pending-invitations");
    let pending = "get_guests(#{ state: \"PendingAcceptance\" }).map(|guest| guest.mail)";
    let (before, mails) = (sorted(&usher.ask(pending)), usher.guests_and_mails().1);
    let ran = run(&usher, "pending-invitations", &[]);
    ran.success()
        .stdout_has(&format!("Pending: {}", before.len()))
        .stdout_has("left alone: miriam.graham@northwind.example\ntaken back: adatum.example");
    let mut expected = before;
    expected.retain(|mail| mail != "joni.sherman@adatum.example");
    assert_eq!(sorted(&usher.ask(pending)), expected);
    assert_eq!(usher.guests_and_mails().1, mails + 1, "grady.archie@fabrikam.example once more");
}

#[test]
fn pipelines_go_through() {
    let usher = script("pipelines");
    let facts = usher
        .ask("[get_users().len(), get_guests().len(), get_users().filter(|user| user.accountEnabled).len()]");
    let ran = run(&usher, "pipelines", &[]);
    ran.success()
        .stdout_has("Adele Vance: adele.vance@contoso.example\n")
        .stdout_has(&format!("\n{}\nProject Falcon has ", facts[0]))
        .stdout_has(&format!("\nthe last was Project Falcon\n{}\n", facts[1]));
    assert!(ran.stdout.trim_end().ends_with(&format!("\n{} guests", facts[1])), "{ran:?}");
    let mails = ran.stdout.lines().filter(|line| line.contains('@') && !line.contains(' ')).count();
    assert_eq!(json!(mails), facts[2], "a line each: {ran:?}");
    assert_eq!(json!(usher.read("users.csv").lines().count() - 1), facts[0]);
}
