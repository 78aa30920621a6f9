//! Runs on a tenant that a profile describes. A sandbox stands in for it: nothing differs from a real one but the addresses.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::usher::{Running, Usher};

/// A served sandbox and what it says of itself.
pub struct Served {
    _running: Running,
    pub connection: Value,
}

impl Served {
    pub fn new(usher: &Usher, more: &[&str]) -> Served {
        let mut command = vec!["sandbox", "serve", "--memory", "--http", "127.0.0.1:0"];
        command.extend(more);
        let mut running = usher.again().command(command).start();
        let connection = serde_json::from_str(&running.line()).unwrap();
        Served { _running: running, connection }
    }

    pub fn text(&self, name: &str) -> &str {
        self.connection[name].as_str().unwrap()
    }

    fn app(&self, name: &str) -> (&str, &str) {
        let apps = self.connection["clients"].as_array().unwrap();
        let app = apps.iter().find(|app| app["name"] == name).unwrap();
        (app["clientId"].as_str().unwrap(), app["clientSecret"].as_str().unwrap())
    }
}

/// The profile `contoso`, all of its services at one address.
pub fn profile(served: &Served, address: &str, more: &str) -> String {
    let (tenant, client) = (served.text("tenantDomain"), served.text("clientId"));
    format!(
        "[tenants.contoso]\ntenant = \"{tenant}\"\nclientId = \"{client}\"\nclientSecretEnv = \"CONTOSO_SECRET\"\n\
         loginUrl = \"{address}\"\ngraphUrl = \"{address}\"\nexchangeUrl = \"{address}\"\nazureUrl = \"{address}\"\n{more}\n"
    )
}

pub const FILE: &str = "../home/tenants.toml";

/// An usher that knows a served sandbox as the tenant `contoso`.
pub fn contoso(more: &str) -> (Usher, Served) {
    let usher = Usher::with_scripts();
    let served = Served::new(&usher, &[]);
    let file = profile(&served, served.text("http"), more);
    let usher = usher.file(FILE, file).variable("CONTOSO_SECRET", served.text("clientSecret"));
    (usher, served)
}

const INVITE: &str = "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" }).status";
const IS_THERE: &str = "find_user(\"ann@fabrikam.example\") != ()";

#[test]
fn the_first_job_is_done_over_https_with_the_tenants_own_authority() {
    let usher = Usher::with_scripts().csv(
        "people.csv",
        "email,displayName,company,groups\nann@fabrikam.example,Ann Lee,Fabrikam,Suppliers\nbob@fabrikam.example,Bob Ray,Fabrikam,\n",
    );
    let usher = usher.file("../home/.keep", "");
    let served = Served::new(&usher, &["--https", "127.0.0.1:0", "--ca-file", "../home/ca.pem"]);
    let https = served.text("https");
    assert!(https.starts_with("https://"), "{https}");
    let usher = usher
        .file(FILE, profile(&served, https, "caFile = \"ca.pem\""))
        .variable("CONTOSO_SECRET", served.text("clientSecret"));
    let job = ["--tenant", "contoso", "--yes", "scripts/onboard.rhai", "people.csv"];
    let ran = usher.again().args(job).run();
    ran.success()
        .stdout_has("2 rows: 2 done")
        .stderr_has("tenant: contoso (contoso.example, as app Guest administration)");
    let there = usher.again().args(["-q", "--sandbox", served.text("http")]).code(IS_THERE).run();
    there.success().stdout_is("true");
    // It is the profile's tenant in the ledger, and no other can take its runs back.
    let runs = usher.again().command(["runs", "--output", "json"]).run();
    assert_eq!(runs.json()[0]["tenantId"], served.connection["tenantId"]);
    let again = usher.again().args(job).run();
    again.success().stdout_has("2 rows: 2 already done");
}

#[test]
fn without_its_authority_an_encrypted_tenant_is_not_trusted() {
    let usher = Usher::new().file("../home/.keep", "");
    let served = Served::new(&usher, &["--https", "127.0.0.1:0", "--ca-file", "../home/ca.pem"]);
    let usher = usher
        .file(FILE, profile(&served, served.text("https"), ""))
        .variable("CONTOSO_SECRET", served.text("clientSecret"));
    usher.again().args(["--tenant", "contoso"]).code("1").run().exits(3).stderr_has("certificate");
}

