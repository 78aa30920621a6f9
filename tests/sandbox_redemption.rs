//! From the mail to the consent: what an invitee does in a browser, form by form; and the pages about the tenant.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sandbox_support::Sandbox;
use serde_json::{Value, json};
use usher::sandbox::{Options, Store};

/// A page as a browser gets it.
struct Page {
    status: u16,
    html: String,
}

impl Page {
    fn says(&self, text: &str) -> &Page {
        assert!(self.html.contains(text), "no `{text}` in:\n{}", self.html);
        self
    }
}

impl Sandbox {
    async fn page(&self, url: &str) -> Page {
        let url =
            if url.starts_with("http") { url.to_owned() } else { format!("{}{url}", self.running.url()) };
        let answer = self.http.get(url).header("accept", "text/html").send().await.unwrap();
        let status = answer.status().as_u16();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("text/html"), "{kind}");
        Page { status, html: answer.text().await.unwrap() }
    }

    async fn submit(&self, fields: &[(&str, &str)]) -> Page {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = self.http.post(format!("{}/redeem", self.running.url()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.join("&")).send().await.unwrap();
        Page { status: answer.status().as_u16(), html: answer.text().await.unwrap() }
    }

    /// The links in the mails to an address, the newest last.
    async fn links(&self, address: &str) -> Vec<String> {
        let mails = self.get("/sandbox/outbox").await.expect(200);
        let to = mails.as_array().unwrap().iter().filter(|mail| mail["to"] == address);
        to.map(|mail| mail["redeemUrl"].as_str().unwrap().to_owned()).collect()
    }

    async fn user(&self, id: &str) -> Value {
        let select = "externalUserState,externalUserStateChangeDateTime,identities,signInActivity,mail";
        self.get(&format!("/v1.0/users/{id}?$select={select}")).await.expect(200)
    }
}

/// What the link carries, as the form does.
fn rd(link: &str) -> String {
    let url: reqwest::Url = link.parse().unwrap();
    url.query_pairs().find(|(name, _)| name == "rd").unwrap().1.into_owned()
}

const ANN: &str = "ann.lee@fabrikam.example";

#[tokio::test]
async fn an_invitee_signs_in_reads_the_consent_and_is_a_guest() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest(ANN).await;
    let link = sandbox.links(ANN).await.pop().unwrap();
    assert!(link.starts_with(&format!("{}/redeem?rd=", sandbox.running.url())), "{link}");

    sandbox.page(&link).await.says("Contoso invited you").says(ANN).says("one-time passcode");
    let rd = rd(&link);
    let consent = sandbox.submit(&[("rd", &rd), ("account", "google.com"), ("step", "consent")]).await;
    consent.says("Review permissions").says("Receive your profile data").says("google.com");
    assert_eq!(sandbox.user(&id).await["externalUserState"], "PendingAcceptance");

    let fields = [("rd", rd.as_str()), ("account", "saml"), ("issuer", "google.com"), ("step", "accept")];
    sandbox.submit(&fields).await.says("Welcome to Contoso").says("https://myapplications.microsoft.com");
    let user = sandbox.user(&id).await;
    assert_eq!(user["externalUserState"], "Accepted");
    assert_eq!(
        user["identities"][1],
        json!({ "signInType": "federated", "issuer": "google.com", "issuerAssignedId": null })
    );
    assert!(user["signInActivity"]["lastSignInDateTime"].is_string(), "{user}");

    // Whoever has accepted has nothing left to accept.
    let again = sandbox.page(&link).await;
    assert_eq!(again.status, 400);
    again.says("already accepted");
    let audits = sandbox.get("/v1.0/auditLogs/directoryAudits").await.expect(200);
    let names: Vec<&str> = audits["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["activityDisplayName"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"Redeem external user invite"), "{names:?}");
}

#[tokio::test]
async fn who_declines_stays_invited() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest(ANN).await;
    let rd = rd(&sandbox.links(ANN).await[0]);
    sandbox.submit(&[("rd", &rd), ("step", "decline")]).await.says("You declined");
    assert_eq!(sandbox.user(&id).await["externalUserState"], "PendingAcceptance");
}

