//! The names under which the directory's audit log knows what was done, and what each is done to.

use super::audit::About::{self, *};

/// A kind of entry of the log.
pub struct Activity {
    pub name: &'static str,
    pub category: &'static str,
    pub service: &'static str,
}

const fn activity(name: &'static str, category: &'static str, service: &'static str) -> Activity {
    Activity { name, category, service }
}

const CORE: &str = "Core Directory";
const INVITED: &str = "Invited Users";
const USERS: &str = "UserManagement";
const GROUPS: &str = "GroupManagement";
const APPLICATIONS: &str = "ApplicationManagement";
const ROLES: &str = "RoleManagement";
const PARTNERS: &str = "CrossTenantAccessSettings";
const REVIEWS: &str = "Access Reviews";

pub static ACTIVITIES: &[Activity] = &[
    activity("Invite external user", USERS, INVITED),
    activity("Redeem external user invite", USERS, INVITED),
    activity("Add user", USERS, CORE),
    activity("Update user", USERS, CORE),
    activity("Disable account", USERS, CORE),
    activity("Enable account", USERS, CORE),
    activity("Delete user", USERS, CORE),
    activity("Restore user", USERS, CORE),
    activity("Hard Delete user", USERS, CORE),
    activity("Set user manager", USERS, CORE),
    activity("Change user license", USERS, CORE),
    activity("Update StsRefreshTokenValidFrom Timestamp", USERS, CORE),
    activity("Add app role assignment grant to user", USERS, CORE),
    activity("Remove app role assignment from user", USERS, CORE),
    activity("Add group", GROUPS, CORE),
    activity("Update group", GROUPS, CORE),
    activity("Delete group", GROUPS, CORE),
    activity("Restore Group", GROUPS, CORE),
    activity("Hard Delete group", GROUPS, CORE),
    activity("Add member to group", GROUPS, CORE),
    activity("Remove member from group", GROUPS, CORE),
    activity("Add owner to group", GROUPS, CORE),
    activity("Remove owner from group", GROUPS, CORE),
    activity("Renew group", GROUPS, CORE),
    activity("Set group license", GROUPS, CORE),
    activity("Create group settings", GROUPS, CORE),
    activity("Update group settings", GROUPS, CORE),
    activity("Delete group settings", GROUPS, CORE),
    activity("Add app role assignment to group", GROUPS, CORE),
    activity("Remove app role assignment from group", GROUPS, CORE),
    activity("Add member to role", ROLES, CORE),
    activity("Remove member from role", ROLES, CORE),
    activity("Add eligible member to role", ROLES, CORE),
    activity("Remove eligible member from role", ROLES, CORE),
    activity("Add role definition", ROLES, CORE),
    activity("Update role definition", ROLES, CORE),
    activity("Delete role definition", ROLES, CORE),
    activity("Add application", APPLICATIONS, CORE),
    activity("Update application", APPLICATIONS, CORE),
    activity("Update application – Certificates and secrets management", APPLICATIONS, CORE),
    activity("Delete application", APPLICATIONS, CORE),
    activity("Restore application", APPLICATIONS, CORE),
    activity("Hard Delete application", APPLICATIONS, CORE),
    activity("Add service principal", APPLICATIONS, CORE),
    activity("Update service principal", APPLICATIONS, CORE),
    activity("Remove service principal", APPLICATIONS, CORE),
    activity("Restore service principal", APPLICATIONS, CORE),
    activity("Hard delete service principal", APPLICATIONS, CORE),
    activity("Add service principal credentials", APPLICATIONS, CORE),
    activity("Remove service principal credentials", APPLICATIONS, CORE),
    activity("Add owner to service principal", APPLICATIONS, CORE),
    activity("Remove owner from service principal", APPLICATIONS, CORE),
    activity("Add owner to application", APPLICATIONS, CORE),
    activity("Remove owner from application", APPLICATIONS, CORE),
    activity("Add app role assignment to service principal", APPLICATIONS, CORE),
    activity("Remove app role assignment from service principal", APPLICATIONS, CORE),
    activity("Add delegated permission grant", APPLICATIONS, CORE),
    activity("Remove delegated permission grant", APPLICATIONS, CORE),
    activity("Update authorization policy", "AuthorizationPolicy", CORE),
    activity("Add policy", "Policy", CORE),
    activity("Update policy", "Policy", CORE),
    activity("Delete policy", "Policy", CORE),
    activity("Update the company default cross-tenant access setting", PARTNERS, CORE),
    activity("Reset the cross-tenant access default setting", PARTNERS, CORE),
    activity("Add a partner to cross-tenant access setting", PARTNERS, CORE),
    activity("Update a partner cross-tenant access setting", PARTNERS, CORE),
    activity("Delete partner specific cross-tenant access setting", PARTNERS, CORE),
    activity("Create a partner cross-tenant identity sync setting", PARTNERS, CORE),
    activity("Update a partner cross-tenant identity sync setting", PARTNERS, CORE),
    activity("Delete a partner cross-tenant identity sync setting", PARTNERS, CORE),
    activity("Create access review", "Policy", REVIEWS),
    activity("Update access review", "Policy", REVIEWS),
    activity("Delete access review", "Policy", REVIEWS),
    activity("Apply access review", "Policy", REVIEWS),
];

