//! Verbs over Exchange Online: mail contacts.

pub mod contact;
pub mod contact_change;
mod country;

use super::Entry;

pub fn list(entries: &mut Vec<Entry>) {
    contact::list(entries);
    contact_change::list(entries);
}