#[tokio::test]
async fn a_newer_invitation_makes_the_older_link_worthless() {
    let sandbox = Sandbox::new().await;
    sandbox.guest(ANN).await;
    sandbox.guest(ANN).await;
    let links = sandbox.links(ANN).await;
    assert_eq!(links.len(), 2);
    let old = sandbox.page(&links[0]).await;
    assert_eq!(old.status, 400);
    old.says("This link is no longer good");
    let fields = [("rd", &*rd(&links[0])), ("account", "mail"), ("issuer", "mail"), ("step", "accept")];
    sandbox.submit(&fields).await.says("This link is no longer good");
    assert_eq!(sandbox.page(&links[1]).await.status, 200);
}

#[tokio::test]
async fn a_blocked_guest_and_a_barred_domain_are_told() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest(ANN).await;
    let link = sandbox.links(ANN).await.pop().unwrap();
    sandbox.patch(&format!("/v1.0/users/{id}"), json!({ "accountEnabled": false })).await.expect(204);
    sandbox.page(&link).await.says("You cannot sign in");
    sandbox.patch(&format!("/v1.0/users/{id}"), json!({ "accountEnabled": true })).await.expect(204);

    let policies = sandbox.get("/beta/policies/b2bManagementPolicies").await.expect(200);
    let policy = policies["value"][0]["id"].as_str().unwrap();
    let definition = json!({ "B2BManagementPolicy": {
        "InvitationsAllowedAndBlockedDomainsPolicy": { "BlockedDomains": ["fabrikam.example"] } } });
    let body = json!({ "definition": [definition.to_string()] });
    sandbox.patch(&format!("/beta/policies/b2bManagementPolicies/{policy}"), body).await.expect(204);
    sandbox.page(&link).await.says("does not allow guests from fabrikam.example");
}

#[tokio::test]
async fn a_guest_whose_address_a_contact_holds_gets_no_passcode() {
    let sandbox = Sandbox::new().await;
    let parameters = json!({ "Name": "Ann Lee", "ExternalEmailAddress": ANN });
    sandbox.cmdlet("New-MailContact", parameters).await.expect(200);
    let id = sandbox.guest(ANN).await;
    assert_eq!(sandbox.user(&id).await["mail"], Value::Null);
    let link = sandbox.links(ANN).await.pop().unwrap();
    sandbox.page(&link).await.says("a contact holds the address");
    let rd = rd(&link);
    let fields = [("rd", rd.as_str()), ("account", "mail"), ("issuer", "mail"), ("step", "accept")];
    sandbox.submit(&fields).await.says("No passcode can be sent");
    let fields = [("rd", rd.as_str()), ("account", "MicrosoftAccount"), ("step", "accept")];
    sandbox.submit(&fields).await.says("Welcome to Contoso");
}

#[tokio::test]
async fn what_is_no_link_is_told_and_what_is_typed_stays_text() {
    let sandbox = Sandbox::new().await;
    for rd in ["", "nonsense", "https://x.example/?tenant=1", "%00", "?tenant=a&user=b&ticket=c"] {
        let page = sandbox.submit(&[("rd", rd), ("step", "accept")]).await;
        assert_eq!(page.status, 400);
        page.says("This is no invitation");
    }
    let script = "<script>alert(1)</script>";
    let body = json!({
        "invitedUserEmailAddress": ANN,
        "inviteRedirectUrl": "https://x.example/\"><script>",
        "invitedUserDisplayName": script,
        "sendInvitationMessage": true,
    });
    sandbox.post("/v1.0/invitations", body).await.expect(201);
    let overview = sandbox.page("/sandbox/").await;
    overview.says("&lt;script&gt;alert(1)&lt;/script&gt;");
    assert!(!overview.html.contains(script));
    let rd = rd(&sandbox.links(ANN).await[0]);
    let fields = [("rd", rd.as_str()), ("account", "saml"), ("issuer", script), ("step", "consent")];
    let consent = sandbox.submit(&fields).await;
    consent.says("&lt;script&gt;");
    assert!(!consent.html.contains("<script"));
}

