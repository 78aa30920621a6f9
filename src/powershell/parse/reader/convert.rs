//! From the grammar's nodes to the tree.

use tree_sitter::Node;

use super::super::token::{Bracket, Kind};
use super::pipeline::Plain;
use super::ranks::is_binary;
use super::{Reader, Run};
use crate::powershell::syntax::{
    Argument, Command, CommandName, Element, Expression, ExpressionKind, Pipeline, Span,
};

impl Reader<'_> {
    pub(super) fn converted_expression(&mut self, root: Node, run: Run, plain: &Plain) -> Option<Expression> {
        let chain = only_chain(root)?;
        let node = chain.named_child(0)?;
        if chain.named_child_count() != 1 || node.kind() == "command" {
            return None;
        }
        self.node(node, run, plain)
    }

    pub(super) fn converted_pipeline(&mut self, root: Node, run: Run, plain: &Plain) -> Option<Pipeline> {
        let pipeline = only_pipeline(root)?;
        let mut cursor = pipeline.walk();
        let children: Vec<Node> = pipeline.named_children(&mut cursor).collect();
        let mut read: Option<Pipeline> = None;
        let mut index = 0;
        let mut links: Vec<(Pipeline, Option<bool>)> = Vec::new();
        for child in children {
            match child.kind() {
                "pipeline_chain" => {
                    let elements = self.elements(child, run, plain, &mut index)?;
                    links.push((Pipeline { span: Span::default(), elements, chained: None }, None));
                }
                "pipeline_chain_tail" => {
                    let and = matches!(
                        plain.token_at(child.start_byte()).and_then(|at| run.kind(at)),
                        Some(Kind::Chain(true))
                    );
                    links.last_mut()?.1 = Some(and);
                    index += 1;
                }
                _ => return None,
            }
        }
        for (mut link, and) in links.into_iter().rev() {
            if let (Some(and), Some(rest)) = (and, read.take()) {
                link.chained = Some((and, Box::new(rest)));
            }
            link.span = elements_span(&link.elements);
            read = Some(link);
        }
        read
    }

    fn elements(&mut self, chain: Node, run: Run, plain: &Plain, index: &mut usize) -> Option<Vec<Element>> {
        let mut cursor = chain.walk();
        let children: Vec<Node> = chain.named_children(&mut cursor).collect();
        let mut elements = Vec::new();
        for (nth, child) in children.into_iter().enumerate() {
            if nth > 0 {
                *index += 1;
            }
            let redirections: Vec<Argument> = plain
                .redirections
                .iter()
                .filter(|(element, _)| element == index)
                .map(|(_, argument)| argument.clone())
                .collect();
            if child.kind() == "command" {
                let mut command = self.command(child, run, plain)?;
                command.arguments.extend(redirections);
                elements.push(Element::Command(command));
            } else {
                elements.push(Element::Expression(self.node(child, run, plain)?));
                elements.extend(redirections.into_iter().filter_map(into_file).map(Element::Command));
            }
        }
        Some(elements)
    }

    fn command(&mut self, node: Node, run: Run, plain: &Plain) -> Option<Command> {
        let mut name = None;
        let mut dot = None;
        let mut arguments: Vec<Argument> = Vec::new();
        let mut cursor = node.walk();
        let children: Vec<Node> = node.named_children(&mut cursor).collect();
        let mut start = None;
        for child in children {
            match child.kind() {
                "command_invokation_operator" => {
                    let at = plain.token_at(child.start_byte())?;
                    start = Some(run.start(at));
                    dot = Some(matches!(run.kind(at), Some(Kind::Invoke { dot: true })));
                }
                "command_name" | "command_name_expr" => {
                    let expression = match plain.token_at(child.start_byte()) {
                        Some(at) if matches!(run.kind(at), Some(Kind::Name(_))) => self.atom(run, at)?,
                        _ => self.node(child.named_child(0)?, run, plain)?,
                    };
                    start = start.or(Some(expression.span.start));
                    name = Some(expression);
                }
                "command_elements" => self.arguments(child, run, plain, &mut arguments)?,
                _ => return None,
            }
        }
        let name = name?;
        let end = arguments.last().map_or(name.span.end, |argument| argument_span(argument).end);
        let name = match (name, dot) {
            (Expression { kind: ExpressionKind::Word(word), .. }, None | Some(false)) => {
                CommandName::Word(without_module(&word))
            }
            (name, Some(true)) => CommandName::Dot(Box::new(name)),
            (name, _) => CommandName::Call(Box::new(name)),
        };
        Some(Command { span: self.span(start?, end), name, arguments })
    }

    fn arguments(
        &mut self,
        node: Node,
        run: Run,
        plain: &Plain,
        arguments: &mut Vec<Argument>,
    ) -> Option<()> {
        let mut cursor = node.walk();
        let children: Vec<Node> = node.named_children(&mut cursor).collect();
        let mut colon = false;
        for child in children {
            match child.kind() {
                "command_parameter" => {
                    // A stand-in that only keeps two arguments apart has no token.
                    let Some(at) = plain.token_at(child.start_byte()) else { continue };
                    let token = run.token(at)?;
                    let name = self
                        .slice(token.start, token.end)
                        .trim_start_matches(super::super::lexer::is_dash)
                        .to_string();
                    arguments.push(Argument::Parameter {
                        span: self.span(token.start, token.end),
                        name,
                        value: None,
                    });
                    colon = matches!(token.kind, Kind::Parameter { colon: true });
                }
                "command_argument_sep" => {}
                _ => {
                    let at = plain.token_at(child.start_byte());
                    let splat = at.filter(|at| matches!(run.kind(*at), Some(Kind::Splat)));
                    if let (Some(at), false) = (splat, has_comma(child)) {
                        let token = run.token(at)?;
                        let name = self.slice(token.start + 1, token.end).to_string();
                        arguments.push(Argument::Splat { span: self.span(token.start, token.end), name });
                        continue;
                    }
                    let value = self.node(child, run, plain)?;
                    match arguments.last_mut() {
                        Some(Argument::Parameter { span, value: empty @ None, .. }) if colon => {
                            span.end = value.span.end;
                            *empty = Some(value);
                        }
                        _ => arguments.push(Argument::Value(value)),
                    }
                    colon = false;
                }
            }
        }
        Some(())
    }

    /// An expression's node.
    pub(super) fn node(&mut self, node: Node, run: Run, plain: &Plain) -> Option<Expression> {
        if node.is_error() || node.is_missing() {
            return None;
        }
        // Ten levels of rules stand between an operator and an operand; most have one child.
        let mut node = node;
        while node.child_count() == 1
            && node.named_child_count() == 1
            && !matches!(node.kind(), "type_literal" | "variable" | "parenthesized_expression")
        {
            node = node.named_child(0)?;
        }
        match node.kind() {
            "variable" | "type_literal" => {
                let at = plain.token_at(node.start_byte())?;
                self.atom(run, at)
            }
            // Parentheses of our own; those of the text have a stand-in.
            "parenthesized_expression" => {
                let chain = node.named_child(0).and_then(|pipeline| pipeline.named_child(0))?;
                self.node(chain.named_child(0)?, run, plain)
            }
            "array_literal_expression" => {
                let items = self.named(node, run, plain)?;
                Some(self.over(ExpressionKind::List(items.clone()), &items))
            }
            "expression_with_unary_operator" | "pre_increment_expression" | "pre_decrement_expression" => {
                let operator = node.child(0)?;
                let at = plain.token_at(operator.start_byte())?;
                let Some(Kind::Unary(word)) = run.kind(at) else { return None };
                let operand = self.node(node.child(1)?, run, plain)?;
                Some(self.unary(run.start(at), word, operand))
            }
            "cast_expression" => {
                let at = plain.token_at(node.child(0)?.start_byte())?;
                let operand = self.node(node.child(1)?, run, plain)?;
                self.cast(run, at, operand)
            }
            "post_increment_expression" | "post_decrement_expression" => {
                let operand = self.node(node.child(0)?, run, plain)?;
                let at = plain.token_at(node.child(1)?.start_byte())?;
                let token = run.token(at)?;
                let operator = self.slice(token.start, token.end).replace(super::super::lexer::is_dash, "-");
                let span = self.span(operand.span.start, token.end);
                Some(Expression {
                    span,
                    kind: ExpressionKind::Postfix { operator, operand: Box::new(operand) },
                })
            }
            "member_access" | "invokation_expression" => self.member(node, run, plain),
            "element_access" => {
                let object = self.node(node.child(0)?, run, plain)?;
                let at = plain.token_at(node.child(1)?.start_byte())?;
                let inside = run.inside(at);
                let index = self.expression(inside)?;
                let span = self.span(object.span.start, run.end_before(run.after(at)));
                Some(Expression {
                    span,
                    kind: ExpressionKind::Index { object: Box::new(object), index: Box::new(index) },
                })
            }
            kind if is_binary(kind) => {
                let mut operands = Vec::new();
                let mut operators = Vec::new();
                self.chain(node, run, plain, &mut operands, &mut operators)?;
                self.climbed(operands, operators)
            }
            _ => None,
        }
    }

    fn named(&mut self, node: Node, run: Run, plain: &Plain) -> Option<Vec<Expression>> {
        let mut cursor = node.walk();
        let children: Vec<Node> = node.named_children(&mut cursor).collect();
        children.into_iter().map(|child| self.node(child, run, plain)).collect()
    }

    fn member(&mut self, node: Node, run: Run, plain: &Plain) -> Option<Expression> {
        let object = self.node(node.child(0)?, run, plain)?;
        let dot = plain.token_at(node.child(1)?.start_byte())?;
        let name_node = node.child(2)?;
        let name_at = plain.token_at(name_node.start_byte())?;
        let name = match run.kind(name_at)? {
            Kind::Member => {
                let token = run.token(name_at)?;
                let word = self.slice(token.start, token.end).to_string();
                Expression { span: self.span(token.start, token.end), kind: ExpressionKind::Word(word) }
            }
            _ => self.atom(run, name_at)?,
        };
        let is_static = matches!(run.kind(dot), Some(Kind::Static));
        let null_safe = matches!(run.kind(dot), Some(Kind::Dot { null_safe: true }));
        let (object, name) = (Box::new(object), Box::new(name));
        let Some(list) = node.child(3) else {
            let span = self.span(object.span.start, name.span.end);
            return Some(Expression {
                span,
                kind: ExpressionKind::Member { object, name, is_static, null_safe },
            });
        };
        let at = plain.token_at(list.start_byte())?;
        let arguments = match run.kind(at)? {
            Kind::Open { bracket: Bracket::Brace, .. } => vec![self.atom(run, at)?],
            _ => self.method_arguments(run.inside(at))?,
        };
        let span = self.span(object.span.start, run.end_before(run.after(at)));
        Some(Expression { span, kind: ExpressionKind::Method { object, name, arguments, is_static } })
    }

    fn method_arguments(&mut self, inside: Run) -> Option<Vec<Expression>> {
        let mut arguments = Vec::new();
        let mut from = inside.from;
        while from < inside.to {
            let comma = inside.find(from, |kind| matches!(kind, Kind::Comma)).unwrap_or(inside.to);
            arguments.push(self.expression(inside.part(from, comma))?);
            from = comma + 1;
        }
        Some(arguments)
    }

    fn unary(&self, start: usize, operator: &str, operand: Expression) -> Expression {
        let span = self.span(start, operand.span.end);
        let kind = match (operator, operand.kind) {
            ("-", ExpressionKind::Integer(number)) => ExpressionKind::Integer(number.wrapping_neg()),
            ("-", ExpressionKind::Real(number)) => ExpressionKind::Real(format!("-{number}")),
            (operator, kind) => {
                let operand = Box::new(Expression { span: operand.span, kind });
                ExpressionKind::Unary { operator: operator.to_string(), operand }
            }
        };
        Expression { span, kind }
    }

    /// `[type]operand`
    fn cast(&mut self, run: Run, at: usize, operand: Expression) -> Option<Expression> {
        let token = run.token(at)?;
        let type_name = self.type_name(token.start, token.end);
        let span = self.span(token.start, operand.span.end);
        let kind = match operand.kind {
            ExpressionKind::Hash { entries, .. } if type_name.eq_ignore_ascii_case("ordered") => {
                ExpressionKind::Hash { ordered: true, entries }
            }
            kind => {
                ExpressionKind::Cast { type_name, operand: Box::new(Expression { span: operand.span, kind }) }
            }
        };
        Some(Expression { span, kind })
    }

    pub(super) fn type_name(&self, start: usize, end: usize) -> String {
        let inner = self.slice(start + 1, end.saturating_sub(1));
        inner.chars().filter(|c| !c.is_whitespace()).collect()
    }

    /// An expression from the first to the last of its parts.
    fn over(&self, kind: ExpressionKind, parts: &[Expression]) -> Expression {
        let start = parts.first().map_or(0, |part| part.span.start);
        let end = parts.last().map_or(start, |part| part.span.end);
        Expression { span: self.span(start, end), kind }
    }
}

