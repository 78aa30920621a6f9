//! Statements: what stands above and beside them, and what becomes of values that nobody takes.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::layout::mark;
use super::types::{self, is_array, is_single};
use super::walk::address;
use super::{Emitter, Leaving, MOST_DEPTH, Outcome, Sink, trouble};

/// Brackets within brackets in what comes out.
const MOST_BRACKETS: usize = 44;

/// A comment on lines of its own.
pub fn comment(comment: &Comment, out: &mut Vec<String>) {
    if comment.blank || comment.lines.is_empty() {
        out.push(String::new());
    }
    for line in &comment.lines {
        out.push(comment_line(line));
    }
}

pub fn comment_line(text: &str) -> String {
    let text = text.trim_end().replace(['\n', '\r'], " ");
    if text.is_empty() { "//".to_owned() } else { format!("// {}", text.strip_prefix(' ').unwrap_or(&text)) }
}

impl Emitter<'_> {
    /// Statements in their order. `last` says that the last of them gives the value of the whole.
    pub(super) fn statements(&mut self, list: &[Statement], sink: &Sink, last: bool, out: &mut Vec<String>) {
        for (at, statement) in list.iter().enumerate() {
            for above in &statement.above {
                comment(above, out);
            }
            let is_last = last && at + 1 == list.len();
            self.one(statement, sink, is_last, false, out);
        }
    }

    /// One statement; `returning` says that the block is left with its value.
    pub(super) fn one(
        &mut self,
        statement: &Statement,
        sink: &Sink,
        last: bool,
        returning: bool,
        out: &mut Vec<String>,
    ) {
        let before = self.remarks.len();
        let hoisted = self.frame().plan.before.get(&address(statement)).cloned().unwrap_or_default();
        let outer_notes = std::mem::take(&mut self.notes);
        let mut lines = Vec::new();
        for name in &hoisted {
            self.declare(name, &mut lines);
        }
        let declared = lines.len();
        self.depth += 1;
        let is_leaf = !matches!(
            statement.kind,
            StatementKind::If { .. }
                | StatementKind::Switch { .. }
                | StatementKind::Foreach { .. }
                | StatementKind::For { .. }
                | StatementKind::While { .. }
                | StatementKind::Do { .. }
                | StatementKind::Try { .. }
                | StatementKind::Function { .. }
        );
        if is_leaf {
            self.statements += 1;
        }
        let outcome = if self.depth > MOST_DEPTH {
            trouble(statement.span, "this lies too deep within other statements")
        } else {
            match &statement.kind {
                StatementKind::Pipeline(line) if returning => {
                    self.return_statement(Some(line), sink, false, &mut lines)
                }
                _ => self.kind(statement, sink, last, &mut lines),
            }
        };
        self.depth -= 1;
        // Rhai takes only so many brackets within brackets.
        let outcome = match outcome {
            Ok(()) if self.depth == 0 && super::layout::deepest(&lines) > MOST_BRACKETS => {
                trouble(statement.span, "this lies too deep within other expressions")
            }
            outcome => outcome,
        };
        if let Err(reason) = outcome {
            self.statements += usize::from(!is_leaf);
            lines.truncate(declared);
            self.remarks.truncate(before);
            self.todo(statement, &reason.reason, reason.span, &mut lines);
        }
        out.append(&mut self.notes);
        self.notes = outer_notes;
        self.say(before, out);
        if let Some(beside) = &statement.beside {
            let text = comment_line(beside);
            match lines.last_mut() {
                Some(line) if !line.starts_with("//") && !line.is_empty() => {
                    line.push_str(&format!("  {text}"))
                }
                _ => lines.push(text),
            }
        }
        if let Some(line) = lines.get_mut(declared).or(None) {
            line.insert_str(0, &mark(statement.span.line));
        }
        out.append(&mut lines);
    }

    /// Remarks since `from` that a reader of the translation should see become comments.
    pub(super) fn say(&mut self, from: usize, out: &mut Vec<String>) {
        for at in from..self.remarks.len() {
            let Some(remark) = self.remarks.get(at) else { continue };
            let word = match remark.severity {
                Severity::Warning => "warning",
                Severity::Attention => "attention",
                Severity::Note | Severity::Unsupported => continue,
            };
            if self.shown.insert(at) {
                out.push(format!("// {word}: {}", remark.message.replace(['\n', '\r'], " ")));
            }
        }
    }

    /// Says why something was not translated, and leaves it as a comment.
    pub(super) fn left_over(&mut self, reason: &str, at: Span, original: Span, out: &mut Vec<String>) {
        self.troubled += 1;
        self.remark(at, Severity::Unsupported, reason.to_owned());
        out.push(format!("// TODO(convert): {}", reason.replace(['\n', '\r'], " ")));
        let lines = self.source(original).lines();
        out.extend(lines.map(|line| comment_line(&format!("  {}", line.trim_end()))));
    }

    /// The place of a statement that stays as it was; its variables exist all the same, or nothing after it would compile.
    fn todo(&mut self, statement: &Statement, reason: &str, span: Span, out: &mut Vec<String>) {
        self.left_over(reason, span, statement.span, out);
        let key = address(statement);
        let mut names: Vec<String> = self
            .frame()
            .plan
            .first
            .iter()
            .filter(|(at, _)| *at == key)
            .map(|(_, name)| name.clone())
            .collect();
        names.sort();
        for name in names {
            let frame = self.frame().key;
            self.learn(frame, &name, &Gives::Unknown);
            if !self.declared.insert((frame, name.clone())) {
                continue;
            }
            let name = self.names.variable(&name);
            out.push(format!("let {name} = ();"));
        }
        // What would have been declared inside of it is not; a function that is called elsewhere has to be there.
        if let StatementKind::Function { name, .. } = &statement.kind {
            self.missing_function(name, out);
        }
    }

    pub(super) fn kind(
        &mut self,
        statement: &Statement,
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        use StatementKind as Kind;
        match &statement.kind {
            Kind::Pipeline(line) => self.pipeline_statement(line, sink, last, out),
            Kind::Assign { target, operator, value } => self.assign(statement, target, *operator, value, out),
            Kind::If { arms, otherwise } => self.if_statement(arms, otherwise.as_ref(), sink, last, out),
            Kind::Switch { flags, subject, arms } => {
                self.switch(statement, flags, subject, arms, sink, last, out)
            }
            Kind::Foreach { label, variable, subject, body } => {
                self.foreach(statement, label.as_deref(), variable, subject, body, sink, out)
            }
            Kind::For { label, start, condition, step, body } => {
                self.labelled(label.as_deref(), statement.span);
                self.for_statement(start.as_deref(), condition.as_ref(), step.as_deref(), body, sink, out)
            }
            Kind::While { label, condition, body } => {
                self.labelled(label.as_deref(), statement.span);
                self.while_statement(condition, body, sink, out)
            }
            Kind::Do { label, body, condition, until } => {
                self.labelled(label.as_deref(), statement.span);
                self.do_statement(body, condition, *until, sink, out)
            }
            Kind::Try { body, catches, finally } => {
                self.try_statement(body, catches, finally.as_ref(), sink, last, out)
            }
            Kind::Function { name, body, .. } => self.function(statement, name, body, out),
            Kind::Return(value) => self.return_statement(value.as_ref(), sink, last, out),
            Kind::Throw(value) => self.throw(statement.span, value.as_ref(), out),
            Kind::Exit(value) => self.exit(value.as_ref(), out),
            Kind::Break(label) => self.break_statement(label.as_deref(), statement.span, out),
            Kind::Continue(label) => self.continue_statement(label.as_deref(), statement.span, out),
            Kind::Foreign(what) => {
                let what = what.trim();
                if what.to_lowercase().starts_with("using ") || what.eq_ignore_ascii_case("using") {
                    self.remark(
                        statement.span,
                        Severity::Note,
                        "`using` is left out: there is nothing to load",
                    );
                    return Ok(());
                }
                trouble(
                    statement.span,
                    format!(
                        "`{}` has no counterpart in Rhai",
                        what.split_whitespace().next().unwrap_or(what)
                    ),
                )
            }
            Kind::Unreadable(why) => trouble(statement.span, format!("this could not be read: {why}")),
        }
    }

    /// A value that a statement leaves behind.
    pub(super) fn give(&mut self, code: Code, sink: &Sink, last: bool, out: &mut Vec<String>) {
        if code.gives == Gives::Nothing && code.text == "()" {
            if *sink == Sink::Tail && last && self.frame().gives.is_none() {
                return;
            }
            if !matches!(sink, Sink::Collect(_)) || code.literal.is_none() {
                return;
            }
        }
        if code.gives == Gives::Nothing {
            out.push(format!("{};", code.text));
            return;
        }
        match sink {
            Sink::Print => out.push(printed(&code)),
            Sink::Answer if last => out.push(code.text),
            Sink::Answer => out.push(printed(&code)),
            Sink::Collect(name) => {
                let name = name.clone();
                let added = if is_array(&code.gives) {
                    code.gives.clone()
                } else {
                    types::array_of(&types::element(&code.gives))
                };
                let joined = match self.given.get(&name) {
                    Some(known) => types::join(known, &added),
                    None => added,
                };
                self.given.insert(name.clone(), types::kept(&joined, 0));
                if is_single(&code.gives) {
                    out.push(format!("{name}.push({});", code.text));
                } else {
                    out.push(format!("{name} += {};", types::each(&code).text));
                }
            }
            Sink::Tail if last => {
                self.gave(&code.gives);
                out.push(code.text);
            }
            Sink::Tail => {
                let key = self.frame().key;
                self.found.collects.insert(key);
                out.push(format!("{};", code.text));
            }
            Sink::Drop => out.push(format!("{};", code.text)),
        }
    }

    /// Learns what a function gives back.
    pub(super) fn gave(&mut self, gives: &Gives) {
        let frame = self.frame();
        frame.gives = Some(match &frame.gives {
            Some(known) => types::join(known, gives),
            None => gives.clone(),
        });
    }

    fn pipeline_statement(
        &mut self,
        line: &Pipeline,
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        if let Some((and, next)) = &line.chained {
            return self.chained(line, *and, next, sink, out);
        }
        // `$i++` and `--$i` leave nothing behind as statements.
        if let [Element::Expression(only)] = line.elements.as_slice() {
            if let ExpressionKind::Postfix { operator, operand } | ExpressionKind::Unary { operator, operand } =
                &only.kind
                && (operator == "++" || operator == "--")
            {
                out.push(format!("{};", self.stepped(operator, operand)?));
                if let ExpressionKind::Variable { scope, name } = &operand.kind {
                    let (frame, lower) = self.home(scope.as_deref(), name);
                    self.learn(frame, &lower, &Gives::Number);
                }
                return Ok(());
            }
            if let ExpressionKind::Paren(inside) = &only.kind
                && matches!(inside.kind, StatementKind::Assign { .. })
            {
                return self.kind(inside, sink, last, out);
            }
            // `[void]$list.Add(...)`
            if let ExpressionKind::Cast { type_name, operand } = &only.kind
                && type_name.eq_ignore_ascii_case("void")
            {
                return self.dropped(operand, out);
            }
        }
        self.run(line, sink, last, out)
    }

    fn dropped(&mut self, operand: &Expression, out: &mut Vec<String>) -> Outcome<()> {
        if let ExpressionKind::Paren(inside) = &operand.kind {
            return self.kind(inside, &Sink::Drop, false, out);
        }
        let code = self.expression(operand)?;
        self.give(code, &Sink::Drop, false, out);
        Ok(())
    }

    /// `a && b`, `a || b`: what follows depends on whether there was an error.
    fn chained(
        &mut self,
        line: &Pipeline,
        and: bool,
        next: &Pipeline,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        if and {
            self.run(line, sink, false, out)?;
            return self.pipeline_statement(next, sink, false, out);
        }
        let mut body = Vec::new();
        self.run(line, sink, false, &mut body)?;
        let mut other = Vec::new();
        self.pipeline_statement(next, sink, false, &mut other)?;
        out.push("try {".to_owned());
        out.extend(indented(&body));
        out.push("} catch {".to_owned());
        out.extend(indented(&other));
        out.push("}".to_owned());
        Ok(())
    }

    /// The value of a statement that stands where a value is wanted.
    pub(super) fn value(&mut self, statement: &Statement) -> Outcome<Code> {
        match &statement.kind {
            StatementKind::Pipeline(line) => self.pipeline(line),
            StatementKind::If { arms, otherwise } => self.if_value(arms, otherwise.as_ref()),
            StatementKind::Assign { target, .. } => {
                // `($x = 5)` gives 5 on.
                let mut lines = Vec::new();
                self.kind(statement, &Sink::Drop, false, &mut lines)?;
                lines.push(self.expression(target)?.text);
                Ok(block_value(&lines))
            }
            _ => self.collected(|emitter, sink, out| emitter.kind(statement, sink, false, out)),
        }
    }

    /// A block whose value is what its statements leave behind, one thing as itself.
    pub(super) fn collected(
        &mut self,
        fill: impl FnOnce(&mut Self, &Sink, &mut Vec<String>) -> Outcome<()>,
    ) -> Outcome<Code> {
        let name = self.sink_name();
        let mut lines = vec![format!("let {name} = [];")];
        self.sinks.push(name.clone());
        let outcome = fill(self, &Sink::Collect(name.clone()), &mut lines);
        self.sinks.pop();
        outcome?;
        lines.push(format!("ps::one({name})"));
        Ok(block_value(&lines))
    }

    /// A name for an array that collects what statements leave behind.
    pub(super) fn sink_name(&mut self) -> String {
        let wanted = self.local("output");
        if !self.sinks.contains(&wanted) {
            return wanted;
        }
        let free = |name: &String| !self.sinks.contains(name) && !self.names.is_taken(name);
        (2..).map(|number| format!("{wanted}_{number}")).find(free).unwrap_or(wanted)
    }

    /// A list of statements where a value is wanted: `$( ... )`.
    pub(super) fn statements_value(&mut self, list: &[Statement]) -> Outcome<Code> {
        match list {
            [] => Ok(Code::nothing()),
            [only] => self.value(only),
            _ => self.collected(|emitter, sink, out| {
                emitter.statements(list, sink, false, out);
                Ok(())
            }),
        }
    }

    pub(super) fn inside(&mut self, leaving: Leaving, work: impl FnOnce(&mut Self)) {
        self.frame().leaving.push(leaving);
        work(self);
        self.frame().leaving.pop();
    }
}

/// A value shown; texts of a list each on a line of its own.
fn printed(code: &Code) -> String {
    match &code.gives {
        Gives::List(inner) if matches!(**inner, Gives::Text | Gives::Number | Gives::Truth) => {
            format!("print({}.join(\"\\n\"));", code.at(Level::Atom))
        }
        Gives::List(inner) if matches!(**inner, Gives::Map | Gives::Table(_)) => {
            format!("print({});", code.text)
        }
        // Texts or objects: only the run can tell.
        Gives::List(_)
        | Gives::Many(None | Some("text"))
        | Gives::One(None)
        | Gives::Maybe(None)
        | Gives::Unknown
            if code.text.ends_with([')', ']']) =>
        {
            format!("print(ps::shown({}));", code.text)
        }
        _ => format!("print({});", code.text),
    }
}

/// Lines as the value of a block.
pub fn block_value(lines: &[String]) -> Code {
    let mut text = String::from("{");
    for line in indented(lines) {
        text.push('\n');
        text.push_str(&line);
    }
    text.push_str("\n}");
    Code::new(text, Level::Loose)
}

/// One step further in; the inside of a text is left alone, because its line ends are written otherwise.
pub fn indented(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
        .collect()
}
