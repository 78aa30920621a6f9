//! The whole tenant as JSON, in an order that does not depend on when things were made: for comparing.
//!
//! What is linked is told by names as well as by ids, and ids and moments can be left out, so that two tenants in
//! which the same was done are the same text.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::tenant::{Kind, Object, Relation, Tenant};

/// What to leave out.
#[derive(Clone, Copy, Default)]
pub struct Without {
    pub ids: bool,
    pub times: bool,
}

impl Without {
    /// Reads `?without=ids,times`.
    pub fn of(option: Option<&str>) -> Without {
        let names = |wanted: &str| {
            option.into_iter().flat_map(|names| names.split(',')).any(|name| name.trim() == wanted)
        };
        Without { ids: names("ids"), times: names("times") }
    }
}

pub fn take(tenant: &Tenant, without: Without) -> Value {
    let census = Census { tenant, without };
    let mut whole = json!({
        "tenant": {
            "seed": tenant.profile.seed,
            "tenantId": tenant.profile.tenant_id.to_string(),
            "displayName": tenant.profile.display_name,
            "initialDomain": tenant.profile.initial_domain,
            "defaultDomain": tenant.profile.default_domain,
        },
        "users": census.objects(tenant.of_kind(Kind::User)),
        "groups": census.objects(tenant.of_kind(Kind::Group)),
        "contacts": census.objects(tenant.of_kind(Kind::Contact)),
        "servicePrincipals": census.objects(tenant.of_kind(Kind::ServicePrincipal)),
        "deleted": census.deleted(),
        "directoryRoles": census.directory_roles(),
        "azureRoles": census.azure_roles(),
        "settings": tenant.settings(),
        "entries": census.entries(),
        "outbox": census.outbox(),
    });
    census.trim(&mut whole);
    whole
}

struct Census<'a> {
    tenant: &'a Tenant,
    without: Without,
}

impl Census<'_> {
    /// The name by which people know an object.
    fn name(&self, id: Uuid) -> String {
        let found = self.tenant.get(id).or_else(|| self.tenant.binned(id));
        found.map(label).unwrap_or_else(|| "nobody".to_owned())
    }

    fn names(&self, ids: impl Iterator<Item = Uuid>) -> Vec<String> {
        let mut names: Vec<String> = ids.map(|id| self.name(id)).collect();
        names.sort_unstable();
        names
    }

    fn objects<'b>(&self, objects: impl Iterator<Item = &'b Object>) -> Value {
        let mut sorted: Vec<&Object> = objects.collect();
        sorted.sort_by_cached_key(|object| (label(object).to_lowercase(), object.id));
        sorted.into_iter().map(|object| self.object(object)).collect()
    }

    fn object(&self, object: &Object) -> Value {
        let mut properties = sorted(&object.properties);
        let linked = |relation| self.names(self.tenant.targets(relation, object.id).map(|(_, to)| to.id));
        for relation in Relation::ALL {
            let names = linked(relation);
            if !names.is_empty() {
                properties.insert(relation.name().to_owned(), json!(names));
            }
        }
        if !object.exchange.is_empty() {
            properties.insert("exchange".to_owned(), Value::Object(sorted(&object.exchange)));
        }
        if let Some(redemption) = &object.redemption {
            properties.insert("redeemableBy".to_owned(), json!(redemption.address));
        }
        Value::Object(properties)
    }

    fn deleted(&self) -> Value {
        let kinds = [Kind::User, Kind::Group, Kind::ServicePrincipal];
        self.objects(kinds.into_iter().flat_map(|kind| self.tenant.bin(kind)))
    }

    fn directory_roles(&self) -> Value {
        let mut all: Vec<(String, String, String)> = self
            .tenant
            .directory_assignments
            .iter()
            .map(|granted| {
                let role = super::graph::role_name(granted.role).map(str::to_owned);
                (
                    role.unwrap_or_else(|| granted.role.to_string()),
                    self.name(granted.principal),
                    granted.scope.clone(),
                )
            })
            .collect();
        all.sort_unstable();
        all.into_iter()
            .map(|(role, principal, scope)| json!({ "role": role, "principal": principal, "scope": scope }))
            .collect()
    }

    fn azure_roles(&self) -> Value {
        let mut all: Vec<(String, String, String)> = self
            .tenant
            .azure_assignments
            .iter()
            .map(|granted| (granted.scope.clone(), granted.role.to_string(), self.name(granted.principal)))
            .collect();
        all.sort_unstable();
        all.into_iter()
            .map(|(scope, role, principal)| json!({ "scope": scope, "roleId": role, "principal": principal }))
            .collect()
    }

    fn entries(&self) -> Value {
        let mut shelves = Map::new();
        for name in self.tenant.shelf_names() {
            // An entry that is nothing but an id says nothing without it.
            let bare = |entry: &Value| entry.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok());
            let kept = self.tenant.shelf(name).filter(|(_, entry)| !(self.without.ids && bare(entry)));
            let mut entries: Vec<String> = kept.map(|(_, entry)| self.trimmed(entry).to_string()).collect();
            entries.sort_unstable();
            let entries = entries.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
            shelves.insert(name.to_owned(), Value::Array(entries));
        }
        Value::Object(shelves)
    }

    fn outbox(&self) -> Value {
        let mut mails: Vec<String> = self.tenant.mails().map(|mail| self.trimmed(mail).to_string()).collect();
        mails.sort_unstable();
        mails.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok()).collect()
    }

    fn trimmed(&self, value: &Value) -> Value {
        let mut value = value.clone();
        self.trim(&mut value);
        value
    }

    /// Takes out what was asked to be left out, at any depth.
    fn trim(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|name, value| {
                    let time = self.without.times && is_moment(name, value);
                    let id = self.without.ids && is_id(name, value);
                    !(time || id)
                });
                map.values_mut().for_each(|value| self.trim(value));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.trim(item)),
            _ => {}
        }
    }
}

/// Guests by their address, others by principal name, mail or display name.
fn label(object: &Object) -> String {
    let names: &[&str] = if object.is_guest() {
        &["mail", "userPrincipalName", "displayName"]
    } else {
        &["userPrincipalName", "mail", "appId", "displayName"]
    };
    names.iter().find_map(|name| object.text(name)).map_or_else(|| object.id.to_string(), str::to_owned)
}

fn sorted(map: &Map<String, Value>) -> Map<String, Value> {
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    pairs.sort_unstable_by_key(|(name, _)| *name);
    pairs.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_moment(name: &str, value: &Value) -> bool {
    let named = ["DateTime", "UTC", "At", "On"].iter().any(|end| name.ends_with(end));
    named && value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

fn is_id(name: &str, value: &Value) -> bool {
    let named = name == "id" || name.ends_with("Id") || name.ends_with("Guid") || name == "redeemUrl";
    named && value.is_string()
}
