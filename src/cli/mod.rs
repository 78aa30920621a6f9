//! The command line: one file per subcommand.

mod beside;
mod convert;
mod doctor;
mod exit;
mod help;
mod lock;
mod login;
mod logout;
mod many;
mod output;
mod plan;
mod powershell;
mod preview;
mod progress;
mod report;
mod run;
mod runs;
mod sandbox;
mod setup;
mod tenant;
mod tenants;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::runs::saved::SavedPlan;

/// Script guest management in Microsoft 365: Graph, Exchange Online and Azure behind one sign-in.
///
/// Without a command, a prompt. Without a tenant, the sandbox: a simulated one, where everything works and nothing is sent.
#[derive(Parser)]
#[command(
    name = "usher",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script, or a line of code
    Run(run::Run),
    /// A saved plan: look at it, approve it
    #[command(subcommand)]
    Plan(plan::Plan),
    /// The ledger of runs: list, show, resume, undo, verify, export, prune, forget
    Runs(runs::Runs),
    /// The real tenants that usher knows: list, choose, rename, remove, and how an app registration is made
    Tenants(tenants::Tenants),
    /// What works between this machine and a tenant, and what to do where something does not
    Doctor(doctor::Doctor),
    /// A PowerShell script as Rhai
    Convert(convert::Convert),
    /// Reference of the verbs, offline
    Help(help::Help),
    /// The simulated tenant
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
    /// Sign in to a real tenant
    Login(Box<login::Login>),
    /// Forget what is kept of sign-ins
    Logout(logout::Logout),
}

/// Options of everything that works on a tenant.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// The tenant to work on; when left out, that of USHER_TENANT or USHER_TENANT_ID, the default of `usher tenants`, else the sandbox
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// A tenant of a customer's, signed in to by the chosen profile of a partner: its domain or id
    #[arg(long, value_name = "DOMAIN|ID")]
    customer: Option<String>,
    /// Another tenant that the script may go to by `in_tenant`
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    with_tenant: Vec<String>,
    /// A sandbox served elsewhere on this machine
    #[arg(long, value_name = "URL")]
    sandbox: Option<String>,
    /// Show what would be done, and send nothing
    #[arg(long, visible_alias = "dry-run")]
    what_if: bool,
    /// Answer every question with yes
    #[arg(long, short = 'y')]
    yes: bool,
    /// Ask before the first write of each verb, on the sandbox too
    #[arg(long)]
    confirm: bool,
    /// Rows of a bulk in flight at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    throttle_limit: Option<u16>,
    /// How many objects a run may remove
    #[arg(long, value_name = "N", default_value_t = crate::runs::policy::Policy::MAX_REMOVALS)]
    max_removals: usize,
    /// Names, addresses and ids to which nothing is done, besides those in `never-touch.txt` in $USHER_HOME
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    never_touch: Vec<String>,
    /// Removals and roles only by a plan that a second person approved
    #[arg(long)]
    require_approval: bool,
    /// How long to wait for a service to show what was just made, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait_limit: Option<Duration>,
    /// How the final value is written; a table at a terminal, JSON in a pipe
    #[arg(long, value_name = "FORMAT")]
    output: Option<Format>,
    /// Verbs that may write; any other write ends the run
    #[arg(long, value_name = "VERB,...", value_delimiter = ',')]
    allow: Option<Vec<String>>,
    /// Do not begin before this moment: 22:00, or ISO 8601
    #[arg(long, value_name = "TIME", value_parser = window::When::parse)]
    not_before: Option<window::When>,
    /// Begin nothing new from this moment on; the run can be resumed
    #[arg(long, value_name = "TIME", value_parser = window::When::parse)]
    until: Option<window::When>,
    /// Add a line of JSON to this file for each effect as it happens; `-` is stdout, and what the script prints goes to stderr then
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Why this is done, for the ledger and the events
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How progress is shown: auto, bar, lines, json or none
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        hide_possible_values = true,
        hide_default_value = true,
        default_value_t
    )]
    progress: progress::Progress,
    /// A folder that scripts may read and write besides the working directory
    #[arg(long, value_name = "DIR")]
    allow_path: Vec<PathBuf>,
    /// Write a log to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Record every exchange as it was on the wire, secrets removed, as JSON lines
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Leave out what is not a result or an error
    #[arg(long, short = 'q')]
    quiet: bool,
    /// Say more
    #[arg(long, short = 'v')]
    verbose: bool,
    /// A word for the names of files that the run writes, where several runs share a folder
    #[arg(long, value_name = "WORD", hide = true)]
    files_named: Option<String>,
    /// What only some commands offer.
    #[arg(skip)]
    special: Special,
}

