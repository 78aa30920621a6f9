//! What verbs there are: the one list, and how to find something in it.

pub mod permissions;

use std::sync::OnceLock;

use serde_json::Value;

use crate::problem::Result;
use crate::runs::resume::Verbs;
use crate::runs::write::Prepare;
use crate::verbs::Entry;
use crate::verbs::{azure, data, entra, exchange, raw, session, waiting};

/// Every verb, in the order of the reference.
pub fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut entries = Vec::with_capacity(96);
        session::list(&mut entries);
        exchange::list(&mut entries);
        entra::list(&mut entries);
        azure::list(&mut entries);
        data::list(&mut entries);
        waiting::list(&mut entries);
        raw::list(&mut entries);
        entries
    })
}

/// The verb of this name, or the one that a cmdlet of this name stands for; letter case does not count.
pub fn find(name: &str) -> Option<&'static Entry> {
    let exact = entries().iter().find(|entry| entry.card.name.eq_ignore_ascii_case(name));
    exact.or_else(|| {
        entries()
            .iter()
            .find(|entry| entry.card.cmdlets.iter().any(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name)))
    })
}

/// Cmdlets that sign in, for which there is no verb: a script works on the tenant that it was given.
const SIGN_IN_CMDLETS: &[&str] = &[
    "Connect-ExchangeOnline",
    "Connect-IPPSSession",
    "Connect-MgGraph",
    "Connect-AzureAD",
    "Connect-MsolService",
    "Connect-AzAccount",
    "Connect-Entra",
    "Connect-MicrosoftTeams",
    "Connect-SPOService",
    "Connect-PnPOnline",
    "Login-AzAccount",
    "Login-AzureRmAccount",
    "Disconnect-ExchangeOnline",
    "Disconnect-MgGraph",
    "Disconnect-AzureAD",
    "Disconnect-AzAccount",
    "Get-Credential",
];

/// How signing in goes here, for whoever asks for one of PowerShell's cmdlets that do it; the spelling does not count.
pub fn instead_of_signing_in(name: &str) -> Option<&'static str> {
    let folded = |name: &str| name.replace(['-', '_'], "").to_lowercase();
    let asked = folded(name);
    SIGN_IN_CMDLETS.iter().find(|known| folded(known) == asked).copied()
}

/// The verbs as runs know them: by name, ready to look at the tenant.
pub struct Table;

impl Verbs for Table {
    fn prepare(&self, verb: &str, arguments: &Value) -> Option<Result<Box<dyn Prepare>>> {
        entries().iter().find(|entry| entry.card.name == verb)?.prepare(arguments)
    }

    fn name(&self, verb: &str) -> Option<&'static str> {
        Some(entries().iter().find(|entry| entry.card.name == verb)?.card.name)
    }
}

/// The verb that a mistyped name or cmdlet most likely meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    if let Some(entry) = find(name) {
        return Some(entry.card.name);
    }
    // `NewMailContact` and `new-mailcontact` mean what `new_mail_contact` does.
    let folded = name.replace(['-', '_'], "").to_lowercase();
    let cmdlets = entries()
        .iter()
        .flat_map(|entry| entry.card.cmdlets.iter().map(move |cmdlet| (cmdlet.name, entry.card.name)));
    if let Some((_, verb)) =
        cmdlets.clone().find(|(cmdlet, _)| cmdlet.replace('-', "").to_lowercase() == folded)
    {
        return Some(verb);
    }
    crate::words::nearest(name, entries().iter().map(|entry| entry.card.name))
}

/// Entries in whose name, summary or cmdlets all the words occur.
pub fn search(words: &[String]) -> Vec<&'static Entry> {
    let has = |entry: &Entry, word: &str| {
        let card = &entry.card;
        card.name.contains(word)
            || card.summary.to_lowercase().contains(word)
            || card.area.title().to_lowercase().contains(word)
            || card.cmdlets.iter().any(|cmdlet| cmdlet.name.to_lowercase().contains(word))
    };
    // Only where no name or summary tells: options and explanations mention much.
    let mentions = |entry: &Entry, word: &str| {
        entry.card.details.to_lowercase().contains(word)
            || entry.schema().to_string().to_lowercase().contains(word)
    };
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let found: Vec<&Entry> =
        entries().iter().filter(|entry| words.iter().all(|word| has(entry, word))).collect();
    match found.is_empty() {
        true => entries().iter().filter(|entry| words.iter().all(|word| mentions(entry, word))).collect(),
        false => found,
    }
}