/// What a call of a route is in the log, by its method and path. Calls that are not here leave no entry.
pub static CALLS: &[(&str, &str, &str, About)] = &[
    ("POST", "/invitations", "Invite external user", Invited),
    ("POST", "/users", "Add user", Made),
    ("PATCH", "/users/{}", "Update user", Changed),
    ("DELETE", "/users/{}", "Delete user", Subject),
    ("POST", "/users/{}/revokeSignInSessions", "Update StsRefreshTokenValidFrom Timestamp", Subject),
    ("PUT", "/users/{}/manager/$ref", "Set user manager", Subject),
    ("DELETE", "/users/{}/manager/$ref", "Set user manager", Subject),
    ("POST", "/users/{}/sponsors/$ref", "Update user", Subject),
    ("DELETE", "/users/{}/sponsors/{}/$ref", "Update user", Subject),
    ("POST", "/users/{}/assignLicense", "Change user license", Subject),
    ("POST", "/groups", "Add group", Made),
    ("PATCH", "/groups/{}", "Update group", Changed),
    ("DELETE", "/groups/{}", "Delete group", Subject),
    ("POST", "/groups/{}/members/$ref", "Add member to group", Joined),
    ("DELETE", "/groups/{}/members/{}/$ref", "Remove member from group", Left),
    ("DELETE", "/groups/{}/members/{}", "Delete user", Second),
    ("POST", "/groups/{}/owners/$ref", "Add owner to group", Joined),
    ("DELETE", "/groups/{}/owners/{}/$ref", "Remove owner from group", Left),
    ("POST", "/groups/{}/assignLicense", "Set group license", Subject),
    ("POST", "/directory/deletedItems/{}/restore", "Restore user", Binned),
    ("DELETE", "/directory/deletedItems/{}", "Hard Delete user", Binned),
    ("POST", "/roleManagement/directory/roleAssignments", "Add member to role", Role),
    ("DELETE", "/roleManagement/directory/roleAssignments/{}", "Remove member from role", Unassigned),
    (
        "POST",
        "/roleManagement/directory/roleEligibilityScheduleRequests",
        "Add eligible member to role",
        Role,
    ),
    ("POST", "/roleManagement/directory/roleAssignmentScheduleRequests", "Add member to role", Role),
    ("POST", "/roleManagement/directory/roleDefinitions", "Add role definition", Named("Role")),
    ("PATCH", "/roleManagement/directory/roleDefinitions/{}", "Update role definition", Named("Role")),
    ("DELETE", "/roleManagement/directory/roleDefinitions/{}", "Delete role definition", Named("Role")),
    ("POST", "/directoryRoles/{}/members/$ref", "Add member to role", Joined),
    ("DELETE", "/directoryRoles/{}/members/{}/$ref", "Remove member from role", Left),
    ("POST", "/applications", "Add application", Made),
    ("PATCH", "/applications/{}", "Update application", Changed),
    ("DELETE", "/applications/{}", "Delete application", Subject),
    (
        "POST",
        "/applications/{}/addPassword",
        "Update application – Certificates and secrets management",
        Subject,
    ),
    (
        "POST",
        "/applications/{}/removePassword",
        "Update application – Certificates and secrets management",
        Subject,
    ),
    ("POST", "/applicationTemplates/{}/instantiate", "Add service principal", Named("ServicePrincipal")),
    ("POST", "/servicePrincipals", "Add service principal", Made),
    ("PATCH", "/servicePrincipals/{}", "Update service principal", Changed),
    ("DELETE", "/servicePrincipals/{}", "Remove service principal", Subject),
    ("POST", "/servicePrincipals/{}/addPassword", "Add service principal credentials", Subject),
    ("POST", "/servicePrincipals/{}/removePassword", "Remove service principal credentials", Subject),
    ("POST", "/servicePrincipals/{}/owners/$ref", "Add owner to service principal", Joined),
    ("DELETE", "/servicePrincipals/{}/owners/{}/$ref", "Remove owner from service principal", Left),
    ("POST", "/applications/{}/owners/$ref", "Add owner to application", Joined),
    ("DELETE", "/applications/{}/owners/{}/$ref", "Remove owner from application", Left),
    ("POST", "/groups/{}/renew", "Renew group", Subject),
    ("POST", "/servicePrincipals/{}/appRoleAssignedTo", "Add app role assignment", AppRole),
    ("DELETE", "/servicePrincipals/{}/appRoleAssignedTo/{}", "Remove app role assignment", AppRole),
    ("POST", "/servicePrincipals/{}/appRoleAssignments", "Add app role assignment", AppRole),
    ("DELETE", "/servicePrincipals/{}/appRoleAssignments/{}", "Remove app role assignment", AppRole),
    ("POST", "/users/{}/appRoleAssignments", "Add app role assignment", AppRole),
    ("DELETE", "/users/{}/appRoleAssignments/{}", "Remove app role assignment", AppRole),
    ("POST", "/groups/{}/appRoleAssignments", "Add app role assignment", AppRole),
    ("DELETE", "/groups/{}/appRoleAssignments/{}", "Remove app role assignment", AppRole),
    ("POST", "/oauth2PermissionGrants", "Add delegated permission grant", Named("ServicePrincipal")),
    ("DELETE", "/oauth2PermissionGrants/{}", "Remove delegated permission grant", Named("ServicePrincipal")),
    ("PATCH", "/policies/authorizationPolicy", "Update authorization policy", Named("Policy")),
    (
        "PATCH",
        "/policies/authorizationPolicy/authorizationPolicy",
        "Update authorization policy",
        Named("Policy"),
    ),
    ("POST", "/policies/b2bManagementPolicies", "Add policy", Named("Policy")),
    ("PATCH", "/policies/b2bManagementPolicies/{}", "Update policy", Named("Policy")),
    ("DELETE", "/policies/b2bManagementPolicies/{}", "Delete policy", Named("Policy")),
    (
        "PATCH",
        "/policies/crossTenantAccessPolicy/default",
        "Update the company default cross-tenant access setting",
        Named("Policy"),
    ),
    (
        "POST",
        "/policies/crossTenantAccessPolicy/default/resetToSystemDefault",
        "Reset the cross-tenant access default setting",
        Named("Policy"),
    ),
    (
        "POST",
        "/policies/crossTenantAccessPolicy/partners",
        "Add a partner to cross-tenant access setting",
        Named("Policy"),
    ),
    (
        "PATCH",
        "/policies/crossTenantAccessPolicy/partners/{}",
        "Update a partner cross-tenant access setting",
        Named("Policy"),
    ),
    (
        "DELETE",
        "/policies/crossTenantAccessPolicy/partners/{}",
        "Delete partner specific cross-tenant access setting",
        Named("Policy"),
    ),
    (
        "PUT",
        "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization",
        "Create a partner cross-tenant identity sync setting",
        Named("Policy"),
    ),
    (
        "PATCH",
        "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization",
        "Update a partner cross-tenant identity sync setting",
        Named("Policy"),
    ),
    (
        "DELETE",
        "/policies/crossTenantAccessPolicy/partners/{}/identitySynchronization",
        "Delete a partner cross-tenant identity sync setting",
        Named("Policy"),
    ),
    ("POST", "/groupSettings", "Create group settings", Named("Directory")),
    ("PATCH", "/groupSettings/{}", "Update group settings", Named("Directory")),
    ("DELETE", "/groupSettings/{}", "Delete group settings", Named("Directory")),
    ("POST", "/groups/{}/settings", "Create group settings", Subject),
    ("PATCH", "/groups/{}/settings/{}", "Update group settings", Subject),
    ("DELETE", "/groups/{}/settings/{}", "Delete group settings", Subject),
    ("POST", "/identityGovernance/accessReviews/definitions", "Create access review", Named("AccessReview")),
    (
        "PUT",
        "/identityGovernance/accessReviews/definitions/{}",
        "Update access review",
        Named("AccessReview"),
    ),
    (
        "DELETE",
        "/identityGovernance/accessReviews/definitions/{}",
        "Delete access review",
        Named("AccessReview"),
    ),
    (
        "POST",
        "/identityGovernance/accessReviews/definitions/{}/instances/{}/applyDecisions",
        "Apply access review",
        Named("AccessReview"),
    ),
    ("POST", "/users/{}/convertExternalToInternalMemberUser", "Update user", Subject),
];

/// What a name of the log stands for.
pub fn known(name: &str) -> &'static Activity {
    static OTHER: Activity = activity("Other", "Other", CORE);
    ACTIVITIES.iter().find(|activity| activity.name == name).unwrap_or(&OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_log_is_one_of_its_activities() {
        for (method, path, name, about) in CALLS {
            let known = ACTIVITIES.iter().any(|activity| activity.name == *name);
            assert!(known || matches!(about, AppRole), "{method} {path}: {name}");
        }
    }
}
