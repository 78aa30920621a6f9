//! `if` and loops.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::statements::indented;
use super::types;
use super::{Emitter, Leaving, Outcome, Sink, names};

impl Emitter<'_> {
    pub(super) fn labelled(&mut self, label: Option<&str>, span: Span) {
        if let Some(label) = label {
            self.remark(
                span,
                Severity::Attention,
                format!("the label `{label}` is lost: loops have no names here"),
            );
        }
    }

    /// A block of its own, as lines one step further in.
    pub(super) fn inner(&mut self, block: &Block, sink: &Sink, last: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for comment in &block.opening {
            super::statements::comment(comment, &mut lines);
        }
        for (_, part) in &block.named {
            self.statements(part, sink, false, &mut lines);
        }
        self.statements(&block.statements, sink, last, &mut lines);
        for comment in &block.closing {
            super::statements::comment(comment, &mut lines);
        }
        indented(&lines)
    }

    /// A condition; where it cannot be translated it holds never, and a TODO says so.
    pub(super) fn test(&mut self, condition: &Pipeline, out: &mut Vec<String>) -> String {
        let before = self.remarks.len();
        match self.condition(condition) {
            Ok(code) => code.text,
            Err(reason) => {
                self.remarks.truncate(before);
                self.statements += 1;
                self.left_over(&reason.reason, reason.span, condition.span, out);
                "false".to_owned()
            }
        }
    }

    pub(super) fn if_statement(
        &mut self,
        arms: &[(Pipeline, Block)],
        otherwise: Option<&Block>,
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let mut lines: Vec<String> = Vec::new();
        let mut notes = Vec::new();
        let from = self.remarks.len();
        for (condition, body) in arms {
            self.before_removal = removes(body);
            self.assignment_as_test(condition);
            let test = self.test(condition, &mut notes);
            self.before_removal = false;
            self.say(from, &mut notes);
            match lines.last_mut() {
                None => match filled(&test) {
                    Some((fill, name)) => {
                        notes.push(format!("{fill};"));
                        lines.push(format!("if {name} != () {{"));
                    }
                    None => lines.push(format!("if {test} {{")),
                },
                Some(line) => *line = format!("}} else if {test} {{"),
            }
            let inside = self.inner(body, sink, last);
            lines.extend(inside);
            lines.push("}".to_owned());
        }
        if let Some(body) = otherwise {
            let inside = self.inner(body, sink, last);
            if !inside.is_empty() {
                if let Some(line) = lines.last_mut() {
                    *line = "} else {".to_owned();
                }
                lines.extend(inside);
                lines.push("}".to_owned());
            }
        } else if *sink == Sink::Tail && last && self.frame().gives.is_some() {
            self.gave(&Gives::Nothing);
        }
        out.append(&mut notes);
        out.append(&mut lines);
        Ok(())
    }

    /// `if ($a = 5)`: an assignment where a comparison was meant, most often.
    fn assignment_as_test(&mut self, condition: &Pipeline) {
        if let [Element::Expression(only)] = condition.elements.as_slice()
            && let ExpressionKind::Paren(inside) = &only.kind
            && matches!(inside.kind, StatementKind::Assign { operator: AssignOperator::Set, .. })
        {
            self.remark(only.span, Severity::Warning, "this assigns and does not compare: `-eq` compares");
        }
    }

    /// `$x = if (...) { a } else { b }`
    pub(super) fn if_value(
        &mut self,
        arms: &[(Pipeline, Block)],
        otherwise: Option<&Block>,
    ) -> Outcome<Code> {
        fn only(block: &Block) -> Option<&Statement> {
            match block.statements.as_slice() {
                [only] if block.closing.is_empty() && only.above.is_empty() => Some(only),
                _ => None,
            }
        }
        let simple = arms.iter().map(|(_, body)| body).chain(otherwise).all(|body| {
            only(body).is_some_and(|statement| {
                matches!(statement.kind, StatementKind::Pipeline(_) | StatementKind::If { .. })
            })
        });
        if !simple {
            return self
                .collected(|emitter, sink, out| emitter.if_statement(arms, otherwise, sink, false, out));
        }
        let mut text = String::new();
        let mut gives: Option<Gives> = None;
        for (condition, body) in arms {
            let test = self.condition(condition)?.text;
            let Some(value) = only(body) else { continue };
            let value = self.value(value)?;
            gives =
                Some(gives.map_or_else(|| value.gives.clone(), |known| types::join(&known, &value.gives)));
            if !text.is_empty() {
                text.push_str(" else ");
            }
            text.push_str(&format!("if {test} {{ {} }}", value.text));
        }
        let other = match otherwise.and_then(only) {
            Some(value) => self.value(value)?,
            None => Code::nothing(),
        };
        let gives = types::join(&gives.unwrap_or_default(), &other.gives);
        text.push_str(&format!(" else {{ {} }}", other.text));
        Ok(Code::new(text, Level::Loose).giving(gives))
    }

    /// A name for the translation's own use; the same one again is fine, because it is declared where it is used.
    pub(super) fn local(&mut self, wanted: &str) -> String {
        if !self.names.is_taken(wanted) && !names::Names::is_reserved(wanted) {
            return wanted.to_owned();
        }
        (2..)
            .map(|number| format!("{wanted}_{number}"))
            .find(|name| !self.names.is_taken(name))
            .unwrap_or_default()
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one statement")]
    pub(super) fn foreach(
        &mut self,
        statement: &Statement,
        label: Option<&str>,
        variable: &str,
        subject: &Pipeline,
        body: &Block,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        self.labelled(label, statement.span);
        let mut notes = Vec::new();
        let before = self.remarks.len();
        let (over, gives) = match self.pipeline(subject) {
            Ok(value) => self.over(value),
            Err(reason) => {
                self.remarks.truncate(before);
                self.statements += 1;
                self.left_over(&reason.reason, reason.span, subject.span, &mut notes);
                ("[]".to_owned(), Gives::Unknown)
            }
        };
        self.say(before, &mut notes);
        out.append(&mut notes);
        let lower = variable.to_lowercase();
        let rhai = self.names.variable(&lower);
        let (frame, _) = self.home(None, variable);
        self.learn(frame, &lower, &gives);
        let shared = self.frame().plan.shared_loops.contains(&lower);
        let name = if shared { self.local(&format!("each_{rhai}")) } else { rhai.clone() };
        let mut lines = Vec::new();
        if shared {
            lines.push(format!("    {rhai} = {name};"));
        }
        self.before_removal = false;
        let round = self.round(Leaving::Loop(None), |emitter| emitter.inner(body, sink, false));
        lines.extend(round);
        out.push(format!("for {name} in {over} {{"));
        out.extend(lines);
        out.push("}".to_owned());
        Ok(())
    }

    /// What a loop goes over, and what its variable then is.
    pub(super) fn over(&mut self, value: Code) -> (String, Gives) {
        let gives = types::element(&value.gives);
        if let Some(range) = value.text.strip_prefix("ps::range(").and_then(|rest| rest.strip_suffix(')'))
            && let Some((from, to)) = range.split_once(", ")
            && from.parse::<i64>().ok().zip(to.parse::<i64>().ok()).is_none_or(|(from, to)| from <= to)
            && !to.contains(',')
            && from == "1"
        {
            return (format!("{from}..={to}"), Gives::Number);
        }
        (types::each(&value).text, gives)
    }

    pub(super) fn for_statement(
        &mut self,
        start: Option<&Statement>,
        condition: Option<&Pipeline>,
        step: Option<&Statement>,
        body: &Block,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        if let Some(plain) = self.counted(start, condition, step, body, sink)? {
            out.extend(plain);
            return Ok(());
        }
        if let Some(start) = start {
            let bound = self.frame().plan.counted.contains(&super::walk::address(start));
            self.own_start = bound;
            self.kind_of_part(start, out)?;
            self.own_start = false;
        }
        let test = match condition {
            Some(condition) => self.condition(condition)?.text,
            None => "true".to_owned(),
        };
        let mut after = Vec::new();
        if let Some(step) = step {
            self.kind_of_part(step, &mut after)?;
        }
        let mut lines = Vec::new();
        let again = after.join(" ");
        self.inside(Leaving::Loop(Some(again)), |emitter| lines = emitter.inner(body, sink, false));
        lines.extend(indented(&after));
        out.push(format!("while {test} {{"));
        out.extend(lines);
        out.push("}".to_owned());
        Ok(())
    }

    fn kind_of_part(&mut self, part: &Statement, out: &mut Vec<String>) -> Outcome<()> {
        let mut lines = Vec::new();
        self.statements(std::slice::from_ref(part), &Sink::Drop, false, &mut lines);
        out.append(&mut lines);
        Ok(())
    }

    /// `for ($i = 0; $i -lt n; $i++)` whose variable is nobody else's becomes a range.
    fn counted(
        &mut self,
        start: Option<&Statement>,
        condition: Option<&Pipeline>,
        step: Option<&Statement>,
        body: &Block,
        sink: &Sink,
    ) -> Outcome<Option<Vec<String>>> {
        let Some((name, from, limit, inclusive)) = counter(start, condition, step) else { return Ok(None) };
        let lower = name.to_lowercase();
        let mut touched = false;
        super::walk::block(body, true, &mut |event| {
            if let super::walk::Event::Variable { name, touch, .. } = event {
                touched |= name.to_lowercase() == lower && touch != super::walk::Touch::Read;
            }
        });
        if touched || self.frame().plan.shared_loops.contains(&lower) {
            return Ok(None);
        }
        // Declared before the loop by the plan: harmless, but then it is not the loop's own.
        let (frame, _) = self.home(None, name);
        self.learn(frame, &lower, &Gives::Number);
        let rhai = self.names.variable(&lower);
        let from = self.expression(from)?;
        let limit = self.expression(limit)?;
        if from.gives != Gives::Number || limit.gives != Gives::Number {
            return Ok(None);
        }
        let lines = self.round(Leaving::Loop(None), |emitter| emitter.inner(body, sink, false));
        let sign = if inclusive { "..=" } else { ".." };
        let mut out = vec![format!("for {rhai} in {}{sign}{} {{", from.at(Level::Sum), limit.at(Level::Sum))];
        out.extend(lines);
        out.push("}".to_owned());
        Ok(Some(out))
    }

    /// The body of a loop that goes round until something is so.
    fn looking_again(&mut self, body: &Block, sink: &Sink) -> Vec<String> {
        let mut lines = Vec::new();
        self.polling += 1;
        self.inside(Leaving::Loop(None), |emitter| lines = emitter.inner(body, sink, false));
        self.polling -= 1;
        lines
    }

    pub(super) fn while_statement(
        &mut self,
        condition: &Pipeline,
        body: &Block,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let test = self.condition(condition)?.text;
        let lines = self.looking_again(body, sink);
        out.push(if test == "true" { "loop {".to_owned() } else { format!("while {test} {{") });
        out.extend(lines);
        out.push("}".to_owned());
        Ok(())
    }

    pub(super) fn do_statement(
        &mut self,
        body: &Block,
        condition: &Pipeline,
        until: bool,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let lines = self.looking_again(body, sink);
        let test = self.condition(condition)?.text;
        out.push("do {".to_owned());
        out.extend(lines);
        out.push(format!("}} {} {test};", if until { "until" } else { "while" }));
        Ok(())
    }
}

