//! Which properties each cmdlet shows.

type Names = &'static [&'static str];

/// What every object has.
macro_rules! names {
    ($($name:literal),* $(,)?) => {
        &[
            "Identity", "Id", "Guid", "ExchangeObjectId", "ExternalDirectoryObjectId", "Name", "DisplayName",
            "DistinguishedName", "OrganizationId", "OrganizationalUnit", "OrganizationalUnitRoot", "ObjectCategory",
            "ObjectClass", "ObjectState", "OriginatingServer", "ExchangeVersion", "IsValid", "IsDirSynced",
            "RecipientType", "RecipientTypeDetails", "WhenCreated", "WhenCreatedUTC", "WhenChanged",
            "WhenChangedUTC", $($name),*
        ]
    };
}

/// What every object with mail has on top.
macro_rules! mail_names {
    ($($name:literal),* $(,)?) => {
        names![
            "Alias", "PrimarySmtpAddress", "WindowsEmailAddress", "EmailAddresses", "EmailAddressPolicyEnabled",
            "HiddenFromAddressListsEnabled", "LegacyExchangeDN", "SimpleDisplayName", "MailTip",
            "MailTipTranslations", "AddressListMembership", "AdministrativeUnits", "PoliciesIncluded",
            "PoliciesExcluded", "ArbitrationMailbox", "AcceptMessagesOnlyFrom", "AcceptMessagesOnlyFromDLMembers",
            "AcceptMessagesOnlyFromSendersOrMembers", "RejectMessagesFrom", "RejectMessagesFromDLMembers",
            "RejectMessagesFromSendersOrMembers", "BypassModerationFromSendersOrMembers", "GrantSendOnBehalfTo",
            "ModeratedBy", "ModerationEnabled", "SendModerationNotifications",
            "RequireSenderAuthenticationEnabled", "MaxReceiveSize", "MaxSendSize", "UMDtmfMap",
            "CustomAttribute1", "CustomAttribute2", "CustomAttribute3", "CustomAttribute4", "CustomAttribute5",
            "CustomAttribute6", "CustomAttribute7", "CustomAttribute8", "CustomAttribute9", "CustomAttribute10",
            "CustomAttribute11", "CustomAttribute12", "CustomAttribute13", "CustomAttribute14",
            "CustomAttribute15", "ExtensionCustomAttribute1", "ExtensionCustomAttribute2",
            "ExtensionCustomAttribute3", "ExtensionCustomAttribute4", "ExtensionCustomAttribute5", $($name),*
        ]
    };
}

pub const MAIL_CONTACT: Names = mail_names![
    "ExternalEmailAddress", "MessageFormat", "MessageBodyFormat", "MacAttachmentFormat", "UsePreferMessageFormat",
    "UseMapiRichTextFormat", "MaxRecipientPerMessage", "UserCertificate", "UserSMimeCertificate",
    "AntispamBypassEnabled",
];

pub const CONTACT: Names = names![
    "Alias", "WindowsEmailAddress", "AssistantName", "City", "Company", "CountryOrRegion", "Department",
    "DirectReports", "Fax", "FirstName", "GeoCoordinates", "HomePhone", "Initials", "LastName", "Manager",
    "MobilePhone", "Notes", "Office", "OtherFax", "OtherHomePhone", "OtherTelephone", "Pager", "Phone",
    "PhoneticDisplayName", "PostalCode", "PostOfficeBox", "SeniorityIndex", "SimpleDisplayName", "StateOrProvince",
    "StreetAddress", "TelephoneAssistant", "Title", "UMCallingLineIds", "UMDtmfMap", "WebPage",
];

pub const MAIL_USER: Names = mail_names![
    "ExternalEmailAddress", "UserPrincipalName", "MicrosoftOnlineServicesID", "WindowsLiveID", "AccountDisabled",
    "ExchangeGuid", "ImmutableId", "FederatedIdentity", "MailboxRegion", "UsageLocation", "RecipientLimits",
    "MessageFormat", "MessageBodyFormat", "MacAttachmentFormat", "UsePreferMessageFormat", "UseMapiRichTextFormat",
    "UserCertificate", "UserSMimeCertificate", "ArchiveGuid", "ArchiveName", "ArchiveStatus",
    "DataEncryptionPolicy", "SamAccountName", "SKUAssigned", "WhenSoftDeleted", "WhenMailboxCreated",
];

