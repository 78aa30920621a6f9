//! Sign-in, as the sandbox does it: every grant and each refusal.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use sandbox_support::people::{
    AZURE_CLI, AZURE_POWERSHELL, GRAPH_TOOLS, as_person, become_client, claims, form, password, person, text,
};
use sandbox_support::{ARM, Answer, GRAPH, Sandbox};
use serde_json::{Value, json};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const HOME: &str = "http://localhost:4321/back";

#[track_caller]
fn refused(answer: Answer, error: &str, code: u32) -> String {
    assert_eq!(
        (answer.body["error"].as_str(), &answer.body["error_codes"][0]),
        (Some(error), &json!(code)),
        "{:#}",
        answer.body
    );
    let text = answer.body["error_description"].as_str().unwrap().to_owned();
    assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
    text
}

/// Without following where it leads.
async fn visit(sandbox: &Sandbox, path: &str, body: Option<String>) -> (u16, String, String) {
    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("{}{path}", sandbox.running.url());
    let request = match body {
        None => browser.get(url),
        Some(body) => {
            browser.post(url).header("content-type", "application/x-www-form-urlencoded").body(body)
        }
    };
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let location = response.headers().get("location");
    let location = location.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (status, location, response.text().await.unwrap())
}

fn field(location: &str, name: &str) -> Option<String> {
    let location = location.replacen('#', "?", 1);
    let found = url::Url::parse(&location).unwrap();
    found.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_connection_tells_of_three_applications() {
    for seed in ["contoso", "tiny"] {
        let sandbox = Sandbox::of(seed, usher::sandbox::Store::Memory).await;
        let clients = sandbox.running.connection()["clients"].clone();
        let names: Vec<&str> =
            clients.as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["administrator", "reader", "inviting"]);
        assert_eq!(clients[0]["clientId"], sandbox.running.connection()["clientId"]);
        assert_eq!(clients[0]["clientSecret"], sandbox.running.connection()["clientSecret"]);
        assert_eq!(clients[2]["roles"], json!(["User.Invite.All"]));
        let again = Sandbox::of(seed, usher::sandbox::Store::Memory).await;
        assert_eq!(clients, again.running.connection()["clients"]);
    }
}

#[tokio::test]
async fn a_reader_reads_and_an_inviter_invites() {
    let mut sandbox = Sandbox::new().await;
    become_client(&mut sandbox, 1).await;
    sandbox.get("/v1.0/users").await.expect(200);
    sandbox.get("/v1.0/subscribedSkus").await.expect(200);
    sandbox.invite("ann@fabrikam.example").await.refused(403, "Authorization_RequestDenied");
    sandbox
        .patch("/v1.0/users/megan.bowen@contoso.example", json!({ "department": "x" }))
        .await
        .refused(403, "Authorization_RequestDenied");
    sandbox.cmdlet("Get-MailContact", json!({})).await.expect(200);
    let contact = json!({ "Name": "A", "ExternalEmailAddress": "a@fabrikam.example" });
    assert_eq!(sandbox.cmdlet("New-MailContact", contact).await.status, 403);
    let groups = format!(
        "/subscriptions/{}/resourcegroups?api-version=2021-04-01",
        sandbox.connection("subscriptionId")
    );
    sandbox.get(&groups).await.expect(200);
    become_client(&mut sandbox, 2).await;
    sandbox.invite("ann@fabrikam.example").await.expect(201);
    sandbox.get("/v1.0/users").await.refused(403, "Authorization_RequestDenied");
    assert_eq!(sandbox.cmdlet("Get-MailContact", json!({})).await.status, 403);
    sandbox.get(&groups).await.refused(403, "AuthorizationFailed");
}

