//! Roles of both kinds: directory roles and Azure roles, told apart by their scope.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::identity::Service;
use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::verbs::card::{azure, cmdlet, cmdlet_with, example, graph};
use crate::verbs::refs::{Found, PrincipalRef, RoleRef, Scope, ScopeRef, key_of};
use crate::verbs::shapes::{DIRECTORY_ROLE, ROLE_ASSIGNMENT};
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetDirectoryRoleDefinitions>());
    entries.push(Entry::reads::<GetDirectoryRoleDefinition>());
    entries.push(Entry::reads::<GetRoleAssignments>());
    entries.push(Entry::writes::<AssignRole>());
    entries.push(Entry::writes::<UnassignRole>());
}

/// Directory roles that can be assigned.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetDirectoryRoleDefinitions {}

impl Verb for GetDirectoryRoleDefinitions {
    const CARD: Card = Card {
        name: "get_directory_role_definitions",
        area: Area::Roles,
        summary: "Read the directory roles of the tenant",
        cmdlets: &[
            cmdlet("Get-MgRoleManagementDirectoryRoleDefinition"),
            cmdlet("Get-AzureADMSRoleDefinition"),
            cmdlet("Get-AzureADDirectoryRole"),
            cmdlet("Get-EntraDirectoryRoleDefinition"),
        ],
        effect: EffectKind::Read,
        permissions: &[graph("RoleManagement.Read.Directory")],
        returns: Returns::Many(&DIRECTORY_ROLE),
        examples: &[example(
            "print(get_directory_role_definitions().filter(|r| r.displayName == \"Guest Inviter\").len())",
            "1",
        )],
        source: "https://learn.microsoft.com/graph/api/rbacapplication-list-roledefinitions",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetDirectoryRoleDefinitions {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        Ok(Value::Array(tenant.directory_role_definitions().await?))
    }
}

/// One directory role.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetDirectoryRoleDefinition {
    /// Which.
    role: RoleRef,
}

impl Verb for GetDirectoryRoleDefinition {
    const CARD: Card = Card {
        name: "get_directory_role_definition",
        area: Area::Roles,
        summary: "Read one directory role, by name or id; throws not_found when there is none",
        positional: &["role"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("RoleManagement.Read.Directory")],
        returns: Returns::One(&DIRECTORY_ROLE),
        examples: &[example(
            "print(get_directory_role_definition(\"guest inviter\").displayName)",
            "Guest Inviter",
        )],
        source: "https://learn.microsoft.com/graph/api/unifiedroledefinition-get",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetDirectoryRoleDefinition {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        Ok(self.role.directory_role(tenant).await?.object)
    }
}

/// Roles that someone holds, of both kinds.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetRoleAssignments {
    /// Whose: a user or a group.
    principal: PrincipalRef,
}

impl Verb for GetRoleAssignments {
    const CARD: Card = Card {
        name: "get_role_assignments",
        area: Area::Roles,
        summary: "Read the directory and Azure roles a user or group holds directly",
        details: "A sign-in that sees no Azure subscription gives the directory roles alone.",
        cmdlets: &[
            cmdlet_with("Get-AzRoleAssignment", &[("ObjectId", "principal"), ("SignInName", "principal")]),
            cmdlet_with("Get-MgRoleManagementDirectoryRoleAssignment", &[("PrincipalId", "principal")]),
        ],
        positional: &["principal"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[
            graph("RoleManagement.Read.Directory"),
            graph("User.Read.All"),
            azure("Microsoft.Authorization/roleAssignments/read"),
        ],
        returns: Returns::Many(&ROLE_ASSIGNMENT),
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nassign_role(i, \"Directory Readers\");\nprint(get_role_assignments(i).map(|r| r.roleDefinitionName))",
            "[\"Directory Readers\"]",
        )],
        source: "https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetRoleAssignments {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let (principal, _) = self.principal.resolve(tenant).await?;
        let mut held = Vec::new();
        let definitions = tenant.directory_role_definitions().await?;
        for assignment in tenant.directory_role_assignments(&principal.id).await? {
            let role = definitions.iter().find(|role| role["id"] == assignment["roleDefinitionId"]);
            let name = role.map_or(Value::Null, |role| role["displayName"].clone());
            held.push(directory_assignment(&assignment, name));
        }
        for subscription in tenant.subscriptions().await? {
            let scope = key_of(&subscription);
            let assignments = tenant.azure_role_assignments(&scope, &principal.id).await?;
            if assignments.is_empty() {
                continue;
            }
            let roles = tenant.azure_role_definitions(&scope, None).await?;
            for assignment in assignments {
                let guid = tail(&assignment["roleDefinitionId"]);
                let name = roles
                    .iter()
                    .find(|role| role["name"] == guid)
                    .map_or(Value::Null, |role| role["roleName"].clone());
                held.push(azure_assignment(assignment, name));
            }
        }
        Ok(Value::Array(held))
    }
}

