//! Groups and who is in them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Answer, Call, Fault};
use super::group_settings::admits;
use super::list::{self, Row, rows_of};
use super::navigation::{ANYTHING, already, cast, linked, pointed_at, reference, subject};
use super::options::{Options, Shape};
use super::properties::{checked, text, value};
use super::{schema, users};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant, membership_rule};

static GROUPS: Shape = Shape::of(&[&schema::GROUP], "groups");

/// So many members one PATCH takes.
const MOST_BOUND: usize = 20;

pub fn list(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &GROUPS)?;
    list::list(call, tenant, &GROUPS, &options, rows_of(tenant, Kind::Group, &options))
}

pub fn count(call: &Call, tenant: &Tenant) -> Answer {
    let options = Options::read(call, &GROUPS)?;
    list::count(call, &options, rows_of(tenant, Kind::Group, &options))
}

pub fn get(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    let options = Options::of_one(call, &schema::GROUP)?;
    list::one(call, tenant, 200, &Row::of(0, group), &options)
}

pub fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let mut properties = checked(&schema::GROUP, &body)?;
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        if value(&body, name).is_null() {
            let message = format!("A value is required for property '{name}' of resource 'Group'.");
            return Err(Fault::request(message));
        }
    }
    let kinds = value(&body, "groupTypes").as_array().cloned().unwrap_or_default();
    let unified = kinds.iter().any(|kind| kind == "Unified");
    sound_rule(&properties)?;
    if kinds.iter().any(|kind| kind == "DynamicMembership") {
        for name in ["membershipRule", "membershipRuleProcessingState"] {
            if value(&body, name).is_null() {
                let message = format!("A value is required for property '{name}' of resource 'Group'.");
                return Err(Fault::request(message));
            }
        }
    }
    if value(&body, "mailEnabled") == true && !unified {
        return Err(Fault::request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.",
        ));
    }
    if unified {
        let mail =
            format!("{}@{}", text(&body, "mailNickname").unwrap_or_default(), tenant.profile.default_domain);
        if tenant.holder(&mail).is_some() {
            return Err(Fault::conflict("mailNickname"));
        }
        properties.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{mail}")]));
        properties.insert("mail".to_owned(), json!(mail));
    }
    let now = tenant.stamp();
    properties.insert("createdDateTime".to_owned(), json!(now));
    properties.insert("renewedDateTime".to_owned(), json!(now));
    let links = [("members@odata.bind", Relation::Member), ("owners@odata.bind", Relation::Owner)];
    let mut wanted = Vec::new();
    for (name, relation) in links {
        for address in value(&body, name).as_array().into_iter().flatten().filter_map(Value::as_str) {
            wanted.push((relation, pointed_at(tenant, address)?));
        }
    }
    let id = tenant.insert(Object::new(Uuid::new_v4(), Kind::Group, properties));
    for (relation, target) in wanted {
        tenant.link(relation, id, target);
    }
    let group = tenant.get(id).ok_or_else(|| Fault::missing(&id.to_string()))?;
    list::one(call, tenant, 201, &Row::of(0, group), &Options::default())
}

/// A rule that cannot be read is refused before anybody waits for members.
fn sound_rule(properties: &Map<String, Value>) -> Result<(), Fault> {
    match properties.get("membershipRule") {
        Some(Value::String(rule)) if membership_rule(rule).is_none() => {
            Err(Fault::request("Dynamic membership rule validation error: Invalid query syntax."))
        }
        _ => Ok(()),
    }
}

pub fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let id = subject(call, tenant)?.id;
    let changes = checked(&schema::GROUP, &body)?;
    sound_rule(&changes)?;
    if !changes.is_empty()
        && !["Group.ReadWrite.All", "Directory.ReadWrite.All"].iter().any(|all| call.consented(all))
    {
        return Err(Fault::denied());
    }
    let bound = value(&body, "members@odata.bind").as_array().cloned().unwrap_or_default();
    let mut added = Vec::with_capacity(bound.len());
    if !bound.is_empty() {
        if bound.len() > MOST_BOUND {
            let message = format!("The number of references in 'members' must not exceed {MOST_BOUND}.");
            return Err(Fault::request(message));
        }
        open_to_members(call, tenant)?;
        for address in bound.iter().filter_map(Value::as_str) {
            let member = pointed_at(tenant, address)?;
            if added.contains(&member) || tenant.is_linked(Relation::Member, id, member) {
                return Err(already("members"));
            }
            admits(tenant, id, member)?;
            added.push(member);
        }
    }
    let owners = value(&body, "owners@odata.bind").as_array().cloned().unwrap_or_default();
    if owners.len() > MOST_BOUND {
        let message = format!("The number of references in 'owners' must not exceed {MOST_BOUND}.");
        return Err(Fault::request(message));
    }
    let mut owning = Vec::with_capacity(owners.len());
    for address in owners.iter().filter_map(Value::as_str) {
        let owner = pointed_at(tenant, address)?;
        if owning.contains(&owner) || tenant.is_linked(Relation::Owner, id, owner) {
            return Err(already("owners"));
        }
        owning.push(owner);
    }
    if !changes.is_empty() {
        tenant.update(id, |group| changes.into_iter().for_each(|(name, value)| group.set(&name, value)));
    }
    for member in added {
        tenant.link(Relation::Member, id, member);
    }
    for owner in owning {
        tenant.link(Relation::Owner, id, owner);
    }
    Ok(Reply::empty(204))
}

