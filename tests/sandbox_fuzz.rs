//! Whatever is sent, an answer comes: in time, never as a failure of the service's own, and a refusal in the shape of
//! the service that refuses.
//!
//! Requests are written to the socket as they are, because clients tidy up addresses. 501 is what the sandbox says to
//! what it does not imitate; the one 500 is Exchange's own for a name that several recipients share.

mod sandbox_support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use sandbox_support::chance::each;
use sandbox_support::{ARM, EXCHANGE, GRAPH, Sandbox};
use serde_json::{Map, Value, json};
use usher::sandbox::Store;

/// Nothing that can be sent keeps the sandbox busy for longer, not on a loaded machine either.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Graph,
    Exchange,
    Azure,
    Login,
    /// Any of them, or none.
    Somewhere,
}

struct Target {
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    authority: String,
    tokens: [String; 3],
}

struct Reply {
    status: u16,
    body: Vec<u8>,
}

impl Target {
    fn new(seed: &str) -> Target {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sandbox, tokens) = runtime.block_on(async {
            let sandbox = Sandbox::of(seed, Store::Memory).await;
            let tokens =
                [sandbox.token(GRAPH).await, sandbox.token(EXCHANGE).await, sandbox.token(ARM).await];
            (sandbox, tokens)
        });
        let authority = sandbox.running.url().trim_start_matches("http://").to_owned();
        Target { runtime, sandbox, authority, tokens }
    }

    /// The tenant as it was at the start: what was sent may have taken it apart.
    fn afresh(&self) {
        self.runtime.block_on(self.sandbox.post("/sandbox/reset", json!({})));
    }

    fn send(&self, side: Side, method: &str, target: &str, headers: &str, body: &[u8]) -> Reply {
        let token = match side {
            Side::Graph | Side::Somewhere => &self.tokens[0],
            Side::Exchange => &self.tokens[1],
            Side::Azure => &self.tokens[2],
            Side::Login => "",
        };
        let mut request =
            format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.authority);
        if !token.is_empty() {
            request.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if !headers.to_lowercase().contains("content-type") {
            request.push_str("Content-Type: application/json\r\n");
        }
        request.push_str(&format!("{headers}Content-Length: {}\r\n\r\n", body.len()));
        let started = Instant::now();
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server that has refused already may not read to the end.
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(body));
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let shown = || format!("{method} {:.300} {:.600}", target, String::from_utf8_lossy(body));
        assert!(!answer.is_empty(), "no answer ({read:?}): {}", shown());
        assert!(started.elapsed() < PATIENCE, "too slow: {}", shown());
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head: {}", shown()));
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        Reply { status, body: answer[end + 4..].to_vec() }
    }

    /// Sends, and holds what comes back against what every answer must be.
    fn check(&self, side: Side, method: &str, target: &str, headers: &str, body: &[u8]) -> Reply {
        let reply = self.send(side, method, target, headers, body);
        if let Err(trouble) = well_formed(side, method, &reply) {
            panic!(
                "{trouble}\n{method} {target:.1500}\n{headers}{:.1500}\n-> {} {:.600}",
                String::from_utf8_lossy(body),
                reply.status,
                String::from_utf8_lossy(&reply.body)
            );
        }
        reply
    }

    fn get(&self, side: Side, target: &str) -> Reply {
        self.check(side, "GET", target, "ConsistencyLevel: eventual\r\n", b"")
    }

    fn json(&self, side: Side, method: &str, target: &str, body: &Value) -> Reply {
        self.check(side, method, target, "", body.to_string().as_bytes())
    }

    fn tenant(&self) -> String {
        self.sandbox.connection("tenantId")
    }

    fn subscription(&self) -> String {
        self.sandbox.connection("subscriptionId")
    }
}

fn well_formed(side: Side, method: &str, reply: &Reply) -> Result<(), String> {
    let text = String::from_utf8_lossy(&reply.body);
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let ambiguous = side == Side::Exchange && text.contains("ManagementObjectAmbiguousException");
    if reply.status >= 500 && reply.status != 501 && !ambiguous {
        return Err("the service failed".to_owned());
    }
    if reply.status < 400 || method == "HEAD" {
        return Ok(());
    }
    let texts = |value: &Value, names: &[&str]| names.iter().all(|name| value[name].is_string());
    let error = &body["error"];
    let fits = match side {
        Side::Graph => {
            texts(error, &["code", "message"])
                && texts(&error["innerError"], &["request-id", "client-request-id"])
                && (reply.status == 501 || texts(&error["innerError"], &["date"]))
        }
        Side::Azure => texts(error, &["code", "message"]),
        Side::Exchange => match reply.status {
            401 | 405 => reply.body.is_empty(),
            403 if body.is_null() => reply.body == [0; 32],
            501 => texts(error, &["code", "message"]),
            _ => {
                let inner = &error["innererror"]["internalexception"];
                texts(error, &["code", "message"]) && texts(inner, &["message", "type"])
            }
        },
        Side::Login => {
            (reply.status == 501 && texts(error, &["code", "message"]))
                || is_page(&text)
                || (texts(&body, &["error", "error_description", "timestamp", "trace_id", "correlation_id"])
                    && body["error_codes"][0].is_u64())
        }
        // Before any service is asked, the line itself may be refused.
        Side::Somewhere => error.is_object() || error.is_string() || text.is_empty() || is_page(&text),
    };
    if fits { Ok(()) } else { Err("the refusal has a shape of its own".to_owned()) }
}

