//! The documents tell the truth: commands and scripts of the README run, its table is the catalogue's, changes are told.
//!
//! `USHER_REWRITE=1` writes the table of verbs anew.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "specs/stage.rs"]
mod stage;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use stage::{Stage, describe};
use usher::catalogue::entries;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// Code blocks of one language, with the line they begin at.
fn blocks(document: &str, language: &str) -> Vec<(usize, String)> {
    let text = text(document);
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut inside = false;
    for (n, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), inside) {
            (Some(named), false) => {
                inside = true;
                open = (named == language).then(|| (n + 2, String::new()));
            }
            (Some(_), true) => {
                inside = false;
                blocks.extend(open.take());
            }
            (None, _) => {
                if let Some((_, block)) = &mut open {
                    block.push_str(line);
                    block.push('\n');
                }
            }
        }
    }
    blocks
}

/// Whether a line is as expected; `...` stands for anything.
fn line_fits(expected: &str, line: &str) -> bool {
    let mut parts = expected.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut open = false;
    for part in parts {
        open = true;
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
        || (open && expected.ends_with("..."))
        || (open && line.ends_with(expected.rsplit("...").next().unwrap()))
}

/// Whether output is as expected; a line `...` stands for any lines.
fn fits(expected: &[&str], lines: &[&str]) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => (0..=lines.len()).any(|n| fits(rest, &lines[n..])),
        (Some((one, rest)), Some((line, others))) => line_fits(one, line.trim_end()) && fits(rest, others),
        _ => false,
    }
}

/// `usher`'s words on a command line: spaces part them, single quotes hold them together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn sessions_of_the_readme_go_as_they_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    for entry in std::fs::read_dir(file("scripts")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join("scripts").join(entry.file_name())).unwrap();
    }
    let mut ran = 0;
    for (line, block) in blocks("README.md", "sh") {
        let mut lines = block.lines().peekable();
        while let Some(call) = lines.next() {
            let call = call
                .strip_prefix("$ usher ")
                .unwrap_or_else(|| panic!("README.md:{line}: `{call}` is no call"));
            let (call, remark) = match call.split_once("   # ") {
                Some((call, remark)) => (call.trim_end(), Some(remark.to_owned())),
                None => (call, None),
            };
            let mut expected = Vec::new();
            while let Some(next) = lines.next_if(|next| !next.starts_with("$ ")) {
                expected.push(next);
            }
            // Both outputs in the order they come, as at a terminal.
            let both = folder.path().join("output");
            std::fs::write(&both, "").unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
            command
                .args(words(call))
                .current_dir(folder.path())
                .env("USHER_HOME", folder.path().join("home"));
            command.env_remove("USHER_TENANT").stdin(Stdio::null());
            // Killed in the middle of its work, as the remark beside the call says.
            if let Some((_, at)) = remark.as_deref().and_then(|remark| remark.split_once("kill -9")) {
                let entry = if at.trim().is_empty() { "60" } else { at.trim() };
                command.env("USHER_CRASH", format!("after:{entry}"));
            }
            command.stdout(append(&both)).stderr(append(&both)).status().unwrap();
            let printed = std::fs::read_to_string(&both).unwrap();
            let printed: Vec<&str> = printed.lines().collect();
            assert!(
                fits(&expected, &printed),
                "README.md:{line}: usher {call}\n-- should print\n{}\n-- and printed\n{}",
                expected.join("\n"),
                printed.join("\n")
            );
            ran += 1;
        }
    }
    assert!(ran >= 5, "only {ran} calls were found");
}

/// Both outputs go to the end of one file, so that neither writes over the other.
fn append(path: &Path) -> std::fs::File {
    std::fs::OpenOptions::new().append(true).open(path).unwrap()
}

#[test]
fn scripts_of_the_readme_print_what_they_say() {
    let blocks = blocks("README.md", "rhai");
    assert!(blocks.len() >= 3);
    for (line, block) in blocks {
        let told = Stage::new().play(&block, &[], None);
        if let Some(error) = &told.error {
            panic!("README.md:{line}: {}", describe(error));
        }
        let prints = block.lines().filter_map(|line| line.split_once("// prints: ")).map(|(_, text)| text);
        assert_eq!(told.printed, prints.collect::<Vec<_>>().join("\n"), "README.md:{line}");
    }
}

/// The verbs of the catalogue, by area.
fn verbs() -> String {
    let mut areas: Vec<_> = entries().iter().map(|entry| entry.card.area).collect();
    areas.sort_unstable();
    areas.dedup();
    let mut table = String::from("| verb | what it does |\n|---|---|\n");
    for area in areas {
        table.push_str(&format!("| **{}** | |\n", area.title()));
        for entry in entries().iter().filter(|entry| entry.card.area == area) {
            let summary = entry.card.summary.replace('|', "\\|");
            table.push_str(&format!("| `{}` | {summary} |\n", entry.card.name));
        }
    }
    table
}

#[test]
fn the_table_of_verbs_is_the_catalogue() {
    let readme = text("README.md");
    let begin = readme.find("<!-- verbs:").expect("the table's first marker");
    let begin = begin + readme[begin..].find('\n').unwrap() + 1;
    let end = readme.find("<!-- end of verbs -->").expect("the table's last marker");
    if std::env::var_os("USHER_REWRITE").is_some() {
        std::fs::write(file("README.md"), format!("{}{}{}", &readme[..begin], verbs(), &readme[end..]))
            .unwrap();
        return;
    }
    assert!(
        readme[begin..end] == verbs(),
        "the table is old; `USHER_REWRITE=1 cargo test --test docs` renews it"
    );
}

#[test]
fn every_verb_is_told_of_under_changes() {
    let changes = text("CHANGELOG.md");
    let untold: Vec<&str> = entries()
        .iter()
        .map(|entry| entry.card.name)
        .filter(|name| !changes.contains(&format!("`{name}`")))
        .collect();
    assert!(untold.is_empty(), "not in CHANGELOG.md: {}", untold.join(", "));
}

#[test]
fn lines_under_changes_open_with_a_name() {
    for line in text("CHANGELOG.md").lines().filter(|line| line.starts_with("- ")) {
        assert!(line.starts_with("- `"), "CHANGELOG.md: {line}");
    }
}

#[test]
fn files_that_documents_name_are_there() {
    for document in ["README.md", "CONTRIBUTING.md"] {
        for name in text(document).split('`') {
            let path = ["src/", "tests/", "scripts/", "stdlib/", "benches/"]
                .iter()
                .any(|room| name.starts_with(room));
            if path && !name.contains([' ', '<', '*', '\n']) {
                assert!(file(name).exists(), "{document} names {name}, which is not there");
            }
        }
    }
}
