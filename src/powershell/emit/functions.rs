//! Functions: `fn` where one needs nothing from outside, a closure where it does; and the parameters of a script.

use std::collections::{BTreeSet, HashMap};

use super::super::code::{Code, Gives, Severity, quoted};
use super::super::syntax::*;
use super::names::{self, Names};
use super::plan::{self, Survey};
use super::statements::{comment, indented};
use super::types;
use super::walk::{self, Event, address};
use super::{Emitter, Frame, Outcome, Sink};

/// What a call has to know of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Formal {
    pub lower: String,
    pub aliases: Vec<String>,
    pub switch: bool,
    pub from_pipeline: bool,
}

/// What a call has to know of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: String,
    pub rhai: String,
    pub formals: Vec<Formal>,
    pub closure: bool,
    pub recursive: bool,
    pub gives: Gives,
    /// The address of its body, under which its variables are known.
    pub key: usize,
    /// It goes over what comes down the pipe.
    pub process: bool,
    /// It reads `$args`.
    pub rest: bool,
    calls: BTreeSet<String>,
    /// Variables of the script that it needs.
    outer: Vec<String>,
}

impl Function {
    /// What comes down the pipe has a parameter that only the translation has.
    fn takes_pipe_apart(&self) -> bool {
        self.process && self.pipeline_parameter().is_none()
    }

    pub fn pipeline_parameter(&self) -> Option<usize> {
        self.formals.iter().position(|formal| formal.from_pipeline)
    }
}

pub fn same(a: &HashMap<String, Function>, b: &HashMap<String, Function>) -> bool {
    a.len() == b.len()
        && a.iter().all(|(name, function)| b.get(name).is_some_and(|other| function.gives == other.gives))
}

/// Takes notice of all functions, so that they can be called before they are written.
pub fn collect(
    tree: &Block,
    survey: &Survey,
    functions: &mut HashMap<String, Function>,
    names: &mut Names,
    top: bool,
) {
    // Only what is a statement of the script itself can become an `fn`.
    let direct: Vec<usize> = tree
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Function { body, .. } => Some(address(body)),
            _ => None,
        })
        .collect();
    let mut found: Vec<(&str, &Block, bool)> = Vec::new();
    walk::block(tree, false, &mut |event| {
        if let Event::Function { name, body } = event {
            found.push((name, body, top && direct.contains(&address(body))));
        }
    });
    for (name, body, is_top) in found {
        let plan = plan::plan(body, survey, plan::Kind::Function, &std::collections::HashSet::new());
        let mut calls = BTreeSet::new();
        let mut rest = false;
        let mut reads_pipe = false;
        walk::block(body, false, &mut |event| match event {
            Event::Command(word) => {
                calls.insert(word.to_lowercase());
            }
            Event::Variable { name, .. } => {
                rest |= name.eq_ignore_ascii_case("args");
                reads_pipe |= name.eq_ignore_ascii_case("input");
            }
            _ => {}
        });
        let lower = plain_name(name).to_lowercase();
        let formals: Vec<Formal> = body
            .parameters
            .iter()
            .map(|parameter| Formal {
                lower: parameter.name.to_lowercase(),
                aliases: parameter.aliases.iter().map(|alias| alias.to_lowercase()).collect(),
                switch: is_switch(parameter),
                from_pipeline: parameter.from_pipeline,
            })
            .collect();
        let process = body.named.iter().any(|(part, _)| *part == NamedBlock::Process)
            || formals.iter().any(|formal| formal.from_pipeline);
        let _ = reads_pipe;
        let function = Function {
            name: plain_name(name).to_owned(),
            rhai: names.function(plain_name(name)),
            closure: !is_top || !plan.outer.is_empty() || !plan.inherits.is_empty(),
            recursive: calls.contains(&lower),
            gives: functions.get(&lower).map_or(Gives::Unknown, |known| known.gives.clone()),
            key: address(body),
            process,
            rest: rest && formals.is_empty(),
            calls,
            outer: plan.outer.iter().chain(&plan.inherits).cloned().collect(),
            formals,
        };
        functions.insert(lower, function);
        collect(body, survey, functions, names, false);
    }
}

