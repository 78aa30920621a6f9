//! One sweep over the catalogue: cards keep to their form, examples give what they say, permissions are the least.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "specs/stage.rs"]
mod stage;

use std::process::Command;

use serde_json::Value;
use stage::{Stage, all, describe};
use usher::catalogue::{self, entries};
use usher::host::ScriptError;
use usher::problem::Kind;
use usher::verbs::card::{Grantor, Permission};
use usher::verbs::{Card, Entry};

/// Verbs that another one's example shows.
const WITHOUT_EXAMPLE: &[(&str, &str)] = &[
    ("connect_graph", "a familiar name of connect"),
    ("connect_exchange_online", "a familiar name of connect"),
    ("connect_azure", "a familiar name of connect"),
];

fn cards() -> impl Iterator<Item = &'static Card> {
    entries().iter().map(|entry| &entry.card)
}

#[track_caller]
fn none(what: &str, found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_example_prints_what_its_card_says() {
    let examples: Vec<_> =
        cards().flat_map(|card| card.examples.iter().map(move |e| (card.name, e))).collect();
    all(&examples, |(name, example)| {
        let stage = Stage::new();
        let told = stage.play(example.code, &[], None);
        if let Some(error) = &told.error {
            return Err(format!("{name}\n{}\n    {}", example.code, describe(error)));
        }
        match example.prints {
            Some(prints) if prints != told.printed => Err(format!(
                "{name}\n{}\n  should print {prints}\n  and printed  {}",
                example.code, told.printed
            )),
            _ => Ok(()),
        }
    });
}

#[test]
fn every_verb_has_an_example() {
    let excused = |name: &str| WITHOUT_EXAMPLE.iter().any(|(excused, _)| *excused == name);
    none("no example", cards().filter(|c| c.examples.is_empty() && !excused(c.name)).map(|c| c.name.into()));
    none(
        "excused in vain",
        cards().filter(|c| !c.examples.is_empty() && excused(c.name)).map(|c| c.name.into()),
    );
}

#[test]
fn every_name_is_a_verb_and_a_noun_and_there_once() {
    // Words of one part that everybody knows from elsewhere.
    let plain = ["connect", "disconnect", "now", "bulk", "skip"];
    let fits = |name: &str| {
        let bare = name.strip_prefix("sandbox::").unwrap_or(name);
        let letters = bare.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        letters && (bare.contains('_') || plain.contains(&bare) || bare != name)
    };
    none("unusual names", cards().filter(|c| !fits(c.name)).map(|c| c.name.into()));
    let mut seen = std::collections::BTreeSet::new();
    none("names used twice", cards().filter(|c| !seen.insert(c.name)).map(|c| c.name.into()));
}

#[test]
fn every_summary_is_one_sentence_without_its_full_stop() {
    let fits = |text: &str| {
        text.starts_with(char::is_uppercase)
            && !text.ends_with('.')
            && !text.contains(". ")
            && text.len() <= 110
    };
    none("summaries", cards().filter(|c| !fits(c.summary)).map(|c| format!("{}: {}", c.name, c.summary)));
}

#[test]
fn every_positional_argument_is_in_the_schema() {
    let missing = entries().iter().flat_map(|entry| {
        let known = entry.schema()["properties"].clone();
        let unknown = entry.card.positional.iter().filter(move |name| known.get(**name).is_none());
        unknown.map(|name| format!("{}: {name}", entry.card.name))
    });
    none("positional arguments", missing);
    none(
        "more required than there are",
        cards().filter(|c| c.required > c.positional.len()).map(|c| c.name.into()),
    );
}

/// Options, and the keys of options that are maps, without a word of explanation.
fn undocumented(path: &str, schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if property["description"].as_str().is_none_or(str::is_empty) {
            found.push(path.clone());
        }
        found.extend(undocumented(&path, property));
        for choice in property["anyOf"].as_array().into_iter().flatten() {
            found.extend(undocumented(&path, choice));
        }
    }
    found
}

#[test]
fn every_option_is_explained() {
    none("no explanation", entries().iter().flat_map(|entry| undocumented(entry.card.name, entry.schema())));
}

#[test]
fn whoever_writes_names_permissions_and_a_source() {
    let lacks =
        |c: &&Card| c.effect.writes() && (c.permissions.is_empty() || !c.source.starts_with("https://"));
    none("writes without a permission or a source", cards().filter(lacks).map(|c| c.name.into()));
}

