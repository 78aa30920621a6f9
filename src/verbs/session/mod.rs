//! Verbs about the session: where usher is signed in; beside it, in `simulated`, the controls of a sandbox.

mod simulated;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::card::{Cmdlet, Example, cmdlet, example};
use super::shapes::CONTEXT;
use super::{Area, Card, EffectKind, Entry, Returns, SessionVerb, Verb};
use crate::problem::Result;
use crate::runs::session::Session;

const GRAPH_CMDLETS: &[Cmdlet] = &[
    cmdlet("Connect-MgGraph"),
    cmdlet("Connect-AzureAD"),
    cmdlet("Connect-MsolService"),
    cmdlet("Connect-Entra"),
];
const EXCHANGE_CMDLETS: &[Cmdlet] = &[cmdlet("Connect-ExchangeOnline")];
const AZURE_CMDLETS: &[Cmdlet] = &[cmdlet("Connect-AzAccount")];

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::session::<Connect>());
    entries.push(Entry::session::<Connect>().called(
        "connect_graph",
        GRAPH_CMDLETS,
        "Check the sign-in for Microsoft Graph; one sign-in serves all services",
    ));
    entries.push(Entry::session::<Connect>().called(
        "connect_exchange_online",
        EXCHANGE_CMDLETS,
        "Check the sign-in for Exchange Online; one sign-in serves all services",
    ));
    entries.push(Entry::session::<Connect>().called(
        "connect_azure",
        AZURE_CMDLETS,
        "Check the sign-in for Azure; one sign-in serves all services",
    ));
    entries.push(Entry::session::<Disconnect>());
    entries.push(Entry::session::<GetContext>());
    entries.push(Entry::hosted::<InTenant>());
    simulated::list(entries);
}

/// Sign in, or check that the sign-in is the expected one.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connect {
    /// The name of the tenant this script is meant for; another one is an error. The tenant itself is chosen on the command line.
    tenant: Option<String>,
}

impl Verb for Connect {
    const CARD: Card = Card {
        name: "connect",
        area: Area::Session,
        summary: "Sign in for Graph, Exchange Online and Azure at once, and check which tenant it is",
        details: "usher signs in by itself at the first call; `connect` does so now. `connect(#{ tenant: \"contoso\" })` refuses to go on anywhere else.",
        effect: EffectKind::Read,
        returns: Returns::One(&CONTEXT),
        examples: &[example("print(connect().tenant)", "sandbox")],
        ..Card::PLAIN
    };
}

fn context(session: &Session, services: &crate::services::Services) -> Value {
    json!({
        "tenant": session.tenant_name(),
        "tenantId": services.tenant.id,
        "tenantDomain": services.tenant.domain,
        "simulated": services.tenant.simulated,
        "operator": services.tenant.operator,
        "connected": true,
    })
}

#[async_trait]
impl SessionVerb for Connect {
    async fn call(self, session: &Session) -> Result<Value> {
        if let Some(wanted) = &self.tenant {
            session.expect_tenant(wanted).await?;
        }
        let services = session.services().await?;
        Ok(context(session, services))
    }
}

/// End the sign-in.
/// Run a closure against another tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InTenant {
    /// The tenant's name, as the command line lists it.
    #[allow(dead_code, reason = "read by the host, which has the closure")]
    name: String,
}

impl Verb for InTenant {
    const CARD: Card = Card {
        name: "in_tenant",
        area: Area::Session,
        summary: "Run a closure against another tenant that the command line lists with --with-tenant",
        details: "Whatever the closure calls goes to that tenant, by its own profile and its own rules; writes there are a run of their own in the ledger. A tenant that the command line does not list is refused, and so is a call from a row of a bulk.",
        positional: &["name"],
        required: 1,
        returns: Returns::Value,
        examples: &[example("print(in_tenant(\"sandbox\", || get_context().tenant))", "sandbox")],
        ..Card::PLAIN
    };
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Disconnect {}

impl Verb for Disconnect {
    const CARD: Card = Card {
        name: "disconnect",
        area: Area::Session,
        summary: "End the session; usher keeps no connection open beyond it",
        details: "Tokens live only as long as usher runs, so there is nothing left behind to close. Calls after it sign in again.",
        cmdlets: &[
            cmdlet("Disconnect-ExchangeOnline"),
            cmdlet("Disconnect-MgGraph"),
            cmdlet("Disconnect-AzureAD"),
            cmdlet("Disconnect-AzAccount"),
            cmdlet("Disconnect-Entra"),
        ],
        returns: Returns::Nothing,
        examples: &[Example { code: "disconnect()", prints: Some("") }],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for Disconnect {
    async fn call(self, _: &Session) -> Result<Value> {
        Ok(Value::Null)
    }
}

/// Where usher is signed in.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetContext {}

impl Verb for GetContext {
    const CARD: Card = Card {
        name: "get_context",
        area: Area::Session,
        summary: "Read where usher is signed in, and as whom",
        cmdlets: &[
            cmdlet("Get-MgContext"),
            cmdlet("Get-AzContext"),
            cmdlet("Get-ConnectionInformation"),
            cmdlet("Get-AzureADCurrentSessionInfo"),
            cmdlet("Get-EntraContext"),
        ],
        effect: EffectKind::Read,
        returns: Returns::One(&CONTEXT),
        examples: &[example("print(get_context().simulated)", "true")],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for GetContext {
    async fn call(self, session: &Session) -> Result<Value> {
        let services = session.services().await?;
        Ok(context(session, services))
    }
}
