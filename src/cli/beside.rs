//! The tenants of `--with-tenant`, for `in_tenant`: each is signed in to when a script first goes there.

use std::sync::{Arc, Mutex, PoisonError};

use super::progress::Console;
use super::{Common, setup};
use crate::host::{Elsewhere, not_listed};
use crate::problem::Result;
use crate::runs::bulk::Tally;
use crate::runs::session::Session;

/// Sessions of other tenants than the run's own, as far as the script went there.
pub struct Beside {
    common: Common,
    run: Arc<Session>,
    console: Arc<Console>,
    opened: Arc<Mutex<Vec<Arc<Session>>>>,
}

impl Beside {
    /// Gives the door for the script, and the list that fills as it goes.
    pub fn new(common: &Common, run: Arc<Session>, console: Arc<Console>) -> (Beside, Opened) {
        let opened = Arc::<Mutex<Vec<Arc<Session>>>>::default();
        (Beside { common: common.clone(), run, console, opened: opened.clone() }, Opened(opened))
    }
}

impl Elsewhere for Beside {
    fn session(&self, name: &str) -> Result<Arc<Session>> {
        let listed = self.common.with_tenant.iter().find(|listed| listed.eq_ignore_ascii_case(name));
        let name = listed.ok_or_else(|| not_listed(name))?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.iter().find(|session| session.tenant_name() == name) {
            return Ok(known.clone());
        }
        let session = setup::beside(&self.common, name, &self.run, &self.console)?;
        opened.push(session.clone());
        Ok(session)
    }
}

/// The sessions that were opened.
pub struct Opened(Arc<Mutex<Vec<Arc<Session>>>>);

impl Opened {
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Rows of all tenants together with those of the run's own.
    pub fn with(&self, own: Tally) -> Tally {
        self.sessions().iter().map(|session| session.tally_so_far()).fold(own, |all, other| Tally {
            rows: all.rows + other.rows,
            succeeded: all.succeeded + other.succeeded,
            failed: all.failed + other.failed,
            skipped: all.skipped + other.skipped,
            not_attempted: all.not_attempted + other.not_attempted,
            stopped: all.stopped.or(other.stopped),
        })
    }
}
