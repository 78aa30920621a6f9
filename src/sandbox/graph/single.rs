//! One property of an object, at an address of its own: `/users/{id}/displayName`.

use serde_json::{Value, json};

use super::Route;
use super::Run::Read;
use super::applications::APPLICATION;
use super::call::{Answer, Call};
use super::list::{self, Row};
use super::navigation::subject;
use super::options::Options;
use super::routes::{READ_APPLICATIONS, READ_MEMBERS, READ_USERS, route};
use super::schema::{self, Entity};
use super::unknown;
use crate::sandbox::http::{Content, Reply};
use crate::sandbox::tenant::Tenant;

// Last of all tables: a name that is a route of its own never gets here.
pub static ROUTES: &[Route] = &[
    route("GET", "/users/{}/{}", READ_USERS, Read(of_user)),
    route("GET", "/groups/{}/{}", READ_MEMBERS, Read(of_group)),
    route("GET", "/applications/{}/{}", READ_APPLICATIONS, Read(of_application)),
    route("GET", "/servicePrincipals/{}/{}", READ_APPLICATIONS, Read(of_principal)),
];

fn of_user(call: &Call, tenant: &Tenant) -> Answer {
    read(call, tenant, &schema::USER)
}

fn of_group(call: &Call, tenant: &Tenant) -> Answer {
    read(call, tenant, &schema::GROUP)
}

fn of_application(call: &Call, tenant: &Tenant) -> Answer {
    read(call, tenant, &APPLICATION)
}

fn of_principal(call: &Call, tenant: &Tenant) -> Answer {
    read(call, tenant, &schema::SERVICE_PRINCIPAL)
}

fn read(call: &Call, tenant: &Tenant, entity: &'static Entity) -> Answer {
    let name = call.key(1);
    // When somebody signed in is told only by those who ask for the whole user, with a permission of its own.
    let found = entity.property(name).filter(|property| property.name != "signInActivity");
    let Some(property) = found else { return Err(unknown(call.request)) };
    let object = subject(call, tenant)?;
    let options = Options { select: Some(vec![property.name.to_owned()]), ..Options::default() };
    let whole = list::one(call, tenant, 200, &Row::of(0, object), &options)?;
    let value = match &whole.content {
        Content::Json(body) => body.get(property.name).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    };
    if value.is_null() {
        return Ok(Reply::empty(204));
    }
    let way = format!("{}('{}')/{}", entity.set, object.id, property.name);
    Ok(Reply::ok(json!({ "@odata.context": call.context(&way), "value": value })))
}
