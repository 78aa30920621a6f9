//! A tree on one line, so that a test can say what it expects.

use usher::powershell::syntax::*;

pub fn block(block: &Block) -> String {
    let mut pieces = Vec::new();
    if !block.parameters.is_empty() {
        pieces.push(format!(
            "param({})",
            block.parameters.iter().map(parameter).collect::<Vec<_>>().join(", ")
        ));
    }
    for (name, statements) in &block.named {
        pieces.push(format!("{name:?} {{{}}}", list(statements)));
    }
    pieces.extend(block.statements.iter().map(statement));
    pieces.join("; ")
}

pub fn list(statements: &[Statement]) -> String {
    statements.iter().map(statement).collect::<Vec<_>>().join("; ")
}

fn parameter(parameter: &Parameter) -> String {
    let mut text = String::new();
    if parameter.mandatory {
        text.push('!');
    }
    if parameter.from_pipeline {
        text.push('|');
    }
    if let Some(name) = &parameter.type_name {
        text.push_str(&format!("[{name}]"));
    }
    text.push_str(&parameter.name);
    if let Some(default) = &parameter.default {
        text.push_str(&format!(" = {}", expression(default)));
    }
    if !parameter.allowed.is_empty() {
        text.push_str(&format!(" of {}", parameter.allowed.join("/")));
    }
    if !parameter.aliases.is_empty() {
        text.push_str(&format!(" or {}", parameter.aliases.join("/")));
    }
    text
}

pub fn statement(of: &Statement) -> String {
    let label = |label: &Option<String>| label.as_ref().map(|label| format!(":{label} ")).unwrap_or_default();
    match &of.kind {
        StatementKind::Pipeline(of) => pipeline(of),
        StatementKind::Assign { target, operator, value } => {
            format!("{} {operator:?} {}", expression(target), statement(value))
        }
        StatementKind::If { arms, otherwise } => {
            let arms: Vec<String> = arms
                .iter()
                .map(|(condition, body)| format!("({}) {{{}}}", pipeline(condition), block(body)))
                .collect();
            let otherwise =
                otherwise.as_ref().map(|body| format!(" else {{{}}}", block(body))).unwrap_or_default();
            format!("if {}{otherwise}", arms.join(" elseif "))
        }
        StatementKind::Switch { flags, subject, arms } => {
            let arms: Vec<String> = arms
                .iter()
                .map(|(pattern, body)| {
                    let pattern = match pattern {
                        SwitchPattern::Default => "default".to_string(),
                        SwitchPattern::Value(value) => expression(value),
                        SwitchPattern::Condition(condition) => format!("{{{}}}", block(condition)),
                    };
                    format!("{pattern} {{{}}}", block(body))
                })
                .collect();
            format!("switch {flags:?} ({}) {{{}}}", pipeline(subject), arms.join(" "))
        }
        StatementKind::Foreach { label: name, variable, subject, body } => {
            format!("{}foreach {variable} in {} {{{}}}", label(name), pipeline(subject), block(body))
        }
        StatementKind::For { label: name, start, condition, step, body } => format!(
            "{}for ({}; {}; {}) {{{}}}",
            label(name),
            start.as_deref().map(statement).unwrap_or_default(),
            condition.as_ref().map(pipeline).unwrap_or_default(),
            step.as_deref().map(statement).unwrap_or_default(),
            block(body)
        ),
        StatementKind::While { label: name, condition, body } => {
            format!("{}while ({}) {{{}}}", label(name), pipeline(condition), block(body))
        }
        StatementKind::Do { label: name, body, condition, until } => {
            format!(
                "{}do {{{}}} {} ({})",
                label(name),
                block(body),
                if *until { "until" } else { "while" },
                pipeline(condition)
            )
        }
        StatementKind::Try { body, catches, finally } => {
            let catches: String =
                catches.iter().map(|(types, body)| format!(" catch {types:?} {{{}}}", block(body))).collect();
            let finally =
                finally.as_ref().map(|body| format!(" finally {{{}}}", block(body))).unwrap_or_default();
            format!("try {{{}}}{catches}{finally}", block(body))
        }
        StatementKind::Function { name, filter, body } => {
            format!("{} {name} {{{}}}", if *filter { "filter" } else { "function" }, block(body))
        }
        StatementKind::Return(value) => flow("return", value),
        StatementKind::Throw(value) => flow("throw", value),
        StatementKind::Exit(value) => flow("exit", value),
        StatementKind::Break(label) => {
            format!("break {}", label.as_deref().unwrap_or("")).trim_end().to_string()
        }
        StatementKind::Continue(label) => {
            format!("continue {}", label.as_deref().unwrap_or("")).trim_end().to_string()
        }
        StatementKind::Foreign(word) => format!("<{word}>"),
        StatementKind::Unreadable(reason) => format!("<unreadable: {reason}>"),
    }
}

