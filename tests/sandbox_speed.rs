//! How much the sandbox does in a second. Not part of an ordinary run: `cargo test --release -- --ignored --nocapture`.
#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "a measurement is printed")]

mod sandbox_support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sandbox_support::{GRAPH, Sandbox};
use usher::sandbox::Store;

/// Writes over a few kept connections, each waiting for its answer; the server has one thread.
fn measure(store: Store, what: &str) -> f64 {
    let (ready, started) = std::sync::mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::of("contoso", store).await;
            let token = sandbox.token(GRAPH).await;
            let url = sandbox.running.url().to_owned();
            ready.send((url, token)).unwrap();
            let _ = stopped.await;
            sandbox.running.stop().await;
        });
    });
    let (url, token) = started.recv().unwrap();
    let address = url.trim_start_matches("http://").to_owned();
    let begun = Instant::now();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (address, token) = (address.clone(), token.clone());
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(&address).unwrap();
                stream.set_nodelay(true).unwrap();
                let (mut count, mut buffer) = (0_u32, [0_u8; 4096]);
                while begun.elapsed() < Duration::from_secs(2) {
                    let body = format!("{{\"department\":\"Writer {writer} {count}\"}}");
                    let request = format!(
                        "PATCH /v1.0/users/megan.bowen@contoso.example HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    stream.write_all(request.as_bytes()).unwrap();
                    let read = stream.read(&mut buffer).unwrap();
                    assert!(buffer[..read].starts_with(b"HTTP/1.1 204"), "{}", String::from_utf8_lossy(&buffer[..read]));
                    count += 1;
                }
                count
            })
        })
        .collect();
    let total: u32 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    let rate = f64::from(total) / begun.elapsed().as_secs_f64();
    eprintln!("{what}: {rate:.0} writes a second");
    stop.send(()).unwrap();
    server.join().unwrap();
    rate
}

#[test]
#[ignore = "a measurement, for a release build on a quiet machine"]
fn writes_a_second_meet_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let memory = measure(Store::Memory, "in memory");
    let disk = measure(Store::File(folder.path().join("tenant.db")), "on disk");
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = || usher::sandbox::Options::new(Store::File(folder.path().join("fresh.db")), "contoso");
        let running = usher::sandbox::start(options()).await.unwrap();
        eprintln!("a fresh file: {:?} to serve", begun.elapsed());
        running.stop().await;
        let begun = Instant::now();
        let running = usher::sandbox::start(options()).await.unwrap();
        eprintln!("the same file again: {:?} to serve", begun.elapsed());
        running.stop().await;
    });
    assert!(memory >= 10_000.0 && disk >= 2_000.0, "{memory:.0} in memory, {disk:.0} on disk");
}
