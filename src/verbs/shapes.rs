//! What objects look like: the properties each kind is known to have, and which of them are read unless `select` says otherwise.

/// A kind of object.
#[derive(Debug)]
pub struct Shape {
    /// "user", "group": as a message names it.
    pub name: &'static str,
    /// Read by default, in the order shown.
    pub default: &'static [&'static str],
    /// Known beyond that; reading one that was not selected is an error that says so.
    pub more: &'static [&'static str],
    /// Properties that a table shows, most important first.
    pub columns: &'static [&'static str],
    /// Properties that are objects of a known kind themselves.
    pub nested: &'static [(&'static str, &'static Shape)],
    /// What another verb reads, and which.
    pub elsewhere: &'static [(&'static str, &'static str)],
    /// Whether `select` can ask for more.
    pub selectable: bool,
}

impl Shape {
    pub fn knows(&self, name: &str) -> bool {
        self.default.contains(&name) || self.more.contains(&name)
    }

    /// The verb that reads what this kind of object does not carry.
    pub fn elsewhere(&self, name: &str) -> Option<&'static str> {
        self.elsewhere.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, verb)| *verb)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.default.iter().chain(self.more).copied()
    }

    pub fn nested(&self, name: &str) -> Option<&'static Shape> {
        self.nested.iter().find(|(property, _)| *property == name).map(|(_, shape)| *shape)
    }
}

/// <https://learn.microsoft.com/graph/api/resources/user>
pub static USER: Shape = Shape {
    name: "user",
    default: &[
        "id",
        "displayName",
        "mail",
        "userPrincipalName",
        "userType",
        "accountEnabled",
        "externalUserState",
        "externalUserStateChangeDateTime",
        "creationType",
        "createdDateTime",
        "companyName",
        "department",
        "jobTitle",
        "givenName",
        "surname",
        "mobilePhone",
        "businessPhones",
        "officeLocation",
        "usageLocation",
        "otherMails",
        "proxyAddresses",
        "showInAddressList",
        "preferredLanguage",
        "identities",
        "assignedLicenses",
    ],
    more: &[
        "aboutMe",
        "ageGroup",
        "assignedPlans",
        "birthday",
        "city",
        "consentProvidedForMinor",
        "country",
        "customSecurityAttributes",
        "deletedDateTime",
        "employeeHireDate",
        "employeeId",
        "employeeLeaveDateTime",
        "employeeOrgData",
        "employeeType",
        "faxNumber",
        "imAddresses",
        "isManagementRestricted",
        "isResourceAccount",
        "lastPasswordChangeDateTime",
        "legalAgeGroupClassification",
        "licenseAssignmentStates",
        "mailNickname",
        "onPremisesDistinguishedName",
        "onPremisesDomainName",
        "onPremisesExtensionAttributes",
        "onPremisesImmutableId",
        "onPremisesLastSyncDateTime",
        "onPremisesProvisioningErrors",
        "onPremisesSamAccountName",
        "onPremisesSecurityIdentifier",
        "onPremisesSyncEnabled",
        "onPremisesUserPrincipalName",
        "passwordPolicies",
        "passwordProfile",
        "postalCode",
        "preferredDataLocation",
        "provisionedPlans",
        "securityIdentifier",
        "serviceProvisioningErrors",
        "signInActivity",
        "signInSessionsValidFromDateTime",
        "state",
        "streetAddress",
        "usageRights",
    ],
    columns: &[
        "displayName",
        "mail",
        "userType",
        "externalUserState",
        "accountEnabled",
        "companyName",
        "createdDateTime",
        "id",
    ],
    nested: &[],
    elsewhere: &[
        ("manager", "get_manager(user)"),
        ("memberOf", "get_memberships(user)"),
        ("groups", "get_memberships(user)"),
        ("sponsors", "get_sponsors(user)"),
        ("licenses", "get_user_licenses(user)"),
        ("licences", "get_user_licenses(user)"),
        ("roles", "get_role_assignments(user)"),
    ],
    selectable: true,
};

/// <https://learn.microsoft.com/graph/api/resources/invitation>
pub static INVITATION: Shape = Shape {
    name: "invitation",
    default: &[
        "id",
        "invitedUserEmailAddress",
        "invitedUserDisplayName",
        "invitedUserType",
        "status",
        "alreadyExisted",
        "sendInvitationMessage",
        "inviteRedirectUrl",
        "inviteRedeemUrl",
        "invitedUser",
    ],
    more: &["invitedUserMessageInfo", "resetRedemption", "invitedUserSponsors"],
    columns: &[
        "invitedUserEmailAddress",
        "invitedUserDisplayName",
        "status",
        "alreadyExisted",
        "sendInvitationMessage",
    ],
    nested: &[("invitedUser", &USER_REFERENCE)],
    elsewhere: &[],
    selectable: false,
};

