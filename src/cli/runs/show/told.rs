//! A run read from its entries: each row as it went last, each write with what came of it.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::runs::ledger::{Entry, Error, Kind, Ledger, RunSummary};

/// What the entries of a run come to.
#[derive(Default)]
pub struct Told {
    pub rows: Vec<Row>,
    pub writes: Vec<Write>,
    /// Whether personal data was taken out of it.
    pub erased: bool,
}

/// A row as it went last.
pub struct Row {
    bulk: u64,
    pub key: String,
    pub line: Option<u64>,
    /// `begun`: some of it was done, and it is not through.
    pub status: &'static str,
    pub happened: String,
    pub input: Value,
    error: Value,
}

/// One write to a service.
pub struct Write {
    pub seq: u32,
    bulk: u64,
    row: String,
    verb: String,
    target: String,
    /// `None`: intended, and no word since.
    outcome: Option<&'static str>,
    at: jiff::Timestamp,
    request: Option<String>,
    error: Value,
}

const OPEN: &str = "unknown";

impl Told {
    pub fn of(ledger: &Ledger, run: &RunSummary) -> Result<Told, Error> {
        let mut told = Told::default();
        let mut rows: IndexMap<(u64, String), Row> = IndexMap::new();
        let mut writes: IndexMap<u32, Write> = IndexMap::new();
        for entry in ledger.entries(&run.id)? {
            let entry = entry?;
            let value = entry.value.as_ref();
            match entry.kind {
                Kind::Intent => {
                    let write = Write::intended(&entry);
                    // Written down before the row is through; without a bulk there is no row.
                    if write.bulk > 0 && value.is_some() {
                        let key = (write.bulk, write.row.clone());
                        rows.entry(key).or_insert_with(|| Row::begun(write.bulk, &write.row));
                    }
                    writes.insert(entry.seq, write);
                }
                Kind::Outcome => {
                    if let Some(write) = entry.of.and_then(|of| writes.get_mut(&of.0)) {
                        write.concluded(&entry);
                    }
                }
                Kind::Row => {
                    let row = Row::ended(&entry);
                    rows.insert((row.bulk, row.key.clone()), row);
                }
                Kind::Forget => told.erased = true,
                Kind::Start | Kind::Resume | Kind::End => {}
            }
        }
        told.rows = rows.into_values().collect();
        told.writes = writes.into_values().collect();
        // What needs a person comes first; the order of the run stays within.
        told.writes.sort_by_key(|write| match write.outcome {
            None | Some(OPEN) => 0,
            Some("failed") => 1,
            Some(_) => 2,
        });
        told.rows.sort_by_key(|row| match row.status {
            "failed" => 0,
            "begun" => 1,
            _ => 2,
        });
        Ok(told)
    }

    pub fn keep_row(&mut self, key: &str) {
        // Keys that are addresses were folded when they were written down.
        let same = |other: &str| other.to_lowercase() == key.trim().to_lowercase();
        self.rows.retain(|row| same(&row.key));
        self.writes.retain(|write| same(&write.row));
        self.writes.sort_by_key(|write| write.seq);
    }

    pub fn keep_failed(&mut self) {
        self.rows.retain(|row| matches!(row.status, "failed" | "begun"));
        self.writes.retain(|write| !matches!(write.outcome, Some("done" | "already" | "changed")));
    }

    /// A line for each write, and one for each row that has none.
    pub fn flat(&self) -> Vec<Map<String, Value>> {
        let mut lines = Vec::new();
        let mut add = |row: Option<&Row>, write: Option<&Write>| {
            let line = json!({
                "row": row.map(|row| row.key.as_str()).or(write.map(|write| write.row.as_str())),
                "line": row.and_then(|row| row.line),
                "status": row.map(|row| row.status),
                "what happened": row.map(|row| row.happened.as_str()),
                "at": write.map(|write| write.at),
                "verb": write.map(|write| write.verb.as_str()),
                "target": write.map(|write| write.target.as_str()),
                "outcome": write.map(Write::word),
                "requestId": write.and_then(|write| write.request.as_deref()),
            });
            lines.extend(line.as_object().cloned());
        };
        for row in &self.rows {
            let own: Vec<&Write> =
                self.writes.iter().filter(|write| (write.bulk, &write.row) == (row.bulk, &row.key)).collect();
            own.iter().for_each(|write| add(Some(row), Some(write)));
            if own.is_empty() {
                add(Some(row), None);
            }
        }
        self.writes.iter().filter(|write| write.bulk == 0).for_each(|write| add(None, Some(write)));
        lines
    }
}

