//! Where a call goes and what is written on it. A token goes to its service's own origin and nowhere else.

use super::Call;
use super::failure::Malformed;
use crate::identity::{Service, Token};
use crate::net::{HeaderMap, HeaderName, HeaderValue, Url};

/// The address of a call, below the service's own or nowhere.
pub(super) fn address(base: &str, call: &Call) -> Result<Url, Malformed> {
    let bad_path = |_| Malformed::BadPath;
    let whole = call.path.get(..8).is_some_and(|start| {
        start.eq_ignore_ascii_case("https://") || start[..7].eq_ignore_ascii_case("http://")
    });
    if !whole && !is_plain(&call.path) {
        return Err(Malformed::BadPath);
    }
    let mut address = if whole { call.path.clone() } else { format!("{base}{}", call.path) };
    if let Some(query) = call.query_string() {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&query);
    }
    let url = Url::parse(&address).map_err(bad_path)?;
    if whole {
        let own = Url::parse(base).map_err(bad_path)?.origin();
        if url.origin() != own || !url.username().is_empty() || url.password().is_some() {
            return Err(Malformed::ForeignAddress { origin: url.origin().ascii_serialization() });
        }
    }
    Ok(url)
}

/// Whether the path is taken as it stands. An unencoded `#` would cut it short and so name another object; `..` and `\`
/// would walk out of it; tabs and line ends are dropped without a word.
fn is_plain(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    path.starts_with('/')
        && !path.contains(['#', '\\'])
        && !path.contains(char::is_control)
        && !path.split('/').any(dots)
}

/// The headers of one attempt; `repeats` is how often it was sent before.
pub(super) fn headers(
    call: &Call,
    token: &Token,
    client_request_id: &str,
    repeats: u32,
    connection_id: &str,
) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::with_capacity(call.headers.len() + 8);
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if call.body.is_some() {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    if call.service == Service::Exchange {
        headers.insert("connection-id", value("connection-id", connection_id)?);
    }
    for (name, text) in &call.headers {
        let header = HeaderName::try_from(name).map_err(|_| Malformed::BadHeader { name: name.clone() })?;
        // Ours to write: with another host or length, the request would be another one.
        if matches!(
            header.as_str(),
            "authorization" | "host" | "content-length" | "transfer-encoding" | "connection"
        ) {
            return Err(Malformed::BadHeader { name: name.clone() });
        }
        headers.insert(header, value(name, text)?);
    }
    headers.insert("client-request-id", value("client-request-id", client_request_id)?);
    if repeats > 0 {
        headers.insert("retry-attempt", HeaderValue::from(repeats));
    }
    let mut bearer = value("authorization", &format!("Bearer {}", token.reveal()))?;
    bearer.set_sensitive(true);
    headers.insert("authorization", bearer);
    Ok(headers)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, Malformed> {
    HeaderValue::try_from(text).map_err(|_| Malformed::BadHeader { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Method, segment};

    fn to(path: &str) -> Result<String, Malformed> {
        address("http://127.0.0.1:9", &Call::graph(Method::Get, path)).map(String::from)
    }

    #[test]
    fn a_guests_sign_in_name_is_one_segment() {
        let path = format!("/v1.0/users/{}", segment("ann_fabrikam.example#EXT#@contoso.example"));
        assert_eq!(
            to(&path).unwrap(),
            "http://127.0.0.1:9/v1.0/users/ann_fabrikam.example%23EXT%23@contoso.example"
        );
        assert_eq!(segment("o'neil/a b"), "o%27neil%2Fa%20b");
    }

    #[test]
    fn a_path_that_would_name_another_object_is_refused() {
        for path in [
            "v1.0/users",
            "/users/a#EXT#@b",
            "/users/../groups",
            "/users/%2E%2e/x",
            "/a\\..\\b",
            "/a\n",
            "@evil/",
            "",
        ] {
            assert_eq!(to(path), Err(Malformed::BadPath), "{path:?}");
        }
        assert!(to("/users/a..b/c?x=../y").is_ok());
    }

    #[test]
    fn a_query_keeps_blanks_plus_signs_and_quotes_apart() {
        let call =
            Call::graph(Method::Get, "/v1.0/users").query("$filter", "mail eq 'a+b@x.example' and b & c");
        let url = address("http://127.0.0.1:9", &call).unwrap();
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:9/v1.0/users?$filter=mail%20eq%20%27a%2Bb@x.example%27%20and%20b%20%26%20c"
        );
    }

    #[test]
    fn a_whole_address_stays_on_the_services_own_origin() {
        assert!(to("http://127.0.0.1:9/v1.0/users?$skiptoken=a%20b").is_ok());
        for foreign in [
            "http://127.0.0.1:8/x",
            "https://127.0.0.1:9/x",
            "http://127.0.0.1:9@evil.example/x",
            "HTTPS://evil.example/",
        ] {
            assert!(matches!(to(foreign), Err(Malformed::ForeignAddress { .. })), "{foreign}");
        }
    }
}
