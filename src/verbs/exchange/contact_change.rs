//! Changing mail contacts: what Exchange knows of the recipient, and what the address book says of the person.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::country::same_country;
use crate::identity::Service;
use crate::problem::Result;
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::{Reader, bare_address};
use crate::runs::write::{Permit, Writer};
use crate::services::explain::problem;
use crate::verbs::card::{EXCHANGE_RECIPIENTS, cmdlet_with, example};
use crate::verbs::change::{self, asked, wanted};
use crate::verbs::refs::{ContactRef, EmailAddress, UserRef};
use crate::verbs::shapes::MAIL_CONTACT;
use crate::verbs::{Area, Card, Certainty, EffectKind, Entry, Returns, Verb, WritingVerb};
use crate::words::pascal;

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<SetMailContact>());
    entries.push(Entry::writes::<SetContact>());
}

/// What Set-MailContact knows of a contact beyond names and address.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recipient {
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
    /// Free for the organization to use.
    custom_attribute6: Option<String>,
    /// Free for the organization to use.
    custom_attribute7: Option<String>,
    /// Free for the organization to use.
    custom_attribute8: Option<String>,
    /// Free for the organization to use.
    custom_attribute9: Option<String>,
    /// Free for the organization to use.
    custom_attribute10: Option<String>,
    /// Free for the organization to use.
    custom_attribute11: Option<String>,
    /// Free for the organization to use.
    custom_attribute12: Option<String>,
    /// Free for the organization to use.
    custom_attribute13: Option<String>,
    /// Free for the organization to use.
    custom_attribute14: Option<String>,
    /// Free for the organization to use.
    custom_attribute15: Option<String>,
}

/// Change the recipient.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
    #[serde(flatten)]
    recipient: Recipient,
}

/// What `set_mail_contact` can empty.
const RECIPIENT_CLEARABLE: &[&str] = &[
    "mailTip",
    "customAttribute1",
    "customAttribute2",
    "customAttribute3",
    "customAttribute4",
    "customAttribute5",
    "customAttribute6",
    "customAttribute7",
    "customAttribute8",
    "customAttribute9",
    "customAttribute10",
    "customAttribute11",
    "customAttribute12",
    "customAttribute13",
    "customAttribute14",
    "customAttribute15",
];

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
        let wanted = wanted(json!(self), self.clear.as_deref(), RECIPIENT_CLEARABLE, |_| Value::Null)?;
        asked(&wanted, &self.contact.0)?;
        Ok(step("Set-MailContact", self.contact.get(tenant).await?, wanted, Map::new()))
    }
}

/// What Set-Contact knows of the person beyond names.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
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

impl Person {
    /// The manager's sign-in name, which Exchange takes for them.
    async fn manager(&self, tenant: &Reader<'_>) -> Result<Option<Value>> {
        let Some(manager) = &self.manager else { return Ok(None) };
        let user = manager.get(tenant, &["id", "displayName", "mail", "userPrincipalName"]).await;
        let user = user.map_err(|p| p.option("manager"))?;
        Ok(user["userPrincipalName"].as_str().map(|upn| json!(upn)))
    }
}

/// Change contact and organization information.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
    #[serde(flatten)]
    person: Person,
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
        let mut contact = self.contact.get(tenant).await?;
        // A contact that was read and is handed back names its manager as Exchange does.
        let unchanged = |manager: &UserRef| manager.0.is_string() && manager.0 == contact["manager"];
        let manager = match self.person.manager.as_ref().is_some_and(unchanged) {
            true => None,
            false => self.person.manager(tenant).await?,
        };
        let given = with(json!(self), manager);
        let mut wanted = wanted(given, self.clear.as_deref(), CLEARABLE, |_| Value::Null)?;
        if self.person.manager.is_none() {
            asked(&wanted, &self.contact.0)?;
        }
        let mut before = Map::new();
        if let Some(manager) = wanted.get("manager").cloned() {
            let known = known_manager(&contact, tenant).await?;
            match same_name(&known, &manager) {
                true => drop(wanted.shift_remove("manager")),
                // Not as Exchange shows it: nobody is found again by a display name.
                false => {
                    contact["manager"] = manager;
                    before.insert("manager".to_owned(), known);
                }
            }
        }
        Ok(step("Set-Contact", contact, wanted, before))
    }
}

