//! Everything that is kept as the service writes it and needs no look-up of its own: partners, schedules, reviews,
//! audit records. A shelf is a named, ordered collection of JSON by key.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{Change, Tenant};

#[derive(Default)]
pub struct Shelf {
    order: BTreeMap<u64, String>,
    entries: HashMap<String, (u64, Value)>,
}

pub type Shelves = HashMap<String, Shelf>;

impl Tenant {
    /// What lies on a shelf, each entry with its place, in the order in which it was put there.
    pub fn shelf(&self, name: &str) -> impl DoubleEndedIterator<Item = (u64, &Value)> {
        self.shelves.get(name).into_iter().flat_map(|shelf| {
            shelf
                .order
                .values()
                .filter_map(|key| shelf.entries.get(key).map(|(place, value)| (*place, value)))
        })
    }

    /// The names of the shelves that hold something, sorted.
    pub fn shelf_names(&self) -> Vec<&str> {
        let full = self.shelves.iter().filter(|(_, shelf)| !shelf.entries.is_empty());
        let mut names: Vec<&str> = full.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The keys of a shelf, in the same order.
    pub fn shelf_keys(&self, name: &str) -> impl Iterator<Item = &str> {
        self.shelves.get(name).into_iter().flat_map(|shelf| shelf.order.values().map(String::as_str))
    }

    /// Entries whose key starts in a way, in the order in which they were put there.
    pub fn shelf_keys_under(&self, name: &str, prefix: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.shelves.get(name).into_iter().flat_map(move |shelf| {
            let keys = shelf.order.values().filter(move |key| key.starts_with(prefix));
            keys.filter_map(|key| shelf.entries.get(key).map(|(_, value)| (key, value)))
        })
    }

    pub fn shelved(&self, name: &str, key: &str) -> Option<&Value> {
        self.shelves.get(name)?.entries.get(key).map(|(_, value)| value)
    }

    /// Puts an entry at the end; one that is there already keeps its place.
    pub fn shelve(&mut self, name: &str, key: &str, value: Value) {
        let next = self.next();
        let shelf = self.shelves.entry(name.to_owned()).or_default();
        let place = shelf.entries.get(key).map_or(next, |(place, _)| *place);
        shelf.order.insert(place, key.to_owned());
        shelf.entries.insert(key.to_owned(), (place, value));
        self.changes.push(Change::Entry(name.to_owned(), key.to_owned()));
    }

    pub fn unshelve(&mut self, name: &str, key: &str) -> Option<Value> {
        let shelf = self.shelves.get_mut(name)?;
        let (place, value) = shelf.entries.remove(key)?;
        shelf.order.remove(&place);
        self.changes.push(Change::Entry(name.to_owned(), key.to_owned()));
        Some(value)
    }

    pub(super) fn entry_record(&self, name: &str, key: &str) -> Option<String> {
        let (place, value) = self.shelves.get(name)?.entries.get(key)?;
        Some(json!([place, value]).to_string())
    }

    /// Puts an entry back where the store had it.
    pub(super) fn load_entry(&mut self, name: &str, key: &str, record: &str) -> Option<()> {
        let (place, value): (u64, Value) = serde_json::from_str(record).ok()?;
        self.sequence = self.sequence.max(place);
        let shelf = self.shelves.entry(name.to_owned()).or_default();
        shelf.order.insert(place, key.to_owned());
        shelf.entries.insert(key.to_owned(), (place, value));
        Some(())
    }
}
