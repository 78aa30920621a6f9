//! Whether somebody was active lately: what keeps a clean-up from those who still come.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::{Kind, Result};
use crate::runs::reader::Reader;
use crate::verbs::card::{example, graph};
use crate::verbs::period::Period;
use crate::verbs::refs::{UserRef, key_of};
use crate::verbs::shapes::{ACTIVITY, USER};
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetUserActivity>());
}

/// How a user stands.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetUserActivity {
    /// Whose.
    user: UserRef,
    /// What counts as lately, such as `30d`; 7 days when left out.
    within: Option<Period>,
}

impl Verb for GetUserActivity {
    const CARD: Card = Card {
        name: "get_user_activity",
        area: Area::Users,
        summary: "Read whether a user or guest was active lately, and what tells so",
        details: "`active` is true for who signed in, was invited, accepted or was let in again within the time, and for who cannot be told: `known` is false then, and `reason` says why. It is what `unlessActiveWithin` of `remove_user` and `disable_user` goes by; their page says what counts.\n\n`lastActiveDateTime` is the latest sign of life that is known.",
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::One(&ACTIVITY),
        examples: &[example(
            "sandbox::sign_in(\"lee.gu@fabrikam.example\");\nprint(get_user_activity(\"lee.gu@fabrikam.example\", #{ within: \"7d\" }).active)",
            "true",
        )],
        source: "https://learn.microsoft.com/graph/api/resources/signinactivity",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetUserActivity {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let within = match &self.within {
            Some(within) => within.length("within")?,
            None => SignedDuration::from_hours(7 * 24),
        };
        let user = self.user.get(tenant, USER.default).await?;
        let verdict = judge(&user, within, tenant).await?;
        Ok(json!({
            "active": verdict.active,
            "known": verdict.known,
            "lastActiveDateTime": verdict.last.map(|last| last.to_string()),
            "reason": verdict.reason,
        }))
    }
}

/// How somebody stands, and why.
pub struct Verdict {
    active: bool,
    /// False where it cannot be told; that counts as active.
    known: bool,
    last: Option<Timestamp>,
    reason: String,
}

impl Verdict {
    fn unknown(last: Option<Timestamp>, why: &str) -> Verdict {
        Verdict { active: true, known: false, last, reason: format!("counts as active, for {why}") }
    }
}

/// Why somebody is left alone, or `None` for who was not active.
pub async fn grace(user: &Value, within: SignedDuration, tenant: &Reader<'_>) -> Result<Option<String>> {
    let verdict = judge(user, within, tenant).await?;
    Ok(verdict.active.then(|| format!("{}: left alone", verdict.reason)))
}

const LOOK: &[&str] =
    &["id", "createdDateTime", "externalUserStateChangeDateTime", "accountEnabled", "signInActivity"];

/// The sign-ins that the service keeps of somebody. The first counts attempts that failed as well.
/// <https://learn.microsoft.com/graph/api/resources/signinactivity>
const SIGN_INS: &[&str] =
    &["lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime"];

/// Holds somebody's sign-ins, invitation, acceptance and re-enabling against a length of time. What cannot be read counts as
/// activity: nobody is removed on a guess.
async fn judge(user: &Value, within: SignedDuration, tenant: &Reader<'_>) -> Result<Verdict> {
    let id = key_of(user);
    // Sign-ins can be asked of one by id only, whatever else names them.
    let read = match tenant.user(&id, LOOK).await {
        Ok(read) => read.unwrap_or_default(),
        Err(problem) if unreadable(problem.kind, problem.code.as_deref()) => {
            let why = match problem.code.as_deref() {
                Some(NO_PREMIUM) => {
                    "the tenant has no licence of Entra ID P1, without which sign-ins are not shown"
                }
                _ => "the sign-in may not read sign-ins (AuditLog.Read.All)",
            };
            return Ok(Verdict::unknown(None, why));
        }
        Err(problem) => return Err(problem),
    };
    let limit = tenant.clock.now().checked_sub(within).unwrap_or(Timestamp::MIN);
    let Some((last, what)) = latest(&read) else {
        return Ok(Verdict::unknown(None, "nothing is known of their sign-ins or their invitation"));
    };
    if last > limit {
        let reason = format!("{what} on {}", day(last));
        return Ok(Verdict { active: true, known: true, last: Some(last), reason });
    }
    match let_in_again(&id, limit, tenant).await {
        Ok(Some(when)) => {
            let reason = format!("let in again on {}", day(when));
            Ok(Verdict { active: true, known: true, last: Some(when), reason })
        }
        Ok(None) => {
            let reason = format!("not active since {}, when they {}", day(last), was(what));
            Ok(Verdict { active: false, known: true, last: Some(last), reason })
        }
        Err(problem) if unreadable(problem.kind, problem.code.as_deref()) => {
            let why = "the audit log cannot be read, so whether somebody let them in again is not known";
            Ok(Verdict::unknown(Some(last), why))
        }
        Err(problem) => Err(problem),
    }
}

fn was(what: &str) -> &str {
    match what {
        "active" => "signed in",
        "created" => "were created",
        _ => "accepted",
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
        (date(&user["createdDateTime"]), "created"),
        (date(&user["externalUserStateChangeDateTime"]), "accepted"),
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
            assert_eq!(last(user), Some(("2024-01-01".to_owned(), "created")));
        }
        assert_eq!(last(json!({ "signInActivity": null })), None);
    }
}
