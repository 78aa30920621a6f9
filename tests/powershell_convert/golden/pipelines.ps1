# Pipelines, and what comes out of them
$first = Get-MgUser -All | Where-Object { $_.Mail } | Sort-Object DisplayName | Select-Object -First 3 -Property DisplayName, Mail
$first | ForEach-Object { "$($_.DisplayName): $($_.Mail)" }
$byDomain = Get-MgUser -All | Group-Object { ($_.Mail -split "@")[1] }
foreach ($d in $byDomain) { "$($d.Name) $($d.Count) $($d.Group[0].DisplayName)" }
$lookup = @{}
foreach ($u in Get-MgUser -All) { $lookup[$u.Id] = $u }
$lookup.Count

# A variable of a loop that is read after it
$groups = Get-MgGroup -All -Filter "groupTypes/any(c:c eq 'Unified')"
foreach ($group in $groups) {
    $guests = Get-MgGroupMember -GroupId $group.Id -All | Where-Object { $_.AdditionalProperties.userPrincipalName -like "*#EXT#*" }
    if ($guests.Count -gt 0) { Write-Output "$($group.DisplayName) has $($guests.Count) guests" }
}
"the last was $($group.DisplayName)"

# Pages by hand
$uri = "https://graph.microsoft.com/v1.0/users?`$filter=userType eq 'Guest'"
$data = @()
do {
    $page = Invoke-MgGraphRequest -Method GET -Uri $uri
    $data += $page.value
    $uri = $page.'@odata.nextLink'
} while ($uri)
$data.Count

$users = Get-MgUser -All
$i = 0
while ($i -lt $users.Count) { $users[$i].DisplayName; $i++ }
$it = $users | Where-Object { $_.Department -in @("IT", "HR") }
$users | Select-Object DisplayName, @{Label = "Created"; Expression = { $_.CreatedDateTime.ToString("dd/MM/yyyy") } } | Export-Csv users.csv -NoTypeInformation -Delimiter ";"
$users.Where({ $_.AccountEnabled }).ForEach({ $_.Mail })
Get-MgUser -Filter "userType eq 'Guest'" -All | ForEach-Object -Begin { $n = 0 } -Process { $n++ } -End { "$n guests" }
