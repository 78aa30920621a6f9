//! The simulated tenant: the services as Microsoft's documents describe them, behind real HTTP.
//!
//! A program of its own. It knows nothing of verbs and shares no wire types with the client, so that two views of
//! one wire catch each other's slips. Inside, it is sorted as the services sort themselves:
//!
//! | module | what it stands for |
//! |---|---|
//! | `router` | which service a request is for |
//! | `login` | sign-in: discovery documents and tokens |
//! | `graph` | Microsoft Graph, one file per resource |
//! | `exchange` | Exchange Online's cmdlets over REST |
//! | `arm` | Azure Resource Manager |
//! | `control`, `census`, `show`, `journal` | `/sandbox/`, which is part of no service: controls, and pages to look at |
//! | `redemption` | what an invitee does with the link in the mail |
//! | `page` | the frame of every page |
//! | `tenant` | the state under all of them |
//! | `trouble` | what goes wrong on purpose, and the published limits |
//! | `wire`, `tls` | the connections |
//! | `store` | the state on disk |
//! | `seed` | what a fresh tenant holds |

mod arm;
mod census;
mod clock;
mod control;
mod error;
mod exchange;
mod graph;
mod http;
mod journal;
mod login;
mod odata;
mod page;
mod redemption;
mod router;
mod seed;
mod server;
mod show;
mod store;
mod tenant;
mod tls;
mod trouble;
mod wire;
mod world;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::Error;
pub use server::{Running, start};

/// How a sandbox is to be started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 takes a free one.
    pub http: SocketAddr,
    /// The same over TLS, with a certificate made at the start.
    pub https: Option<SocketAddr>,
    /// Where the authority goes that clients over TLS must trust.
    pub ca_file: Option<PathBuf>,
    /// Other addresses than those of this machine may be listened on.
    pub public: bool,
    pub store: Store,
    /// What a fresh tenant holds; a state file that exists already is taken as it is.
    pub seed: String,
    /// What is to go wrong from the start.
    pub faults: Option<PathBuf>,
    /// Published limits hold.
    pub throttled: bool,
    /// How late the services hear of news: `off`, `realistic` or `cruel`.
    pub delays: Option<Delays>,
    /// How many seconds of the tenant pass in one of the machine.
    pub clock_rate: u32,
    /// How long every request takes at least.
    pub latency: Duration,
}

/// How late the services hear of what is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delays {
    Off,
    Realistic,
    Cruel,
}

impl Options {
    /// On a free port of this machine, where nothing goes wrong.
    pub fn new(store: Store, seed: &str) -> Options {
        Options {
            http: SocketAddr::from(([127, 0, 0, 1], 0)),
            https: None,
            ca_file: None,
            public: false,
            store,
            seed: seed.to_owned(),
            faults: None,
            throttled: false,
            delays: None,
            clock_rate: 1,
            latency: Duration::ZERO,
        }
    }

    /// What the options say of trouble; what they leave out stays as a file of faults has it.
    fn weather(&self) -> trouble::Weather {
        let delays = self.delays.and_then(|delays| {
            trouble::NamedDelays::of(match delays {
                Delays::Off => "off",
                Delays::Realistic => "realistic",
                Delays::Cruel => "cruel",
            })
        });
        trouble::Weather {
            faults: Vec::new(),
            limits: Vec::new(),
            throttling: self.throttled.then_some(trouble::Throttling::Published),
            delays,
            clock_rate: (self.clock_rate > 1).then_some(self.clock_rate),
            latency_milliseconds: (!self.latency.is_zero())
                .then(|| u64::try_from(self.latency.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

/// Where the state lives.
#[derive(Clone, Debug)]
pub enum Store {
    Memory,
    /// A file private to the user, owned by one process at a time.
    File(PathBuf),
}

/// Makes the state in a file that of a fresh seed. A running owner takes `POST /sandbox/reset` instead.
pub fn reset(store: &Path, seed: &str) -> Result<(), Error> {
    let mut fresh = seed::plant(seed)?;
    let mut disk = store::Disk::open_afresh(store)?;
    disk.replace(&mut fresh)
}

/// One address that is imitated.
pub struct Listed {
    pub service: &'static str,
    pub method: &'static str,
    pub path: String,
    /// Permissions of which one is enough.
    pub needs: Vec<&'static str>,
}

/// Everything that is imitated, service by service.
pub fn routes() -> Vec<Listed> {
    let mut all: Vec<Listed> = graph::routes()
        .into_iter()
        .map(|(method, path, needs)| Listed {
            service: "Microsoft Graph",
            method,
            path: path.to_owned(),
            needs: needs.to_vec(),
        })
        .collect();
    all.sort_by_key(|route| route.path.to_lowercase());
    all.extend(arm::routes().map(|(method, path)| Listed {
        service: "Azure Resource Manager",
        method,
        path: path.to_owned(),
        needs: Vec::new(),
    }));
    all.extend(login::routes().map(|(method, path)| Listed {
        service: "Sign-in",
        method,
        path: path.replacen("{}", "{tenant}", 1),
        needs: Vec::new(),
    }));
    all.extend(exchange::routes().map(|(method, path)| Listed {
        service: "Exchange Online",
        method,
        path,
        needs: vec!["Exchange.ManageAsApp"],
    }));
    all
}
