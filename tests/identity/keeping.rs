//! What is kept between commands: for whom, how privately, and by how many at once.

use std::sync::Arc;

use serde_json::Value;
use usher::identity::{
    Cloud, Error, Fresh, Method, Nobody, Person, Profile, Secret, SecretFrom, Service, Token, TokenStore,
};

use crate::sandbox_support::Sandbox;
use crate::sandbox_support::people::AZURE_CLI;
use crate::somebody::{Does, Somebody, credentials, profile};

fn file(home: &tempfile::TempDir) -> std::path::PathBuf {
    home.path().join("tokens").join("contoso.json")
}

fn kept(home: &tempfile::TempDir) -> Value {
    serde_json::from_slice(&std::fs::read(file(home)).unwrap()).unwrap()
}

/// Somebody who signed in earlier.
async fn earlier(sandbox: &Sandbox) -> (tempfile::TempDir, Profile) {
    let home = tempfile::tempdir().unwrap();
    let profile = profile(sandbox, Method::Browser);
    let somebody = Somebody::who(sandbox, Does::Accept);
    credentials(&profile, home.path(), somebody).sign_in(Fresh::default()).await.unwrap();
    (home, profile)
}

async fn later(home: &tempfile::TempDir, profile: &Profile, service: Service) -> Result<Token, Error> {
    credentials(profile, home.path(), Arc::new(Nobody)).token(service).await
}

#[tokio::test]
async fn the_next_command_has_the_same_token_and_a_newer_refresh_token_replaces_the_old() {
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let first = later(&home, &profile, Service::Graph).await.unwrap();
    let second = later(&home, &profile, Service::Graph).await.unwrap();
    assert_eq!(first.reveal(), second.reveal());
    let before = kept(&home)["refreshToken"].clone();
    later(&home, &profile, Service::Azure).await.unwrap();
    let after = kept(&home)["refreshToken"].clone();
    assert!(before.is_string() && after.is_string());
    assert_ne!(before, after);
}

#[tokio::test]
async fn a_token_that_a_service_refused_is_not_taken_from_the_file_again() {
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let one = credentials(&profile, home.path(), Arc::new(Nobody));
    let refused = one.token(Service::Graph).await.unwrap();
    let renewed = one.renewed(Service::Graph, &refused, None).await.unwrap();
    assert_ne!(renewed.reveal(), refused.reveal());
    // Another command that was refused the same token finds the new one.
    let other = credentials(&profile, home.path(), Arc::new(Nobody));
    assert_eq!(other.renewed(Service::Graph, &refused, None).await.unwrap().reveal(), renewed.reveal());
}

#[tokio::test]
async fn what_was_kept_for_one_tenant_cloud_or_app_is_given_out_for_no_other() {
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let changed = |change: &dyn Fn(&mut Profile)| {
        let mut other = profile.clone();
        change(&mut other);
        other
    };
    let others = [
        changed(&|profile| profile.tenant = "fabrikam.example".to_owned()),
        changed(&|profile| profile.client_id = Some(AZURE_CLI.to_owned())),
        changed(&|profile| {
            profile.cloud = Cloud::UsGov;
            profile.addresses.login = None;
        }),
        changed(&|profile| profile.addresses.login = Some("http://127.0.0.1:9".to_owned())),
    ];
    for other in others {
        let error = later(&home, &other, Service::Graph).await.unwrap_err();
        assert_eq!(error.to_string(), "nobody is signed in to `contoso`", "{other:?}");
    }
    // The other way to the same tenant's Graph needs a token of its own: another cloud's scope is another service.
    let government = changed(&|profile| profile.cloud = Cloud::UsGov);
    let asked = later(&home, &government, Service::Graph).await;
    assert!(asked.is_err(), "a worldwide token was given out for another cloud");
    later(&home, &profile, Service::Graph).await.unwrap();
}

