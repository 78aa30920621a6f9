//! Mail contacts: people outside whom the address book shows. Reading, making, removing.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::contact_change::{Person, Recipient, follow_up, known_manager, to_give_again};
use crate::identity::Service;
use crate::problem::{Kind, Problem, Result};
use crate::runs::effect::{Action, Applied, Collection, Effect, Fact, Happened, Step, Undo};
use crate::runs::reader::{Reader, bare_address};
use crate::runs::write::{Permit, Writer};
use crate::services::exchange::first_object;
use crate::services::explain::problem;
use crate::verbs::card::{EXCHANGE_RECIPIENTS, cmdlet, cmdlet_with, example};
use crate::verbs::refs::{ContactRef, EmailAddress, holders};
use crate::verbs::shapes::MAIL_CONTACT;
use crate::verbs::{Area, Card, Certainty, EffectKind, Entry, ReadingVerb, Returns, Verb, WritingVerb};

pub fn list(entries: &mut Vec<Entry>) {
    entries.push(Entry::writes::<NewMailContact>());
    entries.push(Entry::reads::<GetMailContact>());
    entries.push(Entry::reads::<FindMailContact>());
    entries.push(Entry::reads::<GetMailContacts>());
    entries.push(Entry::writes::<RemoveMailContact>());
}

/// Make a mail contact.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewMailContact {
    /// Unique in the organization, up to 64 characters; the address is a good one.
    #[schemars(length(min = 1, max = 64))]
    name: String,
    /// Where mail to the contact goes.
    external_email_address: EmailAddress,
    /// Shown in the address book; the name when left out. Up to 256 characters.
    #[schemars(length(max = 256))]
    display_name: Option<String>,
    /// The given name.
    first_name: Option<String>,
    /// The family name.
    last_name: Option<String>,
    /// The letters between given and family name; up to 6.
    initials: Option<String>,
    /// Made from the name when left out.
    #[schemars(length(max = 64))]
    alias: Option<String>,
    #[serde(flatten)]
    person: Person,
    #[serde(flatten)]
    recipient: Recipient,
}

impl Verb for NewMailContact {
    const CARD: Card = Card {
        name: "new_mail_contact",
        area: Area::Contacts,
        summary: "Make a mail contact, so that a person outside appears in the address book",
        details: "Exchange takes names and address alone when it makes a contact: phone, company and title follow in a call of Set-Contact, visibility and attributes in one of Set-MailContact, each a step of its own.\n\nA contact keeps its address for itself: a guest invited to the same address later has no mail address of its own, and for an address that a guest holds the contact is refused. For someone who is to be a guest, `set_user(guest, #{ showInAddressList: true })` shows the guest instead.\n\nWith User.Read.All beside its permission, the refusal names the guest.",
        cmdlets: &[cmdlet("New-MailContact")],
        effect: EffectKind::Create,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::One(&MAIL_CONTACT),
        examples: &[example(
            "let c = new_mail_contact(#{\n    name: \"Ann Lee (Fabrikam)\",\n    externalEmailAddress: \"ann@fabrikam.example\",\n});\nprint(c.displayName)",
            "Ann Lee (Fabrikam)",
        )],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/new-mailcontact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for NewMailContact {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let address = self.external_email_address.0.trim().to_owned();
        // What this very call made in an earlier sitting is its own contact, not one that was there before.
        let known = match tenant.begun(0) {
            true => Vec::new(),
            false => tenant.contacts_with_address(&address).await?,
        };
        if let Some(contact) = known.into_iter().next() {
            let name = contact["name"].as_str().unwrap_or_default().to_owned();
            let note = match name == self.name {
                true => "already a mail contact".to_owned(),
                false => format!("already a mail contact, named `{name}`: left as it is"),
            };
            return Ok(Step::done(contact, address, note));
        }
        let look = &["id", "displayName", "mail", "userPrincipalName", "userType", "proxyAddresses"];
        let guests =
            holders(Problem::unless_unseen(tenant.users_with_address(&address, look).await)?, &address);
        if let Some(user) = guests.first() {
            let who = if user["userType"] == "Guest" { "a guest" } else { "a user of this organization" };
            return Err(Problem::new(Kind::Conflict, format!("the address belongs to {who}, {}", user["displayName"].as_str().unwrap_or_default()))
                .doing(format!("making the mail contact `{}`", self.name))
                .hint(format!("a guest needs no contact: set_user(\"{address}\", #{{ showInAddressList: true }}) shows the guest in the address book"))
                .value(&address));
        }
        let mut parameters = Map::new();
        parameters.insert("Name".into(), json!(self.name));
        parameters.insert("ExternalEmailAddress".into(), json!(address));
        let optional = [
            ("DisplayName", &self.display_name),
            ("FirstName", &self.first_name),
            ("LastName", &self.last_name),
            ("Initials", &self.initials),
            ("Alias", &self.alias),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                parameters.insert(name.into(), json!(value));
            }
        }
        let more = follow_up(&address, &self.person, &self.recipient, tenant).await?;
        let wanted: Vec<Map<String, Value>> = more.iter().map(|change| change.wanted.clone()).collect();
        let mut effects: Vec<Box<dyn Effect>> = vec![Box::new(MakeContact { address, parameters })];
        effects.extend(more.into_iter().map(|change| Box::new(change) as Box<dyn Effect>));
        let finish = move |mut outputs: Vec<Value>| {
            let mut contact = outputs.swap_remove(0);
            for (name, value) in wanted.into_iter().flatten() {
                contact[name] = value;
            }
            contact
        };
        Ok(Step::Do { effects, finish: Box::new(finish), notes: Vec::new() })
    }
}

