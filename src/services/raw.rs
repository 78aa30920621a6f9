//! Calls in a service's own words, held against what may be asked: where they go, whether they only read, whether they
//! take an object out of the tenant.

use serde_json::Value;

use crate::identity::{Endpoints, Service};
use crate::problem::{Kind, Problem, Result};
use crate::transport::{Call, Failure, Method, Reply, Transport};

/// One request to Graph or Azure, as a script words it.
#[derive(Clone, Debug)]
pub struct Raw {
    pub service: Service,
    pub method: Method,
    /// From the service's root, encoded, with the query that stood in it.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

/// Actions of Graph that are asked by `POST` and change nothing.
/// <https://learn.microsoft.com/graph/api/overview>
const GRAPH_READS: &[&str] = &[
    "getbyids",
    "checkmembergroups",
    "checkmemberobjects",
    "getmembergroups",
    "getmemberobjects",
    "getavailableextensionproperties",
    "getschedule",
    "findmeetingtimes",
    "evaluatedynamicmembership",
    "validateproperties",
    "translateexchangeids",
    "runhuntingquery",
    "query",
];

/// Actions of Azure that are asked by `POST` and change nothing; beside these, every one that begins with `list`.
/// <https://learn.microsoft.com/rest/api/resources>
const AZURE_READS: &[&str] =
    &["validate", "checknameavailability", "checkaccess", "checkresourcename", "whatif"];

/// Collections whose members are ties between objects, not objects: taking one away removes nothing.
const TIES: &[&str] = &[
    "$ref",
    "roleassignments",
    "approleassignments",
    "approleassignedto",
    "oauth2permissiongrants",
    "roleassignmentschedulerequests",
    "roleeligibilityschedulerequests",
];

/// With what an action's name begins, where a collection's is a plural noun.
const ACTIONS: &[&str] = &[
    "accept",
    "add",
    "apply",
    "approve",
    "assign",
    "cancel",
    "change",
    "check",
    "confirm",
    "decline",
    "dismiss",
    "get",
    "invalidate",
    "list",
    "pause",
    "provision",
    "regenerate",
    "remove",
    "renew",
    "reprocess",
    "reset",
    "restart",
    "restore",
    "retry",
    "revoke",
    "send",
    "set",
    "start",
    "stop",
    "unset",
    "validate",
];

impl Raw {
    /// Checks method and path. Nothing is sent to any other place than the service's own address.
    pub fn new(endpoints: &Endpoints, service: Service, method: &str, path: &str) -> Result<Raw> {
        let method = method_of(method)?;
        let path = own_path(endpoints, service, path)?;
        Ok(Raw { service, method, path, query: Vec::new(), headers: Vec::new(), body: None })
    }

    /// Of Graph, with the version that the path names, or else this one.
    pub fn graph(endpoints: &Endpoints, method: &str, path: &str, version: Option<&str>) -> Result<Raw> {
        let mut raw = Raw::new(endpoints, Service::Graph, method, path)?;
        let named = raw.segments().next().filter(|first| matches!(first.as_str(), "v1.0" | "beta"));
        match (named, version) {
            (Some(named), Some(wanted)) if named != wanted => {
                return Err(invalid("version", format!("the path says {named}, and the option {wanted}")));
            }
            (Some(_), _) => {}
            (None, wanted) => raw.path = format!("/{}{}", wanted.unwrap_or("v1.0"), raw.path),
        }
        Ok(raw)
    }

    /// Segments of the path, in lower case, without its query.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = String> {
        let path = self.path.split('?').next().unwrap_or_default();
        path.split('/').filter(|part| !part.is_empty()).map(str::to_lowercase)
    }

    /// The last segment, without the namespace that an action may carry.
    fn last(&self) -> String {
        let last = self.segments().next_back().unwrap_or_default();
        last.trim_start_matches("microsoft.graph.").to_owned()
    }

    /// The path without its query: what a message may show.
    pub fn shown_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// Several requests in one.
    pub fn is_batch(&self) -> bool {
        self.service == Service::Graph && self.method == Method::Post && self.last() == "$batch"
    }

