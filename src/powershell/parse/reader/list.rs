//! Blocks and lists of statements.

use super::super::token::{Bracket, Kind};
use super::{DEEPEST, Reader, Run};
use crate::powershell::syntax::{Block, Comment, NamedBlock, Statement, StatementKind};

impl Reader<'_> {
    /// What stands between two braces, or in the whole text.
    pub(super) fn block(&mut self, run: Run, from: usize, to: usize) -> Block {
        let mut block = Block::default();
        let mut at = run.skip_ends(run.from);
        let mut place = from;
        let mut declared = at;
        while matches!(
            run.kind(declared),
            Some(Kind::Attribute | Kind::Type | Kind::Newline | Kind::Semicolon)
        ) {
            declared += 1;
        }
        if matches!(run.kind(declared), Some(Kind::Keyword(word)) if word == "param") {
            block.opening = self.comments_between(from, run.start(declared));
            if matches!(run.kind(declared + 1), Some(Kind::Open { bracket: Bracket::Parameters, .. })) {
                block.parameters = self.parameters(run.inside(declared + 1));
                at = run.after(declared + 1);
                place = run.end_before(at);
            }
        } else if self.help_stands_first(from, run.token(at).map_or(to, |token| token.start)) {
            block.opening = self.first_comment(from);
            place = self.comment_end(from);
        }
        if self.named_blocks(run, &mut at, &mut block) {
            place = run.end_before(at);
        }
        let (statements, closing) = self.statements(run.part(at, run.to), place, to);
        block.statements = statements;
        block.closing = closing;
        block
    }

    /// A comment-based help at the beginning.
    fn help_stands_first(&self, from: usize, to: usize) -> bool {
        let index = self.comments.partition_point(|comment| comment.start < from);
        self.comments.get(index).is_some_and(|comment| {
            let text = self.slice(comment.start, comment.end);
            comment.start < to && text.starts_with("<#") && text.to_ascii_uppercase().contains(".SYNOPSIS")
        })
    }

    fn comment_end(&self, from: usize) -> usize {
        let index = self.comments.partition_point(|comment| comment.start < from);
        self.comments.get(index).map_or(from, |comment| comment.end)
    }

    fn first_comment(&mut self, from: usize) -> Vec<Comment> {
        let end = self.comment_end(from);
        self.comments_between(from, end)
    }

    /// `begin { }`, `process { }` and `end { }`; others among them are lost on purpose only where they are empty.
    fn named_blocks(&mut self, run: Run, at: &mut usize, block: &mut Block) -> bool {
        let mut any = false;
        loop {
            let here = run.skip_ends(*at);
            let Some(Kind::Keyword(word)) = run.kind(here) else { return any };
            let name = match word.as_str() {
                "begin" => NamedBlock::Begin,
                "process" => NamedBlock::Process,
                "end" => NamedBlock::End,
                _ => return any,
            };
            let open = run.skip_newlines(here + 1);
            let Some(Kind::Open { bracket: Bracket::Brace, .. }) = run.kind(open) else { return any };
            let inner = run.inside(open);
            let (mut statements, closing) =
                self.statements(inner, run.end_before(open + 1), run.start(inner.to));
            if let (Some(last), false) = (statements.last_mut(), closing.is_empty()) {
                last.above.extend(closing);
            }
            if let Some(unclosed) = self.unclosed(run, open) {
                statements.push(unclosed);
            }
            block.named.push((name, statements));
            *at = run.after(open);
            any = true;
        }
    }

    /// The statements of a run, and the comments behind the last of them.
    pub(super) fn statements(&mut self, run: Run, from: usize, to: usize) -> (Vec<Statement>, Vec<Comment>) {
        let mut statements: Vec<Statement> = Vec::new();
        let mut place = from;
        let mut at = run.skip_ends(run.from);
        self.depth += 1;
        while at < run.to {
            let start = run.start(at);
            let (kind, next) = if self.depth > DEEPEST {
                (StatementKind::Unreadable("too many brackets within each other".to_string()), run.to)
            } else {
                self.statement(run.part(at, run.to))
            };
            let next = next.max(at + 1);
            let end = run.end_before(next.min(run.to)).max(start);
            let mut above = self.comments_between(place, start);
            above.extend(self.leftovers(start, end));
            let after = run.skip_ends(next);
            let until = run.token(after).filter(|_| after < run.to).map_or(to, |token| token.start);
            let beside = self.beside(end_of_line_part(run, next, end), until);
            statements.push(Statement { span: self.span(start, end), above, beside, kind });
            place = end;
            at = after;
        }
        self.depth -= 1;
        let closing = self.comments_between(place, to);
        (statements, closing.into_iter().filter(|comment| !comment.lines.is_empty()).collect())
    }

    /// `{ ... }` whose brace opens at a token.
    pub(super) fn brace(&mut self, run: Run, open: usize) -> Block {
        let inner = run.inside(open);
        let from = run.end_before(open + 1);
        let to = run.token(inner.to).map_or(self.text.len(), |token| token.start);
        let mut block = self.block(inner, from, to);
        if let Some(unclosed) = self.unclosed(run, open) {
            block.statements.push(unclosed);
        }
        block
    }

    /// Says so where nothing closes a brace.
    fn unclosed(&self, run: Run, open: usize) -> Option<Statement> {
        let Some(Kind::Open { broken: true, .. }) = run.kind(open) else { return None };
        let token = run.token(open)?;
        Some(Statement {
            span: self.span(token.start, token.end),
            above: Vec::new(),
            beside: None,
            kind: StatementKind::Unreadable("this brace is never closed".to_string()),
        })
    }
}

/// A semicolon after a statement belongs to its line.
fn end_of_line_part(run: Run, next: usize, end: usize) -> usize {
    match run.token(next) {
        Some(token) if next < run.to && matches!(token.kind, Kind::Semicolon) => token.end,
        _ => end,
    }
}
