//! A sandbox in this process, and sittings of runs on it: begun, stopped, taken up again, planned, taken back.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock};

use async_trait::async_trait;
use serde_json::Value;
use tokio::runtime::Runtime;
use usher::catalogue::{Table, find};
use usher::clock::Clock;
use usher::disk::Folders;
use usher::host::{Host, Interpreter, Look, Output};
use usher::identity::{Credentials, SandboxConnection};
use usher::net::{Door, Guard, Recorder};
use usher::problem::{Problem, Result};
use usher::runs::context::Scope;
use usher::runs::ledger::{Ledger, RunState, Status, Verdict, fingerprint};
use usher::runs::policy::Policy;
use usher::runs::saved::{Contents, HOLDS, Person, SavedPlan};
use usher::runs::session::{Connect, Session, Watch};
use usher::runs::undo::UndoPlan;
use usher::sandbox::{Options, Running, Store, start};
use usher::services::simulator::Simulator;
use usher::services::{Lateness, Services, TenantFacts};
use usher::transport::{Cancel, Transport};

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

pub struct Stage {
    sandbox: Running,
    folder: tempfile::TempDir,
}

/// One sitting of a run.
#[derive(Default)]
pub struct Sitting {
    /// Stop at this line of what the script prints.
    pub stop_at: Option<usize>,
    /// The run that is taken up.
    pub resume: Option<String>,
    pub policy: Policy,
}

pub struct Told {
    pub printed: Vec<String>,
    /// Writes as they went over the wire, sorted: ids of new objects left out.
    pub sent: Vec<String>,
    /// How many of these the service took.
    pub taken: usize,
    pub error: Option<Problem>,
    pub run: Option<String>,
    session: Arc<Session>,
}

impl Stage {
    pub fn new() -> Stage {
        let sandbox = runtime().block_on(start(Options::new(Store::Memory, "contoso"))).unwrap();
        Stage { sandbox, folder: tempfile::tempdir().unwrap() }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The tenant without ids and times.
    pub fn state(&self) -> Value {
        let url = format!("{}/sandbox/state?without=ids,times", self.sandbox.url());
        runtime().block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let text = http.get(url).send().await.unwrap().text().await.unwrap();
            serde_json::from_str(&text).unwrap()
        })
    }

    fn session(&self, policy: Policy, house: &Arc<House>, record: &Path) -> Arc<Session> {
        let way = Way { url: self.sandbox.url().to_owned(), record: record.to_owned() };
        let folders = Folders::new(self.folder.path(), &[]).unwrap();
        let cancel = house.cancel.clone();
        Arc::new(Session::new(
            Box::new(way),
            policy,
            Clock::default(),
            folders,
            self.home(),
            house.clone(),
            cancel,
        ))
    }

    pub fn play(&self, text: &str, sitting: Sitting) -> Told {
        let record = self.folder.path().join(format!("{}.jsonl", uuid::Uuid::new_v4().simple()));
        let house = Arc::new(House { stop_at: sitting.stop_at, ..House::default() });
        let session = self.session(sitting.policy, &house, &record);
        session.subject.lock().unwrap().script = "spec".to_owned();
        if let Some(run) = &sitting.resume {
            runtime().block_on(session.resume(run, &Table)).unwrap();
        }
        let look = Look { width: Some(100), ..Look::default() };
        let host = Host::new(session.clone(), runtime().handle().clone(), house.clone(), look);
        let text = text.to_owned();
        let script = std::thread::Builder::new().stack_size(64 << 20).spawn(move || {
            let mut interpreter = Interpreter::new(host, None);
            interpreter.run("spec", &text, &[]).err()
        });
        let error = script.unwrap().join().unwrap().map(|error| error.problem);
        let stopped = error.is_some() || session.tally_so_far().stopped.is_some();
        let state = if stopped { RunState::Stopped } else { RunState::Done };
        runtime().block_on(session.finish(state)).unwrap();
        let (sent, taken) = sent(&std::fs::read_to_string(&record).unwrap_or_default());
        let stopped = session.tally_so_far().stopped;
        Told {
            printed: std::mem::take(&mut *house.printed.lock().unwrap()),
            sent,
            taken,
            error: error.or(stopped),
            run: session.run_begun().map(|run| run.name().to_owned()),
            session,
        }
    }

    /// The plan of a script, as the command line saves it, and what it holds.
    pub fn plan(&self, text: &str) -> SavedPlan {
        let policy = Policy { what_if: true, ..Policy::default() };
        let told = self.play(text, Sitting { policy, ..Sitting::default() });
        assert!(told.sent.is_empty(), "a preview sent {:?}", told.sent);
        let session = &told.session;
        let tenant = &runtime().block_on(session.services()).unwrap().tenant;
        let now = session.clock.now();
        let contents = Contents {
            format: 0,
            usher: String::new(),
            tenant_id: tenant.id.clone(),
            tenant_domain: tenant.domain.clone(),
            script: "spec".to_owned(),
            script_hash: fingerprint(text.as_bytes()),
            code: None,
            arguments: Vec::new(),
            author: Person { account: "ann@here".to_owned(), operator: None },
            made: now,
            expires: now.checked_add(HOLDS).unwrap(),
            effects: Vec::new(),
        };
        SavedPlan::of(session.plan.as_ref().unwrap(), contents)
    }

    /// How a run would be taken back.
    pub fn undo_plan(&self, run: &str) -> UndoPlan {
        let record = self.folder.path().join("undo-plan.jsonl");
        let policy = Policy { what_if: true, ..Policy::default() };
        let session = self.session(policy, &Arc::default(), &record);
        let summary = Ledger::open(&self.home()).unwrap().run(run).unwrap();
        runtime().block_on(session.plan_undo(&summary, None, &Table)).unwrap()
    }

    /// Takes a run back as it was planned.
    pub fn undo(&self, run: &str, plan: UndoPlan) {
        let record = self.folder.path().join("undo.jsonl");
        let policy = Policy { max_removals: usize::MAX, ..Policy::default() };
        let session = self.session(policy, &Arc::default(), &record);
        let summary = Ledger::open(&self.home()).unwrap().run(run).unwrap();
        session.subject.lock().unwrap().undoes = Some(summary.name);
        for (stage, rows) in plan.stages.iter().enumerate() {
            for (n, steps) in rows.iter().enumerate() {
                let scope = Scope::row(u32::try_from(stage).unwrap() + 1, steps.row.clone(), n, None);
                for step in &steps.steps {
                    let entry = find(step.verb).unwrap();
                    let call = entry.call(step.arguments.clone(), &session, Some(&scope));
                    runtime().block_on(call).unwrap_or_else(|problem| {
                        panic!("{} ({}): {}", step.verb, step.of, problem.sentence())
                    });
                }
            }
        }
        runtime().block_on(session.finish(RunState::Done)).unwrap();
    }

    /// The addresses of what a run has done, each once.
    pub fn done(&self, run: &str) -> Vec<String> {
        let ledger = Ledger::open(&self.home()).unwrap();
        let run = ledger.run(run).unwrap();
        assert!(matches!(ledger.verify(&run.id, Some(&run.head)).unwrap(), Verdict::Verified { .. }));
        let mut done = Vec::new();
        for known in ledger.effects(&run.id).unwrap() {
            let record = ledger.effect(&run.id, known).unwrap();
            if matches!(record.status, Some(Status::Done | Status::Changed)) {
                done.push(record.intent.unwrap().address.to_string());
            }
        }
        done.sort();
        done
    }
}

