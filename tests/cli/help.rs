//! `usher help`: the reference, and the way to it.

use crate::usher::{Ended, Usher};

fn help(words: &[&str]) -> Ended {
    let mut command = vec!["help"];
    command.extend(words);
    Usher::new().command(command).run()
}

#[test]
fn help_lists_every_verb_by_area() {
    help(&[])
        .success()
        .stdout_has("Invitations\n  new_invitation ")
        .stdout_has("remove_mail_contact")
        .stdout_has("bulk");
}

#[test]
fn a_verb_has_a_page() {
    help(&["new_invitation"])
        .success()
        .stdout_has("Invite an external user to the organization.")
        .stdout_has("invitedUserEmailAddress  (required)")
        .stdout_has("User.Invite.All")
        .stdout_has("examples");
}

#[test]
fn a_cmdlet_finds_its_verb_in_any_case() {
    let page = help(&["new_invitation"]).stdout;
    for name in [
        "New-MgInvitation",
        "new-mginvitation",
        "NEW-MGINVITATION",
        "New-AzureADMSInvitation",
        "New_Invitation",
    ] {
        help(&[name]).success().stdout_is(&page);
    }
}

#[test]
fn words_find_the_verbs_that_are_about_them() {
    help(&["mail", "contact"]).success().stdout_has("new_mail_contact").stdout_lacks("assign_role");
}

#[test]
fn modules_and_their_functions_have_pages() {
    help(&[]).stdout_has("Modules: import \"guests\" as guests;\n  guests ").stdout_has("\n  powershell ");
    help(&["guests"])
        .success()
        .stdout_has("import \"guests\" as guests;")
        .stdout_has("onboard(person)")
        .stdout_has("usher help guests::NAME");
    help(&["guests::onboard"])
        .success()
        .stdout_has("guests::onboard(person)\n  ")
        .stdout_has("\n    guests::onboard(#{");
    help(&["powershell"]).success().stdout_has("\nComparing\n").stdout_has("like(text, pattern)");
    help(&["ps::ge"]).success().stdout_is("  eq ne lt le gt ge (a, b)         -eq -ne -lt -le -gt -ge");
    help(&["guests::nothing"]).exits(2).stderr_has("nothing about `guests::nothing`");
}

#[test]
fn every_function_of_a_module_says_what_it_does() {
    for (module, text) in usher::host::LIBRARY {
        let about = usher::host::library::about(text);
        assert!(!about.module.is_empty() && !about.functions.is_empty(), "{module}");
        for function in about.functions {
            let page = help(&[&format!("{module}::{}", function.name)]);
            page.success().stdout_has(&format!("{module}::{}\n", function.signature)).stdout_has("\n  ");
        }
    }
}

#[test]
fn a_mistyped_name_is_told_the_nearest() {
    let told = help(&["new_invitatoin"]);
    told.exits(2);
    insta::assert_snapshot!(told.error(), @r"
    error: there is nothing about `new_invitatoin` in the reference
    hint: did you mean `new_invitation`?
    ");
}

#[test]
fn what_is_not_there_is_an_error() {
    help(&["xyzzy"]).exits(2).stderr_has("there is nothing about `xyzzy` in the reference");
}

#[test]
fn every_verb_that_the_overview_names_has_a_page() {
    let overview = help(&[]).stdout;
    let named = overview
        .lines()
        .skip_while(|line| !line.starts_with("Session"))
        .take_while(|line| !line.starts_with("Modules"))
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = named.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 40, "{names:?}");
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || {
                help(&[name])
                    .success()
                    .stdout_has(&format!("{name}\n"))
                    .stdout_has("  gives ")
                    .exits(0)
                    .stdout
                    .len()
            });
        }
    });
}
