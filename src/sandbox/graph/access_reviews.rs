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
use super::review_scope::{self, Subject};
use super::routes::{Needs, route};
use super::schema::basic::{EQ, RANGE, STARTS};
use super::schema::{Entity, complex, items, moment, text as words};
use crate::sandbox::clock;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Relation, Tenant, map};

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

static DECISION: Entity = Entity {
    name: "accessReviewInstanceDecisionItem",
    set: "decisions",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual().filter(EQ),
        words("accessReviewId").usual().filter(EQ),
        moment("reviewedDateTime").usual().filter(EQ | RANGE),
        words("decision").usual().filter(EQ),
        words("justification").usual(),
        moment("appliedDateTime").usual(),
        words("applyResult").usual().filter(EQ),
        words("recommendation").usual().filter(EQ),
        words("principalLink").usual(),
        words("resourceLink").usual(),
        complex("reviewedBy").usual().filter(EQ),
        complex("appliedBy").usual(),
        complex("resource").usual().filter(EQ),
        complex("principal").usual().filter(EQ),
    ],
};

static DEFINITIONS: Shape = Shape::of(&[&DEFINITION], "identityGovernance/accessReviews/definitions");
static INSTANCES: Shape = Shape::of(&[&INSTANCE], "instances");
static DECISIONS: Shape = Shape::of(&[&DECISION], "decisions");

const READ: Needs = &["AccessReview.Read.All", "AccessReview.ReadWrite.All"];
const WRITE: Needs = &["AccessReview.ReadWrite.All"];

const ALL: &str = "/identityGovernance/accessReviews/definitions";

pub static ROUTES: &[Route] = &[
    route("GET", ALL, READ, Read(definitions)),
    route("POST", ALL, WRITE, Write(create)),
    route("GET", "/identityGovernance/accessReviews/definitions/{}", READ, Read(definition)),
    route("PUT", "/identityGovernance/accessReviews/definitions/{}", WRITE, Write(update)),
    route("PATCH", "/identityGovernance/accessReviews/definitions/{}", WRITE, Write(update)),
    route("DELETE", "/identityGovernance/accessReviews/definitions/{}", WRITE, Write(remove)),
    route("POST", "/identityGovernance/accessReviews/definitions/{}/stop", WRITE, Write(stop_all)),
    route("GET", "/identityGovernance/accessReviews/definitions/{}/instances", READ, Read(instances)),
    route("GET", "/identityGovernance/accessReviews/definitions/{}/instances/{}", READ, Read(instance)),
    route("POST", "/identityGovernance/accessReviews/definitions/{}/instances/{}/stop", WRITE, Write(stop)),
    route(
        "GET",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/decisions",
        READ,
        Read(decisions),
    ),
    route(
        "GET",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/decisions/{}",
        READ,
        Read(decision),
    ),
    route(
        "PATCH",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/decisions/{}",
        WRITE,
        Write(decide),
    ),
    route(
        "POST",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/batchRecordDecisions",
        WRITE,
        Write(decide_many),
    ),
    route(
        "POST",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/applyDecisions",
        WRITE,
        Write(apply),
    ),
];

const SHELF: &str = "accessReviews";
const DECIDED: &str = "accessReviewDecisions";
const STOPPED: &str = "accessReviewsStopped";

/// A review is made behind the caller's back; after so many seconds of the tenant's time it is there.
const MAKING: i64 = 30;

const NEVER: &str = "0001-01-01T00:00:00Z";

