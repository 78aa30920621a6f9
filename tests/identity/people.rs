//! People: by browser and by code, and what becomes of a sign-in later.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use usher::identity::{Credentials, Error, Fresh, Method, Nobody, Pause, Service, TokenStore, claims};
use usher::transport::{Call, Failure, Method as Verb, Transport};

use crate::sandbox_support::Sandbox;
use crate::somebody::{Does, OLA, Somebody, credentials, door, profile};

async fn fault(sandbox: &Sandbox, fault: serde_json::Value) {
    sandbox.post("/sandbox/faults", json!({ "faults": [fault] })).await.expect(200);
}

#[track_caller]
fn refused(result: Result<usher::identity::Token, Error>) -> (Option<u32>, String, Option<String>) {
    match result {
        Err(error @ Error::Refused(_)) => {
            let hint = error.hint();
            let Error::Refused(refusal) = error else { unreachable!() };
            (refusal.number, refusal.error, hint)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_sign_in_in_a_browser_serves_the_three_services() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let somebody = Somebody::who(&sandbox, Does::Accept);
    let profile = profile(&sandbox, Method::Browser);
    let signed_in = credentials(&profile, home.path(), somebody.clone());
    let token = signed_in.sign_in(Fresh::default()).await.unwrap();
    assert_eq!(claims(&token).unwrap().user(), Some(OLA));
    let address = somebody.addresses.lock().unwrap()[0].clone();
    for part in ["code_challenge_method=S256", "state=", "prompt=select_account", "offline_access"] {
        assert!(address.contains(part), "{part} is not in {address}");
    }
    // The next command asks nobody.
    let later = credentials(&profile, home.path(), Arc::new(Nobody));
    for (service, audience) in [
        (Service::Graph, "https://graph.microsoft.com"),
        (Service::Exchange, "https://outlook.office365.com"),
        (Service::Azure, "https://management.azure.com"),
    ] {
        let held = claims(&later.token(service).await.unwrap()).unwrap();
        assert_eq!((held.audience.trim_end_matches('/'), held.user()), (audience, Some(OLA)));
    }
    assert_eq!(somebody.addresses.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn exactly_the_permissions_that_were_asked_for_are_asked_for() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let somebody = Somebody::who(&sandbox, Does::Accept);
    let profile = profile(&sandbox, Method::Browser);
    let narrow = credentials(&profile, home.path(), somebody.clone());
    let permissions = [(Service::Graph.name(), vec!["User.Read.All".to_owned()])].into();
    let token = narrow.sign_in(Fresh { permissions, ..Fresh::default() }).await.unwrap();
    let held = claims(&token).unwrap();
    assert!(held.missing(&["User.Read.All"]).is_empty());
    assert_eq!(held.missing(&["User.Invite.All"]), ["User.Invite.All"]);
    // What is made later is no wider.
    let later = credentials(&profile, home.path(), Arc::new(Nobody));
    let renewed = later.renewed(Service::Graph, &token, None).await.unwrap();
    assert_ne!(renewed.reveal(), token.reveal());
    assert_eq!(claims(&renewed).unwrap().missing(&["User.Invite.All"]), ["User.Invite.All"]);
}

#[tokio::test]
async fn whoever_declines_in_the_browser_is_not_signed_in() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let declining = Somebody::who(&sandbox, Does::Decline);
    let declined = credentials(&profile(&sandbox, Method::Browser), home.path(), declining);
    let (number, error, hint) = refused(declined.sign_in(Fresh::default()).await);
    assert_eq!((number, error.as_str()), (Some(65004), "access_denied"));
    assert!(hint.unwrap().contains("declined"));
    assert!(!home.path().join("tokens/contoso.json").exists());
}

#[tokio::test]
async fn a_code_is_asked_for_until_somebody_typed_it() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let somebody = Somebody::who(&sandbox, Does::Accept);
    let signed_in = credentials(&profile(&sandbox, Method::DeviceCode), home.path(), somebody.clone());
    let token = signed_in.sign_in(Fresh::default()).await.unwrap();
    assert_eq!(claims(&token).unwrap().user(), Some(OLA));
    let five = (Duration::from_secs(5), Pause::ForSomebody);
    assert_eq!(*somebody.waits.lock().unwrap(), [five, five]);
}

#[tokio::test]
async fn who_asks_too_often_asks_less_often() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let somebody = Somebody::who(&sandbox, Does::AcceptLate);
    let signed_in = credentials(&profile(&sandbox, Method::DeviceCode), home.path(), somebody.clone());
    signed_in.sign_in(Fresh::default()).await.unwrap();
    let waits: Vec<u64> = somebody.waits.lock().unwrap().iter().map(|(wait, _)| wait.as_secs()).collect();
    assert_eq!(waits, [5, 5, 10, 10]);
}

