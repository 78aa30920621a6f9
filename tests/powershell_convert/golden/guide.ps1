powershell.exe -ExecutionPolicy RemoteSigned
Install-Module -Name AzureADPreview, ExchangeOnlineManagement, Az.Resources -AllowClobber -Force
Import-Module AzureADPreview, ExchangeOnlineManagement, Az.Resources
Connect-ExchangeOnline -Credential (Get-Credential admin@contoso.example)
New-MailContact -Name "Ann Lee (Fabrikam)" -ExternalEmailAddress "ann@fabrikam.example"
Connect-AzureAD -Credential (Get-Credential admin@contoso.example)
Connect-MgGraph -Scopes User.ReadWrite.All, Organization.Read.All
New-MgInvitation -InvitedUserDisplayName "Ann Lee (Fabrikam)" -InvitedUserEmailAddress ann@fabrikam.example -InviteRedirectUrl "https://myapplications.microsoft.com" -SendInvitationMessage:$true
Get-AzureADUser -Filter "displayname eq 'Ann Lee (Fabrikam)'"
$userRefObjectId = (Get-AzureADUser -Filter "displayname eq 'Ann Lee (Fabrikam)'").ObjectID
$groupObjectId = (Get-AzureADGroup -Filter "displayname eq 'Helpdesk administrators'" ).ObjectID
Add-AzureADGroupMember -ObjectId $groupObjectId -RefObjectId $userRefObjectId
$userId = (Get-AzureADUser -Filter "displayname eq 'Ann Lee (Fabrikam)'").ObjectID
$roleassignmentname = (Get-AzRoleDefinition | where-object {$_.name -eq "Security Admin"}).Name
$scoperesourceID = (Get-AzResource | Where-object {$_.name -eq "backupserver21"}).ResourceID
New-AzRoleAssignment -ObjectId $userid -RoleDefinitionName $roleassignmentname -Scope $scoperesourceID
