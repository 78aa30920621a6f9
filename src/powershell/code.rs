//! Pieces of Rhai on their way out, and what is said about them.

use super::syntax::Span;

/// How tightly a piece holds together: what may stand beside it without parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A closure, an `if` as an expression, an assignment.
    Loose,
    /// `??`
    Coalesce,
    Or,
    And,
    Equal,
    Compare,
    In,
    Range,
    Sum,
    Product,
    Unary,
    /// A name, a literal, a call, a property.
    Atom,
}

/// A Rhai expression. Text may span lines; the first has no indent, the others are indented relative to the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    pub text: String,
    pub level: Level,
    /// The text, where the expression is a string literal whose value is known.
    pub literal: Option<String>,
    pub gives: Gives,
    /// What a literal is made of; a variable that was assigned once may carry the pieces of what it was given.
    pub pieces: Pieces,
}

/// The inside of a literal, for those who have to look into it: a body's keys, the ends of a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Pieces {
    #[default]
    None,
    /// Text with values in it: a template in back-ticks.
    Template(Vec<Piece>),
    /// Keys as PowerShell has them.
    Map(Vec<(String, Code)>),
    List(Vec<Code>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    Value(Code),
}

impl Code {
    pub fn new(text: impl Into<String>, level: Level) -> Code {
        Code { text: text.into(), level, literal: None, gives: Gives::Unknown, pieces: Pieces::None }
    }

    /// A name, a call, anything that holds together.
    pub fn atom(text: impl Into<String>) -> Code {
        Code::new(text, Level::Atom)
    }

    /// A string literal of this value.
    pub fn string(value: &str) -> Code {
        Code { literal: Some(value.to_owned()), gives: Gives::Text, ..Code::atom(quoted(value)) }
    }

    pub fn truth(value: bool) -> Code {
        Code::atom(value.to_string()).giving(Gives::Truth)
    }

    pub fn nothing() -> Code {
        Code::atom("()").giving(Gives::Nothing)
    }

    pub fn giving(self, gives: Gives) -> Code {
        Code { gives, ..self }
    }

    /// The text to stand where something at least this tight is wanted.
    pub fn at(&self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text.clone() }
    }
}

/// A string literal of Rhai with this value, in double quotes.
pub fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The layout has a use of its own for the last three.
            letter if letter.is_control() || matches!(letter, '\u{e000}'..='\u{e002}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// What is known of an expression's value, so that PowerShell's ways need a helper only where they matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Gives {
    #[default]
    Unknown,
    Nothing,
    Text,
    Number,
    Truth,
    Date,
    /// An object; the name is a verb's shape (`user`, `group`, ...) where it is known.
    One(Option<&'static str>),
    /// An object or `()`.
    Maybe(Option<&'static str>),
    Many(Option<&'static str>),
    /// Rows of a CSV.
    Rows,
    /// One of them.
    Row,
    Map,
    /// A map that surely has these keys, and what they hold. Whoever knows cmdlets is given `Map` instead.
    Table(Vec<(String, Gives)>),
    /// An array of what is no object of a service.
    List(Box<Gives>),
    Closure,
}

/// How bad a remark is: only attention and unsupported keep `convert` from exit code 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Dropped or changed on purpose, nothing to do.
    Note,
    /// A fault of the original that the translation does not hide.
    Warning,
    /// Translated, but somebody should look.
    Attention,
    /// Not translated; a `TODO(convert)` stands in its place.
    Unsupported,
}

/// Something to say about a place of the original.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    pub span: Span,
    pub severity: Severity,
    pub message: String,
}

/// A command whose arguments were told apart, ready for whoever knows cmdlets. Aliases are resolved, splatted tables that are known
/// literals are spread; values are translated already.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub span: Span,
    pub name: String,
    /// In the order they were given; `None` for a bare switch.
    pub named: Vec<(String, Option<Code>)>,
    pub positional: Vec<Code>,
    /// What comes down the pipe, where something does: an expression for one object (`$_` of the loop around the call).
    pub piped: Option<Code>,
    /// Maps that are only known when the script runs (`@params` whose content is not a literal).
    pub splatted: Vec<Code>,
    /// Properties that the script reads of the results, in its own spelling, as far as that is known: what is not read by default is
    /// then asked for.
    pub reads: Vec<String>,
}
