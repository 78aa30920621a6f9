//! Enterprise applications, their roles, and registrations.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";

async fn application(sandbox: &Sandbox, name: &str) -> Value {
    let found =
        sandbox.get(&format!("/v1.0/servicePrincipals?$filter=displayName eq '{name}'")).await.expect(200);
    found["value"][0].clone()
}

fn role<'a>(application: &'a Value, name: &str) -> &'a str {
    let roles = application["appRoles"].as_array().unwrap();
    roles.iter().find(|role| role["value"] == name).unwrap()["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_guest_is_given_a_role_of_an_application() {
    let sandbox = Sandbox::new().await;
    let warehouse = application(&sandbox, "Warehouse").await;
    let id = warehouse["id"].as_str().unwrap();
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let body =
        json!({ "principalId": guest, "resourceId": id, "appRoleId": role(&warehouse, "Warehouse.Read") });
    let path = format!("/v1.0/servicePrincipals/{id}/appRoleAssignedTo");
    let granted = sandbox.post(&path, body.clone()).await.expect(201);
    let context = granted["@odata.context"].as_str().unwrap();
    assert!(
        context.ends_with(&format!("/$metadata#servicePrincipals('{id}')/appRoleAssignedTo/$entity")),
        "{context}"
    );
    assert_eq!(
        (&granted["principalType"], &granted["resourceDisplayName"]),
        (&json!("User"), &json!("Warehouse"))
    );
    let message = sandbox.post(&path, body).await.refused(400, "Request_BadRequest");
    assert_eq!(message, "Permission being assigned already exists on the object");

    let held = sandbox.get(&format!("/v1.0/users/{guest}/appRoleAssignments")).await.expect(200);
    assert_eq!(held["value"][0]["id"], granted["id"]);
    assert!(
        held["@odata.context"].as_str().unwrap().ends_with(&format!("#users('{guest}')/appRoleAssignments"))
    );
    let found = sandbox
        .get(&format!("/v1.0/users/{guest}/appRoleAssignments?$filter=resourceId eq {id}"))
        .await
        .expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let all = sandbox.get(&format!("{path}?$top=2")).await.expect(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 2);
    let rest = sandbox.get(all["@odata.nextLink"].as_str().unwrap()).await.expect(200);
    assert_eq!(rest["value"].as_array().unwrap().len(), 2);

    let one = format!("{path}/{}", granted["id"].as_str().unwrap());
    sandbox.get(&one).await.expect(200);
    sandbox.delete(&one).await.expect(204);
    sandbox.delete(&one).await.refused(404, "Request_ResourceNotFound");
    let held = sandbox.get(&format!("/v1.0/users/{guest}/appRoleAssignments")).await.expect(200);
    assert_eq!(held["value"], json!([]));
}

#[tokio::test]
async fn only_roles_that_are_offered_can_be_given() {
    let sandbox = Sandbox::new().await;
    let warehouse = application(&sandbox, "Warehouse").await;
    let id = warehouse["id"].as_str().unwrap();
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let path = format!("/v1.0/users/{guest}/appRoleAssignments");
    let body = |resource: &str, role: &str| json!({ "principalId": guest, "resourceId": resource, "appRoleId": role });
    for role in ["0e1f9d0a-2a5d-4b4c-8a0c-0c0f6a4b7c11", NO_ROLE] {
        let message = sandbox.post(&path, body(id, role)).await.refused(400, "Request_BadRequest");
        assert!(message.starts_with("Permission being assigned was not found on application"), "{message}");
    }
    let expenses = application(&sandbox, "Expenses").await["id"].clone();
    let granted = sandbox.post(&path, body(expenses.as_str().unwrap(), NO_ROLE)).await.expect(201);
    assert_eq!(granted["appRoleId"], NO_ROLE);
    let nobody = "0e1f9d0a-2a5d-4b4c-8a0c-0c0f6a4b7c11";
    let stranger =
        json!({ "principalId": nobody, "resourceId": id, "appRoleId": role(&warehouse, "Warehouse.Read") });
    let message = sandbox
        .post(&format!("/v1.0/servicePrincipals/{id}/appRoleAssignedTo"), stranger)
        .await
        .refused(400, "Request_BadRequest");
    assert_eq!(message, "Not a valid reference update");
}

#[tokio::test]
async fn assigning_needs_its_permissions() {
    let mut sandbox = Sandbox::new().await;
    let expenses = application(&sandbox, "Expenses").await["id"].as_str().unwrap().to_owned();
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let path = format!("/v1.0/servicePrincipals/{expenses}/appRoleAssignedTo");
    let body = json!({ "principalId": guest, "resourceId": expenses, "appRoleId": NO_ROLE });
    sandbox.with_only(&["Application.Read.All"]).await;
    sandbox.post(&path, body.clone()).await.refused(403, "Authorization_RequestDenied");
    sandbox.with_only(&["AppRoleAssignment.ReadWrite.All", "Application.Read.All"]).await;
    sandbox.post(&path, body).await.expect(201);
}

