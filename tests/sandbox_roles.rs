//! Directory roles and Privileged Identity Management, as the sandbox answers them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const MANAGEMENT: &str = "/v1.0/roleManagement/directory";
const GROUPS_ADMINISTRATOR: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";
const ATTRIBUTE_ADMINISTRATOR: &str = "8424c6f0-a189-499e-bbd0-26c1753c96d4";
const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";

async fn user(sandbox: &Sandbox, local: &str) -> String {
    let path = format!("/v1.0/users/{local}@contoso.example");
    sandbox.get(&path).await.expect(200)["id"].as_str().unwrap().to_owned()
}

fn request(action: &str, principal: &str, role: &str) -> Value {
    json!({
        "action": action, "principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/",
        "justification": "The month is over",
    })
}

async fn ask(sandbox: &Sandbox, kind: &str, body: Value) -> sandbox_support::Answer {
    sandbox.post(&format!("{MANAGEMENT}/{kind}"), body).await
}

async fn found(sandbox: &Sandbox, collection: &str, principal: &str) -> Vec<Value> {
    let path = format!("{MANAGEMENT}/{collection}?$filter=principalId eq '{principal}'");
    sandbox.get(&path).await.expect(200)["value"].as_array().unwrap().clone()
}

async fn advance(sandbox: &Sandbox, duration: &str) {
    sandbox.post("/sandbox/clock", json!({ "advance": duration })).await.expect(200);
}

/// What a person who signed in sends along.
async fn person(sandbox: &Sandbox, name: &str) -> String {
    const GRAPH_TOOLS: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
    let scope = "https://graph.microsoft.com/RoleAssignmentSchedule.ReadWrite.Directory";
    let form = format!(
        "grant_type=password&client_id={GRAPH_TOOLS}&username={name}&password=public-password-of-contoso&scope={scope}"
    );
    let token = sandbox.sign_in(&form).await.expect(200);
    format!("Bearer {}", token["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn an_eligible_person_has_no_role_yet() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let body = json!({
        "action": "AdminAssign", "principalId": megan, "roleDefinitionId": ATTRIBUTE_ADMINISTRATOR,
        "directoryScopeId": "/", "justification": "Attributes",
        "scheduleInfo": { "startDateTime": "2022-04-10T00:00:00Z", "expiration": { "type": "AfterDateTime", "endDateTime": "2199-04-10T00:00:00Z" } },
    });
    let made = ask(&sandbox, "roleEligibilityScheduleRequests", body.clone()).await.expect(201);
    assert_eq!((&made["status"], &made["action"]), (&json!("Provisioned"), &json!("adminAssign")));
    assert_eq!(made["targetScheduleId"], made["id"]);
    assert_eq!(made["createdBy"]["user"]["displayName"], Value::Null);
    assert_eq!(
        made["scheduleInfo"]["expiration"],
        json!({ "type": "afterDateTime", "endDateTime": "2199-04-10T00:00:00Z", "duration": null })
    );
    assert_eq!(made["scheduleInfo"]["startDateTime"], made["completedDateTime"]);
    assert_eq!(made["ticketInfo"], json!({ "ticketNumber": null, "ticketSystem": null }));

    let schedule = &found(&sandbox, "roleEligibilitySchedules", &megan).await[0];
    assert_eq!((&schedule["id"], &schedule["createdUsing"]), (&made["id"], &made["id"]));
    let instance = &found(&sandbox, "roleEligibilityScheduleInstances", &megan).await[0];
    assert!(instance["id"].as_str().unwrap().starts_with("8MYkhImhnkm70CbBdTyW1"));
    assert!(instance["id"].as_str().unwrap().ends_with("-1-e"));
    assert_eq!(instance["endDateTime"], "2199-04-10T00:00:00Z");
    assert!(found(&sandbox, "roleAssignments", &megan).await.is_empty());
    ask(&sandbox, "roleEligibilityScheduleRequests", body).await.refused(400, "RoleAssignmentExists");

    let removed = request("adminRemove", &megan, ATTRIBUTE_ADMINISTRATOR);
    let gone = ask(&sandbox, "roleEligibilityScheduleRequests", removed.clone()).await.expect(201);
    assert_eq!(gone["status"], "Revoked");
    assert_eq!((&gone["scheduleInfo"], &gone["targetScheduleId"]), (&Value::Null, &Value::Null));
    assert!(found(&sandbox, "roleEligibilitySchedules", &megan).await.is_empty());
    ask(&sandbox, "roleEligibilityScheduleRequests", removed)
        .await
        .refused(400, "RoleAssignmentDoesNotExist");
}

