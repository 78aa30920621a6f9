//! What runs made a moment ago: the services hear of it late, so a look that misses it is not believed at once.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, RwLock};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::effect::{Action, Collection, Effect, Fact, PLACEHOLDER};

/// For how long after it was made an object may still be missed by a service.
pub const LATE: SignedDuration = SignedDuration::from_mins(15);

/// The objects this run made: what they are called, and which effect made them.
#[derive(Debug, Default)]
pub struct Made {
    objects: RwLock<HashMap<Box<str>, Object>>,
    /// What was hung on them, as hashes: should two be the same, one look too many is taken.
    hung: RwLock<HashSet<u64>>,
    hasher: RandomState,
}

/// Its names share what they lead to.
#[derive(Clone, Debug)]
struct Object {
    label: Arc<str>,
    /// The address of the effect.
    effect: Arc<str>,
    at: Timestamp,
    /// Its id, where the key is another name of it.
    is_id: bool,
}

impl Made {
    pub fn contains(&self, id: &str) -> bool {
        self.with(id, |object| object.is_id).unwrap_or(false)
    }

    pub fn label(&self, id: &str) -> Option<String> {
        self.with(id, |object| object.label.to_string())
    }

    /// When the object of that id, or of that name as [`name_in`] gives it, was made.
    pub fn at(&self, key: &str) -> Option<Timestamp> {
        self.with(key, |object| object.at)
    }

    fn with<T>(&self, key: &str, of: impl Fn(&Object) -> T) -> Option<T> {
        self.objects.read().ok()?.get(key.to_lowercase().as_str()).map(of)
    }

    /// Keeps the names of an object in mind; the first one is its id.
    pub fn add(&self, names: &[String], label: &str, effect: String, at: Timestamp) {
        let Ok(mut made) = self.objects.write() else { return };
        let (label, effect): (Arc<str>, Arc<str>) = (label.into(), effect.into());
        for (n, name) in names.iter().enumerate() {
            let object = Object { label: label.clone(), effect: effect.clone(), at, is_id: n == 0 };
            made.insert(name.to_lowercase().into(), object);
        }
    }

    /// Keeps in mind what this run has hung on what it made.
    pub fn hang(&self, facts: &[Fact]) {
        for fact in facts {
            let Fact::Linked { id, relation, object, .. } = fact else { continue };
            if let (true, Ok(mut hung)) = (self.contains(id), self.hung.write()) {
                hung.insert(self.hung_on(id, relation, &super::plan::id_of(object)));
                hung.insert(self.hung_on(id, relation, ANYTHING));
            }
        }
    }

    /// Whether nothing of the kind hangs on an object, because this run made it and has hung nothing there.
    pub fn is_bare(&self, id: &str, relation: &str, other: Option<&str>) -> bool {
        let wanted = self.hung_on(id, relation, other.unwrap_or(ANYTHING));
        self.contains(id) && self.hung.read().is_ok_and(|hung| !hung.contains(&wanted))
    }

    fn hung_on(&self, id: &str, relation: &str, other: &str) -> u64 {
        self.hasher.hash_one(format!("{id}/{relation}/{other}").to_lowercase())
    }

    pub fn forget(&self, names: &[String]) {
        if let Ok(mut made) = self.objects.write() {
            names.iter().for_each(|name| drop(made.remove(name.to_lowercase().as_str())));
        }
    }

    /// The same value with what stands for these objects in a preview in place of their ids, so that a call has one address
    /// in a preview, in the run, and when the run is taken up again.
    pub fn as_planned(&self, value: &Value) -> Value {
        match self.objects.read() {
            Ok(made) if !made.is_empty() => each_text(value, &|text| in_place_of_ids(text, &made)),
            _ => value.clone(),
        }
    }

    /// The way back: ids for what stood for them. `None` where one is not known.
    pub fn as_made(value: &Value, ids: &HashMap<String, String>) -> Option<Value> {
        let lost = std::cell::Cell::new(false);
        let value = each_text(value, &|text| {
            let mut out = String::new();
            let mut rest = text;
            while let Some(at) = rest.find(PLACEHOLDER) {
                let from = at + PLACEHOLDER.len();
                let to = rest[from..].find(|c: char| !c.is_ascii_hexdigit()).map_or(rest.len(), |n| from + n);
                out.push_str(&rest[..at]);
                match ids.get(&rest[from..to]) {
                    Some(id) => out.push_str(id),
                    None => lost.set(true),
                }
                rest = &rest[to..];
            }
            (!out.is_empty()).then(|| out + rest)
        });
        (!lost.get()).then_some(value)
    }
}

