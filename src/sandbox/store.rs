//! The state on disk: an SQLite file of records, owned by one process.
//!
//! A change is one transaction and is written before it is answered. The write-ahead log is handed to the system at
//! each commit and synced at checkpoints: a killed process loses nothing it has answered; after a power cut the
//! file is whole but may miss the last moments, which is enough for a simulated tenant.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::Error;
use super::tenant::{Record, Tenant};

/// Raised when the records change their form.
const FORMAT: i64 = 2;

const PUT: &str = "INSERT INTO records (kind, key, value) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value";
const TAKE: &str = "DELETE FROM records WHERE kind = ?1 AND key = ?2";

pub struct Disk {
    path: PathBuf,
    connection: Connection,
    /// Held for as long as this process owns the state.
    _lock: File,
}

impl Disk {
    /// Takes the state file, or says who has it.
    pub fn open(path: &Path) -> Result<Disk, Error> {
        Disk::take(path, false)
    }

    /// Takes the state file even where another version wrote it, whose records are dropped.
    pub fn open_afresh(path: &Path) -> Result<Disk, Error> {
        Disk::take(path, true)
    }

    fn take(path: &Path, afresh: bool) -> Result<Disk, Error> {
        let file_error = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(file_error(folder))?;
        }
        let lock_path = beside(path, "lock");
        let lock = private(&lock_path).map_err(file_error(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { url: owner(path) }),
            Err(TryLockError::Error(source)) => return Err(Error::File { path: lock_path, source }),
        }
        // What a killed owner left would send a second command to nobody.
        let _ = std::fs::remove_file(beside(path, "url"));
        private(path).map_err(file_error(path))?;
        let connection = prepare(path, afresh).map_err(|error| damaged(path, &error))?;
        Ok(Disk { path: path.to_owned(), connection, _lock: lock })
    }

    /// The tenant in the file; nothing when the file is new.
    pub fn load(&self) -> Result<Option<Tenant>, Error> {
        let mut tenant = Tenant::default();
        let mut any = false;
        let mut read = || -> rusqlite::Result<Option<String>> {
            let mut statement = self.connection.prepare("SELECT kind, key, value FROM records")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                any = true;
                let (kind, key) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
                if let Err(broken) = tenant.load(kind, key, row.get_ref(2)?.as_str()?) {
                    return Ok(Some(format!("record {}/{} cannot be read", broken.kind, broken.key)));
                }
            }
            Ok(None)
        };
        match read() {
            Ok(None) => Ok(any.then_some(tenant)),
            Ok(Some(reason)) => Err(Error::Damaged { path: self.path.clone(), reason }),
            Err(error) => Err(damaged(&self.path, &error)),
        }
    }

    /// Writes what changed, all or nothing.
    pub fn commit(&mut self, tenant: &mut Tenant) -> rusqlite::Result<()> {
        let changes = tenant.take_changes();
        if changes.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        for change in &changes {
            write(&transaction, tenant.record(change))?;
        }
        transaction.commit()
    }

    /// Makes the file hold this tenant and nothing else, all or nothing.
    pub fn replace(&mut self, tenant: &mut Tenant) -> Result<(), Error> {
        let changes = tenant.take_changes();
        let mut run = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            transaction.execute("DELETE FROM records", [])?;
            for change in &changes {
                write(&transaction, tenant.record(change))?;
            }
            transaction.commit()
        };
        run().map_err(|error| damaged(&self.path, &error))
    }

    /// Leaves the address beside the file, whole or not at all, for a second command.
    pub fn announce(&self, url: &str) -> Result<(), Error> {
        let path = beside(&self.path, "url");
        let draft = beside(&self.path, "url.new");
        let write = || -> std::io::Result<()> {
            use std::io::Write as _;
            let mut file = private(&draft)?;
            file.set_len(0)?;
            file.write_all(url.as_bytes())?;
            std::fs::rename(&draft, &path)
        };
        write().map_err(|source| Error::File { path: path.clone(), source })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(beside(&self.path, "url"));
    }
}

/// The address that the owner of a state file left; empty when it has not yet.
pub fn owner(path: &Path) -> String {
    std::fs::read_to_string(beside(path, "url")).unwrap_or_default().trim().to_owned()
}

fn write(connection: &Connection, record: Record) -> rusqlite::Result<()> {
    match record.value {
        Some(value) => connection.prepare_cached(PUT)?.execute((record.kind, record.key, value))?,
        None => connection.prepare_cached(TAKE)?.execute((record.kind, record.key))?,
    };
    Ok(())
}

fn prepare(path: &Path, afresh: bool) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // One owner: no shared-memory file, no lock to take for each statement.
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    )?;
    let mut format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if afresh && format != FORMAT {
        connection.execute_batch("DROP TABLE IF EXISTS records;")?;
        format = 0;
    }
    if format == 0 {
        connection.execute_batch(&format!(
            "BEGIN; CREATE TABLE records (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, \
             PRIMARY KEY (kind, key)) WITHOUT ROWID; PRAGMA user_version = {FORMAT}; COMMIT;"
        ))?;
    } else if format != FORMAT {
        return Err(rusqlite::Error::IntegralValueOutOfRange(0, format));
    }
    Ok(connection)
}

fn damaged(path: &Path, error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::IntegralValueOutOfRange(_, format) => {
            Error::OtherVersion { path: path.to_owned(), format: *format, known: FORMAT }
        }
        error => Error::Damaged { path: path.to_owned(), reason: error.to_string() },
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens or makes a file that only its user may read.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
