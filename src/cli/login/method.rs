//! Which way of signing in the options choose, and the usual one where they choose none.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;

use super::whole;
use crate::identity::{Method, Secret, SecretFrom};
use crate::problem::{Kind, Problem, Result};
use crate::terminal;

#[derive(Args)]
#[group(id = "how", multiple = true)]
pub struct How {
    /// In a browser on this machine; the usual way where one can be opened
    #[arg(long, group = "way", help_heading = "Ways to sign in")]
    browser: bool,
    /// In a browser on any machine, with a code that is shown here
    #[arg(long, group = "way", help_heading = "Ways to sign in")]
    device_code: bool,
    /// As an app, by the secret in this environment variable
    #[arg(long, value_name = "VAR", group = "way", help_heading = "Ways to sign in")]
    client_secret_env: Option<String>,
    /// As an app, by the secret on standard input, which usher keeps
    #[arg(long, group = "way", help_heading = "Ways to sign in")]
    client_secret_stdin: bool,
    /// As an app, by its certificate: PEM with the key, or PFX
    #[arg(long, value_name = "FILE", group = "way", help_heading = "Ways to sign in")]
    certificate: Option<PathBuf>,
    /// The environment variable that holds the password of a PFX file
    #[arg(long, value_name = "VAR", requires = "certificate", help_heading = "Ways to sign in")]
    certificate_password_env: Option<String>,
    /// As an app, by the token that the platform gives (AZURE_FEDERATED_TOKEN_FILE)
    #[arg(long, group = "way", help_heading = "Ways to sign in")]
    workload_identity: bool,
    /// As the identity of this Azure machine; with ID, one of several by its client id
    #[arg(
        long,
        value_name = "ID",
        num_args = 0..=1,
        require_equals = true,
        group = "way",
        help_heading = "Ways to sign in"
    )]
    managed_identity: Option<Option<String>>,
    /// As whoever the Azure CLI is signed in as
    #[arg(long, group = "way", help_heading = "Ways to sign in")]
    azure_cli: bool,
    /// With access tokens that somebody else made: one for each service, separated by blanks
    #[arg(long, value_name = "VAR", group = "way", help_heading = "Ways to sign in")]
    access_token_env: Option<String>,
}

impl How {
    /// The way, and a secret that was given along.
    pub fn chosen(&self, known: Option<&Method>) -> Result<(Method, Option<Secret>)> {
        let method = if self.browser {
            Method::Browser
        } else if self.device_code {
            Method::DeviceCode
        } else if let Some(variable) = &self.client_secret_env {
            Method::ClientSecret { secret: SecretFrom::Env(variable.clone()) }
        } else if self.client_secret_stdin {
            return Ok((Method::ClientSecret { secret: SecretFrom::Kept }, Some(from_stdin()?)));
        } else if let Some(file) = &self.certificate {
            Method::Certificate { file: whole(file), password_env: self.certificate_password_env.clone() }
        } else if self.workload_identity {
            Method::WorkloadIdentity
        } else if let Some(id) = &self.managed_identity {
            Method::ManagedIdentity { id: id.clone() }
        } else if self.azure_cli {
            Method::AzureCli
        } else if let Some(variable) = &self.access_token_env {
            Method::AccessToken { env: variable.clone() }
        } else {
            match known {
                Some(known) if !known.is_of_a_person() => known.clone(),
                Some(Method::DeviceCode) => Method::DeviceCode,
                // A browser where one can be opened, else a code.
                _ if no_browser().is_some() => Method::DeviceCode,
                _ => Method::Browser,
            }
        };
        Ok((method, None))
    }

    /// Why it is a code that was chosen for the person, who did not ask for one.
    pub fn told(&self, chosen: &Method, known: Option<&Method>) -> Option<String> {
        let asked = self.device_code || known == Some(&Method::DeviceCode);
        let why = no_browser().filter(|_| *chosen == Method::DeviceCode && !asked)?;
        Some(format!(
            "{why}, so you sign in with a code in a browser elsewhere; --browser tries one here all the same"
        ))
    }
}

/// Why no browser can be opened here.
fn no_browser() -> Option<&'static str> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("SSH_CONNECTION") || set("SSH_TTY") {
        return Some("this is a session over SSH");
    }
    if !terminal::stderr_is_terminal() {
        return Some("nobody sits at a terminal here");
    }
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"].into_iter().any(set);
    if cfg!(all(unix, not(target_os = "macos"))) && !desktop {
        return Some("there is no desktop to open a browser on");
    }
    None
}

fn from_stdin() -> Result<Secret> {
    let refused = |message: &str| {
        Problem::new(Kind::InvalidOption, message.to_owned())
            .hint("pipe it in: `pass show usher-app | usher login --client-secret-stdin ...`")
    };
    if terminal::stdin_is_terminal() {
        // What is typed at a terminal stays on the screen.
        return Err(refused("--client-secret-stdin reads the secret from a pipe, not from a terminal"));
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|_| refused("the secret on standard input cannot be read as text"))?;
    match text.trim() {
        "" => Err(refused("there is no secret on standard input")),
        secret => Ok(Secret::new(secret)),
    }
}
