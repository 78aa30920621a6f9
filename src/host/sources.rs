//! The texts of everything that was compiled, so that an error can show its line.

use std::collections::HashMap;
use std::sync::RwLock;

#[derive(Debug, Default)]
pub struct Sources(RwLock<HashMap<String, String>>);

impl Sources {
    pub fn add(&self, name: &str, text: &str) {
        if let Ok(mut sources) = self.0.write() {
            sources.insert(name.to_owned(), text.to_owned());
        }
    }

    /// A line of a source, from 1.
    pub fn line(&self, name: &str, line: usize) -> Option<String> {
        self.0.read().ok()?.get(name)?.lines().nth(line.checked_sub(1)?).map(str::to_owned)
    }
}
