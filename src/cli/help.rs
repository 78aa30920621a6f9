//! `usher help`: the reference, from the catalogue.

mod modules;

use clap::Args;
use serde_json::Value;

use super::exit::Exit;
use crate::catalogue;
use crate::host::schema::takes;
use crate::terminal;
use crate::verbs::card::Grantor;
use crate::verbs::{Area, Card, Entry};

#[derive(Args)]
pub struct Help {
    /// A verb, a cmdlet it stands for, or words to look for
    #[arg(value_name = "NAME or WORDS")]
    words: Vec<String>,
}

impl Help {
    pub fn main(self) -> Exit {
        if self.words.is_empty() {
            terminal::tell(overview().trim_end());
            return Exit::Done;
        }
        match about(&self.words) {
            Ok(text) => terminal::tell(&text),
            Err(text) => {
                terminal::say(&text);
                return Exit::Usage;
            }
        }
        Exit::Done
    }
}

/// The page of a verb, the verbs that the words are about, or that there are none.
pub fn about(words: &[String]) -> Result<String, String> {
    if let [name] = words
        && let Some(entry) = catalogue::find(name)
    {
        let page = page(entry).trim_end().to_owned();
        // There is a verb of this name, but what the cmdlet did is done elsewhere.
        return Ok(match catalogue::instead_of_signing_in(name) {
            Some(_) => format!("{page}\n\n{SIGNING_IN}"),
            None => page,
        });
    }
    if let [name] = words
        && (["login", "sign-in", "signing-in", "logout"].contains(&name.as_str())
            || catalogue::instead_of_signing_in(name).is_some())
    {
        return Ok(SIGNING_IN.to_owned());
    }
    if let [name] = words
        && let Some(page) = modules::about(name)
    {
        return Ok(page.trim_end().to_owned());
    }
    let found = catalogue::search(words);
    if found.is_empty() {
        let asked = words.join(" ");
        let near = catalogue::nearest(&asked)
            .map(|near| format!("\nhint: did you mean `{near}`?"))
            .unwrap_or_else(|| "\nhint: `usher help` lists all there is".to_owned());
        return Err(format!("error: there is nothing about `{asked}` in the reference{near}"));
    }
    let lines: Vec<String> = found.into_iter().map(line).collect();
    Ok(lines.join("\n"))
}

/// The answer to `Connect-ExchangeOnline -Credential (Get-Credential)` and its kin.
const SIGNING_IN: &str = "\
signing in
  No script signs in. You do once, outside of scripts, and Graph, Exchange and Azure work together:

    usher login --tenant contoso.onmicrosoft.com --client-id ID   in a browser, or a code over SSH
    usher login --help                                            apps: secret, certificate, ...
    usher run --tenant contoso SCRIPT                             the script works on this tenant
    usher logout contoso                                          forgets the sign-in

  Names and passwords (Get-Credential, -Credential) are not asked for: Microsoft has switched them
  off for sign-ins like these, and they never worked with multi-factor sign-in. For jobs at night,
  sign in as an app with a certificate.

  Without --tenant a script works on the sandbox, a simulated tenant that needs no sign-in.

stands for
  Connect-ExchangeOnline, Connect-MgGraph, Connect-AzureAD, Connect-MsolService,
  Connect-AzAccount, Get-Credential";

fn line(entry: &Entry) -> String {
    listed(entry.card.name, entry.card.summary)
}

/// A name, and beside it what it is about; below it where the name is long.
fn listed(name: &str, about: &str) -> String {
    let about = wrapped(about.trim_end_matches('.'), 35);
    match name.chars().count() {
        0..=32 => format!("  {name:<32} {}", about.trim_start()),
        _ => format!("  {name}\n{about}"),
    }
}

/// All verbs by area.
pub fn overview() -> String {
    format!(
        "usher scripts guest management in Microsoft 365.\n\n  usher run SCRIPT [ARG...]        run a script\n  usher run -e 'CODE'              run a line\n  usher                            a prompt\n  usher help VERB                  one verb, also by its cmdlet: usher help New-MgInvitation\n{}",
        verbs()
    )
}

