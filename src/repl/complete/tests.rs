//! What is offered where, on a session with a few things in it.

use super::*;

/// A session with a few things in it, and a tenant that has answered.
struct Session;

fn user() -> Thing {
    let property = |name: &str, thing| (Named::new(name, ""), thing);
    Thing::Object {
        kind: Some("user"),
        properties: vec![
            property("displayName", Thing::Text),
            property("createdDateTime", Thing::Date),
            property("identities", Thing::List(Box::new(Thing::Text))),
        ],
    }
}

impl Known for Session {
    fn variables(&self) -> Vec<Named> {
        ["guests", "guest", "rows"].map(|name| Named::new(name, "")).into()
    }
    fn variable(&self, name: &str) -> Option<Thing> {
        let row = Thing::Object { kind: None, properties: vec![(Named::new("email", "x"), Thing::Text)] };
        match name {
            "guests" => Some(Thing::List(Box::new(user()))),
            "guest" => Some(user()),
            "rows" => Some(Thing::Rows(Box::new(row))),
            _ => None,
        }
    }
    fn functions(&self) -> Vec<Named> {
        vec![Named::new("double", "double(n)")]
    }
    fn imports(&self) -> Vec<(String, String)> {
        vec![("r".to_owned(), "reports".to_owned())]
    }
    fn module(&self, path: &str) -> Vec<Named> {
        match path {
            "reports" => vec![Named::new("stale", "stale(rules)  Guests without a sign of life.")],
            _ => Vec::new(),
        }
    }
    fn names(&self, which: Names) -> Vec<Named> {
        let names: &[&str] = match which {
            Names::Groups => &["Helpdesk administrators", "Sales \"EU\""],
            Names::DirectoryRoles => &["Guest Inviter", "User Administrator"],
            Names::Licences => &["POWER_BI_STANDARD"],
            Names::Domains => &["fabrikam.example"],
            _ => &[],
        };
        names.iter().map(|name| Named::new(*name, "")).collect()
    }
    fn files(&self, typed: &str) -> Vec<Named> {
        let files = ["guests.csv", "guests-old.csv", "jobs.rhai", "more/"];
        files.iter().filter(|file| file.starts_with(typed)).map(|file| Named::new(*file, "")).collect()
    }
}

/// The lines that `¦` could become.
fn offers(marked: &str) -> Vec<String> {
    let cursor = marked.find('¦').unwrap();
    let text = marked.replace('¦', "");
    let found = complete(&text, cursor, &Session);
    let line = |candidate: Candidate| format!("{}{}", &text[..found.start], candidate.replacement);
    found.candidates.into_iter().map(line).collect()
}

fn has(marked: &str, line: &str) {
    let offers = offers(marked);
    assert!(offers.iter().any(|offer| offer == line), "{marked}: {offers:?}");
}

fn lacks(marked: &str, line: &str) {
    let offers = offers(marked);
    assert!(offers.iter().all(|offer| offer != line), "{marked}: {offers:?}");
}

#[test]
fn a_verb_is_found_by_its_name_and_by_its_cmdlet() {
    assert_eq!(offers("New-MailC¦"), ["new_mail_contact("]);
    assert_eq!(offers("newmail¦"), ["new_mail_contact("]);
    assert_eq!(offers("new_mail¦"), ["new_mail_contact("]);
    assert_eq!(offers("let c = New-MailC¦"), ["let c = new_mail_contact("]);
    assert_eq!(offers("New-MgInv¦"), ["new_invitation("]);
    assert_eq!(offers("now¦"), ["now()"]);
    has("invitation¦", "new_invitation(");
    has("add_group_member(g, get_u¦", "add_group_member(g, get_user(");
    assert_eq!(offers("new_mail¦(x)"), ["new_mail_contact"]);
}

#[test]
fn a_candidate_shows_its_signature_and_what_it_is_for() {
    let found = complete("get_us", 6, &Session);
    let user = found.candidates.iter().find(|candidate| candidate.replacement == "get_user(").unwrap();
    assert_eq!(user.name, "get_user(user, #{ options })");
    assert!(!user.about.is_empty());
}

#[test]
fn options_are_offered_as_long_as_they_are_not_given() {
    has("new_invitation(#{ ¦", "new_invitation(#{ invitedUserEmailAddress: ");
    has(
        "new_invitation(#{ invitedUserEmailAddress: x, send¦",
        "new_invitation(#{ invitedUserEmailAddress: x, sendInvitationMessage: ",
    );
    lacks(
        "new_invitation(#{ invitedUserEmailAddress: x, ¦",
        "new_invitation(#{ invitedUserEmailAddress: x, invitedUserEmailAddress: ",
    );
    lacks(
        "new_invitation(#{ ¦, invitedUserEmailAddress: x })",
        "new_invitation(#{ invitedUserEmailAddress: ",
    );
    // What comes as an argument is no option.
    lacks("set_user(u, #{ ¦", "set_user(u, #{ user: ");
    has("guest.set_user(#{ depa¦", "guest.set_user(#{ department: ");
    assert_eq!(offers("let m = #{ ¦"), [""; 0]);
    has("get_user(u, ¦", "get_user(u, #{ ");
}

