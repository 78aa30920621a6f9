//! Message traces: every mail that the tenant has sent, a row for each recipient.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::binding::Bound;
use super::fault::Fault;
use super::{Outcome, Output, Place, Ran};
use crate::sandbox::clock::stamp;
use crate::sandbox::tenant::{Tenant, map};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// So far back a trace goes, and so long a stretch of time one answer covers.
struct Reach {
    days_back: i64,
    days_long: i64,
    largest: i64,
}

const FIRST: Reach = Reach { days_back: 10, days_long: 10, largest: 5000 };
const SECOND: Reach = Reach { days_back: 90, days_long: 10, largest: 5000 };

/// `Get-MessageTrace`: numbered pages.
pub fn first(tenant: &Tenant, bound: &Bound) -> Ran {
    let size = within(bound, "PageSize", 1000, FIRST.largest)?;
    let page = within(bound, "Page", 1, 1000)?;
    let rows = traced(tenant, bound, &FIRST)?;
    let rows = rows.into_iter().skip((page - 1) * size).take(size);
    Ok(Outcome::of(
        rows.enumerate()
            .map(|(index, (place, mut row))| {
                row.insert("Index".to_owned(), json!((page - 1) * size + index));
                (place, row)
            })
            .collect(),
    ))
}

/// `Get-MessageTraceV2`: the newest first; the rest is asked for with the end of what came.
pub fn second(tenant: &Tenant, bound: &Bound) -> Ran {
    let size = within(bound, "ResultSize", 1000, SECOND.largest)?;
    let mut rows = traced(tenant, bound, &SECOND)?;
    let mut outcome = Outcome::default();
    if rows.len() > size {
        rows.truncate(size);
        if let Some((_, last)) = rows.last() {
            outcome.warnings.push(format!(
                "There are more results, use the following command to get more. Get-MessageTraceV2 -EndDate \"{}\" \
                 -StartingRecipientAddress \"{}\"",
                last["Received"].as_str().unwrap_or_default(),
                last["RecipientAddress"].as_str().unwrap_or_default()
            ));
        }
    }
    outcome.objects = rows;
    Ok(outcome)
}

fn within(bound: &Bound, name: &str, usual: i64, largest: i64) -> Result<usize, Fault> {
    let given = bound.number(name).unwrap_or(usual);
    match usize::try_from(given) {
        Ok(size) if (1..=largest).contains(&given) => Ok(size),
        _ => Err(Fault::task(format!(
            "The value {given} of parameter '{name}' is out of range: it must be between 1 and {largest}."
        ))),
    }
}

fn traced(tenant: &Tenant, bound: &Bound, reach: &Reach) -> Result<Vec<Output>, Fault> {
    let now = tenant.clock.now();
    let before = |moment: Timestamp, hours: i64| {
        moment.checked_sub(HOUR * i32::try_from(hours).unwrap_or(i32::MAX)).unwrap_or(Timestamp::MIN)
    };
    let end = bound.moment("EndDate").unwrap_or(now);
    let start = bound.moment("StartDate").unwrap_or_else(|| before(end, 48));
    if start > end {
        return Err(Fault::task("The StartDate parameter must be before the EndDate parameter."));
    }
    // A day more than is said: whole days are counted from the evening before.
    if start < before(now, 24 * (reach.days_back + 1)) {
        return Err(Fault::task(format!(
            "Invalid StartDate value. The StartDate can't be older than {} days from today.",
            reach.days_back
        )));
    }
    if start < before(end, 24 * reach.days_long) {
        return Err(Fault::task(format!(
            "The time between StartDate and EndDate can't be longer than {} days.",
            reach.days_long
        )));
    }
    let addresses =
        |name: &str| -> Vec<String> { bound.list(name).into_iter().map(str::to_lowercase).collect() };
    let (senders, recipients) = (addresses("SenderAddress"), addresses("RecipientAddress"));
    let (statuses, ids) = (bound.list("Status"), bound.list("MessageId"));
    let subject = bound.text("Subject").map(str::to_lowercase);
    let how = bound.text("SubjectFilterType").unwrap_or("Contains").to_lowercase();
    let mut rows = Vec::new();
    for (number, mail) in tenant.mails().enumerate() {
        for (nth, row) in rows_of(tenant, number, mail, start, end).into_iter().enumerate() {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            let is = |name: &str, wanted: &[&str]| {
                wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(text(name)))
            };
            let matches = |name: &str, wanted: &[String]| {
                wanted.is_empty() || wanted.iter().any(|one| like(&text(name).to_lowercase(), one))
            };
            let titled = subject.as_ref().is_none_or(|wanted| {
                let own = text("Subject").to_lowercase();
                match how.as_str() {
                    "startswith" => own.starts_with(wanted),
                    "endswith" => own.ends_with(wanted),
                    _ => own.contains(wanted),
                }
            });
            let trace = bound.text("MessageTraceId").is_none_or(|id| id == text("MessageTraceId"));
            if trace
                && titled
                && is("Status", &statuses)
                && is("MessageId", &ids)
                && matches("SenderAddress", &senders)
                && matches("RecipientAddress", &recipients)
            {
                let newest_first = u64::MAX - u64::try_from(number * 1000 + nth).unwrap_or_default();
                rows.push((Place::of(newest_first), row));
            }
        }
    }
    // What came with the end of the page before is left out, recipient by recipient.
    if let Some(after) = bound.text("StartingRecipientAddress") {
        let edge = stamp(end);
        rows.retain(|(_, row)| {
            row["Received"] != edge.as_str()
                || row["RecipientAddress"].as_str().is_some_and(|one| one > after)
        });
    }
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(rows)
}

/// An address, or one with a star for everybody of a domain.
fn like(address: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(rest) => address.ends_with(rest),
        None => address == pattern,
    }
}

/// The rows of one mail, if it was sent in the time asked for.
fn rows_of(
    tenant: &Tenant,
    number: usize,
    mail: &Value,
    start: Timestamp,
    end: Timestamp,
) -> Vec<Map<String, Value>> {
    let sent = ["at", "sentAt"].iter().find_map(|name| mail[*name].as_str()).and_then(|at| at.parse().ok());
    let Some(sent) = sent.filter(|sent: &Timestamp| (start..=end).contains(sent)) else { return Vec::new() };
    let id = Uuid::new_v5(&tenant.profile.tenant_id, format!("mail/{number}").as_bytes());
    let subject = mail["subject"].as_str().unwrap_or_default();
    let size = 12_000 + mail["body"].as_str().or(mail["message"].as_str()).unwrap_or_default().len();
    let sender = mail["from"].as_str().unwrap_or("invites@microsoft.com");
    let recipients = ["to", "cc", "bcc"].iter().flat_map(|name| match &mail[*name] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<&str>>(),
    });
    recipients
        .map(|recipient| {
            map(json!({
                "@odata.type": "#Exchange.GenericHashTable",
                "Organization": tenant.profile.initial_domain,
                "MessageId": format!("<{id}@{}>", tenant.profile.initial_domain),
                "MessageTraceId": id.to_string(),
                "Received": stamp(sent),
                "SenderAddress": sender,
                "RecipientAddress": recipient,
                "Subject": subject,
                "Status": "Delivered",
                "FromIP": null,
                "ToIP": null,
                "Size": size,
                "StartDate": stamp(start),
                "EndDate": stamp(end),
            }))
        })
        .collect()
}
