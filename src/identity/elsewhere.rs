//! Tokens that others make: an Azure machine's identity, the Azure CLI, somebody who put one into an environment variable.

use std::time::Duration;

use azure_core::credentials::TokenCredential as _;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId,
};

use super::app::environment;
use super::line::Line;
use super::{Error, Secret, Service, Token, claims};
use crate::net::{self, Door, scrub};

/// The Azure CLI starts an interpreter and may go to the network.
const CLI_TIMEOUT: Duration = Duration::from_secs(90);

/// Who makes the tokens.
#[derive(Debug)]
pub(super) enum Elsewhere {
    ManagedIdentity { door: Door, id: Option<String> },
    AzureCli { tenant: Option<String> },
    Environment { variable: String, tenant: String },
}

impl Elsewhere {
    pub(super) async fn fetch(&self, service: Service, scope: &str) -> Result<Token, Error> {
        match self {
            Elsewhere::ManagedIdentity { door, id } => managed(door, id.as_deref(), scope).await,
            Elsewhere::AzureCli { tenant } => azure_cli(tenant.as_deref(), scope).await,
            Elsewhere::Environment { variable, tenant } => given(variable, tenant, service, scope),
        }
    }
}

async fn managed(door: &Door, id: Option<&str>, scope: &str) -> Result<Token, Error> {
    let unusable = |reason: String| {
        Error::Unusable {
        what: "the identity of this machine".to_owned(),
        reason,
        hint: Some(
            "managed identity works on Azure's machines, once one is switched on there; --managed-identity=ID chooses one by its client id"
                .to_owned(),
        ),
    }
    };
    let line = Line::straight(&door.to_metadata()?);
    let id = id.map(|id| match id.starts_with('/') {
        true => UserAssignedId::ResourceId(id.to_owned()),
        false => UserAssignedId::ClientId(id.to_owned()),
    });
    let options = ManagedIdentityCredentialOptions { user_assigned_id: id, client_options: line.options() };
    let credential =
        ManagedIdentityCredential::new(Some(options)).map_err(|error| unusable(error.to_string()))?;
    match line.token(&*credential, scope).await {
        Err(Error::Network(net::Error::Unreachable { reason, .. })) => {
            Err(unusable(format!("there is no identity service here: {reason}")))
        }
        Err(Error::Malformed { status: 400, .. }) => {
            Err(unusable("it has none, or none of this id".to_owned()))
        }
        done => done,
    }
}

async fn azure_cli(tenant: Option<&str>, scope: &str) -> Result<Token, Error> {
    let failed = |reason: String| Error::Unusable {
        what: "the Azure CLI".to_owned(),
        reason,
        hint: Some(match tenant {
            Some(tenant) => format!("`az login --tenant {tenant}` signs it in"),
            None => "`az login` signs it in".to_owned(),
        }),
    };
    let options = AzureCliCredentialOptions { tenant_id: tenant.map(str::to_owned), ..Default::default() };
    let credential = AzureCliCredential::new(Some(options)).map_err(|error| failed(error.to_string()))?;
    let scopes = [scope];
    let asked = tokio::time::timeout(CLI_TIMEOUT, credential.get_token(&scopes, None));
    match asked.await {
        Ok(Ok(token)) => Ok(Token::new(Secret::new(token.token.secret()), token.expires_on.unix_timestamp())),
        Ok(Err(error)) => Err(failed(said_by_cli(&error.to_string()))),
        Err(_) => Err(failed("it gave no answer within 90 seconds".to_owned())),
    }
}

/// What the CLI itself said, without the library's words around it.
fn said_by_cli(text: &str) -> String {
    let said = text.split_once("authentication failed.").map_or(text, |(_, said)| said);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.find(|line| !line.starts_with("To troubleshoot")).unwrap_or("it gave no token");
    scrub(first.trim_start_matches("ERROR: ").trim_end_matches('.')).into_owned()
}

/// One token, or several between blanks: each is for one service, and says which.
fn given(variable: &str, tenant: &str, service: Service, scope: &str) -> Result<Token, Error> {
    let text = environment(variable, "an access token")?;
    let unusable = |reason: String| Error::Unusable {
        what: format!("the token in `{variable}`"),
        reason,
        hint: Some("put a new one into the variable".to_owned()),
    };
    let mut others = Vec::new();
    for word in text.reveal().split_whitespace() {
        let Some(claims) = claims::read(word) else {
            return Err(unusable(
                "it is no access token: those have three parts with points between".to_owned(),
            ));
        };
        if !is_for(&claims.audience, service, scope) {
            others.push(claims.audience);
            continue;
        }
        // An id can be compared; a domain in the profile cannot.
        let is_id = uuid::Uuid::try_parse(tenant).is_ok();
        if let Some(other) = claims.tenant_id.filter(|other| is_id && !other.eq_ignore_ascii_case(tenant)) {
            return Err(unusable(format!("it is of another tenant, {other}")));
        }
        let expires = claims.expires.unwrap_or(i64::MAX / 2);
        if expires <= jiff::Timestamp::now().as_second() {
            return Err(unusable("it has expired".to_owned()));
        }
        return Ok(Token::new(Secret::new(word), expires));
    }
    let reason = format!("`{variable}` holds one for {}", others.join(" and "));
    Err(Error::NoToken { service, reason })
}

/// By its address, which differs from cloud to cloud, or by its application id.
fn is_for(audience: &str, service: Service, scope: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let address = scope.trim_end_matches(".default").trim_end_matches('/');
    let others: &[&str] = match service {
        Service::Graph => &["00000003-0000-0000-c000-000000000000"],
        Service::Exchange => &["00000002-0000-0ff1-ce00-000000000000"],
        Service::Azure => &["797f4846-ba00-4fd7-ba43-dac1f8f63013"],
    };
    // The older name of the worldwide cloud's Azure, which many tools still ask for.
    let older =
        address == "https://management.azure.com" && audience == "https://management.core.windows.net";
    audience.eq_ignore_ascii_case(address) || others.contains(&audience) || older
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_another_cloud_is_for_none_of_this_ones_services() {
        let scope = "https://graph.microsoft.com/.default";
        assert!(is_for("https://graph.microsoft.com/", Service::Graph, scope));
        assert!(!is_for("https://graph.microsoft.us", Service::Graph, scope));
        let azure = "https://management.azure.com/.default";
        assert!(is_for("https://management.core.windows.net/", Service::Azure, azure));
        let government = "https://management.usgovcloudapi.net/.default";
        assert!(!is_for("https://management.core.windows.net/", Service::Azure, government));
    }

    #[test]
    fn the_cli_is_quoted_without_the_librarys_words() {
        let text = "AzureCliCredential authentication failed. ERROR: Please run 'az login' to setup account.\n\nTo troubleshoot, visit x";
        assert_eq!(said_by_cli(text), "Please run 'az login' to setup account");
        assert_eq!(
            said_by_cli("AzureCliCredential authentication failed. az not found on PATH"),
            "az not found on PATH"
        );
    }
}
