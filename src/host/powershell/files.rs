//! Text files below the working directory, paths for any system, and lines to stderr.

use std::io::Write;
use std::path::Path;

use rhai::{Array, Dynamic, EvalAltResult, Map, Module};

use super::super::date::Date;
use super::lists::{each, items};
use super::text::text;
use super::{Outcome, Place, invalid, native};
use crate::disk;
use crate::problem::{Kind, Problem};

pub fn problem(error: &disk::Error) -> Box<EvalAltResult> {
    let problem = Problem::new(Kind::File, error.to_string());
    super::thrown(match error {
        disk::Error::Outside { .. } => {
            problem.hint("name the folder with --allow-path DIR, or the file as an argument of the script")
        }
        disk::Error::Unsafe { hint, .. } => problem.hint(hint.clone()),
        disk::Error::Io { .. } => problem,
    })
}

/// A path as it is meant on any system: `\` divides folders, and a drive that this system does not have is left out.
pub fn plain(text: &str) -> String {
    let slashed = text.trim().replace('\\', "/");
    let drive =
        slashed.get(1..2) == Some(":") && slashed.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if cfg!(windows) || !drive && !slashed.starts_with("//") {
        let short = slashed.trim_start_matches("./");
        return if short.is_empty() { ".".to_owned() } else { short.to_owned() };
    }
    slashed.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default().to_owned()
}

pub fn read(place: &Place, path: &str) -> Result<Vec<u8>, Box<EvalAltResult>> {
    let real = place.folders.readable(path).map_err(|error| problem(&error))?;
    disk::read(&real).map_err(|error| problem(&error))
}

