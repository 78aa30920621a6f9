//! `usher login`: connects a real tenant, and says what works there.

mod method;
mod outcome;
mod terminal;
mod ways;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::exit::Exit;
use super::{home, report, runtime, setup};
use crate::host::verbs_called;
use crate::identity::Profiles;
use crate::identity::{Cloud, Credentials, Fresh, Method, Profile, Secret, TokenStore, claims, settings};
use crate::net::{Door, Recorder};
use crate::problem::{Kind, Problem, Result};
use crate::services::explain;
use crate::terminal as screen;
use crate::verbs::Entry;

pub(super) use outcome::permissions;

#[derive(Args)]
pub struct Login {
    /// The tenant: a domain of it, or its id; that of whoever signs in when left out
    #[arg(long, value_name = "DOMAIN|ID")]
    tenant: Option<String>,
    /// What the tenant is called from now on; the first part of its domain when left out
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Which of Microsoft's clouds it is in: global, usgov, usgov-dod or china
    #[arg(long, value_name = "CLOUD", value_parser = cloud)]
    cloud: Option<Cloud>,
    /// No write is ever sent to it
    #[arg(long)]
    read_only: bool,
    /// The app registration that signs in
    #[arg(long, value_name = "ID", env = "USHER_CLIENT_ID")]
    client_id: Option<String>,
    #[command(flatten)]
    how: method::How,
    /// Ask for exactly the permissions that this script's verbs need
    #[arg(long = "for", value_name = "SCRIPT")]
    for_script: Option<PathBuf>,
    /// Another address of the sign-in service, for a proxy or a test server
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    login_url: Option<String>,
    /// Another address of Graph
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    graph_url: Option<String>,
    /// Another address of Exchange
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    exchange_url: Option<String>,
    /// Another address of Azure Resource Manager
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    azure_url: Option<String>,
    /// Certificates to trust beside the system's, as PEM
    #[arg(long, value_name = "FILE", help_heading = "Addresses")]
    ca_file: Option<PathBuf>,
    /// Write a log to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Record every exchange as it was on the wire, secrets removed, as JSON lines
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Say more in the log
    #[arg(long, short = 'v', action = clap::ArgAction::Count)]
    verbose: u8,
}

