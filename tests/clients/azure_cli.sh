#!/usr/bin/env bash
# Azure's own command line against the sandbox, by the public names of the services.
#
# Run by hand, not part of `cargo test`, as somebody who may listen on port 443 and edit the hosts file:
#
#     python3 -m venv venv && venv/bin/pip install azure-cli
#     echo 127.0.0.1 login.microsoftonline.com graph.microsoft.com management.azure.com >> /etc/hosts
#     cargo run -- sandbox serve --memory --https 127.0.0.1:443 --ca-file ca.pem > connection.json &
#     PATH=$PWD/venv/bin:$PATH tests/clients/azure_cli.sh connection.json
#
# Take the line out of the hosts file afterwards. Without the public names `az cloud register` does as well:
#     az cloud register -n sandbox --endpoint-resource-manager URL --endpoint-active-directory URL \
#       --endpoint-active-directory-resource-id https://management.azure.com/ --endpoint-management URL \
#       --endpoint-microsoft-graph-resource-id URL --endpoint-active-directory-graph-resource-id URL
#     az cloud set -n sandbox && az config set core.instance_discovery=false
#
# Ends with the number of commands that ought to have worked and did not.
set -u

field() { python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readline())[sys.argv[2]])' "$1" "$2"; }
tenant=$(field "$1" tenantId) client=$(field "$1" clientId) secret=$(field "$1" clientSecret)
subscription=/subscriptions/$(field "$1" subscriptionId)
controls=$(field "$1" http)/sandbox
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AZURE_CONFIG_DIR=$work/azure AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_ONLY_SHOW_ERRORS=1
export AZURE_CORE_LOGIN_EXPERIENCE_V2=off AZURE_CORE_NO_COLOR=1
REQUESTS_CA_BUNDLE=$(field "$1" caFile)
export REQUESTS_CA_BUNDLE SSL_CERT_FILE=$REQUESTS_CA_BUNDLE
failed=0

try() {
  if az "$@" > "$work/out" 2>&1; then
    echo "ok  az ${*:1:9}"
  else
    failed=$((failed + 1))
    echo "NO  az $*"
    head -c 400 "$work/out" | sed 's/^/      /'
  fi
}
told() { az "$@" -o tsv 2> /dev/null; }

# Applications sign in.
curl -s "$controls/certificate" > "$work/certificate.pem"
try login --service-principal -u "$client" --certificate "$work/certificate.pem" --tenant "$tenant"
try logout
try login --service-principal -u "$client" -p "$secret" --tenant "$tenant"
try account show
try account list
try account list-locations
try account get-access-token --resource-type ms-graph

# Resources.
server=$subscription/resourceGroups/rg-backup/providers/Microsoft.Compute/virtualMachines/backupserver21
web=$subscription/resourceGroups/rg-web
try group create -n rg-new -l westeurope --tags a=b
try group show -n rg-new
try group update -n rg-new --set tags.c=d
try group list
try group delete -n rg-new -y
try resource list -g rg-web --resource-type Microsoft.Compute/virtualMachines
try resource show --ids "$server"
try provider list
try account management-group list

# A guest, and roles in Azure.
try rest --method post --url https://graph.microsoft.com/v1.0/invitations \
  --body '{"invitedUserEmailAddress": "ben@fabrikam.example", "inviteRedirectUrl": "https://myapplications.microsoft.com"}'
guest=$(told ad user list --filter "mail eq 'ben@fabrikam.example'" --query "[0].id")
name=$(told ad user show --id "$guest" --query userPrincipalName)
try role definition list --name "Security Admin"
try role assignment create --assignee-object-id "$guest" --assignee-principal-type User --role Reader --scope "$server"
try role assignment create --assignee "$name" --role "Security Admin" --scope "$web"
try role assignment create --assignee "$client" --role Reader --scope "$web"
try role assignment list --assignee "$name" --all
try role assignment list --assignee "$guest" --all --include-groups
try role assignment list --scope "$server" --include-inherited
try role assignment list -g rg-web
try role assignment delete --assignee "$name" --role Reader --scope "$server"
try role assignment delete --assignee "$guest" -g rg-web
try role definition create --role-definition "{\"Name\": \"Looker\", \"Description\": \"Looks\",
  \"Actions\": [\"Microsoft.Compute/*/read\"], \"AssignableScopes\": [\"$subscription\"]}"
try role definition list --custom-role-only
try role definition delete --name Looker
try role deny-assignment list

# People and groups.
try ad user create --display-name "New Person" --password 'Zz12345!zz' --user-principal-name new.person@contoso.example
person=$(told ad user show --id new.person@contoso.example --query id)
try ad user update --id "$person" --account-enabled false --display-name "Newer Person"
try ad user update --id "$person" --password 'Yy12345!yy'
try ad user list --upn new.person@contoso.example
try ad user list --display-name Newer
try ad user get-member-groups --id zoe.garcia@contoso.example --security-enabled-only
try ad group create --display-name "New group" --mail-nickname newgroup --description "Just made"
try ad group member add -g "New group" --member-id "$person"
try ad group member check -g "New group" --member-id "$person"
try ad group member list -g "New group"
try ad group owner add -g "New group" --owner-object-id "$person"
try ad group owner list -g "New group"
try ad group owner remove -g "New group" --owner-object-id "$person"
try ad group get-member-groups -g "New group"
try ad group member remove -g "New group" --member-id "$person"
try ad group list --display-name New
try ad group delete -g "New group"
try ad user delete --id "$person"

# Applications.
try ad sp list --all
try ad sp show --id 00000003-0000-0000-c000-000000000000
try ad app create --display-name "New app"
app=$(told ad app list --display-name "New app" --query "[0].appId")
try ad app update --id "$app" --web-redirect-uris http://localhost:5000
try ad app permission add --id "$app" --api 00000003-0000-0000-c000-000000000000 \
  --api-permissions df021288-bdef-4463-88db-98f22de89214=Role
try ad app permission list --id "$app"
try ad app credential reset --id "$app" --append
try ad app credential list --id "$app"
try ad app owner add --id "$app" --owner-object-id "$guest"
try ad app owner list --id "$app"
try ad sp create --id "$app"
try ad sp owner list --id "$app"
try ad sp credential reset --id "$app"
try ad app permission grant --id "$app" --api 00000003-0000-0000-c000-000000000000 --scope User.Read
try ad app permission list-grants --id "$app"
try ad sp delete --id "$app"
try ad app delete --id "$app"
try ad sp create-for-rbac -n "Backup reader" --role Reader --scopes "$server"
try logout

# People sign in.
try login -u ola.nordmann@contoso.example -p public-password-of-contoso
try ad signed-in-user show
try ad signed-in-user list-owned-objects
try logout
(
  for _ in $(seq 60); do
    sleep 1
    curl -sf "$controls/approve" -d '{"user": "ola.nordmann@contoso.example"}' > /dev/null && break
  done
) &
try login --use-device-code
wait
try role assignment create --assignee megan.bowen@contoso.example --role Reader --scope "$web"
try account clear

echo "$failed failed"
exit "$failed"