fn flow(word: &str, value: &Option<Pipeline>) -> String {
    match value {
        Some(value) => format!("{word} {}", pipeline(value)),
        None => word.to_string(),
    }
}

pub fn pipeline(of: &Pipeline) -> String {
    let elements: Vec<String> = of
        .elements
        .iter()
        .map(|element| match element {
            Element::Expression(of) => expression(of),
            Element::Command(of) => command(of),
        })
        .collect();
    let chained = of
        .chained
        .as_ref()
        .map(|(and, rest)| format!(" {} {}", if *and { "&&" } else { "||" }, pipeline(rest)))
        .unwrap_or_default();
    format!("{}{chained}", elements.join(" | "))
}

fn command(of: &Command) -> String {
    let mut pieces = vec![match &of.name {
        CommandName::Word(word) => word.clone(),
        CommandName::Call(called) => format!("& {}", expression(called)),
        CommandName::Dot(called) => format!(". {}", expression(called)),
    }];
    for argument in &of.arguments {
        pieces.push(match argument {
            Argument::Parameter { name, value: None, .. } => format!("-{name}"),
            Argument::Parameter { name, value: Some(value), .. } => format!("-{name}:{}", expression(value)),
            Argument::Value(value) => expression(value),
            Argument::Splat { name, .. } => format!("@{name}"),
            Argument::Redirection { operator, target, .. } => {
                format!("{operator}{}", target.as_ref().map(expression).unwrap_or_default())
            }
        });
    }
    format!("<{}>", pieces.join(" "))
}

pub fn expression(of: &Expression) -> String {
    let all = |list: &[Expression]| list.iter().map(expression).collect::<Vec<_>>().join(", ");
    match &of.kind {
        ExpressionKind::Variable { scope: Some(scope), name } => format!("${scope}:{name}"),
        ExpressionKind::Variable { scope: None, name } => format!("${name}"),
        ExpressionKind::Integer(number) => number.to_string(),
        ExpressionKind::Real(number) => format!("{number}r"),
        ExpressionKind::Text(text) => format!("{text:?}"),
        ExpressionKind::Word(word) => word.clone(),
        ExpressionKind::Expandable(parts) => {
            let parts: String = parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Value(value) => format!("«{}»", expression(value)),
                })
                .collect();
            format!("`{parts}`")
        }
        ExpressionKind::List(items) => format!("[{}]", all(items)),
        ExpressionKind::Array(statements) => format!("@({})", list(statements)),
        ExpressionKind::Sub(statements) => format!("$({})", list(statements)),
        ExpressionKind::Paren(inner) => format!("({})", statement(inner)),
        ExpressionKind::Hash { ordered, entries } => {
            let entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{} = {}", expression(&entry.key), statement(&entry.value)))
                .collect();
            format!("{}@{{{}}}", if *ordered { "ordered" } else { "" }, entries.join("; "))
        }
        ExpressionKind::Script(inner) => format!("{{{}}}", block(inner)),
        ExpressionKind::Member { object, name, is_static, null_safe } => {
            let dot = if *is_static {
                "::"
            } else if *null_safe {
                "?."
            } else {
                "."
            };
            format!("{}{dot}{}", expression(object), expression(name))
        }
        ExpressionKind::Method { object, name, arguments, is_static } => {
            format!(
                "{}{}{}({})",
                expression(object),
                if *is_static { "::" } else { "." },
                expression(name),
                all(arguments)
            )
        }
        ExpressionKind::Index { object, index } => format!("{}[{}]", expression(object), expression(index)),
        ExpressionKind::Unary { operator, operand } => format!("({operator} {})", expression(operand)),
        ExpressionKind::Postfix { operator, operand } => format!("({}{operator})", expression(operand)),
        ExpressionKind::Binary { operator, left, right } => {
            format!("({} {operator} {})", expression(left), expression(right))
        }
        ExpressionKind::Ternary { condition, yes, no } => {
            format!("({} ? {} : {})", expression(condition), expression(yes), expression(no))
        }
        ExpressionKind::Cast { type_name, operand } => format!("[{type_name}]{}", expression(operand)),
        ExpressionKind::Type(name) => format!("[{name}]"),
        ExpressionKind::Unreadable(reason) => format!("<unreadable: {reason}>"),
    }
}
