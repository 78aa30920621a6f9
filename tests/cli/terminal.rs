//! usher at a terminal of 80 by 24, with somebody who may answer.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A command that is being watched.
pub struct Terminal {
    /// Kept as long as it runs, although the test may have let go of it.
    _place: Arc<TempDir>,
    session: OsSession,
    seen: String,
}

impl Terminal {
    pub fn open(command: Command, place: Arc<TempDir>) -> Terminal {
        let mut session = Session::spawn(command).unwrap();
        session.get_process_mut().set_window_size(80, 24).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        Terminal { _place: place, session, seen: String::new() }
    }

    /// Reads on until that was there.
    pub fn sees(&mut self, text: &str) -> &mut Terminal {
        match self.session.expect(text) {
            Ok(found) => self.seen.push_str(&String::from_utf8_lossy(found.as_bytes())),
            Err(error) => {
                let rest = self.session.expect(Eof).map(|rest| rest.as_bytes().to_vec()).unwrap_or_default();
                panic!("waiting for {text:?}: {error}\n{}{}", self.seen, String::from_utf8_lossy(&rest))
            }
        }
        self
    }

    pub fn types(&mut self, keys: &str) -> &mut Terminal {
        self.session.send(keys).unwrap();
        self
    }

    /// Everything that was on the screen, and the exit code.
    pub fn ends(mut self) -> (String, i32) {
        let rest = self.session.expect(Eof).unwrap();
        self.seen.push_str(&String::from_utf8_lossy(rest.as_bytes()));
        match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, code) => (self.seen.replace('\r', ""), code),
            other => panic!("{other:?}\n{}", self.seen),
        }
    }
}
