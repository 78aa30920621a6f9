//! Sign-in of an app for itself: by secret, by certificate, or by the token that its platform gives it.

use std::path::PathBuf;
use std::sync::Arc;

use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::certificate::{Certificate, Signer};
use super::line::Line;
use super::{Error, Secret, Token};
use crate::net::Door;

/// An app, and how it proves itself.
#[derive(Debug)]
pub(super) struct App {
    pub(super) door: Door,
    pub(super) login: String,
    /// The sign-in service as it calls itself, which a proxy's address does not change.
    pub(super) audience: String,
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    pub(super) proof: Proof,
}

#[derive(Debug)]
pub(super) enum Proof {
    Secret(Secret),
    /// In an environment variable, read when it is needed.
    SecretOf(String),
    Certificate {
        file: PathBuf,
        password_env: Option<String>,
    },
    /// In the file that `AZURE_FEDERATED_TOKEN_FILE` names.
    Federated,
}

impl App {
    /// The same app with another proof.
    pub(super) fn with(&self, proof: Proof) -> App {
        App {
            door: self.door.clone(),
            login: self.login.clone(),
            audience: self.audience.clone(),
            tenant_id: self.tenant_id.clone(),
            client_id: self.client_id.clone(),
            proof,
        }
    }

    /// Asks the sign-in service for a token, once.
    pub(super) async fn fetch(&self, scope: &str, claims: Option<&str>) -> Result<Token, Error> {
        let line = Line::to(&self.door, &self.login, claims);
        match &self.proof {
            Proof::Secret(secret) => self.by_secret(&line, secret, scope).await,
            Proof::SecretOf(variable) => {
                self.by_secret(&line, &environment(variable, "a client secret")?, scope).await
            }
            Proof::Certificate { file, password_env } => {
                let password = match password_env {
                    Some(variable) => Some(environment(variable, "the certificate's password")?),
                    None => None,
                };
                let certificate = Certificate::read(file, password.as_ref())?;
                self.by_certificate(&line, certificate, scope).await
            }
            Proof::Federated => self.by_federation(&line, scope).await,
        }
    }

    async fn by_secret(&self, line: &Arc<Line>, secret: &Secret, scope: &str) -> Result<Token, Error> {
        let credential = ClientSecretCredential::new(
            &self.tenant_id,
            self.client_id.clone(),
            secret.reveal().to_owned().into(),
            Some(ClientSecretCredentialOptions { client_options: line.options() }),
        )
        .map_err(|error| self.impossible(&error))?;
        line.token(&*credential, scope).await
    }

    async fn by_certificate(
        &self,
        line: &Arc<Line>,
        certificate: Certificate,
        scope: &str,
    ) -> Result<Token, Error> {
        let signer = Signer {
            certificate,
            client_id: self.client_id.clone(),
            audience: format!("{}/{}/oauth2/v2.0/token", self.audience, self.tenant_id),
        };
        let credential = ClientAssertionCredential::new(
            self.tenant_id.clone(),
            self.client_id.clone(),
            signer,
            Some(ClientAssertionCredentialOptions { client_options: line.options() }),
        )
        .map_err(|error| self.impossible(&error))?;
        line.token(&*credential, scope).await
    }

    async fn by_federation(&self, line: &Arc<Line>, scope: &str) -> Result<Token, Error> {
        const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
        let unusable = |reason: String| Error::Unusable {
            what: format!("`{FILE}`"),
            reason,
            hint: Some(
                "the platform sets it where workload identity is switched on for the job or pod".to_owned(),
            ),
        };
        let file = std::env::var_os(FILE)
            .filter(|file| !file.is_empty())
            .ok_or_else(|| unusable("this environment variable is not set".to_owned()))?;
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options: line.options() },
            client_id: Some(self.client_id.clone()),
            tenant_id: Some(self.tenant_id.clone()),
            token_file_path: Some(PathBuf::from(&file)),
        };
        let credential = WorkloadIdentityCredential::new(Some(options))
            .map_err(|error| unusable(crate::net::scrub(&error.to_string()).into_owned()))?;
        line.token(&*credential, scope).await
    }

    fn impossible(&self, error: &azure_core::Error) -> Error {
        Error::Invalid { value: self.tenant_id.clone(), reason: error.to_string() }
    }
}

/// What an environment variable holds that is a secret.
pub(super) fn environment(variable: &str, what: &str) -> Result<Secret, Error> {
    let found = std::env::var(variable).unwrap_or_default();
    match found.trim() {
        "" => Err(Error::Unusable {
            what: format!("`{variable}`"),
            reason: format!("this environment variable should hold {what}, and is not set"),
            hint: Some(format!("set {variable} for this command")),
        }),
        // A line feed at the end comes with most ways of filling a variable, and no secret ends in one.
        found => Ok(Secret::new(found)),
    }
}
