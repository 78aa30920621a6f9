//! How values look to a person: objects as lists, many of them as a table, a bulk as a report.

use indexmap::IndexMap;
use jiff::Timestamp;
use rhai::Dynamic;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::bulk::Outcome;
use super::cell::{cell, lines_of_objects};
use super::date::{Date, Span};
use super::errors::Thrown;
use super::record::Record;
use super::rows::{RowValue, RowsValue};
use super::values::to_json;
use super::{Host, humane};
use crate::runs::bulk::{Input, Report, Status};
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
    /// Dates are told by how long ago they were at this moment, for somebody who looks now.
    pub now: Option<Timestamp>,
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

/// How wide the first columns of a table may be before they are cut, for somebody who looks at it.
const WHOLE: usize = 40;
/// Of so many rows it says something that they have a value in common.
const ENOUGH_TO_COMPARE: usize = 3;

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
    let ago = |date: Date| look.now.map(|now| humane::ago(date.0, now));
    let rows: Vec<Vec<Value>> = objects
        .iter()
        .map(|object| names.iter().map(|name| cell(name, object.map.get(name), ago)).collect())
        .collect();
    let rank = |n: usize| u8::try_from(names.len().saturating_sub(n)).unwrap_or(u8::MAX);
    let mut columns: Vec<Column> =
        names.iter().enumerate().map(|(n, name)| Column::new(name.as_str(), rank(n))).collect();
    // Somebody who looks now wants to know who it is, whole, and not what all of them have in common.
    if look.now.is_some() && objects.first().is_some_and(|object| object.shape.is_some()) {
        for (n, column) in columns.iter_mut().enumerate().skip(1) {
            let same = rows.iter().all(|row| row[n] == rows[0][n]);
            if same && (rows.len() >= ENOUGH_TO_COMPARE || rows[0][n].is_null()) {
                column.importance = 0;
            }
        }
        columns.iter_mut().take(2).for_each(|column| column.least = WHOLE);
    }
    text::table(&columns, &rows, look.width, look.style()).trim_end().to_owned()
}

