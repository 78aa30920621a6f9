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
    Map,
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
#[derive(Clone, Debug)]
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
}