/// A proxy of the kind that companies have: it is told a name and a port, and passes bytes on. Here all names lead to one port.
fn proxy(to: String) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, names) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (to, asked) = (to.clone(), asked.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(client.try_clone().unwrap());
                let mut first = String::new();
                reader.read_line(&mut first).unwrap();
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let _ = asked.send(first.split_whitespace().nth(1).unwrap_or_default().to_owned());
                let server = TcpStream::connect(&to).unwrap();
                let mut client = client;
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                let (mut back, mut answer) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut answer, &mut back));
                let mut server = server;
                let _ = std::io::copy(&mut reader, &mut server);
            });
        }
    });
    (address, names)
}

#[test]
fn with_microsofts_own_addresses_everything_goes_the_same_way() {
    let usher = Usher::new().file("../home/.keep", "");
    let served = Served::new(&usher, &["--https", "127.0.0.1:0", "--ca-file", "../home/ca.pem"]);
    let port = served.text("https").rsplit(':').next().unwrap().to_owned();
    let (proxy, names) = proxy(format!("127.0.0.1:{port}"));
    // No file, no other addresses: the worldwide cloud, by the names that the sandbox's certificate carries.
    let authority = usher.path("../home/ca.pem");
    let usher = usher
        .variable("USHER_TENANT_ID", served.text("tenantId"))
        .variable("USHER_CLIENT_ID", served.text("clientId"))
        .variable("USHER_CLIENT_SECRET", served.text("clientSecret"))
        .variable("USHER_CA_FILE", authority)
        .variable("HTTPS_PROXY", proxy);
    let all = "[get_guests().len() > 0, get_mail_contacts().len() > 0, get_azure_subscriptions().len() > 0]";
    let ran = usher.again().args(["--output", "json"]).code(all).run();
    ran.success().stderr_has("tenant: environment (");
    assert_eq!(ran.json(), serde_json::json!([true, true, true]));
    let mut asked: Vec<String> = names.try_iter().collect();
    asked.sort();
    asked.dedup();
    assert_eq!(
        asked,
        [
            "graph.microsoft.com:443",
            "login.microsoftonline.com:443",
            "management.azure.com:443",
            "outlook.office365.com:443"
        ]
    );
    // What is not to go by the proxy does not: here nothing is found then.
    let direct = usher.again().variable("NO_PROXY", "*").variable("USHER_LOGIN_URL", "http://127.0.0.1:9");
    direct.code("1").run().exits(3).stderr_has("127.0.0.1:9");
}

#[test]
fn a_read_only_tenant_is_sent_no_write_whatever_a_script_tries() {
    let (usher, served) = contoso("readOnly = true");
    let attempts = [
        "new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" })",
        "try { remove_user(\"megan.bowen@contoso.example\") } catch { } new_mail_contact(#{ name: \"x\", externalEmailAddress: \"x@y.example\" })",
        "graph_request(\"POST\", \"/groups\", #{ body: #{ displayName: \"x\", mailEnabled: false, mailNickname: \"x\", securityEnabled: true } })",
        "graph_request(\"POST\", \"/$batch\", #{ body: #{ requests: [#{ id: \"1\", method: \"PATCH\", url: \"/users/x\", body: #{ city: \"y\" } }] } })",
        "exchange_command(\"New-MailContact\", #{ parameters: #{ Name: \"x\", ExternalEmailAddress: \"x@y.example\" } })",
        "azure_request(\"PUT\", \"/subscriptions/x/resourcegroups/y\", #{ apiVersion: \"2021-04-01\", body: #{ location: \"z\" } })",
        "bulk([#{ email: \"a@b.example\" }], |row| new_invitation(#{ invitedUserEmailAddress: row.email }))",
    ];
    for attempt in attempts {
        let ran = usher
            .again()
            .args(["--tenant", "contoso", "--yes", "--record", "wire.jsonl"])
            .code(attempt)
            .run();
        let said = format!("{}{}", ran.exits(3).stdout, ran.stderr);
        assert!(said.contains("the profile of tenant `contoso` is read-only"), "{ran:?}");
        let wire = usher.read("wire.jsonl");
        for line in wire.lines() {
            let exchange: Value = serde_json::from_str(line).unwrap();
            let (method, url) = (exchange["method"].as_str().unwrap(), exchange["url"].as_str().unwrap());
            assert!(method == "GET" || url.ends_with("/oauth2/v2.0/token"), "{attempt}: {method} {url}");
        }
    }
    // It can be read, and looked at what would be done.
    usher
        .again()
        .args(["--tenant", "contoso", "-q"])
        .code("get_guests().len() > 0")
        .run()
        .success()
        .stdout_is("true");
    let preview = usher.again().args(["--tenant", "contoso", "--what-if"]).code(INVITE).run();
    preview.success().stdout_has("preview: 1 write planned").stderr_has("read-only");
    usher.again().args(["-q", "--sandbox", served.text("http")]).code(IS_THERE).run().stdout_is("false");
}

