//! Users and guests: keeping them out, letting them in again, removing them.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::activity::grace;
use super::user_change::ChangeUser;
use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::period::Period;
use crate::verbs::refs::{UserRef, key_of, label_of};
use crate::verbs::shapes::USER;
use crate::verbs::{Area, Card, EffectKind, Entry, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<DisableUser>());
    entries.push(Entry::writes::<EnableUser>());
    entries.push(Entry::writes::<RemoveUser>());
}

/// Keep a user from signing in.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisableUser {
    /// Who.
    user: UserRef,
    /// Leaves alone who was active within this time, such as `7d`; who cannot be told counts as active.
    unless_active_within: Option<Period>,
}

impl Verb for DisableUser {
    const CARD: Card = Card {
        name: "disable_user",
        area: Area::Users,
        summary: "Keep a user or guest from signing in; everything they have stays",
        details: "`unlessActiveWithin: \"7d\"` leaves alone who was active within that time, and says so as `already`; what counts as activity stands at `remove_user`.\n\nSessions that are open end within the hour; those of guests are kept by their home tenant, and no call here ends them sooner.",
        cmdlets: &[cmdlet_with("Disable-EntraUser", &[("UserId", "user")])],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[graph("User.EnableDisableAccount.All"), graph("User.Read.All")],
        returns: Returns::One(&USER),
        examples: &[example("print(disable_user(\"lee.gu@fabrikam.example\").accountEnabled)", "false")],
        source: "https://learn.microsoft.com/graph/api/user-update",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for DisableUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let user = self.user.get(tenant, USER.default).await?;
        if user["accountEnabled"] != json!(false)
            && let Some(period) = &self.unless_active_within
            && let Some(grace) = grace(&user, period.length("unlessActiveWithin")?, tenant).await?
        {
            let label = label_of(&user);
            return Ok(Step::done(user, label, grace));
        }
        Ok(switch(user, false, "disabled already"))
    }
}

/// Let a user sign in again.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnableUser {
    /// Who.
    user: UserRef,
}

impl Verb for EnableUser {
    const CARD: Card = Card {
        name: "enable_user",
        area: Area::Users,
        summary: "Let a user or guest sign in again",
        cmdlets: &[cmdlet_with("Enable-EntraUser", &[("UserId", "user")])],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[graph("User.EnableDisableAccount.All"), graph("User.Read.All")],
        returns: Returns::One(&USER),
        examples: &[example("print(enable_user(\"joni.sherman@adatum.example\").accountEnabled)", "true")],
        source: "https://learn.microsoft.com/graph/api/user-update",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for EnableUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let user = self.user.get(tenant, USER.default).await?;
        Ok(switch(user, true, "enabled already"))
    }
}

fn switch(user: Value, enabled: bool, already: &str) -> Step {
    let label = label_of(&user);
    let before = user["accountEnabled"].clone();
    if before == json!(enabled) {
        return Step::done(user, label, already);
    }
    let map = |value: Value| Map::from_iter([("accountEnabled".to_owned(), value)]);
    let mut after = user;
    after["accountEnabled"] = json!(enabled);
    // One that was never said is true.
    let before = if before.is_null() { json!(!enabled) } else { before };
    let effect = ChangeUser { id: key_of(&after), label, before: map(before), patch: map(json!(enabled)) };
    Step::one_then(effect, move |_| after)
}

/// Remove a user or guest.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveUser {
    /// Who.
    user: UserRef,
    /// Leaves alone who was active within this time, such as `7d`; who cannot be told counts as active.
    unless_active_within: Option<Period>,
}

impl Verb for RemoveUser {
    const CARD: Card = Card {
        name: "remove_user",
        area: Area::Users,
        summary: "Remove a user or guest; the tenant keeps them in its bin for 30 days",
        details: "Azure roles of the user stay behind as `Identity not found`: take them away first with `unassign_role`, or let `guests::offboard` do all of it. `restore_user` brings a user back from the bin.\n\nAt most 25 objects are removed in a run, unless `--max-removals N` says otherwise.\n\n`unlessActiveWithin: \"7d\"` leaves alone who was active within that time, and says so as `already`. Activity is any sign-in that Graph knows of, failed attempts among them; the invitation and its acceptance; and that somebody let the user in again, as the audit log has it (it goes back 30 days). Graph shows sign-ins up to a day late.\n\nA user of whom sign-ins can be read and are empty has made none, and is judged by invitation and acceptance. Where sign-ins cannot be read, for want of AuditLog.Read.All or of a licence of Entra ID P1, everybody counts as active and nobody is removed.",
        cmdlets: &[
            cmdlet_with("Remove-MgUser", &[("UserId", "user")]),
            cmdlet_with("Remove-AzureADUser", &[("ObjectId", "user")]),
            cmdlet_with("Remove-MsolUser", &[("UserPrincipalName", "user"), ("ObjectId", "user")]),
            cmdlet_with("Remove-EntraUser", &[("UserId", "user"), ("ObjectId", "user")]),
            cmdlet_with("Remove-AzADUser", &[("ObjectId", "user"), ("UserPrincipalName", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Remove,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[
            example(
                "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nremove_user(i);\nprint(find_user(\"ann@fabrikam.example\") == ())",
                "true",
            ),
            example(
                "sandbox::sign_in(\"lee.gu@fabrikam.example\");\nremove_user(\"lee.gu@fabrikam.example\", #{ unlessActiveWithin: \"7d\" });\nprint(get_user(\"lee.gu@fabrikam.example\").displayName)",
                "Lee Gu",
            ),
        ],
        source: "https://learn.microsoft.com/graph/api/user-delete",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let key = self.user.key()?;
        let period = self.unless_active_within.as_ref().map(|period| period.length("unlessActiveWithin"));
        let period = period.transpose()?;
        let Some(user) = self.user.find(tenant, USER.default).await? else {
            return Ok(Step::done(Value::Null, key, "there is no such user"));
        };
        let label = label_of(&user);
        if let Some(period) = period
            && let Some(grace) = grace(&user, period, tenant).await?
        {
            return Ok(Step::done(Value::Null, label, grace));
        }
        let now = tenant.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Ok(Step::one(DeleteUser { id: key_of(&user), label, before: user, now }))
    }
}

/// One DELETE /users/{id}.
struct DeleteUser {
    id: String,
    label: String,
    before: Value,
    now: String,
}

#[async_trait]
impl Effect for DeleteUser {
    fn doing(&self) -> String {
        format!("removing `{}`", self.label)
    }

    fn action(&self) -> Action {
        Action::Remove
    }

    fn target(&self) -> String {
        self.label.clone()
    }

    fn before(&self) -> Value {
        self.before.clone()
    }

    fn warnings(&self) -> Vec<String> {
        let member = self.before["userType"] == "Member";
        member
            .then(|| format!("`{}` is a member of this organization, not a guest", self.label))
            .into_iter()
            .collect()
    }

    fn removes_an_object(&self) -> bool {
        true
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        match tenant.graph(permit).delete_user(&self.id).await {
            Ok(reply) => Ok(Applied::done(reply)),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.user(&self.id, &["id"]).await? {
            None => Happened::Done(Value::Null),
            Some(_) => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Call { verb: "restore_user", arguments: json!({ "user": self.id }) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        let mut binned = self.before.clone();
        binned["deletedDateTime"] = json!(self.now);
        vec![
            Fact::Gone { collection: Collection::Users, id: self.id.clone() },
            Fact::Exists { collection: Collection::DeletedUsers, object: binned },
        ]
    }
}
