//! Which service sees an object yet: each has its own copy of the directory, and hears of news late.

use serde::{Deserialize, Serialize};

use super::{Object, Tenant};

/// A service with a copy of the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Service {
    /// Graph's reads and references to the object.
    Graph,
    /// Recipients: contacts, mail users, groups with mail.
    Exchange,
    /// Principals of Azure roles.
    Azure,
    /// Privileged Identity Management.
    Pim,
    /// Assignments of applications.
    Applications,
    /// Contacts made in Exchange, as Graph shows them.
    Contacts,
}

/// Milliseconds of the tenant's clock after which each service sees a new object. Zero is at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Delays {
    pub graph: i64,
    pub exchange: i64,
    pub azure: i64,
    pub pim: i64,
    pub applications: i64,
    pub contacts: i64,
}

impl Delays {
    /// How late the latest of the services is, in milliseconds.
    pub fn longest(&self) -> i64 {
        let Delays { graph, exchange, azure, pim, applications, contacts } = *self;
        [graph, exchange, azure, pim, applications, contacts].into_iter().max().unwrap_or(0)
    }

    fn of(&self, service: Service) -> i64 {
        match service {
            Service::Graph => self.graph,
            Service::Exchange => self.exchange,
            Service::Azure => self.azure,
            Service::Pim => self.pim,
            Service::Applications => self.applications,
            Service::Contacts => self.contacts,
        }
    }
}

impl Tenant {
    /// Whether a service has heard of an object yet.
    pub fn sees(&self, service: Service, object: &Object) -> bool {
        let delay = self.delays.of(service);
        delay == 0 || object.born == 0 || self.clock.now().as_millisecond() - object.born >= delay
    }

    pub fn delays(&self) -> Delays {
        self.delays
    }

    pub fn set_delays(&mut self, delays: Delays) {
        self.delays = delays;
    }

    /// Makes everything that is there something that was always there: what a seed ends with.
    pub fn settle(&mut self) {
        self.account_for_licences();
        self.objects.values_mut().for_each(|object| object.born = 0);
    }
}
