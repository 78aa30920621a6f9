//! `usher login` and `usher logout`, each way of signing in against a sandbox that stands for a real tenant.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::usher::{Ended, Running, Usher};

const GRAPH_TOOLS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

/// A sandbox served elsewhere, and an usher that knows it by its addresses only.
struct Tenant {
    usher: Usher,
    connection: Value,
    _server: Running,
}

impl Tenant {
    fn new() -> Tenant {
        let usher = Usher::new();
        let mut server = usher.again().command(["sandbox", "serve", "--memory"]).start();
        let connection = serde_json::from_str(&server.line()).unwrap();
        Tenant { usher, connection, _server: server }
    }

    fn told(&self, name: &str) -> &str {
        self.connection[name].as_str().unwrap()
    }

    /// `usher login` with the sandbox's addresses.
    fn login(&self, words: &[&str]) -> Usher {
        let mut command = vec!["login"];
        command.extend(words);
        for option in ["--login-url", "--graph-url", "--exchange-url", "--azure-url"] {
            command.extend([option, self.told("http")]);
        }
        self.usher.again().command(command)
    }

    fn as_app(&self, words: &[&str]) -> Usher {
        let mut command = vec!["--tenant", self.told("tenantDomain"), "--client-id", self.told("clientId")];
        command.extend(words);
        self.login(&command)
    }

