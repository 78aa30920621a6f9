//! Settings of groups, licences through groups, administrative units.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const UNIFIED: &str = "62375ab9-6b52-47ed-826b-58e47e0e304b";
const OF_ONE_GROUP: &str = "08d542b9-071f-4e16-94b0-74abb372e3d9";
const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";

fn guests(template: &str, allowed: &str) -> Value {
    json!({ "templateId": template, "values": [{ "name": "AllowToAddGuests", "value": allowed }] })
}

#[tokio::test]
async fn settings_keep_guests_out_of_groups() {
    let sandbox = Sandbox::new().await;
    let templates = sandbox.get("/v1.0/groupSettingTemplates").await.expect(200);
    assert_eq!(templates["value"][0]["displayName"], "Group.Unified");
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let falcon = sandbox.group("Project Falcon").await;
    let made = sandbox.post("/v1.0/groupSettings", guests(UNIFIED, "false")).await.expect(201);
    assert_eq!(made["values"].as_array().unwrap().len(), 15);
    sandbox.post("/v1.0/groupSettings", guests(UNIFIED, "true")).await.refused(400, "Request_BadRequest");
    let members = format!("/v1.0/groups/{falcon}/members/$ref");
    sandbox.post(&members, sandbox.reference(&guest)).await.refused(403, "Forbidden");
    // Security groups are not concerned.
    let suppliers = sandbox.group("Suppliers").await;
    sandbox
        .post(&format!("/v1.0/groups/{suppliers}/members/$ref"), sandbox.reference(&guest))
        .await
        .expect(204);

    // A group's own settings come first.
    let own = format!("/v1.0/groups/{falcon}/settings");
    let settings = sandbox.post(&own, guests(OF_ONE_GROUP, "true")).await.expect(201);
    sandbox.post(&members, sandbox.reference(&guest)).await.expect(204);
    sandbox.delete(&format!("{own}/{}", settings["id"].as_str().unwrap())).await.expect(204);
    let all = format!("/v1.0/groupSettings/{}", made["id"].as_str().unwrap());
    sandbox
        .patch(&all, json!({ "values": [{ "name": "AllowToAddGuests", "value": "perhaps" }] }))
        .await
        .refused(400, "Request_BadRequest");
    sandbox
        .patch(&all, json!({ "values": [{ "name": "AllowToAddGuests", "value": "true" }] }))
        .await
        .expect(204);
    let other = sandbox.guest("bea@fabrikam.example").await;
    sandbox.post(&members, sandbox.reference(&other)).await.expect(204);
    sandbox.delete(&all).await.expect(204);
    assert_eq!(sandbox.get("/v1.0/groupSettings").await.expect(200)["value"], json!([]));
}