#[test]
fn values_that_can_be_counted_are_offered() {
    assert_eq!(
        offers("new_invitation(#{ sendInvitationMessage: ¦"),
        ["true", "false"].map(|value| format!("new_invitation(#{{ sendInvitationMessage: {value}"))
    );
    has("get_guests(#{ state: ¦", "get_guests(#{ state: \"PendingAcceptance\"");
    has("get_guests(#{ state: \"pend¦", "get_guests(#{ state: \"PendingAcceptance\"");
    has("get_guests(#{ state: \"pend¦\"", "get_guests(#{ state: \"PendingAcceptance");
    has("get_guests(#{ domain: \"¦", "get_guests(#{ domain: \"fabrikam.example\"");
    has("get_user(u, #{ select: [\"sign¦", "get_user(u, #{ select: [\"signInActivity\"");
}

#[test]
fn names_of_the_tenant_are_offered_where_they_are_taken() {
    has("add_group_member(\"help¦", "add_group_member(\"Helpdesk administrators\"");
    has("add_group_member(¦", "add_group_member(\"Helpdesk administrators\"");
    has("get_group(\"sa¦", "get_group(\"Sales \\\"EU\\\"\"");
    has("assign_role(u, \"inviter¦", "assign_role(u, \"Guest Inviter\"");
    has("guest.assign_role(\"gu¦", "guest.assign_role(\"Guest Inviter\"");
    has("add_license(u, \"pow¦", "add_license(u, \"POWER_BI_STANDARD\"");
}

#[test]
fn members_of_what_variables_hold_are_offered() {
    has("guest.dis¦", "guest.displayName");
    has("guest.add_sp¦", "guest.add_sponsor(");
    lacks("guest.¦", "guest.sandbox::accept_invitation(");
    has("guest.createdDateTime.¦", "guest.createdDateTime.add_days(");
    has("guest.identities[0].to_u¦", "guest.identities[0].to_upper()");
    has("guests.fil¦", "guests.filter(|");
    lacks("guests.¦", "guests.displayName");
    has("guests[0].dis¦", "guests[0].displayName");
    has("guests.filter(|g| g.dis¦", "guests.filter(|g| g.displayName");
    has(
        "bulk(rows, |row| new_invitation(#{ invitedUserEmailAddress: row.e¦",
        "bulk(rows, |row| new_invitation(#{ invitedUserEmailAddress: row.email",
    );
    has("for g in guests { print(g.dis¦", "for g in guests { print(g.displayName");
    has("get_user(\"x\").dis¦", "get_user(\"x\").displayName");
    has("let u = get_user(\"x\"); u.dis¦", "let u = get_user(\"x\"); u.displayName");
    assert_eq!(offers("nothing.¦"), [""; 0]);
}

#[test]
fn modules_files_and_words_of_the_prompt_are_offered() {
    has("r::st¦", "r::stale(");
    has("sandbox::adv¦", "sandbox::advance_clock(");
    has("import \"rep¦", "import \"reports\"");
    has("import \"jo¦", "import \"jobs\"");
    assert_eq!(offers("import_csv(\"guests-¦"), ["import_csv(\"guests-old.csv\""]);
    assert_eq!(offers("import_csv(\"m¦"), ["import_csv(\"more/"]);
    has(":wh¦", ":what-if ");
    has(":what-if o¦", ":what-if off");
    has("help New-MgInv¦", "help new_invitation");
    has("dou¦", "double(");
    has("gues¦", "guests");
}

#[test]
fn nothing_is_offered_in_texts_and_comments() {
    for text in ["let x = \"get_¦", "// get_¦", "`get_¦", "/* get_¦"] {
        assert_eq!(offers(text), [""; 0], "{text}");
    }
}

#[test]
fn any_line_and_any_cursor_will_do() {
    let lines = [
        "f(é, #{ ü: \"",
        "}}}",
        "a.b.c[",
        "😀.",
        "let x = x; x.",
        "|x| x.",
        ":",
        "help ",
        "x::",
        "let a = b.c; let b = a; a.",
    ];
    for line in lines {
        for cursor in 0..=line.len() + 1 {
            complete(line, cursor, &Session);
        }
    }
}
