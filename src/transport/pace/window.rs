//! The arithmetic of limits: how much was used in the last so many seconds, and buckets that fill again.
//!
//! Moments are seconds since the pacer began, by the service's clock; nothing here looks at a clock of its own.

use std::collections::VecDeque;

/// Nothing is asked for about times longer ago.
const HORIZON: f64 = 310.0;
/// What happens closer together than this is one entry.
const GRAIN: f64 = 0.02;
/// Beyond this, what is long ago is remembered less exactly.
const ENTRIES: usize = 4096;
/// Sums of fractions are not exact.
const CLOSE: f64 = 1e-6;

/// What was used, and when: sums over any time that has just passed.
#[derive(Debug, Default)]
pub struct Log {
    /// Each with all that was used until then.
    entries: VecDeque<Entry>,
    /// When the newest entry was begun.
    begun: f64,
    total: f64,
    forgotten: f64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: f64,
    total: f64,
}

impl Log {
    pub fn add(&mut self, at: f64, amount: f64) {
        if amount <= 0.0 {
            return;
        }
        let at = self.entries.back().map_or(at, |newest| newest.at.max(at));
        self.total += amount;
        match self.entries.back_mut() {
            // It counts as of the later moment, so that it is never forgotten too early.
            Some(newest) if at - self.begun < GRAIN => *newest = Entry { at, total: self.total },
            _ => {
                self.begun = at;
                self.entries.push_back(Entry { at, total: self.total });
            }
        }
        while let Some(oldest) = self.entries.front().copied().filter(|oldest| oldest.at < at - HORIZON) {
            self.forgotten = oldest.total;
            self.entries.pop_front();
        }
        if self.entries.len() > ENTRIES {
            let old = ENTRIES / 2;
            let mut n = 0;
            // The later of two keeps the sum of both.
            self.entries.retain(|_| {
                n += 1;
                n > old || n % 2 == 0
            });
        }
    }

    /// All that was ever used.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// All that was used until then.
    pub fn until(&self, moment: f64) -> f64 {
        match self.entries.partition_point(|entry| entry.at <= moment) {
            0 => self.forgotten,
            after => self.entries[after - 1].total,
        }
    }

    /// How much was used in the last so many seconds.
    pub fn used(&self, now: f64, seconds: f64) -> f64 {
        // A moment that was computed as this long ago is this long ago.
        self.total - self.until(now - seconds + CLOSE)
    }

    /// The first use after a moment.
    pub fn first_after(&self, moment: f64) -> Option<f64> {
        self.entries.get(self.entries.partition_point(|entry| entry.at <= moment)).map(|entry| entry.at)
    }

    /// From when on no more than this counts as used in the last so many seconds, if nothing is added.
    pub fn down_to(&self, most: f64, seconds: f64) -> f64 {
        let gone = self.total - most - CLOSE;
        if gone <= self.forgotten {
            return f64::NEG_INFINITY;
        }
        let last = self.entries.partition_point(|entry| entry.total < gone);
        self.entries.get(last).map_or(f64::NEG_INFINITY, |entry| entry.at + seconds)
    }
}

/// Whether there is room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Room {
    Now,
    /// Not before then.
    At(f64),
    /// When something that is under way has been answered.
    AfterAnswer,
}

/// So much in so many seconds, wherever these begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub most: f64,
    pub seconds: f64,
}

impl Window {
    /// Room for an amount beside what is under way. What is more than a whole window allows goes alone.
    pub fn room(&self, log: &Log, under_way: f64, now: f64, amount: f64) -> Room {
        let used = log.used(now, self.seconds) + under_way;
        if used + amount <= self.most + CLOSE || used <= CLOSE {
            return Room::Now;
        }
        let beside = (self.most - amount).max(0.0) - under_way;
        if beside < -CLOSE {
            return Room::AfterAnswer;
        }
        Room::At(log.down_to(beside, self.seconds).max(now))
    }

    /// The least time that so much takes, when the window is empty at first.
    pub fn least(&self, amount: f64) -> f64 {
        ((amount / self.most).ceil() - 1.0).max(0.0) * self.seconds
    }
}

/// A bucket of so many, into which so many come back in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    pub size: f64,
    pub per_second: f64,
    left: f64,
    at: f64,
}

impl Bucket {
    pub fn full(size: f64, per_second: f64) -> Bucket {
        Bucket { size, per_second, left: size, at: 0.0 }
    }

    fn fill(&mut self, now: f64) {
        let since = (now - self.at).max(0.0);
        self.left = (self.left + since * self.per_second).min(self.size);
        self.at = self.at.max(now);
    }

    pub fn room(&mut self, now: f64, amount: f64) -> Room {
        self.fill(now);
        // More than the bucket ever holds goes when it is full.
        let missing = amount.min(self.size) - self.left;
        if missing <= CLOSE { Room::Now } else { Room::At(now + missing / self.per_second) }
    }

    pub fn take(&mut self, now: f64, amount: f64) {
        self.fill(now);
        self.left -= amount;
    }

    /// The service says how many are left; so many more are on their way to it.
    pub fn told(&mut self, now: f64, remaining: f64, under_way: f64) {
        self.fill(now);
        // A larger number than it is published to hold: this bucket is another one.
        self.size = self.size.max(remaining);
        self.left = self.left.min(remaining - under_way);
    }

