//! Signing in, against the sandbox's sign-in service: every way, what is refused, and what is kept.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod apps;
mod keeping;
mod people;
#[path = "../sandbox_support/mod.rs"]
mod sandbox_support;
mod somebody;
