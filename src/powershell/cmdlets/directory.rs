//! Users, invitations, groups and licences where a cmdlet and its verb differ by more than names.

use super::super::code::{Code, Gives, Level, Piece, Pieces, Severity, quoted};
use super::Outcome;
use super::arguments::{Arguments, entry, items};
use super::filters::{all_of, condition, translated};
use super::graph::{body, path_of};
use super::layout::{call, list, map, native};
use crate::verbs::shapes::{GROUP, USER};
use crate::words::camel;

pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "get-mguser" | "get-azureaduser" | "get-entrauser" | "get-msoluser" | "get-azaduser" => {
            users(name, arguments)
        }
        "get-mggroup" | "get-azureadgroup" | "get-azureadmsgroup" | "get-entragroup" | "get-msolgroup"
        | "get-azadgroup" => {
            groups(arguments);
            None
        }
        "update-mguser" | "set-azureaduser" | "set-entrauser" | "set-msoluser" | "update-azaduser" => {
            set_user(arguments)
        }
        "remove-msoluser" if arguments.has("RemoveFromRecycleBin") => {
            let user = arguments.take_any(&["ObjectId", "UserPrincipalName"])?;
            arguments.rest();
            Some(arguments.done(call("purge_user", &[user], &[]).giving(Gives::Nothing)))
        }
        "new-mginvitation" | "new-azureadmsinvitation" | "new-entrainvitation" => invitation(arguments),
        "set-mguserlicense" => licences(arguments, "UserId"),
        "set-azureaduserlicense" | "set-entrauserlicense" => assigned_licences(arguments),
        "set-msoluserlicense" => msol_licences(arguments),
        "get-mgsubscribedsku" | "get-azureadsubscribedsku" | "get-entrasubscribedsku"
            if arguments.has("SubscribedSkuId") || arguments.has("ObjectId") =>
        {
            let sku = arguments.take_any(&["SubscribedSkuId", "ObjectId"])?;
            arguments.rest();
            Some(arguments.done(call("get_subscribed_sku", &[sku], &[]).giving(Gives::One(Some("licence")))))
        }
        "new-mggroupmemberbyref"
        | "new-mggroupmemberdirectoryobjectbyref"
        | "new-mggroupmember"
        | "set-mgusermanagerbyref"
        | "new-mgusersponsorbyref" => by_reference(name, arguments),
        "add-unifiedgrouplinks" | "remove-unifiedgrouplinks" => links(name, arguments),
        "get-mggrouptransitivemember"
        | "get-mggrouptransitivememberasuser"
        | "get-mgusertransitivememberof"
        | "get-mgusertransitivememberofasgroup" => {
            arguments.give("Transitive", Code::truth(true));
            kept(name, arguments)
        }
        "get-mggroupmemberasuser" | "get-mgusermemberofasgroup" | "get-entrausergroup" => {
            kept(name, arguments)
        }
        "get-team" | "get-teamuser" => Some(teams(name, arguments)),
        "remove-mggroupmember" => {
            let (group, member) = (arguments.take("GroupId")?, arguments.take("DirectoryObjectId")?);
            Some(arguments.done(call("remove_group_member", &[group, member], &[]).giving(Gives::Nothing)))
        }
        _ => None,
    }
}

/// Teams are groups, and their users the groups' members.
fn teams(name: &str, arguments: &mut Arguments) -> Outcome {
    arguments.drop_idle();
    let group = arguments.take("GroupId");
    match (name, group) {
        ("get-teamuser", Some(group)) => {
            let role =
                arguments.take("Role").and_then(|role| role.literal).unwrap_or_default().to_lowercase();
            let members = Gives::Many(Some("directory object"));
            let code = match role.as_str() {
                "owner" => {
                    let path = path_of(&[("/groups/", Some(group)), ("/owners", None)]);
                    let options = [("all".to_owned(), Code::truth(true))];
                    call("graph_request", &[Code::string("GET"), path], &options).giving(Gives::Many(None))
                }
                "guest" => {
                    let read = call("get_group_members", &[group], &[]).text;
                    Code::atom(format!("{read}.filter(|member| member.userType == \"Guest\")"))
                        .giving(members)
                }
                _ => call("get_group_members", &[group], &[]).giving(members),
            };
            arguments.done(code)
        }
        ("get-team", Some(group)) => {
            arguments.done(call("get_group", &[group], &[]).giving(Gives::One(Some("group"))))
        }
        ("get-team", None) => {
            let mut found = vec!["resourceProvisioningOptions/any(option:option eq 'Team')".to_owned()];
            for (parameter, property) in [("DisplayName", "displayName"), ("MailNickName", "mailNickname")] {
                if let Some(value) = arguments.take(parameter) {
                    found.push(condition(property, "eq", &value));
                }
            }
            let options = [("filter".to_owned(), all_of(None, &found))];
            arguments.done(call("get_groups", &[], &options).giving(Gives::Many(Some("group"))))
        }
        _ => Outcome::Unsupported { reason: format!("{} needs -GroupId", arguments.cmdlet) },
    }
}