impl Row {
    fn begun(bulk: u64, key: &str) -> Row {
        let happened = "begun, and not through".to_owned();
        Row {
            bulk,
            key: key.to_owned(),
            line: None,
            status: "begun",
            happened,
            input: Value::Null,
            error: Value::Null,
        }
    }

    fn ended(entry: &Entry) -> Row {
        let Some(value) = &entry.value else {
            // Each erased row is one of its own, though nothing tells them apart any more.
            return Row {
                happened: "erased".to_owned(),
                status: entry.status.unwrap_or_default(),
                ..Row::begun(u64::MAX, &format!("(erased, entry {})", entry.seq))
            };
        };
        let failed = entry.status == Some("failed");
        Row {
            bulk: value["bulk"].as_u64().unwrap_or_default(),
            key: value["row"].as_str().unwrap_or_default().to_owned(),
            line: value["line"].as_u64(),
            status: entry.status.unwrap_or_default(),
            happened: match &value["result"] {
                result if failed => result["message"].as_str().unwrap_or_default().to_owned(),
                Value::String(reason) if entry.status == Some("skipped") => reason.clone(),
                _ => happened(&value["effects"]),
            },
            input: value["input"].clone(),
            error: if failed { value["result"].clone() } else { Value::Null },
        }
    }

    pub fn object(&self) -> Value {
        json!({
            "key": self.key,
            "line": self.line,
            "status": self.status,
            "whatHappened": self.happened,
            "error": self.error,
            "input": self.input,
        })
    }
}

/// `new_invitation, add_group_member ×2, already a member`.
fn happened(effects: &Value) -> String {
    let mut told: IndexMap<String, usize> = IndexMap::new();
    for effect in effects.as_array().into_iter().flatten() {
        let text = |name: &str| effect[name].as_str().unwrap_or_default();
        let words = match (text("outcome"), text("detail")) {
            ("done" | "changed", _) => text("verb").to_owned(),
            ("already", why) if why.contains(' ') => why.to_owned(),
            (outcome, _) => format!("{} {outcome}", text("verb")),
        };
        *told.entry(words).or_default() += 1;
    }
    let with_times = |(words, times): (String, usize)| match times {
        1 => words,
        _ => format!("{words} ×{times}"),
    };
    told.into_iter().map(with_times).collect::<Vec<_>>().join(", ")
}

impl Write {
    fn intended(entry: &Entry) -> Write {
        let none = Value::Null;
        let value = entry.value.as_ref().unwrap_or(&none);
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let erased = entry.value.is_none();
        Write {
            seq: entry.seq,
            bulk: value["bulk"].as_u64().unwrap_or_default(),
            row: text("row"),
            verb: if erased { "(erased)".to_owned() } else { text("verb") },
            target: if erased { "(erased)".to_owned() } else { text("target") },
            outcome: None,
            at: entry.at,
            request: None,
            error: Value::Null,
        }
    }

    fn concluded(&mut self, entry: &Entry) {
        self.outcome = entry.status;
        let value = entry.value.as_ref();
        self.request = value.and_then(|value| value["requestIds"][0].as_str()).map(str::to_owned);
        self.error = value.map(|value| value["output"]["error"].clone()).unwrap_or_default();
    }

    /// Whether nobody knows what came of it.
    pub fn is_open(&self) -> bool {
        matches!(self.outcome, None | Some(OPEN))
    }

    fn word(&self) -> &'static str {
        self.outcome.unwrap_or(OPEN)
    }

    pub fn line(&self) -> Vec<Value> {
        vec![
            self.verb.as_str().into(),
            self.target.as_str().into(),
            self.word().into(),
            self.row.as_str().into(),
            self.request.as_deref().into(),
        ]
    }

    /// Everything, for a list.
    pub fn facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("write".into(), self.verb.as_str().into());
        facts.insert("target".into(), self.target.as_str().into());
        facts.insert("outcome".into(), self.word().into());
        facts.insert("intended".into(), super::super::super::output::moment(self.at).into());
        if let Some(request) = &self.request {
            facts.insert("request".into(), request.as_str().into());
        }
        if let Some(message) = self.error["message"].as_str() {
            facts.insert("error".into(), message.into());
        }
        if let Some(hint) = self.error["hint"].as_str() {
            facts.insert("hint".into(), hint.into());
        }
        facts.insert("entry".into(), self.seq.into());
        facts
    }

    pub fn object(&self) -> Value {
        json!({
            "entry": self.seq,
            "at": self.at,
            "row": Some(&self.row).filter(|row| !row.is_empty()),
            "verb": self.verb,
            "target": self.target,
            "outcome": self.word(),
            "requestId": self.request,
            "error": self.error,
        })
    }
}
