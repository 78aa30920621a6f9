//! Licences: what the tenant has, what a user holds, giving and taking.

use std::collections::BTreeSet;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::user_change::ChangeUser;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::verbs::card::{cmdlet, cmdlet_with, example, graph};
use crate::verbs::refs::{SkuRef, UserRef, key_of, label_of};
use crate::verbs::shapes::{SKU, USER_LICENSE};
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetSubscribedSkus>());
    entries.push(Entry::reads::<GetSubscribedSku>());
    entries.push(Entry::reads::<GetUserLicenses>());
    entries.push(Entry::writes::<AddLicense>());
    entries.push(Entry::writes::<RemoveLicense>());
}

/// The tenant's licences.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetSubscribedSkus {}

impl Verb for GetSubscribedSkus {
    const CARD: Card = Card {
        name: "get_subscribed_skus",
        area: Area::Licences,
        summary: "Read the tenant's licences and how many seats are free",
        details: "`available` is usher's own sum: enabled and warning units less those consumed.",
        cmdlets: &[
            cmdlet("Get-MgSubscribedSku"),
            cmdlet("Get-AzureADSubscribedSku"),
            cmdlet("Get-MsolAccountSku"),
            cmdlet("Get-EntraSubscribedSku"),
            cmdlet("Get-EntraAccountSku"),
        ],
        effect: EffectKind::Read,
        permissions: &[graph("LicenseAssignment.Read.All")],
        returns: Returns::Many(&SKU),
        examples: &[example(
            "print(get_subscribed_skus().filter(|s| s.skuPartNumber == \"POWER_BI_STANDARD\").len())",
            "1",
        )],
        source: "https://learn.microsoft.com/graph/api/subscribedsku-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetSubscribedSkus {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let with_available = |mut sku: Value| {
            sku["available"] = json!(available(&sku));
            sku
        };
        Ok(tenant.skus().await?.into_iter().map(with_available).collect())
    }
}

/// One licence of the tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetSubscribedSku {
    /// Which.
    sku: SkuRef,
}

impl Verb for GetSubscribedSku {
    const CARD: Card = Card {
        name: "get_subscribed_sku",
        area: Area::Licences,
        summary: "Read one of the tenant's licences, by part number or id; throws not_found when there is none",
        positional: &["sku"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("LicenseAssignment.Read.All")],
        returns: Returns::One(&SKU),
        examples: &[example(
            "print(get_subscribed_sku(\"power_bi_standard\").skuPartNumber)",
            "POWER_BI_STANDARD",
        )],
        source: "https://learn.microsoft.com/graph/api/subscribedsku-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetSubscribedSku {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let mut sku = self.sku.resolve(tenant).await?;
        sku["available"] = json!(available(&sku));
        Ok(sku)
    }
}

fn available(sku: &Value) -> i64 {
    let units = |name: &str| sku["prepaidUnits"][name].as_i64().unwrap_or(0);
    (units("enabled") + units("warning") - sku["consumedUnits"].as_i64().unwrap_or(0)).max(0)
}

/// What a user holds.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetUserLicenses {
    /// Whose.
    user: UserRef,
}