/// The text of a file, whatever mark it begins with.
fn read_text(place: &Place, path: &Dynamic) -> Result<String, Box<EvalAltResult>> {
    let path = plain(&text(path));
    let bytes = read(place, &path)?;
    let utf16 = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    Ok(match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// A list a line each, and a line's end after the last.
fn lines_of(value: &Dynamic) -> String {
    let mut out = String::new();
    for item in each(value) {
        out.push_str(&shown(&item));
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

/// A list of nothing but texts, numbers and the like, a line each; what is nothing has none.
fn line_each(value: &Dynamic) -> Option<String> {
    let plain = |item: &Dynamic| item.is_string() || item.is_int() || item.is_float() || item.is_bool();
    let list = items(value)?;
    let list: Vec<Dynamic> = list.into_iter().filter(|item| !item.is_unit()).collect();
    list.iter().all(plain).then(|| list.iter().map(text).collect::<Vec<_>>().join("\n"))
}

/// Objects as PowerShell's lists of properties show them.
fn shown(value: &Dynamic) -> String {
    let object = value.is_map()
        || value.is::<super::super::record::Record>()
        || value.is::<super::super::rows::RowValue>();
    match super::super::values::to_json(value) {
        Ok(serde_json::Value::Object(map)) if object => {
            let width = map.keys().map(|name| name.chars().count()).max().unwrap_or(0);
            let cell = |value: &serde_json::Value| match value {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            map.iter().map(|(name, value)| format!("{name:<width$} : {}\n", cell(value))).collect()
        }
        _ => text(value),
    }
}

fn write(place: &Place, path: &Dynamic, value: &Dynamic, adds: bool) -> Outcome {
    let path = plain(&text(path));
    let real = place.folders.writable(&path).map_err(|error| problem(&error))?;
    append(&real, lines_of(value).as_bytes(), !adds)?;
    Ok(Dynamic::UNIT)
}

/// Bytes at the end of a file, or in the place of what it held.
pub fn append(real: &Path, bytes: &[u8], anew: bool) -> Result<(), Box<EvalAltResult>> {
    if anew {
        return disk::write_private(real, bytes).map_err(|error| problem(&error));
    }
    let added = disk::append_private(real).and_then(|mut file| file.write_all(bytes));
    added.map_err(|source| problem(&disk::Error::Io { path: real.to_owned(), source }))
}

fn path_exists(place: &Place, path: &Dynamic) -> bool {
    let path = plain(&text(path));
    !path.is_empty() && place.folders.readable(&path).is_ok()
}

/// Folders are made one in the other, each below the working directory.
fn make_folder(place: &Place, path: &Dynamic) -> Outcome {
    let path = plain(&text(path));
    let mut made = String::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if !made.is_empty() {
            made.push('/');
        }
        made.push_str(part);
        let real = place.folders.writable(&made).map_err(|error| problem(&error))?;
        if !real.is_dir() {
            disk::private_folder(&real).map_err(|error| problem(&error))?;
        }
    }
    Ok(Dynamic::UNIT)
}

fn remove_file(place: &Place, path: &Dynamic) -> Outcome {
    let path = plain(&text(path));
    let real = place.folders.writable(&path).map_err(|error| problem(&error))?;
    match real.is_dir() {
        true => Err(invalid(format!("`{path}` is a folder: usher removes files only"))),
        false => disk::remove(&real).map(|()| Dynamic::UNIT).map_err(|error| problem(&error)),
    }
}

/// What is known of a file: `name`, `fullName`, `length`, `lastWriteTime`, `exists`.
fn file(place: &Place, path: &Dynamic) -> Outcome {
    let path = plain(&text(path));
    let real = place.folders.readable(&path).map_err(|error| problem(&error))?;
    let facts = std::fs::metadata(&real)
        .map_err(|source| problem(&disk::Error::Io { path: real.clone(), source }))?;
    let mut map = Map::new();
    let leaf = path.rsplit('/').next().unwrap_or_default().to_owned();
    map.insert("name".into(), leaf.into());
    map.insert("fullName".into(), path.into());
    map.insert("length".into(), i64::try_from(facts.len()).unwrap_or(i64::MAX).into());
    map.insert("exists".into(), true.into());
    if let Some(changed) = facts.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok()) {
        map.insert("lastWriteTime".into(), Dynamic::from(Date(changed)));
    }
    Ok(map.into())
}

fn join_path(parts: &[Dynamic]) -> String {
    let mut whole = String::new();
    for part in parts.iter().flat_map(each) {
        let part = text(&part).replace('\\', "/");
        let part = if whole.is_empty() { part.as_str() } else { part.trim_start_matches('/') };
        if part.is_empty() {
            continue;
        }
        if !whole.is_empty() && !whole.ends_with('/') {
            whole.push('/');
        }
        whole.push_str(part);
    }
    whole
}

fn split_path(path: &str, part: &str) -> Outcome {
    let path = path.replace('\\', "/");
    let (parent, leaf) = path.rsplit_once('/').unwrap_or(("", &path));
    Ok(match part {
        "parent" => parent.to_owned(),
        "leaf" => leaf.to_owned(),
        "leaf_base" => leaf.rsplit_once('.').map_or(leaf, |(base, _)| base).to_owned(),
        "extension" => {
            leaf.rsplit_once('.').map_or_else(String::new, |(_, extension)| format!(".{extension}"))
        }
        _ => {
            return Err(invalid(format!(
                "`{part}` is no part of a path: parent, leaf, leaf_base, extension"
            )));
        }
    }
    .into())
}

pub fn register(module: &mut Module, place: &Place) {
    let here = place.clone();
    native!(module, "read_text", |path| read_text(&here, &path).map(Dynamic::from));
    let here = place.clone();
    native!(module, "read_lines", |path| {
        let whole = read_text(&here, &path)?;
        Ok(whole.lines().map(|line| Dynamic::from(line.to_owned())).collect::<Array>().into())
    });
    let here = place.clone();
    native!(module, "write_text", |path, x| write(&here, &path, &x, false));
    let here = place.clone();
    native!(module, "append_text", |path, x| write(&here, &path, &x, true));
    let here = place.clone();
    native!(module, "path_exists", |path| Ok(path_exists(&here, &path).into()));
    let here = place.clone();
    native!(module, "make_folder", |path| make_folder(&here, &path));
    let here = place.clone();
    native!(module, "remove_file", |path| remove_file(&here, &path));
    let here = place.clone();
    native!(module, "file", |path| file(&here, &path));
    native!(module, "path", |x| Ok(plain(&text(&x)).into()));
    native!(module, "join_path", |a| Ok(join_path(&[a]).into()));
    native!(module, "join_path", |a, b| Ok(join_path(&[a, b]).into()));
    native!(module, "join_path", |a, b, c| Ok(join_path(&[a, b, c]).into()));
    native!(module, "join_path", |a, b, c, d| Ok(join_path(&[a, b, c, d]).into()));
    native!(module, "split_path", |path, part| split_path(&text(&path), &text(&part)));
    native!(module, "shown", |x| Ok(line_each(&x).map_or(x, Dynamic::from)));
    native!(module, "out_string", |x| Ok(lines_of(&x).into()));
    for (name, sign) in [("warning", "warning"), ("error", "error")] {
        let here = place.clone();
        native!(module, name, |x| {
            let said = items(&x)
                .map_or_else(|| text(&x), |list| list.iter().map(text).collect::<Vec<_>>().join(" "));
            here.watch.says(&format!("{sign}: {said}"));
            Ok(Dynamic::UNIT)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_taken_apart() {
        let path = |text: &str| Dynamic::from(text.to_owned());
        assert_eq!(join_path(&[path(r"out\reports"), path(r"\guests.csv")]), "out/reports/guests.csv");
        assert_eq!(join_path(&[path("."), path("a"), path("b")]), "./a/b");
        let part = |name: &str| text(&split_path("out/guests.2026.csv", name).unwrap());
        assert_eq!(
            ["parent", "leaf", "leaf_base", "extension"].map(part),
            ["out", "guests.2026.csv", "guests.2026", ".csv"]
        );
        assert!(split_path("a", "root").is_err());
    }

    #[test]
    fn a_path_is_plain_on_any_system() {
        assert_eq!(plain(r".\guests.csv"), "guests.csv");
        assert_eq!(plain("."), ".");
        assert_eq!(plain("./"), ".");
        #[cfg(not(windows))]
        assert_eq!(plain(r"C:\temp\guests.csv"), "guests.csv");
    }
}
