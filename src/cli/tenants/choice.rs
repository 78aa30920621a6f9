//! Which tenant a run goes to: the command line, the environment, the file of tenants, else the sandbox.

use std::path::Path;

use crate::cli::tenant::SANDBOX;
use crate::cli::{Common, home};
use crate::identity::settings::{ENVIRONMENT, Given, Safety, Whence, mistyped};
use crate::identity::{Profile, Profiles};
use crate::problem::{Kind, Problem, Result};
use crate::runs::policy::Demands;

/// The tenant that was chosen, before anything was asked of it.
#[derive(Debug)]
pub enum Chosen {
    Simulated,
    Real(Box<Profile>),
}

/// The choice, and what is demanded of whatever is done there.
#[derive(Debug)]
pub struct Choice {
    pub tenant: Chosen,
    pub demands: Vec<Demands>,
    /// What looks like a mistake.
    pub warnings: Vec<String>,
}

/// The tenant of a command with these options.
pub fn choose(common: &Common) -> Result<Choice> {
    let environment = environment()?;
    let tenant = of_customer(chosen(common, &environment)?, common.customer.as_deref())?;
    let mut demands = Vec::new();
    if let Chosen::Real(profile) = &tenant {
        demands.push(of_profile(profile));
    }
    let safety = environment.safety();
    if safety != Safety::default() {
        known_verbs(safety.allow.as_deref(), environment.place("allow"))?;
        demands.push(of_environment(safety));
    }
    let warnings = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter_map(|name| Some(format!("{name} is no setting; did you mean {}?", mistyped(&name)?)))
        .collect();
    Ok(Choice { tenant, demands, warnings })
}

/// A partner's profile leads into the tenants of their customers.
fn of_customer(tenant: Chosen, customer: Option<&str>) -> Result<Chosen> {
    match (tenant, customer) {
        (tenant, None) => Ok(tenant),
        (Chosen::Real(profile), Some(customer)) => {
            let customer_of = Some(profile.tenant.clone());
            Ok(Chosen::Real(Box::new(Profile { tenant: customer.to_owned(), customer_of, ..*profile })))
        }
        (Chosen::Simulated, Some(customer)) => Err(Problem::new(
            Kind::InvalidOption,
            format!("--customer {customer} needs the profile of a partner to sign in by"),
        )
        .hint("name it with --tenant")),
    }
}

/// What the environment says of a tenant.
pub fn environment() -> Result<Given> {
    Given::from_environment(|name| std::env::var(name).ok())
}

fn chosen(common: &Common, environment: &Given) -> Result<Chosen> {
    let by_variable = std::env::var("USHER_TENANT").ok().filter(|name| !name.is_empty());
    if common.sandbox.is_some() {
        return match common.tenant.as_deref() {
            Some(name) if name != SANDBOX => Err(Problem::new(
                Kind::InvalidOption,
                format!("--sandbox and --tenant {name} name two tenants"),
            )
            .hint("leave one of them out")),
            _ => Ok(Chosen::Simulated),
        };
    }
    let home = home();
    match (common.tenant.as_deref(), by_variable.as_deref()) {
        (Some(SANDBOX), _) | (None, Some(SANDBOX)) => Ok(Chosen::Simulated),
        (Some(ENVIRONMENT), _) | (None, Some(ENVIRONMENT)) => of_variables(environment),
        // Named on the command line, it is what the file says, whatever the environment holds for other tenants.
        (Some(name), _) => named(&home, name).map(real),
        (None, Some(name)) => overlaid(&Profiles::open(&home)?, name, environment).map(real),
        (None, None) if environment.has("tenant") => of_variables(environment),
        (None, None) => {
            let profiles = Profiles::open(&home)?;
            match profiles.default() {
                None | Some(SANDBOX) => Ok(Chosen::Simulated),
                Some(name) => overlaid(&profiles, name, environment).map(real),
            }
        }
    }
}

fn real(profile: Profile) -> Chosen {
    Chosen::Real(Box::new(profile))
}

/// The tenant of this name, as the file has it.
pub fn named(home: &Path, name: &str) -> Result<Profile> {
    let profiles = Profiles::open(home)?;
    let profile = profiles.need(name)?;
    known_verbs(profile.allow.as_deref(), profiles.given(name).and_then(|given| given.place("allow")))?;
    Ok(profile.clone())
}

/// The same with what the environment says in place of what the file does.
fn overlaid(profiles: &Profiles, name: &str, environment: &Given) -> Result<Profile> {
    let profile = profiles.need(name)?;
    let Some(given) = profiles.given(name) else { return Ok(profile.clone()) };
    known_verbs(profile.allow.as_deref(), given.place("allow"))?;
    let whence = given.place("tenant").cloned().unwrap_or(Whence::Variable("USHER_TENANT_ID"));
    let folder = profiles.path().parent().unwrap_or(Path::new("."));
    given.overlaid(environment).profile(name, &whence, folder)
}

fn of_variables(environment: &Given) -> Result<Chosen> {
    environment.profile(ENVIRONMENT, &Whence::Variable("USHER_TENANT_ID"), Path::new(".")).map(real)
}

/// What a profile demands of every run on its tenant.
pub fn of_profile(profile: &Profile) -> Demands {
    Demands {
        by: format!("the profile of tenant `{}`", profile.name),
        read_only: profile.read_only,
        allow: profile.allow.as_ref().map(|verbs| verbs.iter().cloned().collect()),
        require_approval: profile.require_approval,
        never_touch: profile.never_touch.clone(),
    }
}

fn of_environment(safety: Safety) -> Demands {
    let by = match (safety.read_only, &safety.allow) {
        (true, _) => "USHER_READ_ONLY",
        (false, Some(_)) => "USHER_ALLOW",
        (false, None) => "the environment",
    };
    Demands {
        by: by.to_owned(),
        read_only: safety.read_only,
        allow: safety.allow.map(|verbs| verbs.into_iter().collect()),
        require_approval: safety.require_approval,
        never_touch: safety.never_touch,
    }
}

/// A verb that does not exist allows nothing, and is a slip.
fn known_verbs(verbs: Option<&[String]>, whence: Option<&Whence>) -> Result<()> {
    for verb in verbs.unwrap_or_default() {
        if crate::catalogue::entries().iter().any(|entry| entry.card.name == verb) {
            continue;
        }
        let message = format!("`allow`: there is no verb `{verb}`");
        let problem = match whence {
            Some(whence) => whence.fault(message),
            None => Problem::new(Kind::InvalidOption, message),
        };
        let near = crate::catalogue::nearest(verb).map(|near| format!("did you mean `{near}`?"));
        return Err(problem.hint(near.unwrap_or_else(|| "`usher help` lists the verbs".to_owned())));
    }
    Ok(())
}
