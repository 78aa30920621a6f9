//! What changed since when: every change of an object has a number, and what is gone for good leaves a stone.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Change, Kind, Object, Relation, Tenant};

const STONES: &str = "purgedObjects";
const PARTED: &str = "partedMembers";

impl Tenant {
    /// Objects of a kind that were changed after a number, in the bin or not, in the order of their last changes.
    pub fn touched_after(&self, kind: Kind, number: u64) -> impl Iterator<Item = &Object> {
        self.by_touch
            .range((kind, number.saturating_add(1))..=(kind, u64::MAX))
            .filter_map(|(_, id)| self.objects.get(id))
    }

    /// Objects of a kind that were removed for good after a number, each with the number of its end.
    pub fn buried_after(&self, kind: Kind, number: u64) -> impl Iterator<Item = (u64, Uuid)> {
        let kind = json!(kind);
        let stones = self.shelf(STONES).rev().take_while(move |(place, _)| *place > number);
        stones
            .filter(move |(_, stone)| stone["kind"] == kind)
            .filter_map(|(place, stone)| Some((place, Uuid::try_parse(stone["id"].as_str()?).ok()?)))
    }

    pub(super) fn bury(&mut self, kind: Kind, id: Uuid) {
        let key = id.to_string();
        self.shelve(STONES, &key, json!({ "kind": kind, "id": key }));
    }

    /// Those who left a group after a number.
    pub fn parted_after(&self, group: Uuid, number: u64) -> Vec<Uuid> {
        let group = group.to_string();
        let parted = self.shelf(PARTED).rev().take_while(|(place, _)| *place > number);
        let parted = parted.filter(|(_, parted)| parted["from"] == group.as_str());
        parted.filter_map(|(_, parted)| Uuid::try_parse(parted["member"].as_str()?).ok()).collect()
    }

    /// A link is a change of the object that it goes out from.
    pub(super) fn link_changed(&mut self, relation: Relation, from: Uuid, to: Uuid, removed: bool) {
        let kind = match self.objects.get(&from) {
            Some(object) => object.kind,
            None => return,
        };
        let number = self.next();
        if let Some(object) = self.objects.get_mut(&from) {
            self.by_touch.remove(&(kind, object.touched));
            object.touch(number, Some(relation.name()));
            self.by_touch.insert((kind, number), from);
            self.changes.push(Change::Object(from));
        }
        if relation == Relation::Member {
            let key = format!("{from}/{to}");
            self.unshelve(PARTED, &key);
            if removed {
                let parted: Value = json!({ "from": from.to_string(), "member": to.to_string() });
                self.shelve(PARTED, &key, parted);
            }
        }
    }
}
