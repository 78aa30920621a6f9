//! The unified audit log: what was changed in Exchange, and what the directory noted, in one search.

use crate::sandbox::graph::directory_audit;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::binding::Bound;
use super::fault::Fault;
use super::{Outcome, Place, Ran};
use crate::sandbox::tenant::{Tenant, map};

/// Where the changes made through Exchange lie, oldest first; the oldest of too many goes.
const LOG: &str = "exchangeAudit";
const LONGEST: u64 = 5000;

/// How far a session of a search has come.
const SESSIONS: &str = "exchangeAuditSessions";

const LARGEST: i64 = 5000;
const USUAL: i64 = 100;

/// Notes a change that was made.
pub fn note(tenant: &mut Tenant, cmdlet: &str, bound: &Bound) {
    let last = tenant.shelf(LOG).next_back().and_then(|(_, entry)| entry["number"].as_u64());
    let number = last.map_or(0, |last| last + 1);
    // The key comes round again, and with it the place of the oldest entry.
    let key = (number % LONGEST).to_string();
    tenant.unshelve(LOG, &key);
    let secret = |name: &str| name.to_ascii_lowercase().contains("password");
    let parameters: Vec<Value> = bound
        .given()
        .map(|(name, value)| {
            let text = match value {
                _ if secret(name) => "******".to_owned(),
                Value::String(text) => text.clone(),
                Value::Bool(true) => "True".to_owned(),
                Value::Bool(false) => "False".to_owned(),
                Value::Null => String::new(),
                Value::Array(items) => {
                    let items: Vec<String> = items
                        .iter()
                        .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                        .collect();
                    items.join(";")
                }
                other => other.to_string(),
            };
            json!({ "Name": name, "Value": text })
        })
        .collect();
    let object =
        ["Identity", "Name", "DisplayName"].iter().find_map(|name| bound.text(name)).unwrap_or_default();
    let entry = json!({
        "number": number,
        "id": Uuid::new_v4().to_string(),
        "at": tenant.stamp(),
        "cmdlet": cmdlet,
        "object": object,
        "by": bound.caller.name,
        "person": bound.caller.person,
        "parameters": parameters,
    });
    tenant.shelve(LOG, &key, entry);
}

/// One thing that happened, from whichever log.
struct Event {
    at: Timestamp,
    operation: String,
    record: (&'static str, u64),
    user: String,
    object: String,
    id: String,
    data: Map<String, Value>,
}

fn events(tenant: &Tenant) -> impl Iterator<Item = Event> + '_ {
    let exchange = tenant.shelf(LOG).filter_map(|(_, entry)| from_exchange(tenant, entry));
    let directory = tenant.audits().filter_map(|(number, audit)| {
        from_directory(tenant, &Value::Object(directory_audit(*number, audit)))
    });
    exchange.chain(directory)
}

fn text(entry: &Value, name: &str) -> String {
    entry[name].as_str().unwrap_or_default().to_owned()
}

fn from_exchange(tenant: &Tenant, entry: &Value) -> Option<Event> {
    let data = json!({
        "ExternalAccess": false,
        "OrganizationName": tenant.profile.initial_domain,
        "OriginatingServer": "SANDBOX01 (15.20.0000.000)",
        "Parameters": entry["parameters"],
        "SessionId": "",
    });
    Some(Event {
        at: entry["at"].as_str()?.parse().ok()?,
        operation: text(entry, "cmdlet"),
        record: ("ExchangeAdmin", 1),
        user: text(entry, "by"),
        object: text(entry, "object"),
        id: text(entry, "id"),
        data: map(data),
    })
}

/// A directory audit as Graph shows it.
fn from_directory(tenant: &Tenant, entry: &Value) -> Option<Event> {
    let by = &entry["initiatedBy"];
    let user = by["user"]["userPrincipalName"].as_str().or(by["app"]["displayName"].as_str());
    let target = &entry["targetResources"][0];
    let object = ["userPrincipalName", "displayName", "id"].iter().find_map(|name| target[*name].as_str());
    let changed = target["modifiedProperties"].as_array().into_iter().flatten().map(|property| {
        json!({
            "Name": property["displayName"],
            "NewValue": property["newValue"],
            "OldValue": property["oldValue"],
        })
    });
    let data = json!({
        "AzureActiveDirectoryEventType": 1,
        "InterSystemsId": entry["correlationId"],
        "ModifiedProperties": changed.collect::<Vec<_>>(),
        "Target": [{ "ID": target["id"], "Type": 2 }],
        "TargetContextId": tenant.profile.tenant_id.to_string(),
    });
    Some(Event {
        at: entry["activityDateTime"].as_str()?.parse().ok()?,
        operation: format!("{}.", entry["activityDisplayName"].as_str()?.trim_end_matches('.')),
        record: ("AzureActiveDirectory", 8),
        user: user.unwrap_or_default().to_owned(),
        object: object.unwrap_or_default().to_owned(),
        id: text(entry, "id"),
        data: map(data),
    })
}