    /// Whether it changes nothing.
    pub fn reads(&self) -> bool {
        let last = self.last();
        match (self.method, self.service) {
            (Method::Get, _) => true,
            (Method::Post, Service::Graph) => {
                let only_checked =
                    self.body.as_ref().is_some_and(|body| body["isValidationOnly"] == Value::Bool(true));
                only_checked || GRAPH_READS.contains(&last.as_str())
            }
            (Method::Post, _) => {
                let of_graph = self.segments().any(|part| part == "microsoft.resourcegraph");
                last.starts_with("list") || of_graph || AZURE_READS.contains(&last.as_str())
            }
            _ => false,
        }
    }

    /// Whether a `POST` makes no object, but does something to one: `/users/{id}/assignLicense`.
    pub fn is_action(&self) -> bool {
        let path = self.shown_path();
        let last = path.rsplit('/').next().unwrap_or_default();
        let ends = |rest: &str| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase());
        last.to_lowercase().starts_with("microsoft.graph.")
            || ACTIONS.iter().any(|verb| last.strip_prefix(verb).is_some_and(ends))
    }

    /// Whether it makes or ends a tie between objects that both stay.
    pub fn is_tie(&self) -> bool {
        self.segments().any(|part| TIES.contains(&part.as_str()))
    }

    /// Whether it takes an object out of the tenant.
    pub fn removes_an_object(&self) -> bool {
        match self.method {
            Method::Delete => !self.is_tie(),
            Method::Post => self.last().ends_with("delete"),
            _ => false,
        }
    }

    /// Whether doing it twice leaves what doing it once does. A `DELETE` does as well, but its second answer is that there
    /// is nothing, which a first one says of a mistyped path too: reading tells what became of it.
    fn is_repeatable(&self) -> bool {
        let adds = |body: &Value| {
            body.as_object().is_some_and(|body| body.keys().any(|name| name.contains("@odata.bind")))
        };
        match self.method {
            Method::Get | Method::Put => true,
            Method::Patch => !self.body.as_ref().is_some_and(adds),
            Method::Post | Method::Delete => self.reads(),
        }
    }

    fn call(&self) -> Call {
        let mut call = match self.service {
            Service::Graph => Call::graph(self.method, self.path.clone()),
            // The version is in the query already: it is the script's to say.
            _ => Call { query: Vec::new(), ..Call::azure(self.method, self.path.clone(), "") },
        };
        for (name, value) in &self.query {
            call = call.query(name, value.as_str());
        }
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        call.body = self.body.clone();
        match (self.reads(), self.is_repeatable()) {
            (true, _) => call.reading(),
            (false, true) => call.repeatable(),
            (false, false) => call,
        }
    }

    /// Every item of all pages of a list.
    pub async fn pages(&self, transport: &Transport) -> std::result::Result<Vec<Value>, Failure> {
        debug_assert!(self.reads(), "only reads have pages");
        transport.pages(self.call(), None).await
    }

    pub(super) async fn send(&self, transport: &Transport) -> std::result::Result<Reply, Failure> {
        transport.call(self.call()).await
    }
}

fn invalid(option: &str, message: String) -> Problem {
    Problem::new(Kind::InvalidOption, message).option(option)
}

fn method_of(name: &str) -> Result<Method> {
    let known = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    let found = known.into_iter().find(|method| method.name().eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| {
        invalid("method", format!("`{name}` is no method"))
            .hint("the methods are GET, POST, PUT, PATCH and DELETE")
            .value(name)
    })
}

