//! Access reviews: what is to be looked at again, by whom, and what was decided about each who has access.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, below};
use super::options::{Options, Shape};
use super::properties::{text, value};
use super::review_scope;
use super::routes::{Needs, route};
use super::schema::basic::{EQ, RANGE, STARTS};
use super::schema::{Entity, complex, items, moment, text as words};
use crate::sandbox::clock;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Tenant, map};

static DEFINITION: Entity = Entity {
    name: "accessReviewScheduleDefinition",
    set: "identityGovernance/accessReviews/definitions",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual().filter(EQ),
        words("displayName").usual().filter(EQ | STARTS),
        moment("createdDateTime").usual().filter(EQ | RANGE),
        moment("lastModifiedDateTime").usual().filter(EQ | RANGE),
        words("status").usual().filter(EQ),
        words("descriptionForAdmins").usual(),
        words("descriptionForReviewers").usual(),
        complex("createdBy").usual().filter(EQ),
        complex("scope").usual().filter(EQ | STARTS),
        complex("instanceEnumerationScope").usual().filter(EQ | STARTS),
        items("reviewers").usual(),
        items("fallbackReviewers").usual(),
        complex("settings").usual(),
        items("stageSettings").usual(),
        items("additionalNotificationRecipients").usual(),
    ],
};

static INSTANCE: Entity = Entity {
    name: "accessReviewInstance",
    set: "instances",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual().filter(EQ),
        moment("startDateTime").usual().filter(EQ | RANGE),
        moment("endDateTime").usual().filter(EQ | RANGE),
        words("status").usual().filter(EQ),
        complex("scope").usual(),
        items("reviewers").usual(),
        items("fallbackReviewers").usual(),
    ],
};

static DEFINITIONS: Shape = Shape::of(&[&DEFINITION], "identityGovernance/accessReviews/definitions");
static INSTANCES: Shape = Shape::of(&[&INSTANCE], "instances");

pub const READ: Needs = &["AccessReview.Read.All", "AccessReview.ReadWrite.All"];
pub const WRITE: Needs = &["AccessReview.ReadWrite.All"];

const ALL: &str = "/identityGovernance/accessReviews/definitions";

pub static ROUTES: &[Route] = &[
    route("GET", ALL, READ, Read(definitions)),
    route("POST", ALL, WRITE, Write(create)),
    route("GET", "/identityGovernance/accessReviews/definitions/{}", READ, Read(definition)),
    route("PUT", "/identityGovernance/accessReviews/definitions/{}", WRITE, Write(update)),
    route("PATCH", "/identityGovernance/accessReviews/definitions/{}", WRITE, Write(update)),
    route("DELETE", "/identityGovernance/accessReviews/definitions/{}", WRITE, Write(remove)),
    route("GET", "/identityGovernance/accessReviews/definitions/{}/instances", READ, Read(instances)),
    route("GET", "/identityGovernance/accessReviews/definitions/{}/instances/{}", READ, Read(instance)),
];

const SHELF: &str = "accessReviews";
pub const STOPPED: &str = "accessReviewsStopped";

/// A review is made behind the caller's back; after so many seconds of the tenant's time it is there.
const MAKING: i64 = 30;

const NEVER: &str = "0001-01-01T00:00:00Z";

pub fn wrong(what: &str) -> Fault {
    Fault::bad("InvalidRequest", format!("The access review is not valid: {what}."))
}

/// The fields of a body as the service keeps them.
fn kept(body: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut kept = Map::new();
    for (name, found) in body.iter().filter(|(name, _)| !name.contains('@')) {
        let property = DEFINITION.property(name).ok_or_else(|| {
            let message = format!(
                "The property '{name}' does not exist on type 'microsoft.graph.{}'.",
                DEFINITION.name
            );
            Fault::bad("BadRequest", message)
        })?;
        let found = match property.name {
            "id" | "status" | "createdBy" | "createdDateTime" | "lastModifiedDateTime" => continue,
            "scope" | "instanceEnumerationScope" => review_scope::echoed(found),
            "settings" => settings(found)?,
            "reviewers" | "fallbackReviewers" => reviewers(found),
            _ => found.clone(),
        };
        kept.insert(property.name.to_owned(), found);
    }
    Ok(kept)
}

fn reviewers(list: &Value) -> Value {
    let one = |reviewer: &Value| {
        let reviewer = map(reviewer.clone());
        json!({
            "query": value(&reviewer, "query"), "queryType": value(&reviewer, "queryType"),
            "queryRoot": value(&reviewer, "queryRoot"),
        })
    };
    list.as_array().into_iter().flatten().map(one).collect()
}

