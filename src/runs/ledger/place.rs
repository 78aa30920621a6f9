//! Where the ledger lies on the disk: its file, private to the user, and a lock file for each run.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::Error;
use super::store::{APPLICATION, FORMAT};

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

    /// Looks at the file's first bytes only, so that a file which is no ledger is known before anything is
    /// written anywhere, at no cost to a run that writes nothing.
    pub fn look(&self) -> Result<(), Error> {
        let mut head = Vec::with_capacity(100);
        match File::open(&self.file).and_then(|file| file.take(100).read_to_end(&mut head)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io(&self.file, &error)),
        }
        if head.is_empty() {
            // SQLite would take it for a new database and remove the log that holds the records.
            let log = self.file.with_extension("sqlite-wal");
            return match fs::metadata(log) {
                Ok(found) if found.len() > 0 => {
                    Err(Error::damaged(&self.file, "it is empty, and its log is not"))
                }
                _ => Ok(()),
            };
        }
        if head.len() < 100 || !head.starts_with(b"SQLite format 3\0") {
            return Err(Error::damaged(&self.file, "it does not begin as a SQLite database does"));
        }
        let number =
            |at: usize| i64::from(u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
        // https://www.sqlite.org/fileformat.html: user version at 60, application id at 68. Zeros are a
        // ledger in the making, whose first page is still in the log.
        let (found, application) = (number(60), number(68));
        if application != 0 && application != APPLICATION {
            return Err(Error::Foreign { path: self.file.clone() });
        }
        if found > FORMAT {
            return Err(Error::Newer { path: self.file.clone(), found, known: FORMAT });
        }
        Ok(())
    }

    /// Makes folder and file, private to the user. SQLite gives its log the permissions of the file.
    pub fn prepare(&self) -> Result<(), Error> {
        private_folder(&self.home)?;
        private_folder(&self.locks)?;
        private_file(&self.file).map(drop)
    }

    /// Held while the tables are made, so that two first runs do not make them twice.
    pub fn lock_making(&self) -> Result<File, Error> {
        let path = self.locks.join("making");
        let file = private_file(&path)?;
        file.lock().map_err(|error| Error::io(&path, &error))?;
        Ok(file)
    }

    /// Takes a run for this process. The lock goes with the file handle, however the process ends.
    pub fn hold(&self, run: &str) -> Result<File, Error> {
        private_folder(&self.locks)?;
        let path = self.lock_of(run);
        let file = private_file(&path)?;
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

fn private_file(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Error::io(path, &error))
}
