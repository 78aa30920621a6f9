//! Tokens by service: kept while they last, and asked for once however many rows need one at the same time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;

use super::app::{App, Proof};
use super::elsewhere::Elsewhere;
use super::people::{Granted, People, Way, patiently};
use super::store::{Held, Whose};
use super::{
    Endpoints, Error, Method, Person, Profile, Scopes, Secret, SecretFrom, Service, Token, TokenStore, claims,
};
use crate::net::Door;

/// The tenant of whoever signs in, where none was named.
const ANY_TENANT: &str = "organizations";

/// A sign-in; clones share its tokens.
#[derive(Clone)]
pub struct Credentials(Arc<Shared>);

struct Shared {
    source: Source,
    /// The profile's name, for messages.
    profile: String,
    of: Whose,
    scopes: Scopes,
    keep: TokenStore,
    person: Arc<dyn Person>,
    graph: Mutex<Slot>,
    exchange: Mutex<Slot>,
    azure: Mutex<Slot>,
}

/// Where tokens come from.
#[derive(Debug)]
enum Source {
    /// The secret of the app stays here and is not kept in files.
    App(App),
    /// The same, with the secret in usher's own keeping.
    AppOfKeptSecret(App),
    People(People),
    Elsewhere(Elsewhere),
}

#[derive(Default)]
struct Slot {
    token: Option<Token>,
    /// Handed to everybody who was already waiting, so that 64 rows do not fail the same sign-in 64 times.
    failure: Option<(Instant, Error)>,
}

/// What a new sign-in begins with.
#[derive(Debug, Default)]
pub struct Fresh {
    /// The app's secret, to be kept from now on.
    pub client_secret: Option<Secret>,
    /// Exactly these permissions of a service instead of everything consented to, without the service's address.
    pub permissions: BTreeMap<&'static str, Vec<String>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&self.0.source).finish()
    }
}

impl Credentials {
    /// An app that signs in with its secret. Nothing is asked yet, and nothing is kept.
    pub fn client_secret(
        door: &Door,
        endpoints: &Endpoints,
        tenant_id: &str,
        client_id: &str,
        secret: Secret,
    ) -> Credentials {
        let app = App {
            door: door.clone(),
            login: endpoints.login.clone(),
            audience: endpoints.login.clone(),
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            proof: Proof::Secret(secret),
        };
        let of = Whose {
            login: endpoints.login.clone(),
            tenant: tenant_id.to_owned(),
            client: client_id.to_owned(),
            method: "client-secret".to_owned(),
        };
        let nobody = Arc::new(super::Nobody);
        Credentials::new(
            Source::App(app),
            tenant_id,
            of,
            endpoints.scopes.clone(),
            TokenStore::none(),
            nobody,
        )
    }