    /// The service says that there is nothing left.
    pub fn empty(&mut self, now: f64) {
        self.fill(now);
        self.left = self.left.min(0.0);
    }

    /// The least time that so much takes, from a full bucket.
    pub fn least(&self, amount: f64) -> f64 {
        ((amount - self.size) / self.per_second).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_window_is_used_at_once_and_then_waited_for() {
        let (window, mut log) = (Window { most: 3.0, seconds: 10.0 }, Log::default());
        for at in [0.0, 1.0, 2.0] {
            assert_eq!(window.room(&log, 0.0, at, 1.0), Room::Now);
            log.add(at, 1.0);
        }
        assert_eq!(window.room(&log, 0.0, 3.0, 1.0), Room::At(10.0));
        assert_eq!(window.room(&log, 0.0, 3.0, 2.0), Room::At(11.0));
        assert_eq!(window.room(&log, 0.0, 10.0, 1.0), Room::Now);
        assert_eq!(window.room(&log, 3.0, 20.0, 1.0), Room::AfterAnswer);
        assert_eq!((window.least(3.0), window.least(4.0), window.least(6.0)), (0.0, 10.0, 10.0));
    }

    #[test]
    fn what_is_larger_than_the_window_goes_alone() {
        let (window, mut log) = (Window { most: 3.0, seconds: 10.0 }, Log::default());
        assert_eq!(window.room(&log, 0.0, 0.0, 5.0), Room::Now);
        log.add(0.0, 5.0);
        assert_eq!(window.room(&log, 0.0, 1.0, 1.0), Room::At(10.0));
    }

    #[test]
    fn a_bucket_believes_the_service() {
        let mut bucket = Bucket::full(200.0, 10.0);
        bucket.told(0.0, 50.0, 5.0);
        assert_eq!(bucket.room(0.0, 45.0), Room::Now);
        assert_eq!(bucket.room(0.0, 46.0), Room::At(0.1));
        bucket.told(0.0, 1199.0, 0.0);
        assert_eq!((bucket.size, bucket.least(1199.0)), (1199.0, 0.0));
    }

    proptest! {
        /// Whoever sends as soon as there is room never sends more than a window allows, wherever one looks,
        /// and wastes no more than the grain of the memory.
        #[test]
        fn no_window_anywhere_holds_more_than_it_may(
            most in 1_u32..60, seconds in 0.5_f64..20.0, steps in prop::collection::vec((0.0_f64..0.3, 1_u32..4), 1..300),
        ) {
            let (window, mut log) = (Window { most: f64::from(most), seconds }, Log::default());
            let mut sent: Vec<(f64, f64)> = Vec::new();
            let mut now = 0.0;
            for (pause, amount) in steps {
                now += pause;
                let amount = f64::from(amount.min(most));
                let asked = now;
                if let Room::At(at) = window.room(&log, 0.0, now, amount) {
                    prop_assert!(at >= now);
                    now = at;
                }
                prop_assert_eq!(window.room(&log, 0.0, now, amount), Room::Now);
                let used = |now: f64| -> f64 {
                    sent.iter().filter(|(at, _)| *at > now - seconds + 2.0 * CLOSE).map(|(_, amount)| amount).sum()
                };
                prop_assert!(used(now) + amount <= f64::from(most) + 1e-6);
                if now > asked {
                    prop_assert!(used(now - GRAIN * 1.5 - 1e-6) + amount > f64::from(most) - 1e-6 || now - asked <= GRAIN * 1.5);
                }
                log.add(now, amount);
                sent.push((now, amount));
            }
        }

        /// Over any stretch of time a bucket gives no more than it holds and what comes back meanwhile.
        #[test]
        fn a_bucket_gives_no_more_than_it_holds_and_gets_back(
            size in 1_u32..50, per_second in 0.5_f64..30.0, pauses in prop::collection::vec(0.0_f64..0.2, 1..200),
        ) {
            let size = f64::from(size);
            let mut bucket = Bucket::full(size, per_second);
            let mut taken: Vec<f64> = Vec::new();
            let mut now = 0.0;
            for pause in pauses {
                now += pause;
                if let Room::At(at) = bucket.room(now, 1.0) {
                    now = at;
                }
                bucket.take(now, 1.0);
                taken.push(now);
                let first = taken.len().saturating_sub(120);
                for (n, from) in taken.iter().enumerate().skip(first) {
                    let count = (taken.len() - n) as f64;
                    prop_assert!(count <= size + (now - from) * per_second + 1e-3);
                }
            }
            prop_assert!(now + 1e-6 >= bucket.least(taken.len() as f64));
        }

        #[test]
        fn a_log_sums_what_it_was_given(uses in prop::collection::vec((0.0_f64..3.0, 0.1_f64..5.0), 1..400), seconds in 0.1_f64..300.0) {
            let mut log = Log::default();
            let mut now = 0.0;
            let mut all = Vec::new();
            for (pause, amount) in uses {
                now += pause;
                log.add(now, amount);
                all.push((now, amount));
            }
            let since = |age: f64| all.iter().filter(|(at, _)| *at > now - age).map(|(_, amount)| amount).sum::<f64>();
            let used = log.used(now, seconds);
            prop_assert!(used >= since(seconds) - 1e-6 && used <= since(seconds + GRAIN) + 1e-6);
        }
    }
}
