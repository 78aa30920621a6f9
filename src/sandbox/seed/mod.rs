//! What a fresh tenant holds. Everything in it is made up, public, and the same on every machine.

mod applications;
mod contoso;
mod contoso_people;
mod large;
mod messy;
mod plants;
mod products;
mod tiny;

use uuid::Uuid;

use super::error::Error;
use super::tenant::Tenant;

pub const NAMES: &[&str] = &["contoso", "large", "messy", "tiny"];

/// How a seed is planted.
pub type Plant = Box<dyn FnOnce() -> Tenant + Send>;

/// A seed by name; `large:7` is another tenant of the same size as `large`.
pub fn find(name: &str) -> Result<Plant, Error> {
    let (kind, number) = name.split_once(':').map_or((name, None), |(kind, number)| (kind, Some(number)));
    let number = number.map(str::parse::<u64>).transpose();
    let unknown = || Error::UnknownSeed { seed: name.to_owned(), known: NAMES };
    match (kind, number.map_err(|_| unknown())?) {
        ("contoso", None) => Ok(Box::new(contoso::plant)),
        ("large", number) => Ok(Box::new(move || large::plant(number.unwrap_or(1)))),
        ("messy", None) => Ok(Box::new(messy::plant)),
        ("tiny", None) => Ok(Box::new(tiny::plant)),
        _ => Err(unknown()),
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
