//! `usher sandbox`: the simulated tenant as a server of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::{home, runtime};
use crate::{disk, sandbox, terminal};

#[derive(Subcommand)]
pub enum Sandbox {
    /// Serve a sandbox until Ctrl-C; prints one line of JSON when ready
    Serve(Serve),
    /// Put the sandbox back to how its seed has it
    Reset(Reset),
}

#[derive(Args)]
pub struct Serve {
    /// Where to listen, on this machine
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    http: SocketAddr,
    /// Keep everything in memory
    #[arg(long, conflicts_with = "state")]
    memory: bool,
    /// Keep the tenant in this file; usher's own when left out
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// What a new tenant looks like
    #[arg(long, value_name = "NAME", default_value = "contoso")]
    seed: String,
}

#[derive(Args)]
pub struct Reset {
    /// The file that the tenant is kept in; usher's own when left out
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// What it looks like afterwards
    #[arg(long, value_name = "NAME", default_value = "contoso")]
    seed: String,
}

fn own_state() -> PathBuf {
    home().join("sandbox").join("contoso.sqlite")
}

impl Sandbox {
    pub fn main(self) -> Exit {
        match self {
            Sandbox::Serve(serve) => serve.main(),
            Sandbox::Reset(reset) => reset.main(),
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Exit {
    terminal::say(&format!("error: {error}"));
    Exit::Usage
}

impl Serve {
    fn main(self) -> Exit {
        if !self.http.ip().is_loopback() {
            return failed(&format!(
                "a sandbox is served on this machine only: --http 127.0.0.1:{}",
                self.http.port()
            ));
        }
        let store = match self.memory {
            true => sandbox::Store::Memory,
            false => {
                let state = self.state.unwrap_or_else(own_state);
                if let Some(folder) = state.parent().filter(|folder| !folder.as_os_str().is_empty())
                    && let Err(error) = disk::private_folder(folder)
                {
                    return failed(&error);
                }
                sandbox::Store::File(state)
            }
        };
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return failed(&error),
        };
        runtime.block_on(async {
            let options = sandbox::Options { http: self.http, store, seed: self.seed };
            match sandbox::start(options).await {
                Ok(running) => {
                    terminal::tell(&running.connection().to_string());
                    ended().await;
                    running.stop().await;
                    Exit::Done
                }
                Err(sandbox::Error::InUse { url }) => {
                    failed(&format!("another usher serves this sandbox already, at {url}"))
                }
                Err(error) => failed(&error),
            }
        })
    }
}

/// Ctrl-C, or a polite end from outside.
async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

impl Reset {
    fn main(self) -> Exit {
        let state = self.state.unwrap_or_else(own_state);
        match sandbox::reset(&state, &self.seed) {
            Ok(()) => {
                terminal::say(&format!("the sandbox is as the seed `{}` has it", self.seed));
                Exit::Done
            }
            Err(sandbox::Error::InUse { url }) => failed(&format!(
                "another usher serves this sandbox, at {url}; end it first, or call sandbox::reset() there"
            )),
            Err(error) => failed(&error),
        }
    }
}
