//! What the published reference shows as an example, asked of the sandbox: the status, and every property that the
//! example has, at every depth. Ids, addresses and values are the sandbox's own.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::people::{as_person, person};
use sandbox_support::{Answer, GRAPH, Sandbox};
use serde_json::{Value, json};

const READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
const ATTRIBUTES: &str = "8424c6f0-a189-499e-bbd0-26c1753c96d4";
const PIM: &str = "/v1.0/roleManagement/directory";

/// Whether the answer has at least the properties of the example, or exactly these.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    AtLeast,
    Exactly,
}

fn differences(shown: &Value, example: &Value, fit: Fit, at: &str, found: &mut Vec<String>) {
    match (shown, example) {
        (Value::Object(shown), Value::Object(example)) => {
            for (name, value) in example {
                match shown.get(name) {
                    None => found.push(format!("{at}/{name} is missing")),
                    Some(own) => differences(own, value, fit, &format!("{at}/{name}"), found),
                }
            }
            let more = shown.keys().filter(|name| fit == Fit::Exactly && !example.contains_key(*name));
            found.extend(more.map(|name| format!("{at}/{name} is too much")));
        }
        (Value::Array(shown), Value::Array(example)) => {
            if let (Some(shown), Some(example)) = (shown.first(), example.first()) {
                differences(shown, example, fit, &format!("{at}[]"), found);
            }
        }
        // Null may stand for anything, on both sides.
        (Value::Null, _) | (_, Value::Null) => {}
        (shown, example) => {
            if std::mem::discriminant(shown) != std::mem::discriminant(example) {
                found.push(format!("{at} is {shown}, not like {example}"));
            }
        }
    }
}

trait Shaped {
    fn like(self, status: u16, fit: Fit, example: Value) -> Value;
}

impl Shaped for Answer {
    #[track_caller]
    fn like(self, status: u16, fit: Fit, example: Value) -> Value {
        let shown = self.expect(status);
        let mut found = Vec::new();
        differences(&shown, &example, fit, "", &mut found);
        assert!(found.is_empty(), "{found:#?}\n{shown:#}");
        shown
    }
}

fn context(answer: &Value) -> &str {
    answer["@odata.context"].as_str().unwrap().split_once("$metadata#").unwrap().1
}

