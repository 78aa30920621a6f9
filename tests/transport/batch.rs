//! Several calls in one request: each is answered for by itself.

use std::time::Duration;

use serde_json::{Value, json as object};
use usher::transport::{Call, Cancel, Failure, Method};

use crate::server::{Answer, Seen, Server, json, text};

fn read(n: usize) -> Call {
    Call::graph(Method::Get, format!("/v1.0/users/u{n}")).query("$select", "id,mail")
}

fn invite() -> Call {
    Call::graph(Method::Post, "/v1.0/invitations").body(object!({ "invitedUserEmailAddress": "a@b.example" }))
}

/// The calls in a batch as they arrived.
fn calls(seen: &Seen) -> Vec<Value> {
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    body["requests"].as_array().unwrap().clone()
}

/// Answers each call of a batch, the last first.
fn each(seen: &Seen, answer: impl Fn(&Value) -> Value) -> Answer {
    let mut responses: Vec<Value> = calls(seen)
        .iter()
        .map(|call| {
            let mut response = answer(call);
            response["id"] = call["id"].clone();
            response
        })
        .collect();
    responses.reverse();
    json(200, object!({ "responses": responses }))
}

fn well(call: &Value) -> Value {
    object!({ "status": 200, "headers": { "request-id": "inner" }, "body": { "url": call["url"] } })
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_calls() {
    let server = Server::start(|_, seen| each(seen, well)).await;
    let replies = server.transport().batch((0..45).map(read).collect()).await;
    for (n, reply) in replies.into_iter().enumerate() {
        let reply = reply.unwrap();
        assert_eq!(reply.body["url"], format!("/users/u{n}?$select=id,mail"));
        assert_eq!((reply.status, reply.request_id.as_deref(), reply.attempts), (200, Some("inner"), 1));
    }
    let mut sizes: Vec<usize> = server.seen().iter().map(|seen| calls(seen).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 20, 20]);
    assert!(server.seen().iter().all(|seen| seen.path == "/v1.0/$batch" && seen.method == "POST"));
}

#[tokio::test]
async fn calls_are_written_as_batches_want_them() {
    let server = Server::start(|_, seen| each(seen, well)).await;
    let way = server.transport();
    let link = format!("{}/v1.0/users?$skiptoken=a%20b", server.address);
    let all = vec![
        Call::graph(Method::Get, link).eventual(),
        invite(),
        Call::graph(Method::Post, "/v1.0/users/u/revokeSignInSessions"),
        Call::graph(Method::Get, "/beta/policies/x"),
    ];
    assert!(way.batch(all).await.iter().all(Result::is_ok));
    let seen = server.seen();
    let of = |version: &str| {
        let batch = seen.iter().find(|seen| seen.path == format!("/{version}/$batch")).unwrap();
        calls(batch)
    };
    let calls = of("v1.0");
    assert_eq!(calls[0]["url"], "/users?$skiptoken=a%20b&$count=true");
    assert_eq!(calls[0]["headers"]["ConsistencyLevel"], "eventual");
    assert_eq!(calls[1]["headers"]["Content-Type"], "application/json");
    assert_eq!(calls[1]["body"]["invitedUserEmailAddress"], "a@b.example");
    assert_eq!(
        (&calls[2]["body"], &calls[2]["headers"]["Content-Type"]),
        (&object!({}), &object!("application/json"))
    );
    assert_eq!(of("beta")[0]["url"], "/policies/x");
}

#[tokio::test]
async fn what_is_throttled_is_sent_again_alone_after_its_time() {
    let server = Server::start(|n, seen| {
        each(seen, |call| match (n, call["id"].as_str()) {
            (0, Some("1")) => object!({ "status": 429, "headers": { "Retry-After": "10" },
                "body": { "error": { "code": "TooManyRequests", "message": "later" } } }),
            _ => well(call),
        })
    })
    .await;
    let way = server.transport();
    let replies = way.batch(vec![read(0), invite(), read(2)]).await;
    assert_eq!(replies.iter().map(|reply| reply.as_ref().unwrap().attempts).collect::<Vec<_>>(), [1, 2, 1]);
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(calls(&seen[1]).len(), 1);
    assert_eq!(calls(&seen[1])[0]["url"], "/invitations");
    assert!(way.waited() >= Duration::from_secs(9), "{:?}", way.waited());
}

