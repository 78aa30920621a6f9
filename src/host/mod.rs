//! The only room that knows Rhai: engine, values, schema check, errors, modules, limits. It makes closures into plain functions.

mod bulk;
mod calls;
mod cell;
mod data;
mod date;
mod elsewhere;
mod engine;
pub mod errors;
mod extras;
mod humane;
mod index;
mod known;
pub mod library;
mod modules;
mod needs;
pub mod pieces;
mod powershell;
mod record;
mod rows;
pub mod schema;
mod script;
mod show;
mod sources;
mod unfinished;
mod values;

use std::fs::File;
use std::future::Future;
use std::io::{BufWriter, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::runtime::Handle;

pub use elsewhere::{Elsewhere, not_listed};
pub use errors::{Frame, ScriptError};
pub use known::{Named, Thing};
pub use modules::LIBRARY;
pub use needs::verbs_called;
pub use script::{Answer, Interpreter, LAST};
pub use show::Look;

use index::Index;
use sources::Sources;

use crate::disk;
use crate::problem::Result;
use crate::runs::bulk::{Detail, Input, Report, Status};
use crate::runs::session::Session;
use crate::table::{FailedWriter, ResultsWriter, WriteOptions};
use crate::terminal;

/// Where a script's own output goes.
pub trait Output: Send + Sync {
    fn print(&self, text: &str);
}

/// What every script of a run shares.
pub struct Host {
    own: Arc<Session>,
    /// Sessions of other tenants that the script is in at this moment, the last one on top.
    visits: Mutex<Vec<Arc<Session>>>,
    elsewhere: OnceLock<Box<dyn Elsewhere>>,
    runtime: Handle,
    output: Arc<dyn Output>,
    look: Look,
    index: Arc<Index>,
    sources: Arc<Sources>,
    written: Mutex<Vec<String>>,
    /// What the script was given on the command line.
    arguments: Mutex<Vec<String>>,
    /// A word in the names of files that bulks write.
    named: OnceLock<String>,
    /// Bulks whose result the script has not shown yet.
    unshown: Mutex<Vec<Arc<Report>>>,
}

impl Host {
    pub fn new(session: Arc<Session>, runtime: Handle, output: Arc<dyn Output>, look: Look) -> Arc<Host> {
        Arc::new(Host {
            own: session,
            visits: Mutex::default(),
            elsewhere: OnceLock::new(),
            runtime,
            output,
            look,
            index: Arc::default(),
            sources: Arc::default(),
            written: Mutex::default(),
            arguments: Mutex::default(),
            named: OnceLock::new(),
            unshown: Mutex::default(),
        })
    }

    /// What the script was given on the command line, for modules that ask for it.
    fn given(&self, arguments: &[String]) {
        *self.arguments.lock().unwrap_or_else(PoisonError::into_inner) = arguments.to_vec();
    }

    /// The session of the tenant that the script is in.
    pub fn session(&self) -> Arc<Session> {
        let visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.last().unwrap_or(&self.own).clone()
    }

    /// Tenants that `in_tenant` may go to; without them it may go nowhere.
    pub fn may_go(&self, elsewhere: Box<dyn Elsewhere>) {
        let _ = self.elsewhere.set(elsewhere);
    }

    /// Puts a word into the names of files that bulks write: other runs write beside this one.
    pub fn names_files(&self, word: &str) {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let _ = self.named.set(word.chars().map(plain).collect());
    }

    /// Goes on in another session, until it goes on in another one again or back in its own.
    pub fn goes_on_in(&self, session: Option<Arc<Session>>) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.clear();
        visits.extend(session);
    }

    /// Work that nobody waits for.
    pub fn aside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// How values are shown; a terminal may have been made wider since the start.
    pub fn look(&self) -> Look {
        Look { width: self.look.width.and_then(|_| terminal::width()), ..self.look }
    }

    /// Waits for a call on this thread, which is none of the runtime's; Ctrl-C ends the wait.
    fn wait<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        // A call that writes watches the cancelling itself, so that what was sent is recorded.
        self.runtime.block_on(call)
    }

    /// A line of a source, for showing an error.
    pub fn source_line(&self, source: &str, line: usize) -> Option<String> {
        self.sources.line(source, line)
    }

    /// Files that bulks wrote, for the last lines of a run.
    pub fn files_written(&self) -> Vec<String> {
        self.written.lock().map(|written| written.clone()).unwrap_or_default()
    }

    /// What the script kept to itself about rows that failed, for the end of a run: nobody should have to guess.
    pub fn untold(&self) -> Vec<String> {
        let unshown =
            self.unshown.lock().map(|mut unshown| std::mem::take(&mut *unshown)).unwrap_or_default();
        let troubled = |report: &Arc<Report>| report.stopped.is_some() || report.count(Status::Failed) > 0;
        unshown.iter().filter(|report| troubled(report)).map(|report| show::troubles(report)).collect()
    }

    fn shown(&self, report: &Arc<Report>) {
        if let Ok(mut unshown) = self.unshown.lock() {
            unshown.retain(|known| !Arc::ptr_eq(known, report));
        }
    }

    /// Shows a bulk whose result the script will not get to print.
    fn unprinted(&self, report: Arc<Report>) {
        self.output.print(&show::report(&report, self.look()));
    }

    /// `<input>.results.csv`, and `<input>.failed.csv` if rows failed, in the working directory. What was done is done: a
    /// file that cannot be written is told of, and takes nothing else with it.
    fn wrote_results(&self, report: &Report) {
        let Input::Rows(rows) = &report.input else { return };
        if report.planned || rows.is_empty() {
            return;
        }
        let stem = std::path::Path::new(rows.table().file())
            .file_stem()
            .map_or_else(|| "rows".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let stem = match self.named.get() {
            Some(word) => format!("{stem}.{word}"),
            None => stem,
        };
        // A second bulk over the same file, or another file of the same name, must not take the first one's place.
        let taken = self.files_written();
        let name = |what: &str, n: usize| match n {
            1 => format!("{stem}.{what}.csv"),
            n => format!("{stem}.{what}-{n}.csv"),
        };
        let n = (1..).find(|n| !taken.contains(&name("results", *n))).unwrap_or(1);
        self.write_file(name("results", n), |out| results(report, rows, out));
        let unfinished = |status: Status| matches!(status, Status::Failed | Status::NotAttempted);
        match report.rows.iter().any(|row| unfinished(row.status)) {
            true => self.write_file(name("failed", n), |out| failures(report, rows, unfinished, out)),
            false => self.remove_stale(&name("failed", n)),
        }
    }

    fn write_file(&self, path: String, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) {
        let real = self.session().folders.writable(&path);
        let written = real.and_then(|real| disk::write_private_with(&real, write));
        match written {
            Ok(()) => {
                if let Ok(mut files) = self.written.lock() {
                    files.push(path);
                }
            }
            Err(reason) => {
                self.session().watch.says(&format!("warning: `{path}` could not be written: {reason}"))
            }
        }
    }
}