fn with(mut given: Value, manager: Option<Value>) -> Value {
    if let Some(manager) = manager {
        given["manager"] = manager;
    }
    given
}

/// Sign-in names do not differ by letter case.
fn same_name(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one.unwrap_or_default() == other.unwrap_or_default(),
    }
}

/// The sign-in name of a contact's manager. Exchange gives managers back by their directory name, by which it knows them again;
/// one who is nobody's user any more stays the name.
pub async fn known_manager(contact: &Value, tenant: &Reader<'_>) -> Result<Value> {
    let Some(name) = contact["manager"].as_str().filter(|name| !name.is_empty()) else {
        return Ok(Value::Null);
    };
    let identity = Map::from_iter([("Identity".to_owned(), json!(name))]);
    let found = tenant.services().exchange.get("Get-User", identity).await;
    let found = found.map_err(|failure| problem(failure, "reading the manager"))?;
    let upn = found.first().and_then(|user| user["userPrincipalName"].as_str());
    Ok(json!(upn.unwrap_or(name)))
}

fn step(
    cmdlet: &'static str,
    contact: Value,
    mut wanted: Map<String, Value>,
    manager_before: Map<String, Value>,
) -> Step {
    let label = bare_address(&contact["externalEmailAddress"]).to_owned();
    let new_manager = !manager_before.is_empty();
    wanted.retain(|name, value| {
        (name == "manager" && new_manager) || !same(name, value, &contact[name.as_str()])
    });
    if wanted.is_empty() {
        return Step::done(contact, label, "it was so already");
    }
    let mut before: Map<String, Value> =
        wanted.keys().map(|name| (name.clone(), as_given(name, &contact[name.as_str()]))).collect();
    before.extend(manager_before);
    let mut after = contact.clone();
    for (name, value) in &wanted {
        after[name.as_str()] = value.clone();
    }
    let guid = contact["guid"].as_str().unwrap_or_default().to_owned();
    Step::one_then(ChangeContact { cmdlet, guid: Some(guid), label, before, wanted, part: 0 }, move |_| after)
}

/// A value that was read as it would be given: without the address's scheme, without the tip's wrapping.
fn as_given(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("externalEmailAddress", _) => json!(bare_address(value)),
        ("mailTip", Value::String(tip)) => json!(plain_tip(tip)),
        _ => value.clone(),
    }
}

/// Exchange wraps the tip in HTML of its own.
fn plain_tip(tip: &str) -> String {
    let wrapping = ["<html>", "<body>", "</body>", "</html>"];
    wrapping.iter().fold(tip.to_owned(), |tip, tag| tip.replace(tag, "")).trim().to_owned()
}

fn same(name: &str, wanted: &Value, known: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match name {
        "externalEmailAddress" => bare_address(known).eq_ignore_ascii_case(&text(wanted)),
        _ if wanted.is_null() || wanted == "" => known.is_null() || known == "",
        "mailTip" => plain_tip(&text(known)) == plain_tip(&text(wanted)),
        "countryOrRegion" => same_country(wanted, known),
        "manager" => same_name(wanted, known),
        _ => wanted == known,
    }
}

/// What is set right after a contact was made: New-MailContact itself takes names and the address only.
pub async fn follow_up(
    address: &str,
    person: &Person,
    recipient: &Recipient,
    tenant: &Reader<'_>,
) -> Result<Vec<ChangeContact>> {
    let person = with(json!(person), person.manager(tenant).await?);
    let change = |cmdlet: &'static str, part: u32, given: Value| {
        let Value::Object(given) = given else { return None };
        let wanted: Map<String, Value> = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let nothing = |name: &String| {
            let nothing = if name == "hiddenFromAddressListsEnabled" { json!(false) } else { Value::Null };
            (name.clone(), nothing)
        };
        let before = wanted.keys().map(nothing).collect();
        let label = address.to_owned();
        (!wanted.is_empty()).then_some(ChangeContact { cmdlet, guid: None, label, before, wanted, part })
    };
    // Set-Contact may move the address that is shown, so what decides about it comes last.
    let all = [change("Set-Contact", 1, person), change("Set-MailContact", 2, json!(recipient))];
    Ok(all.into_iter().flatten().collect())
}

