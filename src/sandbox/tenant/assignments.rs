//! Who was given which role where: in the directory, and in Azure.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Change, Tenant};

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

impl Tenant {
    /// The id tells nobody anything, but the same three facts always give the same one.
    pub fn grant_directory_role(&mut self, principal: Uuid, role: Uuid, scope: &str) -> String {
        let mut bytes = role.as_bytes().to_vec();
        bytes.extend(principal.as_bytes());
        if scope != "/" {
            bytes.extend(Uuid::new_v5(&role, scope.as_bytes()).as_bytes());
        }
        let id = format!("{}-1", URL_SAFE_NO_PAD.encode(bytes));
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

    pub fn revoke_directory_role(&mut self, id: &str) -> bool {
        let removed = self.directory_assignments.remove(id).is_some();
        if removed {
            self.changes.push(Change::DirectoryAssignment(id.to_owned()));
        }
        removed
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

    pub fn revoke_azure_role(&mut self, name: Uuid) -> Option<AzureAssignment> {
        let removed = self.azure_assignments.remove(&name.to_string())?;
        self.changes.push(Change::AzureAssignment(name));
        Some(removed)
    }
}
