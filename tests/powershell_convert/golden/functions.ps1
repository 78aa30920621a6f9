# Functions of all kinds
$script:Log = @()
$Total = 0

function Get-Label([string]$Name, [int]$Width = 12) {
    $Name.PadRight($Width) + "|"
}

Function Add-Entry {
    param(
        [Parameter(Mandatory, Position = 0)][string]$Text,
        [ValidateSet('info', 'error')][string]$Level = 'info',
        [switch]$Show
    )
    $script:Log += "$Level`: $Text"
    $script:Total++
    if ($Show) { Write-Host $Text }
}

function Get-Numbers {
    1
    2
    3
}

function Test-Address {
    [CmdletBinding()]
    param([Parameter(ValueFromPipeline = $true)][string]$Address)
    begin { $good = 0 }
    process {
        if ($Address -match '^(.+)@(.+)$') {
            $good++
            $Matches[2]
        }
    }
    end { Write-Host "$good good" }
}

function Get-Factorial($n) {
    if ($n -le 1) { return 1 }
    return $n * (Get-Factorial ($n - 1))
}

function Find-First($list, $wanted) {
    foreach ($item in $list) {
        if ($item -eq $wanted) { return $item }
    }
    return $null
}

Get-Label -Name "Ann" -Width 5
Add-Entry "first" -Show
Add-Entry -Level error -Text "second"
$numbers = Get-Numbers
"numbers: $($numbers -join ' ')"
"ann@fabrikam.example", "nobody", "lee@northwind.example" | Test-Address
Get-Factorial 5
$found = Find-First $numbers 2
if ($found) { "found $found" } else { "none" }
"$Total entries"
$Log
