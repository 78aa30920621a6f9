//! Where a statement, an operand or an argument begins.

use super::super::token::{Bracket, Kind, RawPart};
use super::{Expect, Lexer, ends_word, is_dash, is_double_quote, is_name, is_single_quote};

/// Words that begin a statement of their own.
const KEYWORDS: &[&str] = &[
    "if",
    "elseif",
    "else",
    "switch",
    "foreach",
    "for",
    "while",
    "do",
    "until",
    "try",
    "catch",
    "finally",
    "function",
    "filter",
    "workflow",
    "param",
    "begin",
    "process",
    "end",
    "dynamicparam",
    "clean",
    "class",
    "enum",
    "trap",
    "data",
    "using",
    "return",
    "throw",
    "exit",
    "break",
    "continue",
];

impl Lexer<'_> {
    /// The beginning of a statement or of an element of a pipeline.
    pub(super) fn start(&mut self) {
        let start = self.pos;
        let c = self.peek();
        let second = self.second();
        if self.frames.last().is_some_and(|frame| frame.switch) && self.switch_pattern() {
            return;
        }
        match c {
            '$' | '@' | '(' | '{' | '[' | '!' | '+' | ',' => self.operand_here(),
            c if is_single_quote(c) || is_double_quote(c) => self.operand_here(),
            c if c.is_ascii_digit() && self.number_ends_here() => self.operand_here(),
            '.' if second.is_ascii_digit() && self.number_ends_here() => self.operand_here(),
            c if is_dash(c) => self.operand_here(),
            '&' if second != '&' => {
                self.bump();
                self.push(Kind::Invoke { dot: false }, start);
                self.set(Expect::Invoked);
            }
            '.' if second.is_whitespace() || matches!(second, '$' | '(' | '{' | '"' | '\'') => {
                self.bump();
                self.push(Kind::Invoke { dot: true }, start);
                self.set(Expect::Invoked);
            }
            ':' if is_name(second) => {
                self.bump();
                while is_name(self.peek()) {
                    self.bump();
                }
                self.push(Kind::Label, start);
            }
            '|' | '&' => self.pipe(),
            '>' | '<' => self.redirection(),
            ']' | '=' => self.stray_word(),
            _ => self.name_or_keyword(),
        }
    }

    /// In the body of a `switch`: a pattern that is a bare word.
    fn switch_pattern(&mut self) -> bool {
        let c = self.peek();
        if is_name(c) && !self.number_ends_here() || matches!(c, '*' | '?') {
            let start = self.pos;
            let parts = self.word();
            self.push(Kind::Word(parts), start);
            if let Some(frame) = self.frames.last_mut() {
                frame.pattern = true;
                frame.expect = Expect::Operator;
            }
            return true;
        }
        if let (true, Some(frame)) = (c != '{', self.frames.last_mut()) {
            frame.pattern = true;
        }
        false
    }

    fn name_or_keyword(&mut self) {
        let start = self.pos;
        let word = self.keyword_here();
        if let Some(word) = word {
            self.pos += word.len();
            self.push(Kind::Keyword(word.clone()), start);
            match word.as_str() {
                "return" | "throw" | "exit" => self.set(Expect::Start),
                _ => {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.expect = Expect::Command;
                        frame.header =
                            (!matches!(word.as_str(), "break" | "continue" | "using")).then_some(word);
                    }
                }
            }
            return;
        }
        let parts = self.word();
        if self.pos == start {
            self.bump();
            self.push(Kind::Stray, start);
            return;
        }
        self.push(Kind::Name(parts), start);
        self.set(Expect::Command);
    }

    /// The keyword that stands here, where it is one: `process` is a command unless a brace follows.
    fn keyword_here(&self) -> Option<String> {
        if matches!(self.last(), Some(Kind::Pipe)) {
            return None;
        }
        let word = self.name_here().to_ascii_lowercase();
        if !KEYWORDS.contains(&word.as_str()) {
            return None;
        }
        let behind = self.pos + word.len();
        let after = self.at(behind);
        if !(ends_word(after) || matches!(after, '"' | '\'' | '$' | '@' | '[' | '#')) {
            return None;
        }
        let next = self.text.get(self.after_blanks(behind)..).unwrap_or("").chars().next().unwrap_or('\0');
        let fits = match word.as_str() {
            "foreach" | "switch" => next == '(' || is_dash(next),
            "begin" | "process" | "end" | "dynamicparam" | "clean" | "data" => next == '{',
            "param" => next == '(',
            "trap" => matches!(next, '{' | '['),
            "class" | "enum" | "function" | "filter" | "workflow" => {
                next.is_alphabetic() || matches!(next, '_' | '?' | '%' | '\0')
            }
            "using" => next.is_alphabetic(),
            _ => true,
        };
        fits.then_some(word)
    }

    fn after_blanks(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or("");
        from + rest.len() - rest.trim_start().len()
    }

    /// Behind `&` and `.`: what is called.
    pub(super) fn invoked(&mut self) {
        self.set(Expect::Command);
        match self.peek() {
            '$' => self.variable_or_sub(),
            '(' => self.open(Bracket::Paren, 1),
            '{' => self.open(Bracket::Brace, 1),
            c if is_single_quote(c) || is_double_quote(c) => self.quoted(),
            _ => {
                let start = self.pos;
                let parts = self.word();
                if self.pos == start {
                    self.stray_word();
                } else {
                    self.push(Kind::Name(parts), start);
                }
            }
        }
    }

    /// In the arguments of a command.
    pub(super) fn argument(&mut self) {
        let start = self.pos;
        let c = self.peek();
        let second = self.second();
        let glued = self.glued();
        match c {
            '.' if glued
                && (is_name(second) && !second.is_ascii_digit()
                    || matches!(second, '$' | '(' | '"' | '\'')) =>
            {
                self.dot(false)
            }
            '?' if glued && second == '.' && is_name(self.at(self.pos + 2)) => {
                self.bump();
                self.dot(true);
            }
            ':' if glued && second == ':' => self.static_member(),
            '[' if glued => self.open(Bracket::Index, 1),
            '(' => self.open_paren(),
            '{' => self.open(Bracket::Brace, 1),
            '|' | '&' => self.pipe(),
            ',' => {
                self.bump();
                self.push(Kind::Comma, start);
            }
            '>' | '<' => self.redirection(),
            c if (c.is_ascii_digit() || c == '*') && second == '>' => self.redirection(),
            '$' => self.variable_argument(),
            '@' => self.at_sign(),
            c if is_single_quote(c) || is_double_quote(c) => self.quoted(),
            c if is_dash(c) => self.parameter(),
            c if c.is_ascii_digit() && self.number_ends_here() => self.number(),
            '.' if second.is_ascii_digit() && self.number_ends_here() => self.number(),
            _ => self.bare_word(),
        }
    }

    fn bare_word(&mut self) {
        let start = self.pos;
        let parts = self.word();
        if self.pos == start {
            self.bump();
            self.push(Kind::Stray, start);
        } else {
            self.push(Kind::Word(parts), start);
        }
    }

    /// `-Name`, `-Name:`; a number with a sign; `--%` and the rest.
    fn parameter(&mut self) {
        let start = self.pos;
        let dash = self.peek().len_utf8();
        let second = self.second();
        if self.rest().starts_with("--%") {
            self.pos += self.rest().find(['\n', '\r', '|']).unwrap_or(self.rest().len());
            self.push(Kind::Verbatim, start);
        } else if second.is_alphabetic() || matches!(second, '_' | '?') {
            self.pos += dash;
            while !ends_word(self.peek())
                && !matches!(self.peek(), ':' | '.' | '[' | '"' | '\'' | '`' | '=' | '$' | '@')
            {
                self.bump();
            }
            let name_end = self.pos;
            let colon = self.peek() == ':';
            if colon {
                self.bump();
            }
            self.push(Kind::Parameter { colon }, start);
            if let Some(token) = self.tokens.last_mut() {
                token.end = name_end;
            }
        } else if (second.is_ascii_digit() || second == '.') && self.signed_number_ends_here() {
            self.bump();
            self.push(Kind::Unary("-".to_string()), start);
            self.number();
        } else {
            self.bare_word();
        }
    }

    /// `$name` in an argument: alone or with members it is the variable, with other text behind it a word.
    fn variable_argument(&mut self) {
        if self.second() == '(' {
            self.open(Bracket::Sub, 2);
            return;
        }
        let start = self.pos;
        let Some(end) = self.variable_end(start) else {
            self.bare_word();
            return;
        };
        let behind = self.text.get(end..).unwrap_or("");
        let mut characters = behind.chars();
        let (next, later) = (characters.next().unwrap_or('\0'), characters.next().unwrap_or('\0'));
        let alone = ends_word(next)
            || next == '['
            || next == '.'
                && (is_name(later) && !later.is_ascii_digit() || matches!(later, '$' | '(' | '"' | '\''))
            || next == '?' && later == '.'
            || next == ':' && later == ':';
        if alone {
            self.pos = end;
            self.push(Kind::Variable, start);
        } else {
            self.bare_word();
        }
    }

    /// `@( )`, `@{ }`, here-strings and `@name`.
    fn at_sign(&mut self) {
        let second = self.second();
        match second {
            '(' => self.open(Bracket::Array, 2),
            '{' => self.open(Bracket::Hash, 2),
            c if (is_single_quote(c) || is_double_quote(c)) && self.begins_here_string() => {
                self.here_string()
            }
            c if is_name(c) => {
                let start = self.pos;
                self.bump();
                while is_name(self.peek()) || self.peek() == ':' {
                    self.bump();
                }
                self.push(Kind::Splat, start);
                self.operand();
            }
            _ => self.bare_word(),
        }
    }

    /// In an expression, where an operand has to stand.
    pub(super) fn operand_here(&mut self) {
        let start = self.pos;
        let c = self.peek();
        let second = self.second();
        match c {
            '$' => {
                self.set(Expect::Operator);
                self.variable_or_sub();
            }
            '@' => {
                self.set(Expect::Operator);
                self.at_sign();
            }
            '(' => {
                self.set(Expect::Operator);
                self.open(Bracket::Paren, 1);
            }
            '{' => {
                self.set(Expect::Operator);
                self.open(Bracket::Brace, 1);
            }
            '[' => self.type_literal(),
            '!' => self.unary("!", 1),
            '+' if second == '+' => self.unary("++", 2),
            '+' => self.unary("+", 1),
            ',' => self.unary(",", 1),
            c if is_dash(c) && is_dash(second) => self.unary("--", c.len_utf8() + second.len_utf8()),
            c if is_dash(c) => {
                let word = self.word_after_dash();
                match word.as_str() {
                    "" => self.unary("-", c.len_utf8()),
                    "not" | "bnot" | "join" | "split" | "isplit" | "csplit" => {
                        self.unary(&word, c.len_utf8() + word.len())
                    }
                    _ => self.stray_word(),
                }
            }
            c if is_single_quote(c) || is_double_quote(c) => {
                self.quoted();
                self.set(Expect::Operator);
            }
            c if c.is_ascii_digit() || c == '.' && second.is_ascii_digit() => {
                self.number();
                self.set(Expect::Operator);
            }
            '|' | '&' => self.pipe(),
            _ => {
                self.set(Expect::Operator);
                self.word();
                if self.pos == start {
                    self.bump();
                }
                self.push(Kind::Stray, start);
            }
        }
    }

    fn unary(&mut self, operator: &str, length: usize) {
        let start = self.pos;
        self.pos += length;
        self.push(Kind::Unary(operator.to_string()), start);
        self.set(Expect::Operand);
    }

    /// Behind `[type]`.
    pub(super) fn after_type(&mut self) {
        let c = self.peek();
        let operand = matches!(c, '$' | '@' | '(' | '{' | '[')
            || is_single_quote(c)
            || is_double_quote(c)
            || c.is_ascii_digit()
            || is_dash(c) && self.second().is_ascii_digit();
        if operand {
            self.set(Expect::Operand);
            self.operand_here();
        } else if is_name(c) {
            // `[CmdletBinding()] param(...)`
            self.start();
        } else {
            self.set(Expect::Operator);
            self.operator();
        }
    }

    /// The key of an entry of `@{ }`.
    pub(super) fn key(&mut self) {
        let c = self.peek();
        if is_name(c) {
            let start = self.pos;
            while is_name(self.peek()) || matches!(self.peek(), '-' | '.') {
                self.bump();
            }
            let text = self.text[start..self.pos].to_string();
            self.push(Kind::Word(vec![RawPart::Text(text)]), start);
            self.set(Expect::Operator);
        } else {
            self.set(Expect::Operand);
            self.operand_here();
        }
    }
}
