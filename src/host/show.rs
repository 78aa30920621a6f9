//! How values look to a person: objects as lists, many of them as a table, a bulk as a report.

use rhai::Dynamic;
use serde_json::{Map, Value};

use super::Host;
use super::bulk::Outcome;
use super::date::{Date, Span};
use super::record::Record;
use super::rows::{RowValue, RowsValue};
use super::values::to_json;
use crate::runs::bulk::{Report, Status};
use crate::runs::context::{Note, What};
use crate::table::text::{self, Column, Style};
use crate::verbs::shapes::Shape;
use crate::words::count;

/// How much room there is, and whether colours are welcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub width: Option<usize>,
    pub color: bool,
    pub ascii: bool,
}

impl Look {
    /// For text that goes on as a value.
    pub fn plain(self) -> Look {
        Look { color: false, ..self }
    }

    fn style(self) -> Style {
        Style { ascii: self.ascii, color: self.color, wrap: false }
    }
}

/// A row of a table, whatever it came from.
pub struct Object {
    pub shape: Option<&'static Shape>,
    pub map: Map<String, Value>,
    /// A map of the script's: its keys come sorted, and the script knows how they were written.
    pub from_map: bool,
}

/// The objects in a value, if that is what it holds.
pub fn objects(value: &Dynamic) -> Option<Vec<Object>> {
    if let Some(rows) = value.read_lock::<RowsValue>() {
        return Some(
            rows.0.iter().map(|row| Object { shape: None, map: row.to_object(), from_map: false }).collect(),
        );
    }
    if let Some(array) = value.read_lock::<rhai::Array>() {
        return array.iter().map(object).collect();
    }
    object(value).map(|object| vec![object])
}

fn object(value: &Dynamic) -> Option<Object> {
    if let Some(record) = value.read_lock::<Record>() {
        return Some(Object { shape: record.shape, map: (*record.current).clone(), from_map: false });
    }
    if let Some(row) = value.read_lock::<RowValue>() {
        return Some(Object { shape: None, map: row.0.to_object(), from_map: false });
    }
    if value.is_map() {
        let Ok(Value::Object(map)) = to_json(value) else { return None };
        return Some(Object { shape: None, map, from_map: true });
    }
    None
}