fn has_comma(node: Node) -> bool {
    node.child_count() > 1
}

fn only_pipeline(root: Node) -> Option<Node> {
    if root.has_error() {
        return None;
    }
    let list = root.named_child(0).filter(|_| root.named_child_count() == 1)?;
    let pipeline = list.named_child(0).filter(|_| list.named_child_count() == 1)?;
    (pipeline.kind() == "pipeline").then_some(pipeline)
}

fn only_chain(root: Node) -> Option<Node> {
    let pipeline = only_pipeline(root)?;
    let chain = pipeline.named_child(0).filter(|_| pipeline.named_child_count() == 1)?;
    (chain.kind() == "pipeline_chain").then_some(chain)
}

fn elements_span(elements: &[Element]) -> Span {
    let span = |element: &Element| match element {
        Element::Expression(expression) => expression.span,
        Element::Command(command) => command.span,
    };
    match (elements.first(), elements.last()) {
        (Some(first), Some(last)) => Span { end: span(last).end, ..span(first) },
        _ => Span::default(),
    }
}

fn argument_span(argument: &Argument) -> Span {
    match argument {
        Argument::Parameter { span, .. }
        | Argument::Splat { span, .. }
        | Argument::Redirection { span, .. } => *span,
        Argument::Value(value) => value.span,
    }
}

/// `Module\Get-Thing` is `Get-Thing`; a path stays a path.
fn without_module(word: &str) -> String {
    match word.split_once('\\') {
        Some((module, name))
            if name.contains('-')
                && !name.contains('\\')
                && !module.is_empty()
                && module.chars().all(|c| c.is_alphanumeric() || c == '.')
                && !module.starts_with('.')
                && !name.contains('.') =>
        {
            name.to_string()
        }
        _ => word.to_string(),
    }
}

/// `"text" > file` is `"text" | Out-File file`.
fn into_file(argument: Argument) -> Option<Command> {
    let Argument::Redirection { span, operator, target: Some(target) } = argument else { return None };
    let parameter = |name: &str, value| Argument::Parameter { span, name: name.to_string(), value };
    let mut arguments = vec![parameter("FilePath", Some(target))];
    if operator.ends_with(">>") {
        arguments.push(parameter("Append", None));
    }
    Some(Command { span, name: CommandName::Word("Out-File".to_string()), arguments })
}
