//! `--events`: each line as docs/events.md has it, nothing unseen, and no secret.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::collections::BTreeMap;

use serde_json::Value;

use crate::usher::Usher;

/// The fields that a section of the document lists, with what they may hold.
pub fn documented(section: &str) -> BTreeMap<String, String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events.md");
    let text = std::fs::read_to_string(path).unwrap();
    let from =
        text.find(&format!("{section}\n")).unwrap_or_else(|| panic!("docs/events.md has no {section}"));
    let lines = text[from..].lines().skip(1).take_while(|line| !line.starts_with('#'));
    let fields = lines.filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        Some((cells.next()?.trim_end_matches('`').to_owned(), cells.next()?.to_owned()))
    });
    let fields: BTreeMap<String, String> = fields.collect();
    assert!(!fields.is_empty(), "{section} lists no fields");
    fields
}

/// Holds a line against what is documented: these fields, all of them, no other, each of its type.
#[track_caller]
pub fn is_as_documented(line: &Value, fields: &BTreeMap<String, String>) {
    let object = line.as_object().unwrap_or_else(|| panic!("no object: {line}"));
    let mut names: Vec<&String> = object.keys().collect();
    names.sort();
    assert_eq!(names, fields.keys().collect::<Vec<_>>(), "{line}");
    for (name, kind) in fields {
        let value = &object[name];
        let fits = kind.split(" or ").any(|kind| match kind {
            "text" => value.is_string(),
            "time" => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "number" => value.is_number(),
            "object" => value.is_object(),
            "list" => value.is_array(),
            "null" => value.is_null(),
            other => panic!("`{name}` is documented as {other}"),
        });
        assert!(fits, "`{name}` is no {kind}: {line}");
    }
}

fn events(text: &str) -> Vec<Value> {
    let every = documented("### Every event");
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for event in &events {
        let mut fields = every.clone();
        fields.extend(documented(&format!("### `{}`", event["event"].as_str().unwrap())));
        is_as_documented(event, &fields);
    }
    events
}

/// Verb, action and outcome of each effect.
fn of_effects(events: &[Value]) -> Vec<[&str; 3]> {
    let effects = events.iter().filter(|event| event["event"] == "effect");
    effects
        .map(|event| ["verb", "action", "outcome"].map(|name| event[name].as_str().unwrap_or("-")))
        .collect()
}

