//! What was done in the directory, by whom and to what: kept small, and for as long as the service keeps it.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Change, Tenant};

/// More than this is not kept, whatever its age.
const MOST: usize = 200_000;

/// Thirty days, in milliseconds.
const KEPT: i64 = 30 * 24 * 3_600_000;

pub type Word = Cow<'static, str>;

/// One activity, of the size that ten thousand a second allow; the service's own form is made when somebody asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Audit {
    /// Milliseconds of the tenant's clock.
    pub at: i64,
    pub activity: Word,
    pub correlation: Uuid,
    pub by: Initiator,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<(Word, Box<str>)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Initiator {
    pub id: Uuid,
    pub name: Box<str>,
    /// Of a person; applications have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<Box<str>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Target {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// `User`, `Group`, `Policy` and the like.
    pub kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upn: Option<Box<str>>,
    /// Of a group: whether it is a Microsoft 365 group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unified: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Altered>,
}

/// A property by name, with its value before and after as JSON.
pub type Altered = (Word, Option<Box<str>>, Option<Box<str>>);

pub type Audits = VecDeque<(u64, Audit)>;

impl Tenant {
    pub fn note(&mut self, audit: Audit) {
        let old = audit.at - KEPT;
        while self.audits.len() >= MOST || self.audits.front().is_some_and(|(_, first)| first.at < old) {
            let Some((number, _)) = self.audits.pop_front() else { break };
            self.changes.push(Change::Audit(number));
        }
        let number = self.next();
        self.audits.push_back((number, audit));
        self.changes.push(Change::Audit(number));
    }

    /// What is still kept, oldest first, each with its number.
    pub fn audits(&self) -> impl DoubleEndedIterator<Item = &(u64, Audit)> {
        let old = self.clock.now().as_millisecond() - KEPT;
        let first = self.audits.partition_point(|(_, audit)| audit.at < old);
        self.audits.range(first..)
    }

    pub fn audit(&self, number: u64) -> Option<&Audit> {
        let place = self.audits.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.audits.get(place).map(|(_, audit)| audit)
    }

    /// How far the tenant's numbering has come: what is made from now on has a higher sequence.
    pub fn mark(&self) -> u64 {
        self.sequence
    }

    /// Puts one back where the store had it; the store gives them in order.
    pub(super) fn load_audit(&mut self, number: u64, audit: Audit) {
        self.sequence = self.sequence.max(number);
        let place = self.audits.partition_point(|(known, _)| *known < number);
        self.audits.insert(place, (number, audit));
    }
}