pub const USER: Names = names![
    "UserPrincipalName", "MicrosoftOnlineServicesID", "WindowsLiveID", "WindowsEmailAddress", "SamAccountName",
    "AccountDisabled", "AuthenticationType", "AssistantName", "City", "Company", "CountryOrRegion", "Department",
    "DirectReports", "Fax", "FirstName", "GeoCoordinates", "HomePhone", "Initials", "IsSecurityPrincipal",
    "LastName", "Manager", "MobilePhone", "Notes", "Office", "OtherFax", "OtherHomePhone", "OtherTelephone",
    "Pager", "Phone", "PhoneticDisplayName", "PostalCode", "PostOfficeBox", "PreviousRecipientTypeDetails",
    "SeniorityIndex", "SimpleDisplayName", "SKUAssigned", "StateOrProvince", "StreetAddress", "TelephoneAssistant",
    "Title", "UMDtmfMap", "UsageLocation", "WebPage", "WhenSoftDeleted",
];

pub const MAILBOX: Names = mail_names![
    "UserPrincipalName", "MicrosoftOnlineServicesID", "WindowsLiveID", "SamAccountName", "AccountDisabled",
    "ExchangeGuid", "Database", "ServerName", "Office", "UsageLocation", "IsMailboxEnabled", "IsResource",
    "IsShared", "IsInactiveMailbox", "ResourceType", "ForwardingAddress", "ForwardingSmtpAddress",
    "DeliverToMailboxAndForward", "LitigationHoldEnabled", "InPlaceHolds", "RetentionPolicy", "AuditEnabled",
    "AddressBookPolicy", "ArchiveGuid", "ArchiveName", "ArchiveStatus", "IssueWarningQuota", "ProhibitSendQuota",
    "ProhibitSendReceiveQuota", "RecipientLimits", "SKUAssigned", "WhenMailboxCreated", "WhenSoftDeleted",
];

pub const RECIPIENT: Names = names![
    "Alias", "PrimarySmtpAddress", "EmailAddresses", "EmailAddressPolicyEnabled", "ExternalEmailAddress",
    "HiddenFromAddressListsEnabled", "AddressListMembership", "ArchiveGuid", "AuthenticationType", "Capabilities",
    "City", "Company", "CountryOrRegion", "CustomAttribute1", "CustomAttribute2", "CustomAttribute3",
    "CustomAttribute4", "CustomAttribute5", "CustomAttribute6", "CustomAttribute7", "CustomAttribute8",
    "CustomAttribute9", "CustomAttribute10", "CustomAttribute11", "CustomAttribute12", "CustomAttribute13",
    "CustomAttribute14", "CustomAttribute15", "ExtensionCustomAttribute1", "ExtensionCustomAttribute2",
    "ExtensionCustomAttribute3", "ExtensionCustomAttribute4", "ExtensionCustomAttribute5", "Database",
    "Department", "ExchangeGuid", "FirstName", "HasActiveSyncDevicePartnership", "LastName", "ManagedBy",
    "Manager", "Notes", "Office", "Phone", "PoliciesExcluded", "PoliciesIncluded", "PostalCode", "ResourceType",
    "SKUAssigned", "SamAccountName", "StateOrProvince", "Title", "UMEnabled", "UsageLocation",
    "WhenMailboxCreated", "WhenSoftDeleted", "WindowsLiveID",
];

pub const DISTRIBUTION_GROUP: Names = mail_names![
    "GroupType", "SamAccountName", "Description", "ManagedBy", "ManagedByDetails", "MemberJoinRestriction",
    "MemberDepartRestriction", "BccBlocked", "BypassNestedModerationEnabled", "HiddenGroupMembershipEnabled",
    "ReportToManagerEnabled", "ReportToOriginatorEnabled", "SendOofMessageToOriginatorEnabled",
];

pub const GROUP: Names = names![
    "GroupType", "SamAccountName", "ManagedBy", "Members", "Notes", "PhoneticDisplayName", "SeniorityIndex",
    "SimpleDisplayName", "WindowsEmailAddress",
];

pub const UNIFIED_GROUP: Names = mail_names![
    "AccessType", "AutoSubscribeNewMembers", "AlwaysSubscribeMembersToCalendarEvents", "CalendarMemberReadOnly",
    "Classification", "ConnectorsEnabled", "ExchangeGuid", "GroupMemberCount", "GroupExternalMemberCount",
    "HiddenFromExchangeClientsEnabled", "HiddenGroupMembershipEnabled", "InformationBarrierMode",
    "IsMemberAllowedToEditContent", "IsMembershipDynamic", "Language", "ManagedBy", "ManagedByDetails", "Notes",
    "SensitivityLabel", "SharePointSiteUrl", "SubscriptionEnabled", "WelcomeMessageEnabled", "WhenSoftDeleted",
];

#[cfg(test)]
mod tests {
    use super::super::properties::spelled;
    use super::*;

    #[test]
    fn every_name_is_known_and_stands_once() {
        let all =
            [MAIL_CONTACT, CONTACT, MAIL_USER, USER, MAILBOX, RECIPIENT, DISTRIBUTION_GROUP, GROUP, UNIFIED_GROUP];
        for names in all {
            for name in names {
                assert_eq!(spelled(name), Some(*name));
                assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
            }
        }
    }
}