#[test]
fn the_environment_makes_a_tenant_safer_and_never_less_safe() {
    let (usher, _served) = contoso("readOnly = true\nallow = [\"new_invitation\"]");
    let run = |usher: Usher| usher.args(["--tenant", "contoso", "--yes"]).code(INVITE).run();
    run(usher.again().variable("USHER_READ_ONLY", "false")).exits(3).stderr_has("is read-only");
    let (usher, _served) = contoso("");
    run(usher.again().variable("USHER_READ_ONLY", "1")).exits(3).stderr_has("USHER_READ_ONLY is read-only");
    run(usher.again().variable("USHER_ALLOW", "remove_user")).exits(3).stderr_has("USHER_ALLOW does not let");
    run(usher.again().variable("USHER_ALLOW", "remove_usr"))
        .exits(2)
        .stderr_has("did you mean `remove_user`?");
    run(usher.again().variable("USHER_NEVER_TOUCH", "ann@fabrikam.example"))
        .exits(1)
        .stderr_has("is on the list of what is never touched");
    // On the sandbox as well.
    let own =
        usher.again().args(["--tenant", "sandbox"]).variable("USHER_READ_ONLY", "yes").code(INVITE).run();
    own.exits(3).stderr_has("USHER_READ_ONLY");
    // Named on the command line, a tenant is what its profile says.
    run(usher.again().variable("USHER_CLIENT_ID", "99999999-9999-9999-9999-999999999999")).success();
    usher.again().variable("USHER_READONLY", "1").code("1").run().stderr_has("did you mean USHER_READ_ONLY?");
}

#[test]
fn a_profile_allows_only_its_verbs_and_touches_none_of_its_names() {
    let (usher, _served) =
        contoso("allow = [\"new_invitation\", \"remove_user\"]\nneverTouch = [\"Ann@fabrikam.example\"]");
    let run = |more: &[&str], code: &str| {
        usher.again().args(["--tenant", "contoso", "--yes"]).args(more).code(code).run()
    };
    run(&[], INVITE).exits(1).stderr_has("`ann@fabrikam.example` is on the list of what is never touched");
    let bob = INVITE.replace("ann@", "bob@");
    run(&["--allow", "remove_user"], &bob).exits(3).stderr_has("allow it with --allow");
    run(
        &["--allow", "new_mail_contact"],
        "new_mail_contact(#{ name: \"x\", externalEmailAddress: \"x@y.example\" })",
    )
    .exits(3)
    .stderr_has("the profile of tenant `contoso` does not let `new_mail_contact` write")
    .stderr_has("--allow cannot add to that");
    run(&[], &bob).success();
}

#[test]
fn a_profile_can_ask_for_a_second_person() {
    let (usher, _served) = contoso("requireApproval = true");
    let remove = "remove_user(find_user(\"carlos.vega@litware.example\"))";
    let ran = usher.again().args(["--tenant", "contoso", "--yes"]).code(remove).run();
    ran.exits(5).stderr_has("need a plan that a second person approved");
    let stopped =
        usher.again().args(["--tenant", "contoso", "--yes"]).code(&format!("{INVITE}; {remove}")).run();
    stopped.exits(5).stderr_has("resume it with: usher runs resume ").stderr_has(" --tenant contoso");
}

