//! Cmdlets of Microsoft.Graph without a verb: method and path are in their names, and `graph_request` makes the call.

use super::super::code::{Code, Gives, Level, Piece, Pieces, Severity};
use super::Outcome;
use super::arguments::{Arguments, items};
use super::filters::{escaped, is_id, translated};
use super::layout::{call, list, map, native};
use crate::words::camel;

/// The path for a noun, with the verb that an action has beside it.
fn path_for(verb: &str, noun: &str) -> Option<&'static str> {
    let lines = include_str!("paths.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut found = None;
    for line in lines {
        let (key, path) = line.split_once(" /").map(|(key, _)| (key, &line[key.len() + 1..]))?;
        let (known, action) = key.split_once(' ').map_or((key, None), |(noun, action)| (noun, Some(action)));
        if !known.eq_ignore_ascii_case(noun) {
            continue;
        }
        match action {
            Some(action) if action.eq_ignore_ascii_case(verb) => return Some(path),
            None => found = Some(path),
            Some(_) => {}
        }
    }
    found
}

/// Old modules' nouns as Graph's.
const SAME: &[(&str, &str)] = &[
    ("AzureADDomain", "Domain"),
    ("TeamChannel", "TeamChannel"),
    ("TeamAllChannel", "TeamAllChannel"),
    ("TeamChannelUser", "TeamChannelMember"),
    ("MsolDomain", "Domain"),
    ("EntraDomain", "Domain"),
    ("AzureADUserAllRefreshToken", "UserSignInSession"),
    ("EntraUserAllRefreshToken", "UserSignInSession"),
    ("AzureADUserOwnedDevice", "UserOwnedDevice"),
    ("AzureADUserOwnedObject", "UserOwnedObject"),
    ("AzureADUserDirectReport", "UserDirectReport"),
    ("AzureADUserAppRoleAssignment", "UserAppRoleAssignment"),
    ("EntraUserAppRoleAssignment", "UserAppRoleAssignment"),
    ("AzureADGroupOwner", "GroupOwner"),
    ("EntraGroupOwner", "GroupOwner"),
    ("AzureADMSGroupLifecyclePolicy", "GroupLifecyclePolicy"),
    ("AzureADDirectorySetting", "GroupSetting"),
    ("AzureADDirectorySettingTemplate", "GroupSettingTemplate"),
    ("AzureADMSAuthorizationPolicy", "PolicyAuthorizationPolicy"),
    ("EntraAuthorizationPolicy", "PolicyAuthorizationPolicy"),
    ("AzureADMSAdministrativeUnit", "DirectoryAdministrativeUnit"),
    ("AzureADAuditSignInLogs", "AuditLogSignIn"),
    ("AzureADAuditDirectoryLogs", "AuditLogDirectoryAudit"),
    ("EntraAuditSignInLog", "AuditLogSignIn"),
    ("EntraAuditDirectoryLog", "AuditLogDirectoryAudit"),
    ("AzureADServicePrincipal", "ServicePrincipal"),
    ("EntraServicePrincipal", "ServicePrincipal"),
    ("AzureADApplication", "Application"),
    ("AzureADContact", "Contact"),
    ("AzureADDevice", "Device"),
    ("AzureADMSRoleAssignment", "RoleManagementDirectoryRoleAssignment"),
    ("EntraDirectoryRoleAssignment", "RoleManagementDirectoryRoleAssignment"),
    ("AzureADMSConditionalAccessPolicy", "IdentityConditionalAccessPolicy"),
    ("AzureADServiceAppRoleAssignment", "ServicePrincipalAppRoleAssignedTo"),
    ("AzureADObjectByObjectId", "DirectoryObject"),
    ("AzureADMSDeletedDirectoryObject", "DirectoryDeletedItem"),
    ("AzureADUserExtension", "UserExtension"),
    ("AzureADGroup", "Group"),
    ("AzureADMSGroup", "Group"),
    ("AzureADUser", "User"),
    ("EntraGroup", "Group"),
    ("EntraUser", "User"),
];

