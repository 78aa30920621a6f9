//! `exchange_command`: a cmdlet of Exchange Online with its own parameters.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{AS_IT_IS, invalid, refuse_planned};
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::exchange::all_objects;
use crate::services::explain::problem;
use crate::services::raw::{cmdlet_reads, cmdlet_removes_an_object};
use crate::verbs::card::{EXCHANGE_RECIPIENTS, example};
use crate::verbs::{Area, Card, Certainty, EffectKind, Returns, Verb, WritingVerb};
use crate::words::{camel, pascal};

/// Run a cmdlet.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExchangeCommand {
    /// Such as `Get-Recipient`.
    cmdlet: String,
    /// Its parameters, such as `#{ Identity: "ann@fabrikam.example" }`; switches are true or false, and `()` is null, which clears.
    parameters: Option<Value>,
}

impl Verb for ExchangeCommand {
    const CARD: Card = Card {
        name: "exchange_command",
        area: Area::Raw,
        summary: "Run a cmdlet of Exchange Online, for what no verb covers",
        details: "`Get-` and `Test-` cmdlets and searches of logs read; anything else is a write like that of every verb: previewed, kept in the ledger, counted by the guards, and stopped by an `--allow` that does not name `exchange_command`. A `Remove-` counts for the guard, but for those of members, links and permissions.\n\nGives an array of what the cmdlet returns, all pages, with property names in camelCase; parameters are taken in either case. A cmdlet that returns nothing gives an empty array.\n\nThe cmdlets are reached as Microsoft's own module reaches them, for which there is no documented interface. One that does not exist, and one that the sign-in may not run, are refused in the same words.\n\nA raw write cannot be undone by usher, for it does not know what it changed.",
        cmdlets: &[],
        positional: &["cmdlet"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::Value,
        examples: &[
            example(
                "let who = #{ Identity: \"lee.gu@fabrikam.example\" };\nprint(exchange_command(\"Get-Recipient\", #{ parameters: who })[0].recipientTypeDetails)",
                "GuestMailUser",
            ),
            example(
                "let who = #{ Identity: \"lee.gu@fabrikam.example\" };\nexchange_command(\"Set-MailUser\", #{ parameters: who + #{ CustomAttribute1: \"reviewed\" } });\nprint(exchange_command(\"Get-MailUser\", #{ parameters: who })[0].customAttribute1)",
                "reviewed",
            ),
        ],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for ExchangeCommand {
    const READS_TOO: bool = true;

    fn reads(&self, _: &Reader<'_>) -> bool {
        cmdlet_reads(self.cmdlet.trim())
    }

    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let cmdlet = self.cmdlet.trim().to_owned();
        let plain = cmdlet.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !plain || cmdlet.split('-').count() != 2 {
            return Err(invalid("cmdlet", format!("`{cmdlet}` is no cmdlet"))
                .hint("cmdlets look like `Get-Recipient`; their parameters are given apart")
                .value(&cmdlet));
        }
        let parameters: Map<String, Value> = match self.parameters {
            None => Map::new(),
            Some(Value::Object(given)) => {
                given.into_iter().map(|(name, value)| (pascal(&name), value)).collect()
            }
            Some(_) => return Err(invalid("parameters", "`parameters` takes a map".to_owned())),
        };
        refuse_planned(tenant, &cmdlet, &[&Value::Object(parameters.clone())])?;
        if !cmdlet_reads(&cmdlet) {
            return Ok(Step::one(Command { cmdlet, parameters }));
        }
        tenant.warn(AS_IT_IS.to_owned());
        let read = tenant.services().exchange.command(&cmdlet, parameters).await;
        read.map(|objects| Step::Read(Value::Array(objects)))
            .map_err(|failure| problem(failure, &format!("running {cmdlet}")))
    }
}

/// One cmdlet that changes something.
struct Command {
    cmdlet: String,
    parameters: Map<String, Value>,
}

impl Command {
    fn verb(&self) -> String {
        self.cmdlet.split('-').next().unwrap_or_default().to_lowercase()
    }

    fn identity(&self) -> Option<&str> {
        ["Identity", "Name", "Organization"].iter().find_map(|name| self.parameters.get(*name)?.as_str())
    }
}

#[async_trait]
impl Effect for Command {
    fn doing(&self) -> String {
        format!("running {}", self.target())
    }

    fn action(&self) -> Action {
        match (self.verb().as_str(), self.removes_an_object()) {
            (_, true) => Action::Remove,
            ("remove", false) => Action::TakeAway,
            ("new", _) => Action::Create,
            ("add", _) => Action::Add,
            _ => Action::Change,
        }
    }

    fn target(&self) -> String {
        match self.identity() {
            Some(identity) => format!("{} {identity}", self.cmdlet),
            None => self.cmdlet.clone(),
        }
    }

    fn service(&self) -> Service {
        Service::Exchange
    }

    fn removes_an_object(&self) -> bool {
        cmdlet_removes_an_object(&self.cmdlet)
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let mut parameters = self.parameters.clone();
        // Nobody is there to be asked once more; usher itself has asked where it was told to.
        if self.verb() == "remove" && !parameters.contains_key("Confirm") {
            parameters.insert("Confirm".into(), json!(false));
        }
        let repeatable = self.verb() == "set";
        let reply = tenant.exchange(permit).run(&self.cmdlet, parameters, repeatable).await;
        let reply = reply.map_err(|failure| problem(failure, &self.doing()))?;
        if let Some(question) = reply.body["@adminapi.confirmationmessage"].as_str() {
            return Err(Problem::new(Kind::InvalidInput, format!("Exchange asks first: {question}"))
                .doing(self.doing())
                .hint("leave `Confirm` and `WhatIf` out; a preview is `--what-if`"));
        }
        let objects = all_objects(&reply.body);
        Ok(Applied { output: Value::Array(objects), ..Applied::done(reply) })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        // What was removed can be looked for under the same name; anything else a cmdlet does shows in too many ways.
        let (true, Some(identity)) = (self.removes_an_object(), self.identity()) else {
            return Ok(Happened::Unknown);
        };
        let (_, noun) = self.cmdlet.split_once('-').unwrap_or_default();
        let parameters = Map::from_iter([("Identity".to_owned(), json!(identity))]);
        Ok(match tenant.services().exchange.command(&format!("Get-{noun}"), parameters).await {
            Ok(found) if found.is_empty() => Happened::Done(json!([])),
            Ok(_) => Happened::NotDone,
            Err(failure) if failure.is_not_found() => Happened::Done(json!([])),
            Err(_) => Happened::Unknown,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Impossible("usher does not know what a raw call has changed")
    }

    fn placeholder(&self, address: &str, _: &[Value]) -> Value {
        if self.verb() != "new" {
            return json!([]);
        }
        let mut made: Map<String, Value> =
            self.parameters.iter().map(|(name, value)| (camel(name), value.clone())).collect();
        made.insert("guid".into(), json!(address));
        json!([made])
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        Vec::new()
    }
}
