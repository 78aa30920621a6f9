//! The common ground of every seed, and the words in which a seed is written.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{applications, id, products};
use crate::sandbox::control::add_app;
use crate::sandbox::graph;
use crate::sandbox::login;
use crate::sandbox::tenant::{App, AzureAssignment, Kind, Object, Profile, Relation, Tenant, map};

/// Owner of everything below a scope.
pub const AZURE_OWNER: Uuid = Uuid::from_u128(0x8e3a_f657_a8ff_443c_a75c_2fe8_c4bc_b635);

/// Sees everything below a scope.
const AZURE_READER: Uuid = Uuid::from_u128(0xacdd_72a7_3385_48ef_bd42_f606_fba8_1ae7);

/// What the reader's application may do.
const READER: &[&str] = &[
    "AccessReview.Read.All",
    "Application.Read.All",
    "AuditLog.Read.All",
    "Directory.Read.All",
    "Domain.Read.All",
    "Exchange.ManageAsApp",
    "Group.Read.All",
    "GroupMember.Read.All",
    "LicenseAssignment.Read.All",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Policy.Read.B2BManagementPolicy",
    "RoleAssignmentSchedule.Read.Directory",
    "RoleEligibilitySchedule.Read.Directory",
    "RoleManagement.Read.Directory",
    "SharePointTenantSettings.Read.All",
    "Synchronization.Read.All",
    "User.Read.All",
];

/// What the administrator's application may do.
const ADMINISTRATOR: &[&str] = &[
    "AccessReview.ReadWrite.All",
    "AdministrativeUnit.Read.All",
    "AppRoleAssignment.ReadWrite.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
    "AuditLog.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Domain.Read.All",
    "Exchange.ManageAsApp",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "GroupSettings.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "Mail.Send",
    "OrgContact.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.B2BManagementPolicy",
    "Policy.ReadWrite.CrossTenantAccess",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.ReadWrite.Directory",
    "SharePointTenantSettings.ReadWrite.All",
    "Synchronization.ReadWrite.All",
    "User-ConvertToInternal.ReadWrite.All",
    "User-Mail.ReadWrite.All",
    "User-Phone.ReadWrite.All",
    "User.DeleteRestore.All",
    "User.EnableDisableAccount.All",
    "User.Invite.All",
    "User.ManageIdentities.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.RevokeSessions.All",
];

