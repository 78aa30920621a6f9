//! Microsoft 365 groups as Exchange has them. An application may read and set them; making, removing and filling them
//! is for people here, and for Graph.

use serde_json::{Value, json};
use uuid::Uuid;

use super::addresses::{accepted, address, free, free_alias, new_alias};
use super::binding::Bound;
use super::contacts::nothing_changed;
use super::fault::Fault;
use super::groups::{readdress, take_over, wanted_addresses};
use super::recipients::{ANCHOR, identify, is_recipient, name_of, shown};
use super::{Outcome, Place, Ran, properties, views};
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant, map};

fn group(tenant: &Tenant, bound: &Bound) -> Result<Uuid, Fault> {
    let is = |_: &Tenant, object: &Object| object.is_unified();
    Ok(identify(tenant, &bound.caller, bound.needed("Identity")?, is)?.id)
}

fn person(bound: &Bound, cmdlet: &str) -> Result<(), Fault> {
    if bound.caller.person { Ok(()) } else { Err(Fault::people_only(cmdlet)) }
}

fn found(tenant: &Tenant, bound: &Bound, names: &[&str]) -> Result<Vec<Uuid>, Fault> {
    names.iter().map(|name| Ok(identify(tenant, &bound.caller, name, is_recipient)?.id)).collect()
}

pub fn new(tenant: &mut Tenant, bound: &Bound) -> Ran {
    person(bound, "New-UnifiedGroup")?;
    let name = match bound.text("DisplayName") {
        Some(name) => name.to_owned(),
        None => {
            return Err(Fault::task("The sandbox makes no Microsoft 365 group out of a distribution list."));
        }
    };
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
    let mut members = found(tenant, bound, &bound.list("Members"))?;
    let mut owners = found(tenant, bound, &[bound.list("ManagedBy"), bound.list("Owner")].concat())?;
    if owners.is_empty() {
        owners.push(bound.caller.principal);
    }
    members.extend(&owners);
    let now = tenant.stamp();
    let properties = map(json!({
        "createdDateTime": now,
        "displayName": name,
        "groupTypes": ["Unified"],
        "mail": mail,
        "mailEnabled": true,
        "mailNickname": alias,
        "proxyAddresses": [format!("SMTP:{mail}")],
        "renewedDateTime": now,
        "securityEnabled": true,
        "visibility": "Private",
    }));
    let mut object = Object::new(Uuid::new_v4(), Kind::Group, properties);
    const OWN: [&str; 8] = [
        "Alias",
        "Members",
        "ManagedBy",
        "Owner",
        "PrimarySmtpAddress",
        "EmailAddresses",
        "ExecutingUser",
        "ExoErrorAsWarning",
    ];
    take_over(&mut object, bound, &OWN);
    if let Some(anchor) = &bound.caller.anchor {
        object.exchange.insert(ANCHOR.to_owned(), json!(anchor));
    }
    let id = tenant.insert(object);
    for member in members {
        tenant.link(Relation::Member, id, member);
    }
    for owner in owners {
        tenant.link(Relation::Owner, id, owner);
    }
    let made = tenant.get(id).ok_or_else(|| Fault::missing(&name))?;
    Ok(Outcome::of(vec![(Place::of(made.sequence), properties::view(tenant, made, views::UNIFIED_GROUP))]))
}

pub fn set(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let id = group(tenant, bound)?;
    if let Some(alias) = bound.text("Alias") {
        free_alias(tenant, alias, Some(id))?;
    }
    if bound.settings().next().is_none() {
        return Ok(nothing_changed(bound));
    }
    let proxies = wanted_addresses(tenant, id, bound)?;
    let now = tenant.stamp();
    tenant.update(id, |group| {
        take_over(group, bound, &["EmailAddresses", "PrimarySmtpAddress"]);
        readdress(group, proxies);
        group.exchange.insert("WhenChangedUTC".to_owned(), json!(now));
    });
    Ok(Outcome::default())
}

pub fn remove(tenant: &mut Tenant, bound: &Bound) -> Ran {
    person(bound, "Remove-UnifiedGroup")?;
    let id = group(tenant, bound)?;
    tenant.discard(id);
    Ok(Outcome::default())
}

/// Members and owners are the directory's. Subscribers and the like are kept by Exchange alone, as ids.
fn relation(kind: &str) -> Option<Relation> {
    match kind {
        "Members" => Some(Relation::Member),
        "Owners" => Some(Relation::Owner),
        _ => None,
    }
}

/// Where an object keeps the links that the directory has not.
fn kept_under(kind: &str) -> String {
    format!("Links{kind}")
}

pub fn links(tenant: &Tenant, bound: &Bound) -> Ran {
    let id = group(tenant, bound)?;
    let kind = bound.needed("LinkType")?;
    let group = tenant.get(id).ok_or_else(|| Fault::missing(kind))?;
    let linked: Vec<(u64, &Object)> = match relation(kind) {
        Some(Relation::Member) => tenant.members(group),
        Some(relation) => tenant.targets(relation, id).collect(),
        None => {
            let ids = group.exchange.get(&kept_under(kind)).and_then(Value::as_array);
            let ids = ids.into_iter().flatten().filter_map(|id| Uuid::try_parse(id.as_str()?).ok());
            (1..).zip(ids.filter_map(|id| tenant.get(id))).collect()
        }
    };
    Ok(Outcome::of(linked.into_iter().map(|(place, one)| (Place::of(place), shown(tenant, one))).collect()))
}

