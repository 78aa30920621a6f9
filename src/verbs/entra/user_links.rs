//! What hangs on a user: memberships, manager, sponsors.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::graph::Query;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::refs::{Found, PrincipalRef, UserRef};
use crate::verbs::shapes::DIRECTORY_OBJECT;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetMemberships>());
    entries.push(Entry::reads::<GetManager>());
    entries.push(Entry::writes::<SetManager>());
    entries.push(Entry::reads::<GetSponsors>());
    entries.push(Entry::writes::<AddSponsor>());
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
        let relation = if self.transitive == Some(true) { "transitiveMemberOf" } else { "memberOf" };
        let objects = tenant.related(Collection::Users, &user.id, relation, &Query::default()).await?;
        Ok(objects.into_iter().map(with_type).collect())
    }
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
        let before = match tenant.made_here(&user.id) && !tenant.is_preview() {
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
            None => Undo::Impossible("there was no manager before"),
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

/// Who answers for a guest.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetSponsors {
    /// Whose.
    user: UserRef,
}

impl Verb for GetSponsors {
    const CARD: Card = Card {
        name: "get_sponsors",
        area: Area::Users,
        summary: "Read the sponsors of a guest: users and groups",
        cmdlets: &[
            cmdlet_with("Get-MgUserSponsor", &[("UserId", "user")]),
            cmdlet_with("Get-EntraUserSponsor", &[("UserId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Many(&DIRECTORY_OBJECT),
        examples: &[example(
            "print(get_sponsors(\"lee.gu@fabrikam.example\").map(|s| s.displayName))",
            "[\"Megan Bowen\"]",
        )],
        source: "https://learn.microsoft.com/graph/api/user-list-sponsors",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetSponsors {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let user = self.user.resolve(tenant).await?;
        let sponsors = tenant.related(Collection::Users, &user.id, "sponsors", &Query::default()).await?;
        Ok(sponsors.into_iter().map(with_type).collect())
    }
}

/// Add a sponsor to a guest.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddSponsor {
    /// Whose.
    user: UserRef,
    /// A user or a group who answers for the guest.
    sponsor: PrincipalRef,
}

impl Verb for AddSponsor {
    const CARD: Card = Card {
        name: "add_sponsor",
        area: Area::Users,
        summary: "Add a sponsor to a guest",
        cmdlets: &[
            cmdlet_with("New-MgUserSponsorByRef", &[("UserId", "user")]),
            cmdlet_with("Set-EntraUserSponsor", &[("UserId", "user"), ("SponsorIds", "sponsor")]),
        ],
        positional: &["user", "sponsor"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nadd_sponsor(i, \"megan.bowen@contoso.example\");\nprint(get_sponsors(i).len())",
            "1",
        )],
        source: "https://learn.microsoft.com/graph/api/user-post-sponsors",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for AddSponsor {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let user = self.user.resolve(tenant).await?;
        let (sponsor, kind) = self.sponsor.resolve(tenant).await?;
        let known = tenant
            .related(Collection::Users, &user.id, "sponsors", &Query::default().select(&["id"]))
            .await?;
        if known.iter().any(|known| known["id"] == sponsor.id.as_str()) {
            return Ok(Step::done(
                Value::Null,
                user.label,
                format!("{} is a sponsor already", sponsor.label),
            ));
        }
        Ok(Step::one(AddSponsorEffect {
            user: Some(user),
            sponsor,
            collection: if kind == "Group" { "groups" } else { "users" },
        }))
    }
}

/// One POST /users/{id}/sponsors/$ref.
pub struct AddSponsorEffect {
    /// `None`: the user that the verb's first effect invited.
    user: Option<Found>,
    sponsor: Found,
    collection: &'static str,
}

impl AddSponsorEffect {
    pub fn of_invited(sponsor: Found) -> AddSponsorEffect {
        AddSponsorEffect { user: None, sponsor, collection: "users" }
    }

    fn user_id(&self, earlier: &[Value]) -> Result<String> {
        let invited = || {
            earlier.first().and_then(|invitation| invitation["invitedUser"]["id"].as_str()).map(str::to_owned)
        };
        let id = self.user.as_ref().map(|user| user.id.clone()).or_else(invited);
        id.ok_or_else(|| Problem::new(Kind::Internal, "the invitation named no user"))
    }
}

#[async_trait]
impl Effect for AddSponsorEffect {
    fn doing(&self) -> String {
        match &self.user {
            Some(user) => format!("making `{}` a sponsor of `{}`", self.sponsor.label, user.label),
            None => format!("making `{}` a sponsor", self.sponsor.label),
        }
    }

    fn action(&self) -> Action {
        Action::Add
    }

    fn target(&self) -> String {
        format!("sponsor {}", self.sponsor.label)
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, earlier: &[Value]) -> Result<Applied> {
        let user = self.user_id(earlier)?;
        match tenant.graph(permit).add_sponsor(&user, self.collection, &self.sponsor.id).await {
            Ok(reply) => Ok(Applied::done(reply)),
            // The inviter becomes a sponsor by itself where none is named.
            Err(failure) if failure.says_it_exists() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let Some(user) = &self.user else { return Ok(Happened::Unknown) };
        let sponsors = tenant.related(Collection::Users, &user.id, "sponsors", &Query::default()).await?;
        Ok(match sponsors.iter().any(|sponsor| sponsor["id"] == self.sponsor.id.as_str()) {
            true => Happened::Done(Value::Null),
            false => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        match &self.user {
            Some(user) => Undo::Call {
                verb: "remove_sponsor",
                arguments: json!({ "user": user.id, "sponsor": self.sponsor.id }),
            },
            None => Undo::Impossible("it goes with the guest"),
        }
    }

    fn facts(&self, _: &Value, earlier: &[Value]) -> Vec<Fact> {
        let Ok(user) = self.user_id(earlier) else { return Vec::new() };
        vec![Fact::Linked {
            collection: Collection::Users,
            id: user,
            relation: "sponsors",
            object: self.sponsor.short(),
        }]
    }
}
