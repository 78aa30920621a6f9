//! Ways out: `try`, `throw`, `return`, `exit`, `break`, `continue`.

use super::super::code::{Code, Gives, Severity};
use super::super::syntax::*;
use super::arguments::Errors;
use super::statements::indented;
use super::{Emitter, Leaving, Outcome, Sink};

impl Emitter<'_> {
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
        let exposed = self.exposed;
        let inside = if tail { self.returning(body, sink) } else { self.inner(body, sink, false) };
        lines.push("try {".to_owned());
        lines.extend(inside);
        if catches.is_empty() {
            lines.push("}".to_owned());
        } else {
            // What fails in there is taken.
            self.exposed = exposed;
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

    /// The body of a loop over many things. Where a write in it fails, PowerShell shows the error and goes on; so does the loop, with
    /// the next thing: what comes after what failed most often needs it. A loop that only reads ends: a report that lacks rows is
    /// worse than none.
    pub(super) fn round(
        &mut self,
        leaving: Leaving,
        work: impl FnOnce(&mut Self) -> Vec<String>,
    ) -> Vec<String> {
        let exposed = self.exposed;
        self.going_on += 1;
        let mut lines = Vec::new();
        self.inside(leaving, |emitter| lines = work(emitter));
        self.going_on -= 1;
        self.going_on_after(exposed, lines)
    }

    /// The lines of a round; `exposed` is how many commands might have failed before it.
    pub(super) fn going_on_after(&mut self, exposed: usize, lines: Vec<String>) -> Vec<String> {
        if self.exposed == exposed || self.stops {
            return lines;
        }
        self.exposed = exposed;
        let name = self.local("problem");
        let mut whole = vec!["    try {".to_owned()];
        whole.extend(indented(&lines));
        whole.push(format!("    }} catch ({name}) {{"));
        whole.push(format!("        ps::go_on({name});"));
        whole.push("    }".to_owned());
        whole
    }

    /// An error of a service may come from here.
    pub(super) fn may_fail(&mut self, span: Span, writes: bool, errors: &Errors) {
        if errors.stop || self.stops {
            return;
        }
        self.exposed += usize::from(writes);
        let note = match self.going_on {
            0 => {
                "an error ends the script here unless `try`/`catch` takes it; in PowerShell most cmdlets go on to the next line"
            }
            _ if !writes => return,
            _ => {
                "an error in this loop is shown, and the loop goes on with the next; PowerShell would go on with the next line"
            }
        };
        self.once(span, Severity::Note, note);
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
                let inside = self.frame().function.is_some();
                out.push(if inside { "return;" } else { "exit();" }.to_owned());
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
                let inside = self.frame().function.is_some();
                out.push(if inside { "return;" } else { "exit();" }.to_owned());
            }
        }
        Ok(())
    }
}

pub fn mentions_word(line: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    line.match_indices(name).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_part)
            && !line[at + name.len()..].chars().next().is_some_and(is_part)
    })
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
