//! How close usher comes to the limits of the services, how rarely it is refused, and that nothing is lost on the way.
//!
//! What is held against a limit is how long usher waits for it, by the tenant's clock: how long this machine takes to send
//! and answer does not enter into it. The pacer's own tests hold whole runs against more kinds of limits, in simulated time.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]
#![allow(clippy::print_stdout, reason = "the figures are worth reading: `-- --nocapture` shows them")]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures::StreamExt;
use serde_json::{Value, json};
use usher::identity::{Credentials, SandboxConnection};
use usher::net::{Door, Guard};
use usher::sandbox::{Options, Running, Store, start};
use usher::services::simulator::Simulator;
use usher::transport::{Call, Limits, Method, Reason, Transport};

const ROWS: usize = 2_000;
const IN_FLIGHT: usize = 16;

/// A sandbox whose time runs fast, and the way to it.
struct Stage {
    sandbox: Running,
    way: Transport,
    rate: u32,
    reasons: Arc<Mutex<HashSet<&'static str>>>,
    connection: SandboxConnection,
}

impl Stage {
    /// With what is to go wrong, set before anybody connects; `told` is whether the client hears of limits beforehand.
    /// Time runs as fast as it may, and no faster than leaves this machine well ahead of a limit of so many a second.
    async fn new(fastest: u32, per_second: f64, mut weather: Value, told: bool) -> Stage {
        let sandbox = start(Options::new(Store::Memory, "tiny")).await.unwrap();
        let door = Door::new(Guard::LoopbackOnly, None).unwrap();
        let simulator = Simulator::new(door.clone(), sandbox.url().to_owned());
        let rate = ((speed(&door, sandbox.url()).await / 5.0 / per_second) as u32).clamp(1, fastest);
        if weather.get("on").is_some() {
            weather = json!({ "limits": [weather] });
        }
        weather["clockRate"] = json!(rate);
        simulator.fault(weather).await.unwrap();
        let connection = SandboxConnection::fetch(&door, sandbox.url()).await.unwrap();
        let endpoints = connection.endpoints();
        let credentials = Credentials::client_secret(
            &door,
            &endpoints,
            &connection.tenant_id,
            &connection.client_id,
            connection.client_secret.clone(),
        );
        let limits = if told { Limits::published() } else { Limits::unknown() };
        let reasons: Arc<Mutex<HashSet<&'static str>>> = Arc::default();
        let noted = reasons.clone();
        let way = Transport::new(door, credentials, endpoints)
            .with_limits(limits.faster(connection.clock_rate))
            .watched_by(move |waiting| {
                noted.lock().unwrap().insert(match waiting.reason {
                    Reason::Paced => "paced",
                    Reason::Throttled => "throttled",
                    Reason::Held => "held",
                    _ => "other",
                });
            });
        Stage { sandbox, way, rate, reasons, connection }
    }

    async fn run(&self, rows: usize, calls: impl Fn(usize) -> Vec<Call>) -> Came {
        let started = Instant::now();
        let answers = Mutex::new(Vec::new());
        let sent = Mutex::new(0);
        let row = async |calls: Vec<Call>| {
            for call in calls {
                let reply = self.way.call(call).await.unwrap();
                *sent.lock().unwrap() += reply.attempts as usize;
                answers.lock().unwrap().push(started.elapsed().as_secs_f64() * f64::from(self.rate));
            }
        };
        let before = self.way.waited();
        futures::stream::iter((0..rows).map(|n| row(calls(n)))).buffer_unordered(IN_FLIGHT).count().await;
        let waited = (self.way.waited() - before).as_secs_f64() * f64::from(self.rate);
        Came { sent: sent.into_inner().unwrap(), answers: answers.into_inner().unwrap(), waited }
    }

    async fn count(&self, path: &str) -> usize {
        let reply = self.way.call(Call::graph(Method::Get, path).eventual()).await.unwrap();
        usize::try_from(reply.body.as_u64().unwrap()).unwrap()
    }
}

