//! One step of the lexer: blanks, line ends, brackets, and the rules of the place where it is.

use super::super::token::{Bracket, Kind, RawComment};
use super::{Expect, Lexer, ends_word, is_blank, is_dash, is_name, is_newline};
use crate::powershell::syntax::{AssignOperator, COMPARING, without_case};

/// Operators between two operands beside those that compare.
const WORD_OPERATORS: &[&str] =
    &["join", "is", "isnot", "as", "f", "and", "or", "xor", "band", "bor", "bxor", "shl", "shr"];

pub fn is_word_operator(word: &str) -> bool {
    WORD_OPERATORS.contains(&word) || COMPARING.contains(&without_case(word))
}

impl Lexer<'_> {
    /// Reads one word; false at the end.
    pub(super) fn step(&mut self) -> bool {
        self.blanks();
        if self.ended() {
            return false;
        }
        let c = self.peek();
        if is_newline(c) {
            self.newline();
            return true;
        }
        match c {
            ')' | '}' => {
                self.close(c);
                return true;
            }
            ']' if self.bracket() == Some(Bracket::Index) => {
                self.close(c);
                return true;
            }
            ';' => {
                let start = self.pos;
                self.bump();
                self.push(Kind::Semicolon, start);
                self.begin();
                return true;
            }
            _ => {}
        }
        match self.expect() {
            Expect::Start => self.start(),
            Expect::Invoked => self.invoked(),
            Expect::Command => self.argument(),
            Expect::Operand => self.operand_here(),
            Expect::Operator => self.operator(),
            Expect::AfterType => self.after_type(),
            Expect::Member => self.member(),
            Expect::Key => self.key(),
        }
        true
    }

    /// A new statement, or a new entry, begins.
    fn begin(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.expect = match frame.bracket {
                Some(Bracket::Hash) => Expect::Key,
                Some(bracket) if bracket.ignores_lines() => Expect::Operand,
                _ => Expect::Start,
            };
            frame.header = None;
            frame.pattern = false;
        }
    }

    fn blanks(&mut self) {
        while !self.ended() {
            let c = self.peek();
            if is_blank(c) {
                self.bump();
            } else if c == '`' && self.continues_line() {
                self.bump();
                while is_blank(self.peek()) && !self.ended() {
                    self.bump();
                }
                if self.peek() == '\r' {
                    self.bump();
                }
                if self.peek() == '\n' {
                    self.bump();
                }
                if self.ended() {
                    self.open.continued = true;
                }
            } else if c == '`' && is_blank(self.second()) {
                // An escaped blank between words: a line that was joined by hand.
                self.bump();
            } else if c == '#' || (c == '<' && self.second() == '#') {
                self.comment();
            } else {
                break;
            }
        }
    }

    /// A back-tick with nothing but blanks behind it on its line.
    pub(super) fn continues_line(&self) -> bool {
        let behind = self.rest().chars().skip(1).find(|c| !is_blank(*c));
        behind.is_none_or(is_newline)
    }

    fn comment(&mut self) {
        let start = self.pos;
        if self.peek() == '#' {
            let length = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
            self.pos += length;
        } else {
            match self.rest().find("#>") {
                Some(length) => self.pos += length + 2,
                None => {
                    self.open.comment = true;
                    self.pos = self.text.len();
                }
            }
        }
        self.comments.push(RawComment { start, end: self.pos });
    }

    /// The next place that is neither blank, line end nor comment.
    pub(super) fn significant(&self) -> usize {
        let mut at = self.pos;
        loop {
            let rest = self.text.get(at..).unwrap_or("");
            let trimmed = rest.trim_start_matches(|c: char| is_blank(c) || is_newline(c));
            at += rest.len() - trimmed.len();
            if trimmed.starts_with('#') {
                at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
            } else if trimmed.starts_with("<#") {
                at += trimmed.find("#>").map_or(trimmed.len(), |length| length + 2);
            } else {
                return at;
            }
        }
    }

    fn newline(&mut self) {
        let start = self.pos;
        self.bump();
        if self.text[start..].starts_with("\r\n") {
            self.bump();
        }
        if self.bracket().is_some_and(Bracket::ignores_lines) || start < self.joined {
            return;
        }
        let goes_on = match self.last() {
            Some(Kind::Operator(operator)) => !matches!(operator.as_str(), "++" | "--"),
            Some(
                Kind::Comma
                | Kind::Unary(_)
                | Kind::Assign(_)
                | Kind::Pipe
                | Kind::Chain(_)
                | Kind::Dot { .. }
                | Kind::Static
                | Kind::Question
                | Kind::Colon
                | Kind::Attribute,
            ) => true,
            _ => false,
        };
        if goes_on {
            if matches!(self.last(), Some(Kind::Attribute)) {
                self.set(Expect::Start);
            }
            return;
        }
        let expect = self.expect();
        if matches!(expect, Expect::Operator | Expect::Command | Expect::AfterType) {
            let next = self.significant();
            let rest = self.text.get(next..).unwrap_or("");
            let headed = self.header().is_some_and(|word| {
                rest.starts_with('{') && word != "until"
                    || rest.starts_with('(') && !matches!(word, "while" | "else" | "try")
            });
            let dotted = expect == Expect::Operator
                && rest.starts_with('.')
                && rest[1..].starts_with(char::is_alphabetic);
            let piped = rest.starts_with('|') || rest.starts_with("&&");
            if piped || headed || dotted || expect == Expect::Operator && starts_with_operator(rest) {
                self.joined = next;
                return;
            }
        }
        // In a hash table a line end is the end of an entry, unless its `if` goes on.
        if expect == Expect::Start
            && self.bracket() == Some(Bracket::Hash)
            && matches!(self.last(), Some(Kind::Close))
        {
            let next = self.significant();
            let word: String =
                self.text.get(next..).unwrap_or("").chars().take_while(char::is_ascii_alphabetic).collect();
            if ["else", "elseif", "catch", "finally"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
            {
                self.joined = next;
                return;
            }
        }
        self.push(Kind::Newline, start);
        self.begin();
    }

    /// Between two operands, or behind a complete expression.
    pub(super) fn operator(&mut self) {
        let start = self.pos;
        let c = self.peek();
        let second = self.second();
        match c {
            '.' if second == '.' => self.binary("..", 2),
            '.' => self.dot(false),
            '?' if second == '?' => {
                if self.rest().starts_with("??=") {
                    self.assign(AssignOperator::IfNull, 3);
                } else {
                    self.binary("??", 2);
                }
            }
            '?' if second == '.' && self.glued() && is_name(self.at(self.pos + 2)) => {
                self.bump();
                self.dot(true);
            }
            '?' if second == '[' && self.glued() => {
                self.bump();
                self.open(Bracket::Index, 1);
            }
            '?' => {
                self.bump();
                self.push(Kind::Question, start);
                self.set(Expect::Operand);
            }
            ':' if second == ':' => self.static_member(),
            ':' => {
                self.bump();
                self.push(Kind::Colon, start);
                self.set(Expect::Operand);
            }
            '[' => self.open(Bracket::Index, 1),
            '(' => self.open_paren(),
            '{' => self.open(Bracket::Brace, 1),
            '+' if second == '+' => self.postfix("++"),
            '-' if second == '-' => self.postfix("--"),
            '+' if second == '=' => self.assign(AssignOperator::Add, 2),
            '*' if second == '=' => self.assign(AssignOperator::Multiply, 2),
            '/' if second == '=' => self.assign(AssignOperator::Divide, 2),
            '%' if second == '=' => self.assign(AssignOperator::Remainder, 2),
            c if is_dash(c) && second == '=' => self.assign(AssignOperator::Subtract, c.len_utf8() + 1),
            '=' => self.assign(AssignOperator::Set, 1),
            '*' if second == '>' => self.redirection(),
            '+' => self.binary("+", 1),
            '*' => self.binary("*", 1),
            '/' => self.binary("/", 1),
            '%' => self.binary("%", 1),
            c if is_dash(c) => {
                let word = self.word_after_dash();
                if word.is_empty() {
                    self.binary("-", c.len_utf8());
                } else if is_word_operator(&word) {
                    self.binary(&word, c.len_utf8() + word.len());
                } else {
                    self.stray_word();
                }
            }
            ',' => {
                self.bump();
                self.push(Kind::Comma, start);
                self.set(Expect::Operand);
            }
            '|' | '&' => self.pipe(),
            '>' | '<' => self.redirection(),
            c if c.is_ascii_digit() && second == '>' => self.redirection(),
            '$' | '@' => self.operand_here(),
            c if super::is_single_quote(c) || super::is_double_quote(c) => self.operand_here(),
            _ => {
                let in_foreach = self.frames.last().is_some_and(|frame| frame.foreach);
                let word = self.name_here();
                if in_foreach && word.eq_ignore_ascii_case("in") {
                    self.pos += word.len();
                    self.push(Kind::Keyword("in".to_string()), start);
                    self.set(Expect::Start);
                } else {
                    self.stray_word();
                }
            }
        }
    }

    fn binary(&mut self, operator: &str, length: usize) {
        let start = self.pos;
        self.pos += length;
        self.push(Kind::Operator(operator.to_string()), start);
        self.set(Expect::Operand);
    }

    fn postfix(&mut self, operator: &str) {
        let start = self.pos;
        self.pos += 2;
        self.push(Kind::Operator(operator.to_string()), start);
        self.set(Expect::Operator);
    }

    fn assign(&mut self, operator: AssignOperator, length: usize) {
        let start = self.pos;
        self.pos += length;
        self.push(Kind::Assign(operator), start);
        let expect =
            if self.bracket() == Some(Bracket::Parameters) { Expect::Operand } else { Expect::Start };
        self.set(expect);
    }

    /// `|`, `||`, `&&`, `&`
    pub(super) fn pipe(&mut self) {
        let start = self.pos;
        let doubled = self.second() == self.peek();
        let and = self.bump() == '&';
        if doubled {
            self.bump();
        }
        let kind = match (and, doubled) {
            (and, true) => Kind::Chain(and),
            (true, false) => Kind::Background,
            (false, false) => Kind::Pipe,
        };
        self.push(kind, start);
        self.set(Expect::Start);
    }

    pub(super) fn redirection(&mut self) {
        let start = self.pos;
        if !matches!(self.peek(), '<' | '>') {
            self.bump();
        }
        self.bump();
        if self.peek() == '>' {
            self.bump();
        }
        if self.peek() == '&' && self.second().is_ascii_digit() {
            self.pos += 2;
        }
        self.push(Kind::Redirection, start);
        self.set(Expect::Command);
    }

    pub(super) fn dot(&mut self, null_safe: bool) {
        let start = self.pos;
        self.bump();
        self.push(Kind::Dot { null_safe }, start);
        self.before_member();
    }

    pub(super) fn static_member(&mut self) {
        let start = self.pos;
        self.pos += 2;
        self.push(Kind::Static, start);
        self.before_member();
    }

    fn before_member(&mut self) {
        let back = if self.expect() == Expect::Command { Expect::Command } else { Expect::Operator };
        if let Some(frame) = self.frames.last_mut() {
            frame.member_of = back;
            frame.expect = Expect::Member;
        }
    }

    fn member(&mut self) {
        let back = self.frames.last().map_or(Expect::Operator, |frame| frame.member_of);
        let start = self.pos;
        let c = self.peek();
        if is_name(c) {
            while is_name(self.peek()) {
                self.bump();
            }
            self.push(Kind::Member, start);
            self.set(back);
        } else if matches!(c, '$' | '(' | '{') || super::is_single_quote(c) || super::is_double_quote(c) {
            self.set(back);
            match c {
                '(' => self.open(Bracket::Paren, 1),
                '{' => self.open(Bracket::Brace, 1),
                '$' => self.variable_or_sub(),
                _ => self.quoted(),
            }
        } else {
            self.bump();
            self.push(Kind::Stray, start);
            self.set(back);
        }
    }

    /// Text that has no business here, up to where a word would end.
    pub(super) fn stray_word(&mut self) {
        let start = self.pos;
        self.bump();
        while !ends_word(self.peek()) && self.peek() != ']' {
            self.bump();
        }
        self.push(Kind::Stray, start);
    }

    /// The letters behind a dash, in lower case.
    pub(super) fn word_after_dash(&self) -> String {
        self.rest()
            .chars()
            .skip(1)
            .take_while(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_ascii_lowercase()
    }

    pub(super) fn name_here(&self) -> String {
        self.rest().chars().take_while(|c| is_name(*c)).collect()
    }
}

/// A line that goes on with the one above: no statement begins with an operator between two operands.
fn starts_with_operator(rest: &str) -> bool {
    if !rest.starts_with(is_dash) {
        return false;
    }
    let word =
        rest.chars().skip(1).take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let ends = rest.chars().nth(1 + word.len()).is_none_or(|c| !is_name(c));
    ends && is_word_operator(&word) && !word.ends_with("join") && !word.ends_with("split")
}
