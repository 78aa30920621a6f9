//! Recipients as Exchange shows them: contacts, guests, mailboxes and groups, found by any of their names.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::binding::Bound;
use super::fault::Fault;
use super::opath::{self, Opath};
use super::{Outcome, Output, Ran};
use crate::sandbox::tenant::{Kind, Object, Tenant};

/// What kind of recipient an object is, if it is one: its type and the details of it.
pub fn kind_of(object: &Object) -> Option<(&'static str, &'static str)> {
    match object.kind {
        Kind::Contact => Some(("MailContact", "MailContact")),
        Kind::User if object.proxies().next().is_none() => None,
        Kind::User if object.is_guest() || object.text("externalUserState").is_some() => {
            Some(("MailUser", "GuestMailUser"))
        }
        Kind::User => Some(("UserMailbox", "UserMailbox")),
        Kind::Group if object.is_unified() => Some(("MailUniversalDistributionGroup", "GroupMailbox")),
        Kind::Group if !object.flag("mailEnabled") => None,
        Kind::Group if object.flag("securityEnabled") => {
            Some(("MailUniversalSecurityGroup", "MailUniversalSecurityGroup"))
        }
        Kind::Group => Some(("MailUniversalDistributionGroup", "MailUniversalDistributionGroup")),
        Kind::ServicePrincipal | Kind::Application | Kind::AdministrativeUnit => None,
    }
}

pub fn name_of(object: &Object) -> &str {
    let own = object.exchange.get("Name").and_then(Value::as_str);
    own.or_else(|| match object.kind {
        Kind::User => object.text("mailNickname"),
        _ => object.text("displayName"),
    })
    .unwrap_or_default()
}

fn alias_of(object: &Object) -> &str {
    let own = object.exchange.get("Alias").and_then(Value::as_str);
    own.or_else(|| object.text("mailNickname")).unwrap_or_default()
}

pub fn primary(object: &Object) -> Option<&str> {
    object.texts("proxyAddresses").find_map(|proxy| proxy.strip_prefix("SMTP:"))
}

/// What every kind of recipient shows.
pub fn common(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    let (kind, details) = kind_of(object).unwrap_or_default();
    let name = name_of(object);
    let hidden = match object.kind {
        Kind::User => !object.flag("showInAddressList"),
        _ => object.exchange.get("HiddenFromAddressListsEnabled").and_then(Value::as_bool).unwrap_or(false),
    };
    let guid = object.exchange_guid().to_string();
    let organization = &tenant.profile.initial_domain;
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
    put("@odata.type", json!("#Exchange.GenericHashTable"));
    put("Identity", json!(name));
    put("Id", json!(name));
    put("Guid", json!(guid));
    put("ExchangeObjectId", json!(guid));
    put("ExternalDirectoryObjectId", json!(object.id.to_string()));
    put("Name", json!(name));
    put("DisplayName", object.properties.get("displayName").cloned().unwrap_or(Value::Null));
    put("Alias", json!(alias_of(object)));
    put("PrimarySmtpAddress", json!(primary(object)));
    put("WindowsEmailAddress", json!(primary(object)));
    put("EmailAddresses", object.properties.get("proxyAddresses").cloned().unwrap_or_else(|| json!([])));
    put("HiddenFromAddressListsEnabled", json!(hidden));
    put("RecipientType", json!(kind));
    put("RecipientTypeDetails", json!(details));
    put(
        "DistinguishedName",
        json!(format!(
            "CN={name},OU={organization},OU=Microsoft Exchange Hosted Organizations,DC=SANDBOX01,DC=PROD,DC=OUTLOOK,DC=COM"
        )),
    );
    put("OrganizationId", json!(organization));
    put("IsDirSynced", json!(false));
    put("EmailAddressPolicyEnabled", json!(false));
    put("IsValid", json!(true));
    for key in ["WhenCreatedUTC", "WhenChangedUTC"] {
        let own = object.exchange.get(key).cloned();
        put(key, own.or_else(|| object.properties.get("createdDateTime").cloned()).unwrap_or(Value::Null));
    }
    for number in 1..=15 {
        let key = format!("CustomAttribute{number}");
        let value = object.exchange.get(&key).cloned().unwrap_or_else(|| json!(""));
        put(&key, value);
    }
    map
}

fn external(object: &Object) -> Value {
    match object.exchange.get("ExternalEmailAddress").and_then(Value::as_str) {
        Some(address) => json!(format!("SMTP:{address}")),
        None => json!(primary(object).map(|address| format!("SMTP:{address}"))),
    }
}

