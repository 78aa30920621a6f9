//! What is sent: nearly right, and not at all.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

pub const ANN: &str = "ann_fabrikam.example%23EXT%23@tiny.onmicrosoft.com";
pub const IDA: &str = "ida.lund@tiny.example";
pub const ROLE: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";

pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Takes something out of a text, or puts something in.
pub fn bent(text: String, at: prop::sample::Index, with: &str, cut: bool) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let place = places[at.index(places.len())];
    let (before, after) = text.split_at(place);
    let after = if cut { after.chars().skip(1).collect() } else { after.to_owned() };
    format!("{before}{with}{after}")
}

pub fn mutated(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
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

pub const PROPERTIES: [&str; 24] = [
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

pub fn filter() -> impl Strategy<Value = String> {
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

pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,40}", Just(String::new()), Just("a".repeat(3000))]
}

/// Options of every kind, some as they should be.
pub fn options() -> impl Strategy<Value = String> {
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

pub fn token(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

/// JSON of any form, with names that the services know here and there.
pub fn anything() -> impl Strategy<Value = Value> {
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
pub fn disturbed(value: &mut Value, at: usize, with: &Value, rename: bool) {
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

pub fn bodies(templates: Vec<Value>) -> impl Strategy<Value = Value> {
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

/// OPATH, more or less.
pub fn opath() -> impl Strategy<Value = String> {
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

/// What is sent to Graph by those who do it right.
pub fn graph_bodies(id: &str) -> Vec<Value> {
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
