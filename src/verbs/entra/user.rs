//! Users and guests: reading, changing, removing.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::services::graph::Query;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::change;
use crate::verbs::refs::{UserRef, key_of, label_of};
use crate::verbs::shapes::USER;
use crate::verbs::{Area, Card, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::reads::<GetUser>());
    entries.push(Entry::reads::<FindUser>());
    entries.push(Entry::reads::<GetUsers>());
    entries.push(Entry::reads::<GetGuests>());
    entries.push(Entry::writes::<SetUser>());
    entries.push(Entry::writes::<RemoveUser>());
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

/// What can be changed about a user.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetUser {
    /// Who.
    #[serde(skip_serializing)]
    user: UserRef,
    /// Properties to empty, by name; an empty value elsewhere never clears anything.
    #[serde(skip_serializing)]
    clear: Option<Vec<String>>,
    /// Whether the user may sign in.
    account_enabled: Option<bool>,
    /// Up to 256 characters.
    display_name: Option<String>,
    /// The given name; up to 64 characters.
    given_name: Option<String>,
    /// The family name; up to 64 characters.
    surname: Option<String>,
    /// What the person does; up to 128 characters.
    job_title: Option<String>,
    /// Up to 64 characters.
    company_name: Option<String>,
    /// Up to 64 characters.
    department: Option<String>,
    /// The office, such as a building or room.
    office_location: Option<String>,
    /// Street and number.
    street_address: Option<String>,
    /// The town.
    city: Option<String>,
    /// The state, province or canton.
    state: Option<String>,
    /// The postal code.
    postal_code: Option<String>,
    /// The country or region.
    country: Option<String>,
    /// The mobile phone.
    mobile_phone: Option<String>,
    /// The office phone; the service takes a single one.
    business_phones: Option<Vec<String>>,
    /// The fax number.
    fax_number: Option<String>,
    /// The address mail goes to.
    #[schemars(email)]
    mail: Option<String>,
    /// More addresses of the person.
    other_mails: Option<Vec<String>>,
    /// Two letters of ISO 3166; needed before any licence.
    #[schemars(regex(pattern = r"^[A-Za-z]{2}$"))]
    usage_location: Option<String>,
    /// The language to write in, such as `en-US`.
    preferred_language: Option<String>,
    /// Whether the user appears in the address book; guests do not unless told so.
    show_in_address_list: Option<bool>,
    /// The number by which the organization knows the person.
    employee_id: Option<String>,
    /// Such as `Employee`, `Contractor` or `Vendor`.
    employee_type: Option<String>,
    /// `Guest` or `Member`.
    user_type: Option<super::invitation::UserType>,
}

/// Properties that are empty lists when they are empty.
const EMPTY_LISTS: &[&str] = &["businessPhones", "otherMails"];

/// Properties that `clear` can empty.
const CLEARABLE: &[&str] = &[
    "givenName",
    "surname",
    "jobTitle",
    "companyName",
    "department",
    "officeLocation",
    "streetAddress",
    "city",
    "state",
    "postalCode",
    "country",
    "mobilePhone",
    "businessPhones",
    "faxNumber",
    "otherMails",
    "usageLocation",
    "preferredLanguage",
    "employeeId",
    "employeeType",
];

