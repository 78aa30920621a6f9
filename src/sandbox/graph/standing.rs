//! What a caller may do: a permission alone is enough for an application, a person also has to be somebody here.
//!
//! Delegated permissions lend a program what its user may do, and no more. Which directory roles may do what, and
//! what members and guests may do without any, is all in this file.

use uuid::Uuid;

use super::call::{Call, Fault};
use super::roles::role_by_name;
use super::{Route, Run};
use crate::sandbox::login::Claims;
use crate::sandbox::tenant::{Kind, Relation, Tenant};

/// What a guest may see: `guestUserRoleId` of the authorization policy.
const GUESTS_AS_MEMBERS: &str = "a0b1b346-4d3e-4e8b-98f8-753987be4970";
const GUESTS_RESTRICTED: &str = "2af84b1e-32c8-42b7-82bc-daa82404023b";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    Application,
    Member,
    /// Sees whom they can name, and lists nobody.
    Guest,
    /// Sees only themselves.
    RestrictedGuest,
    /// Deleted since the token was issued.
    Nobody,
}

/// What a caller is in the directory.
#[derive(Clone, Debug)]
pub struct Standing {
    sort: Sort,
    /// Directory roles of a person. Those of applications are looked up where they matter.
    roles: Vec<Uuid>,
}

/// Roles that may read everything.
const READ_ALL: &[&str] = &["Global Reader"];
const SECURITY: &[&str] = &["Security Reader", "Security Administrator"];

/// What the roles below are for: permissions that begin so, who may use them to change, who else to read.
struct Power {
    permissions: &'static [&'static str],
    change: &'static [&'static str],
    read: &'static [&'static str],
    /// Members may read this without any role.
    open: bool,
}

/// The first that fits counts. A Global Administrator may do everything.
static POWERS: &[Power] = &[
    // Whether somebody may invite is for the authorization policy to say.
    Power { permissions: &["User.Invite."], change: EVERYBODY, read: &[], open: true },
    Power {
        permissions: &["User.RevokeSessions.", "User.EnableDisableAccount.", "User-Phone."],
        change: &[
            "User Administrator",
            "Helpdesk Administrator",
            "Authentication Administrator",
            "Privileged Authentication Administrator",
            "Directory Writers",
        ],
        read: &[],
        open: true,
    },
    Power {
        permissions: &["User.", "User-"],
        change: &["User Administrator", "Directory Writers"],
        read: &[],
        open: true,
    },
    // Members may make groups of their own; whose groups they may change is asked of the group.
    Power { permissions: &["Group.Create"], change: EVERYBODY, read: &[], open: true },
    Power {
        permissions: &["Group.", "GroupMember.", "GroupSettings.", "Directory.ReadWrite."],
        change: &["Groups Administrator", "User Administrator", "Directory Writers"],
        read: &[],
        open: true,
    },
    Power {
        permissions: &["LicenseAssignment."],
        change: &["License Administrator", "User Administrator", "Directory Writers"],
        read: &[],
        open: true,
    },
    Power {
        permissions: &["RoleManagement.", "AdministrativeUnit."],
        change: &["Privileged Role Administrator"],
        read: SECURITY,
        open: true,
    },
    Power {
        permissions: &[
            "RoleAssignmentSchedule.",
            "RoleEligibilitySchedule.",
            "RoleManagementPolicy.",
            "PrivilegedAccess.",
            "PrivilegedAssignmentSchedule.",
            "PrivilegedEligibilitySchedule.",
        ],
        change: &["Privileged Role Administrator"],
        read: SECURITY,
        open: false,
    },
    Power {
        permissions: &["Application.", "AppRoleAssignment.", "DelegatedPermissionGrant."],
        change: &["Application Administrator", "Cloud Application Administrator"],
        read: &[],
        open: true,
    },
    Power {
        permissions: &["Synchronization."],
        change: &[
            "Application Administrator",
            "Cloud Application Administrator",
            "Hybrid Identity Administrator",
        ],
        read: SECURITY,
        open: false,
    },
    Power {
        permissions: &["Policy.ReadWrite.Authorization"],
        change: &["Privileged Role Administrator"],
        read: SECURITY,
        open: false,
    },
    Power {
        permissions: &["Policy.ReadWrite.B2BManagementPolicy", "Policy.Read.B2BManagementPolicy"],
        change: &[],
        read: &[],
        open: false,
    },
    Power {
        permissions: &["Policy."],
        change: &["Security Administrator", "Conditional Access Administrator"],
        read: &["Security Reader", "Security Administrator", "Privileged Role Administrator"],
        open: false,
    },
    Power {
        permissions: &["AuditLog.", "Reports.", "AuditLogsQuery"],
        change: &[],
        read: &["Reports Reader", "Security Reader", "Security Administrator"],
        open: false,
    },
    Power {
        permissions: &["AccessReview."],
        change: &["User Administrator", "Identity Governance Administrator"],
        read: SECURITY,
        open: false,
    },
    Power {
        permissions: &["SharePointTenantSettings."],
        change: &["SharePoint Administrator"],
        read: &[],
        open: false,
    },
    Power { permissions: &["Domain."], change: &["Domain Name Administrator"], read: &[], open: true },
    Power { permissions: &["Mail."], change: EVERYBODY, read: &[], open: true },
    Power {
        permissions: &["Directory.", "Organization.", "OrgContact."],
        change: &[],
        read: &[],
        open: true,
    },
];

