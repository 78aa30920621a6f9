//! Mail contacts: made, changed and removed here, read-only in Graph.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::binding::Bound;
use super::fault::Fault;
use super::recipients::{identify, name_of, shown_contact};
use super::{Outcome, Ran};
use crate::sandbox::tenant::{Kind, Object, Tenant, smtp};

/// Contact and organization information, as `Set-Contact` takes it and `Get-Contact` shows it.
pub const INFORMATION: [&str; 30] = [
    "AssistantName",
    "City",
    "Company",
    "CountryOrRegion",
    "Department",
    "Fax",
    "FirstName",
    "GeoCoordinates",
    "HomePhone",
    "Initials",
    "LastName",
    "Manager",
    "MobilePhone",
    "Notes",
    "Office",
    "OtherFax",
    "OtherHomePhone",
    "OtherTelephone",
    "Pager",
    "Phone",
    "PhoneticDisplayName",
    "PostalCode",
    "PostOfficeBox",
    "SeniorityIndex",
    "SimpleDisplayName",
    "StateOrProvince",
    "StreetAddress",
    "TelephoneAssistant",
    "Title",
    "WebPage",
];

const LONGEST_NAME: usize = 64;

/// A contact as the seeds plant it.
pub fn add_contact(tenant: &mut Tenant, name: &str, address: &str) {
    let id = Uuid::new_v5(&tenant.profile.tenant_id, format!("contact/{address}").as_bytes());
    let mut exchange = Map::new();
    exchange.insert("Name".to_owned(), json!(name));
    exchange.insert("Alias".to_owned(), json!(alias_from(name)));
    exchange.insert("DisplayName".to_owned(), json!(name));
    exchange.insert("WhenCreatedUTC".to_owned(), json!("2023-04-11T12:00:00Z"));
    make(tenant, id, exchange, address);
}

fn make(tenant: &mut Tenant, id: Uuid, exchange: Map<String, Value>, address: &str) {
    let mut object = Object::new(id, Kind::Contact, Map::new());
    object.exchange = exchange;
    object.exchange.insert("ExternalEmailAddress".to_owned(), json!(address));
    object.set("proxyAddresses", json!([format!("SMTP:{address}")]));
    project(&mut object);
    tenant.insert(object);
}

/// Spaces go, other signs become `?`.
fn alias_from(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace() && *c != '@');
    kept.map(|c| if c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) { c } else { '?' })
        .collect()
}

/// What Graph shows of a contact follows from what Exchange knows.
fn project(object: &mut Object) {
    let own = |name: &str| object.exchange.get(name).filter(|value| value.as_str() != Some("")).cloned();
    let pairs = [
        ("displayName", "DisplayName"),
        ("givenName", "FirstName"),
        ("surname", "LastName"),
        ("mailNickname", "Alias"),
        ("companyName", "Company"),
        ("department", "Department"),
        ("jobTitle", "Title"),
    ];
    let mut values: Vec<(&str, Value)> =
        pairs.iter().map(|(graph, exchange)| (*graph, own(exchange).unwrap_or(Value::Null))).collect();
    let phones: Vec<Value> = [("business", "Phone"), ("mobile", "MobilePhone"), ("businessFax", "Fax")]
        .iter()
        .filter_map(|(kind, name)| Some(json!({ "type": kind, "number": own(name)? })))
        .collect();
    values.push(("phones", if phones.is_empty() { Value::Null } else { Value::Array(phones) }));
    let parts = [
        ("city", "City"),
        ("countryOrRegion", "CountryOrRegion"),
        ("officeLocation", "Office"),
        ("postalCode", "PostalCode"),
        ("state", "StateOrProvince"),
        ("street", "StreetAddress"),
    ];
    let address: Map<String, Value> = parts
        .iter()
        .map(|(graph, exchange)| ((*graph).to_owned(), own(exchange).unwrap_or(Value::Null)))
        .collect();
    let empty = address.values().all(Value::is_null);
    values.push(("addresses", if empty { Value::Null } else { json!([address]) }));
    let mail =
        object.texts("proxyAddresses").find_map(|proxy| proxy.strip_prefix("SMTP:")).map(str::to_owned);
    values.push(("mail", json!(mail)));
    for (name, value) in values {
        object.set(name, value);
    }
}