/// Objects of one kind among members or memberships.
fn kept(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    let kind = if name.ends_with("asuser") {
        "user"
    } else if name.ends_with("asgroup") || name == "get-entrausergroup" {
        "group"
    } else {
        return None;
    };
    let outcome = super::verbs::translate(name, arguments)?;
    let Outcome::Code { code, remarks } = outcome else { return Some(outcome) };
    let text = format!("{}.filter(|item| item.type == \"{kind}\")", code.text);
    Some(Outcome::Code { code: Code::atom(text).giving(code.gives), remarks })
}

/// What old cmdlets look for by parameters of their own, as conditions of a filter.
fn conditions(arguments: &mut Arguments) -> Vec<String> {
    let mut conditions = Vec::new();
    if let Some(text) = arguments.take("SearchString") {
        let by_name = condition("displayName", "startsWith", &text);
        conditions.push(match arguments.cmdlet.to_lowercase().contains("user") {
            true => format!(
                "({by_name} or {} or {})",
                condition("userPrincipalName", "startsWith", &text),
                condition("mail", "startsWith", &text)
            ),
            false => by_name,
        });
    }
    if let Some(text) = arguments.take("StartsWith") {
        conditions.push(condition("displayName", "startsWith", &text));
    }
    conditions
}

fn users(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    let key = arguments.has("UserId")
        || arguments.has("ObjectId")
        || (name != "get-azaduser" && arguments.has("UserPrincipalName"));
    if arguments.flag("ReturnDeletedUsers") {
        arguments.rest();
        return Some(arguments.done(call("get_deleted_users", &[], &[]).giving(Gives::Many(Some("user")))));
    }
    if let Some(expanded) = arguments.take("ExpandProperty") {
        expanded_note(arguments, &expanded);
    }
    if key {
        return None;
    }
    let mut found = conditions(arguments);
    for (parameter, property) in [
        ("DisplayName", "displayName"),
        ("UserPrincipalName", "userPrincipalName"),
        ("Mail", "mail"),
        ("Department", "department"),
        ("Title", "jobTitle"),
        ("City", "city"),
        ("Country", "country"),
        ("State", "state"),
        ("UsageLocation", "usageLocation"),
    ] {
        if let Some(value) = arguments.take(parameter) {
            found.push(condition(property, "eq", &value));
        }
    }
    if let Some(enabled) = arguments.take("EnabledFilter") {
        match enabled.literal.as_deref().map(str::to_lowercase).as_deref() {
            Some("enabledonly") => found.push("accountEnabled eq true".to_owned()),
            Some("disabledonly") => found.push("accountEnabled eq false".to_owned()),
            _ => {}
        }
    }
    if arguments.flag("UnlicensedUsersOnly") {
        found.push("assignedLicenses/$count eq 0".to_owned());
    }
    put_filter(arguments, &found, &USER);
    None
}

fn put_filter(arguments: &mut Arguments, conditions: &[String], shape: &'static crate::verbs::shapes::Shape) {
    if conditions.is_empty() {
        return;
    }
    let given = arguments.take("Filter").map(|filter| translated(&filter, Some(shape)));
    arguments.give("Filter", all_of(given, conditions));
}

fn expanded_note(arguments: &mut Arguments, expanded: &Code) {
    let names: Vec<String> = items(expanded).into_iter().flatten().filter_map(|item| item.literal).collect();
    for name in names {
        let verb = USER.elsewhere(name.split('(').next().unwrap_or_default().trim());
        if let Some(verb) = verb {
            arguments.remark(Severity::Note, format!("`{name}` is read where it is needed: {verb}"));
        }
    }
}

