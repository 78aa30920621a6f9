//! `/auditLogs`: what was done in the directory, and who signed in. Newest first, unless asked otherwise.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::Read;
use super::activities;
use super::audit::needs_premium;
use super::call::{Answer, Call, Fault};
use super::list::{self, Row};
use super::options::{Options, Shape, required};
use super::routes::{Needs, route};
use super::schema::basic::{EQ, RANGE, STARTS};
use super::schema::{Entity, Property, complex, flag, items, moment, text, texts};
use crate::sandbox::odata::filter::{Filter, How, Literal};
use crate::sandbox::tenant::{Audit, Tenant, map};

static DIRECTORY_AUDIT: Entity = Entity {
    name: "directoryAudit",
    set: "auditLogs/directoryAudits",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual().filter(EQ),
        text("category").usual().filter(EQ | STARTS),
        text("correlationId").usual().filter(EQ),
        text("result").usual().filter(EQ),
        text("resultReason").usual(),
        text("activityDisplayName").usual().filter(EQ | STARTS),
        moment("activityDateTime").usual().filter(EQ | RANGE),
        text("loggedByService").usual().filter(EQ | STARTS),
        text("operationType").usual().filter(EQ),
        complex("initiatedBy").usual().filter(EQ | STARTS),
        items("targetResources").usual().filter(EQ | STARTS),
        items("additionalDetails").usual(),
    ],
};

static SIGN_IN: Entity = Entity {
    name: "signIn",
    set: "auditLogs/signIns",
    directory: false,
    expands: &[],
    properties: SIGN_IN_PROPERTIES,
};

const SIGN_IN_PROPERTIES: &[Property] = &[
    text("id").usual().filter(EQ),
    moment("createdDateTime").usual().filter(EQ | RANGE),
    text("userDisplayName").usual().filter(EQ | STARTS),
    text("userPrincipalName").usual().filter(EQ | STARTS),
    text("userId").usual().filter(EQ),
    text("appId").usual().filter(EQ),
    text("appDisplayName").usual().filter(EQ | STARTS),
    text("ipAddress").usual().filter(EQ | STARTS),
    text("clientAppUsed").usual().filter(EQ),
    text("userAgent"),
    text("correlationId").usual().filter(EQ),
    text("conditionalAccessStatus").usual().filter(EQ),
    flag("isInteractive").usual().filter(EQ),
    text("riskDetail").usual().filter(EQ),
    text("riskLevelAggregated").usual().filter(EQ),
    text("riskLevelDuringSignIn").usual().filter(EQ),
    text("riskState").usual().filter(EQ),
    texts("riskEventTypes").usual(),
    texts("riskEventTypes_v2").usual(),
    text("resourceDisplayName").usual().filter(EQ),
    text("resourceId").usual().filter(EQ),
    text("resourceTenantId").filter(EQ),
    text("homeTenantId").filter(EQ),
    text("servicePrincipalId").filter(EQ),
    text("servicePrincipalName"),
    complex("status").usual().filter(EQ),
    complex("deviceDetail").usual().filter(EQ | STARTS),
    complex("location").usual().filter(EQ | STARTS),
    items("appliedConditionalAccessPolicies").usual(),
];

/// Both logs come in pages of a thousand.
const PAGE: usize = 1000;

static AUDITS: Shape =
    Shape { entities: &[&DIRECTORY_AUDIT], set: "auditLogs/directoryAudits", typed: false, page: PAGE };
static SIGN_INS: Shape = Shape { entities: &[&SIGN_IN], set: "auditLogs/signIns", typed: false, page: PAGE };

const READ: Needs = &["AuditLog.Read.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/auditLogs/directoryAudits", READ, Read(audits)),
    route("GET", "/auditLogs/directoryAudits/{}", READ, Read(audit)),
    route("GET", "/auditLogs/signIns", READ, Read(sign_ins)),
    route("GET", "/auditLogs/signIns/{}", READ, Read(sign_in)),
];

/// Where sign-ins are noted, in the service's own form.
const SHELF: &str = "signIns";

/// True for newest first, which is how both logs lie; only the other way around needs saying.
fn newest_first(options: &mut Options, by: &str) -> bool {
    match options.order.as_slice() {
        [] => true,
        [only] if only.property == by => {
            let newest = only.descending;
            options.order.clear();
            newest
        }
        _ => true,
    }
}

