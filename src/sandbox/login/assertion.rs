//! The other proof of an application: a statement signed with the key of its certificate.
//!
//! The administrator's certificate was made once with openssl and is published here together with its private key:
//! it protects nothing, and nobody should trust it anywhere else.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::super::tenant::{App, Tenant};
use super::failure::Failure;
use super::is_tenant;

const CERTIFICATE: &[u8] = include_bytes!("published_test_certificate.der");
const PRIVATE_KEY: &[u8] = include_bytes!("published_test_certificate.pk8");
const PUBLIC_KEY: &[u8] = include_bytes!("published_test_certificate.pub");

/// Certificate and private key, as tools read them from one file.
pub fn published_certificate() -> String {
    format!("{}{}", armoured("CERTIFICATE", CERTIFICATE), armoured("PRIVATE KEY", PRIVATE_KEY))
}

fn armoured(label: &str, bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Whether a header names the published certificate, in whichever way.
fn names_our_key(header: &Value) -> bool {
    let (sha1, sha256) = (digest(&SHA1_FOR_LEGACY_USE_ONLY, CERTIFICATE), digest(&SHA256, CERTIFICATE));
    let (short, long) = (URL_SAFE_NO_PAD.encode(sha1), URL_SAFE_NO_PAD.encode(sha256));
    let is = |name: &str, wanted: &str| {
        header[name].as_str().is_some_and(|text| text.trim_end_matches('=') == wanted)
    };
    let kid = header["kid"].as_str().unwrap_or_default();
    let first = header["x5c"][0].as_str().or(header["x5c"].as_str());
    is("x5t", &short)
        || is("x5t#S256", &long)
        || first.is_some_and(|text| STANDARD.decode(text).is_ok_and(|bytes| bytes == CERTIFICATE))
        || kid == short
        || kid.eq_ignore_ascii_case(&hexadecimal(sha1.as_ref()))
        || kid.eq_ignore_ascii_case(&hexadecimal(sha256.as_ref()))
}

/// Lets an assertion pass that this application signed for this tenant a moment ago.
pub fn verify(tenant: &Tenant, app: &App, assertion: &str) -> Result<(), Failure> {
    let invalid = |why: &str| Failure::client(50027, format!("JWT token is invalid or malformed. {why}"));
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return Err(invalid("It does not have three parts."));
    };
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok()
    };
    let (Some(header), Some(payload)) = (read(header), read(payload)) else {
        return Err(invalid("Its header or payload is not JSON."));
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')) else {
        return Err(invalid("Its signature is not base64url."));
    };
    let algorithm: &'static dyn ring::signature::VerificationAlgorithm = match header["alg"].as_str() {
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        other => {
            let text = format!(
                "Invalid JWT token. '{}' is not a supported signature algorithm. Supported signing algorithms are: \
                 'RS256, PS256'.",
                other.unwrap_or_default()
            );
            return Err(Failure::client(5_002_738, text));
        }
    };
    let unsigned = |reason: &str| {
        let thumbprint = header["x5t"].as_str().or(header["x5t#S256"].as_str()).or(header["kid"].as_str());
        let thumbprint = thumbprint.unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(thumbprint).map(|bytes| hexadecimal(&bytes));
        Failure::client(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. \
                 [Reason - {reason}, Thumbprint of key used by client: '{}', Please visit the Azure Portal, Graph \
                 Explorer or directly use MS Graph to see configured keys for app Id '{}'.]",
                bytes.unwrap_or_else(|_| thumbprint.to_owned()),
                app.client_id
            ),
        )
    };
    if !app.certified || !names_our_key(&header) {
        return Err(unsigned("The key was not found."));
    }
    let text = &assertion[..assertion.rfind('.').unwrap_or_default()];
    if UnparsedPublicKey::new(algorithm, PUBLIC_KEY).verify(text.as_bytes(), &signature).is_err() {
        return Err(unsigned("The signature does not fit the key."));
    }
    let is_app = |name: &str| {
        payload[name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(&app.client_id.to_string()))
    };
    if !is_app("iss") || !is_app("sub") {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(Failure::client(700_021, text));
    }
    let audiences = match &payload["aud"] {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    };
    if !audiences.iter().any(|audience| is_this_service(tenant, audience)) {
        let text = "Client assertion audience claim does not match Realm issuer.";
        return Err(Failure::client(700_023, text));
    }
    let now = jiff::Timestamp::now().as_second();
    let Some(expires) = payload["exp"].as_f64().map(|second| second as i64) else {
        return Err(invalid("It has no 'exp'."));
    };
    let from = payload["nbf"].as_f64().map_or(i64::MIN, |second| second as i64);
    // The clocks of two machines are never quite the same.
    if now >= expires + 300 || now < from.saturating_sub(300) {
        let shown = |second: i64| {
            jiff::Timestamp::from_second(second)
                .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string())
                .unwrap_or_default()
        };
        let text = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry \
             time of assertion {}.",
            shown(now),
            shown(from),
            shown(expires)
        );
        return Err(Failure::client(700_024, text));
    }
    Ok(())
}

/// A token endpoint or issuer of this tenant, on whatever host.
fn is_this_service(tenant: &Tenant, audience: &str) -> bool {
    let Ok(address) = url::Url::parse(audience) else { return false };
    let mut segments = address.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    let named = segments.next().unwrap_or_default();
    let ours = ["common", "organizations"].contains(&named) || is_tenant(tenant, named);
    let rest: Vec<&str> = segments.collect();
    ours && matches!(
        rest.as_slice(),
        [] | ["v2.0"] | ["oauth2", "token"] | ["oauth2", "v2.0", "token"] | ["oauth2", "v2.0"]
    )
}
