//! Properties over random input: the same input in every run, unless more is asked for.
//!
//! With `SANDBOX_CHANCES=N` each property is tried N times as often, every time with other input.

use std::cell::RefCell;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Tries a property; what fails is told as the smallest input that was found.
pub fn each<S: Strategy>(cases: u32, strategy: S, test: impl FnMut(S::Value)) {
    let more = std::env::var("SANDBOX_CHANCES").ok().and_then(|times| times.parse::<u32>().ok());
    let random = match more {
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        Some(_) => {
            let (one, two) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
            TestRng::from_seed(RngAlgorithm::ChaCha, &[*one.as_bytes(), *two.as_bytes()].concat())
        }
    };
    let config = Config {
        cases: cases * more.unwrap_or(1),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let test = RefCell::new(test);
    let outcome = TestRunner::new_with_rng(config, random).run(&strategy, |input| {
        (test.borrow_mut())(input);
        Ok(())
    });
    if let Err(trouble) = outcome {
        panic!("{trouble}");
    }
}