#[test]
fn every_effect_gets_a_line_as_documented() {
    let usher = Usher::new().csv("list.csv", "email\nann@fabrikam.example\n");
    let code = "bulk(import_csv(\"list.csv\"), |row| {
            let invitation = new_invitation(#{ invitedUserEmailAddress: row.email });
            add_group_member(\"Suppliers\", invitation);
            add_group_member(\"Suppliers\", invitation);
            new_invitation(#{ invitedUserEmailAddress: row.email });
            set_user(invitation, #{ department: \"Sales\" });
            remove_group_member(\"Suppliers\", invitation);
        });";
    let ran = usher.again().args(["--events", "e.jsonl", "--reason", "project Falcon"]).code(code).run();
    ran.success();
    let text = usher.read("e.jsonl");
    let events = events(&text);
    assert_eq!(
        of_effects(&events),
        [
            ["new_invitation", "create", "done"],
            ["add_group_member", "add", "done"],
            ["add_group_member", "-", "already"],
            ["new_invitation", "-", "already"],
            ["set_user", "change", "changed"],
            ["remove_group_member", "take_away", "done"],
        ]
    );
    assert_eq!(
        (events[0]["event"].as_str(), events.last().unwrap()["event"].as_str()),
        (Some("run_begin"), Some("run_end"))
    );
    let run = usher.again().command(["runs", "--output", "json"]).run().json()[0].clone();
    for event in &events {
        assert_eq!(event["reason"], "project Falcon");
        assert_eq!(event["tenant"]["domain"], "contoso.onmicrosoft.com");
        assert_eq!(event["tenant"]["name"], "sandbox");
        assert_eq!(event["run"]["id"], run["id"]);
        assert_eq!(event["operator"], run["operator"]);
        assert_eq!(event["session"], events[0]["session"]);
        if event["event"] == "effect" {
            assert_eq!(event["row"], "ann@fabrikam.example");
        }
    }
    assert!(events[1]["requestId"].is_string());
    let end = events.last().unwrap();
    assert_eq!((end["counts"]["succeeded"].as_u64(), end["counts"]["effects"].as_u64()), (Some(1), Some(4)));
    assert_eq!(end["head"], run["head"]);
    assert_eq!(run["reason"], "project Falcon");
}

#[test]
fn failures_and_what_nobody_knows_are_told_with_their_cause() {
    let usher = Usher::new();
    let code = "sandbox::fault(#{ on: \"PATCH /users/*\", then: \"internalError\", times: 20 });
        let guest = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });
        try { set_user(guest, #{ department: \"Sales\" }); } catch { }
        sandbox::fault(#{ clear: true });";
    usher.again().args(["--events", "e.jsonl"]).code(code).run();
    let events = events(&usher.read("e.jsonl"));
    let effect = events.iter().find(|event| event["verb"] == "set_user").unwrap();
    assert!(["failed", "unknown"].contains(&effect["outcome"].as_str().unwrap()), "{effect}");
    assert!(effect["error"]["kind"].is_string() && effect["error"]["message"].is_string(), "{effect}");
}

#[test]
fn the_link_by_which_a_guest_accepts_is_in_no_event() {
    let usher = Usher::new();
    let code = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).inviteRedeemUrl";
    let ran = usher.again().args(["--events", "e.jsonl", "--output", "json"]).code(code).run();
    let link: String = serde_json::from_str(&ran.success().stdout).unwrap();
    assert!(link.starts_with("http"), "{link}");
    let (text, ticket) = (usher.read("e.jsonl"), link.rsplit(['=', '/']).next().unwrap());
    assert!(!text.contains(ticket) && !text.to_lowercase().contains("redeem"), "{text}");
}

#[test]
fn lines_are_added_to_a_private_file() {
    let usher = Usher::new();
    let invite =
        |who: &str| format!("new_invitation(#{{ invitedUserEmailAddress: \"{who}@fabrikam.example\" }})");
    for who in ["ann", "ben"] {
        usher.again().args(["--events", "e.jsonl"]).code(&invite(who)).run().success();
    }
    let events = events(&usher.read("e.jsonl"));
    assert_eq!(events.len(), 6);
    assert_ne!(events[0]["session"], events[3]["session"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(usher.path("e.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn on_stdout_events_are_alone() {
    let code =
        "print(\"hello\"); new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).status";
    let ran = Usher::new().args(["--events", "-"]).code(code).run();
    ran.success().stderr_has("hello").stderr_has("PendingAcceptance");
    assert_eq!(events(&ran.stdout).len(), 3);
}

#[test]
fn reading_and_previews_are_no_events() {
    let usher = Usher::new();
    usher.again().args(["--events", "e.jsonl"]).code("get_users().len()").run().success();
    let invite = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" })";
    usher.again().args(["--events", "e.jsonl"]).what_if().code(invite).run().success();
    assert_eq!(usher.read("e.jsonl"), "");
}

#[test]
fn a_file_that_cannot_be_opened_stops_the_run_before_anything_is_done() {
    let usher = Usher::new();
    let invite = "print(\"begun\"); new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" })";
    let ran = usher.again().args(["--events", "nowhere/e.jsonl"]).code(invite).run();
    ran.exits(5).stdout_lacks("begun").stderr_has("writing events: `nowhere/e.jsonl`");
    assert_eq!(usher.ask("find_user(\"ann@fabrikam.example\") == ()"), true);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_done_that_no_event_tells_of() {
    let usher = Usher::new();
    let invite = "try { new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }) } catch { }
        new_invitation(#{ invitedUserEmailAddress: \"ben@fabrikam.example\" })";
    usher
        .again()
        .args(["--events", "/dev/full"])
        .code(invite)
        .run()
        .exits(5)
        .stderr_has("writing events: `/dev/full`");
    let found = "[find_user(\"ann@fabrikam.example\"), find_user(\"ben@fabrikam.example\")] == [(), ()]";
    assert_eq!(usher.ask(found), true);
}

#[test]
fn nothing_is_told_that_the_ledger_does_not_know() {
    let job = "bulk([1, 2, 3], #{ throttleLimit: 1 }, |n| {\n    let made = new_invitation(#{ invitedUserEmailAddress: `guest${n}@fabrikam.example` });\n    add_group_member(\"Suppliers\", made.invitedUser);\n});\n";
    let mut killed = 0;
    for entry in 2..15 {
        let usher = Usher::new().script("job.rhai", job).args(["--events", "events.jsonl"]);
        let ran = usher.clone().env("USHER_CRASH", format!("before:{entry}")).run();
        killed += usize::from(ran.was_killed());
        let told =
            usher.read("events.jsonl").lines().filter(|line| line.contains("\"outcome\":\"done\"")).count();
        let kept = usher.again().command(["runs", "export", "last"]).run().stdout;
        let kept = kept.lines().filter(|line| line.contains("\"kind\":\"outcome\"")).count();
        assert!(told <= kept, "killed before entry {entry}: {told} told, {kept} kept");
    }
    assert!(killed > 8, "{killed}");
}
