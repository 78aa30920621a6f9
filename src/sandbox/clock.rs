//! The one clock of the simulated tenant. Tokens follow the machine's time, data this one.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The tenant's time: the machine's, moved ahead by what was asked.
#[derive(Default)]
pub struct Clock {
    ahead_seconds: AtomicI64,
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead());
        Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Now, as the services write it: whole seconds, `Z`.
    pub fn stamp(&self) -> String {
        stamp(self.now())
    }

    pub fn ahead(&self) -> i64 {
        self.ahead_seconds.load(Ordering::Relaxed)
    }

    pub fn set_ahead(&self, seconds: i64) {
        self.ahead_seconds.store(seconds, Ordering::Relaxed);
    }
}

/// A moment as Graph writes it: `2026-01-31T08:00:00Z`.
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