/// Stands for members and guests without any role.
const EVERYBODY: &[&str] = &["*"];

fn power(permission: &str) -> Option<&'static Power> {
    POWERS.iter().find(|power| power.permissions.iter().any(|prefix| permission.starts_with(prefix)))
}

/// Permissions that `Directory.AccessAsUser.All` covers.
pub fn is_of_directory(permission: &str) -> bool {
    const COVERED: [&str; 12] = [
        "User.",
        "User-",
        "Group.",
        "GroupMember.",
        "GroupSettings.",
        "Directory.",
        "Application.",
        "Domain.",
        "Organization.",
        "OrgContact.",
        "LicenseAssignment.",
        "AdministrativeUnit.",
    ];
    COVERED.iter().any(|prefix| permission.starts_with(prefix))
        || permission == "RoleManagement.Read.Directory"
}

impl Standing {
    pub fn of(tenant: &Tenant, caller: &Claims) -> Standing {
        if caller.person.is_none() {
            return Standing { sort: Sort::Application, roles: Vec::new() };
        }
        let Some(user) = tenant.get(caller.principal) else {
            return Standing { sort: Sort::Nobody, roles: Vec::new() };
        };
        let seen = tenant.setting("authorizationPolicy")["guestUserRoleId"].as_str().unwrap_or_default();
        let sort = match user.text("userType") == Some("Guest") {
            true if seen.eq_ignore_ascii_case(GUESTS_RESTRICTED) => Sort::RestrictedGuest,
            true if !seen.eq_ignore_ascii_case(GUESTS_AS_MEMBERS) => Sort::Guest,
            _ => Sort::Member,
        };
        Standing { sort, roles: tenant.directory_roles_of(caller.principal) }
    }

    /// Holds one of the roles, or is a Global Administrator.
    pub fn is_any(&self, names: &[&str]) -> bool {
        holds(&self.roles, names)
    }

    /// Whether somebody who is this may use a permission at all.
    pub fn carries(&self, permission: &str) -> bool {
        if permission.contains("ReadWrite") || !permission.contains(".Read") {
            self.may_change(permission)
        } else {
            self.may_read(permission)
        }
    }

    fn may_change(&self, permission: &str) -> bool {
        match self.sort {
            Sort::Application => true,
            Sort::Nobody => false,
            _ => power(permission).map_or_else(
                || self.is_any(&[]),
                |power| power.change == EVERYBODY || self.is_any(power.change),
            ),
        }
    }

