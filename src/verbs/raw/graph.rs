//! `graph_request`: Microsoft Graph in its own words.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::effect::RawWrite;
use super::{AS_IT_IS, batch, called, refuse_planned_in, texts};
use crate::problem::Result;
use crate::runs::effect::Step;
use crate::runs::reader::Reader;
use crate::services::explain::problem;
use crate::services::raw::Raw;
use crate::transport::Method;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::{Area, Card, EffectKind, Returns, Verb, WritingVerb};

/// Call Graph.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GraphRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// `/users`, `/v1.0/users` or `/beta/users`; what comes after a `?` may stand in it.
    path: String,
    /// What is sent: a map, an array or text. In it `()` is null, which clears.
    body: Option<Value>,
    /// More headers, such as `#{ ConsistencyLevel: "eventual" }`.
    headers: Option<Value>,
    /// What comes after the `?`, such as `#{ "$select": "id,mail" }`; usher encodes it.
    query: Option<Value>,
    /// `v1.0` unless the path or this says `beta`.
    version: Option<Version>,
    /// True follows the pages of a list, and gives all its items as an array.
    #[serde(default)]
    all: bool,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
pub enum Version {
    #[serde(rename = "v1.0")]
    Released,
    #[serde(rename = "beta")]
    Beta,
}

impl Version {
    fn name(self) -> &'static str {
        match self {
            Version::Released => "v1.0",
            Version::Beta => "beta",
        }
    }
}

impl Verb for GraphRequest {
    const CARD: Card = Card {
        name: "graph_request",
        area: Area::Raw,
        summary: "Call Microsoft Graph in its own words, for what no verb covers",
        details: "What reads (`GET`, and `POST` to getByIds, checkMemberGroups and the like) is answered as the service answers; anything else is a write like that of every verb: previewed, kept in the ledger, counted by the guards, and stopped by an `--allow` that does not name `graph_request`.\n\nThe answer comes back as it is, of a list its first page; `all: true` follows the pages and gives the items.\n\nEach request of a `$batch` is a write of its own: usher sends them one after the other, in the order of `dependsOn`, and gives `responses` as Graph would, refusals among them. A request that only reads cannot depend on one that writes.\n\n`DELETE` without `/$ref` removes the object itself, and counts for the guard. A raw write cannot be undone by usher, for it does not know what it changed. In a preview, raw reads show the tenant as it is, and a raw call that needs the id of something planned ends the row as `not known beyond here`.\n\nOnly Graph's own address is reached; what permission is needed depends on the path.",
        cmdlets: &[
            cmdlet_with("Invoke-MgGraphRequest", &[("Uri", "path")]),
            cmdlet_with("Invoke-MgRestMethod", &[("Uri", "path")]),
        ],
        positional: &["method", "path"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Value,
        examples: &[
            example("print(graph_request(\"GET\", \"/organization\").value[0].displayName)", "Contoso"),
            example(
                "let u = get_user(\"lee.gu@fabrikam.example\");\ngraph_request(\"PATCH\", `/users/${u.id}`, #{ body: #{ department: \"Purchasing\" } });\nprint(get_user(u.id).department)",
                "Purchasing",
            ),
            example(
                "let query = #{ \"$filter\": \"userType eq 'Guest'\", \"$top\": 5 };\nprint(graph_request(\"GET\", \"/users\", #{ query: query, all: true }).len())",
                "15",
            ),
        ],
        source: "https://learn.microsoft.com/graph/use-the-api",
        ..Card::PLAIN
    };
}

impl GraphRequest {
    fn raw(&self, tenant: &Reader<'_>) -> Result<Raw> {
        let endpoints = tenant.services().transport.endpoints();
        let version = self.version.map(Version::name);
        let mut raw = Raw::graph(endpoints, &self.method, &self.path, version)?;
        raw.query = texts("query", self.query.as_ref())?;
        raw.headers = texts("headers", self.headers.as_ref())?;
        raw.body = self.body.clone();
        Ok(raw)
    }
}

#[async_trait]
impl WritingVerb for GraphRequest {
    const READS_TOO: bool = true;

    fn reads(&self, tenant: &Reader<'_>) -> bool {
        self.raw(tenant).is_ok_and(|raw| raw.reads() || (raw.is_batch() && batch::reads(&raw, tenant)))
    }

    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let services = tenant.services();
        let raw = self.raw(tenant)?;
        if raw.is_batch() {
            return batch::prepare(raw, tenant).await;
        }
        refuse_planned_in(tenant, &raw)?;
        if !raw.reads() {
            return Ok(Step::one(RawWrite(raw)));
        }
        tenant.warn(AS_IT_IS.to_owned());
        let read = match self.all && raw.method == Method::Get {
            true => services.graph.raw_pages(&raw).await.map(Value::Array),
            false => services.graph.raw(&raw).await.map(|reply| reply.body),
        };
        read.map(Step::Read).map_err(|failure| problem(failure, &format!("calling {}", called(&raw))))
    }
}