fn directory_assignment(assignment: &Value, name: Value) -> Value {
    json!({
        "kind": "directory",
        "roleDefinitionName": name,
        "scope": assignment["directoryScopeId"],
        "assignmentType": "active",
        "principalId": assignment["principalId"],
        "roleDefinitionId": assignment["roleDefinitionId"],
        "id": assignment["id"],
        "alreadyExisted": null,
    })
}

fn azure_assignment(assignment: Value, name: Value) -> Value {
    let mut output = json!({
        "kind": "azure",
        "roleDefinitionName": name,
        "scope": assignment["scope"],
        "assignmentType": "active",
        "principalId": assignment["principalId"],
        "roleDefinitionId": assignment["roleDefinitionId"],
        "id": assignment["id"],
        "alreadyExisted": null,
    });
    if let (Some(output), Value::Object(rest)) = (output.as_object_mut(), assignment) {
        for (name, value) in rest {
            output.entry(name).or_insert(value);
        }
    }
    output
}

fn service_of(scope: &Scope) -> Service {
    match scope {
        Scope::Directory(_) => Service::Graph,
        Scope::Azure(_) => Service::Azure,
    }
}

/// The guid at the end of a role's id: Azure writes the same role under several prefixes.
fn tail(id: &Value) -> &str {
    id.as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default()
}

/// Give someone a role.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignRole {
    /// To whom: a user, guest or group.
    principal: PrincipalRef,
    /// Which.
    role: RoleRef,
    /// Where: `/` or nothing for the directory; an Azure id, or the name of a resource, resource group or subscription, for an Azure role.
    scope: Option<ScopeRef>,
}

