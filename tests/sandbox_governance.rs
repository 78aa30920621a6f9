//! Access reviews, and synchronization with another tenant.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const REVIEWS: &str = "/v1.0/identityGovernance/accessReviews/definitions";
const FABRIKAM: &str = "6f2a41c8-9d0e-4b57-8c1f-2e7d35a0b964";

fn review(group: &str) -> Value {
    json!({
        "displayName": "Guests of a group",
        "descriptionForReviewers": "Who is still needed?",
        "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": format!("/groups/{group}/transitiveMembers/microsoft.graph.user/?$filter=(userType eq 'Guest')"),
            "queryType": "MicrosoftGraph",
        },
        "reviewers": [{ "query": "./owners", "queryType": "MicrosoftGraph" }],
        "settings": {
            "instanceDurationInDays": 7, "recommendationsEnabled": true, "defaultDecisionEnabled": true,
            "defaultDecision": "Deny", "autoApplyDecisionsEnabled": false,
            "recurrence": {
                "pattern": { "type": "weekly", "interval": 1 },
                "range": { "type": "noEnd", "startDate": "2020-09-08T12:02:30.667Z" },
            },
        },
    })
}

#[tokio::test]
async fn a_review_goes_from_making_to_applying() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    let made = sandbox.post(REVIEWS, review(&group)).await.expect(201);
    assert_eq!(
        (&made["status"], &made["createdDateTime"]),
        (&json!("NotStarted"), &json!("0001-01-01T00:00:00Z"))
    );
    assert!(made["scope"]["query"].as_str().unwrap().contains("?$count=true&$filter="));
    assert_eq!(made["settings"]["recurrence"]["range"]["startDate"], "2020-09-08");
    let path = format!("{REVIEWS}/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&format!("{path}/instances")).await.expect(200)["value"], json!([]));
    sandbox.post("/sandbox/clock", json!({ "advance": "PT1M" })).await.expect(200);
    assert_eq!(sandbox.get(&path).await.expect(200)["status"], "InProgress");

    let instances = sandbox.get(&format!("{path}/instances")).await.expect(200);
    let instance = format!("{path}/instances/{}", instances["value"][0]["id"].as_str().unwrap());
    let decisions = format!("{instance}/decisions");
    let open = sandbox.get(&decisions).await.expect(200)["value"].as_array().unwrap().clone();
    assert_eq!(open.len(), 2);
    assert_eq!((&open[0]["decision"], &open[0]["applyResult"]), (&json!("NotReviewed"), &json!("New")));
    let keep = json!({ "decision": "Approve", "justification": "Still delivers" });
    sandbox.patch(&format!("{decisions}/{}", open[0]["id"].as_str().unwrap()), keep).await.expect(204);
    sandbox.post(&format!("{instance}/applyDecisions"), Value::Null).await.refused(400, "InvalidRequest");
    sandbox.post(&format!("{instance}/stop"), Value::Null).await.expect(204);
    sandbox.post(&format!("{instance}/applyDecisions"), Value::Null).await.expect(204);
    let done = sandbox.get(&format!("{decisions}?$filter=decision eq 'Deny'")).await.expect(200);
    assert_eq!(done["value"][0]["applyResult"], "AppliedSuccessfully");
    assert_eq!(sandbox.get(&instance).await.expect(200)["status"], "Applied");
    let left = sandbox.get(&format!("/v1.0/groups/{group}/members")).await.expect(200);
    assert_eq!(left["value"].as_array().unwrap().len(), 1);
    assert_eq!(left["value"][0]["id"], open[0]["principal"]["id"]);
    sandbox.delete(&path).await.expect(204);
    sandbox.get(&path).await.refused(404, "NotFound");
}

