//! What the ledger costs, against bare SQLite writing the same bytes on the same disk in the same minute.
//!
//! Absolute figures depend on the disk; the ratios are what to watch.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use usher::runs::ledger::{
    Address, Counts, Intent, Ledger, Outcome, RowEnd, RowStatus, Run, RunStart, RunState, Status,
};

const EFFECTS: u32 = 20_000;
const IN_FLIGHT: u32 = 16;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();

    let bare = rate(2 * EFFECTS, bare(2 * EFFECTS / IN_FLIGHT));
    println!("bare SQLite, {IN_FLIGHT} records a commit: {bare:.0} records/s");

    let home = tempfile::tempdir().unwrap();
    let run = Ledger::open(home.path()).unwrap().begin(start()).unwrap();
    let (began, cpu) = (Instant::now(), cpu_time());
    let mut waits = runtime.block_on(effects(&run));
    let (took, cpu) = (began.elapsed(), cpu_time() - cpu);
    waits.sort_unstable();
    let ours = rate(2 * EFFECTS, took);
    println!("ledger, {IN_FLIGHT} in flight: {ours:.0} records/s, {:.2} of bare", ours / bare);
    println!("  CPU an effect: {:.1} us (budget 50)", cpu.as_secs_f64() * 1e6 / f64::from(EFFECTS));
    println!(
        "  median wait: {:?} (budget 1ms), 99 %: {:?}",
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100]
    );

    let began = Instant::now();
    let head =
        runtime.block_on(run.finish(Timestamp::now(), RunState::Failed, Counts::default())).unwrap().unwrap();
    println!("  finish: {:?}", began.elapsed());
    let name = run.name().to_owned();
    let began = Instant::now();
    drop(run);
    println!("  close: {:?}", began.elapsed());

    let ledger = Ledger::open(home.path()).unwrap();
    let began = Instant::now();
    ledger.verify(&name, Some(&head)).unwrap();
    println!("verify: {:.1} us an effect", began.elapsed().as_secs_f64() * 1e6 / f64::from(EFFECTS));
    let began = Instant::now();
    let again = ledger.reopen(&name, Default::default()).unwrap();
    println!("reopen: {:.1} us an effect", began.elapsed().as_secs_f64() * 1e6 / f64::from(EFFECTS));
    drop((again, ledger));

    let cpu = cpu_time();
    let took = rows(&runtime, 200_000);
    println!(
        "rows: {:.0} /s, {:.1} us of CPU each",
        rate(200_000, took),
        (cpu_time() - cpu).as_secs_f64() * 1e6 / 2e5
    );

    let mut times: Vec<_> = (0..20).map(|_| first(&runtime)).collect();
    times.sort_unstable();
    println!("open + begin: {:?}; first intent in a new file: {:?}", times[10].0, times[10].1);
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak}");
    }
}

async fn effects(run: &Run) -> Vec<Duration> {
    let tasks = (0..IN_FLIGHT).map(|task| {
        let run = run.clone();
        tokio::spawn(async move {
            let mut waits = vec![];
            for row in (task..EFFECTS).step_by(IN_FLIGHT as usize) {
                let (intent, outcome) = (intent(row), outcome(row));
                let began = Instant::now();
                let effect = run.intend(intent).await.unwrap();
                waits.push(began.elapsed());
                let began = Instant::now();
                run.conclude(effect, outcome).await.unwrap();
                waits.push(began.elapsed());
            }
            waits
        })
    });
    futures::future::join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect()
}

/// The same bytes, in the same kind of table, without anything around it.
fn bare(commits: u32) -> Duration {
    let home = tempfile::tempdir().unwrap();
    let connection = Connection::open(home.path().join("bare.sqlite")).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection
        .execute_batch("CREATE TABLE entries (entry INTEGER PRIMARY KEY, hash BLOB, value TEXT)")
        .unwrap();
    let value = serde_json::to_string(&intent(0)).unwrap();
    let began = Instant::now();
    for _ in 0..commits {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..IN_FLIGHT {
            let mut insert =
                connection.prepare_cached("INSERT INTO entries (hash, value) VALUES (?, ?)").unwrap();
            insert.execute(params![[7u8; 96], value]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    began.elapsed()
}

fn rows(runtime: &tokio::runtime::Runtime, many: u32) -> Duration {
    let home = tempfile::tempdir().unwrap();
    let run = Ledger::open(home.path()).unwrap().begin(start()).unwrap();
    let began = Instant::now();
    for row in 0..many {
        run.note_row(RowEnd {
            at: Timestamp::now(),
            bulk: 1,
            key: format!("guest{row}@fabrikam.example"),
            line: Some(row.into()),
            input: json!({ "email": format!("guest{row}@fabrikam.example"), "name": "Guest" }),
            status: RowStatus::Done,
            attempts: 1,
            result: Value::Null,
            effects: Value::Null,
        });
    }
    runtime.block_on(run.finish(Timestamp::now(), RunState::Done, Counts::default())).unwrap();
    began.elapsed()
}

fn first(runtime: &tokio::runtime::Runtime) -> (Duration, Duration) {
    let home = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let run = Ledger::open(home.path()).unwrap().begin(start()).unwrap();
    let opened = began.elapsed();
    runtime.block_on(run.intend(intent(0))).unwrap();
    (opened, began.elapsed())
}

fn start() -> RunStart {
    RunStart { at: Timestamp::now(), script: "onboard.rhai".into(), ..RunStart::default() }
}

fn intent(row: u32) -> Intent {
    let address = format!("guest{row}@fabrikam.example");
    let arguments = json!({
        "invitedUserEmailAddress": address,
        "invitedUserDisplayName": "Guest of Fabrikam",
        "inviteRedirectUrl": "https://myapplications.microsoft.com",
        "sendInvitationMessage": true,
    });
    Intent {
        at: Timestamp::now(),
        address: Address::new(1, &address, "new_invitation", &arguments, 0, 0),
        target: address,
        before: Value::Null,
        parts: Vec::new(),
        undo: None,
    }
}

fn outcome(row: u32) -> Outcome {
    let id = format!("00000000-0000-4000-8000-{row:012}");
    let output = json!({
        "id": id,
        "inviteRedeemUrl": format!("https://login.microsoftonline.com/redeem?rd={id}"),
        "invitedUser": { "id": id, "userType": "Guest", "mail": "guest@fabrikam.example" },
        "status": "PendingAcceptance",
    });
    Outcome {
        created: vec![id],
        request_ids: vec!["6f1d0e5c-0b86-4f4e-9f6b-3d0a4f2f7f11".into()],
        ..Outcome::new(Timestamp::now(), Status::Done, output)
    }
}

fn rate(many: u32, took: Duration) -> f64 {
    f64::from(many) / took.as_secs_f64()
}

/// This process's, from Linux's accounts; elsewhere nothing is measured.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string(Path::new("/proc/self/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|peak| peak.trim().to_owned())
}
