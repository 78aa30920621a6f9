//! Waiting that can be seen: whoever shows progress is told of each wait as it begins, and how long it was in all.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Time;
use crate::identity::Service;

/// A wait that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub service: Service,
    pub duration: Duration,
    pub reason: Reason,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The service told this call to slow down.
    Throttled,
    /// The service told another call to slow down.
    Held,
    /// More would be over the limit of the service: usher keeps to it by itself.
    Paced,
    /// The service is out of order for a moment.
    Unavailable,
    /// There is no connection.
    Unreachable,
    /// The service does not see yet what was just made.
    Unseen,
}

type Observer = Arc<dyn Fn(Waiting) + Send + Sync>;

/// Counts waits and tells of them; clones count together.
#[derive(Clone)]
pub struct Waits {
    observer: Option<Observer>,
    total: Arc<Mutex<Total>>,
    time: Time,
}

/// Calls that wait at the same time wait once: a run that stood still for ten seconds waited ten seconds.
#[derive(Default)]
struct Total {
    waiting: usize,
    since: Option<Instant>,
    before: Duration,
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").field("waited", &self.waited()).finish_non_exhaustive()
    }
}

impl Waits {
    pub(super) fn new(observer: Option<Observer>, time: Time) -> Waits {
        Waits { observer, total: Arc::default(), time }
    }

    /// The same observer by another clock, counting from now.
    pub(super) fn at(&self, time: Time) -> Waits {
        Waits::new(self.observer.clone(), time)
    }

    /// For how long at least one call was waiting.
    pub fn waited(&self) -> Duration {
        let total = self.total();
        self.time.meant(total.before + total.since.map(|since| since.elapsed()).unwrap_or_default())
    }

    /// Tells of a wait and counts it until the guard is dropped, which is also when it is cancelled.
    pub(super) fn begin(&self, waiting: Waiting) -> Counted<'_> {
        let Waiting { service, duration, reason } = waiting;
        tracing::debug!(service = service.name(), ?duration, ?reason, "waiting");
        if let Some(observer) = &self.observer {
            observer(waiting);
        }
        let mut total = self.total();
        total.waiting += 1;
        total.since.get_or_insert_with(Instant::now);
        drop(total);
        Counted(self)
    }

    fn total(&self) -> MutexGuard<'_, Total> {
        self.total.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Counted<'a>(&'a Waits);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut total = self.0.total();
        total.waiting -= 1;
        if total.waiting == 0
            && let Some(since) = total.since.take()
        {
            total.before += since.elapsed();
        }
    }
}
