//! Bulk: one closure over many rows, several at once; each row fails or succeeds alone, and each is told of.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::context::{Note, Scope};
use super::ledger::{RowEnd, RowStatus};
use super::session::Session;
use crate::problem::{Kind, Place, Problem, Result};
use crate::table::{Row, Rows};

/// What the closure is run over.
#[derive(Clone)]
pub enum Input {
    Rows(Rows),
    Values(Arc<Vec<Value>>),
}

/// What names a row when no `key` is given: the first of these that it has.
const KEYS: &[&str] = &[
    "email",
    "invitedUserEmailAddress",
    "inviteeEmail",
    "emailAddress",
    "mail",
    "userPrincipalName",
    "memberObjectIdOrUpn",
    "id",
];

impl Input {
    pub fn len(&self) -> usize {
        match self {
            Input::Rows(rows) => rows.len(),
            Input::Values(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn row(&self, index: usize) -> Option<Row> {
        match self {
            Input::Rows(rows) => rows.get(index),
            Input::Values(_) => None,
        }
    }

    pub fn line(&self, index: usize) -> Option<u32> {
        self.row(index).map(|row| row.line())
    }

    /// The name of the column or property that keys come from.
    fn key_name(&self, wanted: Option<&str>) -> Result<Option<String>> {
        match (self, wanted) {
            (Input::Rows(rows), Some(name)) => match rows.table().column(name) {
                Ok(_) => Ok(Some(name.to_owned())),
                Err(error) => Err(table_problem(&error).option("key")),
            },
            (Input::Rows(rows), None) => {
                Ok(KEYS.iter().find(|name| rows.table().find(name).is_some()).map(|name| (*name).to_owned()))
            }
            (Input::Values(values), Some(name)) => match values.is_empty()
                || values.iter().any(|value| value.get(name).is_some())
            {
                true => Ok(Some(name.to_owned())),
                false => Err(Problem::new(Kind::InvalidOption, format!("no row has a property `{name}`"))
                    .option("key")),
            },
            (Input::Values(values), None) => {
                let first = values.first().and_then(Value::as_object);
                Ok(first
                    .and_then(|first| KEYS.iter().find(|name| first.contains_key(**name)))
                    .map(|name| (*name).to_owned()))
            }
        }
    }

    fn key(&self, index: usize, name: Option<&str>) -> Option<String> {
        let name = name?;
        let text = match self {
            Input::Rows(rows) => rows.get(index)?.get(name).ok()??.into_owned(),
            Input::Values(values) => match values.get(index)?.get(name)? {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        };
        // Addresses do not differ by letter case.
        Some(if text.contains('@') { text.to_lowercase() } else { text })
    }

    /// Everything in the row, for a key where no column gives one.
    fn digest(&self, index: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Input::Rows(rows) => rows.get(index).map(|row| row.raw().to_owned()).hash(&mut hasher),
            Input::Values(values) => values.get(index).map(Value::to_string).hash(&mut hasher),
        }
        hasher.finish()
    }

    pub fn to_json(&self, index: usize) -> Value {
        match self {
            Input::Rows(rows) => {
                rows.get(index).map(|row| Value::Object(row.to_object())).unwrap_or_default()
            }
            Input::Values(values) => values.get(index).cloned().unwrap_or_default(),
        }
    }

    /// The cell of a row that holds a value a message is about, alone or as one of a list.
    pub fn place_of(&self, index: usize, value: &str) -> Option<Place> {
        let row = self.row(index)?;
        let holds = |cell: &str| cell == value || cell.split([';', ',']).any(|part| part.trim() == value);
        let (column, _) = row.cells().find(|(_, cell)| cell.as_deref().is_some_and(holds))?;
        row.place(column.name()).map(place)
    }

    fn place_of_row(&self, index: usize) -> Option<Place> {
        let row = self.row(index)?;
        Some(Place {
            file: row.table().file().to_owned(),
            line: row.line() as usize,
            column: None,
            header: None,
        })
    }
}

/// A place of the table room in usher's own words.
pub fn place(place: crate::table::Place) -> Place {
    Place {
        file: place.file.to_string(),
        line: place.line as usize,
        column: Some(place.column as usize),
        header: place.header,
    }
}

/// What is wrong with a file as a whole.
pub fn table_problem(error: &crate::table::Error) -> Problem {
    let problem = Problem::new(Kind::File, error.to_string());
    match error.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

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
    pub value: Value,
    pub error: Option<Problem>,
    pub reason: Option<String>,
    pub notes: Vec<Note>,
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
        let keys = Keys::of(&input, key_name.as_deref());
        let title = options.title.clone().unwrap_or_else(|| match &input {
            Input::Rows(rows) => rows.table().file().to_owned(),
            Input::Values(_) => "rows".to_owned(),
        });
        let before = options.max_removals.map(|limit| self.limit_removals(limit));
        self.watch.bulk_begins(&title, input.len());
        let waited_before = self.waited();
        let rows = Mutex::new(vec![RowReport { status: Status::NotAttempted, detail: None }; input.len()]);
        let early = Mutex::new(Vec::new());
        let next = AtomicUsize::new(0);
        let failures = AtomicUsize::new(0);
        let halt = AtomicBool::new(false);
        let stopped: Mutex<Option<Problem>> = Mutex::new(None);
        let stop = |problem: Problem| {
            halt.store(true, Ordering::SeqCst);
            stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
        };
        let one = |index: usize| {
            let key = keys.key(&input, index, key_name.as_deref());
            let scope = Arc::new(Scope::row(ordinal, key.clone(), index));
            let ended = match keys.problem(&input, index, key_name.as_deref()) {
                Some(problem) => Ended::Failed(problem),
                // Whatever is wrong with one row, the others and their report must not be lost with it.
                None => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(index, &scope)))
                    .unwrap_or_else(|_| {
                        Ended::Failed(Problem::new(Kind::Internal, "usher itself failed at this row"))
                    }),
            };
            let ended = match ended {
                Ended::Failed(problem) => Ended::Failed(located(problem, &input, index)),
                other => other,
            };
            if let Ended::Failed(problem) = &ended {
                let failed = failures.fetch_add(1, Ordering::SeqCst) + 1;
                if problem.kind.ends_the_run() || problem.concerns_the_tenant() {
                    stop(self.ends_for(problem));
                } else if options.stop_after_errors.is_some_and(|limit| failed >= limit) {
                    stop(Problem::new(Kind::Stopped, format!("{} failed", crate::words::count(failed, "row")))
                        .hint("mend what they have in common, then run it again; `stopAfterErrors` sets the limit"));
                }
            }
            let report = self.row_report(ordinal, &key, &input, index, &scope, ended, &early);
            self.watch.row_ends(report.status == Status::Failed);
            rows.lock().unwrap_or_else(PoisonError::into_inner)[index] = report;
        };
        let threads = options
            .throttle_limit
            .or(self.policy.throttle_limit)
            .unwrap_or(IN_FLIGHT)
            .clamp(1, 64)
            .min(input.len().max(1));
        std::thread::scope(|threads_of| {
            for n in 0..threads {
                let worker = || loop {
                    if halt.load(Ordering::SeqCst) {
                        break;
                    }
                    if self.cancel.is_cancelled() {
                        stop(Problem::interrupted());
                        break;
                    }
                    if let Err(problem) = self.may_begin() {
                        stop(problem);
                        break;
                    }
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    if index >= input.len() {
                        break;
                    }
                    one(index);
                };
                let spawned = std::thread::Builder::new()
                    .name(format!("row-{n}"))
                    .stack_size(ROW_STACK)
                    .spawn_scoped(threads_of, worker);
                if spawned.is_err() && n == 0 {
                    // No thread to be had: the rows go one by one on this one.
                    worker();
                }
            }
        });
        self.watch.bulk_ends();
        if let Some(limit) = before {
            self.removal_limit.store(limit, Ordering::SeqCst);
        }
        let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Rows that were through before the first write was made have their place in the ledger as well.
        if let Some(run) = self.run_begun() {
            for index in early.into_inner().unwrap_or_else(PoisonError::into_inner) {
                let index = index as usize;
                let RowReport { status, detail } = rows[index].clone();
                if status != Status::NotAttempted {
                    let key = keys.key(&input, index, key_name.as_deref());
                    let detail = detail.map_or_else(Detail::default, |detail| *detail);
                    run.note_row(self.row_end(ordinal, &key, &input, index, status, &detail));
                }
            }
        }
        let report = Report {
            title,
            input,
            key_name,
            rows,
            waited: self.waited().saturating_sub(waited_before),
            run: self.run_begun().map(|run| run.name().to_owned()),
            stopped: stopped.into_inner().unwrap_or_else(PoisonError::into_inner),
            planned: self.plan.is_some(),
        };
        self.tally(&report);
        Ok(report)
    }