async fn states(sandbox: &Sandbox, user: &str) -> Vec<Value> {
    let found = sandbox
        .get(&format!("/v1.0/users/{user}?$select=licenseAssignmentStates,assignedLicenses"))
        .await
        .expect(200);
    found["licenseAssignmentStates"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_group_gives_its_members_licences() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    let remove = json!({ "addLicenses": [], "removeLicenses": [VISIO] });
    sandbox.post("/v1.0/users/aiko.tanaka@contoso.example/assignLicense", remove.clone()).await.expect(200);
    let body = json!({ "addLicenses": [{ "skuId": VISIO, "disabledPlans": [] }], "removeLicenses": [] });
    let given = sandbox.post(&format!("/v1.0/groups/{group}/assignLicense"), body).await.expect(202);
    assert_eq!(given["id"], group.as_str());
    let carlos = "carlos.vega_litware.example%23EXT%23@contoso.onmicrosoft.com";
    let state = &states(&sandbox, carlos).await[0];
    assert_eq!(
        (&state["assignedByGroup"], &state["state"], &state["error"]),
        (&json!(group), &json!("Active"), &json!("None"))
    );
    // Four of five seats were taken: the second member found none.
    let patti = "patti.fernandez_litware.example%23EXT%23@contoso.onmicrosoft.com";
    let state = &states(&sandbox, patti).await[0];
    assert_eq!((&state["state"], &state["error"]), (&json!("Error"), &json!("CountViolation")));
    let flag = sandbox
        .get(&format!("/v1.0/groups/{group}?$select=hasMembersWithLicenseErrors,assignedLicenses"))
        .await
        .expect(200);
    assert_eq!(flag["hasMembersWithLicenseErrors"], true);

    sandbox.patch(&format!("/v1.0/users/{carlos}"), json!({ "usageLocation": "CH" })).await.expect(204);
    let message = sandbox
        .post(&format!("/v1.0/users/{carlos}/assignLicense"), remove.clone())
        .await
        .refused(400, "Request_BadRequest");
    assert!(message.starts_with("User license is inherited from a group membership"), "{message}");
    let message = sandbox
        .post("/v1.0/users/maren.lindqvist@contoso.example/assignLicense", remove)
        .await
        .refused(400, "Request_BadRequest");
    assert_eq!(message, "User does not have a corresponding license.");

    let id =
        sandbox.get(&format!("/v1.0/users/{carlos}")).await.expect(200)["id"].as_str().unwrap().to_owned();
    sandbox.delete(&format!("/v1.0/groups/{group}/members/{id}/$ref")).await.expect(204);
    assert!(states(&sandbox, carlos).await.is_empty());
    sandbox.post(&format!("/v1.0/users/{patti}/reprocessLicenseAssignment"), Value::Null).await.expect(200);
    assert_eq!(states(&sandbox, patti).await[0]["state"], "Active");
}

#[tokio::test]
async fn administrative_units_are_read() {
    let sandbox = Sandbox::new().await;
    let units = sandbox.get("/v1.0/directory/administrativeUnits").await.expect(200);
    assert_eq!(units["value"][0]["displayName"], "Berlin office");
    let path = format!("/v1.0/directory/administrativeUnits/{}", units["value"][0]["id"].as_str().unwrap());
    sandbox.get(&path).await.expect(200);
    let members =
        sandbox.get(&format!("{path}/members/microsoft.graph.user?$select=displayName")).await.expect(200);
    assert!(members["value"].as_array().unwrap().len() > 5);
    let scoped = sandbox.get(&format!("{path}/scopedRoleMembers")).await.expect(200);
    assert_eq!(scoped["value"][0]["roleMemberInfo"]["displayName"], "Jürgen Müller");
    let of = "/v1.0/users/hannah.schmid@contoso.example/memberOf/microsoft.graph.administrativeUnit";
    assert_eq!(sandbox.get(of).await.expect(200)["value"][0]["displayName"], "Legal department");
}

#[tokio::test]
async fn memberships_are_checked_by_id() {
    let sandbox = Sandbox::new().await;
    let (suppliers, partners) = (sandbox.group("Suppliers").await, sandbox.group("External partners").await);
    let carlos = "/v1.0/users/carlos.vega_litware.example%23EXT%23@contoso.onmicrosoft.com";
    let all = sandbox
        .post(&format!("{carlos}/getMemberObjects"), json!({ "securityEnabledOnly": false }))
        .await
        .expect(200);
    assert!(all["value"].as_array().unwrap().contains(&json!(partners)));
    let body = json!({ "ids": [suppliers, "0e1f9d0a-2a5d-4b4c-8a0c-0c0f6a4b7c11"] });
    let found = sandbox.post(&format!("{carlos}/checkMemberObjects"), body).await.expect(200);
    assert_eq!(found["value"], json!([suppliers]));
    let body = json!({ "groupIds": [partners] });
    let found = sandbox.post(&format!("/v1.0/groups/{suppliers}/checkMemberGroups"), body).await.expect(200);
    assert_eq!(found["value"], json!([partners]));
    let links = sandbox.get(&format!("/v1.0/groups/{suppliers}/members/$ref")).await.expect(200);
    assert!(links["value"][0]["@odata.id"].as_str().unwrap().ends_with("/Microsoft.DirectoryServices.User"));
    let owned = sandbox
        .get("/v1.0/users/tomas.novak@contoso.example/ownedObjects/microsoft.graph.group")
        .await
        .expect(200);
    assert_eq!(owned["value"][0]["displayName"], "Suppliers");
    sandbox.get("/v1.0/users/tomas.novak@contoso.example/photo").await.refused(404, "ImageNotFound");
}

#[tokio::test]
async fn a_mail_goes_to_the_outbox() {
    let sandbox = Sandbox::new().await;
    let message = |to: Value| {
        json!({
            "message": {
                "subject": "Your access", "body": { "contentType": "Text", "content": "It ends soon." },
                "toRecipients": to,
            },
            "saveToSentItems": false,
        })
    };
    let ann = json!([{ "emailAddress": { "address": "ann@fabrikam.example" } }]);
    let path = "/v1.0/users/megan.bowen@contoso.example/sendMail";
    sandbox.post(path, message(ann.clone())).await.expect(202);
    let outbox = sandbox.get("/sandbox/outbox").await.expect(200);
    let mails = outbox.as_array().or_else(|| outbox["value"].as_array()).unwrap();
    assert_eq!(
        (&mails[0]["to"], &mails[0]["subject"]),
        (&json!("ann@fabrikam.example"), &json!("Your access"))
    );
    sandbox.post(path, message(json!([]))).await.refused(400, "ErrorInvalidRecipients");
    let nobody = "/v1.0/users/nobody@contoso.example/sendMail";
    sandbox.post(nobody, message(ann.clone())).await.refused(404, "ErrorInvalidUser");
    let without = "/v1.0/users/nadia.rossi@contoso.example/sendMail";
    sandbox.post(without, message(ann)).await.refused(404, "MailboxNotEnabledForRESTAPI");
}

#[tokio::test]
async fn a_guest_becomes_one_of_the_own_people() {
    let sandbox = Sandbox::new().await;
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let path = format!("/beta/users/{guest}/convertExternalToInternalMemberUser");
    let body = json!({ "userPrincipalName": "ann@contoso.example", "passwordProfile": { "password": "public-Password-1" } });
    sandbox.post(&path, body.clone()).await.expect(200);
    let user = sandbox
        .get(&format!("/v1.0/users/{guest}?$select=userType,userPrincipalName,externalUserState"))
        .await
        .expect(200);
    assert_eq!((&user["userType"], &user["externalUserState"]), (&json!("Member"), &Value::Null));
    sandbox.post(&path, body).await.refused(400, "Request_BadRequest");
}
