//! Pipelines: one expression where that reads well, a loop where there is work to do for each.

use super::super::cmdlets;
use super::super::code::{Code, Gives, Level, Severity};
use super::super::syntax::*;
use super::arguments::{Raw, raw};
use super::commands::resolved;
use super::statements::indented;
use super::types::{self, is_array, is_single};
use super::walk::word;
use super::{Emitter, Leaving, Outcome, Sink, trouble};

/// Cmdlets that take the whole list at once.
const WHOLE: &[&str] = &[
    "export-csv",
    "out-file",
    "set-content",
    "add-content",
    "format-table",
    "format-list",
    "format-wide",
    "format-custom",
    "out-gridview",
    "convertto-json",
    "convertto-csv",
    "convertto-html",
    "convertfrom-json",
    "convertfrom-csv",
    "convertfrom-stringdata",
    "out-string",
    "out-host",
    "out-default",
    "get-unique",
    "export-clixml",
    "compare-object",
    "write-output",
    "export-excel",
    "out-null",
    "tee-object",
    "select-string",
    "set-clipboard",
    "out-printer",
];

fn lower_name(order: &Command) -> String {
    resolved(order).unwrap_or_default().to_lowercase()
}

/// The block of ForEach-Object, where it has one.
fn blocks(order: &Command) -> Blocks<'_> {
    let list = raw(order, &|_| false);
    let mut found = Blocks::default();
    let mut plain = Vec::new();
    for each in list {
        match each {
            Raw::Named(name, Some(Expression { kind: ExpressionKind::Script(body), .. })) => {
                let lower = name.to_lowercase();
                match lower.as_str() {
                    text if "begin".starts_with(text) => found.begin = Some(body),
                    text if text == "end" || text == "en" => found.end = Some(body),
                    text if "parallel".starts_with(text) => {
                        found.parallel = true;
                        plain.push(&**body);
                    }
                    _ => plain.push(&**body),
                }
            }
            Raw::Value(Expression { kind: ExpressionKind::Script(body), .. }) => plain.push(body),
            Raw::Named(name, Some(value)) if "membername".starts_with(&name.to_lowercase()) => {
                found.member = word(value)
            }
            Raw::Value(value) if found.member.is_none() => found.member = word(value),
            _ => {}
        }
    }
    // `ForEach-Object { begin } { process } { end }`
    match plain.as_slice() {
        [only] => found.process = Some(only),
        [begin, process] => (found.begin, found.process) = (Some(*begin), Some(*process)),
        [begin, process, end, ..] => {
            (found.begin, found.process, found.end) = (Some(*begin), Some(*process), Some(*end));
        }
        [] => {}
    }
    found
}

#[derive(Default)]
struct Blocks<'t> {
    begin: Option<&'t Block>,
    process: Option<&'t Block>,
    end: Option<&'t Block>,
    member: Option<&'t str>,
    parallel: bool,
}

/// Whether a block is one expression whose value is wanted.
fn is_simple(block: &Block) -> bool {
    block.named.is_empty()
        && block.closing.is_empty()
        && matches!(block.statements.as_slice(), [only] if only.above.is_empty()
            && matches!(&only.kind, StatementKind::Pipeline(line) if line.chained.is_none() && !is_step(line)))
}

/// `$i++`
fn is_step(line: &Pipeline) -> bool {
    matches!(
        line.elements.as_slice(),
        [Element::Expression(Expression { kind: ExpressionKind::Postfix { .. }, .. })]
    )
}

