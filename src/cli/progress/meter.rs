//! How far a bulk is: counts, rate, time left, and what it waits for, whoever shows it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::transport::{Reason, Waiting};
use crate::words::thousands;

/// The rate is that of the last half minute: what was slow an hour ago says nothing of what is left.
const LOOK_BACK: Duration = Duration::from_secs(30);
/// Shorter waits are the pace itself, and nothing to tell of.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// One bulk under way.
pub struct Meter {
    pub title: String,
    pub rows: usize,
    /// Through, in whatever way; those that an earlier run did among them.
    pub through: usize,
    pub failed: usize,
    pub waiting: usize,
    found_done: usize,
    /// When how many rows were through that this run did: at most one a second.
    samples: VecDeque<(Instant, usize)>,
    wait: Option<Wait>,
}

/// What is waited for.
#[derive(Clone)]
pub struct Wait {
    service: String,
    why: String,
    /// Takes the place of the whole sentence.
    instead: Option<String>,
    until: Instant,
}

impl Wait {
    /// A wait long enough to tell of.
    pub fn of(waiting: Waiting, now: Instant) -> Option<Wait> {
        let why = match waiting.reason {
            Reason::Throttled | Reason::Held => "throttled",
            Reason::Paced => "kept to the pace it allows",
            Reason::Unavailable => "out of order",
            Reason::Unreachable => "no connection",
            Reason::Unseen => "it does not see yet what was made",
        };
        (waiting.duration >= WORTH_TELLING).then(|| Wait {
            service: waiting.service.name().to_owned(),
            why: why.to_owned(),
            instead: None,
            until: now + waiting.duration,
        })
    }

    /// "waiting for Graph: throttled, 12 s".
    pub fn words(&self, now: Instant) -> String {
        match &self.instead {
            Some(words) => words.clone(),
            None => format!("waiting for {}: {}, {}", self.service, self.why, short(self.left(now))),
        }
    }

    fn left(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }
}

impl Meter {
    pub fn new(title: &str, rows: usize, now: Instant) -> Meter {
        Meter {
            title: title.to_owned(),
            rows,
            through: 0,
            failed: 0,
            waiting: 0,
            found_done: 0,
            samples: VecDeque::from([(now, 0)]),
            wait: None,
        }
    }

    pub fn row_ends(&mut self, failed: bool, now: Instant) {
        self.through += 1;
        self.failed += usize::from(failed);
        self.sample(now);
    }

    /// Rows that were through before; they do not make this run any faster.
    pub fn found_done(&mut self, rows: usize) {
        self.through += rows;
        self.found_done += rows;
    }

    pub fn row_waits(&mut self, waiting: bool) {
        match waiting {
            true => self.waiting += 1,
            false => self.waiting = self.waiting.saturating_sub(1),
        }
    }

    /// The longest wait is the one to tell of.
    pub fn waits(&mut self, wait: Wait, now: Instant) {
        let longer = self.current_wait(now).is_none_or(|known| known.until <= wait.until);
        if longer {
            self.wait = Some(wait);
        }
    }

    pub fn waits_to_see(&mut self, service: &str, what: &str, now: Instant) {
        let instead = Some(format!("{service} does not see {what} yet"));
        let why = "it does not see yet what was made".to_owned();
        // Nobody knows how long it takes; the next one takes its place, or it has passed.
        let until = now + Duration::from_secs(10);
        self.waits(Wait { service: service.to_owned(), why, instead, until }, now);
    }

    fn sample(&mut self, now: Instant) {
        let own = self.through - self.found_done;
        if self.samples_are_close(now) {
            self.samples.pop_back();
        }
        self.samples.push_back((now, own));
        while self.samples.len() > 2 && now.saturating_duration_since(self.samples[1].0) > LOOK_BACK {
            self.samples.pop_front();
        }
    }

    /// Whether the next sample may take the last one's place.
    fn samples_are_close(&self, now: Instant) -> bool {
        let before = self.samples.len().checked_sub(2).map(|at| self.samples[at].0);
        before.is_some_and(|before| now.saturating_duration_since(before) < Duration::from_secs(1))
    }

    /// Rows a second.
    pub fn rate(&self, now: Instant) -> f64 {
        let Some((since, count)) = self.samples.front() else { return 0.0 };
        let took = now.saturating_duration_since(*since).as_secs_f64();
        let own = self.through - self.found_done;
        if took <= 0.0 { 0.0 } else { (own - count) as f64 / took }
    }

    pub fn left(&self, now: Instant) -> Option<Duration> {
        let rate = self.rate(now);
        let rows = self.rows.saturating_sub(self.through);
        (rate > 0.0 && rows > 0).then(|| Duration::try_from_secs_f64(rows as f64 / rate).ok()).flatten()
    }