impl Verb for AssignRole {
    const CARD: Card = Card {
        name: "assign_role",
        area: Area::Roles,
        summary: "Give a user, guest or group a directory role or an Azure role",
        details: "The scope tells which: without one, or with `/`, it is a directory role; anything in Azure makes it an Azure role. The assignment is active and permanent.",
        cmdlets: &[
            cmdlet_with(
                "New-AzRoleAssignment",
                &[
                    ("ObjectId", "principal"),
                    ("SignInName", "principal"),
                    ("RoleDefinitionName", "role"),
                    ("RoleDefinitionId", "role"),
                    ("Scope", "scope"),
                ],
            ),
            cmdlet_with(
                "New-MgRoleManagementDirectoryRoleAssignment",
                &[("PrincipalId", "principal"), ("RoleDefinitionId", "role"), ("DirectoryScopeId", "scope")],
            ),
            cmdlet_with(
                "New-EntraDirectoryRoleAssignment",
                &[("PrincipalId", "principal"), ("RoleDefinitionId", "role"), ("DirectoryScopeId", "scope")],
            ),
            cmdlet_with(
                "New-AzureADMSRoleAssignment",
                &[("PrincipalId", "principal"), ("RoleDefinitionId", "role"), ("DirectoryScopeId", "scope")],
            ),
            cmdlet_with(
                "Add-AzureADDirectoryRoleMember",
                &[("RefObjectId", "principal"), ("ObjectId", "role")],
            ),
            cmdlet_with(
                "Add-MsolRoleMember",
                &[("RoleMemberEmailAddress", "principal"), ("RoleName", "role")],
            ),
            cmdlet_with(
                "Add-EntraDirectoryRoleMember",
                &[("ObjectId", "role"), ("RefObjectId", "principal")],
            ),
        ],
        positional: &["principal", "role"],
        required: 2,
        effect: EffectKind::Create,
        permissions: &[
            graph("RoleManagement.ReadWrite.Directory"),
            graph("User.Read.All"),
            azure("Microsoft.Authorization/roleAssignments/write"),
        ],
        returns: Returns::One(&ROLE_ASSIGNMENT),
        examples: &[
            example(
                "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nprint(assign_role(i, \"Guest Inviter\").kind)",
                "directory",
            ),
            example(
                "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nprint(assign_role(i, \"Security Admin\", #{ scope: \"backupserver21\" }).kind)",
                "azure",
            ),
        ],
        source: "https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for AssignRole {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let (principal, principal_type) = self.principal.resolve(tenant).await?;
        let scope = ScopeRef::resolve(self.scope.as_ref(), tenant).await.map_err(|p| p.option("scope"))?;
        let role = find_role(&self.role, &scope, tenant).await?;
        if let Some(mut held) = held(&principal, &role, &scope, tenant).await? {
            held["alreadyExisted"] = json!(true);
            return Ok(Step::done(
                held,
                format!("{} for {}", role.label, principal.label),
                "already assigned",
            ));
        }
        Ok(Step::one(Assign { principal, principal_type, role, scope }))
    }
}

async fn find_role(role: &RoleRef, scope: &Scope, tenant: &Reader<'_>) -> Result<Found> {
    match scope {
        Scope::Directory(_) => role.directory_role(tenant).await,
        Scope::Azure(scope) => role.azure_role(scope, tenant).await,
    }
}

/// The assignment of just this role, at just this scope, if there is one.
async fn held(principal: &Found, role: &Found, scope: &Scope, tenant: &Reader<'_>) -> Result<Option<Value>> {
    match scope {
        Scope::Directory(directory) => {
            let assignments = tenant.directory_role_assignments(&principal.id).await?;
            let found = assignments.into_iter().find(|a| {
                a["roleDefinitionId"] == role.id.as_str() && a["directoryScopeId"] == directory.as_str()
            });
            Ok(found.map(|assignment| directory_assignment(&assignment, json!(role.label))))
        }
        Scope::Azure(azure) => {
            let assignments = tenant.azure_role_assignments(azure, &principal.id).await?;
            let wanted = role.id.rsplit('/').next().unwrap_or_default();
            let found = assignments.into_iter().find(|a| {
                tail(&a["roleDefinitionId"]).eq_ignore_ascii_case(wanted)
                    && a["scope"].as_str().is_some_and(|scope| scope.eq_ignore_ascii_case(azure))
            });
            Ok(found.map(|assignment| azure_assignment(assignment, json!(role.label))))
        }
    }
}

/// Directory roles that can give their holder any other.
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions>
const POWERFUL: &[&str] =
    &["Global Administrator", "Privileged Role Administrator", "Privileged Authentication Administrator"];

/// One role assignment to be made.
struct Assign {
    principal: Found,
    principal_type: &'static str,
    role: Found,
    scope: Scope,
}

impl Assign {
    /// The same principal, role and scope always make the same name, so that a repeated request changes nothing.
    fn name(&self, scope: &str) -> String {
        let role = self.role.id.rsplit('/').next().unwrap_or_default();
        let text = format!("{}|{}|{}", scope.to_lowercase(), self.principal.id, role.to_lowercase());
        Uuid::new_v5(&Uuid::NAMESPACE_URL, text.as_bytes()).to_string()
    }

