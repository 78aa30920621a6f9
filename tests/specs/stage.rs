//! A script on a fresh sandbox of its own, inside the test's process: what it printed, what it sent, how it ended.
#![allow(dead_code, reason = "each test file uses its part of this")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use usher::clock::Clock;
use usher::disk::Folders;
use usher::host::{Host, Interpreter, Look, Output, ScriptError};
use usher::identity::{Credentials, SandboxConnection, Secret};
use usher::net::{Door, Guard, Recorder};
use usher::problem::Result;
use usher::runs::policy::Policy;
use usher::runs::session::{Connect, Session, Watch};
use usher::sandbox::{Options, Running, Store, start};
use usher::services::simulator::Simulator;
use usher::services::{Lateness, Services, TenantFacts};
use usher::transport::{Cancel, Limits, Transport};

/// A sandbox in memory, and who signs in to it.
pub struct Stage {
    sandbox: Running,
    folder: tempfile::TempDir,
    app: Option<(String, String)>,
    pub policy: Policy,
}

/// What came of a script.
pub struct Told {
    pub printed: String,
    /// Writes in the order they were sent: `POST /v1.0/invitations`, or the cmdlet for Exchange.
    pub sent: Vec<String>,
    /// Warnings and notes, which go to stderr.
    pub said: Vec<String>,
    pub error: Option<ScriptError>,
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    })
}

impl Stage {
    pub fn new() -> Stage {
        let options = Options::new(Store::Memory, "contoso");
        let sandbox = runtime().block_on(start(options)).unwrap();
        Stage { sandbox, folder: tempfile::tempdir().unwrap(), app: None, policy: Policy::default() }
    }

    /// The folder that scripts read and write.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where usher keeps what it keeps.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The whole tenant, but for ids and times.
    pub fn state(&self) -> Value {
        let url = format!("{}/sandbox/state?without=ids,times", self.sandbox.url());
        runtime().block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let text = http.get(url).send().await.unwrap().text().await.unwrap();
            serde_json::from_str(&text).unwrap()
        })
    }

    /// From now on an application signs in that has just these Graph and Exchange permissions, these directory roles,
    /// and these Azure roles on the subscription.
    pub fn become_app(&mut self, roles: &[&str], directory_roles: &[&str], azure_roles: &[&str]) {
        let url = self.sandbox.url().to_owned();
        let connection = self.sandbox.connection();
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let body = json!({ "displayName": "Sweeper", "roles": roles, "directoryRoles": directory_roles });
        let administrator = (text(connection, "clientId"), text(connection, "clientSecret"));
        let (tenant, subscription) = (text(connection, "tenantId"), text(connection, "subscriptionId"));
        let app = runtime().block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let post = |url: String, kind: &'static str, body: String| {
                http.post(url).header("content-type", kind).body(body).send()
            };
            let app = post(format!("{url}/sandbox/apps"), "application/json", body.to_string()).await.unwrap();
            let app: Value = serde_json::from_str(&app.text().await.unwrap()).unwrap();
            assert!(app["clientId"].is_string(), "no application: {app}");
            if azure_roles.is_empty() {
                return app;
            }
            let form = format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://management.azure.com/.default",
                administrator.0, administrator.1
            );
            let token =
                post(format!("{url}/{tenant}/oauth2/v2.0/token"), "application/x-www-form-urlencoded", form)
                    .await
                    .unwrap();
            let token: Value = serde_json::from_str(&token.text().await.unwrap()).unwrap();
            let token = token["access_token"].as_str().unwrap();
            let authorization = format!("{url}/subscriptions/{subscription}/providers/Microsoft.Authorization");
            for role in azure_roles {
                let found = http
                    .get(format!("{authorization}/roleDefinitions?api-version=2022-04-01&$filter=roleName eq '{role}'"))
                    .bearer_auth(token)
                    .send()
                    .await
                    .unwrap();
                let found: Value = serde_json::from_str(&found.text().await.unwrap()).unwrap();
                let body = json!({ "properties": {
                    "roleDefinitionId": found["value"][0]["id"],
                    "principalId": app["principalId"],
                    "principalType": "ServicePrincipal",
                }});
                let name = uuid::Uuid::new_v4();
                let answer = http
                    .put(format!("{authorization}/roleAssignments/{name}?api-version=2022-04-01"))
                    .bearer_auth(token)
                    .header("content-type", "application/json")
                    .body(body.to_string())
                    .send()
                    .await
                    .unwrap();
                assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
            }
            app
        });
        self.app = Some((text(&app, "clientId"), text(&app, "clientSecret")));
    }

    /// Runs a script; errors call it `spec`. `root` is where `import` looks.
    pub fn play(&self, text: &str, arguments: &[String], root: Option<PathBuf>) -> Told {
        let record = self.folder.path().join(format!("{}.jsonl", uuid::Uuid::new_v4().simple()));
        let connect =
            Way { url: self.sandbox.url().to_owned(), app: self.app.clone(), record: record.clone() };
        let folders = Folders::new(self.folder.path(), &[]).unwrap();
        for argument in arguments {
            folders.admit(Path::new(argument));
        }
        let house = Arc::new(House::default());
        let session = Arc::new(Session::new(
            Box::new(connect),
            self.policy.clone(),
            Clock::default(),
            folders,
            self.home(),
            house.clone(),
            Cancel::new(),
        ));
        let look = Look { width: Some(100), ..Look::default() };
        let host = Host::new(session.clone(), runtime().handle().clone(), house.clone(), look);
        let troubled = text.contains("sandbox::fault");
        let (text, arguments) = (text.to_owned(), arguments.to_vec());
        // Scripts run on threads of their own, with room for deep ones.
        let script = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
            let mut interpreter = Interpreter::new(host, root);
            interpreter.run("spec", &text, &arguments).err()
        });
        let error = script.unwrap().join().unwrap();
        let _ = runtime().block_on(session.finish(usher::runs::ledger::RunState::Done));
        let sent = sent(&std::fs::read_to_string(&record).unwrap_or_default());
        match std::env::var("SANDBOX_RECORDING") {
            // What faults did to it is no account of either side.
            Ok(folder) if !troubled => {
                let kept = Path::new(&folder).join(record.file_name().unwrap());
                let _ = std::fs::copy(&record, kept.with_extension("usher.jsonl"));
            }
            _ => {}
        }
        let _ = std::fs::remove_file(&record);
        let take = |lines: &Mutex<Vec<String>>| std::mem::take(&mut *lines.lock().unwrap());
        Told { printed: take(&house.printed).join("\n"), said: take(&house.said), sent, error }
    }
}

