//! What each kind of object has: its properties, what they hold, which come unasked, which can be filtered and set.

use serde_json::Value;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    Text,
    Flag,
    /// True unless it was set otherwise.
    Yes,
    Number,
    Moment,
    Guid,
    Texts,
    Items,
    Complex,
}

/// Operators that work without `ConsistencyLevel: eventual`.
pub mod basic {
    /// `eq` and `in`.
    pub const EQ: u8 = 1;
    pub const STARTS: u8 = 2;
    /// `ge`, `le` and their strict forms.
    pub const RANGE: u8 = 4;
    /// Can be filtered at all, be it with the header only.
    pub const ANY: u8 = 8;
    /// Can be compared with `endsWith`, with the header only.
    pub const ENDS: u8 = 16;
    /// `$orderby` without the header.
    pub const SORT: u8 = 32;
}
use basic::{ANY, ENDS, EQ, RANGE, SORT, STARTS};

#[derive(Clone, Copy, Debug)]
pub struct Property {
    pub name: &'static str,
    pub holds: Holds,
    /// Comes without `$select`.
    pub usual: bool,
    /// The longest text that can be set; 0 when the property cannot be.
    pub limit: usize,
    pub filter: u8,
}

impl Property {
    pub const fn usual(mut self) -> Self {
        self.usual = true;
        self
    }

    pub const fn set(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    pub const fn filter(mut self, operators: u8) -> Self {
        self.filter = operators | ANY;
        self
    }

    /// What the property is where an object does not hold it.
    pub fn absent(&self) -> Value {
        match self.holds {
            Holds::Yes => Value::Bool(true),
            Holds::Texts | Holds::Items => Value::Array(Vec::new()),
            _ => Value::Null,
        }
    }
}

pub const fn property(name: &'static str, holds: Holds) -> Property {
    Property { name, holds, usual: false, limit: 0, filter: 0 }
}
pub const fn text(name: &'static str) -> Property {
    property(name, Holds::Text)
}
pub const fn flag(name: &'static str) -> Property {
    property(name, Holds::Flag)
}
pub const fn moment(name: &'static str) -> Property {
    property(name, Holds::Moment)
}
pub const fn texts(name: &'static str) -> Property {
    property(name, Holds::Texts)
}
pub const fn items(name: &'static str) -> Property {
    property(name, Holds::Items)
}
pub const fn complex(name: &'static str) -> Property {
    property(name, Holds::Complex)
}

/// One entity type.
#[derive(Debug)]
pub struct Entity {
    /// As in `#microsoft.graph.user`.
    pub name: &'static str,
    /// As in `$metadata#users`.
    pub set: &'static str,
    pub properties: &'static [Property],
    /// Navigation properties that `$expand` takes.
    pub expands: &'static [&'static str],
    /// Follows the rules of directory objects for advanced queries and page sizes.
    pub directory: bool,
}

impl Entity {
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name))
    }

    pub fn absent(&self, name: &str) -> Value {
        self.property(name).map_or(Value::Null, Property::absent)
    }
}