/// The verbs, a line each, under the headings of their areas.
pub fn verbs() -> String {
    let mut out = String::new();
    let mut areas: Vec<Area> = catalogue::entries().iter().map(|entry| entry.card.area).collect();
    areas.sort_unstable();
    areas.dedup();
    for area in areas {
        out.push_str(&format!("\n{}\n", area.title()));
        for entry in catalogue::entries().iter().filter(|entry| entry.card.area == area) {
            out.push_str(&line(entry));
            out.push('\n');
        }
    }
    out.push_str(&modules::overview());
    out
}

/// The page of one verb.
pub fn page(entry: &'static Entry) -> String {
    let card = &entry.card;
    let schema = entry.schema();
    let summary = wrapped(&format!("{}.", card.summary), 2);
    let mut out = format!("{}\n{summary}\n\n  {}\n", card.name, entry.signature());
    out.push_str(&format!("  gives {}\n", card.returns.phrase()));
    if !card.details.is_empty() {
        for paragraph in card.details.split("\n\n") {
            out.push_str(&format!("\n{}\n", wrapped(paragraph, 2)));
        }
    }
    options(&mut out, "arguments", card, schema, true);
    options(&mut out, "options", card, schema, false);
    if !card.examples.is_empty() {
        out.push_str("\nexamples\n");
        for example in card.examples {
            for line in example.code.lines() {
                out.push_str(&format!("  {line}\n"));
            }
            if let Some(prints) = example.prints.filter(|prints| !prints.is_empty()) {
                for line in prints.lines() {
                    out.push_str(&format!("  // prints: {line}\n"));
                }
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    facts(&mut out, card);
    out
}

fn options(out: &mut String, title: &str, card: &Card, schema: &Value, positional: bool) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let known: Vec<(&String, &Value)> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| card.positional.contains(&name.as_str()) == positional)
        .collect();
    if known.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    let ordered: Vec<(&String, &Value)> = match positional {
        true => card
            .positional
            .iter()
            .filter_map(|name| known.iter().find(|(known, _)| known == name).copied())
            .collect(),
        false => known,
    };
    for (name, property) in ordered {
        let mark = if required.contains(&name.as_str()) && !positional { "  (required)" } else { "" };
        out.push_str(&format!("  {name}{mark}\n"));
        let doc = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        let what = format!("takes {}", takes(property));
        let text = if doc.is_empty() { what } else { format!("{doc} {what}") };
        out.push_str(&format!("{}\n", wrapped(&text, 6)));
        for (inner, property) in property_map(property) {
            let doc = property["description"].as_str().unwrap_or_default().replace('\n', " ");
            out.push_str(&format!("{}\n", wrapped(&format!("{inner}: {doc}"), 8)));
        }
    }
}

/// The keys of an option that is a map itself.
fn property_map(property: &Value) -> Vec<(&String, &Value)> {
    let inner = property["anyOf"]
        .as_array()
        .and_then(|choices| choices.iter().find(|choice| choice["properties"].is_object()))
        .unwrap_or(property);
    inner["properties"].as_object().into_iter().flatten().collect()
}

fn facts(out: &mut String, card: &Card) {
    if !card.permissions.is_empty() {
        out.push_str("\npermissions\n");
        for permission in card.permissions {
            let service = match permission.grantor {
                Grantor::Graph => "Graph",
                Grantor::Exchange => "Exchange",
                Grantor::Azure => "Azure",
            };
            out.push_str(&format!("  {service:<9} {}\n", permission.application));
            if permission.delegated != permission.application {
                out.push_str(&format!("            as a user: {}\n", permission.delegated));
            }
        }
    }
    if !card.cmdlets.is_empty() {
        let names: Vec<&str> = card.cmdlets.iter().map(|cmdlet| cmdlet.name).collect();
        out.push_str(&format!("\nstands for\n{}\n", wrapped(&names.join(", "), 2)));
    }
    if !card.source.is_empty() {
        out.push_str(&format!("\n{}\n{}\n", card.certainty.word(), card.source));
    }
}

/// Lines of at most 90 columns, fewer on a narrow terminal; indented.
fn wrapped(text: &str, indent: usize) -> String {
    let widest = terminal::width().map_or(90, |width| width.min(90));
    let margin = " ".repeat(indent);
    let mut lines = vec![margin.clone()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > indent && line + 1 + word.chars().count() > widest {
            lines.push(margin.clone());
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > indent {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
