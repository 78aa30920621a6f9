//! What a token is asked for: which service, and which of its permissions.

use std::sync::OnceLock;

use super::super::graph;
use super::super::tenant::{App, Tenant};
use super::failure::Failure;
use super::known::{self, Microsoft};

/// The service that a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    Graph,
    Exchange,
    Arm,
    /// The sandbox by its own address, as clients ask who were told one address for all services.
    Sandbox,
}

impl Audience {
    /// The service that goes by an address or an id.
    pub fn of_url(url: &str) -> Option<Audience> {
        let url = url.trim_end_matches('/').to_ascii_lowercase();
        match url.as_str() {
            "https://graph.microsoft.com" | "00000003-0000-0000-c000-000000000000" => {
                return Some(Audience::Graph);
            }
            "https://outlook.office365.com"
            | "https://outlook.office.com"
            | "00000002-0000-0ff1-ce00-000000000000" => return Some(Audience::Exchange),
            "https://management.azure.com"
            | "https://management.core.windows.net"
            | "797f4846-ba00-4fd7-ba43-dac1f8f63013" => return Some(Audience::Arm),
            _ => {}
        }
        let parsed = url::Url::parse(&url).ok()?;
        let local = match parsed.host()? {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        };
        local.then_some(Audience::Sandbox)
    }

    /// Which of an application's permissions belong into a token for this service.
    pub fn knows(self, role: &str) -> bool {
        match self {
            Audience::Graph => !role.starts_with("Exchange."),
            Audience::Exchange => role.starts_with("Exchange."),
            Audience::Arm => false,
            Audience::Sandbox => true,
        }
    }

    /// True when a token for `self` opens `service`.
    pub fn opens(self, service: Audience) -> bool {
        self == service || self == Audience::Sandbox
    }

    /// Name and id of the service's application, as sign-in records have them.
    pub fn application(self) -> (&'static str, &'static str) {
        match self {
            Audience::Graph | Audience::Sandbox => {
                ("Microsoft Graph", "00000003-0000-0000-c000-000000000000")
            }
            Audience::Exchange => ("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
            Audience::Arm => ("Windows Azure Service Management API", "797f4846-ba00-4fd7-ba43-dac1f8f63013"),
        }
    }
}

/// Words that ask for an answer, not for a permission.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A scope parameter, taken apart.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub audience: Audience,
    /// The service in the caller's spelling: it becomes the token's audience.
    pub resource: String,
    /// Permissions by name, without the service.
    names: Vec<String>,
    /// Everything that was consented to before.
    default: bool,
    /// The words of OpenID that were asked for.
    openid: Vec<&'static str>,
    /// The permissions stood behind the service's address.
    qualified: bool,
}

impl Wanted {
    /// Reads `scope`, or the `resource` of older endpoints.
    pub fn read(scope: &str, resource: Option<&str>, tenant: &Tenant) -> Result<Wanted, Failure> {
        let mut wanted = Wanted {
            audience: Audience::Graph,
            resource: String::new(),
            names: Vec::new(),
            default: false,
            openid: Vec::new(),
            qualified: false,
        };
        for word in scope.split_whitespace() {
            if let Some(known) = OPENID.iter().find(|known| known.eq_ignore_ascii_case(word)) {
                wanted.openid.push(known);
                continue;
            }
            // Two slashes stand before `.default` where the service's own address ends in one.
            let (service, name) = match word.rsplit_once('/') {
                Some((service, name)) => (service, name),
                None => ("", word),
            };
            if !well_formed(name) || (service.is_empty() && name == ".default") {
                return Err(invalid(scope, word));
            }
            wanted.serve(service, tenant)?;
            wanted.qualified |= !service.is_empty();
            if name == ".default" {
                wanted.default = true;
            } else {
                wanted.names.push(spelled(name));
            }
        }
        if let Some(resource) = resource {
            wanted.serve(resource, tenant)?;
            wanted.default |= wanted.names.is_empty();
        }
        if wanted.resource.is_empty() {
            if wanted.openid.is_empty() {
                return Err(invalid(scope, scope));
            }
            wanted.serve("", tenant)?;
        }
        Ok(wanted)
    }

    /// One service a token; no address means Graph.
    fn serve(&mut self, service: &str, tenant: &Tenant) -> Result<(), Failure> {
        let service = if service.is_empty() { "https://graph.microsoft.com" } else { service };
        let audience = Audience::of_url(service).ok_or_else(|| {
            let text = format!(
                "The resource principal named {service} was not found in the tenant named {}. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in \
                 the tenant. You might have sent your authentication request to the wrong tenant.",
                tenant.profile.display_name
            );
            Failure::new(400, "invalid_resource", 500_011, text)
        })?;
        if !self.resource.is_empty() && self.audience != audience {
            let text = "Provided value for the input parameter scope is not valid because it contains more than one \
                        resource.";
            return Err(Failure::request(28000, text));
        }
        if self.resource.is_empty() {
            service.clone_into(&mut self.resource);
        }
        self.audience = audience;
        Ok(())
    }

