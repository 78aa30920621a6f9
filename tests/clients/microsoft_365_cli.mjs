// CLI for Microsoft 365 against the sandbox, command by command, by the public names of the services.
//
// Run by hand, not part of `cargo test`, as somebody who may listen on port 443 and edit the hosts file:
//
//     npm install @pnp/cli-microsoft365
//     echo 127.0.0.1 login.microsoftonline.com graph.microsoft.com management.azure.com >> /etc/hosts
//     cargo run -- sandbox serve --memory --https 127.0.0.1:443 --ca-file ca.pem > connection.json &
//     cp tests/clients/microsoft_365_cli.mjs .
//     HOME=$(mktemp -d) NODE_EXTRA_CA_CERTS=ca.pem node microsoft_365_cli.mjs connection.json
//
// Take the line out of the hosts file afterwards. The commands run in one process, which saves seconds for each; they
// are the same as on the command line. Ends with 1 if one that ought to work did not.

import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executeCommand } from "@pnp/cli-microsoft365";

const connection = JSON.parse(readFileSync(process.argv[2], "utf8").split("\n")[0]);
const application = { appId: connection.clientId, tenant: connection.tenantId };
const domain = connection.tenantDomain;
const controls = `${connection.http}/sandbox`;
let failed = 0;

async function run(name, options = {}) {
  const shown = `m365 ${name} ${Object.entries(options).map(([key, value]) => `--${key} ${value}`).join(" ")}`;
  try {
    const { stdout } = await executeCommand(name, { output: "json", ...options });
    const value = stdout ? JSON.parse(stdout) : undefined;
    console.log(`ok  ${shown.slice(0, 110)}${Array.isArray(value) ? ` (${value.length})` : ""}`);
    return value;
  } catch (error) {
    failed += 1;
    console.log(`NO  ${shown}\n      ${error.error?.message ?? error.message ?? error}`);
  }
}

async function signIn() {
  const file = join(tmpdir(), `certificate-${process.pid}.pem`);
  writeFileSync(file, await (await fetch(`${controls}/certificate`)).text());
  await run("login", { ...application, authType: "certificate", certificateFile: file });
  await run("logout");
  await run("login", { ...application, authType: "secret", secret: connection.clientSecret });
  await run("status");
  await run("tenant id get", { domainName: domain });
  await run("tenant info get", { domainName: domain });
}

async function people() {
  await run("entra user guest add", {
    emailAddress: "cara@fabrikam.example",
    displayName: "Cara",
    messageLanguage: "de-DE",
    ccRecipients: "megan.bowen@contoso.example",
    sendInvitationMessage: true,
  });
  await run("entra user list", { type: "Guest" });
  await run("entra user list", { department: "Finance", properties: "id,displayName,manager/displayName" });
  await run("entra user get", { email: "megan.bowen@contoso.example", withManager: true });
  const made = await run("entra user add", {
    displayName: "Made Up",
    userName: "made.up@contoso.example",
    password: "Xx123456!",
    forceChangePasswordNextSignIn: true,
    usageLocation: "CH",
    managerUserName: "megan.bowen@contoso.example",
  });
  const id = made?.id;
  await run("entra user set", { id, department: "Legal", removeManager: true });
  await run("entra user set", { id, managerUserName: "ola.nordmann@contoso.example" });
  await run("entra user set", { id, resetPassword: true, newPassword: "Yy123456!" });
  const skus = await run("entra license list");
  const ids = skus?.find((sku) => sku.prepaidUnits.enabled > sku.consumedUnits)?.skuId;
  await run("entra user license add", { userId: id, ids });
  await run("entra user license remove", { userId: id, ids, force: true });
  await run("entra user groupmembership list", { userName: "megan.bowen@contoso.example" });
  await run("entra user session revoke", { userName: "megan.bowen@contoso.example", force: true });
  await run("entra user signin list");
  return id;
}

