//! A sandbox in another process, and what it looks like.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use serde_json::Value;
use tokio::runtime::Runtime;

pub struct Tenant {
    child: Child,
    pub url: String,
    http: reqwest::Client,
    runtime: Runtime,
}

impl Tenant {
    pub fn serve() -> Tenant {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let mut child = Command::new(env!("CARGO_BIN_EXE_usher"))
            .args(["sandbox", "serve", "--memory", "--http", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let connection: Value = serde_json::from_str(&line).unwrap();
        Tenant {
            child,
            url: connection["http"].as_str().unwrap().to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Value {
        self.runtime.block_on(async {
            let url = format!("{}/sandbox/{path}", self.url);
            let mut request = self.http.request(method.parse().unwrap(), url);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_owned());
            }
            let answer = request.send().await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            assert!(status.is_success(), "{method} {path}: {status} {text}");
            serde_json::from_str(&text).unwrap_or_default()
        })
    }

    /// The tenant as its seed has it, with these troubles and no others.
    pub fn anew(&self, troubles: &str) {
        self.ask("DELETE", "faults", None);
        self.ask("POST", "reset", Some(r#"{ "seed": "contoso" }"#));
        self.ask("POST", "faults", Some(troubles));
    }

    /// How often each kind of trouble struck.
    pub fn struck(&self) -> BTreeMap<String, u64> {
        let mut struck = BTreeMap::new();
        for fault in self.ask("GET", "faults", None)["faults"].as_array().unwrap() {
            *struck.entry(fault["then"].as_str().unwrap().to_owned()).or_default() +=
                fault["struck"].as_u64().unwrap();
        }
        struck
    }

    /// All of it but ids and times, and the order in which Exchange's audit log tells what was done.
    pub fn state(&self) -> Value {
        let mut state = self.ask("GET", "state?without=ids,times", None);
        if let Some(told) = state["entries"]["exchangeAudit"].as_array_mut() {
            told.iter_mut().filter_map(Value::as_object_mut).for_each(|entry| {
                entry.remove("number");
                entry.remove("at");
            });
            told.sort_by_key(Value::to_string);
        }
        state
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where two states differ, place by place.
pub fn differences(at: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
                differences(&format!("{at}/{name}"), &one[name], &other[name], found);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            for (n, value) in left.iter().enumerate().filter(|(_, value)| !right.contains(value)) {
                found.push(format!("{at}/{n}: only without a crash: {}", shown(value)));
            }
            for (n, value) in right.iter().enumerate().filter(|(_, value)| !left.contains(value)) {
                found.push(format!("{at}/{n}: only after the crash: {}", shown(value)));
            }
            if left.len() != right.len() {
                found.push(format!("{at}: {} without a crash, {} after it", left.len(), right.len()));
            }
        }
        _ if one == other => {}
        _ => found.push(format!("{at}: {} without a crash, {} after it", shown(one), shown(other))),
    }
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(1000).collect()
}
