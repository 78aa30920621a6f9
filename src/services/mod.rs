//! Typed calls: what Graph, Exchange Online and Azure Resource Manager offer, one function for each thing usher asks of them.
//!
//! Reading and writing are apart, so that whoever only holds the reading half cannot change a tenant.

pub mod azure;
pub mod exchange;
pub mod explain;
pub mod graph;
pub mod raw;
pub mod simulator;

use crate::transport::Transport;

/// What is known of a tenant once signed in.
#[derive(Clone, Debug)]
pub struct TenantFacts {
    /// The name the user knows it by: `sandbox`, or a profile.
    pub name: String,
    pub id: String,
    pub domain: String,
    pub simulated: bool,
    /// Who acts: an application's display name or a user principal name.
    pub operator: String,
    /// Whether an application acts for itself, without a user.
    pub acts_as_app: bool,
    /// How far the tenant's clock is ahead of this machine's; zero for real ones.
    pub ahead: jiff::SignedDuration,
    /// How late a write may show in the service that did it.
    pub shows_within: std::time::Duration,
}

/// The three services of one tenant, for reading.
#[derive(Clone)]
pub struct Services {
    pub tenant: TenantFacts,
    pub graph: graph::Graph,
    pub exchange: exchange::Exchange,
    pub azure: azure::Azure,
    pub transport: Transport,
    /// The controls of a simulated tenant; `None` on a real one.
    pub simulator: Option<simulator::Simulator>,
}

impl Services {
    pub fn new(
        transport: Transport,
        tenant: TenantFacts,
        simulator: Option<simulator::Simulator>,
    ) -> Services {
        Services {
            graph: graph::Graph::new(transport.clone()),
            exchange: exchange::Exchange::new(transport.clone(), tenant.id.clone()),
            azure: azure::Azure::new(transport.clone()),
            transport,
            simulator,
            tenant,
        }
    }
}
