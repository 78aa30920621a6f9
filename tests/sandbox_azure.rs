//! Azure, as the sandbox answers it.

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

const VERSION: &str = "api-version=2022-04-01";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

fn assignment(principal: &str, role: &str) -> Value {
    json!({ "properties": {
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": principal, "principalType": "User",
    } })
}

#[tokio::test]
async fn resources_are_found_by_name_and_names_are_not_unique() {
    let sandbox = Sandbox::new().await;
    let subscriptions = sandbox.get("/subscriptions?api-version=2022-12-01").await.expect(200);
    assert_eq!(subscriptions["value"][0]["displayName"], "Contoso Production");
    let root = format!("/subscriptions/{}", sandbox.connection("subscriptionId"));
    sandbox.get(&root).await.refused(400, "MissingApiVersionParameter");
    let version = "api-version=2021-04-01";
    assert_eq!(
        sandbox.get(&format!("{root}/resourcegroups?{version}")).await.expect(200)["value"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let found = |filter: &str| sandbox_path(&root, filter);
    let count = |body: Value| body["value"].as_array().unwrap().len();
    assert_eq!(count(sandbox.get(&found("name eq 'backupserver21'")).await.expect(200)), 1);
    assert_eq!(count(sandbox.get(&found("name eq 'gateway01'")).await.expect(200)), 2);
    assert_eq!(
        count(sandbox.get(&found("resourceType eq 'Microsoft.Compute/virtualMachines'")).await.expect(200)),
        3
    );
    assert_eq!(count(sandbox.get(&found("substringof('contoso', name)")).await.expect(200)), 6);
    sandbox.get(&found("nonsense eq 'x'")).await.refused(400, "InvalidFilterInQueryString");
    let nowhere = "/subscriptions/00000000-0000-0000-0000-000000000001?api-version=2022-12-01";
    sandbox.get(nowhere).await.refused(404, "SubscriptionNotFound");
}

fn sandbox_path(root: &str, filter: &str) -> String {
    format!("{root}/resources?api-version=2021-04-01&$filter={filter}")
}

#[tokio::test]
async fn a_role_is_given_once_and_taken_twice() {
    let sandbox = Sandbox::new().await;
    let ann = sandbox.guest("ann@fabrikam.example").await;
    let root = format!("/subscriptions/{}", sandbox.connection("subscriptionId"));
    let server =
        format!("{root}/resourceGroups/rg-backup/providers/Microsoft.Compute/virtualMachines/backupserver21");
    let at = |scope: &str, name: &str| {
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?{VERSION}")
    };
    let (one, two) = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
    let made = sandbox.call("PUT", &at(&server, one), &[], assignment(&ann, READER)).await.expect(201);
    assert_eq!(made["properties"]["scope"], server);
    sandbox.call("PUT", &at(&server, one), &[], assignment(&ann, READER)).await.expect(200);
    let message = sandbox
        .call("PUT", &at(&server, two), &[], assignment(&ann, READER))
        .await
        .refused(409, "RoleAssignmentExists");
    assert!(message.ends_with("is 11111111111141118111111111111111."), "{message}");
    sandbox
        .call("PUT", &at(&root, one), &[], assignment(&ann, READER))
        .await
        .refused(400, "RoleAssignmentUpdateNotPermitted");
    let list = |scope: &str, filter: &str| {
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments?{VERSION}&$filter={filter}")
    };
    let count = |body: Value| body["value"].as_array().unwrap().len();
    assert_eq!(count(sandbox.get(&list(&root, &format!("principalId eq '{ann}'"))).await.expect(200)), 1);
    assert_eq!(count(sandbox.get(&list(&root, &format!("assignedTo('{ann}')"))).await.expect(200)), 1);
    assert_eq!(
        count(sandbox.get(&list(&root, &format!("atScope() and assignedTo('{ann}')"))).await.expect(200)),
        0
    );
    // Beside it what is inherited: the administrator's application, the reader's, and a person who owns it all.
    assert_eq!(count(sandbox.get(&list(&server, "atScope()")).await.expect(200)), 4);
    sandbox.get(&at(&server, one)).await.expect(200);
    sandbox.delete(&at(&server, one)).await.expect(200);
    sandbox.delete(&at(&server, one)).await.expect(204);
    sandbox.get(&at(&server, one)).await.refused(404, "RoleAssignmentNotFound");
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let sandbox = Sandbox::new().await;
    let root = format!("/subscriptions/{}", sandbox.connection("subscriptionId"));
    let put = |scope: String| {
        format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignments/33333333-3333-4333-8333-333333333333?{VERSION}"
        )
    };
    let nobody = "00000000-0000-4000-8000-000000000009";
    let message = sandbox
        .call("PUT", &put(root.clone()), &[], assignment(nobody, READER))
        .await
        .refused(400, "PrincipalNotFound");
    assert!(
        message.starts_with("Principal 00000000000040008000000000000009 does not exist in the directory")
    );
    let ann = sandbox.guest("ann@fabrikam.example").await;
    sandbox
        .call("PUT", &put(root.clone()), &[], assignment(&ann, nobody))
        .await
        .refused(400, "InvalidRoleDefinitionId");
    sandbox
        .call("PUT", &put(format!("{root}/resourceGroups/rg-none")), &[], assignment(&ann, READER))
        .await
        .refused(404, "ResourceGroupNotFound");
    let none = format!("{root}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/none");
    sandbox.call("PUT", &put(none), &[], assignment(&ann, READER)).await.refused(404, "ResourceNotFound");
    let group = sandbox.group("Suppliers").await;
    sandbox
        .call("PUT", &put(root.clone()), &[], assignment(&group, READER))
        .await
        .refused(400, "UnmatchedPrincipalType");
}

#[tokio::test]
async fn roles_are_found_by_name_and_by_id() {
    let sandbox = Sandbox::new().await;
    let root = format!("/subscriptions/{}", sandbox.connection("subscriptionId"));
    let path = format!(
        "{root}/providers/Microsoft.Authorization/roleDefinitions?{VERSION}&$filter=roleName eq 'Backup Operator'"
    );
    let found = sandbox.get(&path).await.expect(200);
    assert_eq!(found["value"][0]["name"], "00c29273-979b-4161-815c-10b084fb9324");
    let none = sandbox.get(&path.replace("Backup Operator", "Nobody")).await.expect(200);
    assert_eq!(none["value"], json!([]));
    let reader = sandbox
        .get(&format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}?{VERSION}"))
        .await
        .expect(200);
    assert_eq!(reader["properties"]["roleName"], "Reader");
}

#[tokio::test]
async fn an_application_without_a_role_sees_nothing() {
    let mut sandbox = Sandbox::new().await;
    let root = format!("/subscriptions/{}", sandbox.connection("subscriptionId"));
    sandbox.with_only(&[]).await;
    assert_eq!(sandbox.get("/subscriptions?api-version=2022-12-01").await.expect(200)["value"], json!([]));
    sandbox
        .get(&format!("{root}/resourcegroups?api-version=2021-04-01"))
        .await
        .refused(403, "AuthorizationFailed");
    sandbox
        .get(&format!("{root}/providers/Microsoft.Authorization/roleAssignments?{VERSION}"))
        .await
        .refused(403, "AuthorizationFailed");
}
