//! Managers of users and guests.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::user_links::with_type;
use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::refs::{Found, UserRef};
use crate::verbs::shapes::DIRECTORY_OBJECT;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetManager>());
    entries.push(Entry::writes::<SetManager>());
    entries.push(Entry::writes::<RemoveManager>());
}

/// The manager of a user.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetManager {
    /// Whose.
    user: UserRef,
}

impl Verb for GetManager {
    const CARD: Card = Card {
        name: "get_manager",
        area: Area::Users,
        summary: "Read the manager of a user, or () when none is set",
        cmdlets: &[
            cmdlet_with("Get-MgUserManager", &[("UserId", "user")]),
            cmdlet_with("Get-AzureADUserManager", &[("ObjectId", "user")]),
            cmdlet_with("Get-EntraUserManager", &[("UserId", "user"), ("ObjectId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Maybe(&DIRECTORY_OBJECT),
        examples: &[example(
            "print(get_manager(\"alex.wilber@contoso.example\").displayName)",
            "Maren Lindqvist",
        )],
        source: "https://learn.microsoft.com/graph/api/user-list-manager",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetManager {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let user = self.user.resolve(tenant).await?;
        Ok(tenant.manager(&user.id).await?.map_or(Value::Null, with_type))
    }
}

/// Give a user a manager.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetManager {
    /// Whose.
    user: UserRef,
    /// Who it is.
    manager: UserRef,
}

impl Verb for SetManager {
    const CARD: Card = Card {
        name: "set_manager",
        area: Area::Users,
        summary: "Set the manager of a user or guest",
        cmdlets: &[
            cmdlet_with("Set-MgUserManagerByRef", &[("UserId", "user")]),
            cmdlet_with("Set-AzureADUserManager", &[("ObjectId", "user"), ("RefObjectId", "manager")]),
            cmdlet_with("Set-EntraUserManager", &[("UserId", "user"), ("ManagerId", "manager")]),
        ],
        positional: &["user", "manager"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nset_manager(i, \"megan.bowen@contoso.example\");\nprint(get_manager(i).mail)",
            "megan.bowen@contoso.example",
        )],
        source: "https://learn.microsoft.com/graph/api/user-post-manager",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for SetManager {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let user = self.user.resolve(tenant).await?;
        let manager = self.manager.resolve(tenant).await?;
        let before = match tenant.is_bare(&user.id, "manager", None) {
            true => None,
            false => tenant.manager(&user.id).await?,
        };
        if before.as_ref().is_some_and(|known| known["id"] == manager.id.as_str()) {
            return Ok(Step::done(
                Value::Null,
                user.label,
                format!("{} is the manager already", manager.label),
            ));
        }
        Ok(Step::one(PutManager { user, manager, before: before.unwrap_or_default() }))
    }
}

/// One PUT /users/{id}/manager/$ref.
struct PutManager {
    user: Found,
    manager: Found,
    before: Value,
}

#[async_trait]
impl Effect for PutManager {
    fn doing(&self) -> String {
        format!("making `{}` the manager of `{}`", self.manager.label, self.user.label)
    }

    fn action(&self) -> Action {
        Action::Change
    }

    fn target(&self) -> String {
        self.user.label.clone()
    }

    fn before(&self) -> Value {
        json!({ "manager": self.before["id"] })
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = tenant.graph(permit).set_manager(&self.user.id, &self.manager.id).await;
        reply.map(Applied::done).map_err(|failure| problem(failure, &self.doing()))
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let now = tenant.manager(&self.user.id).await?;
        Ok(match now {
            Some(manager) if manager["id"] == self.manager.id.as_str() => Happened::Done(Value::Null),
            _ => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        match self.before["id"].as_str() {
            Some(id) => {
                Undo::Call { verb: "set_manager", arguments: json!({ "user": self.user.id, "manager": id }) }
            }
            None => Undo::Call { verb: "remove_manager", arguments: json!({ "user": self.user.id }) },
        }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Linked {
            collection: Collection::Users,
            id: self.user.id.clone(),
            relation: "manager",
            object: self.manager.short(),
        }]
    }
}

/// Leave a user without a manager.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveManager {
    /// Whose.
    user: UserRef,
}

impl Verb for RemoveManager {
    const CARD: Card = Card {
        name: "remove_manager",
        area: Area::Users,
        summary: "Leave a user or guest without a manager",
        details: "Only the tie ends; both stay.",
        cmdlets: &[
            cmdlet_with("Remove-MgUserManagerByRef", &[("UserId", "user")]),
            cmdlet_with("Remove-AzureADUserManager", &[("ObjectId", "user")]),
            cmdlet_with("Remove-EntraUserManager", &[("UserId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "remove_manager(\"alex.wilber@contoso.example\");\nprint(get_manager(\"alex.wilber@contoso.example\") == ())",
            "true",
        )],
        source: "https://learn.microsoft.com/graph/api/user-delete-manager",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveManager {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let user = self.user.resolve(tenant).await?;
        match tenant.manager(&user.id).await? {
            Some(manager) => Ok(Step::one(DropManager { user, before: manager })),
            None => Ok(Step::done(Value::Null, user.label, "there is no manager")),
        }
    }
}

/// One DELETE /users/{id}/manager/$ref.
struct DropManager {
    user: Found,
    before: Value,
}

#[async_trait]
impl Effect for DropManager {
    fn doing(&self) -> String {
        format!("leaving `{}` without a manager", self.user.label)
    }

    fn action(&self) -> Action {
        Action::TakeAway
    }

    fn target(&self) -> String {
        format!("manager of {}", self.user.label)
    }

    fn before(&self) -> Value {
        json!({ "manager": self.before["id"] })
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        match tenant.graph(permit).remove_manager(&self.user.id).await {
            Ok(reply) => Ok(Applied::done(reply)),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.manager(&self.user.id).await? {
            None => Happened::Done(Value::Null),
            Some(_) => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Call {
            verb: "set_manager",
            arguments: json!({ "user": self.user.id, "manager": self.before["id"] }),
        }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        let other = self.before["id"].as_str().unwrap_or_default().to_owned();
        let id = self.user.id.clone();
        vec![Fact::Unlinked { collection: Collection::Users, id, relation: "manager", other }]
    }
}
