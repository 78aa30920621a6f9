//! What people may do in the sandbox once they have signed in: no more than they could themselves.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::people::{AZURE_CLI, EXCHANGE_MODULE, as_person, become_client, password, person, text};
use sandbox_support::{ARM, EXCHANGE, Sandbox};
use serde_json::{Value, json};

#[tokio::test]
async fn me_is_who_signed_in() {
    let sandbox = Sandbox::new().await;
    sandbox.get("/v1.0/me").await.refused(400, "BadRequest");
    let token = person(&sandbox, "megan.bowen@contoso.example", "User.Read").await;
    let get = async |path: &str| as_person(&sandbox, &token, "GET", path, Value::Null).await;
    let me = get("/v1.0/me").await.expect(200);
    assert_eq!(me["displayName"], "Megan Bowen");
    assert!(me["@odata.context"].as_str().unwrap().ends_with("/v1.0/$metadata#users/$entity"));
    assert_eq!(get("/v1.0/me/manager").await.expect(200)["displayName"], "Maren Lindqvist");
    get("/v1.0/me/memberOf").await.expect(200);
    get(&format!("/v1.0/users/{}", text(&me["id"]))).await.expect(200);
    // The scope is for oneself only.
    get("/v1.0/users").await.refused(403, "Authorization_RequestDenied");
    let batch = json!({ "requests": [{ "id": "1", "method": "GET", "url": "/me" }] });
    let answer = as_person(&sandbox, &token, "POST", "/v1.0/$batch", batch).await.expect(200);
    assert_eq!(answer["responses"][0]["body"]["displayName"], "Megan Bowen");
}

#[tokio::test]
async fn a_program_may_no_more_than_the_person_who_uses_it() {
    let sandbox = Sandbox::new().await;
    let scope = "User.ReadWrite.All Group.ReadWrite.All User.Invite.All RoleManagement.ReadWrite.Directory";
    let denied = "Authorization_RequestDenied";
    let member = person(&sandbox, "adele.vance@contoso.example", scope).await;
    as_person(&sandbox, &member, "GET", "/v1.0/users", Value::Null).await.expect(200);
    let change = json!({ "department": "Shoes" });
    let path = "/v1.0/users/priya.raghavan@contoso.example";
    as_person(&sandbox, &member, "PATCH", path, change.clone()).await.refused(403, denied);
    as_person(&sandbox, &member, "PATCH", "/v1.0/me", json!({ "mobilePhone": "+41 1" })).await.expect(204);
    as_person(&sandbox, &member, "PATCH", "/v1.0/me", change.clone()).await.refused(403, denied);
    // What the person may do, the program still has to be given.
    let administrator = "irina.volkova@contoso.example";
    let modest = person(&sandbox, administrator, "User.Read.All").await;
    as_person(&sandbox, &modest, "PATCH", path, change.clone()).await.refused(403, denied);
    let token = person(&sandbox, administrator, scope).await;
    as_person(&sandbox, &token, "PATCH", path, change).await.expect(204);
    // A User Administrator leaves a Global Administrator alone, but not another of the lesser roles.
    let block = json!({ "accountEnabled": false });
    let block = async |user: &str| {
        as_person(&sandbox, &token, "PATCH", &format!("/v1.0/users/{user}@contoso.example"), block.clone())
            .await
    };
    block("ola.nordmann").await.refused(403, denied);
    block("juergen.mueller").await.expect(204);
    let all = person(&sandbox, "ola.nordmann@contoso.example", scope).await;
    as_person(&sandbox, &all, "DELETE", "/v1.0/users/zoe.garcia@contoso.example", Value::Null)
        .await
        .expect(204);
}

#[tokio::test]
async fn an_application_needs_a_higher_role_for_holders_of_roles() {
    let mut sandbox = Sandbox::new().await;
    let path = "/v1.0/users/ola.nordmann@contoso.example";
    sandbox.with_only(&["User.ReadWrite.All"]).await;
    sandbox.patch(path, json!({ "department": "x" })).await.expect(204);
    sandbox.patch(path, json!({ "accountEnabled": false })).await.refused(403, "Authorization_RequestDenied");
    sandbox.delete(path).await.refused(403, "Authorization_RequestDenied");
    become_client(&mut sandbox, 0).await;
    sandbox.patch(path, json!({ "accountEnabled": false })).await.expect(204);
}