const ANYTHING: &str = "*";

fn each_text(value: &Value, change: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::String(text) => change(text).map_or_else(|| value.clone(), Value::String),
        Value::Array(values) => values.iter().map(|value| each_text(value, change)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), each_text(value, change))).collect())
        }
        other => other.clone(),
    }
}

/// Ids have 36 characters and stand alone or in a path.
fn in_place_of_ids(text: &str, made: &HashMap<Box<str>, Object>) -> Option<String> {
    const LENGTH: usize = 36;
    if text.len() < LENGTH || !text.contains('-') {
        return None;
    }
    let mut out = String::new();
    let mut from = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + LENGTH <= bytes.len() {
        let is_id = bytes[at + 8] == b'-'
            && bytes[at..at + LENGTH].iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
        let known = is_id.then(|| made.get(text[at..at + LENGTH].to_ascii_lowercase().as_str())).flatten();
        match known.filter(|object| object.is_id) {
            Some(object) => {
                out.push_str(&text[from..at]);
                out.push_str(PLACEHOLDER);
                out.push_str(&object.effect);
                at += LENGTH;
                from = at;
            }
            None => at += 1,
        }
    }
    (from > 0).then(|| out + &text[from..])
}

/// What an object is looked up by beside its id. A guest and a mail contact can be on one address.
pub fn name_in(tenant: &str, collection: Collection, name: &str) -> String {
    let kind = match collection {
        Collection::Users => "user",
        Collection::DeletedUsers => "deleted",
        Collection::Groups => "group",
        Collection::Contacts => "contact",
        Collection::DirectoryRoles | Collection::AzureRoles => "role",
        Collection::Skus => "sku",
    };
    format!("{tenant}/{kind}:{}", name.to_lowercase())
}

/// The names of an object that an effect has made: its id first, then what else it answers to.
pub fn names_made(tenant: &str, effect: &dyn Effect, output: &Value, facts: &[Fact]) -> Vec<String> {
    if effect.action() != Action::Create {
        return Vec::new();
    }
    let invited = output.get("invitedUser").and_then(|user| user.get("id")).and_then(Value::as_str);
    let own = Some(super::plan::id_of(output)).filter(|id| !id.is_empty());
    let Some(id) = invited.map(str::to_owned).or(own) else { return Vec::new() };
    let mut names = vec![id.to_lowercase()];
    for fact in facts {
        if let Fact::Exists { collection, object } = fact {
            other_names(tenant, *collection, object, &mut names);
        }
    }
    names
}

/// The names of an object that an effect has removed.
pub fn names_removed(tenant: &str, effect: &dyn Effect, facts: &[Fact]) -> Vec<String> {
    let mut names = Vec::new();
    for fact in facts {
        if let Fact::Gone { collection, id } = fact {
            names.push(id.to_lowercase());
            other_names(tenant, *collection, &effect.before(), &mut names);
        }
    }
    names
}

fn other_names(tenant: &str, collection: Collection, object: &Value, names: &mut Vec<String>) {
    let single = ["mail", "userPrincipalName", "externalEmailAddress"].map(|name| &object[name]);
    let others = object["otherMails"].as_array().into_iter().flatten();
    for name in single.into_iter().chain(others) {
        let name = super::reader::bare_address(name);
        let name = name_in(tenant, collection, name);
        if !name.ends_with(':') && !names.contains(&name) {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_of_what_was_made_give_way_to_what_stands_for_them() {
        let made = Made::default();
        let id = "0b6cdb4e-8f4b-4f2b-9a41-000000000001".to_owned();
        made.add(&[id.clone(), "ann@fabrikam.example".into()], "ann", "a1b2".into(), Timestamp::UNIX_EPOCH);
        let asked = json!({ "user": id, "path": format!("/users/{id}/sponsors"), "other": "0b6cdb4e-8f4b-4f2b-9a41-000000000002", "n": 1 });
        let planned = made.as_planned(&asked);
        assert_eq!(planned["user"], "planned:a1b2");
        assert_eq!(planned["path"], "/users/planned:a1b2/sponsors");
        assert_eq!(planned["other"], asked["other"]);
        let ids = HashMap::from([("a1b2".to_owned(), id)]);
        assert_eq!(Made::as_made(&planned, &ids), Some(asked));
        assert_eq!(Made::as_made(&planned, &HashMap::new()), None);
    }
}
