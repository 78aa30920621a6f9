//! Verbs over Microsoft Graph's directory.

mod activity;
pub mod group;
pub mod invitation;
pub mod license;
pub mod manager;
pub mod role;
pub mod sponsor;
pub mod user;
pub mod user_bin;
pub mod user_change;
pub mod user_links;
pub mod user_removal;

use super::Entry;

pub fn list(entries: &mut Vec<Entry>) {
    invitation::list(entries);
    user::list(entries);
    user_change::list(entries);
    activity::list(entries);
    user_removal::list(entries);
    user_bin::list(entries);
    user_links::list(entries);
    manager::list(entries);
    sponsor::list(entries);
    group::list(entries);
    license::list(entries);
    role::list(entries);
}