fn as_mail_contact(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    let mut map = common(tenant, object);
    map.insert("ExternalEmailAddress".to_owned(), external(object));
    let defaults = [
        ("MailTip", Value::Null),
        ("SimpleDisplayName", json!("")),
        ("MessageFormat", json!("Mime")),
        ("MessageBodyFormat", json!("TextAndHtml")),
        ("MacAttachmentFormat", json!("BinHex")),
        ("UsePreferMessageFormat", json!(false)),
        ("ModerationEnabled", json!(false)),
        ("ModeratedBy", json!([])),
        ("SendModerationNotifications", json!("Always")),
        ("RequireSenderAuthenticationEnabled", json!(false)),
        ("AcceptMessagesOnlyFrom", json!([])),
        ("RejectMessagesFrom", json!([])),
        ("GrantSendOnBehalfTo", json!([])),
    ];
    for (key, absent) in defaults {
        map.insert(key.to_owned(), object.exchange.get(key).cloned().unwrap_or(absent));
    }
    map
}

fn as_contact(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    let mut map = common(tenant, object);
    for key in super::contacts::INFORMATION {
        let absent = match key {
            "PostOfficeBox" | "OtherTelephone" | "OtherHomePhone" | "OtherFax" => json!([]),
            "Manager" | "SeniorityIndex" => Value::Null,
            _ => json!(""),
        };
        map.insert(key.to_owned(), object.exchange.get(key).cloned().unwrap_or(absent));
    }
    map
}

fn as_recipient(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    let mut map = common(tenant, object);
    let graph = |name: &str| object.properties.get(name).cloned().unwrap_or_else(|| json!(""));
    let own = |name: &str, other: &str| object.exchange.get(name).cloned().unwrap_or_else(|| graph(other));
    let pairs = [
        ("FirstName", "givenName"),
        ("LastName", "surname"),
        ("Company", "companyName"),
        ("Department", "department"),
        ("Title", "jobTitle"),
        ("Office", "officeLocation"),
        ("City", "city"),
        ("Phone", "mobilePhone"),
    ];
    for (name, other) in pairs {
        map.insert(name.to_owned(), own(name, other));
    }
    if matches!(object.kind, Kind::Contact) || object.is_guest() {
        map.insert("ExternalEmailAddress".to_owned(), external(object));
    } else {
        map.insert("ExternalEmailAddress".to_owned(), Value::Null);
    }
    map.insert(
        "SKUAssigned".to_owned(),
        match object.properties.get("assignedLicenses") {
            Some(Value::Array(held)) if !held.is_empty() => json!(true),
            _ => Value::Null,
        },
    );
    map.insert("AddressListMembership".to_owned(), json!([]));
    map
}

pub fn as_mail_user(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    let mut map = common(tenant, object);
    map.insert("ExternalEmailAddress".to_owned(), external(object));
    map.insert("UserPrincipalName".to_owned(), json!(object.text("userPrincipalName")));
    map.insert("MicrosoftOnlineServicesID".to_owned(), json!(object.text("userPrincipalName")));
    let blocked = object.properties.get("accountEnabled") == Some(&Value::Bool(false));
    map.insert("AccountDisabled".to_owned(), json!(blocked));
    map.insert("MailTip".to_owned(), object.exchange.get("MailTip").cloned().unwrap_or(Value::Null));
    map
}

fn as_distribution_group(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    let mut map = common(tenant, object);
    let kind = if object.flag("securityEnabled") { "Universal, SecurityEnabled" } else { "Universal" };
    map.insert("GroupType".to_owned(), json!(kind));
    map.insert("Description".to_owned(), json!([object.text("description")]));
    map.insert("ManagedBy".to_owned(), json!([]));
    map.insert("MemberJoinRestriction".to_owned(), json!("Closed"));
    map.insert("MemberDepartRestriction".to_owned(), json!("Open"));
    map.insert("RequireSenderAuthenticationEnabled".to_owned(), json!(true));
    map
}

/// The one recipient that an identity means: an id, an address, or a name.
pub fn identify<'a>(
    tenant: &'a Tenant,
    identity: &str,
    is: impl Fn(&Object) -> bool,
) -> Result<&'a Object, Fault> {
    let fits = |object: &&Object| kind_of(object).is_some() && is(object);
    if let Some(found) =
        tenant.holder(identity.trim_start_matches("SMTP:").trim_start_matches("smtp:")).filter(fits)
    {
        return Ok(found);
    }
    if let Ok(id) = Uuid::try_parse(identity) {
        let by_guid = || {
            let all = [Kind::User, Kind::Group].into_iter().flat_map(|kind| tenant.of_kind(kind));
            tenant.known_as(identity).chain(all).find(|object| object.exchange_guid() == id)
        };
        return tenant.get(id).or_else(by_guid).filter(fits).ok_or_else(|| Fault::missing(identity));
    }
    let same = |text: &str| text.to_lowercase() == identity.to_lowercase();
    let goes_by = |object: &&Object| {
        same(name_of(object))
            || same(alias_of(object))
            || object.text("displayName").is_some_and(same)
            || object.text("userPrincipalName").is_some_and(same)
    };
    let mut found = tenant.known_as(identity).filter(fits).filter(goes_by);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Fault::ambiguous(identity)),
        _ => Err(Fault::missing(identity)),
    }
}

