//! What is decided in an access review about each who has access, and what becomes of it.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::access_reviews::{Instance, READ, STOPPED, WRITE, find, find_instance, made, status, way, wrong};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, below};
use super::options::{Options, Shape};
use super::properties::{text, value};
use super::review_scope::{self, Subject};
use super::routes::route;
use super::schema::basic::{EQ, RANGE};
use super::schema::{Entity, complex, moment, text as words};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Relation, Tenant, map};

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

static DECISIONS: Shape = Shape::of(&[&DECISION], "decisions");

pub static ROUTES: &[Route] = &[
    route("POST", "/identityGovernance/accessReviews/definitions/{}/stop", WRITE, Write(stop_all)),
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

const DECIDED: &str = "accessReviewDecisions";

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
