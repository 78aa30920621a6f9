//! What the chain proves: nothing was changed unseen, and what was erased is gone while the rest still holds.
#![allow(clippy::unwrap_used)]

mod ledger_help;

use std::fs;

use ledger_help::*;
use usher::runs::ledger::{Error, Fault, Ledger, RunState, Verdict};

#[tokio::test]
async fn an_untouched_run_is_verified_against_its_head() {
    let home = home();
    let (run, head) = finished(home.path(), RunState::Done).await;
    let ledger = Ledger::open(home.path()).unwrap();
    assert_eq!(
        ledger.verify(run.name(), Some(&head)),
        Ok(Verdict::Verified { entries: 11, head, erased: 0, vouched: Some(11) })
    );
}

/// Runs `sql` on the file of a finished run, with `SIXTH` for an entry of it, and verifies it.
async fn verdict(sql: &str) -> Verdict {
    let home = home();
    let (run, head) = finished(home.path(), RunState::Done).await;
    tamper(home.path(), &sql.replace("SIXTH", "entry = (1 << 32 | 6)"));
    Ledger::open(home.path()).unwrap().verify(run.name(), Some(&head)).unwrap()
}

#[tokio::test]
async fn whatever_is_changed_in_an_entry_its_number_is_named() {
    for (sql, at, what) in [
        ("UPDATE entries SET value = replace(value, 'ben', 'bob') WHERE SIXTH", 6, Fault::Value),
        ("UPDATE entries SET value = value || ' ' WHERE SIXTH", 6, Fault::Value),
        ("UPDATE entries SET value = NULL WHERE SIXTH", 6, Fault::Value),
        ("UPDATE entries SET salt = zeroblob(16) WHERE SIXTH", 6, Fault::Value),
        ("UPDATE entries SET salt = NULL, value = NULL WHERE SIXTH", 6, Fault::ValueGone),
        ("UPDATE entries SET status = status + 1 WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET at = at + 1 WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET kind = 5 WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET kind = 99 WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET digest = zeroblob(32) WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET hash = zeroblob(32) WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET hash = x'00' WHERE SIXTH", 6, Fault::Link),
        ("UPDATE entries SET address = zeroblob(16) WHERE SIXTH", 6, Fault::Index),
        ("DELETE FROM entries WHERE SIXTH", 6, Fault::Missing),
        ("DELETE FROM created WHERE object = 'id-of-cleo'", 8, Fault::Index),
        ("DELETE FROM entries WHERE entry & 0xFFFFFFFF >= 9; UPDATE runs SET state = 1", 8, Fault::Head),
        ("DELETE FROM entries WHERE entry & 0xFFFFFFFF >= 9", 8, Fault::State),
        ("UPDATE runs SET state = 3", 10, Fault::State),
        ("UPDATE runs SET id = substr(id, 1, 35) || 'x'", 0, Fault::Link),
    ] {
        assert_eq!(verdict(sql).await, Verdict::Broken { at, what }, "{sql}");
    }
}

#[tokio::test]
async fn a_byte_flipped_in_the_file_is_found() {
    let home = home();
    let run = finished(home.path(), RunState::Done).await.0.id().to_owned();
    let path = home.path().join("ledger.sqlite");
    let mut file = fs::read(&path).unwrap();
    let wanted = b"request of cleo";
    let at = file.windows(wanted.len()).position(|window| window == wanted);
    // No longer text at all.
    file[at.unwrap()] ^= 0x80;
    fs::write(&path, file).unwrap();
    let verdict = Ledger::open(home.path()).unwrap().verify(&run, None);
    assert_eq!(verdict, Ok(Verdict::Broken { at: 8, what: Fault::Value }));
}

#[tokio::test]
async fn a_run_whose_place_in_the_list_is_gone_is_missed() {
    let home = home();
    finished(home.path(), RunState::Done).await;
    let ledger = Ledger::open(home.path()).unwrap();
    assert_eq!(ledger.check(), Ok(()));
    tamper(home.path(), "DELETE FROM runs");
    assert!(matches!(ledger.check(), Err(Error::Damaged { .. })));
}

