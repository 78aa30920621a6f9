//! Ctrl-C, as the transport sees it.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops waits and requests; clones stop together, until it is renewed.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Cancel {
        Cancel::new()
    }
}

impl Cancel {
    pub fn new() -> Cancel {
        Cancel(Arc::new(watch::Sender::new(false)))
    }

    /// Stops everything that holds a clone.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Begins afresh, for the next line of a prompt.
    pub fn renew(&self) {
        self.0.send_replace(false);
    }

    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is cancelled, at once if it was already.
    pub async fn cancelled(&self) {
        let mut seen = self.0.subscribe();
        // An error means that the sender is gone, which `self` rules out.
        let _ = seen.wait_for(|cancelled| *cancelled).await;
    }
}
