//! Users and guests: reading.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::runs::reader::Reader;
use crate::services::graph::Query;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::refs::UserRef;
use crate::verbs::shapes::USER;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetUser>());
    entries.push(Entry::reads::<FindUser>());
    entries.push(Entry::reads::<GetUsers>());
    entries.push(Entry::reads::<GetGuests>());
}

/// What is read of a user: what was asked for, or what a guest's life needs.
fn selection(select: Option<&Vec<String>>) -> Result<Vec<&'static str>> {
    let Some(names) = select else { return Ok(USER.default.to_vec()) };
    let mut selected = vec!["id"];
    for name in names {
        let known = USER.names().find(|known| known.eq_ignore_ascii_case(name.trim()));
        let Some(known) = known else {
            if let Some(verb) = USER.elsewhere(name.trim()) {
                return Err(Problem::new(Kind::InvalidOption, format!("`{name}` is no property of a user"))
                    .option("select")
                    .hint(format!("{verb} reads them")));
            }
            let near =
                crate::words::nearest(name, USER.names()).map(|near| format!("did you mean `{near}`?"));
            let problem = Problem::new(Kind::InvalidOption, format!("a user has no property `{name}`"))
                .option("select");
            return Err(match near {
                Some(near) => problem.hint(near),
                None => problem,
            });
        };
        if !selected.contains(&known) {
            selected.push(known);
        }
    }
    Ok(selected)
}

/// One user, by object id, user principal name or address.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetUser {
    /// Who.
    user: UserRef,
    /// Properties to read instead of the usual ones.
    select: Option<Vec<String>>,
}

impl Verb for GetUser {
    const CARD: Card = Card {
        name: "get_user",
        area: Area::Users,
        summary: "Read one user or guest; throws not_found when there is none",
        details: "An address finds guests too, whose user principal name is `ann_fabrikam.example#EXT#@...`.",
        cmdlets: &[
            cmdlet_with("Get-MgUser", &[("UserId", "user"), ("Property", "select")]),
            cmdlet_with("Get-AzureADUser", &[("ObjectId", "user")]),
            cmdlet_with("Get-MsolUser", &[("UserPrincipalName", "user"), ("ObjectId", "user")]),
            cmdlet_with("Get-EntraUser", &[("UserId", "user"), ("ObjectId", "user"), ("Property", "select")]),
            cmdlet_with(
                "Get-AzADUser",
                &[
                    ("ObjectId", "user"),
                    ("UserPrincipalName", "user"),
                    ("Mail", "user"),
                    ("Select", "select"),
                ],
            ),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::One(&USER),
        examples: &[example("print(get_user(\"adele.vance@contoso.example\").displayName)", "Adele Vance")],
        source: "https://learn.microsoft.com/graph/api/user-get",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetUser {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        self.user.get(tenant, &selection(self.select.as_ref())?).await
    }
}

/// One user, or `()`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindUser {
    /// Who.
    user: UserRef,
    /// Properties to read instead of the usual ones.
    select: Option<Vec<String>>,
}

impl Verb for FindUser {
    const CARD: Card = Card {
        name: "find_user",
        area: Area::Users,
        summary: "Read one user or guest, or () when there is none",
        positional: &["user"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Maybe(&USER),
        examples: &[example("print(find_user(\"nobody@fabrikam.example\") == ())", "true")],
        source: "https://learn.microsoft.com/graph/api/user-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for FindUser {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let found = self.user.find(tenant, &selection(self.select.as_ref())?).await?;
        Ok(found.unwrap_or(Value::Null))
    }
}

/// Users of the tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetUsers {
    /// A Graph filter such as `userType eq 'Guest'`.
    filter: Option<String>,
    /// A Graph search such as `"displayName:ann"`.
    search: Option<String>,
    /// Properties to read instead of the usual ones.
    select: Option<Vec<String>>,
    /// A Graph ordering such as `displayName desc`.
    order_by: Option<String>,
    /// Stop after this many; all without it.
    #[schemars(range(min = 1))]
    top: Option<usize>,
}

impl Verb for GetUsers {
    const CARD: Card = Card {
        name: "get_users",
        area: Area::Users,
        summary: "Read users, all pages unless top is given",
        details: "Filters that need Graph's advanced query capabilities get them without being asked.",
        cmdlets: &[
            cmdlet_with(
                "Get-MgUser",
                &[
                    ("Filter", "filter"),
                    ("Search", "search"),
                    ("Property", "select"),
                    ("Top", "top"),
                    ("Sort", "orderBy"),
                    ("OrderBy", "orderBy"),
                ],
            ),
            cmdlet_with("Get-AzureADUser", &[("Filter", "filter"), ("Top", "top")]),
            cmdlet_with("Get-MsolUser", &[("MaxResults", "top")]),
            cmdlet_with("Get-EntraUser", &[("Filter", "filter"), ("Property", "select"), ("Top", "top")]),
            cmdlet_with("Get-AzADUser", &[("Filter", "filter"), ("Select", "select"), ("First", "top")]),
        ],
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Many(&USER),
        examples: &[example("print(get_users(#{ filter: \"displayName eq 'Adele Vance'\" }).len())", "1")],
        source: "https://learn.microsoft.com/graph/api/user-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetUsers {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let query = Query {
            filter: self.filter,
            search: self.search,
            order_by: self.order_by,
            top: self.top,
            ..Query::default().select(&selection(self.select.as_ref())?)
        };
        Ok(Value::Array(tenant.users(query).await?))
    }
}

