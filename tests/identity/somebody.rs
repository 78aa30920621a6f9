//! Somebody who signs in: a browser that is played, and a code that is typed at the second wait.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use usher::identity::{Addresses, Credentials, Method, Pause, Person, Profile, TokenStore};
use usher::net::{Door, Guard};

use crate::sandbox_support::Sandbox;
use crate::sandbox_support::people::{GRAPH_TOOLS, form};

pub const OLA: &str = "ola.nordmann@contoso.example";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Accept,
    Decline,
    /// Never types the code.
    Nothing,
    /// Types it, but only after time stood still between two questions.
    AcceptLate,
}

pub struct Somebody {
    url: String,
    does: Does,
    pub waits: Mutex<Vec<(Duration, Pause)>>,
    pub addresses: Mutex<Vec<String>>,
    code: Mutex<Option<(String, String)>>,
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Somebody {
    pub fn who(sandbox: &Sandbox, does: Does) -> Arc<Somebody> {
        Arc::new(Somebody {
            url: sandbox.running.url().to_owned(),
            does,
            waits: Mutex::default(),
            addresses: Mutex::default(),
            code: Mutex::default(),
        })
    }

    async fn control(&self, path: &str, body: serde_json::Value) {
        let url = format!("{}/sandbox/{path}", self.url);
        let request = browser().post(url).header("content-type", "application/json").body(body.to_string());
        assert!(request.send().await.unwrap().status().is_success(), "{path}");
    }

    async fn decide(&self) {
        let (page, code) = self.code.lock().unwrap().clone().unwrap();
        match self.does {
            Does::Accept | Does::AcceptLate => {
                self.control("approve", json!({ "userCode": code, "user": OLA })).await;
            }
            Does::Decline => {
                let typed = browser().post(page).body(form(&[("code", &code), ("decline", "1")]));
                assert_eq!(typed.send().await.unwrap().status(), 200);
            }
            Does::Nothing => {}
        }
    }
}

/// Opens the sign-in page, chooses somebody, and goes where that leads. Gives the last page.
async fn play(address: String, does: Does) -> String {
    let browser = browser();
    assert_eq!(browser.get(&address).send().await.unwrap().status(), 200);
    let (page, query) = address.split_once('?').unwrap();
    let login = page.replace("/oauth2/v2.0/authorize", "/login");
    let choice = if does == Does::Decline { ("decline", "1") } else { ("address", OLA) };
    let sent = browser
        .post(login)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form(&[("request", query), choice]))
        .send()
        .await
        .unwrap();
    let back = sent.headers()["location"].to_str().unwrap().to_owned();
    assert!(back.starts_with("http://localhost:"), "{back}");
    // What anybody else on this machine may send there is not the answer.
    let port = back.trim_start_matches("http://localhost:").split(['/', '?']).next().unwrap().to_owned();
    let forged = format!("http://localhost:{port}/?code=forged&state=guessed");
    assert_eq!(browser.get(forged).send().await.unwrap().status(), 400);
    let elsewhere = format!("http://localhost:{port}/favicon.ico");
    assert_eq!(browser.get(elsewhere).send().await.unwrap().status(), 404);
    let last = browser.get(&back).send().await.unwrap();
    assert_eq!(last.headers()["cache-control"], "no-store");
    let html = last.text().await.unwrap();
    assert!(!html.contains("code="), "the page repeats nothing");
    html
}

#[async_trait]
impl Person for Somebody {
    fn browse(&self, address: &str) {
        self.addresses.lock().unwrap().push(address.to_owned());
        let does = self.does;
        tokio::spawn(play(address.to_owned(), does));
    }

    fn type_code(&self, page: &str, code: &str, message: &str) {
        assert!(message.contains(code) && message.contains(page), "{message}");
        *self.code.lock().unwrap() = Some((page.to_owned(), code.to_owned()));
    }

    /// Time passes for the tenant, not for the test.
    async fn wait(&self, how_long: Duration, why: Pause) {
        let number = {
            let mut waits = self.waits.lock().unwrap();
            waits.push((how_long, why));
            waits.iter().filter(|(_, why)| *why == Pause::ForSomebody).count()
        };
        if why == Pause::Busy {
            return;
        }
        let decides = if self.does == Does::AcceptLate { 4 } else { 2 };
        let seconds = match self.does {
            // The service takes the second question for one that comes too soon.
            Does::AcceptLate if number == 2 => 0,
            Does::Nothing if number > 2 => 900,
            _ => how_long.as_secs(),
        };
        if seconds > 0 {
            self.control("clock", json!({ "advanceSeconds": seconds })).await;
        }
        if number == decides {
            self.decide().await;
        }
    }
}

pub fn door() -> Door {
    Door::new(Guard::LoopbackOnly, None).unwrap()
}

/// A profile of the sandbox, reached by its addresses as any other tenant.
pub fn profile(sandbox: &Sandbox, method: Method) -> Profile {
    let client_id = if method.is_of_a_person() { GRAPH_TOOLS.to_owned() } else { sandbox.app.0.clone() };
    let here = Some(sandbox.running.url().to_owned());
    let tenant = sandbox.connection("tenantId");
    Profile {
        client_id: Some(client_id),
        addresses: Addresses {
            login: here.clone(),
            graph: here.clone(),
            exchange: here.clone(),
            azure: here,
        },
        ..Profile::new("contoso", &tenant, method)
    }
}

pub fn credentials(profile: &Profile, home: &Path, person: Arc<dyn Person>) -> Credentials {
    Credentials::of(&door(), profile, TokenStore::of(home, &profile.name), person).unwrap()
}
