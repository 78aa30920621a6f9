//! The table a file became, and rows as views of it.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use serde_json::{Map, Value};

use super::{
    error::{Error, Nearest, Note, Place, Problem, ProblemKind},
    guard::unguard,
    header::{Column, Header},
    scan::{Cells, Span, character_column, line_breaks},
};

/// The text of a cell: borrowed from the table, unless quotes in it had to be undone.
pub type Cell<'a> = Cow<'a, str>;

/// A file's text and where its records begin: eight bytes a row beside the text.
pub struct Table {
    pub(super) file: Arc<str>,
    pub(super) text: String,
    pub(super) delimiter: u8,
    pub(super) wants_mark: bool,
    /// How much of the text stands above the header.
    pub(super) opening: usize,
    pub(super) header: Header,
    pub(super) optional: Vec<String>,
    pub(super) starts: Vec<u32>,
    pub(super) lines: Vec<u32>,
    /// Rows with a problem, in order.
    pub(super) broken: Vec<Broken>,
    pub(super) notes: Vec<Note>,
}

pub(super) struct Broken {
    pub row: u32,
    /// Where the record ends, which an open quote does not tell.
    pub end: usize,
    pub problem: Problem,
}

impl Table {
    /// The name the file has in messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    pub fn columns(&self) -> &[Column] {
        &self.header.columns
    }

    pub fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// What reading had to decide by itself.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The index in [`columns`](Self::columns) of the column a script means by `name`: exactly, else in any
    /// case and without spaces, `_` and `-`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.header.find(name)
    }

    /// As [`find`](Self::find); `None` for a declared optional column that the file does not have.
    pub fn column(&self, name: &str) -> Result<Option<usize>, Error> {
        if let Some(index) = self.find(name) {
            return Ok(Some(index));
        }
        let wanted = super::header::folded(name);
        if self.optional.iter().any(|optional| super::header::folded(optional) == wanted) {
            return Ok(None);
        }
        Err(Error::UnknownColumn {
            file: self.file.clone(),
            wanted: Box::new(Nearest::to(name, self.columns())),
            columns: self.header.names(),
        })
    }

    pub fn rows(self: &Arc<Self>) -> Rows {
        let count = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
        Rows { table: self.clone(), picked: None, range: 0..count }
    }

    /// What the table holds on to, in bytes.
    pub fn memory(&self) -> usize {
        self.text.capacity()
            + (self.starts.capacity() + self.lines.capacity()) * size_of::<u32>()
            + self.broken.capacity() * size_of::<Broken>()
    }

    fn broken(&self, row: u32) -> Option<&Broken> {
        self.broken.binary_search_by_key(&row, |broken| broken.row).ok().map(|index| &self.broken[index])
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.columns().iter().map(Column::name).collect::<Vec<_>>();
        write!(out, "Table({}, {} rows, columns {names:?})", self.file, self.starts.len())
    }
}

/// One row: a table and a number, cheap to clone.
#[derive(Clone)]
pub struct Row {
    table: Arc<Table>,
    index: u32,
}

impl Row {
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// The row's number in its table, from 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The cell a script means by `name`, `None` when it is empty or there is nothing but spaces in it.
    pub fn get(&self, name: &str) -> Result<Option<Cell<'_>>, Error> {
        Ok(self.table.column(name)?.and_then(|index| self.cell(index)))
    }

    /// The cell in the column of that index, `None` when it is empty.
    pub fn cell(&self, index: usize) -> Option<Cell<'_>> {
        let position = self.table.columns().get(index)?.position;
        self.value(self.spans().nth(position)?)
    }

    /// All cells in one go, which is faster than one by one.
    pub fn cells(&self) -> impl Iterator<Item = (&Column, Option<Cell<'_>>)> {
        let mut spans = self.spans().enumerate();
        self.table.columns().iter().map(move |column| {
            let span = spans.by_ref().find(|(position, _)| *position >= column.position);
            (column, span.and_then(|(_, span)| self.value(span)))
        })
    }

    pub fn to_object(&self) -> Map<String, Value> {
        let cells = self.cells();
        cells
            .map(|(column, cell)| {
                (column.name().to_owned(), cell.map_or(Value::Null, |text| text.into_owned().into()))
            })
            .collect()
    }

    /// The line the row begins in, from 1.
    pub fn line(&self) -> u32 {
        self.table.lines[self.index as usize]
    }

    /// The character its cell begins at in its line, from 1.
    pub fn column(&self, name: &str) -> Option<u32> {
        self.place(name).map(|place| place.column)
    }

    /// Where a cell stands, `None` when the row or the file has no such cell.
    pub fn place(&self, name: &str) -> Option<Place> {
        let column = &self.table.columns()[self.table.find(name)?];
        let span = self.spans().nth(column.position)?;
        let text = &self.table.text;
        let at = span.visible_start(text);
        Some(Place {
            file: self.table.file.clone(),
            line: self.line() + line_breaks(&text[self.start()..at]),
            column: character_column(text, at),
            header: Some(column.header().to_owned()),
        })
    }

    /// What is wrong with the row itself; a row with a problem is not to be used.
    pub fn problem(&self) -> Option<&Problem> {
        self.table.broken(self.index).map(|broken| &broken.problem)
    }

    pub fn problem_place(&self) -> Option<Place> {
        self.problem().map(|&Problem { line, column, .. }| Place {
            file: self.table.file.clone(),
            line,
            column,
            header: None,
        })
    }

    /// The record as it is in the file, without its line end.
    pub fn raw(&self) -> &str {
        let text = &self.table.text;
        if let Some(Broken { end, problem: Problem { kind: ProblemKind::UnclosedQuote, .. }, .. }) =
            self.table.broken(self.index)
        {
            return &text[self.start()..*end];
        }
        let mut spans = self.spans();
        let end = spans.by_ref().last().map_or(self.start(), |span| span.end);
        &text[self.start()..end]
    }

    fn start(&self) -> usize {
        self.table.starts[self.index as usize] as usize
    }

    pub(super) fn spans(&self) -> Cells<'_> {
        let end = self.table.broken(self.index).map_or(self.table.text.len(), |broken| broken.end);
        Cells::new(&self.table.text[..end], self.start(), self.table.delimiter)
    }

    fn value(&self, span: Span) -> Option<Cell<'_>> {
        let content = match span.content(&self.table.text) {
            Cow::Borrowed(text) => Cow::Borrowed(unguard(text)),
            Cow::Owned(text) if unguard(&text).len() < text.len() => Cow::Owned(unguard(&text).to_owned()),
            owned => owned,
        };
        (!content.is_empty()).then_some(content)
    }
}