/// Writes of a recording, sorted, and how many were taken. Ids are left out, for those of new objects differ from one tenant
/// to the next.
fn sent(recording: &str) -> (Vec<String>, usize) {
    let mut sent = Vec::new();
    let mut taken = 0;
    for line in recording.lines() {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let (method, url) = (exchange["method"].as_str().unwrap(), exchange["url"].as_str().unwrap());
        if method == "GET" || url.contains("/oauth2/") || url.contains("/sandbox/") {
            continue;
        }
        let cmdlet = exchange["request_body"]["CmdletInput"]["CmdletName"].as_str().unwrap_or_default();
        if cmdlet.starts_with("Get-") || url.contains("/$batch") || url.contains("/getByIds") {
            continue;
        }
        let path = url.splitn(4, '/').nth(3).unwrap_or_default().split('?').next().unwrap_or_default();
        // Ids of directory role assignments are made from others, and look like nothing else.
        let path = match path.split_once("roleManagement/directory/roleAssignments/") {
            Some((before, _)) => format!("{before}roleManagement/directory/roleAssignments/{{id}}"),
            None => path.to_owned(),
        };
        let text = format!("{method} {path} {}", exchange["request_body"]);
        sent.push(without_ids(&text));
        taken += usize::from(exchange["status"].as_u64().is_some_and(|status| status < 300));
    }
    sent.sort();
    (sent, taken)
}

/// Ids have 36 characters.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..36).filter(|id| uuid::Uuid::try_parse(id).is_ok()) {
            Some(_) => {
                out.push_str("{id}");
                rest = &rest[36..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

struct Way {
    url: String,
    record: PathBuf,
}

#[async_trait]
impl Connect for Way {
    async fn connect(&self) -> Result<Services> {
        let door = Door::new(Guard::LoopbackOnly, Some(Recorder::create(&self.record).unwrap())).unwrap();
        let connection = SandboxConnection::fetch(&door, &self.url).await.unwrap();
        let endpoints = connection.endpoints();
        let (client, secret) = (connection.client_id.clone(), connection.client_secret.clone());
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
        let transport = Transport::new(door.clone(), credentials, endpoints);
        Ok(Services::new(transport, facts, Some(Simulator::new(door, self.url.clone()))))
    }

    fn name(&self) -> &str {
        "sandbox"
    }
}

/// Counts what is printed, and stops the run where it was told to.
#[derive(Default)]
struct House {
    printed: Mutex<Vec<String>>,
    count: AtomicUsize,
    stop_at: Option<usize>,
    cancel: Cancel,
}

impl Output for House {
    fn print(&self, text: &str) {
        self.printed.lock().unwrap().push(text.to_owned());
        if Some(self.count.fetch_add(1, Ordering::SeqCst)) == self.stop_at {
            self.cancel.cancel();
        }
    }
}

impl Watch for House {}
