//! `usher logout`: forgets what was kept of sign-ins.

use clap::Args;

use super::exit::Exit;
use super::{home, report};
use crate::identity::Profiles;
use crate::identity::TokenStore;
use crate::problem::{Kind, Problem, Result};
use crate::terminal;

#[derive(Args)]
pub struct Logout {
    /// The tenant to sign out of; the usual one when left out
    #[arg(value_name = "NAME", conflicts_with = "all")]
    name: Option<String>,
    /// Sign out of every tenant
    #[arg(long)]
    all: bool,
}

impl Logout {
    pub fn main(self) -> Exit {
        match self.run() {
            Ok(()) => Exit::Done,
            Err(problem) => {
                terminal::say(&report::problem(&problem));
                if problem.kind == Kind::InvalidOption { Exit::Usage } else { Exit::Refused }
            }
        }
    }

    fn run(&self) -> Result<()> {
        let home = home();
        let kept = TokenStore::names(&home);
        let names = match (&self.name, self.all) {
            (Some(name), _) => vec![name.clone()],
            (None, true) => kept.clone(),
            (None, false) => vec![usual(&Profiles::open(&home)?, &kept)?],
        };
        for name in &names {
            let was = TokenStore::of(&home, name).remove().map_err(crate::services::explain::sign_in)?;
            match was {
                true => terminal::tell(&format!(
                    "signed out of `{name}`: nothing of its sign-in is kept here any more"
                )),
                false => terminal::tell(&format!("nothing was kept of a sign-in to `{name}`")),
            }
        }
        if names.is_empty() {
            terminal::tell("nothing was kept of any sign-in");
        }
        // Tokens that are out in the world go on to work for a while, and only the directory can end that.
        terminal::say(
            "its settings are still there, and tokens that were given out end by themselves within about an hour",
        );
        Ok(())
    }
}

/// The tenant that is meant where none is named.
fn usual(profiles: &Profiles, kept: &[String]) -> Result<String> {
    match (profiles.default(), kept) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            let hint = match kept {
                [] => "nothing is kept of any sign-in".to_owned(),
                names => format!("sign-ins are kept of {}; --all means all of them", names.join(", ")),
            };
            Err(Problem::new(Kind::InvalidOption, "which tenant to sign out of was not said").hint(hint))
        }
    }
}
