//! `usher runs export`: a run as lines of JSON that an auditor can check without usher.

use clap::Args;
use serde_json::json;

use super::super::exit::Exit;
use super::object;
use crate::runs::ledger::{Error, Ledger};
use crate::terminal;

#[derive(Args)]
pub struct Export {
    /// The run: its name or id, the beginning of either, or `last`
    #[arg(value_name = "ID")]
    run: String,
}

impl Export {
    pub fn main(self, ledger: &Ledger) -> Result<Exit, Error> {
        let run = ledger.run(&self.run)?;
        let mut header = json!({ "export": "usher run", "version": 1 });
        if let (Some(header), Some(facts)) = (header.as_object_mut(), object(&run).as_object()) {
            header.extend(facts.clone());
        }
        terminal::tell(&header.to_string());
        for entry in ledger.entries(&run.id)? {
            let entry = entry?;
            let line = json!({
                "seq": entry.seq,
                "kind": entry.kind.word(),
                // To the microsecond, as the chain has it.
                "at": format!("{:.6}", entry.at),
                "of": entry.of,
                "status": entry.status,
                "value": entry.value,
                "salt": entry.salt,
                "digest": entry.digest,
                "hash": entry.hash,
            });
            terminal::tell(&line.to_string());
        }
        Ok(Exit::Done)
    }
}