/// Every column of the objects, in the order they were written in the script or came from the service.
pub fn written_order(host: &Host, objects: &[Object]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for object in objects {
        let own: Vec<String> = object.map.keys().cloned().collect();
        let order = match object.from_map {
            true => host.index.order(&mut own.clone()).unwrap_or(own),
            false => own,
        };
        for name in order {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A table of objects; the important columns of their kind unless some were named.
pub fn table(host: &Host, objects: &[Object], columns: Option<&[String]>, look: Look) -> String {
    let names = match columns {
        Some(columns) => columns.to_vec(),
        None => match objects.first().and_then(|object| object.shape) {
            Some(shape) => shape
                .columns
                .iter()
                .filter(|name| objects.iter().any(|object| object.map.contains_key(**name)))
                .map(|name| (*name).to_owned())
                .collect(),
            None => written_order(host, objects),
        },
    };
    let importance = |n: usize| u8::try_from(names.len().saturating_sub(n)).unwrap_or(u8::MAX);
    let columns: Vec<Column> =
        names.iter().enumerate().map(|(n, name)| Column::new(name.as_str(), importance(n))).collect();
    let rows: Vec<Vec<Value>> =
        objects.iter().map(|object| names.iter().map(|name| cell(object.map.get(name))).collect()).collect();
    text::table(&columns, &rows, look.width, look.style()).trim_end().to_owned()
}

/// Each object as a list of its properties.
pub fn lists(host: &Host, objects: &[Object], columns: Option<&[String]>, look: Look) -> String {
    let one = |object: &Object| {
        let names =
            columns.map_or_else(|| written_order(host, std::slice::from_ref(object)), <[String]>::to_vec);
        let map: Map<String, Value> =
            names.into_iter().map(|name| (name.clone(), cell(object.map.get(&name)))).collect();
        let map = if columns.is_some() { map } else { super::data::told(&map) };
        text::list(&map, look.width, look.style()).trim_end().to_owned()
    };
    objects.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

fn cell(value: Option<&Value>) -> Value {
    value.cloned().unwrap_or_default()
}

/// What a value looks like when it is printed.
pub fn show(host: &Host, value: &Dynamic, look: Look) -> String {
    if value.is_unit() {
        return String::new();
    }
    if let Some(outcome) = value.read_lock::<Outcome>() {
        return report(&outcome.0, look);
    }
    if value.is::<Record>() || value.is::<RowValue>() {
        return objects(value).map(|objects| lists(host, &objects, None, look)).unwrap_or_default();
    }
    let tabular = value.is::<RowsValue>()
        || value.read_lock::<rhai::Array>().is_some_and(|array| {
            !array.is_empty()
                && array.iter().all(|value| value.is::<Record>() || value.is::<RowValue>() || value.is_map())
        });
    match objects(value).filter(|_| tabular) {
        Some(objects) => table(host, &objects, None, look),
        None => plain(value),
    }
}

/// Values that are no objects. Rhai itself would show the name of a host type instead of its value.
fn plain(value: &Dynamic) -> String {
    if let Some(date) = value.read_lock::<Date>() {
        return date.to_string();
    }
    if let Some(span) = value.read_lock::<Span>() {
        return span.to_string();
    }
    if let Some(record) = value.read_lock::<Record>() {
        return record.label();
    }
    match value.read_lock::<rhai::Array>() {
        Some(array) => {
            let quoted = |value: &Dynamic| match value.is_string() {
                true => format!("{value:?}"),
                false => plain(value),
            };
            format!("[{}]", array.iter().map(quoted).collect::<Vec<_>>().join(", "))
        }
        None => value.to_string(),
    }
}

/// Rows that are told of one by one; beyond that the files have them.
const TOLD: usize = 60;

/// What became of each row, failures first, and a line that sums it up.
pub fn report(report: &Report, look: Look) -> String {
    let mut out = String::new();
    let of =
        |status: Status| (0..report.rows.len()).filter(move |index| report.rows[*index].status == status);
    for index in of(Status::Failed) {
        out.push_str(&failure(report, index));
    }
    if report.count(Status::Failed) > 0 {
        out.push('\n');
    }
    let shown: Vec<usize> = of(Status::Skipped).chain(of(Status::Done)).take(TOLD).collect();
    let has_lines = report.input.line(0).is_some();
    let mut columns = vec![
        Column::new("line", 1),
        Column::new("row", 4),
        Column::new("status", 3),
        Column::new("what happened", 2),
    ];
    if !has_lines {
        columns.remove(0);
    }
    let rows: Vec<Vec<Value>> = shown
        .iter()
        .map(|index| {
            let mut cells =
                vec![report.key(*index).into(), word(report, *index).into(), happened(report, *index).into()];
            if has_lines {
                cells.insert(0, report.input.line(*index).into());
            }
            cells
        })
        .collect();
    if !rows.is_empty() {
        let style = Style { wrap: true, ..look.style() };
        out.push_str(text::table(&columns, &rows, look.width, style).trim_end());
        out.push('\n');
    }
    let more = report.count(Status::Skipped) + report.count(Status::Done) - shown.len();
    if more > 0 {
        out.push_str(&format!("… and {} more, in the results file\n", count(more, "row")));
    }
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    out.push_str(&summary(report));
    out
}

fn word(report: &Report, index: usize) -> &'static str {
    match report.rows[index].status {
        Status::Done if report.planned => "planned",
        Status::Done => {
            let notes = report.rows[index]
                .detail
                .as_deref()
                .map(|detail| detail.notes.as_slice())
                .unwrap_or_default();
            match !notes.is_empty() && notes.iter().all(|note| note.outcome == What::Already) {
                true => "already",
                false => "done",
            }
        }
        other => other.word(),
    }
}

/// `guests.csv:4:1 (email): ...`, and the hint below it.
fn failure(report: &Report, index: usize) -> String {
    let detail = report.rows[index].detail.as_deref();
    let Some(problem) = detail.and_then(|detail| detail.error.as_ref()) else { return String::new() };
    let place = problem.place.as_ref().map_or_else(|| report.key(index), ToString::to_string);
    let mut text = format!("{place}: {}\n", problem.sentence());
    if let Some(hint) = &problem.hint {
        text.push_str(&format!("    hint: {hint}\n"));
    }
    let done: Vec<&Note> = detail
        .into_iter()
        .flat_map(|detail| &detail.notes)
        .filter(|note| matches!(note.outcome, What::Done | What::Changed))
        .collect();
    if !done.is_empty() {
        let names: Vec<&str> = done.iter().map(|note| note.verb).collect();
        text.push_str(&format!("    done before that: {}\n", names.join(", ")));
    }
    if let (Some(code), Some(id)) = (&problem.code, &problem.request_id) {
        text.push_str(&format!("    {code}, request {id}\n"));
    }
    text
}

/// A row's work in a few words: each verb once, with how often and why.
fn happened(report: &Report, index: usize) -> String {
    let Some(detail) = report.rows[index].detail.as_deref() else { return String::new() };
    if let Some(reason) = &detail.reason {
        return reason.clone();
    }
    let mut groups: Vec<(What, &str, Option<&str>, usize)> = Vec::new();
    for note in &detail.notes {
        let why = note.detail.as_deref();
        match groups
            .iter_mut()
            .find(|(what, verb, reason, _)| *what == note.outcome && *verb == note.verb && *reason == why)
        {
            Some(group) => group.3 += 1,
            None => groups.push((note.outcome, note.verb, why, 1)),
        }
    }
    let told = groups.into_iter().map(|(what, verb, why, times)| {
        let times = if times > 1 { format!(" ×{times}") } else { String::new() };
        match (what, why) {
            (What::Already, Some(why)) => format!("{verb}{times}: {why}"),
            (What::Done | What::Changed | What::Planned, None) => format!("{verb}{times}"),
            (_, Some(why)) => format!("{verb}{times} ({why})"),
            (what, None) => format!("{verb}{times} {}", what.word()),
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

/// "25 rows: 24 done, 1 failed · run 261121-k3f9zd".
pub fn summary(report: &Report) -> String {
    let mut parts = Vec::new();
    let mut add = |n: usize, what: &str| {
        if n > 0 {
            parts.push(format!("{} {what}", crate::words::thousands(n)));
        }
    };
    let done = (0..report.rows.len()).filter(|index| report.rows[*index].status == Status::Done);
    let (already, fresh): (Vec<usize>, Vec<usize>) =
        done.partition(|index| word(report, *index) == "already");
    add(report.count(Status::Failed), "failed");
    add(fresh.len(), if report.planned { "planned" } else { "done" });
    add(already.len(), "already done");
    add(report.count(Status::Skipped), "skipped");
    add(report.count(Status::NotAttempted), "not attempted");
    let mut text = format!(
        "{}: {}",
        count(report.rows.len(), "row"),
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
    );
    if report.waited.as_secs() > 0 {
        text.push_str(&format!(" · waited {} s for the service", report.waited.as_secs()));
    }
    if let Some(run) = &report.run {
        text.push_str(&format!(" · run {run}"));
    }
    if let Some(problem) = &report.stopped {
        text.push_str(&format!("\nstopped: {}", problem.sentence()));
        if let Some(hint) = &problem.hint {
            text.push_str(&format!("\nhint: {hint}"));
        }
    }
    text
}