/// Tenant, domains, policies, products, and an application that may do everything.
pub fn ground(profile: Profile, secret: &str, blocked: &[&str], created: &str) -> Tenant {
    let mut tenant = Tenant::default();
    let domain = |name: &str, initial: bool, default: bool| {
        json!({
            "authenticationType": "Managed",
            "availabilityStatus": null,
            "id": name,
            "isAdminManaged": true,
            "isDefault": default,
            "isInitial": initial,
            "isRoot": true,
            "isVerified": true,
            "passwordNotificationWindowInDays": 14,
            "passwordValidityPeriodInDays": 2_147_483_647,
            "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        })
    };
    let (initial, own) = (profile.initial_domain.clone(), profile.default_domain.clone());
    tenant.set_setting("domains", json!([domain(&initial, true, false), domain(&own, false, true)]));
    let verified = |name: &str, is_initial: bool| {
        json!({
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": !is_initial,
            "isInitial": is_initial,
            "name": name,
            "type": "Managed",
        })
    };
    tenant.set_setting(
        "organization",
        json!({
            "id": profile.tenant_id.to_string(),
            "city": "Bern",
            "country": "Switzerland",
            "countryLetterCode": "CH",
            "createdDateTime": created,
            "displayName": profile.display_name,
            "preferredLanguage": "en",
            "technicalNotificationMails": [format!("operations@{own}")],
            "tenantType": "AAD",
            "verifiedDomains": [verified(&initial, true), verified(&own, false)],
        }),
    );
    tenant.set_setting(
        "authorizationPolicy",
        json!({
            "id": "authorizationPolicy",
            "allowedToSignUpEmailBasedSubscriptions": true,
            "allowedToUseSSPR": true,
            "allowEmailVerifiedUsersToJoinOrganization": false,
            "allowInvitesFrom": "everyone",
            "allowUserConsentForRiskyApps": null,
            "blockMsolPowerShell": false,
            "description": "Used to manage authorization related settings across the company.",
            "displayName": "Authorization Policy",
            "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
            "defaultUserRolePermissions": {
                "allowedToCreateApps": true,
                "allowedToCreateSecurityGroups": true,
                "allowedToCreateTenants": true,
                "allowedToReadBitlockerKeysForOwnedDevice": true,
                "allowedToReadOtherUsers": true,
                "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-low"],
            },
        }),
    );
    tenant.set_setting(
        "b2bManagementPolicy",
        json!({
            "id": id(&format!("{own}/b2bManagementPolicy")).to_string(),
            "definition": graph::b2b_definition(blocked),
            "displayName": "B2BManagementPolicy",
            "isOrganizationDefault": true,
        }),
    );
    tenant.set_setting("skus", products::all(profile.tenant_id));
    let (client_id, subscription) = (profile.client_id, profile.subscription_id);
    let principal = id(&format!("{own}/administrator"));
    tenant.set_profile(profile);
    applications::services(&mut tenant, ADMINISTRATOR);
    let app = App {
        client_id,
        principal,
        name: "Guest administration".to_owned(),
        secret: secret.to_owned(),
        roles: owned(ADMINISTRATOR),
        label: "administrator".to_owned(),
        certified: true,
        ..App::default()
    };
    add_app(&mut tenant, app);
    role(&mut tenant, principal, "Exchange Administrator");
    // Without it even an application that may do everything leaves holders of roles alone.
    role(&mut tenant, principal, "Privileged Authentication Administrator");
    grant_azure(
        &mut tenant,
        principal,
        AZURE_OWNER,
        &format!("/subscriptions/{subscription}"),
        "ServicePrincipal",
    );
    more_apps(&mut tenant, secret, &own, subscription);
    login::install_microsoft(&mut tenant);
    tenant
}

/// An application that only reads, and one that only invites.
fn more_apps(tenant: &mut Tenant, secret: &str, own: &str, subscription: Uuid) {
    let mut register = |label: &str, name: &str, roles: &[&str]| {
        let principal = id(&format!("{own}/{label}"));
        add_app(
            tenant,
            App {
                client_id: id(&format!("{own}/{label}/client")),
                principal,
                name: name.to_owned(),
                secret: format!("{secret}-{label}"),
                roles: owned(roles),
                label: label.to_owned(),
                ..App::default()
            },
        );
        principal
    };
    let reader = register("reader", "Guest reports", READER);
    register("inviting", "Guest invitations", &["User.Invite.All"]);
    role(tenant, reader, "Global Reader");
    let scope = format!("/subscriptions/{subscription}");
    grant_azure(tenant, reader, AZURE_READER, &scope, "ServicePrincipal");
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub fn role(tenant: &mut Tenant, principal: Uuid, name: &str) {
    let role = graph::role_by_name(name).expect("seeds name built-in roles only");
    tenant.grant_directory_role(principal, role, "/");
}

pub fn grant_azure(tenant: &mut Tenant, principal: Uuid, role: Uuid, scope: &str, kind: &str) {
    let created = "2024-03-01T08:00:00.0000000Z";
    let name = id(&format!("{scope}/{principal}/{role}"));
    let properties = json!({
        "principalType": kind, "condition": null, "conditionVersion": null, "createdOn": created,
        "updatedOn": created, "createdBy": "", "updatedBy": principal.to_string(),
        "delegatedManagedIdentityResourceId": null, "description": null,
    });
    tenant.grant_azure_role(AzureAssignment {
        name,
        principal,
        role,
        scope: scope.to_owned(),
        sequence: 0,
        properties,
    });
}

/// Somebody who works here.
pub struct Person<'a> {
    pub given: &'a str,
    pub family: &'a str,
    /// Before the `@`.
    pub local: &'a str,
    pub title: &'a str,
    pub department: &'a str,
    pub office: &'a str,
    pub country: &'a str,
    pub manager: &'a str,
    pub skus: &'a [&'static str],
}