#[tokio::test]
async fn a_role_for_a_time_ends_by_itself() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let mut body = request("adminAssign", &megan, GROUPS_ADMINISTRATOR);
    body["scheduleInfo"] = json!({ "expiration": { "type": "afterDuration", "duration": "PT5H" } });
    let made = ask(&sandbox, "roleAssignmentScheduleRequests", body.clone()).await.expect(201);
    assert_eq!(made["scheduleInfo"]["expiration"]["duration"], "PT5H");
    ask(&sandbox, "roleAssignmentScheduleRequests", body).await.refused(400, "RoleAssignmentExists");

    let held = found(&sandbox, "roleAssignments", &megan).await;
    assert_eq!(held.len(), 1);
    let roles = format!("/v1.0/users/{megan}/memberOf/microsoft.graph.directoryRole");
    assert_eq!(sandbox.get(&roles).await.expect(200)["value"][0]["roleTemplateId"], GROUPS_ADMINISTRATOR);
    let instance = &found(&sandbox, "roleAssignmentScheduleInstances", &megan).await[0];
    assert_eq!(instance["roleAssignmentScheduleId"], made["id"]);
    assert_eq!(instance["roleAssignmentOriginId"], held[0]["id"]);
    assert_eq!(instance["assignmentType"], "Assigned");

    advance(&sandbox, "PT4H59M").await;
    assert_eq!(found(&sandbox, "roleAssignments", &megan).await.len(), 1);
    advance(&sandbox, "PT2M").await;
    for collection in ["roleAssignments", "roleAssignmentSchedules", "roleAssignmentScheduleInstances"] {
        assert!(found(&sandbox, collection, &megan).await.is_empty(), "{collection}");
    }
    assert_eq!(sandbox.get(&roles).await.expect(200)["value"], json!([]));
    assert_eq!(found(&sandbox, "roleAssignmentScheduleRequests", &megan).await.len(), 1);
}

#[tokio::test]
async fn a_role_for_later_is_granted_and_then_provisioned() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let mut body = request("adminAssign", &megan, GROUPS_ADMINISTRATOR);
    body["scheduleInfo"] =
        json!({ "startDateTime": tomorrow.to_string(), "expiration": { "type": "NoExpiration" } });
    let made = ask(&sandbox, "roleAssignmentScheduleRequests", body.clone()).await.expect(201);
    assert_eq!(made["status"], "Granted");
    assert!(found(&sandbox, "roleAssignments", &megan).await.is_empty());
    assert_eq!(found(&sandbox, "roleAssignmentSchedules", &megan).await.len(), 1);
    advance(&sandbox, "P2D").await;
    assert_eq!(found(&sandbox, "roleAssignments", &megan).await.len(), 1);
    let path = format!("{MANAGEMENT}/roleAssignmentScheduleRequests/{}", made["id"].as_str().unwrap());
    assert_eq!(sandbox.get(&path).await.expect(200)["status"], "Provisioned");
    sandbox.post(&format!("{path}/cancel"), Value::Null).await.refused(400, "InvalidRoleAssignmentRequest");

    let next_week = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(7 * 24);
    body["roleDefinitionId"] = json!(ATTRIBUTE_ADMINISTRATOR);
    body["scheduleInfo"]["startDateTime"] = json!(next_week.to_string());
    let made = ask(&sandbox, "roleAssignmentScheduleRequests", body).await.expect(201);
    let path = format!("{MANAGEMENT}/roleAssignmentScheduleRequests/{}", made["id"].as_str().unwrap());
    sandbox.post(&format!("{path}/cancel"), Value::Null).await.expect(204);
    assert_eq!(sandbox.get(&path).await.expect(200)["status"], "Canceled");
    advance(&sandbox, "P10D").await;
    assert_eq!(found(&sandbox, "roleAssignments", &megan).await.len(), 1);
}

