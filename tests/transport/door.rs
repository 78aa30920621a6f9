//! The one door to the network.

use serde_json::{Value, json as object};
use usher::identity::Service;
use usher::net::{Door, Error, Guard, Method, Recorder, Request, Url};
use usher::transport::{Call, Method as How};

use crate::server::{Answer, SECRET, Server, json, text, token};

fn get(url: &str) -> Request {
    Request::new(Method::GET, Url::parse(url).unwrap())
}

fn door() -> Door {
    Door::new(Guard::LoopbackOnly, None).unwrap()
}

#[tokio::test]
async fn a_door_for_this_machine_refuses_other_addresses() {
    for url in [
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "https://graph.microsoft.com/v1.0/me",
        "http://127.0.0.1.example/",
        "http://127.0.0.1@example.com/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost.example/",
    ] {
        let error = door().send(get(url)).await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }) && error.surely_not_sent(), "{url}: {error}");
    }
}

#[tokio::test]
async fn nothing_goes_to_another_machine_unencrypted() {
    let door = Door::new(Guard::Anywhere, None).unwrap();
    let error = door.send(get("http://192.0.2.1/v1.0/users")).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }) && error.surely_not_sent(), "{error}");
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let server = Server::start(|_, _| text(200, "here")).await;
    let port = server.address.rsplit(':').next().unwrap();
    let answer = door().send(get(&format!("http://localhost:{port}/"))).await.unwrap();
    assert_eq!(answer.body, "here");
}

#[tokio::test]
async fn a_refused_connection_was_surely_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = door().send(get(&url)).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.surely_not_sent(), "{error}");
}

#[tokio::test]
async fn a_lost_connection_leaves_open_what_was_done() {
    let server = Server::start(|_, _| Answer::HangUp).await;
    let error = door().send(get(&server.address)).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { timed_out: false, .. }), "{error}");
    assert!(!error.surely_not_sent());
    assert_eq!(server.seen().len(), 1, "sent once, and not again by the client on its own");
}

#[tokio::test]
async fn a_connection_that_was_closed_after_use_is_not_written_to_twice() {
    let server = Server::start(|n, _| if n == 0 { text(200, "kept alive") } else { Answer::HangUp }).await;
    let door = door();
    door.send(get(&server.address)).await.unwrap();
    assert!(!door.send(get(&server.address)).await.unwrap_err().surely_not_sent());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn silence_ends_with_the_time_that_was_given() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let mut request = get(&server.address);
    request.timeout = std::time::Duration::from_millis(20);
    let error = door().send(request).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { timed_out: true, .. }), "{error}");
}

#[tokio::test]
async fn a_body_cut_short_names_its_status() {
    let server = Server::start(|_, _| Answer::CutShort(201)).await;
    let error = door().send(get(&server.address)).await.unwrap_err();
    assert!(matches!(error, Error::CutShort { status: 201, .. }) && !error.surely_not_sent(), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start(|_, _| text(302, "").with("location", "http://example.com/")).await;
    assert_eq!(door().send(get(&server.address)).await.unwrap().status, 302);
}

#[tokio::test]
async fn nul_bytes_said_to_be_gzip_are_an_empty_body() {
    let server =
        Server::start(|_, _| text(403, "\0\0\0\0\0\0\0\0\0\0\0\0").with("content-encoding", "gzip")).await;
    let answer = door().send(get(&server.address)).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (403, 0));
}

#[tokio::test]
async fn a_recording_holds_every_exchange_and_no_secret() {
    let link = "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2fredeem%2f%3fticket%3dT1CKET%26ver%3d2.0";
    let server = Server::start(move |n, _| match n {
        0 => json(201, object!({ "id": "i", "inviteRedeemUrl": link, "note": format!("go to {link}") }))
            .with("set-cookie", "sid=C00KIE")
            .with("location", link),
        1 => json(400, object!({ "error": { "code": "Request_BadRequest", "message": "no" } })),
        _ => Answer::HangUp,
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wire.jsonl");
    let recorder = Recorder::create(&file).unwrap();
    let way = server.transport_through(Door::new(Guard::LoopbackOnly, Some(recorder)).unwrap());
    let post = || {
        Call::graph(How::Post, "/v1.0/invitations")
            .body(object!({ "invitedUserEmailAddress": "a@b.example" }))
    };
    let reply = way.call(post()).await.unwrap();
    assert_eq!(reply.body["inviteRedeemUrl"], link, "the caller has it whole");
    way.call(post()).await.unwrap_err();
    way.call(post()).await.unwrap_err();

    let recording = std::fs::read_to_string(&file).unwrap();
    let access_token = token(0)["access_token"].as_str().unwrap().to_owned();
    let encoded = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect::<String>();
    for secret in ["T1CKET", "C00KIE", SECRET, &encoded, &access_token, "eyJ"] {
        assert!(!recording.contains(secret), "{secret} in {recording}");
    }
    let lines: Vec<Value> = recording.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["method"], "POST");
    assert_eq!(lines[0]["response_body"]["access_token"], "***");
    assert_eq!(lines[0]["response_body"]["expires_in"], 3599);
    assert!(lines[0]["request_body"].as_str().unwrap().contains("client_secret=***"));
    assert_eq!(lines[1]["url"], format!("{}/v1.0/invitations", server.address));
    assert_eq!(lines[1]["request_headers"]["authorization"], "Bearer ***");
    assert_eq!(lines[1]["request_body"]["invitedUserEmailAddress"], "a@b.example");
    assert_eq!(
        (&lines[1]["status"], &lines[1]["response_body"]["inviteRedeemUrl"]),
        (&201.into(), &"***".into())
    );
    assert_eq!(lines[1]["response_headers"]["set-cookie"], "***");
    assert_eq!(lines[2]["response_body"]["error"]["code"], "Request_BadRequest");
    assert_eq!((&lines[3]["status"], &lines[3]["response_body"]), (&Value::Null, &Value::Null));
}

#[cfg(unix)]
#[test]
fn a_recording_is_private_even_over_an_open_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wire.jsonl");
    std::fs::write(&file, "old").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    Recorder::create(&file).unwrap();
    let found = std::fs::metadata(&file).unwrap();
    assert_eq!((found.permissions().mode() & 0o777, found.len()), (0o600, 0));
}

#[tokio::test]
async fn a_call_given_up_is_recorded_without_an_answer() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wire.jsonl");
    let door = Door::new(Guard::LoopbackOnly, Some(Recorder::create(&file).unwrap())).unwrap();
    let sending = door.send(get(&format!("{}/{}", server.address, Service::Graph.name())));
    tokio::time::timeout(std::time::Duration::from_millis(20), sending).await.unwrap_err();
    let line: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(line["status"], Value::Null);
}
