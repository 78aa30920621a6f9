//! Guests that were invited and that nobody has seen yet: an invitation may be answered and the guest never appear.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::context::Scope;
use super::effect::{Collection, Fact};
use super::ledger::EffectId;

/// Who is still to be seen, by id.
#[derive(Debug, Default)]
pub struct Unseen(Mutex<HashMap<String, Expected>>);

/// A guest to be seen, and where it was invited.
#[derive(Clone, Debug)]
pub struct Expected {
    pub bulk: u32,
    pub index: usize,
    pub effect: EffectId,
    pub address: String,
}

impl Unseen {
    pub fn expect(&self, id: &str, scope: &Scope, effect: EffectId, address: &str) {
        let expected = Expected { bulk: scope.bulk, index: scope.index, effect, address: address.to_owned() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_lowercase(), expected);
    }

    pub fn seen(&self, id: &str) {
        let mut unseen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !unseen.is_empty() {
            unseen.remove(&id.to_lowercase());
        }
    }

    /// A write that went through shows that its user is there.
    pub fn seen_in(&self, facts: &[Fact]) {
        for fact in facts {
            match fact {
                Fact::Changed { collection: Collection::Users, id, .. }
                | Fact::Gone { collection: Collection::Users, id }
                | Fact::Linked { collection: Collection::Users, id, .. } => self.seen(id),
                _ => {}
            }
        }
    }

    /// Those of one bulk; of the script itself with 0.
    pub fn of(&self, bulk: u32) -> Vec<(String, Expected)> {
        let unseen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of: Vec<_> = unseen
            .iter()
            .filter(|(_, expected)| expected.bulk == bulk)
            .map(|(id, expected)| (id.clone(), expected.clone()))
            .collect();
        of.sort_by_key(|(_, expected)| expected.index);
        of
    }
}
