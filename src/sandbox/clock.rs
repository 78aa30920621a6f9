//! The one clock of the simulated tenant. Tokens follow the machine's time, data this one.

use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

/// The tenant's time: the machine's, moved ahead by what was asked, and faster where that was asked.
pub struct Clock {
    at: RwLock<Setting>,
}

#[derive(Clone, Copy)]
struct Setting {
    /// Seconds that the tenant was ahead when `since` was now.
    ahead: i64,
    /// How many seconds of the tenant pass in one of the machine.
    rate: u32,
    since: Timestamp,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { at: RwLock::new(Setting { ahead: 0, rate: 1, since: Timestamp::now() }) }
    }
}

impl Setting {
    fn now(self, machine: Timestamp) -> Timestamp {
        let mut ahead = SignedDuration::from_secs(self.ahead);
        if self.rate > 1 {
            let passed = machine.duration_since(self.since);
            ahead =
                ahead.saturating_add(passed.saturating_mul(i32::try_from(self.rate - 1).unwrap_or(i32::MAX)));
        }
        machine.checked_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        self.setting().now(Timestamp::now())
    }

    /// Now, as the services write it: whole seconds, `Z`.
    pub fn stamp(&self) -> String {
        stamp(self.now())
    }

    /// How far the tenant is ahead of the machine, in seconds.
    pub fn ahead(&self) -> i64 {
        let machine = Timestamp::now();
        self.setting().now(machine).duration_since(machine).as_secs()
    }

    pub fn set_ahead(&self, seconds: i64) {
        self.change(|setting| setting.ahead = seconds);
    }

    pub fn rate(&self) -> u32 {
        self.setting().rate
    }

    /// Lets time run faster from now on.
    pub fn set_rate(&self, rate: u32) {
        self.change(|setting| setting.rate = rate.max(1));
    }

    fn setting(&self) -> Setting {
        *self.at.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Setting)) {
        let mut setting = self.at.write().unwrap_or_else(PoisonError::into_inner);
        let machine = Timestamp::now();
        setting.ahead = setting.now(machine).duration_since(machine).as_secs();
        setting.since = machine;
        change(&mut setting);
    }
}

/// A moment as Graph writes it: `2026-01-31T08:00:00Z`.
pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
