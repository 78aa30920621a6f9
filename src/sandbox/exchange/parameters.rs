//! Which parameters each cmdlet takes in the cloud, and of what kind; whatever is not here is refused by name.

use super::binding::Kind::{self, Flag, List, Number, Text};

/// One cmdlet's parameters. `Identity` comes first where the cmdlet has one.
pub type Parameters = &'static [(&'static str, Kind)];

#[rustfmt::skip]
pub const NEW_MAILCONTACT: Parameters = &[
    ("Alias", Text), ("ArbitrationMailbox", Text), ("Confirm", Flag), ("DisplayName", Text),
    ("DomainController", Text), ("ExternalEmailAddress", Text), ("FirstName", Text), ("Initials", Text),
    ("LastName", Text), ("MacAttachmentFormat", Text), ("MessageBodyFormat", Text), ("MessageFormat", Text),
    ("ModeratedBy", List), ("ModerationEnabled", Flag), ("Name", Text), ("OrganizationalUnit", Text),
    ("PrimarySmtpAddress", Text), ("SendModerationNotifications", Text), ("UsePreferMessageFormat", Flag),
    ("WhatIf", Flag),
];

#[rustfmt::skip]
pub const GET_MAILCONTACT: Parameters = &[
    ("Identity", Text), ("ANR", Text), ("Credential", Text), ("DomainController", Text), ("Filter", Text),
    ("IgnoreDefaultScope", Flag), ("OrganizationalUnit", Text), ("ReadFromDomainController", Flag),
    ("RecipientTypeDetails", List), ("ResultSize", Text), ("SortBy", Text),
];

#[rustfmt::skip]
pub const SET_MAILCONTACT: Parameters = &[
    ("Identity", Text), ("AcceptMessagesOnlyFrom", List), ("AcceptMessagesOnlyFromDLMembers", List),
    ("AcceptMessagesOnlyFromSendersOrMembers", List), ("Alias", Text), ("ArbitrationMailbox", Text),
    ("BypassModerationFromSendersOrMembers", List), ("Confirm", Flag), ("CreateDTMFMap", Flag),
    ("CustomAttribute1", Text), ("CustomAttribute10", Text), ("CustomAttribute11", Text),
    ("CustomAttribute12", Text), ("CustomAttribute13", Text), ("CustomAttribute14", Text),
    ("CustomAttribute15", Text), ("CustomAttribute2", Text), ("CustomAttribute3", Text),
    ("CustomAttribute4", Text), ("CustomAttribute5", Text), ("CustomAttribute6", Text),
    ("CustomAttribute7", Text), ("CustomAttribute8", Text), ("CustomAttribute9", Text),
    ("DisplayName", Text), ("DomainController", Text), ("EmailAddressPolicyEnabled", Flag),
    ("EmailAddresses", List), ("ExtensionCustomAttribute1", List), ("ExtensionCustomAttribute2", List),
    ("ExtensionCustomAttribute3", List), ("ExtensionCustomAttribute4", List),
    ("ExtensionCustomAttribute5", List), ("ExternalEmailAddress", Text), ("ForceUpgrade", Flag),
    ("GrantSendOnBehalfTo", List), ("HiddenFromAddressListsEnabled", Flag), ("IgnoreDefaultScope", Flag),
    ("MacAttachmentFormat", Text), ("MailTip", Text), ("MailTipTranslations", List),
    ("MaxReceiveSize", Text), ("MaxRecipientPerMessage", Text), ("MaxSendSize", Text),
    ("MessageBodyFormat", Text), ("MessageFormat", Text), ("ModeratedBy", List),
    ("ModerationEnabled", Flag), ("Name", Text), ("PrimarySmtpAddress", Text), ("RejectMessagesFrom", List),
    ("RejectMessagesFromDLMembers", List), ("RejectMessagesFromSendersOrMembers", List),
    ("RemovePicture", Flag), ("RemoveSpokenName", Flag), ("RequireSenderAuthenticationEnabled", Flag),
    ("SecondaryAddress", Text), ("SecondaryDialPlan", Text), ("SendModerationNotifications", Text),
    ("SimpleDisplayName", Text), ("UMDtmfMap", List), ("UseMapiRichTextFormat", Text),
    ("UsePreferMessageFormat", Flag), ("UserCertificate", List), ("UserSMimeCertificate", List),
    ("WhatIf", Flag), ("WindowsEmailAddress", Text),
];

#[rustfmt::skip]
pub const REMOVE_MAILCONTACT: Parameters = &[
    ("Identity", Text), ("Confirm", Flag), ("DomainController", Text), ("IgnoreDefaultScope", Flag),
    ("WhatIf", Flag),
];

