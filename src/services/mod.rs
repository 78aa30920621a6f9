//! Typed calls: what Graph, Exchange Online and Azure Resource Manager offer, one function for each thing usher asks of them.
//!
//! Reading and writing are apart, so that whoever only holds the reading half cannot change a tenant.

pub mod azure;
pub mod exchange;
pub mod explain;
pub mod grants;
pub mod graph;
pub mod raw;
pub mod simulator;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
    /// How late the tenant's services may show a write.
    pub lateness: Lateness,
}

impl TenantFacts {
    /// The tenant as lines and questions name it: a real one with its domain and who acts there.
    pub fn called(&self) -> String {
        match (self.simulated, self.acts_as_app) {
            (true, _) => self.name.clone(),
            (false, true) => format!("{} ({}, as app {})", self.name, self.domain, self.operator),
            (false, false) => format!("{} ({}, as {})", self.name, self.domain, self.operator),
        }
    }
}

/// How late a write may show; clones share it, for a simulated tenant can be made later while it is used.
#[derive(Clone, Debug)]
pub struct Lateness(Arc<Mutex<(Duration, Duration)>>);

impl Lateness {
    /// `own` for the service that made it, `others` for those that hear of it.
    pub fn new(own: Duration, others: Duration) -> Lateness {
        Lateness(Arc::new(Mutex::new((own, others))))
    }

    /// In seconds, as a simulated tenant says it; a little is added for the way.
    pub fn of_seconds(own: f64, others: f64) -> Lateness {
        let with_slack = |seconds: f64| match seconds > 0.0 {
            true => Duration::try_from_secs_f64(seconds * 1.1 + 1.0).unwrap_or(Duration::MAX),
            false => Duration::ZERO,
        };
        Lateness::new(with_slack(own), with_slack(others))
    }

    pub fn set(&self, other: &Lateness) {
        let (own, others) = (other.own(), other.others());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (own, others);
    }

    pub fn own(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    pub fn others(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
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
    /// What the sign-in was granted, where it is known.
    pub grants: Option<grants::Grants>,
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
            grants: None,
        }
    }

    /// The same, knowing what the sign-in was granted.
    pub fn granted(self, grants: grants::Grants) -> Services {
        Services { grants: Some(grants), ..self }
    }
}
