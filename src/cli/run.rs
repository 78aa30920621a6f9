//! `usher run`, and the prompt.

mod prompt;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clap::Args;
use jiff::Timestamp;

use super::beside::{Beside, Opened};
use super::exit::Exit;
use super::progress::Console;
use super::setup::{Parts, banner, session, start_log};
use super::tenant::SANDBOX;
use super::{Common, Format, lock, many, powershell, preview, report, runtime};
use crate::disk;
use crate::host::{Answer, Host, Interpreter, Look, ScriptError};
use crate::powershell::Severity;
use crate::runs::ledger::{RunState, SHORT_HEAD, fingerprint};
use crate::runs::saved::{Contents, HOLDS, SavedPlan};
use crate::runs::session::{Session, Watch};
use crate::terminal;
use crate::transport::Cancel;

pub use prompt::prompt;

/// Scripts call each other deep, and values nest.
const SCRIPT_STACK: usize = 64 << 20;

/// What errors call a line of code.
pub(super) const CODE: &str = "-e";
/// How many writes that were planned and not needed are named.
const LISTED: usize = 10;
/// What the ledger calls the lines of a prompt.
const PROMPT: &str = "prompt";

#[derive(Args)]
pub struct Run {
    /// The script, in Rhai or PowerShell, and what it finds in `args`; what follows `--` is the script's alone
    #[arg(value_name = "SCRIPT [ARG]", required_unless_present = "execute")]
    script: Vec<String>,
    /// Run this line, in Rhai or PowerShell, instead of a script; its value is printed
    #[arg(short = 'e', long, value_name = "CODE", allow_hyphen_values = true)]
    execute: Option<String>,
    /// Take up a run that did not go through; the script may have been corrected in between
    #[arg(long, value_name = "RUN", conflicts_with_all = ["what_if", "plan"])]
    resume: Option<String>,
    /// With --resume: do once more what may or may not have happened
    #[arg(long, requires = "resume")]
    repeat_unknown: bool,
    /// With --what-if: save the plan to this file
    #[arg(long, value_name = "FILE", requires = "what_if")]
    plan_out: Option<PathBuf>,
    /// Run it once for each tenant in this file, a few at a time: a name in each line, or with --customer's partner profile as --tenant a domain or id
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resume", "plan", "plan_out", "with_tenant", "customer", "sandbox"])]
    tenants: Option<PathBuf>,
    /// Of --tenants, how many at once
    #[arg(long, value_name = "N", requires = "tenants", default_value_t = many::AT_ONCE, hide_default_value = true)]
    tenants_at_once: usize,
    /// Carry out exactly this plan, and stop at the first write that is not in it
    #[arg(long, value_name = "FILE", conflicts_with = "what_if")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Run {
    pub fn main(mut self) -> Exit {
        if let Some(file) = &self.tenants {
            return many::main(file, self.tenants_at_once.max(1), &self.common);
        }
        let job = match self.execute.take() {
            Some(code) => Job::line(code, std::mem::take(&mut self.script)),
            None => {
                let mut words = std::mem::take(&mut self.script).into_iter();
                let script = words.next().unwrap_or_default();
                Job::file(&script, words.collect())
            }
        };
        let job = match job {
            Ok(job) => Job { resume: self.resume, plan_out: self.plan_out, ..job },
            Err((error, exit)) => {
                terminal::say(&error);
                return exit;
            }
        };
        let mut common = self.common;
        common.special.repeat_unknown = self.repeat_unknown;
        if let Some(file) = &self.plan {
            match SavedPlan::read(file) {
                Ok(plan) => common.special.carry_out = Some(Arc::new(plan)),
                Err(problem) => {
                    terminal::say(&report::problem(&problem));
                    return Exit::Usage;
                }
            }
        }
        work(common, job)
    }
}

/// Runs a job to its end.
pub(super) fn work(common: Common, job: Job) -> Exit {
    with_session(common, move |stage| stage.run(&job))
}

/// What is run.
pub(super) struct Job {
    name: String,
    text: String,
    arguments: Vec<String>,
    root: Option<PathBuf>,
    /// The run that is taken up again.
    resume: Option<String>,
    plan_out: Option<PathBuf>,
    /// The PowerShell that the text comes from.
    original: Option<powershell::Script>,
}

