//! The door to sleeping: tests let time pass faster, and nothing else differs.

use std::time::Duration;

/// How fast time passes for waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    speed: u32,
}

impl Time {
    /// A second is a second.
    pub fn real() -> Time {
        Time { speed: 1 }
    }

    /// This many seconds of waiting in one.
    pub fn faster(speed: u32) -> Time {
        Time { speed: speed.max(1) }
    }

    /// How long a wait really takes.
    pub(super) fn really(self, wait: Duration) -> Duration {
        wait / self.speed
    }

    /// How long a wait was meant to be that really took this long.
    pub(super) fn meant(self, took: Duration) -> Duration {
        took.saturating_mul(self.speed)
    }

    pub(super) async fn sleep(self, wait: Duration) {
        tokio::time::sleep(self.really(wait)).await;
    }
}
