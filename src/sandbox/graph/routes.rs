//! Every route of Graph that the sandbox has, with the permissions that open it, the least one first.

use super::Run::{Read, Write};
use super::{Route, contacts, directory, groups, invitations, licences, navigation, organization, policies};
use super::{
    access_reviews, app_roles, applications, audit_logs, cross_tenant, delta, directory_roles,
    group_settings, mail, membership, principals, review_decisions, roles, schedules, sharepoint, single,
    synchronization, units, users,
};

pub type Needs = &'static [&'static str];

const INVITE: Needs = &["User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
pub const READ_USERS: Needs = &[
    "User.ReadBasic.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_USERS_FULLY: Needs =
    &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const WRITE_USERS: Needs = &[
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
    "User.ManageIdentities.All",
    "User.EnableDisableAccount.All",
    "User-Mail.ReadWrite.All",
    "User-Phone.ReadWrite.All",
];
const MANAGE_USERS: Needs = &["User.ReadWrite.All", "Directory.ReadWrite.All"];
const DELETE_USERS: Needs = &["User.DeleteRestore.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
const RESTORE: Needs = &[
    "User.DeleteRestore.All",
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "Application.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const REVOKE_SESSIONS: Needs = &["User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
pub const READ_MEMBERS: Needs = &[
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub const READ_MEMBERSHIPS: Needs = &[
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_MEMBERS: Needs = &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
const WRITE_GROUPS: Needs = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const CREATE_GROUPS: Needs = &["Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
const READ_DIRECTORY: Needs = &[
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Application.Read.All",
];
const READ_CONTACTS: Needs = &["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const READ_LICENCES: Needs = &[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_USER_LICENCES: Needs = &[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub const READ_ROLES: Needs = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub const WRITE_ROLES: Needs = &["RoleManagement.ReadWrite.Directory"];
const READ_ORGANIZATION: Needs = &[
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "User.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_DOMAINS: Needs =
    &["Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
pub const READ_APPLICATIONS: Needs =
    &["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

pub const fn route(method: &'static str, path: &'static str, needs: Needs, run: super::Run) -> Route {
    Route { method, path, needs, run }
}

/// One table per area; a resource with routes of its own brings them in its file.
// Fixed names stand before keys that could be any name.
pub static TABLES: &[&[Route]] = &[
    delta::ROUTES,
    CORE,
    roles::ROUTES,
    directory_roles::ROUTES,
    schedules::WRITES,
    schedules::ELIGIBILITY_REQUESTS,
    schedules::ASSIGNMENT_REQUESTS,
    schedules::ELIGIBILITIES,
    schedules::ELIGIBILITY_INSTANCES,
    schedules::ASSIGNMENTS,
    schedules::ASSIGNMENT_INSTANCES,
    access_reviews::ROUTES,
    review_decisions::ROUTES,
    app_roles::ROUTES,
    applications::ROUTES,
    audit_logs::ROUTES,
    cross_tenant::ROUTES,
    group_settings::ROUTES,
    licences::ROUTES,
    mail::ROUTES,
    membership::ROUTES,
    policies::ROUTES,
    principals::ROUTES,
    sharepoint::ROUTES,
    synchronization::ROUTES,
    units::ROUTES,
    single::ROUTES,
];

static CORE: &[Route] = &[
    route("POST", "/invitations", INVITE, Write(invitations::invite)),
    route("GET", "/users", READ_USERS, Read(users::list)),
    route("POST", "/users", MANAGE_USERS, Write(users::create)),
    route("GET", "/users/$count", READ_USERS, Read(users::count)),
    route("GET", "/users/{}", READ_USERS, Read(users::get)),
    route("PATCH", "/users/{}", WRITE_USERS, Write(users::update)),
    route("DELETE", "/users/{}", DELETE_USERS, Write(users::delete)),
    route("POST", "/users/{}/revokeSignInSessions", REVOKE_SESSIONS, Write(users::revoke_sessions)),
    route("GET", "/users/{}/manager", READ_USERS_FULLY, Read(navigation::manager)),
    route("PUT", "/users/{}/manager/$ref", MANAGE_USERS, Write(navigation::set_manager)),
    route("DELETE", "/users/{}/manager/$ref", MANAGE_USERS, Write(navigation::remove_manager)),
    route("GET", "/users/{}/directReports", READ_USERS_FULLY, Read(navigation::direct_reports)),
    route("GET", "/users/{}/sponsors", READ_USERS_FULLY, Read(navigation::sponsors)),
    route("POST", "/users/{}/sponsors/$ref", MANAGE_USERS, Write(navigation::add_sponsor)),
    route("DELETE", "/users/{}/sponsors/{}/$ref", MANAGE_USERS, Write(navigation::remove_sponsor)),
    route("GET", "/users/{}/memberOf", READ_MEMBERSHIPS, Read(navigation::member_of)),
    route("GET", "/users/{}/memberOf/{}", READ_MEMBERSHIPS, Read(navigation::member_of)),
    route("GET", "/users/{}/transitiveMemberOf", READ_MEMBERSHIPS, Read(navigation::transitive_member_of)),
    route("GET", "/users/{}/transitiveMemberOf/{}", READ_MEMBERSHIPS, Read(navigation::transitive_member_of)),
    route("POST", "/users/{}/getMemberGroups", READ_MEMBERSHIPS, Read(navigation::get_member_groups)),
    route("POST", "/users/{}/checkMemberGroups", READ_MEMBERSHIPS, Read(navigation::check_member_groups)),
    route("GET", "/users/{}/licenseDetails", READ_USER_LICENCES, Read(licences::details)),
    route("GET", "/subscribedSkus", READ_LICENCES, Read(licences::skus)),
    route("GET", "/subscribedSkus/{}", READ_LICENCES, Read(licences::sku)),
    route("GET", "/groups", READ_MEMBERS, Read(groups::list)),
    route("POST", "/groups", CREATE_GROUPS, Write(groups::create)),
    route("GET", "/groups/$count", READ_MEMBERS, Read(groups::count)),
    route("GET", "/groups/{}", READ_MEMBERS, Read(groups::get)),
    route("PATCH", "/groups/{}", WRITE_MEMBERS, Write(groups::update)),
    route("DELETE", "/groups/{}", WRITE_GROUPS, Write(groups::delete)),
    route("GET", "/groups/{}/members", READ_MEMBERS, Read(groups::members)),
    route("GET", "/groups/{}/members/$count", READ_MEMBERS, Read(groups::count_members)),
    route("POST", "/groups/{}/members/$ref", WRITE_MEMBERS, Write(groups::add_member)),
    route("GET", "/groups/{}/members/{}", READ_MEMBERS, Read(groups::members)),
    route("DELETE", "/groups/{}/members/{}/$ref", WRITE_MEMBERS, Write(groups::remove_member)),
    route("DELETE", "/groups/{}/members/{}", DELETE_USERS, Write(groups::delete_the_member_itself)),
    route("GET", "/groups/{}/transitiveMembers", READ_MEMBERS, Read(groups::transitive_members)),
    route("GET", "/groups/{}/transitiveMembers/{}", READ_MEMBERS, Read(groups::transitive_members)),
    route("GET", "/groups/{}/owners", READ_MEMBERS, Read(groups::owners)),
    route("POST", "/groups/{}/owners/$ref", WRITE_GROUPS, Write(groups::add_owner)),
    route("DELETE", "/groups/{}/owners/{}/$ref", WRITE_GROUPS, Write(groups::remove_owner)),
    route("GET", "/groups/{}/memberOf", READ_MEMBERS, Read(navigation::member_of)),
    route("GET", "/groups/{}/transitiveMemberOf", READ_MEMBERS, Read(navigation::transitive_member_of)),
    route("GET", "/contacts", READ_CONTACTS, Read(contacts::list)),
    route("GET", "/contacts/$count", READ_CONTACTS, Read(contacts::count)),
    route("GET", "/contacts/{}", READ_CONTACTS, Read(contacts::get)),
    route("GET", "/contacts/{}/memberOf", READ_CONTACTS, Read(navigation::member_of)),
    route("POST", "/directoryObjects/getByIds", READ_DIRECTORY, Read(directory::get_by_ids)),
    route("GET", "/directoryObjects/{}", READ_DIRECTORY, Read(directory::get)),
    route("GET", "/directory/deletedItems/{}", READ_DIRECTORY, Read(directory::deleted)),
    route("GET", "/directory/deletedItems/{}/$count", READ_DIRECTORY, Read(directory::deleted)),
    route("POST", "/directory/deletedItems/{}/restore", RESTORE, Write(directory::restore)),
    route("DELETE", "/directory/deletedItems/{}", RESTORE, Write(directory::purge)),
    route("GET", "/organization", READ_ORGANIZATION, Read(organization::list)),
    route("GET", "/organization/{}", READ_ORGANIZATION, Read(organization::get)),
    route("GET", "/domains", READ_DOMAINS, Read(organization::domains)),
    route("GET", "/domains/{}", READ_DOMAINS, Read(organization::domain)),
];