/// Each object as a list of its properties.
pub fn lists(host: &Host, objects: &[Object], columns: Option<&[String]>, look: Look) -> String {
    let one = |object: &Object| {
        let names =
            columns.map_or_else(|| written_order(host, std::slice::from_ref(object)), <[String]>::to_vec);
        let dated = |date: Date| look.now.map(|now| humane::dated(date.0, now));
        let map: Map<String, Value> =
            names.into_iter().map(|name| (name.clone(), cell(&name, object.map.get(&name), dated))).collect();
        // Each object of several on a line of its own: lists have the room.
        let map: Map<String, Value> =
            map.into_iter().map(|(name, value)| (name, lines_of_objects(value))).collect();
        let map = if columns.is_some() { map } else { super::data::told(&map) };
        text::list(&map, look.width, look.style()).trim_end().to_owned()
    };
    objects.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

/// What a value looks like when it is printed.
pub fn show(host: &Host, value: &Dynamic, look: Look) -> String {
    if value.is_unit() {
        return String::new();
    }
    if let Some(outcome) = value.read_lock::<Outcome>() {
        host.shown(&outcome.0);
        return report(&outcome.0, look);
    }
    let is_map = |value: &Dynamic| value.read_lock::<rhai::Map>().is_some_and(|map| !map.is_empty());
    if value.is::<Record>() || value.is::<RowValue>() || is_map(value) {
        return objects(value).map(|objects| lists(host, &objects, None, look)).unwrap_or_default();
    }
    let tabular = value.is::<RowsValue>()
        || value.read_lock::<rhai::Array>().is_some_and(|array| {
            !array.is_empty()
                && array.iter().all(|value| value.is::<Record>() || value.is::<RowValue>() || value.is_map())
        });
    if let Some(objects) = objects(value).filter(|_| tabular) {
        return table(host, &objects, None, look);
    }
    if let (Some(date), Some(now)) = (value.read_lock::<Date>(), look.now) {
        return format!("{}  {}", *date, humane::ago(date.0, now));
    }
    let text = text(value);
    // A list of texts too long for a line reads better as a column.
    match value.read_lock::<rhai::Array>() {
        Some(array) if look.width.is_some_and(|width| text.width() > width) => {
            array.iter().map(self::text).collect::<Vec<_>>().join("\n")
        }
        _ => text,
    }
}

/// A value on one line. Rhai itself would give a type's name for those that are usher's own.
pub fn text(value: &Dynamic) -> String {
    if let Some(array) = value.read_lock::<rhai::Array>() {
        let inside = |value: &Dynamic| match value.read_lock::<rhai::ImmutableString>() {
            Some(text) => format!("{:?}", text.as_str()),
            None => text(value),
        };
        return format!("[{}]", array.iter().map(inside).collect::<Vec<_>>().join(", "));
    }
    if let Some(date) = value.read_lock::<Date>() {
        return date.to_string();
    }
    if let Some(span) = value.read_lock::<Span>() {
        return span.to_string();
    }
    if let Some(record) = value.read_lock::<Record>() {
        return record.label();
    }
    if let Some(error) = value.read_lock::<Thrown>() {
        return error.0.sentence();
    }
    if value.is::<RowValue>() || value.is::<RowsValue>() || value.is::<Outcome>() {
        return to_json(value).map(|value| value.to_string()).unwrap_or_default();
    }
    match value.is::<rhai::FnPtr>() {
        true => "a closure".to_owned(),
        false => value.to_string(),
    }
}

/// Rows that are told of one by one; beyond that the files have them.
const TOLD: usize = 60;

/// How wide a report is where it is no terminal's: a log that somebody reads.
const LOG_WIDTH: usize = 120;

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
    let begun: Vec<usize> = of(Status::NotAttempted).filter(|index| was_begun(report, *index)).collect();
    let told = begun.len() + report.count(Status::Skipped) + report.count(Status::Done);
    let shown: Vec<usize> =
        begun.into_iter().chain(of(Status::Skipped)).chain(of(Status::Done)).take(TOLD).collect();
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
        out.push_str(text::table(&columns, &rows, look.width.or(Some(LOG_WIDTH)), style).trim_end());
        out.push('\n');
    }
    let more = told - shown.len();
    if more > 0 {
        let place = match report.input {
            Input::Rows(_) if !report.planned => ", in the results file",
            _ => "",
        };
        out.push_str(&format!("… and {} more{place}\n", count(more, "row")));
    }
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    out.push_str(&summary(report));
    out
}

/// The rows that failed and the line that sums up, for a bulk that the script did not show.
pub fn troubles(report: &Report) -> String {
    let failed = (0..report.rows.len()).filter(|index| report.rows[*index].status == Status::Failed);
    let told: String = failed.take(TOLD).map(|index| failure(report, index)).collect();
    format!("{told}{}", summary(report))
}

/// What became of a row, in a word.
pub fn word(report: &Report, index: usize) -> &'static str {
    let row = &report.rows[index];
    let notes = row.detail.as_deref().map_or(&[][..], |detail| &detail.notes);
    match row.status {
        Status::Done if !notes.is_empty() && notes.iter().all(|note| note.outcome == What::Already) => {
            "already"
        }
        Status::Done if report.planned => "planned",
        Status::NotAttempted if was_begun(report, index) => "interrupted",
        status => status.word(),
    }
}

/// Ctrl-C or the end of a window came in between: something was done for this row, and not all.
fn was_begun(report: &Report, index: usize) -> bool {
    report.rows[index].detail.as_deref().is_some_and(|detail| detail.notes.iter().any(Note::left_a_mark))
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
        let names: Vec<&str> = done.iter().map(|note| note.verb.as_ref()).collect();
        text.push_str(&format!("    done before that: {}\n", names.join(", ")));
    }
    if let (Some(code), Some(id)) = (&problem.code, &problem.request_id) {
        text.push_str(&format!("    {code}, request {id}\n"));
    }
    text
}

