//! `usher tenants`: the real tenants that usher was told of, and how an app registration is made for one.

pub mod choice;
mod setup;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::output::{Output, list, table};
use super::tenant::SANDBOX;
use super::{home, report};
use crate::identity::settings::{self, Value as Setting};
use crate::identity::{Profile, Profiles, TokenStore};
use crate::problem::{Kind, Problem, Result};
use crate::services::explain::sign_in;
use crate::terminal;

/// Tenants by the names you gave them; kept in `tenants.toml` in $USHER_HOME, a file to edit by hand as well.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Tenants {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    output: Output,
}

#[derive(Subcommand)]
enum What {
    /// The tenants; the same as `usher tenants` alone
    List(List),
    /// Choose the tenant of runs that name none; `sandbox` is one to choose as well
    Default(Name),
    /// What is known of a tenant
    Show(Show),
    /// Give a tenant another name
    Rename(Rename),
    /// Forget a tenant; nothing changes in it
    Remove(Name),
    /// How an app registration is made: its manifest, the link for consent, the roles it needs
    Setup(setup::Setup),
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct Name {
    /// The tenant, by its name here
    name: String,
}

#[derive(Args)]
struct Show {
    /// The tenant, by its name here
    name: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct Rename {
    /// Its name until now
    old: String,
    /// Its name from now on: letters, digits, `-` and `_`
    new: String,
}

impl Tenants {
    pub fn main(self) -> Exit {
        let done = match self.what {
            None => all(self.output),
            Some(What::List(list)) => all(list.output),
            Some(What::Default(name)) => default(&name.name),
            Some(What::Show(show)) => show.main(),
            Some(What::Rename(rename)) => rename.main(),
            Some(What::Remove(name)) => remove(&name.name),
            Some(What::Setup(setup)) => setup.main(),
        };
        match done {
            Ok(()) => Exit::Done,
            Err(problem) => {
                terminal::say(&report::problem(&problem));
                match problem.kind {
                    Kind::InvalidOption | Kind::AlreadyExists => Exit::Usage,
                    _ => Exit::Script,
                }
            }
        }
    }
}

fn all(output: Output) -> Result<()> {
    let profiles = Profiles::open(&home())?;
    let default = profiles.default();
    let objects: Vec<Value> = profiles
        .names()
        .filter_map(|name| profiles.get(name))
        .map(|profile| object(profile, default == Some(&*profile.name)))
        .collect();
    if !output.is_for_people() {
        output.write(objects.clone(), || {
            objects.iter().filter_map(|object| object.as_object().cloned()).collect()
        });
        return Ok(());
    }
    if objects.is_empty() {
        terminal::tell("there are no tenants yet, so runs go to the sandbox");
        terminal::say("hint: `usher login` adds one; `usher tenants setup` says what it takes");
        return Ok(());
    }
    let rows: Vec<Vec<Value>> = profiles
        .names()
        .filter_map(|name| profiles.get(name))
        .map(|profile| {
            let is_default = default == Some(&*profile.name);
            vec![
                json!(profile.name),
                json!(profile.tenant),
                json!(profile.cloud.word()),
                json!(profile.method.word()),
                json!(rules(profile)),
                json!(if is_default { "default" } else { "" }),
            ]
        })
        .collect();
    let columns = [("name", 9), ("tenant", 8), ("cloud", 3), ("signs in by", 5), ("rules", 6), ("", 7)];
    terminal::tell(&table(&columns, &rows, true));
    if default.is_none_or(|name| name == SANDBOX) {
        terminal::say(
            "runs that name no tenant go to the sandbox; `usher tenants default NAME` chooses another",
        );
    }
    Ok(())
}

/// What a profile forbids, in a few words.
fn rules(profile: &Profile) -> String {
    let mut rules = Vec::new();
    if profile.read_only {
        rules.push("read-only".to_owned());
    }
    if profile.require_approval {
        rules.push("approval".to_owned());
    }
    if let Some(allow) = &profile.allow {
        rules.push(format!("{} allowed", crate::words::count(allow.len(), "verb")));
    }
    if !profile.never_touch.is_empty() {
        rules.push(format!("{} never touched", profile.never_touch.len()));
    }
    rules.join(", ")
}

/// A tenant as programs read it: the settings by their names in the file.
fn object(profile: &Profile, is_default: bool) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(profile.name));
    object.insert("default".to_owned(), json!(is_default));
    for (setting, value) in settings::of(profile) {
        let value = match value {
            Setting::Text(text) => json!(text),
            Setting::YesOrNo(yes) => json!(yes),
            Setting::Names(names) => json!(names),
        };
        object.insert(setting.key.to_owned(), value);
    }
    Value::Object(object)
}

fn default(name: &str) -> Result<()> {
    let mut profiles = Profiles::open(&home())?;
    profiles.set_default(name)?;
    profiles.save()?;
    terminal::say(&format!("runs that name no tenant go to `{name}` now"));
    Ok(())
}

fn remove(name: &str) -> Result<()> {
    let mut profiles = Profiles::open(&home())?;
    let was_default = profiles.default() == Some(name);
    profiles.remove(name)?;
    profiles.save()?;
    TokenStore::of(&home(), name).remove().map_err(sign_in)?;
    terminal::say(&format!("`{name}` is forgotten; nothing was changed in the tenant"));
    if was_default {
        terminal::say("it was the default: runs that name no tenant go to the sandbox now");
    }
    Ok(())
}

impl Rename {
    fn main(self) -> Result<()> {
        let mut profiles = Profiles::open(&home())?;
        profiles.rename(&self.old, &self.new)?;
        profiles.save()?;
        TokenStore::of(&home(), &self.old).rename(&home(), &self.new).map_err(sign_in)?;
        terminal::say(&format!("`{}` is called `{}` now", self.old, self.new));
        Ok(())
    }
}

impl Show {
    fn main(self) -> Result<()> {
        let profiles = Profiles::open(&home())?;
        if self.name == SANDBOX {
            return Err(Problem::new(
                Kind::InvalidOption,
                "`sandbox` is the simulated tenant, and has no profile",
            )
            .hint("`usher doctor --tenant sandbox` looks at it"));
        }
        let profile = profiles.need(&self.name)?;
        let object = object(profile, profiles.default() == Some(&*self.name));
        if !self.output.is_for_people() {
            let flat = || vec![object.as_object().cloned().unwrap_or_default()];
            self.output.write(vec![object.clone()], flat);
            return Ok(());
        }
        let mut facts = object.as_object().cloned().unwrap_or_default();
        let endpoints = profile.endpoints();
        facts.insert(
            "addresses".to_owned(),
            json!([endpoints.login, endpoints.graph, endpoints.exchange, endpoints.azure].join(", ")),
        );
        facts.insert("file".to_owned(), json!(profiles.path().display().to_string()));
        terminal::tell(&list(&facts));
        Ok(())
    }
}
