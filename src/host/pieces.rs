//! A text of the language in pieces, for colours and completion while it is typed.
//!
//! Not Rhai's own tokenizer: that one drops comments, gives no ends, and stops at the first thing that is not finished,
//! which what is being typed never is.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Comment,
    /// Text between quotes, the quotes included.
    Text,
    Number,
    Keyword,
    Word,
    /// An opening bracket; that of a map is `#{`, that of code in a text `${`.
    Open,
    Close,
    /// Operators, commas and the like.
    Sign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    /// In bytes.
    pub range: Range<usize>,
    /// Text that ends with the text it stands in, and not with its quote.
    pub unclosed: bool,
}

const KEYWORDS: &[&str] = &[
    "as",
    "break",
    "catch",
    "const",
    "continue",
    "do",
    "else",
    "export",
    "false",
    "fn",
    "for",
    "global",
    "if",
    "import",
    "in",
    "is_def_fn",
    "let",
    "loop",
    "private",
    "return",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "until",
    "while",
];

/// Words that begin or join statements.
pub fn keywords() -> &'static [&'static str] {
    KEYWORDS
}

/// Takes a text apart; whatever it is, its pieces come in order and do not overlap.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut cut = Cut { text, at: 0, pieces: Vec::new() };
    // For each text with code in it that is open: how many brackets are open in that code.
    let mut nested: Vec<usize> = Vec::new();
    while let Some(here) = cut.here() {
        let rest = &text[cut.at..];
        match here {
            c if c.is_whitespace() => cut.at += c.len_utf8(),
            _ if rest.starts_with("//") => cut.take(Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => {
                let end = comment(rest);
                cut.take_open(Kind::Comment, end.unwrap_or(rest.len()), end.is_none());
            }
            '"' => cut.quoted(),
            '\'' => {
                let length = character(rest);
                cut.take(if length > 1 { Kind::Text } else { Kind::Sign }, length);
            }
            '`' => cut.template(1, &mut nested),
            '#' if raw(rest).is_some() => {
                let (length, unclosed) = raw(rest).unwrap_or((1, true));
                cut.take_open(Kind::Text, length, unclosed);
            }
            '#' if rest.starts_with("#{") => {
                nested.iter_mut().last().into_iter().for_each(|open| *open += 1);
                cut.take(Kind::Open, 2);
            }
            '(' | '[' | '{' => {
                nested.iter_mut().last().into_iter().for_each(|open| *open += 1);
                cut.take(Kind::Open, 1);
            }
            '}' if nested.last() == Some(&0) => {
                nested.pop();
                cut.take(Kind::Close, 1);
                cut.template(0, &mut nested);
            }
            ')' | ']' | '}' => {
                nested.iter_mut().last().into_iter().for_each(|open| *open = open.saturating_sub(1));
                cut.take(Kind::Close, 1);
            }
            c if c.is_ascii_digit() => cut.take(Kind::Number, number(rest)),
            c if c.is_alphabetic() || c == '_' => {
                let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let kind = if KEYWORDS.contains(&&rest[..word]) { Kind::Keyword } else { Kind::Word };
                cut.take(kind, word);
            }
            c => {
                let long = ["?.", "?[", "??", "::", "=>", "==", "!=", "<=", ">=", "&&", "||", ".."];
                let length =
                    long.iter().find(|sign| rest.starts_with(**sign)).map_or(c.len_utf8(), |s| s.len());
                cut.take(Kind::Sign, length);
            }
        }
    }
    cut.pieces
}

struct Cut<'a> {
    text: &'a str,
    at: usize,
    pieces: Vec<Piece>,
}

