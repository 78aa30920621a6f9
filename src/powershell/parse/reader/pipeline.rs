//! Assignments and pipelines. The words of a pipeline are written anew in the plainest form that the grammar knows, one stand-in for
//! each operand, and the grammar says how they hang together; what stands for what is kept by its place.

use super::super::token::{Bracket, Kind};
use super::keyword::Read;
use super::{DEEPEST, Reader, Run};
use crate::powershell::syntax::{Argument, Expression, Pipeline, Statement, StatementKind};

/// Operators and members of one pipeline: whoever walks a longer one would run out of stack.
const LONGEST: usize = 300;

/// A pipeline written for the grammar.
#[derive(Default)]
pub(super) struct Plain {
    pub text: String,
    /// Where a stand-in begins in the text, and the token it stands for.
    marks: Vec<(usize, usize)>,
    /// Redirections, behind the element (counted from 0) they belong to.
    pub redirections: Vec<(usize, Argument)>,
}

impl Plain {
    fn put(&mut self, text: &str, token: usize) {
        self.text.push(' ');
        self.glue(text, token);
    }

    fn glue(&mut self, text: &str, token: usize) {
        self.marks.push((self.text.len(), token));
        self.text.push_str(text);
    }

    /// Before an argument: a parameter of our own keeps it apart from the one before.
    fn separate(&mut self, attached: bool, listed: bool) {
        match (attached, listed) {
            (_, true) => {}
            (true, false) => self.text.push(' '),
            (false, false) => self.text.push_str(" -q "),
        }
    }

    /// The token whose stand-in begins at a place of the text.
    pub fn token_at(&self, offset: usize) -> Option<usize> {
        let index = self.marks.binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        self.marks.get(index).map(|(_, token)| *token)
    }
}