#[test]
fn every_cmdlet_finds_a_verb_in_any_case() {
    for card in cards() {
        for cmdlet in card.cmdlets {
            for name in [cmdlet.name.to_owned(), cmdlet.name.to_lowercase(), cmdlet.name.to_uppercase()] {
                let found = catalogue::find(&name).unwrap_or_else(|| panic!("{name} finds nothing"));
                let listed = |entry: &Entry| entry.card.cmdlets.iter().any(|known| known.name == cmdlet.name);
                assert!(listed(found), "{name} finds {}", found.card.name);
            }
            assert!(catalogue::nearest(&cmdlet.name.replace('-', "")).is_some(), "{}", cmdlet.name);
        }
    }
}

#[test]
fn parameters_of_cmdlets_become_arguments_that_exist() {
    let unknown = entries().iter().flat_map(|entry| {
        let known = entry.schema()["properties"].clone();
        let parameters = entry.card.cmdlets.iter().flat_map(|cmdlet| cmdlet.parameters);
        let unknown = parameters.filter(move |(_, argument)| known.get(*argument).is_none());
        unknown.map(|(parameter, argument)| format!("{}: {parameter} -> {argument}", entry.card.name))
    });
    none("unknown arguments", unknown);
}

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_usher")).arg("help").args(words).output().unwrap();
    assert!(output.status.success(), "usher help {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_pages_fit_and_are_found_by_name_and_cmdlet() {
    let overview = help(&[]);
    let mut pages = vec![("the overview", overview.clone())];
    for card in cards() {
        assert!(overview.contains(card.name), "{} is not in the overview", card.name);
        let page = help(&[card.name]);
        assert!(page.starts_with(&format!("{}\n", card.name)), "{page}");
        pages.push((card.name, page));
    }
    // A cmdlet's page is the page of the first verb that stands for it.
    for name in ["New-MgInvitation", "new-mailcontact", "ADD-AZUREADGROUPMEMBER", "Remove-AzureADUser"] {
        let verb = catalogue::find(name).unwrap().card.name;
        assert!(help(&[name]).starts_with(&format!("{verb}\n")), "{name}");
    }
    let wide = pages.iter().flat_map(|(name, page)| {
        let wide = page.lines().filter(|line| line.chars().count() > 100);
        wide.map(move |line| format!("{name}: {line}"))
    });
    none("lines over 100 columns", wide);
}

#[test]
fn help_that_finds_nothing_is_a_usage_error_with_the_nearest_name() {
    let output = Command::new(env!("CARGO_BIN_EXE_usher")).args(["help", "new_invitaton"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `new_invitation`?"));
}

/// A call of a verb, after a setting that an administrator makes. `SPARE` are permissions of the card that this call
/// does not touch, since the card names those for other kinds of groups or scopes too.
struct Probe {
    verb: &'static str,
    setting: &'static str,
    call: &'static str,
    spare: &'static [&'static str],
}

const fn probe(verb: &'static str, setting: &'static str, call: &'static str) -> Probe {
    Probe { verb, setting, call, spare: &[] }
}

const EXCHANGE: &str = "Exchange.ManageAsApp with Exchange Recipient Administrator";
const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";
const UNASSIGN: &str = "Microsoft.Authorization/roleAssignments/delete";
const DIRECTORY: &str = "RoleManagement.ReadWrite.Directory";
const ANN: &str = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });";
const BINNED: &str =
    "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }); remove_user(i);";
const CONTACT: &str = "new_mail_contact(#{ name: \"Ann\", externalEmailAddress: \"ann@fabrikam.example\" });";

