//! Bulk: one closure over many rows, several at once; each row fails or succeeds alone, and each is told of.

mod input;
mod kept;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

pub use input::{Input, place, table_problem};
use input::{Keys, located};
pub use kept::Kept;

use super::context::{Note, Scope};
use super::ledger::{self, Outcome, RowEnd, RowStatus};
use super::session::Session;
use super::slots::Slots;
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};

/// How a bulk is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub key: Option<String>,
    pub throttle_limit: Option<usize>,
    pub title: Option<String>,
    pub max_removals: Option<usize>,
    pub stop_after_errors: Option<usize>,
}

/// How a row's closure ended.
pub enum Ended {
    Done(Value),
    Skipped(String),
    Failed(Problem),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    Failed,
    Skipped,
    NotAttempted,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::NotAttempted => "not attempted",
        }
    }
}

/// What became of a row. What most rows do not have is behind one pointer.
#[derive(Clone, Debug)]
pub struct RowReport {
    pub status: Status,
    pub detail: Option<Box<Detail>>,
}

#[derive(Clone, Debug, Default)]
pub struct Detail {
    pub value: Kept,
    pub error: Option<Box<Problem>>,
    pub reason: Option<String>,
    pub notes: Vec<Note>,
}

impl RowReport {
    fn of(status: Status, detail: Detail) -> RowReport {
        let empty = detail.value.is_nothing()
            && detail.error.is_none()
            && detail.reason.is_none()
            && detail.notes.is_empty();
        RowReport { status, detail: (!empty).then(|| Box::new(detail)) }
    }
}

/// What became of all rows, in their order.
#[derive(Clone)]
pub struct Report {
    pub title: String,
    pub input: Input,
    pub key_name: Option<String>,
    pub rows: Vec<RowReport>,
    pub waited: Duration,
    pub run: Option<String>,
    /// Which bulk of the script it was, from 1.
    pub ordinal: u32,
    /// Why the bulk ended early.
    pub stopped: Option<Problem>,
    pub planned: bool,
}

impl Report {
    pub fn count(&self, status: Status) -> usize {
        self.rows.iter().filter(|row| row.status == status).count()
    }

    pub fn key(&self, index: usize) -> String {
        let key = self.input.key(index, self.key_name.as_deref());
        key.unwrap_or_else(|| match self.input.line(index) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", index + 1),
        })
    }
}

/// Runs whose rows are counted for the exit code.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub rows: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub skipped: usize,
    pub not_attempted: usize,
    pub stopped: Option<Problem>,
}

/// Rows in flight when nothing else was said.
const IN_FLIGHT: usize = 16;
/// Rows have little to keep on their stacks beyond what Rhai's own limits allow.
const ROW_STACK: usize = 16 << 20;

/// A bulk under way.
struct Running<'a> {
    session: &'a Session,
    input: &'a Input,
    key_name: Option<&'a str>,
    keys: Keys,
    ordinal: u32,
    stop_after_errors: Option<usize>,
    slots: Arc<Slots>,
    next: AtomicUsize,
    failures: AtomicUsize,
    halt: AtomicBool,
    stopped: Mutex<Option<Problem>>,
    /// Rows that were through before the run had anything in the ledger.
    early: Mutex<Vec<u32>>,
    rows: Mutex<Vec<RowReport>>,
}

