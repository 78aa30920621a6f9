//! `/users/delta` and `/groups/delta`: what changed since somebody asked last.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::Read;
use super::call::{Answer, Call, Fault};
use super::list::entity_of;
use super::routes::{Needs, READ_MEMBERS, route};
use super::schema::Entity;
use crate::sandbox::http::Reply;
use crate::sandbox::odata::filter::{Filter, How};
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant};

const READ_USERS: Needs =
    &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/users/delta", READ_USERS, Read(users)),
    route("GET", "/groups/delta", READ_MEMBERS, Read(groups)),
];

/// A page holds so many.
const PAGE: usize = 100;

/// So many ids a filter may name.
const MOST_IDS: usize = 50;

/// For so many seconds of the tenant's time a token is good.
const GOOD_FOR: i64 = 7 * 86_400;

/// What a token remembers: the question, and how far its answer has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    tenant: Uuid,
    /// Seconds of the tenant's clock.
    at: i64,
    kind: String,
    select: Option<Vec<String>>,
    ids: Vec<Uuid>,
    /// Changes after this number are wanted; nothing when everything is.
    since: Option<u64>,
    /// Up to this number this round goes; what comes later is the next round's.
    until: u64,
    /// The place up to which the round was told.
    after: u64,
}

impl State {
    fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("a state has text keys only"))
    }

    fn read(token: &str) -> Option<State> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
    }
}

fn users(call: &Call, tenant: &Tenant) -> Answer {
    answer(call, tenant, Kind::User, "users")
}

fn groups(call: &Call, tenant: &Tenant) -> Answer {
    answer(call, tenant, Kind::Group, "groups")
}

fn answer(call: &Call, tenant: &Tenant, kind: Kind, set: &str) -> Answer {
    let request = call.request;
    let now = tenant.clock.now().as_second();
    let token = request.option("$skiptoken").or_else(|| request.option("$deltatoken"));
    let latest = token.is_some_and(|token| token.eq_ignore_ascii_case("latest"));
    let state = match token.filter(|token| !latest && !token.is_empty()) {
        Some(token) => {
            let good = |state: &State| {
                state.tenant == tenant.profile.tenant_id
                    && state.kind == set
                    && state.until <= tenant.mark()
                    && now.saturating_sub(state.at) <= GOOD_FOR
            };
            match State::read(token).filter(good) {
                // A new round goes up to now.
                Some(state) if request.option("$deltatoken").is_some() => {
                    State { until: tenant.mark(), ..state }
                }
                Some(state) => state,
                None => return Ok(lost(call, tenant, set)),
            }
        }
        None => asked(call, tenant, kind, set, now)?,
    };
    let minimal =
        request.header("prefer").is_some_and(|prefer| prefer.to_ascii_lowercase().contains("return=minimal"));
    let mut found = if latest { Vec::new() } else { changes(tenant, kind, &state) };
    found.sort_unstable_by_key(|(place, _)| *place);
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let mut body = Map::new();
    let context = match &state.select {
        Some(names) => format!("{set}({})", names.join(",")),
        None => set.to_owned(),
    };
    body.insert("@odata.context".to_owned(), json!(call.context(&context)));
    let base = format!("{}/{}/{set}/delta", request.base, call.version);
    let (name, option, next) = if more {
        let after = found.last().map_or(state.after, |(place, _)| *place);
        ("@odata.nextLink", "$skiptoken", State { after, ..state.clone() })
    } else {
        let next = State { at: now, since: Some(state.until), until: state.until, after: 0, ..state.clone() };
        ("@odata.deltaLink", "$deltatoken", next)
    };
    body.insert(name.to_owned(), json!(format!("{base}?{option}={}", next.token())));
    let items = found.into_iter().map(|(_, change)| match change {
        Changed::Here(object) => here(tenant, object, &state, minimal),
        Changed::Binned(id) => json!({ "id": id.to_string(), "@removed": { "reason": "changed" } }),
        Changed::Gone(id) => json!({ "id": id.to_string(), "@removed": { "reason": "deleted" } }),
    });
    body.insert("value".to_owned(), items.collect());
    let reply = Reply::ok(Value::Object(body));
    Ok(if minimal { reply.with("preference-applied", "return=minimal") } else { reply })
}

/// The first question, from the options of the call.
fn asked(call: &Call, tenant: &Tenant, kind: Kind, set: &str, now: i64) -> Result<State, Fault> {
    let request = call.request;
    for option in ["$top", "$expand", "$orderby", "$search", "$skip"] {
        if request.option(option).is_some() {
            let message = format!("'{option}' is not supported by a query for changes.");
            return Err(Fault::bad("Request_UnsupportedQuery", message));
        }
    }
    let entity = entity_of(kind);
    let select = request.option("$select").map(|text| selected(text, entity)).transpose()?;
    let mut ids = Vec::new();
    if let Some(text) = request.option("$filter") {
        let filter = grammar::parse(text).ok_or_else(|| {
            Fault::bad("BadRequest", format!("Invalid filter clause: syntax error in '{text}'."))
        })?;
        if !only_ids(&filter, &mut ids) || ids.len() > MOST_IDS {
            let message =
                format!("A query for changes is filtered by 'id' only, with at most {MOST_IDS} of them.");
            return Err(Fault::bad("Request_UnsupportedQuery", message));
        }
    }
    let (tenant_id, until) = (tenant.profile.tenant_id, tenant.mark());
    Ok(State { tenant: tenant_id, at: now, kind: set.to_owned(), select, ids, since: None, until, after: 0 })
}

