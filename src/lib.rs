//! usher scripts guest management in Microsoft 365.
//!
//! The rooms, from the outside in. A room imports only from those below it; a test holds that.
//!
//! | room | what it does |
//! |---|---|
//! | `cli` | one file per subcommand: parse, run, exit code |
//! | [`sandbox`] | the simulated tenant; imports nothing else of usher and is imported only by `cli` |
//! | [`runs`] | effects: the order of a write, preview, guard, ledger, bulk |
//! | [`transport`] | pace, retry, page |
//! | [`identity`] | credentials and clouds |
//! | [`net`] | the one door to the network: send, loopback guard, record |
//! | [`table`] | rows over shared storage: CSV in and out, text tables |

pub mod identity;
pub mod net;
pub mod runs;
pub mod sandbox;
pub mod table;
pub mod transport;
