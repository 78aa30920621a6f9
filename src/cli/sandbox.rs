//! `usher sandbox`: the simulated tenant as a server of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Every address that the sandbox imitates, and the permissions of which one opens it
    Routes,
}

#[derive(Args)]
pub struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    http: SocketAddr,
    /// Where to listen for TLS as well, with a certificate made at the start
    #[arg(long, value_name = "ADDR", requires = "ca_file")]
    https: Option<SocketAddr>,
    /// The file that gets the authority which clients over TLS have to trust
    #[arg(long, value_name = "FILE", requires = "https")]
    ca_file: Option<PathBuf>,
    /// Allow addresses that other machines can reach
    #[arg(long)]
    public: bool,
    /// Keep everything in memory
    #[arg(long, conflicts_with = "state")]
    memory: bool,
    /// Keep the tenant in this file; usher's own when left out
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// What a new tenant looks like
    #[arg(long, value_name = "NAME", default_value = "contoso")]
    seed: String,
    /// How long every request takes at least, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// What is to go wrong: a file of faults in JSON
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Whether the published limits of the services hold
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = Throttling::Off)]
    throttling: Throttling,
    /// How late the services hear of what is new
    #[arg(long, value_name = "WHICH", value_enum)]
    delays: Option<Delays>,
    /// How many seconds pass for the tenant in one of this machine
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    clock_rate: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Throttling {
    Off,
    Published,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Delays {
    Off,
    Realistic,
    Cruel,
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
            Sandbox::Routes => routes(),
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Exit {
    terminal::say(&format!("error: {error}"));
    Exit::Usage
}

impl Serve {
    fn main(self) -> Exit {
        for (option, address) in [("--http", Some(self.http)), ("--https", self.https)] {
            let Some(address) = address.filter(|address| !address.ip().is_loopback()) else { continue };
            if !self.public {
                return failed(&format!(
                    "other machines can reach {address}; say --public if they may, or {option} 127.0.0.1:{}",
                    address.port()
                ));
            }
            terminal::say(&format!(
                "warning: whoever reaches {address} can use this sandbox: its secrets are public"
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
            let options = sandbox::Options {
                http: self.http,
                https: self.https,
                ca_file: self.ca_file,
                public: self.public,
                faults: self.faults,
                throttled: self.throttling == Throttling::Published,
                delays: self.delays.map(|delays| match delays {
                    Delays::Off => sandbox::Delays::Off,
                    Delays::Realistic => sandbox::Delays::Realistic,
                    Delays::Cruel => sandbox::Delays::Cruel,
                }),
                clock_rate: self.clock_rate,
                latency: Duration::from_millis(self.latency),
                ..sandbox::Options::new(store, &self.seed)
            };
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

/// The truth about what is imitated: read off the routes themselves.
fn routes() -> Exit {
    let routes = sandbox::routes();
    let path = |route: &sandbox::Listed| route.path.chars().count();
    let width = routes.iter().map(path).max().unwrap_or(0);
    let mut service = "";
    for route in &routes {
        if route.service != service {
            let gap = if service.is_empty() { "" } else { "\n" };
            service = route.service;
            terminal::tell(&format!("{gap}{service}"));
        }
        let line = format!("  {:<6} {:<width$}  {}", route.method, route.path, route.needs.join(" | "));
        terminal::tell(line.trim_end());
    }
    Exit::Done
}
