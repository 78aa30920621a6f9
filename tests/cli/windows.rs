//! Windows, one run of a script at a time, and questions that nobody is there to answer.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::usher::Usher;

fn people(n: usize) -> String {
    (0..n).fold("email\n".to_owned(), |text, n| text + &*format!("g{n}@fabrikam.example\n"))
}

const JOB: &str =
    "let result = bulk(import_csv(args[0]), |row| new_invitation(#{ invitedUserEmailAddress: row.email }));
    print(result);";

/// So many seconds from now.
fn soon(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

#[test]
fn a_run_does_not_begin_before_its_window_and_says_so() {
    let usher = Usher::new().csv("list.csv", &people(2)).script("job.rhai", JOB);
    let begin = soon(2);
    let ran =
        usher.clone().args(["list.csv", "--events", "e.jsonl", "--not-before", &begin.to_string()]).run();
    ran.success().stderr_has("waiting until ");
    for line in usher.read("e.jsonl").lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let at: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        assert!(at >= begin, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_waits_for_its_window_can_be_interrupted() {
    let usher = Usher::new().csv("list.csv", &people(2)).script("job.rhai", JOB);
    let mut terminal =
        usher.clone().args(["list.csv", "--not-before", &soon(7200).to_string()]).at_terminal();
    terminal.sees("waiting until ").sees("(in 1 h 59 min)").types("\x03");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("interrupted: nothing was begun"), "{screen}");
    assert_eq!(usher.ask("find_user(\"g0@fabrikam.example\") == ()"), true);
}

#[test]
fn after_its_window_a_run_begins_nothing_and_can_be_resumed() {
    let usher = Usher::new().csv("list.csv", &people(400)).script("job.rhai", JOB);
    let serve = ["sandbox", "serve", "--memory", "--latency", "40"];
    let mut serving = usher.again().command(serve).start();
    let connection: Value = serde_json::from_str(&serving.line()).unwrap();
    let there = connection["http"].as_str().unwrap();
    let options = ["list.csv", "--sandbox", there, "--throttle-limit", "1", "--until", &soon(4).to_string()];
    let ran = usher.clone().args(options).run();
    ran.exits(5).stdout_has("the window is over").stdout_has("not attempted");
    let run = usher.again().command(["runs", "--output", "json"]).run().json()[0].clone();
    let count = |name: &str| run[name].as_u64().unwrap();
    assert_eq!(count("failed"), 0, "{run}");
    assert_eq!(count("succeeded") + count("notAttempted"), 400);
    assert!(count("notAttempted") > 0);
    assert_eq!(run["state"], "stopped");
    ran.stderr_has(&format!("resume it with: usher runs resume {}", run["name"].as_str().unwrap()));
    assert_eq!(usher.table("list.failed.csv").len() as u64, count("notAttempted"));
}

#[test]
fn no_catch_goes_on_after_the_window() {
    let code = "let n = 0;
        while true {
            try { new_invitation(#{ invitedUserEmailAddress: `g${n}@fabrikam.example` }); } catch { }
            n += 1;
        }";
    let ran = Usher::new().args(["--until", &soon(3).to_string()]).code(code).run();
    ran.exits(5).stderr_has("the window is over: nothing new is begun from");
}

#[test]
fn a_window_that_is_over_begins_nothing() {
    let usher = Usher::new();
    let code = "print(\"begun\")";
    let ran = usher.again().args(["--until", "2020-01-01T00:00"]).code(code).run();
    ran.exits(5)
        .stdout_lacks("begun")
        .stderr_has("the window was over at 2020-01-01 00:00: nothing was begun");
    let backwards = ["--not-before", &soon(7200).to_string(), "--until", &soon(3600).to_string()];
    usher.again().args(backwards).code(code).run().exits(2).stderr_has("comes before --not-before");
    usher.again().args(["--until", "late"]).code(code).run().exits(2).stderr_has("a moment looks like 22:00");
    // The time of day that follows the beginning of the window, not today's.
    usher.again().args(["--not-before", "2020-01-01T00:00", "--until", "23:59"]).code(code).run().success();
}

const LONG: &str =
    "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }); print(\"begun\"); while true {}";

#[test]
fn a_script_is_run_once_at_a_time_on_a_tenant() {
    let usher = Usher::new().script("long.rhai", LONG);
    let mut running = usher.start();
    assert_eq!(running.line(), "begun");
    let run = usher.again().command(["runs", "--output", "json"]).run().json()[0]["name"].clone();
    let refused = usher.again().args(["./long.rhai"]).run();
    refused
        .exits(5)
        .stdout_lacks("begun")
        .stderr_has("is being run on tenant `sandbox` already")
        .stderr_has(&format!("process {}", running.process()))
        .stderr_has(run.as_str().unwrap());
    // Another script, a line of code and a preview are not in the way.
    usher.again().script("short.rhai", "1 + 1").run().success();
    usher.again().code("1 + 1").run().success();
    let preview = usher.again().file("quick.rhai", "print(\"begun\");").args(["quick.rhai"]).what_if().run();
    preview.success();
    running.kill();
    // Whoever is killed leaves nothing behind that locks others out.
    let mut next = usher.again().args(["long.rhai"]).start();
    assert_eq!(next.line(), "begun");
}

#[test]
fn a_preview_of_a_script_that_is_being_run_is_not_refused() {
    let usher = Usher::new().script("job.rhai", "print(\"begun\"); if args.len() > 0 { while true {} }");
    let mut running = usher.clone().args(["forever"]).start();
    assert_eq!(running.line(), "begun");
    usher.again().args(["job.rhai"]).what_if().run().success().stdout_has("begun");
    usher.again().args(["job.rhai"]).run().exits(5);
}

#[test]
fn nobody_there_to_answer_means_no() {
    let usher = Usher::new().csv("list.csv", &people(3)).script("job.rhai", JOB);
    let ran = usher.clone().args(["list.csv", "--confirm"]).run();
    ran.exits(5).stdout_has("was not confirmed");
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("--yes"), "{ran:?}");
    assert_eq!(usher.ask("find_user(\"g0@fabrikam.example\") == ()"), true);
}