#[tokio::test]
async fn an_application_may_send_its_secret_in_the_header() {
    let sandbox = Sandbox::new().await;
    let url = format!("{}/{}/oauth2/v2.0/token", sandbox.running.url(), sandbox.connection("tenantId"));
    let ask = |secret: &str| {
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", sandbox.app.0)));
        let body = form(&[("grant_type", "client_credentials"), ("scope", GRAPH)]);
        sandbox.http.post(&url).header("authorization", basic).body(body).send()
    };
    assert_eq!(ask(&sandbox.app.1).await.unwrap().status(), 200);
    assert_eq!(ask("nonsense").await.unwrap().status(), 401);
}

#[tokio::test]
async fn tokens_of_applications_and_people_say_who_they_are() {
    let sandbox = Sandbox::new().await;
    let tenant = sandbox.connection("tenantId");
    let app = claims(&json!(sandbox.token(GRAPH).await));
    assert_eq!(app["idtyp"], "app");
    assert_eq!(app["iss"], format!("https://sts.windows.net/{tenant}/"));
    assert_eq!(app["aud"], "https://graph.microsoft.com");
    assert_eq!((&app["appid"], &app["tid"]), (&json!(sandbox.app.0), &json!(tenant)));
    assert!(app["roles"].as_array().unwrap().contains(&json!("User.Invite.All")));
    assert!(app.get("scp").is_none() && app.get("upn").is_none());

    let scope = "https://graph.microsoft.com/User.Read.All openid profile offline_access";
    let answer = password(&sandbox, GRAPH_TOOLS, "ola.nordmann@contoso.example", scope).await.expect(200);
    let token = claims(&answer["access_token"]);
    assert_eq!(token["idtyp"], "user");
    assert_eq!(token["upn"], "ola.nordmann@contoso.example");
    assert_eq!(token["unique_name"], "ola.nordmann@contoso.example");
    assert_eq!(token["name"], "Ola Nordmann");
    assert_eq!(token["app_displayname"], "Microsoft Graph Command Line Tools");
    assert!(token["scp"].as_str().unwrap().split(' ').any(|scope| scope == "User.Read.All"));
    assert!(token["wids"].as_array().unwrap().contains(&json!("62e90394-69f5-4237-9190-012177145e10")));
    assert!(token.get("roles").is_none());
    assert!(answer["scope"].as_str().unwrap().contains("https://graph.microsoft.com/User.Read.All"));
    let id = claims(&answer["id_token"]);
    assert_eq!(id["aud"], GRAPH_TOOLS);
    assert_eq!(id["preferred_username"], "ola.nordmann@contoso.example");
    assert_eq!((&id["oid"], &id["tid"]), (&token["oid"], &json!(tenant)));
    let discovery = sandbox.sign_in_page(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(id["iss"], discovery["issuer"]);
}

fn signed(sandbox: &Sandbox, pem: &str, header: Value, change: impl FnOnce(&mut Value)) -> String {
    let now = jiff::Timestamp::now().as_second();
    let mut payload = json!({
        "aud": format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", sandbox.connection("tenantId")),
        "iss": sandbox.app.0, "sub": sandbox.app.0, "exp": now + 600, "nbf": now, "jti": "one",
    });
    change(&mut payload);
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(&payload));
    let key = RsaKeyPair::from_pkcs8(&part(pem, "PRIVATE KEY")).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    match header["alg"] == "PS256" {
        true => key.sign(&RSA_PSS_SHA256, &random, text.as_bytes(), &mut signature).unwrap(),
        false => key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap(),
    }
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn part(pem: &str, label: &str) -> Vec<u8> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----")).unwrap();
    let (inner, _) = rest.split_once("-----END").unwrap();
    STANDARD.decode(inner.split_whitespace().collect::<String>()).unwrap()
}

