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
//! | `control` | `/sandbox/`, which is part of no service |
//! | `tenant` | the state under all of them |
//! | `store` | the state on disk |
//! | `seed` | what a fresh tenant holds |

mod arm;
mod clock;
mod control;
mod error;
mod exchange;
mod graph;
mod http;
mod login;
mod odata;
mod router;
mod seed;
mod server;
mod store;
mod tenant;
mod world;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use error::Error;
pub use server::{Running, start};

/// How a sandbox is to be started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Loopback only; port 0 takes a free one.
    pub http: SocketAddr,
    pub store: Store,
    /// What a fresh tenant holds; a state file that exists already is taken as it is.
    pub seed: String,
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

/// Every route with its method and the permissions of which one is enough.
pub fn routes() -> Vec<(&'static str, &'static str, &'static [&'static str])> {
    graph::routes()
}
