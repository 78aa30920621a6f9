//! A request as the rooms above say it: which service, which path, and whether it may be sent twice.

use serde_json::{Value, json};

use super::encode::{query_value, segment};
use crate::identity::Service;

/// How a call acts on its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// One call of a service.
#[derive(Debug, Clone)]
pub struct Call {
    pub service: Service,
    pub method: Method,
    /// `/v1.0/users/…`, already encoded; or a whole address on the service's own origin.
    pub path: String,
    /// Names and values as they are meant; they are encoded on their way.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
    /// Whether sending it twice does no more than sending it once.
    pub repeatable: bool,
    /// Whether it changes nothing, so that it can be abandoned at any moment.
    pub reading: bool,
}

impl Call {
    fn new(service: Service, method: Method, path: String) -> Call {
        let reading = method == Method::Get;
        Call {
            service,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            repeatable: reading,
            reading,
        }
    }

    /// A call of Graph, as `/v1.0/users`.
    pub fn graph(method: Method, path: impl Into<String>) -> Call {
        Call::new(Service::Graph, method, path.into())
    }

    /// A call of Azure Resource Manager.
    pub fn azure(method: Method, path: impl Into<String>, api_version: &str) -> Call {
        Call::new(Service::Azure, method, path.into()).query("api-version", api_version)
    }

    /// A cmdlet of Exchange. `reading` says that it changes nothing, as `Get-*` do.
    pub fn exchange(tenant_id: &str, cmdlet: &str, parameters: Value, reading: bool) -> Call {
        let path = format!("/adminapi/beta/{}/InvokeCommand", segment(tenant_id));
        let mut call = Call::new(Service::Exchange, Method::Post, path)
            // Without it, a write and the read after it may meet different servers.
            .anchor(&format!("APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{tenant_id}"))
            .header("Prefer", "odata.maxpagesize=1000")
            .body(json!({ "CmdletInput": { "CmdletName": cmdlet, "Parameters": parameters } }));
        (call.reading, call.repeatable) = (reading, reading);
        call
    }

    /// Adds to the query.
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Call {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a header; one of the same name gives way.
    pub fn header(mut self, name: &str, value: &str) -> Call {
        self.headers.retain(|(there, _)| !there.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: Value) -> Call {
        self.body = Some(body);
        self
    }

    /// Asks for Graph's advanced queries, which need a header and a count.
    pub fn eventual(self) -> Call {
        self.header("ConsistencyLevel", "eventual").query("$count", "true")
    }

    /// Exchange's routing hint, as `UPN:ann@contoso.example` for a signed-in user.
    pub fn anchor(self, mailbox: &str) -> Call {
        self.header("X-AnchorMailbox", mailbox)
    }

    /// A write that may be sent twice, because the second does nothing more.
    pub fn repeatable(mut self) -> Call {
        self.repeatable = true;
        self
    }

    /// A `POST` that only reads, as `getByIds`.
    pub fn reading(mut self) -> Call {
        (self.reading, self.repeatable) = (true, true);
        self
    }

    /// The cmdlet of an Exchange call.
    pub fn cmdlet(&self) -> Option<&str> {
        self.body.as_ref()?.get("CmdletInput")?.get("CmdletName")?.as_str()
    }

    /// The path for a message: no query, for it may hold what nobody should read in a log.
    pub(super) fn shown_path(&self) -> String {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        match path.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]).to_owned(),
            None => path.to_owned(),
        }
    }

    pub(super) fn query_string(&self) -> Option<String> {
        let pairs =
            self.query.iter().map(|(name, value)| format!("{}={}", query_value(name), query_value(value)));
        (!self.query.is_empty()).then(|| pairs.collect::<Vec<_>>().join("&"))
    }
}
