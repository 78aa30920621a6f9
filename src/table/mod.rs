//! Rows over shared storage: CSV in and out, text tables.
//!
//! A file becomes one [`Table`]: its text, and where each record begins. A [`Row`] is a table and a number;
//! its cells are found in the text when they are asked for, so a million rows cost little more than the
//! file, and every cell still knows its line and column.
//!
//! This room is given bytes and gives values. Where the bytes come from is another room's business; file
//! names are labels for messages.

mod decode;
mod error;
mod guard;
mod header;
mod opening;
mod read;
mod results;
mod rows;
mod scan;
pub mod text;
mod value;
mod write;

pub use error::{Error, Nearest, Note, Place, Problem, ProblemKind};
pub use guard::{guard, unguard};
pub use header::{Column, ERROR_COLUMN};
pub use read::{ReadOptions, read_csv, read_csv_from};
pub use results::{FailedWriter, ResultsWriter};
pub use rows::{Cell, Row, Rows, RowsIter, Table};
pub use value::value_text;
pub use write::{CsvWriter, WriteOptions};

/// The text of a file as old and new programs write it: UTF-8, UTF-16, else Windows-1252.
pub fn decoded(bytes: Vec<u8>) -> String {
    // Without a wanted encoding nothing can fail: what is not text of one is read as the last.
    decode::decode(&"".into(), bytes, None).map(|decoded| decoded.text).unwrap_or_default()
}
