//! Groups and who is in them. Mail-enabled groups are kept by Exchange: usher goes there by itself.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::user_links::with_type;
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::graph::Query;
use crate::verbs::card::{EXCHANGE_RECIPIENTS, cmdlet_with, example, graph};
use crate::verbs::refs::{Found, GroupRef, PrincipalRef};
use crate::verbs::shapes::{DIRECTORY_OBJECT, GROUP};
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetGroup>());
    entries.push(Entry::reads::<FindGroup>());
    entries.push(Entry::reads::<GetGroups>());
    entries.push(Entry::reads::<GetGroupMembers>());
    entries.push(Entry::writes::<AddGroupMember>());
    entries.push(Entry::writes::<RemoveGroupMember>());
}

/// One group, by id, name or mail address.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetGroup {
    /// Which.
    group: GroupRef,
}

impl Verb for GetGroup {
    const CARD: Card = Card {
        name: "get_group",
        area: Area::Groups,
        summary: "Read one group; throws not_found when there is none",
        details: "When several groups have the name, the error is `ambiguous` and lists them by id.",
        cmdlets: &[
            cmdlet_with("Get-MgGroup", &[("GroupId", "group")]),
            cmdlet_with("Get-AzureADGroup", &[("ObjectId", "group")]),
            cmdlet_with("Get-EntraGroup", &[("GroupId", "group"), ("ObjectId", "group")]),
            cmdlet_with("Get-UnifiedGroup", &[("Identity", "group")]),
            cmdlet_with("Get-AzureADMSGroup", &[("ObjectId", "group")]),
            cmdlet_with("Get-MsolGroup", &[("ObjectId", "group")]),
            cmdlet_with("Get-AzADGroup", &[("ObjectId", "group"), ("DisplayName", "group")]),
        ],
        positional: &["group"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("GroupMember.Read.All")],
        returns: Returns::One(&GROUP),
        examples: &[example("print(get_group(\"Helpdesk administrators\").securityEnabled)", "true")],
        source: "https://learn.microsoft.com/graph/api/group-get",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetGroup {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        self.group.get(tenant, GROUP.default).await
    }
}

/// One group, or `()`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindGroup {
    /// Which.
    group: GroupRef,
}

impl Verb for FindGroup {
    const CARD: Card = Card {
        name: "find_group",
        area: Area::Groups,
        summary: "Read one group, or () when there is none",
        positional: &["group"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("GroupMember.Read.All")],
        returns: Returns::Maybe(&GROUP),
        examples: &[example("print(find_group(\"No such group\") == ())", "true")],
        source: "https://learn.microsoft.com/graph/api/group-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for FindGroup {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        Ok(self.group.find(tenant, GROUP.default).await?.unwrap_or(Value::Null))
    }
}

/// Groups of the tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetGroups {
    /// A Graph filter such as `startsWith(displayName, 'Project')`.
    filter: Option<String>,
    /// A Graph search such as `"displayName:project"`.
    search: Option<String>,
    /// Stop after this many; all without it.
    #[schemars(range(min = 1))]
    top: Option<usize>,
}

impl Verb for GetGroups {
    const CARD: Card = Card {
        name: "get_groups",
        area: Area::Groups,
        summary: "Read groups, all pages unless top is given",
        cmdlets: &[
            cmdlet_with("Get-MgGroup", &[("Filter", "filter"), ("Search", "search"), ("Top", "top")]),
            cmdlet_with("Get-AzureADGroup", &[("Filter", "filter"), ("Top", "top")]),
            cmdlet_with("Get-AzureADMSGroup", &[("Filter", "filter")]),
            cmdlet_with("Get-EntraGroup", &[("Filter", "filter")]),
            cmdlet_with("Get-MsolGroup", &[("Filter", "filter"), ("MaxResults", "top")]),
            cmdlet_with("Get-AzADGroup", &[("Filter", "filter"), ("First", "top")]),
        ],
        effect: EffectKind::Read,
        permissions: &[graph("GroupMember.Read.All")],
        returns: Returns::Many(&GROUP),
        examples: &[example("print(get_groups(#{ filter: \"displayName eq 'Suppliers'\" }).len())", "1")],
        source: "https://learn.microsoft.com/graph/api/group-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetGroups {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let query = Query {
            filter: self.filter,
            search: self.search,
            top: self.top,
            ..Query::default().select(GROUP.default)
        };
        Ok(Value::Array(tenant.groups(query).await?))
    }
}

