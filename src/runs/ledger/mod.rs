//! The record of what was intended and what came of it.
//!
//! One SQLite file for all runs, so that a run can be resumed after a crash, undone, and shown to an auditor.
//! An intent is on the disk before its write is sent, and its outcome before the script goes on; in a bulk, before anything
//! else is sent for that row. Entries of a run are chained by hash; values stand beside the chain and can be erased without
//! breaking it.
//!
//! | file | what it does |
//! |---|---|
//! | `run` | one run, as the code that carries it out sees it |
//! | `records`, `address` | what is kept |
//! | `read`, `verify`, `forget` | what is asked of the ledger afterwards |
//! | `writer` | the one thread that writes |
//! | `chain`, `store`, `place`, `secrets` | hashes, tables, files, what is never kept |
//!
//! No secrets come in here: what bears the name of one is blanked on its way.

mod address;
mod chain;
mod crash;
mod error;
mod forget;
mod place;
mod read;
mod records;
mod run;
mod secrets;
mod store;
mod verify;
mod writer;

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use rusqlite::Connection;
use serde::Serialize;

pub use address::{Address, AddressId, canonical};
pub use chain::fingerprint;
pub use error::Error;
pub use forget::Forgotten;
pub use read::Entries;
pub use records::{
    Counts, EffectId, EffectRecord, Entry, Input, Intent, Kind, Outcome, Recorded, Resumption, RowEnd,
    RowStatus, RunStart, RunState, RunSummary, Status, Undo,
};
pub use run::Run;
pub use verify::{Fault, SHORT_HEAD, Verdict};

use place::Place;
use writer::{Job, locked};

/// All runs of this user. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    /// Lent, never cloned: the writer ends when this one is dropped.
    jobs: OnceLock<Result<SyncSender<Job>, Error>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    reader: Mutex<Option<Connection>>,
}

impl Ledger {
    /// Opens the file if there is one, so that a damaged or foreign one is known before any work begins; it is
    /// made with the first entry.
    pub fn open(home: &Path) -> Result<Ledger, Error> {
        let place = Place::new(home);
        let reader = store::open_to_read(&place)?.into();
        let shared = Shared { place, jobs: OnceLock::new(), writer: None.into(), reader };
        Ok(Ledger { shared: Arc::new(shared) })
    }

    /// A new run, which nobody else can hold. It comes to be in the file with its first entry.
    pub fn begin(&self, start: RunStart) -> Result<Run, Error> {
        Run::fresh(self, &start)
    }

    /// Takes up a run that did not go through, and holds it against every other process.
    pub fn reopen(&self, run: &str, resumption: Resumption) -> Result<Run, Error> {
        read::reopen(self, run, &resumption)
    }

    fn place(&self) -> &Place {
        &self.shared.place
    }

    /// Starts the writer with the first entry.
    fn jobs(&self) -> Result<&SyncSender<Job>, Error> {
        let start = || {
            let (jobs, queue) = sync_channel(writer::BACKLOG);
            let place = self.place().clone();
            let thread = std::thread::Builder::new()
                .name("ledger".into())
                .spawn(move || writer::write(&place, &queue))
                .map_err(|error| Error::io(&self.place().file, &error))?;
            *locked(&self.shared.writer) = Some(thread);
            Ok(jobs)
        };
        self.shared.jobs.get_or_init(start).as_ref().map_err(Clone::clone)
    }

    fn writer_gone(&self) -> Error {
        Error::Io { path: self.place().file.clone(), detail: "the thread that writes to it is gone".into() }
    }

    fn encode(&self, value: &impl Serialize) -> Result<String, Error> {
        secrets::encoded(value)
            .map_err(|error| Error::Io { path: self.place().file.clone(), detail: error.to_string() })
    }

    /// Reads with the one connection kept for it, apart from the writer's; `None` when there is no ledger yet.
    fn reading<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<Option<T>, Error> {
        let mut reader = locked(&self.shared.reader);
        if reader.is_none() {
            *reader = store::open_to_read(self.place())?;
        }
        let Some(connection) = &*reader else { return Ok(None) };
        read(connection).map(Some).map_err(|error| Error::sqlite(&self.place().file, &error))
    }
}

impl Drop for Shared {
    /// The file is closed, and its log folded in, when the last handle is gone.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = locked(&self.writer).take() {
            // A writer that panicked has left what it committed.
            let _ = thread.join();
        }
    }
}
