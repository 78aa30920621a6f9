//! The person at the terminal, who is told where to sign in.

use std::time::Duration;

use async_trait::async_trait;

use crate::identity::{Pause, Person};
use crate::terminal;

#[derive(Default)]
pub struct Terminal;

#[async_trait]
impl Person for Terminal {
    fn browse(&self, address: &str) {
        terminal::say(&format!(
            "sign in in the browser that opens now; if none does, open this address on this machine:\n\n  {address}\n"
        ));
        let address = address.to_owned();
        // Some browsers hold on to whoever starts them until they are closed.
        std::thread::spawn(move || {
            let _ = webbrowser::open(&address);
        });
    }

    fn type_code(&self, page: &str, code: &str, _: &str) {
        terminal::say(&format!(
            "open {} in a browser on any machine, and type the code {}\n\
             only do so if you have begun this sign-in yourself",
            plain(page),
            plain(code)
        ));
    }

    async fn wait(&self, how_long: Duration, why: Pause) {
        if why == Pause::Busy {
            let seconds = crate::words::count(how_long.as_secs().max(1) as usize, "second");
            terminal::say(&format!("the sign-in service is busy; asking again in {seconds}"));
        }
        tokio::time::sleep(how_long).await;
    }
}

/// Without what moves a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
