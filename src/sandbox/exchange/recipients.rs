//! Recipients and the objects beside them, found by any of their names, filtered, sorted, and shown.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::binding::{Bound, Caller};
use super::fault::Fault;
use super::opath::{self, Opath};
use super::properties::{self, view};
use super::{Outcome, Place, Ran, views};
use crate::sandbox::tenant::{Kind, Object, Service, Tenant};

/// What an object is for Exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub kind: &'static str,
    pub details: &'static str,
}

const fn sort(kind: &'static str, details: &'static str) -> Sort {
    Sort { kind, details }
}

pub fn sort_of(tenant: &Tenant, object: &Object) -> Sort {
    match object.kind {
        Kind::Contact => sort("MailContact", "MailContact"),
        Kind::User if has_mailbox(tenant, object) => sort("UserMailbox", "UserMailbox"),
        Kind::User if object.proxies().next().is_none() => sort("User", "User"),
        Kind::User if object.is_guest() || object.text("externalUserState").is_some() => {
            sort("MailUser", "GuestMailUser")
        }
        Kind::User if object.exchange.contains_key("ExternalEmailAddress") => sort("MailUser", "MailUser"),
        Kind::User => sort("User", "User"),
        Kind::Group if object.is_unified() => sort("MailUniversalDistributionGroup", "GroupMailbox"),
        Kind::Group if !object.flag("mailEnabled") => sort("Group", "UniversalSecurityGroup"),
        Kind::Group if object.flag("securityEnabled") => {
            sort("MailUniversalSecurityGroup", "MailUniversalSecurityGroup")
        }
        Kind::Group if object.exchange.get("RoomList") == Some(&Value::Bool(true)) => {
            sort("MailUniversalDistributionGroup", "RoomList")
        }
        Kind::Group => sort("MailUniversalDistributionGroup", "MailUniversalDistributionGroup"),
        Kind::ServicePrincipal => sort("", ""),
    }
}

/// Whether mail can be sent to it.
pub fn is_recipient(tenant: &Tenant, object: &Object) -> bool {
    !matches!(sort_of(tenant, object).kind, "" | "User" | "Group")
}

pub fn is_mail_user(tenant: &Tenant, object: &Object) -> bool {
    sort_of(tenant, object).kind == "MailUser"
}

/// A user has a mailbox with a product that holds a plan of Exchange, unless that plan is switched off.
fn has_mailbox(tenant: &Tenant, user: &Object) -> bool {
    let held = user.properties.get("assignedLicenses").and_then(Value::as_array);
    held.into_iter().flatten().any(|licence| {
        let disabled = licence["disabledPlans"].as_array();
        let sku = tenant
            .setting("skus")
            .as_array()
            .into_iter()
            .flatten()
            .find(|sku| sku["skuId"] == licence["skuId"]);
        sku.and_then(|sku| sku["servicePlans"].as_array()).into_iter().flatten().any(|plan| {
            plan["servicePlanName"]
                .as_str()
                .is_some_and(|name| name.starts_with("EXCHANGE_S_") && name != "EXCHANGE_S_FOUNDATION")
                && !disabled.is_some_and(|disabled| disabled.contains(&plan["servicePlanId"]))
        })
    })
}

pub fn name_of(object: &Object) -> &str {
    let own = object.exchange.get("Name").and_then(Value::as_str);
    own.or_else(|| match object.kind {
        Kind::User => object.text("mailNickname"),
        _ => object.text("displayName"),
    })
    .unwrap_or_default()
}

pub fn alias_of(object: &Object) -> &str {
    let own = object.exchange.get("Alias").and_then(Value::as_str);
    own.or_else(|| object.text("mailNickname")).unwrap_or_default()
}

pub fn primary(object: &Object) -> Option<&str> {
    object.texts("proxyAddresses").find_map(|proxy| proxy.strip_prefix("SMTP:"))
}