/// Rules of a run that its command sets.
#[derive(Clone, Debug, Default)]
struct Special {
    carry_out: Option<Arc<SavedPlan>>,
    repeat_unknown: bool,
    /// Lines are typed, not read from a script.
    at_prompt: bool,
}

/// `15m`, `90s`, `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration =
        text.parse().map_err(|_| "give a duration such as 90s, 5m or 1h".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "a duration is not negative".to_owned())
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq)]
enum Format {
    Table,
    Json,
    Csv,
    Ndjson,
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| usage(error));
    let exit = match cli.command {
        Some(Command::Run(run)) => run.main(),
        Some(Command::Plan(plan)) => plan.main(),
        Some(Command::Runs(runs)) => runs.main(),
        Some(Command::Tenants(tenants)) => tenants.main(),
        Some(Command::Doctor(doctor)) => doctor.main(),
        Some(Command::Convert(convert)) => convert.main(),
        Some(Command::Help(help)) => help.main(),
        Some(Command::Sandbox(sandbox)) => sandbox.main(),
        Some(Command::Login(login)) => login.main(),
        Some(Command::Logout(logout)) => logout.main(),
        None => run::prompt(cli.common),
    };
    ExitCode::from(exit.code())
}

/// What clap has to say, but for options that stand before the command, and for an unknown one: its advice to put it after `--`
/// would turn `-WhatIf` into an argument of the script, and a preview into a real run.
fn usage(error: clap::Error) -> ! {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let (command, before) = (error.get(ContextKind::InvalidSubcommand), error.get(ContextKind::PriorArg));
    if let (ErrorKind::ArgumentConflict, Some(ContextValue::String(command)), Some(before)) =
        (error.kind(), command, before)
    {
        let before = before.to_string().replace(", ", " ");
        crate::terminal::say(&format!(
            "error: options stand behind the command\nhint: usher {command} {before} ..."
        ));
        std::process::exit(exit::Exit::Usage.code().into());
    }
    let unknown = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(argument))) if argument.starts_with('-') => {
            argument.clone()
        }
        _ => error.exit(),
    };
    // clap names the first letter of `-WhatIf` only.
    let typed = std::env::args().skip(1).find(|typed| typed.starts_with(&unknown)).unwrap_or(unknown);
    let name = typed.trim_start_matches('-').split(['=', ':']).next().unwrap_or_default();
    let mut command = Cli::command();
    let mut path = vec!["usher".to_owned()];
    // The options of the command that was meant, and the common ones where it has those.
    for word in std::env::args().skip(1).take_while(|word| !word.starts_with('-')) {
        match command.find_subcommand(&word).cloned() {
            Some(inner) => (command, path) = (inner, [path, vec![word]].concat()),
            None => break,
        }
    }
    let options: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let near = crate::words::nearest(name, options).map(|near| format!("did you mean `--{near}`?"));
    let near = near.or_else(|| {
        let script = std::env::args().skip(1).find(|word| powershell::is_script(word))?;
        Some(format!("parameters of the script stand behind `--`: usher run {script} -- {typed} ..."))
    });
    let of_a_run = Cli::command().find_subcommand("run").is_some_and(|run| {
        run.get_arguments().any(|arg| {
            arg.get_long() == Some(name) || arg.get_short().is_some_and(|short| name == short.to_string())
        })
    });
    let hint = near.unwrap_or_else(|| match path.len() {
        1 if of_a_run => format!("that is an option of `usher run`: usher run {typed} ..."),
        1 => "`usher run --help` lists the options".to_owned(),
        _ => format!("`{} --help` lists the options", path.join(" ")),
    });
    crate::terminal::say(&format!("error: there is no option `{typed}`\nhint: {hint}"));
    std::process::exit(exit::Exit::Usage.code().into())
}

/// `$USHER_HOME`, else the platform's data folder.
fn home() -> PathBuf {
    if let Some(home) = std::env::var_os("USHER_HOME").filter(|home| !home.is_empty()) {
        return PathBuf::from(home);
    }
    directories::ProjectDirs::from("", "", "usher")
        .map_or_else(|| PathBuf::from(".usher"), |dirs| dirs.data_dir().to_owned())
}

/// The runtime that HTTP, the sandbox and signals run on.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("usher-io").enable_all().build()
}