fn groups(arguments: &mut Arguments) {
    arguments.drop_idle();
    if let Some(select) = arguments.take("Property") {
        // All that a group usually has is read; more is found by graph_request.
        let names: Vec<String> =
            items(&select).into_iter().flatten().filter_map(|item| item.literal).collect();
        let more: Vec<&String> = names
            .iter()
            .filter(|name| GROUP.more.iter().any(|more| more.eq_ignore_ascii_case(name)))
            .collect();
        if let Some(first) = more.first() {
            arguments.remark(Severity::Attention, format!("`{first}` of a group is read by graph_request"));
        }
    }
    arguments.take("Sort");
    arguments.take("ExpandProperty");
    let mut found = conditions(arguments);
    if let Some(kind) = arguments.take("GroupType") {
        match kind.literal.as_deref().map(str::to_lowercase).as_deref() {
            Some("security") => found.push("securityEnabled eq true and mailEnabled eq false".to_owned()),
            Some("distributionlist") => {
                found.push("securityEnabled eq false and mailEnabled eq true".to_owned())
            }
            _ => {}
        }
    }
    put_filter(arguments, &found, &GROUP);
}

/// A change of `accountEnabled` alone has verbs of its own; what the verb does not take goes to Graph as it is.
fn set_user(arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    if !arguments.splatted.is_empty() {
        return None;
    }
    if let Some(blocked) = arguments.take("BlockCredential") {
        let enabled = match blocked.text.as_str() {
            "true" => Code::truth(false),
            "false" => Code::truth(true),
            _ => Code::new(format!("!{}", blocked.at(Level::Unary)), Level::Unary).giving(Gives::Truth),
        };
        arguments.give("AccountEnabled", enabled);
    }
    let key = ["UserId", "ObjectId", "UPNOrObjectId", "UserPrincipalName"]
        .into_iter()
        .find(|name| arguments.has(name))?;
    let names: Vec<String> = arguments.left().into_iter().map(str::to_owned).collect();
    let changes: Vec<&String> =
        names.iter().filter(|name| *name != key && *name != "UserPrincipalName").collect();
    if let ["AccountEnabled"] = changes.iter().map(|name| name.as_str()).collect::<Vec<_>>().as_slice()
        && let Some(verb) =
            arguments.peek("AccountEnabled").map_or(Some("enable_user"), |value| match value.text.as_str() {
                "true" => Some("enable_user"),
                "false" => Some("disable_user"),
                _ => None,
            })
    {
        let user = arguments.take(key)?;
        arguments.rest();
        return Some(arguments.done(call(verb, &[user], &[]).giving(Gives::One(Some("user")))));
    }
    let takes = crate::catalogue::find("set_user")?.schema()["properties"].as_object()?;
    let known = |name: &str| {
        let listed =
            arguments.known.and_then(|known| known.parameter(name)).and_then(|parameter| parameter.argument);
        takes.contains_key(listed.unwrap_or(&camel(name)))
    };
    if changes.iter().all(|name| known(name)) && !arguments.has("BodyParameter") {
        let emptied: Vec<String> = changes
            .iter()
            .filter(|name| {
                arguments.peek(name).is_some_and(|value| {
                    value.gives == Gives::Nothing || value.literal.as_deref() == Some("")
                })
            })
            .map(|name| (*name).clone())
            .collect();
        if emptied.is_empty() {
            return None;
        }
        // An empty value never clears anything; clearing is said.
        let clear: Vec<Code> = emptied
            .iter()
            .map(|name| {
                let listed = arguments
                    .known
                    .and_then(|known| known.parameter(name))
                    .and_then(|parameter| parameter.argument);
                Code::string(listed.unwrap_or(&camel(name)))
            })
            .collect();
        for name in &emptied {
            arguments.take(name);
        }
        arguments.give("Clear", list(&clear));
        return None;
    }
    let user = arguments.take(key)?;
    let whole = arguments.take("BodyParameter");
    let sent = match whole {
        Some(whole) => native("options", &[whole]),
        None => body(&arguments.rest()),
    };
    arguments.rest();
    let path = path_of(&[("/users/", Some(user))]);
    Some(arguments.done(call("graph_request", &[Code::string("PATCH"), path], &[("body".to_owned(), sent)])))
}

fn invitation(arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    // Whose address is read from the directory is there already and is mailed once more, which `new_invitation` does not do.
    let again =
        arguments.peek("InvitedUserEmailAddress").is_some_and(|address| address.text.ends_with(".mail"));
    if again || arguments.has("ResetRedemption") {
        let entries = arguments.rest();
        let sent = body(&entries);
        let code = call(
            "graph_request",
            &[Code::string("POST"), Code::string("/invitations")],
            &[("body".to_owned(), sent)],
        );
        return Some(arguments.done(code.giving(Gives::One(Some("invitation")))));
    }
    if arguments.take("InvitedUser").is_some() {
        arguments
            .remark(Severity::Attention, "-InvitedUser is only for a redemption that begins anew: left out");
    }
    let whole = arguments.take("BodyParameter")?;
    if arguments.left().is_empty() {
        let code = call("new_invitation", &[native("options", &[whole])], &[]);
        return Some(arguments.done(code.giving(Gives::One(Some("invitation")))));
    }
    None
}