/// `for ($i = a; $i -lt b; $i++)`
pub type Counter<'t> = (&'t str, &'t Expression, &'t Expression, bool);

pub fn counter<'t>(
    start: Option<&'t Statement>,
    condition: Option<&'t Pipeline>,
    step: Option<&'t Statement>,
) -> Option<Counter<'t>> {
    let plain = |expression: &'t Expression| match &expression.kind {
        ExpressionKind::Variable { scope: None, name } => Some(name.as_str()),
        _ => None,
    };
    let StatementKind::Assign { target, operator: AssignOperator::Set, value } = &start?.kind else {
        return None;
    };
    let StatementKind::Pipeline(first) = &value.kind else { return None };
    let [Element::Expression(from)] = first.elements.as_slice() else { return None };
    let name = plain(target)?;
    let [Element::Expression(test)] = condition?.elements.as_slice() else { return None };
    let ExpressionKind::Binary { operator, left, right } = &test.kind else { return None };
    let inclusive = match operator.as_str() {
        "lt" => false,
        "le" => true,
        _ => return None,
    };
    if !plain(left)?.eq_ignore_ascii_case(name) {
        return None;
    }
    let StatementKind::Pipeline(next) = &step?.kind else { return None };
    let [Element::Expression(next)] = next.elements.as_slice() else { return None };
    let (ExpressionKind::Postfix { operator, operand } | ExpressionKind::Unary { operator, operand }) =
        &next.kind
    else {
        return None;
    };
    (operator == "++" && plain(operand)?.eq_ignore_ascii_case(name)).then_some((
        name,
        from,
        right.as_ref(),
        inclusive,
    ))
}

