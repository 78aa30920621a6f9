//! Does the ledger still say what was written? Walks a run's chain and names the first entry that does not fit.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::Ledger;
use super::chain::{self, Link};
use super::error::Error;
use super::records::{Erasure, Kind, Outcome, RunState};
use super::store::{self, Row, key};

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Verified {
        entries: u32,
        /// The last hash of the chain.
        head: String,
        /// How many values were erased, each with an entry that says so.
        erased: u32,
        /// How many entries the given head vouches for: all but those of a later resume or erasure.
        vouched: Option<u32>,
    },
    Broken {
        /// The entry's number in its run.
        at: u32,
        what: Fault,
    },
}

/// How an entry does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The value is not the one that was written.
    Value,
    /// The value is gone, and no entry says that it was erased.
    ValueGone,
    /// The entry, or the one before it, is not the one that was written.
    Link,
    /// There is no such entry, and later ones are there.
    Missing,
    /// What the entry is found by does not agree with it.
    Index,
    /// The run's state is not the one that its entries end with.
    State,
    /// The given head is none of this chain's: its end was cut off, or all of it was written anew.
    Head,
}

/// How many digits of the last hash a run prints: no entry made to order fits so many by luck.
pub const SHORT_HEAD: usize = 16;

impl Fault {
    pub fn describe(self) -> &'static str {
        match self {
            Fault::Value => "its value was changed",
            Fault::ValueGone => "its value is gone, and no entry says that it was erased",
            Fault::Link => "it was changed, or the entry before it was",
            Fault::Missing => "it is missing",
            Fault::Index => "the index does not agree with it",
            Fault::State => "the state of the run does not agree with it",
            Fault::Head => "the chain does not contain the given head",
        }
    }
}

impl Ledger {
    /// Checks every entry of a run, and that the chain contains `head`, a hash that some `finish` gave, or its
    /// beginning.
    pub fn verify(&self, run: &str, head: Option<&str>) -> Result<Verdict, Error> {
        let found = self.find(run)?;
        let verdict = self.reading(|connection| {
            // One view of the file, whatever is written meanwhile.
            let view = connection.unchecked_transaction()?;
            walk(&view, found.number, &found.id, head)
        })?;
        verdict.ok_or_else(|| Error::NoSuchRun { run: run.into() })
    }

    /// Checks the file as a whole, the work of seconds in a large one: its pages, and that each entry belongs
    /// to a run. What the entries say is for [`Ledger::verify`], run by run.
    pub fn check(&self) -> Result<(), Error> {
        let problem = self.reading(|connection| {
            let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            let orphan = "SELECT 1 FROM entries WHERE entry >> 32 NOT IN (SELECT run FROM runs) LIMIT 1";
            match said.as_str() {
                "ok" if connection.prepare(orphan)?.exists([])? => Ok(Some("a run is missing".to_owned())),
                "ok" => Ok(None),
                _ => Ok(Some(said)),
            }
        })?;
        match problem.flatten() {
            Some(problem) => Err(Error::damaged(&self.place().file, problem)),
            None => Ok(()),
        }
    }
}

fn walk(connection: &Connection, number: i64, id: &str, head: Option<&str>) -> rusqlite::Result<Verdict> {
    let broken = |at, what| Ok(Verdict::Broken { at, what });
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {}, salt, value FROM entries WHERE entry BETWEEN ? AND ? ORDER BY entry",
        store::COLUMNS
    ))?;
    let mut rows = statement.query(params![key(number, 0), key(number, u32::MAX)])?;
    let mut previous = chain::root(id);
    let mut entries = 0;
    let mut state = None;
    let mut vouched = None;
    let mut gone = BTreeSet::new();
    let mut erased = 0;
    while let Some(row) = rows.next()? {
        // A damaged number reads as an entry that was never written.
        let Ok(entry) = store::row(row) else { return broken(entries, Fault::Link) };
        if entry.seq != entries {
            return broken(entries, Fault::Missing);
        }
        let Row { seq, at, of, status, digest, .. } = entry;
        let hash = Link { seq, kind: entry.kind.code(), at, of, status, digest }.hash(&previous);
        if hash != entry.hash {
            return broken(seq, Fault::Link);
        }
        match (row.get::<_, Option<chain::Salt>>(8), store::value(row, 9)?) {
            (Ok(Some(salt)), Some(value)) => {
                if chain::salted(&salt, value) != digest {
                    return broken(seq, Fault::Value);
                }
                if !indexed(connection, number, &entry, value)? {
                    return broken(seq, Fault::Index);
                }
                for erased in erasure(&entry, value) {
                    gone.remove(&erased);
                }
            }
            (Ok(None), None) => {
                gone.insert(seq);
                erased += 1;
            }
            _ => return broken(seq, Fault::Value),
        }
        if matches!(entry.kind, Kind::Start | Kind::Resume | Kind::End) {
            state = RunState::from_code(status);
        }
        previous = hash;
        entries += 1;
        if head.is_some_and(|head| is_head(head, &hash)) {
            vouched = Some(entries);
        }
    }
    let last = entries.saturating_sub(1);
    if let Some(first) = gone.first() {
        return broken(*first, Fault::ValueGone);
    }
    let listed: u8 =
        connection.query_row("SELECT state FROM runs WHERE run = ?", [number], |row| row.get(0))?;
    if state.is_none() || state != RunState::from_code(listed) {
        return broken(last, Fault::State);
    }
    if head.is_some() && vouched.is_none() {
        return broken(last, Fault::Head);
    }
    Ok(Verdict::Verified { entries, head: chain::hex(&previous), erased, vouched })
}

/// Whether that is what a run gave as its last hash: whole, or as short as the last line of a run has it.
fn is_head(head: &str, hash: &chain::Hash) -> bool {
    head.len() >= SHORT_HEAD && chain::hex(hash).starts_with(&head.to_ascii_lowercase())
}

fn erasure(entry: &Row, value: &[u8]) -> Vec<u32> {
    match entry.kind {
        Kind::Forget => serde_json::from_slice::<Erasure>(value).unwrap_or_default().erased,
        _ => vec![],
    }
}

/// Can the entry be found by what it says: effects and rows by their address, objects by who created them?
fn indexed(connection: &Connection, number: i64, entry: &Row, value: &[u8]) -> rusqlite::Result<bool> {
    match entry.kind {
        Kind::Intent | Kind::Row => {
            Ok(entry.address.is_some() && entry.address == super::address::of_entry(entry.kind, value))
        }
        Kind::Outcome => {
            let Ok(outcome) = serde_json::from_slice::<Outcome>(value) else { return Ok(false) };
            for (table, objects) in [("created", outcome.created), ("removed", outcome.removed)] {
                let mut listed = connection.prepare_cached(&format!(
                    "SELECT 1 FROM {table} WHERE object = ? AND entry = ? AND at = ?"
                ))?;
                for object in objects {
                    if !listed.exists(params![
                        object.to_ascii_lowercase(),
                        key(number, entry.seq),
                        entry.at
                    ])? {
                        return Ok(false);
                    }
                }
            }
            Ok(entry.of < entry.seq)
        }
        _ => Ok(true),
    }
}
