//! Reading Exchange: mail contacts.

use super::*;
use crate::problem::Kind;

impl Reader<'_> {
    /// Mail contacts by the parameters of `Get-MailContact`; `fits` answers for planned ones.
    pub async fn mail_contacts(
        &self,
        parameters: Map<String, Value>,
        fits: impl Fn(&Value) -> bool + Send + Sync,
    ) -> Result<Vec<Value>> {
        let names = match parameters.get("Filter").and_then(Value::as_str) {
            Some(filter) => named_in(filter),
            None if parameters.keys().all(|name| name == "ResultSize") => Vec::new(),
            None => ["name", "displayName", "alias", "externalEmailAddress"].map(str::to_owned).into(),
        };
        let question = Question { names, fits: Box::new(fits) };
        let contacts = self
            .services
            .exchange
            .get("Get-MailContact", parameters)
            .await
            .map_err(|f| problem(f, "reading mail contacts"))?;
        let Some(plan) = self.plan else { return Ok(contacts) };
        let mut doubted = Vec::new();
        for guid in plan.changed(Collection::Contacts, |patch| question.is_about(patch)) {
            let identity = Map::from_iter([("Identity".to_owned(), json!(guid))]);
            let read = self.services.exchange.get("Get-MailContact", identity).await;
            doubted.extend(read.map_err(|f| problem(f, "reading mail contacts"))?);
        }
        Ok(plan.over(Collection::Contacts, contacts, doubted, &question.fits))
    }

    /// Mail contacts on one address.
    pub async fn contacts_with_address(&self, address: &str) -> Result<Vec<Value>> {
        let filter = format!("ExternalEmailAddress -eq {}", exchange::literal(&format!("SMTP:{address}")));
        let folded = address.to_lowercase();
        let on_address = move |contact: &Value| {
            bare_address(&contact["externalEmailAddress"]).eq_ignore_ascii_case(&folded)
        };
        let mut parameters = Map::new();
        parameters.insert("Filter".into(), filter.into());
        let mut lookout = self.lookout(Service::Exchange, Collection::Contacts, address);
        let contacts = loop {
            let contacts = self.mail_contacts(parameters.clone(), &on_address).await?;
            if !contacts.is_empty() || !lookout.again().await? {
                break contacts;
            }
        };
        // The service matches loosely in places: what it gives is checked again.
        Ok(contacts.into_iter().filter(|contact| on_address(contact)).collect())
    }

    /// The name of a mail contact that would keep an invited address for itself. Asked one by one at first; once many are asked
    /// for, all contacts are read together. A sign-in without Exchange sees none.
    pub async fn contact_in_the_way(&self, address: &str) -> Option<String> {
        let asked = self.memory.contacts_asked.fetch_add(1, Ordering::Relaxed);
        if asked < ONE_BY_ONE {
            return match self.contacts_with_address(address).await {
                Ok(found) => found.first().map(name_of),
                Err(unseen) => {
                    self.tell_unseen(&unseen);
                    None
                }
            };
        }
        // What the service has is kept; what a preview would make of it differs from question to question.
        let read = || async {
            let everything = Map::from_iter([("ResultSize".to_owned(), json!("Unlimited"))]);
            let contacts =
                self.services.exchange.get("Get-MailContact", everything).await.unwrap_or_default();
            let mut known = Contacts::default();
            for object in contacts {
                known.learn(&Fact::Exists { collection: Collection::Contacts, object });
            }
            Ok::<_, std::convert::Infallible>(RwLock::new(known))
        };
        let Ok(known) = self.memory.contacts.get_or_try_init(read).await;
        let known = known.read().ok()?;
        let folded = address.to_lowercase();
        let listed: Vec<Value> = known.on(&folded).into_iter().collect();
        let Some(plan) = self.plan else { return listed.first().map(name_of) };
        let readdressed =
            plan.changed(Collection::Contacts, |patch| !patch["externalEmailAddress"].is_null());
        let doubted = readdressed.iter().filter_map(|guid| known.get(guid));
        let on_address = |contact: &Value| address_of(contact) == folded;
        plan.over(Collection::Contacts, listed, doubted.collect(), on_address).first().map(name_of)
    }

    /// A tenant may have no Exchange, or no role in it for this sign-in: that is said once, and the rest works.
    fn tell_unseen(&self, unseen: &Problem) {
        if matches!(unseen.kind, Kind::SignIn | Kind::PermissionDenied) {
            let why = &unseen.message;
            self.session.say_once(&format!(
                "note: mail contacts are not seen ({why}), so none is noticed that stands in an invitation's way"
            ));
        }
    }

    /// A mail contact by anything `Get-MailContact -Identity` takes, with what `Get-Contact` knows about the person.
    pub async fn mail_contact(&self, identity: &str) -> Result<Option<Value>> {
        let mut parameters = Map::new();
        parameters.insert("Identity".into(), identity.into());
        let folded = identity.to_lowercase();
        let found = match is_placeholder(identity) {
            true => self.over(Collection::Contacts, Vec::new(), |contact| contact["guid"] == identity),
            false => {
                let called = |contact: &Value| {
                    let is =
                        |name: &str| contact[name].as_str().is_some_and(|text| text.to_lowercase() == folded);
                    is("guid")
                        || is("name")
                        || is("alias")
                        || bare_address(&contact["externalEmailAddress"]).to_lowercase() == folded
                };
                let mut lookout = self.lookout(Service::Exchange, Collection::Contacts, identity);
                loop {
                    let found = self.mail_contacts(parameters.clone(), called).await?;
                    if !found.is_empty() || !lookout.again().await? {
                        break found;
                    }
                }
            }
        };
        if found.len() > 1 {
            return Err(Problem::ambiguous("mail contact", identity, &labels(&found)));
        }
        let Some(mut contact) = found.into_iter().next() else { return Ok(None) };
        let guid = contact["guid"].as_str().unwrap_or_default().to_owned();
        if !is_placeholder(&guid) {
            let mut parameters = Map::new();
            parameters.insert("Identity".into(), guid.as_str().into());
            let person = self
                .services
                .exchange
                .get("Get-Contact", parameters)
                .await
                .map_err(|f| problem(f, "reading the contact"))?;
            if let (Some(contact), Some(Value::Object(person))) =
                (contact.as_object_mut(), person.into_iter().next())
            {
                for (name, value) in person {
                    contact.entry(name).or_insert(value);
                }
            }
        }
        Ok(self.over_one(Collection::Contacts, &guid, Some(contact)))
    }
}
