//! The query language that Graph and Azure share: `$filter` as a tree, and what it says about a row.

pub mod filter;
pub mod grammar;

/// Joins terms, which keep their order, to a tree as flat as can be: whoever walks it goes as deep as it is, and there
/// can be more terms than a stack has room for.
pub fn joined<T>(first: T, rest: Vec<T>, join: impl Fn(Box<T>, Box<T>) -> T) -> T {
    let pair = |left: T, right: Option<T>| match right {
        Some(right) => join(Box::new(left), Box::new(right)),
        None => left,
    };
    let (mut first, mut rest) = (first, rest);
    while !rest.is_empty() {
        let mut terms = rest.into_iter();
        first = pair(first, terms.next());
        let mut pairs = Vec::with_capacity(terms.len().div_ceil(2));
        while let Some(left) = terms.next() {
            pairs.push(pair(left, terms.next()));
        }
        rest = pairs;
    }
    first
}
