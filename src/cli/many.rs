//! `usher run --tenants FILE`: the script once for each tenant, a few at a time, each a run of its own.
//!
//! Each tenant has a process of its own: one that fails, is throttled or is stopped takes none of the others with it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::exit::Exit;
use super::tenant::SANDBOX;
use super::{Common, Format, output};
use crate::identity::Profiles;
use crate::problem::{Kind, Problem, Result};
use crate::words::count;
use crate::{disk, terminal};

/// Tenants at work at once, when nothing else was said.
pub const AT_ONCE: usize = 3;

/// How it went on one tenant.
struct Ended {
    tenant: String,
    exit: Option<i32>,
    printed: String,
    /// What was said of the run: its place in the ledger, how it is resumed.
    ledger: Option<String>,
}

/// Runs this command line once for each tenant in the file.
pub fn main(file: &Path, at_once: usize, common: &Common) -> Exit {
    let found = tenants(file).and_then(|tenants| {
        refuse_shared_files(common)?;
        all(&ways(&tenants, common)?, at_once, common)
    });
    match found {
        Ok(exit) => exit,
        Err(problem) => {
            terminal::say(&super::report::problem(&problem));
            match problem.kind {
                Kind::InvalidInput | Kind::File => Exit::Usage,
                _ => Exit::of(&problem),
            }
        }
    }
}

/// A tenant, and the words that lead there.
struct Way {
    tenant: String,
    words: Vec<OsString>,
}

/// Names of profiles go as they are; with a partner's profile on the command line everything else is a customer of theirs.
fn ways(tenants: &[String], common: &Common) -> Result<Vec<Way>> {
    let profiles = Profiles::open(&super::home())?;
    let way = |tenant: &String| -> Result<Way> {
        let known = tenant == SANDBOX || profiles.names().any(|name| name == tenant);
        let words: [OsString; 2] = match known {
            true => ["--tenant".into(), tenant.into()],
            false if common.tenant.is_some() => ["--customer".into(), tenant.into()],
            false => {
                return Err(Problem::new(Kind::SignIn, format!("there is no tenant profile `{tenant}`"))
                    .hint("`usher tenants` lists them; where it is a customer's, name the partner's profile with --tenant")
                    .value(tenant));
            }
        };
        let named = ["--files-named".into(), tenant.into()];
        Ok(Way { tenant: tenant.clone(), words: words.into_iter().chain(named).collect() })
    };
    tenants.iter().map(way).collect()
}

/// Files that each run would write over the other's.
fn refuse_shared_files(common: &Common) -> Result<()> {
    let shared = [("--log", common.log.is_some())];
    match shared.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Problem::new(
            Kind::InvalidInput,
            format!("{option} names one file, and --tenants makes several runs"),
        )
        .hint(format!(
            "leave {option} out, and give it to `usher run --tenant NAME` for the tenant in question"
        ))),
        None => Ok(()),
    }
}