/// Requests in Graph's own words.
pub fn requests(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "invoke-mggraphrequest" | "invoke-mgrestmethod" | "invoke-graphrequest" => {
            Some(request(arguments, false))
        }
        "invoke-restmethod" | "invoke-webrequest" => Some(request(arguments, true)),
        _ => None,
    }
}

/// Whether a cmdlet's name says method and path.
pub fn has_path(name: &str) -> bool {
    let Some((verb, noun)) = name.split_once('-') else { return false };
    let known = noun.strip_prefix("mg").map(str::to_owned);
    let old =
        || SAME.iter().find(|(old, _)| old.eq_ignore_ascii_case(noun)).map(|(_, noun)| (*noun).to_owned());
    known.or_else(old).is_some_and(|noun| path_for(verb, &noun).is_some())
}

pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    let (verb, noun) = name.split_once('-')?;
    let beta = arguments.cmdlet.to_lowercase().contains("-mgbeta");
    let (noun, old) = match noun.strip_prefix("mg") {
        Some(noun) => (noun.to_owned(), false),
        None => (SAME.iter().find(|(old, _)| old.eq_ignore_ascii_case(noun))?.1.to_owned(), true),
    };
    let path = path_for(verb, &noun)?;
    let method = match verb {
        "get" if path.ends_with("getByIds") => "POST",
        "get" => "GET",
        "new" | "add" | "send" | "revoke" | "invoke" | "restore" | "confirm" | "convert" => "POST",
        "update" | "set" => "PATCH",
        "remove" => "DELETE",
        _ => return None,
    };
    Some(write(method, path, beta, old, arguments))
}

fn write(method: &str, path: &'static str, beta: bool, old: bool, arguments: &mut Arguments) -> Outcome {
    arguments.drop_idle();
    let mut parts: Vec<(String, Option<Code>)> = Vec::new();
    let mut rest = path;
    let mut lists = true;
    while let Some((before, after)) = rest.split_once('{') {
        let (parameter, after) = after.split_once('}').unwrap_or((after, ""));
        let optional = parameter.ends_with('?');
        let parameter = parameter.trim_end_matches('?');
        // Old modules call every id ObjectId or Id.
        let last = !after.contains('{');
        let value = arguments
            .take(parameter)
            .or_else(|| {
                if old || last {
                    arguments.take_any(&["ObjectId", "Id", "InputObject", "GroupId"])
                } else {
                    None
                }
            })
            .or_else(|| if optional { None } else { first_loose(arguments) });
        lists = optional && value.is_none();
        match value {
            Some(value) => {
                parts.push((before.to_owned(), Some(value)));
            }
            None if optional => {
                parts.push((before.trim_end_matches('/').to_owned(), None));
                rest = after;
                break;
            }
            None => {
                return Outcome::Unsupported { reason: format!("{} needs -{parameter}", arguments.cmdlet) };
            }
        }
        rest = after;
    }
    if !rest.is_empty() {
        lists =
            rest.ends_with('s') && !rest.ends_with("settings") || rest.contains("microsoft.graph.") || lists;
    }
    if !path.contains('{') {
        const LISTS: &[&str] = &["/deletedItems/", "/sites/getAllSites", "/invitations"];
        lists = LISTS.iter().any(|known| path.contains(known));
    }
    parts.push((rest.to_owned(), None));
    let address = {
        let parts: Vec<(&str, Option<Code>)> =
            parts.iter().map(|(text, value)| (text.as_str(), value.clone())).collect();
        path_of(&parts)
    };
    let mut options: Vec<(String, Code)> = Vec::new();
    let mut top = false;
    if method == "GET" {
        let query = query(arguments);
        top = query.iter().any(|(name, _)| name == "$top");
        if !query.is_empty() {
            options.push(("query".to_owned(), map(&query)));
        }
    }
    let whole = arguments.take_any(&["BodyParameter", "AdditionalProperties"]);
    let left: Vec<(String, Code)> = arguments.rest();
    let left: Vec<(String, Code)> = left
        .into_iter()
        .filter(|(name, _)| !IDLE.iter().any(|idle| idle.eq_ignore_ascii_case(name)))
        .collect();
    if method != "GET" && method != "DELETE" {
        match whole {
            Some(whole) => options.push(("body".to_owned(), native("options", &[whole]))),
            None if !left.is_empty() => options.push(("body".to_owned(), body(&left))),
            None => {}
        }
    } else if !left.is_empty() {
        let names: Vec<String> = left.iter().map(|(name, _)| format!("-{name}")).collect();
        arguments
            .remark(Severity::Attention, format!("{} of {} is left out", names.join(", "), arguments.cmdlet));
    }
    if beta {
        options.push(("version".to_owned(), Code::string("beta")));
    }
    let asks_all = method == "GET" && lists && !top;
    if asks_all {
        options.push(("all".to_owned(), Code::truth(true)));
    }
    let request = call("graph_request", &[Code::string(method), address], &options);
    let code = match (method, lists, top) {
        ("GET", true, true) => Code::atom(format!("{}.value", request.text)).giving(Gives::Many(None)),
        ("GET", true, false) => request.giving(Gives::Many(None)),
        ("GET", false, _) => request.giving(Gives::One(None)),
        _ => request.giving(Gives::Unknown),
    };
    arguments.done(code)
}

