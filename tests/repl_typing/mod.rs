//! What happens while a line is typed: completion, hints, colours, history.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use crate::repl_terminal::Prompt;

#[test]
fn a_verb_is_completed_by_its_name_and_by_its_cmdlet() {
    let mut prompt = Prompt::new();
    prompt.types("New-MailC\t").sees("new_mail_contact(");
    prompt.drops().types("newmail\t").sees("new_mail_contact(");
    // Several are listed with how they are called and what they are for.
    prompt.drops().types("get_us\t").sees("get_user(user, #{ options })");
    prompt.sees("get_users(#{ options })");
}

#[test]
fn options_and_values_are_completed_and_the_line_runs() {
    let mut prompt = Prompt::new();
    prompt.types("get_guests(#{ sta\t").sees("state: ");
    prompt.types("\"pend\t").sees("\"PendingAcceptance\"");
    prompt.line(" }).len() > 0").shows("true");
    prompt.types("new_invitation(#{ sendI\t").sees("sendInvitationMessage: ");
    prompt.types("t\t").sees("true");
    prompt.types(", sendI\t").drops();
}

#[test]
fn names_of_the_tenant_are_completed_without_holding_up_the_typing() {
    let mut prompt = Prompt::new();
    prompt.types("get_group(\"Helpd");
    prompt.tabs_until("get_group(\"Helpdesk administrators\"");
    prompt.line(").displayName").shows("Helpdesk administrators");
    prompt.types("find_user(\"diego.sic");
    prompt.tabs_until("diego.siciliani@fabrikam.example");
}

#[test]
fn properties_of_what_was_read_are_completed() {
    let mut prompt = Prompt::new();
    prompt.line("let guests = get_guests()").shows_nothing();
    prompt.types("guests.filter(|g| g.displayN\t").sees("g.displayName");
    prompt.line(" == \"Diego Siciliani\").len()").shows("1");
    prompt.types("it + gues\t").sees("it + guests");
}

#[test]
fn files_are_completed_where_one_is_read() {
    let mut prompt = Prompt::new();
    std::fs::write(prompt.place().join("new people.csv"), "email\nann@fabrikam.example\n").unwrap();
    prompt.types("import_csv(\"new\t").sees("new people.csv\"");
    prompt.line(").len()").shows("1");
}

#[test]
fn an_earlier_line_is_hinted_in_grey_and_taken_by_the_right_arrow() {
    let mut prompt = Prompt::colored();
    prompt.line("100 + 11").shows("111");
    prompt.types("10").sees("\x1b[2m0 + 11");
    prompt.types("\x1b[C").line(" + 1").shows("112");
}

#[test]
fn a_call_that_is_opened_hints_what_it_takes() {
    let mut prompt = Prompt::colored();
    prompt.types("add_group_member(").sees("group, member");
}

#[test]
fn verbs_texts_and_brackets_have_colours() {
    let mut prompt = Prompt::colored();
    prompt.types("get_user(\"a\")").sees("\x1b[1m\x1b[34mget_user");
    prompt.sees("\x1b[32m\"a\"");
    // The bracket that was closed, and the one it closes.
    prompt.sees("\x1b[1m\x1b[4m)");
}

#[test]
fn ctrl_r_finds_an_earlier_line() {
    let mut prompt = Prompt::new();
    prompt.line("100 + 11").shows("111");
    prompt.line("2 + 2").shows("4");
    prompt.types("\x12100").sees("100 + 11");
    prompt.line("").shows("111");
}

#[test]
fn a_line_that_failed_is_one_key_away() {
    let mut prompt = Prompt::new();
    prompt.line("nowhere(40 + 2)").shows("Up brings the line back");
    prompt.types("\x1b[A").sees("nowhere(40 + 2)");
    // Once is enough to say it.
    assert!(!prompt.line("").shows("there is no function `nowhere`").contains("Up brings"));
}

#[test]
fn a_terminal_that_cannot_draw_has_a_plain_prompt() {
    use expectrl::Expect;
    let home = tempfile::tempdir().unwrap();
    let mut command = crate::repl_terminal::usher(&home);
    command.env("TERM", "dumb").env_remove("NO_COLOR");
    let mut session = expectrl::Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(20)));
    session.expect("sandbox> ").unwrap();
    session.send("fn f() {\r  41 + 1\r}\r").unwrap();
    session.expect("sandbox> ").unwrap();
    session.send("f()\r").unwrap();
    let shown = session.expect("sandbox> ").unwrap();
    let shown = String::from_utf8_lossy(shown.as_bytes()).into_owned();
    assert!(shown.contains("42") && !shown.contains('\x1b'), "{shown:?}");
}