/// People in browsers are told on a page.
fn is_page(text: &str) -> bool {
    text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype html>"))
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Takes something out of a text, or puts something in.
fn bent(text: String, at: prop::sample::Index, with: &str, cut: bool) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let place = places[at.index(places.len())];
    let (before, after) = text.split_at(place);
    let after = if cut { after.chars().skip(1).collect() } else { after.to_owned() };
    format!("{before}{with}{after}")
}

fn mutated(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "",
        "",
        "",
        "'",
        "''",
        "(",
        ")",
        " ",
        " not ",
        " eq ",
        " and ",
        "/",
        ",",
        "null",
        "\u{0}",
        "é",
        "𝒳",
        "%",
        "$count",
        "any(",
        ":",
        "-9223372036854775809",
        "9999-12-31T23:59:60Z",
        "\u{202e}",
        "#",
        "\"",
        "\\",
    ]);
    let change = (any::<prop::sample::Index>(), pieces, any::<bool>());
    (text, prop::collection::vec(change, 0..4)).prop_map(|(text, changes)| {
        changes.into_iter().fold(text, |text, (at, with, cut)| bent(text, at, with, cut))
    })
}

const PROPERTIES: [&str; 24] = [
    "displayName",
    "mail",
    "userType",
    "accountEnabled",
    "createdDateTime",
    "proxyAddresses",
    "otherMails",
    "assignedLicenses",
    "assignedLicenses/skuId",
    "identities",
    "externalUserState",
    "id",
    "groupTypes",
    "principalId",
    "roleDefinitionId",
    "signInActivity/lastSignInDateTime",
    "appId",
    "appRoles",
    "tags",
    "principalType",
    "assignedLicenses/$count",
    "securityEnabled",
    "nothing",
    "$count",
];

