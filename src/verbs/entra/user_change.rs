//! Users and guests: changing.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::Reader;
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::verbs::card::{cmdlet_with, example, graph};
use crate::verbs::change;
use crate::verbs::refs::{UserRef, key_of, label_of};
use crate::verbs::shapes::USER;
use crate::verbs::{Area, Card, EffectKind, Entry, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<SetUser>());
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
    "mail",
    "showInAddressList",
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
        details: "Only what differs is sent. `clear: [\"mobilePhone\"]` empties a property; an empty value never does.\n\nAn object that was read can be changed and handed back: `set_user(u, u)` sends what was changed in it.\n\nWhoever gets another `mail` keeps the old address as a further one, as a rule of the service; so does an undo of it.",
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
            cmdlet_with(
                "Update-AzADUser",
                &[
                    ("ObjectId", "user"),
                    ("UPNOrObjectId", "user"),
                    ("OtherMail", "otherMails"),
                    ("BusinessPhone", "businessPhones"),
                ],
            ),
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
        // Some properties cannot be emptied; that one of them was empty before is rare.
        let lasting = |(name, value): (&String, &Value)| {
            same(value, &Value::Null) && !CLEARABLE.contains(&name.as_str())
        };
        if self.before.iter().any(lasting) {
            return Undo::Impossible("a property that cannot be emptied was empty before");
        }
        Undo::Call { verb: "set_user", arguments: change::back("user", json!(self.id), &self.before) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Changed {
            collection: Collection::Users,
            id: self.id.clone(),
            patch: Value::Object(self.patch.clone()),
        }]
    }
}
