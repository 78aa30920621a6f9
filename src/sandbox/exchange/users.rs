//! Mail users, guests above all: people with an account here and their mail elsewhere. What is set here is the
//! directory's own, so Graph shows it at once.

use serde_json::{Value, json};
use uuid::Uuid;

use super::addresses::{
    accepted, address, changed_addresses, free, free_alias, free_name, new_alias, proxies_of, with_primary,
};
use super::binding::Bound;
use super::contacts::{keep, manage, names_free, nothing_changed};
use super::fault::Fault;
use super::recipients::{ANCHOR, identify, is_mail_user};
use super::{Outcome, Place, Ran, properties, views};
use crate::sandbox::tenant::{Kind, Object, Tenant, map, smtp};

/// Settings of a user that the directory keeps, under its own names.
const SHARED: [(&str, &str); 14] = [
    ("DisplayName", "displayName"),
    ("Alias", "mailNickname"),
    ("City", "city"),
    ("Company", "companyName"),
    ("CountryOrRegion", "country"),
    ("Department", "department"),
    ("Fax", "faxNumber"),
    ("FirstName", "givenName"),
    ("LastName", "surname"),
    ("MobilePhone", "mobilePhone"),
    ("Office", "officeLocation"),
    ("PostalCode", "postalCode"),
    ("StateOrProvince", "state"),
    ("Title", "jobTitle"),
];

pub fn new_mail_user(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let name = bound.needed("Name")?.to_owned();
    free_name(tenant, &name, None)?;
    let alias = match bound.text("Alias") {
        Some(alias) => {
            free_alias(tenant, alias, None)?;
            alias.to_owned()
        }
        None => new_alias(tenant, &name),
    };
    let principal = match bound.text("MicrosoftOnlineServicesID") {
        Some(given) => {
            accepted(tenant, address(given)?)?;
            given.to_owned()
        }
        None => format!("{alias}@{}", tenant.profile.initial_domain),
    };
    if tenant.user(&principal).is_some() {
        return Err(Fault::principal_taken(&principal));
    }
    // Without an address outside it is the account's own.
    let external = match bound.text("ExternalEmailAddress") {
        Some(given) => address(given)?.to_owned(),
        None => principal.clone(),
    };
    let primary = match bound.text("PrimarySmtpAddress") {
        Some(given) => address(given)?.to_owned(),
        None => external.clone(),
    };
    let mut proxies = vec![json!(format!("SMTP:{primary}"))];
    if !external.eq_ignore_ascii_case(&primary) {
        proxies.push(json!(format!("smtp:{external}")));
    }
    for found in proxies.iter().filter_map(Value::as_str).filter_map(smtp) {
        if tenant.holder(&found).is_some() {
            return Err(Fault::address_taken_for_user(&found));
        }
        free(tenant, &found, None)?;
    }
    let now = tenant.stamp();
    let properties = map(json!({
        "accountEnabled": bound.text("Password").is_some(),
        "createdDateTime": now,
        "displayName": bound.text("DisplayName").unwrap_or(&name),
        "identities": [{
            "signInType": "userPrincipalName",
            "issuer": tenant.profile.initial_domain,
            "issuerAssignedId": principal,
        }],
        "mail": primary,
        "mailNickname": alias,
        "proxyAddresses": proxies,
        "showInAddressList": true,
        "userPrincipalName": principal,
        "userType": "Member",
    }));
    let mut user = Object::new(Uuid::new_v4(), Kind::User, properties);
    const OWN: [&str; 6] = [
        "ExternalEmailAddress",
        "MicrosoftOnlineServicesID",
        "Password",
        "PrimarySmtpAddress",
        "Alias",
        "Name",
    ];
    take_over(&mut user, bound, &OWN);
    user.exchange.insert("Name".to_owned(), json!(name));
    user.exchange.insert("ExternalEmailAddress".to_owned(), json!(external));
    user.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    if let Some(anchor) = &bound.caller.anchor {
        user.exchange.insert(ANCHOR.to_owned(), json!(anchor));
    }
    let id = tenant.insert(user);
    let user = tenant.get(id).ok_or_else(|| Fault::missing(&name))?;
    Ok(Outcome::of(vec![(Place::of(user.sequence), properties::view(tenant, user, views::MAIL_USER))]))
}

