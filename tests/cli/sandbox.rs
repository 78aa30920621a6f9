//! The simulated tenant: as a server of its own, shared, reset, and never elsewhere.

use serde_json::Value;

use crate::usher::{Running, Usher};

fn serve(usher: &Usher, more: &[&str]) -> (Running, Value) {
    let mut command = vec!["sandbox", "serve", "--http", "127.0.0.1:0"];
    command.extend(more);
    let mut running = usher.again().command(command).start();
    let line = running.line();
    let connection = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    (running, connection)
}

fn url(connection: &Value) -> String {
    connection["http"].as_str().expect("an address").to_owned()
}

#[test]
fn a_served_sandbox_prints_one_line_with_all_that_a_client_needs() {
    let (_running, connection) = serve(&Usher::new(), &["--memory"]);
    for key in ["http", "tenantId", "tenantDomain", "subscriptionId", "clientId", "clientSecret"] {
        assert!(connection[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {connection}");
    }
    assert!(url(&connection).starts_with("http://127.0.0.1:"));
}

#[test]
fn a_run_uses_the_sandbox_it_is_given() {
    let usher = Usher::new();
    let (_running, connection) = serve(&usher, &["--memory"]);
    let there = url(&connection);
    let invite = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).status";
    let ran = usher.again().args(["--sandbox", &there]).code(invite).run();
    ran.success().stderr_has(&format!("tenant: sandbox at {there} (simulated"));
    let find = "find_user(\"ann@fabrikam.example\") != ()";
    usher.again().args(["--sandbox", &there]).code(find).run().success().stdout_is("true");
    assert_eq!(usher.ask(find), false, "usher's own sandbox is another tenant");
}

#[test]
fn a_sandbox_in_memory_forgets_and_one_in_a_file_remembers() {
    let usher = Usher::new();
    let invite = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).status";
    for (store, remembered) in [(vec!["--memory"], "false"), (vec!["--state", "t.sqlite"], "true")] {
        let (running, connection) = serve(&usher, &store);
        usher.again().args(["--sandbox", &url(&connection)]).code(invite).run().success();
        running.kill();
        let (_running, connection) = serve(&usher, &store);
        let find = usher
            .again()
            .args(["--sandbox", &url(&connection)])
            .code("find_user(\"ann@fabrikam.example\") != ()")
            .run();
        find.success().stdout_is(remembered);
    }
}

#[test]
fn a_seed_is_chosen_by_name() {
    let usher = Usher::new();
    let (_running, connection) = serve(&usher, &["--memory", "--seed", "tiny"]);
    let tiny = usher.again().args(["--sandbox", &url(&connection)]).code("get_users().len()").run();
    tiny.success();
    assert!(tiny.json().as_u64() < usher.ask("get_users().len()").as_u64());
}

#[test]
fn an_unknown_seed_is_refused_and_the_known_ones_are_named() {
    for command in [
        ["sandbox", "serve", "--memory", "--seed", "nope"].as_slice(),
        &["sandbox", "reset", "--seed", "nope"],
    ] {
        Usher::new()
            .command(command)
            .run()
            .exits(2)
            .stderr_has("no seed `nope`")
            .stderr_has("contoso, large, messy, tiny");
    }
}

#[test]
fn reset_puts_the_tenant_back() {
    let usher = Usher::new();
    let before = (usher.tenant(), usher.guests_and_mails());
    usher
        .again()
        .code("new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });")
        .run()
        .success();
    assert_ne!((usher.tenant(), usher.guests_and_mails()), before);
    usher.again().command(["sandbox", "reset"]).run().success().stderr_has("as the seed `contoso` has it");
    assert_eq!((usher.tenant(), usher.guests_and_mails()), before);
}

#[test]
fn a_script_can_reset_the_sandbox() {
    let code = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }); sandbox::reset(); find_user(\"ann@fabrikam.example\") == ()";
    Usher::new().code(code).run().success().stdout_is("true");
}