#[tokio::test]
async fn a_code_that_is_declined_or_never_typed_says_what_to_do() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    for (does, error, words) in [
        (Does::Decline, "authorization_declined", "declined"),
        (Does::Nothing, "expired_token", "not typed in time"),
    ] {
        let person = Somebody::who(&sandbox, does);
        let nobody = credentials(&profile(&sandbox, Method::DeviceCode), home.path(), person);
        let (_, said, hint) = refused(nobody.sign_in(Fresh::default()).await);
        assert_eq!(said, error);
        assert!(hint.as_ref().unwrap().contains(words), "{hint:?}");
    }
}

#[tokio::test]
async fn a_busy_sign_in_service_is_asked_again_when_it_says() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let somebody = Somebody::who(&sandbox, Does::Accept);
    // The page is asked for first, then it is sent; the third request redeems the code.
    fault(&sandbox, json!({ "on": "POST /*/oauth2/v2.0/token", "then": "throttled", "retryAfter": 7 })).await;
    let signed_in = credentials(&profile(&sandbox, Method::Browser), home.path(), somebody.clone());
    signed_in.sign_in(Fresh::default()).await.unwrap();
    assert_eq!(*somebody.waits.lock().unwrap(), [(Duration::from_secs(7), Pause::Busy)]);
}

#[tokio::test]
async fn a_run_asks_nobody_and_says_how_to_sign_in() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    for method in [Method::Browser, Method::DeviceCode] {
        let nobody = credentials(&profile(&sandbox, method), home.path(), Arc::new(Nobody));
        let error = nobody.token(Service::Graph).await.unwrap_err();
        assert_eq!(error.to_string(), "nobody is signed in to `contoso`");
        assert_eq!(error.hint().as_deref(), Some("`usher login --name contoso` signs in"));
    }
}

/// Somebody who signed in, and a later command that asks nobody.
async fn earlier(sandbox: &Sandbox) -> (tempfile::TempDir, Arc<Somebody>, Credentials) {
    let home = tempfile::tempdir().unwrap();
    let somebody = Somebody::who(sandbox, Does::Accept);
    let profile = profile(sandbox, Method::Browser);
    credentials(&profile, home.path(), somebody.clone()).sign_in(Fresh::default()).await.unwrap();
    let later = credentials(&profile, home.path(), Arc::new(Nobody));
    (home, somebody, later)
}

#[tokio::test]
async fn a_sign_in_that_is_no_longer_accepted_is_said_with_the_way_back() {
    let sandbox = Sandbox::new().await;
    let (_home, _, later) = earlier(&sandbox).await;
    fault(&sandbox, json!({ "on": "login", "then": "signInExpired" })).await;
    let error = later.token(Service::Exchange).await.unwrap_err();
    assert!(matches!(error, Error::SignInNeeded { .. }), "{error:?}");
    assert!(error.to_string().contains("no longer accepted") && error.to_string().contains("AADSTS700082"));
    assert_eq!(error.hint().as_deref(), Some("`usher login --name contoso` signs in"));
    // The other service's token is still good.
    later.token(Service::Graph).await.unwrap();
}

