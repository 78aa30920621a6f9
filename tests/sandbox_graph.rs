//! Graph, as the sandbox answers it.

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

#[tokio::test]
async fn a_wrong_secret_is_an_invalid_client() {
    let sandbox = Sandbox::new().await;
    let form = |client: &str, secret: &str| {
        format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope={}",
            sandbox_support::GRAPH
        )
    };
    let answer = sandbox.sign_in(&form(&sandbox.app.0, "nonsense")).await;
    assert_eq!((answer.status, &answer.body["error"]), (401, &json!("invalid_client")));
    assert!(answer.body["error_description"].as_str().unwrap().starts_with("AADSTS7000215: "));
    let unknown = sandbox.sign_in(&form("00000000-0000-0000-0000-000000000001", "x")).await;
    assert_eq!(unknown.body["error_codes"], json!([700016]));
    let url = format!("{}/nowhere.example/oauth2/v2.0/token", sandbox.running.url());
    let answer = sandbox.http.post(url).body("x=y").send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("AADSTS90002: Tenant 'nowhere.example' not found."));
}

#[tokio::test]
async fn a_token_for_another_service_is_refused() {
    let sandbox = Sandbox::new().await;
    let token = format!("Bearer {}", sandbox.token(sandbox_support::ARM).await);
    let answer = sandbox.call("GET", "/v1.0/users", &[("authorization", &token)], Value::Null).await;
    answer.refused(401, "InvalidAuthenticationToken");
    let none = sandbox.call("GET", "/v1.0/users", &[("authorization", "")], Value::Null).await;
    none.refused(401, "InvalidAuthenticationToken");
}

#[tokio::test]
async fn a_missing_permission_is_named_as_such() {
    let mut sandbox = Sandbox::new().await;
    sandbox.with_only(&["User.Read.All"]).await;
    sandbox.get("/v1.0/users").await.expect(200);
    sandbox.invite("ann@fabrikam.example").await.refused(403, "Authorization_RequestDenied");
    sandbox.with_only(&["User.Invite.All"]).await;
    sandbox.invite("ann@fabrikam.example").await.expect(201);
    sandbox.get("/v1.0/users").await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn an_invited_guest_is_pending_until_the_link_is_followed() {
    let sandbox = Sandbox::new().await;
    let invitation = sandbox.invite("Ann.Berg@fabrikam.example").await.expect(201);
    assert_eq!(invitation["status"], "PendingAcceptance");
    let id = invitation["invitedUser"]["id"].as_str().unwrap();
    let select = "id,mail,userPrincipalName,userType,creationType,externalUserState,identities,showInAddressList,proxyAddresses,mailNickname";
    let user = sandbox.get(&format!("/v1.0/users/{id}?$select={select}")).await.expect(200);
    assert_eq!(user["userPrincipalName"], "Ann.Berg_fabrikam.example#EXT#@contoso.onmicrosoft.com");
    assert_eq!(user["externalUserState"], "PendingAcceptance");
    assert_eq!(user["proxyAddresses"], json!(["SMTP:Ann.Berg@fabrikam.example"]));
    assert_eq!(user["showInAddressList"], false);
    let mails = sandbox.get("/sandbox/outbox").await.expect(200);
    assert_eq!(mails[0]["to"], "Ann.Berg@fabrikam.example");
    assert_eq!(mails[0]["redeemUrl"], invitation["inviteRedeemUrl"]);
    sandbox.post("/sandbox/accept", json!({ "user": "ann.berg@fabrikam.example" })).await.expect(200);
    let upn = "Ann.Berg_fabrikam.example%23EXT%23@contoso.onmicrosoft.com";
    let user = sandbox.get(&format!("/v1.0/users/{upn}?$select={select}")).await.expect(200);
    assert_eq!(user["externalUserState"], "Accepted");
    assert_eq!(
        user["identities"][1],
        json!({ "signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": null })
    );
}

#[tokio::test]
async fn inviting_again_gives_the_same_guest_and_a_new_ticket() {
    let sandbox = Sandbox::new().await;
    let first = sandbox.invite("ann@fabrikam.example").await.expect(201);
    let second = sandbox.invite("ANN@fabrikam.example").await.expect(201);
    assert_eq!(first["invitedUser"], second["invitedUser"]);
    assert_ne!(first["inviteRedeemUrl"], second["inviteRedeemUrl"]);
    let accepted = sandbox.invite("diego.siciliani@fabrikam.example").await.expect(201);
    assert_eq!(accepted["status"], "Completed");
}

#[tokio::test]
async fn some_addresses_are_not_invited() {
    let sandbox = Sandbox::new().await;
    let message = sandbox.invite("megan.bowen@contoso.example").await.refused(400, "BadRequest");
    assert!(message.starts_with("The invited user already exists in the directory as object ID: "));
    let message = sandbox.invite("nobody@contoso.example").await.refused(400, "BadRequest");
    assert!(message.contains("verified domain"));
    sandbox.invite("ann@blocked.example").await.refused(403, "Forbidden");
    sandbox.invite("joni.sherman@adatum.example").await.refused(412, "Request_BadRequest");
    sandbox.invite("a+b@fabrikam.example").await.refused(400, "BadRequest");
    sandbox
        .post("/v1.0/invitations", json!({ "invitedUserEmailAddress": "a@b.example" }))
        .await
        .refused(400, "BadRequest");
}

#[tokio::test]
async fn a_guest_on_a_contacts_address_gets_no_mail() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("sales@litware.example").await;
    let user =
        sandbox.get(&format!("/v1.0/users/{id}?$select=mail,proxyAddresses,otherMails")).await.expect(200);
    assert_eq!(user["mail"], Value::Null);
    assert_eq!(user["proxyAddresses"], json!([]));
    assert_eq!(user["otherMails"], json!(["sales@litware.example"]));
    // And the other way around the contact is refused.
    sandbox.guest("new@litware.example").await;
    let answer = sandbox
        .cmdlet("New-MailContact", json!({ "Name": "New", "ExternalEmailAddress": "new@litware.example" }))
        .await;
    assert!(answer.expect(400).to_string().contains("ProxyAddressExistsException"));
}

