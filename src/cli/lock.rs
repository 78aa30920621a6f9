//! One run of a script on a tenant at a time: two that go over one list at once would invite everybody twice.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::disk;
use crate::problem::{Kind, Problem, Result};
use crate::runs::ledger::fingerprint;

/// The right to run a script on a tenant. The system takes it back when the process ends, however it ends.
pub struct Held {
    _lock: disk::Lock,
    /// Says who holds it; a locked file cannot be read by others on every system.
    note: PathBuf,
    facts: Mutex<Value>,
}

/// Takes the script for this process, or says who has it. `tenant` tells tenants apart, `called` is what messages name it.
pub fn take(home: &Path, script: &Path, tenant: &str, called: &str) -> Result<Held> {
    let failed = |error: disk::Error| {
        Problem::new(Kind::Stopped, error.to_string())
            .doing("making sure that the script runs once at a time")
            .hint("see that usher's own folder can be written; USHER_HOME names another")
    };
    let real = script.canonicalize().unwrap_or_else(|_| script.to_owned());
    let folder = home.join("locks");
    disk::private_folder(&folder).map_err(failed)?;
    let key = fingerprint(json!([real.to_string_lossy(), tenant]).to_string().as_bytes());
    let path = folder.join(&key[..32]);
    let note = path.with_extension("json");
    let Some(lock) = disk::Lock::take(&path).map_err(failed)? else {
        return Err(refusal(script, called, &note));
    };
    let facts = json!({
        "process": std::process::id(),
        "since": Timestamp::now(),
        "script": real.to_string_lossy(),
        "tenant": tenant,
    });
    let held = Held { _lock: lock, note, facts: facts.into() };
    held.tell();
    Ok(held)
}

impl Held {
    /// The run has a name now.
    pub fn names(&self, run: &str) {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)["run"] = run.into();
        self.tell();
    }

    /// Whoever is refused reads this; that it could not be written is no reason to fail.
    fn tell(&self) {
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner).to_string();
        let _ = disk::write_private(&self.note, facts.as_bytes());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = disk::remove(&self.note);
    }
}

fn refusal(script: &Path, tenant: &str, note: &Path) -> Problem {
    let facts: Value =
        disk::read(note).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let mut who = match facts["process"].as_u64() {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    };
    if let Some(since) = facts["since"].as_str().and_then(|since| since.parse().ok()) {
        who.push_str(&format!(", since {}", super::output::moment(since)));
    }
    let run = facts["run"].as_str();
    if let Some(run) = run {
        who.push_str(&format!(", run {run}"));
    }
    let problem = Problem::new(
        Kind::Stopped,
        format!("`{}` is being run on tenant `{tenant}` already ({who})", script.display()),
    );
    problem.hint(match run {
        Some(run) => format!("wait for it, or stop it; `usher runs show {run}` tells how far it is"),
        None => "wait for it, or stop it".to_owned(),
    })
}
