//! Who was given which role where: in the directory, and in Azure.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Change, Object, Tenant};

const ACTIVATED: &str = "activatedRoles";

/// A role given to a principal at a scope.
pub trait Granted {
    fn key(&self) -> String;
    fn principal(&self) -> Uuid;
    fn sequence(&self) -> u64;
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DirectoryAssignment {
    pub id: String,
    pub principal: Uuid,
    pub role: Uuid,
    pub scope: String,
    #[serde(rename = "seq")]
    pub sequence: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AzureAssignment {
    pub name: Uuid,
    pub principal: Uuid,
    pub role: Uuid,
    /// With its leading slash, in the caller's spelling.
    pub scope: String,
    #[serde(rename = "seq")]
    pub sequence: u64,
    /// The other properties, as they are answered.
    pub properties: Value,
}

/// A role of an application, given to a user, a group or another application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppRoleAssignment {
    pub id: String,
    pub principal: Uuid,
    /// The service principal whose role it is.
    pub resource: Uuid,
    pub role: Uuid,
    pub created: String,
    #[serde(rename = "seq")]
    pub sequence: u64,
}

impl Granted for AppRoleAssignment {
    fn key(&self) -> String {
        self.id.clone()
    }
    fn principal(&self) -> Uuid {
        self.principal
    }
    fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl Granted for DirectoryAssignment {
    fn key(&self) -> String {
        self.id.clone()
    }
    fn principal(&self) -> Uuid {
        self.principal
    }
    fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl Granted for AzureAssignment {
    fn key(&self) -> String {
        self.name.to_string()
    }
    fn principal(&self) -> Uuid {
        self.principal
    }
    fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// Assignments by key, by principal and in order.
pub struct Assignments<T> {
    all: HashMap<String, T>,
    order: BTreeMap<u64, String>,
    by_principal: HashMap<Uuid, Vec<String>>,
}

impl<T> Default for Assignments<T> {
    fn default() -> Self {
        Assignments { all: HashMap::new(), order: BTreeMap::new(), by_principal: HashMap::new() }
    }
}

impl<T: Granted> Assignments<T> {
    pub fn get(&self, key: &str) -> Option<&T> {
        self.all.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.order.values().filter_map(|key| self.all.get(key))
    }

    pub fn of(&self, principal: Uuid) -> impl Iterator<Item = &T> {
        self.by_principal.get(&principal).into_iter().flatten().filter_map(|key| self.all.get(key))
    }

    pub(super) fn insert(&mut self, granted: T) {
        let key = granted.key();
        self.order.insert(granted.sequence(), key.clone());
        self.by_principal.entry(granted.principal()).or_default().push(key.clone());
        self.all.insert(key, granted);
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<T> {
        let granted = self.all.remove(key)?;
        self.order.remove(&granted.sequence());
        if let Some(keys) = self.by_principal.get_mut(&granted.principal()) {
            keys.retain(|found| found != key);
        }
        Some(granted)
    }
}

/// The id of an assignment in the directory: it tells nobody anything, but the same three facts always give the same.
pub fn directory_grant(principal: Uuid, role: Uuid, scope: &str) -> String {
    let mut bytes = role.to_bytes_le().to_vec();
    bytes.extend(principal.to_bytes_le());
    if scope != "/" {
        bytes.extend(Uuid::new_v5(&role, scope.as_bytes()).to_bytes_le());
    }
    format!("{}-1", URL_SAFE_NO_PAD.encode(bytes))
}

impl Tenant {
    pub fn grant_directory_role(&mut self, principal: Uuid, role: Uuid, scope: &str) -> String {
        let id = directory_grant(principal, role, scope);
        // Somebody can be given on time what another already gave them for good.
        if self.directory_assignments.get(&id).is_some() {
            return id;
        }
        let sequence = self.next();
        self.directory_assignments.insert(DirectoryAssignment {
            id: id.clone(),
            principal,
            role,
            scope: scope.to_owned(),
            sequence,
        });
        self.changes.push(Change::DirectoryAssignment(id.clone()));
        id
    }

    /// A role that was held once stays among the activated ones.
    pub fn activate_role(&mut self, role: Uuid) {
        self.shelve(ACTIVATED, &role.to_string(), Value::Bool(true));
    }

    /// Roles that somebody holds or held, or that were activated without a holder.
    pub fn activated_roles(&self) -> Vec<Uuid> {
        let mut roles: Vec<Uuid> = self.directory_assignments.iter().map(|granted| granted.role).collect();
        roles.extend(self.shelf_keys(ACTIVATED).filter_map(|key| Uuid::try_parse(key).ok()));
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// What a principal holds in the directory, by its groups too.
    pub fn directory_grants_of(&self, object: &Object) -> Vec<&DirectoryAssignment> {
        let mut found: Vec<&DirectoryAssignment> = self.directory_assignments.of(object.id).collect();
        for (_, group) in self.all_groups_of(object) {
            found.extend(self.directory_assignments.of(group.id));
        }
        found
    }

    pub fn revoke_directory_role(&mut self, id: &str) -> bool {
        let Some(removed) = self.directory_assignments.remove(id) else { return false };
        self.changes.push(Change::DirectoryAssignment(id.to_owned()));
        self.activate_role(removed.role);
        true
    }

    /// Directory roles of a principal for the whole tenant, its own and those of its groups.
    pub fn directory_roles_of(&self, principal: Uuid) -> Vec<Uuid> {
        let groups = self.get(principal).map(|object| self.all_groups_of(object)).unwrap_or_default();
        let holders = std::iter::once(principal).chain(groups.iter().map(|(_, group)| group.id));
        let mut roles: Vec<Uuid> = holders
            .flat_map(|holder| self.directory_assignments.of(holder))
            .filter(|granted| granted.scope == "/")
            .map(|granted| granted.role)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The first half of the id tells the principal, as in the service; the rest follows from the other two.
    pub fn grant_app_role(&mut self, principal: Uuid, resource: Uuid, role: Uuid) -> String {
        let mut bytes = principal.to_bytes_le().to_vec();
        bytes.extend(Uuid::new_v5(&resource, &[*principal.as_bytes(), *role.as_bytes()].concat()).as_bytes());
        let id = URL_SAFE_NO_PAD.encode(bytes);
        let created = self.clock.now().strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string();
        let sequence = self.next();
        let granted = AppRoleAssignment { id: id.clone(), principal, resource, role, created, sequence };
        self.app_role_assignments.insert(granted);
        self.changes.push(Change::AppRoleAssignment(id.clone()));
        id
    }

    pub fn revoke_app_role(&mut self, id: &str) -> Option<AppRoleAssignment> {
        let removed = self.app_role_assignments.remove(id)?;
        self.changes.push(Change::AppRoleAssignment(id.to_owned()));
        Some(removed)
    }

    pub fn grant_azure_role(&mut self, mut granted: AzureAssignment) {
        granted.sequence = self.next();
        self.changes.push(Change::AzureAssignment(granted.name));
        self.azure_assignments.insert(granted);
    }

    /// Changes what may change of an assignment: its description and its condition.
    pub fn amend_azure_role(&mut self, name: Uuid, properties: Value) {
        if let Some(granted) = self.azure_assignments.all.get_mut(&name.to_string()) {
            granted.properties = properties;
            self.changes.push(Change::AzureAssignment(name));
        }
    }

    pub fn revoke_azure_role(&mut self, name: Uuid) -> Option<AzureAssignment> {
        let removed = self.azure_assignments.remove(&name.to_string())?;
        self.changes.push(Change::AzureAssignment(name));
        Some(removed)
    }
}