/// `({ matches = ...; matches }) != ()` as what fills the variable, and its name.
fn filled(test: &str) -> Option<(String, String)> {
    let inside = test.strip_prefix("({ ")?.strip_suffix(" }) != ()")?;
    let (fill, name) = inside.rsplit_once("; ")?;
    (fill.starts_with(&format!("{name} = ")) && !fill.contains("; ") && !fill.contains("({ "))
        .then(|| (fill.to_owned(), name.to_owned()))
}

/// Whether something in a block removes or disables.
pub fn removes(block: &Block) -> bool {
    fn command(line: &Pipeline) -> bool {
        line.elements.iter().any(|element| match element {
            Element::Command(order) => match &order.name {
                CommandName::Word(name) => {
                    let lower = name.to_lowercase();
                    lower.starts_with("remove-")
                        || lower.starts_with("disable-")
                        || lower.starts_with("revoke-")
                        || order.arguments.iter().any(|argument| match argument {
                            Argument::Value(Expression { kind: ExpressionKind::Script(body), .. }) => {
                                removes(body)
                            }
                            _ => false,
                        })
                }
                _ => false,
            },
            Element::Expression(_) => false,
        })
    }
    let all = block.statements.iter().chain(block.named.iter().flat_map(|(_, part)| part));
    all.into_iter().any(|statement| match &statement.kind {
        StatementKind::Pipeline(line) => command(line),
        StatementKind::Assign { value, .. } => match &value.kind {
            StatementKind::Pipeline(line) => command(line),
            _ => false,
        },
        StatementKind::If { arms, otherwise } => {
            arms.iter().any(|(_, body)| removes(body)) || otherwise.as_ref().is_some_and(removes)
        }
        StatementKind::Foreach { body, .. } | StatementKind::While { body, .. } => removes(body),
        StatementKind::Try { body, .. } => removes(body),
        _ => false,
    })
}