#[tokio::test]
async fn a_review_of_all_groups_has_a_round_for_each() {
    let sandbox = Sandbox::new().await;
    let body = json!({
        "displayName": "Guests of teams",
        "instanceEnumerationScope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": "/groups?$filter=(groupTypes/any(c:c+eq+'Unified'))", "queryType": "MicrosoftGraph",
        },
        "scope": {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": "./members/microsoft.graph.user/?$filter=(userType eq 'Guest')", "queryType": "MicrosoftGraph",
        },
        "reviewers": [{ "query": "./owners", "queryType": "MicrosoftGraph" }],
        "settings": { "instanceDurationInDays": 7, "applyActions": [{ "@odata.type": "#microsoft.graph.disableAndDeleteUserApplyAction" }] },
    });
    let made = sandbox.post(REVIEWS, body).await.expect(201);
    sandbox.post("/sandbox/clock", json!({ "advance": "PT1M" })).await.expect(200);
    let path = format!("{REVIEWS}/{}", made["id"].as_str().unwrap());
    let instances = sandbox.get(&format!("{path}/instances")).await.expect(200);
    let instance = format!("{path}/instances/{}", instances["value"][0]["id"].as_str().unwrap());
    assert!(instances["value"][0]["scope"]["query"].as_str().unwrap().starts_with("/v1.0/groups/"));
    let deny = json!({ "decision": "Deny", "justification": "Nobody knows them" });
    sandbox.post(&format!("{instance}/batchRecordDecisions"), deny).await.expect(204);
    sandbox.post(&format!("{instance}/stop"), Value::Null).await.expect(204);
    sandbox.post(&format!("{instance}/applyDecisions"), Value::Null).await.expect(204);
    let guest = "/v1.0/users/diego.siciliani_fabrikam.example%23EXT%23@contoso.onmicrosoft.com?$select=accountEnabled";
    assert_eq!(sandbox.get(guest).await.expect(200)["accountEnabled"], false);
    let filter = "contains(scope/microsoft.graph.accessReviewQueryScope/query, './members')";
    let found = sandbox.get(&format!("{REVIEWS}?$filter={filter}")).await.expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    sandbox.post(REVIEWS, json!({ "displayName": "Nothing" })).await.refused(400, "InvalidRequest");
}

#[tokio::test]
async fn users_are_synchronized_once_both_tenants_agree() {
    let sandbox = Sandbox::new().await;
    let template = "/v1.0/applicationTemplates/518e5f48-1fc8-4c48-9387-9fdf28b0dfe7/instantiate";
    let made = sandbox.post(template, json!({ "displayName": "To Fabrikam" })).await.expect(201);
    let id = made["servicePrincipal"]["id"].as_str().unwrap();
    let jobs = format!("/v1.0/servicePrincipals/{id}/synchronization/jobs");
    let credentials = json!([
        { "key": "CompanyId", "value": FABRIKAM }, { "key": "AuthenticationType", "value": "SyncPolicy" },
    ]);
    let check =
        json!({ "useSavedCredentials": false, "templateId": "Azure2Azure", "credentials": credentials });
    let validate = format!("{jobs}/validateCredentials");
    sandbox
        .post(&validate, check.clone())
        .await
        .refused(400, "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure");
    let partner =
        json!({ "tenantId": FABRIKAM, "automaticUserConsentSettings": { "outboundAllowed": true } });
    sandbox.post("/v1.0/policies/crossTenantAccessPolicy/partners", partner).await.expect(201);
    sandbox.post(&validate, check).await.expect(204);

    let job = sandbox.post(&jobs, json!({ "templateId": "Azure2Azure" })).await.expect(201);
    assert_eq!(
        (&job["schedule"]["interval"], &job["schedule"]["state"], &job["status"]["code"]),
        (&json!("PT40M"), &json!("Disabled"), &json!("Paused"))
    );
    let one = format!("{jobs}/{}", job["id"].as_str().unwrap());
    sandbox.post(&format!("{one}/start"), Value::Null).await.refused(400, "InvalidCredentials");
    let secrets = format!("/v1.0/servicePrincipals/{id}/synchronization/secrets");
    sandbox.call("PUT", &secrets, &[], json!({ "value": credentials })).await.expect(204);
    sandbox.post(&format!("{one}/start"), Value::Null).await.expect(204);
    assert_eq!(sandbox.get(&one).await.expect(200)["status"]["code"], "Active");

    let megan = sandbox.get("/v1.0/users/megan.bowen@contoso.example").await.expect(200)["id"].clone();
    let demand = json!({ "parameters": [{
        "ruleId": "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8",
        "subjects": [{ "objectId": megan, "objectTypeName": "User" }],
    }] });
    let told = sandbox.post(&format!("{one}/provisionOnDemand"), demand.clone()).await.expect(200);
    assert!(told["key"].as_str().unwrap().contains("skipped"));
    let grant = json!({ "principalId": megan, "resourceId": id, "appRoleId": made["servicePrincipal"]["appRoles"][0]["id"] });
    sandbox.post(&format!("/v1.0/servicePrincipals/{id}/appRoleAssignedTo"), grant).await.expect(201);
    let told = sandbox.post(&format!("{one}/provisionOnDemand"), demand).await.expect(200);
    assert!(!told["key"].as_str().unwrap().contains("skipped"));
    sandbox.post(&format!("{one}/pause"), Value::Null).await.expect(204);
    assert_eq!(sandbox.get(&jobs).await.expect(200)["value"][0]["schedule"]["state"], "Disabled");
}
