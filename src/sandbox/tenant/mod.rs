//! The state of the tenant: one directory under all services, one address space under all recipients.
//!
//! Every change goes through here and is noted, so that the store can put exactly that on disk.

mod assignments;
mod audits;
mod bin;
mod deltas;
mod licences;
mod links;
mod membership;
mod object;
mod period;
mod records;
pub mod requests;
mod schedules;
mod shelves;
mod sight;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use assignments::{
    AppRoleAssignment, Assignments, AzureAssignment, DirectoryAssignment, Granted, directory_grant,
};
pub use audits::{Audit, Initiator, Target, Word};
pub use links::{Links, Relation};
pub use membership::parse as membership_rule;
pub use object::{Kind, Object, Redemption, smtp, with_primary};
pub use period::{Expiry, Period, field, written};
pub use records::Record;
pub use schedules::{Plane, Schedule};
pub use sight::{Delays, Service};

use self::audits::Audits;
use self::membership::belongs;
use self::shelves::Shelves;
use super::clock::Clock;
use super::trouble::Asker;

/// What the seed fixes and everybody may know.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Profile {
    pub seed: String,
    pub tenant_id: Uuid,
    pub display_name: String,
    pub initial_domain: String,
    pub default_domain: String,
    pub subscription_id: Uuid,
    /// The administrator's application.
    pub client_id: Uuid,
}

/// An app registration with what was consented to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct App {
    pub client_id: Uuid,
    pub principal: Uuid,
    pub name: String,
    pub secret: String,
    /// Names of application permissions, of whichever service.
    pub roles: Vec<String>,
    /// What it is called among those that a sandbox tells about; empty for the others.
    pub label: String,
    /// Runs on people's machines, holds no secret, and only ever acts for somebody who signed in.
    pub public: bool,
    /// May prove itself with the published certificate.
    pub certified: bool,
}

/// A mail that a real tenant would have sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mail(pub Value);

/// What was changed and is not on disk yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    Object(Uuid),
    Link(Relation, Uuid, Uuid),
    DirectoryAssignment(String),
    AppRoleAssignment(String),
    AzureAssignment(Uuid),
    Mail(u64),
    Audit(u64),
    Setting(String),
    Entry(String, String),
    App(Uuid),
    Profile,
}

#[derive(Default)]
pub struct Tenant {
    pub profile: Profile,
    pub clock: Clock,
    pub directory_assignments: Assignments<DirectoryAssignment>,
    pub azure_assignments: Assignments<AzureAssignment>,
    pub app_role_assignments: Assignments<AppRoleAssignment>,
    objects: HashMap<Uuid, Object>,
    order: BTreeMap<(Kind, bool, u64), Uuid>,
    by_touch: BTreeMap<(Kind, u64), Uuid>,
    links: Links,
    handles: HashMap<String, Vec<Uuid>>,
    addresses: HashMap<String, Uuid>,
    seats: HashMap<String, u32>,
    apps: HashMap<Uuid, App>,
    settings: BTreeMap<String, Value>,
    shelves: Shelves,
    delays: Delays,
    mails: BTreeMap<u64, Mail>,
    /// When the next schedule starts or ends or the next object leaves the bin, in milliseconds; zero when nobody has looked yet.
    next_due: i64,
    audits: Audits,
    sequence: u64,
    changes: Vec<Change>,
}

impl Tenant {
    pub fn stamp(&self) -> String {
        self.clock.stamp()
    }

    fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Hands over what changed since the last call.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    // Objects.

    /// A live object.
    pub fn get(&self, id: Uuid) -> Option<&Object> {
        self.objects.get(&id).filter(|object| !object.deleted)
    }

    /// Who asks, for the limits of the services.
    pub fn asker(&self, app: Uuid) -> Asker {
        let users =
            self.order.range((Kind::User, false, 0)..=(Kind::User, false, u64::MAX)).take(501).count();
        Asker { app, tenant: self.profile.tenant_id, users, rate: self.clock.rate() }
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.range(kind, false)
    }

    fn range(&self, kind: Kind, deleted: bool) -> impl Iterator<Item = &Object> {
        self.order
            .range((kind, deleted, 0)..=(kind, deleted, u64::MAX))
            .filter_map(|(_, id)| self.objects.get(id))
    }

    /// A live object of one kind by its id in text.
    pub fn find(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.get(Uuid::try_parse(id).ok()?).filter(|object| object.kind == kind)
    }

    /// A user by object id or user principal name.
    pub fn user(&self, key: &str) -> Option<&Object> {
        if let Ok(id) = Uuid::try_parse(key) {
            return self.get(id).filter(|object| object.kind == Kind::User);
        }
        self.known_as(key).find(|object| {
            object.kind == Kind::User
                && object
                    .text("userPrincipalName")
                    .is_some_and(|upn| upn.to_lowercase() == key.to_lowercase())
        })
    }

