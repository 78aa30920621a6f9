//! Tokens by service: kept while they last, and asked for once however many rows need one at the same time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;

use super::client_secret::ClientSecret;
use super::{Endpoints, Error, Scopes, Secret, Service};
use crate::net::Door;

/// A token is made anew this long before its end, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(300);

/// An access token; clones share it. Never shown.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    secret: Secret,
    expires_on: SystemTime,
    renew_on: SystemTime,
}

impl Token {
    /// A token that ends at this second of the Unix era.
    pub(super) fn new(secret: Secret, expires_on: i64) -> Token {
        let expires_on = UNIX_EPOCH + Duration::from_secs(expires_on.max(0).unsigned_abs());
        let lifetime = expires_on.duration_since(SystemTime::now()).unwrap_or_default();
        // A sandbox's tokens may live for seconds; they are used for most of them.
        let renew_on = expires_on - MARGIN.min(lifetime / 5);
        Token(Arc::new(Inner { secret, expires_on, renew_on }))
    }

    /// The text itself, for the `Authorization` header and nothing else.
    pub fn reveal(&self) -> &str {
        self.0.secret.reveal()
    }

    /// When the services stop accepting it.
    pub fn expires_on(&self) -> SystemTime {
        self.0.expires_on
    }

    fn is_fresh(&self) -> bool {
        SystemTime::now() < self.0.renew_on
    }

    fn is(&self, other: &Token) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// A sign-in; clones share its tokens.
#[derive(Clone)]
pub struct Credentials(Arc<Shared>);

struct Shared {
    source: ClientSecret,
    scopes: Scopes,
    graph: Mutex<Slot>,
    exchange: Mutex<Slot>,
    azure: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    token: Option<Token>,
    /// Handed to everybody who was already waiting, so that 64 rows do not fail the same sign-in 64 times.
    failure: Option<(Instant, Error)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&self.0.source).finish()
    }
}

impl Credentials {
    /// An app that signs in with its secret. Nothing is asked yet.
    pub fn client_secret(
        door: &Door,
        endpoints: &Endpoints,
        tenant_id: &str,
        client_id: &str,
        secret: Secret,
    ) -> Credentials {
        let source = ClientSecret {
            door: door.clone(),
            login: endpoints.login.clone(),
            tenant_id: tenant_id.to_owned(),
            client_id: client_id.to_owned(),
            secret,
        };
        Credentials(Arc::new(Shared {
            source,
            scopes: endpoints.scopes.clone(),
            graph: Mutex::default(),
            exchange: Mutex::default(),
            azure: Mutex::default(),
        }))
    }

    /// The tenant that is signed in to, as it was given: an id or a domain.
    pub fn tenant_id(&self) -> &str {
        &self.0.source.tenant_id
    }

    /// A token for the service; waits on the network only when there is none that lasts.
    pub async fn token(&self, service: Service) -> Result<Token, Error> {
        self.token_unless(service, |token| !token.is_fresh()).await
    }

    /// Another token than `refused`, which the service did not accept. Made anew once for all who ask.
    pub async fn renewed(&self, service: Service, refused: &Token) -> Result<Token, Error> {
        self.token_unless(service, |token| token.is(refused) || !token.is_fresh()).await
    }

    async fn token_unless(&self, service: Service, unfit: impl Fn(&Token) -> bool) -> Result<Token, Error> {
        let Shared { source, scopes, graph, exchange, azure } = &*self.0;
        let (slot, scope) = match service {
            Service::Graph => (graph, &scopes.graph),
            Service::Exchange => (exchange, &scopes.exchange),
            Service::Azure => (azure, &scopes.azure),
        };
        let asked = Instant::now();
        let mut slot = slot.lock().await;
        if let Some(token) = slot.token.as_ref().filter(|token| !unfit(token)) {
            return Ok(token.clone());
        }
        if let Some((at, error)) = &slot.failure
            && *at >= asked
        {
            return Err(error.clone());
        }
        match source.fetch(scope).await {
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
}
