//! An access token: its text, how long it lasts, and what a service says when it wants another.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Secret;
use crate::net::HeaderMap;

/// A token is made anew this long before its end, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(300);

/// An access token; clones share it. Never shown.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    secret: Secret,
    asked_on: SystemTime,
    expires_on: SystemTime,
}

impl Token {
    /// A token that ends at this second of the Unix era, and was asked for just now.
    pub(super) fn new(secret: Secret, expires_on: i64) -> Token {
        Token(Arc::new(Inner { secret, asked_on: SystemTime::now(), expires_on: moment(expires_on) }))
    }

    /// A token that was asked for at another moment.
    pub(super) fn kept(secret: Secret, asked_on: i64, expires_on: i64) -> Token {
        Token(Arc::new(Inner { secret, asked_on: moment(asked_on), expires_on: moment(expires_on) }))
    }

    /// The text itself, for the `Authorization` header and nothing else.
    pub fn reveal(&self) -> &str {
        self.0.secret.reveal()
    }

    /// When the services stop accepting it.
    pub fn expires_on(&self) -> SystemTime {
        self.0.expires_on
    }

    /// When it was asked for and when it ends, in seconds of the Unix era.
    pub(super) fn times(&self) -> (i64, i64) {
        let second = |moment: SystemTime| {
            moment
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        };
        (second(self.0.asked_on), second(self.0.expires_on))
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.is_fresh_at(SystemTime::now())
    }

    fn is_fresh_at(&self, now: SystemTime) -> bool {
        let Inner { asked_on, expires_on, .. } = &*self.0;
        let lifetime = expires_on.duration_since(*asked_on).unwrap_or_default();
        // A sandbox's tokens may live for seconds; they are used for most of them.
        let renew_on = *expires_on - MARGIN.min(lifetime / 5);
        // Before it was asked for: the clock was set back since, and says nothing about this token's end.
        now < renew_on && now + MARGIN > *asked_on
    }

    pub(super) fn is(&self, other: &Token) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.reveal() == other.reveal()
    }
}

fn moment(second: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second.max(0).unsigned_abs())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// What a service that answered 401 demands of the next token, as JSON: `claims="…"` of its challenge, in base64.
pub fn challenge(headers: &HeaderMap) -> Option<String> {
    // Services write both alphabets, with and without padding.
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    headers.get_all("www-authenticate").iter().find_map(|value| {
        let value = value.to_str().ok()?;
        let (_, rest) = value.split_once("claims=\"")?;
        let encoded = rest.split('"').next()?;
        let bytes = [STANDARD, URL_SAFE]
            .iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(encoded).ok())?;
        let text = String::from_utf8(bytes).ok()?;
        serde_json::from_str::<serde_json::Value>(&text).ok()?.is_object().then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::HeaderValue;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn a_token_is_made_anew_before_it_ends() {
        let hour = Token::kept(Secret::new("t"), 10_000, 13_600);
        assert!(hour.is_fresh_at(at(10_000)) && hour.is_fresh_at(at(13_299)));
        assert!(!hour.is_fresh_at(at(13_300)));
        let seconds = Token::kept(Secret::new("t"), 10_000, 10_010);
        assert!(seconds.is_fresh_at(at(10_007)) && !seconds.is_fresh_at(at(10_008)));
    }

    #[test]
    fn a_clock_that_was_set_back_is_not_believed() {
        let token = Token::kept(Secret::new("t"), 10_000, 13_600);
        assert!(token.is_fresh_at(at(9_900)), "clocks may differ a little");
        assert!(!token.is_fresh_at(at(5_000)));
    }

    #[test]
    fn a_challenge_is_read_in_either_alphabet() {
        let told = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("www-authenticate", HeaderValue::from_str(value).unwrap());
            challenge(&headers)
        };
        let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
        let encoded =
            "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ";
        let header = format!(r#"Bearer realm="", error="insufficient_claims", claims="{encoded}""#);
        assert_eq!(told(&header).as_deref(), Some(claims));
        assert_eq!(told(&header.replace(encoded, &format!("{encoded}=="))).as_deref(), Some(claims));
        assert_eq!(told("Bearer realm=\"\""), None);
        assert_eq!(told("Bearer claims=\"nonsense\""), None);
    }
}
