//! The database itself: opening it, its tables, and the few statements that several neighbours use.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::chain::Hash;
use super::error::Error;
use super::place::Place;
use super::records::{Kind, RowStatus, RunState, Status};

/// The version of the tables, `user_version`. Raise it with a step in [`make`].
pub const FORMAT: i64 = 2;
/// `application_id`: "ushL".
pub const APPLICATION: i64 = 0x7573_684C;

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_secs(10);

/// One table holds the truth; `runs.state`, `created` and `removed` are there to be found by, and `verify` holds them
/// against it.
///
/// An entry's key is its run's number and its own in one integer: entries of a run lie together, in order,
/// in the one tree, and writing one costs one insertion. The value comes last, so that reading the rest does
/// not touch it. `address` is the effect's for intents and the row's for rows.
const TABLES: &str = "
    CREATE TABLE runs (
        run INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        started INTEGER NOT NULL,
        state INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        entry INTEGER PRIMARY KEY, -- run << 32 | seq
        kind INTEGER NOT NULL,
        at INTEGER NOT NULL,       -- microseconds since 1970
        of INTEGER NOT NULL,
        status INTEGER NOT NULL,
        address BLOB,
        digest BLOB NOT NULL,
        hash BLOB NOT NULL,
        salt BLOB,
        value TEXT
    ) STRICT;
    CREATE TABLE created (
        object TEXT NOT NULL,
        entry INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (object, entry)
    ) STRICT, WITHOUT ROWID;
";

/// What came with format 2: objects that are no longer there, so that nobody waits for them.
const REMOVED: &str = "
    CREATE TABLE removed (
        object TEXT NOT NULL,
        entry INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (object, entry)
    ) STRICT, WITHOUT ROWID;
";

static MAKING: Mutex<()> = Mutex::new(());

/// Opens the file for writing, and makes it if there is none.
pub fn open_to_write(place: &Place) -> Result<Connection, Error> {
    let connection = {
        // A file just made is closed before anyone in this process lets SQLite lock it; see `Place::look`.
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        place.look()?;
        place.prepare()?;
        connect(place)?
    };
    let wrap = |error| Error::sqlite(&place.file, &error);
    if format(&connection, place)? < FORMAT {
        make(&connection, place)?;
    }
    // What is erased is overwritten.
    connection.pragma_update(None, "secure_delete", true).map_err(wrap)?;
    Ok(connection)
}

/// Opens the file for reading; `None` when there is no ledger yet.
pub fn open_to_read(place: &Place) -> Result<Option<Connection>, Error> {
    let connection = {
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if !place.look()? {
            return Ok(None);
        }
        connect(place)?
    };
    match format(&connection, place)? {
        0 => return Ok(None),
        // Whoever reads it finds it as whoever writes it would have left it.
        1 => make(&connection, place)?,
        _ => {}
    }
    connection.pragma_update(None, "query_only", true).map_err(|error| Error::sqlite(&place.file, &error))?;
    Ok(Some(connection))
}

fn connect(place: &Place) -> Result<Connection, Error> {
    // No CREATE: a file that vanished in between must not come back with the umask's permissions. And no
    // READ_ONLY for readers: they may have to recover the log of a process that was killed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let wrap = |error| Error::sqlite(&place.file, &error);
    let connection = Connection::open_with_flags(&place.file, flags).map_err(wrap)?;
    connection.busy_timeout(PATIENCE).map_err(wrap)?;
    // A commit returns when it is on the disk; on macOS that takes asking for. Readers too, because the last to
    // close the file folds the log into it.
    connection.pragma_update(None, "synchronous", "FULL").map_err(wrap)?;
    connection.pragma_update(None, "fullfsync", true).map_err(wrap)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true).map_err(wrap)?;
    Ok(connection)
}

/// The file's format; 0 when it is still without tables.
fn format(connection: &Connection, place: &Place) -> Result<i64, Error> {
    let wrap = |error| Error::sqlite(&place.file, &error);
    // Looked at in one moment: between two looks another process may have made the tables.
    let moment = connection.unchecked_transaction().map_err(wrap)?;
    let (found, application): (i64, i64) = moment
        .query_row(
            "SELECT user_version, application_id FROM pragma_user_version, pragma_application_id",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(wrap)?;
    if found > FORMAT && application == APPLICATION {
        return Err(Error::Newer { path: place.file.clone(), found, known: FORMAT });
    }
    let tables: i64 =
        moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(wrap)?;
    drop(moment);
    match (application, tables) {
        (APPLICATION, 1..) => Ok(found),
        (0, 0) => Ok(0),
        (APPLICATION, _) => Err(Error::damaged(&place.file, "its tables are gone")),
        _ => Err(Error::Foreign { path: place.file.clone() }),
    }
}

fn make(connection: &Connection, place: &Place) -> Result<(), Error> {
    let wrap = |error| Error::sqlite(&place.file, &error);
    let _lock = place.lock_making()?;
    let tables = match format(connection, place)? {
        0 => format!("{TABLES}{REMOVED}"),
        1 => REMOVED.to_owned(),
        _ => return Ok(()),
    };
    connection.pragma_update(None, "journal_mode", "WAL").map_err(wrap)?;
    connection
        .execute_batch(&format!(
            "BEGIN IMMEDIATE; {tables} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
        ))
        .map_err(wrap)
}

/// A transaction that has the right to write from its beginning, so that it cannot fail half-way for
/// another process's sake.
pub fn transaction<T>(
    connection: &mut Connection,
    place: &Place,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let wrap = |error| Error::sqlite(&place.file, &error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrap)?;
    let result = work(&transaction)?;
    transaction.commit().map_err(wrap)?;
    Ok(result)
}

pub fn key(run: i64, seq: u32) -> i64 {
    run << 32 | i64::from(seq)
}

/// An entry's columns, without its value.
pub struct Row {
    pub seq: u32,
    pub kind: Kind,
    pub at: i64,
    pub of: u32,
    pub status: u8,
    pub address: Option<[u8; 16]>,
    pub digest: Hash,
    pub hash: Hash,
}

/// The columns that [`row`] reads; `salt, value` may follow as 8 and 9.
pub const COLUMNS: &str = "entry, kind, at, of, status, address, digest, hash";

pub fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let kind: u8 = row.get(1)?;
    let kind = Kind::from_code(kind).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, kind.into()))?;
    Ok(Row {
        seq: (row.get::<_, i64>(0)? & 0xFFFF_FFFF) as u32,
        kind,
        at: row.get(2)?,
        of: row.get(3)?,
        status: row.get(4)?,
        address: row.get(5)?,
        digest: row.get(6)?,
        hash: row.get(7)?,
    })
}

/// Bytes, not text: a value that was tampered with may be no text at all, and `verify` is to name it.
pub fn value<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<&'a [u8]>> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?)
}

/// What an entry's status is called, which depends on its kind.
pub fn status_word(kind: Kind, code: u8) -> Option<&'static str> {
    match kind {
        Kind::Outcome => Status::from_code(code).map(Status::word),
        Kind::Row => RowStatus::from_code(code).map(RowStatus::word),
        Kind::Start | Kind::Resume | Kind::End => RunState::from_code(code).map(RunState::word),
        Kind::Intent | Kind::Forget => None,
    }
}
