//! `sandbox::`: what a simulated tenant can be told and a real one cannot.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::card::example;
use super::super::shapes::{MAIL, USER};
use super::super::{Area, Card, EffectKind, Entry, Returns, SessionVerb, Verb};
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Collection, Fact};
use crate::runs::session::Session;
use crate::services::simulator::Simulator;
use crate::verbs::refs::UserRef;

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::session::<Outbox>());
    entries.push(Entry::session::<AcceptInvitation>());
    entries.push(Entry::session::<SignIn>());
    entries.push(Entry::session::<AdvanceClock>());
    entries.push(Entry::session::<Fault>());
    entries.push(Entry::session::<Reset>());
    entries.push(Entry::session::<Seed>());
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
        simulator(session, "sandbox::outbox").await?.outbox().await.map_err(failed)
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

/// Somebody signs in.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// Who.
    user: UserRef,
    /// True for an attempt that does not get in: it moves the last sign-in, but not the last successful one.
    #[serde(default)]
    failed: bool,
}

impl Verb for SignIn {
    const CARD: Card = Card {
        name: "sandbox::sign_in",
        area: Area::Sandbox,
        summary: "Let somebody sign in, so that their sign-in activity and the sign-in log show it",
        positional: &["user"],
        required: 1,
        effect: EffectKind::Local,
        examples: &[example(
            "sandbox::sign_in(\"megan.bowen@contoso.example\");\nlet u = get_user(\"megan.bowen@contoso.example\", #{ select: [\"signInActivity\"] });\nprint(u.signInActivity.lastSignInDateTime > days_ago(1))",
            "true",
        )],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for SignIn {
    async fn call(self, session: &Session) -> Result<Value> {
        let simulator = simulator(session, "sandbox::sign_in").await?;
        let user = self.user.resolve(&session.reader().await?).await?;
        if session.plan.is_none() {
            simulator.sign_in(&user.id, self.failed).await.map_err(failed)?;
        }
        Ok(Value::Null)
    }
}

/// The tenant's time goes on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdvanceClock {
    /// How far: `30d`, `2h 30m`, or ISO 8601 such as `P30D`.
    by: String,
}

impl Verb for AdvanceClock {
    const CARD: Card = Card {
        name: "sandbox::advance_clock",
        area: Area::Sandbox,
        summary: "Set the sandbox's clock ahead, and `now()` with it",
        details: "What a service does after a while, such as ending a role or emptying the bin, has then happened.",
        positional: &["by"],
        required: 1,
        effect: EffectKind::Local,
        returns: Returns::Date,
        examples: &[example(
            "let before = now();\nsandbox::advance_clock(\"30d\");\nprint((now() - before).days)",
            "30",
        )],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for AdvanceClock {
    async fn call(self, session: &Session) -> Result<Value> {
        let simulator = simulator(session, "sandbox::advance_clock").await?;
        if session.plan.is_none() {
            let ahead = simulator.advance(&self.by).await.map_err(failed)?;
            session.clock.set_ahead(ahead);
        }
        Ok(json!(session.clock.now().to_string()))
    }
}

/// Something goes wrong from now on.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Which requests: a service (`graph`, `exchange`, `azure`, `login`), a path such as `POST /invitations`, or a cmdlet such as `New-MailContact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    /// What happens: `throttled`, `unavailable`, `timedOut` (the write took effect), `timedOutBefore`, `internalError`, `resetBefore`, `resetAfter`, `slow`, `cut`, `expiredToken`, `samePageAgain`, `vanished`, `suspicious`.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<String>,
    /// Seconds for the `Retry-After` header; left out when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// How many requests it strikes: one unless said otherwise; 0 is all from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// How many requests go well before.
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<u64>,
    /// Every how manieth request it strikes.
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
    /// Seconds that a slow answer takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    /// `published`: the published limits of the services hold; `off`: they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    throttling: Option<String>,
    /// How late the services hear of what is new: `off`, `realistic` or `cruel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    delays: Option<String>,
    /// True takes all faults, limits and delays away.
    #[serde(default, skip_serializing)]
    clear: bool,
}

impl Verb for Fault {
    const CARD: Card = Card {
        name: "sandbox::fault",
        area: Area::Sandbox,
        summary: "Let the sandbox fail in the way that services fail",
        effect: EffectKind::Local,
        examples: &[example(
            "sandbox::fault(#{ on: \"POST /invitations\", then: \"unavailable\", retryAfter: 0 });\nlet i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nprint(i.status)",
            "PendingAcceptance",
        )],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for Fault {
    async fn call(self, session: &Session) -> Result<Value> {
        let simulator = simulator(session, "sandbox::fault").await?;
        if session.plan.is_some() {
            return Ok(Value::Null);
        }
        if self.clear {
            simulator.calm().await.map_err(failed)?;
        }
        let mut fault = serde_json::to_value(&self).unwrap_or_default();
        if self.times == Some(0) {
            fault["times"] = json!("always");
        }
        // Which services are how late is said beside the faults, not in them.
        let mut body = json!({});
        for name in ["throttling", "delays"] {
            if let Some(value) = fault.as_object_mut().and_then(|fault| fault.remove(name)) {
                body[name] = value;
            }
        }
        if fault.as_object().is_some_and(|fault| !fault.is_empty()) {
            body["faults"] = json!([fault]);
        }
        simulator.fault(body).await.map_err(failed)?;
        let lateness = simulator.lateness().await.map_err(failed)?;
        session.services().await?.tenant.lateness.set(&lateness);
        Ok(Value::Null)
    }
}

/// Another tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// `contoso`, `tiny`, `messy` (what ten years leave behind) or `large` (20,000 guests).
    name: String,
}

impl Verb for Seed {
    const CARD: Card = Card {
        name: "sandbox::seed",
        area: Area::Sandbox,
        summary: "Make the sandbox another tenant; comes before anything that reads it",
        positional: &["name"],
        required: 1,
        effect: EffectKind::Local,
        examples: &[example("sandbox::seed(\"tiny\");\nprint(get_guests().len())", "1")],
        ..Card::PLAIN
    };
}

#[async_trait]
impl SessionVerb for Seed {
    async fn call(self, session: &Session) -> Result<Value> {
        if session.plan.is_none() {
            session.seed(&self.name).await?;
        }
        Ok(Value::Null)
    }
}
