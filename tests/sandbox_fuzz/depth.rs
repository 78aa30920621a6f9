//! Far more of everything than anybody needs.

use serde_json::json;

use crate::inputs::encoded;
use crate::wire::{Side, Target};

/// Everything that reads something nested, given far more of it than anybody needs.
#[test]
fn no_depth_and_no_length_is_too_much() {
    let target = Target::new("contoso");
    let many = |piece: &str, length: usize| piece.repeat(length / piece.len());
    let filters = |length: usize| {
        vec![
            many("(", length),
            many("not ", length),
            many("not(", length),
            format!("{}id eq 'a'", many("id eq 'a' or ", length)),
            format!("{}id eq 'a'", many("id eq 'a' and ", length)),
            format!("{}id eq ''", many("id eq '' or ", length)),
            format!("{}a{}", many("id in (", length / 2), many(")", length / 14)),
            many("proxyAddresses/any(x:", length),
            format!("id in ({}'a')", many("'a',", length)),
            format!("{}(id eq 'a')", many("(id eq 'a') or ", length)),
            format!("{}id eq 'a'{}", "(".repeat(50), ")".repeat(50)),
            format!("id{} eq 'a'", many("/a", length)),
            format!("id eq '{}'", many("''", length)),
        ]
    };
    // As long as the grammar takes, and far beyond.
    for length in [16_000, 100_000] {
        for text in filters(length) {
            let url = format!("/users?$count=true&$filter={}", encoded(&text));
            let call = json!({ "requests": [{ "id": "1", "method": "GET", "url": url, "headers": { "ConsistencyLevel": "eventual" } }] });
            target.json(Side::Graph, "POST", "/v1.0/$batch", &call);
            if length < 20_000 {
                let path = format!(
                    "/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments",
                    target.subscription()
                );
                target.get(Side::Azure, &format!("{path}?api-version=2022-04-01&$filter={}", encoded(&text)));
            }
        }
    }
    // Each level would multiply the work by the number of items.
    let nested: String = (0..40).map(|level| format!("proxyAddresses/any(x{level}:")).collect();
    let text = format!("{nested}x0 eq 'nobody'{}", ")".repeat(40));
    target.get(Side::Graph, &format!("/v1.0/users?$count=true&$filter={}", encoded(&text)));
    let others = [
        ("$orderby", many("displayName desc,", 200_000)),
        ("$select", many("displayName,", 200_000)),
        ("$select", many("*,", 200_000)),
        ("$expand", many("members($expand=", 200_000)),
        ("$expand", many("members,", 200_000)),
        ("$expand", many("(", 200_000)),
        ("$search", many("\"displayName:a\" OR ", 200_000)),
        ("$search", many("(", 200_000)),
        ("$skiptoken", many("a", 200_000)),
        ("$top", many("9", 200_000)),
    ];
    for (name, text) in others {
        let text = text.trim_end_matches(',');
        let url = format!("/users?$count=true&{name}={}", encoded(text));
        let call = json!({ "requests": [{ "id": "1", "method": "GET", "url": url, "headers": { "ConsistencyLevel": "eventual" } }] });
        target.json(Side::Graph, "POST", "/v1.0/$batch", &call);
    }
    let path = format!("/adminapi/beta/{}/InvokeCommand", target.tenant());
    for length in [16_000, 100_000] {
        let filters = [
            many("(", length),
            many("-not ", length),
            many("!", length),
            many("-not(", length),
            format!("{}Name -eq 'a'", many("Name -eq 'a' -or ", length)),
            format!("{}Name -eq 1", many("Name -eq 1 -and ", length)),
            format!("Name -like '{}'", many("*", length)),
            format!("Name -like '*{}*'", many("a", length)),
            format!("Name -eq '{}", many("''", length)),
            many("{", length),
        ];
        for filter in filters {
            let body = json!({ "CmdletInput": { "CmdletName": "Get-Recipient", "Parameters": { "Filter": filter } } });
            target.json(Side::Exchange, "POST", &path, &body);
        }
    }
    for piece in ["[", "{\"a\":", "{\"properties\":", "[[],"] {
        let body = many(piece, 100_000).into_bytes();
        target.check(Side::Graph, "POST", "/v1.0/invitations", "", &body);
        target.check(Side::Graph, "POST", "/v1.0/$batch", "", &body);
        target.check(Side::Exchange, "POST", &path, "", &body);
        let scope = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments/x?api-version=2022-04-01",
            target.subscription()
        );
        target.check(Side::Azure, "PUT", &scope, "", &body);
    }
    let rule = format!("{}user.userType -eq \"Guest\"{}", many("(", 5_000), many(")", 5_000));
    for rule in [rule, many("not ", 20_000), many("(user.city -eq \"a\") or ", 20_000), many("(", 100_000)] {
        let body = json!({ "displayName": "Rule", "mailEnabled": false, "mailNickname": "rule", "securityEnabled": true,
            "groupTypes": ["DynamicMembership"], "membershipRule": rule, "membershipRuleProcessingState": "On" });
        target.json(Side::Graph, "POST", "/v1.0/groups", &body);
    }
}
