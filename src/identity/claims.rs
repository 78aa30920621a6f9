//! What a token says about its bearer, for `get_context` and for naming missing permissions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};

use super::Token;

/// The claims usher shows. Not verified: the token came from the sign-in service, and only the service judges it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    #[serde(rename = "tid")]
    pub tenant_id: Option<String>,
    #[serde(rename = "oid")]
    pub object_id: Option<String>,
    #[serde(rename = "appid", alias = "azp")]
    pub app_id: Option<String>,
    #[serde(rename = "app_displayname")]
    pub app_name: Option<String>,
    /// The signed-in account; none when the app acts for itself.
    #[serde(rename = "upn", alias = "preferred_username")]
    pub user: Option<String>,
    /// Application permissions (and the directory's app roles).
    #[serde(default)]
    pub roles: Vec<String>,
    /// Delegated permissions.
    #[serde(rename = "scp", default, deserialize_with = "words")]
    pub scopes: Vec<String>,
}

impl Claims {
    /// Whether the app acts for itself, without a user.
    pub fn is_app_only(&self) -> bool {
        self.scopes.is_empty() && self.user.is_none()
    }
}

/// Reads a token's claims; none when it is opaque, as personal accounts' tokens are.
pub fn claims(token: &Token) -> Option<Claims> {
    let payload = token.reveal().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(text.split_whitespace().map(str::to_owned).collect())
}
