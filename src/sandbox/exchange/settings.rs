//! Mail users, guests above all, and what is set for the whole organization.

use serde_json::{Map, Value, json};

use super::binding::Bound;
use super::contacts::{changed_addresses, free};
use super::fault::Fault;
use super::recipients::{identify, kind_of};
use super::{Outcome, Ran};
use crate::sandbox::tenant::{Object, Tenant, map, smtp};

pub fn set_mail_user(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let is = |object: &Object| kind_of(object).is_some_and(|(kind, _)| kind == "MailUser");
    let user = identify(tenant, bound.needed("Identity")?, is)?;
    let id = user.id;
    let mut proxies = None;
    if let Some(change) = bound.get("EmailAddresses") {
        let current =
            user.properties.get("proxyAddresses").and_then(Value::as_array).cloned().unwrap_or_default();
        let wanted = changed_addresses(current, change)?;
        for address in wanted.iter().filter_map(Value::as_str).filter_map(smtp) {
            free(tenant, &address, Some(id))?;
        }
        proxies = Some(wanted);
    }
    let settings: Vec<(String, Value)> =
        bound.settings().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let mut outcome = Outcome::default();
    if settings.is_empty() {
        outcome
            .warnings
            .push("The command completed successfully but no settings have been modified.".to_owned());
        return Ok(outcome);
    }
    tenant.update(id, |user| {
        for (name, value) in settings {
            match (name.as_str(), value) {
                ("HiddenFromAddressListsEnabled", Value::Bool(hidden)) => {
                    user.set("showInAddressList", !hidden)
                }
                ("DisplayName", value @ Value::String(_)) => user.set("displayName", value),
                ("EmailAddresses", _) => {}
                (_, Value::Null) => {
                    user.exchange.shift_remove(&name);
                }
                (_, value) => {
                    user.exchange.insert(name, value);
                }
            }
        }
        if let Some(proxies) = proxies {
            let primary =
                proxies.iter().filter_map(Value::as_str).find_map(|proxy| proxy.strip_prefix("SMTP:"));
            user.set("mail", json!(primary));
            user.set("proxyAddresses", Value::Array(proxies));
        }
    });
    Ok(outcome)
}

pub fn accepted_domains(tenant: &Tenant, bound: &Bound) -> Ran {
    let wanted = bound.text("Identity");
    let domains = tenant.setting("domains").as_array().cloned().unwrap_or_default();
    let found: Vec<(u64, Map<String, Value>)> = (1..)
        .zip(&domains)
        .filter(|(_, domain)| {
            wanted
                .is_none_or(|wanted| domain["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(wanted)))
        })
        .map(|(place, domain)| {
            let shown = json!({
                "@odata.type": "#Exchange.GenericHashTable",
                "Identity": domain["id"],
                "Id": domain["id"],
                "Name": domain["id"],
                "DomainName": domain["id"],
                "DomainType": "Authoritative",
                "Default": domain["isDefault"],
                "InitialDomain": domain["isInitial"],
                "AddressBookEnabled": true,
                "IsValid": true,
            });
            (place, map(shown))
        })
        .collect();
    match (wanted, found.is_empty()) {
        (Some(wanted), true) => Err(Fault::missing(wanted)),
        _ => Ok(Outcome::of(found)),
    }
}

pub fn organization(tenant: &Tenant, _bound: &Bound) -> Ran {
    let profile = &tenant.profile;
    let shown = json!({
        "@odata.type": "#Exchange.GenericHashTable",
        "Identity": profile.initial_domain,
        "Id": profile.initial_domain,
        "Name": profile.initial_domain,
        "DisplayName": profile.display_name,
        "Guid": profile.tenant_id.to_string(),
        "IsDehydrated": false,
        "MailTipsAllTipsEnabled": true,
        "MailTipsExternalRecipientsTipsEnabled": false,
        "HierarchicalAddressBookRoot": null,
        "IsValid": true,
    });
    Ok(Outcome::of(vec![(1, map(shown))]))
}