#[tokio::test]
async fn the_tenant_can_be_looked_at() {
    let sandbox = Sandbox::new().await;
    sandbox.guest(ANN).await;
    let fault = json!({ "on": "azure", "then": "unavailable" });
    sandbox.post("/sandbox/faults", fault).await.expect(200);
    let overview = sandbox.page("/sandbox/").await;
    overview
        .says("Contoso")
        .says(ANN)
        .says("still to accept")
        .says("Helpdesk administrators")
        .says("Litware Sales");
    overview.says("Global Administrator").says("What goes wrong").says("/v1.0/invitations");
    sandbox.page("/sandbox/outbox").await.says("One mail was kept").says(ANN).says("Accept the invitation");
    sandbox.page("/sandbox/requests").await.says("POST <code>/v1.0/invitations</code>");
}

#[tokio::test]
async fn every_seed_can_be_looked_at_and_asked() {
    for seed in ["contoso", "tiny", "messy", "large"] {
        let sandbox = Sandbox::of(seed, Store::Memory).await;
        sandbox.page("/sandbox/").await.says("A simulated tenant");
        let guests = "/v1.0/users?$filter=userType eq 'Guest'&$count=true&$top=1";
        let found = sandbox.advanced(guests).await.expect(200);
        let least = if seed == "large" { 20_000 } else { 1 };
        assert!(found["@odata.count"].as_u64().unwrap() >= least, "{seed}: {found}");
        for path in ["/v1.0/groups?$top=5", "/v1.0/contacts", "/v1.0/subscribedSkus", "/v1.0/organization"] {
            sandbox.get(path).await.expect(200);
        }
        sandbox.cmdlet("Get-Recipient", json!({ "ResultSize": 5 })).await.expect(200);
        sandbox.get("/subscriptions?api-version=2022-12-01").await.expect(200);
        sandbox.invite("somebody.new@fabrikam.example").await.expect(201);
    }
}

#[tokio::test]
async fn a_seed_is_the_same_each_time_and_another_number_is_another_tenant() {
    let state = async |seed: &str| {
        let sandbox = Sandbox::with(Options::new(Store::Memory, seed)).await;
        sandbox.get("/sandbox/state?without=times").await.expect(200)
    };
    for seed in ["contoso", "messy"] {
        assert_eq!(state(seed).await, state(seed).await, "{seed}");
    }
}

#[tokio::test]
async fn two_tenants_in_which_the_same_was_done_have_the_same_state() {
    let mut states = Vec::new();
    for order in [
        ["ann.lee@fabrikam.example", "bo.lee@fabrikam.example"],
        ["bo.lee@fabrikam.example", "ann.lee@fabrikam.example"],
    ] {
        let sandbox = Sandbox::of("tiny", Store::Memory).await;
        for address in order {
            let guest = sandbox.guest(address).await;
            let group = sandbox.group("Partners").await;
            let members = format!("/v1.0/groups/{group}/members/$ref");
            sandbox.post(&members, sandbox.reference(&guest)).await.expect(204);
        }
        states.push(sandbox.get("/sandbox/state?without=ids,times").await.expect(200));
    }
    let text = states[0].to_string();
    assert!(text.contains("ann.lee@fabrikam.example") && text.contains("\"members\""), "{text}");
    assert_eq!(states[0], states[1]);
}

#[tokio::test]
async fn pages_from_elsewhere_do_not_reach_the_controls() {
    let sandbox = Sandbox::new().await;
    let reset = |origin: &'static str| {
        let request = sandbox.http.post(format!("{}/sandbox/reset", sandbox.running.url()));
        request.header("origin", origin).body("{}").send()
    };
    assert_eq!(reset("https://elsewhere.example").await.unwrap().status(), 403);
    let strange = sandbox.http.get(format!("{}/sandbox/state", sandbox.running.url()));
    assert_eq!(strange.header("host", "elsewhere.example").send().await.unwrap().status(), 403);
}
