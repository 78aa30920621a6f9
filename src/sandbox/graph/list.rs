//! How objects and collections are written: selection, order, pages, counts.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault, metadata};
use super::options::{Options, Position, Shape, handles};
use super::schema::{self, Entity};
use super::{applications, navigation, units};
use crate::sandbox::http::{Content, Reply};
use crate::sandbox::tenant::{Kind, Object, Service, Tenant};

/// One item before it is written.
pub struct Row<'a> {
    /// Its place in the collection.
    pub sequence: u64,
    pub entity: &'static Entity,
    pub properties: Cow<'a, Map<String, Value>>,
    /// The directory object it stands for, for `$expand`.
    pub object: Option<Uuid>,
}

impl<'a> Row<'a> {
    pub fn of(sequence: u64, object: &'a Object) -> Row<'a> {
        Row {
            sequence,
            entity: entity_of(object.kind),
            properties: Cow::Borrowed(&object.properties),
            object: Some(object.id),
        }
    }

    pub fn made(sequence: u64, entity: &'static Entity, properties: Map<String, Value>) -> Row<'a> {
        Row { sequence, entity, properties: Cow::Owned(properties), object: None }
    }
}

pub fn entity_of(kind: Kind) -> &'static Entity {
    match kind {
        Kind::User => &schema::USER,
        Kind::Group => &schema::GROUP,
        Kind::Contact => &schema::CONTACT,
        Kind::ServicePrincipal => &schema::SERVICE_PRINCIPAL,
        Kind::Application => &applications::APPLICATION,
        Kind::AdministrativeUnit => &units::ADMINISTRATIVE_UNIT,
    }
}

/// The live objects of a kind, or only those that the filter can mean where it names them.
pub fn rows_of<'a>(
    tenant: &'a Tenant,
    kind: Kind,
    options: &Options,
) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
    let Some(handles) = options.filter.as_ref().and_then(handles) else {
        let seen = tenant.of_kind(kind).filter(|object| tenant.sees(Service::Graph, object));
        return Box::new(seen.map(|object| Row::of(object.sequence, object)));
    };
    let mut found: Vec<&Object> = Vec::new();
    for handle in &handles {
        found.extend(tenant.known_as(handle));
        found.extend(Uuid::try_parse(handle).ok().and_then(|id| tenant.get(id)));
    }
    found.retain(|object| object.kind == kind && tenant.sees(Service::Graph, object));
    found.sort_unstable_by_key(|object| object.sequence);
    found.dedup_by_key(|object| object.id);
    Box::new(found.into_iter().map(|object| Row::of(object.sequence, object)))
}

/// A collection.
pub fn list<'a>(
    call: &Call,
    tenant: &'a Tenant,
    shape: &Shape,
    options: &Options,
    rows: impl Iterator<Item = Row<'a>>,
) -> Answer {
    let mut rows = rows.filter(|row| wanted(row, options));
    let page = options.top.unwrap_or(shape.page);
    let mut count = None;
    let (shown, next): (Vec<Row>, Option<Position>) = if options.order.is_empty() {
        let after = match options.after {
            Some(Position::After(sequence)) => sequence,
            _ => 0,
        };
        let mut shown: Vec<Row>;
        if options.count {
            let all: Vec<Row> = rows.collect();
            count = Some(all.len());
            shown = all.into_iter().filter(|row| row.sequence > after).take(page + 1).collect();
        } else {
            shown = rows.by_ref().filter(|row| row.sequence > after).take(page + 1).collect();
        }
        let more = shown.len() > page;
        shown.truncate(page);
        let next = shown.last().filter(|_| more).map(|row| Position::After(row.sequence));
        (shown, next)
    } else {
        let mut all: Vec<Row> = rows.collect();
        count = options.count.then_some(all.len());
        sort(&mut all, options);
        let start = match options.after {
            Some(Position::Offset(offset)) => offset,
            _ => 0,
        };
        let more = all.len() > start.saturating_add(page);
        let shown: Vec<Row> = all.into_iter().skip(start).take(page).collect();
        let next = more.then(|| Position::Offset(start + shown.len()));
        (shown, next)
    };

    let mut body = Map::new();
    let context = match &options.select {
        Some(names) => call.context(&format!("{}({})", shape.set, names.join(","))),
        None => call.context(shape.set),
    };
    body.insert("@odata.context".to_owned(), Value::String(context));
    if let Some(count) = count
        && options.after.is_none()
    {
        body.insert("@odata.count".to_owned(), Value::from(count));
    }
    if let Some(next) = next {
        let rest = call.request.query_without("$skiptoken");
        let joint = if rest.is_empty() { "" } else { "&" };
        let link = call.request.address(&format!("{rest}{joint}$skiptoken={}", next.token()));
        body.insert("@odata.nextLink".to_owned(), Value::String(link));
    }
    let item = |row: &Row| {
        let item = write(tenant, row, options, shape.typed);
        Value::Object(if metadata(call.request) == "full" { fully(call, row, item) } else { item })
    };
    let items = shown.iter().map(item).collect();
    body.insert("value".to_owned(), Value::Array(items));
    Ok(Reply::ok(Value::Object(body)))
}

/// Says that an answer lies below an object: the set in its context becomes the whole way there.
pub fn below(mut reply: Reply, set: &str, way: &str) -> Reply {
    if let Content::Json(body) = &mut reply.content
        && let Some(Value::String(context)) = body.get_mut("@odata.context")
    {
        *context = context.replacen(&format!("$metadata#{set}"), &format!("$metadata#{way}"), 1);
    }
    reply
}

/// `/$count`: the bare number.
pub fn count<'a>(call: &Call, options: &Options, rows: impl Iterator<Item = Row<'a>>) -> Answer {
    if !call.eventual() {
        return Err(Fault::request("$count is not currently supported."));
    }
    Ok(Reply::text(200, rows.filter(|row| wanted(row, options)).count().to_string()))
}

