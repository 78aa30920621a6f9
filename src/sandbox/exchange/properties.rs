//! Every property of a recipient that Exchange shows or filters by: where its value comes from, and what stands there
//! when nobody has set it.

use serde_json::{Map, Value, json};

use super::recipients::{alias_of, hidden, name_of, primary, sort_of};
use crate::sandbox::tenant::{Kind, Object, Relation, Tenant};

/// What a property shows when it has no value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Null,
    /// An empty text.
    Empty,
    /// An empty list.
    List,
    No,
    Yes,
    Text(&'static str),
}

struct Property {
    name: &'static str,
    /// The directory's own property with the same content, if there is one.
    graph: &'static str,
    absent: Absent,
}

const fn own(name: &'static str, absent: Absent) -> Property {
    Property { name, graph: "", absent }
}

const fn shared(name: &'static str, graph: &'static str) -> Property {
    Property { name, graph, absent: Absent::Empty }
}

use Absent::{Empty, List, No, Null, Text, Yes};

/// Properties that are kept as they are given. Those that follow from others are in `computed`.
#[rustfmt::skip]
static KEPT: &[Property] = &[
    shared("City", "city"), shared("Company", "companyName"), shared("CountryOrRegion", "country"),
    shared("Department", "department"), shared("Fax", "faxNumber"), shared("FirstName", "givenName"),
    shared("LastName", "surname"), shared("MobilePhone", "mobilePhone"), shared("Office", "officeLocation"),
    shared("PostalCode", "postalCode"), shared("StateOrProvince", "state"), shared("StreetAddress", "streetAddress"),
    shared("Title", "jobTitle"), shared("UserPrincipalName", "userPrincipalName"),
    own("AssistantName", Empty), own("HomePhone", Empty), own("Initials", Empty), own("Notes", Empty),
    own("Pager", Empty), own("PhoneticDisplayName", Empty), own("SimpleDisplayName", Empty),
    own("TelephoneAssistant", Empty), own("WebPage", Empty), own("SeniorityIndex", Null),
    own("GeoCoordinates", Null), own("OtherFax", List), own("OtherHomePhone", List), own("OtherTelephone", List),
    own("PostOfficeBox", List), own("DirectReports", List), own("UMDtmfMap", List), own("UMCallingLineIds", List),
    own("CustomAttribute1", Empty), own("CustomAttribute2", Empty), own("CustomAttribute3", Empty),
    own("CustomAttribute4", Empty), own("CustomAttribute5", Empty), own("CustomAttribute6", Empty),
    own("CustomAttribute7", Empty), own("CustomAttribute8", Empty), own("CustomAttribute9", Empty),
    own("CustomAttribute10", Empty), own("CustomAttribute11", Empty), own("CustomAttribute12", Empty),
    own("CustomAttribute13", Empty), own("CustomAttribute14", Empty), own("CustomAttribute15", Empty),
    own("ExtensionCustomAttribute1", List), own("ExtensionCustomAttribute2", List),
    own("ExtensionCustomAttribute3", List), own("ExtensionCustomAttribute4", List),
    own("ExtensionCustomAttribute5", List),
    own("AcceptMessagesOnlyFrom", List), own("AcceptMessagesOnlyFromDLMembers", List),
    own("AcceptMessagesOnlyFromSendersOrMembers", List), own("RejectMessagesFrom", List),
    own("RejectMessagesFromDLMembers", List), own("RejectMessagesFromSendersOrMembers", List),
    own("BypassModerationFromSendersOrMembers", List), own("GrantSendOnBehalfTo", List), own("ModeratedBy", List),
    own("ModerationEnabled", No), own("SendModerationNotifications", Text("Always")),
    own("RequireSenderAuthenticationEnabled", No), own("MailTip", Null), own("MailTipTranslations", List),
    own("MessageFormat", Text("Mime")), own("MessageBodyFormat", Text("TextAndHtml")),
    own("MacAttachmentFormat", Text("BinHex")), own("UsePreferMessageFormat", No),
    own("UseMapiRichTextFormat", Text("UseDefaultSettings")), own("UserCertificate", List),
    own("UserSMimeCertificate", List), own("MaxReceiveSize", Text("Unlimited")), own("MaxSendSize", Text("Unlimited")),
    own("MaxRecipientPerMessage", Text("Unlimited")), own("AntispamBypassEnabled", No), own("IsDirSynced", No),
    own("EmailAddressPolicyEnabled", No), own("AddressListMembership", List), own("AdministrativeUnits", List),
    own("PoliciesIncluded", List), own("PoliciesExcluded", List), own("ArbitrationMailbox", Null),
    own("AddressBookPolicy", Null), own("ImmutableId", Empty), own("FederatedIdentity", Null),
    own("MailboxRegion", Null), own("RecipientLimits", Text("Unlimited")), own("ArchiveGuid", Text(NO_GUID)),
    own("ArchiveName", List), own("ArchiveStatus", Text("None")), own("DataEncryptionPolicy", Null),
    own("SharedWithTenants", List), own("LitigationHoldEnabled", No), own("InPlaceHolds", List),
    own("ForwardingAddress", Null), own("ForwardingSmtpAddress", Null), own("DeliverToMailboxAndForward", No),
    own("RetentionPolicy", Text("Default MRM Policy")), own("AuditEnabled", Yes), own("IsResource", No),
    own("IsShared", No), own("IsInactiveMailbox", No), own("UsageLocation", Null),
    own("ProhibitSendQuota", Text("99 GB (106,300,440,576 bytes)")),
    own("ProhibitSendReceiveQuota", Text("100 GB (107,374,182,400 bytes)")),
    own("IssueWarningQuota", Text("98 GB (105,226,698,752 bytes)")),
    own("MemberJoinRestriction", Text("Closed")), own("MemberDepartRestriction", Text("Open")),
    own("BccBlocked", No), own("BypassNestedModerationEnabled", No), own("HiddenGroupMembershipEnabled", No),
    own("ReportToManagerEnabled", No), own("ReportToOriginatorEnabled", Yes),
    own("SendOofMessageToOriginatorEnabled", No), own("RoomList", No),
    own("AutoSubscribeNewMembers", No), own("AlwaysSubscribeMembersToCalendarEvents", No),
    own("CalendarMemberReadOnly", No), own("Classification", Null), own("ConnectorsEnabled", Yes),
    own("HiddenFromExchangeClientsEnabled", No), own("InformationBarrierMode", Text("Open")),
    own("IsMemberAllowedToEditContent", Yes), own("Language", Text("en-US")), own("SensitivityLabel", Null),
    own("SubscriptionEnabled", Yes), own("WelcomeMessageEnabled", Yes), own("SharePointSiteUrl", Null),
    own("WhenSoftDeleted", Null), own("SeniorityIndex", Null), own("IsSecurityPrincipal", Yes),
    own("Capabilities", List), own("ResourceType", Null), own("UMEnabled", No),
    own("HasActiveSyncDevicePartnership", No), own("Database", Null),
];