fn filter() -> impl Strategy<Value = String> {
    let property = || select(PROPERTIES.to_vec()).prop_map(str::to_owned);
    let literal = || {
        prop_oneof![
            Just("'a'".to_owned()),
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("'Guest'".to_owned()),
            Just("05e9a617-0261-4cee-bb44-138d3ef5d965".to_owned()),
            Just("2024-01-01T00:00:00Z".to_owned()),
            Just("2024-01-01".to_owned()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<String>().prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        ]
    };
    let how = select(vec!["eq", "ne", "gt", "ge", "lt", "le", "has", "EQ"]);
    let function = select(vec![
        "startswith",
        "endsWith",
        "contains",
        "substringof",
        "tolower",
        "atScope",
        "assignedTo",
        "x",
    ]);
    let leaf = prop_oneof![
        4 => (property(), how, literal()).prop_map(|(name, how, value)| format!("{name} {how} {value}")),
        2 => (function, property(), literal()).prop_map(|(name, property, value)| format!("{name}({property},{value})")),
        1 => (property(), prop::collection::vec(literal(), 0..4))
            .prop_map(|(name, values)| format!("{name} in ({})", values.join(","))),
        1 => Just("atScope()".to_owned()),
        1 => Just("assignedTo('05e9a617-0261-4cee-bb44-138d3ef5d965')".to_owned()),
    ];
    leaf.prop_recursive(5, 24, 3, move |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} and {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) or {right}")),
            inner.clone().prop_map(|inner| format!("not({inner})")),
            (select(PROPERTIES.to_vec()), inner.clone())
                .prop_map(|(name, inner)| format!("{name}/any(x:x/{inner})")),
            (select(PROPERTIES.to_vec()), inner)
                .prop_map(|(name, inner)| format!("{name}/all(x:x eq 'a' or {inner})")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,40}", Just(String::new()), Just("a".repeat(3000))]
}

/// Options of every kind, some as they should be.
fn options() -> impl Strategy<Value = String> {
    let names = || prop::collection::vec(select(PROPERTIES.to_vec()), 0..5).prop_map(|names| names.join(","));
    let one = prop_oneof![
        3 => mutated(filter()).prop_map(|text| ("$filter", text)),
        2 => mutated(names()).prop_map(|text| ("$select", text)),
        2 => mutated(names().prop_map(|names| format!("{names} desc"))).prop_map(|text| ("$orderby", text)),
        1 => mutated(Just("members($select=id;$expand=manager),owners".to_owned())).prop_map(|text| ("$expand", text)),
        1 => mutated(Just("manager($levels=max;$select=id)".to_owned())).prop_map(|text| ("$expand", text)),
        1 => mutated(Just("\"displayName:an\" OR \"mail:x\" AND \"a b:c\"".to_owned())).prop_map(|text| ("$search", text)),
        2 => prop_oneof![any::<i64>().prop_map(|number| number.to_string()), text(), Just("5".to_owned())]
            .prop_map(|text| ("$top", text)),
        1 => prop_oneof![text(), any::<u64>().prop_map(|number| token(&format!("s:{number}"))),
            any::<u64>().prop_map(|number| token(&format!("o:{number}"))), any::<usize>().prop_map(|number| token(&format!("from:{number}")))]
            .prop_map(|text| ("$skiptoken", text)),
        1 => prop_oneof![text(), Just("latest".to_owned())].prop_map(|text| ("$deltatoken", text)),
        1 => select(vec!["true", "false", "x", ""]).prop_map(|text| ("$count", text.to_owned())),
        1 => text().prop_map(|text| ("$skip", text)),
        1 => select(vec!["json", "xml", ""]).prop_map(|text| ("$format", text.to_owned())),
    ];
    prop::collection::vec(one, 1..4).prop_map(|all| {
        all.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    })
}

fn token(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn any_query_of_graph_is_answered() {
    let target = Target::new("tiny");
    let places = [
        "users",
        "groups",
        "contacts",
        "servicePrincipals",
        "applications",
        "subscribedSkus",
        "users/delta",
        "groups/delta",
        "roleManagement/directory/roleAssignments",
        "roleManagement/directory/roleDefinitions",
        "directoryRoles",
        "directoryRoleTemplates",
        "users/$count",
        "auditLogs/directoryAudits",
        "auditLogs/signIns",
        "directory/deletedItems/microsoft.graph.user",
        "users/ann_fabrikam.example%23EXT%23@tiny.onmicrosoft.com",
        "users/ann_fabrikam.example%23EXT%23@tiny.onmicrosoft.com/memberOf",
        "roleManagement/directory/roleEligibilitySchedules",
        "roleManagement/directory/roleAssignmentScheduleInstances",
        "policies/crossTenantAccessPolicy/partners",
        "identityGovernance/accessReviews/definitions",
        "organization",
        "directory/administrativeUnits",
        "oauth2PermissionGrants",
        "domains",
    ];
    each(
        500,
        (select(places.to_vec()), options(), select(vec!["v1.0", "beta"])),
        |(place, options, version)| {
            target.get(Side::Graph, &format!("/{version}/{place}?{options}"));
        },
    );
}

#[test]
fn any_query_of_azure_is_answered() {
    let target = Target::new("tiny");
    let subscription = format!("subscriptions/{}", target.subscription());
    let scopes = vec![
        String::new(),
        subscription.clone(),
        format!("{subscription}/resourceGroups/rg-one"),
        format!("{subscription}/resourceGroups/rg-one/providers/Microsoft.Compute/virtualMachines/server1"),
        format!("providers/Microsoft.Management/managementGroups/{}", target.tenant()),
        "providers/Microsoft.Subscription".to_owned(),
        "subscriptions/x".to_owned(),
        format!("{subscription}/providers"),
        format!("{subscription}/providers/Microsoft.Authorization"),
    ];
    let rest = [
        "roleAssignments",
        "roleDefinitions",
        "roleEligibilityScheduleInstances",
        "roleAssignmentScheduleInstances",
        "roleEligibilitySchedules",
        "roleAssignmentScheduleRequests",
        "denyAssignments",
        "x",
        "roleAssignments/x/y/z",
        "roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    ];
    let versions =
        select(vec!["2022-04-01", "2020-10-01", "2015-07-01", "2021-04-01", "", "x", "2022-04-01-preview"]);
    let place = (mutated(select(scopes)), select(rest.to_vec()), any::<bool>());
    each(300, (place, options(), versions), |((scope, rest, authorized), options, version)| {
        let scope =
            scope.split('/').map(encoded).collect::<Vec<_>>().join("/").trim_start_matches('/').to_owned();
        let path = match authorized {
            true => format!("/{scope}/providers/Microsoft.Authorization/{rest}").replacen("//", "/", 1),
            false if scope.starts_with("subscriptions") => format!("/{scope}/resources"),
            false => format!("/subscriptions/{scope}"),
        };
        // Without the start that all its addresses have, nobody knows that it is Azure.
        let side = match path.split('/').nth(1) {
            Some("subscriptions" | "providers") => Side::Azure,
            _ => Side::Somewhere,
        };
        target.get(side, &format!("{path}?api-version={version}&{options}"));
    });
}

/// JSON of any form, with names that the services know here and there.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
        select(vec![
            "",
            "id",
            "P9999Y",
            "PT5H",
            "-P1D",
            "afterDuration",
            "AfterDateTime",
            "9999-12-31T23:59:59Z",
            "-009999-01-01T00:00:00Z",
            "adminAssign",
            "ann@fabrikam.example",
            "#EXT#",
            "05e9a617-0261-4cee-bb44-138d3ef5d965",
            "/"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let names = select(vec![
            "",
            "id",
            "é",
            "@odata.id",
            "@odata.type",
            "value",
            "user",
            "tenantId",
            "emailAddress",
            "Add",
            "Remove",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((names, inner), 0..4).prop_map(|pairs| pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

/// Puts something else in one place of a value.
fn disturbed(value: &mut Value, at: usize, with: &Value, rename: bool) {
    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(count).sum::<usize>(),
            Value::Object(map) => map.values().map(count).sum(),
            _ => 0,
        }
    }
    fn walk(value: &mut Value, left: &mut usize, with: &Value, rename: bool) -> bool {
        if *left == 0 {
            *value = with.clone();
            return true;
        }
        *left -= 1;
        match value {
            Value::Array(items) => items.iter_mut().any(|item| walk(item, left, with, rename)),
            Value::Object(map) => {
                let mut renamed = None;
                for (name, value) in map.iter_mut() {
                    if *left == 0 && rename {
                        renamed = Some(name.clone());
                        break;
                    }
                    if walk(value, left, with, rename) {
                        return true;
                    }
                }
                let Some(name) = renamed else { return false };
                let value = map.shift_remove(&name).unwrap_or_default();
                map.insert(with.as_str().unwrap_or("").to_owned(), value);
                true
            }
            _ => false,
        }
    }
    let mut left = at % count(value);
    walk(value, &mut left, with, rename);
}

fn bodies(templates: Vec<Value>) -> impl Strategy<Value = Value> {
    let changes = prop::collection::vec((any::<usize>(), anything(), prop::bool::weighted(0.2)), 0..4);
    prop_oneof![
        8 => (select(templates), changes).prop_map(|(mut body, changes)| {
            for (at, with, rename) in changes {
                disturbed(&mut body, at, &with, rename);
            }
            body
        }),
        1 => anything(),
    ]
}

const ANN: &str = "ann_fabrikam.example%23EXT%23@tiny.onmicrosoft.com";
const IDA: &str = "ida.lund@tiny.example";
const ROLE: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";

/// What is sent to Graph by those who do it right.
fn graph_bodies(id: &str) -> Vec<Value> {
    let reference = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") });
    let schedule = json!({ "startDateTime": "2030-01-01T00:00:00Z", "recurrence": null,
        "expiration": { "type": "afterDuration", "duration": "PT5H", "endDateTime": null } });
    vec![
        json!({ "invitedUserEmailAddress": "bob@fabrikam.example", "inviteRedirectUrl": "https://x.example", "sendInvitationMessage": true,
            "invitedUserMessageInfo": { "customizedMessageBody": "Hello", "ccRecipients": [{ "emailAddress": { "address": "a@x.example" } }] },
            "invitedUser": { "id": id }, "resetRedemption": false, "invitedUserType": "Guest" }),
        json!({ "accountEnabled": true, "displayName": "Jo", "mailNickname": "jo", "userPrincipalName": "jo@tiny.example",
            "passwordProfile": { "password": "Not-a-secret-1" }, "usageLocation": "CH", "businessPhones": ["1"], "otherMails": ["a@x.example"],
            "identities": [{ "signInType": "federated", "issuer": "x", "issuerAssignedId": null }] }),
        json!({ "displayName": "Team", "mailEnabled": true, "mailNickname": "team", "securityEnabled": false, "groupTypes": ["Unified"],
            "members@odata.bind": [format!("https://graph.microsoft.com/v1.0/users/{id}")],
            "membershipRule": "(user.userType -eq \"Guest\")", "membershipRuleProcessingState": "On", "description": "x" }),
        reference,
        json!({ "addLicenses": [{ "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": [] }], "removeLicenses": [] }),
        json!({ "roleDefinitionId": ROLE, "principalId": id, "directoryScopeId": "/" }),
        json!({ "action": "adminAssign", "justification": "x", "roleDefinitionId": ROLE, "directoryScopeId": "/", "principalId": id,
            "scheduleInfo": schedule, "ticketInfo": { "ticketNumber": "1", "ticketSystem": "x" } }),
        json!({ "ids": [id], "types": ["user"], "groupIds": [id], "securityEnabledOnly": true }),
        json!({ "tenantId": "3d0f5dec-5d3d-455c-8016-e2af1ae4d31a", "inboundTrust": { "isMfaAccepted": true },
            "b2bCollaborationInbound": { "usersAndGroups": { "accessType": "blocked", "targets": [{ "target": "AllUsers", "targetType": "user" }] } },
            "automaticUserConsentSettings": { "inboundAllowed": true, "outboundAllowed": null } }),
        json!({ "allowInvitesFrom": "adminsAndGuestInviters", "defaultUserRolePermissions": { "allowedToCreateApps": false } }),
        json!({ "sharingCapability": "disabled", "sharingAllowedDomainList": ["x.example"], "sharingDomainRestrictionMode": "allowList" }),
        json!({ "displayName": "Review", "scope": { "@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": "/groups/x/members", "queryType": "MicrosoftGraph" },
            "reviewers": [{ "query": "./owners", "queryType": "MicrosoftGraph" }],
            "settings": { "instanceDurationInDays": 3, "recurrence": { "pattern": { "type": "weekly", "interval": 1 }, "range": { "type": "noEnd", "startDate": "2030-01-01" } } } }),
        json!({ "principalId": id, "resourceId": id, "appRoleId": "00000000-0000-0000-0000-000000000000" }),
        json!({ "definition": ["{\"B2BManagementPolicy\":{\"InvitationsAllowedAndBlockedDomainsPolicy\":{\"BlockedDomains\":[\"x.example\"]}}}"],
            "displayName": "x", "isOrganizationDefault": true, "type": "B2BManagementPolicy" }),
        json!({ "displayName": "Own role", "isEnabled": true, "rolePermissions": [{ "allowedResourceActions": ["microsoft.directory/users/basic/update"] }] }),
        json!({ "displayName": "App", "passwordCredential": { "displayName": "x", "endDateTime": "2030-01-01T00:00:00Z" }, "keyId": id,
            "requiredResourceAccess": [{ "resourceAppId": id, "resourceAccess": [{ "id": id, "type": "Role" }] }] }),
        json!({ "message": { "subject": "x", "body": { "contentType": "Text", "content": "x" }, "toRecipients": [{ "emailAddress": { "address": "a@x.example" } }] } }),
        json!({ "roleTemplateId": ROLE, "administrativeUnitId": id, "roleMemberInfo": { "id": id } }),
        json!({ "value": [{ "key": "BaseAddress", "value": "x" }], "templateId": "Azure2Azure", "credentials": [{ "key": "x", "value": "y" }] }),
        json!({ "displayName": "Group.Unified.Guest", "templateId": "08d542b9-071f-4e16-94b0-74abb372e3d9", "values": [{ "name": "AllowToAddGuests", "value": "false" }] }),
    ]
}

#[test]
fn any_write_of_graph_is_answered() {
    let target = Target::new("tiny");
    let ann = target.get(Side::Graph, &format!("/v1.0/users/{ANN}?$select=id"));
    let ann: Value = serde_json::from_slice(&ann.body).unwrap();
    let ann = ann["id"].as_str().unwrap().to_owned();
    let partners = target.get(Side::Graph, "/v1.0/groups?$select=id");
    let partners: Value = serde_json::from_slice(&partners.body).unwrap();
    let partners = partners["value"][0]["id"].as_str().unwrap().to_owned();
    let routes: Vec<(&str, String)> = usher::sandbox::routes()
        .into_iter()
        .filter(|route| route.service == "Microsoft Graph")
        .map(|route| (route.method, route.path))
        .collect();
    let keys = vec![
        ann.clone(),
        partners,
        IDA.to_owned(),
        ANN.to_owned(),
        ROLE.to_owned(),
        "microsoft.graph.user".to_owned(),
        "x".to_owned(),
        "%00".to_owned(),
        "%C3%A9".to_owned(),
        "00000000-0000-0000-0000-000000000000".to_owned(),
    ];
    let keys = prop::collection::vec(select(keys), 3);
    let made_up = json!({ "": true, "é": { "": [null] }, "𝒳": "x" });
    for (method, path) in &routes {
        target.json(Side::Graph, method, &format!("/v1.0{}", path.replace("{}", IDA)), &made_up);
    }
    target.afresh();
    let mut sent = 0;
    each(
        1200,
        (select(routes), keys, bodies(graph_bodies(&ann)), any::<bool>()),
        |((method, path), keys, body, beta)| {
            sent += 1;
            if sent % 40 == 0 {
                target.afresh();
            }
            let path = keys.iter().fold(path, |path, key| path.replacen("{}", key, 1));
            let version = if beta { "beta" } else { "v1.0" };
            target.json(Side::Graph, method, &format!("/{version}{path}"), &body);
        },
    );
}

#[test]
fn any_batch_is_answered() {
    let target = Target::new("tiny");
    let whole = json!({ "requests": [
        { "id": "1", "method": "GET", "url": "/users?$top=1" },
        { "id": "2", "method": "POST", "url": "users", "dependsOn": ["1"], "headers": { "Content-Type": "application/json" }, "body": {} },
        { "id": "3", "method": "GET", "url": "/users/x", "dependsOn": ["4"] },
        { "id": "4", "method": "GET", "url": "/groups", "dependsOn": ["3", "5", "nobody"] },
        { "id": "5", "method": "POST", "url": "/$batch", "body": { "requests": [] } },
    ] });
    let odd = [
        json!({ "requests": [] }),
        json!({ "requests": [{ "id": "a", "method": "GET", "url": "/users" }, { "id": "A", "method": "GET", "url": "/users" }] }),
        json!({ "requests": [{ "id": 1, "method": "GET", "url": "" }] }),
        json!({ "requests": [{ "id": "1", "method": "G T", "url": "/users" }] }),
        json!({ "requests": [{ "id": "1", "method": "", "url": "/users" }] }),
        json!({ "requests": [{ "id": "1", "method": "GET", "url": "https://graph.microsoft.com/v1.0/users" }] }),
        json!({ "requests": [{ "id": "1", "method": "GET", "url": "/../beta/users?%%%", "headers": [1], "dependsOn": "1" }] }),
        json!({ "requests": [{ "id": "1", "method": "GET", "url": "/users", "dependsOn": ["1"] }] }),
        json!([]),
        json!("requests"),
        json!({ "requests": {} }),
    ];
    for body in &odd {
        target.json(Side::Graph, "POST", "/v1.0/$batch", body);
    }
    for body in ["", "{", "\u{feff}{}", "nul", "{\"requests\":[}", "\u{0}"] {
        target.check(Side::Graph, "POST", "/v1.0/$batch", "", body.as_bytes());
    }
    let mut inside = Vec::new();
    each(300, bodies(vec![whole]), |body| {
        let reply = target.json(Side::Graph, "POST", "/v1.0/$batch", &body);
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        for one in answer["responses"].as_array().into_iter().flatten() {
            let body = one["body"].to_string().into_bytes();
            inside.push(Reply { status: u16::try_from(one["status"].as_u64().unwrap()).unwrap(), body });
        }
    });
    for one in inside {
        well_formed(Side::Graph, "GET", &one)
            .unwrap_or_else(|trouble| panic!("{trouble}: {}", String::from_utf8_lossy(&one.body)));
    }
}

#[test]
fn any_cmdlet_is_answered() {
    let target = Target::new("tiny");
    let path = format!("/adminapi/beta/{}/InvokeCommand", target.tenant());
    let names: Vec<String> = usher::sandbox::routes()
        .into_iter()
        .filter(|route| route.service == "Exchange Online")
        .filter_map(|route| Some(route.path.split_once('(')?.1.trim_end_matches(')').to_owned()))
        .chain(["Get-Nothing".to_owned(), String::new()])
        .collect();
    let parameters = [
        "Identity",
        "Name",
        "Filter",
        "ResultSize",
        "ExternalEmailAddress",
        "EmailAddresses",
        "DisplayName",
        "Alias",
        "Members",
        "Member",
        "Type",
        "RecipientTypeDetails",
        "Anr",
        "SortBy",
        "PrimarySmtpAddress",
        "StartDate",
        "EndDate",
        "LinkType",
        "Links",
        "WhatIf",
        "Confirm",
        "HiddenFromAddressListsEnabled",
        "RemotePowerShellEnabled",
        "Manager",
        "CountryOrRegion",
        "MailTip",
        "AccessType",
        "Properties",
        "BypassSecurityGroupManagerCheck",
        "SenderAddress",
        "UserIds",
        "Operations",
        "SessionId",
        "SessionCommand",
        "PageSize",
        "Page",
        "AdminAuditLogEnabled",
        "MemberDepartRestriction",
    ];
    let good = || {
        select(vec![
            json!("Partners"),
            json!("Press office"),
            json!("press@northwind.example"),
            json!("ann@fabrikam.example"),
            json!(IDA),
            json!(true),
            json!("Unlimited"),
            json!(5),
            json!({ "Add": ["smtp:a@x.example"], "Remove": "SMTP:press@northwind.example" }),
            json!(["a", "b"]),
            json!("2024-01-01"),
            json!("CN=é"),
            json!("*"),
            json!("CN=Press office,OU=x"),
            json!("Members"),
            json!("Security"),
            json!(["GuestMailUser", "MailContact"]),
            json!(""),
            json!("ReturnLargeSet"),
        ])
    };
    let value = || prop_oneof![3 => good(), 1 => anything(), 1 => opath().prop_map(Value::from)];
    let given = prop::collection::vec((select(parameters.to_vec()), value()), 0..5);
    let mut sent = 0;
    each(700, (select(names), given, options()), |(name, given, options)| {
        sent += 1;
        if sent % 50 == 0 {
            target.afresh();
        }
        let given: Map<String, Value> =
            given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let body = json!({ "CmdletInput": { "CmdletName": name, "Parameters": given } });
        target.json(Side::Exchange, "POST", &format!("{path}?{options}"), &body);
    });
    let whole =
        json!({ "CmdletInput": { "CmdletName": "Get-Recipient", "Parameters": { "Identity": "Partners" } } });
    let batch = json!({ "requests": [{ "id": "1", "method": "POST", "url": path, "headers": { "X-AnchorMailbox": "x" }, "body": whole.clone() }] });
    each(150, bodies(vec![whole]), |body| {
        target.json(Side::Exchange, "POST", &path, &body);
    });
    each(150, bodies(vec![batch]), |body| {
        target.json(Side::Exchange, "POST", &path.replace("InvokeCommand", "$batch"), &body);
    });
}

/// OPATH, more or less.
fn opath() -> impl Strategy<Value = String> {
    let property = select(vec![
        "Name",
        "DisplayName",
        "EmailAddresses",
        "WhenCreated",
        "RecipientTypeDetails",
        "Alias",
        "Nothing",
        "HiddenFromAddressListsEnabled",
    ]);
    let how = select(vec!["-eq", "-ne", "-like", "-notlike", "-gt", "-lt", "-match", "eq"]);
    let value = select(vec![
        "'a'",
        "'a*'",
        "\"x\"",
        "$null",
        "$true",
        "'*'",
        "'1/1/2024'",
        "12",
        "'O''B'",
        "a@b",
        "'GuestMailUser'",
        "''",
    ]);
    let leaf = (property, how, value).prop_map(|(name, how, value)| format!("{name} {how} {value}"));
    let whole = leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) -and {right}")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} -or ({right})")),
            inner.prop_map(|inner| format!("-not({inner})")),
        ]
    });
    mutated(whole)
}

