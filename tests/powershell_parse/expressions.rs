//! Operands, operators, strings and the arguments of commands.

use super::read;

#[track_caller]
fn reads(text: &str, as_what: &str) {
    assert_eq!(read(text), as_what, "\n{text}");
}

#[test]
fn arguments_are_words_values_and_parameters() {
    reads(
        "Get-MgUser -UserId ann@fabrikam.example -Property Id, Mail",
        "<Get-MgUser -UserId ann@fabrikam.example -Property [Id, Mail]>",
    );
    reads(
        "New-MgInvitation -SendInvitationMessage:$true -Name 'A B'",
        "<New-MgInvitation -SendInvitationMessage:$true -Name \"A B\">",
    );
    reads(
        "Get-MgUser -Filter \"a eq 'b'\" -All:$false|select Id",
        "<Get-MgUser -Filter \"a eq 'b'\" -All:$false> | <select Id>",
    );
    reads("Add-It $a.b $c[0].d (Get-X).y, $z $e.f()", "<Add-It $a.b $c[0].d [(<Get-X>).y, $z] $e.f()>");
    reads(
        "Set-It -Days -30 -Rate 2.5 -Size 10MB -Code 0x1F",
        "<Set-It -Days -30 -Rate 2.5r -Size 10485760 -Code 31>",
    );
    reads("Write-Host $user.Mail -ForegroundColor Green", "<Write-Host $user.Mail -ForegroundColor Green>");
    reads("Get-It @parameters -Verbose", "<Get-It @parameters -Verbose>");
    reads("Microsoft.Graph.Users\\Get-MgUser -All", "<Get-MgUser -All>");
    reads("Get-It 2>$null > out.txt", "<Get-It 2>$null >out.txt>");
    reads("Get-It *>&1", "<Get-It *>&1>");
    reads("'a' >> log.txt", "\"a\" | <Out-File -FilePath:log.txt -Append>");
}

#[test]
fn bare_words_may_hold_nearly_anything() {
    reads("Write-Host `nDone", "<Write-Host \nDone>");
    reads("Get-Content .\\data\\guests.csv", "<Get-Content .\\data\\guests.csv>");
    reads(
        "Export-Csv $folder\\out.csv -NoTypeInformation",
        "<Export-Csv `«$folder»\\out.csv` -NoTypeInformation>",
    );
    reads("Export-Csv $env:TEMP\\out-$(Get-Date).csv", "<Export-Csv `«$env:TEMP»\\out-«$(<Get-Date>)».csv`>");
    reads("Get-It a*b?c User.ReadWrite.All C:\\x", "<Get-It a*b?c User.ReadWrite.All C:\\x>");
    reads("Get-It -Name:ann -Path=5", "<Get-It -Name:ann -Path =5>");
    reads("echo 1..5 7z 5", "<echo 1..5 7z 5>");
    reads("& 'C:\\a b\\x.exe' -y", "<& \"C:\\\\a b\\\\x.exe\" -y>");
    reads(". .\\functions.ps1", "<. .\\functions.ps1>");
    reads("& $block 5", "<& $block 5>");
    reads("powershell.exe -ExecutionPolicy RemoteSigned", "<powershell.exe -ExecutionPolicy RemoteSigned>");
}

#[test]
fn a_call_without_a_blank_is_a_command_with_an_argument() {
    reads("Write-Host(\"hi\")", "<Write-Host (\"hi\")>");
    reads("$d = Get-Date(Get-Date).AddDays(-90)", "$d Set <Get-Date (<Get-Date>).AddDays(-90)>");
    reads("(Get-Date).AddDays(-30)", "(<Get-Date>).AddDays(-30)");
}

#[test]
fn typographic_quotes_and_dashes_are_quotes_and_dashes() {
    reads(
        "Get-It \u{2013}Name \u{201C}a b\u{201D} \u{2014}Other \u{2018}c\u{2019}",
        "<Get-It -Name \"a b\" -Other \"c\">",
    );
    reads("$a \u{2013}eq $b", "($a eq $b)");
}

#[test]
fn operators_have_their_ranks() {
    reads("$a -eq 1 -and $b -ne 2 -or -not $c", "((($a eq 1) and ($b ne 2)) or (not $c))");
    reads("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)");
    reads("$a + 1, 2", "($a + [1, 2])");
    reads("'{0} {1}' -f $a, $b.c", "(\"{0} {1}\" f [$a, $b.c])");
    reads("1..$n.Count", "(1 .. $n.Count)");
    reads("-5 + 3", "(-5 + 3)");
    reads("!$a.b", "(! $a.b)");
    reads("-join $list", "(join $list)");
    reads("$a -split ',' -join ';'", "(($a split \",\") join \";\")");
    reads("$a -CEQ 'x'", "($a ceq \"x\")");
    reads("$x -is [string] -and $y", "(($x is [string]) and $y)");
    reads("$x -as [int]", "($x as [int])");
    reads("$i++", "($i++)");
    reads("--$i", "(-- $i)");
    reads(",$a", "(, $a)");
    reads("$a -band 4 -eq 4", "($a band (4 eq 4))");
}

