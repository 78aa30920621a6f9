//! What verbs and requests are given: tables of parameters with names as the services have them, ids out of links and objects.

use rhai::{Array, Dynamic, Map, Module};

use super::super::record::Record;
use super::super::rows::RowValue;
use super::lists::{each, items};
use super::text::{as_text, text};
use super::{Outcome, invalid, native, objects};
use crate::words::camel;

/// A key as the service has it; annotations and paths stay as they are.
fn body_key(name: &str) -> String {
    if name.starts_with('@') || name.contains('.') { name.to_owned() } else { camel(name) }
}

/// The same with names in camelCase, all the way down; a body parameter is opened.
fn options(value: &Dynamic, without: &[String]) -> Dynamic {
    if let Some(map) = value.read_lock::<Map>() {
        let mut out = Map::new();
        for (name, value) in map.iter() {
            if without.iter().any(|left| left.eq_ignore_ascii_case(name)) {
                continue;
            }
            let inner = options(&value.flatten_clone(), &[]);
            if name.eq_ignore_ascii_case("BodyParameter")
                && let Some(body) = inner.read_lock::<Map>()
            {
                out.extend(body.iter().map(|(name, value)| (name.clone(), value.clone())));
                continue;
            }
            out.insert(body_key(name).into(), inner);
        }
        return out.into();
    }
    match value.read_lock::<Array>() {
        Some(array) => array.iter().map(|item| options(&item.flatten_clone(), &[])).collect::<Array>().into(),
        None => value.clone(),
    }
}

/// What is sent: JSON as text becomes what it says.
fn body(value: &Dynamic) -> Outcome {
    match as_text(value) {
        Some(text) if text.trim_start().starts_with(['{', '[']) => super::html::from_text(value),
        _ => Ok(value.clone()),
    }
}

