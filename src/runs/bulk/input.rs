//! What a bulk is run over: rows or values, the keys that name them, and where in a file they stand.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde_json::Value;

use crate::problem::{Kind, Place, Problem, Result};
use crate::table::{Row, Rows};

/// What the closure is run over.
#[derive(Clone)]
pub enum Input {
    Rows(Rows),
    Values(Arc<Vec<Value>>),
}

/// What names a row when no `key` is given: the first of these that it has.
const KEYS: &[&str] = &[
    "email",
    "invitedUserEmailAddress",
    "inviteeEmail",
    "emailAddress",
    "mail",
    "userPrincipalName",
    "memberObjectIdOrUpn",
    "id",
];

impl Input {
    pub fn len(&self) -> usize {
        match self {
            Input::Rows(rows) => rows.len(),
            Input::Values(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn row(&self, index: usize) -> Option<Row> {
        match self {
            Input::Rows(rows) => rows.get(index),
            Input::Values(_) => None,
        }
    }

    pub fn line(&self, index: usize) -> Option<u32> {
        self.row(index).map(|row| row.line())
    }

    /// The name of the column or property that keys come from.
    pub(super) fn key_name(&self, wanted: Option<&str>) -> Result<Option<String>> {
        match (self, wanted) {
            (Input::Rows(rows), Some(name)) => match rows.table().column(name) {
                Ok(_) => Ok(Some(name.to_owned())),
                Err(error) => Err(table_problem(&error).option("key")),
            },
            (Input::Rows(rows), None) => {
                Ok(KEYS.iter().find(|name| rows.table().find(name).is_some()).map(|name| (*name).to_owned()))
            }
            (Input::Values(values), Some(name)) => match values.is_empty()
                || values.iter().any(|value| value.get(name).is_some())
            {
                true => Ok(Some(name.to_owned())),
                false => Err(Problem::new(Kind::InvalidOption, format!("no row has a property `{name}`"))
                    .option("key")),
            },
            (Input::Values(values), None) => {
                let first = values.first().and_then(Value::as_object);
                Ok(first
                    .and_then(|first| KEYS.iter().find(|name| first.contains_key(**name)))
                    .map(|name| (*name).to_owned()))
            }
        }
    }

    pub(super) fn key(&self, index: usize, name: Option<&str>) -> Option<String> {
        let name = name?;
        let text = match self {
            Input::Rows(rows) => rows.get(index)?.get(name).ok()??.into_owned(),
            Input::Values(values) => match values.get(index)?.get(name)? {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        };
        // Addresses do not differ by letter case.
        Some(if text.contains('@') { text.to_lowercase() } else { text })
    }

    /// Everything in the row, for a key where no column gives one.
    fn digest(&self, index: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Input::Rows(rows) => rows.get(index).map(|row| row.raw().to_owned()).hash(&mut hasher),
            Input::Values(values) => values.get(index).map(Value::to_string).hash(&mut hasher),
        }
        hasher.finish()
    }

    pub fn to_json(&self, index: usize) -> Value {
        match self {
            Input::Rows(rows) => {
                rows.get(index).map(|row| Value::Object(row.to_object())).unwrap_or_default()
            }
            Input::Values(values) => values.get(index).cloned().unwrap_or_default(),
        }
    }

    /// The cell of a row that holds a value a message is about, alone or as one of a list.
    pub fn place_of(&self, index: usize, value: &str) -> Option<Place> {
        let row = self.row(index)?;
        let holds = |cell: &str| cell == value || cell.split([';', ',']).any(|part| part.trim() == value);
        let (column, _) = row.cells().find(|(_, cell)| cell.as_deref().is_some_and(holds))?;
        row.place(column.name()).map(place)
    }

    fn place_of_row(&self, index: usize) -> Option<Place> {
        let row = self.row(index)?;
        Some(Place {
            file: row.table().file().to_owned(),
            line: row.line() as usize,
            column: None,
            header: None,
        })
    }
}

/// A place of the table room in usher's own words.
pub fn place(place: crate::table::Place) -> Place {
    Place {
        file: place.file.to_string(),
        line: place.line as usize,
        column: Some(place.column as usize),
        header: place.header,
    }
}

/// What is wrong with a file as a whole.
pub fn table_problem(error: &crate::table::Error) -> Problem {
    let problem = Problem::new(Kind::File, error.to_string());
    match error.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Fills in where the offending value stands.
pub(super) fn located(mut problem: Problem, input: &Input, index: usize) -> Problem {
    if problem.place.is_none() {
        let cell = problem.value.as_deref().and_then(|value| input.place_of(index, value));
        problem.place = cell.or_else(|| input.place_of_row(index));
    }
    problem
}

/// The rows' keys: which ones stand twice is known before any row is begun.
pub(super) struct Keys {
    /// The first row of the same key, for rows that come later.
    repeats: HashMap<u32, u32>,
    ordinals: HashMap<u32, u32>,
}

impl Keys {
    pub fn of(input: &Input, name: Option<&str>) -> Keys {
        // Hashes, not texts, and sorted, not in a table: a million addresses would weigh more than the file.
        let mut named: Vec<(u64, u32)> = Vec::with_capacity(input.len());
        let mut keys = Keys { repeats: HashMap::new(), ordinals: HashMap::new() };
        let mut equals: HashMap<u64, u32> = HashMap::new();
        for index in 0..input.len() {
            let n = index as u32;
            match input.key(index, name) {
                Some(key) => {
                    let mut hasher = DefaultHasher::new();
                    key.hash(&mut hasher);
                    named.push((hasher.finish(), n));
                }
                None => {
                    let nth = equals.entry(input.digest(index)).or_default();
                    keys.ordinals.insert(n, *nth);
                    *nth += 1;
                }
            }
        }
        named.sort_unstable();
        for same in named.chunk_by(|one, other| one.0 == other.0) {
            keys.repeats.extend(same[1..].iter().map(|(_, n)| (*n, same[0].1)));
        }
        keys
    }

    pub fn key(&self, input: &Input, index: usize, name: Option<&str>) -> String {
        match input.key(index, name) {
            // A repeated row gets a key of its own, so that its failure is not taken for the first one's.
            Some(key) if self.repeats.contains_key(&(index as u32)) => {
                format!("{key} (again, row {})", index + 1)
            }
            Some(key) => key,
            None => {
                format!("{:016x}-{}", input.digest(index), self.ordinals.get(&(index as u32)).unwrap_or(&0))
            }
        }
    }

    /// The key of a row that is known not to stand twice.
    pub fn of_row(input: &Input, index: usize, name: Option<&str>) -> String {
        input.key(index, name).unwrap_or_else(|| Keys::of(input, name).key(input, index, name))
    }

    /// What keeps a row from being begun.
    pub fn problem(&self, input: &Input, index: usize, name: Option<&str>) -> Option<Problem> {
        if let Some(row) = input.row(index)
            && let Some(fault) = row.problem()
        {
            let mut problem = Problem::new(Kind::InvalidInput, fault.to_string());
            problem.hint = fault.hint().map(str::to_owned);
            problem.place = row.problem_place().map(place);
            return Some(problem);
        }
        let first = *self.repeats.get(&(index as u32))? as usize;
        let value = match input {
            Input::Rows(rows) => {
                name.and_then(|name| rows.get(index)?.get(name).ok()?.map(|cell| cell.into_owned()))
            }
            Input::Values(_) => None,
        };
        let other = match input.line(first) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", first + 1),
        };
        let problem = Problem::new(Kind::InvalidInput, format!("stands twice: {other} has it too"))
            .hint("remove one of the two; the first was done");
        Some(match value {
            Some(value) => {
                Problem { message: format!("`{value}` stands twice: {other} has it too"), ..problem }
                    .value(value)
            }
            None => problem,
        })
    }
}
