//! The rooms below the services, against servers that misbehave: the door, the sign-in, the transport.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests as well")]

mod batch;
mod calls;
mod cancel;
mod door;
mod pages;
mod server;
mod sign_in;
