//! What a token says about its bearer, for `get_context` and for naming missing permissions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};

use super::Token;

/// The claims usher shows. Not verified: the token came from the sign-in service, and only the service judges it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Claims {
    pub tenant_id: Option<String>,
    pub object_id: Option<String>,
    pub app_id: Option<String>,
    pub app_name: Option<String>,
    /// The signed-in account; none when the app acts for itself.
    pub user: Option<String>,
    /// Application permissions (and the directory's app roles).
    pub roles: Vec<String>,
    /// Delegated permissions.
    pub scopes: Vec<String>,
}

/// The same as it stands in a token, which may have the names of both of its versions: an alias would refuse that.
#[derive(Deserialize)]
struct Wire {
    tid: Option<String>,
    oid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    app_displayname: Option<String>,
    upn: Option<String>,
    preferred_username: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default, deserialize_with = "words")]
    scp: Vec<String>,
}

impl From<Wire> for Claims {
    fn from(wire: Wire) -> Claims {
        Claims {
            tenant_id: wire.tid,
            object_id: wire.oid,
            app_id: wire.appid.or(wire.azp),
            app_name: wire.app_displayname,
            user: wire.upn.or(wire.preferred_username),
            roles: wire.roles,
            scopes: wire.scp,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::Claims;

    #[test]
    fn a_token_may_name_its_application_twice() {
        let text =
            r#"{ "appid": "a", "azp": "a", "app_displayname": "Onboarding", "roles": ["User.Invite.All"] }"#;
        let claims: Claims = serde_json::from_str(text).unwrap();
        assert_eq!((claims.app_id.as_deref(), claims.app_name.as_deref()), (Some("a"), Some("Onboarding")));
        assert!(claims.is_app_only());
        let user: Claims =
            serde_json::from_str(r#"{ "preferred_username": "ann@contoso.example" }"#).unwrap();
        assert_eq!(user.user.as_deref(), Some("ann@contoso.example"));
    }
}
