# Values
$text = 'it''s "quoted" with $dollar, `tick` and \ back'
$both = "tab`t, quote `", dollar `$5, brace {0}, sub $(1 + 2)"
$size = 5MB
$half = 7 / 2
[int]$whole = "42"
$list = 1, 2, 3
$nested = @(1, @(2, 3))
$empty = @()
$map = @{ a = 1; 'b c' = 2 }
$map['d'] = 3
$map.e = 4
$ordered = [ordered]@{ Zeta = 1; Alpha = 2 }
$now = Get-Date '2026-03-31'
$later = $now.AddDays(30).ToString('yyyy-MM-dd')

# Operators
$text -like '*quoted*'
'GUEST' -eq 'guest'
'GUEST' -ceq 'guest'
$list -contains 2
4 -notin $list
'a,b,c' -split ','
'2026-03-31' -replace '-', '.'
$list[0], $list[-1]
$list[0..1]
($list | Measure-Object -Sum).Sum
-not ($empty.Count -gt 0)
$x = $null
$x ?? 'nothing'

# Loops
for ($i = 0; $i -lt $list.Count; $i++) { "item $i is $($list[$i])" }
$n = 0
while ($true) {
    $n++
    if ($n -eq 2) { continue }
    if ($n -ge 4) { break }
    "n is $n"
}
do { $n-- } until ($n -le 0)
foreach ($key in $map.Keys | Sort-Object) { "$key = $($map[$key])" }
1..3 | ForEach-Object { $_ * 10 }
$words = 'b', 'a', 'c' | Sort-Object -Descending
$words -join '-'

# Choices
$kind = switch -Wildcard ('report.csv') { '*.csv' { 'table' } '*.txt' { 'text' } default { 'other' } }
$kind
$size = if ($list.Count -gt 2) { 'many' } else { 'few' }
$size
try { throw 'boom' } catch { "caught $($_.Exception.Message)" } finally { 'tidied' }