fn paged(call: &Call, shape: &Shape) -> Result<Options, Fault> {
    let options = Options::read(call, shape)?;
    if options.top.is_some_and(|top| top > PAGE) {
        return Err(Fault::bad(
            "BadRequest",
            format!("Invalid page size specified. Must be between 1 and {PAGE} inclusive."),
        ));
    }
    Ok(options)
}

fn audits(call: &Call, tenant: &Tenant) -> Answer {
    let mut options = paged(call, &AUDITS)?;
    let newest = newest_first(&mut options, "activityDateTime");
    // Most of a long log can be passed over without writing it out.
    let sieve = options.filter.as_ref().map(Sieve::of).unwrap_or_default();
    let wanted = |(_, audit): &&(u64, Audit)| sieve.lets_through(audit);
    let row =
        |(number, audit): &(u64, Audit), place| Row::made(place, &DIRECTORY_AUDIT, shown(*number, audit));
    if newest {
        let rows = tenant.audits().rev().filter(wanted).map(|entry| row(entry, u64::MAX - entry.0));
        list::list(call, tenant, &AUDITS, &options, rows)
    } else {
        let rows = tenant.audits().filter(wanted).map(|entry| row(entry, entry.0));
        list::list(call, tenant, &AUDITS, &options, rows)
    }
}

/// What a filter demands of every entry it lets through.
#[derive(Default)]
struct Sieve {
    activity: Option<String>,
    correlation: Option<Uuid>,
    since: Option<i64>,
    until: Option<i64>,
    about: Option<Uuid>,
    by: Option<Uuid>,
}

impl Sieve {
    fn of(filter: &Filter) -> Sieve {
        let mut sieve = Sieve {
            activity: required(filter, "activityDisplayName").map(str::to_lowercase),
            correlation: required(filter, "correlationId").and_then(|id| Uuid::try_parse(id).ok()),
            ..Sieve::default()
        };
        sieve.narrow(filter);
        sieve
    }

    fn narrow(&mut self, filter: &Filter) {
        let id = |value: &Literal| value.text().and_then(|id| Uuid::try_parse(id).ok());
        match filter {
            Filter::And(left, right) => {
                self.narrow(left);
                self.narrow(right);
            }
            Filter::Compare { path, how, value: Literal::Moment(at) } if path.len() == 1 => match how {
                How::Ge | How::Gt => self.since = Some(at.as_millisecond()),
                How::Le | How::Lt => self.until = Some(at.as_millisecond()),
                _ => {}
            },
            Filter::Compare { path, how: How::Eq, value } if path.len() == 3 => self.by = id(value),
            Filter::Lambda { path, all: false, body: Some(body), .. } if path.len() == 1 => {
                if let Filter::Compare { path, how: How::Eq, value } = &**body
                    && path.last().is_some_and(|last| last.eq_ignore_ascii_case("id"))
                {
                    self.about = id(value);
                }
            }
            _ => {}
        }
    }

    fn lets_through(&self, audit: &Audit) -> bool {
        self.activity.as_ref().is_none_or(|wanted| audit.activity.to_lowercase() == *wanted)
            && self.correlation.is_none_or(|wanted| audit.correlation == wanted)
            && self.since.is_none_or(|since| audit.at >= since)
            && self.until.is_none_or(|until| audit.at <= until.saturating_add(1))
            && self.about.is_none_or(|wanted| audit.targets.iter().any(|target| target.id == Some(wanted)))
            && self.by.is_none_or(|wanted| audit.by.id == wanted)
    }
}

fn audit(call: &Call, tenant: &Tenant) -> Answer {
    let key = call.key(0);
    let options = Options::of_one(call, &DIRECTORY_AUDIT)?;
    let number = numbered(key).ok_or_else(|| Fault::missing(key))?;
    let found = tenant.audit(number).map(|audit| shown(number, audit)).filter(|shown| shown["id"] == key);
    let found = found.ok_or_else(|| Fault::missing(key))?;
    list::one(call, tenant, 200, &Row::made(0, &DIRECTORY_AUDIT, found), &options)
}

