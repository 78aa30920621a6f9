// Microsoft's JavaScript libraries against the sandbox: MSAL, azure-identity, the Graph client, Azure management.
//
// Run by hand, not part of `cargo test`:
//
//     npm install @azure/identity @azure/msal-node @azure/arm-authorization @azure/arm-resources @microsoft/microsoft-graph-client
//     cargo run -- sandbox serve --memory --https 127.0.0.1:8443 --ca-file ca.pem > connection.json &
//     cp tests/clients/graph_sdk.mjs . && NODE_EXTRA_CA_CERTS=ca.pem node graph_sdk.mjs connection.json
//
// Nothing here knows that it talks to a sandbox but the addresses it is given, and that nobody sits at the browser.

import assert from "node:assert";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ResourceManagementClient } from "@azure/arm-resources";
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  UsernamePasswordCredential,
} from "@azure/identity";
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from "@azure/msal-node";
import { BatchRequestContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const connection = JSON.parse(readFileSync(process.argv[2], "utf8").split("\n")[0]);
const base = connection.https;
const host = new URL(base).hostname;
const authority = `${base}/${connection.tenantId}`;
const graphTools = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
const person = "ola.nordmann@contoso.example";
const scopes = ["https://graph.microsoft.com/User.Read.All"];
const identity = { authorityHost: base, disableInstanceDiscovery: true };
const told = (what, value = "") => console.log(`ok  ${what} ${value}`.trimEnd());
const control = (path, body) =>
  fetch(`${base}/sandbox/${path}`, { method: "POST", body: JSON.stringify(body) }).then((reply) => reply.json());

function graph(credential) {
  const authProvider = new TokenCredentialAuthenticationProvider(credential, {
    scopes: ["https://graph.microsoft.com/.default"],
  });
  return Client.initWithMiddleware({ authProvider, baseUrl: `${base}/`, customHosts: new Set([host]) });
}

async function directory(client) {
  const address = `ann.${randomBytes(3).toString("hex")}@fabrikam.example`;
  const invitation = await client.api("/invitations").post({
    invitedUserEmailAddress: address,
    invitedUserDisplayName: "Ann Lee",
    inviteRedirectUrl: "https://myapplications.microsoft.com",
    sendInvitationMessage: true,
  });
  assert.equal(invitation.status, "PendingAcceptance");
  const guest = invitation.invitedUser.id;
  told("invited", guest);

  const read = await client.api(`/users/${guest}`).select(["userType", "externalUserState", "mail"]).get();
  assert.deepEqual([read.userType, read.externalUserState, read.mail], ["Guest", "PendingAcceptance", address]);
  await client.api(`/users/${guest}`).patch({ department: "Field" });
  await client.api(`/users/${guest}`).update({ jobTitle: "Planner" });
  told("read and changed");

  const page = await client
    .api("/users")
    .header("ConsistencyLevel", "eventual")
    .filter("userType eq 'Guest'")
    .orderby("displayName")
    .count(true)
    .top(4)
    .get();
  const seen = new Set();
  const pages = new PageIterator(client, page, (user) => !!seen.add(user.id), {
    headers: { ConsistencyLevel: "eventual" },
  });
  await pages.iterate();
  assert.equal(seen.size, page["@odata.count"]);
  assert(seen.has(guest));
  told("listed guests over pages", seen.size);

  const found = await client.api("/users").header("ConsistencyLevel", "eventual").search('"displayName:Ann"').get();
  assert(found.value.some((user) => user.id === guest));
  const number = await client.api("/users/$count").header("ConsistencyLevel", "eventual").get();
  assert(Number(number) > seen.size);
  told("searched and counted", number);

  const group = (await client.api("/groups").filter("displayName eq 'External partners'").get()).value[0];
  const reference = { "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${guest}` };
  await client.api(`/groups/${group.id}/members/$ref`).post(reference);
  await assert.rejects(client.api(`/groups/${group.id}/members/$ref`).post(reference), (error) => {
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /already exist/);
    return error.code === "Request_BadRequest" && !!error.requestId;
  });
  told("in a group, and refused the second time");

  const batch = new BatchRequestContent([
    { id: "1", request: new Request(`https://graph.microsoft.com/users/${guest}`) },
    { id: "2", request: new Request(`https://graph.microsoft.com/users/${randomUUID()}`) },
    { id: "3", request: new Request(`https://graph.microsoft.com/users/${guest}/memberOf`) },
  ]);
  const answers = await client.api("/$batch").post(await batch.getContent());
  const statuses = Object.fromEntries(answers.responses.map((answer) => [answer.id, answer.status]));
  assert.deepEqual(statuses, { 1: 200, 2: 404, 3: 200 });
  told("asked in a batch");

  await client.api(`/users/${guest}`).delete();
  await assert.rejects(client.api(`/users/${guest}`).get(), (error) => error.code === "Request_ResourceNotFound");
  await client.api(`/directory/deletedItems/${guest}/restore`).post({});
  told("deleted and restored");
  return guest;
}

async function azure(credential, guest) {
  const options = { endpoint: base, credentialScopes: ["https://management.azure.com/.default"] };
  const resources = new ResourceManagementClient(credential, connection.subscriptionId, options);
  const groups = [];
  for await (const group of resources.resourceGroups.list()) groups.push(group.name);
  const servers = [];
  for await (const found of resources.resources.list({ filter: "name eq 'backupserver21'" })) servers.push(found);
  told("resource groups and a server", `${groups} ${servers[0].id}`);

  const roles = new AuthorizationManagementClient(credential, connection.subscriptionId, options);
  let role;
  for await (const found of roles.roleDefinitions.list(servers[0].id, { filter: "roleName eq 'Security Admin'" }))
    role = found;
  const wish = { roleDefinitionId: role.id, principalId: guest, principalType: "User" };
  const made = await roles.roleAssignments.create(servers[0].id, randomUUID(), wish);
  await assert.rejects(roles.roleAssignments.create(servers[0].id, randomUUID(), wish), (error) => {
    return error.statusCode === 409 && error.code === "RoleAssignmentExists";
  });
  const held = [];
  for await (const found of roles.roleAssignments.listForSubscription({ filter: `principalId eq '${guest}'` }))
    held.push(found.id);
  assert.deepEqual(held, [made.id]);
  await roles.roleAssignments.deleteById(made.id);
  told("held an Azure role and lost it", role.roleName);

  const group = await resources.resourceGroups.createOrUpdate("rg-of-a-client", { location: "westeurope" });
  assert.equal(group.properties.provisioningState, "Succeeded");
  await resources.resourceGroups.beginDeleteAndWait("rg-of-a-client");
  assert.equal((await resources.resourceGroups.checkExistence("rg-of-a-client")).body, false);
  told("made a resource group and deleted it");
}

// What a browser makes of a page's form: where it goes and what it carries.
function form(page, url) {
  const plain = (text) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  const fields = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
    fields.set(name, plain(value));
  return { action: new URL(plain(/<form[^>]* action="([^"]*)"/.exec(page)[1]), url), fields };
}

// What a person does with the sign-in page: say who one is and send the form.
async function signIn(url) {
  const { action, fields } = form(await (await fetch(url)).text(), url);
  fields.set("address", person);
  return fetch(action, { method: "POST", body: fields, redirect: "manual" });
}

async function people() {
  const known = { clientId: graphTools, authority, knownAuthorities: [new URL(base).host] };
  const client = new PublicClientApplication({ auth: known });
  const byDevice = await client.acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ userCode }) => control("approve", { userCode, user: person }),
  });
  assert.equal(byDevice.account.username, person);
  assert.equal(byDevice.tenantId, connection.tenantId);
  told("device code", byDevice.scopes.join(" ").slice(0, 60));

  const { account } = byDevice;
  const silent = await client.acquireTokenSilent({ account, scopes });
  assert.equal(silent.fromCache, true);
  const renewed = await client.acquireTokenSilent({ account, scopes, forceRefresh: true });
  assert.equal(renewed.fromCache, false);
  const other = await client.acquireTokenSilent({ account, scopes: ["https://management.azure.com/.default"] });
  assert.notEqual(other.accessToken, renewed.accessToken);
  told("silently, refreshed, and for another service");

  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  assert.equal(createHash("sha256").update(verifier).digest("base64url"), challenge);
  const redirectUri = "http://localhost:53682";
  const url = await client.getAuthCodeUrl({
    scopes,
    redirectUri,
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
    state: "here",
    nonce: "once",
    responseMode: "query",
  });
  const back = new URL((await signIn(url)).headers.get("location"));
  assert.equal(back.searchParams.get("state"), "here");
  const code = back.searchParams.get("code");
  const request = { code, scopes, redirectUri, codeVerifier: verifier };
  const byCode = await client.acquireTokenByCode(request, { code, nonce: "once" });
  assert.equal(byCode.account.username, person);
  assert.equal(byCode.idTokenClaims.nonce, "once");
  await assert.rejects(
    client.acquireTokenByCode(request, { code, nonce: "once" }),
    (error) => error.errorCode === "invalid_grant",
  );
  told("authorization code with PKCE, once");

  let opened;
  // The library listens at an address of its own for a form that the page sends there.
  const open = async (address) => {
    const back = form(await (await signIn(address)).text(), address);
    return fetch(back.action, { method: "POST", body: back.fields });
  };
  const interactive = await client.acquireTokenInteractive({
    scopes,
    openBrowser: async (address) => {
      opened = open(address);
    },
  });
  await opened;
  assert.equal(interactive.account.username, person);
  told("interactively, over a loopback address");

  const password = "public-password-of-contoso";
  const byPassword = await client.acquireTokenByUsernamePassword({ scopes, username: person, password });
  assert.equal(byPassword.account.username, person);
  await assert.rejects(
    client.acquireTokenByUsernamePassword({ scopes, username: person, password: "guess" }),
    (error) => /AADSTS50126/.test(error.message),
  );
  told("name and password, and not with a wrong one");

  const device = new DeviceCodeCredential({
    ...identity,
    tenantId: connection.tenantId,
    clientId: graphTools,
    userPromptCallback: ({ userCode }) => control("approve", { userCode, user: person }),
  });
  const me = await graph(device).api("/me").get();
  assert.equal(me.userPrincipalName, person);
  const named = new UsernamePasswordCredential(connection.tenantId, graphTools, person, password, identity);
  assert.equal((await graph(named).api("/me").get()).id, me.id);
  told("read oneself by device code and by password", me.displayName);
}