    /// An application acts with what was consented to it, never with a choice.
    pub fn is_default(&self) -> bool {
        self.default && self.names.is_empty()
    }

    /// The session goes on.
    pub fn keep(&mut self) {
        if !self.has("offline_access") {
            self.openid.push("offline_access");
        }
    }

    pub fn has(&self, word: &str) -> bool {
        self.openid.contains(&word)
    }

    /// The permissions that a person's token gets.
    pub fn granted(&self, app: &App) -> Vec<String> {
        let mut granted: Vec<String> = self.names.clone();
        if self.default || self.audience == Audience::Arm {
            granted.extend(usual(app, self.audience));
        }
        if self.audience == Audience::Graph {
            let words = self.openid.iter().filter(|word| **word != "offline_access");
            granted.extend(words.map(|word| (*word).to_owned()));
            // Whoever signs in may see themselves.
            granted.push("User.Read".to_owned());
        }
        granted.sort_unstable();
        granted.dedup();
        granted
    }

    /// The answer's `scope`, in the caller's way of writing: libraries look for what they asked for.
    pub fn answered(&self, granted: &[String]) -> String {
        let base = self.resource.as_str();
        let name = |name: &String| match OPENID.contains(&name.as_str()) || !self.qualified {
            true => name.clone(),
            false => format!("{base}/{name}"),
        };
        let mut words: Vec<String> = granted.iter().map(name).collect();
        for word in self.openid.iter().filter(|word| **word != "offline_access") {
            if !words.iter().any(|known| known == word) {
                words.push((*word).to_owned());
            }
        }
        if self.default {
            words.push(format!("{base}/.default"));
        }
        words.join(" ")
    }
}

fn invalid(scope: &str, word: &str) -> Failure {
    let text = format!(
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter \
         'scope' is not valid. The scope {word} is not valid."
    );
    let text = if scope == word {
        text
    } else {
        text.replace(&format!("scope {word}"), &format!("scope '{scope}'"))
    };
    Failure::new(400, "invalid_scope", 70011, text)
}

fn well_formed(name: &str) -> bool {
    name == ".default"
        || (!name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
            && name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()))
}

/// Every permission of Graph that opens something here.
pub fn of_graph() -> &'static [&'static str] {
    static ALL: OnceLock<Vec<&'static str>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<&'static str> =
            graph::routes().into_iter().flat_map(|(_, _, needs)| needs.iter().copied()).collect();
        all.extend(["AuditLog.Read.All", "User.Read", "User.ReadWrite", "Directory.AccessAsUser.All"]);
        all.sort_unstable();
        all.dedup();
        all
    })
}

/// A permission in the service's own spelling.
fn spelled(name: &str) -> String {
    let known = of_graph().iter().find(|known| known.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_owned(), |known| (*known).to_owned())
}

/// What was consented to an application for people before they ask.
fn usual(app: &App, audience: Audience) -> Vec<String> {
    const DIRECTORY: &[&str] = &[
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "AuditLog.Read.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.AccessAsUser.All",
        "Group.ReadWrite.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "email",
        "openid",
        "profile",
    ];
    const EXCHANGE: &[&str] =
        &["AdminApi.AccessAsUser.All", "FfoPowerShell.AccessAsUser.All", "RemotePowerShell.AccessAsUser.All"];
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    match (audience, known::microsoft(app.client_id)) {
        (Audience::Arm, _) => owned(&["user_impersonation"]),
        (Audience::Exchange, Some(_)) => owned(EXCHANGE),
        (Audience::Exchange, None) => {
            let manages = app.roles.iter().any(|role| role == "Exchange.ManageAsApp");
            if manages { owned(&["Exchange.Manage"]) } else { Vec::new() }
        }
        (Audience::Graph, Some(Microsoft { directory_only: true, .. })) => owned(DIRECTORY),
        (Audience::Graph, Some(_)) => owned(of_graph()),
        (Audience::Graph, None) => app.roles.iter().filter(|role| audience.knows(role)).cloned().collect(),
        (Audience::Sandbox, _) => {
            let parts = [Audience::Graph, Audience::Exchange, Audience::Arm];
            parts.into_iter().flat_map(|part| usual(app, part)).collect()
        }
    }
}