/// The id at the end of a link such as `https://graph.microsoft.com/v1.0/directoryObjects/{id}`.
pub fn linked(link: &Code) -> Code {
    if let Some(text) = &link.literal {
        let id = text.trim_end_matches('}').rsplit(['/', '{']).next().unwrap_or(text);
        return Code::string(id.trim_matches(|letter| matches!(letter, '(' | ')' | '\'')));
    }
    if let Pieces::Template(pieces) = &link.pieces {
        let last = pieces
            .iter()
            .rev()
            .find(|piece| !matches!(piece, Piece::Text(text) if matches!(text.as_str(), "" | "}" | "')")));
        let before = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains("://")));
        if let (Some(Piece::Value(value)), true) = (last, before) {
            return value.clone();
        }
    }
    native("linked", std::slice::from_ref(link))
}

/// Bodies of the form `@{ "@odata.id" = link }`.
fn by_reference(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    let (verb, key, parameter) = match name {
        "set-mgusermanagerbyref" => ("set_manager", "UserId", "manager"),
        "new-mgusersponsorbyref" => ("add_sponsor", "UserId", "sponsor"),
        _ => ("add_group_member", "GroupId", "member"),
    };
    let owner = arguments.take(key)?;
    let link = arguments.take_any(&["OdataId", "@odata.id", "odata.id"]);
    let other = match (
        link,
        arguments.take("DirectoryObjectId"),
        arguments.take_any(&["BodyParameter", "AdditionalProperties"]),
    ) {
        (Some(link), _, _) => linked(&link),
        (None, Some(id), _) => id,
        (None, None, Some(whole)) => native("linked", &[whole]),
        (None, None, None) => {
            return Some(Outcome::Unsupported {
                reason: format!("{} does not say which {parameter}", arguments.cmdlet),
            });
        }
    };
    arguments.rest();
    Some(arguments.done(call(verb, &[owner, other], &[]).giving(Gives::Nothing)))
}

/// One call for each; a loop where the list is only known when the script runs.
fn for_each(code: &Code, name: &str, each: impl Fn(&Code) -> Code) -> Code {
    match items(code) {
        Some(items) if items.len() == 1 => each(&items[0]),
        Some(items) => {
            let calls: Vec<String> = items.iter().map(|item| format!("    {};\n", each(item).text)).collect();
            Code::new(format!("{{\n{}}}", calls.concat()), Level::Loose).giving(Gives::Nothing)
        }
        None => {
            let list = if matches!(code.gives, Gives::Many(_) | Gives::Rows) {
                code.text.clone()
            } else {
                native("each", std::slice::from_ref(code)).text
            };
            let inner = each(&Code::atom(name));
            Code::new(format!("for {name} in {list} {{\n    {};\n}}", inner.text), Level::Loose)
                .giving(Gives::Nothing)
        }
    }
}

fn links(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    let kind = arguments.peek("LinkType")?.literal.clone()?;
    if !kind.eq_ignore_ascii_case("members") && !kind.eq_ignore_ascii_case("member") {
        return None;
    }
    let group = arguments.take("Identity")?;
    let members = arguments.take("Links")?;
    arguments.rest();
    let verb = if name.starts_with("add") { "add_group_member" } else { "remove_group_member" };
    let code = for_each(&members, "member", |member| {
        call(verb, &[group.clone(), member.clone()], &[]).giving(Gives::Nothing)
    });
    Some(arguments.done(code))
}

/// A list, whatever was given of it.
fn several(code: Option<Code>) -> Code {
    let code = code.unwrap_or_else(|| list(&[]));
    items(&code).map_or_else(|| native("each", std::slice::from_ref(&code)), |items| list(&items))
}

/// `@{ SkuId = x; DisabledPlans = y }` as the licence and the options of its verb.
fn sku(item: &Code) -> Option<(Code, Vec<(String, Code)>)> {
    match &item.pieces {
        Pieces::Map(entries) => {
            let sku = entry(entries, "SkuId")?.clone();
            let plans = entry(entries, "DisabledPlans")
                .filter(|plans| items(plans).is_none_or(|plans| !plans.is_empty()));
            let options = plans.map(|plans| {
                let plans = items(plans)
                    .map_or_else(|| native("each", std::slice::from_ref(plans)), |items| list(&items));
                ("disabledPlans".to_owned(), plans)
            });
            Some((sku, options.into_iter().collect()))
        }
        _ if item.literal.is_some() || matches!(item.gives, Gives::Text) => Some((item.clone(), Vec::new())),
        _ => None,
    }
}

