# Mail contacts without a guest
$contacts = Get-MailContact -ResultSize Unlimited
$guestMails = (Get-MgUser -All -Filter "userType eq 'Guest'").Mail
$missing = @()
foreach ($c in $contacts) {
    $smtp = $c.PrimarySmtpAddress
    if ($guestMails -notcontains $smtp) {
        $missing += [pscustomobject]@{ Name = $c.DisplayName; Address = $smtp }
    }
}
$missing | Sort-Object Name | Export-Csv contacts-without-guest.csv -NoTypeInformation -Encoding UTF8
$user = Get-MgUser -UserId "lee@fabrikam.example" -ErrorAction SilentlyContinue
if ($user) { Write-Host "$($user.DisplayName) is there" }
Get-MgUser -Filter "accountEnabled eq false and userType eq 'Guest'" -All | Where-Object Mail -like "*@fabrikam.example" | ForEach-Object {
    Remove-MgUser -UserId $_.Id -ErrorAction SilentlyContinue
}
