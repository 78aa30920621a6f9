//! Microsoft Graph v1.0: users, groups, invitations, licences, directory roles.

use serde_json::{Value, json};

use super::raw::Raw;
use crate::transport::{Call, Failure, Method, Reply, Transport, segment};

/// Query options of a Graph collection.
/// <https://learn.microsoft.com/graph/query-parameters>
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub filter: Option<String>,
    pub search: Option<String>,
    pub select: Vec<String>,
    pub order_by: Option<String>,
    pub expand: Option<String>,
    /// Stop after this many objects; all pages without it.
    pub top: Option<usize>,
    /// Ask for the advanced query capabilities of directory objects.
    pub eventual: bool,
}

impl Query {
    pub fn filter(filter: impl Into<String>) -> Query {
        Query { filter: Some(filter.into()), ..Query::default() }
    }

    pub fn select(mut self, names: &[&str]) -> Query {
        self.select = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    fn on(&self, mut call: Call) -> Call {
        if let Some(filter) = &self.filter {
            call = call.query("$filter", filter.as_str());
        }
        if let Some(search) = &self.search {
            call = call.query("$search", search.as_str());
        }
        if !self.select.is_empty() {
            call = call.query("$select", self.select.join(","));
        }
        if let Some(order) = &self.order_by {
            call = call.query("$orderby", order.as_str());
        }
        if let Some(expand) = &self.expand {
            call = call.query("$expand", expand.as_str());
        }
        if self.eventual { call.eventual() } else { call }
    }
}

/// A text as a literal of `$filter`: quotes doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The reading half of Graph.
#[derive(Clone)]
pub struct Graph {
    transport: Transport,
}

impl Graph {
    pub fn new(transport: Transport) -> Graph {
        Graph { transport }
    }

