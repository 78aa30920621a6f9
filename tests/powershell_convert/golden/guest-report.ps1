# Guests and the groups they are in
Param
(
    [int]$StaleGuests,
    [int]$RecentlyCreatedGuests
)
$ExportCSV = ".\GuestUserReport.csv"
$PrintedGuests = 0
Get-AzureADUser -All $true -Filter "UserType eq 'Guest'" | ForEach-Object {
    $DisplayName = $_.DisplayName
    $AccountAge = (New-TimeSpan -Start $_.CreatedDateTime).Days
    if (($StaleGuests -ne "") -and ([int]$AccountAge -lt $StaleGuests)) { return }
    if (($RecentlyCreatedGuests -ne "") -and ([int]$AccountAge -gt $RecentlyCreatedGuests)) { return }
    $Groups = (Get-AzureADUserMembership -ObjectId $_.ObjectId).DisplayName
    $GroupMembership = $Groups -join ','
    if ($GroupMembership -eq "") { $GroupMembership = "-" }
    $Company = $_.CompanyName
    if ($Company -eq $null) { $Company = "-" }
    $PrintedGuests++
    $Result = @{'DisplayName'=$DisplayName;'UserPrincipalName'=$_.UserPrincipalName;'Company'=$Company;'EmailAddress'=$_.Mail;'AccountAge(days)'=$AccountAge;'InvitationAccepted'=$_.UserState;'GroupMembership'=$GroupMembership}
    $Results = New-Object PSObject -Property $Result
    $Results | Select-Object DisplayName,UserPrincipalName,Company,EmailAddress,'AccountAge(days)',InvitationAccepted,GroupMembership | Export-Csv -Path $ExportCSV -NoTypeInformation -Append
}
if ((Test-Path -Path $ExportCSV) -eq "True") {
    Write-Host "The report has $PrintedGuests guests"
    $Prompt = New-Object -ComObject wscript.shell
    $UserInput = $Prompt.popup("Open it?", 0, "Open", 4)
    if ($UserInput -eq 6) { Invoke-Item "$ExportCSV" }
}
