//! What a user belongs to.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::Result;
use crate::runs::effect::Collection;
use crate::runs::reader::Reader;
use crate::services::graph::Query;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::refs::UserRef;
use crate::verbs::shapes::DIRECTORY_OBJECT;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetMemberships>());
}

/// A directory object with its kind in a word: `user`, `group`, `directoryRole`.
pub fn with_type(mut object: Value) -> Value {
    let kind =
        object["@odata.type"].as_str().map(|kind| kind.trim_start_matches("#microsoft.graph.").to_owned());
    if let Some(map) = object.as_object_mut() {
        map.shift_remove("@odata.type");
        map.insert("type".into(), json!(kind));
        for name in DIRECTORY_OBJECT.default {
            map.entry(*name).or_insert(Value::Null);
        }
    }
    object
}

/// What a user is a member of.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetMemberships {
    /// Whose.
    user: UserRef,
    /// Groups inside groups too.
    transitive: Option<bool>,
}

impl Verb for GetMemberships {
    const CARD: Card = Card {
        name: "get_memberships",
        area: Area::Users,
        summary: "Read the groups, roles and units a user belongs to",
        cmdlets: &[
            cmdlet_with("Get-MgUserMemberOf", &[("UserId", "user")]),
            cmdlet_with("Get-AzureADUserMembership", &[("ObjectId", "user")]),
            cmdlet_with("Get-EntraUserMembership", &[("UserId", "user"), ("ObjectId", "user")]),
            cmdlet_with("Get-MgUserTransitiveMemberOf", &[("UserId", "user")]),
            cmdlet_with("Get-MgUserMemberOfAsGroup", &[("UserId", "user")]),
            cmdlet_with("Get-MgUserTransitiveMemberOfAsGroup", &[("UserId", "user")]),
            cmdlet_with("Get-EntraUserGroup", &[("UserId", "user")]),
            cmdlet_with("Get-EntraUserAdministrativeUnit", &[("UserId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All"), graph("GroupMember.Read.All")],
        returns: Returns::Many(&DIRECTORY_OBJECT),
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nadd_group_member(\"Suppliers\", i);\nprint(get_memberships(i).map(|g| g.displayName).join(\", \"))",
            "All guests, Suppliers",
        )],
        source: "https://learn.microsoft.com/graph/api/user-list-memberof",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetMemberships {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let user = self.user.resolve(tenant).await?;
        let objects = match self.transitive == Some(true) {
            true => {
                tenant
                    .related_through_groups(Collection::Users, &user.id, "memberOf", "transitiveMemberOf")
                    .await?
            }
            false => tenant.related(Collection::Users, &user.id, "memberOf", &Query::default()).await?,
        };
        Ok(objects.into_iter().map(with_type).collect())
    }
}