/// An address as it is typed, with or without `SMTP:`.
fn address(text: &str) -> Result<&str, Fault> {
    let bare = match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("smtp") => rest,
        _ => text,
    };
    let (local, domain) = bare.split_once('@').unwrap_or_default();
    let fits = !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !bare.contains(|c: char| c.is_whitespace() || "<>()[],;:\\\"".contains(c))
        && !domain.starts_with('.')
        && !domain.ends_with('.');
    if fits {
        return Ok(bare);
    }
    Err(Fault::task(format!(
        "The external e-mail address {text} is not an SMTP e-mail address. An external e-mail address must be an SMTP address."
    )))
}

/// Nobody else may hold an address, not even from the bin.
pub fn free(tenant: &Tenant, address: &str, own: Option<Uuid>) -> Result<(), Fault> {
    if let Some(holder) = tenant.holder(address).filter(|holder| Some(holder.id) != own) {
        return Err(Fault::address_taken(address, name_of(holder)));
    }
    if tenant.binned_holder(address).is_some() {
        return Err(Fault::task(format!(
            "ExternalDirectoryObjectId was not returned: the address {address} belongs to a recipient that was deleted and can still be restored."
        )));
    }
    Ok(())
}

fn free_name(tenant: &Tenant, name: &str, own: Option<Uuid>) -> Result<(), Fault> {
    if name.chars().count() > LONGEST_NAME {
        let message = format!(
            "The length of the property is too long. The maximum length is {LONGEST_NAME} and the length of the value provided is {}.",
            name.chars().count()
        );
        return Err(Fault::task(message));
    }
    let taken = tenant.known_as(name).any(|other| {
        other.kind == Kind::Contact && Some(other.id) != own && name_of(other).eq_ignore_ascii_case(name)
    });
    if taken { Err(Fault::name_taken(name)) } else { Ok(()) }
}

pub fn new(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let name = bound.needed("Name")?.to_owned();
    let external = address(bound.needed("ExternalEmailAddress")?)?.to_owned();
    free_name(tenant, &name, None)?;
    free(tenant, &external, None)?;
    let mut exchange = Map::new();
    exchange.insert("Name".to_owned(), json!(name));
    exchange.insert("DisplayName".to_owned(), json!(name));
    exchange.insert("Alias".to_owned(), json!(alias_from(&name)));
    for (key, value) in bound.settings().filter(|(key, _)| *key != "ExternalEmailAddress") {
        if !value.is_null() {
            exchange.insert(key.to_owned(), value.clone());
        }
    }
    let now = tenant.stamp();
    exchange.insert("WhenCreatedUTC".to_owned(), json!(now));
    exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    let id = Uuid::new_v4();
    make(tenant, id, exchange, &external);
    let contact = tenant.get(id).ok_or_else(|| Fault::missing(&name))?;
    Ok(Outcome::of(vec![(contact.sequence, shown_contact(tenant, contact))]))
}

fn meant(tenant: &Tenant, bound: &Bound) -> Result<Uuid, Fault> {
    let identity = bound.needed("Identity")?;
    Ok(identify(tenant, identity, |object| object.kind == Kind::Contact)?.id)
}

pub fn set_mail_contact(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = meant(tenant, bound)?;
    let current =
        tenant.get(id).map(|contact| contact.properties.get("proxyAddresses").cloned().unwrap_or_default());
    let mut proxies: Vec<Value> = current.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let mut external = None;
    if let Some(text) = bound.text("ExternalEmailAddress") {
        let wanted = address(text)?.to_owned();
        free(tenant, &wanted, Some(id))?;
        // The old address is not kept.
        let old = tenant.get(id).and_then(|contact| {
            contact.exchange.get("ExternalEmailAddress")?.as_str().map(str::to_lowercase)
        });
        proxies.retain(|proxy| {
            let found = proxy.as_str().and_then(smtp);
            found.is_some() && found != old && found != Some(wanted.to_lowercase())
        });
        proxies.insert(0, json!(format!("SMTP:{wanted}")));
        external = Some(wanted);
    }
    if let Some(change) = bound.get("EmailAddresses") {
        proxies = changed_addresses(proxies, change)?;
    }
    if let Some(text) = bound.text("WindowsEmailAddress") {
        let wanted = address(text)?;
        proxies.retain(|proxy| proxy.as_str().and_then(smtp) != Some(wanted.to_lowercase()));
        for proxy in &mut proxies {
            if let Some(rest) = proxy.as_str().and_then(|text| text.strip_prefix("SMTP:")) {
                *proxy = json!(format!("smtp:{rest}"));
            }
        }
        proxies.insert(0, json!(format!("SMTP:{wanted}")));
    }
    for found in proxies.iter().filter_map(Value::as_str).filter_map(smtp) {
        free(tenant, &found, Some(id))?;
    }
    change(tenant, id, bound, |object| {
        object.set("proxyAddresses", Value::Array(proxies));
        if let Some(external) = external {
            object.exchange.insert("ExternalEmailAddress".to_owned(), json!(external));
        }
    })
}

