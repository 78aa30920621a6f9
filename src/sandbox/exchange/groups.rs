//! Distribution groups and mail-enabled security groups: the only place where they and their members can be written.

use serde_json::{Value, json};
use uuid::Uuid;

use super::addresses::{
    accepted, address, changed_addresses, free, free_alias, free_name, new_alias, proxies_of, with_primary,
};
use super::binding::Bound;
use super::contacts::{keep, names_free, nothing_changed};
use super::fault::Fault;
use super::recipients::{ANCHOR, identify, is_recipient, name_of, shown, sort_of};
use super::{Outcome, Place, Ran, properties, views};
use crate::sandbox::tenant::{Kind, Object, Relation, Service, Tenant, map, smtp};

fn group(tenant: &Tenant, bound: &Bound) -> Result<Uuid, Fault> {
    let is = |_: &Tenant, object: &Object| object.is_distribution_group();
    Ok(identify(tenant, &bound.caller, bound.needed("Identity")?, is)?.id)
}

/// The group, if the caller may change it: a security group opens to its owners, or to who asks to pass them by.
fn own_group(tenant: &Tenant, bound: &Bound) -> Result<Uuid, Fault> {
    let id = group(tenant, bound)?;
    let guarded = tenant.get(id).is_some_and(|group| group.flag("securityEnabled"));
    let owns = tenant.is_linked(Relation::Owner, id, bound.caller.principal);
    if guarded && !owns && !bound.flag("BypassSecurityGroupManagerCheck") {
        return Err(Fault::not_manager(bound.caller.person));
    }
    Ok(id)
}

pub fn new(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let name = bound.needed("Name")?.trim().to_owned();
    free_name(tenant, &name, None)?;
    let alias = match bound.text("Alias") {
        Some(alias) => {
            free_alias(tenant, alias, None)?;
            alias.to_owned()
        }
        None => new_alias(tenant, &name),
    };
    let mail = match bound.text("PrimarySmtpAddress") {
        Some(given) => address(given)?.to_owned(),
        None => format!("{alias}@{}", tenant.profile.default_domain),
    };
    accepted(tenant, &mail)?;
    free(tenant, &mail, None)?;
    let found = |name: &str| -> Result<Vec<Uuid>, Fault> {
        let ids = bound.list(name).into_iter();
        ids.map(|member| Ok(identify(tenant, &bound.caller, member, is_recipient)?.id)).collect()
    };
    let (mut members, mut owners) = (found("Members")?, found("ManagedBy")?);
    if owners.is_empty() && bound.caller.person {
        owners.push(bound.caller.principal);
    }
    if bound.flag("CopyOwnerToMember") {
        members.extend(&owners);
    }
    let security = bound.text("Type") == Some("Security");
    let now = tenant.stamp();
    let properties = map(json!({
        "createdDateTime": now,
        "displayName": bound.text("DisplayName").unwrap_or(&name),
        "groupTypes": [],
        "mail": mail,
        "mailEnabled": true,
        "mailNickname": alias,
        "proxyAddresses": [format!("SMTP:{mail}")],
        "renewedDateTime": now,
        "securityEnabled": security,
    }));
    let mut object = Object::new(Uuid::new_v4(), Kind::Group, properties);
    const OWN: [&str; 5] = ["Alias", "Members", "ManagedBy", "PrimarySmtpAddress", "CopyOwnerToMember"];
    take_over(&mut object, bound, &OWN);
    object.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    if let Some(anchor) = &bound.caller.anchor {
        object.exchange.insert(ANCHOR.to_owned(), json!(anchor));
    }
    let id = tenant.insert(object);
    members.into_iter().for_each(|member| {
        tenant.link(Relation::Member, id, member);
    });
    owners.into_iter().for_each(|owner| {
        tenant.link(Relation::Owner, id, owner);
    });
    let made = tenant.get(id).ok_or_else(|| Fault::missing(&name))?;
    Ok(Outcome::of(vec![(
        Place::of(made.sequence),
        properties::view(tenant, made, views::DISTRIBUTION_GROUP),
    )]))
}

/// What the directory knows of a group goes there, the rest stays here.
pub fn take_over(group: &mut Object, bound: &Bound, but: &[&str]) {
    keep(
        group,
        bound,
        &[but, &["DisplayName", "Alias", "Description", "Notes", "Type", "AccessType"]].concat(),
    );
    if let Some(name) = bound.get("DisplayName") {
        group.set("displayName", name.clone());
    }
    if let Some(alias) = bound.get("Alias").filter(|_| !but.contains(&"Alias")) {
        group.set("mailNickname", alias.clone());
    }
    if let Some(kind) = bound.text("AccessType") {
        group.set("visibility", kind);
    }
    for name in ["Description", "Notes"] {
        match bound.get(name) {
            Some(Value::Array(texts)) => group.set("description", texts.first().cloned().unwrap_or_default()),
            Some(Value::String(text)) if text.is_empty() => group.set("description", Value::Null),
            Some(text @ (Value::String(_) | Value::Null)) => group.set("description", text.clone()),
            _ => {}
        }
    }
}

/// New addresses of a group, all of them free and its own domain's.
pub fn wanted_addresses(tenant: &Tenant, id: Uuid, bound: &Bound) -> Result<Option<Vec<Value>>, Fault> {
    let before = proxies_of(tenant, id);
    let mut proxies = before.clone();
    if let Some(change) = bound.get("EmailAddresses") {
        proxies = changed_addresses(proxies, change)?;
    }
    if let Some(text) =
        ["WindowsEmailAddress", "PrimarySmtpAddress"].into_iter().find_map(|name| bound.text(name))
    {
        proxies = with_primary(proxies, address(text)?, true);
    }
    if proxies == before {
        return Ok(None);
    }
    for found in proxies.iter().filter_map(Value::as_str).filter_map(smtp) {
        accepted(tenant, &found)?;
        free(tenant, &found, Some(id))?;
    }
    Ok(Some(proxies))
}

