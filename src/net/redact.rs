//! What never leaves the process in a recording or a message: tokens, secrets, and the ticket that redeems an invitation.

use std::borrow::Cow;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

/// What stands in a secret's place.
pub const STARS: &str = "***";

/// Names of members and fields whose value is a secret, without `_` and `-`, in lower case.
const SECRET_NAMES: &[&str] = &[
    "accesstoken",
    "assertion",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "devicecode",
    "idtoken",
    "inviteredeemurl",
    "password",
    "refreshtoken",
    "secrettext",
    "usercode",
];

/// Where an exchange took place: `code` is a secret at sign-in, and everywhere else the name of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    SignIn,
    Elsewhere,
}

impl Place {
    pub(super) fn of(url: &Url) -> Place {
        if url.path().to_ascii_lowercase().contains("/oauth2/") { Place::SignIn } else { Place::Elsewhere }
    }
}

/// The text without redeem tickets and without tokens that were put into it.
pub fn scrub(text: &str) -> Cow<'_, str> {
    without_jwts(without_tickets(Cow::Borrowed(text)))
}

/// The address, with the secrets of its query blotted out.
pub(super) fn url(url: &Url) -> String {
    let place = Place::of(url);
    if url.query_pairs().any(|(name, _)| is_secret(&name, place)) {
        let mut blotted = url.clone();
        blotted.set_query(url.query().map(|query| form(query.as_bytes(), place)).as_deref());
        return scrub(blotted.as_str()).into_owned();
    }
    scrub(url.as_str()).into_owned()
}

pub(super) fn headers(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for (name, value) in headers {
        let text = match name.as_str() {
            "authorization" | "proxy-authorization" => authorization(value.as_bytes()),
            "cookie" | "set-cookie" | "x-identity-header" => STARS.to_owned(),
            _ => scrub(&String::from_utf8_lossy(value.as_bytes())).into_owned(),
        };
        match map.get_mut(name.as_str()) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(&text);
            }
            _ => {
                map.insert(name.as_str().to_owned(), text.into());
            }
        }
    }
    Value::Object(map)
}

/// The scheme says how it was signed in and is no secret; what follows it is.
fn authorization(value: &[u8]) -> String {
    if value.starts_with(b"Bearer ") { format!("Bearer {STARS}") } else { STARS.to_owned() }
}

/// A body as parsed JSON, else text, else null.
pub(super) fn body(bytes: &[u8], headers: &HeaderMap, place: Place) -> Value {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if bytes.is_empty() {
        return Value::Null;
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        return form(bytes, place).into();
    }
    let unmarked = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(mut value) = serde_json::from_slice::<Value>(unmarked) {
        blot(&mut value, place);
        return value;
    }
    match std::str::from_utf8(bytes) {
        // JSON that does not parse hides the names of its members, and so its secrets.
        Ok(_) if place == Place::SignIn || kind.contains("json") => STARS.into(),
        Ok(text) if !text.contains('\0') => scrub(text).into(),
        _ => Value::Null,
    }
}

fn is_secret(name: &str, place: Place) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.contains(&plain.as_str()) || (place == Place::SignIn && plain == "code")
}

/// Blots secrets out of JSON and keeps each member's type, so that a recording still fits its schema.
fn blot(value: &mut Value, place: Place) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = scrub(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| blot(item, place)),
        Value::Object(members) => {
            for (name, member) in members {
                if is_secret(name, place) { blot_all(member, place) } else { blot(member, place) }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn blot_all(value: &mut Value, place: Place) {
    match value {
        Value::String(text) => STARS.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| blot_all(item, place)),
        other => blot(other, place),
    }
}

fn form(bytes: &[u8], place: Place) -> String {
    let mut clean = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(bytes) {
        let value = if is_secret(&name, place) { Cow::Borrowed(STARS) } else { value };
        clean.append_pair(&name, &scrub(&value));
    }
    clean.finish()
}

/// `ticket=…`, also where the redeem address was percent-encoded into another one, once or twice.
fn without_tickets(text: Cow<'_, str>) -> Cow<'_, str> {
    const SIGNS: [(&str, &str); 3] = [("=", "&"), ("%3d", "%26"), ("%253d", "%2526")];
    let lower = text.to_ascii_lowercase();
    if !lower.contains("ticket") {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for (found, word) in lower.match_indices("ticket") {
        let after = found + word.len();
        if found < done {
            continue;
        }
        let Some((sign, end_sign)) = SIGNS.iter().find(|(sign, _)| lower[after..].starts_with(sign)) else {
            continue;
        };
        let start = after + sign.len();
        let length =
            [lower[start..].find(end_sign), lower[start..].find(ends_address)].into_iter().flatten().min();
        clean.push_str(&text[done..start]);
        clean.push_str(STARS);
        done = start + length.unwrap_or(lower.len() - start);
    }
    if done == 0 {
        return text;
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '&' | '"' | '\'' | '<' | '>' | '\\' | '#' | ')' | '`')
}

/// Three-part tokens: `eyJ…` and two more parts.
fn without_jwts(text: Cow<'_, str>) -> Cow<'_, str> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let mut clean = String::new();
    let mut done = 0;
    while let Some(found) = text[done..].find("eyJ").map(|found| done + found) {
        let length = text[found..].find(|c| !in_token(c)).unwrap_or(text.len() - found);
        clean.push_str(&text[done..found]);
        let word = &text[found..found + length];
        clean.push_str(if word.matches('.').count() >= 2 { STARS } else { word });
        done = found + length;
    }
    if done == 0 {
        return text;
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_blotted_out_however_deep_it_is_encoded() {
        let link = "see https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2fredeem%2f%3ftenant%3dt%26user%3du%26ticket%3daBc%252b1%3D%26ver%3d2.0 now";
        let clean = scrub(link);
        assert!(!clean.contains("aBc"), "{clean}");
        assert!(clean.contains("ticket%3d***%26ver%3d2.0 now"), "{clean}");
        assert_eq!(scrub("a?ticket=x&b=1, Ticket=y"), "a?ticket=***&b=1, Ticket=***");
        assert_eq!(scrub("ticket%253Dx%2526v"), "ticket%253D***%2526v");
        assert_eq!(scrub("ticketInfo and no more"), "ticketInfo and no more");
    }

    #[test]
    fn a_token_in_a_text_is_blotted_out() {
        assert_eq!(scrub("Bearer eyJhbGci.eyJ0aWQi.c2ln!"), "Bearer ***!");
        assert_eq!(scrub("the eyJ alone stays"), "the eyJ alone stays");
    }

    #[test]
    fn secrets_keep_their_json_type() {
        let mut value = serde_json::json!({
            "inviteRedeemUrl": "https://x/?ticket=1", "accessToken": null, "expires_in": 3599,
            "error": {"code": "Request_BadRequest"}, "codes": ["a"], "passwordProfile": {"password": "p"}
        });
        blot(&mut value, Place::Elsewhere);
        assert_eq!(
            value,
            serde_json::json!({
                "inviteRedeemUrl": "***", "accessToken": null, "expires_in": 3599,
                "error": {"code": "Request_BadRequest"}, "codes": ["a"], "passwordProfile": {"password": "***"}
            })
        );
    }

    #[test]
    fn a_form_loses_its_secrets_and_nothing_else() {
        let clean =
            form(b"grant_type=authorization_code&code=0.AX&client_id=app&client_secret=s%26t", Place::SignIn);
        assert_eq!(clean, "grant_type=authorization_code&code=***&client_id=app&client_secret=***");
    }
}
