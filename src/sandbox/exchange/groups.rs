//! Distribution groups: the only place where their members can be written.

use uuid::Uuid;

use super::binding::Bound;
use super::fault::Fault;
use super::recipients::{identify, kind_of, name_of, shown};
use super::{Outcome, Ran};
use crate::sandbox::tenant::{Object, Relation, Tenant};

fn group(tenant: &Tenant, bound: &Bound) -> Result<Uuid, Fault> {
    Ok(identify(tenant, bound.needed("Identity")?, Object::is_distribution_group)?.id)
}

pub fn members(tenant: &Tenant, bound: &Bound) -> Ran {
    let group = group(tenant, bound)?;
    let members = tenant.targets(Relation::Member, group).filter(|(_, member)| kind_of(member).is_some());
    Ok(Outcome::of(members.map(|(sequence, member)| (sequence, shown(tenant, member))).collect()))
}

pub fn add(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let (group, member) = pair(tenant, bound)?;
    let fits = tenant.get(member).and_then(kind_of).is_some_and(|(_, details)| details != "GroupMailbox");
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

pub fn remove(tenant: &mut Tenant, bound: &Bound) -> Ran {
    let (group, member) = pair(tenant, bound)?;
    if !tenant.unlink(Relation::Member, group, member) {
        let name = |id: Uuid| tenant.get(id).map(name_of).unwrap_or_default();
        return Err(Fault::member_missing(name(member), name(group)));
    }
    Ok(Outcome::default())
}

fn pair(tenant: &Tenant, bound: &Bound) -> Result<(Uuid, Uuid), Fault> {
    let group = group(tenant, bound)?;
    let member = identify(tenant, bound.needed("Member")?, |_| true)?.id;
    Ok((group, member))
}