/// The directory says of users whether they are shown, Exchange of everything else whether it is hidden.
pub fn hidden(object: &Object) -> bool {
    let own = || object.exchange.get("HiddenFromAddressListsEnabled").and_then(Value::as_bool);
    match object.kind {
        Kind::User => match object.properties.get("showInAddressList").and_then(Value::as_bool) {
            Some(shown) => !shown,
            None => own().unwrap_or(object.is_guest()),
        },
        _ => own().unwrap_or(false),
    }
}

/// The name under which an object carries the anchor of the call that made it.
pub const ANCHOR: &str = "MadeAt";

/// Whether the server that answers has heard of an object. A change that is routed like the call which made the
/// object reaches the same server; reads are spread over all of them.
fn seen(tenant: &Tenant, object: &Object, caller: &Caller) -> bool {
    if tenant.sees(Service::Exchange, object) {
        return true;
    }
    let anchor = object.exchange.get(ANCHOR).and_then(Value::as_str);
    caller.writes && anchor.is_some() && anchor == caller.anchor.as_deref()
}

/// The one object that an identity means: an id, an address, a name, a distinguished name.
pub fn identify<'a>(
    tenant: &'a Tenant,
    caller: &Caller,
    identity: &str,
    is: impl Fn(&Tenant, &Object) -> bool,
) -> Result<&'a Object, Fault> {
    let fits = |object: &&Object| is(tenant, object) && seen(tenant, object, caller);
    let bare = match identity.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("smtp") => rest,
        _ => identity,
    };
    if let Some(found) = tenant.holder(bare).filter(fits) {
        return Ok(found);
    }
    if let Ok(id) = Uuid::try_parse(identity) {
        let by_guid = || {
            let all = [Kind::User, Kind::Group].into_iter().flat_map(|kind| tenant.of_kind(kind));
            tenant.known_as(identity).chain(all).find(|object| object.exchange_guid() == id)
        };
        return tenant.get(id).or_else(by_guid).filter(fits).ok_or_else(|| Fault::missing(identity));
    }
    let named = match identity.get(..3).filter(|start| start.eq_ignore_ascii_case("CN=")) {
        Some(_) => identity[3..].split(',').next().unwrap_or_default(),
        None => identity,
    };
    let same = |text: &str| text.to_lowercase() == named.to_lowercase();
    let goes_by = |object: &&Object| {
        if named.len() != identity.len() {
            return properties::value(tenant, object, "DistinguishedName")
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(identity));
        }
        same(name_of(object))
            || same(alias_of(object))
            || object.text("displayName").is_some_and(same)
            || object.text("userPrincipalName").is_some_and(same)
    };
    let found: Vec<&Object> = tenant.known_as(named).filter(fits).filter(goes_by).collect();
    // A name that only one goes by wins over the names that others share with it.
    let exact: Vec<&&Object> =
        found.iter().filter(|object| same(name_of(object)) || same(alias_of(object))).collect();
    match (found.as_slice(), exact.as_slice()) {
        ([], _) => Err(Fault::missing(identity)),
        ([only], _) => Ok(only),
        (_, [only]) => Ok(only),
        _ => Err(Fault::ambiguous(identity)),
    }
}

/// What a `Get-` cmdlet looks among, and what it shows.
pub struct Look {
    pub kinds: &'static [Kind],
    pub is: fn(&Tenant, &Object) -> bool,
    pub view: &'static [&'static str],
    /// The switch that lets deleted objects in, and whether it lets only those in.
    pub deleted: Option<(&'static str, bool)>,
}

