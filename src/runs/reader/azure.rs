//! Reading Azure: subscriptions, resources, roles.

use super::*;

impl Reader<'_> {
    pub async fn subscriptions(&self) -> Result<Vec<Value>> {
        let read = || async { self.services.azure.subscriptions().await };
        self.memory
            .subscriptions
            .get_or_try_init(read)
            .await
            .cloned()
            .map_err(|f| problem(f, "reading Azure subscriptions"))
    }

    pub async fn resources(&self, subscription: &str, filter: Option<&str>) -> Result<Vec<Value>> {
        self.services
            .azure
            .resources(subscription, filter)
            .await
            .map_err(|f| problem(f, "reading Azure resources"))
    }

    pub async fn resource_groups(&self, subscription: &str) -> Result<Vec<Value>> {
        self.services
            .azure
            .resource_groups(subscription)
            .await
            .map_err(|f| problem(f, "reading Azure resource groups"))
    }

    /// Role definitions at a scope; those of one name are read once for all rows of a bulk.
    pub async fn azure_role_definitions(&self, scope: &str, name: Option<&str>) -> Result<Vec<Value>> {
        let failed = |f| problem(f, &format!("reading Azure roles at `{scope}`"));
        let Some(name) = name else {
            return self.services.azure.role_definitions(scope, None).await.map_err(failed);
        };
        let key = (scope.to_lowercase(), name.to_lowercase());
        let mut known = self.memory.azure_roles.lock().await;
        if let Some(roles) = known.get(&key) {
            return Ok(roles.clone());
        }
        let roles = self.services.azure.role_definitions(scope, Some(name)).await.map_err(failed)?;
        if !roles.is_empty() {
            known.insert(key, roles.clone());
        }
        Ok(roles)
    }

    /// What a principal holds at, above and below a scope.
    pub async fn azure_role_assignments(&self, scope: &str, principal: &str) -> Result<Vec<Value>> {
        let assignments = match is_placeholder(principal) {
            true => Vec::new(),
            false => self
                .services
                .azure
                .role_assignments(scope, principal)
                .await
                .map_err(|f| problem(f, &format!("reading Azure roles of `{principal}`")))?,
        };
        Ok(self.over(Collection::AzureRoles, assignments, |object| object["principalId"] == principal))
    }
}
