//! The tenant, its disk and its tokens behind one lock each: what every request is answered from.

use std::sync::{Mutex, PoisonError, RwLock};

use super::error::Error;
use super::login::{Desk, Tokens};
use super::seed;
use super::store::Disk;
use super::tenant::Tenant;

pub struct World {
    tenant: RwLock<Tenant>,
    /// None when the state is in memory only. Taken only while `tenant` is held for writing.
    disk: Mutex<Option<Disk>>,
    pub tokens: Tokens,
    /// Sign-ins under way.
    pub desk: Desk,
    pub url: String,
}

/// The change was made in memory but could not be put on disk.
#[derive(Debug)]
pub struct Unsaved(pub String);

impl World {
    pub fn new(tenant: Tenant, disk: Option<Disk>, url: String) -> World {
        World {
            tenant: RwLock::new(tenant),
            disk: Mutex::new(disk),
            tokens: Tokens::default(),
            desk: Desk::default(),
            url,
        }
    }

    pub fn read<T>(&self, look: impl FnOnce(&Tenant) -> T) -> T {
        look(&self.tenant.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs a change and saves it before anybody hears of it; later changes wait, so disk and memory agree on order.
    pub fn write<T>(&self, change: impl FnOnce(&mut Tenant) -> T) -> Result<T, Unsaved> {
        let mut tenant = self.tenant.write().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut tenant);
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        match disk.as_mut() {
            Some(disk) => disk.commit(&mut tenant).map_err(|error| Unsaved(error.to_string()))?,
            None => drop(tenant.take_changes()),
        }
        Ok(result)
    }

    /// Starts over from a seed.
    pub fn reset(&self, name: &str) -> Result<(), Error> {
        let mut fresh = seed::plant(name)?;
        let mut tenant = self.tenant.write().unwrap_or_else(PoisonError::into_inner);
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        match disk.as_mut() {
            Some(disk) => disk.replace(&mut fresh)?,
            None => drop(fresh.take_changes()),
        }
        self.tokens.forget();
        self.desk.forget();
        *tenant = fresh;
        Ok(())
    }

    /// Lets the state file go.
    pub fn close(&self) {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
