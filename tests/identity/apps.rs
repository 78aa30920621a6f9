//! Apps that sign in for themselves: a kept secret, and certificates in their files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use usher::identity::{Error, Fresh, Method, Nobody, Secret, SecretFrom, Service, Token, claims};

use crate::sandbox_support::Sandbox;
use crate::somebody::{credentials, profile};

#[tokio::test]
async fn a_secret_that_usher_keeps_signs_in_later_as_well() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let profile = profile(&sandbox, Method::ClientSecret { secret: SecretFrom::Kept });
    let first = credentials(&profile, home.path(), Arc::new(Nobody));
    let error = first.token(Service::Graph).await.unwrap_err();
    assert!(error.hint().unwrap().contains("--client-secret-stdin"), "{error:?}");
    let secret = Some(Secret::new(sandbox.app.1.clone()));
    first.sign_in(Fresh { client_secret: secret, ..Fresh::default() }).await.unwrap();
    let later = credentials(&profile, home.path(), Arc::new(Nobody));
    for service in Service::ALL {
        assert!(claims(&later.token(service).await.unwrap()).unwrap().is_app_only());
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_leaves_what_was_kept() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let profile = profile(&sandbox, Method::ClientSecret { secret: SecretFrom::Kept });
    let given = |secret: &str| Fresh { client_secret: Some(Secret::new(secret)), ..Fresh::default() };
    credentials(&profile, home.path(), Arc::new(Nobody)).sign_in(given(&sandbox.app.1)).await.unwrap();
    let wrong = credentials(&profile, home.path(), Arc::new(Nobody)).sign_in(given("wrong-secret")).await;
    let Err(Error::Refused(refusal)) = wrong else { panic!("{wrong:?}") };
    assert_eq!(refusal.number, Some(7_000_215));
    assert!(!format!("{refusal:?}").contains("wrong-secret"));
    credentials(&profile, home.path(), Arc::new(Nobody)).token(Service::Azure).await.unwrap();
}

async fn published(sandbox: &Sandbox) -> String {
    let url = format!("{}/sandbox/certificate", sandbox.running.url());
    sandbox.http.get(url).send().await.unwrap().text().await.unwrap()
}

fn part(pem: &str, label: &str) -> Vec<u8> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----")).unwrap();
    let (inner, _) = rest.split_once("-----END").unwrap();
    STANDARD.decode(inner.split_whitespace().collect::<String>()).unwrap()
}

async fn by(sandbox: &Sandbox, home: &Path, file: PathBuf) -> Result<Token, Error> {
    let profile = profile(sandbox, Method::Certificate { file, password_env: None });
    credentials(&profile, home, Arc::new(Nobody)).sign_in(Fresh::default()).await
}

#[tokio::test]
async fn a_certificate_signs_in_from_pem_in_any_order_and_from_pfx() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let pem = published(&sandbox).await;
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    let other = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap().cert.pem();
    let chain = PrivateKeyChain::new(
        [1u8; 20].as_slice(),
        PrivateKey::from_der(&part(&pem, "PRIVATE KEY")).unwrap(),
        [Certificate::from_der(&part(&pem, "CERTIFICATE")).unwrap()],
    );
    let mut store = KeyStore::new();
    store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
    let pfx = store.writer("").write().unwrap();
    let windows = pem.replace('\n', "\r\n");
    for (name, bytes) in [
        ("both.pem", pem.clone().into_bytes()),
        ("turned.pem", format!("{key}{certificate}").into_bytes()),
        ("windows.pem", windows.into_bytes()),
        ("chain.pem", format!("{other}{key}{certificate}").into_bytes()),
        ("app.pfx", pfx),
    ] {
        let file = home.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let token = by(&sandbox, home.path(), file).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(claims(&token).unwrap().is_app_only(), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_sign_in_says_why_before_anything_is_sent() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let pem = published(&sandbox).await;
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    let dated = |from: i32, until: i32| {
        let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(key, &rcgen::PKCS_RSA_SHA256).unwrap();
        let mut params = rcgen::CertificateParams::new(["app.example".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 2, 3);
        format!("{}{key}", params.self_signed(&pair).unwrap().pem())
    };
    let elliptic = rcgen::generate_simple_self_signed(["e.example".to_owned()]).unwrap();
    let elliptic = format!("{}{}", elliptic.cert.pem(), elliptic.signing_key.serialize_pem());
    let other = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap().cert.pem();
    for (name, text, words) in [
        ("expired.pem", dated(2019, 2020), "it expired on 2020-02-03"),
        ("early.pem", dated(2990, 2991), "it is valid from 2990-01-01 only"),
        ("bare.pem", certificate.to_owned(), "there is no private key in it"),
        ("key.pem", key.to_owned(), "there is no certificate in it"),
        ("strange.pem", format!("{other}{key}"), "no certificate in it belongs to the key"),
        ("elliptic.pem", elliptic, "not an RSA key"),
        ("nonsense.pfx", "nonsense".to_owned(), "neither PEM nor a PFX file"),
        ("locked.pem", pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "its private key is encrypted"),
    ] {
        let file = home.path().join(name);
        std::fs::write(&file, text).unwrap();
        let error = by(&sandbox, home.path(), file).await.unwrap_err();
        assert!(matches!(error, Error::Unusable { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(words) && error.to_string().contains(name), "{error}");
    }
    let nowhere = by(&sandbox, home.path(), home.path().join("nowhere.pem")).await.unwrap_err();
    assert!(nowhere.to_string().contains("there is no such file"), "{nowhere}");
}

#[tokio::test]
async fn a_certificate_that_the_app_does_not_know_is_refused_by_the_service() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let pem = published(&sandbox).await;
    let key = &pem[pem.find("-----BEGIN PRIVATE").unwrap()..];
    let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(key, &rcgen::PKCS_RSA_SHA256).unwrap();
    let mut params = rcgen::CertificateParams::new(["app.example".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2990, 1, 1);
    let file = home.path().join("unknown.pem");
    std::fs::write(&file, format!("{}{key}", params.self_signed(&pair).unwrap().pem())).unwrap();
    let refused = by(&sandbox, home.path(), file).await;
    let Err(Error::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.number, Some(700_027));
    assert!(refusal.hint.unwrap().contains("certificate"));
}
