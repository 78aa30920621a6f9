//! Tables of the pages, and how their cells are worded.

use serde_json::Value;

use crate::sandbox::page::escaped;
use crate::sandbox::tenant::Object;

/// A table as it grows.
pub struct Table {
    html: String,
    heading: Option<&'static str>,
    rows: usize,
    left_out: usize,
}

impl Table {
    /// Under a heading that can be linked to.
    pub fn new(id: &str, title: &'static str, columns: &[&str]) -> Table {
        let mut table = Table::bare(columns);
        table.html = format!("<h2 id=\"{id}\">{title}</h2>\n{}", table.html);
        table.heading = Some(title);
        table
    }

    pub fn bare(columns: &[&str]) -> Table {
        let heads: Vec<String> =
            columns.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
        let html =
            format!("<div class=\"scroll\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n", heads.concat());
        Table { html, heading: None, rows: 0, left_out: 0 }
    }

    /// One more row of HTML, as long as there are fewer than `most`.
    pub fn row(&mut self, most: usize, cells: impl FnOnce() -> Vec<String>) {
        if self.rows >= most {
            self.left_out += 1;
            return;
        }
        self.rows += 1;
        let cells: Vec<String> = cells().iter().map(|cell| format!("<td>{cell}</td>")).collect();
        self.html.push_str(&format!("<tr>{}</tr>\n", cells.concat()));
    }

    pub fn end(self) -> String {
        if self.rows == 0
            && let Some(title) = self.heading
        {
            return format!("<h2>{title}</h2>\n<p>None.</p>\n");
        }
        let more = match self.left_out {
            0 => String::new(),
            left => format!("<p class=\"quiet\">and {left} more</p>\n"),
        };
        format!("{}</tbody>\n</table></div>\n{more}", self.html)
    }
}

/// The address that a guest goes by.
pub fn address_of(guest: &Object) -> String {
    guest.text("mail").or_else(|| guest.texts("otherMails").next()).unwrap_or_default().to_owned()
}

pub fn state_of(guest: &Object) -> String {
    let blocked = guest.properties.get("accountEnabled").and_then(Value::as_bool) == Some(false);
    let state = match guest.text("externalUserState") {
        Some("PendingAcceptance") => "still to accept",
        Some("Accepted") => "<span class=\"good\">accepted</span>",
        Some(_) | None => "",
    };
    match (blocked, state) {
        (true, "") => "<span class=\"bad\">blocked</span>".to_owned(),
        (true, state) => format!("{state}, <span class=\"bad\">blocked</span>"),
        (false, state) => state.to_owned(),
    }
}

/// The day of a moment.
pub fn moment(value: Option<&Value>) -> String {
    match value.and_then(Value::as_str).and_then(|text| text.split_once('T')) {
        Some((day, _)) if day != "0001-01-01" => format!("<span class=\"day\">{}</span>", escaped(day)),
        _ => String::new(),
    }
}

pub fn group_kind(group: &Object) -> &'static str {
    if group.is_dynamic() {
        "by rule"
    } else if group.is_unified() {
        "Microsoft 365"
    } else if group.is_distribution_group() {
        if group.flag("securityEnabled") { "security, with mail" } else { "distribution list" }
    } else {
        "security"
    }
}