type View = fn(&Tenant, &Object) -> Map<String, Value>;

/// What every `Get-` cmdlet does: one by identity, else all that the filter lets through.
fn get(tenant: &Tenant, bound: &Bound, kinds: &[Kind], is: impl Fn(&Object) -> bool, view: View) -> Ran {
    let of_kind = |object: &Object| kinds.contains(&object.kind) && is(object);
    if let Some(identity) = bound.text("Identity").filter(|identity| !identity.is_empty()) {
        let found = identify(tenant, identity, of_kind)?;
        return Ok(Outcome::of(vec![(found.sequence, view(tenant, found))]));
    }
    let filter = match bound.text("Filter").or_else(|| bound.text("RecipientPreviewFilter")) {
        Some(text) => Some(opath::parse(text).ok_or_else(|| bad_filter(text))?),
        None => None,
    };
    let mut candidates: Vec<&Object> = match filter.as_ref().and_then(Opath::handles) {
        Some(handles) => handles.iter().flat_map(|handle| tenant.known_as(handle)).collect(),
        None => kinds.iter().flat_map(|kind| tenant.of_kind(*kind)).collect(),
    };
    candidates.retain(|object| kind_of(object).is_some() && of_kind(object));
    candidates.sort_by_key(|object| object.sequence);
    candidates.dedup_by_key(|object| object.id);
    let details = bound.list("RecipientTypeDetails");
    let types = bound.list("RecipientType");
    let anr = bound.text("Anr").or_else(|| bound.text("ANR")).map(str::to_lowercase);
    let mut found: Vec<Output> = Vec::new();
    for object in candidates {
        let (kind, detail) = kind_of(object).unwrap_or_default();
        let of_type = |wanted: &[&str], kind: &str| {
            wanted.is_empty() || wanted.iter().any(|w| w.eq_ignore_ascii_case(kind))
        };
        if !of_type(&details, detail) || !of_type(&types, kind) {
            continue;
        }
        let row = view(tenant, object);
        if let Some(unknown) = filter.as_ref().and_then(|filter| filter.unknown(&row)) {
            return Err(bad_filter(unknown));
        }
        let named =
            anr.as_ref().is_none_or(|anr| object.handles().iter().any(|handle| handle.starts_with(anr)));
        if named && filter.as_ref().is_none_or(|filter| filter.holds(&row)) {
            found.push((object.sequence, row));
        }
    }
    if let Some(by) = bound.text("SortBy") {
        let key = |row: &Output| {
            let value = row.1.iter().find(|(name, _)| name.eq_ignore_ascii_case(by)).map(|(_, value)| value);
            value.and_then(Value::as_str).unwrap_or_default().to_lowercase()
        };
        found.sort_by_key(key);
        // Pages follow the order that was asked for.
        for (place, row) in (1..).zip(found.iter_mut()) {
            row.0 = place;
        }
    }
    Ok(Outcome::of(found))
}

fn bad_filter(text: &str) -> Fault {
    Fault::task(format!(
        "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"Invalid filter syntax at '{text}'.\""
    ))
}

pub fn mail_contacts(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &[Kind::Contact], |_| true, as_mail_contact)
}

pub fn contacts(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &[Kind::Contact], |_| true, as_contact)
}

pub fn recipients(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &[Kind::User, Kind::Group, Kind::Contact], |_| true, as_recipient)
}

pub fn mail_users(tenant: &Tenant, bound: &Bound) -> Ran {
    let is = |object: &Object| kind_of(object).is_some_and(|(kind, _)| kind == "MailUser");
    get(tenant, bound, &[Kind::User], is, as_mail_user)
}

pub fn distribution_groups(tenant: &Tenant, bound: &Bound) -> Ran {
    get(tenant, bound, &[Kind::Group], Object::is_distribution_group, as_distribution_group)
}

/// How one recipient is shown among others.
pub fn shown(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    as_recipient(tenant, object)
}

/// How a new contact is shown.
pub fn shown_contact(tenant: &Tenant, object: &Object) -> Map<String, Value> {
    as_mail_contact(tenant, object)
}
