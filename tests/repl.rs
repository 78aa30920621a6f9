//! The prompt on a terminal of 80 by 24, and lines piped into it.

#![cfg(unix)]

mod repl_terminal;
mod repl_typing;
mod repl_words;

use repl_terminal::{Prompt, piped};

#[test]
fn a_variable_is_seen_in_the_lines_after_it() {
    let mut prompt = Prompt::new();
    prompt.line("let seats = 41").shows_nothing();
    prompt.line("seats + 1").shows("42");
}

#[test]
fn functions_and_closures_stay_and_use_each_other() {
    let mut prompt = Prompt::new();
    prompt.line("fn double(n) { n * 2 }").shows_nothing();
    prompt.line("let twice = |n| double(double(n))").shows_nothing();
    prompt.line("twice.call(5)").shows("20");
}

#[test]
fn a_function_written_again_replaces_the_first() {
    let mut prompt = Prompt::new();
    prompt.line("fn greet() { \"first\" }").shows_nothing();
    prompt.line("fn greet() { \"second\" }").shows_nothing();
    prompt.line("greet()").shows("second");
}

#[test]
fn an_import_stays_and_closures_use_it() {
    let mut prompt = Prompt::new();
    prompt.line("import \"guests\" as guests").shows_nothing();
    prompt.line("let first = |map| guests::first_of(map, [\"a\", \"b\"])").shows_nothing();
    prompt.line("first.call(#{ b: \"found\" })").shows("found");
}

#[test]
fn an_error_shows_its_place_without_the_imports_and_keeps_what_was_there() {
    let mut prompt = Prompt::new();
    prompt.line("import \"guests\" as guests").shows_nothing();
    prompt.line("let kept = 7; nowhere()").shows(":1:15");
    prompt.line("kept").shows("7");
}

#[test]
fn an_error_in_a_function_of_an_earlier_line_shows_that_line() {
    let mut prompt = Prompt::new();
    prompt.line("fn broken() { throw \"oh dear\" }").shows_nothing();
    let shown = prompt.line("broken()").shows("oh dear");
    assert!(shown.contains("line 1:1:15"), "{shown}");
    assert!(shown.contains("1 | fn broken()"), "{shown}");
    assert!(shown.contains("broken called from line 2:1:1"), "{shown}");
}

#[test]
fn an_open_brace_goes_on_in_the_next_line() {
    let mut prompt = Prompt::new();
    prompt.types("fn add(a, b) {\r").types("    a + b\r");
    prompt.line("}").shows_nothing();
    prompt.line("add(2, 3)").shows("5");
}

#[test]
fn an_empty_line_gives_up_on_what_is_open() {
    let mut prompt = Prompt::new();
    prompt.types("let list = [1,\r");
    prompt.line("").shows("error:");
    prompt.line("40 + 2").shows("42");
}

#[test]
fn a_pasted_block_runs_as_one() {
    let mut prompt = Prompt::new();
    prompt.pastes(
        "let total = 0;\nfor n in [1, 2, 3] {\n    total += n;\n\n    total += n;\n}\n`total ${total}`",
    );
    prompt.line("").shows("total 12");
}