#[tokio::test]
async fn what_conditional_access_demands_goes_along_with_the_next_sign_in() {
    let sandbox = Sandbox::new().await;
    let (home, somebody, later) = earlier(&sandbox).await;
    fault(&sandbox, json!({ "on": "login", "then": "strongerSignIn" })).await;
    let error = later.token(Service::Exchange).await.unwrap_err();
    assert!(matches!(error, Error::SignInNeeded { .. }), "{error:?}");
    let again = credentials(&profile(&sandbox, Method::Browser), home.path(), somebody.clone());
    again.sign_in(Fresh::default()).await.unwrap();
    let address = somebody.addresses.lock().unwrap()[1].clone();
    let address = reqwest::Url::parse(&address).unwrap();
    let field = |wanted: &str| {
        address.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    assert!(field("claims").unwrap().contains("capolids"));
    assert_eq!(field("login_hint").as_deref(), Some(OLA));
    later.token(Service::Exchange).await.unwrap();
}

#[tokio::test]
async fn a_block_and_a_missing_consent_stay_what_they_are() {
    let sandbox = Sandbox::new().await;
    let (_home, _, later) = earlier(&sandbox).await;
    for (then, number, words) in
        [("signInBlocked", 53003, "Conditional Access"), ("consentRequired", 65001, "administrator")]
    {
        fault(&sandbox, json!({ "on": "login", "then": then })).await;
        let (said, _, hint) = refused(later.token(Service::Exchange).await);
        assert_eq!(said, Some(number));
        assert!(hint.unwrap().contains(words));
    }
}

#[tokio::test]
async fn a_service_that_the_tenant_lacks_is_told_from_a_sign_in_that_fails() {
    let sandbox = Sandbox::new().await;
    let (_home, _, later) = earlier(&sandbox).await;
    fault(&sandbox, json!({ "on": "login", "then": "notSubscribed" })).await;
    let error = later.token(Service::Exchange).await.unwrap_err();
    assert!(error.lacks_the_service(), "{error:?}");
    assert!(!later.token(Service::Azure).await.is_err_and(|error| error.lacks_the_service()));
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_is_made_anew_by_what_is_kept() {
    let sandbox = Sandbox::new().await;
    let (_home, somebody, later) = earlier(&sandbox).await;
    let profile = profile(&sandbox, Method::Browser);
    let way = Transport::new(door(), later, profile.endpoints());
    fault(&sandbox, json!({ "on": "GET /users", "then": "expiredToken" })).await;
    for _ in 0..3 {
        way.call(Call::graph(Verb::Get, "/v1.0/users").query("$top", "1")).await.unwrap();
    }
    assert_eq!(somebody.addresses.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_challenge_of_graph_asks_a_person_to_sign_in_and_an_app_for_another_token() {
    let sandbox = Sandbox::new().await;
    let (home, somebody, later) = earlier(&sandbox).await;
    let person = profile(&sandbox, Method::Browser);
    let way = Transport::new(door(), later, person.endpoints());
    let call = || Call::graph(Verb::Get, "/v1.0/users").query("$top", "1");
    fault(&sandbox, json!({ "on": "GET /users", "then": "claimsChallenge" })).await;
    let failure = way.call(call()).await.unwrap_err();
    let Failure::SignIn(error @ Error::SignInNeeded { .. }) = failure else { panic!("{failure:?}") };
    assert_eq!(error.to_string(), "Graph asks for a stronger sign-in to `contoso`");
    credentials(&person, home.path(), somebody.clone()).sign_in(Fresh::default()).await.unwrap();
    assert!(somebody.addresses.lock().unwrap()[1].contains("1604106651"));

    let app = Credentials::client_secret(
        &door(),
        &person.endpoints(),
        &sandbox.connection("tenantId"),
        &sandbox.app.0,
        usher::identity::Secret::new(sandbox.app.1.clone()),
    );
    let way = Transport::new(door(), app, person.endpoints());
    fault(&sandbox, json!({ "on": "GET /users", "then": "claimsChallenge" })).await;
    way.call(call()).await.unwrap();
}

#[tokio::test]
async fn a_person_without_a_place_to_keep_it_is_signed_in_for_this_process() {
    let sandbox = Sandbox::new().await;
    let somebody = Somebody::who(&sandbox, Does::Accept);
    let profile = profile(&sandbox, Method::Browser);
    let signed_in = Credentials::of(&door(), &profile, TokenStore::none(), somebody).unwrap();
    signed_in.sign_in(Fresh::default()).await.unwrap();
    for service in Service::ALL {
        signed_in.token(service).await.unwrap();
    }
}
