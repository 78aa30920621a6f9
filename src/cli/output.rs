//! What a command gives out: a table for people; JSON, CSV or a line for each object for programs.

use clap::Args;
use serde_json::{Map, Value};

use super::Format;
use crate::table::text::{self, Column, Style};
use crate::table::{CsvWriter, WriteOptions};
use crate::terminal;

/// `--output`, for commands that work on no tenant.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Output {
    /// How it is written; a table when left out
    #[arg(long, value_name = "FORMAT")]
    output: Option<Format>,
}

impl Output {
    pub fn format(self) -> Format {
        self.output.unwrap_or(Format::Table)
    }

    pub fn is_for_people(self) -> bool {
        self.format() == Format::Table
    }

    /// The objects as programs read them; `flat` are the same for a file of columns.
    pub fn write(self, objects: Vec<Value>, flat: impl FnOnce() -> Vec<Map<String, Value>>) {
        match self.format() {
            Format::Table => {}
            Format::Json => {
                terminal::tell(&serde_json::to_string_pretty(&objects).unwrap_or_default());
            }
            Format::Ndjson => objects.iter().for_each(|object| terminal::tell(&object.to_string())),
            Format::Csv => {
                let text = csv(&flat());
                if !text.is_empty() {
                    terminal::tell(&text);
                }
            }
        }
    }
}

/// Objects as CSV, under the columns that any of them has.
fn csv(objects: &[Map<String, Value>]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for name in objects.iter().flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    if columns.is_empty() {
        return String::new();
    }
    let written = CsvWriter::new(Vec::new(), columns, WriteOptions::default()).and_then(|mut csv| {
        objects.iter().try_for_each(|object| csv.write_object(object))?;
        csv.finish()
    });
    String::from_utf8_lossy(&written.unwrap_or_default()).trim_end().to_owned()
}

/// A table as wide as the terminal; columns of little importance go first where room is short.
pub fn table(columns: &[(&str, u8)], rows: &[Vec<Value>], wrap: bool) -> String {
    let columns: Vec<Column> =
        columns.iter().map(|(title, importance)| Column::new(*title, *importance)).collect();
    let style = Style { color: terminal::colors(), wrap, ..Style::default() };
    text::table(&columns, rows, terminal::width(), style).trim_end().to_owned()
}

/// Facts under each other.
pub fn list(facts: &Map<String, Value>) -> String {
    let style = Style { color: terminal::colors(), wrap: true, ..Style::default() };
    text::list(facts, terminal::width(), style).trim_end().to_owned()
}

/// A moment as the clock on the wall has it.
pub fn moment(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
