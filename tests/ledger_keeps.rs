//! The ledger in ordinary use: what is written is found again, by whom it may be, and by nobody else.
#![allow(clippy::unwrap_used)]

mod ledger_help;

use ledger_help::*;
use serde_json::{Value, json};
use usher::runs::ledger::{
    Address, Counts, Error, Intent, Kind, Ledger, Outcome, RowStatus, RunState, Status,
};

#[tokio::test]
async fn a_run_that_changes_nothing_leaves_no_trace() {
    let home = home();
    let run = begin(&home.path().join("usher"));
    assert_eq!(run.finish(at(1), RunState::Done, Counts::default()).await, Ok(None));
    assert!(!home.path().join("usher").exists());
    assert_eq!(Ledger::open(home.path()).unwrap().runs(), Ok(vec![]));
}

#[tokio::test]
async fn what_was_done_is_found_again() {
    let home = home();
    let run = begin(home.path());
    let effect = invite(&run, "ann@fabrikam.example").await;
    let recorded = run.recorded(&address("ann@fabrikam.example")).unwrap();
    assert_eq!((recorded.effect, recorded.status), (effect, Some(Status::Done)));
    assert_eq!(run.recorded(&address("ben@fabrikam.example")), None);

    let record = run.effect(effect).unwrap();
    assert_eq!(record.intent, Some(intent("ann@fabrikam.example")));
    assert_eq!(record.outcome, Some(invited("ann@fabrikam.example")));
}

#[tokio::test]
async fn a_list_of_runs_says_how_each_went() {
    let home = home();
    let (done, head) = finished(home.path(), RunState::Done).await;
    let running = begin(home.path());
    invite(&running, "ann@fabrikam.example").await;
    let mut ben = row_end("ben@fabrikam.example");
    ben.status = RowStatus::Failed;
    running.note_row(ben);
    invite(&running, "cleo@fabrikam.example").await;

    let ledger = Ledger::open(home.path()).unwrap();
    let runs = ledger.runs().unwrap();
    assert_eq!(runs.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Running, RunState::Done]);
    assert_eq!((runs[1].id.as_str(), runs[1].name.as_str()), (done.id(), done.name()));
    assert_eq!((runs[1].ended, &runs[1].head), (Some(at(4)), &head));
    assert_eq!((runs[1].counts.succeeded, &runs[1].start), (3, &start()));
    // The last row end is on its way when the invitation before it is on the disk.
    assert_eq!((runs[0].counts.failed, runs[0].counts.effects), (1, 2));

    drop(running);
    assert_eq!(ledger.runs().unwrap()[0].state, RunState::Interrupted);
}

#[tokio::test]
async fn a_run_is_found_by_the_beginning_of_its_name_or_id() {
    let home = home();
    let (first, _) = finished(home.path(), RunState::Done).await;
    let (second, _) = finished(home.path(), RunState::Done).await;
    let ledger = Ledger::open(home.path()).unwrap();
    assert_eq!(ledger.run(first.name()).unwrap().id, first.id());
    assert_eq!(ledger.run(second.id()).unwrap().id, second.id());
    assert_eq!(ledger.run(&second.name()[..second.name().len() - 1]).unwrap().id, second.id());
    let several = ledger.run(&first.name()[..6]).unwrap_err();
    assert!(matches!(&several, Error::Ambiguous { candidates, .. } if candidates.len() == 2), "{several}");
    assert_eq!(ledger.run("%"), Err(Error::NoSuchRun { run: "%".into() }));
    assert!(matches!(ledger.run(""), Err(Error::NoSuchRun { .. })));
}

#[tokio::test]
async fn an_object_is_known_as_created_in_any_case_and_by_any_run() {
    let home = home();
    finished(home.path(), RunState::Done).await;
    let ledger = Ledger::open(home.path()).unwrap();
    assert_eq!(ledger.created_since("id-OF-ann", at(2)).map(|at| at.is_some()), Ok(true));
    assert_eq!(ledger.created_since("id-OF-ann", at(3)).map(|at| at.is_some()), Ok(false));
    assert_eq!(ledger.created_since("id-of-dora", at(0)).map(|at| at.is_some()), Ok(false));
}

#[tokio::test]
async fn two_hands_cannot_hold_the_same_run() {
    let home = home();
    let run = begin(home.path());
    invite(&run, "ann@fabrikam.example").await;
    let other = Ledger::open(home.path()).unwrap();
    let refused = other.reopen(run.name(), resumption()).err().unwrap();
    assert_eq!(refused, Error::Held { run: run.id().into() });
    assert!(refused.hint().is_some());

    let name = run.name().to_owned();
    drop(run);
    let resumed = other.reopen(&name, resumption()).unwrap();
    assert!(matches!(
        Ledger::open(home.path()).unwrap().reopen(&name, resumption()),
        Err(Error::Held { .. })
    ));
    invite(&resumed, "ben@fabrikam.example").await;
}

