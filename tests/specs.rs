//! The language as scripts meet it: short specs in `specs/`, the library's own examples, and the scripts to copy.
//!
//! A spec is a script under a `//--- name ---` heading, on a fresh sandbox, with what is expected of it in comments:
//! `// prints: ...` lines in order, `// sends: POST /v1.0/invitations` for every write in order, `// says: ...` for a part
//! of a note on stderr, and `// error: 3:9 part of the message` (`hint:` lines included) where it ends in an error.
//! `SPEC=part of a name` runs some of them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "specs/stage.rs"]
mod stage;

use std::path::{Path, PathBuf};

use stage::{Stage, Told, all, describe};

struct Spec {
    name: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rhai"));
    files.sort();
    files
}

fn specs() -> Vec<Spec> {
    let mut specs: Vec<Spec> = Vec::new();
    for file in files("tests/specs") {
        let noun = file.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            if let Some(name) = line.strip_prefix("//--- ").and_then(|rest| rest.strip_suffix(" ---")) {
                specs.push(Spec { name: format!("{noun}: {name}"), text: String::new() });
            } else if let Some(spec) = specs.last_mut() {
                spec.text.push_str(line);
                spec.text.push('\n');
            }
        }
    }
    let wanted = std::env::var("SPEC").unwrap_or_default();
    specs.retain(|spec| spec.name.contains(&wanted));
    specs
}

/// What comments of one kind say, in order.
fn expected(text: &str, kind: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let (_, comment) = line.split_once("// ")?;
        Some(comment.trim_start().strip_prefix(kind)?.strip_prefix(':')?.trim().to_owned())
    });
    lines.collect()
}

fn held(text: &str, told: &Told) -> Result<(), String> {
    let mut wrong = Vec::new();
    let prints = expected(text, "prints");
    let printed: Vec<String> = told.printed.lines().map(|line| line.trim_end().to_owned()).collect();
    if prints != printed {
        wrong.push(format!(
            "should print\n    {}\n  and printed\n    {}",
            prints.join("\n    "),
            printed.join("\n    ")
        ));
    }
    let sends = expected(text, "sends");
    if (!sends.is_empty()) && sends != told.sent && !(sends == ["nothing"] && told.sent.is_empty()) {
        wrong.push(format!(
            "should send\n    {}\n  and sent\n    {}",
            sends.join("\n    "),
            told.sent.join("\n    ")
        ));
    }
    for part in expected(text, "says") {
        if !told.said.iter().any(|line| line.contains(&part)) {
            wrong.push(format!("should say {part}\n  and said\n    {}", told.said.join("\n    ")));
        }
    }
    let error = told.error.as_ref().map(describe);
    let parts = expected(text, "error");
    match (&error, parts.is_empty()) {
        (Some(error), true) => wrong.push(format!("ended in {error}")),
        (None, false) => wrong.push(format!("should end in {}", parts.join(", "))),
        (Some(error), false) => {
            // The place comes first; every further line is a part to be found.
            let fits = parts.iter().all(|part| match part.split_once(' ') {
                Some((place, rest))
                    if place.contains(':') && place.starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    error.starts_with(&format!("{place} ")) && error.contains(rest)
                }
                _ => error.contains(part),
            });
            if !fits {
                wrong.push(format!("should end in {}\n  and ended in {error}", parts.join(" + ")));
            }
        }
        (None, true) => {}
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n  ")) }
}

#[test]
fn the_specs_hold() {
    let specs = specs();
    assert!(!specs.is_empty());
    all(&specs, |spec| {
        let told = Stage::new().play(&spec.text, &[], None);
        held(&spec.text, &told).map_err(|wrong| format!("{}\n  {wrong}", spec.name))
    });
}

/// Code blocks of `///` comments, with the file and line they begin at.
fn library_examples() -> Vec<Spec> {
    let mut examples = Vec::new();
    for file in files("stdlib") {
        let mut open: Option<Spec> = None;
        for (n, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            let Some(comment) = line.strip_prefix("///") else { continue };
            let comment = comment.strip_prefix(' ').unwrap_or(comment);
            match (comment == "```", open.take()) {
                (true, None) => {
                    let name = format!("{}:{}", file.file_name().unwrap().to_string_lossy(), n + 1);
                    open = Some(Spec { name, text: String::new() });
                }
                (true, Some(spec)) => examples.push(spec),
                (false, Some(mut spec)) => {
                    spec.text.push_str(comment);
                    spec.text.push('\n');
                    open = Some(spec);
                }
                (false, None) => {}
            }
        }
        assert!(open.is_none(), "a code block in {} is not closed", file.display());
    }
    examples
}

#[test]
fn examples_of_the_library_print_what_they_say() {
    let examples = library_examples();
    assert!(examples.len() >= 2);
    all(&examples, |example| {
        let told = Stage::new().play(&example.text, &[], None);
        held(&example.text, &told).map_err(|wrong| format!("stdlib/{}\n  {wrong}", example.name))
    });
}

#[test]
fn every_function_of_the_library_has_an_example() {
    for file in files("stdlib") {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("fn ")) {
            let above = lines[..n].iter().rev().take_while(|line| line.starts_with("///"));
            assert!(above.into_iter().any(|line| line.contains("```")), "{}: {line}", file.display());
        }
    }
}

/// What the scripts to copy are called with.
fn arguments(script: &str) -> Vec<String> {
    match script {
        "onboard.rhai" => vec![root().join("scripts/guests.csv").display().to_string()],
        "offboard.rhai" => vec![root().join("scripts/leavers.csv").display().to_string()],
        _ => Vec::new(),
    }
}

#[test]
fn every_script_runs_to_its_end_and_previews_to_its_end() {
    let scripts = files("scripts");
    assert!(scripts.len() >= 2);
    let runs: Vec<(PathBuf, bool)> =
        scripts.into_iter().flat_map(|script| [(script.clone(), false), (script, true)]).collect();
    all(&runs, |(script, what_if)| {
        let name = script.file_name().unwrap().to_string_lossy().into_owned();
        let mut stage = Stage::new();
        stage.policy.what_if = *what_if;
        let text = std::fs::read_to_string(script).unwrap();
        let told = stage.play(&text, &arguments(&name), Some(root().join("scripts")));
        if let Some(error) = told.error {
            return Err(format!("{name}, preview {what_if}: {}", describe(&error)));
        }
        match (what_if, told.sent.is_empty()) {
            (true, false) => Err(format!("the preview of {name} sent {}", told.sent.join(", "))),
            (false, true) => Err(format!("{name} sent nothing")),
            _ => Ok(()),
        }
    });
}

#[test]
fn every_script_says_what_it_does_how_to_run_it_and_what_it_needs() {
    for script in files("scripts") {
        let text = std::fs::read_to_string(&script).unwrap();
        let top: String =
            text.lines().take_while(|line| line.starts_with("//")).collect::<Vec<_>>().join("\n");
        let call = format!("usher run scripts/{}", script.file_name().unwrap().to_string_lossy());
        for part in [call.as_str(), "Permissions"] {
            assert!(top.contains(part), "{} does not say `{part}` at its top", script.display());
        }
    }
}
