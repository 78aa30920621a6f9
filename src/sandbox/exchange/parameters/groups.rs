//! Parameters of the cmdlets for groups and their members.

use super::Kind::{Address, Boolean, Choice, Choices, Guid, List, Number, Proxies, Switch, Text, Unlimited};
use super::{
    ACCESS_TYPE, GROUP_TYPE, LINK_TYPE, NOTIFICATIONS, Parameters, RESTRICTION, TEXT, TYPE_DETAILS, any,
    must, within,
};

#[rustfmt::skip]
pub const NEW_DISTRIBUTION_GROUP: Parameters = Parameters { sets: 1, list: &[
    must("Name", Text(64)), any("Alias", Text(64)), any("BccBlocked", Boolean),
    any("BypassNestedModerationEnabled", Boolean), any("CopyOwnerToMember", Switch), any("Description", List),
    any("DisplayName", Text(256)), any("HiddenGroupMembershipEnabled", Switch), any("IgnoreNamingPolicy", Switch),
    any("ManagedBy", List), any("MemberDepartRestriction", Choice(&RESTRICTION)),
    any("MemberJoinRestriction", Choice(&RESTRICTION)), any("Members", List), any("ModeratedBy", List),
    any("ModerationEnabled", Boolean), any("Notes", TEXT), any("OrganizationalUnit", TEXT),
    any("PrimarySmtpAddress", Address), any("RequireSenderAuthenticationEnabled", Boolean), any("RoomList", Switch),
    any("SendModerationNotifications", Choice(&NOTIFICATIONS)), any("Type", Choice(&GROUP_TYPE)),
] };

/// Sets: `AnrSet`, `Identity`, `ManagedBySet`.
#[rustfmt::skip]
pub const GET_DISTRIBUTION_GROUP: Parameters = Parameters { sets: 3, list: &[
    within(0b010, 0b000, "Identity", TEXT), within(0b001, 0b000, "Anr", TEXT), any("Credential", TEXT),
    any("Filter", TEXT), any("IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames", Switch),
    any("IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames", Switch),
    any("IncludeAcceptMessagesOnlyFromWithDisplayNames", Switch),
    any("IncludeBypassModerationFromSendersOrMembersWithDisplayNames", Switch),
    any("IncludeGrantSendOnBehalfToWithDisplayNames", Switch), any("IncludeManagedByWithDisplayNames", Switch),
    any("IncludeModeratedByWithDisplayNames", Switch), within(0b100, 0b000, "ManagedBy", TEXT),
    any("OrganizationalUnit", TEXT), any("RecipientTypeDetails", Choices(&TYPE_DETAILS)),
    any("ResultSize", Unlimited), any("SortBy", TEXT),
] };

#[rustfmt::skip]
pub const SET_DISTRIBUTION_GROUP: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("AcceptMessagesOnlyFrom", List), any("AcceptMessagesOnlyFromDLMembers", List),
    any("AcceptMessagesOnlyFromSendersOrMembers", List), any("Alias", Text(64)), any("BccBlocked", Boolean),
    any("BypassModerationFromSendersOrMembers", List), any("BypassNestedModerationEnabled", Boolean),
    any("BypassSecurityGroupManagerCheck", Switch), any("CustomAttribute1", Text(1024)),
    any("CustomAttribute10", Text(1024)), any("CustomAttribute11", Text(1024)),
    any("CustomAttribute12", Text(1024)), any("CustomAttribute13", Text(1024)),
    any("CustomAttribute14", Text(1024)), any("CustomAttribute15", Text(1024)), any("CustomAttribute2", Text(1024)),
    any("CustomAttribute3", Text(1024)), any("CustomAttribute4", Text(1024)), any("CustomAttribute5", Text(1024)),
    any("CustomAttribute6", Text(1024)), any("CustomAttribute7", Text(1024)), any("CustomAttribute8", Text(1024)),
    any("CustomAttribute9", Text(1024)), any("Description", List), any("DisplayName", Text(256)),
    any("EmailAddresses", Proxies), any("ExtensionCustomAttribute1", List), any("ExtensionCustomAttribute2", List),
    any("ExtensionCustomAttribute3", List), any("ExtensionCustomAttribute4", List),
    any("ExtensionCustomAttribute5", List), any("ForceUpgrade", Switch), any("GrantSendOnBehalfTo", List),
    any("HiddenFromAddressListsEnabled", Boolean), any("HiddenGroupMembershipEnabled", Switch),
    any("IgnoreNamingPolicy", Switch), any("MailTip", TEXT), any("MailTipTranslations", List),
    any("ManagedBy", List), any("MemberDepartRestriction", Choice(&RESTRICTION)),
    any("MemberJoinRestriction", Choice(&RESTRICTION)), any("ModeratedBy", List), any("ModerationEnabled", Boolean),
    any("Name", Text(64)), any("PrimarySmtpAddress", Address), any("RejectMessagesFrom", List),
    any("RejectMessagesFromDLMembers", List), any("RejectMessagesFromSendersOrMembers", List),
    any("ReportToManagerEnabled", Boolean), any("ReportToOriginatorEnabled", Boolean),
    any("RequireSenderAuthenticationEnabled", Boolean), any("ResetMigrationToUnifiedGroup", Switch),
    any("RoomList", Switch), any("SendModerationNotifications", Choice(&NOTIFICATIONS)),
    any("SendOofMessageToOriginatorEnabled", Boolean), any("SimpleDisplayName", TEXT),
    any("UpdateMemberCount", Switch), any("WindowsEmailAddress", Address),
] };

