//! A walk over the tree that meets variables in the order in which they are read and written.

use super::super::syntax::*;

/// Where a statement stands: in which block, and which one of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub block: usize,
    pub statement: usize,
    /// The block may run more than once, or not for sure.
    pub looping: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    Read,
    /// `$x = ...` as a statement of its own, directly in this block.
    Set,
    /// Any other way to give it a value.
    Change,
}

/// What the walk meets.
pub enum Event<'t> {
    Enter(Place),
    Leave,
    Variable {
        scope: Option<&'t str>,
        name: &'t str,
        span: Span,
        touch: Touch,
        value: Option<&'t Statement>,
    },
    /// The variable of a `foreach`, which holds until `Unbind`.
    Bind {
        name: &'t str,
        span: Span,
    },
    Unbind,
    /// `-match` fills `$matches`.
    Matched(Span),
    /// The start of a `for` that counts with a variable of its own.
    Counted(usize),
    /// `$x.Name = ...`, `$x.Add(...)`: the variable stays, what it holds changes.
    Mutated(&'t str),
    Function {
        name: &'t str,
        body: &'t Block,
    },
    /// `$x.Name`, whatever `$x` is; also the names after `Select-Object` and its kin.
    Property(&'t str),
    /// The name of a command, as typed.
    Command(&'t str),
    /// A key of a table literal.
    Key(&'t str),
}

/// The address of a node serves as its name: trees stay where they are while they are translated.
pub fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

pub fn block<'t>(block: &'t Block, looping: bool, tell: &mut dyn FnMut(Event<'t>)) {
    for parameter in &block.parameters {
        if let Some(default) = &parameter.default {
            expression(default, tell);
        }
    }
    for (_, part) in &block.named {
        statements(part, looping, tell);
    }
    statements(&block.statements, looping, tell);
}

pub fn statements<'t>(list: &'t [Statement], looping: bool, tell: &mut dyn FnMut(Event<'t>)) {
    for each in list {
        tell(Event::Enter(Place { block: list.as_ptr() as usize, statement: address(each), looping }));
        statement(each, tell);
        tell(Event::Leave);
    }
}

fn statement<'t>(each: &'t Statement, tell: &mut dyn FnMut(Event<'t>)) {
    use StatementKind as Kind;
    match &each.kind {
        Kind::Pipeline(line) => pipeline(line, tell),
        Kind::Assign { target, operator, value } => {
            inner(value, tell);
            if *operator != AssignOperator::Set {
                expression(target, tell);
            }
            assigned(target, *operator == AssignOperator::Set, Some(value), tell);
        }
        Kind::If { arms, otherwise } => {
            for (condition, body) in arms {
                pipeline(condition, tell);
                block(body, false, tell);
            }
            if let Some(body) = otherwise {
                block(body, false, tell);
            }
        }
        Kind::Switch { subject, arms, .. } => {
            pipeline(subject, tell);
            for (pattern, body) in arms {
                match pattern {
                    SwitchPattern::Default => {}
                    SwitchPattern::Value(value) => expression(value, tell),
                    SwitchPattern::Condition(condition) => block(condition, false, tell),
                }
                block(body, true, tell);
            }
        }
        Kind::Foreach { variable, subject, body, .. } => {
            pipeline(subject, tell);
            tell(Event::Bind { name: variable, span: each.span });
            block(body, true, tell);
            tell(Event::Unbind);
        }
        Kind::For { start, condition, step, body, .. } => {
            if let Some((name, from, limit, _)) =
                super::control::counter(start.as_deref(), condition.as_ref(), step.as_deref())
            {
                expression(from, tell);
                expression(limit, tell);
                if let Some(start) = start {
                    tell(Event::Counted(address(&**start)));
                }
                tell(Event::Bind { name, span: each.span });
                block(body, true, tell);
                tell(Event::Unbind);
                return;
            }
            if let Some(start) = start {
                inner(start, tell);
            }
            if let Some(condition) = condition {
                pipeline(condition, tell);
            }
            block(body, true, tell);
            if let Some(step) = step {
                inner(step, tell);
            }
        }
        Kind::While { condition, body, .. } => {
            pipeline(condition, tell);
            block(body, true, tell);
        }
        Kind::Do { body, condition, .. } => {
            block(body, true, tell);
            pipeline(condition, tell);
        }
        Kind::Try { body, catches, finally } => {
            block(body, false, tell);
            for (_, handler) in catches {
                block(handler, false, tell);
            }
            if let Some(body) = finally {
                block(body, false, tell);
            }
        }
        Kind::Function { name, body, .. } => tell(Event::Function { name, body }),
        Kind::Return(value) | Kind::Throw(value) | Kind::Exit(value) => {
            if let Some(line) = value {
                pipeline(line, tell);
            }
        }
        Kind::Break(_) | Kind::Continue(_) | Kind::Foreign(_) | Kind::Unreadable(_) => {}
    }
}

/// A statement inside another: what it assigns is no statement of the block.
fn inner<'t>(each: &'t Statement, tell: &mut dyn FnMut(Event<'t>)) {
    if !matches!(each.kind, StatementKind::Assign { .. }) {
        return statement(each, tell);
    }
    statement(each, &mut |event| match event {
        Event::Variable { scope, name, span, touch: Touch::Set, value } => {
            tell(Event::Variable { scope, name, span, touch: Touch::Change, value })
        }
        other => tell(other),
    });
}

fn assigned<'t>(
    target: &'t Expression,
    set: bool,
    value: Option<&'t Statement>,
    tell: &mut dyn FnMut(Event<'t>),
) {
    match &target.kind {
        ExpressionKind::Variable { scope, name } => {
            let touch = if set { Touch::Set } else { Touch::Change };
            tell(Event::Variable { scope: scope.as_deref(), name, span: target.span, touch, value });
        }
        ExpressionKind::Cast { operand, .. } => assigned(operand, set, value, tell),
        ExpressionKind::List(items) => {
            for item in items {
                assigned(item, set, None, tell);
            }
        }
        ExpressionKind::Paren(inside) => {
            if let StatementKind::Pipeline(line) = &inside.kind
                && let [Element::Expression(only)] = line.elements.as_slice()
            {
                assigned(only, false, None, tell);
            }
        }
        _ if !set => {}
        _ => {
            if let Some(name) = root(target) {
                tell(Event::Mutated(name));
            }
            expression(target, tell);
        }
    }
}

pub fn pipeline<'t>(line: &'t Pipeline, tell: &mut dyn FnMut(Event<'t>)) {
    for element in &line.elements {
        match element {
            Element::Expression(value) => expression(value, tell),
            Element::Command(order) => command(order, tell),
        }
    }
    if let Some((_, next)) = &line.chained {
        pipeline(next, tell);
    }
}

/// Parameters whose argument names a variable that the command fills.
pub const FILLING: &[&str] = &[
    "errorvariable",
    "ev",
    "outvariable",
    "ov",
    "warningvariable",
    "wv",
    "countvariable",
    "cv",
    "informationvariable",
    "pipelinevariable",
    "pv",
];

fn command<'t>(order: &'t Command, tell: &mut dyn FnMut(Event<'t>)) {
    match &order.name {
        CommandName::Word(word) => tell(Event::Command(word)),
        CommandName::Call(what) | CommandName::Dot(what) => expression(what, tell),
    }
    let sets = matches!(&order.name, CommandName::Word(word) if ["set-variable", "new-variable", "sv", "nv"].contains(&word.to_lowercase().as_str()));
    let mut fills = sets;
    for argument in &order.arguments {
        match argument {
            Argument::Parameter { name, value, .. } => {
                let lower = name.to_lowercase();
                fills = FILLING.contains(&lower.as_str()) || (sets && lower == "name");
                if let Some(value) = value {
                    match (fills, word(value)) {
                        (true, Some(named)) => changed(named, value.span, tell),
                        _ => expression(value, tell),
                    }
                    fills = false;
                }
            }
            Argument::Value(value) => {
                match (fills, word(value)) {
                    (true, Some(named)) => changed(named, value.span, tell),
                    _ => expression(value, tell),
                }
                if let ExpressionKind::Word(text) | ExpressionKind::Text(text) = &value.kind {
                    tell(Event::Property(text));
                }
                if let ExpressionKind::List(items) = &value.kind {
                    for item in items {
                        if let ExpressionKind::Word(text) | ExpressionKind::Text(text) = &item.kind {
                            tell(Event::Property(text));
                        }
                    }
                }
                fills = false;
            }
            Argument::Splat { span, name } => {
                tell(Event::Variable { scope: None, name, span: *span, touch: Touch::Read, value: None })
            }
            Argument::Redirection { target, .. } => {
                if let Some(target) = target {
                    expression(target, tell);
                }
            }
        }
    }
}

fn changed<'t>(name: &'t str, span: Span, tell: &mut dyn FnMut(Event<'t>)) {
    let name = name.trim_start_matches('+');
    tell(Event::Variable { scope: None, name, span, touch: Touch::Change, value: None });
}

/// The variable that a place begins with.
fn root(value: &Expression) -> Option<&str> {
    match &value.kind {
        ExpressionKind::Variable { name, .. } => Some(name),
        ExpressionKind::Member { object, .. } | ExpressionKind::Index { object, .. } => root(object),
        _ => None,
    }
}

pub fn word(value: &Expression) -> Option<&str> {
    match &value.kind {
        ExpressionKind::Word(text) | ExpressionKind::Text(text) => Some(text),
        _ => None,
    }
}

pub fn expression<'t>(value: &'t Expression, tell: &mut dyn FnMut(Event<'t>)) {
    use ExpressionKind as Kind;
    match &value.kind {
        Kind::Variable { scope, name } => tell(Event::Variable {
            scope: scope.as_deref(),
            name,
            span: value.span,
            touch: Touch::Read,
            value: None,
        }),
        Kind::Integer(_)
        | Kind::Real(_)
        | Kind::Text(_)
        | Kind::Word(_)
        | Kind::Type(_)
        | Kind::Unreadable(_) => {}
        Kind::Expandable(parts) => {
            for part in parts {
                if let Part::Value(value) = part {
                    expression(value, tell);
                }
            }
        }
        Kind::List(items) => items.iter().for_each(|item| expression(item, tell)),
        Kind::Array(list) | Kind::Sub(list) => {
            for each in list {
                inner(each, tell);
            }
        }
        Kind::Paren(each) => inner(each, tell),
        Kind::Hash { entries, .. } => {
            for entry in entries {
                if let Some(name) = word(&entry.key) {
                    tell(Event::Key(name));
                }
                expression(&entry.key, tell);
                inner(&entry.value, tell);
            }
        }
        Kind::Script(body) => block(body, true, tell),
        Kind::Member { object, name, .. } => {
            expression(object, tell);
            match word(name) {
                Some(name) => tell(Event::Property(name)),
                None => expression(name, tell),
            }
        }
        Kind::Method { object, name, arguments, .. } => {
            if let (Some(root), Some(method)) = (root(object), word(name))
                && ["add", "remove", "clear", "insert", "addrange"].contains(&method.to_lowercase().as_str())
            {
                tell(Event::Mutated(root));
            }
            expression(object, tell);
            if word(name).is_none() {
                expression(name, tell);
            }
            arguments.iter().for_each(|argument| expression(argument, tell));
        }
        Kind::Index { object, index } => {
            expression(object, tell);
            expression(index, tell);
        }
        Kind::Unary { operator, operand } | Kind::Postfix { operator, operand } => {
            expression(operand, tell);
            if operator == "++" || operator == "--" {
                assigned(operand, false, None, tell);
            }
        }
        Kind::Binary { operator, left, right } => {
            expression(left, tell);
            expression(right, tell);
            if matches!(operator.as_str(), "match" | "imatch" | "cmatch") {
                tell(Event::Matched(value.span));
            }
        }
        Kind::Ternary { condition, yes, no } => {
            expression(condition, tell);
            expression(yes, tell);
            expression(no, tell);
        }
        Kind::Cast { operand, .. } => expression(operand, tell),
    }
}
