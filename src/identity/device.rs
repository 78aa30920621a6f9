//! Device code (RFC 8628): a code is shown here and typed in a browser anywhere, while this asks whether it was.

use std::time::Duration;

use serde::Deserialize;

use super::people::{Granted, People, patiently};
use super::person::{Pause, Person};
use super::{Error, Secret};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What RFC 8628 has a client wait that is told nothing, and how much more each time it was too quick.
const STEP: u64 = 5;

#[derive(Deserialize)]
struct Begun {
    device_code: Secret,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    interval: Option<u64>,
    #[serde(default)]
    message: String,
}

pub(super) async fn sign_in(
    people: &People,
    person: &dyn Person,
    scope: &str,
    demanded: Option<&str>,
) -> Result<Granted, Error> {
    let fields = [("client_id", people.client_id.as_str()), ("scope", scope)];
    let answer = patiently(person, || people.post("devicecode", &fields)).await?;
    let begun: Begun = serde_json::from_slice(&answer.body).map_err(|_| Error::Malformed {
        status: answer.status,
        reason: "there is no code in it".to_owned(),
    })?;
    person.type_code(&begun.verification_uri, &begun.user_code, &begun.message);
    let mut fields = vec![
        ("grant_type", GRANT),
        ("client_id", &people.client_id),
        ("device_code", begun.device_code.reveal()),
    ];
    fields.extend(demanded.map(|demanded| ("claims", demanded)));
    let mut interval = begun.interval.unwrap_or(STEP);
    // The service ends this: a code that nobody typed expires.
    loop {
        person.wait(Duration::from_secs(interval), Pause::ForSomebody).await;
        match people.exchange(&fields).await {
            Err(Error::Refused(refusal)) if refusal.error == "authorization_pending" => {}
            Err(Error::Refused(refusal)) if refusal.error == "slow_down" => interval += STEP,
            Err(error) if error.may_pass() => {
                // RFC 8628 has a client that got no answer ask less often.
                interval = interval.max(error.retry_after().map_or(interval + STEP, |after| after.as_secs()));
            }
            done => return done,
        }
    }
}