    /// The sign-in of a profile, whichever way it goes. Nothing is asked yet.
    pub fn of(
        door: &Door,
        profile: &Profile,
        keep: TokenStore,
        person: Arc<dyn Person>,
    ) -> Result<Credentials, Error> {
        let endpoints = profile.endpoints();
        let of = Whose::of(profile);
        let app = |proof: Proof| -> Result<App, Error> {
            let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
            // The platform's own variables count where the profile says nothing.
            let federated = matches!(proof, Proof::Federated);
            let from_platform = |name: &str| if federated { variable(name) } else { None };
            let tenant = Some(profile.tenant.clone()).filter(|tenant| !tenant.is_empty());
            let tenant_id = tenant.or_else(|| from_platform("AZURE_TENANT_ID"));
            let client_id = profile.client_id.clone().or_else(|| from_platform("AZURE_CLIENT_ID"));
            Ok(App {
                door: door.clone(),
                login: endpoints.login.clone(),
                audience: Endpoints::of(profile.cloud).login,
                tenant_id: tenant_id.ok_or_else(|| lacks(profile, "a tenant", "--tenant DOMAIN names it"))?,
                client_id: client_id
                    .ok_or_else(|| lacks(profile, "an app registration", "--client-id ID names it"))?,
                proof,
            })
        };
        let people = |way: Way| -> Result<Source, Error> {
            Ok(Source::People(People {
                door: door.clone(),
                login: endpoints.login.clone(),
                tenant: of.tenant.clone(),
                client_id: profile
                    .client_id
                    .clone()
                    .ok_or_else(|| lacks(profile, "an app registration", "--client-id ID names it"))?,
                way,
            }))
        };
        let source = match &profile.method {
            Method::Browser => people(Way::Browser)?,
            Method::DeviceCode => people(Way::DeviceCode)?,
            Method::ClientSecret { secret: SecretFrom::Env(variable) } => {
                Source::App(app(Proof::SecretOf(variable.clone()))?)
            }
            Method::ClientSecret { secret: SecretFrom::Kept } => {
                Source::AppOfKeptSecret(app(Proof::Secret(Secret::new("")))?)
            }
            Method::Certificate { file, password_env } => Source::App(app(Proof::Certificate {
                file: file.clone(),
                password_env: password_env.clone(),
            })?),
            Method::WorkloadIdentity => Source::App(app(Proof::Federated)?),
            Method::ManagedIdentity { id } => {
                Source::Elsewhere(Elsewhere::ManagedIdentity { door: door.clone(), id: id.clone() })
            }
            Method::AzureCli => {
                let tenant = Some(profile.tenant.clone()).filter(|tenant| !tenant.is_empty());
                Source::Elsewhere(Elsewhere::AzureCli { tenant })
            }
            Method::AccessToken { env } => Source::Elsewhere(Elsewhere::Environment {
                variable: env.clone(),
                tenant: profile.tenant.clone(),
            }),
        };
        Ok(Credentials::new(source, &profile.name, of, endpoints.scopes, keep, person))
    }

    fn new(
        source: Source,
        profile: &str,
        of: Whose,
        scopes: Scopes,
        keep: TokenStore,
        person: Arc<dyn Person>,
    ) -> Credentials {
        Credentials(Arc::new(Shared {
            source,
            profile: profile.to_owned(),
            of,
            scopes,
            keep,
            person,
            graph: Mutex::default(),
            exchange: Mutex::default(),
            azure: Mutex::default(),
        }))
    }

    /// Signs in anew, without looking at what was kept: a person is asked, an app shows its proof. What was kept is
    /// replaced when that has gone well. Gives the token for Graph.
    pub async fn sign_in(&self, fresh: Fresh) -> Result<Token, Error> {
        let shared = &*self.0;
        let person = &*shared.person;
        let scopes: BTreeMap<String, String> = fresh
            .permissions
            .iter()
            .filter_map(|(name, permissions)| {
                let service = Service::ALL.into_iter().find(|service| service.name() == *name)?;
                Some(((*name).to_owned(), spelled(self.usual_scope(service), permissions)))
            })
            .collect();
        let usual = self.usual_scope(Service::Graph);
        let scope = scopes.get(Service::Graph.name()).map_or(usual, String::as_str).to_owned();
        // A demand that a service made of the last sign-in goes along, and so does who it was.
        let before = match self.keeps() {
            true => shared.keep.hold_anew(&shared.of).await?.kept.clone(),
            false => super::store::Kept::new(shared.of.clone()),
        };
        let granted = match &shared.source {
            Source::People(people) => {
                if !person.is_there() {
                    return Err(self.needs_somebody());
                }
                people.ask(person, &scope, before.challenge.as_deref(), before.user.as_deref()).await?
            }
            Source::App(app) => alone(patiently(person, || app.fetch(&scope, None)).await?),
            Source::AppOfKeptSecret(app) => {
                let secret = fresh.client_secret.as_ref().map(Secret::reveal);
                let secret = secret.or(before.client_secret.as_deref());
                let app = app.with(Proof::Secret(Secret::new(secret.ok_or_else(|| self.no_secret())?)));
                alone(patiently(person, || app.fetch(&scope, None)).await?)
            }
            Source::Elsewhere(others) => {
                alone(patiently(person, || others.fetch(Service::Graph, &scope)).await?)
            }
        };
        if self.keeps() {
            let mut held = shared.keep.hold_anew(&shared.of).await?;
            held.begin_anew(matches!(shared.source, Source::AppOfKeptSecret(_)));
            held.kept.scopes = scopes;
            if let Some(secret) = &fresh.client_secret {
                held.kept.client_secret = Some(secret.reveal().to_owned());
            }
            take_in(&mut held, &scope, &granted);
            held.save()?;
        }
        *shared.graph.lock().await = Slot { token: Some(granted.token.clone()), failure: None };
        Ok(granted.token)
    }