impl Session {
    /// Runs `work` for each row, several at once. Waits for all of them; call it from a thread that may block.
    pub fn bulk(
        &self,
        input: Input,
        options: &Options,
        work: &(dyn Fn(usize, &Arc<Scope>) -> Ended + Sync),
    ) -> Result<Report> {
        let ordinal = self.bulks.fetch_add(1, Ordering::SeqCst) as u32 + 1;
        let key_name = input.key_name(options.key.as_deref())?;
        let title = options.title.clone().unwrap_or_else(|| match &input {
            Input::Rows(rows) => rows.table().file().to_owned(),
            Input::Values(_) => "rows".to_owned(),
        });
        let before = options.max_removals.map(|limit| self.limit_removals(limit));
        self.watch.bulk_begins(&title, input.len());
        let waited_before = self.waited();
        let width = options.throttle_limit.or(self.policy.throttle_limit).unwrap_or(IN_FLIGHT).clamp(1, 64);
        let running = Running {
            session: self,
            input: &input,
            key_name: key_name.as_deref(),
            keys: Keys::of(&input, key_name.as_deref()),
            ordinal,
            stop_after_errors: options.stop_after_errors,
            slots: Arc::new(Slots::new(width.min(input.len().max(1)))),
            next: AtomicUsize::new(0),
            failures: AtomicUsize::new(0),
            halt: AtomicBool::new(false),
            stopped: Mutex::new(None),
            early: Mutex::default(),
            rows: Mutex::new(vec![RowReport { status: Status::NotAttempted, detail: None }; input.len()]),
        };
        running.all(work);
        running.note_early();
        let (rows, stopped) = (running.rows, running.stopped);
        self.watch.bulk_ends();
        if let Some(limit) = before {
            self.removal_limit.store(limit, Ordering::SeqCst);
        }
        Ok(Report {
            title,
            key_name,
            rows: rows.into_inner().unwrap_or_else(PoisonError::into_inner),
            waited: self.waited().saturating_sub(waited_before),
            run: self.run_begun().map(|run| run.name().to_owned()),
            ordinal,
            stopped: stopped.into_inner().unwrap_or_else(PoisonError::into_inner),
            planned: self.plan.is_some(),
            input,
        })
    }

    /// Looks for the guests that a bulk invited and nobody has seen since, and counts its rows.
    pub async fn conclude_bulk(&self, report: &mut Report) -> Result<()> {
        let missing = self.guests_missing(report.ordinal).await;
        for (expected, problem) in missing? {
            let Some(row) = report.rows.get_mut(expected.index) else { continue };
            let problem = located(problem, &report.input, expected.index);
            let mut detail = row.detail.take().unwrap_or_default();
            (detail.error, detail.value) = (Some(problem.into()), Kept::Nothing);
            row.status = Status::Failed;
            row.detail = Some(detail);
            let key = Keys::of_row(&report.input, expected.index, report.key_name.as_deref());
            self.note_row(report.ordinal, &key, &report.input, expected.index, row, 1);
        }
        self.tally(report);
        Ok(())
    }

    /// Guests of a bulk, or of the script itself with 0, that do not appear.
    pub(super) async fn guests_missing(&self, bulk: u32) -> Result<Vec<(super::unseen::Expected, Problem)>> {
        let mut unseen = self.unseen.of(bulk);
        if unseen.is_empty() || self.cancel.is_cancelled() || self.plan.is_some() {
            return Ok(Vec::new());
        }
        let mut patience = self.patience(&self.script_effects, "invited guests", self.clock.now());
        loop {
            let ids: Vec<String> = unseen.iter().map(|(id, _)| id.clone()).collect();
            let Ok(there) = self.services().await?.graph.which_exist(&ids).await else {
                // Who may not look cannot tell; the next call on such a guest will.
                return Ok(Vec::new());
            };
            let there: HashSet<String> = there.into_iter().map(|id| id.to_lowercase()).collect();
            there.iter().for_each(|id| self.unseen.seen(id));
            unseen.retain(|(id, _)| !there.contains(id));
            if unseen.is_empty() {
                return Ok(Vec::new());
            }
            if !patience.once_more(Service::Graph).await? {
                break;
            }
        }
        let mut missing = Vec::new();
        for (id, expected) in unseen {
            self.unseen.seen(&id);
            let problem = Problem::new(
                Kind::Vanished,
                format!("`{}` was invited, and no guest ever appeared", expected.address),
            )
            .hint("the service lost it after it had said yes; run it again, or resume the run, to invite once more")
            .verb("new_invitation")
            .value(&expected.address);
            if let Some(run) = self.run_begun() {
                let said = json!({ "error": problem.to_json() });
                let outcome = Outcome::new(self.clock.now(), ledger::Status::Failed, said);
                run.conclude(expected.effect, outcome).await.map_err(super::ledger_problem)?;
            }
            missing.push((expected, problem));
        }
        Ok(missing)
    }