fn wrong(what: &str) -> Fault {
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

fn status(tenant: &Tenant, review: &Map<String, Value>, instance: Option<&str>) -> &'static str {
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

fn find(call: &Call, tenant: &Tenant) -> Result<Map<String, Value>, Fault> {
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
fn made(tenant: &Tenant, review: &Map<String, Value>) -> Vec<(String, Option<Uuid>, Map<String, Value>)> {
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

fn way(call: &Call, rest: &str) -> String {
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

type Instance = (Map<String, Value>, String, Option<Uuid>, Map<String, Value>);

fn find_instance(call: &Call, tenant: &Tenant) -> Result<Instance, Fault> {
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

/// What was or is to be decided in a round: about each who has access, and each who had it when it was decided.
fn items_of(tenant: &Tenant, found: &Instance) -> Vec<Map<String, Value>> {
    let (review, id, group, _) = found;
    let stored = |key: &str| tenant.shelved(DECIDED, key).cloned().map(map);
    let mut seen: Vec<String> = Vec::new();
    let mut all: Vec<Map<String, Value>> = review_scope::subjects(tenant, value(review, "scope"), *group)
        .into_iter()
        .map(|subject| {
            let key = format!("{id}/{}", subject.principal);
            let item = stored(&key).unwrap_or_else(|| open(tenant, review, id, &subject));
            seen.push(key);
            item
        })
        .collect();
    let prefix = format!("{id}/");
    all.extend(
        tenant
            .shelf_keys_under(DECIDED, &prefix)
            .filter(|(key, _)| !seen.iter().any(|known| known == *key))
            .map(|(_, item)| map(item.clone())),
    );
    all
}

fn open(
    tenant: &Tenant,
    review: &Map<String, Value>,
    instance: &str,
    subject: &Subject,
) -> Map<String, Value> {
    let principal = tenant.get(subject.principal);
    let said = |name: &str| principal.and_then(|principal| principal.text(name)).map(str::to_owned);
    let resource = subject.resource.and_then(|id| tenant.get(id));
    let advice = if value(review, "settings")["recommendationsEnabled"] == true {
        if review_scope::is_inactive(tenant, subject.principal, 30) { "Deny" } else { "Approve" }
    } else {
        "NoInfoAvailable"
    };
    let nobody = json!({ "id": Uuid::nil().to_string(), "displayName": "", "userPrincipalName": "", "ipAddress": null });
    let instance_id = Uuid::try_parse(instance).unwrap_or_default();
    map(json!({
        "id": Uuid::new_v5(&instance_id, subject.principal.as_bytes()).to_string(),
        "accessReviewId": instance,
        "reviewedDateTime": null,
        "decision": "NotReviewed",
        "justification": null,
        "appliedDateTime": null,
        "applyResult": "New",
        "recommendation": advice,
        "principalLink": format!("https://graph.microsoft.com/v1.0/users/{}", subject.principal),
        "resourceLink": resource.map(|group| format!("https://graph.microsoft.com/v1.0/groups/{}", group.id)),
        "reviewedBy": nobody,
        "appliedBy": nobody,
        "resource": resource.map(|group| json!({
            "id": group.id.to_string(), "displayName": group.text("displayName"), "type": "group",
        })),
        "principal": {
            "@odata.type": "#microsoft.graph.userIdentity", "id": subject.principal.to_string(),
            "displayName": said("displayName"), "userPrincipalName": said("userPrincipalName"), "ipAddress": null,
        },
    }))
}

fn decisions(call: &Call, tenant: &Tenant) -> Answer {
    let found = find_instance(call, tenant)?;
    let options = Options::read(call, &DECISIONS)?;
    let all = items_of(tenant, &found).into_iter();
    let rows = (1..).zip(all).map(|(place, item)| Row::made(place, &DECISION, item));
    let reply = list::list(call, tenant, &DECISIONS, &options, rows)?;
    Ok(below(reply, "decisions", &way(call, &format!("instances('{}')/decisions", call.key(1)))))
}

fn find_decision(call: &Call, tenant: &Tenant) -> Result<Map<String, Value>, Fault> {
    let found = find_instance(call, tenant)?;
    let item = items_of(tenant, &found).into_iter().find(|item| item["id"] == call.key(2));
    item.ok_or_else(|| Fault::new(404, "NotFound", format!("The decision '{}' was not found.", call.key(2))))
}

fn decision(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &DECISION)?;
    let reply =
        list::one(call, tenant, 200, &Row::made(0, &DECISION, find_decision(call, tenant)?), &options)?;
    Ok(below(reply, "decisions", &way(call, &format!("instances('{}')/decisions", call.key(1)))))
}

/// A decision in any case, in the service's own.
fn word(body: &Map<String, Value>) -> Result<&'static str, Fault> {
    let found = text(body, "decision").unwrap_or_default();
    let known = ["Approve", "Deny", "DontKnow", "NotReviewed"];
    known
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(found))
        .ok_or_else(|| wrong("the decision is unknown"))
}

fn record(call: &Call, tenant: &mut Tenant, mut item: Map<String, Value>, word: &str, why: &Value) {
    let caller = tenant.get(call.caller.principal);
    let said = |name: &str| caller.and_then(|caller| caller.text(name)).unwrap_or_default().to_owned();
    item.extend(map(json!({
        "decision": word, "justification": why, "reviewedDateTime": tenant.stamp(),
        "reviewedBy": {
            "id": call.caller.principal.to_string(), "displayName": said("displayName"),
            "userPrincipalName": said("userPrincipalName"), "ipAddress": null,
        },
    })));
    keep(tenant, item);
}

fn keep(tenant: &mut Tenant, item: Map<String, Value>) {
    let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let key = format!("{}/{}", part(&item["accessReviewId"]), part(&item["principal"]["id"]));
    tenant.shelve(DECIDED, &key, Value::Object(item));
}

fn still_open(tenant: &Tenant, found: &Instance) -> Result<(), Fault> {
    match status(tenant, &found.0, Some(&found.1)) {
        "InProgress" => Ok(()),
        _ => Err(wrong("the round is over, nothing can be decided any more")),
    }
}

fn decide(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    still_open(tenant, &find_instance(call, tenant)?)?;
    let (item, word) = (find_decision(call, tenant)?, word(&body)?);
    record(call, tenant, item, word, value(&body, "justification"));
    Ok(Reply::empty(204))
}

fn decide_many(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let found = find_instance(call, tenant)?;
    still_open(tenant, &found)?;
    let word = word(&body)?;
    let (principal, resource) = (value(&body, "principalId"), value(&body, "resourceId"));
    for item in items_of(tenant, &found) {
        let meant = (principal.is_null() || item["principal"]["id"] == *principal)
            && (resource.is_null() || item["resource"]["id"] == *resource);
        if meant {
            record(call, tenant, item, word, value(&body, "justification"));
        }
    }
    Ok(Reply::empty(204))
}

fn stop(call: &Call, tenant: &mut Tenant) -> Answer {
    let found = find_instance(call, tenant)?;
    end(tenant, &found);
    Ok(Reply::empty(204))
}

fn stop_all(call: &Call, tenant: &mut Tenant) -> Answer {
    let review = find(call, tenant)?;
    for (id, group, properties) in made(tenant, &review) {
        end(tenant, &(review.clone(), id, group, properties));
    }
    tenant.shelve(STOPPED, &call.key(0).to_ascii_lowercase(), json!("Completed"));
    Ok(Reply::empty(204))
}

fn end(tenant: &mut Tenant, found: &Instance) {
    let settings = value(&found.0, "settings").clone();
    if settings["defaultDecisionEnabled"] == true {
        for mut item in items_of(tenant, found).into_iter().filter(|item| item["decision"] == "NotReviewed") {
            let decision = match settings["defaultDecision"].as_str() {
                Some("Recommendation") => item["recommendation"].clone(),
                Some("None") | None => continue,
                Some(word) => json!(word),
            };
            item.insert("decision".to_owned(), decision);
            keep(tenant, item);
        }
    }
    tenant.shelve(STOPPED, &found.1, json!("Completed"));
    if settings["autoApplyDecisionsEnabled"] == true {
        carry_out(tenant, found);
    }
}

fn apply(call: &Call, tenant: &mut Tenant) -> Answer {
    let found = find_instance(call, tenant)?;
    if status(tenant, &found.0, Some(&found.1)) == "InProgress" {
        return Err(wrong("the round is not over yet, nothing can be applied"));
    }
    carry_out(tenant, &found);
    Ok(Reply::empty(204))
}

/// Who was denied leaves the group, or may not sign in any more where the review says so.
fn carry_out(tenant: &mut Tenant, found: &Instance) {
    let actions = value(&found.0, "settings")["applyActions"].as_array().cloned().unwrap_or_default();
    let blocks = actions.iter().any(|action| {
        action["@odata.type"].as_str().is_some_and(|kind| kind.ends_with("disableAndDeleteUserApplyAction"))
    });
    let id = |value: &Value| value.as_str().and_then(|id| Uuid::try_parse(id).ok());
    let now = tenant.stamp();
    for mut item in items_of(tenant, found) {
        if item["applyResult"] != "New" {
            continue;
        }
        if item["decision"] == "Deny" {
            let (principal, resource) = (id(&item["principal"]["id"]), id(&item["resource"]["id"]));
            match (principal, resource) {
                (Some(principal), _) if blocks => {
                    tenant.update(principal, |user| user.set("accountEnabled", false))
                }
                (Some(principal), Some(group)) => {
                    tenant.unlink(Relation::Member, group, principal);
                }
                _ => {}
            }
        }
        item.insert("applyResult".to_owned(), json!("AppliedSuccessfully"));
        item.insert("appliedDateTime".to_owned(), json!(now));
        keep(tenant, item);
    }
    tenant.shelve(STOPPED, &found.1, json!("Applied"));
}
