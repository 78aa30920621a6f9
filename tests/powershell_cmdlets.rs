//! Cmdlets, one line each: what stands for them here.

use usher::powershell::{Severity, convert};

/// The Rhai that a command comes to where its result is kept.
fn rhai(line: &str) -> String {
    let code = convert(&format!("$kept = {line}")).code;
    let (_, value) = code.split_once("let kept = ").unwrap_or(("", &code));
    value.trim().trim_end_matches(';').to_owned()
}

fn holds(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(line, expected)| rhai(line) != *expected)
        .map(|(line, expected)| format!("{line}\n  expected {expected}\n  got      {}", rhai(line)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn users_are_read_by_key_or_by_filter() {
    holds(&[
        ("Get-MgUser -UserId 'ann@fabrikam.example'", r#"get_user("ann@fabrikam.example")"#),
        ("Get-AzureADUser -Obj 'ann@fabrikam.example'", r#"get_user("ann@fabrikam.example")"#),
        ("Get-AzureADUser 'ann@fabrikam.example'", r#"get_user("ann@fabrikam.example")"#),
        ("get-msoluser -userprincipalname ann@fabrikam.example", r#"get_user("ann@fabrikam.example")"#),
        (
            "Get-MgUser -All -Filter \"UserType eq 'Guest'\" -ConsistencyLevel eventual -CountVariable n",
            r#"get_users(#{ filter: "userType eq 'Guest'" })"#,
        ),
        (
            "Get-MgUser -All -Property Id,DisplayName,SignInActivity",
            r#"get_users(#{ select: ["id", "displayName", "signInActivity"] })"#,
        ),
        ("Get-MgUser -All -Property id, displayName", "get_users()"),
        (
            "Get-MgBetaUser -Top 5 -Sort 'DisplayName desc'",
            r#"get_users(#{ top: 5, orderBy: "displayName desc" })"#,
        ),
        ("Get-AzureADUser -All $true", "get_users()"),
        (
            "Get-MsolUser -All -EnabledFilter DisabledOnly",
            r#"get_users(#{ filter: "accountEnabled eq false" })"#,
        ),
        ("Get-AzADUser -DisplayName 'Ann Lee'", r#"get_users(#{ filter: "displayName eq 'Ann Lee'" })"#),
        ("Get-MsolUser -All -ReturnDeletedUsers", "get_deleted_users()"),
        (
            "Get-AzureADGroup -SearchString \"O'Neil\"",
            r#"get_groups(#{ filter: "startsWith(displayName, 'O''Neil')" })"#,
        ),
    ]);
}

#[test]
fn users_are_changed_disabled_and_removed() {
    holds(&[
        ("Update-MgUser -UserId 'x' -AccountEnabled:$false", r#"disable_user("x")"#),
        ("Update-MgUser -UserId 'x' -AccountEnabled", r#"enable_user("x")"#),
        ("Update-MgUser -UserId 'x' -AccountEnabled $false", r#"disable_user("x")"#),
        ("Set-AzureADUser -ObjectId 'x' -AccountEnabled $true", r#"enable_user("x")"#),
        ("Set-MsolUser -ObjectId 'x' -BlockCredential $true", r#"disable_user("x")"#),
        (
            "Update-MgUser -UserId 'x' -BodyParameter @{ companyName = 'Fabrikam'; AccountEnabled = $false }",
            r#"set_user("x", #{ companyName: "Fabrikam", accountEnabled: false })"#,
        ),
        (
            "Set-AzureADUser -ObjectId 'x' -TelephoneNumber '+1' -Mobile '+2'",
            r#"set_user("x", #{ businessPhones: ["+1"], mobilePhone: "+2" })"#,
        ),
        ("Update-MgUser -UserId 'x' -JobTitle ''", r#"set_user("x", #{ clear: ["jobTitle"] })"#),
        (
            "Update-MgUser -UserId 'x' -PasswordPolicies 'DisablePasswordExpiration'",
            "graph_request(\"PATCH\", \"/users/x\", #{ body: #{ passwordPolicies: \"DisablePasswordExpiration\" } })",
        ),
        ("Remove-MgUser -UserId 'x' -Confirm:$false", r#"remove_user("x")"#),
        ("Remove-MsolUser -ObjectId 'x' -RemoveFromRecycleBin -Force", r#"purge_user("x")"#),
        ("Restore-MgDirectoryDeletedItem -DirectoryObjectId 'x'", r#"restore_user("x")"#),
    ]);
}

#[test]
fn guests_are_invited() {
    holds(&[
        (
            "New-MgInvitation -InvitedUserEmailAddress a@b.example -SendInvitationMessage",
            r#"new_invitation(#{ invitedUserEmailAddress: "a@b.example", sendInvitationMessage: true })"#,
        ),
        (
            "New-MgInvitation -BodyParameter @{ InvitedUserEmailAddress = 'a@b.example'; InvitedUserMessageInfo = @{ CcRecipients = @(@{ EmailAddress = @{ Address = 'c@d.example' } }) } }",
            "new_invitation(#{\n    invitedUserEmailAddress: \"a@b.example\",\n    invitedUserMessageInfo: #{ ccRecipients: [\"c@d.example\"] },\n})",
        ),
    ]);
}

#[test]
fn members_come_and_go() {
    holds(&[
        ("New-MgGroupMember -GroupId 'g' -DirectoryObjectId 'u'", r#"add_group_member("g", "u")"#),
        ("Add-AzureADGroupMember -ObjectId 'g' -RefObjectId 'u'", r#"add_group_member("g", "u")"#),
        (
            "New-MgGroupMemberByRef -GroupId 'g' -BodyParameter @{ '@odata.id' = 'https://graph.microsoft.com/v1.0/directoryObjects/u' }",
            r#"add_group_member("g", "u")"#,
        ),
        (
            "New-MgGroupMemberByRef -GroupId 'g' -OdataId 'https://graph.microsoft.com/v1.0/users/{u}'",
            r#"add_group_member("g", "u")"#,
        ),
        ("Remove-MgGroupMemberByRef -GroupId 'g' -DirectoryObjectId 'u'", r#"remove_group_member("g", "u")"#),
        ("Add-UnifiedGroupLinks 'g' -LinkType Members -Links 'u'", r#"add_group_member("g", "u")"#),
        ("Add-DistributionGroupMember 'g' -Member 'u'", r#"add_group_member("g", "u")"#),
        ("Get-MgGroupMember -GroupId 'g' -All", r#"get_group_members("g")"#),
        ("Get-MgGroupTransitiveMember -GroupId 'g'", r#"get_group_members("g", #{ transitive: true })"#),
        (
            "Get-MgGroupMemberAsUser -GroupId 'g'",
            r#"get_group_members("g").filter(|item| item.type == "user")"#,
        ),
        ("Get-MgUserMemberOf -UserId 'u' -All", r#"get_memberships("u")"#),
        (
            "Set-MgUserManagerByRef -UserId 'u' -BodyParameter @{ '@odata.id' = 'https://graph.microsoft.com/v1.0/users/m' }",
            r#"set_manager("u", "m")"#,
        ),
    ]);
}

#[test]
fn licences_and_roles_are_given() {
    holds(&[
        (
            "Set-MgUserLicense -UserId 'u' -AddLicenses @{ SkuId = 's' } -RemoveLicenses @()",
            r#"add_license("u", "s")"#,
        ),
        (
            "Set-MgUserLicense -UserId 'u' -AddLicenses @{ SkuId = 's'; DisabledPlans = @('p') } -RemoveLicenses @()",
            r#"add_license("u", "s", #{ disabledPlans: ["p"] })"#,
        ),
        (
            "Set-MgUserLicense -UserId 'u' -AddLicenses @() -RemoveLicenses @('s')",
            r#"remove_license("u", "s")"#,
        ),
        (
            "Set-MsolUserLicense -UserPrincipalName 'u' -AddLicenses 'contoso:FLOW_FREE'",
            r#"add_license("u", "FLOW_FREE")"#,
        ),
        (
            "New-AzRoleAssignment -SignInName 'u' -RoleDefinitionName Reader -ResourceGroupName rg-backup",
            r#"assign_role("u", "Reader", #{ scope: "rg-backup" })"#,
        ),
        ("Add-AzureADDirectoryRoleMember -ObjectId 'r' -RefObjectId 'u'", r#"assign_role("u", "r")"#),
        (
            "Get-MgDirectoryRole -Filter \"DisplayName eq 'User Administrator'\"",
            r#"get_directory_role_definition("User Administrator")"#,
        ),
        (
            "Get-AzRoleAssignment -ObjectId 'u'",
            r#"get_role_assignments("u").filter(|item| item.kind == "azure")"#,
        ),
    ]);
}

#[test]
fn contacts_are_verbs_and_other_recipients_are_exchanges_own_commands() {
    holds(&[
        (
            "New-MailContact -Name 'Ann' -ExternalEmailAddress a@b.example",
            r#"new_mail_contact(#{ name: "Ann", externalEmailAddress: "a@b.example" })"#,
        ),
        ("Get-MailContact -ResultSize Unlimited", "get_mail_contacts()"),
        ("Get-MailContact a@b.example", r#"get_mail_contact("a@b.example")"#),
        ("Set-Contact a@b.example -Phone '+1'", r#"set_contact("a@b.example", #{ phone: "+1" })"#),
        (
            "Get-EXORecipient -RecipientTypeDetails GuestMailUser -ResultSize Unlimited",
            "exchange_command(\"Get-Recipient\", #{ parameters: #{ RecipientTypeDetails: \"GuestMailUser\" } })",
        ),
        (
            "Get-MailUser a@b.example",
            "exchange_command(\"Get-MailUser\", #{ parameters: #{ Identity: \"a@b.example\" } })[0]",
        ),
        (
            "Set-Mailbox a@b.example -ForwardingAddress $null",
            "exchange_command(\"Set-Mailbox\", #{\n    parameters: #{ Identity: \"a@b.example\", ForwardingAddress: () },\n})",
        ),
    ]);
}

#[test]
fn what_has_no_verb_is_asked_of_graph() {
    holds(&[
        ("Get-MgDomain", r#"graph_request("GET", "/domains", #{ all: true })"#),
        ("Get-MgDomain -DomainId contoso.example", r#"graph_request("GET", "/domains/contoso.example")"#),
        ("Get-MgPolicyAuthorizationPolicy", r#"graph_request("GET", "/policies/authorizationPolicy")"#),
        (
            "Update-MgPolicyAuthorizationPolicy -AllowInvitesFrom everyone",
            "graph_request(\"PATCH\", \"/policies/authorizationPolicy\", #{\n    body: #{ allowInvitesFrom: \"everyone\" },\n})",
        ),
        (
            "Get-MgAuditLogSignIn -Filter \"UserId eq 'x'\" -Top 1",
            "graph_request(\"GET\", \"/auditLogs/signIns\", #{\n    query: #{ \"$filter\": \"userId eq 'x'\", \"$top\": 1 },\n}).value",
        ),
        (
            "Revoke-MgUserSignInSession -UserId 'u'",
            r#"graph_request("POST", "/users/u/revokeSignInSessions")"#,
        ),
        (
            "Get-AzureADMSDeletedDirectoryObject -Id 'u'",
            r#"graph_request("GET", "/directory/deletedItems/u")"#,
        ),
        (
            "Get-MgBetaServicePrincipal -All",
            r#"graph_request("GET", "/servicePrincipals", #{ version: "beta", all: true })"#,
        ),
        (
            "Invoke-MgGraphRequest -Method Patch -Uri 'https://graph.microsoft.com/v1.0/users/u' -Body (@{ city = 'Bonn' } | ConvertTo-Json)",
            "graph_request(\"PATCH\", \"/v1.0/users/u\", #{ body: #{ city: \"Bonn\" } })",
        ),
        (
            "Invoke-AzRestMethod -Method GET -Path '/subscriptions?api-version=2022-12-01'",
            r#"azure_request("GET", "/subscriptions?api-version=2022-12-01")"#,
        ),
        (
            "Invoke-RestMethod -Uri https://login.microsoftonline.com/x/oauth2/v2.0/token -Method Post",
            "ps::token()",
        ),
        (
            "Get-TeamUser -GroupId 'g' -Role Guest",
            r#"get_group_members("g").filter(|member| member.userType == "Guest")"#,
        ),
    ]);
}

#[test]
fn dates_and_files_are_plain_where_that_means_the_same() {
    holds(&[
        ("Get-Date", "now()"),
        ("Get-Date -Format 'yyyy-MM-dd'", r#"now().format("%Y-%m-%d")"#),
        ("Get-Date '2026-01-31'", r#"parse_date("2026-01-31")"#),
        ("Get-Date '31/01/26'", r#"ps::date("31/01/26")"#),
        ("New-TimeSpan -Days 30", "ps::span(#{ days: 30 })"),
        (r"Import-Csv .\guests.csv -Delimiter ';'", r##"import_csv("guests.csv", #{ delimiter: ";" })"##),
        (r"Import-Csv -Path out\guests.csv", r#"import_csv("out/guests.csv")"#),
        (r"Test-Path C:\temp\guests.csv", r#"ps::path_exists("guests.csv")"#),
        ("Get-Content notes.txt -Raw", r#"ps::read_text("notes.txt")"#),
        ("Join-Path out guests.csv", r#"ps::join_path("out", "guests.csv")"#),
    ]);
}

#[test]
fn signing_in_and_modules_leave_nothing_to_do() {
    for line in [
        "Connect-MgGraph -Scopes User.Read.All",
        "Connect-ExchangeOnline -Credential (Get-Credential admin@contoso.example)",
        "Install-Module AzureADPreview -Force",
        "powershell.exe -ExecutionPolicy RemoteSigned",
        "Set-ExecutionPolicy RemoteSigned",
        "Disconnect-MgGraph",
        "Clear-Host",
    ] {
        let done = convert(line);
        let code: Vec<&str> =
            done.code.lines().filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
        assert!(code.is_empty(), "{line}: {code:?}");
        assert!(
            done.remarks.iter().all(|remark| remark.severity == Severity::Note),
            "{line}: {:?}",
            done.remarks
        );
    }
}

#[test]
fn what_cannot_be_done_says_why() {
    for (line, reason) in [
        ("Remove-MgUser -UserId x -WhatIf", "--what-if"),
        ("Remove-MgUser -UserId x y", "not understood"),
        ("Get-PnPTenantSite -Detailed", "SharePoint is not covered"),
        ("Invoke-RestMethod -Uri https://example.com/x", "nothing else"),
        ("New-AzRoleAssignment -ObjectId x -RoleDefinitionName Reader", "needs a place"),
    ] {
        let done = convert(line);
        assert_eq!(done.counts.unsupported, 1, "{line}: {}", done.code);
        assert!(done.code.contains("TODO(convert)") && done.code.contains(reason), "{line}: {}", done.code);
    }
}

#[test]
fn a_value_inside_a_filter_cannot_end_it() {
    let code = convert("$name = \"O'Neil\"\n$kept = Get-MgUser -Filter \"DisplayName eq '$name'\"").code;
    assert!(code.contains("filter: `displayName eq '${ps::quoted(name)}'`"), "{code}");
}

#[test]
fn what_a_script_reads_is_asked_for() {
    let code = convert("Get-MgUser -All | ForEach-Object { Write-Host $_.DisplayName $_.City }").code;
    assert!(code.contains(r#"select: ["displayName", "city"]"#), "{code}");
}