/// What every `Get-` cmdlet does: one by identity, else all that the filter lets through.
pub fn get(tenant: &Tenant, bound: &Bound, look: &Look) -> Ran {
    let (live, binned) = match look.deleted.filter(|(switch, _)| bound.flag(switch)) {
        Some((_, only)) => (!only, true),
        None => (true, false),
    };
    let of_kind =
        |tenant: &Tenant, object: &Object| look.kinds.contains(&object.kind) && (look.is)(tenant, object);
    let names = wanted_names(bound, look.view)?;
    if let Some(identity) = bound.text("Identity").filter(|identity| !identity.is_empty()) {
        let found = match identify(tenant, &bound.caller, identity, of_kind) {
            Err(fault) if binned => binned_by(tenant, identity, look).ok_or(fault)?,
            found => found?,
        };
        return Ok(Outcome::of(vec![(Place::of(found.sequence), view(tenant, found, &names))]));
    }
    let given =
        ["Filter", "RecipientPreviewFilter"].into_iter().find_map(|name| Some((name, bound.text(name)?)));
    let filter = match given {
        Some((name, text)) => Some(opath::read(text).map_err(|trouble| Fault::filter(name, &trouble))?),
        None => None,
    };
    let mut candidates: Vec<&Object> = match filter.as_ref().and_then(Opath::handles).filter(|_| !binned) {
        Some(handles) => handles.iter().flat_map(|handle| tenant.known_as(handle)).collect(),
        None if live => look.kinds.iter().flat_map(|kind| tenant.of_kind(*kind)).collect(),
        None => Vec::new(),
    };
    if binned {
        candidates.extend(look.kinds.iter().flat_map(|kind| tenant.bin(*kind)));
    }
    candidates.sort_by_key(|object| object.sequence);
    candidates.dedup_by_key(|object| object.id);
    let details = bound.list("RecipientTypeDetails");
    let types = bound.list("RecipientType");
    let anr = ["Anr", "ANR"].into_iter().find_map(|name| bound.text(name)).map(str::to_lowercase);
    let by = ["SortBy", "Sortby"].into_iter().find_map(|name| bound.text(name));
    let by = match by {
        Some(by) => Some(properties::spelled(by).ok_or_else(|| {
            Fault::task(format!("The property \"{by}\" can't be used to sort the results."))
        })?),
        None => None,
    };
    let mut found: Vec<(Place, &Object)> = Vec::new();
    for object in candidates {
        if !of_kind(tenant, object) || !(object.deleted || seen(tenant, object, &bound.caller)) {
            continue;
        }
        if !details.is_empty() || !types.is_empty() {
            let sort = sort_of(tenant, object);
            let among = |wanted: &[&str], kind: &str| wanted.is_empty() || wanted.contains(&kind);
            if !among(&details, sort.details) || !among(&types, sort.kind) {
                continue;
            }
        }
        if anr.as_ref().is_some_and(|anr| !resembles(object, anr)) {
            continue;
        }
        if filter
            .as_ref()
            .is_some_and(|filter| !filter.holds(&|name| properties::value(tenant, object, name)))
        {
            continue;
        }
        let key = by.map(|by| properties::value(tenant, object, by));
        let key = key.as_ref().and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let place = Place { key, sequence: object.sequence };
        if bound.window.holds(&place) {
            found.push((place, object));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    // One more than is asked for, so that it shows whether there is more.
    found.truncate(bound.window.size.saturating_add(1));
    Ok(Outcome::of(found.into_iter().map(|(place, object)| (place, view(tenant, object, &names))).collect()))
}

/// What `Properties` leaves of a view; it may name what the view leaves out.
fn wanted_names(bound: &Bound, view: &'static [&'static str]) -> Result<Vec<&'static str>, Fault> {
    let wanted = bound.list("Properties");
    if wanted.is_empty() {
        return Ok(view.to_vec());
    }
    let one = |name: &str| {
        properties::spelled(name).ok_or_else(|| {
            Fault::task(format!(
                "The property \"{name}\" isn't a property of the recipient that can be returned."
            ))
        })
    };
    wanted.iter().flat_map(|names| names.split(',')).map(|name| one(name.trim())).collect()
}

/// Ambiguous name resolution: the text begins one of the names.
fn resembles(object: &Object, text: &str) -> bool {
    let names = ["givenName", "surname"].into_iter().filter_map(|name| object.text(name));
    let own = ["FirstName", "LastName"].into_iter().filter_map(|name| object.exchange.get(name)?.as_str());
    object.handles().iter().any(|handle| handle.starts_with(text))
        || names.chain(own).any(|name| name.to_lowercase().starts_with(text))
}