#[test]
fn a_real_tenant_asks_before_the_first_write_of_a_verb() {
    let (usher, _served) = contoso("");
    let ran = usher.again().args(["--tenant", "contoso"]).code(INVITE).run();
    ran.exits(5).stderr_has("`new_invitation` was not confirmed").stderr_has("--yes");
    usher.again().args(["-q", "--tenant", "contoso"]).code(IS_THERE).run().stdout_is("false");
    #[cfg(unix)]
    {
        let asking = usher.again().args(["--tenant", "contoso"]).code(INVITE);
        let mut terminal = asking.at_terminal();
        terminal.sees("on tenant contoso (").sees(", as app ").sees("[y/N]").types("y\r");
        let (seen, code) = terminal.ends();
        assert_eq!(code, 0, "{seen}");
    }
}

#[test]
fn a_mistake_in_the_file_is_shown_with_its_line_before_anything_is_asked() {
    let usher = Usher::new();
    let file = "# Mine.\n[tenants.contoso]\ntenant = \"contoso.example\"\nclientID = \"x\"\n";
    let usher = usher.file(FILE, file);
    let ran = usher.again().args(["--tenant", "contoso"]).code("1").run();
    ran.exits(2)
        .stderr_has("error: there is no setting `clientID`")
        .stderr_has("tenants.toml:4:1 (tenants.contoso.clientID)")
        .stderr_has("did you mean `clientId`?");
    let verb = "[tenants.contoso]\ntenant = \"contoso.example\"\nmethod = \"azure-cli\"\nallow = [\"new_invitaton\"]\n";
    let ran = usher.file(FILE, verb).args(["--tenant", "contoso"]).code("1").run();
    ran.exits(2).stderr_has("tenants.toml:4:9").stderr_has("did you mean `new_invitation`?");
}

#[test]
fn a_wrong_secret_is_known_before_the_script_begins() {
    let (usher, _served) = contoso("");
    let wrong = usher.again().variable("CONTOSO_SECRET", "marked-as-wrong").args(["--tenant", "contoso"]);
    let ran = wrong.code("print(\"begun\")").run();
    ran.exits(3).stderr_has("AADSTS7000215").stderr_lacks("marked-as-wrong").stdout_lacks("begun");
    let none = usher.again().variable("CONTOSO_SECRET", "").args(["--tenant", "contoso"]).code("1").run();
    none.exits(3).stderr_has(
        "`CONTOSO_SECRET`: this environment variable should hold a client secret, and is not set",
    );
}

#[test]
fn the_tenant_is_that_of_the_command_line_then_the_variable_then_the_default() {
    let (usher, served) = contoso("");
    let file = format!("default = \"contoso\"\n{}", profile(&served, served.text("http"), ""));
    let usher = usher.file(FILE, file);
    let asked =
        |usher: Usher| usher.args(["-q", "--output", "json"]).code("get_context().tenant").run().json();
    assert_eq!(asked(usher.again()), "contoso");
    assert_eq!(asked(usher.again().args(["--tenant", "sandbox"])), "sandbox");
    assert_eq!(asked(usher.again().variable("USHER_TENANT", "sandbox")), "sandbox");
    assert_eq!(
        asked(usher.again().variable("USHER_TENANT", "sandbox").args(["--tenant", "contoso"])),
        "contoso"
    );
    // What is on this machine is asked for by no proxy: http would cross the network in the clear.
    let proxied = usher
        .again()
        .variable("HTTP_PROXY", "http://127.0.0.1:9")
        .variable("ALL_PROXY", "http://127.0.0.1:9");
    assert_eq!(asked(proxied), "contoso");
    let both = usher.again().args(["--tenant", "contoso", "--sandbox", served.text("http")]).code("1").run();
    both.exits(2).stderr_has("name two tenants");
}

#[test]
fn a_permission_that_is_missing_is_named_with_the_command_that_asks_for_it() {
    let (usher, served) = contoso("");
    let (client, secret) = served.app("reader");
    let file = profile(&served, served.text("http"), "").replace(served.text("clientId"), client);
    let usher = usher.file(FILE, file).variable("CONTOSO_SECRET", secret);
    let usher = usher.file("invite.rhai", INVITE);
    let ran = usher.again().args(["--tenant", "contoso", "--yes", "invite.rhai"]).run();
    ran.exits(3)
        .stderr_has("was not granted User.Invite.All, which `new_invitation` needs")
        .stderr_has("hint: `new_invitation` needs User.Invite.All, which this app was not granted")
        .stderr_has("`usher tenants setup --for invite.rhai`");
}
