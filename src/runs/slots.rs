//! How many rows are at work at once. A row that waits for a service gives its place to another.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Rows that may wait at the same time; each has a thread.
const MOST_THREADS: usize = 256;

/// Places for rows, and the threads that fill them.
#[derive(Debug)]
pub struct Slots {
    state: Mutex<State>,
    changed: Condvar,
    width: usize,
}

#[derive(Debug)]
struct State {
    /// Threads that run rows, waiting ones among them.
    threads: usize,
    waiting: usize,
    /// No row is left to be begun.
    over: bool,
}

impl Slots {
    pub fn new(width: usize) -> Slots {
        let state = State { threads: 0, waiting: 0, over: false };
        Slots { state: Mutex::new(state), changed: Condvar::new(), width: width.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until another thread is wanted; false when all are done.
    pub fn wants_a_thread(&self) -> bool {
        let mut state = self.state();
        loop {
            if state.over && state.threads == 0 {
                return false;
            }
            let working = state.threads - state.waiting;
            if !state.over && working < self.width && state.threads < MOST_THREADS {
                state.threads += 1;
                return true;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A thread could not be had after all.
    pub fn thread_is_gone(&self) {
        self.state().threads -= 1;
        self.changed.notify_one();
    }

    /// Whether a thread that is through with a row is still wanted for the next.
    pub fn go_on(&self) -> bool {
        let state = self.state();
        !state.over && state.threads - state.waiting <= self.width
    }

    /// No row is left.
    pub fn over(&self) {
        self.state().over = true;
        self.changed.notify_one();
    }

    /// The row of this thread waits, until the guard is dropped.
    pub fn step_aside(&self) -> Aside<'_> {
        self.state().waiting += 1;
        self.changed.notify_one();
        Aside(self)
    }
}

pub struct Aside<'a>(&'a Slots);

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}