fn all(tenants: &[Way], at_once: usize, common: &Common) -> Result<Exit> {
    let mut words = child_words(std::env::args_os().skip(1));
    if !common.yes && !common.what_if {
        let listed = tenants.iter().take(8).map(|way| way.tenant.as_str()).collect::<Vec<_>>().join(", ");
        let more = if tenants.len() > 8 { ", ..." } else { "" };
        let question = format!("run this on {} ({listed}{more})?", count(tenants.len(), "tenant"));
        if !terminal::can_ask() {
            return Err(Problem::new(Kind::Stopped, "nobody is there to say yes; nothing was begun")
                .hint("--yes answers for all tenants, --what-if shows what would be done"));
        }
        if !terminal::ask(&question) {
            return Err(Problem::new(Kind::Stopped, "it was not confirmed; nothing was begun"));
        }
        words.push("--yes".into());
    }
    // Ctrl-C reaches every process of the group: each finishes what it sent, and this one waits for them.
    let runtime = super::runtime()
        .map_err(|error| Problem::new(Kind::Internal, format!("no threads to work with: {error}")))?;
    runtime.spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let waiting = Mutex::new(tenants.iter());
    let ended = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|threads| {
        for _ in 0..at_once.min(tenants.len()) {
            threads.spawn(|| {
                while let Some(way) = next() {
                    let one = on(way, &words);
                    ended.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    ended.sort_by_key(|one| tenants.iter().position(|way| way.tenant == one.tenant));
    print(&ended, common);
    summary(&ended);
    Ok(of_all(&ended))
}

/// One name or id a line; `#` begins a remark, and of a CSV file the first column counts.
fn tenants(file: &Path) -> Result<Vec<String>> {
    let bytes = disk::read(file).map_err(|error| Problem::new(Kind::File, error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut known = HashSet::new();
    let mut tenants = Vec::new();
    for (n, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let name = line.split([',', ';']).next().unwrap_or_default().trim().trim_matches('"').trim();
        if name.is_empty()
            || (n == 0 && ["tenant", "name", "tenants"].contains(&name.to_lowercase().as_str()))
        {
            continue;
        }
        if !known.insert(name.to_lowercase()) {
            let message = format!("{}:{}: `{name}` stands twice", file.display(), n + 1);
            return Err(Problem::new(Kind::InvalidInput, message)
                .hint("each tenant once: take one of the two lines out"));
        }
        tenants.push(name.to_owned());
    }
    match tenants.is_empty() {
        true => Err(Problem::new(Kind::InvalidInput, format!("`{}` lists no tenant", file.display()))
            .hint("give the name of a profile in each line; `usher tenants` lists them")),
        false => Ok(tenants),
    }
}

/// The words of this command line without those that are about the tenants.
fn child_words(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    without("--tenants", without("--tenants-at-once", words).into_iter())
}

/// A command line without an option and its value; what follows `--` is the script's.
fn without(option: &str, mut words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--" {
            kept.push(word);
            kept.extend(words);
            break;
        }
        if text == option {
            words.next();
        } else if text.strip_prefix(option).is_none_or(|rest| !rest.starts_with('=')) {
            kept.push(word);
        }
    }
    kept
}

/// The same command for one tenant.
fn on(way: &Way, words: &[OsString]) -> Ended {
    let tenant = way.tenant.as_str();
    let mut one = Ended { tenant: tenant.to_owned(), exit: None, printed: String::new(), ledger: None };
    let mut words = match way.words.contains(&"--tenant".into()) {
        true => without("--tenant", words.iter().cloned()),
        false => words.to_vec(),
    };
    let after_run = words.iter().position(|word| word == "run").map_or(0, |at| at + 1);
    words.splice(after_run..after_run, way.words.iter().cloned());
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    });
    match started {
        Ok(child) => listen(child, &mut one),
        Err(error) => terminal::say(&format!("{tenant} | error: it could not be started: {error}")),
    }
    one
}

/// Passes on what the process says, and keeps what it prints.
fn listen(mut child: Child, one: &mut Ended) {
    let stdout = child.stdout.take();
    let printed = std::thread::spawn(move || {
        let mut printed = Vec::new();
        if let Some(mut stdout) = stdout {
            let _ = stdout.read_to_end(&mut printed);
        }
        String::from_utf8_lossy(&printed).into_owned()
    });
    for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines()) {
        let Ok(line) = line else { break };
        if let Some(run) = line.strip_prefix("ledger: ").or_else(|| line.strip_prefix("resume it with: ")) {
            one.ledger = Some(run.to_owned());
        }
        terminal::say(&format!("{} | {line}", one.tenant));
    }
    one.printed = printed.join().unwrap_or_default();
    one.exit = child.wait().ok().and_then(|status| status.code());
}

/// What the scripts printed, tenant by tenant.
fn print(ended: &[Ended], common: &Common) {
    let as_json = match common.output {
        Some(format) => matches!(format, Format::Json | Format::Ndjson),
        None => !terminal::stdout_is_terminal(),
    };
    if !as_json {
        for one in ended.iter().filter(|one| !one.printed.trim().is_empty()) {
            terminal::tell(&format!("== {}\n{}", one.tenant, one.printed.trim_end()));
        }
        return;
    }
    let value = |one: &Ended| match one.printed.trim() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    };
    let all: Map<String, Value> = ended.iter().map(|one| (one.tenant.clone(), value(one))).collect();
    match common.output {
        Some(Format::Ndjson) => all.into_iter().for_each(|(tenant, value)| {
            terminal::tell(&serde_json::json!({ "tenant": tenant, "value": value }).to_string());
        }),
        _ => terminal::tell(&serde_json::to_string_pretty(&all).unwrap_or_default()),
    }
}

fn summary(ended: &[Ended]) {
    let line = |one: &Ended| -> Vec<Value> {
        vec![one.tenant.as_str().into(), word(one.exit).into(), one.ledger.clone().into()]
    };
    let rows: Vec<Vec<Value>> = ended.iter().map(line).collect();
    terminal::say(&output::table(&[("tenant", 9), ("outcome", 8), ("run", 7)], &rows, false));
    let done = ended.iter().filter(|one| one.exit == Some(Exit::Done.code().into())).count();
    terminal::say(&format!("{}: {done} done, {} not", count(ended.len(), "tenant"), ended.len() - done));
}

fn word(exit: Option<i32>) -> &'static str {
    match exit {
        Some(0) => "done",
        Some(2) => "wrong command line",
        Some(3) => "refused: sign-in, permission or allowance",
        Some(4) => "some rows failed",
        Some(5) => "stopped, can be resumed",
        Some(130) => "interrupted, can be resumed",
        Some(_) => "script error",
        None => "ended by the system",
    }
}

/// Where all ended alike, that; else that some failed.
fn of_all(ended: &[Ended]) -> Exit {
    const ALL: [Exit; 7] = [
        Exit::Done,
        Exit::Script,
        Exit::Usage,
        Exit::Refused,
        Exit::RowsFailed,
        Exit::Stopped,
        Exit::Interrupted,
    ];
    let of = |one: &Ended| {
        let known = ALL.into_iter().find(|exit| one.exit == Some(exit.code().into()));
        let own = || one.exit.and_then(|code| u8::try_from(code).ok()).map(Exit::Own);
        known.or_else(own).unwrap_or(Exit::Script)
    };
    let mut exits = ended.iter().map(of);
    let first = exits.next().unwrap_or(Exit::Done);
    if exits.clone().all(|exit| exit == first) {
        return first;
    }
    match ended.iter().any(|one| one.exit == Some(Exit::Interrupted.code().into())) {
        true => Exit::Interrupted,
        false => Exit::RowsFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        child_words(line.split(' ').map(OsString::from))
    }

    #[test]
    fn each_process_gets_the_command_line_without_the_list() {
        assert_eq!(words("run --tenants list.csv a.rhai x.csv -q"), ["run", "a.rhai", "x.csv", "-q"]);
        assert_eq!(words("run a.rhai --tenants=list.csv --tenants-at-once 2 x"), ["run", "a.rhai", "x"]);
        assert_eq!(words("run a.rhai -- --tenants x"), ["run", "a.rhai", "--", "--tenants", "x"]);
    }
}
