//! Parameters of the cmdlets for mail contacts.

use super::Kind::{Address, Boolean, Choice, Choices, List, Number, Proxies, Proxy, Switch, Text, Unlimited};
use super::{
    BODY_FORMAT, MAC_ATTACHMENT, MESSAGE_FORMAT, NOTIFICATIONS, Parameters, RICH_TEXT, TEXT, TYPE_DETAILS,
    any, must, within,
};

#[rustfmt::skip]
pub const NEW_MAIL_CONTACT: Parameters = Parameters { sets: 1, list: &[
    must("Name", Text(64)), must("ExternalEmailAddress", Proxy), any("Alias", Text(64)),
    any("DisplayName", Text(256)), any("FirstName", TEXT), any("Initials", TEXT), any("LastName", TEXT),
    any("MacAttachmentFormat", Choice(&MAC_ATTACHMENT)), any("MessageBodyFormat", Choice(&BODY_FORMAT)),
    any("MessageFormat", Choice(&MESSAGE_FORMAT)), any("ModeratedBy", List), any("ModerationEnabled", Boolean),
    any("OrganizationalUnit", TEXT), any("SendModerationNotifications", Choice(&NOTIFICATIONS)),
    any("UsePreferMessageFormat", Boolean),
] };

/// Sets: `AnrSet`, `Identity`.
#[rustfmt::skip]
pub const GET_MAIL_CONTACT: Parameters = Parameters { sets: 2, list: &[
    within(0b10, 0b00, "Identity", TEXT), within(0b01, 0b00, "ANR", TEXT), any("Filter", TEXT),
    any("OrganizationalUnit", TEXT), any("RecipientTypeDetails", Choices(&TYPE_DETAILS)),
    any("ResultSize", Unlimited), any("SortBy", TEXT),
] };

#[rustfmt::skip]
pub const SET_MAIL_CONTACT: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("AcceptMessagesOnlyFrom", List), any("AcceptMessagesOnlyFromDLMembers", List),
    any("AcceptMessagesOnlyFromSendersOrMembers", List), any("Alias", Text(64)),
    any("BypassModerationFromSendersOrMembers", List), any("CustomAttribute1", Text(1024)),
    any("CustomAttribute10", Text(1024)), any("CustomAttribute11", Text(1024)),
    any("CustomAttribute12", Text(1024)), any("CustomAttribute13", Text(1024)),
    any("CustomAttribute14", Text(1024)), any("CustomAttribute15", Text(1024)), any("CustomAttribute2", Text(1024)),
    any("CustomAttribute3", Text(1024)), any("CustomAttribute4", Text(1024)), any("CustomAttribute5", Text(1024)),
    any("CustomAttribute6", Text(1024)), any("CustomAttribute7", Text(1024)), any("CustomAttribute8", Text(1024)),
    any("CustomAttribute9", Text(1024)), any("DisplayName", Text(256)), any("EmailAddresses", Proxies),
    any("ExtensionCustomAttribute1", List), any("ExtensionCustomAttribute2", List),
    any("ExtensionCustomAttribute3", List), any("ExtensionCustomAttribute4", List),
    any("ExtensionCustomAttribute5", List), any("ExternalEmailAddress", Proxy), any("ForceUpgrade", Switch),
    any("GrantSendOnBehalfTo", List), any("HiddenFromAddressListsEnabled", Boolean),
    any("MacAttachmentFormat", Choice(&MAC_ATTACHMENT)), any("MailTip", TEXT), any("MailTipTranslations", List),
    any("MessageBodyFormat", Choice(&BODY_FORMAT)), any("MessageFormat", Choice(&MESSAGE_FORMAT)),
    any("ModeratedBy", List), any("ModerationEnabled", Boolean), any("Name", Text(64)),
    any("RejectMessagesFrom", List), any("RejectMessagesFromDLMembers", List),
    any("RejectMessagesFromSendersOrMembers", List), any("RequireSenderAuthenticationEnabled", Boolean),
    any("SendModerationNotifications", Choice(&NOTIFICATIONS)), any("SimpleDisplayName", TEXT),
    any("UseMapiRichTextFormat", Choice(&RICH_TEXT)), any("UsePreferMessageFormat", Boolean),
    any("UserCertificate", List), any("UserSMimeCertificate", List), any("WindowsEmailAddress", Address),
] };

#[rustfmt::skip]
pub const REMOVE_MAIL_CONTACT: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT),
] };

/// Sets: `AnrSet`, `Identity`.
#[rustfmt::skip]
pub const GET_CONTACT: Parameters = Parameters { sets: 2, list: &[
    within(0b10, 0b00, "Identity", TEXT), within(0b01, 0b00, "Anr", TEXT), any("Filter", TEXT),
    any("OrganizationalUnit", TEXT), any("RecipientTypeDetails", Choices(&TYPE_DETAILS)),
    any("ResultSize", Unlimited), any("SortBy", TEXT),
] };

#[rustfmt::skip]
pub const SET_CONTACT: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("AssistantName", TEXT), any("City", TEXT), any("Company", TEXT),
    any("CountryOrRegion", TEXT), any("Department", TEXT), any("DisplayName", Text(256)), any("Fax", TEXT),
    any("FirstName", TEXT), any("GeoCoordinates", TEXT), any("HomePhone", TEXT), any("Initials", TEXT),
    any("LastName", TEXT), any("Manager", TEXT), any("MobilePhone", TEXT), any("Name", Text(64)),
    any("Notes", TEXT), any("Office", TEXT), any("OtherFax", List), any("OtherHomePhone", List),
    any("OtherTelephone", List), any("Pager", TEXT), any("Phone", TEXT), any("PhoneticDisplayName", Text(256)),
    any("PostalCode", TEXT), any("PostOfficeBox", List), any("SeniorityIndex", Number),
    any("SimpleDisplayName", TEXT), any("StateOrProvince", TEXT), any("StreetAddress", TEXT),
    any("TelephoneAssistant", TEXT), any("Title", TEXT), any("WebPage", TEXT), any("WindowsEmailAddress", Address),
] };
