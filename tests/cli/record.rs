//! `--record`: what was on the wire, without what is secret.

use serde_json::Value;

use crate::usher::Usher;

fn recorded(script: &[&str]) -> (Usher, Vec<Value>) {
    let usher = Usher::with_scripts();
    usher.again().args(script).args(["--record", "wire.jsonl"]).run().success();
    let lines = usher.read("wire.jsonl");
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let lines = lines.collect();
    (usher, lines)
}

#[test]
fn every_line_of_a_record_is_an_exchange() {
    let (_, exchanges) = recorded(&["scripts/guide.rhai"]);
    assert!(exchanges.len() > 20, "{}", exchanges.len());
    assert!(exchanges.iter().all(Value::is_object));
}

#[test]
fn a_record_keeps_no_secret() {
    for script in [&["scripts/guide.rhai"][..], &["scripts/onboard.rhai", "scripts/guests.csv"]] {
        let (usher, _) = recorded(script);
        let text = usher.read("wire.jsonl");
        let connection = usher.again().command(["sandbox", "serve", "--memory"]).start().line();
        let connection: Value = serde_json::from_str(&connection).unwrap();
        let secret = connection["clientSecret"].as_str().unwrap();
        assert!(!text.contains(secret), "the client secret is in the record");
        let redeem = usher
            .ask("new_invitation(#{ invitedUserEmailAddress: \"zed@fabrikam.example\" }).inviteRedeemUrl");
        let redeem = redeem.as_str().expect("an invitation has a link");
        let link = redeem.split('?').next().unwrap();
        assert!(!text.contains(&format!("{link}?")), "a link to redeem an invitation is in the record");
        assert!(!text.contains("eyJ"), "a token is in the record");
    }
}

#[test]
fn a_record_has_both_sides_of_an_invitation() {
    let (usher, _) = recorded(&["scripts/guide.rhai"]);
    let text = usher.read("wire.jsonl");
    for part in ["/v1.0/invitations", "PendingAcceptance", "InvokeCommand", "client-request-id"] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part} is not in the record");
    }
}

#[test]
fn a_sandbox_run_goes_nowhere_but_to_this_machine() {
    let (_, exchanges) = recorded(&["scripts/guide.rhai"]);
    let proxied = Usher::new().args(["--record", "wire.jsonl"]).code("get_users().len()");
    proxied.run().success();
    for exchange in exchanges {
        let url =
            ["url", "uri"].iter().find_map(|key| find(&exchange, key)).expect("an exchange has an address");
        assert!(url.starts_with("http://127.0.0.1:") || url.starts_with('/'), "{url}");
    }
}

fn find<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    match value {
        Value::Object(map) => {
            map.get(key).and_then(Value::as_str).or_else(|| map.values().find_map(|inner| find(inner, key)))
        }
        _ => None,
    }
}

#[test]
fn a_record_that_cannot_be_written_is_said_before_anything_is_sent() {
    let usher = Usher::new();
    let invite = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });";
    usher
        .again()
        .args(["--record", "no/such/folder/x.jsonl"])
        .code(invite)
        .run()
        .exits(1)
        .stderr_has("recording");
    assert_eq!(usher.ask("find_user(\"ann@fabrikam.example\") == ()"), true);
}