    fn kept(&self, name: &str) -> Value {
        let path = self.usher.path("../home/tokens").join(format!("{name}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> (u16, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let url = format!("{}{path}", self.told("http"));
            let mut request = http.request(method.parse().unwrap(), url).body(body);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    fn control(&self, path: &str, body: Value) {
        let headers = [("content-type", "application/json")];
        let (status, text) = self.send("POST", &format!("/sandbox/{path}"), &headers, body.to_string());
        assert_eq!(status, 200, "{text}");
    }

    /// An app's token, as another tool would have asked for it.
    fn token(&self, scope: &str) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", self.told("clientId"))
            .append_pair("client_secret", self.told("clientSecret"))
            .append_pair("scope", scope);
        let path = format!("/{}/oauth2/v2.0/token", self.told("tenantId"));
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let (_, text) = self.send("POST", &path, &headers, form.finish());
        serde_json::from_str::<Value>(&text).unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    fn certificate(&self) -> String {
        self.send("GET", "/sandbox/certificate", &[], String::new()).1
    }

    /// What a platform gives its jobs: here the app's own signed statement, which the sandbox takes as well.
    fn statement(&self) -> String {
        let pem = self.certificate();
        let thumbprint = ring::digest::digest(&ring::digest::SHA256, &part(&pem, "CERTIFICATE"));
        let now = jiff::Timestamp::now().as_second();
        let app = self.told("clientId");
        let header = json!({ "alg": "RS256", "x5t#S256": URL_SAFE_NO_PAD.encode(thumbprint) });
        let audience = format!("https://login.microsoftonline.com/{}/v2.0", self.told("tenantId"));
        let payload = json!({ "aud": audience, "iss": app, "sub": app, "exp": now + 600, "jti": "one" });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(&header), encode(&payload));
        let key = ring::signature::RsaKeyPair::from_pkcs8(&part(&pem, "PRIVATE KEY")).unwrap();
        let mut signature = vec![0; key.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// One block of a PEM file, as DER.
fn part(pem: &str, label: &str) -> Vec<u8> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----")).unwrap();
    let inner: String = rest.split_once("-----END").unwrap().0.split_whitespace().collect();
    STANDARD.decode(inner).unwrap()
}

#[test]
fn without_an_app_registration_the_ways_are_told_with_what_each_cannot_do() {
    let ended = Usher::new().command(["login", "--for", "onboard.rhai", "--tenant", "contoso.example"]);
    let ended = ended.file("onboard.rhai", "get_users();").run();
    ended
        .exits(2)
        .stderr_has("usher tenants setup --for onboard.rhai")
        .stderr_has("--client-id ID")
        .stderr_has("usher login --azure-cli")
        .stderr_has("does not document (InvokeCommand)");
}

#[test]
fn an_app_signs_in_by_its_secret_and_the_next_command_is_told() {
    let tenant = Tenant::new();
    let secret = tenant.told("clientSecret").to_owned();
    let ended =
        tenant.as_app(&["--client-secret-env", "APP_SECRET", "--read-only"]).env("APP_SECRET", &secret).run();
    ended
        .success()
        .stdout_has("signed in to Contoso")
        .stdout_has(tenant.told("tenantId"))
        .stdout_has(" as the app ")
        .stdout_has("Graph     works")
        .stdout_has("Exchange  works")
        .stdout_has("Azure     works; 1 subscription")
        .stdout_has("the tenant is called `contoso` here, and no write is ever sent to it")
        .stdout_has("tokens/contoso.json, a file that only you can read")
        .stdout_has("next: usher run --tenant contoso -e 'get_guests().len()'")
        .stdout_lacks(&secret);
    assert!(tenant.kept("contoso")["clientSecret"].is_null(), "a secret of the environment stays there");
    let again = tenant.usher.again().command(["login", "--name", "contoso"]).env("APP_SECRET", &secret).run();
    again.success().stdout_has("no write is ever sent to it");
    let without = tenant.usher.again().command(["login", "--name", "contoso"]).run();
    without.exits(3).stderr_has("`APP_SECRET`").stderr_has("hint: set APP_SECRET");
}

#[test]
fn a_secret_on_standard_input_is_kept_and_forgotten_by_logout() {
    let tenant = Tenant::new();
    let secret = format!("{}\n", tenant.told("clientSecret"));
    tenant.as_app(&["--client-secret-stdin", "--name", "home"]).stdin(&secret).run().success();
    assert_eq!(tenant.kept("home")["clientSecret"], tenant.told("clientSecret"));
    tenant.usher.again().command(["login", "--name", "home"]).run().success();
    let out = tenant.usher.again().command(["logout"]).run();
    out.success().stdout_has("signed out of `home`");
    assert!(!tenant.usher.exists("../home/tokens/home.json"));
    tenant.usher.again().command(["logout", "home"]).run().success().stdout_has("nothing was kept");
    tenant
        .usher
        .again()
        .command(["login", "--name", "home"])
        .run()
        .exits(3)
        .stderr_has("--client-secret-stdin");
    tenant
        .as_app(&["--client-secret-stdin"])
        .stdin(" \n")
        .run()
        .exits(2)
        .stderr_has("no secret on standard input");
}

#[test]
fn a_wrong_secret_keeps_nothing() {
    let tenant = Tenant::new();
    let ended = tenant.as_app(&["--client-secret-stdin"]).stdin("not-the-secret").run();
    ended.exits(3).stderr_has("AADSTS7000215").stderr_has("hint: ").stderr_lacks("not-the-secret");
    let left = std::fs::read_dir(tenant.usher.path("../home/tokens")).into_iter().flatten().count();
    assert_eq!(left, 0, "nothing is left of a sign-in that failed");
}

#[test]
fn without_a_desktop_a_code_is_shown() {
    let tenant = Tenant::new();
    tenant.control("login", json!({ "approve": "ola.nordmann@contoso.example" }));
    let script = "import \"more\" as m; new_invitation(#{}); m::look();";
    let usher = tenant.login(&["--client-id", GRAPH_TOOLS, "--for", "job.rhai"]);
    let usher = usher.file("job.rhai", script).file("more.rhai", "fn look() { get_group_members(\"a\") }");
    usher
        .run()
        .success()
        .stderr_has("so you sign in with a code in a browser elsewhere")
        .stderr_has("/oauth2/deviceauth in a browser on any machine")
        .stdout_has("as ola.nordmann@contoso.example")
        .stdout_has("the tenant is called `contoso` here");
    let kept = tenant.kept("contoso");
    let graph = kept["scopes"]["Graph"].as_str().unwrap();
    assert!(graph.contains("https://graph.microsoft.com/User.Invite.All"), "{graph}");
    assert!(!graph.contains("RoleManagement"), "{graph}");
    assert_eq!(
        kept["of"]["tenant"],
        tenant.told("tenantId"),
        "it belongs to the tenant that was signed in to"
    );
}

/// Follows the sign-in page back to usher, as a browser does for whoever is signed in to it.
#[cfg(unix)]
fn browser(tenant: &Tenant) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let browser = tenant.usher.path("browser");
    let script =
        "#!/bin/sh\necho \"$*\" >>arguments\nexec curl --silent --location --output page.html \"$1\"\n";
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o700)).unwrap();
    browser
}

#[cfg(unix)]
#[test]
fn a_browser_is_opened_where_that_is_wished() {
    let tenant = Tenant::new();
    tenant.control("login", json!({ "approve": "ola.nordmann@contoso.example" }));
    let ended =
        tenant.login(&["--client-id", GRAPH_TOOLS, "--browser"]).env("BROWSER", browser(&tenant)).run();
    ended.success().stderr_has("code_challenge=").stdout_has("as ola.nordmann@contoso.example");
    assert!(tenant.usher.read("page.html").contains("You are signed in to usher"));
}

#[test]
fn a_certificate_signs_in() {
    let tenant = Tenant::new();
    let usher = tenant.as_app(&["--certificate", "app.pem"]).file("app.pem", tenant.certificate());
    usher.run().success().stdout_has("the certificate is read from ");
    let missing = tenant.as_app(&["--certificate", "no.pem", "--name", "other"]).run();
    missing.exits(3).stderr_has("there is no such file");
}

#[test]
fn a_pfx_file_is_opened_with_its_password() {
    use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
    let tenant = Tenant::new();
    let pem = tenant.certificate();
    let chain = PrivateKeyChain::new(
        [1u8; 20].as_slice(),
        PrivateKey::from_der(&part(&pem, "PRIVATE KEY")).unwrap(),
        [Certificate::from_der(&part(&pem, "CERTIFICATE")).unwrap()],
    );
    let mut store = KeyStore::new();
    store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
    let pfx = store.writer("marked-password").write().unwrap();
    let login = |password: &str| {
        let usher =
            tenant.as_app(&["--certificate", "app.pfx", "--certificate-password-env", "PFX_PASSWORD"]);
        usher.file("app.pfx", pfx.clone()).env("PFX_PASSWORD", password).run()
    };
    login("another").exits(3).stderr_has("app.pfx").stderr_lacks("another");
    login("marked-password").success().stdout_lacks("marked-password").stderr_lacks("marked-password");
    let ran = tenant.usher.again().args(["--tenant", "contoso"]).env("PFX_PASSWORD", "marked-password");
    ran.code("get_guests().len()").run().success().stdout_has("15");
}

#[test]
fn a_job_signs_in_by_the_token_of_its_platform() {
    let tenant = Tenant::new();
    let usher = tenant.usher.again().file("token", tenant.statement());
    let ended = tenant
        .login(&["--workload-identity"])
        .env("AZURE_FEDERATED_TOKEN_FILE", usher.path("token"))
        .env("AZURE_CLIENT_ID", tenant.told("clientId"))
        .env("AZURE_TENANT_ID", tenant.told("tenantId"))
        .run();
    ended.success().stdout_has("the tenant is called `contoso` here");
    let without = tenant.as_app(&["--workload-identity", "--name", "other"]).run();
    without.exits(3).stderr_has("`AZURE_FEDERATED_TOKEN_FILE`").stderr_has("is not set");
}

#[test]
fn a_machine_of_azure_signs_in_as_itself() {
    let tenant = Tenant::new();
    let endpoint = format!("{}/msi/token", tenant.told("http"));
    let machine = |words: &[&str]| {
        tenant.login(words).env("IDENTITY_ENDPOINT", &endpoint).env("IDENTITY_HEADER", "marked-header").run()
    };
    machine(&["--managed-identity"]).success().stdout_has("the sign-in is this machine's own");
    let unknown = format!("--managed-identity={GRAPH_TOOLS}x");
    machine(&[unknown.as_str(), "--name", "other"]).exits(3).stderr_has("the identity of this machine");
}

/// How often the sign-in service was asked for tokens.
fn token_requests(tenant: &Tenant) -> usize {
    let (_, page) = tenant.send("GET", "/sandbox/requests", &[], String::new());
    page.matches("/oauth2/v2.0/token").count()
}

#[test]
fn commands_at_the_same_time_ask_for_one_new_token() {
    let tenant = Tenant::new();
    tenant.control("login", json!({ "approve": "ola.nordmann@contoso.example" }));
    tenant.login(&["--client-id", GRAPH_TOOLS, "--device-code"]).run().success();
    let mut kept = tenant.kept("contoso");
    for token in kept["tokens"].as_array_mut().unwrap() {
        token["expiresOn"] = json!(1_000_000_000);
    }
    std::fs::write(tenant.usher.path("../home/tokens/contoso.json"), kept.to_string()).unwrap();
    let before = token_requests(&tenant);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            let usher = tenant.usher.again().args(["--tenant", "contoso"]).code("get_guests().len()");
            threads.spawn(move || {
                usher.run().success().stdout_has("15");
            });
        }
    });
    assert_eq!(token_requests(&tenant), before + 1);
}

