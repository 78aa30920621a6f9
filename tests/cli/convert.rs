//! PowerShell scripts: converted to a file or stdout with a word on what is left to do, or run as they stand.

use crate::usher::Usher;

const REPORT: &str = r#"# Guests that nobody has seen for a while
param(
    [int]$Days = 90,
    [Parameter(Mandatory = $true)][string]$Path
)

$Guests = Get-MgUser -Filter "userType eq 'Guest'" -All
$Report = [System.Collections.Generic.List[Object]]::new()
foreach ($Guest in $Guests) {
    # one line a guest
    $Report.Add([PSCustomObject]@{ Name = $Guest.DisplayName; Mail = $Guest.Mail })
}
$Report | Export-Csv -Path $Path -NoTypeInformation
Write-Host "$($Report.Count) guests, $Days days"
"#;

const HALF: &str =
    "$Guests = Get-MgUser -All\nif ($Guests) {\n    Frobnicate-It -All\n}\n$x = = 5\nWrite-Host \"done\"\n";

fn convert(words: &[&str]) -> Usher {
    Usher::new().command(["convert"]).args(words)
}

#[test]
fn a_script_that_converts_whole_ends_with_0() {
    let ran = convert(&["report.ps1"]).file("report.ps1", REPORT).run();
    ran.success().stderr_has("report.ps1: ").stderr_has("0 need attention, 0 not supported");
    assert!(ran.stdout.contains("// Guests that nobody has seen for a while"), "{ran:?}");
    assert!(ran.stdout.contains("for guest in guests {\n    // one line a guest\n"), "{ran:?}");
    assert!(!ran.stdout.contains("TODO"), "{ran:?}");
}

#[test]
fn what_is_left_over_is_marked_named_and_ends_with_1() {
    let ran = convert(&["half.ps1"]).file("half.ps1", HALF).run();
    ran.exits(1)
        .stderr_has("half.ps1:3: not supported: nothing here is called `Frobnicate-It`")
        .stderr_has("half.ps1:5: not supported:")
        .stderr_has("2 not supported");
    assert_eq!(ran.stdout.matches("TODO(convert)").count(), 2, "{ran:?}");
    assert!(ran.stdout.contains("//  $x = = 5"), "{ran:?}");
}

#[test]
fn a_file_that_somebody_may_have_worked_on_is_not_written_over() {
    let usher = convert(&["report.ps1", "-o", "report.rhai"]).file("report.ps1", REPORT);
    usher.run().success().stderr_has("wrote report.rhai");
    usher.run().success().stderr_has("report.rhai says the same already");
    let changed = usher.file("report.rhai", "let mine = 1;\n");
    changed.run().exits(2).stderr_has("--force writes over it");
    assert_eq!(changed.read("report.rhai"), "let mine = 1;\n");
    changed.again().command(["convert", "report.ps1", "-o", "report.rhai", "--force"]).run().success();
    changed.again().args(["report.rhai", "--", "-Path", "guests.csv"]).run().success();
    assert!(changed.read("report.rhai").contains("get_users"));
    let itself = changed.again().command(["convert", "report.ps1", "-o", "./report.ps1", "--force"]).run();
    itself.exits(2).stderr_has("is the script itself");
}

