//! Access tokens: three-part, signed with a key that is published in the source and so protects nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use uuid::Uuid;

const PRIVATE_KEY: &[u8] = include_bytes!("published_test_key.pk8");
const PUBLIC_KEY: &[u8] = include_bytes!("published_test_key.pub");
const KEY_ID: &str = "sandbox-published-key";
const MODULUS: &str = "6Hn-m5WSy2vz2lvFNO0aRwsoieUEmQSNy1LIpaERN5TcQ18gyxSJ8Uq5PES5I288vmQBgHnsS_8igTf7Pio2BKbAktp4d8PUKwgY5Jv-HK1S-IQg4XYRBg4xhmgrlsjc3z87DxgwlRPAlSetj3slMFD2C6wrxaz1bNvHnYqMU5bZc05knOtCbEbol099aIg3tlcFfgaOPBKWk-lzV4vaQ3KNF_tIB1Hl90KM-dtthgILUhW1KvVpja7hq2jFBP5JzpCqXMB5C_-imveq64TUaUpVhG_vD7x-3I7D_kGxQancGIkLDaAdbO3eiOQxjjZjn7hG4t7rRNTp7n1rHZ-naQ";

/// More verified tokens than this are forgotten at once; they are verified again when they come back.
const REMEMBERED: usize = 10_000;

/// The service that a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    Graph,
    Exchange,
    Arm,
}

impl Audience {
    fn url(self) -> &'static str {
        match self {
            Audience::Graph => "https://graph.microsoft.com",
            Audience::Exchange => "https://outlook.office365.com",
            Audience::Arm => "https://management.azure.com",
        }
    }

    fn of_url(url: &str) -> Option<Audience> {
        match url.trim_end_matches('/').to_ascii_lowercase().as_str() {
            "https://graph.microsoft.com" | "00000003-0000-0000-c000-000000000000" => Some(Audience::Graph),
            "https://outlook.office365.com"
            | "https://outlook.office.com"
            | "00000002-0000-0ff1-ce00-000000000000" => Some(Audience::Exchange),
            "https://management.azure.com" | "https://management.core.windows.net" => Some(Audience::Arm),
            _ => None,
        }
    }

    /// `{resource}/.default`, or a bare resource in the older form. The error holds a resource nobody knows, or
    /// nothing when the text is no such scope at all.
    pub fn of_scope(scope: &str, bare: bool) -> Result<Audience, Option<String>> {
        let mut found = None;
        let wanted = |word: &&str| !matches!(*word, "openid" | "profile" | "offline_access" | "email");
        for word in scope.split_whitespace().filter(wanted) {
            let resource = match word.strip_suffix("/.default") {
                Some(resource) => resource,
                None if bare => word,
                None => return Err(None),
            };
            found = Some(Audience::of_url(resource).ok_or_else(|| Some(resource.to_owned()))?);
        }
        found.ok_or(None)
    }

    /// Which of an application's permissions belong into a token for this service.
    pub fn knows(self, role: &str) -> bool {
        match self {
            Audience::Graph => !role.starts_with("Exchange."),
            Audience::Exchange => role.starts_with("Exchange."),
            Audience::Arm => false,
        }
    }
}

/// Who calls, and what was consented.
#[derive(Clone, Debug)]
pub struct Claims {
    pub audience: Audience,
    pub tenant: Uuid,
    pub principal: Uuid,
    pub app: Uuid,
    pub name: String,
    pub roles: Vec<String>,
    /// Seconds of the machine's clock.
    pub not_before: i64,
    pub expires: i64,
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
        let token = sign(&claims);
        self.remember(token.clone(), Arc::new(claims));
        token
    }

    /// The claims of a token, if it is good for a service of this tenant now.
    pub fn check(
        &self,
        token: Option<&str>,
        audience: Audience,
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
        } else if claims.audience != audience {
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

fn sign(claims: &Claims) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": KEY_ID, "x5t": KEY_ID });
    let mut payload = json!({
        "aud": claims.audience.url(),
        "iss": format!("https://sts.windows.net/{}/", claims.tenant),
        "iat": claims.not_before + 300,
        "nbf": claims.not_before,
        "exp": claims.expires,
        "app_displayname": claims.name,
        "appid": claims.app.to_string(),
        "appidacr": "1",
        "idp": format!("https://sts.windows.net/{}/", claims.tenant),
        "idtyp": "app",
        "oid": claims.principal.to_string(),
        "sub": claims.principal.to_string(),
        "tid": claims.tenant.to_string(),
        "uti": URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes()),
        "ver": "1.0",
    });
    if !claims.roles.is_empty() {
        payload["roles"] = json!(claims.roles);
    }
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(&payload));
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .expect("the buffer is as long as the modulus");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
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
    let roles =
        payload["roles"].as_array().into_iter().flatten().filter_map(|role| Some(role.as_str()?.to_owned()));
    Ok(Claims {
        audience: payload["aud"].as_str().and_then(Audience::of_url).ok_or(Refused::Audience)?,
        tenant: id("tid")?,
        principal: id("oid")?,
        app: id("appid")?,
        name: payload["app_displayname"].as_str().unwrap_or_default().to_owned(),
        roles: roles.collect(),
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