#[test]
fn history_comes_back_with_the_arrow_and_in_the_next_session() {
    let mut prompt = Prompt::new();
    prompt.line("100 + 11").shows("111");
    prompt.line("let client_secret = \"hidden\"").shows_nothing();
    prompt.types("\x1b[A");
    prompt.line("").shows("111");
    let home = prompt.leaves();
    let mut prompt = Prompt::at(home);
    prompt.types("\x1b[A");
    prompt.line(" + 100").shows("211");
    let home = prompt.leaves();
    let history = home.path().join("history");
    assert!(!std::fs::read_to_string(&history).unwrap().contains("hidden"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&history).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn ctrl_c_clears_the_line() {
    let mut prompt = Prompt::new();
    prompt.types("get_users(").types("\x03");
    prompt.shows_prompt();
    prompt.line("1 + 1").shows("2");
}

#[test]
fn an_interrupt_while_the_prompt_waits_changes_nothing() {
    let mut prompt = Prompt::new();
    prompt.interrupts().interrupts().types("20 + 1").sees("20 + 1");
    prompt.line("").shows("21");
}

#[test]
fn ctrl_c_stops_a_loop_and_the_session_goes_on() {
    let mut prompt = Prompt::new();
    prompt.line("let before = 5").shows_nothing();
    for _ in 0..2 {
        prompt.types("print(\"looping\"); loop {}\r").sees("\nlooping");
        prompt.types("\x03").shows("interrupted");
    }
    prompt.line("before").shows("5");
}

#[test]
fn ctrl_c_stops_a_wait() {
    let mut prompt = Prompt::new();
    prompt.types("print(\"waiting\"); sleep(1000)\r").sees("\nwaiting");
    prompt.types("\x03").shows("interrupted");
    prompt.line("3 + 4").shows("7");
}

#[test]
fn dates_show_as_dates() {
    let mut prompt = Prompt::new();
    prompt.line("parse_date(\"2026-03-31\")").shows("2026-03-31T00:00:00Z");
    prompt.line("[parse_date(\"2026-03-31\"), \"a\"]").shows("[2026-03-31T00:00:00Z, \"a\"]");
}

#[test]
fn a_line_of_powershell_is_shown_in_rhai_and_carried_out() {
    let mut prompt = Prompt::new();
    prompt
        .line("$Total = (Get-MgUser -Filter \"userType eq 'Guest'\").Count")
        .shows("let total = get_users(#{");
    prompt.line("$TOTAL").shows("15");
    prompt.line("let mine = 2").shows_nothing();
    prompt.line("$total + $Mine").shows("17");
    prompt.line("Install-Module -Name Az -Force").shows("usher needs no modules");
    prompt.line("Frobnicate-Guest -All").shows("nothing here is called `Frobnicate-Guest`");
}

#[test]
fn the_published_guide_works_in_one_paste() {
    let guide = "powershell.exe -ExecutionPolicy RemoteSigned\n\
        Install-Module -Name AzureADPreview, ExchangeOnlineManagement, Az.Resources -AllowClobber -Force\n\
        Connect-ExchangeOnline -Credential (Get-Credential admin@contoso.example)\n\
        New-MailContact -Name \"Ann Lee (Fabrikam)\" -ExternalEmailAddress \"ann@fabrikam.example\"\n\
        Connect-AzureAD -Credential (Get-Credential admin@contoso.example)\n\
        New-MgInvitation -InvitedUserDisplayName \"Ann Lee (Fabrikam)\" -InvitedUserEmailAddress ann@fabrikam.example -InviteRedirectUrl \"https://myapplications.microsoft.com\" -SendInvitationMessage:$true\n\
        Get-AzureADUser -Filter \"displayname eq 'Ann Lee (Fabrikam)'\"\n\
        $userRefObjectId = (Get-AzureADUser -Filter \"displayname eq 'Ann Lee (Fabrikam)'\").ObjectID\n\
        $groupObjectId = (Get-AzureADGroup -Filter \"displayname eq 'Helpdesk administrators'\" ).ObjectID\n\
        Add-AzureADGroupMember -ObjectId $groupObjectId -RefObjectId $userRefObjectId\n\
        $userId = (Get-AzureADUser -Filter \"displayname eq 'Ann Lee (Fabrikam)'\").ObjectID\n\
        $roleassignmentname = (Get-AzRoleDefinition | where-object {$_.name -eq \"Security Admin\"}).Name\n\
        $scoperesourceID = (Get-AzResource | Where-object {$_.name -eq \"backupserver21\"}).ResourceID\n\
        New-AzRoleAssignment -ObjectId $userid -RoleDefinitionName $roleassignmentname -Scope $scoperesourceID";
    let mut prompt = Prompt::new();
    prompt.pastes(guide).types("\r");
    prompt.sees("assign_role Security Admin on backupserver21 for ann@fabrikam.example: done");
    prompt.shows_prompt();
    prompt.line("get_group_members(\"Helpdesk administrators\").filter(|m| m.displayName == \"Ann Lee (Fabrikam)\").len()").shows("1");
}

#[test]
fn ctrl_d_leaves_with_exit_0() {
    let mut prompt = Prompt::new();
    prompt.line("1 + 1").shows("2");
    prompt.leaves();
}

#[test]
fn a_table_fits_80_columns() {
    let mut prompt = Prompt::new();
    let shown = prompt.line("get_guests()").shows("not shown:");
    for line in shown.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line.trim_end()) <= 80, "{line}\n\n{shown}");
    }
    assert!(shown.contains("displayName"), "{shown}");
}