    /// Live objects that mention a text as a name or an address.
    pub fn known_as(&self, text: &str) -> impl Iterator<Item = &Object> {
        self.handles.get(&text.to_lowercase()).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// The object that owns an address, whatever its kind.
    pub fn holder(&self, address: &str) -> Option<&Object> {
        self.addresses.get(&address.to_lowercase()).and_then(|id| self.get(*id))
    }

    /// An object in the bin that still names an address as its own.
    pub fn binned_holder(&self, address: &str) -> Option<&Object> {
        let address = address.to_lowercase();
        let ids = self.handles.get(&address)?;
        ids.iter()
            .filter_map(|id| self.binned(*id))
            .find(|object| object.proxies().any(|proxy| proxy == address))
    }

    pub fn insert(&mut self, mut object: Object) -> Uuid {
        let id = object.id;
        object.sequence = self.next();
        object.touch(object.sequence, None);
        object.touches.clear();
        object.born = self.clock.now().as_millisecond();
        self.place(object);
        self.changes.push(Change::Object(id));
        id
    }

    /// Changes an object in place and keeps every index right.
    pub fn update(&mut self, id: Uuid, change: impl FnOnce(&mut Object)) {
        let number = self.next();
        if let Some(mut object) = self.displace(id) {
            change(&mut object);
            object.touch(number, None);
            self.place(object);
            self.changes.push(Change::Object(id));
        }
    }

    /// Removes an object for good, with its links and directory roles.
    pub fn purge(&mut self, id: Uuid) {
        for relation in Relation::ALL {
            let targets: Vec<Uuid> = self.links.targets(relation, id).map(|(_, to)| to).collect();
            let sources: Vec<Uuid> = self.links.sources(relation, id).map(|(_, from)| from).collect();
            targets.into_iter().for_each(|to| {
                self.unlink(relation, id, to);
            });
            sources.into_iter().for_each(|from| {
                self.unlink(relation, from, id);
            });
        }
        self.end_schedules_of(id);
        let roles: Vec<String> = self.directory_assignments.of(id).map(|found| found.id.clone()).collect();
        for role in roles {
            self.revoke_directory_role(&role);
        }
        let mut roles: Vec<String> =
            self.app_role_assignments.of(id).map(|granted| granted.id.clone()).collect();
        if self.objects.get(&id).is_some_and(|object| object.kind == Kind::ServicePrincipal) {
            let to = self.app_role_assignments.iter().filter(|granted| granted.resource == id);
            roles.extend(to.map(|granted| granted.id.clone()));
        }
        for role in roles {
            self.revoke_app_role(&role);
        }
        if let Some(kind) = self.displace(id).map(|object| object.kind) {
            self.bury(kind, id);
        }
        self.changes.push(Change::Object(id));
    }

    fn place(&mut self, object: Object) {
        let id = object.id;
        for handle in object.handles() {
            self.handles.entry(handle).or_default().push(id);
        }
        if !object.deleted {
            for address in object.proxies() {
                self.addresses.entry(address).or_insert(id);
            }
            for sku in skus(&object) {
                *self.seats.entry(sku).or_default() += 1;
            }
        }
        self.order.insert((object.kind, object.deleted, object.sequence), id);
        self.by_touch.insert((object.kind, object.touched), id);
        self.objects.insert(id, object);
    }

    fn displace(&mut self, id: Uuid) -> Option<Object> {
        let object = self.objects.remove(&id)?;
        self.order.remove(&(object.kind, object.deleted, object.sequence));
        self.by_touch.remove(&(object.kind, object.touched));
        for handle in object.handles() {
            if let Some(ids) = self.handles.get_mut(&handle) {
                ids.retain(|found| *found != id);
                if ids.is_empty() {
                    self.handles.remove(&handle);
                }
            }
        }
        if !object.deleted {
            for address in object.proxies() {
                if self.addresses.get(&address) == Some(&id) {
                    self.addresses.remove(&address);
                }
            }
            for sku in skus(&object) {
                if let Some(count) = self.seats.get_mut(&sku) {
                    *count = count.saturating_sub(1);
                }
            }
        }
        Some(object)
    }

    // Links.

    /// False when the link was there already.
    pub fn link(&mut self, relation: Relation, from: Uuid, to: Uuid) -> bool {
        let sequence = self.next();
        let added = self.links.insert(relation, from, to, sequence);
        if added {
            self.changes.push(Change::Link(relation, from, to));
            self.link_changed(relation, from, to, false);
            if relation == Relation::Member {
                self.membership_changed(from, to);
            }
        }
        added
    }

    pub fn unlink(&mut self, relation: Relation, from: Uuid, to: Uuid) -> bool {
        let removed = self.links.remove(relation, from, to);
        if removed {
            self.changes.push(Change::Link(relation, from, to));
            self.link_changed(relation, from, to, true);
            if relation == Relation::Member {
                self.membership_changed(from, to);
            }
        }
        removed
    }

    /// Takes away every link of a kind that goes out from an object, those to the bin too.
    pub fn unlink_all(&mut self, relation: Relation, from: Uuid) {
        let all: Vec<Uuid> = self.links.targets(relation, from).map(|(_, to)| to).collect();
        for to in all {
            self.unlink(relation, from, to);
        }
    }

    pub fn is_linked(&self, relation: Relation, from: Uuid, to: Uuid) -> bool {
        self.links.sequence(relation, from, to).is_some()
    }

    /// Live objects that `from` is linked to, each with its place in the order.
    pub fn targets(&self, relation: Relation, from: Uuid) -> impl Iterator<Item = (u64, &Object)> {
        self.links.targets(relation, from).filter_map(|(sequence, id)| Some((sequence, self.get(id)?)))
    }

    pub fn sources(&self, relation: Relation, to: Uuid) -> impl Iterator<Item = (u64, &Object)> {
        self.links.sources(relation, to).filter_map(|(sequence, id)| Some((sequence, self.get(id)?)))
    }

    /// Members as the services see them: those of a dynamic group follow its rule.
    pub fn members(&self, group: &Object) -> Vec<(u64, &Object)> {
        if group.is_dynamic() {
            return self
                .of_kind(Kind::User)
                .filter(|user| belongs(group, user))
                .map(|u| (u.sequence, u))
                .collect();
        }
        self.targets(Relation::Member, group.id).collect()
    }

    /// Groups that an object is directly in.
    pub fn groups_of(&self, object: &Object) -> Vec<(u64, &Object)> {
        let mut groups: Vec<(u64, &Object)> = self.sources(Relation::Member, object.id).collect();
        let dynamic = self.of_kind(Kind::Group).filter(|group| group.is_dynamic() && belongs(group, object));
        groups.extend(dynamic.map(|group| (group.sequence, group)));
        groups
    }

    /// Groups that an object is in, by others too; each once.
    pub fn all_groups_of(&self, object: &Object) -> Vec<(u64, &Object)> {
        let mut found: Vec<(u64, &Object)> = self.groups_of(object);
        let mut next = 0;
        while next < found.len() {
            for (sequence, group) in self.groups_of(found[next].1) {
                if found.iter().all(|(_, known)| known.id != group.id) {
                    found.push((sequence, group));
                }
            }
            next += 1;
        }
        found
    }

    // Licences.

    /// How many live users hold a product.
    pub fn seats_used(&self, sku: &str) -> u32 {
        self.seats.get(&sku.to_lowercase()).copied().unwrap_or(0)
    }

    // Everything else.

    pub fn setting(&self, name: &str) -> &Value {
        self.settings.get(name).unwrap_or(&Value::Null)
    }

    pub fn settings(&self) -> &BTreeMap<String, Value> {
        &self.settings
    }

    pub fn set_setting(&mut self, name: &str, value: Value) {
        self.settings.insert(name.to_owned(), value);
        self.changes.push(Change::Setting(name.to_owned()));
    }

    pub fn app(&self, client_id: Uuid) -> Option<&App> {
        self.apps.get(&client_id)
    }

    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.apps.values()
    }