    /// One object, or `None` where Graph answers 404.
    pub async fn object(&self, path: &str, query: &Query) -> Result<Option<Value>, Failure> {
        let call = query.on(Call::graph(Method::Get, format!("/v1.0{path}")));
        match self.transport.call(call).await {
            Ok(reply) => Ok(Some(reply.body)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Every object of a collection, following the pages until `top`.
    pub async fn objects(&self, path: &str, query: &Query) -> Result<Vec<Value>, Failure> {
        self.collection(format!("/v1.0{path}"), query).await
    }

    async fn collection(&self, path: String, query: &Query) -> Result<Vec<Value>, Failure> {
        let mut call = query.on(Call::graph(Method::Get, path));
        if let Some(top) = query.top {
            call = call.query("$top", top.clamp(1, 999).to_string());
        }
        self.transport.pages(call, query.top).await
    }

    pub async fn user(&self, key: &str, query: &Query) -> Result<Option<Value>, Failure> {
        self.object(&format!("/users/{}", segment(key)), query).await
    }

    /// Users; the largest page Graph gives is asked for when all are wanted.
    pub async fn users(&self, query: &Query) -> Result<Vec<Value>, Failure> {
        let everything = query.top.is_none() && query.search.is_none();
        let signs_in = query.select.iter().any(|name| name == "signInActivity");
        if !everything || signs_in {
            return self.objects("/users", query).await;
        }
        let call = query.on(Call::graph(Method::Get, "/v1.0/users".to_owned())).query("$top", "999");
        self.transport.pages(call, None).await
    }

    pub async fn related(
        &self,
        collection: &str,
        id: &str,
        relation: &str,
        query: &Query,
    ) -> Result<Vec<Value>, Failure> {
        let call = query
            .on(Call::graph(Method::Get, format!("/v1.0/{collection}/{}/{relation}", segment(id))))
            .query("$top", "999");
        self.transport.pages(call, query.top).await
    }

    /// Those of these users, by id, that the directory shows.
    /// <https://learn.microsoft.com/graph/api/directoryobject-getbyids>
    pub async fn which_exist(&self, ids: &[String]) -> Result<Vec<String>, Failure> {
        const AT_ONCE: usize = 1000;
        let mut there = Vec::new();
        for ids in ids.chunks(AT_ONCE) {
            let body = json!({ "ids": ids, "types": ["user"] });
            let path = "/v1.0/directoryObjects/getByIds".to_owned();
            let reply = self.transport.call(Call::graph(Method::Post, path).body(body).reading()).await?;
            let found = reply.body["value"].as_array().into_iter().flatten();
            there.extend(found.filter_map(|object| object["id"].as_str().map(str::to_owned)));
        }
        Ok(there)
    }

    /// A read in Graph's own words; its answer is given as it is.
    pub async fn raw(&self, raw: &Raw) -> Result<Reply, Failure> {
        debug_assert!(raw.reads(), "the reading half only reads");
        raw.send(&self.transport).await
    }

    /// Every item of a list in Graph's own words.
    pub async fn raw_pages(&self, raw: &Raw) -> Result<Vec<Value>, Failure> {
        raw.pages(&self.transport).await
    }

    /// Users in the bin, by anything but their id.
    pub async fn deleted_users(&self, query: &Query) -> Result<Vec<Value>, Failure> {
        self.objects("/directory/deletedItems/microsoft.graph.user", query).await
    }

    /// One user in the bin, or `None`. The bin holds other kinds too, and gives them by the same address.
    pub async fn deleted_user(&self, id: &str, query: &Query) -> Result<Option<Value>, Failure> {
        let found = self.object(&format!("/directory/deletedItems/{}", segment(id)), query).await?;
        let is_user = |object: &Value| {
            object["@odata.type"]
                .as_str()
                .is_none_or(|kind| kind.eq_ignore_ascii_case("#microsoft.graph.user"))
        };
        Ok(found.filter(is_user))
    }

    /// Who was let in again, and when, as the audit log tells it from a moment on.
    /// <https://learn.microsoft.com/graph/api/directoryaudit-list>
    pub async fn enabled_since(&self, since: &str) -> Result<Vec<Value>, Failure> {
        let filter = format!("activityDisplayName eq 'Enable account' and activityDateTime ge {since}");
        self.objects("/auditLogs/directoryAudits", &Query::filter(filter)).await
    }

    /// The domains no invitation may go to, or the only ones it may.
    /// A beta resource; a tenant that does not show it gives an empty list.
    pub async fn b2b_policies(&self) -> Result<Vec<Value>, Failure> {
        self.collection("/beta/policies/b2bManagementPolicies".to_owned(), &Query::default()).await
    }
}

/// The writing half: each function is one request that changes the tenant.
#[derive(Clone)]
pub struct GraphWrites {
    transport: Transport,
}

impl GraphWrites {
    pub fn new(transport: Transport) -> GraphWrites {
        GraphWrites { transport }
    }

    async fn send(
        &self,
        method: Method,
        path: String,
        body: Option<Value>,
        repeatable: bool,
    ) -> Result<Reply, Failure> {
        let mut call = Call::graph(method, format!("/v1.0{path}"));
        if repeatable {
            call = call.repeatable();
        }
        if let Some(body) = body {
            call = call.body(body);
        }
        self.transport.call(call).await
    }

    /// <https://learn.microsoft.com/graph/api/invitation-post>
    pub async fn invite(&self, invitation: Value) -> Result<Reply, Failure> {
        self.send(Method::Post, "/invitations".into(), Some(invitation), false).await
    }

    /// <https://learn.microsoft.com/graph/api/user-update>
    pub async fn update_user(&self, id: &str, patch: Value) -> Result<Reply, Failure> {
        self.send(Method::Patch, format!("/users/{}", segment(id)), Some(patch), true).await
    }

    /// Moves the user to the bin for 30 days. <https://learn.microsoft.com/graph/api/user-delete>
    pub async fn delete_user(&self, id: &str) -> Result<Reply, Failure> {
        self.send(Method::Delete, format!("/users/{}", segment(id)), None, true).await
    }

    /// Takes a user out of the bin. <https://learn.microsoft.com/graph/api/directory-deleteditems-restore>
    pub async fn restore(&self, id: &str) -> Result<Reply, Failure> {
        let path = format!("/directory/deletedItems/{}/restore", segment(id));
        self.send(Method::Post, path, None, true).await
    }

    /// For good. <https://learn.microsoft.com/graph/api/directory-deleteditems-delete>
    pub async fn purge(&self, id: &str) -> Result<Reply, Failure> {
        self.send(Method::Delete, format!("/directory/deletedItems/{}", segment(id)), None, true).await
    }

    /// A write in Graph's own words.
    pub async fn raw(&self, raw: &Raw) -> Result<Reply, Failure> {
        raw.send(&self.transport).await
    }

    /// <https://learn.microsoft.com/graph/api/user-post-manager>
    pub async fn set_manager(&self, user: &str, manager: &str) -> Result<Reply, Failure> {
        let body = self.reference("users", manager);
        self.send(Method::Put, format!("/users/{}/manager/$ref", segment(user)), Some(body), true).await
    }

    /// <https://learn.microsoft.com/graph/api/user-delete-manager>
    pub async fn remove_manager(&self, user: &str) -> Result<Reply, Failure> {
        self.send(Method::Delete, format!("/users/{}/manager/$ref", segment(user)), None, true).await
    }

    /// <https://learn.microsoft.com/graph/api/user-post-sponsors>
    pub async fn add_sponsor(&self, user: &str, collection: &str, sponsor: &str) -> Result<Reply, Failure> {
        let body = self.reference(collection, sponsor);
        self.send(Method::Post, format!("/users/{}/sponsors/$ref", segment(user)), Some(body), true).await
    }

    /// Always with `/$ref`, as for members. <https://learn.microsoft.com/graph/api/user-delete-sponsors>
    pub async fn remove_sponsor(&self, user: &str, sponsor: &str) -> Result<Reply, Failure> {
        let path = format!("/users/{}/sponsors/{}/$ref", segment(user), segment(sponsor));
        self.send(Method::Delete, path, None, true).await
    }

    /// <https://learn.microsoft.com/graph/api/group-post-members>
    pub async fn add_group_member(&self, group: &str, member: &str) -> Result<Reply, Failure> {
        let body = self.reference("directoryObjects", member);
        self.send(Method::Post, format!("/groups/{}/members/$ref", segment(group)), Some(body), true).await
    }

    /// Always with `/$ref`: without it the request would delete the member itself.
    /// <https://learn.microsoft.com/graph/api/group-delete-members>
    pub async fn remove_group_member(&self, group: &str, member: &str) -> Result<Reply, Failure> {
        let path = format!("/groups/{}/members/{}/$ref", segment(group), segment(member));
        self.send(Method::Delete, path, None, true).await
    }

    /// Both lists are required, empty ones too. <https://learn.microsoft.com/graph/api/user-assignlicense>
    pub async fn assign_license(
        &self,
        user: &str,
        add: Vec<Value>,
        remove: Vec<Value>,
    ) -> Result<Reply, Failure> {
        let body = json!({ "addLicenses": add, "removeLicenses": remove });
        self.send(Method::Post, format!("/users/{}/assignLicense", segment(user)), Some(body), true).await
    }

    /// <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignments>
    pub async fn add_directory_role(
        &self,
        principal: &str,
        role: &str,
        scope: &str,
    ) -> Result<Reply, Failure> {
        let body = json!({ "principalId": principal, "roleDefinitionId": role, "directoryScopeId": scope });
        self.send(Method::Post, "/roleManagement/directory/roleAssignments".into(), Some(body), true).await
    }

    /// <https://learn.microsoft.com/graph/api/unifiedroleassignment-delete>
    pub async fn remove_directory_role(&self, assignment: &str) -> Result<Reply, Failure> {
        let path = format!("/roleManagement/directory/roleAssignments/{}", segment(assignment));
        self.send(Method::Delete, path, None, true).await
    }

    /// The body of a `$ref` write. It names the public address of Graph's cloud, whatever stands in for it.
    fn reference(&self, collection: &str, id: &str) -> Value {
        let address = self.transport.endpoints().scopes.graph.trim_end_matches("/.default").to_owned();
        json!({ "@odata.id": format!("{address}/v1.0/{collection}/{id}") })
    }
}