/// A row's work in a few words: verbs that did something by name, the others by why they did not; how often each.
fn happened(report: &Report, index: usize) -> String {
    let Some(detail) = report.rows[index].detail.as_deref() else { return String::new() };
    if let Some(reason) = &detail.reason {
        return reason.clone();
    }
    let mut told: IndexMap<String, usize> = IndexMap::new();
    // That a change was none says nothing beside what was there already.
    let bare = |note: &&Note| note.detail.as_deref() != Some(UNCHANGED);
    let some = detail.notes.iter().any(|note| bare(&note));
    for note in detail.notes.iter().filter(|note| !some || bare(note)) {
        *told.entry(in_words(note)).or_default() += 1;
    }
    let with_times = |(words, times): (String, usize)| match times {
        1 => words,
        _ => format!("{words} ×{times}"),
    };
    told.into_iter().map(with_times).collect::<Vec<_>>().join(", ")
}

/// What verbs that change an object say when it was as wanted.
const UNCHANGED: &str = "it was so already";

/// `new_invitation`, `already a guest (invitation not yet accepted)`, `set_user unknown`.
fn in_words(note: &Note) -> String {
    let verb: &str = &note.verb;
    match (note.outcome, note.detail.as_deref()) {
        // Commas separate the parts of the report.
        // "ann is a sponsor already": of a row it is enough that somebody is.
        (What::Already, Some(why))
            if why.contains(" is ") && why.ends_with(" already") && !why.contains(", ") =>
        {
            let what = why.rsplit_once(" is ").map_or(why, |(_, what)| what);
            format!("already {}", what.trim_end_matches(" already"))
        }
        (What::Already, Some(why)) => match why.split_once(", ") {
            Some((why, more)) => format!("{why} ({more})"),
            None if why.contains("already") || why.contains(' ') => why.to_owned(),
            None => format!("{verb}: {why}"),
        },
        (What::Done | What::Changed | What::Planned, None) => verb.to_owned(),
        (_, Some(why)) => format!("{verb} ({why})"),
        (what, None) => format!("{verb} {}", what.word()),
    }
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
    let put_off = (0..report.rows.len()).filter(|index| report.rows[*index].status == Status::NotAttempted);
    let (begun, untouched): (Vec<usize>, Vec<usize>) = put_off.partition(|index| was_begun(report, *index));
    add(begun.len(), "interrupted");
    add(untouched.len(), "not attempted");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn note(verb: &'static str, outcome: What, detail: Option<&str>) -> Note {
        Note { verb: verb.into(), target: "x".into(), outcome, detail: detail.map(str::to_owned) }
    }

    fn report_of(notes: Vec<Note>, planned: bool) -> Report {
        let detail = crate::runs::bulk::Detail { notes, ..Default::default() };
        Report {
            title: "rows".into(),
            input: Input::Values(std::sync::Arc::new(vec![
                serde_json::json!({ "email": "ann@fabrikam.example" }),
            ])),
            key_name: Some("email".into()),
            rows: vec![crate::runs::bulk::RowReport { status: Status::Done, detail: Some(Box::new(detail)) }],
            waited: std::time::Duration::ZERO,
            run: None,
            stopped: None,
            planned,
            ordinal: 1,
        }
    }

    #[test]
    fn a_row_tells_done_verbs_by_name_and_the_others_by_their_reason() {
        let report = report_of(
            vec![
                note("new_invitation", What::Already, Some("already a guest, invitation not yet accepted")),
                note("set_user", What::Already, Some("it was so already")),
                note("add_sponsor", What::Already, Some("bob@contoso.example is a sponsor already")),
                note("add_group_member", What::Already, Some("already a member")),
                note("add_group_member", What::Already, Some("already a member")),
                note("add_license", What::Done, None),
            ],
            false,
        );
        assert_eq!(
            happened(&report, 0),
            "already a guest (invitation not yet accepted), already a sponsor, already a member ×2, add_license"
        );
    }

    #[test]
    fn a_preview_with_nothing_to_do_says_already() {
        let already = note("add_license", What::Already, Some("already licensed"));
        assert_eq!(word(&report_of(vec![already.clone()], true), 0), "already");
        assert_eq!(
            word(&report_of(vec![already, note("set_user", What::Planned, None)], true), 0),
            "planned"
        );
    }
}
