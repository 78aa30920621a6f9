//! Verbs over Microsoft Graph's directory.

pub mod group;
pub mod invitation;
pub mod license;
pub mod role;
pub mod user;
pub mod user_change;
pub mod user_links;

use super::Entry;

pub fn list(entries: &mut Vec<Entry>) {
    invitation::list(entries);
    user::list(entries);
    user_change::list(entries);
    user_links::list(entries);
    group::list(entries);
    license::list(entries);
    role::list(entries);
}
