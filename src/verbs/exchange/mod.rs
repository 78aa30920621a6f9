//! Verbs over Exchange Online: mail contacts.

pub mod contact;
pub mod contact_change;

use super::Entry;

pub fn list(entries: &mut Vec<Entry>) {
    contact::list(entries);
    contact_change::list(entries);
}
