//! Exchange's cmdlets, as the sandbox answers them.

mod sandbox_support;

use sandbox_support::{Answer, Sandbox};
use serde_json::{Value, json};

/// The name of the exception inside.
fn exception(answer: &Answer) -> String {
    let kind = answer.body["error"]["innererror"]["internalexception"]["type"].as_str().unwrap_or_default();
    kind.rsplit('.').next().unwrap_or_default().to_owned()
}

#[track_caller]
fn refused(answer: Answer, status: u16, kind: &str) {
    assert_eq!((answer.status, exception(&answer).as_str()), (status, kind), "{:#}", answer.body);
}

#[tokio::test]
async fn a_contact_is_made_changed_found_and_removed() {
    let sandbox = Sandbox::new().await;
    let made = sandbox
        .cmdlet(
            "New-MailContact",
            json!({ "name": "Ann Berg", "externalEmailAddress": "ann@fabrikam.example", "FirstName": "Ann" }),
        )
        .await
        .expect(200);
    let contact = &made["value"][0];
    assert_eq!(contact["ExternalEmailAddress"], "SMTP:ann@fabrikam.example");
    assert_eq!(
        (&contact["Alias"], &contact["RecipientTypeDetails"]),
        (&json!("AnnBerg"), &json!("MailContact"))
    );
    let guid = contact["Guid"].clone();
    sandbox
        .cmdlet("Set-Contact", json!({ "Identity": guid, "Company": "Fabrikam", "Phone": "+41 31 555 0199" }))
        .await
        .expect(200);
    sandbox.cmdlet("Set-MailContact", json!({ "Identity": "ann@fabrikam.example", "ExternalEmailAddress": "ann.berg@fabrikam.example" })).await.expect(200);
    let read = sandbox.cmdlet("Get-Contact", json!({ "Identity": "Ann Berg" })).await.expect(200);
    assert_eq!(
        (&read["value"][0]["Company"], &read["value"][0]["FirstName"]),
        (&json!("Fabrikam"), &json!("Ann"))
    );
    let id = read["value"][0]["ExternalDirectoryObjectId"].as_str().unwrap();
    let graph = sandbox.get(&format!("/v1.0/contacts/{id}")).await.expect(200);
    assert_eq!(graph["mail"], "ann.berg@fabrikam.example");
    assert_eq!(graph["phones"][0]["number"], "+41 31 555 0199");
    refused(
        sandbox.cmdlet("Get-MailContact", json!({ "Identity": "ann@fabrikam.example" })).await,
        404,
        "ManagementObjectNotFoundException",
    );
    sandbox
        .cmdlet("Remove-MailContact", json!({ "Identity": "Ann Berg", "Confirm": false }))
        .await
        .expect(200);
    refused(
        sandbox.cmdlet("Remove-MailContact", json!({ "Identity": "Ann Berg" })).await,
        404,
        "ManagementObjectNotFoundException",
    );
}

#[tokio::test]
async fn an_address_has_one_holder_among_all_recipients() {
    let sandbox = Sandbox::new().await;
    let taken = [
        "megan.bowen@contoso.example",
        "lee.gu@fabrikam.example",
        "project-falcon@contoso.example",
        "sales@litware.example",
    ];
    for (number, address) in taken.iter().enumerate() {
        let name = format!("Twin {number}");
        let answer =
            sandbox.cmdlet("New-MailContact", json!({ "Name": name, "ExternalEmailAddress": address })).await;
        refused(answer, 400, "ProxyAddressExistsException");
    }
    let answer = sandbox.cmdlet("Set-MailContact", json!({ "Identity": "Northwind Orders", "EmailAddresses": { "@odata.type": "#Exchange.GenericHashTable", "Add": "smtp:sales@litware.example" } })).await;
    refused(answer, 400, "ProxyAddressExistsException");
    sandbox.cmdlet("Remove-MailContact", json!({ "Identity": "sales@litware.example" })).await.expect(200);
    let guest = sandbox.guest("sales@litware.example").await;
    let user = sandbox.get(&format!("/v1.0/users/{guest}?$select=mail")).await.expect(200);
    assert_eq!(user["mail"], "sales@litware.example");
}