fn cloud(word: &str) -> std::result::Result<Cloud, String> {
    Cloud::find(word).ok_or_else(|| {
        let known: Vec<&str> = Cloud::ALL.into_iter().map(Cloud::word).collect();
        let near = crate::words::nearest(word, known.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("the clouds are {}{near}", known.join(", "))
    })
}

/// What a sign-in is made of, when everything about it is settled.
struct Attempt {
    profile: Profile,
    /// Whether the name still follows from the tenant.
    unnamed: bool,
    secret: Option<Secret>,
    verbs: Option<Vec<&'static Entry>>,
}

impl Login {
    pub fn main(self) -> Exit {
        setup::start_log(&super::Common {
            log: self.log.clone(),
            verbose: self.verbose > 0,
            ..super::Common::default()
        });
        match self.run() {
            Ok(exit) => exit,
            Err(problem) => {
                screen::say(&report::problem(&problem));
                match Exit::of(&problem) {
                    Exit::Script if problem.kind == Kind::InvalidOption => Exit::Usage,
                    Exit::Script => Exit::Refused,
                    exit => exit,
                }
            }
        }
    }

    fn run(&self) -> Result<Exit> {
        let home = home();
        let mut profiles = Profiles::open(&home)?;
        let known = self.name.as_deref().and_then(|name| profiles.get(name)).cloned();
        let before = known.as_ref().map(|known| known.method.clone());
        let attempt = self.attempt(known)?;
        if needs_an_app(&attempt.profile.method) && attempt.profile.client_id.is_none() {
            screen::say(&ways::open(self.for_script.as_deref()));
            return Ok(Exit::Usage);
        }
        if let Some(why) = self.how.told(&attempt.profile.method, before.as_ref()) {
            screen::say(&why);
        }
        let runtime = runtime()
            .map_err(|error| Problem::new(Kind::Internal, error.to_string()).doing("starting to sign in"))?;
        runtime.block_on(self.sign_in(&home, &mut profiles, attempt))?;
        Ok(Exit::Done)
    }

    /// From what was typed, and what is known of a tenant of this name.
    fn attempt(&self, known: Option<Profile>) -> Result<Attempt> {
        let usage = |message: String| Problem::new(Kind::InvalidOption, message);
        if let Some(name) = &self.name {
            named_well(name)?;
        }
        if let Some(tenant) = &self.tenant {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            if tenant.is_empty() || !tenant.chars().all(plain) {
                return Err(usage(format!("--tenant takes a domain or an id, and got `{tenant}`")));
            }
        }
        let (method, secret) = self.how.chosen(known.as_ref().map(|known| &known.method))?;
        let name = self.name.as_deref().unwrap_or_default();
        let mut profile = known.unwrap_or_else(|| Profile::new(name, "", method.clone()));
        profile.method = method;
        if let Some(tenant) = &self.tenant {
            profile.tenant.clone_from(tenant);
        }
        if let Some(cloud) = self.cloud {
            profile.cloud = cloud;
        }
        // Stricter only: a tenant that may not be written to is not opened by signing in once more.
        profile.read_only |= self.read_only;
        if self.client_id.is_some() {
            profile.client_id.clone_from(&self.client_id);
        }
        let addresses = &mut profile.addresses;
        for (address, given, option) in [
            (&mut addresses.login, &self.login_url, "--login-url"),
            (&mut addresses.graph, &self.graph_url, "--graph-url"),
            (&mut addresses.exchange, &self.exchange_url, "--exchange-url"),
            (&mut addresses.azure, &self.azure_url, "--azure-url"),
        ] {
            if let Some(given) = given {
                *address = Some(address_of(given, option)?);
            }
        }
        if let Some(file) = &self.ca_file {
            profile.ca_file = Some(whole(file));
        }
        let method = &profile.method;
        let one_tenant = matches!(method, Method::ClientSecret { .. } | Method::Certificate { .. });
        if one_tenant && profile.tenant.is_empty() {
            return Err(usage("an app signs in to one tenant, and none was named".to_owned())
                .hint("add --tenant DOMAIN"));
        }
        let unnamed = profile.name.is_empty();
        if unnamed {
            // Nobody reads this name: it holds the place until the tenant is known.
            profile.name = format!("signing-in-{}", std::process::id());
        }
        let verbs = self.for_script.as_deref().map(verbs_called).transpose()?;
        Ok(Attempt { profile, unnamed, secret, verbs })
    }

    async fn sign_in(&self, home: &Path, profiles: &mut Profiles, attempt: Attempt) -> Result<()> {
        let Attempt { mut profile, unnamed, secret, verbs } = attempt;
        let recorder = match &self.record {
            Some(path) => Some(
                Recorder::create(path)
                    .map_err(|error| Problem::new(Kind::File, error.to_string()).doing("recording"))?,
            ),
            None => None,
        };
        let door = Door::trusting(recorder, profile.ca_file.as_deref())
            .map_err(|error| Problem::new(Kind::File, error.to_string()).doing("signing in"))?;
        let keep = TokenStore::of(home, &profile.name);
        let person = Arc::new(terminal::Terminal);
        let credentials = Credentials::of(&door, &profile, keep.clone(), person).map_err(explain::sign_in)?;
        let permissions = match (&verbs, profile.method.is_of_a_person()) {
            (Some(verbs), true) => permissions(verbs, true),
            _ => Default::default(),
        };
        let signed_in = credentials.sign_in(Fresh { client_secret: secret, permissions }).await;
        let finished = match signed_in {
            Ok(token) => {
                let held = claims(&token).unwrap_or_default();
                if profile.tenant.is_empty() {
                    profile.tenant = held.tenant_id.clone().unwrap_or_default();
                }
                let found = outcome::Outcome::of(&door, &credentials, &profile, held).await;
                self.finish(home, profiles, &mut profile, unnamed, &credentials, &keep, &found).await.map(
                    |keep| {
                        screen::tell(&found.told(&profile, &keep, verbs.as_deref()));
                    },
                )
            }
            Err(error) => Err(explain::sign_in(error)),
        };
        if unnamed && finished.is_err() {
            // Nothing knows of this name, so nothing would ever remove what was kept under it.
            let _ = keep.remove();
        }
        finished
    }

    /// Gives the tenant its name, and keeps profile and sign-in under it.
    #[allow(clippy::too_many_arguments, reason = "one step of a longer function, with what that holds")]
    async fn finish(
        &self,
        home: &Path,
        profiles: &mut Profiles,
        profile: &mut Profile,
        unnamed: bool,
        credentials: &Credentials,
        keep: &TokenStore,
        found: &outcome::Outcome,
    ) -> Result<TokenStore> {
        credentials.belongs_to(profile).await.map_err(explain::sign_in)?;
        let mut keep = keep.clone();
        if unnamed {
            let name = found.short_name();
            named_well(&name)?;
            if let Some(other) = profiles.get(&name)
                && !found.is_tenant(&other.tenant)
            {
                return Err(Problem::new(Kind::InvalidOption, format!("`{name}` is another tenant already"))
                    .hint("choose what this one is called: --name NAME"));
            }
            // What the file demands of a tenant of this name goes on to be demanded.
            if let Some(before) = profiles.get(&name) {
                profile.read_only |= before.read_only;
                profile.require_approval |= before.require_approval;
                profile.allow.clone_from(&before.allow);
                profile.never_touch.clone_from(&before.never_touch);
            }
            keep.rename(home, &name).map_err(explain::sign_in)?;
            keep.remove().map_err(explain::sign_in)?;
            keep = TokenStore::of(home, &name);
            profile.name = name;
        }
        crate::disk::private_folder(home)
            .map_err(|error| Problem::new(Kind::File, error.to_string()).doing("keeping the sign-in"))?;
        profiles.put(profile)?;
        profiles.save()?;
        Ok(keep)
    }
}

/// Whether signing in goes through an app registration of the tenant's.
fn needs_an_app(method: &Method) -> bool {
    matches!(
        method,
        Method::Browser | Method::DeviceCode | Method::ClientSecret { .. } | Method::Certificate { .. }
    )
}

fn named_well(name: &str) -> Result<()> {
    settings::unfit_name(name).map_or(Ok(()), |why| {
        Err(Problem::new(Kind::InvalidOption, format!("`{name}` {why}"))
            .hint("choose another name: --name NAME"))
    })
}

fn address_of(given: &str, option: &str) -> Result<String> {
    settings::service_address(given).map_err(|(message, hint)| {
        Problem::new(Kind::InvalidOption, format!("{option}: {message}")).hint(hint)
    })
}

/// The same file, wherever the next command is run.
fn whole(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
