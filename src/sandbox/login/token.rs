//! Access tokens: three-part, signed with a key that is published in the source and so protects nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Proof;
use super::resource::Audience;

pub(super) const PRIVATE_KEY: &[u8] = include_bytes!("published_test_key.pk8");
const PUBLIC_KEY: &[u8] = include_bytes!("published_test_key.pub");
const KEY_ID: &str = "sandbox-published-key";
const MODULUS: &str = "6Hn-m5WSy2vz2lvFNO0aRwsoieUEmQSNy1LIpaERN5TcQ18gyxSJ8Uq5PES5I288vmQBgHnsS_8igTf7Pio2BKbAktp4d8PUKwgY5Jv-HK1S-IQg4XYRBg4xhmgrlsjc3z87DxgwlRPAlSetj3slMFD2C6wrxaz1bNvHnYqMU5bZc05knOtCbEbol099aIg3tlcFfgaOPBKWk-lzV4vaQ3KNF_tIB1Hl90KM-dtthgILUhW1KvVpja7hq2jFBP5JzpCqXMB5C_-imveq64TUaUpVhG_vD7x-3I7D_kGxQancGIkLDaAdbO3eiOQxjjZjn7hG4t7rRNTp7n1rHZ-naQ";

/// More verified tokens than this are forgotten at once; they are verified again when they come back.
const REMEMBERED: usize = 10_000;

/// Tokens of people name these beside their directory roles: what every member of a tenant is, and every application.
const MEMBER_OF_TENANT: &str = "b79fbf4d-3ef9-4689-8143-76b194e85509";
const APPLICATION_OF_TENANT: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";

/// Who calls, and what was consented.
#[derive(Clone, Debug)]
pub struct Claims {
    pub audience: Audience,
    /// The service as the caller named it.
    pub resource: String,
    pub tenant: Uuid,
    /// The application's service principal, or the person.
    pub principal: Uuid,
    pub app: Uuid,
    pub app_name: String,
    /// Of the person, or of the application that acts for itself.
    pub name: String,
    /// Application permissions.
    pub roles: Vec<String>,
    /// Who signed in; nobody when the application acts for itself.
    pub person: Option<Person>,
    /// Directory roles at the time of issue. What counts is what the directory says when a call arrives.
    pub directory_roles: Vec<Uuid>,
    pub proof: Proof,
    /// Seconds of the machine's clock.
    pub not_before: i64,
    pub expires: i64,
}

/// A signed-in person, as tokens describe one.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub upn: String,
    /// What is shown as the account's name: a guest's own address, else the same as `upn`.
    pub unique_name: String,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub guest: bool,
    /// Delegated permissions.
    pub scopes: Vec<String>,
}

impl Claims {
    /// Whether the token itself speaks of a permission, of either kind.
    pub fn mentions(&self, permission: &str) -> bool {
        match &self.person {
            None => self.roles.iter().any(|role| role == permission),
            Some(person) => person.scopes.iter().any(|scope| scope == permission),
        }
    }

    /// A permission that stands for everything the person may do in the directory.
    pub fn acts_as_the_person(&self) -> bool {
        self.person.is_some() && self.mentions("Directory.AccessAsUser.All")
    }

    /// How messages of the services call the caller.
    pub fn called(&self) -> String {
        self.person.as_ref().map_or_else(|| self.app.to_string(), |person| person.unique_name.clone())
    }
}

/// Why a token does not do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    Missing,
    Unreadable,
    Signature,
    Expired,
    Audience,
    Tenant,
}

/// Tokens that were issued or verified, so that each is verified once.
#[derive(Default)]
pub struct Tokens {
    known: RwLock<HashMap<String, Arc<Claims>>>,
    /// Tokens that are to be good no more, although their time has not come.
    expired: RwLock<HashSet<String>>,
}

impl Tokens {
    pub fn issue(&self, claims: Claims) -> String {
        let token = signed(&payload(&claims));
        self.remember(token.clone(), Arc::new(claims));
        token
    }

    /// The claims of a token, if it is good for a service of this tenant now.
    pub fn check(
        &self,
        token: Option<&str>,
        service: Audience,
        tenant: Uuid,
    ) -> Result<Arc<Claims>, Refused> {
        let token = token.filter(|token| !token.is_empty()).ok_or(Refused::Missing)?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(verify(token)?);
                self.remember(token.to_owned(), Arc::clone(&claims));
                claims
            }
        };
        if self.is_expired(token) {
            return Err(Refused::Expired);
        }
        let now = jiff::Timestamp::now().as_second();
        if now >= claims.expires || now < claims.not_before {
            Err(Refused::Expired)
        } else if !claims.audience.opens(service) {
            Err(Refused::Audience)
        } else if claims.tenant != tenant {
            Err(Refused::Tenant)
        } else {
            Ok(claims)
        }
    }

    /// Makes a token worthless before its time.
    pub fn expire(&self, token: &str) {
        self.expired.write().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned());
    }

    fn is_expired(&self, token: &str) -> bool {
        let expired = self.expired.read().unwrap_or_else(PoisonError::into_inner);
        !expired.is_empty() && expired.contains(token)
    }

    pub fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn remember(&self, token: String, claims: Arc<Claims>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token, claims);
    }
}

