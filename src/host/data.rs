//! Bodies of the verbs over data, which take tables as they are.

use std::sync::Arc;

use rhai::Dynamic;
use serde_json::{Map, Value};

use super::Host;
use super::date::{Date, days, parse};
use super::rows::RowsValue;
use super::show;
use crate::disk;
use crate::problem::{Kind, Problem, Result};
use crate::runs::bulk::table_problem;
use crate::table::{self, CsvWriter, ReadOptions, WriteOptions};

pub fn call(host: &Arc<Host>, verb: &str, first: &Dynamic, options: &Value) -> Result<Dynamic> {
    match verb {
        "import_csv" => import_csv(host, options),
        "export_csv" => export_csv(host, first, options),
        "format_table" => Ok(show::table(
            host,
            &rows_of(first, "format_table")?,
            columns(options).as_deref(),
            host.look().plain(),
        )
        .into()),
        "format_list" => Ok(show::lists(
            host,
            &rows_of(first, "format_list")?,
            columns(options).as_deref(),
            host.look().plain(),
        )
        .into()),
        "now" => Ok(Dynamic::from(Date(host.session().clock.now()))),
        "days_ago" => {
            let back = days(options["days"].as_f64().unwrap_or_default());
            let date = host.session().clock.now().checked_sub(back);
            date.map(|date| Dynamic::from(Date(date)))
                .map_err(|_| Problem::new(Kind::InvalidInput, "the date lies too far away"))
        }
        "parse_date" => {
            let text = options["text"].as_str().unwrap_or_default();
            parse(text).map(Dynamic::from).ok_or_else(|| {
                Problem::new(Kind::InvalidInput, format!("`{text}` is not a date"))
                    .hint("dates look like `2026-03-31` or `2026-03-31T08:00:00Z`")
                    .value(text)
            })
        }
        _ => Err(Problem::new(Kind::Internal, format!("`{verb}` has no body"))),
    }
}

fn file_problem(error: &disk::Error) -> Problem {
    let problem = Problem::new(Kind::File, error.to_string());
    match error {
        disk::Error::Outside { .. } => {
            problem.hint("name the folder with --allow-path DIR, or the file as an argument of the script")
        }
        disk::Error::Unsafe { hint, .. } => problem.hint(hint.clone()),
        disk::Error::Io { .. } => problem,
    }
}

fn columns(options: &Value) -> Option<Vec<String>> {
    let names = options["columns"].as_array()?;
    Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn import_csv(host: &Arc<Host>, options: &Value) -> Result<Dynamic> {
    let path = options["path"].as_str().unwrap_or_default();
    let real = host.session().folders.readable(path).map_err(|error| file_problem(&error))?;
    let bytes = disk::read(&real).map_err(|error| file_problem(&error))?;
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(Problem::new(Kind::File, format!("`{path}` is an Excel workbook, not a CSV file"))
            .hint("save it from Excel as `CSV UTF-8` and use that file")
            .value(path));
    }
    host.session().note_input(path, &bytes);
    let names = |key: &str| {
        options[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let read = ReadOptions {
        delimiter: options["delimiter"].as_str().and_then(|text| text.chars().next()),
        encoding: options["encoding"].as_str().map(str::to_owned),
        required: names("required"),
        optional: names("optional"),
    };
    let rows = table::read_csv(path, bytes, &read).map_err(|error| table_problem(&error))?;
    for note in rows.table().notes() {
        host.session().say_once(&format!("note: {path}: {note}"));
    }
    Ok(Dynamic::from(RowsValue(rows)))
}

fn export_csv(host: &Arc<Host>, rows: &Dynamic, options: &Value) -> Result<Dynamic> {
    let path = options["path"].as_str().unwrap_or_default();
    let real = host.session().folders.writable(path).map_err(|error| file_problem(&error))?;
    let objects = rows_of(rows, "export_csv")?;
    let columns = columns(options).unwrap_or_else(|| show::written_order(host, &objects));
    let write = WriteOptions {
        delimiter: options["delimiter"].as_str().and_then(|text| text.chars().next()).unwrap_or(','),
        bom: options["bom"].as_bool().unwrap_or(false),
        raw: options["raw"].as_bool().unwrap_or(false),
    };
    let failed = |error: std::io::Error| Problem::new(Kind::File, format!("`{path}`: {error}"));
    let mut csv = CsvWriter::new(Vec::new(), columns, write).map_err(failed)?;
    for object in &objects {
        csv.write_object(&object.map).map_err(failed)?;
    }
    let bytes = csv.finish().map_err(failed)?;
    disk::write_private(&real, &bytes).map_err(|error| file_problem(&error))?;
    Ok(Dynamic::UNIT)
}

/// Objects, maps or rows as objects with their kind; anything else is refused.
pub fn rows_of(value: &Dynamic, verb: &str) -> Result<Vec<show::Object>> {
    show::objects(value).ok_or_else(|| {
        Problem::new(
            Kind::InvalidOption,
            format!("`{verb}` takes objects, maps or rows, and got {}", super::values::type_name(value)),
        )
    })
}

/// The properties of an object that are worth a line: those that have a value.
pub fn told(map: &Map<String, Value>) -> Map<String, Value> {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value == "";
    map.iter().filter(|(_, value)| !empty(value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
