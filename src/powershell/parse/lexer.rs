//! Cuts PowerShell text into words. PowerShell reads the arguments of a command by other rules than an expression, so the lexer
//! knows at each point which of them it is in.

mod operand;
mod scan;
mod step;

pub(super) use step::is_word_operator;

use super::token::{Bracket, Kind, Lexed, Open, RawComment, Token};

/// Strings within `$( )` within strings: deeper ones stay text.
const DEEPEST_STRING: usize = 24;

/// After so many quotes without an end, `$( )` in strings stays text: each of them is a second look at the rest.
const MOST_FAILURES: u8 = 5;

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// A statement, or the first element of a pipeline.
    Start,
    /// What `&` or `.` calls.
    Invoked,
    /// Arguments of a command, or the head of a keyword's statement.
    Command,
    Operand,
    Operator,
    /// Behind `[type]`: an operand makes it a cast, anything else leaves it a type.
    AfterType,
    Member,
    /// The key of a hash table's entry.
    Key,
}

pub(super) struct Frame {
    /// The token that opened it; `None` for the text itself.
    open: Option<usize>,
    bracket: Option<Bracket>,
    expect: Expect,
    /// What came before a member's name: an expression or the argument of a command.
    member_of: Expect,
    /// The keyword whose statement is being headed.
    header: Option<String>,
    /// The body of a `switch`; whether its clause has its pattern already.
    switch: bool,
    pattern: bool,
    /// The parentheses of a `foreach`.
    foreach: bool,
}

impl Frame {
    fn new(open: Option<usize>, bracket: Option<Bracket>, expect: Expect) -> Frame {
        Frame {
            open,
            bracket,
            expect,
            member_of: Expect::Operator,
            header: None,
            switch: false,
            pattern: false,
            foreach: false,
        }
    }
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    pos: usize,
    tokens: Vec<Token>,
    comments: Vec<RawComment>,
    frames: Vec<Frame>,
    open: Open,
    /// Line ends before this place join lines.
    joined: usize,
    nested: usize,
    /// Quotes without an end, so far.
    failures: u8,
    /// Brackets that looked like a type and are none, so far.
    failed_types: u8,
    /// No here-string in double, in single quotes ends from here on.
    no_here_end: [bool; 2],
    /// The word just read holds such a quote.
    broken_word: bool,
}

pub fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        text,
        pos: 0,
        tokens: Vec::new(),
        comments: Vec::new(),
        frames: vec![Frame::new(None, None, Expect::Start)],
        open: Open::default(),
        joined: 0,
        nested: 0,
        failures: 0,
        failed_types: 0,
        no_here_end: [false; 2],
        broken_word: false,
    };
    while lexer.step() {}
    let headed = lexer.header().is_some() && !lexer.loop_condition();
    lexer.close_all();
    Lexed { tokens: lexer.tokens, comments: lexer.comments, open: lexer.open, headed }
}

/// Quotes and dashes of word processors count as PowerShell's own.
pub(super) fn is_single_quote(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}'..='\u{201B}')
}

pub(super) fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201C}'..='\u{201E}')
}

pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}'..='\u{2015}')
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && !is_newline(c) || matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{2060}')
}

pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where a bare word of a command ends.
fn ends_word(c: char) -> bool {
    matches!(c, '\0' | ';' | '|' | '&' | '(' | ')' | '{' | '}' | ',' | '<' | '>') || c.is_whitespace()
}

