//! What a PowerShell script says, as a tree: names as PowerShell's own language specification has them, nothing decided yet.

/// Operators that compare or look through text, each with a form for either letter case (`ceq`, `ieq`).
pub const COMPARING: &[&str] = &[
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "like",
    "notlike",
    "match",
    "notmatch",
    "contains",
    "notcontains",
    "in",
    "notin",
    "replace",
    "split",
];

/// An operator without the letter that says whether case counts.
pub fn without_case(operator: &str) -> &str {
    operator.strip_prefix(['c', 'i']).filter(|rest| COMPARING.contains(rest)).unwrap_or(operator)
}

/// A place in the text as it was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Byte offsets into the original text.
    pub start: usize,
    pub end: usize,
    /// The first line, from 1.
    pub line: usize,
}

/// `param(...)` and statements: a file, the body of a function, a script block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub parameters: Vec<Parameter>,
    /// The text of a comment-based help or of comments that stand above `param`.
    pub opening: Vec<Comment>,
    pub statements: Vec<Statement>,
    /// `begin`, `process` and `end` in that order, where a function has them; otherwise empty.
    pub named: Vec<(NamedBlock, Vec<Statement>)>,
    /// Comments after the last statement.
    pub closing: Vec<Comment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBlock {
    Begin,
    Process,
    End,
}

