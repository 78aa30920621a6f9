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

const PIM: &str = "api-version=2020-10-01";
const RESOURCES: &str = "api-version=2021-04-01";

fn root(sandbox: &Sandbox) -> String {
    format!("/subscriptions/{}", sandbox.connection("subscriptionId"))
}

async fn put(sandbox: &Sandbox, path: &str, body: Value) -> sandbox_support::Answer {
    sandbox.call("PUT", path, &[], body).await
}

async fn advance(sandbox: &Sandbox, duration: &str) {
    sandbox.post("/sandbox/clock", json!({ "advance": duration })).await.expect(200);
}

fn request(principal: &str, kind: &str, duration: &str, scope: &str) -> Value {
    json!({ "properties": {
        "principalId": principal,
        "roleDefinitionId": format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
        "requestType": kind,
        "scheduleInfo": {
            "startDateTime": "2020-09-09T21:31:27.91Z",
            "expiration": { "type": "AfterDuration", "endDateTime": null, "duration": duration },
        },
        "condition": "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:ContainerName] StringEqualsIgnoreCase 'box'",
        "conditionVersion": "1.0",
    } })
}

#[tokio::test]
async fn an_eligibility_is_asked_for_in_the_older_spelling_of_a_subscription() {
    let sandbox = Sandbox::new().await;
    let (root, ann) = (root(&sandbox), sandbox.guest("ann@fabrikam.example").await);
    let old = format!("/providers/Microsoft.Subscription{root}/providers/Microsoft.Authorization");
    let name = "64caffb6-55c0-4deb-a585-68e948ea1ad6";
    let path = format!("{old}/roleEligibilityScheduleRequests/{name}?{PIM}");
    let made = put(&sandbox, &path, request(&ann, "AdminAssign", "P365D", &root)).await.expect(201);
    let properties = &made["properties"];
    assert_eq!(made["type"], "Microsoft.Authorization/RoleEligibilityScheduleRequests");
    assert_eq!(
        made["id"],
        format!("{root}/providers/Microsoft.Authorization/RoleEligibilityScheduleRequests/{name}")
    );
    assert_eq!((&properties["scope"], &properties["status"]), (&json!(root), &json!("Provisioned")));
    assert_eq!(
        (&properties["requestType"], &properties["principalType"]),
        (&json!("AdminAssign"), &json!("User"))
    );
    assert_eq!(properties["scheduleInfo"]["startDateTime"], "2020-09-09T21:31:27.91Z");
    assert_eq!(properties["expandedProperties"]["scope"]["displayName"], "Contoso Production");
    assert_eq!(properties["expandedProperties"]["roleDefinition"]["displayName"], "Reader");
    assert_eq!(properties["expandedProperties"]["principal"]["email"], "ann@fabrikam.example");
    assert_eq!(sandbox.get(&path).await.expect(200)["properties"]["conditionVersion"], "1.0");
    let list = |collection: &str| format!("{old}/{collection}?{PIM}&$filter=assignedTo('{ann}')");
    let instances = sandbox.get(&list("roleEligibilityScheduleInstances")).await.expect(200);
    assert_eq!(instances["value"][0]["properties"]["memberType"], "Direct");
    assert_eq!(sandbox.get(&list("roleAssignmentScheduleInstances")).await.expect(200)["value"], json!([]));
    let other = path.replace(name, "74caffb6-55c0-4deb-a585-68e948ea1ad6");
    put(&sandbox, &other, request(&ann, "AdminAssign", "P30D", &root))
        .await
        .refused(400, "RoleAssignmentExists");
    let validate = other.replace(&format!("?{PIM}"), &format!("/validate?{PIM}"));
    let remove = request(&ann, "AdminRemove", "P30D", &root);
    sandbox.post(&validate, remove.clone()).await.expect(200);
    assert_eq!(put(&sandbox, &other, remove).await.expect(201)["properties"]["status"], "Revoked");
    assert_eq!(sandbox.get(&list("roleEligibilitySchedules")).await.expect(200)["value"], json!([]));
    let nobody = request("00000000-0000-4000-8000-000000000009", "AdminAssign", "P30D", &root);
    let third = path.replace(name, "84caffb6-55c0-4deb-a585-68e948ea1ad6");
    put(&sandbox, &third, nobody).await.refused(400, "SubjectNotFound");
    put(&sandbox, &third, request(&ann, "SelfActivate", "PT8H", &root))
        .await
        .refused(403, "InsufficientPermissions");
}

