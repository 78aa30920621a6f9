//! The columns of a file, and how a name finds its column.

use std::{collections::HashMap, sync::Arc};

use super::{
    error::{Error, Nearest},
    guard::unguard,
    scan::{Cells, Span, character_column, is_blank, line_breaks},
};

/// The column that usher adds to the failed rows it writes, and does not read.
pub const ERROR_COLUMN: &str = "usher: error";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    header: String,
    /// Where the key in brackets is in `header`, when there is one.
    key: Option<(usize, usize)>,
    pub(super) position: usize,
}

impl Column {
    fn new(header: String, position: usize) -> Self {
        let key = bracket_key(&header);
        Self { header, key, position }
    }

    /// As it is in the file, without the spaces around it.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The key in brackets if the header is a template's (`Email address to invite [inviteeEmail]
    /// Required`), else the header.
    pub fn name(&self) -> &str {
        self.key.map_or(&self.header, |(open, close)| &self.header[open..close])
    }

    /// What stands before the key.
    fn label(&self) -> Option<&str> {
        self.key
            .map(|(open, _)| self.header[..open - 1].trim_matches(is_blank))
            .filter(|label| !label.is_empty())
    }
}

fn bracket_key(header: &str) -> Option<(usize, usize)> {
    let close = header.rfind(']')?;
    let open = header[..close].rfind('[')? + 1;
    let key = &header[open..close];
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    (plain && key.starts_with(|c: char| c.is_ascii_alphabetic())).then_some((open, close))
}

/// Names are the same when they differ in nothing but case, spaces, `_` and `-`.
pub(super) fn folded(name: &str) -> String {
    let kept = name.chars().filter(|&c| !is_blank(c) && !matches!(c, '_' | '-'));
    kept.flat_map(char::to_lowercase).collect()
}

#[derive(Debug)]
pub(super) struct Header {
    pub columns: Vec<Column>,
    /// Every cell of the header as it stands in the text, usher's own column left out.
    pub raw_cells: Vec<Span>,
    /// How many cells a row may have: the last may be missing if it is usher's own.
    pub width: std::ops::RangeInclusive<usize>,
    /// Where usher's own column is.
    pub error_position: Option<usize>,
    /// Where the first row begins.
    pub end: usize,
    pub end_line: u32,
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
}

impl Header {
    pub fn read(file: &Arc<str>, text: &str, at: usize, line: u32, delimiter: u8) -> Result<Self, Error> {
        if at >= text.len() {
            return Err(Error::Empty { file: file.clone() });
        }
        let mut cells = Cells::new(text, at, delimiter);
        let mut spans: Vec<_> = cells.by_ref().collect();
        if let Some(fault) = cells.fault {
            let fault = fault.offset();
            let line = line + line_breaks(&text[at..fault]);
            return Err(Error::HeaderQuote {
                file: file.clone(),
                line,
                column: character_column(text, fault),
            });
        }
        // Spreadsheet programs pad rows with delimiters.
        while spans.last().is_some_and(|span| span.is_blank(text)) {
            spans.pop();
        }
        let mut header = Self {
            columns: Vec::with_capacity(spans.len()),
            raw_cells: Vec::with_capacity(spans.len()),
            width: spans.len()..=spans.len(),
            error_position: None,
            end: cells.at,
            end_line: line + line_breaks(&text[at..cells.at]),
            exact: HashMap::new(),
            folded: HashMap::new(),
        };
        for (position, span) in spans.iter().enumerate() {
            let content = span.content(text);
            let name = unguard(&content)
                .split(is_blank)
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            if folded(&name) == folded(ERROR_COLUMN) {
                header.error_position = Some(position);
                continue;
            }
            header.raw_cells.push(*span);
            header.columns.push(Column::new(name, position));
        }
        if header.error_position.is_some_and(|position| position + 1 == spans.len()) {
            header.width = spans.len() - 1..=spans.len();
        }
        header.check(file, line)?;
        header.index();
        Ok(header)
    }

    fn check(&self, file: &Arc<str>, line: u32) -> Result<(), Error> {
        if self.columns.is_empty() {
            return Err(Error::Empty { file: file.clone() });
        }
        let mut seen: HashMap<String, &Column> = HashMap::new();
        for (index, column) in self.columns.iter().enumerate() {
            if column.header.is_empty() {
                let before = index.checked_sub(1).and_then(|index| self.columns.get(index));
                let names: Vec<_> = [before, self.columns.get(index + 1)]
                    .into_iter()
                    .flatten()
                    .map(|neighbour| format!("`{}` (column {})", neighbour.header, neighbour.position + 1))
                    .collect();
                let neighbours = names.join(" and ");
                let position = column.position + 1;
                return Err(Error::EmptyHeader { file: file.clone(), line, position, neighbours });
            }
            if looks_like_address(&column.header) {
                return Err(Error::NoHeader { file: file.clone(), line, cell: column.header.clone() });
            }
            if let Some(first) = seen.insert(folded(column.name()), column) {
                let told = |column: &Column| (column.position + 1, column.header.clone());
                return Err(Error::DuplicateHeader {
                    file: file.clone(),
                    line,
                    first: told(first),
                    second: told(column),
                });
            }
        }
        Ok(())
    }

    /// Names first, so that a label or a header never hides a name. A label that two columns share finds
    /// neither.
    fn index(&mut self) {
        type Naming = fn(&Column) -> Option<&str>;
        let namings: [Naming; 3] =
            [|column| Some(column.name()), |column| Some(column.header()), Column::label];
        let shared = |label: &str| {
            let label = folded(label);
            self.columns.iter().filter(|other| other.label().map(folded) == Some(label.clone())).count() > 1
        };
        for naming in namings {
            for (index, column) in self.columns.iter().enumerate() {
                let Some(name) = naming(column) else { continue };
                if column.key.is_some() && column.label() == Some(name) && shared(name) {
                    continue;
                }
                self.exact.entry(name.to_owned()).or_insert(index);
                self.folded.entry(folded(name)).or_insert(index);
            }
        }
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        let found = self.exact.get(name).or_else(|| self.folded.get(&folded(name)));
        found.copied()
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name().to_owned()).collect()
    }

    /// All required columns that are missing, in one error.
    pub fn require(&self, file: &Arc<str>, required: &[String]) -> Result<(), Error> {
        let missing: Vec<_> = required
            .iter()
            .filter(|name| self.find(name).is_none())
            .map(|name| Nearest::to(name, &self.columns))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::MissingColumns { file: file.clone(), missing, columns: self.names() })
    }
}

/// A file whose first line is a person already; `manager@odata.type` is a name.
fn looks_like_address(header: &str) -> bool {
    header.split_once('@').is_some_and(|(local, domain)| {
        let is_name = local.is_empty() || domain.starts_with("odata.") || header.contains(is_blank);
        !is_name && domain.contains('.') && !domain.ends_with('.')
    })
}
