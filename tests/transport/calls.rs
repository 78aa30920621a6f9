//! One call: what is repeated, what is not, and what is said when it fails.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json as object};
use usher::identity::Service;
use usher::transport::{Call, Failure, Malformed, Method, Reason, ServiceError, Transport, Workload};

use crate::server::{Answer, Server, json, text};

fn invite() -> Call {
    Call::graph(Method::Post, "/v1.0/invitations").body(object!({ "invitedUserEmailAddress": "a@b.example" }))
}

fn read() -> Call {
    Call::graph(Method::Get, "/v1.0/users")
}

fn set_user() -> Call {
    Call::graph(Method::Patch, "/v1.0/users/u").body(object!({ "department": "Sales" })).repeatable()
}

fn answered(result: Result<usher::transport::Reply, Failure>) -> ServiceError {
    match result {
        Err(Failure::Answered(error)) => *error,
        other => panic!("{other:?}"),
    }
}

async fn once(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |n, _| if n == 0 { answer() } else { json(200, object!({ "id": "x" })) }).await
}

#[tokio::test]
async fn a_throttled_write_is_sent_again_after_the_time_it_was_told() {
    let server = once(|| json(429, object!({})).with("retry-after", "10")).await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let noted = waits.clone();
    let way = server.transport().watched_by(move |waiting| noted.lock().unwrap().push(waiting));
    let reply = way.call(invite()).await.unwrap();
    assert_eq!((reply.status, reply.attempts, reply.request_id.as_deref()), (200, 2, Some("served")));

    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body, seen[1].body);
    assert_ne!(seen[0].headers["client-request-id"], seen[1].headers["client-request-id"]);
    assert_eq!(seen[1].headers["client-request-id"], reply.client_request_id);
    assert_eq!(
        (seen[0].headers.get("retry-attempt"), seen[1].headers["retry-attempt"].as_str()),
        (None, "1")
    );
    let waits = waits.lock().unwrap();
    assert_eq!((waits[0].service, waits[0].reason), (Service::Graph, Reason::Throttled));
    // Time runs a thousand times as fast: some of it has passed before the wait begins.
    assert!(waits[0].duration >= Duration::from_secs(9), "{:?}", waits[0]);
    assert!(way.waited() >= Duration::from_secs(9), "{:?}", way.waited());
}

#[tokio::test]
async fn throttling_without_a_time_is_backed_off_from_and_gives_up_in_the_end() {
    let server = Server::start(|_, _| {
        json(429, object!({ "error": { "code": "TooManyRequests", "message": "later" } }))
    })
    .await;
    let error = answered(server.transport().call(invite()).await);
    assert_eq!((error.status, error.code.as_str(), error.method), (429, "TooManyRequests", "POST"));
    assert_eq!(server.seen().len(), 10);
}

#[tokio::test]
async fn a_wait_longer_than_anyones_patience_is_not_begun() {
    let server = Server::start(|_, _| text(429, "").with("retry-after", "7200")).await;
    let error = answered(server.transport().call(read()).await);
    assert_eq!((error.retry_after, server.seen().len()), (Some(Duration::from_secs(7200)), 1));
}

#[tokio::test]
async fn a_throttled_call_holds_the_others_of_its_service_back() {
    let server = once(|| text(429, "").with("retry-after", "50")).await;
    let waits = Arc::new(Mutex::new(Vec::new()));
    let noted = waits.clone();
    let way = server.transport().watched_by(move |waiting| noted.lock().unwrap().push(waiting.reason));
    let width = way.pace().width(Workload::Reads);
    let later = async {
        while server.seen().is_empty() || way.pace().width(Workload::Reads) == width {
            tokio::task::yield_now().await;
        }
        way.call(read()).await
    };
    let (first, later) = tokio::join!(way.call(read()), later);
    assert_eq!((first.unwrap().status, later.unwrap().status), (200, 200));
    // One of the two stands first in line and is seen to wait; the other waits for it.
    let waits = waits.lock().unwrap();
    assert!(waits.iter().all(|reason| matches!(reason, Reason::Held | Reason::Throttled)), "{waits:?}");
    assert!(way.waited() >= Duration::from_secs(45), "{:?}", way.waited());
    assert_eq!(way.pace().width(Workload::Reads), width / 2);
    assert_eq!(way.pace().width(Workload::AzureReads), width);
}