pub fn hire(tenant: &mut Tenant, number: usize, person: &Person) -> Uuid {
    let address = format!("{}@{}", person.local, tenant.profile.default_domain);
    let licences: Vec<Value> =
        person.skus.iter().map(|sku| json!({ "disabledPlans": [], "skuId": sku })).collect();
    let created = format!(
        "20{}-{:02}-{:02}T0{}:{:02}:00Z",
        20 + number % 5,
        1 + number % 12,
        1 + number % 28,
        7 + number % 3,
        number % 60
    );
    let office = match person.office {
        "Bern" => "+41 31 555 01",
        "Berlin" => "+49 30 5550 1",
        "Boston" => "+1 617 555 01",
        _ => "+44 20 5550 1",
    };
    let mut properties = map(json!({
        "accountEnabled": true,
        "assignedLicenses": licences,
        "businessPhones": [format!("{office}{number:02}")],
        "companyName": tenant.profile.display_name,
        "city": person.office,
        "createdDateTime": created,
        "department": person.department,
        "displayName": format!("{} {}", person.given, person.family),
        "employeeId": format!("{}", 1000 + number),
        "givenName": person.given,
        "identities": [{
            "signInType": "userPrincipalName",
            "issuer": tenant.profile.initial_domain,
            "issuerAssignedId": address,
        }],
        "jobTitle": person.title,
        "mail": address,
        "mailNickname": person.local,
        "officeLocation": person.office,
        "preferredLanguage": "en-US",
        "proxyAddresses": [format!("SMTP:{address}")],
        "showInAddressList": true,
        "surname": person.family,
        "userPrincipalName": address,
        "userType": "Member",
    }));
    if !person.country.is_empty() {
        properties.insert("usageLocation".to_owned(), json!(person.country));
        properties.insert("country".to_owned(), json!(person.country));
    }
    let user = tenant.insert(Object::new(id(&address), Kind::User, properties));
    if !person.manager.is_empty() {
        let manager = format!("{}@{}", person.manager, tenant.profile.default_domain);
        tenant.link(Relation::Manager, user, id(&manager));
    }
    user
}

/// Somebody from elsewhere who was invited before.
pub struct Outsider<'a> {
    pub address: &'a str,
    pub name: &'a str,
    pub company: &'a str,
    pub invited: &'a str,
    /// When and with which issuer the invitation was redeemed.
    pub accepted: Option<(&'a str, &'a str)>,
    pub enabled: bool,
    pub sponsor: &'a str,
    pub last_sign_in: &'a str,
}

pub fn welcome(tenant: &mut Tenant, guest: &Outsider) -> Uuid {
    let stem = guest.address.replace('@', "_");
    let principal = format!("{stem}#EXT#@{}", tenant.profile.initial_domain);
    let mut identities = vec![json!({
        "signInType": "userPrincipalName",
        "issuer": tenant.profile.initial_domain,
        "issuerAssignedId": principal,
    })];
    if let Some((_, issuer)) = guest.accepted {
        identities.push(json!({ "signInType": "federated", "issuer": issuer, "issuerAssignedId": null }));
    }
    let mut properties = map(json!({
        "accountEnabled": guest.enabled,
        "companyName": guest.company,
        "createdDateTime": guest.invited,
        "creationType": "Invitation",
        "displayName": guest.name,
        "externalUserState": if guest.accepted.is_some() { "Accepted" } else { "PendingAcceptance" },
        "externalUserStateChangeDateTime": guest.accepted.map_or(guest.invited, |(at, _)| at),
        "identities": identities,
        "mail": guest.address,
        "mailNickname": format!("{stem}#EXT#"),
        "otherMails": [guest.address],
        "proxyAddresses": [format!("SMTP:{}", guest.address)],
        "showInAddressList": false,
        "userPrincipalName": principal,
        "userType": "Guest",
    }));
    if !guest.last_sign_in.is_empty() {
        properties.insert(
            "signInActivity".to_owned(),
            json!({
                "lastSignInDateTime": guest.last_sign_in,
                "lastSignInRequestId": id(guest.address).to_string(),
                "lastNonInteractiveSignInDateTime": guest.last_sign_in,
                "lastNonInteractiveSignInRequestId": null,
                "lastSuccessfulSignInDateTime": guest.last_sign_in,
                "lastSuccessfulSignInRequestId": null,
            }),
        );
    }
    let mut object = Object::new(id(guest.address), Kind::User, properties);
    if guest.accepted.is_none() {
        object.redemption = Some(crate::sandbox::tenant::Redemption {
            invitation: id(&format!("{}/invitation", guest.address)),
            ticket: id(&format!("{}/ticket", guest.address)).simple().to_string(),
            address: guest.address.to_owned(),
            redirect: "https://myapplications.microsoft.com".to_owned(),
        });
    }
    let user = tenant.insert(object);
    if !guest.sponsor.is_empty() {
        let sponsor = format!("{}@{}", guest.sponsor, tenant.profile.default_domain);
        tenant.link(Relation::Sponsor, user, id(&sponsor));
    }
    user
}

