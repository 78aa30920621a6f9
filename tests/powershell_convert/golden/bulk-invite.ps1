<#
.SYNOPSIS
    Invites everybody in a CSV file and puts them into a group.
.EXAMPLE
    .\bulk-invite.ps1 -CsvPath .\guests.csv -GroupName "Project Falcon"
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [string]$CsvPath,

    [string]$GroupName = "Suppliers",
    [string]$RedirectUrl = "https://myapplications.microsoft.com",   # where they land
    [switch]$NoMail
)

Connect-MgGraph -Scopes "User.Invite.All", "GroupMember.ReadWrite.All" -NoWelcome

if (-not (Test-Path $CsvPath)) {
    Write-Error "There is no file $CsvPath"
    exit 1
}

$rows = Import-Csv -Path $CsvPath
$group = Get-MgGroup -Filter "displayName eq '$GroupName'"
$results = [System.Collections.Generic.List[Object]]::new()
$failed = 0

foreach ($row in $rows) {
    # people type blanks around addresses
    $address = $row.Email.Trim()
    try {
        $message = @{ CustomizedMessageBody = "Hello $($row.Name), welcome to $GroupName." }
        $invitation = New-MgInvitation -InvitedUserDisplayName $row.Name `
            -InvitedUserEmailAddress $address `
            -InviteRedirectUrl $RedirectUrl `
            -InvitedUserMessageInfo $message `
            -SendInvitationMessage:(-not $NoMail)
        New-MgGroupMember -GroupId $group.Id -DirectoryObjectId $invitation.InvitedUser.Id
        $status = "invited"
    }
    catch {
        $failed++
        $status = "failed: $($_.Exception.Message)"
        Write-Warning "$address $status"
    }
    $results.Add([PSCustomObject]@{
        Email  = $address
        Name   = $row.Name
        Status = $status
    })
}

$results | Export-Csv -Path .\invited.csv -NoTypeInformation
Write-Host ("{0} rows, {1} failed" -f $results.Count, $failed) -ForegroundColor Green
