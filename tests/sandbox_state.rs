//! The state of a sandbox: on disk before it is answered, whole after any end, owned by one process.

mod sandbox_support;

use std::path::Path;

use sandbox_support::Sandbox;
use serde_json::json;
use usher::sandbox::{Error, Options, Store, reset, start};

fn file(folder: &tempfile::TempDir) -> Store {
    Store::File(folder.path().join("tenant.db"))
}

fn options(store: Store, seed: &str) -> Options {
    Options::new(store, seed)
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    let id = sandbox.guest("bob@fabrikam.example").await;
    let group = sandbox.group("Partners").await;
    sandbox.post(&format!("/v1.0/groups/{group}/members/$ref"), sandbox.reference(&id)).await.expect(204);
    sandbox.post("/sandbox/clock", json!({ "advance": "P30D" })).await.expect(200);
    sandbox.running.stop().await;
    let sandbox = Sandbox::of("contoso", file(&folder)).await;
    assert_eq!(sandbox.connection("tenantDomain"), "tiny.onmicrosoft.com");
    let members = sandbox.get(&format!("/v1.0/groups/{group}/members")).await.expect(200);
    assert_eq!(members["value"][0]["id"], id);
    assert_eq!(sandbox.get("/sandbox/outbox").await.expect(200)[0]["to"], "bob@fabrikam.example");
    sandbox.post("/sandbox/accept", json!({ "user": id })).await.expect(200);
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_it_has_answered() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(sandbox.guest(&format!("guest{number}@fabrikam.example")).await);
    }
    // What is on disk at this instant is what a kill would leave: copied while the owner still runs.
    let after = tempfile::tempdir().unwrap();
    for name in ["tenant.db", "tenant.db-wal"] {
        std::fs::copy(folder.path().join(name), after.path().join(name)).unwrap();
    }
    let copy = Sandbox::of("tiny", file(&after)).await;
    for id in &ids {
        copy.get(&format!("/v1.0/users/{id}")).await.expect(200);
    }
}

