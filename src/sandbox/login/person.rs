//! People who sign in: who they are, whether they may, and what is remembered of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::tenant::{Kind, Object, Tenant};
use super::failure::Failure;
use super::resource::Audience;

/// How often somebody's sessions were ended, by user.
const ENDED: &str = "endedSessions";

/// Records of sign-ins, as Graph shows them.
pub const SIGN_INS: &str = "signIns";

/// The setting that holds who every sign-in is granted as, at once.
pub const APPROVES: &str = "signInsApprovedAs";

/// The one password of everybody. Public, as everything in a sandbox.
pub fn password(tenant: &Tenant) -> String {
    format!("public-password-of-{}", tenant.profile.seed)
}

/// Whom a typed address, name of an account or id means.
pub fn find<'a>(tenant: &'a Tenant, typed: &str) -> Option<&'a Object> {
    let typed = typed.trim();
    let is = |text: &str| text.to_lowercase() == typed.to_lowercase();
    tenant.user(typed).or_else(|| {
        tenant.known_as(typed).find(|object| {
            object.kind == Kind::User
                && (object.text("mail").is_some_and(is)
                    || object.proxies().any(|proxy| is(&proxy))
                    || object.texts("otherMails").any(is))
        })
    })
}

pub fn needed<'a>(tenant: &'a Tenant, typed: &str) -> Result<&'a Object, Failure> {
    find(tenant, typed).ok_or_else(|| Failure::unknown_user(typed, &tenant.profile.display_name))
}

/// Whether somebody may sign in at all.
pub fn admit(user: &Object) -> Result<(), Failure> {
    if user.properties.get("accountEnabled").and_then(Value::as_bool) == Some(false) {
        return Err(Failure::blocked_user());
    }
    if user.text("externalUserState") == Some("PendingAcceptance") {
        return Err(Failure::pending_guest());
    }
    Ok(())
}

/// Which of somebody's sessions count: those that were begun with this number.
pub fn sessions(tenant: &Tenant, user: Uuid) -> u64 {
    tenant.shelved(ENDED, &user.to_string()).and_then(Value::as_u64).unwrap_or(0)
}

/// Every refresh token that somebody was given so far is worth nothing from now on.
pub fn end_sessions(tenant: &mut Tenant, user: Uuid) {
    let ended = sessions(tenant, user) + 1;
    tenant.shelve(ENDED, &user.to_string(), json!(ended));
}

/// One attempt of somebody to sign in.
pub struct SignIn<'a> {
    pub user: Uuid,
    pub app: Uuid,
    pub audience: Audience,
    /// With a person at the keyboard, not by a token from before.
    pub interactive: bool,
    pub client: &'a str,
    pub failure: Option<&'a Failure>,
    /// Now, if nothing is said.
    pub at: Option<jiff::Timestamp>,
}

/// Remembers a sign-in: in the user's activity and as a record.
pub fn signed_in(tenant: &mut Tenant, sign_in: &SignIn) {
    let Some(user) = tenant.get(sign_in.user) else { return };
    let id = Uuid::new_v4().to_string();
    let at = super::super::clock::stamp(sign_in.at.unwrap_or_else(|| tenant.clock.now()));
    let (resource, resource_id) = sign_in.audience.application();
    let name = tenant.app(sign_in.app).map(|app| app.name.clone()).unwrap_or_default();
    let status = match sign_in.failure {
        None => json!({ "errorCode": 0, "failureReason": "Other.", "additionalDetails": null }),
        Some(failure) => json!({
            "errorCode": failure.code, "failureReason": failure.text, "additionalDetails": null,
        }),
    };
    let country = user.text("country").unwrap_or("");
    let city = user.text("city").unwrap_or("");
    let record = json!({
        "id": id,
        "createdDateTime": at,
        "userDisplayName": user.text("displayName"),
        "userPrincipalName": user.text("userPrincipalName"),
        "userId": sign_in.user.to_string(),
        "appId": sign_in.app.to_string(),
        "appDisplayName": name,
        "ipAddress": "127.0.0.1",
        "clientAppUsed": sign_in.client,
        "correlationId": Uuid::new_v4().to_string(),
        "conditionalAccessStatus": "notApplied",
        "isInteractive": sign_in.interactive,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "resourceDisplayName": resource,
        "resourceId": resource_id,
        "status": status,
        "deviceDetail": {
            "deviceId": "", "displayName": "", "operatingSystem": "", "browser": "", "isCompliant": false,
            "isManaged": false, "trustType": "",
        },
        "location": {
            "city": city, "state": "", "countryOrRegion": country,
            "geoCoordinates": { "altitude": null, "latitude": null, "longitude": null },
        },
        "appliedConditionalAccessPolicies": [],
    });
    let mut activity = user.properties.get("signInActivity").cloned().unwrap_or_else(|| json!({}));
    // Attempts count as the last sign-in, successful or not; the other kinds only move by success.
    let mut kinds = Vec::new();
    if sign_in.interactive {
        kinds.push("lastSignIn");
    }
    if sign_in.failure.is_none() {
        kinds.extend(["lastNonInteractiveSignIn", "lastSuccessfulSignIn"]);
    }
    for kind in ["lastSignIn", "lastNonInteractiveSignIn", "lastSuccessfulSignIn"] {
        let (moment, request) = (format!("{kind}DateTime"), format!("{kind}RequestId"));
        // Sign-ins that are told of late do not turn the clock back.
        let later = activity[&moment].as_str().is_none_or(|before| before < at.as_str());
        if kinds.contains(&kind) && later {
            activity[moment] = json!(at);
            activity[request] = json!(id);
        } else if activity.get(&moment).is_none() {
            activity[moment] = Value::Null;
            activity[request] = Value::Null;
        }
    }
    tenant.update(sign_in.user, |user| user.set("signInActivity", activity));
    tenant.shelve(SIGN_INS, &id, record);
}
