//! Mail that somebody sends. It goes to the outbox: nothing leaves the sandbox.

use serde_json::{Map, Value, json};

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::navigation::subject;
use super::properties::{text, value};
use super::routes::{Needs, route};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Tenant, map};

const SEND: Needs = &["Mail.Send"];
const READ_PHOTO: Needs = &[
    "ProfilePhoto.Read.All",
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

pub static ROUTES: &[Route] = &[
    route("POST", "/users/{}/sendMail", SEND, Write(send)),
    route("GET", "/users/{}/photo", READ_PHOTO, Read(photo)),
    route("GET", "/users/{}/photo/$value", READ_PHOTO, Read(photo)),
];

fn send(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let key = call.key(0);
    let invalid = |_| Fault::new(404, "ErrorInvalidUser", format!("The requested user '{key}' is invalid."));
    let sender = subject(call, tenant).map_err(invalid)?;
    let Value::Object(message) = value(&body, "message") else {
        return Err(Fault::bad(
            "BadRequest",
            "The parameter 'Message' of the action is missing or is no object.",
        ));
    };
    let held = sender.properties.get("assignedLicenses").and_then(Value::as_array);
    let from =
        sender.text("mail").filter(|_| held.is_some_and(|held| !held.is_empty()) && !sender.is_guest());
    let from = from.ok_or_else(|| {
        Fault::new(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    })?;
    let (to, copied) = (addresses(message, "toRecipients")?, addresses(message, "ccRecipients")?);
    let hidden = addresses(message, "bccRecipients")?;
    if to.is_empty() && copied.is_empty() && hidden.is_empty() {
        return Err(Fault::bad(
            "ErrorInvalidRecipients",
            "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
        ));
    }
    let content = map(value(message, "body").clone());
    let at = tenant.stamp();
    let mail = |to: &str| {
        json!({
            "kind": "mail", "from": from, "to": to, "cc": copied, "subject": value(message, "subject"),
            "language": null, "message": text(&content, "content").unwrap_or_default(), "redeemUrl": null, "sentAt": at,
        })
    };
    let recipients = if to.is_empty() {
        copied.iter().take(1).chain(&hidden).collect()
    } else {
        to.iter().chain(&hidden).collect::<Vec<_>>()
    };
    let mails: Vec<Value> = recipients.into_iter().map(|to| mail(to)).collect();
    mails.into_iter().for_each(|mail| tenant.send(mail));
    Ok(Reply::empty(202))
}

fn addresses(message: &Map<String, Value>, name: &str) -> Result<Vec<String>, Fault> {
    let list = match value(message, name) {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => {
            return Err(Fault::bad(
                "RequestBodyRead",
                format!("The property '{name}' must be a collection."),
            ));
        }
    };
    let one = |recipient: &Value| {
        let mailbox = map(value(&map(recipient.clone()), "emailAddress").clone());
        let address = text(&mailbox, "address").unwrap_or_default().trim().to_owned();
        let (local, domain) = address.rsplit_once('@').unwrap_or_default();
        if local.is_empty() || !domain.contains('.') || address.contains(char::is_whitespace) {
            return Err(Fault::bad(
                "ErrorInvalidRecipients",
                format!("At least one recipient isn't valid., Recipient '{address}' isn't resolved."),
            ));
        }
        Ok(address)
    };
    list.iter().map(one).collect()
}

/// Nobody here has had a picture taken.
fn photo(call: &Call, tenant: &Tenant) -> Answer {
    subject(call, tenant)?;
    Err(Fault::new(404, "ImageNotFound", "The photo wasn't found."))
}