    fn note_row(&self, ordinal: u32, key: &str, input: &Input, index: usize, row: &RowReport, attempts: u32) {
        let Some(run) = self.run_begun() else { return };
        if row.status == Status::Failed {
            self.left_unfinished(ordinal, key);
        }
        let none = Detail::default();
        let detail = row.detail.as_deref().unwrap_or(&none);
        run.note_row(RowEnd {
            at: self.clock.now(),
            bulk: ordinal,
            key: key.to_owned(),
            line: input.line(index).map(u64::from),
            input: input.to_json(index),
            status: match row.status {
                Status::Done => RowStatus::Done,
                Status::Skipped => RowStatus::Skipped,
                Status::Failed | Status::NotAttempted => RowStatus::Failed,
            },
            attempts,
            result: match (&detail.error, &detail.reason) {
                (Some(problem), _) => problem.to_json(),
                (None, Some(reason)) => json!(reason),
                (None, None) => detail.value.value(),
            },
            effects: json!(detail.notes),
        });
    }

    fn left_unfinished(&self, ordinal: u32, key: &str) {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        unfinished.insert((ordinal, key.to_owned()));
    }

    fn tally(&self, report: &Report) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.rows += report.rows.len();
        tally.succeeded += report.count(Status::Done);
        tally.failed += report.count(Status::Failed);
        tally.skipped += report.count(Status::Skipped);
        tally.not_attempted += report.count(Status::NotAttempted);
        if let Some(problem) = &report.stopped {
            tally.stopped.get_or_insert(problem.clone());
        }
    }
}

