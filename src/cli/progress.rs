//! What a run says while it works, always on stderr: a bar to a person, now and then a line to a log, JSON to a program.

mod meter;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;

use super::lock::Held;
use crate::host::Output;
use crate::problem::{Problem, Result};
use crate::runs::session::Watch;
use crate::terminal;
use crate::transport::{Cancel, Waiting};

pub use meter::short;
use meter::{Meter, Wait};

/// How `--progress` is shown.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar at a terminal, lines elsewhere
    #[default]
    Auto,
    /// A bar
    Bar,
    /// A line every few seconds
    Lines,
    /// JSON lines on stderr, for other programs
    Json,
    /// Nothing
    None,
}

/// When the first line comes, so that short runs have none, and how long it is to the next.
const FIRST_LINE: Duration = Duration::from_secs(5);
const NEXT_LINE: Duration = Duration::from_secs(10);
/// A program gets numbers more often.
const NEXT_OBJECT: Duration = Duration::from_secs(1);
/// How often a second the bar is drawn when nothing happens: waits are counted down.
const TICK: Duration = Duration::from_millis(250);
const HERTZ: u8 = 10;

/// stderr and stdout as one terminal sees them: lines go above the bar, never through it.
pub struct Console {
    quiet: bool,
    yes: bool,
    progress: Progress,
    cancel: Cancel,
    now: Mutex<Option<Showing>>,
    /// Until when a wait outside of any bulk was told of.
    told: Mutex<Option<Instant>>,
    run: OnceLock<String>,
    lock: OnceLock<Held>,
    waits_to_begin: AtomicBool,
    is_asking: AtomicBool,
    ended_at_once: AtomicBool,
}

/// A bulk that is being shown.
struct Showing {
    meter: Arc<Mutex<Meter>>,
    bar: Option<ProgressBar>,
    lines: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Console {
    pub fn new(quiet: bool, yes: bool, progress: Progress, cancel: Cancel) -> Console {
        let progress = match progress {
            Progress::Auto if quiet => Progress::None,
            Progress::Auto if terminal::stderr_is_terminal() => Progress::Bar,
            Progress::Auto => Progress::Lines,
            chosen => chosen,
        };
        Console {
            quiet,
            yes,
            progress,
            cancel,
            now: Mutex::default(),
            told: Mutex::default(),
            run: OnceLock::new(),
            lock: OnceLock::new(),
            waits_to_begin: AtomicBool::new(false),
            is_asking: AtomicBool::new(false),
            ended_at_once: AtomicBool::new(false),
        }
    }

    /// Keeps the lock of the script, and lets it say which run holds it.
    pub fn keeps(&self, lock: Held) {
        let _ = self.lock.set(lock);
    }

    /// What the run can be resumed by, once it has written anything.
    pub fn run(&self) -> Option<&str> {
        self.run.get().map(String::as_str)
    }

    fn bar(&self) -> Option<ProgressBar> {
        locked(&self.now).as_ref().and_then(|showing| showing.bar.clone())
    }

    /// The bar is only borrowed for a moment: whoever asks a question must not keep Ctrl-C from being heard.
    fn around<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn meter(&self, change: impl FnOnce(&mut Meter, Instant)) {
        if let Some(showing) = &*locked(&self.now) {
            change(&mut locked(&showing.meter), Instant::now());
        }
    }

    /// Waits until that moment, visibly; false when `ends` came before.
    pub async fn waits_until(&self, at: Timestamp, ends: impl Future<Output = ()>) -> bool {
        let left = || Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        if left().is_zero() {
            return true;
        }
        self.waits_to_begin.store(true, Ordering::SeqCst);
        let until = super::output::moment(at);
        let words = |left: Duration| format!("waiting until {until} (in {})", short(left));
        let bar = (self.progress == Progress::Bar).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(HERTZ));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        match self.progress {
            Progress::Json => {
                terminal::say(
                    &json!({ "progress": "waiting", "time": Timestamp::now(), "until": at }).to_string(),
                );
            }
            Progress::Lines => terminal::say(&words(left())),
            _ => {}
        }
        tokio::pin!(ends);
        let came = loop {
            let wait = left();
            if wait.is_zero() {
                break true;
            }
            if let Some(bar) = &bar {
                bar.set_message(words(wait));
                bar.tick();
            }
            // In steps, because a machine that sleeps does not count the hours.
            tokio::select! {
                () = &mut ends => break false,
                () = tokio::time::sleep(wait.min(Duration::from_secs(1))) => {}
            }
        };
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.waits_to_begin.store(false, Ordering::SeqCst);
        came
    }

    pub fn is_waiting_to_begin(&self) -> bool {
        self.waits_to_begin.load(Ordering::SeqCst)
    }

    /// Ctrl-C for the second time: nothing waits for the bar any more.
    pub fn ends_at_once(&self) {
        if !self.ended_at_once.swap(true, Ordering::SeqCst) {
            terminal::say("\nended at once");
            if let Some(run) = self.run() {
                terminal::say(&format!("resume it with: usher runs resume {run}"));
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bar: what is behind it is asked for whenever it is drawn.
fn bar(title: &str, rows: usize, meter: &Arc<Mutex<Meter>>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(rows as u64), ProgressDrawTarget::stderr_with_hz(HERTZ));
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {words}") {
        let meter = meter.clone();
        let words = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let words = locked(&meter).words(Instant::now());
            let _ = write!(out, "{words}");
        };
        bar.set_style(style.with_key("words", words).progress_chars("━╸─"));
    }
    // Room for the numbers is worth more than the end of a long name.
    let short: String = match title.chars().count() {
        0..=24 => title.to_owned(),
        _ => title.chars().take(23).chain(['…']).collect(),
    };
    bar.set_prefix(short);
    bar.enable_steady_tick(TICK);
    bar
}

/// A thread that says `line` every so often until it is told to stop.
fn ticker(
    first: Duration,
    next: Duration,
    line: impl Fn() -> String + Send + 'static,
) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (stop, stopped) = channel();
    let work = move || {
        let mut wait = first;
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(wait) {
            terminal::say(&line());
            wait = next;
        }
    };
    std::thread::Builder::new().name("progress".into()).spawn(work).ok().map(|thread| (stop, thread))
}