pub fn add_links(tenant: &mut Tenant, bound: &Bound) -> Ran {
    person(bound, "Add-UnifiedGroupLinks")?;
    let id = group(tenant, bound)?;
    let kind = bound.needed("LinkType")?;
    let wanted = found(tenant, bound, &bound.list("Links"))?;
    let stranger = wanted.iter().find(|one| !tenant.is_linked(Relation::Member, id, **one));
    if let Some(stranger) = stranger.filter(|_| kind != "Members") {
        let name = tenant.get(*stranger).map(name_of).unwrap_or_default();
        return Err(Fault::task(format!(
            "Only members can be {} of a group. Please add \"{name}\" as a member first.",
            kind.to_lowercase()
        )));
    }
    match relation(kind) {
        Some(relation) => {
            for one in wanted {
                tenant.link(relation, id, one);
            }
        }
        None => {
            let name = kept_under(kind);
            tenant.update(id, |group| {
                let mut list =
                    group.exchange.get(&name).and_then(Value::as_array).cloned().unwrap_or_default();
                let new = wanted.iter().map(|one| json!(one.to_string()));
                list.extend(new.filter(|one| !list.contains(one)).collect::<Vec<_>>());
                group.exchange.insert(name, Value::Array(list));
            });
        }
    }
    Ok(Outcome::default())
}

pub fn remove_links(tenant: &mut Tenant, bound: &Bound) -> Ran {
    person(bound, "Remove-UnifiedGroupLinks")?;
    let id = group(tenant, bound)?;
    let kind = bound.needed("LinkType")?;
    let wanted = found(tenant, bound, &bound.list("Links"))?;
    match relation(kind) {
        Some(relation) => {
            let owner = wanted.iter().find(|one| tenant.is_linked(Relation::Owner, id, **one));
            if let Some(owner) = owner.filter(|_| relation == Relation::Member) {
                let name = tenant.get(*owner).map(name_of).unwrap_or_default();
                return Err(Fault::task(format!(
                    "\"{name}\" is an owner of the group. Please remove it from the owners first."
                )));
            }
            let left = tenant.targets(relation, id).filter(|(_, one)| !wanted.contains(&one.id)).count();
            if relation == Relation::Owner && left == 0 {
                return Err(Fault::task("The last owner of a group can't be removed."));
            }
            for one in wanted {
                tenant.unlink(relation, id, one);
            }
        }
        None => {
            let name = kept_under(kind);
            let gone: Vec<Value> = wanted.iter().map(|one| json!(one.to_string())).collect();
            tenant.update(id, |group| {
                if let Some(list) = group.exchange.get_mut(&name).and_then(Value::as_array_mut) {
                    list.retain(|one| !gone.contains(one));
                }
            });
        }
    }
    Ok(Outcome::default())
}

#[cfg(test)]
mod tests {
    use super::super::binding::{Caller, bind};
    use super::super::parameters as p;
    use super::*;
    use crate::sandbox::seed::plant;

    fn asked(tenant: &Tenant, person: bool, known: p::Parameters, parameters: Value) -> Bound {
        let principal = tenant.user("alex.wilber@contoso.example").unwrap().id;
        bind(Some(&parameters), known, Caller { principal, person, writes: true, ..Caller::default() })
            .unwrap()
    }

    #[test]
    fn people_make_fill_and_remove_groups() {
        let mut tenant = plant("contoso").unwrap();
        let one = |tenant: &Tenant, known, parameters| asked(tenant, true, known, parameters);
        let wish = one(
            &tenant,
            p::NEW_UNIFIED_GROUP,
            json!({ "DisplayName": "Pilots", "Members": ["megan.bowen"] }),
        );
        let made = new(&mut tenant, &wish).unwrap().objects.remove(0).1;
        assert_eq!(made["PrimarySmtpAddress"], "Pilots@contoso.example");
        assert_eq!((&made["AccessType"], &made["GroupMemberCount"]), (&json!("Private"), &json!(2)));
        let guests =
            json!({ "Identity": "Pilots", "LinkType": "Members", "Links": ["lee.gu@fabrikam.example"] });
        let wish = one(&tenant, p::ADD_UNIFIED_GROUP_LINKS, guests);
        add_links(&mut tenant, &wish).unwrap();
        let owner = json!({ "Identity": "Pilots", "LinkType": "Owners", "Links": "ola.nordmann" });
        let wish = one(&tenant, p::ADD_UNIFIED_GROUP_LINKS, owner);
        assert!(add_links(&mut tenant, &wish).is_err());
        let listed =
            one(&tenant, p::GET_UNIFIED_GROUP_LINKS, json!({ "Identity": "Pilots", "LinkType": "members" }));
        assert_eq!(links(&tenant, &listed).unwrap().objects.len(), 3);
        let last = json!({ "Identity": "Pilots", "LinkType": "Owners", "Links": "alex.wilber" });
        let wish = one(&tenant, p::REMOVE_UNIFIED_GROUP_LINKS, last);
        assert!(remove_links(&mut tenant, &wish).is_err());
        let wish = one(&tenant, p::REMOVE_UNIFIED_GROUP, json!({ "Identity": "Pilots" }));
        remove(&mut tenant, &wish).unwrap();
        assert!(links(&tenant, &listed).is_err());
    }

    #[test]
    fn applications_are_sent_to_graph() {
        let mut tenant = plant("contoso").unwrap();
        let wish = asked(&tenant, false, p::NEW_UNIFIED_GROUP, json!({ "DisplayName": "Pilots" }));
        assert!(new(&mut tenant, &wish).is_err());
    }
}
