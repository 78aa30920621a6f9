//! What the services' permissions are called and known by, and which of them verbs need.
//!
//! Ids of Graph's: <https://learn.microsoft.com/graph/permissions-reference>.

use std::collections::{BTreeMap, BTreeSet};

use crate::services::grants::covers;
use crate::verbs::Entry;
use crate::verbs::card::Grantor;

/// The services as app registrations name them.
pub const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
pub const EXCHANGE_APP: &str = "00000002-0000-0ff1-ce00-000000000000";
pub const AZURE_APP: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

/// A permission of Graph by its ids: as an application's own, and on behalf of a person.
#[derive(Debug)]
pub struct GraphPermission {
    pub name: &'static str,
    pub application: &'static str,
    pub delegated: &'static str,
}

const fn permission(
    name: &'static str,
    application: &'static str,
    delegated: &'static str,
) -> GraphPermission {
    GraphPermission { name, application, delegated }
}

/// Those that a verb needs, or that make its answers fuller.
#[rustfmt::skip]
pub const GRAPH: &[GraphPermission] = &[
    permission("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da", "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20"),
    permission("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", "2f9ee017-59c1-4f1d-9472-bd5529a7b311"),
    permission("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b", "5f8c59db-677d-491f-a6b8-5f174b11ec1d"),
    permission("Group.ReadWrite.All", "62a82d76-70ea-41e2-9197-370581804d09", "4e46008b-f24c-477d-8fff-7bb4ec7aafe0"),
    permission("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", "bc024368-1153-4739-b217-4326f2e966d0"),
    permission("GroupMember.ReadWrite.All", "dbaae8cf-10b5-4b86-a4a1-f871c94c6695", "f81125ac-d3b7-4573-a3b2-7099cc39df9e"),
    permission("LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1", "f395577a-0960-456b-979f-7228de0c5996"),
    permission("LicenseAssignment.ReadWrite.All", "5facf0c1-8979-4e95-abcf-ff3d079771c0", "f55016cc-149c-447e-8f21-7cf3ec1d6350"),
    permission("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", "4908d5b9-3fb2-4b1e-9336-1888b7937185"),
    permission("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68", "572fea84-0151-49b2-9301-11cb16974376"),
    permission("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "741c54c3-0c1e-44a1-818b-3f97ab4e8c83"),
    permission("RoleManagement.ReadWrite.Directory", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "d01b97e9-cbc0-49fe-810a-750afd5527a3"),
    permission("User.DeleteRestore.All", "eccc023d-eccf-4e7b-9683-8813ab36cecc", "4bb440cd-2cf2-4f90-8004-aa2acd2537c5"),
    permission("User.EnableDisableAccount.All", "3011c876-62b7-4ada-afa2-506cbbecc68c", "f92e74e7-2563-467f-9dd0-902688cb5863"),
    permission("User.Invite.All", "09850681-111b-4a89-9bed-3f2cae46d706", "63dd7cd9-b489-4adf-a28c-ac38b9a0f962"),
    permission("User.Read.All", "df021288-bdef-4463-88db-98f22de89214", "a154be20-db9c-4678-8ab7-66f6cc099a59"),
    permission("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca", "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4"),
    permission("User.RevokeSessions.All", "77f3a031-c388-4f99-b373-dc68676a979e", "fc30e98b-8810-4501-81f5-c20a3196387b"),
];

/// Exchange's, for an app of its own and for a person (as public clients use it).
pub const EXCHANGE_MANAGE_AS_APP: (&str, &str) =
    ("Exchange.ManageAsApp", "dc50a0fb-09a3-484d-be87-e023b12c6440");
pub const EXCHANGE_MANAGE: (&str, &str) = ("Exchange.Manage", "ab4f2b77-0b06-4fc1-a9de-02113fc2ab7c");
/// Azure's, for a person; what an app may do there follows from its roles alone.
pub const AZURE_AS_USER: (&str, &str) = ("user_impersonation", "41094075-9dad-400e-a0bd-54e686782033");

/// No verb stops without these: they name the tenant, explain a refusal before it comes, and tell when somebody was last
/// there.
pub const HELPFUL: [&str; 4] =
    ["AuditLog.Read.All", "Domain.Read.All", "Organization.Read.All", "Policy.Read.All"];

/// The permission of this name.
pub fn graph(name: &str) -> Option<&'static GraphPermission> {
    GRAPH.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// What verbs need, each with the verbs that need it.
#[derive(Debug, Default)]
pub struct Bill {
    pub graph: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// The verbs that go to Exchange.
    pub exchange: BTreeSet<&'static str>,
    /// Azure's actions.
    pub azure: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Bill {
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Bill {
        let mut bill = Bill::default();
        for card in entries.into_iter().map(|entry| &entry.card) {
            for permission in card.permissions {
                match permission.grantor {
                    Grantor::Graph => {
                        bill.graph.entry(permission.application).or_default().insert(card.name);
                    }
                    Grantor::Exchange => {
                        bill.exchange.insert(card.name);
                    }
                    Grantor::Azure => {
                        bill.azure.entry(permission.application).or_default().insert(card.name);
                    }
                }
            }
        }
        bill
    }

    /// What the whole lifecycle of a guest needs: every verb there is.
    pub fn of_everything() -> Bill {
        let mut bill = Bill::of(super::entries());
        for name in HELPFUL {
            bill.graph.entry(name).or_default();
        }
        bill
    }

    /// Permissions of Graph that nobody needs beside the others: what one of them gives already is left out.
    pub fn least(&self) -> Vec<&'static str> {
        let names: Vec<&'static str> = self.graph.keys().copied().collect();
        let given = |name: &str| names.iter().any(|other| *other != name && covers(other, name));
        names.iter().copied().filter(|name| !given(name)).collect()
    }

    /// What of Graph's is missing of these, and for which verbs.
    pub fn missing<'a>(
        &'a self,
        held: &'a [String],
    ) -> impl Iterator<Item = (&'static str, &'a BTreeSet<&'static str>)> {
        self.graph
            .iter()
            .filter(move |(name, _)| !held.iter().any(|held| covers(held, name)))
            .map(|(name, verbs)| (*name, verbs))
    }

    pub fn writes_in_azure(&self) -> bool {
        self.azure.keys().any(|action| !action.ends_with("/read"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_of_a_card_is_in_the_table() {
        for name in Bill::of_everything().graph.keys() {
            assert!(graph(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_another_permission_gives_is_not_asked_for() {
        let least = Bill::of_everything().least();
        assert!(least.contains(&"User.ReadWrite.All") && !least.contains(&"User.Read.All"), "{least:?}");
    }

    #[test]
    fn a_bill_says_for_which_verbs() {
        let entries = crate::catalogue::entries().iter().filter(|entry| entry.card.name == "new_invitation");
        let bill = Bill::of(entries);
        let held = ["User.Read.All".to_owned()];
        let missing: Vec<_> = bill.missing(&held).collect();
        assert_eq!(missing.len(), 1);
        assert_eq!((missing[0].0, missing[0].1.first()), ("User.Invite.All", Some(&"new_invitation")));
    }
}
