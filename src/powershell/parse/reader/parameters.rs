//! `param(...)`: names, types, defaults, and what attributes say of them.

use super::super::lexer::lex;
use super::super::token::{Kind, RawPart};
use super::operands::variable as variable_name;
use super::{Reader, Run};
use crate::powershell::syntax::{Expression, ExpressionKind, Parameter};

impl Reader<'_> {
    pub(super) fn parameters(&mut self, run: Run) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut from = run.from;
        while from < run.to {
            let comma = run.find(from, |kind| matches!(kind, Kind::Comma)).unwrap_or(run.to);
            if let Some(parameter) = self.parameter(run.part(from, comma), comma, run) {
                parameters.push(parameter);
            }
            from = comma + 1;
        }
        parameters
    }

    fn parameter(&mut self, run: Run, comma: usize, all: Run) -> Option<Parameter> {
        let variable = run.find(run.from, |kind| matches!(kind, Kind::Variable))?;
        let token = run.token(variable)?;
        let ExpressionKind::Variable { name, .. } = variable_name(self.slice(token.start, token.end)) else {
            return None;
        };
        let mut parameter = Parameter {
            span: self.span(run.start(run.from), run.end_before(run.to)),
            name,
            type_name: None,
            default: None,
            mandatory: false,
            from_pipeline: false,
            aliases: Vec::new(),
            allowed: Vec::new(),
            help: None,
            comment: None,
        };
        for at in run.from..variable {
            let Some(token) = run.token(at) else { continue };
            match token.kind {
                Kind::Type => parameter.type_name = Some(self.type_name(token.start, token.end)),
                Kind::Attribute => {
                    attribute(self.slice(token.start + 1, token.end.saturating_sub(1)), &mut parameter)
                }
                _ => {}
            }
        }
        if let Some(Kind::Assign(_)) = run.kind(variable + 1) {
            let value = run.part(variable + 2, run.to);
            parameter.default = self.expression(value).or_else(|| {
                let span = self.span(run.start(value.from), run.end_before(run.to));
                let kind = ExpressionKind::Unreadable("not a value of PowerShell".to_string());
                Some(Expression { span, kind })
            });
        }
        let start = all.end_before(run.from);
        let behind = if comma < all.to { all.end_before(comma + 1) } else { run.end_before(run.to) };
        let mut lines: Vec<String> = self
            .comments_between(start, run.end_before(run.to))
            .into_iter()
            .flat_map(|comment| comment.lines)
            .collect();
        let next = if comma < all.to { comma + 1 } else { comma };
        let until = all.token(next).map_or(self.text.len(), |token| token.start);
        lines.extend(self.beside(behind, until));
        if !lines.is_empty() {
            parameter.comment = Some(lines.join(" "));
        }
        Some(parameter)
    }
}

/// `Parameter(Mandatory = $true, ...)`, `ValidateSet('a', 'b')`, `Alias('x')`: the text without its brackets.
fn attribute(text: &str, parameter: &mut Parameter) {
    let Some((name, rest)) = text.split_once('(') else { return };
    let inner = rest.trim_end().strip_suffix(')').unwrap_or(rest);
    let name = name.trim().to_ascii_lowercase();
    match name.strip_suffix("attribute").unwrap_or(&name) {
        "parameter" => {
            for (key, value) in arguments(inner) {
                let on = value
                    .as_deref()
                    .is_none_or(|value| !matches!(value.to_ascii_lowercase().as_str(), "$false" | "0"));
                match key.to_ascii_lowercase().as_str() {
                    "mandatory" => parameter.mandatory |= on,
                    "valuefrompipeline" => parameter.from_pipeline |= on,
                    "helpmessage" => parameter.help = value,
                    _ => {}
                }
            }
        }
        "validateset" => {
            parameter.allowed = arguments(inner)
                .into_iter()
                .filter(|(_, value)| value.is_none())
                .map(|(key, _)| key)
                .collect()
        }
        "alias" => parameter.aliases = arguments(inner).into_iter().map(|(key, _)| key).collect(),
        _ => {}
    }
}

/// `a`, `'b'`, `c = d`: strings without their quotes.
fn arguments(text: &str) -> Vec<(String, Option<String>)> {
    // The words of an attribute are those of a method's arguments; a name before a parenthesis makes the lexer read them so.
    let before = "$a.b(";
    let lexed = lex(&format!("{before}{text})"));
    let mut pieces: Vec<(String, Option<String>)> = Vec::new();
    let mut fresh = true;
    let mut value = false;
    for token in lexed.tokens.iter().skip(4) {
        let text = match &token.kind {
            Kind::Comma => {
                fresh = true;
                value = false;
                continue;
            }
            Kind::Assign(_) => {
                value = true;
                continue;
            }
            Kind::Close => break,
            Kind::Quoted(parts) => parts
                .iter()
                .map(|part| match part {
                    RawPart::Text(text) => text.as_str(),
                    _ => "",
                })
                .collect(),
            _ => text
                .get(token.start.saturating_sub(before.len())..token.end.saturating_sub(before.len()))
                .unwrap_or("")
                .to_string(),
        };
        if fresh {
            // Without blanks around the sign a name and its value are one word.
            let piece = match text.split_once('=') {
                Some((name, rest)) if matches!(token.kind, Kind::Stray) => {
                    value = true;
                    let rest = rest.trim_matches(['\'', '"']);
                    (name.to_string(), (!rest.is_empty()).then(|| rest.to_string()))
                }
                _ => (text, None),
            };
            pieces.push(piece);
            fresh = false;
        } else if let (true, Some(last)) = (value, pieces.last_mut()) {
            last.1 = Some(last.1.take().unwrap_or_default() + text.as_str());
        }
    }
    pieces
}