/// Writes of a recording, ids left out.
fn sent(recording: &str) -> Vec<String> {
    let mut sent = Vec::new();
    for line in recording.lines() {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let (method, url) = (exchange["method"].as_str().unwrap(), exchange["url"].as_str().unwrap());
        if method == "GET" || url.contains("/oauth2/") || url.contains("/sandbox/") {
            continue;
        }
        if let Some(cmdlet) = exchange["request_body"]["CmdletInput"]["CmdletName"].as_str() {
            if !cmdlet.starts_with("Get-") {
                sent.push(cmdlet.to_owned());
            }
            continue;
        }
        let path = url.splitn(4, '/').nth(3).unwrap_or_default().split('?').next().unwrap_or_default();
        let segment = |segment: &str| match uuid::Uuid::try_parse(segment) {
            Ok(_) => "{id}".to_owned(),
            Err(_) => segment.to_owned(),
        };
        let path: Vec<String> = path.split('/').map(segment).collect();
        sent.push(format!("{method} /{}", path.join("/")));
    }
    sent
}

/// The way to the stage's sandbox, as one application or another.
struct Way {
    url: String,
    app: Option<(String, String)>,
    record: PathBuf,
}

#[async_trait]
impl Connect for Way {
    async fn connect(&self) -> Result<Services> {
        let door = Door::new(Guard::LoopbackOnly, Some(Recorder::create(&self.record).unwrap())).unwrap();
        let connection = SandboxConnection::fetch(&door, &self.url).await.unwrap();
        let (client, secret) = match &self.app {
            Some((client, secret)) => (client.clone(), Secret::new(secret)),
            None => (connection.client_id.clone(), connection.client_secret.clone()),
        };
        let endpoints = connection.endpoints();
        let credentials =
            Credentials::client_secret(&door, &endpoints, &connection.tenant_id, &client, secret);
        let facts = TenantFacts {
            name: "sandbox".to_owned(),
            id: connection.tenant_id.clone(),
            domain: connection.tenant_domain.clone(),
            simulated: true,
            operator: "the test".to_owned(),
            acts_as_app: true,
            ahead: jiff::SignedDuration::from_secs(connection.ahead_seconds),
            lateness: Lateness::of_seconds(connection.visible_within_seconds, connection.late_within_seconds),
        };
        let limits = Limits::told(connection.throttling.as_deref(), connection.clock_rate);
        let transport = Transport::new(door.clone(), credentials, endpoints).with_limits(limits);
        Ok(Services::new(transport, facts, Some(Simulator::new(door, self.url.clone()))))
    }

    async fn seed(&self, name: &str) -> usher::problem::Result<()> {
        let door = Door::new(Guard::LoopbackOnly, None).unwrap();
        Simulator::new(door, self.url.clone()).seed(name).await.unwrap();
        Ok(())
    }

    fn name(&self) -> &str {
        "sandbox"
    }
}

/// Keeps what a script prints and what its run says.
#[derive(Default)]
struct House {
    printed: Mutex<Vec<String>>,
    said: Mutex<Vec<String>>,
}

impl Output for House {
    fn print(&self, text: &str) {
        self.printed.lock().unwrap().push(text.to_owned());
    }
}

impl Watch for House {
    fn says(&self, line: &str) {
        self.said.lock().unwrap().push(line.to_owned());
    }
}

/// Runs a check for each of many things on as many threads as there are cores, and names all that failed.
pub fn all<T: Sync>(things: &[T], check: impl Fn(&T) -> std::result::Result<(), String> + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(thing) = things.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    if let Err(failure) = check(thing) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} of {} failed\n\n{}",
        failures.len(),
        things.len(),
        failures.join("\n\n")
    );
}

/// An error as a person would describe it.
pub fn describe(error: &ScriptError) -> String {
    let at =
        error.frames.first().map(|frame| format!("{}:{} ", frame.line, frame.column)).unwrap_or_default();
    let hint = error.problem.hint.as_deref().map(|hint| format!("\n    hint: {hint}")).unwrap_or_default();
    format!("{at}{} ({}){hint}", error.problem.sentence(), error.problem.kind.word())
}