/// `Search-UnifiedAuditLog`. A session is asked again and again, and each time gives what comes next.
pub fn search(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let given = bound.number("ResultSize").unwrap_or(USUAL);
    let size = usize::try_from(given).ok().filter(|_| (1..=LARGEST).contains(&given)).ok_or_else(|| {
        Fault::task(format!(
            "The value {given} of parameter 'ResultSize' is out of range: it must be between 1 and {LARGEST}."
        ))
    })?;
    let (Some(start), Some(end)) = (bound.moment("StartDate"), bound.moment("EndDate")) else {
        return Err(Fault::mandatory(&["EndDate", "StartDate"]));
    };
    if start > end {
        return Err(Fault::task("The StartDate must be earlier than the EndDate."));
    }
    let found = matching(tenant, bound, start, end);
    let session = bound.text("SessionId").filter(|session| !session.is_empty());
    let key = session.map(|session| {
        let asked: Vec<String> = bound.given().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{session}/{}", Uuid::new_v5(&tenant.profile.tenant_id, asked.join("&").as_bytes()))
    });
    let done = key.as_ref().and_then(|key| tenant.shelved(SESSIONS, key)?.as_u64()).unwrap_or_default();
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    let count = found.len();
    let page: Vec<(Place, Map<String, Value>)> = found
        .into_iter()
        .enumerate()
        .skip(done)
        .take(size)
        .map(|(index, event)| {
            let place = u64::try_from(index + 1).unwrap_or(u64::MAX);
            (Place::of(place), row(tenant, event, index + 1, count))
        })
        .collect();
    if let Some(key) = key {
        tenant.shelve(SESSIONS, &key, json!(done + page.len()));
    }
    Ok(Outcome::of(page))
}

/// What a search means, newest first.
fn matching(tenant: &Tenant, bound: &Bound, start: Timestamp, end: Timestamp) -> Vec<Event> {
    let among = |name: &str, own: &str| {
        let wanted = bound.list(name);
        wanted.is_empty()
            || wanted
                .iter()
                .flat_map(|names| names.split(','))
                .any(|one| one.trim().eq_ignore_ascii_case(own))
    };
    let record = bound.text("RecordType");
    let free = bound.text("FreeText").map(str::to_lowercase);
    let mut found: Vec<Event> = events(tenant)
        .filter(|event| start <= event.at && event.at < end)
        .filter(|event| among("Operations", &event.operation))
        .filter(|event| among("UserIds", &event.user))
        .filter(|event| among("ObjectIds", &event.object))
        .filter(|event| {
            record.is_none_or(|wanted| {
                wanted.eq_ignore_ascii_case(event.record.0) || wanted == event.record.1.to_string()
            })
        })
        .filter(|event| {
            free.as_ref().is_none_or(|wanted| {
                let all = format!(
                    "{} {} {} {}",
                    event.operation,
                    event.user,
                    event.object,
                    Value::from(event.data.clone())
                );
                all.to_lowercase().contains(wanted)
            })
        })
        .collect();
    found.sort_by_key(|event| std::cmp::Reverse(event.at));
    found
}

fn row(tenant: &Tenant, event: Event, index: usize, count: usize) -> Map<String, Value> {
    let at = event.at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let mut data = map(json!({
        "CreationTime": at,
        "Id": event.id,
        "Operation": event.operation,
        "OrganizationId": tenant.profile.tenant_id.to_string(),
        "RecordType": event.record.1,
        "ResultStatus": if event.record.1 == 1 { "True" } else { "Success" },
        "UserKey": event.user,
        "UserType": if event.user.contains('@') { 2 } else { 5 },
        "Version": 1,
        "Workload": if event.record.1 == 1 { "Exchange" } else { "AzureActiveDirectory" },
        "ObjectId": event.object,
        "UserId": event.user,
    }));
    data.extend(event.data);
    map(json!({
        "@odata.type": "#Exchange.GenericHashTable",
        "RecordType": event.record.0,
        "CreationDate": format!("{at}Z"),
        "UserIds": event.user,
        "Operations": event.operation,
        "AuditData": Value::Object(data).to_string(),
        "ResultIndex": index,
        "ResultCount": count,
        "Identity": event.id,
        "IsValid": true,
        "ObjectState": "Unchanged",
    }))
}
