//! What is asked of the ledger afterwards: lists of runs, their entries and effects, and what a resume starts from.

use std::collections::VecDeque;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use super::chain::{self, Hash};
use super::error::Error;
use super::records::{
    Counts, EffectId, EffectRecord, Entry, Intent, Kind, Outcome, Recorded, Resumption, RowEnd, RowStatus,
    RunEnd, RunStart, RunState, RunSummary,
};
use super::run::Run;
use super::store::{self, key};
use super::writer::{Known, State, Written};
use super::{Ledger, Place};

/// How many entries are fetched at once: few enough to hold, and no long read that keeps the log from being
/// folded in.
const PAGE: u32 = 500;

/// What the newest run may be called; no name or id begins like it.
const LAST: &str = "last";

/// A run's place in the file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub number: i64,
    pub id: String,
    pub name: String,
}

impl Ledger {
    /// All runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunSummary>, Error> {
        self.summaries(None)
    }

    /// One run, by its id or name or the beginning of either; `last` is the newest.
    pub fn run(&self, run: &str) -> Result<RunSummary, Error> {
        let found = self.find(run)?;
        let missing = || Error::NoSuchRun { run: run.into() };
        self.summaries(Some(found.number))?.pop().ok_or_else(missing)
    }

    /// Id and name of every run, the newest first. Reads no entry, so that it works where one is damaged.
    pub fn names(&self) -> Result<Vec<(String, String)>, Error> {
        let names = self.reading(|connection| {
            connection
                .prepare_cached("SELECT id, name FROM runs ORDER BY started DESC, run DESC")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(names.unwrap_or_default())
    }

    /// Id and name of the run that is meant; reads no entry.
    pub fn named(&self, run: &str) -> Result<(String, String), Error> {
        self.find(run).map(|found| (found.id, found.name))
    }

    fn summaries(&self, only: Option<i64>) -> Result<Vec<RunSummary>, Error> {
        let rows = self.reading(|connection| {
            connection
                .prepare_cached(
                    "SELECT run, id, name, state FROM runs WHERE ?1 IS NULL OR run = ?1
                     ORDER BY started DESC, run DESC",
                )?
                .query_map([only], |row| {
                    let found = Found { number: row.get(0)?, id: row.get(1)?, name: row.get(2)? };
                    summary(connection, found, row.get(3)?)
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let mut runs = rows.unwrap_or_default();
        for run in &mut runs {
            if run.state == RunState::Running && !self.place().is_held(&run.id) {
                run.state = RunState::Interrupted;
            }
        }
        Ok(runs)
    }

    /// The entries of a run in order, fetched as they are asked for.
    pub fn entries(&self, run: &str) -> Result<Entries, Error> {
        let number = self.find(run)?.number;
        Ok(Entries { ledger: self.clone(), number, next: Some(0), page: VecDeque::new() })
    }

    /// The effects of a run in order, and what came of each. Their values stay on the disk until they are
    /// asked for one by one.
    pub fn effects(&self, run: &str) -> Result<Vec<Recorded>, Error> {
        let number = self.find(run)?.number;
        Ok(self.reading(|connection| load(connection, number))?.unwrap_or_default().known.effects().to_vec())
    }

    /// An effect that [`Ledger::effects`] named, with its values.
    pub fn effect(&self, run: &str, effect: Recorded) -> Result<EffectRecord, Error> {
        let found = self.find(run)?;
        self::effect(self, &found.name, found.number, effect)
    }

    /// When any run created this object since then, unless it was removed again. Names are compared without regard
    /// to case.
    pub fn created_since(&self, object: &str, since: Timestamp) -> Result<Option<Timestamp>, Error> {
        let object = object.to_ascii_lowercase();
        let found = self.reading(|connection| {
            let created: Option<i64> = connection
                .prepare_cached("SELECT max(at) FROM created WHERE object = ? AND at >= ?")?
                .query_row(params![object, since.as_microsecond()], |row| row.get(0))?;
            let Some(created) = created else { return Ok(None) };
            let removed = connection
                .prepare_cached("SELECT 1 FROM removed WHERE object = ? AND at >= ? LIMIT 1")?
                .exists(params![object, created])?;
            if removed { Ok(None) } else { time(created).map(Some) }
        })?;
        Ok(found.flatten())
    }

    pub(super) fn find(&self, run: &str) -> Result<Found, Error> {
        let missing = || Error::NoSuchRun { run: run.into() };
        let mut found = self.reading(|connection| find(connection, run))?.unwrap_or_default();
        match found.len() {
            0 => Err(missing()),
            1 => found.pop().ok_or_else(missing),
            _ => {
                let candidates = found.into_iter().map(|found| found.name).collect();
                Err(Error::Ambiguous { run: run.into(), candidates })
            }
        }
    }
}

/// Up to five runs of that name or beginning; one if it is the whole of it.
fn find(connection: &Connection, run: &str) -> rusqlite::Result<Vec<Found>> {
    let found =
        |row: &rusqlite::Row<'_>| Ok(Found { number: row.get(0)?, id: row.get(1)?, name: row.get(2)? });
    if run == LAST {
        return connection
            .prepare_cached("SELECT run, id, name FROM runs ORDER BY started DESC, run DESC LIMIT 1")?
            .query_map([], found)?
            .collect();
    }
    // substr, not LIKE: the text may hold wildcards.
    let all = connection
        .prepare_cached(
            "SELECT run, id, name FROM runs WHERE substr(id, 1, length(?1)) = ?1 OR substr(name, 1, length(?1)) = ?1
             ORDER BY id = ?1 OR name = ?1 DESC, run DESC LIMIT 5",
        )?
        .query_map([run], found)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    match all.iter().filter(|found| found.id == run || found.name == run).count() {
        1 => Ok(all.into_iter().take(1).collect()),
        _ if run.is_empty() => Ok(vec![]),
        _ => Ok(all),
    }
}

fn summary(connection: &Connection, found: Found, state: u8) -> rusqlite::Result<RunSummary> {
    let Found { number, id, name } = found;
    let state = RunState::from_code(state).unwrap_or(RunState::Interrupted);
    let start: RunStart =
        value_at(connection, number, 0)?.map(|(at, start)| RunStart { at, ..start }).unwrap_or_default();
    let (last, head): (i64, Hash) = connection
        .prepare_cached(
            "SELECT entry, hash FROM entries WHERE entry BETWEEN ? AND ? ORDER BY entry DESC LIMIT 1",
        )?
        .query_row(params![key(number, 0), key(number, u32::MAX)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Erasures come after the end.
    let end: Option<i64> = match state {
        RunState::Running => None,
        _ => connection
            .prepare_cached("SELECT max(entry) FROM entries WHERE entry BETWEEN ? AND ? AND kind = ?")?
            .query_row(params![key(number, 0), last, Kind::End.code()], |row| row.get(0))?,
    };
    let (ended, counts) = match end {
        Some(end) => match value_at::<RunEnd>(connection, number, (end & 0xFFFF_FFFF) as u32)? {
            Some((at, end)) => (Some(at), end.counts),
            None => (None, Counts::default()),
        },
        None => (None, count(connection, number)?),
    };
    Ok(RunSummary { id, name, state, started: start.at, start, ended, counts, head: chain::hex(&head) })
}

/// What a run without an end has come to. A row that was done again counts as it went last.
fn count(connection: &Connection, number: i64) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let mut statement = connection.prepare_cached(
        "SELECT kind, status, count(*) FROM (
             SELECT kind, status, max(entry) FROM entries WHERE entry BETWEEN ?1 AND ?2 AND kind = ?3 GROUP BY address
             UNION ALL
             SELECT kind, 0, entry FROM entries WHERE entry BETWEEN ?1 AND ?2 AND kind = ?4
         ) GROUP BY kind, status",
    )?;
    let range = params![key(number, 0), key(number, u32::MAX), Kind::Row.code(), Kind::Intent.code()];
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        let many = row.get::<_, i64>(2)?.unsigned_abs();
        match (Kind::from_code(row.get(0)?), RowStatus::from_code(row.get(1)?)) {
            (Some(Kind::Intent), _) => counts.effects = many,
            (_, Some(RowStatus::Done)) => counts.succeeded = many,
            (_, Some(RowStatus::Failed)) => counts.failed = many,
            (_, Some(RowStatus::Skipped)) => counts.skipped = many,
            (_, None) => {}
        }
    }
    counts.rows = counts.succeeded + counts.failed + counts.skipped;
    Ok(counts)
}

/// An entry's time and value; `None` when there is none, or it was erased.
fn value_at<T: DeserializeOwned>(
    connection: &Connection,
    number: i64,
    seq: u32,
) -> rusqlite::Result<Option<(Timestamp, T)>> {
    let found = connection
        .prepare_cached("SELECT at, value FROM entries WHERE entry = ?")?
        .query_row([key(number, seq)], |row| {
            let at = time(row.get(0)?)?;
            Ok(store::value(row, 1)?.map(|value| json(1, value)).transpose()?.map(|value| (at, value)))
        })
        .optional()?;
    Ok(found.flatten())
}

fn time(at: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(at).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, at))
}

fn json<T: DeserializeOwned>(column: usize, value: &[u8]) -> rusqlite::Result<T> {
    serde_json::from_slice(value).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

pub(super) fn row_end(ledger: &Ledger, number: i64, seq: u32) -> Result<Option<RowEnd>, Error> {
    let value = ledger.reading(|connection| value_at::<RowEnd>(connection, number, seq))?.flatten();
    Ok(value.map(|(at, row)| RowEnd { at, ..row }))
}

pub(super) fn effect(
    ledger: &Ledger,
    run: &str,
    number: i64,
    known: Recorded,
) -> Result<EffectRecord, Error> {
    let Recorded { effect: id, status, outcome } = known;
    let record = ledger.reading(|connection| {
        let kind: Option<u8> = connection
            .prepare_cached("SELECT kind FROM entries WHERE entry = ?")?
            .query_row([key(number, id.0)], |row| row.get(0))
            .optional()?;
        if kind != Some(Kind::Intent.code()) {
            return Ok(None);
        }
        let intent =
            value_at::<Intent>(connection, number, id.0)?.map(|(at, intent)| Intent { at, ..intent });
        let outcome = match outcome {
            0 => None,
            seq => {
                value_at::<Outcome>(connection, number, seq)?.map(|(at, outcome)| Outcome { at, ..outcome })
            }
        };
        Ok(Some(EffectRecord { id, intent, status, outcome }))
    })?;
    record.flatten().ok_or_else(|| Error::NoSuchEffect { run: run.into(), effect: id.0 })
}

/// The entries of a run, in order. Holds a page of them, not all.
pub struct Entries {
    ledger: Ledger,
    number: i64,
    next: Option<u32>,
    page: VecDeque<Entry>,
}

impl Iterator for Entries {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() {
            let (number, from) = (self.number, self.next?);
            match self.ledger.reading(|connection| page(connection, number, from)) {
                Ok(page) => self.page = page.unwrap_or_default(),
                Err(error) => {
                    self.next = None;
                    return Some(Err(error));
                }
            }
            let full = self.page.len() == PAGE as usize;
            self.next = self.page.back().and_then(|entry| entry.seq.checked_add(1)).filter(|_| full);
        }
        self.page.pop_front().map(Ok)
    }
}

fn page(connection: &Connection, number: i64, from: u32) -> rusqlite::Result<VecDeque<Entry>> {
    connection
        .prepare_cached(&format!(
            "SELECT {}, salt, value FROM entries WHERE entry BETWEEN ? AND ? ORDER BY entry LIMIT ?",
            store::COLUMNS
        ))?
        .query_map(params![key(number, from), key(number, u32::MAX), PAGE], |row| {
            let store::Row { seq, kind, at, of, status, hash, digest, .. } = store::row(row)?;
            Ok(Entry {
                seq,
                kind,
                at: time(at)?,
                of: Some(EffectId(of)).filter(|_| kind == Kind::Outcome),
                status: store::status_word(kind, status),
                value: store::value(row, 9)?.map(|value| json(9, value)).transpose()?,
                salt: row.get::<_, Option<chain::Salt>>(8)?.map(|salt| chain::hex(&salt)),
                digest: chain::hex(&digest),
                hash: chain::hex(&hash),
            })
        })?
        .collect()
}

/// What the entries of a run come to.
#[derive(Default)]
struct Loaded {
    known: Known,
    last: Option<Written>,
    whole: bool,
    forgotten: bool,
    state: Option<RunState>,
}

fn load(connection: &Connection, number: i64) -> rusqlite::Result<Loaded> {
    let mut loaded = Loaded { whole: true, ..Loaded::default() };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM entries WHERE entry BETWEEN ? AND ? ORDER BY entry",
        store::COLUMNS
    ))?;
    let mut rows = statement.query(params![key(number, 0), key(number, u32::MAX)])?;
    while let Some(row) = rows.next()? {
        let row = store::row(row)?;
        loaded.whole &= row.seq == loaded.last.map_or(0, |last| last.seq + 1);
        loaded.last = Some(Written { seq: row.seq, head: row.hash });
        match row.kind {
            Kind::Intent => loaded.known.intended(row.address.unwrap_or_default(), row.seq),
            Kind::Outcome => loaded.known.concluded(row.of, row.status, row.seq),
            Kind::Row => loaded.known.row_ended(row.address.unwrap_or_default(), row.seq),
            Kind::Forget => loaded.forgotten = true,
            Kind::Start | Kind::Resume | Kind::End => loaded.state = RunState::from_code(row.status),
        }
    }
    loaded.known.sort_rows();
    Ok(loaded)
}

pub(super) fn reopen(ledger: &Ledger, run: &str, resumption: &Resumption) -> Result<Run, Error> {
    let Found { number, id, name } = ledger.find(run)?;
    let place: &Place = ledger.place();
    // First the lock, then the records: whoever held it may have written until now.
    let lock = place.hold(&id)?;
    let loaded = ledger.reading(|connection| load(connection, number))?.unwrap_or_default();
    let Some(last) = loaded.last else {
        return Err(Error::NoSuchRun { run: run.into() });
    };
    if !loaded.whole {
        return Err(Error::damaged(&place.file, format!("run `{name}` lacks entries")));
    }
    if loaded.state == Some(RunState::Done) {
        place.remove_lock(&id);
        return Err(Error::AlreadyDone { run: name });
    }
    if loaded.forgotten {
        return Err(Error::Forgotten { run: name });
    }
    let state = State { lock: Some(lock), tip: Some((number, last)), ..State::default() };
    Run::resumed(ledger, name, id, state, loaded.known, resumption)
}
