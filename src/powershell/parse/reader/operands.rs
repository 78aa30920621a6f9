//! Operands: variables, numbers, strings, and what stands in brackets.

use super::super::token::{Bracket, Kind, RawPart};
use super::{Reader, Run};
use crate::powershell::syntax::{Entry, Expression, ExpressionKind, Part, StatementKind};

impl Reader<'_> {
    /// The operand that a token is or opens.
    pub(super) fn atom(&mut self, run: Run, at: usize) -> Option<Expression> {
        let token = run.token(at)?;
        let (start, end) = (token.start, token.end);
        let kind = match &token.kind {
            Kind::Variable => variable(self.slice(start, end)),
            Kind::Splat => variable(&format!("${}", self.slice(start + 1, end))),
            Kind::Number => number(self.slice(start, end)),
            Kind::Unary(_) => {
                let digits = run.token(at + 1)?;
                let kind = match number(self.slice(digits.start, digits.end)) {
                    ExpressionKind::Integer(number) => ExpressionKind::Integer(number.wrapping_neg()),
                    ExpressionKind::Real(number) => ExpressionKind::Real(format!("-{number}")),
                    other => other,
                };
                return Some(Expression { span: self.span(start, digits.end), kind });
            }
            Kind::Quoted(parts) => match parts.as_slice() {
                [] => ExpressionKind::Text(String::new()),
                [RawPart::Text(text)] => ExpressionKind::Text(text.clone()),
                parts => ExpressionKind::Expandable(self.parts(parts)),
            },
            Kind::Word(parts) | Kind::Name(parts) => match parts.as_slice() {
                [] => ExpressionKind::Word(String::new()),
                [RawPart::Text(text)] => ExpressionKind::Word(text.clone()),
                parts => ExpressionKind::Expandable(self.parts(parts)),
            },
            Kind::Verbatim => ExpressionKind::Word(self.slice(start, end).to_string()),
            Kind::Type => ExpressionKind::Type(self.type_name(start, end)),
            Kind::Open { bracket, pair, .. } => {
                let end = run.token(*pair).map_or(end, |closer| closer.end).max(end);
                let kind = self.group(run, at, *bracket)?;
                return Some(Expression { span: self.span(start, end), kind });
            }
            _ => return None,
        };
        Some(Expression { span: self.span(start, end), kind })
    }

    fn group(&mut self, run: Run, at: usize, bracket: Bracket) -> Option<ExpressionKind> {
        let inside = run.inside(at);
        let from = run.end_before(at + 1);
        let to = run.token(inside.to).map_or(self.text.len(), |token| token.start);
        match bracket {
            Bracket::Paren | Bracket::Arguments | Bracket::Parameters => {
                let from = inside.skip_newlines(inside.from);
                let mut to = inside.to;
                while to > from && matches!(inside.kind(to - 1), Some(Kind::Newline)) {
                    to -= 1;
                }
                Some(ExpressionKind::Paren(Box::new(self.one(inside.part(from, to))?)))
            }
            Bracket::Sub | Bracket::Array => {
                let (mut statements, closing) = self.statements(inside, from, to);
                if let (Some(last), false) = (statements.last_mut(), closing.is_empty()) {
                    last.above.extend(closing);
                }
                if statements.iter().any(|statement| matches!(statement.kind, StatementKind::Unreadable(_))) {
                    return None;
                }
                Some(if bracket == Bracket::Sub {
                    ExpressionKind::Sub(statements)
                } else {
                    ExpressionKind::Array(statements)
                })
            }
            Bracket::Brace => Some(ExpressionKind::Script(Box::new(self.brace(run, at)))),
            Bracket::Hash => {
                Some(ExpressionKind::Hash { ordered: false, entries: self.entries(inside, from, to)? })
            }
            Bracket::Index => None,
        }
    }

    fn entries(&mut self, run: Run, from: usize, to: usize) -> Option<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut place = from;
        let mut at = run.skip_ends(run.from);
        while at < run.to {
            let assign = run.find(at, |kind| matches!(kind, Kind::Assign(_)))?;
            let key = self.expression(run.part(at, assign))?;
            let value_at = run.skip_newlines(assign + 1);
            let end =
                run.find(value_at, |kind| matches!(kind, Kind::Newline | Kind::Semicolon)).unwrap_or(run.to);
            let value = match run.kind(value_at) {
                // `if` and its `else` may stand on lines of their own.
                Some(Kind::Keyword(_)) => {
                    let (kind, next) = self.statement(run.part(value_at, run.to));
                    if matches!(kind, StatementKind::Unreadable(_)) {
                        return None;
                    }
                    let span = self.span(run.start(value_at), run.end_before(next));
                    (
                        crate::powershell::syntax::Statement { span, above: Vec::new(), beside: None, kind },
                        next,
                    )
                }
                _ => (self.one(run.part(value_at, end))?, end),
            };
            let (value, next) = value;
            let above = self.comments_between(place, run.start(at));
            let value_end = run.end_before(next);
            let after = run.skip_ends(next);
            let until = run.token(after).filter(|_| after < run.to).map_or(to, |token| token.start);
            let beside = self.beside(value_end, until);
            entries.push(Entry { above, beside, key, value });
            place = value_end;
            at = after;
        }
        let closing = self.comments_between(place, to);
        if let Some(last) = entries.last_mut() {
            last.above.extend(closing.into_iter().filter(|comment| !comment.lines.is_empty()));
        }
        Some(entries)
    }

    pub(super) fn parts(&mut self, parts: &[RawPart]) -> Vec<Part> {
        parts
            .iter()
            .map(|part| match part {
                RawPart::Text(text) => Part::Text(text.clone()),
                RawPart::Variable { start, end } => {
                    let kind = variable(self.slice(*start, *end));
                    Part::Value(Expression { span: self.span(*start, *end), kind })
                }
                RawPart::Sub { start, end, tokens } => {
                    let (statements, _) = self.statements(Run::new(tokens), start + 2, end.saturating_sub(1));
                    let unreadable = statements.iter().find_map(|statement| match &statement.kind {
                        StatementKind::Unreadable(reason) => Some(reason.clone()),
                        _ => None,
                    });
                    let kind = unreadable.map_or(ExpressionKind::Sub(statements), ExpressionKind::Unreadable);
                    Part::Value(Expression { span: self.span(*start, *end), kind })
                }
            })
            .collect()
    }
}