impl Emitter<'_> {
    /// A pipeline where a value is wanted.
    pub(super) fn pipeline(&mut self, line: &Pipeline) -> Outcome<Code> {
        if line.chained.is_some() {
            return trouble(line.span, "`&&` and `||` between commands have no value here");
        }
        self.flow(line.span, &line.elements)
    }

    fn flow(&mut self, span: Span, elements: &[Element]) -> Outcome<Code> {
        let Some((last, rest)) = elements.split_last() else { return Ok(Code::nothing()) };
        if rest.is_empty() {
            return match last {
                Element::Expression(value) => self.expression(value),
                Element::Command(order) => self.source_command(order),
            };
        }
        let source = self.flow(span, rest)?;
        match last {
            Element::Expression(_) => trouble(span, "an expression cannot take what comes down the pipe"),
            Element::Command(order) => self.stage(source, order),
        }
    }

    /// A command that nothing comes to by a pipe.
    fn source_command(&mut self, order: &Command) -> Outcome<Code> {
        let lower = lower_name(order);
        if self.own_function(order).is_none()
            && matches!(
                lower.as_str(),
                "where-object"
                    | "foreach-object"
                    | "select-object"
                    | "sort-object"
                    | "group-object"
                    | "measure-object"
            )
        {
            let list = raw(order, &|name| cmdlets::is_switch(&lower, name));
            for each in &list {
                if let Raw::Named(name, Some(value)) = each
                    && "inputobject".starts_with(&name.to_lowercase())
                {
                    let source = self.expression(value)?;
                    return self.stage(source, order);
                }
            }
            return trouble(order.span, format!("nothing comes down the pipe to `{lower}`"));
        }
        self.command(order, None)
    }

    /// What a command makes of what comes down the pipe.
    fn stage(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        if let Some(info) = self.own_function(order) {
            if info.process {
                return self.command(order, Some(source));
            }
            return self.for_each_command(source, order);
        }
        let lower = lower_name(order);
        match lower.as_str() {
            "where-object" => self.where_object(source, order),
            "foreach-object" => self.foreach_object(source, order),
            "select-object" => self.select_object(source, order),
            "sort-object" => self.sort_object(source, order),
            "group-object" => self.group_object(source, order),
            "measure-object" => self.measure_object(source, order),
            "out-default" | "out-host" => Ok(source),
            _ if WHOLE.contains(&lower.as_str()) => {
                for argument in &order.arguments {
                    if let Argument::Value(value) | Argument::Parameter { value: Some(value), .. } = argument
                    {
                        self.notice_names(&source.gives, value);
                    }
                }
                let source = match types::unwrapped(&source) {
                    Some(inner) if lower != "write-output" && lower != "out-null" => inner,
                    _ => source,
                };
                self.command(order, Some(source))
            }
            "tee-object" => Ok(source),
            "" => {
                // `| & { ... }` for each.
                self.for_each_command(source, order)
            }
            _ => self.for_each_command(source, order),
        }
    }

    fn notice_names(&mut self, gives: &Gives, value: &Expression) {
        match &value.kind {
            ExpressionKind::List(items) => items.iter().for_each(|item| self.notice_names(gives, item)),
            _ => {
                if let Some(name) = word(value) {
                    self.noticed(gives, name);
                }
            }
        }
    }

    /// A cmdlet that works on one thing at a time.
    fn for_each_command(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        if is_single(&source.gives) {
            return self.command(order, Some(source));
        }
        let list = types::each(&source);
        let item = self.item_name(&list, &[]);
        let element = Code::atom(item.clone()).giving(types::element(&list.gives));
        self.items.push(element.clone());
        let exposed = self.exposed;
        let code = self.command(order, Some(element));
        self.items.pop();
        let code = code?;
        if code.gives == Gives::Nothing {
            return Ok(if code.text == "()" {
                code
            } else {
                self.for_each_line(&item, &list, &code, exposed)
            });
        }
        let mapped = format!("{}.map(|{item}| {})", list.at(Level::Atom), code.text);
        Ok(match is_array(&code.gives) {
            true => Code::atom(format!("ps::flatten({mapped})")).giving(code.gives),
            false if is_single(&code.gives) => Code::atom(format!("ps::one({mapped})")),
            false => Code::atom(format!("ps::one(ps::flatten({mapped}))")),
        })
    }

    fn where_object(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        let list = raw(order, &|name| {
            let lower = name.to_lowercase();
            ["not", "is", "isnot"].contains(&lower.as_str()) || is_operator(&lower)
        });
        let mut block = None;
        let mut property: Option<&Expression> = None;
        let mut operator = None;
        let mut value: Option<&Expression> = None;
        for each in &list {
            match each {
                Raw::Value(Expression { kind: ExpressionKind::Script(body), .. })
                | Raw::Named(_, Some(Expression { kind: ExpressionKind::Script(body), .. })) => {
                    block = Some(&**body)
                }
                Raw::Named(name, given) => {
                    let lower = name.to_lowercase();
                    match given {
                        Some(given) if "property".starts_with(&lower) => property = Some(given),
                        Some(given) if "value".starts_with(&lower) => value = Some(given),
                        Some(given) if is_operator(&lower) => {
                            operator = Some(lower);
                            value = Some(given);
                        }
                        None if is_operator(&lower) || lower == "not" => operator = Some(lower),
                        _ => {}
                    }
                }
                Raw::Value(given) if property.is_none() => property = Some(given),
                Raw::Value(given) => value = Some(given),
                Raw::Splat(..) => {}
            }
        }
        if let Some(block) = block {
            return self.where_block(&source, block);
        }
        if let Some(test) = property.filter(|property| word(property).is_none() && operator.is_none()) {
            let code = self.expression(test)?;
            let list = types::each(&source);
            let item = self.item_name(&list, &[]);
            let gives = list.gives.clone();
            let text = format!(
                "{}.filter(|{item}| ps::truth({}.call({item})))",
                list.at(Level::Atom),
                code.at(Level::Atom)
            );
            return Ok(Code::atom(text).giving(gives));
        }
        let Some(property) = property.and_then(word) else {
            return trouble(order.span, "this Where-Object has neither a block nor a property");
        };
        let list = types::each(&source);
        let item = self.item_name(&list, &[]);
        let element = Code::atom(item.clone()).giving(types::element(&list.gives));
        self.items.push(element.clone());
        let outcome = self.where_simple(order.span, &element, property, operator.as_deref(), value);
        self.items.pop();
        let test = outcome?;
        let gives = list.gives.clone();
        Ok(Code::atom(format!("{}.filter(|{item}| {})", list.at(Level::Atom), test.text)).giving(gives))
    }

    fn where_simple(
        &mut self,
        span: Span,
        element: &Code,
        property: &str,
        operator: Option<&str>,
        value: Option<&Expression>,
    ) -> Outcome<Code> {
        let left = self.property(element, property);
        let test = match (operator, value) {
            (Some("not"), _) => return Ok(self.negation(&left)),
            (Some(operator), Some(value)) => {
                let right = self.expression(value)?;
                self.operate(span, operator, left, right)?
            }
            _ => left,
        };
        Ok(self.truth(&test))
    }

    fn foreach_object(&mut self, source: Code, order: &Command) -> Outcome<Code> {
        let parts = blocks(order);
        if let (Some(member), None) = (parts.member, parts.process) {
            let list = types::each(&source);
            let item = self.item_name(&list, &[]);
            let element = Code::atom(item.clone()).giving(types::element(&list.gives));
            let code = self.property(&element, member);
            let gives = types::array_of(&code.gives);
            return Ok(
                Code::atom(format!("{}.map(|{item}| {})", list.at(Level::Atom), code.text)).giving(gives)
            );
        }
        let Some(process) = parts.process else {
            return trouble(order.span, "this ForEach-Object has no block");
        };
        if parts.begin.is_none() && parts.end.is_none() {
            return self.for_each_value(&source, process);
        }
        self.collected(|emitter, sink, out| emitter.loop_over(source, order, sink, out))
    }

    /// ForEach-Object where a value is wanted.
    pub(super) fn for_each_value(&mut self, source: &Code, block: &Block) -> Outcome<Code> {
        let list = types::each(source);
        let used = self.used(block);
        let item = self.item_name(&list, &used);
        let element = Code::atom(item.clone()).giving(types::element(&list.gives));
        self.items.push(element);
        let outcome = self.mapped(&list, &item, block);
        self.items.pop();
        outcome
    }

    /// A loop over one line that gives nothing.
    fn for_each_line(&mut self, item: &str, list: &Code, code: &Code, exposed: usize) -> Code {
        let line: Vec<String> = format!("{};", code.text).split('\n').map(str::to_owned).collect();
        let body = self.going_on_after(exposed, indented(&line)).join("\n");
        Code::new(format!("for {item} in {} {{\n{body}\n}}", list.text), Level::Loose).giving(Gives::Nothing)
    }

    fn mapped(&mut self, list: &Code, item: &str, block: &Block) -> Outcome<Code> {
        if is_simple(block)
            && let [only] = block.statements.as_slice()
        {
            let exposed = self.exposed;
            let code = self.value(only)?;
            if code.gives == Gives::Nothing && code.text != "()" {
                return Ok(self.for_each_line(item, list, &code, exposed));
            }
            let mapped = format!("{}.map(|{item}| {})", list.at(Level::Atom), code.text);
            return Ok(match is_array(&code.gives) {
                true => Code::atom(format!("ps::flatten({mapped})")).giving(code.gives),
                false => Code::atom(mapped).giving(types::array_of(&types::element(&code.gives))),
            });
        }
        let name = self.sink_name();
        let mut lines = vec![format!("let {name} = [];")];
        self.sinks.push(name.clone());
        self.inside(Leaving::Closure, |emitter| {
            let sink = Sink::Collect(name.clone());
            emitter.statements(&block.statements, &sink, false, &mut lines);
            for comment in &block.closing {
                super::statements::comment(comment, &mut lines);
            }
        });
        self.sinks.pop();
        lines.push(name);
        let body = super::statements::block_value(&lines);
        Ok(Code::atom(format!("ps::flatten({}.map(|{item}| {}))", list.at(Level::Atom), body.text))
            .giving(Gives::List(Box::new(Gives::Unknown))))
    }

    /// Whether a pipeline is better said in statements.
    pub(super) fn wants_statements(&self, line: &Pipeline) -> bool {
        let [_, .., Element::Command(order)] = line.elements.as_slice() else { return false };
        if self.own_function(order).is_some() || lower_name(order) != "foreach-object" {
            return false;
        }
        let parts = blocks(order);
        parts.begin.is_some() || parts.end.is_some() || parts.process.is_some_and(|block| !is_simple(block))
    }

    // ---- as statements

    /// A pipeline as a statement.
    pub(super) fn run(
        &mut self,
        line: &Pipeline,
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        self.run_elements(line.span, &line.elements, sink, last, out)
    }

    fn run_elements(
        &mut self,
        span: Span,
        elements: &[Element],
        sink: &Sink,
        last: bool,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let Some((Element::Command(order), rest)) = elements.split_last() else {
            let code = self.flow(span, elements)?;
            self.give(code, sink, last, out);
            return Ok(());
        };
        let own = self.own_function(order);
        let lower = if own.is_some() { String::new() } else { lower_name(order) };
        if rest.is_empty() {
            // `& { ... }` in place.
            if let CommandName::Call(what) = &order.name
                && let ExpressionKind::Script(body) = &what.kind
                && order.arguments.is_empty()
            {
                self.body(body, sink, out);
                return Ok(());
            }
            let code = self.source_command(order)?;
            self.give_effect(code, sink, last, out);
            return Ok(());
        }
        match lower.as_str() {
            "out-null" => self.run_elements(span, rest, &Sink::Drop, false, out),
            "foreach-object" if blocks(order).process.is_some() => {
                let source = self.flow(span, rest)?;
                let sink = if *sink == Sink::Tail || *sink == Sink::Answer {
                    self.overflowing(sink)
                } else {
                    sink.clone()
                };
                self.loop_over(source, order, &sink, out)
            }
            _ => {
                let code = self.flow(span, elements)?;
                self.give_effect(code, sink, last, out);
                Ok(())
            }
        }
    }

    /// A loop has no value: what its body leaves is shown at the prompt, and collected in a function.
    fn overflowing(&mut self, sink: &Sink) -> Sink {
        match sink {
            Sink::Answer => Sink::Print,
            other => other.clone(),
        }
    }

    /// `for ...` and `try ...` are statements by themselves.
    fn give_effect(&mut self, code: Code, sink: &Sink, last: bool, out: &mut Vec<String>) {
        if code.gives == Gives::Nothing {
            if code.text.starts_with("for ") && code.text.ends_with('}') {
                out.extend(code.text.split('\n').map(str::to_owned));
                return;
            }
            if let Some(inner) =
                code.text.strip_prefix("ps::attempt(|| ").and_then(|rest| rest.strip_suffix(')'))
                && !code.text.contains(", |error|")
            {
                out.push(format!("try {{ {inner}; }} catch {{ }}"));
                return;
            }
        }
        self.give(code, sink, last, out);
    }

    /// ForEach-Object as a loop.
    fn loop_over(
        &mut self,
        source: Code,
        order: &Command,
        sink: &Sink,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let parts = blocks(order);
        let Some(process) = parts.process else {
            return trouble(order.span, "this ForEach-Object has no block");
        };
        if parts.parallel {
            self.once(
                order.span,
                Severity::Note,
                "-Parallel: this loop takes one after the other; `bulk` takes several at once",
            );
        }
        if let Some(begin) = parts.begin {
            self.statements(&begin.statements, sink, false, out);
        }
        let (over, gives) = self.over(source.clone());
        let list = types::each(&source);
        let used = self.used(process);
        let item = self.item_name(&list, &used);
        self.items.push(Code::atom(item.clone()).giving(gives));
        self.before_removal = false;
        let lines = self.round(Leaving::Item, |emitter| emitter.inner(process, sink, false));
        self.items.pop();
        out.push(format!("for {item} in {over} {{"));
        out.extend(lines);
        out.push("}".to_owned());
        if let Some(end) = parts.end {
            self.statements(&end.statements, sink, false, out);
        }
        Ok(())
    }
}

pub fn is_operator(lower: &str) -> bool {
    let plain = without_case(lower);
    // What changes text is no test.
    matches!(plain, "is" | "isnot") || COMPARING.contains(&plain) && !matches!(plain, "replace" | "split")
}