#[rustfmt::skip]
pub const REMOVE_DISTRIBUTION_GROUP: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("BypassSecurityGroupManagerCheck", Switch),
] };

#[rustfmt::skip]
pub const GET_DISTRIBUTION_GROUP_MEMBER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("Credential", TEXT), any("IncludeSoftDeletedObjects", Switch),
    any("ResultSize", Unlimited),
] };

#[rustfmt::skip]
pub const ADD_DISTRIBUTION_GROUP_MEMBER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("BypassSecurityGroupManagerCheck", Switch), any("Member", TEXT),
] };

#[rustfmt::skip]
pub const REMOVE_DISTRIBUTION_GROUP_MEMBER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("BypassSecurityGroupManagerCheck", Switch), any("Member", TEXT),
] };

#[rustfmt::skip]
pub const UPDATE_DISTRIBUTION_GROUP_MEMBER: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("BypassSecurityGroupManagerCheck", Switch), any("Members", List),
] };

/// Sets: `AnrSet`, `Identity`.
#[rustfmt::skip]
pub const GET_GROUP: Parameters = Parameters { sets: 2, list: &[
    within(0b10, 0b00, "Identity", TEXT), within(0b01, 0b00, "Anr", TEXT), any("Filter", TEXT),
    any("OrganizationalUnit", TEXT), any("RecipientTypeDetails", Choices(&TYPE_DETAILS)),
    any("ResultSize", Unlimited), any("SortBy", TEXT),
] };

#[rustfmt::skip]
pub const SET_GROUP: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("BypassSecurityGroupManagerCheck", Switch), any("Description", List),
    any("DisplayName", Text(256)), any("IsHierarchicalGroup", Boolean), any("ManagedBy", List),
    any("Name", Text(64)), any("Notes", TEXT), any("PhoneticDisplayName", Text(256)), any("SeniorityIndex", Number),
    any("SimpleDisplayName", TEXT), any("Universal", Switch), any("WindowsEmailAddress", Address),
] };

/// Sets: `Identity (Default)`, `ProvisioningOptions`, `SegmentationOption`, `DlMigration`.
#[rustfmt::skip]
pub const NEW_UNIFIED_GROUP: Parameters = Parameters { sets: 4, list: &[
    within(0b0111, 0b0000, "DisplayName", Text(64)), within(0b1000, 0b1000, "DlIdentity", TEXT),
    within(0b0111, 0b0000, "AccessType", Choice(&ACCESS_TYPE)), within(0b0111, 0b0000, "Alias", Text(64)),
    within(0b0111, 0b0000, "AlwaysSubscribeMembersToCalendarEvents", Switch),
    within(0b0111, 0b0000, "AutoSubscribeNewMembers", Switch), within(0b0111, 0b0000, "Classification", TEXT),
    within(0b1000, 0b0000, "ConvertClosedDlToPrivateGroup", Switch),
    within(0b0111, 0b0000, "DataEncryptionPolicy", TEXT), within(0b1000, 0b0000, "DeleteDlAfterMigration", Switch),
    within(0b0111, 0b0000, "EmailAddresses", Proxies), any("ExecutingUser", TEXT),
    within(0b0111, 0b0000, "ExoErrorAsWarning", Switch),
    within(0b0111, 0b0000, "HiddenGroupMembershipEnabled", Switch),
    within(0b0001, 0b0000, "IsMemberAllowedToEditContent", Boolean), within(0b0111, 0b0000, "Language", TEXT),
    within(0b0001, 0b0000, "MailboxRegion", TEXT), any("ManagedBy", List), any("Members", List),
    within(0b0111, 0b0000, "Name", TEXT), within(0b0111, 0b0000, "Notes", TEXT), any("Owner", TEXT),
    within(0b0111, 0b0000, "PrimarySmtpAddress", Address),
    within(0b0111, 0b0000, "RequireSenderAuthenticationEnabled", Boolean),
    within(0b0111, 0b0000, "SensitivityLabelId", Guid), within(0b0100, 0b0000, "SubscriptionEnabled", Switch),
    within(0b0111, 0b0000, "SuppressWarmupMessage", Switch),
] };

