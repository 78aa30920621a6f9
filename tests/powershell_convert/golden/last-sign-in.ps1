# Who came when
$Days = 60
$Limit = (Get-Date).AddDays(-$Days)
[array]$Guests = Get-MgUser -Filter "userType eq 'Guest'" -All -Property Id, DisplayName, Mail, SignInActivity, CreatedDateTime, AccountEnabled | Sort-Object DisplayName
if (!$Guests) { Write-Host "no guests"; break }

$Report = foreach ($Guest in $Guests) {
    $Last = $Guest.SignInActivity.LastSignInDateTime
    if ($null -eq $Last) {
        $Since = "never"
    } else {
        $Since = ((Get-Date) - $Last).Days
    }
    [PSCustomObject][Ordered]@{
        Name           = $Guest.DisplayName
        'Last sign-in' = $Last
        'Days since'   = $Since
        Created        = Get-Date $Guest.CreatedDateTime -Format 'yyyy-MM-dd'
        State          = if ($Guest.AccountEnabled) { "enabled" } else { "disabled" }
    }
}
$Never = $Report | Where-Object { $_.'Days since' -eq "never" }
"{0} guests, {1} never came" -f $Report.Count, @($Never).Count
$Report | Group-Object State -NoElement | Sort-Object Count -Descending | Format-Table Name, Count -AutoSize
$Report | Sort-Object Name | Select-Object -First 5 | Format-Table
