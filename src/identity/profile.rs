//! A tenant that usher was told of: where it is, how one signs in to it, and what usher may do there.

use std::path::PathBuf;

use super::{Cloud, Endpoints};

/// One tenant by a name of the user's choice. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// Its id, or a domain of it.
    pub tenant: String,
    pub cloud: Cloud,
    /// The app registration that signs in; some ways need none.
    pub client_id: Option<String>,
    pub method: Method,
    /// No write is sent, whatever a script tries.
    pub read_only: bool,
    /// Removals and roles need a plan that a second person approved.
    pub require_approval: bool,
    /// The only verbs that may write; all of them when not given.
    pub allow: Option<Vec<String>>,
    /// Addresses, ids and names that nothing is done to.
    pub never_touch: Vec<String>,
    /// Addresses other than the cloud's: a proxy of the organisation's, a test server.
    pub addresses: Addresses,
    /// Certificates to trust beside the system's, as PEM.
    pub ca_file: Option<PathBuf>,
    /// Where the tenant is a customer's: the partner's own, whose sign-in leads there.
    pub customer_of: Option<String>,
}

/// How one signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A person, in a browser on this machine: authorization code with PKCE (RFC 7636, RFC 8252).
    Browser,
    /// A person, in a browser anywhere: device code (RFC 8628).
    DeviceCode,
    /// An app by its secret.
    ClientSecret { secret: SecretFrom },
    /// An app by its certificate: PEM with its key, or PFX.
    Certificate { file: PathBuf, password_env: Option<String> },
    /// An app by the token that its platform gives it (Kubernetes, GitHub and others).
    WorkloadIdentity,
    /// The identity of an Azure machine; the id chooses one where there are several.
    ManagedIdentity { id: Option<String> },
    /// Whoever the Azure CLI is signed in as.
    AzureCli,
    /// A token that somebody else made, in an environment variable.
    AccessToken { env: String },
}

/// Where a client secret is found when it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFrom {
    /// In an environment variable.
    Env(String),
    /// In usher's own keeping: it was given on standard input once.
    Kept,
}

/// Addresses that take the place of the cloud's, each without a slash at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    pub login: Option<String>,
    pub graph: Option<String>,
    pub exchange: Option<String>,
    pub azure: Option<String>,
}

impl Profile {
    /// A profile of the global cloud that forbids nothing.
    pub fn new(name: &str, tenant: &str, method: Method) -> Profile {
        Profile {
            name: name.to_owned(),
            tenant: tenant.to_owned(),
            cloud: Cloud::default(),
            client_id: None,
            method,
            read_only: false,
            require_approval: false,
            allow: None,
            never_touch: Vec::new(),
            addresses: Addresses::default(),
            ca_file: None,
            customer_of: None,
        }
    }

    /// Where its services are.
    pub fn endpoints(&self) -> Endpoints {
        let mut endpoints = Endpoints::of(self.cloud);
        let Addresses { login, graph, exchange, azure } = &self.addresses;
        let given = [
            (&mut endpoints.login, login),
            (&mut endpoints.graph, graph),
            (&mut endpoints.exchange, exchange),
            (&mut endpoints.azure, azure),
        ];
        for (address, other) in given {
            if let Some(other) = other {
                *address = other.trim_end_matches('/').to_owned();
            }
        }
        endpoints
    }
}

impl Method {
    /// The word for it in a profile file and on the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Method::Browser => "browser",
            Method::DeviceCode => "device-code",
            Method::ClientSecret { .. } => "client-secret",
            Method::Certificate { .. } => "certificate",
            Method::WorkloadIdentity => "workload-identity",
            Method::ManagedIdentity { .. } => "managed-identity",
            Method::AzureCli => "azure-cli",
            Method::AccessToken { .. } => "access-token",
        }
    }

    /// Whether a person signs in, whose sign-in is kept between runs.
    pub fn is_of_a_person(&self) -> bool {
        matches!(self, Method::Browser | Method::DeviceCode)
    }
}