#[test]
fn an_object_is_a_list_without_what_is_empty_and_without_json() {
    let mut prompt = Prompt::new();
    let shown = prompt.line("get_user(\"diego.siciliani@fabrikam.example\")").shows("displayName");
    assert!(shown.contains("Diego Siciliani"), "{shown}");
    assert!(!shown.contains("mobilePhone") && !shown.contains('{'), "{shown}");
}

#[test]
fn help_lists_the_verbs_and_finds_one_by_its_cmdlet() {
    let mut prompt = Prompt::new();
    prompt.line("help").shows("add_group_member");
    prompt.line("help new_invitation").shows("invitedUserEmailAddress");
    prompt.line("help New-MgInvitation").shows("new_invitation");
    prompt.line("help nonsenseword").shows("nothing about `nonsenseword`");
}

#[test]
fn a_preview_shows_its_plan_at_the_end() {
    let mut prompt = Prompt::with(&["--what-if"], "sandbox what-if> ");
    prompt.line("new_invitation(#{ invitedUserEmailAddress: \"ann@litware.example\" }).status").shows("");
    prompt.types("\x04").sees("preview: 1 write planned, nothing was sent");
}

#[test]
fn piped_lines_run_without_a_prompt() {
    let run = piped("let guests = get_guests()\n\nfn many(list) {\n\n    list.len() > 3\n}\nmany(guests)\n");
    assert_eq!((run.code, run.stdout.as_str()), (0, "true\n"), "{}", run.stderr);
    assert_eq!(run.stderr, "tenant: sandbox (simulated, no mail is sent)\n");
}

#[test]
fn the_first_piped_line_that_fails_is_the_last() {
    let run = piped("1 + 1\nnowhere()\n3 + 3\n");
    assert_eq!((run.code, run.stdout.as_str()), (1, "2\n"), "{}", run.stderr);
    assert!(run.stderr.contains("line 2:1:1"), "{}", run.stderr);
}

#[test]
fn a_piped_block_that_is_never_closed_fails() {
    let run = piped("fn f() {\n  1\n");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
}

const INVITE: &str = "new_invitation(#{ invitedUserEmailAddress: \"ann@litware.example\" }).alreadyExisted";

#[test]
fn the_first_write_to_a_real_tenant_asks_where_it_goes() {
    let mut prompt = Prompt::real(&[]);
    prompt.types(&format!("{INVITE}\r")).sees("[y/N]");
    prompt.line("").shows("was not confirmed");
    prompt.types(&format!("{INVITE}\r")).sees("goes to a real tenant:");
    prompt.sees("contoso (contoso.example, as app Guest administration)");
    prompt.sees("create `ann@litware.example`");
    prompt.sees("[y/N]");
    prompt.line("y").shows("false");
    // Asked once is enough.
    prompt.line(&INVITE.replace("ann", "bob")).shows("false");
}

#[test]
fn ctrl_c_at_a_question_leads_back_to_the_prompt() {
    let mut prompt = Prompt::real(&[]);
    prompt.types(&format!("{INVITE}\r")).sees("[y/N]");
    prompt.types("\x03").shows("interrupted");
    prompt.line("1 + 2").shows("3");
    prompt.types(&format!("{INVITE}\r")).sees("[y/N]");
    prompt.line("y").shows("false");
}

#[test]
fn yes_to_everything_is_yes_to_the_first_write() {
    let mut prompt = Prompt::real(&["--yes"]);
    prompt.line(INVITE).shows("false");
}
