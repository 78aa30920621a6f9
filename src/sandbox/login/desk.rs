//! Sign-ins that are under way: codes that were given out and wait to be redeemed. In memory only, as they are short-lived.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// More than this wait for nobody.
const MOST: usize = 1000;

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub struct Code {
    pub app: Uuid,
    pub user: Uuid,
    pub redirect: String,
    /// The challenge, and whether it is a digest of the verifier.
    pub challenge: Option<(String, bool)>,
    pub scope: String,
    pub resource: Option<String>,
    pub nonce: Option<String>,
    /// Milliseconds of the tenant's clock.
    pub expires: i64,
    pub used: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Pending,
    Granted(Uuid),
    Declined,
}

/// A program on some device that waits for a person elsewhere.
#[derive(Clone, Debug)]
pub struct Device {
    pub user_code: String,
    pub app: Uuid,
    pub scope: String,
    pub resource: Option<String>,
    pub verdict: Verdict,
    /// Milliseconds of the tenant's clock, as the next two.
    pub expires: i64,
    pub polled: i64,
    pub interval: i64,
}

#[derive(Default)]
pub struct Waiting {
    pub codes: HashMap<String, Code>,
    pub devices: HashMap<String, Device>,
}

#[derive(Default)]
pub struct Desk {
    waiting: Mutex<Waiting>,
}

impl Desk {
    pub fn open(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn forget(&self) {
        *self.open() = Waiting::default();
    }
}

impl Waiting {
    pub fn hand_out(&mut self, code: Code, now: i64) -> String {
        self.codes.retain(|_, code| code.expires > now);
        if self.codes.len() >= MOST {
            self.codes.clear();
        }
        let name = format!("1.{}", secret());
        self.codes.insert(name.clone(), code);
        name
    }

    pub fn expect(&mut self, device: Device, now: i64) -> String {
        // Expired ones stay a while, so that who still polls hears why there is no token.
        self.devices.retain(|_, device| device.expires + 3_600_000 > now);
        if self.devices.len() >= MOST {
            self.devices.clear();
        }
        let name = secret();
        self.devices.insert(name.clone(), device);
        name
    }

    /// The device that shows a code, or the only one that waits.
    pub fn device(&mut self, user_code: Option<&str>, now: i64) -> Option<&mut Device> {
        let plain = |text: &str| text.replace(['-', ' '], "").to_ascii_uppercase();
        let mut found = self.devices.values_mut().filter(|device| {
            device.expires > now
                && device.verdict == Verdict::Pending
                && user_code.is_none_or(|code| plain(code) == plain(&device.user_code))
        });
        let first = found.next()?;
        if found.next().is_some() { None } else { Some(first) }
    }
}

/// Something nobody guesses.
pub fn secret() -> String {
    URL_SAFE_NO_PAD.encode([*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat())
}