#[rustfmt::skip]
pub const GET_CONTACT: Parameters = &[
    ("Identity", Text), ("Anr", Text), ("Credential", Text), ("DomainController", Text), ("Filter", Text),
    ("IgnoreDefaultScope", Flag), ("OrganizationalUnit", Text), ("ReadFromDomainController", Flag),
    ("RecipientTypeDetails", List), ("ResultSize", Text), ("SortBy", Text),
];

#[rustfmt::skip]
pub const SET_CONTACT: Parameters = &[
    ("Identity", Text), ("AllowUMCallsFromNonUsers", Text), ("AssistantName", Text), ("City", Text),
    ("Company", Text), ("Confirm", Flag), ("CountryOrRegion", Text), ("CreateDTMFMap", Flag),
    ("Department", Text), ("DisplayName", Text), ("DomainController", Text), ("Fax", Text),
    ("FirstName", Text), ("GeoCoordinates", Text), ("HomePhone", Text), ("IgnoreDefaultScope", Flag),
    ("Initials", Text), ("LastName", Text), ("Manager", Text), ("MobilePhone", Text), ("Name", Text),
    ("Notes", Text), ("Office", Text), ("OtherFax", List), ("OtherHomePhone", List),
    ("OtherTelephone", List), ("Pager", Text), ("Phone", Text), ("PhoneticDisplayName", Text),
    ("PostOfficeBox", List), ("PostalCode", Text), ("SeniorityIndex", Number), ("SimpleDisplayName", Text),
    ("StateOrProvince", Text), ("StreetAddress", Text), ("TelephoneAssistant", Text), ("Title", Text),
    ("UMCallingLineIds", List), ("UMDtmfMap", List), ("WebPage", Text), ("WhatIf", Flag),
    ("WindowsEmailAddress", Text),
];

#[rustfmt::skip]
pub const GET_RECIPIENT: Parameters = &[
    ("Identity", Text), ("Anr", Text), ("AuthenticationType", Text), ("BookmarkDisplayName", Text),
    ("Capabilities", List), ("Credential", Text), ("Database", Text), ("DomainController", Text),
    ("Filter", Text), ("IgnoreDefaultScope", Flag), ("IncludeBookmarkObject", Flag),
    ("IncludeManagerWithDisplayName", Flag), ("IncludeSoftDeletedRecipients", Flag),
    ("OrganizationalUnit", Text), ("Properties", List), ("PropertySet", Text),
    ("ReadFromDomainController", Flag), ("RecipientPreviewFilter", Text), ("RecipientType", List),
    ("RecipientTypeDetails", List), ("ResultSize", Text), ("SortBy", Text),
];

#[rustfmt::skip]
pub const GET_MAILUSER: Parameters = &[
    ("Identity", Text), ("Anr", Text), ("Credential", Text), ("DomainController", Text), ("Filter", Text),
    ("HVEAccount", Flag), ("IgnoreDefaultScope", Flag), ("OrganizationalUnit", Text),
    ("ReadFromDomainController", Flag), ("ResultSize", Text), ("SharedWithMailUser", Flag),
    ("SoftDeletedMailUser", Flag), ("SortBy", Text),
];

