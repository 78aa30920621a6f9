//! Tables as text: CSV lines, and rows that are added to a file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Array, Dynamic, Module};
use serde_json::{Map, Value};

use super::super::index::Index;
use super::super::record::Record;
use super::super::values::to_json;
use super::lists::{each, items};
use super::text::text;
use super::{Outcome, Place, invalid, native, objects};
use crate::disk;
use crate::runs::bulk::table_problem;
use crate::table::{self, CsvWriter, ReadOptions, WriteOptions};

/// A row and whether its keys come sorted, as those of the language's own maps do.
fn object(value: &Dynamic) -> Option<(Map<String, Value>, bool)> {
    match to_json(value) {
        Ok(Value::Object(map)) => Some((map, value.is_map())),
        _ => None,
    }
}

/// Names of columns, and objects by these names.
type Columns = (Vec<String>, Vec<Map<String, Value>>);

/// Columns in the order in which they were written in the script or came from the service, and the rows.
pub fn rows(value: &Dynamic, index: &Index) -> Result<Columns, Box<rhai::EvalAltResult>> {
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for item in each(value) {
        let (map, sorted) = object(&item).unwrap_or_else(|| {
            let mut map = Map::new();
            map.insert("value".to_owned(), Value::String(text(&item)));
            (map, false)
        });
        let mut own: Vec<String> = map.keys().cloned().collect();
        let order = if sorted { index.order(&mut own) } else { None };
        for name in order.unwrap_or_else(|| map.keys().cloned().collect()) {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
        rows.push(map);
    }
    Ok((columns, rows))
}

fn delimiter(options: &Dynamic) -> Result<char, Box<rhai::EvalAltResult>> {
    let given = objects::get(options, "delimiter")?;
    Ok(text(&given).chars().next().unwrap_or(','))
}

/// The text of a table, its header and the rest.
fn written(
    columns: &[String],
    rows: &[Map<String, Value>],
    delimiter: char,
) -> Result<(usize, Vec<u8>), Box<rhai::EvalAltResult>> {
    let failed = |error: std::io::Error| invalid(error.to_string());
    let options = WriteOptions { delimiter, ..WriteOptions::default() };
    let mut csv = CsvWriter::new(Vec::new(), columns, options).map_err(failed)?;
    for row in rows {
        csv.write_object(row).map_err(failed)?;
    }
    let bytes = csv.finish().map_err(failed)?;
    let header =
        CsvWriter::new(Vec::new(), columns, options).and_then(CsvWriter::finish).map_err(failed)?.len();
    Ok((header, bytes))
}

fn to_csv(value: &Dynamic, options: &Dynamic, index: &Index) -> Outcome {
    let (columns, rows) = rows(value, index)?;
    if columns.is_empty() {
        return Ok(Array::new().into());
    }
    let (_, bytes) = written(&columns, &rows, delimiter(options)?)?;
    let whole = String::from_utf8_lossy(&bytes).into_owned();
    Ok(whole
        .trim_end_matches(['\r', '\n'])
        .split("\r\n")
        .map(|line| Dynamic::from(line.to_owned()))
        .collect::<Array>()
        .into())
}

fn read(name: &str, bytes: Vec<u8>, options: &Dynamic) -> Result<Array, Box<rhai::EvalAltResult>> {
    let given = objects::get(options, "delimiter")?;
    let read = ReadOptions { delimiter: text(&given).chars().next(), ..ReadOptions::default() };
    let rows = table::read_csv(name, bytes, &read).map_err(|error| super::thrown(table_problem(&error)))?;
    Ok(rows.iter().map(|row| Dynamic::from(Record::new(None, row.to_object()))).collect())
}

fn from_csv(value: &Dynamic, options: &Dynamic) -> Outcome {
    let lines: Vec<String> = each(value).iter().map(text).collect();
    read("the text", lines.join("\n").into_bytes(), options).map(Dynamic::from)
}

/// A file without a header of its own.
fn import_csv(path: &str, bytes: &[u8], options: &Dynamic) -> Outcome {
    let header: Vec<Value> =
        each(&objects::get(options, "header")?).iter().map(|name| Value::String(text(name))).collect();
    let names: Vec<String> = header.iter().map(text_of).collect();
    let (_, head) = written(&names, &[], delimiter(options)?)?;
    let mut whole = head;
    whole.extend_from_slice(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes));
    read(path, whole, options).map(Dynamic::from)
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

type Headers = Arc<Mutex<HashMap<PathBuf, Vec<String>>>>;

/// Rows at the end of a file, under the columns that it has; a file that is not there is made.
fn append(place: &Place, headers: &Headers, path: &Dynamic, value: &Dynamic, options: &Dynamic) -> Outcome {
    let path = super::files::plain(&text(path));
    let real = place.folders.writable(&path).map_err(|error| super::files::problem(&error))?;
    let (columns, rows) = rows(value, &place.index)?;
    let delimiter = delimiter(options)?;
    let mut known = headers.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains_key(&real) {
        let bytes = if real.exists() {
            disk::read(&real).map_err(|error| super::files::problem(&error))?
        } else {
            Vec::new()
        };
        let names = match bytes.is_empty() {
            true => Vec::new(),
            false => {
                let options = ReadOptions { delimiter: Some(delimiter), ..ReadOptions::default() };
                let read = table::read_csv(&path, bytes, &options)
                    .map_err(|error| super::thrown(table_problem(&error)))?;
                read.table().columns().iter().map(|column| column.name().to_owned()).collect()
            }
        };
        known.insert(real.clone(), names);
    }
    let there = known.get(&real).cloned().unwrap_or_default();
    let first = there.is_empty() || !real.exists();
    let columns = if first { columns } else { there };
    if columns.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let under = |row: &Map<String, Value>| -> Map<String, Value> {
        let cell = |column: &String| {
            row.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, cell)| cell.clone())
        };
        columns.iter().map(|column| (column.clone(), cell(column).unwrap_or(Value::Null))).collect()
    };
    let rows: Vec<Map<String, Value>> = rows.iter().map(under).collect();
    let (header, bytes) = written(&columns, &rows, delimiter)?;
    let bytes = if first { &bytes[..] } else { &bytes[header..] };
    super::files::append(&real, bytes, first)?;
    known.insert(real, columns);
    Ok(Dynamic::UNIT)
}

pub fn register(module: &mut Module, place: &Place) {
    let headers: Headers = Arc::default();
    let (index, other) = (place.index.clone(), place.index.clone());
    native!(module, "to_csv", |x| to_csv(&x, &Dynamic::UNIT, &index));
    native!(module, "to_csv", |x, options| to_csv(&x, &options, &other));
    native!(module, "from_csv", |x| from_csv(&x, &Dynamic::UNIT));
    native!(module, "from_csv", |x, options| from_csv(&x, &options));
    let (here, known) = (place.clone(), headers.clone());
    native!(module, "append_csv", |path, rows| append(&here, &known, &path, &rows, &Dynamic::UNIT));
    let (here, known) = (place.clone(), headers);
    native!(module, "append_csv", |path, rows, options| append(&here, &known, &path, &rows, &options));
    let here = place.clone();
    native!(module, "import_csv", |path, options| {
        let path = super::files::plain(&text(&path));
        let bytes = super::files::read(&here, &path)?;
        match items(&objects::get(&options, "header")?) {
            Some(_) => import_csv(&path, &bytes, &options),
            None => read(&path, bytes, &options).map(Dynamic::from),
        }
    });
}
