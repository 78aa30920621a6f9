//! What stands above a header, and which delimiter the file uses.

use super::scan::{Cells, line_end, trim};

/// The lines before the header: `sep=;`, PowerShell's `#TYPE`, the version row of Microsoft's bulk templates.
pub(super) struct Opening {
    /// Where the header begins.
    pub header: usize,
    pub header_line: u32,
    pub delimiter: Option<u8>,
    pub is_template: bool,
}

impl Opening {
    pub fn of(text: &str) -> Self {
        let mut opening = Self { header: 0, header_line: 1, delimiter: None, is_template: false };
        while opening.header < text.len() {
            let (end, next) = line_end(text, opening.header);
            let line = text[opening.header..end].trim_start_matches(['"', ' ', '\u{FEFF}']);
            if let Some(delimiter) = separator(line) {
                opening.delimiter = Some(delimiter);
            } else if is_version(line) {
                opening.is_template = true;
            } else if !line.starts_with("#TYPE ") && !line.trim_matches([',', ';', '\t', '"', ' ']).is_empty()
            {
                break;
            }
            opening.header = next;
            opening.header_line += 1;
        }
        opening
    }
}

/// Excel's own line: `sep=;`.
fn separator(line: &str) -> Option<u8> {
    let (name, value) = line.split_at_checked(4)?;
    let delimiter = value.bytes().next()?;
    (name.eq_ignore_ascii_case("sep=") && may_delimit(char::from(delimiter))).then_some(delimiter)
}

/// `version:v1.0`, padded with delimiters when a spreadsheet program saved it.
fn is_version(line: &str) -> bool {
    let line = line.trim_end_matches([',', ';', '\t', '"', ' ']).to_ascii_lowercase();
    line.strip_prefix("version:").is_some_and(|version| {
        version.trim().strip_prefix('v').is_some_and(|number| {
            number.starts_with(|c: char| c.is_ascii_digit())
                && number.chars().all(|c| c.is_ascii_digit() || c == '.')
        })
    })
}

pub(super) fn may_delimit(delimiter: char) -> bool {
    matches!(delimiter, ',' | ';' | '\t' | '|' | ':' | '~' | '^' | '#' | '!' | '&' | '*' | '/')
}

/// Tries each delimiter the header contains on the first rows: the right one gives them all the header's
/// number of cells.
pub(super) fn detect_delimiter(text: &str, header: usize) -> u8 {
    const ROWS_LOOKED_AT: usize = 20;
    let mut best = (b',', (0, 0));
    for delimiter in [b',', b';', b'\t', b'|'] {
        let mut cells = Cells::new(text, header, delimiter);
        let width = cells.by_ref().count();
        if width < 2 || cells.fault.is_some() {
            continue;
        }
        let mut agreeing = 0;
        let mut at = cells.at;
        for _ in 0..ROWS_LOOKED_AT {
            if at >= text.len() {
                break;
            }
            let mut cells = Cells::new(text, at, delimiter);
            agreeing += usize::from(cells.by_ref().count() == width);
            at = cells.at;
        }
        if (agreeing, width) > best.1 {
            best = (delimiter, (agreeing, width));
        }
    }
    best.0
}

/// Microsoft's templates come with a row that shows what to fill in, in the language they were downloaded in.
pub(super) fn is_example(first_cell: &str) -> bool {
    const WORDS: [&str; 26] = [
        "example",
        "beispiel",
        "exemple",
        "ejemplo",
        "exemplo",
        "esempio",
        "voorbeeld",
        "exempel",
        "eksempel",
        "esimerkki",
        "przykład",
        "příklad",
        "príklad",
        "példa",
        "örnek",
        "exemplu",
        "primjer",
        "пример",
        "приклад",
        "παράδειγμα",
        "例",
        "示例",
        "範例",
        "예",
        "예제",
        "דוגמה",
    ];
    first_cell
        .split_once([':', '：'])
        .is_some_and(|(word, _)| WORDS.contains(&trim(word).to_lowercase().as_str()))
}