/// `$name`, `${name}`, `$scope:name`.
pub(super) fn variable(text: &str) -> ExpressionKind {
    let name = text.strip_prefix('$').unwrap_or(text);
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    match name.split_once(':') {
        Some((scope, rest))
            if !scope.is_empty() && !rest.is_empty() && scope.chars().all(char::is_alphanumeric) =>
        {
            ExpressionKind::Variable { scope: Some(scope.to_lowercase()), name: rest.to_string() }
        }
        _ => ExpressionKind::Variable { scope: None, name: name.to_string() },
    }
}

/// An integer with its unit worked out, or a number that stays as typed.
fn number(text: &str) -> ExpressionKind {
    let lower = text.to_ascii_lowercase();
    let (digits, unit) = ["kb", "mb", "gb", "tb", "pb"]
        .iter()
        .zip(1u32..)
        .find_map(|(suffix, power)| lower.strip_suffix(suffix).map(|rest| (rest, 1i64 << (10 * power))))
        .unwrap_or((lower.as_str(), 1));
    if let Some(hex) = digits.strip_prefix("0x") {
        let hex = hex.trim_end_matches(['l', 'u']);
        if let Some(value) = i64::from_str_radix(hex, 16).ok().and_then(|value| value.checked_mul(unit)) {
            return ExpressionKind::Integer(value);
        }
    }
    let plain = digits.trim_end_matches(['l', 'u', 'n', 's', 'y']);
    if let Some(value) = plain.parse::<i64>().ok().and_then(|value| value.checked_mul(unit)) {
        return ExpressionKind::Integer(value);
    }
    let plain = plain.trim_end_matches('d');
    if let (true, Ok(value)) = (unit > 1, plain.parse::<f64>()) {
        let value = value * unit as f64;
        return if value.fract() == 0.0 && value.abs() < 9e15 {
            ExpressionKind::Integer(value as i64)
        } else {
            ExpressionKind::Real(value.to_string())
        };
    }
    ExpressionKind::Real(plain.to_string())
}