#[tokio::test]
async fn a_resumed_run_knows_what_it_did_and_goes_on_in_the_same_chain() {
    let home = home();
    let run = begin(home.path());
    let ann = invite(&run, "ann@fabrikam.example").await;
    let ben = run.intend(intent("ben@fabrikam.example")).await.unwrap();
    let cleo = run.intend(intent("cleo@fabrikam.example")).await.unwrap();
    let lost = Outcome::new(at(2), Status::Unknown, Value::Null);
    run.conclude(cleo, lost).await.unwrap();
    let id = run.id().to_owned();
    drop(run);

    let ledger = Ledger::open(home.path()).unwrap();
    let run = ledger.reopen(&id, resumption()).unwrap();
    let open = run.open_intents().unwrap();
    assert_eq!(open.iter().map(|effect| effect.id).collect::<Vec<_>>(), [ben]);
    assert_eq!(open[0].intent, Some(intent("ben@fabrikam.example")));
    assert_eq!(run.unknown().unwrap()[0].id, cleo);
    assert_eq!(run.recorded(&address("ann@fabrikam.example")).unwrap().status, Some(Status::Done));
    assert_eq!(run.effect(ann).unwrap().outcome, Some(invited("ann@fabrikam.example")));
    assert_eq!(run.row(1, "ann@fabrikam.example"), Ok(Some(row_end("ann@fabrikam.example"))));
    assert_eq!(run.row(1, "ben@fabrikam.example"), Ok(None));
    assert_eq!(run.row(2, "ann@fabrikam.example"), Ok(None));

    run.conclude(ben, invited("ben@fabrikam.example")).await.unwrap();
    run.conclude(cleo, invited("cleo@fabrikam.example")).await.unwrap();
    assert!(run.open_intents().unwrap().is_empty() && run.unknown().unwrap().is_empty());
    assert_eq!(run.effect(cleo).unwrap().status, Some(Status::Done));
    run.finish(at(40), RunState::Done, Counts::default()).await.unwrap();

    let kinds: Vec<_> = ledger.entries(&id).unwrap().map(|entry| entry.unwrap().kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Resume).count(), 1);
    assert_eq!((kinds.first(), kinds.last()), (Some(&Kind::Start), Some(&Kind::End)));
    assert!(matches!(ledger.reopen(&id, resumption()), Err(Error::AlreadyDone { .. })));
}

#[tokio::test]
async fn nothing_is_added_to_a_run_that_has_ended() {
    let home = home();
    let (run, head) = finished(home.path(), RunState::Failed).await;
    let refused = run.intend(intent("dora@fabrikam.example")).await.unwrap_err();
    assert_eq!(refused, Error::Ended { run: run.name().into() });
    run.note_row(row_end("dora@fabrikam.example"));
    assert_eq!(Ledger::open(home.path()).unwrap().run(run.name()).unwrap().head, head);
}

#[tokio::test]
async fn effects_are_listed_in_order_and_read_one_by_one() {
    let home = home();
    let (run, _) = finished(home.path(), RunState::Done).await;
    let ledger = Ledger::open(home.path()).unwrap();
    let effects = ledger.effects(run.name()).unwrap();
    let targets = effects.iter().rev().map(|effect| {
        let record = ledger.effect(run.name(), *effect).unwrap();
        assert_eq!(record.status, Some(Status::Done));
        record.intent.unwrap().target
    });
    assert_eq!(
        targets.collect::<Vec<_>>(),
        ["cleo@fabrikam.example", "ben@fabrikam.example", "ann@fabrikam.example"]
    );
}

#[tokio::test]
async fn a_secret_is_never_written() {
    let home = home();
    let ledger = Ledger::open(home.path()).unwrap();
    let run = ledger.begin(start()).unwrap();
    let arguments = json!({ "password": "hunter2-hunter2" });
    let address = Address::new(0, "", "new_user", &arguments, 0, 0);
    run.intend(Intent {
        at: at(1),
        address: address.clone(),
        target: "u".into(),
        before: Value::Null,
        parts: vec![],
        undo: None,
    })
    .await
    .unwrap();
    assert!(run.recorded(&address).is_some());
    let (file, log) = image(home.path());
    for bytes in [file, log] {
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"));
    }
    assert!(matches!(ledger.verify(run.id(), None), Ok(usher::runs::ledger::Verdict::Verified { .. })));
}