async fn id(sandbox: &Sandbox, local: &str) -> String {
    let user = sandbox.get(&format!("/v1.0/users/{local}@contoso.example")).await.expect(200);
    user["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn invitations() {
    let sandbox = Sandbox::new().await;
    let body = json!({
        "invitedUserEmailAddress": "ops@tailspin.example",
        "inviteRedirectUrl": "https://portal.contoso.example",
    });
    let example = json!({
        "@odata.context": "", "id": "", "inviteRedeemUrl": "", "invitedUserDisplayName": null,
        "invitedUserType": "Guest", "invitedUserEmailAddress": "", "sendInvitationMessage": false,
        "resetRedemption": false, "inviteRedirectUrl": "", "status": "",
        "invitedUserMessageInfo": {
            "messageLanguage": null, "customizedMessageBody": null,
            "ccRecipients": [{ "emailAddress": { "name": null, "address": null } }],
        },
        "invitedUser": { "id": "" },
    });
    let made = sandbox.post("/v1.0/invitations", body).await.like(201, Fit::Exactly, example);
    assert_eq!(context(&made), "invitations/$entity");
    assert_ne!(made["id"], made["invitedUser"]["id"]);
    let link = made["inviteRedeemUrl"].as_str().unwrap();
    assert!(
        link.contains("/redeem?rd=https%3A%2F%2Finvitations%2Emicrosoft%2Ecom%2Fredeem%2F%3Ftenant%3D"),
        "{link}"
    );
    assert!(link.replace("%2D", "-").contains(made["id"].as_str().unwrap()), "{link}");
}

#[tokio::test]
async fn users_read() {
    let sandbox = Sandbox::new().await;
    let user = json!({
        "businessPhones": [], "displayName": "", "givenName": null, "jobTitle": null, "mail": null,
        "mobilePhone": null, "officeLocation": null, "preferredLanguage": null, "surname": null,
        "userPrincipalName": "", "id": "",
    });
    let page = |item: Value| json!({ "@odata.context": "", "value": [item] });
    let all = sandbox.get("/v1.0/users?$top=1").await.expect(200);
    assert_eq!(context(&all), "users");
    let mut found = Vec::new();
    differences(&all["value"][0], &user, Fit::Exactly, "", &mut found);
    assert!(found.is_empty(), "{found:#?}");
    let counted = sandbox.advanced("/v1.0/users/$count").await;
    assert!(counted.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert!(counted.expect(200).is_number());
    let sorted = "/v1.0/users?$filter=startswith(displayName,'a')&$orderby=displayName&$count=true&$top=1";
    let sorted = sandbox.advanced(sorted).await.like(
        200,
        Fit::AtLeast,
        json!({ "@odata.context": "", "@odata.count": 1, "value": [{ "displayName": "", "mail": "", "userPrincipalName": "" }] }),
    );
    assert_eq!(context(&sorted), "users");
    let ending = "/v1.0/users?$select=id,displayName,mail,identities&$filter=endsWith(userPrincipalName,'%23EXT%23@contoso.onmicrosoft.com')&$count=true";
    let example = json!({
        "@odata.context": "", "@odata.count": 2,
        "value": [{ "id": "", "displayName": "", "mail": "",
                    "identities": [{ "signInType": "userPrincipalName", "issuer": "", "issuerAssignedId": "" }] }],
    });
    let guests = sandbox.advanced(ending).await.like(200, Fit::Exactly, example);
    assert_eq!(context(&guests), "users(id,displayName,mail,identities)");
    let licensed = "/v1.0/users?$select=id,mail,assignedLicenses&$filter=assignedLicenses/any(u:u/skuId eq 05e9a617-0261-4cee-bb44-138d3ef5d965)";
    let example =
        page(json!({ "id": "", "mail": "", "assignedLicenses": [{ "disabledPlans": [], "skuId": "" }] }));
    let found = sandbox.get(licensed).await.like(200, Fit::Exactly, example);
    assert_eq!(context(&found), "users(id,mail,assignedLicenses)");
    let activity = "/v1.0/users?$select=displayName,userPrincipalName,signInActivity&$filter=signInActivity/lastSignInDateTime ge 2020-01-01T00:00:00Z";
    let example = page(json!({
        "displayName": "", "userPrincipalName": "", "id": "",
        "signInActivity": {
            "lastSignInDateTime": "", "lastSignInRequestId": "", "lastNonInteractiveSignInDateTime": "",
            "lastNonInteractiveSignInRequestId": "",
        },
    }));
    let found = sandbox.get(activity).await.like(200, Fit::AtLeast, example);
    assert_eq!(context(&found), "users(displayName,userPrincipalName,signInActivity)");
    for item in found["value"].as_array().unwrap() {
        assert_eq!(item.as_object().unwrap().len(), 4, "{item:#}");
    }
}

#[tokio::test]
async fn refusals_of_queries() {
    let sandbox = Sandbox::new().await;
    let example = |code: &str| {
        json!({ "error": { "code": code, "message": "",
                "innerError": { "date": "", "request-id": "", "client-request-id": "" } } })
    };
    for (path, code, message) in [
        ("/v1.0/users/$count", "Request_BadRequest", "$count is not currently supported."),
        (
            "/v1.0/applications?$search=\"displayName:Guest\"",
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
        ),
    ] {
        let refused = sandbox.get(path).await.like(400, Fit::Exactly, example(code));
        assert_eq!(
            (&refused["error"]["code"], &refused["error"]["message"]),
            (&json!(code), &json!(message))
        );
        // A date without a zone.
        let date = refused["error"]["innerError"]["date"].as_str().unwrap();
        assert!(date.len() == 19 && !date.ends_with('Z'), "{date}");
    }
}

#[tokio::test]
async fn users_written() {
    let sandbox = Sandbox::new().await;
    let ola = person(&sandbox, "ola.nordmann@contoso.example", GRAPH).await;
    let body = json!({ "businessPhones": ["+41 31 555 0199"], "city": "Thun" });
    let own = as_person(&sandbox, &ola, "PATCH", "/v1.0/me", body).await;
    assert_eq!(own.expect(204), Value::Null);
    let user = id(&sandbox, "adele.vance").await;
    let body = json!({ "accountEnabled": true, "businessPhones": ["+41 31 555 0199"], "city": "Thun" });
    assert_eq!(sandbox.patch(&format!("/v1.0/users/{user}"), body).await.expect(204), Value::Null);
    let ended = as_person(&sandbox, &ola, "POST", "/v1.0/me/revokeSignInSessions", Value::Null).await;
    let ended = ended.like(200, Fit::Exactly, json!({ "@odata.context": "", "value": true }));
    assert_eq!((context(&ended), &ended["value"]), ("Edm.Boolean", &json!(true)));
    let guest = sandbox.guest("ops@tailspin.example").await;
    let group = sandbox.group("Suppliers").await;
    for kind in [format!("users/{user}"), format!("groups/{group}")] {
        let reference = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/{kind}") });
        let path = format!("/v1.0/users/{guest}/sponsors/$ref");
        assert_eq!(sandbox.post(&path, reference).await.expect(204), Value::Null);
    }
    assert_eq!(sandbox.delete(&format!("/v1.0/users/{guest}")).await.expect(204), Value::Null);
}

#[tokio::test]
async fn licences() {
    let sandbox = Sandbox::new().await;
    let user = id(&sandbox, "adele.vance").await;
    let skus = sandbox.get("/v1.0/subscribedSkus").await.like(
        200,
        Fit::Exactly,
        json!({ "@odata.context": "", "value": [{
            "accountName": "", "accountId": "", "appliesTo": "User", "capabilityStatus": "Enabled", "consumedUnits": 1,
            "id": "", "prepaidUnits": { "enabled": 1, "lockedOut": 0, "suspended": 0, "warning": 0 },
            "servicePlans": [{ "servicePlanId": "", "servicePlanName": "", "provisioningStatus": "", "appliesTo": "" }],
            "skuId": "", "skuPartNumber": "", "subscriptionIds": [""],
        }] }),
    );
    assert_eq!(context(&skus), "subscribedSkus");
    let sku = &skus["value"][0];
    let id = sku["id"].as_str().unwrap();
    assert_eq!(id, format!("{}_{}", sandbox.connection("tenantId"), sku["skuId"].as_str().unwrap()));
    let premium = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4";
    let body = json!({
        "addLicenses": [{ "disabledPlans": ["8a256a2b-b617-496d-b51b-e76466e88db0"], "skuId": premium }],
        "removeLicenses": [],
    });
    let example = json!({
        "accountEnabled": true, "assignedLicenses": [{ "disabledPlans": [""], "skuId": "" }],
        "assignedPlans": [{ "assignedDateTime": "", "capabilityStatus": "", "service": "", "servicePlanId": "" }],
        "businessPhones": [""], "city": "", "companyName": "",
    });
    sandbox.post(&format!("/v1.0/users/{user}/assignLicense"), body).await.like(200, Fit::AtLeast, example);
}

#[tokio::test]
async fn deleted_items() {
    let sandbox = Sandbox::new().await;
    let body = json!({
        "displayName": "Sample", "mailEnabled": true, "mailNickname": "sample", "securityEnabled": false,
        "groupTypes": ["Unified"], "visibility": "Public",
    });
    let made = sandbox.post("/v1.0/groups", body).await.expect(201);
    let path = format!("/v1.0/groups/{}", made["id"].as_str().unwrap());
    sandbox.delete(&path).await.expect(204);
    let item = json!({
        "id": "", "displayName": "", "groupTypes": ["Unified"], "mail": "", "mailEnabled": true, "mailNickname": "",
        "securityEnabled": false, "visibility": "Public",
    });
    let listed = sandbox.get("/v1.0/directory/deletedItems/microsoft.graph.group").await;
    let listed = listed.like(200, Fit::AtLeast, json!({ "@odata.context": "", "value": [item.clone()] }));
    assert_eq!(context(&listed), "groups");
    let sorted = "/v1.0/directory/deletedItems/microsoft.graph.group?$count=true&$orderBy=deletedDateTime asc&$select=id,DisplayName,deletedDateTime";
    let example = json!({
        "@odata.context": "", "@odata.count": 1,
        "value": [{ "id": "", "displayName": "", "deletedDateTime": "" }],
    });
    let sorted = sandbox.advanced(sorted).await.like(200, Fit::Exactly, example);
    assert_eq!(context(&sorted), "groups(id,displayName,deletedDateTime)");
    let path = format!("/v1.0/directory/deletedItems/{}/restore", made["id"].as_str().unwrap());
    let mut example = item;
    (example["@odata.context"], example["@odata.type"]) = (json!(""), json!(""));
    let back = sandbox.post(&path, Value::Null).await.like(200, Fit::AtLeast, example);
    assert_eq!(
        (context(&back), &back["@odata.type"]),
        ("directoryObjects/$entity", &json!("#microsoft.graph.group"))
    );
}

#[tokio::test]
async fn changes() {
    let sandbox = Sandbox::new().await;
    let path = "/v1.0/users/delta?$select=displayName,jobTitle,mobilePhone";
    let page = sandbox.get(path).await.expect(200);
    assert!(page["@odata.nextLink"].is_string() || page["@odata.deltaLink"].is_string());
    let first = page["value"][0].as_object().unwrap();
    let mut names: Vec<&str> = first.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["displayName", "id", "jobTitle", "mobilePhone"]);
    let minimal = sandbox.call("GET", path, &[("Prefer", "return=minimal")], Value::Null).await;
    assert_eq!(minimal.headers["preference-applied"], "return=minimal");
    assert!(minimal.expect(200)["value"][0]["mobilePhone"].is_null());
}

#[tokio::test]
async fn members() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    let mut guests = Vec::new();
    for number in 0..4 {
        guests.push(sandbox.guest(&format!("guest{number}@tailspin.example")).await);
    }
    let path = format!("/v1.0/groups/{group}");
    let added = sandbox.post(&format!("{path}/members/$ref"), sandbox.reference(&guests[0])).await;
    assert_eq!(added.expect(204), Value::Null);
    let more: Vec<Value> =
        guests[1..].iter().map(|guest| sandbox.reference(guest)["@odata.id"].clone()).collect();
    assert_eq!(sandbox.patch(&path, json!({ "members@odata.bind": more })).await.expect(204), Value::Null);
    let removed = sandbox.delete(&format!("{path}/members/{}/$ref", guests[0])).await;
    assert_eq!(removed.expect(204), Value::Null);
}