pub static USER: Entity = Entity {
    name: "user",
    set: "users",
    directory: true,
    expands: &["manager", "sponsors", "memberOf", "transitiveMemberOf", "directReports"],
    properties: &[
        texts("businessPhones").usual().set(64),
        text("displayName").usual().set(256).filter(EQ | STARTS | SORT),
        text("givenName").usual().set(64).filter(EQ | STARTS),
        text("jobTitle").usual().set(128).filter(EQ | STARTS),
        text("mail").usual().set(320).filter(EQ | STARTS | RANGE | ENDS),
        text("mobilePhone").usual().set(64).filter(0),
        text("officeLocation").usual().set(128).filter(0),
        text("preferredLanguage").usual().set(64).filter(EQ | STARTS),
        text("surname").usual().set(64).filter(EQ | STARTS),
        text("userPrincipalName").usual().set(1024).filter(EQ | STARTS | RANGE | ENDS | SORT),
        text("id").usual().filter(EQ),
        property("accountEnabled", Holds::Yes).set(1).filter(EQ),
        text("ageGroup").set(64),
        items("assignedLicenses").filter(EQ),
        items("assignedPlans"),
        text("city").set(128).filter(EQ | STARTS),
        text("companyName").set(64).filter(0),
        text("consentProvidedForMinor").set(64),
        text("country").set(128).filter(EQ | STARTS),
        moment("createdDateTime").filter(EQ | RANGE),
        text("creationType").filter(EQ),
        moment("deletedDateTime").filter(EQ | RANGE),
        text("department").set(64).filter(EQ | STARTS | RANGE),
        moment("employeeHireDate").set(64).filter(0),
        moment("employeeLeaveDateTime").filter(0),
        text("employeeId").set(16).filter(EQ | STARTS),
        text("employeeType").set(64).filter(0),
        text("externalUserState").filter(EQ),
        moment("externalUserStateChangeDateTime").filter(EQ | RANGE),
        text("faxNumber").set(64).filter(EQ | STARTS),
        items("identities").set(1024).filter(EQ),
        texts("imAddresses"),
        flag("isManagementRestricted"),
        flag("isResourceAccount"),
        moment("lastPasswordChangeDateTime"),
        text("legalAgeGroupClassification"),
        items("licenseAssignmentStates"),
        text("mailNickname").set(64).filter(EQ | STARTS),
        text("onPremisesDistinguishedName"),
        text("onPremisesDomainName"),
        complex("onPremisesExtensionAttributes").set(1024),
        text("onPremisesImmutableId").filter(EQ),
        moment("onPremisesLastSyncDateTime").filter(EQ | RANGE),
        items("onPremisesProvisioningErrors"),
        text("onPremisesSamAccountName"),
        text("onPremisesSecurityIdentifier"),
        flag("onPremisesSyncEnabled").filter(EQ),
        text("onPremisesUserPrincipalName"),
        texts("otherMails").set(250).filter(EQ | STARTS | ENDS),
        text("passwordPolicies").set(256),
        complex("passwordProfile").set(256),
        text("postalCode").set(40).filter(EQ | STARTS),
        text("preferredDataLocation").set(64),
        items("provisionedPlans"),
        texts("proxyAddresses").filter(EQ | STARTS | ENDS),
        text("securityIdentifier"),
        items("serviceProvisioningErrors"),
        flag("showInAddressList").set(1).filter(0),
        complex("signInActivity").filter(EQ | RANGE),
        moment("signInSessionsValidFromDateTime"),
        text("state").set(128).filter(EQ | STARTS),
        text("streetAddress").set(1024).filter(EQ | STARTS),
        text("usageLocation").set(2).filter(EQ | STARTS | RANGE),
        text("userType").set(64).filter(EQ),
    ],
};

pub static GROUP: Entity = Entity {
    name: "group",
    set: "groups",
    directory: true,
    expands: &["members", "owners", "memberOf", "transitiveMembers", "transitiveMemberOf"],
    properties: &[
        text("id").usual().filter(EQ),
        moment("deletedDateTime").usual().filter(EQ | RANGE),
        text("classification").usual().set(256).filter(0),
        moment("createdDateTime").usual().filter(EQ | RANGE),
        text("description").usual().set(1024).filter(EQ | STARTS),
        text("displayName").usual().set(256).filter(EQ | STARTS | SORT),
        moment("expirationDateTime").usual().filter(EQ | RANGE),
        texts("groupTypes").usual().set(64).filter(EQ),
        flag("isAssignableToRole").usual().set(1).filter(EQ),
        text("mail").usual().filter(EQ | STARTS | RANGE | ENDS),
        flag("mailEnabled").usual().set(1).filter(EQ),
        text("mailNickname").usual().set(64).filter(EQ | STARTS),
        text("membershipRule").usual().set(3072).filter(0),
        text("membershipRuleProcessingState").usual().set(64).filter(0),
        moment("onPremisesLastSyncDateTime").usual().filter(EQ | RANGE),
        text("onPremisesSecurityIdentifier").usual(),
        flag("onPremisesSyncEnabled").usual().filter(EQ),
        text("preferredDataLocation").usual().set(64),
        text("preferredLanguage").usual().set(64),
        texts("proxyAddresses").usual().filter(EQ | STARTS | ENDS),
        moment("renewedDateTime").usual().filter(EQ | RANGE),
        texts("resourceBehaviorOptions").usual().set(256),
        texts("resourceProvisioningOptions").usual().set(256).filter(EQ),
        texts("creationOptions").set(256),
        flag("securityEnabled").usual().set(1).filter(EQ),
        text("securityIdentifier").usual(),
        text("theme").usual().set(64),
        text("visibility").usual().set(64),
        items("onPremisesProvisioningErrors").usual(),
        items("serviceProvisioningErrors").usual(),
        items("assignedLicenses").filter(EQ),
        items("assignedLabels"),
        flag("hasMembersWithLicenseErrors").filter(EQ),
        flag("isManagementRestricted"),
        flag("allowExternalSenders").set(1),
        flag("autoSubscribeNewMembers").set(1),
        flag("hideFromAddressLists").set(1),
        flag("hideFromOutlookClients").set(1),
        flag("isSubscribedByMail").set(1),
        property("unseenCount", Holds::Number),
    ],
};

