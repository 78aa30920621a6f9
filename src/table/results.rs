//! What became of each row, as files: one to read, and one to mend and feed back.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde_json::Value;

use super::{
    error::ProblemKind,
    guard::guard,
    header::{ERROR_COLUMN, folded},
    rows::{Row, Table},
    scan::{Span, line_end},
    write::{BOM, CsvWriter, WriteOptions},
};

/// `<input>.results.csv`: line, key and status, then the row as it was, then whatever else is told about it.
pub struct ResultsWriter<W: Write> {
    csv: CsvWriter<W>,
}

impl<W: Write> ResultsWriter<W> {
    /// `extra` are further columns, such as `id` and `error`. A name that the file itself has is written
    /// `usher: name`.
    pub fn new(out: W, table: &Table, extra: &[&str], options: WriteOptions) -> io::Result<Self> {
        let own = |name: &str| {
            let taken = table.columns().iter().any(|column| folded(column.name()) == folded(name));
            if taken { format!("usher: {name}") } else { name.to_owned() }
        };
        let columns = ["line", "key", "status"].into_iter().map(own);
        let columns = columns.chain(table.columns().iter().map(|column| column.header().to_owned()));
        let columns = columns.chain(extra.iter().map(|name| own(name)));
        Ok(Self { csv: CsvWriter::new(out, columns, options)? })
    }

    pub fn write(&mut self, row: &Row, key: &str, status: &str, extra: &[Value]) -> io::Result<()> {
        let mut values = vec![Value::from(row.line()), key.into(), status.into()];
        values.extend(row.cells().map(|(_, cell)| cell.map_or(Value::Null, |text| text.into_owned().into())));
        values.extend_from_slice(extra);
        self.csv.write(&values)
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.csv.flush()
    }

    pub fn finish(self) -> io::Result<W> {
        self.csv.finish()
    }
}

/// `<input>.failed.csv`: the rows that failed as they stand in the file, below its own header, with a last
/// column [`ERROR_COLUMN`] that says why and is not read again.
///
/// - Cells are copied as they are. Only one that a spreadsheet program would run as a formula is written
///   with a `'`, which reading takes away again.
/// - A row that is too short or too long stays so until somebody mends it: a short one gets no error cell,
///   which would fill the gap.
/// - Rows with an open quote come last, where the quote cannot reach another row.
pub struct FailedWriter<W: Write> {
    out: W,
    delimiter: u8,
    ending: &'static str,
    columns: usize,
    last: Vec<String>,
}

impl<W: Write> FailedWriter<W> {
    /// Writes what stands above the header, and the header. UTF-8, whatever the file was in.
    pub fn new(mut out: W, table: &Table) -> io::Result<Self> {
        let ending = line_ending(table);
        if table.wants_mark {
            out.write_all(BOM)?;
        }
        let mut at = 0;
        while at < table.opening {
            let (end, next) = line_end(&table.text, at);
            write!(out, "{}{ending}", &table.text[at..end])?;
            at = next;
        }
        let mut writer = Self {
            out,
            delimiter: table.delimiter,
            ending,
            columns: table.columns().len(),
            last: Vec::new(),
        };
        let mut record = String::new();
        for span in &table.header.raw_cells {
            record.push_str(&copied(&table.text, *span));
            record.push(char::from(table.delimiter));
        }
        record.push_str(&quoted_if(table.delimiter, ERROR_COLUMN.into()));
        writer.write_record(&record)?;
        Ok(writer)
    }

    pub fn write(&mut self, row: &Row, error: &str) -> io::Result<()> {
        if row.problem().is_some_and(|problem| problem.kind == ProblemKind::UnclosedQuote) {
            self.last.push(row.raw().to_owned());
            return Ok(());
        }
        let table = row.table();
        let mut record = String::new();
        let mut cells: Vec<_> = row.spans().enumerate().collect();
        cells.retain(|(position, _)| Some(*position) != table.header.error_position);
        while cells.len() > self.columns && cells.last().is_some_and(|(_, span)| span.is_blank(&table.text)) {
            cells.pop();
        }
        for (at, (_, span)) in cells.iter().enumerate() {
            if at > 0 {
                record.push(char::from(self.delimiter));
            }
            record.push_str(&copied(&table.text, *span));
        }
        if cells.len() >= self.columns {
            record.push(char::from(self.delimiter));
            record.push_str(&self.error_cell(error));
        }
        self.write_record(&record)
    }

    /// One line, and never empty: a row that is too long must not come out at the right length.
    fn error_cell(&self, error: &str) -> String {
        let words: Vec<_> = error.split_whitespace().collect();
        let error = if words.is_empty() { "failed".to_owned() } else { words.join(" ") };
        quoted_if(self.delimiter, guard(&error)).into_owned()
    }

    fn write_record(&mut self, record: &str) -> io::Result<()> {
        write!(self.out, "{record}{}", self.ending)
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes what is left and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        for record in std::mem::take(&mut self.last) {
            self.write_record(&record)?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The cell as it stands in the file, quotes and all, unless it would be run as a formula.
fn copied(text: &str, span: Span) -> Cow<'_, str> {
    let content = span.content(text);
    // A cell that begins with `'` is harmless already.
    if content.starts_with('\'') || matches!(guard(&content), Cow::Borrowed(_)) {
        Cow::Borrowed(&text[span.start..span.end])
    } else {
        Cow::Owned(quote(&guard(&content)))
    }
}

fn quoted_if(delimiter: u8, text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(['"', char::from(delimiter)]) { Cow::Owned(quote(&text)) } else { text }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn line_ending(table: &Table) -> &'static str {
    let (end, next) = line_end(&table.text, 0);
    if &table.text[end..next] == "\n" { "\n" } else { "\r\n" }
}