/// Members of a group.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetGroupMembers {
    /// Of which.
    group: GroupRef,
    /// Members of groups inside the group too.
    transitive: Option<bool>,
}

impl Verb for GetGroupMembers {
    const CARD: Card = Card {
        name: "get_group_members",
        area: Area::Groups,
        summary: "Read the members of a group: users, guests, groups and contacts",
        cmdlets: &[
            cmdlet_with("Get-MgGroupMember", &[("GroupId", "group")]),
            cmdlet_with("Get-AzureADGroupMember", &[("ObjectId", "group")]),
            cmdlet_with("Get-EntraGroupMember", &[("GroupId", "group"), ("ObjectId", "group")]),
            cmdlet_with("Get-DistributionGroupMember", &[("Identity", "group")]),
            cmdlet_with("Get-MgGroupMemberAsUser", &[("GroupId", "group")]),
            cmdlet_with("Get-MgGroupTransitiveMember", &[("GroupId", "group")]),
            cmdlet_with("Get-MgGroupTransitiveMemberAsUser", &[("GroupId", "group")]),
            cmdlet_with("Get-MsolGroupMember", &[("GroupObjectId", "group")]),
            cmdlet_with("Get-AzADGroupMember", &[("GroupObjectId", "group"), ("GroupDisplayName", "group")]),
        ],
        positional: &["group"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("GroupMember.Read.All"), graph("User.Read.All")],
        returns: Returns::Many(&DIRECTORY_OBJECT),
        examples: &[example(
            "print(get_group_members(\"Suppliers\").map(|m| m.displayName).join(\", \"))",
            "Carlos Vega, Patti Fernández",
        )],
        source: "https://learn.microsoft.com/graph/api/group-list-members",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetGroupMembers {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let group = self.group.resolve(tenant).await?;
        let members = match self.transitive == Some(true) {
            true => {
                tenant
                    .related_through_groups(Collection::Groups, &group.id, "members", "transitiveMembers")
                    .await?
            }
            false => tenant.related(Collection::Groups, &group.id, "members", &Query::default()).await?,
        };
        Ok(members.into_iter().map(with_type).collect())
    }
}

/// Put someone into a group.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddGroupMember {
    /// Into which.
    group: GroupRef,
    /// Whom: a user, guest or group.
    member: PrincipalRef,
}

impl Verb for AddGroupMember {
    const CARD: Card = Card {
        name: "add_group_member",
        area: Area::Groups,
        summary: "Add a user, guest or group to a group",
        details: "Mail-enabled groups are changed through Exchange. Groups with dynamic membership or from an on-premises directory cannot be changed here; the error says so.",
        cmdlets: &[
            cmdlet_with("New-MgGroupMember", &[("GroupId", "group"), ("DirectoryObjectId", "member")]),
            cmdlet_with("New-MgGroupMemberByRef", &[("GroupId", "group")]),
            cmdlet_with("Add-AzureADGroupMember", &[("ObjectId", "group"), ("RefObjectId", "member")]),
            cmdlet_with("Add-EntraGroupMember", &[("GroupId", "group"), ("MemberId", "member")]),
            cmdlet_with(
                "Add-MsolGroupMember",
                &[("GroupObjectId", "group"), ("GroupMemberObjectId", "member")],
            ),
            cmdlet_with("Add-DistributionGroupMember", &[("Identity", "group"), ("Member", "member")]),
            cmdlet_with("New-MgGroupMemberDirectoryObjectByRef", &[("GroupId", "group")]),
            cmdlet_with(
                "Add-AzADGroupMember",
                &[
                    ("TargetGroupObjectId", "group"),
                    ("TargetGroupDisplayName", "group"),
                    ("MemberObjectId", "member"),
                    ("MemberUserPrincipalName", "member"),
                ],
            ),
        ],
        positional: &["group", "member"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("GroupMember.ReadWrite.All"), graph("User.Read.All"), EXCHANGE_RECIPIENTS],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nadd_group_member(\"Helpdesk administrators\", i.invitedUser);\nprint(get_memberships(i).some(|g| g.displayName == \"Helpdesk administrators\"))",
            "true",
        )],
        source: "https://learn.microsoft.com/graph/api/group-post-members",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for AddGroupMember {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let group = Target::of(self.group.resolve(tenant).await?)?;
        let (member, _) = self.member.resolve(tenant).await?;
        if group.has(&member, tenant).await? {
            return Ok(Step::done(
                Value::Null,
                format!("{} in {}", member.label, group.found.label),
                "already a member",
            ));
        }
        Ok(Step::one(Membership { group, member, wanted: true }))
    }
}

