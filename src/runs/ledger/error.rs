//! What can go wrong with the ledger, as facts; worded here and nowhere else.

use std::path::{Path, PathBuf};

/// Why the ledger could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is not what was written: part of it is lost or changed.
    #[error("reading the ledger `{}`: the file is damaged: {detail}", path.display())]
    Damaged { path: PathBuf, detail: String },
    /// There is a database in the ledger's place, but somebody else's.
    #[error("opening the ledger `{}`: the file is not a ledger of usher", path.display())]
    Foreign { path: PathBuf },
    /// A later usher wrote the file.
    #[error("opening the ledger `{}`: its format is {found}, and this usher knows formats up to {known}", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// Another process kept the file to itself for longer than one waits.
    #[error("writing the ledger `{}`: another process keeps it busy", path.display())]
    Busy { path: PathBuf },
    /// The disk or the system refused.
    #[error("using `{}`: {detail}", path.display())]
    Io { path: PathBuf, detail: String },
    /// Somebody else is carrying out this run, or works on its records.
    #[error("taking up run `{run}`: another process holds it")]
    Held { run: String },
    #[error("looking for run `{run}`: the ledger has none of that name")]
    NoSuchRun { run: String },
    #[error("looking for run `{run}`: several begin like this: {}", candidates.join(", "))]
    Ambiguous { run: String, candidates: Vec<String> },
    /// The run has ended; nothing can be added to it.
    #[error("writing to run `{run}`: it has ended")]
    Ended { run: String },
    /// The run went through; there is nothing to resume.
    #[error("resuming run `{run}`: it is done, and nothing of it is left to do")]
    AlreadyDone { run: String },
    /// Records that a resume would need were erased.
    #[error("resuming run `{run}`: personal data in it was erased, so what it did is no longer known")]
    Forgotten { run: String },
    #[error("looking in run `{run}`: it has no effect {effect}")]
    NoSuchEffect { run: String, effect: u32 },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Damaged { path, .. } => Some(format!(
                "nothing was written; put back a copy of the file, or move `{}` (with its `-wal` and `-shm`) aside to start a new ledger",
                path.display()
            )),
            Error::Foreign { path } => {
                Some(format!("move `{}` elsewhere, or choose another folder with USHER_HOME", path.display()))
            }
            Error::Newer { .. } => Some("update usher, or choose another folder with USHER_HOME".into()),
            Error::Busy { .. } => Some("try again when the other usher is done".into()),
            Error::Io { .. } => Some("see that the disk has room and the folder can be written".into()),
            Error::Held { run } => {
                Some(format!("see `usher runs show {run}`; wait for the other process, or stop it"))
            }
            Error::NoSuchRun { .. } => Some("`usher runs` lists them".into()),
            Error::Ambiguous { .. } => Some("give more of the name".into()),
            Error::Forgotten { .. } => Some("start a new run".into()),
            Error::AlreadyDone { run } => {
                Some(format!("`usher runs show {run}` tells what it did; `usher run` begins a new one"))
            }
            Error::Ended { .. } | Error::NoSuchEffect { .. } => None,
        }
    }

    /// Sorts what SQLite says into what a person can act on.
    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Error {
        use rusqlite::{Error as Sql, ErrorCode};
        let path = path.to_owned();
        let detail = error.to_string();
        match error {
            Sql::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Damaged { path, detail },
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy { path },
                // A missing table or column in a file of our own version.
                ErrorCode::Unknown | ErrorCode::ConstraintViolation => Error::Damaged { path, detail },
                _ => Error::Io { path, detail },
            },
            Sql::SqlInputError { .. }
            | Sql::FromSqlConversionFailure(..)
            | Sql::IntegralValueOutOfRange(..)
            | Sql::InvalidColumnType(..)
            | Sql::Utf8Error(..)
            | Sql::QueryReturnedNoRows => Error::Damaged { path, detail },
            _ => Error::Io { path, detail },
        }
    }

    pub(super) fn io(path: &Path, error: &std::io::Error) -> Error {
        Error::Io { path: path.to_owned(), detail: error.to_string() }
    }

    pub(super) fn damaged(path: &Path, detail: impl Into<String>) -> Error {
        Error::Damaged { path: path.to_owned(), detail: detail.into() }
    }
}
