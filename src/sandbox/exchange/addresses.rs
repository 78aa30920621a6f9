//! Addresses, aliases and names: one space of each for all recipients of the tenant.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Fault;
use super::recipients::{alias_of, is_recipient, name_of};
use crate::sandbox::tenant::{Kind, Object, Tenant, smtp};

const LONGEST_NAME: usize = 64;

/// An address as it is typed, with or without `SMTP:`.
pub fn address(text: &str) -> Result<&str, Fault> {
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
        let has_account = own.and_then(|id| tenant.get(id)).is_some_and(|object| object.kind == Kind::User);
        return Err(if has_account {
            Fault::address_taken_for_user(address)
        } else {
            Fault::address_taken(address, name_of(holder))
        });
    }
    if tenant.binned_holder(address).is_some_and(|holder| Some(holder.id) != own) {
        return Err(Fault::task(format!(
            "ExternalDirectoryObjectId was not returned: the address {address} belongs to a recipient that was deleted and can still be restored."
        )));
    }
    Ok(())
}

/// No other recipient has the name.
pub fn free_name(tenant: &Tenant, name: &str, own: Option<Uuid>) -> Result<(), Fault> {
    let length = name.chars().count();
    if length > LONGEST_NAME {
        return Err(Fault::too_long("Name", LONGEST_NAME, length));
    }
    let taken = tenant.known_as(name).any(|other| {
        Some(other.id) != own && is_recipient(tenant, other) && name_of(other).eq_ignore_ascii_case(name)
    });
    if taken { Err(Fault::name_taken(name)) } else { Ok(()) }
}

/// No other recipient has the alias, and an address could be made of it.
pub fn free_alias(tenant: &Tenant, alias: &str, own: Option<Uuid>) -> Result<(), Fault> {
    let fits = !alias.is_empty()
        && !alias.starts_with('.')
        && !alias.ends_with('.')
        && !alias.contains("..")
        && alias.chars().all(alias_takes);
    if !fits {
        return Err(Fault::task(format!(
            "The value \"{alias}\" of property \"Alias\" isn't valid: it holds characters that an alias can't have."
        )));
    }
    if has_alias(tenant, alias, own) { Err(Fault::alias_taken(alias)) } else { Ok(()) }
}

fn has_alias(tenant: &Tenant, alias: &str, own: Option<Uuid>) -> bool {
    tenant.known_as(alias).any(|other: &Object| {
        Some(other.id) != own && is_recipient(tenant, other) && alias_of(other).eq_ignore_ascii_case(alias)
    })
}

fn alias_takes(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

/// Spaces go, other signs become `?`.
pub fn alias_from(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace() && *c != '@');
    kept.map(|c| if alias_takes(c) { c } else { '?' }).take(LONGEST_NAME).collect()
}

/// An alias from a name, with a number where that one is taken.
pub fn new_alias(tenant: &Tenant, name: &str) -> String {
    let stem = alias_from(name);
    let mut alias = stem.clone();
    let mut number = 1;
    while has_alias(tenant, &alias, None) {
        alias = format!("{stem}{number}");
        number += 1;
    }
    alias
}

/// What has a mailbox here has addresses in domains of the tenant only.
pub fn accepted(tenant: &Tenant, address: &str) -> Result<(), Fault> {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if tenant.owns_domain(domain) { Ok(()) } else { Err(Fault::domain(domain)) }
}

/// The list with one address made primary; the old primary stays when it is to be kept.
pub fn with_primary(mut proxies: Vec<Value>, wanted: &str, keep: bool) -> Vec<Value> {
    proxies.retain(|proxy| {
        let text = proxy.as_str().unwrap_or_default();
        smtp(text) != Some(wanted.to_lowercase()) && (keep || !text.starts_with("SMTP:"))
    });
    for proxy in &mut proxies {
        if let Some(rest) = proxy.as_str().and_then(|text| text.strip_prefix("SMTP:")) {
            *proxy = json!(format!("smtp:{rest}"));
        }
    }
    proxies.insert(0, json!(format!("SMTP:{wanted}")));
    proxies
}

pub fn proxies_of(tenant: &Tenant, id: Uuid) -> Vec<Value> {
    let list = tenant.get(id).and_then(|object| object.properties.get("proxyAddresses")?.as_array());
    list.cloned().unwrap_or_default()
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
