//! Asking for changes only.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox_support;

use sandbox_support::Sandbox;
use serde_json::{Value, json};

/// Follows the pages from an address; all items, and the link for the next round.
async fn round(sandbox: &Sandbox, start: &str, headers: &[(&str, &str)]) -> (Vec<Value>, String) {
    let (mut next, mut items) = (start.to_owned(), Vec::new());
    loop {
        let page = sandbox.call("GET", &next, headers, Value::Null).await.expect(200);
        items.extend(page["value"].as_array().unwrap().clone());
        match (page["@odata.nextLink"].as_str(), page["@odata.deltaLink"].as_str()) {
            (Some(link), None) => next = link.to_owned(),
            (None, Some(link)) => return (items, link.to_owned()),
            _ => panic!("a page has one link: {page:#}"),
        }
    }
}

#[tokio::test]
async fn a_round_tells_what_changed_since_the_last() {
    let sandbox = Sandbox::new().await;
    for number in 0..60 {
        sandbox.guest(&format!("guest{number}@fabrikam.example")).await;
    }
    let (all, link) = round(&sandbox, "/v1.0/users/delta?$select=displayName,department", &[]).await;
    assert_eq!(all.len(), 115);
    let (none, link) = round(&sandbox, &link, &[]).await;
    assert_eq!(none, Vec::<Value>::new());

    let megan = "/v1.0/users/megan.bowen@contoso.example";
    let id = sandbox.get(megan).await.expect(200)["id"].clone();
    sandbox.patch(megan, json!({ "department": "Sales" })).await.expect(204);
    let new = sandbox.guest("ann@fabrikam.example").await;
    let gone = all[70]["id"].as_str().unwrap();
    sandbox.delete(&format!("/v1.0/users/{gone}")).await.expect(204);
    let (changed, later) = round(&sandbox, &link, &[]).await;
    assert_eq!(
        changed,
        [
            json!({ "displayName": "Megan Bowen", "department": "Sales", "id": id }),
            json!({ "displayName": "ann", "department": null, "id": new }),
            json!({ "id": gone, "@removed": { "reason": "changed" } }),
        ]
    );
    let (changed, _) = round(&sandbox, &link, &[("prefer", "return=minimal")]).await;
    assert_eq!(changed[0], json!({ "department": "Sales", "id": id }));

    sandbox.delete(&format!("/v1.0/directory/deletedItems/{gone}")).await.expect(204);
    let (changed, later) = round(&sandbox, &later, &[]).await;
    assert_eq!(changed, [json!({ "id": gone, "@removed": { "reason": "deleted" } })]);
    let (none, _) = round(&sandbox, &later, &[]).await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_watch_can_start_now_and_be_on_a_few() {
    let sandbox = Sandbox::new().await;
    let (none, link) =
        round(&sandbox, "/v1.0/users/delta?$deltatoken=latest&$select=displayName,manager", &[]).await;
    assert!(none.is_empty());
    let id = async |name: &str| {
        sandbox.get(&format!("/v1.0/users/{name}@contoso.example")).await.expect(200)["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (megan, adele) = (id("megan.bowen").await, id("adele.vance").await);
    sandbox
        .call("PUT", &format!("/v1.0/users/{megan}/manager/$ref"), &[], sandbox.reference(&adele))
        .await
        .expect(204);
    let (changed, _) = round(&sandbox, &link, &[]).await;
    assert_eq!(changed[0]["manager@delta"], json!([{ "@odata.type": "#microsoft.graph.user", "id": adele }]));

    let start = format!("/v1.0/users/delta?$filter=id eq '{megan}' or id eq '{adele}'&$select=displayName");
    let (both, link) = round(&sandbox, &start, &[]).await;
    assert_eq!(both.len(), 2);
    sandbox.guest("ann@fabrikam.example").await;
    assert!(round(&sandbox, &link, &[]).await.0.is_empty());
    sandbox
        .get("/v1.0/users/delta?$filter=displayName eq 'x'")
        .await
        .refused(400, "Request_UnsupportedQuery");
    sandbox.get("/v1.0/users/delta?$top=5").await.refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn a_token_that_is_nobodys_sends_back_to_the_start() {
    let sandbox = Sandbox::new().await;
    let answer = sandbox.get("/v1.0/users/delta?$deltatoken=nonsense").await;
    assert!(answer.headers["location"].to_str().unwrap().contains("/v1.0/users/delta?"));
    answer.refused(410, "syncStateNotFound");
    let (_, link) = round(&sandbox, "/v1.0/users/delta()?$select=id", &[]).await;
    sandbox.post("/sandbox/clock", json!({ "advance": "P8D" })).await.expect(200);
    sandbox.get(&link).await.refused(410, "syncStateNotFound");
}

#[tokio::test]
async fn groups_tell_who_came_and_who_left() {
    let sandbox = Sandbox::new().await;
    let group = sandbox.group("Suppliers").await;
    let (all, link) = round(&sandbox, "/v1.0/groups/delta?$select=displayName,members", &[]).await;
    let suppliers = all.iter().find(|found| found["id"] == group.as_str()).unwrap();
    let members = suppliers["members@delta"].as_array().unwrap().clone();
    assert_eq!(members.len(), 2);
    let guest = sandbox.guest("ann@fabrikam.example").await;
    sandbox.post(&format!("/v1.0/groups/{group}/members/$ref"), sandbox.reference(&guest)).await.expect(204);
    let left = members[0]["id"].as_str().unwrap();
    sandbox.delete(&format!("/v1.0/groups/{group}/members/{left}/$ref")).await.expect(204);
    let (changed, _) = round(&sandbox, &link, &[]).await;
    assert_eq!(
        changed[0]["members@delta"],
        json!([
            { "@odata.type": "#microsoft.graph.user", "id": guest },
            { "@odata.type": "#microsoft.graph.user", "id": left, "@removed": { "reason": "deleted" } },
        ])
    );
}
