//! What a run is made of, from its options: rules, tenant, events, log.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::exit::Exit;
use super::progress::Console;
use super::tenant::real::Real;
use super::tenant::{SANDBOX, Sandbox};
use super::tenants::choice::{Choice, Chosen, choose};
use super::{Common, home, output};
use crate::clock::Clock;
use crate::disk::{self, Folders};
use crate::problem::{Kind, Problem};
use crate::runs::events::Events;
use crate::runs::policy::Policy;
use crate::runs::session::{Connect, Session};
use crate::runs::window::Until;
use crate::terminal;
use crate::transport::Cancel;

pub struct Parts {
    pub session: Arc<Session>,
    pub console: Arc<Console>,
    /// When it may begin, if not at once.
    pub begin: Option<Timestamp>,
    /// Whether it goes to a simulated tenant.
    pub simulated: bool,
}

/// The session, before anything was asked of its tenant.
pub fn session(common: &Common) -> Result<Parts, (Problem, Exit)> {
    let cancel = Cancel::new();
    let console = Arc::new(Console::new(common.quiet, common.yes, common.progress, cancel.clone()));
    assembled(common, console, cancel)
}

/// A session of another tenant by its name, beside the one of the run: the same rules, and what its own profile demands.
pub fn beside(
    common: &Common,
    name: &str,
    run: &Session,
    console: &Arc<Console>,
) -> Result<Arc<Session>, Problem> {
    let common = Common {
        tenant: Some(name.to_owned()),
        customer: None,
        sandbox: None,
        files_named: Some(name.to_owned()),
        ..common.clone()
    };
    let parts = assembled(&common, console.clone(), run.cancel.clone()).map_err(|(problem, _)| problem)?;
    if let (Ok(mut subject), Ok(of_run)) = (parts.session.subject.lock(), run.subject.lock()) {
        *subject = of_run.clone();
    }
    Ok(parts.session)
}

/// A session on the tenant of a run beside its own, in which writes are only shown, or are sent.
pub fn with_what_if(
    common: &Common,
    what_if: bool,
    run: &Session,
    console: &Arc<Console>,
) -> Result<Arc<Session>, Problem> {
    // What one of them records the other would write over.
    let common = Common { what_if, record: None, ..common.clone() };
    let parts = assembled(&common, console.clone(), run.cancel.clone()).map_err(|(problem, _)| problem)?;
    if let (Ok(mut subject), Ok(of_run)) = (parts.session.subject.lock(), run.subject.lock()) {
        *subject = of_run.clone();
    }
    Ok(parts.session)
}

fn assembled(common: &Common, console: Arc<Console>, cancel: Cancel) -> Result<Parts, (Problem, Exit)> {
    let usage = |message: String| (Problem::new(Kind::InvalidOption, message), Exit::Usage);
    if let Some(address) = &common.sandbox {
        let loopback = crate::net::Url::parse(address).is_ok_and(|url| crate::net::is_loopback(&url));
        if !loopback {
            return Err(usage(format!(
                "--sandbox takes an address of this machine, such as http://127.0.0.1:8080, and got `{address}`"
            )));
        }
    }
    for verb in common.allow.iter().flatten() {
        if crate::catalogue::entries().iter().all(|entry| entry.card.name != verb) {
            let near = crate::catalogue::nearest(verb)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            return Err(usage(format!("--allow: there is no verb `{verb}`{near}")));
        }
    }
    let Choice { tenant, demands, warnings } = choose(common).map_err(|problem| (problem, Exit::Usage))?;
    warnings.iter().for_each(|warning| terminal::say(&format!("warning: {warning}")));
    let simulated = matches!(tenant, Chosen::Simulated);
    let working =
        std::env::current_dir().map_err(|error| usage(format!("there is no working directory: {error}")))?;
    let folders = Folders::new(&working, &common.allow_path)
        .map_err(|error| usage(format!("--allow-path: {error}")))?
        .except(&home());
    let (begin, end) = window(common)?;
    let policy = Policy {
        what_if: common.what_if,
        allow: common.allow.as_ref().map(|verbs| verbs.iter().cloned().collect()),
        // On the sandbox nothing is lost.
        confirm: (common.confirm || !simulated) && !common.yes,
        at_prompt: common.special.at_prompt,
        max_removals: common.max_removals,
        throttle_limit: common.throttle_limit.map(usize::from),
        never_touch: never_touch(common)
            .map_err(|error| usage(format!("the never-touch list cannot be read: {error}")))?,
        carry_out: common.special.carry_out.clone(),
        require_approval: common.require_approval,
        wait_limit: common.wait_limit.unwrap_or(Policy::WAIT_LIMIT),
        repeat_unknown: common.special.repeat_unknown,
        until: end.map(Until::new),
        demands: Vec::new(),
    };
    let policy = demands.into_iter().fold(policy, Policy::demanding);
    let home = home();
    let (record, watch) = (record_file(common), console.clone());
    let connector: Box<dyn Connect> = match tenant {
        Chosen::Simulated => {
            let state = home.join("sandbox").join("contoso.sqlite");
            Box::new(Sandbox::new(common.sandbox.clone(), state, record, cancel.clone(), watch))
        }
        Chosen::Real(profile) => Box::new(Real::new(*profile, home.clone(), record, cancel.clone(), watch)),
    };
    let session = Session::new(connector, policy, Clock::default(), folders, home, console.clone(), cancel);
    if let Ok(mut subject) = session.subject.lock() {
        subject.reason = common.reason.clone();
    }
    if let Some(events) = events(common).map_err(|problem| (problem, Exit::Stopped))? {
        let _ = session.events.set(events);
    }
    Ok(Parts { session: Arc::new(session), console, begin, simulated })
}

