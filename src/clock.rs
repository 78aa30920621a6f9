//! The door to time. On a sandbox the clock follows the tenant's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A clock that can be set ahead, for tests and for a tenant whose clock was moved.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed));
        Timestamp::now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// What the clock on the wall says, wherever the tenant's stands: hours that people mean.
    pub fn on_the_wall(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Makes `now` run this far ahead of the machine.
    pub fn set_ahead(&self, by: SignedDuration) {
        self.ahead_ms.store(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}