/// One New-MailContact.
struct MakeContact {
    address: String,
    parameters: Map<String, Value>,
}

impl MakeContact {
    fn name(&self) -> &str {
        self.parameters["Name"].as_str().unwrap_or_default()
    }
}

#[async_trait]
impl Effect for MakeContact {
    fn doing(&self) -> String {
        format!("making the mail contact `{}`", self.name())
    }

    fn action(&self) -> Action {
        Action::Create
    }

    fn target(&self) -> String {
        self.address.clone()
    }

    fn service(&self) -> Service {
        Service::Exchange
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let reply = tenant.exchange(permit).run("New-MailContact", self.parameters.clone(), false).await;
        let reply = reply.map_err(|failure| problem(failure, &self.doing()).value(&self.address))?;
        Ok(Applied { output: first_object(&reply.body), ..Applied::done(reply) })
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.contacts_with_address(&self.address).await?.into_iter().next() {
            Some(contact) => Happened::Done(contact),
            None => Happened::NotDone,
        })
    }

    fn undo(&self, output: &Value) -> Undo {
        let contact = json!({ "guid": output["guid"], "externalEmailAddress": self.address });
        Undo::Call { verb: "remove_mail_contact", arguments: json!({ "contact": contact }) }
    }

    fn placeholder(&self, address: &str, _: &[Value]) -> Value {
        let display = self.parameters.get("DisplayName").cloned().unwrap_or_else(|| json!(self.name()));
        let mut contact = json!({
            "guid": address,
            "name": self.name(),
            "displayName": display,
            "externalEmailAddress": format!("SMTP:{}", self.address),
            "primarySmtpAddress": self.address,
            "emailAddresses": [format!("SMTP:{}", self.address)],
            "hiddenFromAddressListsEnabled": false,
            "recipientTypeDetails": "MailContact",
        });
        for name in ["FirstName", "LastName", "Initials", "Alias"] {
            if let Some(value) = self.parameters.get(name) {
                contact[crate::words::camel(name)] = value.clone();
            }
        }
        contact
    }

    fn facts(&self, output: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Exists { collection: Collection::Contacts, object: output.clone() }]
    }
}

/// One mail contact.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetMailContact {
    /// Which.
    contact: ContactRef,
}