/// One entity under its context.
pub fn one(call: &Call, tenant: &Tenant, status: u16, row: &Row, options: &Options) -> Answer {
    one_of(call, tenant, status, row, options, row.entity.set, false)
}

/// One entity of a set that its type does not tell, such as a directory object.
pub fn one_of(
    call: &Call,
    tenant: &Tenant,
    status: u16,
    row: &Row,
    options: &Options,
    set: &str,
    typed: bool,
) -> Answer {
    let mut body = Map::new();
    let context = match &options.select {
        Some(names) => call.context(&format!("{set}({})/$entity", names.join(","))),
        None => call.context(&format!("{set}/$entity")),
    };
    body.insert("@odata.context".to_owned(), Value::String(context));
    let item = write(tenant, row, options, typed);
    body.extend(if metadata(call.request) == "full" { fully(call, row, item) } else { item });
    Ok(Reply::json(status, Value::Object(body)))
}

/// With its type and its address, which the other levels leave to the reader.
fn fully(call: &Call, row: &Row, item: Map<String, Value>) -> Map<String, Value> {
    let mut full = Map::new();
    full.insert("@odata.type".to_owned(), json!(format!("#microsoft.graph.{}", row.entity.name)));
    if let Some(id) = item.get("id").and_then(Value::as_str) {
        let place = format!("{}('{id}')", row.entity.set);
        full.insert("@odata.id".to_owned(), json!(format!("{}/{}/{place}", call.request.base, call.version)));
        full.insert("@odata.editLink".to_owned(), json!(place));
    }
    full.extend(item);
    full
}

fn write(tenant: &Tenant, row: &Row, options: &Options, typed: bool) -> Map<String, Value> {
    let mut item = Map::new();
    if typed {
        item.insert("@odata.type".to_owned(), Value::String(format!("#microsoft.graph.{}", row.entity.name)));
    }
    let value = |name: &str, absent: Value| row.properties.get(name).cloned().unwrap_or(absent);
    match &options.select {
        Some(names) => {
            for property in names.iter().filter_map(|name| row.entity.property(name)) {
                item.insert(property.name.to_owned(), value(property.name, property.absent()));
            }
        }
        None => {
            for property in row.entity.properties.iter().filter(|property| property.usual) {
                item.insert(property.name.to_owned(), value(property.name, property.absent()));
            }
        }
    }
    for expand in &options.expand {
        let mut found = match row.properties.get(expand.name) {
            Some(value) => value.clone(),
            None => row.object.map_or(Value::Null, |id| navigation::expanded(tenant, id, expand.name)),
        };
        if let Some(names) = &expand.select {
            keep(&mut found, names);
        }
        if !found.is_null() {
            item.insert(expand.name.to_owned(), found);
        }
    }
    item
}

/// An object with its usual properties and its type, as it stands inside others.
pub fn embedded(tenant: &Tenant, object: &Object) -> Value {
    Value::Object(write(tenant, &Row::of(object.sequence, object), &Options::default(), true))
}

fn keep(value: &mut Value, names: &[String]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| keep(item, names)),
        Value::Object(map) => {
            map.retain(|key, _| {
                key.starts_with('@') || names.iter().any(|name| name.eq_ignore_ascii_case(key))
            });
        }
        _ => {}
    }
}

fn wanted(row: &Row, options: &Options) -> bool {
    let absent = |name: &str| row.entity.absent(name);
    options.filter.as_ref().is_none_or(|filter| filter.holds(&row.properties, &absent))
        && options.search.as_ref().is_none_or(|search| found_by(search, &row.properties))
}

/// `"displayName:ann" OR "mail:ann"`: each clause finds words that start with its text.
fn found_by(search: &str, properties: &Map<String, Value>) -> bool {
    let clause = |clause: &str| -> bool {
        let clause = clause.trim().trim_matches(['(', ')', ' ']).trim_matches('"');
        let Some((name, text)) = clause.split_once(':') else { return false };
        let found = properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.trim()));
        let (Some((_, found)), text) = (found, text.trim().to_lowercase()) else { return false };
        let one = |value: &Value| {
            value.as_str().is_some_and(|value| {
                let value = value.to_lowercase();
                value.starts_with(&text)
                    || value.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(&text))
                    || (text.contains(' ') && value.contains(&text))
            })
        };
        match found {
            Value::Array(items) => items.iter().any(one),
            value => one(value),
        }
    };
    search.split("\" OR \"").any(|any| any.split("\" AND \"").all(clause))
}

fn sort(rows: &mut [Row], options: &Options) {
    let key = |row: &Row, name: &str| match row.properties.get(name) {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    rows.sort_by(|left, right| {
        let mut order = std::cmp::Ordering::Equal;
        for by in &options.order {
            let found = key(left, by.property).cmp(&key(right, by.property));
            order = order.then(if by.descending { found.reverse() } else { found });
        }
        order.then(left.sequence.cmp(&right.sequence))
    });
}

/// A collection whose items are made for the answer and are few.
pub fn list_made(
    call: &Call,
    tenant: &Tenant,
    shape: &Shape,
    items: impl IntoIterator<Item = Map<String, Value>>,
) -> Answer {
    let options = Options::read(call, shape)?;
    let entity = shape.entities[0];
    let rows = (1..).zip(items).map(|(sequence, properties)| Row::made(sequence, entity, properties));
    list(call, tenant, shape, &options, rows)
}

/// A scalar under its context.
pub fn scalar(call: &Call, kind: &str, value: Value) -> Answer {
    Ok(Reply::ok(json!({ "@odata.context": call.context(kind), "value": value })))
}