#[test]
fn files_of_old_programs_are_read() {
    let utf_16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("Write-Host \"Zoë\"\r\n".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let ran = convert(&["old.ps1"]).file("old.ps1", utf_16).run();
    ran.success().stdout_is("print(\"Zoë\");");
    let ansi = b"Write-Host \"Zo\xEB\"\r\n";
    convert(&["ansi.ps1"]).file("ansi.ps1", ansi).run().success().stdout_is("print(\"Zoë\");");
    convert(&["picture.ps1"])
        .file("picture.ps1", [0x89, 0x50, 0, 1, 2, 3, 0, 4])
        .run()
        .exits(2)
        .stderr_has("is not text");
    convert(&["missing.ps1"]).run().exits(2).stderr_has("missing.ps1");
}

#[test]
fn a_script_runs_as_it_stands_with_its_own_parameters() {
    let usher = Usher::new().file("report.ps1", REPORT);
    let ran = usher.again().args(["report.ps1", "--", "-Path", "guests.csv", "-Days", "30"]).run();
    ran.success();
    assert!(ran.stdout.trim_end().ends_with("guests, 30 days"), "{ran:?}");
    let rows = usher.table("guests.csv");
    assert_eq!(rows.len() as u64, usher.guests_and_mails().0);
    assert!(rows.iter().all(|row| row["Name"].is_string() && row["Mail"].is_string()));
    usher.again().args(["report.ps1"]).run().exits(1).stderr_has("Path");
    usher
        .again()
        .args(["report.ps1", "-Days", "30"])
        .run()
        .exits(2)
        .stderr_has("usher run report.ps1 -- -Days");
}

#[test]
fn a_script_that_cannot_be_translated_whole_is_not_begun() {
    let ran = Usher::new().script("half.ps1", HALF).run();
    ran.exits(1)
        .stderr_has("nothing of it is run")
        .stderr_has("half.ps1:3: nothing here is called `Frobnicate-It`")
        .stderr_has("usher convert half.ps1 -o half.rhai");
    assert_eq!(ran.stdout, "");
}

const LOOP: &str = r#"$guests = Import-Csv guests.csv
foreach ($guest in $guests) {
    $made = New-MgInvitation -InvitedUserEmailAddress $guest.Mail -InviteRedirectUrl "https://myapps.microsoft.com"
    Write-Host "$($guest.Mail) is invited"
}
Write-Host "done"
"#;
const MAILS: &str = "Mail\nann@fabrikam.example\nnobody\ncid@fabrikam.example\n";

fn looped(script: &str) -> Usher {
    Usher::new().file("loop.ps1", script).file("guests.csv", MAILS).args(["loop.ps1"])
}

#[test]
fn a_loop_goes_on_after_a_write_that_failed() {
    let ran = looped(LOOP).run();
    ran.exits(4)
        .stdout_is("ann@fabrikam.example is invited\ncid@fabrikam.example is invited\ndone")
        .stderr_has("error: `nobody` is not an e-mail address")
        .stderr_has("the loop goes on with the next");
    // The same where the loop is a pipeline, and where the write is in a function.
    let piped = "Import-Csv guests.csv | ForEach-Object { New-MgInvitation -InvitedUserEmailAddress $_.Mail -InviteRedirectUrl 'https://myapps.microsoft.com' | Out-Null }\n\"done\"\n";
    looped(piped).run().exits(4).stdout_is("done");
    let function = format!(
        "function Invite($Mail) {{ New-MgInvitation -InvitedUserEmailAddress $Mail -InviteRedirectUrl 'https://myapps.microsoft.com' }}\n{}",
        LOOP.replace("New-MgInvitation -InvitedUserEmailAddress $guest.Mail -InviteRedirectUrl \"https://myapps.microsoft.com\"", "Invite $guest.Mail")
    );
    looped(&function).run().exits(4).stdout_has("cid@fabrikam.example is invited");
}

#[test]
fn a_loop_ends_where_the_script_asks_for_it() {
    let stopping = format!("$ErrorActionPreference = 'Stop'\n{LOOP}");
    let this_one = LOOP.replace("myapps.microsoft.com\"", "myapps.microsoft.com\" -ErrorAction Stop");
    let thrown = LOOP.replace("    Write-Host \"$", "    throw \"enough\"\n    Write-Host \"$");
    for (script, said) in
        [(stopping, "not an e-mail address"), (this_one, "not an e-mail address"), (thrown, "enough")]
    {
        let ran = looped(&script).run();
        ran.exits(1).stderr_has(said);
        assert!(!ran.stdout.contains("cid@") && !ran.stdout.contains("done"), "{script}\n{ran:?}");
    }
    // What the script catches itself is its own business.
    let caught = LOOP
        .replace("    $made", "    try { $made")
        .replace("is invited\"", "is invited\" } catch { Write-Host 'caught' }");
    looped(&caught).run().success().stdout_has("caught").stdout_has("cid@fabrikam.example is invited");
}

#[test]
fn a_loop_ends_where_every_round_would_fail() {
    let closed = format!("Update-MgPolicyAuthorizationPolicy -AllowInvitesFrom none\n{LOOP}");
    let ran = looped(&closed).run();
    ran.exits(1);
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{ran:?}");
}

#[test]
fn a_loop_that_waits_between_looks_still_waits() {
    let script = "Start-Sleep -Seconds 30\ndo {\n    Start-Sleep -Milliseconds 1\n    $n++\n} while ($n -lt 3)\nwhile ($n -lt 5) { sleep 0; $n++ }\n$n\n";
    let ran = convert(&["wait.ps1"]).file("wait.ps1", script).run();
    ran.success();
    assert!(!ran.stdout.contains("sleep(30"), "{ran:?}");
    assert!(ran.stdout.contains("    sleep(1 / 1000.0);") && ran.stdout.contains("    sleep(0);"), "{ran:?}");
    Usher::new().file("wait.ps1", script).args(["wait.ps1"]).run().success().stdout_is("5");
}

#[test]
fn an_error_names_the_line_of_the_powershell() {
    let script = "# nobody of this name\n\n$who = 'nobody@fabrikam.example'\n$user = Get-MgUser -UserId $who\nWrite-Host $user.Mail\n";
    let ran = Usher::new().script("who.ps1", script).run();
    ran.exits(1)
        .stderr_has("who.ps1 as Rhai:")
        .stderr_has("it comes from line 4 of who.ps1: $user = Get-MgUser -UserId $who");
}

#[test]
fn a_preview_of_a_powershell_script_sends_nothing() {
    let script = "New-MgInvitation -InvitedUserEmailAddress new.guest@fabrikam.example -InviteRedirectUrl 'https://myapplications.microsoft.com' -SendInvitationMessage:$true\n";
    let usher = Usher::new().file("invite.ps1", script);
    let before = usher.guests_and_mails();
    usher.again().args(["invite.ps1"]).what_if().run().success();
    assert_eq!(usher.guests_and_mails(), before);
    usher.again().args(["invite.ps1"]).run().success();
    assert_eq!(usher.guests_and_mails(), (before.0 + 1, before.1 + 1));
}

#[test]
fn a_property_that_only_some_of_the_objects_have_is_empty_for_the_others() {
    let script = "$in = Get-MgUserMemberOf -UserId 'adele.vance@contoso.example'\nNew-MgRoleManagementDirectoryRoleAssignment -PrincipalId (Get-MgUser -UserId 'adele.vance@contoso.example').Id -RoleDefinitionId '95e79109-95c0-4d8e-aee3-d01accf2d47b' -DirectoryScopeId '/' | Out-Null\n$roles = Get-MgUserMemberOf -UserId 'adele.vance@contoso.example' | Where-Object { -not ($_.groupTypes -contains 'Unified') -and $_.groupTypes -eq $null }\nWrite-Host \"$($roles.Count) more\"\n";
    Usher::new().script("roles.ps1", script).run().success().stdout_has("2 more");
}

#[test]
fn what_is_not_in_a_table_yet_counts_as_zero() {
    let script = "$seen = @{}\nforeach ($domain in 'a', 'b', 'a') { $seen[$domain]++; $seen.all++; $seen['twice'] += 2 }\n\"$($seen.a) $($seen['b']) $($seen.all) $($seen.twice) $(++$seen['c'])\"\n";
    Usher::new().script("count.ps1", script).run().success().stdout_is("2 1 3 6 1");
}

#[test]
fn text_of_pages_is_written_and_read() {
    let script = "[System.Web.HttpUtility]::HtmlDecode('caf&eacute; &amp; &#39;bar&#39;')\n[Net.WebUtility]::HtmlEncode('<a>')\n";
    Usher::new().script("page.ps1", script).run().success().stdout_is("caf\u{e9} & 'bar'\n&lt;a&gt;");
}

#[test]
fn a_line_may_be_powershell() {
    let usher = Usher::new();
    let invite = "New-MgInvitation -InvitedUserEmailAddress ann@fabrikam.example -InviteRedirectUrl 'https://myapps.microsoft.com' | Out-Null; (Get-MgUser -Filter \"mail eq 'ann@fabrikam.example'\").Mail";
    usher.again().code(invite).run().success().stdout_is("\"ann@fabrikam.example\"");
    let ran = usher.again().code("Get-SPOSite -Limit All").run();
    ran.exits(1).stderr_has("not all of `-e` can be translated").stderr_has("say it in Rhai");
    let ran = usher.again().code("Get-MgUser -UserId nobody@fabrikam.example").run();
    ran.exits(1).stderr_has("it comes from line 1 of -e: Get-MgUser");
}