pub static CONTACT: Entity = Entity {
    name: "orgContact",
    set: "contacts",
    directory: true,
    expands: &["memberOf", "transitiveMemberOf", "manager", "directReports"],
    properties: &[
        text("id").usual().filter(EQ),
        moment("deletedDateTime").usual().filter(EQ),
        items("addresses").usual(),
        text("companyName").usual().filter(EQ | STARTS),
        text("department").usual().filter(EQ | STARTS),
        text("displayName").usual().filter(EQ | STARTS | SORT),
        text("givenName").usual().filter(EQ | STARTS),
        text("jobTitle").usual().filter(EQ | STARTS),
        text("mail").usual().filter(EQ | STARTS | RANGE),
        text("mailNickname").usual().filter(EQ | STARTS),
        moment("onPremisesLastSyncDateTime").usual(),
        flag("onPremisesSyncEnabled").usual(),
        items("onPremisesProvisioningErrors").usual(),
        items("phones").usual(),
        texts("proxyAddresses").usual().filter(EQ | STARTS),
        items("serviceProvisioningErrors").usual(),
        text("surname").usual().filter(EQ | STARTS),
    ],
};

pub static SERVICE_PRINCIPAL: Entity = Entity {
    name: "servicePrincipal",
    set: "servicePrincipals",
    directory: true,
    expands: &["memberOf", "owners", "ownedObjects", "appRoleAssignments", "appRoleAssignedTo"],
    properties: &[
        text("id").usual().filter(EQ),
        moment("deletedDateTime").usual(),
        property("accountEnabled", Holds::Yes).usual().set(1).filter(EQ),
        text("appDisplayName").usual().filter(0),
        text("appId").usual().set(36).filter(EQ),
        property("appOwnerOrganizationId", Holds::Guid).usual().filter(EQ),
        flag("appRoleAssignmentRequired").usual().set(1),
        items("appRoles").usual().set(1),
        text("displayName").usual().set(256).filter(EQ | STARTS | SORT),
        text("servicePrincipalType").usual().filter(EQ),
        texts("servicePrincipalNames").usual().set(256).filter(EQ | STARTS),
        text("signInAudience").usual(),
        texts("tags").usual().set(256).filter(EQ),
        items("addIns").usual(),
        texts("alternativeNames").usual().set(256).filter(EQ | STARTS),
        text("appDescription").usual(),
        text("applicationTemplateId").usual().filter(EQ),
        text("description").usual().set(1024),
        text("disabledByMicrosoftStatus").usual(),
        text("homepage").usual().set(256),
        complex("info").usual(),
        items("keyCredentials").usual(),
        text("loginUrl").usual().set(256),
        text("logoutUrl").usual().set(256),
        text("notes").usual().set(1024),
        texts("notificationEmailAddresses").usual().set(256),
        items("oauth2PermissionScopes").usual(),
        items("passwordCredentials").usual(),
        text("preferredSingleSignOnMode").usual().set(64),
        text("preferredTokenSigningKeyThumbprint").usual().set(64),
        texts("replyUrls").usual().set(256),
        items("resourceSpecificApplicationPermissions").usual(),
        complex("samlSingleSignOnSettings").usual().set(1),
        property("tokenEncryptionKeyId", Holds::Guid).usual(),
        complex("verifiedPublisher").usual(),
    ],
};

pub static DIRECTORY_ROLE: Entity = Entity {
    name: "directoryRole",
    set: "directoryRoles",
    directory: true,
    expands: &["members"],
    properties: &[
        text("id").usual().filter(EQ),
        moment("deletedDateTime").usual(),
        text("description").usual(),
        text("displayName").usual().filter(EQ),
        text("roleTemplateId").usual().filter(EQ),
    ],
};

pub static ROLE_DEFINITION: Entity = Entity {
    name: "unifiedRoleDefinition",
    set: "roleManagement/directory/roleDefinitions",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual().filter(EQ),
        text("description").usual().filter(EQ | STARTS),
        text("displayName").usual().filter(EQ | STARTS),
        flag("isBuiltIn").usual().filter(EQ),
        flag("isEnabled").usual().filter(EQ),
        texts("resourceScopes").usual(),
        text("templateId").usual().filter(EQ),
        text("version").usual(),
        items("rolePermissions").usual(),
    ],
};

