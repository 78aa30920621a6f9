//! What the tenant has, for completion: asked in the background when it is first needed, and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::complete::Names;
use crate::catalogue;
use crate::host::{Host, Named};
use crate::verbs::Entry;

/// How long a list is believed.
const KEPT: Duration = Duration::from_secs(300);
/// How many are asked for where a tenant may have very many.
const MOST: usize = 500;
/// How long a person who asked waits for a list that is on its way; typing never does.
pub const PATIENCE: Duration = Duration::from_millis(120);

enum List {
    Asked,
    Here(Instant, Vec<Named>),
}

type Lists = Arc<Mutex<HashMap<(String, Names), List>>>;

/// The lists of the tenants that lines went to.
pub struct Tenant {
    host: Arc<Host>,
    lists: Lists,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tenant {
    pub fn new(host: Arc<Host>) -> Tenant {
        Tenant { host, lists: Lists::default() }
    }

    /// A list as far as it is known; it is asked for if it is not.
    pub fn known(&self, which: Names) -> Option<Vec<Named>> {
        let session = self.host.session();
        let key = (session.tenant_name().to_owned(), which);
        {
            let mut lists = locked(&self.lists);
            match lists.get(&key) {
                Some(List::Here(at, names)) if at.elapsed() < KEPT => return Some(names.clone()),
                Some(List::Asked) => return None,
                _ => drop(lists.insert(key.clone(), List::Asked)),
            }
        }
        let lists = self.lists.clone();
        self.host.aside(async move {
            let mut found = Vec::new();
            for (verb, options) in asking(which) {
                let entry = catalogue::entries().iter().find(|entry| entry.card.name == verb);
                let Some(entry) = entry else { continue };
                // A sign-in that may not see them has no list, and nobody is bothered with that.
                let answer = Entry::look(entry, options, &session).await.unwrap_or(Value::Null);
                found.extend(
                    answer.as_array().into_iter().flatten().filter_map(|object| named(which, object)),
                );
            }
            // What a guest calls itself must not steer the terminal.
            found.retain(|named| !named.name.contains(char::is_control));
            found.sort_by_cached_key(|named: &Named| named.name.to_lowercase());
            found.dedup_by(|a, b| a.name == b.name);
            locked(&lists).insert(key, List::Here(Instant::now(), found));
        });
        None
    }

    /// The same for somebody who pressed a key for it, and may wait for a moment.
    pub fn awaited(&self, which: Names) -> Vec<Named> {
        let begun = Instant::now();
        loop {
            if let Some(names) = self.known(which) {
                return names;
            }
            if begun.elapsed() > PATIENCE {
                return Vec::new();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What was changed may be in the lists.
    pub fn forget(&self) {
        locked(&self.lists).retain(|_, list| matches!(list, List::Asked));
    }
}

/// The verbs that tell.
fn asking(which: Names) -> Vec<(&'static str, Value)> {
    match which {
        Names::Users => vec![(
            "get_users",
            json!({ "select": ["id", "displayName", "mail", "userPrincipalName"], "top": MOST }),
        )],
        Names::Groups => vec![("get_groups", json!({ "top": MOST }))],
        Names::DirectoryRoles => vec![("get_directory_role_definitions", json!({}))],
        Names::AzureRoles => vec![("get_azure_role_definitions", json!({}))],
        Names::Licences => vec![("get_subscribed_skus", json!({}))],
        Names::Contacts => vec![("get_mail_contacts", json!({ "top": MOST }))],
        Names::Domains => vec![(
            "get_users",
            json!({ "filter": "userType eq 'Guest'", "select": ["id", "mail"], "top": MOST }),
        )],
    }
}

fn named(which: Names, object: &Value) -> Option<Named> {
    let text = |name: &str| object[name].as_str().filter(|text| !text.is_empty());
    let about = |name: &str| text(name).unwrap_or_default().to_owned();
    Some(match which {
        Names::Users => Named::new(text("mail").or(text("userPrincipalName"))?, about("displayName")),
        Names::Groups => Named::new(text("displayName")?, about("description")),
        Names::DirectoryRoles => Named::new(text("displayName")?, about("description")),
        Names::AzureRoles => Named::new(text("roleName")?, about("description")),
        Names::Licences => {
            let free = object["available"].as_i64().map(|free| format!("{free} free")).unwrap_or_default();
            Named::new(text("skuPartNumber")?, free)
        }
        Names::Contacts => {
            let address = text("externalEmailAddress")?;
            let bare = address.split_once(':').map_or(address, |(_, bare)| bare);
            Named::new(bare, about("displayName"))
        }
        Names::Domains => Named::new(text("mail")?.rsplit_once('@')?.1, ""),
    })
}
