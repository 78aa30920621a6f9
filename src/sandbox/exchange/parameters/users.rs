//! Parameters of the cmdlets for mail users, users and mailboxes.

use super::Kind::{
    Address, Boolean, Choice, Choices, Date, Guid, List, Number, Proxies, Proxy, Switch, Text, Unlimited,
};
use super::{
    BODY_FORMAT, MAC_ATTACHMENT, MESSAGE_FORMAT, NOTIFICATIONS, Parameters, RICH_TEXT, TEXT, TYPE_DETAILS,
    any, must, within,
};

/// Sets: `DisabledUser`, `FederatedUser`, `MicrosoftOnlineServicesFederatedUser`, `MicrosoftOnlineServicesID`.
#[rustfmt::skip]
pub const NEW_MAIL_USER: Parameters = Parameters { sets: 4, list: &[
    must("Name", Text(64)), within(0b1011, 0b0001, "ExternalEmailAddress", Proxy),
    within(0b0110, 0b0110, "FederatedIdentity", TEXT), within(0b1100, 0b1100, "MicrosoftOnlineServicesID", TEXT),
    within(0b1000, 0b1000, "Password", TEXT), any("Alias", Text(64)), any("DisplayName", Text(256)),
    any("FirstName", TEXT), any("ImmutableId", TEXT), any("Initials", TEXT), any("LastName", TEXT),
    within(0b0001, 0b0000, "MacAttachmentFormat", Choice(&MAC_ATTACHMENT)), any("MailboxRegion", TEXT),
    within(0b0001, 0b0000, "MessageBodyFormat", Choice(&BODY_FORMAT)),
    within(0b0001, 0b0000, "MessageFormat", Choice(&MESSAGE_FORMAT)), any("ModeratedBy", List),
    any("ModerationEnabled", Boolean), any("OrganizationalUnit", TEXT), any("PrimarySmtpAddress", Address),
    any("RemotePowerShellEnabled", Boolean), any("SendModerationNotifications", Choice(&NOTIFICATIONS)),
    within(0b0001, 0b0000, "UsePreferMessageFormat", Boolean),
] };

/// Sets: `AnrSet`, `Identity`, `HVEAccount`.
#[rustfmt::skip]
pub const GET_MAIL_USER: Parameters = Parameters { sets: 3, list: &[
    within(0b010, 0b000, "Identity", TEXT), within(0b001, 0b000, "Anr", TEXT), any("Filter", TEXT),
    within(0b100, 0b000, "HVEAccount", Switch), any("OrganizationalUnit", TEXT), any("ResultSize", Unlimited),
    any("SharedWithMailUser", Switch), any("SortBy", TEXT), any("SoftDeletedMailUser", Switch),
] };

#[rustfmt::skip]
pub const SET_MAIL_USER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("AcceptMessagesOnlyFrom", List), any("AcceptMessagesOnlyFromDLMembers", List),
    any("AcceptMessagesOnlyFromSendersOrMembers", List), any("Alias", Text(64)), any("ArchiveGuid", Guid),
    any("BypassModerationFromSendersOrMembers", List), any("CustomAttribute1", Text(1024)),
    any("CustomAttribute10", Text(1024)), any("CustomAttribute11", Text(1024)),
    any("CustomAttribute12", Text(1024)), any("CustomAttribute13", Text(1024)),
    any("CustomAttribute14", Text(1024)), any("CustomAttribute15", Text(1024)), any("CustomAttribute2", Text(1024)),
    any("CustomAttribute3", Text(1024)), any("CustomAttribute4", Text(1024)), any("CustomAttribute5", Text(1024)),
    any("CustomAttribute6", Text(1024)), any("CustomAttribute7", Text(1024)), any("CustomAttribute8", Text(1024)),
    any("CustomAttribute9", Text(1024)), any("DataEncryptionPolicy", TEXT), any("DisplayName", Text(256)),
    any("EmailAddresses", Proxies), any("EnableLitigationHoldForMigration", Switch), any("ExchangeGuid", Guid),
    any("ExcludeFromAllHolds", Switch), any("ExcludeFromAllOrgHolds", Switch), any("ExcludeFromOrgHolds", List),
    any("ExtensionCustomAttribute1", List), any("ExtensionCustomAttribute2", List),
    any("ExtensionCustomAttribute3", List), any("ExtensionCustomAttribute4", List),
    any("ExtensionCustomAttribute5", List), any("ExternalEmailAddress", Proxy), any("FederatedIdentity", TEXT),
    any("ForceUpgrade", Switch), any("GrantSendOnBehalfTo", List), any("HiddenFromAddressListsEnabled", Boolean),
    any("HVEAccount", Switch), any("ImmutableId", TEXT), any("JournalArchiveAddress", Address),
    any("MacAttachmentFormat", Choice(&MAC_ATTACHMENT)), any("MailboxRegion", TEXT), any("MailTip", TEXT),
    any("MailTipTranslations", List), any("MaxReceiveSize", TEXT), any("MaxSendSize", TEXT),
    any("MessageBodyFormat", Choice(&BODY_FORMAT)), any("MessageFormat", Choice(&MESSAGE_FORMAT)),
    any("MicrosoftOnlineServicesID", Address), any("ModeratedBy", List), any("ModerationEnabled", Boolean),
    any("Name", Text(64)), any("Password", TEXT), any("PrimarySmtpAddress", Address),
    any("RecalculateInactiveMailUser", Switch), any("RecipientLimits", Unlimited), any("RejectMessagesFrom", List),
    any("RejectMessagesFromDLMembers", List), any("RejectMessagesFromSendersOrMembers", List),
    any("RemoveComplianceTagHoldApplied", Switch), any("RemoveDelayHoldApplied", Switch),
    any("RemoveDelayReleaseHoldApplied", Switch), any("RemoveDisabledArchive", Switch),
    any("RemoveLitigationHoldEnabled", Switch), any("RemoveMailboxProvisioningConstraint", Switch),
    any("RemoveOrphanedHolds", List), any("RequireSenderAuthenticationEnabled", Boolean),
    any("ResetPasswordOnNextLogon", Boolean), any("SendModerationNotifications", Choice(&NOTIFICATIONS)),
    any("SimpleDisplayName", TEXT), any("UnblockForwardSyncPostCrossTenantMigration", Switch),
    any("UseMapiRichTextFormat", Choice(&RICH_TEXT)), any("UsePreferMessageFormat", Boolean),
    any("UserCertificate", List), any("UserSMimeCertificate", List), any("WindowsEmailAddress", Address),
] };

