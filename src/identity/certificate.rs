//! An app's certificate: read from PEM or PFX, and the statement signed with its key that stands for a secret.

use std::path::Path;

use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Error, Secret};

/// How long a statement is good for; it is used at once.
const LIFETIME_SECONDS: i64 = 600;
/// Clocks of two machines are never quite the same.
const SKEW_SECONDS: i64 = 300;

/// A certificate and the private key that belongs to it.
pub(super) struct Certificate {
    der: Vec<u8>,
    key: RsaKeyPair,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate(***)")
    }
}

impl Certificate {
    /// Reads it anew for each sign-in: whoever renews the file need not start usher again.
    pub(super) fn read(file: &Path, password: Option<&Secret>) -> Result<Certificate, Error> {
        let unusable = |reason: String, hint: Option<&str>| Error::Unusable {
            what: format!("certificate `{}`", file.display()),
            reason,
            hint: hint.map(str::to_owned),
        };
        let bytes = Zeroizing::new(std::fs::read(file).map_err(|error| unusable(io_reason(&error), None))?);
        let (certificates, keys) = match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains("-----BEGIN") => from_pem(text),
            _ => from_pfx(&bytes, password),
        }
        .map_err(|fault| unusable(fault.reason, fault.hint))?;
        let mut keys = keys.iter().map(|key| {
            RsaKeyPair::from_pkcs8(key).or_else(|_| RsaKeyPair::from_der(key)).map_err(|_| {
                unusable(
                    "its key is not an RSA key of 2048 bits or more".to_owned(),
                    Some("sign-in takes RSA keys only; make the certificate with one"),
                )
            })
        });
        let key = keys.next().ok_or_else(|| {
            unusable(
                "there is no private key in it".to_owned(),
                Some("the file needs both: `cat certificate.pem key.pem > app.pem`"),
            )
        })??;
        if certificates.is_empty() {
            return Err(unusable(
                "there is no certificate in it, only a key".to_owned(),
                Some("the file needs both: `cat certificate.pem key.pem > app.pem`"),
            ));
        }
        let of_key = |der: &Vec<u8>| {
            x509_parser::parse_x509_certificate(der).is_ok_and(|(_, parsed)| {
                parsed.public_key().subject_public_key.data == key.public_key().as_ref()
            })
        };
        let der = certificates
            .into_iter()
            .find(of_key)
            .ok_or_else(|| unusable("no certificate in it belongs to the key in it".to_owned(), None))?;
        let certificate = Certificate { der, key };
        certificate.is_valid(Timestamp::now()).map_err(|reason| {
            unusable(reason, Some("make a new one, and upload it to the app registration"))
        })?;
        Ok(certificate)
    }

    /// Said here, because the service's sentence about it names a thumbprint and no date.
    fn is_valid(&self, now: Timestamp) -> Result<(), String> {
        let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&self.der) else { return Ok(()) };
        let day = |second: i64| {
            Timestamp::from_second(second).map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
        };
        let validity = parsed.validity();
        let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        if now.as_second() > until + SKEW_SECONDS {
            return Err(format!("it expired on {}", day(until)));
        }
        if now.as_second() < from - SKEW_SECONDS {
            return Err(format!("it is valid from {} only", day(from)));
        }
        Ok(())
    }
}

struct Fault {
    reason: String,
    hint: Option<&'static str>,
}

/// Certificates and private keys, as DER.
type Parts = (Vec<Vec<u8>>, Vec<Zeroizing<Vec<u8>>>);

fn from_pem(text: &str) -> Result<Parts, Fault> {
    let (mut certificates, mut keys) = (Vec::new(), Vec::new());
    for block in text.split("-----BEGIN ").skip(1) {
        let Some((label, rest)) = block.split_once("-----") else { continue };
        let body: Zeroizing<String> =
            Zeroizing::new(rest.split("-----END").next().unwrap_or_default().split_whitespace().collect());
        if label == "ENCRYPTED PRIVATE KEY" || rest.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(Fault {
                reason: "its private key is encrypted, which usher reads in PFX files only".to_owned(),
                hint: Some(
                    "`openssl pkcs12 -export -in app.pem -out app.pfx` makes one; --certificate-password-env names its password",
                ),
            });
        }
        let wanted = match label {
            "CERTIFICATE" => true,
            "PRIVATE KEY" | "RSA PRIVATE KEY" => false,
            _ => continue,
        };
        let der = STANDARD
            .decode(body.as_bytes())
            .map_err(|_| Fault { reason: format!("the part `{label}` of it is damaged"), hint: None })?;
        if wanted { certificates.push(der) } else { keys.push(Zeroizing::new(der)) }
    }
    Ok((certificates, keys))
}

fn from_pfx(bytes: &[u8], password: Option<&Secret>) -> Result<Parts, Fault> {
    let opened =
        KeyStore::from_pkcs12(bytes, password.map_or("", Secret::reveal), Pkcs12ImportPolicy::Relaxed);
    let store = opened.map_err(|_| match password {
        Some(_) => Fault {
            reason: "it cannot be opened with the password that was given".to_owned(),
            hint: Some("see that the environment variable holds the password of this very file"),
        },
        None => Fault {
            reason: "it is neither PEM nor a PFX file without a password".to_owned(),
            hint: Some("--certificate-password-env VAR names the variable that holds a PFX file's password"),
        },
    })?;
    let (mut certificates, mut keys) = (Vec::new(), Vec::new());
    for (_, entry) in store.entries() {
        if let p12_keystore::KeyStoreEntry::PrivateKeyChain(chain) = entry {
            keys.push(Zeroizing::new(chain.key().as_der().to_vec()));
            certificates.extend(chain.certs().iter().map(|certificate| certificate.as_der().to_vec()));
        }
    }
    Ok((certificates, keys))
}

fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the system does not let you open it".to_owned(),
        _ => error.to_string(),
    }
}

/// Signs what the library sends in place of a secret, as Microsoft documents it:
/// <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) certificate: Certificate,
    pub(super) client_id: String,
    pub(super) audience: String,
}

#[async_trait]
impl ClientAssertion for Signer {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.statement(Timestamp::now()).map_err(|_| {
            azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                "the certificate's key cannot sign",
            )
        })
    }
}

impl Signer {
    fn statement(&self, now: Timestamp) -> Result<String, ring::error::Unspecified> {
        let Certificate { der, key } = &self.certificate;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, der));
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint });
        let second = now.as_second();
        let payload = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": Uuid::new_v4().to_string(),
            "iat": second,
            "nbf": second,
            "exp": second + LIFETIME_SECONDS,
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&header), encode(&payload));
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