/// Guests of the tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetGuests {
    /// Only guests who have accepted, or who have not yet.
    state: Option<GuestState>,
    /// Only guests with an address in this domain.
    domain: Option<String>,
    /// Only guests created before this date.
    #[schemars(extend("format" = "date-time"))]
    created_before: Option<String>,
    /// Properties to read instead of the usual ones.
    select: Option<Vec<String>>,
    /// A Graph filter on top of the other conditions.
    filter: Option<String>,
}

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
pub enum GuestState {
    PendingAcceptance,
    Accepted,
}

impl Verb for GetGuests {
    const CARD: Card = Card {
        name: "get_guests",
        area: Area::Users,
        summary: "Read guests, by state, domain or age",
        details: "",
        effect: EffectKind::Read,
        permissions: &[graph("User.Read.All")],
        returns: Returns::Many(&USER),
        examples: &[example(
            "new_invitation(#{ invitedUserEmailAddress: \"ann@wideworld.example\" });\nprint(get_guests(#{ domain: \"wideworld.example\", state: \"PendingAcceptance\" }).len())",
            "1",
        )],
        source: "https://learn.microsoft.com/graph/api/user-list",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetGuests {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let mut conditions = vec!["userType eq 'Guest'".to_owned()];
        conditions.extend(self.filter.map(|filter| format!("({filter})")));
        let mut select = selection(self.select.as_ref())?;
        for needed in ["mail", "otherMails", "externalUserState", "createdDateTime"] {
            if !select.contains(&needed) {
                select.push(needed);
            }
        }
        let users = tenant.users(Query::filter(conditions.join(" and ")).select(&select)).await?;
        // State, domain and age are compared here: Graph needs its slower, late index for each of them.
        let domain = self.domain.map(|domain| format!("@{}", domain.trim_start_matches('@').to_lowercase()));
        let before = self.created_before.as_deref().and_then(|date| date.parse::<jiff::Timestamp>().ok());
        let fits = |user: &Value| {
            let state = self.state.is_none_or(|state| user["externalUserState"] == json!(state));
            let in_domain = domain.as_deref().is_none_or(|domain| {
                let ends =
                    |value: &Value| value.as_str().is_some_and(|mail| mail.to_lowercase().ends_with(domain));
                ends(&user["mail"])
                    || user["otherMails"].as_array().is_some_and(|mails| mails.iter().any(ends))
            });
            let old = before.is_none_or(|before| {
                let created =
                    user["createdDateTime"].as_str().and_then(|date| date.parse::<jiff::Timestamp>().ok());
                created.is_some_and(|created| created < before)
            });
            state && in_domain && old
        };
        Ok(users.into_iter().filter(fits).collect())
    }
}