#[test]
fn a_partners_sign_in_leads_to_customers_and_is_kept_once() {
    let tenant = Tenant::new();
    tenant.control("login", json!({ "approve": "ola.nordmann@contoso.example" }));
    tenant.login(&["--client-id", GRAPH_TOOLS, "--device-code", "--name", "partner"]).run().success();
    let secret = format!("{}\n", tenant.told("clientSecret"));
    tenant.as_app(&["--client-secret-stdin", "--name", "app"]).stdin(&secret).run().success();
    // Another name of the one tenant that there is.
    let customer = tenant.told("tenantDomain");
    for (name, of_partner) in [("partner", "refreshToken"), ("app", "clientSecret")] {
        let partner = tenant.kept(name);
        let words = ["--tenant", name, "--customer", customer];
        let ran = tenant.usher.again().args(words).code("get_guests().len()").run();
        ran.success().stdout_has("15");
        let theirs = tenant.kept(&format!("{name}.{customer}"));
        assert!(!theirs["tokens"].as_array().unwrap().is_empty());
        assert!(partner[of_partner].is_string() && theirs[of_partner].is_null(), "{theirs}");
        assert_eq!(tenant.kept(name), partner, "the partner's own sign-in is as it was");
        let asked = token_requests(&tenant);
        tenant.usher.again().args(words).code("get_guests().len()").run().success();
        assert_eq!(token_requests(&tenant), asked, "the token lasts for the next command");
        tenant.usher.again().command(["logout", name]).run().success();
        let left = std::fs::read_dir(tenant.usher.path("../home/tokens")).unwrap();
        let left: Vec<String> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!left.iter().any(|file| file.starts_with(name)), "{left:?}");
    }
}

