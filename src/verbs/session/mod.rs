//! Verbs about the session: where usher is signed in, and the controls of a sandbox.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::card::{Cmdlet, Example, cmdlet, example};
use super::shapes::{CONTEXT, MAIL, USER};
use super::{Area, Card, EffectKind, Entry, Returns, SessionVerb, Verb};
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Collection, Fact};
use crate::runs::session::Session;
use crate::services::simulator::Simulator;
use crate::verbs::refs::UserRef;

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
    entries.push(Entry::session::<Outbox>());
    entries.push(Entry::session::<AcceptInvitation>());
    entries.push(Entry::session::<Reset>());
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

/// The controls, or an error on a real tenant.
async fn simulator<'a>(session: &'a Session, verb: &str) -> Result<&'a Simulator> {
    let services = session.services().await?;
    services.simulator.as_ref().ok_or_else(|| {
        Problem::new(
            Kind::Unsupported,
            format!("`{verb}` works on a sandbox only, and `{}` is a real tenant", session.tenant_name()),
        )
    })
}

fn failed(reason: String) -> Problem {
    Problem::new(Kind::InvalidInput, reason).doing("asking the sandbox")
}

/// Mails the sandbox kept.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outbox {}

impl Verb for Outbox {
    const CARD: Card = Card {
        name: "sandbox::outbox",
        area: Area::Sandbox,
        summary: "Read the mails that the sandbox kept instead of sending them",
        effect: EffectKind::Read,
        returns: Returns::Many(&MAIL),
        examples: &[example(
            "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\", sendInvitationMessage: true });\nprint(sandbox::outbox().len())",
            "1",
        )],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for Outbox {
    async fn call(self, session: &Session) -> Result<Value> {
        let mails = simulator(session, "sandbox::outbox").await?.outbox().await.map_err(failed)?;
        Ok(mails.get("value").cloned().unwrap_or(mails))
    }
}

/// A guest accepts.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptInvitation {
    /// Who.
    user: UserRef,
    /// How the guest signs in from now on: `ExternalAzureAD` unless said otherwise, `MicrosoftAccount`, `google.com`, `mail`, ...
    issuer: Option<String>,
}

impl Verb for AcceptInvitation {
    const CARD: Card = Card {
        name: "sandbox::accept_invitation",
        area: Area::Sandbox,
        summary: "Let an invited guest accept, as if they had followed the link",
        positional: &["user"],
        required: 1,
        effect: EffectKind::Local,
        returns: Returns::One(&USER),
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nsandbox::accept_invitation(i);\nprint(get_user(i).externalUserState)",
            "Accepted",
        )],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for AcceptInvitation {
    async fn call(self, session: &Session) -> Result<Value> {
        let simulator = simulator(session, "sandbox::accept_invitation").await?;
        let reader = session.reader().await?;
        let user = self.user.resolve(&reader).await?;
        match &session.plan {
            Some(plan) => plan.learn(Fact::Changed {
                collection: Collection::Users,
                id: user.id.clone(),
                patch: json!({
                    "externalUserState": "Accepted",
                    "externalUserStateChangeDateTime": session.clock.now().to_string(),
                }),
            }),
            None => {
                simulator.accept(&user.id, self.issuer.as_deref()).await.map_err(failed)?;
            }
        }
        reader.user(&user.id, USER.default).await.map(Option::unwrap_or_default)
    }
}

/// Back to the seed.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reset {}

impl Verb for Reset {
    const CARD: Card = Card {
        name: "sandbox::reset",
        area: Area::Sandbox,
        summary: "Put the sandbox back to how its seed has it",
        effect: EffectKind::Local,
        returns: Returns::Nothing,
        examples: &[example("sandbox::reset();\nprint(sandbox::outbox().len())", "0")],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for Reset {
    async fn call(self, session: &Session) -> Result<Value> {
        let simulator = simulator(session, "sandbox::reset").await?;
        if session.plan.is_none() {
            simulator.reset().await.map_err(failed)?;
            session.forget_what_was_read();
        }
        Ok(Value::Null)
    }
}
