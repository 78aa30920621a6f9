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
    /// The service it is for: an address, or the service's application id.
    #[serde(rename = "aud", default)]
    pub audience: String,
    /// The second of the Unix era in which it ends, by the sign-in service's clock.
    #[serde(rename = "exp")]
    pub expires: Option<i64>,
    #[serde(rename = "oid")]
    pub object_id: Option<String>,
    /// In tokens of the first version; those of the second call it `azp`, and some have both.
    #[serde(rename = "appid")]
    app_id: Option<String>,
    #[serde(rename = "azp")]
    authorized_party: Option<String>,
    #[serde(rename = "app_displayname")]
    pub app_name: Option<String>,
    #[serde(rename = "upn")]
    user_principal_name: Option<String>,
    preferred_username: Option<String>,
    /// Application permissions (and the directory's app roles).
    #[serde(default)]
    pub roles: Vec<String>,
    /// Delegated permissions.
    #[serde(rename = "scp", default, deserialize_with = "words")]
    pub scopes: Vec<String>,
}

impl Claims {
    pub fn app_id(&self) -> Option<&str> {
        self.app_id.as_deref().or(self.authorized_party.as_deref())
    }

    /// The signed-in account; none when the app acts for itself.
    pub fn user(&self) -> Option<&str> {
        self.user_principal_name.as_deref().or(self.preferred_username.as_deref())
    }

    /// Who acts, as far as the token says.
    pub fn operator(&self) -> String {
        self.user().or(self.app_name.as_deref()).or(self.app_id()).unwrap_or_default().to_owned()
    }

    /// What is missing of these: roles where the app acts for itself, scopes where somebody signed in.
    ///
    /// The sign-in service gives an app a token even where nobody consented to anything, so it is looked at before
    /// the first call.
    pub fn missing<'a>(&self, wanted: &[&'a str]) -> Vec<&'a str> {
        let held = if self.is_app_only() { &self.roles } else { &self.scopes };
        let has = |wanted: &str| held.iter().any(|held| held.eq_ignore_ascii_case(wanted));
        wanted.iter().copied().filter(|wanted| !has(wanted)).collect()
    }

    /// Whether the app acts for itself, without a user.
    pub fn is_app_only(&self) -> bool {
        self.scopes.is_empty() && self.user().is_none()
    }
}

/// Reads a token's claims; none when it is opaque, as personal accounts' tokens are.
pub fn claims(token: &Token) -> Option<Claims> {
    read(token.reveal())
}

pub(super) fn read(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
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
        let both = r#"{"appid":"a","azp":"a","app_displayname":"usher","idtyp":"app"}"#;
        let claims: Claims = serde_json::from_str(both).expect("claims");
        assert_eq!((claims.app_id(), claims.operator().as_str()), (Some("a"), "usher"));
        let person = r#"{"azp":"a","upn":"megan@contoso.example","preferred_username":"megan@contoso.example","scp":"User.Read"}"#;
        let claims: Claims = serde_json::from_str(person).expect("claims");
        assert_eq!(claims.operator(), "megan@contoso.example");
        assert!(!claims.is_app_only());
    }

    #[test]
    fn what_an_app_was_not_granted_is_missing_by_its_roles() {
        let app: Claims = serde_json::from_str(r#"{"azp":"a","roles":["User.Read.All"]}"#).expect("claims");
        assert_eq!(app.missing(&["User.Read.All", "User.Invite.All"]), ["User.Invite.All"]);
        let bare: Claims = serde_json::from_str(r#"{"azp":"a"}"#).expect("claims");
        assert_eq!(bare.missing(&["User.Read.All"]), ["User.Read.All"]);
        let person: Claims =
            serde_json::from_str(r#"{"azp":"a","scp":"user.read.all profile"}"#).expect("claims");
        assert!(person.missing(&["User.Read.All"]).is_empty());
    }
}
