//! One run of one script against one tenant: signed in at first use, ledger opened at the first write.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::call::Recorded;
use super::context::Scope;
use super::ledger::{AddressId, Ledger, Run};
use super::made::Made;
use super::plan::Plan;
use super::policy::Policy;
use super::reader::{Memory, Reader};
use super::unseen::Unseen;
use crate::clock::Clock;
use crate::disk::Folders;
use crate::problem::{Kind, Problem, Result};
use crate::services::Services;
use crate::transport::{Cancel, Waiting};

/// What the person at the terminal said of writes.
#[derive(Default)]
pub(super) struct Confirmed {
    pub verbs: HashSet<&'static str>,
    /// The bulk that a no ended.
    pub refused_in: Option<u32>,
}

/// How a session gets to its tenant. The command line knows; nobody further in asks.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Finds the tenant, signs in, and says who acts.
    async fn connect(&self) -> Result<Services>;
    /// Makes a sandbox another tenant, before anybody signs in to it.
    async fn seed(&self, _name: &str) -> Result<()> {
        Err(Problem::new(
            Kind::Unsupported,
            format!("`sandbox::seed` works on a sandbox only, and `{}` is a real tenant", self.name()),
        ))
    }
    /// The name the tenant goes by before anything was asked of it.
    fn name(&self) -> &str;
    /// Lets go of whatever was started for the run.
    async fn close(&self) {}
}

/// What a run tells whoever watches: a terminal, a log, a test.
pub trait Watch: Send + Sync {
    fn bulk_begins(&self, _title: &str, _rows: usize) {}
    fn row_ends(&self, _failed: bool) {}
    fn bulk_ends(&self) {}
    /// That many rows of this bulk were through before it began: the run was taken up again.
    fn rows_found_done(&self, _rows: usize) {}
    /// A row begins or ends to wait until a service sees something.
    fn row_waits(&self, _waiting: bool) {}
    /// What such a row waits for: "Exchange does not see `ann@fabrikam.example` yet".
    fn waits_to_see(&self, _service: &str, _what: &str) {}
    /// A call waits for its service.
    fn call_waits(&self, _waiting: Waiting) {}
    /// The run has a name by which it can be resumed.
    fn run_begins(&self, _name: &str) {}
    fn says(&self, _line: &str) {}
    /// Asks before the first write of a verb; nobody there to ask means no.
    fn confirms(&self, _question: &str) -> bool {
        false
    }
    /// Asks for something on a script's behalf; nobody there to ask means no answer, and leaving it open ends the script.
    fn asks(&self, _for_what: &str) -> Result<Option<String>> {
        Ok(None)
    }
}

/// What is being run, for the ledger.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    pub script: String,
    pub script_hash: String,
    pub arguments: Vec<String>,
    /// Paths and hashes of the files the script was given.
    pub inputs: Vec<(String, String)>,
    /// Where it was started.
    pub folder: String,
    /// Its text, where it has no file.
    pub code: Option<String>,
    /// Why it is run, in the operator's words.
    pub reason: Option<String>,
    /// The run that it takes back.
    pub undoes: Option<String>,
}

/// One run.
pub struct Session {
    pub(super) connector: Box<dyn Connect>,
    pub(super) services: OnceCell<Services>,
    pub policy: Policy,
    pub clock: Clock,
    pub folders: Folders,
    pub home: PathBuf,
    pub watch: Arc<dyn Watch>,
    pub cancel: Cancel,
    pub subject: Mutex<Subject>,
    pub plan: Option<Plan>,
    /// Where each effect is told of as it happens.
    pub events: std::sync::OnceLock<super::events::Events>,
    pub(super) memory: RwLock<Arc<Memory>>,
    pub(super) made: Made,
    pub(super) unseen: Unseen,
    ledger: OnceLock<Ledger>,
    pub(super) run: OnceCell<Run>,
    /// Addresses of which a resumed run was asked.
    pub(super) asked: Mutex<HashSet<AddressId>>,
    /// Rows that this sitting met.
    pub(super) met: Mutex<HashSet<(u32, String)>>,
    /// Rows that this sitting left unfinished.
    pub(super) unfinished: Mutex<HashSet<(u32, String)>>,
    pub(super) confirmed: tokio::sync::Mutex<Confirmed>,
    pub(super) removed: AtomicUsize,
    pub(super) removal_limit: AtomicUsize,
    pub(super) written: AtomicUsize,
    pub(super) bulks: AtomicUsize,
    pub(super) script_effects: super::context::Scope,
    pub(super) tally: Mutex<super::bulk::Tally>,
    said: Mutex<HashSet<String>>,
    /// Verbs of which it is known whether the sign-in has what they need.
    weighed: Mutex<HashSet<&'static str>>,
}