#[tokio::test]
async fn an_azure_role_for_a_time_ends_by_itself() {
    let sandbox = Sandbox::new().await;
    let (root, ann) = (root(&sandbox), sandbox.guest("ann@fabrikam.example").await);
    let at = format!("{root}/resourceGroups/rg-web/providers/Microsoft.Authorization");
    let name = "fea7a502-9a96-4806-a26f-eee560e52045";
    let path = format!("{at}/roleAssignmentScheduleRequests/{name}?{PIM}");
    put(&sandbox, &path, request(&ann, "AdminAssign", "PT8H", &root)).await.expect(201);
    let held = format!("{at}/roleAssignments?{VERSION}&$filter=principalId eq '{ann}'");
    assert_eq!(sandbox.get(&held).await.expect(200)["value"].as_array().unwrap().len(), 1);
    let instances = format!("{at}/roleAssignmentScheduleInstances?{PIM}&$filter=principalId eq {ann}");
    let instance = &sandbox.get(&instances).await.expect(200)["value"][0]["properties"];
    assert_eq!(
        (&instance["assignmentType"], &instance["status"]),
        (&json!("Assigned"), &json!("Provisioned"))
    );
    advance(&sandbox, "PT9H").await;
    assert_eq!(sandbox.get(&held).await.expect(200)["value"], json!([]));
    assert_eq!(sandbox.get(&instances).await.expect(200)["value"], json!([]));

    let tomorrow = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72)).to_string();
    let mut later = request(&ann, "AdminAssign", "P1D", &root);
    later["properties"]["scheduleInfo"]["startDateTime"] = json!(tomorrow);
    let path = path.replace(name, "aea7a502-9a96-4806-a26f-eee560e52045");
    assert_eq!(put(&sandbox, &path, later).await.expect(201)["properties"]["status"], "Granted");
    let cancel = path.replace(&format!("?{PIM}"), &format!("/cancel?{PIM}"));
    sandbox.post(&cancel, Value::Null).await.expect(200);
    assert_eq!(sandbox.get(&path).await.expect(200)["properties"]["status"], "Canceled");
}