    /// Keeps it as the sign-in of this profile, whose tenant may be known better now.
    pub async fn belongs_to(&self, profile: &Profile) -> Result<(), Error> {
        let of = Whose::of(profile);
        if !self.keeps() || of == self.0.of {
            return Ok(());
        }
        self.0.keep.hand_over(&self.0.of, &of).await
    }

    /// A token for the service; waits on the network only when there is none that lasts.
    pub async fn token(&self, service: Service) -> Result<Token, Error> {
        self.token_unless(service, None, None).await
    }

    /// The same while somebody waits at a terminal: a busy sign-in service is asked again.
    pub async fn token_patiently(&self, service: Service) -> Result<Token, Error> {
        patiently(&*self.0.person, || self.token(service)).await
    }

    /// Another token than `refused`, which the service did not accept. Made anew once for all who ask. `demanded` is
    /// what the service wants of the next one, see [`challenge`](super::challenge).
    pub async fn renewed(
        &self,
        service: Service,
        refused: &Token,
        demanded: Option<&str>,
    ) -> Result<Token, Error> {
        self.token_unless(service, Some(refused), demanded).await
    }

    async fn token_unless(
        &self,
        service: Service,
        refused: Option<&Token>,
        demanded: Option<&str>,
    ) -> Result<Token, Error> {
        let slot = match service {
            Service::Graph => &self.0.graph,
            Service::Exchange => &self.0.exchange,
            Service::Azure => &self.0.azure,
        };
        let fit = |token: &Token| token.is_fresh() && !refused.is_some_and(|refused| token.is(refused));
        let asked = Instant::now();
        let mut slot = slot.lock().await;
        if let Some(token) = slot.token.as_ref().filter(|token| fit(token)) {
            return Ok(token.clone());
        }
        if let Some((at, error)) = &slot.failure
            && *at >= asked
        {
            return Err(error.clone());
        }
        match self.obtain(service, &fit, demanded).await {
            Ok(token) => {
                *slot = Slot { token: Some(token.clone()), failure: None };
                Ok(token)
            }
            Err(error) => {
                slot.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// From what is kept, else from the source.
    async fn obtain(
        &self,
        service: Service,
        fit: &(dyn Fn(&Token) -> bool + Send + Sync),
        demanded: Option<&str>,
    ) -> Result<Token, Error> {
        let Shared { source, keep, of, .. } = &*self.0;
        let usual = self.usual_scope(service);
        if !self.keeps() {
            return match source {
                Source::App(app) => app.fetch(usual, demanded).await,
                Source::Elsewhere(others) => others.fetch(service, usual).await,
                Source::AppOfKeptSecret(_) | Source::People(_) => Err(self.needs_somebody()),
            };
        }
        let mut held = keep.hold(of).await?;
        let scope = held.kept.scope(service, usual).to_owned();
        if let Some(demanded) = demanded.filter(|_| matches!(source, Source::People(_))) {
            held.kept.challenge = Some(demanded.to_owned());
            held.kept.forget_tokens();
            held.save()?;
            let reason = format!("{} asks for a stronger sign-in to `{}`", service.name(), self.0.profile);
            return Err(self.again(reason));
        }
        // Another usher may have made one in the meantime, or the command before this one.
        if demanded.is_none()
            && let Some(token) = held.kept.token(&scope).filter(|token| fit(token))
        {
            return Ok(token);
        }
        let granted = match source {
            Source::App(app) => alone(app.fetch(&scope, demanded).await?),
            Source::AppOfKeptSecret(app) => {
                let secret = held.kept.client_secret.as_deref().ok_or_else(|| self.no_secret())?;
                alone(app.with(Proof::Secret(Secret::new(secret))).fetch(&scope, demanded).await?)
            }
            Source::Elsewhere(others) => alone(others.fetch(service, &scope).await?),
            Source::People(people) => {
                let Some(refresh_token) = held.kept.refresh_token.clone().map(Secret::new) else {
                    return Err(self.needs_somebody());
                };
                match people.refresh(refresh_token.reveal(), &scope).await {
                    Ok(granted) => granted,
                    Err(error) => return Err(self.no_longer(held, error)),
                }
            }
        };
        take_in(&mut held, &scope, &granted);
        let saved = held.save();
        match source {
            // The old refresh token goes on to be good for a while; an app can always show its proof again.
            _ if saved.is_ok() => {}
            Source::People(_) => saved?,
            _ => {
                if let Err(error) = saved {
                    tracing::warn!("the token is not kept: {error}");
                }
            }
        }
        Ok(granted.token)
    }

    /// Tokens that others make are kept by them.
    fn keeps(&self) -> bool {
        match &self.0.source {
            Source::People(_) | Source::AppOfKeptSecret(_) => true,
            Source::App(_) => self.0.keep.lasts(),
            Source::Elsewhere(_) => false,
        }
    }

    fn usual_scope(&self, service: Service) -> &str {
        match service {
            Service::Graph => &self.0.scopes.graph,
            Service::Exchange => &self.0.scopes.exchange,
            Service::Azure => &self.0.scopes.azure,
        }
    }

    /// What becomes of a refusal of a kept sign-in.
    fn no_longer(&self, mut held: Held, error: Error) -> Error {
        if !error.wants_a_person() {
            return error;
        }
        if let Error::Refused(refusal) = &error
            && let Some(demanded) = &refusal.claims
        {
            held.kept.challenge = Some(demanded.clone());
            // Without it the next sign-in is asked for a little less, and the service asks again.
            let _ = held.save();
        }
        self.again(format!("the sign-in to `{}` is no longer accepted: {error}", self.0.profile))
    }

    fn again(&self, reason: String) -> Error {
        Error::SignInNeeded { profile: self.0.profile.clone(), reason }
    }

    fn needs_somebody(&self) -> Error {
        self.again(format!("nobody is signed in to `{}`", self.0.profile))
    }

    fn no_secret(&self) -> Error {
        let name = &self.0.profile;
        Error::Unusable {
            what: format!("the client secret of `{name}`"),
            reason: "it is not kept on this machine".to_owned(),
            hint: Some(format!("`usher login --name {name} --client-secret-stdin` takes it")),
        }
    }
}

/// What the profile has to say before anybody can sign in.
fn lacks(profile: &Profile, what: &str, hint: &str) -> Error {
    Error::Unusable {
        what: format!("tenant `{}`", profile.name),
        reason: format!("signing in by {} needs {what}", profile.method.word()),
        hint: Some(hint.to_owned()),
    }
}

/// An app's token, which comes with nothing else.
fn alone(token: Token) -> Granted {
    let user = claims(&token).map(|claims| claims.operator()).filter(|user| !user.is_empty());
    Granted { token, refresh_token: None, user }
}

fn take_in(held: &mut Held, scope: &str, granted: &Granted) {
    held.kept.keep(scope, &granted.token);
    if let Some(refresh_token) = &granted.refresh_token {
        held.kept.refresh_token = Some(refresh_token.reveal().to_owned());
    }
    if granted.user.is_some() {
        held.kept.user.clone_from(&granted.user);
    }
}

/// Permissions of one service as a scope: each behind the service's address.
fn spelled(usual: &str, permissions: &[String]) -> String {
    let address = usual.trim_end_matches("/.default");
    let words: Vec<String> = permissions.iter().map(|permission| format!("{address}/{permission}")).collect();
    words.join(" ")
}

impl Whose {
    pub(super) fn of(profile: &Profile) -> Whose {
        let tenant = match profile.tenant.as_str() {
            "" => ANY_TENANT.to_owned(),
            tenant => tenant.to_lowercase(),
        };
        Whose {
            login: profile.endpoints().login,
            tenant,
            client: profile.client_id.clone().unwrap_or_default().to_lowercase(),
            method: profile.method.word().to_owned(),
        }
    }
}
