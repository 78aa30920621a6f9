//! The last requests, for people who look at the sandbox.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::http::Request;

/// So many are kept.
const KEPT: usize = 200;

/// A request and how it was answered.
#[derive(Clone)]
pub struct Seen {
    pub at: Timestamp,
    pub method: http::Method,
    pub path: String,
    /// The cmdlet, where the path does not tell what was asked.
    pub cmdlet: Option<String>,
    /// Nothing where the connection was broken off.
    pub status: Option<u16>,
}

#[derive(Default)]
pub struct Journal(Mutex<VecDeque<Seen>>);

impl Journal {
    pub fn note(&self, request: &Request, status: Option<u16>) {
        let seen = Seen {
            at: Timestamp::now(),
            method: request.method.clone(),
            path: request.path.clone(),
            cmdlet: cmdlet(request),
            status,
        };
        let mut seen_so_far = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen_so_far.len() == KEPT {
            seen_so_far.pop_front();
        }
        seen_so_far.push_back(seen);
    }

    /// The newest first.
    pub fn latest(&self, most: usize) -> Vec<Seen> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().rev().take(most).cloned().collect()
    }
}

/// `"CmdletName":"New-MailContact"`, without reading the whole body as JSON for every request.
fn cmdlet(request: &Request) -> Option<String> {
    if !request.path.ends_with("InvokeCommand") {
        return None;
    }
    let body = std::str::from_utf8(&request.body).ok()?;
    let (_, rest) = body.split_once("\"CmdletName\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}