/// A comment on lines of its own, without its signs; `blank` says that an empty line stood above.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comment {
    /// One entry a line; empty for an empty line that separates statements.
    pub lines: Vec<String>,
    pub blank: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub span: Span,
    /// What stands above, comments and empty lines.
    pub above: Vec<Comment>,
    /// The comment at the end of the same line.
    pub beside: Option<String>,
    pub kind: StatementKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    Pipeline(Pipeline),
    /// `$a = ...`, `$a += ...`, `$a, $b = ...`, `$x.Property = ...`, `[int]$n = ...`.
    Assign {
        target: Expression,
        operator: AssignOperator,
        /// A whole statement: `$x = if (...) {...}` is PowerShell too.
        value: Box<Statement>,
    },
    If {
        arms: Vec<(Pipeline, Block)>,
        otherwise: Option<Block>,
    },
    Switch {
        /// `-Regex`, `-Wildcard`, `-Exact`, `-CaseSensitive`, `-File`, in lower case without the dash.
        flags: Vec<String>,
        subject: Pipeline,
        arms: Vec<(SwitchPattern, Block)>,
    },
    Foreach {
        label: Option<String>,
        /// Without the dollar sign.
        variable: String,
        subject: Pipeline,
        body: Block,
    },
    For {
        label: Option<String>,
        start: Option<Box<Statement>>,
        condition: Option<Pipeline>,
        step: Option<Box<Statement>>,
        body: Block,
    },
    While {
        label: Option<String>,
        condition: Pipeline,
        body: Block,
    },
    /// `do { } while ()`; with `until` the condition ends the loop.
    Do {
        label: Option<String>,
        body: Block,
        condition: Pipeline,
        until: bool,
    },
    Try {
        body: Block,
        /// The names of exception types, and what happens then.
        catches: Vec<(Vec<String>, Block)>,
        finally: Option<Block>,
    },
    Function {
        name: String,
        /// `filter` rather than `function`.
        filter: bool,
        /// Parameters in parentheses after the name come here as well.
        body: Block,
    },
    Return(Option<Pipeline>),
    Throw(Option<Pipeline>),
    Exit(Option<Pipeline>),
    Break(Option<String>),
    Continue(Option<String>),
    /// What cannot be translated whatever it says: `class`, `enum`, `trap`, `data`, `workflow`, `using`.
    Foreign(String),
    /// What could not be read, and why; the text is the span's.
    Unreadable(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SwitchPattern {
    Default,
    Value(Expression),
    /// `{ $_ -gt 5 }`
    Condition(Block),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOperator {
    Set,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    /// `??=`
    IfNull,
}

/// A parameter of a script, a function or a script block.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub span: Span,
    /// Without the dollar sign, in the letters of the declaration.
    pub name: String,
    /// `string`, `switch`, `int`, `datetime`, `string[]`, ... without the brackets; `None` where none is given.
    pub type_name: Option<String>,
    pub default: Option<Expression>,
    pub mandatory: bool,
    pub from_pipeline: bool,
    pub aliases: Vec<String>,
    /// The values of `[ValidateSet()]`.
    pub allowed: Vec<String>,
    pub help: Option<String>,
    pub comment: Option<String>,
}

/// `a | b | c`; also `a && b`, kept as `chained`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    pub span: Span,
    pub elements: Vec<Element>,
    /// `&& ...` or `|| ...` after this pipeline: whether it is "and", and what follows.
    pub chained: Option<(bool, Box<Pipeline>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    Expression(Expression),
    Command(Command),
}

/// `Get-MgUser -UserId $id -Property Id, Mail`
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub span: Span,
    pub name: CommandName,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CommandName {
    /// As it was typed: a cmdlet, an alias, a function of the script, a program; a module prefix `Module\Name` is taken off.
    Word(String),
    /// `& $x`, `& { ... }`: call it.
    Call(Box<Expression>),
    /// `. .\file.ps1`: run it in this scope.
    Dot(Box<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// `-Name`, `-Name value`, `-Name:value`. A grammar cannot know whether the value after a blank belongs to the parameter (it
    /// does unless the parameter is a switch), so that value is a `Value` of its own; only `-Name:value` has it here.
    Parameter {
        span: Span,
        name: String,
        value: Option<Expression>,
    },
    Value(Expression),
    /// `@name`
    Splat {
        span: Span,
        name: String,
    },
    /// `> file`, `2>&1`, ...
    Redirection {
        span: Span,
        operator: String,
        target: Option<Expression>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub span: Span,
    pub kind: ExpressionKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// `$name`, `$global:name`, `$env:NAME`, `${name with blanks}`: scope in lower case, name in the letters it has here.
    Variable {
        scope: Option<String>,
        name: String,
    },
    Integer(i64),
    /// As it was typed: `1.5`, `2e3`, `1.5d`.
    Real(String),
    /// Text that stays as it is: `'...'`, a here-string `@' '@`, a string without anything to expand.
    Text(String),
    /// A word of a command's argument without quotes: `Id`, `ann@fabrikam.example`, `User.ReadWrite.All`.
    Word(String),
    /// `"a $b $($c.d)"`, here-strings, and words with variables in them.
    Expandable(Vec<Part>),
    /// `a, b, c`
    List(Vec<Expression>),
    /// `@( ... )`
    Array(Vec<Statement>),
    /// `$( ... )`
    Sub(Vec<Statement>),
    /// `( ... )`
    Paren(Box<Statement>),
    /// `@{ a = 1 }`; each value is a statement. `ordered` for `[ordered]@{}`.
    Hash {
        ordered: bool,
        entries: Vec<Entry>,
    },
    /// `{ ... }`
    Script(Box<Block>),
    /// `$a.b`, `$a.$b`, `[Type]::Member`; `null_safe` for `?.`
    Member {
        object: Box<Expression>,
        name: Box<Expression>,
        is_static: bool,
        null_safe: bool,
    },
    /// `$a.b(c)`, `[Type]::Method(c)`
    Method {
        object: Box<Expression>,
        name: Box<Expression>,
        arguments: Vec<Expression>,
        is_static: bool,
    },
    Index {
        object: Box<Expression>,
        index: Box<Expression>,
    },
    /// `-not`, `!`, `-`, `+`, `-join`, `-split`, `-bnot`, `,`, `++`, `--`: in lower case without the dash of word operators.
    Unary {
        operator: String,
        operand: Box<Expression>,
    },
    /// `$i++`, `$i--`
    Postfix {
        operator: String,
        operand: Box<Expression>,
    },
    /// `+ - * / % ..`, and word operators in lower case without the dash: `eq`, `ceq`, `ieq`, `notlike`, `match`, `contains`, `in`,
    /// `is`, `as`, `f`, `and`, `or`, `xor`, `band`, `join`, `split`, `replace`, `??`.
    Binary {
        operator: String,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Ternary {
        condition: Box<Expression>,
        yes: Box<Expression>,
        no: Box<Expression>,
    },
    /// `[int]$x`: the type's name as typed, without the brackets.
    Cast {
        type_name: String,
        operand: Box<Expression>,
    },
    /// `[datetime]` where no operand follows: before `::`, after `-is`.
    Type(String),
    Unreadable(String),
}

/// A piece of an expandable string.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Escapes are resolved.
    Text(String),
    Value(Expression),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub above: Vec<Comment>,
    pub beside: Option<String>,
    pub key: Expression,
    pub value: Statement,
}
