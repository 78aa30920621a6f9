//! What can be made to go wrong: faults, limits, delays, time, and the connection itself.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use std::time::Duration;

use sandbox_support::{Answer, GRAPH, Sandbox};
use serde_json::{Value, json};
use usher::sandbox::{Delays, Options, Store};

impl Sandbox {
    async fn fault(&self, fault: Value) {
        self.post("/sandbox/faults", fault).await.expect(200);
    }

    /// A request whose connection may break.
    async fn try_get(&self, path: &str) -> Result<(u16, String), reqwest::Error> {
        let request = self.http.get(format!("{}{path}", self.running.url()));
        let answer = request.bearer_auth(self.token(GRAPH).await).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    async fn try_post(&self, path: &str, body: Value) -> Result<u16, reqwest::Error> {
        let request = self.http.post(format!("{}{path}", self.running.url())).body(body.to_string());
        Ok(request.bearer_auth(self.token(GRAPH).await).send().await?.status().as_u16())
    }

    async fn knows(&self, address: &str) -> bool {
        let found = self.get(&format!("/v1.0/users?$filter=mail eq '{address}'")).await.expect(200);
        !found["value"].as_array().unwrap().is_empty()
    }

    async fn advance(&self, seconds: i64) {
        self.post("/sandbox/clock", json!({ "advanceSeconds": seconds })).await.expect(200);
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).and_then(|value| value.to_str().ok())
}

fn invitation(address: &str) -> Value {
    json!({ "invitedUserEmailAddress": address, "inviteRedirectUrl": "https://myapplications.microsoft.com" })
}

#[tokio::test]
async fn a_throttled_request_says_when_to_come_back_and_then_goes_well() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "POST /invitations", "then": "throttled", "retryAfter": 7 })).await;
    let refused = sandbox.invite("ann.lee@fabrikam.example").await;
    assert_eq!(header(&refused, "retry-after"), Some("7"));
    refused.refused(429, "TooManyRequests");
    sandbox.invite("ann.lee@fabrikam.example").await.expect(201);
}

#[tokio::test]
async fn a_service_may_say_nothing_of_when_to_come_back() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "graph", "then": "throttled" })).await;
    let refused = sandbox.get("/v1.0/users").await;
    assert_eq!(header(&refused, "retry-after"), None);
    refused.refused(429, "TooManyRequests");
}

#[tokio::test]
async fn exchange_and_azure_refuse_in_words_of_their_own() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!([{ "on": "Get-MailContact", "then": "throttled" }, { "on": "azure", "then": "throttled", "retryAfter": 3 }])).await;
    let exchange = sandbox.cmdlet("Get-MailContact", json!({})).await;
    assert_eq!(exchange.status, 429);
    assert!(exchange.body.as_str().unwrap().starts_with("You have reached the maximum number of concurrent"));
    let azure = sandbox.get("/subscriptions?api-version=2022-12-01").await;
    assert_eq!(header(&azure, "retry-after"), Some("3"));
    azure.refused(429, "SubscriptionRequestsThrottled");
}

