//! Where the ledger lies on the disk: its file, private to the user, and a lock file for each run.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;

#[derive(Debug, Clone)]
pub struct Place {
    home: PathBuf,
    pub file: PathBuf,
    locks: PathBuf,
}

impl Place {
    pub fn new(home: &Path) -> Place {
        Place { home: home.into(), file: home.join("ledger.sqlite"), locks: home.join("ledger.locks") }
    }

    /// Is there a file, and may SQLite be let near it?
    ///
    /// An emptied file it would take for a new database, and remove the log that holds the records.
    ///
    /// Nothing here opens the file: closing it again would cancel the locks that SQLite holds on it in this
    /// process (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
    pub fn look(&self) -> Result<bool, Error> {
        let size = |path: &Path| match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(path, &error)),
        };
        let file = size(&self.file)?;
        if file.unwrap_or(0) == 0 && size(&self.file.with_extension("sqlite-wal"))?.unwrap_or(0) > 0 {
            return Err(Error::damaged(&self.file, "it is empty or gone, and its log is not"));
        }
        // The smallest page has 512 bytes; SQLite takes a shorter file for an empty one, and writes over it.
        if matches!(file, Some(1..512)) {
            return Err(Error::damaged(&self.file, "it is too short for a database"));
        }
        Ok(file.is_some())
    }

    /// Makes folder and file, private to the user. SQLite gives its log the permissions of the file.
    pub fn prepare(&self) -> Result<(), Error> {
        private_folder(&self.home)?;
        private_folder(&self.locks)?;
        let mut options = private();
        match options.write(true).create_new(true).open(&self.file) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(Error::io(&self.file, &error)),
        }
    }

    /// Held while the tables are made, so that two first runs do not make them twice.
    pub fn lock_making(&self) -> Result<File, Error> {
        let path = self.locks.join("making");
        let file = lock_file(&path)?;
        file.lock().map_err(|error| Error::io(&path, &error))?;
        Ok(file)
    }

    /// Takes a run for this process. The lock goes with the file handle, however the process ends.
    pub fn hold(&self, run: &str) -> Result<File, Error> {
        private_folder(&self.locks)?;
        let path = self.lock_of(run);
        let file = lock_file(&path)?;
        // Someone who only asks whether the run is held takes the lock for a moment.
        for _ in 0..5 {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(2)),
                Err(TryLockError::Error(error)) => return Err(Error::io(&path, &error)),
            }
        }
        Err(Error::Held { run: run.into() })
    }

    pub fn is_held(&self, run: &str) -> bool {
        match File::open(self.lock_of(run)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }

    /// Called by the holder, of a run that nobody can take up again: who opened the file just before finds
    /// the run's state when it has the lock.
    pub fn remove_lock(&self, run: &str) {
        // A lock file that stays is a few bytes and no harm.
        let _ = fs::remove_file(self.lock_of(run));
    }

    fn lock_of(&self, run: &str) -> PathBuf {
        self.locks.join(run)
    }
}

fn private_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Error::io(path, &error))
}

fn lock_file(path: &Path) -> Result<File, Error> {
    let opened = private().read(true).write(true).create(true).truncate(false).open(path);
    opened.map_err(|error| Error::io(path, &error))
}

fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "changed on Unix only")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