#[tokio::test]
async fn an_application_lives_from_registration_to_the_bin() {
    let sandbox = Sandbox::new().await;
    let made = sandbox.post("/v1.0/applications", json!({ "displayName": "Timesheets" })).await.expect(201);
    let (id, app) = (made["id"].as_str().unwrap(), made["appId"].as_str().unwrap());
    let path = format!("/v1.0/applications/{id}");
    let role = json!({
        "allowedMemberTypes": ["User"], "description": "d", "displayName": "Approver",
        "id": "6c1d9a57-3d0f-4d4f-9d33-0a6a1d5e7b22", "isEnabled": true, "value": "Approve",
    });
    sandbox.patch(&path, json!({ "appRoles": [role] })).await.expect(204);
    let principal = sandbox.post("/v1.0/servicePrincipals", json!({ "appId": app })).await.expect(201);
    assert_eq!(principal["appRoles"][0]["value"], "Approve");
    sandbox
        .post("/v1.0/servicePrincipals", json!({ "appId": app }))
        .await
        .refused(409, "Request_MultipleObjectsWithSameKeyValue");
    let password = sandbox
        .post(&format!("{path}/addPassword"), json!({ "passwordCredential": { "displayName": "one" } }))
        .await
        .expect(200);
    let secret = password["secretText"].as_str().unwrap();
    let form = format!(
        "grant_type=client_credentials&client_id={app}&client_secret={secret}&scope={}",
        sandbox_support::GRAPH
    );
    sandbox.sign_in(&form).await.expect(200);
    let shown = sandbox.get(&format!("/v1.0/applications(appId='{app}')")).await.expect(200);
    assert_eq!(shown["passwordCredentials"][0]["secretText"], Value::Null);

    sandbox
        .patch(&path, json!({ "appRoles": [] }))
        .await
        .refused(400, "CannotDeleteOrUpdateEnabledEntitlement");
    let principal = principal["id"].as_str().unwrap();
    sandbox
        .patch(&format!("/v1.0/servicePrincipals/{principal}"), json!({ "appRoleAssignmentRequired": true }))
        .await
        .expect(204);
    sandbox.delete(&path).await.expect(204);
    sandbox
        .get(&format!("/v1.0/servicePrincipals(appId='{app}')"))
        .await
        .refused(404, "Request_ResourceNotFound");
    let bin = sandbox.get("/v1.0/directory/deletedItems/microsoft.graph.application").await.expect(200);
    assert_eq!(bin["value"][0]["id"], id);
    sandbox.post(&format!("/v1.0/directory/deletedItems/{id}/restore"), Value::Null).await.expect(200);
    sandbox.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_permission_given_by_hand_stands_in_the_next_token() {
    let mut sandbox = Sandbox::new().await;
    let app = sandbox.post("/sandbox/apps", json!({ "roles": ["User.Invite.All"] })).await.expect(201);
    let principal = app["principalId"].as_str().unwrap();
    let held =
        sandbox.get(&format!("/v1.0/servicePrincipals/{principal}/appRoleAssignments")).await.expect(200);
    assert_eq!(held["value"][0]["resourceDisplayName"], "Microsoft Graph");
    assert_eq!(held["value"][0]["appRoleId"], "09850681-111b-4a89-9bed-3f2cae46d706");
    let graph = sandbox
        .get("/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id,appRoles")
        .await
        .expect(200);
    let body = json!({ "principalId": principal, "resourceId": graph["id"], "appRoleId": role(&graph, "User.Read.All") });
    let path = format!("/v1.0/servicePrincipals/{principal}/appRoleAssignments");
    sandbox.post(&path, body).await.expect(201);
    let text = |name: &str| app[name].as_str().unwrap().to_owned();
    sandbox.become_app(text("clientId"), text("clientSecret"));
    sandbox.get("/v1.0/users?$top=1").await.expect(200);
}

#[tokio::test]
async fn a_template_makes_both_halves() {
    let sandbox = Sandbox::new().await;
    let path = "/v1.0/applicationTemplates/518e5f48-1fc8-4c48-9387-9fdf28b0dfe7/instantiate";
    let made = sandbox.post(path, json!({ "displayName": "Fabrikam" })).await.expect(201);
    assert_eq!(made["application"]["appId"], made["servicePrincipal"]["appId"]);
    let id = made["servicePrincipal"]["id"].as_str().unwrap();
    sandbox.get(&format!("/v1.0/servicePrincipals/{id}")).await.expect(200);
}

#[tokio::test]
async fn delegated_permissions_are_granted_once() {
    let sandbox = Sandbox::new().await;
    let graph = application(&sandbox, "Microsoft Graph").await["id"].clone();
    let client = application(&sandbox, "Expenses").await["id"].clone();
    let body = json!({ "clientId": client, "consentType": "AllPrincipals", "resourceId": graph, "scope": "User.Read" });
    let made = sandbox.post("/v1.0/oauth2PermissionGrants", body.clone()).await.expect(201);
    sandbox
        .post("/v1.0/oauth2PermissionGrants", body)
        .await
        .refused(409, "Request_MultipleObjectsWithSameKeyValue");
    let path = format!("/v1.0/servicePrincipals/{}/oauth2PermissionGrants", client.as_str().unwrap());
    assert_eq!(sandbox.get(&path).await.expect(200)["value"][0]["id"], made["id"]);
}
