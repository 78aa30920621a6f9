//! Organizational contacts: read here, written through Exchange.

use super::call::{Answer, Call};
use super::list::{self, Row, rows_of};
use super::navigation::subject;
use super::options::{Options, Shape};
use super::schema;
use crate::sandbox::tenant::{Kind, Tenant};

static CONTACTS: Shape = Shape::of(&[&schema::CONTACT], "contacts");

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &CONTACTS)?;
    list::list(call, tenant, &CONTACTS, &options, rows_of(tenant, Kind::Contact, &options))
}

pub fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &CONTACTS)?;
    list::count(call, &options, rows_of(tenant, Kind::Contact, &options))
}

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::of_one(call, &schema::CONTACT)?;
    list::one(call, tenant, 200, &Row::of(0, subject(call, tenant)?), &options)
}
