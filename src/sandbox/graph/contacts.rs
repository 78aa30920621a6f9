//! Organizational contacts: read here, written through Exchange, and seen here some time after that.

use super::call::{Answer, Call, Fault};
use super::list::{self, Row, rows_of};
use super::navigation::subject;
use super::options::{Options, Shape};
use super::schema;
use crate::sandbox::tenant::{Kind, Service, Tenant};

static CONTACTS: Shape = Shape::of(&[&schema::CONTACT], "contacts");

fn seen<'a>(tenant: &'a Tenant, options: &Options) -> impl Iterator<Item = Row<'a>> + use<'a> {
    rows_of(tenant, Kind::Contact, options).filter(|row| {
        row.object.and_then(|id| tenant.get(id)).is_none_or(|c| tenant.sees(Service::Contacts, c))
    })
}

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &CONTACTS)?;
    list::list(call, tenant, &CONTACTS, &options, seen(tenant, &options))
}

pub fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &CONTACTS)?;
    list::count(call, &options, seen(tenant, &options))
}

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &schema::CONTACT)?;
    let contact = subject(call, tenant)?;
    if !tenant.sees(Service::Contacts, contact) {
        return Err(Fault::missing(call.key(0)));
    }
    list::one(call, tenant, 200, &Row::of(0, contact), &options)
}
