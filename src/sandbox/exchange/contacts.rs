//! Mail contacts: made, changed and removed here, read-only in Graph.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::addresses::{
    address, alias_from, changed_addresses, free, free_alias, free_name, new_alias, proxies_of, with_primary,
};
use super::binding::Bound;
use super::fault::Fault;
use super::recipients::{ANCHOR, identify};
use super::{Outcome, Place, Ran, properties, views};
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant, smtp};

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

pub fn new(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let name = bound.needed("Name")?.to_owned();
    let external = address(bound.needed("ExternalEmailAddress")?)?.to_owned();
    free_name(tenant, &name, None)?;
    let alias = match bound.text("Alias") {
        Some(alias) => {
            free_alias(tenant, alias, None)?;
            alias.to_owned()
        }
        None => new_alias(tenant, &name),
    };
    free(tenant, &external, None)?;
    let mut exchange = Map::new();
    exchange.insert("Name".to_owned(), json!(name));
    exchange.insert("DisplayName".to_owned(), json!(name));
    exchange.insert("Alias".to_owned(), json!(alias));
    for (key, value) in bound.settings().filter(|(key, _)| *key != "ExternalEmailAddress") {
        if !value.is_null() {
            exchange.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(anchor) = &bound.caller.anchor {
        exchange.insert(ANCHOR.to_owned(), json!(anchor));
    }
    let now = tenant.stamp();
    exchange.insert("WhenCreatedUTC".to_owned(), json!(now));
    exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    let id = Uuid::new_v4();
    make(tenant, id, exchange, &external);
    let contact = tenant.get(id).ok_or_else(|| Fault::missing(&name))?;
    let shown = properties::view(tenant, contact, views::MAIL_CONTACT);
    Ok(Outcome::of(vec![(Place::of(contact.sequence), shown)]))
}

fn meant(tenant: &Tenant, bound: &Bound) -> Result<Uuid, Fault> {
    let identity = bound.needed("Identity")?;
    Ok(identify(tenant, &bound.caller, identity, |_, object| object.kind == Kind::Contact)?.id)
}

pub fn set_mail_contact(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = meant(tenant, bound)?;
    let mut proxies = proxies_of(tenant, id);
    let mut external = None;
    if let Some(text) = bound.text("ExternalEmailAddress") {
        let wanted = address(text)?.to_owned();
        free(tenant, &wanted, Some(id))?;
        // The old address is not kept.
        let old = tenant.get(id).and_then(|contact| {
            contact.exchange.get("ExternalEmailAddress")?.as_str().map(str::to_lowercase)
        });
        proxies.retain(|proxy| proxy.as_str().and_then(smtp) != old);
        proxies = with_primary(proxies, &wanted, true);
        external = Some(wanted);
    }
    if let Some(change) = bound.get("EmailAddresses") {
        proxies = changed_addresses(proxies, change)?;
    }
    if let Some(text) = bound.text("WindowsEmailAddress") {
        proxies = with_primary(proxies, address(text)?, true);
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

pub fn set_contact(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = meant(tenant, bound)?;
    let manager = match bound.text("Manager").filter(|manager| !manager.is_empty()) {
        Some(manager) => Some(identify(tenant, &bound.caller, manager, |_, _| true)?.id),
        None => None,
    };
    let country = bound.text("CountryOrRegion").filter(|country| !country.is_empty());
    let country = country.map(friendly).transpose()?;
    let mut proxies = None;
    if let Some(text) = bound.text("WindowsEmailAddress") {
        let wanted = address(text)?.to_owned();
        free(tenant, &wanted, Some(id))?;
        proxies = Some(with_primary(proxies_of(tenant, id), &wanted, true));
    }
    let outcome = change(tenant, id, bound, |object| {
        if let Some(proxies) = proxies {
            object.set("proxyAddresses", Value::Array(proxies));
        }
        if let Some(country) = country {
            object.exchange.insert("CountryOrRegion".to_owned(), json!(country));
        }
    })?;
    if bound.get("Manager").is_some() {
        manage(tenant, id, manager);
    }
    Ok(outcome)
}

/// Puts a manager in the place of the one before.
pub fn manage(tenant: &mut Tenant, id: Uuid, manager: Option<Uuid>) {
    tenant.unlink_all(Relation::Manager, id);
    if let Some(manager) = manager {
        tenant.link(Relation::Manager, id, manager);
    }
}

/// Takes the plain settings over, then what the cmdlet does of its own.
fn change(tenant: &mut Tenant, id: Uuid, bound: &Bound, own: impl FnOnce(&mut Object)) -> Ran {
    const ELSEWHERE: [&str; 4] = ["ExternalEmailAddress", "EmailAddresses", "WindowsEmailAddress", "Manager"];
    names_free(tenant, id, bound)?;
    if bound.settings().next().is_none() {
        return Ok(nothing_changed(bound));
    }
    let now = tenant.stamp();
    tenant.update(id, |object| {
        keep(object, bound, &ELSEWHERE);
        object.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
        own(object);
        project(object);
    });
    Ok(Outcome::default())
}

/// A new name or alias must be nobody else's.
pub fn names_free(tenant: &Tenant, id: Uuid, bound: &Bound) -> Result<(), Fault> {
    if let Some(name) = bound.text("Name") {
        free_name(tenant, name, Some(id))?;
    }
    if let Some(alias) = bound.text("Alias") {
        free_alias(tenant, alias, Some(id))?;
    }
    Ok(())
}

/// The warning of a `Set-` cmdlet that was given nothing to set.
pub fn nothing_changed(bound: &Bound) -> Outcome {
    Outcome {
        objects: Vec::new(),
        warnings: vec![format!(
            "The command completed successfully but no settings of '{}' have been modified.",
            bound.text("Identity").unwrap_or_default()
        )],
    }
}

/// Keeps the settings of a call on an object, as they are shown again. Null clears.
pub fn keep(object: &mut Object, bound: &Bound, but: &[&str]) {
    for (name, value) in bound.settings().filter(|(name, _)| !but.contains(name)) {
        let kept = object.exchange.get(name);
        let value = match (name, value) {
            ("MailTip", Value::String(text)) if !text.is_empty() && !text.starts_with("<html>") => {
                json!(format!("<html>\n<body>\n{text}\n</body>\n</html>\n"))
            }
            (_, Value::Object(table)) => merged(kept, table),
            (_, value) => value.clone(),
        };
        if value.is_null() {
            object.exchange.shift_remove(name);
        } else {
            object.exchange.insert(name.to_owned(), value);
        }
    }
}

/// A list after a table with `Add` and `Remove` has changed it.
fn merged(kept: Option<&Value>, table: &Map<String, Value>) -> Value {
    let mut list = kept.and_then(Value::as_array).cloned().unwrap_or_default();
    for (key, value) in table {
        let values = match value {
            Value::Array(values) => values.clone(),
            one => vec![one.clone()],
        };
        if key.eq_ignore_ascii_case("remove") {
            list.retain(|item| !values.contains(item));
        } else if key.eq_ignore_ascii_case("add") {
            list.extend(values.into_iter().filter(|value| !value.is_null()));
        }
    }
    Value::Array(list)
}

/// A country by its code or its name, under its name.
fn friendly(country: &str) -> Result<String, Fault> {
    let known = COUNTRIES
        .iter()
        .find(|(code, name)| code.eq_ignore_ascii_case(country) || name.eq_ignore_ascii_case(country));
    match known {
        Some((_, name)) => Ok((*name).to_owned()),
        // The list here is not the world: a name that is not on it is taken as it is, a code is not.
        None if country.chars().count() > 3 => Ok(country.to_owned()),
        None => {
            Err(Fault::value("CountryOrRegion", country, "Microsoft.Exchange.Data.Directory.CountryInfo"))
        }
    }
}

#[rustfmt::skip]
const COUNTRIES: &[(&str, &str)] = &[
    ("AR", "Argentina"), ("AT", "Austria"), ("AU", "Australia"), ("BE", "Belgium"), ("BG", "Bulgaria"),
    ("BR", "Brazil"), ("CA", "Canada"), ("CH", "Switzerland"), ("CL", "Chile"), ("CN", "China"),
    ("CO", "Colombia"), ("CY", "Cyprus"), ("CZ", "Czechia"), ("DE", "Germany"), ("DK", "Denmark"),
    ("EE", "Estonia"), ("EG", "Egypt"), ("ES", "Spain"), ("FI", "Finland"), ("FR", "France"),
    ("GB", "United Kingdom"), ("GR", "Greece"), ("HK", "Hong Kong SAR"), ("HR", "Croatia"), ("HU", "Hungary"),
    ("ID", "Indonesia"), ("IE", "Ireland"), ("IL", "Israel"), ("IN", "India"), ("IS", "Iceland"), ("IT", "Italy"),
    ("JP", "Japan"), ("KE", "Kenya"), ("KR", "Korea"), ("LI", "Liechtenstein"), ("LT", "Lithuania"),
    ("LU", "Luxembourg"), ("LV", "Latvia"), ("MA", "Morocco"), ("MT", "Malta"), ("MX", "Mexico"),
    ("MY", "Malaysia"), ("NG", "Nigeria"), ("NL", "Netherlands"), ("NO", "Norway"), ("NZ", "New Zealand"),
    ("PE", "Peru"), ("PH", "Philippines"), ("PK", "Pakistan"), ("PL", "Poland"), ("PT", "Portugal"),
    ("RO", "Romania"), ("RS", "Serbia"), ("SA", "Saudi Arabia"), ("SE", "Sweden"), ("SG", "Singapore"),
    ("SI", "Slovenia"), ("SK", "Slovakia"), ("TH", "Thailand"), ("TR", "Türkiye"), ("TW", "Taiwan"),
    ("UA", "Ukraine"), ("AE", "United Arab Emirates"), ("US", "United States"), ("VN", "Vietnam"),
    ("ZA", "South Africa"),
];

pub fn remove(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = meant(tenant, bound)?;
    tenant.purge(id);
    Ok(Outcome::default())
}
