//! The words of PowerShell text: what the lexer hands to the reader.

use crate::powershell::syntax::AssignOperator;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// `( ... )`
    Paren,
    /// `$( ... )`
    Sub,
    /// `@( ... )`
    Array,
    /// `{ ... }`
    Brace,
    /// `@{ ... }`
    Hash,
    /// `[ ... ]` behind an operand
    Index,
    /// `( ... )` behind the name of a method
    Arguments,
    /// `( ... )` behind `param` or the name of a function
    Parameters,
}

impl Bracket {
    pub fn closer(self) -> char {
        match self {
            Bracket::Paren | Bracket::Sub | Bracket::Array | Bracket::Arguments | Bracket::Parameters => ')',
            Bracket::Brace | Bracket::Hash => '}',
            Bracket::Index => ']',
        }
    }

    /// Whether line ends mean nothing inside.
    pub fn ignores_lines(self) -> bool {
        matches!(self, Bracket::Index | Bracket::Arguments | Bracket::Parameters)
    }
}

/// A piece of a string or of a bare word, as the lexer found it.
#[derive(Clone, Debug)]
pub enum RawPart {
    /// Escapes are resolved.
    Text(String),
    /// Where a `$name` stands.
    Variable { start: usize, end: usize },
    /// `$( ... )`: the tokens between.
    Sub { start: usize, end: usize, tokens: Vec<Token> },
}

#[derive(Clone, Debug)]
pub enum Kind {
    Newline,
    Semicolon,
    Pipe,
    /// `&&`; false for `||`.
    Chain(bool),
    /// The token that closes it; its own index where nothing does.
    Open {
        bracket: Bracket,
        pair: usize,
        broken: bool,
    },
    Close,
    Variable,
    Splat,
    Number,
    /// A quoted string: what it holds.
    Quoted(Vec<RawPart>),
    /// A quote that nothing closes.
    BrokenQuote,
    /// A bare word in the arguments of a command.
    Word(Vec<RawPart>),
    /// The name of a command.
    Name(Vec<RawPart>),
    Member,
    /// `[Name.Space.Type]`
    Type,
    /// `[Name(...)]`
    Attribute,
    Dot {
        null_safe: bool,
    },
    Static,
    Comma,
    /// In lower case, without the dash of word operators.
    Operator(String),
    Unary(String),
    Assign(AssignOperator),
    Parameter {
        colon: bool,
    },
    Redirection,
    /// `&` or `.` before the name of a command.
    Invoke {
        dot: bool,
    },
    /// `&` after a command.
    Background,
    /// In lower case.
    Keyword(String),
    Label,
    /// `?` and `:` of a ternary.
    Question,
    Colon,
    /// `--%` and the rest of the line.
    Verbatim,
    Stray,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// A comment as it was typed, signs included.
#[derive(Clone, Copy, Debug)]
pub struct RawComment {
    pub start: usize,
    pub end: usize,
}

/// What is still open at the end of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    pub bracket: bool,
    pub quote: bool,
    pub comment: bool,
    /// A back-tick is the last character.
    pub continued: bool,
}

pub struct Lexed {
    pub tokens: Vec<Token>,
    pub comments: Vec<RawComment>,
    pub open: Open,
    /// The head of a block stands last and its braces are missing: `if ($x)`, `function Get-It`.
    pub headed: bool,
}
