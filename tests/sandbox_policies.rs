//! What outsiders may do: cross-tenant access, SharePoint, and the list of domains.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const FABRIKAM: &str = "6f2a41c8-9d0e-4b57-8c1f-2e7d35a0b964";
const CROSS_TENANT: &str = "/v1.0/policies/crossTenantAccessPolicy";

fn nobody() -> Value {
    json!({
        "usersAndGroups": { "accessType": "Blocked", "targets": [{ "target": "AllUsers", "targetType": "user" }] },
        "applications": {
            "accessType": "blocked", "targets": [{ "target": "AllApplications", "targetType": "application" }],
        },
    })
}

#[tokio::test]
async fn a_partner_is_kept_under_its_tenant_id() {
    let sandbox = Sandbox::new().await;
    let partners = format!("{CROSS_TENANT}/partners");
    let made = sandbox.post(&partners, json!({ "tenantId": FABRIKAM })).await.expect(201);
    assert_eq!(
        (&made["inboundTrust"], &made["automaticUserConsentSettings"]),
        (&Value::Null, &json!({ "inboundAllowed": null, "outboundAllowed": null }))
    );
    let message = sandbox
        .post(&partners, json!({ "tenantId": FABRIKAM }))
        .await
        .refused(409, "Request_MultipleObjectsWithSameKeyValue");
    assert_eq!(message, "Another object with the same value for property tenantId already exists.");
    let one = format!("{partners}/{FABRIKAM}");
    let consent = json!({ "inboundTrust": null, "automaticUserConsentSettings": { "inboundAllowed": true } });
    sandbox.patch(&one, consent).await.expect(204);
    let found = sandbox.get(&one).await.expect(200);
    assert_eq!(
        found["automaticUserConsentSettings"],
        json!({ "inboundAllowed": true, "outboundAllowed": null })
    );

    let sync = format!("{one}/identitySynchronization");
    sandbox.get(&sync).await.refused(404, "Request_ResourceNotFound");
    let body = json!({ "displayName": "Fabrikam", "userSyncInbound": { "isSyncAllowed": true } });
    sandbox.call("PUT", &sync, &[], body.clone()).await.expect(204);
    sandbox.call("PUT", &sync, &[], body).await.refused(409, "Request_MultipleObjectsWithSameKeyValue");
    let found = sandbox.get(&sync).await.expect(200);
    assert_eq!(
        (&found["tenantId"], &found["userSyncInbound"]["isSyncAllowed"]),
        (&json!(FABRIKAM), &json!(true))
    );
    let all = sandbox.get(&format!("{partners}?$expand=identitySynchronization")).await.expect(200);
    assert_eq!(all["value"][0]["identitySynchronization"]["displayName"], "Fabrikam");
    sandbox.delete(&sync).await.expect(204);
    sandbox.delete(&one).await.expect(204);
    sandbox.get(&one).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn cross_tenant_settings_block_invitations() {
    let sandbox = Sandbox::new().await;
    let default = format!("{CROSS_TENANT}/default");
    assert_eq!(sandbox.get(&default).await.expect(200)["isServiceDefault"], true);
    sandbox.patch(&default, json!({ "b2bCollaborationInbound": nobody() })).await.expect(204);
    let changed = sandbox.get(&default).await.expect(200);
    assert_eq!(changed["isServiceDefault"], false);
    assert_eq!(changed["b2bCollaborationInbound"]["usersAndGroups"]["accessType"], "blocked");
    let message = sandbox.invite("ann@fabrikam.example").await.refused(403, "Forbidden");
    assert!(message.starts_with("This invitation is blocked by cross-tenant access settings."), "{message}");
    // Nobody's directory: there is no partner to have settings for.
    sandbox.invite("ann@mailbox.example").await.expect(201);

    // A partner's own settings come before the default.
    let open = json!({ "usersAndGroups": { "accessType": "allowed", "targets": [{ "target": "AllUsers", "targetType": "user" }] } });
    sandbox
        .post(
            &format!("{CROSS_TENANT}/partners"),
            json!({ "tenantId": FABRIKAM, "b2bCollaborationInbound": open }),
        )
        .await
        .expect(201);
    sandbox.invite("ann@fabrikam.example").await.expect(201);
    sandbox.invite("ann@northwind.example").await.refused(403, "Forbidden");
    sandbox.post(&format!("{default}/resetToSystemDefault"), Value::Null).await.expect(204);
    sandbox.invite("ann@northwind.example").await.expect(201);
    let wrong =
        json!({ "b2bCollaborationInbound": { "usersAndGroups": { "accessType": "maybe", "targets": [] } } });
    sandbox.patch(&default, wrong).await.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn an_organization_is_found_by_domain_and_by_id() {
    let sandbox = Sandbox::new().await;
    let path = "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.example')";
    let found = sandbox.get(path).await.expect(200);
    assert_eq!((&found["tenantId"], &found["displayName"]), (&json!(FABRIKAM), &json!("Fabrikam")));
    let path = format!("/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='{FABRIKAM}')");
    assert_eq!(sandbox.get(&path).await.expect(200)["defaultDomainName"], "fabrikam.example");
    let path = "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='nobody.example')";
    sandbox.get(path).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn sharepoint_answers_a_change_with_all_settings() {
    let sandbox = Sandbox::new().await;
    let path = "/v1.0/admin/sharepoint/settings";
    assert_eq!(sandbox.get(path).await.expect(200)["sharingCapability"], "externalUserAndGuestSharing");
    let change = json!({
        "sharingCapability": "ExistingExternalUserSharingOnly", "sharingDomainRestrictionMode": "allowList",
        "sharingAllowedDomainList": ["fabrikam.example"], "isResharingByExternalUsersEnabled": false,
    });
    let changed = sandbox.patch(path, change).await.expect(200);
    assert_eq!(changed["sharingCapability"], "existingExternalUserSharingOnly");
    assert_eq!(changed["sharingAllowedDomainList"], json!(["fabrikam.example"]));
    assert_eq!(sandbox.get(path).await.expect(200), changed);
    sandbox.patch(path, json!({ "sharingCapability": "open" })).await.refused(400, "invalidRequest");
}

#[tokio::test]
async fn the_list_of_domains_can_be_made_and_removed() {
    let sandbox = Sandbox::new().await;
    let path = "/beta/policies/b2bManagementPolicies";
    let id = sandbox.get(path).await.expect(200)["value"][0]["id"].as_str().unwrap().to_owned();
    sandbox.get(&format!("{path}/{id}")).await.expect(200);
    let definition = |allowed: Value| {
        let lists = json!({ "B2BManagementPolicy": { "InvitationsAllowedAndBlockedDomainsPolicy": { "AllowedDomains": allowed } } });
        json!({ "displayName": "B2BManagementPolicy", "isOrganizationDefault": true, "definition": [lists.to_string()] })
    };
    sandbox.post(path, definition(json!(["fabrikam.example"]))).await.refused(400, "Request_BadRequest");
    sandbox.delete(&format!("{path}/{id}")).await.expect(204);
    assert_eq!(sandbox.get(path).await.expect(200)["value"], json!([]));
    sandbox.invite("ann@blocked.example").await.expect(201);
    sandbox.post(path, definition(json!([]))).await.refused(400, "Request_BadRequest");
    sandbox.post(path, definition(json!(["fabrikam.example"]))).await.expect(201);
    sandbox.invite("ann@fabrikam.example").await.expect(201);
    sandbox.invite("ann@northwind.example").await.refused(403, "Forbidden");
}

#[tokio::test]
async fn the_authorization_policy_has_a_second_name_in_beta() {
    let sandbox = Sandbox::new().await;
    let path = "policies/authorizationPolicy/authorizationPolicy";
    sandbox.patch(&format!("/beta/{path}"), json!({ "allowInvitesFrom": "none" })).await.expect(204);
    assert_eq!(sandbox.get(&format!("/beta/{path}")).await.expect(200)["allowInvitesFrom"], "none");
    sandbox.get(&format!("/v1.0/{path}")).await.refused(400, "BadRequest");
    sandbox.invite("ann@fabrikam.example").await.refused(403, "Forbidden");
}
