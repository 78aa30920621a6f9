//! What happens to a write between the script and the service.

pub mod filter;
pub mod ledger;
