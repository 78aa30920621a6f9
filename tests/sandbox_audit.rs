//! What the tenant remembers of what was done in it.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const AUDITS: &str = "/v1.0/auditLogs/directoryAudits";

async fn audits(sandbox: &Sandbox, filter: &str) -> Vec<Value> {
    let found = sandbox.get(&format!("{AUDITS}?$filter={filter}")).await.expect(200);
    found["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_invitation_is_two_entries() {
    let sandbox = Sandbox::new().await;
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let all = sandbox.get(AUDITS).await.expect(200);
    let names: Vec<&str> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["activityDisplayName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Invite external user", "Add user"]);
    let entry = &all["value"][0];
    assert_eq!(
        (&entry["category"], &entry["loggedByService"], &entry["result"]),
        (&json!("UserManagement"), &json!("Invited Users"), &json!("success"))
    );
    assert_eq!(entry["initiatedBy"]["app"]["displayName"], "Guest administration");
    assert_eq!(entry["initiatedBy"]["user"], Value::Null);
    assert_eq!(
        (&entry["targetResources"][0]["id"], &entry["targetResources"][0]["type"]),
        (&json!(guest), &json!("User"))
    );
    assert!(
        entry["additionalDetails"]
            .as_array()
            .unwrap()
            .contains(&json!({ "key": "invitedUserEmailAddress", "value": "ann@fabrikam.example" }))
    );
    let one = sandbox.get(&format!("{AUDITS}/{}", entry["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(one["correlationId"], entry["correlationId"]);
    sandbox.get(&format!("{AUDITS}/Directory_x_1")).await.refused(404, "Request_ResourceNotFound");

    sandbox.post("/sandbox/accept", json!({ "user": "ann@fabrikam.example" })).await.expect(200);
    let redeemed = audits(&sandbox, "activityDisplayName eq 'Redeem external user invite'").await;
    assert_eq!(redeemed[0]["initiatedBy"]["user"]["id"], guest);
    // A second invitation makes nobody new.
    sandbox.invite("ann@fabrikam.example").await.expect(201);
    assert_eq!(audits(&sandbox, "activityDisplayName eq 'Add user'").await.len(), 1);
}

#[tokio::test]
async fn a_refused_invitation_is_a_failure() {
    let sandbox = Sandbox::new().await;
    sandbox.invite("ann@blocked.example").await.refused(403, "Forbidden");
    let failed = audits(&sandbox, "result eq 'failure'").await;
    assert_eq!(failed[0]["activityDisplayName"], "Invite external user");
    assert!(failed[0]["resultReason"].as_str().unwrap().contains("blocked.example"));
}

#[tokio::test]
async fn changes_are_told_with_what_was_before() {
    let sandbox = Sandbox::new().await;
    let user = sandbox.get("/v1.0/users/megan.bowen@contoso.example").await.expect(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1.0/users/{user}");
    sandbox.patch(&path, json!({ "department": "Sales", "accountEnabled": false })).await.expect(204);
    let entries = audits(&sandbox, &format!("targetResources/any(t:t/id eq '{user}')")).await;
    let names: Vec<&Value> = entries.iter().map(|entry| &entry["activityDisplayName"]).collect();
    assert_eq!(names, ["Update user", "Disable account"]);
    let changes = &entries[0]["targetResources"][0]["modifiedProperties"];
    assert_eq!(
        changes[0],
        json!({ "displayName": "Department", "oldValue": "[\"Marketing\"]", "newValue": "[\"Sales\"]" })
    );
    sandbox.delete(&path).await.expect(204);
    sandbox.post(&format!("/v1.0/directory/deletedItems/{user}/restore"), Value::Null).await.expect(200);
    let entries = audits(
        &sandbox,
        &format!("targetResources/any(t:t/id eq '{user}') and category eq 'UserManagement'"),
    )
    .await;
    let names: Vec<&Value> = entries.iter().map(|entry| &entry["activityDisplayName"]).collect();
    assert_eq!(names[..2], ["Restore user", "Delete user"]);
}

#[tokio::test]
async fn memberships_roles_and_applications_name_both_sides() {
    let sandbox = Sandbox::new().await;
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let group = sandbox.group("Suppliers").await;
    sandbox.post(&format!("/v1.0/groups/{group}/members/$ref"), sandbox.reference(&guest)).await.expect(204);
    sandbox.delete(&format!("/v1.0/groups/{group}/members/{guest}/$ref")).await.expect(204);
    let bind = json!({ "members@odata.bind": [sandbox.reference(&guest)["@odata.id"]] });
    sandbox.patch(&format!("/v1.0/groups/{group}"), bind).await.expect(204);
    let joined = audits(&sandbox, "activityDisplayName eq 'Add member to group'").await;
    assert_eq!(joined.len(), 2);
    let targets = &joined[1]["targetResources"];
    assert_eq!((&targets[0]["id"], &targets[1]["id"]), (&json!(guest), &json!(group)));
    assert_eq!(targets[1]["groupType"], "azureAD");
    assert_eq!(targets[0]["modifiedProperties"][1]["newValue"], "\"Suppliers\"");
    let left = audits(&sandbox, "activityDisplayName eq 'Remove member from group'").await;
    assert_eq!(left[0]["targetResources"][0]["modifiedProperties"][1]["oldValue"], "\"Suppliers\"");

    let reader = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
    let role = json!({ "roleDefinitionId": reader, "principalId": guest, "directoryScopeId": "/" });
    sandbox.post("/v1.0/roleManagement/directory/roleAssignments", role).await.expect(201);
    let given = audits(&sandbox, "category eq 'RoleManagement'").await;
    assert_eq!(given[0]["activityDisplayName"], "Add member to role");
    assert_eq!(given[0]["targetResources"][1]["displayName"], "Directory Readers");

    let found = sandbox.get("/v1.0/servicePrincipals?$filter=displayName eq 'Expenses'").await.expect(200);
    let body = json!({
        "principalId": guest, "resourceId": found["value"][0]["id"], "appRoleId": "00000000-0000-0000-0000-000000000000",
    });
    sandbox.post(&format!("/v1.0/users/{guest}/appRoleAssignments"), body).await.expect(201);
    let given = audits(&sandbox, "activityDisplayName eq 'Add app role assignment grant to user'").await;
    assert_eq!(given[0]["targetResources"][0]["displayName"], "Expenses");
}

#[tokio::test]
async fn the_log_is_searched_by_time_caller_and_request() {
    let sandbox = Sandbox::new().await;
    sandbox.guest("ann@fabrikam.example").await;
    sandbox.post("/sandbox/clock", json!({ "advance": "P10D" })).await.expect(200);
    let now = sandbox.post("/sandbox/clock", json!({ "advance": "PT1S" })).await.expect(200)["now"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = "6f1f3f4e-51b0-45b5-8dd4-6ac5a6b3c001";
    let body = json!({ "allowInvitesFrom": "everyone" });
    sandbox
        .call("PATCH", "/v1.0/policies/authorizationPolicy", &[("client-request-id", id)], body)
        .await
        .expect(204);
    assert_eq!(audits(&sandbox, &format!("activityDateTime ge {now}")).await.len(), 1);
    assert_eq!(audits(&sandbox, &format!("activityDateTime lt {now}")).await.len(), 2);
    let found = audits(&sandbox, &format!("correlationId eq '{id}'")).await;
    assert_eq!(found[0]["activityDisplayName"], "Update authorization policy");
    let app = found[0]["initiatedBy"]["app"]["servicePrincipalId"].as_str().unwrap();
    assert_eq!(audits(&sandbox, &format!("initiatedBy/app/servicePrincipalId eq '{app}'")).await.len(), 3);
    assert_eq!(audits(&sandbox, &format!("initiatedBy/user/id eq '{app}'")).await.len(), 0);
    assert_eq!(audits(&sandbox, "startsWith(activityDisplayName,'Update')").await.len(), 1);
    assert_eq!(audits(&sandbox, "loggedByService eq 'Invited Users' or category eq 'Policy'").await.len(), 1);

    let page = sandbox.get(&format!("{AUDITS}?$top=2&$orderby=activityDateTime desc")).await.expect(200);
    assert_eq!(page["value"][0]["activityDisplayName"], "Update authorization policy");
    let rest = sandbox.get(page["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(rest["value"].as_array().unwrap().len(), 1);
    let oldest = sandbox.get(&format!("{AUDITS}?$top=1&$orderby=activityDateTime")).await.expect(200);
    assert_eq!(oldest["value"][0]["activityDisplayName"], "Add user");
    // After thirty days nobody knows.
    sandbox.post("/sandbox/clock", json!({ "advance": "P25D" })).await.expect(200);
    assert_eq!(sandbox.get(AUDITS).await.expect(200)["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn calls_in_a_batch_leave_entries_too() {
    let sandbox = Sandbox::new().await;
    let body = json!({ "requests": [{
        "id": "1", "method": "POST", "url": "/groups", "headers": { "Content-Type": "application/json" },
        "body": { "displayName": "New", "mailEnabled": false, "mailNickname": "new", "securityEnabled": true },
    }] });
    sandbox.post("/v1.0/$batch", body).await.expect(200);
    assert_eq!(audits(&sandbox, "activityDisplayName eq 'Add group'").await.len(), 1);
}

#[tokio::test]
async fn the_log_needs_its_permission_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = || usher::sandbox::Store::File(folder.path().join("tenant.db"));
    let sandbox = Sandbox::of("contoso", store()).await;
    sandbox.guest("ann@fabrikam.example").await;
    let before = sandbox.get(AUDITS).await.expect(200);
    sandbox.running.stop().await;
    let mut sandbox = Sandbox::of("contoso", store()).await;
    let after = sandbox.get(AUDITS).await.expect(200);
    assert_eq!(before["value"], after["value"]);
    sandbox.with_only(&["Directory.Read.All"]).await;
    sandbox.get(AUDITS).await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn sign_ins_are_listed() {
    let sandbox = Sandbox::new().await;
    let all = sandbox
        .get("/v1.0/auditLogs/signIns?$filter=status/errorCode eq 0 and userPrincipalName eq 'x'&$top=5")
        .await
        .expect(200);
    assert!(all["value"].is_array());
    sandbox.get("/v1.0/auditLogs/signIns?$top=1001").await.refused(400, "BadRequest");
}
