//! The certificate of the sandbox: an authority of its own, made anew at each start, and what it vouches for.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::error::Error;
use super::router::SERVICE_HOSTS;

/// Clients refuse certificates that are good for longer than 825 days.
const DAYS: i64 = 397;

/// An acceptor for this machine and the public names of the services; what clients must trust goes to a file.
pub fn acceptor(address: SocketAddr, ca_file: &Path) -> Result<TlsAcceptor, Error> {
    let certificate = |error: rcgen::Error| Error::Certificate { reason: error.to_string() };
    let (authority_key, key) =
        (KeyPair::generate().map_err(certificate)?, KeyPair::generate().map_err(certificate)?);

    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "usher sandbox authority");
    dated(&mut authority);
    let authority_certificate = authority.self_signed(&authority_key).map_err(certificate)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut names: Vec<String> = SERVICE_HOSTS.iter().map(|name| (*name).to_owned()).collect();
    names.push("localhost".to_owned());
    let mut leaf = CertificateParams::new(names).map_err(certificate)?;
    let mut addresses = vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
    if !address.ip().is_loopback() && !address.ip().is_unspecified() {
        addresses.push(address.ip());
    }
    leaf.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
    leaf.distinguished_name.push(DnType::CommonName, "usher sandbox");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    dated(&mut leaf);
    let leaf = leaf.signed_by(&key, &issuer).map_err(certificate)?;

    std::fs::write(ca_file, authority_certificate.pem())
        .map_err(|source| Error::File { path: ca_file.to_owned(), source })?;
    let failed = |error: rustls::Error| Error::Certificate { reason: error.to_string() };
    let mut config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone(), authority_certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .map_err(failed)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// From yesterday, so that a clock that is a little behind does no harm.
fn dated(params: &mut CertificateParams) {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(today.saturating_sub(jiff::Span::new().days(1)));
    params.not_after = day(today.saturating_add(jiff::Span::new().days(DAYS)));
}