/// Calls a second that this machine sends and answers just now.
async fn speed(door: &Door, address: &str) -> f64 {
    let connection = SandboxConnection::fetch(door, address).await.unwrap();
    let endpoints = connection.endpoints();
    let (tenant, app) = (&connection.tenant_id, &connection.client_id);
    let credentials =
        Credentials::client_secret(door, &endpoints, tenant, app, connection.client_secret.clone());
    let way = Transport::new(door.clone(), credentials, endpoints);
    let read = || way.call(Call::graph(Method::Get, "/v1.0/users").query("$top", "5"));
    read().await.unwrap();
    let started = Instant::now();
    futures::stream::iter((0..300).map(|_| read())).buffer_unordered(IN_FLIGHT).count().await;
    300.0 / started.elapsed().as_secs_f64()
}

/// What a run came to; moments are by the tenant's clock.
#[derive(Debug)]
struct Came {
    sent: usize,
    answers: Vec<f64>,
    /// How long was waited for a limit.
    waited: f64,
}

impl Came {
    fn refused(&self) -> usize {
        self.sent - self.answers.len()
    }

    /// At most 1.05 times as long waited as the limit makes necessary, and so many refused.
    #[track_caller]
    fn holds(&self, most: usize, seconds: f64, refused: usize) {
        self.within(1.05, most, seconds, refused);
    }

    #[track_caller]
    fn within(&self, times: f64, most: usize, seconds: f64, refused: usize) {
        let least = seconds * ((self.answers.len() - 1) / most) as f64;
        self.waits(times, least, refused);
    }

    #[track_caller]
    fn waits(&self, times: f64, least: f64, refused: usize) {
        let (waited, took) = (self.waited, self.answers.last().unwrap());
        println!(
            "waited {waited:.1}, took {took:.1}, least {least} s; {} of {} refused",
            self.refused(),
            self.sent
        );
        assert!(*took >= 0.95 * least, "{took:.1} of {least} s: the limit did not hold");
        assert!(waited <= times * least, "waited {waited:.1} s where {least} s are necessary");
        assert!(self.refused() <= refused, "{} of {} refused", self.refused(), self.sent);
    }
}

fn invite(n: usize) -> Call {
    Call::graph(Method::Post, "/v1.0/invitations").body(json!({
        "invitedUserEmailAddress": format!("guest{n}@fabrikam.example"),
        "inviteRedirectUrl": "https://myapplications.microsoft.com",
    }))
}

async fn somebody(stage: &Stage) -> String {
    let users = stage.way.call(Call::graph(Method::Get, "/v1.0/users").query("$top", "1")).await.unwrap();
    users.body["value"][0]["id"].as_str().unwrap().to_owned()
}

fn check(user: &str) -> Call {
    Call::graph(Method::Post, format!("/v1.0/users/{user}/checkMemberGroups"))
        .body(json!({ "groupIds": ["11111111-2222-4333-8444-555555555555"] }))
        .reading()
}

fn change(user: &str, n: usize) -> Call {
    Call::graph(Method::Patch, format!("/v1.0/users/{user}"))
        .body(json!({ "department": format!("Department {n}") }))
        .repeatable()
}

/// Nobody publishes a limit for invitations, and what is over it is refused without a word. It is found by how long answers
/// take, so that a machine that is busy with something else at the wrong moment may have it twice more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_on_invitations_that_nobody_tells_of() {
    for last in [false, false, true] {
        let limit = json!({ "on": "POST /invitations", "limit": 150, "seconds": 5, "retryAfter": null });
        let stage = Stage::new(6, 30.0, limit, false).await;
        let before = stage.count("/v1.0/users/$count").await;
        let came = stage.run(ROWS, |n| vec![invite(n)]).await;
        assert_eq!(stage.count("/v1.0/users/$count").await, before + ROWS, "nothing is lost");
        assert!(stage.reasons.lock().unwrap().contains("paced"));
        if last || (came.refused() < ROWS / 100 && came.waited <= 1.05 * 65.0) {
            came.holds(150, 5.0, ROWS / 100 - 1);
            break;
        }
    }
}

/// Whole seconds to come back after are more than the limit itself asks for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_on_invitations_that_says_when_to_come_back() {
    let limit = json!({ "on": "POST /invitations", "limit": 600, "seconds": 5 });
    let stage = Stage::new(1, 120.0, limit, false).await;
    let came = stage.run(ROWS, |n| vec![invite(n)]).await;
    came.within(1.15, 600, 5.0, ROWS / 100 - 1);
}

