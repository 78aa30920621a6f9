//! Crashes, power cuts and damage: what is left is a prefix of the truth, or it is named as damaged.
#![allow(clippy::unwrap_used)]

mod ledger_help;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ledger_help::*;
use proptest::prelude::*;
use usher::runs::ledger::{Counts, Entry, Error, Kind, Ledger, RunState, Verdict};

/// Opens what a crash left, and gives the hashes of its only run.
fn recovered(home: &Path) -> Vec<String> {
    let ledger = Ledger::open(home).unwrap();
    let runs = ledger.runs().unwrap();
    assert!(runs.len() <= 1);
    let Some(run) = runs.first() else { return vec![] };
    let hashes = hashes(&ledger, &run.id);
    // No outcome without its intent: nothing was sent that nobody meant to send.
    let entries: Vec<Entry> = ledger.entries(&run.id).unwrap().map(Result::unwrap).collect();
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Outcome) {
        let intent = &entries[entry.of.unwrap().0 as usize];
        assert!(intent.kind == Kind::Intent && intent.seq < entry.seq, "{entry:?}");
    }
    let verdict = ledger.verify(&run.id, hashes.last().map(String::as_str)).unwrap();
    assert!(
        matches!(&verdict, Verdict::Verified { entries, .. } if *entries as usize == hashes.len()),
        "{verdict:?}"
    );
    hashes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_taken_at_any_moment_is_a_prefix_with_everything_that_was_confirmed() {
    let home = home();
    let run = begin(home.path());
    invite(&run, "first@fabrikam.example").await;
    static CONFIRMED: AtomicU32 = AtomicU32::new(0);
    static OVER: AtomicBool = AtomicBool::new(false);
    let writing = tokio::spawn({
        let run = run.clone();
        async move {
            for row in 0..150 {
                let row = format!("guest{row}@fabrikam.example");
                let effect = run.intend(intent(&row)).await.unwrap();
                CONFIRMED.store(effect.0, Ordering::SeqCst);
                run.conclude(effect, invited(&row)).await.unwrap();
            }
            OVER.store(true, Ordering::SeqCst);
        }
    });
    let mut copies = vec![];
    while !OVER.load(Ordering::SeqCst) {
        let confirmed = CONFIRMED.load(Ordering::SeqCst);
        copies.push((confirmed, image(home.path())));
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    let truth = hashes(&Ledger::open(home.path()).unwrap(), run.id());
    let step = copies.len().div_ceil(40);
    for (confirmed, (file, log)) in copies.into_iter().step_by(step) {
        let crashed = ledger_help::home();
        put(crashed.path(), &file, &log);
        let left = recovered(crashed.path());
        assert!(left.len() as u32 > confirmed);
        assert_eq!(left, truth[..left.len()]);
    }
}

/// A database, its log, and the hashes of all that was written.
fn truth() -> &'static (Vec<u8>, Vec<u8>, Vec<String>) {
    static TRUTH: OnceLock<(Vec<u8>, Vec<u8>, Vec<String>)> = OnceLock::new();
    TRUTH.get_or_init(|| {
        apart(async {
            let home = home();
            let run = begin(home.path());
            for row in 0..20 {
                invite(&run, &format!("guest{row}@fabrikam.example")).await;
            }
            run.finish(at(9), RunState::Failed, Counts::default()).await.unwrap();
            let (file, log) = image(home.path());
            (file, log, hashes(&Ledger::open(home.path()).unwrap(), run.id()))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_cut_at_any_byte_leaves_a_prefix(cut in 0.0..=1.0f64) {
        let (file, log, truth) = truth();
        let home = home();
        put(home.path(), file, &log[..(log.len() as f64 * cut) as usize]);
        let left = recovered(home.path());
        prop_assert_eq!(&left[..], &truth[..left.len()]);
    }

    #[test]
    fn a_log_with_a_wrong_byte_leaves_a_prefix(at in 0.0..1.0f64, flip in 1u8..) {
        let (file, log, truth) = truth();
        let home = home();
        let mut log = log.clone();
        let at = (log.len() as f64 * at) as usize;
        log[at] ^= flip;
        put(home.path(), file, &log);
        let left = recovered(home.path());
        prop_assert_eq!(&left[..], &truth[..left.len()]);
    }

    /// Blocks of a disk do not get there in the order in which they were written.
    #[test]
    fn a_log_with_a_hole_leaves_what_was_before_the_hole(from in 0.0..1.0f64, length in 1usize..20_000) {
        let (file, log, truth) = truth();
        let home = home();
        let mut log = log.clone();
        let from = (log.len() as f64 * from) as usize;
        let to = (from + length).min(log.len());
        log[from..to].fill(0);
        put(home.path(), file, &log);
        let left = recovered(home.path());
        prop_assert_eq!(&left[..], &truth[..left.len()]);
    }

    /// The log is written anew from its beginning once it was folded in; what is behind is of the time before.
    #[test]
    fn a_log_that_was_begun_anew_and_is_cut_leaves_all_that_was_folded_in(cut in 0.0..=1.0f64) {
        let (file, log, truth, folded) = begun_anew();
        let home = home();
        put(home.path(), file, &log[..(log.len() as f64 * cut) as usize]);
        let left = recovered(home.path());
        prop_assert!(left.len() >= *folded, "{} of {folded}", left.len());
        prop_assert_eq!(&left[..], &truth[..left.len()]);
    }

    /// A run that lost its end goes on from where the disk has it, and its chain holds.
    #[test]
    fn a_run_goes_on_after_its_log_was_cut(cut in 0.0..=1.0f64) {
        let (file, log, truth) = truth();
        let home = home();
        put(home.path(), file, &log[..(log.len() as f64 * cut) as usize]);
        let left = recovered(home.path());
        // Without anything left there is no run, and a resumed one is not to be had.
        if left.is_empty() || left.len() == truth.len() {
            return Ok(());
        }
        let path = home.path().to_owned();
        apart(async move {
            let ledger = Ledger::open(&path).unwrap();
            let id = ledger.runs().unwrap()[0].id.clone();
            let again = ledger.reopen(&id, resumption()).unwrap();
            let open = again.open_intents().unwrap();
            assert!(open.len() <= 1, "{open:?}");
            for effect in open {
                again.conclude(effect.id, invited("late@fabrikam.example")).await.unwrap();
            }
            invite(&again, "dora@fabrikam.example").await;
            again.finish(at(40), RunState::Done, Counts::default()).await.unwrap();
        });
        let after = recovered(home.path());
        prop_assert_eq!(&after[..left.len()], &left[..]);
        prop_assert!(after.len() >= left.len() + 4);
    }

    /// Not a prefix, the file itself being hurt; but it is said, and never taken for the truth.
    #[test]
    fn a_wrong_byte_in_the_file_is_never_taken_for_the_truth(at in 0.0..1.0f64, flip in 1u8..) {
        let (file, head) = folded();
        let home = home();
        let mut file = file.clone();
        let at = (file.len() as f64 * at) as usize;
        file[at] ^= flip;
        fs::write(home.path().join("ledger.sqlite"), &file).unwrap();
        let found = Ledger::open(home.path()).and_then(|ledger| {
            ledger.check()?;
            let run = ledger.runs()?.into_iter().next().expect("a sound file has the run");
            let verdict = ledger.verify(&run.id, Some(head))?;
            let read = ledger.entries(&run.id)?.collect::<Result<Vec<_>, _>>()?;
            Ok((verdict, read.len()))
        });
        // A byte that means nothing (free space, counters) may well be passed over.
        if let Ok((Verdict::Verified { entries, .. }, read)) = found {
            prop_assert_eq!((entries, read), (11, 11));
        }
        // Whatever was found, looking at it changed nothing.
        prop_assert_eq!(fs::metadata(home.path().join("ledger.sqlite")).unwrap().len() as usize, file.len());
    }
}

type Anew = (Vec<u8>, Vec<u8>, Vec<String>, usize);

/// A database whose log was folded into it half-way and begun anew, the hashes of all, and how many were folded.
fn begun_anew() -> &'static Anew {
    static ANEW: OnceLock<Anew> = OnceLock::new();
    ANEW.get_or_init(|| {
        apart(async {
            let home = home();
            let run = begin(home.path());
            for row in 0..12 {
                invite(&run, &format!("guest{row}@fabrikam.example")).await;
            }
            // The last row is only queued; what comes after it says that it is there.
            run.intend(intent("between@fabrikam.example")).await.unwrap();
            let folded = hashes(&Ledger::open(home.path()).unwrap(), run.id()).len();
            tamper(home.path(), "PRAGMA wal_checkpoint(PASSIVE)");
            for row in 20..26 {
                invite(&run, &format!("guest{row}@fabrikam.example")).await;
            }
            run.finish(at(9), RunState::Failed, Counts::default()).await.unwrap();
            let (file, log) = image(home.path());
            (file, log, hashes(&Ledger::open(home.path()).unwrap(), run.id()), folded)
        })
    })
}

#[test]
fn a_log_that_is_gone_leaves_what_was_folded_in() {
    let (file, _, truth, folded) = begun_anew();
    for stale in [None, Some("ledger.sqlite-shm")] {
        let home = home();
        fs::write(home.path().join("ledger.sqlite"), file).unwrap();
        if let Some(index) = stale {
            // The index of a log that is there no more.
            fs::write(home.path().join(index), vec![7; 32768]).unwrap();
        }
        assert_eq!(recovered(home.path()), truth[..*folded]);
    }
}

/// A ledger that was closed, so that all is in the one file; and its head.
fn folded() -> &'static (Vec<u8>, String) {
    static FOLDED: OnceLock<(Vec<u8>, String)> = OnceLock::new();
    FOLDED.get_or_init(|| {
        apart(async {
            let home = home();
            let head = finished(home.path(), RunState::Done).await.1;
            assert!(!home.path().join("ledger.sqlite-wal").exists());
            (fs::read(home.path().join("ledger.sqlite")).unwrap(), head)
        })
    })
}

#[test]
fn a_killed_process_loses_nothing_that_was_confirmed() {
    let home = home();
    for round in 0..5 {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .args(["--exact", "writes_until_it_is_killed", "--ignored", "--nocapture"])
            .env("USHER_TEST_HOME", home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut confirmed = lines.filter_map(|line| line.strip_prefix("confirmed ").map(str::to_owned));
        let last = confirmed.nth(10 + 17 * round).unwrap();
        child.kill().unwrap();
        // What was said between the last line read and the end is confirmed as well.
        let last: u32 = confirmed.last().unwrap_or(last).parse().unwrap();
        child.wait().unwrap();

        let ledger = Ledger::open(home.path()).unwrap();
        let run = ledger.runs().unwrap().into_iter().next().unwrap();
        assert_eq!(run.state, RunState::Interrupted);
        assert!(
            matches!(ledger.verify(&run.id, None).unwrap(), Verdict::Verified { entries, .. } if entries > last)
        );
        let again = ledger.reopen(&run.id, resumption()).unwrap();
        assert!(again.open_intents().unwrap().len() <= 1);
        drop(again);
        ledger.prune(at(999)).unwrap();
    }
}

#[test]
#[ignore = "the other process of the test above"]
#[allow(clippy::print_stdout)]
fn writes_until_it_is_killed() {
    let Ok(home) = std::env::var("USHER_TEST_HOME") else { return };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let run = begin(Path::new(&home));
        for row in 0u64.. {
            let row = format!("guest{row}@fabrikam.example");
            let effect = run.intend(intent(&row)).await.unwrap();
            println!("\nconfirmed {}", effect.0);
            run.conclude(effect, invited(&row)).await.unwrap();
        }
    });
}

/// What any use of the file gives, after which it must be as it was.
async fn refused(home: &Path) -> Error {
    let before = image(home);
    let early = Ledger::open(home).err();
    let late = match Ledger::open(home) {
        Ok(ledger) => ledger.begin(start()).unwrap().intend(intent("ann@fabrikam.example")).await.err(),
        Err(error) => Some(error),
    };
    assert!(image(home) == before, "it was written to");
    early.or(late).expect("the file is refused")
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    for length in [1, 99, 511, 512, 5000] {
        let junk = vec![b'x'; length];
        let home = home();
        fs::write(home.path().join("ledger.sqlite"), junk).unwrap();
        let error = refused(home.path()).await;
        assert!(matches!(error, Error::Damaged { .. }));
        assert!(error.to_string().contains("ledger.sqlite"), "{error}");
        assert!(error.hint().unwrap().contains("aside"));
    }
}

#[tokio::test]
async fn an_emptied_file_is_not_begun_anew_over_its_log() {
    let (_, log, _) = truth();
    let home = home();
    put(home.path(), b"", log);
    assert!(matches!(refused(home.path()).await, Error::Damaged { .. }));
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_named() {
    let (file, _) = folded();
    let home = home();
    fs::write(home.path().join("ledger.sqlite"), &file[..file.len() - 5000]).unwrap();
    assert!(matches!(refused(home.path()).await, Error::Damaged { .. }));
}

#[tokio::test]
async fn somebody_elses_database_is_left_alone() {
    let home = home();
    tamper(home.path(), "CREATE TABLE recipes (name TEXT)");
    assert!(matches!(refused(home.path()).await, Error::Foreign { .. }));
    tamper(home.path(), "PRAGMA application_id = 7");
    assert!(matches!(refused(home.path()).await, Error::Foreign { .. }));
}

#[tokio::test]
async fn a_file_of_a_later_usher_is_refused_kindly() {
    let home = home();
    finished(home.path(), RunState::Done).await;
    tamper(home.path(), "PRAGMA user_version = 3");
    let error = refused(home.path()).await;
    assert!(matches!(error, Error::Newer { found: 3, known: 2, .. }));
    assert_eq!(error.hint().unwrap(), "update usher, or choose another folder with USHER_HOME");
}

#[tokio::test]
async fn a_run_whose_ledger_cannot_be_written_is_told_so_by_every_write() {
    let home = home();
    fs::write(home.path().join("ledger.locks"), "a file where a folder should be").unwrap();
    let run = begin(home.path());
    run.note_row(row_end("ann@fabrikam.example"));
    let first = run.intend(intent("ann@fabrikam.example")).await.unwrap_err();
    assert!(matches!(first, Error::Io { .. }));
    assert_eq!(run.finish(at(9), RunState::Done, Counts::default()).await, Err(first));
}