#[tokio::test]
async fn an_owner_changes_their_own_group() {
    let sandbox = Sandbox::new().await;
    let falcon = sandbox.group("Project Falcon").await;
    let suppliers = sandbox.group("Suppliers").await;
    let guest = sandbox.guest("ann@fabrikam.example").await;
    let token = person(&sandbox, "alex.wilber@contoso.example", "GroupMember.ReadWrite.All").await;
    let add = async |group: &str| {
        let path = format!("/v1.0/groups/{group}/members/$ref");
        as_person(&sandbox, &token, "POST", &path, sandbox.reference(&guest)).await
    };
    add(&falcon).await.expect(204);
    add(&suppliers).await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn guests_list_nobody_and_restricted_guests_see_themselves_only() {
    let sandbox = Sandbox::new().await;
    let scope = "User.Read.All Group.Read.All";
    let guest = person(&sandbox, "diego.siciliani@fabrikam.example", scope).await;
    let denied = "Authorization_RequestDenied";
    let get = async |path: &str| as_person(&sandbox, &guest, "GET", path, Value::Null).await;
    get("/v1.0/users").await.refused(403, denied);
    get("/v1.0/groups").await.refused(403, denied);
    get("/v1.0/users/megan.bowen@contoso.example").await.expect(200);
    assert_eq!(get("/v1.0/me").await.expect(200)["displayName"], "Diego Siciliani");
    let policy = "/v1.0/policies/authorizationPolicy";
    let restrict = json!({ "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b" });
    sandbox.patch(policy, restrict).await.expect(204);
    get("/v1.0/users/megan.bowen@contoso.example").await.refused(403, denied);
    get("/v1.0/me").await.expect(200);
    let open = json!({ "guestUserRoleId": "a0b1b346-4d3e-4e8b-98f8-753987be4970" });
    sandbox.patch(policy, open).await.expect(204);
    get("/v1.0/users").await.expect(200);
    // A directory role opens more than any policy: Directory Readers.
    let reader = person(&sandbox, "lidia.holloway@fabrikam.example", scope).await;
    as_person(&sandbox, &reader, "GET", "/v1.0/users", Value::Null).await.expect(200);
}

#[tokio::test]
async fn who_may_invite_is_for_the_policy_to_say() {
    let sandbox = Sandbox::new().await;
    let people = [
        "megan.bowen@contoso.example",
        "juergen.mueller@contoso.example",
        "diego.siciliani@fabrikam.example",
    ];
    let mut tokens = Vec::new();
    for who in people {
        tokens.push(person(&sandbox, who, "User.Invite.All").await);
    }
    let cases = [
        ("everyone", [true, true, true]),
        ("adminsGuestInvitersAndAllMembers", [true, true, false]),
        ("adminsAndGuestInviters", [false, true, false]),
        ("none", [false, false, false]),
    ];
    for (from, allowed) in cases {
        let policy = json!({ "allowInvitesFrom": from });
        sandbox.patch("/v1.0/policies/authorizationPolicy", policy).await.expect(204);
        for (number, (token, allowed)) in tokens.iter().zip(allowed).enumerate() {
            let body = json!({
                "invitedUserEmailAddress": format!("guest{number}-{from}@fabrikam.example"),
                "inviteRedirectUrl": "https://myapplications.microsoft.com",
            });
            let answer = as_person(&sandbox, token, "POST", "/v1.0/invitations", body).await;
            match allowed {
                true => {
                    answer.expect(201);
                }
                false => {
                    answer.refused(403, "Forbidden");
                }
            }
        }
    }
    // Who invites becomes the sponsor.
    let path = "/v1.0/users?$filter=mail eq 'guest0-everyone@fabrikam.example'";
    let id = text(&sandbox.get(path).await.expect(200)["value"][0]["id"]);
    let sponsors = sandbox.get(&format!("/v1.0/users/{id}/sponsors")).await.expect(200);
    assert_eq!(sponsors["value"][0]["displayName"], "Megan Bowen");
}

#[tokio::test]
async fn people_use_exchange_and_azure_by_their_own_roles() {
    let sandbox = Sandbox::new().await;
    let tenant = sandbox.connection("tenantId");
    let exchange = async |user: &str, cmdlet: &str| {
        let scope = format!("{EXCHANGE} openid");
        let answer = password(&sandbox, EXCHANGE_MODULE, user, &scope).await.expect(200);
        let token = text(&answer["access_token"]);
        let parameters = json!({ "Name": "Ann", "ExternalEmailAddress": "ann@northwind.example" });
        let parameters = if cmdlet.starts_with("New") { parameters } else { json!({}) };
        let body = json!({ "CmdletInput": { "CmdletName": cmdlet, "Parameters": parameters } });
        as_person(&sandbox, &token, "POST", &format!("/adminapi/beta/{tenant}/InvokeCommand"), body)
            .await
            .status
    };
    assert_eq!(exchange("ola.nordmann@contoso.example", "New-MailContact").await, 200);
    assert_eq!(exchange("mai.nguyen@contoso.example", "Get-MailContact").await, 200);
    assert_eq!(exchange("mai.nguyen@contoso.example", "New-MailContact").await, 403);
    assert_eq!(exchange("megan.bowen@contoso.example", "Get-MailContact").await, 403);
    let scope = format!("{ARM} openid");
    let answer = password(&sandbox, AZURE_CLI, "megan.bowen@contoso.example", &scope).await.expect(200);
    let groups = format!(
        "/subscriptions/{}/resourcegroups?api-version=2021-04-01",
        sandbox.connection("subscriptionId")
    );
    let token = text(&answer["access_token"]);
    let refusal =
        as_person(&sandbox, &token, "GET", &groups, Value::Null).await.refused(403, "AuthorizationFailed");
    assert!(refusal.starts_with("The client 'megan.bowen@contoso.example' with object id '"), "{refusal}");
}

#[tokio::test]
async fn who_is_eligible_makes_themselves_what_they_may_be() {
    let sandbox = Sandbox::new().await;
    let adele = text(&sandbox.get("/v1.0/users/adele.vance@contoso.example").await.expect(200)["id"]);
    let schedule = json!({ "expiration": { "type": "afterDuration", "duration": "PT4H" } });
    let request = |action: &str| {
        json!({
            "action": action, "principalId": adele, "directoryScopeId": "/", "justification": "a test",
            "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1", "scheduleInfo": schedule,
        })
    };
    let base = "/v1.0/roleManagement/directory";
    let scope = "RoleAssignmentSchedule.ReadWrite.Directory RoleEligibilitySchedule.Read.Directory User.ReadWrite.All";
    let token = person(&sandbox, "adele.vance@contoso.example", scope).await;
    let path = format!("{base}/roleAssignmentScheduleRequests");
    let denied = as_person(&sandbox, &token, "POST", &path, request("adminAssign")).await;
    denied.refused(403, "Authorization_RequestDenied");
    sandbox
        .post(&format!("{base}/roleEligibilityScheduleRequests"), request("adminAssign"))
        .await
        .expect(201);
    let own = format!("{base}/roleEligibilitySchedules/filterByCurrentUser(on='principal')");
    let own = as_person(&sandbox, &token, "GET", &own, Value::Null).await.expect(200);
    assert_eq!(own["value"][0]["principalId"], adele);
    let priya = "/v1.0/users/priya.raghavan@contoso.example";
    let change = json!({ "department": "Shoes" });
    as_person(&sandbox, &token, "PATCH", priya, change.clone())
        .await
        .refused(403, "Authorization_RequestDenied");
    as_person(&sandbox, &token, "POST", &path, request("selfActivate")).await.expect(201);
    as_person(&sandbox, &token, "PATCH", priya, change).await.expect(204);
}