impl Job {
    /// A line as it was typed, in Rhai or PowerShell, or what to say instead, and how to end.
    fn line(text: String, arguments: Vec<String>) -> Result<Job, (String, Exit)> {
        match powershell::Script::of_line(CODE, &text) {
            Some(original) => match original.refusal() {
                Some(why) => Err((why, Exit::Script)),
                None => {
                    let job = Job::code(original.conversion.code.clone(), arguments);
                    Ok(Job { original: Some(original), ..job })
                }
            },
            None => Ok(Job::code(text, arguments)),
        }
    }

    /// A line of Rhai.
    pub(super) fn code(text: String, arguments: Vec<String>) -> Job {
        let root = std::env::current_dir().ok();
        Job { name: CODE.to_owned(), text, arguments, root, resume: None, plan_out: None, original: None }
    }

    pub(super) fn resuming(self, run: &str) -> Job {
        Job { resume: Some(run.to_owned()), ..self }
    }

    /// A script from its file, or what to say instead, and how to end.
    pub(super) fn file(script: &str, arguments: Vec<String>) -> Result<Job, (String, Exit)> {
        let usage = |error: String| (error, Exit::Usage);
        if script.to_lowercase().ends_with(".csv") {
            return Err(usage(format!(
                "error: `{script}` is a list, not a script\nhint: usher run scripts/onboard.rhai {script}"
            )));
        }
        let (text, original) = match powershell::is_script(script) {
            true => {
                let original = powershell::Script::read(script).map_err(usage)?;
                original.refusal().map_or(Ok(()), |why| Err((why, Exit::Script)))?;
                (original.conversion.code.clone(), Some(original))
            }
            false => {
                let bytes =
                    disk::read(Path::new(script)).map_err(|error| usage(format!("error: {error}")))?;
                let text = String::from_utf8(bytes)
                    .map_err(|_| usage(format!("error: `{script}` is not UTF-8 text")))?;
                (text, None)
            }
        };
        let folder = Path::new(script).parent().filter(|folder| !folder.as_os_str().is_empty());
        let root = Some(folder.unwrap_or(Path::new(".")).to_owned());
        Ok(Job { name: script.to_owned(), text, arguments, root, resume: None, plan_out: None, original })
    }
}

/// What a run works with, on its own thread.
pub(super) struct Stage {
    pub(super) host: Arc<Host>,
    pub(super) runtime: tokio::runtime::Handle,
    console: Arc<Console>,
    /// Where else the script went.
    beside: Opened,
    /// When it may begin, if not at once.
    begin: Option<Timestamp>,
    common: Common,
    /// The prompt waits for a line, and there is nothing that Ctrl-C could stop.
    idle: Arc<AtomicBool>,
    /// How many effects and files of this session were told of.
    told: (AtomicUsize, AtomicUsize),
}

/// Sets a session up, runs `work` on a thread with room for deep scripts, and waits for it.
pub(super) fn with_session(common: Common, work: impl FnOnce(&Stage) -> Exit + Send + 'static) -> Exit {
    let Parts { session, console, begin, simulated } = match session(&common) {
        Ok(parts) => parts,
        Err((problem, exit)) => {
            terminal::say(&report::problem(&problem));
            return exit;
        }
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::say(&format!("error: no threads to work with: {error}"));
            return Exit::Script;
        }
    };
    start_log(&common);
    let idle = Arc::new(AtomicBool::new(false));
    runtime.spawn(interrupts(session.cancel.clone(), console.clone(), idle.clone()));
    match runtime.block_on(banner(&common, &session, simulated)) {
        Ok(line) if !common.quiet => terminal::say(&line),
        Ok(_) => {}
        Err(problem) => {
            terminal::say(&report::problem(&problem));
            runtime.shutdown_background();
            return Exit::of(&problem);
        }
    }
    let look = Look { width: terminal::width(), color: terminal::colors(), ..Look::default() };
    let kept = session.clone();
    let (elsewhere, beside) = Beside::new(&common, session.clone(), console.clone());
    let host = Host::new(session, runtime.handle().clone(), console.clone(), look);
    host.may_go(Box::new(elsewhere));
    common.files_named.iter().for_each(|word| host.names_files(word));
    let stage = Stage {
        host,
        runtime: runtime.handle().clone(),
        console,
        beside,
        begin,
        common,
        idle,
        told: Default::default(),
    };
    let script = std::thread::Builder::new()
        .name("script".into())
        .stack_size(SCRIPT_STACK)
        .spawn(move || work(&stage));
    let exit = match script.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        // usher itself failed: what was done is still written down as far as it got.
        _ => {
            let _ = runtime.block_on(kept.finish(RunState::Failed));
            Exit::Script
        }
    };
    // What still waits on the network has nobody left to tell.
    runtime.shutdown_background();
    exit
}

