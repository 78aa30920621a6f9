//! Tables and lists for the terminal: a header, a thin rule, columns that fit.
//!
//! Not `comfy-table`: when room is short this drops whole columns by importance and says which, and it
//! never lets a name that a guest chose send control characters to the terminal.

use std::borrow::Cow;

use serde_json::{Map, Value};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::value::value_text;

const GAP: usize = 2;
/// A column is not made narrower than this, or than its title; rather another is left out. Half an address is of
/// no use to anybody.
const NARROWEST: usize = 16;

/// Where a table may be as wide as it likes, a rule below the header need not be.
const LONGEST_RULE: usize = 120;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    /// The lowest is left out first when room is short; among equals, the one further right.
    pub importance: u8,
    /// As long as it is shown it is not made narrower than this, if its cells need as much.
    pub least: usize,
}

impl Column {
    pub fn new(title: impl Into<String>, importance: u8) -> Self {
        Self { title: title.into(), importance, least: NARROWEST }
    }
}

impl From<&str> for Column {
    fn from(title: &str) -> Self {
        Self::new(title, 0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Rules and ellipses in ASCII; cells stay as they are.
    pub ascii: bool,
    /// A bold header and a dim rule.
    pub color: bool,
    /// Long cells go on in the next line instead of ending in `…`.
    pub wrap: bool,
}

impl Style {
    fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.paint(anstyle::Style::new().bold(), text)
    }

    fn dim(self, text: &str) -> String {
        self.paint(anstyle::Style::new().dimmed(), text)
    }

    fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    fn rule(self, width: usize) -> String {
        self.dim(&if self.ascii { "-" } else { "─" }.repeat(width))
    }
}

/// Columns in the order in which the objects bring them, and the objects' values under them.
pub fn columns_of(objects: &[Map<String, Value>]) -> (Vec<Column>, Vec<Vec<Value>>) {
    let mut names: indexmap::IndexSet<&str> = indexmap::IndexSet::new();
    names.extend(objects.iter().flat_map(Map::keys).map(String::as_str));
    let row = |object: &Map<String, Value>| {
        names.iter().map(|name| object.get(*name).cloned().unwrap_or(Value::Null)).collect()
    };
    (names.iter().map(|&name| name.into()).collect(), objects.iter().map(row).collect())
}

/// A table no wider than `width` characters; as wide as it likes without one. Each line ends in a line feed.
pub fn table(columns: &[Column], rows: &[Vec<Value>], width: Option<usize>, style: Style) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let cell = |row: usize, column: usize| {
        rows[row].get(column).map_or(Cow::Borrowed(""), |value| one_line(value_text(value)))
    };
    let widest = |column: usize| {
        let cells = (0..rows.len()).map(|row| cell(row, column).width());
        cells.chain([columns[column].title.width()]).max().unwrap_or(0)
    };
    let natural: Vec<usize> = (0..columns.len()).map(widest).collect();
    let (shown, widths) = arrange(columns, &natural, width);
    let numeric = |column: usize| {
        let mut values =
            rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_null()).peekable();
        values.peek().is_some() && values.all(Value::is_number)
    };
    let right: Vec<bool> = shown.iter().map(|&column| numeric(column)).collect();

    let mut out = String::new();
    let tinted = |at: usize, text: &str| {
        let title = columns[shown[at]].title.as_str();
        match tint(title, text) {
            _ if text == title => text.to_owned(),
            style if style == anstyle::Style::new() => text.to_owned(),
            tint => style.paint(tint, text),
        }
    };
    let mut line = |cells: &[Cow<str>], paint: &dyn Fn(&str) -> String| {
        let mut line = String::new();
        for (at, text) in cells.iter().enumerate() {
            let padding = " ".repeat(widths[at].saturating_sub(text.width()));
            let last = at + 1 == cells.len();
            if at > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            if right[at] {
                line.push_str(&padding);
            }
            line.push_str(&tinted(at, text));
            if !right[at] && !last {
                line.push_str(&padding);
            }
        }
        out.push_str(&paint(line.trim_end()));
        out.push('\n');
    };
    let plain = |text: &str| text.to_owned();
    let titles: Vec<_> = shown
        .iter()
        .zip(&widths)
        .map(|(&column, &width)| truncated(one_line(Cow::Borrowed(&columns[column].title)), width, style))
        .collect();
    line(&titles, &|text| style.bold(text));
    let whole = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    line(&[], &|_| style.rule(whole.min(width.unwrap_or(LONGEST_RULE))));
    for row in 0..rows.len() {
        let cells = shown.iter().zip(&widths);
        if !style.wrap {
            let cells: Vec<_> =
                cells.map(|(&column, &width)| truncated(cell(row, column), width, style)).collect();
            line(&cells, &plain);
            continue;
        }
        let cells: Vec<_> = cells.map(|(&column, &width)| wrapped(&cell(row, column), width)).collect();
        for at in 0..cells.iter().map(Vec::len).max().unwrap_or(1) {
            let part = |lines: &Vec<String>| Cow::Owned(lines.get(at).cloned().unwrap_or_default());
            line(&cells.iter().map(part).collect::<Vec<_>>(), &plain);
        }
    }
    let hidden: Vec<_> =
        (0..columns.len()).filter(|at| !shown.contains(at)).map(|at| columns[at].title.as_str()).collect();
    if !hidden.is_empty() {
        let mut told = format!("not shown: {}", hidden.join(", "));
        if let Some(width) = width {
            told = truncated(told.into(), width, style).into_owned();
        }
        out.push_str(&style.dim(&told));
        out.push('\n');
    }
    out
}

