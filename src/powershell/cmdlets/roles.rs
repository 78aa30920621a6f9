//! Directory roles and Azure roles: who holds one, and where.

use super::super::code::{Code, Gives, Level, Severity};
use super::Outcome;
use super::arguments::Arguments;
use super::filters::condition;
use super::graph::path_of;
use super::layout::{call, map};

const ROLES: Gives = Gives::Many(Some("directory role"));

pub fn translate(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    match name {
        "get-mgdirectoryrole"
        | "get-azureaddirectoryrole"
        | "get-entradirectoryrole"
        | "get-msolrole"
        | "get-azureaddirectoryroletemplate"
        | "get-mgdirectoryroletemplate"
        | "get-mgrolemanagementdirectoryroledefinition"
        | "get-azureadmsroledefinition"
        | "get-entradirectoryroledefinition" => Some(definitions(arguments)),
        "get-mgdirectoryrolemember"
        | "get-mgdirectoryrolememberasuser"
        | "get-azureaddirectoryrolemember"
        | "get-entradirectoryrolemember"
        | "get-msolrolemember" => members(arguments),
        "new-mgdirectoryrolememberbyref" => {
            let role = arguments.take("DirectoryRoleId")?;
            let link = arguments.take_any(&["OdataId", "@odata.id"])?;
            arguments.rest();
            let code = call("assign_role", &[super::directory::linked(&link), role], &[]);
            Some(arguments.done(code.giving(Gives::One(Some("role assignment")))))
        }
        "get-msoluserrole" => {
            let user = arguments.take_any(&["ObjectId", "UserPrincipalName"])?;
            arguments.rest();
            Some(arguments.done(
                call("get_role_assignments", &[user], &[]).giving(Gives::Many(Some("role assignment"))),
            ))
        }
        "get-azroleassignment" => azure_assignments(arguments),
        "new-azroleassignment" | "remove-azroleassignment" => azure_scope(name, arguments),
        "get-mgrolemanagementdirectoryroleassignment" if !arguments.has("PrincipalId") => None,
        _ => None,
    }
}

/// Roles by their definitions, activated or not: assigning needs no activation.
fn definitions(arguments: &mut Arguments) -> Outcome {
    arguments.drop_idle();
    let key =
        arguments.take_any(&["DirectoryRoleId", "ObjectId", "UnifiedRoleDefinitionId", "Id", "RoleName"]);
    let filter = arguments.take("Filter");
    let search = arguments.take("SearchString");
    arguments.rest();
    if let Some(key) = key {
        return arguments.done(
            call("get_directory_role_definition", &[key], &[]).giving(Gives::One(Some("directory role"))),
        );
    }
    let all = "get_directory_role_definitions()";
    let code = match (filter, search) {
        (Some(filter), _) => match named(&filter) {
            Some(role) => {
                call("get_directory_role_definition", &[role], &[]).giving(Gives::One(Some("directory role")))
            }
            None => {
                let query = map(&[(
                    "$filter".to_owned(),
                    super::filters::translated(&filter, Some(&crate::verbs::shapes::DIRECTORY_ROLE)),
                )]);
                let options = [("query".to_owned(), query), ("all".to_owned(), Code::truth(true))];
                let path = Code::string("/roleManagement/directory/roleDefinitions");
                call("graph_request", &[Code::string("GET"), path], &options).giving(ROLES)
            }
        },
        (None, Some(text)) => {
            let code = format!("{all}.filter(|role| role.displayName.starts_with({}))", text.text);
            Code::atom(code).giving(ROLES)
        }
        (None, None) => Code::atom(all).giving(ROLES),
    };
    arguments.done(code)
}

/// The name in `displayName eq 'Global Administrator'`, where that is the whole filter.
fn named(filter: &Code) -> Option<Code> {
    let text = filter.literal.as_deref()?;
    let (property, value) = text.split_once(|letter: char| letter.is_whitespace())?;
    let by = ["displayname", "roletemplateid", "templateid", "id"];
    if !by.contains(&property.to_lowercase().as_str()) {
        return None;
    }
    let value = value.trim().get(2..).filter(|_| value.trim().to_lowercase().starts_with("eq"))?.trim();
    let inner = value.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
    (!inner.replace("''", "").contains('\'')).then(|| Code::string(&inner.replace("''", "'")))
}