const NO_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// What follows from other things, by name.
static COMPUTED: &[&str] = &[
    "AccessType",
    "AccountDisabled",
    "Alias",
    "AuthenticationType",
    "Description",
    "DisplayName",
    "DistinguishedName",
    "EmailAddresses",
    "ExchangeGuid",
    "ExchangeObjectId",
    "ExchangeVersion",
    "ExternalDirectoryObjectId",
    "ExternalEmailAddress",
    "GroupExternalMemberCount",
    "GroupMemberCount",
    "GroupType",
    "Guid",
    "HiddenFromAddressListsEnabled",
    "Id",
    "Identity",
    "IsMailboxEnabled",
    "IsMembershipDynamic",
    "IsValid",
    "LegacyExchangeDN",
    "ManagedBy",
    "ManagedByDetails",
    "Manager",
    "Members",
    "MicrosoftOnlineServicesID",
    "Name",
    "ObjectCategory",
    "ObjectClass",
    "ObjectState",
    "OrganizationId",
    "OrganizationalUnit",
    "OrganizationalUnitRoot",
    "OriginatingServer",
    "Phone",
    "PreviousRecipientTypeDetails",
    "PrimarySmtpAddress",
    "RecipientType",
    "RecipientTypeDetails",
    "SamAccountName",
    "ServerName",
    "SKUAssigned",
    "WhenChanged",
    "WhenChangedUTC",
    "WhenCreated",
    "WhenCreatedUTC",
    "WhenMailboxCreated",
    "WindowsEmailAddress",
    "WindowsLiveID",
];

/// The spelling of a property, whatever the case it is asked for in.
pub fn spelled(name: &str) -> Option<&'static str> {
    let kept = KEPT.iter().map(|property| property.name);
    kept.chain(COMPUTED.iter().copied()).find(|known| known.eq_ignore_ascii_case(name))
}