#[rustfmt::skip]
pub const REMOVE_MAIL_USER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("PermanentlyDelete", Switch),
] };

/// Sets: `AnrSet`, `Identity`.
#[rustfmt::skip]
pub const GET_USER: Parameters = Parameters { sets: 2, list: &[
    within(0b10, 0b00, "Identity", TEXT), within(0b01, 0b00, "Anr", TEXT), any("Filter", TEXT),
    any("IncludeDirectReportsWithDisplayNames", Switch), any("IncludeManagerWithDisplayName", Switch),
    any("IsVIP", Switch), any("OrganizationalUnit", TEXT), any("PublicFolder", Switch),
    any("RecipientTypeDetails", Choices(&TYPE_DETAILS)), any("ResultSize", Unlimited), any("Sortby", TEXT),
] };

#[rustfmt::skip]
pub const SET_USER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("AssistantName", TEXT), any("AuthenticationPolicy", TEXT),
    any("BlockCloudCache", Boolean), any("CanHaveCloudCache", Boolean), any("City", TEXT),
    any("ClearDataEncryptionPolicy", Switch), any("Company", TEXT), any("CountryOrRegion", TEXT),
    any("Department", TEXT), any("DesiredWorkloads", TEXT), any("DisplayName", Text(256)),
    any("EXOModuleEnabled", Boolean), any("Fax", TEXT), any("FirstName", TEXT), any("Force", Switch),
    any("GeoCoordinates", TEXT), any("HomePhone", TEXT), any("Initials", TEXT), any("IsShadowMailbox", Boolean),
    any("LastName", TEXT), any("MailboxRegion", TEXT), any("MailboxRegionSuffix", TEXT),
    any("ManagedOnboardingType", TEXT), any("Manager", TEXT), any("MobilePhone", TEXT), any("Name", Text(64)),
    any("Notes", TEXT), any("Office", TEXT), any("OtherFax", List), any("OtherHomePhone", List),
    any("OtherTelephone", List), any("Pager", TEXT), any("PermanentlyClearPreviousMailboxInfo", Switch),
    any("Phone", TEXT), any("PhoneticDisplayName", Text(256)), any("PostalCode", TEXT), any("PostOfficeBox", List),
    any("PublicFolder", Switch), any("RemotePowerShellEnabled", Boolean),
    any("RemoveMailboxProvisioningConstraint", Switch), any("ResetPasswordOnNextLogon", Boolean),
    any("SeniorityIndex", Number), any("SimpleDisplayName", TEXT), any("StateOrProvince", TEXT),
    any("StreetAddress", TEXT), any("StsRefreshTokensValidFrom", Date), any("Title", TEXT), any("VIP", Boolean),
    any("WebPage", TEXT), any("WindowsEmailAddress", Address),
] };

/// Sets: `AnrSet`, `Identity`, `MailboxPlanSet`.
#[rustfmt::skip]
pub const GET_MAILBOX: Parameters = Parameters { sets: 3, list: &[
    within(0b010, 0b000, "Identity", TEXT), within(0b001, 0b000, "Anr", TEXT), any("Archive", Switch),
    any("Filter", TEXT), any("GroupMailbox", Switch), any("InactiveMailboxOnly", Switch),
    any("IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames", Switch),
    any("IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames", Switch),
    any("IncludeAcceptMessagesOnlyFromWithDisplayNames", Switch), any("IncludeEmailAddressDisplayNames", Switch),
    any("IncludeForwardingAddressWithDisplayNames", Switch),
    any("IncludeGrantSendOnBehalfToWithDisplayNames", Switch), any("IncludeInactiveMailbox", Switch),
    within(0b100, 0b000, "MailboxPlan", TEXT), any("Migration", Switch), any("OrganizationalUnit", TEXT),
    any("PublicFolder", Switch), any("RecipientTypeDetails", Choices(&TYPE_DETAILS)), any("ResultSize", Unlimited),
    any("SoftDeletedMailbox", Switch), any("SortBy", TEXT),
] };
