//! Settings of Microsoft 365 groups, for the tenant and for single groups, made from Microsoft's templates.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Route;
use super::Run::{Read, Write};
use super::call::{Answer, Call, Fault};
use super::list::{self, Row, below, list_made};
use super::navigation::subject;
use super::options::{Options, Shape};
use super::properties::{text, value};
use super::routes::{Needs, route};
use super::schema::{Entity, items, moment, text as words};
use crate::sandbox::http::Reply;
use crate::sandbox::tenant::{Object, Tenant, map};

static TEMPLATE: Entity = Entity {
    name: "groupSettingTemplate",
    set: "groupSettingTemplates",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual(),
        moment("deletedDateTime").usual(),
        words("displayName").usual(),
        words("description").usual(),
        items("values").usual(),
    ],
};

static SETTING: Entity = Entity {
    name: "groupSetting",
    set: "groupSettings",
    directory: false,
    expands: &[],
    properties: &[
        words("id").usual(),
        words("displayName").usual(),
        words("templateId").usual(),
        items("values").usual().set(1),
    ],
};

static TEMPLATES: Shape = Shape::of(&[&TEMPLATE], "groupSettingTemplates");
static SETTINGS: Shape = Shape::of(&[&SETTING], "groupSettings");

const READ: Needs = &[
    "GroupSettings.Read.All",
    "GroupSettings.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE: Needs = &["GroupSettings.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];

pub static ROUTES: &[Route] = &[
    route("GET", "/groupSettingTemplates", READ, Read(templates)),
    route("GET", "/groupSettingTemplates/{}", READ, Read(template)),
    route("GET", "/groupSettings", READ, Read(all)),
    route("POST", "/groupSettings", WRITE, Write(create)),
    route("GET", "/groupSettings/{}", READ, Read(one)),
    route("PATCH", "/groupSettings/{}", WRITE, Write(update)),
    route("DELETE", "/groupSettings/{}", WRITE, Write(remove)),
    route("GET", "/groups/{}/settings", READ, Read(all)),
    route("POST", "/groups/{}/settings", WRITE, Write(create)),
    route("GET", "/groups/{}/settings/{}", READ, Read(one)),
    route("PATCH", "/groups/{}/settings/{}", WRITE, Write(update)),
    route("DELETE", "/groups/{}/settings/{}", WRITE, Write(remove)),
];

const UNIFIED: &str = "62375ab9-6b52-47ed-826b-58e47e0e304b";
const UNIFIED_GUEST: &str = "08d542b9-071f-4e16-94b0-74abb372e3d9";

type Known =
    (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

/// Id, name, description, and each value's name, type and default.
const KNOWN: &[Known] = &[
    (
        UNIFIED,
        "Group.Unified",
        "Settings for Microsoft 365 groups in the whole tenant.",
        &[
            ("NewUnifiedGroupWritebackDefault", "System.Boolean", "true"),
            ("EnableMIPLabels", "System.Boolean", "false"),
            ("CustomBlockedWordsList", "System.String", ""),
            ("EnableMSStandardBlockedWords", "System.Boolean", "false"),
            ("ClassificationDescriptions", "System.String", ""),
            ("DefaultClassification", "System.String", ""),
            ("PrefixSuffixNamingRequirement", "System.String", ""),
            ("AllowGuestsToBeGroupOwner", "System.Boolean", "false"),
            ("AllowGuestsToAccessGroups", "System.Boolean", "true"),
            ("GuestUsageGuidelinesUrl", "System.String", ""),
            ("GroupCreationAllowedGroupId", "System.Guid", ""),
            ("AllowToAddGuests", "System.Boolean", "true"),
            ("UsageGuidelinesUrl", "System.String", ""),
            ("ClassificationList", "System.String", ""),
            ("EnableGroupCreation", "System.Boolean", "true"),
        ],
    ),
    (
        UNIFIED_GUEST,
        "Group.Unified.Guest",
        "Settings for a specific Microsoft 365 group.",
        &[("AllowToAddGuests", "System.Boolean", "true")],
    ),
];

const SHELF: &str = "groupSettings";

fn known(id: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|(known, ..)| known.eq_ignore_ascii_case(id))
}

fn described((id, name, description, values): &Known) -> Map<String, Value> {
    let values: Vec<Value> = values
        .iter()
        .map(|(name, kind, default)| json!({ "name": name, "type": kind, "defaultValue": default, "description": name }))
        .collect();
    map(json!({ "id": id, "displayName": name, "description": description, "values": values }))
}

fn templates(call: &Call, tenant: &Tenant) -> Answer {
    list_made(call, tenant, &TEMPLATES, KNOWN.iter().map(described))
}

fn template(call: &Call, tenant: &Tenant) -> Answer {
    let found = known(call.key(0)).ok_or_else(|| Fault::missing(call.key(0)))?;
    let options = Options::of_one(call, &TEMPLATE)?;
    list::one(call, tenant, 200, &Row::made(0, &TEMPLATE, described(found)), &options)
}

/// The group whose settings are meant; nobody's where they are the tenant's.
fn group<'a>(call: &Call, tenant: &'a Tenant) -> Result<Option<&'a Object>, Fault> {
    let of_group = call.request.segments.get(1).is_some_and(|first| first.eq_ignore_ascii_case("groups"));
    if of_group { subject(call, tenant).map(Some) } else { Ok(None) }
}

fn owner(group: Option<&Object>) -> Value {
    group.map_or(Value::Null, |group| json!(group.id.to_string()))
}

fn placed(reply: Reply, group: Option<&Object>) -> Reply {
    match group {
        Some(group) => below(reply, SETTINGS.set, &format!("groups('{}')/settings", group.id)),
        None => reply,
    }
}

