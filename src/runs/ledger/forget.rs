//! What is taken out of the ledger: a person's data, with the chain left standing, and old runs as a whole.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use serde_json::Value;

use super::Ledger;
use super::error::Error;
use super::read::Found;
use super::records::{Erasure, Kind};
use super::store::{self, key};
use super::writer::{self, Draft, Written};

/// What [`Ledger::forget`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The runs that it was found in, by name.
    pub runs: Vec<String>,
    /// How many values were erased.
    pub erased: u32,
    /// Entries that still mention it, by run and number: arguments of a script, other people's rows.
    pub mentions: Vec<(String, u32)>,
}

impl Ledger {
    /// Erases the values of every row of that key and of every effect on that target, in all runs, letter case
    /// aside. An entry says so in each chain; the run can be verified as before, and no longer resumed.
    ///
    /// Refused when one of the runs is being carried out.
    pub fn forget(&self, whom: &str, at: Timestamp) -> Result<Forgotten, Error> {
        let mut done = Forgotten::default();
        let whom = whom.trim().to_lowercase();
        if whom.is_empty() || !self.place().file.exists() {
            return Ok(done);
        }
        let wrap = |error| Error::sqlite(&self.place().file, &error);
        let mut connection = store::open_to_write(self.place())?;
        for run in all(&connection, None).map_err(wrap)? {
            let concerned = concerned(&connection, run.number, &whom).map_err(wrap)?;
            if concerned.erase.is_empty() {
                done.mentions.extend(concerned.mentions.into_iter().map(|seq| (run.name.clone(), seq)));
                continue;
            }
            let held = |_| Error::Held { run: run.name.clone() };
            let _lock = self.place().hold(&run.id).map_err(held)?;
            let concerned = store::transaction(&mut connection, self.place(), |transaction| {
                // Again, now that nobody else can write to it.
                let concerned = self::concerned(transaction, run.number, &whom).map_err(wrap)?;
                erase(transaction, &run, &concerned.erase, at).map_err(wrap)?;
                Ok(concerned)
            })?;
            done.erased += concerned.erase.len() as u32;
            done.mentions.extend(concerned.mentions.into_iter().map(|seq| (run.name.clone(), seq)));
            done.runs.push(run.name);
        }
        if done.erased > 0 {
            compact(&connection).map_err(wrap)?;
        }
        Ok(done)
    }