#[tokio::test]
async fn one_call_of_a_batch_is_throttled_alone() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "GET /groups", "then": "throttled", "retryAfter": 4 })).await;
    let calls = json!({ "requests": [
        { "id": "1", "method": "GET", "url": "/users?$top=1" },
        { "id": "2", "method": "GET", "url": "/groups?$top=1" },
        { "id": "3", "method": "GET", "url": "/groups?$top=1" },
    ]});
    let answer = sandbox.post("/v1.0/$batch", calls).await.expect(200);
    let statuses: Vec<u64> =
        answer["responses"].as_array().unwrap().iter().map(|r| r["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 429, 200]);
    assert_eq!(answer["responses"][1]["headers"]["retry-after"], "4");
}

#[tokio::test]
async fn a_gateway_that_times_out_may_hide_a_write_that_took_effect() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "POST /invitations", "then": "timedOut" })).await;
    sandbox.invite("ann.lee@fabrikam.example").await.refused(504, "UnknownError");
    assert!(sandbox.knows("ann.lee@fabrikam.example").await);

    sandbox.fault(json!({ "on": "POST /invitations", "then": "timedOutBefore" })).await;
    sandbox.invite("bo.lee@fabrikam.example").await.refused(504, "UnknownError");
    assert!(!sandbox.knows("bo.lee@fabrikam.example").await);
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_write() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "POST /invitations", "then": "resetAfter" })).await;
    assert!(sandbox.try_post("/v1.0/invitations", invitation("ann.lee@fabrikam.example")).await.is_err());
    assert!(sandbox.knows("ann.lee@fabrikam.example").await);

    sandbox.fault(json!({ "on": "POST /invitations", "then": "resetBefore" })).await;
    assert!(sandbox.try_post("/v1.0/invitations", invitation("bo.lee@fabrikam.example")).await.is_err());
    assert!(!sandbox.knows("bo.lee@fabrikam.example").await);
}

#[tokio::test]
async fn a_body_ends_in_the_middle_or_takes_its_time() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!([{ "on": "GET /users", "then": "cut" }, { "on": "GET /groups", "then": "slow", "seconds": 0.05 }])).await;
    assert!(sandbox.try_get("/v1.0/users").await.is_err());
    let (status, groups) = sandbox.try_get("/v1.0/groups").await.unwrap();
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<Value>(&groups).unwrap()["value"].is_array());
}

#[tokio::test]
async fn a_token_that_expires_in_mid_run_is_refused_until_there_is_a_new_one() {
    let mut sandbox = Sandbox::new().await;
    sandbox.get("/v1.0/users?$top=1").await.expect(200);
    sandbox.fault(json!({ "on": "graph", "then": "expiredToken" })).await;
    for _ in 0..2 {
        let message = sandbox.get("/v1.0/users?$top=1").await.refused(401, "InvalidAuthenticationToken");
        assert!(message.contains("expired"), "{message}");
    }
    let app = sandbox.app.clone();
    sandbox.become_app(app.0, app.1);
    sandbox.get("/v1.0/users?$top=1").await.expect(200);
}

#[tokio::test]
async fn a_link_leads_to_the_same_page_once_more() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "GET /users", "then": "samePageAgain" })).await;
    let first = sandbox.get("/v1.0/users?$top=2").await.expect(200);
    let again = sandbox.get(first["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(first["value"], again["value"]);
    let second = sandbox.get(again["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    assert_ne!(first["value"], second["value"]);
}

#[tokio::test]
async fn an_invitation_is_answered_and_its_user_never_appears() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "on": "POST /invitations", "then": "vanished" })).await;
    let id = sandbox.guest("ann.lee@fabrikam.example").await;
    sandbox.get(&format!("/v1.0/users/{id}")).await.refused(404, "Request_ResourceNotFound");

    // In a batch as well.
    sandbox.fault(json!({ "on": "POST /invitations", "then": "vanished" })).await;
    let call = json!({
        "id": "1", "method": "POST", "url": "/invitations",
        "headers": { "Content-Type": "application/json" }, "body": invitation("bo.lee@fabrikam.example"),
    });
    let answer = sandbox.post("/v1.0/$batch", json!({ "requests": [call] })).await.expect(200);
    assert_eq!(answer["responses"][0]["status"], 201);
    assert!(!sandbox.knows("bo.lee@fabrikam.example").await);
}

#[tokio::test]
async fn invitations_are_blocked_for_the_whole_tenant_until_somebody_lifts_it() {
    let sandbox = Sandbox::new().await;
    sandbox
        .fault(json!({ "on": "POST /invitations", "then": "suspicious", "times": "always", "skip": 1 }))
        .await;
    sandbox.invite("ann.lee@fabrikam.example").await.expect(201);
    for address in ["bo.lee@fabrikam.example", "cy.lee@fabrikam.example"] {
        let message = sandbox.invite(address).await.refused(403, "Forbidden");
        assert!(message.contains("suspicious activity"), "{message}");
    }
    sandbox.delete("/sandbox/faults").await.expect(200);
    sandbox.invite("bo.lee@fabrikam.example").await.expect(201);
}

