//! Verbs over Azure Resource Manager. Giving roles is in `entra/role.rs`, where both kinds are one verb.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::card::{azure, cmdlet, cmdlet_with, example};
use super::refs::{Scope, ScopeRef, key_of};
use super::shapes::{AZURE_ROLE, RESOURCE, SUBSCRIPTION};
use super::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb};
use crate::problem::{Kind, Problem, Result};
use crate::runs::reader::Reader;

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetAzureSubscriptions>());
    entries.push(Entry::reads::<GetAzureResources>());
    entries.push(Entry::reads::<GetAzureRoleDefinitions>());
}

/// Subscriptions that the sign-in can see.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetAzureSubscriptions {}

impl Verb for GetAzureSubscriptions {
    const CARD: Card = Card {
        name: "get_azure_subscriptions",
        area: Area::Azure,
        summary: "Read the Azure subscriptions that the sign-in can see",
        cmdlets: &[cmdlet("Get-AzSubscription")],
        effect: EffectKind::Read,
        permissions: &[azure("Microsoft.Resources/subscriptions/read")],
        returns: Returns::Many(&SUBSCRIPTION),
        examples: &[example("print(get_azure_subscriptions()[0].displayName)", "Contoso Production")],
        source: "https://learn.microsoft.com/rest/api/resources/subscriptions/list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetAzureSubscriptions {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        Ok(Value::Array(tenant.subscriptions().await?))
    }
}

/// Resources of the subscriptions.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetAzureResources {
    /// Only resources of this name.
    name: Option<String>,
    /// Only resources of this type, such as `Microsoft.Compute/virtualMachines`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only resources of this group.
    resource_group: Option<String>,
    /// Only of this subscription, by id or name; all of them without it.
    subscription: Option<String>,
}

impl Verb for GetAzureResources {
    const CARD: Card = Card {
        name: "get_azure_resources",
        area: Area::Azure,
        summary: "Read Azure resources by name, type or group",
        details: "Looks through every subscription the sign-in can see, not one current context.",
        cmdlets: &[cmdlet_with(
            "Get-AzResource",
            &[("Name", "name"), ("ResourceType", "type"), ("ResourceGroupName", "resourceGroup")],
        )],
        effect: EffectKind::Read,
        permissions: &[azure("Microsoft.Resources/subscriptions/resources/read")],
        returns: Returns::Many(&RESOURCE),
        examples: &[example(
            "print(get_azure_resources(#{ name: \"backupserver21\" })[0].resourceGroup)",
            "rg-backup",
        )],
        source: "https://learn.microsoft.com/rest/api/resources/resources/list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetAzureResources {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let is = |value: &Value, wanted: &str| {
            value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        let subscriptions = tenant.subscriptions().await?;
        let wanted = |subscription: &&Value| {
            self.subscription.as_deref().is_none_or(|name| {
                is(&subscription["subscriptionId"], name) || is(&subscription["displayName"], name)
            })
        };
        let chosen: Vec<&Value> = subscriptions.iter().filter(wanted).collect();
        if let (Some(name), true) = (&self.subscription, chosen.is_empty()) {
            return Err(Problem::not_found("subscription", name).option("subscription"));
        }
        // Azure combines only some conditions: the name narrows there, the rest is compared here.
        let filter = self.name.as_deref().map(|name| format!("name eq '{}'", name.replace('\'', "''")));
        let mut resources = Vec::new();
        for subscription in chosen {
            let id = subscription["subscriptionId"].as_str().unwrap_or_default();
            resources.extend(tenant.resources(id, filter.as_deref()).await?);
        }
        for resource in &mut resources {
            let group = key_of(resource).split('/').nth(4).map(str::to_owned);
            resource["resourceGroup"] = json!(group);
        }
        resources.retain(|resource| {
            self.name.as_deref().is_none_or(|name| is(&resource["name"], name))
                && self.kind.as_deref().is_none_or(|kind| is(&resource["type"], kind))
                && self.resource_group.as_deref().is_none_or(|group| is(&resource["resourceGroup"], group))
        });
        Ok(Value::Array(resources))
    }
}

/// Azure roles.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetAzureRoleDefinitions {
    /// Only the role of this name.
    name: Option<String>,
    /// Where it is to be assigned; the first subscription without it.
    scope: Option<ScopeRef>,
}

impl Verb for GetAzureRoleDefinitions {
    const CARD: Card = Card {
        name: "get_azure_role_definitions",
        area: Area::Azure,
        summary: "Read Azure roles, all or by name",
        cmdlets: &[cmdlet_with("Get-AzRoleDefinition", &[("Name", "name"), ("Scope", "scope")])],
        effect: EffectKind::Read,
        permissions: &[azure("Microsoft.Authorization/roleDefinitions/read")],
        returns: Returns::Many(&AZURE_ROLE),
        examples: &[example("print(get_azure_role_definitions(#{ name: \"Security Admin\" }).len())", "1")],
        source: "https://learn.microsoft.com/rest/api/authorization/role-definitions/list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetAzureRoleDefinitions {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let scope = match &self.scope {
            Some(_) => match ScopeRef::resolve(self.scope.as_ref(), tenant).await? {
                Scope::Azure(scope) => scope,
                Scope::Directory(_) => {
                    return Err(Problem::new(
                        Kind::InvalidOption,
                        "Azure roles apply to a place in Azure, not to the directory",
                    )
                    .hint("get_directory_role_definitions() reads directory roles")
                    .option("scope"));
                }
            },
            None => tenant.subscriptions().await?.first().map(key_of).unwrap_or_default(),
        };
        let mut roles = tenant.azure_role_definitions(&scope, self.name.as_deref()).await?;
        for role in &mut roles {
            role["roleType"] = role["properties"]["type"].clone();
        }
        Ok(Value::Array(roles))
    }
}
