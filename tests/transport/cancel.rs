//! Ctrl-C: waits and reads end at once, a write under way gets a moment.

use std::time::{Duration, Instant};

use serde_json::json as object;
use usher::transport::{Call, Cancel, Failure, Method, Patience, Reply, Time, Transport};

use crate::server::{Answer, Server, json, text};

fn invite() -> Call {
    Call::graph(Method::Post, "/v1.0/invitations").body(object!({}))
}

/// Does the call, and cancels it as soon as the server has seen it.
async fn cancelled(server: &Server, way: Transport, call: Call) -> Result<Reply, Failure> {
    let cancel = Cancel::new();
    let way = way.stopped_by(&cancel);
    let stop = async {
        while server.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(way.call(call), stop);
    result
}

#[tokio::test]
async fn a_call_after_it_is_not_sent() {
    let server = Server::start(|_, _| text(200, "")).await;
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(cancel.is_cancelled());
    let result = server.transport().stopped_by(&cancel).call(invite()).await;
    assert!(matches!(result, Err(Failure::Cancelled)));
    assert_eq!((server.seen().len(), server.sign_ins()), (0, 0));
}

#[tokio::test]
async fn a_wait_ends_at_once() {
    let server = Server::start(|_, _| text(429, "").with("retry-after", "600")).await;
    let started = Instant::now();
    let result = cancelled(&server, server.transport().with_time(Time::real()), invite()).await;
    assert!(matches!(result, Err(Failure::Cancelled)), "{result:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_read_under_way_ends_at_once() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let way = server.transport().with_time(Time::real());
    let result = cancelled(&server, way, Call::graph(Method::Get, "/v1.0/users")).await;
    assert!(matches!(result, Err(Failure::Cancelled)), "{result:?}");
}

#[tokio::test]
async fn a_write_under_way_may_come_to_its_end() {
    let server = Server::start(|_, _| Answer::Late(Box::new(json(201, object!({ "id": "done" }))))).await;
    let result = cancelled(&server, server.transport().with_time(Time::real()), invite()).await;
    assert_eq!(result.unwrap().body["id"], "done");
}

#[tokio::test]
async fn a_write_that_is_not_answered_in_its_grace_is_unknown() {
    let server = Server::start(|_, _| Answer::Silence).await;
    let patience = Patience { grace: Duration::from_secs(10), ..Patience::default() };
    let result = cancelled(&server, server.transport().with_patience(patience), invite()).await;
    let Err(Failure::Unknown { client_request_id, .. }) = result else { panic!("{result:?}") };
    assert_eq!(client_request_id, server.seen()[0].headers["client-request-id"]);
}

#[tokio::test]
async fn a_write_turned_away_during_its_grace_was_not_carried_out() {
    let server = Server::start(|_, _| Answer::Late(Box::new(text(429, "")))).await;
    let result = cancelled(&server, server.transport().with_time(Time::real()), invite()).await;
    assert!(matches!(result, Err(Failure::Cancelled)), "{result:?}");
}

#[tokio::test]
async fn a_call_given_up_while_it_is_held_back_leaves_its_turn_to_others() {
    let server = Server::start(|n, _| match n {
        0..16 => text(429, "").with("retry-after", "20"),
        _ => json(200, object!({})),
    })
    .await;
    let way = server.transport().with_patience(Patience { throttled_tries: 1, ..Patience::default() });
    let read = || Call::graph(Method::Get, "/v1.0/users");
    let cancel = Cancel::new();
    let given_up = way.stopped_by(&cancel);
    let first = futures::future::join_all((0..16).map(|_| way.call(read())));
    let middle = futures::future::join_all((0..16).map(|_| given_up.call(read())));
    let last = futures::future::join_all((0..16).map(|_| way.call(read())));
    let stop = async {
        while server.seen().len() < 16 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        cancel.cancel();
    };
    let all = async { tokio::join!(first, middle, last, stop) };
    let (_, _, last, ()) = tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
    for reply in last {
        reply.unwrap();
    }
}
