//! What stands before a point: which kind of value, as far as that shows without running anything.

use super::Known;
use crate::catalogue;
use crate::host::Thing;
use crate::host::pieces::{Kind, Piece};
use crate::verbs::Returns;

/// How far definitions are followed; a text may define a name by itself.
const STEPS: usize = 12;

/// A text, its pieces, and what is known.
pub struct Receiver<'a> {
    pub text: &'a str,
    pub pieces: &'a [Piece],
    pub known: &'a dyn Known,
}

impl Receiver<'_> {
    /// What the expression is that ends before the piece `end`.
    pub fn before(&self, end: usize) -> Option<Thing> {
        self.thing(end, STEPS)
    }

    fn of(&self, n: usize) -> &str {
        &self.text[self.pieces[n].range.clone()]
    }

    fn thing(&self, end: usize, steps: usize) -> Option<Thing> {
        let steps = steps.checked_sub(1)?;
        let last = end.checked_sub(1)?;
        match (self.pieces[last].kind, self.of(last)) {
            (Kind::Close, ")") => {
                let open = self.opening(last)?;
                let name = open.checked_sub(1).filter(|name| self.pieces[*name].kind == Kind::Word)?;
                match self.on(name) {
                    Some(receiver) => self.called(self.of(name), self.thing(receiver, steps)),
                    None => self.called(self.of(name), None),
                }
            }
            (Kind::Close, "]") => {
                let open = self.opening(last)?;
                self.thing(open, steps).and_then(element)
            }
            (Kind::Text, _) => Some(Thing::Text),
            (Kind::Word, name) => match self.on(last) {
                Some(receiver) => property(self.thing(receiver, steps)?, name),
                None => self.local(name, last, steps).or_else(|| self.known.variable(name)),
            },
            _ => None,
        }
    }

    /// The point before a name, if it is a member's.
    fn on(&self, name: usize) -> Option<usize> {
        name.checked_sub(1).filter(|point| matches!(self.of(*point), "." | "?."))
    }

    /// The bracket that a closing one belongs to.
    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0;
        for n in (0..=close).rev() {
            match self.pieces[n].kind {
                Kind::Close => depth += 1,
                Kind::Open => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(n);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What a call gives.
    fn called(&self, name: &str, receiver: Option<Thing>) -> Option<Thing> {
        if let Some(entry) = catalogue::entries().iter().find(|entry| entry.card.name == name) {
            return Some(match entry.card.returns {
                Returns::One(shape) | Returns::Maybe(shape) => Thing::of(shape),
                Returns::Many(shape) => Thing::List(Box::new(Thing::of(shape))),
                Returns::Text => Thing::Text,
                Returns::Date => Thing::Date,
                Returns::Rows => Thing::Rows(Box::new(Thing::Other)),
                Returns::Nothing | Returns::Value => Thing::Other,
            });
        }
        match (name, receiver?) {
            ("filter" | "sort_by" | "unique" | "slice" | "to_array", list) => Some(list),
            ("find" | "pop" | "shift", list) => element(list),
            ("to_upper" | "to_lower" | "trim" | "replace" | "sub_string" | "join", _) => Some(Thing::Text),
            ("add_days", date) => Some(date),
            _ => None,
        }
    }

    /// A name that the text itself makes: `let x = ...;`, `for x in ...`, `...filter(|x| `.
    fn local(&self, name: &str, use_at: usize, steps: usize) -> Option<Thing> {
        let made = (0..use_at).rev().filter(|n| self.pieces[*n].kind == Kind::Word && self.of(*n) == name);
        for n in made {
            let Some(before) = n.checked_sub(1) else { continue };
            let after = self.pieces.get(n + 1).map(|_| self.of(n + 1));
            match (self.of(before), after) {
                ("let" | "const", Some("=")) => return self.thing(self.end_of_expression(n + 2), steps),
                ("for", Some("in")) => {
                    return self.thing(self.end_of_expression(n + 2), steps).and_then(element);
                }
                ("|", Some("|")) => return self.element_for_closure(before, steps),
                _ => {}
            }
        }
        None
    }

    /// The piece that an expression ends before: `;` or the block that follows.
    fn end_of_expression(&self, from: usize) -> usize {
        let mut depth = 0;
        for n in from..self.pieces.len() {
            match (self.pieces[n].kind, self.of(n)) {
                (Kind::Open, "{") if depth == 0 => return n,
                (Kind::Open, _) => depth += 1,
                (Kind::Close, _) if depth == 0 => return n,
                (Kind::Close, _) => depth -= 1,
                (Kind::Sign, ";") if depth == 0 => return n,
                _ => {}
            }
        }
        self.pieces.len()
    }

    /// What a closure gets: an element of what its method is called on, or of the first argument of the call.
    fn element_for_closure(&self, bar: usize, steps: usize) -> Option<Thing> {
        let mut depth = 0;
        let open = (0..bar).rev().find(|n| {
            match self.pieces[*n].kind {
                Kind::Close => depth += 1,
                Kind::Open if depth == 0 => return true,
                Kind::Open => depth -= 1,
                _ => {}
            }
            false
        })?;
        let name = open.checked_sub(1).filter(|name| self.pieces[*name].kind == Kind::Word)?;
        let list = match self.on(name) {
            Some(receiver) => self.thing(receiver, steps),
            None => {
                let comma = (open..bar).find(|n| self.of(*n) == ",")?;
                self.thing(comma, steps)
            }
        };
        list.and_then(element)
    }
}

fn element(list: Thing) -> Option<Thing> {
    match list {
        Thing::List(element) | Thing::Rows(element) => Some(*element),
        _ => None,
    }
}

fn property(object: Thing, name: &str) -> Option<Thing> {
    let Thing::Object { properties, .. } = object else { return None };
    properties.into_iter().find(|(known, _)| known.name == name).map(|(_, thing)| thing)
}
