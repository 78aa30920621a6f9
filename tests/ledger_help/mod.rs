//! Runs and effects for the ledger's tests, and the file as a crash would leave it.
#![allow(dead_code)]

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use usher::runs::ledger::{
    Address, Counts, EffectId, Intent, Ledger, Outcome, Resumption, RowEnd, RowStatus, Run, RunStart,
    RunState, Status,
};

pub fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// `minute` minutes into the tests' day.
pub fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + 60 * minute).unwrap()
}

pub fn start() -> RunStart {
    RunStart {
        at: at(0),
        script: "onboard.rhai".into(),
        script_hash: "5c".into(),
        args: vec!["guests.csv".into()],
        tenant_id: "7d0f0e5c-0b86-4f4e-9f6b-3d0a4f2f7f11".into(),
        tenant_domain: "contoso.example".into(),
        operator: "ann@contoso.example".into(),
        usher_version: "0.1.0".into(),
        ..RunStart::default()
    }
}

pub fn resumption() -> Resumption {
    Resumption { at: at(30), operator: "ann@contoso.example".into(), ..Resumption::default() }
}

pub fn begin(home: &Path) -> Run {
    Ledger::open(home).unwrap().begin(start()).unwrap()
}

pub fn address(row: &str) -> Address {
    Address::new(1, row, "new_invitation", &json!({ "invitedUserEmailAddress": row }), 0, 0)
}

pub fn intent(row: &str) -> Intent {
    Intent {
        at: at(1),
        address: address(row),
        target: row.into(),
        before: Value::Null,
        parts: vec![],
        undo: None,
    }
}

/// The invited user's id is made from the row, so that it is known to the test.
pub fn invited(row: &str) -> Outcome {
    let id = object_of(row);
    Outcome {
        created: vec![id.clone()],
        request_ids: vec![format!("request of {row}")],
        ..Outcome::new(at(2), Status::Done, json!({ "invitedUser": { "id": id, "mail": row } }))
    }
}

pub fn object_of(row: &str) -> String {
    format!("ID-of-{}", row.split('@').next().unwrap_or_default())
}

pub fn row_end(row: &str) -> RowEnd {
    RowEnd {
        at: at(3),
        bulk: 1,
        key: row.into(),
        line: Some(2),
        input: json!({ "email": row }),
        status: RowStatus::Done,
        attempts: 1,
        result: json!(object_of(row)),
        effects: json!([{ "verb": "new_invitation", "outcome": "done" }]),
    }
}

pub async fn invite(run: &Run, row: &str) -> EffectId {
    let effect = run.intend(intent(row)).await.unwrap();
    run.conclude(effect, invited(row)).await.unwrap();
    run.note_row(row_end(row));
    effect
}

/// A run of three guests that went as far as its end.
pub async fn finished(home: &Path, state: RunState) -> (Run, String) {
    let run = begin(home);
    for row in ["ann@fabrikam.example", "ben@fabrikam.example", "cleo@fabrikam.example"] {
        invite(&run, row).await;
    }
    let counts = Counts { rows: 3, succeeded: 3, effects: 3, ..Counts::default() };
    let head = run.finish(at(4), state, counts).await.unwrap().unwrap();
    (run, head)
}

pub fn hashes(ledger: &Ledger, run: &str) -> Vec<String> {
    ledger.entries(run).unwrap().map(|entry| entry.unwrap().hash).collect()
}

/// The database and its log, as the disk has them now. Sound as long as the log is not being folded in, which
/// takes a thousand pages or a close.
pub fn image(home: &Path) -> (Vec<u8>, Vec<u8>) {
    let file = fs::read(home.join("ledger.sqlite")).unwrap_or_default();
    let log = fs::read(home.join("ledger.sqlite-wal")).unwrap_or_default();
    (file, log)
}

pub fn put(home: &Path, file: &[u8], log: &[u8]) {
    fs::write(home.join("ledger.sqlite"), file).unwrap();
    fs::write(home.join("ledger.sqlite-wal"), log).unwrap();
}

/// Runs on a runtime of its own, wherever it is called.
pub fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
    std::thread::spawn(run).join().unwrap()
}

/// Past the ledger, as someone with an editor would.
pub fn tamper(home: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(home.join("ledger.sqlite")).unwrap();
    connection.execute_batch(sql).unwrap();
}
