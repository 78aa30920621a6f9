//! Ctrl-C, and an end without warning.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use crate::usher::Usher;

/// A list of `n` people.
fn people(n: usize) -> String {
    (0..n).fold("email,displayName\n".to_owned(), |text, n| {
        text + &*format!("g{n}@fabrikam.example,Guest {n}\n")
    })
}

/// Says each row's beginning, so that a test knows how far it is.
const JOB: &str = "import \"guests\" as guests;
    let result = bulk(import_csv(args[0]), |row| { print(`at ${row.email}`); guests::onboard(row) });
    print(result);";

#[test]
fn ctrl_c_ends_a_loop() {
    let mut running = Usher::new().code("print(\"begun\"); while true {}").start();
    assert_eq!(running.line(), "begun");
    running.interrupt();
    running.end().exits(130).stderr_has("interrupted");
}

#[test]
fn ctrl_c_cannot_be_caught() {
    let mut running = Usher::new()
        .code("print(\"begun\"); while true { try { while true {} } catch { print(\"caught\") } }")
        .start();
    running.line();
    running.interrupt();
    running.end().exits(130).stdout_lacks("caught");
}

#[test]
fn ctrl_c_finishes_the_rows_at_hand_and_leaves_the_rest_for_later() {
    let usher = Usher::new().csv("list.csv", &people(400)).script("job.rhai", JOB);
    let mut running = usher.clone().args(["list.csv"]).start();
    running.line();
    running.interrupt();
    let ended = running.end();
    ended.exits(130).stderr_has("interrupted: finishing what was sent").stdout_has("not attempted");
    assert_eq!(usher.table("list.failed.csv").len() + done(&usher), 400);
    let (guests, mails) = usher.guests_and_mails();
    let left = usher.table("list.failed.csv").len();
    let ran = usher.again().args(["job.rhai", "list.csv"]).run();
    ran.success();
    let after = usher.guests_and_mails();
    assert!(after.0 - guests <= left as u64);
    assert_eq!(after.0 - guests, after.1 - mails, "one mail for each new guest");
    assert_eq!(done(&usher), 400);
}

#[test]
fn an_interrupted_run_says_how_it_is_resumed_and_counts_no_row_as_failed() {
    let usher = Usher::new().csv("list.csv", &people(400)).script("job.rhai", JOB);
    let mut running = usher.clone().args(["list.csv"]).start();
    for _ in 0..20 {
        running.line();
    }
    running.interrupt();
    let ended = running.end();
    let run = usher.again().command(["runs", "--output", "json"]).run().json()[0].clone();
    assert_eq!((run["state"].as_str(), run["failed"].as_u64()), (Some("interrupted"), Some(0)), "{run}");
    assert_eq!(run["succeeded"].as_u64().unwrap() + run["notAttempted"].as_u64().unwrap(), 400, "{run}");
    ended
        .exits(130)
        .stdout_has("stopped: interrupted")
        .stderr_has(&format!("resume it with: usher runs resume {}", run["name"].as_str().unwrap()));
    let failed = usher.again().command(["runs", "show", "last", "--failed", "--output", "json"]).run().json();
    let statuses: Vec<&str> =
        failed[0]["results"].as_array().unwrap().iter().filter_map(|row| row["status"].as_str()).collect();
    assert!(statuses.iter().all(|status| *status == "begun"), "{failed}");
}

#[test]
fn ctrl_c_twice_ends_at_once_and_the_run_can_still_be_resumed() {
    // The second invitation is answered so late that the first Ctrl-C waits for it.
    let job = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });
        sandbox::fault(#{ on: \"POST /invitations\", then: \"slow\", seconds: 600 });
        print(\"begun\");
        new_invitation(#{ invitedUserEmailAddress: \"ben@fabrikam.example\" });";
    let usher = Usher::new().script("job.rhai", job);
    let mut terminal = usher.at_terminal();
    terminal.sees("begun").types("\x03").sees("Ctrl-C again ends at once").types("\x03");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    let run = usher.again().command(["runs", "--output", "json"]).run().json()[0].clone();
    assert_eq!(run["state"], "interrupted", "{run}");
    let resume = format!("resume it with: usher runs resume {}", run["name"].as_str().unwrap());
    assert!(screen.contains(&resume), "{screen}");
    usher.again().command(["runs", "verify"]).run().success();
}

fn done(usher: &Usher) -> usize {
    usher
        .table("list.results.csv")
        .iter()
        .filter(|row| row["status"] == "done" || row["status"] == "already")
        .count()
}

#[test]
fn a_run_that_was_killed_is_run_again_and_every_row_ends_done_once() {
    for rows_begun in [3, 60] {
        let usher = Usher::new().csv("list.csv", &people(120)).script("job.rhai", JOB);
        let (guests, mails) = usher.guests_and_mails();
        let mut running = usher.clone().args(["list.csv"]).start();
        for _ in 0..rows_begun {
            running.line();
        }
        running.kill();
        let ran = usher.again().args(["job.rhai", "list.csv"]).run();
        ran.success().stdout_has("120 rows: ");
        assert_eq!(done(&usher), 120);
        assert_eq!(
            usher.guests_and_mails(),
            (guests + 120, mails + 120),
            "killed after {rows_begun} rows had begun"
        );
    }
}

#[test]
fn a_served_sandbox_outlives_the_run_that_was_killed() {
    let usher = Usher::new().csv("list.csv", &people(120)).script("job.rhai", JOB);
    let mut serving = usher.again().command(["sandbox", "serve"]).start();
    serving.line();
    let (guests, mails) = usher.guests_and_mails();
    let mut running = usher.clone().args(["list.csv"]).start();
    for _ in 0..40 {
        running.line();
    }
    running.kill();
    usher.again().args(["job.rhai", "list.csv"]).run().success();
    assert_eq!(usher.guests_and_mails(), (guests + 120, mails + 120));
    serving.interrupt();
    serving.end().success();
}
