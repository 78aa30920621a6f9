//! Properties by the names that old modules give them, and how they are read here.

use super::super::code::{Code, Gives, Level};
use super::layout::{list, member};
use crate::verbs::Returns;
use crate::verbs::shapes::{self, Shape};
use crate::words::{camel, pascal};

/// Old names of a user's properties, in lower case.
const USER: &[(&str, &str)] = &[
    ("objectid", "id"),
    ("upn", "userPrincipalName"),
    ("signinname", "userPrincipalName"),
    ("refreshtokensvalidfromdatetime", "signInSessionsValidFromDateTime"),
    ("stsrefreshtokensvalidfrom", "signInSessionsValidFromDateTime"),
    ("userstate", "externalUserState"),
    ("userstatechangedon", "externalUserStateChangeDateTime"),
    ("whencreated", "createdDateTime"),
    ("createdon", "createdDateTime"),
    ("accountcreatedon", "createdDateTime"),
    ("deletiontimestamp", "deletedDateTime"),
    ("softdeletiontimestamp", "deletedDateTime"),
    ("mobile", "mobilePhone"),
    ("facsimiletelephonenumber", "faxNumber"),
    ("fax", "faxNumber"),
    ("physicaldeliveryofficename", "officeLocation"),
    ("office", "officeLocation"),
    ("firstname", "givenName"),
    ("lastname", "surname"),
    ("title", "jobTitle"),
    ("alternateemailaddresses", "otherMails"),
    ("immutableid", "onPremisesImmutableId"),
    ("dirsyncenabled", "onPremisesSyncEnabled"),
    ("lastdirsynctime", "onPremisesLastSyncDateTime"),
    ("onpremisessecurityidentifier", "onPremisesSecurityIdentifier"),
    ("signinnames", "identities"),
    ("postalcode", "postalCode"),
];

const GROUP: &[(&str, &str)] = &[
    ("objectid", "id"),
    ("groupid", "id"),
    ("grouptype", "groupTypes"),
    ("emailaddress", "mail"),
    ("primarysmtpaddress", "mail"),
    ("whencreated", "createdDateTime"),
    ("dirsyncenabled", "onPremisesSyncEnabled"),
];

const SKU: &[(&str, &str)] = &[
    ("accountskuid", "skuPartNumber"),
    ("skupartnumber", "skuPartNumber"),
    ("objectid", "id"),
    ("activeunits", "prepaidUnits"),
];

const DIRECTORY_OBJECT: &[(&str, &str)] = &[
    ("objectid", "id"),
    ("userid", "id"),
    ("user", "userPrincipalName"),
    ("name", "displayName"),
    ("objecttype", "type"),
    ("odatatype", "type"),
    ("@odata.type", "type"),
    ("groupmembertype", "type"),
    ("rolemembertype", "type"),
    ("emailaddress", "mail"),
    ("primarysmtpaddress", "mail"),
];

const ROLE: &[(&str, &str)] =
    &[("objectid", "id"), ("name", "displayName"), ("roletemplateid", "templateId")];

const ROLE_ASSIGNMENT: &[(&str, &str)] = &[
    ("roleassignmentid", "id"),
    ("objectid", "principalId"),
    ("objecttype", "principalType"),
    ("directoryscopeid", "scope"),
];

const AZURE_ROLE: &[(&str, &str)] =
    &[("name", "roleName"), ("id", "name"), ("iscustom", "roleType"), ("actions", "permissions")];

const RESOURCE: &[(&str, &str)] = &[
    ("resourceid", "id"),
    ("resourcename", "name"),
    ("resourcetype", "type"),
    ("resourcegroupname", "resourceGroup"),
];

const SUBSCRIPTION: &[(&str, &str)] = &[
    ("name", "displayName"),
    ("subscriptionname", "displayName"),
    ("id", "subscriptionId"),
    ("subscriptionid", "subscriptionId"),
];

const CONTEXT: &[(&str, &str)] =
    &[("account", "operator"), ("userprincipalname", "operator"), ("organization", "tenantDomain")];

const INVITATION: &[(&str, &str)] = &[("objectid", "id")];

/// Names that mean the same whatever object of the directory it is.
const ANY: &[(&str, &str)] = &[("objectid", "id")];

fn old_names(shape: Option<&str>) -> &'static [(&'static str, &'static str)] {
    match shape {
        Some("user" | "invited user") => USER,
        Some("group") => GROUP,
        Some("licence" | "user licence") => SKU,
        Some("directory object") => DIRECTORY_OBJECT,
        Some("directory role") => ROLE,
        Some("role assignment") => ROLE_ASSIGNMENT,
        Some("Azure role") => AZURE_ROLE,
        Some("Azure resource") => RESOURCE,
        Some("subscription") => SUBSCRIPTION,
        Some("context") => CONTEXT,
        Some("invitation") => INVITATION,
        Some("mail contact") => &[],
        _ => ANY,
    }
}