/// The same row of the same table.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && Arc::ptr_eq(&self.table, &other.table)
    }
}

impl Eq for Row {}

impl fmt::Debug for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Row({}:{} ", self.table.file, self.line())?;
        if let Some(problem) = self.problem() {
            write!(out, "problem at {}:{}: {problem} ", problem.line, problem.column)?;
        }
        let cells = self.cells().map(|(column, cell)| (column.name(), cell.unwrap_or_default()));
        out.debug_map().entries(cells).finish()?;
        out.write_str(")")
    }
}

/// Rows of one table: all of them, or some in any order. Filtering and slicing copy no cell.
#[derive(Clone)]
pub struct Rows {
    table: Arc<Table>,
    /// The rows meant, when not simply those of `range`.
    picked: Option<Arc<[u32]>>,
    /// Of `picked`, else of the table.
    range: Range<u32>,
}

impl Rows {
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    pub fn len(&self) -> usize {
        self.range.len()
    }

    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    pub fn get(&self, at: usize) -> Option<Row> {
        let at =
            u32::try_from(at).ok()?.checked_add(self.range.start).filter(|at| self.range.contains(at))?;
        let index = match &self.picked {
            Some(picked) => picked[at as usize],
            None => at,
        };
        Some(Row { table: self.table.clone(), index })
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Row> + ExactSizeIterator + '_ {
        self.clone().into_iter()
    }

    /// The rows of that range, as far as there are any.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let at = |index: usize| self.range.start + u32::try_from(index.min(self.len())).unwrap_or(u32::MAX);
        let start = at(range.start);
        Self {
            table: self.table.clone(),
            picked: self.picked.clone(),
            range: start..at(range.end).max(start),
        }
    }

    pub fn filter(&self, mut keep: impl FnMut(&Row) -> bool) -> Self {
        self.pick(self.iter().filter(|row| keep(row)))
    }

    /// These rows in this order. Rows of another table are left out.
    pub fn pick(&self, rows: impl IntoIterator<Item = Row>) -> Self {
        let own = rows.into_iter().filter(|row| Arc::ptr_eq(&row.table, &self.table));
        let picked: Arc<[u32]> = own.map(|row| row.index).collect();
        let range = 0..u32::try_from(picked.len()).unwrap_or(u32::MAX);
        Self { table: self.table.clone(), picked: Some(picked), range }
    }

    /// Whether any of them has a problem: cheap when the file has none.
    pub fn problems(&self) -> impl Iterator<Item = Row> + '_ {
        let none = self.table.broken.is_empty();
        self.iter().filter(move |row| !none && row.problem().is_some())
    }
}

impl IntoIterator for Rows {
    type Item = Row;
    type IntoIter = RowsIter;

    fn into_iter(self) -> RowsIter {
        let left = 0..self.len();
        RowsIter { rows: self, left }
    }
}

/// The rows one by one; holds on to the table.
pub struct RowsIter {
    rows: Rows,
    left: Range<usize>,
}

impl Iterator for RowsIter {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        self.left.next().and_then(|at| self.rows.get(at))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl DoubleEndedIterator for RowsIter {
    fn next_back(&mut self) -> Option<Row> {
        self.left.next_back().and_then(|at| self.rows.get(at))
    }
}

impl ExactSizeIterator for RowsIter {}

impl fmt::Debug for Rows {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        let rows = if self.len() == 1 { "row" } else { "rows" };
        write!(out, "{} {rows} of {} ", self.len(), self.table.file)?;
        let mut list = out.debug_list();
        list.entries(self.iter().take(SHOWN));
        if self.len() > SHOWN { list.finish_non_exhaustive() } else { list.finish() }
    }
}
