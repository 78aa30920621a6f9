//! The bin of the directory: what waits in it unseen, what comes back, and what is gone after thirty days.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};
use usher::sandbox::Store;

const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";

#[tokio::test]
async fn who_comes_back_from_the_bin_has_what_the_groups_give_now() {
    let sandbox = Sandbox::of("tiny", Store::Memory).await;
    let group = sandbox.group("Partners").await;
    let bob = sandbox.guest("bob@fabrikam.example").await;
    let (user, group) = (format!("/v1.0/users/{bob}"), format!("/v1.0/groups/{group}"));
    sandbox.patch(&user, json!({ "usageLocation": "CH" })).await.expect(204);
    sandbox.post(&format!("{group}/members/$ref"), sandbox.reference(&bob)).await.expect(204);
    let licences = format!("{group}/assignLicense");
    let give = json!({ "addLicenses": [{ "skuId": VISIO, "disabledPlans": [] }], "removeLicenses": [] });
    sandbox.post(&licences, give).await.expect(202);
    let held = || async {
        let user = sandbox.get(&format!("{user}?$select=assignedLicenses,assignedPlans")).await.expect(200);
        let count = |name: &str| user[name].as_array().unwrap().len();
        (count("assignedLicenses"), count("assignedPlans"))
    };
    assert_eq!(held().await, (1, 3));
    sandbox.delete(&group).await.refused(400, "Request_BadRequest");
    sandbox.delete(&user).await.expect(204);
    let take = json!({ "addLicenses": [], "removeLicenses": [VISIO] });
    sandbox.post(&licences, take).await.expect(202);
    sandbox.post(&format!("/v1.0/directory/deletedItems/{bob}/restore"), Value::Null).await.expect(200);
    assert_eq!(held().await, (0, 0));
    sandbox.delete(&group).await.expect(204);
}

#[tokio::test]
async fn a_manager_in_the_bin_does_not_come_back_as_a_second_one() {
    let sandbox = Sandbox::of("tiny", Store::Memory).await;
    let sandbox = &sandbox;
    let bob = sandbox.guest("bob@fabrikam.example").await;
    let cleo = sandbox.guest("cleo@litware.example").await;
    let ida = "/v1.0/users/ida.lund@tiny.example";
    let appoint = |id: String| async move {
        let reference = sandbox.reference(&id);
        sandbox.call("PUT", &format!("{ida}/manager/$ref"), &[], reference).await.expect(204);
    };
    appoint(bob.clone()).await;
    sandbox.delete(&format!("/v1.0/users/{bob}")).await.expect(204);
    sandbox.delete(&format!("{ida}/manager/$ref")).await.refused(404, "Request_ResourceNotFound");
    appoint(cleo.clone()).await;
    sandbox.post(&format!("/v1.0/directory/deletedItems/{bob}/restore"), Value::Null).await.expect(200);
    assert_eq!(sandbox.get(&format!("{ida}/manager")).await.expect(200)["id"], *cleo);
    let reports = sandbox.get(&format!("/v1.0/users/{bob}/directReports")).await.expect(200);
    assert_eq!(reports["value"], json!([]));
}

#[tokio::test]
async fn the_bin_is_emptied_for_good() {
    let sandbox = Sandbox::of("tiny", Store::Memory).await;
    let bob = sandbox.guest("bob@fabrikam.example").await;
    let body = json!({ "roleDefinitionId": DIRECTORY_READERS, "principalId": bob, "directoryScopeId": "/" });
    sandbox.post("/v1.0/roleManagement/directory/roleAssignments", body).await.expect(201);
    let delta = sandbox.get("/v1.0/users/delta?$deltatoken=latest&$select=id").await.expect(200);
    let link = delta["@odata.deltaLink"].as_str().unwrap().to_owned();
    sandbox.delete(&format!("/v1.0/users/{bob}")).await.expect(204);
    sandbox.post("/sandbox/clock", json!({ "advance": "P5D" })).await.expect(200);
    let changes = sandbox.get(&link).await.expect(200);
    assert_eq!(changes["value"], json!([{ "id": bob, "@removed": { "reason": "changed" } }]));
    let link = changes["@odata.deltaLink"].as_str().unwrap().to_owned();
    // A link is good for a week: somebody asks in time, four times more.
    let mut link = link;
    let mut last = Value::Null;
    for _ in 0..4 {
        sandbox.post("/sandbox/clock", json!({ "advance": "P6DT12H" })).await.expect(200);
        let page = sandbox.get(&link).await.expect(200);
        link = page["@odata.deltaLink"].as_str().unwrap().to_owned();
        last = page["value"].clone();
    }
    assert_eq!(last, json!([{ "id": bob, "@removed": { "reason": "deleted" } }]));
    let state = sandbox.get("/sandbox/state").await.expect(200);
    assert!(!state["directoryRoles"].to_string().contains("nobody"), "{:#}", state["directoryRoles"]);
}
