//! One run, as the code that carries it out sees it: intents, outcomes, rows, the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;

use super::address::{Address, AddressId};
use super::chain;
use super::error::Error;
use super::records::{
    Counts, EffectId, EffectRecord, Intent, Kind, Outcome, Recorded, Resumption, RowEnd, RunEnd, RunStart,
    RunState, Status,
};
use super::writer::{Answer, Core, Draft, Job, Known, State, Written, locked};
use super::{Ledger, read};

/// A run that this process carries out. Cheap to clone; the last handle gives the run free.
///
/// Nothing touches the disk before the first intent or row: a script that changes nothing leaves no run.
#[derive(Clone)]
pub struct Run {
    ledger: Ledger,
    core: Arc<Core>,
}

impl Run {
    pub(super) fn fresh(ledger: &Ledger, start: &RunStart) -> Result<Run, Error> {
        let random = chain::random();
        let millis = start.at.as_millisecond().max(0) as u64;
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string();
        let state =
            State { opening: Some(opening(ledger, Kind::Start, start.at, start)?), ..State::default() };
        Ok(Run::new(ledger, name(start.at, &random), id, state, Known::default()))
    }

    /// `state` has the lock and the tip; the resumption is written with the first entry.
    pub(super) fn resumed(
        ledger: &Ledger,
        name: String,
        id: String,
        mut state: State,
        known: Known,
        resumption: &Resumption,
    ) -> Result<Run, Error> {
        state.opening = Some(opening(ledger, Kind::Resume, resumption.at, resumption)?);
        Ok(Run::new(ledger, name, id, state, known))
    }

    fn new(ledger: &Ledger, name: String, id: String, state: State, known: Known) -> Run {
        let begun = state.tip.is_some().into();
        let resumed = state.tip.is_some();
        let core = Core { id, name, resumed, state: state.into(), known: known.into(), begun };
        Run { ledger: ledger.clone(), core: Arc::new(core) }
    }

    /// Whether it is a run of earlier, taken up again.
    pub fn was_resumed(&self) -> bool {
        self.core.resumed
    }

    /// Every address of which something is recorded, with what was recorded last.
    pub fn addresses(&self) -> Vec<(AddressId, Recorded)> {
        locked(&self.core.known).addresses().map(|(id, recorded)| (AddressId(id), recorded)).collect()
    }

    /// The rows that ended before this run was taken up again, by where they stand, each with its last end.
    pub fn rows_before(&self) -> Result<Vec<RowEnd>, Error> {
        let ends = locked(&self.core.known).row_ends();
        let number = self.number();
        let read = |seq| read::row_end(&self.ledger, number, seq);
        ends.into_iter().filter_map(|seq| read(seq).transpose()).collect()
    }

    /// How many writes were intended, over all its sittings.
    pub fn intended(&self) -> usize {
        let known = locked(&self.core.known);
        known.effects().iter().filter(|known| known.status != Some(Status::Already)).count()
    }

    /// A UUID whose beginning is the time.
    pub fn id(&self) -> &str {
        &self.core.id
    }

    /// Short and easy to type: the day and six letters.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// Resolves when the intent is on the disk. Only then may the write be sent.
    pub async fn intend(&self, intent: Intent) -> Result<EffectId, Error> {
        let draft = Draft {
            address: Some(intent.address.id().0),
            ..Draft::new(Kind::Intent, intent.at, self.ledger.encode(&intent)?)
        };
        let written = self.write(draft).await?;
        Ok(EffectId(written.seq))
    }

    /// Resolves when the outcome is on the disk. A later outcome of the same effect replaces an earlier one,
    /// as when reading shows what became of an unknown one.
    pub async fn conclude(&self, effect: EffectId, outcome: Outcome) -> Result<(), Error> {
        let draft = self.outcome(effect, outcome)?;
        self.write(draft).await.map(drop)
    }

    /// Queues the outcome; on the disk before anything that is written later. Lost on the way, the intent is open, and a resume
    /// finds out what became of it.
    pub fn note_outcome(&self, effect: EffectId, outcome: Outcome) -> Result<(), Error> {
        let draft = self.outcome(effect, outcome)?;
        self.send(draft, None);
        Ok(())
    }

    fn outcome(&self, effect: EffectId, outcome: Outcome) -> Result<Draft, Error> {
        self.known(effect)?;
        let draft = Draft::new(Kind::Outcome, outcome.at, self.ledger.encode(&outcome)?);
        let Outcome { status, created, removed, .. } = outcome;
        Ok(Draft { of: effect.0, status: status.code(), created, removed, ..draft })
    }

    /// Queues what a call found done, so that it finds the same when the run is taken up again, whatever the run's own writes
    /// have made of it by then; on the disk before anything that is written later.
    pub fn note_already(&self, intent: &Intent, outcome: &Outcome) {
        let (Ok(asked), Ok(found)) = (self.ledger.encode(intent), self.ledger.encode(outcome)) else {
            // Values that come from JSON go back to it.
            return;
        };
        let asked =
            Draft { address: Some(intent.address.id().0), ..Draft::new(Kind::Intent, intent.at, asked) };
        let found = Draft { status: outcome.status.code(), ..Draft::new(Kind::Outcome, outcome.at, found) };
        self.queue(asked, Some(found), None);
    }