/// What a contact that is removed would have to be given again, beside names and address.
pub fn to_give_again(contact: &Value, manager: &Value) -> Map<String, Value> {
    let names = CLEARABLE.iter().chain(RECIPIENT_CLEARABLE).filter(|name| **name != "manager");
    let mut given: Map<String, Value> = names
        .filter(|name| contact[**name].as_str().is_some_and(|text| !text.is_empty()))
        .map(|name| ((*name).to_owned(), as_given(name, &contact[*name])))
        .collect();
    if contact["hiddenFromAddressListsEnabled"] == json!(true) {
        given.insert("hiddenFromAddressListsEnabled".to_owned(), json!(true));
    }
    if manager.as_str().is_some_and(|manager| manager.contains('@')) {
        given.insert("manager".to_owned(), manager.clone());
    }
    given
}

/// One Set-MailContact or Set-Contact.
pub struct ChangeContact {
    cmdlet: &'static str,
    /// `None`: the contact that the verb's first effect makes.
    guid: Option<String>,
    label: String,
    before: Map<String, Value>,
    pub wanted: Map<String, Value>,
    part: u32,
}

impl ChangeContact {
    fn identity<'a>(&'a self, earlier: &'a [Value]) -> &'a str {
        let made = || earlier.first().and_then(|contact| contact["guid"].as_str());
        self.guid.as_deref().or_else(made).unwrap_or(&self.label)
    }
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

    fn part(&self) -> u32 {
        self.part
    }

    fn service(&self) -> Service {
        Service::Exchange
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, earlier: &[Value]) -> Result<Applied> {
        let mut parameters: Map<String, Value> =
            self.wanted.iter().map(|(name, value)| (pascal(name), value.clone())).collect();
        let identity = self.identity(earlier);
        parameters.insert("Identity".into(), json!(identity));
        let reply = tenant.exchange(permit).run(self.cmdlet, parameters, true).await;
        let reply = reply.map_err(|failure| problem(failure, &self.doing()))?;
        Ok(Applied { output: json!({ "contact": identity }), ..Applied::done(reply) })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        let contact = match &self.guid {
            Some(guid) => tenant.mail_contact(guid).await?,
            None => tenant.mail_contact(&self.label).await?,
        };
        let Some(mut contact) = contact else { return Ok(Happened::Unknown) };
        if self.wanted.contains_key("manager") {
            contact["manager"] = known_manager(&contact, tenant).await?;
        }
        let is_so = self.wanted.iter().all(|(name, value)| same(name, value, &contact[name.as_str()]));
        Ok(match is_so {
            true => Happened::Done(json!({ "contact": contact["guid"] })),
            false => Happened::NotDone,
        })
    }

    fn undo(&self, output: &Value) -> Undo {
        let verb = if self.cmdlet == "Set-Contact" { "set_contact" } else { "set_mail_contact" };
        if self.before.get("manager").and_then(Value::as_str).is_some_and(|manager| !manager.contains('@')) {
            return Undo::Impossible("who was the manager before is no user any more");
        }
        let address = self.wanted.get("externalEmailAddress").and_then(Value::as_str).unwrap_or(&self.label);
        let contact = match self.guid.as_deref().or(output["contact"].as_str()) {
            Some(guid) => json!({ "guid": guid, "externalEmailAddress": address }),
            None => json!(address),
        };
        Undo::Call { verb, arguments: change::back("contact", contact, &self.before) }
    }

    fn facts(&self, _: &Value, earlier: &[Value]) -> Vec<Fact> {
        vec![Fact::Changed {
            collection: Collection::Contacts,
            id: self.identity(earlier).to_owned(),
            patch: Value::Object(self.wanted.clone()),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tip_is_read_as_it_was_given() {
        assert_eq!(plain_tip("<html>\n<body>\nAway < 3 weeks\n</body>\n</html>\n"), "Away < 3 weeks");
        assert_eq!(plain_tip("<html>\n<body>\nOn leave\n</body>\n</html>\n"), "On leave");
        assert_eq!(plain_tip("On leave"), "On leave");
    }

    #[test]
    fn what_exchange_says_in_other_words_is_the_same() {
        assert!(same("countryOrRegion", &json!("DE"), &json!("Germany")));
        assert!(same("externalEmailAddress", &json!("ann@x.example"), &json!("SMTP:Ann@x.example")));
        assert!(same("mailTip", &Value::Null, &json!("")));
        assert!(!same("mailTip", &json!("leave"), &json!("<html>\n<body>\nOn leave\n</body>\n</html>")));
    }
}
