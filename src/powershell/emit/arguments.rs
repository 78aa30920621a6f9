//! A command's words told apart: which value belongs to which parameter.

use super::super::cmdlets;
use super::super::code::{Call, Code, Gives, Piece, Pieces, Severity};
use super::super::syntax::*;
use super::walk::{FILLING, word};
use super::{Emitter, Outcome, names};

/// An argument whose value is not translated yet: blocks and tables are looked into first.
pub enum Raw<'t> {
    Named(&'t str, Option<&'t Expression>),
    Value(&'t Expression),
    Splat(&'t str, Span),
}

/// What to do about errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors {
    pub quiet: bool,
    /// Asked to end the script, or to be caught.
    pub stop: bool,
    pub variable: Option<String>,
    pub out: Option<String>,
}

/// Parameters that every cmdlet has, and whether they take a value.
const COMMON: &[(&str, bool)] = &[
    ("erroraction", true),
    ("ea", true),
    ("errorvariable", true),
    ("ev", true),
    ("warningaction", true),
    ("wa", true),
    ("warningvariable", true),
    ("wv", true),
    ("informationaction", true),
    ("infa", true),
    ("informationvariable", true),
    ("iv", true),
    ("outvariable", true),
    ("ov", true),
    ("outbuffer", true),
    ("ob", true),
    ("pipelinevariable", true),
    ("pv", true),
    ("progressaction", true),
    ("proga", true),
    ("verbose", false),
    ("vb", false),
    ("debug", false),
    ("db", false),
];

fn common(name: &str) -> Option<(&'static str, bool)> {
    let lower = name.to_lowercase();
    let exact = COMMON.iter().find(|(known, _)| *known == lower);
    let begun = || COMMON.iter().find(|(known, _)| lower.len() >= 6 && known.starts_with(&lower));
    exact.or_else(begun).copied()
}

/// Pairs parameters with the values that follow them.
pub fn raw<'t>(order: &'t Command, is_switch: &dyn Fn(&str) -> bool) -> Vec<Raw<'t>> {
    let mut out: Vec<Raw<'t>> = Vec::new();
    let mut waiting: Option<&'t str> = None;
    for argument in &order.arguments {
        match argument {
            Argument::Parameter { name, value, .. } => {
                if let Some(earlier) = waiting.take() {
                    out.push(Raw::Named(earlier, None));
                }
                match value {
                    Some(value) => out.push(Raw::Named(name, Some(value))),
                    None => {
                        let takes = match common(name) {
                            Some((_, takes)) => takes,
                            None => !is_switch(name),
                        };
                        match takes {
                            true => waiting = Some(name),
                            false => out.push(Raw::Named(name, None)),
                        }
                    }
                }
            }
            Argument::Value(value) => match waiting.take() {
                Some(name) => out.push(Raw::Named(name, Some(value))),
                None => out.push(Raw::Value(value)),
            },
            Argument::Splat { span, name } => {
                if let Some(earlier) = waiting.take() {
                    out.push(Raw::Named(earlier, None));
                }
                out.push(Raw::Splat(name, *span));
            }
            Argument::Redirection { .. } => {}
        }
    }
    if let Some(earlier) = waiting {
        out.push(Raw::Named(earlier, None));
    }
    out
}

