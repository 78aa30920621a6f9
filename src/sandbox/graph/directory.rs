//! Objects of any kind by id, and the bin.

use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::list::{self, Row, embedded, one_of};
use super::navigation::{cast, of_app};
use super::options::Options;
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Kind, Object, Tenant};

/// So many ids one look-up takes.
const MOST_IDS: usize = 1000;

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let key = call.key(0);
    let object =
        Uuid::try_parse(key).ok().and_then(|id| tenant.get(id)).ok_or_else(|| Fault::missing(key))?;
    let row = Row::of(0, object);
    let options = Options::of_one(call, row.entity)?;
    one_of(call, tenant, 200, &row, &options, "directoryObjects", true)
}

pub fn get_by_ids(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.body()?;
    let ids = super::properties::value(&body, "ids").as_array().cloned().unwrap_or_default();
    if ids.len() > MOST_IDS {
        return Err(Fault::request(format!("The number of ids must not exceed {MOST_IDS}.")));
    }
    let kinds = super::properties::value(&body, "types").as_array().cloned().unwrap_or_default();
    let kinds: Vec<String> = kinds.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
    let wanted = |object: &Object| {
        kinds.is_empty()
            || kinds.iter().any(|kind| {
                kind == "directoryobject" || *kind == list::entity_of(object.kind).name.to_ascii_lowercase()
            })
    };
    let found = ids.iter().filter_map(Value::as_str).filter_map(|id| tenant.get(Uuid::try_parse(id).ok()?));
    let found: Vec<Value> =
        found.filter(|object| wanted(object)).map(|object| embedded(tenant, object)).collect();
    Ok(Reply::ok(json!({ "@odata.context": call.context("directoryObjects"), "value": found })))
}

/// `/directory/deletedItems/microsoft.graph.user` lists; with an id in its place it gives one.
pub fn deleted(call: &Call, tenant: &Tenant) -> Answer {
    let key = call.key(0);
    if let Ok(id) = Uuid::try_parse(key) {
        let object = tenant.binned(id).ok_or_else(|| Fault::missing(key))?;
        let row = Row::of(0, object);
        let options = Options::of_one(call, row.entity)?;
        return one_of(call, tenant, 200, &row, &options, "directoryObjects", true);
    }
    let shape = cast(key).ok_or_else(|| Fault::request("The type of the deleted items must be given."))?;
    let kind = match shape.set {
        "users" => Kind::User,
        "groups" => Kind::Group,
        "servicePrincipals" => Kind::ServicePrincipal,
        "applications" => Kind::Application,
        "directory/administrativeUnits" => Kind::AdministrativeUnit,
        _ => return Err(Fault::request("Objects of this type are not kept when they are deleted.")),
    };
    let options = Options::read(call, shape)?;
    let rows = tenant.bin(kind).map(|object| Row::of(object.sequence, object));
    let counted = call.request.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("$count"));
    if counted {
        return list::count(call, &options, rows);
    }
    list::list(call, tenant, shape, &options, rows)
}

/// Each kind of object comes back, or goes for good, by the permissions that delete it.
fn may_handle(call: &Call, object: &Object) -> Result<(), Fault> {
    let needs: &[&str] = match object.kind {
        Kind::User => &["User.DeleteRestore.All", "User.ReadWrite.All"],
        Kind::Group => &["Group.ReadWrite.All"],
        _ => &["Application.ReadWrite.All"],
    };
    let may = needs.iter().chain(&["Directory.ReadWrite.All"]).any(|needed| call.may(needed));
    if may { Ok(()) } else { Err(Fault::denied()) }
}

pub fn restore(call: &Call, tenant: &mut Tenant) -> Answer {
    let key = call.key(0);
    let id = Uuid::try_parse(key).map_err(|_| Fault::missing(key))?;
    let object = tenant.binned(id).ok_or_else(|| Fault::missing(key))?;
    may_handle(call, object)?;
    if object.proxies().any(|address| tenant.holder(&address).is_some()) {
        return Err(Fault::conflict("proxyAddresses"));
    }
    let upn = object.text("userPrincipalName").unwrap_or_default();
    let upn = upn.strip_prefix(&id.simple().to_string()).unwrap_or(upn);
    if !upn.is_empty() && tenant.user(upn).is_some() {
        return Err(Fault::conflict("userPrincipalName"));
    }
    if let (Kind::ServicePrincipal, Some(app)) = (object.kind, object.text("appId"))
        && of_app(tenant, Kind::ServicePrincipal, app).is_some()
    {
        return Err(Fault::new(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            format!(
                "The service principal cannot be created, updated, or restored because the service principal name {app} \
                 is already in use."
            ),
        ));
    }
    tenant.restore(id);
    let object = tenant.get(id).ok_or_else(|| Fault::missing(key))?;
    one_of(call, tenant, 200, &Row::of(0, object), &Options::default(), "directoryObjects", true)
}

pub fn purge(call: &Call, tenant: &mut Tenant) -> Answer {
    let key = call.key(0);
    let id = Uuid::try_parse(key).map_err(|_| Fault::missing(key))?;
    may_handle(call, tenant.binned(id).ok_or_else(|| Fault::missing(key))?)?;
    tenant.purge(id);
    Ok(Reply::empty(204))
}
