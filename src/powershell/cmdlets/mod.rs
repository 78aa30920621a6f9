//! Cmdlets become calls of verbs, raw calls, or a kind word on why there is nothing to do.
//!
//! A cmdlet is looked for in this order: those that need a hand of their own (`directory`, `exchange`, `utility`, `session`), the
//! verbs whose cards name it (`verbs`), the paths of Graph (`graph`), the cmdlets of Exchange (`exchange`).

mod arguments;
mod azure;
mod directory;
mod exchange;
mod files;
mod filters;
mod graph;
mod layout;
mod parameters;
mod properties;
mod roles;
mod session;
mod utility;
mod verbs;

use super::code::{Call, Code, Gives, Remark};
use arguments::Arguments;

pub use layout::{is_name, key};
pub use properties::{property, reading, selectable};

/// What became of a cmdlet.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Code {
        code: Code,
        remarks: Vec<Remark>,
    },
    /// Nothing is left to do; the note says why, and is empty where that goes without saying.
    Dropped {
        note: String,
    },
    Unsupported {
        reason: String,
    },
    /// No cmdlet that is known here: perhaps a function of the script.
    Unknown,
}

/// The Rhai for a cmdlet.
pub fn translate(call: &Call) -> Outcome {
    let name = parameters::plain_name(&call.name);
    if let Some(outcome) = session::dropped(&name, call) {
        return outcome;
    }
    let mut arguments = Arguments::of(call);
    if arguments.what_if && !reads_only(&name) {
        return Outcome::Unsupported {
            reason: "-WhatIf is for the whole script here: take it away, and run with `usher run --what-if`"
                .to_owned(),
        };
    }
    let steps: [fn(&str, &mut Arguments) -> Option<Outcome>; 11] = [
        utility::translate,
        files::translate,
        session::translate,
        directory::translate,
        roles::translate,
        exchange::translate,
        azure::translate,
        graph::requests,
        verbs::translate,
        graph::translate,
        exchange::raw,
    ];
    let translated = steps.iter().find_map(|step| step(&name, &mut arguments));
    translated.unwrap_or_else(|| unknown(&arguments.cmdlet))
}

fn reads_only(name: &str) -> bool {
    [
        "get-", "find-", "search-", "test-", "select-", "sort-", "where-", "format-", "measure-", "write-",
        "import-", "convert",
    ]
    .iter()
    .any(|verb| name.starts_with(verb))
}

/// Modules whose cmdlets are known by the beginning of their noun, and what to say of one that is not.
fn unknown(cmdlet: &str) -> Outcome {
    const SERVICES: &[(&str, &str)] = &[
        (
            "PnP",
            "SharePoint is not covered; settings for guests are read with graph_request(\"GET\", \"/admin/sharepoint/settings\")",
        ),
        (
            "SPO",
            "SharePoint is not covered; settings for guests are read with graph_request(\"GET\", \"/admin/sharepoint/settings\")",
        ),
        ("CsTeams", "Teams policies are not covered"),
        ("Mg", "graph_request calls what has no verb"),
        ("AzureAD", "graph_request calls what has no verb"),
        ("Entra", "graph_request calls what has no verb"),
        ("Msol", "graph_request calls what has no verb"),
        ("Az", "azure_request calls what has no verb"),
        ("AD", "Active Directory on premises is not reached from here"),
    ];
    let Some((_, noun)) = cmdlet.split_once('-') else { return Outcome::Unknown };
    let service = SERVICES.iter().find(|(prefix, _)| {
        noun.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && noun[prefix.len()..].starts_with(|next: char| next.is_uppercase())
    });
    match service {
        Some((_, why)) => {
            let near = crate::catalogue::nearest(cmdlet).map(|verb| format!("; the nearest verb is {verb}"));
            Outcome::Unsupported {
                reason: format!("there is nothing here for {cmdlet}{}: {why}", near.unwrap_or_default()),
            }
        }
        None => Outcome::Unknown,
    }
}

/// Whether a parameter takes no value, so that what follows it is a value of its own.
pub fn is_switch(cmdlet: &str, parameter: &str) -> bool {
    parameters::is_switch(cmdlet, parameter)
}