fn selected(text: &str, entity: &Entity) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let linked = ["manager", "members", "owners"].iter().find(|known| known.eq_ignore_ascii_case(name));
        let property = entity.property(name).map(|property| property.name);
        let known = property.or_else(|| linked.copied()).ok_or_else(|| {
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                 'microsoft.graph.{}'.",
                entity.name
            );
            Fault::bad("BadRequest", message)
        })?;
        names.push(known.to_owned());
    }
    Ok(names)
}

/// `id eq '...' or id eq '...'`.
fn only_ids(filter: &Filter, ids: &mut Vec<Uuid>) -> bool {
    match filter {
        Filter::Or(left, right) => only_ids(left, ids) && only_ids(right, ids),
        Filter::Compare { path, how: How::Eq, value }
            if path.len() == 1 && path[0].eq_ignore_ascii_case("id") =>
        {
            let id = value.text().and_then(|id| Uuid::try_parse(id).ok());
            ids.extend(id);
            id.is_some()
        }
        _ => false,
    }
}

enum Changed<'a> {
    Here(&'a Object),
    Binned(Uuid),
    Gone(Uuid),
}

/// What the round has still to tell, one more than a page of it at least, where there is so much.
fn changes<'a>(tenant: &'a Tenant, kind: Kind, state: &State) -> Vec<(u64, Changed<'a>)> {
    let wanted = |id: Uuid| state.ids.is_empty() || state.ids.contains(&id);
    let Some(since) = state.since else {
        let all = tenant
            .of_kind(kind)
            .filter(|object| object.sequence > state.after && wanted(object.id))
            .take_while(|object| object.sequence <= state.until);
        return all.take(PAGE + 1).map(|object| (object.sequence, Changed::Here(object))).collect();
    };
    let after = since.max(state.after);
    let touched = tenant.touched_after(kind, after).take_while(|object| object.touched <= state.until);
    let touched = touched.filter(|object| wanted(object.id));
    // Who came and went since then was never seen here.
    let touched = touched.filter(|object| !(object.deleted && object.sequence > since)).take(PAGE + 1);
    let mut found: Vec<(u64, Changed)> = touched
        .map(|object| {
            let change = if object.deleted { Changed::Binned(object.id) } else { Changed::Here(object) };
            (object.touched, change)
        })
        .collect();
    let gone = tenant.buried_after(kind, after).filter(|(place, id)| *place <= state.until && wanted(*id));
    found.extend(gone.map(|(place, id)| (place, Changed::Gone(id))));
    found
}

/// An object as it is now: what was asked for, or of that only what changed.
fn here(tenant: &Tenant, object: &Object, state: &State, minimal: bool) -> Value {
    let entity = entity_of(object.kind);
    let mut item = Map::new();
    let usual = || -> Vec<&str> { entity.properties.iter().filter(|p| p.usual).map(|p| p.name).collect() };
    let names: Vec<&str> =
        state.select.as_ref().map_or_else(usual, |names| names.iter().map(String::as_str).collect());
    // A new object changed in everything that it has.
    let since = state.since.filter(|since| object.sequence <= *since);
    let changed = |name: &str| match since {
        Some(since) => object.touches.iter().any(|(known, at)| **known == *name && *at > since),
        None => true,
    };
    for name in names {
        match name {
            "manager" => {
                let links = tenant.targets(Relation::Manager, object.id).map(|(_, manager)| linked(manager));
                if changed("manager") {
                    let links: Vec<Value> = links.collect();
                    if !(links.is_empty() && since.is_none()) {
                        item.insert("manager@delta".to_owned(), json!(links));
                    }
                }
            }
            "members" => {
                let after = since.unwrap_or(0);
                let new = tenant.targets(Relation::Member, object.id).filter(|(place, _)| *place > after);
                let mut links: Vec<Value> = new.map(|(_, member)| linked(member)).collect();
                if since.is_some() {
                    links.extend(tenant.parted_after(object.id, after).into_iter().map(|id| {
                        let kind = tenant.get(id).map_or("user", |member| entity_of(member.kind).name);
                        json!({
                            "@odata.type": format!("#microsoft.graph.{kind}"), "id": id.to_string(),
                            "@removed": { "reason": "deleted" },
                        })
                    }));
                }
                if !links.is_empty() {
                    item.insert("members@delta".to_owned(), json!(links));
                }
            }
            "owners" => {}
            name => {
                let value = object.properties.get(name);
                if minimal && (!changed(name) || (value.is_none() && since.is_none())) {
                    continue;
                }
                let value = value.cloned().unwrap_or_else(|| entity.absent(name));
                item.insert(name.to_owned(), value);
            }
        }
    }
    item.insert("id".to_owned(), json!(object.id.to_string()));
    Value::Object(item)
}

fn linked(object: &Object) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{}", entity_of(object.kind).name), "id": object.id.to_string() })
}

/// The token is too old, or nobody's: the caller starts over where the answer points.
fn lost(call: &Call, tenant: &Tenant, set: &str) -> Reply {
    let fault = Fault::new(
        410,
        "syncStateNotFound",
        "The sync state generation is not found. Discard what was synchronized and start over.",
    );
    let start = format!("{}/{}/{set}/delta?$skiptoken=", call.request.base, call.version);
    fault.reply(call.request, &tenant.stamp()).with("location", start)
}
