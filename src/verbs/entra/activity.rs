//! Whether somebody was active lately: what keeps a clean-up from those who still come.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::problem::{Kind, Result};
use crate::runs::reader::Reader;
use crate::verbs::refs::key_of;

/// Why somebody is left alone, or `None` for who was not active.
pub type Grace = Option<String>;

const LOOK: &[&str] =
    &["id", "createdDateTime", "externalUserStateChangeDateTime", "accountEnabled", "signInActivity"];

/// The sign-ins that the service keeps of somebody. The first counts attempts that failed as well.
/// <https://learn.microsoft.com/graph/api/resources/signinactivity>
const SIGN_INS: &[&str] =
    &["lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime"];

/// Holds somebody's sign-ins, invitation, acceptance and re-enabling against a length of time. What cannot be read counts as
/// activity: nobody is removed on a guess.
pub async fn grace(user: &Value, within: SignedDuration, tenant: &Reader<'_>) -> Result<Grace> {
    let id = key_of(user);
    // Sign-ins can be asked of one by id only, whatever else names them.
    let read = match tenant.user(&id, LOOK).await {
        Ok(read) => read,
        Err(problem) if unreadable(problem.kind, problem.code.as_deref()) => {
            let why = match problem.code.as_deref() {
                Some(NO_PREMIUM) => {
                    "the tenant has no licence of Entra ID P1, without which sign-ins are not shown"
                }
                _ => "the sign-in may not read sign-ins (AuditLog.Read.All)",
            };
            return Ok(Some(format!("counts as active, for {why}: left alone")));
        }
        Err(problem) => return Err(problem),
    };
    let Some(read) = read else { return Ok(None) };
    let limit = tenant.clock.now().checked_sub(within).unwrap_or(Timestamp::MIN);
    if let Some((when, what)) = latest(&read) {
        if when > limit {
            return Ok(Some(format!("{what} on {}: left alone", day(when))));
        }
    } else {
        let why = "nothing is known of their sign-ins or their invitation";
        return Ok(Some(format!("counts as active, for {why}: left alone")));
    }
    match let_in_again(&id, limit, tenant).await {
        Ok(Some(when)) => Ok(Some(format!("let in again on {}: left alone", day(when)))),
        Ok(None) => Ok(None),
        Err(problem) if unreadable(problem.kind, problem.code.as_deref()) => {
            let why = "the audit log cannot be read, so whether somebody let them in again is not known";
            Ok(Some(format!("counts as active, for {why}: left alone")))
        }
        Err(problem) => Err(problem),
    }
}

const NO_PREMIUM: &str = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";

fn unreadable(kind: Kind, code: Option<&str>) -> bool {
    kind == Kind::PermissionDenied || code == Some(NO_PREMIUM)
}

fn day(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d").to_string()
}

/// The last sign of life, and what it was. A readable user without sign-ins has made none: the service leaves them out then, or
/// writes the year 1, and refuses the whole question where it keeps none. Such a user is judged by invitation and acceptance.
fn latest(user: &Value) -> Option<(Timestamp, &'static str)> {
    let date = |value: &Value| {
        let when = value.as_str()?.parse::<Timestamp>().ok()?;
        (when > "1970-01-01T00:00:00Z".parse().ok()?).then_some(when)
    };
    let sign_ins = SIGN_INS.iter().filter_map(|name| Some((date(&user["signInActivity"][*name])?, "active")));
    let others = [
        (date(&user["createdDateTime"]), "made"),
        (date(&user["externalUserStateChangeDateTime"]), "changed state"),
    ];
    let others = others.into_iter().filter_map(|(when, what)| Some((when?, what)));
    sign_ins.chain(others).max_by_key(|(when, _)| *when)
}

/// When somebody was let in again since a moment. The audit log is asked once for everybody.
async fn let_in_again(id: &str, since: Timestamp, tenant: &Reader<'_>) -> Result<Option<Timestamp>> {
    let enabled = tenant.enabled_since(since).await?;
    Ok(enabled.iter().filter(|(user, when)| user == id && *when > since).map(|(_, when)| *when).max())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn last(user: Value) -> Option<(String, &'static str)> {
        latest(&user).map(|(when, what)| (day(when), what))
    }

    #[test]
    fn the_latest_of_all_signs_counts() {
        let user = json!({
            "createdDateTime": "2024-01-01T00:00:00Z",
            "externalUserStateChangeDateTime": "2024-01-02T00:00:00Z",
            "signInActivity": {
                "lastSignInDateTime": "2025-01-01T00:00:00Z",
                "lastNonInteractiveSignInDateTime": "2026-01-01T00:00:00Z",
                "lastSuccessfulSignInDateTime": null,
            },
        });
        assert_eq!(last(user), Some(("2026-01-01".to_owned(), "active")));
    }

    #[test]
    fn the_year_one_and_nothing_both_mean_never() {
        let never = json!({ "lastSignInDateTime": "0001-01-01T00:00:00Z" });
        for activity in [never, Value::Null] {
            let user = json!({ "createdDateTime": "2024-01-01T00:00:00Z", "signInActivity": activity });
            assert_eq!(last(user), Some(("2024-01-01".to_owned(), "made")));
        }
        assert_eq!(last(json!({ "signInActivity": null })), None);
    }
}