#[tokio::test]
async fn a_write_turned_away_for_a_while_is_sent_again() {
    let server = once(|| text(503, "").with("retry-after", "0.5")).await;
    server.transport().call(invite()).await.unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_write_after_which_a_gateway_gave_up_is_unknown_and_not_sent_again() {
    for status in [502, 503, 504] {
        let server = once(move || text(status, "<html>").with("x-ms-request-id", "gate")).await;
        let failure = server.transport().call(invite()).await.unwrap_err();
        let Failure::Unknown { status: said, request_id, client_request_id, path, .. } = failure else {
            panic!("{failure:?}")
        };
        assert_eq!(
            (said, request_id.as_deref(), path.as_str()),
            (Some(status), Some("gate"), "/v1.0/invitations")
        );
        assert_eq!(client_request_id, server.seen()[0].headers["client-request-id"]);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_unknown_and_not_sent_again() {
    for answer in [|| Answer::HangUp, || Answer::CutShort(201)] {
        let server = once(answer).await;
        assert!(matches!(server.transport().call(invite()).await, Err(Failure::Unknown { .. })));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_read_and_a_repeatable_write_are_sent_again_after_the_same() {
    for call in [read(), set_user(), Call::exchange("t", "Get-MailContact", object!({}), true)] {
        for answer in [|| text(504, ""), || text(503, ""), || Answer::HangUp, || Answer::CutShort(200)] {
            let server = once(answer).await;
            server.transport().call(call.clone()).await.unwrap();
            assert_eq!(server.seen().len(), 2);
        }
    }
}

#[tokio::test]
async fn a_read_that_never_gets_through_says_what_came_last() {
    let server = Server::start(|_, _| text(504, "")).await;
    assert_eq!(answered(server.transport().call(read()).await).status, 504);
    assert_eq!(server.seen().len(), 5);
    let server = Server::start(|_, _| Answer::HangUp).await;
    assert!(matches!(server.transport().call(read()).await, Err(Failure::NoAnswer { .. })));
}

#[tokio::test]
async fn a_repeatable_write_in_doubt_stays_unknown_until_it_is_answered() {
    let server = Server::start(|n, _| if n == 0 { Answer::HangUp } else { text(429, "") }).await;
    assert!(matches!(server.transport().call(set_user()).await, Err(Failure::Unknown { .. })));
    let server = Server::start(|_, _| Answer::HangUp).await;
    assert!(matches!(server.transport().call(set_user()).await, Err(Failure::Unknown { .. })));
    let server = Server::start(|n, _| if n == 0 { Answer::HangUp } else { text(404, "") }).await;
    assert_eq!(answered(server.transport().call(set_user()).await).status, 404);
}

#[tokio::test]
async fn a_write_that_found_nobody_listening_was_not_sent() {
    let server = Server::start(|_, _| text(200, "")).await;
    let way = server.transport();
    way.credentials().token(Service::Graph).await.unwrap();
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut endpoints = way.endpoints().clone();
    endpoints.graph = format!("http://{gone}");
    let door = usher::net::Door::new(usher::net::Guard::LoopbackOnly, None).unwrap();
    let way = Transport::new(door, way.credentials().clone(), endpoints)
        .with_time(usher::transport::Time::faster(1000));
    let failure = way.call(invite()).await.unwrap_err();
    assert!(matches!(failure, Failure::NotSent { method: "POST", .. }), "{failure:?}");
    assert!(way.waited() > Duration::ZERO, "it was tried again");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = once(|| text(401, "")).await;
    let way = server.transport();
    way.call(invite()).await.unwrap();
    let seen = server.seen();
    assert_ne!(seen[0].headers["authorization"], seen[1].headers["authorization"]);
    let server = Server::start(|_, _| text(401, "")).await;
    assert_eq!(answered(server.transport().call(invite()).await).status, 401);
    assert_eq!((server.seen().len(), server.sign_ins()), (2, 2));
}

#[tokio::test]
async fn exchange_throttles_in_plain_text_with_any_status() {
    let said =
        "You have reached the maximum number of concurrent requests per tenant. Please wait and try again";
    for status in [400, 500, 503] {
        let server = once(move || text(status, said)).await;
        let call = Call::exchange("t", "New-MailContact", object!({ "Name": "x" }), false);
        server.transport().call(call).await.unwrap();
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_cmdlet_carries_its_anchor_page_size_and_connection() {
    let server = Server::start(|_, _| json(200, object!({ "value": [] }))).await;
    let way = server.transport();
    for _ in 0..2 {
        let call = Call::exchange("t", "New-MailContact", object!({ "Name": "x" }), false);
        way.call(call).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen[0].path, "/adminapi/beta/t/InvokeCommand");
    assert_eq!(
        serde_json::from_str::<Value>(&seen[0].body).unwrap(),
        object!({ "CmdletInput": { "CmdletName": "New-MailContact", "Parameters": { "Name": "x" } } })
    );
    assert_eq!(
        seen[0].headers["x-anchormailbox"],
        "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@t"
    );
    assert_eq!(seen[0].headers["prefer"], "odata.maxpagesize=1000");
    assert_eq!(seen[0].headers["connection-id"], seen[1].headers["connection-id"]);
}

#[tokio::test]
async fn a_cmdlet_nobody_may_run_is_refused_with_a_blank_body() {
    let server = Server::start(|_, _| text(403, &"\0".repeat(40)).with("content-encoding", "gzip")).await;
    let error = answered(server.transport().call(Call::exchange("t", "New-Thing", object!({}), false)).await);
    assert!(error.cmdlet_refused);
    assert_eq!(error.cmdlet.as_deref(), Some("New-Thing"));
}

#[tokio::test]
async fn an_error_of_graph_and_one_of_azure_keep_their_facts() {
    let server = Server::start(|n, _| match n {
        0 => json(
            400,
            object!({ "error": { "code": "Request_BadRequest", "message": "bad", "target": "mail",
            "details": [{ "code": "x", "message": "why", "target": "mail" }],
            "innerError": { "request-id": "inner", "client-request-id": "c" } } }),
        ),
        _ => text(
            409,
            r#"{"error":{"code":"RoleAssignmentExists","message":"The role assignment already exists."}}"#,
        )
        .with("x-ms-request-id", "arm-1"),
    })
    .await;
    let way = server.transport();
    let error = answered(way.call(invite()).await);
    assert_eq!((error.code.as_str(), error.target.as_deref()), ("Request_BadRequest", Some("mail")));
    assert_eq!(error.details[0].message, "why");
    assert_eq!(error.request_id.as_deref(), Some("served"), "the header's is the outer one");
    let put = Call::azure(
        Method::Put,
        "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/g",
        "2022-04-01",
    );
    let error = answered(way.call(put.body(object!({}))).await);
    assert_eq!((error.status, error.code.as_str()), (409, "RoleAssignmentExists"));
    assert_eq!((error.request_id.as_deref(), error.service), (Some("arm-1"), Some(Service::Azure)));
    assert!(server.seen()[1].path.ends_with("?api-version=2022-04-01"));
}

#[tokio::test]
async fn empty_and_plain_answers_are_read() {
    let server = Server::start(|n, _| match n {
        0 => Answer::Whole { status: 204, headers: vec![], body: vec![] },
        1 => text(200, "\u{feff}42"),
        2 => text(200, "ready"),
        _ => json(200, object!({})).with("x", "y"),
    })
    .await;
    let way = server.transport();
    assert_eq!(way.call(read()).await.unwrap().body, Value::Null);
    assert_eq!(way.call(read().eventual()).await.unwrap().body, 42);
    assert_eq!(way.call(read()).await.unwrap().body, "ready");
    let seen = server.seen();
    assert_eq!(
        (seen[1].path.as_str(), seen[1].headers["consistencylevel"].as_str()),
        ("/v1.0/users?$count=true", "eventual")
    );
}

#[tokio::test]
async fn an_answer_that_only_claims_to_be_json_is_malformed() {
    let broken = || Answer::Whole {
        status: 201,
        headers: vec![("content-type", "application/json".into())],
        body: b"{".to_vec(),
    };
    let server = Server::start(move |_, _| broken()).await;
    let failure = server.transport().call(invite()).await.unwrap_err();
    assert!(
        matches!(failure, Failure::Malformed { status: Some(201), what: Malformed::NotJson, .. }),
        "{failure:?}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_caller_cannot_set_the_token_or_the_host() {
    let server = Server::start(|_, _| text(200, "")).await;
    for name in ["Authorization", "host"] {
        let failure = server.transport().call(read().header(name, "x")).await.unwrap_err();
        assert!(matches!(failure, Failure::Malformed { what: Malformed::BadHeader { .. }, .. }));
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_the_pace_allows() {
    let server = Server::start(|_, _| json(200, object!({}))).await;
    let way = server.transport();
    let calls = (0..500).map(|_| way.call(read()));
    for reply in futures::future::join_all(calls).await {
        reply.unwrap();
    }
    assert_eq!(server.seen().len(), 500);
    let width = way.pace().width(Workload::Reads);
    assert!(width > 16 && width <= 64, "{width}");
}