fn binned_by<'a>(tenant: &'a Tenant, identity: &str, look: &Look) -> Option<&'a Object> {
    let id = Uuid::try_parse(identity).ok();
    let same = |text: &str| text.eq_ignore_ascii_case(identity);
    look.kinds.iter().flat_map(|kind| tenant.bin(*kind)).filter(|object| (look.is)(tenant, object)).find(
        |object| {
            Some(object.id) == id
                || Some(object.exchange_guid()) == id
                || same(name_of(object))
                || same(alias_of(object))
                || object.text("displayName").is_some_and(same)
                || object.proxies().any(|proxy| same(&proxy))
        },
    )
}

const fn live(
    kinds: &'static [Kind],
    is: fn(&Tenant, &Object) -> bool,
    view: &'static [&'static str],
) -> Look {
    Look { kinds, is, view, deleted: None }
}

const fn with_bin(look: Look, switch: &'static str, only: bool) -> Look {
    Look { deleted: Some((switch, only)), ..look }
}

const EVERYBODY: &[Kind] = &[Kind::User, Kind::Group, Kind::Contact];

static MAIL_CONTACTS: Look = live(&[Kind::Contact], |_, _| true, views::MAIL_CONTACT);
static CONTACTS: Look = live(&[Kind::Contact], |_, _| true, views::CONTACT);
static RECIPIENTS: Look =
    with_bin(live(EVERYBODY, is_recipient, views::RECIPIENT), "IncludeSoftDeletedRecipients", false);
static MAIL_USERS: Look =
    with_bin(live(&[Kind::User], is_mail_user, views::MAIL_USER), "SoftDeletedMailUser", true);
static USERS: Look = live(&[Kind::User], |_, _| true, views::USER);
static MAILBOXES: Look = with_bin(
    live(&[Kind::User], |tenant, user| sort_of(tenant, user).details == "UserMailbox", views::MAILBOX),
    "SoftDeletedMailbox",
    true,
);
static GROUP_MAILBOXES: Look = live(&[Kind::Group], |_, group| group.is_unified(), views::MAILBOX);
static DISTRIBUTION_GROUPS: Look =
    live(&[Kind::Group], |_, group| group.is_distribution_group(), views::DISTRIBUTION_GROUP);
static GROUPS: Look = live(&[Kind::Group], |_, _| true, views::GROUP);
static UNIFIED_GROUPS: Look = with_bin(
    live(&[Kind::Group], |_, group| group.is_unified(), views::UNIFIED_GROUP),
    "IncludeSoftDeletedGroups",
    false,
);

pub fn mail_contacts(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &MAIL_CONTACTS)
}

pub fn contacts(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &CONTACTS)
}

pub fn recipients(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &RECIPIENTS)
}

pub fn mail_users(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &MAIL_USERS)
}

pub fn users(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &USERS)
}

pub fn mailboxes(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, if bound.flag("GroupMailbox") { &GROUP_MAILBOXES } else { &MAILBOXES })
}

pub fn groups(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &GROUPS)
}

pub fn unified_groups(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &UNIFIED_GROUPS)
}

pub fn distribution_groups(tenant: &Tenant, bound: &Bound) -> Ran {
    let Some(owner) = bound.text("ManagedBy") else { return get(tenant, bound, &DISTRIBUTION_GROUPS) };
    let mut outcome = get(tenant, &bound.whole(), &DISTRIBUTION_GROUPS)?;
    let owner = name_of(identify(tenant, &bound.caller, owner, |_, _| true)?);
    outcome.objects.retain(|(_, group)| {
        group["ManagedBy"].as_array().is_some_and(|owners| owners.iter().any(|name| name == owner))
    });
    Ok(outcome)
}

/// How one object is shown among others.
pub fn shown(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    view(tenant, object, views::RECIPIENT)
}