impl Verb for GetMailContact {
    const CARD: Card = Card {
        name: "get_mail_contact",
        area: Area::Contacts,
        summary: "Read one mail contact, with its contact and organization information",
        cmdlets: &[
            cmdlet_with("Get-MailContact", &[("Identity", "contact")]),
            cmdlet_with("Get-Contact", &[("Identity", "contact")]),
        ],
        positional: &["contact"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::One(&MAIL_CONTACT),
        examples: &[example(
            "new_mail_contact(#{ name: \"Ann Lee\", externalEmailAddress: \"ann@fabrikam.example\" });\nprint(get_mail_contact(\"ann@fabrikam.example\").name)",
            "Ann Lee",
        )],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailcontact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetMailContact {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        self.contact.get(tenant).await
    }
}

/// One mail contact, or `()`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindMailContact {
    /// Which.
    contact: ContactRef,
}

impl Verb for FindMailContact {
    const CARD: Card = Card {
        name: "find_mail_contact",
        area: Area::Contacts,
        summary: "Read one mail contact, or () when there is none",
        positional: &["contact"],
        required: 1,
        effect: EffectKind::Read,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::Maybe(&MAIL_CONTACT),
        examples: &[example("print(find_mail_contact(\"nobody@fabrikam.example\") == ())", "true")],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailcontact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for FindMailContact {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        Ok(self.contact.find(tenant).await?.unwrap_or(Value::Null))
    }
}

/// Mail contacts of the organization.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetMailContacts {
    /// An Exchange filter such as `DisplayName -like 'Ann*'`.
    filter: Option<String>,
    /// Text to look for in names and addresses.
    anr: Option<String>,
    /// Stop after this many; all without it.
    #[schemars(range(min = 1))]
    top: Option<usize>,
}

impl Verb for GetMailContacts {
    const CARD: Card = Card {
        name: "get_mail_contacts",
        area: Area::Contacts,
        summary: "Read mail contacts, all pages unless top is given",
        details: "Contact and organization information (phone, company) comes with `get_mail_contact`, one by one.",
        cmdlets: &[cmdlet_with(
            "Get-MailContact",
            &[("Filter", "filter"), ("Anr", "anr"), ("ResultSize", "top")],
        )],
        effect: EffectKind::Read,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::Many(&MAIL_CONTACT),
        examples: &[example(
            "let filter = \"ExternalEmailAddress -eq 'SMTP:sales@litware.example'\";\nprint(get_mail_contacts(#{ filter: filter }).len())",
            "1",
        )],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailcontact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl ReadingVerb for GetMailContacts {
    async fn read(self, tenant: &Reader<'_>) -> Result<Value> {
        let mut parameters = Map::new();
        if let Some(filter) = &self.filter {
            parameters.insert("Filter".into(), json!(filter));
        }
        if let Some(anr) = &self.anr {
            parameters.insert("Anr".into(), json!(anr));
        }
        parameters.insert("ResultSize".into(), json!("Unlimited"));
        let narrowed = self.filter.is_some() || self.anr.is_some();
        if narrowed {
            tenant.warn("filters on mail contacts do not look at planned contacts".to_owned());
        }
        let mut contacts = tenant.mail_contacts(parameters, |_| !narrowed).await?;
        if let Some(top) = self.top {
            contacts.truncate(top);
        }
        Ok(Value::Array(contacts))
    }
}

/// Remove a mail contact.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveMailContact {
    /// Which.
    contact: ContactRef,
}

impl Verb for RemoveMailContact {
    const CARD: Card = Card {
        name: "remove_mail_contact",
        area: Area::Contacts,
        summary: "Remove a mail contact",
        details: "There is no bin for contacts: what it knew is kept in usher's ledger only. An undo makes a contact with the same address, names and information; its id is another one, and it is in no group.",
        cmdlets: &[cmdlet_with("Remove-MailContact", &[("Identity", "contact")])],
        positional: &["contact"],
        required: 1,
        effect: EffectKind::Remove,
        permissions: &[EXCHANGE_RECIPIENTS],
        certainty: Certainty::Observed,
        returns: Returns::Nothing,
        examples: &[example(
            "let c = new_mail_contact(#{ name: \"Ann Lee\", externalEmailAddress: \"ann@fabrikam.example\" });\nremove_mail_contact(c);\nprint(find_mail_contact(\"ann@fabrikam.example\") == ())",
            "true",
        )],
        source: "https://learn.microsoft.com/powershell/module/exchangepowershell/remove-mailcontact",
        ..Card::PLAIN
    };
}

#[async_trait]
impl WritingVerb for RemoveMailContact {
    async fn prepare(self, tenant: &Reader<'_>) -> Result<Step> {
        let key = self.contact.key()?;
        let Some(contact) = self.contact.find(tenant).await? else {
            return Ok(Step::done(Value::Null, key, "there is no such mail contact"));
        };
        let manager = known_manager(&contact, tenant).await?;
        Ok(Step::one(DropContact { contact, manager }))
    }
}

/// One Remove-MailContact.
struct DropContact {
    contact: Value,
    /// The sign-in name of the contact's manager.
    manager: Value,
}

impl DropContact {
    fn guid(&self) -> &str {
        self.contact["guid"].as_str().unwrap_or_default()
    }
}

#[async_trait]
impl Effect for DropContact {
    fn doing(&self) -> String {
        format!("removing the mail contact `{}`", self.target())
    }

    fn action(&self) -> Action {
        Action::Remove
    }

    fn target(&self) -> String {
        bare_address(&self.contact["externalEmailAddress"]).to_owned()
    }

    fn before(&self) -> Value {
        self.contact.clone()
    }

    fn removes_an_object(&self) -> bool {
        true
    }

    fn service(&self) -> Service {
        Service::Exchange
    }

    async fn apply(&self, permit: &Permit, tenant: &Writer, _: &[Value]) -> Result<Applied> {
        let mut parameters = Map::new();
        parameters.insert("Identity".into(), json!(self.guid()));
        parameters.insert("Confirm".into(), json!(false));
        match tenant.exchange(permit).run("Remove-MailContact", parameters, true).await {
            Ok(reply) => Ok(Applied { output: Value::Null, ..Applied::done(reply) }),
            Err(failure) if failure.is_not_found() => Ok(Applied::already()),
            Err(failure) => Err(problem(failure, &self.doing())),
        }
    }

    async fn reconcile(&self, tenant: &Reader<'_>) -> Result<Happened> {
        Ok(match tenant.mail_contact(self.guid()).await? {
            None => Happened::Done(Value::Null),
            Some(_) => Happened::NotDone,
        })
    }

    fn undo(&self, _: &Value) -> Undo {
        let mut arguments = Map::new();
        arguments.insert("externalEmailAddress".into(), json!(self.target()));
        for name in ["name", "displayName", "firstName", "lastName", "initials", "alias"] {
            if self.contact[name].is_string() {
                arguments.insert(name.into(), self.contact[name].clone());
            }
        }
        arguments.extend(to_give_again(&self.contact, &self.manager));
        Undo::Call { verb: "new_mail_contact", arguments: Value::Object(arguments) }
    }

    fn facts(&self, _: &Value, _: &[Value]) -> Vec<Fact> {
        vec![Fact::Gone { collection: Collection::Contacts, id: self.guid().to_owned() }]
    }
}