pub fn readdress(group: &mut Object, proxies: Option<Vec<Value>>) {
    if let Some(proxies) = proxies {
        let primary = proxies.iter().filter_map(Value::as_str).find_map(|proxy| proxy.strip_prefix("SMTP:"));
        group.set("mail", json!(primary));
        group.set("proxyAddresses", Value::Array(proxies));
    }
}

pub fn set(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = own_group(tenant, bound)?;
    names_free(tenant, id, bound)?;
    if bound.settings().next().is_none() {
        return Ok(nothing_changed(bound));
    }
    let proxies = wanted_addresses(tenant, id, bound)?;
    let owners = match bound.get("ManagedBy") {
        Some(wanted) => Some(linked(tenant, bound, id, Relation::Owner, wanted, "ManagedBy")?),
        None => None,
    };
    let now = tenant.stamp();
    tenant.update(id, |group| {
        take_over(
            group,
            bound,
            &["EmailAddresses", "WindowsEmailAddress", "PrimarySmtpAddress", "ManagedBy"],
        );
        readdress(group, proxies);
        group.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    });
    if let Some(owners) = owners {
        relink(tenant, Relation::Owner, id, &owners);
    }
    Ok(Outcome::default())
}

/// `Set-Group`: what is plain on any group.
pub fn set_group(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let is = |_: &Tenant, object: &Object| object.kind == Kind::Group;
    let id = identify(tenant, &bound.caller, bound.needed("Identity")?, is)?.id;
    names_free(tenant, id, bound)?;
    if bound.settings().next().is_none() {
        return Ok(nothing_changed(bound));
    }
    let now = tenant.stamp();
    tenant.update(id, |group| {
        take_over(group, bound, &["WindowsEmailAddress", "ManagedBy"]);
        group.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    });
    Ok(Outcome::default())
}

pub fn remove(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = own_group(tenant, bound)?;
    tenant.purge(id);
    Ok(Outcome::default())
}

pub fn members(tenant: &Tenant, bound: &Bound) -> Ran {
    let group = group(tenant, bound)?;
    let seen = |object: &Object| tenant.sees(Service::Exchange, object);
    let members = tenant.targets(Relation::Member, group).filter(|(_, member)| seen(member));
    Ok(Outcome::of(members.map(|(sequence, member)| (Place::of(sequence), shown(tenant, member))).collect()))
}

pub fn add(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let (group, member) = pair(tenant, bound)?;
    let fits = tenant.get(member).is_some_and(|member| {
        is_recipient(tenant, member) && sort_of(tenant, member).details != "GroupMailbox"
    });
    if !fits || group == member {
        let message = format!(
            "Couldn't add \"{}\" to the group: it is not a recipient that can be a member.",
            bound.text("Member").unwrap_or_default()
        );
        return Err(Fault::task(message));
    }
    if !tenant.link(Relation::Member, group, member) {
        let name = |id: Uuid| tenant.get(id).map(name_of).unwrap_or_default();
        return Err(Fault::member_exists(name(member), name(group)));
    }
    Ok(Outcome::default())
}

pub fn remove_member(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let (group, member) = pair(tenant, bound)?;
    if !tenant.unlink(Relation::Member, group, member) {
        let name = |id: Uuid| tenant.get(id).map(name_of).unwrap_or_default();
        return Err(Fault::member_missing(name(member), name(group)));
    }
    Ok(Outcome::default())
}

/// All members at once: those who are not named go.
pub fn update_members(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let group = own_group(tenant, bound)?;
    let wanted = bound.get("Members").cloned().unwrap_or(json!([]));
    let wanted = linked(tenant, bound, group, Relation::Member, &wanted, "Members")?;
    relink(tenant, Relation::Member, group, &wanted);
    Ok(Outcome::default())
}

/// The objects that a list names, or those that a table with `Add` and `Remove` leaves.
fn linked(
    tenant: &Tenant,
    bound: &Bound,
    group: Uuid,
    relation: Relation,
    wanted: &Value,
    parameter: &str,
) -> Result<Vec<Uuid>, Fault> {
    let one = |name: &str| Ok(identify(tenant, &bound.caller, name, is_recipient)?.id);
    let Value::Object(table) = wanted else {
        return bound.list(parameter).into_iter().map(one).collect();
    };
    let mut found: Vec<Uuid> = tenant.targets(relation, group).map(|(_, object)| object.id).collect();
    for (key, value) in table.iter().filter(|(key, _)| !key.contains('@')) {
        let names: Vec<&str> = match value {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            name => name.as_str().into_iter().collect(),
        };
        for name in names {
            let id = one(name)?;
            if key.eq_ignore_ascii_case("remove") {
                found.retain(|known| *known != id);
            } else if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    Ok(found)
}

/// Links exactly the objects wanted; who stays keeps the place.
fn relink(tenant: &mut Tenant, relation: Relation, group: Uuid, wanted: &[Uuid]) {
    let before: Vec<Uuid> = tenant.targets(relation, group).map(|(_, object)| object.id).collect();
    for gone in before.iter().filter(|id| !wanted.contains(id)) {
        tenant.unlink(relation, group, *gone);
    }
    for id in wanted {
        tenant.link(relation, group, *id);
    }
}

fn pair(tenant: &Tenant, bound: &Bound) -> Result<(Uuid, Uuid), Fault> {
    let group = own_group(tenant, bound)?;
    let member = identify(tenant, &bound.caller, bound.needed("Member")?, |_, _| true)?.id;
    Ok((group, member))
}
