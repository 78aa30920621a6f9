//! Every address of Azure that is imitated, for those who ask. A test tries each.

const READ: &[&str] = &["GET"];
const READ_AND_WRITE: &[&str] = &["GET", "PUT"];
const ALL: &[&str] = &["GET", "PUT", "DELETE"];
const POST: &[&str] = &["POST"];

static WAYS: &[(&[&str], &str)] = &[
    (READ, "/metadata/endpoints"),
    (READ, "/tenants"),
    (READ, "/providers"),
    (READ, "/providers/{namespace}"),
    (READ, "/providers/Microsoft.Management/managementGroups"),
    (READ, "/providers/Microsoft.Management/managementGroups/{group}"),
    (POST, "/providers/Microsoft.Authorization/elevateAccess"),
    (READ, "/subscriptions"),
    (READ, "/subscriptions/{id}"),
    (READ, "/subscriptions/{id}/locations"),
    (READ, "/subscriptions/{id}/operationresults/{operation}"),
    (READ, "/subscriptions/{id}/providers"),
    (READ, "/subscriptions/{id}/providers/{namespace}"),
    (POST, "/subscriptions/{id}/providers/{namespace}/register"),
    (READ, "/subscriptions/{id}/resources"),
    (READ, "/subscriptions/{id}/resourceGroups"),
    (&["GET", "HEAD", "PUT", "PATCH", "DELETE"], "/subscriptions/{id}/resourceGroups/{group}"),
    (READ, "/subscriptions/{id}/resourceGroups/{group}/resources"),
    (READ, "/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}"),
    (READ, "/{scope}/providers/Microsoft.Authorization/denyAssignments"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleAssignments"),
    (ALL, "/{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
    (POST, "/{scope}/providers/Microsoft.Authorization/roleAssignments/{name}/validate"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleDefinitions"),
    (ALL, "/{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests"),
    (READ_AND_WRITE, "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{name}"),
    (POST, "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{name}/cancel"),
    (POST, "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{name}/validate"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleAssignmentSchedules"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleAssignmentSchedules/{name}"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances/{name}"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests"),
    (READ_AND_WRITE, "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{name}"),
    (POST, "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{name}/cancel"),
    (POST, "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{name}/validate"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleEligibilitySchedules"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleEligibilitySchedules/{name}"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances"),
    (READ, "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/{name}"),
];

/// Method and path of everything here.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    WAYS.iter().flat_map(|(methods, path)| methods.iter().map(|method| (*method, *path)))
}
