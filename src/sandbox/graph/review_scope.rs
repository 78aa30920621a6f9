//! Whom an access review is about: the queries of its scope, as far as they speak of groups and users.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::list::entity_of;
use crate::sandbox::odata::filter::Filter;
use crate::sandbox::odata::grammar;
use crate::sandbox::tenant::{Kind, Object, Tenant};

/// Somebody with access, and to what.
pub struct Subject {
    pub principal: Uuid,
    pub resource: Option<Uuid>,
}

/// A scope as the service gives it back: its queries count what they find.
pub fn echoed(scope: &Value) -> Value {
    let mut scope = scope.clone();
    let query = scope["query"].as_str().map(str::to_owned);
    if let Some((path, options)) = query.as_deref().and_then(|query| query.split_once('?'))
        && options.to_ascii_lowercase().contains("$filter=")
        && !options.to_ascii_lowercase().contains("$count=")
    {
        scope["query"] = json!(format!("{path}?$count=true&{options}"));
    }
    for name in ["principalScopes", "resourceScopes"] {
        if let Some(list) = scope.get_mut(name).and_then(Value::as_array_mut) {
            list.iter_mut().for_each(|inner| *inner = echoed(inner));
        }
    }
    scope
}

/// The scope of one round: what was relative to a group names the group.
pub fn of_instance(scope: &Value, group: Option<Uuid>) -> Value {
    let mut scope = scope.clone();
    if let (Some(group), Some(query)) =
        (group, scope["query"].as_str().and_then(|query| query.strip_prefix("./")))
    {
        scope["query"] = json!(format!("/v1.0/groups/{group}/{query}"));
    }
    scope
}

/// A query taken apart: its segments, and its filter.
fn parts(query: &str) -> (Vec<String>, Option<Filter>) {
    let (path, options) = query.split_once('?').unwrap_or((query, ""));
    let segments =
        path.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "v1.0" && *part != "beta");
    let filter = options.split('&').find_map(|option| {
        let (name, text) = option.split_once('=')?;
        let text = text.replace('+', " ");
        name.eq_ignore_ascii_case("$filter").then(|| grammar::parse(text.trim())).flatten()
    });
    (segments.map(str::to_owned).collect(), filter)
}

fn passes(object: &Object, filter: Option<&Filter>) -> bool {
    let entity = entity_of(object.kind);
    filter.is_none_or(|filter| filter.holds(&object.properties, &|name| entity.absent(name)))
}

/// The groups that each get a round of their own; nothing where the review is about one thing.
pub fn groups(tenant: &Tenant, scope: &Value) -> Option<Vec<Uuid>> {
    let (segments, filter) = parts(scope["query"].as_str()?);
    match segments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["groups"] => {
            let all = tenant.of_kind(Kind::Group).filter(|group| passes(group, filter.as_ref()));
            Some(all.map(|group| group.id).collect())
        }
        ["groups", id] => Some(vec![Uuid::try_parse(id).ok()?]),
        _ => None,
    }
}

pub fn subjects(tenant: &Tenant, scope: &Value, group: Option<Uuid>) -> Vec<Subject> {
    let Some(query) = scope["query"].as_str() else { return Vec::new() };
    let (segments, filter) = parts(query);
    let days = scope["inactiveDuration"].as_str().and_then(|text| text.parse::<jiff::Span>().ok());
    let days = days.map(|span| i64::from(span.get_days()) + 7 * i64::from(span.get_weeks()));
    let wanted = |user: &&Object| {
        user.kind == Kind::User
            && passes(user, filter.as_ref())
            && days.is_none_or(|days| is_inactive(tenant, user.id, days))
    };
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let of_group = match words[..] {
        ["groups", id, what, ..] => Uuid::try_parse(id).ok().map(|id| (id, what)),
        [what, ..] => group.map(|group| (group, what)),
        _ => None,
    };
    if let Some((group, what)) = of_group
        && let Some(found) = tenant.get(group)
    {
        let mut members = Vec::new();
        let mut waiting = vec![found];
        let mut seen = vec![group];
        while let Some(next) = waiting.pop() {
            for (_, member) in tenant.members(next) {
                match member.kind {
                    Kind::Group
                        if what.eq_ignore_ascii_case("transitiveMembers") && !seen.contains(&member.id) =>
                    {
                        seen.push(member.id);
                        waiting.push(member);
                    }
                    _ => members.push(member),
                }
            }
        }
        members.sort_unstable_by_key(|member| member.sequence);
        members.dedup_by_key(|member| member.id);
        let members = members.into_iter().filter(wanted);
        return members.map(|member| Subject { principal: member.id, resource: Some(group) }).collect();
    }
    if words[..] == ["users"] {
        let users = tenant.of_kind(Kind::User).filter(wanted);
        return users.map(|user| Subject { principal: user.id, resource: None }).collect();
    }
    Vec::new()
}

/// True when somebody has not signed in for so many days.
pub fn is_inactive(tenant: &Tenant, user: Uuid, days: i64) -> bool {
    let since = tenant.clock.now().as_second() - days * 86_400;
    let activity = tenant.get(user).and_then(|user| user.properties.get("signInActivity"));
    let last =
        activity.and_then(|activity| activity["lastSignInDateTime"].as_str()?.parse::<Timestamp>().ok());
    last.is_none_or(|last| last.as_second() < since)
}