#[tokio::test]
async fn a_person_activates_what_they_are_eligible_for() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let me = person(&sandbox, "megan.bowen@contoso.example").await;
    let path = format!("{MANAGEMENT}/roleAssignmentScheduleRequests");
    let activate = json!({
        "action": "selfActivate", "principalId": megan, "roleDefinitionId": GROUPS_ADMINISTRATOR, "directoryScopeId": "/",
        "justification": "A group to tidy up",
        "scheduleInfo": { "startDateTime": "2022-04-14T00:00:00.000Z", "expiration": { "type": "AfterDuration", "duration": "PT5H" } },
        "ticketInfo": { "ticketNumber": "4711", "ticketSystem": "Desk" },
    });
    let as_me = [("authorization", me.as_str())];
    let ask_myself = |body: Value| sandbox.call("POST", &path, &as_me, body);
    ask_myself(activate.clone()).await.refused(400, "RoleAssignmentDoesNotExist");
    let eligible = request("adminAssign", &megan, GROUPS_ADMINISTRATOR);
    let eligible = ask(&sandbox, "roleEligibilityScheduleRequests", eligible).await.expect(201);
    sandbox.post(&path, activate.clone()).await.refused(403, "Authorization_RequestDenied");
    let mut too_long = activate.clone();
    too_long["scheduleInfo"]["expiration"]["duration"] = json!("PT9H");
    too_long["justification"] = Value::Null;
    let message = ask_myself(too_long).await.refused(400, "RoleAssignmentRequestPolicyValidationFailed");
    assert_eq!(message, "The following policy rules failed: [\"ExpirationRule\",\"JustificationRule\"]");
    let made = ask_myself(activate.clone()).await.expect(201);
    assert_eq!((&made["status"], &made["createdBy"]["user"]["id"]), (&json!("Provisioned"), &json!(megan)));
    assert_eq!(made["ticketInfo"]["ticketNumber"], "4711");
    ask_myself(activate).await.refused(400, "RoleAssignmentExists");

    let own = format!(
        "{MANAGEMENT}/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')?$expand=activatedUsing,roleDefinition"
    );
    let own = sandbox.call("GET", &own, &as_me, Value::Null).await.expect(200);
    assert_eq!(own["value"][0]["assignmentType"], "Activated");
    assert_eq!(own["value"][0]["roleDefinition"]["displayName"], "Groups Administrator");
    assert_eq!(own["value"][0]["activatedUsing"]["roleEligibilityScheduleId"], eligible["id"]);

    let back = json!({
        "action": "selfDeactivate", "principalId": megan, "roleDefinitionId": GROUPS_ADMINISTRATOR, "directoryScopeId": "/",
    });
    ask_myself(back.clone()).await.refused(400, "ActiveDurationTooShort");
    advance(&sandbox, "PT6M").await;
    assert_eq!(ask_myself(back).await.expect(201)["status"], "Revoked");
    assert!(found(&sandbox, "roleAssignments", &megan).await.is_empty());
    assert_eq!(found(&sandbox, "roleEligibilityScheduleInstances", &megan).await.len(), 1);
}

#[tokio::test]
async fn what_was_given_for_good_is_a_schedule_too() {
    let sandbox = Sandbox::new().await;
    let ola = user(&sandbox, "ola.nordmann").await;
    let held = found(&sandbox, "roleAssignments", &ola).await;
    let schedule = &found(&sandbox, "roleAssignmentSchedules", &ola).await[0];
    assert_eq!((&schedule["id"], &schedule["createdUsing"]), (&held[0]["id"], &Value::Null));
    assert_eq!(schedule["scheduleInfo"]["expiration"]["type"], "noExpiration");
    let instance = &found(&sandbox, "roleAssignmentScheduleInstances", &ola).await[0];
    assert_eq!(instance["roleAssignmentScheduleId"], held[0]["id"]);
    assert!(held[0]["id"].as_str().unwrap().starts_with("lAPpYvVpN0KRkAEhdxReE"));
    let taken = request("adminRemove", &ola, "62e90394-69f5-4237-9190-012177145e10");
    assert_eq!(ask(&sandbox, "roleAssignmentScheduleRequests", taken).await.expect(201)["status"], "Revoked");
    assert!(found(&sandbox, "roleAssignments", &ola).await.is_empty());
}