#[tokio::test]
async fn role_assignments() {
    let sandbox = Sandbox::new().await;
    let user = id(&sandbox, "alex.wilber").await;
    let unit = json!({ "displayName": "Branch" });
    let unit = sandbox.post("/v1.0/directory/administrativeUnits", unit).await;
    let mut scopes = vec!["/".to_owned()];
    if unit.status == 201 {
        scopes.push(format!("/administrativeUnits/{}", unit.body["id"].as_str().unwrap()));
    }
    for scope in scopes {
        let body = json!({
            "@odata.type": "#microsoft.graph.unifiedRoleAssignment", "roleDefinitionId": READERS,
            "principalId": user, "directoryScopeId": scope,
        });
        let example = json!({
            "@odata.context": "", "id": "", "roleDefinitionId": "", "principalId": "", "directoryScopeId": "",
        });
        let made = sandbox.post(&format!("{PIM}/roleAssignments"), body).await;
        let made = made.like(201, Fit::AtLeast, example);
        assert_eq!(context(&made), "roleManagement/directory/roleAssignments/$entity");
        assert!(made["id"].as_str().unwrap().ends_with("-1"));
    }
    let other = sandbox.reference(&id(&sandbox, "megan.bowen").await);
    let roles = sandbox.get("/v1.0/directoryRoles").await.expect(200);
    let role =
        roles["value"].as_array().unwrap().iter().find(|one| one["roleTemplateId"] == READERS).unwrap();
    let path = format!("/v1.0/directoryRoles/{}/members/$ref", role["id"].as_str().unwrap());
    assert_eq!(sandbox.post(&path, other).await.expect(204), Value::Null);
    let third = sandbox.reference(&sandbox.guest("ops@tailspin.example").await);
    let path = format!("/v1.0/directoryRoles/roleTemplateId={READERS}/members/$ref");
    assert_eq!(sandbox.post(&path, third).await.expect(204), Value::Null);
}

