//! What a sign-in came to: who, which tenant, which of its services work, and what to type next.

use std::collections::BTreeMap;

use crate::identity::{Claims, Credentials, Method, Profile, Service, TokenStore, claims};
use crate::net::Door;
use crate::services::explain;
use crate::transport::{Call, Method as Verb, Transport};
use crate::verbs::Entry;
use crate::verbs::card::Grantor;

/// The version of the API by which subscriptions are listed.
const SUBSCRIPTIONS: &str = "2022-12-01";

/// Delegated permissions, or those of apps, by service. Azure's are roles at a scope, and no part of a sign-in.
pub fn permissions(verbs: &[&'static Entry], delegated: bool) -> BTreeMap<&'static str, Vec<String>> {
    let mut wanted: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for permission in verbs.iter().flat_map(|entry| entry.card.permissions) {
        let service = match permission.grantor {
            Grantor::Graph => Service::Graph,
            Grantor::Exchange => Service::Exchange,
            Grantor::Azure => continue,
        };
        let named = if delegated { permission.delegated } else { permission.application };
        // "Exchange.Manage with Exchange Recipient Administrator": the role is given elsewhere.
        let name = named.split_whitespace().next().unwrap_or_default();
        let names = wanted.entry(service.name()).or_default();
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    // Every sign-in has to ask Graph for something, and who one is and in which tenant is the least.
    let graph = wanted.entry(Service::Graph.name()).or_default();
    if graph.is_empty() {
        graph.push("User.Read".to_owned());
    }
    wanted
}

/// How it stands with one service.
enum Standing {
    Works(Option<String>),
    /// It does not, and this is what that means.
    Lacks(String),
}

pub struct Outcome {
    claims: Claims,
    tenant_name: Option<String>,
    domain: Option<String>,
    services: Vec<(Service, Standing)>,
}

impl Outcome {
    /// Looks at the tenant and at each service. What cannot be read is no reason to fail: a narrow sign-in is one too.
    pub async fn of(door: &Door, credentials: &Credentials, profile: &Profile, held: Claims) -> Outcome {
        let way = Transport::new(door.clone(), credentials.clone(), profile.endpoints());
        let organization =
            Call::graph(Verb::Get, "/v1.0/organization").query("$select", "id,displayName,verifiedDomains");
        let organization = way.call(organization).await.map(|reply| reply.body).unwrap_or_default();
        let organization = &organization["value"][0];
        let domains = organization["verifiedDomains"].as_array();
        let domain = domains.and_then(|domains| {
            let usual = domains.iter().find(|domain| domain["isDefault"] == true);
            usual.or(domains.first())?["name"].as_str().map(str::to_owned)
        });
        let given = Some(&profile.tenant).filter(|tenant| tenant.contains('.'));
        let mut services = vec![(Service::Graph, graph(&held))];
        for service in [Service::Exchange, Service::Azure] {
            let standing = match credentials.token_patiently(service).await {
                Err(error) => {
                    let lacks = error.lacks_the_service();
                    let problem = explain::sign_in(error);
                    let hint = problem.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                    let message = problem.message;
                    Standing::Lacks(match lacks {
                        true => format!("is not there: {message}{hint}"),
                        false => format!("gave no token: {message}{hint}"),
                    })
                }
                Ok(token) if service == Service::Exchange => exchange(&claims(&token).unwrap_or_default()),
                Ok(_) => azure(&way).await,
            };
            services.push((service, standing));
        }
        Outcome {
            claims: held,
            tenant_name: organization["displayName"].as_str().map(str::to_owned),
            domain: domain.or_else(|| given.cloned()),
            services,
        }
    }

    /// What the tenant is called where nobody chose a name: `contoso` for contoso.onmicrosoft.com.
    pub fn short_name(&self) -> String {
        let domain = self.domain.as_deref().unwrap_or_default();
        let first: String = domain
            .split('.')
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let first = first.trim_matches('-').to_lowercase();
        let id = || self.claims.tenant_id.as_deref().unwrap_or("tenant").chars().take(8).collect();
        if first.is_empty() || first == super::super::tenant::SANDBOX { id() } else { first }
    }

    /// Whether this is what the tenant is known by.
    pub fn is_tenant(&self, known_by: &str) -> bool {
        let by =
            |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(known_by));
        by(&self.claims.tenant_id) || by(&self.domain)
    }

    pub fn told(&self, profile: &Profile, keep: &TokenStore, verbs: Option<&[&'static Entry]>) -> String {
        let name = &profile.name;
        let domain = self.domain.as_deref().unwrap_or(&profile.tenant);
        let id = self.claims.tenant_id.as_deref().filter(|id| *id != domain);
        let place = [Some(domain), id].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let tenant = match &self.tenant_name {
            Some(name) => format!("{name} ({place})"),
            None => place,
        };
        let who = match (self.claims.operator(), self.claims.is_app_only()) {
            (who, _) if who.is_empty() => String::new(),
            (who, true) => format!(" as the app {who}"),
            (who, false) => format!(" as {who}"),
        };
        let mut out = format!("signed in to {tenant}{who}\n\n");
        for (service, standing) in &self.services {
            let said = match standing {
                Standing::Works(None) => "works".to_owned(),
                Standing::Works(Some(note)) => format!("works; {note}"),
                Standing::Lacks(what) => format!("{what}\n              {}", meaning(*service)),
            };
            out.push_str(&format!("  {:<10}{said}\n", service.name()));
        }
        if let Some(verbs) = verbs {
            let wanted = permissions(verbs, !self.claims.is_app_only());
            let graph = wanted.get(Service::Graph.name()).map(Vec::as_slice).unwrap_or_default();
            let wanted: Vec<&str> = graph.iter().map(String::as_str).collect();
            let missing = self.claims.missing(&wanted);
            if !missing.is_empty() {
                out.push_str(&format!(
                    "\nmissing for this script: {}\n  an administrator grants them to the app registration, then sign in again\n",
                    missing.join(", ")
                ));
            }
        }
        let read_only = if profile.read_only { ", and no write is ever sent to it" } else { "" };
        out.push_str(&format!("\nthe tenant is called `{name}` here{read_only}\n"));
        out.push_str(&format!("{}\n", kept(profile, keep)));
        out.push_str(&format!("next: usher run --tenant {name} -e 'get_guests().len()'"));
        out
    }
}

fn graph(held: &Claims) -> Standing {
    if held.is_app_only() && held.roles.is_empty() {
        return Standing::Lacks(
            "gave a token without permissions: nobody has granted the app any, or nobody consented"
                .to_owned(),
        );
    }
    Standing::Works(None)
}

fn exchange(held: &Claims) -> Standing {
    let names = if held.is_app_only() { &held.roles } else { &held.scopes };
    if names.iter().any(|name| name.starts_with("Exchange.") || name == "AdminApi.AccessAsUser.All") {
        let role = "contacts also need a role in Exchange, and go through an address that Microsoft does not document";
        return Standing::Works(Some(role.to_owned()));
    }
    let wanted = if held.is_app_only() { "Exchange.ManageAsApp" } else { "Exchange.Manage" };
    Standing::Lacks(format!("gave a token without the permission {wanted}"))
}

async fn azure(way: &Transport) -> Standing {
    match way.call(Call::azure(Verb::Get, "/subscriptions", SUBSCRIPTIONS)).await {
        Ok(reply) => match reply.body["value"].as_array().map_or(0, Vec::len) {
            0 => Standing::Lacks("shows no subscription to this sign-in".to_owned()),
            count => Standing::Works(Some(crate::words::count(count, "subscription"))),
        },
        Err(failure) => {
            let problem = explain::problem(failure, "looking at the subscriptions");
            Standing::Lacks(format!("answered: {}", problem.message))
        }
    }
}

/// What it means that a service does not work.
fn meaning(service: Service) -> &'static str {
    match service {
        Service::Graph => "guests, groups and invitations cannot be worked on until it has",
        Service::Exchange => "mail contacts and address lists cannot be worked on; everything else works",
        Service::Azure => "roles on Azure resources cannot be worked on; everything else works",
    }
}

fn kept(profile: &Profile, keep: &TokenStore) -> String {
    match &profile.method {
        Method::AzureCli => "the sign-in is the Azure CLI's, which keeps it; usher keeps none".to_owned(),
        Method::ManagedIdentity { .. } => "the sign-in is this machine's own; usher keeps none".to_owned(),
        Method::AccessToken { env } => format!("the token is read from {env} each time; usher keeps none"),
        Method::ClientSecret { secret: crate::identity::SecretFrom::Env(env) } => {
            format!("the secret is read from {env} each time; the tokens are kept {}", keep.in_words())
        }
        Method::Certificate { file, .. } => {
            format!(
                "the certificate is read from {} each time; the tokens are kept {}",
                file.display(),
                keep.in_words()
            )
        }
        _ => format!("its sign-in is kept {}", keep.in_words()),
    }
}