impl Watch for Console {
    fn bulk_begins(&self, title: &str, rows: usize) {
        let meter = Arc::new(Mutex::new(Meter::new(title, rows, Instant::now())));
        let mut showing = Showing { meter: meter.clone(), bar: None, lines: None };
        match self.progress {
            Progress::None => return,
            Progress::Auto | Progress::Bar => showing.bar = Some(bar(title, rows, &meter)),
            Progress::Lines => {
                showing.lines = ticker(FIRST_LINE, NEXT_LINE, move || {
                    let meter = locked(&meter);
                    format!("{}: {}", meter.title, meter.words(Instant::now()))
                });
            }
            Progress::Json => {
                let object = move |event: &str| locked(&meter).object(event, Instant::now()).to_string();
                terminal::say(&object("begin"));
                showing.lines = ticker(NEXT_OBJECT, NEXT_OBJECT, move || object("rows"));
            }
        }
        *locked(&self.now) = Some(showing);
    }

    fn row_ends(&self, failed: bool) {
        self.meter(|meter, now| meter.row_ends(failed, now));
        if let Some(bar) = self.bar() {
            bar.inc(1);
        }
    }

    fn rows_found_done(&self, rows: usize) {
        self.meter(|meter, _| meter.found_done(rows));
        if let Some(bar) = self.bar() {
            bar.inc(rows as u64);
        }
    }

    fn row_waits(&self, waiting: bool) {
        self.meter(|meter, _| meter.row_waits(waiting));
    }

    fn waits_to_see(&self, service: &str, what: &str) {
        self.meter(|meter, now| meter.waits_to_see(service, what, now));
    }

    fn call_waits(&self, waiting: Waiting) {
        let now = Instant::now();
        let Some(wait) = Wait::of(waiting, now) else { return };
        if locked(&self.now).is_some() {
            return self.meter(|meter, now| meter.waits(wait, now));
        }
        // Outside of a bulk nothing else would say why nothing happens.
        let mut told = locked(&self.told);
        if told.is_none_or(|until| until < now) {
            *told = Some(now + waiting.duration);
            match self.progress {
                Progress::None => {}
                Progress::Json => terminal::say(
                    &json!({ "progress": "waiting", "time": Timestamp::now(), "waitingFor": wait.words(now) })
                        .to_string(),
                ),
                _ => terminal::say(&wait.words(now)),
            }
        }
    }

    fn run_begins(&self, name: &str) {
        let _ = self.run.set(name.to_owned());
        if let Some(lock) = self.lock.get() {
            lock.names(name);
        }
    }

    fn bulk_ends(&self) {
        let Some(showing) = locked(&self.now).take() else { return };
        if let Some((stop, thread)) = showing.lines {
            drop(stop);
            let _ = thread.join();
        }
        if self.progress == Progress::Json {
            terminal::say(&locked(&showing.meter).object("end", Instant::now()).to_string());
        }
        if let Some(bar) = showing.bar {
            bar.finish_and_clear();
        }
    }

    fn says(&self, line: &str) {
        if !self.quiet || line.starts_with("warning") || line.starts_with("error") {
            self.around(|| terminal::say(line));
        }
    }

    fn confirms(&self, question: &str) -> bool {
        if self.yes {
            return true;
        }
        self.asks_in_any_case(question)
    }

    fn asks(&self, for_what: &str) -> Result<Option<String>> {
        let answer = self.at_a_standstill(|| terminal::ask_for(for_what, || self.cancel.is_cancelled()));
        match answer {
            None if self.cancel.is_cancelled() => Err(Problem::interrupted()),
            answer => Ok(answer),
        }
    }
}

impl Console {
    /// Asks for a yes even of those who say yes to every write.
    pub fn asks_in_any_case(&self, question: &str) -> bool {
        self.at_a_standstill(|| terminal::ask_unless(question, || self.cancel.is_cancelled()))
    }

    /// Whether a question waits for its answer.
    pub fn is_asking(&self) -> bool {
        self.is_asking.load(Ordering::SeqCst)
    }

    /// Asks while no bar is drawn, which would write over the question.
    fn at_a_standstill<T>(&self, ask: impl FnOnce() -> T) -> T {
        let bar = self.bar().filter(|_| terminal::can_ask());
        if let Some(bar) = &bar {
            bar.disable_steady_tick();
            bar.suspend(|| ());
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        self.is_asking.store(true, Ordering::SeqCst);
        let answer = ask();
        self.is_asking.store(false, Ordering::SeqCst);
        if let Some(bar) = &bar {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(HERTZ));
            bar.enable_steady_tick(TICK);
        }
        answer
    }
}

impl Output for Console {
    fn print(&self, text: &str) {
        self.around(|| terminal::tell(text));
    }
}