/// The Azure CLI, as far as usher uses it.
#[cfg(unix)]
fn azure_cli(tenant: &Tenant) -> std::ffi::OsString {
    use std::os::unix::fs::PermissionsExt;
    let folder = tenant.usher.path("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let ends = jiff::Timestamp::now().as_second() + 3600;
    let mut script = "#!/bin/sh\necho \"$*\" >>arguments\ncase \"$*\" in\n".to_owned();
    for service in ["https://graph.microsoft.com/.default", "https://management.azure.com/.default"] {
        let answer =
            json!({ "accessToken": tenant.token(service), "expires_on": ends, "tokenType": "Bearer" });
        script.push_str(&format!("  *{service}*) echo '{answer}' ;;\n"));
    }
    script.push_str("  *) echo \"ERROR: AADSTS65001: nobody has consented.\" >&2; exit 1 ;;\nesac\n");
    std::fs::write(folder.join("az"), script).unwrap();
    std::fs::set_permissions(folder.join("az"), PermissionsExt::from_mode(0o700)).unwrap();
    let mut path = folder.into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    path
}

#[cfg(unix)]
#[test]
fn the_azure_cli_lends_its_sign_in() {
    let tenant = Tenant::new();
    let ended = tenant.login(&["--azure-cli"]).env("PATH", azure_cli(&tenant)).run();
    ended
        .success()
        .stdout_has("Graph     works")
        .stdout_has("Exchange  gave no token: the Azure CLI: AADSTS65001")
        .stdout_has("everything else works")
        .stdout_has("usher keeps none");
    assert!(!tenant.usher.exists("../home/tokens/contoso.json"));
    let none = tenant.login(&["--azure-cli", "--name", "other"]).env("PATH", "/nowhere").run();
    none.exits(3).stderr_has("az not found on PATH").stderr_has("`az login` signs it in");
}

#[test]
fn tokens_of_others_are_used_for_their_own_service() {
    let tenant = Tenant::new();
    let graph = tenant.token("https://graph.microsoft.com/.default");
    let azure = tenant.token("https://management.azure.com/.default");
    let both = format!("{graph} {azure}");
    let ended = tenant.login(&["--access-token-env", "TOKENS"]).env("TOKENS", both).run();
    ended
        .success()
        .stdout_has("Azure     works")
        .stdout_has("Exchange  is not there: there is no token for Exchange: `TOKENS` holds one for")
        .stdout_lacks(&graph);
    let azure =
        tenant.login(&["--access-token-env", "TOKENS", "--name", "other"]).env("TOKENS", &azure).run();
    azure.exits(3).stderr_has("there is no token for Graph");
    let nonsense =
        tenant.login(&["--access-token-env", "TOKENS", "--name", "other"]).env("TOKENS", "mine").run();
    nonsense.exits(3).stderr_has("it is no access token");
}

#[test]
fn a_service_that_the_tenant_lacks_is_said_once_and_the_rest_works() {
    let tenant = Tenant::new();
    let fault = json!({ "on": "login", "then": "notSubscribed", "skip": 1 });
    tenant.control("faults", json!({ "faults": [fault] }));
    let ended = tenant.as_app(&["--client-secret-stdin"]).stdin(tenant.told("clientSecret")).run();
    ended
        .success()
        .stdout_has("Exchange  is not there: ")
        .stdout_has("mail contacts and address lists cannot be worked on; everything else works")
        .stdout_has("Azure     works");
}

#[test]
fn an_app_without_permissions_is_told_so() {
    let tenant = Tenant::new();
    let headers = [("content-type", "application/json")];
    let body = json!({ "displayName": "Bare", "roles": ["User.Read.All"] }).to_string();
    let (_, made) = tenant.send("POST", "/sandbox/apps", &headers, body);
    let made: Value = serde_json::from_str(&made).unwrap();
    let (id, secret) = (made["clientId"].as_str().unwrap(), made["clientSecret"].as_str().unwrap());
    let words = [
        "--tenant",
        tenant.told("tenantDomain"),
        "--client-id",
        id,
        "--client-secret-stdin",
        "--for",
        "job.rhai",
    ];
    let usher = tenant.login(&words).file("job.rhai", "get_users(); new_invitation(#{});").stdin(secret);
    usher
        .run()
        .success()
        .stdout_has("missing for this script: User.Invite.All")
        .stdout_has("gave a token without the permission Exchange.ManageAsApp");
}

#[test]
fn options_that_cannot_be_are_told_before_anything_is_sent() {
    let login = |words: &[&str]| -> Ended {
        let mut command = vec!["login"];
        command.extend(words);
        Usher::new().command(command).run()
    };
    login(&["--cloud", "globel"]).exits(2).stderr_has("did you mean `global`?");
    login(&["--name", "sandbox"]).exits(2).stderr_has("`sandbox` is the name of the simulated tenant");
    login(&["--name", "../x"]).exits(2).stderr_has("`../x` is not a plain word");
    login(&["--tenant", "a/b"]).exits(2).stderr_has("--tenant takes a domain or an id");
    login(&["--login-url", "http://10.0.0.1"])
        .exits(2)
        .stderr_has("--login-url: `http://10.0.0.1` is not an https address");
    login(&["--client-id", "x", "--certificate", "a.pem"]).exits(2).stderr_has("add --tenant DOMAIN");
    login(&["--device-code", "--azure-cli"]).exits(2).stderr_has("cannot be used with");
}

/// All texts that must not be seen outside of `tokens/`.
fn marks(tenant: &Tenant, more: &[String]) -> Vec<String> {
    let mut marks: Vec<String> = more.to_vec();
    marks.push(tenant.told("clientSecret").to_owned());
    for entry in std::fs::read_dir(tenant.usher.path("../home/tokens")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let Ok(kept) = serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()) else { continue };
        marks.extend(kept["refreshToken"].as_str().map(str::to_owned));
        let tokens = kept["tokens"].as_array().into_iter().flatten();
        marks.extend(tokens.map(|token| token["token"].as_str().unwrap().to_owned()));
    }
    marks
}