    #[allow(clippy::too_many_arguments)]
    fn row_report(
        &self,
        ordinal: u32,
        key: &str,
        input: &Input,
        index: usize,
        scope: &Scope,
        ended: Ended,
        early: &Mutex<Vec<u32>>,
    ) -> RowReport {
        let notes = scope.notes();
        let (status, detail) = match ended {
            Ended::Done(value) => (Status::Done, Detail { value, notes, ..Detail::default() }),
            Ended::Skipped(reason) => {
                (Status::Skipped, Detail { reason: Some(reason), notes, ..Detail::default() })
            }
            // Stopped before it was through: it is still to be done.
            Ended::Failed(problem) if self.puts_off(&problem) => {
                (Status::NotAttempted, Detail { error: Some(problem), notes, ..Detail::default() })
            }
            Ended::Failed(problem) => {
                (Status::Failed, Detail { error: Some(problem), notes, ..Detail::default() })
            }
        };
        match self.run_begun().filter(|_| status != Status::NotAttempted) {
            Some(run) => run.note_row(self.row_end(ordinal, key, input, index, status, &detail)),
            None => early.lock().unwrap_or_else(PoisonError::into_inner).push(index as u32),
        }
        let empty = detail.value.is_null()
            && detail.error.is_none()
            && detail.reason.is_none()
            && detail.notes.is_empty();
        RowReport { status, detail: (!empty).then(|| Box::new(detail)) }
    }