impl Verb for GetUserLicenses {
    const CARD: Card = Card {
        name: "get_user_licenses",
        area: Area::Licences,
        summary: "Read the licences a user holds, and through which group",
        cmdlets: &[
            cmdlet_with("Get-MgUserLicenseDetail", &[("UserId", "user")]),
            cmdlet_with("Get-AzureADUserLicenseDetail", &[("ObjectId", "user")]),
            cmdlet_with("Get-EntraUserLicenseDetail", &[("UserId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All"), graph("LicenseAssignment.Read.All")],
        returns: Returns::Many(&USER_LICENSE),
        examples: &[example(
            "print(get_user_licenses(\"hannah.schmid@contoso.example\").map(|l| l.skuPartNumber))",
            "[\"FLOW_FREE\"]",
        )],
        source: "https://learn.microsoft.com/graph/api/resources/licenseassignmentstate",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetUserLicenses {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let user = self.user.get(tenant, &["id", "assignedLicenses", "licenseAssignmentStates"]).await?;
        let skus = tenant.skus().await?;
        let states = user["licenseAssignmentStates"].as_array().cloned().unwrap_or_default();
        let held = user["assignedLicenses"].as_array().cloned().unwrap_or_default();
        let describe = |license: Value| {
            let sku = skus.iter().find(|sku| sku["skuId"] == license["skuId"]);
            let state = states.iter().find(|state| state["skuId"] == license["skuId"]);
            json!({
                "skuId": license["skuId"],
                "skuPartNumber": sku.map_or(Value::Null, |sku| sku["skuPartNumber"].clone()),
                "disabledPlans": license["disabledPlans"],
                "assignedByGroup": state.map_or(Value::Null, |state| state["assignedByGroup"].clone()),
            })
        };
        Ok(held.into_iter().map(describe).collect())
    }
}

/// Give a user a licence.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddLicense {
    /// To whom.
    user: UserRef,
    /// Which.
    sku: SkuRef,
    /// Two letters of ISO 3166; set first where the user has none.
    #[schemars(regex(pattern = r"^[A-Za-z]{2}$"))]
    usage_location: Option<String>,
    /// Service plans to leave out, by name or id.
    disabled_plans: Option<Vec<String>>,
}

impl Verb for AddLicense {
    const CARD: Card = Card {
        name: "add_license",
        area: Area::Licences,
        summary: "Give a user or guest a licence",
        details: "A user without a usage location gets the one given first, as a step of its own. When no seat is left the run stops: other rows would meet the same wall.",
        cmdlets: &[
            cmdlet_with("Set-MgUserLicense", &[("UserId", "user"), ("AddLicenses", "sku")]),
            cmdlet_with("Set-AzureADUserLicense", &[("ObjectId", "user"), ("AssignedLicenses", "sku")]),
            cmdlet_with("Set-MsolUserLicense", &[("UserPrincipalName", "user"), ("AddLicenses", "sku")]),
        ],
        positional: &["user", "sku"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("LicenseAssignment.ReadWrite.All"), graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nadd_license(i, \"POWER_BI_STANDARD\", #{ usageLocation: \"DE\" });\nprint(get_user_licenses(i).map(|l| l.skuPartNumber))",
            "[\"POWER_BI_STANDARD\"]",
        )],
        source: "https://learn.microsoft.com/graph/api/user-assignlicense",
        ..Card::PLAIN
    };
}

const LOOK: &[&str] =
    &["id", "displayName", "mail", "otherMails", "userPrincipalName", "usageLocation", "assignedLicenses"];

fn holds(user: &Value, sku_id: &str) -> Option<Value> {
    user["assignedLicenses"].as_array()?.iter().find(|license| license["skuId"] == sku_id).cloned()
}

#[async_trait]
impl WritingVerb for AddLicense {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let sku = self.sku.resolve(tenant).await?;
        let disabled = self.disabled_plans.as_deref().unwrap_or_default();
        let plans = disabled.iter().map(|plan| plan_id(&sku, plan)).collect::<Result<Vec<_>>>()?;
        let user = self.user.get(tenant, LOOK).await?;
        let (id, label) = (key_of(&user), label_of(&user));
        let sku_id = sku["skuId"].as_str().unwrap_or_default().to_owned();
        let name = sku["skuPartNumber"].as_str().unwrap_or_default().to_owned();
        if let Some(held) = holds(&user, &sku_id) {
            let off = |plans: &[Value]| plans.iter().map(Value::to_string).collect::<BTreeSet<String>>();
            let same = off(held["disabledPlans"].as_array().map_or(&[][..], Vec::as_slice)) == off(&plans);
            let note = if same {
                "already licensed"
            } else {
                "already licensed, with other plans left out: left as it is"
            };
            return Ok(Step::done(Value::Null, format!("{name} for {label}"), note));
        }
        let mut effects: Vec<Box<dyn Effect>> = Vec::new();
        if user["usageLocation"].as_str().is_none_or(str::is_empty) {
            let Some(location) = self.usage_location.map(|location| location.to_uppercase()) else {
                return Err(Problem::new(
                    Kind::InvalidInput,
                    format!("`{label}` has no usage location, and no licence can be given without one"),
                )
                .doing(format!("giving `{name}` to `{label}`"))
                .hint("give it along, two letters: add_license(user, sku, #{ usageLocation: \"DE\" }); in a list, the column `usageLocation`"));
            };
            effects.push(Box::new(ChangeUser {
                id: id.clone(),
                label: label.clone(),
                before: Map::from_iter([("usageLocation".to_owned(), Value::Null)]),
                patch: Map::from_iter([("usageLocation".to_owned(), json!(location))]),
            }));
        }
        if available(&sku) == 0 {
            let refused = Problem::new(Kind::NoSeats, format!("no seat of `{name}` is left"))
                .doing(format!("giving `{name}` to `{label}`"))
                .hint("get_subscribed_skus() shows what is free; buy seats or take some back, then go on")
                .value(&name);
            if !tenant.is_preview() {
                return Err(refused);
            }
            tenant.warn(format!("no seat of `{name}` would be left for `{label}`"));
        }
        effects.push(Box::new(License {
            user: id,
            label,
            sku_id,
            name,
            plans,
            wanted: true,
            part: 1,
            before: user["assignedLicenses"].clone(),
        }));
        Ok(Step::Do { effects, finish: Box::new(|_| Value::Null), notes: Vec::new() })
    }
}

/// The id of a service plan of a licence.
fn plan_id(sku: &Value, plan: &str) -> Result<Value> {
    let plans = sku["servicePlans"].as_array().cloned().unwrap_or_default();
    let is = |known: &&Value| {
        ["servicePlanId", "servicePlanName"]
            .iter()
            .any(|name| known[*name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(plan)))
    };
    match plans.iter().find(is) {
        Some(known) => Ok(known["servicePlanId"].clone()),
        None => {
            let names = plans
                .iter()
                .filter_map(|plan| plan["servicePlanName"].as_str())
                .collect::<Vec<_>>()
                .join(", ");
            Err(Problem::not_found("service plan", plan)
                .option("disabledPlans")
                .hint(format!("the licence has {names}")))
        }
    }
}

/// Take a licence from a user.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveLicense {
    /// From whom.
    user: UserRef,
    /// Which.
    sku: SkuRef,
}