/// Settings that the directory has go there, the others stay here.
fn take_over(user: &mut Object, bound: &Bound, but: &[&str]) {
    let shared: Vec<&str> = SHARED.iter().map(|(name, _)| *name).collect();
    let elsewhere = ["HiddenFromAddressListsEnabled", "Phone", "StreetAddress", "Manager"];
    keep(user, bound, &[but, &shared, &elsewhere].concat());
    let blank = |value: &Value| if value == "" { Value::Null } else { value.clone() };
    for (name, graph) in SHARED.iter().filter(|(name, _)| !but.contains(name)) {
        if let Some(value) = bound.get(name) {
            user.set(graph, blank(value));
        }
    }
    if let Some(value) = bound.get("StreetAddress") {
        user.set("streetAddress", blank(value));
    }
    if let Some(value) = bound.get("Phone") {
        let number = blank(value);
        user.set("businessPhones", if number.is_null() { json!([]) } else { json!([number]) });
    }
    if let Some(hidden) = bound.get("HiddenFromAddressListsEnabled").and_then(Value::as_bool) {
        user.set("showInAddressList", !hidden);
    }
}

pub fn set_mail_user(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = identify(tenant, &bound.caller, bound.needed("Identity")?, is_mail_user)?.id;
    names_free(tenant, id, bound)?;
    if bound.settings().next().is_none() {
        return Ok(nothing_changed(bound));
    }
    let mut proxies = proxies_of(tenant, id);
    let before = proxies.clone();
    let mut external = None;
    if let Some(text) = bound.text("ExternalEmailAddress") {
        let wanted = address(text)?.to_owned();
        let known = proxies
            .iter()
            .filter_map(Value::as_str)
            .filter_map(smtp)
            .any(|own| own.eq_ignore_ascii_case(&wanted));
        if !known {
            proxies.push(json!(format!("smtp:{wanted}")));
        }
        external = Some(wanted);
    }
    if let Some(change) = bound.get("EmailAddresses") {
        proxies = changed_addresses(proxies, change)?;
    }
    if let Some(text) =
        ["WindowsEmailAddress", "PrimarySmtpAddress"].into_iter().find_map(|name| bound.text(name))
    {
        proxies = with_primary(proxies, address(text)?, true);
    }
    for found in proxies.iter().filter_map(Value::as_str).filter_map(smtp) {
        free(tenant, &found, Some(id))?;
    }
    let principal = bound.text("MicrosoftOnlineServicesID").map(str::to_owned);
    if let Some(principal) = &principal {
        accepted(tenant, principal)?;
        if tenant.user(principal).is_some_and(|other| other.id != id) {
            return Err(Fault::principal_taken(principal));
        }
    }
    let now = tenant.stamp();
    const OWN: [&str; 6] = [
        "ExternalEmailAddress",
        "EmailAddresses",
        "WindowsEmailAddress",
        "PrimarySmtpAddress",
        "MicrosoftOnlineServicesID",
        "Password",
    ];
    tenant.update(id, |user| {
        take_over(user, bound, &OWN);
        if proxies != before {
            let primary =
                proxies.iter().filter_map(Value::as_str).find_map(|proxy| proxy.strip_prefix("SMTP:"));
            user.set("mail", json!(primary));
            user.set("proxyAddresses", Value::Array(proxies));
        }
        if let Some(external) = external {
            user.exchange.insert("ExternalEmailAddress".to_owned(), json!(external));
        }
        if let Some(principal) = principal {
            user.set("userPrincipalName", principal);
        }
        user.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    });
    Ok(Outcome::default())
}

/// The account goes with the mail user: to the bin, or for good.
pub fn remove_mail_user(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let identity = bound.needed("Identity")?;
    let found = identify(tenant, &bound.caller, identity, is_mail_user).map(|user| user.id);
    if bound.flag("PermanentlyDelete") {
        let binned = |id: &Uuid| tenant.binned(*id).is_some();
        let id = match Uuid::try_parse(identity).ok().filter(binned) {
            Some(id) => id,
            None => found?,
        };
        tenant.purge(id);
    } else {
        tenant.discard(found?);
    }
    Ok(Outcome::default())
}

pub fn set_user(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id =
        identify(tenant, &bound.caller, bound.needed("Identity")?, |_, object| object.kind == Kind::User)?.id;
    names_free(tenant, id, bound)?;
    if bound.settings().next().is_none() {
        return Ok(nothing_changed(bound));
    }
    let manager = match bound.text("Manager").filter(|manager| !manager.is_empty()) {
        Some(manager) => Some(identify(tenant, &bound.caller, manager, |_, _| true)?.id),
        None => None,
    };
    let mut proxies = None;
    if let Some(text) = bound.text("WindowsEmailAddress") {
        free(tenant, address(text)?, Some(id))?;
        proxies =
            Some((with_primary(proxies_of(tenant, id), address(text)?, true), address(text)?.to_owned()));
    }
    let now = tenant.stamp();
    tenant.update(id, |user| {
        take_over(user, bound, &["WindowsEmailAddress"]);
        if let Some((proxies, primary)) = proxies {
            user.set("mail", primary);
            user.set("proxyAddresses", Value::Array(proxies));
        }
        user.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    });
    if bound.get("Manager").is_some() {
        manage(tenant, id, manager);
    }
    Ok(Outcome::default())
}
