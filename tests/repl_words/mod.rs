//! The prompt's own words, and how results are shown.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use crate::repl_terminal::{Prompt, piped, usher};

const INVITE: &str = "new_invitation(#{ invitedUserEmailAddress: \"ann@litware.example\" }).status";

#[test]
fn the_words_of_the_prompt_are_listed_and_a_wrong_one_is_told_the_nearest() {
    let mut prompt = Prompt::new();
    prompt.line(":help").shows(":what-if on|off");
    prompt.line(":tenent").shows("did you mean `:tenant`?");
    prompt.line(":help get_user").shows("Read one user");
    prompt.line("new_invitation?").shows("invitedUserEmailAddress");
    prompt.line("help(new_invitation)").shows("invitedUserEmailAddress");
}

#[test]
fn what_if_is_switched_on_and_off() {
    let mut prompt = Prompt::new();
    prompt.is_now("sandbox what-if> ").line(":what-if on").shows("nothing is sent");
    prompt.line(INVITE).shows("PendingAcceptance");
    prompt.is_now("sandbox> ").line(":what-if off").shows("preview: 1 write planned, nothing was sent");
    prompt.line("find_user(\"ann@litware.example\") == ()").shows("true");
    prompt.line(INVITE).shows("new_invitation ann@litware.example: done");
    prompt.line(":what-if").shows("what-if is off");
    prompt.line(":runs").shows("prompt");
    prompt.line(":tenant").shows("1 sent, run ");
}

#[test]
fn a_prompt_that_began_with_what_if_can_send_later() {
    let mut prompt = Prompt::with(&["--what-if"], "sandbox what-if> ");
    prompt.is_now("sandbox> ").line(":what-if off").shows("writes are sent");
    prompt.line(INVITE).shows("new_invitation ann@litware.example: done");
    prompt.is_now("sandbox what-if> ").line(":what-if on").shows("nothing is sent");
    prompt.line("find_user(\"ann@litware.example\") == ()").shows("false");
}

#[test]
fn the_tenant_is_told() {
    let mut prompt = Prompt::new();
    prompt.line(":tenant").shows("nothing was asked of it yet");
    prompt.line("get_guests().len() > 0").shows("true");
    prompt.line(":tenant").shows("contoso");
    let mut prompt = Prompt::real(&[]);
    prompt.line(":tenant").shows("contoso (real)");
}

#[test]
fn lines_are_timed() {
    let mut prompt = Prompt::new();
    prompt.line(":time 1 + 1").shows(" s");
    prompt.line(":time on").shows_nothing();
    prompt.line("1 + 1").shows("0.0");
    prompt.line(":time off").shows_nothing();
    assert!(!prompt.line("1 + 1").shows("2").contains(" s"));
}

#[test]
fn it_is_the_last_result() {
    let mut prompt = Prompt::new();
    prompt.line("get_guests()").shows("displayName");
    prompt.line("it.len() > 3").shows("true");
    prompt.line("it").shows("true");
}

#[test]
fn good_lines_are_saved_as_a_script_that_runs() {
    let mut prompt = Prompt::new();
    prompt.line("fn double(n) {\r  n * 2\r}").shows("");
    prompt.line("let list = [1, 2, 3]").shows_nothing();
    prompt.line("nonsense").shows("error");
    prompt.line("list.map(|n| double(n))").shows("[2, 4, 6]");
    prompt.line("it.sum()").shows("12");
    prompt.line(":save sums.rhai").shows("wrote sums.rhai");
    prompt.line(":save sums.rhai").shows("is there already");
    let home = prompt.leaves();
    let output = usher(&home).args(["run", "sums.rhai"]).output().unwrap();
    let text = std::fs::read_to_string(home.path().join("sums.rhai")).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "12\n", "{output:?}\n{text}");
    assert!(!text.contains("nonsense"), "{text}");
}

#[test]
fn a_line_comes_back_from_the_editor() {
    let mut prompt = Prompt::knowing("EDITOR", "sed -i s/40/41/");
    prompt.line("40 + 2").shows("42");
    prompt.types(":edit\r").sees("41 + 2");
    prompt.line("").shows("43");
}

#[test]
fn exchanges_are_recorded_from_here_to_there() {
    let mut prompt = Prompt::new();
    prompt.line(":record exchanges.jsonl").shows("every exchange is recorded");
    prompt.line("get_guests().len() > 0").shows("true");
    prompt.line(":record off").shows("nothing is recorded any more");
    prompt.line("get_groups().len() > 0").shows("true");
    let home = prompt.leaves();
    let recorded = std::fs::read_to_string(home.path().join("exchanges.jsonl")).unwrap();
    assert!(recorded.contains("/users") && !recorded.contains("/groups"), "{recorded}");
}

#[test]
fn ctrl_c_says_what_had_been_sent() {
    let mut prompt = Prompt::new();
    prompt.types(&format!("{INVITE}; print(\"sent\"); sleep(1000)\r")).sees("\nsent");
    prompt.types("\x03").shows("1 write had been sent");
    prompt.types("print(\"idle\"); sleep(1000)\r").sees("\nidle");
    prompt.types("\x03").shows("nothing had been sent");
}

#[test]
fn dates_are_told_as_people_say_them_but_not_in_pipes() {
    const USER: &str = "get_user(\"diego.siciliani@fabrikam.example\")";
    let mut prompt = Prompt::new();
    let shown = prompt.line(USER).shows(" ago)");
    assert!(shown.contains("createdDateTime"), "{shown}");
    let run = piped(&format!("{USER}\n"));
    assert!(run.code == 0 && !run.stdout.contains(" ago"), "{}", run.stdout);
}

#[test]
fn a_table_says_how_many_and_all_shows_the_rest() {
    let mut prompt = Prompt::new();
    prompt.line("get_guests()").shows(" users");
    prompt.line(":all").shows("preferredLanguage");
}

#[test]
fn states_have_colours() {
    let mut prompt = Prompt::colored();
    prompt.line("get_guests()").shows("\x1b[33mPendingAcceptance");
}

#[test]
fn a_long_result_goes_through_the_pager() {
    let mut prompt = Prompt::knowing("PAGER", "sed s/^/paged:/");
    prompt.line("[1, 2]").shows("[1, 2]");
    let shown = prompt.line("let a = []; for n in 0..50 { a.push(#{ n: n }); } a").shows("paged:");
    assert!(shown.contains("paged:49"), "{shown}");
}

#[test]
fn piped_lines_may_be_words_of_the_prompt() {
    let run = piped(":what-if on\n1 + 1\n:quit\n3\n");
    assert_eq!((run.code, run.stdout.as_str()), (0, "2\n"), "{}", run.stderr);
    let run = piped(":nonsense\n1 + 1\n");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
}
