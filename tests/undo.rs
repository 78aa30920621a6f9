//! Taking back: what the ledger keeps of each effect is a call that exists, that its verb accepts, and that gives the state
//! before.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "specs/stage.rs"]
mod stage;

use serde_json::Value;
use stage::{Stage, all, describe};
use usher::catalogue::{self, entries};
use usher::runs::ledger::{Ledger, Status, Undo};

/// Verbs whose effects usher says it cannot take back.
const FOR_GOOD: &[&str] = &["purge_user", "graph_request", "exchange_command", "azure_request"];

/// Beyond the examples: a setting, and what is taken back again.
const CASES: &[(&str, &str)] = &[
    (
        "",
        "set_user(\"lee.gu@fabrikam.example\", #{ department: \"Purchasing\", clear: [\"companyName\"], otherMails: [\"lee@private.example\"] })",
    ),
    (
        "",
        "set_user(\"lee.gu@fabrikam.example\", #{ showInAddressList: true, accountEnabled: false, businessPhones: [\"1\"], usageLocation: \"de\" })",
    ),
    ("", "set_manager(\"lee.gu@fabrikam.example\", \"megan.bowen@contoso.example\")"),
    ("", "set_manager(\"alex.wilber@contoso.example\", \"megan.bowen@contoso.example\")"),
    ("", "add_sponsor(\"lee.gu@fabrikam.example\", \"Suppliers\")"),
    (
        "add_sponsor(\"lee.gu@fabrikam.example\", \"Suppliers\")",
        "remove_sponsor(\"lee.gu@fabrikam.example\", \"Suppliers\")",
    ),
    (
        "",
        "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\", invitedUserSponsors: [\"adele.vance@contoso.example\", \"megan.bowen@contoso.example\"] })",
    ),
    ("", "remove_user(\"diego.siciliani@fabrikam.example\")"),
    (
        "remove_user(\"diego.siciliani@fabrikam.example\")",
        "restore_user(\"diego.siciliani@fabrikam.example\")",
    ),
    ("", "add_group_member(\"Marketing news\", \"lee.gu@fabrikam.example\")"),
    ("", "remove_group_member(\"Marketing news\", \"megan.bowen@contoso.example\")"),
    ("", "remove_group_member(\"External partners\", get_group(\"Suppliers\"))"),
    ("", "add_license(\"lee.gu@fabrikam.example\", \"POWER_BI_STANDARD\", #{ usageLocation: \"de\" })"),
    (
        "let sku = get_subscribed_skus().filter(|s| s.servicePlans.len() > 1 && s.available > 0)[0]; add_license(\"lee.gu@fabrikam.example\", sku, #{ usageLocation: \"DE\", disabledPlans: [sku.servicePlans[0].servicePlanId] })",
        "remove_license(\"lee.gu@fabrikam.example\", get_user_licenses(\"lee.gu@fabrikam.example\")[0].skuId)",
    ),
    ("", "assign_role(\"lee.gu@fabrikam.example\", \"Reader\", #{ scope: \"rg-backup\" })"),
    ("", "unassign_role(\"diego.siciliani@fabrikam.example\", \"Reader\", #{ scope: \"rg-web\" })"),
    ("", "unassign_role(\"lidia.holloway@fabrikam.example\", \"Directory Readers\")"),
    (
        "",
        "new_mail_contact(#{ name: \"Ann\", externalEmailAddress: \"ann@fabrikam.example\", company: \"Fabrikam\", hiddenFromAddressListsEnabled: true, customAttribute15: \"x\" })",
    ),
    (
        "set_contact(\"sales@litware.example\", #{ company: \"Litware\", phone: \"1\", manager: \"megan.bowen@contoso.example\", countryOrRegion: \"DE\" })",
        "set_contact(\"sales@litware.example\", #{ title: \"Buyer\", manager: \"adele.vance@contoso.example\", countryOrRegion: \"FR\", clear: [\"company\"] })",
    ),
    ("", "set_contact(\"sales@litware.example\", #{ manager: \"adele.vance@contoso.example\" })"),
    (
        "set_mail_contact(\"sales@litware.example\", #{ mailTip: \"On leave\" })",
        "set_mail_contact(\"sales@litware.example\", #{ mailTip: \"Back\", customAttribute2: \"x\", externalEmailAddress: \"orders@litware.example\", displayName: \"Orders\" })",
    ),
    (
        "set_mail_contact(\"sales@litware.example\", #{ mailTip: \"On leave\", hiddenFromAddressListsEnabled: true, customAttribute7: \"x\" }); set_contact(\"sales@litware.example\", #{ company: \"Litware\", firstName: \"Sal\", phone: \"1\", manager: \"megan.bowen@contoso.example\", countryOrRegion: \"DE\", notes: \"n\" })",
        "remove_mail_contact(\"sales@litware.example\")",
    ),
    (
        "",
        "let c = new_mail_contact(#{ name: \"Ann\", externalEmailAddress: \"ann@fabrikam.example\", company: \"A\" }); set_contact(c, #{ company: \"B\" }); set_mail_contact(c, #{ externalEmailAddress: \"anne@fabrikam.example\" }); remove_mail_contact(c)",
    ),
];