#[rustfmt::skip]
pub const SET_MAILUSER: Parameters = &[
    ("Identity", Text), ("AcceptMessagesOnlyFrom", List), ("AcceptMessagesOnlyFromDLMembers", List),
    ("AcceptMessagesOnlyFromSendersOrMembers", List), ("Alias", Text), ("ArbitrationMailbox", Text),
    ("ArchiveGuid", Text), ("ArchiveName", List), ("BypassModerationFromSendersOrMembers", List),
    ("Confirm", Flag), ("CreateDTMFMap", Flag), ("CustomAttribute1", Text), ("CustomAttribute10", Text),
    ("CustomAttribute11", Text), ("CustomAttribute12", Text), ("CustomAttribute13", Text),
    ("CustomAttribute14", Text), ("CustomAttribute15", Text), ("CustomAttribute2", Text),
    ("CustomAttribute3", Text), ("CustomAttribute4", Text), ("CustomAttribute5", Text),
    ("CustomAttribute6", Text), ("CustomAttribute7", Text), ("CustomAttribute8", Text),
    ("CustomAttribute9", Text), ("DataEncryptionPolicy", Text), ("DisplayName", Text),
    ("DomainController", Text), ("EmailAddressPolicyEnabled", Flag), ("EmailAddresses", List),
    ("EnableLitigationHoldForMigration", Flag), ("ExchangeGuid", Text), ("ExcludeFromAllHolds", Flag),
    ("ExcludeFromAllOrgHolds", Flag), ("ExcludeFromOrgHolds", List), ("ExtensionCustomAttribute1", List),
    ("ExtensionCustomAttribute2", List), ("ExtensionCustomAttribute3", List),
    ("ExtensionCustomAttribute4", List), ("ExtensionCustomAttribute5", List),
    ("ExternalEmailAddress", Text), ("FederatedIdentity", Text), ("ForceUpgrade", Flag),
    ("GrantSendOnBehalfTo", List), ("HVEAccount", Flag), ("HiddenFromAddressListsEnabled", Flag),
    ("IgnoreDefaultScope", Flag), ("ImmutableId", Text), ("JournalArchiveAddress", Text),
    ("MacAttachmentFormat", Text), ("MailTip", Text), ("MailTipTranslations", List),
    ("MailboxRegion", Text), ("MaxReceiveSize", Text), ("MaxSendSize", Text), ("MessageBodyFormat", Text),
    ("MessageFormat", Text), ("MicrosoftOnlineServicesID", Text), ("ModeratedBy", List),
    ("ModerationEnabled", Flag), ("Name", Text), ("Password", Text), ("PrimarySmtpAddress", Text),
    ("RecalculateInactiveMailUser", Flag), ("RecipientLimits", Text), ("RecoverableItemsQuota", Text),
    ("RecoverableItemsWarningQuota", Text), ("RejectMessagesFrom", List),
    ("RejectMessagesFromDLMembers", List), ("RejectMessagesFromSendersOrMembers", List),
    ("RemoveComplianceTagHoldApplied", Flag), ("RemoveDelayHoldApplied", Flag),
    ("RemoveDelayReleaseHoldApplied", Flag), ("RemoveDisabledArchive", Flag),
    ("RemoveLitigationHoldEnabled", Flag), ("RemoveMailboxProvisioningConstraint", Flag),
    ("RemoveOrphanedHolds", List), ("RemovePicture", Flag), ("RemoveSpokenName", Flag),
    ("RequireSenderAuthenticationEnabled", Flag), ("ResetPasswordOnNextLogon", Flag),
    ("SamAccountName", Text), ("SecondaryAddress", Text), ("SecondaryDialPlan", Text),
    ("SendModerationNotifications", Text), ("SimpleDisplayName", Text), ("SkipDualWrite", Flag),
    ("UMDtmfMap", List), ("UnblockForwardSyncPostCrossTenantMigration", Flag),
    ("UseMapiRichTextFormat", Text), ("UsePreferMessageFormat", Flag), ("UserCertificate", List),
    ("UserPrincipalName", Text), ("UserSMimeCertificate", List), ("WhatIf", Flag),
    ("WindowsEmailAddress", Text),
];

#[rustfmt::skip]
pub const GET_DISTRIBUTIONGROUP: Parameters = &[
    ("Identity", Text), ("Anr", Text), ("Credential", Text), ("DomainController", Text), ("Filter", Text),
    ("IgnoreDefaultScope", Flag), ("IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames", Flag),
    ("IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames", Flag),
    ("IncludeAcceptMessagesOnlyFromWithDisplayNames", Flag),
    ("IncludeBypassModerationFromSendersOrMembersWithDisplayNames", Flag),
    ("IncludeGrantSendOnBehalfToWithDisplayNames", Flag), ("IncludeManagedByWithDisplayNames", Flag),
    ("IncludeModeratedByWithDisplayNames", Flag), ("ManagedBy", Text), ("OrganizationalUnit", Text),
    ("ReadFromDomainController", Flag), ("RecipientTypeDetails", List), ("ResultSize", Text),
    ("SortBy", Text),
];

#[rustfmt::skip]
pub const GET_DISTRIBUTIONGROUPMEMBER: Parameters = &[
    ("Identity", Text), ("Credential", Text), ("DomainController", Text), ("IgnoreDefaultScope", Flag),
    ("IncludeSoftDeletedObjects", Flag), ("ReadFromDomainController", Flag), ("ResultSize", Text),
];

#[rustfmt::skip]
pub const ADD_DISTRIBUTIONGROUPMEMBER: Parameters = &[
    ("Identity", Text), ("BypassSecurityGroupManagerCheck", Flag), ("Confirm", Flag),
    ("DomainController", Text), ("Member", Text), ("WhatIf", Flag),
];

#[rustfmt::skip]
pub const REMOVE_DISTRIBUTIONGROUPMEMBER: Parameters = &[
    ("Identity", Text), ("BypassSecurityGroupManagerCheck", Flag), ("Confirm", Flag),
    ("DomainController", Text), ("Member", Text), ("WhatIf", Flag),
];

#[rustfmt::skip]
pub const GET_ACCEPTEDDOMAIN: Parameters = &[
    ("Identity", Text), ("DomainController", Text), ("ResultSize", Text),
];

#[rustfmt::skip]
pub const GET_ORGANIZATIONCONFIG: Parameters = &[
    ("DomainController", Text),
];