#[tokio::test]
async fn a_role_is_given_longer() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let mut body = request("adminAssign", &megan, GROUPS_ADMINISTRATOR);
    body["scheduleInfo"] = json!({ "expiration": { "type": "afterDuration", "duration": "P1D" } });
    let made = ask(&sandbox, "roleAssignmentScheduleRequests", body.clone()).await.expect(201);
    body["action"] = json!("adminExtend");
    body["scheduleInfo"]["expiration"]["duration"] = json!("P3D");
    let extended = ask(&sandbox, "roleAssignmentScheduleRequests", body).await.expect(201);
    assert_eq!(extended["targetScheduleId"], made["id"]);
    advance(&sandbox, "P2D").await;
    assert_eq!(found(&sandbox, "roleAssignments", &megan).await.len(), 1);
    advance(&sandbox, "P2D").await;
    assert!(found(&sandbox, "roleAssignments", &megan).await.is_empty());
}

#[tokio::test]
async fn a_request_that_cannot_be_met_says_why() {
    let mut sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let nobody = "00000000-0000-4000-8000-000000000009";
    let kind = "roleAssignmentScheduleRequests";
    let message = ask(&sandbox, kind, request("adminAssign", nobody, GROUPS_ADMINISTRATOR))
        .await
        .refused(400, "SubjectNotFound");
    assert_eq!(message, "The subject is not found.");
    ask(&sandbox, kind, request("adminAssign", &megan, nobody)).await.refused(400, "RoleNotFound");
    ask(&sandbox, kind, request("adminHope", &megan, GROUPS_ADMINISTRATOR)).await.refused(400, "BadRequest");
    let mut only_asked = request("adminAssign", &megan, GROUPS_ADMINISTRATOR);
    only_asked["isValidationOnly"] = json!(true);
    assert_eq!(ask(&sandbox, kind, only_asked).await.expect(201)["isValidationOnly"], true);
    assert!(found(&sandbox, "roleAssignmentScheduleRequests", &megan).await.is_empty());
    sandbox.with_only(&["RoleAssignmentSchedule.Read.Directory"]).await;
    sandbox.get(&format!("{MANAGEMENT}/{kind}")).await.expect(200);
    sandbox
        .get(&format!("{MANAGEMENT}/roleEligibilitySchedules"))
        .await
        .refused(403, "Authorization_RequestDenied");
    ask(&sandbox, kind, request("adminAssign", &megan, GROUPS_ADMINISTRATOR))
        .await
        .refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn a_role_is_activated_from_its_template() {
    let sandbox = Sandbox::new().await;
    let templates = sandbox.get("/v1.0/directoryRoleTemplates").await.expect(200);
    assert!(templates["value"].as_array().unwrap().len() > 60);
    let body = json!({ "roleTemplateId": GROUPS_ADMINISTRATOR });
    let by_template = format!("/v1.0/directoryRoles(roleTemplateId='{GROUPS_ADMINISTRATOR}')");
    sandbox.get(&by_template).await.refused(404, "Request_ResourceNotFound");
    let made = sandbox.post("/v1.0/directoryRoles", body.clone()).await.expect(201);
    assert_eq!(made["displayName"], "Groups Administrator");
    sandbox.post("/v1.0/directoryRoles", body).await.refused(400, "Request_BadRequest");
    assert_eq!(sandbox.get(&by_template).await.expect(200)["id"], made["id"]);
    sandbox
        .post("/v1.0/directoryRoles", json!({ "roleTemplateId": "00000000-0000-4000-8000-000000000009" }))
        .await
        .refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn members_of_a_role_come_and_go() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let by_template = format!("/v1.0/directoryRoles/roleTemplateId={DIRECTORY_READERS}");
    let role = sandbox.get(&by_template).await.expect(200)["id"].as_str().unwrap().to_owned();
    let links = format!("{by_template}/members/$ref");
    sandbox.post(&links, sandbox.reference(&megan)).await.expect(204);
    let message = sandbox.post(&links, sandbox.reference(&megan)).await.refused(400, "Request_BadRequest");
    assert_eq!(
        message,
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    let members = sandbox.get(&format!("/v1.0/directoryRoles/{role}/members?$select=id")).await.expect(200);
    assert_eq!(members["value"].as_array().unwrap().len(), 2);
    assert_eq!(members["value"][1]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(
        sandbox.get(&format!("/v1.0/directoryRoles/{role}/members/$ref")).await.expect(200)["value"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let one = format!("/v1.0/directoryRoles/{role}/members/{megan}/$ref");
    sandbox.delete(&one).await.expect(204);
    sandbox.delete(&one).await.refused(404, "Request_ResourceNotFound");
    sandbox.get(&format!("/v1.0/directoryRoles/{role}/scopedMembers")).await.expect(200);
}

#[tokio::test]
async fn a_role_held_by_a_group_shows_in_transitive_checks() {
    let sandbox = Sandbox::new().await;
    let megan = user(&sandbox, "megan.bowen").await;
    let group = json!({
        "displayName": "Readers of all", "mailEnabled": false, "mailNickname": "readers", "securityEnabled": true,
        "isAssignableToRole": true,
    });
    let group = sandbox.post("/v1.0/groups", group).await.expect(201)["id"].as_str().unwrap().to_owned();
    let members = format!("/v1.0/groups/{group}/members/$ref");
    sandbox.post(&members, sandbox.reference(&megan)).await.expect(204);
    let body = json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
        "roleDefinitionId": DIRECTORY_READERS, "principalId": group, "directoryScopeId": "/",
    });
    let path = format!("{MANAGEMENT}/roleAssignments");
    let made = sandbox.post(&path, body.clone()).await.expect(201);
    sandbox.post(&path, body).await.refused(400, "Request_BadRequest");
    let transitive = |kind: &str| format!("/v1.0/users/{megan}/{kind}/microsoft.graph.directoryRole");
    assert_eq!(sandbox.get(&transitive("memberOf")).await.expect(200)["value"], json!([]));
    let roles = sandbox.get(&transitive("transitiveMemberOf")).await.expect(200);
    assert_eq!(roles["value"][0]["displayName"], "Directory Readers");
    let filter = format!("transitiveRoleAssignments?$count=true&$filter=principalId eq '{megan}'");
    let all = sandbox.advanced(&format!("/beta/roleManagement/directory/{filter}")).await.expect(200);
    assert_eq!(all["value"][0]["id"], made["id"]);
}

#[tokio::test]
async fn a_tenant_makes_roles_of_its_own() {
    let sandbox = Sandbox::new().await;
    let path = format!("{MANAGEMENT}/roleDefinitions");
    let body = json!({
        "displayName": "Registration helper", "description": "Reads applications", "isEnabled": true,
        "rolePermissions": [{ "allowedResourceActions": ["microsoft.directory/applications/basic/read"] }],
    });
    let made = sandbox.post(&path, body).await.expect(201);
    assert_eq!((&made["isBuiltIn"], &made["templateId"]), (&json!(false), &made["id"]));
    let own = format!("{path}/{}", made["id"].as_str().unwrap());
    sandbox.patch(&own, json!({ "description": "Reads them" })).await.expect(204);
    assert_eq!(sandbox.get(&own).await.expect(200)["description"], "Reads them");
    let megan = user(&sandbox, "megan.bowen").await;
    let grant = json!({ "roleDefinitionId": made["id"], "principalId": megan, "directoryScopeId": "/" });
    let grant = sandbox.post(&format!("{MANAGEMENT}/roleAssignments"), grant).await.expect(201);
    sandbox.delete(&own).await.refused(400, "Request_BadRequest");
    let grant = format!("{MANAGEMENT}/roleAssignments/{}", grant["id"].as_str().unwrap());
    sandbox.delete(&grant).await.expect(204);
    sandbox.delete(&own).await.expect(204);
    sandbox.delete(&format!("{path}/{DIRECTORY_READERS}")).await.refused(400, "Request_BadRequest");
}