#[tokio::test]
async fn a_head_vouches_for_what_was_there_when_it_was_printed() {
    let home = home();
    let (run, head) = finished(home.path(), RunState::Stopped).await;
    let ledger = Ledger::open(home.path()).unwrap();
    let again = ledger.reopen(run.id(), resumption()).unwrap();
    invite(&again, "dora@fabrikam.example").await;
    let end = again.finish(at(40), RunState::Done, Default::default()).await.unwrap().unwrap();
    let vouched = |head: &str| match ledger.verify(run.id(), Some(head)).unwrap() {
        Verdict::Verified { entries, vouched, .. } => (entries, vouched),
        broken => panic!("{broken:?}"),
    };
    assert_eq!(vouched(&head), (16, Some(11)));
    assert_eq!(vouched(&end), (16, Some(16)));
    assert_eq!(
        ledger.verify(run.id(), Some(&"0".repeat(64))),
        Ok(Verdict::Broken { at: 15, what: Fault::Head })
    );
}

#[tokio::test]
async fn a_person_is_forgotten_and_the_chain_still_holds() {
    let home = home();
    let (run, head) = finished(home.path(), RunState::Failed).await;
    let ledger = Ledger::open(home.path()).unwrap();
    let forgotten = ledger.forget("Ben@Fabrikam.example ", at(50)).unwrap();
    assert_eq!(
        (forgotten.runs, forgotten.erased, forgotten.mentions),
        (vec![run.name().to_owned()], 3, vec![])
    );

    let verdict = ledger.verify(run.id(), Some(&head)).unwrap();
    assert!(
        matches!(verdict, Verdict::Verified { entries: 12, erased: 3, vouched: Some(11), .. }),
        "{verdict:?}"
    );
    assert_eq!(ledger.created_since(&object_of("ben"), at(0)).map(|at| at.is_some()), Ok(false));
    assert_eq!(ledger.created_since(&object_of("ann"), at(0)).map(|at| at.is_some()), Ok(true));
    let record = ledger.effect(run.id(), ledger.effects(run.id()).unwrap()[1]).unwrap();
    assert!(record.intent.is_none() && record.outcome.is_none() && record.status.is_some());
    assert_eq!(ledger.run(run.id()).unwrap().counts.succeeded, 3);
    assert!(matches!(ledger.reopen(run.id(), resumption()), Err(Error::Forgotten { .. })));

    let (file, log) = image(home.path());
    for bytes in [file, log] {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("ben@") && !text.to_lowercase().contains("id-of-ben"));
    }
}

#[tokio::test]
async fn what_still_mentions_a_forgotten_person_is_listed() {
    let home = home();
    let run = begin(home.path());
    invite(&run, "ann@fabrikam.example").await;
    let mut sponsor = intent("ben@fabrikam.example");
    sponsor.before = "ann@fabrikam.example".into();
    let effect = run.intend(sponsor).await.unwrap();
    run.finish(at(4), RunState::Done, Default::default()).await.unwrap();
    let forgotten = Ledger::open(home.path()).unwrap().forget("ann@fabrikam.example", at(50)).unwrap();
    assert_eq!(forgotten.mentions, [(run.name().to_owned(), effect.0)]);
}

#[tokio::test]
async fn nobody_is_forgotten_in_a_run_that_is_being_carried_out() {
    let home = home();
    let run = begin(home.path());
    invite(&run, "ann@fabrikam.example").await;
    let ledger = Ledger::open(home.path()).unwrap();
    assert_eq!(ledger.forget("ann@fabrikam.example", at(50)), Err(Error::Held { run: run.name().into() }));
}

#[tokio::test]
async fn old_runs_are_pruned_and_running_ones_stay() {
    let home = home();
    let (old, _) = finished(home.path(), RunState::Done).await;
    let running = begin(home.path());
    invite(&running, "ann@fabrikam.example").await;
    let ledger = Ledger::open(home.path()).unwrap();
    assert_eq!(ledger.prune(at(0)), Ok(vec![]));
    assert_eq!(ledger.prune(at(1)), Ok(vec![old.name().to_owned()]));
    let left: Vec<_> = ledger.runs().unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(left, [running.id()]);
    assert_eq!(ledger.created_since(&object_of("ben"), at(0)).map(|at| at.is_some()), Ok(false));
    assert!(matches!(ledger.verify(running.id(), None), Ok(Verdict::Verified { .. })));
}
