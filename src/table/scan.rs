//! Where records and cells begin and end in a CSV text.
//!
//! Not the `csv` crate's reader, because that hands out unescaped copies: it forgets where a cell stood,
//! and when a quote is never closed it takes the rest of the file for one cell without a word. Here a cell
//! is a pair of offsets, cheap enough to be found again each time. The tests hold the two readers against
//! each other.

use std::borrow::Cow;

/// A cell as it stands in the text: from its delimiter to the next, spaces and quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    quoting: Quoting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Plain,
    /// Offsets of the text between the quotes.
    Quoted {
        open: usize,
        close: usize,
    },
    /// Quotes that do not pair; the text is taken as it is.
    Broken,
}

/// Quotes that cannot be what the author meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The quote that opens at this offset never closes, or closes lines later in the middle of another cell.
    Unclosed { open: usize },
    /// At this offset there is text between a closing quote and the delimiter.
    TextAfterQuote { at: usize },
}

impl Fault {
    pub fn offset(self) -> usize {
        match self {
            Self::Unclosed { open } => open,
            Self::TextAfterQuote { at } => at,
        }
    }
}

/// The cells of one record, beginning at `at`; when they are through, `at` is where the next record begins.
#[derive(Debug, Clone)]
pub(super) struct Cells<'a> {
    text: &'a str,
    pub at: usize,
    delimiter: u8,
    done: bool,
    /// A quoted cell went over more than one line.
    pub several_lines: bool,
    pub fault: Option<Fault>,
}

impl<'a> Cells<'a> {
    /// `text` ends where the record must end at the latest.
    pub fn new(text: &'a str, at: usize, delimiter: u8) -> Self {
        Self { text, at, delimiter, done: false, several_lines: false, fault: None }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while let Some(byte @ (b' ' | b'\t')) = self.byte(at)
            && byte != self.delimiter
        {
            at += 1;
        }
        at
    }

    /// The offset after the quote that closes what opened just before `from`.
    fn closing(&self, mut from: usize) -> Option<usize> {
        loop {
            from += self.text[from..].find('"')? + 1;
            if self.byte(from) != Some(b'"') {
                return Some(from);
            }
            from += 1;
        }
    }

    fn ends_cell(&self, byte: Option<u8>) -> bool {
        byte.is_none_or(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r')
    }

    /// Ends the record here and now.
    fn stop(&mut self, start: usize, fault: Fault) -> Span {
        self.fault = Some(fault);
        self.done = true;
        self.at = self.text.len();
        Span { start, end: self.text.len(), quoting: Quoting::Broken }
    }
}

impl Iterator for Cells<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        if self.done {
            return None;
        }
        let start = self.at;
        let mut quoting = Quoting::Plain;
        // People put a space after the comma; a quote after it still quotes.
        let mut end = self.skip_blanks(start);
        if self.byte(end) == Some(b'"') {
            let open = end;
            let Some(after) = self.closing(open + 1) else {
                return Some(self.stop(start, Fault::Unclosed { open }));
            };
            let several_lines =
                self.text.as_bytes()[open..after].iter().any(|byte| matches!(byte, b'\n' | b'\r'));
            end = self.skip_blanks(after);
            if self.ends_cell(self.byte(end)) {
                self.several_lines |= several_lines;
                quoting = Quoting::Quoted { open: open + 1, close: after - 1 };
            } else if several_lines {
                return Some(self.stop(start, Fault::Unclosed { open }));
            } else {
                self.fault.get_or_insert(Fault::TextAfterQuote { at: end });
                quoting = Quoting::Broken;
            }
        }
        while !self.ends_cell(self.byte(end)) {
            end += 1;
        }
        self.at = match self.byte(end) {
            Some(byte) if byte == self.delimiter => end + 1,
            _ => {
                self.done = true;
                end + break_length(self.text, end)
            }
        };
        Some(Span { start, end, quoting })
    }
}

/// How many bytes the line break at `at` has; 0 when there is none. A lone CR breaks a line too.
fn break_length(text: &str, at: usize) -> usize {
    match text.as_bytes().get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([b'\r' | b'\n', ..]) => 1,
        _ => 0,
    }
}

/// The end of the line that `from` is in, and the beginning of the next.
pub(super) fn line_end(text: &str, from: usize) -> (usize, usize) {
    let end = text[from..].find(['\r', '\n']).map_or(text.len(), |length| from + length);
    (end, end + break_length(text, end))
}

/// How many lines are ended in this text.
pub(super) fn line_breaks(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let breaks = bytes.iter().enumerate().filter(|&(at, &byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    u32::try_from(breaks.count()).unwrap_or(u32::MAX)
}

/// The characters from the beginning of its line to `at`, plus one.
pub(super) fn character_column(text: &str, at: usize) -> u32 {
    let line = text[..at].rfind(['\r', '\n']).map_or(0, |end| end + 1);
    u32::try_from(text[line..at].chars().count() + 1).unwrap_or(u32::MAX)
}

impl Span {
    /// The cell's text: quotes undone, spaces around it gone.
    pub fn content(self, text: &str) -> Cow<'_, str> {
        let Quoting::Quoted { open, close } = self.quoting else {
            return Cow::Borrowed(trim(&text[self.start..self.end]));
        };
        let inner = trim(&text[open..close]);
        if inner.contains('"') { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) }
    }

    pub fn is_blank(self, text: &str) -> bool {
        match self.quoting {
            Quoting::Quoted { open, close } => trim(&text[open..close]).is_empty(),
            _ => trim(&text[self.start..self.end]).is_empty(),
        }
    }

    /// Where the first thing stands that can be seen.
    pub fn visible_start(self, text: &str) -> usize {
        let raw = &text[self.start..self.end];
        let blank = raw.len() - raw.trim_start_matches(is_blank).len();
        if blank == raw.len() { self.start } else { self.start + blank }
    }
}

/// Spaces of every kind, and what web pages and mail programs leave around copied text without it being seen.
pub(super) fn is_blank(character: char) -> bool {
    let unseen = matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
    let turns = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    character.is_whitespace() || unseen || turns
}

pub(super) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) => text,
        _ => text.trim_matches(is_blank),
    }
}