fn key() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| {
        RsaKeyPair::from_pkcs8(PRIVATE_KEY).expect("the embedded key was made for this by openssl")
    })
}

/// A payload as a token: header, payload, signature.
pub(super) fn signed(payload: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": KEY_ID, "x5t": KEY_ID });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(payload));
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .expect("the buffer is as long as the modulus");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// An id that means somebody to one application only.
pub(super) fn pairwise(principal: Uuid, app: Uuid) -> String {
    let digest =
        ring::digest::digest(&ring::digest::SHA256, &[*principal.as_bytes(), *app.as_bytes()].concat());
    URL_SAFE_NO_PAD.encode(digest.as_ref())
}

fn payload(claims: &Claims) -> Value {
    let issuer = format!("https://sts.windows.net/{}/", claims.tenant);
    let (id, app) = (claims.principal.to_string(), claims.app.to_string());
    let mut payload = json!({
        "aud": claims.resource,
        "iss": issuer,
        "iat": claims.not_before + 300,
        "nbf": claims.not_before,
        "exp": claims.expires,
    });
    let mut roles: Vec<String> = claims.directory_roles.iter().map(Uuid::to_string).collect();
    let more = match &claims.person {
        None => {
            roles.push(APPLICATION_OF_TENANT.to_owned());
            json!({
                "app_displayname": claims.app_name,
                "appid": app,
                "azp": app,
                "appidacr": claims.proof.number(),
                "idp": issuer,
                "idtyp": "app",
                "oid": id,
                "rh": format!("1.{}", pairwise(claims.tenant, claims.app)),
                "sub": id,
            })
        }
        Some(person) => {
            if !person.guest {
                roles.push(MEMBER_OF_TENANT.to_owned());
            }
            let mut more = json!({
                "acct": if person.guest { 1 } else { 0 },
                "acr": "1",
                "amr": ["pwd"],
                "app_displayname": claims.app_name,
                "appid": app,
                "azp": app,
                "appidacr": claims.proof.number(),
            });
            let names = [("family_name", &person.family_name), ("given_name", &person.given_name)];
            for (name, value) in names {
                if let Some(value) = value {
                    more[name] = json!(value);
                }
            }
            let rest = json!({
                "idtyp": "user",
                "ipaddr": "127.0.0.1",
                "name": claims.name,
                "oid": id,
                "puid": puid(claims.principal),
                "rh": format!("1.{}", pairwise(claims.tenant, claims.app)),
                "scp": person.scopes.join(" "),
                "sid": Uuid::new_v4().to_string(),
                "sub": pairwise(claims.principal, claims.app),
                "unique_name": person.unique_name,
                "upn": person.upn,
            });
            extend(&mut more, rest);
            more
        }
    };
    extend(&mut payload, more);
    if !claims.roles.is_empty() {
        payload["roles"] = json!(claims.roles);
    }
    let rest = json!({
        "tenant_region_scope": "EU",
        "tid": claims.tenant.to_string(),
        "uti": URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes()),
        "ver": "1.0",
        "wids": roles,
    });
    extend(&mut payload, rest);
    payload
}

fn extend(value: &mut Value, more: Value) {
    if let (Value::Object(map), Value::Object(more)) = (value, more) {
        map.extend(more);
    }
}

/// The number that older services know a person by.
pub(super) fn puid(principal: Uuid) -> String {
    format!("1003{:012X}", principal.as_u128() & 0xffff_ffff_ffff)
}

fn verify(token: &str) -> Result<Claims, Refused> {
    let (text, signature) = token.rsplit_once('.').ok_or(Refused::Unreadable)?;
    let (_, payload) = text.split_once('.').ok_or(Refused::Unreadable)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::Unreadable)?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PUBLIC_KEY)
        .verify(text.as_bytes(), &signature)
        .map_err(|_| Refused::Signature)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| Refused::Unreadable)?;
    let payload: Value = serde_json::from_slice(&payload).map_err(|_| Refused::Unreadable)?;
    let id = |name: &str| {
        payload[name].as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or(Refused::Unreadable)
    };
    let second = |name: &str| payload[name].as_i64().ok_or(Refused::Unreadable);
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    let roles =
        payload["roles"].as_array().into_iter().flatten().filter_map(|role| Some(role.as_str()?.to_owned()));
    let person = (payload["idtyp"] == "user").then(|| Person {
        upn: text("upn"),
        unique_name: text("unique_name"),
        scopes: text("scp").split_whitespace().map(str::to_owned).collect(),
        ..Person::default()
    });
    let resource = text("aud");
    Ok(Claims {
        audience: Audience::of_url(&resource).ok_or(Refused::Audience)?,
        resource,
        tenant: id("tid")?,
        principal: id("oid")?,
        app: id("appid")?,
        app_name: text("app_displayname"),
        name: if person.is_some() { text("name") } else { text("app_displayname") },
        roles: roles.collect(),
        person,
        directory_roles: Vec::new(),
        proof: Proof::None,
        not_before: second("nbf")?,
        expires: second("exp")?,
    })
}

/// The key set document.
pub fn published_keys() -> Value {
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "x5t": KEY_ID, "n": MODULUS, "e": "AQAB",
    }] })
}
