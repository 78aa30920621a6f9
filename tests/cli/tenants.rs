//! `usher tenants` and `usher doctor`: the file of tenants, what an app registration needs, and what is wrong on the way.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use serde_json::{Value, json};

use crate::profiles::{FILE, Served, contoso, profile};
use crate::usher::Usher;

const TWO: &str = "# Ours.\n[tenants.contoso] # the big one\ntenant = \"contoso.example\"\nmethod = \"azure-cli\"\nreadOnly = true\n\n\
                   [tenants.fabrikam]\ntenant = \"fabrikam.example\"\nmethod = \"azure-cli\"\n";

#[test]
fn tenants_are_listed_chosen_renamed_and_removed_with_remarks_kept() {
    let usher = Usher::new().file(FILE, TWO);
    let command = |words: &[&str]| usher.again().command(words).run();
    command(&["tenants"]).success().stdout_has("contoso.example").stdout_has("read-only");
    let listed = command(&["tenants", "--output", "json"]).json();
    assert_eq!((&listed[0]["name"], &listed[0]["default"]), (&json!("contoso"), &json!(false)));
    command(&["tenants", "default", "contoso"]).success();
    assert_eq!(command(&["tenants", "list", "--output", "json"]).json()[0]["default"], true);
    command(&["tenants", "rename", "contoso", "main"]).success();
    command(&["tenants", "show", "main"]).success().stdout_has("login.microsoftonline.com");
    let file = usher.read(FILE);
    assert!(file.contains("# Ours.\n") && file.contains("[tenants.main] # the big one\n"), "{file}");
    assert!(file.contains("default = \"main\""), "{file}");
    command(&["tenants", "rename", "main", "fabrikam"]).exits(2).stderr_has("already");
    command(&["tenants", "rename", "main", "sandbox"]).exits(2).stderr_has("simulated tenant");
    command(&["tenants", "show", "mian"]).exits(2).stderr_has("did you mean `main`?");
    command(&["tenants", "remove", "main"]).success().stderr_has("it was the default");
    assert!(!usher.read(FILE).contains("contoso.example"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(usher.path(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn without_tenants_the_list_says_how_to_get_one() {
    let ran = Usher::new().command(["tenants"]).run();
    ran.success().stdout_has("there are no tenants yet").stderr_has("usher login");
}

/// Ids of permissions that the sandbox's Graph offers, by their names.
fn offered(usher: &Usher, kind: &str) -> Value {
    let code = format!(
        "let id = \"00000003-0000-0000-c000-000000000000\";
         let query = #{{ \"$filter\": `appId eq '${{id}}'` }};
         graph_request(\"GET\", \"/servicePrincipals\", #{{ query: query }}).value[0].{kind}"
    );
    let all = usher.ask(&code);
    let named = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["value"].as_str().unwrap().to_owned(), one["id"].clone()));
    Value::Object(named.collect())
}

#[test]
fn the_ids_of_permissions_are_those_that_the_service_offers() {
    let usher = Usher::new();
    let (roles, scopes) = (offered(&usher, "appRoles"), offered(&usher, "oauth2PermissionScopes"));
    let mut scopes_held = 0;
    for known in ::usher::catalogue::permissions::GRAPH {
        assert_eq!(roles[known.name], known.application, "{}", known.name);
        if scopes[known.name].is_string() {
            assert_eq!(scopes[known.name], known.delegated, "{}", known.name);
            scopes_held += 1;
        }
    }
    assert!(scopes_held >= 5, "{scopes_held} delegated ids were compared");
}

#[test]
fn setup_writes_the_manifest_for_just_what_a_script_needs() {
    let usher = Usher::new().file("invite.rhai", "new_invitation(#{ invitedUserEmailAddress: args[0] })");
    let asked =
        ["tenants", "setup", "--for", "invite.rhai", "--app-name", "Invitations", "--manifest", "app.json"];
    let ran = usher.again().command(asked).run();
    ran.success().stdout_has("User.Invite.All").stdout_has("/TENANT/adminconsent?client_id=CLIENT-ID");
    ran.stdout_lacks("Exchange Recipient Administrator");
    let manifest: Value = serde_json::from_str(&usher.read("app.json")).unwrap();
    assert_eq!(
        manifest,
        json!({
            "displayName": "Invitations",
            "signInAudience": "AzureADMyOrg",
            "requiredResourceAccess": [{
                "resourceAppId": "00000003-0000-0000-c000-000000000000",
                "resourceAccess": [
                    { "id": "09850681-111b-4a89-9bed-3f2cae46d706", "type": "Role" },
                    { "id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role" },
                ],
            }],
        })
    );
    let ran = usher.command(["tenants", "setup", "--for", "nothing-there.rhai"]).run();
    ran.exits(1).stderr_has("there is no such file");
}

#[test]
fn setup_for_people_says_what_rests_on_what_is_not_documented() {
    let asked = [
        "tenants",
        "setup",
        "--delegated",
        "--cloud",
        "usgov",
        "--tenant",
        "contoso.example",
        "--client-id",
        "abc",
        "--manifest",
        "app.json",
    ];
    let usher = Usher::new();
    let ran = usher.again().command(asked).run();
    ran.success()
        .stdout_has("https://login.microsoftonline.us/contoso.example/adminconsent?client_id=abc")
        .stdout_has("InvokeCommand")
        .stdout_has("is not documented")
        .stdout_has("Role Based Access Control Administrator");
    let manifest: Value = serde_json::from_str(&usher.read("app.json")).unwrap();
    assert_eq!(manifest["publicClient"]["redirectUris"], json!(["http://localhost"]));
    let services = manifest["requiredResourceAccess"].as_array().unwrap();
    assert_eq!(services.len(), 3, "Graph, Exchange and Azure");
    let all = services.iter().flat_map(|service| service["resourceAccess"].as_array().unwrap());
    assert!(all.into_iter().all(|one| one["type"] == "Scope"));
}

/// Makes the state folder as usher itself makes it.
fn private(usher: &Usher) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(usher.path("../home"), PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::set_permissions(usher.path(FILE), PermissionsExt::from_mode(0o600)).unwrap();
    }
}

#[test]
fn doctor_finds_a_tenant_that_is_well() {
    let (usher, _served) = contoso("");
    private(&usher);
    let ran = usher.again().command(["doctor", "--tenant", "contoso"]).run();
    ran.success()
        .stdout_has("contoso.example (")
        .stdout_has("clock")
        .stdout_has("Exchange         its role lets this sign-in see recipients")
        .stdout_has("1 subscription");
    let checks = usher.again().command(["doctor", "--tenant", "contoso", "--output", "json"]).run().json();
    let states: Vec<&Value> = checks.as_array().unwrap().iter().map(|check| &check["state"]).collect();
    assert!(states.iter().all(|state| **state == "ok"), "{checks:#}");
    usher.again().command(["doctor", "--tenant", "sandbox"]).run().success();
}

fn check<'a>(checks: &'a Value, of: &str) -> &'a Value {
    let found =
        checks.as_array().unwrap().iter().find(|check| check["check"] == of && check["state"] != "ok");
    found.unwrap_or_else(|| panic!("nothing is wrong with {of}: {checks:#}"))
}

#[test]
fn doctor_says_what_is_wrong_and_what_to_do() {
    let (usher, served) = contoso("");
    private(&usher);
    let doctor = |usher: Usher| usher.command(["doctor", "--tenant", "contoso", "--output", "json"]).run();
    // Nobody listens where the services should be.
    let closed = profile(&served, "http://127.0.0.1:9", "");
    let ran = doctor(usher.again().file(FILE, closed));
    ran.exits(1);
    assert!(check(&ran.json(), "sign-in service")["todo"].as_str().unwrap().contains("HTTPS_PROXY"));
    // Another tenant than the service knows.
    let other =
        profile(&served, served.text("http"), "").replace(served.text("tenantDomain"), "nobody.example");
    let ran = doctor(usher.again().file(FILE, other));
    ran.exits(1);
    assert!(check(&ran.json(), "sign-in service")["found"].as_str().unwrap().contains("nobody.example"));
    // A file with a slip.
    let ran = doctor(usher.again().file(FILE, "[tenants.contoso]\ntennant = \"x\"\n"));
    ran.exits(1);
    assert!(check(&ran.json(), "tenants")["found"].as_str().unwrap().contains("tenants.toml:2:1"));
    // An app that was granted little.
    let few = served.connection["clients"]
        .as_array()
        .unwrap()
        .iter()
        .find(|app| app["name"] == "inviting")
        .unwrap();
    let file = profile(&served, served.text("http"), "")
        .replace(served.text("clientId"), few["clientId"].as_str().unwrap());
    let inviting =
        usher.again().file(FILE, file).variable("CONTOSO_SECRET", few["clientSecret"].as_str().unwrap());
    let ran = doctor(inviting);
    ran.success();
    let checks = ran.json();
    assert!(check(&checks, "permissions")["todo"].as_str().unwrap().contains("usher tenants setup"));
    assert!(
        check(&checks, "Exchange")["todo"].as_str().unwrap().contains("Exchange Recipient Administrator")
    );
    // A folder that anybody may write to.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(usher.path("../home"), PermissionsExt::from_mode(0o777)).unwrap();
        let ran = doctor(usher.again());
        ran.exits(1);
        assert!(check(&ran.json(), "state folder")["todo"].as_str().unwrap().contains("chmod 700"));
    }
}

#[test]
fn every_setting_is_in_the_reference() {
    let reference = include_str!("../../docs/tenants.md");
    for setting in ::usher::identity::settings::SETTINGS {
        let row = format!("| `{}` | `{}` |", setting.key, setting.variable);
        assert!(reference.contains(&row), "docs/tenants.md lacks {row}");
    }
}

#[test]
fn one_script_runs_once_at_a_time_on_each_tenant() {
    let (usher, _served) = contoso("");
    let other = Served::new(&usher, &[]);
    let usher = usher.file("wait.rhai", "print(get_context().tenantDomain); sleep(3600);");
    let mut first = usher.again().args(["--tenant", "contoso", "wait.rhai"]).start();
    first.line();
    let second = usher.again().args(["--tenant", "contoso", "wait.rhai"]).run();
    second.exits(5).stderr_has("is being run on tenant `contoso` already");
    let mut elsewhere = usher.again().args(["--sandbox", other.text("http"), "wait.rhai"]).start();
    elsewhere.line();
}