const PROBES: &[Probe] = &[
    probe("new_mail_contact", "", CONTACT),
    probe("get_mail_contact", CONTACT, "get_mail_contact(\"ann@fabrikam.example\")"),
    probe("find_mail_contact", CONTACT, "find_mail_contact(\"ann@fabrikam.example\")"),
    probe("get_mail_contacts", "", "get_mail_contacts()"),
    probe("remove_mail_contact", CONTACT, "remove_mail_contact(\"ann@fabrikam.example\")"),
    probe("set_mail_contact", CONTACT, "set_mail_contact(\"ann@fabrikam.example\", #{ displayName: \"A\" })"),
    probe("set_contact", CONTACT, "set_contact(\"ann@fabrikam.example\", #{ company: \"Fabrikam\" })"),
    probe("new_invitation", "", ANN),
    probe("get_user", "", "get_user(\"megan.bowen@contoso.example\")"),
    probe("find_user", "", "find_user(\"megan.bowen@contoso.example\")"),
    probe("get_users", "", "get_users(#{ top: 1 })"),
    probe("get_guests", "", "get_guests()"),
    probe("set_user", ANN, "set_user(\"ann@fabrikam.example\", #{ companyName: \"Fabrikam\" })"),
    probe("get_user_activity", "", "get_user_activity(\"megan.bowen@contoso.example\")"),
    probe("disable_user", ANN, "disable_user(\"ann@fabrikam.example\")"),
    probe("enable_user", "", "enable_user(\"joni.sherman@adatum.example\")"),
    probe("remove_user", ANN, "remove_user(\"ann@fabrikam.example\")"),
    probe("get_deleted_users", "", "get_deleted_users()"),
    probe("restore_user", BINNED, "restore_user(\"ann@fabrikam.example\")"),
    probe("purge_user", BINNED, "purge_user(\"ann@fabrikam.example\")"),
    probe("get_memberships", "", "get_memberships(\"megan.bowen@contoso.example\")"),
    probe("get_manager", "", "get_manager(\"megan.bowen@contoso.example\")"),
    probe("set_manager", ANN, "set_manager(\"ann@fabrikam.example\", \"megan.bowen@contoso.example\")"),
    probe("remove_manager", "", "remove_manager(\"alex.wilber@contoso.example\")"),
    probe(
        "remove_sponsor",
        "",
        "remove_sponsor(\"lee.gu@fabrikam.example\", \"megan.bowen@contoso.example\")",
    ),
    probe("get_sponsors", "", "get_sponsors(\"lee.gu@fabrikam.example\")"),
    probe("add_sponsor", ANN, "add_sponsor(\"ann@fabrikam.example\", \"megan.bowen@contoso.example\")"),
    probe("get_group", "", "get_group(\"Suppliers\")"),
    probe("find_group", "", "find_group(\"Suppliers\")"),
    probe("get_groups", "", "get_groups()"),
    probe("get_group_members", "", "get_group_members(\"Suppliers\")"),
    Probe {
        verb: "add_group_member",
        setting: ANN,
        call: "add_group_member(\"Suppliers\", \"ann@fabrikam.example\")",
        spare: &[EXCHANGE],
    },
    Probe {
        verb: "add_group_member",
        setting: ANN,
        call: "add_group_member(\"Marketing news\", \"ann@fabrikam.example\")",
        spare: &[],
    },
    Probe {
        verb: "remove_group_member",
        setting: "",
        call: "remove_group_member(\"Suppliers\", \"carlos.vega@litware.example\")",
        spare: &[EXCHANGE],
    },
    Probe {
        verb: "remove_group_member",
        setting: "",
        call: "remove_group_member(\"Marketing news\", \"megan.bowen@contoso.example\")",
        spare: &[],
    },
    probe("get_subscribed_skus", "", "get_subscribed_skus()"),
    probe("get_subscribed_sku", "", "get_subscribed_sku(\"POWER_BI_STANDARD\")"),
    probe("get_user_licenses", "", "get_user_licenses(\"megan.bowen@contoso.example\")"),
    probe(
        "add_license",
        ANN,
        "add_license(\"ann@fabrikam.example\", \"POWER_BI_STANDARD\", #{ usageLocation: \"DE\" })",
    ),
    probe("remove_license", "", "remove_license(\"megan.bowen@contoso.example\", \"POWER_BI_STANDARD\")"),
    probe("get_directory_role_definitions", "", "get_directory_role_definitions()"),
    probe("get_directory_role_definition", "", "get_directory_role_definition(\"Guest Inviter\")"),
    probe("get_role_assignments", "", "get_role_assignments(\"megan.bowen@contoso.example\")"),
    Probe {
        verb: "assign_role",
        setting: ANN,
        call: "assign_role(\"ann@fabrikam.example\", \"Directory Readers\")",
        spare: &[ASSIGN],
    },
    Probe {
        verb: "assign_role",
        setting: ANN,
        call: "assign_role(\"ann@fabrikam.example\", \"Reader\", #{ scope: \"rg-backup\" })",
        spare: &[DIRECTORY],
    },
    Probe {
        verb: "unassign_role",
        setting: "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }); assign_role(i, \"Directory Readers\");",
        call: "unassign_role(\"ann@fabrikam.example\", \"Directory Readers\")",
        spare: &[UNASSIGN],
    },
    Probe {
        verb: "unassign_role",
        setting: "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }); assign_role(i, \"Reader\", #{ scope: \"rg-backup\" });",
        call: "unassign_role(\"ann@fabrikam.example\", \"Reader\", #{ scope: \"rg-backup\" })",
        spare: &[DIRECTORY],
    },
    probe("get_azure_subscriptions", "", "if get_azure_subscriptions().is_empty() { throw \"nothing\" }"),
    probe("get_azure_resources", "", "if get_azure_resources().is_empty() { throw \"nothing\" }"),
    probe("get_azure_role_definitions", "", "get_azure_role_definitions()"),
    probe(
        "wait_until",
        "",
        "wait_until(\"lee.gu@fabrikam.example\", #{ visibleIn: [\"graph\", \"exchange\", \"azure\"], timeout: 0 })",
    ),
    probe("graph_request", "", "graph_request(\"GET\", \"/users\")"),
    probe("exchange_command", "", "exchange_command(\"Get-MailContact\")"),
    probe(
        "azure_request",
        "",
        "if azure_request(\"GET\", \"/subscriptions\", #{ apiVersion: \"2022-12-01\", all: true }).is_empty() { throw \"nothing\" }",
    ),
];

