//! A real tenant: its profile, the way there, and what it says of itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::{grants, recorder};
use crate::identity::{Claims, Credentials, Nobody, Profile, Service, TokenStore, claims};
use crate::net::Door;
use crate::problem::{Kind, Problem, Result};
use crate::runs::session::{Connect, Watch};
use crate::services::explain::{problem, sign_in};
use crate::services::graph::{Graph, Query};
use crate::services::{Lateness, Services, TenantFacts};
use crate::transport::{Cancel, Limits, Transport};

/// How late a service may show its own writes, and those of others.
const OWN_LATENESS: Duration = Duration::from_secs(60);
const OTHERS_LATENESS: Duration = Duration::from_secs(15 * 60);

/// A tenant that a profile describes.
pub struct Real {
    profile: Profile,
    home: PathBuf,
    record: Option<PathBuf>,
    cancel: Cancel,
    watch: Arc<dyn Watch>,
}

impl Real {
    pub fn new(
        profile: Profile,
        home: PathBuf,
        record: Option<PathBuf>,
        cancel: Cancel,
        watch: Arc<dyn Watch>,
    ) -> Real {
        Real { profile, home, record, cancel, watch }
    }
}

/// The door for a profile: its CA file, and the proxies of this machine.
pub fn door(profile: &Profile, record: Option<&PathBuf>) -> Result<Door> {
    Door::trusting(recorder(record)?, profile.ca_file.as_deref()).map_err(|error| {
        Problem::new(Kind::SignIn, error.to_string()).doing(format!("opening the way to `{}`", profile.name))
    })
}

/// Who signs in for a profile. Nobody is asked anything here: people sign in with `usher login`.
pub fn credentials(door: &Door, profile: &Profile, home: &Path) -> Result<Credentials> {
    Credentials::of(door, profile, TokenStore::of_profile(home, profile), Arc::new(Nobody)).map_err(sign_in)
}

/// What a tenant says of itself.
#[derive(Debug, Default)]
pub struct Organization {
    pub id: String,
    /// The domain that new accounts get.
    pub default_domain: String,
    pub domains: Vec<String>,
}

impl Organization {
    /// Asks Graph; `None` when the sign-in may not read it.
    pub async fn fetch(transport: &Transport) -> Result<Option<Organization>> {
        let query = Query::default().select(&["id", "verifiedDomains"]);
        let asked = Graph::new(transport.clone()).objects("/organization", &query).await;
        let asked = asked.map_err(|failure| problem(failure, "asking the tenant for its name"));
        let found = Problem::unless_unseen(asked)?;
        Ok(found.first().map(Organization::read))
    }

    fn read(found: &Value) -> Organization {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let domains: Vec<&Value> = found["verifiedDomains"].as_array().into_iter().flatten().collect();
        let default = domains.iter().find(|domain| domain["isDefault"] == true).or(domains.first());
        Organization {
            id: text(&found["id"]),
            default_domain: default.map(|domain| text(&domain["name"])).unwrap_or_default(),
            domains: domains.iter().map(|domain| text(&domain["name"])).collect(),
        }
    }
}

/// A token may come from elsewhere, and its maker may have been signed in to another tenant than the profile means.
fn is_the_tenant(profile: &Profile, claims: &Claims, organization: Option<&Organization>) -> Result<()> {
    let wanted = profile.tenant.as_str();
    let of_token = claims.tenant_id.as_deref();
    let same = |id: &str| id.eq_ignore_ascii_case(wanted);
    let fits = match (uuid::Uuid::try_parse(wanted).is_ok(), organization) {
        (true, organization) => of_token.or(organization.map(|found| found.id.as_str())).is_none_or(same),
        (false, Some(found)) => found.domains.is_empty() || found.domains.iter().any(|domain| same(domain)),
        // Nobody says which domains the tenant has; the sign-in service was asked for this one.
        (false, None) => true,
    };
    if fits {
        return Ok(());
    }
    let where_to = organization.map(|found| found.default_domain.as_str()).or(of_token).unwrap_or("another");
    Err(Problem::new(
        Kind::SignIn,
        format!(
            "the profile `{}` is for tenant `{wanted}`, and the sign-in is to `{where_to}`",
            profile.name
        ),
    )
    .doing("signing in")
    .hint("sign in to the profile's tenant, or correct `tenant` in the profile"))
}

/// The facts of a tenant from what it and the token say.
fn facts(profile: &Profile, claims: &Claims, organization: Option<&Organization>) -> TenantFacts {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let id = organization.and_then(|found| given(&found.id)).or_else(|| claims.tenant_id.clone());
    let domain = organization.and_then(|found| given(&found.default_domain));
    TenantFacts {
        name: profile.name.clone(),
        id: id.unwrap_or_else(|| profile.tenant.clone()),
        domain: domain.unwrap_or_else(|| profile.tenant.clone()),
        simulated: false,
        operator: given(&claims.operator())
            .or_else(|| profile.client_id.clone())
            .unwrap_or_else(|| "somebody whom the token does not name".to_owned()),
        acts_as_app: claims.is_app_only(),
        ahead: jiff::SignedDuration::ZERO,
        lateness: Lateness::new(OWN_LATENESS, OTHERS_LATENESS),
    }
}

#[async_trait]
impl Connect for Real {
    async fn connect(&self) -> Result<Services> {
        let door = door(&self.profile, self.record.as_ref())?;
        let credentials = credentials(&door, &self.profile, &self.home)?;
        let token = credentials.token(Service::Graph).await.map_err(sign_in)?;
        let claims = claims(&token).unwrap_or_default();
        let watch = self.watch.clone();
        let transport = Transport::new(door, credentials, self.profile.endpoints())
            .with_limits(Limits::published())
            .stopped_by(&self.cancel)
            .watched_by(move |waiting| watch.call_waits(waiting));
        let organization = Organization::fetch(&transport).await?;
        is_the_tenant(&self.profile, &claims, organization.as_ref())?;
        let facts = facts(&self.profile, &claims, organization.as_ref());
        Ok(Services::new(transport, facts, None).granted(grants(&claims)))
    }

    fn name(&self) -> &str {
        &self.profile.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Method;

    fn profile(tenant: &str) -> Profile {
        Profile::new("contoso", tenant, Method::AzureCli)
    }

    #[test]
    fn a_sign_in_to_another_tenant_than_the_profiles_is_refused() {
        let id = "11111111-2222-3333-4444-555555555555";
        let found = Organization {
            id: id.to_owned(),
            default_domain: "contoso.example".to_owned(),
            domains: vec!["contoso.example".to_owned()],
            ..Organization::default()
        };
        let token: Claims = serde_json::from_value(serde_json::json!({ "tid": id })).unwrap();
        let check = |tenant: &str, found| is_the_tenant(&profile(tenant), &token, found);
        assert!(check("contoso.example", Some(&found)).is_ok());
        assert!(check(id, None).is_ok());
        assert!(check("fabrikam.example", None).is_ok(), "nobody can tell");
        let refused = check("fabrikam.example", Some(&found)).unwrap_err();
        assert!(refused.message.contains("the sign-in is to `contoso.example`"), "{refused}");
        assert!(check("99999999-2222-3333-4444-555555555555", Some(&found)).is_err());
    }
}