#[test]
fn an_address_does_not_depend_on_the_order_of_keys() {
    let one = json!({ "b": 1, "a": { "d": [ { "z": 1, "y": 2 } ], "c": null } });
    let two = json!({ "a": { "c": null, "d": [ { "y": 2, "z": 1 } ] }, "b": 1 });
    let address = |arguments: &Value, nth| Address::new(1, "ann", "set_user", arguments, nth, 0);
    assert_eq!(address(&one, 0).id(), address(&two, 0).id());
    assert_ne!(address(&one, 0).id(), address(&one, 1).id());
    assert_eq!(address(&one, 0).arguments.to_string(), r#"{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}"#);
    // Plans are kept and compared later: the form must stay as it is.
    assert_eq!(address(&one, 0).to_string(), "6e7ba16d37036275c6b58c6521279340");
}

#[test]
fn an_address_tells_apart_what_joined_text_would_not() {
    let address = |row: &str, verb: &str| Address::new(1, row, verb, &Value::Null, 0, 0).id();
    assert_ne!(address("a", "bc"), address("ab", "c"));
    assert_ne!(address("a\",\"b", "c"), address("a", "b\",\"c"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_write_at_once() {
    let home = home();
    let tasks = (0..4).map(|process| {
        let home = home.path().to_owned();
        tokio::spawn(async move {
            // A ledger opened anew shares nothing with the others but the file.
            let run = begin(&home);
            for row in 0..25 {
                invite(&run, &format!("guest{row}of{process}@fabrikam.example")).await;
            }
            run.finish(at(9), RunState::Done, Counts::default()).await.unwrap().unwrap()
        })
    });
    let heads = futures::future::join_all(tasks).await;
    let ledger = Ledger::open(home.path()).unwrap();
    let runs = ledger.runs().unwrap();
    assert_eq!(runs.len(), 4);
    for head in heads {
        let run = runs.iter().find(|run| &run.head == head.as_ref().unwrap()).unwrap();
        assert_eq!(ledger.entries(&run.id).unwrap().count(), 2 + 3 * 25);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn several_make_the_file_at_once_and_each_knows_it_for_its_own() {
    for _ in 0..40 {
        let home = home();
        let tasks = (0..8).map(|one| {
            let home = home.path().to_owned();
            tokio::spawn(async move { invite(&begin(&home), &format!("guest{one}@fabrikam.example")).await })
        });
        for made in futures::future::join_all(tasks).await {
            made.unwrap();
        }
    }
}

#[tokio::test]
async fn entries_come_page_by_page_and_all_of_them() {
    let home = home();
    let run = begin(home.path());
    for row in 0..1200 {
        run.note_row(row_end(&format!("guest{row}@fabrikam.example")));
    }
    run.finish(at(9), RunState::Done, Counts::default()).await.unwrap();
    let ledger = Ledger::open(home.path()).unwrap();
    let entries: Vec<_> = ledger.entries(run.id()).unwrap().map(Result::unwrap).collect();
    assert!(entries.iter().map(|entry| entry.seq).eq(0..1202));
    assert_eq!(entries[1].value.as_ref().unwrap()["row"], "guest0@fabrikam.example");
    assert_eq!((entries[1].status, entries[1201].status), (Some("done"), Some("done")));
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let folder = home.path().join("usher");
    let run = begin(&folder);
    invite(&run, "ann@fabrikam.example").await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_closed_ledger_is_one_file() {
    let home = home();
    finished(home.path(), RunState::Done).await;
    // This time the ledger is there to be read from the beginning.
    let (run, _) = finished(home.path(), RunState::Failed).await;
    assert!(home.path().join("ledger.sqlite-wal").exists());
    drop(run);
    assert!(!home.path().join("ledger.sqlite-wal").exists());
}

#[tokio::test]
async fn runs_and_entries_are_exported_as_json() {
    let home = home();
    let (run, head) = finished(home.path(), RunState::Done).await;
    let ledger = Ledger::open(home.path()).unwrap();
    let listed = serde_json::to_value(ledger.run(run.id()).unwrap()).unwrap();
    assert_eq!((&listed["state"], &listed["tenantDomain"]), (&json!("done"), &json!("contoso.example")));
    assert_eq!((&listed["counts"]["succeeded"], &listed["head"]), (&json!(3), &json!(head)));
    let entry = ledger.entries(run.id()).unwrap().nth(2).unwrap().unwrap();
    let exported = serde_json::to_value(&entry).unwrap();
    assert_eq!(
        (&exported["kind"], &exported["of"], &exported["status"]),
        (&json!("outcome"), &json!(1), &json!("done"))
    );
}