/// Every file below a folder, without those of the token store.
fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tokens") {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

#[cfg(unix)]
#[test]
fn no_secret_is_seen_anywhere_but_where_it_is_kept() {
    let tenant = Tenant::new();
    tenant.control("login", json!({ "approve": "ola.nordmann@contoso.example" }));
    let secret = tenant.told("clientSecret").to_owned();
    let statement = tenant.statement();
    let given = tenant.token("https://graph.microsoft.com/.default");
    tenant.usher.again().file("../job-token", &statement).file("../app.pem", tenant.certificate());
    let endpoint = format!("{}/msi/token", tenant.told("http"));
    let azure = azure_cli(&tenant);
    let app = |way: &[&'static str]| tenant.as_app(way);
    let ways: Vec<(&str, Usher)> = vec![
        ("env", app(&["--client-secret-env", "APP_SECRET"]).env("APP_SECRET", &secret)),
        ("stdin", app(&["--client-secret-stdin"]).stdin(&secret)),
        ("wrong", app(&["--client-secret-stdin"]).stdin("a-wrong-marked-secret")),
        ("code", tenant.login(&["--client-id", GRAPH_TOOLS, "--device-code"])),
        ("certificate", app(&["--certificate", "../app.pem"])),
        (
            "workload",
            app(&["--workload-identity"])
                .env("AZURE_FEDERATED_TOKEN_FILE", tenant.usher.path("../job-token")),
        ),
        (
            "machine",
            tenant
                .login(&["--managed-identity"])
                .env("IDENTITY_ENDPOINT", &endpoint)
                .env("IDENTITY_HEADER", "a-marked-identity-header"),
        ),
        (
            "browser",
            tenant.login(&["--client-id", GRAPH_TOOLS, "--browser"]).env("BROWSER", browser(&tenant)),
        ),
        ("cli", tenant.login(&["--azure-cli"]).env("PATH", &azure)),
        ("given", tenant.login(&["--access-token-env", "TOKENS"]).env("TOKENS", &given)),
    ];
    let mut seen = String::new();
    for (name, usher) in ways {
        let (log, record) = (format!("{name}.log"), format!("{name}.jsonl"));
        let ended = usher.args(["--name", name, "--log", &log, "-v", "-v", "--record", &record]).run();
        if name != "wrong" {
            ended.success();
        }
        seen.push_str(&ended.stdout);
        seen.push_str(&ended.stderr);
        assert!(tenant.usher.exists(&record) && tenant.usher.exists(&log), "{name}");
        if name != "given" && name != "cli" {
            assert!(
                tenant.usher.read(&record).contains("oauth2") || name == "machine",
                "{name}: nothing was recorded"
            );
        }
    }
    // Work goes on in a ledger, events and results.
    let words = ["--tenant", "env", "--yes", "--events", "events.jsonl", "--record", "work.jsonl"];
    let code = "bulk([#{ email: \"ann@fabrikam.example\" }], |row| { new_invitation(#{ invitedUserEmailAddress: row.email }); });";
    let worked = tenant.usher.again().args(words).env("APP_SECRET", &secret).code(code).run();
    worked.success();
    seen.push_str(&worked.stdout);
    seen.push_str(&worked.stderr);
    assert!(tenant.usher.exists("events.jsonl") && tenant.usher.exists("../home/ledger.sqlite"));
    // What other programs were called with is in a file by now.
    assert!(tenant.usher.read("arguments").contains("code_challenge="));
    // The fake CLI has its tokens in its script, as the true one has them in its own folder.
    std::fs::remove_dir_all(tenant.usher.path("bin")).unwrap();
    let mut found = Vec::new();
    files(&tenant.usher.path(""), &mut found);
    files(&tenant.usher.path("../home"), &mut found);
    for path in found {
        seen.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
    }
    let more = [
        statement,
        given,
        "a-wrong-marked-secret".to_owned(),
        "a-marked-identity-header".to_owned(),
        "eyJ".to_owned(),
    ];
    let marks = marks(&tenant, &more);
    assert!(marks.len() > 12, "{} marks", marks.len());
    for mark in marks {
        let at = seen.find(&mark).map(|at| &seen[at.saturating_sub(200)..(at + 20).min(seen.len())]);
        assert_eq!(at, None, "a secret is seen");
    }
}

#[test]
fn cmdlets_that_sign_in_are_answered_with_how_it_goes_here() {
    for name in ["Connect-ExchangeOnline", "connect-mggraph", "Get-Credential", "login"] {
        Usher::new().command(["help", name]).run().success().stdout_has("usher login --tenant");
    }
    for code in
        ["Connect-ExchangeOnline -Credential (Get-Credential)", "Connect-MgGraph -Scopes \"User.Read.All\""]
    {
        let ran = Usher::new().code(code).run();
        ran.success().stderr_has("one sign-in serves Graph, Exchange and Azure; `usher login`");
    }
    let ran = Usher::new().code("get_credential()").run();
    ran.exits(1).stderr_has("`usher login` does once for Graph, Exchange and Azure");
}
