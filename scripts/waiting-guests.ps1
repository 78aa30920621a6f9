<#
.SYNOPSIS
  Lists guests who have not accepted their invitation, the oldest first.
.DESCRIPTION
  A script as it would be written for Microsoft.Graph's PowerShell module.
  usher run scripts/waiting-guests.ps1 -- -Days 30
#>
param(
    [int]$Days = 0,
    [string]$OutFile = "waiting-guests.csv"
)

Connect-MgGraph -Scopes "User.Read.All"

$Guests = Get-MgUser -All -Filter "userType eq 'Guest' and externalUserState eq 'PendingAcceptance'" `
    -Property Id, DisplayName, Mail, CreatedDateTime
$Report = @()
foreach ($Guest in $Guests) {
    # Who was invited only just now may still come.
    if ($Guest.CreatedDateTime -gt (Get-Date).AddDays(-$Days)) { continue }
    $Report += [PSCustomObject]@{
        Name    = $Guest.DisplayName
        Mail    = $Guest.Mail
        Invited = $Guest.CreatedDateTime
    }
}
$Report | Sort-Object Invited | Export-Csv -Path $OutFile -NoTypeInformation
Write-Host ("{0} of {1} have waited for {2} days or more" -f $Report.Count, $Guests.Count, $Days)
