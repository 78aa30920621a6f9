//! A sandbox of a test's own, spoken to in literal JSON over HTTP.
//!
//! With `SANDBOX_RECORDING=FOLDER` every exchange is kept there, one JSON object a line: what was answered in one file,
//! what was refused (often because it was asked wrongly on purpose) in another. What faults did to it is left out.
#![allow(dead_code, reason = "each test file uses its part of this")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

pub mod chance;
pub mod people;

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};

use serde_json::{Value, json};
use usher::sandbox::{Options, Running, Store, start};

pub const GRAPH: &str = "https://graph.microsoft.com/.default";
pub const EXCHANGE: &str = "https://outlook.office365.com/.default";
pub const ARM: &str = "https://management.azure.com/.default";

pub struct Sandbox {
    pub running: Running,
    pub http: reqwest::Client,
    token: Mutex<Vec<(String, String)>>,
    /// Faults were asked for: what is answered now is no account of the service.
    troubled: AtomicBool,
    pub app: (String, String),
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> String {
        assert_eq!(
            (self.status, self.body["error"]["code"].as_str()),
            (status, Some(code)),
            "{:#}",
            self.body
        );
        self.body["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl Sandbox {
    pub async fn new() -> Sandbox {
        Sandbox::of("contoso", Store::Memory).await
    }

    pub async fn of(seed: &str, store: Store) -> Sandbox {
        Sandbox::with(Options::new(store, seed)).await
    }

    pub async fn with(options: Options) -> Sandbox {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let running = start(options).await.unwrap();
        let text = |name: &str| running.connection()[name].as_str().unwrap().to_owned();
        let app = (text("clientId"), text("clientSecret"));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Sandbox { running, http, token: Mutex::default(), troubled: AtomicBool::new(false), app }
    }

    pub fn connection(&self, name: &str) -> String {
        self.running.connection()[name].as_str().unwrap().to_owned()
    }

    /// The same sandbox, seen by an application that has exactly these permissions.
    pub async fn with_only(&mut self, roles: &[&str]) {
        let app = self.post("/sandbox/apps", json!({ "roles": roles })).await.expect(201);
        let text = |name: &str| app[name].as_str().unwrap().to_owned();
        self.become_app(text("clientId"), text("clientSecret"));
    }

    pub fn become_app(&mut self, client_id: String, secret: String) {
        self.app = (client_id, secret);
        self.token.lock().unwrap().clear();
    }

    pub async fn sign_in(&self, form: &str) -> Answer {
        let url = format!("{}/{}/oauth2/v2.0/token", self.running.url(), self.connection("tenantId"));
        let request = self.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form.to_owned()), Value::Null).await
    }

    /// A document of sign-in that needs no token.
    pub async fn sign_in_page(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.running.url());
        self.send(self.http.get(url), Value::Null).await.expect(200)
    }

    pub async fn token(&self, scope: &str) -> String {
        if let Some((_, token)) = self.token.lock().unwrap().iter().find(|(known, _)| known == scope) {
            return token.clone();
        }
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={scope}",
            self.app.0, self.app.1
        );
        let token = self.sign_in(&form).await.expect(200)["access_token"].as_str().unwrap().to_owned();
        self.token.lock().unwrap().push((scope.to_owned(), token.clone()));
        token
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let scope = match path.split('/').nth(1) {
            Some("v1.0" | "beta") => GRAPH,
            Some("adminapi") => EXCHANGE,
            _ => ARM,
        };
        if path == "/sandbox/faults" && method != "GET" {
            self.troubled.store(method == "POST", Ordering::Relaxed);
        }
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.running.url()) };
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !path.starts_with("/sandbox") && !headers.iter().any(|(name, _)| *name == "authorization") {
            let scope = if path.contains("/adminapi/") {
                EXCHANGE
            } else if path.to_lowercase().contains("/v1.0/") || path.contains("/beta/") {
                GRAPH
            } else {
                scope
            };
            request = request.bearer_auth(self.token(scope).await);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.send(request, body).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, sent: Value) -> Answer {
        let request = request.build().unwrap();
        let (method, url) = (request.method().to_string(), request.url().to_string());
        let texts = |headers: &reqwest::header::HeaderMap| -> Value {
            headers
                .iter()
                .filter(|(name, _)| *name != "authorization")
                .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or_default())))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let mut request_headers = texts(request.headers());
        request_headers["authorization"] = json!("Bearer <removed>");
        let response = self.http.execute(request).await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        if self.troubled.load(Ordering::Relaxed) {
            return Answer { status, headers, body };
        }
        record(&json!({
            "method": method, "url": url, "request_headers": request_headers, "request_body": sent,
            "status": status, "response_headers": texts(&headers), "response_body": body,
        }));
        Answer { status, headers, body }
    }

    /// A Graph call to another sandbox with the same seed; nothing when the connection breaks.
    pub async fn call_at(&self, url: &str, path: &str, body: Value) -> Option<Value> {
        let token = self.token(GRAPH).await;
        let request = self.http.post(format!("{url}{path}")).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let text = request.send().await.ok()?.text().await.ok()?;
        serde_json::from_str(&text).ok()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], Value::Null).await
    }

    /// With what an advanced query needs; `$count=true` stands in the path.
    pub async fn advanced(&self, path: &str) -> Answer {
        self.call("GET", path, &[("ConsistencyLevel", "eventual")], Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &[], body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, &[], body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], Value::Null).await
    }

    pub async fn invite(&self, address: &str) -> Answer {
        let body = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://myapplications.microsoft.com",
            "sendInvitationMessage": true,
        });
        self.post("/v1.0/invitations", body).await
    }

    /// Invites and gives the guest's id.
    pub async fn guest(&self, address: &str) -> String {
        self.invite(address).await.expect(201)["invitedUser"]["id"].as_str().unwrap().to_owned()
    }

    /// The id of the group with a name.
    pub async fn group(&self, name: &str) -> String {
        let found = self.get(&format!("/v1.0/groups?$filter=displayName eq '{name}'")).await.expect(200);
        found["value"][0]["id"].as_str().unwrap_or_else(|| panic!("no group {name}")).to_owned()
    }

    pub fn reference(&self, id: &str) -> Value {
        json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") })
    }

    pub async fn cmdlet(&self, name: &str, parameters: Value) -> Answer {
        let path = format!("/adminapi/beta/{}/InvokeCommand", self.connection("tenantId"));
        let body = json!({ "CmdletInput": { "CmdletName": name, "Parameters": parameters } });
        self.call(
            "POST",
            &path,
            &[("X-AnchorMailbox", "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@x")],
            body,
        )
        .await
    }
}

fn record(exchange: &Value) {
    static FILE: Mutex<()> = Mutex::new(());
    let Ok(folder) = std::env::var("SANDBOX_RECORDING") else { return };
    let kind = if exchange["status"].as_u64().unwrap() < 400 { "answers" } else { "refusals" };
    let path = std::path::Path::new(&folder).join(format!("{kind}-{}.jsonl", std::process::id()));
    let _one_at_a_time = FILE.lock().unwrap();
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{exchange}").unwrap();
}