/// Take someone out of a group.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveGroupMember {
    /// Out of which.
    group: GroupRef,
    /// Whom.
    member: PrincipalRef,
}

impl Verb for RemoveGroupMember {
    const CARD: Card = Card {
        name: "remove_group_member",
        area: Area::Groups,
        summary: "Take a user, guest or group out of a group",
        details: "Only the membership ends; the member stays.",
        cmdlets: &[
            cmdlet_with(
                "Remove-MgGroupMemberByRef",
                &[("GroupId", "group"), ("DirectoryObjectId", "member")],
            ),
            cmdlet_with("Remove-AzureADGroupMember", &[("ObjectId", "group"), ("MemberId", "member")]),
            cmdlet_with("Remove-EntraGroupMember", &[("GroupId", "group"), ("MemberId", "member")]),
            cmdlet_with("Remove-DistributionGroupMember", &[("Identity", "group"), ("Member", "member")]),
            cmdlet_with(
                "Remove-MgGroupMemberDirectoryObjectByRef",
                &[("GroupId", "group"), ("DirectoryObjectId", "member")],
            ),
            cmdlet_with(
                "Remove-MsolGroupMember",
                &[("GroupObjectId", "group"), ("GroupMemberObjectId", "member")],
            ),
            cmdlet_with(
                "Remove-AzADGroupMember",
                &[
                    ("GroupObjectId", "group"),
                    ("GroupDisplayName", "group"),
                    ("MemberObjectId", "member"),
                    ("MemberUserPrincipalName", "member"),
                ],
            ),
        ],
        positional: &["group", "member"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("GroupMember.ReadWrite.All"), graph("User.Read.All"), EXCHANGE_RECIPIENTS],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nadd_group_member(\"Suppliers\", i);\nremove_group_member(\"Suppliers\", i);\nprint(get_memberships(i).some(|g| g.displayName == \"Suppliers\"))",
            "false",
        )],
        source: "https://learn.microsoft.com/graph/api/group-delete-members",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveGroupMember {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let group = Target::of(self.group.resolve(tenant).await?)?;
        let (member, _) = self.member.resolve(tenant).await?;
        if !group.is_member(&member, tenant).await? {
            return Ok(Step::done(
                Value::Null,
                format!("{} in {}", member.label, group.found.label),
                "not a member",
            ));
        }
        Ok(Step::one(Membership { group, member, wanted: false }))
    }
}

/// A group whose members can be changed, and by which service.
struct Target {
    found: Found,
    by_exchange: bool,
}

impl Target {
    /// Refuses groups that nobody can change by hand.
    fn of(found: Found) -> Result<Target> {
        let kinds = found.object["groupTypes"].as_array();
        let is = |kind: &str| kinds.is_some_and(|kinds| kinds.iter().any(|k| k == kind));
        let refuse = |why: &str, hint: &str| {
            Err(Problem::new(Kind::Unsupported, format!("the members of group `{}` {why}", found.label))
                .hint(hint)
                .value(&found.label))
        };
        if is("DynamicMembership") {
            let rule = found.object["membershipRule"].as_str().unwrap_or_default();
            return refuse(
                "follow from a rule",
                &format!("change the users so that the rule takes them in: {rule}"),
            );
        }
        if found.object["onPremisesSyncEnabled"] == json!(true) {
            return refuse(
                "come from an on-premises directory",
                "guests cannot be in such a group; use one that lives in the cloud",
            );
        }
        let by_exchange = found.object["mailEnabled"] == json!(true) && !is("Unified");
        Ok(Target { found, by_exchange })
    }