pub static ROLE_ASSIGNMENT: Entity = Entity {
    name: "unifiedRoleAssignment",
    set: "roleManagement/directory/roleAssignments",
    directory: false,
    expands: &["principal", "roleDefinition", "directoryScope", "appScope"],
    properties: &[
        text("id").usual().filter(EQ),
        text("principalId").usual().filter(EQ),
        text("directoryScopeId").usual().filter(EQ),
        text("roleDefinitionId").usual().filter(EQ),
        text("appScopeId"),
        text("condition"),
    ],
};

pub static SUBSCRIBED_SKU: Entity = Entity {
    name: "subscribedSku",
    set: "subscribedSkus",
    directory: false,
    expands: &[],
    properties: &[
        text("accountName").usual(),
        text("accountId").usual(),
        text("appliesTo").usual(),
        text("capabilityStatus").usual(),
        property("consumedUnits", Holds::Number).usual(),
        text("id").usual(),
        property("skuId", Holds::Guid).usual(),
        text("skuPartNumber").usual(),
        texts("subscriptionIds").usual(),
        complex("prepaidUnits").usual(),
        items("servicePlans").usual(),
    ],
};

pub static LICENSE_DETAILS: Entity = Entity {
    name: "licenseDetails",
    set: "users",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual(),
        property("skuId", Holds::Guid).usual(),
        text("skuPartNumber").usual(),
        items("servicePlans").usual(),
    ],
};

pub static ORGANIZATION: Entity = Entity {
    name: "organization",
    set: "organization",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual(),
        moment("deletedDateTime").usual(),
        texts("businessPhones").usual(),
        text("city").usual(),
        text("country").usual(),
        text("countryLetterCode").usual(),
        moment("createdDateTime").usual(),
        text("defaultUsageLocation").usual(),
        text("displayName").usual(),
        texts("marketingNotificationEmails").usual(),
        moment("onPremisesLastSyncDateTime").usual(),
        flag("onPremisesSyncEnabled").usual(),
        text("partnerTenantType").usual(),
        text("postalCode").usual(),
        text("preferredLanguage").usual(),
        texts("securityComplianceNotificationMails").usual(),
        texts("securityComplianceNotificationPhones").usual(),
        text("state").usual(),
        text("street").usual(),
        texts("technicalNotificationMails").usual(),
        text("tenantType").usual(),
        items("assignedPlans").usual(),
        items("provisionedPlans").usual(),
        items("verifiedDomains").usual(),
    ],
};

pub static DOMAIN: Entity = Entity {
    name: "domain",
    set: "domains",
    directory: false,
    expands: &[],
    properties: &[
        text("authenticationType").usual(),
        text("availabilityStatus").usual(),
        text("id").usual(),
        flag("isAdminManaged").usual(),
        flag("isDefault").usual(),
        flag("isInitial").usual(),
        flag("isRoot").usual(),
        flag("isVerified").usual(),
        property("passwordNotificationWindowInDays", Holds::Number).usual(),
        property("passwordValidityPeriodInDays", Holds::Number).usual(),
        texts("supportedServices").usual(),
        complex("state").usual(),
    ],
};

pub static AUTHORIZATION_POLICY: Entity = Entity {
    name: "authorizationPolicy",
    set: "policies/authorizationPolicy",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual(),
        flag("allowedToSignUpEmailBasedSubscriptions").usual().set(1),
        flag("allowedToUseSSPR").usual().set(1),
        flag("allowEmailVerifiedUsersToJoinOrganization").usual().set(1),
        text("allowInvitesFrom").usual().set(64),
        flag("allowUserConsentForRiskyApps").usual().set(1),
        flag("blockMsolPowerShell").usual().set(1),
        text("description").usual(),
        text("displayName").usual(),
        property("guestUserRoleId", Holds::Guid).usual().set(36),
        complex("defaultUserRolePermissions").usual().set(1),
    ],
};

pub static B2B_POLICY: Entity = Entity {
    name: "b2bManagementPolicy",
    set: "policies/b2bManagementPolicies",
    directory: false,
    expands: &[],
    properties: &[
        text("id").usual(),
        moment("deletedDateTime").usual(),
        texts("definition").usual().set(25_000),
        text("displayName").usual().set(256),
        flag("isOrganizationDefault").usual().set(1),
    ],
};
