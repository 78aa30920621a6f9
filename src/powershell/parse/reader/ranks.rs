//! Operators between operands, by their ranks: those of the grammar, and those that it does not know (`??`, `? :`).

use tree_sitter::Node;

use super::super::token::Kind;
use super::pipeline::Plain;
use super::{Reader, Run};
use crate::powershell::syntax::{Expression, ExpressionKind};

impl Reader<'_> {
    /// All operands and operators of an expression in the order they stand, so that those the grammar does not know
    /// (`??`, `? :`) get the rank they have.
    pub(super) fn chain(
        &mut self,
        node: Node,
        run: Run,
        plain: &Plain,
        operands: &mut Vec<Expression>,
        operators: &mut Vec<String>,
    ) -> Option<()> {
        if node.child_count() == 1 && is_binary(node.kind()) {
            return self.chain(node.child(0)?, run, plain, operands, operators);
        }
        if !is_binary(node.kind()) || node.child_count() != 3 {
            operands.push(self.node(node, run, plain)?);
            return Some(());
        }
        self.chain(node.child(0)?, run, plain, operands, operators)?;
        let at = plain.token_at(node.child(1)?.start_byte())?;
        operators.push(match run.kind(at)? {
            Kind::Operator(operator) => operator.clone(),
            Kind::Question => "?".to_string(),
            Kind::Colon => ":".to_string(),
            _ => return None,
        });
        self.chain(node.child(2)?, run, plain, operands, operators)
    }

    pub(super) fn climbed(&self, operands: Vec<Expression>, operators: Vec<String>) -> Option<Expression> {
        let mut climb = Climb { operands: operands.into_iter(), operators: operators.into_iter().peekable() };
        let first = climb.operands.next()?;
        let expression = self.climb(&mut climb, first, 0)?;
        climb.operators.peek().is_none().then_some(expression)
    }

    fn climb(&self, climb: &mut Climb, mut left: Expression, lowest: u8) -> Option<Expression> {
        while let Some(operator) = climb.operators.peek().cloned() {
            let rank = rank(&operator);
            if operator == ":" || rank < lowest {
                break;
            }
            climb.operators.next();
            if operator == "?" {
                let yes = climb.operands.next()?;
                let yes = self.climb(climb, yes, 0)?;
                if climb.operators.next().as_deref() != Some(":") {
                    return None;
                }
                let no = climb.operands.next()?;
                let no = self.climb(climb, no, 0)?;
                let span = self.span(left.span.start, no.span.end);
                let kind = ExpressionKind::Ternary {
                    condition: Box::new(left),
                    yes: Box::new(yes),
                    no: Box::new(no),
                };
                left = Expression { span, kind };
                continue;
            }
            let right = climb.operands.next()?;
            // `??` goes to the right, all others to the left.
            let right = self.climb(climb, right, if operator == "??" { rank } else { rank + 1 })?;
            let span = self.span(left.span.start, right.span.end);
            left = Expression {
                span,
                kind: ExpressionKind::Binary { operator, left: Box::new(left), right: Box::new(right) },
            };
        }
        Some(left)
    }
}

struct Climb {
    operands: std::vec::IntoIter<Expression>,
    operators: std::iter::Peekable<std::vec::IntoIter<String>>,
}

fn rank(operator: &str) -> u8 {
    match operator {
        "?" | ":" => 0,
        "and" | "or" | "xor" => 1,
        "band" | "bor" | "bxor" => 2,
        "??" => 4,
        "+" | "-" => 5,
        "*" | "/" | "%" => 6,
        "f" => 7,
        ".." => 8,
        _ => 3,
    }
}

pub(super) fn is_binary(kind: &str) -> bool {
    matches!(
        kind,
        "logical_expression"
            | "bitwise_expression"
            | "comparison_expression"
            | "additive_expression"
            | "multiplicative_expression"
            | "format_expression"
            | "range_expression"
    )
}
