#Requires -Modules Microsoft.Graph.Users
$ErrorActionPreference = 'Stop'
$filter = "externalUserState eq 'PendingAcceptance' and userType eq 'Guest'"
$pending = @(Get-MgUser -Filter $filter -All -Property Id,DisplayName,Mail,CreatedDateTime,ExternalUserState)
Write-Host "Pending: $($pending.Count)"

$old = $pending | Where-Object { $_.CreatedDateTime -lt (Get-Date).AddDays(-30) }
$old | Select-Object DisplayName, Mail, @{ Name = 'Age'; Expression = { ((Get-Date) - $_.CreatedDateTime).Days } } |
    Sort-Object Age -Descending |
    Format-Table

foreach ($guest in $old) {
    $params = @{
        InvitedUserEmailAddress = $guest.Mail
        InviteRedirectUrl       = "https://myapps.microsoft.com"
        SendInvitationMessage   = $true
    }
    $domain = ($guest.Mail -split '@')[1]
    switch ($domain) {
        "fabrikam.example" { New-MgInvitation @params | Out-Null; break }
        "northwind.example" { Write-Host "left alone: $($guest.Mail)"; break }
        default {
            Remove-MgUser -UserId $guest.Id
            "taken back: $domain"
        }
    }
}
