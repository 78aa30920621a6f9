//! The query language that Graph and Azure share: `$filter` as a tree, and what it says about a row.

pub mod filter;
pub mod grammar;