/// The other process of the next test: serves a file until it is killed, or its standard input ends.
#[test]
#[ignore = "run by a_killed_process_leaves_whole_changes"]
fn serve_until_killed() {
    use std::io::{Read as _, Write as _};
    let Ok(path) = std::env::var("SANDBOX_STATE") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(start(options(Store::File(path.into()), "tiny"))).unwrap();
    writeln!(std::io::stdout(), "\n{}", running.connection()).unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

#[tokio::test]
async fn a_killed_process_leaves_whole_changes() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "serve_until_killed", "--ignored", "--nocapture"])
        .env("SANDBOX_STATE", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find(|line| line.starts_with('{')).unwrap();
    let url = serde_json::from_str::<serde_json::Value>(&line).unwrap()["http"].as_str().unwrap().to_owned();
    let speaker = Sandbox::of("tiny", Store::Memory).await;
    let address = |number: usize| format!("guest{number}@fabrikam.example");
    let invite = |number: usize| {
        let body = json!({
            "invitedUserEmailAddress": address(number), "inviteRedirectUrl": "https://myapps.microsoft.com",
            "sendInvitationMessage": true,
        });
        speaker.call_at(&url, "/v1.0/invitations", body)
    };
    // One at a time up to the kill, then several that it cuts off.
    let mut answered = Vec::new();
    for number in 0..50 {
        answered.push(invite(number).await.unwrap()["invitedUser"]["id"].as_str().unwrap().to_owned());
    }
    let late = futures::future::join_all((50..90).map(&invite));
    let (late, ()) = tokio::join!(late, async {
        tokio::task::yield_now().await;
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let late =
        late.into_iter().flatten().filter_map(|body| Some(body["invitedUser"]["id"].as_str()?.to_owned()));
    answered.extend(late);
    let again = Sandbox::of("tiny", Store::File(path)).await;
    for id in &answered {
        again.get(&format!("/v1.0/users/{id}")).await.expect(200);
    }
    let users = again.get("/v1.0/users?$filter=userType eq 'Guest'&$select=id&$top=999").await.expect(200);
    let mails = again.get("/sandbox/outbox").await.expect(200);
    let mails = mails.as_array().unwrap().len();
    assert_eq!(users["value"].as_array().unwrap().len() - 1, mails);
    assert!(mails >= answered.len());
}

#[tokio::test]
async fn a_torn_end_of_the_log_takes_whole_changes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    for number in 0..10 {
        sandbox.guest(&format!("guest{number}@fabrikam.example")).await;
    }
    let log = std::fs::read(folder.path().join("tenant.db-wal")).unwrap();
    for cut in [1, log.len() / 3, log.len() / 2, log.len() - 7] {
        let after = tempfile::tempdir().unwrap();
        std::fs::copy(folder.path().join("tenant.db"), after.path().join("tenant.db")).unwrap();
        std::fs::write(after.path().join("tenant.db-wal"), &log[..cut]).unwrap();
        let copy = Sandbox::of("tiny", file(&after)).await;
        let users =
            copy.get("/v1.0/users?$filter=userType eq 'Guest'&$select=mail,proxyAddresses").await.expect(200);
        let mails = copy.get("/sandbox/outbox").await.expect(200);
        // A guest and the mail to them are one change.
        let seeded = 1;
        let guests = users["value"].as_array().unwrap().len();
        assert_eq!(guests.saturating_sub(seeded), mails.as_array().unwrap().len(), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_second_owner_is_told_where_the_first_one_listens() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    match start(options(file(&folder), "tiny")).await {
        Err(Error::InUse { url }) => assert_eq!(url, sandbox.running.url()),
        _ => panic!("the file has an owner"),
    }
    let path = folder.path().join("tenant.db");
    assert!(matches!(reset(&path, "tiny"), Err(Error::InUse { .. })));
    sandbox.running.stop().await;
    reset(&path, "contoso").unwrap();
    let again = Sandbox::of("tiny", file(&folder)).await;
    assert_eq!(again.connection("tenantDomain"), "contoso.onmicrosoft.com");
}

#[tokio::test]
async fn an_unknown_seed_names_the_known_ones() {
    let Err(error) = start(options(Store::Memory, "nowhere")).await else { panic!("no such seed") };
    assert_eq!(error.to_string(), "no seed `nowhere`: the known ones are contoso, large, messy, tiny");
}

#[tokio::test]
async fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tenant.db"), vec![7; 8192]).unwrap();
    let Err(error) = start(options(file(&folder), "tiny")).await else { panic!("the file is damaged") };
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_file_of_an_older_version_is_started_afresh_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.db");
    let older = rusqlite::Connection::open(&path).unwrap();
    older.execute_batch("CREATE TABLE records (kind, key, value); PRAGMA user_version = 1;").unwrap();
    drop(older);
    let Err(error) = start(options(file(&folder), "tiny")).await else { panic!("the file is of old") };
    assert!(error.to_string().contains("an older version (format 1; this one reads"), "{error}");
    assert!(error.to_string().ends_with("`usher sandbox reset` starts it afresh"), "{error}");
    reset(&path, "tiny").unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    sandbox.get("/v1.0/users/ida.lund@tiny.example").await.expect(200);
}

#[tokio::test]
async fn a_session_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    let client = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
    let form = format!(
        "grant_type=password&client_id={client}&username=ida.lund@tiny.example&password=public-password-of-tiny\
         &scope=User.Read%20offline_access"
    );
    let token = sandbox.sign_in(&form).await.expect(200)["refresh_token"].as_str().unwrap().to_owned();
    sandbox.running.stop().await;
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
    sandbox.sign_in(&form).await.expect(200);
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let mut elsewhere = options(Store::Memory, "tiny");
    elsewhere.http = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(start(elsewhere).await, Err(Error::NotLoopback { .. })));
}

#[tokio::test]
async fn a_reset_starts_over() {
    let sandbox = Sandbox::of("tiny", Store::Memory).await;
    let id = sandbox.guest("bob@fabrikam.example").await;
    sandbox.post("/sandbox/reset", json!({})).await.expect(200);
    sandbox.get(&format!("/v1.0/users/{id}")).await.refused(404, "Request_ResourceNotFound");
    sandbox.post("/sandbox/reset", json!({ "seed": "nowhere" })).await.refused(400, "UnknownSeed");
}

#[tokio::test]
async fn the_controls_answer_loopback_names_only() {
    let sandbox = Sandbox::of("tiny", Store::Memory).await;
    let answer = sandbox.call("GET", "/sandbox/connection", &[("host", "evil.example")], json!(null)).await;
    assert_eq!(answer.status, 403);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_private_to_the_user() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::of("tiny", file(&folder)).await;
    sandbox.guest("bob@fabrikam.example").await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }
}
