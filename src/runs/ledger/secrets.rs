//! What nobody should find in a ledger: passwords and secrets that a raw call made or was given.

use serde::Serialize;
use serde_json::Value;

/// Properties whose text is one, in small letters.
const NAMES: [&str; 6] =
    ["password", "secrettext", "clientsecret", "access_token", "refresh_token", "client_secret"];
/// Each of the names has one of these in it.
const PARTS: [&[u8]; 3] = [b"password", b"secret", b"_token"];

/// A record as text, with `***` for what is secret.
pub fn encoded(record: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(record)?;
    // Most records have nothing of the kind, and are spared the second look.
    if !may_hold(text.as_bytes()) {
        return Ok(text);
    }
    let mut value = serde_json::from_str(&text)?;
    blank(&mut value);
    Ok(value.to_string())
}

fn may_hold(text: &[u8]) -> bool {
    PARTS.iter().any(|part| {
        let first = [part[0], part[0].to_ascii_uppercase()];
        let begins =
            |at: usize| text[at..].get(..part.len()).is_some_and(|here| here.eq_ignore_ascii_case(part));
        text.iter().enumerate().any(|(at, byte)| first.contains(byte) && begins(at))
    })
}

fn blank(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value.is_string() && NAMES.contains(&name.to_ascii_lowercase().as_str()) {
                    true => *value = Value::from("***"),
                    false => blank(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(blank),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_name_is_seen_and_blanked_however_it_is_written_and_wherever_it_is() {
        for name in NAMES {
            for name in [name.to_owned(), name.to_uppercase()] {
                let record = json!({ "body": [{ &name: "hunter2", "displayName": "Ann" }] });
                let expected = json!({ "body": [{ &name: "***", "displayName": "Ann" }] });
                assert_eq!(encoded(&record).unwrap(), expected.to_string());
            }
        }
    }

    #[test]
    fn what_is_no_text_or_only_speaks_of_secrets_stays() {
        let record = json!({ "password": { "length": 12 }, "about": "the password and the _token" });
        assert_eq!(encoded(&record).unwrap(), record.to_string());
    }
}
