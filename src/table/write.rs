//! Writing CSV: RFC 4180, safe to open in a spreadsheet program unless asked for raw.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{guard::guard, rows::Table, value::value_text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOptions {
    pub delimiter: char,
    /// Begin with the mark by which Excel knows UTF-8.
    pub bom: bool,
    /// Leave cells that a spreadsheet program would run as formulas as they are.
    pub raw: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { delimiter: ',', bom: false, raw: false }
    }
}

impl WriteOptions {
    /// As the file was that the table came from: its delimiter, and a mark if it seems to come from a
    /// spreadsheet program.
    pub fn like(table: &Table) -> Self {
        Self { delimiter: table.delimiter(), bom: table.wants_mark, raw: false }
    }
}

pub(super) const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// Writes rows with the same columns, in their order.
pub struct CsvWriter<W: Write> {
    csv: csv::Writer<W>,
    columns: Vec<String>,
    raw: bool,
}

impl<W: Write> CsvWriter<W> {
    /// Writes the header.
    pub fn new(
        mut out: W,
        columns: impl IntoIterator<Item = impl Into<String>>,
        options: WriteOptions,
    ) -> io::Result<Self> {
        let delimiter = u8::try_from(options.delimiter)
            .ok()
            .filter(|&delimiter| super::opening::may_delimit(char::from(delimiter)))
            .ok_or(super::Error::Delimiter { delimiter: options.delimiter })
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        if options.bom {
            out.write_all(BOM)?;
        }
        let csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(out);
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        let mut writer = Self { csv, columns, raw: options.raw };
        let header: Vec<_> = writer.columns.iter().map(|name| Value::from(name.as_str())).collect();
        writer.write(&header)?;
        Ok(writer)
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Writes values in the order of the columns; those that are missing at the end are empty.
    pub fn write<'v>(&mut self, values: impl IntoIterator<Item = &'v Value>) -> io::Result<()> {
        let mut written = 0;
        for value in values {
            self.write_cell(value)?;
            written += 1;
        }
        if written > self.columns.len() {
            let message = format!("{written} values for {} columns", self.columns.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        for _ in written..self.columns.len() {
            self.csv.write_field("")?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Writes the properties that the columns name; one that the object does not have is empty.
    pub fn write_object(&mut self, object: &Map<String, Value>) -> io::Result<()> {
        for at in 0..self.columns.len() {
            self.write_cell(object.get(&self.columns[at]).unwrap_or(&Value::Null))?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn write_cell(&mut self, value: &Value) -> io::Result<()> {
        let text = value_text(value);
        // A number cannot be a formula.
        if self.raw || value.is_number() {
            self.csv.write_field(text.as_bytes())?;
        } else {
            self.csv.write_field(guard(&text).as_bytes())?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.csv.flush()
    }

    /// Writes what is left and gives the writer back.
    pub fn finish(self) -> io::Result<W> {
        self.csv.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}