/// A path from the service's root. A whole address is taken where it is the service's own, be it of the cloud or of what
/// stands in for it.
fn own_path(endpoints: &Endpoints, service: Service, given: &str) -> Result<String> {
    let given = given.trim();
    let refuse = |message: String, hint: &str| Err(invalid("path", message).hint(hint).value(given));
    let mut path = given.to_owned();
    if given.contains("://") && given.split("://").next().is_some_and(|scheme| !scheme.contains(['/', '?'])) {
        let public = endpoints.scope(service).trim_end_matches("/.default");
        let own = [endpoints.base(service), public].into_iter().find_map(|base| {
            let start = given.get(..base.len()).filter(|start| start.eq_ignore_ascii_case(base))?;
            let rest = &given[start.len()..];
            (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
        });
        let Some(rest) = own else {
            return refuse(
                format!("`{given}` is not an address of {}", service.name()),
                &format!(
                    "give the path alone, such as `/users`; usher sends nothing to other places than {public}"
                ),
            );
        };
        path = rest.to_owned();
    }
    if path.starts_with("//") || path.contains('\\') || path.contains(char::is_control) {
        return refuse(format!("`{given}` is no path"), "a path looks like `/users`");
    }
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    // Neither belongs into an address as it is: `#` would cut it short, and so name another object.
    let path = path.replace('#', "%23").replace(' ', "%20");
    let dots = |segment: &str| matches!(segment.to_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('?').next().unwrap_or_default().split('/').any(dots) {
        return refuse(format!("`{given}` leads out of itself"), "say where it goes without `..`");
    }
    Ok(path)
}

/// Cmdlets that change nothing, beside all `Get-` and `Test-`.
const EXCHANGE_READS: &[&str] = &[
    "search-unifiedauditlog",
    "search-adminauditlog",
    "search-mailboxauditlog",
    "search-messagetrackingreport",
];

/// Whether a cmdlet of Exchange only reads.
pub fn cmdlet_reads(cmdlet: &str) -> bool {
    let folded = cmdlet.to_lowercase();
    folded.starts_with("get-") || folded.starts_with("test-") || EXCHANGE_READS.contains(&folded.as_str())
}

/// Whether a cmdlet of Exchange takes an object out of the organization; memberships and permissions are no objects.
pub fn cmdlet_removes_an_object(cmdlet: &str) -> bool {
    let folded = cmdlet.to_lowercase();
    let ties = ["member", "permission", "links", "groupmember", "managementroleentry"];
    folded.starts_with("remove-") && !ties.iter().any(|tie| folded.ends_with(tie))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(method: &str, path: &str) -> Result<Raw> {
        Raw::graph(&Endpoints::sandbox("http://127.0.0.1:9"), method, path, None)
    }

    #[test]
    fn a_path_gets_its_version_unless_it_has_one() {
        for (given, path) in [
            ("/users", "/v1.0/users"),
            ("users?$top=1", "/v1.0/users?$top=1"),
            ("/beta/users", "/beta/users"),
            ("https://graph.microsoft.com/v1.0/users", "/v1.0/users"),
            ("HTTP://127.0.0.1:9/v1.0/users?$skiptoken=a", "/v1.0/users?$skiptoken=a"),
            ("/users/ann_x.example#EXT#@y", "/v1.0/users/ann_x.example%23EXT%23@y"),
        ] {
            assert_eq!(graph("GET", given).unwrap().path, path);
        }
    }

    #[test]
    fn other_places_are_refused() {
        for foreign in [
            "https://evil.example/v1.0/users",
            "https://graph.microsoft.com.evil.example/users",
            "https://graph.microsoft.com@evil.example/users",
            "https://graph.microsoft.com:8443/users",
            "ftp://graph.microsoft.com/users",
            "//evil.example/users",
            "/users/../groups",
            "/users/%2e%2E/groups",
            "/a\\b",
        ] {
            assert_eq!(graph("GET", foreign).unwrap_err().kind, Kind::InvalidOption, "{foreign}");
        }
    }

    #[test]
    fn known_reads_are_told_from_writes() {
        for (method, path, reads, removes) in [
            ("GET", "/users/$count", true, false),
            ("POST", "/directoryObjects/getByIds", true, false),
            ("POST", "/users/x/microsoft.graph.checkMemberGroups", true, false),
            ("POST", "/users", false, false),
            ("POST", "/users/x/assignLicense", false, false),
            ("DELETE", "/users/x", false, true),
            ("DELETE", "/groups/x/members/y/$ref", false, false),
            ("DELETE", "/groups/x/members/y", false, true),
            ("DELETE", "/roleManagement/directory/roleAssignments/x", false, false),
            ("DELETE", "/directory/deletedItems/x", false, true),
        ] {
            let raw = graph(method, path).unwrap();
            assert_eq!((raw.reads(), raw.removes_an_object()), (reads, removes), "{method} {path}");
        }
        assert!(cmdlet_reads("get-mailbox") && !cmdlet_reads("Search-Mailbox"));
        assert!(cmdlet_removes_an_object("Remove-MailContact"));
        assert!(!cmdlet_removes_an_object("Remove-DistributionGroupMember"));
    }

    #[test]
    fn an_action_is_told_from_a_collection() {
        for (path, action) in [
            ("/users/x/assignLicense", true),
            ("/directory/deletedItems/x/restore", true),
            ("/users", false),
            ("/groupSettings", false),
            ("/users/x/addresses", false),
            ("/users/x/settings", false),
        ] {
            assert_eq!(graph("POST", path).unwrap().is_action(), action, "{path}");
        }
    }
}