#[tokio::test]
async fn mistakes_are_told_apart() {
    let sandbox = Sandbox::new().await;
    let new = |name: &str, address: &str| json!({ "Name": name, "ExternalEmailAddress": address });
    refused(
        sandbox
            .cmdlet(
                "New-MailContact",
                json!({ "Name": "A", "ExternalEmailAddress": "a@x.example", "Company": "X" }),
            )
            .await,
        400,
        "AmbiguousParameterSetException",
    );
    refused(
        sandbox.cmdlet("New-MailContact", new("A", "not an address")).await,
        400,
        "RecipientTaskException",
    );
    refused(
        sandbox.cmdlet("New-MailContact", new("Litware Sales", "a@x.example")).await,
        400,
        "NameNotAvailableException",
    );
    refused(
        sandbox
            .cmdlet(
                "Set-MailContact",
                json!({ "Identity": "Litware Sales", "HiddenFromAddressListsEnabled": "yes" }),
            )
            .await,
        400,
        "ParameterTransformationException",
    );
    // Its body claims to be compressed and is not, so nothing but the status can be relied on.
    assert_eq!(sandbox.cmdlet("Get-Nonsense", json!({})).await.status, 403);
    for (name, address) in [("One", "one@x.example"), ("Two", "two@x.example")] {
        sandbox
            .cmdlet(
                "New-MailContact",
                json!({ "Name": name, "ExternalEmailAddress": address, "DisplayName": "Same" }),
            )
            .await
            .expect(200);
    }
    refused(
        sandbox.cmdlet("Get-MailContact", json!({ "Identity": "Same" })).await,
        500,
        "ManagementObjectAmbiguousException",
    );
    let path = format!("/adminapi/v1.0/{}/InvokeCommand", sandbox.connection("tenantId"));
    assert_eq!(sandbox.post(&path, json!({})).await.status, 405);
    let nothing = sandbox.cmdlet("Set-MailContact", json!({ "Identity": "One" })).await.expect(200);
    assert!(nothing["@adminapi.warnings"][0].as_str().unwrap().contains("modified"));
}

#[tokio::test]
async fn a_question_is_not_an_execution() {
    let sandbox = Sandbox::new().await;
    let asked = sandbox
        .cmdlet("Remove-MailContact", json!({ "Identity": "Litware Sales", "Confirm": true }))
        .await
        .expect(200);
    assert!(asked["@adminapi.confirmationmessage"].is_string());
    sandbox.cmdlet("Get-MailContact", json!({ "Identity": "Litware Sales" })).await.expect(200);
}

#[tokio::test]
async fn guests_are_hidden_mail_users_until_they_are_shown() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.guest("ann@fabrikam.example").await;
    let found =
        sandbox.cmdlet("Get-MailUser", json!({ "Identity": "ann@fabrikam.example" })).await.expect(200);
    assert_eq!(found["value"][0]["RecipientTypeDetails"], "GuestMailUser");
    assert_eq!(found["value"][0]["HiddenFromAddressListsEnabled"], true);
    sandbox
        .cmdlet("Set-MailUser", json!({ "Identity": id, "HiddenFromAddressListsEnabled": false }))
        .await
        .expect(200);
    let user = sandbox.get(&format!("/v1.0/users/{id}?$select=showInAddressList")).await.expect(200);
    assert_eq!(user["showInAddressList"], true);
}

