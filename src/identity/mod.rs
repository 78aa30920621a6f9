//! Who calls: credentials, clouds, tokens.
//!
//! One sign-in serves Graph, Exchange and Azure: [`Credentials`] gives a [`Token`] for each [`Service`], made anew
//! when it is about to end.

//!
//! | file | what it does |
//! |---|---|
//! | `credentials`, `token` | tokens by service, asked for once and kept while they last |
//! | `app`, `certificate` | an app for itself: secret, certificate, the platform's token |
//! | `people`, `browser`, `device`, `person` | somebody who signs in |
//! | `elsewhere` | tokens that others make: Azure's machines, the Azure CLI, an environment variable |
//! | `store`, `seal` | what is kept between commands |
//! | `line` | the way of Microsoft's own library to the network |

mod app;
mod browser;
mod certificate;
mod claims;
mod credentials;
mod device;
mod elsewhere;
mod endpoints;
mod error;
mod line;
mod people;
mod person;
mod profile;
mod profiles;
mod sandbox;
mod seal;
mod secret;
pub mod settings;
mod store;
mod token;

pub use claims::{Claims, claims};
pub use credentials::{Credentials, Fresh};
pub use endpoints::{Cloud, Endpoints, Scopes, Service};
pub use error::{Error, Refusal};
pub use person::{Nobody, Pause, Person};
pub use profile::{Addresses, Method, Profile, SecretFrom};
pub use profiles::Profiles;
pub use sandbox::SandboxConnection;
pub use secret::Secret;
pub use store::TokenStore;
pub use token::{Token, challenge};