/// Properties with a date in them, and those that say yes or no: what a filter compares them with must fit.
pub fn is_date(name: &str) -> bool {
    name.starts_with("When")
}

pub fn is_flag(name: &str) -> bool {
    let kept = KEPT.iter().any(|property| property.name == name && matches!(property.absent, No | Yes));
    kept || ["HiddenFromAddressListsEnabled", "AccountDisabled", "IsValid", "IsMailboxEnabled", "SKUAssigned"]
        .contains(&name)
}

/// The value of one property, in the spelling of `spelled`.
pub fn value(tenant: &Tenant, object: &Object, name: &str) -> Value {
    if let Some(found) = computed(tenant, object, name) {
        return found;
    }
    let Some(property) = KEPT.iter().find(|property| property.name == name) else { return Value::Null };
    if let Some(found) = object.exchange.get(name) {
        return found.clone();
    }
    if let Some(found) = object.properties.get(property.graph).filter(|found| !found.is_null()) {
        return found.clone();
    }
    match property.absent {
        Null => Value::Null,
        Empty => json!(""),
        List => json!([]),
        No => json!(false),
        Yes => json!(true),
        Text(text) => json!(text),
    }
}

/// The properties of a view, in its order.
pub fn view(tenant: &Tenant, object: &Object, names: &[&'static str]) -> Map<String, Value> {
    let mut map = Map::with_capacity(names.len() + 1);
    map.insert("@odata.type".to_owned(), json!("#Exchange.GenericHashTable"));
    for name in names {
        map.insert((*name).to_owned(), value(tenant, object, name));
    }
    map
}

fn computed(tenant: &Tenant, object: &Object, name: &str) -> Option<Value> {
    let organization = &tenant.profile.initial_domain;
    let names = |relation: Relation| -> Vec<&str> {
        tenant.targets(relation, object.id).map(|(_, other)| name_of(other)).collect()
    };
    let unit = || {
        format!(
            "OU={organization},OU=Microsoft Exchange Hosted Organizations,DC=SANDBOX01,DC=PROD,DC=OUTLOOK,DC=COM"
        )
    };
    let is_user = object.kind == Kind::User;
    Some(match name {
        "Identity" | "Id" | "Name" => json!(name_of(object)),
        "Alias" => json!(alias_of(object)),
        "DisplayName" => object.properties.get("displayName").cloned().unwrap_or_else(|| json!("")),
        "Guid" | "ExchangeObjectId" => json!(object.exchange_guid().to_string()),
        "ExternalDirectoryObjectId" => json!(object.id.to_string()),
        "ExchangeGuid" => {
            let has_mailbox = matches!(sort_of(tenant, object).details, "UserMailbox" | "GroupMailbox");
            let id = uuid::Uuid::new_v5(&object.id, b"mailbox").to_string();
            json!(if has_mailbox { id.as_str() } else { NO_GUID })
        }
        "PrimarySmtpAddress" | "WindowsEmailAddress" => json!(primary(object).unwrap_or_default()),
        "EmailAddresses" => object.properties.get("proxyAddresses").cloned().unwrap_or_else(|| json!([])),
        "ExternalEmailAddress" => external(tenant, object),
        "HiddenFromAddressListsEnabled" => json!(hidden(object)),
        "RecipientType" => json!(sort_of(tenant, object).kind),
        "RecipientTypeDetails" => json!(sort_of(tenant, object).details),
        "PreviousRecipientTypeDetails" => json!("None"),
        "DistinguishedName" => json!(format!("CN={},{}", name_of(object), unit())),
        "OrganizationalUnit" => json!(format!("{organization}/{}", name_of(object))),
        "OrganizationalUnitRoot" | "OrganizationId" => json!(organization),
        "LegacyExchangeDN" => json!(format!(
            "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={}",
            object.exchange_guid().simple()
        )),
        "ExchangeVersion" => json!("0.20 (15.0.0.0)"),
        "ObjectCategory" => json!(match object.kind {
            Kind::Contact | Kind::User => "SANDBOX01.PROD.OUTLOOK.COM/Configuration/Schema/Person",
            _ => "SANDBOX01.PROD.OUTLOOK.COM/Configuration/Schema/Group",
        }),
        "ObjectClass" => match object.kind {
            Kind::Contact => json!(["top", "person", "organizationalPerson", "contact"]),
            Kind::User => json!(["top", "person", "organizationalPerson", "user"]),
            _ => json!(["top", "group"]),
        },
        "ObjectState" => json!("Unchanged"),
        "OriginatingServer" => json!("SANDBOX01DC001.SANDBOX01.PROD.OUTLOOK.COM"),
        "ServerName" => json!("sandbox01mb0001"),
        "IsValid" => json!(true),
        "WhenCreatedUTC" | "WhenMailboxCreated" => created(object),
        "WhenChangedUTC" => changed(object),
        // The same moments, with the offset of the machine that answers.
        "WhenCreated" => with_offset(created(object)),
        "WhenChanged" => with_offset(changed(object)),
        "Manager" => match tenant.targets(Relation::Manager, object.id).next() {
            Some((_, manager)) => json!(name_of(manager)),
            None => Value::Null,
        },
        "ManagedBy" => {
            let owners = names(Relation::Owner);
            let nobody = owners.is_empty() && object.is_distribution_group();
            if nobody { json!(["Organization Management"]) } else { json!(owners) }
        }
        "ManagedByDetails" => json!(names(Relation::Owner)),
        "Members" => match object.kind {
            Kind::Group => {
                tenant.members(object).into_iter().map(|(_, member)| json!(name_of(member))).collect()
            }
            _ => json!([]),
        },
        "GroupMemberCount" => json!(tenant.members(object).len()),
        "GroupExternalMemberCount" => {
            json!(tenant.members(object).into_iter().filter(|(_, member)| member.is_guest()).count())
        }
        "IsMembershipDynamic" => json!(object.is_dynamic()),
        "IsMailboxEnabled" => json!(sort_of(tenant, object).details == "UserMailbox"),
        "GroupType" => {
            json!(if object.flag("securityEnabled") { "Universal, SecurityEnabled" } else { "Universal" })
        }
        "Description" => match object.text("description") {
            Some(text) => json!([text]),
            None => json!([]),
        },
        "Notes" if object.kind == Kind::Group => json!(object.text("description").unwrap_or_default()),
        "AccessType" => json!(object.text("visibility").unwrap_or("Public")),
        "RequireSenderAuthenticationEnabled" if object.kind == Kind::Group => {
            object.exchange.get(name).cloned().unwrap_or(json!(true))
        }
        "SamAccountName" => {
            json!(format!("${}", &object.exchange_guid().simple().to_string()[..19].to_uppercase()))
        }
        "Phone" => {
            let number = object.properties.get("businessPhones").and_then(|phones| phones.get(0)).cloned();
            object.exchange.get(name).cloned().or(number).unwrap_or_else(|| json!(""))
        }
        "UserPrincipalName" | "MicrosoftOnlineServicesID" | "WindowsLiveID" if is_user => {
            json!(object.text("userPrincipalName"))
        }
        "UsageLocation" => json!(object.text("usageLocation")),
        "MicrosoftOnlineServicesID" | "WindowsLiveID" => json!(""),
        "AccountDisabled" => json!(object.properties.get("accountEnabled") == Some(&Value::Bool(false))),
        "AuthenticationType" => json!(is_user.then_some("Managed")),
        "SKUAssigned" => match object.properties.get("assignedLicenses") {
            Some(Value::Array(held)) if !held.is_empty() => json!(true),
            _ => Value::Null,
        },
        "WhenSoftDeleted" => object.properties.get("deletedDateTime").cloned().unwrap_or(Value::Null),
        _ => return None,
    })
}

/// The address outside, with its scheme; mailboxes and groups have none.
fn external(tenant: &Tenant, object: &Object) -> Value {
    if !matches!(sort_of(tenant, object).kind, "MailContact" | "MailUser") {
        return Value::Null;
    }
    let own = object.exchange.get("ExternalEmailAddress").and_then(Value::as_str);
    json!(own.or_else(|| primary(object)).map(|address| format!("SMTP:{address}")))
}

fn created(object: &Object) -> Value {
    let own = object.exchange.get("WhenCreatedUTC");
    own.or_else(|| object.properties.get("createdDateTime")).cloned().unwrap_or(Value::Null)
}

fn changed(object: &Object) -> Value {
    object.exchange.get("WhenChangedUTC").cloned().unwrap_or_else(|| created(object))
}

fn with_offset(at: Value) -> Value {
    match at.as_str().and_then(|text| text.strip_suffix('Z')) {
        Some(text) => json!(format!("{text}+00:00")),
        None => at,
    }
}