#[tokio::test]
async fn an_application_proves_itself_by_its_certificate() {
    let sandbox = Sandbox::new().await;
    let url = format!("{}/sandbox/certificate", sandbox.running.url());
    let pem = sandbox.http.get(url).send().await.unwrap().text().await.unwrap();
    let certificate = part(&pem, "CERTIFICATE");
    let short = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate));
    let long = URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate));
    let ask = async |assertion: String| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", sandbox.app.0.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
            ("scope", GRAPH),
        ];
        sandbox.sign_in(&form(&fields)).await
    };
    let good = |_: &mut Value| {};
    for header in [
        json!({ "alg": "RS256", "typ": "JWT", "x5t": short }),
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": long }),
        json!({ "alg": "PS256", "typ": "JWT", "x5c": [STANDARD.encode(&certificate)] }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": short }),
    ] {
        let token = ask(signed(&sandbox, &pem, header, good)).await.expect(200)["access_token"].clone();
        assert_eq!(claims(&token)["appidacr"], "2");
    }
    let header = || json!({ "alg": "RS256", "x5t": short });
    let unknown = json!({ "alg": "RS256", "x5t": "AAAA" });
    refused(ask(signed(&sandbox, &pem, unknown, good)).await, "invalid_client", 700_027);
    let mut broken = signed(&sandbox, &pem, header(), good);
    broken.truncate(broken.len() - 8);
    refused(ask(format!("{broken}AAAAAAAA")).await, "invalid_client", 700_027);
    let late = signed(&sandbox, &pem, header(), |payload| payload["exp"] = json!(1_000_000));
    refused(ask(late).await, "invalid_client", 700_024);
    let other = signed(&sandbox, &pem, header(), |payload| payload["sub"] = json!(GRAPH_TOOLS));
    refused(ask(other).await, "invalid_client", 700_021);
    let elsewhere = signed(&sandbox, &pem, header(), |payload| payload["aud"] = json!("https://x.example/"));
    refused(ask(elsewhere).await, "invalid_client", 700_023);
    refused(ask("nonsense".to_owned()).await, "invalid_client", 50027);
}

#[tokio::test]
async fn an_application_that_proves_nothing_gets_nothing() {
    let sandbox = Sandbox::new().await;
    let ask = async |client: &str, scope: &str| {
        let fields = [("grant_type", "client_credentials"), ("client_id", client), ("scope", scope)];
        sandbox.sign_in(&form(&fields)).await
    };
    refused(ask(&sandbox.app.0, GRAPH).await, "invalid_client", 7_000_218);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", GRAPH_TOOLS),
        ("client_secret", "x"),
        ("scope", GRAPH),
    ];
    refused(sandbox.sign_in(&form(&fields)).await, "invalid_client", 700_025);
    let with_scope = |scope: &'static str| {
        let (client, secret) = (sandbox.app.0.clone(), sandbox.app.1.clone());
        form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &client),
            ("client_secret", &secret),
            ("scope", scope),
        ])
    };
    refused(
        sandbox.sign_in(&with_scope("https://graph.microsoft.com/User.Read.All")).await,
        "invalid_scope",
        1_002_012,
    );
    refused(
        sandbox.sign_in(&with_scope("https://nothing.example/.default")).await,
        "invalid_resource",
        500_011,
    );
    refused(
        sandbox.sign_in(&form(&[("grant_type", "magic"), ("client_id", GRAPH_TOOLS)])).await,
        "unsupported_grant_type",
        70003,
    );
    refused(sandbox.sign_in(&form(&[("client_id", GRAPH_TOOLS)])).await, "invalid_request", 900_144);
}

async fn begin(sandbox: &Sandbox, client: &str, scope: &str) -> Value {
    let url = format!("{}/organizations/oauth2/v2.0/devicecode", sandbox.running.url());
    let body = form(&[("client_id", client), ("scope", scope)]);
    let reply = sandbox.http.post(url).body(body).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    serde_json::from_str(&reply.text().await.unwrap()).unwrap()
}

async fn poll(sandbox: &Sandbox, client: &str, begun: &Value) -> Answer {
    let code = text(&begun["device_code"]);
    sandbox.sign_in(&form(&[("grant_type", DEVICE), ("client_id", client), ("device_code", &code)])).await
}

