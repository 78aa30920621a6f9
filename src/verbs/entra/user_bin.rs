//! The bin: users who were removed in the last 30 days, and their way back or out for good.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::{Reader, labels};
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::graph::{Query, literal};
use crate::verbs::card::{cmdlet, cmdlet_with, example, graph};
use crate::verbs::refs::{UserRef, is_guid, key_of, label_of};
use crate::verbs::shapes::USER;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetDeletedUsers>());
    entries.push(Entry::writes::<RestoreUser>());
    entries.push(Entry::writes::<PurgeUser>());
}

/// What is read of a user in the bin.
fn selection() -> Vec<&'static str> {
    let mut names = USER.default.to_vec();
    names.push("deletedDateTime");
    names
}

/// Users in the bin.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetDeletedUsers {
    /// Only those with an address in this domain.
    domain: Option<String>,
    /// Only those removed after this date.
    #[schemars(extend("format" = "date-time"))]
    deleted_after: Option<String>,
}

impl Verb for GetDeletedUsers {
    const CARD: Card = Card {
        name: "get_deleted_users",
        area: Area::Users,
        summary: "Read the users and guests in the bin, where they stay for 30 days",
        details: "`deletedDateTime` says since when. The user principal name of who is in the bin begins with their object id.",
        cmdlets: &[
            cmdlet("Get-MgDirectoryDeletedItemAsUser"),
            cmdlet("Get-AzureADMSDeletedDirectoryObject"),
            cmdlet("Get-EntraDeletedUser"),
            cmdlet("Get-MgDirectoryDeletedUser"),
        ],
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Many(&USER),
        examples: &[example(
            "remove_user(\"lee.gu@fabrikam.example\");\nprint(get_deleted_users(#{ domain: \"fabrikam.example\" }).map(|u| u.displayName))",
            "[\"Lee Gu\"]",
        )],
        source: "https://learn.microsoft.com/graph/api/directory-deleteditems-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetDeletedUsers {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let users = tenant.deleted_users(Query::default().select(&selection()), |_| true).await?;
        let domain = self.domain.map(|domain| format!("@{}", domain.trim_start_matches('@').to_lowercase()));
        let date = |value: &Value| value.as_str().and_then(|date| date.parse::<jiff::Timestamp>().ok());
        let after = self.deleted_after.as_deref().and_then(|date| date.parse::<jiff::Timestamp>().ok());
        let fits = |user: &Value| {
            let ends = |value: &Value, domain: &str| {
                value.as_str().is_some_and(|mail| mail.to_lowercase().ends_with(domain))
            };
            let in_domain = domain.as_deref().is_none_or(|domain| {
                let mails = user["otherMails"].as_array();
                ends(&user["mail"], domain)
                    || mails.is_some_and(|mails| mails.iter().any(|mail| ends(mail, domain)))
            });
            let late =
                after.is_none_or(|after| date(&user["deletedDateTime"]).is_some_and(|when| when > after));
            in_domain && late
        };
        Ok(users.into_iter().filter(fits).collect())
    }
}

/// Whoever is meant, in the bin: by object id, address, or the sign-in name of before.
async fn binned(user: &UserRef, tenant: &Reader<'_>) -> Result<Option<Value>> {
    let key = user.key()?;
    if is_guid(&key) || crate::runs::effect::is_placeholder(&key) {
        return tenant.deleted_user(&key, &selection()).await;
    }
    if !key.contains('@') {
        return Err(Problem::new(Kind::InvalidOption, format!("`{key}` names no user"))
            .hint("give an address or an object id; display names are not unique")
            .value(&key));
    }
    let is = |value: &Value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(&key));
    let named = |user: &Value| {
        let id = key_of(user).replace('-', "");
        let upn = user["userPrincipalName"].as_str().unwrap_or_default();
        let upn = upn.strip_prefix(id.as_str()).unwrap_or(upn);
        is(&user["mail"])
            || upn.eq_ignore_ascii_case(&key)
            || user["otherMails"].as_array().is_some_and(|mails| mails.iter().any(is))
    };
    let filter = format!("mail eq {}", literal(&key));
    let query = Query::filter(filter).select(&selection());
    let mut found = tenant.deleted_users(query, named).await?;
    if found.is_empty() {
        // Other addresses and former names have no filter of their own in the bin.
        let all = tenant.deleted_users(Query::default().select(&selection()), named).await?;
        found = all.into_iter().filter(named).collect();
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        // Who was removed, invited again and removed again is there twice.
        _ => Err(Problem::ambiguous("removed user", &key, &labels(&found))),
    }
}

fn nobody(key: &str) -> Problem {
    Problem::not_found("user in the bin", key)
        .hint("get_deleted_users() lists them; after 30 days they are gone for good")
}

/// Bring a user back.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreUser {
    /// Who: an object id or an address.
    user: UserRef,
}