impl Lexer<'_> {
    fn peek(&self) -> char {
        self.at(self.pos)
    }

    /// The character at an offset, NUL at the end.
    fn at(&self, offset: usize) -> char {
        self.text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or('\0')
    }

    fn ended(&self) -> bool {
        self.pos >= self.text.len()
    }

    /// The character after this one.
    fn second(&self) -> char {
        self.at(self.pos + self.peek().len_utf8())
    }

    fn bump(&mut self) -> char {
        let c = self.peek();
        if !self.ended() {
            self.pos += c.len_utf8();
        }
        c
    }

    fn rest(&self) -> &str {
        self.text.get(self.pos..).unwrap_or("")
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let kind = if std::mem::take(&mut self.broken_word) { Kind::BrokenQuote } else { kind };
        self.tokens.push(Token { kind, start, end: self.pos });
    }

    fn expect(&self) -> Expect {
        self.frames.last().map_or(Expect::Start, |frame| frame.expect)
    }

    fn set(&mut self, expect: Expect) {
        if let Some(frame) = self.frames.last_mut() {
            frame.expect = expect;
        }
    }

    fn bracket(&self) -> Option<Bracket> {
        self.frames.last().and_then(|frame| frame.bracket)
    }

    fn header(&self) -> Option<&str> {
        self.frames.last().and_then(|frame| frame.header.as_deref())
    }

    /// `while (...)` behind the block of a `do`: it has no block of its own.
    fn loop_condition(&self) -> bool {
        let keyword = self.tokens.iter().rposition(
            |token| matches!(&token.kind, Kind::Keyword(word) if matches!(word.as_str(), "while" | "until")),
        );
        keyword.is_some_and(|at| {
            let before = self.tokens[..at].iter().rev().find(|token| !matches!(token.kind, Kind::Newline));
            self.header().is_some_and(|word| matches!(word, "while" | "until"))
                && before.is_some_and(|token| matches!(token.kind, Kind::Close))
        })
    }

    fn last(&self) -> Option<&Kind> {
        self.tokens.last().map(|token| &token.kind)
    }

    /// Whether the text goes on directly behind an operand.
    fn glued(&self) -> bool {
        self.tokens.last().is_some_and(|token| {
            token.end == self.pos
                && matches!(
                    token.kind,
                    Kind::Variable | Kind::Close | Kind::Member | Kind::Quoted(_) | Kind::Type | Kind::Number
                )
        })
    }

    /// An operand stands here now.
    fn operand(&mut self) {
        if self.expect() != Expect::Command {
            self.set(Expect::Operator);
        }
    }

    fn open(&mut self, bracket: Bracket, length: usize) {
        let start = self.pos;
        self.pos += length;
        let index = self.tokens.len();
        self.push(Kind::Open { bracket, pair: index, broken: false }, start);
        let expect = match bracket {
            Bracket::Paren | Bracket::Sub | Bracket::Array | Bracket::Brace => Expect::Start,
            Bracket::Hash => Expect::Key,
            Bracket::Index | Bracket::Arguments | Bracket::Parameters => Expect::Operand,
        };
        let mut frame = Frame::new(Some(index), Some(bracket), expect);
        if bracket == Bracket::Brace && self.header() == Some("switch") {
            frame.switch = true;
        }
        if bracket == Bracket::Paren && self.header() == Some("foreach") {
            frame.foreach = true;
        }
        self.frames.push(frame);
    }

    /// Opens `(`, as what it is here.
    fn open_paren(&mut self) {
        let bracket = match (self.header(), self.last()) {
            (_, Some(Kind::Member)) if self.expect() != Expect::Command || self.glued() => Bracket::Arguments,
            (Some("param" | "function" | "filter" | "workflow"), _) if self.expect() == Expect::Command => {
                Bracket::Parameters
            }
            _ => Bracket::Paren,
        };
        self.open(bracket, 1);
    }

    fn close(&mut self, closer: char) {
        let start = self.pos;
        let matching = self
            .frames
            .iter()
            .rposition(|frame| frame.bracket.is_some_and(|bracket| bracket.closer() == closer));
        let crossed_brace = |from: usize| {
            self.frames[from + 1..]
                .iter()
                .any(|frame| matches!(frame.bracket, Some(Bracket::Brace | Bracket::Hash)))
        };
        let reachable = match (matching, closer) {
            (Some(index), '}') => Some(index),
            (Some(index), ')') if !crossed_brace(index) => Some(index),
            (Some(index), _) if index + 1 == self.frames.len() => Some(index),
            _ => None,
        };
        let Some(index) = reachable else {
            self.bump();
            self.push(Kind::Stray, start);
            return;
        };
        while self.frames.len() > index + 1 {
            self.pop(true);
        }
        self.bump();
        self.pop(false);
    }

    /// Ends the innermost bracket; `broken` where nothing in the text does.
    fn pop(&mut self, broken: bool) {
        let Some(frame) = self.frames.pop() else { return };
        let Some(open) = frame.open else { return };
        let closing = self.tokens.len();
        let start = if broken { self.pos } else { self.pos.saturating_sub(1) };
        self.push(Kind::Close, start);
        if let Some(Kind::Open { pair, broken: mark, .. }) =
            self.tokens.get_mut(open).map(|token| &mut token.kind)
        {
            *pair = closing;
            *mark = broken;
        }
        let Some(outer) = self.frames.last_mut() else { return };
        match frame.bracket {
            Some(Bracket::Brace) if outer.header.is_some() => {
                outer.header = None;
                outer.expect = Expect::Start;
            }
            Some(Bracket::Brace) if outer.switch && outer.pattern => {
                outer.pattern = false;
                outer.expect = Expect::Start;
            }
            Some(Bracket::Parameters) if outer.header.as_deref() == Some("param") => {
                outer.header = None;
                outer.expect = Expect::Start;
            }
            _ => {
                outer.pattern = true;
                self.operand();
            }
        }
    }

    fn close_all(&mut self) {
        while self.frames.len() > 1 {
            self.open.bracket = true;
            self.pop(true);
        }
    }

    /// `$( ... )` inside a string: its tokens, and the place behind it.
    fn nested_tokens(&mut self, start: usize) -> Option<Vec<Token>> {
        if self.nested >= DEEPEST_STRING || self.failures > MOST_FAILURES {
            return None;
        }
        self.nested += 1;
        let tokens = std::mem::take(&mut self.tokens);
        let frames = std::mem::replace(&mut self.frames, vec![Frame::new(None, None, Expect::Start)]);
        let joined = std::mem::take(&mut self.joined);
        self.pos = start;
        self.open(Bracket::Sub, 2);
        while self.frames.len() > 1 && self.step() {}
        self.close_all();
        self.joined = joined;
        self.frames = frames;
        self.nested -= 1;
        let mut inner = std::mem::replace(&mut self.tokens, tokens);
        // The reader wants what stands between; pairs are counted from the first token of the list.
        inner.pop();
        if !inner.is_empty() {
            inner.remove(0);
        }
        for token in &mut inner {
            if let Kind::Open { pair, .. } = &mut token.kind {
                *pair = pair.saturating_sub(1);
            }
        }
        Some(inner)
    }
}