/// A value as a script would write it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "()".to_owned(),
        Value::Array(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs =
                map.iter().map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), literal(value)));
            format!("#{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A call of a verb with these arguments.
fn call(verb: &str, arguments: &Value) -> Result<String, String> {
    let entry = catalogue::entries().iter().find(|entry| entry.card.name == verb);
    let entry = entry.ok_or_else(|| format!("there is no verb `{verb}`"))?;
    let mut options = arguments.as_object().unwrap().clone();
    let mut parts: Vec<String> = entry
        .card
        .positional
        .iter()
        .map_while(|name| options.shift_remove(*name))
        .map(|value| literal(&value))
        .collect();
    if !options.is_empty() {
        parts.push(literal(&Value::Object(options)));
    }
    Ok(format!("{verb}({});", parts.join(", ")))
}

/// What was done since, taken back in reverse order; `None` where something of it is for good.
fn way_back(stage: &Stage, runs_before: usize) -> Result<Option<String>, String> {
    let ledger = Ledger::open(&stage.home()).unwrap();
    let runs = ledger.runs().unwrap();
    let mut lines = Vec::new();
    for run in &runs[..runs.len() - runs_before] {
        for effect in ledger.effects(&run.id).unwrap() {
            if !matches!(effect.status, Some(Status::Done | Status::Changed)) {
                continue;
            }
            let record = ledger.effect(&run.id, effect).unwrap();
            let intent = record.intent.unwrap();
            let verb = intent.address.verb.clone();
            match record.outcome.unwrap().undo.or(intent.undo) {
                Some(Undo::Call { verb, arguments }) => lines.push(call(&verb, &arguments)?),
                Some(Undo::Impossible(why)) if FOR_GOOD.contains(&verb.as_str()) && !why.is_empty() => {
                    return Ok(None);
                }
                Some(Undo::Impossible(why)) => return Err(format!("`{verb}` cannot be taken back: {why}")),
                None => return Err(format!("`{verb}` says nothing of how it is taken back")),
            }
        }
    }
    lines.reverse();
    Ok(Some(lines.join("\n")))
}

/// What an undo has to give back: the bin and the outbox keep what was, and a new contact is another object.
fn kept(stage: &Stage) -> Value {
    let mut state = stage.state();
    for name in ["deleted", "outbox", "entries"] {
        state[name] = Value::Null;
    }
    state
}

fn differences(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            for name in names {
                let get = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                differences(&format!("{path}.{name}"), &get(one), &get(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (n, (one, other)) in one.iter().zip(other).enumerate() {
                differences(&format!("{path}[{n}]"), one, other, found);
            }
        }
        // Where the sandbox remembers by which server a contact was made.
        _ if path.ends_with(".exchange.MadeAt") => {}
        // Nothing, an empty text and an empty list are the same nothing.
        _ if before == after || (empty(before) && empty(after)) => {}
        _ => found.push(format!("{path}: {before} became {after}")),
    }
}

fn empty(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty)
}

fn taken_back(name: &str, setting: &str, code: &str) -> Result<(), String> {
    let stage = Stage::new();
    let play = |text: &str| match stage.play(text, &[], None).error {
        Some(error) => Err(format!("{name}\n{text}\n    {}", describe(&error))),
        None => Ok(()),
    };
    play(setting)?;
    let before = kept(&stage);
    let runs = Ledger::open(&stage.home()).unwrap().runs().unwrap().len();
    play(code)?;
    let Some(back) = way_back(&stage, runs).map_err(|wrong| format!("{name}\n{code}\n    {wrong}"))? else {
        return Ok(());
    };
    play(&back)?;
    let mut found = Vec::new();
    differences("", &before, &kept(&stage), &mut found);
    match found.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{name}\n{code}\n  was taken back by\n{back}\n  and left\n    {}",
            found.join("\n    ")
        )),
    }
}

#[test]
fn every_example_can_be_taken_back_and_leaves_the_state_before() {
    let examples: Vec<(&str, &str)> = entries()
        .iter()
        .filter(|entry| entry.card.effect.writes())
        .flat_map(|entry| entry.card.examples.iter().map(|example| (entry.card.name, example.code)))
        // What the sandbox itself is told to do is no effect of a run.
        .filter(|(_, code)| !code.contains("sandbox::"))
        .collect();
    assert!(examples.len() > 25, "{}", examples.len());
    all(&examples, |(name, code)| taken_back(name, "", code));
}

#[test]
fn what_the_examples_leave_out_can_be_taken_back_as_well() {
    all(CASES, |(setting, code)| taken_back("a case", setting, code));
}
