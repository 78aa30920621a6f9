//! Credentials, tokens, and the way into a sandbox.

use serde_json::json as object;
use usher::identity::{Error, SandboxConnection, Service, claims};
use usher::net::{Door, Guard};
use usher::transport::{Call, Failure, Method};

use crate::server::{SECRET, Server, TENANT, json, text, token};

fn door() -> Door {
    Door::new(Guard::LoopbackOnly, None).unwrap()
}

#[tokio::test]
async fn sixty_four_rows_ask_for_one_token_per_service() {
    let server = Server::start(|_, _| text(200, "")).await;
    let credentials = server.credentials(&door());
    let rows = (0..64).flat_map(|_| Service::ALL).map(|service| credentials.token(service));
    for token in futures::future::join_all(rows).await {
        token.unwrap();
    }
    assert_eq!(server.sign_ins(), 3);
}

#[tokio::test]
async fn a_token_that_ends_is_made_anew() {
    let server = Server::start_with_sign_in(
        |_, _| text(200, ""),
        |n, _| {
            let mut answer = token(n);
            answer["expires_in"] = 0.into();
            json(200, answer)
        },
    )
    .await;
    let credentials = server.credentials(&door());
    for _ in 0..2 {
        credentials.token(Service::Graph).await.unwrap();
    }
    assert_eq!(server.sign_ins(), 2);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all_who_held_it() {
    let server = Server::start(|_, _| text(200, "")).await;
    let credentials = server.credentials(&door());
    let refused = credentials.token(Service::Graph).await.unwrap();
    let rows = (0..64).map(|_| credentials.renewed(Service::Graph, &refused, None));
    for token in futures::future::join_all(rows).await {
        assert_ne!(token.unwrap().reveal(), refused.reveal());
    }
    assert_eq!(server.sign_ins(), 2);
}

#[tokio::test]
async fn a_wrong_secret_fails_all_who_wait_at_once_and_says_what_helps() {
    let refuse = |_: usize, _: &_| {
        json(
            401,
            object!({ "error": "invalid_client", "error_codes": [7000215], "correlation_id": "c-1",
            "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: x" }),
        )
    };
    let server = Server::start_with_sign_in(|_, _| text(200, ""), refuse).await;
    let way = server.transport();
    let rows = (0..16).map(|_| way.call(Call::graph(Method::Get, "/v1.0/users")));
    for failure in futures::future::join_all(rows).await {
        let Err(Failure::SignIn(Error::Refused(refusal))) = &failure else { panic!("{failure:?}") };
        assert_eq!(refusal.number, Some(7000215));
        assert_eq!(refusal.description, "AADSTS7000215: Invalid client secret provided.");
        assert_eq!(refusal.correlation_id.as_deref(), Some("c-1"));
        assert!(refusal.hint.unwrap().contains("secret is wrong"));
        assert!(!format!("{failure:?}").contains(SECRET));
    }
    assert_eq!(server.sign_ins(), 1);
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_sign_in_service_that_is_busy_is_asked_again() {
    let server = Server::start_with_sign_in(
        |_, _| json(200, object!({})),
        |n, _| if n == 0 { text(503, "busy") } else { json(200, token(n)) },
    )
    .await;
    server.transport().call(Call::graph(Method::Get, "/v1.0/me")).await.unwrap();
    assert_eq!(server.sign_ins(), 2);
}

#[tokio::test]
async fn an_impossible_tenant_is_refused_without_asking() {
    let server = Server::start(|_, _| text(200, "")).await;
    let credentials = usher::identity::Credentials::client_secret(
        &door(),
        &usher::identity::Endpoints::sandbox(&server.address),
        "con/toso",
        "app",
        usher::identity::Secret::new(SECRET),
    );
    assert!(matches!(credentials.token(Service::Graph).await, Err(Error::Invalid { .. })));
    assert_eq!(server.sign_ins(), 0);
}

#[tokio::test]
async fn a_token_says_who_bears_it_and_is_never_shown() {
    let server = Server::start(|_, _| text(200, "")).await;
    let credentials = server.credentials(&door());
    let token = credentials.token(Service::Graph).await.unwrap();
    let claims = claims(&token).unwrap();
    assert_eq!(claims.tenant_id.as_deref(), Some(TENANT));
    assert_eq!(claims.app_name.as_deref(), Some("Usher"));
    assert_eq!(claims.roles, ["User.Invite.All"]);
    assert!(claims.is_app_only());
    let shown = format!("{token:?} {credentials:?} {:?}", server.transport());
    assert!(!shown.contains("eyJ") && !shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn a_sandbox_tells_how_to_sign_in() {
    let server = Server::start(|_, seen| {
        assert_eq!(seen.path, "/sandbox/connection");
        json(200, object!({ "http": format!("http://{}/", seen.headers["host"]), "tenantId": TENANT,
            "tenantDomain": "contoso.example", "subscriptionId": "s", "clientId": "c", "clientSecret": SECRET, "more": 1 }))
    })
    .await;
    let connection = SandboxConnection::fetch(&door(), &format!("{}/", server.address)).await.unwrap();
    assert_eq!(connection.endpoints().graph, server.address);
    assert_eq!(connection.client_secret.reveal(), SECRET);
    assert!(!format!("{connection:?}").contains(SECRET));
}

#[tokio::test]
async fn a_sandbox_of_another_machine_is_refused() {
    let anywhere = Door::new(Guard::Anywhere, None).unwrap();
    for address in
        ["https://graph.microsoft.com", "http://10.1.1.1:8080", "nonsense", "http://localhost.example"]
    {
        let refused = SandboxConnection::fetch(&anywhere, address).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{address}");
    }
    let elsewhere = Server::start(|_, _| {
        json(
            200,
            object!({ "http": "https://graph.microsoft.com", "tenant_id": "t", "tenant_domain": "d",
            "subscription_id": "s", "client_id": "c", "client_secret": "x" }),
        )
    })
    .await;
    let refused = SandboxConnection::fetch(&anywhere, &elsewhere.address).await;
    assert!(matches!(refused, Err(Error::Invalid { .. })));
}
