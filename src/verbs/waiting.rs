//! Waiting until services have heard of someone: each has its own copy of the directory, and hears of news late.

use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::card::{EXCHANGE_RECIPIENTS, azure, example, graph};
use super::period::{Period, said};
use super::refs::{Found, UserRef, key_of};
use super::{Area, Card, Certainty, EffectKind, Entry, ReadingVerb, Returns, Verb};
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::is_placeholder;
use crate::runs::reader::Reader;
use crate::services::explain::problem;
use crate::services::graph::Query;

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<WaitUntil>());
}

/// Wait for a user to be seen.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaitUntil {
    /// Who.
    user: UserRef,
    /// By which services: `graph`, `exchange`, `azure`; Graph alone when left out.
    visible_in: Option<Vec<Place>>,
    /// How long at most, such as `10m`, or seconds; 5 minutes when left out.
    timeout: Option<Period>,
}

/// A service that has to see the user.
#[derive(Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    Graph,
    Exchange,
    Azure,
}

impl Place {
    fn service(self) -> Service {
        match self {
            Place::Graph => Service::Graph,
            Place::Exchange => Service::Exchange,
            Place::Azure => Service::Azure,
        }
    }
}

/// How long is waited unless the script says otherwise.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// Waits between two looks: short at first, for most are seen at once.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

impl Verb for WaitUntil {
    const CARD: Card = Card {
        name: "wait_until",
        area: Area::Waiting,
        summary: "Wait until services see a user or guest, such as one who was just invited",
        details: "Throws `timed_out` with the services that do not see the user by then. In a preview nobody is waited for.\n\nGraph sees who can be read by id. Exchange sees whom `Get-User` finds; that is so too for guests who are no recipients, because a mail contact holds their address, and whom `Get-Recipient` would never find. Azure offers no way to look a principal up: usher asks it whether a Reader assignment to the user on the first subscription would be valid, which changes nothing, but needs the right to assign roles there.\n\nThat a service answers so once does not prove that all its servers know by then. usher waits by itself where one of its verbs meets an object that was just made; this verb is for what comes after a script.",
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[
            graph("User.Read.All"),
            EXCHANGE_RECIPIENTS,
            azure("Microsoft.Authorization/roleAssignments/write"),
        ],
        certainty: Certainty::Unconfirmed,
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nwait_until(i, #{ visibleIn: [\"graph\", \"exchange\", \"azure\"], timeout: \"5m\" });\nprint(get_user(i).mail)",
            "ann@fabrikam.example",
        )],
        source: "https://learn.microsoft.com/rest/api/authorization/role-assignments/validate",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for WaitUntil {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let mut missing = self.visible_in.unwrap_or_else(|| vec![Place::Graph]);
        let patience = match &self.timeout {
            Some(timeout) => timeout.length("timeout")?,
            None => PATIENCE,
        };
        // Whoever has no id yet to look for is looked for by all that is known of them.
        let known = match self.user.0.is_object() || super::refs::is_guid(&self.user.key()?) {
            true => Some(self.user.resolve(tenant).await?),
            false => None,
        };
        if tenant.is_preview() {
            return Ok(Value::Null);
        }
        let label = known.as_ref().map_or(self.user.key()?, |found: &Found| found.label.clone());
        let mut id = known.map(|found| found.id);
        let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
        let patience = Duration::try_from(patience).unwrap_or_default();
        loop {
            if id.is_none() {
                id = self.user.find(tenant, &["id"]).await?.map(|user| key_of(&user));
            }
            if let Some(id) = &id {
                let mut unseen = Vec::with_capacity(missing.len());
                for place in missing {
                    if !sees(place, id, tenant).await? {
                        unseen.push(place);
                    }
                }
                missing = unseen;
            }
            let Some(first) = missing.first() else { return Ok(Value::Null) };
            let left = patience.saturating_sub(waited);
            if left.is_zero() {
                return Err(late(&label, &missing, waited));
            }
            let now = wait.min(left);
            let rested = tenant.rest(first.service(), now).await;
            rested.map_err(|problem| problem.doing(format!("waiting for `{label}`")))?;
            waited += now;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

fn late(label: &str, missing: &[Place], waited: Duration) -> Problem {
    let names: Vec<&str> = missing.iter().map(|place| place.service().name()).collect();
    let waited = said(SignedDuration::try_from(waited).unwrap_or_default());
    Problem {
        retriable: true,
        ..Problem::new(Kind::TimedOut, format!("not visible in {} after {waited}", names.join(" and ")))
    }
    .doing(format!("waiting for `{label}`"))
    .hint("the services may be slow today: give more time with `timeout`, or run it again later")
}

/// Whether a service sees a user, looked up anew.
async fn sees(place: Place, id: &str, tenant: &Reader<'_>) -> Result<bool> {
    if is_placeholder(id) {
        return Ok(true);
    }
    let services = tenant.services();
    let doing = || format!("looking whether {} sees `{id}`", place.service().name());
    let seen = match place {
        Place::Graph => {
            services.graph.user(id, &Query::default().select(&["id"])).await.map(|user| user.is_some())
        }
        Place::Exchange => {
            let identity = Map::from_iter([("Identity".to_owned(), json!(id))]);
            services.exchange.get("Get-User", identity).await.map(|found| !found.is_empty())
        }
        Place::Azure => {
            let subscriptions = tenant.subscriptions().await?;
            let Some(first) = subscriptions.first() else {
                return Err(Problem::new(
                    Kind::PermissionDenied,
                    "the sign-in sees no Azure subscription, and Azure can only be asked at one",
                )
                .doing(doing())
                .hint("give the sign-in a role on a subscription, or leave `azure` out"));
            };
            services.azure.knows(&key_of(first), id).await
        }
    };
    seen.map_err(|failure| problem(failure, &doing()))
}
