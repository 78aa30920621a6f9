//! Azure Resource Manager: subscriptions, resources, role definitions and assignments.

use serde_json::{Value, json};

use super::raw::Raw;
use crate::transport::{Call, Failure, Method, Reply, Transport, segment};

/// <https://learn.microsoft.com/rest/api/authorization/role-assignments>
const ROLES: &str = "2022-04-01";
/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list>
const SUBSCRIPTIONS: &str = "2022-12-01";
/// <https://learn.microsoft.com/rest/api/resources/resources/list>
const RESOURCES: &str = "2021-04-01";
/// The version that asking about an assignment is published in.
/// <https://learn.microsoft.com/rest/api/authorization/role-assignments/validate>
const VALIDATE: &str = "2020-10-01";
/// `Reader`, which every tenant has.
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// The reading half of Azure.
#[derive(Clone)]
pub struct Azure {
    transport: Transport,
}

impl Azure {
    pub fn new(transport: Transport) -> Azure {
        Azure { transport }
    }

    pub async fn subscriptions(&self) -> Result<Vec<Value>, Failure> {
        self.transport.pages(Call::azure(Method::Get, "/subscriptions", SUBSCRIPTIONS), None).await
    }

    pub async fn resource_groups(&self, subscription: &str) -> Result<Vec<Value>, Failure> {
        let path = format!("/subscriptions/{}/resourcegroups", segment(subscription));
        self.transport.pages(Call::azure(Method::Get, path, RESOURCES), None).await
    }

    pub async fn resources(&self, subscription: &str, filter: Option<&str>) -> Result<Vec<Value>, Failure> {
        let path = format!("/subscriptions/{}/resources", segment(subscription));
        let mut call = Call::azure(Method::Get, path, RESOURCES);
        if let Some(filter) = filter {
            call = call.query("$filter", filter);
        }
        self.transport.pages(call, None).await
    }

    /// Role definitions that can be assigned at a scope; all of them, or those of one name.
    pub async fn role_definitions(&self, scope: &str, name: Option<&str>) -> Result<Vec<Value>, Failure> {
        let mut call = self.authorization(scope, "roleDefinitions");
        if let Some(name) = name {
            call = call.query("$filter", format!("roleName eq '{}'", name.replace('\'', "''")));
        }
        Ok(self.transport.pages(call, None).await?.into_iter().map(flat).collect())
    }

    /// What one principal holds directly at, above and below a scope.
    pub async fn role_assignments(&self, scope: &str, principal: &str) -> Result<Vec<Value>, Failure> {
        let call = self
            .authorization(scope, "roleAssignments")
            .query("$filter", format!("principalId eq '{principal}'"));
        Ok(self.transport.pages(call, None).await?.into_iter().map(flat).collect())
    }

    /// Whether Azure has heard of a principal, asked in the one way that changes nothing: would an assignment to it be valid?
    /// Without `principalType` Azure looks the principal up in its own copy of the directory.
    pub async fn knows(&self, subscription: &str, principal: &str) -> Result<bool, Failure> {
        let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, principal.as_bytes());
        let authorization =
            format!("{}/providers/Microsoft.Authorization", subscription.trim_end_matches('/'));
        let body = json!({ "properties": {
            "roleDefinitionId": format!("{authorization}/roleDefinitions/{READER}"),
            "principalId": principal,
        }});
        let path = format!("{authorization}/roleAssignments/{name}/validate");
        let call = Call::azure(Method::Post, path, VALIDATE).body(body).reading();
        let answer = self.transport.call(call).await?.body;
        // Any other objection, such as that the assignment is there already, is made of a principal that is known.
        Ok(answer["errorInfo"]["code"] != "PrincipalNotFound")
    }

    /// A read in Azure's own words; its answer is given as it is.
    pub async fn raw(&self, raw: &Raw) -> Result<Reply, Failure> {
        debug_assert!(raw.reads(), "the reading half only reads");
        raw.send(&self.transport).await
    }

    /// Every item of a list in Azure's own words.
    pub async fn raw_pages(&self, raw: &Raw) -> Result<Vec<Value>, Failure> {
        raw.pages(&self.transport).await
    }

    fn authorization(&self, scope: &str, what: &str) -> Call {
        let scope = scope.trim_end_matches('/');
        Call::azure(Method::Get, format!("{scope}/providers/Microsoft.Authorization/{what}"), ROLES)
    }
}

/// The writing half.
#[derive(Clone)]
pub struct AzureWrites {
    transport: Transport,
}

impl AzureWrites {
    pub fn new(transport: Transport) -> AzureWrites {
        AzureWrites { transport }
    }

    /// Assigns a role under a name of the caller's choosing; the same name again changes nothing.
    pub async fn assign_role(
        &self,
        scope: &str,
        name: &str,
        role: &str,
        principal: &str,
        principal_type: &str,
    ) -> Result<Reply, Failure> {
        let path = format!(
            "{}/providers/Microsoft.Authorization/roleAssignments/{name}",
            scope.trim_end_matches('/')
        );
        let body = json!({ "properties": {
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": principal_type,
        }});
        self.transport.call(Call::azure(Method::Put, path, ROLES).body(body).repeatable()).await
    }

    /// A write in Azure's own words.
    pub async fn raw(&self, raw: &Raw) -> Result<Reply, Failure> {
        raw.send(&self.transport).await
    }

    /// Removes an assignment by its full id; one that is gone already is a success to Azure.
    pub async fn remove_role(&self, assignment: &str) -> Result<Reply, Failure> {
        self.transport.call(Call::azure(Method::Delete, assignment.to_owned(), ROLES).repeatable()).await
    }
}

/// Azure's `properties` beside the rest, as PowerShell shows them; the wire form stays under `properties`.
pub fn flat(object: Value) -> Value {
    let Value::Object(mut map) = object else { return object };
    if let Some(Value::Object(properties)) = map.get("properties").cloned() {
        for (name, value) in properties {
            map.entry(name).or_insert(value);
        }
    }
    Value::Object(map)
}
