//! People in the tests of the sandbox: how they get a token, and what they do with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Answer, Sandbox};

pub const GRAPH_TOOLS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
pub const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
pub const AZURE_POWERSHELL: &str = "1950a258-227b-4e31-a9cf-717495945fc2";
pub const EXCHANGE_MODULE: &str = "fb78d390-0c51-40cd-8e17-fdbfab77341b";

pub fn form(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    fields.iter().for_each(|(name, value)| {
        form.append_pair(name, value);
    });
    form.finish()
}

pub fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value:#} is no text")).to_owned()
}

/// By name and password: the shortest way of a person to a token.
pub async fn password(sandbox: &Sandbox, client: &str, user: &str, scope: &str) -> Answer {
    let seed = if sandbox.connection("tenantDomain").starts_with("tiny") { "tiny" } else { "contoso" };
    let password = format!("public-password-of-{seed}");
    let fields = [
        ("grant_type", "password"),
        ("client_id", client),
        ("username", user),
        ("password", &password),
        ("scope", scope),
    ];
    sandbox.sign_in(&form(&fields)).await
}

pub async fn person(sandbox: &Sandbox, user: &str, scope: &str) -> String {
    let answer = password(sandbox, GRAPH_TOOLS, user, scope).await.expect(200);
    text(&answer["access_token"])
}

pub async fn as_person(sandbox: &Sandbox, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    sandbox.call(method, path, &[("authorization", &bearer)], body).await
}

pub async fn become_client(sandbox: &mut Sandbox, index: usize) {
    let client = sandbox.running.connection()["clients"][index].clone();
    sandbox.become_app(text(&client["clientId"]), text(&client["clientSecret"]));
}