fn settings(found: &Value) -> Result<Value, Fault> {
    let given = map(found.clone());
    let mut all = map(json!({
        "mailNotificationsEnabled": false, "reminderNotificationsEnabled": false,
        "justificationRequiredOnApproval": false, "defaultDecisionEnabled": false, "defaultDecision": "None",
        "instanceDurationInDays": 0, "autoApplyDecisionsEnabled": false, "recommendationsEnabled": false,
        "recommendationLookBackDuration": null, "decisionHistoriesForReviewersEnabled": false, "recurrence": null,
        "recommendationInsightSettings": [], "applyActions": [],
    }));
    for (name, value) in given {
        let known = all.keys().find(|known| known.eq_ignore_ascii_case(&name)).cloned();
        let known = known.ok_or_else(|| wrong(&format!("no setting is called '{name}'")))?;
        all.insert(known, value);
    }
    let decision = all["defaultDecision"].as_str().unwrap_or_default();
    if !["None", "Deny", "Approve", "Recommendation"].iter().any(|known| known.eq_ignore_ascii_case(decision))
    {
        return Err(wrong("its default decision is unknown"));
    }
    if let Value::Object(recurrence) = &mut all["recurrence"] {
        let mut pattern = map(json!({
            "type": "weekly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": [],
            "firstDayOfWeek": "sunday", "index": "first",
        }));
        match recurrence.get("pattern") {
            Some(Value::Object(given)) => pattern.extend(given.clone()),
            _ => pattern.clear(),
        }
        let mut range = map(json!({
            "type": "noEnd", "numberOfOccurrences": 0, "recurrenceTimeZone": null, "startDate": null, "endDate": null,
        }));
        range.extend(map(value(recurrence, "range").clone()));
        for name in ["startDate", "endDate"] {
            if let Some(date) = range[name].as_str().and_then(|date| date.get(..10)) {
                let date = date.to_owned();
                range.insert(name.to_owned(), json!(date));
            }
        }
        recurrence.insert(
            "pattern".to_owned(),
            if pattern.is_empty() { Value::Null } else { Value::Object(pattern) },
        );
        recurrence.insert("range".to_owned(), Value::Object(range));
    }
    Ok(Value::Object(all))
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let mut review = kept(&body)?;
    if text(&body, "displayName").is_none_or(str::is_empty) {
        return Err(wrong("it has no display name"));
    }
    if !value(&body, "scope").is_object() && !value(&body, "instanceEnumerationScope").is_object() {
        return Err(wrong("it has no scope"));
    }
    if !value(&body, "settings").is_object() {
        return Err(wrong("it has no settings"));
    }
    let id = Uuid::new_v4().to_string();
    let caller = tenant.get(call.caller.principal);
    let said = |name: &str| caller.and_then(|caller| caller.text(name)).unwrap_or_default().to_owned();
    let now = tenant.stamp();
    review.extend(map(json!({
        "id": id,
        "createdDateTime": now,
        "lastModifiedDateTime": now,
        "createdBy": {
            "id": call.caller.principal.to_string(), "displayName": said("displayName"),
            "userPrincipalName": said("userPrincipalName"), "ipAddress": null,
        },
    })));
    for name in ["descriptionForAdmins", "descriptionForReviewers"] {
        let name_of_it = review["displayName"].clone();
        review.entry(name).or_insert(name_of_it);
    }
    tenant.shelve(SHELF, &id, Value::Object(review.clone()));
    let mut told = shown(tenant, &review);
    // The dates come once the review is made.
    for name in ["createdDateTime", "lastModifiedDateTime"] {
        told.insert(name.to_owned(), json!(NEVER));
    }
    list::one(call, tenant, 201, &Row::made(0, &DEFINITION, told), &Options::default())
}

fn moment_of(review: &Map<String, Value>, name: &str) -> Timestamp {
    review.get(name).and_then(Value::as_str).and_then(|at| at.parse().ok()).unwrap_or_default()
}

/// When the first round starts and ends.
fn round(review: &Map<String, Value>) -> (Timestamp, Timestamp) {
    let made = moment_of(review, "createdDateTime") + SignedDuration::from_secs(MAKING);
    let settings = value(review, "settings");
    let first = settings["recurrence"]["range"]["startDate"].as_str().and_then(|date| {
        let date: jiff::civil::Date = date.parse().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    });
    let start = first.map_or(made, |first| first.max(made));
    let days = settings["instanceDurationInDays"].as_i64().unwrap_or(0).clamp(0, 366);
    let days = if days == 0 { 14 } else { days };
    (start, start + SignedDuration::from_hours(days * 24))
}

