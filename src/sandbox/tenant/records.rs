//! The state as records, for the store: one per object, link, assignment, mail or setting.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, Change, Mail, Profile, Relation, Tenant};

/// A record to put (`Some`) or to take away (`None`).
pub struct Record {
    pub kind: &'static str,
    pub key: String,
    pub value: Option<String>,
}

/// A record that cannot be read back.
#[derive(Debug)]
pub struct Broken {
    pub kind: String,
    pub key: String,
}

impl Tenant {
    /// A change as the record that holds it now.
    pub fn record(&self, change: &Change) -> Record {
        match change {
            Change::Object(id) => {
                Record { kind: "object", key: id.to_string(), value: self.objects.get(id).map(text) }
            }
            Change::Link(relation, from, to) => Record {
                kind: "link",
                key: format!("{}/{from}/{to}", relation.name()),
                value: self.links.sequence(*relation, *from, *to).map(|sequence| sequence.to_string()),
            },
            Change::DirectoryAssignment(id) => Record {
                kind: "directoryAssignment",
                key: id.clone(),
                value: self.directory_assignments.get(id).map(text),
            },
            Change::AppRoleAssignment(id) => Record {
                kind: "appRoleAssignment",
                key: id.clone(),
                value: self.app_role_assignments.get(id).map(text),
            },
            Change::AzureAssignment(name) => Record {
                kind: "azureAssignment",
                key: name.to_string(),
                value: self.azure_assignments.get(&name.to_string()).map(text),
            },
            Change::Mail(number) => {
                Record { kind: "mail", key: number.to_string(), value: self.mails.get(number).map(text) }
            }
            Change::Audit(number) => {
                Record { kind: "audit", key: format!("{number:020}"), value: self.audit(*number).map(text) }
            }
            Change::Setting(name) => {
                Record { kind: "setting", key: name.clone(), value: self.settings.get(name).map(text) }
            }
            Change::Entry(shelf, key) => {
                Record { kind: "entry", key: format!("{shelf}/{key}"), value: self.entry_record(shelf, key) }
            }
            Change::App(id) => {
                Record { kind: "app", key: id.to_string(), value: self.apps.get(id).map(text) }
            }
            Change::Profile => Record {
                kind: "profile",
                key: "profile".to_owned(),
                value: Some(json!({ "profile": self.profile, "ahead": self.clock.ahead() }).to_string()),
            },
        }
    }

    /// Puts one record back where it came from.
    pub fn load(&mut self, kind: &str, key: &str, value: &str) -> Result<(), Broken> {
        let broken = || Broken { kind: kind.to_owned(), key: key.to_owned() };
        match kind {
            "object" => {
                let object: super::Object = parse(value).ok_or_else(broken)?;
                self.sequence = self.sequence.max(object.sequence).max(object.touched);
                self.place(object);
            }
            "link" => {
                let sequence: u64 = value.parse().map_err(|_| broken())?;
                let mut parts = key.split('/');
                let name = parts.next().unwrap_or_default();
                let relation = Relation::ALL.into_iter().find(|relation| relation.name() == name);
                let from = parts.next().and_then(|id| Uuid::try_parse(id).ok());
                let to = parts.next().and_then(|id| Uuid::try_parse(id).ok());
                let (Some(relation), Some(from), Some(to)) = (relation, from, to) else {
                    return Err(broken());
                };
                self.sequence = self.sequence.max(sequence);
                self.links.insert(relation, from, to, sequence);
            }
            "directoryAssignment" => {
                let granted: super::DirectoryAssignment = parse(value).ok_or_else(broken)?;
                self.sequence = self.sequence.max(granted.sequence);
                self.directory_assignments.insert(granted);
            }
            "appRoleAssignment" => {
                let granted: super::AppRoleAssignment = parse(value).ok_or_else(broken)?;
                self.sequence = self.sequence.max(granted.sequence);
                self.app_role_assignments.insert(granted);
            }
            "azureAssignment" => {
                let granted: super::AzureAssignment = parse(value).ok_or_else(broken)?;
                self.sequence = self.sequence.max(granted.sequence);
                self.azure_assignments.insert(granted);
            }
            "mail" => {
                let number: u64 = key.parse().map_err(|_| broken())?;
                self.sequence = self.sequence.max(number);
                self.mails.insert(number, Mail(parse(value).ok_or_else(broken)?));
            }
            "audit" => {
                let number: u64 = key.parse().map_err(|_| broken())?;
                self.load_audit(number, parse(value).ok_or_else(broken)?);
            }
            "setting" => {
                self.settings.insert(key.to_owned(), parse(value).ok_or_else(broken)?);
            }
            "entry" => {
                let (shelf, key) = key.split_once('/').ok_or_else(broken)?;
                self.load_entry(shelf, key, value).ok_or_else(broken)?;
            }
            "app" => {
                let app: App = parse(value).ok_or_else(broken)?;
                self.apps.insert(app.client_id, app);
            }
            "profile" => {
                let mut found: Value = parse(value).ok_or_else(broken)?;
                self.clock.set_ahead(found["ahead"].as_i64().unwrap_or(0));
                let profile: Profile =
                    serde_json::from_value(found["profile"].take()).map_err(|_| broken())?;
                self.profile = profile;
            }
            _ => return Err(broken()),
        }
        Ok(())
    }
}

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("records are maps with text keys, which JSON can hold")
}

fn parse<T: DeserializeOwned>(value: &str) -> Option<T> {
    serde_json::from_str(value).ok()
}