    /// Whether someone is a member, without asking for people this run made itself and has not added.
    async fn has(&self, member: &Found, tenant: &Reader<'_>) -> Result<bool> {
        if tenant.is_bare(&member.id, "memberOf", Some(&self.found.id)) {
            return Ok(false);
        }
        self.is_member(member, tenant).await
    }

    async fn is_member(&self, member: &Found, tenant: &Reader<'_>) -> Result<bool> {
        let collection = match member.object.get("groupTypes") {
            Some(_) => Collection::Groups,
            None => Collection::Users,
        };
        let groups =
            tenant.related(collection, &member.id, "memberOf", &Query::default().select(&["id"])).await?;
        Ok(groups.iter().any(|group| group["id"] == self.found.id.as_str()))
    }
}

/// One membership, made or ended.
struct Membership {
    group: Target,
    member: Found,
    wanted: bool,
}

#[async_trait]
impl Effect for Membership {
    fn doing(&self) -> String {
        let (group, member) = (&self.group.found.label, &self.member.label);
        match self.wanted {
            true => format!("adding `{member}` to group `{group}`"),
            false => format!("taking `{member}` out of group `{group}`"),
        }
    }

    fn action(&self) -> Action {
        if self.wanted { Action::Add } else { Action::TakeAway }
    }

    fn target(&self) -> String {
        format!("{} in {}", self.member.label, self.group.found.label)
    }

    fn before(&self) -> Value {
        json!({ "member": !self.wanted })
    }

    fn service(&self) -> Service {
        if self.group.by_exchange { Service::Exchange } else { Service::Graph }
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let (group, member) = (&self.group.found.id, &self.member.id);
        let reply = match (self.group.by_exchange, self.wanted) {
            (true, wanted) => {
                let mut parameters = Map::new();
                parameters.insert("Identity".into(), json!(group));
                parameters.insert("Member".into(), json!(member));
                // An application owns no group; without this Exchange asks for an owner.
                parameters.insert("BypassSecurityGroupManagerCheck".into(), json!(true));
                if !wanted {
                    parameters.insert("Confirm".into(), json!(false));
                }
                let cmdlet =
                    if wanted { "Add-DistributionGroupMember" } else { "Remove-DistributionGroupMember" };
                tenant.exchange(permit).run(cmdlet, parameters, true).await
            }
            (false, true) => tenant.graph(permit).add_group_member(group, member).await,
            (false, false) => tenant.graph(permit).remove_group_member(group, member).await,
        };
        match reply {
            Ok(reply) => Ok(Applied { output: Value::Null, ..Applied::done(reply) }),
            Err(failure) if self.wanted && failure.says_it_exists() => Ok(Applied::already()),
            Err(failure) if !self.wanted && failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match self.group.is_member(&self.member, tenant).await? == self.wanted {
            true => Happened::Done(Value::Null),
            false => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        let verb = if self.wanted { "remove_group_member" } else { "add_group_member" };
        Undo::Call { verb, arguments: json!({ "group": self.group.found.id, "member": self.member.id }) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        let (group, member) = (&self.group.found, &self.member);
        let with_kind = |found: &Found, kind: &str| {
            let mut short = found.short();
            if short.get("@odata.type").is_none() {
                short["@odata.type"] = json!(format!("#microsoft.graph.{kind}"));
            }
            short
        };
        let is_group = member.object.get("groupTypes").is_some();
        let (collection, kind) = match is_group {
            true => (Collection::Groups, "group"),
            false => (Collection::Users, "user"),
        };
        match self.wanted {
            true => vec![
                Fact::Linked {
                    collection: Collection::Groups,
                    id: group.id.clone(),
                    relation: "members",
                    object: with_kind(member, kind),
                },
                Fact::Linked {
                    collection,
                    id: member.id.clone(),
                    relation: "memberOf",
                    object: with_kind(group, "group"),
                },
            ],
            false => vec![
                Fact::Unlinked {
                    collection: Collection::Groups,
                    id: group.id.clone(),
                    relation: "members",
                    other: member.id.clone(),
                },
                Fact::Unlinked {
                    collection,
                    id: member.id.clone(),
                    relation: "memberOf",
                    other: group.id.clone(),
                },
            ],
        }
    }
}