/// Ctrl-C once finishes what is in flight, twice ends at once. A prompt that waits for a line has nothing to stop.
async fn interrupts(cancel: Cancel, console: Arc<Console>, idle: Arc<AtomicBool>) {
    loop {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        if idle.load(Ordering::SeqCst) {
            continue;
        }
        if cancel.is_cancelled() {
            console.ends_at_once();
            std::process::exit(Exit::Interrupted.code().into());
        }
        // Said first: what is cancelled may be over, and usher gone, in a moment.
        console.says(match (console.is_waiting_to_begin(), console.is_asking()) {
            (true, _) => "\ninterrupted: nothing was begun",
            (_, true) => "\ninterrupted",
            _ => "\ninterrupted: finishing what was sent; Ctrl-C again ends at once",
        });
        cancel.cancel();
    }
}

impl Stage {
    /// Asks the person for a yes to all of it.
    pub(super) fn asks(&self, question: &str) -> bool {
        self.console.asks_in_any_case(question)
    }

    fn run(&self, job: &Job) -> Exit {
        let session = &self.host.session();
        if let Ok(mut subject) = session.subject.lock() {
            subject.script = job.name.clone();
            subject.script_hash = fingerprint(job.text.as_bytes());
            subject.arguments = job.arguments.clone();
            subject.code = (job.name == CODE).then(|| job.text.clone());
            subject.folder =
                std::env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
        }
        if let Err(exit) = self.may_begin(job) {
            return exit;
        }
        for argument in &job.arguments {
            session.folders.admit(Path::new(argument));
        }
        let exit = match self.begin(job) {
            Ok(()) => self.interpret(job),
            Err(problem) => {
                terminal::say(&report::problem(&problem));
                return self.end(Exit::of(&problem));
            }
        };
        self.tell_what_is_left(exit);
        let mut wrote = None;
        if let Some(file) = &job.plan_out {
            if let Err(problem) = self.save_plan(job, file) {
                terminal::say(&report::problem(&problem));
                return self.end(Exit::of(&problem));
            }
            wrote = Some(format!("wrote {}", file.display()));
        }
        if job.name == CODE {
            self.tell_what_was_done();
        }
        let exit = self.end(exit);
        wrote.iter().for_each(|line| terminal::say(line));
        exit
    }

    fn interpret(&self, job: &Job) -> Exit {
        let mut interpreter = Interpreter::new(self.host.clone(), job.root.clone());
        let mut name = job.name.clone();
        if let Some(original) = &job.original {
            // Lines of errors are those of the Rhai; the name says so.
            name = original.rhai_name();
            if !self.common.quiet {
                // Why nothing is done is worth more than a note.
                let least =
                    if original.conversion.does_something() { Severity::Warning } else { Severity::Note };
                original.remarks(least).iter().for_each(|remark| terminal::say(remark));
            }
        }
        match interpreter.run(&name, &job.text, &job.arguments) {
            Ok(answer) => {
                self.write(&answer);
                match answer.exit_code() {
                    Some(code @ 1..) => Exit::Own(code),
                    _ => Exit::of_rows(&self.beside.with(self.host.session().tally_so_far())),
                }
            }
            Err(error) => self.failed(&error, job.original.as_ref()),
        }
    }

    /// What comes before the script: the plan is held against it, an earlier run is taken up.
    fn begin(&self, job: &Job) -> crate::problem::Result<()> {
        let session = &self.host.session();
        if let Some(plan) = &session.policy.carry_out {
            plan.is_of(&fingerprint(job.text.as_bytes()), &job.arguments)?;
            // By the tenant's clock, which is known once signed in.
            let tenant = &self.runtime.block_on(session.services())?.tenant;
            plan.is_current(session.clock.now())?;
            plan.is_for(&tenant.id, &tenant.domain)?;
        }
        if let Some(run) = &job.resume {
            let settled = self.runtime.block_on(session.resume(run, &crate::catalogue::Table))?;
            super::runs::tell_settled(&settled, &session.watch);
        }
        Ok(())
    }