    fn current_wait(&self, now: Instant) -> Option<&Wait> {
        self.wait.as_ref().filter(|wait| wait.until > now)
    }

    /// "120/400 · 3 failed · 2 waiting · 12 rows/s · 23 s left"; what is waited for takes the place of the
    /// rate, which says nothing while all stands still.
    pub fn words(&self, now: Instant) -> String {
        let mut parts = vec![format!("{}/{}", thousands(self.through), thousands(self.rows))];
        if self.failed > 0 {
            parts.push(format!("{} failed", thousands(self.failed)));
        }
        if self.waiting > 0 {
            parts.push(format!("{} waiting", thousands(self.waiting)));
        }
        match self.current_wait(now) {
            Some(wait) => parts.push(wait.words(now)),
            None if self.through == self.found_done => {}
            None => {
                let rate = self.rate(now);
                parts.push(if rate >= 9.5 {
                    format!("{} rows/s", thousands(rate.round() as usize))
                } else {
                    format!("{rate:.1} rows/s")
                });
                parts.extend(self.left(now).map(|left| format!("{} left", short(left))));
            }
        }
        parts.join(" · ")
    }

    /// The same for programs.
    pub fn object(&self, event: &str, now: Instant) -> Value {
        let wait = self.current_wait(now);
        json!({
            "progress": event,
            "time": jiff::Timestamp::now(),
            "title": self.title,
            "rows": self.rows,
            "through": self.through,
            "failed": self.failed,
            "waiting": self.waiting,
            "rate": (self.rate(now) * 10.0).round() / 10.0,
            "secondsLeft": self.left(now).map(|left| left.as_secs()),
            "waitingFor": wait.map(|wait| json!({
                "service": wait.service,
                "why": wait.instead.as_ref().unwrap_or(&wait.why),
                "seconds": wait.left(now).as_secs(),
            })),
        })
    }
}

/// "12 s", "3 min 20 s", "2 h 5 min".
pub fn short(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if seconds % 3600 < 60 => format!("{} h", seconds / 3600),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Service;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn rows_that_were_done_before_count_as_through_and_not_as_speed() {
        let start = Instant::now();
        let mut meter = Meter::new("guests.csv", 400, start);
        meter.found_done(300);
        for second in 1..=10 {
            meter.row_ends(false, after(start, second));
        }
        let now = after(start, 10);
        assert_eq!(meter.words(now), "310/400 · 1.0 rows/s · 1 min 30 s left");
    }

    #[test]
    fn the_rate_is_that_of_the_last_half_minute() {
        let start = Instant::now();
        let mut meter = Meter::new("guests.csv", 10_000, start);
        for second in 1..=100 {
            meter.row_ends(false, after(start, second));
        }
        for second in 101..=160 {
            (0..20).for_each(|_| meter.row_ends(false, after(start, second)));
        }
        let rate = meter.rate(after(start, 160));
        assert!((19.0..21.0).contains(&rate), "{rate}");
    }

    #[test]
    fn a_wait_is_told_of_until_it_is_over() {
        let start = Instant::now();
        let mut meter = Meter::new("guests.csv", 4, start);
        meter.row_ends(true, after(start, 1));
        meter.row_waits(true);
        let waiting = |seconds, reason| Waiting {
            service: Service::Graph,
            duration: Duration::from_secs(seconds),
            reason,
        };
        let wait = Wait::of(waiting(12, Reason::Throttled), after(start, 1)).unwrap();
        meter.waits(wait, after(start, 1));
        // A shorter one does not hide the longer.
        let wait = Wait::of(waiting(2, Reason::Unreachable), after(start, 2)).unwrap();
        meter.waits(wait, after(start, 2));
        let words = "1/4 · 1 failed · 1 waiting · waiting for Graph: throttled, 10 s";
        assert_eq!(meter.words(after(start, 3)), words);
        meter.row_waits(false);
        assert!(meter.words(after(start, 14)).starts_with("1/4 · 1 failed · 0.1 rows/s"));
        meter.waits_to_see("Exchange", "`ann@fabrikam.example`", after(start, 14));
        assert!(meter.words(after(start, 15)).ends_with("Exchange does not see `ann@fabrikam.example` yet"));
        let wait = Waiting { duration: Duration::from_millis(300), ..waiting(0, Reason::Held) };
        assert!(Wait::of(wait, start).is_none());
    }

    #[test]
    fn times_are_short() {
        let short = |seconds| super::short(Duration::from_secs(seconds));
        assert_eq!(
            [0, 59, 60, 61, 3600, 7500].map(short),
            ["0 s", "59 s", "1 min", "1 min 1 s", "1 h", "2 h 5 min"]
        );
    }
}