impl Verb for SetUser {
    const CARD: Card = Card {
        name: "set_user",
        area: Area::Users,
        summary: "Change properties of a user or guest",
        details: "Only what differs is sent. `clear: [\"mobilePhone\"]` empties a property; an empty value never does.\n\nAn object that was read can be changed and handed back: `set_user(u, u)` sends what was changed in it.",
        cmdlets: &[
            cmdlet_with("Update-MgUser", &[("UserId", "user")]),
            cmdlet_with(
                "Set-AzureADUser",
                &[
                    ("ObjectId", "user"),
                    ("TelephoneNumber", "businessPhones"),
                    ("Mobile", "mobilePhone"),
                    ("PhysicalDeliveryOfficeName", "officeLocation"),
                ],
            ),
            cmdlet_with(
                "Set-MsolUser",
                &[
                    ("UserPrincipalName", "user"),
                    ("ObjectId", "user"),
                    ("FirstName", "givenName"),
                    ("LastName", "surname"),
                    ("Office", "officeLocation"),
                    ("Title", "jobTitle"),
                ],
            ),
            cmdlet_with("Set-EntraUser", &[("UserId", "user"), ("ObjectId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::One(&USER),
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nset_user(i, #{ companyName: \"Fabrikam\", showInAddressList: true });\nprint(get_user(i).companyName)",
            "Fabrikam",
        )],
        source: "https://learn.microsoft.com/graph/api/user-update",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for SetUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let empty = |name: &str| if EMPTY_LISTS.contains(&name) { json!([]) } else { Value::Null };
        let mut wanted = change::wanted(json!(self), self.clear.as_deref(), CLEARABLE, empty)?;
        change::asked(&wanted, &self.user.0)?;
        if let Some(Value::String(location)) = wanted.get_mut("usageLocation") {
            // The service keeps capitals.
            location.make_ascii_uppercase();
        }
        let mut select = USER.default.to_vec();
        select.extend(wanted.keys().filter_map(|name| USER.more.iter().find(|known| *known == name)));
        let user = self.user.get(tenant, &select).await?;
        let label = label_of(&user);
        wanted.retain(|name, value| !same(value, &user[name.as_str()]));
        if wanted.is_empty() {
            return Ok(Step::done(user, label, "it was so already"));
        }
        let before = wanted.keys().map(|name| (name.clone(), user[name.as_str()].clone())).collect();
        let mut after = user.clone();
        for (name, value) in &wanted {
            after[name.as_str()] = value.clone();
        }
        let effect = ChangeUser { id: key_of(&user), label, before, patch: wanted };
        Ok(Step::one_then(effect, move |_| after))
    }
}

/// `null` and an empty list are the same nothing.
fn same(a: &Value, b: &Value) -> bool {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    a == b || (empty(a) && empty(b))
}

/// One PATCH /users/{id}.
pub struct ChangeUser {
    pub id: String,
    pub label: String,
    pub before: Map<String, Value>,
    pub patch: Map<String, Value>,
}

#[async_trait]
impl Effect for ChangeUser {
    fn doing(&self) -> String {
        let names = self.patch.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("setting {names} of `{}`", self.label)
    }

    fn action(&self) -> Action {
        Action::Change
    }

    fn target(&self) -> String {
        self.label.clone()
    }

    fn before(&self) -> Value {
        Value::Object(self.before.clone())
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = tenant.graph(permit).update_user(&self.id, Value::Object(self.patch.clone())).await;
        reply.map(Applied::done).map_err(|failure| problem(failure, &self.doing()))
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let names: Vec<&str> = self.patch.keys().map(String::as_str).collect();
        Ok(match tenant.user(&self.id, &names).await? {
            Some(user) if self.patch.iter().all(|(name, value)| same(value, &user[name.as_str()])) => {
                Happened::Done(Value::Null)
            }
            Some(_) => Happened::NotDone,
            None => Happened::Unknown,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Call { verb: "set_user", arguments: change::back("user", &self.id, &self.before) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Changed {
            collection: Collection::Users,
            id: self.id.clone(),
            patch: Value::Object(self.patch.clone()),
        }]
    }
}

/// Remove a user or guest.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveUser {
    /// Who.
    user: UserRef,
}

impl Verb for RemoveUser {
    const CARD: Card = Card {
        name: "remove_user",
        area: Area::Users,
        summary: "Remove a user or guest; the tenant keeps them in its bin for 30 days",
        details: "Azure roles of the user stay behind as `Identity not found`: take them away first with `unassign_role`.\n\nAt most 25 objects are removed in a run, unless `--max-removals N` says otherwise.",
        cmdlets: &[
            cmdlet_with("Remove-MgUser", &[("UserId", "user")]),
            cmdlet_with("Remove-AzureADUser", &[("ObjectId", "user")]),
            cmdlet_with("Remove-MsolUser", &[("UserPrincipalName", "user"), ("ObjectId", "user")]),
            cmdlet_with("Remove-EntraUser", &[("UserId", "user"), ("ObjectId", "user")]),
        ],
        positional: &["user"],
        required: 1,
        effect: EffectKind::Remove,
        permissions: &[graph("User.ReadWrite.All")],
        returns: Returns::Nothing,
        examples: &[example(
            "let i = new_invitation(#{ invitedUserEmailAddress: \"ann@fabrikam.example\" });\nremove_user(i);\nprint(find_user(\"ann@fabrikam.example\") == ())",
            "true",
        )],
        source: "https://learn.microsoft.com/graph/api/user-delete",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveUser {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let key = self.user.key()?;
        let Some(user) = self.user.find(tenant, USER.default).await? else {
            return Ok(Step::done(Value::Null, key, "there is no such user"));
        };
        let label = label_of(&user);
        Ok(Step::one(DeleteUser { id: key_of(&user), label, before: user }))
    }
}

/// One DELETE /users/{id}.
struct DeleteUser {
    id: String,
    label: String,
    before: Value,
}

#[async_trait]
impl Effect for DeleteUser {
    fn doing(&self) -> String {
        format!("removing `{}`", self.label)
    }

    fn action(&self) -> Action {
        Action::Remove
    }

    fn target(&self) -> String {
        self.label.clone()
    }

    fn before(&self) -> Value {
        self.before.clone()
    }

    fn warnings(&self) -> Vec<String> {
        let member = self.before["userType"] == "Member";
        member
            .then(|| format!("`{}` is a member of this organization, not a guest", self.label))
            .into_iter()
            .collect()
    }

    fn removes_an_object(&self) -> bool {
        true
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        match tenant.graph(permit).delete_user(&self.id).await {
            Ok(reply) => Ok(Applied::done(reply)),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.user(&self.id, &["id"]).await? {
            None => Happened::Done(Value::Null),
            Some(_) => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        Undo::Call { verb: "restore_user", arguments: json!({ "user": self.id }) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Gone { collection: Collection::Users, id: self.id.clone() }]
    }
}