impl Running<'_> {
    /// Begins threads for rows as they are wanted, and waits for the last of them.
    fn all(&self, work: &(dyn Fn(usize, &Arc<Scope>) -> Ended + Sync)) {
        std::thread::scope(|threads| {
            while self.slots.wants_a_thread() {
                let worker = || {
                    // However the thread ends, its place is free again.
                    let _gone = Gone(&self.slots);
                    self.rows(work);
                };
                let spawned = std::thread::Builder::new()
                    .name("row".to_owned())
                    .stack_size(ROW_STACK)
                    .spawn_scoped(threads, worker);
                if spawned.is_err() {
                    // No thread to be had: rows go on this one, unless others are at it.
                    self.rows(work);
                    self.slots.thread_is_gone();
                }
            }
        });
    }

    /// Rows that were through before the first write was made have their place in the ledger as well.
    fn note_early(&self) {
        if self.session.run_begun().is_none() {
            return;
        }
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        for index in self.early.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let index = index as usize;
            let key = self.keys.key(self.input, index, self.key_name);
            self.session.note_row(self.ordinal, &key, self.input, index, &rows[index], 1);
        }
    }

    /// One row after the other, as long as this thread is wanted.
    fn rows(&self, work: &(dyn Fn(usize, &Arc<Scope>) -> Ended + Sync)) {
        loop {
            if self.halt.load(Ordering::SeqCst) {
                break self.slots.over();
            }
            if self.session.cancel.is_cancelled() {
                self.stop(Problem::interrupted());
                break self.slots.over();
            }
            if let Err(problem) = self.session.may_begin() {
                self.stop(problem);
                break self.slots.over();
            }
            let index = self.next.fetch_add(1, Ordering::SeqCst);
            if index >= self.input.len() {
                break self.slots.over();
            }
            self.row(index, work);
            if !self.slots.go_on() {
                break;
            }
        }
    }

    fn stop(&self, problem: Problem) {
        self.halt.store(true, Ordering::SeqCst);
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
    }

    fn keep(&self, index: usize, report: RowReport) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)[index] = report;
    }

    fn row(&self, index: usize, work: &(dyn Fn(usize, &Arc<Scope>) -> Ended + Sync)) {
        let key = self.keys.key(self.input, index, self.key_name);
        let before = match self.before(&key) {
            Ok(before) => before,
            Err(problem) => {
                self.stop(problem);
                return;
            }
        };
        if self.session.run_begun().is_some_and(super::ledger::Run::was_resumed) {
            let mut met = self.session.met.lock().unwrap_or_else(PoisonError::into_inner);
            met.insert((self.ordinal, key.clone()));
        }
        let attempts = before.as_ref().map_or(0, |before| before.attempts);
        if let Some(done) = before.filter(|before| before.status != RowStatus::Failed) {
            self.session.watch.rows_found_done(1);
            self.keep(index, done_before(done));
            return;
        }
        let scope = Arc::new(Scope::row(self.ordinal, key.clone(), index, Some(self.slots.clone())));
        let ended = match self.keys.problem(self.input, index, self.key_name) {
            Some(problem) => Ended::Failed(problem),
            // Whatever is wrong with one row, the others and their report must not be lost with it.
            None => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(index, &scope)))
                .unwrap_or_else(|_| {
                    Ended::Failed(Problem::new(Kind::Internal, "usher itself failed at this row"))
                }),
        };
        let ended = match ended {
            // What this row would do from here on only a real run can tell: that is no failure of the row.
            Ended::Failed(problem) if problem.kind == Kind::NotKnownYet => {
                Ended::Skipped(format!("not known beyond here: {}", problem.message))
            }
            Ended::Failed(problem) => Ended::Failed(located(problem, self.input, index)),
            other => other,
        };
        if let Ended::Failed(problem) = &ended {
            let failed = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
            if problem.kind.ends_the_run() || problem.concerns_the_tenant() {
                self.stop(self.session.ends_for(problem));
            } else if self.stop_after_errors.is_some_and(|limit| failed >= limit) {
                self.stop(Problem::new(Kind::Stopped, format!("{} failed", crate::words::count(failed, "row")))
                    .hint("mend what they have in common, then resume the run; `stopAfterErrors` sets the limit"));
            }
        }
        let report = row_report(&scope, ended, |problem| self.session.puts_off(problem));
        match report.status {
            // What was put off is begun anew by a resume.
            Status::NotAttempted => self.session.left_unfinished(self.ordinal, &key),
            _ if self.session.run_begun().is_none() => {
                self.early.lock().unwrap_or_else(PoisonError::into_inner).push(index as u32);
            }
            _ => self.session.note_row(self.ordinal, &key, self.input, index, &report, attempts + 1),
        }
        self.session.watch.row_ends(report.status == Status::Failed);
        self.keep(index, report);
    }

    /// How the row ended in an earlier sitting of the run.
    fn before(&self, key: &str) -> Result<Option<RowEnd>> {
        match self.session.run_begun().filter(|run| run.was_resumed()) {
            Some(run) => run.row(self.ordinal, key).map_err(super::ledger_problem),
            None => Ok(None),
        }
    }
}

struct Gone<'a>(&'a Slots);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.thread_is_gone();
    }
}

fn done_before(end: RowEnd) -> RowReport {
    let notes: Vec<Note> = serde_json::from_value(end.effects).unwrap_or_default();
    match end.status {
        RowStatus::Skipped => RowReport {
            status: Status::Skipped,
            detail: Some(Box::new(Detail {
                reason: end.result.as_str().map(str::to_owned),
                notes,
                ..Detail::default()
            })),
        },
        _ => RowReport::of(Status::Done, Detail { value: end.result.into(), notes, ..Detail::default() }),
    }
}

fn row_report(scope: &Scope, ended: Ended, put_off: impl Fn(&Problem) -> bool) -> RowReport {
    let notes = scope.notes();
    match ended {
        Ended::Done(value) => {
            RowReport::of(Status::Done, Detail { value: value.into(), notes, ..Detail::default() })
        }
        Ended::Skipped(reason) => {
            RowReport::of(Status::Skipped, Detail { reason: Some(reason), notes, ..Detail::default() })
        }
        Ended::Failed(problem) => {
            // Stopped before it was through: it is still to be done.
            let status = if put_off(&problem) { Status::NotAttempted } else { Status::Failed };
            RowReport::of(status, Detail { error: Some(problem.into()), notes, ..Detail::default() })
        }
    }
}