    /// What an earlier sitting or a plan had that the script did not ask for.
    fn tell_what_is_left(&self, exit: Exit) {
        if !matches!(exit, Exit::Done | Exit::RowsFailed) {
            return;
        }
        let session = &self.host.session();
        match session.not_asked_for() {
            Ok(left) if !left.is_empty() => {
                terminal::say(
                    "note: done earlier in this run, and not asked for any more; it stays as it is:",
                );
                left.iter().for_each(|line| terminal::say(&format!("  {line}")));
            }
            Ok(_) => {}
            Err(problem) => terminal::say(&report::problem(&problem)),
        }
        if let Some(plan) = &session.policy.carry_out {
            let left = plan.left();
            for effect in left.iter().take(LISTED) {
                terminal::say(&format!("note: planned and not needed: {} {}", effect.verb, effect.target));
            }
            if left.len() > LISTED {
                let more = crate::words::thousands(left.len() - LISTED);
                terminal::say(&format!("note: planned and not needed: {more} more"));
            }
        }
    }

    fn save_plan(&self, job: &Job, file: &Path) -> crate::problem::Result<()> {
        let session = &self.host.session();
        let Some(plan) = &session.plan else { return Ok(()) };
        let tenant = &self.runtime.block_on(session.services())?.tenant;
        let now = session.clock.now();
        let contents = Contents {
            format: 0,
            usher: env!("CARGO_PKG_VERSION").to_owned(),
            tenant_id: tenant.id.clone(),
            tenant_domain: tenant.domain.clone(),
            script: job.name.clone(),
            script_hash: fingerprint(job.text.as_bytes()),
            code: (job.name == CODE).then(|| job.text.clone()),
            arguments: job.arguments.clone(),
            author: super::plan::who(Some(&tenant.operator)),
            made: now,
            expires: now.checked_add(HOLDS).unwrap_or(now),
            effects: Vec::new(),
        };
        SavedPlan::of(plan, contents).write(file)
    }

    /// Takes the script for this process, and waits for the window to open; before anybody signs in.
    fn may_begin(&self, job: &Job) -> Result<(), Exit> {
        if job.name != CODE && !self.common.what_if {
            let session = &self.host.session();
            let name = session.tenant_name();
            // A real tenant is the same one under whatever name.
            let tenant = match name == SANDBOX {
                true => self.common.sandbox.as_deref().unwrap_or(SANDBOX).trim_end_matches('/').to_owned(),
                false => session.connected().map_or(name, |services| &services.tenant.id).to_owned(),
            };
            let called = if name == SANDBOX { tenant.as_str() } else { name };
            let lock = lock::take(&session.home, Path::new(&job.name), &tenant, called);
            self.console.keeps(lock.map_err(|problem| {
                terminal::say(&report::problem(&problem));
                Exit::of(&problem)
            })?);
        }
        self.waits_for_window()
    }

    fn waits_for_window(&self) -> Result<(), Exit> {
        let Some(begin) = self.begin.filter(|_| !self.common.what_if) else { return Ok(()) };
        match self.runtime.block_on(self.console.waits_until(begin, self.host.session().cancel.cancelled())) {
            true => Ok(()),
            false => Err(Exit::Interrupted),
        }
    }

    /// A line of code has no words of its own for what it did: each write gets a line on stderr, and so does each file.
    fn tell_what_was_done(&self) {
        // A plan is shown whole at the end; at a prompt that may be far away.
        let previews = self.host.session().plan.is_some() && !self.is_prompt();
        if self.common.quiet || previews {
            return;
        }
        let effects = self.host.session().script_notes();
        for note in effects.iter().skip(self.told.0.swap(effects.len(), Ordering::SeqCst)) {
            let why = note.detail.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            terminal::say(&format!("{} {}: {}{why}", note.verb, note.target, note.outcome.word()));
        }
        self.tell_files();
    }

    fn tell_files(&self) {
        let files = self.host.files_written();
        let from = self.told.1.swap(files.len(), Ordering::SeqCst);
        if !self.common.quiet {
            files.iter().skip(from).for_each(|file| terminal::say(&format!("wrote {file}")));
        }
    }

    fn failed(&self, error: &ScriptError, original: Option<&powershell::Script>) -> Exit {
        let tally = self.host.session().tally_so_far();
        let told = tally.stopped.as_ref().is_some_and(|problem| problem.message == error.problem.message);
        if told {
            return Exit::of_rows(&tally);
        }
        terminal::say(&report::script_error(&self.host, error));
        original.and_then(|original| original.place(error)).iter().for_each(|line| terminal::say(line));
        Exit::of(&error.problem)
    }

    /// The final value, as `--output` has it.
    fn write(&self, answer: &Answer) {
        if let Some(text) = self.written(answer, self.host.look()) {
            terminal::tell(&text);
        }
    }

