//! The one thread that writes. What arrives while a commit is on its way to the disk goes into the next.

use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use rusqlite::{Connection, Transaction, params};
use tokio::sync::oneshot;

use super::chain::{self, Hash, Link, Salt};
use super::crash::Crash;
use super::error::Error;
use super::place::Place;
use super::records::{EffectId, Kind, Recorded, RunState, Status};
use super::store;

/// How many entries may wait. Beyond it callers wait too, so that a million quick rows do not pile up.
pub const BACKLOG: usize = 4096;
/// No larger than what a commit writes in a few milliseconds, so that nobody waits long for others' entries.
const GROUP: usize = 512;

/// Where an entry came to lie.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    pub seq: u32,
    pub head: Hash,
}

pub type Answer = oneshot::Sender<Result<Written, Error>>;

/// An entry ready to be chained: the caller's thread has done the costly part.
pub struct Draft {
    pub kind: Kind,
    pub at: i64,
    pub of: u32,
    pub status: u8,
    pub address: Option<[u8; 16]>,
    pub created: Vec<String>,
    pub removed: Vec<String>,
    pub value: String,
    pub salt: Salt,
    pub digest: Hash,
}

impl Draft {
    pub fn new(kind: Kind, at: jiff::Timestamp, value: String) -> Draft {
        let salt = chain::random();
        let digest = chain::salted(&salt, value.as_bytes());
        let at = at.as_microsecond();
        Draft {
            kind,
            at,
            of: 0,
            status: 0,
            address: None,
            created: vec![],
            removed: vec![],
            value,
            salt,
            digest,
        }
    }
}

pub struct Job {
    pub run: Arc<Core>,
    pub draft: Draft,
    /// Its outcome, where that is known with the intent: nothing was to be done.
    pub outcome: Option<Draft>,
    pub answer: Option<Answer>,
}

/// What the writer and the handles of a run share.
pub struct Core {
    pub id: String,
    pub name: String,
    pub resumed: bool,
    pub state: Mutex<State>,
    pub known: Mutex<Known>,
    /// Whether there is, or will be, anything of it in the file.
    pub begun: AtomicBool,
}

/// How far the run's chain goes; the writer's alone once entries are being written.
#[derive(Default)]
pub struct State {
    /// Goes before the next entry: a run begins, or is taken up again, with its first write.
    pub opening: Option<Draft>,
    pub lock: Option<File>,
    /// The run's number in the file and its last entry, once it is there.
    pub tip: Option<(i64, Written)>,
    pub ended: bool,
}

/// The effects of a run by address: some forty bytes each, their values stay on the disk.
#[derive(Default)]
pub struct Known {
    by_address: HashMap<[u8; 16], EffectId>,
    /// In the order of their intents.
    effects: Vec<Recorded>,
    /// Rows that were through when the run was taken up again, sorted.
    rows: Vec<([u8; 16], u32)>,
}

impl Known {
    pub fn intended(&mut self, address: [u8; 16], seq: u32) {
        self.by_address.insert(address, EffectId(seq));
        self.effects.push(Recorded { effect: EffectId(seq), status: None, outcome: 0 });
    }

    pub fn concluded(&mut self, of: u32, status: u8, seq: u32) {
        if let Ok(place) = self.place(EffectId(of)) {
            let effect = &mut self.effects[place];
            (effect.status, effect.outcome) = (Status::from_code(status), seq);
        }
    }

    pub fn row_ended(&mut self, address: [u8; 16], seq: u32) {
        self.rows.push((address, seq));
    }

    pub fn sort_rows(&mut self) {
        self.rows.sort_unstable();
        self.rows.shrink_to_fit();
    }

    pub fn at(&self, address: &[u8; 16]) -> Option<Recorded> {
        self.effect(*self.by_address.get(address)?)
    }

    pub fn effect(&self, effect: EffectId) -> Option<Recorded> {
        self.place(effect).ok().map(|place| self.effects[place])
    }

    pub fn addresses(&self) -> impl Iterator<Item = ([u8; 16], Recorded)> {
        self.by_address.iter().filter_map(|(address, effect)| Some((*address, self.effect(*effect)?)))
    }

    /// The last end of each row.
    pub fn row_ends(&self) -> Vec<u32> {
        let last = |n: usize| self.rows.get(n + 1).is_none_or(|(next, _)| *next != self.rows[n].0);
        (0..self.rows.len()).filter(|n| last(*n)).map(|n| self.rows[n].1).collect()
    }

    /// The last end of that row.
    pub fn row(&self, address: &[u8; 16]) -> Option<u32> {
        let after = self.rows.partition_point(|(row, _)| row <= address);
        self.rows[..after].last().filter(|(row, _)| row == address).map(|(_, seq)| *seq)
    }

    pub fn effects(&self) -> &[Recorded] {
        &self.effects
    }

    fn place(&self, effect: EffectId) -> Result<usize, usize> {
        self.effects.binary_search_by_key(&effect, |known| known.effect)
    }
}

/// Nothing panics while it holds one of these locks, and if it did, what is in them is still whole.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs until every handle of the ledger is gone.
///
/// The first failure is the last: after it nobody can say what is on the disk, so every later entry is
/// refused with the same error and the runs end, to be resumed when the cause is gone.
pub fn write(place: &Place, jobs: &mpsc::Receiver<Job>) {
    let mut connection = None;
    let mut crash = Crash::from_environment();
    while let Ok(first) = jobs.recv() {
        crash.before();
        let group = gather(first, jobs, crash.most(GROUP));
        if let Err(error) = commit(&mut connection, place, group, &mut crash) {
            // Closed, so that the file is free for others.
            drop(connection);
            for job in jobs {
                answer(job.answer, Err(error.clone()));
            }
            return;
        }
    }
}

