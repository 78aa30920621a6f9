//! The tenant itself and its domains.

use serde_json::Value;

use super::call::{Answer, Call, Fault};
use super::list::{self, Row, list_made};
use super::options::{Options, Shape};
use super::schema;
use crate::sandbox::tenant::{Tenant, map};

static ORGANIZATION: Shape = Shape::of(&[&schema::ORGANIZATION], "organization");
static DOMAINS: Shape = Shape::of(&[&schema::DOMAIN], "domains");

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &ORGANIZATION, [map(tenant.setting("organization").clone())])
}

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let organization = tenant.setting("organization");
    if !organization["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(call.key(0))) {
        return Err(Fault::missing(call.key(0)));
    }
    let options = Options::of_one(call, &schema::ORGANIZATION)?;
    list::one(call, tenant, 200, &Row::made(0, &schema::ORGANIZATION, map(organization.clone())), &options)
}

fn all_domains(tenant: &Tenant) -> impl Iterator<Item = &Value> {
    tenant.setting("domains").as_array().into_iter().flatten()
}

pub fn domains(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &DOMAINS, all_domains(tenant).cloned().map(map))
}

pub fn domain(call: &Call, tenant: &Tenant) -> Answer {
    let key = call.key(0);
    let found = all_domains(tenant)
        .find(|domain| domain["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(key)));
    let found = found.ok_or_else(|| Fault::missing(key))?;
    let options = Options::of_one(call, &schema::DOMAIN)?;
    list::one(call, tenant, 200, &Row::made(0, &schema::DOMAIN, map(found.clone())), &options)
}