fn shape_named(name: &str) -> Option<&'static Shape> {
    let known: [&'static Shape; 15] = [
        &shapes::USER,
        &shapes::INVITATION,
        &shapes::USER_REFERENCE,
        &shapes::GROUP,
        &shapes::DIRECTORY_OBJECT,
        &shapes::MAIL_CONTACT,
        &shapes::SKU,
        &shapes::USER_LICENSE,
        &shapes::DIRECTORY_ROLE,
        &shapes::ROLE_ASSIGNMENT,
        &shapes::AZURE_ROLE,
        &shapes::SUBSCRIPTION,
        &shapes::RESOURCE,
        &shapes::ACTIVITY,
        &shapes::CONTEXT,
    ];
    known.into_iter().find(|shape| shape.name == name)
}

fn shape_of(gives: &Gives) -> Option<&'static str> {
    match gives {
        Gives::One(shape) | Gives::Maybe(shape) | Gives::Many(shape) => *shape,
        _ => None,
    }
}

/// A property's name on objects of a shape.
pub fn name_in(name: &str, shape: Option<&'static Shape>) -> String {
    let old = old_names(shape.map(|shape| shape.name));
    let known = |name: &str| {
        shape
            .and_then(|shape| shape.names().find(|known| known.eq_ignore_ascii_case(name)))
            .map(str::to_owned)
    };
    // An old name that the shape has itself, with another meaning, is taken as the old module means it.
    let renamed =
        old.iter().find(|(from, _)| from.eq_ignore_ascii_case(name)).map(|(_, to)| (*to).to_owned());
    renamed.or_else(|| known(name)).unwrap_or_else(|| camel(name))
}

/// What a property is called here. Maps and rows of the script's own keep their names.
pub fn property(name: &str, of: &Gives) -> String {
    match of {
        Gives::Rows | Gives::Map | Gives::Closure => name.to_owned(),
        _ => name_in(name, shape_of(of).and_then(shape_named)),
    }
}

/// Whether `select` can ask a verb for a property that it does not read by default.
pub fn selectable(verb: &str, property: &str) -> bool {
    let Some(entry) = crate::catalogue::find(verb) else { return false };
    let Some(shape) = entry.card.returns.shape() else { return false };
    let name = name_in(property, Some(shape));
    !entry.schema()["properties"]["select"].is_null() && shape.more.contains(&name.as_str())
}

/// How a property is read, and what is known of its value.
pub fn reading(object: &Code, name: &str, of: &Gives) -> Code {
    let shape = shape_of(of);
    if let Some(code) = shape.and_then(|shape| odd(object, name, shape)) {
        return code;
    }
    let name = property(name, of);
    let gives = kind(shape, &name);
    Code::atom(member(object, &name)).giving(gives)
}

/// Properties that are more than another name.
fn odd(object: &Code, name: &str, shape: &str) -> Option<Code> {
    let text = object.at(Level::Atom);
    let lower = name.to_lowercase();
    let found = match (shape, lower.as_str()) {
        ("user", "blockcredential") => {
            Code::new(format!("!{text}.accountEnabled"), Level::Unary).giving(Gives::Truth)
        }
        ("user", "islicensed") => {
            Code::new(format!("!{text}.assignedLicenses.is_empty()"), Level::Unary).giving(Gives::Truth)
        }
        ("user", "licenses") => Code::atom(format!("get_user_licenses({})", object.text))
            .giving(Gives::Many(Some("user licence"))),
        ("user", "manager") => {
            Code::atom(format!("get_manager({})", object.text)).giving(Gives::Maybe(Some("directory object")))
        }
        ("user", "memberof") => Code::atom(format!("get_memberships({})", object.text))
            .giving(Gives::Many(Some("directory object"))),
        ("user", "sponsors") => {
            Code::atom(format!("get_sponsors({})", object.text)).giving(Gives::Many(Some("directory object")))
        }
        ("user", "telephonenumber" | "phonenumber") => {
            Code::atom(format!("ps::one({text}.businessPhones)")).giving(Gives::Maybe(Some("text")))
        }
        ("user", "usertype") => Code::atom(format!("{text}.userType")).giving(Gives::Text),
        ("sign-in activity", _) => {
            let name = camel(name);
            let gives = if name.ends_with("DateTime") { Gives::Maybe(Some("date")) } else { Gives::Unknown };
            Code::atom(format!("ps::get({}, \"{name}\")", object.text)).giving(gives)
        }
        ("context", "scopes") => Code::atom("ps::scopes()").giving(Gives::Many(None)),
        ("context", "authtype" | "clientid" | "appname" | "contextscope" | "environment") => {
            Code::atom(format!("ps::get({}, \"{}\")", object.text, camel(name))).giving(Gives::Maybe(None))
        }
        ("time span", _) => return time_span(&text, &lower),
        _ => return None,
    };
    Some(found)
}