#[tokio::test]
async fn a_resource_group_comes_and_goes() {
    let sandbox = Sandbox::new().await;
    let root = root(&sandbox);
    let path = format!("{root}/resourceGroups/my-resource-group?{RESOURCES}");
    let made = put(&sandbox, &path, json!({ "location": "East US", "tags": { "team": "Falcon" } }))
        .await
        .expect(201);
    assert_eq!((&made["location"], &made["name"]), (&json!("eastus"), &json!("my-resource-group")));
    assert_eq!(made["properties"]["provisioningState"], "Succeeded");
    put(&sandbox, &path, json!({ "location": "eastus", "tags": { "team": "Falcon" } })).await.expect(200);
    put(&sandbox, &path, json!({ "location": "westus" })).await.refused(409, "InvalidResourceGroupLocation");
    put(&sandbox, &path, json!({})).await.refused(400, "LocationRequired");
    put(&sandbox, &path, json!({ "location": "moon" }))
        .await
        .refused(400, "LocationNotAvailableForResourceGroup");
    assert_eq!(sandbox.call("HEAD", &path, &[], Value::Null).await.status, 204);
    let tagged =
        format!("{root}/resourcegroups?{RESOURCES}&$filter=tagName eq 'team' and tagValue eq 'Falcon'");
    assert_eq!(sandbox.get(&tagged).await.expect(200)["value"].as_array().unwrap().len(), 1);
    let ann = sandbox.guest("ann@fabrikam.example").await;
    let grant = format!(
        "{root}/resourceGroups/my-resource-group/providers/Microsoft.Authorization/roleAssignments/{READER}?{VERSION}"
    );
    put(&sandbox, &grant, assignment(&ann, READER)).await.expect(201);
    let gone = sandbox.delete(&path).await;
    assert_eq!(gone.status, 202);
    let location = gone.headers["location"].to_str().unwrap().to_owned();
    sandbox.get(&location).await.expect(200);
    assert_eq!(sandbox.call("HEAD", &path, &[], Value::Null).await.status, 404);
    sandbox.get(&path).await.refused(404, "ResourceGroupNotFound");
    sandbox.delete(&path).await.refused(404, "ResourceGroupNotFound");
    let all = format!(
        "{root}/providers/Microsoft.Authorization/roleAssignments?{VERSION}&$filter=principalId eq '{ann}'"
    );
    assert_eq!(sandbox.get(&all).await.expect(200)["value"], json!([]));
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let sandbox = Sandbox::new().await;
    let mut next = format!("{}/resources?{RESOURCES}&$top=4", root(&sandbox));
    let mut sizes = Vec::new();
    loop {
        let page = sandbox.get(&next).await.expect(200);
        sizes.push(page["value"].as_array().unwrap().len());
        match page["nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [4, 4, 1]);
}

#[tokio::test]
async fn a_version_that_the_type_does_not_have_is_refused() {
    let sandbox = Sandbox::new().await;
    let root = root(&sandbox);
    sandbox.get(&format!("{root}?api-version=1999-01-01")).await.refused(400, "InvalidApiVersionParameter");
    sandbox.get(&format!("{root}?api-version=latest")).await.refused(400, "InvalidApiVersionParameter");
    let roles = format!("{root}/providers/Microsoft.Authorization");
    sandbox
        .get(&format!("{roles}/roleEligibilitySchedules?api-version=2015-07-01"))
        .await
        .refused(400, "NoRegisteredProviderFound");
    let old = sandbox.get(&format!("{roles}/roleAssignments?api-version=2015-07-01")).await.expect(200);
    assert_eq!(old["value"][0]["properties"].get("principalType"), None);
    let answer = sandbox.get(&format!("{root}?api-version=2022-12-01")).await;
    assert!(answer.headers.contains_key("x-ms-ratelimit-remaining-subscription-reads"));
    sandbox.get("/subscriptions/nonsense?api-version=2022-12-01").await.refused(400, "InvalidSubscriptionId");
}

#[tokio::test]
async fn a_custom_role_allows_what_it_says() {
    let mut sandbox = Sandbox::new().await;
    let root = root(&sandbox);
    let name = "5b1c7c4e-30c7-4a35-8b64-3b0e6ff7a9d2";
    let roles = format!("{root}/providers/Microsoft.Authorization/roleDefinitions");
    let body = json!({ "properties": {
        "roleName": "Group counter", "description": "Counts groups", "assignableScopes": [root],
        "permissions": [{ "actions": ["Microsoft.Resources/subscriptions/resourceGroups/read"], "notActions": [] }],
    } });
    let made = put(&sandbox, &format!("{roles}/{name}?{VERSION}"), body.clone()).await.expect(201);
    assert_eq!(made["properties"]["type"], "CustomRole");
    let custom = sandbox.get(&format!("{roles}?{VERSION}&$filter=type eq 'CustomRole'")).await.expect(200);
    assert_eq!(custom["value"].as_array().unwrap().len(), 1);
    let reader = format!("{roles}/{READER}?{VERSION}");
    put(&sandbox, &reader, body).await.refused(403, "RoleDefinitionBuiltInNotUpdatable");

    let app = sandbox.post("/sandbox/apps", json!({ "roles": [] })).await.expect(201);
    let principal = app["principalId"].as_str().unwrap();
    let grant = json!({ "properties": {
        "roleDefinitionId": made["id"], "principalId": principal, "principalType": "ServicePrincipal",
    } });
    let path = format!("{root}/providers/Microsoft.Authorization/roleAssignments/{name}?{VERSION}");
    put(&sandbox, &path, grant).await.expect(201);
    sandbox.delete(&format!("{roles}/{name}?{VERSION}")).await.refused(400, "RoleDefinitionHasAssignments");
    let text = |name: &str| app[name].as_str().unwrap().to_owned();
    sandbox.become_app(text("clientId"), text("clientSecret"));
    sandbox.get(&format!("{root}/resourcegroups?{RESOURCES}")).await.expect(200);
    assert_eq!(
        sandbox.get("/subscriptions?api-version=2022-12-01").await.expect(200)["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let message =
        sandbox.get(&format!("{root}/resources?{RESOURCES}")).await.refused(403, "AuthorizationFailed");
    assert!(message.contains(principal), "{message}");
    // Nobody learns what there is where they may do nothing.
    sandbox
        .delete(&format!("{root}/resourceGroups/rg-none?{RESOURCES}"))
        .await
        .refused(403, "AuthorizationFailed");
}

#[tokio::test]
async fn an_assignment_is_tried_without_being_made() {
    let sandbox = Sandbox::new().await;
    let (root, ann) = (root(&sandbox), sandbox.guest("ann@fabrikam.example").await);
    let path = format!(
        "{root}/providers/Microsoft.Authorization/roleAssignments/05c5a614-a7d6-4502-b150-c2fb455033ff/validate?{PIM}"
    );
    assert_eq!(sandbox.post(&path, assignment(&ann, READER)).await.expect(200)["isValid"], true);
    let wrong =
        sandbox.post(&path, assignment(&ann, "0b5fe924-9a61-425c-96af-cfe6e287ca2d")).await.expect(200);
    assert_eq!(wrong["isValid"], false);
    assert_eq!(wrong["errorInfo"]["code"], "InvalidRoleDefinitionId");
    assert_eq!(
        wrong["errorInfo"]["message"],
        "The specified role definition with ID '0b5fe924-9a61-425c-96af-cfe6e287ca2d' does not exist."
    );
}

#[tokio::test]
async fn assignments_of_a_deleted_guest_stay() {
    let sandbox = Sandbox::new().await;
    let (root, ann) = (root(&sandbox), sandbox.guest("ann@fabrikam.example").await);
    let roles = format!("{root}/providers/Microsoft.Authorization/roleAssignments");
    put(&sandbox, &format!("{roles}/{READER}?{VERSION}"), assignment(&ann, READER)).await.expect(201);
    sandbox.delete(&format!("/v1.0/users/{ann}")).await.expect(204);
    sandbox.delete(&format!("/v1.0/directory/deletedItems/{ann}")).await.expect(204);
    let list = format!("{roles}?{VERSION}&$filter=principalId eq '{ann}'");
    assert_eq!(sandbox.get(&list).await.expect(200)["value"][0]["properties"]["principalId"], ann.as_str());
    sandbox.delete(&format!("{roles}/{READER}?{VERSION}")).await.expect(200);
}

#[tokio::test]
async fn tools_are_told_where_everything_is() {
    let sandbox = Sandbox::new().await;
    let url = sandbox.running.url();
    let new = sandbox.get("/metadata/endpoints?api-version=2022-09-01").await.expect(200);
    assert_eq!((&new["name"], &new["resourceManager"]), (&json!("AzureCloud"), &json!(url)));
    assert_eq!(new["authentication"]["loginEndpoint"], url);
    let array = sandbox.get("/metadata/endpoints?api-version=2019-05-01").await.expect(200);
    assert_eq!(array[0]["name"], "AzureCloud");
    let oldest = sandbox.get("/metadata/endpoints?api-version=2015-01-01").await.expect(200);
    assert_eq!(oldest["authentication"]["loginEndpoint"], url);
}

#[tokio::test]
async fn a_subscription_has_places_and_providers() {
    let sandbox = Sandbox::new().await;
    let root = root(&sandbox);
    let places = sandbox.get(&format!("{root}/locations?api-version=2022-12-01")).await.expect(200);
    assert!(places["value"].as_array().unwrap().iter().any(|place| place["name"] == "westeurope"));
    let providers = sandbox.get(&format!("{root}/providers?{RESOURCES}")).await.expect(200);
    assert_eq!(providers["value"][0]["registrationState"], "Registered");
    sandbox
        .get(&format!("{root}/providers/Microsoft.Nothing?{RESOURCES}"))
        .await
        .refused(404, "InvalidResourceNamespace");
    let server =
        format!("{root}/resourceGroups/RG-BACKUP/providers/Microsoft.Compute/virtualMachines/BackupServer21");
    let server = sandbox.get(&format!("{server}?api-version=2024-03-01")).await.expect(200);
    assert_eq!(server["name"], "backupserver21");
    let deny = format!("{root}/providers/Microsoft.Authorization/denyAssignments?{VERSION}");
    assert_eq!(sandbox.get(&deny).await.expect(200)["value"], json!([]));
    let roles = format!("{root}/providers/Microsoft.Authorization/roleAssignments?{VERSION}&$filter=");
    for filter in ["roleName eq 'x'", "principalId ne 'x'", "atScope() or atScope()", "asTarget()"] {
        sandbox.get(&format!("{roles}{filter}")).await.refused(400, "InvalidFilterInQueryString");
    }
}

#[tokio::test]
async fn a_global_administrator_reaches_the_root_of_azure_by_elevating_themselves() {
    let mut sandbox = Sandbox::new().await;
    let ann = sandbox.guest("ann@fabrikam.example").await;
    let place =
        format!("/providers/Microsoft.Management/managementGroups/{}", sandbox.connection("tenantId"));
    let path = format!("{place}/providers/Microsoft.Authorization/roleAssignments/{READER}?{VERSION}");
    let root = root(&sandbox);
    let new_app = async |directory_roles: &[&str]| {
        sandbox
            .post("/sandbox/apps", json!({ "roles": [], "directoryRoles": directory_roles }))
            .await
            .expect(201)
    };
    let app = new_app(&["Global Administrator"]).await;
    let text = |name: &str| app[name].as_str().unwrap().to_owned();
    sandbox.become_app(text("clientId"), text("clientSecret"));
    put(&sandbox, &path, assignment(&ann, READER)).await.refused(403, "AuthorizationFailed");
    let elevate = "/providers/Microsoft.Authorization/elevateAccess?api-version=2016-07-01";
    sandbox.post(elevate, Value::Null).await.expect(200);
    let made = put(&sandbox, &path, assignment(&ann, READER)).await.expect(201);
    assert_eq!(
        made["properties"]["roleDefinitionId"],
        format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}")
    );
    // What is given to the group of all subscriptions holds in each of them.
    let below = format!(
        "{root}/providers/Microsoft.Authorization/roleAssignments?{VERSION}&$filter=atScope() and principalId eq '{ann}'"
    );
    assert_eq!(sandbox.get(&below).await.expect(200)["value"][0]["properties"]["scope"], place);
}

#[tokio::test]
async fn every_address_that_is_told_of_is_answered() {
    let sandbox = Sandbox::new().await;
    let root = root(&sandbox);
    let routes = usher::sandbox::routes();
    let azure = routes.iter().filter(|route| route.service == "Azure Resource Manager");
    let mut tried = 0;
    for route in azure {
        let path = route.path.replace("/{scope}", &root).replace("{id}", root.rsplit('/').next().unwrap());
        let path = path.replace("{group}", "rg-web").replace("{namespace}", "Microsoft.Web");
        let path = path.replace("{type}", "sites").replace("{name}", "www-contoso");
        let answer =
            sandbox.call(route.method, &format!("{path}?api-version=2022-09-01"), &[], json!({})).await;
        assert_ne!(answer.status, 501, "{} {path}", route.method);
        tried += 1;
    }
    assert!(tried > 40);
}

#[tokio::test]
async fn azure_hears_of_a_new_guest_late() {
    let sandbox = Sandbox::new().await;
    sandbox.post("/sandbox/faults", json!({ "delays": { "azure": 60, "pim": 60 } })).await.expect(200);
    let (root, ann) = (root(&sandbox), sandbox.guest("ann@fabrikam.example").await);
    let roles = format!("{root}/providers/Microsoft.Authorization");
    let path = |name: &str| format!("{roles}/roleAssignments/{name}?{VERSION}");
    let mut bare = assignment(&ann, READER);
    bare["properties"].as_object_mut().unwrap().remove("principalType");
    let message = put(&sandbox, &path(READER), bare.clone()).await.refused(400, "PrincipalNotFound");
    assert!(message.contains("principalType"), "{message}");
    let eligible =
        format!("{roles}/roleEligibilityScheduleRequests/64caffb6-55c0-4deb-a585-68e948ea1ad6?{PIM}");
    put(&sandbox, &eligible, request(&ann, "AdminAssign", "P30D", &root))
        .await
        .refused(400, "SubjectNotFound");
    // Who says that it is a user is believed.
    put(&sandbox, &path(READER), assignment(&ann, READER)).await.expect(201);
    sandbox.delete(&path(READER)).await.expect(200);
    advance(&sandbox, "PT2M").await;
    put(&sandbox, &path(READER), bare).await.expect(201);
    put(&sandbox, &eligible, request(&ann, "AdminAssign", "P30D", &root)).await.expect(201);
}