/// The full name of a parameter that may be abbreviated.
pub fn parameter(cmdlet: &str, typed: &str) -> Option<&'static str> {
    parameters::full_name(cmdlet, typed)
}

/// The cmdlet that an alias stands for.
pub fn alias(word: &str) -> Option<&'static str> {
    const ALIASES: &[(&str, &str)] = &[
        ("?", "Where-Object"),
        ("where", "Where-Object"),
        ("%", "ForEach-Object"),
        ("foreach", "ForEach-Object"),
        ("select", "Select-Object"),
        ("sort", "Sort-Object"),
        ("group", "Group-Object"),
        ("measure", "Measure-Object"),
        ("compare", "Compare-Object"),
        ("diff", "Compare-Object"),
        ("tee", "Tee-Object"),
        ("ft", "Format-Table"),
        ("fl", "Format-List"),
        ("fw", "Format-Wide"),
        ("ogv", "Out-GridView"),
        ("oh", "Out-Host"),
        ("echo", "Write-Output"),
        ("write", "Write-Output"),
        ("cls", "Clear-Host"),
        ("clear", "Clear-Host"),
        ("gc", "Get-Content"),
        ("cat", "Get-Content"),
        ("type", "Get-Content"),
        ("sc", "Set-Content"),
        ("ac", "Add-Content"),
        ("gci", "Get-ChildItem"),
        ("dir", "Get-ChildItem"),
        ("ls", "Get-ChildItem"),
        ("gi", "Get-Item"),
        ("ri", "Remove-Item"),
        ("rm", "Remove-Item"),
        ("del", "Remove-Item"),
        ("ni", "New-Item"),
        ("mkdir", "New-Item"),
        ("md", "New-Item"),
        ("gl", "Get-Location"),
        ("pwd", "Get-Location"),
        ("sl", "Set-Location"),
        ("cd", "Set-Location"),
        ("ii", "Invoke-Item"),
        ("start", "Start-Process"),
        ("saps", "Start-Process"),
        ("sleep", "Start-Sleep"),
        ("ipcsv", "Import-Csv"),
        ("epcsv", "Export-Csv"),
        ("irm", "Invoke-RestMethod"),
        ("iwr", "Invoke-WebRequest"),
        ("curl", "Invoke-WebRequest"),
        ("iex", "Invoke-Expression"),
        ("icm", "Invoke-Command"),
        ("gm", "Get-Member"),
        ("gcm", "Get-Command"),
        ("gu", "Get-Unique"),
        ("gmo", "Get-Module"),
        ("ipmo", "Import-Module"),
        ("inmo", "Install-Module"),
        ("rmo", "Remove-Module"),
        ("gv", "Get-Variable"),
        ("sv", "Set-Variable"),
        ("set", "Set-Variable"),
        ("rv", "Remove-Variable"),
        ("clv", "Clear-Variable"),
        ("sls", "Select-String"),
        ("invoke-graphrequest", "Invoke-MgGraphRequest"),
        ("invoke-mgrestmethod", "Invoke-MgGraphRequest"),
        ("connect-graph", "Connect-MgGraph"),
        ("disconnect-graph", "Disconnect-MgGraph"),
        ("get-azureadmsuser", "Get-AzureADUser"),
        ("add-azaccount", "Connect-AzAccount"),
        ("login-azaccount", "Connect-AzAccount"),
        ("login-azurermaccount", "Connect-AzAccount"),
        ("get-msoluserrole", "Get-MsolUserRole"),
        ("set-mguserlicence", "Set-MgUserLicense"),
    ];
    ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(word)).map(|(_, cmdlet)| *cmdlet)
}

/// An object of a shape that a verb gives, or what is known of it otherwise.
fn gives_of(returns: crate::verbs::Returns) -> Gives {
    use crate::verbs::Returns;
    match returns {
        Returns::Nothing => Gives::Nothing,
        Returns::One(shape) => Gives::One(Some(shape.name)),
        Returns::Maybe(shape) => Gives::Maybe(Some(shape.name)),
        Returns::Many(shape) => Gives::Many(Some(shape.name)),
        Returns::Rows => Gives::Rows,
        Returns::Text => Gives::Text,
        Returns::Date => Gives::Date,
        Returns::Value => Gives::Unknown,
    }
}