impl Cut<'_> {
    fn here(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, kind: Kind, length: usize) {
        self.take_open(kind, length, false);
    }

    fn take_open(&mut self, kind: Kind, length: usize, unclosed: bool) {
        if length > 0 {
            self.pieces.push(Piece { kind, range: self.at..self.at + length, unclosed });
            self.at += length;
        }
    }

    /// `"text"`, which ends with its line at the latest.
    fn quoted(&mut self) {
        let rest = &self.text[self.at..];
        let mut letters = rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '"' => return self.take(Kind::Text, at + 1),
                '\n' => return self.take_open(Kind::Text, at, true),
                _ => {}
            }
        }
        self.take_open(Kind::Text, rest.len(), true);
    }

    /// Text between backticks, from its first or from the end of code in it, up to its end or to code in it.
    fn template(&mut self, from: usize, nested: &mut Vec<usize>) {
        let rest = &self.text[self.at..];
        let mut letters = rest.char_indices().skip(from).peekable();
        while let Some((at, letter)) = letters.next() {
            let next = letters.peek().map(|(_, next)| *next);
            match (letter, next) {
                ('`', Some('`')) => drop(letters.next()),
                ('`', _) => return self.take(Kind::Text, at + 1),
                ('$', Some('{')) => {
                    self.take(Kind::Text, at);
                    self.take(Kind::Open, 2);
                    nested.push(0);
                    return;
                }
                _ => {}
            }
        }
        self.take_open(Kind::Text, rest.len(), true);
    }
}

/// How long a comment is, those in it included; `None` when it is not closed.
fn comment(text: &str) -> Option<usize> {
    let (mut level, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (level, at) = (level + 1, at + 2);
        } else if rest.starts_with("*/") {
            (level, at) = (level - 1, at + 2);
            if level == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

/// `#"raw text"#`: how long, and whether its end is missing.
fn raw(text: &str) -> Option<(usize, bool)> {
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    text[hashes..].strip_prefix('"').filter(|_| hashes > 0)?;
    let end = format!("\"{}", "#".repeat(hashes));
    match text[hashes + 1..].find(&end) {
        Some(at) => Some((hashes + 1 + at + end.len(), false)),
        None => Some((text.len(), true)),
    }
}

/// How long `'x'` is; a quote that closes nowhere near stands for itself.
fn character(text: &str) -> usize {
    let from = if text[1..].starts_with('\\') { 3 } else { 2 };
    let end = text.char_indices().skip(from).take(10).take_while(|(_, letter)| *letter != '\n');
    end.into_iter().find(|(_, letter)| *letter == '\'').map_or(1, |(at, _)| at + 1)
}

fn number(text: &str) -> usize {
    let mut end = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let digit_follows = letters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        match letter {
            c if c.is_ascii_alphanumeric() || c == '_' => end = at + 1,
            // `1..5` is a range, and `1.abs()` a call.
            '.' if digit_follows && !text[..at].contains('.') => end = at + 1,
            _ => break,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(Kind, &str)> {
        pieces(text).into_iter().map(|piece| (piece.kind, &text[piece.range])).collect()
    }

    #[test]
    fn a_line_is_cut_into_words_texts_and_brackets() {
        use Kind::*;
        assert_eq!(
            cut("let g = get_group(\"a b\"); // x"),
            [
                (Keyword, "let"),
                (Word, "g"),
                (Sign, "="),
                (Word, "get_group"),
                (Open, "("),
                (Text, "\"a b\""),
                (Close, ")"),
                (Sign, ";"),
                (Comment, "// x")
            ]
        );
        assert_eq!(
            cut("1.5 + 1..3"),
            [(Number, "1.5"), (Sign, "+"), (Number, "1"), (Sign, ".."), (Number, "3")]
        );
    }

    #[test]
    fn code_in_a_text_is_code() {
        use Kind::*;
        assert_eq!(
            cut("`a ${#{ n: 1 }.n} b`"),
            [
                (Text, "`a "),
                (Open, "${"),
                (Open, "#{"),
                (Word, "n"),
                (Sign, ":"),
                (Number, "1"),
                (Close, "}"),
                (Sign, "."),
                (Word, "n"),
                (Close, "}"),
                (Text, " b`")
            ]
        );
    }

    #[test]
    fn what_is_not_closed_goes_to_the_end() {
        for text in ["\"abc", "`abc", "/* abc", "#\"abc"] {
            let pieces = pieces(text);
            assert!(pieces.len() == 1 && pieces[0].unclosed && pieces[0].range == (0..text.len()), "{text}");
        }
    }

    #[test]
    fn any_text_comes_apart() {
        for text in ["'", "'\\", "é#", "#", "##", "}", "`${`${`", "\"\\", "1.", "😀'x'", "/*/*"] {
            let pieces = pieces(text);
            let mut end = 0;
            for piece in pieces {
                assert!(piece.range.start >= end && text.get(piece.range.clone()).is_some(), "{text}");
                end = piece.range.end;
            }
        }
    }
}
