//! PowerShell becomes Rhai source. It knows the catalogue, and nothing of services.

pub mod cmdlets;
pub mod code;
pub mod parse;
pub mod syntax;
