//! Lists in pages, as each service gives them.

use serde_json::{Value, json as object};
use usher::transport::{Call, Failure, Malformed, Method};

use crate::server::{Seen, Server, json};

fn link(seen: &Seen, rest: &str) -> String {
    format!("http://{}{rest}", seen.headers["host"])
}

#[tokio::test]
async fn graph_pages_are_followed_with_the_same_headers() {
    let server = Server::start(|n, seen| match n {
        0 => json(200, object!({ "@odata.count": 3, "value": [1, 2], "@odata.nextLink": link(seen, "/v1.0/users?$skiptoken=a%20b") })),
        _ => json(200, object!({ "value": [3] })),
    })
    .await;
    let items =
        server.transport().pages(Call::graph(Method::Get, "/v1.0/users").eventual(), None).await.unwrap();
    assert_eq!(items, [1, 2, 3]);
    let seen = server.seen();
    assert_eq!(seen[1].path, "/v1.0/users?$skiptoken=a%20b", "as it was given");
    assert_eq!(seen[1].headers["consistencylevel"], "eventual");
}

#[tokio::test]
async fn azure_pages_are_followed_over_an_empty_one() {
    let server = Server::start(|n, seen| match n {
        0 | 1 => json(200, object!({ "value": [], "nextLink": link(seen, &format!("/subscriptions?api-version=1&$skiptoken={n}")) })),
        _ => json(200, object!({ "value": [object!({ "id": "s" })], "nextLink": null })),
    })
    .await;
    let items =
        server.transport().pages(Call::azure(Method::Get, "/subscriptions", "1"), None).await.unwrap();
    assert_eq!((items.len(), server.seen().len()), (1, 3));
}

#[tokio::test]
async fn exchange_pages_want_the_same_body_posted_again() {
    let server = Server::start(|n, seen| match n {
        0 => json(200, object!({ "value": ["a"], "@odata.nextLink": link(seen, "/adminapi/beta/t/InvokeCommand?skip=1"), "@adminapi.warnings": ["w"] })),
        _ => json(200, object!({ "value": ["b"] })),
    })
    .await;
    let way = server.transport();
    let call = Call::exchange("t", "Get-MailContact", object!({}), true);
    let first = way.page(&call).await.unwrap();
    assert_eq!(first.rest["@adminapi.warnings"], object!(["w"]));
    way.page(&first.next.unwrap()).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[1].method.as_str(), &seen[1].body), ("POST", &seen[0].body));
    assert_eq!(seen[1].headers["x-anchormailbox"], seen[0].headers["x-anchormailbox"]);
}

#[tokio::test]
async fn no_more_pages_are_fetched_than_asked_for() {
    let server = Server::start(|n, seen| {
        json(
            200,
            object!({ "value": [n, n, n], "@odata.nextLink": link(seen, &format!("/v1.0/users?p={n}")) }),
        )
    })
    .await;
    let items = server.transport().pages(Call::graph(Method::Get, "/v1.0/users"), Some(4)).await.unwrap();
    assert_eq!((items.len(), server.seen().len()), (4, 2));
}

#[tokio::test]
async fn a_next_link_to_another_address_gets_no_token() {
    let thief = Server::start(|_, _| json(200, object!({ "value": [] }))).await;
    let there = format!("{}/v1.0/users?p=2", thief.address);
    let server =
        Server::start(move |_, _| json(200, object!({ "value": [1], "@odata.nextLink": there }))).await;
    let failure = server.transport().pages(Call::graph(Method::Get, "/v1.0/users"), None).await.unwrap_err();
    let Failure::Malformed { what: Malformed::ForeignAddress { origin }, .. } = &failure else {
        panic!("{failure:?}")
    };
    assert_eq!(origin, &thief.address);
    assert_eq!(thief.seen().len(), 0);
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_are_noticed() {
    let server = Server::start(|n, seen| {
        json(
            200,
            object!({ "value": [n], "@odata.nextLink": link(seen, &format!("/v1.0/users?p={}", n % 2)) }),
        )
    })
    .await;
    let failure = server.transport().pages(Call::graph(Method::Get, "/v1.0/users"), None).await.unwrap_err();
    assert!(matches!(failure, Failure::Malformed { what: Malformed::Loop, .. }), "{failure:?}");
    assert!(server.seen().len() <= 3);
}

#[tokio::test]
async fn what_is_no_page_is_malformed() {
    for body in [object!({ "value": 7 }), object!([]), Value::Null] {
        let server = Server::start(move |_, _| json(200, body.clone())).await;
        let failure = server.transport().pages(Call::graph(Method::Get, "/v1.0/me"), None).await.unwrap_err();
        assert!(matches!(failure, Failure::Malformed { what: Malformed::NoItems, .. }), "{failure:?}");
    }
}