fn sequence(calls: &[Code]) -> Code {
    match calls {
        [one] => one.clone(),
        several => {
            let lines: Vec<String> = several
                .iter()
                .map(|code| format!("    {};\n", super::layout::indented(&code.text)))
                .collect();
            Code::new(format!("{{\n{}}}", lines.concat()), Level::Loose).giving(Gives::Nothing)
        }
    }
}

/// Licences to add and to take away, as calls of their verbs; as one call of Graph where the lists are not known.
fn licences(arguments: &mut Arguments, key: &str) -> Option<Outcome> {
    let user = arguments.take(key)?;
    let add = arguments.take("AddLicenses");
    let remove = arguments.take("RemoveLicenses");
    let whole = arguments.take_any(&["BodyParameter", "AdditionalProperties"]);
    arguments.rest();
    let known = |code: &Option<Code>| match code {
        None => Some(Vec::new()),
        Some(code) => items(code),
    };
    if whole.is_none()
        && let (Some(add), Some(remove)) = (known(&add), known(&remove))
        && let Some(add) = add.iter().map(sku).collect::<Option<Vec<_>>>()
    {
        let mut calls: Vec<Code> = Vec::new();
        for (sku, options) in add {
            calls.push(call("add_license", &[user.clone(), sku], &options).giving(Gives::Nothing));
        }
        for sku in remove {
            calls.push(call("remove_license", &[user.clone(), sku], &[]).giving(Gives::Nothing));
        }
        return Some(match calls.is_empty() {
            true => Outcome::Dropped { note: "no licence is added and none is taken away".to_owned() },
            false => arguments.done(sequence(&calls)),
        });
    }
    let sent = match whole {
        Some(whole) => native("options", &[whole]),
        None => map(&[
            ("addLicenses".to_owned(), native("licenses", &[add.unwrap_or_else(|| list(&[]))])),
            ("removeLicenses".to_owned(), several(remove)),
        ]),
    };
    let path = path_of(&[("/users/", Some(user)), ("/assignLicense", None)]);
    Some(arguments.done(call("graph_request", &[Code::string("POST"), path], &[("body".to_owned(), sent)])))
}

/// An `AssignedLicenses` object: what it adds and takes away is only known when the script runs.
fn assigned_licences(arguments: &mut Arguments) -> Option<Outcome> {
    let user = arguments.take_any(&["ObjectId", "UserId"])?;
    let assigned = arguments.take("AssignedLicenses")?;
    let path = path_of(&[("/users/", Some(user)), ("/assignLicense", None)]);
    let sent = match &assigned.pieces {
        Pieces::Map(entries) => map(&[
            (
                "addLicenses".to_owned(),
                native("licenses", &[entry(entries, "AddLicenses").cloned().unwrap_or_else(|| list(&[]))]),
            ),
            (
                "removeLicenses".to_owned(),
                native("each", &[entry(entries, "RemoveLicenses").cloned().unwrap_or_else(|| list(&[]))]),
            ),
        ]),
        _ => native("license_changes", &[assigned]),
    };
    Some(arguments.done(call("graph_request", &[Code::string("POST"), path], &[("body".to_owned(), sent)])))
}

/// `contoso:POWER_BI_STANDARD` is `POWER_BI_STANDARD`.
fn msol_licences(arguments: &mut Arguments) -> Option<Outcome> {
    let user = arguments.take_any(&["UserPrincipalName", "ObjectId"])?;
    let bare = |item: &Code| match &item.literal {
        Some(text) => Code::string(text.rsplit(':').next().unwrap_or(text)),
        None => native("sku", std::slice::from_ref(item)),
    };
    let mut calls = Vec::new();
    if let Some(add) = arguments.take("AddLicenses") {
        calls.push(for_each(&add, "sku", |sku| {
            call("add_license", &[user.clone(), bare(sku)], &[]).giving(Gives::Nothing)
        }));
    }
    if let Some(remove) = arguments.take("RemoveLicenses") {
        calls.push(for_each(&remove, "sku", |sku| {
            call("remove_license", &[user.clone(), bare(sku)], &[]).giving(Gives::Nothing)
        }));
    }
    if arguments.take("LicenseOptions").is_some() {
        arguments.remark(
            Severity::Attention,
            "service plans to leave out are an option of add_license: `disabledPlans`",
        );
    }
    arguments.rest();
    match calls.is_empty() {
        true => Some(Outcome::Unsupported {
            reason: format!("{} neither adds nor removes a licence", quoted(&arguments.cmdlet)),
        }),
        false => Some(arguments.done(sequence(&calls))),
    }
}
