# What stays as it was, between lines that do not
$before = "kept"
class Person { [string]$Name }
$person = [Person]::new()
Invoke-Expression "Get-Date"
. .\helpers.ps1
$env:COMPUTERNAME
if ([SomeLibrary]::IsReady()) {
    "inside"
}
foreach ($thing in (Get-ADUser -Filter *)) { $thing.Name }
"$before and after"
