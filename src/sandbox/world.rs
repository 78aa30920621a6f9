//! The tenant, its disk and its tokens behind one lock each: what every request is answered from.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock};

use uuid::Uuid;

use super::error::Error;
use super::journal::Journal;
use super::login::{Desk, Tokens};
use super::seed;
use super::store::Disk;
use super::tenant::Tenant;
use super::trouble::{Asker, Troubles, Weather};

pub struct World {
    tenant: RwLock<Tenant>,
    /// None when the state is in memory only. Taken only while `tenant` is held for writing.
    disk: Mutex<Option<Disk>>,
    pub tokens: Tokens,
    /// Sign-ins under way.
    pub desk: Desk,
    pub troubles: Troubles,
    pub journal: Journal,
    pub addresses: Addresses,
}

/// Where the sandbox is to be found.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    pub http: String,
    /// With TLS, and the file with the authority that clients must trust.
    pub https: Option<(String, PathBuf)>,
}

/// The change was made in memory but could not be put on disk.
#[derive(Debug)]
pub struct Unsaved(pub String);

impl World {
    pub fn new(tenant: Tenant, disk: Option<Disk>, addresses: Addresses) -> World {
        World {
            tenant: RwLock::new(tenant),
            disk: Mutex::new(disk),
            tokens: Tokens::default(),
            desk: Desk::default(),
            troubles: Troubles::default(),
            journal: Journal::default(),
            addresses,
        }
    }

    /// Lets things go wrong, or well again. Nothing of this is kept on disk.
    pub fn weather(&self, weather: Weather) {
        let mut tenant = self.tenant.write().unwrap_or_else(PoisonError::into_inner);
        self.troubles.apply(weather, &mut tenant);
    }

    /// Who asks, for the limits of the services.
    pub fn asker(&self, app: Uuid) -> Asker {
        self.read(|tenant| tenant.asker(app))
    }

    pub fn read<T>(&self, look: impl FnOnce(&Tenant) -> T) -> T {
        let due = self.tenant.read().unwrap_or_else(PoisonError::into_inner).is_due();
        if due {
            // What could not be saved is tried again with the next change, which does say so.
            let _ = self.write(|_| ());
        }
        look(&self.tenant.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs a change and saves it before anybody hears of it; later changes wait, so disk and memory agree on order.
    pub fn write<T>(&self, change: impl FnOnce(&mut Tenant) -> T) -> Result<T, Unsaved> {
        let mut tenant = self.tenant.write().unwrap_or_else(PoisonError::into_inner);
        tenant.catch_up();
        let result = change(&mut tenant);
        if tenant.clock.rate() > 1 {
            // Where time runs fast, a restart must not take it back.
            tenant.note_time();
        }
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
        fresh.set_delays(tenant.delays());
        fresh.clock.set_rate(tenant.clock.rate());
        *tenant = fresh;
        Ok(())
    }

    /// Lets the state file go.
    pub fn close(&self) {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