#[tokio::test]
async fn each_call_is_judged_as_if_it_had_come_alone() {
    let server = Server::start(|n, seen| {
        each(seen, |call| match (n, call["url"].as_str().unwrap()) {
            (0, "/users/u0?$select=id,mail") => object!({ "status": 503 }),
            (_, "/invitations") => object!({ "status": 504, "headers": { "request-id": "gate" } }),
            (_, "/users/u2?$select=id,mail") => {
                object!({ "status": 404, "body": { "error": { "code": "Request_ResourceNotFound", "message": "no" } } })
            }
            (_, "/users/u3?$select=id,mail") => {
                object!({ "status": 424, "body": { "error": { "code": "FailedDependency", "message": "no" } } })
            }
            _ => well(call),
        })
    })
    .await;
    let replies = server.transport().batch(vec![read(0), invite(), read(2), read(3)]).await;
    assert_eq!(replies[0].as_ref().unwrap().attempts, 2, "a read is repeated");
    let Err(Failure::Unknown { status: Some(504), path, request_id, .. }) = &replies[1] else {
        panic!("{:?}", replies[1])
    };
    assert_eq!((path.as_str(), request_id.as_deref()), ("/v1.0/invitations", Some("gate")));
    let status = |n: usize| match &replies[n] {
        Err(Failure::Answered(error)) => (error.status, error.code.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(2), (404, "Request_ResourceNotFound".to_owned()));
    assert_eq!(status(3), (424, "FailedDependency".to_owned()));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_batch_that_is_lost_leaves_its_writes_open_and_repeats_its_reads() {
    for answer in [|| Answer::HangUp, || text(504, "")] {
        let server = Server::start(move |n, seen| if n == 0 { answer() } else { each(seen, well) }).await;
        let replies = server.transport().batch(vec![read(0), invite()]).await;
        assert_eq!(replies[0].as_ref().unwrap().attempts, 2);
        assert!(matches!(replies[1], Err(Failure::Unknown { .. })), "{:?}", replies[1]);
        assert_eq!(calls(&server.seen()[1]).len(), 1);
    }
}

#[tokio::test]
async fn a_call_that_the_answer_leaves_out_is_not_taken_for_done() {
    let server = Server::start(|_, _| json(200, object!({ "responses": [] }))).await;
    let replies = server.transport().batch(vec![read(0), invite()]).await;
    assert!(matches!(replies[0], Err(Failure::Malformed { .. })), "{:?}", replies[0]);
    assert!(matches!(replies[1], Err(Failure::Unknown { .. })), "{:?}", replies[1]);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_a_refused_batch_is_everybodys() {
    let server = Server::start(|n, seen| if n == 0 { text(401, "") } else { each(seen, well) }).await;
    assert!(server.transport().batch(vec![read(0), read(1)]).await.iter().all(Result::is_ok));
    assert_eq!((server.seen().len(), server.sign_ins()), (2, 2));
    let server =
        Server::start(|_, _| json(400, object!({ "error": { "code": "BadRequest", "message": "no" } })))
            .await;
    for result in server.transport().batch(vec![read(0), invite()]).await {
        let Err(Failure::Answered(error)) = result else { panic!("{result:?}") };
        assert_eq!((error.status, error.code.as_str()), (400, "BadRequest"));
    }
}

#[tokio::test]
async fn what_cannot_stand_in_a_batch_goes_by_itself() {
    let server = Server::start(|_, seen| match seen.path.ends_with("/$batch") {
        true => each(seen, well),
        false => json(200, object!({ "value": [] })),
    })
    .await;
    let cmdlet = Call::exchange("t", "Get-MailContact", object!({}), true);
    let foreign = Call::graph(Method::Get, "https://elsewhere.example/v1.0/users");
    let replies = server.transport().batch(vec![cmdlet, foreign, read(0)]).await;
    assert!(replies[0].is_ok() && replies[2].is_ok());
    assert!(matches!(replies[1], Err(Failure::Malformed { .. })), "{:?}", replies[1]);
    assert_eq!(server.seen().len(), 2);
    assert!(server.transport().batch(Vec::new()).await.is_empty());
}

#[tokio::test]
async fn a_cancelled_batch_leaves_reads_undone_and_writes_open() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let cancel = Cancel::new();
    let way = server.transport().stopped_by(&cancel);
    let stop = async {
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (replies, ()) = tokio::join!(way.batch(vec![read(0), invite()]), stop);
    assert!(matches!(replies[0], Err(Failure::Cancelled)), "{:?}", replies[0]);
    assert!(matches!(replies[1], Err(Failure::Unknown { .. })), "{:?}", replies[1]);
}