#[test]
fn a_tenant_that_is_served_is_not_reset_behind_its_servers_back() {
    let usher = Usher::new();
    let (_running, connection) = serve(&usher, &[]);
    let told = usher.again().command(["sandbox", "reset"]).run();
    told.exits(2).stderr_has("another usher serves this sandbox").stderr_has(&url(&connection));
}

#[test]
fn two_ushers_share_one_sandbox_at_once() {
    let usher = Usher::new();
    let (_running, _) = serve(&usher, &[]);
    let invite = |n: usize| {
        let code = format!(
            "for i in 0..10 {{ new_invitation(#{{ invitedUserEmailAddress: `g{n}.${{i}}@fabrikam.example` }}); }} get_guests().len()"
        );
        usher.again().code(&code).start()
    };
    let (guests, mails) = usher.guests_and_mails();
    let both = [invite(1), invite(2)];
    for one in both {
        one.end().success();
    }
    assert_eq!(usher.guests_and_mails(), (guests + 20, mails));
}

#[test]
fn two_ushers_that_start_at_once_share_what_one_of_them_started() {
    let usher = Usher::new();
    let (guests, _) = usher.guests_and_mails();
    let runs: Vec<Running> = (0..2)
        .map(|n| {
            let code = format!("for i in 0..5 {{ new_invitation(#{{ invitedUserEmailAddress: `g{n}.${{i}}@fabrikam.example` }}); }}");
            usher.again().code(&code).start()
        })
        .collect();
    for run in runs {
        run.end().success();
    }
    assert_eq!(usher.guests_and_mails().0, guests + 10);
}

#[test]
fn a_sandbox_on_another_machine_is_refused() {
    for address in ["http://example.com", "https://graph.microsoft.com", "http://10.0.0.1:8080", "nonsense"] {
        let told = Usher::new().args(["--sandbox", address]).code("get_users().len()").run();
        told.exits(2).stderr_has("--sandbox takes an address of this machine").stderr_has(address);
    }
}

#[test]
fn a_sandbox_is_not_served_to_other_machines() {
    Usher::new()
        .command(["sandbox", "serve", "--http", "0.0.0.0:0", "--memory"])
        .run()
        .exits(2)
        .stderr_has("other machines can reach 0.0.0.0:0");
}

#[test]
fn a_sandbox_that_is_not_there_is_said_with_how_to_serve_one() {
    let told = Usher::new().args(["--sandbox", "http://127.0.0.1:1"]).code("get_users().len()").run();
    told.exits(1)
        .stderr_has("reaching the sandbox at http://127.0.0.1:1")
        .stderr_has("usher sandbox serve --http");
}

#[test]
fn the_routes_are_listed_with_what_opens_them() {
    let told = Usher::new().command(["sandbox", "routes"]).run();
    told.success()
        .stdout_has("Microsoft Graph")
        .stdout_has("Exchange Online")
        .stdout_has("Azure Resource Manager");
    let line =
        told.stdout.lines().find(|line| line.contains(" /invitations ")).expect("invitations are listed");
    assert!(line.trim_start().starts_with("POST") && line.contains("User.Invite.All"), "{line}");
}

#[test]
fn a_file_of_faults_that_cannot_be_meant_is_told_with_line_and_column() {
    let usher = Usher::new()
        .file("faults.json", "{ \"faults\": [\n  { \"on\": \"graph\", \"then\": \"explodes\" }\n] }");
    let told = usher.command(["sandbox", "serve", "--memory", "--faults", "faults.json"]).run();
    told.exits(2).stderr_has("`faults.json`").stderr_has("no fault `explodes`").stderr_has("line 2 column");
}

#[test]
fn tls_needs_a_file_for_the_authority() {
    let told = Usher::new().command(["sandbox", "serve", "--memory", "--https", "127.0.0.1:0"]).run();
    told.exits(2).stderr_has("--ca-file");
}
