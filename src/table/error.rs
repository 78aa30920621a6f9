//! What can be wrong with a file, with a row of it, or with a name somebody asks for: facts first, worded
//! here.

use std::{fmt, io, sync::Arc};

use super::header::Column;

/// A file that cannot be read as a table, or a column that is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("reading `{file}`: {source}")]
    Io { file: Arc<str>, source: io::Error },
    #[error("reading `{file}`: the file is empty")]
    Empty { file: Arc<str> },
    #[error("reading `{file}`: line {line} should be the header, but `{cell}` is not a column name")]
    NoHeader { file: Arc<str>, line: u32, cell: String },
    #[error("reading `{file}`: the quotes of the header do not pair (line {line}, column {column})")]
    HeaderQuote { file: Arc<str>, line: u32, column: u32 },
    #[error("reading `{file}`: column {position} has no name (line {line}), between {neighbours}")]
    EmptyHeader { file: Arc<str>, line: u32, position: usize, neighbours: String },
    #[error(
        "reading `{file}`: columns {} and {} have the same name (line {line}): `{}` and `{}`",
        .first.0, .second.0, .first.1, .second.1
    )]
    DuplicateHeader { file: Arc<str>, line: u32, first: (usize, String), second: (usize, String) },
    #[error(
        "reading `{file}`: no column {}; it has {}",
        quoted(.missing.iter().map(|near| &near.name)), quoted(.columns)
    )]
    MissingColumns { file: Arc<str>, missing: Vec<Nearest>, columns: Vec<String> },
    #[error("`{file}` has no column `{}`; it has {}", .wanted.name, quoted(.columns))]
    UnknownColumn { file: Arc<str>, wanted: Box<Nearest>, columns: Vec<String> },
    #[error("`{encoding}` is not an encoding usher knows")]
    UnknownEncoding { encoding: String },
    #[error("reading `{file}`: not {encoding} (line {line})")]
    NotInEncoding { file: Arc<str>, encoding: &'static str, line: u32 },
    #[error("`{}` cannot be a delimiter", .delimiter.escape_default())]
    Delimiter { delimiter: char },
    #[error("reading `{file}`: {bytes} bytes of text, at most {} fit", u32::MAX)]
    TooLarge { file: Arc<str>, bytes: usize },
}

impl Error {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownColumn { wanted, .. } => wanted.hint(),
            Self::MissingColumns { missing, .. } => {
                let hints: Vec<_> = missing.iter().filter_map(Nearest::hint).collect();
                if hints.is_empty() {
                    Some("a column that may be missing is declared with `optional`".into())
                } else {
                    Some(hints.join("; "))
                }
            }
            Self::NoHeader { .. } | Self::Empty { .. } => {
                Some("the first line names the columns, such as `email,displayName`".into())
            }
            Self::DuplicateHeader { .. } => {
                Some("names that differ only in case, spaces, `_` and `-` count as the same".into())
            }
            Self::UnknownEncoding { .. } | Self::NotInEncoding { .. } => Some(
                "common ones are utf-8, utf-16le, utf-16be and windows-1252; left out, it is detected".into(),
            ),
            Self::Delimiter { .. } => {
                Some("a delimiter is one ASCII character such as `,` `;` or a tab".into())
            }
            Self::TooLarge { .. } => Some("split the file".into()),
            Self::Io { .. } | Self::HeaderQuote { .. } | Self::EmptyHeader { .. } => None,
        }
    }
}

/// A name that was not found, and the one that was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    pub name: String,
    pub nearest: Option<String>,
}

impl Nearest {
    fn hint(&self) -> Option<String> {
        self.nearest.as_ref().map(|nearest| format!("did you mean `{nearest}` for `{}`?", self.name))
    }

    /// Finds the column that reads most like `name`.
    pub(super) fn to(name: &str, columns: &[Column]) -> Self {
        let wanted = super::header::folded(name);
        let likeness = |text: &str| {
            let text = super::header::folded(text);
            let one_in_other =
                wanted.len() > 2 && text.len() > 2 && (text.contains(&wanted) || wanted.contains(&text));
            strsim::jaro_winkler(&wanted, &text).max(if one_in_other { 0.9 } else { 0.0 })
        };
        let nearest = columns
            .iter()
            .map(|column| (likeness(column.name()).max(likeness(column.header())), column))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, column)| column.name().to_owned());
        Self { name: name.to_owned(), nearest }
    }
}

fn quoted(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

/// What keeps one row from being used; the other rows are not touched by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Problem {
    pub kind: ProblemKind,
    /// Where to look: the end of a short row, the first cell too many, the quote.
    pub line: u32,
    pub column: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    #[error("the row has {}, the header has {expected}", cells(*.got))]
    TooFewCells { expected: usize, got: usize },
    #[error("the row has {}, the header has {expected}", cells(*.got))]
    TooManyCells { expected: usize, got: usize },
    #[error("the quote that opens here is never closed")]
    UnclosedQuote,
    #[error("there is text after a closing quote")]
    TextAfterQuote,
}

impl Problem {
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            ProblemKind::TooFewCells { .. } => Some("an empty cell still needs its delimiter"),
            ProblemKind::TooManyCells { .. } => {
                Some("a cell that contains the delimiter needs quotes around it")
            }
            ProblemKind::UnclosedQuote => None,
            ProblemKind::TextAfterQuote => Some("a quote inside a quoted cell is written twice"),
        }
    }
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".into() } else { format!("{count} cells") }
}

/// Where something stands in a file: `guests.csv:5:12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: Arc<str>,
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// The header above it, as it is in the file.
    pub header: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What reading a file had to decide by itself, for the user to know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    #[error("not UTF-8 (line {line}), read as Windows-1252")]
    ReadAsWindows1252 { line: u32 },
    #[error("some characters could not be read as {encoding} and are shown as \u{FFFD}")]
    UnreadableCharacters { encoding: &'static str },
    #[error("line {line} is the template's example and was left out")]
    ExampleLeftOut { line: u32 },
}