fn members(arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    let role = arguments.take_any(&["DirectoryRoleId", "ObjectId", "RoleObjectId"])?;
    arguments.rest();
    let role = match role.gives {
        Gives::One(Some("directory role")) => Code::atom(format!("{}.id", role.at(Level::Atom))),
        _ => role,
    };
    let filter = Code::atom(format!("`{}`", condition("roleDefinitionId", "eq", &role)));
    let query = map(&[("$filter".to_owned(), filter), ("$expand".to_owned(), Code::string("principal"))]);
    let options = [("query".to_owned(), query), ("all".to_owned(), Code::truth(true))];
    let path = Code::string("/roleManagement/directory/roleAssignments");
    let read = call("graph_request", &[Code::string("GET"), path], &options);
    let code = Code::atom(format!("{}.map(|assignment| assignment.principal)", read.text));
    Some(arguments.done(code.giving(Gives::Many(None))))
}

fn azure_assignments(arguments: &mut Arguments) -> Option<Outcome> {
    arguments.drop_idle();
    let principal = arguments.take_any(&["ObjectId", "SignInName"]);
    let scope = arguments.take("Scope");
    let role = arguments.take("RoleDefinitionName");
    let group = arguments.take("ResourceGroupName");
    arguments.flag("ExpandPrincipalGroups");
    let Some(principal) = principal else {
        let place = match (&scope, &group) {
            (Some(scope), _) => scope.clone(),
            _ => {
                return Some(Outcome::Unsupported {
                    reason: "say whose: get_role_assignments(principal) reads the roles of a user or group"
                        .to_owned(),
                });
            }
        };
        let path =
            path_of(&[("", Some(place)), ("/providers/Microsoft.Authorization/roleAssignments", None)]);
        let options =
            [("apiVersion".to_owned(), Code::string("2022-04-01")), ("all".to_owned(), Code::truth(true))];
        arguments.rest();
        arguments.remark(
            Severity::Attention,
            "the assignments come as Azure has them: principal and role by id, under `properties`",
        );
        return Some(
            arguments.done(
                call("azure_request", &[Code::string("GET"), path], &options).giving(Gives::Many(None)),
            ),
        );
    };
    arguments.rest();
    let mut tests = vec!["item.kind == \"azure\"".to_owned()];
    if let Some(scope) = scope {
        tests.push(format!("item.scope == {}", scope.at(Level::Compare)));
    }
    if let Some(role) = role {
        tests.push(format!("item.roleDefinitionName == {}", role.at(Level::Compare)));
    }
    if let Some(group) = group {
        tests.push(format!("item.scope.ends_with({})", group.text));
    }
    let code = format!("get_role_assignments({}).filter(|item| {})", principal.text, tests.join(" && "));
    Some(arguments.done(Code::atom(code).giving(Gives::Many(Some("role assignment")))))
}

/// A place by the name of its group or resource is a scope here; the whole subscription has to be named.
fn azure_scope(name: &str, arguments: &mut Arguments) -> Option<Outcome> {
    if let Some(assignment) = arguments.take("InputObject").or_else(|| arguments.piped.take())
        && name.starts_with("remove")
    {
        let object = assignment.at(Level::Atom);
        let options = [("scope".to_owned(), Code::atom(format!("{object}.scope")))];
        let values =
            [Code::atom(format!("{object}.principalId")), Code::atom(format!("{object}.roleDefinitionName"))];
        arguments.rest();
        return Some(arguments.done(call("unassign_role", &values, &options).giving(Gives::Nothing)));
    }
    let resource = arguments.take("ResourceName");
    let group = arguments.take("ResourceGroupName");
    for parameter in ["ResourceType", "ParentResource"] {
        arguments.take(parameter);
    }
    if !arguments.has("Scope") {
        match resource.or(group) {
            Some(place) => arguments.give("Scope", place),
            None => {
                return Some(Outcome::Unsupported {
                    reason: "an Azure role needs a place: -Scope, -ResourceGroupName, or the name of a subscription as `scope`".to_owned(),
                });
            }
        }
    }
    None
}
