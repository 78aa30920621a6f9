//! Exchange and the directory as one tenant: users, groups, addresses, mail and what was noted of them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::{Answer, Sandbox};
use serde_json::{Value, json};

fn exception(answer: &Answer) -> String {
    let kind = answer.body["error"]["innererror"]["internalexception"]["type"].as_str().unwrap_or_default();
    kind.rsplit('.').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn refused(answer: Answer, status: u16, kind: &str) -> String {
    assert_eq!((answer.status, exception(&answer).as_str()), (status, kind), "{:#}", answer.body);
    answer.body["error"]["innererror"]["internalexception"]["message"].as_str().unwrap().to_owned()
}

fn names(body: &Value) -> Vec<&str> {
    body["value"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn parameters_are_checked_before_anything_runs() {
    let sandbox = Sandbox::new().await;
    let cases = [
        ("New-MailContact", json!({ "Name": "A" }), "ParameterBindingException", "ExternalEmailAddress"),
        (
            "New-MailContact",
            json!({ "Name": "A", "ExternalEmailAddress": "a@x.example", "DomainController": "dc1" }),
            "AmbiguousParameterSetException",
            "DomainController",
        ),
        (
            "New-MailContact",
            json!({ "Name": "A", "ExternalEmailAddress": "a@x.example", "PrimarySmtpAddress": "b@x.example" }),
            "AmbiguousParameterSetException",
            "PrimarySmtpAddress",
        ),
        (
            "New-MailContact",
            json!({ "Name": "A", "ExternalEmailAddress": "a@x.example", "MacAttachmentFormat": "Zip" }),
            "ParameterTransformationException",
            "BinHex, UuEncode, AppleSingle, AppleDouble",
        ),
        (
            "Get-Recipient",
            json!({ "Identity": "a", "Anr": "b" }),
            "AmbiguousParameterSetException",
            "resolved",
        ),
        (
            "Get-Recipient",
            json!({ "RecipientTypeDetails": ["GuestMailUser", "Guest"] }),
            "ParameterTransformationException",
            "GuestMailUser",
        ),
        ("Get-Recipient", json!({ "ResultSize": "many" }), "ParameterTransformationException", "Unlimited"),
        (
            "Set-Contact",
            json!({ "Identity": "Litware Sales", "SeniorityIndex": "high" }),
            "ParameterTransformationException",
            "System.Int32",
        ),
        (
            "Set-MailContact",
            json!({ "Identity": "Litware Sales", "Alias": "a".repeat(65) }),
            "RecipientTaskException",
            "64",
        ),
        (
            "Set-MailContact",
            json!({ "Identity": "Litware Sales", "EmailAddresses": { "Replace": "x" } }),
            "ParameterTransformationException",
            "ProxyAddressCollection",
        ),
        (
            "New-MailUser",
            json!({ "Name": "A", "Password": "x" }),
            "ParameterBindingException",
            "MicrosoftOnlineServicesID",
        ),
    ];
    for (cmdlet, parameters, kind, text) in cases {
        let message = refused(sandbox.cmdlet(cmdlet, parameters).await, 400, kind);
        assert!(message.contains(text), "{message}");
    }
    let common = json!({
        "identity": "Litware Sales", "ErrorAction": "Stop", "WarningAction": "SilentlyContinue", "Verbose": true,
    });
    sandbox.cmdlet("Get-MailContact", common).await.expect(200);
}

#[tokio::test]
async fn a_mail_user_is_an_account_of_the_directory() {
    let sandbox = Sandbox::new().await;
    let new = json!({
        "Name": "Ed Meadows", "ExternalEmailAddress": "ed@fabrikam.example", "FirstName": "Ed",
        "MicrosoftOnlineServicesID": "ed@contoso.example", "Password": "a long secret",
    });
    let made = sandbox.cmdlet("New-MailUser", new).await.expect(200);
    let made = &made["value"][0];
    assert_eq!((&made["RecipientTypeDetails"], &made["Alias"]), (&json!("MailUser"), &json!("EdMeadows")));
    let id = made["ExternalDirectoryObjectId"].as_str().unwrap();
    let path = format!("/v1.0/users/{id}?$select=mail,givenName,userPrincipalName,userType,city");
    let user = sandbox.get(&path).await.expect(200);
    assert_eq!((&user["mail"], &user["givenName"]), (&json!("ed@fabrikam.example"), &json!("Ed")));
    assert_eq!(
        (&user["userPrincipalName"], &user["userType"]),
        (&json!("ed@contoso.example"), &json!("Member"))
    );
    sandbox
        .cmdlet("Set-User", json!({ "Identity": "Ed Meadows", "City": "Bern", "Manager": "ola.nordmann" }))
        .await
        .expect(200);
    assert_eq!(sandbox.get(&path).await.expect(200)["city"], "Bern");
    let manager = sandbox.get(&format!("/v1.0/users/{id}/manager")).await.expect(200);
    assert_eq!(manager["userPrincipalName"], "ola.nordmann@contoso.example");
    let shown = sandbox.cmdlet("Get-User", json!({ "Identity": "ed@contoso.example" })).await.expect(200);
    assert_eq!(
        (&shown["value"][0]["City"], &shown["value"][0]["Manager"]),
        (&json!("Bern"), &json!("ola.nordmann"))
    );
    // Gone in Graph is gone here, into the bin of both.
    sandbox.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    refused(
        sandbox.cmdlet("Get-MailUser", json!({ "Identity": "Ed Meadows" })).await,
        404,
        "ManagementObjectNotFoundException",
    );
    let soft = sandbox.cmdlet("Get-MailUser", json!({ "SoftDeletedMailUser": true })).await.expect(200);
    assert_eq!(names(&soft), ["Ed Meadows"]);
    let again = json!({ "Name": "Another Ed", "ExternalEmailAddress": "ed@fabrikam.example" });
    let text = refused(sandbox.cmdlet("New-MailContact", again).await, 400, "RecipientTaskException");
    assert!(text.contains("ExternalDirectoryObjectId was not returned"));
}

#[tokio::test]
async fn a_guest_is_shown_and_hidden_from_both_sides() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    let hidden = async || {
        let shown =
            sandbox.cmdlet("Get-Recipient", json!({ "Identity": "ann@fabrikam.example" })).await.expect(200);
        shown["value"][0]["HiddenFromAddressListsEnabled"].as_bool().unwrap()
    };
    assert!(hidden().await);
    sandbox.patch(&format!("/v1.0/users/{id}"), json!({ "showInAddressList": true })).await.expect(204);
    assert!(!hidden().await);
    sandbox
        .cmdlet(
            "Set-MailUser",
            json!({ "Identity": id, "HiddenFromAddressListsEnabled": true, "CustomAttribute1": "x" }),
        )
        .await
        .expect(200);
    let user = sandbox.get(&format!("/v1.0/users/{id}?$select=showInAddressList")).await.expect(200);
    assert_eq!(user["showInAddressList"], false);
    let filter = json!({ "Filter": "CustomAttribute1 -eq 'x' -and HiddenFromAddressListsEnabled -eq $true" });
    assert_eq!(
        sandbox.cmdlet("Get-MailUser", filter).await.expect(200)["value"].as_array().unwrap().len(),
        1
    );
    let contact = json!({ "Name": "Ann", "ExternalEmailAddress": "ann@fabrikam.example" });
    let text = refused(sandbox.cmdlet("New-MailContact", contact).await, 400, "ProxyAddressExistsException");
    assert!(text.contains("of \"ann_fabrikam.example#EXT#\""), "{text}");
    let taken = json!({ "Identity": id, "EmailAddresses": { "Add": ["smtp:sales@litware.example"] } });
    refused(sandbox.cmdlet("Set-MailUser", taken).await, 400, "WLCDManagedMemberExistsException");
    sandbox.cmdlet("Remove-MailUser", json!({ "Identity": id, "Confirm": false })).await.expect(200);
    sandbox.get(&format!("/v1.0/users/{id}")).await.expect(404);
    sandbox.get(&format!("/v1.0/directory/deletedItems/{id}")).await.expect(200);
}

#[tokio::test]
async fn names_and_aliases_are_nobody_elses() {
    let sandbox = Sandbox::new().await;
    let new = |name: &str, alias: Option<&str>| {
        let mut wish =
            json!({ "Name": name, "ExternalEmailAddress": format!("{}@x.example", name.replace(' ', ".")) });
        if let Some(alias) = alias {
            wish["Alias"] = json!(alias);
        }
        wish
    };
    let first = sandbox.cmdlet("New-MailContact", new("Ann Berg", None)).await.expect(200);
    assert_eq!(first["value"][0]["Alias"], "AnnBerg");
    let second = sandbox.cmdlet("New-MailContact", new("AnnBerg ", None)).await.expect(200);
    assert_eq!(second["value"][0]["Alias"], "AnnBerg1");
    refused(
        sandbox.cmdlet("New-MailContact", new("Cat", Some("annberg"))).await,
        400,
        "RecipientTaskException",
    );
    refused(
        sandbox.cmdlet("New-MailContact", new("megan.bowen", None)).await,
        400,
        "NameNotAvailableException",
    );
    refused(
        sandbox.cmdlet("Set-MailContact", json!({ "Identity": "AnnBerg1", "Name": "Ann Berg" })).await,
        400,
        "NameNotAvailableException",
    );
    // Null clears, a table adds and removes.
    let set =
        json!({ "Identity": "Ann Berg", "CustomAttribute2": "x", "ExtensionCustomAttribute1": ["a", "b"] });
    sandbox.cmdlet("Set-MailContact", set).await.expect(200);
    let set = json!({ "Identity": "Ann Berg", "CustomAttribute2": null, "ExtensionCustomAttribute1": { "@odata.type": "#Exchange.GenericHashTable", "Add": "c", "Remove": "a" } });
    sandbox.cmdlet("Set-MailContact", set).await.expect(200);
    let read = sandbox.cmdlet("Get-MailContact", json!({ "Identity": "Ann Berg" })).await.expect(200);
    assert_eq!(read["value"][0]["CustomAttribute2"], "");
    assert_eq!(read["value"][0]["ExtensionCustomAttribute1"], json!(["b", "c"]));
    let dn = read["value"][0]["DistinguishedName"].clone();
    sandbox.cmdlet("Get-MailContact", json!({ "Identity": dn })).await.expect(200);
    sandbox
        .cmdlet("Set-Contact", json!({ "Identity": "Ann Berg", "CountryOrRegion": "CH" }))
        .await
        .expect(200);
    let read = sandbox.cmdlet("Get-Contact", json!({ "Identity": "Ann Berg" })).await.expect(200);
    assert_eq!(read["value"][0]["CountryOrRegion"], "Switzerland");
}

#[tokio::test]
async fn a_distribution_group_lives_in_both_services() {
    let sandbox = Sandbox::new().await;
    let new = json!({ "Name": "Pilots", "Members": ["megan.bowen", "sales@litware.example"], "ManagedBy": "ola.nordmann@contoso.example", "Notes": "Who flies" });
    let made = sandbox.cmdlet("New-DistributionGroup", new).await.expect(200);
    let made = &made["value"][0];
    assert_eq!(made["PrimarySmtpAddress"], "Pilots@contoso.example");
    assert_eq!(
        (&made["ManagedBy"], &made["MemberJoinRestriction"]),
        (&json!(["ola.nordmann"]), &json!("Closed"))
    );
    let id = made["ExternalDirectoryObjectId"].as_str().unwrap();
    let group = sandbox.get(&format!("/v1.0/groups/{id}")).await.expect(200);
    assert_eq!((&group["mailEnabled"], &group["description"]), (&json!(true), &json!("Who flies")));
    let members = async || {
        let members = sandbox.get(&format!("/v1.0/groups/{id}/members")).await.expect(200);
        members["value"].as_array().unwrap().len()
    };
    assert_eq!(members().await, 2);
    let wish =
        json!({ "Identity": "Pilots", "Members": ["adele.vance", "megan.bowen", "lee.gu@fabrikam.example"] });
    sandbox.cmdlet("Update-DistributionGroupMember", wish).await.expect(200);
    assert_eq!(members().await, 3);
    let set = json!({ "Identity": "Pilots", "DisplayName": "All pilots", "EmailAddresses": { "Add": "smtp:flyers@contoso.example" }, "RequireSenderAuthenticationEnabled": false });
    sandbox.cmdlet("Set-DistributionGroup", set).await.expect(200);
    let read = sandbox
        .cmdlet("Get-DistributionGroup", json!({ "Identity": "flyers@contoso.example" }))
        .await
        .expect(200);
    assert_eq!(
        (&read["value"][0]["DisplayName"], &read["value"][0]["RequireSenderAuthenticationEnabled"]),
        (&json!("All pilots"), &json!(false))
    );
    refused(
        sandbox
            .cmdlet(
                "Set-DistributionGroup",
                json!({ "Identity": "Pilots", "PrimarySmtpAddress": "p@elsewhere.example" }),
            )
            .await,
        400,
        "NotAcceptedDomainException",
    );
    // An application owns nothing: it passes the owners of a security group by, and says so.
    let member = json!({ "Identity": "Finance reviewers", "Member": "megan.bowen" });
    let text = refused(
        sandbox.cmdlet("Add-DistributionGroupMember", member.clone()).await,
        400,
        "RecipientTaskException",
    );
    assert!(text.contains("executing user is not in the current organization"));
    let mut member = member;
    member["BypassSecurityGroupManagerCheck"] = json!(true);
    sandbox.cmdlet("Add-DistributionGroupMember", member).await.expect(200);
    sandbox.cmdlet("Remove-DistributionGroup", json!({ "Identity": "Pilots" })).await.expect(200);
    sandbox.get(&format!("/v1.0/groups/{id}")).await.expect(404);
}

#[tokio::test]
async fn unified_groups_are_read_and_set_by_an_application() {
    let sandbox = Sandbox::new().await;
    let read = sandbox.cmdlet("Get-UnifiedGroup", json!({ "Identity": "Project Falcon" })).await.expect(200);
    assert_eq!(
        (&read["value"][0]["GroupMemberCount"], &read["value"][0]["GroupExternalMemberCount"]),
        (&json!(5), &json!(2))
    );
    sandbox.cmdlet("Set-UnifiedGroup", json!({ "Identity": "Project Falcon", "AccessType": "Public", "HiddenFromAddressListsEnabled": true })).await.expect(200);
    let group = sandbox.group("Project Falcon").await;
    assert_eq!(sandbox.get(&format!("/v1.0/groups/{group}")).await.expect(200)["visibility"], "Public");
    let owners = sandbox
        .cmdlet("Get-UnifiedGroupLinks", json!({ "Identity": "Project Falcon", "LinkType": "Owners" }))
        .await
        .expect(200);
    assert_eq!(names(&owners), ["alex.wilber"]);
    let add = json!({ "Identity": "Project Falcon", "LinkType": "Members", "Links": ["megan.bowen"] });
    assert_eq!(sandbox.cmdlet("Add-UnifiedGroupLinks", add).await.status, 403);
    let all = sandbox
        .cmdlet("Get-Group", json!({ "RecipientTypeDetails": "UniversalSecurityGroup" }))
        .await
        .expect(200);
    assert!(names(&all).contains(&"Suppliers") && !names(&all).contains(&"Marketing news"));
}

#[tokio::test]
async fn mailboxes_are_who_has_a_plan_of_exchange() {
    let sandbox = Sandbox::new().await;
    let all = sandbox.cmdlet("Get-Mailbox", json!({})).await.expect(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 31);
    refused(
        sandbox.cmdlet("Get-Mailbox", json!({ "Identity": "goran.petrovic" })).await,
        404,
        "ManagementObjectNotFoundException",
    );
    let user = sandbox.cmdlet("Get-User", json!({ "Identity": "goran.petrovic" })).await.expect(200);
    assert_eq!(user["value"][0]["RecipientTypeDetails"], "User");
    let path = format!(
        "/adminapi/beta/{}/Mailbox('megan.bowen@contoso.example')",
        sandbox.connection("tenantDomain")
    );
    assert_eq!(sandbox.get(&path).await.expect(200)["value"][0]["Alias"], "megan.bowen");
}

#[tokio::test]
async fn what_was_sent_is_traced() {
    let sandbox = Sandbox::new().await;
    for address in ["ann@fabrikam.example", "bob@litware.example"] {
        sandbox.guest(address).await;
    }
    let traced = sandbox
        .cmdlet("Get-MessageTraceV2", json!({ "RecipientAddress": "*@litware.example" }))
        .await
        .expect(200);
    assert_eq!(traced["value"][0]["RecipientAddress"], "bob@litware.example");
    assert_eq!(
        (&traced["value"][0]["Status"], traced["value"].as_array().unwrap().len()),
        (&json!("Delivered"), 1)
    );
    let page = sandbox.cmdlet("Get-MessageTrace", json!({ "PageSize": 1, "Page": 2 })).await.expect(200);
    assert_eq!(page["value"][0]["RecipientAddress"], "ann@fabrikam.example");
    let none = sandbox.cmdlet("Get-MessageTrace", json!({ "Status": ["Failed"] })).await.expect(200);
    assert_eq!(none["value"], json!([]));
    refused(
        sandbox.cmdlet("Get-MessageTrace", json!({ "PageSize": 0 })).await,
        400,
        "RecipientTaskException",
    );
    refused(
        sandbox
            .cmdlet("Get-MessageTrace", json!({ "StartDate": "2020-01-01", "EndDate": "2020-01-02" }))
            .await,
        400,
        "RecipientTaskException",
    );
}

#[tokio::test]
async fn what_was_changed_is_in_the_audit_log() {
    let sandbox = Sandbox::new().await;
    for number in 0..3 {
        let new =
            json!({ "Name": format!("C{number}"), "ExternalEmailAddress": format!("c{number}@x.example") });
        sandbox.cmdlet("New-MailContact", new).await.expect(200);
    }
    sandbox.cmdlet("Remove-MailContact", json!({ "Identity": "C1", "Confirm": false })).await.expect(200);
    let search = |more: Value| {
        let mut wish =
            json!({ "StartDate": "2020-01-01", "EndDate": "2100-01-01", "RecordType": "ExchangeAdmin" });
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sandbox.cmdlet("Search-UnifiedAuditLog", wish)
    };
    let removed = search(json!({ "Operations": "Remove-MailContact" })).await.expect(200);
    let data: Value = serde_json::from_str(removed["value"][0]["AuditData"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&data["Operation"], &data["ObjectId"], &data["Workload"]),
        (&json!("Remove-MailContact"), &json!("C1"), &json!("Exchange"))
    );
    assert_eq!(data["Parameters"][0], json!({ "Name": "Identity", "Value": "C1" }));
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let page = search(json!({ "SessionId": "s", "SessionCommand": "ReturnLargeSet", "ResultSize": 3 }))
            .await
            .expect(200);
        sizes.push(page["value"].as_array().unwrap().len());
    }
    assert_eq!(sizes, [3, 1, 0]);
    refused(search(json!({ "ResultSize": 5001 })).await, 400, "RecipientTaskException");
}

#[tokio::test]
async fn a_new_contact_is_read_late() {
    let sandbox = Sandbox::new().await;
    sandbox
        .post("/sandbox/faults", json!({ "delays": { "exchange": 60, "contacts": 120 } }))
        .await
        .expect(200);
    let made = sandbox
        .cmdlet("New-MailContact", json!({ "Name": "Ann", "ExternalEmailAddress": "ann@x.example" }))
        .await
        .expect(200);
    let id = made["value"][0]["ExternalDirectoryObjectId"].as_str().unwrap().to_owned();
    let read = async || sandbox.cmdlet("Get-MailContact", json!({ "Identity": "Ann" })).await;
    refused(read().await, 404, "ManagementObjectNotFoundException");
    // What goes to the same server is known there; elsewhere it is not.
    sandbox.cmdlet("Set-MailContact", json!({ "Identity": "Ann", "MailTip": "Hello" })).await.expect(200);
    let path = format!("/adminapi/beta/{}/InvokeCommand", sandbox.connection("tenantId"));
    let set = json!({ "CmdletInput": { "CmdletName": "Set-MailContact", "Parameters": { "Identity": "Ann", "MailTip": "x" } } });
    let elsewhere = sandbox.call("POST", &path, &[("X-AnchorMailbox", "UPN:somebody@else")], set).await;
    refused(elsewhere, 404, "ManagementObjectNotFoundException");
    sandbox.post("/sandbox/clock", json!({ "advanceSeconds": 61 })).await.expect(200);
    read().await.expect(200);
    sandbox.get(&format!("/v1.0/contacts/{id}")).await.expect(404);
    sandbox.post("/sandbox/clock", json!({ "advanceSeconds": 61 })).await.expect(200);
    sandbox.get(&format!("/v1.0/contacts/{id}")).await.expect(200);
}

#[tokio::test]
async fn a_batch_goes_on_after_an_error_only_when_told_to() {
    let sandbox = Sandbox::new().await;
    let tenant = sandbox.connection("tenantId");
    let url = format!("{}/adminapi/beta/{tenant}/InvokeCommand", sandbox.running.url());
    let call = |id: usize, identity: &str| {
        json!({
            "id": id.to_string(), "method": "POST", "url": url,
            "headers": { "X-AnchorMailbox": "x", "Content-Type": "application/json" },
            "body": { "CmdletInput": { "CmdletName": "Get-MailContact", "Parameters": { "Identity": identity } } },
        })
    };
    let body = json!({ "requests": [call(1, "Nobody"), call(2, "Litware Sales")] });
    let path = format!("/adminapi/beta/{tenant}/$batch");
    let stopped = sandbox.post(&path, body.clone()).await.expect(200);
    assert_eq!(stopped["responses"].as_array().unwrap().len(), 1);
    let answer = sandbox
        .call("POST", &path, &[("Prefer", "odata.maxpagesize=1000;odata.continue-on-error")], body)
        .await
        .expect(200);
    assert_eq!(
        (&answer["responses"][0]["status"], &answer["responses"][1]["status"]),
        (&json!(404), &json!(200))
    );
    assert_eq!(answer["responses"][0]["body"]["error"]["code"], "NotFound");
    assert_eq!(answer["responses"][1]["body"]["value"][0]["Name"], "Litware Sales");
    let many: Vec<Value> = (0..11).map(|id| call(id, "x")).collect();
    sandbox.post(&path, json!({ "requests": many })).await.expect(400);
}

#[tokio::test]
async fn recipients_are_sorted_trimmed_and_paged() {
    let sandbox = Sandbox::new().await;
    let wish = json!({ "RecipientTypeDetails": "MailContact", "SortBy": "DisplayName", "Properties": ["Name", "DisplayName"] });
    let path = format!("/adminapi/beta/{}/InvokeCommand", sandbox.connection("tenantDomain"));
    let body = json!({ "CmdletInput": { "CmdletName": "Get-Recipient", "Parameters": wish } });
    let page =
        sandbox.call("POST", &path, &[("Prefer", "odata.maxpagesize=3")], body.clone()).await.expect(200);
    assert_eq!(names(&page), ["Litware Sales", "Margarida Sousa", "Northwind Orders"]);
    assert!(page["value"][0].get("Guid").is_none());
    let next = page["@odata.nextLink"].as_str().unwrap();
    let last =
        sandbox.call("POST", next, &[("Prefer", "odata.maxpagesize=3")], body.clone()).await.expect(200);
    assert_eq!((names(&last), last.get("@odata.nextLink")), (vec!["Reception Desk Boston"], None));
    let stale = sandbox.call("POST", &format!("{path}?$skiptoken=WzFd"), &[], body).await;
    assert!(refused(stale, 400, "ODataServiceException").contains("expired or invalid"));
    let text = refused(
        sandbox.cmdlet("Get-Recipient", json!({ "Filter": "Shoe -eq '44'" })).await,
        400,
        "ParameterBindingException",
    );
    assert!(text.contains("not a recognized filterable property"));
    let anr = sandbox.cmdlet("Get-Recipient", json!({ "Anr": "meg" })).await.expect(200);
    assert_eq!(names(&anr), ["megan.bowen"]);
    for cmdlet in
        ["Get-AcceptedDomain", "Get-OrganizationConfig", "Get-SharingPolicy", "Get-OrganizationRelationship"]
    {
        assert!(sandbox.cmdlet(cmdlet, json!({})).await.expect(200)["value"][0]["Guid"].is_string());
    }
}

#[tokio::test]
async fn a_person_makes_a_unified_group() {
    let sandbox = Sandbox::new().await;
    // The client of the Exchange module.
    let form = "grant_type=password&client_id=fb78d390-0c51-40cd-8e17-fdbfab77341b\
                &username=ola.nordmann@contoso.example&password=public-password-of-contoso\
                &scope=https://outlook.office365.com/.default";
    let token = sandbox.sign_in(form).await.expect(200)["access_token"].as_str().unwrap().to_owned();
    let path = format!("/adminapi/beta/{}/InvokeCommand", sandbox.connection("tenantId"));
    let run = async |name: &str, parameters: Value| {
        let body = json!({ "CmdletInput": { "CmdletName": name, "Parameters": parameters } });
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("X-AnchorMailbox", "UPN:ola.nordmann@contoso.example".to_owned()),
        ];
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sandbox.call("POST", &path, &headers, body).await.expect(200)
    };
    let made = run("New-UnifiedGroup", json!({ "DisplayName": "Pilots", "Members": "megan.bowen" })).await;
    assert_eq!(made["value"][0]["ManagedBy"], json!(["ola.nordmann"]));
    let id = made["value"][0]["ExternalDirectoryObjectId"].as_str().unwrap();
    let members = sandbox.get(&format!("/v1.0/groups/{id}/members")).await.expect(200);
    assert_eq!(members["value"].as_array().unwrap().len(), 2);
    let wish = json!({ "StartDate": "2020-01-01", "EndDate": "2100-01-01", "UserIds": "ola.nordmann@contoso.example" });
    let noted = run("Search-UnifiedAuditLog", wish).await;
    assert_eq!(noted["value"][0]["Operations"], "New-UnifiedGroup");
}