impl Reader<'_> {
    /// An assignment or a pipeline up to the end of its line.
    pub(super) fn simple(&mut self, run: Run) -> Read {
        let end =
            run.find(run.from, |kind| matches!(kind, Kind::Newline | Kind::Semicolon)).unwrap_or(run.to);
        let assign = run.part(run.from, end).find(run.from, |kind| matches!(kind, Kind::Assign(_)));
        if let Some(at) = assign {
            let Some(Kind::Assign(operator)) = run.kind(at) else { return None };
            let target = self.expression(run.part(run.from, at))?;
            let from = run.skip_newlines(at + 1);
            if from >= run.to {
                return None;
            }
            self.depth += 1;
            let read = (self.depth <= DEEPEST).then(|| self.statement(run.part(from, run.to)));
            self.depth -= 1;
            let (kind, next) = read.filter(|(kind, _)| !matches!(kind, StatementKind::Unreadable(_)))?;
            let span = self.span(run.start(from), run.end_before(next));
            let value = Box::new(Statement { span, above: Vec::new(), beside: None, kind });
            return Some((StatementKind::Assign { target, operator: *operator, value }, next));
        }
        // `[CmdletBinding()]` without `param`, `[Parameter()] $x`: an attribute says nothing to a pipeline.
        let mut from = run.from;
        while from + 1 < end && matches!(run.kind(from), Some(Kind::Attribute)) {
            from += 1;
        }
        Some((StatementKind::Pipeline(self.pipeline(run.part(from, end))?), end))
    }

    /// One expression that fills a run.
    pub(super) fn expression(&mut self, run: Run) -> Option<Expression> {
        let plain = self.plain(run)?;
        if !plain.redirections.is_empty() {
            return None;
        }
        let tree = self.grammar.parse(&plain.text, None)?;
        self.converted_expression(tree.root_node(), run, &plain)
    }

    pub(super) fn pipeline(&mut self, run: Run) -> Option<Pipeline> {
        let plain = self.plain(run)?;
        let tree = self.grammar.parse(&plain.text, None)?;
        let mut pipeline = self.converted_pipeline(tree.root_node(), run, &plain)?;
        pipeline.span = self.span(run.start(run.from), run.end_before(run.to));
        Some(pipeline)
    }

    /// Writes a run for the grammar; `None` where a word has no business in a pipeline.
    fn plain(&mut self, run: Run) -> Option<Plain> {
        let mut plain = Plain::default();
        let mut at = run.from;
        let mut element = 0;
        let mut command = false;
        // Nothing separates the next operand from what stands before it.
        let mut attached = true;
        // A comma stands before the next operand.
        let mut listed = false;
        // A parenthesis of our own is open.
        let mut wrapped = false;
        let mut length = 0;
        while at < run.to {
            let token = run.token(at)?;
            length += usize::from(!matches!(
                token.kind,
                Kind::Comma | Kind::Parameter { .. } | Kind::Variable | Kind::Word(_) | Kind::Quoted(_)
            ));
            if length > LONGEST {
                return None;
            }
            let mut next = run.after(at);
            if matches!(token.kind, Kind::Open { broken: true, bracket, .. } if bracket != Bracket::Brace) {
                return None;
            }
            match &token.kind {
                Kind::Newline if command => return None,
                Kind::Newline => {}
                Kind::Name(_) => {
                    plain.put("a", at);
                    command = true;
                    attached = false;
                }
                Kind::Invoke { dot } => {
                    plain.put(if *dot { "." } else { "&" }, at);
                    command = true;
                    attached = true;
                }
                Kind::Pipe | Kind::Chain(_) => {
                    plain.put(
                        match token.kind {
                            Kind::Pipe => "|",
                            Kind::Chain(true) => "&&",
                            _ => "||",
                        },
                        at,
                    );
                    command = false;
                    attached = true;
                    element += 1;
                }
                Kind::Background => {}
                Kind::Comma if command => {
                    // A blank before or behind would end the list.
                    plain.glue(",", at);
                    attached = true;
                    listed = true;
                }
                Kind::Comma => plain.put(",", at),
                Kind::Parameter { colon } => {
                    plain.put("-p", at);
                    attached = *colon;
                }
                Kind::Redirection => {
                    let (target, after) = self.redirection_target(run, at)?;
                    let operator = self.slice(token.start, token.end).to_string();
                    let end = run.end_before(after);
                    plain.redirections.push((
                        element,
                        Argument::Redirection { span: self.span(token.start, end), operator, target },
                    ));
                    next = after;
                }
                Kind::Dot { .. } => {
                    plain.glue(".", at);
                    if matches!(run.kind(at + 1), Some(Kind::Member)) {
                        plain.glue("a", at + 1);
                        next = at + 2;
                    } else {
                        plain.glue("$a", at + 1);
                        next = run.after(at + 1);
                    }
                }
                Kind::Static => {
                    plain.glue("::", at);
                    let dynamic = !matches!(run.kind(at + 1), Some(Kind::Member));
                    plain.glue(if dynamic { "$a" } else { "a" }, at + 1);
                    next = run.after(at + 1);
                }
                Kind::Open { bracket: Bracket::Index, .. } => plain.glue("[0]", at),
                Kind::Open { bracket: Bracket::Arguments, .. } => plain.glue("()", at),
                // `.Where{ ... }`
                Kind::Open { bracket: Bracket::Brace, .. }
                    if at > run.from && matches!(run.kind(at - 1), Some(Kind::Member)) =>
                {
                    plain.glue("()", at);
                }
                Kind::Operator(operator) => match operator.as_str() {
                    "++" | "--" => plain.glue(operator, at),
                    other => plain.put(stand_in(other), at),
                },
                Kind::Question | Kind::Colon => plain.put("-eq", at),
                Kind::Unary(operator) if command && operator == "-" => {
                    // A number with a sign is one argument.
                    plain.separate(attached, listed);
                    plain.glue("$a", at);
                    next = at + 2;
                    attached = false;
                    listed = false;
                }
                Kind::Unary(operator) => {
                    let word = operator.starts_with(|c: char| c.is_ascii_alphabetic());
                    let operator = if operator.ends_with("split") { "split" } else { operator };
                    plain.put(&if word { format!("-{operator}") } else { operator.to_string() }, at);
                }
                Kind::Type if !command => plain.put("[a]", at),
                Kind::Attribute if !command => {}
                Kind::Variable
                | Kind::Splat
                | Kind::Number
                | Kind::Quoted(_)
                | Kind::Word(_)
                | Kind::Verbatim
                | Kind::Open { .. } => {
                    if command {
                        plain.separate(attached, listed);
                        if is_suffix(run, next) {
                            // The grammar takes the arguments of a method for another argument of the command unless all
                            // of it stands in parentheses.
                            plain.text.push('(');
                            wrapped = true;
                        }
                    } else {
                        plain.text.push(' ');
                    }
                    plain.glue("$a", at);
                    attached = false;
                    listed = false;
                }
                _ => return None,
            }
            at = next;
            if wrapped && !is_suffix(run, at) {
                plain.text.push(')');
                wrapped = false;
            }
        }
        Some(plain)
    }

    /// What a redirection goes to, and the token behind that.
    fn redirection_target(&mut self, run: Run, at: usize) -> Option<(Option<Expression>, usize)> {
        let token = run.token(at)?;
        if self.slice(token.start, token.end).contains('&') {
            return Some((None, at + 1));
        }
        let mut to = run.after(at + 1);
        while matches!(
            run.kind(to),
            Some(Kind::Dot { .. } | Kind::Member | Kind::Open { bracket: Bracket::Index, .. })
        ) {
            to = run.after(to);
        }
        let target = self.expression(run.part(at + 1, to.min(run.to)))?;
        Some((Some(target), to))
    }
}

/// Whether a token goes on with the operand before it.
fn is_suffix(run: Run, at: usize) -> bool {
    match run.kind(at) {
        Some(
            Kind::Dot { .. } | Kind::Static | Kind::Open { bracket: Bracket::Index | Bracket::Arguments, .. },
        ) => true,
        Some(Kind::Open { bracket: Bracket::Brace, .. }) => matches!(run.kind(at - 1), Some(Kind::Member)),
        _ => false,
    }
}

/// An operator of the same rank that the grammar knows.
fn stand_in(operator: &str) -> &'static str {
    match operator {
        "and" | "or" | "xor" => "-and",
        "band" | "bor" | "bxor" => "-band",
        "+" | "-" => "+",
        "*" | "/" | "%" => "*",
        "f" => "-f",
        ".." => "..",
        _ => "-eq",
    }
}