    fn written(&self, answer: &Answer, look: Look) -> Option<String> {
        if answer.is_nothing() {
            return None;
        }
        let format = self.common.output.unwrap_or(if terminal::stdout_is_terminal() {
            Format::Table
        } else {
            Format::Json
        });
        Some(match format {
            Format::Table => answer.show(look),
            Format::Json => serde_json::to_string_pretty(&answer.to_json()).unwrap_or_default(),
            Format::Ndjson => match answer.to_json() {
                serde_json::Value::Array(values) if values.is_empty() => return None,
                serde_json::Value::Array(values) => {
                    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
                }
                value => value.to_string(),
            },
            Format::Csv => match answer.table() {
                Some((columns, objects)) => {
                    let csv = crate::table::CsvWriter::new(
                        Vec::new(),
                        columns,
                        crate::table::WriteOptions::default(),
                    )
                    .and_then(|mut csv| {
                        objects.iter().try_for_each(|object| csv.write_object(object))?;
                        csv.finish()
                    });
                    String::from_utf8_lossy(&csv.unwrap_or_default()).trim_end().to_owned()
                }
                None => answer.show(Look::default()),
            },
        })
    }

    fn is_prompt(&self) -> bool {
        self.host.session().subject.lock().is_ok_and(|subject| subject.script == PROMPT)
    }

    /// The same for another tenant that the script was in.
    fn end_beside(&self, session: &Session, state: RunState) {
        if let Some(plan) = &session.plan
            && (session.is_connected() || !plan.planned().is_empty())
        {
            terminal::tell(&format!(
                "on {}:\n{}",
                session.tenant_name(),
                preview::show(plan, self.common.max_removals)
            ));
        }
        match self.runtime.block_on(session.finish(state)) {
            Ok(head) => {
                if let (Some(run), Some(head)) = (session.run_begun(), &head) {
                    self.tell_ledger(
                        &format!("ledger of {}", session.tenant_name()),
                        session,
                        run.name(),
                        head,
                    );
                }
                if let Err(problem) = session.end_events(state, head.as_deref()) {
                    terminal::say(&report::problem(&problem));
                }
            }
            Err(problem) => terminal::say(&report::problem(&problem)),
        }
        self.runtime.block_on(session.close());
    }

    /// Where a run is kept, and the hash that proves it.
    fn tell_ledger(&self, ledger: &str, session: &Session, run: &str, head: &str) {
        if !self.common.quiet {
            let written = crate::words::count(session.written(), "write");
            let head = &head[..head.len().min(SHORT_HEAD)];
            terminal::say(&format!("{ledger}: run {run}, {written} sent, head {head}"));
        }
    }

    /// The last lines of a run: the preview, or where things were written.
    pub(super) fn end(&self, exit: Exit) -> Exit {
        // A prompt may have been in another mode when it was left.
        let left = self.host.session();
        self.host.goes_on_in(None);
        let session = &self.host.session();
        if !Arc::ptr_eq(&left, session) {
            self.end_beside(&left, RunState::Done);
        }
        if let Some(plan) = &session.plan
            && (session.is_connected() || !plan.planned().is_empty())
        {
            terminal::tell(&preview::show(plan, self.common.max_removals));
        }
        self.host.untold().iter().for_each(|text| terminal::say(text));
        let state = match exit {
            Exit::Done => RunState::Done,
            Exit::Interrupted => RunState::Interrupted,
            Exit::Stopped | Exit::Refused => RunState::Stopped,
            _ => RunState::Failed,
        };
        self.tell_files();
        let finished = self.runtime.block_on(session.finish(state));
        let head = finished.as_ref().ok().and_then(|head| head.as_deref());
        let left_a_trace = !matches!(finished, Ok(None));
        let run = session.run_begun().filter(|_| left_a_trace).map(|run| run.name().to_owned());
        if let (Some(run), Some(head)) = (&run, head) {
            self.tell_ledger("ledger", session, run, head);
        }
        for other in self.beside.sessions() {
            self.end_beside(&other, state);
        }
        if let Err(problem) = session.end_events(state, head) {
            terminal::say(&report::problem(&problem));
        }
        if let Err(problem) = &finished {
            terminal::say(&report::problem(problem));
        }
        // What was typed at a prompt is nowhere to be read again.
        if let Some(run) = run.filter(|_| state != RunState::Done && !self.is_prompt()) {
            let tenant = match session.tenant_name() {
                SANDBOX => String::new(),
                name => format!(" --tenant {name}"),
            };
            terminal::say(&format!("resume it with: usher runs resume {run}{tenant}"));
        }
        self.runtime.block_on(session.close());
        exit
    }
}