#[tokio::test]
async fn many_commands_at_once_make_one_token() {
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let commands = (0..8).map(|_| later(&home, &profile, Service::Exchange));
    let tokens: Vec<String> = futures::future::join_all(commands)
        .await
        .into_iter()
        .map(|token| token.unwrap().reveal().to_owned())
        .collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file(&home)), 0o600);
    assert_eq!(mode(&home.path().join("tokens")), 0o700);
    for entry in std::fs::read_dir(home.path().join("tokens")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    // Opened to others by somebody else, it is not used.
    for (path, open, close) in [(file(&home), 0o644, 0o600), (home.path().join("tokens"), 0o755, 0o700)] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(open)).unwrap();
        let error = later(&home, &profile, Service::Graph).await.unwrap_err();
        assert!(error.to_string().contains("other users of this machine"), "{error}");
        assert!(error.hint().unwrap().contains(&format!("chmod {close:o}")), "{error:?}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(close)).unwrap();
    }
    later(&home, &profile, Service::Graph).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_is_followed_to_or_from_what_is_kept() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let elsewhere = home.path().join("elsewhere.json");
    // Reading: somebody's file in place of ours.
    std::fs::rename(file(&home), &elsewhere).unwrap();
    symlink(&elsewhere, file(&home)).unwrap();
    let before = std::fs::read(&elsewhere).unwrap();
    let error = later(&home, &profile, Service::Graph).await.unwrap_err();
    assert!(error.to_string().contains("is a link"), "{error}");
    // Writing: a new sign-in does not go where the link leads.
    let somebody: Arc<dyn Person> = Somebody::who(&sandbox, Does::Accept);
    let again = credentials(&profile, home.path(), somebody.clone()).sign_in(Fresh::default()).await;
    assert!(again.unwrap_err().to_string().contains("is a link"));
    assert_eq!(std::fs::read(&elsewhere).unwrap(), before);
    // Signing out removes the link and not what it leads to.
    assert!(TokenStore::of(home.path(), "contoso").remove().unwrap());
    assert!(elsewhere.exists() && std::fs::symlink_metadata(file(&home)).is_err());
    // The lock and the folder are no way around.
    let target = home.path().join("target");
    symlink(&target, home.path().join("tokens/contoso.lock")).unwrap();
    let error = later(&home, &profile, Service::Graph).await.unwrap_err();
    assert!(error.to_string().contains("is a link") && !target.exists(), "{error}");
    let real = home.path().join("real");
    std::fs::rename(home.path().join("tokens"), &real).unwrap();
    symlink(&real, home.path().join("tokens")).unwrap();
    let error = later(&home, &profile, Service::Graph).await.unwrap_err();
    assert!(error.to_string().contains("is a link"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_named_and_replaced_by_the_next_sign_in() {
    let sandbox = Sandbox::new().await;
    let (home, profile) = earlier(&sandbox).await;
    let whole = std::fs::read(file(&home)).unwrap();
    std::fs::write(file(&home), &whole[..whole.len() / 2]).unwrap();
    let error = later(&home, &profile, Service::Graph).await.unwrap_err();
    assert!(error.to_string().contains("not a sign-in that usher kept"), "{error}");
    assert!(error.hint().unwrap().contains("usher login --name contoso"));
    let somebody = Somebody::who(&sandbox, Does::Accept);
    credentials(&profile, home.path(), somebody).sign_in(Fresh::default()).await.unwrap();
    later(&home, &profile, Service::Graph).await.unwrap();
}

#[tokio::test]
async fn nothing_that_is_secret_is_shown() {
    let sandbox = Sandbox::new().await;
    let home = tempfile::tempdir().unwrap();
    let profile = profile(&sandbox, Method::ClientSecret { secret: SecretFrom::Kept });
    let app = credentials(&profile, home.path(), Arc::new(Nobody));
    let secret = Some(Secret::new(sandbox.app.1.clone()));
    let fresh = Fresh { client_secret: secret, ..Fresh::default() };
    assert!(!format!("{fresh:?}").contains(&sandbox.app.1));
    let token = app.sign_in(fresh).await.unwrap();
    let shown = format!("{token:?} {app:?} {:?}", TokenStore::of(home.path(), "contoso"));
    assert!(!shown.contains("eyJ") && !shown.contains(&sandbox.app.1), "{shown}");
    assert!(TokenStore::of(home.path(), "contoso").in_words().contains("contoso.json"));
}

#[tokio::test]
async fn a_name_leads_nowhere_else() {
    let home = tempfile::tempdir().unwrap();
    for name in ["../contoso", "a/b", "", ".hidden"] {
        assert!(TokenStore::of(home.path(), name).remove().is_err(), "{name}");
    }
}