/// 3,000 writes in 150 seconds, known from the start: none is refused, whether the service would say so or not.
async fn writes_of_an_application(throttling: &str) {
    let stage = Stage::new(12, 20.0, json!({ "throttling": throttling }), true).await;
    let user = somebody(&stage).await;
    let before = stage.count("/v1.0/users/$count").await;
    let came = stage.run(ROWS, |n| vec![invite(n), change(&user, n)]).await;
    came.holds(3_000, 150.0, 0);
    assert_eq!(stage.count("/v1.0/users/$count").await, before + ROWS);
    let reasons = stage.reasons.lock().unwrap().clone();
    assert_eq!(reasons, HashSet::from(["paced"]), "all that is waited for is our own pace");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_where_the_service_speaks_of_its_limits() {
    writes_of_an_application("published").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_where_the_service_says_nothing() {
    writes_of_an_application("silent").await;
}

/// 3,500 resource units in ten seconds, of which each of these calls costs four.
async fn resource_units_of_a_small_tenant(throttling: &str, told: bool) {
    let stage = Stage::new(3, 87.5, json!({ "throttling": throttling }), told).await;
    let user = somebody(&stage).await;
    let came = stage.run(ROWS, |_| vec![check(&user)]).await;
    came.holds(875, 10.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resource_units_where_the_service_speaks_of_its_limits() {
    resource_units_of_a_small_tenant("published", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resource_units_where_the_service_says_nothing() {
    resource_units_of_a_small_tenant("silent", true).await;
}

/// Graph's headers are as good as being told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_that_only_headers_tell_of() {
    resource_units_of_a_small_tenant("published", false).await;
}

/// Nothing is told, and the service says nothing: the calls that were under way at the first refusal are refused together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_that_nothing_tells_of() {
    let stage = Stage::new(12, 20.0, json!({ "throttling": "silent" }), false).await;
    let user = somebody(&stage).await;
    let came = stage.run(ROWS, |n| vec![change(&user, n), change(&user, n + 1)]).await;
    came.holds(3_000, 150.0, ROWS * 2 / 100 - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buckets_of_azure() {
    let stage = Stage::new(10, 25.0, json!({ "throttling": "published" }), true).await;
    let came = stage.run(ROWS, |_| vec![Call::azure(Method::Get, "/subscriptions", "2022-12-01")]).await;
    came.waits(1.05, (ROWS as f64 - 250.0) / 25.0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchange_is_not_asked_more_at_once_than_it_takes() {
    let stage = Stage::new(1, 1.0, json!({ "throttling": "published" }), true).await;
    let tenant = stage.connection.tenant_id.clone();
    let cmdlet = |_| vec![Call::exchange(&tenant, "Get-MailContact", json!({}), true)];
    assert_eq!(stage.run(300, cmdlet).await.refused(), 0);
}

/// In a batch each call counts, and each is throttled by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_batches_are_paced_as_well() {
    let limit = json!({ "on": "POST /invitations", "limit": 150, "seconds": 5 });
    let stage = Stage::new(4, 30.0, limit, false).await;
    let before = stage.count("/v1.0/users/$count").await;
    let replies = stage.way.batch((0..500).map(invite).collect()).await;
    let ids: HashSet<String> = replies
        .into_iter()
        .map(|reply| reply.unwrap().body["invitedUser"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 500);
    assert_eq!(stage.count("/v1.0/users/$count").await, before + 500);
}

#[tokio::test]
async fn a_sandbox_tells_its_clients_which_limits_hold() {
    let stage = Stage::new(7, 0.001, json!({ "throttling": "published" }), true).await;
    assert_eq!((stage.connection.throttling.as_deref(), stage.connection.clock_rate), (Some("published"), 7));
    let told = Limits::told(stage.connection.throttling.as_deref(), stage.connection.clock_rate);
    assert_eq!(told, Limits::published().faster(7));
    stage.sandbox.stop().await;
    let stage = Stage::new(1, 1.0, json!({ "throttling": "silent" }), true).await;
    assert_eq!((stage.connection.throttling.as_deref(), stage.connection.clock_rate), (None, 1));
}