/// A new list, or `{"Add": ..., "Remove": ...}`. Exactly one address is primary.
pub fn changed_addresses(mut current: Vec<Value>, change: &Value) -> Result<Vec<Value>, Fault> {
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect(),
            Value::String(one) => vec![one.clone()],
            _ => Vec::new(),
        }
    };
    let spelled = |text: &str| -> Result<String, Fault> {
        let bare = address(text)?;
        let primary = text.starts_with("SMTP:");
        Ok(format!("{}:{bare}", if primary { "SMTP" } else { "smtp" }))
    };
    if let Value::Object(table) = change {
        for (key, value) in table {
            let values = texts(value);
            if key.eq_ignore_ascii_case("remove") {
                for gone in &values {
                    let gone = address(gone)?.to_lowercase();
                    current.retain(|proxy| proxy.as_str().and_then(smtp).as_ref() != Some(&gone));
                }
            } else if key.eq_ignore_ascii_case("add") {
                for new in &values {
                    let new = spelled(new)?;
                    if !current.iter().any(|proxy| proxy.as_str().and_then(smtp) == smtp(&new)) {
                        current.push(json!(new));
                    }
                }
            }
        }
    } else {
        current =
            texts(change).iter().map(|text| spelled(text).map(Value::String)).collect::<Result<_, _>>()?;
    }
    let primaries =
        current.iter().filter(|proxy| proxy.as_str().is_some_and(|text| text.starts_with("SMTP:"))).count();
    match primaries {
        1 => Ok(current),
        0 => {
            let Some(first) = current.first_mut() else { return Ok(current) };
            let bare = first.as_str().and_then(|text| text.split_once(':')).map(|(_, bare)| bare.to_owned());
            *first = json!(format!("SMTP:{}", bare.unwrap_or_default()));
            Ok(current)
        }
        _ => Err(Fault::task("There are multiple primary SMTP addresses. Exactly one is allowed.")),
    }
}

pub fn set_contact(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = meant(tenant, bound)?;
    if let Some(manager) = bound.text("Manager") {
        identify(tenant, manager, |_| true)?;
    }
    if let Some(text) = bound.text("WindowsEmailAddress") {
        let wanted = address(text)?.to_owned();
        free(tenant, &wanted, Some(id))?;
        let current =
            tenant.get(id).and_then(|contact| contact.properties.get("proxyAddresses")?.as_array().cloned());
        let proxies = crate::sandbox::tenant::with_primary(&current.unwrap_or_default(), &wanted);
        return change(tenant, id, bound, |object| object.set("proxyAddresses", proxies));
    }
    change(tenant, id, bound, |_| {})
}

/// Takes the plain settings over, then what the cmdlet does of its own.
fn change(tenant: &mut Tenant, id: Uuid, bound: &Bound, own: impl FnOnce(&mut Object)) -> Ran {
    const ADDRESSES: [&str; 3] = ["ExternalEmailAddress", "EmailAddresses", "WindowsEmailAddress"];
    if let Some(name) = bound.text("Name") {
        free_name(tenant, name, Some(id))?;
    }
    let settings: Vec<(String, Value)> =
        bound.settings().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let mut outcome = Outcome::default();
    if settings.is_empty() {
        outcome.warnings.push(format!(
            "The command completed successfully but no settings of '{}' have been modified.",
            bound.text("Identity").unwrap_or_default()
        ));
        return Ok(outcome);
    }
    let now = tenant.stamp();
    tenant.update(id, |object| {
        for (name, value) in settings.into_iter().filter(|(name, _)| !ADDRESSES.contains(&name.as_str())) {
            let value = match (name.as_str(), value) {
                ("MailTip", Value::String(text)) if !text.is_empty() && !text.starts_with("<html>") => {
                    json!(format!("<html>\n<body>\n{text}\n</body>\n</html>\n"))
                }
                (_, value) => value,
            };
            if value.is_null() {
                object.exchange.shift_remove(&name);
            } else {
                object.exchange.insert(name, value);
            }
        }
        object.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
        own(object);
        project(object);
    });
    Ok(outcome)
}

pub fn remove(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = meant(tenant, bound)?;
    tenant.purge(id);
    Ok(Outcome::default())
}