/// A text that stays on one line and within `width`, whatever is in it.
pub fn on_a_line(text: &str, width: usize) -> String {
    truncated(one_line(Cow::Borrowed(text)), width, Style::default()).into_owned()
}

/// States that want to be seen: green for what is as it should be, yellow for what waits, red for what is in the way.
fn tint(title: &str, text: &str) -> anstyle::Style {
    use anstyle::AnsiColor;
    let title = title.to_lowercase();
    let state = title.ends_with("state") || title.ends_with("status") || title == "accountenabled";
    let color = match text.trim().to_lowercase().as_str() {
        _ if !state => None,
        "accepted" | "active" | "completed" | "done" | "enabled" | "succeeded" | "true" => {
            Some(AnsiColor::Green)
        }
        "pendingacceptance" | "pending" | "planned" | "skipped" | "warning" | "not attempted" => {
            Some(AnsiColor::Yellow)
        }
        "blocked" | "deleted" | "disabled" | "failed" | "false" | "suspended" | "unknown" => {
            Some(AnsiColor::Red)
        }
        _ => None,
    };
    anstyle::Style::new().fg_color(color.map(Into::into))
}

/// One property a line; texts of several lines go on below.
pub fn list(object: &Map<String, Value>, width: Option<usize>, style: Style) -> String {
    let names: Vec<_> = object.keys().map(|name| one_line(Cow::Borrowed(name))).collect();
    let name_width = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let room = width.map(|width| width.saturating_sub(name_width + GAP).max(NARROWEST));
    let mut out = String::new();
    for (name, value) in names.iter().zip(object.values()) {
        let text = value_text(value);
        let lines = text.lines().map(|line| one_line(Cow::Borrowed(line)));
        let lines: Vec<String> = match room {
            Some(room) => lines.flat_map(|line| wrapped(&line, room)).collect(),
            None => lines.map(Cow::into_owned).collect(),
        };
        let padding = " ".repeat(name_width - name.width() + GAP);
        let first = lines.first().map_or("", String::as_str);
        let first = match tint(name, first) {
            tint if tint == anstyle::Style::new() => first.to_owned(),
            tint => style.paint(tint, first),
        };
        out.push_str(format!("{}{padding}{first}", style.bold(name)).trim_end());
        out.push('\n');
        for line in lines.iter().skip(1) {
            out.push_str(format!("{}{line}", " ".repeat(name_width + GAP)).trim_end());
            out.push('\n');
        }
    }
    out
}

/// The columns there is room for, in their order, and how wide each is. The most important is always there.
fn arrange(columns: &[Column], natural: &[usize], width: Option<usize>) -> (Vec<usize>, Vec<usize>) {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let Some(width) = width else { return (shown, natural.to_vec()) };
    let least = |column: usize| natural[column].min(columns[column].least.max(columns[column].title.width()));
    let taken = |shown: &[usize]| shown.iter().map(|&column| least(column) + GAP).sum::<usize>() - GAP;
    while shown.len() > 1 && taken(&shown) > width {
        let out = (0..shown.len()).min_by_key(|&at| (columns[shown[at]].importance, usize::MAX - at));
        shown.remove(out.unwrap_or(0));
    }
    let mut widths: Vec<usize> = shown.iter().map(|&column| least(column).min(width).max(1)).collect();
    // What is left goes to the most important, then to the left: the first columns tell the rows apart.
    let mut room = width.saturating_sub(taken(&shown));
    let mut order: Vec<usize> = (0..shown.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(columns[shown[at]].importance));
    for at in order {
        let wanted = natural[shown[at]].saturating_sub(widths[at]).min(room);
        widths[at] += wanted;
        room -= wanted;
    }
    (shown, widths)
}

/// Text that stays on its line and leaves the terminal alone: line ends and tabs are spaces, other control
/// characters are replaced, and marks that turn the direction of what follows are left out.
fn one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if !text.contains(|c: char| c.is_control() || turns(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
        return text;
    }
    let text = text.replace("\r\n", " ");
    let kept = text.chars().filter(|&c| !turns(c)).map(|c| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    });
    Cow::Owned(kept.collect())
}

fn truncated(text: Cow<'_, str>, width: usize, style: Style) -> Cow<'_, str> {
    if text.width() <= width {
        return text;
    }
    let ellipsis = if style.ellipsis().width() < width { style.ellipsis() } else { "" };
    let (kept, _) = split_at_width(&text, width - ellipsis.width());
    Cow::Owned(format!("{}{ellipsis}", kept.trim_end()))
}

/// The characters, as people count them, that fit, and the rest.
fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > width {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Breaks at spaces where there are any, else where the width ends.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while rest.width() > width {
        let (mut kept, _) = split_at_width(rest, width);
        if kept.is_empty() {
            kept = rest.graphemes(true).next().unwrap_or(rest);
        }
        if !rest[kept.len()..].starts_with(' ')
            && let Some(space) = kept.rfind(' ').filter(|&space| !kept[..space].trim().is_empty())
        {
            kept = &kept[..space];
        }
        lines.push(kept.trim_end().to_owned());
        rest = rest[kept.len()..].trim_start();
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}