/// What kind of group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Security,
    Unified,
    DistributionList,
    MailSecurity,
    Dynamic,
}

/// The id comes from `key`, so that two groups may share a name.
pub fn gather(tenant: &mut Tenant, key: &str, name: &str, description: &str, sort: Sort) -> Uuid {
    let mail = format!("{key}@{}", tenant.profile.default_domain);
    let has_mail = matches!(sort, Sort::Unified | Sort::DistributionList | Sort::MailSecurity);
    let created = "2023-05-02T09:15:00Z";
    let mut properties = map(json!({
        "createdDateTime": created,
        "description": description,
        "displayName": name,
        "groupTypes": [],
        "mailEnabled": has_mail,
        "mailNickname": key,
        "renewedDateTime": created,
        "securityEnabled": matches!(sort, Sort::Security | Sort::MailSecurity | Sort::Dynamic),
    }));
    if has_mail {
        properties.insert("mail".to_owned(), json!(mail));
        properties.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{mail}")]));
    }
    match sort {
        Sort::Unified => {
            properties.insert("groupTypes".to_owned(), json!(["Unified"]));
            properties.insert("visibility".to_owned(), json!("Private"));
        }
        Sort::Dynamic => {
            properties.insert("groupTypes".to_owned(), json!(["DynamicMembership"]));
            properties.insert("membershipRule".to_owned(), json!("(user.userType -eq \"Guest\")"));
            properties.insert("membershipRuleProcessingState".to_owned(), json!("On"));
        }
        _ => {}
    }
    tenant.insert(Object::new(id(&format!("group/{mail}")), Kind::Group, properties))
}

pub fn join(tenant: &mut Tenant, group: Uuid, members: &[Uuid]) {
    members.iter().for_each(|member| {
        tenant.link(Relation::Member, group, *member);
    });
}

/// A subscription with groups of resources: `(group, location, [(type, name)])`.
pub type Resources<'a> = &'a [(&'a str, &'a str, &'a [(&'a str, &'a str)])];

pub fn subscribe(tenant: &mut Tenant, name: &str, groups: Resources) {
    let profile = tenant.profile.clone();
    let root = format!("/subscriptions/{}", profile.subscription_id);
    let subscription = json!({
        "id": root,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": profile.subscription_id.to_string(),
        "tenantId": profile.tenant_id.to_string(),
        "displayName": name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off",
        },
    });
    tenant.set_setting("subscriptions", json!([subscription]));
    let mut resource_groups = Vec::new();
    let mut resources = Vec::new();
    for (group, location, members) in groups {
        let group_id = format!("{root}/resourceGroups/{group}");
        resource_groups.push(json!({
            "id": group_id,
            "name": group,
            "type": "Microsoft.Resources/resourceGroups",
            "location": location,
            "properties": { "provisioningState": "Succeeded" },
        }));
        for (kind, resource) in *members {
            resources.push(json!({
                "id": format!("{group_id}/providers/{kind}/{resource}"),
                "name": resource,
                "type": kind,
                "location": location,
            }));
        }
    }
    tenant.set_setting("resourceGroups", Value::Array(resource_groups));
    tenant.set_setting("resources", Value::Array(resources));
}