/// Where the services answer with less instead of refusing: Azure with an empty list, Graph with members of which it
/// gives no more than the id.
const LESS_INSTEAD: &[(&str, Grantor)] = &[
    ("get_azure_subscriptions", Grantor::Azure),
    ("get_azure_resources", Grantor::Azure),
    ("get_azure_role_definitions", Grantor::Azure),
    ("get_role_assignments", Grantor::Azure),
    ("azure_request", Grantor::Azure),
    ("get_group_members", Grantor::Graph),
    ("get_memberships", Grantor::Graph),
];

/// An application with these permissions runs the call.
fn as_app(probe: &Probe, permissions: &[Permission]) -> Option<ScriptError> {
    let mut stage = Stage::new();
    let setting = stage.play(probe.setting, &[], None);
    if let Some(error) = setting.error {
        panic!("the setting of {}: {}", probe.verb, describe(&error));
    }
    let (mut roles, mut directory, mut azure) = (Vec::new(), Vec::new(), Vec::new());
    for permission in permissions {
        match permission.grantor {
            Grantor::Graph => roles.push(permission.application),
            Grantor::Exchange => {
                roles.push("Exchange.ManageAsApp");
                directory.push("Exchange Recipient Administrator");
            }
            Grantor::Azure if permission.application.ends_with("/read") => azure.push("Reader"),
            Grantor::Azure => azure.push("User Access Administrator"),
        }
    }
    stage.become_app(&roles, &directory, &azure);
    stage.play(probe.call, &[], None).error
}

#[test]
fn every_verb_that_names_permissions_is_probed() {
    let probed = |name: &str| PROBES.iter().any(|probe| probe.verb == name);
    none(
        "not probed",
        cards().filter(|c| !c.permissions.is_empty() && !probed(c.name)).map(|c| c.name.into()),
    );
}

#[test]
fn a_verb_works_with_the_permissions_on_its_card_and_is_refused_without_one() {
    all(PROBES, |probe| {
        let card = &catalogue::find(probe.verb).unwrap().card;
        let needed: Vec<Permission> =
            card.permissions.iter().filter(|p| !probe.spare.contains(&p.application)).copied().collect();
        if let Some(error) = as_app(probe, &needed) {
            return Err(format!("{} with its permissions: {}", probe.call, describe(&error)));
        }
        for without in 0..needed.len() {
            let mut rest = needed.clone();
            let lacking = rest.remove(without);
            // Whoever may not write in Azure still sees what is there.
            if lacking.grantor == Grantor::Azure && !lacking.application.ends_with("/read") {
                rest.push(usher::verbs::card::azure("*/read"));
            }
            if LESS_INSTEAD.contains(&(probe.verb, lacking.grantor)) {
                continue;
            }
            match as_app(probe, &rest) {
                Some(error) if error.problem.kind == Kind::PermissionDenied => {}
                Some(error) => {
                    return Err(format!(
                        "{} without {}: {}",
                        probe.call,
                        lacking.application,
                        describe(&error)
                    ));
                }
                None => return Err(format!("{} works without {}", probe.call, lacking.application)),
            }
        }
        Ok(())
    });
}
