//! Whole commands, each beside something bare in the same run: what counts is the ratio, for machines differ.
//!
//! `cargo bench --bench commands` prints a line for each; nothing is asserted.
#![allow(clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const USHER: &str = env!("CARGO_BIN_EXE_usher");
/// Rows of the bulk run.
const ROWS: usize = 2_000;

fn main() {
    // The bare runner is this program itself: the language, and nothing around it.
    if std::env::args().any(|argument| argument == "--bare") {
        let value: i64 = rhai::Engine::new().eval("1 + 1").expect("the line is right");
        assert_eq!(value, 2);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let this = std::env::current_exe().expect("this program has a path");
    let bare = median(40, || run(Command::new(&this).arg("--bare")));
    let line = median(40, || run(usher(folder.path()).args(["run", "-q", "-e", "1 + 1"])));
    println!(
        "one-liner                {line:>9.1?}   {:.1} times a bare Rhai runner ({bare:.1?})",
        ratio(line, bare)
    );

    run(usher(folder.path()).args(["run", "-q", "-e", "get_users().len()"]));
    let users = median(20, || run(usher(folder.path()).args(["run", "-q", "-e", "get_users().len()"])));
    println!(
        "get_users().len()        {users:>9.1?}   {:.1} times the one-liner, with sandbox and sign-in",
        ratio(users, line)
    );

    bulk(folder.path());
}

fn usher(home: &std::path::Path) -> Command {
    let mut command = Command::new(USHER);
    command.env("USHER_HOME", home.join("home")).current_dir(home).stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the command starts");
    assert!(status.success(), "{command:?}");
    started.elapsed()
}

fn median(times: usize, mut one: impl FnMut() -> Duration) -> Duration {
    let mut taken: Vec<Duration> = (0..times).map(|_| one()).collect();
    taken.sort_unstable();
    taken[times / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// A sandbox in a process of its own.
struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(home: &std::path::Path) -> Served {
    let mut child = usher(home)
        .args(["sandbox", "serve", "--http", "127.0.0.1:0", "--memory"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output is piped");
    BufReader::new(out).read_line(&mut line).expect("the sandbox says where it is");
    let connection: serde_json::Value = serde_json::from_str(&line).expect("in a line of JSON");
    let text = |name: &str| connection[name].as_str().unwrap_or_default().to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        text("clientId"),
        text("clientSecret")
    );
    let address = text("http");
    let url = format!("{address}/{}/oauth2/v2.0/token", text("tenantId"));
    let token = runtime().block_on(async {
        let answer = client()
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await;
        let body = answer.expect("a token").text().await.expect("its text");
        let body: serde_json::Value = serde_json::from_str(&body).expect("in JSON");
        body["access_token"].as_str().unwrap_or_default().to_owned()
    });
    Served { child, address, token }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Rows of (look up, invite, add to a group), against the same number of bare requests, 16 in flight.
fn bulk(folder: &std::path::Path) {
    let mut csv = String::from("email,name\n");
    for n in 0..ROWS {
        csv.push_str(&format!("guest{n}@partner{}.example,Guest {n}\n", n % 7));
    }
    std::fs::write(folder.join("people.csv"), csv).expect("a file of people");
    let script = "let group = get_group(\"Suppliers\");\n\
        bulk(import_csv(args[0]), |row| {\n\
            let invitation = new_invitation(#{ invitedUserEmailAddress: row.email, invitedUserDisplayName: row.name });\n\
            add_group_member(group, invitation.invitedUser);\n\
        }).succeeded\n";
    std::fs::write(folder.join("invite.rhai"), script).expect("a script");

    let served = serve(folder);
    let started = Instant::now();
    let mut child = usher(folder)
        .args(["run", "-q", "invite.rhai", "people.csv", "--sandbox", &served.address])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the run starts");
    let mut peak = 0;
    let status = loop {
        peak = peak.max(resident(child.id()));
        match child.try_wait().expect("the run can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let taken = started.elapsed();
    assert!(status.success());
    let bare = bare_requests(&serve(folder), ROWS * 3);
    println!(
        "{ROWS} rows x 2 writes      {taken:>9.1?}   {:.0} rows/s, peak {} MB; {:.1} times {} bare requests ({bare:.1?})",
        ROWS as f64 / taken.as_secs_f64(),
        peak / 1024,
        ratio(taken, bare),
        ROWS * 3
    );
}

/// Resident memory in kB, as Linux tells it; 0 elsewhere.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn bare_requests(served: &Served, requests: usize) -> Duration {
    runtime().block_on(async {
        let client = client();
        let started = Instant::now();
        let tasks = (0..16).map(|worker| {
            let (client, url, token) = (client.clone(), format!("{}/v1.0/invitations", served.address), served.token.clone());
            tokio::spawn(async move {
                for n in 0..requests / 16 {
                    let body = format!(
                        "{{\"invitedUserEmailAddress\":\"bare{worker}x{n}@partner.example\",\"inviteRedirectUrl\":\"https://myapplications.microsoft.com\"}}"
                    );
                    let answer = client.post(&url).bearer_auth(&token).header("content-type", "application/json").body(body).send().await;
                    assert_eq!(answer.expect("an answer").status(), 201);
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("the worker ends");
        }
        started.elapsed()
    })
}
