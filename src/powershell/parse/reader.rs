//! From words to the tree, statement by statement: what cannot be read stays one statement, and everything around it is read.

mod comments;
mod convert;
mod keyword;
mod list;
mod operands;
mod parameters;
mod pipeline;
mod ranks;

use super::token::{Kind, Lexed, RawComment, Token};
use crate::powershell::syntax::{Block, Span};

/// Brackets within brackets: deeper ones are not read.
const DEEPEST: usize = 40;

pub(super) struct Reader<'t> {
    text: &'t str,
    lines: Vec<usize>,
    comments: Vec<RawComment>,
    /// Which comments have found their place.
    taken: Vec<bool>,
    grammar: tree_sitter::Parser,
    depth: usize,
}

/// A stretch of tokens; indices into the list count for `pair` as well.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    tokens: &'a [Token],
    from: usize,
    to: usize,
}

impl<'a> Run<'a> {
    fn new(tokens: &'a [Token]) -> Run<'a> {
        Run { tokens, from: 0, to: tokens.len() }
    }

    fn part(self, from: usize, to: usize) -> Run<'a> {
        Run { tokens: self.tokens, from: from.min(to), to }
    }

    fn kind(self, index: usize) -> Option<&'a Kind> {
        (index < self.to).then(|| self.tokens.get(index)).flatten().map(|token| &token.kind)
    }

    fn token(self, index: usize) -> Option<&'a Token> {
        self.tokens.get(index)
    }

    /// What stands between the bracket at `index` and the one that closes it.
    fn inside(self, index: usize) -> Run<'a> {
        match self.tokens.get(index).map(|token| &token.kind) {
            Some(Kind::Open { pair, .. }) => {
                Run { tokens: self.tokens, from: index + 1, to: (*pair).max(index + 1) }
            }
            _ => Run { tokens: self.tokens, from: index, to: index },
        }
    }

    /// The token after this one, or after the bracket that opens here.
    fn after(self, index: usize) -> usize {
        match self.tokens.get(index).map(|token| &token.kind) {
            Some(Kind::Open { pair, .. }) => (pair + 1).max(index + 1),
            _ => index + 1,
        }
    }

    /// The first token from `index` on, outside of brackets, that fits.
    fn find(self, index: usize, fits: impl Fn(&Kind) -> bool) -> Option<usize> {
        let mut at = index;
        while at < self.to {
            if self.kind(at).is_some_and(&fits) {
                return Some(at);
            }
            at = self.after(at);
        }
        None
    }

    /// Skips line ends and semicolons.
    fn skip_ends(self, index: usize) -> usize {
        let mut at = index;
        while matches!(self.kind(at), Some(Kind::Newline | Kind::Semicolon)) {
            at += 1;
        }
        at
    }

    fn skip_newlines(self, index: usize) -> usize {
        let mut at = index;
        while matches!(self.kind(at), Some(Kind::Newline)) {
            at += 1;
        }
        at
    }

    fn start(self, index: usize) -> usize {
        self.tokens.get(index).map_or(0, |token| token.start)
    }

    /// Where the token before `index` ends.
    fn end_before(self, index: usize) -> usize {
        index.checked_sub(1).and_then(|before| self.tokens.get(before)).map_or(0, |token| token.end)
    }
}

/// The whole text as a block.
pub(super) fn read(text: &str, lexed: Lexed) -> Block {
    let mut grammar = tree_sitter::Parser::new();
    // The grammar is compiled in; a version that does not fit would show in every test, and here as text that cannot be read.
    let _ = grammar.set_language(&tree_sitter_powershell::LANGUAGE.into());
    let taken = vec![false; lexed.comments.len()];
    let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut reader = Reader { text, lines, comments: lexed.comments, taken, grammar, depth: 0 };
    reader.block(Run::new(&lexed.tokens), 0, text.len())
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let line = self.lines.partition_point(|at| *at <= start).max(1);
        Span { start, end: end.max(start), line }
    }

    fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or("")
    }
}
