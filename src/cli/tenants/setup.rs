//! `usher tenants setup`: what an app registration needs, as a manifest to hand in and as steps to follow.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::catalogue::permissions::{
    AZURE_APP, AZURE_AS_USER, Bill, EXCHANGE_APP, EXCHANGE_MANAGE, EXCHANGE_MANAGE_AS_APP, GRAPH_APP, graph,
};
use crate::disk;
use crate::host::verbs_called;
use crate::identity::settings::unfit_name;
use crate::identity::{Cloud, Endpoints};
use crate::problem::{Kind, Problem, Result};
use crate::terminal;
use crate::words::nearest;

/// What usher needs to work on a tenant of yours, made by an administrator of it once
///
/// usher has no app of its own in your tenant: you register one, with exactly the permissions that your scripts need. This
/// prints its manifest and the steps, and changes nothing anywhere.
#[derive(Args)]
pub struct Setup {
    /// Only what these scripts need; the whole lifecycle of a guest when left out
    #[arg(long = "for", value_name = "SCRIPT", num_args = 1..)]
    scripts: Vec<PathBuf>,
    /// For an app that acts for itself: pipelines, schedules; the usual way
    #[arg(long, conflicts_with = "delegated")]
    application: bool,
    /// For people who sign in, and act with their own rights
    #[arg(long)]
    delegated: bool,
    /// What the app is to be called
    #[arg(long, value_name = "NAME", default_value = "usher")]
    app_name: String,
    /// Where the browser comes back to after a sign-in of a person
    #[arg(long, value_name = "URL", default_value = "http://localhost")]
    redirect: Vec<String>,
    /// Write the manifest to this file
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The app's Application (client) ID, where there is one already: completes the links
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The tenant's id, or a domain of it: completes the links
    #[arg(long, value_name = "DOMAIN|ID")]
    tenant: Option<String>,
    /// Microsoft's cloud that the tenant is in: global, usgov, usgov-dod or china
    #[arg(long, value_name = "CLOUD", default_value = "global", value_parser = cloud)]
    cloud: Cloud,
    /// What the tenant will be called here
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

fn cloud(text: &str) -> std::result::Result<Cloud, String> {
    let words = Cloud::ALL.map(Cloud::word);
    Cloud::find(text).ok_or_else(|| match nearest(text, words) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it is one of {}", words.join(", ")),
    })
}

impl Setup {
    pub fn main(self) -> Result<()> {
        if let Some(why) = self.name.as_deref().and_then(unfit_name) {
            return Err(Problem::new(Kind::InvalidOption, format!("--name: the name {why}")));
        }
        let bill = self.bill()?;
        let manifest = self.manifest(&bill);
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        match &self.manifest {
            Some(file) => {
                disk::write_private(file, format!("{text}\n").as_bytes()).map_err(|error| {
                    Problem::new(Kind::File, error.to_string()).doing("writing the manifest")
                })?;
                terminal::tell(&self.steps(&bill, &file.display().to_string()));
                terminal::say(&format!("wrote {}", file.display()));
            }
            None => {
                terminal::tell(&format!("{text}\n\n{}", self.steps(&bill, "app.json")));
                terminal::say("hint: --manifest FILE writes the manifest to a file");
            }
        }
        Ok(())
    }

    fn bill(&self) -> Result<Bill> {
        if self.scripts.is_empty() {
            return Ok(Bill::of_everything());
        }
        let mut entries = Vec::new();
        for script in &self.scripts {
            entries.extend(verbs_called(script)?);
        }
        Ok(Bill::of(entries))
    }

    /// The registration as Graph takes it, at `POST /applications`.
    fn manifest(&self, bill: &Bill) -> Value {
        let kind = if self.delegated { "Scope" } else { "Role" };
        let one = |id: &str| json!([{ "id": id, "type": kind }]);
        let of_graph: Vec<Value> = bill
            .least()
            .into_iter()
            .filter_map(graph)
            .map(|known| json!({ "id": if self.delegated { known.delegated } else { known.application }, "type": kind }))
            .collect();
        let mut needs = Vec::new();
        if !of_graph.is_empty() {
            needs.push(json!({ "resourceAppId": GRAPH_APP, "resourceAccess": of_graph }));
        }
        if !bill.exchange.is_empty() {
            let (_, id) = if self.delegated { EXCHANGE_MANAGE } else { EXCHANGE_MANAGE_AS_APP };
            needs.push(json!({ "resourceAppId": EXCHANGE_APP, "resourceAccess": one(id) }));
        }
        // What an app may do in Azure follows from its roles there; only people need a permission besides.
        if self.delegated && !bill.azure.is_empty() {
            needs.push(json!({ "resourceAppId": AZURE_APP, "resourceAccess": one(AZURE_AS_USER.1) }));
        }
        let mut manifest = json!({
            "displayName": self.app_name,
            "signInAudience": "AzureADMyOrg",
            "requiredResourceAccess": needs,
        });
        if self.delegated {
            manifest["isFallbackPublicClient"] = json!(true);
            manifest["publicClient"] = json!({ "redirectUris": self.redirect });
        }
        manifest
    }