/// The file of `--record`; runs that share a folder have one each.
fn record_file(common: &Common) -> Option<std::path::PathBuf> {
    let path = common.record.as_ref()?;
    let (Some(word), Some(name)) = (&common.files_named, path.file_name()) else { return Some(path.clone()) };
    Some(path.with_file_name(format!("{word}.{}", name.to_string_lossy())))
}

/// What is named on the command line, and line by line in the user's own list; `#` begins a remark.
fn never_touch(common: &Common) -> Result<BTreeSet<String>, disk::Error> {
    let file = home().join("never-touch.txt");
    let listed = match file.exists() {
        true => String::from_utf8_lossy(&disk::read(&file)?).into_owned(),
        false => String::new(),
    };
    let lines = listed.lines().map(|line| line.split('#').next().unwrap_or_default());
    let names = lines.chain(common.never_touch.iter().map(String::as_str));
    Ok(names.map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect())
}

/// When the run may begin, and when it may begin nothing more.
fn window(common: &Common) -> Result<(Option<Timestamp>, Option<Timestamp>), (Problem, Exit)> {
    let now = Zoned::now();
    let begin = common.not_before.map(|when| when.after(&now));
    // "from 22:00 until 06:00" is the six o'clock that follows.
    let from = begin.map_or(now.timestamp(), |begin| begin.max(now.timestamp()));
    let end = common.until.map(|when| when.after(&from.to_zoned(TimeZone::system())));
    match end {
        Some(end) if end <= now.timestamp() => {
            let problem = Problem::new(
                Kind::Stopped,
                format!("the window was over at {}: nothing was begun", output::moment(end)),
            );
            Err((problem.hint("choose a later --until"), Exit::Stopped))
        }
        Some(end) if end <= from => {
            let problem = Problem::new(
                Kind::InvalidOption,
                format!("--until {} comes before --not-before {}", output::moment(end), output::moment(from)),
            );
            Err((problem, Exit::Usage))
        }
        end => Ok((begin, end)),
    }
}

/// The file of `--events`. One that cannot be written is known before anything else is done.
fn events(common: &Common) -> Result<Option<Events>, Problem> {
    let Some(path) = &common.events else { return Ok(None) };
    if path == Path::new("-") {
        return Ok(Some(Events::new("-", Box::new(terminal::take_stdout()))));
    }
    match disk::append_private(path) {
        Ok(file) => Ok(Some(Events::new(path.display().to_string(), Box::new(file)))),
        Err(error) => Err(Problem::new(Kind::Stopped, format!("`{}`: {error}", path.display()))
            .doing("writing events")
            .hint("nothing is done that no event tells of; choose a file that can be written")),
    }
}

/// The first line: where it goes. A real tenant is signed in to first, for the line says who acts there, and a sign-in
/// that fails is better known before anything is begun.
pub async fn banner(common: &Common, session: &Session, simulated: bool) -> Result<String, Problem> {
    let preview = |before: &str| match common.what_if {
        true => format!("{before}preview, nothing is changed"),
        false => String::new(),
    };
    if simulated {
        let place = common.sandbox.as_deref().map(|address| format!(" at {address}")).unwrap_or_default();
        let line = format!("tenant: {SANDBOX}{place} (simulated, no mail is sent{})", preview("; "));
        return Ok(painted(&line, anstyle::AnsiColor::Green));
    }
    let called = session.services().await?.tenant.called();
    let mut line = format!("tenant: {called}");
    if session.policy.demands.iter().any(|demands| demands.read_only) {
        line.push_str(", read-only");
    }
    line.push_str(&preview("; "));
    Ok(painted(&line, anstyle::AnsiColor::Magenta))
}

/// What is simulated and what is real are told apart at a glance.
fn painted(line: &str, color: anstyle::AnsiColor) -> String {
    match terminal::stderr_is_terminal() && terminal::colors() {
        true => {
            let style = anstyle::Style::new().bold().fg_color(Some(color.into()));
            format!("{style}{line}{style:#}")
        }
        false => line.to_owned(),
    }
}

pub fn start_log(common: &Common) {
    let Some(path) = &common.log else { return };
    let level = if common.verbose { tracing::Level::DEBUG } else { tracing::Level::INFO };
    match disk::create_private(path) {
        Ok(file) => {
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(level)
                .with_ansi(false)
                .with_writer(std::sync::Mutex::new(file));
            subscriber.init();
        }
        Err(error) => terminal::say(&format!("warning: no log: `{}`: {error}", path.display())),
    }
}
