//! Assignments: to variables, properties and elements, to several at once, and of what only statements can say.

use super::super::code::{Code, Gives, Level, Pieces, Severity};
use super::super::syntax::*;
use super::types::{self, is_array, is_single};
use super::walk::{address, word};
use super::{Emitter, Outcome, Sink, names, trouble};

impl Emitter<'_> {
    #[allow(clippy::too_many_lines, reason = "one kind of target after another reads best in one place")]
    pub(super) fn assign(
        &mut self,
        statement: &Statement,
        target: &Expression,
        operator: AssignOperator,
        value: &Statement,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        // `$a = $b = 5`
        if let StatementKind::Assign { target: inner, .. } = &value.kind {
            self.kind(value, &Sink::Drop, false, out)?;
            let source = self.expression(inner)?;
            return self.store(statement, target, operator, source, out);
        }
        match &target.kind {
            ExpressionKind::Variable { scope, name } => {
                let lower = name.to_lowercase();
                if scope.as_deref() == Some("env") {
                    return trouble(statement.span, "scripts cannot change environment variables");
                }
                if lower == "null" {
                    return self.kind(value, &Sink::Drop, false, out);
                }
                if preference(&lower) {
                    self.stops |= lower == "erroractionpreference"
                        && self.source(value.span).to_lowercase().contains("stop");
                    self.remark(
                        statement.span,
                        Severity::Note,
                        format!("`${name}` is left out: an error ends the script unless `catch` takes it"),
                    );
                    return Ok(());
                }
                if super::plan::is_automatic(&lower) && !(lower == "error" && self.survey.own_error) {
                    self.remark(
                        statement.span,
                        Severity::Note,
                        format!("`${name}` is left out: it means nothing here"),
                    );
                    return Ok(());
                }
            }
            ExpressionKind::List(items) => return self.several(statement, items, value, out),
            ExpressionKind::Member { is_static: true, .. } => {
                self.remark(
                    statement.span,
                    Severity::Note,
                    "a setting of .NET is left out: it means nothing here",
                );
                return Ok(());
            }
            _ => {}
        }
        if operator == AssignOperator::Set && self.assign_block(statement, target, value, out)? {
            return Ok(());
        }
        let source = self.value(value)?;
        self.store(statement, target, operator, source, out)
    }

    /// What is better said in statements than in one expression: `$x = foreach ...`, `$x = a | ForEach-Object { several }`.
    fn assign_block(
        &mut self,
        statement: &Statement,
        target: &Expression,
        value: &Statement,
        out: &mut Vec<String>,
    ) -> Outcome<bool> {
        let ExpressionKind::Variable { scope, name } = &target.kind else { return Ok(false) };
        let is_loop = match &value.kind {
            StatementKind::Foreach { .. }
            | StatementKind::For { .. }
            | StatementKind::While { .. }
            | StatementKind::Do { .. }
            | StatementKind::Try { .. } => true,
            StatementKind::Pipeline(line) => self.wants_statements(line),
            _ => false,
        };
        if !is_loop {
            return Ok(false);
        }
        let (frame, lower) = self.home(scope.as_deref(), name);
        let mentioned = mentions(value, &lower);
        let rhai = self.names.variable(&lower);
        let single = matches!(value.kind, StatementKind::Try { .. });
        let is_first = self.frame().plan.first.contains(&(address(statement), lower.clone()))
            && self.declared.insert((frame, lower.clone()));
        // The elements' kind is known only afterwards.
        let key = (frame, lower.clone());
        let collected = if mentioned || single { self.sink_name() } else { rhai.clone() };
        let keep = if is_first || collected != rhai { "let " } else { "" };
        out.push(format!("{keep}{collected} = [];"));
        self.sinks.push(collected.clone());
        self.given.remove(&collected);
        let outcome = self.kind(value, &Sink::Collect(collected.clone()), false, out);
        self.sinks.pop();
        outcome?;
        let gives = self.given.remove(&collected).unwrap_or(Gives::List(Box::new(Gives::Unknown)));
        let gives = if gives == Gives::Rows { Gives::List(Box::new(Gives::Row)) } else { gives };
        if collected != rhai {
            let keep = if is_first { "let " } else { "" };
            let whole = if single { format!("ps::one({collected})") } else { collected };
            out.push(format!("{keep}{rhai} = {whole};"));
            self.learn(frame, &lower, &if single { Gives::Unknown } else { gives });
        } else {
            self.learn(frame, &lower, &gives);
        }
        self.facts.values.remove(&key);
        Ok(true)
    }

    /// `$a, $b = 1, 2`
    fn several(
        &mut self,
        statement: &Statement,
        items: &[Expression],
        value: &Statement,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let whole = self.value(value)?;
        if let Pieces::List(pieces) = &whole.pieces
            && pieces.len() == items.len()
            && whole.text.starts_with('[')
            && pieces.iter().all(|piece| {
                piece.literal.is_some() || piece.text.parse::<f64>().is_ok() || piece.text == "()"
            })
        {
            for (item, piece) in items.iter().zip(pieces.clone()) {
                self.store(statement, item, AssignOperator::Set, piece, out)?;
            }
            return Ok(());
        }
        let parts = self.local("parts");
        out.push(format!("let {parts} = {};", types::each(&whole).text));
        for (at, item) in items.iter().enumerate() {
            let piece = match at + 1 == items.len() {
                true => Code::atom(format!("ps::one({parts}.extract({at}))")),
                false => Code::atom(format!("{parts}.get({at})")),
            };
            self.store(statement, item, AssignOperator::Set, piece, out)?;
        }
        Ok(())
    }

    /// Puts a value where it belongs.
    fn store(
        &mut self,
        statement: &Statement,
        target: &Expression,
        operator: AssignOperator,
        source: Code,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        match &target.kind {
            ExpressionKind::Cast { type_name, operand } => {
                let source = if operator == AssignOperator::Set {
                    self.cast_code(target.span, type_name, source)?
                } else {
                    source
                };
                self.store(statement, operand, operator, source, out)
            }
            ExpressionKind::Paren(inside) => match &inside.kind {
                StatementKind::Pipeline(line) => match line.elements.as_slice() {
                    [Element::Expression(only)] => self.store(statement, only, operator, source, out),
                    _ => trouble(target.span, "nothing can be assigned to this"),
                },
                _ => trouble(target.span, "nothing can be assigned to this"),
            },
            ExpressionKind::Variable { scope, name } => {
                let lower = name.to_lowercase();
                if lower == "null" {
                    self.give(source, &Sink::Drop, false, out);
                    return Ok(());
                }
                if scope.as_deref() == Some("env") {
                    return trouble(statement.span, "scripts cannot change environment variables");
                }
                if lower == "_" || lower == "psitem" {
                    return trouble(target.span, "`$_` cannot be given another value");
                }
                self.store_variable(statement, scope.as_deref(), name, operator, source, out);
                Ok(())
            }
            ExpressionKind::Member { .. } | ExpressionKind::Index { .. } => {
                let place = self.target(target)?;
                let (sign, source) = match operator {
                    AssignOperator::Set => ("=", source.text),
                    AssignOperator::IfNull => {
                        out.push(format!("if {place} == () {{ {place} = {}; }}", source.text));
                        return Ok(());
                    }
                    AssignOperator::Add => {
                        // What is not in a table yet is nothing, to which anything can be added.
                        let before = self.expression(target)?;
                        ("=", format!("ps::add({}, {})", before.text, source.text))
                    }
                    other => (sign(other), source.text),
                };
                out.push(format!("{place} {sign} {source};"));
                Ok(())
            }
            _ => trouble(target.span, "nothing can be assigned to this"),
        }
    }

    fn store_variable(
        &mut self,
        statement: &Statement,
        scope: Option<&str>,
        name: &str,
        operator: AssignOperator,
        source: Code,
        out: &mut Vec<String>,
    ) {
        let (frame, lower) = self.home(scope, name);
        let rhai = self.names.variable(&lower);
        let first = (self.frame().plan.first.contains(&(address(statement), lower.clone()))
            || self.own_start)
            && self.declared.insert((frame, lower.clone()));
        let key = (frame, lower.clone());
        let known = self.type_of(&key);
        match operator {
            AssignOperator::Set => {
                let keep = if first { "let " } else { "" };
                self.learn(frame, &lower, &source.gives);
                let once = self.frame().plan.writes.get(&lower).copied().unwrap_or(0) <= 1;
                if once && (source.literal.is_some() || source.pieces != Pieces::None) {
                    self.found.values.insert(key, source.clone());
                }
                out.push(format!("{keep}{rhai} = {};", source.text));
            }
            AssignOperator::IfNull => out.push(format!("if {rhai} == () {{ {rhai} = {}; }}", source.text)),
            AssignOperator::Add => {
                if matches!(known, Gives::List(_) | Gives::Many(_)) {
                    let added = if is_array(&source.gives) {
                        source.gives.clone()
                    } else {
                        types::array_of(&types::element(&source.gives))
                    };
                    self.learn(frame, &lower, &added);
                    match is_single(&source.gives) {
                        true => out.push(format!("{rhai}.push({});", source.text)),
                        false => out.push(format!("{rhai} += {};", source.text)),
                    }
                } else if (known == Gives::Number && source.gives == Gives::Number) || known == Gives::Text {
                    self.learn(frame, &lower, &known);
                    out.push(format!("{rhai} += {};", source.text));
                } else {
                    let gives = if source.gives == Gives::Number { Gives::Number } else { Gives::Unknown };
                    if known != Gives::Number {
                        self.learn(frame, &lower, &gives);
                    }
                    out.push(format!("{rhai} = ps::add({rhai}, {});", source.text));
                }
            }
            AssignOperator::Divide => {
                self.learn(frame, &lower, &Gives::Number);
                out.push(format!("{rhai} = ps::divide({rhai}, {});", source.text));
            }
            other => {
                self.learn(frame, &lower, &Gives::Number);
                out.push(format!("{rhai} {} {};", sign(other), source.text));
            }
        }
    }

    /// The left side of an assignment that is no plain variable.
    pub(super) fn target(&mut self, target: &Expression) -> Outcome<String> {
        match &target.kind {
            ExpressionKind::Variable { scope, .. } if scope.as_deref() == Some("env") => {
                trouble(target.span, "scripts cannot change environment variables")
            }
            ExpressionKind::Variable { scope, name } => {
                let (_, lower) = self.home(scope.as_deref(), name);
                if super::plan::is_automatic(&lower) {
                    let code = self.expression(target)?;
                    // What stands for it must be a place, not a value.
                    let plain =
                        code.text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                            && code.text.starts_with(|first: char| first.is_ascii_alphabetic())
                            && !["true", "false"].contains(&code.text.as_str());
                    return match plain {
                        true => Ok(code.text),
                        false => trouble(target.span, "nothing can be assigned to this"),
                    };
                }
                Ok(self.names.variable(&lower))
            }
            ExpressionKind::Member { object, name, is_static: false, .. } => {
                let holder = self.holder(object)?;
                match word(name) {
                    Some(name) => Ok(format!("{holder}{}", names::member(&self.own_name(object, name)))),
                    None => Ok(format!("{holder}[ps::text({})]", self.expression(name)?.text)),
                }
            }
            ExpressionKind::Index { object, index } => {
                let holder = self.holder(object)?;
                let index = self.expression(index)?;
                Ok(match &index.literal {
                    Some(name) => format!("{holder}{}", names::member(name)),
                    None => format!("{holder}[{}]", index.text),
                })
            }
            _ => trouble(target.span, "nothing can be assigned to this"),
        }
    }

    pub(super) fn holder(&mut self, object: &Expression) -> Outcome<String> {
        match &object.kind {
            ExpressionKind::Variable { .. }
            | ExpressionKind::Member { .. }
            | ExpressionKind::Index { .. } => self.target(object),
            _ => Ok(self.expression(object)?.at(Level::Atom)),
        }
    }
}

fn sign(operator: AssignOperator) -> &'static str {
    match operator {
        AssignOperator::Set | AssignOperator::IfNull => "=",
        AssignOperator::Add => "+=",
        AssignOperator::Subtract => "-=",
        AssignOperator::Multiply => "*=",
        AssignOperator::Divide => "/=",
        AssignOperator::Remainder => "%=",
    }
}

fn preference(lower: &str) -> bool {
    lower.ends_with("preference") || lower == "psdefaultparametervalues" || lower == "ofs"
}

/// Whether a statement speaks of this variable.
fn mentions(statement: &Statement, lower: &str) -> bool {
    let mut found = false;
    let list = std::slice::from_ref(statement);
    super::walk::statements(list, false, &mut |event| {
        if let super::walk::Event::Variable { name, .. } = event {
            found |= name.to_lowercase() == lower;
        }
    });
    found
}