#[tokio::test]
async fn a_device_waits_until_somebody_types_its_code() {
    let sandbox = Sandbox::new().await;
    let begun = begin(&sandbox, GRAPH_TOOLS, "User.Read offline_access").await;
    assert_eq!((&begun["interval"], &begun["expires_in"]), (&json!(5), &json!(900)));
    refused(poll(&sandbox, GRAPH_TOOLS, &begun).await, "authorization_pending", 70016);
    refused(poll(&sandbox, GRAPH_TOOLS, &begun).await, "slow_down", 70016);
    let address = text(&begun["verification_uri"]);
    let page = address.strip_prefix(sandbox.running.url()).unwrap().to_owned();
    let (status, _, html) = visit(&sandbox, &page, None).await;
    assert!(status == 200 && html.contains("Enter the code"));
    let (_, _, html) = visit(&sandbox, &page, Some(form(&[("code", "WRONG")]))).await;
    assert!(html.contains("role=\"alert\""));
    let code = text(&begun["user_code"]);
    let (_, _, html) = visit(&sandbox, &page, Some(form(&[("code", &code)]))).await;
    assert!(html.contains("Ola Nordmann") && html.contains("Microsoft Graph Command Line Tools"));
    // Who is blocked cannot approve.
    let blocked = form(&[("code", &code), ("address", "isaiah.langer@northwind.example")]);
    assert!(visit(&sandbox, &page, Some(blocked)).await.2.contains("AADSTS50057"));
    let chosen = form(&[("code", &code), ("address", "megan.bowen@contoso.example")]);
    assert!(visit(&sandbox, &page, Some(chosen)).await.2.contains("You have signed in"));
    let answer = poll(&sandbox, GRAPH_TOOLS, &begun).await.expect(200);
    assert_eq!(claims(&answer["access_token"])["upn"], "megan.bowen@contoso.example");
    assert!(answer["refresh_token"].is_string());
    refused(poll(&sandbox, GRAPH_TOOLS, &begun).await, "bad_verification_code", 70018);
}

#[tokio::test]
async fn a_device_can_be_declined_or_come_too_late() {
    let sandbox = Sandbox::new().await;
    let begun = begin(&sandbox, GRAPH_TOOLS, "User.Read").await;
    let code = text(&begun["user_code"]);
    visit(&sandbox, "/common/oauth2/deviceauth", Some(form(&[("code", &code), ("decline", "1")]))).await;
    refused(poll(&sandbox, GRAPH_TOOLS, &begun).await, "authorization_declined", 65004);
    let begun = begin(&sandbox, GRAPH_TOOLS, "User.Read").await;
    sandbox.post("/sandbox/clock", json!({ "advanceSeconds": 901 })).await.expect(200);
    refused(poll(&sandbox, GRAPH_TOOLS, &begun).await, "expired_token", 70020);
}

#[tokio::test]
async fn a_device_is_approved_from_outside() {
    let sandbox = Sandbox::new().await;
    sandbox.post("/sandbox/approve", json!({})).await.refused(404, "NothingToApprove");
    let begun =
        begin(&sandbox, AZURE_CLI, "https://management.core.windows.net//.default offline_access").await;
    sandbox.post("/sandbox/approve", json!({})).await.expect(200);
    let answer = poll(&sandbox, AZURE_CLI, &begun).await.expect(200);
    let token = claims(&answer["access_token"]);
    assert_eq!(token["aud"], "https://management.core.windows.net/");
    assert_eq!(
        (&token["upn"], &token["scp"]),
        (&json!("ola.nordmann@contoso.example"), &json!("user_impersonation"))
    );
    let token = text(&answer["access_token"]);
    let seen = as_person(&sandbox, &token, "GET", "/subscriptions?api-version=2022-12-01", Value::Null).await;
    assert_eq!(seen.expect(200)["value"][0]["displayName"], "Contoso Production");
    sandbox.post("/sandbox/login", json!({ "approve": "irina.volkova@contoso.example" })).await.expect(200);
    let begun = begin(&sandbox, GRAPH_TOOLS, "User.Read").await;
    let answer = poll(&sandbox, GRAPH_TOOLS, &begun).await.expect(200);
    assert_eq!(claims(&answer["access_token"])["upn"], "irina.volkova@contoso.example");
    sandbox.post("/sandbox/login", json!({ "approve": null })).await.expect(200);
    let begun = begin(&sandbox, GRAPH_TOOLS, "User.Read").await;
    refused(poll(&sandbox, GRAPH_TOOLS, &begun).await, "authorization_pending", 70016);
}