    fn output(&self, body: Value) -> Value {
        match &self.scope {
            Scope::Directory(_) => directory_assignment(&body, json!(self.role.label)),
            Scope::Azure(_) => azure_assignment(crate::services::azure::flat(body), json!(self.role.label)),
        }
    }
}

#[async_trait]
impl Effect for Assign {
    fn doing(&self) -> String {
        format!("assigning `{}` to `{}`", self.role.label, self.principal.label)
    }

    fn action(&self) -> Action {
        Action::Add
    }

    fn target(&self) -> String {
        match &self.scope {
            Scope::Directory(_) => format!("{} for {}", self.role.label, self.principal.label),
            Scope::Azure(scope) => {
                let place = scope.rsplit('/').next().unwrap_or_default();
                format!("{} on {place} for {}", self.role.label, self.principal.label)
            }
        }
    }

    fn service(&self) -> Service {
        service_of(&self.scope)
    }

    fn warnings(&self) -> Vec<String> {
        let powerful =
            matches!(self.scope, Scope::Directory(_)) && POWERFUL.contains(&self.role.label.as_str());
        let warning =
            || format!("`{}` gives `{}` power over the whole tenant", self.role.label, self.principal.label);
        powerful.then(warning).into_iter().collect()
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = match &self.scope {
            Scope::Directory(scope) => {
                tenant.graph(permit).add_directory_role(&self.principal.id, &self.role.id, scope).await
            }
            Scope::Azure(scope) => {
                let name = self.name(scope);
                tenant
                    .azure(permit)
                    .assign_role(scope, &name, &self.role.id, &self.principal.id, self.principal_type)
                    .await
            }
        };
        match reply {
            Ok(reply) => {
                let mut applied = Applied::done(reply);
                applied.output = self.output(applied.output);
                applied.output["alreadyExisted"] = json!(false);
                Ok(applied)
            }
            Err(failure) if failure.says_it_exists() => {
                Ok(Applied { output: self.placeholder("", &[]), ..Applied::already() })
            }
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match held(&self.principal, &self.role, &self.scope, tenant).await? {
            Some(held) => Happened::Done(held),
            None => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        let scope = match &self.scope {
            Scope::Directory(scope) | Scope::Azure(scope) => scope,
        };
        Undo::Call {
            verb: "unassign_role",
            arguments: json!({ "principal": self.principal.id, "role": self.role.id, "scope": scope }),
        }
    }

    fn placeholder(&self, address: &str, _: &[Value]) -> Value {
        let (kind, scope) = match &self.scope {
            Scope::Directory(scope) => ("directory", scope),
            Scope::Azure(scope) => ("azure", scope),
        };
        json!({
            "kind": kind,
            "roleDefinitionName": self.role.label,
            "scope": scope,
            "assignmentType": "active",
            "principalId": self.principal.id,
            "roleDefinitionId": self.role.id,
            "id": if address.is_empty() { Value::Null } else { json!(address) },
            "alreadyExisted": false,
        })
    }

    fn facts(&self, output: &Value, _: &[Value]) -> Vec<Fact> {
        let mut object = output.clone();
        let collection = match &self.scope {
            Scope::Directory(scope) => {
                object["directoryScopeId"] = json!(scope);
                Collection::DirectoryRoles
            }
            Scope::Azure(_) => Collection::AzureRoles,
        };
        vec![Fact::Exists { collection, object }]
    }
}

/// Take a role from someone.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnassignRole {
    /// From whom.
    principal: PrincipalRef,
    /// Which.
    role: RoleRef,
    /// Where; as in `assign_role`.
    scope: Option<ScopeRef>,
}

impl Verb for UnassignRole {
    const CARD: Card = Card {
        name: "unassign_role",
        area: Area::Roles,
        summary: "Take a directory role or an Azure role from a user, guest or group",
        details: "Only the assignment at just this scope is taken away.",
        cmdlets: &[
            cmdlet_with(
                "Remove-AzRoleAssignment",
                &[
                    ("ObjectId", "principal"),
                    ("SignInName", "principal"),
                    ("RoleDefinitionName", "role"),
                    ("Scope", "scope"),
                ],
            ),
            cmdlet_with(
                "Remove-AzureADDirectoryRoleMember",
                &[("MemberId", "principal"), ("ObjectId", "role")],
            ),
            cmdlet_with(
                "Remove-EntraDirectoryRoleMember",
                &[("ObjectId", "role"), ("MemberId", "principal")],
            ),
            cmdlet_with(
                "Remove-MsolRoleMember",
                &[
                    ("RoleObjectId", "role"),
                    ("RoleName", "role"),
                    ("RoleMemberEmailAddress", "principal"),
                    ("RoleMemberObjectId", "principal"),
                ],
            ),
        ],
        positional: &["principal", "role"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[
            graph("RoleManagement.ReadWrite.Directory"),
            graph("User.Read.All"),
            azure("Microsoft.Authorization/roleAssignments/delete"),
        ],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nassign_role(i, \"Guest Inviter\");\nunassign_role(i, \"Guest Inviter\");\nprint(get_role_assignments(i).len())",
            "0",
        )],
        source: "https://learn.microsoft.com/graph/api/unifiedroleassignment-delete",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for UnassignRole {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let (principal, _) = self.principal.resolve(tenant).await?;
        let scope = ScopeRef::resolve(self.scope.as_ref(), tenant).await.map_err(|p| p.option("scope"))?;
        let role = find_role(&self.role, &scope, tenant).await?;
        match held(&principal, &role, &scope, tenant).await? {
            Some(assignment) => Ok(Step::one(Unassign { principal, role, scope, assignment })),
            None => {
                Ok(Step::done(Value::Null, format!("{} for {}", role.label, principal.label), "not assigned"))
            }
        }
    }
}

/// One role assignment to be taken away.
struct Unassign {
    principal: Found,
    role: Found,
    scope: Scope,
    assignment: Value,
}

#[async_trait]
impl Effect for Unassign {
    fn doing(&self) -> String {
        format!("taking `{}` from `{}`", self.role.label, self.principal.label)
    }

