//! Where an effect stands in a run: the same place whenever the script is run again, so that a resumed run
//! and a plan find it.

use std::fmt;

use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain;
use super::records::Kind;

/// Names one effect of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// Which `bulk` of the script, counted from 1; 0 outside of one.
    pub bulk: u32,
    /// The row's key; empty outside of a `bulk`.
    pub row: String,
    pub verb: String,
    /// Keys sorted at every depth.
    pub arguments: Value,
    /// Which of equal calls in this row, counted by the caller from 0.
    pub nth: u32,
    /// Which effect of the call, for verbs that make several writes.
    pub index: u32,
    #[serde(rename = "address")]
    id: AddressId,
}

impl Address {
    pub fn new(bulk: u32, row: &str, verb: &str, arguments: &Value, nth: u32, index: u32) -> Address {
        let arguments = canonical(arguments);
        // A JSON array is unambiguous where joined text is not.
        let text = serde_json::to_string(&(bulk, row, verb, &arguments, nth, index))
            .expect("JSON with names for keys goes back to text");
        Address { bulk, row: row.into(), verb: verb.into(), arguments, nth, index, id: AddressId::of(&text) }
    }

    /// Another effect of the same call.
    pub fn part(&self, index: u32) -> Address {
        if index == self.index {
            return self.clone();
        }
        Address::new(self.bulk, &self.row, &self.verb, &self.arguments, self.nth, index)
    }

    /// The short form: what is compared, stored and shown.
    pub fn id(&self) -> AddressId {
        self.id
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(formatter)
    }
}

/// An address in 128 bits, printed as 32 hexadecimal digits.
///
/// Not fewer: part of what it is made from comes from outside, and a chosen collision would pass one effect
/// off as another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressId(pub(super) [u8; 16]);

impl AddressId {
    fn of(text: &str) -> AddressId {
        let mut id = [0; 16];
        id.copy_from_slice(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..16]);
        AddressId(id)
    }

    /// Where a row stands in a run; shares the form, so that both fit one column.
    pub(super) fn of_row(bulk: u32, key: &str) -> AddressId {
        AddressId::of(&Value::from(vec![Value::from(bulk), Value::from(key)]).to_string())
    }
}

impl fmt::Display for AddressId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&chain::hex(&self.0))
    }
}

impl fmt::Debug for AddressId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for AddressId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AddressId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = chain::unhex(&text).ok_or_else(|| serde::de::Error::custom("not an address"))?;
        Ok(AddressId(id))
    }
}

/// The address that an entry of this kind is found by, from its value.
pub(super) fn of_entry(kind: Kind, value: &[u8]) -> Option<[u8; 16]> {
    #[derive(Deserialize)]
    struct Fields {
        bulk: u32,
        row: String,
        address: Option<AddressId>,
    }
    let fields: Fields = serde_json::from_slice(value).ok()?;
    match kind {
        Kind::Row => Some(AddressId::of_row(fields.bulk, &fields.row).0),
        _ => fields.address.map(|address| address.0),
    }
}

/// The same value with the keys of every map sorted, so that equal arguments are equal text.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(canonical).collect()),
        other => other.clone(),
    }
}
