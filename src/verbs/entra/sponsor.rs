//! Sponsors: who answers for a guest.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::user_links::with_type;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::graph::Query;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::refs::{Found, PERSON, PrincipalRef, UserRef, holders, key_of};
use crate::verbs::shapes::DIRECTORY_OBJECT;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetSponsors>());
    entries.push(Entry::writes::<AddSponsor>());
    entries.push(Entry::writes::<RemoveSponsor>());
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
            guest: Guest::Known(user),
            sponsor,
            collection: set_of(kind),
            part: 0,
        }))
    }
}

/// The collection that a sponsor is in.
fn set_of(kind: &str) -> &'static str {
    if kind == "Group" { "groups" } else { "users" }
}

/// Whose sponsor it is.
enum Guest {
    Known(Found),
    /// Whom the verb's first effect invites to this address.
    Invited(String),
}

/// One POST /users/{id}/sponsors/$ref.
pub struct AddSponsorEffect {
    guest: Guest,
    sponsor: Found,
    collection: &'static str,
    part: u32,
}

impl AddSponsorEffect {
    pub fn of_invited(address: &str, sponsor: Found, part: u32) -> AddSponsorEffect {
        AddSponsorEffect { guest: Guest::Invited(address.to_owned()), sponsor, collection: "users", part }
    }

    fn user_id(&self, earlier: &[Value]) -> Result<String> {
        let id = match &self.guest {
            Guest::Known(user) => Some(user.id.clone()),
            Guest::Invited(_) => {
                let invitation = earlier.first();
                invitation.and_then(|invitation| invitation["invitedUser"]["id"].as_str()).map(str::to_owned)
            }
        };
        id.ok_or_else(|| Problem::new(Kind::Internal, "the invitation named no user"))
    }

    /// What is kept of it: without the guest's id nobody could take it back.
    fn output(&self, user: &str) -> Value {
        json!({ "user": user, "sponsor": self.sponsor.id })
    }
}

#[async_trait]
impl Effect for AddSponsorEffect {
    fn doing(&self) -> String {
        let guest = match &self.guest {
            Guest::Known(user) => &user.label,
            Guest::Invited(address) => address,
        };
        format!("making `{}` a sponsor of `{guest}`", self.sponsor.label)
    }

    fn action(&self) -> Action {
        Action::Add
    }

    fn target(&self) -> String {
        format!("sponsor {}", self.sponsor.label)
    }

    fn part(&self) -> u32 {
        self.part
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, earlier: &[Value]) -> Result<Applied> {
        let user = self.user_id(earlier)?;
        match tenant.graph(permit).add_sponsor(&user, self.collection, &self.sponsor.id).await {
            Ok(reply) => Ok(Applied { output: self.output(&user), ..Applied::done(reply) }),
            // The inviter becomes a sponsor by itself where none is named.
            Err(failure) if failure.says_it_exists() => {
                Ok(Applied { output: self.output(&user), ..Applied::already() })
            }
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let user = match &self.guest {
            Guest::Known(user) => Some(user.id.clone()),
            Guest::Invited(address) => {
                let found = tenant.users_with_address(address, PERSON).await?;
                holders(found, address).first().map(key_of)
            }
        };
        let Some(user) = user else { return Ok(Happened::NotDone) };
        let sponsors = tenant.related(Collection::Users, &user, "sponsors", &Query::default()).await?;
        Ok(match sponsors.iter().any(|sponsor| sponsor["id"] == self.sponsor.id.as_str()) {
            true => Happened::Done(self.output(&user)),
            false => Happened::NotDone,
        })
    }

    fn undo(&self, output: &Value) -> Undo {
        let user = match &self.guest {
            Guest::Known(user) => Some(user.id.as_str()),
            Guest::Invited(_) => output["user"].as_str(),
        };
        match user {
            Some(user) => Undo::Call {
                verb: "remove_sponsor",
                arguments: json!({ "user": user, "sponsor": self.sponsor.id }),
            },
            None => Undo::Impossible("the sponsor goes with the guest"),
        }
    }

    fn placeholder(&self, _: &str, earlier: &[Value]) -> Value {
        self.user_id(earlier).map_or(Value::Null, |user| self.output(&user))
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

/// Take a sponsor from a guest.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveSponsor {
    /// Whose.
    user: UserRef,
    /// The user or group who no longer answers for the guest.
    sponsor: PrincipalRef,
}

impl Verb for RemoveSponsor {
    const CARD: Card = Card {
        name: "remove_sponsor",
        area: Area::Users,
        summary: "Take a sponsor from a guest",
        details: "Only the tie ends; the sponsor stays.",
        cmdlets: &[
            cmdlet_with(
                "Remove-MgUserSponsorDirectoryObjectByRef",
                &[("UserId", "user"), ("DirectoryObjectId", "sponsor")],
            ),
            cmdlet_with("Remove-EntraUserSponsor", &[("UserId", "user"), ("SponsorId", "sponsor")]),
            cmdlet_with("Remove-MgUserSponsorByRef", &[("UserId", "user"), ("DirectoryObjectId", "sponsor")]),
        ],
        positional: &["user", "sponsor"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "remove_sponsor(\"lee.gu@fabrikam.example\", \"megan.bowen@contoso.example\");\nprint(get_sponsors(\"lee.gu@fabrikam.example\").len())",
            "0",
        )],
        source: "https://learn.microsoft.com/graph/api/user-delete-sponsors",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveSponsor {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let user = self.user.resolve(tenant).await?;
        let (sponsor, kind) = self.sponsor.resolve(tenant).await?;
        let known = tenant
            .related(Collection::Users, &user.id, "sponsors", &Query::default().select(&["id"]))
            .await?;
        match known.iter().any(|known| known["id"] == sponsor.id.as_str()) {
            true => Ok(Step::one(DropSponsor { user, sponsor, is_group: kind == "Group" })),
            false => Ok(Step::done(Value::Null, user.label, format!("{} is no sponsor", sponsor.label))),
        }
    }
}

/// One DELETE /users/{id}/sponsors/{id}/$ref.
struct DropSponsor {
    user: Found,
    sponsor: Found,
    is_group: bool,
}

#[async_trait]
impl Effect for DropSponsor {
    fn doing(&self) -> String {
        format!("taking the sponsor `{}` from `{}`", self.sponsor.label, self.user.label)
    }

    fn action(&self) -> Action {
        Action::TakeAway
    }

    fn target(&self) -> String {
        format!("sponsor {} of {}", self.sponsor.label, self.user.label)
    }

    fn before(&self) -> Value {
        json!({ "sponsor": self.sponsor.id, "isGroup": self.is_group })
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        match tenant.graph(permit).remove_sponsor(&self.user.id, &self.sponsor.id).await {
            Ok(reply) => Ok(Applied::done(reply)),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let sponsors =
            tenant.related(Collection::Users, &self.user.id, "sponsors", &Query::default()).await?;
        Ok(match sponsors.iter().any(|sponsor| sponsor["id"] == self.sponsor.id.as_str()) {
            false => Happened::Done(Value::Null),
            true => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Call {
            verb: "add_sponsor",
            arguments: json!({ "user": self.user.id, "sponsor": self.sponsor.id }),
        }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        let (id, other) = (self.user.id.clone(), self.sponsor.id.clone());
        vec![Fact::Unlinked { collection: Collection::Users, id, relation: "sponsors", other }]
    }
}