/// Headers that are the script's business: signing in is not.
fn headers(value: &Dynamic) -> Dynamic {
    let Some(map) = value.read_lock::<Map>() else { return Map::new().into() };
    let own = |name: &str| {
        !name.eq_ignore_ascii_case("authorization") && !name.eq_ignore_ascii_case("content-type")
    };
    map.iter()
        .filter(|(name, _)| own(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map>()
        .into()
}

/// The id of an object, or the text that is given; ready to stand in a path.
fn key(value: &Dynamic) -> Outcome {
    let id = match value.is::<Record>() || value.is_map() || value.is::<RowValue>() {
        true => objects::get(value, "id")?,
        false => super::lists::one(value),
    };
    match id.is_unit() {
        true => Err(invalid("there is no id: the value is empty, or an object without one")),
        false => Ok(text(&id).replace('#', "%23").replace('?', "%3F").into()),
    }
}

/// By what Exchange knows an object; text is that already.
fn identity(value: &Dynamic) -> Outcome {
    let names = ["identity", "guid", "externalDirectoryObjectId", "id", "userPrincipalName", "name"];
    for name in names {
        let found = objects::get(value, name)?;
        if !found.is_unit() {
            return Ok(found);
        }
    }
    Ok(value.clone())
}

/// The id at the end of `@odata.id`, whether the link or what holds it is given.
fn linked(value: &Dynamic) -> Outcome {
    let link = match value.is_map() {
        true => ["@odata.id", "odata.id", "OdataId"]
            .iter()
            .find_map(|name| objects::get(value, name).ok().filter(|link| !link.is_unit())),
        false => Some(value.clone()),
    };
    let Some(link) = link else { return Err(invalid("the body has no `@odata.id`")) };
    let link = text(&link);
    let id = link.trim_end_matches(['/', '}', ')', '\'']).rsplit(['/', '{', '\'']).next().unwrap_or_default();
    match id.is_empty() {
        true => Err(invalid(format!("`{link}` ends in no id"))),
        false => Ok(id.to_owned().into()),
    }
}

/// `contoso:POWER_BI_STANDARD` and objects with a sku as what names the licence.
fn sku(value: &Dynamic) -> Outcome {
    let named = match as_text(value) {
        Some(_) => value.clone(),
        None => {
            let id = objects::get(value, "skuId")?;
            if id.is_unit() { objects::get(value, "skuPartNumber")? } else { id }
        }
    };
    match named.is_unit() {
        true => Err(invalid("no licence is named here")),
        false => Ok(text(&named).rsplit(':').next().unwrap_or_default().to_owned().into()),
    }
}

/// Licences to add as `assignLicense` takes them.
fn licenses(value: &Dynamic) -> Outcome {
    let entry = |item: &Dynamic| -> Outcome {
        let mut map = Map::new();
        map.insert("skuId".into(), sku(item)?);
        let plans =
            if as_text(item).is_some() { Dynamic::UNIT } else { objects::get(item, "disabledPlans")? };
        map.insert("disabledPlans".into(), each(&plans).into());
        Ok(map.into())
    };
    Ok(each(value).iter().map(entry).collect::<Result<Array, _>>()?.into())
}

fn license_changes(value: &Dynamic) -> Outcome {
    let mut map = Map::new();
    map.insert("addLicenses".into(), licenses(&objects::get(value, "addLicenses")?)?);
    let remove: Result<Array, _> = each(&objects::get(value, "removeLicenses")?).iter().map(sku).collect();
    map.insert("removeLicenses".into(), remove?.into());
    Ok(map.into())
}

/// Addresses as a message names its recipients.
fn recipients(value: &Dynamic) -> Dynamic {
    let recipient = |item: &Dynamic| {
        let mut address = Map::new();
        address.insert("address".into(), text(item).into());
        let mut map = Map::new();
        map.insert("emailAddress".into(), address.into());
        Dynamic::from(map)
    };
    each(value).iter().map(recipient).collect::<Array>().into()
}

/// The same backwards.
fn addresses(value: &Dynamic) -> Outcome {
    let address = |item: &Dynamic| -> Outcome {
        if as_text(item).is_some() {
            return Ok(item.clone());
        }
        let inner = objects::get(item, "emailAddress")?;
        objects::get(if inner.is_unit() { item } else { &inner }, "address")
    };
    Ok(each(value).iter().map(address).collect::<Result<Array, _>>()?.into())
}

pub fn register(module: &mut Module) {
    native!(module, "options", |x| Ok(options(&x, &[])));
    native!(module, "options", |x, without| {
        let without: Vec<String> = items(&without).unwrap_or_default().iter().map(text).collect();
        Ok(options(&x, &without))
    });
    native!(module, "body", |x| body(&x));
    native!(module, "headers", |x| Ok(headers(&x)));
    native!(module, "key", |x| key(&x));
    native!(module, "identity", |x| identity(&x));
    native!(module, "linked", |x| linked(&x));
    native!(module, "sku", |x| sku(&x));
    native!(module, "licenses", |x| licenses(&x));
    native!(module, "license_changes", |x| license_changes(&x));
    native!(module, "recipients", |x| Ok(recipients(&x)));
    native!(module, "addresses", |x| addresses(&x));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_in_ids() {
        for link in [
            "https://graph.microsoft.com/v1.0/directoryObjects/4b1f",
            "https://graph.microsoft.com/v1.0/users/4b1f/",
            "https://graph.microsoft.com/v1.0/directoryObjects/{4b1f}",
            "https://graph.microsoft.com/v1.0/directoryObjects('4b1f')",
            "4b1f",
        ] {
            assert_eq!(text(&linked(&link.to_owned().into()).unwrap()), "4b1f", "{link}");
        }
        assert!(linked(&Map::new().into()).is_err());
    }

    #[test]
    fn names_of_a_body_become_the_services() {
        let mut inner = Map::new();
        inner.insert("CustomizedMessageBody".into(), "Welcome".to_owned().into());
        let mut map = Map::new();
        map.insert("InvitedUserMessageInfo".into(), inner.into());
        map.insert("@odata.id".into(), "x".to_owned().into());
        map.insert("UserId".into(), "y".to_owned().into());
        let out = options(&map.into(), &["userid".to_owned()]);
        let out = out.read_lock::<Map>().unwrap();
        assert_eq!(
            out.keys().map(|key| key.to_string()).collect::<Vec<_>>(),
            ["@odata.id", "invitedUserMessageInfo"]
        );
        assert!(
            out["invitedUserMessageInfo"].read_lock::<Map>().unwrap().contains_key("customizedMessageBody")
        );
    }
}
