//! Progress: a bar to a person, lines to a log, JSON to a program, and always what is waited for.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::Value;

use crate::events::{documented, is_as_documented};
use crate::usher::{Ended, Usher};

const FIVE: &str = "let rows = []; for n in 0..5 { rows.push(#{ id: n }); }
    bulk(rows, #{ title: \"numbers\" }, |row| if row.id == 3 { throw \"three\" } else { row.id });";

fn objects(ended: &Ended) -> Vec<Value> {
    ended
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_program_gets_the_beginning_and_the_end_as_documented() {
    let ran = Usher::new().args(["--progress", "json"]).code(FIVE).run();
    let lines = objects(ran.exits(4));
    lines.iter().for_each(|line| is_as_documented(line, &documented("## Progress")));
    let told = |line: &Value| (line["progress"].clone(), line["through"].clone(), line["failed"].clone());
    assert_eq!(told(&lines[0]), ("begin".into(), 0.into(), 0.into()));
    assert_eq!(told(lines.last().unwrap()), ("end".into(), 5.into(), 1.into()));
    assert_eq!((&lines[0]["title"], &lines[0]["rows"]), (&"numbers".into(), &5.into()));
}

#[test]
fn what_a_bulk_waits_for_is_told() {
    let code = "sandbox::fault(#{ on: \"POST /invitations\", then: \"throttled\", retryAfter: 3 });
        bulk([#{ email: \"ann@fabrikam.example\" }], |row| new_invitation(#{ invitedUserEmailAddress: row.email }));";
    let ran = Usher::new().args(["--progress", "json"]).code(code).run();
    let lines = objects(ran.success());
    let waits: Vec<&Value> =
        lines.iter().map(|line| &line["waitingFor"]).filter(|wait| !wait.is_null()).collect();
    assert!(!waits.is_empty(), "{lines:?}");
    assert_eq!((&waits[0]["service"], &waits[0]["why"]), (&"Graph".into(), &"throttled".into()));
    assert!(waits[0]["seconds"].as_u64().is_some_and(|seconds| (1..=3).contains(&seconds)), "{waits:?}");
}

#[test]
fn outside_of_a_bulk_a_wait_is_told_as_well() {
    let code = "sandbox::fault(#{ on: \"POST /invitations\", then: \"throttled\", retryAfter: 2 });
        new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).status";
    let usher = Usher::new();
    usher.again().code(code).run().success().stderr_has("waiting for Graph: throttled, ");
    usher.again().args(["-q"]).code("sandbox::reset();").run().success();
    usher.again().args(["-q"]).code(code).run().success().stderr_lacks("waiting");
}

#[test]
fn a_log_gets_a_line_when_it_takes_long_and_none_for_a_short_run() {
    Usher::new().code(FIVE).run().exits(4).stderr_lacks("numbers: ");
    let code = "sandbox::fault(#{ on: \"POST /invitations\", then: \"throttled\", retryAfter: 7 });
        let rows = [#{ email: \"ann@fabrikam.example\" }];
        bulk(rows, #{ title: \"guests\" }, |row| new_invitation(#{ invitedUserEmailAddress: row.email }));";
    let ran = Usher::new().code(code).run();
    ran.success().stderr_has("guests: 0/1 · waiting for Graph: throttled, ");
    let lines = ran.stderr.lines().filter(|line| line.starts_with("guests: ")).count();
    assert!(lines < 3, "{}", ran.stderr);
}

#[test]
fn it_can_be_left_out() {
    let ran = Usher::new().args(["--progress", "none"]).code(FIVE).run();
    assert!(objects(ran.exits(4)).is_empty());
    Usher::new().args(["--progress", "bars"]).code("1").run().exits(2).stderr_has("--progress");
}

#[cfg(unix)]
#[test]
fn a_person_sees_a_bar_with_what_failed_and_what_is_waited_for() {
    let code = "sandbox::fault(#{ on: \"POST /invitations\", then: \"throttled\", retryAfter: 2, skip: 1 });
        let rows = [#{ email: \"no-address\" }, #{ email: \"ann@fabrikam.example\" }, #{ email: \"ben@fabrikam.example\" }];
        bulk(rows, #{ title: \"guests\", throttleLimit: 1 }, |row|
            new_invitation(#{ invitedUserEmailAddress: row.email }));";
    let mut terminal = Usher::new().code(code).at_terminal();
    terminal.sees("guests ").sees("2/3 · 1 failed · waiting for Graph: throttled, ");
    let (screen, exit) = terminal.ends();
    assert_eq!(exit, 4, "{screen}");
}

#[cfg(unix)]
#[test]
fn a_question_is_not_written_over_by_the_bar() {
    let code = "bulk([#{ email: \"ann@fabrikam.example\" }], |row|
        new_invitation(#{ invitedUserEmailAddress: row.email }));";
    let mut terminal = Usher::new().args(["--confirm"]).code(code).at_terminal();
    terminal.sees("[y/N]").types("y\r");
    let (screen, exit) = terminal.ends();
    assert_eq!(exit, 0, "{screen}");
    // The terminal is narrower than the question, which is broken between words.
    let words: Vec<&str> = screen.split_whitespace().collect();
    assert!(words.join(" ").contains("go on with every `new_invitation` of this run? [y/N]"), "{screen}");
}

const SIX: &str =
    "bulk([1, 2, 3, 4, 5, 6], |n| new_invitation(#{ invitedUserEmailAddress: `g${n}@fabrikam.example` }));";

#[cfg(unix)]
#[test]
fn one_no_is_enough() {
    let mut terminal = Usher::new().args(["--confirm"]).code(SIX).at_terminal();
    terminal.sees("[y/N]").types("n\r");
    let (screen, exit) = terminal.ends();
    assert_eq!((exit, screen.matches("[y/N]").count()), (5, 1), "{screen}");
    assert!(screen.contains("6 rows: 6 not attempted"), "{screen}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_at_a_question_is_heard_at_once() {
    let mut terminal = Usher::new().args(["--confirm"]).code(SIX).at_terminal();
    terminal.sees("[y/N]").types("\x03");
    let (screen, exit) = terminal.ends();
    assert_eq!((exit, screen.matches("[y/N]").count()), (130, 1), "{screen}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_at_the_question_of_an_undo_changes_nothing() {
    let usher = Usher::new();
    usher.again().code(SIX).run().success();
    let before = usher.tenant();
    let mut terminal = usher.again().command(["runs", "undo", "last"]).at_terminal();
    terminal.sees("[y/N]").types("\x03");
    let (screen, exit) = terminal.ends();
    assert_eq!(exit, 130, "{screen}");
    assert_eq!(usher.tenant(), before);
}

#[cfg(unix)]
#[test]
fn ctrl_c_where_a_script_asks_ends_it() {
    let usher = Usher::new().script("ask.ps1", "$who = Read-Host 'Whom'\nWrite-Host \"hello $who\"\n");
    let mut terminal = usher.at_terminal();
    terminal.sees("Whom: ").types("\x03");
    let (screen, exit) = terminal.ends();
    assert_eq!(exit, 130, "{screen}");
    assert!(!screen.contains("nobody is there"), "{screen}");
}
