//! Cells that a spreadsheet would run as a formula, made harmless, and brought back.
//!
//! A guest chooses their own display name, and a report is opened in Excel: `=HYPERLINK(...)` would be live
//! there. As OWASP advises, a cell that begins with `=`, `+`, `-`, `@`, their full-width forms, tab, CR, LF
//! or NUL is written with a leading `'`.
//!
//! - **Plain numbers stay**: a sign followed by nothing but digits, spaces, `.` and `,` (`-5`, `+49 30
//!   1234567`) can call nothing and name no cell, and other programs want to read it.
//! - **It comes back**: reading takes one such `'` away again, in every file. So what was exported, or put
//!   in a failed file, is imported as it was. A cell that really begins `'=` gets a second `'`, which keeps
//!   the two apart.

use std::borrow::Cow;

use super::scan::is_blank;

/// The text as it may be written to a cell.
pub fn guard(text: &str) -> Cow<'_, str> {
    if begins_formula(text.trim_start_matches('\'')) && !is_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What a cell said before [`guard`]; any other text as it is.
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if begins_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

/// Blanks before the sign do not help: some programs trim before they look.
fn begins_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n', '\0'])
        || text.trim_start_matches(is_blank).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn is_number(text: &str) -> bool {
    text.strip_prefix(['+', '-'])
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',')))
}
