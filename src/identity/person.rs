//! The person who signs in, as far as a sign-in needs one: told where to go, and waited for.

use std::time::Duration;

use async_trait::async_trait;

/// Why a sign-in waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Somebody types a code elsewhere.
    ForSomebody,
    /// The sign-in service asked to come back later.
    Busy,
}

/// Who is told what to do. A run has nobody: only `usher login` asks people.
#[async_trait]
pub trait Person: Send + Sync {
    /// Whether there is anybody to ask.
    fn is_there(&self) -> bool {
        true
    }

    /// Somebody is to open this address in a browser on this machine.
    fn browse(&self, address: &str);

    /// Somebody is to open this page in a browser anywhere and type the code. `message` is the service's own sentence.
    fn type_code(&self, page: &str, code: &str, message: &str);

    /// Waits; tests have another idea of time.
    async fn wait(&self, how_long: Duration, _why: Pause) {
        tokio::time::sleep(how_long).await;
    }
}

/// Nobody: a run of a script, a pipeline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Person for Nobody {
    fn is_there(&self) -> bool {
        false
    }

    fn browse(&self, _: &str) {}

    fn type_code(&self, _: &str, _: &str, _: &str) {}
}
