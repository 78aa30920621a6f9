//! if, switch, loops, try, and the ways out of them.

use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::statements::indented;
use super::types::{self, is_array};
use super::{Emitter, Leaving, Outcome, Sink, names, trouble};

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
    fn test(&mut self, condition: &Pipeline, out: &mut Vec<String>) -> String {
        let before = self.remarks.len();
        match self.condition(condition) {
            Ok(code) => code.text,
            Err(reason) => {
                self.remarks.truncate(before);
                self.troubled += 1;
                self.statements += 1;
                self.remark(reason.span, Severity::Unsupported, reason.reason.clone());
                out.push(format!("// TODO(convert): {}", reason.reason.replace(['\n', '\r'], " ")));
                for line in self.source(condition.span).to_owned().lines() {
                    out.push(super::statements::comment_line(&format!("  {}", line.trim_end())));
                }
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

    // ---- switch

    #[allow(clippy::too_many_arguments, reason = "the parts of one statement")]
    pub(super) fn switch(
        &mut self,
        statement: &Statement,
        flags: &[String],
        subject: &Pipeline,
        arms: &[(SwitchPattern, Block)],
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let has =
            |flag: &str| flags.iter().any(|given| flag.starts_with(given.as_str()) && !given.is_empty());
        if has("file") {
            return trouble(statement.span, "`switch -File` reads text files, which scripts cannot");
        }
        let value = self.pipeline(subject)?;
        let many = is_array(&value.gives);
        let (wildcard, regex, exact) = (has("wildcard"), has("regex"), has("casesensitive"));
        let literals = arms.iter().all(|(pattern, _)| match pattern {
            SwitchPattern::Default => true,
            SwitchPattern::Value(value) => {
                matches!(
                    value.kind,
                    ExpressionKind::Text(_) | ExpressionKind::Word(_) | ExpressionKind::Integer(_)
                )
            }
            SwitchPattern::Condition(_) => false,
        }) && !wildcard
            && !regex;
        let early = arms.iter().any(|(_, body)| breaks_early(body));
        let mut lines = Vec::new();
        let inline = literals && !early && !many && !speaks_of_item(arms);
        let item = if !inline && (many || !is_name(&value.text)) {
            self.local("subject")
        } else {
            value.text.clone()
        };
        self.items.push(Code::atom(item.clone()).giving(types::element(&value.gives)));
        if literals && !early {
            let subject = Code { text: item.clone(), ..value.clone() };
            self.switch_on_literals(&subject, exact, arms, sink, last && !many, &mut lines);
        } else {
            self.switch_on_tests(&item, (wildcard, regex, exact), early, arms, sink, &mut lines)?;
        }
        self.items.pop();
        if many {
            out.push(format!("for {item} in {} {{", value.text));
            out.extend(indented(&lines));
            out.push("}".to_owned());
        } else {
            if item != value.text {
                out.push(format!("let {item} = {};", value.text));
            }
            out.append(&mut lines);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one statement")]
    fn switch_on_literals(
        &mut self,
        item: &Code,
        exact: bool,
        arms: &[(SwitchPattern, Block)],
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) {
        let numbers = arms.iter().all(|(pattern, _)| {
            matches!(pattern, SwitchPattern::Default)
                || matches!(pattern, SwitchPattern::Value(value) if matches!(value.kind, ExpressionKind::Integer(_)))
        }) && types::element(&item.gives) == Gives::Number;
        let subject = match (numbers, exact, types::element(&item.gives)) {
            (true, ..) => item.text.clone(),
            (_, true, Gives::Text) => item.text.clone(),
            (_, true, _) => format!("ps::text({})", item.text),
            (_, _, Gives::Text) => format!("{}.to_lower()", item.at(Level::Atom)),
            _ => format!("ps::text({}).to_lower()", item.text),
        };
        out.push(format!("switch {subject} {{"));
        let mut seen: Vec<String> = Vec::new();
        let mut default = None;
        for (pattern, body) in arms {
            let SwitchPattern::Value(value) = pattern else {
                default = Some(body);
                continue;
            };
            let key = match &value.kind {
                ExpressionKind::Integer(number) if numbers => number.to_string(),
                ExpressionKind::Integer(number) => format!("\"{number}\""),
                ExpressionKind::Text(text) | ExpressionKind::Word(text) => {
                    super::super::code::quoted(&if exact { text.clone() } else { text.to_lowercase() })
                }
                _ => continue,
            };
            if seen.contains(&key) {
                self.remark(
                    value.span,
                    Severity::Attention,
                    "this value stands twice in the `switch`; only the first one counts here",
                );
                continue;
            }
            seen.push(key.clone());
            self.arm(&key, body, sink, last, out);
        }
        match default {
            Some(body) => self.arm("_", body, sink, last, out),
            None => out.push("    _ => {},".to_owned()),
        }
        out.push("}".to_owned());
    }

    fn arm(&mut self, key: &str, body: &Block, sink: &Sink, last: bool, out: &mut Vec<String>) {
        let mut lines = Vec::new();
        self.inside(Leaving::Switch { looped: false }, |emitter| lines = emitter.inner(body, sink, last));
        match lines.as_slice() {
            [] => out.push(format!("    {key} => {{}},")),
            [only]
                if only.ends_with(';') && only.len() < 80 && !only.contains("//") && is_expression(only) =>
            {
                out.push(format!("    {key} => {},", super::layout::bare(only).trim_end_matches(';')));
            }
            _ => {
                out.push(format!("    {key} => {{"));
                out.extend(indented(&lines));
                out.push("    }".to_owned());
            }
        }
    }

    /// Patterns that have to be tried one after the other.
    fn switch_on_tests(
        &mut self,
        item: &str,
        (wildcard, regex, exact): (bool, bool, bool),
        early: bool,
        arms: &[(SwitchPattern, Block)],
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let exclusive =
            arms.iter().all(|(pattern, body)| matches!(pattern, SwitchPattern::Default) || ends(body));
        let matched = if exclusive { None } else { Some(self.local("matched")) };
        let mut lines: Vec<String> = Vec::new();
        if let (Some(matched), true) =
            (&matched, arms.iter().any(|(pattern, _)| matches!(pattern, SwitchPattern::Default)))
        {
            lines.push(format!("let {matched} = false;"));
        }
        let has_default = arms.iter().any(|(pattern, _)| matches!(pattern, SwitchPattern::Default));
        let mut chain: Vec<String> = Vec::new();
        let mut default = Vec::new();
        for (pattern, body) in arms {
            let test = match pattern {
                SwitchPattern::Default => {
                    self.inside(Leaving::Switch { looped: early }, |emitter| {
                        default = emitter.inner(body, sink, false)
                    });
                    continue;
                }
                SwitchPattern::Value(value) => {
                    let wanted = self.expression(value)?.text;
                    match (wildcard, regex, exact) {
                        (true, ..) => format!("ps::like({item}, {wanted})"),
                        (_, true, _) => format!("ps::matches({item}, {wanted})"),
                        (_, _, true) => format!("{item} == {wanted}"),
                        _ => format!("ps::eq({item}, {wanted})"),
                    }
                }
                SwitchPattern::Condition(block) => match block.statements.as_slice() {
                    [only] => {
                        let value = self.value(only)?;
                        self.truth(&value).text
                    }
                    _ => {
                        return trouble(
                            Span::default(),
                            "the pattern of this `switch` is a block of several statements",
                        );
                    }
                },
            };
            let mut inside = Vec::new();
            self.inside(Leaving::Switch { looped: early }, |emitter| {
                inside = emitter.inner(body, sink, false)
            });
            if let Some(matched) = &matched {
                lines.push(format!("if {test} {{"));
                if has_default {
                    lines.push(format!("    {matched} = true;"));
                }
                lines.extend(inside);
                lines.push("}".to_owned());
            } else {
                match chain.last_mut() {
                    None => chain.push(format!("if {test} {{")),
                    Some(line) => *line = format!("}} else if {test} {{"),
                }
                chain.extend(inside);
                chain.push("}".to_owned());
            }
        }
        if !default.is_empty() {
            match (&matched, chain.last_mut()) {
                (Some(matched), _) => {
                    lines.push(format!("if !{matched} {{"));
                    lines.extend(default);
                    lines.push("}".to_owned());
                }
                (None, Some(line)) => {
                    *line = "} else {".to_owned();
                    chain.extend(default);
                    chain.push("}".to_owned());
                }
                (None, None) => {
                    lines.push("{".to_owned());
                    lines.extend(default);
                    lines.push("}".to_owned());
                }
            }
        }
        lines.append(&mut chain);
        if early {
            out.push("loop {".to_owned());
            out.extend(indented(&lines));
            out.push("    break;".to_owned());
            out.push("}".to_owned());
        } else {
            out.append(&mut lines);
        }
        Ok(())
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

    // ---- loops

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
                self.troubled += 1;
                self.statements += 1;
                self.remark(reason.span, Severity::Unsupported, reason.reason.clone());
                notes.push(format!("// TODO(convert): {}", reason.reason.replace(['\n', '\r'], " ")));
                for line in self.source(subject.span).to_owned().lines() {
                    notes.push(super::statements::comment_line(&format!("  {}", line.trim_end())));
                }
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
        self.inside(Leaving::Loop(None), |emitter| lines.extend(emitter.inner(body, sink, false)));
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
        let mut lines = Vec::new();
        self.inside(Leaving::Loop(None), |emitter| lines = emitter.inner(body, sink, false));
        let sign = if inclusive { "..=" } else { ".." };
        let mut out = vec![format!("for {rhai} in {}{sign}{} {{", from.at(Level::Sum), limit.at(Level::Sum))];
        out.extend(lines);
        out.push("}".to_owned());
        Ok(Some(out))
    }

    pub(super) fn while_statement(
        &mut self,
        condition: &Pipeline,
        body: &Block,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let test = self.condition(condition)?.text;
        let mut lines = Vec::new();
        self.inside(Leaving::Loop(None), |emitter| lines = emitter.inner(body, sink, false));
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
        let mut lines = Vec::new();
        self.inside(Leaving::Loop(None), |emitter| lines = emitter.inner(body, sink, false));
        let test = self.condition(condition)?.text;
        out.push("do {".to_owned());
        out.extend(lines);
        out.push(format!("}} {} {test};", if until { "until" } else { "while" }));
        Ok(())
    }

    // ---- errors

    pub(super) fn try_statement(
        &mut self,
        body: &Block,
        catches: &[(Vec<String>, Block)],
        finally: Option<&Block>,
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        // `try` is a statement and has no value: what its last statement leaves has to be returned.
        let tail = *sink == Sink::Tail && last;
        let mut lines = Vec::new();
        let inside = if tail { self.returning(body, sink) } else { self.inner(body, sink, false) };
        lines.push("try {".to_owned());
        lines.extend(inside);
        if catches.is_empty() {
            lines.push("}".to_owned());
        } else {
            let name = self.local("error");
            self.errors.push(name.clone());
            self.items.push(Code::atom(name.clone()));
            let [(_, first), rest @ ..] = catches else { return Ok(()) };
            let mut handlers = Vec::new();
            if rest.is_empty() {
                handlers = if tail { self.returning(first, sink) } else { self.inner(first, sink, false) };
            } else {
                // Types of exceptions tell nothing here: the last handler, which takes most, is the one that runs.
                let Some((_, general)) = catches.last() else { return Ok(()) };
                let kinds: Vec<&str> =
                    catches.iter().flat_map(|(kinds, _)| kinds.iter().map(String::as_str)).collect();
                self.remark(
                    general.statements.first().map_or(Span::default(), |statement| statement.span),
                    Severity::Attention,
                    format!("errors have no .NET types here ({}): the last `catch` takes them all; see `error.kind`", kinds.join(", ")),
                );
                handlers.extend(if tail {
                    self.returning(general, sink)
                } else {
                    self.inner(general, sink, false)
                });
            }
            self.items.pop();
            self.errors.pop();
            let used = handlers.iter().any(|line| mentions_word(line, &name));
            lines.push(if used { format!("}} catch ({name}) {{") } else { "} catch {".to_owned() });
            lines.extend(handlers);
            lines.push("}".to_owned());
        }
        let Some(finally) = finally else {
            if catches.is_empty() {
                // `try` alone is nothing in either language.
                lines.remove(0);
                lines.pop();
            }
            out.append(&mut lines);
            return Ok(());
        };
        let after = self.inner(finally, &if *sink == Sink::Tail { Sink::Drop } else { sink.clone() }, false);
        if leaves(body) || catches.iter().any(|(_, body)| leaves(body)) {
            self.remark(
                finally.statements.first().map_or(Span::default(), |statement| statement.span),
                Severity::Attention,
                "`finally` does not run here when the block before it is left by `return`, `break`, `continue` or `exit`",
            );
        }
        let name = self.local("problem");
        if catches.is_empty() {
            lines.pop();
            out.append(&mut lines);
        } else {
            out.push("try {".to_owned());
            out.extend(indented(&lines));
        }
        out.push(format!("}} catch ({name}) {{"));
        out.extend(after.iter().cloned());
        out.push(format!("    throw {name};"));
        out.push("}".to_owned());
        out.extend(after.iter().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned()));
        Ok(())
    }

    /// A block that is left with the value of its last statement.
    fn returning(&mut self, block: &Block, sink: &Sink) -> Vec<String> {
        let Some((last, rest)) = block.statements.split_last() else { return Vec::new() };
        let mut lines = Vec::new();
        self.statements(rest, sink, false, &mut lines);
        if let StatementKind::Pipeline(_) = &last.kind {
            for above in &last.above {
                super::statements::comment(above, &mut lines);
            }
            self.one(last, sink, false, true, &mut lines);
        } else if let StatementKind::If { arms, otherwise } = &last.kind {
            for above in &last.above {
                super::statements::comment(above, &mut lines);
            }
            let mut branches: Vec<String> = Vec::new();
            let mut notes = Vec::new();
            for (condition, body) in arms {
                let test = self.test(condition, &mut notes);
                match branches.last_mut() {
                    None => branches.push(format!("if {test} {{")),
                    Some(line) => *line = format!("}} else if {test} {{"),
                }
                branches.extend(self.returning(body, sink));
                branches.push("}".to_owned());
            }
            if let Some(body) = otherwise {
                if let Some(line) = branches.last_mut() {
                    *line = "} else {".to_owned();
                }
                branches.extend(self.returning(body, sink));
                branches.push("}".to_owned());
            }
            lines.append(&mut notes);
            lines.append(&mut branches);
        } else {
            self.statements(std::slice::from_ref(last), sink, false, &mut lines);
        }
        for comment in &block.closing {
            super::statements::comment(comment, &mut lines);
        }
        indented(&lines)
    }

    pub(super) fn throw(
        &mut self,
        span: Span,
        value: Option<&Pipeline>,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let caught = self.errors.last().cloned();
        let Some(value) = value else {
            match caught {
                Some(name) => out.push(format!("throw {name};")),
                None => out.push("throw #{ message: \"the script gave up\" };".to_owned()),
            }
            return Ok(());
        };
        let code = self.pipeline(value)?;
        if caught.as_ref().is_some_and(|name| code.text == *name) {
            out.push(format!("throw {};", code.text));
            return Ok(());
        }
        let _ = span;
        out.push(format!("throw #{{ message: {} }};", code.text));
        Ok(())
    }

    pub(super) fn exit(&mut self, value: Option<&Pipeline>, out: &mut Vec<String>) -> Outcome<()> {
        match value {
            None => out.push("exit();".to_owned()),
            Some(value) => {
                let code = self.pipeline(value)?;
                out.push(format!("exit({});", code.text));
            }
        }
        Ok(())
    }

    pub(super) fn return_statement(
        &mut self,
        value: Option<&Pipeline>,
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let leaving = self.frame().leaving.clone();
        let innermost =
            leaving.iter().rev().find(|leaving| matches!(leaving, Leaving::Item | Leaving::Closure)).cloned();
        let code = match value {
            Some(value) if self.wants_statements(value) && matches!(sink, Sink::Collect(_)) => {
                self.run(value, sink, false, out)?;
                None
            }
            Some(value) => Some(self.pipeline(value)?),
            None => None,
        };
        if innermost == Some(Leaving::Item) {
            if let Some(code) = code {
                self.give(code, sink, false, out);
            }
            if let Some(Leaving::Loop(_)) = leaving.last() {
                self.once(
                    Span::default(),
                    Severity::Attention,
                    "a `return` inside a loop inside ForEach-Object leaves only the inner loop here",
                );
                out.push("break;".to_owned());
            } else if !last || !matches!(leaving.last(), Some(Leaving::Item)) {
                out.push("continue;".to_owned());
            }
            return Ok(());
        }
        match sink {
            Sink::Tail => {
                let code = code.unwrap_or_else(Code::nothing);
                if code.gives == Gives::Nothing && code.text != "()" {
                    out.push(format!("{};", code.text));
                    if !last {
                        out.push("return;".to_owned());
                    }
                    return Ok(());
                }
                let plain = code.text == "()";
                if !plain || self.frame().gives.is_some() {
                    self.gave(&code.gives);
                }
                match (last, plain) {
                    (true, true) => {}
                    (true, false) => out.push(code.text),
                    (false, true) => out.push("return;".to_owned()),
                    (false, false) => out.push(format!("return {};", code.text)),
                }
            }
            Sink::Collect(name) if self.frame().function.is_some() || innermost.is_some() => {
                let name = name.clone();
                if let Some(code) = code {
                    self.give(code, sink, false, out);
                }
                out.push(format!("return ps::one({name});"));
            }
            _ => {
                if let Some(code) = code {
                    self.give(code, sink, false, out);
                }
                if !last || !matches!(sink, Sink::Answer) {
                    out.push("return;".to_owned());
                }
            }
        }
        Ok(())
    }

    pub(super) fn break_statement(
        &mut self,
        label: Option<&str>,
        span: Span,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        self.labelled(label, span);
        match self.frame().leaving.last().cloned() {
            Some(Leaving::Switch { looped: false }) => {}
            Some(Leaving::Switch { looped: true }) => out.push("break;".to_owned()),
            Some(Leaving::Loop(_)) => out.push("break;".to_owned()),
            Some(Leaving::Item) => {
                self.remark(
                    span,
                    Severity::Attention,
                    "`break` in ForEach-Object ends the whole script in PowerShell; here it ends the loop",
                );
                out.push("break;".to_owned());
            }
            Some(Leaving::Closure) => out.push("return;".to_owned()),
            None => {
                self.remark(span, Severity::Note, "`break` outside of a loop ends the script");
                out.push(if self.frame().function.is_some() {
                    "return;".to_owned()
                } else {
                    "exit();".to_owned()
                });
            }
        }
        Ok(())
    }

    pub(super) fn continue_statement(
        &mut self,
        label: Option<&str>,
        span: Span,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        self.labelled(label, span);
        let leaving = self.frame().leaving.clone();
        // Inside a `switch`, `continue` goes on with the loop around it where there is one.
        match leaving.iter().rev().find(|leaving| !matches!(leaving, Leaving::Switch { .. })) {
            Some(Leaving::Loop(Some(step))) if !step.is_empty() => {
                out.push(step.clone());
                out.push("continue;".to_owned());
            }
            Some(Leaving::Loop(_)) => out.push("continue;".to_owned()),
            Some(Leaving::Item) => {
                self.remark(span, Severity::Attention, "`continue` in ForEach-Object ends the whole script in PowerShell; here it goes on with the next one");
                out.push("continue;".to_owned());
            }
            Some(Leaving::Closure) => out.push("return;".to_owned()),
            _ => {
                self.remark(span, Severity::Note, "`continue` outside of a loop ends the script");
                out.push(if self.frame().function.is_some() {
                    "return;".to_owned()
                } else {
                    "exit();".to_owned()
                });
            }
        }
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

fn is_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && text.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
}

pub fn mentions_word(line: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_part)
            && !line[at + name.len()..].chars().next().is_some_and(is_part)
    })
}

/// `({ matches = ...; matches }) != ()` as what fills the variable, and its name.
fn filled(test: &str) -> Option<(String, String)> {
    let inside = test.strip_prefix("({ ")?.strip_suffix(" }) != ()")?;
    let (fill, name) = inside.rsplit_once("; ")?;
    (fill.starts_with(&format!("{name} = ")) && !fill.contains("; ") && !fill.contains("({ "))
        .then(|| (fill.to_owned(), name.to_owned()))
}

/// Whether the arms of a `switch` read what it is about as `$_`.
fn speaks_of_item(arms: &[(SwitchPattern, Block)]) -> bool {
    let mut found = false;
    for (_, body) in arms {
        super::walk::block(body, false, &mut |event| {
            if let super::walk::Event::Variable { name, .. } = event {
                found |= matches!(name.to_lowercase().as_str(), "_" | "psitem" | "switch");
            }
        });
    }
    found
}

/// Whether a line can stand as an arm without braces.
fn is_expression(line: &str) -> bool {
    let line = super::layout::bare(line);
    let line = line.trim_start();
    ![
        "let ", "if ", "for ", "while ", "switch ", "return", "throw", "break", "continue", "try ", "loop ",
        "do ", "{",
    ]
    .iter()
    .any(|word| line.starts_with(word))
        && !line.contains('\n')
        && line.matches(';').count() == 1
        && !assigns(line)
}

/// Whether a line is an assignment, which is no expression.
fn assigns(line: &str) -> bool {
    let head: String = line.chars().take_while(|letter| !matches!(letter, '"' | '`' | '(')).collect();
    head.contains(" = ") || head.contains(" += ") || head.contains(" -= ") || head.contains("] = ")
}

/// Whether a block always leaves what is around it.
fn ends(block: &Block) -> bool {
    block.statements.last().is_some_and(|last| {
        matches!(
            last.kind,
            StatementKind::Break(_)
                | StatementKind::Return(_)
                | StatementKind::Continue(_)
                | StatementKind::Exit(_)
                | StatementKind::Throw(_)
        )
    })
}

/// Whether `break` stands somewhere else than at the end of an arm.
fn breaks_early(block: &Block) -> bool {
    fn any(list: &[Statement], skip_last: bool) -> bool {
        let upto = if skip_last { list.len().saturating_sub(1) } else { list.len() };
        list.iter().take(upto).any(|statement| matches!(statement.kind, StatementKind::Break(_)))
            || list.iter().any(|statement| match &statement.kind {
                StatementKind::If { arms, otherwise } => {
                    arms.iter().any(|(_, body)| any(&body.statements, false))
                        || otherwise.as_ref().is_some_and(|body| any(&body.statements, false))
                }
                StatementKind::Try { body, catches, .. } => {
                    any(&body.statements, false)
                        || catches.iter().any(|(_, body)| any(&body.statements, false))
                }
                _ => false,
            })
    }
    any(&block.statements, true)
}

/// Whether a block may be left other than by its end or an error.
fn leaves(block: &Block) -> bool {
    block.statements.iter().any(|statement| match &statement.kind {
        StatementKind::Return(_)
        | StatementKind::Break(_)
        | StatementKind::Continue(_)
        | StatementKind::Exit(_) => true,
        StatementKind::If { arms, otherwise } => {
            arms.iter().any(|(_, body)| leaves(body)) || otherwise.as_ref().is_some_and(leaves)
        }
        StatementKind::Try { body, catches, .. } => {
            leaves(body) || catches.iter().any(|(_, body)| leaves(body))
        }
        StatementKind::Foreach { body, .. } | StatementKind::While { body, .. } => leaves(body),
        _ => false,
    })
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