pub fn delete(call: &Call, tenant: &mut Tenant) -> Answer {
    let group = subject(call, tenant)?;
    // (<https://learn.microsoft.com/entra/identity/users/licensing-group-advanced>)
    if group.properties.get("assignedLicenses").and_then(Value::as_array).is_some_and(|held| !held.is_empty())
    {
        return Err(Fault::request(
            "The group cannot be deleted while licenses are assigned to it: remove them first.",
        ));
    }
    let (id, kept) = (group.id, !group.is_distribution_group());
    // Groups that Exchange keeps are gone at once; the others go to the bin.
    if kept {
        tenant.discard(id)
    } else {
        tenant.purge(id)
    }
    Ok(Reply::empty(204))
}

/// The group, if its members may be written here.
fn open_to_members(call: &Call, tenant: &Tenant) -> Result<Uuid, Fault> {
    let group = subject(call, tenant)?;
    if group.is_dynamic() {
        return Err(Fault::request(
            "Members of a group with dynamic membership cannot be added or removed: its rule decides.",
        ));
    }
    if group.is_distribution_group() {
        return Err(Fault::request("Cannot Update a mail-enabled security groups and or distribution list."));
    }
    if group.flag("onPremisesSyncEnabled") {
        return Err(Fault::request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
        ));
    }
    if group.flag("isAssignableToRole") && !call.may("RoleManagement.ReadWrite.Directory") {
        return Err(Fault::denied());
    }
    Ok(group.id)
}

pub fn members(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    listed(call, tenant, tenant.members(group))
}

pub fn count_members(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    let options = Options::read(call, &ANYTHING)?;
    let members = tenant.members(group);
    list::count(call, &options, members.into_iter().map(|(sequence, object)| Row::of(sequence, object)))
}

/// The second key is a cast.
fn listed(call: &Call, tenant: &Tenant, objects: Vec<(u64, &Object)>) -> Answer {
    let shape = match call.keys.get(1) {
        None => &ANYTHING,
        Some(name) => cast(name).ok_or_else(|| Fault::missing(name))?,
    };
    linked(call, tenant, shape, objects)
}

pub fn transitive_members(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    let mut found: Vec<(u64, &Object)> = tenant.members(group);
    let mut next = 0;
    while next < found.len() {
        let object = found[next].1;
        if object.kind == Kind::Group {
            for (sequence, member) in tenant.members(object) {
                if member.id != group.id && found.iter().all(|(_, known)| known.id != member.id) {
                    found.push((sequence, member));
                }
            }
        }
        next += 1;
    }
    found.sort_by_key(|(sequence, _)| *sequence);
    listed(call, tenant, found)
}

pub fn add_member(call: &Call, tenant: &mut Tenant) -> Answer {
    let group = open_to_members(call, tenant)?;
    let member = reference(call, tenant)?;
    if group == member {
        return Err(Fault::request("A group cannot be a member of itself."));
    }
    admits(tenant, group, member)?;
    if !tenant.link(Relation::Member, group, member) {
        return Err(already("members"));
    }
    Ok(Reply::empty(204))
}

pub fn remove_member(call: &Call, tenant: &mut Tenant) -> Answer {
    let group = open_to_members(call, tenant)?;
    let member = Uuid::try_parse(call.key(1)).map_err(|_| Fault::missing(call.key(1)))?;
    // The link of somebody in the bin waits, unseen, for a restore.
    if tenant.get(member).is_none() || !tenant.unlink(Relation::Member, group, member) {
        return Err(Fault::missing(call.key(1)));
    }
    Ok(Reply::empty(204))
}

/// Without `/$ref` it is not the membership that goes but the object, as in the service.
pub fn delete_the_member_itself(call: &Call, tenant: &mut Tenant) -> Answer {
    let group = subject(call, tenant)?.id;
    let member = Uuid::try_parse(call.key(1)).map_err(|_| Fault::missing(call.key(1)))?;
    let is_user = tenant.get(member).is_some_and(|object| object.kind == Kind::User);
    if !is_user || !tenant.is_linked(Relation::Member, group, member) {
        return Err(Fault::missing(call.key(1)));
    }
    users::remove(call, tenant, member)
}

pub fn owners(call: &Call, tenant: &Tenant) -> Answer {
    let group = subject(call, tenant)?;
    linked(call, tenant, &ANYTHING, tenant.targets(Relation::Owner, group.id).collect())
}

pub fn add_owner(call: &Call, tenant: &mut Tenant) -> Answer {
    let group = subject(call, tenant)?.id;
    let owner = reference(call, tenant)?;
    if !tenant.link(Relation::Owner, group, owner) {
        return Err(already("owners"));
    }
    Ok(Reply::empty(204))
}

pub fn remove_owner(call: &Call, tenant: &mut Tenant) -> Answer {
    let group = subject(call, tenant)?;
    let (id, unified) = (group.id, group.is_unified());
    let owner = Uuid::try_parse(call.key(1)).map_err(|_| Fault::missing(call.key(1)))?;
    if tenant.get(owner).is_none() || !tenant.is_linked(Relation::Owner, id, owner) {
        return Err(Fault::missing(call.key(1)));
    }
    if unified && tenant.targets(Relation::Owner, id).count() == 1 {
        return Err(Fault::request(
            "The group must have at least one owner, hence this owner cannot be removed.",
        ));
    }
    tenant.unlink(Relation::Owner, id, owner);
    Ok(Reply::empty(204))
}
