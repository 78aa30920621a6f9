//! Who belongs to whom: members, owners, sponsors, managers. Kept in both directions.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Relation {
    Member,
    Owner,
    Sponsor,
    Manager,
}

impl Relation {
    pub const ALL: [Relation; 4] = [Relation::Member, Relation::Owner, Relation::Sponsor, Relation::Manager];

    pub fn name(self) -> &'static str {
        match self {
            Relation::Member => "members",
            Relation::Owner => "owners",
            Relation::Sponsor => "sponsors",
            Relation::Manager => "manager",
        }
    }
}

/// Objects in the order in which they were linked, with quick look-up.
#[derive(Default)]
struct Roster {
    order: BTreeMap<u64, Uuid>,
    place: HashMap<Uuid, u64>,
}

impl Roster {
    fn insert(&mut self, sequence: u64, id: Uuid) -> bool {
        if self.place.contains_key(&id) {
            return false;
        }
        self.place.insert(id, sequence);
        self.order.insert(sequence, id);
        true
    }

    fn remove(&mut self, id: &Uuid) -> bool {
        match self.place.remove(id) {
            Some(sequence) => self.order.remove(&sequence).is_some(),
            None => false,
        }
    }
}

#[derive(Default)]
pub struct Links {
    forward: HashMap<(Relation, Uuid), Roster>,
    backward: HashMap<(Relation, Uuid), Roster>,
}

impl Links {
    pub fn insert(&mut self, relation: Relation, from: Uuid, to: Uuid, sequence: u64) -> bool {
        let added = self.forward.entry((relation, from)).or_default().insert(sequence, to);
        if added {
            self.backward.entry((relation, to)).or_default().insert(sequence, from);
        }
        added
    }

    pub fn remove(&mut self, relation: Relation, from: Uuid, to: Uuid) -> bool {
        let removed = self.forward.get_mut(&(relation, from)).is_some_and(|roster| roster.remove(&to));
        if let Some(roster) = self.backward.get_mut(&(relation, to)) {
            roster.remove(&from);
        }
        removed
    }

    /// When the link was made, if it exists.
    pub fn sequence(&self, relation: Relation, from: Uuid, to: Uuid) -> Option<u64> {
        self.forward.get(&(relation, from))?.place.get(&to).copied()
    }

    /// What `from` is linked to, in order.
    pub fn targets(&self, relation: Relation, from: Uuid) -> impl Iterator<Item = (u64, Uuid)> + '_ {
        self.forward
            .get(&(relation, from))
            .into_iter()
            .flat_map(|roster| roster.order.iter().map(|(s, id)| (*s, *id)))
    }

    /// What is linked to `to`, in order.
    pub fn sources(&self, relation: Relation, to: Uuid) -> impl Iterator<Item = (u64, Uuid)> + '_ {
        self.backward
            .get(&(relation, to))
            .into_iter()
            .flat_map(|roster| roster.order.iter().map(|(s, id)| (*s, *id)))
    }
}