fn all(call: &Call, tenant: &Tenant) -> Answer {
    let group = group(call, tenant)?;
    let owner = owner(group);
    let found = tenant.shelf(SHELF).filter(|(_, setting)| setting["group"] == owner);
    let reply = list_made(call, tenant, &SETTINGS, found.map(|(_, setting)| map(setting.clone())))?;
    Ok(placed(reply, group))
}

fn find(call: &Call, tenant: &Tenant) -> Result<(String, Value), Fault> {
    let group = group(call, tenant)?;
    let key = call.keys.last().copied().unwrap_or_default().to_ascii_lowercase();
    let found = tenant.shelved(SHELF, &key).filter(|setting| setting["group"] == owner(group));
    let found = found.cloned().ok_or_else(|| Fault::missing(&key))?;
    Ok((key, found))
}

fn one(call: &Call, tenant: &Tenant) -> Answer {
    let (_, found) = find(call, tenant)?;
    let options = Options::of_one(call, &SETTING)?;
    let reply = list::one(call, tenant, 200, &Row::made(0, &SETTING, map(found)), &options)?;
    Ok(placed(reply, group(call, tenant)?))
}

/// The values of a template, changed by those of a body.
fn filled(template: &Known, before: &[Value], body: &Map<String, Value>) -> Result<Vec<Value>, Fault> {
    let wrong = |name: &str| {
        Fault::request(format!("Invalid value specified for property '{name}' of resource 'GroupSetting'."))
    };
    let wanted = match value(body, "values") {
        Value::Array(wanted) => wanted.as_slice(),
        Value::Null => &[],
        _ => return Err(wrong("values")),
    };
    for wish in wanted {
        let name = wish["name"].as_str().unwrap_or_default();
        let Some((_, kind, _)) = template.3.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))
        else {
            return Err(Fault::request(format!(
                "The setting '{name}' is not part of the template '{}'.",
                template.1
            )));
        };
        let fits = match (*kind, wish["value"].as_str()) {
            (_, None) => wish["value"].is_null(),
            ("System.Boolean", Some(text)) => {
                ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text))
            }
            ("System.Guid", Some(text)) => text.is_empty() || Uuid::try_parse(text).is_ok(),
            _ => true,
        };
        if !fits {
            return Err(wrong(name));
        }
    }
    let named = |list: &[Value], name: &str| {
        let found = list
            .iter()
            .find(|one| one["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)));
        found.map(|one| one["value"].clone())
    };
    let values = template.3.iter().map(|(name, _, default)| {
        let value = named(wanted, name).or_else(|| named(before, name)).unwrap_or_else(|| json!(default));
        json!({ "name": name, "value": value })
    });
    Ok(values.collect())
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let body = call.body()?;
    let template = text(&body, "templateId").and_then(known).ok_or_else(|| {
        Fault::request("Invalid value specified for property 'templateId' of resource 'GroupSetting'.")
    })?;
    let group = group(call, tenant)?;
    let fits = match group {
        Some(group) => group.is_unified() && template.0 == UNIFIED_GUEST,
        None => template.0 == UNIFIED,
    };
    if !fits {
        return Err(Fault::request(format!(
            "The template '{}' is not for settings of this kind.",
            template.1
        )));
    }
    let owner = owner(group);
    let taken = tenant
        .shelf(SHELF)
        .any(|(_, setting)| setting["group"] == owner && setting["templateId"] == template.0);
    if taken {
        return Err(Fault::request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    let id = Uuid::new_v4().to_string();
    let setting = json!({
        "id": id, "displayName": if group.is_some() { Value::Null } else { json!(template.1) },
        "templateId": template.0, "values": filled(template, &[], &body)?, "group": owner,
    });
    tenant.shelve(SHELF, &id, setting.clone());
    let reply = list::one(call, tenant, 201, &Row::made(0, &SETTING, map(setting)), &Options::default())?;
    Ok(placed(reply, self::group(call, tenant)?))
}

fn update(call: &Call, tenant: &mut Tenant) -> Answer {
    let (key, mut found) = find(call, tenant)?;
    let template = found["templateId"].as_str().and_then(known).ok_or_else(|| Fault::missing(&key))?;
    let before = found["values"].as_array().cloned().unwrap_or_default();
    found["values"] = json!(filled(template, &before, &call.body()?)?);
    tenant.shelve(SHELF, &key, found);
    Ok(Reply::empty(204))
}

fn remove(call: &Call, tenant: &mut Tenant) -> Answer {
    let (key, _) = find(call, tenant)?;
    tenant.unshelve(SHELF, &key);
    Ok(Reply::empty(204))
}

/// Refuses guests where the settings keep them out of Microsoft 365 groups. A group's own word counts before the tenant's.
pub fn admits(tenant: &Tenant, group: Uuid, member: Uuid) -> Result<(), Fault> {
    let Some(group) = tenant.get(group).filter(|group| group.is_unified()) else { return Ok(()) };
    if tenant.get(member).is_none_or(|member| member.text("userType") != Some("Guest")) {
        return Ok(());
    }
    let said = |owner: &Value| {
        let setting = tenant.shelf(SHELF).find(|(_, setting)| setting["group"] == *owner)?.1;
        let allowed = setting["values"].as_array()?.iter().find(|one| one["name"] == "AllowToAddGuests")?;
        allowed["value"].as_str().map(|text| !text.eq_ignore_ascii_case("false"))
    };
    let own = said(&json!(group.id.to_string()));
    if own.or_else(|| said(&Value::Null)).unwrap_or(true) {
        return Ok(());
    }
    Err(Fault::new(403, "Forbidden", "The settings of this group do not allow guests to be added to it."))
}