/// A user as an invitation names it: get_user() knows the rest.
pub static USER_REFERENCE: Shape = Shape {
    name: "invited user",
    default: &["id"],
    more: &["displayName", "mail", "userPrincipalName", "userType", "externalUserState"],
    columns: &["id"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// <https://learn.microsoft.com/graph/api/resources/group>
pub static GROUP: Shape = Shape {
    name: "group",
    default: &[
        "id",
        "displayName",
        "description",
        "mail",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
        "groupTypes",
        "membershipRule",
        "isAssignableToRole",
        "onPremisesSyncEnabled",
        "visibility",
        "createdDateTime",
    ],
    more: &[
        "allowExternalSenders",
        "assignedLabels",
        "assignedLicenses",
        "autoSubscribeNewMembers",
        "classification",
        "deletedDateTime",
        "expirationDateTime",
        "hasMembersWithLicenseErrors",
        "hideFromAddressLists",
        "hideFromOutlookClients",
        "isArchived",
        "isManagementRestricted",
        "isSubscribedByMail",
        "licenseProcessingState",
        "membershipRuleProcessingState",
        "onPremisesDomainName",
        "onPremisesLastSyncDateTime",
        "onPremisesNetBiosName",
        "onPremisesProvisioningErrors",
        "onPremisesSamAccountName",
        "onPremisesSecurityIdentifier",
        "preferredDataLocation",
        "preferredLanguage",
        "proxyAddresses",
        "renewedDateTime",
        "resourceBehaviorOptions",
        "resourceProvisioningOptions",
        "securityIdentifier",
        "serviceProvisioningErrors",
        "theme",
        "uniqueName",
        "unseenCount",
    ],
    columns: &["displayName", "mail", "groupTypes", "securityEnabled", "mailEnabled", "description", "id"],
    nested: &[],
    elsewhere: &[("members", "get_group_members(group)")],
    selectable: true,
};

/// A member of a group or a group of a member: users, groups, roles and others mixed.
/// <https://learn.microsoft.com/graph/api/resources/directoryobject>
pub static DIRECTORY_OBJECT: Shape = Shape {
    name: "directory object",
    default: &["type", "id", "displayName", "mail", "userPrincipalName", "userType", "description"],
    more: &[],
    columns: &["displayName", "type", "mail", "userType", "id"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// What Get-MailContact and Get-Contact say of one contact, together.
/// <https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailcontact>
pub static MAIL_CONTACT: Shape = Shape {
    name: "mail contact",
    default: &[
        "guid",
        "name",
        "displayName",
        "externalEmailAddress",
        "primarySmtpAddress",
        "emailAddresses",
        "alias",
        "hiddenFromAddressListsEnabled",
        "recipientTypeDetails",
        "externalDirectoryObjectId",
        "mailTip",
        "identity",
        "id",
        "firstName",
        "lastName",
        "initials",
        "title",
        "company",
        "department",
        "office",
        "manager",
        "assistantName",
        "phone",
        "mobilePhone",
        "homePhone",
        "fax",
        "pager",
        "streetAddress",
        "city",
        "stateOrProvince",
        "postalCode",
        "countryOrRegion",
        "webPage",
        "notes",
    ],
    more: &[
        "acceptMessagesOnlyFrom",
        "acceptMessagesOnlyFromSendersOrMembers",
        "addressListMembership",
        "bypassModerationFromSendersOrMembers",
        "customAttribute1",
        "customAttribute2",
        "customAttribute3",
        "customAttribute4",
        "customAttribute5",
        "customAttribute6",
        "customAttribute7",
        "customAttribute8",
        "customAttribute9",
        "customAttribute10",
        "customAttribute11",
        "customAttribute12",
        "customAttribute13",
        "customAttribute14",
        "customAttribute15",
        "distinguishedName",
        "emailAddressPolicyEnabled",
        "extensionCustomAttribute1",
        "extensionCustomAttribute2",
        "extensionCustomAttribute3",
        "extensionCustomAttribute4",
        "extensionCustomAttribute5",
        "grantSendOnBehalfTo",
        "isDirSynced",
        "legacyExchangeDN",
        "macAttachmentFormat",
        "messageBodyFormat",
        "messageFormat",
        "moderatedBy",
        "moderationEnabled",
        "organizationalUnit",
        "organizationId",
        "otherFax",
        "otherHomePhone",
        "otherTelephone",
        "phoneticDisplayName",
        "postOfficeBox",
        "recipientType",
        "rejectMessagesFrom",
        "requireSenderAuthenticationEnabled",
        "sendModerationNotifications",
        "seniorityIndex",
        "simpleDisplayName",
        "telephoneAssistant",
        "useMapiRichTextFormat",
        "usePreferMessageFormat",
        "whenChanged",
        "whenChangedUTC",
        "whenCreated",
        "whenCreatedUTC",
        "windowsEmailAddress",
    ],
    columns: &[
        "displayName",
        "externalEmailAddress",
        "company",
        "title",
        "hiddenFromAddressListsEnabled",
        "guid",
    ],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// <https://learn.microsoft.com/graph/api/resources/subscribedsku>
pub static SKU: Shape = Shape {
    name: "licence",
    default: &[
        "skuId",
        "skuPartNumber",
        "available",
        "consumedUnits",
        "prepaidUnits",
        "capabilityStatus",
        "appliesTo",
        "servicePlans",
        "id",
    ],
    more: &["accountId", "accountName", "subscriptionIds"],
    columns: &["skuPartNumber", "available", "consumedUnits", "capabilityStatus", "skuId"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// A licence as one user holds it.
pub static USER_LICENSE: Shape = Shape {
    name: "user licence",
    default: &["skuId", "skuPartNumber", "disabledPlans", "assignedByGroup"],
    more: &[],
    columns: &["skuPartNumber", "assignedByGroup", "disabledPlans", "skuId"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// <https://learn.microsoft.com/graph/api/resources/unifiedroledefinition>
pub static DIRECTORY_ROLE: Shape = Shape {
    name: "directory role",
    default: &["id", "displayName", "description", "isBuiltIn", "isEnabled", "templateId"],
    more: &["resourceScopes", "rolePermissions", "version", "inheritsPermissionsFrom"],
    columns: &["displayName", "description", "isBuiltIn", "id"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// A role that someone holds, of either kind: `kind` is `directory` or `azure`.
pub static ROLE_ASSIGNMENT: Shape = Shape {
    name: "role assignment",
    default: &[
        "kind",
        "roleDefinitionName",
        "scope",
        "assignmentType",
        "principalId",
        "roleDefinitionId",
        "id",
        "alreadyExisted",
    ],
    more: &[
        "name",
        "type",
        "properties",
        "principalType",
        "condition",
        "conditionVersion",
        "createdOn",
        "updatedOn",
        "createdBy",
        "updatedBy",
        "delegatedManagedIdentityResourceId",
        "description",
        "directoryScopeId",
        "appScopeId",
    ],
    columns: &["kind", "roleDefinitionName", "scope", "assignmentType", "id"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// <https://learn.microsoft.com/rest/api/authorization/role-definitions>
pub static AZURE_ROLE: Shape = Shape {
    name: "Azure role",
    default: &["roleName", "description", "roleType", "name", "id", "assignableScopes", "permissions"],
    more: &["type", "properties", "createdOn", "updatedOn", "createdBy", "updatedBy"],
    columns: &["roleName", "description", "roleType", "name"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list>
pub static SUBSCRIPTION: Shape = Shape {
    name: "subscription",
    default: &["displayName", "subscriptionId", "state", "tenantId", "id"],
    more: &["subscriptionPolicies", "authorizationSource", "managedByTenants", "tags"],
    columns: &["displayName", "subscriptionId", "state"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// <https://learn.microsoft.com/rest/api/resources/resources/list>
pub static RESOURCE: Shape = Shape {
    name: "Azure resource",
    default: &["name", "type", "resourceGroup", "location", "id"],
    more: &[
        "tags",
        "kind",
        "sku",
        "identity",
        "managedBy",
        "plan",
        "properties",
        "createdTime",
        "changedTime",
        "provisioningState",
        "subscriptionId",
    ],
    columns: &["name", "type", "resourceGroup", "location", "id"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// How active somebody was.
pub static ACTIVITY: Shape = Shape {
    name: "activity",
    default: &["active", "known", "lastActiveDateTime", "reason"],
    more: &[],
    columns: &["active", "known", "lastActiveDateTime", "reason"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// Where usher is signed in.
pub static CONTEXT: Shape = Shape {
    name: "context",
    default: &["tenant", "tenantId", "tenantDomain", "simulated", "operator", "connected"],
    more: &[],
    columns: &["tenant", "tenantDomain", "operator", "connected"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};

/// A mail that the sandbox kept instead of sending it.
pub static MAIL: Shape = Shape {
    name: "mail",
    default: &["to", "cc", "language", "subject", "message", "redeemUrl", "sentAt"],
    more: &["from", "kind", "userId"],
    columns: &["to", "subject", "sentAt"],
    nested: &[],
    elsewhere: &[],
    selectable: false,
};
