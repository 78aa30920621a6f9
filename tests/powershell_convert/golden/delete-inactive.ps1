# Removes guests who have not come for a while. The comparison is the wrong way round, as it is in a script that many copied.
$days = 90
$limit = (Get-Date).AddDays(-$days)
$guests = Get-MgUser -All -Filter "userType eq 'Guest'" -Property id, displayName, signInActivity
foreach ($guest in $guests) {
    if ($guest.SignInActivity.LastSignInDateTime -gt $limit) {
        Write-Output "removing $($guest.DisplayName)"
        Remove-MgUser -UserId $guest.Id -Confirm:$false
    }
}
# And here a slip of the pen
if ($days = 30) { "a month" }
"$($undefined) is never set"