/// `global:Get-It` is `Get-It`.
pub fn plain_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn is_switch(parameter: &Parameter) -> bool {
    parameter.type_name.as_deref().is_some_and(|name| {
        let lower = name.to_lowercase();
        lower == "switch" || lower.ends_with("switchparameter")
    })
}

/// Who calls a closure is a closure: a `fn` cannot see it.
pub fn settle(functions: &mut HashMap<String, Function>) {
    loop {
        let closures: BTreeSet<String> =
            functions.iter().filter(|(_, function)| function.closure).map(|(name, _)| name.clone()).collect();
        let mut changed = false;
        for function in functions.values_mut() {
            let calls = function
                .calls
                .iter()
                .any(|call| closures.contains(call) && *call != function.name.to_lowercase());
            if !function.closure && calls {
                function.closure = true;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

impl Emitter<'_> {
    pub(super) fn function(
        &mut self,
        statement: &Statement,
        name: &str,
        body: &Block,
        out: &mut Vec<String>,
    ) -> Outcome<()> {
        let lower = plain_name(name).to_lowercase();
        if !self.defined.insert(address(body)) {
            return Ok(());
        }
        let Some(info) = self.facts.functions.get(&lower).cloned() else { return Ok(()) };
        let info = Function { key: address(body), ..info };
        // Closures that it calls have to be there before it.
        if info.closure && self.frames.len() == 1 {
            let tree = self.tree;
            for other in &tree.statements {
                if let StatementKind::Function { name, body, .. } = &other.kind {
                    let theirs = plain_name(name).to_lowercase();
                    let wanted = info.calls.contains(&theirs)
                        && theirs != lower
                        && !self.defined.contains(&address(body))
                        && self.facts.functions.get(&theirs).is_some_and(|function| function.closure);
                    if wanted {
                        // It moves up, and so do the variables that it needs.
                        let needed = self
                            .facts
                            .functions
                            .get(&theirs)
                            .map(|function| function.outer.clone())
                            .unwrap_or_default();
                        for name in needed {
                            if self.frame().plan.locals.contains(&name) {
                                self.declare(&name, out);
                            }
                        }
                        for above in &other.above {
                            comment(above, out);
                        }
                        self.one(other, &Sink::Drop, false, false, out);
                    }
                }
            }
        }
        let plan = plan::plan(body, &self.survey, plan::Kind::Function, &std::collections::HashSet::new());
        let collects = self.facts.collects.contains(&info.key);
        let sink = if collects { Sink::Collect("output".to_owned()) } else { Sink::Tail };
        self.frames.push(Frame { key: info.key, plan, function: Some(lower.clone()), ..Frame::default() });
        let held = (
            std::mem::take(&mut self.items),
            std::mem::take(&mut self.errors),
            std::mem::take(&mut self.sinks),
            std::mem::take(&mut self.exposed),
            std::mem::take(&mut self.going_on),
        );
        if collects {
            self.sinks.push("output".to_owned());
        }
        let mut lines = Vec::new();
        for above in &body.opening {
            comment(above, &mut lines);
        }
        if collects {
            lines.push("let output = [];".to_owned());
        }
        let mut heads = Vec::new();
        for (formal, parameter) in info.formals.iter().zip(&body.parameters) {
            self.formal(&info, formal, parameter, &mut heads, &mut lines);
        }
        if info.rest || info.takes_pipe_apart() {
            heads.push("arguments".to_owned());
        }
        self.declare_top(&mut lines);
        if info.process {
            self.process(&info, body, &sink, &mut lines);
        } else {
            self.body(body, &sink, &mut lines);
        }
        if collects {
            lines.push("ps::one(output)".to_owned());
        }
        if self.exposed > 0 {
            self.found.fallible.insert(lower.clone());
        }
        (self.items, self.errors, self.sinks, self.exposed, self.going_on) = held;
        let frame = self.frames.pop();
        let gives = match frame.and_then(|frame| frame.gives) {
            _ if collects => Gives::Unknown,
            Some(gives) => gives,
            None => Gives::Nothing,
        };
        let known = self.found.functions.get(&lower).map(|known| known.gives.clone());
        let gives = match known {
            Some(known) if known != Gives::Unknown => types::join(&known, &gives),
            _ => gives,
        };
        self.found.functions.insert(lower.clone(), Function { gives, ..info.clone() });
        let comma = heads.join(", ");
        if info.closure {
            let own = if info.recursive {
                [info.rhai.clone()].into_iter().chain(heads).collect::<Vec<_>>().join(", ")
            } else {
                comma
            };
            let in_block = self.frames.len() == 1
                && !self.tree.statements.iter().any(|other| std::ptr::eq(other, statement));
            if in_block {
                self.found.early.insert(lower.clone());
            }
            let keep = if self.facts.early.contains(&lower) { "" } else { "let " };
            out.push(format!("{keep}{} = |{own}| {{", info.rhai));
            out.extend(indented(&lines));
            out.push("};".to_owned());
        } else {
            out.push(format!("fn {}({comma}) {{", info.rhai));
            out.extend(indented(&lines));
            out.push("}".to_owned());
        }
        Ok(())
    }

    /// A parameter: its name in the head, and what is done about its absence.
    fn formal(
        &mut self,
        info: &Function,
        formal: &Formal,
        parameter: &Parameter,
        heads: &mut Vec<String>,
        lines: &mut Vec<String>,
    ) {
        let rhai = self.names.variable(&parameter.name);
        let is_pipe =
            info.process && info.pipeline_parameter().is_some_and(|at| info.formals.get(at) == Some(formal));
        if is_pipe {
            heads.push(format!("all_{rhai}"));
            return;
        }
        heads.push(rhai.clone());
        if let Some(text) = parameter.comment.as_ref().or(parameter.help.as_ref()) {
            lines.push(format!("// {rhai}: {}", text.replace(['\n', '\r'], " ").trim()));
        }
        if let Some(default) = &parameter.default {
            match self.expression(default) {
                Ok(code) if code.text == "()" => {}
                Ok(code) => {
                    self.learn(info.key, &formal.lower, &code.gives);
                    lines.push(format!("let {rhai} = {rhai} ?? {};", code.at(super::super::code::Level::Or)));
                }
                Err(reason) => {
                    let text = format!("the default of `${}`: {}", parameter.name, reason.reason);
                    self.left_over(&text, reason.span, default.span, lines);
                }
            }
        }
    }

    /// A function that goes over what comes down the pipe.
    fn process(&mut self, info: &Function, body: &Block, sink: &Sink, lines: &mut Vec<String>) {
        let inner = if *sink == Sink::Tail { Sink::Tail } else { sink.clone() };
        let formal = info.pipeline_parameter().and_then(|at| body.parameters.get(at));
        let (list, item) = match formal {
            Some(parameter) => {
                let rhai = self.names.variable(&parameter.name);
                (format!("all_{rhai}"), rhai)
            }
            None => ("arguments".to_owned(), self.local("item")),
        };
        if let Some(parameter) = formal {
            let lower = parameter.name.to_lowercase();
            let known = self.facts.types.get(&(info.key, lower)).cloned().unwrap_or_default();
            self.items.push(Code::atom(item.clone()).giving(types::element(&known)));
        } else {
            self.items.push(Code::atom(item.clone()));
        }
        let part = |wanted: NamedBlock| {
            body.named.iter().filter(move |(part, _)| *part == wanted).map(|(_, list)| list)
        };
        for begin in part(NamedBlock::Begin) {
            self.statements(begin, &inner, false, lines);
        }
        let looped = self.round(super::Leaving::Item, |emitter| {
            let mut looped = Vec::new();
            for process in
                body.named.iter().filter(|(part, _)| *part == NamedBlock::Process).map(|(_, list)| list)
            {
                emitter.statements(process, &inner, false, &mut looped);
            }
            if body.named.is_empty() {
                emitter.statements(&body.statements, &inner, false, &mut looped);
            }
            indented(&looped)
        });
        lines.push(format!("for {item} in ps::each({list}) {{"));
        lines.extend(looped);
        lines.push("}".to_owned());
        for end in part(NamedBlock::End) {
            self.statements(end, &inner, true, lines);
        }
        self.items.pop();
    }

    /// A call of one of the script's own functions.
    pub(super) fn call_function(
        &mut self,
        info: &Function,
        named: Vec<(String, Option<Code>)>,
        positional: Vec<Code>,
        piped: Option<Code>,
        span: Span,
    ) -> Outcome<Code> {
        let mut given: Vec<Option<Code>> = vec![None; info.formals.len()];
        for (name, value) in named {
            let lower = name.to_lowercase();
            let at = info
                .formals
                .iter()
                .position(|formal| formal.lower == lower || formal.aliases.contains(&lower))
                .or_else(|| info.formals.iter().position(|formal| formal.lower.starts_with(&lower)));
            match at.and_then(|at| given.get_mut(at)) {
                Some(place) => *place = Some(value.unwrap_or_else(|| Code::truth(true))),
                None => self.remark(
                    span,
                    Severity::Warning,
                    format!(
                        "`{}` has no parameter `-{name}`; PowerShell stops here with an error",
                        info.name
                    ),
                ),
            }
        }
        let pipe = info.pipeline_parameter().filter(|_| info.process);
        let mut rest = Vec::new();
        let has_pipe = piped.is_some();
        let apart = piped.as_ref().filter(|_| info.takes_pipe_apart()).map(|code| code.text.clone());
        if let (Some(code), Some(at)) =
            (piped, pipe.or(info.formals.iter().position(|formal| formal.from_pipeline)))
            && let Some(place) = given.get_mut(at)
        {
            *place = Some(code);
        }
        let mut free: Vec<usize> = (0..info.formals.len())
            .filter(|at| {
                given.get(*at).is_some_and(Option::is_none)
                    && info.formals.get(*at).is_some_and(|formal| !formal.switch)
            })
            .filter(|at| !(has_pipe && pipe == Some(*at)))
            .collect();
        free.reverse();
        for value in positional {
            match free.pop() {
                Some(at) => {
                    if let Some(place) = given.get_mut(at) {
                        *place = Some(value);
                    }
                }
                None => rest.push(value),
            }
        }
        let takes_more = info.rest || (info.process && info.formals.is_empty());
        if !rest.is_empty() && !takes_more {
            self.remark(
                span,
                Severity::Warning,
                format!(
                    "`{}` is called with more arguments than it has parameters: the others are left out",
                    info.name
                ),
            );
        }
        let mut arguments = Vec::new();
        for (formal, value) in info.formals.iter().zip(given) {
            match value {
                Some(code) => {
                    self.learn(info.key, &formal.lower, &code.gives);
                    arguments.push(code.text);
                }
                None if formal.switch => arguments.push("false".to_owned()),
                None => {
                    self.learn(info.key, &formal.lower, &Gives::Nothing);
                    arguments.push("()".to_owned());
                }
            }
        }
        if info.takes_pipe_apart() {
            let texts: Vec<String> = rest.iter().map(|code| code.text.clone()).collect();
            // Without a pipe the block runs once, for nothing.
            let whole = if texts.is_empty() { "[()]".to_owned() } else { format!("[{}]", texts.join(", ")) };
            arguments.push(apart.unwrap_or(whole));
        } else if info.rest {
            let texts: Vec<String> = rest.into_iter().map(|code| code.text).collect();
            arguments.push(format!("[{}]", texts.join(", ")));
        }
        let gives = info.gives.clone();
        if info.closure && self.frames.len() == 1 && !self.defined.contains(&info.key) {
            self.found.early.insert(info.name.to_lowercase());
        }
        if info.closure {
            if info.recursive {
                arguments.insert(0, info.rhai.clone());
            }
            return Ok(Code::atom(format!("{}.call({})", info.rhai, arguments.join(", "))).giving(gives));
        }
        Ok(Code::atom(format!("{}({})", info.rhai, arguments.join(", "))).giving(gives))
    }

    /// A function that could not be translated, so that what calls it compiles.
    pub(super) fn missing_function(&mut self, name: &str, out: &mut Vec<String>) {
        let lower = plain_name(name).to_lowercase();
        let Some(info) = self.facts.functions.get(&lower).cloned() else { return };
        let heads: Vec<String> = (0..info.formals.len() + usize::from(info.recursive && info.closure))
            .map(|at| format!("_{at}x"))
            .collect();
        let heads = heads.join(", ").replace('_', "a");
        match info.closure {
            true => {
                let keep = if self.facts.early.contains(&lower) { "" } else { "let " };
                out.push(format!("{keep}{} = |{heads}| ();", info.rhai));
            }
            false => out.push(format!("fn {}({heads}) {{ () }}", info.rhai)),
        }
    }

    /// `param(...)` of a script: read from `args`, by position and by name.
    pub(super) fn parameters_of_script(&mut self, tree: &Block, out: &mut Vec<String>) {
        if tree.parameters.is_empty() {
            return;
        }
        let options = self.local("options");
        if !self.prompt {
            out.push(format!("let {options} = ps::parameters(args, ["));
            for parameter in &tree.parameters {
                let mut parts = vec![format!("name: {}", quoted(&parameter.name))];
                if let Some(type_name) = &parameter.type_name {
                    parts.push(format!("type: {}", quoted(&type_name.to_lowercase())));
                }
                if parameter.mandatory {
                    parts.push("mandatory: true".to_owned());
                }
                let list = |values: &[String]| {
                    format!("[{}]", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "))
                };
                if !parameter.aliases.is_empty() {
                    parts.push(format!("aliases: {}", list(&parameter.aliases)));
                }
                if !parameter.allowed.is_empty() {
                    parts.push(format!("allowed: {}", list(&parameter.allowed)));
                }
                if let Some(help) = &parameter.help {
                    parts.push(format!("help: {}", quoted(help)));
                }
                let beside = parameter
                    .comment
                    .as_ref()
                    .map(|text| format!("  {}", super::statements::comment_line(text)));
                out.push(format!("    #{{ {} }},{}", parts.join(", "), beside.unwrap_or_default()));
            }
            out.push("]);".to_owned());
        }
        for parameter in &tree.parameters {
            let rhai = self.names.variable(&parameter.name);
            let lower = parameter.name.to_lowercase();
            let declared = declared(parameter.type_name.as_deref());
            let mut default = None;
            if let Some(value) = &parameter.default {
                match self.expression(value) {
                    Ok(code) => default = Some(code),
                    Err(reason) => {
                        self.statements += 1;
                        let text = format!("the default of `${}`: {}", parameter.name, reason.reason);
                        self.left_over(&text, reason.span, value.span, out);
                    }
                }
            }
            let default = default.or_else(|| match &declared {
                _ if parameter.mandatory => None,
                Gives::Text => Some(Code::string("")),
                Gives::Number => Some(Code::atom("0").giving(Gives::Number)),
                Gives::Truth if !is_switch(parameter) => Some(Code::truth(false)),
                Gives::List(_) => Some(Code::atom("[]")),
                _ => None,
            });
            let gives = match (&declared, &default) {
                (Gives::Unknown, Some(code)) => code.gives.clone(),
                (Gives::Date, None) if !parameter.mandatory => Gives::Unknown,
                (declared, _) => declared.clone(),
            };
            self.learn(0, &lower, &gives);
            let value = if self.prompt {
                "()".to_owned()
            } else {
                format!("{options}{}", names::member(&parameter.name))
            };
            match default {
                Some(code) if code.text != "()" => {
                    out.push(format!("let {rhai} = {value} ?? {};", code.at(super::super::code::Level::Or)))
                }
                _ => out.push(format!("let {rhai} = {value};")),
            }
        }
    }
}

/// What a declared type says of a value.
pub fn declared(type_name: Option<&str>) -> Gives {
    let Some(name) = type_name else { return Gives::Unknown };
    let lower = name.to_lowercase();
    let lower = lower.strip_prefix("system.").unwrap_or(&lower);
    if let Some(inner) = lower.strip_suffix("[]") {
        return Gives::List(Box::new(declared(Some(inner))));
    }
    match lower {
        "string" => Gives::Text,
        "int" | "int32" | "int64" | "long" | "double" | "float" | "decimal" | "single" | "uint32" => {
            Gives::Number
        }
        "bool" | "boolean" | "switch" | "switchparameter" | "management.automation.switchparameter" => {
            Gives::Truth
        }
        "datetime" => Gives::Date,
        "array" | "collections.arraylist" => Gives::List(Box::new(Gives::Unknown)),
        "hashtable" | "collections.hashtable" => Gives::Map,
        _ => Gives::Unknown,
    }
}
