//! The enterprise applications of a fresh tenant: Microsoft's services with the permissions they offer, and the firm's own.

use serde_json::{Value, json};
use uuid::Uuid;

use super::id;
use crate::sandbox::graph::{EXCHANGE_APP, GRAPH_APP, registration};
use crate::sandbox::tenant::{Kind, Object, Tenant, map};

/// Microsoft's own tenant, which owns the services.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/// Ids of application permissions as Microsoft publishes them. What is not here gets a made-up one.
#[rustfmt::skip]
const APPLICATION_PERMISSIONS: &[(&str, &str)] = &[
    ("AccessReview.Read.All", "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa"),
    ("AccessReview.ReadWrite.All", "ef5f7d5c-338f-44b0-86c3-351f46c8bb5f"),
    ("AdministrativeUnit.Read.All", "134fd756-38ce-4afd-ba33-e9623dbe66c2"),
    ("AdministrativeUnit.ReadWrite.All", "5eb59dd3-1da2-4329-8733-9dabdc435916"),
    ("AppRoleAssignment.ReadWrite.All", "06b708a9-e830-4db3-a914-8e69da51d44f"),
    ("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
    ("Application.ReadWrite.All", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"),
    ("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"),
    ("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
    ("Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"),
    ("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664"),
    ("Domain.ReadWrite.All", "7e05723c-0bb0-42da-be95-ae9f08a6e53c"),
    ("Group.Create", "bf7b1a76-6e77-406b-b258-bf5c7720e98f"),
    ("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b"),
    ("Group.ReadWrite.All", "62a82d76-70ea-41e2-9197-370581804d09"),
    ("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
    ("GroupMember.ReadWrite.All", "dbaae8cf-10b5-4b86-a4a1-f871c94c6695"),
    ("LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1"),
    ("LicenseAssignment.ReadWrite.All", "5facf0c1-8979-4e95-abcf-ff3d079771c0"),
    ("Mail.Send", "b633e1c5-b582-4048-a93e-9f11b44c7e96"),
    ("OrgContact.Read.All", "e1a88a34-94c4-4418-be12-c87b00e26bea"),
    ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
    ("Organization.ReadWrite.All", "292d869f-3427-49a8-9dab-8c70152b74e9"),
    ("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68"),
    ("Policy.ReadWrite.Authorization", "fb221be6-99f2-473f-bd32-01c6a0e9ca3b"),
    ("Policy.ReadWrite.CrossTenantAccess", "338163d7-f101-4c92-94ba-ca46fe52447c"),
    ("RoleAssignmentSchedule.ReadWrite.Directory", "dd199f4a-f148-40a4-a2ec-f0069cc799ec"),
    ("RoleEligibilitySchedule.ReadWrite.Directory", "fee28b28-e1f3-4841-818e-2704dc62245f"),
    ("RoleManagement.Read.All", "c7fbd983-d9aa-4fa7-84b8-17382c103bc4"),
    ("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"),
    ("RoleManagement.ReadWrite.Directory", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"),
    ("SharePointTenantSettings.Read.All", "83d4163d-a2d8-4d3b-9695-4ae3ca98f888"),
    ("SharePointTenantSettings.ReadWrite.All", "19b94e34-907c-4f43-bde9-38b1909ed408"),
    ("Synchronization.Read.All", "5ba43d2f-fa88-4db2-bd1c-a67c5f0fb1ce"),
    ("Synchronization.ReadWrite.All", "9b50c33d-700f-43b1-b2eb-87e89b703581"),
    ("User-Mail.ReadWrite.All", "280d0935-0796-47d1-8d26-273470a3f17a"),
    ("User-Phone.ReadWrite.All", "86ceff06-c822-49ff-989a-d912845ffe69"),
    ("User.DeleteRestore.All", "eccc023d-eccf-4e7b-9683-8813ab36cecc"),
    ("User.EnableDisableAccount.All", "3011c876-62b7-4ada-afa2-506cbbecc68c"),
    ("User.Invite.All", "09850681-111b-4a89-9bed-3f2cae46d706"),
    ("User.ManageIdentities.All", "c529cfca-c91b-489c-af2b-d92990b66ce6"),
    ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    ("User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1"),
    ("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca"),
    ("User.RevokeSessions.All", "77f3a031-c388-4f99-b373-dc68676a979e"),
];

/// Delegated permissions that clients ask for by name.
#[rustfmt::skip]
const DELEGATED_PERMISSIONS: &[(&str, &str, bool)] = &[
    ("Application.Read.All", "c79f8feb-a9db-4090-85f9-90d820caa0eb", true),
    ("AuditLog.Read.All", "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20", true),
    ("Directory.AccessAsUser.All", "0e263e50-5827-48a4-b97c-d940288653c7", true),
    ("Directory.Read.All", "06da0dbc-49e2-44d2-8312-53f166ab848a", true),
    ("Directory.ReadWrite.All", "c5366453-9fb0-48a5-a156-24f0c49a4b84", true),
    ("Group.Read.All", "5f8c59db-677d-491f-a6b8-5f174b11ec1d", true),
    ("Group.ReadWrite.All", "4e46008b-f24c-477d-8fff-7bb4ec7aafe0", true),
    ("GroupMember.ReadWrite.All", "f81125ac-d3b7-4573-a3b2-7099cc39df9e", true),
    ("Mail.Send", "e383f46e-2787-4529-855e-0e479a3ffac0", false),
    ("Policy.Read.All", "572fea84-0151-49b2-9301-11cb16974376", true),
    ("RoleManagement.ReadWrite.Directory", "d01b97e9-cbc0-49fe-810a-750afd5527a3", true),
    ("User.Invite.All", "63dd7cd9-b489-4adf-a28c-ac38b9a0f962", true),
    ("User.Read", "e1fe6dd8-ba31-4d61-89e7-88639da4683d", false),
    ("User.Read.All", "a154be20-db9c-4678-8ab7-66f6cc099a59", true),
    ("User.ReadWrite.All", "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4", true),
    ("email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", false),
    ("offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", false),
    ("openid", "37f7f235-527c-4136-accd-4a02d197296e", false),
    ("profile", "14dad69e-099b-42c9-810b-d002981feec1", false),
];

fn role(id: &str, name: &str, value: &str, holders: &str) -> Value {
    json!({
        "allowedMemberTypes": [holders], "description": name, "displayName": name, "id": id, "isEnabled": true,
        "origin": "Application", "value": value,
    })
}

/// Microsoft Graph and Exchange Online, with the permissions that this tenant's services know.
pub fn services(tenant: &mut Tenant, also: &[&str]) {
    let mut names: Vec<&str> = APPLICATION_PERMISSIONS.iter().map(|(name, _)| *name).collect();
    names.extend(also);
    names.extend(crate::sandbox::graph::routes().into_iter().flat_map(|(_, _, needs)| needs).copied());
    names.retain(|name| !name.starts_with("Exchange."));
    names.sort_unstable();
    names.dedup();
    let roles: Vec<Value> = names
        .iter()
        .map(|name| {
            let known = APPLICATION_PERMISSIONS.iter().find(|(known, _)| known == name);
            let id = known
                .map_or_else(|| id(&format!("permission/{name}")).to_string(), |(_, id)| (*id).to_owned());
            role(&id, name, name, "Application")
        })
        .collect();
    let scopes = DELEGATED_PERMISSIONS.iter().map(|(name, id, admin)| {
        json!({
            "adminConsentDescription": name, "adminConsentDisplayName": name, "id": id, "isEnabled": true,
            "type": if *admin { "Admin" } else { "User" }, "userConsentDescription": name,
            "userConsentDisplayName": name, "value": name,
        })
    });
    let scopes: Value = scopes.collect();
    service(tenant, GRAPH_APP, "Microsoft Graph", "https://graph.microsoft.com", json!(roles), scopes);
    let manage = role(
        "dc50a0fb-09a3-484d-be87-e023b12c6440",
        "Manage Exchange As Application",
        "Exchange.ManageAsApp",
        "Application",
    );
    service(
        tenant,
        EXCHANGE_APP,
        "Office 365 Exchange Online",
        "https://outlook.office365.com",
        json!([manage]),
        json!([]),
    );
}

fn service(tenant: &mut Tenant, app: &str, name: &str, uri: &str, roles: Value, scopes: Value) {
    let properties = json!({
        "accountEnabled": true,
        "appDisplayName": name,
        "appId": app,
        "appOwnerOrganizationId": MICROSOFT,
        "appRoleAssignmentRequired": false,
        "appRoles": roles,
        "displayName": name,
        "oauth2PermissionScopes": scopes,
        "servicePrincipalNames": [app, uri],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs",
    });
    let own = id(&format!("{}/{name}", tenant.profile.default_domain));
    tenant.insert(Object::new(own, Kind::ServicePrincipal, map(properties)));
}

/// What is offered to people: name, what it stands for in tokens.
type Roles<'a> = &'a [(&'a str, &'a str)];

/// An enterprise application of the firm's own. Its id comes from its name.
pub fn offer(tenant: &mut Tenant, name: &str, required: bool, roles: Roles) -> Uuid {
    let of = |what: &str| id(&format!("{}/{name}/{what}", tenant.profile.default_domain));
    let app = of("app");
    let roles: Vec<Value> =
        roles.iter().map(|(name, value)| role(&of(value).to_string(), name, value, "User")).collect();
    let mut registered = registration(tenant, app, name);
    registered.insert("appRoles".to_owned(), json!(roles));
    registered.insert("createdDateTime".to_owned(), json!("2022-10-03T07:45:00Z"));
    let (object, principal) = (of("registration"), of("principal"));
    tenant.insert(Object::new(object, Kind::Application, registered));
    let properties = json!({
        "accountEnabled": true,
        "appDisplayName": name,
        "appId": app.to_string(),
        "appOwnerOrganizationId": tenant.profile.tenant_id.to_string(),
        "appRoleAssignmentRequired": required,
        "appRoles": roles,
        "displayName": name,
        "servicePrincipalNames": [app.to_string()],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
    });
    tenant.insert(Object::new(principal, Kind::ServicePrincipal, map(properties)))
}

/// Gives one of an application's roles; `""` is access as such.
pub fn admit(tenant: &mut Tenant, principal: Uuid, resource: Uuid, value: &str) {
    let roles = tenant.get(resource).and_then(|found| found.properties.get("appRoles")?.as_array().cloned());
    let role = roles
        .unwrap_or_default()
        .iter()
        .find(|role| role["value"] == value)
        .and_then(|role| role["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()));
    tenant.grant_app_role(principal, resource, role.unwrap_or_default());
}

/// The applications of `contoso`: one that demands a role, one for suppliers, one that anybody may use.
pub fn of_contoso(tenant: &mut Tenant, staff: &dyn Fn(&str) -> Uuid) {
    let warehouse = [("Reader", "Warehouse.Read"), ("Editor", "Warehouse.Write")];
    let warehouse = offer(tenant, "Warehouse", true, &warehouse);
    admit(tenant, staff("alex.wilber"), warehouse, "Warehouse.Write");
    admit(tenant, staff("kwame.mensah"), warehouse, "Warehouse.Write");
    let falcon = id(&format!("group/project-falcon@{}", tenant.profile.default_domain));
    admit(tenant, falcon, warehouse, "Warehouse.Read");
    let portal = offer(tenant, "Supplier portal", true, &[("Supplier", "Supplier"), ("Buyer", "Buyer")]);
    admit(tenant, id("carlos.vega@litware.example"), portal, "Supplier");
    admit(tenant, staff("yusuf.demir"), portal, "Buyer");
    let expenses = offer(tenant, "Expenses", false, &[]);
    admit(tenant, staff("thabo.nkosi"), expenses, "");
}