    fn action(&self) -> Action {
        Action::TakeAway
    }

    fn target(&self) -> String {
        format!("{} for {}", self.role.label, self.principal.label)
    }

    fn before(&self) -> Value {
        self.assignment.clone()
    }

    fn service(&self) -> Service {
        service_of(&self.scope)
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let id = key_of(&self.assignment);
        let reply = match &self.scope {
            Scope::Directory(_) => tenant.graph(permit).remove_directory_role(&id).await,
            Scope::Azure(_) => tenant.azure(permit).remove_role(&id).await,
        };
        match reply {
            Ok(reply) => Ok(Applied { output: Value::Null, ..Applied::done(reply) }),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match held(&self.principal, &self.role, &self.scope, tenant).await? {
            None => Happened::Done(Value::Null),
            Some(_) => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        let scope = match &self.scope {
            Scope::Directory(scope) | Scope::Azure(scope) => scope,
        };
        // Without its condition the role would give more than it gave.
        if self.assignment["condition"].is_string() {
            return Undo::Impossible("the assignment had a condition, which `assign_role` cannot set");
        }
        Undo::Call {
            verb: "assign_role",
            arguments: json!({ "principal": self.principal.id, "role": self.role.id, "scope": scope }),
        }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        let collection = match self.scope {
            Scope::Directory(_) => Collection::DirectoryRoles,
            Scope::Azure(_) => Collection::AzureRoles,
        };
        vec![Fact::Gone { collection, id: key_of(&self.assignment) }]
    }
}