#[test]
fn the_operators_of_newer_shells_are_known() {
    reads("$a ?? $b + 1", "($a ?? ($b + 1))");
    reads("$a ?? $b ?? $c", "($a ?? ($b ?? $c))");
    reads("$a -eq 1 ? 'x' : 'y'", "(($a eq 1) ? \"x\" : \"y\")");
    reads("$a ? $b : $c ? $d : $e", "($a ? $b : ($c ? $d : $e))");
    reads("$a ??= 5", "$a IfNull 5");
    reads("$a?.b", "$a?.b");
    reads("Get-A && Get-B || Get-C", "<Get-A> && <Get-B> || <Get-C>");
}

#[test]
fn members_methods_indexes_and_types() {
    reads("$a.b.c[0]['d'].e(1, $f)", "$a.b.c[0][\"d\"].e(1, $f)");
    reads("[math]::Round($x / 3, 2)", "[math]::Round(($x / 3), 2)");
    reads(
        "[System.Collections.Generic.List[Object]]::new()",
        "[System.Collections.Generic.List[Object]]::new()",
    );
    reads("[int]$a + [datetime]'2024-01-01'", "([int]$a + [datetime]\"2024-01-01\")");
    reads("[PSCustomObject]@{ a = 1 }", "[PSCustomObject]@{a = 1}");
    reads("[ordered]@{ a = 1; b = 2 }", "ordered@{a = 1; b = 2}");
    reads("$a.$name.'x y'.\"$z\"", "$a.$name.\"x y\".`«$z»`");
    reads("$list.ForEach({ $_.Id })", "$list.ForEach({$_.Id})");
    reads("$list.Where{ $_.Id }.Count", "$list.Where({$_.Id}).Count");
    reads("$a[-1]; $a[1..3]; $a[0, 2]", "$a[-1]; $a[(1 .. 3)]; $a[[0, 2]]");
    reads("[void]$list.Add($x)", "[void]$list.Add($x)");
    reads("[string[]]$names = 'a', 'b'", "[string[]]$names Set [\"a\", \"b\"]");
    reads("$x.Split(',')[0].Trim()", "$x.Split(\",\")[0].Trim()");
    reads("$list\n  .Where({ $_ })\n  .Count", "$list.Where({$_}).Count");
}

#[test]
fn strings_expand_a_variable_and_not_its_members() {
    reads("\"$a.b $($a.b) ${c d} $env:X $a[0]\"", "`«$a».b «$($a.b)» «$c d» «$env:X» «$a»[0]`");
    reads("\"50% of $ 5 `$x `\"q`\" \"\"r\"\" `t|\"", "\"50% of $ 5 $x \\\"q\\\" \\\"r\\\" \\t|\"");
    reads("'it''s $x `n'", "\"it's $x `n\"");
    reads(
        "\"a: $($x | Where-Object { $_.y -eq \"z\" }) b\"",
        "`a: «$($x | <Where-Object {($_.y eq \"z\")}>)» b`",
    );
    reads("\"${env:X}$global:y\"", "`«$env:X»«$global:y»`");
    reads("\"$name: $x\"", "`«$name»: «$x»`");
    reads("\"\"", "\"\"");
    reads("\"`u{1F600}\"", "\"😀\"");
}

#[test]
fn here_strings_keep_their_lines() {
    reads(
        "$t = @\"\nDear $name,\n\n\"quoted\"\n\"@\nGet-It",
        "$t Set `Dear «$name»,\n\n\"quoted\"`; <Get-It>",
    );
    reads("$t = @'\nit's $x\n'@", "$t Set \"it's $x\"");
    reads("Send-It @\"\r\na\r\nb\r\n\"@ -Now", "<Send-It \"a\\nb\" -Now>");
    reads("$t = @\"\n\"@", "$t Set \"\"");
}

#[test]
fn hash_tables_and_arrays() {
    reads(
        "@{ Name = 'a'; 'B c' = $x.y\n n = if ($z) { 1 } else { 2 } }",
        "@{Name = \"a\"; \"B c\" = $x.y; n = if ($z) {1} else {2}}",
    );
    reads(
        "@{ a = if ($x) { 1 }\n   elseif ($y) { 2 }\n   else { 3 }\n b = 4 }",
        "@{a = if ($x) {1} elseif ($y) {2} else {3}; b = 4}",
    );
    reads("@{n='Age';e={(Get-Date) - $_.x}}", "@{n = \"Age\"; e = {((<Get-Date>) - $_.x)}}");
    reads("@(Get-A; Get-B\nGet-C)", "@(<Get-A>; <Get-B>; <Get-C>)");
    reads("@()", "@()");
    reads("@{}", "@{}");
    reads("@{ $key = 1; (Get-K) = 2; 3 = 4 }", "@{$key = 1; (<Get-K>) = 2; 3 = 4}");
    reads("$h = @{\n  a = 1 # one\n  b = Get-It -Name x\n}", "$h Set @{a = 1; b = <Get-It -Name x>}");
}