impl Host {
    /// The failed rows of an earlier run would mislead once none fails any more. Only a file that usher wrote goes.
    fn remove_stale(&self, path: &str) {
        let ours = |real: &std::path::Path| {
            let text = disk::read(real).unwrap_or_default();
            String::from_utf8_lossy(&text)
                .lines()
                .take(3)
                .any(|line| line.contains(crate::table::ERROR_COLUMN))
        };
        if let Ok(real) = self.session().folders.writable(path)
            && real.is_file()
            && ours(&real)
            && disk::remove(&real).is_ok()
        {
            self.session().say_once(&format!("removed {path}: no row fails any more"));
        }
    }
}

fn results(report: &Report, rows: &crate::table::Rows, out: impl Write) -> std::io::Result<()> {
    let mut csv = ResultsWriter::new(
        out,
        rows.table(),
        &["value", "error", "effects"],
        WriteOptions::like(rows.table()),
    )?;
    let none = Detail::default();
    for (index, row) in rows.iter().enumerate() {
        let outcome = &report.rows[index];
        let detail = outcome.detail.as_deref().unwrap_or(&none);
        let error = detail.error.as_ref().map(|problem| problem.sentence()).or_else(|| detail.reason.clone());
        let told = |note: &crate::runs::context::Note| match &note.detail {
            Some(why) => format!("{} {}: {} ({why})", note.verb, note.target, note.outcome.word()),
            None => format!("{} {}: {}", note.verb, note.target, note.outcome.word()),
        };
        let effects = detail.notes.iter().map(told).collect::<Vec<_>>().join("; ");
        csv.write(
            &row,
            &report.key(index),
            show::word(report, index),
            &[detail.value.value(), error.into(), effects.into()],
        )?;
    }
    csv.finish().map(drop)
}

fn failures(
    report: &Report,
    rows: &crate::table::Rows,
    unfinished: impl Fn(Status) -> bool,
    out: impl Write,
) -> std::io::Result<()> {
    let mut csv = FailedWriter::new(out, rows.table())?;
    for (index, row) in rows.iter().enumerate().filter(|(index, _)| unfinished(report.rows[*index].status)) {
        let detail = report.rows[index].detail.as_deref();
        let error = detail
            .and_then(|detail| detail.error.as_ref())
            .map_or_else(|| "not attempted".to_owned(), |problem| problem.sentence());
        csv.write(&row, &error)?;
    }
    csv.finish().map(drop)
}

fn an(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" }
}
