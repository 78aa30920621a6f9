//! usher scripts guest management in Microsoft 365.
//!
//! The rooms, from the outside in. A room imports only from those below it; a test holds that.
//!
//! | room | what it does |
//! |---|---|
//! | [`cli`] | one file per subcommand: parse, run, exit code |
//! | [`repl`] | the prompt |
//! | [`sandbox`] | the simulated tenant; imports nothing else of usher and is imported only by `cli` |
//! | [`powershell`] | PowerShell to Rhai source; knows the catalogue, nothing of services |
//! | [`host`] | the only room that knows Rhai: engine, values, schema check, errors, modules |
//! | [`catalogue`] | what verbs there are, as data |
//! | [`verbs`] | one file per noun: options, card, body |
//! | [`runs`] | effects: the order of a write, preview, guard, ledger, bulk |
//! | [`services`] | typed calls: Graph, Exchange, Azure |
//! | [`transport`] | pace, retry, page |
//! | [`identity`] | credentials and clouds |
//! | [`net`] | the one door to the network: send, loopback guard, record |
//! | [`table`] | rows over shared storage: CSV in and out, text tables |
//! | [`disk`], [`terminal`], [`clock`] | the doors to the disk, the terminal and time |
//! | [`problem`], [`words`] | what went wrong, and how it is said |

pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod disk;
pub mod host;
pub mod identity;
pub mod net;
pub mod powershell;
pub mod problem;
pub mod repl;
pub mod runs;
pub mod sandbox;
pub mod services;
pub mod table;
pub mod terminal;
pub mod transport;
pub mod verbs;
pub mod words;