#[tokio::test]
async fn the_faults_that_are_set_can_be_read() {
    let sandbox = Sandbox::new().await;
    sandbox
        .fault(json!({ "on": "azure", "then": "unavailable", "retryAfter": 2, "times": 3, "every": 2 }))
        .await;
    let told = sandbox.get("/sandbox/faults").await.expect(200);
    assert_eq!(
        told["faults"][0],
        json!({ "on": "azure", "then": "unavailable", "retryAfter": 2, "times": 3, "every": 2, "met": 0, "struck": 0 })
    );
    let message = sandbox
        .post("/sandbox/faults", json!({ "on": "mars", "then": "cut" }))
        .await
        .refused(400, "BadRequest");
    assert!(message.contains("mars"), "{message}");
}

#[tokio::test]
async fn graph_refuses_what_goes_over_its_published_limits() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "throttling": "published" })).await;
    let users = sandbox.get("/v1.0/users").await;
    assert_eq!(header(&users, "x-ms-resource-unit"), Some("2"));
    assert_eq!(header(&sandbox.get("/v1.0/users?$select=id&$top=5").await, "x-ms-resource-unit"), Some("1"));

    // Reports: five in ten seconds.
    for _ in 0..5 {
        assert_ne!(sandbox.get("/v1.0/auditLogs/directoryAudits?$top=1").await.status, 429);
    }
    let refused = sandbox.get("/v1.0/auditLogs/directoryAudits?$top=1").await;
    let wait: u64 = header(&refused, "retry-after").unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert!(header(&refused, "x-ms-throttle-scope").unwrap().starts_with("Tenant_Application/ReadWrite/"));
    assert_eq!(header(&refused, "x-ms-throttle-limit-percentage").map(|p| p >= "1.0"), Some(true));
    refused.refused(429, "TooManyRequests");

    // What is in a batch is counted one by one.
    let call =
        |id: usize| json!({ "id": id.to_string(), "method": "GET", "url": "/auditLogs/directoryAudits" });
    let batch = json!({ "requests": [call(1), { "id": "2", "method": "GET", "url": "/organization" }] });
    let answer = sandbox.post("/v1.0/$batch", batch).await.expect(200);
    assert_eq!(answer["responses"][0]["status"], 429);
    assert!(answer["responses"][0]["headers"]["retry-after"].is_string());
    assert_eq!(answer["responses"][1]["status"], 200);
}

#[tokio::test]
async fn faster_time_makes_the_waits_shorter() {
    let mut options = Options::new(Store::Memory, "tiny");
    options.throttled = true;
    options.clock_rate = 10;
    let sandbox = Sandbox::with(options).await;
    let refused = loop {
        let answer = sandbox.get("/v1.0/auditLogs/signIns").await;
        if answer.status == 429 {
            break answer;
        }
    };
    assert_eq!(header(&refused, "retry-after"), Some("1"));
}

#[tokio::test]
async fn azure_empties_a_bucket_and_says_how_much_is_left() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "throttling": "published" })).await;
    let path = format!("/subscriptions/{}?api-version=2022-12-01", sandbox.connection("subscriptionId"));
    let first = sandbox.get(&path).await;
    assert_eq!(header(&first, "x-ms-ratelimit-remaining-subscription-reads"), Some("249"));
    let refused = loop {
        let answer = sandbox.get(&path).await;
        if answer.status == 429 {
            break answer;
        }
    };
    assert_eq!(header(&refused, "retry-after"), Some("1"));
}

