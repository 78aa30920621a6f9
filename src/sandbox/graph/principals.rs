//! Service principals: the applications of this tenant.

use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::list::{self, Row, rows_of};
use super::options::{Options, Shape};
use super::schema;
use crate::sandbox::tenant::{Kind, Tenant};

static PRINCIPALS: Shape = Shape::of(&[&schema::SERVICE_PRINCIPAL], "servicePrincipals");

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &PRINCIPALS)?;
    list::list(call, tenant, &PRINCIPALS, &options, rows_of(tenant, Kind::ServicePrincipal, &options))
}

/// By object id, or as `servicePrincipals(appId='...')`.
pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let key = call.key(0);
    let found = match key.strip_prefix("appId='").and_then(|rest| rest.strip_suffix('\'')) {
        Some(app) => Uuid::try_parse(app)
            .ok()
            .and_then(|app| tenant.app(app))
            .and_then(|app| tenant.get(app.principal)),
        None => tenant.find(Kind::ServicePrincipal, key),
    };
    let found = found.ok_or_else(|| Fault::missing(key))?;
    let options = Options::of_one(call, &schema::SERVICE_PRINCIPAL)?;
    list::one(call, tenant, 200, &Row::of(0, found), &options)
}