/// .NET's parts of a span are what is left beside the larger ones.
fn time_span(text: &str, name: &str) -> Option<Code> {
    let code = match name {
        "days" => Code::atom(format!("{text}.days")),
        "hours" => Code::new(format!("{text}.hours % 24"), Level::Product),
        "minutes" => Code::new(format!("{text}.minutes % 60"), Level::Product),
        "seconds" => Code::new(format!("{text}.seconds % 60"), Level::Product),
        "totaldays" | "totalhours" | "totalminutes" | "totalseconds" | "totalmilliseconds" => {
            let unit = name.trim_start_matches("total");
            Code::atom(format!("{text}.total{}", pascal(unit)))
        }
        _ => return None,
    };
    Some(code.giving(Gives::Number))
}

/// What is known of a property's value by its name.
fn kind(shape: Option<&str>, name: &str) -> Gives {
    const TEXTS: &[&str] = &[
        "id",
        "displayName",
        "mail",
        "userPrincipalName",
        "skuId",
        "skuPartNumber",
        "roleName",
        "roleDefinitionName",
        "scope",
        "resourceGroup",
        "guid",
        "principalId",
        "templateId",
    ];
    match (shape, name) {
        (None, _) => Gives::Unknown,
        (_, "signInActivity") => Gives::Maybe(Some("sign-in activity")),
        (Some("invitation"), "invitedUser") => Gives::One(Some("invited user")),
        (_, "createdDateTime") => Gives::Date,
        (_, name) if name.ends_with("DateTime") => Gives::Maybe(Some("date")),
        (_, "accountEnabled" | "mailEnabled" | "securityEnabled" | "isBuiltIn" | "alreadyExisted") => {
            Gives::Truth
        }
        (
            _,
            "businessPhones" | "otherMails" | "proxyAddresses" | "assignedLicenses" | "identities"
            | "groupTypes" | "servicePlans",
        ) => Gives::Many(None),
        (_, "consumedUnits" | "available") => Gives::Number,
        (_, "prepaidUnits") => Gives::One(None),
        (_, name) if TEXTS.contains(&name) => Gives::Text,
        _ => Gives::Unknown,
    }
}

/// The `select` for these properties, in the order they were named; nothing where all are asked for anyway.
pub fn selection<'a>(names: impl Iterator<Item = &'a str>, returns: Returns) -> Option<Code> {
    let shape = returns.shape()?;
    let mut wanted: Vec<String> = Vec::new();
    for name in names {
        let name = name_in(name, Some(shape));
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let all_usual = wanted.iter().any(|name| name == "*")
        || wanted.iter().all(|name| shape.default.contains(&name.as_str()));
    if all_usual {
        return None;
    }
    wanted.retain(|name| shape.knows(name));
    let items: Vec<Code> = wanted.iter().map(|name| Code::string(name)).collect();
    Some(list(&items))
}

/// Adds what a script reads and a verb does not give by itself to what is asked for.
pub fn ask_for(options: &mut Vec<(String, Code)>, returns: Returns, reads: &[String]) {
    let Some(shape) = returns.shape() else { return };
    let mut reads: Vec<String> = reads.iter().map(|name| name_in(name, Some(shape))).collect();
    // What is worked out from another property needs that one.
    reads.extend(needed_for(&reads));
    reads.retain(|name| shape.knows(name));
    let asked = options.iter().position(|(name, _)| name == "select");
    let named = |code: &Code| -> Vec<String> {
        super::arguments::items(code).into_iter().flatten().filter_map(|item| item.literal).collect()
    };
    match asked {
        Some(place) => {
            let mut names = named(&options[place].1);
            if names.is_empty() {
                return;
            }
            for name in reads {
                if name != "id" && !names.contains(&name) {
                    names.push(name);
                }
            }
            let items: Vec<Code> = names.iter().map(|name| Code::string(name)).collect();
            options[place].1 = list(&items);
        }
        None if reads.iter().any(|name| shape.more.contains(&name.as_str())) => {
            reads.retain(|name| name != "id");
            let mut names: Vec<String> = Vec::new();
            for name in reads {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let items: Vec<Code> = names.iter().map(|name| Code::string(name)).collect();
            options.push(("select".to_owned(), list(&items)));
        }
        None => {}
    }
}

fn needed_for(reads: &[String]) -> Vec<String> {
    let worked_out = [
        ("blockCredential", "accountEnabled"),
        ("isLicensed", "assignedLicenses"),
        ("telephoneNumber", "businessPhones"),
        ("phoneNumber", "businessPhones"),
    ];
    let needed = worked_out.iter().filter(|(from, _)| reads.iter().any(|name| name == from));
    needed.map(|(_, to)| (*to).to_owned()).collect()
}
