//! Strings, words, variables, numbers and types: what is read in one go.

use super::super::token::{Bracket, Kind, RawPart};
use super::{Lexer, ends_word, is_dash, is_double_quote, is_name, is_newline, is_single_quote};

/// Bytes of a type's name, and of an attribute with its values: a bracket that goes on for longer is none.
const LONGEST_TYPE: usize = 400;
const LONGEST_ATTRIBUTE: usize = 20_000;

impl Lexer<'_> {
    /// `$name`, `${name}`, `$scope:name`, `$?`, `$$`, `$^`: where it ends; `None` where a dollar sign is only that.
    pub(super) fn variable_end(&self, start: usize) -> Option<usize> {
        let first = start + 1;
        let c = self.at(first);
        if c == '{' {
            let inside = self.text.get(first..)?;
            return inside.find('}').filter(|length| *length > 1).map(|length| first + length + 1);
        }
        if is_name(c) {
            let mut end = first;
            while is_name(self.at(end)) {
                end += self.at(end).len_utf8();
            }
            if self.at(end) == ':' && is_name(self.at(end + 1)) {
                end += 1;
                while is_name(self.at(end)) {
                    end += self.at(end).len_utf8();
                }
            }
            return Some(end);
        }
        matches!(c, '?' | '$' | '^').then_some(first + 1)
    }

    pub(super) fn variable_or_sub(&mut self) {
        let start = self.pos;
        if self.second() == '(' {
            self.open(Bracket::Sub, 2);
            return;
        }
        match self.variable_end(start) {
            Some(end) => {
                self.pos = end;
                self.push(Kind::Variable, start);
            }
            None => {
                self.bump();
                self.push(Kind::Stray, start);
            }
        }
    }

    /// A string in single or double quotes.
    pub(super) fn quoted(&mut self) {
        let start = self.pos;
        let parts = if is_single_quote(self.peek()) { self.verbatim() } else { self.expandable() };
        match parts {
            Some(parts) => self.push(Kind::Quoted(parts), start),
            None => {
                // Nothing closes it: give up the line, not the rest of the text.
                self.fail_quote();
                self.pos = start;
                self.pos += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
                self.push(Kind::BrokenQuote, start);
            }
        }
        self.operand();
    }

    /// A quote has no end. Text with many of them is not worth looking into.
    fn fail_quote(&mut self) {
        self.open.quote = true;
        self.failures = self.failures.saturating_add(1);
    }

    /// `'...'`; the text between, or nothing where it has no end.
    fn verbatim(&mut self) -> Option<Vec<RawPart>> {
        self.bump();
        let mut text = String::new();
        loop {
            if self.ended() {
                return None;
            }
            let c = self.bump();
            if is_single_quote(c) {
                if !is_single_quote(self.peek()) {
                    return Some(vec![RawPart::Text(text)]);
                }
                self.bump();
            }
            text.push(c);
        }
    }

    fn expandable(&mut self) -> Option<Vec<RawPart>> {
        self.bump();
        let mut parts = Parts::default();
        loop {
            if self.ended() {
                return None;
            }
            let c = self.peek();
            if is_double_quote(c) {
                self.bump();
                if !is_double_quote(self.peek()) {
                    return Some(parts.done());
                }
                self.bump();
                parts.push('"');
            } else {
                self.expand(&mut parts);
            }
        }
    }

    /// One character of an expandable text, an escape, or what a dollar sign begins.
    fn expand(&mut self, parts: &mut Parts) {
        let start = self.pos;
        match self.peek() {
            '`' => {
                self.bump();
                self.escape(parts);
            }
            '$' if self.second() == '(' => match self.nested_tokens(start) {
                Some(tokens) => parts.value(RawPart::Sub { start, end: self.pos, tokens }),
                None => {
                    self.pos = start + 1;
                    parts.push('$');
                }
            },
            '$' => match self.variable_end(start) {
                Some(end) => {
                    self.pos = end;
                    parts.value(RawPart::Variable { start, end });
                }
                None => {
                    self.bump();
                    parts.push('$');
                }
            },
            _ => {
                let c = self.bump();
                parts.push(c);
            }
        }
    }

    /// What a back-tick makes of the next character.
    fn escape(&mut self, parts: &mut Parts) {
        if self.ended() {
            return;
        }
        let c = self.bump();
        match c {
            'n' => parts.push('\n'),
            't' => parts.push('\t'),
            'r' => parts.push('\r'),
            '0' => parts.push('\0'),
            'a' => parts.push('\u{7}'),
            'b' => parts.push('\u{8}'),
            'e' => parts.push('\u{1B}'),
            'f' => parts.push('\u{C}'),
            'v' => parts.push('\u{B}'),
            'u' if self.peek() == '{' => {
                let length = self.rest().find('}').filter(|length| (2..=7).contains(length));
                let code = length
                    .and_then(|length| u32::from_str_radix(&self.rest()[1..length], 16).ok())
                    .and_then(char::from_u32);
                match (length, code) {
                    (Some(length), Some(code)) => {
                        self.pos += length + 1;
                        parts.push(code);
                    }
                    _ => parts.push('u'),
                }
            }
            '\r' => {
                if self.peek() == '\n' {
                    self.bump();
                }
            }
            '\n' => {}
            other => parts.push(other),
        }
    }

    /// `@'` or `@"` with nothing behind it on its line.
    pub(super) fn begins_here_string(&self) -> bool {
        self.rest().chars().skip(2).find(|c| is_newline(*c) || !c.is_whitespace()).is_none_or(is_newline)
    }

    /// Whether a line ahead begins with the closing quote. A text without one is searched once, not for each here-string in it.
    fn here_string_ends(&mut self, is_quote: fn(char) -> bool) -> bool {
        let single = is_quote('\'');
        if self.no_here_end[usize::from(single)] {
            return false;
        }
        let mut lines = self.rest().split(['\n', '\r']).skip(1);
        let found = lines.any(|line| {
            let mut characters = line.chars();
            characters.next().is_some_and(is_quote) && characters.next() == Some('@')
        });
        self.no_here_end[usize::from(single)] = !found;
        found
    }

    pub(super) fn here_string(&mut self) {
        let start = self.pos;
        let single = is_single_quote(self.second());
        let is_quote = if single { is_single_quote } else { is_double_quote };
        let opening = self.rest().find(['\n', '\r']);
        let Some(opening) = opening.filter(|_| self.here_string_ends(is_quote)) else {
            self.fail_quote();
            self.pos += opening.unwrap_or(self.rest().len());
            self.push(Kind::BrokenQuote, start);
            self.operand();
            return;
        };
        self.pos += opening;
        let mut parts = Parts::default();
        // The line end before the closing quote is not part of the text, nor the one behind the opening quote.
        let mut first = true;
        loop {
            if self.ended() {
                self.fail_quote();
                self.pos = start + opening;
                self.push(Kind::BrokenQuote, start);
                self.operand();
                return;
            }
            let c = self.peek();
            if is_newline(c) {
                let line_end = self.pos;
                self.bump();
                if c == '\r' && self.peek() == '\n' {
                    self.bump();
                }
                if is_quote(self.peek()) && self.second() == '@' {
                    self.bump();
                    self.bump();
                    break;
                }
                if !first {
                    parts.text(&self.text[line_end..self.pos].replace("\r\n", "\n"));
                }
                first = false;
            } else if single {
                self.bump();
                parts.push(c);
            } else {
                self.expand(&mut parts);
            }
        }
        self.push(Kind::Quoted(parts.done()), start);
        self.operand();
    }

    /// A bare word: text, escapes, quotes and variables up to where a word ends.
    pub(super) fn word(&mut self) -> Vec<RawPart> {
        let mut parts = Parts::default();
        while !self.ended() {
            let c = self.peek();
            if is_single_quote(c) || is_double_quote(c) {
                let start = self.pos;
                let inner = if is_single_quote(c) { self.verbatim() } else { self.expandable() };
                match inner {
                    Some(inner) => parts.all(inner),
                    None => {
                        // Nothing closes it: the rest of the line is given up.
                        self.fail_quote();
                        self.pos =
                            start + self.text[start..].find(['\n', '\r']).unwrap_or(self.text.len() - start);
                        self.broken_word = true;
                        break;
                    }
                }
            } else if c == '`' {
                if self.continues_line() {
                    break;
                }
                self.bump();
                self.escape(&mut parts);
            } else if c == '$' {
                self.expand(&mut parts);
            } else if ends_word(c) {
                break;
            } else {
                self.bump();
                parts.push(c);
            }
        }
        parts.done()
    }

    /// How long the number is that begins at an offset; 0 where none does.
    fn number_length(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or("");
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
        let mut length;
        if rest.starts_with("0x") || rest.starts_with("0X") {
            length = 2 + bytes.iter().skip(2).take_while(|b| b.is_ascii_hexdigit()).count();
        } else {
            length = digits(0);
            if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
                length += 1 + digits(length + 1);
            }
            if length == 0 {
                return 0;
            }
            if matches!(bytes.get(length), Some(b'e' | b'E')) {
                let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
                let exponent = digits(length + 1 + sign);
                if exponent > 0 {
                    length += 1 + sign + exponent;
                }
            }
        }
        let suffix: String = rest
            .chars()
            .skip(length)
            .take_while(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_ascii_lowercase();
        const SUFFIXES: &[&str] = &[
            "kb", "mb", "gb", "tb", "pb", "l", "d", "u", "ul", "n", "s", "y", "us", "uy", "lkb", "lmb",
            "lgb", "dkb", "dmb", "dgb",
        ];
        if SUFFIXES.contains(&suffix.as_str()) { length + suffix.len() } else { length }
    }

    /// Whether a number stands here and nothing is glued to it that would make it a word.
    pub(super) fn number_ends_here(&self) -> bool {
        self.number_bounded(self.pos)
    }

    pub(super) fn signed_number_ends_here(&self) -> bool {
        self.number_bounded(self.pos + self.peek().len_utf8())
    }

    fn number_bounded(&self, at: usize) -> bool {
        let length = self.number_length(at);
        let next = self.at(at + length);
        let in_expression = self.expect() != super::Expect::Command;
        let range = next == '.' && self.at(at + length + 1) == '.';
        length > 0
            && (ends_word(next)
                || in_expression
                    && (range || matches!(next, '+' | '*' | '/' | '%' | '=' | ']') || is_dash(next)))
    }

    pub(super) fn number(&mut self) {
        let start = self.pos;
        let length = self.number_length(start);
        if length == 0 {
            self.bump();
            self.push(Kind::Stray, start);
            return;
        }
        self.pos += length;
        self.push(Kind::Number, start);
    }

    /// `[Name]` or an attribute `[Name(...)]`.
    pub(super) fn type_literal(&mut self) {
        let start = self.pos;
        let mut depth = 0usize;
        let mut parens = 0usize;
        let mut attribute = false;
        loop {
            let longest = if attribute && self.failed_types < 8 { LONGEST_ATTRIBUTE } else { LONGEST_TYPE };
            if self.ended() || self.pos - start > longest {
                break;
            }
            let c = self.peek();
            if is_single_quote(c) || is_double_quote(c) {
                let inner = if is_single_quote(c) { self.verbatim() } else { self.expandable() };
                if inner.is_none() {
                    self.fail_quote();
                    break;
                }
                continue;
            }
            // A type's name has no line end; an attribute may have.
            if is_newline(c) && parens == 0 {
                break;
            }
            if c == '#' && parens > 0 {
                self.pos += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
                continue;
            }
            self.bump();
            match c {
                '[' => depth += 1,
                ']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.push(if attribute { Kind::Attribute } else { Kind::Type }, start);
                        self.set(super::Expect::AfterType);
                        return;
                    }
                }
                '(' => {
                    parens += 1;
                    attribute |= depth == 1 && is_attribute_name(&self.text[start + 1..self.pos - 1]);
                }
                ')' => parens = parens.saturating_sub(1),
                ';' if parens == 0 => break,
                _ => {}
            }
        }
        // Not a type: only the bracket is given up.
        self.failed_types = self.failed_types.saturating_add(1);
        if self.ended() {
            self.open.bracket = true;
        }
        self.pos = start + 1;
        self.push(Kind::Stray, start);
        self.set(super::Expect::Operand);
    }
}

fn is_attribute_name(text: &str) -> bool {
    let name = text.trim();
    !name.is_empty() && name.chars().all(|c| is_name(c) || c == '.')
}

/// Pieces in the making.
#[derive(Default)]
struct Parts {
    parts: Vec<RawPart>,
    text: String,
}

impl Parts {
    fn push(&mut self, c: char) {
        self.text.push(c);
    }

    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn value(&mut self, part: RawPart) {
        self.flush();
        self.parts.push(part);
    }

    fn all(&mut self, parts: Vec<RawPart>) {
        for part in parts {
            match part {
                RawPart::Text(text) => self.text.push_str(&text),
                other => self.value(other),
            }
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(RawPart::Text(std::mem::take(&mut self.text)));
        }
    }

    fn done(mut self) -> Vec<RawPart> {
        self.flush();
        self.parts
    }
}