    /// What [`Ledger::forget`] would find, with nothing erased.
    pub fn whereabouts(&self, whom: &str) -> Result<Forgotten, Error> {
        let mut found = Forgotten::default();
        let whom = whom.trim().to_lowercase();
        if whom.is_empty() {
            return Ok(found);
        }
        let runs = self.reading(|connection| {
            all(connection, None)?
                .into_iter()
                .map(|run| concerned(connection, run.number, &whom).map(|concerned| (run.name, concerned)))
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        for (name, concerned) in runs.unwrap_or_default() {
            found.erased += concerned.erase.len() as u32;
            found.mentions.extend(concerned.mentions.iter().map(|seq| (name.clone(), *seq)));
            if !concerned.erase.is_empty() {
                found.runs.push(name);
            }
        }
        Ok(found)
    }

    /// Takes out the runs that began before then, and names them. Those being carried out stay.
    pub fn prune(&self, before: Timestamp) -> Result<Vec<String>, Error> {
        let mut pruned = vec![];
        if !self.place().file.exists() {
            return Ok(pruned);
        }
        let wrap = |error| Error::sqlite(&self.place().file, &error);
        let mut connection = store::open_to_write(self.place())?;
        for run in all(&connection, Some(before)).map_err(wrap)? {
            let lock = match self.place().hold(&run.id) {
                Ok(lock) => lock,
                Err(Error::Held { .. }) => continue,
                Err(error) => return Err(error),
            };
            store::transaction(&mut connection, self.place(), |transaction| {
                remove(transaction, run.number).map_err(wrap)
            })?;
            self.place().remove_lock(&run.id);
            drop(lock);
            pruned.push(run.name);
        }
        if !pruned.is_empty() {
            compact(&connection).map_err(wrap)?;
        }
        Ok(pruned)
    }
}

fn all(connection: &Connection, before: Option<Timestamp>) -> rusqlite::Result<Vec<Found>> {
    connection
        .prepare("SELECT run, id, name FROM runs WHERE started < ? ORDER BY run")?
        .query_map([before.map_or(i64::MAX, Timestamp::as_microsecond)], |row| {
            Ok(Found { number: row.get(0)?, id: row.get(1)?, name: row.get(2)? })
        })?
        .collect()
}

#[derive(Default)]
struct Concerned {
    erase: Vec<u32>,
    mentions: Vec<u32>,
}

/// Reads every value of the run: it is asked for rarely, and an index of people is what one does not want.
fn concerned(connection: &Connection, number: i64, whom: &str) -> rusqlite::Result<Concerned> {
    let mut concerned = Concerned::default();
    let mut statement = connection.prepare_cached(
        "SELECT entry & 0xFFFFFFFF, kind, of, value FROM entries
         WHERE entry BETWEEN ? AND ? AND value IS NOT NULL ORDER BY entry",
    )?;
    let mut rows = statement.query(params![key(number, 0), key(number, u32::MAX)])?;
    while let Some(row) = rows.next()? {
        let (seq, kind, of): (u32, Option<Kind>, u32) =
            (row.get(0)?, Kind::from_code(row.get(1)?), row.get(2)?);
        let value = String::from_utf8_lossy(store::value(row, 3)?.unwrap_or_default()).to_lowercase();
        let erase = match kind {
            // Intents come before their outcomes, so the list is sorted as it grows.
            Some(Kind::Outcome) => concerned.erase.binary_search(&of).is_ok(),
            Some(Kind::Intent | Kind::Row) if value.contains(whom) => {
                let value: Value = serde_json::from_str(&value).unwrap_or_default();
                [&value["row"], &value["target"]].iter().any(|field| field.as_str() == Some(whom))
            }
            _ => false,
        };
        if erase {
            concerned.erase.push(seq);
        } else if value.contains(whom) {
            concerned.mentions.push(seq);
        }
    }
    Ok(concerned)
}

fn erase(transaction: &Transaction<'_>, run: &Found, entries: &[u32], at: Timestamp) -> rusqlite::Result<()> {
    let erased = serde_json::to_string(entries).expect("numbers are JSON");
    for table in ["created", "removed"] {
        transaction.execute(
            &format!("DELETE FROM {table} WHERE entry IN (SELECT value + ? FROM json_each(?))"),
            params![key(run.number, 0), erased],
        )?;
    }
    for seq in entries {
        let entry = key(run.number, *seq);
        // The address goes too: without salt, it could be guessed from.
        transaction
            .prepare_cached("UPDATE entries SET address = NULL, salt = NULL, value = NULL WHERE entry = ?")?
            .execute([entry])?;
    }
    let last = transaction
        .prepare_cached(
            "SELECT entry & 0xFFFFFFFF, hash FROM entries WHERE entry BETWEEN ? AND ? ORDER BY entry DESC LIMIT 1",
        )?
        .query_row(params![key(run.number, 0), key(run.number, u32::MAX)], |row| {
            Ok(Written { seq: row.get(0)?, head: row.get(1)? })
        })?;
    let value = serde_json::to_string(&Erasure { erased: entries.to_vec() }).expect("numbers are JSON");
    writer::insert(transaction, &run.id, run.number, Some(last), &Draft::new(Kind::Forget, at, value))
        .map(drop)
}

fn remove(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    let range = params![key(number, 0), key(number, u32::MAX)];
    transaction.execute("DELETE FROM created WHERE entry BETWEEN ? AND ?", range)?;
    transaction.execute("DELETE FROM removed WHERE entry BETWEEN ? AND ?", range)?;
    transaction.execute("DELETE FROM entries WHERE entry BETWEEN ? AND ?", range)?;
    transaction.execute("DELETE FROM runs WHERE run = ?", [number]).map(drop)
}

/// Writes the file anew and empties the log: what was erased lingers in neither.
fn compact(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
