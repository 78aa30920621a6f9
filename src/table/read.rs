//! Reading a CSV file into a table: one pass finds each record and what is wrong with it.

use std::{io, sync::Arc};

use super::{
    decode::{Decoded, decode},
    error::{Error, Note, Problem, ProblemKind},
    header::Header,
    opening::{Opening, detect_delimiter, is_example, may_delimit},
    rows::{Broken, Rows, Table},
    scan::{Cells, Fault, Span, character_column, line_breaks, line_end},
};

/// What is known about a file beforehand; all of it may be left out.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// One ASCII character; detected when left out.
    pub delimiter: Option<char>,
    /// A label of the Encoding Standard or a name of PowerShell's; detected when left out.
    pub encoding: Option<String>,
    /// Columns without which the file is of no use.
    pub required: Vec<String>,
    /// Columns that read as empty when the file has none of that name.
    pub optional: Vec<String>,
}

/// Reads a file that is in memory; `file` is its name in messages.
pub fn read_csv(file: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Rows, Error> {
    let file: Arc<str> = file.into();
    let Decoded { mut text, wants_mark, note } = decode(&file, bytes, options.encoding.as_deref())?;
    text.shrink_to_fit();
    if u32::try_from(text.len()).is_err() {
        return Err(Error::TooLarge { file, bytes: text.len() });
    }
    let opening = Opening::of(&text);
    let delimiter = match options.delimiter {
        Some(delimiter) if may_delimit(delimiter) => delimiter as u8,
        Some(delimiter) => return Err(Error::Delimiter { delimiter }),
        None => opening.delimiter.unwrap_or_else(|| detect_delimiter(&text, opening.header)),
    };
    let header = Header::read(&file, &text, opening.header, opening.header_line, delimiter)?;
    header.require(&file, &options.required)?;
    let is_template =
        opening.is_template || header.columns.iter().any(|column| column.name() != column.header());

    let mut table = Table {
        file,
        text,
        delimiter,
        wants_mark,
        opening: opening.header,
        header,
        optional: options.optional.clone(),
        starts: Vec::new(),
        lines: Vec::new(),
        broken: Vec::new(),
        notes: note.into_iter().collect(),
    };
    find_records(&mut table, is_template);
    Ok(Table::rows(&Arc::new(table)))
}

/// Reads a file from wherever it comes.
pub fn read_csv_from(file: &str, mut source: impl io::Read, options: &ReadOptions) -> Result<Rows, Error> {
    let mut bytes = Vec::new();
    match source.read_to_end(&mut bytes) {
        Ok(_) => read_csv(file, bytes, options),
        Err(source) => Err(Error::Io { file: file.into(), source }),
    }
}

fn find_records(table: &mut Table, is_template: bool) {
    let text = table.text.as_str();
    let (mut at, mut line) = (table.header.end, table.header.end_line);
    let mut example_possible = is_template;
    while at < text.len() {
        let record = Record::read(text, at, table.delimiter, table.header.error_position);
        if record.filled > 0 {
            let is_example =
                example_possible && record.first.is_some_and(|first| is_example(&first.content(text)));
            example_possible = false;
            if is_example {
                table.notes.push(Note::ExampleLeftOut { line });
            } else {
                if let Some(problem) = record.problem(text, at, line, table.delimiter, &table.header) {
                    let row = u32::try_from(table.starts.len()).unwrap_or(u32::MAX);
                    table.broken.push(Broken { row, end: record.end, problem });
                }
                table.starts.push(u32::try_from(at).unwrap_or(u32::MAX));
                table.lines.push(line);
            }
        }
        line += if record.several_lines { line_breaks(&text[at..record.next]) } else { 1 };
        at = record.next;
    }
    table.starts.shrink_to_fit();
    table.lines.shrink_to_fit();
}

/// What one pass over a record tells.
struct Record {
    /// The cells up to the last that is not empty.
    filled: usize,
    cells: usize,
    /// The first cell that is not usher's own.
    first: Option<Span>,
    last_filled: Option<Span>,
    several_lines: bool,
    fault: Option<Fault>,
    /// Where the text of the record ends at the latest, and where the next one begins.
    end: usize,
    next: usize,
}

impl Record {
    fn read(text: &str, at: usize, delimiter: u8, error_position: Option<usize>) -> Self {
        let mut cells = Cells::new(text, at, delimiter);
        let mut record = Self {
            filled: 0,
            cells: 0,
            first: None,
            last_filled: None,
            several_lines: false,
            fault: None,
            end: 0,
            next: 0,
        };
        for span in cells.by_ref() {
            if error_position != Some(record.cells) {
                record.first.get_or_insert(span);
            }
            record.cells += 1;
            if !span.is_blank(text) {
                record.filled = record.cells;
                record.last_filled = Some(span);
            }
        }
        record.fault = cells.fault;
        (record.end, record.next) = (cells.at, cells.at);
        record.several_lines = cells.several_lines;
        if let Some(Fault::Unclosed { open }) = cells.fault {
            // The lines after it are rows of their own: one slip should not take the rest of the file with
            // it.
            (record.end, record.next) = line_end(text, open);
        }
        record
    }

    fn problem(&self, text: &str, at: usize, line: u32, delimiter: u8, header: &Header) -> Option<Problem> {
        let (expected, most) = (*header.width.start(), *header.width.end());
        let problem = |kind, offset: usize| Problem {
            kind,
            line: line + line_breaks(&text[at..offset]),
            column: character_column(text, offset),
        };
        match self.fault {
            Some(Fault::Unclosed { open }) => Some(problem(ProblemKind::UnclosedQuote, open)),
            Some(Fault::TextAfterQuote { at }) => Some(problem(ProblemKind::TextAfterQuote, at)),
            None if self.cells < expected => {
                let end = at + text[at..self.end].trim_end_matches(['\r', '\n']).len();
                Some(problem(ProblemKind::TooFewCells { expected, got: self.cells }, end))
            }
            // Empty cells too many are what spreadsheet programs leave.
            None if self.filled > most => {
                let surplus = Cells::new(text, at, delimiter).nth(most);
                let at = surplus.map_or(at, |span| span.visible_start(text));
                Some(problem(ProblemKind::TooManyCells { expected, got: self.filled }, at))
            }
            None => None,
        }
    }
}
