//! Statements with words of their own, lines that go on, parameters.

use super::read;

#[track_caller]
fn reads(text: &str, as_what: &str) {
    assert_eq!(read(text), as_what, "\n{text}");
}

#[test]
fn assignments_take_a_whole_statement() {
    reads("$a = Get-It -X | Select-Object -First 1", "$a Set <Get-It -X> | <Select-Object -First 1>");
    reads("$a = $b = 5", "$a Set $b Set 5");
    reads("$a, $b = 1, 2", "[$a, $b] Set [1, 2]");
    reads("$x.Name += 'y'", "$x.Name Add \"y\"");
    reads("$x = if ($y) { 1 } else { 2 }", "$x Set if ($y) {1} else {2}");
    reads("$x = foreach ($g in $list) { $g.Id }\n5", "$x Set foreach g in $list {$g.Id}; 5");
    reads("$x =\n  5", "$x Set 5");
    reads("$global:Count -= 1", "$global:Count Subtract 1");
    reads("[array]$Guests = Get-MgUser", "[array]$Guests Set <Get-MgUser>");
}

#[test]
fn branches() {
    reads("if ($a) { 1 } elseif ($b) { 2 }\nelse\n{ 3 }", "if ($a) {1} elseif ($b) {2} else {3}");
    reads("If($a){1}Else{2}", "if ($a) {1} else {2}");
    reads("if ($a) { 1 } else if ($b) { 2 }", "if ($a) {1} elseif ($b) {2}");
    reads("if ($x = Get-It) { $x }", "if (($x Set <Get-It>)) {$x}");
    reads("if (\n  $a -and\n  $b\n) { 1 }", "if (($a and $b)) {1}");
    reads("if (($a -eq 1)\n    -and ($b -eq 2)) { 1 }", "if (((($a eq 1)) and (($b eq 2)))) {1}");
    reads("if ($a) { 1 } $b", "if ($a) {1}; $b");
    reads(
        "switch -Regex ($x) { 'a' { 1 } {$_ -gt 5} { 2; break } 7 { 3 }\n abc { 4 } default { 5 } }",
        "switch [\"regex\"] ($x) {\"a\" {1} {($_ gt 5)} {2; break} 7 {3} abc {4} default {5}}",
    );
}

#[test]
fn loops() {
    reads("foreach ($g in $Guests) { $g }", "foreach g in $Guests {$g}");
    reads(
        "ForEach($g in Get-It -All | Sort-Object Id)\n{\n$g\n}",
        "foreach g in <Get-It -All> | <Sort-Object Id> {$g}",
    );
    reads("for ($i = 0; $i -lt 5; $i++) { $i }", "for ($i Set 0; ($i lt 5); ($i++)) {$i}");
    reads("for (;;) { break }", "for (; ; ) {break}");
    reads("while ($true) { continue }", "while ($true) {continue}");
    reads("do { $i++ } until ($i -gt 5)", "do {($i++)} until (($i gt 5))");
    reads("do\n{ $i++ }\nwhile ($i -lt 5)\nGet-It", "do {($i++)} while (($i lt 5)); <Get-It>");
    reads(":outer foreach ($a in $b) { break outer }", ":outer foreach a in $b {break outer}");
    reads("$list | foreach { $_ }", "$list | <foreach {$_}>");
    reads("1..3 | % { $_ }", "(1 .. 3) | <% {$_}>");
}

#[test]
fn errors() {
    reads(
        "try { Get-It } catch [System.Exception], [X.Y] { $_ } catch { throw } finally { 1 }",
        "try {<Get-It>} catch [\"System.Exception\", \"X.Y\"] {$_} catch [] {throw} finally {1}",
    );
    reads("throw \"no $x\"", "throw `no «$x»`");
    reads("exit 1", "exit 1");
    reads("return", "return");
    reads("return $a | Sort-Object", "return $a | <Sort-Object>");
    reads("if ($a) { return }\nGet-It", "if ($a) {return}; <Get-It>");
}

#[test]
fn functions_and_their_parameters() {
    reads(
        "function Get-It { param([string]$Name = 'x', [switch]$All) \"a $Name\" }",
        "function Get-It {param([string]Name = \"x\", [switch]All); `a «$Name»`}",
    );
    reads("function Get-It($a, [int]$b = 5) { $a }", "function Get-It {param(a, [int]b = 5); $a}");
    reads(
        "function Get-It {\n  [CmdletBinding()]\n  param (\n    [Parameter(Mandatory = $true, ValueFromPipeline)]\n    [Alias('Id','Key')]\n    [string] $Name,\n    [ValidateSet('a', 'b')] $Kind = (Get-K)\n  )\n  process { $Name }\n}",
        "function Get-It {param(!|[string]Name or Id/Key, Kind = (<Get-K>) of a/b); Process {$Name}}",
    );
    reads("function global:Test { }", "function Test {}");
    reads("filter Only-It { $_ }", "filter Only-It {$_}");
    reads("param($a)\n$a", "param(a); $a");
    reads(
        "function F { begin { 1 } process { 2 } end { 3 } }",
        "function F {Begin {1}; Process {2}; End {3}}",
    );
    reads("process\nGet-It", "<process>; <Get-It>");
    reads(
        "[CmdletBinding()]\nparam([Parameter(Mandatory)][string[]]$Path)\nGet-It",
        "param(![string[]]Path); <Get-It>",
    );
    reads("{ param($x) $x + 1 }", "{param(x); ($x + 1)}");
}

#[test]
fn lines_go_on() {
    reads("Get-It `\n  -Name x `\n  -All", "<Get-It -Name x -All>");
    reads("Get-It |\n  Sort-Object |\n\n  Select-Object Id", "<Get-It> | <Sort-Object> | <Select-Object Id>");
    reads("Get-It\n  | Sort-Object", "<Get-It> | <Sort-Object>");
    reads("Get-It -Property Id,\n  Mail", "<Get-It -Property [Id, Mail]>");
    reads("$a = 1 +\n 2", "$a Set (1 + 2)");
    reads("Get-It -Name ` x", "<Get-It -Name x>");
    reads("Get-A; Get-B;", "<Get-A>; <Get-B>");
    reads("Get-A\r\nGet-B\r\n", "<Get-A>; <Get-B>");
    reads("\u{FEFF}Get-A", "<Get-A>");
    reads("Get-It -Name x ` \n  -All", "<Get-It -Name x -All>");
}

#[test]
fn what_is_foreign_is_one_statement() {
    reads("class A { [string]$B\n A() { } }\nGet-It", "<class>; <Get-It>");
    reads("enum E { A; B }\n$x", "<enum>; $x");
    reads("using namespace System.IO\nGet-It", "<using>; <Get-It>");
    reads("trap { continue }\nGet-It", "<trap>; <Get-It>");
}
