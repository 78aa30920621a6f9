//! Who calls: credentials, clouds, tokens.
//!
//! One sign-in serves Graph, Exchange and Azure: [`Credentials`] gives a [`Token`] for each [`Service`], made anew
//! when it is about to end.

mod claims;
mod client_secret;
mod credentials;
mod endpoints;
mod error;
mod profile;
mod profiles;
mod sandbox;
mod secret;
pub mod settings;

pub use claims::{Claims, claims};
pub use credentials::{Credentials, Token};
pub use endpoints::{Cloud, Endpoints, Scopes, Service};
pub use error::{Error, Refusal};
pub use profile::{Addresses, Method, Profile, SecretFrom};
pub use profiles::Profiles;
pub use sandbox::SandboxConnection;
pub use secret::Secret;