/// Waits for nobody: while one half of the callers' entries is on its way to the disk the other half comes in,
/// and holding a group open for more was measured to be slower.
fn gather(first: Job, jobs: &mpsc::Receiver<Job>, most: usize) -> Vec<Job> {
    let mut group = vec![first];
    group.extend(jobs.try_iter().take(most - 1));
    group
}

/// Writes a group in one transaction, and answers when it is on the disk.
fn commit(
    connection: &mut Option<Connection>,
    place: &Place,
    group: Vec<Job>,
    crash: &mut Crash,
) -> Result<(), Error> {
    let written = match connection {
        Some(open) => Ok(open),
        None => store::open_to_write(place).map(|opened| connection.insert(opened)),
    }
    .and_then(|connection| {
        store::transaction(connection, place, |transaction| {
            group.iter().map(|job| append(transaction, place, job)).collect::<Result<Vec<_>, _>>()
        })
    });
    match written {
        Ok(written) => {
            crash.after(written.len());
            for (job, result) in group.into_iter().zip(written) {
                if let Ok(written) = &result {
                    learn(place, &job, written);
                }
                answer(job.answer, result);
            }
            Ok(())
        }
        Err(error) => {
            for job in group {
                answer(job.answer, Err(error.clone()));
            }
            Err(error)
        }
    }
}

fn answer(to: Option<Answer>, result: Result<Written, Error>) {
    // Whoever stopped waiting finds the entry in the ledger.
    let _ = to.map(|to| to.send(result));
}

/// What the run's handles get to know once an entry is on the disk.
fn learn(place: &Place, job: &Job, written: &Written) {
    let draft = &job.draft;
    match (draft.kind, draft.address) {
        (Kind::Intent, Some(address)) => {
            let mut known = locked(&job.run.known);
            known.intended(address, written.seq);
            if let Some(outcome) = &job.outcome {
                known.concluded(written.seq, outcome.status, written.seq + 1);
            }
        }
        (Kind::Outcome, _) => locked(&job.run.known).concluded(draft.of, draft.status, written.seq),
        (Kind::End, _) => {
            let lock = locked(&job.run.state).lock.take();
            if draft.status == RunState::Done.code() {
                place.remove_lock(&job.run.id);
            }
            drop(lock);
        }
        _ => {}
    }
}

/// The outer error ends the group, the inner one concerns this entry alone.
fn append(transaction: &Transaction<'_>, place: &Place, job: &Job) -> Result<Result<Written, Error>, Error> {
    let wrap = |error| Error::sqlite(&place.file, &error);
    let run = &*job.run;
    let mut state = locked(&run.state);
    if state.ended {
        return Ok(Err(Error::Ended { run: run.name.clone() }));
    }
    if state.opening.is_some() && state.lock.is_none() {
        match place.hold(&run.id) {
            Ok(lock) => state.lock = Some(lock),
            Err(error) => return Ok(Err(error)),
        }
    }
    if let Some(opening) = state.opening.take() {
        let (number, last) = match state.tip {
            Some((number, last)) => (number, Some(last)),
            None => (register(transaction, run, opening.at).map_err(wrap)?, None),
        };
        let written = insert(transaction, &run.id, number, last, &opening).map_err(wrap)?;
        state.tip = Some((number, written));
    }
    let (number, last) = state.tip.expect("a run without a tip has an opening");
    let written = insert(transaction, &run.id, number, Some(last), &job.draft).map_err(wrap)?;
    let mut last = written;
    if let Some(outcome) = &job.outcome {
        last = insert_of(transaction, &run.id, number, Some(last), outcome, written.seq).map_err(wrap)?;
    }
    state.tip = Some((number, last));
    state.ended = job.draft.kind == Kind::End;
    Ok(Ok(written))
}

fn register(transaction: &Transaction<'_>, run: &Core, at: i64) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO runs (id, name, started, state) VALUES (?, ?, ?, ?)")?
        .insert(params![run.id, run.name, at, RunState::Running.code()])
}

/// Hangs an entry on the chain.
pub fn insert(
    transaction: &Transaction<'_>,
    run: &str,
    number: i64,
    last: Option<Written>,
    draft: &Draft,
) -> rusqlite::Result<Written> {
    insert_of(transaction, run, number, last, draft, draft.of)
}

/// The same for an outcome whose intent has its number only now.
fn insert_of(
    transaction: &Transaction<'_>,
    run: &str,
    number: i64,
    last: Option<Written>,
    draft: &Draft,
    of: u32,
) -> rusqlite::Result<Written> {
    let (seq, previous) = match last {
        Some(last) => (last.seq + 1, last.head),
        None => (0, chain::root(run)),
    };
    let &Draft { at, status, digest, .. } = draft;
    let head = Link { seq, kind: draft.kind.code(), at, of, status, digest }.hash(&previous);
    let entry = store::key(number, seq);
    transaction.prepare_cached("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            entry,
            draft.kind.code(),
            at,
            of,
            status,
            draft.address,
            digest,
            head,
            draft.salt,
            draft.value
        ],
    )?;
    for object in &draft.created {
        transaction.prepare_cached("INSERT OR IGNORE INTO created VALUES (?, ?, ?)")?.execute(params![
            object.to_ascii_lowercase(),
            entry,
            at
        ])?;
    }
    for object in &draft.removed {
        transaction.prepare_cached("INSERT OR IGNORE INTO removed VALUES (?, ?, ?)")?.execute(params![
            object.to_ascii_lowercase(),
            entry,
            at
        ])?;
    }
    if let Kind::Resume | Kind::End = draft.kind {
        transaction
            .prepare_cached("UPDATE runs SET state = ? WHERE run = ?")?
            .execute(params![status, number])?;
    }
    Ok(Written { seq, head })
}
