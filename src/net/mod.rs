//! The one door to the network: sends a request, refuses what is not allowed, records what went over the wire.
//!
//! Everything usher sends, sign-in included, goes through a [`Door`]. So the loopback guard of the sandbox and
//! `--record` hold for all of it, and the rest of the program can be tried without a network.

mod door;
mod error;
mod record;
mod redact;

pub use bytes::Bytes;
pub use door::{DEFAULT_TIMEOUT, Door, Guard, Request, Response, is_loopback};
pub use error::Error;
pub use record::Recorder;
pub use redact::{STARS, scrub};
pub use reqwest::Method;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use url::Url;