    fn steps(&self, bill: &Bill, file: &str) -> String {
        let endpoints = Endpoints::of(self.cloud);
        let client = self.client_id.as_deref().unwrap_or("CLIENT-ID");
        let tenant = self.tenant.as_deref().unwrap_or("TENANT");
        let name = self.name.as_deref().unwrap_or("NAME");
        let mut steps: Vec<String> = Vec::new();
        if self.client_id.is_none() {
            steps.push(format!(
                "Register the app, as an administrator of the tenant. With the Azure CLI:\n  az rest --method POST --uri {}/v1.0/applications --body @{file}\nIts answer has `appId`: that is the CLIENT-ID below. Or in the Entra admin centre: App registrations, New\nregistration, then paste `requiredResourceAccess` under Manifest (Microsoft Graph format).",
                endpoints.graph
            ));
        }
        steps.push(format!(
            "Consent to its permissions, as an administrator: open\n  {}/{tenant}/adminconsent?client_id={client}\nThe page it ends on may say that no reply address is registered: the consent is given all the same.\nThis is what is consented to:\n{}",
            endpoints.login,
            self.permissions(bill)
        ));
        if !self.delegated {
            steps.push(
                "Give the app a certificate (better: it cannot be read off a screen) or a client secret, under\nCertificates & secrets on its page."
                    .to_owned(),
            );
        }
        if !bill.exchange.is_empty() {
            steps.push(self.exchange(bill, client));
        }
        if !bill.azure.is_empty() {
            steps.push(self.azure(bill, client));
        }
        let login = match self.delegated {
            true => format!("  usher login --name {name} --tenant {tenant} --client-id {client}"),
            false => format!(
                "  usher login --name {name} --tenant {tenant} --client-id {client} --certificate FILE\n  usher login --name {name} --tenant {tenant} --client-id {client} --client-secret-stdin"
            ),
        };
        let cloud = match self.cloud {
            Cloud::Global => String::new(),
            other => format!(" (add --cloud {})", other.word()),
        };
        steps.push(format!(
            "Tell usher{cloud}:\n{login}\nand see what is still missing:\n  usher doctor --tenant {name}"
        ));
        let numbered = steps.iter().enumerate().map(|(n, step)| {
            let mut lines = step.lines();
            let first = lines.next().unwrap_or_default();
            let rest: String = lines.map(|line| format!("\n   {line}")).collect();
            format!("{}. {first}{rest}", n + 1)
        });
        numbered.collect::<Vec<_>>().join("\n\n")
    }

    fn permissions(&self, bill: &Bill) -> String {
        let kind = if self.delegated { "delegated" } else { "application" };
        let mut lines: Vec<String> = Vec::new();
        for name in bill.least() {
            let verbs = bill.graph.get(name).map(|verbs| few(verbs.iter().copied())).unwrap_or_default();
            let why = if verbs.is_empty() { "helpful, needed by no verb".to_owned() } else { verbs };
            lines.push(format!("  Graph     {name:<36} {why}"));
        }
        if !bill.exchange.is_empty() {
            let (name, _) = if self.delegated { EXCHANGE_MANAGE } else { EXCHANGE_MANAGE_AS_APP };
            lines.push(format!("  Exchange  {name:<36} {}", few(bill.exchange.iter().copied())));
        }
        if self.delegated && !bill.azure.is_empty() {
            lines.push(format!(
                "  Azure     {:<36} {}",
                AZURE_AS_USER.0,
                few(bill.azure.values().flatten().copied())
            ));
        }
        match lines.is_empty() {
            true => "  nothing: the verbs need no permission".to_owned(),
            false => format!("{}\n  ({kind} permissions)", lines.join("\n")),
        }
    }

    /// Exchange wants a role beside the permission.
    fn exchange(&self, bill: &Bill, client: &str) -> String {
        let who = if self.delegated { "each person who signs in" } else { "the app" };
        let mut text = format!(
            "Exchange wants a role besides: give {who} the Entra role Exchange Recipient Administrator (Roles and\nadministrators in the Entra admin centre). It takes up to half an hour until Exchange knows."
        );
        if !self.delegated {
            text.push_str(&format!(
                "\nIn place of the Entra role an Exchange role group of your own does as well, in Exchange Online PowerShell:\n  New-ServicePrincipal -AppId {client} -ObjectId OBJECT-ID -DisplayName \"{}\"\n  Add-RoleGroupMember \"Recipient Management\" -Member OBJECT-ID\n(OBJECT-ID is the enterprise application's, not the registration's.)",
                self.app_name
            ));
        }
        text.push_str("\nMind: Microsoft documents no interface for mail contacts. usher calls the address that Microsoft's own\nPowerShell module calls (InvokeCommand), which may change without notice. That the role Exchange Recipient\nAdministrator is enough was not confirmed on a real tenant; Exchange Administrator surely is.");
        if self.delegated {
            text.push_str("\nThat the permission Exchange.Manage opens this address to an app of your own is not documented either.");
        }
        text.push_str(&format!("\nNeeded by {}.", few(bill.exchange.iter().copied())));
        text
    }

    fn azure(&self, bill: &Bill, client: &str) -> String {
        let role = match bill.writes_in_azure() {
            true => "Role Based Access Control Administrator",
            false => "Reader",
        };
        let assignee = if self.delegated { "PERSON" } else { client };
        format!(
            "Azure goes by its own roles, at each subscription that scripts work on; leave this out where there is none:\n  az role assignment create --assignee {assignee} --role \"{role}\" --scope /subscriptions/SUBSCRIPTION-ID\nNeeded by {}.",
            few(bill.azure.values().flatten().copied())
        )
    }
}

/// Some names, and how many more.
fn few<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 4;
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
