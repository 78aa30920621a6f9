#!/usr/bin/env python3
"""A guest's whole life in the sandbox, by Microsoft's own SDKs, over HTTPS.

Run by hand, not part of `cargo test`:

    python3 -m venv venv
    venv/bin/pip install msgraph-sdk azure-identity azure-mgmt-authorization azure-mgmt-resource azure-mgmt-subscription
    cargo run --release -- sandbox serve --memory --https 127.0.0.1:8443 --ca-file ca.pem > connection.json &
    venv/bin/python tests/clients/guest_life.py connection.json

Nothing here knows that it talks to a sandbox but the addresses it is given.
"""

import asyncio
import json
import os
import ssl
import sys
import uuid

connection = json.loads(open(sys.argv[1]).readline())
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = connection["caFile"]

import httpx
from azure.core.exceptions import HttpResponseError
from azure.identity import CertificateCredential, ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.subscription import SubscriptionClient
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.unified_role_assignment import UnifiedRoleAssignment
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.user import User
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph_core import GraphClientFactory

base = connection["https"]
host = base.removeprefix("https://")


def told(what, value=""):
    print(f"ok  {what} {value}".rstrip())


def credential(secret=None):
    return ClientSecretCredential(
        connection["tenantId"],
        connection["clientId"],
        secret or connection["clientSecret"],
        authority=base,
        disable_instance_discovery=True,
    )


def graph(using):
    context = ssl.create_default_context(cafile=connection["caFile"])
    client = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=context, http2=False))
    provider = AzureIdentityAuthenticationProvider(
        using, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=[host.split(":")[0], host]
    )
    adapter = GraphRequestAdapter(provider, client=client)
    adapter.base_url = f"{base}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