impl Session {
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        connector: Box<dyn Connect>,
        policy: Policy,
        clock: Clock,
        folders: Folders,
        home: PathBuf,
        watch: Arc<dyn Watch>,
        cancel: Cancel,
    ) -> Session {
        Session {
            connector,
            services: OnceCell::new(),
            plan: policy.what_if.then(Plan::default),
            clock,
            folders,
            home,
            watch,
            cancel,
            events: Default::default(),
            subject: Mutex::default(),
            memory: RwLock::default(),
            made: Made::default(),
            unseen: Unseen::default(),
            ledger: OnceLock::new(),
            run: OnceCell::new(),
            asked: Mutex::default(),
            met: Mutex::default(),
            unfinished: Mutex::default(),
            confirmed: Default::default(),
            removed: AtomicUsize::new(0),
            removal_limit: AtomicUsize::new(policy.max_removals),
            policy,
            written: AtomicUsize::new(0),
            bulks: AtomicUsize::new(0),
            script_effects: super::context::Scope::script(),
            tally: Mutex::default(),
            said: Mutex::default(),
            weighed: Mutex::default(),
        }
    }

    /// The tenant's services; the first call signs in.
    pub async fn services(&self) -> Result<&Services> {
        self.services
            .get_or_try_init(|| async {
                let services = self.connector.connect().await?;
                self.clock.set_ahead(services.tenant.ahead);
                if !services.tenant.simulated && !self.has_invited_before(&services.tenant.id) {
                    services.transport.pace().careful_invitations();
                }
                Ok(services)
            })
            .await
    }

    /// Whether this user has had many rows done on the tenant before; a service that never saw that may take the first
    /// invitations for abuse, and block all of them.
    fn has_invited_before(&self, tenant: &str) -> bool {
        const MANY: u64 = 50;
        let runs = self.ledger().and_then(|ledger| ledger.runs().map_err(super::ledger_problem));
        let here = |run: &super::ledger::RunSummary| run.start.tenant_id.eq_ignore_ascii_case(tenant);
        runs.is_ok_and(|runs| runs.iter().any(|run| here(run) && run.counts.succeeded >= MANY))
    }

    /// Makes the sandbox another tenant. Who is signed in already is so to the one before.
    pub async fn seed(&self, name: &str) -> Result<()> {
        if self.is_connected() {
            let problem = Problem::new(
                Kind::Unsupported,
                "the tenant was asked something already, so it cannot become another one",
            );
            return Err(problem.hint(format!(
                "call `sandbox::seed` first, or start from the command line: usher sandbox reset --seed {name}"
            )));
        }
        self.connector.seed(name).await
    }

    /// The run is over: nothing more is asked of the tenant.
    pub async fn close(&self) {
        self.connector.close().await;
    }

    pub fn tenant_name(&self) -> &str {
        self.connector.name()
    }

    /// The tenant's services, once signed in.
    pub fn connected(&self) -> Option<&Services> {
        self.services.get()
    }

    /// Holds the tenant that was chosen against the one a script is meant for: by name, domain or id.
    pub async fn expect_tenant(&self, wanted: &str) -> Result<()> {
        if wanted.eq_ignore_ascii_case(self.tenant_name()) {
            return Ok(());
        }
        let tenant = &self.services().await?.tenant;
        if wanted.eq_ignore_ascii_case(&tenant.id) || wanted.eq_ignore_ascii_case(&tenant.domain) {
            return Ok(());
        }
        Err(Problem::new(
            Kind::Stopped,
            format!(
                "the script is meant for tenant `{wanted}`, and this run goes to `{}`",
                self.tenant_name()
            ),
        )
        .hint(format!("choose the tenant on the command line: --tenant {wanted}")))
    }

    /// The tenant is another one now: what was read once is read again.
    pub fn forget_what_was_read(&self) {
        if let Ok(mut memory) = self.memory.write() {
            *memory = Arc::default();
        }
    }

    pub fn is_connected(&self) -> bool {
        self.services.initialized()
    }

    pub async fn reader(&self) -> Result<Reader<'_>> {
        self.reader_at(&self.script_effects, None).await
    }

    /// A reader for a row of a bulk, or for the script itself.
    pub async fn reader_in<'a>(&'a self, scope: Option<&'a Scope>) -> Result<Reader<'a>> {
        self.reader_at(scope.unwrap_or(&self.script_effects), None).await
    }

    pub(super) async fn reader_at<'a>(
        &'a self,
        scope: &'a Scope,
        recorded: Option<&'a Recorded>,
    ) -> Result<Reader<'a>> {
        let services = self.services().await?;
        Ok(Reader::new(self, services, scope, recorded))
    }

    /// Where a call stands among those of the whole run.
    pub(super) fn order(&self, scope: &Scope) -> super::plan::Order {
        match scope.bulk {
            0 => (self.bulks.load(std::sync::atomic::Ordering::SeqCst) as u32, usize::MAX),
            bulk => (bulk, scope.index),
        }
    }

    pub(super) fn memory(&self) -> Arc<Memory> {
        self.memory.read().map(|memory| memory.clone()).unwrap_or_default()
    }

    /// All runs of this user.
    pub fn ledger(&self) -> Result<&Ledger> {
        if let Some(ledger) = self.ledger.get() {
            return Ok(ledger);
        }
        let ledger = Ledger::open(&self.home).map_err(super::ledger_problem)?;
        Ok(self.ledger.get_or_init(|| ledger))
    }

    /// The run's entry in the ledger; made at the first write.
    pub(super) async fn run(&self) -> Result<&Run> {
        let begin = || async {
            let services = self.services().await?;
            let subject = self.subject.lock().map(|subject| subject.clone()).unwrap_or_default();
            let input = |(path, hash)| super::ledger::Input { path, hash };
            let start = super::ledger::RunStart {
                script: subject.script,
                script_hash: subject.script_hash,
                args: subject.arguments,
                inputs: subject.inputs.into_iter().map(input).collect(),
                tenant_id: services.tenant.id.clone(),
                tenant_domain: services.tenant.domain.clone(),
                operator: services.tenant.operator.clone(),
                usher_version: env!("CARGO_PKG_VERSION").into(),
                folder: subject.folder,
                code: subject.code,
                reason: subject.reason,
                undoes: subject.undoes,
                plan: self.policy.carry_out.as_ref().map(|plan| plan.hash.clone()),
                at: self.clock.now(),
            };
            let run = self.ledger()?.begin(start).map_err(super::ledger_problem)?;
            self.run_begins(&run)?;
            Ok(run)
        };
        self.run.get_or_try_init(begin).await
    }

    /// For how long the services made this run wait.
    pub fn waited(&self) -> std::time::Duration {
        self.services.get().map(|services| services.transport.waited()).unwrap_or_default()
    }

    /// A file that the script read, for the ledger.
    pub fn note_input(&self, path: &str, bytes: &[u8]) {
        if let Ok(mut subject) = self.subject.lock() {
            subject.inputs.push((path.to_owned(), super::ledger::fingerprint(bytes)));
        }
    }

    /// A round of a loop outside of any bulk failed, and the loop went on.
    pub fn note_failed_round(&self) {
        if let Ok(mut tally) = self.tally.lock() {
            tally.rows += 1;
            tally.failed += 1;
        }
    }

    /// Rows of all bulks so far, and rounds of loops that failed.
    pub fn tally_so_far(&self) -> super::bulk::Tally {
        self.tally.lock().map(|tally| tally.clone()).unwrap_or_default()
    }

    /// A bulk may lower the number of objects that may be removed, never raise it.
    /// Gives the limit that holds again after the bulk.
    pub(super) fn limit_removals(&self, limit: usize) -> usize {
        let here = self.removed.load(std::sync::atomic::Ordering::SeqCst) + limit;
        self.removal_limit.fetch_min(here, std::sync::atomic::Ordering::SeqCst)
    }

    /// Whether it is the first time that what this verb needs is held against what was granted.
    pub fn weighs_first(&self, verb: &'static str) -> bool {
        self.weighed.lock().is_ok_and(|mut weighed| weighed.insert(verb))
    }

    /// Tells the user something once, however many rows meet it.
    pub fn say_once(&self, line: &str) {
        if self.said.lock().is_ok_and(|mut said| said.insert(line.to_owned())) {
            self.watch.says(line);
        }
    }

    /// Ends the run's entry in the ledger; the last hash of its chain, if anything was written.
    pub async fn finish(&self, state: super::ledger::RunState) -> Result<Option<String>> {
        let Some(run) = self.run.get() else { return Ok(None) };
        let tally = self.tally_so_far();
        let counts = super::ledger::Counts {
            rows: tally.rows as u64,
            succeeded: tally.succeeded as u64,
            failed: tally.failed as u64,
            skipped: tally.skipped as u64,
            not_attempted: tally.not_attempted as u64,
            effects: run.intended() as u64,
        };
        run.finish(self.clock.now(), state, counts).await.map_err(super::ledger_problem)
    }

    /// The run's entry, if anything was written yet.
    pub fn run_begun(&self) -> Option<&Run> {
        self.run.get()
    }
}
