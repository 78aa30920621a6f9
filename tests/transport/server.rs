//! A small HTTP server that does as a test says, on a port of its own; it signs in whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use usher::identity::{Credentials, Endpoints, Secret};
use usher::net::{Door, Guard};
use usher::transport::{Time, Transport};

pub const SECRET: &str = "s3cr3t~of/the+app";
pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// What the server does with a request.
pub enum Answer {
    Whole {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Half of the body, and the connection is closed.
    CutShort(u16),
    /// The connection is closed without a word.
    HangUp,
    /// Nothing, for ever.
    Silence,
    /// The same, some milliseconds later.
    Late(Box<Answer>),
}

pub fn json(status: u16, body: Value) -> Answer {
    let headers = vec![("content-type", "application/json".to_owned()), ("request-id", "served".to_owned())];
    Answer::Whole { status, headers, body: body.to_string().into_bytes() }
}

pub fn text(status: u16, body: &str) -> Answer {
    Answer::Whole { status, headers: vec![("content-type", "text/plain".to_owned())], body: body.into() }
}

impl Answer {
    pub fn with(self, name: &'static str, value: &str) -> Answer {
        match self {
            Answer::Whole { status, mut headers, body } => {
                headers.push((name, value.to_owned()));
                Answer::Whole { status, headers, body }
            }
            other => other,
        }
    }
}

type Does = dyn Fn(usize, &Seen) -> Answer + Send + Sync;

#[derive(Clone)]
pub struct Server {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    sign_ins: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server; `does` gets the number of the request, from 0, and the request. Sign-ins are not counted.
    pub async fn start(does: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static) -> Server {
        Server::start_with_sign_in(does, |number, _| json(200, token(number))).await
    }

    pub async fn start_with_sign_in(
        does: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static,
        sign_in: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server { address, seen: Arc::default(), sign_ins: Arc::default() };
        let (does, sign_in): (Arc<Does>, Arc<Does>) = (Arc::new(does), Arc::new(sign_in));
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream, does.clone(), sign_in.clone()));
            }
        });
        server
    }

    async fn serve(self, stream: TcpStream, does: Arc<Does>, sign_in: Arc<Does>) {
        let mut stream = BufReader::new(stream);
        while let Some(seen) = read(&mut stream).await {
            let (list, does) = if seen.path.ends_with("/oauth2/v2.0/token") {
                (&self.sign_ins, &sign_in)
            } else {
                (&self.seen, &does)
            };
            let number = {
                let mut list = list.lock().unwrap();
                list.push(seen.clone());
                list.len() - 1
            };
            let mut answer = does(number, &seen);
            while let Answer::Late(late) = answer {
                tokio::time::sleep(Duration::from_millis(20)).await;
                answer = *late;
            }
            match answer {
                Answer::Whole { status, headers, body } => {
                    let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
                    for (name, value) in headers {
                        head.push_str(&format!("{name}: {value}\r\n"));
                    }
                    head.push_str("\r\n");
                    let whole = [head.as_bytes(), &body].concat();
                    if stream.get_mut().write_all(&whole).await.is_err() {
                        return;
                    }
                }
                Answer::CutShort(status) => {
                    let part = format!(
                        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{{\"id\":"
                    );
                    let _ = stream.get_mut().write_all(part.as_bytes()).await;
                    return;
                }
                Answer::HangUp => return,
                Answer::Silence | Answer::Late(_) => std::future::pending().await,
            }
        }
    }

    /// What arrived, sign-ins aside.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn sign_ins(&self) -> usize {
        self.sign_ins.lock().unwrap().len()
    }

    pub fn credentials(&self, door: &Door) -> Credentials {
        let endpoints = Endpoints::sandbox(&self.address);
        Credentials::client_secret(door, &endpoints, TENANT, "app", Secret::new(SECRET))
    }

    /// The way to this server, with waits a thousand times as fast.
    pub fn transport(&self) -> Transport {
        self.transport_through(Door::new(Guard::LoopbackOnly, None).unwrap())
    }

    pub fn transport_through(&self, door: Door) -> Transport {
        let credentials = self.credentials(&door);
        Transport::new(door, credentials, Endpoints::sandbox(&self.address)).with_time(Time::faster(1000))
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { method, path, headers, body: String::from_utf8(body).unwrap() })
}

/// The answer to a sign-in: each token says which it is.
pub fn token(number: usize) -> Value {
    let claims = json!({ "tid": TENANT, "oid": "o", "appid": "app", "app_displayname": "Usher", "roles": ["User.Invite.All"], "n": number });
    let [head, claims] =
        [json!({ "alg": "none" }), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": format!("{head}.{claims}.c2ln") })
}