async def directory(client):
    address = f"ann.{uuid.uuid4().hex[:6]}@fabrikam.example"
    invitation = await client.invitations.post(
        Invitation(
            invited_user_email_address=address,
            invited_user_display_name="Ann Lee",
            invite_redirect_url="https://myapplications.microsoft.com",
            send_invitation_message=True,
        )
    )
    assert invitation.status == "PendingAcceptance", invitation.status
    guest = invitation.invited_user.id
    told("invited", guest)

    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(
        select=["id", "userType", "externalUserState", "userPrincipalName", "identities", "createdDateTime"]
    )
    user = await client.users.by_user_id(guest).get(RequestConfiguration(query_parameters=query))
    assert (user.user_type, user.external_user_state) == ("Guest", "PendingAcceptance")
    assert user.created_date_time is not None and user.identities[0].sign_in_type == "userPrincipalName"
    told("read", user.user_principal_name)

    by_name = await client.users.by_user_id(user.user_principal_name).get()
    assert by_name.id == guest
    told("read by principal name")

    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter="userType eq 'Guest'", select=["id", "mail"], top=5, count=True, orderby=["displayName"]
    )
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("ConsistencyLevel", "eventual")
    seen, page = [], await client.users.get(configuration)
    count = page.odata_count
    while page:
        seen += [found.id for found in page.value]
        page = await client.users.with_url(page.odata_next_link).get(configuration) if page.odata_next_link else None
    assert guest in seen and len(seen) == count == len(set(seen)), (count, len(seen))
    told("listed guests over pages", count)

    await client.users.by_user_id(guest).patch(User(department="Field", usage_location="DE"))
    told("changed")

    manager = "megan.bowen@contoso.example"
    sponsor = await client.users.by_user_id(manager).get()
    reference = ReferenceCreate(odata_id=f"{base}/v1.0/users/{sponsor.id}")
    await client.users.by_user_id(guest).sponsors.ref.post(reference)
    sponsors = await client.users.by_user_id(guest).sponsors.get()
    assert sponsor.id in [found.id for found in sponsors.value]
    told("sponsored by", type(sponsors.value[0]).__name__)

    query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(filter="displayName eq 'External partners'")
    group = (await client.groups.get(RequestConfiguration(query_parameters=query))).value[0]
    reference = ReferenceCreate(odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{guest}")
    await client.groups.by_group_id(group.id).members.ref.post(reference)
    try:
        await client.groups.by_group_id(group.id).members.ref.post(reference)
        raise AssertionError("a second time must be refused")
    except ODataError as error:
        assert error.response_status_code == 400 and "already exist" in error.error.message
    joined = await client.users.by_user_id(guest).member_of.graph_group.get()
    assert group.id in [found.id for found in joined.value]
    told("in a group, and refused the second time")

    skus = await client.subscribed_skus.get()
    free = next(sku for sku in skus.value if sku.prepaid_units.enabled > sku.consumed_units)
    body = AssignLicensePostRequestBody(
        add_licenses=[AssignedLicense(sku_id=free.sku_id, disabled_plans=[])], remove_licenses=[]
    )
    await client.users.by_user_id(guest).assign_license.post(body)
    details = await client.users.by_user_id(guest).license_details.get()
    assert [found.sku_id for found in details.value] == [free.sku_id]
    told("licensed with", free.sku_part_number)

    definitions = await client.role_management.directory.role_definitions.get()
    readers = next(found for found in definitions.value if found.display_name == "Directory Readers")
    assignment = await client.role_management.directory.role_assignments.post(
        UnifiedRoleAssignment(principal_id=guest, role_definition_id=readers.id, directory_scope_id="/")
    )
    await client.role_management.directory.role_assignments.by_unified_role_assignment_id(assignment.id).delete()
    told("held a directory role and lost it")

    audits = await client.audit_logs.directory_audits.get()
    assert any(found.activity_display_name == "Invite external user" for found in audits.value)
    told("in the audit log", len(audits.value))
    return guest


async def farewell(client, guest):
    await client.users.by_user_id(guest).patch(User(account_enabled=False))
    await client.users.by_user_id(guest).delete()
    try:
        await client.users.by_user_id(guest).get()
        raise AssertionError("a deleted guest must be gone")
    except ODataError as error:
        assert error.response_status_code == 404 and error.error.code == "Request_ResourceNotFound"
    deleted = await client.directory.deleted_items.graph_user.get()
    assert guest in [found.id for found in deleted.value]
    await client.directory.deleted_items.by_directory_object_id(guest).restore.post()
    assert (await client.users.by_user_id(guest).get()).id == guest
    await client.users.by_user_id(guest).delete()
    await client.directory.deleted_items.by_directory_object_id(guest).delete()
    told("deleted, restored, and gone for good")


def azure(using, guest):
    options = {
        "base_url": base,
        "credential_scopes": ["https://management.azure.com/.default"],
    }
    subscriptions = [found.subscription_id for found in SubscriptionClient(using, **options).subscriptions.list()]
    assert subscriptions == [connection["subscriptionId"]]
    resources = ResourceManagementClient(using, subscriptions[0], **options)
    groups = [group.name for group in resources.resource_groups.list()]
    server = next(iter(resources.resources.list(filter="name eq 'backupserver21'")))
    told("resource groups and a server", f"{groups} {server.id}")

    roles = AuthorizationManagementClient(using, subscriptions[0], **options)
    role = next(iter(roles.role_definitions.list(server.id, filter="roleName eq 'Security Admin'")))
    parameters = RoleAssignmentCreateParameters(role_definition_id=role.id, principal_id=guest, principal_type="User")
    made = roles.role_assignments.create(server.id, str(uuid.uuid4()), parameters)
    assert made.principal_id == guest
    try:
        roles.role_assignments.create(server.id, str(uuid.uuid4()), parameters)
        raise AssertionError("a second time must be refused")
    except HttpResponseError as error:
        assert error.status_code == 409 and error.error.code == "RoleAssignmentExists", error
    found = list(roles.role_assignments.list_for_subscription(filter=f"principalId eq '{guest}'"))
    assert [assignment.id for assignment in found] == [made.id]
    roles.role_assignments.delete_by_id(made.id)
    assert not list(roles.role_assignments.list_for_subscription(filter=f"principalId eq '{guest}'"))
    told("held an Azure role and lost it", role.role_name)


async def main():
    try:
        credential("wrong").get_token("https://graph.microsoft.com/.default")
        raise AssertionError("a wrong secret must be refused")
    except Exception as error:
        assert "AADSTS7000215" in str(error), error
    told("a wrong secret is refused")

    using = credential()
    client = graph(using)
    guest = await directory(client)
    azure(using, guest)
    await farewell(client, guest)

    pem = httpx.get(f"{base}/sandbox/certificate", verify=ssl.create_default_context(cafile=connection["caFile"])).text
    by_certificate = CertificateCredential(
        connection["tenantId"],
        connection["clientId"],
        certificate_data=pem.encode(),
        authority=base,
        disable_instance_discovery=True,
    )
    organization = await graph(by_certificate).organization.get()
    told("signed in by certificate to", organization.value[0].display_name)


asyncio.run(main())