/// Sets: `Identity (Default)`, `AnrSet`.
#[rustfmt::skip]
pub const GET_UNIFIED_GROUP: Parameters = Parameters { sets: 2, list: &[
    within(0b01, 0b00, "Identity", TEXT), within(0b10, 0b00, "Anr", TEXT), any("Filter", TEXT),
    any("IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames", Switch),
    any("IncludeAllProperties", Switch), any("IncludeBypassModerationFromSendersOrMembersWithDisplayNames", Switch),
    any("IncludeGrantSendOnBehalfToWithDisplayNames", Switch), any("IncludeModeratedByWithDisplayNames", Switch),
    any("IncludeRejectMessagesFromSendersOrMembersWithDisplayNames", Switch),
    any("IncludeSoftDeletedGroups", Switch), any("ResultSize", Unlimited), any("SortBy", TEXT),
] };

#[rustfmt::skip]
pub const SET_UNIFIED_GROUP: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("AcceptMessagesOnlyFromSendersOrMembers", List),
    any("AccessType", Choice(&ACCESS_TYPE)), any("Alias", Text(64)),
    any("AlwaysSubscribeMembersToCalendarEvents", Switch), any("AuditLogAgeLimit", TEXT),
    any("AutoSubscribeNewMembers", Switch), any("CalendarMemberReadOnly", Switch), any("Classification", TEXT),
    any("ConnectorsEnabled", Switch), any("CustomAttribute1", Text(1024)), any("CustomAttribute10", Text(1024)),
    any("CustomAttribute11", Text(1024)), any("CustomAttribute12", Text(1024)),
    any("CustomAttribute13", Text(1024)), any("CustomAttribute14", Text(1024)),
    any("CustomAttribute15", Text(1024)), any("CustomAttribute2", Text(1024)), any("CustomAttribute3", Text(1024)),
    any("CustomAttribute4", Text(1024)), any("CustomAttribute5", Text(1024)), any("CustomAttribute6", Text(1024)),
    any("CustomAttribute7", Text(1024)), any("CustomAttribute8", Text(1024)), any("CustomAttribute9", Text(1024)),
    any("DataEncryptionPolicy", TEXT), any("DisplayName", Text(64)), any("EmailAddresses", Proxies),
    any("ExtensionCustomAttribute1", List), any("ExtensionCustomAttribute2", List),
    any("ExtensionCustomAttribute3", List), any("ExtensionCustomAttribute4", List),
    any("ExtensionCustomAttribute5", List), any("ForceUpgrade", Switch), any("GrantSendOnBehalfTo", List),
    any("HiddenFromAddressListsEnabled", Boolean), any("HiddenFromExchangeClientsEnabled", Switch),
    any("InformationBarrierMode", TEXT), any("IsMemberAllowedToEditContent", Boolean), any("Language", TEXT),
    any("MailboxRegion", TEXT), any("MailTip", TEXT), any("MailTipTranslations", List), any("MaxReceiveSize", TEXT),
    any("MaxSendSize", TEXT), any("ModeratedBy", List), any("ModerationEnabled", Boolean), any("Notes", TEXT),
    any("PrimarySmtpAddress", Address), any("RejectMessagesFromSendersOrMembers", List),
    any("RequireSenderAuthenticationEnabled", Boolean), any("SensitivityLabelId", Guid),
    any("SubscriptionEnabled", Switch), any("UnifiedGroupWelcomeMessageEnabled", Switch),
] };

#[rustfmt::skip]
pub const REMOVE_UNIFIED_GROUP: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), any("Force", Switch),
] };

#[rustfmt::skip]
pub const GET_UNIFIED_GROUP_LINKS: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), must("LinkType", Choice(&LINK_TYPE)), any("ResultSize", Unlimited),
] };

#[rustfmt::skip]
pub const ADD_UNIFIED_GROUP_LINKS: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), must("Links", List), must("LinkType", Choice(&LINK_TYPE)),
] };

#[rustfmt::skip]
pub const REMOVE_UNIFIED_GROUP_LINKS: Parameters = Parameters { sets: 1, list: &[
    must("Identity", TEXT), must("Links", List), must("LinkType", Choice(&LINK_TYPE)),
] };