#[tokio::test]
async fn a_new_guest_is_seen_late_and_then_by_everybody() {
    let mut options = Options::new(Store::Memory, "contoso");
    options.delays = Some(Delays::Realistic);
    let sandbox = Sandbox::with(options).await;
    let guest = sandbox.guest("ann.lee@fabrikam.example").await;
    let path = format!("/v1.0/users/{guest}");
    sandbox.get(&path).await.refused(404, "Request_ResourceNotFound");
    assert!(!sandbox.knows("ann.lee@fabrikam.example").await);
    let group = sandbox.group("Project Falcon").await;
    let members = format!("/v1.0/groups/{group}/members/$ref");
    sandbox.post(&members, sandbox.reference(&guest)).await.refused(404, "Request_ResourceNotFound");
    sandbox.advance(2).await;
    sandbox.get(&path).await.expect(200);
    assert!(sandbox.knows("ann.lee@fabrikam.example").await);
    sandbox.post(&members, sandbox.reference(&guest)).await.expect(204);
    // Everybody who was there before is seen at once.
    sandbox.get("/v1.0/users/megan.bowen@contoso.example").await.expect(200);
}

#[tokio::test]
async fn delays_are_set_one_by_one_as_well() {
    let sandbox = Sandbox::new().await;
    sandbox.fault(json!({ "delays": { "graph": 0.5, "azure": 120 } })).await;
    let told = sandbox.get("/sandbox/faults").await.expect(200);
    assert_eq!(told["delays"]["graph"], 0.5);
    assert_eq!(told["delays"]["azure"], 120.0);
    assert_eq!(told["delays"]["exchange"], 0.0);
    sandbox.post("/sandbox/faults", json!({ "delays": "some" })).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn time_runs_as_fast_as_was_asked() {
    let mut options = Options::new(Store::Memory, "tiny");
    options.clock_rate = 100_000;
    let sandbox = Sandbox::with(options).await;
    let ahead = async || {
        let told = sandbox.get("/sandbox/clock").await.expect(200);
        assert_eq!(told["clockRate"], 100_000);
        told["aheadSeconds"].as_i64().unwrap()
    };
    let first = ahead().await;
    while ahead().await < first + 100 {}
}

#[tokio::test]
async fn every_request_takes_as_long_as_was_asked() {
    let mut options = Options::new(Store::Memory, "tiny");
    options.latency = Duration::from_millis(30);
    let sandbox = Sandbox::with(options).await;
    let begun = std::time::Instant::now();
    sandbox.get("/v1.0/users").await.expect(200);
    assert!(begun.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn clients_that_trust_the_authority_get_through_by_every_public_name() {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("authority.pem");
    let mut options = Options::new(Store::Memory, "contoso");
    options.https = Some("127.0.0.1:0".parse().unwrap());
    options.ca_file = Some(ca_file.clone());
    let sandbox = Sandbox::with(options).await;
    let https = sandbox.connection("https");
    assert_eq!(sandbox.connection("caFile"), ca_file.to_str().unwrap());
    let port: u16 = https.rsplit(':').next().unwrap().parse().unwrap();
    let authority = reqwest::Certificate::from_pem(&std::fs::read(&ca_file).unwrap()).unwrap();
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let mut client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]);
    for name in ["graph.microsoft.com", "login.microsoftonline.com", "localhost"] {
        client = client.resolve(name, here);
    }
    let client = client.build().unwrap();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={GRAPH}",
        sandbox.app.0, sandbox.app.1
    );
    let login = format!(
        "https://login.microsoftonline.com:{port}/{}/oauth2/v2.0/token",
        sandbox.connection("tenantId")
    );
    let answer: Value =
        serde_json::from_str(&client.post(login).body(form).send().await.unwrap().text().await.unwrap())
            .unwrap();
    let token = answer["access_token"].as_str().unwrap();
    for name in ["graph.microsoft.com", "localhost", "127.0.0.1"] {
        let url = format!("https://{name}:{port}/v1.0/users?$top=1");
        let answer = client.get(url).bearer_auth(token).send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let next = answer["@odata.nextLink"].as_str().unwrap();
        assert!(next.starts_with(&format!("https://{name}:{port}/v1.0/users?")), "{next}");
    }
    // Who does not trust it does not.
    assert!(sandbox.http.get(&https).send().await.is_err());
}