impl Verb for RemoveLicense {
    const CARD: Card = Card {
        name: "remove_license",
        area: Area::Licences,
        summary: "Take a licence from a user or guest",
        details: "A licence that comes through a group cannot be taken from the user alone.",
        cmdlets: &[
            cmdlet_with("Set-MgUserLicense", &[("UserId", "user"), ("RemoveLicenses", "sku")]),
            cmdlet_with("Set-MsolUserLicense", &[("UserPrincipalName", "user"), ("RemoveLicenses", "sku")]),
        ],
        positional: &["user", "sku"],
        required: 2,
        effect: EffectKind::Change,
        permissions: &[graph("LicenseAssignment.ReadWrite.All"), graph("User.Read.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nadd_license(i, \"POWER_BI_STANDARD\", #{ usageLocation: \"DE\" });\nremove_license(i, \"POWER_BI_STANDARD\");\nprint(get_user_licenses(i).len())",
            "0",
        )],
        source: "https://learn.microsoft.com/graph/api/user-assignlicense",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveLicense {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let sku = self.sku.resolve(tenant).await?;
        let user = self.user.get(tenant, LOOK).await?;
        let (id, label) = (key_of(&user), label_of(&user));
        let sku_id = sku["skuId"].as_str().unwrap_or_default().to_owned();
        let name = sku["skuPartNumber"].as_str().unwrap_or_default().to_owned();
        if holds(&user, &sku_id).is_none() {
            return Ok(Step::done(Value::Null, format!("{name} for {label}"), "not licensed"));
        }
        Ok(Step::one(License {
            user: id,
            label,
            sku_id,
            name,
            plans: Vec::new(),
            wanted: false,
            part: 0,
            before: user["assignedLicenses"].clone(),
        }))
    }
}

/// One POST /users/{id}/assignLicense.
struct License {
    user: String,
    label: String,
    sku_id: String,
    name: String,
    plans: Vec<Value>,
    wanted: bool,
    /// Giving one may set the location first.
    part: u32,
    before: Value,
}

#[async_trait]
impl Effect for License {
    fn part(&self) -> u32 {
        self.part
    }

    fn doing(&self) -> String {
        match self.wanted {
            true => format!("giving `{}` to `{}`", self.name, self.label),
            false => format!("taking `{}` from `{}`", self.name, self.label),
        }
    }

    fn action(&self) -> Action {
        if self.wanted { Action::Add } else { Action::TakeAway }
    }

    fn target(&self) -> String {
        format!("{} for {}", self.name, self.label)
    }

    fn before(&self) -> Value {
        json!({ "assignedLicenses": self.before })
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let (add, remove) = match self.wanted {
            true => (vec![json!({ "skuId": self.sku_id, "disabledPlans": self.plans })], Vec::new()),
            false => (Vec::new(), vec![json!(self.sku_id)]),
        };
        let reply = tenant.graph(permit).assign_license(&self.user, add, remove).await;
        let reply = reply.map_err(|failure| {
            let mut refused = problem(failure, &self.doing()).value(&self.name);
            if refused.kind == Kind::NoSeats {
                refused.message = format!("no seat of `{}` is left", self.name);
            }
            refused
        })?;
        // The service answers with the whole user; the ledger needs only that it was done.
        Ok(Applied { output: Value::Null, ..Applied::done(reply) })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let user = tenant.user(&self.user, LOOK).await?;
        Ok(match user.is_some_and(|user| holds(&user, &self.sku_id).is_some()) == self.wanted {
            true => Happened::Done(Value::Null),
            false => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        let mut arguments = json!({ "user": self.user, "sku": self.sku_id });
        if self.wanted {
            return Undo::Call { verb: "remove_license", arguments };
        }
        // With the plans that were off before: all of them would be more than there was.
        let before = json!({ "assignedLicenses": self.before });
        let off = holds(&before, &self.sku_id).map(|held| held["disabledPlans"].clone());
        if let Some(plans) = off.filter(|plans| plans.as_array().is_some_and(|plans| !plans.is_empty())) {
            arguments["disabledPlans"] = plans;
        }
        Undo::Call { verb: "add_license", arguments }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        let mut held: Vec<Value> = self.before.as_array().cloned().unwrap_or_default();
        held.retain(|license| license["skuId"] != self.sku_id.as_str());
        if self.wanted {
            held.push(json!({ "skuId": self.sku_id, "disabledPlans": self.plans }));
        }
        vec![
            Fact::Changed {
                collection: Collection::Users,
                id: self.user.clone(),
                patch: json!({ "assignedLicenses": held }),
            },
            Fact::Seats { sku: self.sku_id.clone(), taken: if self.wanted { 1 } else { -1 } },
        ]
    }
}
