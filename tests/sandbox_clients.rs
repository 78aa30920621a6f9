//! What clients that others wrote ask for: Azure's and Microsoft 365's command lines, SDKs of several languages.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::{GRAPH, Sandbox};
use serde_json::{Value, json};

const HELPDESK: &str = "Helpdesk administrators";

async fn id_of(sandbox: &Sandbox, set: &str, name: &str) -> String {
    let found = sandbox.get(&format!("/v1.0/{set}?$filter=displayName eq '{name}'")).await.expect(200);
    found["value"][0]["id"].as_str().unwrap().to_owned()
}

/// What the service answers though its schema does not say so: asked without leaving it in the recording.
async fn beside_the_schema(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", sandbox.running.url());
    let request = sandbox.http.get(url).bearer_auth(sandbox.token(GRAPH).await);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

async fn zoe(sandbox: &Sandbox) -> String {
    let zoe = sandbox.get("/v1.0/users/zoe.garcia@contoso.example").await.expect(200);
    zoe["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn endpoints_asked_for_by_the_public_name_are_the_public_ones() {
    let sandbox = Sandbox::new().await;
    let url = format!("{}/metadata/endpoints?api-version=2022-09-01", sandbox.running.url());
    let asked = sandbox.http.get(url).header("host", "management.azure.com").send().await.unwrap();
    let cloud: Value = serde_json::from_slice(&asked.bytes().await.unwrap()).unwrap();
    assert_eq!(cloud["authentication"]["loginEndpoint"], "https://login.microsoftonline.com");
    assert_eq!(cloud["resourceManager"], "https://management.azure.com");
    assert_eq!(cloud["microsoftGraphResourceId"], "https://graph.microsoft.com");

    let own = sandbox.sign_in_page("/metadata/endpoints?api-version=2022-09-01").await;
    assert_eq!(own["authentication"]["loginEndpoint"], sandbox.running.url());
    assert_eq!(own["resourceManager"], sandbox.running.url());
}

#[tokio::test]
async fn any_object_can_be_asked_which_groups_it_is_in() {
    let sandbox = Sandbox::new().await;
    let (zoe, helpdesk) = (zoe(&sandbox).await, id_of(&sandbox, "groups", HELPDESK).await);
    let path = |action: &str| format!("/v1.0/directoryObjects/{zoe}/{action}");
    let asked = sandbox.post(&path("checkMemberGroups"), json!({ "groupIds": [helpdesk] })).await.expect(200);
    assert_eq!(asked["value"], json!([helpdesk]));
    let asked =
        sandbox.post(&path("getMemberGroups"), json!({ "securityEnabledOnly": true })).await.expect(200);
    assert!(asked["value"].as_array().unwrap().contains(&json!(helpdesk)), "{asked:#}");
    let asked = sandbox.post(&path("checkMemberObjects"), json!({ "ids": [helpdesk] })).await.expect(200);
    assert_eq!(asked["value"], json!([helpdesk]));
    let nobody = "/v1.0/directoryObjects/00000000-0000-0000-0000-0000000000aa/getMemberGroups";
    let refused = sandbox.post(nobody, json!({ "securityEnabledOnly": false })).await;
    refused.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn owners_can_be_asked_for_by_kind() {
    let sandbox = Sandbox::new().await;
    let helpdesk = id_of(&sandbox, "groups", HELPDESK).await;
    let path = format!("/v1.0/groups/{helpdesk}/owners/microsoft.graph.user?$select=id,userPrincipalName");
    let owners = sandbox.get(&path).await.expect(200);
    assert_eq!(owners["value"][0]["userPrincipalName"], "ola.nordmann@contoso.example");
    assert_eq!(owners["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn applications_and_their_principals_have_owners() {
    let sandbox = Sandbox::new().await;
    let zoe = zoe(&sandbox).await;
    for set in ["applications", "servicePrincipals"] {
        let app = id_of(&sandbox, set, "Expenses").await;
        let owners = format!("/v1.0/{set}/{app}/owners");
        let reference =
            json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{zoe}") });
        sandbox.post(&format!("{owners}/$ref"), reference.clone()).await.expect(204);
        let again = sandbox.post(&format!("{owners}/$ref"), reference).await;
        assert!(again.refused(400, "Request_BadRequest").contains("already exist"));
        let listed = sandbox.get(&owners).await.expect(200);
        assert!(listed["value"].as_array().unwrap().iter().any(|owner| owner["id"] == zoe.as_str()));
        let owned = sandbox.get(&format!("/v1.0/users/{zoe}/ownedObjects")).await.expect(200);
        assert!(owned["value"].as_array().unwrap().iter().any(|owned| owned["id"] == app.as_str()));
        sandbox.delete(&format!("{owners}/{zoe}/$ref")).await.expect(204);
        let gone = sandbox.delete(&format!("{owners}/{zoe}/$ref")).await;
        gone.refused(404, "Request_ResourceNotFound");
    }
}

#[tokio::test]
async fn a_service_principal_can_be_given_a_secret_of_its_own() {
    let sandbox = Sandbox::new().await;
    let made = sandbox.post("/v1.0/applications", json!({ "displayName": "Night shift" })).await.expect(201);
    let app = made["appId"].as_str().unwrap();
    let principal = sandbox.post("/v1.0/servicePrincipals", json!({ "appId": app })).await.expect(201);
    let path = format!("/v1.0/servicePrincipals/{}", principal["id"].as_str().unwrap());
    let wish = json!({ "passwordCredential": { "displayName": "night" } });
    let told = sandbox.post(&format!("{path}/addPassword"), wish).await.expect(200);
    assert_eq!(told["displayName"], "night");
    let form = format!(
        "grant_type=client_credentials&client_id={app}&client_secret={}&scope={GRAPH}",
        told["secretText"].as_str().unwrap()
    );
    assert!(sandbox.sign_in(&form).await.expect(200)["access_token"].is_string());

    let shown = sandbox.get(&path).await.expect(200);
    assert_eq!(shown["passwordCredentials"][0]["keyId"], told["keyId"]);
    assert_eq!(shown["passwordCredentials"][0]["secretText"], Value::Null);
    let key = json!({ "keyId": told["keyId"] });
    sandbox.post(&format!("{path}/removePassword"), key).await.expect(204);
    assert_eq!(sandbox.get(&path).await.expect(200)["passwordCredentials"], json!([]));
}

#[tokio::test]
async fn the_older_alias_for_ones_own_tenant_is_still_taken() {
    let sandbox = Sandbox::new().await;
    let (status, users) = beside_the_schema(&sandbox, "/v1.0/myorganization/users?$top=1").await;
    assert_eq!(status, 200);
    assert_eq!(users["value"].as_array().unwrap().len(), 1);
    let me = sandbox.get("/v1.0/myorganization/me").await;
    assert!(me.refused(400, "BadRequest").contains("/me request"));
}

#[tokio::test]
async fn a_group_is_made_with_the_behaviour_that_it_is_to_have() {
    let sandbox = Sandbox::new().await;
    let wish = json!({
        "displayName": "Launch", "mailNickname": "launch", "mailEnabled": true, "securityEnabled": false,
        "groupTypes": ["Unified"], "resourceBehaviorOptions": ["WelcomeEmailDisabled"],
        "creationOptions": ["YammerProvisioning"],
    });
    let made = sandbox.post("/v1.0/groups", wish).await.expect(201);
    assert_eq!(made["resourceBehaviorOptions"], json!(["WelcomeEmailDisabled"]));
    assert_eq!(made["resourceProvisioningOptions"], json!([]));
    let teams = "/v1.0/groups?$filter=resourceProvisioningOptions/any(x:x eq 'Team')";
    assert_eq!(sandbox.get(teams).await.expect(200)["value"], json!([]));

    let path = format!("/v1.0/groups/{}", made["id"].as_str().unwrap());
    sandbox.post(&format!("{path}/renew"), Value::Null).await.expect(204);
    let (_, options) = beside_the_schema(&sandbox, &format!("{path}?$select=id,creationOptions")).await;
    assert_eq!(options["creationOptions"], json!(["YammerProvisioning"]));
}

#[tokio::test]
async fn the_permissions_of_an_application_come_with_it_when_asked_for() {
    let sandbox = Sandbox::new().await;
    let filter = format!("$filter=appId eq '{}'", sandbox.connection("clientId"));
    let path = format!("/v1.0/servicePrincipals?{filter}&$expand=appRoleAssignments");
    let found = sandbox.get(&path).await.expect(200);
    let held = found["value"][0]["appRoleAssignments"].as_array().unwrap();
    assert!(!held.is_empty());
    assert!(held.iter().all(|held| held["principalId"] == found["value"][0]["id"]), "{held:#?}");
}

#[tokio::test]
async fn a_member_becomes_an_owner_by_a_bound_reference() {
    let sandbox = Sandbox::new().await;
    let (zoe, helpdesk) = (zoe(&sandbox).await, id_of(&sandbox, "groups", HELPDESK).await);
    let group = format!("/v1.0/groups/{helpdesk}");
    let bound =
        json!({ "owners@odata.bind": [format!("https://graph.microsoft.com/v1.0/directoryObjects/{zoe}")] });
    sandbox.patch(&group, bound.clone()).await.expect(204);
    let owners = sandbox.get(&format!("{group}/owners")).await.expect(200);
    assert!(owners["value"].as_array().unwrap().iter().any(|owner| owner["id"] == zoe.as_str()));
    assert!(sandbox.patch(&group, bound).await.refused(400, "Request_BadRequest").contains("'owners'"));
}

#[tokio::test]
async fn a_count_within_a_batch_is_a_number() {
    let sandbox = Sandbox::new().await;
    let (zoe, helpdesk) = (zoe(&sandbox).await, id_of(&sandbox, "groups", HELPDESK).await);
    let ask = |id: &str, what: &str| {
        let url = format!("/groups/{helpdesk}/{what}");
        json!({ "id": id, "method": "GET", "url": url, "headers": { "ConsistencyLevel": "eventual" } })
    };
    let requests = json!({ "requests": [
        ask("1", &format!("members/$count?$filter=id eq '{zoe}'")),
        ask("2", &format!("owners/$count?$filter=id eq '{zoe}'")),
        ask("3", "transitiveMembers/microsoft.graph.user/$count"),
    ] });
    let answers = sandbox.post("/v1.0/$batch", requests).await.expect(200);
    let body = |id: &str| {
        let found = answers["responses"].as_array().unwrap().iter().find(|answer| answer["id"] == id);
        found.unwrap()["body"].clone()
    };
    assert_eq!((body("1"), body("2"), body("3")), (json!(1), json!(0), json!(2)));
}

#[tokio::test]
async fn memberships_can_be_counted() {
    let sandbox = Sandbox::new().await;
    let path = "/v1.0/users/zoe.garcia@contoso.example";
    let count = sandbox.advanced(&format!("{path}/memberOf/microsoft.graph.group/$count")).await.expect(200);
    let listed = sandbox.get(&format!("{path}/memberOf/microsoft.graph.group")).await.expect(200);
    assert_eq!(count, json!(listed["value"].as_array().unwrap().len()));
}

#[tokio::test]
async fn a_single_property_has_an_address() {
    let sandbox = Sandbox::new().await;
    let zoe = zoe(&sandbox).await;
    let path = "/v1.0/users/zoe.garcia@contoso.example";
    let name = sandbox.get(&format!("{path}/displayName")).await.expect(200);
    assert_eq!(name["value"], "Zoë García-Núñez");
    let context = name["@odata.context"].as_str().unwrap();
    assert!(context.ends_with(&format!("$metadata#users('{zoe}')/displayName")), "{context}");
    assert_eq!(beside_the_schema(&sandbox, &format!("{path}/faxNumber")).await.0, 204);
    sandbox.get(&format!("{path}/mailFolders")).await.refused(501, "NotImplemented");

    let app = id_of(&sandbox, "servicePrincipals", "Microsoft Graph").await;
    let roles = sandbox.get(&format!("/v1.0/servicePrincipals/{app}/appRoles")).await.expect(200);
    assert!(!roles["value"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn how_a_group_behaves_in_outlook_is_read_on_request() {
    let sandbox = Sandbox::new().await;
    let falcon = id_of(&sandbox, "groups", "Project Falcon").await;
    let path = format!("/v1.0/groups/{falcon}?$select=allowExternalSenders,hideFromAddressLists");
    assert!(sandbox.get(&path).await.expect(200).get("allowExternalSenders").is_some());
    let usual = sandbox.get(&format!("/v1.0/groups/{falcon}")).await.expect(200);
    assert_eq!(usual.get("allowExternalSenders"), None);
}
