//! Completion: what could stand at the cursor, from the text, what an interpreter knows, and what the tenant has.

mod methods;
mod offer;
mod options;
pub mod place;
mod receiver;

use crate::host::{Named, Thing};

pub use offer::words_of;

/// Something to put at the cursor, and what is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub replacement: String,
    /// How it is called, or what it is.
    pub name: String,
    pub about: String,
}

/// Candidates, and where the text begins that they replace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub start: usize,
    pub candidates: Vec<Candidate>,
}

/// Lists that only the tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Names {
    Users,
    Groups,
    DirectoryRoles,
    AzureRoles,
    Licences,
    Contacts,
    Domains,
}

/// What is there to choose from.
pub trait Known {
    fn variables(&self) -> Vec<Named>;
    fn variable(&self, name: &str) -> Option<Thing>;
    /// Functions of the session.
    fn functions(&self) -> Vec<Named>;
    /// Modules that were imported: the name each goes under, and its own.
    fn imports(&self) -> Vec<(String, String)>;
    /// The functions of a module.
    fn module(&self, path: &str) -> Vec<Named>;
    /// What the tenant has; nothing as long as it was not heard of.
    fn names(&self, which: Names) -> Vec<Named>;
    /// Files and folders whose path begins so.
    fn files(&self, typed: &str) -> Vec<Named>;
}

/// What could stand at the cursor.
pub fn complete(text: &str, cursor: usize, known: &dyn Known) -> Found {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let here = place::find(text, cursor);
    offer::offer(text, cursor, &here, known)
}

#[cfg(test)]
mod tests;
