//! What a sign-in was granted, as far as its token says, and what of it is missing for a piece of work.

/// Permissions of Graph that a token names.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// Roles where the app acts for itself, scopes where somebody signed in.
    pub held: Vec<String>,
    pub of_app: bool,
}

impl Grants {
    /// What the token does not name of these. A token that names nothing at all of a person may be one that cannot be read.
    pub fn missing<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        if self.held.is_empty() && !self.of_app {
            return Vec::new();
        }
        wanted.into_iter().filter(|wanted| !self.held.iter().any(|held| covers(held, wanted))).collect()
    }
}

/// Whether whoever holds one permission of Graph has what another gives.
pub fn covers(held: &str, wanted: &str) -> bool {
    const MORE: &[(&str, &[&str])] = &[
        (
            "Directory.AccessAsUser.All",
            &["Directory.", "User.", "Group", "Organization.Read.All", "Domain.Read.All"],
        ),
        (
            "Directory.ReadWrite.All",
            &[
                "User.Read",
                "User.Invite.All",
                "Group",
                "LicenseAssignment.",
                "Organization.Read.All",
                "Domain.Read.All",
            ],
        ),
        (
            "Directory.Read.All",
            &[
                "User.Read.All",
                "Group.Read.All",
                "GroupMember.Read.All",
                "LicenseAssignment.Read.All",
                "RoleManagement.Read.Directory",
                "Organization.Read.All",
                "Domain.Read.All",
            ],
        ),
        (
            "User.ReadWrite.All",
            &[
                "User.EnableDisableAccount.All",
                "User.DeleteRestore.All",
                "User.Invite.All",
                "User.RevokeSessions.All",
            ],
        ),
        ("Group.ReadWrite.All", &["Group.Read.All", "GroupMember."]),
        ("Group.Read.All", &["GroupMember.Read.All"]),
    ];
    let more = |(name, gives): &(&str, &[&str])| {
        held.eq_ignore_ascii_case(name) && gives.iter().any(|gives| wanted.starts_with(gives))
    };
    held.eq_ignore_ascii_case(wanted)
        || (wanted.contains(".Read.") && held.eq_ignore_ascii_case(&wanted.replace(".Read.", ".ReadWrite.")))
        || MORE.iter().any(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_writes_reads_as_well() {
        assert!(covers("User.ReadWrite.All", "User.Read.All"));
        assert!(covers("GroupMember.ReadWrite.All", "GroupMember.Read.All"));
        assert!(!covers("User.Read.All", "User.ReadWrite.All"));
        assert!(!covers("User.Invite.All", "User.Read.All"));
    }

    #[test]
    fn an_app_without_roles_lacks_everything_and_an_opaque_token_says_nothing() {
        let wanted = ["User.Invite.All"];
        assert_eq!(Grants { held: Vec::new(), of_app: true }.missing(wanted), wanted);
        assert!(Grants::default().missing(wanted).is_empty());
    }
}