    fn may_read(&self, permission: &str) -> bool {
        match (self.sort, power(permission)) {
            (Sort::Application, _) => true,
            (Sort::Nobody, _) => false,
            (_, None) => self.is_any(READ_ALL),
            (Sort::Member, Some(power)) if power.open => true,
            (_, Some(power)) => {
                (power.open && !self.roles.is_empty())
                    || self.is_any(READ_ALL)
                    || self.is_any(power.read)
                    || (power.change != EVERYBODY && self.is_any(power.change))
            }
        }
    }
}

fn holds(roles: &[Uuid], names: &[&str]) -> bool {
    roles.iter().any(|role| {
        names.iter().chain(&["Global Administrator"]).any(|name| role_by_name(name) == Some(*role))
    })
}

/// Lets a call pass that its caller may make.
pub fn permit(call: &Call, tenant: &Tenant, route: &Route) -> Result<(), Fault> {
    let read = matches!(route.run, Run::Read(_));
    let oneself = is_oneself(call, tenant);
    let consented = route.needs.is_empty()
        || route.needs.iter().any(|needed| call.consented(needed))
        || (oneself && read && ["User.Read", "User.ReadWrite"].iter().any(|own| call.consented(own)))
        || (oneself && !read && route.path == "/users/{}" && call.consented("User.ReadWrite"))
        || (read && route.path.starts_with("/organization") && call.consented("User.Read"));
    if !consented {
        return Err(Fault::denied());
    }
    if call.standing.sort == Sort::Application {
        return Ok(());
    }
    // The least permission tells what kind of thing the call does.
    let least = route.needs.first().copied().unwrap_or("User.Read");
    let stands = if read {
        oneself
            // What one could be is one's own to know.
            || route.path.contains("/filterByCurrentUser/")
            || (may_see(call, tenant, route) && call.standing.may_read(least))
            || sees_as_guest(call, route)
            // What one holds oneself is no secret.
            || (route.path.contains("/filterByCurrentUser/") && call.standing.sort != Sort::Nobody)
    } else {
        call.standing.may_change(least)
            || (call.standing.sort != Sort::Nobody && on_own_behalf(call, tenant, route, oneself))
    };
    if stands { Ok(()) } else { Err(Fault::denied()) }
}

/// Whether the call is about the very person who makes it.
fn is_oneself(call: &Call, tenant: &Tenant) -> bool {
    call.caller.person.is_some()
        && call.request.segments.get(1).is_some_and(|first| first.eq_ignore_ascii_case("users"))
        && call
            .keys
            .first()
            .is_some_and(|key| tenant.user(key).is_some_and(|user| user.id == call.caller.principal))
}

/// Members see everybody unless the tenant says otherwise.
fn may_see(call: &Call, tenant: &Tenant, route: &Route) -> bool {
    let policy = &tenant.setting("authorizationPolicy")["defaultUserRolePermissions"];
    policy["allowedToReadOtherUsers"] != false
        || !call.standing.roles.is_empty()
        || !(route.path.starts_with("/users") || route.path.starts_with("/groups"))
}

/// A guest sees people, groups and applications by name, but no list of them.
fn sees_as_guest(call: &Call, route: &Route) -> bool {
    const SEEN: [&str; 14] = [
        "/users/{}",
        "/users/{}/manager",
        "/groups/{}",
        "/groups/{}/members",
        "/groups/{}/members/$count",
        "/groups/{}/owners",
        "/groups/{}/transitiveMembers",
        "/contacts/{}",
        "/servicePrincipals/{}",
        "/directoryObjects/{}",
        "/directoryObjects/getByIds",
        "/organization",
        "/organization/{}",
        "/domains",
    ];
    call.standing.sort == Sort::Guest && SEEN.contains(&route.path)
}

