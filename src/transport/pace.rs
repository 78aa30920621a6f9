//! How fast each service is called: so many calls at once, and none before a throttled service said.
//!
//! The door is [`Pace::enter`] and [`Pace::learned`]; what is behind it knows nothing of the published limits yet.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Time;
use super::waits::{Reason, Waiting, Waits};
use crate::identity::Service;

const START: usize = 16;
const WIDEST: usize = 64;

/// One pacer per service; clones share it.
#[derive(Debug, Clone)]
pub struct Pace {
    lanes: Arc<[Lane; Service::ALL.len()]>,
    time: Time,
}

/// What a call teaches about its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// It was answered.
    Answered,
    /// It was too much; nobody calls before this long has passed.
    Throttled(Duration),
    /// Nothing is learned: no answer, or one that says nothing of the pace.
    Nothing,
}

#[derive(Debug)]
struct Lane {
    state: Mutex<State>,
    room: Notify,
}

#[derive(Debug)]
struct State {
    width: usize,
    inside: usize,
    /// Answers since the width last changed.
    run: usize,
    narrowed: Option<Instant>,
    not_before: Option<Instant>,
}

impl Lane {
    fn new() -> Lane {
        let state = State { width: START, inside: 0, run: 0, narrowed: None, not_before: None };
        Lane { state: Mutex::new(state), room: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to have one call under way; dropped, it makes room for the next.
#[derive(Debug)]
pub struct Permit {
    pace: Pace,
    service: Service,
    entered: Instant,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let lane = self.pace.lane(self.service);
        lane.state().inside -= 1;
        lane.room.notify_one();
    }
}

/// Calls the next in line, also when this one was called and then given up.
struct PassOn<'a>(&'a Notify);

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Pace {
    pub fn new(time: Time) -> Pace {
        Pace { lanes: Arc::new([Lane::new(), Lane::new(), Lane::new()]), time }
    }

    /// Waits for its turn. Time spent because the service asked for it is shown; waiting for other calls is not.
    pub async fn enter(&self, service: Service, waits: &Waits) -> Permit {
        let lane = self.lane(service);
        loop {
            // In line before looking, so that room that comes free in between is not missed.
            let mut room = pin!(lane.room.notified());
            room.as_mut().enable();
            let hold = {
                let mut state = lane.state();
                let now = Instant::now();
                let hold = state.not_before.map(|at| at.saturating_duration_since(now)).unwrap_or_default();
                if hold.is_zero() && state.inside < state.width {
                    state.inside += 1;
                    state.not_before = None;
                    return Permit { pace: self.clone(), service, entered: now };
                }
                hold
            };
            if hold.is_zero() {
                room.await;
            } else {
                let duration = self.time.meant(hold);
                let _counted = waits.begin(Waiting { service, duration, reason: Reason::Held });
                let _next = PassOn(&lane.room);
                tokio::time::sleep(hold).await;
            }
        }
    }

    /// Takes in what the call with this permit showed.
    pub fn learned(&self, permit: &Permit, lesson: Lesson) {
        let lane = self.lane(permit.service);
        let mut state = lane.state();
        match lesson {
            Lesson::Nothing => {}
            Lesson::Answered => {
                state.run += 1;
                if state.run >= state.width && state.width < WIDEST {
                    state.width += 1;
                    state.run = 0;
                    drop(state);
                    lane.room.notify_one();
                }
            }
            Lesson::Throttled(hold) => {
                let now = Instant::now();
                let until = now + self.time.really(hold);
                state.not_before = Some(state.not_before.map_or(until, |before| before.max(until)));
                state.run = 0;
                // Calls that were under way together are refused together; that is one lesson, not sixteen.
                if state.narrowed.is_none_or(|at| permit.entered > at) {
                    state.width = (state.width / 2).max(1);
                    state.narrowed = Some(now);
                }
            }
        }
    }

    /// How many calls may be under way at once just now.
    pub fn width(&self, service: Service) -> usize {
        self.lane(service).state().width
    }

    fn lane(&self, service: Service) -> &Lane {
        &self.lanes[service as usize]
    }
}
