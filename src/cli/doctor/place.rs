//! This machine: usher's own folder, the file of tenants, what the profile demands.

use std::path::Path;

use super::{Check, Report, State};
use crate::identity::{Profile, Profiles};

pub(super) fn folder(home: &Path, report: &mut Report) {
    let of = "state folder";
    let shown = home.display();
    let Ok(found) = home.metadata() else {
        return report.add(Check::ok(of, format!("{shown} is made when it is needed")));
    };
    if !found.is_dir() {
        return report.add(Check::fault(
            of,
            format!("{shown} is not a folder"),
            "USHER_HOME names the folder of usher's own files",
        ));
    }
    let check = match open_to_others(home) {
        Some(how) => Check::fault(of, format!("{shown}: others can {how}"), format!("chmod 700 {shown}")),
        None => Check::ok(of, format!("{shown}, private")),
    };
    report.add(check);
    // The folder may be private and still not belong to whoever runs usher.
    if let Err(error) = tempfile_beside(home) {
        report.add(Check::fault(
            of,
            format!("{shown} cannot be written: {error}"),
            "see whom the folder belongs to",
        ));
    }
}

fn tempfile_beside(home: &Path) -> std::io::Result<()> {
    let file = home.join(format!(".doctor.{}", std::process::id()));
    crate::disk::create_private(&file)?;
    std::fs::remove_file(&file)
}

pub(super) fn profiles(home: &Path, report: &mut Report) {
    let of = "tenants";
    match Profiles::open(home) {
        Err(problem) => report.add(Check::problem(of, State::Fault, &problem, "correct the file")),
        Ok(profiles) if !profiles.path().exists() => {
            report.add(Check::ok(of, "no file of tenants; runs that name none go to the sandbox"));
        }
        Ok(profiles) => {
            let path = profiles.path().display();
            let names = profiles.names().collect::<Vec<_>>().join(", ");
            report.add(match open_to_others(profiles.path()) {
                Some(how) => Check::warning(
                    of,
                    format!("{path}: others can {how}, and so say where secrets are sent"),
                    format!("chmod 600 {path}"),
                ),
                None if names.is_empty() => Check::ok(of, format!("{path}: none yet")),
                None => Check::ok(of, format!("{path}: {names}")),
            });
        }
    }
}

/// What others than the user may do with it, the worst first.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<&'static str> {
    use std::os::unix::fs::PermissionsExt;
    let mode = path.metadata().ok()?.permissions().mode();
    match mode {
        _ if mode & 0o022 != 0 => Some("write it"),
        _ if mode & 0o044 != 0 => Some("read it"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<&'static str> {
    None
}

/// What the profile demands: no fault, and worth knowing when a write is refused.
pub(super) fn rules(profile: &Profile, report: &mut Report) {
    let mut rules = vec![format!("signs in by {}", profile.method.word())];
    if profile.read_only {
        rules.push("read-only: no write is sent".to_owned());
    }
    if profile.require_approval {
        rules.push("removals and roles need an approved plan".to_owned());
    }
    if let Some(allow) = &profile.allow {
        rules.push(format!("only these may write: {}", allow.join(", ")));
    }
    report.add(Check::ok("profile", format!("`{}`: {}", profile.name, rules.join("; "))));
}