#[tokio::test]
async fn a_redemption_can_be_reset() {
    let sandbox = Sandbox::new().await;
    let guest = "diego.siciliani_fabrikam.example%23EXT%23@contoso.onmicrosoft.com";
    let id = sandbox.get(&format!("/v1.0/users/{guest}")).await.expect(200)["id"].clone();
    sandbox
        .patch(&format!("/v1.0/users/{guest}"), json!({ "otherMails": ["diego@adatum.example"] }))
        .await
        .expect(204);
    let body = |address: &str| {
        json!({
            "invitedUserEmailAddress": address, "inviteRedirectUrl": "https://myapps.microsoft.com",
            "resetRedemption": true, "invitedUser": { "id": id },
        })
    };
    sandbox.post("/v1.0/invitations", body("else@adatum.example")).await.refused(400, "BadRequest");
    let reset = sandbox.post("/v1.0/invitations", body("diego@adatum.example")).await.expect(201);
    assert_eq!((&reset["invitedUser"]["id"], &reset["status"]), (&id, &json!("PendingAcceptance")));
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    let sandbox = Sandbox::new().await;
    let mut next = "/v1.0/users?$top=20&$select=id,displayName".to_owned();
    let mut ids = Vec::new();
    loop {
        let page = sandbox.get(&next).await.expect(200);
        ids.extend(
            page["value"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()),
        );
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(ids.len(), 55);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 55);
    let plain = sandbox.get("/v1.0/users?$top=1").await.expect(200);
    assert_eq!(plain["value"][0].as_object().unwrap().len(), 11);
    sandbox.get("/v1.0/users?$top=1000").await.refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn advanced_queries_need_their_header() {
    let sandbox = Sandbox::new().await;
    let guests = sandbox.get("/v1.0/users?$filter=userType eq 'Guest'&$select=id,mail").await.expect(200);
    assert_eq!(guests["value"].as_array().unwrap().len(), 15);
    let ends = "/v1.0/users?$filter=endsWith(mail,'@fabrikam.example')&$count=true";
    sandbox.get(ends).await.refused(400, "Request_UnsupportedQuery");
    assert_eq!(sandbox.advanced(ends).await.expect(200)["@odata.count"], 4);
    sandbox.get("/v1.0/users?$filter=userType ne 'Guest'").await.refused(400, "Request_UnsupportedQuery");
    sandbox.get("/v1.0/users?$search=\"displayName:adele\"").await.refused(400, "Request_UnsupportedQuery");
    let found = sandbox.advanced("/v1.0/users?$search=\"displayName:adele\"").await.expect(200);
    assert_eq!(found["value"][0]["mail"], "adele.vance@contoso.example");
    sandbox.get("/v1.0/users/$count").await.refused(400, "Request_BadRequest");
    assert_eq!(sandbox.advanced("/v1.0/users/$count").await.expect(200), json!(55));
    let guests = "/v1.0/users/$count?$filter=UserType eq 'Guest'";
    assert_eq!(sandbox.advanced(guests).await.expect(200), json!(15));
    let sorted = sandbox
        .advanced("/v1.0/users?$filter=userType eq 'Guest'&$orderby=displayName&$count=true&$top=2")
        .await
        .expect(200);
    assert_eq!(sorted["value"][0]["displayName"], "Carlos Vega");
    sandbox.get("/v1.0/users?$filter=nonsense eq 'x'").await.refused(400, "BadRequest");
    sandbox.get("/v1.0/users?$filter=displayName eq").await.refused(400, "BadRequest");
    sandbox.get("/v1.0/users?$orderBy=DisplayName&$select=DisplayName").await.expect(200);
}

#[tokio::test]
async fn an_address_is_found_in_every_place_it_can_stand() {
    let sandbox = Sandbox::new().await;
    let filter = "mail eq 'lee.gu@fabrikam.example' or userPrincipalName eq 'x' or proxyAddresses/any(x:x eq 'smtp:lee.gu@fabrikam.example') or otherMails/any(x:x eq 'lee.gu@fabrikam.example')";
    let found = sandbox.get(&format!("/v1.0/users?$filter={filter}")).await.expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let found = sandbox.get("/v1.0/users?$filter=assignedLicenses/any(l:l/skuId eq 05e9a617-0261-4cee-bb44-138d3ef5d965)&$top=100&$select=id").await.expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn a_user_is_changed_within_the_rules() {
    let sandbox = Sandbox::new().await;
    let user = "/v1.0/users/nadia.rossi@contoso.example";
    sandbox.patch(user, json!({ "Department": "Sales", "usageLocation": "it" })).await.expect(204);
    let now = sandbox.get(&format!("{user}?$select=department,usageLocation")).await.expect(200);
    assert_eq!((&now["department"], &now["usageLocation"]), (&json!("Sales"), &json!("IT")));
    sandbox.patch(user, json!({ "usageLocation": "XX" })).await.refused(400, "Request_BadRequest");
    sandbox.patch(user, json!({ "department": 5 })).await.refused(400, "Request_BadRequest");
    sandbox.patch(user, json!({ "nonsense": 5 })).await.refused(400, "Request_BadRequest");
    sandbox
        .patch(user, json!({ "createdDateTime": "2020-01-01T00:00:00Z" }))
        .await
        .refused(400, "Request_BadRequest");
    let conflict = sandbox.patch(user, json!({ "mail": "sales@litware.example" })).await;
    assert_eq!(conflict.body["error"]["details"][0]["code"], "ObjectConflict");
    conflict.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn extension_attributes_are_set_one_by_one() {
    let sandbox = Sandbox::new().await;
    let user = "/v1.0/users/nadia.rossi@contoso.example";
    let set = |attributes: Value| sandbox.patch(user, json!({ "onPremisesExtensionAttributes": attributes }));
    set(json!({ "extensionAttribute1": "2027-01-31", "extensionAttribute15": "x" })).await.expect(204);
    set(json!({ "extensionAttribute15": null })).await.expect(204);
    let now = sandbox.get(&format!("{user}?$select=onPremisesExtensionAttributes")).await.expect(200);
    let now = &now["onPremisesExtensionAttributes"];
    assert_eq!(
        (&now["extensionAttribute1"], &now["extensionAttribute15"]),
        (&json!("2027-01-31"), &json!(null))
    );
    set(json!({ "extensionAttribute16": "x" })).await.refused(400, "Request_BadRequest");
    set(json!({ "extensionAttribute2": 5 })).await.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn a_deleted_user_waits_in_the_bin() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    let group = sandbox.group("External partners").await;
    sandbox.post(&format!("/v1.0/groups/{group}/members/$ref"), sandbox.reference(&id)).await.expect(204);
    sandbox.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    sandbox.get(&format!("/v1.0/users/{id}")).await.refused(404, "Request_ResourceNotFound");
    let bin = sandbox
        .get("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,mail,deletedDateTime")
        .await
        .expect(200);
    assert_eq!(bin["value"][0]["id"], id);
    sandbox.post(&format!("/v1.0/directory/deletedItems/{id}/restore"), Value::Null).await.expect(200);
    let groups = sandbox.get(&format!("/v1.0/users/{id}/memberOf")).await.expect(200);
    assert!(groups["value"].as_array().unwrap().iter().any(|found| found["id"] == group));
    sandbox.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    sandbox.delete(&format!("/v1.0/directory/deletedItems/{id}")).await.expect(204);
    sandbox.get(&format!("/v1.0/directory/deletedItems/{id}")).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn managers_and_sponsors_are_references() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    sandbox.get(&format!("/v1.0/users/{id}/manager")).await.refused(404, "Request_ResourceNotFound");
    let boss = sandbox.get("/v1.0/users/alex.wilber@contoso.example").await.expect(200)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let manager = format!("/v1.0/users/{id}/manager/$ref");
    sandbox.call("PUT", &manager, &[], sandbox.reference(&boss)).await.expect(204);
    assert_eq!(sandbox.get(&format!("/v1.0/users/{id}/manager")).await.expect(200)["id"], boss);
    let expanded =
        sandbox.get(&format!("/v1.0/users/{id}?$expand=manager($select=id,displayName)")).await.expect(200);
    assert_eq!(expanded["manager"]["displayName"], "Alex Wilber");
    sandbox.delete(&manager).await.expect(204);
    let sponsors = format!("/v1.0/users/{id}/sponsors");
    sandbox.post(&format!("{sponsors}/$ref"), sandbox.reference(&boss)).await.expect(204);
    sandbox
        .post(&format!("{sponsors}/$ref"), sandbox.reference(&boss))
        .await
        .refused(400, "Request_BadRequest");
    assert_eq!(sandbox.get(&sponsors).await.expect(200)["value"][0]["id"], boss);
    sandbox.delete(&format!("{sponsors}/{boss}/$ref")).await.expect(204);
}

#[tokio::test]
async fn group_members_are_added_once() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    let group = sandbox.group("Helpdesk administrators").await;
    let members = format!("/v1.0/groups/{group}/members");
    sandbox.post(&format!("{members}/$ref"), sandbox.reference(&id)).await.expect(204);
    let message = sandbox
        .post(&format!("{members}/$ref"), sandbox.reference(&id))
        .await
        .refused(400, "Request_BadRequest");
    assert!(message.ends_with("for the following modified properties: 'members'."));
    let nobody = sandbox.reference("00000000-0000-0000-0000-00000000abcd");
    sandbox.post(&format!("{members}/$ref"), nobody).await.refused(404, "Request_ResourceNotFound");
    let users = sandbox.get(&format!("{members}/microsoft.graph.user?$select=id,mail")).await.expect(200);
    assert_eq!(users["value"].as_array().unwrap().len(), 3);
    sandbox.delete(&format!("{members}/{id}/$ref")).await.expect(204);
    sandbox.delete(&format!("{members}/{id}/$ref")).await.refused(404, "Request_ResourceNotFound");
    let bind = json!({ "members@odata.bind": [sandbox.reference(&id)["@odata.id"]] });
    sandbox.patch(&format!("/v1.0/groups/{group}"), bind).await.expect(204);
    for name in ["All guests", "Marketing news", "Finance reviewers"] {
        let closed = sandbox.group(name).await;
        let answer =
            sandbox.post(&format!("/v1.0/groups/{closed}/members/$ref"), sandbox.reference(&id)).await;
        answer.refused(400, "Request_BadRequest");
    }
    let all = sandbox.group("All guests").await;
    let dynamic = sandbox.get(&format!("/v1.0/groups/{all}/members?$top=100")).await.expect(200);
    assert_eq!(dynamic["value"].as_array().unwrap().len(), 16);
    assert_eq!(dynamic["value"][0]["@odata.type"], "#microsoft.graph.user");
    let twins = sandbox.get("/v1.0/groups?$filter=displayName eq 'Contractors'").await.expect(200);
    assert_eq!(twins["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn memberships_go_through_groups_in_groups_and_name_roles() {
    let sandbox = Sandbox::new().await;
    let carlos = "/v1.0/users/carlos.vega_litware.example%23EXT%23@contoso.onmicrosoft.com";
    let direct = sandbox
        .get(&format!("{carlos}/memberOf/microsoft.graph.group?$select=displayName"))
        .await
        .expect(200);
    let names = |body: &Value| -> Vec<String> {
        let mut names: Vec<String> = body["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["displayName"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&direct), ["All guests", "Suppliers"]);
    let all = sandbox.get(&format!("{carlos}/transitiveMemberOf")).await.expect(200);
    assert_eq!(names(&all), ["All guests", "External partners", "Suppliers"]);
    let id = sandbox.get(carlos).await.expect(200)["id"].as_str().unwrap().to_owned();
    let suppliers = sandbox.group("Suppliers").await;
    let asked = json!({ "groupIds": [suppliers, sandbox.group("Project Falcon").await] });
    let checked = sandbox.post(&format!("/v1.0/users/{id}/checkMemberGroups"), asked).await.expect(200);
    assert_eq!(checked["value"], json!([suppliers]));
    let got = sandbox
        .post(&format!("/v1.0/users/{id}/getMemberGroups"), json!({ "securityEnabledOnly": true }))
        .await;
    assert_eq!(got.expect(200)["value"].as_array().unwrap().len(), 3);
    let roles = sandbox.get("/v1.0/users/ola.nordmann@contoso.example/memberOf").await.expect(200);
    assert_eq!(roles["value"][0]["@odata.type"], "#microsoft.graph.directoryRole");
}

#[tokio::test]
async fn licences_have_seats() {
    let sandbox = Sandbox::new().await;
    let skus = sandbox.get("/v1.0/subscribedSkus").await.expect(200);
    let free = |name: &str| {
        let sku = skus["value"].as_array().unwrap().iter().find(|sku| sku["skuPartNumber"] == name).unwrap();
        sku["prepaidUnits"]["enabled"].as_i64().unwrap() - sku["consumedUnits"].as_i64().unwrap()
    };
    assert_eq!((free("SPE_E3"), free("AAD_PREMIUM"), free("VISIOCLIENT")), (1, 12, 0));
    let e3 = json!({ "addLicenses": [{ "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": [] }], "removeLicenses": [] });
    let ann = sandbox.guest("ann@fabrikam.example").await;
    let assign = format!("/v1.0/users/{ann}/assignLicense");
    let message = sandbox.post(&assign, e3.clone()).await.refused(400, "Request_BadRequest");
    assert_eq!(message, "License assignment cannot be done for user with invalid usage location.");
    sandbox.patch(&format!("/v1.0/users/{ann}"), json!({ "usageLocation": "CH" })).await.expect(204);
    sandbox.post(&assign, e3.clone()).await.expect(200);
    sandbox.post(&assign, e3.clone()).await.expect(200);
    let held = sandbox.get(&format!("/v1.0/users/{ann}/licenseDetails")).await.expect(200);
    assert_eq!(held["value"][0]["skuPartNumber"], "SPE_E3");
    let bob = sandbox.guest("bob@fabrikam.example").await;
    sandbox.patch(&format!("/v1.0/users/{bob}"), json!({ "usageLocation": "CH" })).await.expect(204);
    let message = sandbox
        .post(&format!("/v1.0/users/{bob}/assignLicense"), e3)
        .await
        .refused(400, "Request_BadRequest");
    assert!(message.ends_with("does not have any available licenses."));
    let back = json!({ "addLicenses": [], "removeLicenses": ["05e9a617-0261-4cee-bb44-138d3ef5d965"] });
    sandbox.post(&assign, back.clone()).await.expect(200);
    sandbox.post(&assign, back).await.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn directory_roles_are_given_once() {
    let sandbox = Sandbox::new().await;
    let ann = sandbox.guest("ann@fabrikam.example").await;
    let roles = "/v1.0/roleManagement/directory/roleAssignments";
    let found = sandbox
        .get("/v1.0/roleManagement/directory/roleDefinitions?$filter=displayName eq 'Guest Inviter'")
        .await
        .expect(200);
    let role = found["value"][0]["id"].clone();
    let body = json!({ "roleDefinitionId": role, "principalId": ann, "directoryScopeId": "/" });
    let id = sandbox.post(roles, body.clone()).await.expect(201)["id"].as_str().unwrap().to_owned();
    let message = sandbox.post(roles, body).await.refused(400, "Request_BadRequest");
    assert!(message.starts_with("A conflicting object"));
    let mine = sandbox
        .get(&format!("{roles}?$filter=principalId eq '{ann}'&$expand=roleDefinition"))
        .await
        .expect(200);
    assert_eq!(mine["value"][0]["roleDefinition"]["displayName"], "Guest Inviter");
    sandbox.get(&format!("{roles}/{id}")).await.expect(200);
    sandbox.delete(&format!("{roles}/{id}")).await.expect(204);
    sandbox.delete(&format!("{roles}/{id}")).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn the_tenant_tells_about_itself() {
    let sandbox = Sandbox::new().await;
    let organization = sandbox.get("/v1.0/organization").await.expect(200);
    assert_eq!(organization["value"][0]["id"], sandbox.connection("tenantId"));
    assert_eq!(sandbox.get("/v1.0/domains").await.expect(200)["value"].as_array().unwrap().len(), 2);
    sandbox.get("/v1.0/domains/contoso.example").await.expect(200);
    sandbox.get("/v1.0/policies/authorizationPolicy").await.expect(200);
    let policies = sandbox.get("/beta/policies/b2bManagementPolicies").await.expect(200);
    assert!(policies["value"][0]["definition"][0].as_str().unwrap().contains("mailinator.example"));
    sandbox.get("/v1.0/contacts").await.expect(200);
    sandbox.get("/v1.0/contacts?$filter=mail eq 'sales@litware.example'").await.expect(200);
    sandbox.get("/v1.0/servicePrincipals").await.expect(200);
    sandbox.get("/v1.0/directoryRoles").await.expect(200);
    sandbox.get("/v1.0/groups").await.expect(200);
    sandbox.get("/v1.0/roleManagement/directory/roleDefinitions").await.expect(200);
    sandbox.get("/v1.0/nonsense").await.refused(501, "NotImplemented");
    sandbox.get("/v1.0/me").await.refused(400, "BadRequest");
    let bare = sandbox
        .call("GET", "/v1.0/users?$top=1", &[("accept", "application/json;odata.metadata=none")], Value::Null)
        .await;
    assert!(bare.body.get("@odata.context").is_none());
}

#[tokio::test]
async fn a_batch_answers_each_call_for_itself() {
    let sandbox = Sandbox::new().await;
    let ann = sandbox.guest("ann@fabrikam.example").await;
    let group = sandbox.group("Suppliers").await;
    let body = json!({ "requests": [
        { "id": 1, "method": "GET", "url": format!("/users/{ann}?$select=id") },
        { "id": "2", "method": "POST", "url": format!("/groups/{group}/members/$ref"), "headers": { "Content-Type": "application/json" }, "body": sandbox.reference(&ann) },
        { "id": "3", "method": "GET", "url": "/users/nobody@x.example" },
        { "id": "4", "method": "GET", "url": "/organization", "dependsOn": ["3"] },
    ] });
    let answer = sandbox.post("/v1.0/$batch", body).await.expect(200);
    let statuses: Vec<i64> =
        answer["responses"].as_array().unwrap().iter().map(|one| one["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [200, 204, 404, 424]);
    let many: Vec<Value> =
        (0..21).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/users" })).collect();
    sandbox.post("/v1.0/$batch", json!({ "requests": many })).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn objects_are_found_by_id_whatever_they_are() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    assert_eq!(
        sandbox.get(&format!("/v1.0/directoryObjects/{group}")).await.expect(200)["@odata.type"],
        "#microsoft.graph.group"
    );
    let found = sandbox
        .post("/v1.0/directoryObjects/getByIds", json!({ "ids": [group], "types": ["group"] }))
        .await
        .expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_group_is_made_changed_and_removed() {
    let sandbox = Sandbox::new().await;
    let body = json!({ "displayName": "Auditors", "mailEnabled": false, "mailNickname": "auditors", "securityEnabled": true });
    let id = sandbox.post("/v1.0/groups", body).await.expect(201)["id"].as_str().unwrap().to_owned();
    sandbox.patch(&format!("/v1.0/groups/{id}"), json!({ "description": "Yearly" })).await.expect(204);
    sandbox.get(&format!("/v1.0/groups/{id}/owners")).await.expect(200);
    sandbox.delete(&format!("/v1.0/groups/{id}")).await.expect(204);
    sandbox.get(&format!("/v1.0/groups/{id}")).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn a_host_name_chooses_the_service_and_links_carry_it() {
    let sandbox = Sandbox::new().await;
    let host = [("host", "graph.microsoft.com")];
    let page = sandbox.call("GET", "/v1.0/users?$top=1", &host, Value::Null).await.expect(200);
    let link = page["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with("https://graph.microsoft.com/v1.0/users?$top=1&$skiptoken="), "{link}");
    let page = sandbox.get("/v1.0/users?$top=1").await.expect(200);
    assert!(page["@odata.nextLink"].as_str().unwrap().starts_with(sandbox.running.url()));
}

#[tokio::test]
async fn discovery_documents_point_back_here() {
    let sandbox = Sandbox::new().await;
    let text = |path: String| async {
        let answer = sandbox.http.get(path).send().await.unwrap();
        serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap_or_default()
    };
    let base = format!("{}/{}", sandbox.running.url(), sandbox.connection("tenantId"));
    let document =
        text(format!("{}/contoso.example/v2.0/.well-known/openid-configuration", sandbox.running.url()))
            .await;
    assert_eq!(document["token_endpoint"], format!("{base}/oauth2/v2.0/token"));
    let keys = text(document["jwks_uri"].as_str().unwrap_or_default().to_owned()).await;
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    let instance = format!("{}/common/discovery/instance?api-version=1.1", sandbox.running.url());
    assert!(text(instance).await["tenant_discovery_endpoint"].is_string());
}

#[tokio::test]
async fn names_match_in_any_case() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    assert_eq!(
        sandbox.get(&format!("/V1.0/Groups/{group}/Owners?$Select=DisplayName")).await.expect(200)["value"]
            [0]["displayName"],
        "Tomáš Novák"
    );
    sandbox.get(&format!("/v1.0/groups('{group}')?$select=MailNickName")).await.expect(200);
}

#[tokio::test]
async fn every_route_asks_for_a_permission_and_the_least_one_is_enough() {
    let mut sandbox = Sandbox::new().await;
    let mut routes = sandbox.get("/sandbox/routes").await.expect(200)["value"].as_array().unwrap().clone();
    routes.retain(|route| route["service"] == "Microsoft Graph");
    assert!(routes.len() > 60);
    let call = async |sandbox: &Sandbox, route: &Value| {
        let path = route["path"].as_str().unwrap().replace("{}", "00000000-0000-4000-8000-000000000001");
        let method = route["method"].as_str().unwrap();
        let body = if method == "GET" || method == "DELETE" { Value::Null } else { json!({}) };
        sandbox.call(method, &format!("/v1.0{path}"), &[], body).await
    };
    sandbox.with_only(&["Nothing.At.All"]).await;
    for route in &routes {
        call(&sandbox, route).await.refused(403, "Authorization_RequestDenied");
    }
    for route in &routes {
        let least = route["permissions"][0].as_str().unwrap();
        sandbox.with_only(&[least]).await;
        let answer = call(&sandbox, route).await;
        assert!(
            ![401, 403, 501].contains(&answer.status),
            "{route} with {least}: {} {:#}",
            answer.status,
            answer.body
        );
    }
}

#[tokio::test]
async fn the_bin_keeps_for_thirty_days() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    let group = sandbox.group("Suppliers").await;
    sandbox.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    sandbox.delete(&format!("/v1.0/groups/{group}")).await.expect(204);
    let count = "/v1.0/directory/deletedItems/microsoft.graph.group/$count";
    assert_eq!(sandbox.advanced(count).await.expect(200), json!(1));
    sandbox.post(&format!("/v1.0/directory/deletedItems/{group}/restore"), Value::Null).await.expect(200);
    let members = sandbox.get(&format!("/v1.0/groups/{group}/members")).await.expect(200);
    assert_eq!(members["value"].as_array().unwrap().len(), 2);
    sandbox.post("/sandbox/clock", json!({ "advance": "P29D" })).await.expect(200);
    sandbox.get(&format!("/v1.0/directory/deletedItems/{id}")).await.expect(200);
    sandbox.post("/sandbox/clock", json!({ "advance": "P1D" })).await.expect(200);
    let gone = format!("/v1.0/directory/deletedItems/{id}");
    sandbox.get(&gone).await.refused(404, "Request_ResourceNotFound");
    sandbox.post(&format!("{gone}/restore"), Value::Null).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn a_restore_meets_who_took_the_address() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    sandbox.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    let other = sandbox.guest("ann@fabrikam.example").await;
    assert_ne!(id, other);
    let restore = format!("/v1.0/directory/deletedItems/{id}/restore");
    sandbox.post(&restore, Value::Null).await.refused(400, "Request_BadRequest");
    sandbox.delete(&format!("/v1.0/users/{other}")).await.expect(204);
    sandbox.post(&restore, Value::Null).await.expect(200);
}

#[tokio::test]
async fn a_dynamic_group_follows_its_rule() {
    let sandbox = Sandbox::new().await;
    let group = |rule: &str| {
        json!({
            "displayName": "By rule", "mailEnabled": false, "mailNickname": "byrule", "securityEnabled": true,
            "groupTypes": ["DynamicMembership"], "membershipRule": rule, "membershipRuleProcessingState": "On",
        })
    };
    let message = sandbox
        .post("/v1.0/groups", group("user.department is Sales"))
        .await
        .refused(400, "Request_BadRequest");
    assert!(message.starts_with("Dynamic membership rule validation error"), "{message}");
    let rule = r#"(user.userType -eq "Guest") -and (user.mail -contains "fabrikam") -and -not (user.displayName -in ["Lee Gu"])"#;
    let made = sandbox.post("/v1.0/groups", group(rule)).await.expect(201);
    let path = format!("/v1.0/groups/{}", made["id"].as_str().unwrap());
    let members = sandbox.get(&format!("{path}/members?$select=displayName")).await.expect(200);
    assert_eq!(members["value"].as_array().unwrap().len(), 3);
    sandbox.patch(&path, json!({ "membershipRule": "user.department -eq \"Legal\"" })).await.expect(204);
    assert_eq!(
        sandbox.get(&format!("{path}/members")).await.expect(200)["value"].as_array().unwrap().len(),
        2
    );
    sandbox
        .patch(&path, json!({ "membershipRule": "user.department -eq" }))
        .await
        .refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn sign_in_activity_is_filtered_alone() {
    let sandbox = Sandbox::new().await;
    let alone = "/v1.0/users?$filter=signInActivity/lastSignInDateTime le 2025-01-01T00:00:00Z&$select=displayName,signInActivity";
    let found = sandbox.get(alone).await.expect(200);
    assert!(found["value"][0]["id"].is_string());
    let mixed = "/v1.0/users?$filter=signInActivity/lastSignInDateTime le 2025-01-01T00:00:00Z and userType eq 'Guest'";
    sandbox.get(mixed).await.refused(400, "Request_UnsupportedQuery");
    sandbox
        .get("/v1.0/users/megan.bowen@contoso.example?$select=signInActivity")
        .await
        .refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn everything_that_is_listed_is_imitated_and_nothing_else() {
    let sandbox = Sandbox::of("tiny", usher::sandbox::Store::Memory).await;
    let routes: Vec<_> =
        usher::sandbox::routes().into_iter().filter(|route| route.service == "Microsoft Graph").collect();
    assert!(routes.len() > 150, "{}", routes.len());
    for route in routes {
        let path = route.path.replace("{}", "11111111-2222-4333-8444-555555555555");
        let answer = sandbox.call(route.method, &format!("/beta{path}"), &[], Value::Null).await;
        assert_ne!(answer.status, 501, "{} {}", route.method, route.path);
        assert!(answer.status < 500, "{} {}: {}", route.method, route.path, answer.body);
    }
    let message = sandbox.get("/v1.0/drives").await.refused(501, "NotImplemented");
    assert_eq!(message, "The sandbox does not imitate GET /v1.0/drives.");
}

#[tokio::test]
async fn full_metadata_tells_type_and_address() {
    let sandbox = Sandbox::new().await;
    let accept = [("accept", "application/json;odata.metadata=full")];
    let answer = sandbox.call("GET", "/v1.0/users?$top=1", &accept, Value::Null).await;
    assert!(answer.headers["content-type"].to_str().unwrap().contains("odata.metadata=full"));
    let user = &answer.expect(200)["value"][0];
    assert_eq!(user["@odata.type"], "#microsoft.graph.user");
    let id = user["id"].as_str().unwrap();
    assert_eq!(user["@odata.id"], format!("{}/v1.0/users('{id}')", sandbox.running.url()));
}
