//! The bin: what was deleted and can be brought back for thirty days. Then it is gone for good, with all that was
//! linked to it.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Kind, Object, Tenant};

const KEPT_MILLISECONDS: i64 = 30 * 86_400_000;

const KINDS: [Kind; 6] = [
    Kind::User,
    Kind::Group,
    Kind::Contact,
    Kind::ServicePrincipal,
    Kind::Application,
    Kind::AdministrativeUnit,
];

/// When an object in the bin goes for good.
fn kept_until(object: &Object) -> Option<i64> {
    let deleted: Timestamp = object.text("deletedDateTime")?.parse().ok()?;
    Some(deleted.as_millisecond() + KEPT_MILLISECONDS)
}

impl Tenant {
    /// An object in the bin.
    pub fn binned(&self, id: Uuid) -> Option<&Object> {
        self.objects.get(&id).filter(|object| object.deleted && !self.is_past_keeping(object))
    }

    pub fn bin(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.range(kind, true).filter(|object| !self.is_past_keeping(object))
    }

    fn is_past_keeping(&self, object: &Object) -> bool {
        kept_until(object).is_some_and(|until| until <= self.milliseconds())
    }

    /// Moves a live object to the bin. Its links stay, unseen, for a restore.
    pub fn discard(&mut self, id: Uuid) {
        let now = self.stamp();
        self.update(id, |object| {
            object.deleted = true;
            object.set("deletedDateTime", now);
            if let Some(upn) = object.text("userPrincipalName").map(str::to_owned) {
                object.set("userPrincipalName", format!("{}{upn}", object.id.simple()));
            }
        });
        if let Some(until) = self.objects.get(&id).and_then(kept_until) {
            self.next_due = self.next_due.min(until);
        }
    }

    pub fn restore(&mut self, id: Uuid) {
        self.update(id, |object| {
            object.deleted = false;
            object.set("deletedDateTime", Value::Null);
            if let Some(upn) = object.text("userPrincipalName").map(str::to_owned) {
                let prefix = object.id.simple().to_string();
                object.set("userPrincipalName", upn.strip_prefix(&prefix).unwrap_or(&upn));
            }
        });
        self.relicense_by_groups(id);
    }

    /// Removes for good what has been in the bin for too long.
    pub(super) fn empty_bin(&mut self, now: i64) {
        let binned = KINDS.into_iter().flat_map(|kind| self.range(kind, true));
        let mut dates: Vec<(i64, Uuid)> =
            binned.filter_map(|object| Some((kept_until(object)?, object.id))).collect();
        dates.sort_unstable();
        for (until, id) in dates {
            if until > now {
                self.next_due = self.next_due.min(until);
                break;
            }
            self.purge(id);
        }
    }
}
