//! The house keeps to its map: which room imports which, where Rhai and HTTP may be spoken of, and how files begin.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::path::{Path, PathBuf};

/// Rooms from the outside in, as `src/lib.rs` has them. Rooms of one line stand side by side and leave each other alone.
const ROOMS: &[&[&str]] = &[
    &["cli"],
    &["repl"],
    &["powershell"],
    &["host"],
    &["catalogue"],
    &["verbs"],
    &["runs"],
    &["services"],
    &["transport"],
    &["identity"],
    &["net"],
    &["table"],
    &["disk", "terminal", "clock"],
    &["problem"],
    &["words"],
];

/// Files that stay long, and why.
const LONG: &[(&str, &str)] = &[];

const LIMIT: usize = 700;

struct Source {
    path: String,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    files.sort();
    let source = |file: PathBuf| {
        let below: Vec<String> = file
            .strip_prefix(root.join("src"))
            .unwrap()
            .iter()
            .map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned())
            .collect();
        Source {
            path: format!("src/{}.rs", below.join("/")),
            room: below[0].clone(),
            text: std::fs::read_to_string(&file).unwrap(),
        }
    };
    files.into_iter().map(source).collect()
}

/// How far in a room lies.
fn depth(room: &str) -> Option<usize> {
    ROOMS.iter().position(|line| line.contains(&room))
}

/// Code without comments; doc comments may speak of any room.
fn code(text: &str) -> String {
    let bare = |line: &str| match line.find("//") {
        Some(at) if !line[..at].contains('"') => line[..at].to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(bare).collect::<Vec<_>>().join("\n")
}

/// Rooms that a file reaches into: `crate::room`, `crate::{a, b::c}`, and `super::` beyond its own room.
fn crossings(source: &Source) -> Vec<String> {
    let code = code(&source.text);
    let name =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate` and names that end in `crate` are something else.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut level = 0;
                let mut start = true;
                for (n, c) in list.char_indices() {
                    match c {
                        '{' => level += 1,
                        '}' if level == 0 => break,
                        '}' => level -= 1,
                        ',' if level == 0 => start = true,
                        c if start && c.is_alphabetic() && level == 0 => {
                            found.push(name(&list[n..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
            None => found.push(name(rest)),
        }
    }
    // `super` once more than the file lies deep leads out of its room.
    let deep = source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
    let out = "super::".repeat(deep);
    for (at, _) in code.match_indices(&out) {
        if !code[..at].ends_with("super::") {
            found.push(name(code[at + out.len()..].trim_start_matches("super::")));
        }
    }
    found.retain(|room| room != &source.room && !room.is_empty() && room != "super");
    found
}

#[track_caller]
fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn the_map_in_lib_names_every_room_in_order() {
    let lib = sources().into_iter().find(|source| source.path == "src/lib.rs").unwrap().text;
    let table: Vec<&str> = lib.lines().filter(|line| line.starts_with("//! | [")).collect();
    let named = |line: &&str| -> Vec<String> {
        line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let mapped: Vec<String> = table.iter().flat_map(named).filter(|room| room != "sandbox").collect();
    let rooms: Vec<&str> = ROOMS.iter().copied().flatten().copied().collect();
    assert_eq!(mapped, rooms, "the table of src/lib.rs and this test differ");
    for source in sources() {
        let known =
            ["lib", "main", "sandbox"].contains(&source.room.as_str()) || depth(&source.room).is_some();
        assert!(known, "{} is in no room of the map", source.path);
    }
}

#[test]
fn imports_follow_the_map_and_never_turn_back() {
    let mut wrong = Vec::new();
    for source in
        sources().iter().filter(|source| !["lib", "main", "sandbox"].contains(&source.room.as_str()))
    {
        for room in crossings(source) {
            let allowed = match (depth(&source.room), depth(&room)) {
                (Some(from), Some(to)) => to > from,
                _ => room == "sandbox" && source.room == "cli",
            };
            if !allowed {
                wrong.push(format!("{} imports {room}", source.path));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    none("arrows against the map", wrong);
}

#[test]
fn the_sandbox_knows_nothing_of_the_rest() {
    let wrong = sources().into_iter().filter(|source| source.room == "sandbox").flat_map(|source| {
        crossings(&source).into_iter().map(move |room| format!("{} imports {room}", source.path))
    });
    none("the sandbox imports", wrong.collect());
}

/// Files outside of some rooms whose code speaks of a crate.
fn speaks(krate: &str, rooms: &[&str]) -> Vec<String> {
    let says = |source: &&Source| {
        let code = code(&source.text);
        code.match_indices(&format!("{krate}::"))
            .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
    };
    let sources = sources();
    let outside = sources.iter().filter(|source| !rooms.contains(&source.room.as_str())).filter(says);
    outside.map(|source| format!("{} uses {krate}", source.path)).collect()
}

#[test]
fn only_the_host_knows_rhai() {
    none("Rhai outside of host/", speaks("rhai", &["host"]));
}

#[test]
fn http_stays_where_it_belongs() {
    for krate in ["reqwest", "hyper", "hyper_util", "http_body_util", "http"] {
        none("HTTP elsewhere", speaks(krate, &["net", "transport", "identity", "sandbox"]));
    }
}

#[test]
fn every_file_says_what_is_in_it() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    none("files without a first line `//! ...`", silent.map(|source| source.path).collect());
}

#[test]
fn no_file_is_too_long_to_read() {
    let lines = |source: &Source| source.text.lines().count();
    let excused = |path: &str| LONG.iter().any(|(excused, _)| *excused == path);
    let sources = sources();
    let long = sources.iter().filter(|source| lines(source) > LIMIT && !excused(&source.path));
    none(
        "files over the limit",
        long.map(|source| format!("{}: {} lines", source.path, lines(source))).collect(),
    );
    let in_vain =
        LONG.iter().filter(|(path, _)| !sources.iter().any(|s| s.path == *path && lines(s) > LIMIT));
    none("excused in vain", in_vain.map(|(path, _)| (*path).to_owned()).collect());
}