    /// Queues the end of a row; on the disk before anything that is written later. Should it not get there,
    /// the next `intend`, `conclude` or `finish` says why. Waits a moment when thousands are queued.
    pub fn note_row(&self, row: RowEnd) {
        let draft = match self.ledger.encode(&row) {
            Ok(value) => Draft::new(Kind::Row, row.at, value),
            // Values that come from JSON go back to it.
            Err(_) => return,
        };
        let address = Some(AddressId::of_row(row.bulk, &row.key).0);
        self.send(Draft { address, status: row.status.code(), ..draft }, None);
    }

    /// What this run knows of the effect at that address, whenever it was recorded.
    pub fn recorded(&self, address: &Address) -> Option<Recorded> {
        locked(&self.core.known).at(&address.id().0)
    }

    /// How that row ended before this run was taken up again; `None` for a row that is still to be done.
    pub fn row(&self, bulk: u32, key: &str) -> Result<Option<RowEnd>, Error> {
        let Some(seq) = locked(&self.core.known).row(&AddressId::of_row(bulk, key).0) else {
            return Ok(None);
        };
        read::row_end(&self.ledger, self.number(), seq)
    }

    /// An effect of this run with its values, from the disk.
    pub fn effect(&self, effect: EffectId) -> Result<EffectRecord, Error> {
        read::effect(&self.ledger, &self.core.name, self.number(), self.known(effect)?)
    }

    /// Intents without an outcome: what a resume finds out about before anything else.
    pub fn open_intents(&self) -> Result<Vec<EffectRecord>, Error> {
        self.with(None)
    }

    /// Effects of which nobody could find out whether they happened.
    pub fn unknown(&self) -> Result<Vec<EffectRecord>, Error> {
        self.with(Some(Status::Unknown))
    }

    /// Ends the run and gives the last hash of its chain; `None` when the run left no trace.
    pub async fn finish(
        &self,
        at: Timestamp,
        state: RunState,
        counts: Counts,
    ) -> Result<Option<String>, Error> {
        if !self.core.begun.load(Ordering::Acquire) {
            locked(&self.core.state).ended = true;
            return Ok(None);
        }
        let draft = Draft::new(Kind::End, at, self.ledger.encode(&RunEnd { counts })?);
        let written = self.write(Draft { status: state.code(), ..draft }).await?;
        Ok(Some(chain::hex(&written.head)))
    }

    fn with(&self, status: Option<Status>) -> Result<Vec<EffectRecord>, Error> {
        let known = locked(&self.core.known);
        let effects: Vec<_> =
            known.effects().iter().filter(|known| known.status == status).copied().collect();
        drop(known);
        effects.into_iter().map(|effect| self.effect(effect.effect)).collect()
    }

    fn known(&self, effect: EffectId) -> Result<Recorded, Error> {
        let missing = || Error::NoSuchEffect { run: self.core.name.clone(), effect: effect.0 };
        locked(&self.core.known).effect(effect).ok_or_else(missing)
    }

    /// The run's number in the file; asked for only when something of it is there.
    fn number(&self) -> i64 {
        locked(&self.core.state).tip.map_or(0, |(number, _)| number)
    }

    async fn write(&self, draft: Draft) -> Result<Written, Error> {
        let (answer, written) = oneshot::channel();
        self.ledger.jobs()?;
        self.send(draft, Some(answer));
        written.await.unwrap_or_else(|_| Err(self.ledger.writer_gone()))
    }

    fn send(&self, draft: Draft, answer: Option<Answer>) {
        self.queue(draft, None, answer);
    }

    fn queue(&self, draft: Draft, outcome: Option<Draft>, answer: Option<Answer>) {
        self.core.begun.store(true, Ordering::Release);
        if let Ok(jobs) = self.ledger.jobs() {
            // Should the writer have died, the answer is dropped, which says as much.
            let _ = jobs.send(Job { run: self.core.clone(), draft, outcome, answer });
        }
    }
}

fn opening(ledger: &Ledger, kind: Kind, at: Timestamp, value: &impl Serialize) -> Result<Draft, Error> {
    let draft = Draft::new(kind, at, ledger.encode(value)?);
    Ok(Draft { status: RunState::Running.code(), ..draft })
}

/// `260121-h4tn9k`: sorts by day, and has no letters that look alike.
fn name(at: Timestamp, random: &[u8; 10]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789bcdfghjkmnpqrstvwxyzua";
    let letters = random[4..].iter().map(|byte| LETTERS[(byte & 31) as usize] as char);
    let day = at.strftime("%y%m%d");
    format!("{day}-{}", letters.collect::<String>())
}