fn scheduled(kind: &str) -> Value {
    json!({
        "@odata.context": "", "id": "", "status": "", "createdDateTime": "", "completedDateTime": "",
        "approvalId": null, "customData": null, "action": "", "principalId": "", "roleDefinitionId": "",
        "directoryScopeId": "/", "appScopeId": null, "isValidationOnly": false, "targetScheduleId": "",
        "justification": "", "createdBy": { "application": null, "device": null, "user": { "displayName": null, "id": "" } },
        "scheduleInfo": {
            "startDateTime": "", "recurrence": null,
            "expiration": { "type": kind, "endDateTime": null, "duration": null },
        },
        "ticketInfo": { "ticketNumber": null, "ticketSystem": null },
    })
}

#[tokio::test]
async fn roles_for_a_time() {
    let sandbox = Sandbox::new().await;
    let megan = id(&sandbox, "megan.bowen").await;
    let asked = |action: &str, role: &str, info: Value| {
        json!({
            "action": action, "justification": "The attributes of the branch", "roleDefinitionId": role,
            "directoryScopeId": "/", "principalId": megan, "scheduleInfo": info,
        })
    };
    let eligible = format!("{PIM}/roleEligibilityScheduleRequests");
    let active = format!("{PIM}/roleAssignmentScheduleRequests");
    let info = json!({
        "startDateTime": "2022-04-10T00:00:00Z",
        "expiration": { "type": "afterDateTime", "endDateTime": "2199-04-10T00:00:00Z" },
    });
    let made = sandbox.post(&eligible, asked("adminAssign", ATTRIBUTES, info)).await;
    let made = made.like(201, Fit::Exactly, scheduled("afterDateTime"));
    assert_eq!(context(&made), "roleManagement/directory/roleEligibilityScheduleRequests/$entity");
    assert_eq!((&made["status"], &made["targetScheduleId"]), (&json!("Provisioned"), &made["id"]));
    let info = json!({ "startDateTime": "2022-04-10T00:00:00Z", "expiration": { "type": "NoExpiration" } });
    let made = sandbox.post(&active, asked("adminAssign", READERS, info)).await;
    let made = made.like(201, Fit::Exactly, scheduled("noExpiration"));
    assert_eq!(made["scheduleInfo"]["expiration"]["type"], "noExpiration");
    let token = person(&sandbox, "megan.bowen@contoso.example", GRAPH).await;
    let mut body = asked(
        "selfActivate",
        ATTRIBUTES,
        json!({ "startDateTime": "2199-01-01T00:00:00.000Z", "expiration": { "type": "AfterDuration", "duration": "PT5H" } }),
    );
    body["ticketInfo"] = json!({ "ticketNumber": "BRANCH:4711", "ticketSystem": "Desk" });
    let made = as_person(&sandbox, &token, "POST", &active, body).await;
    let made = made.like(201, Fit::Exactly, scheduled("afterDuration"));
    assert_eq!(
        (&made["status"], &made["completedDateTime"]),
        (&json!("Granted"), &json!("2199-01-01T00:00:00Z"))
    );
    let body = json!({
        "action": "adminRemove", "roleDefinitionId": ATTRIBUTES, "directoryScopeId": "/", "principalId": megan,
    });
    let ended = sandbox.post(&eligible, body).await.like(201, Fit::Exactly, scheduled(""));
    assert_eq!(ended["status"], "Revoked");
    for name in ["completedDateTime", "targetScheduleId", "justification", "scheduleInfo"] {
        assert_eq!(ended[name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn roles_of_applications() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    let found = sandbox.get("/v1.0/servicePrincipals?$top=1").await.expect(200);
    let resource = found["value"][0]["id"].as_str().unwrap();
    let body = json!({
        "principalId": group, "resourceId": resource, "appRoleId": "00000000-0000-0000-0000-000000000000",
    });
    let path = format!("/v1.0/servicePrincipals/{resource}/appRoleAssignedTo");
    let answer = sandbox.post(&path, body).await;
    let example = json!({
        "@odata.context": "", "id": "", "deletedDateTime": null, "appRoleId": "", "createdDateTime": "",
        "principalDisplayName": "", "principalId": "", "principalType": "Group", "resourceDisplayName": "",
        "resourceId": "",
    });
    let made = answer.like(201, Fit::Exactly, example);
    assert_eq!(context(&made), format!("servicePrincipals('{resource}')/appRoleAssignedTo/$entity"));
}

#[tokio::test]
async fn policies() {
    let sandbox = Sandbox::new().await;
    let partners = "/v1.0/policies/crossTenantAccessPolicy/partners";
    let first = "5f1c7a0e-6d0b-4b57-9a6a-2f6f1d5f0a11";
    // The example has `crossCloudMeetingConfiguration` too, which v1.0 does not declare.
    let example = json!({
        "@odata.context": "", "tenantId": "", "isServiceProvider": null, "inboundTrust": null,
        "b2bCollaborationOutbound": null, "b2bCollaborationInbound": null, "b2bDirectConnectOutbound": null,
        "b2bDirectConnectInbound": null, "tenantRestrictions": null,
        "automaticUserConsentSettings": { "inboundAllowed": null, "outboundAllowed": null },
    });
    let made = sandbox.post(partners, json!({ "tenantId": first })).await.like(201, Fit::AtLeast, example);
    assert_eq!(context(&made), "policies/crossTenantAccessPolicy/partners/$entity");
    let body = json!({
        "tenantId": "5f1c7a0e-6d0b-4b57-9a6a-2f6f1d5f0a12",
        "b2bDirectConnectOutbound": { "usersAndGroups": { "accessType": "blocked", "targets": [{ "target": first, "targetType": "group" }] } },
        "b2bDirectConnectInbound": { "applications": { "accessType": "allowed", "targets": [{ "target": "Office365", "targetType": "application" }] } },
    });
    let mut example = body.clone();
    for name in ["inboundTrust", "b2bCollaborationInbound", "b2bCollaborationOutbound"] {
        example[name] = Value::Null;
    }
    sandbox.post(partners, body).await.like(201, Fit::AtLeast, example);
    let sync = json!({ "displayName": "Branch", "userSyncInbound": { "isSyncAllowed": true } });
    let put = sandbox.call("PUT", &format!("{partners}/{first}/identitySynchronization"), &[], sync).await;
    assert_eq!(put.expect(204), Value::Null);
    let consent = json!({ "inboundTrust": null, "automaticUserConsentSettings": { "inboundAllowed": true } });
    let patched = sandbox.patch(&format!("{partners}/{first}"), consent).await;
    assert_eq!(patched.expect(204), Value::Null);
    let body = json!({ "allowEmailVerifiedUsersToJoinOrganization": false });
    assert_eq!(sandbox.patch("/v1.0/policies/authorizationPolicy", body).await.expect(204), Value::Null);
    let body = json!({
        "deletedUserPersonalSiteRetentionPeriodInDays": 90, "excludedFileExtensionsForSyncApp": [".tmp"],
        "imageTaggingOption": "enhanced", "isLegacyAuthProtocolsEnabled": true, "isSitesStorageLimitAutomatic": false,
        "isSyncButtonHiddenOnPersonalSite": false, "isUnmanagedSyncAppForTenantRestricted": false,
        "personalSiteDefaultStorageLimitInMB": 50_000,
    });
    let example = json!({
        "allowedDomainGuidsForSyncApp": [], "availableManagedPathsForSiteCreation": [""],
        "deletedUserPersonalSiteRetentionPeriodInDays": 1, "excludedFileExtensionsForSyncApp": [""],
        "idleSessionSignOut": { "isEnabled": true, "warnAfterInSeconds": 1, "signOutAfterInSeconds": 1 },
        "imageTaggingOption": "", "isCommentingOnSitePagesEnabled": true, "isFileActivityNotificationEnabled": true,
        "isLegacyAuthProtocolsEnabled": true, "isLoopEnabled": true, "isMacSyncAppEnabled": false,
        "isRequireAcceptingUserToMatchInvitedUserEnabled": true, "isResharingByExternalUsersEnabled": true,
        "isSharePointMobileNotificationEnabled": true, "isSharePointNewsfeedEnabled": true,
        "isSiteCreationEnabled": true, "isSiteCreationUIEnabled": true, "isSitePagesCreationEnabled": true,
        "isSitesStorageLimitAutomatic": false, "isSyncButtonHiddenOnPersonalSite": false,
        "isUnmanagedSyncAppForTenantRestricted": false, "personalSiteDefaultStorageLimitInMB": 1,
        "sharingAllowedDomainList": [], "sharingBlockedDomainList": [], "sharingCapability": "",
        "sharingDomainRestrictionMode": "", "siteCreationDefaultManagedPath": "",
        "siteCreationDefaultStorageLimitInMB": 1, "tenantDefaultTimezone": "",
    });
    let shown = sandbox.patch("/v1.0/admin/sharepoint/settings", body).await.like(200, Fit::AtLeast, example);
    assert_eq!(shown["personalSiteDefaultStorageLimitInMB"], 50_000);
}

#[tokio::test]
async fn access_reviews() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    let reviewer = id(&sandbox, "adele.vance").await;
    let body = json!({
        "displayName": "Who is still here", "descriptionForAdmins": "Each week", "descriptionForReviewers": "Ask the desk",
        "scope": { "@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": format!("/groups/{group}/transitiveMembers"), "queryType": "MicrosoftGraph" },
        "reviewers": [{ "query": format!("/users/{reviewer}"), "queryType": "MicrosoftGraph" }],
        "settings": {
            "mailNotificationsEnabled": true, "reminderNotificationsEnabled": true, "justificationRequiredOnApproval": true,
            "defaultDecisionEnabled": false, "defaultDecision": "None", "instanceDurationInDays": 2, "recommendationsEnabled": true,
            "recurrence": { "pattern": { "type": "weekly", "interval": 1 }, "range": { "type": "noEnd", "startDate": "2030-02-01T09:30:00.5Z" } },
        },
    });
    let example = json!({
        "id": "", "displayName": "", "createdDateTime": "", "lastModifiedDateTime": "", "status": "NotStarted",
        "descriptionForAdmins": "", "descriptionForReviewers": "", "instanceEnumerationScope": null,
        "createdBy": { "id": "", "displayName": null, "userPrincipalName": null },
        "scope": { "@odata.type": "", "query": "", "queryType": "" },
        "reviewers": [{ "query": "", "queryType": "", "queryRoot": null }],
        "settings": {
            "mailNotificationsEnabled": true, "reminderNotificationsEnabled": true, "justificationRequiredOnApproval": true,
            "defaultDecisionEnabled": false, "defaultDecision": "None", "instanceDurationInDays": 1,
            "autoApplyDecisionsEnabled": false, "recommendationsEnabled": true,
            "recurrence": {
                "pattern": { "type": "", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": [], "firstDayOfWeek": "", "index": "" },
                "range": { "type": "", "numberOfOccurrences": 0, "recurrenceTimeZone": null, "startDate": "", "endDate": null },
            },
            "applyActions": [],
        },
        "additionalNotificationRecipients": [],
    });
    let made = sandbox.post("/v1.0/identityGovernance/accessReviews/definitions", body).await;
    let made = made.like(201, Fit::AtLeast, example);
    assert_eq!(made["settings"]["recurrence"]["range"]["startDate"], "2030-02-01");
}

#[tokio::test]
async fn batches() {
    let sandbox = Sandbox::new().await;
    let token = person(&sandbox, "megan.bowen@contoso.example", GRAPH).await;
    let group = sandbox.group("Suppliers").await;
    let body = json!({ "requests": [
        { "id": "1", "method": "GET", "url": "/me/memberOf" },
        { "id": "3", "method": "DELETE", "url": format!("/groups/{group}") },
        { "id": "5", "method": "GET", "url": "users?$select=id,displayName,userPrincipalName&$filter=city eq null&$count=true",
          "headers": { "ConsistencyLevel": "eventual" } },
    ] });
    let answer = as_person(&sandbox, &token, "POST", "/v1.0/$batch", body).await.expect(200);
    let found = |id: &str| {
        let all = answer["responses"].as_array().unwrap();
        all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{answer:#}")).clone()
    };
    let mut wrong = Vec::new();
    let outside = json!({ "id": "", "status": 1, "headers": { "Cache-Control": "no-cache", "Content-Type": "" }, "body": {} });
    for (id, status, body) in [
        ("1", 200, json!({ "@odata.context": "", "value": [] })),
        (
            "3",
            403,
            json!({ "error": { "code": "", "message": "", "innerError": { "date": "", "request-id": "", "client-request-id": "" } } }),
        ),
        (
            "5",
            200,
            json!({ "@odata.context": "", "@odata.count": 1, "value": [{ "id": "", "displayName": "", "userPrincipalName": "" }] }),
        ),
    ] {
        let one = found(id);
        assert_eq!(one["status"], status, "{one:#}");
        differences(&one, &outside, Fit::AtLeast, id, &mut wrong);
        differences(&one["body"], &body, Fit::Exactly, id, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(context(&found("5")["body"]), "users(id,displayName,userPrincipalName)");
}

/// Addresses of Azure below the subscription.
struct Azure {
    sandbox: Sandbox,
    root: String,
    principal: String,
}

const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const NAME: &str = "0c2d6a1e-3f5b-4d8e-9a70-6b1f4e2c8d33";

impl Azure {
    async fn new() -> Azure {
        let sandbox = Sandbox::of("tiny", usher::sandbox::Store::Memory).await;
        let root = format!("/subscriptions/{}", sandbox.connection("subscriptionId"));
        let principal = sandbox.guest("ops@tailspin.example").await;
        Azure { sandbox, root, principal }
    }

    fn path(&self, scope: &str, rest: &str, version: &str) -> String {
        let joint = if rest.contains('?') { '&' } else { '?' };
        format!("{scope}/providers/Microsoft.Authorization/{rest}{joint}api-version={version}")
    }

    fn role(&self) -> String {
        format!("{}/providers/Microsoft.Authorization/roleDefinitions/{READER}", self.root)
    }
}

#[tokio::test]
async fn assignments_in_azure() {
    let azure = Azure::new().await;
    let one = json!({
        "properties": { "roleDefinitionId": "", "principalId": "", "principalType": "User", "scope": "" },
        "id": "", "type": "Microsoft.Authorization/roleAssignments", "name": "",
    });
    let group = format!("{}/resourceGroups/rg-one", azure.root);
    let resource = format!("{group}/providers/Microsoft.Compute/virtualMachines/server1");
    for scope in [&azure.root, &group, &resource] {
        let path = azure.path(scope, &format!("roleAssignments/{NAME}"), "2022-04-01");
        let body = json!({ "properties": {
            "roleDefinitionId": azure.role(), "principalId": azure.principal, "principalType": "User",
        } });
        for status in [201, 200] {
            let made = azure.sandbox.call("PUT", &path, &[], body.clone()).await;
            let made = made.like(status, Fit::AtLeast, one.clone());
            assert_eq!(made["id"], path.split('?').next().unwrap());
            assert_eq!((&made["name"], &made["properties"]["scope"]), (&json!(NAME), &json!(scope)));
        }
        let listed = azure.sandbox.get(&azure.path(scope, "roleAssignments", "2022-04-01")).await;
        listed.like(200, Fit::AtLeast, json!({ "value": [one.clone()] }));
        azure.sandbox.delete(&path).await.like(200, Fit::AtLeast, one.clone());
        assert_eq!(azure.sandbox.delete(&path).await.expect(204), Value::Null);
    }
    let path = azure.path(&azure.root, &format!("roleAssignments/{NAME}/validate"), "2020-10-01");
    let body = json!({ "properties": {
        "roleDefinitionId": azure.role().replace(READER, NAME), "principalId": azure.principal, "principalType": "User",
    } });
    let verdict = azure.sandbox.post(&path, body).await;
    let verdict = verdict.like(
        200,
        Fit::Exactly,
        json!({ "isValid": false, "errorInfo": { "code": "", "message": "" } }),
    );
    assert_eq!(verdict["isValid"], false);
}

#[tokio::test]
async fn places_in_azure() {
    let azure = Azure::new().await;
    let path = azure.path(&azure.root, &format!("roleDefinitions/{READER}"), "2022-04-01");
    let example = json!({
        "properties": {
            "roleName": "", "type": "", "description": "", "assignableScopes": [""],
            "permissions": [{ "actions": [""], "notActions": [], "dataActions": [], "notDataActions": [] }],
        },
        "id": "", "type": "Microsoft.Authorization/roleDefinitions", "name": "",
    });
    azure.sandbox.get(&path).await.like(200, Fit::AtLeast, example);
    let example = json!({ "value": [{
        "id": "", "subscriptionId": "", "tenantId": "", "displayName": "", "state": "Enabled",
        "subscriptionPolicies": { "locationPlacementId": "", "quotaId": "", "spendingLimit": "" },
        "authorizationSource": "", "managedByTenants": [],
    }] });
    azure.sandbox.get("/subscriptions?api-version=2022-12-01").await.like(200, Fit::AtLeast, example);
    let path = format!("{}/resourceGroups/rg-branch?api-version=2021-04-01", azure.root);
    let example =
        json!({ "id": "", "name": "", "location": "", "properties": { "provisioningState": "Succeeded" } });
    for status in [201, 200] {
        let body = json!({ "location": "switzerlandnorth" });
        azure.sandbox.call("PUT", &path, &[], body).await.like(status, Fit::AtLeast, example.clone());
    }
}

#[tokio::test]
async fn roles_for_a_time_in_azure() {
    let azure = Azure::new().await;
    let expanded = json!({
        "scope": { "id": "", "displayName": "", "type": "subscription" },
        "roleDefinition": { "id": "", "displayName": "", "type": "BuiltInRole" },
        "principal": { "id": "", "displayName": "", "email": "", "type": "User" },
    });
    let example = |kind: &str| {
        json!({
            "properties": {
                format!("targetRole{kind}ScheduleId"): "", format!("targetRole{kind}ScheduleInstanceId"): null, "scope": "",
                "roleDefinitionId": "", "principalId": "", "principalType": "User", "requestType": "", "status": "",
                "approvalId": null,
                "scheduleInfo": { "startDateTime": "", "expiration": { "type": "AfterDuration", "endDateTime": null, "duration": "" } },
                "ticketInfo": { "ticketNumber": null, "ticketSystem": null }, "justification": null, "requestorId": "",
                "createdOn": "", "condition": "", "conditionVersion": "", "expandedProperties": expanded.clone(),
            },
            "name": "", "id": "", "type": "",
        })
    };
    let wanted = |kind: &str, duration: &str| {
        json!({ "properties": {
            "principalId": azure.principal, "roleDefinitionId": azure.role(), "requestType": kind,
            "scheduleInfo": { "startDateTime": "2022-01-01T00:00:00Z",
                              "expiration": { "type": "AfterDuration", "endDateTime": null, "duration": duration } },
            "condition": "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:ContainerName] StringEqualsIgnoreCase 'branch'",
            "conditionVersion": "1.0",
        } })
    };
    // The older spelling of a subscription, as the examples have it.
    let scope = format!("/providers/Microsoft.Subscription{}", azure.root);
    let path = azure.path(&scope, &format!("roleEligibilityScheduleRequests/{NAME}"), "2020-10-01");
    let made = azure.sandbox.call("PUT", &path, &[], wanted("AdminAssign", "P365D")).await;
    let made = made.like(201, Fit::AtLeast, example("Eligibility"));
    assert_eq!(made["type"], "Microsoft.Authorization/RoleEligibilityScheduleRequests");
    assert_eq!(made["properties"]["scope"], azure.root.as_str());
    let path = azure.path(&scope, &format!("roleAssignmentScheduleRequests/{NAME}"), "2020-10-01");
    let made = azure.sandbox.call("PUT", &path, &[], wanted("AdminAssign", "PT8H")).await;
    made.like(201, Fit::AtLeast, example("Assignment"));
    let rest = format!("roleEligibilityScheduleInstances?$filter=assignedTo('{}')", azure.principal);
    let listed = azure.sandbox.get(&azure.path(&scope, &rest, "2020-10-01")).await;
    let example = json!({ "value": [{
        "properties": {
            "scope": "", "roleDefinitionId": "", "principalId": "", "principalType": "User", "status": "",
            "roleEligibilityScheduleId": "", "startDateTime": "", "endDateTime": "", "memberType": "Direct",
            "createdOn": "", "condition": "", "conditionVersion": "", "expandedProperties": expanded,
        },
        "name": "", "id": "", "type": "Microsoft.Authorization/RoleEligibilityScheduleInstances",
    }] });
    listed.like(200, Fit::AtLeast, example);
}