fn authorize(more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("client_id", GRAPH_TOOLS),
        ("response_type", "code"),
        ("redirect_uri", HOME),
        ("scope", "User.Read openid profile offline_access"),
        ("state", "s&1"),
        ("nonce", "n-1"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    form(&fields)
}

#[tokio::test]
async fn a_browser_comes_back_with_a_code_that_is_good_once() {
    let sandbox = Sandbox::new().await;
    let verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let asked = authorize(&[
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("login_hint", "adele.vance@contoso.example"),
    ]);
    let (status, _, html) = visit(&sandbox, &format!("/common/oauth2/v2.0/authorize?{asked}"), None).await;
    assert_eq!(status, 200);
    let places: Vec<usize> = ["Administrators", "Members", "Guests"]
        .iter()
        .map(|title| html.find(&format!(">{title}<")).unwrap())
        .collect();
    assert!(places.is_sorted());
    assert!(html.contains("value=\"adele.vance@contoso.example\"") && html.contains("<html lang=\"en\">"));
    assert!(html.contains("public-password-of-contoso"));
    let choose = |user: &str| form(&[("request", &asked), ("address", user)]);
    let (status, back, _) =
        visit(&sandbox, "/common/login", Some(choose("adele.vance@contoso.example"))).await;
    assert_eq!(status, 302);
    assert!(back.starts_with("http://localhost:4321/back?code="), "{back}");
    assert_eq!(field(&back, "state").as_deref(), Some("s&1"));
    let code = field(&back, "code").unwrap();
    let redeem = async |verifier: &str, redirect: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", GRAPH_TOOLS),
            ("code", &code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
            ("client_info", "1"),
        ];
        sandbox.sign_in(&form(&fields)).await
    };
    refused(redeem("wrong", HOME).await, "invalid_grant", 501_481);
    refused(redeem(verifier, "http://localhost:1/").await, "invalid_client", 500_112);
    let answer = redeem(verifier, HOME).await.expect(200);
    let id = claims(&answer["id_token"]);
    assert_eq!(id["nonce"], "n-1");
    let info = URL_SAFE_NO_PAD.decode(text(&answer["client_info"])).unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    assert_eq!((&info["uid"], &info["utid"]), (&id["oid"], &id["tid"]));
    refused(redeem(verifier, HOME).await, "invalid_grant", 54005);
}

