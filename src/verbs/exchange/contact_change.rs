//! Changing mail contacts: what Exchange knows of the recipient, and what the address book says of the person.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::{Reader, bare_address};
use crate::runs::write::{Permit, Writer};
use crate::services::exchange::pascal;
use crate::services::explain::problem;
use crate::verbs::card::{EXCHANGE_RECIPIENTS, cmdlet_with, example};
use crate::verbs::change::{self, asked, wanted};
use crate::verbs::refs::{ContactRef, EmailAddress, UserRef};
use crate::verbs::shapes::MAIL_CONTACT;
use crate::verbs::{Area, Card, Certainty, EffectKind, Entry, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<SetMailContact>());
    entries.push(Entry::writes::<SetContact>());
}

/// Change the recipient.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetMailContact {
    /// Which.
    #[serde(skip_serializing)]
    contact: ContactRef,
    /// Properties to empty, by name.
    #[serde(skip_serializing)]
    clear: Option<Vec<String>>,
    /// Unique in the organization, up to 64 characters.
    #[schemars(length(min = 1, max = 64))]
    name: Option<String>,
    /// Shown in the address book.
    display_name: Option<String>,
    /// The mail nickname.
    alias: Option<String>,
    /// Where mail goes from now on; the old address is not kept.
    external_email_address: Option<EmailAddress>,
    /// Whether the address book leaves the contact out.
    hidden_from_address_lists_enabled: Option<bool>,
    /// Shown to whoever writes to the contact; up to 175 characters.
    #[schemars(length(max = 175))]
    mail_tip: Option<String>,
    /// Free for the organization to use.
    custom_attribute1: Option<String>,
    /// Free for the organization to use.
    custom_attribute2: Option<String>,
    /// Free for the organization to use.
    custom_attribute3: Option<String>,
    /// Free for the organization to use.
    custom_attribute4: Option<String>,
    /// Free for the organization to use.
    custom_attribute5: Option<String>,
}

