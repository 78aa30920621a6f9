//! `azure_request`: Azure Resource Manager in its own words.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::effect::RawWrite;
use super::{AS_IT_IS, called, invalid, refuse_planned_in, texts};
use crate::identity::Service;
use crate::problem::Result;
use crate::runs::effect::Step;
use crate::runs::reader::Reader;
use crate::services::explain::problem;
use crate::services::raw::Raw;
use crate::transport::Method;
use crate::verbs::card::{azure, cmdlet_with, example};
use crate::verbs::{Area, Card, EffectKind, Returns, Verb, WritingVerb};

/// Call Azure Resource Manager.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AzureRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// From the root, such as `/subscriptions`; what comes after a `?` may stand in it.
    path: String,
    /// What is sent: a map or an array. In it `()` is null.
    body: Option<Value>,
    /// More headers.
    headers: Option<Value>,
    /// What comes after the `?`, such as `#{ "$filter": "..." }`; usher encodes it.
    query: Option<Value>,
    /// Which version of the interface, such as `2022-12-01`; needed unless the path has `api-version`.
    api_version: Option<String>,
    /// True follows the pages of a list, and gives all its items as an array.
    #[serde(default)]
    all: bool,
}

impl Verb for AzureRequest {
    const CARD: Card = Card {
        name: "azure_request",
        area: Area::Raw,
        summary: "Call Azure Resource Manager in its own words, for what no verb covers",
        details: "What reads (`GET`, and `POST` to validate, list... and the like) is answered as the service answers; anything else is a write like that of every verb: previewed, kept in the ledger, counted by the guards, and stopped by an `--allow` that does not name `azure_request`.\n\nThe answer comes back as it is, with `properties` where the service has them; `all: true` follows the pages and gives the items. A job that Azure goes on with by itself (202) is not waited for.\n\nA raw write cannot be undone by usher, for it does not know what it changed. Only Azure's own address is reached.",
        cmdlets: &[cmdlet_with("Invoke-AzRestMethod", &[("Uri", "path"), ("Payload", "body")])],
        positional: &["method", "path"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[azure("Microsoft.Resources/subscriptions/read")],
        returns: Returns::Value,
        examples: &[example(
            "let all = azure_request(\"GET\", \"/subscriptions\", #{ apiVersion: \"2022-12-01\", all: true });\nprint(all[0].displayName)",
            "Contoso Production",
        )],
        source: "https://learn.microsoft.com/rest/api/azure/",
        ..Card::PLAIN
    };
}

impl AzureRequest {
    fn raw(&self, tenant: &Reader<'_>) -> Result<Raw> {
        let endpoints = tenant.services().transport.endpoints();
        let mut raw = Raw::new(endpoints, Service::Azure, &self.method, &self.path)?;
        raw.query = texts("query", self.query.as_ref())?;
        raw.headers = texts("headers", self.headers.as_ref())?;
        raw.body = self.body.clone();
        let in_path = raw.path.to_lowercase();
        let versioned = in_path.contains("?api-version=")
            || in_path.contains("&api-version=")
            || raw.query.iter().any(|(name, _)| name.eq_ignore_ascii_case("api-version"));
        match (&self.api_version, versioned) {
            (Some(version), false) => raw.query.push(("api-version".to_owned(), version.clone())),
            (None, true) => {}
            (Some(_), true) => {
                let message = "the path or the query has an api-version already".to_owned();
                return Err(invalid("apiVersion", message));
            }
            (None, false) => {
                return Err(invalid("apiVersion", "Azure takes no call without `apiVersion`".to_owned())
                    .hint("the reference of each resource names it: 2022-12-01 for subscriptions, 2022-04-01 for roles, 2021-04-01 for resources"));
            }
        }
        Ok(raw)
    }
}

#[async_trait]
impl WritingVerb for AzureRequest {
    const READS_TOO: bool = true;

    fn reads(&self, tenant: &Reader<'_>) -> bool {
        self.raw(tenant).is_ok_and(|raw| raw.reads())
    }

    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let services = tenant.services();
        let raw = self.raw(tenant)?;
        refuse_planned_in(tenant, &raw)?;
        if !raw.reads() {
            return Ok(Step::one(RawWrite(raw)));
        }
        tenant.warn(AS_IT_IS.to_owned());
        let read = match self.all && raw.method == Method::Get {
            true => services.azure.raw_pages(&raw).await.map(Value::Array),
            false => services.azure.raw(&raw).await.map(|reply| reply.body),
        };
        read.map(Step::Read).map_err(|failure| problem(failure, &format!("calling {}", called(&raw))))
    }
}