/// Parameters that say how, not what.
const IDLE: &[&str] = &[
    "ConsistencyLevel",
    "CountVariable",
    "CV",
    "PageSize",
    "All",
    "PassThru",
    "Headers",
    "ResponseHeadersVariable",
    "Force",
];

fn first_loose(arguments: &mut Arguments) -> Option<Code> {
    match arguments.loose.is_empty() {
        true => arguments.piped.take(),
        false => Some(arguments.loose.remove(0)),
    }
}

fn query(arguments: &mut Arguments) -> Vec<(String, Code)> {
    let mut query = Vec::new();
    if let Some(filter) = arguments.take("Filter") {
        query.push(("$filter".to_owned(), translated(&filter, None)));
    }
    if let Some(search) = arguments.take("Search") {
        query.push(("$search".to_owned(), search));
    }
    for (names, option) in [
        (["Property", "Select"], "$select"),
        (["ExpandProperty", "Expand"], "$expand"),
        (["Sort", "OrderBy"], "$orderby"),
    ] {
        if let Some(value) = arguments.take_any(&names) {
            let words: Option<Vec<String>> = items(&value).and_then(|items| {
                items.into_iter().map(|item| item.literal.map(|text| word(&text))).collect()
            });
            let value = words.map_or_else(
                || native("join", &[value.clone(), Code::string(",")]),
                |words| Code::string(&words.join(",")),
            );
            if value.literal.as_deref() != Some("*") {
                query.push((option.to_owned(), value));
            }
        }
    }
    for (names, option) in [(["Top", "Limit"], "$top"), (["Skip", "Offset"], "$skip")] {
        if let Some(value) = arguments.take_any(&names) {
            query.push((option.to_owned(), value));
        }
    }
    query
}

/// `DisplayName desc` and `Manager($select=Id)` with the names in camelCase.
fn word(text: &str) -> String {
    let parts: Vec<String> = text.split(',').map(|part| camel(part.trim())).collect();
    parts.join(",")
}

/// A body of parameters: names in camelCase, tables inside as they are.
pub fn body(entries: &[(String, Code)]) -> Code {
    let entries: Vec<(String, Code)> = entries
        .iter()
        .filter(|(name, _)| !IDLE.iter().any(|idle| idle.eq_ignore_ascii_case(name)))
        .map(|(name, value)| {
            let name = if name.starts_with('@') || name.contains('.') { name.clone() } else { camel(name) };
            (name, deep(value))
        })
        .collect();
    map(&entries)
}