async function applications() {
  const pem = await (await fetch(`${base}/sandbox/certificate`)).text();
  const file = join(tmpdir(), `certificate-${randomUUID()}.pem`);
  writeFileSync(file, pem);
  const certificate = new ClientCertificateCredential(connection.tenantId, connection.clientId, file, identity);
  const organization = await graph(certificate).api("/organization").get();
  told("signed in by certificate to", organization.value[0].displayName);

  const client = new ConfidentialClientApplication({
    auth: {
      clientId: connection.clientId,
      clientSecret: connection.clientSecret,
      authority,
      knownAuthorities: [new URL(base).host],
    },
  });
  const request = { scopes: ["https://graph.microsoft.com/.default"] };
  const first = await client.acquireTokenByClientCredential(request);
  const second = await client.acquireTokenByClientCredential(request);
  assert.equal(first.accessToken, second.accessToken);
  assert.equal(second.fromCache, true);
  told("an application's token, kept by the library");

  const wrong = new ClientSecretCredential(connection.tenantId, connection.clientId, "wrong", identity);
  await assert.rejects(wrong.getToken(request.scopes), /AADSTS7000215/);
  told("a wrong secret is refused");
}

const credential = new ClientSecretCredential(
  connection.tenantId,
  connection.clientId,
  connection.clientSecret,
  identity,
);
const guest = await directory(graph(credential));
await azure(credential, guest);
await people();
await applications();