impl Emitter<'_> {
    /// Reads off what concerns errors; everything else stays.
    pub(super) fn errors_of<'t>(&mut self, list: Vec<Raw<'t>>) -> (Vec<Raw<'t>>, Errors) {
        let mut errors = Errors::default();
        let mut kept = Vec::new();
        for each in list {
            let Raw::Named(name, value) = &each else {
                kept.push(each);
                continue;
            };
            let Some((full, _)) = common(name) else {
                kept.push(each);
                continue;
            };
            let text = value.and_then(|value| match &value.kind {
                ExpressionKind::Variable { name, .. } => Some(name.to_lowercase()),
                ExpressionKind::Integer(0) => Some("silentlycontinue".to_owned()),
                _ => word(value).map(str::to_lowercase),
            });
            match (full, text) {
                ("erroraction" | "ea", Some(text)) => {
                    errors.quiet = matches!(text.as_str(), "silentlycontinue" | "ignore");
                    errors.stop = text == "stop";
                }
                ("errorvariable" | "ev", Some(text)) => {
                    errors.variable = Some(text.trim_start_matches('+').to_owned())
                }
                ("outvariable" | "ov", Some(text)) => {
                    errors.out = Some(text.trim_start_matches('+').to_owned())
                }
                _ => {}
            }
        }
        (kept, errors)
    }

    /// The call as whoever knows cmdlets wants it.
    pub(super) fn call_of(
        &mut self,
        order: &Command,
        name: &str,
        list: Vec<Raw<'_>>,
        piped: Option<Code>,
    ) -> Outcome<Call> {
        let mut call = Call { span: order.span, name: name.to_owned(), piped, ..Call::default() };
        for each in list {
            match each {
                Raw::Named(name, None) => call.named.push((name.to_owned(), None)),
                Raw::Named(name, Some(value)) => {
                    if FILLING.contains(&name.to_lowercase().as_str()) {
                        // Counts are asked of the list itself.
                        continue;
                    }
                    let lower = name.to_lowercase();
                    let code = match &value.kind {
                        // A filter in braces is text that Exchange reads.
                        ExpressionKind::Script(_)
                            if lower.ends_with("filter") || "filter".starts_with(&lower) =>
                        {
                            self.filter_text(value.span)?
                        }
                        _ => self.expression(value)?,
                    };
                    call.named.push((name.to_owned(), Some(code)));
                }
                Raw::Value(value) => {
                    let code = self.expression(value)?;
                    call.positional.push(code);
                }
                Raw::Splat(name, span) => self.splat(name, span, &mut call),
            }
        }
        Ok(call)
    }

    /// `{ Name -eq $x }` as text with the variables' values in it.
    fn filter_text(&mut self, span: Span) -> Outcome<Code> {
        let source = self.source(span).trim().to_owned();
        let inside = source
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(&source)
            .trim()
            .to_owned();
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = inside.as_str();
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let end = after
                .find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                .unwrap_or(after.len());
            let name = &after[..end];
            if name.is_empty() || ["true", "false", "null"].contains(&name.to_lowercase().as_str()) {
                plain.push_str(&rest[at..at + 1 + end]);
            } else {
                let quoted = plain.ends_with(['\'', '"', '*']);
                if !quoted {
                    plain.push('\'');
                }
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                let variable = Expression {
                    span,
                    kind: ExpressionKind::Variable { scope: None, name: name.to_owned() },
                };
                pieces.push(Piece::Value(self.expression(&variable)?));
                if !quoted {
                    plain.push('\'');
                }
            }
            rest = &after[end..];
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(self.template(pieces))
    }

    /// `@params`: spread where its content is known.
    fn splat(&mut self, name: &str, span: Span, call: &mut Call) {
        let (frame, lower) = self.home(None, name);
        let rhai = self.names.variable(&lower);
        let value = self
            .facts
            .values
            .get(&(frame, lower.clone()))
            .filter(|_| !self.survey.mutated.contains(&lower))
            .cloned();
        match value.map(|value| value.pieces) {
            Some(Pieces::Map(pairs)) => {
                for (key, code) in pairs {
                    let (plain, _) =
                        (code.text.starts_with('"') || code.text == "true" || code.text == "false", ());
                    // Whose address it is matters to an invitation.
                    let of_somebody =
                        key.eq_ignore_ascii_case("InvitedUserEmailAddress") && code.text.ends_with(".mail");
                    let code = match plain
                        || of_somebody
                        || code.gives == Gives::Number
                            && code.pieces == Pieces::None
                            && code.text.parse::<f64>().is_ok()
                    {
                        true => code,
                        false => Code {
                            text: format!("{rhai}{}", names::member(&key)),
                            level: super::super::code::Level::Atom,
                            ..code
                        },
                    };
                    if let Some((full, _)) = common(&key) {
                        let _ = full;
                        continue;
                    }
                    call.named.push((key, Some(code)));
                }
            }
            Some(Pieces::List(items)) => call.positional.extend(items),
            _ => {
                let _ = span;
                call.splatted.push(Code::atom(rhai).giving(Gives::Map));
            }
        }
    }

    /// Whether a parameter of this command takes no value.
    pub(super) fn switch_of(&self, name: &str, parameter: &str) -> bool {
        let lower = parameter.to_lowercase();
        if lower == "whatif" || lower == "confirm" || lower == "wi" || lower == "cf" {
            return true;
        }
        match self.facts.functions.get(&name.to_lowercase()) {
            Some(function) => function
                .formals
                .iter()
                .find(|formal| {
                    formal.lower == lower
                        || formal.aliases.contains(&lower)
                        || formal.lower.starts_with(&lower)
                })
                .is_some_and(|formal| formal.switch),
            None => cmdlets::is_switch(name, parameter),
        }
    }

    /// An error that is passed over becomes nothing; `find_user` is `get_user` without one.
    pub(super) fn forgiving(&mut self, span: Span, code: Code, errors: &Errors) -> Code {
        if let Some(out) = &errors.out {
            self.remark(
                span,
                Severity::Attention,
                format!("-OutVariable {out} is not filled: assign the result instead"),
            );
        }
        let variable = errors.variable.as_ref().map(|name| {
            let (frame, lower) = self.home(None, name);
            self.learn(frame, &lower, &Gives::List(Box::new(Gives::Unknown)));
            self.names.variable(&lower)
        });
        if !errors.quiet && variable.is_none() {
            return code;
        }
        if variable.is_none()
            && let Some(found) = finding(&code)
        {
            return found;
        }
        // What cannot fail needs no care.
        if variable.is_none()
            && (code.text.starts_with("ps::") || !code.text.contains('(') || code.text.starts_with("print("))
        {
            return code;
        }
        let gives = match &code.gives {
            Gives::One(shape) => Gives::Maybe(*shape),
            Gives::Nothing | Gives::Maybe(_) => code.gives.clone(),
            Gives::Many(_) | Gives::List(_) => {
                let text = match &variable {
                    Some(name) => {
                        format!("ps::attempt(|| {}, |error| {{ {name} = [error]; }}) ?? []", code.text)
                    }
                    None => format!("ps::attempt(|| {}) ?? []", code.text),
                };
                return Code::new(text, super::super::code::Level::Coalesce).giving(code.gives);
            }
            _ => Gives::Unknown,
        };
        let text = match variable {
            Some(name) => format!("ps::attempt(|| {}, |error| {{ {name} = [error]; }})", code.text),
            None => format!("ps::attempt(|| {})", code.text),
        };
        Code::atom(text).giving(gives)
    }
}

/// `get_user(x)` as `find_user(x)`.
fn finding(code: &Code) -> Option<Code> {
    let Gives::One(shape) = code.gives else { return None };
    let rest = code.text.strip_prefix("get_")?;
    let (noun, _) = rest.split_once('(')?;
    let find = format!("find_{noun}");
    crate::catalogue::entries()
        .iter()
        .any(|entry| entry.card.name == find)
        .then(|| Code::atom(format!("find_{rest}")).giving(Gives::Maybe(shape)))
}