impl Verb for RestoreUser {
    const CARD: Card = Card {
        name: "restore_user",
        area: Area::Users,
        summary: "Bring a user or guest back from the bin, with groups, roles and licences",
        details: "Azure roles that were taken away before do not come back. A guest who was invited anew in the meantime holds the address now, and the restore is refused.",
        cmdlets: &[
            cmdlet_with("Restore-MgDirectoryDeletedItem", &[("DirectoryObjectId", "user")]),
            cmdlet_with("Restore-AzureADMSDeletedDirectoryObject", &[("Id", "user")]),
            cmdlet_with("Restore-MsolUser", &[("UserPrincipalName", "user"), ("ObjectId", "user")]),
            cmdlet_with("Restore-EntraDeletedDirectoryObject", &[("Id", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::One(&USER),
        examples: &[example(
            "remove_user(\"lee.gu@fabrikam.example\");\nrestore_user(\"lee.gu@fabrikam.example\");\nprint(get_user(\"lee.gu@fabrikam.example\").displayName)",
            "Lee Gu",
        )],
        source: "https://learn.microsoft.com/graph/api/directory-deleteditems-restore",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RestoreUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let key = self.user.key()?;
        let Some(mut user) = binned(&self.user, tenant).await? else {
            return match self.user.find(tenant, USER.default).await? {
                Some(user) => {
                    let label = label_of(&user);
                    Ok(Step::done(user, label, "not in the bin: the user is there"))
                }
                None => Err(nobody(&key)),
            };
        };
        let (id, label) = (key_of(&user), label_of(&user));
        user["deletedDateTime"] = Value::Null;
        let prefix = id.replace('-', "");
        if let Some(upn) = user["userPrincipalName"].as_str().and_then(|upn| upn.strip_prefix(&prefix)) {
            user["userPrincipalName"] = json!(upn);
        }
        let after = user.clone();
        Ok(Step::one_then(Restore { id, label, user }, move |_| after))
    }
}

/// One POST /directory/deletedItems/{id}/restore.
struct Restore {
    id: String,
    label: String,
    user: Value,
}

#[async_trait]
impl Effect for Restore {
    fn doing(&self) -> String {
        format!("bringing `{}` back", self.label)
    }

    fn action(&self) -> Action {
        Action::Change
    }

    fn target(&self) -> String {
        self.label.clone()
    }

    fn before(&self) -> Value {
        json!({ "inBin": true })
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = tenant.graph(permit).restore(&self.id).await;
        reply.map(Applied::done).map_err(|failure| {
            problem(failure, &self.doing())
                .hint("somebody else may hold the address or the sign-in name by now")
        })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.user(&self.id, &["id"]).await? {
            Some(_) => Happened::Done(Value::Null),
            None => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Call { verb: "remove_user", arguments: json!({ "user": self.id }) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![
            Fact::Gone { collection: Collection::DeletedUsers, id: self.id.clone() },
            Fact::Exists { collection: Collection::Users, object: self.user.clone() },
        ]
    }
}

/// Empty the bin of a user.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PurgeUser {
    /// Who: an object id or an address of somebody in the bin.
    user: UserRef,
}

impl Verb for PurgeUser {
    const CARD: Card = Card {
        name: "purge_user",
        area: Area::Users,
        summary: "Remove a user or guest from the bin for good; this cannot be undone",
        details: "Only who is in the bin is purged: `remove_user` comes first. It counts as a removal of its own: at most 25 objects a run, unless `--max-removals N` says otherwise.\n\nA guest who was purged can be invited again, as somebody new.",
        cmdlets: &[
            cmdlet_with("Remove-MgDirectoryDeletedItem", &[("DirectoryObjectId", "user")]),
            cmdlet_with("Remove-AzureADMSDeletedDirectoryObject", &[("Id", "user")]),
            cmdlet_with("Remove-EntraDeletedDirectoryObject", &[("Id", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Remove,
        permissions: &[graph("User.DeleteRestore.All"), graph("User.Read.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "remove_user(\"lee.gu@fabrikam.example\");\npurge_user(\"lee.gu@fabrikam.example\");\nprint(get_deleted_users().len())",
            "0",
        )],
        source: "https://learn.microsoft.com/graph/api/directory-deleteditems-delete",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for PurgeUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let key = self.user.key()?;
        if let Some(user) = binned(&self.user, tenant).await? {
            return Ok(Step::one(Purge { id: key_of(&user), label: label_of(&user), before: user }));
        }
        match self.user.find(tenant, &["id"]).await? {
            Some(_) => Err(Problem::new(Kind::Conflict, format!("`{key}` is not in the bin"))
                .hint("remove_user(user) puts a user there first")
                .value(&key)),
            None => Ok(Step::done(Value::Null, key, "there is no such user in the bin")),
        }
    }
}

/// One DELETE /directory/deletedItems/{id}.
struct Purge {
    id: String,
    label: String,
    before: Value,
}

#[async_trait]
impl Effect for Purge {
    fn doing(&self) -> String {
        format!("removing `{}` for good", self.label)
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

    fn removes_an_object(&self) -> bool {
        true
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        match tenant.graph(permit).purge(&self.id).await {
            Ok(reply) => Ok(Applied::done(reply)),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.deleted_user(&self.id, &["id"]).await? {
            None => Happened::Done(Value::Null),
            Some(_) => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Impossible("who was removed from the bin is gone for good")
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Gone { collection: Collection::DeletedUsers, id: self.id.clone() }]
    }
}
