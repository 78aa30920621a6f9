//! Verbs over data: tables in and out, dates, and bulk. Their bodies are in the host, since they take tables and closures.

pub mod bulk;
pub mod dates;
pub mod tables;

use super::Entry;

pub fn list(entries: &mut Vec<Entry>) {
    tables::list(entries);
    dates::list(entries);
    bulk::list(entries);
}