/// What people may do without a role: to themselves, and to groups that they own.
fn on_own_behalf(call: &Call, tenant: &Tenant, route: &Route, oneself: bool) -> bool {
    if oneself {
        return match route.path {
            // Ways to be reached are one's own affair, the rest is the administrators'.
            "/users/{}" => call.body().is_ok_and(|body| {
                body.keys().all(|name| {
                    ["mobilephone", "businessphones", "preferredlanguage", "faxnumber", "streetaddress"]
                        .contains(&name.to_ascii_lowercase().as_str())
                })
            }),
            "/users/{}/revokeSignInSessions" | "/users/{}/sendMail" | "/users/{}/changePassword" => true,
            _ => false,
        };
    }
    if route.path.starts_with("/groups/{}") && !route.path.ends_with("/assignLicense") {
        let group = call.keys.first().and_then(|key| tenant.find(Kind::Group, key));
        return group.is_some_and(|group| {
            !group.flag("isAssignableToRole")
                && tenant
                    .targets(Relation::Owner, group.id)
                    .any(|(_, owner)| owner.id == call.caller.principal)
        });
    }
    if route.path == "/groups" {
        let policy = &tenant.setting("authorizationPolicy")["defaultUserRolePermissions"];
        return call.standing.sort == Sort::Member && policy["allowedToCreateSecurityGroups"] != false;
    }
    // To activate a role is for who is eligible, not for who manages roles.
    if route.path.ends_with("ScheduleRequests") {
        return call.body().is_ok_and(|body| {
            let text =
                |name: &str| super::properties::text(&body, name).unwrap_or_default().to_ascii_lowercase();
            text("action").starts_with("self") && text("principalId") == call.caller.principal.to_string()
        });
    }
    false
}

/// Whether the caller may do something to a user that could take the account over: block it, set its password or
/// the ways to recover it, delete it. For holders of roles that takes a higher role, of applications as well.
pub fn may_touch(call: &Call, tenant: &Tenant, user: Uuid) -> Result<(), Fault> {
    const HIGHEST: &[&str] = &["Privileged Authentication Administrator"];
    const LESSER: &[&str] = &[
        "Directory Readers",
        "Guest Inviter",
        "Message Center Reader",
        "Password Administrator",
        "Reports Reader",
        "Usage Summary Reports Reader",
    ];
    const HELPERS: &[&str] = &["Groups Administrator", "Helpdesk Administrator", "User Administrator"];
    let held = tenant.directory_roles_of(user);
    if held.is_empty() {
        return Ok(());
    }
    let own = tenant.directory_roles_of(call.caller.principal);
    let among = |names: &[&str], more: &[&str]| {
        held.iter().all(|role| names.iter().chain(more).any(|name| role_by_name(name) == Some(*role)))
    };
    let allowed = holds(&own, HIGHEST)
        || (holds_one(&own, "User Administrator") && among(LESSER, HELPERS))
        || (holds_one(&own, "Authentication Administrator")
            && among(LESSER, &["Authentication Administrator"]))
        || (holds_one(&own, "Helpdesk Administrator") && among(LESSER, &["Helpdesk Administrator"]));
    if allowed { Ok(()) } else { Err(Fault::denied()) }
}

fn holds_one(roles: &[Uuid], name: &str) -> bool {
    role_by_name(name).is_some_and(|role| roles.contains(&role))
}

/// Changes that `may_touch` is asked about.
pub fn is_sensitive(property: &str) -> bool {
    ["accountEnabled", "mobilePhone", "businessPhones", "otherMails", "passwordProfile", "userPrincipalName"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(property))
}

/// Whether the tenant lets a caller invite at all.
pub fn may_invite(call: &Call, tenant: &Tenant) -> Result<(), Fault> {
    const INVITERS: &[&str] = &["User Administrator", "Guest Inviter"];
    let from = &tenant.setting("authorizationPolicy")["allowInvitesFrom"];
    let standing = &call.standing;
    let open = match from.as_str().unwrap_or("everyone") {
        "none" => false,
        "adminsAndGuestInviters" => standing.is_any(INVITERS),
        "adminsGuestInvitersAndAllMembers" => {
            matches!(standing.sort, Sort::Application | Sort::Member) || standing.is_any(INVITERS)
        }
        _ => true,
    };
    if open {
        return Ok(());
    }
    Err(Fault::new(
        403,
        "Forbidden",
        "Guest invitations not allowed for your company. Contact your company administrator for more details.",
    ))
}

/// The person behind a call, where there is one.
pub fn person(call: &Call) -> Option<Uuid> {
    call.caller.person.as_ref().map(|_| call.caller.principal)
}
