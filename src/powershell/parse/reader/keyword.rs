//! Statements that begin with a word of the language.

use super::super::token::{Bracket, Kind, RawPart};
use super::{Reader, Run};
use crate::powershell::syntax::{
    Block, Element, Expression, ExpressionKind, Pipeline, Statement, StatementKind, SwitchPattern,
};

/// A statement, and the token behind it.
pub(super) type Read = Option<(StatementKind, usize)>;

impl Reader<'_> {
    /// The statement at the beginning of a run.
    pub(super) fn statement(&mut self, run: Run) -> (StatementKind, usize) {
        let (label, at) = match run.kind(run.from) {
            Some(Kind::Label) => {
                let token = run.token(run.from);
                let label = token.map(|token| self.slice(token.start + 1, token.end).to_string());
                (label, run.skip_newlines(run.from + 1))
            }
            _ => (None, run.from),
        };
        let read = match run.kind(at) {
            Some(Kind::Keyword(word)) => {
                let word = word.clone();
                self.keyword(run.part(at, run.to), &word, label)
            }
            _ => self.simple(run.part(at, run.to)),
        };
        read.unwrap_or_else(|| {
            let reason = self.reason(run);
            (StatementKind::Unreadable(reason), self.line_end(run))
        })
    }

    /// Where a statement that cannot be read ends: at the end of its line, brackets and braces that open there included.
    fn line_end(&self, run: Run) -> usize {
        run.find(run.from, |kind| matches!(kind, Kind::Newline | Kind::Semicolon)).unwrap_or(run.to)
    }

    /// Why a statement cannot be read.
    fn reason(&self, run: Run) -> String {
        let end = self.line_end(run);
        for token in run.tokens.get(run.from..end).unwrap_or(&[]) {
            match &token.kind {
                Kind::BrokenQuote => return "a quote is never closed".to_string(),
                Kind::Open { broken: true, bracket, .. } => {
                    return format!("the `{}` that closes a bracket is missing", bracket.closer());
                }
                Kind::Stray => {
                    let word: String = self.slice(token.start, token.end).chars().take(40).collect();
                    return format!("`{word}` does not belong here");
                }
                _ => {}
            }
        }
        "not a statement of PowerShell".to_string()
    }

    fn keyword(&mut self, run: Run, word: &str, label: Option<String>) -> Read {
        let at = run.from;
        match word {
            "if" => self.if_statement(run),
            "switch" => self.switch_statement(run),
            "foreach" => self.foreach_statement(run, label),
            "for" => self.for_statement(run, label),
            "while" => {
                let open = open_of(run, at + 1, Bracket::Paren)?;
                let condition = self.condition(run, open)?;
                let body = open_of(run, run.after(open), Bracket::Brace)?;
                Some((
                    StatementKind::While { label, condition, body: self.brace(run, body) },
                    run.after(body),
                ))
            }
            "do" => {
                let open = open_of(run, at + 1, Bracket::Brace)?;
                let body = self.brace(run, open);
                let word = run.skip_newlines(run.after(open));
                let until = match run.kind(word) {
                    Some(Kind::Keyword(word)) if word == "until" => true,
                    Some(Kind::Keyword(word)) if word == "while" => false,
                    _ => return None,
                };
                let paren = open_of(run, word + 1, Bracket::Paren)?;
                let condition = self.condition(run, paren)?;
                Some((StatementKind::Do { label, body, condition, until }, run.after(paren)))
            }
            "try" => self.try_statement(run),
            "function" | "filter" => self.function_statement(run, word == "filter"),
            "return" | "throw" | "exit" => {
                let (value, next) = match run.kind(at + 1) {
                    None | Some(Kind::Newline | Kind::Semicolon) => (None, at + 1),
                    _ => {
                        let end = self.line_end(run.part(at + 1, run.to));
                        (Some(self.whole(run.part(at + 1, end))?), end)
                    }
                };
                let kind = match word {
                    "return" => StatementKind::Return(value),
                    "throw" => StatementKind::Throw(value),
                    _ => StatementKind::Exit(value),
                };
                Some((kind, next))
            }
            "break" | "continue" => {
                let label = match run.kind(at + 1) {
                    Some(Kind::Word(parts)) => Some(plain(parts)?),
                    None | Some(Kind::Newline | Kind::Semicolon) => None,
                    _ => return None,
                };
                let next = at + 1 + usize::from(label.is_some());
                Some((
                    if word == "break" {
                        StatementKind::Break(label)
                    } else {
                        StatementKind::Continue(label)
                    },
                    next,
                ))
            }
            "class" | "enum" | "trap" | "data" | "workflow" | "dynamicparam" | "clean" => {
                let body = run.find(at, |kind| matches!(kind, Kind::Open { bracket: Bracket::Brace, .. }))?;
                Some((StatementKind::Foreign(word.to_string()), run.after(body)))
            }
            "using" => Some((StatementKind::Foreign(word.to_string()), self.line_end(run))),
            _ => None,
        }
    }

    fn if_statement(&mut self, run: Run) -> Read {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut at = run.from;
        let mut said_from = run.start(at);
        loop {
            let open = open_of(run, at + 1, Bracket::Paren)?;
            let condition = self.condition(run, open)?;
            let body = open_of(run, run.after(open), Bracket::Brace)?;
            let mut block = self.brace(run, body);
            self.put_first(&mut block, said_from, run.start(at));
            arms.push((condition, block));
            let end = run.after(body);
            said_from = run.end_before(end);
            let next = run.skip_newlines(end);
            match run.kind(next) {
                Some(Kind::Keyword(word)) if word == "elseif" => at = next,
                Some(Kind::Keyword(word)) if word == "else" => {
                    // `else if` is not PowerShell's, but what it means is plain.
                    if matches!(run.kind(next + 1), Some(Kind::Word(parts)) if plain(parts).is_some_and(|word| word.eq_ignore_ascii_case("if")))
                    {
                        at = next + 1;
                        continue;
                    }
                    let body = open_of(run, next + 1, Bracket::Brace)?;
                    let mut block = self.brace(run, body);
                    self.put_first(&mut block, said_from, run.start(next));
                    otherwise = Some(block);
                    return Some((StatementKind::If { arms, otherwise }, run.after(body)));
                }
                _ => return Some((StatementKind::If { arms, otherwise }, end)),
            }
        }
    }

    fn try_statement(&mut self, run: Run) -> Read {
        let open = open_of(run, run.from + 1, Bracket::Brace)?;
        let body = self.brace(run, open);
        let mut end = run.after(open);
        let mut catches = Vec::new();
        let mut finally = None;
        loop {
            let next = run.skip_newlines(end);
            let Some(Kind::Keyword(word)) = run.kind(next) else { break };
            let Some(brace) =
                run.find(next + 1, |kind| matches!(kind, Kind::Open { bracket: Bracket::Brace, .. }))
            else {
                break;
            };
            match word.as_str() {
                "catch" => {
                    let said_from = run.end_before(end);
                    let said_to = run.start(next);
                    let types = self.slice(run.end_before(next + 1), run.start(brace)).to_string();
                    let types = types
                        .split(',')
                        .map(|name| name.trim().trim_start_matches('[').trim_end_matches(']').to_string());
                    let types = types.filter(|name| !name.is_empty()).collect();
                    let mut block = self.brace(run, brace);
                    self.put_first(&mut block, said_from, said_to);
                    catches.push((types, block));
                }
                "finally" => finally = Some(self.brace(run, brace)),
                _ => break,
            }
            end = run.after(brace);
        }
        if catches.is_empty() && finally.is_none() {
            return None;
        }
        Some((StatementKind::Try { body, catches, finally }, end))
    }

    fn foreach_statement(&mut self, run: Run, label: Option<String>) -> Read {
        let mut at = run.from + 1;
        while matches!(run.kind(at), Some(Kind::Parameter { .. })) {
            at += 1;
        }
        let open = open_of(run, at, Bracket::Paren)?;
        let head = run.inside(open);
        let word = head.find(head.from, |kind| matches!(kind, Kind::Keyword(word) if word == "in"))?;
        let variable = head.skip_newlines(head.from);
        let Some(Kind::Variable) = head.kind(variable) else { return None };
        let token = head.token(variable)?;
        let variable = self.slice(token.start + 1, token.end).trim_matches(['{', '}']).to_string();
        let subject = self.whole(head.part(word + 1, head.to))?;
        let body = open_of(run, run.after(open), Bracket::Brace)?;
        Some((
            StatementKind::Foreach { label, variable, subject, body: self.brace(run, body) },
            run.after(body),
        ))
    }

    fn for_statement(&mut self, run: Run, label: Option<String>) -> Read {
        let open = open_of(run, run.from + 1, Bracket::Paren)?;
        let head = run.inside(open);
        let mut pieces = Vec::new();
        let mut from = head.from;
        while let Some(end) = head.find(from, |kind| matches!(kind, Kind::Semicolon)) {
            pieces.push(head.part(from, end));
            from = end + 1;
        }
        pieces.push(head.part(from, head.to));
        let start = self.optional_statement(pieces.first().copied())?;
        let condition = match pieces.get(1) {
            Some(piece) if piece.skip_newlines(piece.from) < piece.to => Some(self.whole(*piece)?),
            _ => None,
        };
        let step = self.optional_statement(pieces.get(2).copied())?;
        let body = open_of(run, run.after(open), Bracket::Brace)?;
        Some((
            StatementKind::For { label, start, condition, step, body: self.brace(run, body) },
            run.after(body),
        ))
    }

    /// Nothing, or one statement; `None` where it cannot be read.
    fn optional_statement(&mut self, piece: Option<Run>) -> Option<Option<Box<Statement>>> {
        let Some(piece) = piece else { return Some(None) };
        let from = piece.skip_newlines(piece.from);
        if from >= piece.to {
            return Some(None);
        }
        let statement = self.one(piece.part(from, piece.to))?;
        Some(Some(Box::new(statement)))
    }

    fn function_statement(&mut self, run: Run, filter: bool) -> Read {
        let Some(Kind::Word(parts)) = run.kind(run.from + 1) else { return None };
        let name = plain(parts)?;
        let name = match name.split_once(':') {
            Some((scope, rest))
                if matches!(
                    scope.to_ascii_lowercase().as_str(),
                    "global" | "script" | "local" | "private"
                ) =>
            {
                rest.to_string()
            }
            _ => name,
        };
        let mut at = run.skip_newlines(run.from + 2);
        let mut parameters = Vec::new();
        if let Some(Kind::Open { bracket: Bracket::Parameters | Bracket::Paren, .. }) = run.kind(at) {
            parameters = self.parameters(run.inside(at));
            at = run.skip_newlines(run.after(at));
        }
        let open = open_of(run, at, Bracket::Brace)?;
        let mut body: Block = self.brace(run, open);
        if body.parameters.is_empty() {
            body.parameters = parameters;
        }
        Some((StatementKind::Function { name, filter, body }, run.after(open)))
    }

    fn switch_statement(&mut self, run: Run) -> Read {
        let mut at = run.from + 1;
        let mut flags = Vec::new();
        let mut file = None;
        while let Some(Kind::Parameter { .. }) = run.kind(at) {
            let token = run.token(at)?;
            let name = self
                .slice(token.start, token.end)
                .trim_start_matches(super::super::lexer::is_dash)
                .to_ascii_lowercase();
            at += 1;
            if name == "file" {
                let target = self.expression(run.part(at, at + 1))?;
                file = Some(Pipeline {
                    span: target.span,
                    elements: vec![Element::Expression(target)],
                    chained: None,
                });
                at += 1;
            }
            flags.push(name);
        }
        let subject = match file {
            Some(subject) => subject,
            None => {
                let open = open_of(run, at, Bracket::Paren)?;
                at = run.after(open);
                self.condition(run, open)?
            }
        };
        let body = open_of(run, at, Bracket::Brace)?;
        let inner = run.inside(body);
        let mut arms: Vec<(SwitchPattern, Block)> = Vec::new();
        let mut at = inner.skip_ends(inner.from);
        let mut place = run.end_before(body + 1);
        while at < inner.to {
            let start = inner.start(at);
            let brace = |from: usize| {
                inner.find(from, |kind| matches!(kind, Kind::Open { bracket: Bracket::Brace, .. }))
            };
            let first = brace(at)?;
            if first == at {
                let open = brace(inner.after(first))?;
                let condition = self.brace(inner, first);
                arms.push((SwitchPattern::Condition(condition), self.brace(inner, open)));
                at = inner.after(open);
            } else {
                let is_default = first == at + 1
                    && matches!(inner.kind(at), Some(Kind::Word(parts)) if plain(parts).is_some_and(|word| word.eq_ignore_ascii_case("default")));
                let pattern = if is_default {
                    SwitchPattern::Default
                } else {
                    SwitchPattern::Value(self.expression(inner.part(at, first))?)
                };
                arms.push((pattern, self.brace(inner, first)));
                at = inner.after(first);
            }
            let end = inner.end_before(at);
            at = inner.skip_ends(at);
            if let Some((_, block)) = arms.last_mut() {
                self.put_first(block, place, start);
                let until = inner.token(at).map_or(self.text.len(), |token| token.start);
                if let Some(statement) =
                    block.statements.last_mut().filter(|statement| statement.beside.is_none())
                {
                    statement.beside = self.beside(end, until);
                }
            }
            place = end;
        }
        Some((StatementKind::Switch { flags, subject, arms }, run.after(body)))
    }

    /// The pipeline in parentheses; an assignment there is kept in parentheses of its own.
    pub(super) fn condition(&mut self, run: Run, open: usize) -> Option<Pipeline> {
        if matches!(run.kind(open), Some(Kind::Open { broken: true, .. })) {
            return None;
        }
        self.whole(run.inside(open))
    }

    /// One pipeline that fills a run.
    pub(super) fn whole(&mut self, run: Run) -> Option<Pipeline> {
        let from = run.skip_newlines(run.from);
        let mut to = run.to;
        while to > from && matches!(run.kind(to - 1), Some(Kind::Newline | Kind::Semicolon)) {
            to -= 1;
        }
        let statement = self.one(run.part(from, to))?;
        let span = statement.span;
        Some(match statement.kind {
            StatementKind::Pipeline(pipeline) => pipeline,
            _ => {
                let expression = Expression { span, kind: ExpressionKind::Paren(Box::new(statement)) };
                Pipeline { span, elements: vec![Element::Expression(expression)], chained: None }
            }
        })
    }

    /// One statement that fills a run.
    pub(super) fn one(&mut self, run: Run) -> Option<Statement> {
        if run.from >= run.to {
            return None;
        }
        self.depth += 1;
        let (kind, next) = if self.depth > super::DEEPEST {
            (StatementKind::Unreadable(String::new()), run.to)
        } else {
            self.statement(run)
        };
        self.depth -= 1;
        if matches!(kind, StatementKind::Unreadable(_)) || run.skip_newlines(next) < run.to {
            return None;
        }
        Some(Statement {
            span: self.span(run.start(run.from), run.end_before(next)),
            above: Vec::new(),
            beside: None,
            kind,
        })
    }
}

/// The token at or behind `at`, past line ends, where it opens such a bracket and something closes it or it is a brace.
fn open_of(run: Run, at: usize, wanted: Bracket) -> Option<usize> {
    let at = run.skip_newlines(at);
    matches!(run.kind(at), Some(Kind::Open { bracket, .. }) if *bracket == wanted).then_some(at)
}

/// A bare word without anything to expand.
pub(super) fn plain(parts: &[RawPart]) -> Option<String> {
    match parts {
        [] => Some(String::new()),
        [RawPart::Text(text)] => Some(text.clone()),
        _ => None,
    }
}
