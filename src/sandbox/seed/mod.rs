//! What a fresh tenant holds. Everything in it is made up, public, and the same on every machine.

mod contoso;
mod contoso_people;
mod plants;
mod products;
mod tiny;

use uuid::Uuid;

use super::error::Error;
use super::tenant::Tenant;

pub const NAMES: &[&str] = &["contoso", "tiny"];

/// How a seed is planted.
pub type Plant = fn() -> Tenant;

pub fn find(name: &str) -> Result<Plant, Error> {
    match name {
        "contoso" => Ok(contoso::plant),
        "tiny" => Ok(tiny::plant),
        _ => Err(Error::UnknownSeed { seed: name.to_owned(), known: NAMES }),
    }
}

pub fn plant(name: &str) -> Result<Tenant, Error> {
    let mut tenant = find(name)?();
    tenant.settle();
    Ok(tenant)
}

/// The id of a seeded object: always the same for the same name.
fn id(name: &str) -> Uuid {
    const SPACE: Uuid = Uuid::from_u128(0x8f2b_6c1e_3a54_4d0f_9b7a_5e1d_c0f3_a921);
    Uuid::new_v5(&SPACE, name.as_bytes())
}
