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

impl Endpoints {
    /// The worldwide cloud.
    pub fn global() -> Endpoints {
        let [graph, exchange, azure] =
            ["https://graph.microsoft.com", "https://outlook.office365.com", "https://management.azure.com"];
        Endpoints {
            login: "https://login.microsoftonline.com".to_owned(),
            graph: graph.to_owned(),
            exchange: exchange.to_owned(),
            azure: azure.to_owned(),
            scopes: Scopes {
                graph: format!("{graph}/.default"),
                exchange: format!("{exchange}/.default"),
                azure: format!("{azure}/.default"),
            },
        }
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