impl Verb for SetMailContact {
    const CARD: Card = Card {
        name: "set_mail_contact",
        area: Area::Contacts,
        summary: "Change a mail contact's name, address or visibility",
        details: "Only what differs is sent. `clear: [\"mailTip\"]` empties a property.",
        cmdlets: &[cmdlet_with("Set-MailContact", &[("Identity", "contact")])],
        positional: &["contact"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::One(&MAIL_CONTACT),
        examples: &[example(
            "let c = new_mail_contact(#{ name: \"Ann Lee\", externalEmailAddress: \"ann@fabrikam.example\" });\nset_mail_contact(c, #{ displayName: \"Ann Lee (Fabrikam)\" });\nprint(get_mail_contact(c).displayName)",
            "Ann Lee (Fabrikam)",
        )],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailcontact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for SetMailContact {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let wanted = wanted(
            json!(self),
            self.clear.as_deref(),
            &[
                "mailTip",
                "customAttribute1",
                "customAttribute2",
                "customAttribute3",
                "customAttribute4",
                "customAttribute5",
            ],
            |_| Value::Null,
        )?;
        asked(&wanted, &self.contact.0)?;
        step("Set-MailContact", self.contact.get(tenant).await?, wanted, None)
    }
}

/// Change contact and organization information.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetContact {
    /// Which.
    #[serde(skip_serializing)]
    contact: ContactRef,
    /// Properties to empty, by name.
    #[serde(skip_serializing)]
    clear: Option<Vec<String>>,
    /// The given name.
    first_name: Option<String>,
    /// The family name.
    last_name: Option<String>,
    /// The letters between given and family name; up to 6.
    initials: Option<String>,
    /// Shown in the address book.
    display_name: Option<String>,
    /// Street and number.
    street_address: Option<String>,
    /// The town.
    city: Option<String>,
    /// The state, province or canton.
    state_or_province: Option<String>,
    /// The postal code.
    postal_code: Option<String>,
    /// Two letters of ISO 3166, or the country's name.
    country_or_region: Option<String>,
    /// The office phone.
    phone: Option<String>,
    /// The mobile phone.
    mobile_phone: Option<String>,
    /// The phone at home.
    home_phone: Option<String>,
    /// The fax number.
    fax: Option<String>,
    /// The pager number.
    pager: Option<String>,
    /// An address on the web.
    web_page: Option<String>,
    /// Anything else worth knowing.
    notes: Option<String>,
    /// What the person does.
    title: Option<String>,
    /// The department within the company.
    department: Option<String>,
    /// The company the person works for.
    company: Option<String>,
    /// The office, such as a building or room.
    office: Option<String>,
    /// A user of the organization.
    #[serde(skip_serializing)]
    manager: Option<UserRef>,
    /// Who assists the person.
    assistant_name: Option<String>,
}

/// What `set_contact` can empty.
const CLEARABLE: &[&str] = &[
    "firstName",
    "lastName",
    "initials",
    "streetAddress",
    "city",
    "stateOrProvince",
    "postalCode",
    "countryOrRegion",
    "phone",
    "mobilePhone",
    "homePhone",
    "fax",
    "pager",
    "webPage",
    "notes",
    "title",
    "department",
    "company",
    "office",
    "manager",
    "assistantName",
];

impl Verb for SetContact {
    const CARD: Card = Card {
        name: "set_contact",
        area: Area::Contacts,
        summary: "Change a mail contact's phone, address, title, company and manager",
        details: "Only what differs is sent. `clear: [\"phone\"]` empties a property.",
        cmdlets: &[cmdlet_with("Set-Contact", &[("Identity", "contact")])],
        positional: &["contact"],
        required: 1,
        effect: EffectKind::Change,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::One(&MAIL_CONTACT),
        examples: &[example(
            "let c = new_mail_contact(#{ name: \"Ann Lee\", externalEmailAddress: \"ann@fabrikam.example\" });\nset_contact(c, #{ company: \"Fabrikam\", title: \"Buyer\", phone: \"+49 30 1234567\" });\nprint(get_mail_contact(c).company)",
            "Fabrikam",
        )],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/set-contact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for SetContact {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let given = json!(self);
        let mut extra = None;
        if let Some(manager) = &self.manager {
            let user = manager
                .get(tenant, &["id", "displayName", "mail", "userPrincipalName"])
                .await
                .map_err(|p| p.option("manager"))?;
            extra = user["userPrincipalName"].as_str().map(|upn| json!(upn));
        }
        let mut wanted = wanted(with(given, extra), self.clear.as_deref(), CLEARABLE, |_| Value::Null)?;
        asked(&wanted, &self.contact.0)?;
        let contact = self.contact.get(tenant).await?;
        // Exchange gives managers back by their directory name; whether it is the same one cannot be told, so it is sent.
        let manager = wanted.shift_remove("manager");
        step("Set-Contact", contact, wanted, manager)
    }
}

fn with(mut given: Value, manager: Option<Value>) -> Value {
    if let Some(manager) = manager {
        given["manager"] = manager;
    }
    given
}

fn step(
    cmdlet: &'static str,
    contact: Value,
    mut wanted: Map<String, Value>,
    manager: Option<Value>,
) -> Result<Step> {
    let label = bare_address(&contact["externalEmailAddress"]).to_owned();
    wanted.retain(|name, value| !same(name, value, &contact[name.as_str()]));
    wanted.extend(manager.map(|manager| ("manager".to_owned(), manager)));
    if wanted.is_empty() {
        return Ok(Step::done(contact, label, "it was so already"));
    }
    let before = wanted.keys().map(|name| (name.clone(), contact[name.as_str()].clone())).collect();
    let mut after = contact.clone();
    for (name, value) in &wanted {
        after[name.as_str()] = value.clone();
    }
    let guid = contact["guid"].as_str().unwrap_or_default().to_owned();
    Ok(Step::one_then(ChangeContact { cmdlet, guid, label, before, wanted }, move |_| after))
}

fn same(name: &str, wanted: &Value, known: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match name {
        "externalEmailAddress" => bare_address(known).eq_ignore_ascii_case(&text(wanted)),
        // Exchange wraps the tip in HTML of its own.
        "mailTip" => text(known).contains(&text(wanted)) && !text(wanted).is_empty(),
        _ if wanted.is_null() || wanted == "" => known.is_null() || known == "",
        _ => wanted == known,
    }
}

/// One Set-MailContact or Set-Contact.
struct ChangeContact {
    cmdlet: &'static str,
    guid: String,
    label: String,
    before: Map<String, Value>,
    wanted: Map<String, Value>,
}

#[async_trait]
impl Effect for ChangeContact {
    fn doing(&self) -> String {
        let names = self.wanted.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("setting {names} of the mail contact `{}`", self.label)
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
        let mut parameters: Map<String, Value> =
            self.wanted.iter().map(|(name, value)| (pascal(name), value.clone())).collect();
        parameters.insert("Identity".into(), json!(self.guid));
        let reply = tenant.exchange(permit).run(self.cmdlet, parameters, true).await;
        let reply = reply.map_err(|failure| problem(failure, &self.doing()))?;
        Ok(Applied { output: Value::Null, ..Applied::done(reply) })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let contact = tenant.mail_contact(&self.guid).await?;
        Ok(match contact {
            Some(contact)
                if self.wanted.iter().all(|(name, value)| same(name, value, &contact[name.as_str()])) =>
            {
                Happened::Done(Value::Null)
            }
            Some(_) => Happened::NotDone,
            None => Happened::Unknown,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        let verb = if self.cmdlet == "Set-Contact" { "set_contact" } else { "set_mail_contact" };
        Undo::Call { verb, arguments: change::back("contact", &self.guid, &self.before) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Changed {
            collection: Collection::Contacts,
            id: self.guid.clone(),
            patch: Value::Object(self.wanted.clone()),
        }]
    }
}