async function groups(user) {
  const named = { groupName: "Security of one" };
  await run("entra group add", {
    displayName: named.groupName,
    type: "security",
    ownerUserNames: "ola.nordmann@contoso.example",
    memberUserNames: "megan.bowen@contoso.example",
  });
  await run("entra group list", { type: "microsoft365" });
  await run("entra group get", { displayName: named.groupName });
  await run("entra group member add", { ...named, userIds: user, role: "Member" });
  await run("entra group member list", named);
  await run("entra group member set", { ...named, userIds: user, role: "Owner" });
  await run("entra group member remove", { ...named, userIds: user, role: "Owner", force: true });
  await run("entra group set", { displayName: named.groupName, newDisplayName: "Security of none" });
  await run("entra group remove", { displayName: "Security of none", force: true });

  const unified = { groupName: "Uni" };
  const made = await run("entra m365group add", {
    displayName: "Uni",
    description: "All of us",
    mailNickname: "uni",
    owners: "ola.nordmann@contoso.example",
    members: "megan.bowen@contoso.example",
    visibility: "Private",
    welcomeEmailDisabled: true,
  });
  const adele = { ...unified, userNames: "adele.vance@contoso.example" };
  await run("entra m365group list");
  await run("entra m365group list", { orphaned: true });
  await run("entra m365group get", { displayName: "Uni" });
  await run("entra m365group user add", { ...adele, role: "Member" });
  await run("entra m365group user set", { ...adele, role: "Owner" });
  await run("entra m365group user list", { groupDisplayName: "Uni" });
  await run("entra m365group user remove", { ...adele, force: true });
  await run("entra m365group set", { id: made?.id, description: "Others too" });
  await run("entra m365group renew", { id: made?.id });
  await run("entra m365group remove", { id: made?.id, force: true });
  await run("entra m365group recyclebinitem list");
  await run("entra m365group recyclebinitem restore", { id: made?.id });
}

async function roles(user) {
  await run("entra roledefinition list");
  await run("entra roledefinition get", { displayName: "User Administrator" });
  await run("entra roleassignment add", { roleDefinitionName: "Directory Readers", principal: user });
  await run("entra pim role assignment list", { withPrincipalDetails: true });
  await run("entra pim role assignment list", { userId: user });
  await run("entra pim role assignment eligibility list", { withPrincipalDetails: true });
  await run("entra pim role request list", { withPrincipalDetails: true });
  await run("entra administrativeunit list");
}

async function applications() {
  await run("entra enterpriseapp list");
  await run("entra enterpriseapp get", { displayName: "Expenses" });
  await run("entra approleassignment list", { appDisplayName: "Guest administration" });
  await run("entra app list");
  const name = "Night shift";
  await run("entra app add", {
    name,
    withSecret: true,
    redirectUris: "http://localhost",
    platform: "publicClient",
    apisApplication: "https://graph.microsoft.com/User.Read.All",
    grantAdminConsent: true,
  });
  await run("entra app get", { name });
  await run("entra app permission list", { appName: name });
  await run("entra app role add", { appName: name, name: "Reader", description: "Reads", claim: "read", allowedMembers: "both" });
  await run("entra app role list", { appName: name });
  await run("entra app remove", { name, force: true });
}

async function tenant() {
  await run("entra policy list", { type: "authorization" });
  await run("entra groupsettingtemplate list");
  await run("entra groupsettingtemplate get", { displayName: "Group.Unified" });
  await run("entra groupsetting list");
  await run("entra organization list");
  await run("outlook mail send", {
    subject: "Hello",
    to: "ola.nordmann@contoso.example",
    bodyContents: "Here I am",
    sender: "megan.bowen@contoso.example",
  });
}

// What an application may not do: a person signs in by a code that somebody approves elsewhere.
async function asPerson(user) {
  await run("logout");
  const approving = setInterval(async () => {
    const body = JSON.stringify({ user: "ola.nordmann@contoso.example" });
    const reply = await fetch(`${controls}/approve`, { method: "POST", body });
    if (reply.ok) clearInterval(approving);
  }, 300);
  const code = { authType: "deviceCode", appId: "14d82eec-204b-4c2f-b7e8-296a70dab67e", tenant: connection.tenantId };
  await run("login", code);
  clearInterval(approving);
  const role = { roleDefinitionName: "User Administrator", userId: user };
  await run("entra pim role assignment add", { ...role, justification: "Cover", noExpiration: true });
  await run("entra pim role assignment remove", { ...role, force: true });
  await run("entra user license list");
  await run("entra user get", { userName: "@meUserName" });
}

await run("cli config set", { key: "disableTelemetry", value: "true" });
await signIn();
const user = await people();
await groups(user);
await roles(user);
await applications();
await tenant();
await asPerson(user);
await run("entra user remove", { id: user, force: true });
await run("entra user recyclebinitem list");
await run("entra user recyclebinitem restore", { id: user });
await run("logout");
process.exit(failed === 0 ? 0 : 1);