    pub fn register(&mut self, app: App) {
        self.changes.push(Change::App(app.client_id));
        self.apps.insert(app.client_id, app);
    }

    /// Notes how far the tenant's time has come.
    pub fn note_time(&mut self) {
        self.changes.push(Change::Profile);
    }

    pub fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
        self.changes.push(Change::Profile);
    }

    pub fn send(&mut self, mail: Value) {
        let number = self.next();
        self.mails.insert(number, Mail(mail));
        self.changes.push(Change::Mail(number));
    }

    pub fn mails(&self) -> impl Iterator<Item = &Value> {
        self.mails.values().map(|mail| &mail.0)
    }

    /// True when a domain is one of the tenant's own, verified ones.
    pub fn owns_domain(&self, domain: &str) -> bool {
        let domains = self.setting("domains").as_array();
        domains.into_iter().flatten().any(|found| {
            found["id"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(domain))
                && found["isVerified"] == true
        })
    }
}

/// The products that an object holds. Groups only pass theirs on.
fn skus(object: &Object) -> Vec<String> {
    let held = object.properties.get("assignedLicenses").filter(|_| object.kind == Kind::User);
    let held = held.and_then(Value::as_array);
    held.into_iter()
        .flatten()
        .filter_map(|licence| licence["skuId"].as_str())
        .map(str::to_lowercase)
        .collect()
}

/// A map from what `json!({...})` gives.
pub fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
