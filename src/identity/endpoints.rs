//! Where each service lives and what a token for it is asked for by.

/// The services usher talks to, each with its own token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Microsoft Graph.
    Graph,
    /// Exchange Online's admin API.
    Exchange,
    /// Azure Resource Manager.
    Azure,
}

impl Service {
    pub const ALL: [Service; 3] = [Service::Graph, Service::Exchange, Service::Azure];

    /// The service's name in a message.
    pub fn name(self) -> &'static str {
        match self {
            Service::Graph => "Graph",
            Service::Exchange => "Exchange",
            Service::Azure => "Azure",
        }
    }
}

/// Scopes by service. They belong to the cloud, not to the address: the sandbox keeps the public ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    pub graph: String,
    pub exchange: String,
    pub azure: String,
}

/// The addresses of one cloud, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    pub login: String,
    pub graph: String,
    pub exchange: String,
    pub azure: String,
    pub scopes: Scopes,
}

/// Microsoft's clouds. They share nothing: no account, no app, no token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cloud {
    /// The worldwide cloud, GCC included.
    #[default]
    Global,
    /// US Government L4, known as GCC High.
    UsGov,
    /// US Government L5, the Department of Defense.
    UsGovDod,
    /// Operated by 21Vianet.
    China,
}

impl Cloud {
    pub const ALL: [Cloud; 4] = [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China];

    /// The word for it in a profile file and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Cloud::Global => "global",
            Cloud::UsGov => "usgov",
            Cloud::UsGovDod => "usgov-dod",
            Cloud::China => "china",
        }
    }

    pub fn find(word: &str) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| cloud.word().eq_ignore_ascii_case(word))
    }

    /// Sign-in, Graph, Exchange, Azure.
    fn hosts(self) -> [&'static str; 4] {
        match self {
            Cloud::Global => [
                "login.microsoftonline.com",
                "graph.microsoft.com",
                "outlook.office365.com",
                "management.azure.com",
            ],
            Cloud::UsGov => [
                "login.microsoftonline.us",
                "graph.microsoft.us",
                "outlook.office365.us",
                "management.usgovcloudapi.net",
            ],
            Cloud::UsGovDod => [
                "login.microsoftonline.us",
                "dod-graph.microsoft.us",
                "webmail.apps.mil",
                "management.usgovcloudapi.net",
            ],
            Cloud::China => [
                "login.chinacloudapi.cn",
                "microsoftgraph.chinacloudapi.cn",
                "partner.outlook.cn",
                "management.chinacloudapi.cn",
            ],
        }
    }
}

impl Endpoints {
    /// The addresses of a cloud, and what a token for each of its services is asked for by.
    pub fn of(cloud: Cloud) -> Endpoints {
        let [login, graph, exchange, azure] = cloud.hosts().map(|host| format!("https://{host}"));
        let scopes = Scopes {
            graph: format!("{graph}/.default"),
            exchange: format!("{exchange}/.default"),
            azure: format!("{azure}/.default"),
        };
        Endpoints { login, graph, exchange, azure, scopes }
    }

    /// The worldwide cloud.
    pub fn global() -> Endpoints {
        Endpoints::of(Cloud::Global)
    }

    /// A sandbox, which is all four services at one address.
    pub fn sandbox(address: &str) -> Endpoints {
        let address = address.trim_end_matches('/').to_owned();
        Endpoints {
            login: address.clone(),
            graph: address.clone(),
            exchange: address.clone(),
            azure: address,
            scopes: Endpoints::global().scopes,
        }
    }

    /// The service's address.
    pub fn base(&self, service: Service) -> &str {
        match service {
            Service::Graph => &self.graph,
            Service::Exchange => &self.exchange,
            Service::Azure => &self.azure,
        }
    }

    /// What a token for the service is asked for by.
    pub fn scope(&self, service: Service) -> &str {
        match service {
            Service::Graph => &self.scopes.graph,
            Service::Exchange => &self.scopes.exchange,
            Service::Azure => &self.scopes.azure,
        }
    }
}
