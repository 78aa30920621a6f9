//! One object of the directory: a user, a group, a contact, a service principal.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Kind {
    User,
    Group,
    Contact,
    ServicePrincipal,
}

/// Properties are kept sparse: what is absent has its default, which the service's schema knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Object {
    pub id: Uuid,
    pub kind: Kind,
    /// Order of creation; lists and their next pages follow it.
    #[serde(rename = "seq")]
    pub sequence: u64,
    /// When it was made, in milliseconds of the tenant's clock; zero for what was always there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub born: i64,
    /// In the bin, for thirty days.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// As Graph names them.
    #[serde(rename = "graph")]
    pub properties: Map<String, Value>,
    /// As Exchange names them, where Exchange knows more than Graph.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub exchange: Map<String, Value>,
    /// The invitation that can still be redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redemption: Option<Redemption>,
}

/// What the link in an invitation mail holds. A newer ticket makes the older one worthless.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Redemption {
    pub invitation: Uuid,
    pub ticket: String,
    pub address: String,
    /// Where the service takes somebody who has accepted.
    #[serde(default)]
    pub redirect: String,
}

impl Object {
    pub fn new(id: Uuid, kind: Kind, mut properties: Map<String, Value>) -> Object {
        properties.insert("id".to_owned(), Value::String(id.to_string()));
        Object {
            id,
            kind,
            sequence: 0,
            born: 0,
            deleted: false,
            properties,
            exchange: Map::new(),
            redemption: None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.properties.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.properties.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Sets a property; null takes it away.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        match value.into() {
            Value::Null => {
                self.properties.shift_remove(name);
            }
            value => {
                self.properties.insert(name.to_owned(), value);
            }
        }
    }

    /// The addresses in `proxyAddresses`, without `SMTP:` and in lower case.
    pub fn proxies(&self) -> impl Iterator<Item = String> + '_ {
        self.texts("proxyAddresses").filter_map(smtp)
    }

    pub fn is_guest(&self) -> bool {
        self.kind == Kind::User
            && (self.text("userType") == Some("Guest")
                || self.text("userPrincipalName").is_some_and(|upn| upn.contains("#EXT#")))
    }

    pub fn is_dynamic(&self) -> bool {
        self.texts("groupTypes").any(|kind| kind == "DynamicMembership")
    }

    pub fn is_unified(&self) -> bool {
        self.texts("groupTypes").any(|kind| kind == "Unified")
    }

    /// Groups whose members Exchange keeps: distribution lists and mail-enabled security groups.
    pub fn is_distribution_group(&self) -> bool {
        self.kind == Kind::Group && self.flag("mailEnabled") && !self.is_unified()
    }

    /// Exchange's own id of the object, distinct from the directory's.
    pub fn exchange_guid(&self) -> Uuid {
        Uuid::new_v5(&self.id, b"exchange")
    }

    /// Every text by which somebody may look the object up, in lower case.
    pub fn handles(&self) -> Vec<String> {
        let single = ["userPrincipalName", "mail", "displayName", "mailNickname", "appId"];
        let mut handles: Vec<String> =
            single.iter().filter_map(|name| self.text(name)).map(str::to_lowercase).collect();
        handles.extend(self.proxies());
        handles.extend(self.texts("otherMails").map(str::to_lowercase));
        let exchange = ["Name", "Alias", "DisplayName"];
        handles.extend(
            exchange.iter().filter_map(|name| self.exchange.get(*name)?.as_str()).map(str::to_lowercase),
        );
        if self.kind == Kind::Contact {
            handles.push(self.exchange_guid().to_string());
        }
        handles.sort_unstable();
        handles.dedup();
        handles
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// The address of a proxy entry, in lower case; other kinds than SMTP have none.
pub fn smtp(proxy: &str) -> Option<String> {
    let (scheme, address) = proxy.split_once(':')?;
    scheme.eq_ignore_ascii_case("smtp").then(|| address.to_lowercase())
}

/// The list of proxies with one address made primary; the old primary stays as a secondary.
pub fn with_primary(current: &[Value], address: &str) -> Value {
    let mut list = vec![Value::String(format!("SMTP:{address}"))];
    for proxy in current.iter().filter_map(Value::as_str) {
        match smtp(proxy) {
            Some(found) if found.eq_ignore_ascii_case(address) => {}
            Some(_) => list.push(Value::String(format!("smtp:{}", &proxy[5..]))),
            None => list.push(Value::String(proxy.to_owned())),
        }
    }
    Value::Array(list)
}