#[test]
fn any_opath_filter_is_answered() {
    let target = Target::new("tiny");
    let path = format!("/adminapi/beta/{}/InvokeCommand", target.tenant());
    let cmdlets = select(vec!["Get-Recipient", "Get-MailContact", "Get-User", "Get-Group"]);
    each(300, (cmdlets, opath()), |(name, filter)| {
        let body = json!({ "CmdletInput": { "CmdletName": name, "Parameters": { "Filter": filter } } });
        target.json(Side::Exchange, "POST", &path, &body);
    });
}

#[test]
fn any_write_of_azure_is_answered() {
    let target = Target::new("tiny");
    let subscription = format!("/subscriptions/{}", target.subscription());
    let principal = target.get(Side::Graph, &format!("/v1.0/users/{ANN}?$select=id"));
    let principal: Value = serde_json::from_slice(&principal.body).unwrap();
    let role = format!(
        "{subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    );
    let info = json!({ "startDateTime": "2030-01-01T00:00:00Z", "expiration": { "type": "AfterDuration", "endDateTime": null, "duration": "P30D" } });
    let templates = vec![
        json!({ "properties": { "roleDefinitionId": role, "principalId": principal["id"], "principalType": "User", "condition": "x", "conditionVersion": "2.0", "description": "x" } }),
        json!({ "properties": { "roleDefinitionId": role, "principalId": principal["id"], "requestType": "AdminAssign", "scheduleInfo": info, "justification": "x",
            "ticketInfo": { "ticketNumber": "1", "ticketSystem": "x" } } }),
        json!({ "properties": { "roleName": "Own", "type": "CustomRole", "description": "x", "assignableScopes": [subscription],
            "permissions": [{ "actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": [] }] } }),
        json!({ "location": "switzerlandnorth", "tags": { "a": "b" } }),
    ];
    let name = "7b0c1a52-52e1-4a43-9a4f-1f0f3a9c2b11";
    let places = [
        "roleAssignments/{}",
        "roleAssignments/{}/validate",
        "roleDefinitions/{}",
        "roleEligibilityScheduleRequests/{}",
        "roleAssignmentScheduleRequests/{}",
        "roleAssignmentScheduleRequests/{}/validate",
        "roleEligibilityScheduleRequests/{}/cancel",
    ];
    let places =
        places.iter().map(|place| format!("{subscription}/providers/Microsoft.Authorization/{place}"));
    let more = ["/resourceGroups/rg-two", "/resourceGroups/{}", "/providers/Microsoft.Compute/register"];
    let places: Vec<String> = places.chain(more.iter().map(|more| format!("{subscription}{more}"))).collect();
    let methods = select(vec!["PUT", "PUT", "PUT", "POST", "POST", "DELETE", "PATCH", "GET", "HEAD"]);
    let names = select(vec![name, "x", "%C3%A9", "00000000-0000-0000-0000-000000000000"]);
    let versions = select(vec!["2022-04-01", "2020-10-01", "2021-04-01", "2018-01-01-preview"]);
    each(
        500,
        (select(places), methods, names, bodies(templates), versions),
        |(place, method, name, body, version)| {
            let path = format!("{}?api-version={version}", place.replace("{}", name));
            target.json(Side::Azure, method, &path, &body);
        },
    );
}

#[test]
fn any_form_of_sign_in_is_answered() {
    let target = Target::new("tiny");
    let (client, secret) = target.sandbox.app.clone();
    let jwt =
        |header: &str, payload: &str| format!("{}.{}.{}", token(header), token(payload), token("signature"));
    let values = vec![
        client,
        secret,
        "client_credentials".to_owned(),
        "password".to_owned(),
        "refresh_token".to_owned(),
        "authorization_code".to_owned(),
        "urn:ietf:params:oauth:grant-type:device_code".to_owned(),
        GRAPH.to_owned(),
        "openid offline_access".to_owned(),
        "https://graph.microsoft.com".to_owned(),
        IDA.to_owned(),
        "public-password-of-tiny".to_owned(),
        sandbox_support::people::GRAPH_TOOLS.to_owned(),
        "S256".to_owned(),
        "http://localhost:1/x".to_owned(),
        "code".to_owned(),
        "form_post".to_owned(),
        "none".to_owned(),
        "select_account".to_owned(),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        jwt("{}", "{}"),
        jwt("[]", "null"),
        jwt("{\"alg\":\"PS256\",\"x5c\":\"\",\"kid\":1}", "{\"exp\":9e99,\"nbf\":-1}"),
        "..".to_owned(),
        "é".to_owned(),
        "1".to_owned(),
    ];
    let fields = select(vec![
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "resource",
        "username",
        "password",
        "refresh_token",
        "code",
        "device_code",
        "redirect_uri",
        "code_verifier",
        "code_challenge",
        "code_challenge_method",
        "client_assertion",
        "client_assertion_type",
        "response_type",
        "response_mode",
        "prompt",
        "state",
        "nonce",
        "login_hint",
        "user_code",
        "claims",
    ]);
    let value = prop_oneof![6 => select(values), 1 => text()];
    let form = prop::collection::vec((fields, value), 0..8);
    let first = select(vec![
        ("", ""),
        ("grant_type", "client_credentials"),
        ("grant_type", "password"),
        ("grant_type", "refresh_token"),
        ("response_type", "code"),
    ]);
    let routes: Vec<(&str, String)> = usher::sandbox::routes()
        .into_iter()
        .filter(|route| route.service == "Sign-in")
        .map(|route| (route.method, route.path))
        .collect();
    let token_way = Just(("POST", "/{tenant}/oauth2/v2.0/token".to_owned()));
    let ways = prop_oneof![1 => token_way, 1 => select(routes)];
    let tenants = select(vec![
        target.tenant(),
        "common".to_owned(),
        "tiny.example".to_owned(),
        "x".to_owned(),
        "%C3%A9.example".to_owned(),
    ]);
    each(800, (ways, tenants, first, form), |((method, path), tenant, first, form)| {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in std::iter::once((first.0, first.1.to_owned())).chain(form) {
            text.append_pair(name, &value);
        }
        let text = text.finish();
        let path = path.replace("{tenant}", &tenant).replace("{}", "x");
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        match method {
            "GET" => target.check(Side::Login, method, &format!("{path}?{text}"), headers, b""),
            _ => target.check(Side::Login, method, &path, headers, text.as_bytes()),
        };
    });
    for body in
        [&b"\xff\xfe=%zz&&&=&grant_type"[..], b"{}", b"%", b"grant_type=client_credentials&client_id=\xc3"]
    {
        let path = format!("/{}/oauth2/v2.0/token", target.tenant());
        target.check(Side::Login, "POST", &path, "", body);
    }
}

#[test]
fn any_line_is_answered() {
    let target = Target::new("tiny");
    let methods = select(vec![
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
        "X-É".trim_end_matches('É'),
        "get",
    ]);
    let pieces = select(vec![
        "v1.0",
        "beta",
        "users",
        "groups",
        "$count",
        "$ref",
        "..",
        ".",
        "",
        "%2e%2e",
        "%2F",
        "%00",
        "%",
        "%zz",
        "%C3%28",
        "users('x')",
        "users('')",
        "users(",
        "()",
        "(x=y,z='w')",
        "microsoft.graph.user",
        "graph.user",
        "microsoft.graph.",
        "subscriptions",
        "providers",
        "Microsoft.Authorization",
        "roleAssignments",
        "adminapi",
        "InvokeCommand",
        "$batch",
        "common",
        "oauth2",
        "token",
        "redeem",
        "sandbox",
        "x\"y",
        "a;b",
        "a+b",
        "*",
        "directoryRoles(roleTemplateId='x')",
        "delta()",
        "metadata",
        "endpoints",
        "tenants",
        "me",
        "userrealm",
        "directory",
        "deletedItems",
    ]);
    let path = prop::collection::vec(pieces, 0..7).prop_map(|pieces| format!("/{}", pieces.join("/")));
    let query = prop_oneof![
        Just(String::new()),
        Just("?".to_owned()),
        Just("?&&=&$top".to_owned()),
        "\\?[!-~]{0,20}"
    ];
    each(600, (methods, path, query), |(method, path, query)| {
        // The controls are no service, and one of them starts the tenant afresh.
        if path.to_lowercase().contains("/sandbox") || query.contains('#') {
            return;
        }
        target.check(Side::Somewhere, method, &format!("{path}{query}"), "", b"{}");
    });
    for line in ["*", "http://elsewhere.example/v1.0/users", "//v1.0//users", "/v1.0/users/"] {
        target.check(Side::Somewhere, "OPTIONS", line, "", b"");
    }
    for length in [1_000, 60_000, 70_000, 400_000] {
        target.check(Side::Somewhere, "GET", &format!("/v1.0/users/{}", "a/".repeat(length / 2)), "", b"");
        target.check(Side::Somewhere, "GET", &format!("/v1.0/users?$filter={}", "a".repeat(length)), "", b"");
    }
    target.check(
        Side::Somewhere,
        "GET",
        "/v1.0/users",
        "ConsistencyLevel: \u{e9}\r\nclient-request-id: \u{e9}\r\nPrefer: ;,=\r\n",
        b"",
    );
}

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
