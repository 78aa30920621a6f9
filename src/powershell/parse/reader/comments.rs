//! Comments find their statements: those above it, the one beside it, and those from within it that have no statement of their own.

use super::Reader;
use crate::powershell::syntax::{Block, Comment};

impl Reader<'_> {
    /// Comments and empty lines between two places, those that nobody has taken yet. The place behind the last one, too.
    pub(super) fn comments_between(&mut self, from: usize, to: usize) -> Vec<Comment> {
        let mut found: Vec<Comment> = Vec::new();
        let mut last = from;
        let first = self.comments.partition_point(|comment| comment.start < from);
        for index in first..self.comments.len() {
            let Some(comment) = self.comments.get(index).copied() else { break };
            if comment.start >= to {
                break;
            }
            if std::mem::replace(&mut self.taken[index], true) {
                last = comment.end;
                continue;
            }
            let blank = self.has_blank_line(last, comment.start, last == 0);
            let lines = comment_lines(self.slice(comment.start, comment.end));
            match found.last_mut() {
                Some(above) if !blank => above.lines.extend(lines),
                _ => found.push(Comment { lines, blank }),
            }
            last = comment.end;
        }
        if self.has_blank_line(last, to, last == 0) {
            found.push(Comment { lines: Vec::new(), blank: true });
        }
        found
    }

    /// Whether an empty line stands between two places; at the beginning of the text the first line end is one already.
    fn has_blank_line(&self, from: usize, to: usize, at_start: bool) -> bool {
        let text = self.slice(from, to);
        // A blank line is a second line end with only blanks since the first.
        let mut ends = 0;
        for c in text.chars() {
            if c == '\n' {
                ends += 1;
                if ends == 2 {
                    return !at_start;
                }
            } else if !c.is_whitespace() {
                ends = 0;
            }
        }
        false
    }

    /// The comment on the line where something ends, before anything else stands there.
    pub(super) fn beside(&mut self, end: usize, until: usize) -> Option<String> {
        let index = self.comments.partition_point(|comment| comment.start < end);
        let comment = self.comments.get(index).copied()?;
        let between = self.slice(end, comment.start);
        if comment.start >= until || between.contains('\n') || *self.taken.get(index)? {
            return None;
        }
        let text = self.slice(comment.start, comment.end).to_string();
        if text.contains('\n') {
            return None;
        }
        self.taken[index] = true;
        Some(comment_lines(&text).join(" "))
    }

    /// Comments between two places stand in front of the first statement of a block: what is said before an `else` is said of what
    /// follows it.
    pub(super) fn put_first(&mut self, block: &mut Block, from: usize, to: usize) {
        let comments: Vec<Comment> =
            self.comments_between(from, to).into_iter().filter(|comment| !comment.lines.is_empty()).collect();
        match block.statements.first_mut() {
            Some(first) => {
                let inner = std::mem::replace(&mut first.above, comments);
                first.above.extend(inner);
            }
            None => {
                let inner = std::mem::replace(&mut block.closing, comments);
                block.closing.extend(inner);
            }
        }
    }

    /// Comments inside a statement that nothing in it has taken.
    pub(super) fn leftovers(&mut self, from: usize, to: usize) -> Option<Comment> {
        let first = self.comments.partition_point(|comment| comment.start < from);
        let mut lines = Vec::new();
        for index in first..self.comments.len() {
            let Some(comment) = self.comments.get(index).copied() else { break };
            if comment.start >= to {
                break;
            }
            if !std::mem::replace(&mut self.taken[index], true) {
                lines.extend(comment_lines(self.slice(comment.start, comment.end)));
            }
        }
        (!lines.is_empty()).then_some(Comment { lines, blank: false })
    }
}

/// A comment without its signs, line by line.
pub(super) fn comment_lines(text: &str) -> Vec<String> {
    if let Some(block) = text.strip_prefix("<#") {
        let block = block.strip_suffix("#>").unwrap_or(block);
        let mut lines: Vec<String> = block.lines().map(|line| line.trim_end().to_string()).collect();
        while lines.first().is_some_and(|line| line.trim().is_empty()) {
            lines.remove(0);
        }
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let indent = lines
            .iter()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start().len())
            .min()
            .unwrap_or(0);
        return lines.iter().map(|line| line.get(indent..).unwrap_or("").to_string()).collect();
    }
    let line = text.strip_prefix('#').unwrap_or(text);
    vec![line.strip_prefix(' ').unwrap_or(line).trim_end().to_string()]
}