    fn row_end(
        &self,
        ordinal: u32,
        key: &str,
        input: &Input,
        index: usize,
        status: Status,
        detail: &Detail,
    ) -> RowEnd {
        RowEnd {
            at: self.clock.now(),
            bulk: ordinal,
            key: key.to_owned(),
            line: input.line(index).map(u64::from),
            input: input.to_json(index),
            status: match status {
                Status::Done => RowStatus::Done,
                Status::Skipped => RowStatus::Skipped,
                Status::Failed | Status::NotAttempted => RowStatus::Failed,
            },
            attempts: 1,
            result: match (&detail.error, &detail.reason) {
                (Some(problem), _) => problem.to_json(),
                (None, Some(reason)) => json!(reason),
                (None, None) => detail.value.clone(),
            },
            effects: json!(detail.notes),
        }
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

/// Fills in where the offending value stands.
fn located(mut problem: Problem, input: &Input, index: usize) -> Problem {
    if problem.place.is_none() {
        let cell = problem.value.as_deref().and_then(|value| input.place_of(index, value));
        problem.place = cell.or_else(|| input.place_of_row(index));
    }
    problem
}

/// The rows' keys: which ones stand twice is known before any row is begun.
struct Keys {
    /// The first row of the same key, for rows that come later.
    repeats: HashMap<u32, u32>,
    ordinals: HashMap<u32, u32>,
}

impl Keys {
    fn of(input: &Input, name: Option<&str>) -> Keys {
        // Hashes, not texts: a million addresses would weigh more than the file.
        let mut first: HashMap<u64, u32> = HashMap::with_capacity(input.len());
        let mut keys = Keys { repeats: HashMap::new(), ordinals: HashMap::new() };
        let mut equals: HashMap<u64, u32> = HashMap::new();
        for index in 0..input.len() {
            let n = index as u32;
            match input.key(index, name) {
                Some(key) => {
                    let mut hasher = DefaultHasher::new();
                    key.hash(&mut hasher);
                    match first.entry(hasher.finish()) {
                        Entry::Occupied(known) => {
                            keys.repeats.insert(n, *known.get());
                        }
                        Entry::Vacant(free) => {
                            free.insert(n);
                        }
                    }
                }
                None => {
                    let nth = equals.entry(input.digest(index)).or_default();
                    keys.ordinals.insert(n, *nth);
                    *nth += 1;
                }
            }
        }
        keys
    }

    fn key(&self, input: &Input, index: usize, name: Option<&str>) -> String {
        match input.key(index, name) {
            // A repeated row gets a key of its own, so that its failure is not taken for the first one's.
            Some(key) if self.repeats.contains_key(&(index as u32)) => {
                format!("{key} (again, row {})", index + 1)
            }
            Some(key) => key,
            None => {
                format!("{:016x}-{}", input.digest(index), self.ordinals.get(&(index as u32)).unwrap_or(&0))
            }
        }
    }

    /// What keeps a row from being begun.
    fn problem(&self, input: &Input, index: usize, name: Option<&str>) -> Option<Problem> {
        if let Some(row) = input.row(index)
            && let Some(fault) = row.problem()
        {
            let mut problem = Problem::new(Kind::InvalidInput, fault.to_string());
            problem.hint = fault.hint().map(str::to_owned);
            problem.place = row.problem_place().map(place);
            return Some(problem);
        }
        let first = *self.repeats.get(&(index as u32))? as usize;
        let value = match input {
            Input::Rows(rows) => {
                name.and_then(|name| rows.get(index)?.get(name).ok()?.map(|cell| cell.into_owned()))
            }
            Input::Values(_) => None,
        };
        let other = match input.line(first) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", first + 1),
        };
        let problem = Problem::new(Kind::InvalidInput, format!("stands twice: {other} has it too"))
            .hint("remove one of the two; the first was done");
        Some(match value {
            Some(value) => {
                Problem { message: format!("`{value}` stands twice: {other} has it too"), ..problem }
                    .value(value)
            }
            None => problem,
        })
    }
}