fn deep(value: &Code) -> Code {
    match &value.pieces {
        Pieces::Map(entries) => body(entries),
        Pieces::List(items) => list(&items.iter().map(deep).collect::<Vec<_>>()),
        _ => value.clone(),
    }
}

/// What a request sends: a table as it is, JSON text as what it says.
pub fn request_body(code: &Code) -> Code {
    // `... | ConvertTo-Json` makes text of a table only to send it.
    if let Some(inner) = code.text.strip_prefix("ps::to_json(").and_then(|rest| rest.strip_suffix(')')) {
        let inner = inner.strip_suffix(", #{ compress: true }").unwrap_or(inner);
        if balanced(inner) {
            return Code::atom(inner);
        }
    }
    match (&code.literal, &code.pieces) {
        (Some(_), _) | (None, Pieces::Template(_)) => native("from_json", std::slice::from_ref(code)),
        (None, Pieces::Map(_) | Pieces::List(_)) => code.clone(),
        _ if code.gives == Gives::Map => code.clone(),
        _ => native("body", std::slice::from_ref(code)),
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for letter in text.chars() {
        match letter {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// A path whose ids stand in it; what may be an object or an address goes in by its key.
pub fn path_of(parts: &[(&str, Option<Code>)]) -> Code {
    let mut text = String::new();
    let mut dynamic = false;
    for (before, value) in parts {
        text.push_str(&escaped(before));
        match value {
            None => {}
            Some(value) => match &value.literal {
                Some(literal) if !literal.contains('#') => text.push_str(&escaped(literal)),
                Some(literal) => text.push_str(&literal.replace('#', "%23")),
                None => {
                    dynamic = true;
                    let inner = match &value.gives {
                        Gives::One(Some(_)) => format!("{}.id", value.at(Level::Atom)),
                        _ if is_id(&value.text) => value.text.clone(),
                        _ => native("key", std::slice::from_ref(value)).text,
                    };
                    text.push_str(&format!("${{{inner}}}"));
                }
            },
        }
    }
    match dynamic {
        true => Code::atom(format!("`{text}`")).giving(Gives::Text),
        false => Code::string(&text.replace("``", "`")),
    }
}

const HOSTS: &[&str] = &["https://graph.microsoft.com", "http://graph.microsoft.com"];

/// Whether a request signs in: by where it goes, or by what it sends.
fn asks_for_token(arguments: &Arguments, uri: &Code) -> bool {
    let place = match (&uri.literal, &uri.pieces) {
        (Some(text), _) => text.to_lowercase(),
        (None, Pieces::Template(pieces)) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.to_lowercase(),
                Piece::Value(_) => String::new(),
            })
            .collect(),
        _ => String::new(),
    };
    let sent = match arguments.peek("Body") {
        Some(Code { pieces: Pieces::Map(entries), .. }) => entries
            .iter()
            .any(|(name, _)| matches!(name.to_lowercase().as_str(), "grant_type" | "client_secret")),
        Some(Code { literal: Some(text), .. }) => text.contains("grant_type="),
        _ => false,
    };
    sent || place.contains("login.microsoftonline.com") || place.contains("/oauth2/")
}

/// A request in Graph's own words. Anywhere else is nowhere that a script can reach.
fn request(arguments: &mut Arguments, anywhere: bool) -> Outcome {
    let Some(uri) = arguments.take("Uri") else {
        return Outcome::Unsupported { reason: format!("{} has no -Uri", arguments.cmdlet) };
    };
    if anywhere && asks_for_token(arguments, &uri) {
        arguments.rest();
        arguments.remark(
            Severity::Note,
            "usher signs in by itself: the token is empty, and no header of it is sent",
        );
        return arguments.done(native("token", &[]).giving(Gives::Map));
    }
    let method = arguments.take("Method").unwrap_or_else(|| Code::string("GET"));
    let method = match &method.literal {
        Some(text) => Code::string(&text.to_uppercase()),
        None => Code::atom(format!("{}.to_upper()", method.at(Level::Atom))),
    };
    let begins = uri.literal.clone().or_else(|| match &uri.pieces {
        Pieces::Template(pieces) => match pieces.first() {
            Some(Piece::Text(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    });
    if anywhere {
        let lower = begins.as_deref().map(str::to_lowercase);
        match lower.as_deref() {
            Some(text) if text.contains("management.azure.com") => {
                let mut options = Vec::new();
                if let Some(body) = arguments.take("Body") {
                    options.push(("body".to_owned(), request_body(&body)));
                }
                arguments.rest();
                let path = without(&uri, "https://management.azure.com");
                return arguments.done(call("azure_request", &[method, path], &options));
            }
            Some(text) if text.starts_with("http") && !text.contains("graph.microsoft.com") => {
                return Outcome::Unsupported {
                    reason: "a script reaches the tenant's services and nothing else".to_owned(),
                };
            }
            _ => {}
        }
    }
    let mut options = Vec::new();
    if let Some(body) = arguments.take("Body") {
        options.push(("body".to_owned(), request_body(&body)));
    }
    if let Some(headers) = arguments.take("Headers") {
        match &headers.pieces {
            Pieces::Map(entries) => {
                let kept: Vec<(String, Code)> = entries
                    .iter()
                    .filter(|(name, _)| {
                        !matches!(name.to_lowercase().as_str(), "authorization" | "content-type")
                    })
                    .cloned()
                    .collect();
                if !kept.is_empty() {
                    options.push(("headers".to_owned(), map(&kept)));
                }
            }
            _ if anywhere => {}
            _ => options.push(("headers".to_owned(), native("headers", &[headers]))),
        }
    }
    if let Some(file) = arguments.take_any(&["OutputFilePath", "OutFile"]) {
        arguments.remark(Severity::Attention, format!("the answer is not written to {}", file.text));
    }
    arguments.drop_idle();
    for ignored in ["StatusCodeVariable", "ResponseHeadersVariable", "SessionVariable"] {
        arguments.take(ignored);
    }
    let path = HOSTS.iter().fold(uri, |uri, host| without(&uri, host));
    let code = call("graph_request", &[method, path], &options).giving(Gives::One(None));
    arguments.done(code)
}

/// The address from the root on; graph_request takes a whole one as well, as the next page's link is.
fn without(uri: &Code, host: &str) -> Code {
    if let Some(text) = &uri.literal {
        let short = text.get(host.len()..).filter(|_| text.to_lowercase().starts_with(host)).unwrap_or(text);
        let rooted = if short.starts_with('/') || short.starts_with("http") {
            short.to_owned()
        } else {
            format!("/{short}")
        };
        return Code::string(&rooted);
    }
    let Pieces::Template(pieces) = &uri.pieces else { return uri.clone() };
    let Some(Piece::Text(first)) = pieces.first() else { return uri.clone() };
    let short = first.get(host.len()..).filter(|_| first.to_lowercase().starts_with(host)).unwrap_or(first);
    let mut pieces = pieces.clone();
    pieces[0] = Piece::Text(short.to_owned());
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => escaped(text),
            Piece::Value(code) => format!("${{{}}}", code.text),
        })
        .collect();
    Code { pieces: Pieces::Template(pieces), ..Code::atom(format!("`{text}`")).giving(Gives::Text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_table_is_a_noun_and_a_path() {
        for line in
            include_str!("paths.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (key, path) = line.split_once(" /").unwrap();
            assert!(key.split(' ').count() <= 2 && !path.contains(' '), "{line}");
            assert_eq!(path.matches('{').count(), path.matches('}').count(), "{line}");
        }
        assert_eq!(path_for("send", "UserMail"), Some("/users/{UserId}/sendMail"));
        assert_eq!(path_for("get", "nothing"), None);
    }
}