#[tokio::test]
async fn the_sign_in_page_can_be_declined_and_refuses_whom_it_must() {
    let sandbox = Sandbox::new().await;
    let decline = |mode: &str| {
        let asked = authorize(&[("response_mode", mode)]);
        form(&[("request", &asked), ("decline", "1")])
    };
    let (_, back, _) = visit(&sandbox, "/common/login", Some(decline("query"))).await;
    assert_eq!(field(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(field(&back, "state").as_deref(), Some("s&1"));
    let (_, back, _) = visit(&sandbox, "/common/login", Some(decline("fragment"))).await;
    assert!(back.starts_with("http://localhost:4321/back#error="));
    let (status, _, html) = visit(&sandbox, "/common/login", Some(decline("form_post"))).await;
    assert!(status == 200 && html.contains("action=\"http://localhost:4321/back\""));
    assert!(html.contains("name=\"state\" value=\"s&amp;1\""));
    let typed = |user: &str| form(&[("request", &authorize(&[])), ("address", user)]);
    for (user, code) in [
        ("isaiah.langer@northwind.example", "AADSTS50057"),
        ("grady.archie@fabrikam.example", "AADSTS50014"),
        ("nobody@contoso.example", "AADSTS50034"),
        ("<script>", "AADSTS50034"),
    ] {
        let (status, _, html) = visit(&sandbox, "/common/login", Some(typed(user))).await;
        assert!(status == 200 && html.contains(code), "{user}");
        assert!(!html.contains("<script>"));
    }
    let page = |more: &[(&str, &str)]| format!("/common/oauth2/v2.0/authorize?{}", authorize(more));
    let elsewhere = page(&[("redirect_uri", "https://evil.example/")]);
    let (status, back, html) = visit(&sandbox, &elsewhere, None).await;
    assert!(status == 400 && back.is_empty() && html.contains("AADSTS50011"));
    let (status, _, html) = visit(&sandbox, &page(&[("client_id", "nobody")]), None).await;
    assert!(status == 400 && html.contains("AADSTS700016"));
    let (_, back, _) = visit(&sandbox, &page(&[("response_type", "token")]), None).await;
    assert_eq!(field(&back, "error").as_deref(), Some("unsupported_response_type"));
    let (_, back, _) = visit(&sandbox, &page(&[("prompt", "none")]), None).await;
    assert_eq!(field(&back, "error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_code_of_a_confidential_application_needs_its_secret_too() {
    let sandbox = Sandbox::new().await;
    sandbox.post("/sandbox/login", json!({ "approve": "ola.nordmann@contoso.example" })).await.expect(200);
    let asked = authorize(&[("client_id", &sandbox.app.0)]);
    let (status, back, _) = visit(&sandbox, &format!("/common/oauth2/v2.0/authorize?{asked}"), None).await;
    assert_eq!(status, 302);
    let code = field(&back, "code").unwrap();
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", sandbox.app.0.as_str()),
        ("code", &code),
        ("redirect_uri", HOME),
    ];
    refused(sandbox.sign_in(&form(&fields)).await, "invalid_client", 7_000_218);
    fields.push(("client_secret", &sandbox.app.1));
    let answer = sandbox.sign_in(&form(&fields)).await.expect(200);
    let token = text(&answer["refresh_token"]);
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("client_id", sandbox.app.0.as_str()),
        ("refresh_token", &token),
    ];
    refused(sandbox.sign_in(&form(&fields)).await, "invalid_client", 7_000_218);
    fields.push(("client_secret", &sandbox.app.1));
    sandbox.sign_in(&form(&fields)).await.expect(200);
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes() {
    let sandbox = Sandbox::new().await;
    sandbox.post("/sandbox/login", json!({ "approve": "ola.nordmann@contoso.example" })).await.expect(200);
    let (_, back, _) =
        visit(&sandbox, &format!("/common/oauth2/v2.0/authorize?{}", authorize(&[])), None).await;
    sandbox.post("/sandbox/clock", json!({ "advanceSeconds": 601 })).await.expect(200);
    let code = field(&back, "code").unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", GRAPH_TOOLS),
        ("code", &code),
        ("redirect_uri", HOME),
    ];
    refused(sandbox.sign_in(&form(&fields)).await, "invalid_grant", 70008);
}

async fn refresh(sandbox: &Sandbox, client: &str, token: &Value, scope: &str) -> Answer {
    let token = text(token);
    let mut fields =
        vec![("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token.as_str())];
    if !scope.is_empty() {
        fields.push(("scope", scope));
    }
    sandbox.sign_in(&form(&fields)).await
}

#[tokio::test]
async fn a_session_goes_on_for_other_services_and_family_members() {
    let sandbox = Sandbox::new().await;
    let scope = "https://graph.microsoft.com/.default offline_access openid profile";
    let begun = password(&sandbox, AZURE_CLI, "ola.nordmann@contoso.example", scope).await.expect(200);
    assert_eq!(begun["foci"], "1");
    let next = refresh(&sandbox, AZURE_CLI, &begun["refresh_token"], "").await.expect(200);
    assert_ne!(next["refresh_token"], begun["refresh_token"]);
    assert_eq!(claims(&next["access_token"])["aud"], "https://graph.microsoft.com");
    let azure = refresh(&sandbox, AZURE_POWERSHELL, &next["refresh_token"], ARM).await.expect(200);
    assert_eq!(claims(&azure["access_token"])["aud"], "https://management.azure.com");
    refused(refresh(&sandbox, GRAPH_TOOLS, &next["refresh_token"], "").await, "invalid_grant", 70000);
    refused(refresh(&sandbox, AZURE_CLI, &json!("1.nonsense.x"), "").await, "invalid_grant", 9_002_313);
}

#[tokio::test]
async fn a_session_ends_when_it_is_revoked_and_when_the_user_is_blocked_or_gone() {
    let sandbox = Sandbox::new().await;
    let user = "adele.vance@contoso.example";
    let scope = "User.Read offline_access";
    let begun = password(&sandbox, GRAPH_TOOLS, user, scope).await.expect(200);
    let begun = &begun["refresh_token"];
    refresh(&sandbox, GRAPH_TOOLS, begun, "").await.expect(200);
    sandbox.post(&format!("/v1.0/users/{user}/revokeSignInSessions"), json!({})).await.expect(200);
    refused(refresh(&sandbox, GRAPH_TOOLS, begun, "").await, "invalid_grant", 50173);
    let begun = password(&sandbox, GRAPH_TOOLS, user, scope).await.expect(200);
    let begun = &begun["refresh_token"];
    sandbox.patch(&format!("/v1.0/users/{user}"), json!({ "accountEnabled": false })).await.expect(204);
    refused(refresh(&sandbox, GRAPH_TOOLS, begun, "").await, "invalid_grant", 50057);
    refused(password(&sandbox, GRAPH_TOOLS, user, scope).await, "invalid_grant", 50057);
    sandbox.delete(&format!("/v1.0/users/{user}")).await.expect(204);
    refused(refresh(&sandbox, GRAPH_TOOLS, begun, "").await, "invalid_grant", 50034);
    refused(password(&sandbox, GRAPH_TOOLS, user, scope).await, "invalid_grant", 50034);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_counts_as_an_attempt() {
    let sandbox = Sandbox::new().await;
    let fields = [
        ("grant_type", "password"),
        ("client_id", GRAPH_TOOLS),
        ("username", "adele.vance@contoso.example"),
        ("password", "guess"),
        ("scope", "User.Read"),
    ];
    let refusal = refused(sandbox.sign_in(&form(&fields)).await, "invalid_grant", 50126);
    assert!(refusal.contains("Error validating credentials due to invalid username or password."));
    let id = sandbox.get("/v1.0/users/adele.vance@contoso.example").await.expect(200)["id"].clone();
    let path = format!("/v1.0/users/{}?$select=signInActivity", text(&id));
    let activity = sandbox.get(&path).await.expect(200)["signInActivity"].clone();
    assert!(activity["lastSignInDateTime"].is_string() && activity["lastSuccessfulSignInDateTime"].is_null());
    let at = "2030-01-31T08:00:00Z";
    sandbox.post("/sandbox/sign-in", json!({ "user": id, "at": at })).await.expect(200);
    let activity = sandbox.get(&path).await.expect(200)["signInActivity"].clone();
    for kind in ["lastSignIn", "lastNonInteractiveSignIn", "lastSuccessfulSignIn"] {
        assert_eq!(activity[format!("{kind}DateTime")], at);
        assert!(activity[format!("{kind}RequestId")].is_string());
    }
    sandbox.post("/sandbox/sign-in", json!({ "user": "nobody" })).await.refused(404, "NotFound");
}

#[tokio::test]
async fn older_endpoints_ask_for_a_resource_and_answer_in_text() {
    let sandbox = Sandbox::new().await;
    let tenant = sandbox.connection("tenantId");
    let url = format!("{}/{tenant}/oauth2/token", sandbox.running.url());
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", sandbox.app.0.as_str()),
        ("client_secret", &sandbox.app.1),
        ("resource", "https://management.azure.com/"),
    ];
    let reply = sandbox.http.post(url).body(form(&fields)).send().await.unwrap();
    let kind = reply.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/json; charset=utf-8");
    let answer: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
    assert_eq!(answer["expires_in"], "3599");
    assert_eq!(answer["resource"], "https://management.azure.com/");
    assert_eq!(claims(&answer["access_token"])["aud"], "https://management.azure.com/");
}

#[tokio::test]
async fn services_say_why_a_token_does_not_do() {
    let sandbox = Sandbox::new().await;
    let token = person(&sandbox, "ola.nordmann@contoso.example", ARM).await;
    let answer = as_person(&sandbox, &token, "GET", "/v1.0/users", Value::Null).await;
    let challenge = answer.headers["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains("authorization_uri=\"http://127.0.0.1"), "{challenge}");
    answer.refused(401, "InvalidAuthenticationToken");
    let graph = sandbox.token(GRAPH).await;
    let path = "/subscriptions?api-version=2022-12-01";
    let answer = as_person(&sandbox, &graph, "GET", path, Value::Null).await;
    let challenge = answer.headers["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.contains(&sandbox.connection("tenantId")), "{challenge}");
    answer.refused(401, "InvalidAuthenticationTokenAudience");
    let tiny = Sandbox::of("tiny", usher::sandbox::Store::Memory).await;
    let foreign = tiny.token(GRAPH).await;
    as_person(&sandbox, &foreign, "GET", "/v1.0/users", Value::Null)
        .await
        .refused(401, "InvalidAuthenticationToken");
}

#[tokio::test]
async fn libraries_find_what_they_look_up_first() {
    let sandbox = Sandbox::new().await;
    let realm = sandbox.sign_in_page("/common/userrealm/ola.nordmann@contoso.example?api-version=1.0").await;
    assert_eq!(
        (&realm["account_type"], &realm["domain_name"]),
        (&json!("Managed"), &json!("contoso.example"))
    );
    let realm = sandbox.sign_in_page("/common/userrealm/x@elsewhere.example?api-version=1.0").await;
    assert_eq!(realm["account_type"], "Unknown");
    let instances = sandbox.sign_in_page("/common/discovery/instance?api-version=1.1").await;
    let host = sandbox.running.url().strip_prefix("http://").unwrap();
    let aliases: Vec<&Value> = instances["metadata"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|m| m["aliases"].as_array().unwrap())
        .collect();
    assert!(aliases.contains(&&json!(host)) && aliases.contains(&&json!("login.microsoftonline.com")));
    let common = sandbox.sign_in_page("/common/v2.0/.well-known/openid-configuration").await;
    assert!(common["issuer"].as_str().unwrap().ends_with("/{tenantid}/v2.0"));
    let (_, back, _) = visit(
        &sandbox,
        "/common/oauth2/v2.0/logout?post_logout_redirect_uri=http://localhost:1/out&state=7",
        None,
    )
    .await;
    assert_eq!(back, "http://localhost:1/out?state=7");
    let (status, _, html) = visit(
        &sandbox,
        &format!(
            "/{}/adminconsent?client_id={}&redirect_uri=http://localhost:1/",
            sandbox.connection("tenantId"),
            sandbox.app.0
        ),
        None,
    )
    .await;
    assert!(status == 200 && html.contains("admin_consent=True"));
}