pub fn status(tenant: &Tenant, review: &Map<String, Value>, instance: Option<&str>) -> &'static str {
    let (start, end) = round(review);
    let now = tenant.clock.now();
    let id = value(review, "id").as_str().unwrap_or_default();
    let stopped = |key: &str| tenant.shelved(STOPPED, key).and_then(Value::as_str);
    match instance.and_then(stopped).or_else(|| stopped(id)) {
        Some("Applied") => "Applied",
        Some(_) => "Completed",
        None if now < start => "NotStarted",
        None if now >= end => "Completed",
        None => "InProgress",
    }
}

fn shown(tenant: &Tenant, review: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = review.clone();
    shown.insert("status".to_owned(), json!(status(tenant, review, None)));
    shown
}

fn definitions(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &DEFINITIONS)?;
    let rows = tenant
        .shelf(SHELF)
        .map(|(place, review)| Row::made(place, &DEFINITION, shown(tenant, &map(review.clone()))));
    list::list(call, tenant, &DEFINITIONS, &options, rows)
}

pub fn find(call: &Call, tenant: &Tenant) -> Result<Map<String, Value>, Fault> {
    let key = call.key(0).to_ascii_lowercase();
    let missing = || Fault::new(404, "NotFound", format!("The access review '{key}' was not found."));
    tenant.shelved(SHELF, &key).cloned().map(map).ok_or_else(missing)
}

fn definition(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &DEFINITION)?;
    let review = shown(tenant, &find(call, tenant)?);
    list::one(call, tenant, 200, &Row::made(0, &DEFINITION, review), &options)
}

fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let mut review = find(call, tenant)?;
    review.extend(kept(&call.body()?)?);
    review.insert("lastModifiedDateTime".to_owned(), json!(tenant.stamp()));
    tenant.shelve(SHELF, &call.key(0).to_ascii_lowercase(), Value::Object(review));
    Ok(Reply::empty(204))
}

fn remove(call: &Call, tenant: &mut Tenant) -> Answer {
    find(call, tenant)?;
    tenant.unshelve(SHELF, &call.key(0).to_ascii_lowercase());
    Ok(Reply::empty(204))
}

/// The rounds of a review: one for each thing that is looked at, once the review has begun.
pub fn made(tenant: &Tenant, review: &Map<String, Value>) -> Vec<(String, Option<Uuid>, Map<String, Value>)> {
    if status(tenant, review, None) == "NotStarted" {
        return Vec::new();
    }
    let review_id = value(review, "id").as_str().and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_default();
    let (start, end) = round(review);
    let groups = review_scope::groups(tenant, value(review, "instanceEnumerationScope"));
    let things: Vec<Option<Uuid>> =
        groups.map_or_else(|| vec![None], |all| all.into_iter().map(Some).collect());
    let one = |group: Option<Uuid>| {
        let id = Uuid::new_v5(&review_id, group.unwrap_or_default().as_bytes()).to_string();
        let properties = map(json!({
            "id": id,
            "startDateTime": clock::stamp(start),
            "endDateTime": clock::stamp(end),
            "status": status(tenant, review, Some(&id)),
            "scope": review_scope::of_instance(value(review, "scope"), group),
            "reviewers": value(review, "reviewers"),
            "fallbackReviewers": value(review, "fallbackReviewers").as_array().cloned().unwrap_or_default(),
        }));
        (id, group, properties)
    };
    things.into_iter().map(one).collect()
}

pub fn way(call: &Call, rest: &str) -> String {
    format!("{}('{}')/{rest}", DEFINITION.set, call.key(0))
}

fn instances(call: &Call, tenant: &Tenant) -> Answer {
    let review = find(call, tenant)?;
    let options = Options::read(call, &INSTANCES)?;
    let all = made(tenant, &review).into_iter();
    let rows = (1..).zip(all).map(|(place, (_, _, properties))| Row::made(place, &INSTANCE, properties));
    let reply = list::list(call, tenant, &INSTANCES, &options, rows)?;
    Ok(below(reply, "instances", &way(call, "instances")))
}

pub type Instance = (Map<String, Value>, String, Option<Uuid>, Map<String, Value>);

pub fn find_instance(call: &Call, tenant: &Tenant) -> Result<Instance, Fault> {
    let review = find(call, tenant)?;
    let found = made(tenant, &review).into_iter().find(|(id, ..)| id.eq_ignore_ascii_case(call.key(1)));
    let (id, group, properties) = found.ok_or_else(|| {
        Fault::new(404, "NotFound", format!("The instance '{}' was not found.", call.key(1)))
    })?;
    Ok((review, id, group, properties))
}

fn instance(call: &Call, tenant: &Tenant) -> Answer {
    let (_, _, _, properties) = find_instance(call, tenant)?;
    let options = Options::of_one(call, &INSTANCE)?;
    let reply = list::one(call, tenant, 200, &Row::made(0, &INSTANCE, properties), &options)?;
    Ok(below(reply, "instances", &way(call, "instances")))
}
