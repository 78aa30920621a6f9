//! Whether calls of Graph are done sooner in batches than one by one, with so many in flight, at several latencies.
//!
//! `cargo bench --bench batches` prints a line for each; nothing is asserted. Rows send their calls one after the other, so
//! that no more than one call of each row can ever be gathered: a batch here holds what all rows want at the same moment,
//! which is the best that gathering can do.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::json;
use usher::identity::{Credentials, SandboxConnection};
use usher::net::{Door, Guard};
use usher::sandbox::{Options, Store, start};
use usher::transport::{Call, Method, Transport};

const CALLS: usize = 4_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        for latency in [0, 20, 100] {
            for in_flight in [16, 64] {
                for writes in [false, true] {
                    let calls = if latency == 100 { CALLS / 4 } else { CALLS };
                    let alone = measured(latency, in_flight, writes, calls, false).await;
                    let batched = measured(latency, in_flight, writes, calls, true).await;
                    println!(
                        "{latency:>3} ms, {in_flight} in flight, {}: {:>6.0} calls/s alone, {:>6.0} in batches, {:.2} times as many",
                        if writes { "writes" } else { "reads " },
                        calls as f64 / alone.as_secs_f64(),
                        calls as f64 / batched.as_secs_f64(),
                        alone.as_secs_f64() / batched.as_secs_f64()
                    );
                }
            }
        }
    });
}

async fn measured(latency: u64, in_flight: usize, writes: bool, calls: usize, batched: bool) -> Duration {
    let mut options = Options::new(Store::Memory, "contoso");
    options.latency = Duration::from_millis(latency);
    let sandbox = start(options).await.expect("a sandbox");
    let door = Door::new(Guard::LoopbackOnly, None).expect("a door");
    let connection = SandboxConnection::fetch(&door, sandbox.url()).await.expect("a sandbox is there");
    let endpoints = connection.endpoints();
    let secret = connection.client_secret.clone();
    let credentials =
        Credentials::client_secret(&door, &endpoints, &connection.tenant_id, &connection.client_id, secret);
    let way = Transport::new(door, credentials, endpoints);
    // Connections and tokens are there, and the pacer has opened to what is asked of it.
    let warm = (0..640).map(|_| way.call(Call::graph(Method::Get, "/v1.0/organization")));
    futures::stream::iter(warm).buffer_unordered(64).count().await;
    let call = |n: usize| match writes {
        true => Call::graph(Method::Post, "/v1.0/invitations").body(json!({
            "invitedUserEmailAddress": format!("guest{n}@fabrikam.example"),
            "inviteRedirectUrl": "https://myapplications.microsoft.com",
        })),
        false => Call::graph(Method::Get, "/v1.0/users")
            .query("$filter", format!("mail eq 'guest{n}@fabrikam.example'"))
            .query("$select", "id,mail"),
    };
    let started = Instant::now();
    if batched {
        for first in (0..calls).step_by(in_flight) {
            let all = (first..(first + in_flight).min(calls)).map(call).collect();
            assert!(way.batch(all).await.iter().all(Result::is_ok));
        }
    } else {
        let all = (0..calls).map(|n| way.call(call(n)));
        let failed = futures::stream::iter(all).buffer_unordered(in_flight).filter(|reply| {
            let failed = reply.is_err();
            async move { failed }
        });
        assert_eq!(failed.count().await, 0);
    }
    let took = started.elapsed();
    sandbox.stop().await;
    took
}