#[tokio::test]
async fn recipients_are_filtered_and_come_in_pages() {
    let sandbox = Sandbox::new().await;
    let filter = |filter: &str| json!({ "Filter": filter });
    let count = |body: Value| body["value"].as_array().unwrap().len();
    assert_eq!(
        count(
            sandbox
                .cmdlet("Get-Recipient", filter("RecipientTypeDetails -eq 'GuestMailUser'"))
                .await
                .expect(200)
        ),
        15
    );
    assert_eq!(
        count(
            sandbox
                .cmdlet("Get-Recipient", filter("EmailAddresses -eq 'smtp:lee.gu@fabrikam.example'"))
                .await
                .expect(200)
        ),
        1
    );
    assert_eq!(
        count(
            sandbox
                .cmdlet("Get-MailContact", filter("DisplayName -like 'L*' -and -not (Name -eq 'x')"))
                .await
                .expect(200)
        ),
        1
    );
    assert_eq!(sandbox.cmdlet("Get-Recipient", filter("Name -eq")).await.status, 400);
    let path = format!("/adminapi/beta/{}/InvokeCommand?$select=Name,Guid", sandbox.connection("tenantId"));
    let body = json!({ "CmdletInput": { "CmdletName": "Get-Recipient", "Parameters": { "ResultSize": "Unlimited" } } });
    let mut next = path;
    let mut names = Vec::new();
    loop {
        let page = sandbox
            .call(
                "POST",
                &next,
                &[("Prefer", "odata.maxpagesize=20"), ("X-AnchorMailbox", "x")],
                body.clone(),
            )
            .await
            .expect(200);
        names.extend(
            page["value"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap().to_owned()),
        );
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(names.len(), 31 + 15 + 4 + 3);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 53);
}

#[tokio::test]
async fn distribution_groups_take_members_here() {
    let sandbox = Sandbox::new().await;
    let member = json!({ "Identity": "Marketing news", "Member": "sales@litware.example" });
    sandbox.cmdlet("Add-DistributionGroupMember", member.clone()).await.expect(200);
    refused(
        sandbox.cmdlet("Add-DistributionGroupMember", member.clone()).await,
        400,
        "MemberAlreadyExistsException",
    );
    let members = sandbox
        .cmdlet("Get-DistributionGroupMember", json!({ "Identity": "Marketing news" }))
        .await
        .expect(200);
    assert_eq!(members["value"].as_array().unwrap().len(), 4);
    sandbox
        .cmdlet(
            "Remove-DistributionGroupMember",
            json!({ "Identity": "Marketing news", "Member": "sales@litware.example", "Confirm": false }),
        )
        .await
        .expect(200);
    refused(sandbox.cmdlet("Remove-DistributionGroupMember", member).await, 400, "MemberNotFoundException");
    sandbox.cmdlet("Get-DistributionGroup", json!({})).await.expect(200);
    sandbox.cmdlet("Get-AcceptedDomain", json!({})).await.expect(200);
    sandbox.cmdlet("Get-OrganizationConfig", json!({})).await.expect(200);
}

#[tokio::test]
async fn an_application_without_a_role_is_let_in_nowhere() {
    let mut sandbox = Sandbox::new().await;
    sandbox.with_only(&["Exchange.ManageAsApp"]).await;
    assert_eq!(sandbox.cmdlet("Get-MailContact", json!({})).await.status, 403);
}

#[tokio::test]
async fn a_reader_reads_and_does_not_write() {
    let mut sandbox = Sandbox::new().await;
    let body = json!({ "roles": ["Exchange.ManageAsApp"], "directoryRoles": ["Global Reader"] });
    let app = sandbox.post("/sandbox/apps", body).await.expect(201);
    let text = |name: &str| app[name].as_str().unwrap().to_owned();
    sandbox.become_app(text("clientId"), text("clientSecret"));
    sandbox.cmdlet("Get-MailContact", json!({})).await.expect(200);
    let new = json!({ "Name": "A", "ExternalEmailAddress": "a@x.example" });
    assert_eq!(sandbox.cmdlet("New-MailContact", new).await.status, 403);
}