fn sign_ins(call: &Call, tenant: &Tenant) -> Answer {
    needs_premium(tenant)?;
    let mut options = paged(call, &SIGN_INS)?;
    let newest = newest_first(&mut options, "createdDateTime");
    let oldest = tenant.clock.now().as_second() - 30 * 86_400;
    let kept = move |entry: &(u64, &Value)| {
        let at = entry.1["createdDateTime"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        at.is_none_or(|at| at.as_second() >= oldest)
    };
    let row = |place, entry: &Value| Row::made(place, &SIGN_IN, map(entry.clone()));
    if newest {
        let rows = tenant.shelf(SHELF).rev().filter(kept).map(|(place, entry)| row(u64::MAX - place, entry));
        list::list(call, tenant, &SIGN_INS, &options, rows)
    } else {
        let rows = tenant.shelf(SHELF).filter(kept).map(|(place, entry)| row(place, entry));
        list::list(call, tenant, &SIGN_INS, &options, rows)
    }
}

fn sign_in(call: &Call, tenant: &Tenant) -> Answer {
    needs_premium(tenant)?;
    let key = call.key(0);
    let options = Options::of_one(call, &SIGN_IN)?;
    let found =
        tenant.shelf(SHELF).find(|(_, entry)| entry["id"] == key).ok_or_else(|| Fault::missing(key))?;
    list::one(call, tenant, 200, &Row::made(0, &SIGN_IN, map(found.1.clone())), &options)
}

/// An entry in the service's own form.
pub fn shown(number: u64, audit: &Audit) -> Map<String, Value> {
    let activity = activities::known(&audit.activity);
    let initiated = match &audit.by.upn {
        Some(upn) => json!({
            "app": null,
            "user": {
                "id": audit.by.id.to_string(), "displayName": audit.by.name, "userPrincipalName": upn,
                "ipAddress": null,
            },
        }),
        None => json!({
            "user": null,
            "app": {
                "appId": null, "displayName": audit.by.name, "servicePrincipalId": audit.by.id.to_string(),
                "servicePrincipalName": null,
            },
        }),
    };
    let targets = audit.targets.iter().map(|target| {
        let changes = target
            .changes
            .iter()
            .map(|(name, old, new)| json!({ "displayName": name, "oldValue": old, "newValue": new }));
        json!({
            "id": target.id.map(|id| id.to_string()),
            "displayName": target.name,
            "type": target.kind,
            "userPrincipalName": target.upn,
            "groupType": target.unified.map(|unified| if unified { "unifiedGroups" } else { "azureAD" }),
            "modifiedProperties": changes.collect::<Vec<_>>(),
        })
    });
    let at = Timestamp::from_millisecond(audit.at).unwrap_or_default();
    let found = json!({
        "id": name_of(number, audit),
        "category": activity.category,
        "correlationId": audit.correlation.to_string(),
        "result": if audit.failure.is_some() { "failure" } else { "success" },
        "resultReason": audit.failure.as_deref().unwrap_or_default(),
        "activityDisplayName": audit.activity,
        "activityDateTime": at.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string(),
        "loggedByService": activity.service,
        "operationType": operation(&audit.activity),
        "initiatedBy": initiated,
        "targetResources": targets.collect::<Vec<_>>(),
        "additionalDetails": audit
            .details
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect::<Vec<_>>(),
    });
    map(found)
}

/// Ids end in the number by which the entry is found again.
fn name_of(number: u64, audit: &Audit) -> String {
    format!("Directory_{}_{number}", audit.correlation)
}

fn numbered(id: &str) -> Option<u64> {
    id.rsplit_once('_').and_then(|(_, number)| number.parse().ok())
}

fn operation(activity: &str) -> &'static str {
    let joins = [" member ", " owner ", " app role "].iter().any(|what| activity.contains(what));
    match activity.split(' ').next().unwrap_or_default() {
        "Add" if joins => "Assign",
        "Remove" if joins => "Unassign",
        "Add" | "Create" => "Add",
        "Remove" | "Delete" | "Hard" => "Delete",
        "Invite" => "Invite",
        "Redeem" => "Redeem",
        "Restore" => "Restore",
        _ => "Update",
    }
}
